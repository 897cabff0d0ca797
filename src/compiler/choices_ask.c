/* choices_ask.c: the program that reads closed sets: made, kept, called, and its answer taken apart. */
#include "compiler/choices_ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

enum { MOST_TOKENS = 400 };

/* ---- the program ---- */

static paw_status compile_reader(paw_compiler *c, const char *path, paw_error *err)
{
    paw_compile_request request = {.spec = c->choices_spec, .open = true};
    return paw_compile(c, &request, path, NULL, err);
}

/* Made in a file that goes at once: for a base that keeps nothing, or a folder that cannot be written. */
static paw_status load_unkept(paw_compiler *c, paw_error *err)
{
    const char *dir = getenv("TMPDIR");
    char *path = file_join(dir != NULL && dir[0] == '/' ? dir : "/tmp", "paw-choices-XXXXXX");
    int fd = path != NULL ? mkstemp(path) : -1;
    if (fd < 0) {
        free(path);
        return paw_fail(err, PAW_ERR_IO, "closed set", "no temporary file can be made: name the choices or leave them open");
    }
    close(fd);
    paw_status status = compile_reader(c, path, err);
    if (status == PAW_OK) {
        status = paw_function_load(path, c->base, &c->reader, err);
    }
    unlink(path);
    free(path);
    return status;
}

/* The kept file is named by the compiler's fingerprint; one that does not load is made again. */
static paw_status load_reader(paw_compiler *c, paw_error *err)
{
    char name[64];
    snprintf(name, sizeof name, "choices-%.32s.paw", c->fingerprint);
    char *path = c->base->state_dir != NULL ? file_join(c->base->state_dir, name) : NULL;
    paw_status status = PAW_ERR_IO;
    if (path != NULL) {
        status = access(path, R_OK) == 0 ? paw_function_load(path, c->base, &c->reader, NULL) : PAW_ERR_IO;
        if (status != PAW_OK && file_make_dirs(c->base->state_dir, NULL) == PAW_OK && compile_reader(c, path, NULL) == PAW_OK) {
            status = paw_function_load(path, c->base, &c->reader, NULL);
        }
        free(path);
    }
    return status == PAW_OK ? PAW_OK : load_unkept(c, err);
}

static paw_status reader_of(paw_compiler *c, paw_function **out, paw_error *err)
{
    pthread_mutex_lock(&c->reader_lock);
    paw_status status = c->reader == NULL ? load_reader(c, err) : PAW_OK;
    *out = c->reader;
    pthread_mutex_unlock(&c->reader_lock);
    return status;
}

/* ---- its answer ---- */

static bool word_byte(char c)
{
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80) != 0;
}

/* Whether the text holds the label, not as a part of a longer word or number. */
static bool spells(const char *text, const char *label)
{
    size_t n = strlen(label);
    for (const char *p = text; (p = strstr(p, label)) != NULL; p++) {
        bool begins = p == text || !word_byte(p[-1]) || !word_byte(p[0]);
        if (begins && (!word_byte(p[n]) || !word_byte(p[n - 1]))) {
            return true;
        }
    }
    return false;
}

static size_t count_lines(const char *text)
{
    size_t n = 1;
    for (; *text != '\0'; text++) {
        n += *text == '\n';
    }
    return n;
}

/* The line without blanks at its ends, in place: the model at times copies the one before a label too. */
static char *trimmed(char *line)
{
    line += strspn(line, " ");
    size_t n = strlen(line);
    while (n > 0 && line[n - 1] == ' ') {
        line[--n] = '\0';
    }
    return line;
}

/* Cuts the answer into its lines, in place; false if they are no labels of the spec's. */
static bool take_lines(const char *spec, char *answer, const char **lines, size_t n)
{
    bool sound = n >= 2;
    for (size_t i = 0; i < n; i++) {
        char *end = strchr(answer, '\n');
        if (end != NULL) {
            *end = '\0';
        }
        char *line = trimmed(answer);
        lines[i] = line;
        sound = sound && line[0] != '\0' && spells(spec, line);
        answer = end != NULL ? end + 1 : answer;
    }
    return sound;
}

static paw_status take_answer(const char *spec, char *answer, choice_list *out, paw_error *err)
{
    size_t n = count_lines(answer);
    const char **lines = malloc(n * sizeof *lines);
    if (lines == NULL) {
        return paw_fail_memory(err, n * sizeof *lines);
    }
    paw_status status = PAW_OK;
    if (take_lines(spec, answer, lines, n)) {
        status = choices_copy(lines, n, "closed set", out, NULL);
        status = status == PAW_ERR_ARGUMENT ? PAW_OK : status; /* no set: repeated labels or too many */
    }
    free(lines);
    return status == PAW_OK ? PAW_OK : paw_fail_memory(err, n);
}

paw_status choices_ask(paw_compiler *c, const char *spec, choice_list *out, bool *open, paw_error *err)
{
    paw_function *reader;
    paw_answer answer;
    *out = (choice_list){0};
    *open = false;
    PAW_TRY(reader_of(c, &reader, err));
    paw_call_options options = {.max_tokens = MOST_TOKENS, .free_running = true};
    paw_status status = paw_function_call(reader, spec, strlen(spec), &options, &answer, NULL);
    if (status != PAW_OK) { /* a spec that fills the context: nothing can be said of it */
        return status == PAW_ERR_CONTEXT ? PAW_OK : paw_fail(err, status, "closed set", "the spec could not be read");
    }
    *open = strcmp(answer.text, "open") == 0;
    if (answer.complete && !*open) {
        status = take_answer(spec, answer.text, out, err);
    }
    paw_answer_clear(&answer);
    return status;
}
