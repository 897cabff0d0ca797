/* attention.c: heads normed and turned, keys and values put into the states' pages, grouped-query attention over them. */
#include "model/internal.h"

/* Turns values 2i and 2i + 1 of each head by angle i, or with `split` values i and i + dim / 2. */
static void rotate(float *x, const float *angles, int heads, int dim, bool split)
{
    int near = split ? 1 : 2, far = split ? dim / 2 : 1;
    for (int h = 0; h < heads; h++, x += dim) {
        for (int i = 0; i < dim / 2; i++) {
            float c = angles[2 * i], s = angles[2 * i + 1], a = x[i * near], b = x[i * near + far];
            x[i * near] = a * c - b * s;
            x[i * near + far] = a * s + b * c;
        }
    }
}

/* Norms and turns the heads of one token, where the architecture does that. */
static void place_heads(const step *s, float *x, const float *norm, const float *angles, int heads)
{
    const model_shape *shape = &s->m->shape;
    int dim = shape->n_head_dim;
    for (int h = 0; h < heads && norm != NULL; h++) {
        s->m->kernels->rms_norm(x + h * dim, norm, dim, shape->norm_eps, x + h * dim);
    }
    if (shape->n_rot > 0) {
        rotate(x, angles, heads, dim, shape->traits->split_pairs);
    }
}

/* Where a head's keys begin in a page; its values follow them. */
static size_t head_at(const step *s, int kv)
{
    const model_shape *shape = &s->m->shape;
    return ((size_t)s->layer * (size_t)shape->n_kv + (size_t)kv) * 2 * STATE_PAGE * (size_t)shape->n_head_dim;
}

static void store(const step *s, const segment *g, int position, const float *k, const float *v)
{
    const model_shape *shape = &s->m->shape;
    size_t dim = (size_t)shape->n_head_dim, place = (size_t)position % STATE_PAGE;
    uint16_t half[1024];
    for (int h = 0; h < shape->n_kv; h++) {
        uint16_t *keys = g->sequence->state->own[position / STATE_PAGE] + head_at(s, h);
        s->m->kernels->store_f16(k + (size_t)h * dim, (int)dim, half);
        for (size_t d = 0; d < dim; d++) {
            keys[d * STATE_PAGE + place] = half[d];
        }
        s->m->kernels->store_f16(v + (size_t)h * dim, (int)dim, keys + (STATE_PAGE + place) * dim);
    }
}

/* Turns queries and keys and puts keys and values into the states. */
static void place_and_store(void *context, int begin, int end, int thread)
{
    step *s = context;
    const model_shape *shape = &s->m->shape;
    scratch *w = &s->m->scratch;
    const layer *l = &s->m->layers[s->layer];
    const segment *g = s->segments;
    (void)thread;
    for (int t = begin; t < end; t++) {
        while (t >= g->row + g->n) {
            g++;
        }
        const float *angles = w->angles + (size_t)t * (size_t)shape->n_rot;
        float *k = w->k + (size_t)t * w->kv_stride;
        place_heads(s, w->q + (size_t)t * w->q_stride, l->q_norm, angles, shape->n_head);
        place_heads(s, k, l->k_norm, angles, shape->n_kv);
        store(s, g, g->start + t - g->row, k, w->v + (size_t)t * w->kv_stride);
    }
}

/* Queries that share a key-value head go together, KERNEL_QUERIES at a time; items are (key-value head, block of them). */
static int query_blocks(const step *s, const segment *g)
{
    int queries = g->n * (s->m->shape.n_head / s->m->shape.n_kv);
    return (queries + KERNEL_QUERIES - 1) / KERNEL_QUERIES;
}

static void attend_block(step *s, const segment *g, int kv, int first, float *scratch_floats)
{
    const model_shape *shape = &s->m->shape;
    scratch *w = &s->m->scratch;
    const float *q[KERNEL_QUERIES];
    float *out[KERNEL_QUERIES], factor = 1.0f / __builtin_sqrtf((float)shape->n_head_dim);
    int n[KERNEL_QUERIES], m = 0, group = shape->n_head / shape->n_kv;
    for (; m < KERNEL_QUERIES && first + m < g->n * group; m++) {
        int t = (first + m) / group, h = kv * group + (first + m) % group;
        size_t dim = (size_t)shape->n_head_dim, row = (size_t)(g->row + t);
        q[m] = w->q + row * w->q_stride + (size_t)h * dim;
        out[m] = w->heads.x + (row * (size_t)shape->n_head + (size_t)h) * dim;
        n[m] = g->start + t + 1;
    }
    s->m->kernels->attend(q, out, n, m, g->sequence->state->pages, head_at(s, kv), shape->n_head_dim, factor, scratch_floats);
}

static void attend_items(void *context, int begin, int end, int thread)
{
    step *s = context;
    const segment *g = s->segments, *last = s->segments + s->n_segments - 1;
    for (int i = begin; i < end; i++) {
        while (g < last && i >= g[1].items) {
            g++;
        }
        int blocks = query_blocks(s, g), item = i - g->items;
        attend_block(s, g, item / blocks, item % blocks * KERNEL_QUERIES,
                     s->m->scratch.scores + (size_t)thread * s->m->scratch.score_size);
    }
}

static void quantise_heads(void *context, int begin, int end, int thread)
{
    step *s = context;
    (void)thread;
    activations_quantise(&s->m->scratch.heads, s->m->kernels, begin, end);
}

void step_attend(step *s)
{
    int items = 0;
    for (int i = 0; i < s->n_segments; i++) {
        s->segments[i].items = items;
        items += query_blocks(s, &s->segments[i]) * s->m->shape.n_kv;
    }
    step_over_rows(s, place_and_store);
    thread_pool_run(s->m->pool, items, 1, attend_items, s);
    step_over_rows(s, quantise_heads);
}
