// The study file: models with their explanations written one transaction each, then read text by text.
//
//     bench_store FILE [models [texts [words [explainers]]]]
//
// FILE must not exist; it is left there.  Defaults: 100 models, 40 texts, 25 words, 1 explainer.
#include "base/alloc.h"
#include "store/store.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void must(int rc, const xsnr_error *err) {
    if (rc >= 0) return;
    fprintf(stderr, "%s: %s\n", err->file, err->message);
    exit(1);
}

static void put_texts(xs_store *store, size_t texts, size_t words, xsnr_error *err) {
    xs_arena arena = {0};
    xs_store_text *rows = XS_ARENA_ARRAY(&arena, xs_store_text, texts);
    xs_text_word *word = XS_ARENA_ARRAY(&arena, xs_text_word, words);
    for (size_t w = 0; w < words; w++) word[w] = (xs_text_word){.text = "word"};
    for (size_t t = 0; t < texts; t++) {
        char name[32];
        snprintf(name, sizeof name, "text %zu", t);
        rows[t] = (xs_store_text){(int64_t)t, xs_arena_strdup(&arena, name), "test", "a text", 0, word, words};
    }
    must(xs_store_put_labels(store, (const char *[]){"no", "yes"}, 2, err), err);
    must(xs_store_put_texts(store, rows, texts, err), err);
    xs_arena_free(&arena);
}

static void put_models(xs_store *store, int64_t family, size_t *n, xsnr_error *err) {
    size_t models = n[0], texts = n[1], words = n[2], explainers = n[3];
    xs_store_explanation *rows = XS_NEW_ARRAY(xs_store_explanation, texts * explainers);
    float *scores = XS_NEW_ARRAY(float, words), *logits = XS_NEW_ARRAY(float, 4000);
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    if (!rows || !scores || !logits) exit(1);
    for (size_t m = 0; m < models; m++) {
        for (size_t w = 0; w < words; w++) scores[w] = (float)(m * words + w) / 7;
        for (size_t i = 0; i < texts * explainers; i++)
            rows[i] = (xs_store_explanation){.text = (int64_t)(i % texts), .explainer = names[i / texts], .settings = "{}",
                                             .seed = m * texts + i, .n_words = words, .scores = scores};
        xs_store_model model = {.family = family, .index = (uint32_t)m, .seeds = {m, m, m, m},
                                .test_logits = logits, .n_test_logits = 4000,
                                .explain_logits = logits, .n_explain_logits = 2 * texts < 4000 ? 2 * texts : 4000};
        must(xs_store_put_model(store, &model, rows, texts * explainers, err), err);
    }
    xs_free(rows);
    xs_free(scores);
    xs_free(logits);
}

static double read_scores(xs_store *store, int64_t family, size_t texts, xsnr_error *err) {
    xs_arena arena = {0};
    xs_store_scores scores;
    double sum = 0;
    for (size_t t = 0; t < texts; t++) {
        xs_arena_mark mark = xs_arena_save(&arena);
        must(xs_store_scores_of(store, family, "a", (int64_t)t, &arena, &scores, err), err);
        for (size_t i = 0; i < scores.models * scores.words; i++) sum += scores.scores[i];
        xs_arena_rewind(&arena, mark);
    }
    xs_arena_free(&arena);
    return sum;
}

int main(int argc, char **argv) {
    size_t n[4] = {100, 40, 25, 1};
    xsnr_error err = {0};
    xs_store *store;
    if (argc < 2) return fprintf(stderr, "bench_store FILE [models [texts [words [explainers]]]]\n"), 2;
    for (int i = 0; i < 4 && i + 2 < argc; i++) n[i] = strtoul(argv[i + 2], NULL, 10);
    if (n[3] > 8) n[3] = 8;
    double start = now();
    must(xs_store_open(argv[1], XS_STORE_WRITE, &store, &err), &err);
    xs_store_family family = {.name = "family", .type = "linear", .settings = "{}", .models = (uint32_t)n[0]};
    must(xs_store_put_family(store, &family, &err), &err);
    put_texts(store, n[1], n[2], &err);
    double made = now();
    put_models(store, family.id, n, &err);
    double put = now();
    xs_store_close(store);
    double closed = now();
    must(xs_store_open(argv[1], XS_STORE_READ, &store, &err), &err);
    double sum = read_scores(store, family.id, n[1], &err), done = now();
    xs_store_close(store);
    printf("%zu models, %zu texts, %zu words, %zu explainers\n", n[0], n[1], n[2], n[3]);
    printf("make %.1f ms, write %.1f ms, close %.1f ms, read one explainer %.1f ms (sum %g)\n", 1e3 * (made - start),
           1e3 * (put - made), 1e3 * (closed - put), 1e3 * (done - closed), sum);
    return 0;
}
