/*
 * vocabulary.h: the tokens of a model file: their bytes, their types, and the merge list in terms
 * of them.
 *
 * A GGUF spells the bytes of an ordinary token in GPT-2's alphabet (a printable character for every
 * byte, "Ġ" for the space). They are turned into bytes once and lie one after the other in `bytes`;
 * token i is [start[i], start[i + 1]).
 */
#ifndef PAW_TEXT_VOCABULARY_H
#define PAW_TEXT_VOCABULARY_H

#include "base/file.h"
#include "gguf/gguf.h"
#include "text/bpe.h"

/* Values are llama.cpp's, as GGUF stores them. */
enum { TOKEN_NORMAL = 1, TOKEN_CONTROL = 3, TOKEN_USER_DEFINED = 4, TOKEN_BYTE = 6, TOKEN_TYPE_LAST = 6 };

typedef struct vocabulary {
    int32_t size;
    uint8_t *types;  /* [size] */
    uint32_t *start; /* [size + 1] */
    char *bytes;
    int32_t byte_token[256]; /* the token of a single byte, or -1 */
    int32_t *special; /* control and user-defined tokens: by first byte, then longest first */
    int32_t special_of[257]; /* of byte b: special[special_of[b]] up to special[special_of[b + 1]] */
    bpe_table merges;
    file_map kept; /* the file that the arrays lie in (kept.h); data NULL: they are memory of their own */
} vocabulary;

/* Fills a zeroed vocabulary, which points nowhere into the file. Free it also after a failure. */
paw_status vocabulary_read(const gguf_file *file, vocabulary *v, paw_error *err);
void vocabulary_free(vocabulary *v);

/* The longest special token that `text` begins with, or -1. */
int32_t vocabulary_special_at(const vocabulary *v, const char *text, size_t size);

/* PAW_ERR_FORMAT about `key` of `file`. */
paw_status vocabulary_fail(const gguf_file *file, const char *key, paw_error *err,
                           const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
