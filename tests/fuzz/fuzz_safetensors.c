// A safetensors file from memory: what is accepted is in bounds, found by its name, and stays the same when it is
// written and read again.
#include "base/alloc.h"
#include "fuzz/fuzz.h"
#include "model/safetensors.h"
#include <string.h>

static float *values_of(const xs_safetensors *file, const xs_named_tensor *t) {
    xsnr_error err = {0};
    float *values = XS_NEW_ARRAY(float, t->count);
    FUZZ_REQUIRE(values && xs_tensor_floats(file, t, values, &err) == XSNR_OK);
    return values;
}

static void check_written(const xs_safetensors *file) {
    xsnr_error err = {0};
    xs_str bytes = {0};
    xs_tensor_source *source = XS_NEW_ARRAY(xs_tensor_source, file->n);
    float **values = XS_NEW_ARRAY(float *, file->n);
    FUZZ_REQUIRE(source && values);
    size_t n = 0;
    for (size_t i = 0; i < file->n; i++) {
        const xs_named_tensor *t = &file->tensor[i];
        if (t->dtype == XS_DTYPE_OTHER) continue;
        values[n] = values_of(file, t);
        source[n] = (xs_tensor_source){.name = t->name, .rank = t->rank, .data = values[n]};
        memcpy(source[n++].shape, t->shape, sizeof t->shape);
    }
    int rc = xs_safetensors_write(source, n, &bytes, &err);
    if (rc == XSNR_OK) { // else: an empty tensor of absurd sizes
        xs_safetensors again;
        FUZZ_REQUIRE(xs_safetensors_parse(bytes.data, bytes.length, "again", &again, &err) == XSNR_OK && again.n == n);
        for (size_t i = 0; i < n; i++) {
            const xs_named_tensor *t = xs_safetensors_find(&again, source[i].name);
            FUZZ_REQUIRE(t && t->rank == source[i].rank && !memcmp(t->shape, source[i].shape, sizeof t->shape));
            float *back = values_of(&again, t);
            FUZZ_REQUIRE(memcmp(back, values[i], t->count * sizeof(float)) == 0);
            xs_free(back);
        }
        xs_safetensors_free(&again);
    } else
        FUZZ_REQUIRE(rc == XSNR_ERR_ARGUMENT && bytes.length == 0);
    for (size_t i = 0; i < n; i++) xs_free(values[i]);
    xs_free(values);
    xs_free(source);
    xs_str_free(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    xs_safetensors file;
    xsnr_error err = {0};
    int rc = xs_safetensors_parse(data, size, "fuzz", &file, &err);
    if (rc < 0) {
        FUZZ_REQUIRE(err.code == rc && *err.message && file.n == 0);
        for (const char *p = err.message; *p; p++) FUZZ_REQUIRE(*p >= ' ' && *p < 0x7F);
        xs_safetensors_free(&file);
        return 0;
    }
    size_t covered = 0;
    for (size_t i = 0; i < file.n; i++) {
        const xs_named_tensor *t = &file.tensor[i];
        FUZZ_REQUIRE(xs_safetensors_find(&file, t->name) == t && t->rank <= XS_TENSOR_RANK);
        FUZZ_REQUIRE(!i || strcmp(t[-1].name, t->name) < 0);
        FUZZ_REQUIRE((const uint8_t *)t->data >= data && (const uint8_t *)t->data <= data + size);
        FUZZ_REQUIRE(t->count / 2 <= size); // half a byte is the smallest value
        covered += t->count / 2;
    }
    FUZZ_REQUIRE(covered <= size);
    check_written(&file);
    xs_safetensors_free(&file);
    return 0;
}
