/* cases.c: reading test cases from JSON lines. */
#include "cli/cases.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "cli/yamltree.h"

enum { MOST_BYTES = 64 << 20 };

void cases_free_one(test_case *one)
{
    free(one->name);
    free(one->input);
    free(one->output);
}

void cases_free(test_cases *cases)
{
    for (size_t i = 0; i < cases->n; i++) {
        cases_free_one(&cases->items[i]);
    }
    free(cases->items);
    *cases = (test_cases){0};
}

paw_status cases_add(test_cases *cases, test_case one, paw_error *err)
{
    if ((cases->n & (cases->n - 1)) == 0) { /* grows by doubling: at 0, 1, 2, 4 .. */
        size_t capacity = cases->n == 0 ? 1 : 2 * cases->n;
        test_case *p = realloc(cases->items, capacity * sizeof *p);
        if (p == NULL) {
            cases_free_one(&one);
            return paw_fail_memory(err, capacity * sizeof *p);
        }
        cases->items = p;
    }
    cases->items[cases->n++] = one;
    return PAW_OK;
}

/* A copy of a text member in *out; NULL when the object has none. */
static paw_status copy_text(json_t *o, const char *key, char **out, paw_error *err)
{
    const char *text = json_string_value(json_object_get(o, key));
    *out = text != NULL ? strdup(text) : NULL;
    return text == NULL || *out != NULL ? PAW_OK : paw_fail_memory(err, strlen(text));
}

static paw_status check_line(json_t *o, const json_error_t *error, bool outputs_wanted, const char *path, int line, paw_error *err)
{
    json_t *name = json_object_get(o, "name"), *output = json_object_get(o, "output");
    if (o == NULL) {
        return yamltree_fail(err, path, line, NULL, "is not JSON: %s", error->text);
    }
    if (!json_is_string(json_object_get(o, "input")) || (output == NULL ? outputs_wanted : !json_is_string(output))) {
        return yamltree_fail(err, path, line, NULL, "wants {\"input\": \"..\"%s",
                             outputs_wanted ? ", \"output\": \"..\"}" : "} with or without an \"output\": \"..\"");
    }
    return name == NULL || json_is_string(name) ? PAW_OK : yamltree_fail(err, path, line, "name", "wants text");
}

static paw_status read_line(const char *text, bool outputs_wanted, const char *path, int line, test_cases *cases, paw_error *err)
{
    json_error_t error;
    test_case one = {.file = path, .line = line};
    json_t *o = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    paw_status status = check_line(o, &error, outputs_wanted, path, line, err);
    status = status == PAW_OK ? copy_text(o, "input", &one.input, err) : status;
    status = status == PAW_OK ? copy_text(o, "output", &one.output, err) : status;
    status = status == PAW_OK ? copy_text(o, "name", &one.name, err) : status;
    json_decref(o);
    if (status != PAW_OK) {
        cases_free_one(&one);
        return status;
    }
    return cases_add(cases, one, err);
}

paw_status cases_read(const char *path, bool outputs_wanted, test_cases *cases, paw_error *err)
{
    char *text, *end;
    size_t size;
    int line = 0;
    PAW_TRY(file_read_all(path, MOST_BYTES, &text, &size, err));
    paw_status status = PAW_OK;
    for (char *p = text; status == PAW_OK && p < text + size; p = end + 1) {
        line++;
        end = memchr(p, '\n', (size_t)(text + size - p));
        end = end != NULL ? end : text + size;
        *end = '\0';
        if (p[strspn(p, " \t\r")] != '\0') {
            status = read_line(p, outputs_wanted, path, line, cases, err);
        }
    }
    free(text);
    return status;
}
