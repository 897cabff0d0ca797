/*
 * tiny.h: small random models, compilers and adapters for tests, made in memory and written where a test wants them.
 *
 * A tiny model has the real architecture and a byte vocabulary: 256 byte tokens, a few merges, and the special tokens of the
 * chat form. Its weights come from a fixed random sequence.
 */
#ifndef PAW_TESTS_TINY_H
#define PAW_TESTS_TINY_H

#include <stdint.h>

#include "gguf/gguf.h"

typedef struct tiny_options {
    const char *architecture; /* NULL: llama */
    tensor_type type;         /* of the matrices: F32, F16, Q8_0, Q4_0 (0: F32) */
    int n_layer, n_embd, n_ff, n_head, n_kv, context; /* 0: 2, 64, 96, 4, 2, 256 */
    const char *leave_out;    /* name of a tensor or key not to write */
    const char *spoil_shape;  /* name of a tensor to write with a row too few */
    bool spoil_scale;         /* quantised types: the first block's scale is infinite */
    uint64_t seed;
} tiny_options;

typedef struct tiny_compiler_options {
    const char *base_sha256;
    const char *leave_out;
    const char *architecture; /* general.architecture; NULL: paw-compiler */
    const char *encode_template; /* NULL: a sound one */
    uint32_t version;         /* 0: 1 */
    uint64_t seed;
    float spread;             /* of the coefficient head; 0: 0.05 */
} tiny_compiler_options;

uint64_t tiny_random(uint64_t *state);
float tiny_uniform(uint64_t *state, float spread); /* in [-spread, spread) */

/* File bytes of a model, a compiler for the default tiny model, an adapter of the given rank; abort on failure. */
buffer tiny_model(const tiny_options *options);
buffer tiny_compiler(const tiny_compiler_options *options);
buffer tiny_adapter(const tiny_options *options, int rank, tensor_type type);

/* Writes bytes to a file; aborts on failure. */
void tiny_write(const char *path, const void *data, size_t size);

/* A new folder under $TMPDIR, removed (with what is in it) by tiny_remove. */
char *tiny_folder(void);
void tiny_remove(char *folder);

/* The real base model for tests: $PAW_TEST_BASE or the pulled one. Freed by the caller. */
char *tiny_real_base(void);

#endif
