// One trained encoder from its folder; see encoder_single.h.
#include "model/encoder_single.h"
#include "base/alloc.h"
#include "model/encoder_folder.h"
#include <stdio.h>
#include <unistd.h>

static bool has_file(const char *folder, const char *name) {
    char path[4096];
    return snprintf(path, sizeof path, "%s/%s", folder, name) < (int)sizeof path && access(path, F_OK) == 0;
}

static int open_folder(const char *folder, int32_t mask, xs_encoder_shared *s, xs_trained_model **model,
                       xsnr_error *err) {
    xs_encoder_config config;
    XS_TRY(xs_trained_open(&s->trained, err));
    XS_TRY(xs_folder_config(folder, &s->arena, &config, err));
    XS_TRY(xs_encoder_layout_new(&config, &s->arena, &s->layout, err));
    s->trained.trainee = xs_encoder_trainee(&s->layout);
    s->trained.longest = xs_encoder_longest(&config);
    s->reader = (xs_reader){.longest = s->trained.longest,
                            .vocabulary = config.vocabulary,
                            .types = config.types,
                            .roles = {.cls = -1, .sep = -1, .pad = config.pad, .mask = mask, .unknown = -1}};
    if (has_file(folder, "tokenizer.json") || has_file(folder, "vocab.txt")) {
        XS_TRY(xs_tokenizer_load(folder, &s->tokenizer, err));
        s->reader.tokenizer = s->tokenizer;
        s->reader.roles = xs_tokenizer_roles(s->tokenizer);
        if (xs_tokenizer_size(s->tokenizer) > config.vocabulary)
            return xs_fail_at(err, XSNR_ERR_DATA, folder, 0,
                              "the tokenizer has ids up to %u, but the embeddings have %u rows; they are of different models",
                              xs_tokenizer_size(s->tokenizer) - 1, config.vocabulary);
    } else if (mask < 0) {
        if (config.architecture == XS_ROBERTA) s->reader.roles.mask = (int32_t)config.vocabulary - 1;
        else s->reader.mask_after_last = true;
    }
    if (mask >= 0 && (uint32_t)mask >= config.vocabulary)
        return xs_fail(err, XSNR_ERR_ARGUMENT, "the mask token's id %d is not one of the model's, 0 to %u", mask,
                       config.vocabulary - 1);
    float *values = XS_ARENA_ARRAY(&s->arena, float, s->layout.total);
    if (!values) return xs_nomem(err);
    XS_TRY(xs_folder_values(folder, &s->layout, values, NULL, err));
    XS_TRY(xs_trained_model_new(&s->trained, model, err));
    return xs_trained_model_put(*model, values, err);
}

int xs_encoder_open(const char *folder, int32_t mask, xs_encoder_shared **shared, xs_trained_model **model,
                    xsnr_error *err) {
    extern const xs_family xs_family_encoder;
    xs_encoder_shared *s = XS_NEW(xs_encoder_shared);
    if (!s) return xs_nomem(err);
    pthread_mutex_init(&s->lock, NULL);
    *model = NULL;
    int rc = open_folder(folder, mask, s, model, err);
    if (rc < 0) {
        if (*model) xs_family_encoder.free_model(*model);
        xs_family_encoder.release(s);
        return rc;
    }
    *shared = s;
    return XSNR_OK;
}
