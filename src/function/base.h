/* base.h: a base model as functions and compilers share it: model, tokenizer, and the lock around both. */
#ifndef PAW_FUNCTION_BASE_H
#define PAW_FUNCTION_BASE_H

#include <pthread.h>

#include "base/hash.h"
#include "grammar/grammar.h"
#include "model/model.h"
#include "text/tokenizer.h"

struct paw_base {
    model *model;
    tokenizer *tokenizer;
    char *state_dir; /* where prefix states are kept; NULL: nowhere */
    pthread_mutex_t lock; /* held during every forward pass */
    float *logits;        /* room for results, [logits_rows][n_vocab]; used under the lock */
    int logits_rows;
    grammar_vocabulary *vocabulary; /* for formats; NULL until one is used */
    char sha256[HASH_HEX_SIZE]; /* empty until asked for */
};

/* Room for that many rows of logits, owned by the base. The lock is held. */
paw_status base_logits(paw_base *base, int rows, float **out, paw_error *err);

/* The vocabulary for formats, made on the first call; owned by the base. Takes the lock. */
paw_status base_grammar_vocabulary(paw_base *base, const grammar_vocabulary **out, paw_error *err);

double base_clock(void); /* seconds, monotonic */

#endif
