/*
 * generate.c: greedy decoding, with lookup: answers often repeat the input or the program's examples, so what followed an
 * earlier occurrence of the latest tokens is proposed and checked in one pass. A logit does not depend on what it is
 * computed with (docs/architecture.md), so the answer is the one that decoding token by token gives.
 */
#include <stdlib.h>
#include <string.h>

#include "function/function.h"

enum {
    MAX_DRAFT = 15,
    FIRST_DRAFT = 4,
    LONGEST_MATCH = 4 /* tokens that are looked up */
};

/* The tokens of a call, as one sequence: the program's prefix, then the input's and the answer's. */
typedef struct history {
    const token_list *prefix, *rest;
    size_t n_text;  /* tokens of the input itself, at the beginning of `rest` */
    size_t n_input; /* and with what the prompt puts after them */
} history;

static size_t length_of(const history *h)
{
    return h->prefix->size + h->rest->size;
}

static int32_t token_at(const history *h, size_t i)
{
    return i < h->prefix->size ? h->prefix->data[i] : h->rest->data[i - h->prefix->size];
}

/* Where a continuation that begins at i must end: with the prefix, the input's text or the answer. */
static size_t end_of_part(const history *h, size_t i)
{
    size_t text = h->prefix->size + h->n_text, input = h->prefix->size + h->n_input;
    return i < h->prefix->size ? h->prefix->size : i < text ? text : i < input ? i : length_of(h);
}

/* How many tokens before i equal the latest ones, up to LONGEST_MATCH; they may not reach before `begin`. */
static int match(const history *h, size_t i, size_t begin)
{
    size_t n = length_of(h);
    int k = 0;
    while (k < LONGEST_MATCH && i > begin + (size_t)k && token_at(h, i - 1 - (size_t)k) == token_at(h, n - 1 - (size_t)k)) {
        k++;
    }
    return k;
}

/*
 * Proposes up to `most` tokens: what follows the longest match, of equal ones the one nearest to where the last proposal
 * ended (*at), so that a copy goes on where it was. A match of one token counts in the input alone. Returns their number
 * and sets *at to where they begin.
 */
static int look_up(const history *h, int32_t eos, int most, size_t *at, int32_t *draft)
{
    size_t n = length_of(h), text = h->prefix->size, best = 0, best_distance = SIZE_MAX;
    int longest = 0, count = 0;
    for (size_t i = 1; i < n; i++) {
        if (token_at(h, i - 1) != token_at(h, n - 1)) {
            continue;
        }
        bool in_text = i > text && i < text + h->n_text;
        int k = match(h, i, i > text ? text : 0);
        size_t distance = i > *at ? i - *at : *at - i;
        if (end_of_part(h, i) > i && k >= (in_text ? 1 : 2) && (k > longest || (k == longest && distance < best_distance))) {
            longest = k;
            best = i;
            best_distance = distance;
        }
    }
    if (longest > 0) {
        size_t end = end_of_part(h, best);
        for (; count < most && best + (size_t)count < end && token_at(h, best + (size_t)count) != eos; count++) {
            draft[count] = token_at(h, best + (size_t)count);
        }
        *at = best;
    }
    return count;
}

/* The largest logit; of equal ones the first. */
static int32_t best_token(const float *logits, int n)
{
    int32_t best = 0;
    for (int i = 1; i < n; i++) {
        best = logits[i] > logits[best] ? i : best;
    }
    return best;
}

typedef struct loop {
    paw_function *f;
    token_list *tokens; /* input and answer */
    size_t first;       /* of the answer's */
    float *logits;      /* [MAX_DRAFT + 1][n_vocab] */
    int n_vocab, max_tokens, draft_limit;
    bool lookup;
    size_t at; /* in the history: where the last proposal began */
    paw_answer *answer;
} loop;

static int room(const loop *l)
{
    int left = l->max_tokens - l->answer->tokens_generated;
    int context = model_context(l->f->base->model) - model_state_length(l->f->image.state) - 1;
    int most = l->draft_limit < left ? l->draft_limit : left;
    return most < context ? most : context;
}

/* Longer proposals while they are right, shorter ones when they are not. */
static void adapt(loop *l, int proposed, int accepted)
{
    if (proposed > 0) {
        int next = accepted == proposed ? 2 * l->draft_limit + 1 : accepted + 1;
        l->draft_limit = next > MAX_DRAFT ? MAX_DRAFT : next;
    } else if (l->draft_limit < FIRST_DRAFT) {
        l->draft_limit++;
    }
}

/*
 * Computes the answer's latest token and a proposal after it, keeps the tokens that greedy decoding gives too, and returns
 * in *row the logits that follow the last one kept.
 */
static paw_status extend(loop *l, const history *h, int *row, paw_error *err)
{
    int32_t draft[MAX_DRAFT];
    model_state *state = l->f->image.state;
    int most = room(l), n = 0, accepted = 0;
    if (l->lookup && most > 0) {
        n = look_up(h, tokenizer_eos(l->f->base->tokenizer), most, &l->at, draft);
    }
    size_t last = l->tokens->size - 1;
    for (int i = 0; i < n; i++) {
        PAW_TRY(token_list_push(l->tokens, draft[i], err));
    }
    model_request r = {.tokens = l->tokens->data + last, .n = n + 1, .lora = l->f->image.lora, .logits = l->logits,
                       .n_logits = n + 1};
    PAW_TRY(model_forward(l->f->base->model, state, &r, err));
    while (accepted < n && l->answer->tokens_generated < l->max_tokens &&
           best_token(l->logits + (size_t)accepted * (size_t)l->n_vocab, l->n_vocab) == draft[accepted]) {
        accepted++;
        l->answer->tokens_generated++;
    }
    l->tokens->size = last + 1 + (size_t)accepted;
    model_state_truncate(state, model_state_length(state) - (n - accepted));
    l->at += (size_t)accepted;
    l->answer->passes++;
    adapt(l, n, accepted);
    *row = accepted;
    return PAW_OK;
}

static paw_status run(loop *l, size_t n_text, paw_error *err)
{
    model *m = l->f->base->model;
    const model_state *state = l->f->image.state;
    history h = {&l->f->prefix, l->tokens, n_text, l->tokens->size};
    model_request r = {.tokens = l->tokens->data, .n = (int)l->tokens->size, .lora = l->f->image.lora, .logits = l->logits};
    int row = 0;
    PAW_TRY(model_forward(m, l->f->image.state, &r, err));
    l->at = l->f->prefix.size;
    for (;;) {
        int32_t token = best_token(l->logits + (size_t)row * (size_t)l->n_vocab, l->n_vocab);
        if (token == tokenizer_eos(l->f->base->tokenizer)) {
            l->answer->complete = true;
            return PAW_OK;
        }
        if (l->answer->tokens_generated >= l->max_tokens) {
            return PAW_OK;
        }
        PAW_TRY(token_list_push(l->tokens, token, err));
        l->answer->tokens_generated++;
        if (l->answer->tokens_generated >= l->max_tokens || model_state_length(state) >= model_context(m)) {
            return PAW_OK;
        }
        PAW_TRY(extend(l, &h, &row, err));
    }
}

paw_status generate_answer(paw_function *f, token_list *tokens, size_t n_text, const paw_call_options *options,
                           paw_answer *answer, paw_error *err)
{
    loop l = {.f = f, .tokens = tokens, .first = tokens->size, .n_vocab = model_get_shape(f->base->model)->n_vocab,
              .max_tokens = options->max_tokens, .draft_limit = FIRST_DRAFT, .lookup = !options->no_lookup, .answer = answer};
    PAW_TRY(base_logits(f->base, MAX_DRAFT + 1, &l.logits, err));
    PAW_TRY(run(&l, n_text, err));
    buffer text = {0};
    tokenizer_decode(f->base->tokenizer, tokens->data + l.first, tokens->size - l.first, &text);
    answer->text = buffer_take(&text);
    return answer->text != NULL ? PAW_OK : paw_fail_memory(err, 64);
}
