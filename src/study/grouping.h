// Which group every text of a study is in, for comparisons: its class, what is predicted, any column of the data.
#ifndef XSNR_STUDY_GROUPING_H
#define XSNR_STUDY_GROUPING_H
#include "stats/contrasts.h"
#include "study/plan.h"

typedef struct xs_text_groups {
    const char *by;
    const char **name; // (groups)
    uint32_t groups;
    const xs_explainer_result *texts;
    uint32_t *of_text;                    // (texts->n_texts), or NULL: it differs by family
    uint32_t (*of)(const struct xs_text_groups *groups, const xs_text_result *text); // then
} xs_text_groups;

/// `by`: "class", "predicted", "correct", "split", or a column of `data` (with a column `id`); data NULL: of the file in the plan
/// that the texts came from.  Fewer than two groups, or more than 50, are an error.  Allocated in `arena`.
int xs_group_texts(const xs_results *results, const xs_plan *plan, const char *by, const char *data, xs_arena *arena,
                   xs_text_groups *out, xsnr_error *err);
/// The group of one text of an explainer, the t-th; UINT32_MAX: none.
uint32_t xs_group_of(const void *groups, const xs_text_result *text, size_t t);
#endif
