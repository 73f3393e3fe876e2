// The vocabulary of a Unigram tokenizer, by expectation-maximisation (Kudo 2018; SentencePiece's trainer).
//
// Seeds are the characters and the substrings of words that occur at least twice, the best by count × length.
// Then, until the vocabulary is small enough: two rounds of EM (expected counts of every token over all cuts of
// every word, by forward and backward sums; new scores digamma(count) − digamma(sum), tokens expected less than
// half a time dropped), and a quarter of the tokens is pruned, those whose absence costs the likelihood least.
// Characters are never pruned.  Sums run over the words by their bytes, so that they do not depend on anything
// else; ties are broken by bytes.
#include "base/alloc.h"
#include "text/tokenizer_train_parts.h"
#include "text/utf8.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST 16u      // characters of a seed
#define SEEDS 10u        // times the vocabulary
#define KEPT 0.75        // of the tokens, by one pruning
#define ROUNDS 2         // of EM between prunings
#define OVERSHOOT 1.1    // pruning ends at this many times the vocabulary; the best of these are taken
#define LEAST_COUNT 0.5
#define LONGEST_WORD 102u

typedef struct token {
    const char *text; // in the seeds' table
    uint32_t bytes;
    bool character; // of one character: stays
    double score, weight;
} token;

typedef struct trainer {
    const xs_word_counts *words;
    const json_t *special; // rows of the tokens that are there already: a text may spell them
    xs_intern seeds;
    token *token; // (n)
    uint32_t n;
    xs_trie trie;
} trainer;

typedef struct span {
    uint32_t start, end; // characters
    int32_t token;
} span;

// digamma(x), x > 0: recurrence up to 7, then the asymptotic series.
static double digamma(double x) {
    double result = 0;
    while (x < 7) result -= 1 / x++;
    x -= 0.5;
    double y = 1 / (x * x);
    return result + log(x) + y * (1.0 / 24 - y * (7.0 / 960 - y * (31.0 / 8064 - y * 127.0 / 30720)));
}

static double log_add(double a, double b) {
    if (a < b) return b + log1p(exp(a - b));
    return a == -INFINITY ? a : a + log1p(exp(b - a));
}

static uint32_t decode(const char *text, uint32_t size, int32_t *c) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < size && n < LONGEST_WORD;) c[n++] = xs_utf8_next(text, &i, size);
    return n;
}

// ---- seeds -------------------------------------------------------------------------------------------------
static int by_weight(const void *a, const void *b) {
    const token *x = a, *y = b;
    if (x->character != y->character) return x->character ? -1 : 1;
    if (x->weight != y->weight) return x->weight > y->weight ? -1 : 1;
    return strcmp(x->text, y->text);
}

// Adds every substring of a word to the seeds, its count to `count`.
static int add_substrings(trainer *t, uint32_t w, uint64_t **count, size_t *room) {
    const char *text = t->words->words.text[w];
    uint32_t at[LONGEST_WORD + 1], n = 0, size = t->words->words.length[w];
    for (uint32_t i = 0; i < size && n < LONGEST_WORD; n++) {
        at[n] = i;
        xs_utf8_next(text, &i, size);
    }
    at[n] = size;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = i + 1; k <= n && k - i <= LONGEST; k++) {
            uint32_t seed = xs_intern_add(&t->seeds, text + at[i], at[k] - at[i]);
            if (seed == XS_NOT_INTERNED) return XSNR_ERR_NOMEM;
            if (seed >= *room) {
                size_t more = *room ? *room * 2 : 65536;
                uint64_t *grown = xs_realloc_array(*count, more, sizeof *grown);
                if (!grown) return XSNR_ERR_NOMEM;
                memset(grown + *room, 0, (more - *room) * sizeof *grown);
                *count = grown;
                *room = more;
            }
            (*count)[seed] += t->words->count[w];
        }
    return XSNR_OK;
}

static bool is_special(const trainer *t, const char *text) {
    for (size_t i = 0; i < json_array_size(t->special); i++)
        if (strcmp(json_string_value(json_array_get(json_array_get(t->special, i), 0)), text) == 0) return true;
    return false;
}

static int find_seeds(trainer *t, uint32_t most) {
    uint64_t *count = NULL;
    size_t room = 0;
    int rc = XSNR_OK;
    for (uint32_t k = 0; k < t->words->words.count && rc == XSNR_OK; k++)
        rc = add_substrings(t, t->words->order[k], &count, &room);
    if (rc == XSNR_OK && !(t->token = XS_NEW_ARRAY(token, t->seeds.count))) rc = XSNR_ERR_NOMEM;
    for (uint32_t k = 0; k < t->seeds.count && rc == XSNR_OK; k++) {
        uint32_t first = 0, chars = 0;
        for (; first < t->seeds.length[k]; chars++) xs_utf8_next(t->seeds.text[k], &first, t->seeds.length[k]);
        if (chars > 1 && (count[k] < 2 || is_special(t, t->seeds.text[k]))) continue;
        t->token[t->n++] = (token){t->seeds.text[k], t->seeds.length[k], chars == 1, 0, (double)count[k] * chars};
    }
    xs_free(count);
    if (rc < 0) return rc;
    qsort(t->token, t->n, sizeof *t->token, by_weight);
    if (t->n > most) t->n = most;
    double sum = 0;
    for (uint32_t k = 0; k < t->n; k++) sum += t->token[k].weight;
    for (uint32_t k = 0; k < t->n; k++) t->token[k].score = log(t->token[k].weight / sum);
    return XSNR_OK;
}

static int index_tokens(trainer *t) {
    xs_trie_free(&t->trie);
    for (uint32_t k = 0; k < t->n; k++) XS_TRY(xs_trie_add(&t->trie, t->token[k].text, t->token[k].bytes, (int32_t)k));
    return XSNR_OK;
}

// Every token in characters c (n), by start; at most n × LONGEST.
static uint32_t find_spans(const trainer *t, const int32_t *c, uint32_t n, span *out) {
    uint32_t spans = 0;
    for (uint32_t i = 0; i < n; i++) {
        const xs_trie_edge *edge;
        for (uint32_t k = i, node = 0; k < n && (edge = xs_trie_step(&t->trie, node, c[k])); k++) {
            node = edge->child;
            if (edge->value >= 0) out[spans++] = (span){i, k + 1, edge->value};
        }
    }
    return spans;
}

// ---- EM ----------------------------------------------------------------------------------------------------
static void expect_word(const trainer *t, uint32_t w) {
    int32_t c[LONGEST_WORD];
    span spans[LONGEST_WORD * LONGEST];
    double forward[LONGEST_WORD + 1], backward[LONGEST_WORD + 1];
    uint32_t n = decode(t->words->words.text[w], t->words->words.length[w], c);
    uint32_t n_spans = find_spans(t, c, n, spans);
    for (uint32_t i = 0; i <= n; i++) forward[i] = backward[i] = -INFINITY;
    forward[0] = backward[n] = 0;
    for (uint32_t k = 0; k < n_spans; k++) {
        double sum = forward[spans[k].start] + t->token[spans[k].token].score;
        forward[spans[k].end] = log_add(forward[spans[k].end], sum);
    }
    for (uint32_t k = n_spans; k--;) {
        double sum = backward[spans[k].end] + t->token[spans[k].token].score;
        backward[spans[k].start] = log_add(backward[spans[k].start], sum);
    }
    if (!(forward[n] > -INFINITY)) return; // a character that was not kept
    for (uint32_t k = 0; k < n_spans; k++) {
        token *s = &t->token[spans[k].token];
        s->weight += (double)t->words->count[w] *
                     exp(forward[spans[k].start] + s->score + backward[spans[k].end] - forward[n]);
    }
}

static int improve(trainer *t) {
    XS_TRY(index_tokens(t));
    for (uint32_t k = 0; k < t->n; k++) t->token[k].weight = 0;
    for (uint32_t k = 0; k < t->words->words.count; k++) expect_word(t, t->words->order[k]);
    uint32_t kept = 0;
    double sum = 0;
    for (uint32_t k = 0; k < t->n; k++) {
        if (!t->token[k].character && t->token[k].weight < LEAST_COUNT) continue;
        if (t->token[k].weight < LEAST_COUNT) t->token[k].weight = LEAST_COUNT;
        t->token[kept++] = t->token[k];
        sum += t->token[kept - 1].weight;
    }
    t->n = kept;
    for (uint32_t k = 0; k < kept; k++) t->token[k].score = digamma(t->token[k].weight) - digamma(sum);
    return XSNR_OK;
}

// ---- pruning -----------------------------------------------------------------------------------------------
// The best cut of c (n) without the token `but`; its tokens go to `path`, from the last; their number, 0: none.
static uint32_t best_cut(const trainer *t, const int32_t *c, uint32_t n, int32_t but, int32_t *path) {
    span spans[LONGEST_WORD * LONGEST];
    double best[LONGEST_WORD + 1];
    uint32_t from[LONGEST_WORD + 1] = {0};
    int32_t by[LONGEST_WORD + 1] = {0};
    uint32_t n_spans = find_spans(t, c, n, spans), length = 0;
    for (uint32_t i = 0; i <= n; i++) best[i] = i ? -INFINITY : 0;
    for (uint32_t k = 0; k < n_spans; k++) {
        if (spans[k].token == but) continue;
        double sum = best[spans[k].start] + t->token[spans[k].token].score;
        if (!(sum > best[spans[k].end])) continue;
        best[spans[k].end] = sum;
        from[spans[k].end] = spans[k].start;
        by[spans[k].end] = spans[k].token;
    }
    if (!(best[n] > -INFINITY)) return 0;
    for (uint32_t i = n; i; i = from[i]) path[length++] = by[i];
    return length;
}

// Sets weights to what the likelihood loses without the token: its best replacement takes over its count.
static int weigh(trainer *t) {
    XS_TRY(index_tokens(t));
    double *count = XS_NEW_ARRAY(double, t->n), sum = 0;
    if (!count) return XSNR_ERR_NOMEM;
    int32_t c[LONGEST_WORD], path[LONGEST_WORD];
    for (uint32_t k = 0; k < t->words->words.count; k++) {
        uint32_t w = t->words->order[k], n = decode(t->words->words.text[w], t->words->words.length[w], c);
        for (uint32_t i = best_cut(t, c, n, -1, path); i--;) {
            count[path[i]] += (double)t->words->count[w];
            sum += (double)t->words->count[w];
        }
    }
    for (uint32_t k = 0; k < t->n; k++) {
        token *s = &t->token[k];
        s->weight = 0;
        if (s->character || count[k] == 0) continue;
        uint32_t n = decode(s->text, s->bytes, c), parts = best_cut(t, c, n, (int32_t)k, path);
        if (!parts) { // nothing replaces it
            s->weight = INFINITY;
            continue;
        }
        double after = log(sum + count[k] * (parts - 1.0)), instead = 0;
        for (uint32_t i = 0; i < parts; i++) instead += log(count[path[i]] + count[k]) - after;
        s->weight = count[k] / sum * (log(count[k]) - log(sum) - instead);
    }
    xs_free(count);
    return XSNR_OK;
}

static int by_score(const void *a, const void *b) {
    const token *x = a, *y = b;
    if (x->score != y->score) return x->score > y->score ? -1 : 1;
    return strcmp(x->text, y->text);
}

// What is kept in the end: the characters, and the best of the others.
static void choose(trainer *t, uint32_t room) {
    for (uint32_t k = 0; k < t->n; k++) t->token[k].weight = t->token[k].score;
    qsort(t->token, t->n, sizeof *t->token, by_weight);
    if (t->n > room) t->n = room;
    qsort(t->token, t->n, sizeof *t->token, by_score);
}

static int train(trainer *t, uint32_t room) {
    uint64_t most = (uint64_t)SEEDS * room, enough = (uint64_t)(OVERSHOOT * room);
    XS_TRY(find_seeds(t, most > UINT32_MAX ? UINT32_MAX : (uint32_t)most));
    for (;;) {
        for (int round = 0; round < ROUNDS; round++) XS_TRY(improve(t));
        if (t->n <= enough) break;
        XS_TRY(weigh(t));
        qsort(t->token, t->n, sizeof *t->token, by_weight);
        uint32_t characters = 0, next = (uint32_t)(KEPT * t->n);
        while (characters < t->n && t->token[characters].character) characters++;
        if (next < enough) next = (uint32_t)enough;
        if (next < characters) next = characters;
        if (next >= t->n) break;
        t->n = next;
    }
    choose(t, room);
    return XSNR_OK;
}

int xs_train_unigram(const xs_word_counts *words, uint32_t n_special, uint32_t size, json_t *vocabulary,
                     xsnr_error *err) {
    trainer t = {.words = words, .special = vocabulary};
    int rc = train(&t, size - n_special);
    for (uint32_t k = 0; k < t.n && rc == XSNR_OK; k++)
        if (json_array_append_new(vocabulary, json_pack("[s, f]", t.token[k].text, t.token[k].score)) < 0) rc = XSNR_ERR_NOMEM;
    xs_intern_free(&t.seeds);
    xs_trie_free(&t.trie);
    xs_free(t.token);
    return rc < 0 ? xs_nomem(err) : rc;
}
