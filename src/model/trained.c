// What the families of trained networks have in common; see trained.h.
#include "model/trained.h"
#include "base/alloc.h"
#include <stdatomic.h>
#include <string.h>

static xs_recipe recipe_of(const xs_settings *p) {
    return (xs_recipe){.rate = xs_settings_real(p, "rate"),
                       .warmup = xs_settings_real(p, "warmup"),
                       .decay = xs_settings_real(p, "decay"),
                       .clip = xs_settings_real(p, "clip"),
                       .smoothing = xs_settings_real(p, "smoothing"),
                       .epochs = (int)xs_settings_int(p, "epochs"),
                       .patience = (int)xs_settings_int(p, "patience"),
                       .batch = (uint32_t)xs_settings_int(p, "batch"),
                       .constant = strcmp(xs_settings_choice(p, "schedule"), "constant") == 0,
                       .lazy = strcmp(xs_settings_choice(p, "embeddings"), "lazy") == 0};
}

int xs_trained_open(xs_trained *t, xsnr_error *err) {
    t->ops = xs_cpu_backend(XS_FLOAT, 0);
    return t->ops->open(&t->home, err);
}

int xs_trained_recipe(xs_trained *t, const xs_settings *settings, const xs_corpus *corpus, xsnr_error *err) {
    t->recipe = recipe_of(settings);
    if (t->recipe.patience && !corpus->split[XS_VALID].count)
        return xs_fail(err, XSNR_ERR_CONFIG, "patience needs valid texts; name them with corpus.valid");
    return XSNR_OK;
}

int xs_trained_ready(xs_trained *t, xsnr_error *err) {
    return xs_trainer_pool_new(t->ops, &t->trainee, &t->recipe, t->longest, &t->pool, err);
}

void xs_trained_tell(xs_trained *t, const char *what) {
    size_t used = strlen(t->notice);
    snprintf(t->notice + used, sizeof t->notice - used, "%s%s", used ? "; " : "", what);
}

void xs_trained_cut(xs_trained *t, size_t cut, size_t texts, uint32_t longest, const char *what) {
    char line[160];
    snprintf(line, sizeof line, "%zu of %zu texts are longer than length: %u %s and were cut", cut, texts, longest, what);
    if (cut) xs_trained_tell(t, line);
}

void xs_trained_close(xs_trained *t) {
    xs_trainer_pool_free(t->pool);
    if (t->home) t->ops->close(t->home);
    for (int i = 0; i < XS_SPLITS; i++) xs_encoded_free(&t->texts[i]);
    xs_free(t->start);
    xs_free(t->absent);
}

// A number that no parameters had before: who keeps what was made of parameters asks by it.
static uint64_t new_number(void) {
    static _Atomic uint64_t numbers;
    return atomic_fetch_add(&numbers, 1) + 1;
}

int xs_trained_model_new(const xs_trained *t, xs_trained_model **out, xsnr_error *err) {
    xs_trained_model *m = XS_NEW(xs_trained_model);
    if (!m) return xs_nomem(err);
    m->shared = t;
    m->number = new_number();
    int rc = t->ops->reals(t->home, t->trainee.total, &m->parameters, err);
    if (rc < 0) {
        xs_trained_free_model(m);
        return rc;
    }
    *out = m;
    return XSNR_OK;
}

int xs_trained_model_put(xs_trained_model *m, const float *values, xsnr_error *err) {
    const xs_trained *t = m->shared;
    size_t n = t->trainee.total;
    double *wide = XS_NEW_ARRAY(double, n);
    if (!wide) return xs_nomem(err);
    for (size_t i = 0; i < n; i++) wide[i] = (double)values[i];
    t->ops->put_reals(t->home, (xs_view){m->parameters, 0}, wide, n);
    m->number = new_number();
    xs_free(wide);
    return XSNR_OK;
}

const char *xs_trained_notice(const void *shared) {
    const xs_trained *t = shared;
    return t->notice[0] ? t->notice : NULL;
}

void xs_trained_profile(const void *shared, xs_str *out) {
    const xs_trained *t = shared;
    xs_trainer_pool_profile(t->pool, out);
}

size_t xs_trained_memory(const void *shared) {
    const xs_trained *t = shared;
    size_t saved = 2 * t->trainee.total * sizeof(float); // its values, and the bytes that are stored
    return xs_trainer_size(t->ops, &t->trainee, &t->recipe, t->longest) + saved;
}

xs_link xs_trained_link(const void *shared) {
    (void)shared;
    return XS_LINK_SOFTMAX;
}

int xs_trained_train(const void *shared, const xs_seeds *seeds, xs_arena *scratch, void **model, xs_training *record,
                     xsnr_error *err) {
    (void)scratch;
    const xs_trained *t = shared;
    xs_trained_model *m = NULL;
    xs_trainer *trainer;
    XS_TRY(xs_trainer_borrow(t->pool, &trainer, err));
    int rc = xs_trained_model_new(t, &m, err);
    if (rc == XSNR_OK) rc = xs_trainer_initialise(trainer, m->parameters, seeds->init, t->start, t->absent, err);
    if (rc == XSNR_OK)
        rc = xs_trainer_run(trainer, m->parameters, seeds, &t->texts[XS_TRAIN], &t->texts[XS_VALID], record, err);
    xs_trainer_give_back(t->pool, trainer);
    if (rc < 0) {
        xs_trained_free_model(m);
        return rc;
    }
    *model = m;
    return XSNR_OK;
}

void xs_trained_free_model(void *model) {
    xs_trained_model *m = model;
    if (!m) return;
    if (m->parameters) m->shared->ops->release(m->shared->home, m->parameters);
    xs_free(m);
}

int xs_trained_save(const void *shared, const void *model, xs_str *out, xsnr_error *err) {
    const xs_trained *t = shared;
    const xs_trained_model *m = model;
    enum { SOME = 1024 }; // not all at once: the trainer has its room still
    size_t n = t->trainee.total;
    double wide[SOME];
    float *values = XS_NEW_ARRAY(float, n);
    if (!values) return xs_nomem(err);
    for (size_t at = 0; at < n; at += SOME) {
        size_t count = n - at < SOME ? n - at : SOME;
        t->ops->get_reals(t->home, (xs_view){m->parameters, at}, wide, count);
        for (size_t i = 0; i < count; i++) values[at + i] = (float)wide[i];
    }
    int rc = xs_parameters_write(t->trainee.parameter, t->trainee.n, values, out, err);
    xs_free(values);
    return rc;
}

int xs_trained_load(const void *shared, const void *bytes, size_t size, void **model, xsnr_error *err) {
    const xs_trained *t = shared;
    xs_trained_model *m = NULL;
    float *values = XS_NEW_ARRAY(float, t->trainee.total);
    int rc = values ? xs_trained_model_new(t, &m, err) : xs_nomem(err);
    if (rc == XSNR_OK)
        rc = xs_parameters_parse(t->trainee.parameter, t->trainee.n, "", bytes, size, "stored model", values, NULL, err);
    if (rc == XSNR_OK) rc = xs_trained_model_put(m, values, err);
    xs_free(values);
    if (rc < 0) {
        xs_trained_free_model(m);
        return rc;
    }
    *model = m;
    return XSNR_OK;
}

int xs_trained_predict(const xs_trained *t, const xs_trained_model *m, size_t count, const size_t *begin,
                       const uint32_t *id, double *logits, xsnr_error *err) {
    xs_trainer *trainer;
    XS_TRY(xs_trainer_borrow(t->pool, &trainer, err));
    int rc = xs_trainer_predict(trainer, m->parameters, count, begin, id, logits, err);
    xs_trainer_give_back(t->pool, trainer);
    return rc;
}

int xs_trained_predict_split(const void *shared, const void *model, xs_split_id split, xs_arena *scratch,
                             double *logits, xsnr_error *err) {
    (void)scratch;
    const xs_trained *t = shared;
    const xs_encoded *e = &t->texts[split];
    return xs_trained_predict(t, model, e->count, e->begin, e->id, logits, err);
}
