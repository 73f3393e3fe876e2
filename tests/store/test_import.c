// Imports: tokens become words, what is wrong is said, what is exported comes back, nothing stays behind.
#include "base/alloc.h"
#include "base/file.h"
#include "folder.h"
#include "store/export.h"
#include "store/import.h"
#include "store/study.h"
#include <zlib.h>

static void put(const char *name, const char *text) {
    xsnr_error err = {0};
    assert_ok(xs_file_write(in_folder(name), text, strlen(text), &err));
}

static char *get(const char *name) {
    xsnr_error err = {0};
    char *text;
    size_t size;
    assert_ok(xs_file_read(in_folder(name), &text, &size, &err));
    return text;
}

static int import_as(const char *name, const char *study, const xs_import_options *options, xs_import_report *report, xsnr_error *err) {
    static const xs_import_options defaults;
    xs_import_report unseen;
    const char *file = in_folder(name);
    return xs_store_import(&file, 1, options ? options : &defaults, in_folder(study), report ? report : &unseen, err);
}

static void export_as(const char *study, const char *format, const char *name) {
    xsnr_error err = {0};
    xs_store *store;
    assert_ok(xs_store_open(in_folder(study), XS_STORE_READ, &store, &err));
    assert_ok(xs_store_export(store, format, NULL, in_folder(name), &err));
    xs_store_close(store);
}

static void check_whole(const char *study) {
    xsnr_error err = {0};
    xs_str findings = {0};
    size_t n;
    assert_ok(xs_store_check(in_folder(study), &findings, &n, &err));
    if (n) fail_msg("%s", findings.data);
    xs_str_free(&findings);
}

static void refuse(const char *text, const char *name, const xs_import_options *options, long line, const char *message) {
    xsnr_error err = {0};
    put(name, text);
    int rc = import_as(name, "refused.xsnr", options, NULL, &err);
    if (rc >= 0) fail_msg("imported: %s", text);
    if (!strstr(err.message, message) || err.line != line) fail_msg("%s:%ld: %s\nexpected %ld: %s", err.file, err.line, err.message, line, message);
    assert_int_equal(access(in_folder("refused.xsnr"), F_OK), -1);
    assert_int_equal(access(in_folder("refused.xsnr.import"), F_OK), -1);
}

/* ------------------------------------------------------------ words */

// The words of the only text, and one model's scores, as "word=score word=score".
static const char *words_of(const char *line, const xs_import_options *options, const char *rule) {
    static char out[512];
    xsnr_error err = {0};
    xs_import_report report;
    xs_store *store;
    xs_arena arena = {0};
    xs_store_text *texts;
    xs_store_family *families;
    xs_store_scores scores;
    const char **names;
    size_t n;
    put("words.jsonl", line);
    assert_ok(import_as("words.jsonl", "words.xsnr", options, &report, &err));
    assert_string_equal(report.joined, rule);
    check_whole("words.xsnr");
    assert_ok(xs_store_open(in_folder("words.xsnr"), XS_STORE_READ, &store, &err));
    assert_ok(xs_store_texts(store, &arena, &texts, &n, &err));
    assert_ok(xs_store_families(store, &arena, &families, &n, &err));
    assert_ok(xs_store_explainers(store, families[0].id, &arena, &names, &n, &err));
    assert_ok(xs_store_scores_of(store, families[0].id, names[0], 0, &arena, &scores, &err));
    size_t length = 0;
    out[0] = '\0';
    for (size_t w = 0; w < texts->n_words; w++) {
        const xs_text_word *word = &texts->words[w];
        assert_memory_equal(texts->text + word->byte_start, word->text, word->byte_end - word->byte_start);
        length += (size_t)snprintf(out + length, sizeof out - length, "%s%s=%g", w ? " " : "", word->text, scores.scores[w]);
    }
    snprintf(out + length, sizeof out - length, " | %s", texts->text);
    xs_store_close(store);
    xs_arena_free(&arena);
    assert_int_equal(unlink(in_folder("words.xsnr")), 0);
    return out;
}

#define ROW(tokens, scores, more) "{\"model\": 0, \"text_id\": \"t\", \"tokens\": [" tokens "], \"attributions\": [" scores "]" more "}\n"

static void wordpiece(void **state) {
    (void)state;
    assert_string_equal(words_of(ROW("\"[CLS]\",\"un\",\"##believ\",\"##able\",\"don\",\"'\",\"t\",\"[SEP]\",\"[PAD]\"", "9,1,2,4,8,16,32,9,0", ""), NULL, "wordpiece"),
                        "unbelievable=7 don=8 '=16 t=32 | unbelievable don ' t");
    // A text that is given has its own spaces and capitals.
    assert_string_equal(words_of(ROW("\"[CLS]\",\"un\",\"##believ\",\"##able\",\"don\",\"'\",\"t\",\".\",\"[SEP]\"", "9,1,2,4,8,16,32,64,9", ",\"text\":\"Unbelievable,  Don't.\""), NULL, "wordpiece"),
                        "unbelievable=7 don=8 '=16 t=32 .=64 | unbelievable don ' t ."); // a comma has no token: not this text
    assert_string_equal(words_of(ROW("\"[CLS]\",\"un\",\"##believ\",\"##able\",\"don\",\"'\",\"t\",\".\",\"[SEP]\"", "9,1,2,4,8,16,32,64,9", ",\"text\":\"Unbelievable  Don't.\""), NULL, "wordpiece"),
                        "Unbelievable=7 Don't=56 .=64 | Unbelievable  Don't.");
}

static void sentencepiece(void **state) {
    (void)state;
    assert_string_equal(words_of(ROW("\"▁un\",\"believ\",\"able\",\"▁\",\"f\",\"ête\",\".\",\"</s>\"", "1,2,4,8,16,32,64,128", ""), NULL, "sentencepiece"),
                        "unbelievable=7 fête=56 .=64 | unbelievable fête.");
}

static void bytelevel(void **state) {
    (void)state;
    assert_string_equal(words_of(ROW("\"<s>\",\"Un\",\"believable\",\"Ġf\",\"Ã\",\"ªte\",\",\",\"Ġdon\",\"'t\",\"</s>\"", "9,1,2,4,8,16,32,64,128,9", ""), NULL, "bytelevel"),
                        "Unbelievable=3 fête=28 ,=32 don't=192 | Unbelievable fête, don't");
    // Half a character alone is no UTF-8.
    assert_string_equal(words_of(ROW("\"Ġa\",\"ĠÃ\"", "1,2", ""), NULL, "bytelevel"), "a=1 ?=2 | a ?");
}

static void offsets(void **state) {
    (void)state;
    const char *more = "";
    (void)more;
    assert_string_equal(words_of(ROW("\"<s>\",\"Ġl\",\"'\",\"été\",\"Ġ,\",\"Ġ\",\"x\",\"</s>\"", "9,1,2,4,8,16,32,9", ",\"text\":\"L'été, x\",\"offsets\":[[0,0],[0,1],[1,2],[2,5],[5,6],[6,7],[7,8],[0,0]]"), NULL, "offsets"),
                        "L'été=7 ,=8 x=48 | L'été, x");
    // Without a text: it is put together at the offsets.
    assert_string_equal(words_of(ROW("\"play\",\"##ing\",\"on\"", "1,2,4", ",\"offsets\":[[2,6],[6,9],[11,13]]"), NULL, "offsets"),
                        "playing=3 on=4 |   playing  on");
    assert_string_equal(words_of(ROW("\"play\",\"ing\"", "1,2", ",\"unit\":\"word\",\"offsets\":[[0,4],[4,7]]"), NULL, "none"), "play=1 ing=2 | playing");
}

static void pooling(void **state) {
    (void)state;
    static const char *const expected[] = {"abc=-2 | abc", "abc=-0.666667 | abc", "abc=-5 | abc", "abc=1 | abc"};
    for (int how = 0; how < 4; how++)
        assert_string_equal(words_of(ROW("\"a\",\"##b\",\"##c\"", "1,-5,2", ""), &(xs_import_options){.pooling = (xs_pooling)how}, "wordpiece"), expected[how]);
    assert_string_equal(words_of(ROW("\"a\",\"##b\"", "1,2", ""), &(xs_import_options){.join = XS_JOIN_NONE}, "none"), "a=1 ##b=2 | a ##b");
    assert_string_equal(words_of(ROW("\"a\",\"b\"", "1,2,0,0,-0.0", ""), NULL, "none"), "a=1 b=2 | a b"); // padding
}

/* ------------------------------------------------------------ refusals */

static void refusals(void **state) {
    (void)state;
    const char *good = ROW("\"a\",\"b\"", "1,2", "");
    char two[1024];
#define AFTER_GOOD(row) (snprintf(two, sizeof two, "%s%s", good, row), two)
    refuse(AFTER_GOOD(good), "r.jsonl", NULL, 2, "is explained by imported already in");
    refuse(AFTER_GOOD("{\"model\":1,\"text_id\":\"u\",\"tokens\":[\"a\"],\"attributions\":[1]}"), "r.jsonl", NULL, 0, "has no explanation by imported of text 'u'");
    refuse(AFTER_GOOD("{\"model\":1,\"text_id\":\"t\",\"tokens\":[\"a\"],\"attributions\":[1]}"), "r.jsonl", NULL, 2, "has 1 words here and 2 in");
    refuse(AFTER_GOOD("{\"model\":1,\"text_id\":\"t\",\"tokens\":[\"a\",\"c\"],\"attributions\":[1,2]}"), "r.jsonl", NULL, 2, "word 2 is 'c' and 'b'");
    refuse(AFTER_GOOD("{\"model\":1"), "r.jsonl", NULL, 2, "it ends where");
    refuse(ROW("\"a\",\"b\"", "1", ""), "r.jsonl", NULL, 1, "1 scores for 2 tokens");
    refuse(ROW("\"a\",\"b\"", "1,2,3", ""), "r.jsonl", NULL, 1, "only zeros may follow, as padding");
    refuse(ROW("\"a\",\"b\"", "1,NaN", ""), "r.jsonl", NULL, 1, "NaN and Infinity are no numbers of JSON");
    refuse(ROW("\"a\",\"b\"", "1,1e39", ""), "r.jsonl", NULL, 1, "too large for a float32");
    refuse(ROW("\"a\",\"b\"", "1,2", ",\"offsets\":[[0,1]]"), "r.jsonl", NULL, 1, "1 offsets for 2 tokens");
    refuse(ROW("\"a\",\"b\"", "1,2", ",\"text\":\"a b\",\"offsets\":[[0,1],[2,4]]"), "r.jsonl", NULL, 1, "do not lie in the text");
    refuse(ROW("\"a\",\"b\"", "1,2", ",\"model\":1"), "r.jsonl", NULL, 1, "\"model\" is there twice");
    refuse("{\"tokens\":[],\"attributions\":[]}", "r.jsonl", NULL, 1, "\"text_id\" is missing");
    refuse("[1]", "r.jsonl", NULL, 1, "an object, { should be");
    refuse("\n \n", "r.jsonl", NULL, 0, "no explanation in this file");
    refuse("x", "r.txt", NULL, 0, "does not say which format");
    refuse("text,score\n", "r.csv", NULL, 1, "'word'");
    refuse("text,word,score\nt,a,x\n", "r.csv", NULL, 2, "'x' is no score");
    refuse("text,word,score\nt,a\n", "r.csv", NULL, 2, "2 columns here, 3 in the first line");
    refuse("text,word,word_index,score\nt,a,1,2\n", "r.csv", NULL, 2, "word_index is 1 where 0 comes");
    refuse("text,word,score\nt,\"a,2\n", "r.csv", NULL, 2, "never closed");
    refuse("text,word,score\nt,\xff,2\n", "r.csv", NULL, 2, "not UTF-8");
#undef AFTER_GOOD
}

static void rules(void **state) {
    (void)state;
    xsnr_error err = {0};
    xs_import_report report;
    put("m.jsonl", ROW("\"a\"", "1", "") ROW("\"a\"", "2", "") "{\"model\":1,\"text_id\":\"t\",\"tokens\":[\"a\"],\"attributions\":[3]}\n"
        "{\"model\":1,\"text_id\":\"u\",\"tokens\":[\"b\"],\"attributions\":[4]}\n");
    assert_ok(import_as("m.jsonl", "texts.xsnr", &(xs_import_options){.keep_first = true, .missing = XS_MISSING_DROP_TEXTS}, &report, &err));
    assert_int_equal(report.texts, 1);
    assert_int_equal(report.models, 2);
    assert_int_equal(report.dropped_texts, 1);
    assert_int_equal(report.double_rows, 1);
    assert_ok(import_as("m.jsonl", "models.xsnr", &(xs_import_options){.keep_first = true, .missing = XS_MISSING_DROP_MODELS}, &report, &err));
    assert_int_equal(report.texts, 2);
    assert_int_equal(report.models, 1);
    assert_int_equal(report.dropped_models, 1);
    check_whole("texts.xsnr");
    check_whole("models.xsnr");
    assert_int_equal(import_as("m.jsonl", "models.xsnr", NULL, NULL, &err), XSNR_ERR_ARGUMENT); // it is there already
}

/* ------------------------------------------------------------ round trips */

static const char rich[] =
    "{\"model\": \"ckpt \\\"b\\\"\", \"text_id\": \"1\", \"family\": \"bert\", \"explainer\": \"ig\", \"text\": \"L'été, ça va!\", \"tokens\": [\"l\", \"'\", \"ete\", \",\", \"ca\", \"va\", \"!\"], "
    "\"offsets\": [[0,1],[1,2],[2,5],[5,6],[7,9],[10,12],[12,13]], \"attributions\": [1e-3, -2, 0.1, 3e-30, 16777217, -0.0, 5], \"prediction\": 1, \"label\": \"0\", \"target\": \"1\", \"gap\": 0.1, \"outside\": 0.25, "
    "\"seeds\": {\"init\": \"18446744073709551615\", \"explain\": 7}, \"split\": \"train\", \"unknown\": [{}, {\"a\": null}]}\n"
    "{\"model\": \"a,\\n\\u00e9\\ud83d\\ude00\", \"text_id\": \"1\", \"family\": \"bert\", \"explainer\": \"ig\", \"text\": \"L'été, ça va!\", \"tokens\": [\"l\", \"'\", \"ete\", \",\", \"ca\", \"va\", \"!\"], "
    "\"offsets\": [[0,1],[1,2],[2,5],[5,6],[7,9],[10,12],[12,13]], \"attributions\": [1, 2, 3, 4, 5, 6, 7], \"prediction\": \"0\", \"label\": 0, \"target\": 1, \"seeds\": {\"init\": 3}}\n";

static void round_trip(const char *format, const char *source, bool same_as_jsonl) {
    xsnr_error err = {0};
    char first[32], second[32], study[32];
    snprintf(first, sizeof first, "first.%s", format);
    snprintf(second, sizeof second, "second.%s", format);
    snprintf(study, sizeof study, "%s.xsnr", format);
    export_as(source, format, first);
    assert_ok(import_as(first, study, NULL, NULL, &err));
    check_whole(study);
    export_as(study, format, second);
    char *a = get(first), *b = get(second);
    assert_string_equal(a, b);
    xs_free(a);
    xs_free(b);
    if (!same_as_jsonl) return;
    export_as(source, "jsonl", "a.jsonl");
    export_as(study, "jsonl", "b.jsonl");
    a = get("a.jsonl"), b = get("b.jsonl");
    assert_string_equal(a, b);
    xs_free(a);
    xs_free(b);
}

// .npz keeps all that was told of models without seeds.
static void npz_round_trip(const char *source) {
    xsnr_error err = {0};
    export_as(source, "npz", "a.npz");
    assert_ok(import_as("a.npz", "npz.xsnr", NULL, NULL, &err));
    check_whole("npz.xsnr");
    export_as(source, "jsonl", "a.jsonl");
    export_as("npz.xsnr", "jsonl", "b.jsonl");
    char *a = get("a.jsonl"), *b = get("b.jsonl");
    assert_string_equal(a, b);
    xs_free(a);
    xs_free(b);
}

static void round_trips(void **state) {
    (void)state;
    xsnr_error err = {0};
    put("rich.jsonl", rich);
    assert_ok(import_as("rich.jsonl", "rich.xsnr", NULL, NULL, &err));
    round_trip("jsonl", "rich.xsnr", true);
    round_trip("csv", "rich.xsnr", false);
    put("seedless.jsonl", ROW("\"A\",\"b\"", "1,2", ",\"text\":\"A  b\",\"label\":\"x\",\"target\":\"y\"") "{\"model\":7,\"text_id\":\"t\",\"text\":\"A  b\",\"tokens\":[\"A\",\"b\"],\"attributions\":[3,4],\"target\":\"x\"}\n");
    assert_ok(import_as("seedless.jsonl", "seedless.xsnr", NULL, NULL, &err));
    npz_round_trip("seedless.xsnr");
}

static void same_files(const char *a, const char *b) {
    xsnr_error err = {0};
    char *x, *y;
    size_t n, m;
    assert_ok(xs_file_read(in_folder(a), &x, &n, &err));
    assert_ok(xs_file_read(in_folder(b), &y, &m, &err));
    assert_int_equal(n, m);
    assert_memory_equal(x, y, n);
    xs_free(x);
    xs_free(y);
}

// From any format to any other: what both can hold comes back with the same bytes.
static void formats_in_a_row(void **state) {
    (void)state;
    static const char *const formats[] = {"jsonl", "csv", "npz", "eraser"};
    xsnr_error err = {0};
    char a[32], b[32], c[32], study[32];
    put("plain.jsonl", ROW("\"A\",\"b\"", "1,2.5e-7", ",\"unit\":\"word\",\"prediction\":\"x\"")
        "{\"model\":7,\"text_id\":\"t\",\"tokens\":[\"A\",\"b\"],\"unit\":\"word\",\"attributions\":[-3,0.1],\"prediction\":\"y\"}\n");
    assert_ok(import_as("plain.jsonl", "row.xsnr", NULL, NULL, &err));
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 4; k++) { // out in format i, in, out in format k; the same as out in format k at once
            bool one = strcmp(formats[i], "eraser") == 0, two = strcmp(formats[k], "eraser") == 0;
            snprintf(a, sizeof a, "a%d%d.%s", i, k, formats[i]);
            snprintf(b, sizeof b, "b%d%d.%s", i, k, formats[k]);
            snprintf(c, sizeof c, "c%d%d.%s", i, k, formats[k]);
            snprintf(study, sizeof study, "row%d%d.xsnr", i, k);
            export_as("row.xsnr", formats[i], a);
            if (one) {
                char first[128], second[128], docs[128];
                snprintf(first, sizeof first, "%s/%s/imported/imported/0.jsonl", folder, a);
                snprintf(second, sizeof second, "%s/%s/imported/imported/7.jsonl", folder, a);
                snprintf(docs, sizeof docs, "%s/%s/docs.jsonl", folder, a);
                const char *files[] = {first, second};
                xs_import_report report;
                assert_ok(xs_store_import(files, 2, &(xs_import_options){.format = "eraser", .documents = docs}, in_folder(study), &report, &err));
            } else {
                assert_ok(import_as(a, study, NULL, NULL, &err));
            }
            check_whole(study);
            export_as(study, formats[k], b);
            export_as("row.xsnr", formats[k], c);
            for (int m = 0; m < (two ? 2 : 1); m++) {
                char x[64], y[64];
                snprintf(x, sizeof x, two ? "%s/imported/imported/%d.jsonl" : "%s", b, 7 * m);
                snprintf(y, sizeof y, two ? "%s/imported/imported/%d.jsonl" : "%s", c, 7 * m);
                same_files(x, y);
            }
        }
}

static void inseq(void **state) {
    (void)state;
    xsnr_error err = {0};
    xs_import_report report;
#define TOKEN(text) "{\"__instance_type__\": [\"inseq.utils.typing\", \"TokenWithId\"], \"attributes\": {\"id\": 1, \"token\": \"" text "\"}}"
    // The array is [[0.5, 1], [0.25, 0], [0, 2]] as float32, packed by Python's gzip and base64.
    put("packed.json", "{\"attributes\": {\"info\": {\"model_name\": \"m\", \"attribution_method\": \"lig\", \"input_texts\": [\"Un-usual\"]}, \"sequence_attributions\": [{\"attributes\": "
        "{\"attr_pos_start\": 1, \"attr_pos_end\": 3, \"source\": [" TOKEN("▁Un") ", " TOKEN("-usual") ", " TOKEN("</s>") "], \"source_attributions\": "
        "{\"__ndarray__\": \"b64.gz:H4sIAAAAAAACA2NgYLBnYGgAYTsGBHAAAARD02oYAAAA\", \"dtype\": \"float32\", \"shape\": [3, 2]}, "
        "\"target\": [" TOKEN("<pad>") ", " TOKEN("▁good") ", " TOKEN("</s>") "]}}]}}");
    // A decoder alone: the prompt's tokens, two units each; what comes after the prompt is NaN.
    put("plain.json", "{\"info\": {\"model_name\": \"n\", \"attribution_method\": \"lig\"}, \"sequence_attributions\": [{\"attr_pos_start\": 3, \"attr_pos_end\": 4, "
        "\"target\": [{\"id\": 1, \"token\": \"▁Un\"}, {\"id\": 2, \"token\": \"-usual\"}, {\"id\": 3, \"token\": \"</s>\"}, {\"id\": 9, \"token\": \"▁good\"}], "
        "\"source_attributions\": null, \"target_attributions\": [[[1, 0.5]], [[-2, 1]], [[0, 0]], [[NaN, Infinity]]]}]}");
    const char *files[] = {in_folder("packed.json"), in_folder("plain.json")};
    assert_ok(xs_store_import(files, 2, &(xs_import_options){.family = "lm"}, in_folder("inseq.xsnr"), &report, &err));
    assert_int_equal(report.models, 2);
    assert_string_equal(report.joined, "sentencepiece");
    check_whole("inseq.xsnr");
    export_as("inseq.xsnr", "csv", "inseq.csv");
    char *text = get("inseq.csv");
    assert_string_equal(text, "family,model,explainer,text,word_index,word,start,end,score,label,prediction,target\n"
                              "lm,m,lig,1,0,Un,0,2,1.5,,good,good\nlm,m,lig,1,1,-usual,2,8,0.25,,good,good\nlm,n,lig,1,0,Un,0,2,1.5,,good,good\nlm,n,lig,1,1,-usual,2,8,-1,,good,good\n");
    xs_free(text);
#undef TOKEN
#define ONE(array, more) "{\"sequence_attributions\": [{\"source\": [{\"token\": \"a\"}], \"target\": [{\"token\": \"b\"}], \"source_attributions\": " array more "}]}"
    refuse(ONE("[[1], [2, 3]]", ""), "i.json", NULL, 1, "different lengths");
    refuse(ONE("[[NaN]]", ""), "i.json", NULL, 1, "NaN");
    refuse(ONE("[]", ""), "i.json", NULL, 1, "no attributions");
    refuse(ONE("\"AAAA\"", ""), "i.json", NULL, 1, "safetensors");
    refuse(ONE("{\"__ndarray__\": \"b64:AAAA\", \"dtype\": \"float32\", \"shape\": [1, 1]}", ""), "i.json", NULL, 1, "does not unpack");
    refuse(ONE("{\"__ndarray__\": \"b64:AAAAAAAA\", \"dtype\": \"int64\", \"shape\": [1, 1]}", ""), "i.json", NULL, 1, "float16, float32 or float64");
    refuse(ONE("{\"__ndarray__\": \"b64:AAA*AAAA\", \"dtype\": \"float32\", \"shape\": [1, 1]}", ""), "i.json", NULL, 1, "does not unpack");
    refuse(ONE("{\"__ndarray__\": \"b64:AAAA\", \"dtype\": \"float32\", \"shape\": [1048577, 1]}", ""), "i.json", NULL, 1, "whole number from 0 to 1048576");
    refuse(ONE("[[1]]", ", \"attr_pos_start\": 2"), "i.json", NULL, 1, "behind the target");
    refuse("{\"sequence_attributions\": [{\"target\": [{\"token\": \"b\"}], \"target_attributions\": [[1]]}]}", "i.json", NULL, 1, "there is no prompt");
    refuse("[]", "i.json", NULL, 1, "holds one object");
    refuse("{}", "i.json", NULL, 1, "no \"sequence_attributions\"");
#undef ONE
}

static void gzip(void **state) {
    (void)state;
    xsnr_error err = {0};
    gzFile zip = gzopen(in_folder("rich.jsonl.gz"), "wb");
    for (const char *p = rich; *p; p += 100) { // members of a hundred bytes, as gzip files may be put together
        size_t n = strlen(p) < 100 ? strlen(p) : 100;
        assert_int_equal(gzwrite(zip, p, (unsigned)n), (int)n);
        gzclose(zip);
        zip = gzopen(in_folder("rich.jsonl.gz"), "ab");
        if (n < 100) break;
    }
    gzclose(zip);
    put("rich.jsonl", rich);
    assert_ok(import_as("rich.jsonl", "plain.xsnr", NULL, NULL, &err));
    assert_ok(import_as("rich.jsonl.gz", "packed.xsnr", NULL, NULL, &err));
    export_as("plain.xsnr", "jsonl", "plain.jsonl");
    export_as("packed.xsnr", "jsonl", "packed.jsonl");
    char *a = get("plain.jsonl"), *b = get("packed.jsonl");
    assert_string_equal(a, b);
    xs_free(a);
    xs_free(b);
    truncate(in_folder("rich.jsonl.gz"), 60) == 0 ? (void)0 : fail();
    assert_int_equal(import_as("rich.jsonl.gz", "cut.xsnr", NULL, NULL, &err), XSNR_ERR_DATA);
    assert_string_equal(err.message, "this gzip file was cut short");
}

// The nth allocation fails: an error, and no study; or, where SQLite came to the rescue, a whole one.
static void out_of_memory(void **state) {
    (void)state;
    put("rich.jsonl", rich);
    for (long n = 1;; n += n < 60 ? 1 : 7) {
        xsnr_error err = {0};
        xs_alloc_fail_at(n);
        int rc = import_as("rich.jsonl", "nomem.xsnr", NULL, NULL, &err);
        bool reached = xs_alloc_count() >= n;
        xs_alloc_fail_at(0);
        if (rc < 0) assert_int_equal(access(in_folder("nomem.xsnr"), F_OK), -1);
        else assert_int_equal(unlink(in_folder("nomem.xsnr")), 0);
        assert_int_equal(access(in_folder("nomem.xsnr.import"), F_OK), -1);
        if (!reached) break;
        if (rc < 0) assert_int_equal(rc, XSNR_ERR_NOMEM);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wordpiece), cmocka_unit_test(sentencepiece), cmocka_unit_test(bytelevel), cmocka_unit_test(offsets),
        cmocka_unit_test(pooling), cmocka_unit_test(refusals), cmocka_unit_test(rules), cmocka_unit_test(round_trips),
        cmocka_unit_test(gzip), cmocka_unit_test(formats_in_a_row), cmocka_unit_test(inseq), cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
