/*
 * prior.h: what a program's choices owe to the program rather than to the input.
 *
 * A small model answers some labels too readily whatever it reads. Its answers to inputs that say nothing show which; a part of
 * that is then taken off the scores (contextual calibration, Zhao et al. 2021, arXiv 2102.09690, with a weight below 1).
 */
#ifndef PAW_COMPILER_PRIOR_H
#define PAW_COMPILER_PRIOR_H

#include "compiler/compiler.h"
#include "function/bundle.h"

/*
 * The `calibration.prior` of a finished program (adapter and meta.json, without a prior) with a closed set: prior [n] gets
 * weight * tau * log(mean over the inputs of softmax(s / tau)) of the choices' log-probabilities s, in nats.
 */
paw_status compiler_prior(const paw_compiler *c, const bundle *program, double *prior, size_t n, paw_error *err);

#endif
