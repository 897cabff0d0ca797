/* buffer.c: the growing byte buffer. */
#include "base/buffer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static bool reserve(buffer *b, size_t extra)
{
    if (b->failed) {
        return false;
    }
    if (extra > SIZE_MAX / 2 - b->size - 1) {
        b->failed = true;
        return false;
    }
    size_t need = b->size + extra + 1;
    if (need > b->capacity) {
        size_t capacity = b->capacity < 64 ? 64 : b->capacity;
        while (capacity < need) {
            capacity *= 2;
        }
        char *p = realloc(b->data, capacity);
        if (p == NULL) {
            b->failed = true;
            return false;
        }
        b->data = p;
        b->capacity = capacity;
    }
    return true;
}

void buffer_append(buffer *b, const void *data, size_t size)
{
    if (reserve(b, size)) {
        if (size > 0) {
            memcpy(b->data + b->size, data, size);
        }
        b->size += size;
        b->data[b->size] = '\0';
    }
}

void buffer_append_text(buffer *b, const char *text)
{
    buffer_append(b, text, strlen(text));
}

void buffer_append_zeros(buffer *b, size_t size)
{
    if (reserve(b, size)) {
        memset(b->data + b->size, 0, size);
        b->size += size;
        b->data[b->size] = '\0';
    }
}

void buffer_free(buffer *b)
{
    free(b->data);
    memset(b, 0, sizeof *b);
}

char *buffer_take(buffer *b)
{
    buffer_append(b, "", 0);
    char *out = b->failed ? NULL : b->data;
    if (b->failed) {
        free(b->data);
    }
    memset(b, 0, sizeof *b);
    return out;
}
