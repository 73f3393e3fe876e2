// gazette: a generator of short news texts, report or opinion, with known truth.
#ifndef XSNR_TEXT_GAZETTE_H
#define XSNR_TEXT_GAZETTE_H
#include "base/error.h"
#include "base/str.h"
#include <stddef.h>
#include <stdint.h>

typedef struct xs_gazette_options {
    const char *language; // "en", "fr"
    size_t count;         // texts; half of them report, half opinion
    uint64_t seed;
    int redundancy;       // interchangeable cues a text holds, 1..6 (default 3)
    double strength;      // scale of the cues' log odds (default 1)
    double label_noise;   // share of labels turned, 0..0.5 (default 0)
    double negation;      // share of cues that only a context turns, 0..1 (default 0)
} xs_gazette_options;
xs_gazette_options xs_gazette_defaults(void);

/// Composes the corpus: `tsv` gets "id\ttext\tlabel" with a header; `truth` one JSON line a text:
/// {"id","label","words":[{"text","start","end","truth":"neutral|report|opinion","log_odds","group"}…]},
/// offsets in code points, words as the segmenter cuts them (neutral ones too).  No two texts are alike.
int xs_gazette(const xs_gazette_options *options, xs_str *tsv, xs_str *truth, xsnr_error *err);
#endif
