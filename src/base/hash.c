// SHA-256 as hexadecimal text; see hash.h.
#include "base/hash.h"
#include <stdint.h>
#include <string.h>

void xs_hash_begin(xs_hash *hash) { SHA256Init(&hash->state); }

void xs_hash_bytes(xs_hash *hash, const void *bytes, size_t n) { SHA256Update(&hash->state, bytes, n); }

void xs_hash_text(xs_hash *hash, const char *text) { xs_hash_bytes(hash, text, strlen(text) + 1); }

void xs_hash_end(xs_hash *hash, char hex[XS_HASH_HEX]) { SHA256End(&hash->state, hex); }
