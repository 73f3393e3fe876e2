// The family `command`: any program that reads texts and says class probabilities.
//
// The program is started once a model, by /bin/sh in study.yaml's folder.  It reads a line {"text": "…"} for each text
// and answers with a line: {"probabilities": [p₀, …]}, or the bare list, in the order of the corpus's classes (sorted
// by name).  Logits are ln p, p at least 1e-12.  Words are taken away in the text itself: replaced by `mask`, or cut out
// with the blank behind or before them.  Nothing is trained: the models of a family are the programs.
#include "base/alloc.h"
#include "model/command_process.h"
#include "model/model.h"
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double least_probability = 1e-12, sum_tolerance = 1e-3;

static const xs_param params[] = {
    {"command", XS_STRING, "", 0, 0, NULL, "the program, for /bin/sh in study.yaml's folder; {model} is the model's number, from 0"},
    {"commands", XS_STRING, "", 0, 0, NULL, "what `models` becomes when it lists one program a model; not to be written itself"},
    {"mask", XS_STRING, "UNKWORDZ", 0, 0, NULL, "what an absent word is replaced by"},
    {"batch", XS_INT, "64", 1, 1e6, NULL, "texts that are sent before an answer is waited for"},
    {"timeout", XS_REAL, "60", 1e-3, 1e6, NULL, "seconds that a batch may take"},
    {NULL, 0, NULL, 0, 0, NULL, NULL},
};

typedef struct command_shared {
    const xs_corpus *corpus;
    char *command, *commands, *mask;
    size_t batch;
    double timeout;
} command_shared;

typedef struct command_model {
    char *line;
    xs_process *process;
} command_model;

static void command_release(void *shared) {
    command_shared *s = shared;
    if (!s) return;
    xs_free(s->command);
    xs_free(s->commands);
    xs_free(s->mask);
    xs_free(s);
}

static int command_prepare(const xs_settings *settings, const xs_corpus *corpus, int threads, void **shared,
                           xsnr_error *err) {
    (void)threads;
    const char *command = xs_settings_string(settings, "command"), *commands = xs_settings_string(settings, "commands");
    command_shared *s = XS_NEW(command_shared);
    if (!s) return xs_nomem(err);
    *s = (command_shared){.corpus = corpus,
                          .command = xs_strdup(command),
                          .commands = xs_strdup(commands),
                          .mask = xs_strdup(xs_settings_string(settings, "mask")),
                          .batch = (size_t)xs_settings_int(settings, "batch"),
                          .timeout = xs_settings_real(settings, "timeout")};
    if (!s->command || !s->commands || !s->mask) {
        command_release(s);
        return xs_nomem(err);
    }
    *shared = s;
    return XSNR_OK;
}

// Every model must have a program, and one of its own.
static int command_check(const xs_settings *settings, uint32_t models, const char *file, long line, xsnr_error *err) {
    const char *command = xs_settings_string(settings, "command"), *commands = xs_settings_string(settings, "commands");
    uint32_t listed = *commands ? 1 : 0;
    for (const char *p = commands; (p = strchr(p, '\n')); p++) listed++;
    if (*command && listed)
        return xs_fail_at(err, XSNR_ERR_CONFIG, file, line, "the programs are those of `command`, or those that `models` lists, not both");
    if (!*command && listed != models)
        return xs_fail_at(err, XSNR_ERR_CONFIG, file, line,
                          "a family of type command needs `models: [\"./predict --seed 1\", …]`, or `command: ./predict --seed {model}`");
    if (*command && models > 1 && !strstr(command, "{model}"))
        return xs_fail_at(err, XSNR_ERR_CONFIG, file, line,
                          "command: without {model}, for the number of the model, all %u models would be the same program", models);
    return XSNR_OK;
}

static const char *command_vary(const xs_settings *settings) {
    (void)settings;
    return "init";
}

static xs_link command_link(const void *shared) {
    (void)shared;
    return XS_LINK_SOFTMAX;
}

/* ------------------------------------------------------------------ programs */

// Line `index` of the list; or the command with the model's number in it.
static char *line_of(const command_shared *s, uint32_t index) {
    xs_str line = {0};
    const char *p = s->commands;
    if (*p) {
        for (uint32_t i = 0; i < index && p; i++) p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL;
        if (p) xs_str_append(&line, p, strcspn(p, "\n"));
        return xs_str_take(&line);
    }
    for (p = s->command; *p;) {
        const char *place = strstr(p, "{model}");
        xs_str_append(&line, p, place ? (size_t)(place - p) : strlen(p));
        if (place) xs_str_printf(&line, "%u", index);
        p = place ? place + strlen("{model}") : p + strlen(p);
    }
    return xs_str_take(&line);
}

static void command_free(void *model) {
    command_model *m = model;
    if (!m) return;
    xs_process_stop(m->process);
    xs_free(m->line);
    xs_free(m);
}

// Takes over `line`, which may be NULL for want of memory.
static int open_model(const command_shared *s, char *line, void **model, xsnr_error *err) {
    command_model *m = XS_NEW(command_model);
    int rc = m && line ? XSNR_OK : xs_nomem(err);
    if (rc == XSNR_OK && !*line) rc = xs_fail(err, XSNR_ERR_CONFIG, "the list of programs has none for this model");
    if (rc == XSNR_OK) rc = xs_process_start(line, s->corpus->folder, &m->process, err);
    if (rc < 0) {
        xs_free(m);
        xs_free(line);
        return rc;
    }
    m->line = line;
    *model = m;
    return XSNR_OK;
}

static int command_train(const void *shared, const xs_seeds *seeds, xs_arena *scratch, void **model, xs_training *record,
                         xsnr_error *err) {
    (void)scratch;
    *record = (xs_training){.loss = NAN};
    return open_model(shared, line_of(shared, (uint32_t)seeds->model), model, err);
}

static int command_save(const void *shared, const void *model, xs_str *out, xsnr_error *err) {
    (void)shared;
    const command_model *m = model;
    return xs_str_append(out, m->line, strlen(m->line)) < 0 ? xs_nomem(err) : XSNR_OK;
}

// Is `line` a program that study.yaml names?  A study file may come from anywhere: what it calls a model is not run
// because it says so.
static bool is_named(const command_shared *s, const char *line) {
    if (*s->commands) {
        size_t n = strlen(line);
        for (const char *p = s->commands; p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL)
            if (strcspn(p, "\n") == n && memcmp(p, line, n) == 0) return true;
        return false;
    }
    const char *place = strstr(s->command, "{model}"); // before it, the line is the command's; there, it has the number
    size_t before = place ? (size_t)(place - s->command) : 0;
    unsigned long number = place && strncmp(s->command, line, before) == 0 ? strtoul(line + before, NULL, 10) : 0;
    char *meant = number <= UINT32_MAX ? line_of(s, (uint32_t)number) : NULL;
    bool named = meant && strcmp(meant, line) == 0;
    xs_free(meant);
    return named;
}

static int command_load(const void *shared, const void *bytes, size_t size, void **model, xsnr_error *err) {
    xs_str saved = {0};
    xs_str_append(&saved, bytes, size);
    char *line = xs_str_take(&saved), shown[200];
    if (line && !is_named(shared, line)) {
        int rc = xs_fail(err, XSNR_ERR_CORRUPT, "the study file has the program '%s' for a model, which study.yaml does not name; it was not run",
                         xs_printable(shown, sizeof shown, line));
        xs_free(line);
        return rc;
    }
    return open_model(shared, line, model, err);
}

/* ------------------------------------------------------------------ questions and answers */

static int put_question(xs_str *request, const char *text, size_t n, xsnr_error *err) {
    json_t *o = json_pack("{s:s%}", "text", text, n);
    char *line = o ? json_dumps(o, JSON_COMPACT) : NULL;
    json_decref(o);
    if (line) xs_str_put(request, line), xs_str_put(request, "\n");
    free(line);
    return line && !xs_str_failed(request) ? XSNR_OK : xs_nomem(err);
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n'; }

// The text without its absent words.
static int put_masked(const command_shared *s, const xs_document *doc, const uint8_t *present, xs_removal removal,
                      xs_str *request, xsnr_error *err) {
    xs_str text = {0};
    uint32_t at = 0;
    for (uint32_t w = 0; present && w < doc->n_words; w++) {
        if (present[w]) continue;
        const xs_word *word = &doc->words[w];
        xs_str_append(&text, doc->text + at, word->start - at);
        at = word->end;
        if (removal == XS_REMOVE_MASK) xs_str_put(&text, s->mask);
        else if (at < doc->length && is_blank(doc->text[at])) at++;
        else if (text.length && is_blank(text.data[text.length - 1])) text.length--; // "a film." becomes "a."
    }
    xs_str_append(&text, doc->text + at, doc->length - at);
    int rc = xs_str_failed(&text) ? xs_nomem(err) : put_question(request, text.data ? text.data : "", text.length, err);
    xs_str_free(&text);
    return rc;
}

static int bad_answer(const command_model *m, const char *line, size_t n, const char *why, xsnr_error *err) {
    char start[101], copy[81];
    size_t keep = n < sizeof start ? n : sizeof start - 1;
    memcpy(start, line, keep);
    start[keep] = '\0';
    return xs_fail(err, XSNR_ERR_DATA, "the program '%.100s' answered '%s': %s", m->line, xs_printable(copy, sizeof copy, start), why);
}

// JSON has no NaN, but Python writes it.
static bool names_nan(const char *line, size_t n) { return memmem(line, n, "NaN", 3) || memmem(line, n, "nan", 3); }

// Logits (C) of one line.
static int read_answer(const command_model *m, const char *line, size_t n, int classes, double *logits, xsnr_error *err) {
    json_error_t e;
    char why[100];
    json_t *root = json_loadb(line, n, 0, &e);
    const json_t *list = json_is_object(root) ? json_object_get(root, "probabilities") : root;
    const char *wrong = NULL;
    double sum = 0;
    if (!root) wrong = names_nan(line, n) ? "a probability is not a number" : "this is not JSON";
    else if (!json_is_array(list)) wrong = "a list is needed, or an object with the list \"probabilities\"";
    else if (json_array_size(list) != (size_t)classes)
        snprintf(why, sizeof why, "%zu probabilities, but there are %d classes", json_array_size(list), classes), wrong = why;
    for (int c = 0; !wrong && c < classes; c++) {
        const json_t *x = json_array_get(list, (size_t)c);
        double p = json_number_value(x);
        if (!json_is_number(x) || !(p >= 0 && p <= 1 + sum_tolerance)) wrong = "a probability is a number from 0 to 1";
        sum += p;
        logits[c] = log(fmax(p, least_probability));
    }
    if (!wrong && !(fabs(sum - 1) <= sum_tolerance))
        snprintf(why, sizeof why, "the probabilities add up to %g, not to 1", sum), wrong = why;
    int rc = wrong ? bad_answer(m, line, n, wrong, err) : XSNR_OK;
    json_decref(root);
    return rc;
}

// Sends the request's `lines` questions and reads as many answers; logits (lines, C).  Of a program that fails, an answer that
// is none says more than how it ended.
static int converse(const command_shared *s, const command_model *m, const xs_str *request, size_t lines, double *logits,
                    xsnr_error *err) {
    xs_str reply = {0};
    xsnr_error ended = {0};
    int asked = xs_process_ask(m->process, request->data, request->length, lines, s->timeout, &reply, &ended), rc = XSNR_OK;
    const char *p = reply.data, *end;
    for (size_t i = 0; rc == XSNR_OK && asked != XSNR_ERR_NOMEM && i < lines && p; i++) {
        end = memchr(p, '\n', reply.length - (size_t)(p - reply.data));
        if (!end) break; // it failed before
        rc = read_answer(m, p, (size_t)(end - p), s->corpus->n_labels, logits + i * (size_t)s->corpus->n_labels, err);
        p = end + 1;
    }
    if (rc == XSNR_OK && asked < 0 && err) *err = ended;
    xs_str_free(&reply);
    return rc == XSNR_OK ? asked : rc;
}

static int command_predict(const void *shared, const void *model, const xs_document *doc, const uint8_t *present,
                           size_t count, xs_removal removal, xs_arena *scratch, double *logits, xsnr_error *err) {
    (void)scratch;
    const command_shared *s = shared;
    size_t n, classes = (size_t)s->corpus->n_labels;
    int rc = XSNR_OK;
    for (size_t first = 0; rc == XSNR_OK && first < count; first += n) {
        xs_str request = {0};
        n = count - first < s->batch ? count - first : s->batch;
        for (size_t i = first; rc == XSNR_OK && i < first + n; i++)
            rc = put_masked(s, doc, present ? present + i * doc->n_words : NULL, removal, &request, err);
        if (rc == XSNR_OK) rc = converse(s, model, &request, n, logits + first * classes, err);
        xs_str_free(&request);
    }
    return rc;
}

static int command_predict_split(const void *shared, const void *model, xs_split_id split, xs_arena *scratch,
                                 double *logits, xsnr_error *err) {
    (void)scratch;
    const command_shared *s = shared;
    const xs_split *texts = &s->corpus->split[split];
    size_t n, classes = (size_t)s->corpus->n_labels;
    int rc = XSNR_OK;
    for (size_t first = 0; rc == XSNR_OK && first < texts->count; first += n) {
        xs_str request = {0};
        n = texts->count - first < s->batch ? texts->count - first : s->batch;
        for (size_t i = first; rc == XSNR_OK && i < first + n; i++)
            rc = put_question(&request, texts->docs[i].text, texts->docs[i].length, err);
        if (rc == XSNR_OK) rc = converse(s, model, &request, n, logits + first * classes, err);
        xs_str_free(&request);
    }
    return rc;
}

const xs_family xs_family_command = {
    .name = "command",
    .help = "any program that reads texts as JSON lines and answers with class probabilities; nothing is trained",
    .params = params,
    .provides = XS_PREDICTS,
    .streams = "init",
    .check = command_check,
    .prepare = command_prepare,
    .release = command_release,
    .vary = command_vary,
    .link = command_link,
    .train = command_train,
    .free_model = command_free,
    .save = command_save,
    .load = command_load,
    .predict_split = command_predict_split,
    .predict = command_predict,
};
