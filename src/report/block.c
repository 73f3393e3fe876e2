// Blocks of terminal lines; see block.h.
#include "report/block.h"
#include "base/alloc.h"
#include "report/width.h"
#include <string.h>

size_t xs_block_put(xs_block *b, const char *text, size_t bytes, size_t columns, bool ascii) {
    size_t taken = xs_put_shown(&b->text, text, bytes, columns, ascii);
    b->at += taken;
    return taken;
}

void xs_block_print(xs_block *b, const char *text) {
    xs_str_put(&b->text, text);
    b->at += strlen(text);
}

void xs_block_pad(xs_block *b, size_t column) {
    if (b->at >= column) return;
    xs_str_printf(&b->text, "%*s", (int)(column - b->at), "");
    b->at = column;
}

void xs_block_line(xs_block *b) {
    if (b->count == b->capacity) {
        size_t want = b->capacity ? 2 * b->capacity : 16;
        size_t *end = xs_realloc_array(b->end, want, sizeof *end);
        if (end) b->end = end;
        size_t *columns = end ? xs_realloc_array(b->columns, want, sizeof *columns) : NULL;
        if (!columns) {
            b->text.failed = true;
            return;
        }
        b->columns = columns;
        b->capacity = want;
    }
    b->end[b->count] = b->text.length;
    b->columns[b->count++] = b->at;
    b->at = 0;
}

bool xs_block_failed(const xs_block *b) {
    return xs_str_failed(&b->text);
}

void xs_block_free(xs_block *b) {
    xs_str_free(&b->text);
    xs_free(b->end);
    xs_free(b->columns);
    *b = (xs_block){0};
}

void xs_put_blocks(xs_str *out, const xs_block *blocks, size_t n, size_t width, size_t gap) {
    size_t lines = 0;
    for (size_t k = 0; k < n; k++) {
        if (blocks[k].count > lines) lines = blocks[k].count;
        out->failed |= xs_block_failed(&blocks[k]);
    }
    for (size_t i = 0; i < lines; i++) {
        size_t at = 0;
        for (size_t k = 0; k < n; k++) {
            if (i >= blocks[k].count) continue;
            size_t from = i ? blocks[k].end[i - 1] : 0, length = blocks[k].end[i] - from;
            if (!length) continue;
            size_t start = k * (width + gap);
            if (start > at) xs_str_printf(out, "%*s", (int)(start - at), "");
            xs_str_append(out, blocks[k].text.data + from, length);
            at = start + blocks[k].columns[i];
        }
        xs_str_put(out, "\n");
    }
}
