// The part of YAML that a study is written in: maps, lists and single values, as a tree with line numbers.
//
// libyaml reads the bytes; what a study has no use for (anchors, aliases, tags, several documents, control
// characters, NUL) is refused here with one line in plain words, so that the plan sees nothing but values.
// Limits: 1 MiB, 10,000 values, 16 levels.
#ifndef XSNR_STUDY_YAML_H
#define XSNR_STUDY_YAML_H
#include "base/arena.h"
#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>

typedef enum xs_yaml_kind { XS_YAML_VALUE, XS_YAML_LIST, XS_YAML_MAP } xs_yaml_kind;

typedef struct xs_yaml {
    xs_yaml_kind kind;
    bool null;                    // a value that is not there: nothing, ~ or null, without quotes
    const char *key;              // in a map: letters, digits, '_', '-', '.'; in a list NULL
    long key_line;                // 1-based; in a list the line of the value
    long line;                    // where the value begins
    const char *text;             // XS_YAML_VALUE: one line of UTF-8
    struct xs_yaml *first, *next; // first child, next sibling, in the file's order
} xs_yaml;

/// Reads `size` bytes; the tree lives in `arena`.  Keys of a map are distinct.  *root is a map.
int xs_yaml_parse(const char *bytes, size_t size, const char *path, xs_arena *arena, xs_yaml **root,
                  xsnr_error *err);
/// The child of that key, or NULL.
const xs_yaml *xs_yaml_child(const xs_yaml *map, const char *key);
/// How many values a list or map has.
size_t xs_yaml_count(const xs_yaml *node);
/// "a value", "a list", "a map": for messages.
const char *xs_yaml_kind_name(const xs_yaml *node);
#endif
