// Trainers that wait for work; see trainer_pool.h.
#include "model/trainer_pool.h"
#include "base/alloc.h"
#include <pthread.h>

struct xs_trainer_pool {
    const xs_backend *ops;
    xs_trainee trainee;
    const xs_recipe *recipe;
    uint32_t longest;
    pthread_mutex_t lock; // of everything below
    xs_trainer **idle;    // (n_idle)
    size_t n_idle, room;
    xs_profile spent;     // of trainers that are gone
};

int xs_trainer_pool_new(const xs_backend *ops, const xs_trainee *trainee, const xs_recipe *recipe, uint32_t longest,
                        xs_trainer_pool **out, xsnr_error *err) {
    xs_trainer_pool *pool = XS_NEW(xs_trainer_pool);
    if (!pool) return xs_nomem(err);
    *pool = (xs_trainer_pool){.ops = ops, .trainee = *trainee, .recipe = recipe, .longest = longest};
    pthread_mutex_init(&pool->lock, NULL);
    *out = pool;
    return XSNR_OK;
}

void xs_trainer_pool_free(xs_trainer_pool *pool) {
    if (!pool) return;
    for (size_t i = 0; i < pool->n_idle; i++) xs_trainer_free(pool->idle[i]);
    xs_free(pool->idle);
    pthread_mutex_destroy(&pool->lock);
    xs_free(pool);
}

int xs_trainer_borrow(xs_trainer_pool *pool, xs_trainer **out, xsnr_error *err) {
    *out = NULL;
    pthread_mutex_lock(&pool->lock);
    if (pool->n_idle) *out = pool->idle[--pool->n_idle];
    pthread_mutex_unlock(&pool->lock);
    return *out ? XSNR_OK : xs_trainer_open(pool->ops, &pool->trainee, pool->recipe, pool->longest, out, err);
}

void xs_trainer_give_back(xs_trainer_pool *pool, xs_trainer *t) {
    pthread_mutex_lock(&pool->lock);
    if (pool->n_idle == pool->room) {
        xs_trainer **more = xs_realloc_array(pool->idle, pool->room + 8, sizeof *more);
        if (more) pool->idle = more, pool->room += 8;
    }
    bool kept = pool->n_idle < pool->room;
    if (kept) pool->idle[pool->n_idle++] = t;
    else xs_profile_add(&pool->spent, xs_trainer_profile(t));
    pthread_mutex_unlock(&pool->lock);
    if (!kept) xs_trainer_free(t);
}

void xs_trainer_pool_profile(const xs_trainer_pool *pool, xs_str *out) {
    xs_profile all = pool->spent;
    double seconds = 0;
    for (size_t i = 0; i < pool->n_idle; i++) xs_profile_add(&all, xs_trainer_profile(pool->idle[i]));
    for (int i = 0; i < XS_OPS; i++) seconds += all.seconds[i];
    xs_str_printf(out, "seconds by operation, on %s\n", pool->ops->name);
    for (int i = 0; i < XS_OPS; i++) {
        xs_str_printf(out, "  %-10s %9.2f s %5.1f %%", xs_op_name((xs_op)i), all.seconds[i],
                      seconds > 0 ? 100 * all.seconds[i] / seconds : 0);
        if (all.flops[i] > 0) xs_str_printf(out, "  %6.1f GFLOP/s", 1e-9 * all.flops[i] / all.seconds[i]);
        xs_str_put(out, "\n");
    }
}
