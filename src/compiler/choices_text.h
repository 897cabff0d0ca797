/*
 * choices_text.h: a spec cut into words and marks, for the rules that look for a closed set in it.
 */
#ifndef PAW_COMPILER_CHOICES_TEXT_H
#define PAW_COMPILER_CHOICES_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

typedef enum mark {
    MARK_END,
    MARK_WORD,
    MARK_QUOTE, /* a short text in quotes; begin and end are those of the text */
    MARK_COMMA,
    MARK_SEMICOLON,
    MARK_SLASH,
    MARK_PIPE,
    MARK_COLON,
    MARK_EQUALS,
    MARK_ARROW,
    MARK_DASH,
    MARK_OPEN,
    MARK_CLOSE,
    MARK_STOP,
    MARK_QUESTION,
    MARK_LINE,
    MARK_BULLET,
    MARK_DOTS,        /* an ellipsis */
    MARK_PLACEHOLDER, /* <like this>, {so}, [SO] */
    MARK_OTHER
} mark;

typedef struct piece {
    unsigned begin, end; /* bytes of the text */
    unsigned match;      /* MARK_OPEN: index of its MARK_CLOSE; 0: none */
    unsigned sentence;   /* number of the sentence or line that it is in */
    unsigned char kind, depth;
    bool spaced; /* white space stands before it */
    bool coded;  /* a word written as labels are: capitals, digits, underscores, signs */
} piece;

typedef struct pieces {
    const char *text;
    piece *at; /* [count], and MARK_END after them */
    size_t count;
} pieces;

paw_status pieces_cut(const char *text, pieces *out, paw_error *err);
void pieces_free(pieces *p);

/* Is piece i a word, and in the list (" a b c ", lower case, a space around each word)? Case does not count. */
bool piece_in(const pieces *p, size_t i, const char *list);

/* Are pieces i and those after it these words ("in the text")? */
bool piece_says(const pieces *p, size_t i, const char *words);

/* The first place from `i` on where the words stand; count when nowhere. */
size_t pieces_find(const pieces *p, size_t i, const char *words);

bool piece_is(const pieces *p, size_t i, mark kind);

#endif
