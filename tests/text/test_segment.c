// Words and sentences: examples in French and English, laws over random strings.
#include "base/alloc.h"
#include "base/random.h"
#include "base/str.h"
#include "check.h"
#include "text/laws.h"
#include "text/segment.h"

// The words joined with "|", " || " where a sentence begins.
static char *cut(const char *language, const char *text, bool forms_instead) {
    xsnr_error err = {0};
    xs_segmenter *s;
    assert_ok(xs_segmenter_new(language, &s, &err));
    xs_document doc = {.text = text, .length = (uint32_t)strlen(text)};
    xs_intern forms = {0};
    xs_arena arena = {0};
    assert_ok(xs_segment(s, &doc, &forms, true, &arena, &err));
    const char *broken = broken_law(&doc);
    if (broken) fail_msg("'%s': %s", text, broken);
    xs_str out = {0};
    for (uint32_t i = 0; i < doc.n_words; i++) {
        const xs_word *w = &doc.words[i];
        if (i) xs_str_put(&out, w->sentence == w[-1].sentence ? "|" : " || ");
        if (forms_instead)
            xs_str_put(&out, forms.text[w->form]);
        else
            xs_str_append(&out, text + w->start, w->end - w->start);
    }
    xs_segmenter_free(s);
    xs_intern_free(&forms);
    xs_arena_free(&arena);
    return xs_str_take(&out);
}

typedef struct example {
    const char *language, *text, *expected;
} example;

static void run_examples(const example *examples, size_t n, bool forms) {
    for (size_t i = 0; i < n; i++) {
        char *got = cut(examples[i].language, examples[i].text, forms);
        assert_string_equal(got, examples[i].expected);
        xs_free(got);
    }
}

static void words(void **state) {
    (void)state;
    static const example examples[] = {
        {"en", "", ""},
        {"en", " \t\r\n", ""},
        {"en", "I don't know. Do you?", "I|don't|know|. || Do|you|?"},
        {"en", "e-mail, 3.14% of $1,000 (U.S.)", "e|-|mail|,|3.14|%|of|$|1,000|(|U.S|.|)"},
        {"en", "Well... no… --_ ___ \"a_b\"", "Well|.|.|.|no|…|-|-|_|_|_|_|\"|a_b|\""},
        {"en", "one.\n\nTwo\nthree", "one|. || Two || three"},
        {"en", "l'été", "l'été"},
        // family, flag, keycap, e with a combining accent: clusters stay whole
        {"en", "\U0001F468\u200D\U0001F469\u200D\U0001F467\U0001F1EB\U0001F1F7! 1\uFE0F\u20E3 e\u0301",
         "\U0001F468\u200D\U0001F469\u200D\U0001F467|\U0001F1EB\U0001F1F7|! || 1\uFE0F\u20E3|e\u0301"},
        {"en", "a\u200B \uFEFF\u00AD \x01 b", "a|b"},
        {"fr", "L'été, qu'il vienne !", "L'|été|,|qu'|il|vienne|!"},
        {"fr", "L’été d’aujourd’hui jusqu’à l’an", "L’|été|d’|aujourd’hui|jusqu’|à|l’|an"},
        {"fr", "prud'homme entr'ouvert presqu'île quelqu'un aujourd'hui grand'rue",
         "prud'homme|entr'ouvert|presqu'île|quelqu'un|aujourd'hui|grand'rue"},
        {"fr", "J'y suis, t'as vu, m'a dit, s'est tu, n'a pas, c'est, d'un",
         "J'|y|suis|,|t'|as|vu|,|m'|a|dit|,|s'|est|tu|,|n'|a|pas|,|c'|est|,|d'|un"},
        {"fr", "lorsqu'elle puisqu'on quoiqu'il QU'IL Ç'avait ç’a j't'aime",
         "lorsqu'|elle|puisqu'|on|quoiqu'|il|QU'|IL|Ç'|avait|ç’|a|j'|t'|aime"},
        {"fr", "qu'est-ce que c'est ?", "qu'|est|-|ce|que|c'|est|?"},
        {"fr", "l' été, l'« affaire », d'11 jours", "l'|été|,|l'|«|affaire|»|,|d'|11|jours"},
        {"fr", "la lettre 'l' et x'y", "la|lettre|'|l|'|et|x'y"},
        {"fr", "« mot\u202F» : 10\u202F000\u00A0€\u202F!", "«|mot|»|:|10|000|€|!"},
        {"fr", "Il vient. Elle part ! Et toi ?", "Il|vient|. || Elle|part|! || Et|toi|?"},
        {"fr-CA", "l'été", "l'|été"},
        {"fro", "l'été", "l'été"},
        {"", "d'accord, don't", "d'accord|,|don't"},
    };
    run_examples(examples, sizeof examples / sizeof *examples, false);
}

static void forms(void **state) {
    (void)state;
    static const example examples[] = {
        {"en", "THE I Don’t É E\u0301 ’", "the|i|don't|é|é|’"},
        {"fr", "L’ÉTÉ ÇA Œuvre", "l'|été|ça|œuvre"},
        {"de", "STRASSE Straße", "strasse|straße"},
        {"tr", "ISI İL", "ısı|il"},
        {"el", "ΟΔΟΣ", "οδο\u03C2"}, // the sigma at the end of a word
    };
    run_examples(examples, sizeof examples / sizeof *examples, true);
}

static void kinds_and_offsets(void **state) {
    (void)state;
    xsnr_error err = {0};
    xs_segmenter *s;
    assert_ok(xs_segmenter_new("fr", &s, &err));
    xs_document doc = {.text = "É 3½ ½ ! 3D", .length = (uint32_t)strlen("É 3½ ½ ! 3D")};
    xs_intern lexicon = {0};
    xs_arena arena = {0};
    assert_int_equal(xs_intern_add(&lexicon, "é", 2), 0);
    assert_ok(xs_segment(s, &doc, &lexicon, false, &arena, &err));
    assert_int_equal(lexicon.count, 1);
    static const xs_word_kind kinds[] = {XS_WORD_LETTERS, XS_WORD_NUMBER, XS_WORD_NUMBER,
                                         XS_WORD_NUMBER,  XS_WORD_MARK,   XS_WORD_LETTERS};
    assert_int_equal(doc.n_words, 6);
    for (uint32_t i = 0; i < doc.n_words; i++) {
        assert_int_equal(doc.words[i].kind, kinds[i]);
        assert_int_equal(doc.words[i].form, i ? XS_NOT_INTERNED : 0);
    }
    assert_int_equal(doc.words[1].start, 3);
    assert_int_equal(doc.words[1].cp_start, 2);
    xs_segmenter_free(s);
    xs_intern_free(&lexicon);
    xs_arena_free(&arena);
}

static void laws_over_random_strings(void **state) {
    (void)state;
    static const char *const pieces[] = {
        "a", "L", "l", "qu", "été", "jusqu", "'", "'", "’", " ", " ", "\n", "\r\n", ".", "!", "?", ",", "-", "_", "@",
        "…", "1", "3.5", "\u00A0", "\u202F", "\u0301", "\u200D", "\u200B", "\uFE0F", "\U0001F468", "\U0001F1EB",
        "\U0001F3FD", "你好", "สวัส", "א", "ا", "가", "\u1100", "ß", "İ", "Σ", "½", "\u2028", "\x01", "\x7F", "\u3164", "«",
        "\U000E0041", "\uFFFD", "カ", "#", "*", "\u20E3", "Ç", "\u0600"};
    static const char *const languages[] = {"en", "fr", "tr", "th", "ja", ""};
    xs_rng rng = xs_rng_at(1, XS_STREAM_CORPUS, 0, 0);
    xs_intern lexicon = {0};
    for (size_t l = 0; l < sizeof languages / sizeof *languages; l++) {
        xsnr_error err = {0};
        xs_segmenter *s;
        assert_ok(xs_segmenter_new(languages[l], &s, &err));
        xs_arena arena = {0};
        for (int round = 0; round < 2000; round++) {
            xs_str text = {0};
            for (uint32_t n = xs_rng_below(&rng, 24); n; n--)
                xs_str_put(&text, pieces[xs_rng_below(&rng, sizeof pieces / sizeof *pieces)]);
            char *bytes = xs_str_take(&text);
            xs_document doc = {.text = bytes, .length = (uint32_t)strlen(bytes)};
            xs_arena_mark mark = xs_arena_save(&arena);
            assert_ok(xs_segment(s, &doc, &lexicon, true, &arena, &err));
            const char *broken = broken_law(&doc);
            if (broken) fail_msg("%s: '%s': %s", languages[l], bytes, broken);
            xs_arena_rewind(&arena, mark);
            xs_free(bytes);
        }
        xs_arena_free(&arena);
        xs_segmenter_free(s);
    }
    xs_intern_free(&lexicon);
}

// Hostile texts at the limit take linear time; beyond it they are refused.
static void longest_texts(void **state) {
    (void)state;
    static const char *const units[] = {"a", "l'", "' ", "_", "\u0301", ".", "a. ", "é", "\n"};
    xsnr_error err = {0};
    xs_segmenter *s;
    assert_ok(xs_segmenter_new("fr", &s, &err));
    char *text = xs_malloc(XS_TEXT_LIMIT + 2);
    assert_non_null(text);
    for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
        uint32_t n = 0, unit = (uint32_t)strlen(units[u]);
        while (n + unit <= XS_TEXT_LIMIT) {
            memcpy(text + n, units[u], unit);
            n += unit;
        }
        text[n] = '\0';
        xs_document doc = {.text = text, .length = n};
        xs_intern lexicon = {0};
        xs_arena arena = {0};
        assert_ok(xs_segment(s, &doc, &lexicon, true, &arena, &err));
        assert_null(broken_law(&doc));
        xs_intern_free(&lexicon);
        xs_arena_free(&arena);
    }
    xs_document doc = {.text = text, .length = XS_TEXT_LIMIT + 1};
    xs_intern lexicon = {0};
    xs_arena arena = {0};
    assert_int_equal(xs_segment(s, &doc, &lexicon, true, &arena, &err), XSNR_ERR_DATA);
    xs_free(text);
    xs_segmenter_free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words),
        cmocka_unit_test(forms),
        cmocka_unit_test(kinds_and_offsets),
        cmocka_unit_test(laws_over_random_strings),
        cmocka_unit_test(longest_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
