/*
 * cases.h: test cases: an input, the output that is wanted, and where that is written. From JSON lines here; a spec file
 * holds its own (specfile.h).
 */
#ifndef PAW_CLI_CASES_H
#define PAW_CLI_CASES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

typedef struct test_case {
    char *name;       /* NULL: none was given */
    char *input;
    char *output;     /* NULL: none was given (where cases_read allows that) */
    const char *file; /* that holds the case; belongs to the caller and outlives it */
    int line;         /* in that file, from 1 */
} test_case;

typedef struct test_cases {
    test_case *items;
    size_t n;
} test_cases;

/* Appends `one` and takes its texts over, freeing them when that fails. */
paw_status cases_add(test_cases *cases, test_case one, paw_error *err);

/*
 * Appends the cases of JSON lines {"input": "..", "output": "..", "name": ".."}; other keys are ignored, name is optional and
 * so is output unless outputs_wanted. `path` must outlive the cases.
 */
paw_status cases_read(const char *path, bool outputs_wanted, test_cases *cases, paw_error *err);

void cases_free(test_cases *cases);
void cases_free_one(test_case *one);

#endif
