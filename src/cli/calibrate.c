/* calibrate.c: `paw calibrate`. */
#include <stdlib.h>
#include <string.h>

#include "cli/cases.h"
#include "cli/cli.h"
#include "cli/specfile.h"

static const char HELP[] =
    "usage: paw calibrate --program FILE|ID --cases FILE [OPTIONS]\n"
    "\n"
    "Learns from cases how far the probabilities of a program's answers can be trusted, and which answers it gives too\n"
    "readily. The program must be one whose answers come from a closed set.\n"
    "\n"
    "  --program FILE|ID  a .paw file, or an id of the registry\n"
    "  --cases FILE       JSON lines {\"input\": .., \"output\": ..}; or a spec file, for its tests. Other cases than those\n"
    "                     that the program will be judged on\n"
    "  -o FILE            where the calibrated program goes (default: in the program's place)\n"
    "  --base FILE        base model file (default: the pulled one that the program names)\n"
    "  --threads N        worker threads (default: all processors)\n"
    "  --json             print {path, cases, temperature, accuracy_before, accuracy_after, log_loss_before, log_loss_after}\n";

typedef struct arguments {
    const char *program, *cases, *out, *base;
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

static paw_status calibrate(const arguments *a, const registry *r, const char *path, const test_cases *cases, paw_error *err)
{
    paw_program_info info;
    paw_base *base = NULL;
    paw_calibration result;
    const char *out = a->out != NULL ? a->out : path;
    paw_example *examples = malloc((cases->n + 1) * sizeof *examples);
    paw_status status = examples == NULL ? paw_fail_memory(err, cases->n * sizeof *examples) : paw_program_read(path, &info, err);
    for (size_t i = 0; i < cases->n && status == PAW_OK; i++) {
        examples[i] = (paw_example){cases->items[i].input, cases->items[i].output};
    }
    if (status == PAW_OK) {
        char *runtime = cli_program_runtime(info.json);
        paw_program_info_clear(&info);
        status = cli_load_base(r, runtime, a->base, a->threads, false, &base, err);
        free(runtime);
    }
    if (status == PAW_OK) {
        cli_progress("calibrating on %zu cases ...", cases->n);
        status = paw_calibrate(path, base, examples, cases->n, out, &result, err);
        cli_progress_done();
    }
    if (status == PAW_OK) {
        print_result(a, out, &result);
    }
    paw_base_free(base);
    free(examples);
    return status;
}

static paw_status run(const arguments *a, const registry *r, paw_error *err)
{
    specfile file = {0};
    test_cases lines = {0};
    char *path = NULL;
    bool is_specfile = specfile_is(a->cases);
    paw_status status = is_specfile ? specfile_load(a->cases, &file, err) : cases_read(a->cases, true, &lines, err);
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
        {"--program", CLI_TEXT, &a.program}, {"--cases", CLI_TEXT, &a.cases},           {"-o", CLI_TEXT, &a.out},
        {"--output", CLI_TEXT, &a.out},      {"--base", CLI_TEXT, &a.base},             {"--threads", CLI_NUMBER, &a.threads, 1, 64},
        {"--json", CLI_FLAG, &a.json},
    };
    int n;
    int status = cli_parse(argc, argv, HELP, options, sizeof options / sizeof options[0], NULL, 0, &n);
    if (status != -1) {
        return status;
    }
    if (a.program == NULL || a.cases == NULL) {
        return cli_usage("calibrate", "--program and --cases are wanted");
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
