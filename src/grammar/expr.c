/* expr.c: building expressions. Not for: what they match, see automaton.h. */
#include "grammar/expr.h"

#include <stdlib.h>
#include <string.h>

void expr_builder_free(expr_builder *b)
{
    for (size_t i = 0; i < b->n_sets; i++) {
        chars_free(&b->sets[i].chars);
    }
    for (size_t i = 0; i < b->n_rules; i++) {
        free(b->rules[i].name);
    }
    free(b->nodes);
    free(b->sets);
    free(b->set_slots);
    free(b->rules);
    *b = (expr_builder){0};
}

paw_status expr_builder_check(const expr_builder *b, const char *where, paw_error *err)
{
    if (b->status == PAW_ERR_MEMORY) {
        return paw_fail_memory(err, b->n_nodes * sizeof *b->nodes);
    }
    return b->status == PAW_OK ? PAW_OK
                               : paw_fail(err, b->status, where,
                                          "the format is too large: at most %d characters and operators, and %d rules", EXPR_MAX,
                                          EXPR_MAX_RULES);
}

/* False, remembered in b->status, when there is no room for one more. */
static bool make_room(expr_builder *b, void **data, size_t n, size_t *capacity, size_t size)
{
    if (b->status == PAW_OK && n == *capacity) {
        size_t wanted = n == 0 ? 64 : 2 * n;
        void *p = realloc(*data, wanted * size);
        if (p == NULL) {
            b->status = PAW_ERR_MEMORY;
        } else {
            *data = p;
            *capacity = wanted;
        }
    }
    return b->status == PAW_OK;
}

static expr new_node(expr_builder *b, expr_kind kind)
{
    if (b->n_nodes >= EXPR_MAX && b->status == PAW_OK) {
        b->status = PAW_ERR_UNSUPPORTED;
    }
    if (!make_room(b, (void **)&b->nodes, b->n_nodes, &b->nodes_capacity, sizeof *b->nodes)) {
        return EXPR_NONE;
    }
    b->nodes[b->n_nodes] = (expr_node){.kind = kind, .last = EXPR_NONE, .previous = EXPR_NONE, .separator = EXPR_NONE};
    return (expr)b->n_nodes++;
}

/* ---- sets ---- */

static uint64_t hash_set(const chars *set, char_spelling spelling)
{
    uint64_t h = spelling;
    for (size_t i = 0; i < set->size; i++) {
        h = (h ^ ((uint64_t)set->ranges[i].low << 32 | set->ranges[i].high)) * 0x9E3779B97F4A7C15u;
        h ^= h >> 31;
    }
    return h;
}

static bool rehash_sets(expr_builder *b)
{
    size_t size = b->set_slots == NULL ? 256 : 2 * (b->set_mask + 1);
    uint32_t *slots = calloc(size, sizeof *slots);
    if (slots == NULL) {
        b->status = PAW_ERR_MEMORY;
        return false;
    }
    for (size_t i = 0; i < b->n_sets; i++) {
        size_t at = hash_set(&b->sets[i].chars, b->sets[i].spelling) & (size - 1);
        while (slots[at] != 0) {
            at = (at + 1) & (size - 1);
        }
        slots[at] = (uint32_t)i + 1;
    }
    free(b->set_slots);
    b->set_slots = slots;
    b->set_mask = size - 1;
    return true;
}

/* Takes the set over; its number, or -1. */
static int32_t intern_set(expr_builder *b, chars *set)
{
    if (set->failed) {
        b->status = PAW_ERR_MEMORY;
    }
    if (!make_room(b, (void **)&b->sets, b->n_sets, &b->sets_capacity, sizeof *b->sets) ||
        (2 * b->n_sets >= b->set_mask && !rehash_sets(b))) {
        chars_free(set);
        return -1;
    }
    size_t at = hash_set(set, b->spelling) & b->set_mask;
    for (; b->set_slots[at] != 0; at = (at + 1) & b->set_mask) {
        const expr_set *other = &b->sets[b->set_slots[at] - 1];
        if (other->spelling == b->spelling && other->chars.size == set->size &&
            (set->size == 0 || memcmp(other->chars.ranges, set->ranges, set->size * sizeof *set->ranges) == 0)) {
            chars_free(set);
            return (int32_t)b->set_slots[at] - 1;
        }
    }
    b->sets[b->n_sets++] = (expr_set){*set, b->spelling};
    b->set_slots[at] = (uint32_t)b->n_sets;
    *set = (chars){0};
    return (int32_t)b->n_sets - 1;
}

expr expr_chars(expr_builder *b, chars *set)
{
    chars_normalise(set);
    int32_t number = intern_set(b, set);
    expr e = new_node(b, EXPR_CHARS);
    if (e >= 0) {
        b->nodes[e].set = number;
    }
    return e;
}

expr expr_char_between(expr_builder *b, uint32_t low, uint32_t high)
{
    chars set = {0};
    chars_add(&set, low, high);
    return expr_chars(b, &set);
}

expr expr_char(expr_builder *b, uint32_t c)
{
    return expr_char_between(b, c, c);
}

expr expr_any(expr_builder *b)
{
    return expr_char_between(b, 0, CHAR_LAST);
}

expr expr_text(expr_builder *b, const char *text, size_t size)
{
    expr seq = expr_seq(b);
    for (size_t i = 0; i < size;) {
        uint8_t first = (uint8_t)text[i++];
        uint32_t c = first < 0x80 ? first : first < 0xE0 ? first & 0x1F : first < 0xF0 ? first & 0x0F : first & 0x07;
        for (; i < size && ((uint8_t)text[i] & 0xC0) == 0x80; i++) {
            c = c << 6 | ((uint8_t)text[i] & 0x3F);
        }
        expr_add(b, seq, expr_char(b, c));
    }
    return seq;
}

expr expr_literal(expr_builder *b, const char *text)
{
    return expr_text(b, text, strlen(text));
}

/* ---- trees ---- */

expr expr_seq(expr_builder *b)
{
    return new_node(b, EXPR_SEQ);
}

expr expr_alt(expr_builder *b)
{
    return new_node(b, EXPR_ALT);
}

expr expr_members(expr_builder *b, expr separator)
{
    expr e = new_node(b, EXPR_MEMBERS);
    if (e >= 0) {
        b->nodes[e].separator = separator;
    }
    return e;
}

void expr_add(expr_builder *b, expr parent, expr child)
{
    if (parent >= 0 && child >= 0) {
        b->nodes[child].previous = b->nodes[parent].last;
        b->nodes[parent].last = child;
    }
}

void expr_add_member(expr_builder *b, expr members, expr child, bool optional)
{
    expr_add(b, members, child);
    if (child >= 0) {
        b->nodes[child].optional = optional;
    }
}

static expr new_bounded(expr_builder *b, expr_kind kind, expr child, int low, int high)
{
    expr e = new_node(b, kind);
    if (e >= 0) {
        b->nodes[e].low = low;
        b->nodes[e].high = high;
        expr_add(b, e, child);
    }
    return e;
}

expr expr_repeat(expr_builder *b, expr child, int low, int high)
{
    return new_bounded(b, EXPR_REPEAT, child, low, high);
}

expr expr_list(expr_builder *b, expr child, expr separator, int low, int high)
{
    expr e = expr_repeat(b, child, low, high);
    if (e >= 0) {
        b->nodes[e].separator = separator;
    }
    return e;
}

expr expr_optional(expr_builder *b, expr child)
{
    return expr_repeat(b, child, 0, 1);
}

expr expr_length(expr_builder *b, expr child, int low, int high)
{
    return new_bounded(b, EXPR_LENGTH, child, low, high);
}

expr expr_rule_call(expr_builder *b, int rule)
{
    expr e = new_node(b, EXPR_RULE);
    if (e >= 0) {
        b->nodes[e].rule = rule;
    }
    return e;
}

expr expr_anchor(expr_builder *b, int which, int at)
{
    expr e = new_node(b, EXPR_ANCHOR);
    if (e >= 0) {
        b->nodes[e].low = which;
        b->nodes[e].at = at;
    }
    return e;
}

int expr_rule_new(expr_builder *b, const char *name)
{
    if (b->n_rules >= EXPR_MAX_RULES && b->status == PAW_OK) {
        b->status = PAW_ERR_UNSUPPORTED;
    }
    if (!make_room(b, (void **)&b->rules, b->n_rules, &b->rules_capacity, sizeof *b->rules)) {
        return -1;
    }
    char *copy = strdup(name);
    if (copy == NULL) {
        b->status = PAW_ERR_MEMORY;
        return -1;
    }
    b->rules[b->n_rules] = (expr_rule){EXPR_NONE, copy};
    return (int)b->n_rules++;
}
