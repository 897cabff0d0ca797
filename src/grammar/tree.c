/* tree.c: building the prefix tree, and going down in it. */
#include "grammar/tree.h"

#include <stdlib.h>
#include <string.h>

typedef struct entry {
    uint64_t head; /* the first eight bytes, the first one highest */
    const uint8_t *bytes;
    uint32_t size;
    int32_t token;
} entry;

static uint64_t head_of(const uint8_t *bytes, uint32_t size)
{
    uint64_t head = 0;
    for (uint32_t i = 0; i < 8; i++) {
        head = head << 8 | (i < size ? bytes[i] : 0);
    }
    return head;
}

static int by_bytes(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    int order = memcmp(x->bytes, y->bytes, x->size < y->size ? x->size : y->size);
    if (order == 0) {
        order = x->size != y->size ? (x->size < y->size ? -1 : 1) : (x->token < y->token ? -1 : 1);
    }
    return order;
}

static uint32_t common(const entry *a, const entry *b)
{
    uint32_t n = 0, most = a->size < b->size ? a->size : b->size;
    while (n < most && a->bytes[n] == b->bytes[n]) {
        n++;
    }
    return n;
}

/* ---- tokens ---- */

static paw_status copy_bytes(grammar_vocabulary *v, const tokenizer *t, paw_error *err)
{
    size_t total = 0, size = 0;
    v->n_tokens = tokenizer_size(t);
    v->eos = tokenizer_eos(t);
    for (int32_t i = 0; i < v->n_tokens; i++) {
        tokenizer_bytes(t, i, &size);
        total += size;
    }
    v->start = malloc(((size_t)v->n_tokens + 1) * sizeof *v->start);
    v->bytes = malloc(total + 1);
    if (v->start == NULL || v->bytes == NULL) {
        return paw_fail_memory(err, total);
    }
    uint32_t at = 0;
    for (int32_t i = 0; i < v->n_tokens; i++) {
        const char *bytes = tokenizer_bytes(t, i, &size);
        v->start[i] = at;
        if (tokenizer_is_ordinary(t, i) && i != v->eos && size <= TREE_MAX_BYTES) {
            memcpy(v->bytes + at, bytes, size);
            at += (uint32_t)size;
        }
    }
    v->start[v->n_tokens] = at;
    return PAW_OK;
}

/* Sorts by head, byte by byte from the last to the first (radix sort), with room for as many. Gives where the result is. */
static entry *sort_by_head(entry *from, entry *to, size_t n)
{
    for (int shift = 0; shift < 64; shift += 8) {
        size_t at[257] = {0};
        for (size_t i = 0; i < n; i++) {
            at[(from[i].head >> shift & 0xFF) + 1]++;
        }
        for (int b = 0; b < 256; b++) {
            at[b + 1] += at[b];
        }
        for (size_t i = 0; i < n; i++) {
            to[at[from[i].head >> shift & 0xFF]++] = from[i];
        }
        entry *swap = from;
        from = to;
        to = swap;
    }
    return from;
}

/* The ordinary tokens in the order of their bytes: *n of them, in one half or the other of `room` (twice the tokens). */
static entry *sorted(const grammar_vocabulary *v, entry *room, size_t *n)
{
    *n = 0;
    for (int32_t i = 0; i < v->n_tokens; i++) {
        uint32_t size = v->start[i + 1] - v->start[i];
        if (size > 0) {
            const uint8_t *bytes = (const uint8_t *)v->bytes + v->start[i];
            room[(*n)++] = (entry){head_of(bytes, size), bytes, size, i};
        }
    }
    entry *entries = sort_by_head(room, room + v->n_tokens, *n);
    for (size_t from = 0, to; from < *n; from = to) {
        for (to = from + 1; to < *n && entries[to].head == entries[from].head; to++) {
        }
        if (to - from > 1) {
            qsort(entries + from, to - from, sizeof *entries, by_bytes);
        }
    }
    return entries;
}

/* ---- nodes ---- */

/* A token adds a node for each byte that it does not share with the one before; a token equal to the one before one more. */
static uint32_t shared(const entry *entries, size_t i)
{
    uint32_t same = i == 0 ? 0 : common(&entries[i - 1], &entries[i]);
    return same == entries[i].size ? same - 1 : same;
}

static void fill_nodes(grammar_vocabulary *v, const entry *entries, size_t n)
{
    uint32_t open[TREE_MAX_BYTES + 1]; /* the nodes above the next one */
    uint32_t depth = 0, at = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t same = shared(entries, i);
        for (; depth > same; depth--) {
            v->nodes[open[depth - 1]].skip = at - open[depth - 1];
        }
        for (; depth < entries[i].size; depth++) {
            v->nodes[at] = (tree_node){0, -1, entries[i].bytes[depth], (uint8_t)depth};
            open[depth] = at++;
        }
        v->nodes[at - 1].token = entries[i].token;
    }
    for (; depth > 0; depth--) {
        v->nodes[open[depth - 1]].skip = at - open[depth - 1];
    }
    v->n_nodes = at;
}

static void index_root(grammar_vocabulary *v)
{
    uint32_t at = 0;
    for (int b = 0; b < 256; b++) {
        v->first[b] = at;
        for (; at < v->n_nodes && v->nodes[at].byte == b; at += v->nodes[at].skip) {
            v->has[b] = v->has[b] || v->nodes[at].token >= 0;
        }
    }
    v->first[256] = at;
}

static paw_status build(grammar_vocabulary *v, const tokenizer *t, paw_error *err)
{
    PAW_TRY(copy_bytes(v, t, err));
    entry *room = malloc((2 * (size_t)v->n_tokens + 1) * sizeof *room);
    if (room == NULL) {
        return paw_fail_memory(err, 2 * (size_t)v->n_tokens * sizeof *room);
    }
    size_t n = 0, nodes = 0;
    const entry *entries = sorted(v, room, &n);
    for (size_t i = 0; i < n; i++) {
        nodes += entries[i].size - shared(entries, i);
        v->longest = (int)entries[i].size > v->longest ? (int)entries[i].size : v->longest;
    }
    v->nodes = malloc((nodes + 1) * sizeof *v->nodes);
    if (v->nodes != NULL) {
        fill_nodes(v, entries, n);
        index_root(v);
    }
    free(room);
    return v->nodes != NULL ? PAW_OK : paw_fail_memory(err, nodes * sizeof *v->nodes);
}

paw_status grammar_vocabulary_new(const tokenizer *t, grammar_vocabulary **out, paw_error *err)
{
    grammar_vocabulary *v = calloc(1, sizeof *v);
    paw_status status = v == NULL ? paw_fail_memory(err, sizeof *v) : build(v, t, err);
    if (status != PAW_OK) {
        grammar_vocabulary_free(v);
        return status;
    }
    *out = v;
    return PAW_OK;
}

void grammar_vocabulary_free(grammar_vocabulary *v)
{
    if (v != NULL) {
        free(v->nodes);
        free(v->start);
        free(v->bytes);
        free(v);
    }
}

size_t grammar_mask_words(const grammar_vocabulary *v)
{
    return ((size_t)v->n_tokens + 63) / 64;
}

/* ---- going down ---- */

tree_place tree_root(const grammar_vocabulary *v)
{
    return (tree_place){0, v->n_nodes, true};
}

bool tree_child(const grammar_vocabulary *v, tree_place *place, uint8_t byte, int32_t *token)
{
    uint32_t at = place->root ? v->first[byte] : place->from, to = place->root ? v->first[byte + 1] : place->to;
    while (at < to && v->nodes[at].byte < byte) {
        at += v->nodes[at].skip;
    }
    if (at >= to || v->nodes[at].byte != byte) {
        return false;
    }
    *token = v->nodes[at].token;
    while (v->nodes[at].skip == 1 && at + 1 < to && v->nodes[at + 1].byte == byte) {
        at++; /* of equal tokens the last has the children */
    }
    *place = (tree_place){at + 1, at + v->nodes[at].skip, false};
    return true;
}
