/*
 * forward.c: the forward pass of a decoder: norm, grouped-query attention, norm, feed-forward network. What an architecture
 * has of biases, norms of heads, RoPE or learned positions, SwiGLU or GELU stands in its traits (model.h).
 *
 * The tokens of all sequences go through the layers in chunks of rows. Each step is a parallel loop over outputs or rows;
 * which thread computes an element, and with how many others it is computed, changes nothing in it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/real.h"
#include "model/internal.h"

/* What only a single sequence can ask for: extra embeddings, taps, precision. */
typedef struct pass {
    const model_request *single; /* NULL: none of it */
    float *logits;               /* the next row to fill */
} pass;

static void set_norm(step *s, const float *weight, const float *bias)
{
    s->norm = weight;
    s->norm_bias = bias;
}

static void norm_rows(void *context, int begin, int end, int thread)
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
        step_linear(s, fused, (float *const[]){w->qkv}, 1, &w->embd, false);
    } else {
        step_linear(s, split, (float *const[]){w->q, w->k, w->v}, 3, &w->embd, false);
    }
    step_attend(s);
    step_linear(s, o, (float *const[]){w->x}, 1, &w->heads, true);
}

static void feed_forward(step *s)
{
    static const model_module gate_up[2] = {MODEL_GATE, MODEL_UP}, down[1] = {MODEL_DOWN};
    scratch *w = &s->m->scratch;
    if (model_has(&s->m->shape, MODEL_GATE)) {
        step_linear(s, gate_up, (float *const[]){w->gate, w->up}, 2, &w->embd, false);
    } else {
        step_linear(s, gate_up + 1, (float *const[]){w->up}, 1, &w->embd, false);
    }
    step_over_rows(s, activate);
    step_linear(s, down, (float *const[]){w->x}, 1, &w->ff, true);
}

static void run_layer(step *s, int layer_index)
{
    const layer *l = &s->m->layers[layer_index];
    s->layer = layer_index;
    set_norm(s, l->attn_norm, l->attn_norm_bias);
    step_over_rows(s, norm_rows);
    attend(s);
    set_norm(s, l->ffn_norm, l->ffn_norm_bias);
    step_over_rows(s, norm_rows);
    feed_forward(s);
}

/* ---- into the layers and out of them ---- */

static void embed(step *s, const segment *g, const float *extra)
{
    const model *m = s->m;
    size_t n = (size_t)m->shape.n_embd, row = format_size(m->embedding->type, n);
    for (int t = 0; t < g->n; t++) {
        float *x = m->scratch.x + (size_t)(g->row + t) * n;
        int32_t token = g->sequence->tokens[g->first + t];
        if (token < m->shape.n_vocab) {
            format_dequantise(m->embedding->type, m->embedding->data + (size_t)token * row, x, n);
        } else {
            memcpy(x, extra + (size_t)(token - m->shape.n_vocab) * n, n * sizeof *x);
        }
        if (m->positions != NULL) {
            m->kernels->add(x, m->positions + (size_t)(g->start + t) * n, (int)n);
        }
    }
}

static void make_angles(step *s, const segment *g)
{
    int half = s->m->shape.n_rot / 2;
    for (int t = 0; t < g->n; t++) {
        float *a = s->m->scratch.angles + (size_t)(g->row + t) * (size_t)half * 2;
        for (int i = 0; i < half; i++) {
            double sine, cosine;
            real_sincos((double)(g->start + t) * s->m->frequencies[i], &sine, &cosine);
            a[2 * i] = (float)cosine;
            a[2 * i + 1] = (float)sine;
        }
    }
}

/* Copies the residual stream of those of this chunk's tokens that are among the last n_tap of the request. */
static void tap(const step *s, const model_request *r, int slot, const float *from)
{
    size_t n = (size_t)s->m->shape.n_embd;
    for (int t = 0; t < s->n; t++) {
        int index = s->segments[0].first + t - (r->n - r->n_tap);
        if (index >= 0) {
            memcpy(r->taps + ((size_t)slot * (size_t)r->n_tap + (size_t)index) * n, from + (size_t)t * n, n * sizeof *from);
        }
    }
}

static void output_rows(void *context, int begin, int end, int thread)
{
    step *s = context;
    const product *p = &s->products[0];
    (void)thread;
    matrix_multiply(p->w, s->m->kernels, p->x, 0, p->n, begin, end, p->y, p->stride, false, 1.0f);
}

/* Moves the rows whose logits are asked for to the front; returns their number. */
static int gather(const step *s)
{
    size_t n = (size_t)s->m->shape.n_embd;
    float *x = s->m->scratch.x;
    int count = 0;
    for (int i = 0; i < s->n_segments; i++) {
        const segment *g = &s->segments[i];
        int first = g->sequence->n - g->sequence->n_logits - g->first;
        for (int t = first > 0 ? first : 0; t < g->n; t++, count++) {
            memmove(x + (size_t)count * n, x + (size_t)(g->row + t) * n, n * sizeof *x);
        }
    }
    return count;
}

/*
 * Logits of the rows asked for; nothing is computed for the others. A row costs the reading of the matrix more than the
 * arithmetic, so its activations keep 15 bits.
 */
static void compute_logits(step *s, pass *p)
{
    scratch *w = &s->m->scratch;
    int count = gather(s);
    if (count == 0) {
        return;
    }
    s->n = count;
    set_norm(s, s->m->output_norm, s->m->output_norm_bias);
    activations_set_planes(&w->embd, 2);
    step_over_rows(s, norm_rows);
    size_t n_vocab = (size_t)s->m->shape.n_vocab;
    s->products[0] = (product){&s->m->output, &w->embd, p->logits, n_vocab, 0, count, false, 1.0f, 0};
    thread_pool_run(s->m->pool, s->m->output.groups, 32, output_rows, s);
    p->logits += (size_t)count * n_vocab;
}

static void run_chunk(step *s, pass *p)
{
    const model_request *r = p->single;
    bool taps = r != NULL && r->taps != NULL && s->segments[0].first + s->n > r->n - r->n_tap;
    for (int i = 0; i < s->n_segments; i++) {
        embed(s, &s->segments[i], r != NULL ? r->extra : NULL);
        make_angles(s, &s->segments[i]);
    }
    for (int i = 0; i < s->m->shape.n_layer; i++) {
        run_layer(s, i);
        if (taps) {
            tap(s, r, i, s->m->scratch.x);
        }
    }
    if (taps) {
        set_norm(s, s->m->output_norm, s->m->output_norm_bias);
        step_over_rows(s, norm_rows);
        tap(s, r, s->m->shape.n_layer, s->m->scratch.embd.x);
    }
    compute_logits(s, p);
}

/* ---- sequences to chunks ---- */

/* Fills a chunk from token *first of sequence *at on, and moves both on. */
static void fill_chunk(step *s, const model_sequence *sequences, int count, int *at, int *first)
{
    s->n = s->n_segments = s->n_runs = 0;
    while (*at < count && s->n < MODEL_CHUNK) {
        const model_sequence *q = &sequences[*at];
        int left = q->n - *first, n = left < MODEL_CHUNK - s->n ? left : MODEL_CHUNK - s->n;
        if (n > 0) {
            s->segments[s->n_segments++] = (segment){q, s->n, n, q->state->length + *first, *first, 0};
            if (s->n_runs > 0 && s->runs[s->n_runs - 1].lora == q->lora) {
                s->runs[s->n_runs - 1].n += n;
            } else {
                s->runs[s->n_runs++] = (lora_run){q->lora, s->n, n};
            }
        }
        s->n += n;
        *first += n;
        if (*first == q->n) {
            *first = 0;
            *at += 1;
        }
    }
}

static paw_status check(const model *m, const model_sequence *q, int n_extra, paw_error *err)
{
    if (q->n > m->context - q->state->length) {
        return paw_fail(err, PAW_ERR_CONTEXT, NULL, "%d tokens after %d do not fit the context of %d tokens", q->n,
                        q->state->length, m->context);
    }
    for (int i = 0; i < q->n; i++) {
        if (q->tokens[i] < 0 || q->tokens[i] >= m->shape.n_vocab + n_extra) {
            return paw_fail(err, PAW_ERR_ARGUMENT, NULL, "token %d is not in the vocabulary of %d", q->tokens[i],
                            m->shape.n_vocab);
        }
    }
    return q->n_logits >= 0 && q->n_logits <= q->n
               ? PAW_OK
               : paw_fail(err, PAW_ERR_ARGUMENT, NULL, "logits of %d tokens asked for, %d given", q->n_logits, q->n);
}

static paw_status run(model *m, const model_sequence *sequences, int count, pass *p, paw_error *err)
{
    for (int i = 0; i < count; i++) {
        PAW_TRY(check(m, &sequences[i], p->single != NULL ? p->single->n_extra : 0, err));
    }
    for (int i = 0; i < count; i++) {
        PAW_TRY(state_make_room(sequences[i].state, sequences[i].n, err));
    }
    int planes = p->single != NULL && p->single->precise ? 2 : 1, at = 0, first = 0;
    /* Attention's results always keep 15 bits: their matrix is small, and rounding them to 8 costs most of what it gains
     * (docs/results.md). */
    activations_set_planes(&m->scratch.heads, 2);
    activations_set_planes(&m->scratch.ff, planes);
    step *s = &m->scratch.step;
    s->m = m;
    while (at < count) {
        activations_set_planes(&m->scratch.embd, planes); /* compute_logits changes it */
        fill_chunk(s, sequences, count, &at, &first);
        if (s->n > 0) {
            run_chunk(s, p);
        }
    }
    for (int i = 0; i < count; i++) {
        sequences[i].state->length += sequences[i].n;
    }
    return PAW_OK;
}

paw_status model_forward(model *m, model_state *state, const model_request *r, paw_error *err)
{
    int n_logits = r->logits == NULL ? 0 : r->n_logits == 0 && r->n > 0 ? 1 : r->n_logits;
    model_sequence sequence = {state, r->tokens, r->n, r->lora, n_logits};
    return run(m, &sequence, 1, &(pass){r, r->logits}, err);
}

paw_status model_forward_batch(model *m, const model_sequence *sequences, int count, float *logits, paw_error *err)
{
    return run(m, sequences, count, &(pass){NULL, logits}, err);
}
