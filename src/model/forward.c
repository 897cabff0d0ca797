/*
 * forward.c: the forward pass of a decoder: norm, grouped-query attention, norm, feed-forward network. What an architecture
 * has of biases, norms of heads, RoPE or learned positions, SwiGLU or GELU stands in its traits (model.h).
 *
 * Tokens go through the layers in chunks. Each step is a parallel loop over outputs or tokens; which thread computes an
 * element, and with how many others it is computed, changes nothing in it.
 */
#include <string.h>

#include "base/real.h"
#include "model/internal.h"

/* One matrix of a step, and what goes with it. */
typedef struct member {
    const matrix *w;
    const float *bias;        /* NULL: none */
    const adapter_pair *lora; /* NULL: none */
    float *y;                 /* [n][w->rows] */
} member;

typedef struct step {
    model *m;
    model_state *state;
    const adapter *lora;
    int n, start; /* tokens of this chunk, position of the first */
    int layer;
    const float *norm, *norm_bias;
    activations *in;
    member members[3];
    int count;
    bool add; /* members' results are added to y */
} step;

/* Runs `body` on the caller when there is little to do, else on all threads. */
static void over_tokens(step *s, thread_body body)
{
    if (s->n < 4) {
        body(s, 0, s->n, 0);
    } else {
        thread_pool_run(s->m->pool, s->n, 2, body, s);
    }
}

/* ---- linear layers ---- */

static void multiply_first(void *context, int begin, int end, int thread)
{
    step *s = context;
    (void)thread;
    for (int i = 0; i < s->count && begin < end; i++) {
        member *b = &s->members[i];
        const matrix *parts[2] = {b->w, b->lora != NULL ? &b->lora->a : NULL};
        for (int j = 0; j < 2; j++) {
            int groups = parts[j] != NULL ? parts[j]->groups : 0;
            if (begin < groups) {
                int stop = end < groups ? end : groups;
                float *y = j == 0 ? b->y : s->lora->low[i].x;
                size_t stride = j == 0 ? (size_t)b->w->rows : (size_t)parts[j]->rows;
                matrix_multiply(parts[j], s->m->kernels, s->in, s->n, begin, stop, y, stride, j == 0 && s->add, 1.0f);
                begin = stop;
            }
            begin -= groups;
            end -= groups;
            if (begin >= end) {
                return;
            }
        }
    }
}

static void multiply_second(void *context, int begin, int end, int thread)
{
    step *s = context;
    (void)thread;
    for (int i = 0; i < s->count && begin < end; i++) {
        member *b = &s->members[i];
        int groups = b->lora != NULL ? b->lora->b.groups : 0;
        if (begin < groups) {
            int stop = end < groups ? end : groups;
            matrix_multiply(&b->lora->b, s->m->kernels, &s->lora->low[i], s->n, begin, stop, b->y, (size_t)b->w->rows, true,
                            b->lora->factor);
            begin = stop;
        }
        begin -= groups;
        end -= groups;
    }
}

static void quantise_low(void *context, int begin, int end, int thread)
{
    step *s = context;
    (void)thread;
    for (int i = 0; i < s->count; i++) {
        if (s->members[i].lora != NULL && matrix_is_quantised(&s->members[i].lora->b)) {
            activations_quantise((activations *)&s->lora->low[i], s->m->kernels, begin, end);
        }
    }
}

static void add_biases(void *context, int begin, int end, int thread)
{
    step *s = context;
    (void)thread;
    for (int i = 0; i < s->count; i++) {
        const member *b = &s->members[i];
        for (int t = begin; t < end && b->bias != NULL; t++) {
            s->m->kernels->add(b->y + (size_t)t * (size_t)b->w->rows, b->bias, b->w->rows);
        }
    }
}

static int chunk_of(const step *s, int groups)
{
    int chunk = groups / (thread_pool_size(s->m->pool) * 8);
    return chunk < 1 ? 1 : chunk > 16 ? 16 : chunk;
}

/* y_i (+)= W_i x + factor B_i (A_i x) + bias_i for the members, which all read `in`. */
static void linear(step *s, activations *in, bool add)
{
    int first = 0, second = 0;
    s->in = in;
    s->add = add;
    for (int i = 0; i < s->count; i++) {
        member *b = &s->members[i];
        first += b->w->groups;
        if (b->lora != NULL && b->lora->a.kind == MATRIX_NONE) {
            b->lora = NULL;
        }
        if (b->lora != NULL) {
            first += b->lora->a.groups;
            second += b->lora->b.groups;
            activations *low = (activations *)&s->lora->low[i];
            low->in.cols = b->lora->b.cols;
            low->in.blocks = low->in.cols / KERNEL_BLOCK;
            low->in.planes = in->in.planes;
        }
    }
    thread_pool_run(s->m->pool, first, chunk_of(s, first), multiply_first, s);
    if (second > 0) {
        over_tokens(s, quantise_low);
        thread_pool_run(s->m->pool, second, chunk_of(s, second), multiply_second, s);
    }
    if (s->m->shape.traits->biases) {
        over_tokens(s, add_biases);
    }
}

static void set_members(step *s, const model_module *modules, float *const *y, int count)
{
    s->count = count;
    for (int i = 0; i < count; i++) {
        const adapter_pair *pair =
            s->lora != NULL ? &s->lora->pairs[s->layer * MODEL_MODULES + modules[i]] : NULL;
        const layer *l = &s->m->layers[s->layer];
        s->members[i] = (member){&l->w[modules[i]], l->bias[modules[i]], pair, y[i]};
    }
}

/* ---- what lies between them ---- */

static void set_norm(step *s, const float *weight, const float *bias)
{
    s->norm = weight;
    s->norm_bias = bias;
}

static void norm_tokens(void *context, int begin, int end, int thread)
{
    step *s = context;
    model *m = s->m;
    size_t n = (size_t)m->shape.n_embd;
    float eps = m->shape.norm_eps;
    (void)thread;
    for (int t = begin; t < end; t++) {
        const float *x = m->scratch.x + (size_t)t * n;
        float *y = m->scratch.embd.x + (size_t)t * n;
        if (s->norm_bias != NULL) {
            m->kernels->layer_norm(x, s->norm, s->norm_bias, (int)n, eps, y);
        } else {
            m->kernels->rms_norm(x, s->norm, (int)n, eps, y);
        }
    }
    activations_quantise(&m->scratch.embd, m->kernels, begin, end);
}

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

static uint16_t *keys_of(const step *s, int head)
{
    model_state *state = s->state;
    return state->data + (size_t)s->layer * state->layer_size + (size_t)head * state->k_head;
}

static uint16_t *values_of(const step *s, int head)
{
    model_state *state = s->state;
    return state->data + (size_t)s->layer * state->layer_size + (size_t)s->m->shape.n_kv * state->k_head +
           (size_t)head * state->v_head;
}

/* Turns queries and keys and puts keys and values into the state. */
static void place_and_store(void *context, int begin, int end, int thread)
{
    step *s = context;
    const model_shape *shape = &s->m->shape;
    scratch *w = &s->m->scratch;
    const layer *l = &s->m->layers[s->layer];
    size_t dim = (size_t)shape->n_head_dim;
    uint16_t half[1024];
    (void)thread;
    for (int t = begin; t < end; t++) {
        size_t position = (size_t)(s->start + t);
        const float *angles = w->angles + (size_t)t * (size_t)shape->n_rot;
        float *k = w->k + (size_t)t * w->kv_stride;
        const float *v = w->v + (size_t)t * w->kv_stride;
        place_heads(s, w->q + (size_t)t * w->q_stride, l->q_norm, angles, shape->n_head);
        place_heads(s, k, l->k_norm, angles, shape->n_kv);
        for (int h = 0; h < shape->n_kv; h++) {
            uint16_t *tile = keys_of(s, h) + position / LANES_OF_KEYS * dim * LANES_OF_KEYS + position % LANES_OF_KEYS;
            s->m->kernels->store_f16(k + (size_t)h * dim, (int)dim, half);
            for (size_t d = 0; d < dim; d++) {
                tile[d * LANES_OF_KEYS] = half[d];
            }
            s->m->kernels->store_f16(v + (size_t)h * dim, (int)dim, values_of(s, h) + position * dim);
        }
    }
}

/* Queries that share a key-value head go together, KERNEL_QUERIES at a time; items are (key-value head, block of them). */
static int query_blocks(const step *s)
{
    int queries = s->n * (s->m->shape.n_head / s->m->shape.n_kv);
    return (queries + KERNEL_QUERIES - 1) / KERNEL_QUERIES;
}

static void attend_block(step *s, int kv, int first, float *scratch_floats)
{
    const model_shape *shape = &s->m->shape;
    scratch *w = &s->m->scratch;
    const float *q[KERNEL_QUERIES];
    float *out[KERNEL_QUERIES], factor = 1.0f / __builtin_sqrtf((float)shape->n_head_dim);
    int n[KERNEL_QUERIES], m = 0, group = shape->n_head / shape->n_kv;
    for (; m < KERNEL_QUERIES && first + m < s->n * group; m++) {
        int t = (first + m) / group, h = kv * group + (first + m) % group;
        size_t dim = (size_t)shape->n_head_dim;
        q[m] = w->q + (size_t)t * w->q_stride + (size_t)h * dim;
        out[m] = w->heads.x + ((size_t)t * (size_t)shape->n_head + (size_t)h) * dim;
        n[m] = s->start + t + 1;
    }
    s->m->kernels->attend(q, out, n, m, keys_of(s, kv), values_of(s, kv), shape->n_head_dim, factor, scratch_floats);
}

static void attend_heads(void *context, int begin, int end, int thread)
{
    step *s = context;
    int blocks = query_blocks(s);
    for (int i = begin; i < end; i++) {
        attend_block(s, i / blocks, i % blocks * KERNEL_QUERIES, s->m->scratch.scores + (size_t)thread * s->m->scratch.score_size);
    }
}

static void quantise_heads(void *context, int begin, int end, int thread)
{
    step *s = context;
    (void)thread;
    activations_quantise(&s->m->scratch.heads, s->m->kernels, begin, end);
}

static void activate(void *context, int begin, int end, int thread)
{
    step *s = context;
    scratch *w = &s->m->scratch;
    size_t n = (size_t)s->m->shape.n_ff;
    (void)thread;
    for (int t = begin; t < end; t++) {
        const float *up = w->up + (size_t)t * n;
        float *y = w->ff.x + (size_t)t * n;
        if (model_has(&s->m->shape, MODEL_GATE)) {
            s->m->kernels->swiglu(w->gate + (size_t)t * n, up, (int)n, y);
        } else {
            s->m->kernels->gelu(up, (int)n, y);
        }
    }
    activations_quantise(&w->ff, s->m->kernels, begin, end);
}

static void attend(step *s)
{
    static const model_module split[3] = {MODEL_Q, MODEL_K, MODEL_V}, fused[1] = {MODEL_QKV}, o[1] = {MODEL_O};
    scratch *w = &s->m->scratch;
    if (model_has(&s->m->shape, MODEL_QKV)) {
        set_members(s, fused, (float *const[]){w->qkv}, 1);
    } else {
        set_members(s, split, (float *const[]){w->q, w->k, w->v}, 3);
    }
    linear(s, &w->embd, false);
    over_tokens(s, place_and_store);
    thread_pool_run(s->m->pool, query_blocks(s) * s->m->shape.n_kv, 1, attend_heads, s);
    over_tokens(s, quantise_heads);
    set_members(s, o, (float *const[]){w->x}, 1);
    linear(s, &w->heads, true);
}

static void feed_forward(step *s)
{
    static const model_module gate_up[2] = {MODEL_GATE, MODEL_UP}, down[1] = {MODEL_DOWN};
    scratch *w = &s->m->scratch;
    if (model_has(&s->m->shape, MODEL_GATE)) {
        set_members(s, gate_up, (float *const[]){w->gate, w->up}, 2);
    } else {
        set_members(s, gate_up + 1, (float *const[]){w->up}, 1);
    }
    linear(s, &w->embd, false);
    over_tokens(s, activate);
    set_members(s, down, (float *const[]){w->x}, 1);
    linear(s, &w->ff, true);
}

static void run_layer(step *s, int layer_index)
{
    const layer *l = &s->m->layers[layer_index];
    s->layer = layer_index;
    set_norm(s, l->attn_norm, l->attn_norm_bias);
    over_tokens(s, norm_tokens);
    attend(s);
    set_norm(s, l->ffn_norm, l->ffn_norm_bias);
    over_tokens(s, norm_tokens);
    feed_forward(s);
}

/* ---- the whole ---- */

static void embed(step *s, const model_request *r, const int32_t *tokens)
{
    const model *m = s->m;
    size_t n = (size_t)m->shape.n_embd, row = format_size(m->embedding->type, n);
    for (int t = 0; t < s->n; t++) {
        float *x = m->scratch.x + (size_t)t * n;
        if (tokens[t] < m->shape.n_vocab) {
            format_dequantise(m->embedding->type, m->embedding->data + (size_t)tokens[t] * row, x, n);
        } else {
            memcpy(x, r->extra + (size_t)(tokens[t] - m->shape.n_vocab) * n, n * sizeof *x);
        }
        if (m->positions != NULL) {
            m->kernels->add(x, m->positions + (size_t)(s->start + t) * n, (int)n);
        }
    }
}

static void make_angles(step *s)
{
    int half = s->m->shape.n_rot / 2;
    for (int t = 0; t < s->n; t++) {
        float *a = s->m->scratch.angles + (size_t)t * (size_t)half * 2;
        for (int i = 0; i < half; i++) {
            double sine, cosine;
            real_sincos((double)(s->start + t) * s->m->frequencies[i], &sine, &cosine);
            a[2 * i] = (float)cosine;
            a[2 * i + 1] = (float)sine;
        }
    }
}

/* Copies the residual stream of those of this chunk's tokens that are among the last n_tap of the request. */
static void tap(const step *s, const model_request *r, int chunk_first, int slot, const float *from)
{
    size_t n = (size_t)s->m->shape.n_embd;
    for (int t = 0; t < s->n; t++) {
        int index = chunk_first + t - (r->n - r->n_tap);
        if (index >= 0) {
            memcpy(r->taps + ((size_t)slot * (size_t)r->n_tap + (size_t)index) * n, from + (size_t)t * n, n * sizeof *from);
        }
    }
}

static void output_rows(void *context, int begin, int end, int thread)
{
    step *s = context;
    (void)thread;
    matrix_multiply(&s->m->output, s->m->kernels, s->in, 1, begin, end, s->members[0].y, 0, false, 1.0f);
}

/*
 * Logits of the chunk's last token: its row is moved to the front, so that nothing is computed for the others. One token
 * costs the reading of the matrix, not the arithmetic, so its activations keep 15 bits.
 */
static void compute_logits(step *s, float *logits)
{
    scratch *w = &s->m->scratch;
    size_t n = (size_t)s->m->shape.n_embd;
    memmove(w->x, w->x + (size_t)(s->n - 1) * n, n * sizeof *w->x);
    s->n = 1;
    set_norm(s, s->m->output_norm, s->m->output_norm_bias);
    activations_set_planes(&w->embd, 2);
    norm_tokens(s, 0, 1, 0);
    s->in = &w->embd;
    s->members[0].y = logits;
    thread_pool_run(s->m->pool, s->m->output.groups, 32, output_rows, s);
}

static void run_chunk(step *s, const model_request *r, int first)
{
    bool taps = r->taps != NULL && first + s->n > r->n - r->n_tap;
    embed(s, r, r->tokens + first);
    make_angles(s);
    for (int i = 0; i < s->m->shape.n_layer; i++) {
        run_layer(s, i);
        if (taps) {
            tap(s, r, first, i, s->m->scratch.x);
        }
    }
    if (taps) {
        set_norm(s, s->m->output_norm, s->m->output_norm_bias);
        over_tokens(s, norm_tokens);
        tap(s, r, first, s->m->shape.n_layer, s->m->scratch.embd.x);
    }
    if (r->logits != NULL && first + s->n == r->n) {
        compute_logits(s, r->logits);
    }
}

static paw_status check(const model *m, const model_state *state, const model_request *r, paw_error *err)
{
    if (r->n > m->context - state->length) {
        return paw_fail(err, PAW_ERR_CONTEXT, NULL, "%d tokens after %d do not fit the context of %d tokens", r->n,
                        state->length, m->context);
    }
    for (int i = 0; i < r->n; i++) {
        if (r->tokens[i] < 0 || r->tokens[i] >= m->shape.n_vocab + r->n_extra) {
            return paw_fail(err, PAW_ERR_ARGUMENT, NULL, "token %d is not in the vocabulary of %d", r->tokens[i],
                            m->shape.n_vocab);
        }
    }
    return PAW_OK;
}

paw_status model_forward(model *m, model_state *state, const model_request *r, paw_error *err)
{
    PAW_TRY(check(m, state, r, err));
    int planes = r->precise ? 2 : 1;
    /* Attention's results always keep 15 bits: their matrix is small, and rounding them to 8 costs most of what it gains
     * (docs/results.md). */
    activations_set_planes(&m->scratch.heads, 2);
    activations_set_planes(&m->scratch.ff, planes);
    for (int first = 0; first < r->n; first += MODEL_CHUNK) {
        step s = {.m = m, .state = state, .lora = r->lora, .start = state->length};
        activations_set_planes(&m->scratch.embd, planes); /* compute_logits changes it */
        s.n = r->n - first < MODEL_CHUNK ? r->n - first : MODEL_CHUNK;
        int length = state->length + s.n;
        run_chunk(&s, r, first);
        state->length = length;
    }
    return PAW_OK;
}
