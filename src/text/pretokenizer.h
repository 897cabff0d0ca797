/*
 * pretokenizer.h: splitting text into the words inside which BPE merges.
 *
 * Each pre-tokenizer that `tokenizer.ggml.pre` can name is one regular expression, compiled by
 * PCRE2, that matches the next word wherever it stands.
 */
#ifndef PAW_TEXT_PRETOKENIZER_H
#define PAW_TEXT_PRETOKENIZER_H

#include <stddef.h>

#include "base/error.h"
#include "gguf/gguf.h"

typedef struct pretokenizer pretokenizer;

/* What one thread needs while it matches. */
typedef struct pretokenizer_state pretokenizer_state;

/* `where` names file and key in errors; a name that is not known here is PAW_ERR_UNSUPPORTED. */
paw_status pretokenizer_new(gguf_text name, const char *where, pretokenizer **out, paw_error *err);
void pretokenizer_free(pretokenizer *p);

paw_status pretokenizer_state_new(const pretokenizer *p, pretokenizer_state **out, paw_error *err);
void pretokenizer_state_free(pretokenizer_state *state);

/* Sets *word to the bytes of the first word of `text`: valid UTF-8 of `size` bytes, not empty. */
paw_status pretokenizer_word(const pretokenizer *p, pretokenizer_state *state, const char *text,
                             size_t size, size_t *word, paw_error *err);

#endif
