// The lock of a study file: one process works on a study at a time.
//
// An flock on PATH.lock, which the kernel releases with the process however it ends; so a lock file that is
// left over after a kill holds nobody up.  Inside: "PID HOST SINCE", for the message to the one who must wait.
#ifndef XSNR_STORE_LOCK_H
#define XSNR_STORE_LOCK_H
#include "base/error.h"

/// Takes the lock, or fails with XSNR_ERR_BUSY and the holder's name.  *lock is a descriptor.
int xs_lock_take(const char *path, int *lock, xsnr_error *err);
/// Releases it and removes the lock file; −1 is fine.
void xs_lock_release(const char *path, int lock);
#endif
