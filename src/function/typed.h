/*
 * typed.h: the type of a function's answers as meta.json holds it: a closed set, or a format (JSON Schema, regular expression,
 * grammar). Answers out of a closed set are made here, those of a format in generate.c.
 */
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
    grammar *format;      /* NULL: none; at most one of choices and format is there */
    grammar_state *state; /* of the answer being generated in the format */
    uint64_t *mask;       /* of the tokens that may come next */
} function_type;

/*
 * Makes a format from its type ("json_schema", "regex", "gbnf") and source (a schema: a JSON object; else a string). Errors say
 * where in the source.
 */
paw_status format_new(paw_base *base, const char *type, const json_t *source, grammar **out, paw_error *err);

/*
 * Reads `choices` (names) and `calibration` {temperature, prior}, or `format` {type, source}, of a program's meta.json; errors are
 * about the file `path`.
 */
paw_status function_type_read(paw_base *base, json_t *meta, const char *path, function_type *out, paw_error *err);
void function_type_free(function_type *type);

/*
 * The best of the choices after the input's tokens, into `answer`. The base's lock is held; the caller takes the state back.
 */
paw_status typed_answer(paw_base *base, const function_type *type, program_image *image, const token_list *tokens,
                        const paw_call_options *options, paw_answer *answer, paw_error *err);

#endif
