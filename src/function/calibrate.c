/*
 * calibrate.c: learning a closed set's temperature and prior from cases.
 *
 * A choice's probability is softmax(a s - b) with its log-probability s, a = 1 / temperature and b = a prior. The cases'
 * negative log-likelihood is convex in (a, b); a penalty on log a and on b keeps few cases from saying too much.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/real.h"
#include "function/calibrate.h"

enum { MOST_STEPS = 400 };

static const double PENALTY_SCALE = 1.0, PENALTY_PRIOR = 0.5;

typedef struct fit {
    const double *scores; /* [cases][choices] */
    const int *wanted;    /* [cases] */
    int cases, choices;
    double *p;            /* [choices], scratch */
} fit;

/* Fills f->p with a case's probabilities; returns minus the logarithm of the wanted one's. */
static double case_loss(const fit *f, const double *x, int i)
{
    const double *s = f->scores + (size_t)i * (size_t)f->choices;
    double most = -INFINITY, sum = 0, a = real_exp(x[0]);
    for (int c = 0; c < f->choices; c++) {
        f->p[c] = a * s[c] - x[1 + c];
        most = f->p[c] > most ? f->p[c] : most;
    }
    double wanted = f->p[f->wanted[i]] - most;
    for (int c = 0; c < f->choices; c++) {
        f->p[c] = f->p[c] - most < -600 ? 0 : real_exp(f->p[c] - most);
        sum += f->p[c];
    }
    for (int c = 0; c < f->choices; c++) {
        f->p[c] /= sum;
    }
    return real_log(sum) - wanted;
}

/* The penalised loss at x = (log a, b), and with `gradient` [1 + choices] its gradient. */
static double loss(const fit *f, const double *x, double *gradient)
{
    double total = 0.5 * PENALTY_SCALE * x[0] * x[0];
    for (int c = 0; c < f->choices; c++) {
        total += 0.5 * PENALTY_PRIOR * x[1 + c] * x[1 + c];
    }
    if (gradient != NULL) {
        gradient[0] = PENALTY_SCALE * x[0];
        for (int c = 0; c < f->choices; c++) {
            gradient[1 + c] = PENALTY_PRIOR * x[1 + c];
        }
    }
    for (int i = 0; i < f->cases; i++) {
        const double *s = f->scores + (size_t)i * (size_t)f->choices;
        total += case_loss(f, x, i);
        for (int c = 0; gradient != NULL && c < f->choices; c++) {
            double off = f->p[c] - (c == f->wanted[i]);
            gradient[0] += off * s[c] * real_exp(x[0]);
            gradient[1 + c] -= off;
        }
    }
    return total;
}

/* Steepest descent with a step that grows while it helps and shrinks when it does not. */
static paw_status minimise(const fit *f, double *x, paw_error *err)
{
    size_t n = (size_t)f->choices + 1;
    double *g = malloc(2 * n * sizeof *g), *next = g != NULL ? g + n : NULL, step = 0.01;
    if (g == NULL) {
        return paw_fail_memory(err, 2 * n * sizeof *g);
    }
    double now = loss(f, x, g);
    for (int k = 0; k < MOST_STEPS && step > 1e-12; k++) {
        for (size_t i = 0; i < n; i++) {
            next[i] = x[i] - step * g[i];
        }
        next[0] = next[0] < -4 ? -4 : next[0] > 4 ? 4 : next[0];
        double then = loss(f, next, NULL);
        if (then < now) {
            memcpy(x, next, n * sizeof *x);
            now = loss(f, x, g);
            step *= 1.7;
        } else {
            step *= 0.4;
        }
    }
    free(g);
    return PAW_OK;
}

/* ---- the cases ---- */

static int find_choice(const paw_answer *a, const char *name)
{
    for (size_t i = 0; i < a->n_choices; i++) {
        if (strcmp(a->choices[i], name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static paw_status score_case(paw_function *f, const paw_example *one, size_t i, double *scores, int *wanted, paw_error *err)
{
    char where[64];
    paw_answer a;
    snprintf(where, sizeof where, "case %zu", i + 1);
    if (one->input == NULL || one->output == NULL) {
        return paw_fail(err, PAW_ERR_ARGUMENT, where, "needs an input and an output");
    }
    PAW_TRY(calibration_scores(f, one->input, scores, &a, err));
    *wanted = find_choice(&a, one->output);
    paw_answer_clear(&a);
    return *wanted >= 0 ? PAW_OK : paw_fail(err, PAW_ERR_ARGUMENT, where, "its output \"%.80s\" is none of the choices", one->output);
}

static void judge(const fit *f, const double *x, double *accuracy, double *log_loss)
{
    int right = 0;
    *log_loss = 0;
    for (int i = 0; i < f->cases; i++) {
        int best = 0;
        *log_loss += case_loss(f, x, i) / f->cases;
        for (int c = 1; c < f->choices; c++) {
            best = f->p[c] > f->p[best] ? c : best;
        }
        right += best == f->wanted[i];
    }
    *accuracy = (double)right / f->cases;
}

static paw_status learn(paw_function *function, const paw_example *cases, fit *f, double *x, paw_calibration *result, paw_error *err)
{
    size_t n = (size_t)f->choices;
    double *scores = malloc((size_t)f->cases * n * sizeof *scores);
    int *wanted = malloc((size_t)f->cases * sizeof *wanted);
    f->p = malloc(n * sizeof *f->p);
    f->scores = scores;
    f->wanted = wanted;
    paw_status status = scores == NULL || wanted == NULL || f->p == NULL ? paw_fail_memory(err, n * sizeof *scores) : PAW_OK;
    for (int i = 0; i < f->cases && status == PAW_OK; i++) {
        status = score_case(function, &cases[i], (size_t)i, scores + (size_t)i * n, &wanted[i], err);
    }
    if (status == PAW_OK) {
        judge(f, x, &result->accuracy_before, &result->log_loss_before);
        status = minimise(f, x, err);
        judge(f, x, &result->accuracy_after, &result->log_loss_after);
        result->temperature = real_exp(-x[0]);
        result->cases = (size_t)f->cases;
    }
    free(scores);
    free(wanted);
    free(f->p);
    return status;
}

static paw_status calibrate(paw_function *function, const char *path, const paw_example *cases, size_t n, const char *out_path,
                            paw_calibration *result, paw_error *err)
{
    function_type *type = &function->type;
    if (type->choices == NULL) {
        return paw_fail(err, PAW_ERR_ARGUMENT, path, "its answers are open: only answers out of a closed set have probabilities");
    }
    calibration_forget(function);
    fit f = {.cases = (int)n, .choices = type->choices->n};
    double *x = calloc((size_t)f.choices + 1, sizeof *x);
    paw_status status = x == NULL ? paw_fail_memory(err, 64) : learn(function, cases, &f, x, result, err);
    if (status == PAW_OK) { /* prior = b / a */
        double temperature = real_exp(-x[0]);
        for (int c = 0; c < f.choices; c++) {
            x[1 + c] *= temperature;
        }
        status = calibration_write(path, out_path, temperature, x + 1, f.choices, err);
    }
    free(x);
    return status;
}

paw_status paw_calibrate(const char *path, paw_base *base, const paw_example *cases, size_t n_cases, const char *out_path,
                         paw_calibration *result, paw_error *err)
{
    paw_function *f;
    paw_calibration ignored;
    if (path == NULL || base == NULL || out_path == NULL || (cases == NULL && n_cases > 0)) {
        return paw_fail(err, PAW_ERR_ARGUMENT, "paw_calibrate", "path, base, cases and out_path must not be NULL");
    }
    if (n_cases < 1 || n_cases > PAW_CASES_MAX) {
        return paw_fail(err, PAW_ERR_ARGUMENT, "cases", "%zu given; 1 to %d are possible", n_cases, PAW_CASES_MAX);
    }
    result = result != NULL ? result : &ignored;
    memset(result, 0, sizeof *result);
    PAW_TRY(paw_function_load(path, base, &f, err));
    paw_status status = calibrate(f, path, cases, n_cases, out_path, result, err);
    paw_function_free(f);
    return status;
}
