/* specfile.c: the three forms of a spec file, and what its keys must be together. */
#define _GNU_SOURCE
#include "cli/specfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/utf8.h"
#include "cli/show.h"
#include "cli/specfile_keys.h"
#include "cli/yamltree.h"

enum { SHOWN = 64 };

/* ---- what the keys must be together ---- */

static paw_status check_outputs(specfile_reader *r, const test_cases *cases, const char *what)
{
    const specfile *s = r->s;
    json_t *all = json_object(); /* a set: there may be many choices and many tests */
    paw_status status = all != NULL ? PAW_OK : paw_fail_memory(r->err, 64);
    for (size_t i = 0; i < s->n_choices && status == PAW_OK; i++) {
        status = json_object_set_new(all, s->choices[i], json_null()) == 0 ? PAW_OK : paw_fail_memory(r->err, 64);
    }
    for (size_t i = 0; i < cases->n && status == PAW_OK && s->n_choices > 0; i++) {
        const test_case *one = &cases->items[i];
        char shown[SHOWN], meant[SHOWN];
        if (json_object_get(all, one->output) == NULL) {
            const char *nearest = show_nearest(one->output, (const char *const *)s->choices, s->n_choices);
            show_short(one->output, shown, sizeof shown);
            status = yamltree_fail(r->err, one->file, one->line, what, "the output \"%s\" is none of the choices%s%s%s", shown,
                                   nearest != NULL ? "; did you mean \"" : "",
                                   nearest != NULL ? show_short(nearest, meant, sizeof meant) : "", nearest != NULL ? "\"?" : "");
        }
    }
    json_decref(all);
    return status;
}

/* Two tests of one input that want different outputs cannot both pass. */
static paw_status check_contradictions(specfile_reader *r)
{
    const test_cases *tests = &r->s->tests;
    json_t *seen = json_object();
    paw_status status = seen != NULL ? PAW_OK : paw_fail_memory(r->err, 64);
    for (size_t i = 0; i < tests->n && status == PAW_OK; i++) {
        const test_case *one = &tests->items[i];
        json_t *before = json_object_get(seen, one->input);
        if (before == NULL) {
            status = json_object_set_new(seen, one->input, json_integer((json_int_t)i)) == 0 ? PAW_OK : paw_fail_memory(r->err, 64);
            continue;
        }
        const test_case *first = &tests->items[json_integer_value(before)];
        if (strcmp(first->output, one->output) != 0) {
            status = yamltree_fail(r->err, one->file, one->line, "tests", "the same input wants another output in %s%sline %d",
                                   first->file == one->file ? "" : first->file, first->file == one->file ? "" : ": ", first->line);
        }
    }
    json_decref(seen);
    return status;
}

static paw_status check_spec(specfile_reader *r)
{
    const specfile *s = r->s;
    if (s->spec == NULL || s->spec[0] == '\0') {
        return yamltree_fail(r->err, r->path, s->spec_line, NULL, "the spec is empty: %s",
                             r->body ? "write what is wanted below the front matter" : "write what is wanted as the value of spec");
    }
    size_t length = strlen(s->spec), valid = utf8_valid_length(s->spec, length);
    if (valid < length) {
        int line = s->spec_line;
        for (size_t i = 0; i < valid; i++) {
            line += s->spec[i] == '\n';
        }
        return yamltree_fail(r->err, r->path, line, NULL, "the spec is not UTF-8");
    }
    size_t n = utf8_count(s->spec, length);
    if (n < PAW_SPEC_MIN_CHARS || n > PAW_SPEC_MAX_CHARS) {
        return yamltree_fail(r->err, r->path, s->spec_line, NULL, "the spec has %zu characters; %d to %d are possible%s", n,
                             PAW_SPEC_MIN_CHARS, PAW_SPEC_MAX_CHARS, n > PAW_SPEC_MAX_CHARS ? "; shorten it" : "");
    }
    return PAW_OK;
}

static paw_status check_whole(specfile_reader *r)
{
    PAW_TRY(check_spec(r));
    PAW_TRY(check_outputs(r, &r->s->examples, "examples"));
    PAW_TRY(check_outputs(r, &r->s->tests, "tests"));
    return check_contradictions(r);
}

/* ---- the three forms ---- */

static bool ends_in(const char *path, const char *ending)
{
    size_t n = strlen(path), m = strlen(ending);
    return n > m && strcasecmp(path + n - m, ending) == 0;
}

static bool is_yaml(const char *path)
{
    return ends_in(path, ".yaml") || ends_in(path, ".yml");
}

/* Whether the `n` bytes of a line are `---`, with or without white space behind. */
static bool is_fence(const char *line, size_t n)
{
    while (n > 0 && strchr(" \t\r", line[n - 1]) != NULL) {
        n--;
    }
    return n == 3 && memcmp(line, "---", 3) == 0;
}

/* Bytes of the line at `p`, its end not counted; *next: the next line, NULL at the end. */
static size_t line_length(const char *p, const char *end, const char **next)
{
    const char *newline = memchr(p, '\n', (size_t)(end - p));
    *next = newline != NULL ? newline + 1 : NULL;
    return (size_t)((newline != NULL ? newline : end) - p);
}

/* Takes the spec's text without white space at its end; in Markdown also without empty lines before and with \n for \r\n. */
static paw_status take_text(specfile_reader *r, const char *p, const char *end, int line, bool markdown)
{
    while (end > p && strchr(" \t\r\n", end[-1]) != NULL) {
        end--;
    }
    for (const char *q = p; markdown && q < end && strchr(" \t\r\n", *q) != NULL; q++) {
        if (*q == '\n') {
            p = q + 1;
            line++;
        }
    }
    buffer text = {0};
    for (const char *q; p < end; p = q) {
        q = memchr(p + 1, '\r', (size_t)(end - p - 1));
        q = q != NULL ? q : end;
        bool line_end = markdown && q - p > 1 && p[0] == '\r' && p[1] == '\n';
        buffer_append(&text, p + line_end, (size_t)(q - p) - line_end);
    }
    r->s->spec = buffer_take(&text);
    r->s->spec_line = line;
    return r->s->spec != NULL ? PAW_OK : paw_fail_memory(r->err, (size_t)(end - p));
}

static paw_status parse_yaml(specfile_reader *r, const char *text, size_t size, int first_line)
{
    yamltree tree;
    PAW_TRY(yamltree_parse(text, size, r->path, first_line, &tree, r->err));
    paw_status status = specfile_read_keys(r, &tree);
    yamltree_free(&tree);
    return status;
}

static paw_status parse_markdown(specfile_reader *r, const char *text, const char *end)
{
    const char *next, *front, *line;
    int number = 1;
    line_length(text, end, &next);
    front = next;
    for (line = front; line != NULL; line = next) {
        number++;
        if (is_fence(line, line_length(line, end, &next))) {
            break;
        }
    }
    if (line == NULL) {
        return yamltree_fail(r->err, r->path, 1, NULL, "the front matter that begins here has no end: a line of ---");
    }
    r->body = true;
    PAW_TRY(take_text(r, next != NULL ? next : end, end, number + 1, true));
    return parse_yaml(r, front, (size_t)(line - front), 2);
}

/* "dir/triage.paw.md" -> "triage" */
static char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    size_t n = name[0] != '\0' ? 1 + strcspn(name + 1, ".") : 0; /* a name may begin with a dot */
    return strcmp(path, "-") == 0 ? strdup("stdin") : strndup(name, n);
}

static paw_status parse(specfile_reader *r, const char *text, size_t size)
{
    const char *end = text + size, *next;
    if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3;
    }
    const char *nul = memchr(text, 0, (size_t)(end - text));
    if (nul != NULL) {
        int line = 1;
        for (const char *p = text; p < nul; p++) {
            line += *p == '\n';
        }
        return yamltree_fail(r->err, r->path, line, NULL, "the spec holds a NUL byte");
    }
    if (is_yaml(r->s->path)) {
        r->s->spec_line = 1;
        PAW_TRY(parse_yaml(r, text, (size_t)(end - text), 1));
    } else if (is_fence(text, line_length(text, end, &next))) {
        PAW_TRY(parse_markdown(r, text, end));
    } else {
        PAW_TRY(take_text(r, text, end, 1, false));
    }
    return check_whole(r);
}

paw_status specfile_parse(const char *text, size_t size, const char *path, specfile *out, paw_error *err)
{
    *out = (specfile){.path = strdup(path), .name = name_of(path), .bar = 1};
    specfile_reader r = {.s = out, .path = strcmp(path, "-") == 0 ? "standard input" : out->path, .err = err};
    paw_status status = out->path != NULL && out->name != NULL ? parse(&r, text, size) : paw_fail_memory(err, strlen(path));
    if (status != PAW_OK) {
        specfile_free(out);
    }
    return status;
}

void specfile_free(specfile *file)
{
    for (size_t i = 0; i < file->n_choices; i++) {
        free(file->choices[i]);
    }
    free(file->choices);
    json_decref(file->schema);
    cases_free(&file->examples);
    cases_free(&file->tests);
    free(file->path);
    free(file->name);
    free(file->spec);
    free(file->regex);
    free(file->format_source);
    free(file->grammar_path);
    free(file->compiler);
    free(file->tests_path);
    *file = (specfile){0};
}

/* ---- files ---- */

static paw_status read_stdin(char **out, size_t *size, paw_error *err)
{
    buffer text = {0};
    char piece[1 << 14];
    size_t n;
    while ((n = fread(piece, 1, sizeof piece, stdin)) > 0 && text.size <= SPECFILE_MOST_BYTES) {
        buffer_append(&text, piece, n);
    }
    *size = text.size;
    *out = buffer_take(&text);
    if (*out == NULL) {
        return paw_fail_memory(err, *size);
    }
    if (*size > SPECFILE_MOST_BYTES) {
        free(*out);
        return paw_fail(err, PAW_ERR_ARGUMENT, "standard input", "the spec file is larger than %d bytes", SPECFILE_MOST_BYTES);
    }
    return PAW_OK;
}

paw_status specfile_load(const char *path, specfile *out, paw_error *err)
{
    char *text;
    size_t size;
    *out = (specfile){0};
    PAW_TRY(strcmp(path, "-") == 0 ? read_stdin(&text, &size, err) : file_read_all(path, SPECFILE_MOST_BYTES, &text, &size, err));
    paw_status status = specfile_parse(text, size, path, out, err);
    free(text);
    return status;
}

bool specfile_is(const char *path)
{
    if (is_yaml(path) || ends_in(path, ".md")) {
        return true;
    }
    char start[16] = "", *text = start;
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        return false;
    }
    size_t n = fread(start, 1, sizeof start - 1, f);
    fclose(f);
    if (n >= 3 && memcmp(start, "\xEF\xBB\xBF", 3) == 0) {
        text += 3;
    }
    return is_fence(text, strcspn(text, "\n"));
}

/* ---- to the compiler ---- */

/* The format of the answers, whose text the file keeps. */
static paw_status apply_format(specfile *file, paw_compile_request *request, paw_error *err)
{
    size_t size;
    if (file->format_source == NULL && file->schema != NULL) {
        file->format_source = json_dumps(file->schema, JSON_COMPACT | JSON_ENCODE_ANY);
    } else if (file->format_source == NULL && file->regex != NULL) {
        file->format_source = strdup(file->regex);
    } else if (file->format_source == NULL && file->grammar_path != NULL) {
        PAW_TRY(file_read_all(file->grammar_path, 1 << 20, &file->format_source, &size, err));
    } else if (file->format_source == NULL) {
        return PAW_OK;
    }
    request->format_type = file->schema != NULL ? "json_schema" : file->regex != NULL ? "regex" : "gbnf";
    request->format_source = file->format_source;
    return file->format_source != NULL ? PAW_OK : paw_fail_memory(err, 4096);
}

paw_status specfile_apply(specfile *file, paw_compile_request *request, paw_error *err)
{
    *request = (paw_compile_request){.spec = file->spec, .examples = file->given, .n_examples = file->examples.n,
                                     .choices = (const char *const *)file->choices, .n_choices = file->n_choices};
    return apply_format(file, request, err);
}
