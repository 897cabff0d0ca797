/*
 * schema.c: reading JSON Schemas.
 *
 * A schema object is of one form: a reference, alternatives, listed values, or types with the keywords that go with them. What
 * would need the keywords of two forms to hold at once is refused, and so is every keyword that is not known: the place is a
 * JSON pointer.
 */
#include "grammar/schema.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Which form a keyword belongs to. */
enum {
    NOTE = 0,
    REFERENCE = 1 << 0,
    ALTERNATIVES = 1 << 1,
    LISTED = 1 << 2,
    TYPED = 1 << 3,
    OBJECT = 1 << 4,
    ARRAY = 1 << 5,
    STRING = 1 << 6,
    NUMBER = 1 << 7
};

static const struct keyword {
    const char *name;
    int form;
} keywords[] = {
    {"$ref", REFERENCE}, {"anyOf", ALTERNATIVES}, {"oneOf", ALTERNATIVES}, {"allOf", ALTERNATIVES}, {"enum", LISTED},
    {"const", LISTED}, {"type", TYPED}, {"properties", OBJECT}, {"required", OBJECT}, {"additionalProperties", OBJECT},
    {"items", ARRAY}, {"prefixItems", ARRAY}, {"minItems", ARRAY}, {"maxItems", ARRAY}, {"minLength", STRING},
    {"maxLength", STRING}, {"pattern", STRING}, {"format", STRING}, {"minimum", NUMBER}, {"maximum", NUMBER},
    {"exclusiveMinimum", NUMBER}, {"exclusiveMaximum", NUMBER}, {"title", NOTE}, {"description", NOTE}, {"default", NOTE},
    {"examples", NOTE}, {"deprecated", NOTE}, {"readOnly", NOTE}, {"writeOnly", NOTE}, {"$schema", NOTE}, {"$id", NOTE},
    {"$anchor", NOTE}, {"$comment", NOTE}, {"$defs", NOTE}, {"definitions", NOTE}, {"discriminator", NOTE},
};

static const struct type {
    const char *name;
    int form; /* of the keywords that go with it */
} types[SCHEMA_TYPES] = {{"object", OBJECT},  {"array", ARRAY}, {"string", STRING}, {"number", NUMBER},
                         {"integer", NUMBER}, {"boolean", 0},   {"null", 0}};

enum { MAX_TARGETS = 1000 };

enum { N_KEYWORDS = sizeof keywords / sizeof *keywords, N_TYPES = SCHEMA_TYPES };

/* ---- types ---- */

/* The bit of a type's name; 0, and a failure, when there is no such type. */
static unsigned type_bit(schema_reader *r, const json_t *name)
{
    for (int i = 0; i < N_TYPES && json_is_string(name); i++) {
        if (strcmp(json_string_value(name), types[i].name) == 0) {
            return 1u << i;
        }
    }
    schema_fail(r, PAW_ERR_ARGUMENT, "type", "\"%.40s\" is no type: object, array, string, number, integer, boolean and null are",
         json_is_string(name) ? json_string_value(name) : "");
    return 0;
}

/* The types that the keyword `type` names, as bits; 0 without it. */
static unsigned types_named(schema_reader *r, const json_t *schema)
{
    const json_t *type = json_object_get(schema, "type");
    unsigned bits = 0;
    if (type == NULL) {
        return 0;
    }
    if (!json_is_array(type)) {
        return type_bit(r, type);
    }
    for (size_t i = 0; i < json_array_size(type); i++) {
        bits |= type_bit(r, json_array_get(type, i));
    }
    if (json_array_size(type) == 0) {
        schema_fail(r, PAW_ERR_ARGUMENT, "type", "an empty list of types allows nothing");
    }
    return bits;
}

/* The first keyword of a form, for errors. */
static const char *keyword_of(const json_t *schema, int forms)
{
    for (int i = 0; i < N_KEYWORDS; i++) {
        if ((keywords[i].form & forms) != 0 && json_object_get(schema, keywords[i].name) != NULL) {
            return keywords[i].name;
        }
    }
    return NULL;
}

/* Without `type`, keywords of one type stand for it. */
static unsigned types_meant(schema_reader *r, const json_t *schema, int forms)
{
    unsigned named = types_named(r, schema);
    if (named == 0 && r->status == PAW_OK) {
        switch (forms) {
        case OBJECT: return 1u << SCHEMA_OBJECT;
        case ARRAY: return 1u << SCHEMA_ARRAY;
        case STRING: return 1u << SCHEMA_STRING;
        case NUMBER: return 1u << SCHEMA_NUMBER;
        }
        schema_fail(r, PAW_ERR_UNSUPPORTED, NULL, "%s", forms == 0 ? "a schema that allows any value is not supported: give a type"
                                                           : "keywords of several types without a type: give one");
    }
    return named;
}

static expr read_types(schema_reader *r, const json_t *schema, int forms)
{
    expr alt = expr_alt(r->b);
    unsigned bits = types_meant(r, schema, forms & ~TYPED);
    int allowed = TYPED;
    for (int i = 0; i < N_TYPES; i++) {
        allowed |= bits >> i & 1 ? types[i].form : 0;
    }
    const char *stray = keyword_of(schema, forms & ~allowed);
    if (stray != NULL) {
        schema_fail(r, PAW_ERR_ARGUMENT, stray, "%s does not go with the type given", stray);
    }
    bits &= bits >> SCHEMA_NUMBER & 1 ? ~(1u << SCHEMA_INTEGER) : ~0u; /* an integer is a number */
    for (int i = 0; i < N_TYPES && r->status == PAW_OK; i++) {
        if (bits >> i & 1) {
            expr_add(r->b, alt, schema_type(r, schema, i));
        }
    }
    return alt;
}

/* ---- listed values ---- */

static bool is_of_type(const json_t *value, unsigned bits)
{
    unsigned own = json_is_object(value)    ? 1u << SCHEMA_OBJECT
                   : json_is_array(value)   ? 1u << SCHEMA_ARRAY
                   : json_is_string(value)  ? 1u << SCHEMA_STRING
                   : json_is_integer(value) ? 1u << SCHEMA_INTEGER | 1u << SCHEMA_NUMBER
                   : json_is_real(value)    ? 1u << SCHEMA_NUMBER
                   : json_is_boolean(value) ? 1u << SCHEMA_BOOLEAN
                                            : 1u << SCHEMA_NULL;
    if (json_is_real(value) && json_real_value(value) == floor(json_real_value(value))) {
        own |= 1u << SCHEMA_INTEGER;
    }
    return (own & bits) != 0;
}

static expr read_listed(schema_reader *r, const json_t *schema)
{
    const json_t *list = json_object_get(schema, "enum"), *only = json_object_get(schema, "const");
    unsigned bits = types_named(r, schema);
    expr alt = expr_alt(r->b);
    const char *key = only != NULL ? "const" : "enum";
    size_t before = schema_enter(r, key);
    if (only != NULL && list != NULL) {
        schema_fail(r, PAW_ERR_UNSUPPORTED, NULL, "const beside enum is not supported");
    } else if (only == NULL && (!json_is_array(list) || json_array_size(list) == 0)) {
        schema_fail(r, PAW_ERR_ARGUMENT, NULL, "this must be a list of at least one value");
    }
    size_t n = only != NULL ? 1 : json_array_size(list);
    for (size_t i = 0; i < n && r->status == PAW_OK; i++) {
        const json_t *value = only != NULL ? only : json_array_get(list, i);
        size_t here = only != NULL ? before : schema_enter_index(r, i);
        if (bits != 0 && !is_of_type(value, bits)) {
            schema_fail(r, PAW_ERR_ARGUMENT, NULL, "this value is not of the type that the schema gives");
        }
        expr_add(r->b, alt, schema_literal(r, value));
        if (only == NULL) {
            schema_leave(r, here);
        }
    }
    schema_leave(r, before);
    return alt;
}

/* ---- alternatives ---- */

static expr read_any_of(schema_reader *r, const json_t *schema)
{
    expr alt = expr_alt(r->b);
    const char *key = keyword_of(schema, ALTERNATIVES);
    const json_t *list = json_object_get(schema, key);
    bool all = strcmp(key, "allOf") == 0;
    if (!json_is_array(list) || json_array_size(list) == 0) {
        schema_fail(r, PAW_ERR_ARGUMENT, key, "this must be a list of at least one schema");
    } else if (all && json_array_size(list) > 1) {
        schema_fail(r, PAW_ERR_UNSUPPORTED, key, "allOf of several schemas is not supported: write them as one");
    }
    size_t before = schema_enter(r, key);
    for (size_t i = 0; i < json_array_size(list) && r->status == PAW_OK; i++) {
        expr_add(r->b, alt, schema_below_index(r, i, json_array_get(list, i)));
    }
    schema_leave(r, before);
    return alt;
}

/* ---- references ---- */

static int hex_of(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
}

/* Takes %XX, ~0 and ~1 back in place. */
static void unescape(char *text)
{
    char *to = text;
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '%' && hex_of(p[1]) >= 0 && hex_of(p[2]) >= 0) {
            *to++ = (char)(hex_of(p[1]) << 4 | hex_of(p[2]));
            p += 2;
        } else if (*p == '~' && (p[1] == '0' || p[1] == '1')) {
            *to++ = *++p == '0' ? '~' : '/';
        } else {
            *to++ = *p;
        }
    }
    *to = '\0';
}

/* What a pointer ("/$defs/node") leads to, or NULL. */
static const json_t *follow(const json_t *from, const char *pointer)
{
    char name[256];
    while (from != NULL && *pointer == '/') {
        size_t n = strcspn(++pointer, "/");
        if (n >= sizeof name) {
            return NULL;
        }
        memcpy(name, pointer, n);
        name[n] = '\0';
        pointer += n;
        unescape(name);
        char *end = name;
        unsigned long index = strtoul(name, &end, 10);
        bool is_index = name[0] >= '0' && name[0] <= '9' && *end == '\0';
        from = json_is_array(from) ? (is_index ? json_array_get(from, index) : NULL) : json_object_get(from, name);
    }
    return *pointer == '\0' ? from : NULL;
}

static bool add_target(schema_reader *r, const json_t *schema, const char *pointer)
{
    if (r->n_targets == r->targets_capacity) {
        size_t capacity = r->targets_capacity == 0 ? 16 : 2 * r->targets_capacity;
        schema_target *p = realloc(r->targets, capacity * sizeof *p);
        if (p == NULL) {
            return false;
        }
        r->targets = p;
        r->targets_capacity = capacity;
    }
    char *copy = strdup(pointer);
    if (copy == NULL) {
        return false;
    }
    r->targets[r->n_targets++] = (schema_target){schema, copy};
    return true;
}

/* The rule of what $ref points to, new when this is the first time; its body is read later. */
static int rule_of(schema_reader *r, const json_t *schema, const char *pointer)
{
    for (size_t i = 0; i < r->n_targets; i++) {
        if (r->targets[i].schema == schema) {
            return (int)i;
        }
    }
    if (r->n_targets >= MAX_TARGETS) {
        schema_fail(r, PAW_ERR_UNSUPPORTED, "$ref", "more than %d different references", MAX_TARGETS);
        return 0;
    }
    char name[200];
    snprintf(name, sizeof name, "#%s", pointer);
    int rule = expr_rule_new(r->b, name);
    if (rule >= 0 && !add_target(r, schema, pointer)) {
        r->b->status = PAW_ERR_MEMORY;
    }
    return rule;
}

static expr read_reference(schema_reader *r, const json_t *schema)
{
    const json_t *value = json_object_get(schema, "$ref");
    const char *text = json_is_string(value) ? json_string_value(value) : "";
    if (text[0] != '#' || (text[1] != '\0' && text[1] != '/')) {
        schema_fail(r, PAW_ERR_UNSUPPORTED, "$ref", "only references within the schema are supported, as #/$defs/name");
        return EXPR_NONE;
    }
    const json_t *to = follow(r->root, text + 1);
    if (to == NULL) {
        schema_fail(r, PAW_ERR_ARGUMENT, "$ref", "there is nothing at %.200s", text);
        return EXPR_NONE;
    }
    return expr_rule_call(r->b, rule_of(r, to, text + 1));
}

/* ---- schemas ---- */

/* The forms whose keywords the schema has. */
static int forms_of(schema_reader *r, const json_t *schema)
{
    int forms = 0;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)schema, key, value) {
        int i = 0;
        while (i < N_KEYWORDS && strcmp(key, keywords[i].name) != 0) {
            i++;
        }
        if (i == N_KEYWORDS) {
            schema_fail(r, PAW_ERR_UNSUPPORTED, key, "the keyword %.60s is not supported", key);
            return 0;
        }
        forms |= keywords[i].form;
    }
    return forms;
}

static expr read_forms(schema_reader *r, const json_t *schema)
{
    static const int order[] = {REFERENCE, ALTERNATIVES, LISTED};
    int forms = forms_of(r, schema);
    for (int i = 0; i < 3 && r->status == PAW_OK; i++) {
        if ((forms & order[i]) != 0) {
            const char *stray = keyword_of(schema, forms & ~(order[i] | (order[i] == LISTED ? TYPED : 0)));
            const char *key = keyword_of(schema, order[i]);
            if (stray != NULL) {
                schema_fail(r, PAW_ERR_UNSUPPORTED, stray, "%s beside %s is not supported", stray, key);
                return EXPR_NONE;
            }
            return i == 0 ? read_reference(r, schema) : i == 1 ? read_any_of(r, schema) : read_listed(r, schema);
        }
    }
    return r->status == PAW_OK ? read_types(r, schema, forms) : EXPR_NONE;
}

expr schema_read(schema_reader *r, const json_t *schema)
{
    expr e = EXPR_NONE;
    if (++r->level > SCHEMA_MAX_LEVELS) {
        schema_fail(r, PAW_ERR_UNSUPPORTED, NULL, "nested too deeply: at most %d levels", SCHEMA_MAX_LEVELS);
    } else if (json_is_false(schema)) {
        schema_fail(r, PAW_ERR_ARGUMENT, NULL, "the schema false allows nothing");
    } else if (json_is_true(schema)) {
        schema_fail(r, PAW_ERR_UNSUPPORTED, NULL, "a schema that allows any value is not supported: give a type");
    } else if (!json_is_object(schema)) {
        schema_fail(r, PAW_ERR_ARGUMENT, NULL, "a schema must be an object");
    } else if (r->status == PAW_OK && r->b->status == PAW_OK) {
        e = read_forms(r, schema);
    }
    r->level--;
    return e;
}

static paw_status read_all(schema_reader *r)
{
    if (expr_rule_new(r->b, "#") != 0 || !add_target(r, r->root, "")) {
        return paw_fail_memory(r->err, sizeof(schema_target));
    }
    for (size_t i = 0; i < r->n_targets && r->status == PAW_OK && r->b->status == PAW_OK; i++) {
        schema_leave(r, 0);
        buffer_append_text(&r->path, r->targets[i].pointer);
        expr body = schema_read(r, r->targets[i].schema);
        r->b->rules[i].body = body;
    }
    PAW_TRY(r->status);
    PAW_TRY(expr_builder_check(r->b, "schema", r->err));
    return r->path.failed ? paw_fail_memory(r->err, r->path.size) : PAW_OK;
}

paw_status grammar_from_schema(const grammar_vocabulary *v, const json_t *schema, grammar **out, paw_error *err)
{
    expr_builder b = {0};
    schema_reader r = {.b = &b, .v = v, .root = schema, .err = err};
    paw_status status = read_all(&r);
    if (status == PAW_OK) {
        status = grammar_make(&b, v, "schema", out, err);
    }
    for (size_t i = 0; i < r.n_targets; i++) {
        free(r.targets[i].pointer);
    }
    free(r.targets);
    buffer_free(&r.path);
    expr_builder_free(&b);
    return status;
}
