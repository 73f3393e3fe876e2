// The training loop of networks; see trainer.h.
//
// A row of the word embeddings that a step does not touch still moves under AdamW.  It is brought up to date when
// a batch next reads it (adamw_rows), so that a step costs what its own words cost, and the bits are those of the
// dense update.
#include "model/trainer.h"
#include "base/alloc.h"
#include "base/random.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct xs_trainer {
    const xs_backend *ops;
    xs_trainee what;
    const xs_recipe *recipe;
    uint32_t longest; // most tokens of a text
    xs_device *device;
    void *network;
    xs_buffer *gradient, *first, *second, *best; // (total) g, m, v; best: with patience
    size_t word_end;                             // the word embeddings are [0, word_end)
    uint32_t *since;   // (V) step to which a row is up to date
    uint32_t *seen;    // (V) last step that touched a row, for the list
    uint32_t *touched; // (V) rows of this step
    uint32_t n_touched;
    uint32_t texts;                                 // of the batch
    uint32_t *begin, *id, *kind, *document, *label; // the batch
    uint32_t *some;                          // (B) texts of a batch of loss_of
    uint32_t *lengths;                       // (longest + 2) of shuffle
    double *loss;                            // (B)
    double *values;                          // (largest tensor) on their way to the device
    xs_adamw *history;                       // (steps + 1)
    size_t history_size;
    uint32_t *order, *batches; // (texts), (batches)
    size_t order_size;
};

static size_t largest_tensor(const xs_trainee *w) {
    size_t most = 0;
    for (size_t i = 0; i < w->n; i++)
        if (w->parameter[i].count > most) most = w->parameter[i].count;
    return most;
}

static xs_batch_room room_of(const xs_recipe *r, uint32_t longest) {
    return (xs_batch_room){.texts = r->batch,
                           .rows = r->batch * longest,
                           .longest = longest,
                           .squares = (size_t)r->batch * longest * longest};
}

size_t xs_trainer_size(const xs_backend *ops, const xs_trainee *w, const xs_recipe *r, uint32_t longest) {
    xs_batch_room room = room_of(r, longest);
    return (size_t)(r->patience ? 5 : 4) * w->total * ops->real + largest_tensor(w) * sizeof(double) +
           3 * (size_t)w->vocabulary * sizeof(uint32_t) + w->kind->bytes(ops, w->layout, &room);
}

int xs_trainer_open(const xs_backend *ops, const xs_trainee *trainee, const xs_recipe *recipe, uint32_t longest,
                    xs_trainer **out, xsnr_error *err) {
    xs_trainer *t = XS_NEW(xs_trainer);
    if (!t) return xs_nomem(err);
    *t = (xs_trainer){.ops = ops, .what = *trainee, .recipe = recipe, .longest = longest};
    size_t V = trainee->vocabulary, B = recipe->batch;
    t->word_end = V * trainee->hidden;
    t->since = XS_NEW_ARRAY(uint32_t, V);
    t->seen = XS_NEW_ARRAY(uint32_t, V);
    t->touched = XS_NEW_ARRAY(uint32_t, V);
    t->begin = XS_NEW_ARRAY(uint32_t, B + 1);
    t->id = XS_NEW_ARRAY(uint32_t, B * longest);
    t->kind = XS_NEW_ARRAY(uint32_t, B * longest);
    t->document = XS_NEW_ARRAY(uint32_t, B);
    t->label = XS_NEW_ARRAY(uint32_t, B);
    t->some = XS_NEW_ARRAY(uint32_t, B);
    t->lengths = XS_NEW_ARRAY(uint32_t, longest + 2);
    t->loss = XS_NEW_ARRAY(double, B);
    t->values = XS_NEW_ARRAY(double, largest_tensor(trainee));
    bool all = t->since && t->seen && t->touched && t->begin && t->id && t->kind && t->document && t->label && t->some &&
               t->lengths && t->loss && t->values;
    int rc = all ? ops->open(&t->device, err) : xs_nomem(err);
    xs_batch_room room = room_of(recipe, longest);
    if (rc == XSNR_OK) rc = trainee->kind->open(ops, t->device, trainee->layout, &room, &t->network, err);
    if (rc == XSNR_OK) rc = ops->reals(t->device, trainee->total, &t->gradient, err);
    if (rc == XSNR_OK) rc = ops->reals(t->device, trainee->total, &t->first, err);
    if (rc == XSNR_OK) rc = ops->reals(t->device, trainee->total, &t->second, err);
    if (rc == XSNR_OK && recipe->patience) rc = ops->reals(t->device, trainee->total, &t->best, err);
    if (rc < 0) {
        xs_trainer_free(t);
        return rc;
    }
    *out = t;
    return XSNR_OK;
}

void xs_trainer_free(xs_trainer *t) {
    if (!t) return;
    t->what.kind->close(t->network);
    xs_buffer *buffers[] = {t->gradient, t->first, t->second, t->best};
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        if (buffers[i]) t->ops->release(t->device, buffers[i]);
    if (t->device) t->ops->close(t->device);
    void *memory[] = {t->since, t->seen, t->touched, t->begin, t->id, t->kind, t->document, t->label, t->some,
                      t->lengths, t->loss, t->values, t->history, t->order, t->batches};
    for (size_t i = 0; i < sizeof memory / sizeof *memory; i++) xs_free(memory[i]);
    xs_free(t);
}

const xs_profile *xs_trainer_profile(const xs_trainer *t) { return t->ops->profile(t->device); }

void *xs_trainer_network(xs_trainer *t) { return t->network; }

int xs_trainer_initialise(xs_trainer *t, xs_buffer *parameters, uint64_t seed, const float *start, const bool *absent,
                          xsnr_error *err) {
    for (size_t i = 0; i < t->what.n; i++) {
        const xs_parameter *p = &t->what.parameter[i];
        if (!start || absent[i]) t->what.kind->initialise(t->what.layout, i, seed, t->values);
        else
            for (size_t k = 0; k < p->count; k++) t->values[k] = (double)start[p->at + k];
        t->ops->put_reals(t->device, (xs_view){parameters, p->at}, t->values, p->count);
    }
    return t->ops->status(t->device, err);
}

// Room for the order of n texts in batches of B, and for the options of all steps.
static int make_room(xs_trainer *t, size_t n, size_t steps, xsnr_error *err) {
    if (n > t->order_size) {
        xs_free(t->order), xs_free(t->batches);
        t->order_size = 0;
        t->order = XS_NEW_ARRAY(uint32_t, n);
        t->batches = XS_NEW_ARRAY(uint32_t, n);
        if (!t->order || !t->batches) return xs_nomem(err);
        t->order_size = n;
    }
    if (steps + 1 > t->history_size) {
        xs_free(t->history);
        t->history_size = 0;
        t->history = XS_NEW_ARRAY(xs_adamw, steps + 1);
        if (!t->history) return xs_nomem(err);
        t->history_size = steps + 1;
    }
    return XSNR_OK;
}

static size_t tokens_of(const xs_encoded *e, uint32_t text) { return e->begin[text + 1] - e->begin[text]; }

// By length, equal lengths as they came: a counting sort.
static void sort_by_length(xs_trainer *t, const xs_encoded *e, uint32_t *text, size_t n, uint32_t *room) {
    uint32_t *count = t->lengths, longest = t->longest;
    memset(count, 0, (longest + 2) * sizeof *count);
    for (size_t i = 0; i < n; i++) count[tokens_of(e, text[i]) + 1]++;
    for (uint32_t l = 1; l <= longest + 1; l++) count[l] += count[l - 1];
    for (size_t i = 0; i < n; i++) room[count[tokens_of(e, text[i])]++] = text[i];
    memcpy(text, room, n * sizeof *text);
}

// The order of one epoch: texts are shuffled, sorted by length within groups of 50 batches, and the batches are
// shuffled.  t->order holds the texts, t->batches where each batch starts.
static void shuffle(xs_trainer *t, const xs_encoded *e, size_t n, uint64_t seed, uint32_t epoch) {
    enum { GROUP = 50 };
    xs_rng rng = xs_rng_at(seed, XS_STREAM_ORDER, epoch, 0);
    xs_rng_permute(&rng, t->order, n);
    size_t B = t->recipe->batch, group = GROUP * B, batches = (n + B - 1) / B;
    for (size_t i = 0; i < n; i += group) {
        size_t m = n - i < group ? n - i : group;
        sort_by_length(t, e, t->order + i, m, t->batches);
    }
    for (size_t i = 0; i < batches; i++) t->batches[i] = (uint32_t)(i * B);
    rng = xs_rng_at(seed, XS_STREAM_ORDER, epoch, 1);
    xs_rng_permute(&rng, t->batches, batches);
}

// Words that are dropped are unknown instead: place 0 of the stream dropout; networks for this use places from 1.
static void drop_words(const xs_trainer *t, xs_step_noise noise, uint32_t text, uint32_t *id, size_t n) {
    xs_rng rng = xs_rng_at(noise.seed, XS_STREAM_DROPOUT, text, noise.step);
    for (size_t k = 0; k < n; k++)
        if (xs_rng_uniform(&rng) < t->recipe->word_dropout) id[k] = t->what.unknown;
}

static void put_batch(xs_trainer *t, const xs_encoded *e, const uint32_t *text, size_t n, xs_step_noise noise) {
    t->texts = (uint32_t)n;
    t->begin[0] = 0;
    for (size_t b = 0; b < n; b++) {
        size_t T = tokens_of(e, text[b]);
        memcpy(t->id + t->begin[b], e->id + e->begin[text[b]], T * sizeof *t->id);
        if (e->kind) memcpy(t->kind + t->begin[b], e->kind + e->begin[text[b]], T * sizeof *t->kind);
        t->begin[b + 1] = t->begin[b] + (uint32_t)T;
        t->document[b] = text[b];
        t->label[b] = (uint32_t)e->label[text[b]];
        if (noise.on && t->recipe->word_dropout > 0) drop_words(t, noise, text[b], t->id + t->begin[b], T);
    }
    t->what.kind->put(t->network, &(xs_batch){.texts = (uint32_t)n,
                                              .begin = t->begin,
                                              .id = t->id,
                                              .kind = e->kind ? t->kind : NULL,
                                              .document = t->document,
                                              .label = t->label});
}

// The words of this batch, each once.
static void list_touched(xs_trainer *t, uint32_t step) {
    t->n_touched = 0;
    for (uint32_t r = 0; r < t->begin[t->texts]; r++) {
        uint32_t id = t->id[r];
        if (t->seen[id] == step) continue;
        t->seen[id] = step;
        t->touched[t->n_touched++] = id;
        if (t->recipe->lazy) t->since[id] = step - 1;
    }
}

static xs_view at(xs_buffer *b, size_t offset) { return (xs_view){b, offset}; }

static void move_rows(xs_trainer *t, xs_buffer *parameters, const uint32_t *rows, uint32_t n, uint32_t step, bool idle) {
    t->ops->adamw_rows(t->device, n, t->what.hidden, rows, t->since, step, idle, t->history,
                       at(parameters, 0), at(t->gradient, 0), at(t->first, 0), at(t->second, 0));
}

// Brings every row of the word embeddings up to date.
static void catch_up(xs_trainer *t, xs_buffer *parameters, uint32_t step) {
    if (t->recipe->lazy) return;
    uint32_t V = t->what.vocabulary;
    for (uint32_t i = 0; i < V; i++) t->touched[i] = i;
    move_rows(t, parameters, t->touched, V, step, true);
}

// One update of everything; neighbours that decay alike move together.
static void update(xs_trainer *t, xs_buffer *parameters, uint32_t step) {
    const xs_trainee *l = &t->what;
    xs_adamw *o = &t->history[step];
    double squares = t->ops->squares(t->device, l->total - t->word_end, at(t->gradient, t->word_end)) +
                     t->ops->squares_rows(t->device, t->n_touched, l->hidden, t->touched, at(t->gradient, 0));
    double clip = t->recipe->clip / (sqrt(squares) + 1e-6);
    o->clip = t->recipe->clip > 0 && clip < 1 ? clip : 1;
    move_rows(t, parameters, t->touched, t->n_touched, step, false);
    for (size_t i = 1; i < l->n;) { // parameter 0 is the word embeddings
        size_t k = i, n = 0;
        bool decays = xs_parameter_decays(&l->parameter[i]);
        for (; k < l->n && xs_parameter_decays(&l->parameter[k]) == decays; k++) n += l->parameter[k].count;
        xs_adamw own = *o;
        if (!decays) own.decay = 0;
        size_t from = l->parameter[i].at;
        t->ops->adamw(t->device, n, &own, at(parameters, from), at(t->gradient, from), at(t->first, from),
                      at(t->second, from));
        i = k;
    }
}

// Linear warm-up, then linear decay to 0 after the last step.
static double rate_at(const xs_recipe *r, uint32_t step, uint32_t steps) {
    if (r->constant) return r->rate;
    double warm = floor(r->warmup * steps), done = step - 1;
    return done < warm ? r->rate * (done + 1) / (warm + 1) : r->rate * (steps - done) / fmax(steps - warm, 1);
}

// Mean loss of the batch that was computed.
static double batch_loss(xs_trainer *t, double smoothing) {
    uint32_t B = t->texts;
    double sum = 0;
    t->ops->get_reals(t->device, t->what.kind->loss(t->network, smoothing), t->loss, B);
    for (uint32_t b = 0; b < B; b++) sum += t->loss[b];
    return sum / B;
}

static int train_step(xs_trainer *t, xs_buffer *parameters, const xs_encoded *e, const uint32_t *text, size_t n,
                      uint64_t dropout, uint32_t step, double *loss, xsnr_error *err) {
    xs_step_noise noise = {dropout, step, true};
    put_batch(t, e, text, n, noise);
    list_touched(t, step);
    move_rows(t, parameters, t->touched, t->n_touched, step - 1, true);
    t->what.kind->forward(t->network, at(parameters, 0), noise);
    *loss = batch_loss(t, t->recipe->smoothing);
    XS_TRY(t->ops->status(t->device, err));
    if (!isfinite(*loss))
        return xs_fail(err, XSNR_ERR_NUMERIC,
                       "training diverged at step %u: the loss is not finite; a smaller rate or a longer warm-up may "
                       "help",
                       step);
    t->what.kind->backward(t->network, at(parameters, 0), at(t->gradient, 0));
    update(t, parameters, step);
    return t->ops->status(t->device, err);
}

// Mean cross-entropy of labelled texts, dropout off.
static int loss_of(xs_trainer *t, xs_buffer *parameters, const xs_encoded *e, double *loss, xsnr_error *err) {
    size_t B = t->recipe->batch, counted = 0;
    double sum = 0;
    for (size_t i = 0; i < e->count;) {
        size_t n = 0;
        for (; i < e->count && n < B; i++)
            if (e->label[i] >= 0) t->some[n++] = (uint32_t)i;
        if (!n) break;
        put_batch(t, e, t->some, n, (xs_step_noise){0});
        t->what.kind->forward(t->network, at(parameters, 0), (xs_step_noise){0});
        sum += batch_loss(t, 0) * (double)n;
        counted += n;
        XS_TRY(t->ops->status(t->device, err));
    }
    *loss = counted ? sum / (double)counted : NAN;
    return XSNR_OK;
}

// Texts of one model's training: those with a label, or n of n of them drawn with replacement.
static size_t draw_texts(const xs_encoded *e, uint64_t sample, uint32_t *text) {
    size_t n = 0;
    for (size_t i = 0; i < e->count; i++)
        if (e->label[i] >= 0) text[n++] = (uint32_t)i;
    if (!sample || !n) return n;
    xs_rng rng = xs_rng_at(sample, XS_STREAM_SAMPLE, 0, 0);
    size_t labelled = 0;
    uint32_t *drawn = text + n; // there is room for twice as many
    for (size_t i = 0; i < n; i++) drawn[i] = text[xs_rng_below(&rng, (uint32_t)n)];
    for (size_t i = 0; i < n; i++) text[labelled++] = drawn[i];
    return n;
}

static int run(xs_trainer *t, xs_buffer *parameters, const xs_seeds *seeds, const xs_encoded *train,
               const xs_encoded *valid, xs_training *record, xsnr_error *err) {
    const xs_recipe *r = t->recipe;
    size_t B = r->batch, V = t->what.vocabulary, total = t->what.total;
    XS_TRY(make_room(t, 2 * train->count, 0, err));
    size_t n = draw_texts(train, seeds->sample, t->order);
    if (!n) return xs_fail(err, XSNR_ERR_DATA, "no training text has a label");
    size_t per_epoch = (n + B - 1) / B, steps = per_epoch * (size_t)r->epochs;
    if (steps > UINT32_MAX - 1) return xs_fail(err, XSNR_ERR_CONFIG, "too many steps: %zu", steps);
    XS_TRY(make_room(t, 2 * train->count, steps, err));
    memset(t->since, 0, V * sizeof *t->since);
    memset(t->seen, 0, V * sizeof *t->seen);
    xs_buffer *state[] = {t->gradient, t->first, t->second};
    for (int i = 0; i < 3; i++) t->ops->zero(t->device, at(state[i], 0), total);
    for (uint32_t s = 1; s <= steps; s++)
        t->history[s] = (xs_adamw){.rate = rate_at(r, s, (uint32_t)steps), .beta1 = 0.9, .beta2 = 0.999,
                                   .epsilon = 1e-8, .decay = r->decay, .clip = 1, .step = s};
    double best = INFINITY, mean = 0;
    uint32_t step = 0;
    int rc = XSNR_OK, waited = 0, epoch = 0;
    for (; epoch < r->epochs && rc == XSNR_OK; epoch++) {
        shuffle(t, train, n, seeds->order, (uint32_t)epoch);
        mean = 0;
        for (size_t b = 0; b < per_epoch && rc == XSNR_OK; b++) {
            size_t from = t->batches[b], m = n - from < B ? n - from : B;
            double loss = 0;
            rc = train_step(t, parameters, train, t->order + from, m, seeds->dropout, ++step, &loss, err);
            mean += loss * (double)m / (double)n;
        }
        if (rc < 0 || !r->patience) continue;
        catch_up(t, parameters, step);
        double loss = NAN;
        rc = loss_of(t, parameters, valid, &loss, err);
        if (rc < 0) break;
        if (loss < best) {
            best = loss;
            waited = 0;
            t->ops->copy(t->device, at(t->best, 0), at(parameters, 0), total);
        } else if (++waited >= r->patience) {
            epoch++;
            break;
        }
    }
    if (rc < 0) return rc;
    catch_up(t, parameters, step);
    if (r->patience && isfinite(best)) t->ops->copy(t->device, at(parameters, 0), at(t->best, 0), total);
    if (!isfinite(t->ops->squares(t->device, total, at(parameters, 0))))
        return xs_fail(err, XSNR_ERR_NUMERIC, "training diverged: a weight is not finite; a smaller rate may help");
    *record = (xs_training){.loss = mean, .steps = step, .epochs = epoch};
    return t->ops->status(t->device, err);
}

// What a finished model says is computed in floats, whatever it was trained with.
int xs_trainer_run(xs_trainer *t, xs_buffer *parameters, const xs_seeds *seeds, const xs_encoded *train,
                   const xs_encoded *valid, xs_training *record, xsnr_error *err) {
    if (t->recipe->bf16) t->ops->round_products(t->device, true);
    int rc = run(t, parameters, seeds, train, valid, record, err);
    if (t->recipe->bf16) t->ops->round_products(t->device, false);
    return rc;
}

int xs_trainer_predict(xs_trainer *t, const xs_buffer *parameters, size_t count, const size_t *begin,
                       const uint32_t *id, double *logits, xsnr_error *err) {
    size_t B = t->recipe->batch, C = t->what.labels;
    xs_view P = {(xs_buffer *)(uintptr_t)parameters, 0}; // only read
    for (size_t i = 0; i < count; i += B) {
        size_t n = count - i < B ? count - i : B;
        for (size_t b = 0; b <= n; b++) t->begin[b] = (uint32_t)(begin[i + b] - begin[i]);
        memset(t->document, 0, n * sizeof *t->document);
        t->what.kind->put(t->network, &(xs_batch){.texts = (uint32_t)n,
                                                  .begin = t->begin,
                                                  .id = id + begin[i],
                                                  .document = t->document});
        xs_view z = t->what.kind->forward(t->network, P, (xs_step_noise){0});
        XS_TRY(t->ops->status(t->device, err));
        t->ops->get_reals(t->device, z, logits + i * C, n * C);
    }
    return XSNR_OK;
}

void xs_encoded_free(xs_encoded *e) {
    xs_free(e->begin);
    xs_free(e->id);
    xs_free(e->kind);
    xs_free(e->label);
    *e = (xs_encoded){0};
}
