// .npy and .npz files: against NumPy in both directions, and against every way in which they can be wrong.
#include "base/file.h"
#include "folder.h"
#include "store/npy.h"
#include "base/alloc.h"

#define PYTHON "/usr/bin/python3"

// Runs a script with FOLDER as its argument; skips the test where there is no NumPy.
static void numpy(const char *script) {
    if (system(PYTHON " -c 'import numpy' 2>/dev/null")) skip();
    xsnr_error err = {0};
    char command[256];
    assert_ok(xs_file_write(in_folder("script.py"), script, strlen(script), &err));
    snprintf(command, sizeof command, PYTHON " %s %s", in_folder("script.py"), folder);
    assert_int_equal(system(command), 0);
}

// NAME.npy has the items of NAME.raw (float64, C order) and the shape in NAME.shape.
static void compare(const char *name) {
    xsnr_error err = {0};
    xs_npy array;
    char file[64], *raw, *shape;
    size_t size, shape_size, count = 1;
    snprintf(file, sizeof file, "%s.npy", name);
    assert_ok(xs_npy_read(in_folder(file), NULL, &array, &err));
    snprintf(file, sizeof file, "%s.raw", name);
    assert_ok(xs_file_read(in_folder(file), &raw, &size, &err));
    snprintf(file, sizeof file, "%s.shape", name);
    assert_ok(xs_file_read(in_folder(file), &shape, &shape_size, &err));
    char *p = shape;
    for (int d = 0; d < array.rank; d++) {
        assert_int_equal(array.shape[d], strtoul(p, &p, 10));
        count *= array.shape[d];
    }
    assert_int_equal(count * 8, size);
    for (size_t i = 0; i < count; i++) {
        double expected;
        memcpy(&expected, raw + 8 * i, 8);
        if (!(array.data[i] == expected) && !(isnan(array.data[i]) && isnan(expected)))
            fail_msg("%s[%zu] = %.17g, expected %.17g", name, i, array.data[i], expected);
    }
    xs_npy_free(&array);
    xs_free(raw);
    xs_free(shape);
}

static void reads_what_numpy_writes(void **state) {
    (void)state;
    numpy("import sys, os, numpy as np\n"
          "from numpy.lib import format\n"
          "os.chdir(sys.argv[1]); names = []\n"
          "def put(name, a, **how):\n"
          "    with open(name + '.npy', 'wb') as f: format.write_array(f, a, **how)\n"
          "    np.ascontiguousarray(a).astype('<f8').tofile(name + '.raw')\n"
          "    open(name + '.shape', 'w').write(' '.join(map(str, a.shape))); names.append(name)\n"
          "r = np.random.default_rng(1)\n"
          "x = r.normal(size=(4, 3, 5)) * 100\n"
          "for t in 'f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 b1'.split():\n"
          "    for e in '<>':\n"
          "        y = (np.abs(x) if t[0] == 'u' else x).astype(e + t)\n"
          "        put(f'{t}{\"lb\"[e == \">\"]}', y)\n"
          "        put(f'{t}{\"lb\"[e == \">\"]}_fortran', np.asfortranarray(y))\n"
          "put('halves', np.arange(65536, dtype='u2').view('f2'))\n"
          "put('special', np.array([np.inf, -np.inf, np.nan, -0.0, 5e-324]))\n"
          "put('scalar', np.array(3.5)); put('empty', np.zeros((0, 7))); put('row', x[0, 0]); put('plane', x[0].T)\n"
          "put('rank8', x.reshape(1, 2, 2, 1, 3, 1, 5, 1).swapaxes(1, 4))\n"
          "put('version2', x, version=(2, 0)); put('version3', x, version=(3, 0))\n"
          "open('names', 'w').write(' '.join(names))\n");
    xsnr_error err = {0};
    char *names, *rest;
    size_t size;
    int compared = 0;
    assert_ok(xs_file_read(in_folder("names"), &names, &size, &err));
    for (char *name = strtok_r(names, " ", &rest); name; name = strtok_r(NULL, " ", &rest), compared++) compare(name);
    assert_int_equal(compared, 12 * 4 + 9);
    xs_free(names);
}

static void reads_npz(void **state) {
    (void)state;
    numpy("import sys, os, zipfile, numpy as np\n"
          "os.chdir(sys.argv[1]); x = np.arange(12.).reshape(3, 4)\n"
          "np.savez('stored.npz', scores=x, lengths=[4]); np.savez_compressed('deflated.npz', scores=x, other=x.T)\n"
          "np.savez('one.npz', x); np.savez('two.npz', x, x)\n"
          "with zipfile.ZipFile('zip64.npz', 'w') as z:\n"
          "    with z.open('scores.npy', 'w', force_zip64=True) as f: np.save(f, x)\n"
          "    z.comment = b'with a comment'\n");
    xsnr_error err = {0};
    xs_npy a;
    const char *files[] = {"stored.npz", "deflated.npz", "one.npz", "zip64.npz"};
    for (size_t f = 0; f < 4; f++) {
        assert_ok(xs_npy_read(in_folder(files[f]), NULL, &a, &err));
        assert_int_equal(a.rank, 2);
        assert_true(a.shape[0] == 3 && a.shape[1] == 4);
        for (int i = 0; i < 12; i++) assert_true(a.data[i] == i);
        xs_npy_free(&a);
    }
    assert_ok(xs_npy_read(in_folder("stored.npz"), "lengths", &a, &err));
    assert_true(a.rank == 1 && a.data[0] == 4);
    xs_npy_free(&a);
    assert_ok(xs_npy_read(in_folder("deflated.npz"), "other", &a, &err));
    assert_true(a.shape[0] == 4 && a.data[1] == 4);
    xs_npy_free(&a);
    assert_int_equal(xs_npy_read(in_folder("two.npz"), NULL, &a, &err), XSNR_ERR_NOT_FOUND);
    assert_string_equal(err.message, "this .npz has no array 'scores'; it has: arr_0, arr_1");
    assert_int_equal(xs_npy_read(in_folder("none.npz"), NULL, &a, &err), XSNR_ERR_IO);
}

static void numpy_reads_what_we_write(void **state) {
    (void)state;
    xsnr_error err = {0};
    const double x[6] = {1, -2.5, 1e-3, NAN, 1e10, 0};
    const char *words[3] = {"fête", "", "\xF0\x9F\x99\x82 smile"};
    char *first, *second;
    size_t sizes[2];
    for (int again = 0; again < 2; again++) {
        xs_npz *npz;
        xs_str npy = {0};
        assert_ok(xs_npz_new(&npz, &err));
        const char *types[] = {"<f4", "<f8", "<i8"};
        for (int t = 0; t < 3; t++) {
            xs_str_free(&npy);
            assert_ok(xs_npy_format(types[t], 2, (size_t[]){2, t < 2 ? 3 : 1}, x, &npy, &err));
            assert_ok(xs_npz_add(npz, types[t] + 1, npy.data, npy.length, &err));
        }
        xs_str_free(&npy);
        assert_ok(xs_npy_format_text(words, 3, &npy, &err));
        assert_ok(xs_npz_add(npz, "a b/words", npy.data, npy.length, &err));
        xs_str_free(&npy);
        assert_ok(xs_npy_format("<f8", 0, NULL, x, &npy, &err));
        assert_ok(xs_npz_add(npz, "scalar", npy.data, npy.length, &err));
        xs_str_free(&npy);
        assert_ok(xs_npz_write(npz, in_folder(again ? "again.npz" : "ours.npz"), &err));
        xs_npz_free(npz);
    }
    assert_ok(xs_file_read(in_folder("ours.npz"), &first, &sizes[0], &err));
    assert_ok(xs_file_read(in_folder("again.npz"), &second, &sizes[1], &err));
    assert_int_equal(sizes[0], sizes[1]);
    assert_memory_equal(first, second, sizes[0]);
    xs_free(first);
    xs_free(second);
    xs_npy a;
    assert_ok(xs_npy_read(in_folder("ours.npz"), "f8", &a, &err));
    assert_true(a.rank == 2 && a.shape[1] == 3 && a.data[1] == -2.5 && isnan(a.data[3]));
    xs_npy_free(&a);
    numpy("import sys, zipfile, numpy as np\n"
          "z = np.load(sys.argv[1] + '/ours.npz')\n"
          "x = np.array([[1, -2.5, 1e-3], [np.nan, 1e10, 0]])\n"
          "assert zipfile.ZipFile(sys.argv[1] + '/ours.npz').testzip() is None\n"
          "assert z['f8'].dtype == '<f8' and np.array_equal(z['f8'], x, equal_nan=True)\n"
          "assert z['f4'].dtype == '<f4' and np.array_equal(z['f4'], x.astype('f4'), equal_nan=True)\n"
          "assert z['i8'].dtype == '<i8' and z['i8'].tolist() == [[1], [-2]]\n"
          "assert z['scalar'].shape == () and z['scalar'] == 1\n"
          "assert z['a b/words'].tolist() == ['fête', '', '\\U0001F642 smile'], z['a b/words']\n");
}

static void golden_arrays(void **state) {
    (void)state;
    if (!golden_folder()) skip();
    xsnr_error err = {0};
    const char *names[] = {"gauss", "heavy", "hetero", "modes", "nosignal", "pairs", "shift", "small"};
    for (size_t i = 0; i < 8; i++) {
        char path[512];
        xs_npy a;
        snprintf(path, sizeof path, "%s/stats/%s.npy", golden_folder(), names[i]);
        assert_ok(xs_npy_read(path, NULL, &a, &err));
        assert_int_equal(a.rank, 2);
        assert_true(a.shape[0] > 1 && a.shape[1] > 1);
        for (size_t k = 0; k < a.shape[0] * a.shape[1]; k++) assert_true(isfinite(a.data[k]));
        xs_npy_free(&a);
    }
}

// A .npy file of version 1 with this header and so many bytes of items.
static void check_bad(const char *header, size_t items, const char *message) {
    xsnr_error err = {0};
    xs_npy a;
    char file[512] = "\x93NUMPY\1";
    file[8] = (char)strlen(header);
    memcpy(file + 10, header, strlen(header));
    int rc = xs_npy_parse(file, 10 + strlen(header) + items, "bad.npy", &a, &err);
    if (!message) {
        assert_ok(rc);
        xs_npy_free(&a);
        return;
    }
    assert_int_equal(rc, XSNR_ERR_DATA);
    assert_string_equal(err.file, "bad.npy");
    assert_string_equal(err.message, message);
    assert_null(a.data);
}

#define MALFORMED "the header of this .npy file is malformed: "

static void bad_headers(void **state) {
    (void)state;
    check_bad("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}", 24, NULL);
    check_bad("{\"shape\":(6L,),\"fortran_order\":True,\"descr\":\"<f4\",}", 24, NULL);
    check_bad("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}", 23,
              "this array was cut short: 23 of its 24 bytes are there");
    check_bad("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}", 25,
              "1 bytes follow the array; one array a file is right");
    check_bad("{'descr': '|O', 'fortran_order': False, 'shape': (2,)}", 24,
              "an array of dtype '|O' is one of Python objects, which are never loaded; save numbers as float32 or float64, strings as dtype U: "
              "numpy.array(x, dtype=str)");
    check_bad("{'descr': '<c8', 'fortran_order': False, 'shape': (2,)}", 24,
              "an array of dtype '<c8' is not one of numbers; save it as float32 or float64");
    check_bad("{'descr': '<f16', 'fortran_order': False, 'shape': (1,)}", 16,
              "an array of dtype '<f16' is not one of numbers; save it as float32 or float64");
    check_bad("{'descr': '', 'fortran_order': False, 'shape': (1,)}", 16,
              "an array of dtype '' is not one of numbers; save it as float32 or float64");
    check_bad("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}", 8,
              "this array has named fields (a structured dtype); save a plain array of numbers");
    check_bad("{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296, 2)}", 8,
              "the shape of this array is larger than any memory");
    check_bad("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999999,)}", 8,
              "the shape of this array is larger than any memory");
    check_bad("{'descr': '<f8', 'fortran_order': False, 'shape': (0, 9223372036854775807, 4)}", 0, NULL);
    check_bad("{'descr': '<f8', 'fortran_order': True, 'shape': (0, 9223372036854775807, 4)}", 0, NULL);
    check_bad("{'descr': '<f8', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1)}", 8,
              "this array has more than 8 dimensions");
    check_bad("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}", 8, MALFORMED "a whole number in the shape is expected");
    check_bad("{'descr': '<f8', 'fortran_order': False, 'shape': 3}", 8, MALFORMED "a shape in parentheses is expected");
    check_bad("{'descr': '<f8', 'fortran_order': 0, 'shape': (1,)}", 8, MALFORMED "True or False is expected");
    check_bad("{'descr': '<f8', 'shape': (1,)}", 8,
              MALFORMED "descr, fortran_order and shape, all three, is expected");
    check_bad("{'descr': '<f8, 'shape': (1,)", 8, MALFORMED "',' or '}' is expected");
    check_bad("{'key': 1}", 8, MALFORMED "descr, fortran_order or shape as a key is expected");
    check_bad("{'descr': '<f8', 'fortran_order': False, 'shape': (1,)} + 1", 8, MALFORMED "nothing after '}' is expected");
    check_bad("", 0, MALFORMED "'{' is expected");
}

// Every prefix of a good file is an error, and so is every damaged checksum; nothing is read outside.
static void cut_short(void **state) {
    (void)state;
    xsnr_error err = {0};
    const double x[4] = {1, 2, 3, 4};
    xs_str npy = {0};
    xs_npz *npz;
    char *zip;
    size_t size;
    xs_npy a;
    assert_ok(xs_npy_format("<f8", 1, (size_t[]){4}, x, &npy, &err));
    assert_ok(xs_npz_new(&npz, &err));
    assert_ok(xs_npz_add(npz, "scores", npy.data, npy.length, &err));
    assert_ok(xs_npz_write(npz, in_folder("cut.npz"), &err));
    xs_npz_free(npz);
    assert_ok(xs_file_read(in_folder("cut.npz"), &zip, &size, &err));
    for (int kind = 0; kind < 2; kind++) {
        const char *bytes = kind ? zip : npy.data;
        size_t whole = kind ? size : npy.length;
        for (size_t n = 0; n < whole; n++) {
            char *copy = malloc(n ? n : 1); // of its exact size, for the address sanitizer
            memcpy(copy, bytes, n);
            assert_int_equal(xs_npy_read_bytes(copy, n, "cut", NULL, &a, &err), XSNR_ERR_DATA);
            free(copy);
        }
    }
    assert_ok(xs_npy_read_bytes(zip, size, "cut", NULL, &a, &err));
    xs_npy_free(&a);
    for (size_t i = 40; i < 60; i++) { // the deflated bytes
        zip[i] ^= 0x10;
        assert_int_equal(xs_npy_read_bytes(zip, size, "cut", NULL, &a, &err), XSNR_ERR_DATA);
        zip[i] ^= 0x10;
    }
    assert_ok(xs_npy_read_bytes(zip, size, "cut", NULL, &a, &err));
    xs_npy_free(&a);
    xs_free(zip);
    xs_str_free(&npy);
}

static void nth_allocation_fails(void **state) {
    (void)state;
    xsnr_error err = {0};
    const double x[4] = {1, 2, 3, 4};
    const char *words[2] = {"one", "two"};
    for (long n = 1, rc = -1; rc < 0; n++) {
        xs_str npy = {0}, text = {0};
        xs_npz *npz = NULL;
        xs_npy a = {0};
        xs_alloc_fail_at(n);
        rc = xs_npy_format("<f8", 1, (size_t[]){4}, x, &npy, &err);
        if (rc == 0) rc = xs_npy_format_text(words, 2, &text, &err);
        if (rc == 0) rc = xs_npz_new(&npz, &err);
        if (rc == 0) rc = xs_npz_add(npz, "scores", npy.data, npy.length, &err);
        if (rc == 0) rc = xs_npz_add(npz, "words", text.data, text.length, &err);
        if (rc == 0) rc = xs_npz_write(npz, in_folder("nth.npz"), &err);
        if (rc == 0) rc = xs_npy_read(in_folder("nth.npz"), NULL, &a, &err);
        xs_alloc_fail_at(0);
        assert_true(rc == 0 || rc == XSNR_ERR_NOMEM);
        assert_true(rc == 0 || !a.data);
        xs_str_free(&npy);
        xs_str_free(&text);
        xs_npz_free(npz);
        xs_npy_free(&a);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_numpy_writes), cmocka_unit_test(reads_npz),
        cmocka_unit_test(numpy_reads_what_we_write), cmocka_unit_test(golden_arrays),
        cmocka_unit_test(bad_headers), cmocka_unit_test(cut_short),
        cmocka_unit_test(nth_allocation_fails),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
