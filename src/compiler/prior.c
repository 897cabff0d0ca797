/* prior.c: a program asked about what is none of its business. */
#include "compiler/prior.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/real.h"
#include "function/choice_tree.h"
#include "function/image.h"
#include "model/state.h"

/* Everyday texts of many kinds; what any one task makes of one of them hardly matters. */
static const char *const UNRELATED[] = {
    "The meeting is moved to Thursday afternoon.", "I paid 45 euros for it last week.", "Could you send me the file again?",
    "It stopped working after the update.", "Thanks, everything arrived in good order.", "error: connection timed out after 30 s",
    "Anna Berg, 12 High Street, Leeds", "We were four people and a dog.", "The green one, size 38, please.",
    "{\"id\": 7, \"name\": \"lamp\"}", "no", "N/A"};
enum { TEXTS = sizeof UNRELATED / sizeof *UNRELATED };

static const double TAU = 4; /* flattens each answer, so that no single text decides */

typedef struct asking {
    paw_base *base;
    program_image image;
    choice_tree *tree;
    token_list tokens[TEXTS];
    model_state *states[TEXTS];
    int *group; /* [choices]: the root's child that a choice's path begins with */
    int *size;  /* [nodes]: choices below a child of the root */
} asking;

static void asking_free(asking *a)
{
    for (int i = 0; i < TEXTS; i++) {
        model_state_free(a->states[i]);
        token_list_free(&a->tokens[i]);
    }
    image_free(&a->image);
    choice_tree_free(a->tree);
    free(a->group);
    free(a->size);
}

static paw_status encode(const asking *a, const char *text, size_t size, token_list *out, paw_error *err)
{
    return tokenizer_encode(a->base->tokenizer, text, size, true, out, err);
}

/* The program in memory, and each text with the rest of the prompt as tokens. */
static paw_status load(asking *a, const bundle *program, paw_error *err)
{
    const char *at = strstr(program->prompt_template, BUNDLE_PLACEHOLDER), *suffix = at + strlen(BUNDLE_PLACEHOLDER);
    token_list prefix = {0};
    paw_status status = encode(a, program->prompt_template, (size_t)(at - program->prompt_template), &prefix, err);
    if (status == PAW_OK) {
        status = image_make(a->base, "the new program", program, &prefix, &a->image, err);
    }
    token_list_free(&prefix);
    for (int i = 0; i < TEXTS && status == PAW_OK; i++) {
        buffer text = {0};
        buffer_append_text(&text, UNRELATED[i]);
        buffer_append_text(&text, suffix);
        status = text.failed ? paw_fail_memory(err, strlen(suffix)) : encode(a, text.data, text.size, &a->tokens[i], err);
        buffer_free(&text);
    }
    return status;
}

static paw_status group_choices(asking *a, const choice_list *set, paw_error *err)
{
    PAW_TRY(choice_tree_new(a->base->tokenizer, (const char *const *)set->labels, set->count, &a->tree, err));
    const choice_tree *t = a->tree;
    a->group = malloc((size_t)t->n * sizeof *a->group);
    a->size = calloc((size_t)t->n_nodes, sizeof *a->size);
    if (a->group == NULL || a->size == NULL) {
        return paw_fail_memory(err, (size_t)t->n_nodes * sizeof *a->size);
    }
    for (int i = 1; i < t->n_nodes; i++) {
        if (t->nodes[i].choice >= 0) {
            int first = i;
            while (t->nodes[first].parent > 0) {
                first = t->nodes[first].parent;
            }
            a->group[t->nodes[i].choice] = first;
            a->size[first]++;
        }
    }
    return PAW_OK;
}

/* Logits [TEXTS][n_vocab] after all texts. The base's lock is held. */
static paw_status run(asking *a, float **logits, paw_error *err)
{
    model_sequence sequences[TEXTS];
    PAW_TRY(base_logits(a->base, TEXTS, logits, err));
    for (int i = 0; i < TEXTS; i++) {
        PAW_TRY(model_state_new(a->base->model, &a->states[i], err));
        model_state_share(a->states[i], a->image.state, a->image.prefix_tokens);
        sequences[i] = (model_sequence){a->states[i], a->tokens[i].data, (int)a->tokens[i].size, a->image.lora, 1};
    }
    return model_forward_batch(a->base->model, sequences, TEXTS, *logits, err);
}

/* Adds to sum [choices] what one text's logits give to each; p [choices] is scratch. */
static void add(const asking *a, const float *logits, double *p, double *sum)
{
    double largest = 0, total = 0;
    for (int k = 0; k < a->tree->n; k++) {
        int first = a->group[k];
        p[k] = ((double)logits[a->tree->nodes[first].token] - real_log(a->size[first])) / TAU;
        largest = k == 0 || p[k] > largest ? p[k] : largest;
    }
    for (int k = 0; k < a->tree->n; k++) {
        p[k] = p[k] - largest < -600 ? 0 : real_exp(p[k] - largest);
        total += p[k];
    }
    for (int k = 0; k < a->tree->n; k++) {
        sum[k] += p[k] / total;
    }
}

static paw_status ask(asking *a, double *sum, paw_error *err)
{
    float *logits;
    double *p = malloc((size_t)a->tree->n * sizeof *p);
    if (p == NULL) {
        return paw_fail_memory(err, (size_t)a->tree->n * sizeof *p);
    }
    pthread_mutex_lock(&a->base->lock);
    paw_status status = run(a, &logits, err);
    for (int i = 0; i < TEXTS && status == PAW_OK; i++) {
        add(a, logits + (size_t)i * (size_t)model_get_shape(a->base->model)->n_vocab, p, sum);
    }
    pthread_mutex_unlock(&a->base->lock);
    free(p);
    return status;
}

paw_status compiler_prior(const paw_compiler *c, const bundle *program, const choice_list *set, double *prior, paw_error *err)
{
    asking a = {.base = c->base};
    memset(prior, 0, set->count * sizeof *prior);
    paw_status status = group_choices(&a, set, err);
    if (status == PAW_OK) {
        status = load(&a, program, err);
    }
    if (status == PAW_OK) {
        status = ask(&a, prior, err);
    }
    asking_free(&a);
    for (size_t k = 0; k < set->count && status == PAW_OK; k++) {
        double mean = prior[k] / TEXTS;
        prior[k] = (double)c->choice_prior * TAU * real_log(mean > 1e-30 ? mean : 1e-30);
    }
    return status;
}
