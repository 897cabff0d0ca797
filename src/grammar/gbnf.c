/*
 * gbnf.c: reading grammars in GBNF form, llama.cpp's notation.
 *
 *     root ::= "yes" | "no" | list      # a comment
 *     list ::= item ("," item)* [.!]?
 *
 * A rule goes on over line ends inside parentheses and around "|".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "grammar/compile.h"

enum { MAX_NESTING = 100, MAX_COUNT = 100000, MAX_NAME = 100 };

/* A rule's name as it first stood: as a definition or a call. */
typedef struct name {
    char text[MAX_NAME + 1];
    int line;  /* of the definition, or of the first call */
    bool defined;
} name;

typedef struct reader {
    expr_builder *b;
    const char *text;
    size_t size, at;
    int line, depth;
    name *names; /* by rule */
    size_t n_names, names_capacity;
    int32_t *slots; /* names by hash: index + 1 */
    size_t mask;
    paw_status status;
    paw_error *err;
} reader;

static void fail_on(reader *r, int line, paw_status status, const char *format, const char *what)
{
    if (r->status == PAW_OK) {
        char where[64], message[256];
        snprintf(where, sizeof where, "grammar, line %d", line);
        snprintf(message, sizeof message, format, what);
        r->status = paw_fail(r->err, status, where, "%s", message);
    }
}

static void fail(reader *r, const char *message)
{
    fail_on(r, r->line, PAW_ERR_ARGUMENT, "%s", message);
}

static char peek(const reader *r)
{
    return r->at < r->size && r->status == PAW_OK ? r->text[r->at] : '\0';
}

static bool take(reader *r, const char *text)
{
    size_t n = strlen(text);
    bool there = r->status == PAW_OK && r->size - r->at >= n && memcmp(r->text + r->at, text, n) == 0;
    r->at += there ? n : 0;
    return there;
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* Passes over blanks and comments, and line ends too where a rule cannot end. */
static void skip_space(reader *r, bool lines)
{
    for (;;) {
        char c = peek(r);
        if (c == '#') {
            while (peek(r) != '\n' && r->at < r->size) {
                r->at++;
            }
        } else if (c == ' ' || c == '\t' || (lines && (c == '\n' || c == '\r'))) {
            r->line += c == '\n';
            r->at++;
        } else {
            return;
        }
    }
}

/* ---- names ---- */

static uint64_t hash_name(const char *text)
{
    uint64_t h = 1469598103934665603u;
    for (; *text != '\0'; text++) {
        h = (h ^ (uint8_t)*text) * 1099511628211u;
    }
    return h ^ h >> 32;
}

static bool grow_names(reader *r)
{
    size_t capacity = r->names_capacity == 0 ? 32 : 2 * r->names_capacity, size = 4 * capacity;
    name *names = realloc(r->names, capacity * sizeof *names);
    r->names = names != NULL ? names : r->names;
    int32_t *slots = names != NULL ? calloc(size, sizeof *slots) : NULL;
    if (slots == NULL) {
        r->status = paw_fail_memory(r->err, capacity * sizeof *names);
        return false;
    }
    for (size_t i = 0; i < r->n_names; i++) {
        size_t at = hash_name(r->names[i].text) & (size - 1);
        while (slots[at] != 0) {
            at = (at + 1) & (size - 1);
        }
        slots[at] = (int32_t)i + 1;
    }
    free(r->slots);
    r->slots = slots;
    r->mask = size - 1;
    r->names_capacity = capacity;
    return true;
}

/* The rule of a name, new when it was not met before; -1 after a failure. */
static int rule_named(reader *r, const char *text)
{
    if (r->n_names == r->names_capacity && !grow_names(r)) {
        return -1;
    }
    size_t at = hash_name(text) & r->mask;
    for (; r->slots[at] != 0; at = (at + 1) & r->mask) {
        if (strcmp(r->names[r->slots[at] - 1].text, text) == 0) {
            return r->slots[at] - 1;
        }
    }
    char shown[MAX_NAME + 16];
    snprintf(shown, sizeof shown, "the rule %s", text);
    int rule = expr_rule_new(r->b, shown);
    if (rule >= 0) {
        name *n = &r->names[r->n_names++];
        snprintf(n->text, sizeof n->text, "%s", text);
        n->line = r->line;
        n->defined = false;
        r->slots[at] = rule + 1;
    }
    return rule;
}

static bool take_name(reader *r, char out[MAX_NAME + 1])
{
    size_t n = 0;
    for (; is_name(peek(r)); r->at++) {
        if (n == MAX_NAME) {
            fail(r, "a rule's name has more than 100 characters");
            return false;
        }
        out[n++] = r->text[r->at];
    }
    out[n] = '\0';
    return n > 0;
}

/* ---- characters ---- */

static uint32_t take_hex(reader *r, int digits)
{
    uint32_t value = 0;
    for (int i = 0; i < digits; i++) {
        char c = peek(r);
        int d = c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
        if (d < 0) {
            fail(r, "hexadecimal digits are missing in an escape");
            return 0;
        }
        value = value << 4 | (uint32_t)d;
        r->at++;
    }
    if (value > CHAR_LAST || (value >= 0xD800 && value <= 0xDFFF)) {
        fail(r, "an escape names a character that there is not");
    }
    return value;
}

/* One character of a literal or class, escapes resolved. */
static uint32_t take_char(reader *r)
{
    static const char escapes[] = "n\nr\rt\t\\\\\"\"[[]]--^^//";
    if (take(r, "\\")) {
        char c = peek(r);
        r->at += c != '\0';
        switch (c) {
        case 'x': return take_hex(r, 2);
        case 'u': return take_hex(r, 4);
        case 'U': return take_hex(r, 8);
        }
        for (const char *p = escapes; *p != '\0'; p += 2) {
            if (c == p[0]) {
                return (uint8_t)p[1];
            }
        }
        fail(r, "an unknown escape after \\");
        return 0;
    }
    uint8_t first = (uint8_t)r->text[r->at++];
    uint32_t c = first < 0x80 ? first : first < 0xE0 ? first & 0x1F : first < 0xF0 ? first & 0x0F : first & 0x07;
    for (; r->at < r->size && ((uint8_t)r->text[r->at] & 0xC0) == 0x80; r->at++) {
        c = c << 6 | ((uint8_t)r->text[r->at] & 0x3F);
    }
    return c;
}

static bool inside(reader *r, char close, const char *message)
{
    if (r->at >= r->size || peek(r) == '\n') {
        fail(r, message);
    }
    return r->status == PAW_OK && peek(r) != close;
}

static expr read_literal(reader *r)
{
    expr seq = expr_seq(r->b);
    while (inside(r, '"', "a \" is not closed")) {
        expr_add(r->b, seq, expr_char(r->b, take_char(r)));
    }
    take(r, "\"");
    return seq;
}

static expr read_class(reader *r)
{
    chars set = {0};
    bool negated = take(r, "^");
    while (inside(r, ']', "a [ is not closed")) {
        uint32_t low = take_char(r), high = low;
        if (peek(r) == '-' && r->at + 1 < r->size && r->text[r->at + 1] != ']') {
            r->at++;
            high = take_char(r);
        }
        if (low > high) {
            fail(r, "a range ends before it begins");
        }
        chars_add(&set, low, high);
    }
    take(r, "]");
    chars_normalise(&set);
    if (negated) {
        chars_negate(&set);
    }
    if (set.size == 0 && !set.failed) {
        fail(r, "an empty class matches nothing");
    }
    return expr_chars(r->b, &set);
}

/* ---- rules ---- */

static expr read_alternatives(reader *r, bool lines);

/* A name is a call unless "::=" follows, which begins the next rule. */
static bool begins_rule(reader *r)
{
    size_t at = r->at;
    while (at < r->size && is_name(r->text[at])) {
        at++;
    }
    while (at < r->size && (r->text[at] == ' ' || r->text[at] == '\t')) {
        at++;
    }
    return r->size - at >= 3 && memcmp(r->text + at, "::=", 3) == 0;
}

static expr read_group(reader *r)
{
    int line = r->line;
    if (r->depth >= MAX_NESTING) {
        fail_on(r, line, PAW_ERR_UNSUPPORTED, "%s", "more than 100 parentheses one in the other");
        return EXPR_NONE;
    }
    r->depth++;
    expr e = read_alternatives(r, true);
    r->depth--;
    if (!take(r, ")")) {
        fail_on(r, line, PAW_ERR_ARGUMENT, "%s", "a ( is not closed");
    }
    return e;
}

static expr read_atom(reader *r)
{
    char text[MAX_NAME + 1];
    if (take(r, "\"")) {
        return read_literal(r);
    } else if (take(r, "[")) {
        return read_class(r);
    } else if (take(r, "(")) {
        return read_group(r);
    } else if (take(r, ".")) {
        return expr_any(r->b);
    } else if (take_name(r, text)) {
        return expr_rule_call(r->b, rule_named(r, text));
    }
    return EXPR_NONE;
}

static int take_count(reader *r)
{
    int n = -1;
    for (; peek(r) >= '0' && peek(r) <= '9'; r->at++) {
        n = n > MAX_COUNT ? n : 10 * (n < 0 ? 0 : n) + (peek(r) - '0');
    }
    if (n > MAX_COUNT) {
        fail_on(r, r->line, PAW_ERR_UNSUPPORTED, "%s", "more than 100,000 repetitions");
    }
    return n;
}

static bool take_repeat(reader *r, int *low, int *high)
{
    *low = peek(r) == '+';
    *high = peek(r) == '?' ? 1 : EXPR_ENDLESS;
    if (take(r, "*") || take(r, "+") || take(r, "?")) {
        return true;
    }
    if (!take(r, "{")) {
        return false;
    }
    skip_space(r, false);
    *high = *low = take_count(r);
    skip_space(r, false);
    if (take(r, ",")) {
        skip_space(r, false);
        *high = take_count(r);
        skip_space(r, false);
    }
    if (*low < 0 || !take(r, "}")) {
        fail(r, "a repetition is {m}, {m,} or {m,n}");
    } else if (*high >= 0 && *low > *high) {
        fail(r, "the least number of repetitions is above the most");
    }
    return true;
}

static expr read_sequence(reader *r, bool lines)
{
    expr seq = expr_seq(r->b);
    for (;;) {
        int low, high;
        skip_space(r, lines);
        if (r->status != PAW_OK || (is_name(peek(r)) && begins_rule(r))) {
            return seq;
        }
        expr e = read_atom(r);
        if (e == EXPR_NONE) {
            return seq;
        }
        skip_space(r, lines);
        while (take_repeat(r, &low, &high)) {
            e = expr_repeat(r->b, e, low, high);
            skip_space(r, lines);
        }
        expr_add(r->b, seq, e);
    }
}

/* Whether a "|" comes next, line ends before it not counted; otherwise the place is left. */
static bool take_bar(reader *r)
{
    size_t at = r->at;
    int line = r->line;
    skip_space(r, true);
    if (take(r, "|")) {
        return true;
    }
    r->at = at;
    r->line = line;
    return false;
}

static expr read_alternatives(reader *r, bool lines)
{
    expr alt = expr_alt(r->b);
    do {
        skip_space(r, true);
        expr_add(r->b, alt, read_sequence(r, lines));
    } while (take_bar(r));
    return alt;
}

static void read_rule(reader *r)
{
    char text[MAX_NAME + 1];
    int line = r->line;
    if (!take_name(r, text)) {
        fail(r, "a rule begins with its name: letters, digits, - and _");
        return;
    }
    skip_space(r, false);
    if (!take(r, "::=")) {
        fail_on(r, line, PAW_ERR_ARGUMENT, "::= is missing after the name %s", text);
    }
    int rule = r->status == PAW_OK ? rule_named(r, text) : -1;
    if (rule < 0) {
        return;
    }
    if (r->names[rule].defined) {
        fail_on(r, line, PAW_ERR_ARGUMENT, "the rule %s is defined twice", text);
        return;
    }
    r->names[rule].defined = true;
    r->names[rule].line = line;
    expr body = read_alternatives(r, false);
    if (r->status == PAW_OK && r->b->status == PAW_OK) {
        r->b->rules[rule].body = body;
    }
    if (r->at < r->size && peek(r) != '\n' && peek(r) != '\r') {
        fail(r, "this does not belong to a rule: literals, classes, names, ( ), | and * + ? { } do");
    }
}

static void read_all(reader *r)
{
    rule_named(r, "root");
    r->names[0].line = 0;
    for (skip_space(r, true); r->at < r->size && r->status == PAW_OK && r->b->status == PAW_OK; skip_space(r, true)) {
        read_rule(r);
    }
    for (size_t i = 0; i < r->n_names && r->status == PAW_OK; i++) {
        if (!r->names[i].defined) {
            fail_on(r, i == 0 ? r->line : r->names[i].line, PAW_ERR_ARGUMENT, "the rule %s is not defined", r->names[i].text);
        }
    }
}

/* Errors about a rule then also say where it is. */
static void add_lines(reader *r)
{
    for (size_t i = 0; i < r->n_names; i++) {
        char shown[MAX_NAME + 48];
        snprintf(shown, sizeof shown, "the rule %s (line %d)", r->names[i].text, r->names[i].line);
        char *copy = strdup(shown);
        if (copy != NULL) {
            free(r->b->rules[i].name);
            r->b->rules[i].name = copy;
        }
    }
}

paw_status grammar_from_gbnf(const grammar_vocabulary *v, const char *text, size_t size, grammar **out, paw_error *err)
{
    size_t valid = utf8_valid_length(text, size);
    if (size > GRAMMAR_MAX_SOURCE) {
        return paw_fail(err, PAW_ERR_UNSUPPORTED, "grammar", "%zu bytes; at most %d are possible", size, GRAMMAR_MAX_SOURCE);
    }
    if (valid != size || memchr(text, 0, size) != NULL) {
        return paw_fail(err, PAW_ERR_ARGUMENT, "grammar", "it is not UTF-8 text at byte %zu",
                        valid != size ? valid : (size_t)((const char *)memchr(text, 0, size) - text));
    }
    expr_builder b = {0};
    reader r = {.b = &b, .text = text, .size = size, .line = 1, .err = err};
    if (grow_names(&r)) {
        read_all(&r);
    }
    paw_status status = r.status == PAW_OK ? expr_builder_check(&b, "grammar", err) : r.status;
    if (status == PAW_OK) {
        add_lines(&r);
        status = grammar_make(&b, v, "grammar", out, err);
    }
    free(r.names);
    free(r.slots);
    expr_builder_free(&b);
    return status;
}
