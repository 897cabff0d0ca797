/*
 * image.h: what a loaded program needs in memory, its adapter laid out for the kernels and the state of its prefix, kept on
 * disk as one file that later loads only map.
 *
 * A kept image is named by a hash over what it follows from: the base model, the program file (which file, its size and time
 * of change, the adapter's checksum, meta.json), the prefix's tokens, the arithmetic's version. Another program or base never
 * finds it, and it holds the very bits that computing would give. Keeping it is a matter of speed: what cannot be read or
 * written is computed. The folder is kept under a gigabyte: the images used longest ago go first.
 */
#ifndef PAW_FUNCTION_IMAGE_H
#define PAW_FUNCTION_IMAGE_H

#include "base/file.h"
#include "function/base.h"
#include "function/bundle.h"

typedef struct program_image {
    adapter *lora; /* NULL: the bare model */
    model_state *state; /* holds the prefix */
    int prefix_tokens;
    file_map map; /* what the two read in place; data NULL: nothing */
} program_image;

/*
 * The image of the program at `path`, read but for its adapter (both NULL: the bare model), with the prefix `tokens`. The
 * base's lock is taken while something is computed. On failure there is nothing to free.
 */
paw_status image_load(paw_base *base, const char *path, const bundle *program, const token_list *tokens, program_image *out,
                      paw_error *err);
void image_free(program_image *image);

#endif
