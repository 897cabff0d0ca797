/*
 * distance.c: how far it is from each state to the end of its rule.
 *
 * First in bytes: Dijkstra's algorithm from the ends backwards, with the cost of a rule known once its start is reached
 * (Knuth's generalisation to grammars). The shortest way from a state is a string of bytes; then, along these strings, the
 * fewest tokens that they can be cut into so that none crosses the begin or end of a called rule. Along such a cut each token
 * brings the distance down by one, which is all that masks rely on.
 */
#include <stdlib.h>
#include <string.h>

#include "grammar/automaton.h"

typedef struct measuring {
    automaton *a;
    const grammar_vocabulary *v;
    int32_t *bytes; /* [n_states] distance in bytes; NEVER: not known yet */
    int32_t *order; /* states as they became known */
    int32_t n_order;
    bool *known;
    int32_t *via;   /* [n_states] of a split: the side that is nearer to the end */
    int32_t *from_first, *from; /* states that lead to a state, by state */
    int32_t *call_first, *calls; /* calls of a rule, by rule */
    int32_t *starts_first, *starts; /* rules that begin with a state, by state */
    struct waiting *heap;
    size_t heap_size, heap_capacity;
} measuring;

typedef struct waiting {
    int32_t distance, state;
} waiting;

/* ---- heap ---- */

static bool less(waiting x, waiting y)
{
    return x.distance != y.distance ? x.distance < y.distance : x.state < y.state;
}

static void heap_push(measuring *m, int32_t distance, int32_t state)
{
    size_t i = m->heap_size++; /* its capacity is the number of edges and ends */
    for (; i > 0 && less((waiting){distance, state}, m->heap[(i - 1) / 2]); i = (i - 1) / 2) {
        m->heap[i] = m->heap[(i - 1) / 2];
    }
    m->heap[i] = (waiting){distance, state};
}

static waiting heap_pop(measuring *m)
{
    waiting top = m->heap[0], last = m->heap[--m->heap_size];
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= m->heap_size) {
            break;
        }
        if (child + 1 < m->heap_size && less(m->heap[child + 1], m->heap[child])) {
            child++;
        }
        if (!less(m->heap[child], last)) {
            break;
        }
        m->heap[i] = m->heap[child];
        i = child;
    }
    m->heap[i] = last;
    return top;
}

/* ---- who leads where ---- */

/* Counting sort in two passes over the same calls: with `fill` false it counts, then adds up, then fills. */
static void add_up(int32_t *first, int32_t n)
{
    int32_t sum = 0;
    for (int32_t i = 0; i <= n; i++) {
        int32_t count = first[i];
        first[i] = sum;
        sum += count;
    }
}

static void link_states(measuring *m, bool fill)
{
    automaton *a = m->a;
    for (int32_t q = 0; q < a->n_states; q++) {
        const nfa_state *s = &a->states[q];
        if (s->kind != STATE_END) {
            int32_t at = m->from_first[s->a]++;
            if (fill) {
                m->from[at] = q;
            }
        }
        if (s->kind == STATE_SPLIT) {
            int32_t at = m->from_first[s->b]++;
            if (fill) {
                m->from[at] = q;
            }
        } else if (s->kind == STATE_CALL) {
            int32_t at = m->call_first[s->b]++;
            if (fill) {
                m->calls[at] = q;
            }
        }
    }
    for (int32_t r = 0; r < a->n_rules; r++) {
        int32_t at = m->starts_first[a->rules[r].start]++;
        if (fill) {
            m->starts[at] = r;
        }
    }
}

/* After filling, first[i] has moved to where i + 1 begins. */
static void move_back(int32_t *first, int32_t n)
{
    memmove(first + 1, first, (size_t)n * sizeof *first);
    first[0] = 0;
}

static void link_all(measuring *m)
{
    automaton *a = m->a;
    link_states(m, false);
    add_up(m->from_first, a->n_states);
    add_up(m->call_first, a->n_rules);
    add_up(m->starts_first, a->n_states);
    link_states(m, true);
    move_back(m->from_first, a->n_states);
    move_back(m->call_first, a->n_rules);
    move_back(m->starts_first, a->n_states);
}

/* ---- bytes ---- */

static void offer(measuring *m, int32_t state, int32_t distance, int32_t via)
{
    if (distance < m->bytes[state]) {
        m->bytes[state] = distance;
        m->via[state] = via;
        heap_push(m, distance, state);
    }
}

static void offer_from(measuring *m, int32_t q, int32_t next)
{
    const automaton *a = m->a;
    const nfa_state *s = &a->states[q];
    int32_t next_distance = m->bytes[next];
    if (s->kind == STATE_SPLIT) {
        offer(m, q, next_distance, next);
    } else if (s->kind == STATE_CALL) {
        int32_t start = a->rules[s->b].start;
        if (m->known[start]) {
            offer(m, q, distance_add(m->bytes[start], next_distance), next);
        }
    } else if (a->set_start[s->b] >= 0) {
        offer(m, q, distance_add(a->bytes.states[a->set_start[s->b]].distance, next_distance), next);
    }
}

static void settle(measuring *m, int32_t state)
{
    const automaton *a = m->a;
    m->known[state] = true;
    m->order[m->n_order++] = state;
    for (int32_t i = m->from_first[state]; i < m->from_first[state + 1]; i++) {
        offer_from(m, m->from[i], state);
    }
    for (int32_t i = m->starts_first[state]; i < m->starts_first[state + 1]; i++) {
        int32_t rule = m->starts[i];
        for (int32_t j = m->call_first[rule]; j < m->call_first[rule + 1]; j++) {
            int32_t q = m->calls[j], next = a->states[q].a;
            if (m->known[next]) {
                offer(m, q, distance_add(m->bytes[state], m->bytes[next]), next);
            }
        }
    }
}

static void measure_bytes(measuring *m)
{
    const automaton *a = m->a;
    for (int32_t q = 0; q < a->n_states; q++) {
        m->bytes[q] = NEVER;
        if (a->states[q].kind == STATE_END) {
            offer(m, q, 0, q);
        }
    }
    while (m->heap_size > 0) {
        waiting w = heap_pop(m);
        if (!m->known[w.state]) {
            settle(m, w.state);
        }
    }
}

/* ---- tokens ---- */

/* The reading state on the shortest way from here without a byte; -1 where the rule ends or calls. */
static int32_t reading_state(const measuring *m, int32_t q)
{
    const nfa_state *states = m->a->states;
    while (states[q].kind == STATE_SPLIT) {
        q = m->via[q];
    }
    return states[q].kind == STATE_CHARS ? q : -1;
}

/* The fewest tokens from a reading state, once all states that are nearer are done. */
static int32_t cut(const measuring *m, int32_t q)
{
    const automaton *a = m->a;
    int32_t p = a->set_start[a->states[q].b], token;
    int32_t best = distance_add(a->bytes.states[p].distance, a->distance[a->states[q].a]);
    for (tree_place place = tree_root(m->v); q >= 0 && tree_child(m->v, &place, a->bytes.states[p].best, &token);) {
        int32_t rest;
        p = char_bytes_step(&a->bytes, p, a->bytes.states[p].best);
        if (p == BYTES_DONE) {
            int32_t next = a->states[q].a;
            rest = a->distance[next];
            q = reading_state(m, next);
            p = q >= 0 ? a->set_start[a->states[q].b] : 0;
        } else {
            rest = distance_add(a->bytes.states[p].distance, a->distance[a->states[q].a]);
        }
        best = token >= 0 && 1 + rest < best ? 1 + rest : best;
    }
    return best;
}

static void measure_tokens(measuring *m)
{
    automaton *a = m->a;
    for (int32_t q = 0; q < a->n_states; q++) {
        a->distance[q] = NEVER;
    }
    for (int32_t i = 0; i < m->n_order; i++) {
        int32_t q = m->order[i];
        const nfa_state *s = &a->states[q];
        switch (s->kind) {
        case STATE_END: a->distance[q] = 0; break;
        case STATE_SPLIT: a->distance[q] = a->distance[m->via[q]]; break;
        case STATE_CALL: a->distance[q] = distance_add(a->distance[a->rules[s->b].start], a->distance[s->a]); break;
        case STATE_CHARS: a->distance[q] = cut(m, q); break;
        }
    }
}

/* ---- both ---- */

static bool allocate(measuring *m)
{
    size_t n = (size_t)m->a->n_states, rules = (size_t)m->a->n_rules;
    m->a->distance = malloc(n * sizeof(int32_t));
    m->bytes = malloc(n * sizeof(int32_t));
    m->order = malloc(n * sizeof(int32_t));
    m->known = calloc(n, sizeof *m->known);
    m->via = malloc(n * sizeof(int32_t));
    m->from_first = calloc(n + 1, sizeof(int32_t));
    m->from = malloc(2 * n * sizeof(int32_t));
    m->call_first = calloc(rules + 1, sizeof(int32_t));
    m->calls = malloc(n * sizeof(int32_t));
    m->starts_first = calloc(n + 1, sizeof(int32_t));
    m->starts = malloc((rules + 1) * sizeof(int32_t));
    m->heap = malloc(3 * n * sizeof *m->heap); /* a state is offered at most twice; an end once */
    return m->a->distance != NULL && m->bytes != NULL && m->order != NULL && m->known != NULL && m->via != NULL &&
           m->from_first != NULL && m->from != NULL && m->call_first != NULL && m->calls != NULL && m->starts_first != NULL && m->starts != NULL &&
           m->heap != NULL;
}

static void release(measuring *m)
{
    free(m->bytes);
    free(m->order);
    free(m->known);
    free(m->via);
    free(m->from_first);
    free(m->from);
    free(m->call_first);
    free(m->calls);
    free(m->starts_first);
    free(m->starts);
    free(m->heap);
}

paw_status automaton_measure(automaton *a, const grammar_vocabulary *v, paw_error *err)
{
    measuring m = {.a = a, .v = v};
    if (!allocate(&m)) {
        release(&m);
        return paw_fail_memory(err, (size_t)a->n_states * 40);
    }
    link_all(&m);
    measure_bytes(&m);
    measure_tokens(&m);
    for (int32_t r = 0; r < a->n_rules; r++) {
        a->rules[r].nullable = m.bytes[a->rules[r].start] == 0;
    }
    release(&m);
    return PAW_OK;
}
