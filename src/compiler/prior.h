/*
 * prior.h: what a program's choices owe to the program rather than to the input.
 *
 * A small model answers some labels too readily whatever it reads. What it makes of texts that have nothing to do with the task
 * shows which; a part of that is then taken off the scores (contextual calibration, Zhao et al. 2021, arXiv 2102.09690, with
 * texts in place of "N/A", which the shipped compiler gains more from, and a weight below 1).
 */
#ifndef PAW_COMPILER_PRIOR_H
#define PAW_COMPILER_PRIOR_H

#include "compiler/choices.h"
#include "compiler/compiler.h"
#include "function/bundle.h"

/*
 * The `calibration.prior` of a finished program (its adapter and prompt template) with the closed set `set`, in nats:
 * prior[i] = weight * tau * log(mean over the texts of p(i)), p = softmax(s / tau), where s(i) is the log-probability of the
 * choice's first token, less log k where k choices begin with it. All texts go through the model in one pass.
 */
paw_status compiler_prior(const paw_compiler *c, const bundle *program, const choice_list *set, double *prior, paw_error *err);

#endif
