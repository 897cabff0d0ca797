/* common.c: options, messages, and finding models, compilers and examples. */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/cli.h"

/* ---- options ---- */

static const char *current_command(const char *help, char *name, size_t size)
{
    /* Every help text begins with "usage: paw NAME". */
    snprintf(name, size, "%.*s", (int)strcspn(help + strlen("usage: paw "), " \n"), help + strlen("usage: paw "));
    return name;
}

static int set_option(const char *command, const cli_option *o, const char *value)
{
    if (o->kind == CLI_TEXT) {
        *(const char **)o->out = value;
        return -1;
    }
    char *end;
    errno = 0;
    long number = strtol(value, &end, 10);
    if (errno != 0 || end == value || *end != '\0' || number < o->low || number > o->high) {
        return cli_usage(command, "%s takes a number from %d to %d, not \"%s\"", o->name, o->low, o->high, value);
    }
    *(int *)o->out = (int)number;
    return -1;
}

/* The option that `word` names, also as --name=value; *value then points behind the sign. */
static const cli_option *match(const cli_option *options, size_t n, const char *word, const char **value)
{
    for (size_t i = 0; i < n; i++) {
        size_t length = strlen(options[i].name);
        if (strncmp(word, options[i].name, length) == 0 && (word[length] == '\0' || word[length] == '=')) {
            *value = word[length] == '=' ? word + length + 1 : NULL;
            return &options[i];
        }
    }
    return NULL;
}

int cli_parse(int argc, char **argv, const char *help, const cli_option *options, size_t n, const char **positional,
              int max, int *n_positional)
{
    char command[32];
    bool only_words = false;
    current_command(help, command, sizeof command);
    *n_positional = 0;
    for (int i = 0; i < argc; i++) {
        const char *value = NULL;
        if (!only_words && strcmp(argv[i], "--") == 0) {
            only_words = true;
        } else if (!only_words && (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)) {
            fputs(help, stdout);
            return CLI_OK;
        } else if (only_words || argv[i][0] != '-' || argv[i][1] == '\0') {
            if (*n_positional == max) {
                return cli_usage(command, "\"%s\" is one word too many", argv[i]);
            }
            positional[(*n_positional)++] = argv[i];
        } else {
            const cli_option *o = match(options, n, argv[i], &value);
            if (o == NULL) {
                return cli_usage(command, "no option \"%s\"", argv[i]);
            }
            if (o->kind == CLI_FLAG) {
                *(bool *)o->out = true;
                continue;
            }
            if (value == NULL && ++i == argc) {
                return cli_usage(command, "%s wants a value", o->name);
            }
            int status = set_option(command, o, value != NULL ? value : argv[i]);
            if (status != -1) {
                return status;
            }
        }
    }
    return -1;
}

/* ---- messages ---- */

static bool progress_shown;

bool cli_probability(const char *text, double *out)
{
    char *end;
    *out = strtod(text, &end);
    return end != text && *end == '\0' && *out >= 0 && *out <= 1;
}

int cli_fail(const paw_error *err)
{
    cli_progress_done();
    if (err->where[0] != '\0') {
        fprintf(stderr, "paw: %s: %s\n", err->where, err->message);
    } else {
        fprintf(stderr, "paw: %s\n", err->message);
    }
    return CLI_FAILED;
}

int cli_usage(const char *command, const char *format, ...)
{
    va_list args;
    fprintf(stderr, "paw %s: ", command);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, " (paw %s --help says more)\n", command);
    return CLI_USAGE;
}

void cli_progress(const char *format, ...)
{
    if (isatty(STDERR_FILENO)) {
        va_list args;
        fputs("\r\033[K", stderr);
        va_start(args, format);
        vfprintf(stderr, format, args);
        va_end(args);
        fflush(stderr);
        progress_shown = true;
    }
}

void cli_progress_done(void)
{
    if (progress_shown) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
        progress_shown = false;
    }
}

/* ---- files ---- */

paw_status cli_load_base(const registry *r, const char *runtime_id, const char *override, int threads, bool keep_states,
                         paw_base **out, paw_error *err)
{
    paw_base_options options = {.threads = threads,
                                .cache_dir = registry_prepared_dir(r),
                                .state_dir = keep_states ? registry_state_dir(r) : NULL};
    if (override != NULL) {
        return paw_base_load(override, &options, out, err);
    }
    const runtime_info *runtime = runtime_id != NULL ? runtime_find(runtime_id) : NULL;
    if (runtime == NULL) {
        return paw_fail(err, PAW_ERR_NOT_FOUND, runtime_id, "the runtime is not known here; name its model file with --base");
    }
    char *path = registry_model_path(r, runtime);
    if (path == NULL) {
        return paw_fail_memory(err, 256);
    }
    paw_status status = paw_base_load(path, &options, out, err);
    if (status == PAW_ERR_NOT_FOUND) {
        status = paw_fail(err, status, path, "the base model is not there; fetch it with: paw pull %s", runtime->id);
    }
    free(path);
    return status;
}

paw_status cli_find_compiler(const char *override, char **out, paw_error *err)
{
    static const char *const places[] = {"../models/paw-compact.gguf", "../share/paw/paw-compact.gguf"};
    char exe[PATH_MAX];
    const char *given = override != NULL ? override : getenv("PAW_COMPILER");
    if (given != NULL) {
        *out = strdup(given);
        return *out != NULL ? PAW_OK : paw_fail_memory(err, strlen(given));
    }
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    exe[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(exe, '/');
    for (size_t i = 0; slash != NULL && i < sizeof places / sizeof places[0]; i++) {
        *slash = '\0';
        *out = file_join(exe, places[i]);
        if (*out != NULL && access(*out, R_OK) == 0) {
            return PAW_OK;
        }
        free(*out);
    }
    *out = NULL;
    return paw_fail(err, PAW_ERR_NOT_FOUND, "paw-compact.gguf", "no compiler file beside the command; name one with --compiler");
}

char *cli_program_runtime(const char *meta_json)
{
    json_t *meta = json_loads(meta_json, 0, NULL);
    const char *id = json_string_value(json_object_get(meta, "runtime_id"));
    char *copy = id != NULL ? strdup(id) : NULL;
    json_decref(meta);
    return copy;
}

/* ---- examples ---- */

char *cli_next_line(char **text)
{
    char *line = *text, *end = strchr(line, '\n');
    if (*line == '\0') {
        return NULL;
    }
    *text = end != NULL ? end + 1 : line + strlen(line);
    if (end != NULL) {
        *end = '\0';
    }
    return line;
}

void cli_free_examples(paw_example *examples, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free((char *)examples[i].input);
        free((char *)examples[i].output);
    }
    free(examples);
}

static paw_status read_example(const char *path, int line, const char *text, paw_example *out, paw_error *err)
{
    char where[320];
    json_error_t error;
    json_t *o = json_loads(text, 0, &error);
    const char *input = json_string_value(json_object_get(o, "input")), *output = json_string_value(json_object_get(o, "output"));
    snprintf(where, sizeof where, "%s: line %d", path, line);
    paw_status status = PAW_OK;
    if (input == NULL || output == NULL) {
        status = paw_fail(err, PAW_ERR_FORMAT, where, "%s", o == NULL ? error.text : "wants {\"input\": \"..\", \"output\": \"..\"}");
    } else {
        *out = (paw_example){strdup(input), strdup(output)};
        status = out->input == NULL || out->output == NULL ? paw_fail_memory(err, strlen(input)) : PAW_OK;
    }
    json_decref(o);
    return status;
}

paw_status cli_read_examples(const char *path, paw_example **out, size_t *n, paw_error *err)
{
    char *text;
    size_t size;
    int line = 0;
    *n = 0;
    PAW_TRY(file_read_all(path, 16 << 20, &text, &size, err));
    paw_example *examples = calloc(PAW_EXAMPLES_MAX + 1, sizeof *examples);
    paw_status status = examples == NULL ? paw_fail_memory(err, sizeof *examples) : PAW_OK;
    char *rest = text;
    for (char *p; status == PAW_OK && (p = cli_next_line(&rest)) != NULL;) {
        line++;
        if (p[strspn(p, " \t\r")] == '\0') {
            continue;
        }
        if (*n == PAW_EXAMPLES_MAX) {
            status = paw_fail(err, PAW_ERR_ARGUMENT, path, "more than %d examples", PAW_EXAMPLES_MAX);
        } else {
            status = read_example(path, line, p, &examples[*n], err);
            *n += status == PAW_OK;
        }
    }
    free(text);
    if (status != PAW_OK) {
        cli_free_examples(examples, *n);
        *n = 0;
        return status;
    }
    *out = examples;
    return PAW_OK;
}
