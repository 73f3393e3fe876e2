// How faithful a ranking of words is to a model: comprehensiveness and sufficiency (DeYoung et al., ACL 2020).
//
//     comprehensiveness_q = p(x) − p(x without the top q)        high: these words mattered
//     sufficiency_q       = p(x) − p(the top q alone)            low: these words are enough
//
// p: probability of the class explained; top q: the ⌈q n⌉ words of highest score, of equal ones the first.  AOPC is the
// mean over q = 1, 5, 10, 20 and 50 %.
#ifndef XSNR_EXPLAIN_FAITHFULNESS_H
#define XSNR_EXPLAIN_FAITHFULNESS_H
#include "explain/explainer.h"

enum { XS_FAITH_SHARES = 5 };
extern const double xs_faith_share[XS_FAITH_SHARES];

typedef struct xs_faithfulness {
    float comprehensiveness[XS_FAITH_SHARES], sufficiency[XS_FAITH_SHARES];
} xs_faithfulness;

/// Judges `n` rankings, scores[i] (n_words), of one text's words at once; a ranking that is NULL gets NaN.
int xs_faithfulness_of(const xs_subject *subject, const xs_document *doc, int target, xs_removal removal,
                       const double *const *scores, size_t n, xs_arena *scratch, xs_faithfulness *out,
                       xsnr_error *err);
#endif
