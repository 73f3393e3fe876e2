// Is an explanation worth it (section 8): agreement with human rationales, and complexity.  Undefined is NaN.
#ifndef XSNR_STATS_PLAUSIBLE_H
#define XSNR_STATS_PLAUSIBLE_H
#include "stats/parts.h"

/// One explanation against the words that people marked.
typedef struct xs_plausibility {
    double token_f1;          // of as many words as people marked, those with the highest scores (ties: the earlier)
    double iou_f1;            // of their runs, matched at intersection over union ≥ 0.5
    double auprc;             // under the precision-recall curve, trapezoids between its points, as ERASER has it
    double average_precision; // the same by steps
    double auroc;             // P(marked > unmarked) + ½ P(equal)
} xs_plausibility;

/// score (n), human (n) 0 or 1.
int xs_plausible(const double *score, const unsigned char *human, size_t n, xs_arena *scratch, xs_plausibility *out,
                 xsnr_error *err);

/// How few words carry an explanation, of a = |e| / Σ|e|.
typedef struct xs_complexity {
    double entropy;         // −Σ a ln a, nats
    double effective_words; // exp(entropy)
    double gini;            // 0: all words alike; 1 − 1/n: one word is all
    double words80;         // the fewest words with 80 % of Σ|e|
} xs_complexity;

int xs_complex(const double *e, size_t n, xs_arena *scratch, xs_complexity *out, xsnr_error *err);
#endif
