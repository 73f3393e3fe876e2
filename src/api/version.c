// Version, memory and files: the small change of the public API.
#include "base/alloc.h"
#include "base/file.h"
#include "given.h"
#include <string.h>
#include <xsnr/xsnr.h>

const char *xsnr_version(void) { return XSNR_VERSION; }

void xsnr_free(void *text) { xs_free(text); }

int xsnr_write_file(const char *path, const char *text, xsnr_error *err) {
    XS_GIVEN(path);
    XS_GIVEN(text);
    return xs_file_write(path, text, strlen(text), err);
}
