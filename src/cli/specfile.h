/*
 * specfile.h: a spec with all that belongs to it in one text file, as docs/spec-files.md describes it: English, type of the
 * answers, examples, tests. Only reads and checks; what is done with it is the commands' business.
 *
 * Three forms: Markdown whose front matter holds the keys and whose body is the spec; YAML (*.yaml, *.yml) with the spec under
 * the key `spec`; any other text, which is a spec and nothing else.
 */
#ifndef PAW_CLI_SPECFILE_H
#define PAW_CLI_SPECFILE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "cli/cases.h"

typedef struct specfile {
    char *path;            /* as it was named; "-" is standard input */
    char *name;            /* given, or the file's name without its endings */
    char *spec;            /* UTF-8, PAW_SPEC_MIN_CHARS to PAW_SPEC_MAX_CHARS characters */
    int spec_line;         /* where the spec begins, from 1 */
    char **choices;        /* n_choices different texts; NULL: the answers are free or have another type */
    size_t n_choices;
    json_t *schema;        /* JSON schema; NULL: none. At most one of choices, schema, regex and grammar_path is there. */
    char *regex;           /* NULL: none */
    char *grammar_path;    /* a file that can be read; NULL: none */
    char *format_source;   /* text of the format, once specfile_apply was called */
    int type_line;         /* where the type is written; 0: none */
    test_cases examples;   /* for the compiler; at most PAW_EXAMPLES_MAX, each with an output that is not empty */
    test_cases tests;      /* each with an output */
    double bar;            /* least share of tests that must be right, 0 to 1; 1 when none is given */
    char *compiler;        /* path of a compiler file; NULL: the default one */
    int max_tokens;        /* most tokens of an answer; 0: the default */
    char *tests_path;      /* tests_file, where some of the tests are; NULL: none */
    paw_example given[PAW_EXAMPLES_MAX]; /* the examples as the compiler takes them */
} specfile;

/* Reads the file at `path` ("-": standard input) and the files that it names. Free with specfile_free. */
paw_status specfile_load(const char *path, specfile *out, paw_error *err);

/* The same from memory: `path` says the form (by its ending) and where other files are looked for. */
paw_status specfile_parse(const char *text, size_t size, const char *path, specfile *out, paw_error *err);
void specfile_free(specfile *file);

/* Whether the file at `path` is a spec file with keys, by its ending or its first line; false when it cannot be read. */
bool specfile_is(const char *path);

/*
 * Fills a request for the compiler from the file, which must outlive it.
 */
paw_status specfile_apply(specfile *file, paw_compile_request *request, paw_error *err);

/* A bar: "0.9" or "90%". */
bool specfile_bar(const char *text, double *out);

#endif
