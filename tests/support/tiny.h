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
#include "model/model.h"

typedef struct tiny_options {
    const char *architecture; /* NULL: llama; qwen3, gpt2 */
    tensor_type type;         /* of the matrices (0: F32); blocks of 256 want n_embd and n_ff to be multiples of that */
    int n_layer, n_embd, n_ff, n_head, n_kv, context; /* 0: 2, 64, 96, 4, 2, 256 */
    bool untied;              /* with an output matrix of its own: answers that do not only repeat themselves */
    const char *leave_out;    /* name of a tensor or key not to write */
    const char *spoil_shape;  /* name of a tensor to write with a row too few */
    const char *spoil_scale;  /* name of a quantised tensor whose first block's scale is infinite, or of a float one whose
                                 first value is */
    const char *rope_scaling; /* value of rope.scaling.type; NULL: no such key */
    int tokens;               /* in the vocabulary of a model that has more rows of embeddings; 0: as many */
    uint64_t seed;
} tiny_options;

typedef struct tiny_compiler_options {
    const char *base_sha256;
    const char *leave_out;    /* name of a tensor or key not to write */
    const char *spoil_shape, *spoil_scale; /* as in a model */
    const char *choices_spec; /* the task of reading closed sets; NULL: no such key */
    const char *change_key;   /* a key of strings or numbers that gets another value: */
    const char *text;         /*   of strings */
    uint32_t number;          /*   of numbers */
    uint64_t seed;
    float spread;             /* of the coefficient head; 0: 0.05 */
} tiny_compiler_options;

uint64_t tiny_random(uint64_t *state);
float tiny_uniform(uint64_t *state, float spread); /* in [-spread, spread) */

/* n random values of about `spread` in any format. */
void tiny_blocks(tensor_type type, size_t n, float spread, uint64_t *random, void *out);

/* File bytes of a model, a compiler for the default tiny model, an adapter of the given rank; abort on failure. */
buffer tiny_model(const tiny_options *options);
buffer tiny_compiler(const tiny_compiler_options *options);
buffer tiny_adapter(const tiny_options *options, int rank, tensor_type type);

/* Overwrites the value of a u32 or f32 key in the bytes of a file. */
void tiny_patch(buffer *file, const char *key, const void *word);

/* A folder with base.gguf and compiler.gguf that belong together; the options may be NULL, base_sha256 is filled in. */
typedef struct tiny_files {
    char *folder, *base, *compiler;
    char sha256[65]; /* of the base */
} tiny_files;

tiny_files tiny_pair(const tiny_options *base, const tiny_compiler_options *compiler);
void tiny_pair_free(tiny_files *files);

/* Writes bytes to a file; aborts on failure. */
void tiny_write(const char *path, const void *data, size_t size);

/* A new folder under $TMPDIR, removed (with what is in it) by tiny_remove. */
char *tiny_folder(void);
void tiny_remove(char *folder);

/* The real base model for tests: $PAW_TEST_BASE or the pulled one. Freed by the caller. */
char *tiny_real_base(void);

/* Opens a model without keeping what is prepared of it, or fails the test; kernels NULL: the best. */
model *tiny_open_model(const char *path, const kernel_set *kernels, int threads);

#endif
