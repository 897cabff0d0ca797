/*
 * schema.h: between the files that read JSON Schemas: schema.c (forms and references), schema_types.c (one type each) and
 * schema_text.c (places for errors, and JSON text).
 */
#ifndef PAW_GRAMMAR_SCHEMA_H
#define PAW_GRAMMAR_SCHEMA_H

#include "base/buffer.h"
#include "grammar/compile.h"

enum { SCHEMA_MAX_LEVELS = 64 };

/* What a $ref points to. */
typedef struct schema_target {
    const json_t *schema;
    char *pointer;
} schema_target;

typedef struct schema_reader {
    expr_builder *b;
    const grammar_vocabulary *v;
    const json_t *root;
    buffer path;            /* pointer to where reading is */
    schema_target *targets; /* by rule; 0: the root */
    size_t n_targets, targets_capacity;
    int level;
    paw_status status;
    paw_error *err;
} schema_reader;

/* Go to a member or item, which gives where to go back to by schema_leave. */
size_t schema_enter(schema_reader *r, const char *name);
size_t schema_enter_index(schema_reader *r, size_t index);
void schema_leave(schema_reader *r, size_t before);

enum { SCHEMA_WHERE = 280 };

/* Where reading is, as errors say it. */
void schema_where(const schema_reader *r, char out[SCHEMA_WHERE]);

/* The first failure counts. `key` (may be NULL): of the schema where reading is. */
void schema_fail(schema_reader *r, paw_status status, const char *key, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The expression of a schema, here or below. */
expr schema_read(schema_reader *r, const json_t *schema);
expr schema_below(schema_reader *r, const char *key, const json_t *schema);
expr schema_below_index(schema_reader *r, size_t index, const json_t *schema);

enum { SCHEMA_OBJECT, SCHEMA_ARRAY, SCHEMA_STRING, SCHEMA_NUMBER, SCHEMA_INTEGER, SCHEMA_BOOLEAN, SCHEMA_NULL, SCHEMA_TYPES };

/* The values of one type that the schema's keywords for it allow. */
expr schema_type(schema_reader *r, const json_t *schema, int type);

/* ---- text ---- */

expr schema_spaced(schema_reader *r, uint32_t c); /* the character, and a space or none */
expr schema_surround(schema_reader *r, const char *open, expr e, const char *close);
expr schema_string(schema_reader *r, const char *text, size_t size);
expr schema_literal(schema_reader *r, const json_t *value);

#endif
