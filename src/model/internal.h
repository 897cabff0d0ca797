/* internal.h: what the files of this room share. Not for other rooms. */
#ifndef PAW_MODEL_INTERNAL_H
#define PAW_MODEL_INTERNAL_H

#include "base/file.h"
#include "base/hash.h"
#include "model/model.h"

enum {
    MODEL_CHUNK = 128, /* tokens that go through the layers together */
    MODEL_MAX_LAYERS = 512,
    STATE_PAGE = 16 /* positions of a page, whose keys lie side by side (kernels.h, attend) */
};

typedef struct layer {
    matrix w[MODEL_MODULES];          /* kind MATRIX_NONE: the architecture has no such module */
    const float *bias[MODEL_MODULES]; /* [rows]; NULL: none */
    const float *attn_norm, *attn_norm_bias; /* [n_embd]; a bias is NULL for RMSNorm */
    const float *ffn_norm, *ffn_norm_bias;   /* [n_embd] */
    const float *q_norm, *k_norm;            /* [n_head_dim]; NULL: none */
} layer;

/* ---- a forward pass ---- */

/* Tokens of one sequence in a chunk: rows [row, row + n) of the chunk, positions [start, start + n) of the state. */
typedef struct segment {
    const model_sequence *sequence;
    int row, n, start;
    int first; /* of the sequence's tokens */
    int items; /* pieces of attention of the segments before this one */
} segment;

/* Neighbouring rows that use the same adapter. */
typedef struct lora_run {
    const adapter *lora;
    int row, n;
} lora_run;

/* One matrix product over some rows of a chunk. */
typedef struct product {
    const matrix *w;
    const activations *x;
    float *y; /* of the first row */
    size_t stride;
    int row, n;
    bool add;
    float factor;
    int groups; /* row groups of the products before this one */
} product;

enum { MAX_MEMBERS = 3 }; /* linear layers that share an input */

typedef struct step {
    model *m;
    int n; /* rows of this chunk */
    segment segments[MODEL_CHUNK];
    int n_segments;
    lora_run runs[MODEL_CHUNK];
    int n_runs;
    int layer;
    const float *norm, *norm_bias;
    product products[MAX_MEMBERS * (MODEL_CHUNK + 1)];
    int n_products;
    const float *biases[MAX_MEMBERS]; /* of the members; NULL: none */
    float *targets[MAX_MEMBERS];
    int widths[MAX_MEMBERS];
    int n_members;
} step;

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
    step step;
} scratch;

struct model {
    gguf_file *file;
    model_shape shape;
    int context;
    char *cache_dir; /* NULL: beside the file */
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
    bool found;                   /* `prepared` was there already: nothing had to be laid out */
    scratch scratch;
};

typedef struct adapter_pair {
    matrix a, b; /* kind MATRIX_NONE: nothing for this layer and module */
    float factor;
} adapter_pair;

struct adapter {
    int n_layer;
    adapter_pair *pairs; /* [n_layer][MODEL_MODULES] */
    adapter_part *parts; /* n_parts, in the order in which their matrices lie one after the other; a and b NULL */
    size_t n_parts;
    const uint8_t *data; /* the matrices */
    uint8_t *memory;     /* the same, or NULL when they lie in somebody else's memory */
    size_t size;
    float alpha;
    int max_rank;
    activations low[3]; /* A x of up to three matrices with the same input */
};

struct model_state {
    const model *model;
    int length, n_pages;
    const uint16_t **pages; /* [n_pages]: where each page is read (state.c says what is in it) */
    uint16_t **own;         /* [n_pages]: this state's memory for it; NULL: none yet */
};

/* Makes the pages of the n positions after the length this state's own. */
paw_status state_make_room(model_state *s, int n, paw_error *err);

/* Runs `body` over the rows on the caller when there is little to do, else on all threads. */
void step_over_rows(step *s, thread_body body);

/* y[i] (+)= W x + factor B (A x) + bias for the modules of this layer, which all read x (linear.c). */
void step_linear(step *s, const model_module *modules, float *const *y, int count, const activations *x, bool add);

/* Queries, keys and values to attention's result in scratch.heads, quantised (attention.c). */
void step_attend(step *s);

/* Where one weight matrix of the model comes from. */
typedef struct weight_source {
    const gguf_tensor *tensor;
    matrix *target;
} weight_source;

/* Fills the targets' data: from the prepared file if there is one for this model, else by laying the weights out. */
paw_status prepared_load(model *m, weight_source *sources, size_t n, paw_error *err);

paw_status shape_read(const gguf_file *file, model_shape *out, paw_error *err);

#endif
