/*
 * gradient_attention.c: grouped-query attention over a lesson's rows in float32, and its gradient.
 *
 * A key-value head is one piece of work. Its keys and values lie transposed, [dim][rows], so that scores of many positions
 * are computed side by side, each adding its dimensions in order.
 */
#include <string.h>

#include "model/gradient_internal.h"
#include "tensor/vec.h"

/* What one key-value head works in. */
typedef struct head_room {
    float *keys, *values; /* [dim][stride], transposed */
    float *p, *dp;        /* [stride]: weights of the positions that a row sees, and their gradients */
    int stride;           /* rows rounded up, so that registers may read over the end */
} head_room;

/* The positions that a row sees: [0, n[0]) and [from, from + n[1]). */
typedef struct sight {
    int n[2], from;
} sight;

static int stride_of(const gradient_pass *p)
{
    return (p->rows / LANES + 2) * LANES;
}

size_t attention_scratch(const gradient_pass *p)
{
    return (size_t)stride_of(p) * (2 * (size_t)p->m->shape.n_head_dim + 2);
}

static head_room room_of(const gradient_pass *p, int kv)
{
    int stride = stride_of(p), dim = p->m->shape.n_head_dim;
    float *at = p->attention + (size_t)kv * p->attention_size;
    size_t side = (size_t)stride * (size_t)dim;
    return (head_room){at, at + side, at + 2 * side, at + 2 * side + stride, stride};
}

static sight sight_of(const gradient_pass *p, int row)
{
    if (row < p->prefix) {
        return (sight){{row + 1, 0}, 0};
    }
    return (sight){{p->prefix, row + 1 - p->begin[row]}, p->begin[row]};
}

static void turn_heads(const gradient_pass *p, const float *from, int kv, float *to, int stride)
{
    int dim = p->m->shape.n_head_dim, width = p->m->shape.n_kv * dim;
    memset(to, 0, (size_t)stride * (size_t)dim * sizeof *to);
    for (int t = 0; t < p->rows; t++) {
        for (int d = 0; d < dim; d++) {
            to[d * stride + t] = from[(size_t)t * (size_t)width + (size_t)(kv * dim + d)];
        }
    }
}

/* out [positions in sight] = sum over d of x[d] side[d][position] */
static void project(const head_room *r, const float *side, const float *x, int dim, const sight *s, float *out)
{
    int count = s->n[0] + s->n[1];
    memset(out, 0, (size_t)count * sizeof *out);
    for (int d = 0; d < dim; d++) {
        const float *line = side + (size_t)d * (size_t)r->stride;
        floats_add_scaled(out, x[d], line, s->n[0]);
        floats_add_scaled(out + s->n[0], x[d], line + s->from, s->n[1]);
    }
}

/* Scores to weights, in place. */
static void soften(float *p, int n, float factor)
{
    float most = -3.0e38f, sum = 0;
    for (int i = 0; i < n; i++) {
        p[i] = p[i] * factor;
        most = p[i] > most ? p[i] : most;
    }
    for (int i = 0; i < n; i += WIDTH) { /* what is behind the end may be anything */
        v_store(p + i, v_exp(v_load(p + i) - v_set(most)));
    }
    for (int i = 0; i < n; i++) {
        sum = sum + p[i];
    }
    for (int i = 0; i < n; i++) {
        p[i] = p[i] / sum;
    }
}

static int position(const sight *s, int i)
{
    return i < s->n[0] ? i : s->from + i - s->n[0];
}

static float factor_of(const gradient_pass *p)
{
    return 1.0f / __builtin_sqrtf((float)p->m->shape.n_head_dim);
}

static void forward_heads(void *context, int begin, int end, int thread)
{
    gradient_pass *p = context;
    const model_shape *shape = &p->m->shape;
    int dim = shape->n_head_dim, group = shape->n_head / shape->n_kv, width = shape->n_head * dim, narrow = shape->n_kv * dim;
    (void)thread;
    for (int kv = begin; kv < end; kv++) {
        head_room r = room_of(p, kv);
        turn_heads(p, p->k, kv, r.keys, r.stride);
        for (int t = 0; t < p->rows; t++) {
            sight s = sight_of(p, t);
            for (int h = kv * group; h < (kv + 1) * group; h++) {
                size_t at = (size_t)t * (size_t)width + (size_t)(h * dim);
                float *out = p->heads.x + at;
                project(&r, r.keys, p->q + at, dim, &s, r.p);
                soften(r.p, s.n[0] + s.n[1], factor_of(p));
                memset(out, 0, (size_t)dim * sizeof *out);
                for (int i = 0; i < s.n[0] + s.n[1]; i++) {
                    floats_add_scaled(out, r.p[i], p->v + (size_t)position(&s, i) * (size_t)narrow + kv * dim, dim);
                }
            }
        }
    }
}

void attention_forward(gradient_pass *p)
{
    thread_pool_run(p->m->pool, p->m->shape.n_kv, 1, forward_heads, p);
}

/* One row of one head; r->p holds its weights, r->dp their gradients. */
static void backward_row(gradient_pass *p, const head_room *r, const sight *s, size_t at, int kv)
{
    int dim = p->m->shape.n_head_dim, narrow = p->m->shape.n_kv * dim, n = s->n[0] + s->n[1];
    float dot = 0, factor = factor_of(p);
    for (int i = 0; i < n; i++) {
        dot = dot + r->p[i] * r->dp[i];
    }
    for (int i = 0; i < n; i++) {
        size_t key = (size_t)position(s, i) * (size_t)narrow + (size_t)(kv * dim);
        float ds = r->p[i] * (r->dp[i] - dot) * factor;
        floats_add_scaled(p->dq + at, ds, p->k + key, dim);
        floats_add_scaled(p->dk + key, ds, p->q + at, dim);
        floats_add_scaled(p->dv + key, r->p[i], p->dheads + at, dim);
    }
}

static void backward_heads(void *context, int begin, int end, int thread)
{
    gradient_pass *p = context;
    const model_shape *shape = &p->m->shape;
    int dim = shape->n_head_dim, group = shape->n_head / shape->n_kv, width = shape->n_head * dim;
    (void)thread;
    for (int kv = begin; kv < end; kv++) {
        head_room r = room_of(p, kv);
        turn_heads(p, p->k, kv, r.keys, r.stride);
        turn_heads(p, p->v, kv, r.values, r.stride);
        for (int t = 0; t < p->rows; t++) {
            sight s = sight_of(p, t);
            for (int h = kv * group; h < (kv + 1) * group; h++) {
                size_t at = (size_t)t * (size_t)width + (size_t)(h * dim);
                project(&r, r.keys, p->q + at, dim, &s, r.p);
                soften(r.p, s.n[0] + s.n[1], factor_of(p));
                project(&r, r.values, p->dheads + at, dim, &s, r.dp);
                backward_row(p, &r, &s, at, kv);
            }
        }
    }
}

void attention_backward(gradient_pass *p)
{
    const model_shape *shape = &p->m->shape;
    size_t rows = (size_t)p->rows, dim = (size_t)shape->n_head_dim;
    memset(p->dq, 0, rows * (size_t)shape->n_head * dim * sizeof *p->dq);
    memset(p->dk, 0, rows * (size_t)shape->n_kv * dim * sizeof *p->dk);
    memset(p->dv, 0, rows * (size_t)shape->n_kv * dim * sizeof *p->dv);
    thread_pool_run(p->m->pool, shape->n_kv, 1, backward_heads, p);
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
