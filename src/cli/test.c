/* test.c: `paw test`: compile spec files and run the tests in them. How that is reported: report.c. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/cli.h"
#include "cli/report.h"
#include "cli/specfile.h"

static const char HELP[] =
    "usage: paw test FILE.. [OPTIONS]\n"
    "\n"
    "Compiles each spec file, runs its tests and shows the wrong answers. Exit status: 0 when every file reached its\n"
    "bar, 1 when one did not, 2 wrong usage, 3 when a file could not be read, compiled or run.\n"
    "\n"
    "  --bar B          least share of tests that must be right, 0.9 or 90% (default: the file's bar, or all)\n"
    "  --junit OUT.xml  write a JUnit report as well\n"
    "  --program X      do not compile: run the one FILE's tests on this .paw file, or id of the registry\n"
    "  --max-tokens N   most tokens of an answer (default: the file's max_tokens, or 512)\n"
    "  --compiler FILE, --base FILE, --threads N   as for paw compile\n"
    "  --json           print {passed, tests, right, files: [{.., cases: [..]}]}\n";

enum { MOST_FILES = 1024 };

typedef struct arguments {
    const char *bar_text, *junit, *program, *compiler, *base;
    int max_tokens, threads;
    bool json;
    double bar; /* negative: each file's own */
} arguments;

/* What files are tested with: kept from file to file while they name the same compiler. */
typedef struct workshop {
    const arguments *a;
    const registry *r;
    char *compiler_path;
    paw_base *base;
    paw_compiler *compiler;
    char *folder, *program; /* where the program in hand is, for as long as it is needed */
} workshop;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- a function for a file ---- */

static void drop_compiler(workshop *w)
{
    paw_compiler_free(w->compiler);
    paw_base_free(w->base);
    free(w->compiler_path);
    w->compiler = NULL;
    w->base = NULL;
    w->compiler_path = NULL;
}

static paw_status take_compiler(workshop *w, const specfile *file, paw_error *err)
{
    char *path, *runtime = NULL;
    PAW_TRY(cli_find_compiler(w->a->compiler != NULL ? w->a->compiler : file->compiler, &path, err));
    if (w->compiler != NULL && strcmp(path, w->compiler_path) == 0) {
        free(path);
        return PAW_OK;
    }
    drop_compiler(w);
    w->compiler_path = path;
    PAW_TRY(paw_compiler_runtime(path, &runtime, err));
    paw_status status = cli_load_base(w->r, runtime, w->a->base, w->a->threads, false, &w->base, err);
    free(runtime);
    return status == PAW_OK ? paw_compiler_load(path, w->base, &w->compiler, err) : status;
}

static paw_status compile_function(workshop *w, test_suite *suite, paw_function **out, paw_error *err)
{
    paw_compile_request request;
    paw_compile_result result;
    PAW_TRY(specfile_apply(&suite->file, &request, err));
    PAW_TRY(take_compiler(w, &suite->file, err));
    PAW_TRY(paw_compile(w->compiler, &request, w->program, &result, err));
    suite->compile_seconds = result.seconds_total;
    memcpy(suite->program_id, result.program_id, sizeof suite->program_id);
    return paw_function_load(w->program, w->base, out, err);
}

static paw_status load_function(workshop *w, paw_function **out, paw_error *err)
{
    char *path, *runtime = NULL;
    paw_program_info info;
    PAW_TRY(registry_find_program(w->r, w->a->program, &path, err));
    paw_status status = paw_program_read(path, &info, err);
    if (status == PAW_OK) {
        runtime = cli_program_runtime(info.json);
        paw_program_info_clear(&info);
        status = cli_load_base(w->r, runtime, w->a->base, w->a->threads, false, &w->base, err);
    }
    status = status == PAW_OK ? paw_function_load(path, w->base, out, err) : status;
    free(runtime);
    free(path);
    return status;
}

/* ---- the tests of a file ---- */

static paw_status run_tests(const workshop *w, paw_function *f, test_suite *suite, paw_error *err)
{
    const test_cases *tests = &suite->file.tests;
    paw_call_options options = {.max_tokens = w->a->max_tokens > 0 ? w->a->max_tokens : suite->file.max_tokens};
    suite->outcomes = calloc(tests->n, sizeof *suite->outcomes);
    if (suite->outcomes == NULL) {
        return paw_fail_memory(err, tests->n * sizeof *suite->outcomes);
    }
    for (; suite->n < tests->n; suite->n++) {
        const test_case *one = &tests->items[suite->n];
        paw_answer answer;
        cli_progress("%s: %zu of %zu", suite->path, suite->n + 1, tests->n);
        paw_status status = paw_function_call(f, one->input, strlen(one->input), &options, &answer, err);
        if (status != PAW_OK) {
            char where[sizeof err->where];
            snprintf(where, sizeof where, "%.180s: line %d: %.80s", one->file, one->line, err->where);
            memcpy(err->where, where, sizeof where);
            return status;
        }
        bool right = strcmp(answer.text, one->output) == 0;
        suite->outcomes[suite->n] = (test_outcome){answer.text, right, answer.complete, answer.latency_ms}; /* text is ours now */
        suite->right += right;
    }
    return PAW_OK;
}

static paw_status run_file(workshop *w, test_suite *suite, paw_error *err)
{
    paw_function *f = NULL;
    PAW_TRY(specfile_load(suite->path, &suite->file, err));
    if (suite->file.tests.n == 0) {
        return paw_fail(err, PAW_ERR_ARGUMENT, suite->path, "has no tests: a list of input and output under the key tests, or a tests_file");
    }
    double start = now();
    paw_status status = w->a->program != NULL ? load_function(w, &f, err) : compile_function(w, suite, &f, err);
    status = status == PAW_OK ? run_tests(w, f, suite, err) : status;
    paw_function_free(f);
    remove(w->program);
    suite->seconds = now() - start;
    suite->bar = w->a->bar >= 0 ? w->a->bar : suite->file.bar;
    suite->passed = status == PAW_OK && (double)suite->right >= suite->bar * (double)suite->n - 1e-9;
    return status;
}

/* A file that cannot be tested does not keep the others from it. Returns the exit status. */
static int run_files(workshop *w, test_suite *suites, size_t n)
{
    int outcome = CLI_OK;
    for (size_t i = 0; i < n; i++) {
        suites[i].broken = run_file(w, &suites[i], &suites[i].err) != PAW_OK;
        cli_progress_done();
        if (suites[i].broken) {
            cli_fail(&suites[i].err);
            suites[i].n = suites[i].right = 0;
            outcome = CLI_ERROR;
        } else if (!suites[i].passed && outcome == CLI_OK) {
            outcome = CLI_FAILED;
        }
        if (!w->a->json) {
            report_text(&suites[i], stdout);
            fflush(stdout);
        }
    }
    return outcome;
}

static paw_status report(const arguments *a, const test_suite *suites, size_t n, paw_error *err)
{
    if (a->json) {
        json_t *o = report_json(suites, n);
        if (o == NULL) {
            return paw_fail_memory(err, 64);
        }
        json_dumpf(o, stdout, JSON_REAL_PRECISION(6));
        putchar('\n');
        json_decref(o);
    } else if (n > 1) {
        report_total(suites, n, stdout);
    }
    if (a->junit == NULL) {
        return PAW_OK;
    }
    buffer xml = {0};
    report_junit(suites, n, &xml);
    paw_status status = xml.failed ? paw_fail_memory(err, xml.size) : file_write_atomic(a->junit, xml.data, xml.size, err);
    buffer_free(&xml);
    return status;
}

/* ---- the command ---- */

static void free_suites(test_suite *suites, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; suites[i].outcomes != NULL && k < suites[i].file.tests.n; k++) {
            free(suites[i].outcomes[k].got);
        }
        free(suites[i].outcomes);
        specfile_free(&suites[i].file);
    }
    free(suites);
}

static paw_status open_folder(workshop *w, paw_error *err)
{
    const char *tmp = getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp";
    w->folder = file_join(tmp, "paw-test.XXXXXX");
    if (w->folder == NULL || mkdtemp(w->folder) == NULL) {
        free(w->folder);
        w->folder = NULL;
        return paw_fail(err, PAW_ERR_IO, tmp, "cannot create a folder for the programs");
    }
    w->program = file_join(w->folder, "program.paw");
    return w->program != NULL ? PAW_OK : paw_fail_memory(err, 64);
}

static int run(const arguments *a, const registry *r, const char *const *paths, size_t n)
{
    paw_error err;
    workshop w = {.a = a, .r = r};
    test_suite *suites = calloc(n, sizeof *suites);
    paw_status status = suites != NULL ? open_folder(&w, &err) : paw_fail_memory(&err, n * sizeof *suites);
    int outcome = CLI_ERROR;
    if (status == PAW_OK) {
        for (size_t i = 0; i < n; i++) {
            suites[i].path = paths[i];
        }
        outcome = run_files(&w, suites, n);
        status = report(a, suites, n, &err);
    }
    if (status != PAW_OK) {
        cli_fail(&err);
        outcome = CLI_ERROR;
    }
    drop_compiler(&w);
    if (w.folder != NULL) {
        rmdir(w.folder);
    }
    free(w.folder);
    free(w.program);
    if (suites != NULL) {
        free_suites(suites, n);
    }
    return outcome;
}

int cmd_test(int argc, char **argv)
{
    const char *paths[MOST_FILES];
    arguments a = {.bar = -1};
    const cli_option options[] = {
        {"--bar", CLI_TEXT, &a.bar_text},      {"--junit", CLI_TEXT, &a.junit},
        {"--program", CLI_TEXT, &a.program},   {"--max-tokens", CLI_NUMBER, &a.max_tokens, 1, 1 << 20},
        {"--compiler", CLI_TEXT, &a.compiler}, {"--base", CLI_TEXT, &a.base},
        {"--threads", CLI_NUMBER, &a.threads, 1, 64}, {"--json", CLI_FLAG, &a.json},
    };
    int n;
    int status = cli_parse(argc, argv, HELP, options, sizeof options / sizeof options[0], paths, MOST_FILES, &n);
    if (status != -1) {
        return status;
    }
    if (n == 0) {
        return cli_usage("test", "name one spec file or more");
    }
    if (a.program != NULL && n > 1) {
        return cli_usage("test", "--program goes with one spec file");
    }
    if (a.bar_text != NULL && !specfile_bar(a.bar_text, &a.bar)) {
        return cli_usage("test", "--bar takes a share from 0 to 1 or 0%% to 100%%, not \"%s\"", a.bar_text);
    }
    paw_error err;
    registry *r;
    if (registry_open(&r, &err) != PAW_OK) {
        cli_fail(&err);
        return CLI_ERROR;
    }
    status = run(&a, r, paths, (size_t)n);
    registry_close(r);
    return status;
}
