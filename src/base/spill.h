// Memory that may outgrow memory: what many arenas hold together, in the heap as long as it is little, then in a temporary file.
//
// The file has no name (O_TMPFILE, or unlinked once it is open) and is gone with the process.  It is mapped, so that pointers into
// it are like any others and stay good; xs_spill_rest gives the pages back to the system, which keeps them in the file until they
// are touched again.  Room on the disk is taken before it is mapped: a full disk is an error of xs_spill_take, never a signal.
// It lies in TMPDIR, else /var/tmp or /tmp (the first is on a disk where the second is memory), else beside a file of the caller's.
// Where no file can be made the heap goes on.
//
// All functions may be called from many threads at once.
#ifndef XSNR_BASE_SPILL_H
#define XSNR_BASE_SPILL_H
#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>

typedef struct xs_spill xs_spill;

/// Held once.  `heap`: bytes that may lie in the heap.  `beside`: a file in whose folder there may be room; NULL: none.  NULL: out
/// of memory.
xs_spill *xs_spill_new(size_t heap, const char *beside);
xs_spill *xs_spill_hold(xs_spill *spill); // NULL is fine, as below
void xs_spill_drop(xs_spill *spill);      // the last one closes the file and unmaps it

/// Room for a block.  *data NULL: it is to be had from the heap, and was counted; else zeroed memory of the file.  XSNR_ERR_NOMEM:
/// no room, see xs_spill_explain.
int xs_spill_take(xs_spill *spill, size_t size, void **data);
/// Pages that lie in memory go back to the system.  Not a change of what they hold.
void xs_spill_rest(xs_spill *spill);
/// The same, once so much has been looked at since the last time that it matters.
void xs_spill_seen(xs_spill *spill, size_t bytes);
/// XSNR_ERR_NOMEM (rc) where it was the disk that had no room: XSNR_ERR_IO with folder and reason.  Any other rc as it is.
int xs_spill_explain(const xs_spill *spill, int rc, xsnr_error *err);
/// Bytes of the file so far.
size_t xs_spill_size(const xs_spill *spill);
#endif
