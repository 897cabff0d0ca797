/* yamltree.c: libyaml's events made into a tree, and a tree into JSON. */
#include "cli/yamltree.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "cli/show.h"

enum { MOST_DEPTH = 64 };

typedef struct builder {
    yaml_parser_t parser;
    const char *path;
    int first_line;
    paw_error *err;
} builder;

paw_status yamltree_fail(paw_error *err, const char *path, int line, const char *key, const char *format, ...)
{
    char message[480], where[288];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    if (key != NULL) {
        snprintf(where, sizeof where, "%s: line %d: %s", path, line, key);
    } else {
        snprintf(where, sizeof where, "%s: line %d", path, line);
    }
    return paw_fail(err, PAW_ERR_FORMAT, where, "%s", message);
}

const char *yamltree_kind_name(const yamltree *node)
{
    return node->kind == YAMLTREE_LIST  ? "a list"
           : node->kind == YAMLTREE_MAP ? "a map"
           : node->plain && node->text[0] == '\0' ? "nothing" : "text";
}

void yamltree_free(yamltree *tree)
{
    size_t n = tree->kind == YAMLTREE_MAP ? 2 * tree->n : tree->n;
    for (size_t i = 0; i < n; i++) {
        yamltree_free(&tree->items[i]);
    }
    free(tree->items);
    free(tree->text);
    *tree = (yamltree){0};
}

/* ---- parsing ---- */

static int line_of(const builder *b, yaml_mark_t mark)
{
    return b->first_line + (int)mark.line;
}

static paw_status next_event(builder *b, yaml_event_t *event)
{
    if (yaml_parser_parse(&b->parser, event) != 0) {
        return PAW_OK;
    }
    if (b->parser.error == YAML_MEMORY_ERROR) {
        return paw_fail_memory(b->err, 1024);
    }
    bool reading = b->parser.error == YAML_READER_ERROR; /* which knows an offset, and has come to the line about there */
    yaml_mark_t mark = reading ? b->parser.mark : b->parser.problem_mark;
    const char *problem = b->parser.problem != NULL ? b->parser.problem : "cannot be read";
    return yamltree_fail(b->err, b->path, line_of(b, mark), NULL, "not YAML: %s%s%s", problem,
                         b->parser.context != NULL ? " " : "", b->parser.context != NULL ? b->parser.context : "");
}

static paw_status read_scalar(builder *b, const yaml_event_t *event, yamltree *out)
{
    const char *text = (const char *)event->data.scalar.value;
    size_t n = event->data.scalar.length;
    yaml_scalar_style_t style = event->data.scalar.style;
    if (memchr(text, 0, n) != NULL) {
        return yamltree_fail(b->err, b->path, out->line, NULL, "the text holds a NUL character");
    }
    out->plain = style == YAML_PLAIN_SCALAR_STYLE && event->data.scalar.tag == NULL;
    if ((style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE) && n > 0 && text[n - 1] == '\n') {
        n--;
    }
    out->text = strndup(text, n);
    return out->text != NULL ? PAW_OK : paw_fail_memory(b->err, n);
}

static paw_status check_tag(builder *b, const yaml_event_t *event, int line)
{
    const yaml_char_t *tag = event->type == YAML_SCALAR_EVENT           ? event->data.scalar.tag
                             : event->type == YAML_SEQUENCE_START_EVENT ? event->data.sequence_start.tag
                                                                        : event->data.mapping_start.tag;
    const char *text = (const char *)tag;
    if (text == NULL || strcmp(text, "!") == 0 || (event->type == YAML_SCALAR_EVENT && strcmp(text, YAML_STR_TAG) == 0)) {
        return PAW_OK;
    }
    char name[48];
    return yamltree_fail(b->err, b->path, line, NULL, "the tag %s is not supported here; quote a value to make it text",
                         show_short(text, name, sizeof name));
}

/* Room for one item more (a pair, of a map), zeroed and counted; NULL when out of memory. */
static yamltree *add_item(yamltree *out)
{
    size_t unit = out->kind == YAMLTREE_MAP ? 2 : 1;
    if ((out->n & (out->n - 1)) == 0) { /* grows by doubling: at 0, 1, 2, 4 .. */
        yamltree *p = realloc(out->items, (out->n == 0 ? 1 : 2 * out->n) * unit * sizeof *p);
        if (p == NULL) {
            return NULL;
        }
        out->items = p;
    }
    yamltree *item = &out->items[unit * out->n++];
    memset(item, 0, unit * sizeof *item);
    return item;
}

static int by_key(const void *a, const void *b)
{
    const yamltree *x = *(const yamltree *const *)a, *y = *(const yamltree *const *)b;
    int order = strcmp(x->text, y->text);
    return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

/* Sorted, so that a hostile file of many keys costs no square of them. */
static paw_status check_keys(builder *b, const yamltree *map)
{
    const yamltree **keys = calloc(map->n + 1, sizeof *keys), *twice = NULL, *first = NULL;
    char name[64];
    if (keys == NULL) {
        return paw_fail_memory(b->err, map->n * sizeof *keys);
    }
    for (size_t i = 0; i < map->n; i++) {
        keys[i] = &map->items[2 * i];
    }
    qsort(keys, map->n, sizeof *keys, by_key);
    for (size_t i = 1; i < map->n; i++) {
        if (strcmp(keys[i]->text, keys[i - 1]->text) == 0 && (twice == NULL || keys[i]->line < twice->line)) {
            first = keys[i - 1];
            twice = keys[i];
        }
    }
    free(keys);
    return twice == NULL ? PAW_OK
                         : yamltree_fail(b->err, b->path, twice->line, show_short(twice->text, name, sizeof name),
                                         "the key is there twice, first in line %d", first->line);
}

static paw_status build(builder *b, const yaml_event_t *event, int depth, yamltree *out);

static paw_status build_next(builder *b, int depth, yamltree *out)
{
    yaml_event_t event;
    PAW_TRY(next_event(b, &event));
    paw_status status = build(b, &event, depth, out);
    yaml_event_delete(&event);
    return status;
}

static paw_status build_items(builder *b, yaml_event_type_t end, int depth, yamltree *out)
{
    bool map = out->kind == YAMLTREE_MAP;
    for (;;) {
        yaml_event_t event;
        PAW_TRY(next_event(b, &event));
        if (event.type == end) {
            yaml_event_delete(&event);
            return map ? check_keys(b, out) : PAW_OK;
        }
        yamltree *item = add_item(out);
        paw_status status = item == NULL ? paw_fail_memory(b->err, out->n * sizeof *item) : build(b, &event, depth + 1, item);
        yaml_event_delete(&event);
        PAW_TRY(status);
        if (map) {
            if (item->kind != YAMLTREE_TEXT) {
                return yamltree_fail(b->err, b->path, item->line, NULL, "a key must be text, not %s", yamltree_kind_name(item));
            }
            PAW_TRY(build_next(b, depth + 1, item + 1));
        }
    }
}

static paw_status build(builder *b, const yaml_event_t *event, int depth, yamltree *out)
{
    out->line = line_of(b, event->start_mark);
    if (event->type == YAML_ALIAS_EVENT) {
        return yamltree_fail(b->err, b->path, out->line, NULL,
                             "aliases (*name) are not supported; write the value again, or quote a text that begins with *");
    }
    if (depth > MOST_DEPTH) {
        return yamltree_fail(b->err, b->path, out->line, NULL, "nested deeper than %d levels", MOST_DEPTH);
    }
    PAW_TRY(check_tag(b, event, out->line));
    switch (event->type) {
    case YAML_SEQUENCE_START_EVENT:
        out->kind = YAMLTREE_LIST;
        return build_items(b, YAML_SEQUENCE_END_EVENT, depth, out);
    case YAML_MAPPING_START_EVENT:
        out->kind = YAMLTREE_MAP;
        return build_items(b, YAML_MAPPING_END_EVENT, depth, out);
    default:
        out->kind = YAMLTREE_TEXT;
        return read_scalar(b, event, out);
    }
}

/* The stream: nothing, or one document. */
static paw_status build_stream(builder *b, yamltree *out)
{
    bool found = false;
    for (yaml_event_type_t type = YAML_NO_EVENT; type != YAML_STREAM_END_EVENT;) {
        yaml_event_t event;
        PAW_TRY(next_event(b, &event));
        type = event.type;
        int line = line_of(b, event.start_mark);
        yaml_event_delete(&event);
        if (type == YAML_DOCUMENT_START_EVENT && found) {
            return yamltree_fail(b->err, b->path, line, NULL, "a second YAML document begins here; a spec file holds one");
        }
        if (type == YAML_DOCUMENT_START_EVENT) {
            found = true;
            PAW_TRY(build_next(b, 0, out));
        }
    }
    return PAW_OK;
}

paw_status yamltree_parse(const char *text, size_t size, const char *path, int first_line, yamltree *out, paw_error *err)
{
    builder b = {.path = path, .first_line = first_line, .err = err};
    *out = (yamltree){.kind = YAMLTREE_MAP, .line = first_line};
    if (yaml_parser_initialize(&b.parser) == 0) {
        return paw_fail_memory(err, sizeof b.parser);
    }
    yaml_parser_set_encoding(&b.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&b.parser, (const unsigned char *)text, size);
    paw_status status = build_stream(&b, out);
    yaml_parser_delete(&b.parser);
    if (status != PAW_OK) {
        yamltree_free(out);
    }
    return status;
}

/* ---- JSON ---- */

static bool is_one_of(const char *text, const char *a, const char *b, const char *c)
{
    return strcmp(text, a) == 0 || strcmp(text, b) == 0 || strcmp(text, c) == 0;
}

static size_t digits(const char *p)
{
    return strspn(p, "0123456789");
}

/* [-+]? digits */
static bool looks_integer(const char *p)
{
    p += *p == '-' || *p == '+';
    return *p != '\0' && p[digits(p)] == '\0';
}

/* [-+]? (digits .digits? | .digits) ([eE] [-+]? digits)? */
static bool looks_real(const char *p)
{
    p += *p == '-' || *p == '+';
    size_t before = digits(p), after = 0;
    p += before;
    if (*p == '.') {
        after = digits(++p);
        p += after;
    }
    if (before + after == 0) {
        return false;
    }
    if (*p == 'e' || *p == 'E') {
        p++;
        p += *p == '-' || *p == '+';
        size_t n = digits(p);
        p += n;
        return n > 0 && *p == '\0';
    }
    return *p == '\0';
}

static paw_status number_json(const yamltree *node, const char *path, const char *key, json_t **out, paw_error *err)
{
    char text[48];
    errno = 0;
    if (looks_integer(node->text)) {
        long long value = strtoll(node->text, NULL, 10);
        *out = errno == 0 ? json_integer(value) : NULL;
    } else {
        double value = strtod(node->text, NULL);
        *out = isfinite(value) ? json_real(value) : NULL;
    }
    return *out != NULL ? PAW_OK
                        : yamltree_fail(err, path, node->line, key, "the number %s is too large; quote it if it is text",
                                        show_short(node->text, text, sizeof text));
}

static paw_status scalar_json(const yamltree *node, const char *path, const char *key, json_t **out, paw_error *err)
{
    const char *text = node->text;
    if (!node->plain) {
        *out = json_string(text);
    } else if (text[0] == '\0' || strcmp(text, "~") == 0 || is_one_of(text, "null", "Null", "NULL")) {
        *out = json_null();
    } else if (is_one_of(text, "true", "True", "TRUE")) {
        *out = json_true();
    } else if (is_one_of(text, "false", "False", "FALSE")) {
        *out = json_false();
    } else if (looks_integer(text) || looks_real(text)) {
        return number_json(node, path, key, out, err);
    } else {
        *out = json_string(text);
    }
    return *out != NULL ? PAW_OK : paw_fail_memory(err, strlen(text));
}

paw_status yamltree_json(const yamltree *node, const char *path, const char *key, json_t **out, paw_error *err)
{
    *out = NULL;
    if (node->kind == YAMLTREE_TEXT) {
        return scalar_json(node, path, key, out, err);
    }
    bool map = node->kind == YAMLTREE_MAP;
    json_t *whole = map ? json_object() : json_array();
    paw_status status = whole != NULL ? PAW_OK : paw_fail_memory(err, 64);
    for (size_t i = 0; i < node->n && status == PAW_OK; i++) {
        json_t *part;
        status = yamltree_json(&node->items[map ? 2 * i + 1 : i], path, key, &part, err);
        if (status == PAW_OK &&
            (map ? json_object_set_new(whole, node->items[2 * i].text, part) : json_array_append_new(whole, part)) != 0) {
            status = paw_fail_memory(err, 64);
        }
    }
    if (status != PAW_OK) {
        json_decref(whole);
        return status;
    }
    *out = whole;
    return PAW_OK;
}
