/*
 * generate.c: greedy decoding, with lookup: answers often repeat the input or the program's examples, so a continuation is
 * proposed (draft.h) and checked in one pass. A logit does not depend on what it is computed with (docs/architecture.md), so
 * the answer is the one that decoding token by token gives.
 */
#include <stdlib.h>
#include <string.h>

#include "function/draft.h"
#include "function/function.h"

/* The largest logit; of equal ones the first. */
static int32_t best_token(const float *logits, int n)
{
    int32_t best = 0;
    for (int i = 1; i < n; i++) {
        best = logits[i] > logits[best] ? i : best;
    }
    return best;
}

/* The same among the tokens of a mask, which holds one at least. */
static int32_t best_allowed(const float *logits, int n, const uint64_t *mask)
{
    int32_t best = -1;
    for (int word = 0; word * 64 < n; word++) {
        for (uint64_t left = mask[word]; left != 0; left &= left - 1) {
            int32_t token = word * 64 + __builtin_ctzll(left);
            best = best < 0 || logits[token] > logits[best] ? token : best;
        }
    }
    return best;
}

static const function_type OPEN; /* no type: for free running */

typedef struct loop {
    paw_function *f;
    token_list *tokens; /* input and answer */
    float *logits;      /* [DRAFT_MOST + 1][n_vocab] */
    int n_vocab, max_tokens;
    bool lookup;
    const function_type *type; /* of which the format is obeyed */
    drafter draft;
    paw_answer *answer;
} loop;

/* How many tokens may be proposed: no more than the answer and the context have room for. */
static int room(const loop *l)
{
    int left = l->max_tokens - l->answer->tokens_generated;
    int context = model_context(l->f->base->model) - model_state_length(l->f->image.state) - 1;
    return left < context ? left : context;
}

/* The token that comes after a row: the best one, or the best one that the format allows. */
static paw_status choose(const loop *l, int row, int32_t *token, paw_error *err)
{
    const float *logits = l->logits + (size_t)row * (size_t)l->n_vocab;
    if (l->type->format == NULL) {
        *token = best_token(logits, l->n_vocab);
        return PAW_OK;
    }
    PAW_TRY(grammar_mask(l->type->state, l->max_tokens - l->answer->tokens_generated, l->type->mask, err));
    *token = best_allowed(logits, l->n_vocab, l->type->mask);
    return PAW_OK;
}

/* The answer has this token now. */
static paw_status take(const loop *l, int32_t token, paw_error *err)
{
    l->answer->tokens_generated++;
    return l->type->format != NULL ? grammar_accept(l->type->state, token, err) : PAW_OK;
}

/*
 * Computes the answer's latest token and a proposal after it, keeps the tokens that greedy decoding gives too, and returns
 * in *row the logits that follow the last one kept.
 */
static paw_status extend(loop *l, int *row, paw_error *err)
{
    drafter *d = &l->draft;
    model_state *state = l->f->image.state;
    int accepted = 0;
    d->n = 0;
    if (l->lookup) {
        drafter_propose(d, room(l));
    }
    size_t last = l->tokens->size - 1;
    for (int i = 0; i < d->n; i++) {
        PAW_TRY(token_list_push(l->tokens, d->tokens[i], err));
    }
    model_request r = {.tokens = l->tokens->data + last, .n = d->n + 1, .lora = l->f->image.lora, .logits = l->logits,
                       .n_logits = d->n + 1};
    PAW_TRY(model_forward(l->f->base->model, state, &r, err));
    for (int32_t token; accepted < d->n; accepted++) {
        PAW_TRY(choose(l, accepted, &token, err));
        if (token != d->tokens[accepted]) {
            break;
        }
        PAW_TRY(take(l, token, err));
    }
    l->tokens->size = last + 1 + (size_t)accepted;
    model_state_truncate(state, model_state_length(state) - (d->n - accepted));
    l->answer->passes++;
    drafter_learn(d, accepted);
    *row = accepted;
    return PAW_OK;
}

static paw_status run(loop *l, paw_error *err)
{
    model *m = l->f->base->model;
    model_request r = {.tokens = l->tokens->data, .n = (int)l->tokens->size, .lora = l->f->image.lora, .logits = l->logits};
    int row = 0;
    PAW_TRY(model_forward(m, l->f->image.state, &r, err));
    for (;;) {
        int32_t token;
        PAW_TRY(choose(l, row, &token, err));
        if (token == tokenizer_eos(l->f->base->tokenizer)) {
            l->answer->complete = true;
            return PAW_OK;
        }
        if (l->answer->tokens_generated >= l->max_tokens) {
            return PAW_OK;
        }
        PAW_TRY(token_list_push(l->tokens, token, err));
        drafter_follow(&l->draft);
        PAW_TRY(take(l, token, err));
        if (l->answer->tokens_generated >= l->max_tokens) {
            l->answer->complete = l->type->format != NULL; /* a format is finished within its tokens */
            return PAW_OK;
        }
        PAW_TRY(extend(l, &row, err));
    }
}

/* The most tokens that an answer may have: what was asked for, or what the context has room for. */
static paw_status limit(loop *l, const paw_call_options *options, paw_error *err)
{
    int room_left = model_context(l->f->base->model) - l->f->image.prefix_tokens - (int)l->tokens->size + 1;
    l->max_tokens = options->max_tokens < room_left ? options->max_tokens : room_left;
    if (l->type->format == NULL) {
        return PAW_OK;
    }
    grammar_state_reset(l->type->state);
    if (grammar_shortest(l->type->format) > l->max_tokens) {
        return paw_fail(err, PAW_ERR_CONTEXT, "max_tokens", "%d tokens are too few for any answer of the program's format: at least %d",
                        l->max_tokens, grammar_shortest(l->type->format));
    }
    return PAW_OK;
}

paw_status generate_answer(paw_function *f, token_list *tokens, size_t n_text, const paw_call_options *options,
                           paw_answer *answer, paw_error *err)
{
    loop l = {.f = f, .tokens = tokens, .n_vocab = model_get_shape(f->base->model)->n_vocab,
              .lookup = !options->no_lookup, .type = options->free_running ? &OPEN : &f->type, .answer = answer};
    size_t first = tokens->size;
    PAW_TRY(limit(&l, options, err));
    PAW_TRY(base_logits(f->base, l.lookup ? DRAFT_MOST + 1 : 1, &l.logits, err));
    drafter_init(&l.draft, f->base->tokenizer, &f->edits, &f->prefix, tokens, n_text);
    PAW_TRY(run(&l, err));
    buffer text = {0};
    tokenizer_decode(f->base->tokenizer, tokens->data + first, tokens->size - first, &text);
    answer->text = buffer_take(&text);
    return answer->text != NULL ? PAW_OK : paw_fail_memory(err, 64);
}
