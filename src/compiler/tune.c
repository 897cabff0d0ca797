/*
 * tune.c: a mapped adapter moved a little towards the user's examples: two steps of Adam (Kingma and Ba 2014, arXiv 1412.6980) on the
 * likelihood of their outputs.
 *
 * The examples are learnt behind the prompt without examples, and the program answers behind the prompt with them. Number of steps
 * and learning rate were found on held-out specs (docs/results.md): more of either spoils closed sets.
 */
#include <stdlib.h>
#include <string.h>

#include "compiler/compiler.h"
#include "compiler/template.h"
#include "function/bundle.h"

enum { STEPS = 2, MOST_TOKENS = 1024 }; /* of a lesson: examples that do not fit are left out */

static const float RATE = 5e-5f, BETA1 = 0.9f, BETA2 = 0.95f, EPSILON = 1e-8f;

bool compiler_tunes(const paw_compiler *c, const paw_compile_request *request)
{
    return request->n_examples > 0 && !request->untuned && model_has_gradient(c->base->model);
}

/* ---- the lesson ---- */

typedef struct lesson_texts {
    char *prompt; /* with the placeholder */
    token_list prefix, tokens[PAW_EXAMPLES_MAX];
    lesson_item items[PAW_EXAMPLES_MAX];
    lesson lesson;
} lesson_texts;

static void free_texts(lesson_texts *t)
{
    free(t->prompt);
    token_list_free(&t->prefix);
    for (size_t i = 0; i < PAW_EXAMPLES_MAX; i++) {
        token_list_free(&t->tokens[i]);
    }
}

/* The prompt as it is without examples. */
static paw_status make_prompt(const paw_compiler *c, const char *spec, lesson_texts *t, paw_error *err)
{
    paw_compile_request bare = {.spec = spec};
    buffer text = {0};
    char *pseudo = NULL;
    PAW_TRY(compiler_pseudo(c, spec, &bare, &pseudo, err));
    template_value value = {"{pseudo}", pseudo};
    template_render(&text, c->prompt_template, &value, 1);
    free(pseudo);
    t->prompt = buffer_take(&text);
    return t->prompt != NULL ? PAW_OK : paw_fail_memory(err, strlen(spec));
}

/* Input and rest of the prompt as one text, as when the program is called; then the output and its end. */
static paw_status make_item(const paw_compiler *c, const char *suffix, const paw_example *e, token_list *tokens, lesson_item *item,
                            paw_error *err)
{
    const tokenizer *words = c->base->tokenizer;
    buffer text = {0};
    buffer_append_text(&text, e->input);
    buffer_append_text(&text, suffix);
    paw_status status = text.failed ? paw_fail_memory(err, strlen(e->input)) : tokenizer_encode(words, text.data, text.size, true, tokens, err);
    buffer_free(&text);
    PAW_TRY(status);
    size_t input = tokens->size;
    PAW_TRY(tokenizer_encode(words, e->output, strlen(e->output), false, tokens, err));
    PAW_TRY(token_list_push(tokens, tokenizer_eos(words), err));
    *item = (lesson_item){tokens->data, (int)tokens->size, (int)(tokens->size - input)};
    return PAW_OK;
}

static paw_status make_lesson(const paw_compiler *c, const char *spec, const paw_compile_request *r, lesson_texts *t, paw_error *err)
{
    int context = model_context(c->base->model), most = context < MOST_TOKENS ? context : MOST_TOKENS;
    PAW_TRY(make_prompt(c, spec, t, err));
    const char *at = strstr(t->prompt, BUNDLE_PLACEHOLDER);
    PAW_TRY(tokenizer_encode(c->base->tokenizer, t->prompt, (size_t)(at - t->prompt), true, &t->prefix, err));
    t->lesson = (lesson){t->prefix.data, (int)t->prefix.size, t->items, 0};
    for (size_t i = 0; i < r->n_examples; i++) {
        lesson *l = &t->lesson;
        PAW_TRY(make_item(c, at + strlen(BUNDLE_PLACEHOLDER), &r->examples[i], &t->tokens[i], &t->items[l->n_items], err));
        l->n_items++;
        if (lesson_size(l) > most || t->items[l->n_items - 1].n_output >= t->items[l->n_items - 1].n) {
            l->n_items--;
        }
    }
    return PAW_OK;
}

/* ---- steps ---- */

typedef struct moments {
    lora_weights first, second; /* running means of the gradient and of its square */
    float decay1, decay2;       /* powers of the betas so far */
} moments;

static void move(float *w, const float *g, float *first, float *second, size_t n, const moments *k)
{
    for (size_t i = 0; i < n; i++) {
        first[i] = BETA1 * first[i] + (1.0f - BETA1) * g[i];
        second[i] = BETA2 * second[i] + (1.0f - BETA2) * (g[i] * g[i]);
        float size = __builtin_sqrtf(second[i] / (1.0f - k->decay2)) + EPSILON;
        w[i] = w[i] - RATE * (first[i] / (1.0f - k->decay1)) / size;
    }
}

static void step(const model *m, lora_weights *w, const lora_weights *g, moments *k)
{
    k->decay1 *= BETA1;
    k->decay2 *= BETA2;
    for (int i = 0; i < MODEL_MODULES; i++) {
        if (w->a[i] != NULL) {
            move(w->a[i], g->a[i], k->first.a[i], k->second.a[i], lora_count_a(m, w, (model_module)i), k);
            move(w->b[i], g->b[i], k->first.b[i], k->second.b[i], lora_count_b(m, w, (model_module)i), k);
        }
    }
}

static paw_status run_steps(model *m, const lesson *l, lora_weights *w, paw_error *err)
{
    moments k = {.decay1 = 1, .decay2 = 1};
    lora_weights gradient = {0};
    paw_status status = lora_weights_new(m, w->rank, w->factor, &gradient, err);
    if (status == PAW_OK) {
        status = lora_weights_new(m, w->rank, w->factor, &k.first, err);
    }
    if (status == PAW_OK) {
        status = lora_weights_new(m, w->rank, w->factor, &k.second, err);
    }
    for (int i = 0; i < STEPS && status == PAW_OK; i++) {
        status = model_gradient(m, l, w, &gradient, NULL, err);
        if (status == PAW_OK) {
            step(m, w, &gradient, &k);
        }
    }
    lora_weights_free(&gradient);
    lora_weights_free(&k.first);
    lora_weights_free(&k.second);
    return status;
}

paw_status compiler_tune(paw_compiler *c, const char *spec, const paw_compile_request *request, lora_weights *weights, paw_error *err)
{
    lesson_texts texts = {0};
    paw_status status = make_lesson(c, spec, request, &texts, err);
    if (status == PAW_OK && texts.lesson.n_items > 0) {
        status = run_steps(c->base->model, &texts.lesson, weights, err);
    }
    free_texts(&texts);
    return status;
}
