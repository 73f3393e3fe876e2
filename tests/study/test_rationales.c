// Rationales end to end: gazette's truth judges a study's explanations, several annotators are a family, files may change, an
// import takes them too; every number against slow forms on the scores of the study file.
#include "small.h"

static xs_arena arena;

static json_t *results_of(const char *file, const char *statistics, int threads) {
    return small_results(file, &(xsnr_results_options){.threads = threads, .statistics = statistics});
}

// Runs the plan again with these rationales; fails with `message` unless that is NULL.
static void rerun(const small_study *s, const char *rationales, const char *message) {
    xsnr_error err = {0};
    xs_str yaml = {0};
    xs_str_printf(&yaml,
                  "study: small\nseed: 3\n"
                  "corpus: {train: train.tsv, test: test.tsv, id: id, explain: {count: 6}%s%s}\n"
                  "target: gold\nequivalence: all\nagreeing: false\n"
                  "families:\n  - {name: tfidf, type: linear, features: {kind: tfidf, ngrams: 2}, models: 6}\n"
                  "explainers: [contribution]\nreport: {html: \"\"}\n",
                  *rationales ? ", rationales: " : "", rationales);
    small_write(s->folder, "study.yaml", yaml.data);
    xs_str_free(&yaml);
    int rc = small_run(s, 2, XSNR_RUN & ~(unsigned)XSNR_REPORT, &err);
    if (message) {
        assert_true(rc < 0);
        if (!strstr(err.message, message)) fail_msg("%s: %s", err.file, err.message);
    } else {
        assert_ok(rc);
    }
}

static small_study begin(void) {
    small_study s = small_new(60, 20, 6, "explainers: [contribution]\n");
    char *tsv, *truth;
    xsnr_error err = {0};
    xsnr_gazette_options o = {.language = "en", .count = 80, .seed = 5, .redundancy = 3, .strength = 1};
    assert_ok(xsnr_gazette(&o, &tsv, &truth, &err)); // as small_corpus does
    small_write(s.folder, "truth.jsonl", truth);
    xsnr_free(tsv);
    xsnr_free(truth);
    rerun(&s, "truth.jsonl", NULL);
    return s;
}

/* ------------------------------------------------------------ numbers */

typedef struct judged {
    double models[2], mean[2]; // token F1, AUPRC; sums over texts
    size_t texts;
} judged;

// One text from the study file and the truth, by slow forms: F1 of the k top words, precision at every cut.
static double slow_f1(const double *e, const unsigned char *mark, size_t n) {
    size_t marked = 0, hits = 0;
    for (size_t w = 0; w < n; w++) marked += mark[w];
    for (size_t w = 0; w < n; w++) {
        size_t before = 0;
        for (size_t v = 0; v < n; v++) before += e[v] > e[w] || (!(e[v] < e[w]) && v < w);
        hits += mark[w] && before < marked;
    }
    return (double)hits / (double)marked;
}

// Trapezoids between the points of the curve, one for every distinct score; it begins at precision 1, recall 0.
static double slow_auprc(const double *e, const unsigned char *mark, size_t n) {
    double area = 0, recall = 0, precision = 1, marked = 0, last = INFINITY;
    for (size_t w = 0; w < n; w++) marked += mark[w];
    for (;;) {
        double cut = -INFINITY, hits = 0, chosen = 0;
        for (size_t w = 0; w < n; w++)
            if (e[w] < last) cut = fmax(cut, e[w]);
        if (isinf(cut)) return area;
        for (size_t w = 0; w < n; w++) chosen += e[w] >= cut, hits += e[w] >= cut && mark[w];
        area += (hits / marked - recall) * (hits / chosen + precision) / 2;
        recall = hits / marked;
        precision = hits / chosen;
        last = cut;
    }
}

// The words of the truth that speak for the text's class, by their place: gazette's words are the study's.
static size_t truth_of(const small_study *s, const char *id, const char *class, unsigned char *mark) {
    char path[128], *text;
    size_t size, n = 0;
    xsnr_error err = {0};
    snprintf(path, sizeof path, "%s/truth.jsonl", s->folder);
    assert_ok(xs_file_read(path, &text, &size, &err));
    for (char *line = text, *end; *line; line = end) {
        end = strchr(line, '\n') + 1;
        json_t *one = json_loadb(line, (size_t)(end - line), 0, NULL), *word;
        size_t i;
        if (strcmp(json_string_value(json_object_get(one, "id")), id) == 0)
            json_array_foreach(json_object_get(one, "words"), i, word)
                mark[n++] = strcmp(json_string_value(json_object_get(word, "truth")), class) == 0;
        json_decref(one);
    }
    xsnr_free(text);
    return n;
}

// Each text of the results against the scores in the file; the sums over texts.
static void add_text(const small_study *s, xs_store *store, const xs_store_text *text, json_t *result, judged *sum) {
    enum { MOST = 128 };
    unsigned char mark[MOST];
    double mean[MOST] = {0}, row[MOST], models[2] = {0, 0};
    xs_store_scores scores;
    xsnr_error err = {0};
    const char *class = json_string_value(json_object_get(result, "class"));
    assert_string_equal(json_string_value(json_object_get(result, "target")), class);
    assert_ok(xs_store_scores_of(store, 1, "contribution", text->id, &arena, &scores, &err));
    size_t n = truth_of(s, text->name, class, mark), marked = 0;
    assert_int_equal(n, scores.words);
    for (size_t m = 0; m < scores.models; m++) {
        double size = 0;
        for (size_t w = 0; w < n; w++) size += fabs(scores.scores[m * n + w]);
        for (size_t w = 0; w < n; w++) mean[w] += row[w] = scores.scores[m * n + w] / size;
        models[0] += slow_f1(row, mark, n) / (double)scores.models;
        models[1] += slow_auprc(row, mark, n) / (double)scores.models;
    }
    json_t *plausibility = json_object_get(result, "plausibility"), *of_models = json_object_get(plausibility, "models"),
           *of_mean = json_object_get(plausibility, "mean"), *word;
    size_t w;
    json_array_foreach(json_object_get(result, "word"), w, word) {
        assert_near(small_number(word, "marked"), mark[w], 0, 0);
        marked += mark[w];
    }
    assert_true(marked > 0);
    assert_int_equal(small_number(json_object_get(result, "rationale"), "words"), marked);
    assert_int_equal(small_number(json_object_get(result, "rationale"), "annotators"), 1);
    assert_near(small_number(of_models, "token_f1"), models[0], 1e-12, 0);
    assert_near(small_number(of_models, "auprc"), models[1], 1e-12, 0);
    assert_near(small_number(of_mean, "token_f1"), slow_f1(mean, mark, n), 1e-12, 0);
    assert_near(small_number(of_mean, "auprc"), slow_auprc(mean, mark, n), 1e-12, 0);
    sum->models[0] += models[0], sum->models[1] += models[1];
    sum->mean[0] += small_number(of_mean, "token_f1"), sum->mean[1] += small_number(of_mean, "auprc");
    sum->texts++;
}

static void gazettes_truth(void **state) {
    (void)state;
    xsnr_error err = {0};
    small_study s = begin();
    xs_store *store;
    xs_store_text *texts;
    size_t n;
    json_t *results = results_of(s.file, NULL, 2), *explainer = small_explainer(results, 0, 0), *pooled = json_object_get(explainer, "pooled");
    judged sum = {0};
    assert_ok(xs_store_open(s.file, XS_STORE_READ, &store, &err));
    assert_ok(xs_store_texts(store, &arena, &texts, &n, &err));
    for (size_t t = 0; t < n; t++) add_text(&s, store, &texts[t], json_array_get(json_object_get(explainer, "texts"), t), &sum);
    xs_store_close(store);
    json_t *plausibility = json_object_get(pooled, "plausibility");
    assert_int_equal(small_number(pooled, "texts_judged"), sum.texts);
    assert_near(small_number(json_object_get(plausibility, "models"), "token_f1"), sum.models[0] / 6, 1e-12, 0);
    assert_near(small_number(json_object_get(plausibility, "models"), "auprc"), sum.models[1] / 6, 1e-12, 0);
    assert_near(small_number(json_object_get(plausibility, "mean"), "token_f1"), sum.mean[0] / 6, 1e-12, 0);
    assert_near(small_number(json_object_get(plausibility, "mean"), "auprc"), sum.mean[1] / 6, 1e-12, 0);
    assert_int_equal(json_array_size(json_object_get(results, "families")), 1); // one annotator is no family
    json_t *again = results_of(s.file, NULL, 1);
    assert_true(json_equal(results, again));
    json_decref(again);
    json_decref(results);
    // a study that loses its rationales says nothing of them; nothing is trained again
    rerun(&s, "", NULL);
    results = results_of(s.file, NULL, 2);
    assert_null(json_object_get(json_object_get(small_explainer(results, 0, 0), "pooled"), "plausibility"));
    assert_null(json_object_get(json_object_get(results, "made"), "rationales"));
    json_decref(results);
    small_remove(&s);
}

/* ------------------------------------------------------------ the one table */

static json_t *row_of(json_t *results, const char *unit, const char *analysis) {
    json_t *row;
    size_t i;
    json_array_foreach(json_object_get(results, "table"), i, row)
        if (strcmp(json_string_value(json_object_get(row, "unit")), unit) == 0 &&
            strcmp(json_string_value(json_object_get(row, "analysis")), analysis) == 0)
            return row;
    return NULL;
}

static void the_one_table(void **state) {
    (void)state;
    small_study s = begin();
    json_t *results = results_of(s.file, "all", 2), *pooled = json_object_get(small_explainer(results, 0, 0), "pooled");
    json_t *words = row_of(results, "word", "first order"), *plain = json_object_get(pooled, "plausibility");
    assert_int_equal(json_array_size(json_object_get(results, "table")), 14);
    assert_near(small_number(words, "snr"), small_number(pooled, "snr"), 0, 0);
    assert_true(json_equal(json_object_get(words, "snr_ci"), json_object_get(pooled, "snr_ci")));
    assert_true(json_equal(json_object_get(words, "plausibility"), json_object_get(plain, "mean")));
    assert_true(json_equal(json_object_get(words, "plausibility_models"), json_object_get(plain, "models")));
    assert_near(small_number(words, "effective_words"), small_number(json_object_get(json_object_get(pooled, "complexity"), "mean"), "effective_words"), 0, 0);
    assert_true(json_is_null(json_object_get(words, "comprehensiveness"))); // not judged
    json_t *family = json_array_get(json_object_get(results, "families"), 0);
    assert_near(small_number(words, "accuracy"), small_number(json_object_get(family, "accuracy"), "mean"), 0, 0);
    json_t *spans = json_object_get(pooled, "spans"), *three = row_of(results, "3-gram", "first order");
    assert_near(small_number(three, "snr"), small_number(json_object_get(json_object_get(spans, "ngrams"), "3"), "snr"), 0, 0);
    assert_near(small_number(row_of(results, "sentence", "first order"), "snr"), small_number(json_object_get(spans, "sentences"), "snr"), 0, 0);
    assert_near(small_number(row_of(results, "word", "second order"), "snr"), small_number(json_object_get(pooled, "order2"), "snr"), 0, 0);
    assert_near(small_number(row_of(results, "word", "fourth order"), "snr"), small_number(json_object_get(pooled, "order4"), "snr"), 0, 0);
    assert_near(small_number(row_of(results, "pair", "second order"), "snr"), small_number(json_object_get(pooled, "bivariate_window5"), "snr"), 0, 0);
    json_t *information = json_object_get(pooled, "information"), *pi2 = row_of(results, "word", "information, variances");
    assert_near(small_number(pi2, "bits"), small_number(information, "pi2"), 0, 0);
    assert_near(0.5 * log2(1 + small_number(pi2, "snr")), small_number(information, "pi2"), 1e-12, 0); // a Gaussian channel's
    assert_near(small_number(row_of(results, "word", "information, densities"), "bits"), small_number(information, "kde"), 0, 0);
    json_t *modes = row_of(results, "word", "several modes");
    assert_near(small_number(modes, "snr"), small_number(json_object_get(pooled, "modes"), "snr_within"), 0, 0);
    json_t *by_number = json_object_get(json_object_get(pooled, "modes"), "texts_by_number");
    if (json_integer_value(json_array_get(by_number, 0)) == 6) // one mode everywhere: its mean explanation is the mean
        assert_near(small_number(json_object_get(modes, "plausibility"), "auprc"), small_number(json_object_get(plain, "mean"), "auprc"), 1e-12, 0);
    json_decref(results);
    small_remove(&s);
}

/* ------------------------------------------------------------ several annotators */

// The first n lines of a text.
static void cut_after(char *lines, size_t n) {
    while (n--) lines = strchr(lines, '\n') + 1;
    *lines = '\0';
}

// Annotators mark the first words of every text: as many as their number says, of the text's class.
static char *three_annotators(const small_study *s) {
    static char lines[16384];
    xs_store *store;
    xs_store_text *texts;
    size_t n, used = 0;
    xsnr_error err = {0};
    assert_ok(xs_store_open(s->file, XS_STORE_READ, &store, &err));
    assert_ok(xs_store_texts(store, &arena, &texts, &n, &err));
    for (size_t t = 0; t < n; t++)
        for (unsigned who = 1; who <= 3; who++)
            used += (size_t)snprintf(lines + used, sizeof lines - used, "{\"id\": \"%s\", \"annotator\": \"%c\", \"spans\": [[0, %u]]}\n",
                                     texts[t].name, 'd' - (int)who, texts[t].words[who - 1].end);
    xs_store_close(store);
    return lines;
}

static void annotators_are_a_family(void **state) {
    (void)state;
    small_study s = begin();
    small_write(s.folder, "people.jsonl", three_annotators(&s));
    rerun(&s, "people.jsonl", NULL);
    json_t *results = results_of(s.file, NULL, 2), *human = json_array_get(json_object_get(results, "families"), 1);
    assert_string_equal(json_string_value(json_object_get(human, "name")), "human");
    assert_int_equal(small_number(human, "models_trained"), 3);
    assert_true(json_is_null(json_object_get(human, "accuracy")));
    json_t *text = json_array_get(json_object_get(small_explainer(results, 1, 0), "texts"), 0), *word;
    // c marks one word, b two, a three: after l1 1, ½ ½, ⅓ ⅓ ⅓
    size_t n = json_array_size(json_object_get(text, "word")), w;
    double e[3][128] = {{0}}, mean[128] = {0}, noise = 0, grand = 0, signal = 0, interaction = 0, row[3];
    for (size_t m = 0; m < 3; m++)
        for (size_t k = 0; k <= 2 - m; k++) e[m][k] = 1.0 / (double)(3 - m); // a, b, c in order
    for (size_t m = 0; m < 3; m++) row[m] = 1.0 / (double)n;
    for (w = 0; w < n; w++) grand += (mean[w] = (e[0][w] + e[1][w] + e[2][w]) / 3) / (double)n;
    for (w = 0; w < n; w++) {
        signal += (mean[w] - grand) * (mean[w] - grand) / (double)(n - 1);
        for (size_t m = 0; m < 3; m++) {
            noise += (e[m][w] - mean[w]) * (e[m][w] - mean[w]) / 2 / (double)n;
            interaction += pow(e[m][w] - mean[w] - row[m] + grand, 2) / (double)(n - 1) / 2;
        }
    }
    assert_near(small_number(text, "noise"), noise, 1e-12, 0);
    assert_near(small_number(text, "signal_raw"), signal, 1e-12, 0);
    assert_near(small_number(text, "signal"), signal - interaction / 3, 1e-12, 0);
    assert_near(small_number(text, "snr"), (signal - interaction / 3) / noise, 1e-12, 0);
    assert_null(json_object_get(text, "plausibility")); // people are not judged by themselves
    // explanations are judged by the words that at least half marked: the first two
    text = json_array_get(json_object_get(small_explainer(results, 0, 0), "texts"), 0);
    assert_int_equal(small_number(json_object_get(text, "rationale"), "annotators"), 3);
    assert_int_equal(small_number(json_object_get(text, "rationale"), "words"), 2);
    json_array_foreach(json_object_get(text, "word"), w, word)
        assert_near(small_number(word, "marked"), w < 3 ? (double)(3 - w) / 3 : 0, 1e-15, 0);
    json_decref(results);
    // a file for every annotator, named by it
    small_write(s.folder, "first.jsonl", "{\"id\": \"g000061\", \"spans\": [[0, 3]]}\n");
    small_write(s.folder, "second.jsonl", "{\"id\": \"g000061\", \"spans\": [[0, 9]]}\n");
    for (int i = 61; i <= 80; i++) {
        char path[128], lines[2][96];
        FILE *files[2];
        for (int k = 0; k < 2; k++) {
            snprintf(path, sizeof path, "%s/%s.jsonl", s.folder, k ? "second" : "first");
            snprintf(lines[k], sizeof lines[k], "{\"id\": \"g%06d\", \"spans\": [[0, %d]]}\n", i, k ? 9 : 3);
            files[k] = fopen(path, i == 61 ? "w" : "a");
            assert_non_null(files[k]);
            fputs(lines[k], files[k]);
            fclose(files[k]);
        }
    }
    rerun(&s, "[first.jsonl, second.jsonl]", NULL);
    results = results_of(s.file, NULL, 2);
    assert_int_equal(small_number(json_array_get(json_object_get(results, "families"), 1), "models_trained"), 2);
    json_decref(results);
    small_remove(&s);
}

// Two annotators of one text: the other texts are none of theirs.
static void one_text_is_annotated(void **state) {
    (void)state;
    small_study s = begin();
    char *lines = three_annotators(&s);
    cut_after(lines, 3);
    small_write(s.folder, "people.jsonl", lines);
    rerun(&s, "people.jsonl", NULL);
    json_t *results = results_of(s.file, NULL, 2), *human = small_explainer(results, 1, 0), *texts = json_object_get(human, "texts");
    assert_int_equal(json_array_size(texts), 1);
    assert_int_equal(small_number(json_array_get(texts, 0), "models"), 3);
    assert_int_equal(small_number(json_object_get(human, "pooled"), "texts"), 1);
    assert_int_equal(small_number(json_object_get(human, "pooled"), "texts_undefined"), 0);
    assert_int_equal(json_array_size(json_object_get(small_explainer(results, 0, 0), "texts")), 6);
    json_decref(results);
    small_remove(&s);
}

/* ------------------------------------------------------------ bad files, other texts */

static void what_is_refused(void **state) {
    (void)state;
    small_study s = begin();
    char line[256];
    xs_store *store;
    xs_store_text *texts;
    size_t n;
    xsnr_error err = {0};
    assert_ok(xs_store_open(s.file, XS_STORE_READ, &store, &err));
    assert_ok(xs_store_texts(store, &arena, &texts, &n, &err));
    xs_store_close(store);
    const struct {
        const char *format, *message;
    } bad[] = {
        {"{\"id\": \"%s\", \"class\": \"novel\", \"spans\": []}\n", "class 'novel' is not one of opinion, report"},
        {"{\"id\": \"%s\", \"spans\": [[0, 9999]]}\n", "the span 0 to 9999 is not in the text"},
        {"{\"id\": \"not-%s\", \"spans\": []}\n", "no line has the id of a text that is explained, such as 'g0000"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(line, sizeof line, bad[i].format, texts[0].name);
        small_write(s.folder, "bad.jsonl", line);
        rerun(&s, "bad.jsonl", bad[i].message);
    }
    snprintf(line, sizeof line, "{\"id\": \"%s\", \"spans\": [[0, 1]]}\n{\"id\": \"%s\", \"spans\": [[0, 2]]}\n", texts[0].name, texts[0].name);
    small_write(s.folder, "bad.jsonl", line);
    rerun(&s, "bad.jsonl", "is marked already");
    rerun(&s, "nowhere.jsonl", "cannot open");
    // texts that are not explained are passed over, and what was there before stays until a good file comes
    json_t *results = results_of(s.file, NULL, 2);
    assert_int_equal(small_number(json_object_get(small_explainer(results, 0, 0), "pooled"), "texts_judged"), 6);
    json_decref(results);
    snprintf(line, sizeof line, "{\"id\": \"%s\", \"spans\": [[0, 1]]}\n{\"id\": \"g000001\", \"spans\": [[0, 9999]]}\n", texts[0].name);
    small_write(s.folder, "one.jsonl", line);
    rerun(&s, "one.jsonl", NULL);
    results = results_of(s.file, NULL, 2);
    assert_int_equal(small_number(json_object_get(small_explainer(results, 0, 0), "pooled"), "texts_judged"), 1);
    json_decref(results);
    small_remove(&s);
}

/* ------------------------------------------------------------ imports */

static void imports_are_judged(void **state) {
    (void)state;
    small_study s = begin();
    xsnr_error err = {0};
    char predictions[96], rationales[96], file[96];
    const char *files[] = {predictions}, *by[] = {rationales};
    snprintf(predictions, sizeof predictions, "%s/p.jsonl", s.folder);
    snprintf(rationales, sizeof rationales, "%s/evidences.jsonl", s.folder);
    snprintf(file, sizeof file, "%s/imported.xsnr", s.folder);
    small_write(s.folder, "docs.jsonl", "{\"docid\": \"d\", \"document\": \"a dull film , but short .\"}\n{\"docid\": \"e\", \"document\": \"fine , fine .\"}\n");
    small_write(s.folder, "p.jsonl",
                "{\"annotation_id\": \"d\", \"classification\": \"NEG\", \"rationales\": [{\"docid\": \"d\", \"soft_rationale_predictions\": "
                "[0.1, 0.9, 0.3, 0, 0.2, 0.4, 0]}]}\n"
                "{\"annotation_id\": \"e\", \"classification\": \"POS\", \"rationales\": [{\"docid\": \"e\", \"soft_rationale_predictions\": "
                "[0.1, 0.9, 0.3, 0]}]}\n");
    small_write(s.folder, "evidences.jsonl",
                "{\"annotation_id\": \"d\", \"classification\": \"NEG\", \"evidences\": [[{\"docid\": \"d\", \"start_token\": 1, \"end_token\": 3, "
                "\"text\": \"dull film\"}]]}\n{\"annotation_id\": \"e\", \"classification\": \"NEG\", \"evidences\": [[{\"docid\": \"e\", "
                "\"start_token\": 0, \"end_token\": 1}]]}\n");
    xsnr_import_options how = {.format = "eraser", .rationales = by, .n_rationales = 1};
    assert_ok(xsnr_import(files, 1, &how, file, NULL, &err));
    json_t *results = results_of(file, NULL, 1), *texts = json_object_get(small_explainer(results, 0, 0), "texts"), *text;
    size_t i, judged_texts = 0;
    json_array_foreach(texts, i, text) {
        json_t *plausibility = json_object_get(text, "plausibility");
        bool is_d = strcmp(json_string_value(json_object_get(text, "id")), "d") == 0;
        assert_true(is_d == (plausibility != NULL)); // of e the class POS is explained, and people marked for NEG
        if (!is_d) continue;
        judged_texts++;
        assert_near(small_number(json_object_get(plausibility, "mean"), "token_f1"), 0.5, 1e-12, 0); // 0.9 is marked, 0.4 is not
    }
    assert_int_equal(judged_texts, 1);
    json_decref(results);
    // a wrong file leaves no study behind
    small_write(s.folder, "evidences.jsonl", "{\"id\": \"d\", \"evidences\": [[{\"start_token\": 1, \"end_token\": 99}]]}\n");
    snprintf(file, sizeof file, "%s/second.xsnr", s.folder);
    assert_int_equal(xsnr_import(files, 1, &how, file, NULL, &err), XSNR_ERR_DATA);
    assert_non_null(strstr(err.message, "the span 1 to 99 is not in the text 'd', which has 7 tokens"));
    assert_false(small_exists(&s, "second.xsnr") || small_exists(&s, "second.xsnr.import"));
    small_remove(&s);
}

// ERASER's movies from end to end: the corpus, its evidences, agreement above chance.
static void movies(void **state) {
    (void)state;
    xsnr_error err = {0};
    if (!data_folder()) skip();
    small_study s = small_new(10, 10, 2, "");
    small_write(s.folder, "study.yaml",
                "corpus: {format: eraser, train: '${XSNR_DATA}/movies-eraser/train.jsonl', test: '${XSNR_DATA}/movies-eraser/test.jsonl', "
                "explain: {count: 10}}\nfamilies:\n  - {name: tfidf, type: linear, models: 4}\n"
                "explainers: [contribution]\ntarget: gold\nreport: {html: \"\"}\n");
    assert_ok(small_run(&s, 2, XSNR_RUN & ~(unsigned)XSNR_REPORT, &err));
    json_t *results = results_of(s.file, NULL, 2), *pooled = json_object_get(small_explainer(results, 0, 0), "pooled");
    json_t *texts = json_object_get(small_explainer(results, 0, 0), "texts"), *text;
    size_t i;
    double marked = 0, words = 0;
    json_array_foreach(texts, i, text) {
        marked += small_number(json_object_get(text, "rationale"), "words");
        words += small_number(text, "words");
    }
    assert_int_equal(small_number(pooled, "texts_judged"), 10);
    double auroc = small_number(json_object_get(json_object_get(pooled, "plausibility"), "mean"), "auroc");
    assert_true(marked > 0.1 * words && marked < 0.6 * words);
    if (!(auroc > 0.52 && auroc < 0.9)) fail_msg("AUROC %g", auroc);
    json_decref(results);
    small_remove(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(gazettes_truth),  cmocka_unit_test(the_one_table),
                                       cmocka_unit_test(annotators_are_a_family), cmocka_unit_test(one_text_is_annotated), cmocka_unit_test(what_is_refused),
                                       cmocka_unit_test(imports_are_judged), cmocka_unit_test(movies)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    xs_arena_free(&arena);
    return failed;
}
