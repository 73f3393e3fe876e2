// Plain tables; see grid.h.
#include "report/grid.h"
#include "base/alloc.h"
#include "report/width.h"
#include <stdio.h>
#include <string.h>

enum { WIDEST = 28, GAP = 2 };

static void add(xs_grid *g, const char *text) {
    if (g->cells == g->capacity) {
        size_t want = g->capacity ? 2 * g->capacity : 256;
        const char **more = xs_realloc_array((void *)g->cell, want, sizeof *more);
        if (!more) {
            g->failed = true;
            return;
        }
        g->cell = more;
        g->capacity = want;
    }
    g->cell[g->cells] = xs_arena_strdup(&g->arena, text);
    if (!g->cell[g->cells]) g->failed = true;
    else g->cells++;
}

void xs_grid_begin(xs_grid *g, const char *const *heading, const char *right, bool ascii) {
    *g = (xs_grid){.columns = strlen(right), .ascii = ascii};
    for (size_t k = 0; k < g->columns; k++) {
        g->right[k] = right[k] == 'r';
        add(g, heading[k]);
    }
}

void xs_grid_text(xs_grid *g, const char *text) {
    xs_str shown = {0};
    if (text) xs_put_shown(&shown, text, strlen(text), WIDEST, g->ascii);
    if (xs_str_failed(&shown)) g->failed = true;
    else add(g, shown.data ? shown.data : "");
    xs_str_free(&shown);
}

void xs_grid_shown(xs_grid *g, xs_shown shown) {
    add(g, shown.text);
}

void xs_grid_p(xs_grid *g, double p) {
    xs_shown s = xs_show_p(p);
    add(g, strncmp(s.text, "p = ", 4) == 0 ? s.text + 4 : strncmp(s.text, "p ", 2) == 0 ? s.text + 2 : s.text);
}

void xs_grid_count(xs_grid *g, size_t n) {
    char text[24];
    snprintf(text, sizeof text, "%zu", n);
    add(g, text);
}

static void put_rows(const xs_grid *g, const size_t *width, const bool *there, xs_str *out) {
    for (size_t i = 0; i + g->columns <= g->cells; i += g->columns) {
        size_t owed = 0; // blanks that are written only if something follows
        for (size_t k = 0; k < g->columns; k++) {
            const char *text = g->cell[i + k];
            if (!there[k]) continue;
            size_t columns = xs_text_width(text, strlen(text), g->ascii);
            if (g->right[k]) owed += width[k] - columns;
            if (*text) {
                xs_str_printf(out, "%*s%s", (int)owed, "", text);
                owed = 0;
            } else {
                owed += columns;
            }
            owed += GAP + (g->right[k] ? 0 : width[k] - columns);
        }
        xs_str_put(out, "\n");
    }
}

bool xs_grid_end(xs_grid *g, xs_str *out) {
    size_t width[XS_GRID_MOST] = {0};
    bool there[XS_GRID_MOST] = {false};
    for (size_t i = 0; !g->failed && i < g->cells; i++) {
        size_t columns = xs_text_width(g->cell[i], strlen(g->cell[i]), g->ascii), k = i % g->columns;
        if (columns > width[k]) width[k] = columns;
        there[k] |= i >= g->columns && columns > 0;
    }
    if (!g->failed) put_rows(g, width, there, out);
    bool ok = !g->failed && !xs_str_failed(out);
    xs_arena_free(&g->arena);
    xs_free((void *)g->cell);
    *g = (xs_grid){0};
    return ok;
}
