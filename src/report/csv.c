// words.csv (RFC 4180): one line a family, explainer, text and word; an undefined number is an empty field.
#include "report/csv.h"
#include "report/report.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

void xs_csv_text(xs_str *out, const char *text) {
    if (!text) return;
    if (!strpbrk(text, ",\"\r\n")) {
        xs_str_put(out, text);
        return;
    }
    xs_str_put(out, "\"");
    for (const char *p = text; *p;) {
        size_t n = strcspn(p, "\"");
        xs_str_append(out, p, n);
        if (p[n] == '"') xs_str_put(out, "\"\""), n++;
        p += n;
    }
    xs_str_put(out, "\"");
}

void xs_csv_number(xs_str *out, double v) {
    xs_str_put(out, ",");
    if (!isfinite(v)) return;
    char text[40];
    snprintf(text, sizeof text, "%.9g", v);
    // A program that uses the library may have set a locale with a decimal comma.
    for (char *p = text; *p; p++)
        if (*p == ',') *p = '.';
    xs_str_put(out, text);
}

static void put_word(xs_str *out, const xs_family_result *f, const xs_explainer_result *e,
                     const xs_text_result *t, size_t i) {
    const char *const names[] = {f->name, e->name, t->id, t->label, t->target};
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        xs_csv_text(out, names[k]);
        xs_str_put(out, ",");
    }
    xs_str_printf(out, "%zu,%zu,", t->models_kept, i + 1);
    if (t->words) {
        xs_csv_text(out, t->words[i].text);
        xs_str_printf(out, ",%u,%u,%u", t->words[i].start, t->words[i].end, t->words[i].sentence);
    } else {
        xs_str_put(out, ",,,");
    }
    const xs_word_stats *w = &t->word[i];
    const double numbers[] = {
        w->mean,           w->sd,       w->standard_error,  w->ci[0],   w->ci[1],       w->p,
        w->p_adjusted,     w->signal,   w->noise,           w->snr_raw, w->snr,         w->positive_share,
        w->sign_stability, w->skewness, w->excess_kurtosis, w->minimum, w->whisker_low, w->q25,
        w->median,         w->q75,      w->whisker_high,    w->maximum};
    for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++) xs_csv_number(out, numbers[k]);
    xs_csv_number(out, t->marked ? t->marked[i] : NAN);
    xs_str_put(out, "\r\n");
}

int xs_report_words_csv(const xs_results *r, const xs_sink *to, xsnr_error *err) {
    xs_str_put(
        to->text,
        "family,explainer,text_id,class,target,models,word,text,start,end,sentence,mean,sd,standard_error,"
        "ci_low,ci_high,p,p_adjusted,signal,noise,snr_raw,snr,positive_share,sign_stability,skewness,"
        "excess_kurtosis,min,whisker_low,q25,median,q75,whisker_high,max,marked\r\n");
    for (size_t f = 0; f < r->n_families; f++)
        for (size_t e = 0; e < r->families[f].n_explainers; e++) {
            const xs_explainer_result *ex = &r->families[f].explainers[e];
            for (size_t t = 0; t < ex->n_texts; t++) {
                const xs_text_result *text = xs_text_at(ex, t);
                for (size_t w = 0; w < text->n_words; w++) put_word(to->text, &r->families[f], ex, text, w);
                XS_TRY(xs_sink_flow(to, err));
            }
        }
    return xs_sink_end(to, err);
}
