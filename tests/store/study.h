// A small study for the tests of the store: two families, three texts, scores that name their place.
#ifndef XSNR_TESTS_STORE_STUDY_H
#define XSNR_TESTS_STORE_STUDY_H
#include "check.h"
#include "store/store.h"
#include <sys/stat.h>

#define TEXTS 3

/// A path in a fresh folder of its own; static.
static inline const char *fresh_path(void) {
    static char path[128];
    char own[] = "/tmp/xsnr-store-XXXXXX";
    assert_non_null(mkdtemp(own));
    snprintf(path, sizeof path, "%s/study.xsnr", own);
    return path;
}

/// Removes the file, its companions and its folder.
static inline void remove_study(const char *path) {
    char name[256];
    const char *suffixes[] = {"", "-wal", "-shm", ".lock", ".new", ".new-journal", ".export"};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        unlink(name);
    }
    snprintf(name, sizeof name, "%s", path);
    *strrchr(name, '/') = '\0';
    assert_int_equal(rmdir(name), 0); // nothing else was left behind
}

static inline bool exists(const char *path, const char *suffix) {
    char name[256];
    struct stat info;
    snprintf(name, sizeof name, "%s%s", path, suffix);
    return stat(name, &info) == 0;
}

static const char *const study_labels[2] = {"objective", "subjective"};
static const xs_text_word study_words[TEXTS][3] = {
    {{"Une", 0, 3, 0, 3, 0}, {"fête", 4, 8, 4, 9, 0}, {"gâchée", 9, 15, 10, 18, 0}},
    {{"plain", 0, 5, 0, 5, 0}, {"\"x, y\"", 6, 12, 6, 12, 1}},
    {{0}},
};
static const xs_store_text study_texts[TEXTS] = {
    {0, "t-1", "test", "Une fête gâchée", 1, study_words[0], 3},
    {1, "t-2", "test", "plain \"x, y\"", -1, study_words[1], 2},
    {2, "t-3", "test", "", 0, study_words[2], 0},
};

static inline float study_score(uint32_t model, int64_t text, size_t word) {
    return (float)model / 7 + (float)text * 10 - (float)word / 3;
}

/// Facts, labels, texts, gold and two families; *family: the first's number.
static inline int put_study(xs_store *store, int64_t *family, xsnr_error *err) {
    const int32_t gold[4] = {1, 0, 0, -1};
    XS_TRY(xs_store_put_fact(store, "study", "a small one", err));
    XS_TRY(xs_store_put_labels(store, study_labels, 2, err));
    XS_TRY(xs_store_put_texts(store, study_texts, TEXTS, err));
    XS_TRY(xs_store_put_gold(store, "test", gold, 4, err));
    xs_store_family first = {.name = "tfidf", .type = "linear", .settings = "{\"l2\": 0.1}", .models = 4};
    xs_store_family second = {.name = "other", .type = "linear", .settings = "{}", .models = 1};
    XS_TRY(xs_store_put_family(store, &first, err));
    XS_TRY(xs_store_put_family(store, &second, err));
    *family = first.id;
    return XSNR_OK;
}

static const float study_logits[8] = {-1, 1, 0.5f, -0.5f, 2, -2, 3, -3};

static inline xs_store_model study_model(int64_t family, uint32_t index) {
    return (xs_store_model){
        .family = family, .index = index, .seeds = {.init = UINT64_MAX - index, .order = index, .dropout = 3, .sample = (uint64_t)1 << 63},
        .training = {0.25, 1000 + index, 4, true}, .seconds = 0.125, .has_test = true,
        .test = {4, 0.75, 0.7, 0.5, NAN}, .test_logits = study_logits, .n_test_logits = 8,
        .explain_logits = study_logits, .n_explain_logits = 6, .bytes = "saved model", .n_bytes = 11};
}

/// A model with explanations of all texts by two explainers; seeds and scores follow from the index.
static inline int put_model(xs_store *store, int64_t family, uint32_t index, xsnr_error *err) {
    xs_store_model model = study_model(family, index);
    xs_store_explanation rows[2 * TEXTS];
    float scores[2 * TEXTS][3];
    for (int i = 0; i < 2 * TEXTS; i++) {
        int64_t text = i % TEXTS;
        for (size_t w = 0; w < 3; w++) scores[i][w] = study_score(index, text, w) * (i < TEXTS ? 1 : -1);
        rows[i] = (xs_store_explanation){.text = text, .explainer = i < TEXTS ? "occlusion" : "shapley",
                                         .settings = i < TEXTS ? "{\"removal\": \"delete\"}" : "{\"samples\": 25}",
                                         .target = (int)text % 2, .seed = ((uint64_t)index << 32) + (uint64_t)i,
                                         .f_input = 1.5, .f_baseline = -0.5, .gap = i < TEXTS ? NAN : 1e-9,
                                         .unattributed = NAN, .standard_error = 0.01,
                                         .n_words = study_texts[text].n_words, .scores = scores[i]};
    }
    return xs_store_put_model(store, &model, rows, 2 * TEXTS, err);
}
#endif
