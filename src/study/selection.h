// Which texts of a study are explained.
#ifndef XSNR_STUDY_SELECTION_H
#define XSNR_STUDY_SELECTION_H
#include "base/arena.h"
#include "base/param.h"
#include "text/corpus.h"

/// The chosen documents of one split, in the split's own order.
typedef struct xs_selection {
    xs_split_id split;
    const xs_document **docs; // (count)
    size_t count;
} xs_selection;

/// corpus.explain.count texts of corpus.explain.from, drawn without replacement from the stream
/// XS_STREAM_CORPUS of `seed`; with per_class, as many of each class as can be (the first classes get one more
/// where the count does not divide).  A split with fewer texts gives all it has.
int xs_select_texts(const xs_settings *general, const xs_corpus *corpus, uint64_t seed, xs_arena *arena,
                    xs_selection *out, xsnr_error *err);
#endif
