/*
 * gradient.c: a lesson through the model and back: the engine's forward pass for what goes into each block, the loss at the
 * output matrix, then block after block from the last to the first.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/real.h"
#include "model/gradient_internal.h"
#include "tensor/vec.h"

enum { VOCABULARY_PIECE = 1024, TARGET_PIECE = 32 }; /* rows of the output matrix, and targets, worked on at a time */

/* ---- weights ---- */

size_t lora_count_a(const model *m, const lora_weights *w, model_module module)
{
    return (size_t)m->shape.n_layer * (size_t)w->rank * (size_t)model_cols(&m->shape, module);
}

size_t lora_count_b(const model *m, const lora_weights *w, model_module module)
{
    return (size_t)m->shape.n_layer * (size_t)w->rank * (size_t)model_rows(&m->shape, module);
}

void lora_weights_free(lora_weights *w)
{
    for (int i = 0; i < MODEL_MODULES; i++) {
        free(w->a[i]);
        free(w->b[i]);
    }
    memset(w, 0, sizeof *w);
}

paw_status lora_weights_new(const model *m, int rank, float factor, lora_weights *out, paw_error *err)
{
    memset(out, 0, sizeof *out);
    out->rank = rank;
    out->factor = factor;
    for (int i = 0; i < MODEL_MODULES; i++) {
        model_module module = (model_module)i;
        if (!model_has(&m->shape, module)) {
            continue;
        }
        out->a[i] = calloc(lora_count_a(m, out, module), sizeof(float));
        out->b[i] = calloc(lora_count_b(m, out, module), sizeof(float));
        if (out->a[i] == NULL || out->b[i] == NULL) {
            size_t wanted = lora_count_a(m, out, module) * sizeof(float);
            lora_weights_free(out);
            return paw_fail_memory(err, wanted);
        }
    }
    return PAW_OK;
}

static void set_zero(const model *m, lora_weights *w)
{
    for (int i = 0; i < MODEL_MODULES; i++) {
        if (w->a[i] != NULL) {
            memset(w->a[i], 0, lora_count_a(m, w, (model_module)i) * sizeof(float));
            memset(w->b[i], 0, lora_count_b(m, w, (model_module)i) * sizeof(float));
        }
    }
}

/* The weights as an adapter of the engine's. */
static paw_status make_adapter(const model *m, const lora_weights *w, adapter **out, paw_error *err)
{
    adapter_part *parts = calloc((size_t)m->shape.n_layer * MODEL_MODULES, sizeof *parts);
    size_t n = 0, rank = (size_t)w->rank;
    if (parts == NULL) {
        return paw_fail_memory(err, (size_t)m->shape.n_layer * MODEL_MODULES * sizeof *parts);
    }
    for (int l = 0; l < m->shape.n_layer; l++) {
        for (int i = 0; i < MODEL_MODULES; i++) {
            model_module module = (model_module)i;
            if (w->a[i] != NULL) {
                const float *a = w->a[i] + (size_t)l * rank * (size_t)model_cols(&m->shape, module);
                const float *b = w->b[i] + (size_t)l * rank * (size_t)model_rows(&m->shape, module);
                parts[n++] = (adapter_part){l, module, w->rank, TENSOR_F32, TENSOR_F32, a, b};
            }
        }
    }
    paw_status status = adapter_build(m, parts, n, w->factor * (float)w->rank, out, err);
    free(parts);
    return status;
}

/* ---- memory of a pass ---- */

int lesson_size(const lesson *l)
{
    int n = l->n_prefix;
    for (int i = 0; i < l->n_items; i++) {
        n += l->items[i].n - 1;
    }
    return n;
}

static int most_cols(const model_shape *s)
{
    int heads = s->n_head * s->n_head_dim, most = s->n_embd > s->n_ff ? s->n_embd : s->n_ff;
    return heads > most ? heads : most;
}

static size_t most_strips(const gradient_pass *p)
{
    const model_shape *s = &p->m->shape;
    size_t widest = (size_t)most_cols(s), most = widest * (size_t)s->n_embd;
    size_t heads = (size_t)(s->n_head * s->n_head_dim) * (size_t)s->n_embd;
    size_t padded = (size_t)attention_padded(p) * (size_t)s->n_head_dim;
    size_t sizes[] = {heads, padded, widest * (size_t)p->rows, widest * (size_t)p->weights->rank, (size_t)VOCABULARY_PIECE * (size_t)s->n_embd};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        most = sizes[i] > most ? sizes[i] : most;
    }
    return most;
}

static bool take(float **out, size_t n)
{
    *out = aligned_alloc(64, (n * sizeof **out + 63) / 64 * 64);
    return *out != NULL;
}

static paw_status take_memory(gradient_pass *p, paw_error *err)
{
    const model_shape *s = &p->m->shape;
    size_t rows = (size_t)p->rows, n = (size_t)s->n_embd, ff = (size_t)s->n_ff, wide = (size_t)(s->n_head * s->n_head_dim);
    size_t narrow = (size_t)(s->n_kv * s->n_head_dim), rank = (size_t)p->weights->rank, most = (size_t)most_cols(s);
    size_t padded = (size_t)attention_padded(p), head = padded * (size_t)s->n_head_dim, tall = most > padded ? most : padded;
    p->begin = malloc(rows * sizeof *p->begin);
    bool sound = p->begin != NULL && take(&p->angles, rows * (size_t)s->n_rot) && take(&p->x, (size_t)s->n_layer * rows * n) &&
                 take(&p->up, rows * n) && take(&p->middle, rows * n) && take(&p->q, rows * wide) && take(&p->k, rows * narrow) &&
                 take(&p->v, rows * narrow) && take(&p->gate, rows * ff) && take(&p->ff_up, rows * ff) && take(&p->ff, rows * ff) &&
                 take(&p->dq, rows * wide) && take(&p->dk, rows * narrow) && take(&p->dv, rows * narrow) &&
                 take(&p->dheads, rows * wide) && take(&p->dh, rows * n) && take(&p->dgate, rows * ff) && take(&p->dff_up, rows * ff) &&
                 take(&p->dff, rows * ff) && take(&p->low, MODEL_MODULES * rows * rank) && take(&p->dlow, rows * rank) && take(&p->turned, rows * tall) &&
                 take(&p->strips, most_strips(p)) && take(&p->line, (size_t)thread_pool_size(p->m->pool) * most) &&
                 take(&p->seen, rows * padded) && take(&p->dseen, rows * padded) && take(&p->head_q, head) && take(&p->head_k, head) &&
                 take(&p->head_v, head) && take(&p->head_d, head) && take(&p->head_out, head);
    if (!sound) {
        return paw_fail_memory(err, (size_t)s->n_layer * rows * n * sizeof(float));
    }
    PAW_TRY(activations_new(p->rows, s->n_embd, &p->h, err));
    PAW_TRY(activations_new(p->rows, s->n_head * s->n_head_dim, &p->heads, err));
    activations_set_planes(&p->heads, 2); /* as in the engine's own passes */
    return PAW_OK;
}

static void give_memory(gradient_pass *p)
{
    float *all[] = {p->angles, p->x,  p->up, p->middle, p->q,      p->k,   p->v,   p->gate, p->ff_up,  p->ff,     p->dq,  p->dk,
                    p->dv,     p->dh, p->dheads, p->dgate, p->dff_up, p->dff, p->low, p->dlow, p->turned, p->strips, p->line, p->seen,
                    p->dseen, p->head_q, p->head_k, p->head_v, p->head_d, p->head_out};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        free(all[i]);
    }
    free(p->begin);
    activations_free(&p->h);
    activations_free(&p->heads);
}

/* ---- forward ---- */

typedef struct forward_room {
    model_state *state;
    adapter *lora;
    float *taps;   /* [n_layer + 1][most tokens of a piece][n_embd] */
    float *normed; /* [targets][n_embd]: what the output matrix multiplies */
    int32_t *wanted; /* [targets] */
    float *weight;   /* [targets] */
    int *from;       /* [targets]: row that the target is predicted from */
    int n_targets;
} forward_room;

static void set_places(gradient_pass *p, int row, int n, int begin, int position)
{
    int half = p->m->shape.n_rot / 2;
    for (int t = 0; t < n; t++) {
        p->begin[row + t] = begin;
        for (int i = 0; i < half; i++) {
            double sine, cosine;
            real_sincos((double)(position + t) * p->m->frequencies[i], &sine, &cosine);
            p->angles[((size_t)(row + t) * (size_t)half + (size_t)i) * 2] = (float)cosine;
            p->angles[((size_t)(row + t) * (size_t)half + (size_t)i) * 2 + 1] = (float)sine;
        }
    }
}

/* Computes tokens behind the state's and keeps what goes into each block for rows [row, row + n); the taps stay. */
static paw_status forward_piece(gradient_pass *p, forward_room *f, const int32_t *tokens, int n, int row, paw_error *err)
{
    model *m = p->m;
    size_t width = (size_t)m->shape.n_embd, size = (size_t)n * width;
    model_request r = {.tokens = tokens, .n = n, .lora = f->lora, .taps = f->taps, .n_tap = n};
    PAW_TRY(model_forward(m, f->state, &r, err));
    for (int t = 0; t < n; t++) {
        format_dequantise(m->embedding->type, m->embedding->data + (size_t)tokens[t] * format_size(m->embedding->type, width),
                          p->x + (size_t)(row + t) * width, width);
    }
    for (int l = 1; l < m->shape.n_layer; l++) {
        memcpy(p->x + ((size_t)l * (size_t)p->rows + (size_t)row) * width, f->taps + (size_t)(l - 1) * size, size * sizeof(float));
    }
    /* `up` holds what comes out of the last block until the loss has been had of it */
    memcpy(p->up + (size_t)row * width, f->taps + (size_t)(m->shape.n_layer - 1) * size, size * sizeof(float));
    return PAW_OK;
}

static void keep_targets(gradient_pass *p, forward_room *f, const lesson_item *item, int row)
{
    size_t width = (size_t)p->m->shape.n_embd;
    int n = item->n - 1, first = item->n - item->n_output;
    const float *normed = f->taps + (size_t)p->m->shape.n_layer * (size_t)n * width;
    for (int i = first; i < item->n; i++) {
        memcpy(f->normed + (size_t)f->n_targets * width, normed + (size_t)(i - 1) * width, width * sizeof(float));
        f->wanted[f->n_targets] = item->tokens[i];
        f->weight[f->n_targets] = 1.0f / __builtin_sqrtf((float)item->n_output);
        f->from[f->n_targets++] = row + i - 1;
    }
}

static paw_status forward(gradient_pass *p, forward_room *f, const lesson *l, paw_error *err)
{
    int row = l->n_prefix;
    PAW_TRY(forward_piece(p, f, l->prefix, l->n_prefix, 0, err));
    set_places(p, 0, l->n_prefix, 0, 0);
    for (int i = 0; i < l->n_items; i++) {
        const lesson_item *item = &l->items[i];
        PAW_TRY(forward_piece(p, f, item->tokens, item->n - 1, row, err));
        keep_targets(p, f, item, row);
        set_places(p, row, item->n - 1, row, l->n_prefix);
        model_state_truncate(f->state, l->n_prefix);
        row += item->n - 1;
    }
    return PAW_OK;
}

/* ---- loss ---- */

typedef struct softmax {
    const float *logits; /* [n][n_vocab] */
    float most[TARGET_PIECE], scale[TARGET_PIECE]; /* largest logit; weight over the sum of e^(logit - most) */
    int n;
    float *d; /* [n][VOCABULARY_PIECE] */
} softmax;

/* dlogits of vocabulary [first, first + k) for the piece's targets. Registers read and write over a row's end: the next row follows. */
static void loss_piece(const softmax *s, const int32_t *wanted, const float *weight, int n_vocab, int first, int k)
{
    for (int i = 0; i < s->n; i++) {
        const float *from = s->logits + (size_t)i * (size_t)n_vocab + first;
        float *to = s->d + (size_t)i * (size_t)k;
        for (int j = 0; j < k; j += WIDTH) {
            v_store(to + j, v_exp(v_load(from + j) - v_set(s->most[i])) * v_set(s->scale[i]));
        }
        if (wanted[i] >= first && wanted[i] < first + k) {
            to[wanted[i] - first] = to[wanted[i] - first] - weight[i];
        }
    }
}

typedef struct output_product {
    gradient_pass *p;
    const activations *x;
    int n;
    float *logits;
} output_product;

static void multiply_output(void *context, int begin, int end, int thread)
{
    const output_product *o = context;
    const matrix *w = &o->p->m->output;
    (void)thread;
    matrix_multiply(w, o->p->m->kernels, o->x, 0, o->n, begin, end, o->logits, (size_t)w->rows, false, 1.0f);
}

/* Logits of the piece's targets, what a softmax needs of them, and their part of the loss. */
static void measure(gradient_pass *p, const activations *x, softmax *s, float *logits, const int32_t *wanted, const float *weight,
                    double *loss)
{
    output_product o = {p, x, s->n, logits};
    size_t n_vocab = (size_t)p->m->shape.n_vocab;
    thread_pool_run(p->m->pool, p->m->output.groups, 32, multiply_output, &o);
    for (int i = 0; i < s->n; i++) {
        const float *row = logits + (size_t)i * n_vocab;
        float most = row[0];
        for (size_t v = 1; v < n_vocab; v++) {
            most = row[v] > most ? row[v] : most;
        }
        float sum = p->m->kernels->sum_exp(row, (int)n_vocab, most);
        s->most[i] = most;
        s->scale[i] = weight[i] / sum;
        *loss += (double)weight[i] * (log((double)sum) - (double)(row[wanted[i]] - most));
    }
}

static const gguf_tensor *output_tensor(const model *m)
{
    const gguf_tensor *t = gguf_find_tensor(m->file, "output.weight");
    return t != NULL ? t : m->embedding;
}

/* One piece of the targets: dnormed [n][n_embd]. `x` holds their normed rows. */
static void targets_backward(gradient_pass *p, const activations *x, softmax *s, float *logits, const int32_t *wanted,
                             const float *weight, float *dnormed, double *loss)
{
    int n_vocab = p->m->shape.n_vocab, width = p->m->shape.n_embd;
    measure(p, x, s, logits, wanted, weight, loss);
    s->logits = logits;
    for (int first = 0; first < n_vocab; first += VOCABULARY_PIECE) {
        int k = n_vocab - first < VOCABULARY_PIECE ? n_vocab - first : VOCABULARY_PIECE;
        loss_piece(s, wanted, weight, n_vocab, first, k);
        floats_pack_tensor(p, output_tensor(p->m), first, k, width);
        floats_multiply(p, s->d, s->n, k, width, dnormed, first > 0, 1.0f);
    }
}

/* From what comes out of the last block, which `up` holds, to its gradient, in `up` again. */
static paw_status output_backward(gradient_pass *p, const forward_room *f, double *loss, paw_error *err)
{
    size_t width = (size_t)p->m->shape.n_embd, n_vocab = (size_t)p->m->shape.n_vocab;
    float *last = p->dh, *dnormed = NULL; /* dh is free until the blocks come */
    softmax s = {0};
    activations x = {0};
    float *logits = NULL;
    paw_status status = activations_new(TARGET_PIECE, (int)width, &x, err);
    if (status == PAW_OK && !(take(&logits, TARGET_PIECE * n_vocab + LANES) && take(&s.d, TARGET_PIECE * VOCABULARY_PIECE + LANES) &&
                              take(&dnormed, TARGET_PIECE * width))) {
        status = paw_fail_memory(err, TARGET_PIECE * n_vocab * sizeof(float));
    }
    memcpy(last, p->up, (size_t)p->rows * width * sizeof *last);
    memset(p->up, 0, (size_t)p->rows * width * sizeof *last);
    for (int first = 0; first < f->n_targets && status == PAW_OK; first += TARGET_PIECE) {
        s.n = f->n_targets - first < TARGET_PIECE ? f->n_targets - first : TARGET_PIECE;
        memcpy(x.x, f->normed + (size_t)first * width, (size_t)s.n * width * sizeof(float));
        activations_set_planes(&x, 2);
        activations_quantise(&x, p->m->kernels, 0, s.n);
        targets_backward(p, &x, &s, logits, f->wanted + first, f->weight + first, dnormed, loss);
        for (int i = 0; i < s.n; i++) {
            size_t row = (size_t)f->from[first + i] * width;
            norm_backward(last + row, p->m->output_norm, dnormed + (size_t)i * width, (int)width, p->m->shape.norm_eps, p->up + row);
        }
    }
    free(logits);
    free(s.d);
    free(dnormed);
    activations_free(&x);
    return status;
}

/* ---- the whole ---- */

bool model_has_gradient(const model *m)
{
    const model_traits *t = m->shape.traits;
    return model_has(&m->shape, MODEL_GATE) && model_has(&m->shape, MODEL_Q) && !t->layer_norm && !t->biases && !t->head_norm &&
           !t->learned_positions && m->shape.n_rot == m->shape.n_head_dim;
}

static paw_status check(const model *m, const lesson *l, paw_error *err)
{
    if (!model_has_gradient(m)) {
        return paw_fail(err, PAW_ERR_UNSUPPORTED, gguf_name(m->file), "no gradient for models of architecture %s", m->shape.architecture);
    }
    bool sound = l->n_prefix > 0 && l->n_items > 0;
    for (int i = 0; i < l->n_items && sound; i++) {
        sound = l->items[i].n_output > 0 && l->items[i].n_output < l->items[i].n;
        for (int t = 0; t < l->items[i].n && sound; t++) {
            sound = l->items[i].tokens[t] >= 0 && l->items[i].tokens[t] < m->shape.n_vocab;
        }
        if (sound && l->n_prefix + l->items[i].n > m->context) {
            return paw_fail(err, PAW_ERR_CONTEXT, "examples", "%d tokens do not fit the context of %d", l->n_prefix + l->items[i].n,
                            m->context);
        }
    }
    return sound ? PAW_OK : paw_fail(err, PAW_ERR_ARGUMENT, "examples", "each wants an input and an output behind a prompt");
}

static paw_status take_room(const gradient_pass *p, const lesson *l, forward_room *f, paw_error *err)
{
    size_t width = (size_t)p->m->shape.n_embd, most = (size_t)l->n_prefix, targets = 0;
    for (int i = 0; i < l->n_items; i++) {
        most = (size_t)l->items[i].n > most ? (size_t)l->items[i].n : most;
        targets += (size_t)l->items[i].n_output;
    }
    f->wanted = malloc(targets * sizeof *f->wanted);
    f->from = malloc(targets * sizeof *f->from);
    if (!take(&f->taps, (size_t)(p->m->shape.n_layer + 1) * most * width) || !take(&f->normed, targets * width) ||
        !take(&f->weight, targets) || f->wanted == NULL || f->from == NULL) {
        return paw_fail_memory(err, (size_t)p->m->shape.n_layer * most * width * sizeof(float));
    }
    PAW_TRY(model_state_new(p->m, &f->state, err));
    return make_adapter(p->m, p->weights, &f->lora, err);
}

static void give_room(forward_room *f)
{
    model_state_free(f->state);
    adapter_free(f->lora);
    free(f->taps);
    free(f->normed);
    free(f->wanted);
    free(f->weight);
    free(f->from);
}

paw_status model_gradient(model *m, const lesson *l, const lora_weights *weights, lora_weights *gradient, double *loss,
                          paw_error *err)
{
    PAW_TRY(check(m, l, err));
    gradient_pass p = {.m = m, .weights = weights, .gradient = gradient, .rows = lesson_size(l), .prefix = l->n_prefix};
    forward_room f = {0};
    double sum = 0;
    set_zero(m, gradient);
    paw_status status = take_memory(&p, err);
    if (status == PAW_OK) {
        status = take_room(&p, l, &f, err);
    }
    if (status == PAW_OK) {
        status = forward(&p, &f, l, err);
    }
    if (status == PAW_OK) {
        status = output_backward(&p, &f, &sum, err);
    }
    for (int i = m->shape.n_layer - 1; i >= 0 && status == PAW_OK; i--) {
        block_backward(&p, i);
    }
    give_room(&f);
    give_memory(&p);
    if (loss != NULL) {
        *loss = sum;
    }
    return status;
}
