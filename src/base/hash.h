// SHA-256 (libmd), for the data a study was made from and the plan it follows.
#ifndef XSNR_BASE_HASH_H
#define XSNR_BASE_HASH_H
#include <stddef.h>
#include <sha2.h>

#define XS_HASH_HEX 65 // 64 digits and a NUL

typedef struct xs_hash {
    SHA2_CTX state;
} xs_hash;

void xs_hash_begin(xs_hash *hash);
void xs_hash_bytes(xs_hash *hash, const void *bytes, size_t n);
void xs_hash_text(xs_hash *hash, const char *text); // with its NUL, so that "ab","c" differs from "a","bc"
void xs_hash_end(xs_hash *hash, char hex[XS_HASH_HEX]);
#endif
