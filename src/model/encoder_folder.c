// Reading and writing Hugging Face's folders; see encoder_folder.h.
#include "model/encoder_folder.h"
#include "base/alloc.h"
#include "base/file.h"
#include <string.h>
#include <unistd.h>

static int read_in(const char *folder, const char *name, char **data, size_t *size, char **path, xsnr_error *err) {
    xs_str whole = {0};
    xs_str_printf(&whole, "%s/%s", folder, name);
    *path = xs_str_take(&whole);
    if (!*path) return xs_nomem(err);
    if (access(folder, F_OK) != 0)
        return xs_fail_at(err, XSNR_ERR_IO, folder, 0, "there is no such folder; a model is a folder of Hugging Face's");
    if (access(*path, F_OK) != 0)
        return xs_fail_at(err, XSNR_ERR_DATA, folder, 0,
                          "the folder has no %s; a model is a folder with config.json, model.safetensors and "
                          "tokenizer.json or vocab.txt",
                          name);
    return xs_file_read(*path, data, size, err);
}

int xs_folder_config(const char *folder, xs_arena *arena, xs_encoder_config *out, xsnr_error *err) {
    char *data = NULL, *path = NULL;
    size_t size = 0;
    int rc = read_in(folder, "config.json", &data, &size, &path, err);
    if (rc == XSNR_OK) rc = xs_encoder_config_parse(data, size, path, arena, out, err);
    xs_free(data);
    xs_free(path);
    return rc;
}

int xs_encoder_values_parse(const xs_encoder_layout *l, const void *bytes, size_t size, const char *path,
                            float *values, bool *absent, xsnr_error *err) {
    return xs_parameters_parse(l->parameter, l->n, l->prefix, bytes, size, path, values, absent, err);
}

int xs_folder_values(const char *folder, const xs_encoder_layout *l, float *values, bool *absent, xsnr_error *err) {
    char *data = NULL, *path = NULL;
    size_t size = 0;
    int rc = read_in(folder, "model.safetensors", &data, &size, &path, err);
    if (rc == XSNR_OK) rc = xs_encoder_values_parse(l, data, size, path, values, absent, err);
    xs_free(data);
    xs_free(path);
    return rc;
}

int xs_encoder_values_write(const xs_encoder_layout *l, const float *values, xs_str *out, xsnr_error *err) {
    return xs_parameters_write(l->parameter, l->n, values, out, err);
}

static int write_in(const char *folder, const char *name, xs_str *text, int rc, xsnr_error *err) {
    char *path = NULL;
    xs_str whole = {0};
    xs_str_printf(&whole, "%s/%s", folder, name);
    if (rc == XSNR_OK && (xs_str_failed(text) || !(path = xs_str_take(&whole)))) rc = xs_nomem(err);
    if (rc == XSNR_OK) rc = xs_file_write(path, text->data, text->length, err);
    xs_str_free(&whole);
    xs_free(path);
    xs_str_free(text);
    return rc;
}

int xs_folder_write(const char *folder, const xs_encoder_layout *l, const float *values, const xs_tokenizer *tokenizer,
                    xsnr_error *err) {
    XS_TRY(xs_make_folder(folder, err));
    xs_str text = {0};
    XS_TRY(write_in(folder, "config.json", &text, xs_encoder_config_write(&l->config, &text, err), err));
    if (tokenizer) XS_TRY(write_in(folder, "tokenizer.json", &text, xs_tokenizer_write(tokenizer, &text, err), err));
    return write_in(folder, "model.safetensors", &text, xs_encoder_values_write(l, values, &text, err), err);
}
