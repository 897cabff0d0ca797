/* adapter.c: LoRA adapters, laid out for the kernels. The weights stay apart from the model's: nothing is merged. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/internal.h"

enum { MAX_RANK = 1024 };

void adapter_free(adapter *a)
{
    if (a != NULL) {
        for (int i = 0; i < 3; i++) {
            activations_free(&a->low[i]);
        }
        free(a->pairs);
        free(a->memory);
        free(a);
    }
}

static paw_status check_part(const model *m, const adapter *a, const adapter_part *p, paw_error *err)
{
    int cols = model_cols(&m->shape, p->module);
    char where[96];
    snprintf(where, sizeof where, "adapter: blk.%d.%s", p->layer, model_module_stem(p->module));
    if (p->layer < 0 || p->layer >= a->n_layer) {
        return paw_fail(err, PAW_ERR_MISMATCH, where, "the base model has %d layers", a->n_layer);
    }
    if (!model_has(&m->shape, p->module)) {
        return paw_fail(err, PAW_ERR_MISMATCH, where, "architecture %s has no such linear layer", m->shape.architecture);
    }
    if (a->pairs[p->layer * MODEL_MODULES + p->module].a.kind != MATRIX_NONE) {
        return paw_fail(err, PAW_ERR_FORMAT, where, "the layer stands twice");
    }
    if (p->rank < 16 || p->rank > MAX_RANK || p->rank % 16 != 0) {
        return paw_fail(err, PAW_ERR_UNSUPPORTED, where, "rank %d; multiples of 16 up to %d are supported", p->rank,
                        MAX_RANK);
    }
    if (p->rank % (int)format_of(p->type_b)->block != 0 || cols % (int)format_of(p->type_a)->block != 0 || !format_of(p->type_a)->readable ||
        !format_of(p->type_b)->readable) {
        return paw_fail(err, PAW_ERR_UNSUPPORTED, where, "formats %s and %s at rank %d are not supported",
                        format_of(p->type_a)->name, format_of(p->type_b)->name, p->rank);
    }
    return PAW_OK;
}

static paw_status plan(const model *m, adapter *a, const adapter_part *parts, size_t n, float alpha, size_t *total,
                       paw_error *err)
{
    *total = 0;
    for (size_t i = 0; i < n; i++) {
        const adapter_part *p = &parts[i];
        PAW_TRY(check_part(m, a, p, err));
        adapter_pair *pair = &a->pairs[p->layer * MODEL_MODULES + p->module];
        pair->a = matrix_plan(p->type_a, p->rank, model_cols(&m->shape, p->module));
        pair->b = matrix_plan(p->type_b, model_rows(&m->shape, p->module), p->rank);
        pair->factor = alpha / (float)p->rank;
        *total += matrix_size(&pair->a) + matrix_size(&pair->b);
        a->max_rank = p->rank > a->max_rank ? p->rank : a->max_rank;
    }
    return PAW_OK;
}

static paw_status place(adapter *a, const adapter_part *p, uint8_t **at, paw_error *err)
{
    adapter_pair *pair = &a->pairs[p->layer * MODEL_MODULES + p->module];
    matrix *both[2] = {&pair->a, &pair->b};
    tensor_type types[2] = {p->type_a, p->type_b};
    const void *raw[2] = {p->a, p->b};
    for (int i = 0; i < 2; i++) {
        if (!matrix_prepare(both[i], types[i], raw[i], *at, 0, both[i]->groups)) {
            char where[96];
            snprintf(where, sizeof where, "adapter: blk.%d.%s.weight.lora_%c", p->layer, model_module_stem(p->module),
                     "ab"[i]);
            return paw_fail(err, PAW_ERR_FORMAT, where, "a value or a block's scale is not a finite number");
        }
        both[i]->data = *at;
        *at += matrix_size(both[i]);
    }
    return PAW_OK;
}

static paw_status build(const model *m, adapter *a, const adapter_part *parts, size_t n, float alpha, paw_error *err)
{
    size_t total;
    a->n_layer = m->shape.n_layer;
    a->pairs = calloc((size_t)a->n_layer * MODEL_MODULES, sizeof *a->pairs);
    if (a->pairs == NULL) {
        return paw_fail_memory(err, (size_t)a->n_layer * MODEL_MODULES * sizeof *a->pairs);
    }
    PAW_TRY(plan(m, a, parts, n, alpha, &total, err));
    a->memory = aligned_alloc(64, (total + 127) / 64 * 64);
    if (a->memory == NULL) {
        return paw_fail_memory(err, total);
    }
    uint8_t *at = a->memory;
    for (size_t i = 0; i < n; i++) {
        PAW_TRY(place(a, &parts[i], &at, err));
    }
    for (int i = 0; i < 3 && a->max_rank > 0; i++) {
        PAW_TRY(activations_new(MODEL_CHUNK, a->max_rank, &a->low[i], err));
    }
    return PAW_OK;
}

paw_status adapter_build(const model *m, const adapter_part *parts, size_t n, float alpha, adapter **out, paw_error *err)
{
    adapter *a = calloc(1, sizeof *a);
    if (a == NULL) {
        return paw_fail_memory(err, sizeof *a);
    }
    paw_status status = build(m, a, parts, n, alpha, err);
    if (status != PAW_OK) {
        adapter_free(a);
        return status;
    }
    *out = a;
    return PAW_OK;
}

/* ---- from a GGUF file ---- */

static paw_status expect_text(const gguf_file *file, const char *key, const char *wanted, paw_error *err)
{
    gguf_text text;
    PAW_TRY(gguf_get_text(file, key, &text, err));
    if (text.size != strlen(wanted) || memcmp(text.data, wanted, text.size) != 0) {
        char where[280];
        snprintf(where, sizeof where, "%s: %s", gguf_name(file), key);
        return paw_fail(err, PAW_ERR_MISMATCH, where, "is \"%.*s\"; \"%s\" is wanted", text.size > 60 ? 60 : (int)text.size,
                        text.data, wanted);
    }
    return PAW_OK;
}

static paw_status check_shape(const gguf_file *file, const gguf_tensor *t, uint64_t ne0, uint64_t ne1, paw_error *err)
{
    if (t->ne[0] == ne0 && t->ne[1] == ne1 && t->ne[2] == 1 && t->ne[3] == 1) {
        return PAW_OK;
    }
    char where[280];
    snprintf(where, sizeof where, "%s: %s", gguf_name(file), t->name);
    return paw_fail(err, PAW_ERR_MISMATCH, where,
                    "has shape [%llu, %llu], the base model wants [%llu, %llu]: the adapter is for another base",
                    (unsigned long long)t->ne[1], (unsigned long long)t->ne[0], (unsigned long long)ne1,
                    (unsigned long long)ne0);
}

/* Parses "blk.{i}.{stem}.weight.lora_a"; false for any other name. */
static bool parse_name(const char *name, int *layer, char *stem, size_t stem_size)
{
    int used = 0;
    char middle[64];
    if (sscanf(name, "blk.%d.%63[a-z_].weight.lora_a%n", layer, middle, &used) != 2 || used == 0 || name[used] != '\0') {
        return false;
    }
    snprintf(stem, stem_size, "%s", middle);
    return true;
}

static paw_status read_part(const model *m, const gguf_file *file, const gguf_tensor *a, adapter_part *out, paw_error *err)
{
    char stem[64], name[128], where[280];
    int layer, module;
    snprintf(where, sizeof where, "%s: %s", gguf_name(file), a->name);
    if (!parse_name(a->name, &layer, stem, sizeof stem) || (module = model_module_find(stem)) < 0 ||
        !model_has(&m->shape, (model_module)module)) {
        return paw_fail(err, PAW_ERR_MISMATCH, where, "no linear layer of the base model has this name");
    }
    if (layer < 0 || layer >= m->shape.n_layer) {
        return paw_fail(err, PAW_ERR_MISMATCH, where, "the base model has %d layers", m->shape.n_layer);
    }
    snprintf(name, sizeof name, "blk.%d.%s.weight.lora_b", layer, stem);
    const gguf_tensor *b = gguf_find_tensor(file, name);
    if (b == NULL) {
        return paw_fail(err, PAW_ERR_FORMAT, where, "its lora_b is missing");
    }
    uint64_t rank = a->ne[1];
    PAW_TRY(check_shape(file, a, (uint64_t)model_cols(&m->shape, (model_module)module), rank, err));
    PAW_TRY(check_shape(file, b, rank, (uint64_t)model_rows(&m->shape, (model_module)module), err));
    *out = (adapter_part){layer, (model_module)module, rank > MAX_RANK ? MAX_RANK + 1 : (int)rank, a->type, b->type, a->data,
                          b->data};
    return PAW_OK;
}

static bool ends_with(const char *name, const char *end)
{
    size_t n = strlen(name), k = strlen(end);
    return n >= k && strcmp(name + n - k, end) == 0;
}

static paw_status read_parts(const model *m, const gguf_file *file, adapter_part *parts, size_t *n, paw_error *err)
{
    size_t total = gguf_tensor_count(file), bs = 0;
    *n = 0;
    for (size_t i = 0; i < total; i++) {
        const gguf_tensor *t = gguf_tensor_at(file, i);
        if (ends_with(t->name, ".lora_b")) {
            bs++;
        } else {
            PAW_TRY(read_part(m, file, t, &parts[(*n)++], err));
        }
    }
    if (*n == 0 || bs != *n) {
        return paw_fail(err, PAW_ERR_FORMAT, gguf_name(file), "%zu lora_a and %zu lora_b tensors do not make pairs", *n, bs);
    }
    return PAW_OK;
}

paw_status adapter_read(const model *m, const gguf_file *file, adapter **out, paw_error *err)
{
    float alpha;
    size_t n = 0;
    PAW_TRY(expect_text(file, "general.architecture", m->shape.architecture, err));
    PAW_TRY(expect_text(file, "general.type", "adapter", err));
    PAW_TRY(expect_text(file, "adapter.type", "lora", err));
    PAW_TRY(gguf_get_f32(file, "adapter.lora.alpha", &alpha, err));
    if (!(alpha > 0 && alpha < 1e6f)) {
        return paw_fail(err, PAW_ERR_FORMAT, gguf_name(file), "adapter.lora.alpha %g is out of range", (double)alpha);
    }
    adapter_part *parts = calloc(gguf_tensor_count(file) + 1, sizeof *parts);
    if (parts == NULL) {
        return paw_fail_memory(err, gguf_tensor_count(file) * sizeof *parts);
    }
    paw_status status = read_parts(m, file, parts, &n, err);
    if (status == PAW_OK) {
        status = adapter_build(m, parts, n, alpha, out, err);
    }
    free(parts);
    return status;
}
