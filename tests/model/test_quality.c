// Quality of predictions against scikit-learn, and by hand where the answer is plain.
#include "base/alloc.h"
#include "golden_text.h"
#include "model/model.h"

static void quality_is_scikit_learns(void **state) {
    (void)state;
    static const struct {
        const char *name;
        xs_link link;
        int classes;
    } cases[] = {{"pair2", XS_LINK_PAIR, 2}, {"softmax2", XS_LINK_SOFTMAX, 2}, {"softmax4", XS_LINK_SOFTMAX, 4}};
    xsnr_error err = {0};
    xs_arena scratch = {0};
    FILE *file = golden_open("quality.txt");
    for (size_t c = 0; c < 3; c++) {
        size_t count, n;
        double *logits = golden_next(file, cases[c].name, &count), *labels = golden_next(file, "labels", &n);
        double *want = golden_next(file, "quality", &count);
        xs_document docs[100] = {0};
        assert_true(n < 100);
        for (size_t i = 0; i < n; i++) docs[i].label = (int32_t)labels[i];
        xs_split split = {docs, n, "golden"};
        xs_quality q;
        assert_ok(xs_quality_of(cases[c].link, cases[c].classes, logits, &split, &scratch, &q, &err));
        assert_int_equal(q.texts, n);
        assert_near(q.accuracy, want[0], 1e-12, 0);
        assert_near(q.macro_f1, want[1], 1e-12, 0);
        assert_near(q.log_loss, want[2], 1e-12, 0);
        assert_near(q.calibration_error, want[3], 1e-12, 0);
        free(logits), free(labels), free(want);
    }
    fclose(file);
    xs_arena_free(&scratch);
}

static void extremes(void **state) {
    (void)state;
    xsnr_error err = {0};
    xs_arena scratch = {0};
    double p[3], far[] = {-800, 800}, three[] = {1000, 1000, -1000};
    xs_probabilities(XS_LINK_PAIR, 2, far, p);
    assert_near(p[0], 0, 0, 1e-300);
    assert_near(p[1], 1, 0, 0);
    xs_probabilities(XS_LINK_SOFTMAX, 3, three, p);
    assert_near(p[0], 0.5, 0, 0);
    assert_near(p[2], 0, 0, 0);

    // four texts, one without a label: sure and right, sure and wrong, undecided (class 0 by convention)
    xs_document docs[4] = {{.label = 1}, {.label = 0}, {.label = 0}, {.label = -1}};
    double logits[] = {-800, 800, -800, 800, 0, 0, 5, -5};
    xs_split split = {docs, 4, "hand"};
    xs_quality q;
    assert_ok(xs_quality_of(XS_LINK_PAIR, 2, logits, &split, &scratch, &q, &err));
    assert_int_equal(q.texts, 3);
    assert_near(q.accuracy, 2.0 / 3, 1e-15, 0);
    assert_near(q.macro_f1, 2.0 / 3, 1e-15, 0); // both classes: one hit, one miss
    assert_near(q.log_loss, (800 + log(2)) / 3, 1e-15, 0);
    assert_near(q.calibration_error, (1 + 0.5) / 3, 1e-15, 0);

    split.count = 0;
    assert_ok(xs_quality_of(XS_LINK_PAIR, 2, logits, &split, &scratch, &q, &err));
    assert_int_equal(q.texts, 0);
    assert_true(isnan(q.accuracy) && isnan(q.macro_f1) && isnan(q.log_loss) && isnan(q.calibration_error));
    xs_arena_free(&scratch);

    xs_alloc_fail_at(1);
    assert_int_equal(xs_quality_of(XS_LINK_PAIR, 2, logits, &split, &scratch, &q, &err), XSNR_ERR_NOMEM);
    xs_alloc_fail_at(0);
    xs_arena_free(&scratch);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(quality_is_scikit_learns), cmocka_unit_test(extremes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
