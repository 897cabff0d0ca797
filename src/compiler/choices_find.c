/*
 * choices_find.c: the closed set of a spec, if it has one: candidates, what stands apart from them, and the decision.
 *
 * A wrong set makes right answers impossible and an open one does not, so doubt leaves the spec open.
 */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "compiler/choices_rules.h"

/* Labels made from one range: by their number. */
static int by_number(const label *a, const label *b)
{
    return a->size != b->size ? (a->size > b->size) - (a->size < b->size) : memcmp(a->text, b->text, a->size);
}

static int by_place(const void *a, const void *b)
{
    unsigned x = ((const label *)a)->at, y = ((const label *)b)->at;
    return x != y ? (x > y) - (x < y) : by_number((const label *)a, (const label *)b);
}

/* The beginning of a line that starts with the word and a colon, from `text` on; NULL: none. */
static const char *line_of(const char *text, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = text; (p = strstr(p, word)) != NULL; p += n) {
        if (p[n] == ':' && (p == text || p[-1] == '\n')) {
            return p;
        }
    }
    return NULL;
}

/* Bytes of the spec before the worked examples at its end ("Input: ... Output: ..."). */
static size_t before_examples(const char *spec)
{
    const char *input = line_of(spec, "Input");
    return input != NULL && input > spec && line_of(input, "Output") != NULL ? (size_t)(input - spec) : strlen(spec);
}

/* Answers of several labels at once. */
static bool asks_for_several(const pieces *p)
{
    static const char *const said[] = {"all that apply",      "all that fit",         "comma separated",
                                       "comma-separated",     "joined with",          "joined by",
                                       "separated by commas", "separated by a comma", "one per line"};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        if (pieces_find(p, 0, said[i]) < p->count) {
            return true;
        }
    }
    return false;
}

/* Does a worked example, or an arrow after a quoted input, give an answer outside the set? */
static bool contradicted(const finder *f, const char *examples)
{
    for (size_t i = 0; i < f->m.count; i++) {
        if (f->m.at[i].kind == MENTION_EXAMPLE && !label_set_has(&f->best.set, f->m.at[i].l)) {
            return true;
        }
    }
    for (const char *p = examples; (p = line_of(p, "Output")) != NULL; p++) {
        const char *answer = p + strlen("Output:");
        answer += strspn(answer, " \t");
        size_t size = strcspn(answer, "\r\n");
        while (size > 0 && answer[size - 1] == ' ') {
            size--;
        }
        if (size > CHOICES_MAX_BYTES || !label_set_has(&f->best.set, (label){answer, (unsigned)size, 0})) {
            return true;
        }
    }
    return false;
}

static paw_status copy_out(finder *f, choice_list *out, paw_error *err)
{
    label_set *set = &f->best.set;
    qsort(set->at, set->count, sizeof *set->at, by_place);
    out->labels = calloc(set->count, sizeof *out->labels);
    if (out->labels == NULL) {
        return paw_fail_memory(err, set->count * sizeof *out->labels);
    }
    for (size_t i = 0; i < set->count; i++) {
        out->labels[i] = strndup(set->at[i].text, set->at[i].size);
        if (out->labels[i] == NULL) {
            choices_free(out);
            return paw_fail_memory(err, set->at[i].size + 1);
        }
        out->count = i + 1;
    }
    return PAW_OK;
}

/* All of the reading; `text` is the spec without its examples. */
static paw_status look(finder *f, const char *text, paw_error *err)
{
    PAW_TRY(pieces_cut(text, &f->p, err));
    PAW_TRY(mentions_gather(&f->p, &f->m, err));
    finder_look(f);
    if (f->best.set.count > 1) {
        finder_complete(f);
    }
    return PAW_OK;
}

paw_status choices_read(const char *spec, choice_list *out, choices_view view, void *context, paw_error *err)
{
    *out = (choice_list){0};
    size_t size = strlen(spec), valid = utf8_valid_length(spec, size);
    if (valid != size) {
        return paw_fail(err, PAW_ERR_ARGUMENT, "spec", "not UTF-8 from byte %zu on", valid);
    }
    if (size > CHOICES_MAX_SPEC) {
        return PAW_OK;
    }
    finder *f = calloc(1, sizeof *f);
    char *text = strndup(spec, before_examples(spec));
    paw_status status = f == NULL || text == NULL ? paw_fail_memory(err, sizeof *f + size) : look(f, text, err);
    if (status == PAW_OK && f->best.set.count > 1 && !f->best.set.overflow && !f->unsure && !asks_for_several(&f->p) &&
        !contradicted(f, spec + before_examples(spec))) {
        if (view != NULL) {
            view(f, context);
        }
        if (view != NULL || finder_points(f) > 0) {
            status = copy_out(f, out, err);
        }
    }
    if (f != NULL) {
        mentions_free(&f->m);
        pieces_free(&f->p);
    }
    free(text);
    free(f);
    return status;
}

paw_status choices_find(const char *spec, choice_list *out, paw_error *err)
{
    return choices_read(spec, out, NULL, NULL, err);
}
