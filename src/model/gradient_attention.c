/*
 * gradient_attention.c: grouped-query attention over a lesson's rows in float32, and its gradient.
 *
 * Head after head as products of whole matrices, [rows][rows] weights among them: of what a row does not see the weights are
 * 0. A lesson is short, and the kernels are fast enough for that to cost less than passing over what is not seen.
 */
#include <string.h>

#include "model/gradient_internal.h"
#include "tensor/vec.h"

int attention_padded(const gradient_pass *p)
{
    return (p->rows + LANES - 1) / LANES * LANES;
}

/* One head of x [rows][heads * dim] to [padded rows][dim], zeros below. */
static void take_head(const gradient_pass *p, const float *x, int heads, int head, float *to)
{
    size_t dim = (size_t)p->m->shape.n_head_dim, stride = (size_t)heads * dim;
    for (size_t t = 0; t < (size_t)p->rows; t++) {
        memcpy(to + t * dim, x + t * stride + (size_t)head * dim, dim * sizeof *to);
    }
    memset(to + (size_t)p->rows * dim, 0, (size_t)(attention_padded(p) - p->rows) * dim * sizeof *to);
}

/* x's head (+)= from [rows][dim] */
static void put_head(const gradient_pass *p, const float *from, int heads, int head, float *x, bool add)
{
    size_t dim = (size_t)p->m->shape.n_head_dim, stride = (size_t)heads * dim;
    for (size_t t = 0; t < (size_t)p->rows; t++) {
        float *to = x + t * stride + (size_t)head * dim;
        for (size_t d = 0; d < dim; d++) {
            to[d] = add ? to[d] + from[t * dim + d] : from[t * dim + d];
        }
    }
}

static float factor_of(const gradient_pass *p)
{
    return 1.0f / __builtin_sqrtf((float)p->m->shape.n_head_dim);
}

/* Whether row t sees position i: the prefix and its own item, up to itself. */
static bool sees(const gradient_pass *p, int t, int i)
{
    return i <= t && (i < p->prefix || i >= p->begin[t]);
}

/* Scores to weights, in place. */
static void soften_rows(void *context, int begin, int end, int thread)
{
    gradient_pass *p = context;
    int n = attention_padded(p);
    float factor = factor_of(p);
    (void)thread;
    for (int t = begin; t < end; t++) {
        float *row = p->seen + (size_t)t * (size_t)n, most = -3.0e38f, sum = 0;
        for (int i = 0; i < n; i++) {
            row[i] = sees(p, t, i) ? row[i] * factor : -3.0e38f;
            most = row[i] > most ? row[i] : most;
        }
        for (int i = 0; i < n; i += WIDTH) {
            v_store(row + i, v_exp(v_load(row + i) - v_set(most)));
        }
        for (int i = 0; i <= t; i++) {
            sum = sum + row[i];
        }
        for (int i = 0; i < n; i++) {
            row[i] = row[i] / sum;
        }
    }
}

/* p->seen [rows][padded rows]: how much head h of a row takes of each position. Leaves the head's queries and keys. */
static void weigh(gradient_pass *p, int h)
{
    const model_shape *shape = &p->m->shape;
    take_head(p, p->q, shape->n_head, h, p->head_q);
    take_head(p, p->k, shape->n_kv, h / (shape->n_head / shape->n_kv), p->head_k);
    floats_pack(p, p->head_k, shape->n_head_dim, attention_padded(p), true);
    floats_multiply(p, p->head_q, p->rows, shape->n_head_dim, attention_padded(p), p->seen, false, 1.0f);
    thread_pool_run(p->m->pool, p->rows, 4, soften_rows, p);
}

void attention_forward(gradient_pass *p)
{
    const model_shape *shape = &p->m->shape;
    int dim = shape->n_head_dim, padded = attention_padded(p);
    for (int h = 0; h < shape->n_head; h++) {
        weigh(p, h);
        take_head(p, p->v, shape->n_kv, h / (shape->n_head / shape->n_kv), p->head_v);
        floats_pack(p, p->head_v, padded, dim, false);
        floats_multiply(p, p->seen, p->rows, padded, dim, p->head_out, false, 1.0f);
        put_head(p, p->head_out, shape->n_head, h, p->heads.x, false);
    }
}

/* Gradients of weights to gradients of scores, in place. */
static void soften_rows_backward(void *context, int begin, int end, int thread)
{
    gradient_pass *p = context;
    int n = attention_padded(p);
    float factor = factor_of(p);
    (void)thread;
    for (int t = begin; t < end; t++) {
        const float *row = p->seen + (size_t)t * (size_t)n;
        float *d = p->dseen + (size_t)t * (size_t)n, dot = 0;
        for (int i = 0; i <= t; i++) {
            dot = dot + row[i] * d[i];
        }
        for (int i = 0; i < n; i++) {
            d[i] = row[i] * (d[i] - dot) * factor;
        }
    }
}

/* sum over rows of weights [rows][padded] times x [rows][dim], added to head kv of dx */
static void spread(gradient_pass *p, const float *weights, const float *x, int kv, float *dx)
{
    int dim = p->m->shape.n_head_dim, padded = attention_padded(p);
    floats_transpose(p, weights, p->rows, padded, p->turned);
    floats_pack(p, x, p->rows, dim, false);
    floats_multiply(p, p->turned, p->rows, p->rows, dim, p->head_out, false, 1.0f);
    put_head(p, p->head_out, p->m->shape.n_kv, kv, dx, true);
}

void attention_backward(gradient_pass *p)
{
    const model_shape *shape = &p->m->shape;
    int dim = shape->n_head_dim, padded = attention_padded(p);
    size_t narrow = (size_t)p->rows * (size_t)(shape->n_kv * dim);
    memset(p->dk, 0, narrow * sizeof *p->dk);
    memset(p->dv, 0, narrow * sizeof *p->dv);
    for (int h = 0; h < shape->n_head; h++) {
        int kv = h / (shape->n_head / shape->n_kv);
        weigh(p, h);
        take_head(p, p->v, shape->n_kv, kv, p->head_v);
        take_head(p, p->dheads, shape->n_head, h, p->head_d);
        floats_pack(p, p->head_v, dim, padded, true);
        floats_multiply(p, p->head_d, p->rows, dim, padded, p->dseen, false, 1.0f);
        thread_pool_run(p->m->pool, p->rows, 4, soften_rows_backward, p);
        spread(p, p->seen, p->head_d, kv, p->dv);
        spread(p, p->dseen, p->head_q, kv, p->dk);
        floats_pack(p, p->head_k, padded, dim, false);
        floats_multiply(p, p->dseen, p->rows, padded, dim, p->head_out, false, 1.0f);
        put_head(p, p->head_out, shape->n_head, h, p->dq, false);
    }
}

void attention_turn(gradient_pass *p, float *x, int heads, bool back)
{
    const model_shape *shape = &p->m->shape;
    int dim = shape->n_head_dim, half = shape->n_rot / 2;
    int near = shape->traits->split_pairs ? 1 : 2, far = shape->traits->split_pairs ? half : 1;
    for (int t = 0; t < p->rows; t++) {
        const float *angles = p->angles + (size_t)t * (size_t)half * 2;
        for (int h = 0; h < heads; h++, x += dim) {
            for (int i = 0; i < half; i++) {
                float c = angles[2 * i], s = back ? -angles[2 * i + 1] : angles[2 * i + 1];
                float a = x[i * near], b = x[i * near + far];
                x[i * near] = a * c - b * s;
                x[i * near + far] = a * s + b * c;
            }
        }
    }
}
