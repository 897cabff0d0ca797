/* spellings.c: the table of spellings. */
#include "text/spellings.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

enum { HEAD_BYTES = 7 };

/* The first seven bytes, and the size (255: or more) as the eighth. */
static uint64_t head_of(gguf_text text)
{
    const char *p = text.data;
    uint64_t head = 0;
    uint32_t low, high;
    if (text.size >= 8) {
        memcpy(&head, p, 8);
        head &= UINT64_MAX >> 8;
    } else if (text.size >= 4) {
        memcpy(&low, p, 4);
        memcpy(&high, p + text.size - 4, 4);
        head = (uint64_t)high << 8 * (text.size - 4) | low;
    } else if (text.size > 0) {
        head = (uint64_t)(uint8_t)p[0] << 16 | (uint64_t)(uint8_t)p[text.size / 2] << 8 |
               (uint8_t)p[text.size - 1];
    }
    return head | (uint64_t)(text.size < 255 ? text.size : 255) << 56;
}

static bool same_tail(gguf_text a, gguf_text b)
{
    return a.size == b.size &&
           memcmp(a.data + HEAD_BYTES, b.data + HEAD_BYTES, a.size - HEAD_BYTES) == 0;
}

/* The slot of this text, or the free one where it belongs; *tag is set for whoever fills it. */
static uint32_t *find_slot(const spellings *s, gguf_text text, uint64_t head, uint32_t *tag)
{
    uint64_t tail =
        text.size > HEAD_BYTES ? hash_fnv(text.data + HEAD_BYTES, text.size - HEAD_BYTES) : 0;
    uint64_t h = (head ^ tail) * 0x9E3779B97F4A7C15u; /* its upper half knows all bits */
    size_t i = (size_t)(h >> 32) & s->mask;
    *tag = (uint32_t)(h >> 24 & 0xFF) << 24;
    for (;; i = (i + 1) & s->mask) {
        uint32_t slot = s->slots[i], token = (slot & 0xFFFFFF) - 1;
        if (slot == 0 || ((slot & 0xFF000000u) == *tag && s->heads[token] == head &&
                          (text.size <= HEAD_BYTES || same_tail(s->texts[token], text)))) {
            return &s->slots[i];
        }
    }
}

paw_status spellings_init(spellings *s, const gguf_text *texts, size_t n, paw_error *err)
{
    size_t size = 16;
    while (size / 2 < n) {
        size *= 2;
    }
    *s = (spellings){texts, malloc((n + 1) * sizeof *s->heads), calloc(size, sizeof *s->slots),
                     size - 1};
    if (s->heads == NULL || s->slots == NULL) {
        return paw_fail_memory(err, n * sizeof *s->heads + size * sizeof *s->slots);
    }
    return PAW_OK;
}

void spellings_free(spellings *s)
{
    free(s->heads);
    free(s->slots);
    *s = (spellings){0};
}

int32_t spellings_add(spellings *s, int32_t token)
{
    uint64_t head = s->heads[token] = head_of(s->texts[token]);
    uint32_t tag, *slot = find_slot(s, s->texts[token], head, &tag);
    if (*slot != 0) {
        return (int32_t)(*slot & 0xFFFFFF) - 1;
    }
    *slot = tag | ((uint32_t)token + 1);
    return -1;
}

int32_t spellings_find(const spellings *s, gguf_text text)
{
    uint32_t tag;
    return (int32_t)(*find_slot(s, text, head_of(text), &tag) & 0xFFFFFF) - 1;
}
