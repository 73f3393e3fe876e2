// Parameters from and to safetensors; see parameters.h.
#include "model/parameters.h"
#include "base/alloc.h"
#include "model/safetensors.h"
#include <string.h>

// By its name, or by its name without what stands before all of them ("bert."): AutoModel.save_pretrained writes so.
static const xs_named_tensor *find(const xs_safetensors *file, const char *before, const char *name) {
    const xs_named_tensor *t = xs_safetensors_find(file, name);
    size_t prefix = strlen(before);
    if (!t && strncmp(name, before, prefix) == 0) t = xs_safetensors_find(file, name + prefix);
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
                 ? xs_fail_at(err, XSNR_ERR_DATA, file->path, 0, "tensor '%s' is (%s), the model's configuration says (%zu, %zu)",
                              t->name, has.data ? has.data : "", p->shape[0], p->shape[1])
                 : xs_fail_at(err, XSNR_ERR_DATA, file->path, 0, "tensor '%s' is (%s), the model's configuration says (%zu)", t->name,
                              has.data ? has.data : "", p->shape[0]);
    xs_str_free(&has);
    return rc;
}

int xs_parameters_parse(const xs_parameter *parameter, size_t n, const char *prefix, const void *bytes, size_t size,
                        const char *path, float *values, bool *absent, xsnr_error *err) {
    xs_safetensors file;
    int rc = xs_safetensors_parse(bytes, size, path, &file, err);
    for (size_t i = 0; i < n && rc == XSNR_OK; i++) {
        const xs_parameter *p = &parameter[i];
        const xs_named_tensor *t = find(&file, prefix, p->name);
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

int xs_parameters_write(const xs_parameter *parameter, size_t n, const float *values, xs_str *out, xsnr_error *err) {
    xs_tensor_source *tensors = XS_NEW_ARRAY(xs_tensor_source, n);
    if (!tensors) return xs_nomem(err);
    for (size_t i = 0; i < n; i++) {
        const xs_parameter *p = &parameter[i];
        tensors[i] = (xs_tensor_source){
            .name = p->name, .rank = p->rank, .shape = {p->shape[0], p->shape[1]}, .data = values + p->at};
    }
    int rc = xs_safetensors_write(tensors, n, out, err);
    xs_free(tensors);
    return rc;
}
