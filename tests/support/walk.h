/* walk.h: vocabularies for tests of formats, and texts made at random under the mask. */
#ifndef PAW_TESTS_WALK_H
#define PAW_TESTS_WALK_H

#include "base/buffer.h"
#include "grammar/grammar.h"
#include "support/check.h"

typedef struct walk_vocabulary {
    gguf_file *file;
    buffer bytes; /* behind `file` of the tiny one */
    tokenizer *t;
    grammar_vocabulary *v;
} walk_vocabulary;

/* The base model's vocabulary, or one of bytes and five merges; made once, freed by walk_free. */
const walk_vocabulary *walk_real(void);
const walk_vocabulary *walk_tiny(void);
void walk_free(void);

typedef enum walk_source { WALK_REGEX, WALK_GBNF, WALK_SCHEMA } walk_source;

paw_status walk_compile(const walk_vocabulary *w, walk_source kind, const char *source, grammar **out, paw_error *err);

/* The same, which must succeed. */
grammar *walk_grammar(const walk_vocabulary *w, walk_source kind, const char *source);

/* The source must be refused so (walk_vocabulary: the real one). */
void walk_refused(walk_source kind, const char *source, paw_status status, const char *where, const char *said);

/* Whether a text is of the format. */
bool walk_matches(grammar *g, const char *text, size_t size);

/*
 * Makes a text of at most `limit` tokens: the next token is drawn from the mask, the end token where it is allowed as likely as
 * all others together. Fails the test when the mask is empty, when a token of it is refused, or when the text cannot end where
 * the limit ends it. NUL-terminated in `out`, which is begun anew.
 */
void walk_text(const walk_vocabulary *w, grammar *g, int limit, uint64_t *random, buffer *out);

/* The mask by its definition: each token is tried. */
void walk_slow_mask(const walk_vocabulary *w, grammar *g, const grammar_state *s, int remaining, uint64_t *mask);

#endif
