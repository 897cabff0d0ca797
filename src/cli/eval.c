/* eval.c: `paw eval`: compile each spec of a suite, run its cases, count exact matches. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/cli.h"
#include "cli/reliability.h"
#include "cli/specfile.h"

static const char HELP[] =
    "usage: paw eval SUITE [OPTIONS]\n"
    "\n"
    "Compiles each spec of a suite, runs its cases and prints exact match, overall and by category.\n"
    "A suite is JSON lines {\"id\", \"category\", \"spec\", \"cases\": [{\"input\", \"output\"}, ..]}, or a spec file, whose\n"
    "tests are the cases.\n"
    "\n"
    "  --baseline raw   no compiling: the bare base model is prompted with spec and input\n"
    "  --examples K     the first K cases of each spec are given to the compiler, the others scored\n"
    "  --untuned        programs are not tuned on these examples, they only see them\n"
    "  --skip K         the first K cases are not scored (to compare with --examples K)\n"
    "  --limit N        only the first N specs\n"
    "  --calibrate K    the next K cases of each spec whose answers are a closed set calibrate its program, and are not scored\n"
    "  --free           generate every answer, also where a spec closes the set of answers\n"
    "  --abstain-below P  count only answers out of closed sets that are at least this probable as answered\n"
    "  --plot FILE.svg  draw how stated probabilities and shares of right answers agree (closed sets)\n"
    "  --answers FILE   write each case with its answer, as JSON lines\n"
    "  --max-tokens N   most tokens of an answer (default: the spec file's, or 256)\n"
    "  --compiler FILE, --base FILE, --threads N   as for paw compile\n"
    "  --json           print {exact_match, cases, per_category, closed_accuracy, ..}\n";

enum { MAX_CATEGORIES = 64, MOST_CALIBRATION = 256 };

typedef struct arguments {
    const char *suite, *baseline, *answers, *compiler, *base, *plot, *abstain;
    int examples, skip, calibrate, limit, max_tokens, threads;
    double abstain_below;
    bool json, free_running, untuned;
} arguments;

typedef struct category {
    char name[48];
    int cases, right;
} category;

typedef struct evaluation {
    const arguments *a;
    paw_base *base;
    paw_compiler *compiler; /* NULL with --baseline raw */
    char *program;          /* path of the program in hand */
    specfile file;          /* where the suite is a spec file */
    FILE *answers;
    category categories[MAX_CATEGORIES];
    int n_categories, specs, cases, right;
    reliability closed; /* answers out of closed sets */
    double compile_seconds, call_ms;
} evaluation;

static category *category_of(evaluation *e, const char *name)
{
    for (int i = 0; i < e->n_categories; i++) {
        if (strcmp(e->categories[i].name, name) == 0) {
            return &e->categories[i];
        }
    }
    if (e->n_categories == MAX_CATEGORIES) {
        return &e->categories[MAX_CATEGORIES - 1];
    }
    category *c = &e->categories[e->n_categories++];
    snprintf(c->name, sizeof c->name, "%s", name);
    return c;
}

static const char *text_of(json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static paw_status check_spec(json_t *spec, const json_error_t *error, int line, const char *suite, paw_error *err)
{
    char where[320];
    json_t *cases = json_object_get(spec, "cases"), *one;
    size_t i;
    snprintf(where, sizeof where, "%s: line %d", suite, line);
    if (spec == NULL) {
        return paw_fail(err, PAW_ERR_FORMAT, where, "is not JSON: %s", error->text);
    }
    if (text_of(spec, "spec") == NULL || json_array_size(cases) == 0) {
        return paw_fail(err, PAW_ERR_FORMAT, where, "wants {\"spec\": \"..\", \"cases\": [..]}");
    }
    json_array_foreach (cases, i, one) {
        if (text_of(one, "input") == NULL || text_of(one, "output") == NULL) {
            return paw_fail(err, PAW_ERR_FORMAT, where, "case %zu wants {\"input\": \"..\", \"output\": \"..\"}", i + 1);
        }
    }
    return PAW_OK;
}

static bool is_choice(const char *const *choices, size_t n, const char *text)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(choices[i], text) == 0) {
            return true;
        }
    }
    return false;
}

/* Replaces the function by one calibrated on cases from `first` on, where its answers are a closed set that holds theirs. */
static paw_status calibrate(evaluation *e, json_t *cases, size_t first, paw_function **f, paw_error *err)
{
    paw_example examples[MOST_CALIBRATION];
    size_t n_choices, n = 0;
    const char *const *choices = paw_function_choices(*f, &n_choices);
    for (size_t i = first; i < json_array_size(cases) && n < (size_t)e->a->calibrate; i++) {
        json_t *one = json_array_get(cases, i);
        if (is_choice(choices, n_choices, text_of(one, "output"))) {
            examples[n++] = (paw_example){text_of(one, "input"), text_of(one, "output")};
        }
    }
    if (n == 0) {
        return PAW_OK;
    }
    paw_function_free(*f);
    *f = NULL;
    PAW_TRY(paw_calibrate(e->program, e->base, examples, n, e->program, NULL, err));
    return paw_function_load(e->program, e->base, f, err);
}

static paw_status make_function(evaluation *e, json_t *spec, paw_function **out, paw_error *err)
{
    paw_example examples[PAW_EXAMPLES_MAX];
    json_t *cases = json_object_get(spec, "cases");
    paw_compile_request request = {.spec = text_of(spec, "spec"), .examples = examples, .untuned = e->a->untuned};
    paw_compile_result result;
    if (e->compiler == NULL) {
        return paw_function_prompted(request.spec, e->base, out, err);
    }
    if (e->file.spec != NULL) {
        PAW_TRY(specfile_apply(&e->file, &request, err));
        request.untuned = e->a->untuned;
        request.examples = request.n_examples > 0 ? request.examples : examples; /* --examples goes with none in the file */
    }
    for (; (int)request.n_examples < e->a->examples && request.n_examples < json_array_size(cases); request.n_examples++) {
        json_t *one = json_array_get(cases, request.n_examples);
        examples[request.n_examples] = (paw_example){text_of(one, "input"), text_of(one, "output")};
    }
    PAW_TRY(paw_compile(e->compiler, &request, e->program, &result, err));
    e->compile_seconds += result.seconds_total;
    PAW_TRY(paw_function_load(e->program, e->base, out, err));
    return e->a->calibrate > 0 ? calibrate(e, cases, request.n_examples, out, err) : PAW_OK;
}

static void write_answer(evaluation *e, json_t *spec, json_t *one, const paw_answer *answer, bool right)
{
    json_t *row = json_pack("{s:s*, s:s*, s:s, s:s, s:s, s:b}", "id", text_of(spec, "id"), "category",
                            text_of(spec, "category"), "input", text_of(one, "input"), "output", text_of(one, "output"),
                            "answer", answer->text, "right", (int)right);
    if (answer->n_choices > 0) {
        json_t *all = json_object();
        for (size_t i = 0; i < answer->n_choices; i++) {
            json_object_set_new(all, answer->choices[i], json_real(answer->probabilities[i]));
        }
        json_object_set_new(row, "probability", json_real(answer->probability));
        json_object_set_new(row, "probabilities", all);
    }
    json_dumpf(row, e->answers, JSON_COMPACT);
    fputc('\n', e->answers);
    json_decref(row);
}

static paw_status run_case(evaluation *e, paw_function *f, json_t *spec, json_t *one, category *c, paw_error *err)
{
    paw_answer answer;
    int most = e->a->max_tokens > 0 ? e->a->max_tokens : e->file.max_tokens;
    paw_call_options options = {.max_tokens = most > 0 ? most : 256, .free_running = e->a->free_running, .exact = e->answers != NULL,
                                .abstain_below = e->a->abstain_below};
    const char *input = text_of(one, "input");
    PAW_TRY(paw_function_call(f, input, strlen(input), &options, &answer, err));
    bool right = strcmp(answer.text, text_of(one, "output")) == 0;
    c->cases++;
    c->right += right;
    e->cases++;
    e->right += right;
    e->call_ms += answer.latency_ms;
    if (e->answers != NULL) {
        write_answer(e, spec, one, &answer, right);
    }
    if (answer.n_choices > 0) {
        reliability_add(&e->closed, answer.probability, right, answer.abstained);
    }
    paw_answer_clear(&answer);
    return PAW_OK;
}

static paw_status run_spec(evaluation *e, json_t *spec, paw_error *err)
{
    paw_function *f;
    json_t *cases = json_object_get(spec, "cases"), *one;
    const char *name = text_of(spec, "category");
    category *c = category_of(e, name != NULL ? name : "-");
    int used = e->a->examples + e->a->calibrate;
    size_t i, first = (size_t)(used > e->a->skip ? used : e->a->skip);
    f = NULL;
    paw_status status = make_function(e, spec, &f, err);
    json_array_foreach (cases, i, one) {
        if (i >= first && status == PAW_OK) {
            status = run_case(e, f, spec, one, c, err);
        }
    }
    paw_function_free(f);
    e->specs++;
    return status;
}

static paw_status run_lines(evaluation *e, char *text, paw_error *err)
{
    int line = 0;
    for (char *p; (p = cli_next_line(&text)) != NULL;) {
        json_error_t error;
        line++;
        if (p[strspn(p, " \t\r")] == '\0') {
            continue;
        }
        if (e->a->limit > 0 && e->specs == e->a->limit) {
            break;
        }
        cli_progress("spec %d: %d of %d right", e->specs + 1, e->right, e->cases);
        json_t *spec = json_loads(p, 0, &error);
        paw_status status = check_spec(spec, &error, line, e->a->suite, err);
        if (status == PAW_OK) {
            status = run_spec(e, spec, err);
            if (status != PAW_OK) {
                char where[400];
                snprintf(where, sizeof where, "%s: line %d: %s", e->a->suite, line, err->where);
                snprintf(err->where, sizeof err->where, "%.280s", where);
            }
        }
        json_decref(spec);
        PAW_TRY(status);
    }
    return e->cases > 0 ? PAW_OK : paw_fail(err, PAW_ERR_FORMAT, e->a->suite, "no case was left to score");
}

/* A spec file is a suite of one spec, in a category of its name. */
static paw_status run_specfile(evaluation *e, paw_error *err)
{
    if (e->a->examples > 0 && e->file.examples.n > 0) {
        return paw_fail(err, PAW_ERR_ARGUMENT, e->a->suite, "has examples of its own; leave --examples out");
    }
    json_t *cases = json_array();
    for (size_t i = 0; i < e->file.tests.n; i++) {
        const test_case *one = &e->file.tests.items[i];
        json_array_append_new(cases, json_pack("{s:s, s:s}", "input", one->input, "output", one->output));
    }
    json_t *spec = json_pack("{s:s, s:s, s:s, s:o}", "id", e->file.name, "category", e->file.name, "spec", e->file.spec, "cases", cases);
    paw_status status = spec == NULL ? paw_fail(err, PAW_ERR_ARGUMENT, e->a->suite, "the name is not UTF-8")
                        : e->file.tests.n == 0 ? paw_fail(err, PAW_ERR_ARGUMENT, e->a->suite, "has no tests") : run_spec(e, spec, err);
    json_decref(spec);
    PAW_TRY(paw_fail_in(err, status, e->a->suite));
    return e->cases > 0 ? PAW_OK : paw_fail(err, PAW_ERR_FORMAT, e->a->suite, "no case was left to score");
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const category *)a)->name, ((const category *)b)->name);
}

static void print_json(const evaluation *e)
{
    json_t *per = json_object();
    for (int i = 0; i < e->n_categories; i++) {
        const category *c = &e->categories[i];
        if (c->cases > 0) {
            json_object_set_new(per, c->name, json_pack("{s:f, s:i}", "exact_match", (double)c->right / c->cases, "cases", c->cases));
        }
    }
    json_t *o = json_pack("{s:f, s:i, s:i, s:o, s:f, s:f}", "exact_match", (double)e->right / e->cases, "cases", e->cases,
                          "specs", e->specs, "per_category", per, "compile_seconds_mean", e->compile_seconds / e->specs,
                          "latency_ms_mean", e->call_ms / e->cases);
    reliability_json(&e->closed, e->a->abstain_below, o);
    json_dumpf(o, stdout, JSON_REAL_PRECISION(5));
    putchar('\n');
    json_decref(o);
}

static void print_table(const evaluation *e)
{
    printf("%-18s %7s %7s\n", "category", "cases", "exact");
    for (int i = 0; i < e->n_categories; i++) {
        const category *c = &e->categories[i];
        if (c->cases > 0) {
            printf("%-18s %7d %6.1f%%\n", c->name, c->cases, 100.0 * c->right / c->cases);
        }
    }
    printf("%-18s %7d %6.1f%%   (%d specs; compile %.2f s, call %.0f ms on average)\n", "all", e->cases,
           100.0 * e->right / e->cases, e->specs, e->compile_seconds / e->specs, e->call_ms / e->cases);
    if (reliability_cases(&e->closed) > 0) {
        reliability_print(&e->closed, e->a->abstain_below);
    }
}

static paw_status evaluate(evaluation *e, paw_error *err)
{
    paw_status status;
    if (e->file.spec != NULL) {
        status = run_specfile(e, err);
    } else {
        char *text;
        size_t size;
        PAW_TRY(file_read_all(e->a->suite, 256 << 20, &text, &size, err));
        status = run_lines(e, text, err);
        free(text);
    }
    cli_progress_done();
    PAW_TRY(status);
    qsort(e->categories, (size_t)e->n_categories, sizeof e->categories[0], by_name);
    (e->a->json ? print_json : print_table)(e);
    return e->a->plot != NULL ? reliability_draw(&e->closed, e->a->plot, err) : PAW_OK;
}

static paw_status load(evaluation *e, const registry *r, paw_error *err)
{
    char *path = NULL, *runtime = NULL;
    bool raw = e->a->baseline != NULL;
    paw_status status = raw ? PAW_OK : cli_find_compiler(e->a->compiler != NULL ? e->a->compiler : e->file.compiler, &path, err);
    status = status == PAW_OK && !raw ? paw_compiler_runtime(path, &runtime, err) : status;
    if (status == PAW_OK) {
        status = cli_load_base(r, raw ? "smollm2-135m-q4_1" : runtime, e->a->base, e->a->threads, false, &e->base, err);
    }
    status = status == PAW_OK && !raw ? paw_compiler_load(path, e->base, &e->compiler, err) : status;
    free(path);
    free(runtime);
    return status;
}

static paw_status run(evaluation *e, paw_error *err)
{
    const char *tmp = getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp";
    char *dir = file_join(tmp, "paw-eval.XXXXXX");
    if (dir == NULL || mkdtemp(dir) == NULL) {
        free(dir);
        return paw_fail(err, PAW_ERR_IO, tmp, "cannot create a folder for the programs");
    }
    e->program = file_join(dir, "program.paw");
    paw_status status = e->program == NULL ? paw_fail_memory(err, 64) : PAW_OK;
    if (status == PAW_OK && e->a->answers != NULL && (e->answers = fopen(e->a->answers, "w")) == NULL) {
        status = paw_fail_errno(err, errno, e->a->answers, "cannot write the file");
    }
    status = status == PAW_OK ? evaluate(e, err) : status;
    if (e->answers != NULL && fclose(e->answers) != 0 && status == PAW_OK) {
        status = paw_fail(err, PAW_ERR_IO, e->a->answers, "cannot write the file");
    }
    if (e->program != NULL) {
        remove(e->program);
    }
    rmdir(dir);
    free(dir);
    free(e->program);
    return status;
}

int cmd_eval(int argc, char **argv)
{
    arguments a = {0};
    const cli_option options[] = {
        {"--baseline", CLI_TEXT, &a.baseline},
        {"--examples", CLI_NUMBER, &a.examples, 0, PAW_EXAMPLES_MAX},
        {"--untuned", CLI_FLAG, &a.untuned},
        {"--skip", CLI_NUMBER, &a.skip, 0, 1000},
        {"--calibrate", CLI_NUMBER, &a.calibrate, 0, MOST_CALIBRATION},
        {"--limit", CLI_NUMBER, &a.limit, 1, 1 << 30},
        {"--free", CLI_FLAG, &a.free_running},
        {"--abstain-below", CLI_TEXT, &a.abstain},
        {"--plot", CLI_TEXT, &a.plot},
        {"--answers", CLI_TEXT, &a.answers},
        {"--max-tokens", CLI_NUMBER, &a.max_tokens, 1, 1 << 20},
        {"--compiler", CLI_TEXT, &a.compiler},
        {"--base", CLI_TEXT, &a.base},
        {"--threads", CLI_NUMBER, &a.threads, 1, 64},
        {"--json", CLI_FLAG, &a.json},
    };
    int n;
    int status = cli_parse(argc, argv, HELP, options, sizeof options / sizeof options[0], &a.suite, 1, &n);
    if (status != -1) {
        return status;
    }
    if (n != 1) {
        return cli_usage("eval", "name one suite");
    }
    if (a.abstain != NULL && !cli_probability(a.abstain, &a.abstain_below)) {
        return cli_usage("eval", "--abstain-below takes a probability from 0 to 1, not \"%s\"", a.abstain);
    }
    if (a.baseline != NULL && strcmp(a.baseline, "raw") != 0) {
        return cli_usage("eval", "the only baseline is \"raw\"");
    }
    paw_error err;
    registry *r;
    evaluation e = {.a = &a};
    if (registry_open(&r, &err) != PAW_OK) {
        return cli_fail(&err);
    }
    paw_status outcome = specfile_is(a.suite) ? specfile_load(a.suite, &e.file, &err) : PAW_OK;
    outcome = outcome == PAW_OK ? load(&e, r, &err) : outcome;
    outcome = outcome == PAW_OK ? run(&e, &err) : outcome;
    paw_compiler_free(e.compiler);
    paw_base_free(e.base);
    specfile_free(&e.file);
    registry_close(r);
    return outcome == PAW_OK ? CLI_OK : cli_fail(&err);
}
