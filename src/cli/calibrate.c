/* calibrate.c: `paw calibrate`. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "cli/cases.h"
#include "cli/cli.h"
#include "cli/specfile.h"

enum { LINES_MOST = 64 << 20 }; /* bytes of a file of inputs */

static const char HELP[] =
    "usage: paw calibrate --program FILE|ID (--cases FILE | --inputs FILE) [OPTIONS]\n"
    "\n"
    "Learns from cases how far the probabilities of a program's answers can be trusted, and which answers it gives too\n"
    "readily; or the latter alone from inputs, whose answers nobody needs to know. The program must be one whose answers\n"
    "come from a closed set.\n"
    "\n"
    "  --program FILE|ID  a .paw file, or an id of the registry\n"
    "  --cases FILE       JSON lines {\"input\": .., \"output\": ..}; or a spec file, for its tests. Other cases than those\n"
    "                     that the program will be judged on\n"
    "  --inputs FILE      4 inputs or more, one a line (or JSON lines, of which \"input\" counts, if the name ends in\n"
    "                     .jsonl); 15 are enough. For functions whose answers are about equally frequent\n"
    "  -o FILE            where the calibrated program goes (default: in the program's place)\n"
    "  --base FILE        base model file (default: the pulled one that the program names)\n"
    "  --threads N        worker threads (default: all processors)\n"
    "  --json             print {path, cases, temperature, accuracy_before, accuracy_after, log_loss_before, log_loss_after};\n"
    "                     with --inputs {path, inputs, changed}\n";

typedef struct arguments {
    const char *program, *cases, *inputs, *out, *base;
    int threads;
    bool json;
} arguments;

static void print_result(const arguments *a, const char *path, const paw_calibration *c)
{
    if (a->json) {
        json_t *o = json_pack("{s:s, s:I, s:f, s:f, s:f, s:f, s:f}", "path", path, "cases", (json_int_t)c->cases, "temperature",
                              c->temperature, "accuracy_before", c->accuracy_before, "accuracy_after", c->accuracy_after,
                              "log_loss_before", c->log_loss_before, "log_loss_after", c->log_loss_after);
        json_dumpf(o, stdout, JSON_REAL_PRECISION(6));
        putchar('\n');
        json_decref(o);
        return;
    }
    printf("%s\n", path);
    fprintf(stderr, "%zu cases: temperature %.2f, right %.1f%% -> %.1f%%, log loss %.3f -> %.3f\n", c->cases, c->temperature,
            100 * c->accuracy_before, 100 * c->accuracy_after, c->log_loss_before, c->log_loss_after);
}

static void print_inputs(const arguments *a, const char *path, size_t n, size_t changed)
{
    if (a->json) {
        json_t *o = json_pack("{s:s, s:I, s:I}", "path", path, "inputs", (json_int_t)n, "changed", (json_int_t)changed);
        json_dumpf(o, stdout, 0);
        putchar('\n');
        json_decref(o);
        return;
    }
    printf("%s\n", path);
    fprintf(stderr, "%zu inputs: %zu of them get another answer now\n", n, changed);
}

/* Both ways, once program and base are there. */
static paw_status learn(const arguments *a, const char *path, paw_base *base, const test_cases *cases, paw_error *err)
{
    const char *out = a->out != NULL ? a->out : path;
    paw_calibration result;
    size_t changed;
    paw_example *examples = malloc((cases->n + 1) * sizeof *examples);
    const char **inputs = malloc((cases->n + 1) * sizeof *inputs);
    paw_status status = examples == NULL || inputs == NULL ? paw_fail_memory(err, cases->n * sizeof *examples) : PAW_OK;
    for (size_t i = 0; i < cases->n && status == PAW_OK; i++) {
        examples[i] = (paw_example){cases->items[i].input, cases->items[i].output};
        inputs[i] = cases->items[i].input;
    }
    if (status == PAW_OK) {
        cli_progress("calibrating on %zu %s ...", cases->n, a->inputs != NULL ? "inputs" : "cases");
        status = a->inputs != NULL ? paw_calibrate_inputs(path, base, inputs, cases->n, out, &changed, err)
                                   : paw_calibrate(path, base, examples, cases->n, out, &result, err);
        cli_progress_done();
    }
    if (status == PAW_OK && a->inputs != NULL) {
        print_inputs(a, out, cases->n, changed);
    } else if (status == PAW_OK) {
        print_result(a, out, &result);
    }
    free(examples);
    free(inputs);
    return status;
}

static paw_status calibrate(const arguments *a, const registry *r, const char *path, const test_cases *cases, paw_error *err)
{
    paw_program_info info;
    paw_base *base = NULL;
    PAW_TRY(paw_program_read(path, &info, err));
    char *runtime = cli_program_runtime(info.json);
    paw_program_info_clear(&info);
    paw_status status = cli_load_base(r, runtime, a->base, a->threads, false, &base, err);
    free(runtime);
    if (status == PAW_OK) {
        status = learn(a, path, base, cases, err);
    }
    paw_base_free(base);
    return status;
}

/* Each line that is not empty is an input. */
static paw_status read_lines(const char *path, test_cases *out, paw_error *err)
{
    char *text, *line, *rest;
    size_t size;
    PAW_TRY(file_read_all(path, LINES_MOST, &text, &size, err));
    paw_status status = memchr(text, '\0', size) == NULL ? PAW_OK : paw_fail(err, PAW_ERR_FORMAT, path, "holds a NUL: not a text file");
    rest = text;
    for (int n = 1; status == PAW_OK && (line = cli_next_line(&rest)) != NULL; n++) {
        size_t length = strlen(line);
        if (length > 0 && line[length - 1] == '\r') {
            line[--length] = '\0';
        }
        if (length > 0) {
            test_case one = {.input = strdup(line), .file = path, .line = n};
            status = one.input == NULL ? paw_fail_memory(err, strlen(line)) : cases_add(out, one, err);
        }
    }
    free(text);
    return status;
}

static paw_status read_inputs(const char *path, test_cases *out, paw_error *err)
{
    size_t n = strlen(path);
    return n > 6 && strcmp(path + n - 6, ".jsonl") == 0 ? cases_read(path, false, out, err) : read_lines(path, out, err);
}

static paw_status run(const arguments *a, const registry *r, paw_error *err)
{
    specfile file = {0};
    test_cases lines = {0};
    char *path = NULL;
    bool is_specfile = a->cases != NULL && specfile_is(a->cases);
    paw_status status = a->inputs != NULL ? read_inputs(a->inputs, &lines, err)
                        : is_specfile     ? specfile_load(a->cases, &file, err)
                                          : cases_read(a->cases, true, &lines, err);
    status = status == PAW_OK ? registry_find_program(r, a->program, &path, err) : status;
    if (status == PAW_OK) {
        status = calibrate(a, r, path, is_specfile ? &file.tests : &lines, err);
    }
    specfile_free(&file);
    cases_free(&lines);
    free(path);
    return status;
}

int cmd_calibrate(int argc, char **argv)
{
    arguments a = {0};
    const cli_option options[] = {
        {"--program", CLI_TEXT, &a.program}, {"--cases", CLI_TEXT, &a.cases}, {"--inputs", CLI_TEXT, &a.inputs},
        {"-o", CLI_TEXT, &a.out},            {"--output", CLI_TEXT, &a.out},  {"--base", CLI_TEXT, &a.base},
        {"--threads", CLI_NUMBER, &a.threads, 1, 64}, {"--json", CLI_FLAG, &a.json},
    };
    int n;
    int status = cli_parse(argc, argv, HELP, options, sizeof options / sizeof options[0], NULL, 0, &n);
    if (status != -1) {
        return status;
    }
    if (a.program == NULL || (a.cases == NULL) == (a.inputs == NULL)) {
        return cli_usage("calibrate", "--program is wanted, and either --cases or --inputs");
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
