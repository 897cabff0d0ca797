/*
 * choices_ask.h: a spec's closed set as the compiler's own model reads it.
 *
 * A compiler may have been trained on one more task: to list the answers that a spec's function may give. That task is a
 * program like any other, compiled once a compiler and kept beside the images of programs. Not for: the reading by rules
 * (choices.h), which needs no model.
 */
#ifndef PAW_COMPILER_CHOICES_ASK_H
#define PAW_COMPILER_CHOICES_ASK_H

#include "compiler/choices.h"
#include "compiler/compiler.h"

/*
 * Fills `out` with the labels listed, in their order, or leaves it empty: no closed set (`open` says so), or an answer that is no
 * list of labels that the spec spells. Only for a compiler with a `choices.spec`. Takes the base's lock.
 */
paw_status choices_ask(paw_compiler *c, const char *spec, choice_list *out, bool *open, paw_error *err);

#endif
