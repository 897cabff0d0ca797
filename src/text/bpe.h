/*
 * bpe.h: the merge list, and merging the tokens of one word by it.
 *
 * The list is an array in order of rank, found through an open-addressing table over the pairs. A
 * word is a doubly linked list of tokens with a heap of possible merges: lowest rank first, then
 * leftmost.
 */
#ifndef PAW_TEXT_BPE_H
#define PAW_TEXT_BPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

typedef struct bpe_merge {
    int32_t left, right, result;
} bpe_merge;

typedef struct bpe_table {
    bpe_merge *merges; /* a merge's place is its rank */
    size_t size;
    uint32_t *slots; /* hash bits << 24 | rank + 1; 0 when free */
    size_t mask;     /* slots - 1 */
} bpe_table;

enum { BPE_MAX_MERGES = (1 << 24) - 1 };

/* An empty table with room for `n` merges, at most BPE_MAX_MERGES. */
paw_status bpe_table_init(bpe_table *table, size_t n, paw_error *err);
void bpe_table_free(bpe_table *table);

/* Appends a merge. False when its pair is there already. */
bool bpe_table_add(bpe_table *table, bpe_merge merge);

/* Room for one word, kept from word to word. Starts as {0}. */
typedef struct bpe_scratch {
    struct bpe_symbol *symbols;
    struct bpe_candidate *heap;
    size_t capacity;
    size_t heap_size;
} bpe_scratch;

void bpe_scratch_free(bpe_scratch *scratch);

/* Merges the `n` tokens at `word` in place and sets *n to how many are left. *n may be 0. */
paw_status bpe_merge_word(const bpe_table *table, bpe_scratch *scratch, int32_t *word, size_t *n,
                          paw_error *err);

#endif
