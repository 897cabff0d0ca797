/*
 * regex.c: reading regular expressions.
 *
 * A recursive descent over characters into expressions. Anchors are kept as nodes while reading and resolved afterwards: at the
 * edges of a pattern they say that nothing stands before or after; elsewhere they are refused.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "grammar/compile.h"

enum { MAX_GROUPS = 100 /* one in the other */, MAX_COUNT = 100000 };

typedef struct reader {
    expr_builder *b;
    const char *text, *where;
    size_t size, at;
    int depth;
    paw_status status;
    paw_error *err;
} reader;

/* The number of the character at a byte, from 1 on. */
static size_t character_at(const reader *r, size_t at)
{
    return utf8_count(r->text, at < r->size ? at : r->size) + 1;
}

static void fail_at(reader *r, size_t at, paw_status status, const char *message)
{
    if (r->status == PAW_OK) {
        char where[256];
        snprintf(where, sizeof where, "%s, character %zu", r->where, character_at(r, at));
        r->status = paw_fail(r->err, status, where, "%s", message);
    }
}

static bool at_end(const reader *r)
{
    return r->at >= r->size || r->status != PAW_OK;
}

static bool looking_at(const reader *r, const char *text)
{
    size_t n = strlen(text);
    return r->size - r->at >= n && memcmp(r->text + r->at, text, n) == 0;
}

static bool take(reader *r, const char *text)
{
    bool there = looking_at(r, text);
    r->at += there ? strlen(text) : 0;
    return there;
}

/* The next character; the text is valid and not at its end. */
static uint32_t take_char(reader *r)
{
    uint8_t first = (uint8_t)r->text[r->at++];
    uint32_t c = first < 0x80 ? first : first < 0xE0 ? first & 0x1F : first < 0xF0 ? first & 0x0F : first & 0x07;
    for (; r->at < r->size && ((uint8_t)r->text[r->at] & 0xC0) == 0x80; r->at++) {
        c = c << 6 | ((uint8_t)r->text[r->at] & 0x3F);
    }
    return c;
}

/* ---- escapes ---- */

static int hex_value(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Up to `most` hexadecimal digits, at least `least`. */
static uint32_t take_hex(reader *r, int least, int most)
{
    uint32_t value = 0;
    int n = 0;
    for (; n < most && r->at < r->size && hex_value(r->text[r->at]) >= 0; n++) {
        value = value << 4 | (uint32_t)hex_value(r->text[r->at++]);
    }
    if (n < least) {
        fail_at(r, r->at, PAW_ERR_ARGUMENT, "hexadecimal digits are missing here");
    }
    return value;
}

/* After \x or \u: digits or {digits}; a pair of halves \uD83D\uDE00 is one character. */
static uint32_t take_code(reader *r, size_t start, int digits)
{
    uint32_t value;
    if (take(r, "{")) {
        value = take_hex(r, 1, 6);
        if (!take(r, "}")) {
            fail_at(r, r->at, PAW_ERR_ARGUMENT, "a } is missing here");
        }
    } else {
        value = take_hex(r, digits, digits);
        if (value >= 0xD800 && value < 0xDC00 && take(r, "\\u")) {
            uint32_t low = take_hex(r, 4, 4);
            value = low >= 0xDC00 && low <= 0xDFFF ? 0x10000 + ((value - 0xD800) << 10) + (low - 0xDC00) : 0xD800;
        }
    }
    if (value > CHAR_LAST || (value >= 0xD800 && value <= 0xDFFF)) {
        fail_at(r, start, PAW_ERR_ARGUMENT, "there is no such character");
    }
    return value;
}

/* \d, \w, \s and their opposites; false when the letter is another. */
static bool class_escape(char letter, chars *out)
{
    chars set = {0};
    switch (letter | 0x20) {
    case 'w':
        chars_add(&set, 'A', 'Z');
        chars_add(&set, 'a', 'z');
        chars_add(&set, '_', '_');
        chars_add(&set, '0', '9');
        break;
    case 'd': chars_add(&set, '0', '9'); break;
    case 's':
        chars_add(&set, '\t', '\r');
        chars_add(&set, ' ', ' ');
        break;
    default: return false;
    }
    chars_normalise(&set);
    if (letter < 'a') {
        chars_negate(&set);
    }
    chars_add_set(out, &set);
    chars_free(&set);
    return true;
}

/* What stands after a backslash and is one character. */
static uint32_t char_escape(reader *r, size_t start, bool in_class)
{
    static const char letters[] = "t\tn\nr\rf\fv\v";
    if (at_end(r)) {
        fail_at(r, start, PAW_ERR_ARGUMENT, "a \\ at the end");
        return 0;
    }
    uint32_t c = take_char(r);
    for (const char *p = letters; *p != '\0'; p += 2) {
        if (c == (uint8_t)p[0]) {
            return (uint8_t)p[1];
        }
    }
    bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z' && c < 0x80;
    if (c == 'x' || c == 'u') {
        return take_code(r, start, c == 'x' ? 2 : 4);
    } else if (c == 'b' && in_class) {
        return '\b';
    } else if (c == 'b' || c == 'B') {
        fail_at(r, start, PAW_ERR_UNSUPPORTED, "word boundaries (\\b, \\B) are not supported");
    } else if ((c >= '1' && c <= '9') || c == 'k') {
        fail_at(r, start, PAW_ERR_UNSUPPORTED, "back-references are not supported");
    } else if (c == 'p' || c == 'P') {
        fail_at(r, start, PAW_ERR_UNSUPPORTED, "character properties (\\p) are not supported: write the ranges");
    } else if (c == '0') {
        if (!at_end(r) && r->text[r->at] >= '0' && r->text[r->at] <= '9') {
            fail_at(r, start, PAW_ERR_UNSUPPORTED, "octal escapes are not supported: write \\xHH");
        }
        return 0;
    } else if (letter || c == '_') {
        fail_at(r, start, PAW_ERR_UNSUPPORTED, "this escape is not supported");
    }
    return c;
}

/* ---- classes ---- */

/* One end of a range, or a class escape, which goes straight into the set and gives false. */
static bool class_char(reader *r, chars *set, uint32_t *c)
{
    size_t start = r->at;
    if (looking_at(r, "[:") || looking_at(r, "[.") || looking_at(r, "[=")) {
        fail_at(r, start, PAW_ERR_UNSUPPORTED, "named classes are not supported: write the ranges, or \\[ for a bracket");
        return false;
    }
    if (take(r, "\\")) {
        if (!at_end(r) && class_escape(r->text[r->at], set)) {
            r->at++;
            return false;
        }
        *c = char_escape(r, start, true);
        return true;
    }
    *c = take_char(r);
    return true;
}

static expr read_class(reader *r)
{
    size_t start = r->at - 1;
    bool negated = take(r, "^");
    chars set = {0};
    while (!at_end(r) && !looking_at(r, "]")) {
        uint32_t low = 0, high = 0;
        size_t from = r->at;
        if (!class_char(r, &set, &low)) {
            if (looking_at(r, "-") && !looking_at(r, "-]")) {
                fail_at(r, r->at, PAW_ERR_ARGUMENT, "a range cannot begin with a class: write \\- for the character");
            }
            continue;
        }
        high = low;
        if (looking_at(r, "-") && !looking_at(r, "-]") && r->size - r->at > 1) {
            r->at++;
            if (!class_char(r, &set, &high)) {
                fail_at(r, from, PAW_ERR_ARGUMENT, "a range cannot end with a class: write \\- for the character");
            }
        }
        if (low > high) {
            fail_at(r, from, PAW_ERR_ARGUMENT, "a range that ends before it begins");
        }
        chars_add(&set, low, high);
    }
    if (!take(r, "]")) {
        fail_at(r, start, PAW_ERR_ARGUMENT, "this [ is not closed");
    }
    chars_normalise(&set);
    if (negated) {
        chars_negate(&set);
    }
    if (set.size == 0 && !set.failed) {
        fail_at(r, start, PAW_ERR_ARGUMENT, "an empty class matches nothing");
    }
    return expr_chars(r->b, &set);
}

static expr read_dot(reader *r)
{
    chars set = {0};
    chars_add(&set, 0, '\n' - 1);
    chars_add(&set, '\n' + 1, '\r' - 1);
    chars_add(&set, '\r' + 1, 0x2027);
    chars_add(&set, 0x202A, CHAR_LAST);
    return expr_chars(r->b, &set);
}

/* ---- the rest ---- */

static expr read_alternatives(reader *r);

/* After "(?": passes over what makes a group not count or gives it a name; refuses the others. */
static void read_group_kind(reader *r, size_t start)
{
    if (take(r, ":")) {
        return;
    }
    if (looking_at(r, "=") || looking_at(r, "!") || looking_at(r, "<=") || looking_at(r, "<!")) {
        fail_at(r, start, PAW_ERR_UNSUPPORTED, "look-around is not supported");
    } else if (take(r, "P<") || take(r, "<")) {
        size_t name = r->at;
        while (r->at < r->size && r->text[r->at] != '>' && r->text[r->at] != ')') {
            r->at++;
        }
        if (r->at == name || !take(r, ">")) {
            fail_at(r, start, PAW_ERR_ARGUMENT, "a group's name is not closed");
        }
    } else if (looking_at(r, "P=") || looking_at(r, "P>") || looking_at(r, "R") || looking_at(r, "&")) {
        fail_at(r, start, PAW_ERR_UNSUPPORTED, "back-references and calls are not supported");
    } else {
        fail_at(r, start, PAW_ERR_UNSUPPORTED, "this kind of group is not supported: flags, atomic groups and conditions are not");
    }
}

static expr read_group(reader *r)
{
    size_t start = r->at - 1;
    if (take(r, "?")) {
        read_group_kind(r, start);
    } else if (looking_at(r, "*")) {
        fail_at(r, start, PAW_ERR_UNSUPPORTED, "verbs are not supported");
    }
    if (r->depth >= MAX_GROUPS) {
        fail_at(r, start, PAW_ERR_UNSUPPORTED, "more than 100 groups one in the other");
    }
    if (r->status != PAW_OK) {
        return EXPR_NONE;
    }
    r->depth++;
    expr e = read_alternatives(r);
    r->depth--;
    if (!take(r, ")")) {
        fail_at(r, start, PAW_ERR_ARGUMENT, "this ( is not closed");
    }
    return e;
}

static expr read_atom(reader *r)
{
    size_t start = r->at;
    if (take(r, "(")) {
        return read_group(r);
    } else if (take(r, "[")) {
        return read_class(r);
    } else if (take(r, ".")) {
        return read_dot(r);
    } else if (take(r, "^")) {
        return expr_anchor(r->b, 0, (int32_t)start);
    } else if (take(r, "$")) {
        return expr_anchor(r->b, 1, (int32_t)start);
    } else if (looking_at(r, "*") || looking_at(r, "+") || looking_at(r, "?")) {
        fail_at(r, start, PAW_ERR_ARGUMENT, "there is nothing to repeat: write a \\ before it for the character");
        return EXPR_NONE;
    } else if (take(r, "\\")) {
        chars set = {0};
        if (!at_end(r) && class_escape(r->text[r->at], &set)) {
            r->at++;
            return expr_chars(r->b, &set);
        }
        return expr_char(r->b, char_escape(r, start, false));
    }
    return expr_char(r->b, take_char(r));
}

static int take_count(reader *r)
{
    size_t start = r->at;
    int n = 0;
    for (; r->at < r->size && r->text[r->at] >= '0' && r->text[r->at] <= '9'; r->at++) {
        n = n > MAX_COUNT ? n : 10 * n + (r->text[r->at] - '0');
    }
    if (n > MAX_COUNT) {
        fail_at(r, start, PAW_ERR_UNSUPPORTED, "more than 100,000 repetitions");
    }
    return r->at > start ? n : -1;
}

/* {m}, {m,} or {m,n}; a { that begins none of them is a character, and this says false. */
static bool take_counts(reader *r, int *low, int *high)
{
    size_t start = r->at;
    if (!take(r, "{")) {
        return false;
    }
    *low = take_count(r);
    *high = *low;
    if (take(r, ",")) {
        *high = take_count(r);
        if (*low < 0 && *high >= 0 && looking_at(r, "}")) {
            fail_at(r, start, PAW_ERR_UNSUPPORTED, "write {0,n} for {,n}, or \\{ for the character");
        }
    }
    if (*low < 0 || !take(r, "}")) {
        r->at = start;
        return false;
    }
    if (*high >= 0 && *low > *high) {
        fail_at(r, start, PAW_ERR_ARGUMENT, "the least number of repetitions is above the most");
    }
    return true; /* -1 is EXPR_ENDLESS */
}

static bool take_repeat(reader *r, int *low, int *high)
{
    if (take(r, "*")) {
        *low = 0;
        *high = EXPR_ENDLESS;
    } else if (take(r, "+")) {
        *low = 1;
        *high = EXPR_ENDLESS;
    } else if (take(r, "?")) {
        *low = 0;
        *high = 1;
    } else if (!take_counts(r, low, high)) {
        return false;
    }
    if (looking_at(r, "+")) {
        fail_at(r, r->at, PAW_ERR_UNSUPPORTED, "possessive repetitions are not supported");
    }
    take(r, "?"); /* lazy: matches the same texts */
    return true;
}

static expr read_sequence(reader *r)
{
    expr seq = expr_seq(r->b);
    while (!at_end(r) && !looking_at(r, "|") && !looking_at(r, ")")) {
        size_t start = r->at;
        int low, high;
        expr e = read_atom(r);
        if (!at_end(r) && take_repeat(r, &low, &high)) {
            if (e >= 0 && r->b->nodes[e].kind == EXPR_ANCHOR) {
                fail_at(r, start, PAW_ERR_ARGUMENT, "an anchor cannot be repeated");
            }
            e = expr_repeat(r->b, e, low, high);
            if (!at_end(r) && take_repeat(r, &low, &high)) {
                fail_at(r, start, PAW_ERR_ARGUMENT, "a repetition of a repetition: put the inner one into a group");
            }
        }
        expr_add(r->b, seq, e);
    }
    return seq;
}

static expr read_alternatives(reader *r)
{
    expr alt = expr_alt(r->b);
    do {
        expr_add(r->b, alt, read_sequence(r));
    } while (r->status == PAW_OK && take(r, "|"));
    return alt;
}

/* ---- anchors ---- */

/* Children in order, which the tree keeps from the last to the first; freed by the caller; NULL when there are none. */
static expr *children_of(reader *r, expr e, size_t *n)
{
    const expr_node *nodes = r->b->nodes;
    *n = 0;
    for (expr c = nodes[e].last; c != EXPR_NONE; c = nodes[c].previous) {
        ++*n;
    }
    expr *out = *n > 0 ? malloc(*n * sizeof *out) : NULL;
    if (out == NULL && *n > 0) {
        r->b->status = PAW_ERR_MEMORY;
        *n = 0;
    }
    size_t i = *n;
    for (expr c = nodes[e].last; c != EXPR_NONE && i > 0; c = nodes[c].previous) {
        out[--i] = c;
    }
    return out;
}

static expr anything(reader *r)
{
    return expr_repeat(r->b, expr_any(r->b), 0, EXPR_ENDLESS);
}

/* The same text with its edge (side 0: the beginning, 1: the end) settled: an anchor there is gone; without one, `search` lets
 * anything stand there. Gives a new node without siblings. */
static expr settle_edge(reader *r, expr e, int side, bool search)
{
    if (r->b->status != PAW_OK || e < 0) {
        return EXPR_NONE;
    }
    expr_kind kind = r->b->nodes[e].kind;
    if (kind == EXPR_ANCHOR && r->b->nodes[e].low == side) {
        return expr_seq(r->b);
    }
    size_t n = 0;
    expr *children = kind == EXPR_ALT || kind == EXPR_SEQ ? children_of(r, e, &n) : NULL;
    expr out;
    if (kind == EXPR_ALT) {
        out = expr_alt(r->b);
        for (size_t i = 0; i < n; i++) {
            expr_add(r->b, out, settle_edge(r, children[i], side, search));
        }
    } else if (kind == EXPR_SEQ && n > 0) {
        out = expr_seq(r->b);
        size_t edge = side == 0 ? 0 : n - 1;
        for (size_t i = 0; i < n; i++) {
            expr_add(r->b, out, i == edge ? settle_edge(r, children[i], side, search) : children[i]);
        }
    } else {
        out = expr_seq(r->b);
        if (search && side == 0) {
            expr_add(r->b, out, anything(r));
        }
        expr_add(r->b, out, e);
        if (search && side == 1) {
            expr_add(r->b, out, anything(r));
        }
    }
    free(children);
    return out;
}

static void refuse_anchors(reader *r, expr e)
{
    if (e < 0 || r->status != PAW_OK || r->b->status != PAW_OK) {
        return;
    }
    if (r->b->nodes[e].kind == EXPR_ANCHOR) {
        fail_at(r, (size_t)r->b->nodes[e].at, PAW_ERR_UNSUPPORTED, "an anchor (^ or $) inside the pattern is not supported");
    }
    for (expr c = r->b->nodes[e].last; c != EXPR_NONE; c = r->b->nodes[c].previous) {
        refuse_anchors(r, c);
    }
}

paw_status regex_read(expr_builder *b, const char *pattern, size_t size, bool search, const char *where, expr *out,
                      paw_error *err)
{
    reader r = {.b = b, .text = pattern, .size = size, .where = where, .err = err};
    size_t valid = utf8_valid_length(pattern, size);
    if (size > GRAMMAR_MAX_SOURCE) {
        return paw_fail(err, PAW_ERR_UNSUPPORTED, where, "%zu bytes; at most %d are possible", size, GRAMMAR_MAX_SOURCE);
    }
    if (valid != size) {
        return paw_fail(err, PAW_ERR_ARGUMENT, where, "it is not UTF-8 at byte %zu", valid);
    }
    expr e = read_alternatives(&r);
    if (r.at < r.size) {
        fail_at(&r, r.at, PAW_ERR_ARGUMENT, "this ) closes nothing");
    }
    if (r.status == PAW_OK) {
        e = settle_edge(&r, settle_edge(&r, e, 0, search), 1, search);
        refuse_anchors(&r, e);
    }
    *out = e;
    return r.status != PAW_OK ? r.status : expr_builder_check(b, where, err);
}

paw_status grammar_from_regex(const grammar_vocabulary *v, const char *pattern, size_t size, grammar **out, paw_error *err)
{
    expr_builder b = {0};
    expr body = EXPR_NONE;
    int rule = expr_rule_new(&b, "the regular expression");
    paw_status status = regex_read(&b, pattern, size, false, "regex", &body, err);
    if (status == PAW_OK && rule == 0) {
        b.rules[0].body = body;
        status = grammar_make(&b, v, "regex", out, err);
    } else if (status == PAW_OK) {
        status = expr_builder_check(&b, "regex", err);
    }
    expr_builder_free(&b);
    return status;
}
