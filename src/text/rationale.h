// Rationales: which words people marked as the reason for a text's class.
//
// A JSON object a line, in one of three forms:
//   spans      {"id": "test:17", "annotator": "ann", "class": "POS", "spans": [[0, 7], [20, 31]]}    code points, half open
//   evidences  {"annotation_id": …, "classification": …, "evidences": [[{"docid", "start_token", "end_token", "text"}…]…]}
//              of ERASER: tokens are what white space parts in the text; any group of evidences is enough, all are marked
//   words      {"id": …, "words": [{"start", "end", "truth": "neutral" or a class}…]}                  as gazette's truth
//
// `id`, `annotation_id` and `annotator` are strings or numbers; the class may be called class, classification or label, and is
// left out by who marks for whatever class the text has.  gazette's line is one rationale for every class that has words.
// A word is marked if a marked span covers any of its characters: so tokens that were cut otherwise mark every word that
// they touch.  Spans lie in the text, and an evidence's "text" must be that of its tokens, or the documents are others.
#ifndef XSNR_TEXT_RATIONALE_H
#define XSNR_TEXT_RATIONALE_H
#include "base/arena.h"
#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct xs_marked_span {
    size_t start, end; // code points or tokens, half open
    const char *said;  // its text, NULL: not told
} xs_marked_span;

typedef struct xs_rationale {
    const char *id;        // of the text
    const char *annotator; // NULL: not told
    const char *label;     // class; NULL: not told
    xs_marked_span *spans; // (n)
    size_t n;
    bool tokens;
    const char *file;
    long line;
} xs_rationale;

typedef struct xs_rationales {
    xs_rationale *rows; // (n)
    size_t n, capacity;
    xs_arena arena;
} xs_rationales; // zero-initialised is empty and ready

/// Appends those of a file.
int xs_rationales_read(const char *path, xs_rationales *out, xsnr_error *err);
void xs_rationales_free(xs_rationales *r);
/// mark (n_words) of a text whose words are the half-open code points starts[w]…ends[w]: 1 where a span touches the word.
int xs_rationale_mark(const xs_rationale *r, const char *text, const uint32_t *starts, const uint32_t *ends, size_t n_words,
                      xs_arena *scratch, unsigned char *mark, xsnr_error *err);
/// Its spans one by one: words (r->n) takes the words [first, last) that each touches, but for spans of no length; *n of them.
/// A span that touches no word is an error.
int xs_rationale_words(const xs_rationale *r, const char *text, const uint32_t *starts, const uint32_t *ends, size_t n_words,
                       xs_arena *scratch, uint32_t (*words)[2], size_t *n, xsnr_error *err);
#endif
