/* schema_text.c: where reading is in a schema, and values as JSON text. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grammar/schema.h"

/* ---- places ---- */

size_t schema_enter(schema_reader *r, const char *name)
{
    size_t before = r->path.size;
    buffer_append_text(&r->path, "/");
    for (; *name != '\0'; name++) {
        buffer_append(&r->path, *name == '~' ? "~0" : *name == '/' ? "~1" : name, *name == '~' || *name == '/' ? 2 : 1);
    }
    return before;
}

size_t schema_enter_index(schema_reader *r, size_t index)
{
    char text[32];
    snprintf(text, sizeof text, "%zu", index);
    return schema_enter(r, text);
}

void schema_leave(schema_reader *r, size_t before)
{
    if (!r->path.failed && r->path.data != NULL) {
        r->path.size = before;
        r->path.data[before] = '\0';
    }
}

void schema_where(const schema_reader *r, char out[SCHEMA_WHERE])
{
    snprintf(out, SCHEMA_WHERE, "schema: #%s", r->path.data != NULL ? r->path.data : "");
}

void schema_fail(schema_reader *r, paw_status status, const char *key, const char *format, ...)
{
    if (r->status == PAW_OK) {
        char where[SCHEMA_WHERE], message[400];
        va_list args;
        size_t before = key != NULL ? schema_enter(r, key) : 0;
        schema_where(r, where);
        if (key != NULL) {
            schema_leave(r, before);
        }
        va_start(args, format);
        vsnprintf(message, sizeof message, format, args);
        va_end(args);
        r->status = paw_fail(r->err, status, where, "%s", message);
    }
}

expr schema_below(schema_reader *r, const char *key, const json_t *schema)
{
    size_t before = schema_enter(r, key);
    expr e = schema_read(r, schema);
    schema_leave(r, before);
    return e;
}

expr schema_below_index(schema_reader *r, size_t index, const json_t *schema)
{
    size_t before = schema_enter_index(r, index);
    expr e = schema_read(r, schema);
    schema_leave(r, before);
    return e;
}

/* ---- pieces of JSON ---- */

expr schema_spaced(schema_reader *r, uint32_t c)
{
    expr seq = expr_seq(r->b);
    expr_add(r->b, seq, expr_char(r->b, c));
    expr_add(r->b, seq, expr_optional(r->b, expr_char(r->b, ' ')));
    return seq;
}

expr schema_surround(schema_reader *r, const char *open, expr e, const char *close)
{
    expr seq = expr_seq(r->b);
    expr_add(r->b, seq, expr_literal(r->b, open));
    expr_add(r->b, seq, e);
    expr_add(r->b, seq, expr_literal(r->b, close));
    return seq;
}

expr schema_string(schema_reader *r, const char *text, size_t size)
{
    if (memchr(text, 0, size) != NULL) {
        schema_fail(r, PAW_ERR_UNSUPPORTED, NULL, "a string holds the character U+0000, which cannot be written");
    }
    r->b->spelling = CHAR_JSON;
    expr e = expr_text(r->b, text, size);
    r->b->spelling = CHAR_PLAIN;
    return schema_surround(r, "\"", e, "\"");
}

static expr object_literal(schema_reader *r, const json_t *value)
{
    expr members = expr_members(r->b, schema_spaced(r, ','));
    const char *key;
    json_t *member;
    json_object_foreach((json_t *)(uintptr_t)value, key, member) {
        expr seq = expr_seq(r->b);
        expr_add(r->b, seq, schema_string(r, key, strlen(key)));
        expr_add(r->b, seq, schema_spaced(r, ':'));
        expr_add(r->b, seq, schema_literal(r, member));
        expr_add_member(r->b, members, seq, false);
    }
    return schema_surround(r, "{", members, "}");
}

static expr array_literal(schema_reader *r, const json_t *value)
{
    expr members = expr_members(r->b, schema_spaced(r, ','));
    for (size_t i = 0; i < json_array_size(value); i++) {
        expr_add_member(r->b, members, schema_literal(r, json_array_get(value, i)), false);
    }
    return schema_surround(r, "[", members, "]");
}

static expr real_literal(schema_reader *r, double value)
{
    char text[NUMBER_SPELT + 2];
    number_spell(value, false, text);
    if (strpbrk(text, ".e") == NULL) {
        strcat(text, ".0");
    }
    return expr_literal(r->b, text);
}

expr schema_literal(schema_reader *r, const json_t *value)
{
    char text[32];
    expr e = EXPR_NONE;
    if (++r->level > SCHEMA_MAX_LEVELS) {
        schema_fail(r, PAW_ERR_UNSUPPORTED, NULL, "nested too deeply: at most %d levels", SCHEMA_MAX_LEVELS);
    }
    if (r->status == PAW_OK) {
        switch (json_typeof(value)) {
        case JSON_OBJECT: e = object_literal(r, value); break;
        case JSON_ARRAY: e = array_literal(r, value); break;
        case JSON_STRING: e = schema_string(r, json_string_value(value), json_string_length(value)); break;
        case JSON_INTEGER:
            snprintf(text, sizeof text, "%lld", (long long)json_integer_value(value));
            e = expr_literal(r->b, text);
            break;
        case JSON_REAL: e = real_literal(r, json_real_value(value)); break;
        case JSON_TRUE: e = expr_literal(r->b, "true"); break;
        case JSON_FALSE: e = expr_literal(r->b, "false"); break;
        case JSON_NULL: e = expr_literal(r->b, "null"); break;
        }
    }
    r->level--;
    return e;
}
