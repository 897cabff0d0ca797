/* prior.c: a program asked about nothing. */
#include "compiler/prior.h"

#include <stdlib.h>
#include <string.h>

#include "base/real.h"
#include "function/function.h"

static const char *const NEUTRAL[] = {"N/A", "", "none", "...", "text", "The input.", "-", "Hello", "see above", "unknown"};
enum { INPUTS = sizeof NEUTRAL / sizeof *NEUTRAL, WORK = 2560 }; /* WORK: inputs times nodes of the tree, at most about */

static const double TAU = 2; /* flattens each answer, so that no single input decides */

/* Large sets are asked less often: a compile stays short. */
static int inputs_for(const choice_tree *tree)
{
    int most = WORK / tree->n_nodes;
    return most > INPUTS ? INPUTS : most < 2 ? 2 : most;
}

/* Adds the choices' probabilities for each input to `sum`. */
static paw_status ask(paw_function *f, int inputs, double *sum, paw_error *err)
{
    for (int i = 0; i < inputs; i++) {
        paw_answer a;
        paw_call_options exact = {.exact = true};
        PAW_TRY(paw_function_call(f, NEUTRAL[i], strlen(NEUTRAL[i]), &exact, &a, err));
        for (size_t k = 0; k < a.n_choices; k++) {
            sum[k] += a.probabilities[k];
        }
        paw_answer_clear(&a);
    }
    return PAW_OK;
}

paw_status compiler_prior(const paw_compiler *c, const bundle *program, double *prior, size_t n, paw_error *err)
{
    paw_function *f;
    PAW_TRY(function_of_bundle("the new program", program, c->base, &f, err));
    memset(prior, 0, n * sizeof *prior);
    f->type.temperature = TAU;
    int inputs = inputs_for(f->type.choices);
    paw_status status = ask(f, inputs, prior, err);
    paw_function_free(f);
    for (size_t k = 0; k < n && status == PAW_OK; k++) {
        double mean = prior[k] / inputs;
        prior[k] = (double)c->choice_prior * TAU * real_log(mean > 1e-30 ? mean : 1e-30);
    }
    return status;
}
