// Which models may be compared (section 0): those whose accuracies on one test set do not differ.
//
//   all         every model
//   best:K      the K most accurate
//   closest:K   the K accuracies with the smallest range; of several such sets, the most accurate
//   ztest:α     the largest set of best models whose worst and best do not differ by the two-proportion z
//   test,
//               z = (p1−p2) / √(2P(1−P)/n), P = (p1+p2)/2
//   mcnemar:α   the same by McNemar's exact test: of the b + c texts on which the two disagree, min(b, c) has
//   a
//               two-sided binomial p value at ½ (McNemar 1947; on paired predictions the right test)
//
// Models are ranked by accuracy, ties by index.  "Do not differ" is p ≥ α.
#include "base/alloc.h"
#include "math/distribution.h"
#include "stats/analysis.h"
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef enum rule_kind { RULE_ALL, RULE_BEST, RULE_CLOSEST, RULE_ZTEST, RULE_MCNEMAR, RULES } rule_kind;

typedef struct rule {
    rule_kind kind;
    size_t count; // best, closest
    double alpha; // ztest, mcnemar
} rule;

static const char *const names[RULES] = {"all", "best", "closest", "ztest", "mcnemar"};

static int parse(const char *text, rule *out, const char *file, long line, xsnr_error *err) {
    size_t length = strcspn(text, ":");
    const char *value = text[length] ? text + length + 1 : NULL;
    char *end = NULL;
    *out = (rule){.kind = RULES};
    for (int k = 0; k < RULES; k++)
        if (strlen(names[k]) == length && memcmp(names[k], text, length) == 0) out->kind = (rule_kind)k;
    switch (out->kind) {
    case RULE_ALL:
        if (!value) return XSNR_OK;
        return xs_fail_at(err, XSNR_ERR_CONFIG, file, line, "equivalence: '%.80s': all takes no value", text);
    case RULE_BEST:
    case RULE_CLOSEST:
        errno = 0;
        if (value && value[0] >= '0' && value[0] <= '9') out->count = strtoull(value, &end, 10);
        if (end && !*end && !errno && out->count > 0) return XSNR_OK;
        return xs_fail_at(err, XSNR_ERR_CONFIG, file, line,
                          "equivalence: '%.80s': %s needs a number of models, at least 1, e.g. %s:20", text,
                          names[out->kind], names[out->kind]);
    case RULE_ZTEST:
    case RULE_MCNEMAR:
        if (value && ((value[0] >= '0' && value[0] <= '9') || value[0] == '.'))
            out->alpha = strtod(value, &end);
        if (end && !*end && out->alpha > 0 && out->alpha < 1) return XSNR_OK;
        return xs_fail_at(err, XSNR_ERR_CONFIG, file, line,
                          "equivalence: '%.80s': %s needs a level between 0 and 1, e.g. %s:0.05", text,
                          names[out->kind], names[out->kind]);
    default:
        return xs_fail_at(
            err, XSNR_ERR_CONFIG, file, line,
            "equivalence: '%.80s' is not one of all, best:K, closest:K, ztest:LEVEL, mcnemar:LEVEL", text);
    }
}

int xs_equivalence_check(const char *text, const char *file, long line, xsnr_error *err) {
    rule r;
    return parse(text, &r, file, line, err);
}

typedef struct ranked {
    uint32_t model;
    size_t right; // texts that it gets right
} ranked;

static int by_accuracy(const void *a, const void *b) {
    const ranked *x = a, *y = b;
    if (x->right != y->right) return x->right < y->right ? 1 : -1;
    return x->model < y->model ? -1 : x->model > y->model;
}

static double ztest_p(const ranked *best, const ranked *other, size_t texts) {
    double n = (double)texts, p1 = (double)best->right / n, p2 = (double)other->right / n, P = (p1 + p2) / 2;
    if (best->right == other->right) return 1;
    return 2 * xs_normal_upper((p1 - p2) / sqrt(2 * P * (1 - P) / n));
}

static double mcnemar_p(const unsigned char *best, const unsigned char *other, size_t texts) {
    size_t b = 0, c = 0;
    for (size_t t = 0; t < texts; t++) {
        b += best[t] && !other[t];
        c += !best[t] && other[t];
    }
    return fmin(1, 2 * xs_binomial_cdf((double)(b < c ? b : c), (double)(b + c), 0.5));
}

// How many of the ranked models, from the best on, the test keeps.
static size_t largest_set(const rule *r, const ranked *rank, const unsigned char *correct, size_t models,
                          size_t texts) {
    for (size_t k = models; k > 1; k--) {
        const ranked *best = &rank[0], *worst = &rank[k - 1];
        double p = r->kind == RULE_ZTEST
                       ? ztest_p(best, worst, texts)
                       : mcnemar_p(correct + best->model * texts, correct + worst->model * texts, texts);
        if (p >= r->alpha) return k;
    }
    return 1;
}

// Where the `count` accuracies with the smallest range begin.
static size_t closest_set(const ranked *rank, size_t models, size_t count) {
    size_t first = 0;
    for (size_t i = 1; i + count <= models; i++)
        if (rank[i].right - rank[i + count - 1].right < rank[first].right - rank[first + count - 1].right)
            first = i;
    return first;
}

int xs_equivalent_models(const char *text, const unsigned char *correct, size_t models, size_t texts,
                         unsigned char *keep, xsnr_error *err) {
    rule r;
    XS_TRY(parse(text, &r, NULL, 0, err));
    memset(keep, r.kind == RULE_ALL, models);
    if (r.kind == RULE_ALL || !models) return XSNR_OK;
    if (!correct || !texts)
        return xs_fail(err, XSNR_ERR_ARGUMENT,
                       "equivalence '%.80s' needs a test set; without one only 'all' is defined", text);
    ranked *rank = XS_NEW_ARRAY(ranked, models);
    if (!rank) return xs_nomem(err);
    for (size_t m = 0; m < models; m++) {
        rank[m].model = (uint32_t)m;
        for (size_t t = 0; t < texts; t++) rank[m].right += correct[m * texts + t] != 0;
    }
    qsort(rank, models, sizeof *rank, by_accuracy);
    size_t first = 0, count = r.count < models ? r.count : models;
    if (r.kind == RULE_CLOSEST) first = closest_set(rank, models, count);
    if (r.kind == RULE_ZTEST || r.kind == RULE_MCNEMAR) count = largest_set(&r, rank, correct, models, texts);
    for (size_t i = first; i < first + count; i++) keep[rank[i].model] = 1;
    xs_free(rank);
    return XSNR_OK;
}
