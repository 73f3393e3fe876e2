// Trainers that wait for work.  A trainer, the memory of one worker, is borrowed for a training or for predictions, so
// that a hundred models need no more memory than the workers.
#ifndef XSNR_MODEL_TRAINER_POOL_H
#define XSNR_MODEL_TRAINER_POOL_H
#include "model/trainer.h"

typedef struct xs_trainer_pool xs_trainer_pool;

/// Of trainers as xs_trainer_open makes them; `trainee` is copied.
int xs_trainer_pool_new(const xs_backend *ops, const xs_trainee *trainee, const xs_recipe *recipe, uint32_t longest,
                        xs_trainer_pool **out, xsnr_error *err);
void xs_trainer_pool_free(xs_trainer_pool *pool); // NULL: nothing happens
int xs_trainer_borrow(xs_trainer_pool *pool, xs_trainer **out, xsnr_error *err);
void xs_trainer_give_back(xs_trainer_pool *pool, xs_trainer *t);
/// Where the time of all trainers went, as lines of a table.
void xs_trainer_pool_profile(const xs_trainer_pool *pool, xs_str *out);
#endif
