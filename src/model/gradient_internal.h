/* gradient_internal.h: what the files of the gradient share. Not for others. */
#ifndef PAW_MODEL_GRADIENT_INTERNAL_H
#define PAW_MODEL_GRADIENT_INTERNAL_H

#include "model/gradient.h"
#include "model/internal.h"

/*
 * Rows are the lesson's tokens: the prefix, then item after item, each without its last token. A row sees the prefix up to
 * itself, and its own item up to itself.
 */
typedef struct gradient_pass {
    model *m;
    const lora_weights *weights;
    lora_weights *gradient;
    int rows, prefix;
    int *begin;      /* [rows]: where a row's item begins; 0 in the prefix */
    float *angles;   /* [rows][n_rot / 2][cosine, sine] */
    float *x;        /* [n_layer][rows][n_embd]: what goes into each block */
    float *up;       /* [rows][n_embd]: gradient of what comes out of the block that is next */
    /* of one block, computed again: */
    activations h, heads; /* after a norm; attention's result */
    float *middle;        /* [rows][n_embd]: between attention and feed-forward */
    float *q, *k, *v;     /* [rows][n_head or n_kv * n_head_dim], turned */
    float *gate, *ff_up, *ff; /* [rows][n_ff] */
    float *dq, *dk, *dv, *dheads, *dh, *dgate, *dff_up, *dff; /* gradients of the same */
    /* scratch */
    float *low;           /* [MODEL_MODULES][rows][rank]: A x of each module */
    float *dlow;          /* [rows][rank] */
    float *turned;        /* [most cols or padded rows][rows]: a transposed matrix */
    float *strips;        /* a right-hand matrix as the kernels want it */
    float *line;          /* [threads][most cols] */
    float *seen, *dseen;  /* [rows][rows padded to 16]: attention's weights of one head, and their gradients */
    float *head_q, *head_k, *head_v, *head_d, *head_out; /* [padded rows][n_head_dim] */
} gradient_pass;

/* ---- products of float matrices (gradient_floats.c) ---- */

/* p->strips from `from` [k][m], or if `transposed` from [m][k]. m is a multiple of 16. */
void floats_pack(gradient_pass *p, const float *from, int k, int m, bool transposed);

/* p->strips from rows [first, first + k) of a tensor [..][m]. */
void floats_pack_tensor(gradient_pass *p, const gguf_tensor *t, int first, int k, int m);

/* y [n][m] (+)= factor * x [n][k] times p->strips [k][m]; with add false factor must be 1. */
void floats_multiply(gradient_pass *p, const float *x, int n, int k, int m, float *y, bool add, float factor);

/* to [cols][rows] = from [rows][cols] transposed */
void floats_transpose(gradient_pass *p, const float *from, int rows, int cols, float *to);

/* ---- attention (gradient_attention.c) ---- */

int attention_padded(const gradient_pass *p);     /* rows, rounded up to a multiple of 16 */
void attention_forward(gradient_pass *p);         /* q, k, v -> heads.x */
void attention_backward(gradient_pass *p);        /* q, k, v, dheads -> dq, dk, dv */
void attention_turn(gradient_pass *p, float *x, int heads, bool back); /* RoPE on all rows, or its inverse */

/* ---- a block (gradient_block.c) ---- */

/* Adds block `index`'s part to the gradient and takes p->up from its output to its input. */
void block_backward(gradient_pass *p, int index);

/* dx += the gradient through y = x / sqrt(mean(x^2) + eps) * w, of one row */
void norm_backward(const float *x, const float *w, const float *dy, int n, float eps, float *dx);

#endif
