/*
 * chars.h: sets of characters (code points), and how their characters are read byte by byte.
 *
 * A set is a list of ranges, sorted, apart and without surrogates once it is normal. Reading one character of a set is a
 * small automaton over bytes: `char_bytes` holds the states of all sets of a format, equal ones once.
 */
#ifndef PAW_GRAMMAR_CHARS_H
#define PAW_GRAMMAR_CHARS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { CHAR_LAST = 0x10FFFF };

typedef struct char_range {
    uint32_t low, high; /* both in the set */
} char_range;

typedef struct chars {
    char_range *ranges;
    size_t size, capacity;
    bool failed; /* out of memory */
} chars;

void chars_add(chars *set, uint32_t low, uint32_t high);
void chars_add_set(chars *set, const chars *other);
void chars_normalise(chars *set);
void chars_negate(chars *set); /* of a normal set; gives a normal one */
void chars_free(chars *set);

/* How a character is spelt in the text. */
typedef enum char_spelling {
    CHAR_PLAIN, /* as it is */
    CHAR_JSON,  /* inside a JSON string: escaped only where it must be, in the shortest way; no NUL */
    CHAR_FREE,  /* inside a JSON string: any character but NUL in any spelling, whatever the set says */
} char_spelling;

enum { BYTES_DONE = -1, BYTES_DEAD = -2 }; /* instead of a state: the character is whole; no character begins so */

typedef struct byte_edge {
    uint8_t low, high;
    int32_t to; /* a state or BYTES_DONE */
} byte_edge;

typedef struct byte_state {
    uint32_t first, n; /* edges, sorted and apart; at least one */
    uint16_t distance; /* bytes of the shortest rest of the character */
    uint8_t best;      /* the first of them */
} byte_state;

typedef struct char_bytes {
    byte_state *states;
    size_t n_states, states_capacity;
    byte_edge *edges;
    size_t n_edges, edges_capacity;
    uint32_t *slots; /* states by their edges: index + 1 */
    size_t mask;
    bool has[256]; /* bytes that may be used */
    bool failed;   /* out of memory */
} char_bytes;

/* Adds the states that read one character of a normal set; the first of them, or BYTES_DEAD when there is no such character. */
int32_t char_bytes_add(char_bytes *b, const chars *set, char_spelling spelling);
void char_bytes_free(char_bytes *b);

/* Where a byte leads from a state: another state, BYTES_DONE or BYTES_DEAD. */
int32_t char_bytes_step(const char_bytes *b, int32_t state, uint8_t byte);

#endif
