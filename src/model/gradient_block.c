/* gradient_block.c: one transformer block computed again in float32 from its input, and the gradient back through it. */
#include <stdio.h>
#include <string.h>

#include "model/gradient_internal.h"
#include "tensor/vec.h"

/* ---- forward ---- */

typedef struct norming {
    gradient_pass *p;
    const float *from, *weight;
} norming;

static void norm_rows(void *context, int begin, int end, int thread)
{
    const norming *w = context;
    gradient_pass *p = w->p;
    int n = p->m->shape.n_embd;
    (void)thread;
    for (int t = begin; t < end; t++) {
        p->m->kernels->rms_norm(w->from + (size_t)t * (size_t)n, w->weight, n, p->m->shape.norm_eps, p->h.x + (size_t)t * (size_t)n);
    }
    activations_quantise(&p->h, p->m->kernels, begin, end);
}

static void norm(gradient_pass *p, const float *from, const float *weight)
{
    norming w = {p, from, weight};
    thread_pool_run(p->m->pool, p->rows, 2, norm_rows, &w);
}

typedef struct base_product {
    gradient_pass *p;
    const matrix *w;
    const activations *x;
    float *y;
    bool add;
} base_product;

static void multiply_base(void *context, int begin, int end, int thread)
{
    const base_product *b = context;
    (void)thread;
    matrix_multiply(b->w, b->p->m->kernels, b->x, 0, b->p->rows, begin, end, b->y, (size_t)b->w->rows, b->add, 1.0f);
}

static const float *lora_a(const gradient_pass *p, const lora_weights *w, int layer, model_module module)
{
    return w->a[module] + (size_t)layer * (size_t)w->rank * (size_t)model_cols(&p->m->shape, module);
}

static const float *lora_b(const gradient_pass *p, const lora_weights *w, int layer, model_module module)
{
    return w->b[module] + (size_t)layer * (size_t)w->rank * (size_t)model_rows(&p->m->shape, module);
}

static float *low_of(const gradient_pass *p, model_module module)
{
    return p->low + (size_t)module * (size_t)p->rows * (size_t)p->weights->rank;
}

/* low = A x */
static void take_low(gradient_pass *p, int layer, model_module module, const float *x)
{
    int cols = model_cols(&p->m->shape, module), rank = p->weights->rank;
    floats_pack(p, lora_a(p, p->weights, layer, module), cols, rank, true);
    floats_multiply(p, x, p->rows, cols, rank, low_of(p, module), false, 1.0f);
}

/* y (+)= W x + factor B A x */
static void linear(gradient_pass *p, int layer, model_module module, const activations *x, float *y, bool add)
{
    const matrix *w = &p->m->layers[layer].w[module];
    base_product b = {p, w, x, y, add};
    thread_pool_run(p->m->pool, w->groups, 1, multiply_base, &b);
    take_low(p, layer, module, x->x);
    floats_pack(p, lora_b(p, p->weights, layer, module), p->weights->rank, w->rows, true);
    floats_multiply(p, low_of(p, module), p->rows, p->weights->rank, w->rows, y, true, p->weights->factor);
}

static void quantise_heads(void *context, int begin, int end, int thread)
{
    gradient_pass *p = context;
    (void)thread;
    activations_quantise(&p->heads, p->m->kernels, begin, end);
}

static void activate_rows(void *context, int begin, int end, int thread)
{
    gradient_pass *p = context;
    size_t n = (size_t)p->m->shape.n_ff;
    (void)thread;
    for (size_t t = (size_t)begin; t < (size_t)end; t++) {
        p->m->kernels->swiglu(p->gate + t * n, p->ff_up + t * n, (int)n, p->ff + t * n);
    }
}

/* Attention's half; leaves h, q, k, v, heads and middle. */
static void forward_attention(gradient_pass *p, int layer, const float *x)
{
    const model_shape *shape = &p->m->shape;
    norm(p, x, p->m->layers[layer].attn_norm);
    linear(p, layer, MODEL_Q, &p->h, p->q, false);
    linear(p, layer, MODEL_K, &p->h, p->k, false);
    linear(p, layer, MODEL_V, &p->h, p->v, false);
    attention_turn(p, p->q, shape->n_head, false);
    attention_turn(p, p->k, shape->n_kv, false);
    attention_forward(p);
    thread_pool_run(p->m->pool, p->rows, 2, quantise_heads, p);
    memcpy(p->middle, x, (size_t)p->rows * (size_t)shape->n_embd * sizeof *x);
    linear(p, layer, MODEL_O, &p->heads, p->middle, true);
}

/* What the second half computes before its last product, which nothing here needs. */
static void forward_feed(gradient_pass *p, int layer)
{
    norm(p, p->middle, p->m->layers[layer].ffn_norm);
    linear(p, layer, MODEL_GATE, &p->h, p->gate, false);
    linear(p, layer, MODEL_UP, &p->h, p->ff_up, false);
    thread_pool_run(p->m->pool, p->rows, 2, activate_rows, p);
}

/* ---- backward ---- */

static const gguf_tensor *base_tensor(const gradient_pass *p, int layer, model_module module)
{
    char name[128];
    snprintf(name, sizeof name, "blk.%d.%s.weight", layer, model_module_stem(module));
    return gguf_find_tensor(p->m->file, name);
}

/* The adapter's own gradients: dB = factor dy' low, dA = dlow' x. */
static void add_gradients(gradient_pass *p, int layer, model_module module, const float *x, const float *dy)
{
    int rank = p->weights->rank, rows = model_rows(&p->m->shape, module), cols = model_cols(&p->m->shape, module);
    float *da = (float *)lora_a(p, p->gradient, layer, module), *db = (float *)lora_b(p, p->gradient, layer, module);
    floats_transpose(p, dy, p->rows, rows, p->turned);
    floats_pack(p, low_of(p, module), p->rows, rank, false);
    floats_multiply(p, p->turned, rows, p->rows, rank, db, true, p->weights->factor);
    floats_transpose(p, p->dlow, p->rows, rank, p->turned);
    floats_pack(p, x, p->rows, cols, false);
    floats_multiply(p, p->turned, rank, p->rows, cols, da, true, 1.0f);
}

/* dx (+)= the gradient through y = W x + factor B A x; the module's low is there */
static void linear_backward(gradient_pass *p, int layer, model_module module, const float *x, const float *dy, float *dx, bool add)
{
    int rank = p->weights->rank, rows = model_rows(&p->m->shape, module), cols = model_cols(&p->m->shape, module);
    floats_pack_tensor(p, base_tensor(p, layer, module), 0, rows, cols);
    floats_multiply(p, dy, p->rows, rows, cols, dx, add, 1.0f);
    floats_pack(p, lora_b(p, p->weights, layer, module), rows, rank, false);
    floats_multiply(p, dy, p->rows, rows, rank, p->dlow, false, 1.0f);
    for (int i = 0; i < p->rows * rank; i++) {
        p->dlow[i] = p->dlow[i] * p->weights->factor;
    }
    floats_pack(p, lora_a(p, p->weights, layer, module), rank, cols, false);
    floats_multiply(p, p->dlow, p->rows, rank, cols, dx, true, 1.0f);
    add_gradients(p, layer, module, x, dy);
}

void norm_backward(const float *x, const float *w, const float *dy, int n, float eps, float *dx)
{
    double squares = 0, dot = 0;
    for (int i = 0; i < n; i++) {
        squares += (double)x[i] * (double)x[i];
        dot += (double)(dy[i] * w[i]) * (double)x[i];
    }
    double factor = 1.0 / __builtin_sqrt(squares / n + (double)eps);
    float f = (float)factor, of_x = (float)(factor * factor * factor * dot / n);
    for (int i = 0; i < n; i++) {
        dx[i] = dx[i] + (f * (dy[i] * w[i]) - of_x * x[i]);
    }
}

static void norm_rows_backward(void *context, int begin, int end, int thread)
{
    const norming *w = context;
    const gradient_pass *p = w->p;
    size_t n = (size_t)p->m->shape.n_embd;
    (void)thread;
    for (size_t t = (size_t)begin; t < (size_t)end; t++) {
        norm_backward(w->from + t * n, w->weight, p->dh + t * n, (int)n, p->m->shape.norm_eps, p->up + t * n);
    }
}

/* up += the gradient through the norm of `from`, of which dh comes out */
static void add_norm_backward(gradient_pass *p, const float *from, const float *weight)
{
    norming w = {p, from, weight};
    thread_pool_run(p->m->pool, p->rows, 2, norm_rows_backward, &w);
}

/* ff = gate s(gate) up with s(x) = 1 / (1 + e^-x): dgate = dff up s (1 + gate (1 - s)), dup = dff gate s */
static void activate_rows_backward(void *context, int begin, int end, int thread)
{
    gradient_pass *p = context;
    size_t n = (size_t)p->m->shape.n_ff;
    vec one = v_set(1.0f);
    (void)thread;
    for (size_t i = (size_t)begin * n; i < (size_t)end * n; i += WIDTH) {
        vec g = v_load(p->gate + i), d = v_load(p->dff + i), s = one / (one + v_exp(-g));
        v_store(p->dgate + i, d * v_load(p->ff_up + i) * s * (one + g * (one - s)));
        v_store(p->dff_up + i, d * g * s);
    }
}

static void backward_feed(gradient_pass *p, int layer)
{
    take_low(p, layer, MODEL_DOWN, p->ff);
    linear_backward(p, layer, MODEL_DOWN, p->ff, p->up, p->dff, false);
    thread_pool_run(p->m->pool, p->rows, 2, activate_rows_backward, p);
    linear_backward(p, layer, MODEL_GATE, p->h.x, p->dgate, p->dh, false);
    linear_backward(p, layer, MODEL_UP, p->h.x, p->dff_up, p->dh, true);
    add_norm_backward(p, p->middle, p->m->layers[layer].ffn_norm);
}

static void backward_attention(gradient_pass *p, int layer, const float *x)
{
    const model_shape *shape = &p->m->shape;
    linear_backward(p, layer, MODEL_O, p->heads.x, p->up, p->dheads, false);
    attention_backward(p);
    attention_turn(p, p->dq, shape->n_head, true);
    attention_turn(p, p->dk, shape->n_kv, true);
    norm(p, x, p->m->layers[layer].attn_norm);
    linear_backward(p, layer, MODEL_Q, p->h.x, p->dq, p->dh, false);
    linear_backward(p, layer, MODEL_K, p->h.x, p->dk, p->dh, true);
    linear_backward(p, layer, MODEL_V, p->h.x, p->dv, p->dh, true);
    add_norm_backward(p, x, p->m->layers[layer].attn_norm);
}

void block_backward(gradient_pass *p, int index)
{
    const float *x = p->x + (size_t)index * (size_t)p->rows * (size_t)p->m->shape.n_embd;
    forward_attention(p, index, x);
    forward_feed(p, index);
    backward_feed(p, index);
    backward_attention(p, index, x);
}
