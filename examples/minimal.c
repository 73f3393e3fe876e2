// The whole of xsnr in one program: a corpus and a plan, models trained and explained, statistics, the page.
//
//     cc minimal.c -o minimal $(pkg-config --cflags --libs xsnr) && ./minimal FOLDER
//
// FOLDER is made.  Started again, the program takes up what it had stopped at.
#include <stdio.h>
#include <string.h>
#include <xsnr/xsnr.h>

static int fail(const xsnr_error *err) {
    fprintf(stderr, "%s%s%s\n", err->file, err->file[0] ? ": " : "", err->message);
    return 1;
}

// Tells how far the models are.
static void tell(void *user, const xsnr_progress *p) {
    (void)user;
    if (p->family && strcmp(p->stage, "models") == 0)
        fprintf(stderr, "\r%s: %llu of %llu models ", p->family, (unsigned long long)p->done, (unsigned long long)p->total);
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    xsnr_error err = {0};
    char plan[4096];
    snprintf(plan, sizeof plan, "%s/study.yaml", argv[1]);

    // A corpus whose truth is known, and a plan: 20 models of every family.
    FILE *there = fopen(plan, "r");
    if (there) fclose(there);
    else if (xsnr_init(argv[1], "en", 20, &err) < 0) return fail(&err);

    // Train, explain, analyse, report: results.json, words.csv and report.html come to lie in FOLDER.
    xsnr_run_options options = {.progress = tell};
    xsnr_study *study = NULL;
    if (xsnr_study_load(plan, &options, &study, &err) < 0) return fail(&err);
    int bad = xsnr_study_run(study, XSNR_RUN, &err) < 0;
    fputc('\n', stderr);

    // The results belong to the study; text that is made of them belongs to the caller.
    char *table = NULL, *words = NULL;
    const xsnr_results *results = xsnr_study_results(study);
    if (!bad) bad = xsnr_results_text(results, XSNR_TABLE, NULL, &table, &err) < 0;
    if (!bad) bad = xsnr_results_show(results, xsnr_results_text_id(results, 0), NULL, NULL, NULL, &words, &err) < 0;
    if (!bad) printf("%s\n%s\n", table, words);

    // The scores themselves: (models, words) of one text, by the first family and its first explainer.
    xsnr_file *file = NULL;
    xsnr_scores scores = {0};
    if (!bad) bad = xsnr_file_open(xsnr_study_file(study), &file, &err) < 0;
    if (!bad) bad = xsnr_file_scores(file, 0, xsnr_file_family(file, 0)->explainers[0], 0, &scores, &err) < 0;
    if (!bad) printf("%s: %zu models, %zu words\n", xsnr_file_text(file, 0)->id, scores.models, scores.words);

    xsnr_scores_free(&scores);
    xsnr_file_close(file);
    xsnr_free(table);
    xsnr_free(words);
    xsnr_study_free(study);
    return bad ? fail(&err) : 0;
}
