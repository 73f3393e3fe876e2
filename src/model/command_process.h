// A program that answers lines with lines: started once, asked batch by batch, ended with its whole process group.
#ifndef XSNR_MODEL_COMMAND_PROCESS_H
#define XSNR_MODEL_COMMAND_PROCESS_H
#include "base/error.h"
#include "base/str.h"

typedef struct xs_process xs_process;

/// Starts `command` by /bin/sh in `folder` (NULL: here).  It lives no longer than the thread that starts it, nor does
/// anything that it starts.
int xs_process_start(const char *command, const char *folder, xs_process **out, xsnr_error *err);
/// Sends `size` bytes, `lines` lines of them, and waits for as many lines in answer (reply is theirs, each ending in a
/// newline), at most `timeout` seconds.  A program that ends, hangs or says more is an error that quotes its last words;
/// it cannot be asked again.  Several threads may ask: one after the other.
int xs_process_ask(xs_process *p, const char *request, size_t size, size_t lines, double timeout, xs_str *reply,
                   xsnr_error *err);
/// Ends it: its input is closed, and what is still there soon after is killed.  Safe on NULL.
void xs_process_stop(xs_process *p);
#endif
