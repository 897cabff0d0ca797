/* internal.h: what the files of this room share. Not for other rooms. */
#ifndef PAW_MODEL_INTERNAL_H
#define PAW_MODEL_INTERNAL_H

#include "base/file.h"
#include "base/hash.h"
#include "model/model.h"

enum {
    MODEL_CHUNK = 128, /* tokens that go through the layers together */
    MODEL_MAX_LAYERS = 512,
    LANES_OF_KEYS = 16 /* positions that lie side by side in a tile of keys (kernels.h, attend) */
};

typedef struct layer {
    matrix w[MODEL_MODULES];          /* kind MATRIX_NONE: the architecture has no such module */
    const float *bias[MODEL_MODULES]; /* [rows]; NULL: none */
    const float *attn_norm, *attn_norm_bias; /* [n_embd]; a bias is NULL for RMSNorm */
    const float *ffn_norm, *ffn_norm_bias;   /* [n_embd] */
    const float *q_norm, *k_norm;            /* [n_head_dim]; NULL: none */
} layer;

typedef struct scratch {
    float *x;          /* residual stream, [MODEL_CHUNK][n_embd] */
    float *qkv;        /* memory of q, k and v: three matrices one after the other, or one whose rows hold all three */
    float *q, *k, *v;  /* [MODEL_CHUNK][n_head or n_kv * n_head_dim], a token's values one stride after the last one's */
    size_t q_stride, kv_stride;
    float *gate, *up;  /* [MODEL_CHUNK][n_ff] */
    float *out;        /* [MODEL_CHUNK][n_embd] */
    float *angles;     /* [MODEL_CHUNK][n_rot / 2][cosine, sine] */
    float *scores;     /* [threads][score_size]: for attention */
    size_t score_size; /* KERNEL_QUERIES * (n_head_dim + context rounded up to 16) */
    activations embd;  /* of n_embd: after a norm */
    activations heads; /* of n_head * n_head_dim: attention's result */
    activations ff;    /* of n_ff */
} scratch;

struct model {
    gguf_file *file;
    model_shape shape;
    int context;
    const kernel_set *kernels;
    thread_pool *pool;
    layer *layers;
    matrix output;
    const gguf_tensor *embedding; /* rows are expanded as they are needed */
    float *vectors;               /* norms, biases and positions, 64-byte aligned; layers point into it */
    const float *output_norm, *output_norm_bias;
    const float *positions;       /* [n_ctx_train][n_embd]; NULL: none are learned */
    double *frequencies;          /* [n_rot / 2]; NULL: no RoPE */
    char identity[HASH_HEX_SIZE]; /* of file and weight layout: what a state was computed with */
    file_map prepared;            /* data NULL when the weights are in `memory` */
    uint8_t *memory;
    scratch scratch;
};

typedef struct adapter_pair {
    matrix a, b; /* kind MATRIX_NONE: nothing for this layer and module */
    float factor;
} adapter_pair;

struct adapter {
    int n_layer;
    adapter_pair *pairs; /* [n_layer][MODEL_MODULES] */
    uint8_t *memory;
    int max_rank;
    activations low[3]; /* A x of up to three matrices with the same input */
};

struct model_state {
    const model *model;
    int length;
    size_t k_head, v_head, layer_size; /* f16 values of one head's keys, its values, and a layer of both */
    uint16_t *data; /* per layer: keys [n_kv][context / 16][n_head_dim][16], values [n_kv][context][n_head_dim] */
    size_t bytes;
};

/* Where one weight matrix of the model comes from. */
typedef struct weight_source {
    const gguf_tensor *tensor;
    matrix *target;
} weight_source;

/* Fills the targets' data: from the prepared file if there is one for this model, else by laying the weights out. */
paw_status prepared_load(model *m, weight_source *sources, size_t n, const char *cache_dir, paw_error *err);

paw_status shape_read(const gguf_file *file, model_shape *out, paw_error *err);

#endif
