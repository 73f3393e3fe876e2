// libyaml's events as a tree, and libyaml's complaints in plain words; see yaml.h.
#include "study/yaml.h"
#include <stdint.h>
#include <string.h>
#include <yaml.h>

enum { MOST_BYTES = 1 << 20, MOST_NODES = 10000, MOST_LEVELS = 16, LONGEST_KEY = 64 };

typedef struct reader {
    yaml_parser_t parser;
    const char *bytes, *path;
    size_t size;
    size_t mark; // bytes of a byte-order mark that stood before `bytes`
    xs_arena *arena;
    size_t nodes;
    xsnr_error *err;
} reader;

static int refuse(const reader *r, size_t line, const char *message) {
    return xs_fail_at(r->err, XSNR_ERR_CONFIG, r->path, (long)line + 1, "%s", message);
}

static const char KEY_RULE[] = "a key is made of letters, digits, '_', '-' and '.', at most 64 of them";

// The line (0-based) of a byte.
static size_t line_of_byte(const reader *r, size_t offset) {
    size_t line = 0;
    for (size_t i = 0; i < offset && i < r->size; i++) line += r->bytes[i] == '\n';
    return line;
}

// Does a tab stand in the white space that begins the line (0-based)?
static bool tab_indents(const reader *r, size_t line) {
    const char *p = r->bytes, *end = r->bytes + r->size;
    for (; line && p < end; p++) line -= *p == '\n';
    for (; p < end && (*p == ' ' || *p == '\t'); p++)
        if (*p == '\t') return true;
    return false;
}

// What libyaml says, and what it means to the writer of a study.  `opened`: the line that began it is at
// fault.
static const struct {
    const char *problem, *meaning;
    bool opened;
} complaints[] = {
    {"found character that cannot start any token",
     "a value cannot begin with this character; put it in quotes", 0},
    {"mapping values are not allowed in this context",
     "a ':' stands where none may; check the indentation, or put the value in quotes", 0},
    {"could not find expected ':'", "a key without ':' after it", 1},
    {"did not find expected key", "the indentation fits no line above it, or a quote or bracket is wrong", 0},
    {"did not find expected '-' indicator", "the indentation fits no line above it; a list goes on with '-'",
     0},
    {"block sequence entries are not allowed in this context", "a '-' of a list stands where none may", 0},
    {"found unexpected end of stream", "a quote is opened and never closed", 1},
    {"found unexpected document indicator", "a quote is opened and not closed before '---' or '...'", 1},
    {"did not find expected ',' or ']'", "a '[' is opened and not closed, or a ',' is missing", 1},
    {"did not find expected ',' or '}'", "a '{' is opened and not closed, or a ',' is missing", 1},
    {"did not find expected node content", "a value is missing", 0},
    {"did not find expected <document start>", "more text after the end of the study", 0},
    {"found unknown escape character",
     "an unknown escape after '\\'; in single quotes '\\' is an ordinary character", 0},
    {"found undefined tag handle", "tags (!name) are not used in a study; put the value in quotes", 0},
};

static int fail_parser(reader *r) {
    const yaml_parser_t *p = &r->parser;
    const char *problem = p->problem ? p->problem : "not readable as YAML";
    if (p->error == YAML_MEMORY_ERROR) return xs_nomem(r->err);
    if (p->error == YAML_READER_ERROR) {
        long line = (long)line_of_byte(r, p->problem_offset) + 1;
        if (strcmp(problem, "control characters are not allowed") == 0)
            return xs_fail_at(r->err, XSNR_ERR_CONFIG, r->path, line,
                              "control character U+%04X at byte %zu; a study is plain text",
                              (unsigned)p->problem_value, p->problem_offset + r->mark);
        size_t at = p->problem_offset; // of a broken sequence, name the byte that begins it
        if (strcmp(problem, "invalid trailing UTF-8 octet") == 0)
            while (at > 0 && at + 3 > p->problem_offset && at < r->size && (unsigned char)r->bytes[at] < 0xC0)
                at--;
        return xs_fail_at(r->err, XSNR_ERR_CONFIG, r->path, line,
                          "not UTF-8 at byte %zu; save the file as UTF-8", at + r->mark);
    }
    if (tab_indents(r, p->problem_mark.line))
        return refuse(r, p->problem_mark.line, "a tab in the indentation; YAML is indented with spaces only");
    for (size_t i = 0; i < sizeof complaints / sizeof *complaints; i++)
        if (strcmp(problem, complaints[i].problem) == 0)
            return refuse(r, (complaints[i].opened ? p->context_mark : p->problem_mark).line,
                          complaints[i].meaning);
    return xs_fail_at(r->err, XSNR_ERR_CONFIG, r->path, (long)p->problem_mark.line + 1,
                      "not readable as YAML: %s", problem);
}

static int next(reader *r, yaml_event_t *event) {
    return yaml_parser_parse(&r->parser, event) ? XSNR_OK : fail_parser(r);
}

static bool is_null(const char *text) {
    return !*text || strcmp(text, "~") == 0 || strcmp(text, "null") == 0 || strcmp(text, "Null") == 0 ||
           strcmp(text, "NULL") == 0;
}

// What no value and no key of a study may be: anchored, aliased, tagged.
static int check_plainness(const reader *r, const yaml_event_t *event) {
    const yaml_char_t *anchor = NULL, *tag = NULL;
    if (event->type == YAML_SCALAR_EVENT) anchor = event->data.scalar.anchor, tag = event->data.scalar.tag;
    if (event->type == YAML_SEQUENCE_START_EVENT)
        anchor = event->data.sequence_start.anchor, tag = event->data.sequence_start.tag;
    if (event->type == YAML_MAPPING_START_EVENT)
        anchor = event->data.mapping_start.anchor, tag = event->data.mapping_start.tag;
    if (anchor || event->type == YAML_ALIAS_EVENT)
        return refuse(
            r, event->start_mark.line,
            "anchors and aliases (&name, *name) are not used in a study; write the value out, or in quotes");
    if (tag)
        return refuse(r, event->start_mark.line,
                      "tags (!name) are not used in a study; put the value in quotes");
    return XSNR_OK;
}

static int read_text(reader *r, const yaml_event_t *event, const char **text) {
    const char *value = (const char *)event->data.scalar.value;
    size_t n = event->data.scalar.length;
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)value[i] < 0x20 || value[i] == 0x7f)
            return refuse(r, event->start_mark.line,
                          "a value with a line break or control character in it; values stand on one line");
    *text = xs_arena_strndup(r->arena, value, n);
    return *text ? XSNR_OK : xs_nomem(r->err);
}

static int read_node(reader *r, const yaml_event_t *event, int level, xs_yaml **out);

static int read_key(reader *r, const yaml_event_t *event, const xs_yaml *map, const char **key) {
    size_t line = event->start_mark.line;
    XS_TRY(check_plainness(r, event));
    if (event->type != YAML_SCALAR_EVENT) return refuse(r, line, KEY_RULE);
    const char *name = (const char *)event->data.scalar.value;
    size_t n = event->data.scalar.length;
    if (!n || n > LONGEST_KEY) return refuse(r, line, KEY_RULE);
    for (size_t i = 0; i < n; i++) {
        char c = name[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '_' &&
            c != '-' && c != '.')
            return refuse(r, line, KEY_RULE);
    }
    const xs_yaml *before = xs_yaml_child(map, name);
    if (before)
        return xs_fail_at(r->err, XSNR_ERR_CONFIG, r->path, (long)line + 1,
                          "'%s' stands twice; first on line %ld", name, before->key_line);
    *key = xs_arena_strndup(r->arena, name, n);
    return *key ? XSNR_OK : xs_nomem(r->err);
}

// Children of a list or map whose start was read, up to its end.
static int read_children(reader *r, xs_yaml *parent, int level) {
    xs_yaml **link = &parent->first;
    for (;;) {
        yaml_event_t event;
        XS_TRY(next(r, &event));
        bool end = event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT;
        const char *key = NULL;
        long key_line = (long)event.start_mark.line + 1;
        int rc = XSNR_OK;
        if (!end && parent->kind == XS_YAML_MAP) {
            rc = read_key(r, &event, parent, &key);
            yaml_event_delete(&event);
            if (rc == XSNR_OK) rc = next(r, &event);
            if (rc < 0) return rc; // a failed `next` leaves no event
        }
        xs_yaml *child = NULL;
        if (!end) rc = read_node(r, &event, level + 1, &child);
        yaml_event_delete(&event);
        if (end || rc < 0) return rc;
        child->key = key;
        child->key_line = key_line;
        *link = child;
        link = &child->next;
    }
}

static int read_node(reader *r, const yaml_event_t *event, int level, xs_yaml **out) {
    size_t line = event->start_mark.line;
    XS_TRY(check_plainness(r, event));
    if (level > MOST_LEVELS) return refuse(r, line, "nested more than 16 levels deep; a study needs four");
    if (++r->nodes > MOST_NODES) return refuse(r, line, "more than 10000 values; this is no study");
    xs_yaml *node = *out = XS_ARENA_ARRAY(r->arena, xs_yaml, 1);
    if (!node) return xs_nomem(r->err);
    node->line = (long)line + 1;
    if (event->type == YAML_SCALAR_EVENT) {
        node->kind = XS_YAML_VALUE;
        XS_TRY(read_text(r, event, &node->text));
        node->null = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && is_null(node->text);
        return XSNR_OK;
    }
    node->kind = event->type == YAML_SEQUENCE_START_EVENT ? XS_YAML_LIST : XS_YAML_MAP;
    return read_children(r, node, level);
}

// The stream's events around the one document.
static int read_stream(reader *r, xs_yaml **root) {
    *root = NULL;
    for (;;) {
        yaml_event_t event;
        XS_TRY(next(r, &event));
        int rc = XSNR_OK;
        bool end = event.type == YAML_STREAM_END_EVENT;
        if (event.type == YAML_DOCUMENT_START_EVENT && *root)
            rc = refuse(r, event.start_mark.line, "a second document begins here; a study is one");
        else if (event.type == YAML_SCALAR_EVENT || event.type == YAML_SEQUENCE_START_EVENT ||
                 event.type == YAML_MAPPING_START_EVENT || event.type == YAML_ALIAS_EVENT)
            rc = read_node(r, &event, 1, root);
        yaml_event_delete(&event);
        if (rc < 0 || end) return rc;
    }
}

int xs_yaml_parse(const char *bytes, size_t size, const char *path, xs_arena *arena, xs_yaml **root,
                  xsnr_error *err) {
    size_t mark = size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    reader r = {
        .bytes = bytes + mark, .size = size - mark, .mark = mark, .path = path, .arena = arena, .err = err};
    if (size > MOST_BYTES)
        return xs_fail_at(err, XSNR_ERR_CONFIG, path, 0, "%zu bytes are too many for a study; at most %d",
                          size, (int)MOST_BYTES);
    if (!yaml_parser_initialize(&r.parser)) return xs_nomem(err);
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)r.bytes, r.size);
    int rc = read_stream(&r, root);
    yaml_parser_delete(&r.parser);
    if (rc < 0) return rc;
    if (!*root || (*root)->null)
        return xs_fail_at(err, XSNR_ERR_CONFIG, path, 0,
                          "the file is empty; a study has at least corpus and families");
    if ((*root)->kind != XS_YAML_MAP)
        return xs_fail_at(err, XSNR_ERR_CONFIG, path, (*root)->line,
                          "%s; a study is a map of keys (study, corpus, families, …)",
                          xs_yaml_kind_name(*root));
    return XSNR_OK;
}

const xs_yaml *xs_yaml_child(const xs_yaml *map, const char *key) {
    for (const xs_yaml *child = map->first; child; child = child->next)
        if (strcmp(child->key, key) == 0) return child;
    return NULL;
}

size_t xs_yaml_count(const xs_yaml *node) {
    size_t n = 0;
    for (const xs_yaml *child = node->first; child; child = child->next) n++;
    return n;
}

const char *xs_yaml_kind_name(const xs_yaml *node) {
    static const char *const names[] = {"a value", "a list", "a map"};
    return names[node->kind];
}
