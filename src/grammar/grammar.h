/*
 * grammar.h: generation held to a format: a JSON Schema, a regular expression, or a grammar in GBNF form.
 *
 * All three become one automaton over the bytes of UTF-8 with calls of rules, read over the tokens of one vocabulary. The
 * state of a text says which tokens may come next so that the text can still be finished, also within a number of tokens,
 * and whether it may end here. A character is never cut: a text ends only where the format ends.
 *
 * Use:
 *     grammar_vocabulary *v;                      once per tokenizer; immutable, shared by any number of grammars and threads
 *     grammar *g;                                 once per format
 *     grammar_state *s;                           one per text
 *     while (remaining > 0) {
 *         grammar_mask(s, remaining, mask, err);  the best token of those with grammar_mask_has(mask, token)
 *         ... the end token: stop
 *         grammar_accept(s, token, err);
 *         remaining--;
 *     }
 *     When the limit stops the loop, the text is finished all the same.
 *
 * A grammar keeps a cache of what it has worked out, so that it and its states serve one thread at a time; two grammars,
 * also of the same source, share only the vocabulary. The vocabulary must outlive its grammars, a grammar its states.
 *
 * Errors of a source are PAW_ERR_ARGUMENT (wrong, contradictory, or matching nothing) or PAW_ERR_UNSUPPORTED (known but not
 * done here, or too large); `where` is the place in it: a JSON pointer, "line 3", or "regex, character 7".
 */
#ifndef PAW_GRAMMAR_GRAMMAR_H
#define PAW_GRAMMAR_GRAMMAR_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "text/tokenizer.h"

/* ---- vocabulary ---- */

typedef struct grammar_vocabulary grammar_vocabulary;

/* Builds the prefix tree of the tokenizer's ordinary tokens, which may be freed afterwards. */
paw_status grammar_vocabulary_new(const tokenizer *t, grammar_vocabulary **out, paw_error *err);
void grammar_vocabulary_free(grammar_vocabulary *v);

/* 64-bit words in a mask: one bit a token, token 0 the lowest bit of the first word. */
size_t grammar_mask_words(const grammar_vocabulary *v);

static inline bool grammar_mask_has(const uint64_t *mask, int32_t token)
{
    return mask[token / 64] >> (token % 64) & 1;
}

/* ---- formats ---- */

typedef struct grammar grammar;

enum { GRAMMAR_MAX_SOURCE = 1 << 20 /* bytes of a regular expression or grammar */ };

/*
 * JSON text that the schema allows, with no white space but at most one space after each ":" and ",": what json.dumps
 * writes, and its compact form. Properties stand in the schema's order; none but those listed. The keywords: type (also a
 * list), properties, required, additionalProperties (false), items, prefixItems, minItems, maxItems, enum, const, anyOf,
 * oneOf (taken as anyOf), allOf (of one), $ref within the schema (also recursive), minLength, maxLength, pattern, format
 * (date, time, date-time, email, uuid, ipv4), minimum, maximum, exclusiveMinimum, exclusiveMaximum. Annotations are passed
 * over; any other keyword is refused, and so is what leaves a value open (a schema without a type, an array without items, an
 * object without properties). Numbers have at most 18 digits before the point and about 15 after it, an exponent only where there
 * are no limits. `schema` is only read, and not kept.
 */
paw_status grammar_from_schema(const grammar_vocabulary *v, const json_t *schema, grammar **out, paw_error *err);

/*
 * Text that the regular expression (UTF-8, `size` bytes) matches whole. `.` is any character but line ends (\n, \r, U+2028,
 * U+2029); \d, \w and \s are ASCII; lazy quantifiers are as greedy ones. No look-around, back-references, \b, \p, flags.
 */
paw_status grammar_from_regex(const grammar_vocabulary *v, const char *pattern, size_t size, grammar **out, paw_error *err);

/* Text of the rule `root` of a grammar in GBNF form (UTF-8, `size` bytes). Left recursion is refused. */
paw_status grammar_from_gbnf(const grammar_vocabulary *v, const char *text, size_t size, grammar **out, paw_error *err);

void grammar_free(grammar *g);

/* A number of tokens within which a text can be finished: of all such, the shortest that is known. A mask for fewer fails. */
int grammar_shortest(const grammar *g);

/* ---- the state of a text ---- */

typedef struct grammar_state grammar_state;

/* At the beginning of a text. States must be freed before their grammar. */
paw_status grammar_state_new(grammar *g, grammar_state **out, paw_error *err);
void grammar_state_free(grammar_state *s);
void grammar_state_reset(grammar_state *s);

/* Puts `to` where `from` is; both of one grammar. */
void grammar_state_copy(grammar_state *to, const grammar_state *from);

/*
 * Sets `mask` (grammar_mask_words words) to the tokens that may come next when at most `remaining` tokens, that one among
 * them, may still come: after each of them the text can be finished in remaining - 1. The tokenizer's end token, which does
 * not count, is among them exactly where the text may end; other special tokens never are. PAW_ERR_CONTEXT when `remaining`
 * tokens are too few to finish; never after a mask that was obeyed.
 */
paw_status grammar_mask(grammar_state *s, int remaining, uint64_t *mask, paw_error *err);

/* Appends a token. One that does not fit is PAW_ERR_ARGUMENT and leaves the state; the end token fits where the text may end
 * and leaves the state too. */
paw_status grammar_accept(grammar_state *s, int32_t token, paw_error *err);

/* Appends bytes; *fits says whether they fit, and when not, the state is left. */
paw_status grammar_accept_text(grammar_state *s, const char *text, size_t size, bool *fits, paw_error *err);

bool grammar_can_end(const grammar_state *s);

/* As grammar_shortest, for the rest of this text. */
int grammar_state_shortest(const grammar_state *s);

#endif
