/*
 * test_grammar_schema.c: JSON Schemas as formats: values that are accepted and refused, values made at random at every token limit,
 * and bad schemas.
 *
 * What is made is read by Jansson and checked by a small validator that is written from the specification, not from the compiler.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <math.h>
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "grammar/compile.h"
#include "support/tiny.h"
#include "support/walk.h"

/* ---- validator ---- */

static bool valid(const json_t *schema, const json_t *root, const json_t *value);

static bool has_type(const char *type, const json_t *v)
{
    bool whole = json_is_integer(v) || (json_is_real(v) && json_real_value(v) == floor(json_real_value(v)));
    return strcmp(type, "object") == 0    ? json_is_object(v)
           : strcmp(type, "array") == 0   ? json_is_array(v)
           : strcmp(type, "string") == 0  ? json_is_string(v)
           : strcmp(type, "number") == 0  ? json_is_number(v)
           : strcmp(type, "integer") == 0 ? whole
           : strcmp(type, "boolean") == 0 ? json_is_boolean(v)
                                          : json_is_null(v);
}

static bool type_fits(const json_t *type, const json_t *v)
{
    bool fits = type == NULL;
    if (json_is_string(type)) {
        return has_type(json_string_value(type), v);
    }
    for (size_t i = 0; i < json_array_size(type); i++) {
        fits = fits || has_type(json_string_value(json_array_get(type, i)), v);
    }
    return fits;
}

static bool pattern_found(const char *pattern, const char *text, size_t size)
{
    int code;
    PCRE2_SIZE at;
    pcre2_code *re = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, PCRE2_UTF | PCRE2_DOLLAR_ENDONLY, &code, &at, NULL);
    assert_non_null(re);
    pcre2_match_data *data = pcre2_match_data_create_from_pattern(re, NULL);
    int n = pcre2_match(re, (PCRE2_SPTR)text, size, 0, 0, data, NULL);
    pcre2_match_data_free(data);
    pcre2_code_free(re);
    return n > 0;
}

static bool is_date(const char *text)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int y, m, d, n = 0;
    if (sscanf(text, "%4d-%2d-%2d%n", &y, &m, &d, &n) != 3 || n != 10 || m < 1 || m > 12) {
        return false;
    }
    int leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    return y >= 1 && d >= 1 && d <= days[m - 1] + (m == 2 ? leap : 0);
}

static bool is_time(const char *text)
{
    int h, m, s, n = 0, zh = 0, zm = 0;
    if (sscanf(text, "%2d:%2d:%2d%n", &h, &m, &s, &n) != 3 || n != 8 || h > 23 || m > 59 || s > 59) {
        return false;
    }
    text += n;
    text += *text == '.' ? 1 + strspn(text + 1, "0123456789") : 0;
    return strcmp(text, "Z") == 0 || (strlen(text) == 6 && strchr("+-", text[0]) != NULL &&
                                      sscanf(text + 1, "%2d:%2d", &zh, &zm) == 2 && zh < 24 && zm < 60);
}

static bool format_fits(const char *format, const char *text)
{
    int a[4], n = 0;
    if (strcmp(format, "date") == 0) {
        return strlen(text) == 10 && is_date(text);
    } else if (strcmp(format, "time") == 0) {
        return is_time(text);
    } else if (strcmp(format, "date-time") == 0) {
        return strlen(text) > 11 && is_date(text) && text[10] == 'T' && is_time(text + 11);
    } else if (strcmp(format, "ipv4") == 0) {
        return sscanf(text, "%d.%d.%d.%d%n", &a[0], &a[1], &a[2], &a[3], &n) == 4 && text[n] == '\0' && a[0] < 256 && a[1] < 256 &&
               a[2] < 256 && a[3] < 256;
    } else if (strcmp(format, "uuid") == 0) {
        return strlen(text) == 36 && strspn(text, "0123456789abcdef-") == 36 && text[8] == '-' && text[23] == '-';
    }
    const char *at = strchr(text, '@');
    return at != NULL && at > text && strchr(at + 1, '@') == NULL && strchr(at, '.') != NULL && strchr(text, ' ') == NULL;
}

static bool string_fits(const json_t *schema, const json_t *v)
{
    const json_t *low = json_object_get(schema, "minLength"), *high = json_object_get(schema, "maxLength");
    const char *pattern = json_string_value(json_object_get(schema, "pattern")), *text = json_string_value(v);
    const char *format = json_string_value(json_object_get(schema, "format"));
    int n = (int)utf8_count(text, json_string_length(v));
    return (low == NULL || n >= json_integer_value(low)) && (high == NULL || n <= json_integer_value(high)) &&
           (pattern == NULL || pattern_found(pattern, text, json_string_length(v))) && (format == NULL || format_fits(format, text));
}

static bool number_fits(const json_t *schema, const json_t *v)
{
    const json_t *low = json_object_get(schema, "minimum"), *above = json_object_get(schema, "exclusiveMinimum");
    const json_t *high = json_object_get(schema, "maximum"), *below = json_object_get(schema, "exclusiveMaximum");
    double x = json_number_value(v);
    return (low == NULL || x >= json_number_value(low)) && (above == NULL || x > json_number_value(above)) &&
           (high == NULL || x <= json_number_value(high)) && (below == NULL || x < json_number_value(below));
}

static bool array_fits(const json_t *schema, const json_t *root, const json_t *v)
{
    const json_t *prefix = json_object_get(schema, "prefixItems"), *items = json_object_get(schema, "items");
    const json_t *low = json_object_get(schema, "minItems"), *high = json_object_get(schema, "maxItems");
    size_t n = json_array_size(v);
    bool fits = (low == NULL || (json_int_t)n >= json_integer_value(low)) && (high == NULL || (json_int_t)n <= json_integer_value(high));
    for (size_t i = 0; i < n; i++) {
        const json_t *of = i < json_array_size(prefix) ? json_array_get(prefix, i) : items;
        fits = fits && (of == NULL || valid(of, root, json_array_get(v, i)));
    }
    return fits;
}

/* Properties also stand in the schema's order here, and no others. */
static bool object_fits(const json_t *schema, const json_t *root, const json_t *v)
{
    json_t *properties = json_object_get(schema, "properties"), *required = json_object_get(schema, "required");
    bool fits = true;
    void *next = json_object_iter(properties);
    const char *key;
    json_t *member;
    json_object_foreach((json_t *)(uintptr_t)v, key, member) {
        while (next != NULL && strcmp(json_object_iter_key(next), key) != 0) {
            next = json_object_iter_next(properties, next);
        }
        fits = fits && next != NULL && valid(json_object_iter_value(next), root, member);
    }
    for (size_t i = 0; i < json_array_size(required); i++) {
        fits = fits && json_object_get(v, json_string_value(json_array_get(required, i))) != NULL;
    }
    return fits;
}

static const json_t *referred(const json_t *root, const char *ref)
{
    const char *name = strrchr(ref, '/');
    if (name == NULL) {
        return root;
    }
    const json_t *defs = json_object_get(root, strstr(ref, "definitions") != NULL ? "definitions" : "$defs");
    return json_object_get(defs, name + 1);
}

static bool any_fits(const json_t *list, const json_t *root, const json_t *v)
{
    bool fits = list == NULL;
    for (size_t i = 0; i < json_array_size(list); i++) {
        fits = fits || valid(json_array_get(list, i), root, v);
    }
    return fits;
}

static bool listed(const json_t *list, const json_t *v)
{
    bool fits = list == NULL;
    for (size_t i = 0; i < json_array_size(list); i++) {
        fits = fits || json_equal(json_array_get(list, i), v);
    }
    return fits;
}

static bool valid(const json_t *schema, const json_t *root, const json_t *v)
{
    const char *ref = json_string_value(json_object_get(schema, "$ref"));
    const json_t *only = json_object_get(schema, "const");
    return (ref == NULL || valid(referred(root, ref), root, v)) && any_fits(json_object_get(schema, "anyOf"), root, v) &&
           any_fits(json_object_get(schema, "oneOf"), root, v) && any_fits(json_object_get(schema, "allOf"), root, v) &&
           listed(json_object_get(schema, "enum"), v) && (only == NULL || json_equal(only, v)) &&
           type_fits(json_object_get(schema, "type"), v) && (!json_is_string(v) || string_fits(schema, v)) &&
           (!json_is_number(v) || number_fits(schema, v)) && (!json_is_array(v) || array_fits(schema, root, v)) &&
           (!json_is_object(v) || json_object_get(schema, "properties") == NULL || object_fits(schema, root, v));
}

/* ---- values at random ---- */

static const char *const schemas[] = {
    "{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\"},\"age\":{\"type\":\"integer\"}},\"required\":[\"name\",\"age\"],"
    "\"additionalProperties\":false}",
    "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"null\"},\"b\":{\"type\":\"boolean\"},\"c\":{\"type\":\"number\"},\"d\":"
    "{\"type\":\"string\",\"maxLength\":3}},\"required\":[\"c\"]}",
    "{\"type\":\"object\",\"properties\":{\"a\":{\"const\":1},\"b\":{\"const\":2},\"c\":{\"const\":3}}}",
    "{\"type\":\"array\",\"items\":{\"type\":\"integer\",\"minimum\":-12,\"maximum\":345},\"minItems\":2,\"maxItems\":5}",
    "{\"type\":\"array\",\"items\":{\"type\":\"array\",\"items\":{\"type\":[\"integer\",\"null\"]},\"minItems\":1}}",
    "{\"type\":\"array\",\"prefixItems\":[{\"type\":\"string\"},{\"type\":\"integer\"},{\"type\":\"boolean\"}],\"minItems\":1,\"items\":"
    "{\"type\":\"null\"},\"maxItems\":5}",
    "{\"type\":\"array\",\"prefixItems\":[{\"type\":\"number\"},{\"type\":\"number\"}],\"minItems\":2,\"maxItems\":2}",
    "{\"enum\":[\"red\",\"gr\xC3\xA9\xC3\xA9n\",null,true,3,-0.5,[1,\"a\"],{\"k\":{\"l\":[]}},\"\\\"\\\\\\n\\u0001\"]}",
    "{\"type\":\"string\",\"minLength\":2,\"maxLength\":7}",
    "{\"type\":\"string\",\"minLength\":100,\"maxLength\":300}",
    "{\"type\":\"string\",\"pattern\":\"^[A-Z]{2}-[0-9]{3,}$\"}",
    "{\"type\":\"string\",\"pattern\":\"b+\\\"?$|^x\\\\\\\\\"}",
    "{\"type\":\"string\",\"pattern\":\"[0-9][a-z]\",\"minLength\":4,\"maxLength\":6}",
    "{\"type\":\"string\",\"pattern\":\"^(\\\\w+ )*\\\\w+$\",\"maxLength\":20,\"minLength\":8}",
    "{\"type\":\"string\",\"pattern\":\"\\\\s\",\"maxLength\":3}",
    "{\"type\":\"string\",\"format\":\"date\"}",
    "{\"type\":\"string\",\"format\":\"time\"}",
    "{\"type\":\"string\",\"format\":\"date-time\"}",
    "{\"type\":\"string\",\"format\":\"email\"}",
    "{\"type\":\"string\",\"format\":\"email\",\"maxLength\":12}",
    "{\"type\":\"string\",\"format\":\"uuid\"}",
    "{\"type\":\"string\",\"format\":\"ipv4\"}",
    "{\"type\":\"integer\"}",
    "{\"type\":\"integer\",\"exclusiveMinimum\":99,\"exclusiveMaximum\":1001}",
    "{\"type\":\"integer\",\"minimum\":-5.5,\"maximum\":-2.5}",
    "{\"type\":\"integer\",\"maximum\":-100}",
    "{\"type\":\"integer\",\"minimum\":123456789012345678}",
    "{\"type\":\"number\"}",
    "{\"type\":\"number\",\"minimum\":0,\"maximum\":1}",
    "{\"type\":\"number\",\"exclusiveMinimum\":0,\"exclusiveMaximum\":1}",
    "{\"type\":\"number\",\"minimum\":-2.75,\"maximum\":13.125}",
    "{\"type\":\"number\",\"exclusiveMinimum\":0.1,\"maximum\":0.125}",
    "{\"type\":\"number\",\"exclusiveMinimum\":1999.5,\"exclusiveMaximum\":2000}",
    "{\"type\":\"number\",\"maximum\":-0.05}",
    "{\"type\":\"number\",\"minimum\":1e-7,\"maximum\":1e12}",
    "{\"type\":\"number\",\"minimum\":3.25,\"maximum\":3.25}",
    "{\"anyOf\":[{\"type\":\"integer\",\"minimum\":10},{\"type\":\"string\",\"maxLength\":2},{\"$ref\":\"#/$defs/p\"}],\"$defs\":{\"p\":"
    "{\"type\":\"object\",\"properties\":{\"x\":{\"type\":\"number\"},\"y\":{\"type\":\"number\"}},\"required\":[\"x\",\"y\"]}}}",
    "{\"oneOf\":[{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"a\"},\"v\":{\"type\":\"integer\"}},\"required\":[\"kind\"]},"
    "{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"b\"},\"w\":{\"type\":\"string\"}},\"required\":[\"kind\",\"w\"]}]}",
    "{\"$ref\":\"#/definitions/node\",\"definitions\":{\"node\":{\"type\":\"object\",\"properties\":{\"value\":{\"type\":\"integer\"},"
    "\"children\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/definitions/node\"}}},\"required\":[\"value\",\"children\"]}}}",
    "{\"type\":\"object\",\"properties\":{\"next\":{\"anyOf\":[{\"type\":\"null\"},{\"$ref\":\"#\"}]},\"n\":{\"allOf\":[{\"type\":"
    "\"integer\",\"minimum\":0}]}},\"required\":[\"next\"]}",
    "{\"type\":\"object\",\"properties\":{\"outer\":{\"type\":\"object\",\"properties\":{\"inner\":{\"type\":\"object\",\"properties\":"
    "{\"q\\\"uote/~\":{\"enum\":[1]},\"\xC3\xBC\":{\"type\":\"array\",\"items\":{\"type\":\"string\",\"maxLength\":1},\"maxItems\":3}}}}}},"
    "\"title\":\"t\",\"description\":\"d\"}",
    "{\"type\":[\"string\",\"integer\",\"null\",\"array\"],\"maxLength\":4,\"minimum\":5,\"items\":{\"type\":\"boolean\"}}",
    "{\"type\":\"object\",\"properties\":{},\"additionalProperties\":false}",
    "{\"type\":\"array\",\"maxItems\":0}",
};

static void random_values(const walk_vocabulary *w, const char *source, int rounds, uint64_t *random)
{
    json_error_t error;
    json_t *schema = json_loads(source, 0, NULL);
    grammar *g = walk_grammar(w, WALK_SCHEMA, source);
    buffer text = {0};
    for (int i = 0; i < rounds; i++) {
        int limit = grammar_shortest(g) + (i < rounds - 4 ? i : 60);
        walk_text(w, g, limit, random, &text);
        json_t *value = json_loadb(text.data, text.size, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &error);
        if (value == NULL || !valid(schema, schema, value)) {
            fail_msg("%s: \"%s\" (limit %d): %s", source, text.data, limit, value == NULL ? error.text : "not valid");
        }
        json_decref(value);
    }
    buffer_free(&text);
    json_decref(schema);
    grammar_free(g);
}

TEST(at_every_limit)
{
    uint64_t random = 21;
    for (size_t i = 0; i < COUNT(schemas); i++) {
        random_values(walk_tiny(), schemas[i], 40, &random);
        random_values(walk_real(), schemas[i], 14, &random);
    }
}

/* ---- what is accepted ---- */

static const struct text_case {
    const char *schema;
    const char *yes[7], *no[9];
} text_cases[] = {
    {"{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"},\"b\":{\"type\":\"array\",\"items\":{\"type\":\"integer\"}}}}",
     {"{}", "{\"a\": 1, \"b\": [1, 2]}", "{\"a\":1,\"b\":[1,2]}", "{\"b\": []}", "{\"a\":1, \"b\": [1,2]}", "{\"a\": -0}"},
     {"{ }", "{\"b\": [], \"a\": 1}", "{\"a\" : 1}", "{\"a\":  1}", "{\"a\": 01}", "{\"a\": 1,}", "{\"c\": 1}", " {}", "{\"a\": 1.0}"}},
    {"{\"type\":\"object\",\"properties\":{\"a\":{\"const\":1},\"b\":{\"const\":2},\"c\":{\"const\":3}},\"required\":[\"b\"]}",
     {"{\"b\":2}", "{\"a\":1,\"b\":2}", "{\"b\":2,\"c\":3}", "{\"a\":1,\"b\":2,\"c\":3}"},
     {"{}", "{\"a\":1}", "{\"a\":1,\"c\":3}", "{\"c\":3,\"b\":2}", "{\"a\":1\"b\":2}", "{,\"b\":2}"}},
    {"{\"type\":\"string\"}",
     {"\"\"", "\"a\xC3\xA9\"", "\"\\n\\\"\\\\\\/\"", "\"\\u00e9\\uD83d\\uDe00\"", "\"\xF0\x9F\x98\x80\"", "\"\x7F\""},
     {"\"\n\"", "\"\\x\"", "\"\\ud83d\"", "\"\\udc00\"", "\"\\u0000\"", "\"\\u12\"", "\"a", "a", "\"\\uD83d\\u0041\""}},
    {"{\"type\":\"string\",\"minLength\":2,\"maxLength\":3}",
     {"\"ab\"", "\"\xC3\xA9\xF0\x9F\x98\x80x\"", "\"\\n\\u00e9\"", "\"\\ud83d\\ude00a\""},
     {"\"a\"", "\"abcd\"", "\"\\ud83d\\ude00\"", "\"\\n\\n\\n\\n\""}},
    {"{\"type\":\"string\",\"pattern\":\"b\"}", {"\"b\"", "\"abc\"", "\"\\\"b\xC3\xA9\"", "\"\\nb\""}, {"\"\"", "\"ac\"", "\"\\u0062\""}},
    {"{\"type\":\"string\",\"pattern\":\"^b\"}", {"\"b\"", "\"bc\""}, {"\"ab\"", "\"\""}},
    {"{\"type\":\"string\",\"pattern\":\"b$|^c\"}", {"\"b\"", "\"ab\"", "\"cd\""}, {"\"ba\"", "\"dc\""}},
    {"{\"type\":\"string\",\"pattern\":\"^(b|c)?$\",\"minLength\":1}", {"\"b\"", "\"c\""}, {"\"\"", "\"bc\""}},
    {"{\"type\":\"string\",\"pattern\":\"\\\\S\\\\t[\\\"\\\\\\\\]\"}", {"\"x\\t\\\"\"", "\"x\\t\\\\y\""}, {"\"x\\t/\"", "\"\\t\\\"\""}},
    {"{\"type\":\"integer\",\"minimum\":-12,\"maximum\":305}",
     {"0", "-12", "305", "-1", "99", "300", "7"}, {"-13", "306", "-0", "00", "1000", "", "+1", "3e2"}},
    {"{\"type\":\"integer\",\"exclusiveMinimum\":9,\"exclusiveMaximum\":11.5}", {"10", "11"}, {"9", "12", "1", "100"}},
    {"{\"type\":\"number\",\"minimum\":0.25,\"maximum\":12}",
     {"0.25", "12", "12.000", "0.3", "1", "11.999", "0.250"}, {"0.2", "0.249", "12.001", "0", "13", "1e1", "-1", "1.", "12.0000000000000001"}},
    {"{\"type\":\"number\",\"exclusiveMinimum\":-0.5,\"exclusiveMaximum\":0.5}",
     {"0", "0.4", "-0.4", "-0.49", "0.0", "0.499"}, {"0.5", "-0.5", "0.50", "1", "-0.500", "-1"}},
    {"{\"type\":\"number\"}", {"0", "-1.5", "1e5", "1.25E-3", "-0", "123456789012345678"}, {"1.", ".5", "01", "1e", "1e999", "NaN"}},
    {"{\"type\":\"array\",\"prefixItems\":[{\"const\":1},{\"const\":2}],\"items\":{\"const\":3},\"minItems\":1,\"maxItems\":4}",
     {"[1]", "[1,2]", "[1, 2, 3]", "[1,2,3,3]"}, {"[]", "[2]", "[1,3]", "[1,2,3,3,3]"}},
    {"{\"type\":\"array\",\"prefixItems\":[{\"const\":1},{\"const\":2}],\"items\":false}", {"[]", "[1]", "[1,2]"}, {"[1,2,3]", "[,2]"}},
    {"{\"type\":\"array\",\"prefixItems\":[{\"const\":1},{\"const\":2}],\"maxItems\":1}", {"[]", "[1]"}, {"[1,2]"}},
    {"{\"type\":\"array\",\"items\":{\"const\":1},\"minItems\":2}", {"[1,1]", "[1, 1, 1]"}, {"[]", "[1]", "[1,]"}},
    {"{\"type\":\"array\",\"items\":{\"const\":1},\"minItems\":1,\"maxItems\":2}", {"[1]", "[1,1]"}, {"[]", "[1,1,1]"}},
    {"{\"type\":\"array\",\"items\":{\"const\":1},\"maxItems\":2}", {"[]", "[1]", "[1,1]"}, {"[1,1,1]", "[1,]", "[,1]"}},
    {"{\"enum\":[1.0,1e300,-2.5,\"a/b\",[1,{\"x\":null}]]}",
     {"1.0", "1e+300", "-2.5", "\"a/b\"", "[1, {\"x\": null}]", "[1,{\"x\":null}]"}, {"1", "\"a\\/b\"", "[1]"}},
    {"{\"properties\":{\"a\":{\"const\":true}}}", {"{}", "{\"a\": true}"}, {"{\"a\": false}"}},
    {"{\"minLength\":1}", {"\"a\""}, {"\"\"", "1"}},
    {"{\"type\":[\"integer\",\"number\"]}", {"1", "1.5"}, {"\"\""}},
    {"{\"$ref\":\"#/$defs/a~1b%20c\",\"$defs\":{\"a/b c\":{\"items\":{\"$ref\":\"#/$defs/a~1b%20c\"},\"type\":\"array\"}}}",
     {"[]", "[[], [[]]]"}, {"[1]"}},
    {"{\"$ref\":\"#/properties/x/anyOf/1\",\"properties\":{\"x\":{\"anyOf\":[{\"type\":\"null\"},{\"const\":7}]}}}", {NULL}, {NULL}},
};

TEST(texts)
{
    for (size_t i = 0; i < COUNT(text_cases); i++) {
        const struct text_case *c = &text_cases[i];
        if (c->yes[0] == NULL) {
            walk_refused(WALK_SCHEMA, c->schema, PAW_ERR_UNSUPPORTED, "#/properties", "beside $ref");
            continue;
        }
        grammar *g = walk_grammar(walk_tiny(), WALK_SCHEMA, c->schema);
        for (size_t k = 0; k < COUNT(c->yes) && c->yes[k] != NULL; k++) {
            bool exception = strcmp(c->yes[k], "{\"a\": -0}") == 0; /* an integer is not written so */
            if (walk_matches(g, c->yes[k], strlen(c->yes[k])) == exception) {
                fail_msg("%s refuses %s", c->schema, c->yes[k]);
            }
        }
        for (size_t k = 0; k < COUNT(c->no) && c->no[k] != NULL; k++) {
            if (walk_matches(g, c->no[k], strlen(c->no[k]))) {
                fail_msg("%s accepts %s", c->schema, c->no[k]);
            }
        }
        grammar_free(g);
    }
}

/* Every integer near the limits, for many limits. */
TEST(integer_ranges)
{
    uint64_t random = 31;
    for (int i = 0; i < 120; i++) {
        int span = i % 3 == 0 ? 30 : i % 3 == 1 ? 2000 : 200000;
        int low = (int)(tiny_random(&random) % (uint64_t)span) - span / 2, high = low + (int)(tiny_random(&random) % (uint64_t)span);
        char source[128], text[32];
        snprintf(source, sizeof source, "{\"type\":\"integer\",\"minimum\":%d,\"maximum\":%d}", low, high);
        grammar *g = walk_grammar(walk_tiny(), WALK_SCHEMA, source);
        for (int k = 0; k < 300; k++) {
            int near = k % 2 == 0 ? low : high, n = k < 100 ? near + k / 2 - 25 : (int)(tiny_random(&random) % (uint64_t)(3 * span)) - span;
            snprintf(text, sizeof text, "%d", n);
            if (walk_matches(g, text, strlen(text)) != (n >= low && n <= high)) {
                fail_msg("%s: %s", source, text);
            }
        }
        grammar_free(g);
    }
}

/* Decimals around the limits, compared as integers of thousandths. */
TEST(number_ranges)
{
    uint64_t random = 33;
    for (int i = 0; i < 150; i++) {
        int span = i % 2 == 0 ? 3000 : 200000;
        int low = (int)(tiny_random(&random) % (uint64_t)span) - span / 2, high = low + 1 + (int)(tiny_random(&random) % (uint64_t)span);
        bool low_strict = tiny_random(&random) % 2, high_strict = tiny_random(&random) % 2;
        char source[160], text[40];
        if (i % 5 == 0) { /* limits with fewer digits */
            low = low / 100 * 100;
            high = low + 500;
        }
        snprintf(source, sizeof source, "{\"type\":\"number\",\"%s\":%.3f,\"%s\":%.3f}", low_strict ? "exclusiveMinimum" : "minimum",
                 low / 1000.0, high_strict ? "exclusiveMaximum" : "maximum", high / 1000.0);
        grammar *g = walk_grammar(walk_tiny(), WALK_SCHEMA, source);
        for (int k = 0; k < 300; k++) {
            int near = k % 2 == 0 ? low : high, n = k < 100 ? near + k / 2 - 25 : (int)(tiny_random(&random) % (uint64_t)(3 * span)) - span;
            bool wanted = (low_strict ? n > low : n >= low) && (high_strict ? n < high : n <= high);
            snprintf(text, sizeof text, "%s%d.%03d", n < 0 ? "-" : "", abs(n) / 1000, abs(n) % 1000);
            for (;;) {
                if (walk_matches(g, text, strlen(text)) != wanted) {
                    fail_msg("%s: %s", source, text);
                }
                size_t end = strlen(text) - 1;
                if (strchr(text, '.') == NULL || (text[end] != '0' && text[end] != '.')) {
                    break;
                }
                text[text[end - 1] == '.' ? end - 1 : end] = '\0'; /* the same number with a digit less */
            }
        }
        grammar_free(g);
    }
}

/* ---- bad schemas ---- */

TEST(errors)
{
    static const struct {
        const char *schema;
        paw_status status;
        const char *where, *said;
    } cases[] = {
        {"[]", PAW_ERR_ARGUMENT, "schema: #", "must be an object"},
        {"true", PAW_ERR_UNSUPPORTED, "schema: #", "any value"},
        {"{}", PAW_ERR_UNSUPPORTED, "schema: #", "any value"},
        {"{\"type\":\"object\",\"properties\":{\"a\":false}}", PAW_ERR_ARGUMENT, "#/properties/a", "allows nothing"},
        {"{\"type\":\"text\"}", PAW_ERR_ARGUMENT, "#/type", "\"text\" is no type"},
        {"{\"type\":[\"string\",4]}", PAW_ERR_ARGUMENT, "#/type", "no type"},
        {"{\"type\":[]}", PAW_ERR_ARGUMENT, "#/type", "empty list"},
        {"{\"type\":\"string\",\"minLenght\":3}", PAW_ERR_UNSUPPORTED, "#/minLenght", "keyword minLenght"},
        {"{\"type\":\"array\",\"items\":{\"type\":\"integer\",\"multipleOf\":3}}", PAW_ERR_UNSUPPORTED, "#/items/multipleOf", "multipleOf"},
        {"{\"not\":{\"type\":\"string\"}}", PAW_ERR_UNSUPPORTED, "#/not", "not"},
        {"{\"type\":\"string\",\"minimum\":3}", PAW_ERR_ARGUMENT, "#/minimum", "does not go with"},
        {"{\"minimum\":3,\"minLength\":1}", PAW_ERR_UNSUPPORTED, "schema: #", "several types"},
        {"{\"type\":\"string\",\"minLength\":4,\"maxLength\":3}", PAW_ERR_ARGUMENT, "#/minLength", "above maxLength (3)"},
        {"{\"type\":\"string\",\"minLength\":-1}", PAW_ERR_ARGUMENT, "#/minLength", "at least 0"},
        {"{\"type\":\"string\",\"maxLength\":1.5}", PAW_ERR_ARGUMENT, "#/maxLength", "whole number"},
        {"{\"type\":\"string\",\"maxLength\":9999999}", PAW_ERR_UNSUPPORTED, "#/maxLength", "at most"},
        {"{\"type\":\"string\",\"maxLength\":1000000,\"pattern\":\"abc\"}", PAW_ERR_UNSUPPORTED, "#/pattern", "too large"},
        {"{\"type\":\"string\",\"pattern\":\"a(\"}", PAW_ERR_ARGUMENT, "#/pattern, character 2", "not closed"},
        {"{\"type\":\"string\",\"pattern\":\"(?=x)\"}", PAW_ERR_UNSUPPORTED, "#/pattern, character 1", "look-around"},
        {"{\"type\":\"string\",\"pattern\":7}", PAW_ERR_ARGUMENT, "#/pattern", "string"},
        {"{\"type\":\"array\",\"items\":{\"type\":\"string\",\"pattern\":\"^a{4}$\",\"maxLength\":3}}", PAW_ERR_ARGUMENT,
         "#/items/pattern", "matches nothing"},
        {"{\"type\":\"string\",\"format\":\"date\",\"maxLength\":3}", PAW_ERR_ARGUMENT, "#/format", "matches nothing"},
        {"{\"type\":\"string\",\"format\":\"hostname\"}", PAW_ERR_UNSUPPORTED, "#/format", "format"},
        {"{\"type\":\"string\",\"format\":\"date\",\"pattern\":\"1\"}", PAW_ERR_UNSUPPORTED, "#/pattern", "beside format"},
        {"{\"type\":\"integer\",\"minimum\":5,\"maximum\":4}", PAW_ERR_ARGUMENT, "#/minimum", "no integer between"},
        {"{\"type\":\"integer\",\"exclusiveMinimum\":5,\"exclusiveMaximum\":6}", PAW_ERR_ARGUMENT, "#/exclusiveMinimum", "no integer"},
        {"{\"type\":\"number\",\"exclusiveMinimum\":5,\"maximum\":5}", PAW_ERR_ARGUMENT, "#/exclusiveMinimum", "no number"},
        {"{\"type\":\"number\",\"minimum\":0,\"exclusiveMinimum\":1}", PAW_ERR_UNSUPPORTED, "#/exclusiveMinimum", "leave one"},
        {"{\"type\":\"number\",\"minimum\":\"0\"}", PAW_ERR_ARGUMENT, "#/minimum", "number"},
        {"{\"type\":\"number\",\"minimum\":1e300}", PAW_ERR_UNSUPPORTED, "#/minimum", "18 digits"},
        {"{\"type\":\"object\"}", PAW_ERR_UNSUPPORTED, "schema: #", "properties"},
        {"{\"type\":\"object\",\"additionalProperties\":{\"type\":\"string\"}}", PAW_ERR_UNSUPPORTED, "#/additionalProperties", "list"},
        {"{\"type\":\"object\",\"properties\":[]}", PAW_ERR_ARGUMENT, "#/properties", "object"},
        {"{\"type\":\"object\",\"properties\":{\"a/b\":{\"type\":\"x\"}}}", PAW_ERR_ARGUMENT, "#/properties/a~1b/type", "no type"},
        {"{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"null\"}},\"required\":[\"a\",\"b\"]}", PAW_ERR_ARGUMENT, "#/required/1", "\"b\""},
        {"{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"null\"}},\"required\":\"a\"}", PAW_ERR_ARGUMENT, "#/required", "list"},
        {"{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"null\"}},\"patternProperties\":{}}", PAW_ERR_UNSUPPORTED,
         "#/patternProperties", "patternProperties"},
        {"{\"type\":\"array\"}", PAW_ERR_UNSUPPORTED, "schema: #", "items"},
        {"{\"type\":\"array\",\"items\":[]}", PAW_ERR_UNSUPPORTED, "#/items", "prefixItems"},
        {"{\"type\":\"array\",\"items\":{\"type\":\"null\"},\"minItems\":3,\"maxItems\":2}", PAW_ERR_ARGUMENT, "#/minItems", "above"},
        {"{\"type\":\"array\",\"items\":false,\"minItems\":1}", PAW_ERR_ARGUMENT, "#/minItems", "none is allowed"},
        {"{\"type\":\"array\",\"prefixItems\":[{\"type\":\"null\"}],\"minItems\":3}", PAW_ERR_ARGUMENT, "#/minItems", "only 1"},
        {"{\"type\":\"array\",\"items\":{\"type\":\"null\"},\"uniqueItems\":true}", PAW_ERR_UNSUPPORTED, "#/uniqueItems", "uniqueItems"},
        {"{\"enum\":[]}", PAW_ERR_ARGUMENT, "#/enum", "at least one"},
        {"{\"enum\":\"a\"}", PAW_ERR_ARGUMENT, "#/enum", "list"},
        {"{\"type\":\"string\",\"enum\":[\"a\",null]}", PAW_ERR_ARGUMENT, "#/enum/1", "not of the type"},
        {"{\"type\":\"integer\",\"const\":\"a\"}", PAW_ERR_ARGUMENT, "#/const", "not of the type"},
        {"{\"enum\":[\"abc\"],\"maxLength\":2}", PAW_ERR_UNSUPPORTED, "#/maxLength", "beside enum"},
        {"{\"enum\":[1],\"const\":1}", PAW_ERR_UNSUPPORTED, "#/const", "beside enum"},
        {"{\"enum\":[\"a\\u0000\"]}", PAW_ERR_UNSUPPORTED, "#/enum/0", "U+0000"},
        {"{\"anyOf\":[]}", PAW_ERR_ARGUMENT, "#/anyOf", "at least one"},
        {"{\"anyOf\":[{\"type\":\"null\"},{\"type\":\"x\"}]}", PAW_ERR_ARGUMENT, "#/anyOf/1/type", "no type"},
        {"{\"anyOf\":[{\"type\":\"null\"}],\"type\":\"null\"}", PAW_ERR_UNSUPPORTED, "#/type", "beside anyOf"},
        {"{\"allOf\":[{\"type\":\"null\"},{\"type\":\"null\"}]}", PAW_ERR_UNSUPPORTED, "#/allOf", "several"},
        {"{\"$ref\":\"#/$defs/x\"}", PAW_ERR_ARGUMENT, "#/$ref", "nothing at #/$defs/x"},
        {"{\"$ref\":\"other.json\"}", PAW_ERR_UNSUPPORTED, "#/$ref", "within the schema"},
        {"{\"$ref\":\"#/$defs/x\",\"$defs\":{\"x\":{\"type\":\"null\",\"y\":1}}}", PAW_ERR_UNSUPPORTED, "#/$defs/x/y", "keyword y"},
        {"{\"$ref\":\"#\"}", PAW_ERR_UNSUPPORTED, "schema", "begins with itself"},
        {"{\"anyOf\":[{\"type\":\"null\"},{\"$ref\":\"#\"}]}", PAW_ERR_UNSUPPORTED, "schema", "# begins with itself"},
        {"{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#\"}},\"required\":[\"a\"]}", PAW_ERR_ARGUMENT, "schema", "# never ends"},
        {"{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"type\":\"array\",\"minItems\":1,\"items\":{\"$ref\":\"#/$defs/a\"}}}}",
         PAW_ERR_ARGUMENT, "schema", "#/$defs/a never ends"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        walk_refused(WALK_SCHEMA, cases[i].schema, cases[i].status, cases[i].where, cases[i].said);
    }
}

/* Deep nesting, many values and many properties: refused, or compiled, in no time. */
TEST(large)
{
    buffer text = {0};
    char part[64];
    for (int i = 0; i < 200; i++) {
        buffer_append_text(&text, "{\"type\":\"array\",\"items\":");
    }
    buffer_append_text(&text, "{\"type\":\"null\"}");
    for (int i = 0; i < 200; i++) {
        buffer_append_text(&text, "}");
    }
    walk_refused(WALK_SCHEMA, text.data, PAW_ERR_UNSUPPORTED, "#/items/items", "nested too deeply");
    buffer_free(&text);
    buffer_append_text(&text, "{\"$defs\":{\"x\":{\"const\":1}");
    for (int i = 0; i < 1100; i++) {
        snprintf(part, sizeof part, ",\"d%d\":{\"const\":1}", i);
        buffer_append_text(&text, part);
    }
    buffer_append_text(&text, "},\"anyOf\":[{\"$ref\":\"#/$defs/x\"}");
    for (int i = 0; i < 1100; i++) {
        snprintf(part, sizeof part, ",{\"$ref\":\"#/$defs/d%d\"}", i);
        buffer_append_text(&text, part);
    }
    buffer_append_text(&text, "]}");
    walk_refused(WALK_SCHEMA, text.data, PAW_ERR_UNSUPPORTED, "#/anyOf/999/$ref", "1000 different");
    buffer_free(&text);
    buffer_append_text(&text, "{\"enum\":[\"\"");
    for (int i = 0; i < 5000; i++) {
        snprintf(part, sizeof part, ",\"label number %d\"", i);
        buffer_append_text(&text, part);
    }
    buffer_append_text(&text, "]}");
    grammar *g = walk_grammar(walk_real(), WALK_SCHEMA, text.data);
    assert_true(walk_matches(g, "\"label number 4321\"", 19));
    grammar_free(g);
    buffer_free(&text);
    buffer_append_text(&text, "{\"type\":\"object\",\"properties\":{\"p\":{\"type\":\"string\",\"maxLength\":1000}");
    for (int i = 0; i < 300; i++) {
        snprintf(part, sizeof part, ",\"p%d\":{\"type\":\"string\",\"maxLength\":%d}", i, i);
        buffer_append_text(&text, part);
    }
    buffer_append_text(&text, "}}");
    g = walk_grammar(walk_real(), WALK_SCHEMA, text.data);
    assert_true(walk_matches(g, "{\"p3\": \"abc\", \"p299\":\"\"}", 24));
    assert_false(walk_matches(g, "{\"p3\": \"abcd\"}", 14));
    grammar_free(g);
    buffer_free(&text);
}

static int done(void **state)
{
    (void)state;
    walk_free();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_every_limit), cmocka_unit_test(texts),  cmocka_unit_test(integer_ranges),
        cmocka_unit_test(number_ranges),  cmocka_unit_test(errors), cmocka_unit_test(large),
    };
    return cmocka_run_group_tests_name("grammar_schema", tests, NULL, done);
}
