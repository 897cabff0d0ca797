/*
 * cli.h: what the subcommands share: options, errors, progress, and finding the files that a command needs.
 *
 * Only answers go to standard output. Exit status: 0 done, 1 failed, 2 wrong usage. Where 1 is an
 * answer (paw test: under the bar; paw diff: something changed), what could not be done is 3.
 */
#ifndef PAW_CLI_CLI_H
#define PAW_CLI_CLI_H

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"
#include "paw/paw.h"
#include "registry/registry.h"

enum { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2, CLI_ERROR = 3 };

typedef struct cli_option {
    const char *name; /* "--threads" */
    enum { CLI_FLAG, CLI_TEXT, CLI_NUMBER } kind;
    void *out;             /* bool *, const char ** or int * */
    int low, high;         /* of a number */
} cli_option;

/*
 * Parses the words after the subcommand's name. Prints `help` for --help. Words that are no options go to positional (at
 * most max of them). Returns -1 to go on, else the exit status.
 */
int cli_parse(int argc, char **argv, const char *help, const cli_option *options, size_t n, const char **positional,
              int max, int *n_positional);

/* A number from 0 to 1. */
bool cli_probability(const char *text, double *out);

/* Prints an error and returns CLI_FAILED. */
int cli_fail(const paw_error *err);

/* Prints "paw COMMAND: message" with a hint at --help and returns CLI_USAGE. */
int cli_usage(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A progress line on a terminal's standard error; nothing elsewhere. done is called to remove it. */
void cli_progress(const char *format, ...) __attribute__((format(printf, 1, 2)));
void cli_progress_done(void);

/* Base model of a runtime: `override` if not NULL, else the registry's file. keep_states: programs' prefixes are kept. */
paw_status cli_load_base(const registry *r, const char *runtime_id, const char *override, int threads, bool keep_states,
                         paw_base **out, paw_error *err);

/* The compiler file to use: `override`, $PAW_COMPILER, or the one shipped with the command. Freed by the caller. */
paw_status cli_find_compiler(const char *override, char **out, paw_error *err);

/* Runtime id in a program's meta.json; freed by the caller; NULL when it names none. */
char *cli_program_runtime(const char *meta_json);

/* Cuts the next line off *text (its end becomes a NUL) and returns it; NULL at the end. Empty lines are lines too. */
char *cli_next_line(char **text);

/* Examples from a JSON-lines file of {"input": .., "output": ..}; free with cli_free_examples. */
paw_status cli_read_examples(const char *path, paw_example **out, size_t *n, paw_error *err);
void cli_free_examples(paw_example *examples, size_t n);

int cmd_compile(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_info(int argc, char **argv);
int cmd_eval(int argc, char **argv);
int cmd_pull(int argc, char **argv);
int cmd_bench(int argc, char **argv);
int cmd_calibrate(int argc, char **argv);
int cmd_test(int argc, char **argv);
int cmd_diff(int argc, char **argv);

#endif
