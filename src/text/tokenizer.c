/* tokenizer.c: from text to tokens and back. Not for: reading the vocabulary, splitting words,
 * merging: see beside. */
#include "text/tokenizer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "text/bpe.h"
#include "text/kept.h"
#include "text/pretokenizer.h"
#include "text/vocabulary.h"

#define KEY_MODEL "tokenizer.ggml.model"
#define KEY_PRE "tokenizer.ggml.pre"
#define KEY_EOS "tokenizer.ggml.eos_token_id"

struct tokenizer {
    vocabulary vocabulary;
    pretokenizer *pre;
    int32_t eos;
};

/* ---- lists ---- */

static paw_status list_reserve(token_list *list, size_t extra, paw_error *err)
{
    if (extra <= list->capacity - list->size) {
        return PAW_OK;
    }
    size_t capacity = list->capacity < 64 ? 64 : list->capacity;
    while (capacity - list->size < extra && capacity <= SIZE_MAX / 4 / sizeof *list->data) {
        capacity *= 2;
    }
    int32_t *p = capacity - list->size < extra ? NULL : realloc(list->data, capacity * sizeof *p);
    if (p == NULL) {
        return paw_fail_memory(err, capacity * sizeof *p);
    }
    list->data = p;
    list->capacity = capacity;
    return PAW_OK;
}

void token_list_free(token_list *list)
{
    free(list->data);
    memset(list, 0, sizeof *list);
}

paw_status token_list_push(token_list *list, int32_t token, paw_error *err)
{
    PAW_TRY(list_reserve(list, 1, err));
    list->data[list->size++] = token;
    return PAW_OK;
}

/* ---- making one ---- */

static paw_status read_vocabulary(const gguf_file *file, const char *path, const char *key, vocabulary *v, paw_error *err)
{
    if (path != NULL && kept_vocabulary_open(path, key, v)) {
        return PAW_OK;
    }
    PAW_TRY(vocabulary_read(file, v, err));
    if (path != NULL) {
        kept_vocabulary_write(path, key, v);
    }
    return PAW_OK;
}

static paw_status read_tokenizer(const gguf_file *file, const char *path, const char *key, tokenizer *t, paw_error *err)
{
    char where[280];
    gguf_text model, pre;
    uint32_t eos = 0;
    PAW_TRY(gguf_get_text(file, KEY_MODEL, &model, err));
    if (model.size != 4 || memcmp(model.data, "gpt2", 4) != 0) {
        snprintf(where, sizeof where, "%s: %s", gguf_name(file), KEY_MODEL);
        return paw_fail(err, PAW_ERR_UNSUPPORTED, where,
                        "the tokenizer \"%.*s\" is not supported (gpt2 is)",
                        model.size < 64 ? (int)model.size : 64, model.data);
    }
    PAW_TRY(gguf_get_text(file, KEY_PRE, &pre, err));
    snprintf(where, sizeof where, "%s: %s", gguf_name(file), KEY_PRE);
    PAW_TRY(pretokenizer_new(pre, where, &t->pre, err));
    PAW_TRY(read_vocabulary(file, path, key, &t->vocabulary, err));
    PAW_TRY(gguf_get_u32(file, KEY_EOS, &eos, err));
    if (eos >= (uint32_t)t->vocabulary.size) {
        return vocabulary_fail(file, KEY_EOS, err, "token %u is not among the %d tokens", eos,
                               t->vocabulary.size);
    }
    t->eos = (int32_t)eos;
    return PAW_OK;
}

paw_status tokenizer_new(const gguf_file *file, tokenizer **out, paw_error *err)
{
    return tokenizer_new_kept(file, NULL, NULL, out, err);
}

paw_status tokenizer_new_kept(const gguf_file *file, const char *path, const char *key, tokenizer **out, paw_error *err)
{
    tokenizer *t = calloc(1, sizeof *t);
    if (t == NULL) {
        return paw_fail_memory(err, sizeof *t);
    }
    paw_status status = read_tokenizer(file, path, key, t, err);
    if (status != PAW_OK) {
        tokenizer_free(t);
        return status;
    }
    *out = t;
    return PAW_OK;
}

void tokenizer_free(tokenizer *t)
{
    if (t != NULL) {
        vocabulary_free(&t->vocabulary);
        pretokenizer_free(t->pre);
        free(t);
    }
}

/* ---- encoding ---- */

typedef struct encoding {
    const tokenizer *t;
    pretokenizer_state *state;
    bpe_scratch scratch;
    token_list *out;
} encoding;

/* A byte that has no token is left out before merging, as Hugging Face's BPE leaves it out. */
static paw_status encode_word(encoding *e, const char *word, size_t size, paw_error *err)
{
    PAW_TRY(list_reserve(e->out, size, err));
    int32_t *tokens = e->out->data + e->out->size;
    size_t n = 0;
    for (size_t i = 0; i < size; i++) {
        int32_t token = e->t->vocabulary.byte_token[(uint8_t)word[i]];
        if (token >= 0) {
            tokens[n++] = token;
        }
    }
    PAW_TRY(bpe_merge_word(&e->t->vocabulary.merges, &e->scratch, tokens, &n, err));
    e->out->size += n;
    return PAW_OK;
}

static paw_status encode_plain(encoding *e, const char *text, size_t size, paw_error *err)
{
    while (size > 0) {
        size_t word = 0;
        PAW_TRY(pretokenizer_word(e->t->pre, e->state, text, size, &word, err));
        PAW_TRY(encode_word(e, text, word, err));
        text += word;
        size -= word;
    }
    return PAW_OK;
}

/* Special tokens are found from the left, the longest of those that begin at one place. */
static paw_status encode_special(encoding *e, const char *text, size_t size, paw_error *err)
{
    size_t from = 0, at = 0;
    while (at < size) {
        int32_t token = vocabulary_special_at(&e->t->vocabulary, text + at, size - at);
        if (token < 0) {
            at++;
            continue;
        }
        size_t name = 0;
        tokenizer_bytes(e->t, token, &name);
        PAW_TRY(encode_plain(e, text + from, at - from, err));
        PAW_TRY(token_list_push(e->out, token, err));
        from = at += name;
    }
    return encode_plain(e, text + from, size - from, err);
}

paw_status tokenizer_encode(const tokenizer *t, const char *text, size_t size, bool special,
                            token_list *out, paw_error *err)
{
    size_t valid = utf8_valid_length(text, size), before = out->size;
    if (valid != size) {
        return paw_fail(err, PAW_ERR_ARGUMENT, NULL, "the text is not UTF-8 at byte %zu", valid);
    }
    encoding e = {.t = t, .out = out};
    PAW_TRY(pretokenizer_state_new(t->pre, &e.state, err));
    paw_status status =
        special ? encode_special(&e, text, size, err) : encode_plain(&e, text, size, err);
    if (status != PAW_OK) {
        out->size = before;
    }
    bpe_scratch_free(&e.scratch);
    pretokenizer_state_free(e.state);
    return status;
}

/* ---- decoding ---- */

void tokenizer_decode(const tokenizer *t, const int32_t *tokens, size_t n, buffer *out)
{
    for (size_t i = 0; i < n; i++) {
        if (tokens[i] >= 0 && tokens[i] < t->vocabulary.size &&
            !tokenizer_is_control(t, tokens[i])) {
            size_t size = 0;
            const char *bytes = tokenizer_bytes(t, tokens[i], &size);
            buffer_append(out, bytes, size);
        }
    }
}

const char *tokenizer_bytes(const tokenizer *t, int32_t token, size_t *size)
{
    const uint32_t *start = t->vocabulary.start + token;
    *size = start[1] - start[0];
    return t->vocabulary.bytes + start[0];
}

int32_t tokenizer_size(const tokenizer *t)
{
    return t->vocabulary.size;
}

int32_t tokenizer_eos(const tokenizer *t)
{
    return t->eos;
}

bool tokenizer_is_control(const tokenizer *t, int32_t token)
{
    return t->vocabulary.types[token] == TOKEN_CONTROL;
}

bool tokenizer_is_ordinary(const tokenizer *t, int32_t token)
{
    int type = t->vocabulary.types[token];
    return type == TOKEN_NORMAL || type == TOKEN_BYTE;
}

int32_t tokenizer_find(const tokenizer *t, const char *name)
{
    size_t n = strlen(name), size = 0;
    int32_t token = n > 0 ? vocabulary_special_at(&t->vocabulary, name, n) : -1;
    if (token >= 0) {
        tokenizer_bytes(t, token, &size);
    }
    return size == n && n > 0 ? token : -1;
}
