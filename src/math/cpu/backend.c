// One CPU backend: the table of one build of the kernels; and its devices and buffers.
#include "base/alloc.h"
#include "math/cpu/kernel.h"

static int cpu_open(xs_device **out, xsnr_error *err) {
    *out = XS_NEW(xs_device);
    return *out ? XSNR_OK : xs_nomem(err);
}

static void cpu_close(xs_device *d) {
    if (!d) return;
    for (int i = 0; i < XS_SCRATCHES; i++) xs_free(d->scratch[i]);
    xs_device_free_kept(d);
    xs_free(d);
}

static int cpu_status(const xs_device *d, xsnr_error *err) { return d->failed ? xs_nomem(err) : XSNR_OK; }

static const xs_profile *cpu_profile(const xs_device *d) { return &d->profile; }

static int new_buffer(size_t n, size_t size, xs_buffer **out, xsnr_error *err) {
    *out = NULL;
    if (n > SIZE_MAX / size) return xs_nomem(err);
    xs_buffer *b = XS_NEW(xs_buffer);
    if (!b) return xs_nomem(err);
    b->data = xs_malloc_aligned(n * size);
    if (!b->data) {
        xs_free(b);
        return xs_nomem(err);
    }
    memset(b->data, 0, n * size);
    *out = b;
    return XSNR_OK;
}

static int cpu_reals(xs_device *d, size_t n, xs_buffer **out, xsnr_error *err) {
    (void)d;
    return new_buffer(n, sizeof(real), out, err);
}

static int cpu_ints(xs_device *d, size_t n, xs_buffer **out, xsnr_error *err) {
    (void)d;
    return new_buffer(n, sizeof(uint32_t), out, err);
}

static void cpu_release(xs_device *d, xs_buffer *b) {
    (void)d;
    if (b) xs_free(b->data);
    xs_free(b);
}

static void cpu_put_reals(xs_device *d, xs_view to, const double *from, size_t n) {
    (void)d;
    for (size_t i = 0; i < n; i++) reals_of(to)[i] = (real)from[i];
}

static void cpu_get_reals(xs_device *d, xs_view from, double *to, size_t n) {
    (void)d;
    for (size_t i = 0; i < n; i++) to[i] = (double)reals_of(from)[i];
}

static void cpu_put_ints(xs_device *d, xs_view to, const uint32_t *from, size_t n) {
    (void)d;
    memcpy((uint32_t *)to.buffer->data + to.at, from, n * sizeof *from);
}

static void cpu_constant(xs_device *d, xs_view w, size_t n) {
    xs_device_constant(d, reals_or_none(w), n * sizeof(real));
}

#define XS_TEXT2(x) #x
#define XS_TEXT(x) XS_TEXT2(x)

void XS_KERNEL(xs_cpu_fill)(xs_backend *b) {
    *b = (xs_backend){.name = "cpu " XS_TEXT(XS_KERNEL_REAL) " v" XS_TEXT(XS_LEVEL),
                      .real = sizeof(real),
                      .open = cpu_open,
                      .close = cpu_close,
                      .status = cpu_status,
                      .profile = cpu_profile,
                      .reals = cpu_reals,
                      .ints = cpu_ints,
                      .release = cpu_release,
                      .put_reals = cpu_put_reals,
                      .get_reals = cpu_get_reals,
                      .put_ints = cpu_put_ints,
                      .constant = cpu_constant};
    XS_KERNEL(xs_cpu_add_basic)(b);
    XS_KERNEL(xs_cpu_add_linear)(b);
    XS_KERNEL(xs_cpu_add_norm)(b);
    XS_KERNEL(xs_cpu_add_attention)(b);
    XS_KERNEL(xs_cpu_add_attention_first)(b);
    XS_KERNEL(xs_cpu_add_rows)(b);
    XS_KERNEL(xs_cpu_add_dropout)(b);
    XS_KERNEL(xs_cpu_add_normals)(b);
    XS_KERNEL(xs_cpu_add_adamw)(b);
    XS_KERNEL(xs_cpu_add_relevance)(b);
}
