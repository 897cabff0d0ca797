/*
 * buffer.h: a growing byte buffer, always followed by a NUL that is not counted.
 *
 * Appending remembers a failed allocation in `failed` and does nothing from then on, so that a chain of appends needs
 * one check at its end.
 */
#ifndef PAW_BASE_BUFFER_H
#define PAW_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

typedef struct buffer {
    char *data;
    size_t size;
    size_t capacity;
    bool failed;
} buffer;

void buffer_append(buffer *b, const void *data, size_t size);
void buffer_append_text(buffer *b, const char *text);
void buffer_append_zeros(buffer *b, size_t size);
void buffer_free(buffer *b);

/* Hands the memory to the caller ("" when empty); NULL when an append had failed. */
char *buffer_take(buffer *b);

#endif
