// The plan of a study: study.yaml, checked.
#ifndef XSNR_STUDY_PLAN_H
#define XSNR_STUDY_PLAN_H
#include "base/arena.h"
#include "base/param.h"
#include "explain/explainer.h"
#include "model/model.h"
#include "study/crossed.h"

typedef struct xs_plan_family {
    const char *name;
    const xs_family *type;
    xs_settings settings; // of the type's own table
    uint32_t models;
    unsigned vary; // 1 << (xs_stream − XS_STREAM_INIT): which seeds differ from model to model
    uint32_t crossed[XS_STREAMS]; // seeds of each stream, every combination with one model; all 0: every model has its own
    long line;
} xs_plan_family;

typedef struct xs_plan_explainer {
    const xs_explainer *method;
    xs_settings settings;
    long line;
} xs_plan_explainer;

typedef struct xs_plan {
    const char *path;      // the file it came from
    xs_settings general;   // plan.c's table: study, seed, corpus.train, …, target, normalize, equivalence, report.html, …
    long *lines;           // (general.count) where each was written; 0: it was not
    xs_plan_family *families;
    size_t n_families;
    xs_plan_explainer *explainers;
    size_t n_explainers;
    char *text;            // the file's bytes, for the record
    xs_arena arena;
} xs_plan;

/// Reads and checks study.yaml.  Errors name file, line, what is wrong, and the nearest right spelling.
int xs_plan_read(const char *path, xs_plan **out, xsnr_error *err);
/// The same from memory (fuzzing, tests); `path` is for messages and for names relative to it.
int xs_plan_parse(const char *yaml, size_t size, const char *path, xs_plan **out, xsnr_error *err);
/// The plan of explanations made elsewhere: no corpus, no families, every setting at its default but those of
/// `settings`, a JSON object of texts by key (normalize, absolute, …), which is checked.
int xs_plan_imported(const char *study, const char *settings, xs_plan **out, xsnr_error *err);
void xs_plan_free(xs_plan *plan);
/// Adds an explainer, "NAME" or "NAME:key=value,…"; if the plan has it already, these are its settings now.
int xs_plan_add_explainer(xs_plan *plan, const char *spec, xsnr_error *err);
/// Adds a function of the calling program as an explainer, which is no method's or other explainer's name; copied.
int xs_plan_add_own(xs_plan *plan, const xsnr_explainer *given, xsnr_error *err);
/// The table of the general keys (for help, docs and `xsnr list`), with dotted names.
const xs_param *xs_plan_params(void);
/// The keys that every family has beside its type's own: name, type, models, vary.
const xs_param *xs_plan_family_params(void);
/// The line on which a general key was written; 0: it was not.
long xs_plan_line(const xs_plan *plan, const char *key);
/// NAME of `target: class:NAME`; NULL: the target is another.
const char *xs_plan_class(const xs_plan *plan);
/// Is that one of the corpus's classes?  An error with the key's line and the nearest right name.
int xs_plan_check_class(const xs_plan *plan, const char *const *labels, int n, xsnr_error *err);
/// The text of a general key with every ${NAME} replaced by the environment variable; *out freed with xs_free.
/// An unset variable is an error with the key's line.
int xs_plan_expand(const xs_plan *plan, const char *key, char **out, xsnr_error *err);
/// Everything that decides models and targets: seed, corpus.* (as written), target, and the families with all
/// their settings.  It must be equal for a run to be resumed; explainers may be added later, and what only
/// concerns statistics and report may change.  Canonical when dumped with JSON_COMPACT | JSON_SORT_KEYS.
json_t *xs_plan_json(const xs_plan *plan);
#endif
