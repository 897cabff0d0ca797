/* compile.c: spec in, `.paw` file out: the steps in their order, the program's id and its metadata. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "compiler/choices_ask.h"
#include "compiler/compiler.h"
#include "compiler/template.h"
#include "function/bundle.h"
#include "function/choice_tree.h"
#include "function/runtime.h"
#include "function/typed.h"

enum { ID_DIGITS = 20, ROOM_FOR_INPUT = 64 };

static paw_status check_text(const char *text, const char *name, paw_error *err)
{
    size_t size = strlen(text), valid = utf8_valid_length(text, size);
    if (valid != size) {
        return paw_fail(err, PAW_ERR_ARGUMENT, name, "the text is not UTF-8 (byte %zu)", valid);
    }
    if (strstr(text, BUNDLE_PLACEHOLDER) != NULL) {
        return paw_fail(err, PAW_ERR_ARGUMENT, name, "the text " BUNDLE_PLACEHOLDER " is reserved; take it out");
    }
    return PAW_OK;
}

static paw_status check_request(const paw_compile_request *r, paw_error *err)
{
    if (r == NULL || r->spec == NULL || (r->n_examples > 0 && r->examples == NULL)) {
        return paw_fail(err, PAW_ERR_ARGUMENT, "paw_compile", "spec and examples must not be NULL");
    }
    PAW_TRY(check_text(r->spec, "spec", err));
    size_t n = utf8_count(r->spec, strlen(r->spec));
    if (n < PAW_SPEC_MIN_CHARS || n > PAW_SPEC_MAX_CHARS) {
        return paw_fail(err, PAW_ERR_ARGUMENT, "spec", "the spec has %zu characters; %d to %d are possible", n,
                        PAW_SPEC_MIN_CHARS, PAW_SPEC_MAX_CHARS);
    }
    if (r->n_examples > PAW_EXAMPLES_MAX) {
        return paw_fail(err, PAW_ERR_ARGUMENT, "examples", "%zu examples; at most %d are possible", r->n_examples,
                        PAW_EXAMPLES_MAX);
    }
    for (size_t i = 0; i < r->n_examples; i++) {
        char where[48];
        snprintf(where, sizeof where, "example %zu", i + 1);
        if (r->examples[i].input == NULL || r->examples[i].output == NULL || r->examples[i].output[0] == '\0') {
            return paw_fail(err, PAW_ERR_ARGUMENT, where, "needs an input and an output that is not empty");
        }
        PAW_TRY(check_text(r->examples[i].input, where, err));
        PAW_TRY(check_text(r->examples[i].output, where, err));
    }
    if (r->format_type != NULL && (r->format_source == NULL || r->n_choices > 0)) {
        return paw_fail(err, PAW_ERR_ARGUMENT, "format", "wants a source, and no choices beside it");
    }
    for (size_t i = 0; i < r->n_choices && i < PAW_CHOICES_MAX; i++) {
        if (r->choices == NULL || r->choices[i] == NULL) {
            return paw_fail(err, PAW_ERR_ARGUMENT, "choices", "choice %zu is NULL", i + 1);
        }
    }
    return PAW_OK;
}

/*
 * First digits of SHA-256 over fingerprint, spec and pseudo-program, a NUL after each of the first two; and over the choices
 * or the format that the user gave, a NUL before each; and over "tuned" where the examples are learnt.
 */
static void make_id(const paw_compiler *c, const paw_compile_request *r, const char *pseudo, char id[ID_DIGITS + 1])
{
    char hex[HASH_HEX_SIZE];
    hash_part parts[6 + 2 * PAW_CHOICES_MAX] = {
        {c->fingerprint, strlen(c->fingerprint) + 1}, {r->spec, strlen(r->spec) + 1}, {pseudo, strlen(pseudo)}};
    size_t n = 3;
    for (size_t i = 0; i < r->n_choices; i++) {
        parts[n++] = (hash_part){"", 1};
        parts[n++] = (hash_part){r->choices[i], strlen(r->choices[i])};
    }
    if (r->format_type != NULL) {
        parts[n++] = (hash_part){r->format_type, strlen(r->format_type) + 1};
        parts[n++] = (hash_part){r->format_source, strlen(r->format_source)};
    }
    if (compiler_tunes(c, r)) {
        parts[n++] = (hash_part){"\0tuned", 6};
    }
    hash_sha256_hex(parts, n, hex);
    snprintf(id, ID_DIGITS + 1, "%.*s", ID_DIGITS, hex);
}

/* The format as meta.json holds it, {type, source}, a new object; checked by making it. NULL without an error: none is asked for. */
static paw_status read_format(const paw_compiler *c, const paw_compile_request *r, json_t **out, paw_error *err)
{
    json_error_t error;
    grammar *made = NULL;
    *out = NULL;
    if (r->format_type == NULL) {
        return PAW_OK;
    }
    PAW_TRY(check_text(r->format_source, "format", err));
    bool schema = strcmp(r->format_type, "json_schema") == 0;
    json_t *source = schema ? json_loads(r->format_source, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error) : json_string(r->format_source);
    if (source == NULL) {
        return paw_fail(err, PAW_ERR_ARGUMENT, "schema", "is not JSON: line %d: %s", schema ? error.line : 0, schema ? error.text : "");
    }
    paw_status status = format_new(c->base, r->format_type, source, &made, err);
    grammar_free(made);
    *out = status == PAW_OK ? json_pack("{s:s, s:o}", "type", r->format_type, "source", source) : (json_decref(source), NULL);
    return status;
}

/* Whether an example of the user's has an answer outside the set. */
static bool contradicted(const paw_compile_request *r, const choice_list *set)
{
    for (size_t i = 0; i < r->n_examples; i++) {
        bool inside = false;
        for (size_t k = 0; k < set->count; k++) {
            inside = inside || strcmp(set->labels[k], r->examples[i].output) == 0;
        }
        if (!inside) {
            return true;
        }
    }
    return false;
}

/*
 * The set that the spec names, by rules and as the compiler's model reads it. The model knows better whether there is one; the
 * rules, where they find one, lose no label of a long list.
 */
static paw_status find_set(paw_compiler *c, const paw_compile_request *r, choice_list *set, paw_error *err)
{
    bool open = false;
    choice_list asked = {0};
    PAW_TRY(choices_find(r->spec, set, err));
    if (c->choices_spec != NULL) {
        paw_status status = choices_ask(c, r->spec, &asked, &open, err);
        if (status != PAW_OK) {
            choices_free(set);
            return status;
        }
    }
    if (open || asked.count > set->count) {
        choices_free(set);
        *set = asked;
    } else {
        choices_free(&asked);
    }
    if (contradicted(r, set)) {
        choices_free(set);
    }
    return PAW_OK;
}

/*
 * The closed set that answers come from: the user's, or the one that the spec names. One that the tokenizer cannot tell apart
 * is an error when it was given, and left open when it was found.
 */
static paw_status choose_set(paw_compiler *c, const paw_compile_request *r, choice_list *set, bool *found, paw_error *err)
{
    choice_tree *tree = NULL;
    *found = r->n_choices == 0;
    if (*found && (r->open || r->format_type != NULL)) {
        return PAW_OK;
    }
    PAW_TRY(*found ? find_set(c, r, set, err) : choices_copy(r->choices, r->n_choices, "choices", set, err));
    for (size_t i = 0; !*found && i < set->count; i++) {
        PAW_TRY(check_text(set->labels[i], "choices", err));
    }
    if (set->count == 0) {
        return PAW_OK;
    }
    paw_status status = choice_tree_new(c->base->tokenizer, (const char *const *)set->labels, set->count, &tree, err);
    choice_tree_free(tree);
    if (status != PAW_OK && *found) {
        choices_free(set);
        return PAW_OK;
    }
    return status;
}

/* As function_type_read (function/typed.h) wants it. */
static bool add_choices(json_t *meta, const choice_list *set, bool found, double temperature)
{
    json_t *list = json_array();
    for (size_t i = 0; i < set->count; i++) {
        json_array_append_new(list, json_string(set->labels[i]));
    }
    return json_object_set_new(meta, "choices", list) == 0 &&
           json_object_set_new(meta, "choices_from", json_string(found ? "spec" : "user")) == 0 &&
           json_object_set_new(meta, "calibration", json_pack("{s:f}", "temperature", temperature)) == 0;
}

static paw_status make_meta(const paw_compiler *c, const paw_compile_request *r, const char *id, const choice_list *set, bool found,
                            json_t *format, char **out, paw_error *err)
{
    json_t *meta = json_pack(
        "{s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:f, s:i}", "version", 3, "program_id", id, "spec", r->spec,
        "compiler_snapshot", c->snapshot, "compiler_fingerprint", c->fingerprint, "pseudo_program_strategy", c->strategy,
        "interpreter", c->interpreter, "runtime_id", c->runtime_id, "runtime_manifest_version", 1, "lora_rank", (int)c->rank,
        "lora_alpha", (double)c->alpha, "prefix_steps", (int)c->n_prefix);
    const runtime_info *runtime = runtime_find(c->runtime_id);
    if (meta != NULL && runtime != NULL) {
        json_object_set_new(meta, "runtime", runtime_manifest(runtime));
    }
    if (meta != NULL) {
        json_object_set_new(meta, "tuned", json_boolean(compiler_tunes(c, r)));
    }
    bool sound = meta != NULL && (set->count == 0 || add_choices(meta, set, found, (double)c->choice_temperature)) &&
                 (format == NULL || json_object_set(meta, "format", format) == 0);
    *out = sound ? json_dumps(meta, JSON_INDENT(2)) : NULL;
    json_decref(meta);
    return *out != NULL ? PAW_OK : paw_fail_memory(err, strlen(r->spec));
}

/* The prompt with the pseudo-program in it; it must leave room for an input, `room` tokens. */
static paw_status make_prompt(const paw_compiler *c, const char *pseudo, int room, char **out, paw_error *err)
{
    buffer text = {0};
    token_list tokens = {0};
    template_value value = {"{pseudo}", pseudo};
    template_render(&text, c->prompt_template, &value, 1);
    free(*out);
    *out = buffer_take(&text);
    if (*out == NULL) {
        return paw_fail_memory(err, strlen(pseudo));
    }
    PAW_TRY(tokenizer_encode(c->base->tokenizer, *out, strlen(*out), true, &tokens, err));
    size_t n = tokens.size;
    int context = model_context(c->base->model);
    token_list_free(&tokens);
    if (n + (size_t)room > (size_t)context) {
        return paw_fail(err, PAW_ERR_CONTEXT, "spec",
                        "the prompt takes %zu of the context's %d tokens and leaves no room for an input: shorten the spec", n,
                        context);
    }
    return PAW_OK;
}

typedef struct work {
    bundle bundle;
    char *spec;
    float *h, *coefficients;
    buffer adapter;
    choice_list set;
    json_t *format;
} work;

/* Whether the spec itself has every choice of the user in its words. */
static bool names_choices(const paw_compile_request *r)
{
    for (size_t i = 0; i < r->n_choices; i++) {
        if (strstr(r->spec, r->choices[i]) == NULL) {
            return false;
        }
    }
    return true;
}

/* The spec with the user's choices behind it, to be freed. */
static char *spec_with_choices(const paw_compile_request *r)
{
    bool plain = true;
    for (size_t i = 0; i < r->n_choices; i++) {
        plain = plain && strchr(r->choices[i], ',') == NULL;
    }
    buffer text = {0};
    buffer_append_text(&text, r->spec);
    buffer_append_text(&text, plain ? "\nAnswer with exactly one of: " : "\nAnswer with exactly one of:");
    for (size_t i = 0; i < r->n_choices; i++) {
        buffer_append_text(&text, !plain ? "\n- " : i > 0 ? ", " : "");
        buffer_append_text(&text, r->choices[i]);
    }
    return buffer_take(&text);
}

/*
 * What encoder and interpreter read: the spec, the pseudo-program and the prompt made of them. Choices of the user's that the
 * spec does not name are added to it, unless the prompt would then leave less than a quarter of the
 * context for inputs.
 */
static paw_status make_texts(const paw_compiler *c, const paw_compile_request *r, work *w, paw_error *err)
{
    paw_status status = PAW_ERR_CONTEXT;
    int context = model_context(c->base->model);
    for (bool with = !names_choices(r); status == PAW_ERR_CONTEXT; with = false) {
        free(w->spec);
        free(w->bundle.pseudo_program);
        w->bundle.pseudo_program = NULL;
        w->spec = with ? spec_with_choices(r) : strdup(r->spec);
        if (w->spec == NULL) {
            return paw_fail_memory(err, strlen(r->spec));
        }
        PAW_TRY(compiler_pseudo(c, w->spec, r, &w->bundle.pseudo_program, err));
        status = make_prompt(c, w->bundle.pseudo_program, with ? context / 4 : ROOM_FOR_INPUT, &w->bundle.prompt_template, err);
        if (!with) {
            break;
        }
    }
    return status;
}

/* The pooled state to an adapter, tuned to the examples if there are any. */
static paw_status make_adapter(paw_compiler *c, const paw_compile_request *request, work *w, paw_compile_result *result, paw_error *err)
{
    lora_weights weights = {0};
    double t0 = base_clock();
    paw_status status = compiler_coefficients(c, w->h, w->coefficients, err);
    if (status == PAW_OK) {
        status = compiler_weights(c, w->coefficients, &weights, err);
    }
    double t1 = base_clock();
    if (status == PAW_OK && compiler_tunes(c, request)) {
        status = compiler_tune(c, w->spec, request, &weights, err);
    }
    double t2 = base_clock();
    if (status == PAW_OK) {
        status = compiler_adapter(c, &weights, &w->adapter, err);
    }
    lora_weights_free(&weights);
    result->seconds_map = t1 - t0 + (base_clock() - t2);
    result->seconds_tune = t2 - t1;
    return status;
}

static paw_status run_steps(paw_compiler *c, const paw_compile_request *request, work *w, paw_compile_result *result,
                            paw_error *err)
{
    size_t n = (size_t)c->n_layer * c->n_modules * c->n_base * 2;
    double t0 = base_clock();
    PAW_TRY(choose_set(c, request, &w->set, &result->choices_found, err)); /* first: it checks the user's list */
    PAW_TRY(make_texts(c, request, w, err));
    make_id(c, request, w->bundle.pseudo_program, result->program_id);
    PAW_TRY(read_format(c, request, &w->format, err));
    result->n_choices = w->set.count;
    result->choices_found = result->choices_found && w->set.count > 0;
    PAW_TRY(make_meta(c, request, result->program_id, &w->set, result->choices_found, w->format, &w->bundle.meta, err));
    double t1 = base_clock();
    w->h = malloc((size_t)model_get_shape(c->base->model)->n_embd * sizeof *w->h);
    w->coefficients = malloc((n + 1) * sizeof *w->coefficients);
    if (w->h == NULL || w->coefficients == NULL) {
        return paw_fail_memory(err, n * sizeof *w->coefficients);
    }
    PAW_TRY(compiler_encode(c, w->spec, w->bundle.pseudo_program, w->h, err));
    double t2 = base_clock();
    result->seconds_pseudo = t1 - t0;
    result->seconds_encode = t2 - t1;
    pthread_mutex_lock(&c->base->lock); /* its threads are used */
    paw_status status = make_adapter(c, request, w, result, err);
    pthread_mutex_unlock(&c->base->lock);
    return status;
}

paw_status paw_compile(paw_compiler *c, const paw_compile_request *request, const char *out_path, paw_compile_result *result,
                       paw_error *err)
{
    work w = {0};
    paw_compile_result ignored;
    if (c == NULL || out_path == NULL) {
        return paw_fail(err, PAW_ERR_ARGUMENT, "paw_compile", "compiler and out_path must not be NULL");
    }
    result = result != NULL ? result : &ignored;
    memset(result, 0, sizeof *result);
    PAW_TRY(check_request(request, err));
    double start = base_clock();
    paw_status status = run_steps(c, request, &w, result, err);
    if (status == PAW_OK) {
        double before = base_clock();
        w.bundle.adapter_size = w.adapter.size;
        w.bundle.adapter = (uint8_t *)buffer_take(&w.adapter);
        status = w.bundle.adapter == NULL ? paw_fail_memory(err, w.bundle.adapter_size) : bundle_write(out_path, &w.bundle, err);
        result->size_bytes = w.bundle.file_size;
        result->seconds_write = base_clock() - before;
    }
    result->seconds_total = base_clock() - start;
    choices_free(&w.set);
    json_decref(w.format);
    buffer_free(&w.adapter);
    bundle_free(&w.bundle);
    free(w.spec);
    free(w.h);
    free(w.coefficients);
    return status;
}
