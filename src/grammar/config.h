/*
 * config.h: where a text stands in an automaton, worked out as it is needed and kept.
 *
 * A configuration is the set of all places where the text so far may stand: a reading state, the place among its character's
 * bytes, and the stack of calls to return from. A stack is a set too: of the returns on top, each over the stack below it. So
 * an ambiguous grammar does not multiply stacks. Equal configurations and equal stacks are one, and a configuration remembers
 * where each byte leads: without calls this is a deterministic automaton made lazily.
 *
 * What is kept is bounded: once it is full, whoever uses it throws all away but the configurations that are registered as
 * roots. These are made anew, and pointers to others, and to stacks, dangle.
 */
#ifndef PAW_GRAMMAR_CONFIG_H
#define PAW_GRAMMAR_CONFIG_H

#include "grammar/automaton.h"

enum {
    CONFIGS_MOST_BYTES = 32 << 20,
    CONFIG_MAX_ITEMS = 1 << 14 /* places of one text, and returns of one stack */
};

typedef struct stack {
    struct stack *chain; /* in its hash slot */
    struct stack *like;  /* as states are alike; the stack itself when no other is */
    uint64_t hash;
    uint32_t id;      /* in order of making: those below have lower ones */
    int32_t distance; /* tokens to the end of the text once the call on top has returned */
    bool ends;        /* returning may end the text */
    uint32_t n;
    struct stack_return {
        int32_t state;
        struct stack *below;
    } returns[]; /* [n] sorted by state, then id */
} stack;

typedef struct stack_return stack_return;

typedef struct config_item {
    int32_t state, byte_state;
    stack *stack;
} config_item;

typedef struct config_mask config_mask; /* mask.c's */

typedef struct config {
    struct config *chain;
    struct config **next; /* [n_classes] NULL: not known; the dead one: no */
    struct config *like;  /* the one with the same mask; NULL: not known */
    config_mask *mask;    /* NULL: not known; in the cache's memory */
    uint64_t hash;
    int32_t distance; /* tokens to the end of the text */
    bool ends;        /* the text may end here */
    uint32_t n;
    config_item items[]; /* [n] sorted by state, byte state, stack's id */
} config;

/* A registered pointer to a configuration. */
typedef struct config_root {
    struct config_root *previous, *next;
    config *at;
} config_root;

typedef struct configs {
    const automaton *a;
    struct config_work *work;
    struct config_memory *memory;
    config *dead, *start;
    config_root roots;       /* head of a ring */
    config **walk;           /* more roots: [n_walk] */
    size_t n_walk;
    size_t collections;       /* how often all was thrown away */
    size_t most_bytes, limit; /* full beyond `limit`: most_bytes, or twice what was left after throwing away */
} configs;

/* The automaton must outlive it. */
paw_status configs_init(configs *c, const automaton *a, paw_error *err);
void configs_free(configs *c);

void configs_add_root(configs *c, config_root *root);
void configs_remove_root(config_root *root);

/* Where a byte of a class leads, into from->next[class]: c->dead when nowhere. PAW_ERR_UNSUPPORTED when the text could stand in
 * too many places. */
paw_status configs_step(configs *c, config *from, uint8_t class, paw_error *err);

/* Whether it is time to throw away, and doing it. After a failure (out of memory) all is as it was. */
bool configs_full(const configs *c);
paw_status configs_collect(configs *c, paw_error *err);

/* The configuration whose mask `from` has. */
paw_status configs_like(configs *c, config *from, config **out, paw_error *err);

/* Memory that is gone when all is thrown away; NULL when there is none. */
void *configs_allocate(configs *c, size_t size);

/* ---- between config.c and step.c ---- */

struct config_work *config_work_new(const automaton *a);
void config_work_free(struct config_work *w);

/* The beginning of a text, over the stack that ends it. */
paw_status configs_begin(configs *c, stack *bottom, config **out, paw_error *err);

/* The one stack of these returns, the one configuration of these items, both sorted here; NULL when out of memory. */
stack *configs_stack(configs *c, stack_return *returns, size_t n, bool ends);
config *configs_intern(configs *c, config_item *items, size_t n, bool ends);

#endif
