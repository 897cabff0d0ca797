/*
 * draft.h: guesses what an answer goes on with, from the text it is probably made of: the call's input, copied with edits
 * that the answer has already shown, or anything said before. A guess costs a little time when it is wrong and saves a lot
 * when it is right; it never changes an answer, since every proposed token is checked (generate.c).
 */
#ifndef PAW_FUNCTION_DRAFT_H
#define PAW_FUNCTION_DRAFT_H

#include "text/tokenizer.h"

enum { DRAFT_MOST = 15 };

enum {
    DRAFT_EDITS = 64,
    DRAFT_NEAR = 4 /* tokens of the input that one of the answer may stand for, or that it may leave out */
};

/* Input tokens from[0 .. n) came out as `token`, or as nothing (-1) before from[n]. */
typedef struct draft_edit {
    int32_t from[DRAFT_NEAR + 1];
    int n; /* 0: no longer believed */
    int32_t token;
} draft_edit;

/* The latest edits, in a ring; kept from call to call, since a function does to one input what it did to the last. */
typedef struct draft_memory {
    draft_edit edits[DRAFT_EDITS];
    unsigned count;
} draft_memory;

typedef struct drafter {
    const tokenizer *tokenizer;
    const token_list *prefix; /* the program's prompt up to the input */
    const token_list *rest;   /* the input's tokens, what the prompt puts after them, the answer's */
    int n_text, n_input;      /* tokens of the input itself, and with what follows it */
    int at;                   /* the input's token that the answer is thought to have reached; -1: not known */
    int misses;               /* guesses wrong since the last right one */
    int limit;                /* tokens to propose */
    draft_memory *memory;
    /* the last proposal */
    int n;
    int32_t tokens[DRAFT_MOST];
    int before[DRAFT_MOST], after[DRAFT_MOST]; /* where the answer stands in the input before and after each; -1: elsewhere */
    draft_edit *edit[DRAFT_MOST];              /* the edit that a token comes from, or NULL */
} drafter;

/* `memory` starts out zero and is changed. `rest` holds the input's tokens now and will get the answer's. */
void drafter_init(drafter *d, const tokenizer *t, draft_memory *memory, const token_list *prefix, const token_list *rest,
                  size_t n_text);

/* The answer's next token, which was not proposed, has been appended to `rest`. */
void drafter_follow(drafter *d);

/* Fills d->tokens with up to `most` tokens and d->n with their number. */
void drafter_propose(drafter *d, int most);

/* The first `accepted` tokens of the proposal were right. */
void drafter_learn(drafter *d, int accepted);

#endif
