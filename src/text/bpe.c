/* bpe.c: byte pair encoding of one word. Not for: what the tokens stand for. */
#include "text/bpe.h"

#include <stdlib.h>
#include <string.h>

enum { NONE = -1 };

typedef struct bpe_symbol {
    int32_t token; /* NONE once it became part of its left neighbour */
    int32_t previous, next;
} bpe_symbol;

typedef struct bpe_candidate {
    uint64_t order; /* rank, then place in the word */
    bpe_merge merge;
} bpe_candidate;

/* ---- the table ---- */

/* The slot of this pair, or the free one where it belongs; *tag is set for whoever fills it. */
static uint32_t *find_slot(const bpe_table *table, int32_t left, int32_t right, uint32_t *tag)
{
    uint64_t h = ((uint64_t)(uint32_t)left << 32 | (uint32_t)right) * 0x9E3779B97F4A7C15u;
    size_t i = (size_t)((h ^ h >> 32) * 0x9E3779B97F4A7C15u >> 32) & table->mask;
    *tag = (uint32_t)(h >> 56) << 24;
    for (;; i = (i + 1) & table->mask) {
        uint32_t slot = table->slots[i];
        if (slot == 0) {
            return &table->slots[i];
        }
        if ((slot & 0xFF000000u) == *tag) {
            const bpe_merge *m = &table->merges[(slot & 0xFFFFFF) - 1];
            if (m->left == left && m->right == right) {
                return &table->slots[i];
            }
        }
    }
}

paw_status bpe_table_init(bpe_table *table, size_t n, paw_error *err)
{
    size_t size = 16;
    while (size / 2 < n) {
        size *= 2;
    }
    table->merges = malloc((n + 1) * sizeof *table->merges);
    table->slots = calloc(size, sizeof *table->slots);
    table->mask = size - 1;
    if (table->merges == NULL || table->slots == NULL) {
        return paw_fail_memory(err, n * sizeof *table->merges + size * sizeof *table->slots);
    }
    return PAW_OK;
}

void bpe_table_free(bpe_table *table)
{
    free(table->merges);
    free(table->slots);
    memset(table, 0, sizeof *table);
}

bool bpe_table_add(bpe_table *table, bpe_merge merge)
{
    uint32_t tag, *slot = find_slot(table, merge.left, merge.right, &tag);
    if (*slot != 0) {
        return false;
    }
    table->merges[table->size++] = merge;
    *slot = tag | (uint32_t)table->size;
    return true;
}

/* ---- one word ---- */

static void heap_push(bpe_scratch *s, bpe_candidate c)
{
    size_t i = s->heap_size++;
    while (i > 0 && c.order < s->heap[(i - 1) / 2].order) {
        s->heap[i] = s->heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    s->heap[i] = c;
}

static bpe_candidate heap_pop(bpe_scratch *s)
{
    bpe_candidate top = s->heap[0], last = s->heap[--s->heap_size];
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= s->heap_size) {
            break;
        }
        if (child + 1 < s->heap_size && s->heap[child + 1].order < s->heap[child].order) {
            child++;
        }
        if (last.order <= s->heap[child].order) {
            break;
        }
        s->heap[i] = s->heap[child];
        i = child;
    }
    s->heap[i] = last;
    return top;
}

/* At most one candidate a pair at first, and two more a merge: 3 * n in all. */
static paw_status reserve(bpe_scratch *s, size_t n, paw_error *err)
{
    if (n <= s->capacity) {
        return PAW_OK;
    }
    if (n > INT32_MAX / 2) {
        return paw_fail(err, PAW_ERR_ARGUMENT, NULL, "a word of %zu bytes is too long", n);
    }
    size_t capacity = n < 256 ? 256 : 2 * n;
    bpe_scratch_free(s);
    s->symbols = malloc(capacity * sizeof *s->symbols);
    s->heap = malloc(3 * capacity * sizeof *s->heap);
    if (s->symbols == NULL || s->heap == NULL) {
        bpe_scratch_free(s);
        return paw_fail_memory(err, capacity * (sizeof *s->symbols + 3 * sizeof *s->heap));
    }
    s->capacity = capacity;
    return PAW_OK;
}

void bpe_scratch_free(bpe_scratch *s)
{
    free(s->symbols);
    free(s->heap);
    memset(s, 0, sizeof *s);
}

/* Puts the merge of the symbol at `at` with its right neighbour on the heap, if there is one. */
static void consider(const bpe_table *table, bpe_scratch *s, int32_t at)
{
    int32_t next = at != NONE ? s->symbols[at].next : NONE;
    if (next == NONE) {
        return;
    }
    uint32_t tag, slot = *find_slot(table, s->symbols[at].token, s->symbols[next].token, &tag);
    if (slot != 0) {
        uint32_t rank = (slot & 0xFFFFFF) - 1;
        heap_push(s, (bpe_candidate){(uint64_t)rank << 32 | (uint32_t)at, table->merges[rank]});
    }
}

/* Carries out a candidate, unless one of its two symbols has changed since it was put on the heap.
 */
static void merge_candidate(const bpe_table *table, bpe_scratch *s, bpe_candidate c)
{
    int32_t at = (int32_t)(uint32_t)c.order;
    bpe_symbol *left = &s->symbols[at];
    if (left->token != c.merge.left || left->next == NONE ||
        s->symbols[left->next].token != c.merge.right) {
        return;
    }
    bpe_symbol *right = &s->symbols[left->next];
    left->token = c.merge.result;
    right->token = NONE;
    left->next = right->next;
    if (right->next != NONE) {
        s->symbols[right->next].previous = at;
    }
    consider(table, s, left->previous);
    consider(table, s, at);
}

paw_status bpe_merge_word(const bpe_table *table, bpe_scratch *s, int32_t *word, size_t *n,
                          paw_error *err)
{
    if (*n < 2) {
        return PAW_OK;
    }
    PAW_TRY(reserve(s, *n, err));
    int32_t count = (int32_t)*n;
    for (int32_t i = 0; i < count; i++) {
        s->symbols[i] = (bpe_symbol){word[i], i - 1, i + 1 < count ? i + 1 : NONE};
    }
    s->heap_size = 0;
    for (int32_t i = 0; i + 1 < count; i++) {
        consider(table, s, i);
    }
    while (s->heap_size > 0) {
        merge_candidate(table, s, heap_pop(s));
    }
    size_t left = 0;
    for (int32_t i = 0; i != NONE; i = s->symbols[i].next) { /* the first symbol never goes away */
        word[left++] = s->symbols[i].token;
    }
    *n = left;
    return PAW_OK;
}
