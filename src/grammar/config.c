/* config.c: keeping configurations and stacks once, and throwing them away. Not for: working them out, see step.c. */
#include "grammar/config.h"

#include <stdlib.h>
#include <string.h>

/* ---- memory ---- */

enum { CHUNK = 1 << 16 };

typedef struct chunk {
    struct chunk *next;
    size_t used, size;
    _Alignas(16) char data[];
} chunk;

/* All that is thrown away at once. */
typedef struct config_memory {
    chunk *chunks;
    size_t bytes;
    config **configs; /* hash tables of chains */
    stack **stacks;
    size_t config_mask, stack_mask, n_configs, n_stacks;
} config_memory;

static void *take(config_memory *m, size_t size)
{
    size = (size + 15) & ~(size_t)15;
    if (m->chunks == NULL || m->chunks->size - m->chunks->used < size) {
        size_t room = size > CHUNK / 4 ? size : CHUNK;
        chunk *c = malloc(sizeof *c + room);
        if (c == NULL) {
            return NULL;
        }
        c->used = 0;
        c->size = room;
        bool behind = room == size && m->chunks != NULL; /* it is full at once: the other stays in front */
        c->next = behind ? m->chunks->next : m->chunks;
        *(behind ? &m->chunks->next : &m->chunks) = c;
        m->bytes += room;
        if (behind) {
            c->used = size;
            return c->data;
        }
    }
    void *p = m->chunks->data + m->chunks->used;
    m->chunks->used += size;
    return p;
}

static void memory_free(config_memory *m)
{
    if (m != NULL) {
        while (m->chunks != NULL) {
            chunk *next = m->chunks->next;
            free(m->chunks);
            m->chunks = next;
        }
        free(m->configs);
        free(m->stacks);
        free(m);
    }
}

static config_memory *memory_new(void)
{
    config_memory *m = calloc(1, sizeof *m);
    if (m != NULL) {
        m->config_mask = m->stack_mask = 255;
        m->configs = calloc(256, sizeof *m->configs);
        m->stacks = calloc(256, sizeof *m->stacks);
        if (m->configs == NULL || m->stacks == NULL) {
            memory_free(m);
            m = NULL;
        }
    }
    return m;
}

void *configs_allocate(configs *c, size_t size)
{
    return take(c->memory, size);
}

static uint64_t mix(uint64_t h, uint64_t word)
{
    h = (h ^ word) * 0x9E3779B97F4A7C15u;
    return h ^ h >> 29;
}

/* ---- stacks ---- */

static int by_return(const void *a, const void *b)
{
    const stack_return *x = a, *y = b;
    if (x->state != y->state) {
        return x->state < y->state ? -1 : 1;
    }
    return x->below->id < y->below->id ? -1 : x->below->id > y->below->id;
}

static size_t sort_returns(stack_return *r, size_t n)
{
    size_t kept = 0;
    if (n > 1) {
        qsort(r, n, sizeof *r, by_return);
    }
    for (size_t i = 0; i < n; i++) {
        if (kept == 0 || by_return(&r[kept - 1], &r[i]) != 0) {
            r[kept++] = r[i];
        }
    }
    return kept;
}

static bool same_stack(const stack *s, const stack_return *r, size_t n, bool ends)
{
    for (size_t i = 0; i < n && s->n == n; i++) {
        if (s->returns[i].state != r[i].state || s->returns[i].below != r[i].below) {
            return false;
        }
    }
    return s->n == n && s->ends == ends;
}

static void grow_stacks(config_memory *m)
{
    size_t size = 2 * (m->stack_mask + 1);
    stack **slots = calloc(size, sizeof *slots);
    if (slots == NULL) {
        return; /* longer chains */
    }
    for (size_t i = 0; i <= m->stack_mask; i++) {
        for (stack *s = m->stacks[i], *next; s != NULL; s = next) {
            next = s->chain;
            s->chain = slots[s->hash & (size - 1)];
            slots[s->hash & (size - 1)] = s;
        }
    }
    free(m->stacks);
    m->stacks = slots;
    m->stack_mask = size - 1;
}

/* The one stack of these returns, which must be sorted; NULL when out of memory. */
static stack *intern_stack(configs *c, const stack_return *r, size_t n, bool ends)
{
    config_memory *m = c->memory;
    uint64_t hash = mix(n, ends);
    for (size_t i = 0; i < n; i++) {
        hash = mix(hash, (uint64_t)(uint32_t)r[i].state << 32 | r[i].below->id);
    }
    for (stack *s = m->stacks[hash & m->stack_mask]; s != NULL; s = s->chain) {
        if (s->hash == hash && same_stack(s, r, n, ends)) {
            return s;
        }
    }
    stack *s = take(m, sizeof *s + n * sizeof *r);
    if (s == NULL) {
        return NULL;
    }
    *s = (stack){.hash = hash, .id = (uint32_t)m->n_stacks, .ends = ends, .n = (uint32_t)n, .distance = ends ? 0 : NEVER};
    if (n > 0) {
        memcpy(s->returns, r, n * sizeof *r);
    }
    for (size_t i = 0; i < n; i++) {
        int32_t d = distance_add(c->a->distance[r[i].state], r[i].below->distance);
        s->distance = d < s->distance ? d : s->distance;
    }
    s->chain = m->stacks[hash & m->stack_mask];
    m->stacks[hash & m->stack_mask] = s;
    if (++m->n_stacks > 2 * m->stack_mask) {
        grow_stacks(m);
    }
    return s;
}

/* The stack like this one, found when it is made: those below have theirs. */
static bool find_like(configs *c, stack *s)
{
    if (s->like != NULL) {
        return true;
    }
    bool same = true;
    for (uint32_t i = 0; i < s->n && c->a->has_like; i++) {
        same = same && c->a->like[s->returns[i].state] == s->returns[i].state &&
               s->returns[i].below->like == s->returns[i].below;
    }
    if (same) {
        s->like = s;
        return true;
    }
    stack_return *r = malloc(s->n * sizeof *r);
    if (r == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < s->n; i++) {
        r[i] = (stack_return){c->a->like[s->returns[i].state], s->returns[i].below->like};
    }
    s->like = intern_stack(c, r, sort_returns(r, s->n), s->ends);
    if (s->like != NULL) {
        s->like->like = s->like;
    }
    free(r);
    return s->like != NULL;
}

stack *configs_stack(configs *c, stack_return *r, size_t n, bool ends)
{
    stack *s = intern_stack(c, r, sort_returns(r, n), ends);
    return s != NULL && find_like(c, s) ? s : NULL;
}

/* ---- configurations ---- */

static int by_item(const void *a, const void *b)
{
    const config_item *x = a, *y = b;
    if (x->state != y->state) {
        return x->state < y->state ? -1 : 1;
    }
    if (x->byte_state != y->byte_state) {
        return x->byte_state < y->byte_state ? -1 : 1;
    }
    return x->stack->id < y->stack->id ? -1 : x->stack->id > y->stack->id;
}

static size_t sort_items(config_item *items, size_t n)
{
    size_t kept = 0;
    if (n > 1) {
        qsort(items, n, sizeof *items, by_item);
    }
    for (size_t i = 0; i < n; i++) {
        if (kept == 0 || by_item(&items[kept - 1], &items[i]) != 0) {
            items[kept++] = items[i];
        }
    }
    return kept;
}

static bool same_config(const config *k, const config_item *items, size_t n, bool ends)
{
    for (size_t i = 0; i < n && k->n == n; i++) {
        const config_item *x = &k->items[i], *y = &items[i];
        if (x->state != y->state || x->byte_state != y->byte_state || x->stack != y->stack) {
            return false;
        }
    }
    return k->n == n && k->ends == ends;
}

static void grow_configs(config_memory *m)
{
    size_t size = 2 * (m->config_mask + 1);
    config **slots = calloc(size, sizeof *slots);
    if (slots == NULL) {
        return;
    }
    for (size_t i = 0; i <= m->config_mask; i++) {
        for (config *k = m->configs[i], *next; k != NULL; k = next) {
            next = k->chain;
            k->chain = slots[k->hash & (size - 1)];
            slots[k->hash & (size - 1)] = k;
        }
    }
    free(m->configs);
    m->configs = slots;
    m->config_mask = size - 1;
}

static config *new_config(configs *c, const config_item *items, size_t n, bool ends, uint64_t hash)
{
    config_memory *m = c->memory;
    config *k = take(m, sizeof *k + n * sizeof *items);
    config **next = take(m, (size_t)c->a->n_classes * sizeof *next);
    if (k == NULL || next == NULL) {
        return NULL;
    }
    memset(next, 0, (size_t)c->a->n_classes * sizeof *next);
    *k = (config){.next = next, .hash = hash, .ends = ends, .n = (uint32_t)n, .distance = ends ? 0 : NEVER};
    if (n > 0) {
        memcpy(k->items, items, n * sizeof *items);
    }
    for (size_t i = 0; i < n; i++) {
        int32_t d = automaton_distance(c->a, items[i].state, items[i].byte_state);
        d = distance_add(d, items[i].stack->distance);
        k->distance = d < k->distance ? d : k->distance;
    }
    k->chain = m->configs[hash & m->config_mask];
    m->configs[hash & m->config_mask] = k;
    if (++m->n_configs > 2 * m->config_mask) {
        grow_configs(m);
    }
    return k;
}

config *configs_intern(configs *c, config_item *items, size_t n, bool ends)
{
    n = sort_items(items, n);
    uint64_t hash = mix(n, ends);
    for (size_t i = 0; i < n; i++) {
        hash = mix(hash, (uint64_t)(uint32_t)items[i].state << 32 | (uint32_t)items[i].byte_state);
        hash = mix(hash, items[i].stack->id);
    }
    for (config *k = c->memory->configs[hash & c->memory->config_mask]; k != NULL; k = k->chain) {
        if (k->hash == hash && same_config(k, items, n, ends)) {
            return k;
        }
    }
    return new_config(c, items, n, ends, hash);
}

paw_status configs_like(configs *c, config *from, config **out, paw_error *err)
{
    if (from->like == NULL && !c->a->has_like) {
        from->like = from;
    }
    if (from->like == NULL) {
        config_item *items = malloc((from->n + 1) * sizeof *items);
        for (uint32_t i = 0; items != NULL && i < from->n; i++) {
            const config_item *x = &from->items[i];
            items[i] = (config_item){c->a->like[x->state], x->byte_state, x->stack->like};
        }
        from->like = items != NULL ? configs_intern(c, items, from->n, from->ends) : NULL;
        free(items);
        if (from->like == NULL) {
            return paw_fail_memory(err, from->n * sizeof *items);
        }
        from->like->like = from->like;
    }
    *out = from->like;
    return PAW_OK;
}

/* ---- roots ---- */

void configs_add_root(configs *c, config_root *root)
{
    root->previous = &c->roots;
    root->next = c->roots.next;
    root->next->previous = root;
    c->roots.next = root;
}

void configs_remove_root(config_root *root)
{
    root->previous->next = root->next;
    root->next->previous = root->previous;
}

/* ---- throwing away ---- */

typedef struct collection {
    stack **new; /* [n] by the old id: first the old stack, where it is needed, then the new one */
    size_t n;
} collection;

/* Marks the stacks of a configuration in `new` with themselves. */
static void need_stacks(collection *k, const config *at)
{
    for (uint32_t i = 0; at != NULL && i < at->n; i++) {
        k->new[at->items[i].stack->id] = at->items[i].stack;
    }
}

static void need_all(configs *c, collection *k)
{
    need_stacks(k, c->start);
    for (config_root *r = c->roots.next; r != &c->roots; r = r->next) {
        need_stacks(k, r->at);
    }
    for (size_t i = 0; i < c->n_walk; i++) {
        need_stacks(k, c->walk[i]);
    }
    for (size_t i = k->n; i-- > 0;) {
        for (uint32_t j = 0; k->new[i] != NULL && j < k->new[i]->n; j++) {
            stack *below = k->new[i]->returns[j].below;
            k->new[below->id] = below;
        }
    }
}

/* Makes the needed stacks anew from the bottom up. */
static bool move_stacks(configs *c, collection *k)
{
    for (size_t i = 0; i < k->n; i++) {
        stack *old = k->new[i];
        if (old != NULL) {
            stack_return *r = malloc((old->n + 1) * sizeof *r);
            for (uint32_t j = 0; r != NULL && j < old->n; j++) {
                r[j] = (stack_return){old->returns[j].state, k->new[old->returns[j].below->id]};
            }
            k->new[i] = r != NULL ? configs_stack(c, r, old->n, old->ends) : NULL;
            free(r);
            if (k->new[i] == NULL) {
                return false;
            }
        }
    }
    return true;
}

static config *moved_config(configs *c, const collection *k, const config *old)
{
    config_item *items = malloc((old->n + 1) * sizeof *items);
    for (uint32_t i = 0; items != NULL && i < old->n; i++) {
        items[i] = old->items[i];
        items[i].stack = k->new[items[i].stack->id];
    }
    config *out = items != NULL ? configs_intern(c, items, old->n, old->ends) : NULL;
    free(items);
    return out;
}

/* New places for all roots, first beside the old ones, so that a failure changes nothing. */
static bool move_roots(configs *c, const collection *k, config **moved)
{
    size_t n = 0;
    moved[n++] = moved_config(c, k, c->start);
    for (config_root *r = c->roots.next; r != &c->roots; r = r->next) {
        moved[n++] = moved_config(c, k, r->at);
    }
    for (size_t i = 0; i < c->n_walk; i++) {
        moved[n++] = moved_config(c, k, c->walk[i]);
    }
    moved[n++] = configs_intern(c, NULL, 0, false);
    for (size_t i = 0; i < n; i++) {
        if (moved[i] == NULL) {
            return false;
        }
    }
    return true;
}

static void set_roots(configs *c, config **moved)
{
    size_t n = 0;
    c->start = moved[n++];
    for (config_root *r = c->roots.next; r != &c->roots; r = r->next) {
        r->at = moved[n++];
    }
    for (size_t i = 0; i < c->n_walk; i++) {
        c->walk[i] = moved[n++];
    }
    c->dead = moved[n];
}

bool configs_full(const configs *c)
{
    return c->memory->bytes > c->limit;
}

paw_status configs_collect(configs *c, paw_error *err)
{
    size_t n_roots = 2 + c->n_walk;
    for (config_root *r = c->roots.next; r != &c->roots; r = r->next) {
        n_roots++;
    }
    config_memory *old = c->memory, *new = memory_new();
    collection k = {.n = old->n_stacks};
    k.new = calloc(k.n + 1, sizeof *k.new);
    config **moved = malloc(n_roots * sizeof *moved);
    bool done = false;
    if (new != NULL && k.new != NULL && moved != NULL) {
        need_all(c, &k);
        c->memory = new;
        done = move_stacks(c, &k) && move_roots(c, &k, moved);
    }
    if (done) {
        set_roots(c, moved);
        c->collections++;
        c->limit = 2 * new->bytes > c->most_bytes ? 2 * new->bytes : c->most_bytes;
    }
    c->memory = done ? new : old;
    memory_free(done ? old : new);
    free(k.new);
    free(moved);
    return done ? PAW_OK : paw_fail_memory(err, old->n_stacks * sizeof *k.new);
}

/* ---- all of it ---- */

paw_status configs_init(configs *c, const automaton *a, paw_error *err)
{
    *c = (configs){.a = a, .most_bytes = CONFIGS_MOST_BYTES, .limit = CONFIGS_MOST_BYTES};
    c->roots.next = c->roots.previous = &c->roots;
    c->memory = memory_new();
    c->work = config_work_new(a);
    stack *bottom = c->memory != NULL && c->work != NULL ? configs_stack(c, NULL, 0, true) : NULL;
    c->dead = bottom != NULL ? configs_intern(c, NULL, 0, false) : NULL;
    return c->dead != NULL ? configs_begin(c, bottom, &c->start, err) : paw_fail_memory(err, sizeof *c->memory);
}

void configs_free(configs *c)
{
    memory_free(c->memory);
    config_work_free(c->work);
    c->memory = NULL;
    c->work = NULL;
}
