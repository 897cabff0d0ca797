/* model.c: opening a model: weights by name, scratch memory, states. Not for: computing with them (forward.c). */
#include "model/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/real.h"
#include "model/internal.h"

static float *floats(size_t n)
{
    return aligned_alloc(64, (n * sizeof(float) + 63) / 64 * 64);
}

static paw_status find_matrix(const model *m, const char *name, int rows, int cols, const gguf_tensor **out,
                              paw_error *err)
{
    char where[280];
    const gguf_tensor *t = gguf_find_tensor(m->file, name);
    snprintf(where, sizeof where, "%s: %s", gguf_name(m->file), name);
    if (t == NULL) {
        return paw_fail(err, PAW_ERR_FORMAT, where, "the tensor is missing");
    }
    if (t->ne[0] != (uint64_t)cols || t->ne[1] != (uint64_t)rows || t->ne[2] != 1 || t->ne[3] != 1) {
        return paw_fail(err, PAW_ERR_FORMAT, where, "has shape [%llu, %llu]; the hyperparameters want [%d, %d]",
                        (unsigned long long)t->ne[1], (unsigned long long)t->ne[0], rows, cols);
    }
    if (!format_of(t->type)->readable) {
        return paw_fail(err, PAW_ERR_UNSUPPORTED, where, "block format %s is not supported", format_of(t->type)->name);
    }
    *out = t;
    return PAW_OK;
}

/* Reads the tensor blk.{layer}.{stem} (or, with a negative layer, {stem}) of rows times cols floats to *at, which moves on. */
static paw_status read_vector(const model *m, int layer, const char *stem, int rows, int cols, float **at, const float **out,
                              paw_error *err)
{
    const gguf_tensor *t;
    char name[64];
    size_t n = (size_t)rows * (size_t)cols;
    snprintf(name, sizeof name, layer < 0 ? "%.0d%s" : "blk.%d.%s", layer < 0 ? 0 : layer, stem);
    PAW_TRY(find_matrix(m, name, rows, cols, &t, err));
    format_dequantise(t->type, t->data, *at, n);
    for (size_t i = 0; i < n; i++) {
        if (!isfinite((*at)[i])) {
            char where[280];
            snprintf(where, sizeof where, "%s: %s", gguf_name(m->file), name);
            return paw_fail(err, PAW_ERR_FORMAT, where, "a value is not a finite number; fetch the file again");
        }
    }
    *out = *at;
    *at += n;
    return PAW_OK;
}

/* A norm's weight and, for LayerNorm, its bias. */
static paw_status read_norm(const model *m, int layer, const char *stem, float **at, const float **weight, const float **bias,
                            paw_error *err)
{
    char name[32];
    snprintf(name, sizeof name, "%s.weight", stem);
    PAW_TRY(read_vector(m, layer, name, 1, m->shape.n_embd, at, weight, err));
    snprintf(name, sizeof name, "%s.bias", stem);
    return m->shape.traits->layer_norm ? read_vector(m, layer, name, 1, m->shape.n_embd, at, bias, err) : PAW_OK;
}

static paw_status read_layer_vectors(model *m, int i, float **at, paw_error *err)
{
    const model_shape *s = &m->shape;
    layer *l = &m->layers[i];
    PAW_TRY(read_norm(m, i, "attn_norm", at, &l->attn_norm, &l->attn_norm_bias, err));
    PAW_TRY(read_norm(m, i, "ffn_norm", at, &l->ffn_norm, &l->ffn_norm_bias, err));
    if (s->traits->head_norm) {
        PAW_TRY(read_vector(m, i, "attn_q_norm.weight", 1, s->n_head_dim, at, &l->q_norm, err));
        PAW_TRY(read_vector(m, i, "attn_k_norm.weight", 1, s->n_head_dim, at, &l->k_norm, err));
    }
    for (int j = 0; j < MODEL_MODULES && s->traits->biases; j++) {
        char name[32];
        if (model_has(s, (model_module)j)) {
            snprintf(name, sizeof name, "%s.bias", model_module_stem((model_module)j));
            PAW_TRY(read_vector(m, i, name, 1, model_rows(s, (model_module)j), at, &l->bias[j], err));
        }
    }
    return PAW_OK;
}

static paw_status read_vectors(model *m, paw_error *err)
{
    const model_shape *s = &m->shape;
    size_t embd = (size_t)s->n_embd, per_layer = 4 * embd + 2 * (size_t)s->n_head_dim;
    for (int j = 0; j < MODEL_MODULES && s->traits->biases; j++) {
        per_layer += model_has(s, (model_module)j) ? (size_t)model_rows(s, (model_module)j) : 0;
    }
    size_t positions = s->traits->learned_positions ? (size_t)s->n_ctx_train * embd : 0;
    size_t n = per_layer * (size_t)s->n_layer + 2 * embd + positions;
    if (positions > 0) { /* the size is believed only when the tensor has it */
        const gguf_tensor *t;
        PAW_TRY(find_matrix(m, "position_embd.weight", s->n_ctx_train, s->n_embd, &t, err));
    }
    float *at = m->vectors = floats(n);
    if (at == NULL) {
        return paw_fail_memory(err, n * sizeof *at);
    }
    for (int i = 0; i < s->n_layer; i++) {
        PAW_TRY(read_layer_vectors(m, i, &at, err));
    }
    PAW_TRY(read_norm(m, -1, "output_norm", &at, &m->output_norm, &m->output_norm_bias, err));
    return positions == 0 ? PAW_OK
                          : read_vector(m, -1, "position_embd.weight", s->n_ctx_train, s->n_embd, &at, &m->positions, err);
}

/* A bias that the forward pass does not add would make it wrong without a word: refuse it. */
static paw_status refuse_bias(const model *m, int layer, model_module module, paw_error *err)
{
    char name[64], where[280];
    snprintf(name, sizeof name, "blk.%d.%s.bias", layer, model_module_stem(module));
    if (m->shape.traits->biases || gguf_find_tensor(m->file, name) == NULL) {
        return PAW_OK;
    }
    snprintf(where, sizeof where, "%s: %s", gguf_name(m->file), name);
    return paw_fail(err, PAW_ERR_UNSUPPORTED, where, "biases are not supported with architecture %s", m->shape.architecture);
}

static paw_status find_weights(model *m, weight_source *sources, size_t *count, paw_error *err)
{
    const model_shape *s = &m->shape;
    size_t n = 0;
    for (int i = 0; i < s->n_layer; i++) {
        for (int j = 0; j < MODEL_MODULES; j++) {
            if (!model_has(s, (model_module)j)) {
                continue;
            }
            char name[64];
            int rows = model_rows(s, (model_module)j), cols = model_cols(s, (model_module)j);
            snprintf(name, sizeof name, "blk.%d.%s.weight", i, model_module_stem((model_module)j));
            PAW_TRY(find_matrix(m, name, rows, cols, &sources[n].tensor, err));
            PAW_TRY(refuse_bias(m, i, (model_module)j, err));
            m->layers[i].w[j] = matrix_plan(sources[n].tensor->type, rows, cols);
            sources[n++].target = &m->layers[i].w[j];
        }
    }
    /* Without an output matrix the embeddings serve as one. */
    const char *output = gguf_find_tensor(m->file, "output.weight") != NULL ? "output.weight" : "token_embd.weight";
    PAW_TRY(find_matrix(m, output, s->n_vocab, s->n_embd, &sources[n].tensor, err));
    m->output = matrix_plan(sources[n].tensor->type, s->n_vocab, s->n_embd);
    sources[n++].target = &m->output;
    *count = n;
    return PAW_OK;
}

static paw_status load_weights(model *m, paw_error *err)
{
    size_t n = (size_t)m->shape.n_layer * MODEL_MODULES + 1;
    weight_source *sources = calloc(n, sizeof *sources);
    m->layers = calloc((size_t)m->shape.n_layer, sizeof *m->layers);
    if (sources == NULL || m->layers == NULL) {
        free(sources);
        return paw_fail_memory(err, n * sizeof *sources);
    }
    paw_status status = find_weights(m, sources, &n, err);
    if (status == PAW_OK) {
        status = prepared_load(m, sources, n, err);
    }
    free(sources);
    return status == PAW_OK ? read_vectors(m, err) : status;
}

static paw_status new_scratch(model *m, paw_error *err)
{
    const model_shape *s = &m->shape;
    scratch *w = &m->scratch;
    size_t chunk = MODEL_CHUNK, kv = (size_t)(s->n_kv * s->n_head_dim), heads = (size_t)(s->n_head * s->n_head_dim);
    size_t span = ((size_t)m->context + 15) / 16 * 16;
    w->x = floats(chunk * (size_t)s->n_embd);
    w->out = floats(chunk * (size_t)s->n_embd);
    w->qkv = floats(chunk * (heads + 2 * kv));
    w->gate = floats(chunk * (size_t)s->n_ff);
    w->up = floats(chunk * (size_t)s->n_ff);
    w->angles = floats(chunk * (size_t)s->n_rot + 1);
    w->score_size = KERNEL_QUERIES * ((size_t)s->n_head_dim + span);
    w->scores = floats((size_t)thread_pool_size(m->pool) * w->score_size);
    if (w->x == NULL || w->out == NULL || w->qkv == NULL || w->gate == NULL ||
        w->up == NULL || w->angles == NULL || w->scores == NULL) {
        return paw_fail_memory(err, chunk * (size_t)(s->n_embd + s->n_ff) * 8);
    }
    bool fused = model_has(s, MODEL_QKV);
    w->q = w->qkv;
    w->k = w->q + (fused ? heads : chunk * heads);
    w->v = w->k + (fused ? kv : chunk * kv);
    w->q_stride = fused ? heads + 2 * kv : heads;
    w->kv_stride = fused ? heads + 2 * kv : kv;
    PAW_TRY(activations_new(MODEL_CHUNK, s->n_embd, &w->embd, err));
    PAW_TRY(activations_new(MODEL_CHUNK, (int)heads, &w->heads, err));
    return activations_new(MODEL_CHUNK, s->n_ff, &w->ff, err);
}

static paw_status new_frequencies(model *m, paw_error *err)
{
    int n = m->shape.n_rot / 2;
    if (n == 0) {
        return PAW_OK;
    }
    m->frequencies = malloc((size_t)n * sizeof *m->frequencies);
    if (m->frequencies == NULL) {
        return paw_fail_memory(err, (size_t)n * sizeof *m->frequencies);
    }
    double step = real_log(m->shape.rope_base) * -2.0 / m->shape.n_rot;
    for (int i = 0; i < n; i++) {
        m->frequencies[i] = real_exp(step * i);
    }
    return PAW_OK;
}

static paw_status choose_context(model *m, int wanted, paw_error *err)
{
    int most = m->shape.n_ctx_train;
    if (wanted != 0 && (wanted < 64 || wanted > most)) {
        return paw_fail(err, PAW_ERR_ARGUMENT, "context", "%d tokens asked for; this model takes 64 to %d", wanted, most);
    }
    m->context = wanted != 0 ? wanted : most < 2048 ? most : 2048;
    return PAW_OK;
}

static paw_status open_parts(model *m, const char *path, const model_options *options, paw_error *err)
{
    if (options->cache_dir != NULL && (m->cache_dir = strdup(options->cache_dir)) == NULL) {
        return paw_fail_memory(err, strlen(options->cache_dir));
    }
    PAW_TRY(gguf_open(path, &m->file, err));
    PAW_TRY(shape_read(m->file, &m->shape, err));
    PAW_TRY(choose_context(m, options->context, err));
    m->embedding = gguf_find_tensor(m->file, "token_embd.weight");
    if (m->embedding == NULL || m->embedding->ne[1] > INT32_MAX / 2) {
        return paw_fail(err, PAW_ERR_FORMAT, path, "the tensor token_embd.weight is missing or too large");
    }
    m->shape.n_vocab = (int)m->embedding->ne[1];
    PAW_TRY(find_matrix(m, "token_embd.weight", m->shape.n_vocab, m->shape.n_embd, &m->embedding, err));
    PAW_TRY(thread_pool_new(options->threads, &m->pool, err));
    PAW_TRY(load_weights(m, err));
    PAW_TRY(new_frequencies(m, err));
    return new_scratch(m, err);
}

paw_status model_open(const char *path, const model_options *options, model **out, paw_error *err)
{
    static const model_options defaults = {0};
    model *m = calloc(1, sizeof *m);
    if (m == NULL) {
        return paw_fail_memory(err, sizeof *m);
    }
    options = options != NULL ? options : &defaults;
    m->kernels = options->kernels != NULL ? options->kernels : kernels_best();
    paw_status status = open_parts(m, path, options, err);
    if (status != PAW_OK) {
        model_close(m);
        return status;
    }
    *out = m;
    return PAW_OK;
}

void model_close(model *m)
{
    if (m == NULL) {
        return;
    }
    scratch *w = &m->scratch;
    float *buffers[] = {w->x, w->out, w->qkv, w->gate, w->up, w->angles, w->scores, m->vectors};
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++) {
        free(buffers[i]);
    }
    activations_free(&w->embd);
    activations_free(&w->heads);
    activations_free(&w->ff);
    free(m->frequencies);
    free(m->cache_dir);
    free(m->layers);
    free(m->memory);
    file_map_close(&m->prepared);
    thread_pool_free(m->pool);
    gguf_close(m->file);
    free(m);
}

const model_shape *model_get_shape(const model *m)
{
    return &m->shape;
}

const gguf_file *model_get_file(const model *m)
{
    return m->file;
}

int model_context(const model *m)
{
    return m->context;
}

const kernel_set *model_kernels(const model *m)
{
    return m->kernels;
}

thread_pool *model_pool(model *m)
{
    return m->pool;
}
