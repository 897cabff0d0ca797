/*
 * spellings.h: from the spelling of a token in the model file to its number, while the file is
 * read.
 *
 * An open-addressing table. What counts here is how much memory is touched, so that a slot has four
 * bytes (a token and eight bits of hash), and a token's head, all of a short spelling, is kept
 * where it is compared.
 */
#ifndef PAW_TEXT_SPELLINGS_H
#define PAW_TEXT_SPELLINGS_H

#include "base/error.h"
#include "gguf/gguf.h"

typedef struct spellings {
    const gguf_text *texts; /* of the tokens, in their order */
    uint64_t *heads;        /* of the tokens */
    uint32_t *slots;        /* hash bits << 24 | token + 1; 0 when free */
    size_t mask;            /* slots - 1 */
} spellings;

enum { SPELLINGS_MAX = (1 << 24) - 1 };

/* An empty table with room for `n` tokens, at most SPELLINGS_MAX, whose texts outlive it. */
paw_status spellings_init(spellings *s, const gguf_text *texts, size_t n, paw_error *err);
void spellings_free(spellings *s);

/* Adds token `token`, whose text is not empty. Returns -1, or the token of the same spelling that
 * is there already. */
int32_t spellings_add(spellings *s, int32_t token);

/* The token that is spelt so, or -1. */
int32_t spellings_find(const spellings *s, gguf_text text);

#endif
