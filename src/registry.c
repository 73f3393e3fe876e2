// The three lists: families, explainers, statistics.  A new method is its file and its line here.
#include "registry.h"
#include "base/alloc.h"
#include "base/str.h"
#include <string.h>

extern const xs_family xs_family_command, xs_family_bag, xs_family_encoder, xs_family_linear;
static const xs_family *const families[] = {
    &xs_family_linear,
    &xs_family_bag,
    &xs_family_encoder,
    &xs_family_command,
    NULL,
};

extern const xs_explainer xs_explainer_attention, xs_explainer_attention_rollout, xs_explainer_attn_lrp,
    xs_explainer_contribution, xs_explainer_input_x_gradient, xs_explainer_integrated_gradients,
    xs_explainer_lime, xs_explainer_lrp_chefer, xs_explainer_occlusion, xs_explainer_saliency, xs_explainer_shapley,
    xs_explainer_smoothgrad;
static const xs_explainer *const explainers[] = {
    &xs_explainer_contribution,
    &xs_explainer_attention,
    &xs_explainer_attention_rollout,
    &xs_explainer_saliency,
    &xs_explainer_input_x_gradient,
    &xs_explainer_smoothgrad,
    &xs_explainer_integrated_gradients,
    &xs_explainer_lrp_chefer,
    &xs_explainer_attn_lrp,
    &xs_explainer_occlusion,
    &xs_explainer_shapley,
    &xs_explainer_lime,
    NULL,
};

const xs_family *const *xs_families(void) { return families; }
const xs_explainer *const *xs_explainers(void) { return explainers; }

static int unknown(const char *what, const char *name, const char *const *names, size_t n, const char *file,
                   long line, xsnr_error *err) {
    const char *near = xs_nearest(name, names, n);
    if (near)
        return xs_fail_at(err, XSNR_ERR_NOT_FOUND, file, line, "unknown %s '%s'; did you mean '%s'?", what, name,
                          near);
    xs_str all = {0};
    for (size_t i = 0; i < n; i++) xs_str_printf(&all, "%s%s", i ? ", " : "", names[i]);
    int rc = xs_fail_at(err, XSNR_ERR_NOT_FOUND, file, line, "unknown %s '%s'; it is one of %s", what, name,
                        all.data ? all.data : "none");
    xs_str_free(&all);
    return rc;
}

const xs_family *xs_family_find(const char *name, const char *file, long line, xsnr_error *err) {
    const char *names[sizeof families / sizeof *families] = {NULL};
    size_t n = 0;
    for (; families[n]; n++) {
        if (strcmp(families[n]->name, name) == 0) return families[n];
        names[n] = families[n]->name;
    }
    unknown("family", name, names, n, file, line, err);
    return NULL;
}

const xs_explainer *xs_explainer_find(const char *name, const char *file, long line, xsnr_error *err) {
    const char *names[sizeof explainers / sizeof *explainers] = {NULL};
    size_t n = 0;
    for (; explainers[n]; n++) {
        if (strcmp(explainers[n]->name, name) == 0) return explainers[n];
        names[n] = explainers[n]->name;
    }
    unknown("explainer", name, names, n, file, line, err);
    return NULL;
}

int xs_explainer_refuse(const xs_explainer *method, const xs_family *family, const char *whose, const char *file, long line,
                        xsnr_error *err) {
    static const struct {
        unsigned bit;
        const char *what;
    } needs[] = {{XS_PREDICTS, "predictions of texts without some of their words"},
                 {XS_ADDITIVE, "logits that are sums over words"},
                 {XS_GRADIENTS, "gradients"},
                 {XS_ATTENTION, "attention"},
                 {XS_RELEVANCE, "relevance propagation"}};
    const char *what = NULL;
    for (size_t k = 0; k < sizeof needs / sizeof *needs && !what; k++)
        if (method->needs & ~family->provides & needs[k].bit) what = needs[k].what;
    xs_str can = {0};
    for (size_t i = 0; families[i]; i++)
        if (xs_explainer_serves(method, families[i])) xs_str_printf(&can, "%s%s", can.length ? ", " : "", families[i]->name);
    int rc = xs_fail_at(err, XSNR_ERR_UNSUPPORTED, file, line, "explainer '%s' needs %s, which %s; families that do: %s", method->name,
                        what, whose, can.data ? can.data : "none");
    xs_str_free(&can);
    return rc;
}

// The settings "key=value,key=value", which are cut up in place.
static int set_all(xs_settings *settings, char *list, xsnr_error *err) {
    for (char *save = NULL, *pair = strtok_r(list, ",", &save); pair; pair = strtok_r(NULL, ",", &save)) {
        char *value = strchr(pair, '=');
        if (!value) return xs_fail(err, XSNR_ERR_ARGUMENT, "'%.100s' is not key=value, as in lrp_chefer:start_layer=1", pair);
        *value++ = '\0';
        XS_TRY(xs_settings_set(settings, pair, value, NULL, 0, err));
    }
    return XSNR_OK;
}

int xs_explainer_parse(const char *spec, const xs_explainer **method, xs_settings *settings, xsnr_error *err) {
    char *copy = xs_strdup(spec);
    if (!copy) return xs_nomem(err);
    char *list = strchr(copy, ':');
    if (list) *list++ = '\0';
    *method = xs_explainer_find(copy, NULL, 0, err);
    int rc = *method ? xs_settings_init(settings, (*method)->params, err) : XSNR_ERR_NOT_FOUND;
    if (rc == XSNR_OK && list) {
        rc = set_all(settings, list, err);
        if (rc < 0) xs_settings_free(settings);
    }
    xs_free(copy);
    return rc;
}
