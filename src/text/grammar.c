// Reading a grammar; see grammar.h.
#include "text/grammar.h"
#include "base/alloc.h"
#include "base/str.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const place_names[XS_PLACES] = {"open", "adj", "tail", "close"};

size_t xs_slot_read(const char *text, xs_slot *out) {
    size_t n = strcspn(text, "}");
    *out = (xs_slot){.name = text + 1, .which = 1, .low = 1};
    if (text[0] != '{' || !text[n] || n < 2) return 0;
    char *end;
    if (text[1] >= '0' && text[1] <= '9') {
        out->low = strtol(text + 1, &end, 10);
        out->high = *end == '-' ? strtol(end + 1, &end, 10) : -1;
        return end == text + n && out->low <= out->high ? n + 1 : 0;
    }
    out->length = strcspn(text + 1, ".#}");
    const char *p = text + 1 + out->length;
    if (*p == '.') out->form = (int)strtol(p + 1, &end, 10) - 1, p = end;
    if (*p == '#') out->which = (int)strtol(p + 1, &end, 10), p = end;
    bool good = p == text + n && out->form >= 0 && out->form < XS_MOST_FORMS && out->which >= 1 && out->which <= 9;
    return good ? n + 1 : 0;
}

const xs_lines *xs_grammar_list(const xs_grammar *g, const char *name, size_t n) {
    for (size_t k = 0; k < g->n_lists; k++)
        if (strlen(g->lists[k].name) == n && memcmp(g->lists[k].name, name, n) == 0) return &g->lists[k];
    return NULL;
}

static int find_place(const char *name) {
    for (int k = 0; k < XS_PLACES; k++)
        if (strcmp(place_names[k], name) == 0) return k;
    return -1;
}

// Opens the section that "[…]" names; its lines go to *lines.
static int open_section(xs_grammar *g, const char *head, const char *file, long number, xs_lines **lines,
                        xsnr_error *err) {
    char kind[16], name[32], group[32];
    double odds;
    if (sscanf(head, "[cue %31s %31s %lf]", name, group, &odds) == 3 && find_place(name) >= 0) {
        xs_cue_group *c = &g->groups[g->n_groups++];
        c->place = (xs_place)find_place(name);
        c->log_odds = odds;
        *lines = &c->lines;
        (*lines)->name = xs_arena_strdup(&g->arena, group);
    } else if (sscanf(head, "[%15s %31[^]]]", kind, name) == 2 && strcmp(kind, "list") == 0) {
        *lines = &g->lists[g->n_lists++];
        (*lines)->name = xs_arena_strdup(&g->arena, name);
    } else if (sscanf(head, "[%15s %31[^]]]", kind, name) == 2 && strcmp(kind, "topic") == 0) {
        *lines = &g->topics[g->n_topics++];
        (*lines)->name = xs_arena_strdup(&g->arena, name);
    } else if (sscanf(head, "[%15s %31[^]]]", kind, name) == 2 && strcmp(kind, "turn") == 0 && find_place(name) >= 0) {
        *lines = &g->turns[find_place(name)];
        (*lines)->name = xs_arena_strdup(&g->arena, name);
    } else {
        return xs_fail_at(err, XSNR_ERR_DATA, file, number,
                          "'%.60s' is none of [list NAME], [topic NAME], [cue PLACE GROUP LOG_ODDS], [turn PLACE]", head);
    }
    (*lines)->at = number;
    return (*lines)->name ? XSNR_OK : xs_nomem(err);
}

static int add_line(xs_grammar *g, xs_lines *lines, char *text, const char *file, long number, xsnr_error *err) {
    if (!lines) return xs_fail_at(err, XSNR_ERR_DATA, file, number, "a line before the first section");
    if (!lines->line) { // as many as lines are left would fit; sections are short, so grow by doubling
        lines->line = XS_ARENA_ARRAY(&g->arena, xs_alternative, 8);
    } else if (lines->count >= 8 && (lines->count & (lines->count - 1)) == 0) {
        xs_alternative *more = XS_ARENA_ARRAY(&g->arena, xs_alternative, lines->count * 2);
        if (more) memcpy(more, lines->line, lines->count * sizeof *more);
        lines->line = more;
    }
    if (!lines->line) return xs_nomem(err);
    xs_alternative *a = &lines->line[lines->count++];
    for (char *p = text;; p++) {
        if (a->forms == XS_MOST_FORMS)
            return xs_fail_at(err, XSNR_ERR_DATA, file, number, "more than %d forms", XS_MOST_FORMS);
        a->form[a->forms++] = p;
        p += strcspn(p, "|");
        if (!*p) break;
        *p = '\0';
    }
    return XSNR_OK;
}

// Every slot of a text is a number, {adj}, {cue} in a turn, or a list and a form that are there.
static int check_slots(const xs_grammar *g, const char *text, bool turn, const char *file, long at, bool *used,
                       xsnr_error *err) {
    for (const char *p = strchr(text, '{'); p; p = strchr(p + 1, '{')) {
        xs_slot slot;
        size_t n = xs_slot_read(p, &slot);
        if (!n) return xs_fail_at(err, XSNR_ERR_DATA, file, at, "below: '%.30s' is no slot", p);
        if (slot.low <= slot.high || (slot.length == 3 && memcmp(slot.name, "adj", 3) == 0)) continue;
        if (turn && slot.length == 3 && memcmp(slot.name, "cue", 3) == 0) continue;
        const xs_lines *list = xs_grammar_list(g, slot.name, slot.length);
        if (!list)
            return xs_fail_at(err, XSNR_ERR_DATA, file, at, "below: there is no list '%.*s'", (int)slot.length, slot.name);
        for (size_t k = 0; k < list->count; k++)
            if (slot.form >= list->line[k].forms)
                return xs_fail_at(err, XSNR_ERR_DATA, file, list->at, "'%s' has no form %d", list->line[k].form[0],
                                  slot.form + 1);
        used[list - g->lists] = true;
    }
    return XSNR_OK;
}

static int check_lines(const xs_grammar *g, const xs_lines *lines, bool turn, const char *file, bool *used,
                       xsnr_error *err) {
    if (!lines->count) return xs_fail_at(err, XSNR_ERR_DATA, file, lines->at, "section '%s' is empty", lines->name);
    for (size_t k = 0; k < lines->count; k++)
        for (int f = 0; f < lines->line[k].forms; f++)
            XS_TRY(check_slots(g, lines->line[k].form[f], turn, file, lines->at, used, err));
    return XSNR_OK;
}

static int check(xs_grammar *g, const char *file, xsnr_error *err) {
    bool *used = XS_ARENA_ARRAY(&g->arena, bool, g->n_lists + 1);
    if (!used) return xs_nomem(err);
    for (size_t k = 0; k < g->n_lists; k++) XS_TRY(check_lines(g, &g->lists[k], false, file, used, err));
    for (size_t k = 0; k < g->n_topics; k++) XS_TRY(check_lines(g, &g->topics[k], false, file, used, err));
    for (size_t k = 0; k < g->n_groups; k++) XS_TRY(check_lines(g, &g->groups[k].lines, false, file, used, err));
    for (int k = 0; k < XS_PLACES; k++)
        if (g->turns[k].name) XS_TRY(check_lines(g, &g->turns[k], true, file, used, err));
    for (size_t k = 0; k < g->n_lists; k++)
        if (!used[k])
            return xs_fail_at(err, XSNR_ERR_DATA, file, g->lists[k].at, "the list '%s' is never used", g->lists[k].name);
    if (!g->n_topics || !g->n_groups)
        return xs_fail_at(err, XSNR_ERR_DATA, file, 0, "a grammar needs a topic and a group of cues");
    return XSNR_OK;
}

static int parse(xs_grammar *g, char *text, const char *file, xsnr_error *err) {
    xs_lines *lines = NULL;
    long number = 1;
    for (char *p = text, *next; *p; p = next, number++) {
        next = p + strcspn(p, "\n");
        if (*next) *next++ = '\0';
        size_t n = strlen(p);
        while (n && (p[n - 1] == ' ' || p[n - 1] == '\r')) p[--n] = '\0';
        if (!n || *p == '#') continue;
        if (*p == '[') XS_TRY(open_section(g, p, file, number, &lines, err));
        else XS_TRY(add_line(g, lines, p, file, number, err));
    }
    return check(g, file, err);
}

int xs_grammar_parse(const char *text, size_t size, const char *name, xs_grammar *out, xsnr_error *err) {
    *out = (xs_grammar){0};
    size_t sections = 1;
    for (size_t i = 0; i < size; i++) sections += text[i] == '[';
    char *copy = xs_arena_strndup(&out->arena, text, size);
    out->lists = XS_ARENA_ARRAY(&out->arena, xs_lines, sections);
    out->topics = XS_ARENA_ARRAY(&out->arena, xs_lines, sections);
    out->groups = XS_ARENA_ARRAY(&out->arena, xs_cue_group, sections);
    int rc = copy && out->lists && out->topics && out->groups ? parse(out, copy, name, err) : xs_nomem(err);
    if (rc < 0) xs_grammar_free(out);
    return rc;
}

void xs_grammar_free(xs_grammar *g) {
    xs_arena_free(&g->arena);
    *g = (xs_grammar){0};
}
