/*
 * schema.c: reading JSON Schemas.
 *
 * A schema object is of one form: a reference, alternatives, listed values, or types with the keywords that go with them. What
 * would need the keywords of two forms to hold at once is refused, and so is every keyword that is not known: the place is a
 * JSON pointer.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "grammar/automaton.h"
#include "grammar/compile.h"

enum { MAX_LEVELS = 64, MAX_BOUND = 1 << 20, MAX_PREFIX = 100 };

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
    NUMBER = 1 << 7,
    ANY_TYPED = TYPED | OBJECT | ARRAY | STRING | NUMBER
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
} types[] = {{"object", OBJECT}, {"array", ARRAY}, {"string", STRING}, {"number", NUMBER}, {"integer", NUMBER},
             {"boolean", 0},     {"null", 0}};

enum { N_KEYWORDS = sizeof keywords / sizeof *keywords, N_TYPES = sizeof types / sizeof *types };

typedef struct target {
    const json_t *schema;
    char *pointer;
} target;

typedef struct reader {
    expr_builder *b;
    const grammar_vocabulary *v;
    const json_t *root;
    buffer path;     /* pointer to where reading is */
    target *targets; /* by rule: what $ref points to; 0: the root */
    size_t n_targets, targets_capacity;
    int level;
    paw_status status;
    paw_error *err;
} reader;

/* ---- places ---- */

static size_t enter(reader *r, const char *name)
{
    size_t before = r->path.size;
    buffer_append_text(&r->path, "/");
    for (; *name != '\0'; name++) {
        buffer_append(&r->path, *name == '~' ? "~0" : *name == '/' ? "~1" : name, *name == '~' || *name == '/' ? 2 : 1);
    }
    return before;
}

static size_t enter_index(reader *r, size_t index)
{
    char text[32];
    snprintf(text, sizeof text, "%zu", index);
    return enter(r, text);
}

static void leave(reader *r, size_t before)
{
    if (!r->path.failed && r->path.data != NULL) {
        r->path.size = before;
        r->path.data[before] = '\0';
    }
}

static void where_now(const reader *r, char out[280])
{
    snprintf(out, 280, "schema: #%s", r->path.data != NULL ? r->path.data : "");
}

/* The first failure counts. `key` (may be NULL): of the schema where reading is. */
static void fail(reader *r, paw_status status, const char *key, const char *format, ...) __attribute__((format(printf, 4, 5)));

static void fail(reader *r, paw_status status, const char *key, const char *format, ...)
{
    if (r->status == PAW_OK) {
        char where[280], message[400];
        va_list args;
        size_t before = key != NULL ? enter(r, key) : 0;
        where_now(r, where);
        if (key != NULL) {
            leave(r, before);
        }
        va_start(args, format);
        vsnprintf(message, sizeof message, format, args);
        va_end(args);
        r->status = paw_fail(r->err, status, where, "%s", message);
    }
}

static expr read_schema(reader *r, const json_t *schema);

static expr read_below(reader *r, const char *key, const json_t *schema)
{
    size_t before = enter(r, key);
    expr e = read_schema(r, schema);
    leave(r, before);
    return e;
}

static expr read_below_index(reader *r, size_t index, const json_t *schema)
{
    size_t before = enter_index(r, index);
    expr e = read_schema(r, schema);
    leave(r, before);
    return e;
}

/* ---- pieces of JSON ---- */

static expr spaced(reader *r, uint32_t c)
{
    expr seq = expr_seq(r->b);
    expr_add(r->b, seq, expr_char(r->b, c));
    expr_add(r->b, seq, expr_optional(r->b, expr_char(r->b, ' ')));
    return seq;
}

static expr surround(reader *r, const char *open, expr e, const char *close)
{
    expr seq = expr_seq(r->b);
    expr_add(r->b, seq, expr_literal(r->b, open));
    expr_add(r->b, seq, e);
    expr_add(r->b, seq, expr_literal(r->b, close));
    return seq;
}

static expr string_literal(reader *r, const char *text, size_t size)
{
    if (memchr(text, 0, size) != NULL) {
        fail(r, PAW_ERR_UNSUPPORTED, NULL, "a string holds the character U+0000, which cannot be written");
    }
    r->b->spelling = CHAR_JSON;
    expr e = expr_text(r->b, text, size);
    r->b->spelling = CHAR_PLAIN;
    return surround(r, "\"", e, "\"");
}

static expr literal(reader *r, const json_t *value);

static expr object_literal(reader *r, const json_t *value)
{
    expr members = expr_members(r->b, spaced(r, ','));
    const char *key;
    json_t *member;
    json_object_foreach((json_t *)(uintptr_t)value, key, member) {
        expr seq = expr_seq(r->b);
        expr_add(r->b, seq, string_literal(r, key, strlen(key)));
        expr_add(r->b, seq, spaced(r, ':'));
        expr_add(r->b, seq, literal(r, member));
        expr_add_member(r->b, members, seq, false);
    }
    return surround(r, "{", members, "}");
}

static expr array_literal(reader *r, const json_t *value)
{
    expr members = expr_members(r->b, spaced(r, ','));
    for (size_t i = 0; i < json_array_size(value); i++) {
        expr_add_member(r->b, members, literal(r, json_array_get(value, i)), false);
    }
    return surround(r, "[", members, "]");
}

static expr real_literal(reader *r, double value)
{
    char text[NUMBER_SPELT + 2];
    number_spell(value, false, text);
    if (strpbrk(text, ".e") == NULL) {
        strcat(text, ".0");
    }
    return expr_literal(r->b, text);
}

static expr literal(reader *r, const json_t *value)
{
    char text[32];
    expr e = EXPR_NONE;
    if (++r->level > MAX_LEVELS) {
        fail(r, PAW_ERR_UNSUPPORTED, NULL, "nested too deeply: at most %d levels", MAX_LEVELS);
    }
    if (r->status == PAW_OK) {
        switch (json_typeof(value)) {
        case JSON_OBJECT: e = object_literal(r, value); break;
        case JSON_ARRAY: e = array_literal(r, value); break;
        case JSON_STRING: e = string_literal(r, json_string_value(value), json_string_length(value)); break;
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

/* ---- keywords with a value ---- */

/* A count of at least 0; `otherwise` without the keyword. */
static int count_of(reader *r, const json_t *schema, const char *key, int otherwise)
{
    const json_t *value = json_object_get(schema, key);
    if (value == NULL) {
        return otherwise;
    }
    double number = json_number_value(value);
    if (!json_is_number(value) || number < 0 || number != floor(number)) {
        fail(r, PAW_ERR_ARGUMENT, key, "this must be a whole number of at least 0");
        return 0;
    }
    if (number > MAX_BOUND) {
        fail(r, PAW_ERR_UNSUPPORTED, key, "at most %d is supported", MAX_BOUND);
        return 0;
    }
    return (int)number;
}

static void counts_of(reader *r, const json_t *schema, const char *low_key, const char *high_key, int *low, int *high)
{
    *low = count_of(r, schema, low_key, 0);
    *high = count_of(r, schema, high_key, EXPR_ENDLESS);
    if (*high != EXPR_ENDLESS && *low > *high) {
        fail(r, PAW_ERR_ARGUMENT, low_key, "%d is above %s (%d): nothing can satisfy both", *low, high_key, *high);
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
static expr pattern_strings(reader *r, expr_builder *b, const char *pattern, size_t size, int low, int high)
{
    char where[280];
    expr e = EXPR_NONE;
    where_now(r, where);
    b->spelling = CHAR_JSON;
    paw_status status = regex_read(b, pattern, size, true, where, &e, r->err);
    b->spelling = CHAR_PLAIN;
    if (r->status == PAW_OK) {
        r->status = status;
    }
    return low > 0 || high != EXPR_ENDLESS ? expr_length(b, e, low, high) : e;
}

/* Makes an automaton of the pattern alone, to say here and not of the whole that it matches nothing. */
static void check_pattern(reader *r, const char *pattern, size_t size, int low, int high)
{
    expr_builder b = {0};
    automaton a = {0};
    char where[280];
    int rule = expr_rule_new(&b, "with minLength and maxLength, this pattern");
    expr e = pattern_strings(r, &b, pattern, size, low, high);
    where_now(r, where);
    if (rule == 0 && r->status == PAW_OK) {
        b.rules[0].body = e;
        r->status = automaton_make(&b, r->v, where, &a, r->err);
    }
    automaton_free(&a);
    expr_builder_free(&b);
}

static expr read_pattern(reader *r, const char *key, const char *pattern, size_t size, int low, int high)
{
    expr e = EXPR_NONE;
    size_t before = enter(r, key);
    check_pattern(r, pattern, size, low, high);
    if (r->status == PAW_OK) {
        e = pattern_strings(r, r->b, pattern, size, low, high);
    }
    leave(r, before);
    return e;
}

static expr read_string(reader *r, const json_t *schema)
{
    const json_t *pattern = json_object_get(schema, "pattern"), *format = json_object_get(schema, "format");
    int low, high;
    counts_of(r, schema, "minLength", "maxLength", &low, &high);
    if (pattern != NULL && format != NULL) {
        fail(r, PAW_ERR_UNSUPPORTED, "pattern", "pattern beside format is not supported");
    } else if (pattern != NULL && !json_is_string(pattern)) {
        fail(r, PAW_ERR_ARGUMENT, "pattern", "this must be a string");
    } else if (pattern != NULL && r->status == PAW_OK) {
        expr e = read_pattern(r, "pattern", json_string_value(pattern), json_string_length(pattern), low, high);
        return surround(r, "\"", e, "\"");
    } else if (format != NULL && r->status == PAW_OK) {
        const char *name = json_is_string(format) ? json_string_value(format) : "";
        for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
            if (strcmp(name, formats[i].name) == 0) {
                expr e = read_pattern(r, "format", formats[i].pattern, strlen(formats[i].pattern), low, high);
                return surround(r, "\"", e, "\"");
            }
        }
        fail(r, PAW_ERR_UNSUPPORTED, "format", "this format is not supported: date, time, date-time, email, uuid and ipv4 are");
    }
    r->b->spelling = CHAR_FREE;
    expr any = expr_any(r->b);
    r->b->spelling = CHAR_PLAIN;
    return surround(r, "\"", expr_repeat(r->b, any, low, high), "\"");
}

/* ---- numbers ---- */

static void add_limit(reader *r, const json_t *schema, const char *key, bool exclusive, number_limit *out)
{
    const json_t *value = json_object_get(schema, key);
    if (value == NULL) {
        return;
    }
    if (!json_is_number(value)) {
        fail(r, PAW_ERR_ARGUMENT, key, "this must be a number");
    } else if (out->set) {
        fail(r, PAW_ERR_UNSUPPORTED, key, "a limit and an exclusive limit on one side: leave one of them out");
    } else if (!decimal_read(value, &out->value)) {
        fail(r, PAW_ERR_UNSUPPORTED, key, "limits of more than 18 digits before the point, or 23 after it, are not supported");
    }
    out->set = true;
    out->exclusive = exclusive;
}

static expr read_number(reader *r, const json_t *schema, bool integer)
{
    number_limit low = {0}, high = {0};
    bool empty = false;
    add_limit(r, schema, "minimum", false, &low);
    add_limit(r, schema, "exclusiveMinimum", true, &low);
    add_limit(r, schema, "maximum", false, &high);
    add_limit(r, schema, "exclusiveMaximum", true, &high);
    expr e = integer ? number_integer(r->b, &low, &high, &empty) : number_real(r->b, &low, &high, &empty);
    if (empty) {
        fail(r, PAW_ERR_ARGUMENT, low.exclusive ? "exclusiveMinimum" : low.set ? "minimum" : "maximum",
             "there is no %s between the limits", integer ? "integer" : "number");
    }
    return e;
}

/* ---- arrays ---- */

/* The items from `index` of prefixItems on, and what may follow them; each may only stand where all before it do. */
static expr read_prefix(reader *r, const json_t *prefix, const json_t *items, int low, int high)
{
    int n = (int)json_array_size(prefix), most = high != EXPR_ENDLESS && high < n ? high : n;
    bool more = items != NULL && !json_is_false(items) && (high == EXPR_ENDLESS || high > n);
    expr rest = expr_seq(r->b);
    if (more) {
        expr item = expr_seq(r->b);
        expr_add(r->b, item, spaced(r, ','));
        expr_add(r->b, item, read_below(r, "items", items));
        rest = expr_repeat(r->b, item, low > n ? low - n : 0, high == EXPR_ENDLESS ? EXPR_ENDLESS : high - n);
    } else if (low > n) {
        fail(r, PAW_ERR_ARGUMENT, "minItems", "%d items are wanted, but only %d are described: add items", low, n);
    }
    size_t before = enter(r, "prefixItems");
    for (int i = most - 1; i >= 0 && r->status == PAW_OK; i--) {
        expr seq = expr_seq(r->b);
        if (i > 0) {
            expr_add(r->b, seq, spaced(r, ','));
        }
        expr_add(r->b, seq, read_below_index(r, (size_t)i, json_array_get(prefix, (size_t)i)));
        expr_add(r->b, seq, rest);
        rest = i >= low ? expr_optional(r->b, seq) : seq;
    }
    leave(r, before);
    return rest;
}

static expr read_array(reader *r, const json_t *schema)
{
    const json_t *prefix = json_object_get(schema, "prefixItems"), *items = json_object_get(schema, "items");
    int low, high;
    counts_of(r, schema, "minItems", "maxItems", &low, &high);
    expr e = EXPR_NONE;
    if (json_is_array(items)) {
        fail(r, PAW_ERR_UNSUPPORTED, "items", "a list of schemas is not supported here: name it prefixItems");
    } else if (prefix != NULL && (!json_is_array(prefix) || json_array_size(prefix) == 0)) {
        fail(r, PAW_ERR_ARGUMENT, "prefixItems", "this must be a list of at least one schema");
    } else if (prefix != NULL && json_array_size(prefix) > MAX_PREFIX) {
        fail(r, PAW_ERR_UNSUPPORTED, "prefixItems", "at most %d are supported", MAX_PREFIX);
    } else if (prefix != NULL && r->status == PAW_OK) {
        e = read_prefix(r, prefix, items, low, high);
    } else if (high == 0 || json_is_false(items)) {
        if (low > 0) {
            fail(r, PAW_ERR_ARGUMENT, "minItems", "%d items are wanted, but none is allowed", low);
        }
        e = expr_seq(r->b);
    } else if (items == NULL) {
        fail(r, PAW_ERR_UNSUPPORTED, NULL, "an array whose items are not described is not supported: add items");
    } else if (r->status == PAW_OK) {
        e = expr_list(r->b, read_below(r, "items", items), spaced(r, ','), low, high);
    }
    return surround(r, "[", e, "]");
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

static void check_required(reader *r, const json_t *required, const json_t *properties)
{
    size_t before = enter(r, "required");
    if (required != NULL && !json_is_array(required)) {
        fail(r, PAW_ERR_ARGUMENT, NULL, "this must be a list of names");
    }
    for (size_t i = 0; i < json_array_size(required); i++) {
        const char *name = json_string_value(json_array_get(required, i));
        size_t here = enter_index(r, i);
        if (name == NULL) {
            fail(r, PAW_ERR_ARGUMENT, NULL, "this must be a name");
        } else if (json_object_get(properties, name) == NULL) {
            fail(r, PAW_ERR_ARGUMENT, NULL, "\"%.100s\" is required, but is not among the properties", name);
        }
        leave(r, here);
    }
    leave(r, before);
}

static expr read_object(reader *r, const json_t *schema)
{
    const json_t *properties = json_object_get(schema, "properties"), *required = json_object_get(schema, "required");
    const json_t *others = json_object_get(schema, "additionalProperties");
    if (others != NULL && !json_is_boolean(others)) {
        fail(r, PAW_ERR_UNSUPPORTED, "additionalProperties", "a schema here is not supported: list the properties");
    } else if (properties != NULL && !json_is_object(properties)) {
        fail(r, PAW_ERR_ARGUMENT, "properties", "this must be an object");
    } else if (json_object_size(properties) == 0 && !json_is_false(others)) {
        fail(r, PAW_ERR_UNSUPPORTED, NULL, "an object whose properties are not described is not supported: add properties");
    }
    check_required(r, required, properties);
    expr members = expr_members(r->b, spaced(r, ','));
    size_t before = enter(r, "properties");
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)properties, key, value) {
        if (r->status != PAW_OK) {
            break;
        }
        expr seq = expr_seq(r->b);
        expr_add(r->b, seq, string_literal(r, key, strlen(key)));
        expr_add(r->b, seq, spaced(r, ':'));
        expr_add(r->b, seq, read_below(r, key, value));
        expr_add_member(r->b, members, seq, !is_required(required, key));
    }
    leave(r, before);
    return surround(r, "{", members, "}");
}

/* ---- types ---- */

static expr read_type(reader *r, const json_t *schema, int type)
{
    switch (type) {
    case 0: return read_object(r, schema);
    case 1: return read_array(r, schema);
    case 2: return read_string(r, schema);
    case 3:
    case 4: return read_number(r, schema, type == 4);
    case 5: {
        expr alt = expr_alt(r->b);
        expr_add(r->b, alt, expr_literal(r->b, "true"));
        expr_add(r->b, alt, expr_literal(r->b, "false"));
        return alt;
    }
    default: return expr_literal(r->b, "null");
    }
}

/* The bit of a type's name; 0, and a failure, when there is no such type. */
static unsigned type_bit(reader *r, const json_t *name)
{
    for (int i = 0; i < N_TYPES && json_is_string(name); i++) {
        if (strcmp(json_string_value(name), types[i].name) == 0) {
            return 1u << i;
        }
    }
    fail(r, PAW_ERR_ARGUMENT, "type", "\"%.40s\" is no type: object, array, string, number, integer, boolean and null are",
         json_is_string(name) ? json_string_value(name) : "");
    return 0;
}

/* The types that the keyword `type` names, as bits; 0 without it. */
static unsigned types_named(reader *r, const json_t *schema)
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
        fail(r, PAW_ERR_ARGUMENT, "type", "an empty list of types allows nothing");
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
static unsigned types_meant(reader *r, const json_t *schema, int forms)
{
    unsigned named = types_named(r, schema);
    if (named == 0 && r->status == PAW_OK) {
        switch (forms) {
        case OBJECT: return 1u << 0;
        case ARRAY: return 1u << 1;
        case STRING: return 1u << 2;
        case NUMBER: return 1u << 3;
        }
        fail(r, PAW_ERR_UNSUPPORTED, NULL, "%s", forms == 0 ? "a schema that allows any value is not supported: give a type"
                                                           : "keywords of several types without a type: give one");
    }
    return named;
}

static expr read_types(reader *r, const json_t *schema, int forms)
{
    expr alt = expr_alt(r->b);
    unsigned bits = types_meant(r, schema, forms & ~TYPED);
    int allowed = TYPED;
    for (int i = 0; i < N_TYPES; i++) {
        allowed |= bits >> i & 1 ? types[i].form : 0;
    }
    const char *stray = keyword_of(schema, forms & ~allowed);
    if (stray != NULL) {
        fail(r, PAW_ERR_ARGUMENT, stray, "%s does not go with the type given", stray);
    }
    bits &= bits >> 3 & 1 ? ~(1u << 4) : ~0u; /* an integer is a number */
    for (int i = 0; i < N_TYPES && r->status == PAW_OK; i++) {
        if (bits >> i & 1) {
            expr_add(r->b, alt, read_type(r, schema, i));
        }
    }
    return alt;
}

/* ---- listed values ---- */

static bool is_of_type(const json_t *value, unsigned bits)
{
    unsigned own = json_is_object(value)                 ? 1u << 0
                   : json_is_array(value)                ? 1u << 1
                   : json_is_string(value)               ? 1u << 2
                   : json_is_integer(value)              ? 3u << 3
                   : json_is_real(value)                 ? 1u << 3
                   : json_is_boolean(value)              ? 1u << 5
                                                         : 1u << 6;
    if (json_is_real(value) && json_real_value(value) == floor(json_real_value(value))) {
        own |= 1u << 4;
    }
    return (own & bits) != 0;
}

static expr read_listed(reader *r, const json_t *schema)
{
    const json_t *list = json_object_get(schema, "enum"), *only = json_object_get(schema, "const");
    unsigned bits = types_named(r, schema);
    expr alt = expr_alt(r->b);
    const char *key = only != NULL ? "const" : "enum";
    size_t before = enter(r, key);
    if (only != NULL && list != NULL) {
        fail(r, PAW_ERR_UNSUPPORTED, NULL, "const beside enum is not supported");
    } else if (only == NULL && (!json_is_array(list) || json_array_size(list) == 0)) {
        fail(r, PAW_ERR_ARGUMENT, NULL, "this must be a list of at least one value");
    }
    size_t n = only != NULL ? 1 : json_array_size(list);
    for (size_t i = 0; i < n && r->status == PAW_OK; i++) {
        const json_t *value = only != NULL ? only : json_array_get(list, i);
        size_t here = only != NULL ? before : enter_index(r, i);
        if (bits != 0 && !is_of_type(value, bits)) {
            fail(r, PAW_ERR_ARGUMENT, NULL, "this value is not of the type that the schema gives");
        }
        expr_add(r->b, alt, literal(r, value));
        if (only == NULL) {
            leave(r, here);
        }
    }
    leave(r, before);
    return alt;
}

/* ---- alternatives ---- */

static expr read_any_of(reader *r, const json_t *schema)
{
    expr alt = expr_alt(r->b);
    const char *key = keyword_of(schema, ALTERNATIVES);
    const json_t *list = json_object_get(schema, key);
    bool all = strcmp(key, "allOf") == 0;
    if (!json_is_array(list) || json_array_size(list) == 0) {
        fail(r, PAW_ERR_ARGUMENT, key, "this must be a list of at least one schema");
    } else if (all && json_array_size(list) > 1) {
        fail(r, PAW_ERR_UNSUPPORTED, key, "allOf of several schemas is not supported: write them as one");
    }
    size_t before = enter(r, key);
    for (size_t i = 0; i < json_array_size(list) && r->status == PAW_OK; i++) {
        expr_add(r->b, alt, read_below_index(r, i, json_array_get(list, i)));
    }
    leave(r, before);
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

static bool add_target(reader *r, const json_t *schema, const char *pointer)
{
    if (r->n_targets == r->targets_capacity) {
        size_t capacity = r->targets_capacity == 0 ? 16 : 2 * r->targets_capacity;
        target *p = realloc(r->targets, capacity * sizeof *p);
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
    r->targets[r->n_targets++] = (target){schema, copy};
    return true;
}

/* The rule of what $ref points to, new when this is the first time; its body is read later. */
static int rule_of(reader *r, const json_t *schema, const char *pointer)
{
    for (size_t i = 0; i < r->n_targets; i++) {
        if (r->targets[i].schema == schema) {
            return (int)i;
        }
    }
    char name[200];
    snprintf(name, sizeof name, "#%s", pointer);
    int rule = expr_rule_new(r->b, name);
    if (rule >= 0 && !add_target(r, schema, pointer)) {
        r->b->status = PAW_ERR_MEMORY;
    }
    return rule;
}

static expr read_reference(reader *r, const json_t *schema)
{
    const json_t *value = json_object_get(schema, "$ref");
    const char *text = json_is_string(value) ? json_string_value(value) : "";
    if (text[0] != '#' || (text[1] != '\0' && text[1] != '/')) {
        fail(r, PAW_ERR_UNSUPPORTED, "$ref", "only references within the schema are supported, as #/$defs/name");
        return EXPR_NONE;
    }
    const json_t *to = follow(r->root, text + 1);
    if (to == NULL) {
        fail(r, PAW_ERR_ARGUMENT, "$ref", "there is nothing at %.200s", text);
        return EXPR_NONE;
    }
    return expr_rule_call(r->b, rule_of(r, to, text + 1));
}

/* ---- schemas ---- */

/* The forms whose keywords the schema has. */
static int forms_of(reader *r, const json_t *schema)
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
            fail(r, PAW_ERR_UNSUPPORTED, key, "the keyword %.60s is not supported", key);
            return 0;
        }
        forms |= keywords[i].form;
    }
    return forms;
}

static expr read_forms(reader *r, const json_t *schema)
{
    static const int order[] = {REFERENCE, ALTERNATIVES, LISTED};
    int forms = forms_of(r, schema);
    for (int i = 0; i < 3 && r->status == PAW_OK; i++) {
        if ((forms & order[i]) != 0) {
            const char *stray = keyword_of(schema, forms & ~(order[i] | (order[i] == LISTED ? TYPED : 0)));
            const char *key = keyword_of(schema, order[i]);
            if (stray != NULL) {
                fail(r, PAW_ERR_UNSUPPORTED, stray, "%s beside %s is not supported", stray, key);
                return EXPR_NONE;
            }
            return i == 0 ? read_reference(r, schema) : i == 1 ? read_any_of(r, schema) : read_listed(r, schema);
        }
    }
    return r->status == PAW_OK ? read_types(r, schema, forms) : EXPR_NONE;
}

static expr read_schema(reader *r, const json_t *schema)
{
    expr e = EXPR_NONE;
    if (++r->level > MAX_LEVELS) {
        fail(r, PAW_ERR_UNSUPPORTED, NULL, "nested too deeply: at most %d levels", MAX_LEVELS);
    } else if (json_is_false(schema)) {
        fail(r, PAW_ERR_ARGUMENT, NULL, "the schema false allows nothing");
    } else if (json_is_true(schema)) {
        fail(r, PAW_ERR_UNSUPPORTED, NULL, "a schema that allows any value is not supported: give a type");
    } else if (!json_is_object(schema)) {
        fail(r, PAW_ERR_ARGUMENT, NULL, "a schema must be an object");
    } else if (r->status == PAW_OK && r->b->status == PAW_OK) {
        e = read_forms(r, schema);
    }
    r->level--;
    return e;
}

static paw_status read_all(reader *r)
{
    if (expr_rule_new(r->b, "#") != 0 || !add_target(r, r->root, "")) {
        return paw_fail_memory(r->err, sizeof(target));
    }
    for (size_t i = 0; i < r->n_targets && r->status == PAW_OK && r->b->status == PAW_OK; i++) {
        leave(r, 0);
        buffer_append_text(&r->path, r->targets[i].pointer);
        expr body = read_schema(r, r->targets[i].schema);
        r->b->rules[i].body = body;
    }
    PAW_TRY(r->status);
    PAW_TRY(expr_builder_check(r->b, "schema", r->err));
    return r->path.failed ? paw_fail_memory(r->err, r->path.size) : PAW_OK;
}

paw_status grammar_from_schema(const grammar_vocabulary *v, const json_t *schema, grammar **out, paw_error *err)
{
    expr_builder b = {0};
    reader r = {.b = &b, .v = v, .root = schema, .err = err};
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
