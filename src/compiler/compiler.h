/* compiler.h: a compiler file loaded over its base. What is in the file: docs/compiler-format.md. */
#ifndef PAW_COMPILER_COMPILER_H
#define PAW_COMPILER_COMPILER_H

#include "base/hash.h"
#include "function/base.h"
#include "model/gradient.h"
#include "paw/paw.h"

enum { COMPILER_MAX_MODULES = 16 };

typedef struct compiler_module {
    model_module module;
    const gguf_tensor *a_bases; /* [n_base][rank][cols] */
    const gguf_tensor *b_bases; /* [n_base][rows][rank] */
} compiler_module;

struct paw_compiler {
    gguf_file *file;
    paw_base *base;
    char fingerprint[HASH_HEX_SIZE]; /* SHA-256 of the file */
    char *snapshot, *runtime_id, *interpreter, *architecture, *strategy;
    char *pseudo_template, *examples_header, *example_template, *encode_template, *prompt_template;
    uint32_t n_layer, n_prefix, rank, n_base, encoder_rank;
    float alpha, encoder_alpha, rms_eps;
    char *choices_spec;       /* the task of listing a spec's answers; NULL: not learnt */
    paw_function *reader;     /* the program of that task; NULL until it is used */
    pthread_mutex_t reader_lock;
    float choice_temperature; /* of closed sets, where no cases say better */
    bool final_norm;
    int32_t *layer_map;   /* [n_layer] */
    compiler_module modules[COMPILER_MAX_MODULES];
    uint32_t n_modules;
    float *prefix;        /* [n_prefix][n_embd] */
    float *layer_weight;  /* [n_layer] */
    adapter *encoder;     /* LoRA of the encoder; NULL: none */
    uint32_t trunk_width;
};

/* ---- the steps, apart for the tests ---- */

/* Writes the pseudo-program for a spec (with what compile adds to it) and the request's examples; freed by the caller. */
paw_status compiler_pseudo(const paw_compiler *c, const char *spec, const paw_compile_request *request, char **out, paw_error *err);

/* The encoding pass: h [n_embd], the pooled state of the prefix tokens. */
paw_status compiler_encode(paw_compiler *c, const char *spec, const char *pseudo, float *h, paw_error *err);

/* Coefficients [n_layer][n_modules][n_base][2] of a pooled state. */
paw_status compiler_coefficients(const paw_compiler *c, const float *h, float *coefficients, paw_error *err);

/*
 * One module's matrices for all layers: a [n_layer][rank][cols] and b [n_layer][rows][rank], float32, in buffers of
 * that size.
 */
paw_status compiler_module_weights(paw_compiler *c, uint32_t module, const float *coefficients, float *a, float *b,
                                   paw_error *err);

/* The whole adapter, float32; to be freed with lora_weights_free. */
paw_status compiler_weights(paw_compiler *c, const float *coefficients, lora_weights *out, paw_error *err);

/* Whether the programs of such a request are tuned. */
bool compiler_tunes(const paw_compiler *c, const paw_compile_request *request);

/*
 * Moves the weights so that the request's examples are answered more readily (tune.c); `spec` with what compile adds to it. The
 * base's lock is held.
 */
paw_status compiler_tune(paw_compiler *c, const char *spec, const paw_compile_request *request, lora_weights *weights, paw_error *err);

/* An adapter as a GGUF file, quantised to Q4_0. */
paw_status compiler_adapter(paw_compiler *c, const lora_weights *weights, buffer *out, paw_error *err);

#endif
