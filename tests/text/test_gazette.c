// gazette: no two texts alike, length, balance, truth on the words, knobs, the log odds that it declares.
#include "base/alloc.h"
#include "base/intern.h"
#include "check.h"
#include "text/gazette.h"
#include "text/grammar.h"
#include "text/segment.h"
#include <jansson.h>

extern const char xs_gazette_en[], xs_gazette_fr[];
extern const unsigned long xs_gazette_en_size, xs_gazette_fr_size;

typedef struct sample {
    xs_str tsv, truth;
    size_t texts, reports, words[2]; // least and most words
    size_t cue_words;
} sample;

static xs_gazette_options options(const char *language, size_t count) {
    xs_gazette_options o = xs_gazette_defaults();
    o.language = language;
    o.count = count;
    return o;
}

static sample draw(const xs_gazette_options *o) {
    xsnr_error err = {0};
    sample s = {.words = {SIZE_MAX, 0}};
    assert_ok(xs_gazette(o, &s.tsv, &s.truth, &err));
    for (const char *line = s.truth.data, *end; *line; line = end + 1) {
        end = strchr(line, '\n');
        json_t *row = json_loadb(line, (size_t)(end - line), 0, NULL), *words = json_object_get(row, "words"), *word;
        size_t k, n = json_array_size(words);
        assert_non_null(row);
        s.texts++;
        s.reports += strcmp(json_string_value(json_object_get(row, "label")), "report") == 0;
        if (n < s.words[0]) s.words[0] = n;
        if (n > s.words[1]) s.words[1] = n;
        json_array_foreach(words, k, word) s.cue_words += json_string_length(json_object_get(word, "group")) > 0;
        json_decref(row);
    }
    return s;
}

static void sample_free(sample *s) {
    xs_str_free(&s->tsv);
    xs_str_free(&s->truth);
}

static void no_two_alike(void **state) {
    (void)state;
    static const char *const languages[] = {"en", "fr"};
    for (int k = 0; k < 2; k++) {
        xs_gazette_options o = options(languages[k], 4000);
        sample s = draw(&o);
        assert_int_equal(s.texts, 4000);
        assert_int_equal(s.reports, 2000);
        assert_true(s.words[0] >= 15 && s.words[1] <= 60);
        xs_intern seen = {0};
        size_t lines = 0;
        for (const char *line = strchr(s.tsv.data, '\n') + 1, *end; *line; line = end + 1, lines++) {
            end = strchr(line, '\n');
            const char *text = memchr(line, '\t', (size_t)(end - line)) + 1, *stop = strchr(text, '\t');
            assert_true(stop < end && !memchr(stop + 1, '\t', (size_t)(end - stop - 1)));
            assert_int_equal(xs_intern_add(&seen, text, (size_t)(stop - text)), lines);
            static const char *const never[] = {"  ", "~", "{", "}", "(n)", " ,", " .", ",,", "..", "|", " a a", " a e", " a i", " a o"};
            size_t checked = sizeof never / sizeof *never - (k ? 4 : 0); // "il a annoncé" is French
            char copy[2048];
            snprintf(copy, sizeof copy, "%.*s", (int)(stop - text), text);
            for (size_t i = 0; i < checked; i++)
                if (strstr(copy, never[i])) fail_msg("'%s' in: %s", never[i], copy);
        }
        assert_int_equal(lines, 4000);
        xs_intern_free(&seen);
        sample_free(&s);
    }
}

// 150 sentences and 1,500 words a language; the grammars themselves are parsed strictly.
static void size_of_the_grammars(void **state) {
    (void)state;
    const struct {
        const char *text, *language;
        size_t size;
    } files[] = {{xs_gazette_en, "en", xs_gazette_en_size}, {xs_gazette_fr, "fr", xs_gazette_fr_size}};
    for (int k = 0; k < 2; k++) {
        xsnr_error err = {0};
        xs_grammar g;
        assert_ok(xs_grammar_parse(files[k].text, files[k].size, files[k].language, &g, &err));
        size_t sentences = 0;
        for (size_t t = 0; t < g.n_topics; t++) sentences += g.topics[t].count;
        assert_true(sentences >= 150);
        xs_grammar_free(&g);
        xs_str plain = {0}; // without slots, headers and comments
        for (const char *p = files[k].text, *end; *p; p = end + 1) {
            end = strchr(p, '\n');
            if (*p != '#' && *p != '[')
                for (; p < end; p++) {
                    if (*p == '{') p = strchr(p, '}');
                    else xs_str_append(&plain, *p == '|' || *p == '~' ? " " : p, 1);
                }
            xs_str_put(&plain, "\n");
        }
        xs_segmenter *segmenter;
        xs_intern forms = {0};
        xs_arena arena = {0};
        xs_document doc = {.text = plain.data, .length = (uint32_t)plain.length};
        assert_ok(xs_segmenter_new(files[k].language, &segmenter, &err));
        assert_ok(xs_segment(segmenter, &doc, &forms, true, &arena, &err));
        size_t words = 0;
        uint8_t *counted = calloc(forms.count, 1);
        for (uint32_t w = 0; w < doc.n_words; w++)
            if (doc.words[w].kind == XS_WORD_LETTERS && !counted[doc.words[w].form]++) words++;
        if (words < 1500) fail_msg("%s: only %zu words", files[k].language, words);
        free(counted);
        xs_segmenter_free(segmenter);
        xs_intern_free(&forms);
        xs_arena_free(&arena);
        xs_str_free(&plain);
    }
}

// Every word of the segmentation has its truth, at its place; neutral words have none.
static void truth_on_the_words(void **state) {
    (void)state;
    xs_gazette_options o = options("fr", 200);
    o.negation = 0.5;
    sample s = draw(&o);
    xsnr_error err = {0};
    xs_segmenter *segmenter;
    xs_arena arena = {0};
    xs_intern forms = {0};
    assert_ok(xs_segmenter_new("fr", &segmenter, &err));
    const char *text_line = strchr(s.tsv.data, '\n') + 1;
    bool cue_in_every_text = true, turned = false;
    for (const char *line = s.truth.data, *end; *line; line = end + 1) {
        end = strchr(line, '\n');
        json_t *row = json_loadb(line, (size_t)(end - line), 0, NULL), *words = json_object_get(row, "words");
        const char *text = strchr(text_line, '\t') + 1;
        xs_document doc = {.text = text, .length = (uint32_t)(strchr(text, '\t') - text)};
        assert_ok(xs_segment(segmenter, &doc, &forms, true, &arena, &err));
        assert_int_equal(json_array_size(words), doc.n_words);
        bool cue = false;
        for (uint32_t w = 0; w < doc.n_words; w++) {
            json_t *word = json_array_get(words, w);
            const char *kind = json_string_value(json_object_get(word, "truth"));
            double odds = json_number_value(json_object_get(word, "log_odds"));
            const char *group = json_string_value(json_object_get(word, "group"));
            assert_int_equal(json_integer_value(json_object_get(word, "start")), doc.words[w].cp_start);
            assert_int_equal(json_integer_value(json_object_get(word, "end")), doc.words[w].cp_end);
            assert_string_equal(kind, odds == 0 ? "neutral" : odds > 0 ? "opinion" : "report");
            assert_true((odds != 0) == (*group != 0));
            cue = cue || odds != 0;
            turned = turned || strcmp(group, "negation") == 0;
        }
        cue_in_every_text = cue_in_every_text && cue;
        text_line = strchr(text_line, '\n') + 1;
        json_decref(row);
    }
    assert_true(cue_in_every_text && turned);
    xs_segmenter_free(segmenter);
    xs_intern_free(&forms);
    xs_arena_free(&arena);
    sample_free(&s);
}

// Groups appear in the classes at the odds that the truth declares (20,000 texts, 5 standard errors).
static void declared_log_odds(void **state) {
    (void)state;
    xs_gazette_options o = options("en", 20000);
    sample s = draw(&o);
    struct {
        char name[32];
        double odds, times[2];
    } groups[32] = {0};
    size_t n = 0;
    for (const char *line = s.truth.data, *end; *line; line = end + 1) {
        end = strchr(line, '\n');
        json_t *row = json_loadb(line, (size_t)(end - line), 0, NULL), *word;
        bool opinion = strcmp(json_string_value(json_object_get(row, "label")), "opinion") == 0;
        char before[32] = "";
        size_t k;
        json_array_foreach(json_object_get(row, "words"), k, word) {
            const char *group = json_string_value(json_object_get(word, "group"));
            double odds = json_number_value(json_object_get(word, "log_odds"));
            char name[32]; // groups of one name stand in several places; their odds tell them apart
            snprintf(name, sizeof name, "%s %.3f", group, odds);
            if (*group && strcmp(name, before) != 0) {
                size_t g = 0;
                while (g < n && strcmp(groups[g].name, name) != 0) g++;
                assert_true(g < 32);
                if (g == n) snprintf(groups[n++].name, sizeof groups->name, "%s", name);
                groups[g].odds = odds;
                groups[g].times[opinion]++;
            }
            snprintf(before, sizeof before, "%s", *group ? name : "");
        }
        json_decref(row);
    }
    assert_true(n >= 12);
    for (size_t g = 0; g < n; g++) {
        double a = groups[g].times[1], b = groups[g].times[0];
        assert_true(a > 50 && b > 50);
        assert_near(log(a / b), groups[g].odds, 0, 5 * sqrt(1 / a + 1 / b));
    }
    sample_free(&s);
}

static void knobs(void **state) {
    (void)state;
    xs_gazette_options o = options("en", 600);
    sample base = draw(&o), same = draw(&o);
    assert_string_equal(base.tsv.data, same.tsv.data);
    assert_string_equal(base.truth.data, same.truth.data);
    sample_free(&same);
    xs_gazette_options fewer = options("en", 300); // a shorter corpus is the beginning of a longer one
    sample half = draw(&fewer);
    assert_memory_equal(half.tsv.data, base.tsv.data, half.tsv.length);
    sample_free(&half);
    xs_gazette_options other = o;
    other.seed = 1;
    sample second = draw(&other);
    assert_string_not_equal(base.tsv.data, second.tsv.data);
    sample_free(&second);
    size_t cue_words = 0;
    for (int redundancy = 1; redundancy <= 6; redundancy++) {
        xs_gazette_options r = o;
        r.redundancy = redundancy;
        sample s = draw(&r);
        assert_true(s.cue_words > cue_words);
        cue_words = s.cue_words;
        sample_free(&s);
    }
    xs_gazette_options noisy = o;
    noisy.label_noise = 0.2;
    sample s = draw(&noisy);
    size_t turned = 0;
    for (const char *a = base.tsv.data, *b = s.tsv.data; *a; a = strchr(a, '\n') + 1, b = strchr(b, '\n') + 1) {
        const char *x = strchr(a, '\n'), *y = strchr(b, '\n');
        turned += x[-2] != y[-2] || x - a != y - b; // …report, …opinion
    }
    assert_true(turned > 75 && turned < 170); // 120 expected, about 5 standard errors
    sample_free(&s);
    xs_gazette_options flat = o; // no strength: cues say nothing, and the truth says so
    flat.strength = 0;
    s = draw(&flat);
    assert_null(strstr(s.truth.data, "\"truth\":\"opinion\""));
    sample_free(&s);
    sample_free(&base);
}

static void bad_options(void **state) {
    (void)state;
    xs_gazette_options cases[] = {options("de", 10), options("en", 0), options("en", 10), options("en", 10),
                                  options("en", 10), options("en", 10), options("en", 10), options("en", 10)};
    cases[2].redundancy = 0;
    cases[3].redundancy = 7;
    cases[4].strength = NAN;
    cases[5].label_noise = 0.6;
    cases[6].negation = -0.1;
    cases[7].strength = 11;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        xsnr_error err = {0};
        xs_str tsv = {0}, truth = {0};
        assert_int_equal(xs_gazette(&cases[k], &tsv, &truth, &err), XSNR_ERR_ARGUMENT);
        assert_true(err.message[0]);
        xs_str_free(&tsv);
        xs_str_free(&truth);
    }
}

static void bad_grammars(void **state) {
    (void)state;
    static const struct {
        const char *text, *message;
        long line;
    } cases[] = {
        {"[topic a]\nx\n[cue open g 1]\ny,\n", NULL, 0},
        {"x\n", "a line before the first section", 1},
        {"[topic a]\nx\n", "a grammar needs a topic and a group of cues", 0},
        {"[thing a]\nx\n", "'[thing a]' is none of [list NAME], [topic NAME], [cue PLACE GROUP LOG_ODDS], [turn PLACE]", 1},
        {"[topic a]\n{b}\n[cue open g 1]\ny\n", "below: there is no list 'b'", 1},
        {"[topic a]\n{b\n[cue open g 1]\ny\n", "below: '{b' is no slot", 1},
        {"[list b]\nz\n[topic a]\nx\n[cue open g 1]\ny\n", "the list 'b' is never used", 1},
        {"[list b]\nz\n[topic a]\n{b.2}\n[cue open g 1]\ny\n", "'z' has no form 2", 1},
        {"[list b]\n[topic a]\n{b}\n[cue open g 1]\ny\n", "section 'b' is empty", 1},
        {"[topic a]\na|b|c|d|e\n", "more than 4 forms", 2},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        xsnr_error err = {0};
        xs_grammar g;
        int rc = xs_grammar_parse(cases[k].text, strlen(cases[k].text), "g.txt", &g, &err);
        assert_int_equal(rc, cases[k].message ? XSNR_ERR_DATA : XSNR_OK);
        if (cases[k].message) {
            assert_string_equal(err.message, cases[k].message);
            assert_int_equal(err.line, cases[k].line);
        } else {
            xs_grammar_free(&g);
        }
    }
}

static void no_memory(void **state) {
    (void)state;
    xs_gazette_options o = options("en", 3);
    for (long n = 1, done = 0; !done; n++) {
        xsnr_error err = {0};
        xs_str tsv = {0}, truth = {0};
        xs_alloc_fail_at(n);
        int rc = xs_gazette(&o, &tsv, &truth, &err);
        xs_alloc_fail_at(0);
        assert_true(rc == XSNR_OK || rc == XSNR_ERR_NOMEM);
        done = rc == XSNR_OK;
        xs_str_free(&tsv);
        xs_str_free(&truth);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_two_alike),      cmocka_unit_test(size_of_the_grammars), cmocka_unit_test(truth_on_the_words),
        cmocka_unit_test(declared_log_odds), cmocka_unit_test(knobs),                cmocka_unit_test(bad_options),
        cmocka_unit_test(bad_grammars),      cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
