/*
 * choices.h: closed sets of answers: the list, checking one that a user gives, and finding the one that a spec itself names.
 *
 * Not for: scoring choices. Finding reads plain English with rules (docs/typed-functions.md); no model is asked.
 */
#ifndef PAW_COMPILER_CHOICES_H
#define PAW_COMPILER_CHOICES_H

#include <stddef.h>

#include "base/error.h"

enum {
    CHOICES_MAX = 1000,      /* labels in a set */
    CHOICES_MAX_BYTES = 256, /* of one label */
    CHOICES_MAX_SPEC = 65536 /* bytes of a spec that are looked at; longer ones are left open */
};

/* An ordered set of answers, each exactly as it must be given; count 0: open. Owned by whoever fills it. */
typedef struct choice_list {
    char **labels; /* [count] */
    size_t count;
} choice_list;

void choices_free(choice_list *list);

/*
 * The set that the spec closes, in the order of the spec, or an empty list where it closes none or leaves room for doubt.
 * Fails only for text that is not UTF-8 and for want of memory.
 */
paw_status choices_find(const char *spec, choice_list *out, paw_error *err);

/*
 * A set given by a user. `where` names its source for the error ("--choices"). Fails with PAW_ERR_ARGUMENT for fewer than
 * two labels, more than CHOICES_MAX, and a label that is empty, repeated, too long, not UTF-8, has control characters, or
 * begins or ends with a space.
 */
paw_status choices_copy(const char *const *labels, size_t count, const char *where, choice_list *out, paw_error *err);

/* The same from one line "a, b, c": spaces around a label are dropped; a backslash makes the next comma or backslash plain. */
paw_status choices_parse(const char *text, const char *where, choice_list *out, paw_error *err);

#endif
