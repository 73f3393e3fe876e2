// Tokenizers on one core: encoding in MB/s, training in ms.
//
//     bench_tokenizer CORPUS.tsv TOKENIZER...
//
// CORPUS.tsv: columns text and label.  Each TOKENIZER (a folder, tokenizer.json or vocab.txt) encodes its texts
// 5 times, the fastest counts; then a WordPiece and a Unigram vocabulary of 8,000 are trained on them.
#include "base/alloc.h"
#include "text/corpus.h"
#include "text/tokenizer_train.h"
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

static void encode(const char *name, const xs_tokenizer *t, const xs_split *texts) {
    xs_arena arena = {0};
    xsnr_error err = {0};
    double fastest = 1e30, bytes = 0, tokens = 0;
    for (int round = 0; round < 5; round++) {
        double start = now();
        bytes = tokens = 0;
        for (size_t i = 0; i < texts->count; i++) {
            xs_arena_mark mark = xs_arena_save(&arena);
            xs_tokens out;
            must(xs_tokenizer_encode(t, texts->docs[i].text, texts->docs[i].length, 0, &arena, &out, &err), &err);
            xs_arena_rewind(&arena, mark);
            bytes += texts->docs[i].length;
            tokens += out.n;
        }
        double took = now() - start;
        if (took < fastest) fastest = took;
    }
    printf("encode %-60s %6.1f MB/s  %.2f MB, %.0f tokens\n", name, bytes / fastest / 1e6, bytes / 1e6, tokens);
    xs_arena_free(&arena);
}

int main(int argc, char **argv) {
    if (argc < 2) return fprintf(stderr, "bench_tokenizer CORPUS.tsv TOKENIZER...\n"), 2;
    xsnr_error err = {0};
    xs_corpus *corpus;
    xs_corpus_source source = {.path = {argv[1]}, .text = "text", .label = "label", .language = ""};
    must(xs_corpus_load(&source, 2, &corpus, &err), &err);
    const xs_split *texts = &corpus->split[XS_TRAIN];
    for (int i = 2; i < argc; i++) {
        xs_tokenizer *t;
        double start = now();
        must(xs_tokenizer_load(argv[i], &t, &err), &err);
        printf("load   %-60s %6.0f ms\n", argv[i], 1e3 * (now() - start));
        encode(argv[i], t, texts);
        xs_tokenizer_free(t);
    }
    for (int kind = 0; kind < 2; kind++) {
        const char *name = kind ? "Unigram, trained" : "WordPiece, trained";
        xs_tokenizer *t;
        double start = now();
        must(xs_tokenizer_train((xs_tokenizer_kind)kind, texts->docs, texts->count, 8000, true, 1, &t, &err), &err);
        printf("train  %-60s %6.0f ms  %u tokens\n", name, 1e3 * (now() - start), xs_tokenizer_size(t));
        encode(name, t, texts);
        xs_tokenizer_free(t);
    }
    xs_corpus_free(corpus);
    return 0;
}
