/* speed.c: how fast a base model computes here. */
#include <stdlib.h>

#include "function/base.h"

static paw_status measure(paw_base *base, model_state *state, int prefill, int decode, paw_speed *out, float *logits,
                          int32_t *tokens, paw_error *err)
{
    int n_vocab = model_get_shape(base->model)->n_vocab;
    for (int i = 0; i < prefill + decode; i++) { /* any tokens will do: the arithmetic is the same for all */
        tokens[i] = (int32_t)((int64_t)i * 7919 % n_vocab);
    }
    model_request r = {.tokens = tokens, .n = prefill, .logits = logits};
    double start = base_clock();
    PAW_TRY(model_forward(base->model, state, &r, err));
    double between = base_clock();
    r.n = 1;
    for (int i = 0; i < decode; i++) {
        r.tokens = tokens + prefill + i;
        PAW_TRY(model_forward(base->model, state, &r, err));
    }
    out->prefill_tokens_per_s = prefill / (between - start);
    out->decode_tokens_per_s = decode > 0 ? decode / (base_clock() - between) : 0;
    return PAW_OK;
}

paw_status paw_base_measure(paw_base *base, int prefill, int decode, paw_speed *out, paw_error *err)
{
    if (base == NULL || out == NULL || prefill < 1 || decode < 0 || prefill > model_context(base->model) - decode) {
        return paw_fail(err, PAW_ERR_ARGUMENT, "paw_base_measure",
                        "wants a base, at least one token of prefill, and all tokens within the context");
    }
    model_state *state;
    float *logits = malloc((size_t)model_get_shape(base->model)->n_vocab * sizeof *logits);
    int32_t *tokens = malloc((size_t)(prefill + decode) * sizeof *tokens);
    paw_status status = logits == NULL || tokens == NULL ? paw_fail_memory(err, 4096) : model_state_new(base->model, &state, err);
    if (status == PAW_OK) {
        pthread_mutex_lock(&base->lock);
        status = measure(base, state, prefill, decode, out, logits, tokens, err);
        pthread_mutex_unlock(&base->lock);
        model_state_free(state);
    }
    free(logits);
    free(tokens);
    return status;
}
