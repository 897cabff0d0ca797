/*
 * show.h: a user's text on a terminal: cut where it is long, with nothing in it that moves the cursor. Not for: machine
 * output, which is JSON or XML and complete.
 */
#ifndef PAW_CLI_SHOW_H
#define PAW_CLI_SHOW_H

#include <stddef.h>
#include <stdio.h>

/*
 * Writes `text` (UTF-8) as one line of at most `size` - 1 bytes: control characters become spaces, and what does not fit is
 * cut between characters and ends in "...". Returns out. size: 8 or more.
 */
char *show_short(const char *text, char *out, size_t size);

/*
 * Prints "    label  text" with further lines of the text under the first. At most 12 lines and 800 bytes; what is left out is
 * said. Control characters are written as \xHH; an empty text as (empty).
 */
void show_block(FILE *f, const char *label, const char *text);

/*
 * The one of n words that `word` is most likely a slip of: case, a letter more, less, other, or two in the wrong order, at
 * most one in three. NULL when none is near.
 */
const char *show_nearest(const char *word, const char *const *words, size_t n);

#endif
