// Relevance inside the golden encoders: at every layer's attention, at every hidden state, and what is conserved.
//
// The networks are of doubles and of floats, with the last layer whole or of the first token only.  In floats the
// method is ill-conditioned; there the golden tolerances are wide.
#include "base/random.h"
#include "golden_encoder.h"

static xsnr_error err;

typedef struct rig {
    golden g;
    xs_network *net;
    xs_buffer *absolute;
    bool exact; // doubles
} rig;

static json_t *item(const json_t *list, size_t i) { return json_array_get(list, i); }
static double number(const json_t *list, size_t i) { return json_number_value(item(list, i)); }

static void put_start(rig *r, size_t B, const int *target, bool unit) {
    size_t C = r->g.config.labels;
    double *start = XS_NEW_ARRAY(double, B *C), *logits = golden_get(&r->g, r->net->logits, B * C);
    for (size_t b = 0; b < B; b++) start[b * C + (size_t)target[b]] = unit ? 1 : logits[b * C + (size_t)target[b]];
    r->g.ops->put_reals(r->g.device, r->net->dlogits, start, B * C);
    xs_free(start), xs_free(logits);
}

static void forward(rig *r, bool first_only) {
    xs_view P = {r->g.parameters, 0};
    xs_network_put(r->net, &r->g.batch);
    xs_network_embed(r->net, P);
    xs_network_forward(r->net, P, (xs_step_noise){0}, first_only);
}

// Input `b` of the batch: sums over hidden numbers of n->dx, by tokens.
static void row_sums(rig *r, size_t b, double *out) {
    size_t H = r->g.config.hidden, T = r->g.begin[b + 1] - r->g.begin[b];
    double *x = golden_get(&r->g, xs_view_at(r->net->dx, r->g.begin[b] * H), T * H);
    for (size_t t = 0; t < T; t++) {
        out[t] = 0;
        for (size_t k = 0; k < H; k++) out[t] += x[t * H + k];
    }
    xs_free(x);
}

static void compare(const char *what, const double *got, const json_t *expected, double relative) {
    double most = 0;
    size_t n = json_array_size(expected);
    if (n == 0) fail_msg("%s: no expected values", what);
    for (size_t i = 0; i < n; i++) most = fmax(most, fabs(number(expected, i)));
    for (size_t i = 0; i < n; i++)
        if (!(fabs(got[i] - number(expected, i)) <= relative * most))
            fail_msg("%s: %zu is %.9g, not %.9g (largest %.3g)", what, i, got[i], number(expected, i), most);
}

// Relevance and gradient at the attention of input 0: (layers, h, T, T), whole.
static void check_attention(rig *r, const json_t *chefer, double relative) {
    size_t T = r->g.begin[1];
    for (size_t l = 0; l < r->g.config.layers; l++) {
        size_t n = r->g.config.heads * T * T;
        double *R = golden_get(&r->g, r->net->layer[l].relevance, n), *G = golden_get(&r->g, r->net->layer[l].dprobability, n);
        const json_t *er = item(json_object_get(chefer, "attention_relevance"), l);
        const json_t *eg = item(json_object_get(chefer, "attention_gradient"), l);
        double most_r = 0, most_g = 0;
        bool first = r->net->first_only && l + 1 == r->g.config.layers;
        for (size_t i = 0; i < n; i++) {
            most_r = fmax(most_r, fabs(number(item(item(er, i / (T * T)), i / T % T), i % T)));
            most_g = fmax(most_g, fabs(number(item(item(eg, i / (T * T)), i / T % T), i % T)));
        }
        assert_true(most_r > 0);
        for (size_t i = 0; i < n; i++) {
            if (first && i / T % T) continue; // rows that are not computed
            assert_near(R[i], number(item(item(er, i / (T * T)), i / T % T), i % T), 0, relative * most_r);
            assert_near(G[i], number(item(item(eg, i / (T * T)), i / T % T), i % T), 0, 1e-4 * most_g + 1e-9);
        }
        xs_free(R), xs_free(G);
    }
}

static void check_chefer(rig *r, const json_t *inputs, const char *which) {
    size_t B = r->g.batch.texts;
    int target[8];
    double sums[64];
    xs_view P = {r->g.parameters, 0}, absolute = {r->absolute, 0}, none = {0};
    for (size_t b = 0; b < B; b++)
        target[b] = (int)json_integer_value(json_object_get(json_object_get(json_object_get(item(inputs, b), "targets"), which), "class"));
    put_start(r, B, target, true);
    xs_network_backward_layers(r->net, P, none, 0, true);
    put_start(r, B, target, true);
    xs_network_relevance(r->net, P, absolute, XS_RULE_CHEFER, 0, true);
    for (size_t b = 0; b < B; b++) {
        const json_t *chefer = json_object_get(json_object_get(json_object_get(item(inputs, b), "targets"), which), "lrp_chefer");
        row_sums(r, b, sums);
        compare("relevance at the encoder's input", sums, json_object_get(chefer, "full_lrp_encoder_input"), r->exact ? 1e-6 : 5e-3);
        double all = 0;
        for (size_t t = 0; t < r->g.begin[b + 1] - r->g.begin[b]; t++) all += sums[t];
        assert_near(all, 1, 0, r->exact ? 1e-6 : 5e-3); // conserved
        if (json_object_get(chefer, "attention_relevance")) check_attention(r, chefer, r->exact ? 1e-5 : 2e-2);
    }
}

static void check_attn_lrp(rig *r, const json_t *inputs, const char *which) {
    size_t B = r->g.batch.texts, layers = r->g.config.layers;
    int target[8];
    double sums[64];
    xs_view P = {r->g.parameters, 0}, none = {0};
    for (size_t b = 0; b < B; b++)
        target[b] = (int)json_integer_value(json_object_get(json_object_get(json_object_get(item(inputs, b), "targets"), which), "class"));
    for (uint32_t until = (uint32_t)layers; until-- > 0;) {
        put_start(r, B, target, false);
        xs_network_relevance(r->net, P, none, XS_RULE_ATTN_LRP, until, true);
        for (size_t b = 0; b < B; b++) {
            const json_t *lrp = json_object_get(json_object_get(json_object_get(item(inputs, b), "targets"), which), "attn_lrp");
            row_sums(r, b, sums);
            compare("AttnLRP at a hidden state", sums, item(json_object_get(lrp, "hidden_relevance_per_token"), until), r->exact ? 1e-7 : 2e-3);
        }
    }
    xs_network_relevance_embedded(r->net, P);
    for (size_t b = 0; b < B; b++) {
        const json_t *lrp = json_object_get(json_object_get(json_object_get(item(inputs, b), "targets"), which), "attn_lrp");
        row_sums(r, b, sums);
        if (r->exact) compare("AttnLRP before the layer norm", sums, json_object_get(lrp, "embsum"), 1e-6);
    }
}

static void check(rig *r) {
    json_t *explain = golden_json(&r->g, "explain.json"), *inputs = json_object_get(explain, "inputs");
    for (int first = 0; first < 2; first++)
        for (int k = 0; k < 2; k++) {
            forward(r, first);
            check_chefer(r, inputs, k ? "class0" : "predicted");
            check_attn_lrp(r, inputs, k ? "class0" : "predicted");
        }
    json_decref(explain);
}

static void test_golden(void **state) {
    (void)state;
    for (size_t i = 0; i < 3; i++)
        for (int precision = XS_FLOAT; precision <= XS_DOUBLE; precision++)
            for (int level = 1; level <= 4; level++) {
                rig r = {.exact = precision == XS_DOUBLE};
                golden_open(&r.g, golden_encoders[i], (xs_precision)precision, level);
                xs_batch_room room = {.texts = 8, .rows = 256, .longest = 64, .squares = 8192};
                assert_ok(xs_network_new(r.g.ops, r.g.device, &r.g.layout, &room, XS_KEEP_RELEVANCE, &r.net, &err));
                assert_ok(r.g.ops->reals(r.g.device, r.g.layout.total, &r.absolute, &err));
                xs_network_absolute(r.net, (xs_view){r.g.parameters, 0}, (xs_view){r.absolute, 0});
                check(&r);
                xs_network_free(r.net);
                r.g.ops->release(r.g.device, r.absolute);
                golden_close(&r.g);
            }
}

// With biases of 0 and ε → 0 AttnLRP keeps Σ R at every operation but the softmax, whose Taylor rule lets its bias absorb some:
// a linear layer, a sum, a layer norm, a product; the softmax is held against its formula.
typedef struct bench {
    const xs_backend *ops;
    xs_device *d;
    xs_buffer *b;
    xs_rng rng;
    size_t used;
} bench;

enum { ROOM = 4096 };

static bench bench_new(void) {
    bench t = {.ops = xs_cpu_backend(XS_DOUBLE, 0), .rng = xs_rng_at(1, XS_STREAM_STATS, 0, 0)};
    assert_ok(t.ops->open(&t.d, &err));
    assert_ok(t.ops->reals(t.d, ROOM, &t.b, &err));
    return t;
}

static void bench_free(bench *t) {
    t->ops->release(t->d, t->b);
    t->ops->close(t->d);
}

static xs_view room(bench *t, size_t n) {
    xs_view v = {t->b, t->used};
    t->used += n;
    assert_true(t->used <= ROOM);
    return v;
}

static xs_view random_numbers(bench *t, size_t n) {
    xs_view v = room(t, n);
    double x[ROOM];
    for (size_t i = 0; i < n; i++) x[i] = xs_rng_normal(&t->rng);
    t->ops->put_reals(t->d, v, x, n);
    return v;
}

static double total(const bench *t, xs_view v, size_t n) {
    double x[ROOM], sum = 0;
    t->ops->get_reals(t->d, v, x, n);
    for (size_t i = 0; i < n; i++) sum += x[i];
    return sum;
}

static void test_conserved(void **state) {
    (void)state;
    enum { M = 3, I = 8, O = 5 };
    bench t = bench_new();
    const xs_backend *o = t.ops;
    xs_view none = {0}, x = random_numbers(&t, M * I), w = random_numbers(&t, O * I), z = room(&t, M * O), r = random_numbers(&t, M * O), rx = room(&t, M * I);
    double before = total(&t, r, M * O);
    o->linear(t.d, M, I, O, x, w, none, z);
    o->quotient(t.d, M * O, r, z, 0, false, r);
    o->linear_input(t.d, M, I, O, r, w, false, rx);
    o->multiply(t.d, rx, x, M * I);
    assert_near(total(&t, rx, M * I), before, 1e-12, 1e-12);

    xs_view a = random_numbers(&t, M * I), b = random_numbers(&t, M * I), sum = room(&t, M * I), ra = room(&t, M * I);
    o->copy(t.d, sum, a, M * I);
    o->add(t.d, sum, b, 1, M * I);
    o->quotient(t.d, M * I, rx, sum, 0, false, rx);
    o->copy(t.d, ra, rx, M * I);
    o->multiply(t.d, ra, a, M * I);
    o->multiply(t.d, rx, b, M * I);
    assert_near(total(&t, ra, M * I) + total(&t, rx, M * I), before, 1e-10, 1e-10);

    xs_view gain = random_numbers(&t, I), shift = room(&t, I), y = room(&t, M * I), stat = room(&t, 2 * M);
    o->norm(t.d, M, I, 1e-12, a, gain, shift, y, stat); // without a shift
    r = random_numbers(&t, M * I);
    before = total(&t, r, M * I);
    o->quotient(t.d, M * I, r, y, 0, false, r);
    o->norm_backward(t.d, M, I, a, stat, gain, r, true, r, none, none);
    o->multiply(t.d, r, a, M * I);
    assert_near(total(&t, r, M * I), before, 1e-10, 1e-10);
    bench_free(&t);
}

// One text of T tokens, h heads of c: R at the context reaches probabilities and values whole; through the softmax as its
// formula says; and from the scores queries and keys whole.
static void test_attention_conserves(void **state) {
    (void)state;
    enum { T = 4, HEADS = 2, C = 3, H = HEADS * C };
    bench t = bench_new();
    const xs_backend *o = t.ops;
    xs_buffer *ints;
    assert_ok(o->ints(t.d, 4, &ints, &err));
    o->put_ints(t.d, (xs_view){ints, 0}, (const uint32_t[]){0, T, 0, T * T}, 4);
    xs_packed packed = {.texts = 1, .rows = T, .longest = T, .begin = {ints, 0}, .squares = {ints, 2}};
    xs_attention attention = {.heads = HEADS, .hidden = H};
    xs_view qkv = random_numbers(&t, 3 * T * H), probability = room(&t, HEADS * T * T), context = room(&t, T * H);
    xs_view r = random_numbers(&t, T * H), relevance = room(&t, HEADS * T * T), rqkv = room(&t, 3 * T * H);
    o->attention(t.d, &packed, &attention, qkv, probability, context);
    o->attention_relevance(t.d, &packed, &attention, XS_RULE_ATTN_LRP, qkv, probability, context, r, relevance, rqkv);
    double x[3 * T * H], got[3 * T * H], A[HEADS * T * T], R[HEADS * T * T], values = 0, asked = 0, scores = 0;
    o->get_reals(t.d, rqkv, got, 3 * T * H);
    o->get_reals(t.d, qkv, x, 3 * T * H);
    o->get_reals(t.d, probability, A, HEADS * T * T);
    o->get_reals(t.d, relevance, R, HEADS * T * T);
    for (size_t i = 0; i < 3 * T * H; i++) *(i % (3 * H) >= 2 * H ? &values : &asked) += got[i];
    assert_near(total(&t, relevance, HEADS * T * T) + values, total(&t, r, T * H), 1e-6, 1e-6);
    for (size_t h = 0; h < HEADS; h++)
        for (size_t q = 0; q < T; q++) {
            double all = 0;
            for (size_t k = 0; k < T; k++) all += R[(h * T + q) * T + k];
            for (size_t k = 0; k < T; k++) {
                double s = 0;
                for (size_t i = 0; i < C; i++) s += x[q * 3 * H + h * C + i] * x[k * 3 * H + H + h * C + i] / sqrt(C);
                scores += s * (R[(h * T + q) * T + k] - A[(h * T + q) * T + k] * all);
            }
        }
    assert_near(asked, scores, 1e-6, 1e-6);
    o->release(t.d, ints);
    bench_free(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_golden), cmocka_unit_test(test_conserved),
                                       cmocka_unit_test(test_attention_conserves)};
    if (!golden_folder()) return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
