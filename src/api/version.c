// The public API: xsnr.h in terms of the rooms.
#include <xsnr/xsnr.h>

const char *xsnr_version(void) { return XSNR_VERSION; }
