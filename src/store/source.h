// Files of explanations read line by line in bounded memory, plain or gzipped (RFC 1952, found by its first bytes).
#ifndef XSNR_STORE_SOURCE_H
#define XSNR_STORE_SOURCE_H
#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { XS_LINE_LIMIT = 1 << 26 };          // bytes of a line
#define XS_DOCUMENT_LIMIT ((size_t)1 << 30) // bytes of a file that is read as a whole, unpacked

struct z_stream_s;
typedef struct xs_source {
    const char *path; // not owned
    int fd;
    uint64_t taken, asked; // bytes of the file: read, and asked for
    struct z_stream_s *zip; // NULL: plain
    unsigned char *packed;  // what has been read of a gzipped file
    bool member_over, over; // of gzip, of the file
    char *buffer;           // (capacity) bytes [at, filled) are still to be handed out
    size_t at, filled, capacity;
    long line, next_line; // of what was handed out last, and what comes
} xs_source;

int xs_source_open(const char *path, xs_source *source, xsnr_error *err);
/// The next line without its end, NUL-terminated, valid until the next call: 1; 0: there is none.  `quoted`: a line
/// goes on while the number of its quotes is odd (CSV).
int xs_source_line(xs_source *source, bool quoted, char **line, size_t *length, xsnr_error *err);
/// All that is left, NUL-terminated, valid until the source is closed.
int xs_source_all(xs_source *source, char **text, size_t *length, xsnr_error *err);
void xs_source_close(xs_source *source);
#endif
