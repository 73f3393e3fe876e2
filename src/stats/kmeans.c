// k-means of a few points in a few dimensions (Lloyd 1982; seeding k-means++, Arthur and Vassilvitskii, SODA 2007), as the
// gap statistic asks for it some ten thousand times a study: eight points at once, with the bits of one at a time.
//
// Points lie in blocks of eight, (blocks, columns, eight); the last block is filled up with its last point, which changes no
// centre.  A distance adds its columns in their order, a centre its points in theirs, so no bit depends on the vectors.
#include "stats/joint.h"
#include "stats/vectors.h"
#include "base/random.h"
#include <math.h>
#include <string.h>

enum { LANES = 8, STEPS_MOST = 300, DRAW_KMEANS = 2 };

typedef double vec __attribute__((vector_size(8 * LANES), aligned(8)));
typedef int64_t bits __attribute__((vector_size(8 * LANES), aligned(8)));

typedef struct points {
    const double *x; // (rows, columns)
    size_t rows, columns, blocks;
    vec *block;               // (blocks, columns): x again
    vec *nearest, *label;     // (blocks): squared distance to the nearest centre, and which it is
    double *centre, *best, *sum; // (k, columns)
} points;

size_t xs_kmeans_work(size_t rows, size_t columns, size_t k) {
    return (rows + LANES - 1) / LANES * LANES * (columns + 2) + 3 * k * columns;
}

static points lay_out(const double *x, size_t rows, size_t columns, size_t k, double *work) {
    points p = {.x = x, .rows = rows, .columns = columns, .blocks = (rows + LANES - 1) / LANES};
    p.block = (vec *)work;
    p.nearest = p.block + p.blocks * columns;
    p.label = p.nearest + p.blocks;
    p.centre = (double *)(p.label + p.blocks);
    p.best = p.centre + k * columns;
    p.sum = p.best + k * columns;
    for (size_t r = 0; r < p.blocks * LANES; r++) {
        const double *row = x + (r < rows ? r : rows - 1) * columns;
        for (size_t i = 0; i < columns; i++) work[(r / LANES * columns + i) * LANES + r % LANES] = row[i];
    }
    return p;
}

XS_INLINE vec choose(bits which, vec yes, vec no) {
    return (vec)((which & (bits)yes) | (~which & (bits)no));
}

XS_INLINE vec distance(const vec *block, const double *centre, size_t columns) {
    vec sum = {0};
    for (size_t i = 0; i < columns; i++) {
        vec d = block[i] - centre[i];
        sum += d * d;
    }
    return sum;
}

// The nearest of the centres, once there is one more.
XS_WIDE static void approach(const points *p, size_t j) {
    const double *centre = p->centre + j * p->columns;
    for (size_t b = 0; b < p->blocks; b++) {
        vec d = distance(p->block + b * p->columns, centre, p->columns);
        p->nearest[b] = j ? choose(d < p->nearest[b], d, p->nearest[b]) : d;
    }
}

// Every point to its nearest centre, the first of those as near; did any change?
XS_WIDE static bool assign(const points *p, size_t k) {
    bits changed = {0};
    for (size_t b = 0; b < p->blocks; b++) {
        const vec *block = p->block + b * p->columns;
        vec nearest = distance(block, p->centre, p->columns), label = {0};
        for (size_t j = 1; j < k; j++) {
            vec d = distance(block, p->centre + j * p->columns, p->columns);
            bits closer = d < nearest;
            nearest = choose(closer, d, nearest);
            label = choose(closer, (vec){0} + (double)j, label);
        }
        changed |= label != p->label[b];
        p->nearest[b] = nearest;
        p->label[b] = label;
    }
    int64_t any = 0;
    for (int lane = 0; lane < LANES; lane++) any |= changed[lane];
    return any;
}

// In the order of the points.
static double sum_of_nearest(const points *p) {
    const double *nearest = (const double *)p->nearest;
    double total = 0;
    for (size_t r = 0; r < p->rows; r++) total += nearest[r];
    return total;
}

// k-means++: every centre is drawn with a probability proportional to the squared distance to the nearest before it.
static void seed_centres(const points *p, size_t k, xs_rng *rng) {
    const double *nearest = (const double *)p->nearest;
    size_t columns = p->columns, chosen = xs_rng_below(rng, (uint32_t)p->rows);
    for (size_t j = 0; j < k; j++) {
        if (j) {
            double at = xs_rng_uniform(rng) * sum_of_nearest(p), sum = 0;
            chosen = 0;
            while (chosen < p->rows - 1 && !((sum += nearest[chosen]) > at)) chosen++;
        }
        memcpy(p->centre + j * columns, p->x + chosen * columns, columns * sizeof *p->x);
        approach(p, j);
    }
}

// Means of the clusters; an empty one stays where it was.
static void move_centres(const points *p, size_t k) {
    const double *label = (const double *)p->label;
    size_t count[XS_MODES_MOST] = {0}, columns = p->columns;
    memset(p->sum, 0, k * columns * sizeof *p->sum);
    for (size_t r = 0; r < p->rows; r++) {
        size_t j = (size_t)label[r];
        for (size_t i = 0; i < columns; i++) p->sum[j * columns + i] += p->x[r * columns + i];
        count[j]++;
    }
    for (size_t j = 0; j < k; j++)
        for (size_t i = 0; count[j] && i < columns; i++) p->centre[j * columns + i] = p->sum[j * columns + i] / (double)count[j];
}

double xs_kmeans(const double *x, size_t rows, size_t columns, size_t k, uint32_t starts, uint64_t seed, uint32_t name,
                 double *work, uint32_t *of) {
    points p = lay_out(x, rows, columns, k, work);
    double least = INFINITY;
    for (uint32_t start = 0; start < starts; start++) {
        xs_rng rng = xs_rng_at(seed, XS_STREAM_STATS, DRAW_KMEANS, name * 1000003u + start);
        seed_centres(&p, k, &rng);
        for (size_t b = 0; b < p.blocks; b++) p.label[b] = (vec){0} - 1; // nobody's
        for (int step = 0; assign(&p, k) && step < STEPS_MOST; step++) move_centres(&p, k);
        double within = sum_of_nearest(&p);
        if (!(within < least)) continue;
        least = within;
        memcpy(p.best, p.centre, k * columns * sizeof *p.best);
    }
    memcpy(p.centre, p.best, k * columns * sizeof *p.best);
    assign(&p, k);
    for (size_t r = 0; r < rows; r++) of[r] = (uint32_t)((const double *)p.label)[r];
    return least;
}
