// Training of encoders: steps of one model, with a breakdown by kind of operation; and the products alone.
//
//     bench_encoder [TRAIN.tsv [STEPS]]      2 layers, width 128, 2 heads, ff 512, length 64, WordPiece 8k, batch 32
//     bench_encoder --precision P [TRAIN.tsv [STEPS]]   the steps alone, with P (float, bf16)
//     bench_encoder --ids FOLDER             the tokens of FOLDER/{train,valid,test}.tsv for pytorch_encoder.py
//     bench_encoder --model FOLDER OUT       an encoder of random weights with the tokenizer of FOLDER, as a Hugging Face folder
#include "base/alloc.h"
#include "model/encoder_folder.h"
#include "model/encoder_texts.h"
#include "text/tokenizer_train.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void die(const xsnr_error *err) {
    fprintf(stderr, "bench_encoder: %s\n", err->message);
    exit(1);
}

// The encoder's products with 1000 tokens, warm, best of 9: each of the three of a linear layer.
static void product_rates(const xs_backend *ops, xs_device *d, bool bf16) {
    static const size_t shape[][3] = {{1000, 128, 384}, {1000, 128, 128}, {1000, 128, 512}, {1000, 512, 128}};
    xsnr_error err;
    xs_buffer *b[4];
    for (int i = 0; i < 4; i++)
        if (ops->reals(d, 1000 * 512, &b[i], &err) < 0) die(&err);
    xs_view x = {b[0], 0}, w = {b[1], 0}, y = {b[2], 0}, none = {0};
    double values[512];
    for (int i = 0; i < 512; i++) values[i] = sin(i) / 16;
    for (int i = 0; i < 3000; i++) ops->put_reals(d, (xs_view){b[i / 1000], (size_t)(i % 1000) * 512}, values, 512);
    double all = 0, seconds = 0;
    ops->round_products(d, bf16);
    for (size_t s = 0; s < 4; s++) {
        size_t N = shape[s][0], I = shape[s][1], O = shape[s][2];
        double flops = 2.0 * (double)(N * I * O), best[3] = {1e9, 1e9, 1e9};
        for (int r = 0; r < 9; r++) {
            double t[4];
            t[0] = now();
            for (int k = 0; k < 5; k++) ops->linear(d, N, I, O, x, w, none, y);
            t[1] = now();
            for (int k = 0; k < 5; k++) ops->linear_input(d, N, I, O, y, w, false, x);
            t[2] = now();
            for (int k = 0; k < 5; k++) ops->linear_weight(d, N, I, O, x, y, w, none);
            t[3] = now();
            for (int k = 0; k < 3; k++)
                if (t[k + 1] - t[k] < best[k]) best[k] = t[k + 1] - t[k];
        }
        printf("%s products %4zu x %3zu -> %3zu  forward %5.1f  input %5.1f  weight %5.1f GFLOP/s\n",
               bf16 ? "bf16 " : "float", N, I, O, 5e-9 * flops / best[0], 5e-9 * flops / best[1], 5e-9 * flops / best[2]);
        for (int k = 0; k < 3; k++) all += 5 * flops, seconds += best[k];
    }
    printf("%s products, all: %.1f GFLOP/s\n", bf16 ? "bf16 " : "float", 1e-9 * all / seconds);
    for (int i = 0; i < 4; i++) ops->release(d, b[i]);
}

static const char *const split_name[] = {"train", "valid", "test"};

// The corpus in a folder, and a WordPiece of 8,000 tokens trained on it.
static void read_corpus(const char *folder, xs_corpus **corpus, xs_tokenizer **tokenizer) {
    xsnr_error err = {0};
    char path[3][512];
    xs_corpus_source source = {.text = "text", .label = "label", .language = "en"};
    for (int i = 0; i < 3; i++) {
        snprintf(path[i], sizeof path[i], "%s/%s.tsv", folder, split_name[i]);
        source.path[i] = path[i];
    }
    if (xs_corpus_load(&source, 1, corpus, &err) < 0) die(&err);
    const xs_split *train = &(*corpus)->split[XS_TRAIN];
    if (xs_tokenizer_train(XS_TOKENIZER_WORDPIECE, train->docs, train->count, 8000, true, 1, tokenizer, &err) < 0)
        die(&err);
}

// What pytorch_encoder.py reads.
static int write_ids(const char *folder) {
    xsnr_error err = {0};
    xs_corpus *corpus;
    xs_tokenizer *tokenizer;
    read_corpus(folder, &corpus, &tokenizer);
    for (int i = 0; i < 3; i++) {
        xs_encoded texts;
        size_t cut = 0;
        if (xs_encode_split(tokenizer, &corpus->split[i], 64, 1, &texts, &cut, &err) < 0) die(&err);
        for (size_t k = 0; k < texts.count; k++) {
            printf("{\"split\":\"%s\",\"label\":%d,\"ids\":[", split_name[i], texts.label[k]);
            for (size_t j = texts.begin[k]; j < texts.begin[k + 1]; j++)
                printf("%s%u", j > texts.begin[k] ? "," : "", texts.id[j]);
            puts("]}");
        }
    }
    return 0;
}

static xs_encoder_config config_of(uint32_t vocabulary) {
    return (xs_encoder_config){.architecture = XS_BERT, .hidden = 128, .layers = 2, .heads = 2, .intermediate = 512,
                               .vocabulary = vocabulary, .positions = 64, .types = 2, .labels = 2,
                               .activation = XS_GELU, .layer_norm_eps = 1e-12, .hidden_dropout = 0.1,
                               .attention_dropout = 0.1, .classifier_dropout = 0.1, .initializer_range = 0.02};
}

static int write_model(const char *folder, const char *out) {
    xsnr_error err = {0};
    xs_arena arena = {0};
    xs_corpus *corpus;
    xs_tokenizer *tokenizer;
    xs_encoder_layout layout;
    read_corpus(folder, &corpus, &tokenizer);
    xs_encoder_config config = config_of(xs_tokenizer_size(tokenizer));
    if (xs_encoder_layout_new(&config, &arena, &layout, &err) < 0) die(&err);
    float *values = calloc(layout.total, sizeof *values);
    double *wide = calloc(layout.total, sizeof *wide);
    for (size_t i = 0; i < layout.n; i++) {
        const xs_parameter *p = &layout.parameter[i];
        xs_parameter_initialise(&layout, i, 1, wide);
        for (size_t k = 0; k < p->count; k++) values[p->at + k] = (float)wide[k];
    }
    if (xs_folder_write(out, &layout, values, tokenizer, &err) < 0) die(&err);
    free(values), free(wide);
    xs_tokenizer_free(tokenizer);
    xs_corpus_free(corpus);
    xs_arena_free(&arena);
    return 0;
}

// Steps of one model, and where their time went.
static void steps(const xs_encoded *texts, uint32_t vocabulary, bool bf16) {
    xsnr_error err = {0};
    xs_encoder_config config = config_of(vocabulary);
    xs_recipe recipe = {.rate = 5e-4, .warmup = 0.1, .decay = 0.01, .clip = 1, .epochs = 1, .batch = 32, .bf16 = bf16};
    const xs_backend *ops = xs_cpu_backend(XS_FLOAT, 0);
    xs_arena arena = {0};
    xs_encoder_layout layout;
    xs_trainer *t = NULL;
    xs_device *home;
    xs_buffer *parameters = NULL;
    xs_training record;
    if (xs_encoder_layout_new(&config, &arena, &layout, &err) < 0) die(&err);
    xs_trainee trainee = xs_encoder_trainee(&layout);
    if (ops->open(&home, &err) < 0 || ops->reals(home, layout.total, &parameters, &err) < 0 ||
        xs_trainer_open(ops, &trainee, &recipe, 64, &t, &err) < 0 ||
        xs_trainer_initialise(t, parameters, 1, NULL, NULL, &err) < 0)
        die(&err);
    double began = now();
    if (xs_trainer_run(t, parameters, &(xs_seeds){1, 2, 3, 0, 0}, texts, texts, &record, &err) < 0) die(&err);
    double seconds = now() - began, measured = 0;
    const xs_profile *p = xs_trainer_profile(t);
    for (int i = 0; i < XS_OPS; i++) measured += p->seconds[i];
    printf("%s%s: %lld steps of 32 texts, %.1f tokens a text, %.2f ms a step, %.2f MB predicted\n", ops->name,
           bf16 ? ", precision: bf16" : "", (long long)record.steps, (double)texts->begin[texts->count] / (double)texts->count,
           1e3 * seconds / (double)record.steps, 1e-6 * (double)xs_trainer_size(ops, &trainee, &recipe, 64));
    for (int i = 0; i < XS_OPS; i++)
        printf("  %-12s %6.2f ms  %5.1f %%  %.1f GFLOP/s\n", xs_op_name((xs_op)i),
               1e3 * p->seconds[i] / (double)record.steps, 100 * p->seconds[i] / seconds,
               p->seconds[i] > 0 ? 1e-9 * p->flops[i] / p->seconds[i] : 0);
    printf("  %-12s %6.2f ms  %5.1f %%\n", "the rest", 1e3 * (seconds - measured) / (double)record.steps,
           100 * (seconds - measured) / seconds);
    xs_trainer_free(t);
    ops->release(home, parameters);
    ops->close(home);
    xs_arena_free(&arena);
}

int main(int argc, char **argv) {
    if (argc > 2 && strcmp(argv[1], "--ids") == 0) return write_ids(argv[2]);
    if (argc > 3 && strcmp(argv[1], "--model") == 0) return write_model(argv[2], argv[3]);
    const char *only = argc > 2 && strcmp(argv[1], "--precision") == 0 ? argv[2] : NULL;
    if (only) argc -= 2, argv += 2;
    xsnr_error err = {0};
    xs_corpus_source source = {.path = {argc > 1 ? argv[1] : "../shared/data/subj/train.tsv"},
                               .text = "text", .label = "label", .language = "en"};
    xs_corpus *corpus;
    if (xs_corpus_load(&source, 1, &corpus, &err) < 0) die(&err);
    xs_split *train = &corpus->split[XS_TRAIN];
    xs_tokenizer *tokenizer;
    if (xs_tokenizer_train(XS_TOKENIZER_WORDPIECE, train->docs, train->count, 8000, true, 1, &tokenizer, &err) < 0)
        die(&err);
    size_t most = argc > 2 ? (size_t)atol(argv[2]) : 250, cut = 0;
    if (most * 32 < train->count) train->count = most * 32;
    xs_encoded texts;
    if (xs_encode_split(tokenizer, train, 64, 1, &texts, &cut, &err) < 0) die(&err);

    for (int bf16 = 0; bf16 < 2; bf16++)
        if (!only || (strcmp(only, "bf16") == 0) == bf16) steps(&texts, xs_tokenizer_size(tokenizer), bf16);
    if (only) return 0;
    const xs_backend *ops = xs_cpu_backend(XS_FLOAT, 0);
    xs_device *device;
    if (ops->open(&device, &err) < 0) die(&err);
    for (int bf16 = 0; bf16 < 2; bf16++) product_rates(ops, device, bf16);
    return 0;
}
