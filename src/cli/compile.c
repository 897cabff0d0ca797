/* compile.c: `paw compile`. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/cli.h"
#include "cli/specfile.h"
#include "compiler/choices.h"

static const char HELP[] =
    "usage: paw compile (FILE | --spec TEXT) [OPTIONS]\n"
    "\n"
    "Turns a spec (English, 10 to 16,000 characters) into a program. FILE is a text with nothing but the spec, or\n"
    "a spec file that also says the type of the answers, examples and tests: Markdown with front matter (FILE.paw.md)\n"
    "or YAML.\n"
    "\n"
    "  --spec TEXT        the spec\n"
    "  --spec-file FILE   the same as FILE (- for standard input)\n"
    "  --examples FILE    JSON lines {\"input\": .., \"output\": ..}, at most 16; the program sees them and is tuned on them\n"
    "  --untuned          do not tune it on them: it only sees them (seconds less)\n"
    "  --choices A,B,C    the closed set that answers come from (default: the one that the spec names, if it does)\n"
    "  --open             leave the answers open, whatever the spec says\n"
    "  --json-schema FILE the answers are JSON of this schema; --regex RE: they match it whole; --grammar FILE: they are of\n"
    "                     this grammar (GBNF). Always, also at the token limit\n"
    "  -o FILE            where the program goes (default: the registry, by its id)\n"
    "  --compiler FILE    compiler file (default: $PAW_COMPILER, or the one shipped)\n"
    "  --base FILE        base model file (default: the pulled one that the compiler names)\n"
    "  --threads N        worker threads (default: all processors)\n"
    "  --json             print {program_id, path, size_bytes, choices, choices_from, timings}\n";

typedef struct arguments {
    const char *spec, *spec_file, *examples, *choices, *schema, *regex, *grammar, *out, *compiler, *base;
    int threads;
    bool json, open, untuned;
} arguments;

/* The format of the command line, whose text goes to *source. */
static paw_status take_format(const arguments *a, paw_compile_request *request, char **source, paw_error *err)
{
    size_t size;
    const char *path = a->schema != NULL ? a->schema : a->grammar;
    if (path != NULL) {
        PAW_TRY(file_read_all(path, 1 << 20, source, &size, err));
        if (strlen(*source) != size) {
            return paw_fail(err, PAW_ERR_ARGUMENT, path, "holds a NUL byte");
        }
    }
    if (path != NULL || a->regex != NULL) {
        request->format_type = a->schema != NULL ? "json_schema" : a->grammar != NULL ? "gbnf" : "regex";
        request->format_source = path != NULL ? *source : a->regex;
    }
    return PAW_OK;
}

/* Fills the request from --spec or from `file`, with what the command line says of them: *examples, *choices, *source. */
static paw_status make_request(const arguments *a, specfile *file, paw_example **examples, choice_list *choices,
                               char **source, paw_compile_request *request, paw_error *err)
{
    if (a->spec != NULL) {
        *request = (paw_compile_request){.spec = a->spec};
    } else {
        PAW_TRY(specfile_load(a->spec_file, file, err));
        PAW_TRY(specfile_apply(file, request, err));
    }
    if ((a->choices != NULL || a->schema != NULL || a->regex != NULL || a->grammar != NULL) &&
        (request->n_choices > 0 || request->format_type != NULL)) {
        return paw_fail(err, PAW_ERR_ARGUMENT, a->spec_file, "says of what type the answers are; leave the option out");
    }
    if (a->open) {
        request->n_choices = 0;
        request->format_type = NULL;
    }
    request->open = a->open;
    request->untuned = a->untuned;
    PAW_TRY(take_format(a, request, source, err));
    if (a->choices != NULL) {
        PAW_TRY(choices_parse(a->choices, "--choices", choices, err));
        request->choices = (const char *const *)choices->labels;
        request->n_choices = choices->count;
    }
    if (a->examples == NULL) {
        return PAW_OK;
    }
    if (request->n_examples > 0) {
        return paw_fail(err, PAW_ERR_ARGUMENT, a->spec_file, "has examples of its own; leave --examples out");
    }
    PAW_TRY(cli_read_examples(a->examples, examples, &request->n_examples, err));
    request->examples = *examples;
    return PAW_OK;
}

/* The closed set as the program holds it, a new list; NULL: its answers are open. */
static json_t *read_choices(const char *path, char **from)
{
    paw_program_info info;
    json_t *list = NULL;
    *from = NULL;
    if (paw_program_read(path, &info, NULL) == PAW_OK) {
        json_t *meta = json_loads(info.json, 0, NULL);
        const char *source = json_string_value(json_object_get(meta, "choices_from"));
        list = json_incref(json_object_get(meta, "choices"));
        *from = source != NULL ? strdup(source) : NULL;
        json_decref(meta);
        paw_program_info_clear(&info);
    }
    return list;
}

static void print_choices(json_t *choices, const char *from)
{
    json_t *one;
    size_t i;
    fputs("answers: ", stderr);
    json_array_foreach (choices, i, one) {
        fprintf(stderr, "%s%s", i > 0 ? " | " : "", json_string_value(one));
    }
    fprintf(stderr, "%s\n", from != NULL && strcmp(from, "spec") == 0 ? "   (found in the spec; --open leaves them open)" : "");
}

static void print_result(const arguments *a, const char *path, const paw_compile_result *r)
{
    char *from;
    json_t *choices = read_choices(path, &from);
    if (!a->json) {
        printf("%s\n", path);
        fprintf(stderr, "program %s, %.1f MB, compiled in %.2f s", r->program_id, (double)r->size_bytes / 1e6, r->seconds_total);
        if (r->seconds_tune >= 0.01) {
            fprintf(stderr, ", %.2f s of it tuned on the examples (--untuned leaves that out)", r->seconds_tune);
        }
        fputc('\n', stderr);
        if (choices != NULL) {
            print_choices(choices, from);
        }
        json_decref(choices);
        free(from);
        return;
    }
    json_t *o = json_pack("{s:s, s:s, s:I, s:{s:f, s:f, s:f, s:f, s:f, s:f}}", "program_id", r->program_id, "path", path,
                          "size_bytes", (json_int_t)r->size_bytes, "timings", "pseudo", r->seconds_pseudo, "encode",
                          r->seconds_encode, "map", r->seconds_map, "tune", r->seconds_tune, "write", r->seconds_write, "total",
                          r->seconds_total);
    json_object_set_new(o, "choices", choices != NULL ? choices : json_null());
    json_object_set_new(o, "choices_from", from != NULL ? json_string(from) : json_null());
    free(from);
    json_dumpf(o, stdout, JSON_REAL_PRECISION(6));
    putchar('\n');
    json_decref(o);
}

/* Without -o the program goes to the registry: its id is known only when it is made, so it is renamed there. */
static paw_status compile_to(const arguments *a, const registry *r, paw_compiler *compiler, const paw_compile_request *request,
                             paw_compile_result *result, char **path, paw_error *err)
{
    if (a->out != NULL) {
        *path = strdup(a->out);
        return *path == NULL ? paw_fail_memory(err, 64) : paw_compile(compiler, request, *path, result, err);
    }
    char *temporary, name[48];
    snprintf(name, sizeof name, "compiling-%ld", (long)getpid()); /* others may compile at the same time */
    PAW_TRY(registry_program_path(r, name, &temporary, err));
    paw_status status = paw_compile(compiler, request, temporary, result, err);
    bool made = status == PAW_OK;
    if (status == PAW_OK) {
        status = registry_program_path(r, result->program_id, path, err);
    }
    if (status == PAW_OK && rename(temporary, *path) != 0) {
        status = paw_fail_errno(err, errno, *path, "cannot put the program in its place");
    }
    if (made && status != PAW_OK) {
        remove(temporary);
    }
    free(temporary);
    return status;
}

static paw_status compile(const arguments *a, const registry *r, paw_error *err)
{
    char *compiler_path = NULL, *runtime = NULL, *path = NULL;
    paw_base *base = NULL;
    paw_compiler *compiler = NULL;
    paw_example *examples = NULL;
    paw_compile_request request = {0};
    paw_compile_result result;
    specfile file = {0};
    choice_list choices = {0};
    char *source = NULL;
    paw_status status = make_request(a, &file, &examples, &choices, &source, &request, err);
    if (status == PAW_OK) {
        status = cli_find_compiler(a->compiler != NULL ? a->compiler : file.compiler, &compiler_path, err);
    }
    status = status == PAW_OK ? paw_compiler_runtime(compiler_path, &runtime, err) : status;
    if (status == PAW_OK) {
        cli_progress("loading the base model ...");
        status = cli_load_base(r, runtime, a->base, a->threads, true, &base, err);
    }
    status = status == PAW_OK ? paw_compiler_load(compiler_path, base, &compiler, err) : status;
    if (status == PAW_OK) {
        cli_progress("compiling ...");
        status = compile_to(a, r, compiler, &request, &result, &path, err);
    }
    cli_progress_done();
    if (status == PAW_OK) {
        print_result(a, path, &result);
    }
    if (examples != NULL) {
        cli_free_examples(examples, request.n_examples);
    }
    specfile_free(&file);
    choices_free(&choices);
    free(source);
    paw_compiler_free(compiler);
    paw_base_free(base);
    free(compiler_path);
    free(runtime);
    free(path);
    return status;
}

int cmd_compile(int argc, char **argv)
{
    arguments a = {0};
    const cli_option options[] = {
        {"--spec", CLI_TEXT, &a.spec},         {"--spec-file", CLI_TEXT, &a.spec_file}, {"--examples", CLI_TEXT, &a.examples},
        {"--output", CLI_TEXT, &a.out},        {"-o", CLI_TEXT, &a.out},                {"--compiler", CLI_TEXT, &a.compiler},
        {"--base", CLI_TEXT, &a.base},         {"--threads", CLI_NUMBER, &a.threads, 1, 64}, {"--json", CLI_FLAG, &a.json},
        {"--choices", CLI_TEXT, &a.choices},   {"--open", CLI_FLAG, &a.open},                  {"--regex", CLI_TEXT, &a.regex},
        {"--json-schema", CLI_TEXT, &a.schema}, {"--grammar", CLI_TEXT, &a.grammar},      {"--untuned", CLI_FLAG, &a.untuned},
    };
    int n;
    const char *file;
    int status = cli_parse(argc, argv, HELP, options, sizeof options / sizeof options[0], &file, 1, &n);
    if (status != -1) {
        return status;
    }
    if (n + (a.spec != NULL) + (a.spec_file != NULL) != 1) {
        return cli_usage("compile", "give the spec as one FILE or by --spec");
    }
    if (n == 1) {
        a.spec_file = file;
    }
    if ((a.choices != NULL) + a.open + (a.schema != NULL) + (a.regex != NULL) + (a.grammar != NULL) > 1) {
        return cli_usage("compile", "give one of --choices, --open, --json-schema, --regex and --grammar");
    }
    paw_error err;
    registry *r;
    if (registry_open(&r, &err) != PAW_OK) {
        return cli_fail(&err);
    }
    paw_status outcome = compile(&a, r, &err);
    registry_close(r);
    return outcome == PAW_OK ? CLI_OK : cli_fail(&err);
}
