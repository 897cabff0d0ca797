/* mapper.c: pooled state to coefficients to adapter weights to a GGUF adapter. All in float32. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/real.h"
#include "compiler/compiler.h"

/* Sixteen partial sums added up at the end: the order is fixed, and compilers can put them side by side. */
static float dot(const float *a, const float *b, size_t n)
{
    float part[16] = {0}, sum = 0;
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        for (int j = 0; j < 16; j++) {
            part[j] = part[j] + a[i + (size_t)j] * b[i + (size_t)j];
        }
    }
    for (; i < n; i++) {
        part[0] = part[0] + a[i] * b[i];
    }
    for (int j = 0; j < 16; j++) {
        sum = sum + part[j];
    }
    return sum;
}

typedef struct product {
    const gguf_tensor *weight, *bias; /* [rows][cols], [rows] */
    const float *x;
    float *y, *rows; /* rows: scratch, [threads][cols] */
} product;

static void product_rows(void *context, int begin, int end, int thread)
{
    const product *p = context;
    size_t cols = (size_t)p->weight->ne[0], size = format_size(p->weight->type, cols);
    float *row = p->rows + (size_t)thread * cols;
    for (int i = begin; i < end; i++) {
        format_dequantise(p->weight->type, p->weight->data + (size_t)i * size, row, cols);
        p->y[i] = p->y[i] + dot(row, p->x, cols);
    }
}

/* y = W x + b with the named tensors, expanded row by row. */
static paw_status affine(const paw_compiler *c, const char *weight, const char *bias, const float *x, float *y, paw_error *err)
{
    thread_pool *pool = model_pool(c->base->model);
    product p = {gguf_find_tensor(c->file, weight), gguf_find_tensor(c->file, bias), x, y, NULL};
    size_t cols = (size_t)p.weight->ne[0], rows = (size_t)p.weight->ne[1];
    p.rows = malloc((size_t)thread_pool_size(pool) * cols * sizeof *p.rows);
    if (p.rows == NULL) {
        return paw_fail_memory(err, cols * sizeof *p.rows);
    }
    format_dequantise(p.bias->type, p.bias->data, y, rows);
    thread_pool_run(pool, (int)rows, 64, product_rows, &p);
    free(p.rows);
    return PAW_OK;
}

paw_status compiler_coefficients(const paw_compiler *c, const float *h, float *coefficients, paw_error *err)
{
    if (c->n_base == 0) {
        return PAW_OK;
    }
    float *z = malloc(c->trunk_width * sizeof *z);
    if (z == NULL) {
        return paw_fail_memory(err, c->trunk_width * sizeof *z);
    }
    paw_status status = affine(c, "mapper.trunk.weight", "mapper.trunk.bias", h, z, err);
    for (uint32_t i = 0; i < c->trunk_width; i++) { /* GELU, exact */
        z[i] = (float)(0.5 * z[i] * (1.0 + real_erf(z[i] * 0.70710678118654752)));
    }
    if (status == PAW_OK) {
        status = affine(c, "mapper.coeff_head.weight", "mapper.coeff_head.bias", z, coefficients, err);
    }
    free(z);
    return status;
}

/* ---- bases to weights ---- */

enum { PIECE = 2048 }; /* values of a base that stay in the cache while all layers use them */

typedef struct combination {
    const paw_compiler *c;
    const gguf_tensor *bases;
    const float *coefficients;
    uint32_t module, part; /* part 0: A, 1: B */
    size_t values;         /* of one layer's matrix */
    float *out;            /* [n_layer][values], holding the static part */
    float *scratch;        /* [threads][n_base][PIECE] */
} combination;

static void combine_pieces(void *context, int begin, int end, int thread)
{
    const combination *k = context;
    const paw_compiler *c = k->c;
    float *bases = k->scratch + (size_t)thread * c->n_base * PIECE;
    for (int piece = begin; piece < end; piece++) {
        size_t first = (size_t)piece * PIECE, n = k->values - first < PIECE ? k->values - first : PIECE;
        for (uint32_t b = 0; b < c->n_base; b++) {
            size_t at = format_size(k->bases->type, (size_t)b * k->values + first);
            format_dequantise(k->bases->type, k->bases->data + at, bases + (size_t)b * PIECE, n);
        }
        for (uint32_t l = 0; l < c->n_layer; l++) {
            float *out = k->out + (size_t)l * k->values + first;
            for (uint32_t b = 0; b < c->n_base; b++) {
                float f = k->coefficients[(((size_t)l * c->n_modules + k->module) * c->n_base + b) * 2 + k->part];
                const float *base = bases + (size_t)b * PIECE;
                for (size_t i = 0; i < n; i++) {
                    out[i] = out[i] + f * base[i];
                }
            }
        }
    }
}

static paw_status combine(combination *k, paw_error *err)
{
    thread_pool *pool = model_pool(k->c->base->model);
    if (k->c->n_base == 0) {
        return PAW_OK;
    }
    size_t bytes = (size_t)thread_pool_size(pool) * k->c->n_base * PIECE * sizeof *k->scratch;
    k->scratch = malloc(bytes);
    if (k->scratch == NULL) {
        return paw_fail_memory(err, bytes);
    }
    thread_pool_run(pool, (int)((k->values + PIECE - 1) / PIECE), 1, combine_pieces, k);
    free(k->scratch);
    return PAW_OK;
}

/* The part of the weights that is the same for every program, or zeros. */
static paw_status static_part(const paw_compiler *c, model_module module, char part, size_t ne0, size_t ne1, float *out,
                              paw_error *err)
{
    for (uint32_t l = 0; l < c->n_layer; l++, out += ne0 * ne1) {
        char name[128];
        snprintf(name, sizeof name, "adapter.blk.%u.%s.weight.lora_%c", l, model_module_stem(module), part);
        const gguf_tensor *t = gguf_find_tensor(c->file, name);
        if (t == NULL) {
            memset(out, 0, ne0 * ne1 * sizeof *out);
        } else if (t->ne[0] != ne0 || t->ne[1] != ne1 || t->ne[2] != 1 || t->ne[3] != 1 || !format_of(t->type)->readable) {
            return paw_fail(err, PAW_ERR_FORMAT, gguf_name(c->file), "%s has another shape than [%zu, %zu] or an unknown format",
                            name, ne1, ne0);
        } else {
            format_dequantise(t->type, t->data, out, ne0 * ne1);
        }
    }
    return PAW_OK;
}

paw_status compiler_module_weights(paw_compiler *c, uint32_t module, const float *coefficients, float *a, float *b,
                                   paw_error *err)
{
    const compiler_module *m = &c->modules[module];
    const model_shape *shape = model_get_shape(c->base->model);
    size_t cols = (size_t)model_cols(shape, m->module), rows = (size_t)model_rows(shape, m->module);
    PAW_TRY(static_part(c, m->module, 'a', cols, c->rank, a, err));
    PAW_TRY(static_part(c, m->module, 'b', c->rank, rows, b, err));
    combination ka = {c, m->a_bases, coefficients, module, 0, cols * c->rank, a, NULL};
    combination kb = {c, m->b_bases, coefficients, module, 1, rows * c->rank, b, NULL};
    PAW_TRY(combine(&ka, err));
    return combine(&kb, err);
}

/* ---- the adapter file ---- */

typedef struct quantisation {
    const float *from;
    uint8_t *to;
    size_t row; /* values */
} quantisation;

static void quantise_rows(void *context, int begin, int end, int thread)
{
    const quantisation *q = context;
    size_t size = format_size(TENSOR_Q4_0, q->row);
    (void)thread;
    for (int i = begin; i < end; i++) {
        format_quantise(TENSOR_Q4_0, q->from + (size_t)i * q->row, q->to + (size_t)i * size, q->row);
    }
}

static void put_layers(paw_compiler *c, gguf_writer *w, model_module module, char part, const float *from, size_t ne0,
                       size_t ne1, uint8_t *scratch)
{
    quantisation q = {from, scratch, ne0};
    uint64_t ne[2] = {ne0, ne1};
    thread_pool_run(model_pool(c->base->model), (int)(ne1 * c->n_layer), 256, quantise_rows, &q);
    for (uint32_t l = 0; l < c->n_layer; l++) {
        char name[128];
        snprintf(name, sizeof name, "blk.%u.%s.weight.lora_%c", l, model_module_stem(module), part);
        gguf_put_tensor(w, name, TENSOR_Q4_0, 2, ne, scratch + format_size(TENSOR_Q4_0, ne0 * ne1) * l);
    }
}

/* A damaged compiler file must not become a program that no one can load: Q4_0 keeps values below the largest half. */
static paw_status check_weights(const paw_compiler *c, model_module module, const float *weights, size_t n, paw_error *err)
{
    bool sound = true;
    for (size_t i = 0; i < n; i++) {
        sound = sound && weights[i] > -65504.0f && weights[i] < 65504.0f;
    }
    if (!sound) {
        char where[280];
        snprintf(where, sizeof where, "%s: mapper.%s", gguf_name(c->file), model_module_stem(module));
        return paw_fail(err, PAW_ERR_FORMAT, where, "the weights that it gives are not finite: the compiler file is damaged");
    }
    return PAW_OK;
}

static paw_status put_module(paw_compiler *c, gguf_writer *w, model_module module, const lora_weights *weights, paw_error *err)
{
    const model *m = c->base->model;
    const model_shape *shape = model_get_shape(m);
    size_t cols = (size_t)model_cols(shape, module), rows = (size_t)model_rows(shape, module);
    size_t na = lora_count_a(m, weights, module), nb = lora_count_b(m, weights, module);
    PAW_TRY(check_weights(c, module, weights->a[module], na, err));
    PAW_TRY(check_weights(c, module, weights->b[module], nb, err));
    uint8_t *scratch = malloc(format_size(TENSOR_Q4_0, na > nb ? na : nb));
    if (scratch == NULL) {
        return paw_fail_memory(err, na > nb ? na : nb);
    }
    put_layers(c, w, module, 'a', weights->a[module], cols, c->rank, scratch);
    put_layers(c, w, module, 'b', weights->b[module], c->rank, rows, scratch);
    free(scratch);
    return PAW_OK;
}

paw_status compiler_weights(paw_compiler *c, const float *coefficients, lora_weights *out, paw_error *err)
{
    PAW_TRY(lora_weights_new(c->base->model, (int)c->rank, c->alpha / (float)c->rank, out, err));
    paw_status status = PAW_OK;
    for (uint32_t m = 0; m < c->n_modules && status == PAW_OK; m++) {
        model_module module = c->modules[m].module;
        status = compiler_module_weights(c, m, coefficients, out->a[module], out->b[module], err);
    }
    if (status != PAW_OK) {
        lora_weights_free(out);
    }
    return status;
}

paw_status compiler_adapter(paw_compiler *c, const lora_weights *weights, buffer *out, paw_error *err)
{
    gguf_writer *w;
    PAW_TRY(gguf_writer_new(&w, err));
    gguf_put_string(w, "general.architecture", c->architecture);
    gguf_put_string(w, "general.type", "adapter");
    gguf_put_string(w, "adapter.type", "lora");
    gguf_put_f32(w, "adapter.lora.alpha", c->alpha);
    paw_status status = PAW_OK;
    for (uint32_t m = 0; m < c->n_modules && status == PAW_OK; m++) {
        status = put_module(c, w, c->modules[m].module, weights, err);
    }
    if (status == PAW_OK) {
        status = gguf_writer_finish(w, out, err);
    }
    gguf_writer_free(w);
    return status;
}
