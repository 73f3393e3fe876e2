// Agreement with human rationales (DeYoung et al., ERASER, ACL 2020), and complexity of explanations (section 8).
//
// Curves are read off the words in descending order of score, one point for every distinct score; the precision-recall
// curve starts at precision 1, recall 0.  AUROC is Mann and Whitney's statistic from mean ranks.  IOU-F1: a run of selected
// words matches if some run of marked words overlaps it with |A∩B| / |A∪B| ≥ 0.5; precision is the share of selected runs that
// match one, recall the share of marked runs that are matched.
#include "stats/order.h"
#include "stats/plausible.h"
#include <math.h>

typedef struct run { // words first…last − 1
    size_t first, last;
} run;

static size_t find_runs(const unsigned char *mark, size_t n, run *runs) {
    size_t count = 0;
    for (size_t w = 0; w < n; w++) {
        if (!mark[w]) continue;
        if (!w || !mark[w - 1]) runs[count++].first = w;
        runs[count - 1].last = w + 1;
    }
    return count;
}

static double matched_share(const run *a, size_t n_a, const run *b, size_t n_b) {
    size_t matched = 0;
    for (size_t i = 0; i < n_a; i++)
        for (size_t j = 0; j < n_b; j++) {
            size_t low = a[i].first > b[j].first ? a[i].first : b[j].first;
            size_t high = a[i].last < b[j].last ? a[i].last : b[j].last;
            size_t both = high > low ? high - low : 0;
            size_t any = a[i].last - a[i].first + b[j].last - b[j].first - both;
            if (2 * both < any) continue;
            matched++;
            break;
        }
    return (double)matched / (double)n_a;
}

static double f1(double precision, double recall) {
    return precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0;
}

// order: words in descending order of score.
static void curves(const double *score, const unsigned char *human, const uint32_t *order, size_t n, double marked,
                   xs_plausibility *out) {
    double hits = 0, recall = 0, precision = 1;
    out->auprc = out->average_precision = 0;
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i; end < n && score[order[end]] == score[order[i]]; end++) hits += human[order[end]];
        double p = hits / (double)end, r = hits / marked;
        out->auprc += (r - recall) * (p + precision) / 2;
        out->average_precision += (r - recall) * p;
        precision = p;
        recall = r;
    }
}

static int judge(const double *score, const unsigned char *human, size_t n, xs_arena *scratch, xs_plausibility *out,
                 xsnr_error *err) {
    double *ranks = XS_ARENA_ARRAY(scratch, double, n), *negative = XS_ARENA_ARRAY(scratch, double, n);
    uint32_t *order = XS_ARENA_ARRAY(scratch, uint32_t, n);
    unsigned char *selected = XS_ARENA_ARRAY(scratch, unsigned char, n);
    run *ours = XS_ARENA_ARRAY(scratch, run, n), *theirs = XS_ARENA_ARRAY(scratch, run, n);
    if (!ranks || !negative || !order || !selected || !ours || !theirs) return xs_nomem(err);
    size_t marked = 0, hits = 0;
    double sum = 0;
    for (size_t w = 0; w < n; w++) {
        negative[w] = -score[w];
        marked += human[w];
    }
    if (!marked) return XSNR_OK;
    xs_ranks(negative, n, order, ranks); // in descending order of score, ties to the earlier word
    for (size_t i = 0; i < marked; i++) {
        selected[order[i]] = 1;
        hits += human[order[i]];
    }
    out->token_f1 = (double)hits / (double)marked; // precision = recall: as many are selected as marked
    size_t n_ours = find_runs(selected, n, ours), n_theirs = find_runs(human, n, theirs);
    out->iou_f1 = f1(matched_share(ours, n_ours, theirs, n_theirs), matched_share(theirs, n_theirs, ours, n_ours));
    curves(score, human, order, n, (double)marked, out);
    for (size_t w = 0; w < n; w++) sum += human[w] ? (double)n + 1 - ranks[w] : 0;
    double k = (double)marked;
    out->auroc = xs_ratio(sum - k * (k + 1) / 2, k * ((double)n - k));
    return XSNR_OK;
}

int xs_plausible(const double *score, const unsigned char *human, size_t n, xs_arena *scratch, xs_plausibility *out,
                 xsnr_error *err) {
    *out = (xs_plausibility){NAN, NAN, NAN, NAN, NAN};
    for (size_t w = 0; w < n; w++)
        if (human[w] > 1)
            return xs_fail(err, XSNR_ERR_DATA, "the rationale's mark of word %zu is %u; marks are 0 and 1", w, human[w]);
    xs_arena_mark mark = xs_arena_save(scratch);
    int rc = judge(score, human, n, scratch, out, err);
    xs_arena_rewind(scratch, mark);
    return rc;
}

int xs_complex(const double *e, size_t n, xs_arena *scratch, xs_complexity *out, xsnr_error *err) {
    *out = (xs_complexity){NAN, NAN, NAN, NAN};
    double most = 0, total = 0, entropy = 0, weighted = 0, held = 0;
    for (size_t w = 0; w < n; w++) most = fmax(most, fabs(e[w]));
    if (!(most > 0)) return XSNR_OK;
    xs_arena_mark mark = xs_arena_save(scratch);
    double *a = XS_ARENA_ARRAY(scratch, double, n);
    if (!a) return xs_nomem(err);
    for (size_t w = 0; w < n; w++) total += a[w] = fabs(e[w]) / most;
    xs_sort(a, n);
    for (size_t w = 0; w < n; w++) {
        double share = a[w] / total;
        if (share > 0) entropy -= share * log(share);
        weighted += (double)(w + 1) * share;
    }
    out->entropy = entropy;
    out->effective_words = exp(entropy);
    out->gini = (2 * weighted - (double)n - 1) / (double)n;
    size_t words = 0;
    while (words < n && held < (0.8 - 1e-12) * total) held += a[n - ++words]; // a sum that is 80 % to rounding is 80 %
    out->words80 = (double)words;
    xs_arena_rewind(scratch, mark);
    return XSNR_OK;
}
