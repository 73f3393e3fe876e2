// The grammar that gazette composes from: lists of words, sentences by topic, cues by place.
//
// Format (data/gazette/*.txt): UTF-8, "#" begins a comment line, sections:
//     [list NAME]                     an alternative a line; "|" between the forms of one: {NAME.2} is the second
//     [topic NAME]                    a neutral sentence a line, without capital and full stop
//     [cue PLACE GROUP LOG_ODDS]      an interchangeable cue a line; PLACE is open, adj, tail or close;
//                                     LOG_ODDS > 0 speaks for opinion, < 0 for report
//     [turn PLACE]                    contexts that turn a cue round: the cue stands at {cue}
// In sentences, cues and contexts: {NAME} a word of the list, the same wherever it stands in one text ({NAME#2}
// is another); {20-90} a number; {adj} or {adj.2} the place of an adjective; "a(n)" becomes a or an, and "de~x"
// (any word ending in e or a before ~) elides before a vowel.
#ifndef XSNR_TEXT_GRAMMAR_H
#define XSNR_TEXT_GRAMMAR_H
#include "base/arena.h"
#include "base/error.h"
#include <stddef.h>
#include <stdint.h>

#define XS_MOST_FORMS 4

typedef enum xs_place { XS_PLACE_OPEN, XS_PLACE_ADJ, XS_PLACE_TAIL, XS_PLACE_CLOSE, XS_PLACES } xs_place;

typedef struct xs_alternative {
    const char *form[XS_MOST_FORMS];
    int forms;
} xs_alternative;

/// A section: its lines.
typedef struct xs_lines {
    const char *name;
    xs_alternative *line; // (count)
    size_t count;
    long at; // line of its header in the file
} xs_lines;

typedef struct xs_cue_group {
    xs_place place;
    double log_odds;
    xs_lines lines; // name: the group's
} xs_cue_group;

typedef struct xs_grammar {
    xs_lines *lists, *topics;
    xs_cue_group *groups;
    size_t n_lists, n_topics, n_groups;
    xs_lines turns[XS_PLACES]; // count 0: cues of this place are not turned
    xs_arena arena;
} xs_grammar;

/// Parses a grammar and checks it whole: every slot names a list and a form that are there, every list is used,
/// no section is empty.  `name` is for messages.
int xs_grammar_parse(const char *text, size_t size, const char *name, xs_grammar *out, xsnr_error *err);
void xs_grammar_free(xs_grammar *g);
/// The list of a name (n bytes), or NULL.
const xs_lines *xs_grammar_list(const xs_grammar *g, const char *name, size_t n);

/// A slot "{…}" taken apart.
typedef struct xs_slot {
    const char *name; // not NUL-terminated
    size_t length;
    int form;         // 0: the first
    int which;        // 1, or the number behind #
    long low, high;   // a number, if low ≤ high
} xs_slot;
/// Reads the slot that begins at text[0] = '{'; its bytes with both braces, or 0 if it is no slot.
size_t xs_slot_read(const char *text, xs_slot *out);
#endif
