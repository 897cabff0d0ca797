/* compile.h: between the readers of formats and the grammars made of them. */
#ifndef PAW_GRAMMAR_COMPILE_H
#define PAW_GRAMMAR_COMPILE_H

#include "grammar/expr.h"
#include "grammar/grammar.h"

/* A grammar of what was built, rule 0 its beginning. `source` names it in errors. The builder may be freed afterwards. */
paw_status grammar_make(expr_builder *b, const grammar_vocabulary *v, const char *source, grammar **out, paw_error *err);

/* ---- regex.c ---- */

/*
 * The expression of a regular expression that matches a text whole, or, with `search`, a text in which it matches somewhere.
 * `where` names it in errors, to which the place is added.
 */
paw_status regex_read(expr_builder *b, const char *pattern, size_t size, bool search, const char *where, expr *out,
                      paw_error *err);

/* ---- number.c ---- */

/* A decimal number: digits before and after the point without zeros that say nothing. */
typedef struct decimal {
    bool negative;
    uint64_t whole; /* less than 10^18 */
    char fraction[24];
} decimal;

typedef struct number_limit {
    bool set, exclusive; /* exclusive: the limit itself is not allowed */
    decimal value;
} number_limit;

/* The decimal of a JSON number; false when it has too many digits. */
bool decimal_read(const json_t *number, decimal *out);

enum { NUMBER_SPELT = 40 };

/* The shortest digits that give a finite value again, with an exponent or only where it is needed. */
void number_spell(double value, bool exponent, char out[NUMBER_SPELT]);

/* Integers and numbers in JSON's spelling between two limits; *empty when there are none. */
expr number_integer(expr_builder *b, const number_limit *low, const number_limit *high, bool *empty);
expr number_real(expr_builder *b, const number_limit *low, const number_limit *high, bool *empty);

/* ---- for tests ---- */

/* How much a grammar keeps before it throws all away, and how often it has done so. */
void grammar_limit_cache(grammar *g, size_t bytes);
size_t grammar_collections(const grammar *g);

#endif
