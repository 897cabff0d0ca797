/*
 * image.h: what a loaded program needs in memory, its adapter laid out for the kernels and the state of its prefix, kept on
 * disk as one file that later loads only map.
 *
 * A kept image is named by a hash over everything it follows from (model, adapter, tokens, arithmetic): another program or
 * base never finds it, and it holds the very bits that computing would give. Keeping it is a matter of speed: what cannot be
 * read or written is computed.
 */
#ifndef PAW_FUNCTION_IMAGE_H
#define PAW_FUNCTION_IMAGE_H

#include "base/file.h"
#include "function/base.h"

typedef struct program_image {
    adapter *lora; /* NULL: the bare model */
    model_state *state; /* holds the prefix */
    int prefix_tokens;
    file_map map; /* what the two read in place; data NULL: nothing */
} program_image;

/*
 * The image of a program with the prefix `tokens` and the GGUF adapter in memory (NULL: the bare model), which errors call
 * `name`. The base's lock is taken while something is computed. On failure there is nothing to free.
 */
paw_status image_load(paw_base *base, const void *adapter_file, size_t adapter_size, const char *name,
                      const token_list *tokens, program_image *out, paw_error *err);
void image_free(program_image *image);

#endif
