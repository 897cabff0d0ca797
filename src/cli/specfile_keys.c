/* specfile_keys.c: the keys of a spec file, each with its reader. */
#define _GNU_SOURCE
#include "cli/specfile_keys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/file.h"
#include "cli/show.h"

enum { SHOWN = 64 };

typedef specfile_reader reader;
typedef paw_status (*key_reader)(reader *r, const char *key, const yamltree *value);

/* ---- values ---- */

static paw_status want_text(reader *r, const char *key, const yamltree *value)
{
    if (value->kind != YAMLTREE_TEXT) {
        return yamltree_fail(r->err, r->path, value->line, key, "wants text, not %s", yamltree_kind_name(value));
    }
    if (value->plain && value->text[0] == '\0') {
        return yamltree_fail(r->err, r->path, value->line, key, "has no value; write \"\" for empty text");
    }
    return PAW_OK;
}

static paw_status copy_text(reader *r, const char *key, const yamltree *value, char **out)
{
    PAW_TRY(want_text(r, key, value));
    *out = strdup(value->text);
    return *out != NULL ? PAW_OK : paw_fail_memory(r->err, strlen(value->text));
}

static paw_status copy_filled_text(reader *r, const char *key, const yamltree *value, char **out)
{
    PAW_TRY(copy_text(r, key, value, out));
    return (*out)[strspn(*out, " \t\r\n")] != '\0' ? PAW_OK : yamltree_fail(r->err, r->path, value->line, key, "is empty");
}

static paw_status want_list(reader *r, const char *key, const yamltree *value)
{
    if (value->kind != YAMLTREE_LIST) {
        return yamltree_fail(r->err, r->path, value->line, key, "wants a list, not %s", yamltree_kind_name(value));
    }
    return value->n > 0 ? PAW_OK : yamltree_fail(r->err, r->path, value->line, key, "the list is empty");
}

/* A path in the file is seen from the file's own folder. */
static paw_status copy_path(reader *r, const char *key, const yamltree *value, char **out)
{
    PAW_TRY(copy_filled_text(r, key, value, out));
    const char *slash = strrchr(r->s->path, '/');
    if ((*out)[0] == '/' || slash == NULL) {
        return PAW_OK;
    }
    char *joined;
    if (asprintf(&joined, "%.*s/%s", (int)(slash - r->s->path), r->s->path, *out) < 0) {
        return paw_fail_memory(r->err, strlen(r->s->path));
    }
    free(*out);
    *out = joined;
    return PAW_OK;
}

static paw_status copy_readable_path(reader *r, const char *key, const yamltree *value, char **out)
{
    PAW_TRY(copy_path(r, key, value, out));
    char shown[160];
    return access(*out, R_OK) == 0 ? PAW_OK
                                   : yamltree_fail(r->err, r->path, value->line, key, "cannot open %s: %s",
                                                   show_short(*out, shown, sizeof shown), strerror(errno));
}

static bool has_space_around(const char *text)
{
    size_t n = strlen(text);
    return n > 0 && (strchr(" \t\r\n\v\f", text[0]) != NULL || strchr(" \t\r\n\v\f", text[n - 1]) != NULL);
}

/* ---- types of answers ---- */

static paw_status claim_type(reader *r, const char *key, const yamltree *value)
{
    if (r->type_key != NULL) {
        return yamltree_fail(r->err, r->path, value->line, key,
                             "the answers have a type already, by %s in line %d; keep one of the two", r->type_key,
                             r->s->type_line);
    }
    r->type_key = key;
    r->s->type_line = value->line;
    return PAW_OK;
}

static paw_status read_choices(reader *r, const char *key, const yamltree *value)
{
    char shown[SHOWN];
    PAW_TRY(claim_type(r, key, value));
    PAW_TRY(want_list(r, key, value));
    json_t *seen = json_object();
    r->s->choices = calloc(value->n, sizeof *r->s->choices);
    paw_status status = seen != NULL && r->s->choices != NULL ? PAW_OK : paw_fail_memory(r->err, value->n * sizeof(char *));
    for (size_t i = 0; i < value->n && status == PAW_OK; i++) {
        const yamltree *item = &value->items[i];
        status = copy_filled_text(r, key, item, &r->s->choices[i]);
        r->s->n_choices += r->s->choices[i] != NULL;
        json_t *first = status == PAW_OK ? json_object_get(seen, item->text) : NULL;
        if (first != NULL) {
            status = yamltree_fail(r->err, r->path, item->line, key, "\"%s\" is there twice, first in line %d",
                                   show_short(item->text, shown, sizeof shown), (int)json_integer_value(first));
        } else if (status == PAW_OK && has_space_around(item->text)) {
            status = yamltree_fail(r->err, r->path, item->line, key, "\"%s\" begins or ends with white space",
                                   show_short(item->text, shown, sizeof shown));
        } else if (status == PAW_OK && json_object_set_new(seen, item->text, json_integer(item->line)) != 0) {
            status = paw_fail_memory(r->err, strlen(item->text));
        }
    }
    json_decref(seen);
    return status;
}

static paw_status read_schema(reader *r, const char *key, const yamltree *value)
{
    PAW_TRY(claim_type(r, key, value));
    if (value->kind != YAMLTREE_MAP) {
        return yamltree_fail(r->err, r->path, value->line, key, "wants a map (a JSON schema), not %s", yamltree_kind_name(value));
    }
    return yamltree_json(value, r->path, key, &r->s->schema, r->err);
}

static paw_status read_schema_file(reader *r, const char *key, const yamltree *value)
{
    char *path = NULL, *text = NULL, shown[160];
    size_t size;
    json_error_t error;
    PAW_TRY(claim_type(r, key, value));
    paw_status status = copy_readable_path(r, key, value, &path);
    status = status == PAW_OK ? file_read_all(path, SPECFILE_MOST_BYTES, &text, &size, r->err) : status;
    if (status == PAW_OK) {
        r->s->schema = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
        if (r->s->schema == NULL) {
            status = yamltree_fail(r->err, path, error.line, NULL, "is not JSON: %s", show_short(error.text, shown, sizeof shown));
        } else if (!json_is_object(r->s->schema)) {
            status = yamltree_fail(r->err, path, 1, NULL, "wants a JSON object (a JSON schema)");
        }
    }
    free(text);
    free(path);
    return status;
}

static paw_status read_regex(reader *r, const char *key, const yamltree *value)
{
    PAW_TRY(claim_type(r, key, value));
    return copy_filled_text(r, key, value, &r->s->regex);
}

static paw_status read_grammar_file(reader *r, const char *key, const yamltree *value)
{
    PAW_TRY(claim_type(r, key, value));
    return copy_readable_path(r, key, value, &r->s->grammar_path);
}

/* ---- examples and tests ---- */

/* Says the unknown key, and what was probably meant. */
static paw_status fail_key(reader *r, const yamltree *key, const char *of, const char *const *known, size_t n)
{
    char shown[SHOWN];
    const char *nearest = show_nearest(key->text, known, n);
    show_short(key->text, shown, sizeof shown);
    if (nearest != NULL) {
        return yamltree_fail(r->err, r->path, key->line, shown, "is no key of %s; did you mean %s?", of, nearest);
    }
    buffer all = {0};
    for (size_t i = 0; i < n; i++) {
        buffer_append_text(&all, i > 0 ? ", " : "");
        buffer_append_text(&all, known[i]);
    }
    paw_status status = yamltree_fail(r->err, r->path, key->line, shown, "is no key of %s; there are: %s", of,
                                      all.failed ? "" : all.data);
    buffer_free(&all);
    return status;
}

static paw_status read_case(reader *r, const char *key, const yamltree *item, bool named, test_case *out)
{
    static const char *const known[] = {"input", "output", "name"};
    *out = (test_case){.file = r->s->path, .line = item->line};
    if (item->kind != YAMLTREE_MAP) {
        return yamltree_fail(r->err, r->path, item->line, key, "wants entries of input and output, not %s", yamltree_kind_name(item));
    }
    for (size_t i = 0; i < item->n; i++) {
        const yamltree *name = &item->items[2 * i];
        size_t k = 0, n = named ? 3 : 2;
        while (k < n && strcmp(name->text, known[k]) != 0) {
            k++;
        }
        if (k == n) {
            return fail_key(r, name, named ? "a test" : "an example", known, n);
        }
        PAW_TRY(copy_text(r, known[k], name + 1, k == 0 ? &out->input : k == 1 ? &out->output : &out->name));
    }
    if (out->input == NULL || out->output == NULL) {
        return yamltree_fail(r->err, r->path, item->line, key, "the entry has no %s", out->input == NULL ? "input" : "output");
    }
    return has_space_around(out->output) ? yamltree_fail(r->err, r->path, item->line, key,
                                                         "the output begins or ends with white space, which answers never do")
                                         : PAW_OK;
}

static paw_status read_cases(reader *r, const char *key, const yamltree *value, bool named, test_cases *out)
{
    PAW_TRY(want_list(r, key, value));
    for (size_t i = 0; i < value->n; i++) {
        test_case one;
        paw_status status = read_case(r, key, &value->items[i], named, &one);
        if (status != PAW_OK) {
            cases_free_one(&one);
            return status;
        }
        PAW_TRY(cases_add(out, one, r->err));
    }
    return PAW_OK;
}

static paw_status read_examples(reader *r, const char *key, const yamltree *value)
{
    test_cases *examples = &r->s->examples;
    PAW_TRY(read_cases(r, key, value, false, examples));
    for (size_t i = 0; i < examples->n; i++) {
        const test_case *one = &examples->items[i];
        if (i == PAW_EXAMPLES_MAX) {
            return yamltree_fail(r->err, r->path, one->line, key, "more than %d examples", PAW_EXAMPLES_MAX);
        }
        if (one->output[0] == '\0') {
            return yamltree_fail(r->err, r->path, one->line, key, "the output of an example cannot be empty");
        }
        r->s->given[i] = (paw_example){one->input, one->output};
    }
    return PAW_OK;
}

static paw_status read_tests(reader *r, const char *key, const yamltree *value)
{
    return read_cases(r, key, value, true, &r->s->tests);
}

static paw_status read_tests_file(reader *r, const char *key, const yamltree *value)
{
    test_cases *tests = &r->s->tests;
    size_t before = tests->n;
    PAW_TRY(copy_readable_path(r, key, value, &r->s->tests_path));
    PAW_TRY(cases_read(r->s->tests_path, true, tests, r->err));
    for (size_t i = before; i < tests->n; i++) {
        if (has_space_around(tests->items[i].output)) {
            return yamltree_fail(r->err, tests->items[i].file, tests->items[i].line, "output",
                                 "begins or ends with white space, which answers never do");
        }
    }
    return tests->n > before ? PAW_OK
                             : yamltree_fail(r->err, r->path, value->line, key, "no test is in %.120s", r->s->tests_path);
}

/* ---- the other keys ---- */

static paw_status read_name(reader *r, const char *key, const yamltree *value)
{
    free(r->s->name);
    r->s->name = NULL;
    PAW_TRY(copy_filled_text(r, key, value, &r->s->name));
    return strpbrk(r->s->name, "\r\n") == NULL ? PAW_OK : yamltree_fail(r->err, r->path, value->line, key, "wants one line");
}

static paw_status read_spec(reader *r, const char *key, const yamltree *value)
{
    if (r->body) {
        return yamltree_fail(r->err, r->path, value->line, key,
                             "the text below the front matter is the spec; this key is for files that are YAML alone");
    }
    PAW_TRY(copy_filled_text(r, key, value, &r->s->spec));
    r->s->spec_line = value->line;
    return PAW_OK;
}

static paw_status read_bar(reader *r, const char *key, const yamltree *value)
{
    char shown[SHOWN];
    PAW_TRY(want_text(r, key, value));
    return specfile_bar(value->text, &r->s->bar) ? PAW_OK
                                                 : yamltree_fail(r->err, r->path, value->line, key,
                                                                 "wants a share from 0 to 1 or 0%% to 100%%, not \"%s\"",
                                                                 show_short(value->text, shown, sizeof shown));
}

static paw_status read_compiler(reader *r, const char *key, const yamltree *value)
{
    return copy_path(r, key, value, &r->s->compiler);
}

static paw_status read_max_tokens(reader *r, const char *key, const yamltree *value)
{
    char shown[SHOWN], *end;
    PAW_TRY(want_text(r, key, value));
    errno = 0;
    long number = strtol(value->text, &end, 10);
    if (errno != 0 || end == value->text || *end != '\0' || number < 1 || number > 1 << 20) {
        return yamltree_fail(r->err, r->path, value->line, key, "wants a number from 1 to %d, not \"%s\"", 1 << 20,
                             show_short(value->text, shown, sizeof shown));
    }
    r->s->max_tokens = (int)number;
    return PAW_OK;
}

bool specfile_bar(const char *text, double *out)
{
    size_t digits = strspn(text, "0123456789."), n = strlen(text);
    char *end;
    double value = strtod(text, &end);
    bool percent = n == digits + 1 && text[digits] == '%';
    if (digits == 0 || (digits != n && !percent) || end != text + digits) {
        return false;
    }
    value = percent ? value / 100 : value;
    if (!(value >= 0 && value <= 1)) {
        return false;
    }
    *out = value;
    return true;
}

paw_status specfile_read_keys(reader *r, const yamltree *map)
{
    static const char *const names[] = {"name",     "spec",       "choices", "schema",   "schema_file", "regex",     "grammar_file",
                                        "examples", "tests",      "tests_file", "bar",   "compiler",    "max_tokens"};
    static const key_reader readers[] = {read_name,     read_spec,  read_choices,    read_schema, read_schema_file, read_regex, read_grammar_file,
                                         read_examples, read_tests, read_tests_file, read_bar,    read_compiler,    read_max_tokens};
    enum { KEYS = sizeof names / sizeof names[0] };
    if (map->kind != YAMLTREE_MAP) {
        return yamltree_fail(r->err, r->path, map->line, NULL, "wants keys (\"name: ..\", \"tests: ..\"), not %s",
                             yamltree_kind_name(map));
    }
    for (size_t i = 0; i < map->n; i++) {
        const yamltree *key = &map->items[2 * i];
        size_t k = 0;
        while (k < KEYS && strcmp(key->text, names[k]) != 0) {
            k++;
        }
        if (k < KEYS) {
            PAW_TRY(readers[k](r, names[k], key + 1));
        } else if (strncmp(key->text, "x-", 2) != 0) { /* x-owner and the like are for other tools */
            return fail_key(r, key, "a spec file", names, KEYS);
        }
    }
    return PAW_OK;
}
