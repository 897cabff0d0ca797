/* calibrate.h: what learning a closed set's calibration from cases and from inputs alone have in common. */
#ifndef PAW_FUNCTION_CALIBRATE_H
#define PAW_FUNCTION_CALIBRATE_H

#include "function/function.h"

/* Takes off whatever calibration there was: what is learnt is learnt from the plain scores. */
void calibration_forget(paw_function *f);

/*
 * The logarithms of the probabilities that the function gives its choices, [n_choices], at least -575. `answer` belongs to the
 * caller, as that of paw_function_call does.
 */
paw_status calibration_scores(paw_function *f, const char *input, double *scores, paw_answer *answer, paw_error *err);

/* Writes the program at `path` with temperature and prior [choices] in its meta.json to `out_path`, atomically. */
paw_status calibration_write(const char *path, const char *out_path, double temperature, const double *prior, int choices,
                             paw_error *err);

#endif
