// Explanations of one encoder: milliseconds a text by every method, on one thread.
//
//     bench_explain [FOLDER [METHOD …]]     2 layers, width 128, 2 heads, ff 512, 8000 ids; 40 texts of 16 to 32 ids, of random
//                                weights; FOLDER: where they are kept for pytorch_explain.py
//
// One JSON line a method: median, least and most of the rounds; games as milliseconds an evaluation too; and products and
// attention in GFLOP/s, over all of the time and while they run.  First the rate of the product alone, in floats and doubles.
#include "base/alloc.h"
#include "base/random.h"
#include "model/encoder_folder.h"
#include "model/encoder_probe.h"
#include "model/encoder_single.h"
#include "registry.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { TEXTS = 40, ROUNDS = 9 };

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void check(int rc, const xsnr_error *err) {
    if (rc >= 0) return;
    fprintf(stderr, "bench_explain: %s\n", err->message);
    exit(1);
}

static void write_model(const char *folder) {
    xsnr_error err = {0};
    xs_arena arena = {0};
    xs_encoder_layout layout;
    xs_encoder_config c = {.architecture = XS_BERT, .hidden = 128, .layers = 2, .heads = 2, .intermediate = 512,
                           .vocabulary = 8000, .positions = 64, .types = 2, .labels = 2, .activation = XS_GELU,
                           .layer_norm_eps = 1e-12, .initializer_range = 0.02};
    check(xs_encoder_layout_new(&c, &arena, &layout, &err), &err);
    float *values = XS_ARENA_ARRAY(&arena, float, layout.total);
    double *wide = XS_ARENA_ARRAY(&arena, double, layout.total);
    for (size_t i = 0; i < layout.n; i++) {
        const xs_parameter *p = &layout.parameter[i];
        xs_parameter_initialise(&layout, i, 1, wide);
        for (size_t k = 0; k < p->count; k++) values[p->at + k] = (float)wide[k];
    }
    check(xs_folder_write(folder, &layout, values, NULL, &err), &err);
    xs_arena_free(&arena);
}

// Texts of ids: [CLS] 2 … [SEP] 3, 24 ids in the mean.
static void make_texts(xs_document *docs, xs_arena *arena) {
    for (uint32_t i = 0; i < TEXTS; i++) {
        xs_rng rng = xs_rng_at(1, XS_STREAM_CORPUS, i, 0);
        uint32_t n = 16 + xs_rng_below(&rng, 17), at = 0;
        char *text = xs_arena_alloc(arena, 8 * n);
        xs_word *words = XS_ARENA_ARRAY(arena, xs_word, n);
        for (uint32_t t = 0; t < n; t++) {
            uint32_t start = at;
            at += (uint32_t)sprintf(text + at, "%u", t == 0 ? 2 : t + 1 == n ? 3 : 5 + xs_rng_below(&rng, 7995));
            words[t] = (xs_word){start, at, start, at, 0, 0, 0};
            text[at++] = ' ';
        }
        text[at] = 0;
        docs[i] = (xs_document){"bench", text, at, -1, words, n, 1};
    }
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// What the idle probes of the model have done so far.
static xs_profile work_of(const xs_encoder_shared *s) {
    xs_profile all = {0};
    for (const xs_encoder_probe *p = s->probes; p; p = p->next) xs_profile_add(&all, p->ops->profile(p->device));
    return all;
}

static double sum_of(const double *from, const double *to) {
    static const xs_op busy[] = {XS_OP_PRODUCT, XS_OP_ATTENTION};
    double sum = 0;
    for (size_t i = 0; i < 2; i++) sum += to[busy[i]] - from[busy[i]];
    return sum;
}

// GFLOP/s of y = x Wᵀ + b with 512 rows, 128 to 512 numbers: the encoder's largest product.
static double product_rate(xs_precision precision) {
    enum { ROWS = 512, IN = 128, OUT = 512, TIMES = 200 };
    const xs_backend *ops = xs_cpu_backend(precision, 0);
    xsnr_error err = {0};
    xs_device *d;
    xs_buffer *b;
    check(ops->open(&d, &err), &err);
    check(ops->reals(d, ROWS * (IN + OUT) + IN * OUT + OUT, &b, &err), &err);
    xs_view x = {b, 0}, w = {b, ROWS * IN}, bias = xs_view_at(w, IN * OUT), y = xs_view_at(bias, OUT);
    double best = 0;
    for (int r = 0; r < 5; r++) {
        double began = now();
        for (int i = 0; i < TIMES; i++) ops->linear(d, ROWS, IN, OUT, x, w, bias, y);
        double rate = 2e-9 * ROWS * IN * OUT * TIMES / (now() - began);
        if (rate > best) best = rate;
    }
    ops->release(d, b);
    ops->close(d);
    return best;
}

static void time_method(const char *spec, const xs_subject *subject, const xs_document *docs) {
    xsnr_error err = {0};
    const xs_explainer *method;
    xs_settings settings;
    xs_arena arena = {0};
    xs_task tasks[TEXTS];
    xs_explanation out[TEXTS];
    double seconds[ROUNDS], evaluations = 0, all = 0;
    xs_profile before = {0}, after;
    check(xs_explainer_parse(spec, &method, &settings, &err), &err);
    for (int i = 0; i < TEXTS; i++) {
        tasks[i] = (xs_task){&docs[i], 1, 1};
        out[i] = (xs_explanation){.scores = malloc(64 * 8), .standard_error = malloc(64 * 8)};
    }
    for (int r = -1; r < ROUNDS; r++) { // the first one warms up
        xs_arena_mark mark = xs_arena_save(&arena);
        double began = now();
        check(xs_explain(method, &settings, subject, tasks, TEXTS, &arena, out, &err), &err);
        if (r >= 0) all += seconds[r] = now() - began;
        if (r < 0) before = work_of(subject->shared);
        xs_arena_rewind(&arena, mark);
    }
    after = work_of(subject->shared);
    double flops = sum_of(before.flops, after.flops), busy = sum_of(before.seconds, after.seconds);
    for (int i = 0; i < TEXTS; i++) {
        evaluations += (double)out[i].evaluations;
        free(out[i].scores), free(out[i].standard_error);
    }
    qsort(seconds, ROUNDS, sizeof *seconds, ascending);
    printf("{\"method\": \"%s\", \"ms_per_text\": %.4f, \"least\": %.4f, \"most\": %.4f, \"ms_per_evaluation\": %.4f, "
           "\"gflops\": %.1f, \"while_busy\": %.1f, \"busy\": %.2f}\n",
           spec, 1e3 * seconds[ROUNDS / 2] / TEXTS, 1e3 * seconds[0] / TEXTS, 1e3 * seconds[ROUNDS - 1] / TEXTS,
           1e3 * seconds[ROUNDS / 2] / evaluations, 1e-9 * flops / all, 1e-9 * flops / busy, busy / all);
    fflush(stdout);
    xs_settings_free(&settings);
    xs_arena_free(&arena);
}

int main(int argc, char **argv) {
    static const char *const methods[] = {"attention", "attention_rollout", "saliency", "input_x_gradient",
                                          "integrated_gradients:steps=20", "lrp_chefer", "lrp_chefer:precision=float", "attn_lrp",
                                          "attn_lrp:precision=float", "occlusion",
                                          "shapley:pairs=5", "smoothgrad:samples=20"};
    extern const xs_family xs_family_encoder;
    char folder[] = "/tmp/bench-explain-XXXXXX";
    const char *where = argc > 1 ? argv[1] : mkdtemp(folder);
    xsnr_error err = {0};
    xs_encoder_shared *shared;
    xs_trained_model *model;
    xs_arena arena = {0};
    xs_document docs[TEXTS];
    write_model(where);
    check(xs_encoder_open(where, 4, &shared, &model, &err), &err);
    make_texts(docs, &arena);
    xs_subject subject = {.family = &xs_family_encoder, .shared = shared, .model = model, .classes = 2};
    printf("{\"backend\": \"%s\", \"texts\": %d, \"product_float\": %.1f, \"product_double\": %.1f}\n", shared->trained.ops->name, TEXTS,
           product_rate(XS_FLOAT), product_rate(XS_DOUBLE));
    for (int i = 2; i < argc; i++) time_method(argv[i], &subject, docs);
    for (size_t i = 0; argc < 3 && i < sizeof methods / sizeof *methods; i++) time_method(methods[i], &subject, docs);
    xs_family_encoder.free_model(model);
    xs_family_encoder.release(shared);
    xs_arena_free(&arena);
    return 0;
}
