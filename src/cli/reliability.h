/*
 * reliability.h: how far stated probabilities can be trusted: cases with their probability and whether they were right,
 * collected, summed up, printed and drawn.
 */
#ifndef PAW_CLI_RELIABILITY_H
#define PAW_CLI_RELIABILITY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum { RELIABILITY_BINS = 10 };

typedef struct reliability {
    size_t cases[RELIABILITY_BINS], right[RELIABILITY_BINS]; /* bin i: probabilities from i / 10 up to (i + 1) / 10 */
    double sum[RELIABILITY_BINS];                            /* of the probabilities */
    size_t answered, answered_right;                         /* of those that were not abstained from */
} reliability;

void reliability_add(reliability *r, double probability, bool right, bool abstained);
size_t reliability_cases(const reliability *r);

/* Share of right ones, 0 when there are no cases. */
double reliability_accuracy(const reliability *r);

/*
 * Expected calibration error (Guo et al. 2017): the mean over cases of |share right - mean probability| of their bin; 0 is
 * perfect.
 */
double reliability_error(const reliability *r);

/* A table with a bar a bin; abstain_below 0: without coverage. */
void reliability_print(const reliability *r, double abstain_below);

/* Adds closed_accuracy, closed_cases, calibration_error, coverage, covered_accuracy and bins. */
void reliability_json(const reliability *r, double abstain_below, json_t *out);

/* Draws the reliability diagram as an SVG file. */
paw_status reliability_draw(const reliability *r, const char *path, paw_error *err);

#endif
