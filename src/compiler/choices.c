/*
 * choices.c: the list of choices, and checking a list that a user gives. Not for: finding one in a spec (choices_find.c).
 */
#include "compiler/choices.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/hash.h"
#include "base/utf8.h"

void choices_free(choice_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->labels[i]);
    }
    free(list->labels);
    *list = (choice_list){0};
}

/* C0, DEL and C1, which is C2 80 to C2 9F, and the line and paragraph separators. */
static bool has_control(const char *text)
{
    for (const uint8_t *p = (const uint8_t *)text; *p != 0; p++) {
        if (*p < 0x20 || *p == 0x7F || (p[0] == 0xC2 && p[1] < 0xA0) ||
            (p[0] == 0xE2 && p[1] == 0x80 && (p[2] == 0xA8 || p[2] == 0xA9))) {
            return true;
        }
    }
    return false;
}

static paw_status check_label(const char *label, size_t number, const char *where, paw_error *err)
{
    size_t size = strlen(label);
    if (size == 0) {
        return paw_fail(err, PAW_ERR_ARGUMENT, where, "choice %zu is empty: leave it out or name an answer", number);
    }
    if (size > CHOICES_MAX_BYTES) {
        return paw_fail(err, PAW_ERR_ARGUMENT, where, "choice %zu is %zu bytes long, at most %d are allowed", number, size,
                        CHOICES_MAX_BYTES);
    }
    if (utf8_valid_length(label, size) != size) {
        return paw_fail(err, PAW_ERR_ARGUMENT, where, "choice %zu is not UTF-8", number);
    }
    if (has_control(label)) {
        return paw_fail(err, PAW_ERR_ARGUMENT, where,
                        "choice %zu has a control character such as a line break or tab: a choice "
                        "is one line of plain text",
                        number);
    }
    if (label[0] == ' ' || label[size - 1] == ' ') {
        return paw_fail(err, PAW_ERR_ARGUMENT, where, "choice %zu, \"%.60s\", begins or ends with a space", number, label);
    }
    return PAW_OK;
}

static paw_status check_repeats(const char *const *labels, size_t count, const char *where, paw_error *err)
{
    enum { SLOTS = 2048 }; /* twice the most choices, a power of two */
    uint16_t slots[SLOTS] = {0};
    for (size_t i = 0; i < count; i++) {
        size_t at = hash_fnv(labels[i], strlen(labels[i])) % SLOTS;
        while (slots[at] != 0) {
            size_t other = slots[at] - 1u;
            if (strcmp(labels[other], labels[i]) == 0) {
                return paw_fail(err, PAW_ERR_ARGUMENT, where,
                                "choices %zu and %zu are both \"%.60s\": each may be there once", other + 1, i + 1,
                                labels[i]);
            }
            at = (at + 1) % SLOTS;
        }
        slots[at] = (uint16_t)(i + 1);
    }
    return PAW_OK;
}

static paw_status check(const char *const *labels, size_t count, const char *where, paw_error *err)
{
    if (count < 2) {
        return paw_fail(err, PAW_ERR_ARGUMENT, where,
                        count == 0 ? "no choices: name two or more"
                                   : "only one choice: name two or more, or a function has nothing to choose");
    }
    if (count > CHOICES_MAX) {
        return paw_fail(err, PAW_ERR_ARGUMENT, where, "%zu choices, at most %d are allowed", count, CHOICES_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        PAW_TRY(check_label(labels[i], i + 1, where, err));
    }
    return check_repeats(labels, count, where, err);
}

paw_status choices_copy(const char *const *labels, size_t count, const char *where, choice_list *out, paw_error *err)
{
    *out = (choice_list){0};
    PAW_TRY(check(labels, count, where, err));
    out->labels = calloc(count, sizeof *out->labels);
    if (out->labels == NULL) {
        return paw_fail_memory(err, count * sizeof *out->labels);
    }
    for (size_t i = 0; i < count; i++) {
        out->labels[i] = strdup(labels[i]);
        if (out->labels[i] == NULL) {
            choices_free(out);
            return paw_fail_memory(err, strlen(labels[i]) + 1);
        }
        out->count = i + 1;
    }
    return PAW_OK;
}

/* Copies one label up to a plain comma to `to`, without the spaces around it; returns where the next one begins, or NULL. */
static const char *next_label(const char *from, buffer *to)
{
    size_t keep = to->size; /* an escaped character is kept even where it is a space */
    size_t begin = to->size;
    while (*from == ' ') {
        from++;
    }
    for (; *from != '\0' && *from != ','; from++) {
        if (*from == '\\' && (from[1] == ',' || from[1] == '\\')) {
            from++;
        }
        buffer_append(to, from, 1);
        if (*from != ' ') {
            keep = to->size;
        }
    }
    if (!to->failed) {
        to->size = keep > begin ? keep : begin;
        buffer_append(to, "", 1);
    }
    return *from == ',' ? from + 1 : NULL;
}

paw_status choices_parse(const char *text, const char *where, choice_list *out, paw_error *err)
{
    *out = (choice_list){0};
    if (text[strspn(text, " ")] == '\0') {
        return check(NULL, 0, where, err);
    }
    buffer all = {0};
    size_t count = 0;
    for (const char *p = text; p != NULL; count++) {
        p = next_label(p, &all);
    }
    const char **labels = calloc(count, sizeof *labels);
    if (labels == NULL || all.failed) {
        free(labels);
        buffer_free(&all);
        return paw_fail_memory(err, strlen(text) + count * sizeof *labels);
    }
    const char *p = all.data;
    for (size_t i = 0; i < count; i++) {
        labels[i] = p;
        p += strlen(p) + 1;
    }
    paw_status status = choices_copy(labels, count, where, out, err);
    free(labels);
    buffer_free(&all);
    return status;
}
