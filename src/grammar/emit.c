/*
 * emit.c: expressions to states.
 *
 * An expression is emitted with the state that follows it and gives the state that begins it, so that lists are made from the
 * back. A repetition emits its body once and copies the block of states that came out.
 */
#include <stdlib.h>
#include <string.h>

#include "grammar/automaton.h"

typedef struct emitter {
    const expr_builder *b;
    automaton *a;
    copies_list *made;
    int32_t dead; /* a state that reads nothing */
    int depth;
    paw_status status;
} emitter;

static const char too_large[] = "the format is too large: more than %d states; allow fewer repetitions or shorter strings";

/* ---- states ---- */

/* Makes room for n states more; false, and remembered, when there is none. */
static bool reserve(emitter *m, int64_t n)
{
    automaton *a = m->a;
    if (m->status == PAW_OK && n > STATES_MAX - a->n_states) {
        m->status = PAW_ERR_UNSUPPORTED;
    }
    if (m->status == PAW_OK && a->n_states + n > a->states_capacity) {
        int64_t capacity = a->states_capacity < 256 ? 256 : a->states_capacity;
        while (capacity < a->n_states + n) {
            capacity *= 2;
        }
        nfa_state *p = realloc(a->states, (size_t)capacity * sizeof *p);
        if (p == NULL) {
            m->status = PAW_ERR_MEMORY;
        } else {
            a->states = p;
            a->states_capacity = (int32_t)capacity;
        }
    }
    return m->status == PAW_OK;
}

/* The new state, or 0 (which always is there) after a failure. */
static int32_t put(emitter *m, state_kind kind, int32_t a, int32_t b)
{
    if (!reserve(m, 1)) {
        return 0;
    }
    m->a->states[m->a->n_states] = (nfa_state){kind, a, b};
    return m->a->n_states++;
}

static int32_t emit(emitter *m, expr e, int32_t next);

/* ---- copies ---- */

static void note_copies(emitter *m, copies c)
{
    copies_list *list = m->made;
    if (m->status == PAW_OK && list->size == list->capacity) {
        size_t capacity = list->capacity == 0 ? 64 : 2 * list->capacity;
        copies *p = realloc(list->data, capacity * sizeof *p);
        if (p == NULL) {
            m->status = PAW_ERR_MEMORY;
        } else {
            list->data = p;
            list->capacity = capacity;
        }
    }
    if (m->status == PAW_OK) {
        list->data[list->size++] = c;
    }
}

/* A block of states, and the copies inside it. */
typedef struct block {
    int32_t from, to;
    size_t made_from, made_to;
} block;

static int32_t moved(const block *k, int32_t state, int32_t by)
{
    return state >= k->from && state < k->to ? state + by : state;
}

/* Appends the block `times` times, references inside it following; those out of it are left. */
static bool copy_block(emitter *m, const block *k, int32_t times)
{
    int32_t stride = k->to - k->from;
    if (!reserve(m, (int64_t)stride * times)) {
        return false;
    }
    nfa_state *states = m->a->states;
    for (int32_t i = 1; i <= times; i++) {
        for (int32_t q = k->from; q < k->to; q++) {
            nfa_state s = states[q];
            s.a = moved(k, s.a, i * stride);
            s.b = s.kind == STATE_SPLIT ? moved(k, s.b, i * stride) : s.b;
            states[m->a->n_states++] = s;
        }
        for (size_t j = k->made_from; j < k->made_to; j++) {
            copies c = m->made->data[j];
            c.base += i * stride;
            note_copies(m, c);
        }
    }
    return m->status == PAW_OK;
}

static void replace_in(emitter *m, int32_t from, int32_t to, int32_t old, int32_t with)
{
    for (int32_t q = from; q < to; q++) {
        nfa_state *s = &m->a->states[q];
        s->a = s->a == old ? with : s->a;
        s->b = s->kind == STATE_SPLIT && s->b == old ? with : s->b;
    }
}

/* Emits the child, and a separator (or EXPR_NONE) before it, followed by a place holder. *first: the begin of the child;
 * the begin of all is given. */
static int32_t emit_block(emitter *m, expr child, expr separator, int32_t *hole, int32_t *first, block *out)
{
    *hole = put(m, STATE_SPLIT, 0, 0);
    *out = (block){.from = m->a->n_states, .made_from = m->made->size};
    *first = emit(m, child, *hole);
    int32_t start = separator == EXPR_NONE ? *first : emit(m, separator, *first);
    out->to = m->a->n_states;
    out->made_to = m->made->size;
    return start;
}

/* Copy i begins at its split: into the body, or out of it when enough have passed; the body leads to the next copy's split. The
 * first copy is begun without a separator. */
static int32_t emit_counted(emitter *m, const expr_node *n, int32_t next)
{
    block k;
    int32_t hole, first, start = emit_block(m, n->last, n->separator, &hole, &first, &k);
    int32_t split = put(m, STATE_SPLIT, start, start);
    k.to = m->a->n_states;
    int32_t stride = k.to - k.from;
    if (!copy_block(m, &k, n->high - 1)) {
        return 0;
    }
    for (int32_t i = 0; i < n->high; i++) {
        int32_t from = k.from + i * stride, at = split + i * stride;
        replace_in(m, from, at + 1, hole, i + 1 < n->high ? at + stride : next);
        m->a->states[at].b = i >= n->low ? next : m->a->states[at].a;
    }
    if (n->high - n->low > 1) {
        note_copies(m, (copies){k.from, stride, n->low, n->high});
    }
    if (n->separator == EXPR_NONE) {
        return split;
    }
    first = first == hole ? split + stride : first;
    return n->low == 0 ? put(m, STATE_SPLIT, first, next) : first;
}

/* `low` copies, of which the last is repeated. */
static int32_t emit_endless(emitter *m, const expr_node *n, int32_t next)
{
    block k;
    int32_t loop = put(m, STATE_SPLIT, next, next), copies = n->low > 1 ? n->low : 1;
    int32_t hole, first, start = emit_block(m, n->last, n->separator, &hole, &first, &k), stride = k.to - k.from;
    if (!copy_block(m, &k, copies - 1)) {
        return 0;
    }
    for (int32_t i = 0; i < copies; i++) {
        int32_t from = k.from + i * stride, following = moved(&k, start, (i + 1) * stride);
        replace_in(m, from, from + stride, hole, i + 1 < copies ? following : loop);
    }
    start = start == hole ? loop : moved(&k, start, (copies - 1) * stride);
    first = first == hole ? loop : first;
    m->a->states[loop].a = start;
    if (n->low == 0) {
        return n->separator == EXPR_NONE ? loop : put(m, STATE_SPLIT, first, next);
    }
    return first;
}

static int32_t emit_repeat(emitter *m, const expr_node *n, int32_t next)
{
    if (n->high == EXPR_ENDLESS) {
        return emit_endless(m, n, next);
    }
    if (n->high == 0) {
        return next;
    }
    if (n->high == 1) {
        int32_t start = emit(m, n->last, next);
        return n->low == 1 ? start : put(m, STATE_SPLIT, start, next);
    }
    return emit_counted(m, n, next);
}

/* ---- lengths ---- */

/* Copy i of the child stands after i characters: reading one leads to the next copy. Without a limit the last copy leads to
 * itself. The child's end leads on where the length is right. */
static int32_t emit_length(emitter *m, const expr_node *n, int32_t next)
{
    block k;
    int32_t hole, first, start = emit_block(m, n->last, EXPR_NONE, &hole, &first, &k), stride = k.to - k.from;
    bool endless = n->high == EXPR_ENDLESS;
    int32_t count = (endless ? n->low : n->high) + 1;
    k.made_to = k.made_from; /* what was copies of each other is that no longer */
    m->made->size = k.made_from;
    if (start == hole) { /* matches the empty text only */
        return n->low == 0 ? next : m->dead;
    }
    if (!copy_block(m, &k, count - 1)) {
        return 0;
    }
    for (int32_t i = 0; i < count; i++) {
        int32_t from = k.from + i * stride, step = endless && i + 1 == count ? 0 : stride;
        for (int32_t q = from; q < from + stride; q++) {
            nfa_state *s = &m->a->states[q];
            int32_t passed = s->kind == STATE_CHARS && step > 0 ? i + 1 : i;
            int32_t out = passed >= n->low ? next : m->dead;
            if (s->a == hole || passed >= count) {
                s->a = passed < count ? out : m->dead;
            } else if (s->kind == STATE_CHARS && s->a != m->dead) {
                s->a += step;
            }
            s->b = s->kind == STATE_SPLIT && s->b == hole ? out : s->b;
        }
    }
    if (!endless && n->high - n->low > 1) {
        note_copies(m, (copies){k.from, stride, n->low, count});
    }
    return start;
}

/* ---- the rest ---- */

static int32_t emit_alternatives(emitter *m, const expr_node *n, int32_t next)
{
    int32_t start = n->last == EXPR_NONE ? m->dead : emit(m, n->last, next);
    for (expr e = n->last == EXPR_NONE ? EXPR_NONE : m->b->nodes[n->last].previous; e != EXPR_NONE; e = m->b->nodes[e].previous) {
        start = put(m, STATE_SPLIT, emit(m, e, next), start);
    }
    return start;
}

/* `after`: what follows once a member has stood; `fresh`: while none has. They share the members and all that follows. */
static int32_t emit_members(emitter *m, const expr_node *n, int32_t next)
{
    int32_t after = next, fresh = next;
    for (expr e = n->last; e != EXPR_NONE; e = m->b->nodes[e].previous) {
        int32_t member = emit(m, e, after);
        int32_t joined = m->b->nodes[e].previous == EXPR_NONE ? m->dead : emit(m, n->separator, member);
        if (m->b->nodes[e].optional) {
            after = put(m, STATE_SPLIT, joined, after);
            fresh = put(m, STATE_SPLIT, member, fresh);
        } else {
            after = joined;
            fresh = member;
        }
    }
    return fresh;
}

static int32_t emit(emitter *m, expr e, int32_t next)
{
    if (e == EXPR_NONE || m->status != PAW_OK) {
        return m->dead;
    }
    if (m->depth >= EXPR_MAX_DEPTH) {
        m->status = PAW_ERR_CONTEXT;
        return m->dead;
    }
    const expr_node *n = &m->b->nodes[e];
    int32_t start = next;
    m->depth++;
    switch (n->kind) {
    case EXPR_CHARS: start = put(m, STATE_CHARS, next, n->set); break;
    case EXPR_SEQ:
        for (expr child = n->last; child != EXPR_NONE; child = m->b->nodes[child].previous) {
            start = emit(m, child, start);
        }
        break;
    case EXPR_ALT: start = emit_alternatives(m, n, next); break;
    case EXPR_REPEAT: start = emit_repeat(m, n, next); break;
    case EXPR_LENGTH: start = emit_length(m, n, next); break;
    case EXPR_MEMBERS: start = emit_members(m, n, next); break;
    case EXPR_RULE: start = put(m, STATE_CALL, next, n->rule); break;
    case EXPR_ANCHOR: break; /* those that are left were checked by who read them */
    }
    m->depth--;
    return start;
}

static paw_status emit_rules(emitter *m, paw_error *err)
{
    automaton *a = m->a;
    a->rules = calloc(m->b->n_rules + 1, sizeof *a->rules);
    if (a->rules == NULL) {
        return paw_fail_memory(err, m->b->n_rules * sizeof *a->rules);
    }
    for (size_t i = 0; i < m->b->n_rules; i++) {
        a->n_rules++;
        a->rules[i].name = strdup(m->b->rules[i].name);
        if (a->rules[i].name == NULL) {
            return paw_fail_memory(err, strlen(m->b->rules[i].name));
        }
        int32_t end = put(m, STATE_END, 0, 0);
        a->rules[i].start = emit(m, m->b->rules[i].body, end);
    }
    return PAW_OK;
}

static paw_status add_sets(emitter *m, paw_error *err)
{
    automaton *a = m->a;
    a->set_start = malloc((m->b->n_sets + 1) * sizeof *a->set_start);
    if (a->set_start == NULL) {
        return paw_fail_memory(err, m->b->n_sets * sizeof *a->set_start);
    }
    for (size_t i = 0; i < m->b->n_sets && !a->bytes.failed; i++) {
        a->set_start[i] = char_bytes_add(&a->bytes, &m->b->sets[i].chars, m->b->sets[i].spelling);
    }
    a->n_sets = (int32_t)m->b->n_sets;
    a->set_start[a->n_sets++] = BYTES_DEAD; /* of the dead state */
    return a->bytes.failed ? paw_fail_memory(err, a->bytes.n_edges * sizeof *a->bytes.edges) : PAW_OK;
}

paw_status automaton_emit(const expr_builder *b, const char *source, automaton *a, copies_list *made, paw_error *err)
{
    emitter m = {.b = b, .a = a, .made = made};
    PAW_TRY(add_sets(&m, err));
    m.dead = put(&m, STATE_CHARS, 0, a->n_sets - 1);
    PAW_TRY(emit_rules(&m, err));
    if (m.status == PAW_ERR_CONTEXT) {
        return paw_fail(err, PAW_ERR_UNSUPPORTED, source, "the format is nested too deeply: at most %d levels", EXPR_MAX_DEPTH);
    }
    return m.status == PAW_OK             ? PAW_OK
           : m.status == PAW_ERR_MEMORY ? paw_fail_memory(err, (size_t)a->n_states * sizeof *a->states)
                                        : paw_fail(err, PAW_ERR_UNSUPPORTED, source, too_large, STATES_MAX);
}
