/* utf8.c: the table of well-formed byte sequences of Unicode (table 3-7). */
#include "base/utf8.h"

#include <stdint.h>

static size_t sequence_length(const uint8_t *p, size_t left)
{
    uint8_t a = p[0], low = 0x80, high = 0xBF;
    size_t n;
    if (a < 0x80) {
        return 1;
    } else if (a >= 0xC2 && a <= 0xDF) {
        n = 2;
    } else if (a >= 0xE0 && a <= 0xEF) {
        n = 3;
        low = a == 0xE0 ? 0xA0 : 0x80;  /* overlong */
        high = a == 0xED ? 0x9F : 0xBF; /* surrogates */
    } else if (a >= 0xF0 && a <= 0xF4) {
        n = 4;
        low = a == 0xF0 ? 0x90 : 0x80;
        high = a == 0xF4 ? 0x8F : 0xBF; /* above U+10FFFF */
    } else {
        return 0;
    }
    if (left < n || p[1] < low || p[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < n; i++) {
        if ((p[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    return n;
}

size_t utf8_valid_length(const char *text, size_t size)
{
    const uint8_t *p = (const uint8_t *)text;
    size_t at = 0;
    while (at < size) {
        size_t n = sequence_length(p + at, size - at);
        if (n == 0) {
            break;
        }
        at += n;
    }
    return at;
}

size_t utf8_count(const char *text, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < size; i++) {
        n += ((uint8_t)text[i] & 0xC0) != 0x80;
    }
    return n;
}
