/*
 * model.h: a base model in memory, adapters for it, and its forward pass.
 *
 * Weights are laid out for the kernels once and kept in a prepared file that later starts only map. One forward pass
 * serves interpreter, pseudo compiler and encoder alike: what differs is which results are asked for.
 */
#ifndef PAW_MODEL_MODEL_H
#define PAW_MODEL_MODEL_H

#include <stdbool.h>

#include "base/error.h"
#include "base/threads.h"
#include "gguf/gguf.h"
#include "tensor/matrix.h"

/* The linear layers that a block may have: which of them it has is the architecture's matter. */
typedef enum model_module {
    MODEL_Q,
    MODEL_K,
    MODEL_V,
    MODEL_O,
    MODEL_GATE,
    MODEL_UP,
    MODEL_DOWN,
    MODEL_QKV, /* instead of the first three: their rows one below the other */
    MODEL_MODULES
} model_module;

/* GGUF stem of a module ("attn_q"), and the module of a stem or -1. */
const char *model_module_stem(model_module module);
int model_module_find(const char *stem);

/* What tells one architecture from another. */
typedef struct model_traits {
    const char *name;       /* general.architecture */
    unsigned modules;       /* bits 1 << MODEL_Q, ...: those of a block; without MODEL_GATE the activation is GELU, not SwiGLU */
    bool layer_norm;        /* LayerNorm with a bias instead of RMSNorm */
    bool biases;            /* every linear layer of a block has one */
    bool head_norm;         /* RMSNorm of each head's query and key before they are turned */
    bool learned_positions; /* added to the embeddings; else RoPE */
    bool split_pairs;       /* RoPE turns values i and i + n_rot / 2; else 2i and 2i + 1 */
} model_traits;

typedef struct model_shape {
    const model_traits *traits;
    const char *architecture; /* traits->name */
    int n_layer, n_embd, n_ff, n_head, n_kv, n_head_dim, n_vocab;
    int n_rot; /* 0: no RoPE */
    int n_ctx_train;
    float norm_eps, rope_base;
} model_shape;

bool model_has(const model_shape *shape, model_module module);

/* Rows (outputs) and columns (inputs) of a module's matrix. */
int model_rows(const model_shape *shape, model_module module);
int model_cols(const model_shape *shape, model_module module);

typedef struct model model;

typedef struct model_options {
    int threads;           /* 0: all processors */
    int context;           /* tokens; 0: the smaller of 2048 and what the model was trained with */
    const char *cache_dir; /* of prepared weights; NULL: beside the model file */
    const kernel_set *kernels; /* NULL: the best */
} model_options;

paw_status model_open(const char *path, const model_options *options, model **out, paw_error *err);
void model_close(model *m);
const model_shape *model_get_shape(const model *m);
const gguf_file *model_get_file(const model *m);
int model_context(const model *m);
const kernel_set *model_kernels(const model *m);

/* ---- adapters: LoRA weights for every linear layer, used unmerged ---- */

typedef struct adapter adapter;

/* Reads a GGUF adapter (lora) for this model; it is prepared in memory and `file` may be closed afterwards. */
paw_status adapter_read(const model *m, const gguf_file *file, adapter **out, paw_error *err);

/* A matrix pair for one linear layer, named in errors as blk.{layer}.{stem}; a: [rank][cols], b: [rows][rank]. */
typedef struct adapter_part {
    int layer;
    model_module module;
    int rank;
    tensor_type type_a, type_b;
    const void *a, *b;
} adapter_part;

/* Makes an adapter from parts (each layer and module at most once) with scale factor `alpha / rank` each. */
paw_status adapter_build(const model *m, const adapter_part *parts, size_t n, float alpha, adapter **out, paw_error *err);
void adapter_free(adapter *a);

/* ---- states: keys and values of a sequence, f16 ---- */

typedef struct model_state model_state;

paw_status model_state_new(const model *m, model_state **out, paw_error *err);
void model_state_free(model_state *s);
int model_state_length(const model_state *s);
/* Forgets the positions from `length` on (0 to the present length). */
void model_state_truncate(model_state *s, int length);
/* Gives back the memory behind the present length. */
void model_state_trim(model_state *s);

/* ---- forward ---- */

typedef struct model_request {
    const int32_t *tokens; /* n of them, appended to the state's sequence */
    int n;
    const float *extra;    /* [..][n_embd]: embeddings (without positions) of tokens n_vocab, n_vocab + 1, ...; or NULL */
    int n_extra;
    const adapter *lora;   /* or NULL */
    bool precise;          /* activations of 15 bits instead of 8: for encoding, where a compiled result is kept */
    /* results, each optional */
    float *logits;         /* [n_logits][n_vocab] of the last n_logits tokens */
    int n_logits;          /* 0: 1 */
    float *taps;           /* [n_layer + 1][n_tap][n_embd]: residual stream after each block at the last n_tap tokens,
                              then the same tokens after the final norm */
    int n_tap;
} model_request;

/* Tokens that do not fit the context are PAW_ERR_CONTEXT; the state is unchanged then. */
paw_status model_forward(model *m, model_state *s, const model_request *request, paw_error *err);

/* One of several sequences that go through the layers together; each has its own state, and may have its own adapter. */
typedef struct model_sequence {
    model_state *state;
    const int32_t *tokens; /* n of them, appended to the state's sequence */
    int n;
    const adapter *lora; /* or NULL */
    int n_logits;        /* of the last n_logits tokens, 0 to n */
} model_sequence;

/*
 * Computes `count` sequences; a state may stand in one of them only. Which others a sequence is computed with changes no
 * bit of its results. `logits` gets a row [n_vocab] for each token asked for, in the order of the sequences. When one does
 * not fit its context nothing is computed.
 */
paw_status model_forward_batch(model *m, const model_sequence *sequences, int count, float *logits, paw_error *err);

/* The pool that the model computes with, for other loops of the same caller. */
thread_pool *model_pool(model *m);

#endif
