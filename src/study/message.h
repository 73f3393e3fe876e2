// What processes that work on one study say to each other, over TCP.
//
//   joiner                                   hub (it holds the study file)
//   HELLO   token, who, what study     ──►
//                                      ◄──   WELCOME  stages, which families have jobs      or REFUSED  why
//   READY                              ──►
//                                      ◄──   JOB      family, model, what is there          (as soon as there is one)
//   DONE    what was made, or FAILED   ──►
//                                      ◄──   JOB …  or FINISHED
//
// A message is {uint32 magic, uint32 kind, uint64 size} and `size` bytes, numbers little-endian as they lie in memory.
// Readers take nothing for granted: every length is checked against what is there.
#ifndef XSNR_STUDY_MESSAGE_H
#define XSNR_STUDY_MESSAGE_H
#include "base/hash.h"
#include "base/str.h"
#include "study/crew.h"

typedef enum xs_message_kind {
    XS_HELLO = 1,
    XS_WELCOME,
    XS_REFUSED, // a text
    XS_READY,   // nothing
    XS_JOB,
    XS_DONE,   // an outcome
    XS_FAILED, // an error
    XS_FINISHED // nothing
} xs_message_kind;

enum { XS_MESSAGE_HEADER = 16, XS_TOKEN_HEX = 33, XS_HELLO_LIMIT = 4096 };
#define XS_MESSAGE_LIMIT ((size_t)1 << 31)

/// What two processes must have in common to work on one study, to the bit.
typedef struct xs_likeness {
    char version[32], plan[XS_HASH_HEX], data[XS_HASH_HEX], words[XS_HASH_HEX];
    char processor[32]; // instruction set of the kernels
} xs_likeness;
int xs_likeness_of(const xs_study *s, xs_likeness *out, xsnr_error *err);
/// NULL, or the words for what differs: "another plan", ….
const char *xs_likeness_difference(const xs_likeness *a, const xs_likeness *b);

typedef struct xs_hello {
    char token[XS_TOKEN_HEX];
    char who[96];     // "host, process 17"
    uint32_t thread;  // 0: the first of its process
    xs_likeness like;
} xs_hello;

typedef struct xs_job_message {
    uint32_t family, model;
    bool there;             // trained already
    uint64_t missing;       // explainers
    const void *saved;      // (n_saved) the model's bytes; NULL: not kept
    size_t n_saved;
} xs_job_message;

/// Appends a whole message.
void xs_pack(xs_str *out, xs_message_kind kind, const void *bytes, size_t size);
void xs_pack_job(xs_str *out, const xs_job_message *job);
void xs_pack_outcome(xs_str *out, const xs_outcome *made);
void xs_pack_error(xs_str *out, const xsnr_error *why);
/// The header of a message: false if it is none, or its size is over `limit`.
bool xs_unpack_header(const void *header, size_t limit, xs_message_kind *kind, size_t *size);
/// The bytes after the header; what they point to lives in `arena`.  False: they are no such thing, or (nomem) there is
/// no memory for it.
bool xs_unpack_hello(const void *bytes, size_t size, xs_hello *out);
bool xs_unpack_job(const void *bytes, size_t size, xs_job_message *out); // saved points into `bytes`
bool xs_unpack_outcome(const void *bytes, size_t size, xs_arena *arena, xs_outcome *out, bool *nomem);
bool xs_unpack_error(const void *bytes, size_t size, xsnr_error *out);
#endif
