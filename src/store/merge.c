// Merging in two readings of every part; see merge.h.
//
//   first    compare what the study is made from; a SHA-256 of every model and of every explainer's explanations of it
//   second   write what the target lacks
//
// Parts are open one at a time, for there may be more of them than a process may have files.
#include "store/merge.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "store/merge_hash.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_SHARDS = 10000 };

// A model, or what one explainer says of it.
typedef struct entry {
    uint32_t family, model; // family: index in merge.families
    const char *explainer;  // NULL: the model itself
    size_t part;
    char hash[XS_HASH_HEX];
} entry;

typedef struct merge {
    const char *path;
    const char *const *parts;
    size_t n_parts;
    xs_store *target; // NULL: not made yet
    bool begun;       // the target has no model yet: it is told again what the study is about
    const char *identity, *data; // of the first part (or the target)
    char about[XS_HASH_HEX];     // hash of its classes, texts and gold labels
    xs_store_family *families;   // in its order; models: the most that a part plans
    size_t n_families;
    entry *entries;
    size_t n_entries, capacity;
    uint32_t shards;           // as many as the parts say; 0: they say nothing, or do not agree
    unsigned char *shard_seen; // (MOST_SHARDS)
    xs_arena arena;
} merge;

static const char *name_of(const merge *m, size_t part) { return part < m->n_parts ? m->parts[part] : m->path; }

// What the others are compared with: the target, or else the first part.
static const char *first_of(const merge *m) { return name_of(m, m->target && !m->begun ? m->n_parts : 0); }

/* ------------------------------------------------------------ what a study is about */

static int refuse(const char *part, const char *first, const char *what, xsnr_error *err) {
    return xs_fail_at(err, XSNR_ERR_SCHEMA, part, 0, "this is a part of another study than %s: it has %s", first, what);
}

static int refuse_shard(const char *path, const char *shard, xsnr_error *err) {
    return xs_fail_at(err, XSNR_ERR_ARGUMENT, path, 0, "this is a part itself (%s); join the parts in another file", shard);
}

// The families of a part, which all have (the plan is the same); the most models count.
static int take_families(merge *m, const xs_store_family *families, size_t n, size_t part, xsnr_error *err) {
    if (!m->families) {
        m->families = XS_ARENA_ARRAY(&m->arena, xs_store_family, n);
        if (!m->families) return xs_nomem(err);
        for (size_t f = 0; f < n; f++) {
            xs_store_family *to = &m->families[f];
            *to = (xs_store_family){.models = families[f].models,
                                    .name = xs_arena_strdup(&m->arena, families[f].name),
                                    .type = xs_arena_strdup(&m->arena, families[f].type),
                                    .settings = xs_arena_strdup(&m->arena, families[f].settings)};
            if (!to->name || !to->type || !to->settings) return xs_nomem(err);
        }
        m->n_families = n;
        return XSNR_OK;
    }
    const char *first = first_of(m);
    if (n != m->n_families) return refuse(name_of(m, part), first, "other families", err);
    for (size_t f = 0; f < n; f++) {
        xs_store_family *to = &m->families[f];
        if (strcmp(to->name, families[f].name) != 0 || strcmp(to->type, families[f].type) != 0 ||
            strcmp(to->settings, families[f].settings) != 0)
            return refuse(name_of(m, part), first, "other families", err);
        if (families[f].models > to->models) to->models = families[f].models;
    }
    return XSNR_OK;
}

// Which shard a part says it is; parts of different cuts are fine, but then no shard is missing or there.
static int take_shard(merge *m, const char *shard, bool first, xsnr_error *err) {
    unsigned i, n;
    if (!m->shard_seen) m->shard_seen = XS_ARENA_ARRAY(&m->arena, unsigned char, MOST_SHARDS);
    if (!m->shard_seen) return xs_nomem(err);
    if (!shard || sscanf(shard, "%u/%u", &i, &n) != 2 || i < 1 || i > n || n > MOST_SHARDS) n = 0;
    if (first) m->shards = n;
    if (!n || n != m->shards) m->shards = 0;
    else m->shard_seen[i - 1] = 1;
    return XSNR_OK;
}

// Is the part one of the same study?  The first says what that is.
static int compare(merge *m, xs_store *store, size_t part, xs_arena *arena, xsnr_error *err) {
    const char *identity, *data, *complete, *shard, *path = name_of(m, part);
    char about[XS_HASH_HEX];
    xs_fact *facts;
    xs_store_family *families;
    size_t n, n_facts;
    XS_TRY(xs_store_facts(store, arena, &facts, &n_facts, err));
    XS_TRY(xs_store_fact(store, "identity", arena, &identity, err));
    XS_TRY(xs_store_fact(store, "data_sha256", arena, &data, err));
    XS_TRY(xs_store_fact(store, "texts_stored", arena, &complete, err));
    XS_TRY(xs_store_fact(store, "shard", arena, &shard, err));
    if (!identity && n_facts > 0)
        return xs_fail_at(err, XSNR_ERR_SCHEMA, path, 0,
                          "this study file was not made by `xsnr run` from a study.yaml; only such parts can be joined");
    if (!identity || !data || !complete)
        return xs_fail_at(err, XSNR_ERR_SCHEMA, path, 0, "this part was stopped before its first model; run it again");
    if (part == m->n_parts && shard) return refuse_shard(path, shard, err);
    XS_TRY(xs_merge_hash_about(store, arena, about, err));
    XS_TRY(xs_store_families(store, arena, &families, &n, err));
    const char *first = first_of(m);
    if (!m->identity) {
        m->identity = xs_arena_strdup(&m->arena, identity);
        m->data = xs_arena_strdup(&m->arena, data);
        if (!m->identity || !m->data) return xs_nomem(err);
        memcpy(m->about, about, sizeof about);
    } else if (strcmp(m->identity, identity) != 0) {
        return refuse(path, first, "another plan", err);
    } else if (strcmp(m->data, data) != 0) {
        return refuse(path, first, "other data", err);
    } else if (memcmp(m->about, about, sizeof about) != 0) {
        return refuse(path, first, "other texts, words or classes", err);
    }
    if (part < m->n_parts) XS_TRY(take_shard(m, shard, part == 0, err));
    return take_families(m, families, n, part, err);
}

/* ------------------------------------------------------------ first reading */

static entry *new_entry(merge *m) {
    if (m->n_entries == m->capacity) {
        size_t capacity = m->capacity ? 2 * m->capacity : 256;
        entry *more = xs_realloc_array(m->entries, capacity, sizeof *more);
        if (!more) return NULL;
        m->entries = more;
        m->capacity = capacity;
    }
    return &m->entries[m->n_entries++];
}

// Explanations (n) begin with `count` of one explainer.
static size_t of_one_explainer(const xs_store_explanation *rows, size_t n) {
    size_t count = 0;
    while (count < n && strcmp(rows[count].explainer, rows[0].explainer) == 0) count++;
    return count;
}

static int enter_model(merge *m, xs_store *store, size_t part, size_t family, int64_t id, uint32_t index, xs_arena *arena,
                       xsnr_error *err) {
    xs_store_model model;
    xs_store_explanation *rows;
    size_t n;
    XS_TRY(xs_store_model_of(store, id, index, arena, &model, err));
    XS_TRY(xs_store_explanations_of(store, id, index, arena, &rows, &n, err));
    entry *e = new_entry(m);
    if (!e) return xs_nomem(err);
    *e = (entry){.family = (uint32_t)family, .model = index, .part = part};
    xs_merge_hash_model(&model, e->hash);
    for (size_t i = 0, count; i < n; i += count) {
        count = of_one_explainer(rows + i, n - i);
        e = new_entry(m);
        if (!e) return xs_nomem(err);
        *e = (entry){.family = (uint32_t)family, .model = index, .part = part};
        e->explainer = xs_arena_strdup(&m->arena, rows[i].explainer);
        if (!e->explainer) return xs_nomem(err);
        xs_merge_hash_explanations(rows + i, count, e->hash);
    }
    return XSNR_OK;
}

typedef int on_model(merge *m, xs_store *store, size_t part, size_t family, int64_t id, uint32_t index, xs_arena *arena,
                     xsnr_error *err);

// Every model of a part, family by family, in order.
static int each_model(merge *m, xs_store *store, size_t part, on_model *visit, xsnr_error *err) {
    xs_arena list = {0}, arena = {0};
    xs_store_family *families;
    size_t n_families = 0;
    int rc = xs_store_families(store, &list, &families, &n_families, err);
    for (size_t f = 0; rc == XSNR_OK && f < n_families; f++) {
        xs_store_model *models;
        size_t n = 0;
        rc = xs_store_models(store, families[f].id, XS_LOGITS_NONE, &list, &models, &n, err);
        for (size_t i = 0; rc == XSNR_OK && i < n; i++) {
            xs_arena_mark mark = xs_arena_save(&arena);
            rc = visit(m, store, part, f, families[f].id, models[i].index, &arena, err);
            xs_arena_rewind(&arena, mark);
        }
    }
    xs_arena_free(&list);
    xs_arena_free(&arena);
    return rc;
}

static int look_at(merge *m, xs_store *store, size_t part, xsnr_error *err) {
    xs_arena arena = {0};
    int rc = compare(m, store, part, &arena, err);
    xs_arena_free(&arena);
    return rc == XSNR_OK ? each_model(m, store, part, enter_model, err) : rc;
}

static int by_place(const void *a_, const void *b_) {
    const entry *a = a_, *b = b_;
    if (a->family != b->family) return a->family < b->family ? -1 : 1;
    if (a->model != b->model) return a->model < b->model ? -1 : 1;
    int names = strcmp(a->explainer ? a->explainer : "", b->explainer ? b->explainer : "");
    return names ? names : a->part < b->part ? -1 : a->part > b->part;
}

static bool same_place(const entry *a, const entry *b) {
    return a->family == b->family && a->model == b->model &&
           strcmp(a->explainer ? a->explainer : "", b->explainer ? b->explainer : "") == 0;
}

static int compare_doubles(const merge *m, xsnr_error *err) {
    for (size_t i = 1; i < m->n_entries; i++) {
        const entry *a = &m->entries[i - 1], *b = &m->entries[i];
        if (!same_place(a, b) || memcmp(a->hash, b->hash, sizeof a->hash) == 0) continue;
        return xs_fail_at(err, XSNR_ERR_SCHEMA, name_of(m, b->part), 0,
                          "model %" PRIu32 " of family '%s'%s%s is here and in %s, and differs; parts must come from "
                          "the same version of xsnr on processors of the same kind",
                          b->model, m->families[b->family].name, b->explainer ? ", explained by " : "",
                          b->explainer ? b->explainer : "", name_of(m, a->part));
    }
    return XSNR_OK;
}

/* ------------------------------------------------------------ second reading */

// Writes what the target lacks of one model.
static int write_model(merge *m, xs_store *store, size_t part, size_t family, int64_t id, uint32_t index, xs_arena *arena,
                       xsnr_error *err) {
    (void)part;
    xs_store_family *to = &m->families[family];
    xs_store_explanation *rows, *there;
    size_t n, n_there, kept = 0;
    unsigned char *done = XS_ARENA_ARRAY(arena, unsigned char, (size_t)index + 1);
    if (!done) return xs_nomem(err);
    XS_TRY(xs_store_progress(m->target, to->id, NULL, index + 1, done, err));
    XS_TRY(xs_store_explanations_of(store, id, index, arena, &rows, &n, err));
    if (!(done[index] & 1)) {
        xs_store_model model;
        XS_TRY(xs_store_model_of(store, id, index, arena, &model, err));
        model.family = to->id;
        return xs_store_put_model(m->target, &model, rows, n, err);
    }
    XS_TRY(xs_store_explanations_of(m->target, to->id, index, arena, &there, &n_there, err));
    for (size_t i = 0; i < n; i++) {
        bool new = true;
        for (size_t k = 0; new && k < n_there; k += of_one_explainer(there + k, n_there - k))
            new = strcmp(there[k].explainer, rows[i].explainer) != 0;
        if (new) rows[kept++] = rows[i];
    }
    return kept ? xs_store_put_explanations(m->target, to->id, index, rows, kept, err) : XSNR_OK;
}

// What the study is about, into a new target, from its first part.
static int write_about(merge *m, xs_store *part, xs_arena *arena, xsnr_error *err) {
    xs_fact *facts;
    const char **labels;
    xs_store_text *texts;
    int32_t *gold;
    int n_labels;
    size_t n_facts, n, n_gold;
    XS_TRY(xs_store_facts(part, arena, &facts, &n_facts, err));
    XS_TRY(xs_store_labels(part, arena, &labels, &n_labels, err));
    XS_TRY(xs_store_texts(part, arena, &texts, &n, err));
    XS_TRY(xs_store_gold(part, "test", arena, &gold, &n_gold, err));
    XS_TRY(xs_store_put_fact(m->target, "identity", m->identity, err)); // first: a file that is killed now is known again
    for (size_t i = 0; i < n_facts; i++)
        if (strcmp(facts[i].key, "shard") != 0 && strcmp(facts[i].key, "texts_stored") != 0)
            XS_TRY(xs_store_put_fact(m->target, facts[i].key, facts[i].value, err));
    XS_TRY(xs_store_put_labels(m->target, labels, n_labels, err));
    XS_TRY(xs_store_put_texts(m->target, texts, n, err));
    if (n_gold) XS_TRY(xs_store_put_gold(m->target, "test", gold, n_gold, err));
    return xs_store_put_fact(m->target, "texts_stored", "1", err);
}

// The target's rationales are its own, or those of the first part that has any: the texts are the same.
static int write_rationales(merge *m, xs_store *part, xs_arena *arena, xsnr_error *err) {
    xs_store_rationale *rows, *there;
    size_t n, n_there;
    const char *hash;
    XS_TRY(xs_store_rationales(part, arena, &rows, &n, err));
    if (!n) return XSNR_OK;
    XS_TRY(xs_store_rationales(m->target, arena, &there, &n_there, err));
    if (n_there) return XSNR_OK;
    XS_TRY(xs_store_fact(part, "rationales", arena, &hash, err));
    return xs_store_put_rationales(m->target, rows, n, hash, err);
}

// The same of phrases.
static int write_phrases(merge *m, xs_store *part, xs_arena *arena, xsnr_error *err) {
    xs_store_phrases phrases, there;
    const char *hash;
    XS_TRY(xs_store_phrases_of(part, arena, &phrases, err));
    if (!phrases.n) return XSNR_OK;
    XS_TRY(xs_store_phrases_of(m->target, arena, &there, err));
    if (there.n) return XSNR_OK;
    XS_TRY(xs_store_fact(part, "phrases", arena, &hash, err));
    return xs_store_put_phrases(m->target, &phrases, hash, err);
}

static int write_part(merge *m, xs_store *store, size_t part, bool about, xsnr_error *err) {
    xs_arena arena = {0};
    int rc = about ? write_about(m, store, &arena, err) : XSNR_OK;
    if (rc == XSNR_OK) rc = write_rationales(m, store, &arena, err);
    if (rc == XSNR_OK) rc = write_phrases(m, store, &arena, err);
    xs_arena_free(&arena);
    for (size_t f = 0; part == 0 && rc == XSNR_OK && f < m->n_families; f++)
        rc = xs_store_put_family(m->target, &m->families[f], err);
    return rc == XSNR_OK ? each_model(m, store, part, write_model, err) : rc;
}

static int write_all(merge *m, bool fresh, xsnr_error *err) {
    int rc = XSNR_OK;
    for (size_t i = 0; rc == XSNR_OK && i < m->n_parts; i++) {
        xs_store *part;
        XS_TRY(xs_store_open(m->parts[i], XS_STORE_READ, &part, err));
        rc = write_part(m, part, i, fresh && i == 0, err);
        xs_store_close(part);
    }
    return rc;
}

/* ------------------------------------------------------------ what there is now */

static void describe_shards(const merge *m, xs_str *out) {
    size_t missing = 0;
    for (uint32_t i = 0; i < m->shards; i++) missing += !m->shard_seen[i];
    if (!missing) return;
    xs_str_printf(out, "shard%s missing:", missing == 1 ? "" : "s");
    for (uint32_t i = 0; i < m->shards; i++)
        if (!m->shard_seen[i]) xs_str_printf(out, " %" PRIu32 "/%" PRIu32, i + 1, m->shards);
    xs_str_put(out, "\n");
}

static int describe(merge *m, bool fresh, xs_str *out, xsnr_error *err) {
    size_t planned = 0, there = 0;
    xs_str list = {0};
    int rc = XSNR_OK;
    for (size_t f = 0; rc == XSNR_OK && f < m->n_families; f++) {
        const xs_store_family *family = &m->families[f];
        unsigned char *done = xs_calloc(family->models ? family->models : 1, 1);
        size_t of_family = 0;
        rc = done ? xs_store_progress(m->target, family->id, NULL, family->models, done, err) : xs_nomem(err);
        for (uint32_t i = 0; rc == XSNR_OK && i < family->models; i++) of_family += done[i] & 1;
        xs_free(done);
        planned += family->models;
        there += of_family;
        if (of_family < family->models) xs_str_printf(&list, ", %zu of %s", family->models - of_family, family->name);
    }
    xs_str_printf(out, "%zu of %zu models are in %s\n", there, planned, m->path);
    if (fresh && there < planned) describe_shards(m, out); // what was added to may have had them
    if (there < planned) xs_str_printf(out, "models missing: %s\n", list.data ? list.data + 2 : "");
    xs_str_free(&list);
    return rc == XSNR_OK && xs_str_failed(out) ? xs_nomem(err) : rc;
}

/* ------------------------------------------------------------ all of it */

static bool same_file(const char *a, const char *b) {
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

// Was the target left without a model, by a merge or a run that was killed before its first?  Such a file says at most
// whose it is; one that says that it was imported is no such file.
static int is_begun(merge *m, xs_arena *arena, bool *out, xsnr_error *err) {
    xs_fact *facts;
    xs_store_family *families;
    xs_store_model *models;
    const char *identity;
    size_t n_facts, n_families, n = 0;
    XS_TRY(xs_store_facts(m->target, arena, &facts, &n_facts, err));
    XS_TRY(xs_store_fact(m->target, "identity", arena, &identity, err));
    XS_TRY(xs_store_families(m->target, arena, &families, &n_families, err));
    for (size_t f = 0; f < n_families && n == 0; f++)
        XS_TRY(xs_store_models(m->target, families[f].id, XS_LOGITS_NONE, arena, &models, &n, err));
    *out = n == 0 && (identity || n_facts == 0);
    return XSNR_OK;
}

// What a target that is only begun says of itself must be true of the parts.
static int compare_begun(merge *m, xs_arena *arena, xsnr_error *err) {
    const char *identity, *data, *shard;
    XS_TRY(xs_store_fact(m->target, "identity", arena, &identity, err));
    XS_TRY(xs_store_fact(m->target, "data_sha256", arena, &data, err));
    XS_TRY(xs_store_fact(m->target, "shard", arena, &shard, err));
    if (shard) return refuse_shard(m->path, shard, err);
    if (identity && strcmp(identity, m->identity) != 0) return refuse(m->path, m->parts[0], "another plan", err);
    if (data && strcmp(data, m->data) != 0) return refuse(m->path, m->parts[0], "other data", err);
    return XSNR_OK;
}

static int look_at_target(merge *m, xsnr_error *err) {
    xs_arena arena = {0};
    int rc = is_begun(m, &arena, &m->begun, err);
    xs_arena_free(&arena);
    return rc < 0 || m->begun ? rc : look_at(m, m->target, m->n_parts, err);
}

static int look_at_all(merge *m, xsnr_error *err) {
    if (m->target) XS_TRY(look_at_target(m, err));
    for (size_t i = 0; i < m->n_parts; i++) {
        xs_store *part;
        if (same_file(m->parts[i], m->path))
            return xs_fail_at(err, XSNR_ERR_ARGUMENT, m->path, 0, "this is the file to be written, and one of the parts");
        XS_TRY(xs_store_open(m->parts[i], XS_STORE_READ, &part, err));
        int rc = look_at(m, part, i, err);
        xs_store_close(part);
        XS_TRY(rc);
    }
    if (m->begun) XS_TRY(compare_begun(m, &m->arena, err));
    if (m->n_entries) qsort(m->entries, m->n_entries, sizeof *m->entries, by_place);
    return compare_doubles(m, err);
}

int xs_store_merge(const char *const *parts, size_t n, const char *path, xs_str *summary, xsnr_error *err) {
    if (!n) return xs_fail(err, XSNR_ERR_ARGUMENT, "there are no parts to join");
    merge m = {.path = path, .parts = parts, .n_parts = n};
    bool fresh = access(path, F_OK) != 0, made = false;
    int rc = fresh ? XSNR_OK : xs_store_open(path, XS_STORE_WRITE, &m.target, err);
    if (rc == XSNR_OK) rc = look_at_all(&m, err);
    if (rc == XSNR_OK && fresh) {
        rc = xs_store_open(path, XS_STORE_WRITE, &m.target, err);
        made = rc == XSNR_OK;
    }
    if (rc == XSNR_OK) rc = write_all(&m, fresh || m.begun, err);
    if (rc == XSNR_OK) rc = describe(&m, fresh || m.begun, summary, err);
    xs_store_close(m.target);
    if (rc < 0 && made) unlink(path); // whole or not at all
    xs_free(m.entries);
    xs_arena_free(&m.arena);
    return rc;
}
