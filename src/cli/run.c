/* run.c: `paw run`. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "cli/cli.h"

static const char HELP[] =
    "usage: paw run (--program FILE|ID | --interpreter ID) (--input TEXT | --lines) [OPTIONS]\n"
    "\n"
    "Runs a program, or a bare base model, and prints its answer.\n"
    "\n"
    "  --program FILE|ID  a .paw file, or the id (or its beginning) of one in the registry\n"
    "  --interpreter ID   no program: the base model itself (paw info lists them) answers the input\n"
    "  --template TEXT    with --interpreter: the prompt, holding {INPUT_PLACEHOLDER} once\n"
    "  --input TEXT       the input (- for all of standard input)\n"
    "  --lines            each line of standard input is an input; one line of output each,\n"
    "                     with line ends inside an answer written as \\n\n"
    "  --max-tokens N     most tokens of an answer (default 512)\n"
    "  --base FILE        base model file (default: the pulled one that the program names)\n"
    "  --threads N        worker threads (default: all processors)\n"
    "  --abstain-below P  answer null where the answer, out of a closed set, is less probable than P\n"
    "  --free             generate the answer although the program's answers come from a closed set\n"
    "  --json             print {output, tokens_generated, latency_ms}, one object an input\n";

typedef struct arguments {
    const char *program, *interpreter, *prompt, *input, *base;
    const char *abstain;
    int max_tokens, threads;
    double abstain_below;
    bool lines, json, free_running;
} arguments;

static void print_text(const char *text, bool one_line)
{
    for (; *text != '\0'; text++) {
        if (one_line && *text == '\n') {
            fputs("\\n", stdout);
        } else {
            putchar(*text);
        }
    }
    putchar('\n');
}

static void print_json(const paw_answer *answer)
{
    json_t *o = json_pack("{s:o, s:i, s:f, s:b}", "output", answer->abstained ? json_null() : json_string(answer->text),
                          "tokens_generated", answer->tokens_generated, "latency_ms", answer->latency_ms, "complete",
                          (int)answer->complete);
    if (answer->n_choices > 0) {
        json_t *all = json_object();
        for (size_t i = 0; i < answer->n_choices; i++) {
            json_object_set_new(all, answer->choices[i], json_real(answer->probabilities[i]));
        }
        json_object_set_new(o, "choice", json_string(answer->text));
        json_object_set_new(o, "probability", json_real(answer->probability));
        json_object_set_new(o, "probabilities", all);
    }
    json_dumpf(o, stdout, JSON_REAL_PRECISION(6));
    putchar('\n');
    json_decref(o);
}

static paw_status answer_one(const arguments *a, paw_function *f, const char *input, size_t length, paw_error *err)
{
    paw_answer answer;
    paw_call_options options = {.max_tokens = a->max_tokens, .abstain_below = a->abstain_below, .free_running = a->free_running,
                                .exact = a->json};
    PAW_TRY(paw_function_call(f, input, length, &options, &answer, err));
    if (a->json) {
        print_json(&answer);
    } else {
        print_text(answer.abstained ? "null" : answer.text, a->lines);
        if (!answer.complete) {
            fprintf(stderr, "paw: the answer was cut off after %d tokens\n", answer.tokens_generated);
        }
    }
    fflush(stdout);
    paw_answer_clear(&answer);
    return PAW_OK;
}

static paw_status answer_lines(const arguments *a, paw_function *f, paw_error *err)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t n;
    int number = 0;
    paw_status status = PAW_OK;
    while (status == PAW_OK && (n = getline(&line, &capacity, stdin)) >= 0) {
        number++;
        while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r')) {
            n--;
        }
        status = answer_one(a, f, line, (size_t)n, err);
        if (status != PAW_OK) {
            char where[sizeof err->where];
            snprintf(where, sizeof where, "line %d%s%.200s", number, err->where[0] != '\0' ? ": " : "", err->where);
            memcpy(err->where, where, sizeof where);
        }
    }
    free(line);
    return status;
}

static paw_status answer_stdin(const arguments *a, paw_function *f, paw_error *err)
{
    buffer text = {0};
    char piece[1 << 14];
    size_t n;
    while ((n = fread(piece, 1, sizeof piece, stdin)) > 0 && text.size < 16 << 20) {
        buffer_append(&text, piece, n);
    }
    while (text.size > 0 && text.data[text.size - 1] == '\n') {
        text.size--;
    }
    paw_status status =
        text.failed ? paw_fail_memory(err, text.size) : answer_one(a, f, text.size > 0 ? text.data : "", text.size, err);
    buffer_free(&text);
    return status;
}

static paw_status answer_all(const arguments *a, paw_function *f, paw_error *err)
{
    return a->lines                     ? answer_lines(a, f, err)
           : strcmp(a->input, "-") == 0 ? answer_stdin(a, f, err)
                                        : answer_one(a, f, a->input, strlen(a->input), err);
}

static paw_status load_program(const arguments *a, const registry *r, paw_base **base, paw_function **f, paw_error *err)
{
    char *path = NULL;
    paw_program_info info = {0};
    paw_status status = registry_find_program(r, a->program, &path, err);
    status = status == PAW_OK ? paw_program_read(path, &info, err) : status;
    if (status == PAW_OK) {
        char *runtime = cli_program_runtime(info.json);
        status = cli_load_base(r, runtime, a->base, a->threads, true, base, err);
        free(runtime);
    }
    status = status == PAW_OK ? paw_function_load(path, *base, f, err) : status;
    paw_program_info_clear(&info);
    free(path);
    return status;
}

static paw_status load_bare(const arguments *a, const registry *r, paw_base **base, paw_function **f, paw_error *err)
{
    const runtime_info *runtime = runtime_find(a->interpreter);
    if (runtime == NULL && a->base == NULL) {
        return paw_fail(err, PAW_ERR_NOT_FOUND, a->interpreter, "no such base model; paw info lists those known, --base names a file");
    }
    PAW_TRY(cli_load_base(r, runtime != NULL ? runtime->id : a->interpreter, a->base, a->threads, true, base, err));
    return paw_function_base(a->prompt, *base, f, err);
}

static paw_status run(const arguments *a, const registry *r, paw_error *err)
{
    paw_base *base = NULL;
    paw_function *f = NULL;
    paw_status status = a->program != NULL ? load_program(a, r, &base, &f, err) : load_bare(a, r, &base, &f, err);
    status = status == PAW_OK ? answer_all(a, f, err) : status;
    paw_function_free(f);
    paw_base_free(base);
    return status;
}

int cmd_run(int argc, char **argv)
{
    arguments a = {0};
    const cli_option options[] = {
        {"--program", CLI_TEXT, &a.program},
        {"--interpreter", CLI_TEXT, &a.interpreter},
        {"--template", CLI_TEXT, &a.prompt},
        {"--input", CLI_TEXT, &a.input},
        {"--lines", CLI_FLAG, &a.lines},
        {"--max-tokens", CLI_NUMBER, &a.max_tokens, 1, 1 << 20},
        {"--base", CLI_TEXT, &a.base},
        {"--threads", CLI_NUMBER, &a.threads, 1, 64},
        {"--json", CLI_FLAG, &a.json},
        {"--free", CLI_FLAG, &a.free_running},
        {"--abstain-below", CLI_TEXT, &a.abstain},
    };
    int n;
    int status = cli_parse(argc, argv, HELP, options, sizeof options / sizeof options[0], NULL, 0, &n);
    if (status != -1) {
        return status;
    }
    if ((a.program != NULL) == (a.interpreter != NULL)) {
        return cli_usage("run", "give --program, or --interpreter for a bare base model");
    }
    if (a.abstain != NULL && !cli_probability(a.abstain, &a.abstain_below)) {
        return cli_usage("run", "--abstain-below takes a probability from 0 to 1, not \"%s\"", a.abstain);
    }
    if (a.prompt != NULL && a.interpreter == NULL) {
        return cli_usage("run", "--template goes with --interpreter");
    }
    if ((a.input != NULL) == a.lines) {
        return cli_usage("run", "give the input by --input or by --lines");
    }
    paw_error err;
    registry *r;
    if (registry_open(&r, &err) != PAW_OK) {
        return cli_fail(&err);
    }
    paw_status outcome = run(&a, r, &err);
    registry_close(r);
    return outcome == PAW_OK ? CLI_OK : cli_fail(&err);
}
