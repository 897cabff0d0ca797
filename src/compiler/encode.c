/* encode.c: the pseudo-program, and the encoding pass that reads it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/compiler.h"
#include "compiler/template.h"

paw_status compiler_pseudo(const paw_compiler *c, const char *spec, const paw_compile_request *request, char **out, paw_error *err)
{
    buffer examples = {0}, text = {0};
    if (request->n_examples > 0) {
        buffer_append_text(&examples, c->examples_header);
    }
    for (size_t i = 0; i < request->n_examples; i++) {
        template_value values[2] = {{"{input}", request->examples[i].input}, {"{output}", request->examples[i].output}};
        template_render(&examples, c->example_template, values, 2);
    }
    buffer_append(&examples, "", 0);
    template_value values[2] = {{"{spec}", spec}, {"{examples}", examples.data}};
    bool failed = examples.failed;
    if (!failed) {
        template_render(&text, c->pseudo_template, values, 2);
    }
    buffer_free(&examples);
    *out = buffer_take(&text);
    return failed || *out == NULL ? paw_fail_memory(err, strlen(spec)) : PAW_OK;
}

static paw_status encode_tokens(const paw_compiler *c, const char *spec, const char *pseudo, token_list *out, paw_error *err)
{
    buffer text = {0};
    template_value values[2] = {{"{pseudo}", pseudo}, {"{spec}", spec}};
    template_render(&text, c->encode_template, values, 2);
    paw_status status = text.failed ? paw_fail_memory(err, text.size)
                                    : tokenizer_encode(c->base->tokenizer, text.data, text.size, true, out, err);
    buffer_free(&text);
    PAW_TRY(status);
    int n_vocab = model_get_shape(c->base->model)->n_vocab, context = model_context(c->base->model);
    if ((int64_t)out->size + c->n_prefix > context) {
        return paw_fail(err, PAW_ERR_CONTEXT, "spec",
                        "the spec and its examples take %zu tokens; the compiler reads at most %d: shorten them", out->size,
                        context - (int)c->n_prefix);
    }
    for (uint32_t i = 0; i < c->n_prefix; i++) {
        PAW_TRY(token_list_push(out, n_vocab + (int32_t)i, err));
    }
    return PAW_OK;
}

/* h = sum over layers of weight * mean over prefix tokens of the (normalised) state. */
static void pool_states(const paw_compiler *c, const float *taps, float *h)
{
    const model_shape *shape = model_get_shape(c->base->model);
    size_t d = (size_t)shape->n_embd;
    memset(h, 0, d * sizeof *h);
    for (uint32_t l = 0; l < c->n_layer; l++) {
        int source = c->layer_map[l];
        if (source == shape->n_layer - 1 && c->final_norm) {
            source = shape->n_layer; /* the slot after the final norm */
        }
        float weight = c->layer_weight[l] / (float)c->n_prefix;
        for (uint32_t p = 0; p < c->n_prefix; p++) {
            const float *x = taps + ((size_t)source * c->n_prefix + p) * d;
            double squares = 0;
            for (size_t i = 0; i < d; i++) {
                squares += (double)x[i] * x[i];
            }
            float f = c->rms_eps > 0 ? (float)(1.0 / sqrt(squares / (double)d + c->rms_eps)) : 1.0f;
            for (size_t i = 0; i < d; i++) {
                h[i] = h[i] + weight * (x[i] * f);
            }
        }
    }
}

static paw_status run_encoder(paw_compiler *c, const token_list *tokens, float *taps, paw_error *err)
{
    model_state *state;
    PAW_TRY(model_state_new(c->base->model, &state, err));
    model_request r = {.tokens = tokens->data,
                       .n = (int)tokens->size,
                       .extra = c->prefix,
                       .n_extra = (int)c->n_prefix,
                       .lora = c->encoder,
                       .precise = true,
                       .taps = taps,
                       .n_tap = (int)c->n_prefix};
    pthread_mutex_lock(&c->base->lock);
    paw_status status = model_forward(c->base->model, state, &r, err);
    pthread_mutex_unlock(&c->base->lock);
    model_state_free(state);
    return status;
}

paw_status compiler_encode(paw_compiler *c, const char *spec, const char *pseudo, float *h, paw_error *err)
{
    const model_shape *shape = model_get_shape(c->base->model);
    if (c->n_base == 0) {
        return PAW_OK; /* nothing depends on the spec */
    }
    token_list tokens = {0};
    size_t n = (size_t)(shape->n_layer + 1) * c->n_prefix * (size_t)shape->n_embd;
    float *taps = malloc(n * sizeof *taps);
    paw_status status = taps == NULL ? paw_fail_memory(err, n * sizeof *taps) : encode_tokens(c, spec, pseudo, &tokens, err);
    if (status == PAW_OK) {
        status = run_encoder(c, &tokens, taps, err);
    }
    if (status == PAW_OK) {
        pool_states(c, taps, h);
    }
    free(taps);
    token_list_free(&tokens);
    return status;
}
