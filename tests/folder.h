// A folder of a test program's own: made before its tests, gone with all that is in it after them.
#ifndef XSNR_TESTS_FOLDER_H
#define XSNR_TESTS_FOLDER_H
#include "check.h"

static char folder[] = "/tmp/xsnr-test-XXXXXX";

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

/// The path of a name in it, good until the fourth call from here.
static const char *in_folder(const char *name) {
    static char paths[4][160];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}
#endif
