// Probes: the memory in which one worker looks into encoders, batch by batch.
//
// There are three kinds: of floats for gradients and attention; and for relevance, which divides by sums that come close
// to 0, of doubles, or of floats where speed counts more.  Probes are borrowed from the family's pool and hold no more than their batch.
#ifndef XSNR_MODEL_ENCODER_PROBE_H
#define XSNR_MODEL_ENCODER_PROBE_H
#include "model/encoder_family.h"

typedef enum xs_probe_kind { XS_PROBE_GRADIENT, XS_PROBE_RELEVANCE, XS_PROBE_FAST_RELEVANCE } xs_probe_kind;

struct xs_encoder_probe {
    xs_encoder_probe *next; // in the pool
    xs_probe_kind kind;
    const xs_backend *ops;
    xs_device *device;
    xs_network *network;
    xs_buffer *own, *absolute; // relevance: parameters as doubles (else NULL), and as xs_network_absolute makes them
    xs_buffer *way, *way_rows; // of encoder_way.c; NULL until it is asked
    uint64_t holds;            // number of the model whose parameters these are; 0: none
    xs_view parameters;        // of the model that was asked for
    uint32_t *begin, *id, *token_kind, *document; // the batch
    double *host;              // (rows × width or anything smaller) numbers on their way
};

/// A probe that sees `model`.
int xs_encoder_probe_borrow(const xs_trained_model *model, xs_probe_kind kind, xs_encoder_probe **out, xsnr_error *err);
void xs_encoder_probe_return(const xs_encoder_shared *s, xs_encoder_probe *p);

/// Bytes that a probe of floats takes, the model that it sees packed.
size_t xs_encoder_probe_size(const xs_encoder_shared *s);

/// Puts as many of the points first .. count−1 as there is room for, at least one; point i is a copy of the tokens of
/// text[i] (NULL: of text i).  Returns how many; *rows is their tokens.
size_t xs_encoder_probe_put(xs_encoder_probe *p, const xs_inputs *in, const uint32_t *text, size_t first, size_t count,
                            size_t *rows);
/// A forward pass of the batch with the given vectors (rows, width), or NULL: their own; logits (points, C).
int xs_encoder_probe_forward(xs_encoder_probe *p, const double *vectors, double *logits, xsnr_error *err);
/// What is differentiated of one point: its value, and the gradient at its logits (C).
double xs_encoder_probe_start(int classes, const double *logits, int target, bool probability, double *d);
/// xs_inside.way
int xs_encoder_way(const void *shared, const void *model, const xs_inputs *in, const xs_way *way, double *value, double *along,
                   xsnr_error *err);
/// Word embeddings of ids; out (n, width)
void xs_encoder_probe_words(xs_encoder_probe *p, const uint32_t *id, size_t n, double *out);
#endif
