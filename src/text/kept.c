/*
 * kept.c: see kept.h. The file: a header with the key and the sizes, then the arrays of vocabulary.h, each at a multiple of
 * 64 bytes, in this machine's byte order. Everything that is used as an index is checked when the file is opened.
 */
#include "text/kept.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"

enum { FORMAT_VERSION = 1, ALIGN = 64, ARRAYS = 6 };

typedef struct header {
    char magic[8];
    uint32_t version, size; /* tokens */
    char key[65];
    char padding[7];
    uint64_t bytes, special, merges, slots; /* lengths */
    int32_t byte_token[256], special_of[257], padding2;
} header;

/* One array: its bytes and where they lie in the file. */
typedef struct array {
    const void *data;
    size_t size, at;
} array;

static size_t round_up(size_t n)
{
    return (n + ALIGN - 1) / ALIGN * ALIGN;
}

/* Sizes and places of the arrays; returns the file's size. */
static size_t lay_out(const header *h, array a[ARRAYS])
{
    const size_t sizes[ARRAYS] = {h->size, ((size_t)h->size + 1) * sizeof(uint32_t), (size_t)h->bytes,
                                  (size_t)h->special * sizeof(int32_t), (size_t)h->merges * sizeof(bpe_merge),
                                  (size_t)h->slots * sizeof(uint32_t)};
    size_t at = round_up(sizeof *h);
    for (int i = 0; i < ARRAYS; i++) {
        a[i].size = sizes[i];
        a[i].at = at;
        at += round_up(sizes[i]);
    }
    return at;
}

static bool is_header_sound(const header *h, const char *key, size_t size)
{
    const uint64_t most = UINT64_C(1) << 31;
    if (memcmp(h->magic, "PAWVOCAB", 8) != 0 || h->version != FORMAT_VERSION || strncmp(h->key, key, sizeof h->key) != 0) {
        return false;
    }
    array a[ARRAYS];
    return h->size > 0 && h->size < most && h->bytes < most && h->special <= h->size && h->merges <= BPE_MAX_MERGES &&
           h->slots >= 16 && h->slots < most && (h->slots & (h->slots - 1)) == 0 && h->merges < h->slots && lay_out(h, a) == size;
}

static bool in_range(const int32_t *x, size_t n, int32_t low, int32_t high)
{
    bool sound = true;
    for (size_t i = 0; i < n; i++) {
        sound &= x[i] >= low && x[i] < high;
    }
    return sound;
}

static bool are_arrays_sound(const header *h, const vocabulary *v)
{
    size_t n = h->size, used = 0;
    bool sound = v->start[0] == 0 && v->start[n] <= h->bytes;
    for (size_t i = 0; i < n; i++) {
        sound &= v->start[i] <= v->start[i + 1] && v->types[i] <= TOKEN_TYPE_LAST;
    }
    for (size_t i = 0; i <= v->merges.mask; i++) {
        used += v->merges.slots[i] != 0;
        sound &= (v->merges.slots[i] & 0xFFFFFF) <= h->merges;
    }
    for (size_t i = 0; i < 256; i++) {
        sound &= v->special_of[i] <= v->special_of[i + 1];
    }
    return sound && used == h->merges && in_range(v->special, (size_t)h->special, 0, v->size) &&
           in_range(v->special_of, 257, 0, (int32_t)h->special + 1) && in_range(v->byte_token, 256, -1, v->size) &&
           in_range((const int32_t *)v->merges.merges, 3 * (size_t)h->merges, 0, v->size);
}

static void point(const header *h, vocabulary *v)
{
    array a[ARRAYS];
    lay_out(h, a);
    const uint8_t *data = v->kept.data;
    v->size = (int32_t)h->size;
    /* Whoever maps a vocabulary only reads it; the pointers are not to const because the other owner fills them. */
    v->types = (uint8_t *)(uintptr_t)(data + a[0].at);
    v->start = (uint32_t *)(uintptr_t)(data + a[1].at);
    v->bytes = (char *)(uintptr_t)(data + a[2].at);
    v->special = (int32_t *)(uintptr_t)(data + a[3].at);
    v->merges.merges = (bpe_merge *)(uintptr_t)(data + a[4].at);
    v->merges.slots = (uint32_t *)(uintptr_t)(data + a[5].at);
    v->merges.size = (size_t)h->merges;
    v->merges.mask = (size_t)h->slots - 1;
    memcpy(v->byte_token, h->byte_token, sizeof v->byte_token);
    memcpy(v->special_of, h->special_of, sizeof v->special_of);
}

bool kept_vocabulary_open(const char *path, const char *key, vocabulary *v)
{
    header h;
    memset(v, 0, sizeof *v);
    if (file_map_open(path, &v->kept, NULL) != PAW_OK) {
        return false;
    }
    if (v->kept.size >= sizeof h) {
        memcpy(&h, v->kept.data, sizeof h);
        if (is_header_sound(&h, key, v->kept.size)) {
            point(&h, v);
            if (are_arrays_sound(&h, v)) {
                return true;
            }
        }
    }
    vocabulary_free(v);
    return false;
}

void kept_vocabulary_write(const char *path, const char *key, const vocabulary *v)
{
    header h = {.magic = "PAWVOCAB", .version = FORMAT_VERSION, .size = (uint32_t)v->size, .bytes = v->start[v->size],
                .special = (uint64_t)v->special_of[256], .merges = v->merges.size, .slots = v->merges.mask + 1};
    array a[ARRAYS];
    const void *const data[ARRAYS] = {v->types, v->start, v->bytes, v->special, v->merges.merges, v->merges.slots};
    size_t size = lay_out(&h, a);
    uint8_t *file = calloc(size, 1);
    if (file == NULL || strlen(key) >= sizeof h.key) {
        free(file);
        return;
    }
    memcpy(h.key, key, strlen(key));
    memcpy(h.byte_token, v->byte_token, sizeof h.byte_token);
    memcpy(h.special_of, v->special_of, sizeof h.special_of);
    memcpy(file, &h, sizeof h);
    for (int i = 0; i < ARRAYS; i++) {
        memcpy(file + a[i].at, data[i], a[i].size);
    }
    (void)file_write_atomic(path, file, size, NULL);
    free(file);
}
