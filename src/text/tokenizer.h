/*
 * tokenizer.h: text to tokens and back, as the model file describes it.
 *
 * Byte-level BPE (`tokenizer.ggml.model = "gpt2"`): special tokens are cut out of the text first,
 * the pre-tokenizer that `tokenizer.ggml.pre` names splits the rest into words, and each word's
 * bytes are merged in the order of the merge list. Pre-tokenizers: smollm, gpt-2, qwen2. The tokens
 * are those of Hugging Face's tokenizers, normalisers apart: text is taken as it is. A byte without
 * a token (SmolLM2 has none for a few control characters) is left out. A tokenizer is immutable
 * once made: any number of threads may use it.
 */
#ifndef PAW_TEXT_TOKENIZER_H
#define PAW_TEXT_TOKENIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "gguf/gguf.h"

typedef struct tokenizer tokenizer;

/* A growing list of tokens; free with token_list_free. */
typedef struct token_list {
    int32_t *data;
    size_t size, capacity;
} token_list;

void token_list_free(token_list *list);
paw_status token_list_push(token_list *list, int32_t token, paw_error *err);

/*
 * Reads vocabulary, merges, token types, end token and the pre-tokenizer's name. The file must
 * outlive the tokenizer. An unknown model or pre-tokenizer is PAW_ERR_UNSUPPORTED, anything that
 * does not fit together PAW_ERR_FORMAT; both name the key.
 */
paw_status tokenizer_new(const gguf_file *file, tokenizer **out, paw_error *err);

/*
 * The same, quicker from the second time on: what was read is kept in the file `path` under `key` (up to 64 characters), which
 * must name the model file's content. What cannot be kept is read anew.
 */
paw_status tokenizer_new_kept(const gguf_file *file, const char *path, const char *key, tokenizer **out, paw_error *err);
void tokenizer_free(tokenizer *t);

/*
 * Appends the tokens of `text` to `out`; no BOS token is added. With `special`, the names of
 * control and user-defined tokens in the text become those tokens, found from the left and the
 * longest first; without, they are ordinary text. Text that is not UTF-8 is PAW_ERR_ARGUMENT and
 * names the byte. After a failure `out` is as it was.
 */
paw_status tokenizer_encode(const tokenizer *t, const char *text, size_t size, bool special,
                            token_list *out, paw_error *err);

/* Appends the bytes of the tokens to `out`; control tokens give nothing. A failed append shows in
 * out->failed. */
void tokenizer_decode(const tokenizer *t, const int32_t *tokens, size_t n, buffer *out);

/* Bytes of one token as they appear in text (its name for a control token; not NUL-terminated).
 * `token` in [0, size). */
const char *tokenizer_bytes(const tokenizer *t, int32_t token, size_t *size);

int32_t tokenizer_size(const tokenizer *t);
int32_t tokenizer_eos(const tokenizer *t);                    /* tokenizer.ggml.eos_token_id */
bool tokenizer_is_control(const tokenizer *t, int32_t token); /* `token` in [0, size) */

/* Whether a token is a piece of text: not control, user-defined, unknown or unused. `token` in [0, size). */
bool tokenizer_is_ordinary(const tokenizer *t, int32_t token);

/* The control or user-defined token whose name is exactly `name`, or -1. */
int32_t tokenizer_find(const tokenizer *t, const char *name);

#endif
