// Fuzzing study.yaml: any bytes give a plan or one line of complaint; a plan has an identity and can be freed.
#include "study/plan.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    xsnr_error err = {0};
    xs_plan *plan;
    int rc = xs_plan_parse((const char *)data, size, "study.yaml", &plan, &err);
    assert((rc == XSNR_OK) == (plan != NULL));
    if (rc < 0) {
        assert(err.code == rc && err.message[0] && err.line >= 0 && !strchr(err.message, '\n'));
        return 0;
    }
    json_t *json = xs_plan_json(plan);
    assert(json);
    json_decref(json);
    xs_plan_free(plan);
    return 0;
}
