/*
 * lookup.c: decoding with and without lookup, the same inputs in turns: lookup MODEL PROGRAM < INPUTS (a line each). Prints the
 * tokens, the passes and the decoding times, and whether any answer differs (none may).
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "paw/paw.h"

enum { MAX_TOKENS = 400 };

typedef struct totals {
    double ms[2], input_ms; /* plain, with lookup; of those the time that the input itself takes (each) */
    int tokens, passes, inputs, differ;
} totals;

static int fail(const paw_error *err)
{
    fprintf(stderr, "lookup: %s: %s\n", err->where, err->message);
    return 1;
}

static paw_status run_line(paw_function *f, const char *line, totals *t, paw_error *err)
{
    paw_answer a[2], first;
    paw_call_options only_input = {.max_tokens = 1};
    for (int k = 0; k < 2; k++) {
        paw_call_options o = {.max_tokens = MAX_TOKENS, .no_lookup = k == 0};
        paw_status status = paw_function_call(f, line, strlen(line), &o, &a[k], err);
        if (status != PAW_OK) {
            return status;
        }
        t->ms[k] += a[k].latency_ms;
    }
    paw_status status = paw_function_call(f, line, strlen(line), &only_input, &first, err);
    if (status != PAW_OK) {
        return status;
    }
    t->input_ms += first.latency_ms;
    t->differ += strcmp(a[0].text, a[1].text) != 0;
    t->tokens += a[0].tokens_generated;
    t->passes += a[1].passes;
    t->inputs++;
    paw_answer_clear(&first);
    paw_answer_clear(&a[0]);
    paw_answer_clear(&a[1]);
    return PAW_OK;
}

int main(int argc, char **argv)
{
    paw_base *base = NULL;
    paw_function *f = NULL;
    paw_error err;
    totals t = {0};
    char *line = NULL;
    size_t room = 0;
    if (argc != 3) {
        fprintf(stderr, "usage: lookup MODEL PROGRAM < INPUTS\n");
        return 2;
    }
    paw_status status = paw_base_load(argv[1], NULL, &base, &err);
    status = status == PAW_OK ? paw_function_load(argv[2], base, &f, &err) : status;
    for (ssize_t n; status == PAW_OK && (n = getline(&line, &room, stdin)) > 0;) {
        line[n - 1] = line[n - 1] == '\n' ? '\0' : line[n - 1];
        status = run_line(f, line, &t, &err);
    }
    free(line);
    paw_function_free(f);
    paw_base_free(base);
    if (status != PAW_OK) {
        return fail(&err);
    }
    double plain = t.ms[0] - t.input_ms, lookup = t.ms[1] - t.input_ms;
    printf("%d inputs, %d answers differ; %d tokens in %d passes\n", t.inputs, t.differ, t.tokens, t.passes);
    printf("decoding: plain %.0f ms (%.0f tokens/s), with lookup %.0f ms (%.0f tokens/s): %.2f times as fast\n", plain,
           t.tokens / plain * 1e3, lookup, t.tokens / lookup * 1e3, plain / lookup);
    return t.differ > 0;
}
