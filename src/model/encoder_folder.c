// Reading and writing Hugging Face's folders; see encoder_folder.h.
#include "model/encoder_folder.h"
#include "base/alloc.h"
#include "base/file.h"
#include "model/safetensors.h"
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

// By its name, or by its name without "bert.": what AutoModel.save_pretrained writes.
static const xs_named_tensor *find(const xs_safetensors *file, const xs_encoder_layout *l, const char *name) {
    const xs_named_tensor *t = xs_safetensors_find(file, name);
    size_t prefix = strlen(l->prefix);
    if (!t && strncmp(name, l->prefix, prefix) == 0) t = xs_safetensors_find(file, name + prefix);
    return t;
}

static bool same_shape(const xs_named_tensor *t, const xs_parameter *p) {
    if (t->rank != p->rank) return false;
    for (int i = 0; i < p->rank; i++)
        if (t->shape[i] != p->shape[i]) return false;
    return true;
}

static int other_shape(const xs_safetensors *file, const xs_named_tensor *t, const xs_parameter *p, xsnr_error *err) {
    xs_str has = {0};
    for (int i = 0; i < t->rank; i++) xs_str_printf(&has, "%s%zu", i ? ", " : "", t->shape[i]);
    int rc = p->rank == 2
                 ? xs_fail_at(err, XSNR_ERR_DATA, file->path, 0, "tensor '%s' is (%s), config.json says (%zu, %zu)",
                              t->name, has.data ? has.data : "", p->shape[0], p->shape[1])
                 : xs_fail_at(err, XSNR_ERR_DATA, file->path, 0, "tensor '%s' is (%s), config.json says (%zu)", t->name,
                              has.data ? has.data : "", p->shape[0]);
    xs_str_free(&has);
    return rc;
}

int xs_encoder_values_parse(const xs_encoder_layout *l, const void *bytes, size_t size, const char *path,
                            float *values, bool *absent, xsnr_error *err) {
    xs_safetensors file;
    int rc = xs_safetensors_parse(bytes, size, path, &file, err);
    for (size_t i = 0; i < l->n && rc == XSNR_OK; i++) {
        const xs_parameter *p = &l->parameter[i];
        const xs_named_tensor *t = find(&file, l, p->name);
        bool usable = t && same_shape(t, p);
        if (absent) absent[i] = !usable && p->head;
        if (usable) rc = xs_tensor_floats(&file, t, values + p->at, err);
        else if (absent && p->head) continue; // a new head
        else if (t) rc = other_shape(&file, t, p, err);
        else rc = xs_fail_at(err, XSNR_ERR_DATA, path, 0, "tensor '%s' is missing", p->name);
    }
    xs_safetensors_free(&file);
    return rc;
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
    xs_tensor_source *tensors = XS_NEW_ARRAY(xs_tensor_source, l->n);
    if (!tensors) return xs_nomem(err);
    for (size_t i = 0; i < l->n; i++) {
        const xs_parameter *p = &l->parameter[i];
        tensors[i] = (xs_tensor_source){
            .name = p->name, .rank = p->rank, .shape = {p->shape[0], p->shape[1]}, .data = values + p->at};
    }
    int rc = xs_safetensors_write(tensors, l->n, out, err);
    xs_free(tensors);
    return rc;
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
    XS_TRY(write_in(folder, "tokenizer.json", &text, xs_tokenizer_write(tokenizer, &text, err), err));
    return write_in(folder, "model.safetensors", &text, xs_encoder_values_write(l, values, &text, err), err);
}
