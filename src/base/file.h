// Whole files: read at once, written so that a reader sees the old file or the new one and never half of it.
#ifndef XSNR_BASE_FILE_H
#define XSNR_BASE_FILE_H
#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>

/// Reads a file; *data is NUL-terminated (the NUL not counted), owned by the caller, freed with xs_free.
/// "-" is not special.  A directory or a missing file is an error that names the path.
int xs_file_read(const char *path, char **data, size_t *size, xsnr_error *err);
/// Writes to a file without a name in the folder of `path` (of what it names, if it is a symbolic link), which the system
/// removes if the process is killed, or where there are none (NFS) to a temporary one; syncs, renames.  A FIFO or a device is
/// written as it is.  On failure the temporary file is removed and what stood at `path` is untouched.
int xs_file_write(const char *path, const void *data, size_t size, xsnr_error *err);
/// The same piece by piece: begin, append as often as needed, end.  After a successful begin, end is called in
/// any case: with rc = XSNR_OK it syncs and renames, with an error it removes the temporary file and returns rc.
typedef struct xs_file_writer {
    int fd;
    bool nameless;             // it gets the name `temporary` when it is whole
    char *temporary, *target; // owned; NULL: written in place
    const char *path; // not owned
} xs_file_writer;
int xs_file_begin(xs_file_writer *writer, const char *path, xsnr_error *err);
int xs_file_append(xs_file_writer *writer, const void *data, size_t size, xsnr_error *err);
int xs_file_end(xs_file_writer *writer, int rc, xsnr_error *err);
/// `name` relative to the folder of the file `base`; an absolute name is copied.  Freed with xs_free.
char *xs_path_beside(const char *base, const char *name);
/// Creates the folder and its parents; an existing folder is fine.
int xs_make_folder(const char *path, xsnr_error *err);
#endif
