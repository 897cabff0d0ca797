/*
 * report.h: what `paw test` found out about a spec file, for a person, as JSON and as JUnit XML. Not for: finding it out.
 */
#ifndef PAW_CLI_REPORT_H
#define PAW_CLI_REPORT_H

#include "base/buffer.h"
#include "cli/specfile.h"

typedef struct test_outcome {
    char *got; /* the answer */
    bool right;
    bool complete; /* false: the answer was cut off at max_tokens or at the end of the context */
    double ms;
} test_outcome;

typedef struct test_suite {
    const char *path;
    specfile file;          /* zeroed when it could not be read */
    test_outcome *outcomes; /* one a test, as far as they were run */
    size_t n, right;
    double bar;             /* the one that counts */
    bool passed;
    bool broken;            /* the file could not be read, compiled or run, as err says */
    paw_error err;
    char program_id[65];    /* empty with --program */
    double compile_seconds, seconds;
} test_suite;

/* The wrong answers and a summary line. */
void report_text(const test_suite *suite, FILE *f);

/* The line below the reports of several files. */
void report_total(const test_suite *suites, size_t n, FILE *f);

/* {"passed", "tests", "right", "files": [..]}; NULL when out of memory. */
json_t *report_json(const test_suite *suites, size_t n);

/*
 * JUnit XML, one <testsuite> a file. In a file that reached its bar, wrong answers are <skipped>, so that who reads the XML
 * and who reads the exit status see the same; in one under its bar they are <failure>.
 */
void report_junit(const test_suite *suites, size_t n, buffer *out);

#endif
