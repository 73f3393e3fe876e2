// From YAML to settings: the keys of a map, nested ones dotted, each looked up in tables of parameters.
#ifndef XSNR_STUDY_SETTINGS_H
#define XSNR_STUDY_SETTINGS_H
#include "base/arena.h"
#include "base/param.h"
#include "study/yaml.h"

/// What a map may hold.
typedef struct xs_scope {
    const char *path;          // of the file, for messages
    xs_settings *settings[2];  // tables whose keys are allowed; the second may be NULL
    long *lines;               // of the first table: set to where a key was written; may be NULL
    const char *const *others; // top-level keys that are read elsewhere, NULL-terminated; may be NULL
    xs_arena *arena;
} xs_scope;

/// Sets every key of the map.  Unknown keys (with the nearest right one), wrong types and a setting that
/// stands twice (once nested, once dotted) are errors with their line.
int xs_settings_read(const xs_scope *scope, const xs_yaml *map, xsnr_error *err);
/// The bits of XS_CHOICES.
unsigned xs_settings_bits(const xs_settings *s, const char *name);
#endif
