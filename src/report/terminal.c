// The table of families on a terminal, with a verdict in plain words and the notes below it.
//
// Columns are as wide as what they hold.  Where the terminal is too narrow, columns go in a fixed order
// (what a reader can do without first) and are named below the table; where even the last ones do not fit,
// every row becomes a block of lines.
#include "base/error.h"
#include "report/number.h"
#include "report/report.h"
#include "report/summary.h"
#include "report/verdict.h"
#include "report/width.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { FAMILY, EXPLAINER, MODELS, ACCURACY, RANGE, SIGNAL, NOISE, SNR, INTERVAL, ICC, NEEDED, COLUMNS };
enum { NAME_COLUMNS = 24, GAP = 2 };
// In this order columns go; the explainer only where all rows have the same.
static const int leave_out[] = {EXPLAINER, RANGE, ACCURACY, MODELS, ICC, SIGNAL, NOISE};

typedef struct cell {
    char text[64];
} cell;

static const char *const headings[COLUMNS] = {"family",        "explainer", "models", "accuracy",
                                              "min to max",    "signal",    "noise",  "SNR",
                                              "95 % interval", "ICC",       "needed"};

// A name made fit for the terminal and short enough for a column.
static cell name_cell(const char *name, bool ascii) {
    cell c = {""};
    xs_str shown = {0};
    xs_put_shown(&shown, name ? name : "", name ? strlen(name) : 0, NAME_COLUMNS, ascii);
    if (!xs_str_failed(&shown) && shown.data && shown.length < sizeof c.text)
        memcpy(c.text, shown.data, shown.length + 1);
    else if (name && !xs_str_failed(&shown))
        snprintf(c.text, sizeof c.text, "?"); // marks without end on few letters
    xs_str_free(&shown);
    return c;
}

// The split whose accuracy is shown: test, or valid where there is no test.
static const xs_spread *accuracy_of(const xs_family_result *f) {
    return f->test.texts ? &f->test.accuracy : f->valid.texts ? &f->valid.accuracy : NULL;
}

static cell value(const xs_family_result *f, const xs_explainer_result *e, int column, bool ascii) {
    const xs_pooled *p = &e->pooled;
    const xs_spread *accuracy = accuracy_of(f);
    cell c = {""};
    xs_shown s = {""};
    switch (column) {
    case FAMILY:
        return name_cell(f->name, ascii);
    case EXPLAINER:
        return name_cell(e->name, ascii);
    case MODELS:
        snprintf(s.text, sizeof s.text, "%zu/%zu", f->models_equivalent, f->models_trained);
        break;
    case ACCURACY:
        if (accuracy) s = xs_show_number(accuracy->mean);
        break;
    case RANGE:
        if (accuracy && isfinite(accuracy->min) && isfinite(accuracy->max))
            snprintf(s.text, sizeof s.text, "%.20s to %.20s", xs_show_number(accuracy->min).text,
                     xs_show_number(accuracy->max).text);
        break;
    case SIGNAL:
        s = xs_show_number(p->signal);
        break;
    case NOISE:
        s = xs_show_number(p->noise);
        break;
    case SNR:
        s = xs_show_estimate(p->snr, p->snr_ci[0], p->snr_ci[1]);
        break;
    case INTERVAL:
        s = xs_show_interval(p->snr, p->snr_ci[0], p->snr_ci[1]);
        break;
    case ICC:
        s = xs_show_number(p->icc);
        break;
    case NEEDED:
        s = xs_show_count(p->models_needed);
        break;
    default:
        break;
    }
    snprintf(c.text, sizeof c.text, "%s", s.text);
    return c;
}

static void put_cell(xs_str *out, const char *text, size_t width, bool left) {
    size_t own = xs_text_width(text, strlen(text), false);
    size_t pad = width > own ? width - own : 0;
    if (!left) xs_str_printf(out, "%*s", (int)pad, "");
    xs_str_put(out, text);
    if (left) xs_str_printf(out, "%*s", (int)pad, "");
}

// One row of the table without trailing blanks; e NULL: the headings.
static void put_row(xs_str *out, const xs_family_result *f, const xs_explainer_result *e, const size_t *width,
                    const xs_terminal *t) {
    bool bold = !e && t->color != XS_COLOR_NONE;
    if (bold) xs_str_put(out, "\x1b[1m");
    bool first = true;
    for (int k = 0; k < COLUMNS; k++) {
        if (!width[k]) continue;
        if (!first) xs_str_printf(out, "%*s", GAP, "");
        first = false;
        if (e)
            put_cell(out, value(f, e, k, t->ascii).text, width[k], k <= EXPLAINER);
        else
            put_cell(out, headings[k], width[k], k <= EXPLAINER);
    }
    if (bold) xs_str_put(out, "\x1b[0m");
    xs_str_put(out, "\n");
}

// The widths of all columns (0: nothing in it).
static void measure(const xs_results *r, const xs_terminal *t, size_t *width) {
    for (int k = 0; k < COLUMNS; k++) {
        bool any = false;
        width[k] = strlen(headings[k]);
        for (size_t f = 0; f < r->n_families; f++)
            for (size_t e = 0; e < r->families[f].n_explainers; e++) {
                cell c = value(&r->families[f], &r->families[f].explainers[e], k, t->ascii);
                size_t own = xs_text_width(c.text, strlen(c.text), false);
                if (own > width[k]) width[k] = own;
                any |= own > 0;
            }
        if (!any) width[k] = 0;
    }
}

static size_t total(const size_t *width) {
    size_t sum = 0;
    for (int k = 0; k < COLUMNS; k++)
        if (width[k]) sum += width[k] + GAP;
    return sum ? sum - GAP : 0;
}

static void put_stacked(xs_str *out, const xs_results *r, const size_t *full, const xs_terminal *t) {
    for (size_t f = 0; f < r->n_families; f++)
        for (size_t e = 0; e < r->families[f].n_explainers; e++) {
            for (int k = 0; k < COLUMNS; k++) {
                cell c = value(&r->families[f], &r->families[f].explainers[e], k, t->ascii);
                if (full[k]) xs_str_printf(out, "%s%-15s %s\n", k == FAMILY ? "" : "  ", headings[k], c.text);
            }
        }
}

// The explainer that all rows have; NULL if they differ.
static const char *only_explainer(const xs_results *r) {
    const char *name = NULL;
    for (size_t f = 0; f < r->n_families; f++)
        for (size_t e = 0; e < r->families[f].n_explainers; e++) {
            if (name && strcmp(name, r->families[f].explainers[e].name)) return NULL;
            name = r->families[f].explainers[e].name;
        }
    return name;
}

static void put_table(xs_str *out, const xs_results *r, const xs_terminal *t) {
    size_t full[COLUMNS], width[COLUMNS], room = t->width > 0 ? (size_t)t->width : 80;
    const char *explainer = only_explainer(r);
    xs_str line = {0};
    measure(r, t, full);
    memcpy(width, full, sizeof width);
    for (size_t i = 0; total(width) > room && i < sizeof leave_out / sizeof *leave_out; i++) {
        int k = leave_out[i];
        if (!width[k] || (k == EXPLAINER && !explainer)) continue;
        if (k == EXPLAINER)
            xs_str_printf(&line, "explainer: %s; ", explainer);
        else
            xs_str_printf(&line, "%s%s", width[RANGE] || k == RANGE ? "left out for the width: " : ", ",
                          headings[k]);
        width[k] = 0;
    }
    if (total(width) > room) {
        put_stacked(out, r, full, t);
        xs_str_free(&line);
    } else {
        put_row(out, NULL, NULL, width, t);
        for (size_t f = 0; f < r->n_families; f++)
            for (size_t e = 0; e < r->families[f].n_explainers; e++)
                put_row(out, &r->families[f], &r->families[f].explainers[e], width, t);
        if (width[RANGE] != full[RANGE]) xs_str_put(&line, "; ");
    }
    xs_str_printf(&line, "needed: models whose mean explanation is as reliable as %g",
                  r->reliability);
    if (!xs_str_failed(&line)) xs_put_wrapped(out, line.data, room, 2, t->ascii);
    out->failed |= line.failed;
    xs_str_free(&line);
}

// Writes what stands in `line` as a paragraph and empties it.
static void flush_line(xs_str *out, xs_str *line, const xs_terminal *t, size_t indent) {
    if (line->data && !line->failed)
        xs_put_wrapped(out, line->data, t->width > 0 ? (size_t)t->width : 80, indent, t->ascii);
    out->failed |= line->failed;
    xs_str_free(line);
}

static void put_verdicts(xs_str *out, const xs_results *r, const xs_family_result *f, const xs_terminal *t) {
    xs_str line = {0};
    if (f->n_explainers >= XS_MANY) {
        // What holds for the whole family; a narrow table had to leave it out.
        const xs_spread *accuracy = accuracy_of(f);
        xs_str_printf(&line, "%s (%zu of %zu models", f->name, f->models_equivalent, f->models_trained);
        if (accuracy) xs_str_printf(&line, ", accuracy %s", xs_show_number(accuracy->mean).text);
        xs_str_put(&line, "): ");
        xs_put_family_verdict(&line, f);
        flush_line(out, &line, t, 2);
        return;
    }
    for (size_t e = 0; e < f->n_explainers; e++) {
        xs_str_printf(&line, "%s, %s: ", f->name, f->explainers[e].name);
        xs_put_verdict(&line, r, &f->explainers[e]);
        flush_line(out, &line, t, 2);
    }
}

static void put_comparisons(xs_str *out, const xs_results *r, const xs_terminal *t) {
    for (size_t c = 0, same; c < r->n_comparisons; c += same) {
        xs_str line = {0};
        same = xs_same_pair(&r->comparisons[c], r->n_comparisons - c);
        if (same < XS_MANY) same = 1;
        if (same > 1) xs_put_pair(&line, &r->comparisons[c], same);
        else xs_put_comparison(&line, &r->comparisons[c]);
        flush_line(out, &line, t, 2);
    }
}

static void put_notes(xs_str *out, const xs_family_result *f, const xs_terminal *t) {
    for (size_t i = 0; i < XS_NOTES; i++) {
        xs_str line = {0};
        xs_str_printf(&line, "- %s: ", f->name);
        if (xs_put_note(&line, f, NULL, i)) flush_line(out, &line, t, 2);
        out->failed |= line.failed;
        xs_str_free(&line);
    }
    for (size_t i = 0; i < XS_NOTES; i++)
        for (size_t e = 0; e < f->n_explainers; e++) {
            xs_str line = {0};
            xs_str_printf(&line, "- %s, ", f->name);
            if (xs_put_shared_note(&line, f, e, i)) flush_line(out, &line, t, 2);
            out->failed |= line.failed;
            xs_str_free(&line);
        }
}

int xs_report_table(const xs_results *r, const xs_terminal *t, xs_str *out, xsnr_error *err) {
    put_table(out, r, t);
    xs_str_put(out, "\n");
    for (size_t f = 0; f < r->n_families; f++) put_verdicts(out, r, &r->families[f], t);
    put_comparisons(out, r, t);
    xs_str_put(out, "\n");
    for (size_t f = 0; f < r->n_families; f++) put_notes(out, &r->families[f], t);
    if (out->length >= 2 && out->data[out->length - 2] == '\n')
        out->data[--out->length] = '\0'; // no notes: no blank line
    return xs_str_failed(out) ? xs_nomem(err) : XSNR_OK;
}
