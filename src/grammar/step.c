/*
 * step.c: from a configuration and a byte to the next configuration.
 *
 * All that can be reached without a further byte is found in two passes. First returns: where a character is whole or a rule
 * ends, the text goes on after it. Then calls: rules are begun in the order of their ranks, so that when a rule is begun all
 * who call it here are known, and all of them share one stack. What begins now cannot also end now: where the empty text is a
 * rule's, its caller goes on at once.
 */
#include <stdlib.h>
#include <string.h>

#include "grammar/config.h"

typedef struct place {
    int32_t state;
    stack *stack;
} place;

typedef struct call {
    int32_t state; /* to return to */
    stack *below;
    int32_t next;  /* call of the same rule: index + 1 */
} call;

typedef struct config_work {
    place *places; /* to look at */
    size_t n_places, places_capacity;
    place *seen; /* hash table of places that were looked at; an entry counts if its round is the present one */
    uint32_t *seen_round, round;
    size_t seen_mask, n_seen;
    call *calls;
    size_t n_calls, calls_capacity;
    int32_t *waiting;         /* [n_rules] by rank: calls, index + 1 */
    int32_t *rule_of;         /* [n_rules] by rank */
    int32_t n_rules, highest; /* rank that waits */
    config_item *items;
    size_t n_items, items_capacity;
    stack_return *returns;
    size_t n_returns, returns_capacity;
    bool ends;
    paw_status status; /* PAW_OK; PAW_ERR_MEMORY; PAW_ERR_UNSUPPORTED: too many items or returns */
} config_work;

struct config_work *config_work_new(const automaton *a)
{
    config_work *w = calloc(1, sizeof *w);
    if (w != NULL) {
        w->n_rules = a->n_rules;
        w->waiting = calloc((size_t)a->n_rules, sizeof *w->waiting);
        w->rule_of = calloc((size_t)a->n_rules, sizeof *w->rule_of);
        if (w->waiting == NULL || w->rule_of == NULL) {
            config_work_free(w);
            return NULL;
        }
        for (int32_t r = 0; r < a->n_rules; r++) {
            w->rule_of[a->rules[r].rank] = r;
        }
    }
    return w;
}

void config_work_free(struct config_work *w)
{
    if (w != NULL) {
        free(w->places);
        free(w->seen);
        free(w->seen_round);
        free(w->calls);
        free(w->waiting);
        free(w->rule_of);
        free(w->items);
        free(w->returns);
        free(w);
    }
}

/* ---- lists ---- */

static bool room(config_work *w, void **data, size_t n, size_t *capacity, size_t size)
{
    if (n == *capacity && w->status == PAW_OK) {
        size_t wanted = n < 64 ? 64 : 2 * n;
        void *p = realloc(*data, wanted * size);
        if (p == NULL) {
            w->status = PAW_ERR_MEMORY;
        } else {
            *data = p;
            *capacity = wanted;
        }
    }
    return w->status == PAW_OK;
}

static void add_item(config_work *w, config_item item)
{
    if (w->n_items >= CONFIG_MAX_ITEMS && w->status == PAW_OK) {
        w->status = PAW_ERR_UNSUPPORTED;
    }
    if (room(w, (void **)&w->items, w->n_items, &w->items_capacity, sizeof item)) {
        w->items[w->n_items++] = item;
    }
}

static void add_return(config_work *w, stack_return r)
{
    if (w->n_returns >= CONFIG_MAX_ITEMS && w->status == PAW_OK) {
        w->status = PAW_ERR_UNSUPPORTED;
    }
    if (room(w, (void **)&w->returns, w->n_returns, &w->returns_capacity, sizeof r)) {
        w->returns[w->n_returns++] = r;
    }
}

static size_t slot_of(const config_work *w, const place *table, const uint32_t *rounds, size_t mask, place p)
{
    uint64_t h = ((uint64_t)(uint32_t)p.state << 32 | p.stack->id) * 0x9E3779B97F4A7C15u;
    size_t at = (size_t)(h >> 32) & mask;
    while (rounds[at] == w->round && (table[at].state != p.state || table[at].stack != p.stack)) {
        at = (at + 1) & mask;
    }
    return at;
}

static void grow_seen(config_work *w)
{
    size_t size = w->seen == NULL ? 256 : 2 * (w->seen_mask + 1);
    place *table = malloc(size * sizeof *table);
    uint32_t *rounds = calloc(size, sizeof *rounds);
    if (table == NULL || rounds == NULL) {
        free(table);
        free(rounds);
        w->status = PAW_ERR_MEMORY;
        return;
    }
    for (size_t i = 0; w->seen != NULL && i <= w->seen_mask; i++) {
        if (w->seen_round[i] == w->round) {
            size_t at = slot_of(w, table, rounds, size - 1, w->seen[i]);
            table[at] = w->seen[i];
            rounds[at] = w->round;
        }
    }
    free(w->seen);
    free(w->seen_round);
    w->seen = table;
    w->seen_round = rounds;
    w->seen_mask = size - 1;
}

/* Adds a place to look at, once, and only if the end can be reached from it. */
static void add_place(const automaton *a, config_work *w, place p)
{
    if (a->distance[p.state] >= NEVER) {
        return;
    }
    if (w->seen == NULL || 2 * w->n_seen > w->seen_mask) {
        grow_seen(w);
    }
    if (w->status == PAW_OK && room(w, (void **)&w->places, w->n_places, &w->places_capacity, sizeof p)) {
        size_t at = slot_of(w, w->seen, w->seen_round, w->seen_mask, p);
        if (w->seen_round[at] != w->round) {
            w->seen[at] = p;
            w->seen_round[at] = w->round;
            w->n_seen++;
            w->places[w->n_places++] = p;
        }
    }
}

static void add_call(const automaton *a, config_work *w, int32_t rule, int32_t state, stack *below)
{
    if (room(w, (void **)&w->calls, w->n_calls, &w->calls_capacity, sizeof *w->calls)) {
        int32_t rank = a->rules[rule].rank;
        w->calls[w->n_calls++] = (call){state, below, w->waiting[rank]};
        w->waiting[rank] = (int32_t)w->n_calls;
        w->highest = rank > w->highest ? rank : w->highest;
    }
}

/* ---- closing ---- */

static void look_at(const automaton *a, config_work *w, place p, bool returning)
{
    const nfa_state *s = &a->states[p.state];
    switch (s->kind) {
    case STATE_CHARS: add_item(w, (config_item){p.state, a->set_start[s->b], p.stack}); break;
    case STATE_SPLIT:
        add_place(a, w, (place){s->a, p.stack});
        add_place(a, w, (place){s->b, p.stack});
        break;
    case STATE_CALL:
        add_call(a, w, s->b, s->a, p.stack);
        if (a->rules[s->b].nullable) {
            add_place(a, w, (place){s->a, p.stack});
        }
        break;
    case STATE_END:
        if (returning) {
            w->ends = w->ends || p.stack->ends;
            for (uint32_t i = 0; i < p.stack->n; i++) {
                add_place(a, w, (place){p.stack->returns[i].state, p.stack->returns[i].below});
            }
        }
        break;
    }
}

static void look_at_all(const automaton *a, config_work *w, bool returning)
{
    while (w->n_places > 0 && w->status == PAW_OK) {
        look_at(a, w, w->places[--w->n_places], returning);
    }
}

/* The stack under a rule that is begun. A call that has nothing left to do but end its own rule returns straight to that rule's
 * callers, so that recursion at the end costs nothing. */
static stack *stack_of_calls(configs *c, int32_t first)
{
    config_work *w = c->work;
    bool ends = false;
    w->n_returns = 0;
    for (int32_t i = first; i != 0; i = w->calls[i - 1].next) {
        const call *k = &w->calls[i - 1];
        if (c->a->states[k->state].kind != STATE_END) {
            add_return(w, (stack_return){k->state, k->below});
            continue;
        }
        ends = ends || k->below->ends;
        for (uint32_t j = 0; j < k->below->n; j++) {
            add_return(w, k->below->returns[j]);
        }
    }
    stack *s = w->status == PAW_OK ? configs_stack(c, w->returns, w->n_returns, ends) : NULL;
    w->status = w->status == PAW_OK && s == NULL ? PAW_ERR_MEMORY : w->status;
    return s;
}

static void begin_rules(configs *c)
{
    config_work *w = c->work;
    for (int32_t rank = 0; rank <= w->highest; rank++) {
        int32_t first = w->waiting[rank];
        w->waiting[rank] = 0;
        stack *s = first != 0 && w->status == PAW_OK ? stack_of_calls(c, first) : NULL;
        if (s != NULL) {
            add_place(c->a, w, (place){c->a->rules[w->rule_of[rank]].start, s});
            look_at_all(c->a, w, false);
        }
    }
}

static void open_work(config_work *w)
{
    w->n_places = w->n_seen = w->n_calls = w->n_items = 0;
    w->highest = -1;
    w->ends = false;
    w->status = PAW_OK;
    if (++w->round == 0) { /* begins again: forget all */
        w->round = 1;
        if (w->seen != NULL) {
            memset(w->seen_round, 0, (w->seen_mask + 1) * sizeof *w->seen_round);
        }
    }
}

static paw_status close_work(configs *c, config **out, paw_error *err)
{
    config_work *w = c->work;
    look_at_all(c->a, w, true);
    begin_rules(c);
    *out = w->status == PAW_OK ? configs_intern(c, w->items, w->n_items, w->ends) : NULL;
    if (w->status == PAW_ERR_UNSUPPORTED) {
        return paw_fail(err, PAW_ERR_UNSUPPORTED, "format", "the format is too ambiguous: the text could stand in more than %d places",
                        CONFIG_MAX_ITEMS);
    }
    return *out != NULL ? PAW_OK : paw_fail_memory(err, w->n_items * sizeof *w->items);
}

/* ---- stepping ---- */

paw_status configs_begin(configs *c, stack *bottom, config **out, paw_error *err)
{
    open_work(c->work);
    add_place(c->a, c->work, (place){c->a->rules[0].start, bottom});
    return close_work(c, out, err);
}

paw_status configs_step(configs *c, config *from, uint8_t class, paw_error *err)
{
    const automaton *a = c->a;
    config_work *w = c->work;
    uint8_t byte = a->class_byte[class];
    open_work(w);
    for (uint32_t i = 0; i < from->n; i++) {
        const config_item *item = &from->items[i];
        int32_t to = char_bytes_step(&a->bytes, item->byte_state, byte);
        if (to >= 0) {
            add_item(w, (config_item){item->state, to, item->stack});
        } else if (to == BYTES_DONE) {
            add_place(a, w, (place){a->states[item->state].a, item->stack});
        }
    }
    return close_work(c, &from->next[class], err);
}
