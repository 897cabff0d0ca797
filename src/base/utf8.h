/* utf8.h: checking and counting UTF-8 (RFC 3629). */
#ifndef PAW_BASE_UTF8_H
#define PAW_BASE_UTF8_H

#include <stddef.h>

/* Bytes of the longest valid beginning of `text`; equal to `size` when all of it is valid. */
size_t utf8_valid_length(const char *text, size_t size);

/* Characters (code points) in valid text. */
size_t utf8_count(const char *text, size_t size);

#endif
