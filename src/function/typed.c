/* typed.c: answers out of a closed set, with probabilities that are calibrated and the right to abstain. */
#include "function/typed.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/real.h"

void function_type_free(function_type *type)
{
    choice_tree_free(type->choices);
    free(type->prior);
    grammar_state_free(type->state);
    grammar_free(type->format);
    free(type->mask);
    memset(type, 0, sizeof *type);
}

static paw_status fail_meta(paw_error *err, const char *path, const char *what)
{
    char where[280];
    snprintf(where, sizeof where, "%s: meta.json", path);
    return paw_fail(err, PAW_ERR_FORMAT, where, "%s", what);
}

static paw_status read_calibration(json_t *meta, const char *path, function_type *type, paw_error *err)
{
    json_t *calibration = json_object_get(meta, "calibration"), *prior = json_object_get(calibration, "prior"), *one;
    size_t i, n = (size_t)type->choices->n;
    type->temperature = 1;
    if (calibration == NULL) {
        return PAW_OK;
    }
    type->temperature = json_number_value(json_object_get(calibration, "temperature"));
    if (!(type->temperature >= 0.01 && type->temperature <= 100) || (prior != NULL && json_array_size(prior) != n)) {
        return fail_meta(err, path, "calibration wants a temperature of 0.01 to 100 and, if any, a prior for each choice");
    }
    if (prior != NULL && (type->prior = malloc(n * sizeof *type->prior)) == NULL) {
        return paw_fail_memory(err, n * sizeof *type->prior);
    }
    json_array_foreach (prior, i, one) {
        type->prior[i] = json_number_value(one);
        if (!json_is_number(one) || !(type->prior[i] >= -1000 && type->prior[i] <= 1000)) {
            return fail_meta(err, path, "calibration.prior wants numbers of -1000 to 1000");
        }
    }
    return PAW_OK;
}

static paw_status read_choices(const tokenizer *t, json_t *list, const char *path, function_type *type, paw_error *err)
{
    size_t n = json_array_size(list), i;
    json_t *one;
    const char **names = n > 0 && n <= PAW_CHOICES_MAX ? malloc(n * sizeof *names) : NULL;
    bool sound = names != NULL;
    json_array_foreach (list, i, one) {
        if (sound) {
            names[i] = json_string_value(one);
            sound = names[i] != NULL && json_string_length(one) == strlen(names[i]);
        }
    }
    paw_status status = sound ? choice_tree_new(t, names, n, &type->choices, err)
                              : fail_meta(err, path, "choices is no list of 2 to 1000 texts");
    free(names);
    return paw_fail_in(err, status, path);
}

paw_status format_new(paw_base *base, const char *type, const json_t *source, grammar **out, paw_error *err)
{
    const grammar_vocabulary *v;
    const char *text = json_string_value(source);
    PAW_TRY(base_grammar_vocabulary(base, &v, err));
    if (strcmp(type, "json_schema") == 0) {
        return grammar_from_schema(v, source, out, err);
    }
    if (text == NULL || strlen(text) != json_string_length(source)) {
        return paw_fail(err, PAW_ERR_ARGUMENT, "format", "its source is no text");
    }
    if (strcmp(type, "regex") == 0) {
        return grammar_from_regex(v, text, strlen(text), out, err);
    }
    if (strcmp(type, "gbnf") == 0) {
        return grammar_from_gbnf(v, text, strlen(text), out, err);
    }
    return paw_fail(err, PAW_ERR_UNSUPPORTED, "format", "the type \"%.40s\" is not known (json_schema, regex, gbnf)", type);
}

static paw_status read_format(paw_base *base, json_t *format, function_type *type, paw_error *err)
{
    const char *name = json_string_value(json_object_get(format, "type"));
    const grammar_vocabulary *v;
    PAW_TRY(base_grammar_vocabulary(base, &v, err));
    PAW_TRY(format_new(base, name != NULL ? name : "", json_object_get(format, "source"), &type->format, err));
    PAW_TRY(grammar_state_new(type->format, &type->state, err));
    type->mask = malloc(grammar_mask_words(v) * sizeof *type->mask);
    return type->mask != NULL ? PAW_OK : paw_fail_memory(err, grammar_mask_words(v) * sizeof *type->mask);
}

paw_status function_type_read(paw_base *base, json_t *meta, const char *path, function_type *out, paw_error *err)
{
    memset(out, 0, sizeof *out);
    json_t *list = json_object_get(meta, "choices"), *format = json_object_get(meta, "format");
    paw_status status = PAW_OK;
    if (list != NULL && format != NULL) {
        return fail_meta(err, path, "has choices and a format; answers have one type");
    }
    if (list != NULL) {
        status = read_choices(base->tokenizer, list, path, out, err);
        status = status == PAW_OK ? read_calibration(meta, path, out, err) : status;
    } else if (format != NULL) {
        status = paw_fail_in(err, read_format(base, format, out, err), path);
    }
    if (status != PAW_OK) {
        function_type_free(out);
    }
    return status;
}

/* Adjusted scores to probabilities, in place; returns the place of the best, of equal ones the first. */
static int normalise(double *p, int n)
{
    int best = 0;
    double sum = 0, largest;
    for (int i = 1; i < n; i++) {
        best = p[i] > p[best] ? i : best;
    }
    largest = p[best];
    for (int i = 0; i < n; i++) {
        p[i] = p[i] - largest < -600 ? 0 : real_exp(p[i] - largest);
        sum += p[i];
    }
    for (int i = 0; i < n; i++) {
        p[i] /= sum;
    }
    return best;
}

/* How far behind the best a choice may fall and still become the answer, by the prior; everything where all are asked for. */
static double margin_of(const function_type *type, bool exact)
{
    double low = 0, high = 0;
    for (int i = 0; type->prior != NULL && i < type->choices->n; i++) {
        low = i == 0 || type->prior[i] < low ? type->prior[i] : low;
        high = i == 0 || type->prior[i] > high ? type->prior[i] : high;
    }
    return exact ? 1e9 : high - low;
}

static paw_status score(paw_base *base, const function_type *type, program_image *image, const token_list *tokens, bool exact,
                        double *scores, bool *known, int *passes, paw_error *err)
{
    float *logits;
    PAW_TRY(base_logits(base, 1, &logits, err));
    model_request r = {.tokens = tokens->data, .n = (int)tokens->size, .lora = image->lora, .logits = logits};
    PAW_TRY(model_forward(base->model, image->state, &r, err));
    return choice_score(base, type->choices, image->state, image->lora, logits, margin_of(type, exact), scores, known, passes, err);
}

/* Tokens of a choice, the end token not counted. */
static int tokens_of_choice(const choice_tree *tree, int choice)
{
    int n = -1;
    for (int i = 1; i < tree->n_nodes; i++) {
        if (tree->nodes[i].choice == choice) {
            for (int at = i; at > 0; at = tree->nodes[at].parent) {
                n++;
            }
        }
    }
    return n;
}

static paw_status fill_answer(const function_type *type, double *p, const paw_call_options *options, paw_answer *answer,
                              paw_error *err)
{
    const choice_tree *tree = type->choices;
    for (int i = 0; i < tree->n; i++) {
        p[i] = (p[i] - (type->prior != NULL ? type->prior[i] : 0)) / type->temperature;
    }
    int best = normalise(p, tree->n);
    answer->text = strdup(tree->names[best]);
    if (answer->text == NULL) {
        return paw_fail_memory(err, 64);
    }
    answer->choice = best;
    answer->probability = p[best];
    answer->abstained = p[best] < options->abstain_below;
    answer->complete = true;
    answer->tokens_generated = tokens_of_choice(tree, best);
    answer->n_choices = (size_t)tree->n;
    answer->choices = (const char *const *)tree->names;
    answer->probabilities = p;
    return PAW_OK;
}

paw_status typed_answer(paw_base *base, const function_type *type, program_image *image, const token_list *tokens,
                        const paw_call_options *options, paw_answer *answer, paw_error *err)
{
    size_t n = (size_t)type->choices->n;
    double *p = malloc(n * sizeof *p);
    bool *known = malloc(n * sizeof *known);
    paw_status status = p == NULL || known == NULL ? paw_fail_memory(err, n * sizeof *p) : PAW_OK;
    if (status == PAW_OK) {
        status = score(base, type, image, tokens, options->exact || options->abstain_below > 0, p, known, &answer->passes, err);
    }
    if (status == PAW_OK) {
        status = fill_answer(type, p, options, answer, err);
    }
    free(known);
    if (status != PAW_OK) {
        free(p);
    }
    return status;
}
