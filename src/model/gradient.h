/*
 * gradient.h: how the weights of a LoRA adapter would have to change for a base model to give wanted outputs more readily.
 *
 * The loss is the weighted negative log-likelihood of the outputs' tokens, each output behind a prefix that all share. The base
 * is frozen: only the adapter's part of the gradient is computed. Forward passes are the engine's own, as when programs run; what
 * goes back is computed in float32 with the base's weights expanded, in a fixed order, so that the result is the same to the
 * last bit whatever the instruction set and the number of threads.
 *
 * For models of the architecture `llama`: no biases, RMSNorm, RoPE, SwiGLU, no norm of heads.
 */
#ifndef PAW_MODEL_GRADIENT_H
#define PAW_MODEL_GRADIENT_H

#include "model/model.h"

/* An adapter with a pair for every linear layer, or something of the same shape (its gradient). Modules a model lacks: NULL. */
typedef struct lora_weights {
    int rank;     /* a multiple of 16 */
    float factor; /* alpha / rank */
    float *a[MODEL_MODULES]; /* [n_layer][rank][cols] */
    float *b[MODEL_MODULES]; /* [n_layer][rows][rank] */
} lora_weights;

/* Zeros for all modules of the model. */
paw_status lora_weights_new(const model *m, int rank, float factor, lora_weights *out, paw_error *err);
void lora_weights_free(lora_weights *w);
size_t lora_count_a(const model *m, const lora_weights *w, model_module module); /* values of a[module], of b[module] */
size_t lora_count_b(const model *m, const lora_weights *w, model_module module);

/* What follows the prefix: an input, and behind it the output that is wanted, with its end token. */
typedef struct lesson_item {
    const int32_t *tokens; /* input and output */
    int n, n_output;       /* both at least 1, n_output < n */
} lesson_item;

typedef struct lesson {
    const int32_t *prefix;
    int n_prefix; /* at least 1 */
    const lesson_item *items;
    int n_items; /* at least 1 */
} lesson;

/* Tokens that are computed. */
int lesson_size(const lesson *l);

/* Whether model_gradient can be had of this model. */
bool model_has_gradient(const model *m);

/*
 * The gradient at `weights` of the sum over items of (sum over the output's tokens of NLL) / sqrt(its tokens), to `gradient`
 * (of the same shape, overwritten), and that sum to *loss if it is not NULL. Tokens that do not fit the context are PAW_ERR_CONTEXT.
 * Memory: about 0.25 MB a token of the lesson for SmolLM2-135M.
 */
paw_status model_gradient(model *m, const lesson *l, const lora_weights *weights, lora_weights *gradient, double *loss,
                          paw_error *err);

#endif
