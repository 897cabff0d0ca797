/*
 * function.c: a program loaded, and its calls.
 *
 * The prompt up to the input (the prefix) is tokenised apart and computed once; a call appends its input and the rest of
 * the prompt, generates, and takes the state back to the end of the prefix.
 */
#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "function/bundle.h"
#include "function/function.h"

enum { DEFAULT_MAX_TOKENS = 512 };

void paw_function_free(paw_function *f)
{
    if (f != NULL) {
        image_free(&f->image);
        function_type_free(&f->type);
        token_list_free(&f->prefix);
        free(f->suffix);
        free(f);
    }
}

const char *const *paw_function_choices(const paw_function *f, size_t *n)
{
    bool closed = f != NULL && f->type.choices != NULL;
    *n = closed ? (size_t)f->type.choices->n : 0;
    return closed ? (const char *const *)f->type.choices->names : NULL;
}

/* ---- loading ---- */

/* The program may say how large its base model's file is: a cheap way to notice another base of the same shape. */
static paw_status check_base(const paw_base *base, const char *path, json_t *root, paw_error *err)
{
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
    return status;
}

static paw_status read_meta(paw_function *f, const char *path, const char *meta, paw_error *err)
{
    json_error_t error;
    json_t *root = json_loads(meta, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(root)) {
        json_decref(root);
        return paw_fail(err, PAW_ERR_FORMAT, path, "meta.json is not a JSON object: %s", root == NULL ? error.text : "");
    }
    paw_status status = check_base(f->base, path, root, err);
    if (status == PAW_OK) {
        status = function_type_read(f->base, root, path, &f->type, err);
    }
    json_decref(root);
    return status;
}

static paw_status tokens_of(const paw_base *base, const char *text, size_t size, token_list *out, paw_error *err)
{
    return tokenizer_encode(base->tokenizer, text, size, true, out, err);
}

/* Splits the template at the placeholder and loads what stands before it; b: NULL for the bare model. */
static paw_status set_prompt(paw_function *f, const char *prompt_template, const bundle *b, const char *path,
                             paw_error *err)
{
    const char *at = strstr(prompt_template, BUNDLE_PLACEHOLDER);
    f->suffix = strdup(at + strlen(BUNDLE_PLACEHOLDER));
    if (f->suffix == NULL) {
        return paw_fail_memory(err, strlen(at));
    }
    PAW_TRY(tokens_of(f->base, prompt_template, (size_t)(at - prompt_template), &f->prefix, err));
    return image_load(f->base, path, b, &f->prefix, &f->image, err);
}

static paw_status load(paw_function *f, const char *path, paw_error *err)
{
    bundle b;
    PAW_TRY(bundle_read(path, false, &b, err)); /* the adapter is read when there is no image of it */
    paw_status status = read_meta(f, path, b.meta, err);
    if (status == PAW_OK) {
        status = set_prompt(f, b.prompt_template, &b, path, err);
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

/* How the bare model is asked: with the turns that it was trained on, if it was. */
static const char *base_template(const paw_base *base)
{
    const char *architecture = model_get_shape(base->model)->architecture;
    if (strcmp(architecture, "qwen3") == 0) { /* with its thinking off: as the published client asks it */
        return "<|im_start|>user\n" BUNDLE_PLACEHOLDER "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n";
    }
    if (strcmp(architecture, "gpt2") == 0) {
        return BUNDLE_PLACEHOLDER;
    }
    return "<|im_start|>user\n" BUNDLE_PLACEHOLDER "<|im_end|>\n<|im_start|>assistant\n";
}

paw_status paw_function_base(const char *prompt_template, paw_base *base, paw_function **out, paw_error *err)
{
    if (base == NULL || out == NULL) {
        return paw_fail(err, PAW_ERR_ARGUMENT, "paw_function_base", "base and out must not be NULL");
    }
    const char *template = prompt_template != NULL ? prompt_template : base_template(base);
    const char *first = strstr(template, BUNDLE_PLACEHOLDER);
    if (first == NULL || strstr(first + 1, BUNDLE_PLACEHOLDER) != NULL) {
        return paw_fail(err, PAW_ERR_ARGUMENT, "prompt template", "must hold " BUNDLE_PLACEHOLDER " exactly once");
    }
    paw_function *f = calloc(1, sizeof *f);
    if (f == NULL) {
        return paw_fail_memory(err, sizeof *f);
    }
    f->base = base;
    paw_status status = set_prompt(f, template, NULL, NULL, err);
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
    const char *template = base_template(base), *at = strstr(template, BUNDLE_PLACEHOLDER);
    buffer_append(&prompt, template, (size_t)(at - template));
    buffer_append_text(&prompt, instructions);
    buffer_append_text(&prompt, "\n\n");
    buffer_append_text(&prompt, at);
    char *text = buffer_take(&prompt);
    paw_status status = text == NULL ? paw_fail_memory(err, 256) : paw_function_base(text, base, out, err);
    free(text);
    return status;
}

/* ---- calling ---- */

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
    int room = model_context(f->base->model) - f->image.prefix_tokens - 1; /* at least one token of answer */
    if (out->size == 0) { /* no token, no logits; only where the prompt ends at its placeholder */
        return paw_fail(err, PAW_ERR_ARGUMENT, "input", "the input is empty, and so is what follows it in the prompt");
    }
    if (out->size > INT32_MAX || (int)out->size > room) {
        return paw_fail(err, PAW_ERR_CONTEXT, "input",
                        "%zu tokens of input after a prefix of %d do not fit the context of %d: at most %d; shorten it",
                        out->size, f->image.prefix_tokens, model_context(f->base->model), room < 0 ? 0 : room);
    }
    return PAW_OK;
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

/* How many of the tokens begin within the input's bytes. */
static size_t tokens_of_input(const paw_function *f, const token_list *tokens, size_t length)
{
    buffer text = {0};
    size_t n = 0;
    while (n < tokens->size && text.size < length && !text.failed) {
        tokenizer_decode(f->base->tokenizer, tokens->data + n, 1, &text);
        n++;
    }
    buffer_free(&text);
    return n;
}

static paw_status call(paw_function *f, const char *input, size_t length, const paw_call_options *options,
                       paw_answer *answer, paw_error *err)
{
    token_list tokens = {0};
    paw_status status = input_tokens(f, input, length, &tokens, err);
    answer->tokens_input = (int)tokens.size;
    if (status == PAW_OK) {
        status = f->type.choices != NULL && !options->free_running
                     ? typed_answer(f->base, &f->type, &f->image, &tokens, options, answer, err)
                     : generate_answer(f, &tokens, tokens_of_input(f, &tokens, length), options, answer, err);
    }
    model_state_truncate(f->image.state, f->image.prefix_tokens);
    model_state_trim(f->image.state); /* many functions may be loaded, one is called at a time */
    token_list_free(&tokens);
    if (status == PAW_OK && answer->n_choices == 0 && (f->type.format == NULL || options->free_running)) {
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
    paw_call_options chosen = options != NULL ? *options : (paw_call_options){0};
    chosen.max_tokens = chosen.max_tokens != 0 ? chosen.max_tokens : DEFAULT_MAX_TOKENS;
    if (chosen.max_tokens < 1) {
        return paw_fail(err, PAW_ERR_ARGUMENT, "max_tokens", "%d; at least 1 is possible", chosen.max_tokens);
    }
    if (!(chosen.abstain_below >= 0 && chosen.abstain_below <= 1)) {
        return paw_fail(err, PAW_ERR_ARGUMENT, "abstain_below", "%g; a probability is 0 to 1", chosen.abstain_below);
    }
    if (memchr(input, 0, length) != NULL) {
        return paw_fail(err, PAW_ERR_ARGUMENT, "input", "the input holds a NUL byte");
    }
    double start = base_clock();
    pthread_mutex_lock(&f->base->lock);
    paw_status status = call(f, input, length, &chosen, answer, err);
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
        free(answer->probabilities);
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
