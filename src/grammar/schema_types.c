/* schema_types.c: strings, numbers, arrays and objects with the keywords that go with them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grammar/automaton.h"
#include "grammar/schema.h"

enum { MAX_BOUND = 1 << 20, MAX_PREFIX = 100 };

/* ---- keywords with a value ---- */

/* A count of at least 0; `otherwise` without the keyword. */
static int count_of(schema_reader *r, const json_t *schema, const char *key, int otherwise)
{
    const json_t *value = json_object_get(schema, key);
    if (value == NULL) {
        return otherwise;
    }
    double number = json_number_value(value);
    if (!json_is_number(value) || number < 0 || number != floor(number)) {
        schema_fail(r, PAW_ERR_ARGUMENT, key, "this must be a whole number of at least 0");
        return 0;
    }
    if (number > MAX_BOUND) {
        schema_fail(r, PAW_ERR_UNSUPPORTED, key, "at most %d is supported", MAX_BOUND);
        return 0;
    }
    return (int)number;
}

static void counts_of(schema_reader *r, const json_t *schema, const char *low_key, const char *high_key, int *low, int *high)
{
    *low = count_of(r, schema, low_key, 0);
    *high = count_of(r, schema, high_key, EXPR_ENDLESS);
    if (*high != EXPR_ENDLESS && *low > *high) {
        schema_fail(r, PAW_ERR_ARGUMENT, low_key, "%d is above %s (%d): nothing can satisfy both", *low, high_key, *high);
    }
}

/* ---- strings ---- */

static const struct format {
    const char *name, *pattern;
} formats[] = {
#define DAYS \
    "(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8])"
#define LEAP "(?:[1-9][0-9](?:0[48]|[2468][048]|[13579][26])|(?:[2468][048]|[13579][26])00)"
#define DATE "(?:[1-9][0-9]{3}-(?:" DAYS ")|" LEAP "-02-29)"
#define TIME "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,6})?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
#define BYTE "(?:[0-9]|[1-9][0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-5])"
    {"date", "^" DATE "$"},
    {"time", "^" TIME "$"},
    {"date-time", "^" DATE "T" TIME "$"},
    {"email", "^[A-Za-z0-9_+-]{1,32}(?:\\.[A-Za-z0-9_+-]{1,31})?@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\\.){1,3}"
              "[A-Za-z]{2,24}$"},
    {"uuid", "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"},
    {"ipv4", "^" BYTE "\\." BYTE "\\." BYTE "\\." BYTE "$"},
};

/* The strings of a pattern with so many characters. */
static expr pattern_strings(schema_reader *r, expr_builder *b, const char *pattern, size_t size, int low, int high)
{
    char where[SCHEMA_WHERE];
    expr e = EXPR_NONE;
    schema_where(r, where);
    b->spelling = CHAR_JSON;
    paw_status status = regex_read(b, pattern, size, true, where, &e, r->err);
    b->spelling = CHAR_PLAIN;
    if (r->status == PAW_OK) {
        r->status = status;
    }
    return low > 0 || high != EXPR_ENDLESS ? expr_length(b, e, low, high) : e;
}

/* Makes an automaton of the pattern alone, to say here and not of the whole that it matches nothing. */
static void check_pattern(schema_reader *r, const char *pattern, size_t size, int low, int high)
{
    expr_builder b = {0};
    automaton a = {0};
    char where[SCHEMA_WHERE];
    int rule = expr_rule_new(&b, "with minLength and maxLength, this pattern");
    expr e = pattern_strings(r, &b, pattern, size, low, high);
    schema_where(r, where);
    if (rule == 0 && r->status == PAW_OK) {
        b.rules[0].body = e;
        r->status = automaton_make(&b, r->v, where, &a, r->err);
    }
    automaton_free(&a);
    expr_builder_free(&b);
}

static expr read_pattern(schema_reader *r, const char *key, const char *pattern, size_t size, int low, int high)
{
    expr e = EXPR_NONE;
    size_t before = schema_enter(r, key);
    check_pattern(r, pattern, size, low, high);
    if (r->status == PAW_OK) {
        e = pattern_strings(r, r->b, pattern, size, low, high);
    }
    schema_leave(r, before);
    return e;
}

static expr read_string(schema_reader *r, const json_t *schema)
{
    const json_t *pattern = json_object_get(schema, "pattern"), *format = json_object_get(schema, "format");
    int low, high;
    counts_of(r, schema, "minLength", "maxLength", &low, &high);
    if (pattern != NULL && format != NULL) {
        schema_fail(r, PAW_ERR_UNSUPPORTED, "pattern", "pattern beside format is not supported");
    } else if (pattern != NULL && !json_is_string(pattern)) {
        schema_fail(r, PAW_ERR_ARGUMENT, "pattern", "this must be a string");
    } else if (pattern != NULL && r->status == PAW_OK) {
        expr e = read_pattern(r, "pattern", json_string_value(pattern), json_string_length(pattern), low, high);
        return schema_surround(r, "\"", e, "\"");
    } else if (format != NULL && r->status == PAW_OK) {
        const char *name = json_is_string(format) ? json_string_value(format) : "";
        for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
            if (strcmp(name, formats[i].name) == 0) {
                expr e = read_pattern(r, "format", formats[i].pattern, strlen(formats[i].pattern), low, high);
                return schema_surround(r, "\"", e, "\"");
            }
        }
        schema_fail(r, PAW_ERR_UNSUPPORTED, "format", "this format is not supported: date, time, date-time, email, uuid and ipv4 are");
    }
    r->b->spelling = CHAR_FREE;
    expr any = expr_any(r->b);
    r->b->spelling = CHAR_PLAIN;
    return schema_surround(r, "\"", expr_repeat(r->b, any, low, high), "\"");
}

/* ---- numbers ---- */

static void add_limit(schema_reader *r, const json_t *schema, const char *key, bool exclusive, number_limit *out)
{
    const json_t *value = json_object_get(schema, key);
    if (value == NULL) {
        return;
    }
    if (!json_is_number(value)) {
        schema_fail(r, PAW_ERR_ARGUMENT, key, "this must be a number");
    } else if (out->set) {
        schema_fail(r, PAW_ERR_UNSUPPORTED, key, "a limit and an exclusive limit on one side: leave one of them out");
    } else if (!decimal_read(value, &out->value)) {
        schema_fail(r, PAW_ERR_UNSUPPORTED, key, "limits of more than 18 digits before the point, or 23 after it, are not supported");
    }
    out->set = true;
    out->exclusive = exclusive;
}

static expr read_number(schema_reader *r, const json_t *schema, bool integer)
{
    number_limit low = {0}, high = {0};
    bool empty = false;
    add_limit(r, schema, "minimum", false, &low);
    add_limit(r, schema, "exclusiveMinimum", true, &low);
    add_limit(r, schema, "maximum", false, &high);
    add_limit(r, schema, "exclusiveMaximum", true, &high);
    expr e = integer ? number_integer(r->b, &low, &high, &empty) : number_real(r->b, &low, &high, &empty);
    if (empty) {
        schema_fail(r, PAW_ERR_ARGUMENT, low.exclusive ? "exclusiveMinimum" : low.set ? "minimum" : "maximum",
             "there is no %s between the limits", integer ? "integer" : "number");
    }
    return e;
}

/* ---- arrays ---- */

/* The items from `index` of prefixItems on, and what may follow them; each may only stand where all before it do. */
static expr read_prefix(schema_reader *r, const json_t *prefix, const json_t *items, int low, int high)
{
    int n = (int)json_array_size(prefix), most = high != EXPR_ENDLESS && high < n ? high : n;
    bool more = items != NULL && !json_is_false(items) && (high == EXPR_ENDLESS || high > n);
    expr rest = expr_seq(r->b);
    if (more) {
        expr item = expr_seq(r->b);
        expr_add(r->b, item, schema_spaced(r, ','));
        expr_add(r->b, item, schema_below(r, "items", items));
        rest = expr_repeat(r->b, item, low > n ? low - n : 0, high == EXPR_ENDLESS ? EXPR_ENDLESS : high - n);
    } else if (low > n) {
        schema_fail(r, PAW_ERR_ARGUMENT, "minItems", "%d items are wanted, but only %d are described: add items", low, n);
    }
    size_t before = schema_enter(r, "prefixItems");
    for (int i = most - 1; i >= 0 && r->status == PAW_OK; i--) {
        expr seq = expr_seq(r->b);
        if (i > 0) {
            expr_add(r->b, seq, schema_spaced(r, ','));
        }
        expr_add(r->b, seq, schema_below_index(r, (size_t)i, json_array_get(prefix, (size_t)i)));
        expr_add(r->b, seq, rest);
        rest = i >= low ? expr_optional(r->b, seq) : seq;
    }
    schema_leave(r, before);
    return rest;
}

static expr read_array(schema_reader *r, const json_t *schema)
{
    const json_t *prefix = json_object_get(schema, "prefixItems"), *items = json_object_get(schema, "items");
    int low, high;
    counts_of(r, schema, "minItems", "maxItems", &low, &high);
    expr e = EXPR_NONE;
    if (json_is_array(items)) {
        schema_fail(r, PAW_ERR_UNSUPPORTED, "items", "a list of schemas is not supported here: name it prefixItems");
    } else if (prefix != NULL && (!json_is_array(prefix) || json_array_size(prefix) == 0)) {
        schema_fail(r, PAW_ERR_ARGUMENT, "prefixItems", "this must be a list of at least one schema");
    } else if (prefix != NULL && json_array_size(prefix) > MAX_PREFIX) {
        schema_fail(r, PAW_ERR_UNSUPPORTED, "prefixItems", "at most %d are supported", MAX_PREFIX);
    } else if (prefix != NULL && r->status == PAW_OK) {
        e = read_prefix(r, prefix, items, low, high);
    } else if (high == 0 || json_is_false(items)) {
        if (low > 0) {
            schema_fail(r, PAW_ERR_ARGUMENT, "minItems", "%d items are wanted, but none is allowed", low);
        }
        e = expr_seq(r->b);
    } else if (items == NULL) {
        schema_fail(r, PAW_ERR_UNSUPPORTED, NULL, "an array whose items are not described is not supported: add items");
    } else if (r->status == PAW_OK) {
        e = expr_list(r->b, schema_below(r, "items", items), schema_spaced(r, ','), low, high);
    }
    return schema_surround(r, "[", e, "]");
}

/* ---- objects ---- */

static bool is_required(const json_t *required, const char *name)
{
    for (size_t i = 0; i < json_array_size(required); i++) {
        const char *other = json_string_value(json_array_get(required, i));
        if (other != NULL && strcmp(other, name) == 0) {
            return true;
        }
    }
    return false;
}

static void check_required(schema_reader *r, const json_t *required, const json_t *properties)
{
    size_t before = schema_enter(r, "required");
    if (required != NULL && !json_is_array(required)) {
        schema_fail(r, PAW_ERR_ARGUMENT, NULL, "this must be a list of names");
    }
    for (size_t i = 0; i < json_array_size(required); i++) {
        const char *name = json_string_value(json_array_get(required, i));
        size_t here = schema_enter_index(r, i);
        if (name == NULL) {
            schema_fail(r, PAW_ERR_ARGUMENT, NULL, "this must be a name");
        } else if (json_object_get(properties, name) == NULL) {
            schema_fail(r, PAW_ERR_ARGUMENT, NULL, "\"%.100s\" is required, but is not among the properties", name);
        }
        schema_leave(r, here);
    }
    schema_leave(r, before);
}

static expr read_object(schema_reader *r, const json_t *schema)
{
    const json_t *properties = json_object_get(schema, "properties"), *required = json_object_get(schema, "required");
    const json_t *others = json_object_get(schema, "additionalProperties");
    if (others != NULL && !json_is_boolean(others)) {
        schema_fail(r, PAW_ERR_UNSUPPORTED, "additionalProperties", "a schema here is not supported: list the properties");
    } else if (properties != NULL && !json_is_object(properties)) {
        schema_fail(r, PAW_ERR_ARGUMENT, "properties", "this must be an object");
    } else if (json_object_size(properties) == 0 && !json_is_false(others)) {
        schema_fail(r, PAW_ERR_UNSUPPORTED, NULL, "an object whose properties are not described is not supported: add properties");
    }
    check_required(r, required, properties);
    expr members = expr_members(r->b, schema_spaced(r, ','));
    size_t before = schema_enter(r, "properties");
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)properties, key, value) {
        if (r->status != PAW_OK) {
            break;
        }
        expr seq = expr_seq(r->b);
        expr_add(r->b, seq, schema_string(r, key, strlen(key)));
        expr_add(r->b, seq, schema_spaced(r, ':'));
        expr_add(r->b, seq, schema_below(r, key, value));
        expr_add_member(r->b, members, seq, !is_required(required, key));
    }
    schema_leave(r, before);
    return schema_surround(r, "{", members, "}");
}

/* ---- all of them ---- */

expr schema_type(schema_reader *r, const json_t *schema, int type)
{
    switch (type) {
    case SCHEMA_OBJECT: return read_object(r, schema);
    case SCHEMA_ARRAY: return read_array(r, schema);
    case SCHEMA_STRING: return read_string(r, schema);
    case SCHEMA_NUMBER: return read_number(r, schema, false);
    case SCHEMA_INTEGER: return read_number(r, schema, true);
    case SCHEMA_BOOLEAN: {
        expr alt = expr_alt(r->b);
        expr_add(r->b, alt, expr_literal(r->b, "true"));
        expr_add(r->b, alt, expr_literal(r->b, "false"));
        return alt;
    }
    default: return expr_literal(r->b, "null");
    }
}
