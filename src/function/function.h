/* function.h: a loaded program, as the files of this room share it. */
#ifndef PAW_FUNCTION_FUNCTION_H
#define PAW_FUNCTION_FUNCTION_H

#include "function/base.h"
#include "function/draft.h"
#include "function/image.h"
#include "function/typed.h"

struct paw_function {
    paw_base *base;
    program_image image;
    function_type type;
    token_list prefix; /* the prompt's tokens up to the input */
    char *suffix;      /* of the prompt, after the input */
    draft_memory edits; /* what earlier calls showed; used under the base's lock */
};

/*
 * Appends the input's tokens [0, tokens->size) to the function's state and generates greedily after them; generated tokens
 * are appended to `tokens`. n_text: how many of the tokens come from the input itself. The base's lock is held; the caller
 * takes the state back afterwards.
 */
paw_status generate_answer(paw_function *f, token_list *tokens, size_t n_text, const paw_call_options *options,
                           paw_answer *answer, paw_error *err);

#endif
