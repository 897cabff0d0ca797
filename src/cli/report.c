/* report.c: the three forms of report.h. */
#define _GNU_SOURCE
#include "cli/report.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"
#include "cli/show.h"

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

/* ---- for a person ---- */

static bool same_but_space(const char *a, const char *b)
{
    for (;; a++, b++) {
        while (isspace((unsigned char)*a)) {
            a++;
        }
        while (isspace((unsigned char)*b)) {
            b++;
        }
        if (*a != *b || *a == '\0') {
            return *a == *b;
        }
    }
}

/* What one may overlook in a wrong answer; NULL: nothing. */
static const char *hint(const test_outcome *o, const char *wanted)
{
    return !o->complete                      ? "the answer was cut off: see max_tokens"
           : strcasecmp(o->got, wanted) == 0 ? "they differ in upper and lower case alone"
           : same_but_space(o->got, wanted)  ? "they differ in white space alone"
                                             : NULL;
}

static void print_wrong(const test_case *one, const test_outcome *o, FILE *f)
{
    char shown[96];
    fprintf(f, "wrong   %s:%d%s%s\n", one->file, one->line, one->name != NULL ? "  " : "",
            one->name != NULL ? show_short(one->name, shown, sizeof shown) : "");
    show_block(f, "input", one->input);
    show_block(f, "wanted", one->output);
    show_block(f, "got", o->got);
    const char *note = hint(o, one->output);
    if (note != NULL) {
        fprintf(f, "            (%s)\n", note);
    }
}

void report_text(const test_suite *suite, FILE *f)
{
    if (suite->broken) {
        return; /* its error has been said */
    }
    for (size_t i = 0; i < suite->n; i++) {
        if (!suite->outcomes[i].right) {
            print_wrong(&suite->file.tests.items[i], &suite->outcomes[i], f);
        }
    }
    fprintf(f, "%s  %s  %zu of %zu right (%.4g %%, bar %.4g %%)\n", suite->passed ? "passed" : "FAILED", suite->path, suite->right,
            suite->n, 100.0 * (double)suite->right / (double)suite->n, 100 * suite->bar);
}

void report_total(const test_suite *suites, size_t n, FILE *f)
{
    size_t passed = 0, broken = 0, right = 0, tests = 0;
    for (size_t i = 0; i < n; i++) {
        passed += suites[i].passed;
        broken += suites[i].broken;
        right += suites[i].right;
        tests += suites[i].n;
    }
    fprintf(f, "%zu files: %zu passed, %zu under the bar", n, passed, n - passed - broken);
    if (broken > 0) {
        fprintf(f, ", %zu could not be tested", broken);
    }
    fprintf(f, "; %zu of %zu tests right\n", right, tests);
}

/* ---- JSON ---- */

/* A path need not be UTF-8, and a message may be cut: what is not is written as U+FFFD. */
static json_t *text_json(const char *text)
{
    buffer out = {0};
    for (size_t left = strlen(text); left > 0;) {
        size_t n = utf8_valid_length(text, left);
        buffer_append(&out, text, n);
        if (n < left) {
            buffer_append_text(&out, REPLACEMENT);
            n++;
        }
        text += n;
        left -= n;
    }
    json_t *o = json_stringn(out.size > 0 ? out.data : "", out.size);
    buffer_free(&out);
    return o;
}

static json_t *case_json(const test_case *one, const test_outcome *o)
{
    return json_pack("{s:s*, s:o, s:i, s:s, s:s, s:s, s:b, s:b, s:f}", "name", one->name, "file", text_json(one->file), "line", one->line,
                     "input", one->input, "wanted", one->output, "got", o->got, "right", (int)o->right, "complete",
                     (int)o->complete, "latency_ms", o->ms);
}

static json_t *suite_json(const test_suite *suite)
{
    if (suite->broken) {
        return json_pack("{s:o, s:b, s:{s:s, s:o, s:o}}", "file", text_json(suite->path), "passed", 0, "error", "status",
                         paw_status_name(suite->err.status), "where", text_json(suite->err.where), "message",
                         text_json(suite->err.message));
    }
    json_t *cases = json_array();
    for (size_t i = 0; i < suite->n; i++) {
        json_array_append_new(cases, case_json(&suite->file.tests.items[i], &suite->outcomes[i]));
    }
    return json_pack("{s:o, s:o, s:s*, s:b, s:I, s:I, s:f, s:f, s:f, s:f, s:o}", "file", text_json(suite->path), "name", text_json(suite->file.name),
                     "program_id", suite->program_id[0] != '\0' ? suite->program_id : NULL, "passed", (int)suite->passed,
                     "tests", (json_int_t)suite->n, "right", (json_int_t)suite->right, "share",
                     (double)suite->right / (double)suite->n, "bar", suite->bar, "compile_seconds", suite->compile_seconds,
                     "seconds", suite->seconds, "cases", cases);
}

json_t *report_json(const test_suite *suites, size_t n)
{
    json_t *files = json_array();
    size_t right = 0, tests = 0, passed = 0;
    for (size_t i = 0; i < n; i++) {
        json_array_append_new(files, suite_json(&suites[i]));
        right += suites[i].right;
        tests += suites[i].n;
        passed += suites[i].passed;
    }
    return json_pack("{s:b, s:I, s:I, s:o}", "passed", passed == n, "tests", (json_int_t)tests, "right", (json_int_t)right,
                     "files", files);
}

/* ---- JUnit XML ---- */

static void __attribute__((format(printf, 2, 3))) add(buffer *out, const char *format, ...)
{
    char *text;
    va_list args;
    va_start(args, format);
    int n = vasprintf(&text, format, args);
    va_end(args);
    if (n < 0) {
        out->failed = true;
        return;
    }
    buffer_append(out, text, (size_t)n);
    free(text);
}

/* How a character that `p` begins with is written; NULL: as it is. */
static const char *escape(const char *p)
{
    unsigned char c = (unsigned char)*p;
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\n': return "&#10;";
    case '\r': return "&#13;";
    case '\t': return "&#9;";
    default: return c < 0x20 || strncmp(p, "\xEF\xBF\xBE", 3) == 0 || strncmp(p, "\xEF\xBF\xBF", 3) == 0 ? REPLACEMENT : NULL;
    }
}

/*
 * Text or an attribute's value. XML 1.0 has no way to write most control characters, nor U+FFFE and U+FFFF: they become
 * U+FFFD, and so do bytes that are not UTF-8. Line ends and tabs are written as references, since a reader of attributes
 * would make spaces of them.
 */
static void add_escaped(buffer *out, const char *text)
{
    const char *end = text + strlen(text), *valid = text + utf8_valid_length(text, (size_t)(end - text));
    for (const char *p = text; p < end;) {
        if (p == valid) {
            buffer_append_text(out, REPLACEMENT);
            p++;
            valid = p + utf8_valid_length(p, (size_t)(end - p));
            continue;
        }
        const char *written = escape(p);
        if (written != NULL) {
            buffer_append_text(out, written);
            p += (unsigned char)*p == 0xEF ? 3 : 1;
        } else {
            buffer_append(out, p++, 1);
        }
    }
}

static void add_attribute(buffer *out, const char *name, const char *value)
{
    add(out, " %s=\"", name);
    add_escaped(out, value);
    buffer_append_text(out, "\"");
}

static void add_wrong(buffer *out, const test_suite *suite, const test_case *one, const test_outcome *o)
{
    char wanted[96], got[96], message[320];
    const char *element = suite->passed ? "skipped" : "failure", *note = hint(o, one->output);
    snprintf(message, sizeof message, "%swanted \"%s\", got \"%s\"%s%s", suite->passed ? "wrong, though the bar is reached: " : "",
             show_short(one->output, wanted, sizeof wanted), show_short(o->got, got, sizeof got), note != NULL ? "; " : "",
             note != NULL ? note : "");
    add(out, "      <%s", element);
    add_attribute(out, "message", message);
    buffer_append_text(out, suite->passed ? ">" : " type=\"wrong\">");
    add_escaped(out, one->file);
    add(out, ":%d&#10;input:&#10;", one->line);
    add_escaped(out, one->input);
    buffer_append_text(out, "&#10;wanted:&#10;");
    add_escaped(out, one->output);
    buffer_append_text(out, "&#10;got:&#10;");
    add_escaped(out, o->got);
    add(out, "</%s>\n", element);
}

static void add_case(buffer *out, const test_suite *suite, size_t i)
{
    const test_case *one = &suite->file.tests.items[i];
    const test_outcome *o = &suite->outcomes[i];
    char line[24], name[128], input[80];
    snprintf(line, sizeof line, "%d", one->line);
    if (one->name == NULL) {
        snprintf(name, sizeof name, "line %d: %s", one->line, show_short(one->input, input, sizeof input));
    }
    buffer_append_text(out, "    <testcase");
    add_attribute(out, "name", one->name != NULL ? one->name : name);
    add_attribute(out, "classname", suite->file.name);
    add_attribute(out, "file", one->file);
    add_attribute(out, "line", line);
    add(out, " time=\"%.6f\"", o->ms / 1000);
    if (o->right) {
        buffer_append_text(out, "/>\n");
        return;
    }
    buffer_append_text(out, ">\n");
    add_wrong(out, suite, one, o);
    buffer_append_text(out, "    </testcase>\n");
}

static void add_broken(buffer *out, const test_suite *suite)
{
    char message[sizeof suite->err.message + sizeof suite->err.where + 4];
    snprintf(message, sizeof message, "%s%s%s", suite->err.where, suite->err.where[0] != '\0' ? ": " : "", suite->err.message);
    buffer_append_text(out, "  <testsuite");
    add_attribute(out, "name", suite->path);
    add_attribute(out, "file", suite->path);
    add(out, " tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\" time=\"%.6f\">\n    <testcase", suite->seconds);
    add_attribute(out, "name", "the file can be tested");
    add_attribute(out, "classname", suite->path);
    buffer_append_text(out, " time=\"0\">\n      <error");
    add_attribute(out, "message", message);
    add_attribute(out, "type", paw_status_name(suite->err.status));
    buffer_append_text(out, "/>\n    </testcase>\n  </testsuite>\n");
}

static void add_suite(buffer *out, const test_suite *suite)
{
    size_t wrong = suite->n - suite->right;
    buffer_append_text(out, "  <testsuite");
    add_attribute(out, "name", suite->file.name);
    add_attribute(out, "file", suite->path);
    add(out, " tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\" time=\"%.6f\">\n", suite->n, suite->passed ? 0 : wrong,
        suite->passed ? wrong : 0, suite->seconds);
    add(out, "    <properties>\n      <property name=\"bar\" value=\"%g\"/>\n      <property name=\"share\" value=\"%g\"/>\n",
        suite->bar, (double)suite->right / (double)suite->n);
    if (suite->program_id[0] != '\0') {
        add(out, "      <property name=\"program_id\" value=\"%s\"/>\n", suite->program_id);
    }
    add(out, "      <property name=\"compile_seconds\" value=\"%.6f\"/>\n    </properties>\n", suite->compile_seconds);
    for (size_t i = 0; i < suite->n; i++) {
        add_case(out, suite, i);
    }
    buffer_append_text(out, "  </testsuite>\n");
}

void report_junit(const test_suite *suites, size_t n, buffer *out)
{
    size_t tests = 0, failures = 0, errors = 0;
    double seconds = 0;
    for (size_t i = 0; i < n; i++) {
        const test_suite *s = &suites[i];
        tests += s->broken ? 1 : s->n;
        failures += s->broken || s->passed ? 0 : s->n - s->right;
        errors += s->broken;
        seconds += s->seconds;
    }
    add(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"paw test\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\""
             " time=\"%.6f\">\n", tests, failures, errors, seconds);
    for (size_t i = 0; i < n; i++) {
        (suites[i].broken ? add_broken : add_suite)(out, &suites[i]);
    }
    buffer_append_text(out, "</testsuites>\n");
}
