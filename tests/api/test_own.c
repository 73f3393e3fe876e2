// Explainers of the calling program: what they are told, what is kept of them, and what becomes of their mistakes.
#include "../study/small.h"
#include <math.h>
#include <stdatomic.h>

typedef enum mistake {
    NONE, SAYS_WHY, SAYS_NOTHING, POSITIVE, UNKNOWN_CODE, NOT_A_NUMBER, INFINITE, TOO_LARGE, LEFT_OUT, MODEL_AT_FAULT, WRONG_QUESTION
} mistake;

typedef struct mine {
    atomic_int calls;
    mistake wrong;
    bool draws;
} mine;

// Occlusion as xsnr's own, with what is told checked; or random numbers.
static int explain(void *user, const xsnr_question *q, xsnr_model *model, double *scores, xsnr_error *err) {
    mine *m = user;
    size_t n = q->text->n_words;
    atomic_fetch_add(&m->calls, 1);
    if (q->classes != 2 || q->target < 0 || q->target > 1 || !q->labels[0] || !q->labels[1] || !q->text->label || !q->family || !q->type ||
        strcmp(q->text->split, "test") != 0 || strstr(q->text->text, q->text->words[0].word) != q->text->text + q->text->words[0].start)
        return snprintf(err->message, sizeof err->message, "wrongly told"), XSNR_ERR_DATA;
    if (m->draws) {
        for (size_t w = 0; w < n; w++) scores[w] = (double)((q->seed >> (w % 32)) & 0xffff) + 1;
        return XSNR_OK;
    }
    unsigned char *present = malloc(n * n + 1);
    double *logits = malloc((n + 1) * 2 * sizeof *logits), p[2];
    memset(present, 1, n * n);
    for (size_t w = 0; w < n; w++) present[w * n + w] = 0;
    int rc = xsnr_model_logits(model, present, n, XSNR_MASK, logits, err);
    if (rc == XSNR_OK) rc = xsnr_model_logits(model, NULL, 1, XSNR_MASK, logits + 2 * n, err);
    if (rc == XSNR_OK) rc = xsnr_model_probabilities(model, NULL, 1, XSNR_DELETE, p, err);
    if (rc == XSNR_OK && fabs(p[0] + p[1] - 1) > 1e-12) rc = XSNR_ERR_DATA;
    for (size_t w = 0; w < n; w++) scores[w] = logits[2 * n + (size_t)q->target] - logits[2 * w + (size_t)q->target];
    if (rc == XSNR_OK && m->wrong == WRONG_QUESTION) rc = xsnr_model_logits(model, NULL, 2, XSNR_MASK, logits, err);
    free(present);
    free(logits);
    bool first = q->model == 1 && strcmp(q->family, "style") == 0; // one model of one family makes the mistake
    if (!first) return rc;
    switch (m->wrong) {
    case SAYS_WHY: return snprintf(err->message, sizeof err->message, "no such luck"), XSNR_ERR_UNSUPPORTED;
    case SAYS_NOTHING: return XSNR_ERR_IO;
    case POSITIVE: return 7;
    case UNKNOWN_CODE: return -99;
    case NOT_A_NUMBER: scores[2] = NAN; break;
    case INFINITE: scores[2] = -INFINITY; break;
    case TOO_LARGE: scores[2] = 1e300; break;
    case MODEL_AT_FAULT: return snprintf(err->message, sizeof err->message, "a logit was not finite"), XSNR_ERR_NUMERIC;
    default: break;
    }
    return rc;
}

static int leave_out(void *user, const xsnr_question *q, xsnr_model *model, double *scores, xsnr_error *err) {
    (void)user, (void)model, (void)err;
    for (size_t w = 0; w + 1 < q->text->n_words; w++) scores[w] = 0;
    return XSNR_OK;
}

static int run_with(const small_study *s, int threads, const xsnr_explainer *own, xsnr_error *why) {
    xsnr_study *study;
    xsnr_error err = {0};
    assert_ok(xsnr_study_load(s->yaml, &(xsnr_run_options){.threads = threads}, &study, &err));
    assert_ok(xsnr_study_explainer(study, own, &err));
    int rc = xsnr_study_run(study, XSNR_RUN, why);
    xsnr_study_free(study);
    return rc;
}

// Two explainers of every family gave the same scores.
static void same_scores(const small_study *s, const char *a, const char *b, size_t models) {
    xsnr_error err = {0};
    xsnr_file *file;
    assert_ok(xsnr_file_open(s->file, &file, &err));
    assert_int_equal(xsnr_file_families(file), 3);
    for (size_t f = 0; f < 3; f++)
        for (size_t t = 0; t < xsnr_file_texts(file); t++) {
            xsnr_scores x, y;
            assert_ok(xsnr_file_scores(file, f, a, t, &x, &err));
            assert_ok(xsnr_file_scores(file, f, b, t, &y, &err));
            assert_int_equal(x.models, models);
            assert_int_equal(y.models, models);
            assert_memory_equal(x.scores, y.scores, x.models * x.words * sizeof *x.scores);
            assert_memory_equal(x.target, y.target, x.models * sizeof *x.target);
            xsnr_scores_free(&x);
            xsnr_scores_free(&y);
        }
    xsnr_file_close(file);
}

static void is_a_method_like_any_other(void **state) {
    (void)state;
    xsnr_error err = {0};
    small_study s = small_new(120, 30, 4, "explainers: [occlusion]\nfaithfulness: mask\n");
    mine m = {0};
    xsnr_explainer own = {.size = sizeof own, .name = "mine", .explain = explain, .user = &m, .version = "2 \"b\"", .settings = "width: 1"};
    assert_ok(run_with(&s, 2, &own, &err));
    assert_int_equal(m.calls, 3 * 4 * 6); // families, models, texts
    same_scores(&s, "occlusion", "mine", 4);
    assert_ok(run_with(&s, 1, &own, &err)); // nothing is left to do
    assert_int_equal(m.calls, 3 * 4 * 6);

    // The file says whose they are, and is read without the function.
    xsnr_file *file;
    xsnr_results *results;
    char *json;
    assert_ok(xsnr_file_open(s.file, &file, &err));
    const xsnr_family *family = xsnr_file_family(file, 0);
    assert_int_equal(family->n_explainers, 2);
    assert_string_equal(family->explainers[1], "mine");
    assert_string_equal(family->explainer_settings[1], "{\"foreign\":true,\"version\":\"2 \\\"b\\\"\",\"settings\":\"width: 1\","
                                                       "\"output\":\"logit\",\"repeats\":1}");
    assert_null(strstr(family->explainer_settings[0], "foreign"));
    xsnr_file_close(file);
    assert_ok(xsnr_results_open(s.file, 1, &results, &err));
    assert_ok(xsnr_results_text(results, XSNR_JSON, NULL, &json, &err));
    assert_non_null(strstr(json, "\"mine\""));
    xsnr_free(json);
    xsnr_results_free(results);
    assert_ok(small_run(&s, 1, XSNR_RUN, &err));

    // A version that says other settings is refused: the scores would be a mixture.  Models are made for it to be asked at all.
    own.settings = "width: 2";
    small_plan(&s, 5, "explainers: [occlusion]\n");
    assert_int_equal(run_with(&s, 1, &own, &err), XSNR_ERR_SCHEMA);
    small_remove(&s);
}

static void threads_do_not_matter(void **state) {
    (void)state;
    xsnr_error err = {0};
    small_study s = small_new(120, 30, 6, "explainers: [contribution]\n");
    mine m = {.draws = true};
    xsnr_explainer own = {.size = sizeof own, .name = "drawn", .explain = explain, .user = &m, .random = 1, .repeats = 3, .complete = 1};
    double first[2] = {0};
    for (int threads = 1; threads <= 4; threads += 3) {
        xsnr_file *file;
        xsnr_scores x;
        small_reset(&s);
        m.calls = 0;
        assert_ok(run_with(&s, threads, &own, &err));
        assert_int_equal(m.calls, 3 * 6 * 6 * 3); // and repeats
        assert_ok(xsnr_file_open(s.file, &file, &err));
        assert_non_null(strstr(xsnr_file_family(file, 1)->explainer_settings[1], "\"repeats\":3"));
        double sum = 0, models = 0;
        for (size_t t = 0; t < xsnr_file_texts(file); t++) {
            assert_ok(xsnr_file_scores(file, 1, "drawn", t, &x, &err));
            for (size_t i = 0; i < x.models * x.words; i++) sum += x.scores[i] * (double)(1 + i % 97);
            models += memcmp(x.scores, x.scores + x.words, x.words * sizeof *x.scores) != 0; // each has a seed of its own
            xsnr_scores_free(&x);
        }
        assert_true(models == (double)xsnr_file_texts(file));
        if (threads == 1) first[0] = sum;
        else first[1] = sum;
        xsnr_file_close(file);
    }
    assert_true(first[0] == first[1] && first[0] > 0);
    small_remove(&s);
}

static void mistakes_are_named(void **state) {
    (void)state;
    static const struct {
        mistake wrong;
        int code;
        const char *says;
    } cases[] = {
        {SAYS_WHY, XSNR_ERR_UNSUPPORTED, "no such luck"},
        {SAYS_NOTHING, XSNR_ERR_IO, "does not say why"},
        {POSITIVE, XSNR_ERR_CALLBACK, "returned 7"},
        {UNKNOWN_CODE, XSNR_ERR_CALLBACK, "returned -99"},
        {NOT_A_NUMBER, XSNR_ERR_CALLBACK, "the score of word 3, '"},
        {INFINITE, XSNR_ERR_CALLBACK, "is infinite"},
        {TOO_LARGE, XSNR_ERR_CALLBACK, "too large"},
        {LEFT_OUT, XSNR_ERR_CALLBACK, "was it set at all?"},
        {WRONG_QUESTION, XSNR_ERR_ARGUMENT, "asked about once, not 2 times"},
    };
    small_study s = small_new(120, 30, 3, "explainers: [occlusion]\n");
    xsnr_error err = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mine m = {.wrong = cases[i].wrong};
        xsnr_explainer own = {.size = sizeof own, .name = "mine", .explain = m.wrong == LEFT_OUT ? leave_out : explain, .user = &m};
        small_reset(&s);
        err = (xsnr_error){0};
        int rc = run_with(&s, 2, &own, &err);
        if (rc != cases[i].code || !strstr(err.message, cases[i].says)) fail_msg("case %zu: code %d: %s", i, rc, err.message);
        assert_non_null(strstr(err.message, "explainer 'mine' on text '"));
        if (cases[i].wrong < LEFT_OUT) assert_non_null(strstr(err.message, "of model 1 of family 'style'"));
    }
    // The study was stopped, not spoilt: without the mistake it goes on, and no model counts as failed.
    mine right = {0};
    xsnr_explainer own = {.size = sizeof own, .name = "mine", .explain = explain, .user = &right};
    assert_ok(run_with(&s, 2, &own, &err));
    same_scores(&s, "occlusion", "mine", 3);
    small_remove(&s);
}

// XSNR_ERR_NUMERIC is a fact about the model.
static void a_model_that_cannot_be_explained(void **state) {
    (void)state;
    xsnr_error err = {0};
    small_study s = small_new(120, 30, 3, "explainers: [occlusion]\n");
    mine m = {.wrong = MODEL_AT_FAULT};
    xsnr_explainer own = {.size = sizeof own, .name = "mine", .explain = explain, .user = &m};
    assert_ok(run_with(&s, 2, &own, &err));
    xsnr_file *file;
    assert_ok(xsnr_file_open(s.file, &file, &err));
    for (size_t f = 0; f < 3; f++) {
        const xsnr_family *family = xsnr_file_family(file, f);
        assert_int_equal(family->models, strcmp(family->name, "style") == 0 ? 2 : 3);
    }
    xsnr_file_close(file);
    small_remove(&s);
}

static void registration(void **state) {
    (void)state;
    xsnr_error err = {0};
    small_study s = small_new(60, 20, 1, "explainers: [occlusion]\n");
    mine m = {0};
    xsnr_study *study;
    assert_ok(xsnr_study_load(s.yaml, NULL, &study, &err));
    const xsnr_explainer good = {.size = sizeof good, .name = "mine", .explain = explain, .user = &m};
    struct {
        xsnr_explainer known;
        long later;
    } longer = {.known = good};
#define REFUSED(says, ...)                                                                                    \
    do {                                                                                                      \
        xsnr_explainer e = good;                                                                              \
        __VA_ARGS__;                                                                                          \
        assert_int_equal(xsnr_study_explainer(study, &e, &err), XSNR_ERR_ARGUMENT);                           \
        if (!strstr(err.message, says)) fail_msg("'%s' does not say '%s'", err.message, says);                \
    } while (0)
    REFUSED("sizeof(xsnr_explainer)", e.size = 0);
    REFUSED("sizeof(xsnr_explainer)", e.size = offsetof(xsnr_explainer, user));
    REFUSED("name is NULL", e.name = NULL);
    REFUSED("explain is NULL", e.explain = NULL);
    REFUSED("no name for an explainer", e.name = "my own");
    REFUSED("no name for an explainer", e.name = "");
    REFUSED("is a method of xsnr", e.name = "lime");
    REFUSED("is a method of xsnr", e.name = "occlusion");
    REFUSED("draws no random numbers", e.repeats = 2);
    REFUSED("repeats", e.random = 1, e.repeats = -1);
    longer.known.size = sizeof longer;
    longer.known.name = "longer";
    assert_ok(xsnr_study_explainer(study, &longer.known, &err));
    longer.known.name = "later";
    longer.later = 1;
    assert_int_equal(xsnr_study_explainer(study, &longer.known, &err), XSNR_ERR_ARGUMENT);
    assert_non_null(strstr(err.message, "does not know"));
    xsnr_explainer earlier = good; // a program that was compiled when `user` was the last field
    earlier.size = offsetof(xsnr_explainer, user) + sizeof earlier.user;
    earlier.repeats = 12345;
    assert_ok(xsnr_study_explainer(study, &earlier, &err));
    REFUSED("already", e.user = NULL);
    char name[16];
    for (int i = 3; i < 64; i++) { // occlusion, longer and mine are there
        xsnr_explainer e = good;
        snprintf(name, sizeof name, "own%d", i);
        e.name = name; // copied: it changes with the next
        assert_ok(xsnr_study_explainer(study, &e, &err));
    }
    REFUSED("at most 64", e.name = "one.more");
    xsnr_study_free(study);
    small_remove(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_a_method_like_any_other), cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(mistakes_are_named),         cmocka_unit_test(a_model_that_cannot_be_explained),
        cmocka_unit_test(registration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
