/*
 * fuzz_choices.c: any text as a spec and as a line of choices. What is found must be a list that a user could have given, and
 * every label must stand in the spec or be a number of a range.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/choices.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool what, const char *said)
{
    if (!what) {
        fprintf(stderr, "%s\n", said);
        abort();
    }
}

static void check_list(const choice_list *list, const char *spec)
{
    choice_list copy;
    must(list->count != 1, "a set of one label");
    if (list->count == 0) {
        return;
    }
    must(choices_copy((const char *const *)list->labels, list->count, "fuzz", &copy, NULL) == PAW_OK,
         "a set that is refused");
    for (size_t i = 0; i < copy.count && spec != NULL; i++) {
        bool number = strspn(copy.labels[i], "0123456789") == strlen(copy.labels[i]);
        must(number || strstr(spec, copy.labels[i]) != NULL, "a label that is not in the spec");
    }
    choices_free(&copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    choice_list list;
    char *text = malloc(size + 1);
    must(text != NULL, "out of memory");
    memcpy(text, data, size);
    text[size] = '\0';
    if (choices_find(text, &list, NULL) == PAW_OK) {
        check_list(&list, text);
        choices_free(&list);
    }
    if (choices_parse(text, "fuzz", &list, NULL) == PAW_OK) {
        check_list(&list, NULL);
        choices_free(&list);
    }
    free(text);
    return 0;
}
