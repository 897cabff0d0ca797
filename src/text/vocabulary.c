/*
 * vocabulary.c: reading tokens and merges. Not for: using them.
 *
 * It runs at every start, so that it has to be quick: no memory a token, and strings are looked up
 * in the mapped file through a table that is gone when the merges are known.
 */
#include "text/vocabulary.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/spellings.h"

#define KEY_TOKENS "tokenizer.ggml.tokens"
#define KEY_TYPES "tokenizer.ggml.token_type"
#define KEY_MERGES "tokenizer.ggml.merges"

enum { MAX_TOKEN_BYTES = 1 << 16 };

paw_status vocabulary_fail(const gguf_file *file, const char *key, paw_error *err,
                           const char *format, ...)
{
    char where[280], message[200];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    snprintf(where, sizeof where, "%s: %s", gguf_name(file), key);
    return paw_fail(err, PAW_ERR_FORMAT, where, "%s", message);
}

/* ---- spellings ---- */

static paw_status index_spellings(const gguf_file *file, spellings *s, const gguf_text *texts,
                                  size_t n, paw_error *err)
{
    size_t total = 0;
    PAW_TRY(spellings_init(s, texts, n, err));
    for (size_t i = 0; i < n; i++) {
        total += texts[i].size;
        if (texts[i].size == 0 || texts[i].size > MAX_TOKEN_BYTES || total > INT32_MAX) {
            return vocabulary_fail(file, KEY_TOKENS, err, "token %zu has %zu bytes", i,
                                   texts[i].size);
        }
        int32_t other = spellings_add(s, (int32_t)i);
        if (other >= 0) {
            return vocabulary_fail(file, KEY_TOKENS, err, "token %zu is spelt as token %d is", i,
                                   other);
        }
    }
    return PAW_OK;
}

/* ---- bytes ---- */

/* The character that stands for a byte in GPT-2's alphabet: printable Latin-1 for itself, the rest
 * from U+0100 on. */
static void make_alphabet(int16_t byte_of[0x180])
{
    int next = 0x100;
    for (int i = 0; i < 0x180; i++) {
        byte_of[i] = -1;
    }
    for (int b = 0; b < 256; b++) {
        bool printable = (b >= 0x21 && b <= 0x7E) || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
        byte_of[printable ? b : next++] = (int16_t)b;
    }
}

/* Writes the bytes that `text` spells to `out` and returns their number; -1 when it is not spelt in
 * the alphabet. */
static int64_t spell_out(const int16_t byte_of[0x180], gguf_text text, char *out)
{
    const uint8_t *p = (const uint8_t *)text.data, *end = p + text.size;
    char *at = out;
    while (p < end) {
        unsigned c = *p++;
        if (c >= 0xC2 && c <= 0xC5 && p < end && (*p & 0xC0) == 0x80) {
            c = (c & 0x1F) << 6 | (*p++ & 0x3Fu);
        } else if (c >= 0x80) {
            return -1;
        }
        if (byte_of[c] < 0) {
            return -1;
        }
        *at++ = (char)byte_of[c];
    }
    return at - out;
}

/* Special tokens, and names outside the alphabet, stand for themselves. */
static paw_status read_bytes(const gguf_file *file, vocabulary *v, const gguf_text *texts,
                             paw_error *err)
{
    int16_t byte_of[0x180];
    size_t total = 0;
    uint32_t at = 0;
    bool any = false;
    make_alphabet(byte_of);
    for (int32_t i = 0; i < v->size; i++) {
        total += texts[i].size;
    }
    v->bytes = malloc(total + 1);
    v->start = malloc(((size_t)v->size + 1) * sizeof *v->start);
    if (v->bytes == NULL || v->start == NULL) {
        return paw_fail_memory(err, total + (size_t)v->size * sizeof *v->start);
    }
    memset(v->byte_token, 0xFF, sizeof v->byte_token);
    for (int32_t i = 0; i < v->size; i++) {
        bool special = v->types[i] == TOKEN_CONTROL || v->types[i] == TOKEN_USER_DEFINED;
        int64_t n = special ? -1 : spell_out(byte_of, texts[i], v->bytes + at);
        if (n == 1) {
            v->byte_token[(uint8_t)v->bytes[at]] = i;
            any = true;
        } else if (n < 0) {
            memcpy(v->bytes + at, texts[i].data, texts[i].size);
            n = (int64_t)texts[i].size;
        }
        v->start[i] = at;
        at += (uint32_t)n;
    }
    v->start[v->size] = at;
    return any ? PAW_OK
               : vocabulary_fail(file, KEY_TOKENS, err, "there is no token for any single byte");
}

/* ---- types and special tokens ---- */

static paw_status read_types(const gguf_file *file, vocabulary *v, paw_error *err)
{
    const uint8_t *words = NULL;
    size_t n = 0;
    PAW_TRY(gguf_get_words(file, KEY_TYPES, GGUF_I32, &words, &n, err));
    if (n != (size_t)v->size) {
        return vocabulary_fail(file, KEY_TYPES, err, "has %zu entries for %d tokens", n, v->size);
    }
    v->types = malloc(n);
    if (v->types == NULL) {
        return paw_fail_memory(err, n);
    }
    for (size_t i = 0; i < n; i++) {
        int32_t type;
        memcpy(&type, words + 4 * i, 4);
        if (type < 0 || type > TOKEN_TYPE_LAST) {
            return vocabulary_fail(file, KEY_TYPES, err, "token %zu is of the unknown type %d", i,
                                   type);
        }
        v->types[i] = (uint8_t)type;
    }
    return PAW_OK;
}

typedef struct special_name {
    uint8_t first;
    uint32_t size;
    int32_t token;
} special_name;

static int by_first_then_longest(const void *a, const void *b)
{
    const special_name *x = a, *y = b;
    if (x->first != y->first) {
        return x->first < y->first ? -1 : 1;
    }
    if (x->size != y->size) {
        return x->size > y->size ? -1 : 1;
    }
    return x->token < y->token ? -1 : 1;
}

static paw_status collect_special(vocabulary *v, paw_error *err)
{
    size_t n = 0;
    for (int32_t i = 0; i < v->size; i++) {
        n += v->types[i] == TOKEN_CONTROL || v->types[i] == TOKEN_USER_DEFINED;
    }
    special_name *names = malloc((n + 1) * sizeof *names);
    v->special = malloc((n + 1) * sizeof *v->special);
    if (names == NULL || v->special == NULL) {
        free(names);
        return paw_fail_memory(err, n * (sizeof *names + sizeof *v->special));
    }
    n = 0;
    for (int32_t i = 0; i < v->size; i++) {
        if (v->types[i] == TOKEN_CONTROL || v->types[i] == TOKEN_USER_DEFINED) {
            names[n++] =
                (special_name){(uint8_t)v->bytes[v->start[i]], v->start[i + 1] - v->start[i], i};
        }
    }
    qsort(names, n, sizeof *names, by_first_then_longest);
    for (size_t i = 0, b = 0; b <= 256; b++) {
        while (i < n && names[i].first < b) {
            i++;
        }
        v->special_of[b] = (int32_t)i;
    }
    for (size_t i = 0; i < n; i++) {
        v->special[i] = names[i].token;
    }
    free(names);
    return PAW_OK;
}

int32_t vocabulary_special_at(const vocabulary *v, const char *text, size_t size)
{
    uint8_t first = (uint8_t)text[0];
    for (int32_t i = v->special_of[first]; i < v->special_of[first + 1]; i++) {
        int32_t token = v->special[i];
        uint32_t start = v->start[token], n = v->start[token + 1] - start;
        if (n <= size && memcmp(v->bytes + start, text, n) == 0) {
            return token;
        }
    }
    return -1;
}

/* ---- merges ---- */

static bool is_joined(gguf_text text, gguf_text merge, size_t space)
{
    return text.size == merge.size - 1 && memcmp(text.data, merge.data, space) == 0 &&
           memcmp(text.data + space, merge.data + space + 1, merge.size - space - 1) == 0;
}

/* The token that a merge makes. Lists are written in the order of the vocabulary: mostly it follows
 * the last one. */
static int32_t joined_token(const spellings *s, int32_t size, int32_t guess, gguf_text merge,
                            size_t space)
{
    char joined[MAX_TOKEN_BYTES];
    if (guess < size && is_joined(s->texts[guess], merge, space)) {
        return guess;
    }
    if (merge.size > sizeof joined) {
        return -1; /* longer than any token */
    }
    memcpy(joined, merge.data, space);
    memcpy(joined + space, merge.data + space + 1, merge.size - space - 1);
    return spellings_find(s, (gguf_text){joined, merge.size - 1});
}

static paw_status add_merge(const gguf_file *file, vocabulary *v, const spellings *s,
                            gguf_text text, size_t rank, int32_t *result, paw_error *err)
{
    const char *space = text.size < 3 ? NULL : memchr(text.data + 1, ' ', text.size - 2);
    if (space == NULL) {
        return vocabulary_fail(file, KEY_MERGES, err, "merge %zu is no pair of tokens", rank);
    }
    size_t at = (size_t)(space - text.data);
    bpe_merge merge = {.left = spellings_find(s, (gguf_text){text.data, at}),
                       .right = spellings_find(s, (gguf_text){space + 1, text.size - at - 1}),
                       .result = joined_token(s, v->size, *result + 1, text, at)};
    if (merge.left < 0 || merge.right < 0 || merge.result < 0) {
        return vocabulary_fail(file, KEY_MERGES, err,
                               "merge %zu names or makes a token that is not in the vocabulary",
                               rank);
    }
    *result = merge.result;
    if (!bpe_table_add(&v->merges, merge)) {
        return vocabulary_fail(file, KEY_MERGES, err, "merge %zu stands twice", rank);
    }
    return PAW_OK;
}

static paw_status read_merges(const gguf_file *file, vocabulary *v, const spellings *s,
                              paw_error *err)
{
    gguf_text *texts = NULL;
    size_t n = 0;
    int32_t result = -1;
    PAW_TRY(gguf_get_texts(file, KEY_MERGES, &texts, &n, err));
    paw_status status = n <= BPE_MAX_MERGES
                            ? bpe_table_init(&v->merges, n, err)
                            : vocabulary_fail(file, KEY_MERGES, err, "%zu merges are too many", n);
    for (size_t i = 0; status == PAW_OK && i < n; i++) {
        status = add_merge(file, v, s, texts[i], i, &result, err);
    }
    free(texts);
    return status;
}

/* ---- all of it ---- */

static paw_status read_all(const gguf_file *file, vocabulary *v, spellings *s,
                           const gguf_text *texts, size_t n, paw_error *err)
{
    if (n == 0 || n > SPELLINGS_MAX) {
        return vocabulary_fail(file, KEY_TOKENS, err, "a vocabulary of %zu tokens is not possible",
                               n);
    }
    v->size = (int32_t)n;
    PAW_TRY(index_spellings(file, s, texts, n, err));
    PAW_TRY(read_types(file, v, err));
    PAW_TRY(read_bytes(file, v, texts, err));
    PAW_TRY(collect_special(v, err));
    return read_merges(file, v, s, err);
}

paw_status vocabulary_read(const gguf_file *file, vocabulary *v, paw_error *err)
{
    gguf_text *texts = NULL;
    size_t n = 0;
    spellings s = {0};
    PAW_TRY(gguf_get_texts(file, KEY_TOKENS, &texts, &n, err));
    paw_status status = read_all(file, v, &s, texts, n, err);
    spellings_free(&s);
    free(texts);
    return status;
}

void vocabulary_free(vocabulary *v)
{
    if (v->kept.data != NULL) {
        file_map_close(&v->kept);
        memset(v, 0, sizeof *v);
        return;
    }
    free(v->types);
    free(v->start);
    free(v->bytes);
    free(v->special);
    bpe_table_free(&v->merges);
    memset(v, 0, sizeof *v);
}
