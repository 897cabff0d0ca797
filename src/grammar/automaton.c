/* automaton.c: making an automaton, and the checks on its rules. Not for: emit.c and distance.c's parts. */
#include "grammar/automaton.h"

#include <stdlib.h>
#include <string.h>

void automaton_free(automaton *a)
{
    for (int32_t i = 0; i < a->n_rules; i++) {
        free(a->rules[i].name);
    }
    free(a->states);
    free(a->distance);
    free(a->like);
    free(a->rules);
    free(a->set_start);
    char_bytes_free(&a->bytes);
    *a = (automaton){0};
}

/* ---- left recursion ---- */

/* A walk over what a rule calls before its first byte. */
typedef struct ranking {
    automaton *a;
    const char *source;
    int32_t *seen;   /* [n_states] the rule, plus one, in whose walk a state was last seen */
    uint8_t *colour; /* [n_rules] 0: not met, 1: being ranked, 2: ranked */
    int32_t *stack;  /* states to look at, of all rules being ranked */
    int32_t *rules;  /* rules being ranked */
    int32_t *base;   /* [n_rules] where a rule's states begin in `stack` */
    int32_t next_rank;
} ranking;

static paw_status left_recursion(const ranking *k, int32_t rule, paw_error *err)
{
    return paw_fail(err, PAW_ERR_UNSUPPORTED, k->source,
                    "%s begins with itself (left recursion): write it with a repetition, or put something before the call",
                    k->a->rules[rule].name);
}

/* Ranks `root` and all that it calls first, callers before callees. A state is on the stack once for its rule, so that `stack`
 * needs n_states places. */
static paw_status rank_rule(ranking *k, int32_t root, paw_error *err)
{
    automaton *a = k->a;
    int32_t depth = 0, top = 0;
    k->rules[depth++] = root;
    k->colour[root] = 1;
    k->base[root] = 0;
    k->stack[top++] = a->rules[root].start;
    k->seen[a->rules[root].start] = root + 1;
    while (depth > 0) {
        int32_t rule = k->rules[depth - 1];
        if (top == k->base[rule]) {
            k->colour[rule] = 2;
            a->rules[rule].rank = --k->next_rank; /* all that it calls first is ranked: it comes before them */
            depth--;
            continue;
        }
        const nfa_state *s = &a->states[k->stack[--top]];
        int32_t next[2], n = 0;
        if (s->kind == STATE_SPLIT || (s->kind == STATE_CALL && a->rules[s->b].nullable)) {
            next[n++] = s->a;
        }
        if (s->kind == STATE_SPLIT) {
            next[n++] = s->b;
        }
        for (int32_t i = 0; i < n; i++) {
            if (k->seen[next[i]] != rule + 1) {
                k->seen[next[i]] = rule + 1;
                k->stack[top++] = next[i];
            }
        }
        if (s->kind == STATE_CALL && k->colour[s->b] == 1) {
            return left_recursion(k, s->b, err);
        }
        if (s->kind == STATE_CALL && k->colour[s->b] == 0) {
            k->colour[s->b] = 1;
            k->rules[depth++] = s->b;
            k->base[s->b] = top;
            k->stack[top++] = a->rules[s->b].start;
            k->seen[a->rules[s->b].start] = s->b + 1;
        }
    }
    return PAW_OK;
}

static paw_status rank_rules(automaton *a, const char *source, paw_error *err)
{
    ranking k = {.a = a, .source = source, .next_rank = a->n_rules};
    size_t rules = (size_t)a->n_rules, states = (size_t)a->n_states;
    k.seen = calloc(states, sizeof *k.seen);
    k.colour = calloc(rules, 1);
    k.stack = malloc((states + rules) * sizeof *k.stack); /* all share the dead state */
    k.rules = malloc(rules * sizeof *k.rules);
    k.base = malloc(rules * sizeof *k.base);
    paw_status status = PAW_OK;
    if (k.seen == NULL || k.colour == NULL || k.stack == NULL || k.rules == NULL || k.base == NULL) {
        status = paw_fail_memory(err, states * sizeof *k.seen);
    }
    for (int32_t r = 0; r < a->n_rules && status == PAW_OK; r++) {
        status = k.colour[r] == 0 ? rank_rule(&k, r, err) : PAW_OK;
    }
    free(k.seen);
    free(k.colour);
    free(k.stack);
    free(k.rules);
    free(k.base);
    return status;
}

/* ---- rules without end ---- */

/* A rule without end that this one calls, or -1. States stand rule by rule. */
static int32_t endless_callee(const automaton *a, const int32_t *first, int32_t rule)
{
    for (int32_t q = first[rule]; q < first[rule + 1]; q++) {
        const nfa_state *s = &a->states[q];
        if (s->kind == STATE_CALL && a->distance[a->rules[s->b].start] >= NEVER) {
            return s->b;
        }
    }
    return -1;
}

/* Follows calls from a rule without end to the one at the root of it: one that calls itself in a circle, or none. */
static paw_status without_end(const automaton *a, const char *source, int32_t rule, paw_error *err)
{
    int32_t *first = malloc(((size_t)a->n_rules + 1) * sizeof *first);
    bool *seen = calloc((size_t)a->n_rules, sizeof *seen);
    if (first == NULL || seen == NULL) {
        free(first);
        free(seen);
        return paw_fail_memory(err, (size_t)a->n_rules * sizeof *first);
    }
    for (int32_t q = 0, r = 0; q < a->n_states; q++) {
        if (a->states[q].kind == STATE_END) {
            first[r++] = q; /* a rule's end is its first state */
        }
    }
    first[a->n_rules] = a->n_states;
    int32_t next = rule;
    while (next >= 0 && !seen[next]) {
        seen[next] = true;
        rule = next;
        next = endless_callee(a, first, rule);
    }
    rule = next >= 0 ? next : rule;
    free(first);
    free(seen);
    return paw_fail(err, PAW_ERR_ARGUMENT, source,
                    next >= 0 ? "%s never ends: every way through it needs it again (recursion without end)"
                              : "%s matches nothing: no text can satisfy it",
                    a->rules[rule].name);
}

/* ---- likeness ---- */

static bool same_distances(const automaton *a, const copies *c, int32_t i)
{
    const int32_t *first = a->distance + c->base + c->first * c->stride, *other = a->distance + c->base + i * c->stride;
    return memcmp(first, other, (size_t)c->stride * sizeof *first) == 0;
}

/* Copies as far from the end as the longest token is long, all of which are as far from the rule's end as the first, are like the
 * first. Inner copies come before outer ones. */
static void find_likeness(automaton *a, const copies *c, int longest)
{
    int32_t same = c->first;
    while (same < c->count && same_distances(a, c, same)) {
        same++;
    }
    for (int32_t i = c->first + 1; i < same - longest; i++) {
        memcpy(a->like + c->base + i * c->stride, a->like + c->base + c->first * c->stride, (size_t)c->stride * sizeof *a->like);
        a->has_like = true;
    }
}

static paw_status find_all_likeness(automaton *a, const copies_list *made, int longest, paw_error *err)
{
    a->like = malloc((size_t)a->n_states * sizeof *a->like);
    if (a->like == NULL) {
        return paw_fail_memory(err, (size_t)a->n_states * sizeof *a->like);
    }
    for (int32_t q = 0; q < a->n_states; q++) {
        a->like[q] = q;
    }
    for (size_t i = 0; i < made->size; i++) {
        find_likeness(a, &made->data[i], longest);
    }
    return PAW_OK;
}

/* ---- classes of bytes ---- */

/* Bytes are told apart where an edge begins or ends; then neighbours are not joined further, which costs little. */
static void find_classes(automaton *a)
{
    bool begins[257] = {false};
    for (size_t i = 0; i < a->bytes.n_edges; i++) {
        begins[a->bytes.edges[i].low] = true;
        begins[a->bytes.edges[i].high + 1] = true;
    }
    int class = 0;
    for (int b = 0; b < 256; b++) {
        class += b > 0 && begins[b];
        a->class_of[b] = (uint8_t)class;
        a->class_byte[class] = (uint8_t)b;
    }
    a->n_classes = class + 1;
}

/* ---- all of it ---- */

static paw_status make(automaton *a, expr_builder *b, const grammar_vocabulary *v, const char *source, copies_list *made,
                       paw_error *err)
{
    PAW_TRY(expr_builder_check(b, source, err));
    memcpy(a->bytes.has, v->has, sizeof a->bytes.has);
    PAW_TRY(automaton_emit(b, source, a, made, err));
    PAW_TRY(automaton_measure(a, v, err));
    PAW_TRY(rank_rules(a, source, err));
    for (int32_t r = 0; r < a->n_rules; r++) {
        if (a->distance[a->rules[r].start] >= NEVER) {
            return without_end(a, source, r, err);
        }
    }
    find_classes(a);
    return find_all_likeness(a, made, v->longest, err);
}

paw_status automaton_make(expr_builder *b, const grammar_vocabulary *v, const char *source, automaton *out, paw_error *err)
{
    copies_list made = {0};
    *out = (automaton){0};
    paw_status status = make(out, b, v, source, &made, err);
    free(made.data);
    return status;
}
