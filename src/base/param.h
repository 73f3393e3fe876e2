// Parameters: one table drives the YAML keys, validation, --help, `xsnr list`, the docs and the run's record.
//
// A family, an explainer or a part of the plan has a table of xs_param, ended by a row without a name.
// xs_settings holds one value a row.  Nested YAML maps are rows with dotted names ("features.ngrams").
#ifndef XSNR_BASE_PARAM_H
#define XSNR_BASE_PARAM_H
#include "base/error.h"
#include "base/str.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum xs_param_type {
    XS_BOOL,    // true, false
    XS_INT,     // within [min, max]
    XS_REAL,    // within [min, max]
    XS_STRING,  //
    XS_CHOICE,  // one of `choices`
    XS_CHOICES, // a list of some of `choices`, kept as bits in the order of `choices`
    XS_LIST,    // texts without commas, kept as one with ", " between
} xs_param_type;

typedef struct xs_param {
    const char *name;     // NULL ends the table
    xs_param_type type;
    const char *fallback; // the default, written as in YAML; "" is an unset string or an empty list
    double min, max;      // XS_INT, XS_REAL
    const char *choices;  // "a|b|c" (XS_CHOICE, XS_CHOICES)
    const char *help;     // one line: what it is, its unit
} xs_param;

typedef union xs_value {
    bool flag;
    int64_t integer;
    double real;
    char *string; // owned
    unsigned choice; // index, or bits
} xs_value;

typedef struct xs_settings {
    const xs_param *table; // not owned
    size_t count;
    xs_value *values; // (count)
    bool *given;      // (count) set by the user, not by default
} xs_settings;

/// Every value at its default.
int xs_settings_init(xs_settings *s, const xs_param *table, xsnr_error *err);
void xs_settings_free(xs_settings *s);
/// A deep copy.
int xs_settings_copy(xs_settings *to, const xs_settings *from, xsnr_error *err);
/// Parses, checks type and range.  `file` and `line` are for the message.  Lists are "a, b" or "a|b".
/// An unknown name is an error with the nearest right one.
int xs_settings_set(xs_settings *s, const char *name, const char *text, const char *file, long line,
                    xsnr_error *err);
/// The row of a name, or −1.
int xs_param_index(const xs_param *table, const char *name);
/// Fails with "unknown WHAT 'NAME'; did you mean 'X'? (one of: …)".
int xs_param_unknown(const xs_param *table, const char *what, const char *name, const char *file, long line,
                     xsnr_error *err);

// Values by name; a name that is not in the table, or of another type, is a bug (assert).
bool xs_settings_bool(const xs_settings *s, const char *name);
int64_t xs_settings_int(const xs_settings *s, const char *name);
double xs_settings_real(const xs_settings *s, const char *name);
const char *xs_settings_string(const xs_settings *s, const char *name);
const char *xs_settings_choice(const xs_settings *s, const char *name); // valid until the thread calls it again
bool xs_settings_has(const xs_settings *s, const char *name, const char *choice); // XS_CHOICES

/// All values, as a JSON object with the table's (dotted) names in the table's order: the record of a run.
json_t *xs_settings_json(const xs_settings *s);
/// The table as lines for --help and the docs: name, type and range, default, help.
int xs_param_help(const xs_param *table, xs_str *out);
/// The table as a JSON array of objects: name, type, default, min, max, choices, help.
json_t *xs_param_json(const xs_param *table);
#endif
