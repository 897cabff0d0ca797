/*
 * automaton.h: what a format is compiled to: states over characters, with calls of rules.
 *
 * A state reads one character of a set, or splits in two, or calls a rule and goes on when that ends, or ends its rule. What
 * stands between two characters' bytes is a state of `bytes`, shared by all characters of a set, so that a repetition of a
 * character a thousand times is a thousand states and not ten thousand.
 *
 * For every state the automaton knows a number of tokens within which its rule can be ended from there (`distance`); a state
 * from which it cannot is never entered.
 *
 * `like` is for masks: the next token sees no difference between a state and the one it is like, because what differs (how
 * often a repetition may still go round) lies farther ahead than the longest token.
 */
#ifndef PAW_GRAMMAR_AUTOMATON_H
#define PAW_GRAMMAR_AUTOMATON_H

#include "grammar/expr.h"
#include "grammar/tree.h"

typedef enum state_kind { STATE_CHARS, STATE_SPLIT, STATE_CALL, STATE_END } state_kind;

typedef struct nfa_state {
    state_kind kind;
    int32_t a; /* next; of a call: where to go on */
    int32_t b; /* STATE_CHARS: set; STATE_SPLIT: next as well; STATE_CALL: rule */
} nfa_state;

typedef struct nfa_rule {
    int32_t start;
    int32_t rank;   /* before its first byte a rule only calls rules of higher rank */
    bool nullable;
    char *name;
} nfa_rule;

enum {
    STATES_MAX = 1 << 20,
    NEVER = 1 << 29, /* a distance: the end cannot be reached */
};

typedef struct automaton {
    nfa_state *states;
    int32_t n_states, states_capacity;
    int32_t *distance; /* [n_states] tokens */
    int32_t *like;     /* [n_states] */
    bool has_like;     /* `like` is not everywhere the state itself */
    nfa_rule *rules;   /* 0: the format */
    int32_t n_rules;
    int32_t *set_start; /* by set: the first state of `bytes`, or BYTES_DEAD */
    int32_t n_sets;
    char_bytes bytes;
    uint8_t class_of[256]; /* bytes that no state tells apart */
    uint8_t class_byte[256]; /* one of each class */
    int n_classes;
} automaton;

/* Turns what was built into an automaton; `source` names it in errors ("schema"). Free it also after a failure. */
paw_status automaton_make(expr_builder *b, const grammar_vocabulary *v, const char *source, automaton *out, paw_error *err);
void automaton_free(automaton *a);

static inline int32_t distance_add(int32_t a, int32_t b)
{
    return a >= NEVER || b >= NEVER || a + b >= NEVER ? NEVER : a + b;
}

/* Tokens to the end of the rule from inside the character that `state` reads, or before it. */
static inline int32_t automaton_distance(const automaton *a, int32_t state, int32_t byte_state)
{
    const nfa_state *s = &a->states[state];
    return byte_state == a->set_start[s->b]
               ? a->distance[state]
               : distance_add(a->bytes.states[byte_state].distance, a->distance[s->a]);
}

/* ---- between the files that make automata ---- */

/* Copies of one piece of the automaton: copy i is the states from base + i * stride on; from `first` on all may be left. */
typedef struct copies {
    int32_t base, stride, first, count;
} copies;

typedef struct copies_list {
    copies *data;
    size_t size, capacity;
} copies_list;

/* emit.c: fills states, rules and sets. */
paw_status automaton_emit(const expr_builder *b, const char *source, automaton *a, copies_list *made, paw_error *err);

/* distance.c: fills `distance`, and the rules' `nullable`. */
paw_status automaton_measure(automaton *a, const grammar_vocabulary *v, paw_error *err);

#endif
