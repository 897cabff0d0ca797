/* diff.c: `paw diff`: the same inputs through two programs, and which answers changed. */
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/show.h"
#include "cli/specfile.h"

static const char HELP[] =
    "usage: paw diff A.paw B.paw --cases FILE [OPTIONS]\n"
    "\n"
    "Runs two programs (files, or ids of the registry) on the same inputs and shows which answers changed from A to B\n"
    "and, where the cases say what is wanted, which became right or wrong. Exit status: 0 when no answer changed, 1 when\n"
    "some did, 2 wrong usage, 3 when it could not be done.\n"
    "\n"
    "  --cases FILE     JSON lines {\"input\": .., \"output\": ..}, output being optional; or a spec file, for its tests\n"
    "  --max-tokens N   most tokens of an answer (default 512)\n"
    "  --base FILE      base model file (default: the pulled ones that the programs name)\n"
    "  --threads N      worker threads (default: all processors)\n"
    "  --json           print {cases, changed, .., changes: [..]}\n";

typedef struct arguments {
    const char *programs[2], *cases, *base;
    int max_tokens, threads;
    bool json;
} arguments;

typedef struct side {
    char *path, *runtime;
    paw_base *base; /* of B: NULL where A's serves */
    paw_function *function;
} side;

typedef struct comparison {
    const arguments *a;
    side sides[2];
    specfile file;    /* where the cases are from one */
    test_cases lines; /* where they are not */
    const test_cases *cases;
    json_t *changes;
    size_t changed, wanted, right[2], became_right, became_wrong;
} comparison;

/* ---- loading ---- */

static paw_status load_cases(comparison *c, paw_error *err)
{
    if (specfile_is(c->a->cases)) {
        PAW_TRY(specfile_load(c->a->cases, &c->file, err));
        c->cases = &c->file.tests;
    } else {
        PAW_TRY(cases_read(c->a->cases, false, &c->lines, err));
        c->cases = &c->lines;
    }
    return c->cases->n > 0 ? PAW_OK : paw_fail(err, PAW_ERR_ARGUMENT, c->a->cases, "no case is in the file");
}

static paw_status find_program(const registry *r, const char *reference, side *s, paw_error *err)
{
    paw_program_info info;
    PAW_TRY(registry_find_program(r, reference, &s->path, err));
    PAW_TRY(paw_program_read(s->path, &info, err));
    s->runtime = cli_program_runtime(info.json);
    paw_program_info_clear(&info);
    return PAW_OK;
}

static paw_status load_functions(comparison *c, const registry *r, paw_error *err)
{
    side *a = &c->sides[0], *b = &c->sides[1];
    PAW_TRY(find_program(r, c->a->programs[0], a, err));
    PAW_TRY(find_program(r, c->a->programs[1], b, err));
    PAW_TRY(cli_load_base(r, a->runtime, c->a->base, c->a->threads, false, &a->base, err));
    PAW_TRY(paw_function_load(a->path, a->base, &a->function, err));
    bool same = c->a->base != NULL || (a->runtime != NULL && b->runtime != NULL && strcmp(a->runtime, b->runtime) == 0);
    if (!same) {
        PAW_TRY(cli_load_base(r, b->runtime, NULL, c->a->threads, false, &b->base, err));
    }
    return paw_function_load(b->path, same ? a->base : b->base, &b->function, err);
}

static void clear(comparison *c)
{
    for (int i = 0; i < 2; i++) {
        paw_function_free(c->sides[i].function);
    }
    for (int i = 0; i < 2; i++) {
        paw_base_free(c->sides[i].base);
        free(c->sides[i].path);
        free(c->sides[i].runtime);
    }
    specfile_free(&c->file);
    cases_free(&c->lines);
    json_decref(c->changes);
}

/* ---- comparing ---- */

static void print_change(const test_case *one, const paw_answer *answers, const char *effect)
{
    char shown[96];
    printf("changed  %s:%d%s%s%s%s\n", one->file, one->line, one->name != NULL ? "  " : "",
           one->name != NULL ? show_short(one->name, shown, sizeof shown) : "", effect != NULL ? "  " : "",
           effect != NULL ? effect : "");
    show_block(stdout, "input", one->input);
    if (one->output != NULL) {
        show_block(stdout, "wanted", one->output);
    }
    show_block(stdout, "before", answers[0].text);
    show_block(stdout, "after", answers[1].text);
}

static void add_change(comparison *c, const test_case *one, const paw_answer *answers, const bool *right)
{
    json_t *o = json_pack("{s:s*, s:i, s:s, s:s*, s:s, s:s}", "name", one->name, "line", one->line, "input", one->input, "output",
                          one->output, "before", answers[0].text, "after", answers[1].text);
    if (one->output != NULL) {
        json_object_set_new(o, "before_right", json_boolean(right[0]));
        json_object_set_new(o, "after_right", json_boolean(right[1]));
    }
    json_array_append_new(c->changes, o);
}

static void weigh(comparison *c, const test_case *one, const paw_answer *answers)
{
    bool right[2] = {false, false};
    c->wanted += one->output != NULL;
    for (int i = 0; i < 2 && one->output != NULL; i++) {
        right[i] = strcmp(answers[i].text, one->output) == 0;
        c->right[i] += right[i];
    }
    if (strcmp(answers[0].text, answers[1].text) == 0) {
        return;
    }
    c->changed++;
    c->became_right += right[1];
    c->became_wrong += right[0];
    if (c->a->json) {
        add_change(c, one, answers, right);
    } else {
        print_change(one, answers, one->output == NULL ? NULL : right[1] ? "became right" : right[0] ? "became WRONG" : "still wrong");
    }
}

static paw_status compare(comparison *c, paw_error *err)
{
    int most = c->a->max_tokens > 0 ? c->a->max_tokens : c->file.max_tokens;
    paw_call_options options = {.max_tokens = most};
    for (size_t k = 0; k < c->cases->n; k++) {
        const test_case *one = &c->cases->items[k];
        paw_answer answers[2] = {{0}};
        paw_status status = PAW_OK;
        cli_progress("case %zu of %zu", k + 1, c->cases->n);
        for (int i = 0; i < 2 && status == PAW_OK; i++) {
            status = paw_function_call(c->sides[i].function, one->input, strlen(one->input), &options, &answers[i], err);
        }
        if (status == PAW_OK) {
            cli_progress_done();
            weigh(c, one, answers);
        } else {
            char where[sizeof err->where];
            snprintf(where, sizeof where, "%.180s: line %d: %.80s", one->file, one->line, err->where);
            memcpy(err->where, where, sizeof where);
        }
        paw_answer_clear(&answers[0]);
        paw_answer_clear(&answers[1]);
        PAW_TRY(status);
    }
    return PAW_OK;
}

/* ---- the end ---- */

static void print_summary(const comparison *c)
{
    printf("%zu of %zu answers changed", c->changed, c->cases->n);
    if (c->wanted > 0) {
        printf(": %zu became right, %zu became wrong; of %zu, %zu were right and %zu are", c->became_right, c->became_wrong,
               c->wanted, c->right[0], c->right[1]);
    }
    putchar('\n');
}

static void print_json(const comparison *c)
{
    json_t *o = json_pack("{s:I, s:I, s:O}", "cases", (json_int_t)c->cases->n, "changed", (json_int_t)c->changed, "changes", c->changes);
    if (c->wanted > 0) {
        json_object_set_new(o, "with_output", json_integer((json_int_t)c->wanted));
        json_object_set_new(o, "right_before", json_integer((json_int_t)c->right[0]));
        json_object_set_new(o, "right_after", json_integer((json_int_t)c->right[1]));
        json_object_set_new(o, "became_right", json_integer((json_int_t)c->became_right));
        json_object_set_new(o, "became_wrong", json_integer((json_int_t)c->became_wrong));
    }
    json_dumpf(o, stdout, 0);
    putchar('\n');
    json_decref(o);
}

static int run(const arguments *a, const registry *r)
{
    paw_error err;
    comparison c = {.a = a, .changes = json_array()};
    paw_status status = load_cases(&c, &err);
    status = status == PAW_OK ? load_functions(&c, r, &err) : status;
    status = status == PAW_OK ? compare(&c, &err) : status;
    cli_progress_done();
    if (status == PAW_OK) {
        (a->json ? print_json : print_summary)(&c);
    } else {
        cli_fail(&err);
    }
    int outcome = status != PAW_OK ? CLI_ERROR : c.changed > 0 ? CLI_FAILED : CLI_OK;
    clear(&c);
    return outcome;
}

int cmd_diff(int argc, char **argv)
{
    arguments a = {0};
    const cli_option options[] = {
        {"--cases", CLI_TEXT, &a.cases},
        {"--max-tokens", CLI_NUMBER, &a.max_tokens, 1, 1 << 20},
        {"--base", CLI_TEXT, &a.base},
        {"--threads", CLI_NUMBER, &a.threads, 1, 64},
        {"--json", CLI_FLAG, &a.json},
    };
    int n;
    int status = cli_parse(argc, argv, HELP, options, sizeof options / sizeof options[0], a.programs, 2, &n);
    if (status != -1) {
        return status;
    }
    if (n != 2) {
        return cli_usage("diff", "name two programs");
    }
    if (a.cases == NULL) {
        return cli_usage("diff", "--cases is wanted");
    }
    paw_error err;
    registry *r;
    if (registry_open(&r, &err) != PAW_OK) {
        cli_fail(&err);
        return CLI_ERROR;
    }
    status = run(&a, r);
    registry_close(r);
    return status;
}
