// Fuzzing study.yaml: any bytes give a plan or one line of complaint; a plan has an identity and is freed
// whole.
#include "base/alloc.h"
#include "fuzz.h"
#include "study/plan.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    xsnr_error err = {0};
    xs_plan *plan;
    int rc = xs_plan_parse((const char *)data, size, "study.yaml", &plan, &err);
    FUZZ_REQUIRE((rc == XSNR_OK) == (plan != NULL));
    if (rc < 0) {
        FUZZ_REQUIRE(err.code == rc && err.message[0] && err.line >= 0 && !strchr(err.message, '\n'));
        return 0;
    }
    json_t *json = xs_plan_json(plan);
    FUZZ_REQUIRE(json);
    json_decref(json);
    char *path;
    if (xs_plan_expand(plan, "corpus.train", &path, &err) == XSNR_OK) xs_free(path);
    xs_plan_free(plan);
    return 0;
}
