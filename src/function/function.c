/*
 * function.c: a program loaded: its prompt, the state of its prefix, and the greedy loop.
 *
 * The prompt up to the input (the prefix) is tokenised apart and computed once; a call appends its input and the rest of
 * the prompt, generates, and takes the state back to the end of the prefix.
 */
#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "function/base.h"
#include "function/bundle.h"
#include "function/prefix.h"

enum { DEFAULT_MAX_TOKENS = 512 };

struct paw_function {
    paw_base *base;
    adapter *lora; /* NULL: the bare model */
    model_state *state;
    int prefix_tokens;
    char *suffix; /* of the prompt, after the input */
    float *logits; /* [n_vocab] */
};

void paw_function_free(paw_function *f)
{
    if (f != NULL) {
        adapter_free(f->lora);
        model_state_free(f->state);
        free(f->suffix);
        free(f->logits);
        free(f);
    }
}

/* ---- loading ---- */

/* The program may say how large its base model's file is: a cheap way to notice another base of the same shape. */
static paw_status check_meta(const paw_base *base, const char *path, const char *meta, paw_error *err)
{
    json_error_t error;
    json_t *root = json_loads(meta, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(root)) {
        json_decref(root);
        return paw_fail(err, PAW_ERR_FORMAT, path, "meta.json is not a JSON object: %s", root == NULL ? error.text : "");
    }
    json_t *runtime = json_object_get(root, "runtime");
    json_t *model = json_object_get(json_object_get(runtime, "local_sdk"), "base_model");
    json_int_t size = json_integer_value(json_object_get(model, "size_bytes"));
    const char *id = json_string_value(json_object_get(root, "runtime_id"));
    const gguf_file *file = model_get_file(base->model);
    paw_status status = PAW_OK;
    if (size > 0 && (uint64_t)size != gguf_file_size(file)) {
        status = paw_fail(err, PAW_ERR_MISMATCH, path,
                          "the program runs on %s (%lld bytes); %s has %zu bytes: load the base model that it was made for",
                          id != NULL ? id : "another base model", (long long)size, gguf_name(file), gguf_file_size(file));
    }
    json_decref(root);
    return status;
}

static paw_status tokens_of(const paw_base *base, const char *text, size_t size, token_list *out, paw_error *err)
{
    return tokenizer_encode(base->tokenizer, text, size, true, out, err);
}

static paw_status fill_prefix(paw_function *f, const char *text, size_t size, const bundle *b, paw_error *err)
{
    token_list tokens = {0};
    const void *file = b != NULL ? b->adapter : NULL;
    paw_status status = tokens_of(f->base, text, size, &tokens, err);
    if (status == PAW_OK) {
        status = prefix_fill(f->base, f->lora, file, b != NULL ? b->adapter_size : 0, &tokens, f->state, err);
    }
    f->prefix_tokens = (int)tokens.size;
    token_list_free(&tokens);
    return status;
}

/* Splits the template at the placeholder and fills the state with what stands before it; b: NULL for the bare model. */
static paw_status set_prompt(paw_function *f, const char *prompt_template, const bundle *b, paw_error *err)
{
    const char *at = strstr(prompt_template, BUNDLE_PLACEHOLDER);
    f->suffix = strdup(at + strlen(BUNDLE_PLACEHOLDER));
    f->logits = malloc((size_t)model_get_shape(f->base->model)->n_vocab * sizeof *f->logits);
    if (f->suffix == NULL || f->logits == NULL) {
        return paw_fail_memory(err, strlen(at));
    }
    PAW_TRY(model_state_new(f->base->model, &f->state, err));
    return fill_prefix(f, prompt_template, (size_t)(at - prompt_template), b, err);
}

static paw_status read_adapter(paw_function *f, const bundle *b, const char *path, paw_error *err)
{
    gguf_file *file;
    char name[280];
    snprintf(name, sizeof name, "%s: adapter.gguf", path);
    PAW_TRY(gguf_open_memory(b->adapter, b->adapter_size, name, &file, err));
    paw_status status = adapter_read(f->base->model, file, &f->lora, err);
    gguf_close(file);
    return status;
}

static paw_status load(paw_function *f, const char *path, paw_error *err)
{
    bundle b;
    PAW_TRY(bundle_read(path, true, &b, err));
    paw_status status = check_meta(f->base, path, b.meta, err);
    if (status == PAW_OK) {
        status = read_adapter(f, &b, path, err);
    }
    if (status == PAW_OK) {
        status = set_prompt(f, b.prompt_template, &b, err);
    }
    bundle_free(&b);
    return paw_fail_in(err, status, path);
}

paw_status paw_function_load(const char *path, paw_base *base, paw_function **out, paw_error *err)
{
    if (path == NULL || base == NULL || out == NULL) {
        return paw_fail(err, PAW_ERR_ARGUMENT, "paw_function_load", "path, base and out must not be NULL");
    }
    paw_function *f = calloc(1, sizeof *f);
    if (f == NULL) {
        return paw_fail_memory(err, sizeof *f);
    }
    f->base = base;
    paw_status status = load(f, path, err);
    if (status != PAW_OK) {
        paw_function_free(f);
        return status;
    }
    *out = f;
    return PAW_OK;
}

paw_status paw_function_prompted(const char *instructions, paw_base *base, paw_function **out, paw_error *err)
{
    if (instructions == NULL || base == NULL || out == NULL) {
        return paw_fail(err, PAW_ERR_ARGUMENT, "paw_function_prompted", "instructions, base and out must not be NULL");
    }
    if (strstr(instructions, BUNDLE_PLACEHOLDER) != NULL) {
        return paw_fail(err, PAW_ERR_ARGUMENT, "instructions", "the text " BUNDLE_PLACEHOLDER " is reserved");
    }
    buffer prompt = {0};
    buffer_append_text(&prompt, "<|im_start|>user\n");
    buffer_append_text(&prompt, instructions);
    buffer_append_text(&prompt, "\n\n" BUNDLE_PLACEHOLDER "<|im_end|>\n<|im_start|>assistant\n");
    char *text = buffer_take(&prompt);
    paw_function *f = calloc(1, sizeof *f);
    paw_status status = text == NULL || f == NULL ? paw_fail_memory(err, sizeof *f) : PAW_OK;
    if (status == PAW_OK) {
        f->base = base;
        status = set_prompt(f, text, NULL, err);
    }
    free(text);
    if (status != PAW_OK) {
        paw_function_free(f);
        return status;
    }
    *out = f;
    return PAW_OK;
}

/* ---- calling ---- */

/* The largest logit; of equal ones the first. */
static int32_t best_token(const float *logits, int n)
{
    int32_t best = 0;
    for (int i = 1; i < n; i++) {
        best = logits[i] > logits[best] ? i : best;
    }
    return best;
}

static paw_status input_tokens(const paw_function *f, const char *input, size_t length, token_list *out, paw_error *err)
{
    buffer text = {0};
    buffer_append(&text, input, length);
    buffer_append_text(&text, f->suffix);
    paw_status status = text.failed ? paw_fail_memory(err, length) : tokens_of(f->base, text.data, text.size, out, err);
    buffer_free(&text);
    if (status != PAW_OK) {
        return status;
    }
    int room = model_context(f->base->model) - f->prefix_tokens - 1; /* at least one token of answer */
    if (out->size == 0) { /* no token, no logits; only where the prompt ends at its placeholder */
        return paw_fail(err, PAW_ERR_ARGUMENT, "input", "the input is empty, and so is what follows it in the prompt");
    }
    if (out->size > INT32_MAX || (int)out->size > room) {
        return paw_fail(err, PAW_ERR_CONTEXT, "input",
                        "%zu tokens of input after a prefix of %d do not fit the context of %d: at most %d; shorten it",
                        out->size, f->prefix_tokens, model_context(f->base->model), room < 0 ? 0 : room);
    }
    return PAW_OK;
}

static paw_status generate(paw_function *f, token_list *tokens, int max_tokens, paw_answer *answer, paw_error *err)
{
    model *m = f->base->model;
    int n_vocab = model_get_shape(m)->n_vocab;
    size_t first = tokens->size; /* generated tokens are appended to the input's */
    model_request r = {.tokens = tokens->data, .n = (int)tokens->size, .lora = f->lora, .logits = f->logits};
    PAW_TRY(model_forward(m, f->state, &r, err));
    for (;;) {
        int32_t token = best_token(f->logits, n_vocab);
        if (token == tokenizer_eos(f->base->tokenizer)) {
            answer->complete = true;
            break;
        }
        PAW_TRY(token_list_push(tokens, token, err));
        answer->tokens_generated++;
        if (answer->tokens_generated >= max_tokens || model_state_length(f->state) >= model_context(m)) {
            break;
        }
        r.tokens = &tokens->data[tokens->size - 1];
        r.n = 1;
        PAW_TRY(model_forward(m, f->state, &r, err));
    }
    buffer text = {0};
    tokenizer_decode(f->base->tokenizer, tokens->data + first, tokens->size - first, &text);
    answer->text = buffer_take(&text);
    return answer->text != NULL ? PAW_OK : paw_fail_memory(err, 64);
}

/* Takes white space off both ends, and a character that the token limit cut in two. */
static void tidy(char *text)
{
    size_t n = utf8_valid_length(text, strlen(text)), start = 0;
    while (n > 0 && isspace((unsigned char)text[n - 1])) {
        n--;
    }
    while (start < n && isspace((unsigned char)text[start])) {
        start++;
    }
    memmove(text, text + start, n - start);
    text[n - start] = '\0';
}

static paw_status call(paw_function *f, const char *input, size_t length, int max_tokens, paw_answer *answer,
                       paw_error *err)
{
    token_list tokens = {0};
    paw_status status = input_tokens(f, input, length, &tokens, err);
    answer->tokens_input = (int)tokens.size;
    if (status == PAW_OK) {
        status = generate(f, &tokens, max_tokens, answer, err);
    }
    model_state_truncate(f->state, f->prefix_tokens);
    token_list_free(&tokens);
    if (status == PAW_OK) {
        tidy(answer->text);
    }
    return status;
}

paw_status paw_function_call(paw_function *f, const char *input, size_t length, const paw_call_options *options,
                             paw_answer *answer, paw_error *err)
{
    if (f == NULL || input == NULL || answer == NULL) {
        return paw_fail(err, PAW_ERR_ARGUMENT, "paw_function_call", "function, input and answer must not be NULL");
    }
    memset(answer, 0, sizeof *answer);
    int max_tokens = options != NULL && options->max_tokens != 0 ? options->max_tokens : DEFAULT_MAX_TOKENS;
    if (max_tokens < 1) {
        return paw_fail(err, PAW_ERR_ARGUMENT, "max_tokens", "%d; at least 1 is possible", max_tokens);
    }
    if (memchr(input, 0, length) != NULL) {
        return paw_fail(err, PAW_ERR_ARGUMENT, "input", "the input holds a NUL byte");
    }
    double start = base_clock();
    pthread_mutex_lock(&f->base->lock);
    paw_status status = call(f, input, length, max_tokens, answer, err);
    pthread_mutex_unlock(&f->base->lock);
    answer->latency_ms = (base_clock() - start) * 1e3;
    if (status != PAW_OK) {
        paw_answer_clear(answer);
    }
    return status;
}

void paw_answer_clear(paw_answer *answer)
{
    if (answer != NULL) {
        free(answer->text);
        memset(answer, 0, sizeof *answer);
    }
}

/* ---- looking into a program ---- */

paw_status paw_program_read(const char *path, paw_program_info *out, paw_error *err)
{
    bundle b;
    if (path == NULL || out == NULL) {
        return paw_fail(err, PAW_ERR_ARGUMENT, "paw_program_read", "path and out must not be NULL");
    }
    memset(out, 0, sizeof *out);
    PAW_TRY(bundle_read(path, false, &b, err));
    *out = (paw_program_info){b.meta, b.prompt_template, b.pseudo_program, b.file_size, b.adapter_size};
    return PAW_OK;
}

void paw_program_info_clear(paw_program_info *info)
{
    if (info != NULL) {
        free(info->json);
        free(info->prompt_template);
        free(info->pseudo_program);
        memset(info, 0, sizeof *info);
    }
}
