/* kept.h: a vocabulary as a file that later starts map, instead of reading tokens and merges anew. */
#ifndef PAW_TEXT_KEPT_H
#define PAW_TEXT_KEPT_H

#include <stdbool.h>

#include "text/vocabulary.h"

/* Maps the vocabulary that `path` holds under this key (up to 64 characters); false when there is none or it is not sound. */
bool kept_vocabulary_open(const char *path, const char *key, vocabulary *v);

/* Writes it, atomically. What cannot be written will be read again: no error. */
void kept_vocabulary_write(const char *path, const char *key, const vocabulary *v);

#endif
