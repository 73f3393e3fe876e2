// safetensors: what other programs wrote is read as they would read it, what is broken is refused with one clear
// line, what is written comes back.
#include "model/safetensors.h"
#include "base/alloc.h"
#include "base/file.h"
#include "check.h"

// The header's length, the header and n zero bytes of data.
static char *file_of(const char *header, size_t data, size_t *size) {
    size_t length = strlen(header);
    *size = 8 + length + data;
    char *file = xs_calloc(*size, 1);
    for (size_t i = 0; i < 8; i++) file[i] = (char)((uint64_t)length >> 8 * i);
    memcpy(file + 8, header, length);
    return file;
}

static const char *refused(const void *bytes, size_t size, xsnr_error *err) {
    xs_safetensors file;
    *err = (xsnr_error){0};
    assert_int_equal(xs_safetensors_parse(bytes, size, "m.safetensors", &file, err), XSNR_ERR_DATA);
    assert_int_equal(file.n, 0);
    assert_null(xs_safetensors_find(&file, "a"));
    assert_string_equal(err->file, "m.safetensors");
    for (const char *c = err->message; *c; c++) assert_true(*c >= ' ' && *c <= '~');
    xs_safetensors_free(&file);
    return err->message;
}

#define A(dtype, shape, offsets) "{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":" offsets "}"
static const struct {
    const char *header;
    size_t data;
    const char *says;
} hostile[] = {
    {"", 0, "no safetensors file"},
    {"[]", 0, "no JSON object"},
    {" {}", 0, "no JSON object"},
    {"null", 0, "no JSON object"},
    {"{", 0, "not JSON"},
    {"{} x", 0, "not JSON"},
    {"{\"a\":1,}", 0, "not JSON"},
    {"{\"\xff\":1}", 0, "not JSON"},
    {"{\"\xc3\":1}", 0, "not JSON"},
    {"{\"a\\u0000\":1}", 0, "not JSON"},
    {"{\"a\":" A("F32", "[1]", "[0,4]") ",\"a\":" A("F32", "[1]", "[0,4]") "}", 4, "duplicate"},
    {"{}", 1, "1 bytes at the end belong to no tensor"},
    {"{\"__metadata__\":[]}", 0, "__metadata__: it must be an object of strings"},
    {"{\"__metadata__\":{\"format\":1}}", 0, "__metadata__: it must be an object of strings"},
    {"{\"a\":1}", 0, "tensor 'a': its entry is no object"},
    {"{\"a\":{}}", 0, "tensor 'a': it has no dtype"},
    {"{\"a\":{\"dtype\":4}}", 0, "tensor 'a': it has no dtype"},
    {"{\"a\\n\":" A("Q\\t8", "[1]", "[0,1]") "}", 1, "tensor 'a?': unknown dtype 'Q?8'"},
    {"{\"a\":{\"dtype\":\"F32\"}}", 0, "tensor 'a': it has no shape"},
    {"{\"a\":" A("F32", "[1.0]", "[0,4]") "}", 4, "its shape is no list of sizes"},
    {"{\"a\":" A("F32", "[-1]", "[0,4]") "}", 4, "its shape is no list of sizes"},
    {"{\"a\":" A("F32", "[1,1,1,1,1,1,1,1,1]", "[0,4]") "}", 4, "more than 8 dimensions"},
    {"{\"a\":" A("F32", "[4294967296,4294967296,4294967296]", "[0,4]") "}", 4, "absurd"},
    {"{\"a\":" A("F32", "[9223372036854775807]", "[0,4]") "}", 4, "contradict"},
    {"{\"a\":" A("F32", "[4611686018427387904,2]", "[0,0]") "}", 0, "contradict"}, // × 32 bits is 0 modulo 2^64
    {"{\"a\":" A("F32", "[1]", "[0,9223372036854775808]") "}", 4, "not JSON"},     // too big an integer
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "data_offsets are no pair"},
    {"{\"a\":" A("F32", "[1]", "[0]") "}", 4, "data_offsets are no pair"},
    {"{\"a\":" A("F32", "[1]", "[0,4,8]") "}", 4, "data_offsets are no pair"},
    {"{\"a\":" A("F32", "[1]", "[-4,0]") "}", 4, "data_offsets are no pair"},
    {"{\"a\":" A("F32", "[1]", "[\"0\",\"4\"]") "}", 4, "data_offsets are no pair"},
    {"{\"a\":" A("F32", "[1]", "[4,0]") "}", 4, "end before they begin"},
    {"{\"a\":" A("F32", "[1]", "[0,4]") "}", 3, "outside the file"},
    {"{\"a\":" A("F32", "[2]", "[0,4]") "}", 4, "contradict"},
    {"{\"a\":" A("F32", "[0]", "[0,4]") "}", 4, "contradict"},
    {"{\"a\":" A("F4", "[3]", "[0,1]") "}", 1, "contradict"},
    {"{\"a\":" A("F32", "[1]", "[4,8]") "}", 8, "there is a hole before its data"},
    {"{\"a\":" A("F32", "[1]", "[0,4]") ",\"b\":" A("F32", "[1]", "[8,12]") "}", 12, "'b': there is a hole"},
    {"{\"a\":" A("F32", "[2]", "[0,8]") ",\"b\":" A("F32", "[1]", "[4,8]") "}", 8, "'b': its data overlap"},
    {"{\"a\":" A("F32", "[1]", "[0,4]") ",\"b\":" A("F32", "[1]", "[0,4]") "}", 4, "its data overlap"},
    {"{\"a\":" A("F32", "[1]", "[0,4]") "}", 6, "2 bytes at the end"},
};

static void test_hostile(void **state) {
    (void)state;
    xsnr_error err;
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        size_t size;
        char *file = file_of(hostile[i].header, hostile[i].data, &size);
        const char *message = refused(file, size, &err);
        if (!strstr(message, hostile[i].says)) fail_msg("%s: %s", hostile[i].header, message);
        xs_free(file);
    }
}

static void test_lengths(void **state) {
    (void)state;
    xsnr_error err;
    assert_string_equal(refused("", 0, &err), "this is no safetensors file: it has 0 bytes");
    assert_string_equal(refused("1234567", 7, &err), "this is no safetensors file: it has 7 bytes");
    assert_non_null(strstr(refused("\3\0\0\0\0\0\0\0{}", 10, &err), "header has 3 bytes, and 2 are there"));
    assert_non_null(strstr(refused("\xff\xff\xff\xff\xff\xff\xff\xff{}", 10, &err), "absurd"));
    assert_non_null(strstr(refused("\1\xe1\xf5\5\0\0\0\0{}", 10, &err), "100000001 bytes is absurd"));
    assert_non_null(strstr(refused("PK\3\4\0\0\0\0\0\0\0\0", 12, &err), "cut short"));
    // a name of a megabyte is cut in the message
    xs_str header = {0};
    xs_str_put(&header, "{\"");
    for (int i = 0; i < 100000; i++) xs_str_put(&header, "bert.layer");
    xs_str_put(&header, "\":1}");
    size_t size;
    char *file = file_of(header.data, 0, &size);
    assert_non_null(strstr(refused(file, size, &err), "bert.l...': its entry is no object"));
    xs_free(file);
    xs_str_free(&header);
}

static void test_accepted(void **state) {
    (void)state;
    xsnr_error err = {0};
    xs_safetensors file;
    size_t size;
    // members we do not know, empty tensors amid the data, a scalar, padding, any order of names
    char *bytes = file_of("{\"z\":{\"dtype\":\"F32\",\"new\":[],\"shape\":[],\"data_offsets\":[0,4]},\"\xc3\xa9\":" A(
                              "F64", "[3,0]", "[4,4]") ",\"a\":" A("F4", "[2,3]", "[4,7]") ",\"__metadata__\":{}} \n ",
                          7, &size);
    assert_ok(xs_safetensors_parse(bytes, size, "m", &file, &err));
    assert_int_equal(file.n, 3);
    assert_string_equal(file.tensor[0].name, "a");
    const xs_named_tensor *z = xs_safetensors_find(&file, "z"), *empty = xs_safetensors_find(&file, "\xc3\xa9");
    assert_true(z && z->rank == 0 && z->count == 1);
    assert_true(empty && empty->rank == 2 && empty->shape[0] == 3 && empty->count == 0);
    assert_null(xs_safetensors_find(&file, "__metadata__"));
    assert_null(xs_safetensors_find(&file, ""));
    float none = 1;
    assert_ok(xs_tensor_floats(&file, empty, &none, &err));
    assert_true(none == 1);
    assert_int_equal(xs_tensor_floats(&file, &file.tensor[0], &none, &err), XSNR_ERR_UNSUPPORTED);
    assert_string_equal(err.message, "tensor 'a' is F4; weights are F32, F16, BF16 or F64");
    xs_safetensors_free(&file);
    xs_free(bytes);
    bytes = file_of("{}", 0, &size);
    assert_ok(xs_safetensors_parse(bytes, size, "m", &file, &err));
    assert_int_equal(file.n, 0);
    xs_safetensors_free(&file);
    xs_free(bytes);
}

static void floats_of(const char *dtype, const void *data, size_t bytes, size_t n, float *out) {
    xsnr_error err = {0};
    char header[128];
    snprintf(header, sizeof header, "{\"a\":{\"dtype\":\"%s\",\"shape\":[%zu],\"data_offsets\":[0,%zu]}}", dtype, n, bytes);
    size_t size;
    char *file = file_of(header, bytes, &size);
    memcpy(file + size - bytes, data, bytes);
    xs_safetensors f;
    assert_ok(xs_safetensors_parse(file, size, "m", &f, &err));
    assert_ok(xs_tensor_floats(&f, xs_safetensors_find(&f, "a"), out, &err));
    xs_safetensors_free(&f);
    xs_free(file);
}

// All 65536 half-precision numbers, by the format's definition.
static void test_halves(void **state) {
    (void)state;
    static unsigned char bytes[131072];
    static float got[65536];
    for (size_t i = 0; i < 65536; i++) bytes[2 * i] = (unsigned char)i, bytes[2 * i + 1] = (unsigned char)(i >> 8);
    floats_of("F16", bytes, sizeof bytes, 65536, got);
    for (unsigned i = 0; i < 65536; i++) {
        int e = i >> 10 & 31, fraction = i & 1023;
        double size = e == 31 ? (fraction ? NAN : INFINITY)
                      : e     ? ldexp(1024 + fraction, e - 25)
                              : ldexp(fraction, -24);
        assert_true(!signbit(got[i]) == !(i >> 15));
        assert_true(isnan(size) ? isnan(got[i]) : fabs((double)got[i]) == size);
    }
    floats_of("BF16", bytes, sizeof bytes, 65536, got);
    for (uint32_t i = 0; i < 65536; i++) {
        uint32_t bits;
        memcpy(&bits, &got[i], 4);
        assert_int_equal(bits, i << 16);
    }
}

static void test_wide(void **state) {
    (void)state;
    // 1, −0.1, 2^−1074, 1e300, little-endian
    static const unsigned char wide[] = {0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0x9a, 0x99, 0x99, 0x99, 0x99, 0x99, 0xb9, 0xbf,
                                         1, 0, 0, 0, 0, 0, 0, 0, 0x9c, 0x75, 0, 0x88, 0x3c, 0xe4, 0x37, 0x7e};
    float got[8];
    floats_of("F64", wide, sizeof wide, 4, got);
    assert_true(got[0] == 1 && got[1] == -0.1f && got[2] == 0 && isinf(got[3]));
    floats_of("F32", "\0\0\x80\x3f\0\0\x80\xff\1\0\0\0", 12, 3, got);
    assert_true(got[0] == 1 && got[1] == -INFINITY && got[2] == 0x1p-149f);
}

static void test_write(void **state) {
    (void)state;
    xsnr_error err = {0};
    enum { MANY = 10007 }; // several pieces, not a whole number of them
    static float many[MANY];
    for (size_t i = 0; i < MANY; i++) many[i] = (float)i * 0.37f - 5;
    const float one = -0.5f;
    xs_tensor_source source[] = {{"w \"\\\n\xc3\xa9", 2, {MANY, 1}, many}, {"b", 0, {0}, &one}, {"e", 1, {0}, NULL}};
    xs_str first = {0}, second = {0};
    assert_ok(xs_safetensors_write(source, 3, &first, &err));
    assert_ok(xs_safetensors_write(source, 3, &second, &err));
    assert_true(first.length == second.length && memcmp(first.data, second.data, first.length) == 0);
    assert_int_equal((first.length - 4 * (MANY + 1)) % 8, 0);
    assert_memory_equal(first.data + 8, "{\"__metadata__\":{\"format\":\"pt\"},\"w", 34);
    xs_safetensors file;
    assert_ok(xs_safetensors_parse(first.data, first.length, "m", &file, &err));
    assert_int_equal(file.n, 3);
    static float got[MANY];
    for (size_t i = 0; i < 3; i++) {
        const xs_named_tensor *t = xs_safetensors_find(&file, source[i].name);
        assert_true(t && t->rank == source[i].rank && t->dtype == XS_DTYPE_F32);
        assert_memory_equal(t->shape, source[i].shape, sizeof t->shape);
        assert_ok(xs_tensor_floats(&file, t, got, &err));
        if (t->count) assert_memory_equal(got, source[i].data, t->count * sizeof(float));
    }
    xs_safetensors_free(&file);
    xs_str_free(&first);
    xs_str_free(&second);
    assert_ok(xs_safetensors_write(NULL, 0, &first, &err));
    assert_ok(xs_safetensors_parse(first.data, first.length, "m", &file, &err));
    assert_int_equal(file.n, 0);
    xs_safetensors_free(&file);
    xs_str_free(&first);
}

static void test_write_refuses(void **state) {
    (void)state;
    const float one = 1;
    const struct {
        xs_tensor_source source[2];
        const char *says;
    } cases[] = {
        {{{"a", 0, {0}, &one}, {"a", 0, {0}, &one}}, "tensor 'a' is given twice"},
        {{{"a", 0, {0}, &one}, {"__metadata__", 0, {0}, &one}}, "reserved"},
        {{{"a", 0, {0}, &one}, {"b\xff", 0, {0}, &one}}, "the name of tensor 1 is not UTF-8"},
        {{{"a", 9, {0}, &one}, {"b", 0, {0}, &one}}, "9 dimensions"},
        {{{"a", 2, {SIZE_MAX / 2, 2}, &one}, {"b", 0, {0}, &one}}, "absurd shape"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        xsnr_error err = {0};
        xs_str out = {0};
        assert_int_equal(xs_safetensors_write(cases[i].source, 2, &out, &err), XSNR_ERR_ARGUMENT);
        assert_non_null(strstr(err.message, cases[i].says));
        assert_int_equal(out.length, 0);
        xs_str_free(&out);
    }
}

static void test_no_memory(void **state) {
    (void)state;
    const float two[] = {1, 2};
    const xs_tensor_source source[] = {{"a", 1, {2}, two}, {"b", 0, {0}, two}};
    for (long n = 1, failed = 1; failed; n++) {
        xs_str out = {0};
        xs_safetensors file = {0};
        xsnr_error err = {0};
        xs_alloc_fail_at(n);
        int rc = xs_safetensors_write(source, 2, &out, &err);
        if (rc == XSNR_OK) rc = xs_safetensors_parse(out.data, out.length, "m", &file, &err);
        failed = xs_alloc_count() >= n;
        xs_alloc_fail_at(0);
        assert_int_equal(rc, failed ? XSNR_ERR_NOMEM : XSNR_OK);
        xs_safetensors_free(&file);
        xs_str_free(&out);
    }
}

// Every tensor of a real file, its beginnings refused, and the file written again is the file.
static void check_file(const char *path, bool ours) {
    xsnr_error err = {0};
    char *bytes;
    size_t size;
    assert_ok(xs_file_read(path, &bytes, &size, &err));
    xs_safetensors file;
    assert_ok(xs_safetensors_parse(bytes, size, path, &file, &err));
    assert_true(file.n > 0);
    xs_tensor_source *source = XS_NEW_ARRAY(xs_tensor_source, file.n);
    for (size_t i = 0; i < file.n; i++) {
        const xs_named_tensor *t = &file.tensor[i];
        assert_ptr_equal(xs_safetensors_find(&file, t->name), t);
        float *values = XS_NEW_ARRAY(float, t->count);
        source[i] = (xs_tensor_source){t->name, t->rank, {0}, values};
        memcpy(source[i].shape, t->shape, sizeof t->shape);
        assert_ok(xs_tensor_floats(&file, t, values, &err));
        for (size_t k = 0; k < t->count; k++) assert_true(isfinite(values[k]));
    }
    xs_str again = {0};
    assert_ok(xs_safetensors_write(source, file.n, &again, &err));
    if (ours) assert_true(again.length == size && memcmp(again.data, bytes, size) == 0);
    for (size_t i = 0; i < file.n; i++) xs_free((void *)(uintptr_t)source[i].data);
    xs_free(source);
    xs_str_free(&again);
    xs_safetensors_free(&file);
    for (size_t cut = size - 1; cut > 0; cut -= cut / 7 + 1) refused(bytes, cut, &err);
    xs_free(bytes);
}

static void test_golden(void **state) {
    (void)state;
    if (!golden_folder()) skip();
    static const char *const names[] = {"a_bert", "b_roberta", "c_distilbert"};
    char path[600];
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/encoder/%s/model.safetensors", golden_folder(), names[i]);
        check_file(path, true);
        snprintf(path, sizeof path, "%s/encoder/%s/grads.safetensors", golden_folder(), names[i]);
        check_file(path, true);
    }
}

// The same embeddings as F32, F16 and I8, by the reference implementation.
static void test_fixtures(void **state) {
    (void)state;
    if (!data_folder()) skip();
    xsnr_error err = {0};
    float *values[2];
    static const char *const dtypes[] = {"f32", "f16", "i8"};
    for (size_t i = 0; i < 3; i++) {
        char path[600], *bytes;
        size_t size;
        xs_safetensors file;
        snprintf(path, sizeof path, "%s/safetensors-fixtures/%s/model.safetensors", data_folder(), dtypes[i]);
        if (access(path, R_OK) != 0) skip();
        assert_ok(xs_file_read(path, &bytes, &size, &err));
        assert_ok(xs_safetensors_parse(bytes, size, path, &file, &err));
        const xs_named_tensor *t = xs_safetensors_find(&file, "embeddings");
        assert_true(t && t->rank == 2 && t->shape[0] == 29528 && t->shape[1] == 2);
        if (i < 2) {
            values[i] = XS_NEW_ARRAY(float, t->count);
            assert_ok(xs_tensor_floats(&file, t, values[i], &err));
        } else {
            assert_int_equal(xs_tensor_floats(&file, t, values[0], &err), XSNR_ERR_UNSUPPORTED);
            assert_string_equal(err.message, "tensor 'embeddings' is I8; weights are F32, F16, BF16 or F64");
        }
        xs_safetensors_free(&file);
        xs_free(bytes);
    }
    for (size_t k = 0; k < 2 * 29528; k++) assert_near((double)values[1][k], (double)values[0][k], 0x1p-11, 0x1p-25);
    xs_free(values[0]);
    xs_free(values[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hostile),   cmocka_unit_test(test_lengths), cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_halves),    cmocka_unit_test(test_wide),    cmocka_unit_test(test_write),
        cmocka_unit_test(test_write_refuses), cmocka_unit_test(test_no_memory), cmocka_unit_test(test_golden),
        cmocka_unit_test(test_fixtures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
