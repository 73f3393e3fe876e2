// Quality of a model's predictions: accuracy, macro F1, log loss, calibration error.
//
// Accuracy and macro F1 take the class of the largest logit, the first of equals.  F1 of a class is
// 2 TP / (2 TP + FP + FN); macro F1 is its mean over the classes that occur among labels or predictions, as in
// scikit-learn.  Log loss is −1/n Σ ln p(label), from the logits, so that nothing is clipped.  The calibration
// error (ECE) is Guo, Pleiss, Sun & Weinberger's (ICML 2017): Σ_b n_b/n |accuracy_b − mean confidence_b| over 15
// equal bins ((b − 1)/15, b/15] of the predicted class's probability.  Texts without a label do not count; of no
// texts at all, everything is NaN.
#include "math/softmax.h"
#include "model/model.h"
#include <math.h>

#define BINS 15

static double sigmoid(double z) { return z >= 0 ? 1 / (1 + exp(-z)) : exp(z) / (1 + exp(z)); }

void xs_probabilities(xs_link link, int classes, const double *logits, double *p) {
    if (link == XS_LINK_PAIR) {
        for (int c = 0; c < classes; c++) p[c] = sigmoid(logits[c]);
        return;
    }
    xs_softmax(logits, classes, p);
}

// −ln p(label)
static double surprise(xs_link link, int classes, const double *logits, int label) {
    if (link == XS_LINK_PAIR) {
        double z = logits[label];
        return log1p(exp(-fabs(z))) + (z < 0 ? -z : 0);
    }
    return xs_log_sum_exp(logits, classes) - logits[label];
}

typedef struct counts {
    size_t hits, predicted, labelled; // TP, TP + FP, TP + FN
} counts;

static double macro_f1(const counts *of, int classes) {
    double sum = 0;
    int seen = 0;
    for (int c = 0; c < classes; c++)
        if (of[c].predicted + of[c].labelled > 0) {
            sum += 2 * (double)of[c].hits / (double)(of[c].predicted + of[c].labelled);
            seen++;
        }
    return sum / seen;
}

int xs_quality_of(xs_link link, int classes, const double *logits, const xs_split *split, xs_arena *scratch,
                  xs_quality *out, xsnr_error *err) {
    xs_arena_mark mark = xs_arena_save(scratch);
    double *p = XS_ARENA_ARRAY(scratch, double, (size_t)classes);
    counts *of = XS_ARENA_ARRAY(scratch, counts, (size_t)classes);
    if (!p || !of) {
        xs_arena_rewind(scratch, mark);
        return xs_nomem(err);
    }
    size_t n = 0, hits = 0;
    double loss = 0, gap[BINS] = {0}; // Σ (hit − confidence) of a bin
    for (size_t i = 0; i < split->count; i++) {
        int label = split->docs[i].label;
        if (label < 0 || label >= classes) continue;
        const double *z = logits + i * (size_t)classes;
        int predicted = xs_largest(z, classes);
        xs_probabilities(link, classes, z, p);
        int bin = (int)ceil(p[predicted] * BINS) - 1;
        gap[bin < 0 ? 0 : bin >= BINS ? BINS - 1 : bin] += (predicted == label) - p[predicted];
        loss += surprise(link, classes, z, label);
        n++;
        hits += predicted == label;
        of[predicted].predicted++;
        of[label].labelled++;
        of[label].hits += predicted == label;
    }
    double error = 0, count = (double)n;
    for (int b = 0; b < BINS; b++) error += fabs(gap[b]);
    *out = (xs_quality){.texts = n,
                        .accuracy = n ? (double)hits / count : NAN,
                        .macro_f1 = n ? macro_f1(of, classes) : NAN,
                        .log_loss = n ? loss / count : NAN,
                        .calibration_error = n ? error / count : NAN};
    xs_arena_rewind(scratch, mark);
    return XSNR_OK;
}
