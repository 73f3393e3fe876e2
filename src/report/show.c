// One text on a terminal: for every family and explainer its heat map and its strongest words.
//
// Panels stand side by side where the terminal is wide enough, on one scale: ± the largest |mean| of all.
#include "base/alloc.h"
#include "base/intern.h"
#include "report/color.h"
#include "report/heatmap.h"
#include "report/number.h"
#include "report/report.h"
#include "report/width.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PANEL = 58, MOST_PANEL = 100, GAP = 4, STRONGEST = 8 };

typedef struct panel {
    const xs_family_result *family;
    const xs_explainer_result *explainer;
    const xs_text_result *text;
} panel;

static bool matches(const char *wanted, const char *name) {
    return !wanted || strcmp(wanted, name) == 0;
}

// Collects the panels of the text in `panels`, or only counts them (NULL).
static size_t collect(const xs_results *r, const char *id, const char *family, const char *explainer,
                      panel *panels) {
    size_t n = 0;
    for (size_t f = 0; f < r->n_families; f++) {
        const xs_family_result *fam = &r->families[f];
        for (size_t e = 0; matches(family, fam->name) && e < fam->n_explainers; e++) {
            const xs_explainer_result *ex = &fam->explainers[e];
            for (size_t i = 0; matches(explainer, ex->name) && i < ex->n_texts; i++) {
                const xs_text_result *text = xs_text_at(ex, i);
                if (!matches(id, text->id)) continue;
                if (panels) panels[n] = (panel){fam, ex, text};
                n++;
            }
        }
    }
    return n;
}

// Fails with "no WHAT 'NAME'" and the nearest that there is, or the first and the last.
static int not_found(const char *what, const char *name, const char **names, size_t n, xsnr_error *err) {
    const char *near = n ? xs_nearest(name, names, n) : NULL;
    if (near)
        return xs_fail(err, XSNR_ERR_NOT_FOUND, "there is no %s '%s'; did you mean '%s'?", what, name, near);
    if (!n) return xs_fail(err, XSNR_ERR_NOT_FOUND, "there is no %s '%s'; there is none at all", what, name);
    return xs_fail(err, XSNR_ERR_NOT_FOUND, "there is no %s '%s'; there %s %zu, from '%s' to '%s'", what,
                   name, n == 1 ? "is" : "are", n, names[0], names[n - 1]);
}

// The ids of the texts that the choice leaves; families share their texts, each counts once.
static int list_ids(const xs_results *r, const char *family, const char *explainer, const char **ids, size_t *n,
                    xsnr_error *err) {
    xs_intern seen = {0};
    int rc = XSNR_OK;
    *n = 0;
    for (size_t f = 0; f < r->n_families; f++)
        for (size_t e = 0; matches(family, r->families[f].name) && e < r->families[f].n_explainers; e++) {
            const xs_explainer_result *ex = &r->families[f].explainers[e];
            for (size_t i = 0; rc == XSNR_OK && matches(explainer, ex->name) && i < ex->n_texts; i++) {
                const char *name = xs_text_at(ex, i)->id;
                uint32_t k = xs_intern_add(&seen, name, strlen(name));
                if (k == XS_NOT_INTERNED) rc = xs_nomem(err);
                else if (k == *n) ids[(*n)++] = name;
            }
        }
    xs_intern_free(&seen);
    return rc;
}

// Says which of the three names is the wrong one.
static int explain_absence(const xs_results *r, const char *id, const char *family, const char *explainer,
                           xsnr_error *err) {
    size_t most = collect(r, NULL, NULL, NULL, NULL) + r->n_families;
    for (size_t f = 0; f < r->n_families; f++) most += r->families[f].n_explainers;
    const char **names = XS_NEW_ARRAY(const char *, most);
    if (!names) return xs_nomem(err);
    size_t n = 0;
    bool found = false;
    for (size_t f = 0; f < r->n_families; f++) {
        names[n++] = r->families[f].name;
        found |= matches(family, r->families[f].name);
    }
    int rc = found ? XSNR_OK : not_found("family", family, names, n, err);
    if (rc == XSNR_OK) {
        n = 0, found = false;
        for (size_t f = 0; f < r->n_families; f++)
            for (size_t e = 0; matches(family, r->families[f].name) && e < r->families[f].n_explainers; e++) {
                names[n++] = r->families[f].explainers[e].name;
                found |= matches(explainer, names[n - 1]);
            }
        if (!found) rc = not_found("explainer", explainer ? explainer : "", names, n, err);
    }
    if (rc == XSNR_OK) {
        rc = list_ids(r, family, explainer, names, &n, err);
        if (rc == XSNR_OK) rc = not_found("text", id, names, n, err);
    }
    xs_free(names);
    return rc;
}

int xs_report_find(const xs_results *r, const char *id, const char *family, const char *explainer, xsnr_error *err) {
    return collect(r, id, family, explainer, NULL) ? XSNR_OK : explain_absence(r, id, family, explainer, err);
}

static void put_title(xs_block *b, const panel *p, size_t columns, const xs_terminal *t) {
    const xs_text_result *x = p->text;
    xs_str line = {0};
    xs_str_printf(&line, "%s, %s", p->family->name, p->explainer->name);
    if (x->target) xs_str_printf(&line, ", for class %s", x->target);
    if (t->color != XS_COLOR_NONE) xs_str_put(&b->text, "\x1b[1m");
    if (line.data) xs_block_put(b, line.data, line.length, columns, t->ascii);
    xs_put_plain(&b->text, t);
    xs_block_line(b);
    b->text.failed |= line.failed;
    xs_str_free(&line);

    const xs_snr *s = &x->snr;
    xs_str_printf(&line, "%zu model%s, ", x->models_kept, x->models_kept == 1 ? "" : "s");
    if (isnan(s->snr))
        xs_str_put(&line, x->models_kept < 2 ? "SNR undefined: it needs two models" : "SNR undefined");
    else {
        xs_str_printf(&line, "SNR %s", xs_show_estimate(s->snr, s->snr_ci[0], s->snr_ci[1]).text);
        xs_str_printf(&line, " %s", xs_show_interval(s->snr, s->snr_ci[0], s->snr_ci[1]).text);
        if (s->no_signal) xs_str_put(&line, ", no signal found");
    }
    if (line.data) xs_block_put(b, line.data, line.length, columns, t->ascii);
    xs_block_line(b);
    b->text.failed |= line.failed;
    xs_str_free(&line);
}

// The words with the largest |mean|, strongest first; returns how many.
static size_t strongest(const xs_text_result *x, size_t *order) {
    size_t n = 0;
    for (size_t w = 0; w < x->n_words; w++) {
        double size = fabs(x->word[w].mean);
        if (isnan(size)) continue;
        size_t at = n;
        while (at > 0 && fabs(x->word[order[at - 1]].mean) < size) at--;
        if (at == STRONGEST) continue;
        if (n < STRONGEST) n++;
        memmove(&order[at + 1], &order[at], (n - 1 - at) * sizeof *order);
        order[at] = w;
    }
    return n;
}

// A number at the right end of `width` columns that start at `from`.
static void put_right(xs_block *b, size_t from, size_t width, const char *text) {
    size_t own = strlen(text);
    if (!own) return; // no trailing blanks
    xs_block_pad(b, from + (width > own ? width - own : 0));
    xs_block_print(b, text);
}

static void put_strongest(xs_block *b, const xs_text_result *x, size_t columns, const xs_terminal *t) {
    enum { MEAN = 9, INTERVAL = 20, SNR = 10, SIGN = 6 };
    size_t order[STRONGEST], n = strongest(x, order);
    if (!n) return;
    size_t fixed = MEAN + INTERVAL + SNR + SIGN, name = columns > fixed + 8 ? columns - fixed : 8;
    if (name > 24) name = 24;
    xs_block_line(b);
    if (t->color != XS_COLOR_NONE) xs_str_put(&b->text, "\x1b[1m");
    xs_block_print(b, "word");
    put_right(b, name, MEAN, "mean");
    put_right(b, name + MEAN, INTERVAL, "95 % interval");
    put_right(b, name + MEAN + INTERVAL, SNR, "SNR");
    put_right(b, name + MEAN + INTERVAL + SNR, SIGN, "sign");
    xs_put_plain(&b->text, t);
    xs_block_line(b);
    for (size_t i = 0; i < n; i++) {
        const xs_word_stats *w = &x->word[order[i]];
        char buffer[24];
        const char *text = xs_word_name(x, order[i], buffer);
        bool firm = xs_word_is_firm(w);
        if (!firm) xs_block_print(b, isnan(w->ci[0]) ? "?" : "~");
        xs_block_put(b, text, strlen(text), name - 2 + firm, t->ascii);
        put_right(b, name, MEAN, xs_show_estimate(w->mean, w->ci[0], w->ci[1]).text);
        put_right(b, name + MEAN, INTERVAL, xs_show_interval(w->mean, w->ci[0], w->ci[1]).text);
        put_right(b, name + MEAN + INTERVAL, SNR, isnan(w->snr) ? "undef." : xs_show_number(w->snr).text);
        char share[24] = "";
        if (isfinite(w->sign_stability)) snprintf(share, sizeof share, "%.0f %%", 100 * w->sign_stability);
        put_right(b, name + MEAN + INTERVAL + SNR, SIGN, share);
        xs_block_line(b);
    }
}

int xs_report_show(const xs_results *r, const char *text_id, const char *family, const char *explainer,
                   const xs_terminal *t, xs_str *out, xsnr_error *err) {
    XS_TRY(xs_report_find(r, text_id, family, explainer, err));
    size_t n = collect(r, text_id, family, explainer, NULL);
    panel *panels = XS_NEW_ARRAY(panel, n);
    xs_block *blocks = XS_NEW_ARRAY(xs_block, n);
    if (!panels || !blocks) {
        xs_free(panels);
        xs_free(blocks);
        return xs_nomem(err);
    }
    collect(r, text_id, family, explainer, panels);

    double limit = 0;
    for (size_t k = 0; k < n; k++) limit = fmax(limit, xs_largest_mean(panels[k].text));
    size_t room = t->width > 0 ? (size_t)t->width : 80, across = (room + GAP) / (PANEL + GAP);
    if (across > n) across = n;
    if (across < 1) across = 1;
    size_t columns = (room + GAP) / across - GAP;
    if (columns > MOST_PANEL) columns = MOST_PANEL;

    xs_str title = {0};
    xs_str_printf(&title, "text %s", panels[0].text->id);
    if (panels[0].text->label) xs_str_printf(&title, ", class %s", panels[0].text->label);
    if (panels[0].text->split) xs_str_printf(&title, ", from %s", panels[0].text->split);
    if (!xs_str_failed(&title)) xs_put_wrapped(out, title.data, room, 2, t->ascii);
    out->failed |= title.failed;
    xs_str_free(&title);

    for (size_t k = 0; k < n; k++) {
        put_title(&blocks[k], &panels[k], columns, t);
        xs_block_line(&blocks[k]);
        xs_put_heatmap(&blocks[k], panels[k].text, limit, columns, t);
        put_strongest(&blocks[k], panels[k].text, columns, t);
    }
    for (size_t k = 0; k < n; k += across) {
        xs_str_put(out, "\n");
        xs_put_blocks(out, &blocks[k], n - k < across ? n - k : across, columns, GAP);
    }
    xs_str_put(out, "\n");
    xs_put_legend(out, r, limit, t);

    for (size_t k = 0; k < n; k++) xs_block_free(&blocks[k]);
    xs_free(blocks);
    xs_free(panels);
    return xs_str_failed(out) ? xs_nomem(err) : XSNR_OK;
}
