// An explainer of your own: what the target's logit loses when a window of three words is cut out, shared among its words.
//
//     cc own_explainer.c -o own_explainer $(pkg-config --cflags --libs xsnr) && ./own_explainer FOLDER
//
// FOLDER is made, with an example study of 20 models of every family.  The program explains it by `windows` beside the
// methods of its study.yaml, and prints how much of either is signal.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xsnr/xsnr.h>

typedef struct windows {
    size_t width; // words
} windows;

// Called by several threads at once: `user` is only read.
static int explain(void *user, const xsnr_question *q, xsnr_model *model, double *scores, xsnr_error *err) {
    const windows *how = user;
    size_t n = q->text->n_words, asked = n + 1; // window w begins at word w; the last row is the whole text
    unsigned char *present = malloc(asked * n + 1);
    double *logits = malloc(asked * q->classes * sizeof *logits);
    int rc = present && logits ? XSNR_OK : XSNR_ERR_NOMEM;
    if (rc == XSNR_OK) {
        memset(present, 1, asked * n);
        for (size_t w = 0; w < n; w++)
            for (size_t k = w; k < w + how->width && k < n; k++) present[w * n + k] = 0;
        rc = xsnr_model_logits(model, present, asked, XSNR_MASK, logits, err); // all at once: cheaper than one by one
    }
    if (rc == XSNR_OK) {
        double whole = logits[n * q->classes + (size_t)q->target];
        for (size_t w = 0; w < n; w++) scores[w] = 0;
        for (size_t w = 0; w < n; w++)
            for (size_t k = w; k < w + how->width && k < n; k++)
                scores[k] += (whole - logits[w * q->classes + (size_t)q->target]) / (double)how->width;
    }
    free(present);
    free(logits);
    return rc; // with the library's own words in err, or for want of memory
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    xsnr_error err = {0};
    char plan[4096];
    snprintf(plan, sizeof plan, "%s/study.yaml", argv[1]);
    FILE *there = fopen(plan, "r");
    if (there) fclose(there);
    int rc = there ? XSNR_OK : xsnr_init(argv[1], "en", 20, &err);

    windows three = {3};
    xsnr_explainer own = {.size = sizeof own, .name = "windows", .explain = explain, .user = &three,
                          .version = "1.0", .settings = "width: 3"};
    xsnr_study *study = NULL;
    char *table = NULL;
    if (rc == XSNR_OK) rc = xsnr_study_load(plan, NULL, &study, &err);
    if (rc == XSNR_OK) rc = xsnr_study_explainer(study, &own, &err);
    if (rc == XSNR_OK) rc = xsnr_study_run(study, XSNR_RUN, &err);
    if (rc == XSNR_OK) rc = xsnr_results_text(xsnr_study_results(study), XSNR_TABLE, NULL, &table, &err);
    if (rc == XSNR_OK) fputs(table, stdout);

    // The study file says whose scores they are.
    xsnr_file *file = NULL;
    if (rc == XSNR_OK) rc = xsnr_file_open(xsnr_study_file(study), &file, &err);
    const xsnr_family *family = xsnr_file_family(file, 0);
    for (size_t e = 0; family && e < family->n_explainers; e++)
        printf("%s: %s\n", family->explainers[e], family->explainer_settings[e]);

    if (rc < 0) fprintf(stderr, "%s%s%s\n", err.file, err.file[0] ? ": " : "", err.message[0] ? err.message : "out of memory");
    xsnr_file_close(file);
    xsnr_free(table);
    xsnr_study_free(study);
    return rc < 0;
}
