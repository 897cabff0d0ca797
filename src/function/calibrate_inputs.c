/*
 * calibrate_inputs.c: learning a closed set's prior from inputs alone, and what both ways of calibrating share.
 *
 * A small model gives some choices too readily, whatever the input says. The mean log-probability of a choice over inputs of the
 * function's own shows how readily; half of it is taken off (contextual calibration, Zhao et al. 2021, arXiv 2102.09690, with
 * real inputs in place of ones without content). docs/results.md has what that gains.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/real.h"
#include "function/calibrate.h"

static const double SHARE = 0.5, LOWEST = -10; /* no single input says more against a choice than that */

void calibration_forget(paw_function *f)
{
    free(f->type.prior);
    f->type.prior = NULL;
    f->type.temperature = 1;
}

paw_status calibration_scores(paw_function *f, const char *input, double *scores, paw_answer *answer, paw_error *err)
{
    PAW_TRY(paw_function_call(f, input, strlen(input), &(paw_call_options){.exact = true}, answer, err));
    for (size_t c = 0; c < answer->n_choices; c++) {
        scores[c] = answer->probabilities[c] > 1e-250 ? real_log(answer->probabilities[c]) : -575;
    }
    return PAW_OK;
}

static paw_status put(bundle *b, double temperature, const double *prior, int choices, paw_error *err)
{
    json_t *meta = json_loads(b->meta, 0, NULL), *list = json_array();
    for (int c = 0; c < choices; c++) {
        json_array_append_new(list, json_real(prior[c]));
    }
    json_object_set_new(meta, "calibration", json_pack("{s:f, s:o}", "temperature", temperature, "prior", list));
    char *text = json_dumps(meta, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    json_decref(meta);
    if (text == NULL) {
        return paw_fail_memory(err, 4096);
    }
    free(b->meta);
    b->meta = text;
    return PAW_OK;
}

paw_status calibration_write(const char *path, const char *out_path, double temperature, const double *prior, int choices,
                             paw_error *err)
{
    bundle b;
    PAW_TRY(bundle_read(path, true, &b, err));
    paw_status status = put(&b, temperature, prior, choices, err);
    if (status == PAW_OK) {
        status = bundle_write(out_path, &b, err);
    }
    bundle_free(&b);
    return status;
}

/* The place of the largest of `score` less `prior`, of equal ones the first. */
static int best_of(const double *score, const double *prior, int n)
{
    int best = 0;
    for (int c = 1; c < n; c++) {
        best = score[c] - prior[c] > score[best] - prior[best] ? c : best;
    }
    return best;
}

/* Scores of all inputs, [n][choices], and from them the prior, whose mean is 0. */
static paw_status learn(paw_function *f, const char *const *inputs, size_t n, double *scores, double *prior, paw_error *err)
{
    int choices = f->type.choices->n;
    double mean = 0;
    for (size_t i = 0; i < n; i++) {
        double *s = scores + i * (size_t)choices;
        paw_answer answer;
        paw_status status = inputs[i] == NULL ? paw_fail(err, PAW_ERR_ARGUMENT, "inputs", "number %zu is NULL", i + 1)
                                              : calibration_scores(f, inputs[i], s, &answer, err);
        if (status != PAW_OK) {
            char where[64];
            snprintf(where, sizeof where, "input %zu", i + 1);
            return paw_fail_in(err, status, where);
        }
        paw_answer_clear(&answer);
        for (int c = 0; c < choices; c++) {
            prior[c] += SHARE * (s[c] > LOWEST ? s[c] : LOWEST) / (double)n;
        }
    }
    for (int c = 0; c < choices; c++) {
        mean += prior[c] / choices;
    }
    for (int c = 0; c < choices; c++) {
        prior[c] -= mean;
    }
    return PAW_OK;
}

static paw_status calibrate(paw_function *f, const char *path, const char *const *inputs, size_t n, const char *out_path,
                            size_t *changed, paw_error *err)
{
    if (f->type.choices == NULL) {
        return paw_fail(err, PAW_ERR_ARGUMENT, path, "its answers are open: only answers out of a closed set have probabilities");
    }
    size_t choices = (size_t)f->type.choices->n;
    double temperature = f->type.temperature, *prior = calloc(choices, sizeof *prior), *none = calloc(choices, sizeof *none);
    double *scores = malloc(n * choices * sizeof *scores);
    calibration_forget(f);
    paw_status status = prior == NULL || none == NULL || scores == NULL ? paw_fail_memory(err, n * choices * sizeof *scores)
                                                        : learn(f, inputs, n, scores, prior, err);
    *changed = 0;
    for (size_t i = 0; i < n && status == PAW_OK; i++) {
        const double *s = scores + i * choices;
        *changed += best_of(s, prior, (int)choices) != best_of(s, none, (int)choices);
    }
    if (status == PAW_OK) {
        status = calibration_write(path, out_path, temperature, prior, (int)choices, err);
    }
    free(prior);
    free(none);
    free(scores);
    return status;
}

paw_status paw_calibrate_inputs(const char *path, paw_base *base, const char *const *inputs, size_t n_inputs, const char *out_path,
                                size_t *changed, paw_error *err)
{
    paw_function *f;
    size_t ignored;
    if (path == NULL || base == NULL || out_path == NULL || (inputs == NULL && n_inputs > 0)) {
        return paw_fail(err, PAW_ERR_ARGUMENT, "paw_calibrate_inputs", "path, base, inputs and out_path must not be NULL");
    }
    if (n_inputs < PAW_INPUTS_LEAST || n_inputs > PAW_CASES_MAX) {
        return paw_fail(err, PAW_ERR_ARGUMENT, "inputs", "%zu given; %d to %d are wanted", n_inputs, PAW_INPUTS_LEAST, PAW_CASES_MAX);
    }
    PAW_TRY(paw_function_load(path, base, &f, err));
    paw_status status = calibrate(f, path, inputs, n_inputs, out_path, changed != NULL ? changed : &ignored, err);
    paw_function_free(f);
    return status;
}
