// Sorting, quantiles, ranks; see order.h.
#include "stats/order.h"
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// Short samples are the rule (words of a text, models of a family), and inserting beats qsort's calls there; merging short runs,
// without a branch on what is compared, beats them up to a few thousand.
enum { RUN = 16, SHORT = 48, MIDDLE = 2048 };

static void insert(double *x, size_t n) {
    for (size_t i = 1; i < n; i++) {
        double held = x[i];
        size_t j = i;
        for (; j > 0 && x[j - 1] > held; j--) x[j] = x[j - 1];
        x[j] = held;
    }
}

// a and b, each ascending, into out.
static void merge(const double *a, size_t n_a, const double *b, size_t n_b, double *out) {
    const double *end_a = a + n_a, *end_b = b + n_b;
    while (a < end_a && b < end_b) {
        bool second = *b < *a;
        *out++ = second ? *b : *a;
        b += second;
        a += !second;
    }
    memcpy(out, a, (size_t)(end_a - a) * sizeof *a);
    memcpy(out + (end_a - a), b, (size_t)(end_b - b) * sizeof *b);
}

static void merge_runs(double *x, size_t n) {
    double spare[MIDDLE], *from = x, *to = spare;
    for (size_t low = 0; low < n; low += RUN) insert(x + low, n - low < RUN ? n - low : RUN);
    for (size_t width = RUN; width < n; width *= 2) {
        for (size_t low = 0; low < n; low += 2 * width) {
            size_t first = n - low < width ? n - low : width, second = n - low - first < width ? n - low - first : width;
            merge(from + low, first, from + low + first, second, to + low);
        }
        double *held = from;
        from = to;
        to = held;
    }
    if (from != x) memcpy(x, from, n * sizeof *x);
}

void xs_sort(double *x, size_t n) {
    if (n > MIDDLE) qsort(x, n, sizeof *x, ascending);
    else if (n > SHORT) merge_runs(x, n);
    else insert(x, n);
}

double xs_quantile(const double *sorted, size_t n, double p) {
    if (!n) return NAN;
    double at = p * (double)(n - 1), whole = floor(at);
    size_t i = (size_t)whole;
    if (i + 1 >= n) return sorted[n - 1];
    double low = sorted[i], step = at - whole;
    return step > 0 ? low + step * (sorted[i + 1] - low) : low;
}

static int ascending_at(const void *a, const void *b, void *x) {
    uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    double u = ((const double *)x)[i], v = ((const double *)x)[j];
    return u != v ? (u > v) - (u < v) : (i > j) - (i < j);
}

static void sort_order(const double *x, size_t n, uint32_t *order) {
    for (size_t i = 0; i < n; i++) order[i] = (uint32_t)i;
    if (n > SHORT) {
        qsort_r(order, n, sizeof *order, ascending_at, (void *)(uintptr_t)x);
        return;
    }
    for (size_t i = 1; i < n; i++) {
        uint32_t held = order[i];
        size_t j = i;
        for (; j > 0 && x[order[j - 1]] > x[held]; j--) order[j] = order[j - 1];
        order[j] = held;
    }
}

double xs_ranks(const double *x, size_t n, uint32_t *order, double *ranks) {
    double ties = 0;
    sort_order(x, n, order);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && x[order[end]] == x[order[i]]; end++) {
        }
        double t = (double)(end - i), rank = 0.5 * (double)(i + 1 + end);
        for (size_t k = i; k < end; k++) ranks[order[k]] = rank;
        ties += t * (t * t - 1);
    }
    return ties;
}
