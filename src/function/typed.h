/* typed.h: the type of a function's answers: a closed set, as meta.json holds it, and answers out of it. */
#ifndef PAW_FUNCTION_TYPED_H
#define PAW_FUNCTION_TYPED_H

#include <jansson.h>

#include "function/choice_tree.h"
#include "function/image.h"
#include "paw/paw.h"

typedef struct function_type {
    choice_tree *choices; /* NULL: an open answer */
    double temperature;   /* log-probabilities are divided by it; 1: as they are */
    double *prior;        /* [choices->n], subtracted first; NULL: none */
} function_type;

/* Reads `choices` (names) and `calibration` {temperature, prior} of a program's meta.json; errors are about the file `path`. */
paw_status function_type_read(const tokenizer *t, json_t *meta, const char *path, function_type *out, paw_error *err);
void function_type_free(function_type *type);

/*
 * The best of the choices after the input's tokens, into `answer`. The base's lock is held; the caller takes the state back.
 */
paw_status typed_answer(paw_base *base, const function_type *type, program_image *image, const token_list *tokens,
                        const paw_call_options *options, paw_answer *answer, paw_error *err);

#endif
