/* base.h: a base model as functions and compilers share it: model, tokenizer, and the lock around both. */
#ifndef PAW_FUNCTION_BASE_H
#define PAW_FUNCTION_BASE_H

#include <pthread.h>

#include "base/hash.h"
#include "model/model.h"
#include "text/tokenizer.h"

struct paw_base {
    model *model;
    tokenizer *tokenizer;
    char *state_dir; /* where prefix states are kept; NULL: nowhere */
    pthread_mutex_t lock; /* held during every forward pass */
    char sha256[HASH_HEX_SIZE]; /* empty until asked for */
};

double base_clock(void); /* seconds, monotonic */

#endif
