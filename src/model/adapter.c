/* adapter.c: LoRA adapters, laid out for the kernels. The weights stay apart from the model's: nothing is merged. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/internal.h"
#include "model/state.h"

enum { MAX_RANK = 1024 };

void adapter_free(adapter *a)
{
    if (a != NULL) {
        for (int i = 0; i < 3; i++) {
            activations_free(&a->low[i]);
        }
        free(a->pairs);
        free(a->parts);
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

/* Plans the pairs of the adapter's parts, and their places in its data. */
static paw_status plan(const model *m, adapter *a, paw_error *err)
{
    a->n_layer = m->shape.n_layer;
    a->pairs = calloc((size_t)a->n_layer * MODEL_MODULES, sizeof *a->pairs);
    if (a->pairs == NULL) {
        return paw_fail_memory(err, (size_t)a->n_layer * MODEL_MODULES * sizeof *a->pairs);
    }
    for (size_t i = 0; i < a->n_parts; i++) {
        const adapter_part *p = &a->parts[i];
        PAW_TRY(check_part(m, a, p, err));
        adapter_pair *pair = &a->pairs[p->layer * MODEL_MODULES + p->module];
        pair->a = matrix_plan(p->type_a, p->rank, model_cols(&m->shape, p->module));
        pair->b = matrix_plan(p->type_b, model_rows(&m->shape, p->module), p->rank);
        pair->factor = a->alpha / (float)p->rank;
        a->size += matrix_size(&pair->a) + matrix_size(&pair->b);
        a->max_rank = p->rank > a->max_rank ? p->rank : a->max_rank;
    }
    for (int i = 0; i < 3 && a->max_rank > 0; i++) {
        PAW_TRY(activations_new(MODEL_CHUNK, a->max_rank, &a->low[i], err));
    }
    return PAW_OK;
}

/* Points the pairs' matrices into the data. */
static void point(adapter *a)
{
    const uint8_t *at = a->data;
    for (size_t i = 0; i < a->n_parts; i++) {
        adapter_pair *pair = &a->pairs[a->parts[i].layer * MODEL_MODULES + a->parts[i].module];
        pair->a.data = at;
        pair->b.data = at + matrix_size(&pair->a);
        at = pair->b.data + matrix_size(&pair->b);
    }
}

typedef struct layout_job {
    const adapter *a;
    const adapter_part *parts;
    bool *sound; /* [2 n_parts] */
} layout_job;

/* Items: matrix A of part 0, its B, A of part 1, ... */
static void lay_out(void *context, int begin, int end, int thread)
{
    layout_job *job = context;
    (void)thread;
    for (int i = begin; i < end; i++) {
        const adapter_part *p = &job->parts[i / 2];
        const adapter_pair *pair = &job->a->pairs[p->layer * MODEL_MODULES + p->module];
        const matrix *w = i % 2 == 0 ? &pair->a : &pair->b;
        uint8_t *dst = job->a->memory + (w->data - job->a->data);
        job->sound[i] = matrix_prepare(w, i % 2 == 0 ? p->type_a : p->type_b, i % 2 == 0 ? p->a : p->b, dst, 0, w->groups);
    }
}

static paw_status fill(const model *m, adapter *a, const adapter_part *parts, paw_error *err)
{
    layout_job job = {a, parts, calloc(2 * a->n_parts + 1, sizeof *job.sound)};
    if (job.sound == NULL) {
        return paw_fail_memory(err, 2 * a->n_parts);
    }
    paw_status status = PAW_OK;
    thread_pool_run(m->pool, (int)(2 * a->n_parts), 1, lay_out, &job);
    for (size_t i = 0; i < 2 * a->n_parts && status == PAW_OK; i++) {
        if (!job.sound[i]) {
            char where[96];
            const adapter_part *p = &parts[i / 2];
            snprintf(where, sizeof where, "adapter: blk.%d.%s.weight.lora_%c", p->layer, model_module_stem(p->module),
                     "ab"[i % 2]);
            status = paw_fail(err, PAW_ERR_FORMAT, where, "a value or a block's scale is not a finite number");
        }
    }
    free(job.sound);
    return status;
}

/* An adapter with its parts planned; without data yet. */
static paw_status new_planned(const model *m, const adapter_part *parts, size_t n, float alpha, adapter **out, paw_error *err)
{
    adapter *a = calloc(1, sizeof *a);
    if (a == NULL || (a->parts = calloc(n + 1, sizeof *a->parts)) == NULL) {
        free(a);
        return paw_fail_memory(err, sizeof *a + n * sizeof *a->parts);
    }
    a->n_parts = n;
    a->alpha = alpha;
    for (size_t i = 0; i < n; i++) {
        a->parts[i] = parts[i];
        a->parts[i].a = a->parts[i].b = NULL;
    }
    paw_status status = plan(m, a, err);
    if (status != PAW_OK) {
        adapter_free(a);
        return status;
    }
    *out = a;
    return PAW_OK;
}

paw_status adapter_build(const model *m, const adapter_part *parts, size_t n, float alpha, adapter **out, paw_error *err)
{
    adapter *a;
    PAW_TRY(new_planned(m, parts, n, alpha, &a, err));
    a->memory = aligned_alloc(64, (a->size + 127) / 64 * 64);
    a->data = a->memory;
    paw_status status = a->memory == NULL ? paw_fail_memory(err, a->size) : PAW_OK;
    if (status == PAW_OK) {
        point(a);
        status = fill(m, a, parts, err);
    }
    if (status != PAW_OK) {
        adapter_free(a);
        return status;
    }
    *out = a;
    return PAW_OK;
}

/* ---- packed ---- */

enum { PACKED_ALIGN = 64 };

typedef struct packed_part {
    int32_t layer, module, rank, type_a, type_b;
} packed_part;

typedef struct packed_head {
    uint64_t size; /* of the whole */
    uint32_t n_parts;
    float alpha;
} packed_head;

static size_t data_at(size_t n_parts)
{
    size_t n = sizeof(packed_head) + n_parts * sizeof(packed_part);
    return (n + PACKED_ALIGN - 1) / PACKED_ALIGN * PACKED_ALIGN;
}

size_t adapter_packed_size(const adapter *a)
{
    return data_at(a->n_parts) + a->size;
}

void adapter_pack(const adapter *a, void *out)
{
    uint8_t *p = out;
    packed_head head = {adapter_packed_size(a), (uint32_t)a->n_parts, a->alpha};
    memset(p, 0, data_at(a->n_parts));
    memcpy(p, &head, sizeof head);
    for (size_t i = 0; i < a->n_parts; i++) {
        const adapter_part *from = &a->parts[i];
        packed_part part = {from->layer, (int32_t)from->module, from->rank, (int32_t)from->type_a, (int32_t)from->type_b};
        memcpy(p + sizeof head + i * sizeof part, &part, sizeof part);
    }
    memcpy(p + data_at(a->n_parts), a->data, a->size);
}

static bool unpack_part(const uint8_t *p, adapter_part *out)
{
    packed_part part;
    memcpy(&part, p, sizeof part);
    *out = (adapter_part){part.layer, (model_module)part.module, part.rank, (tensor_type)part.type_a,
                          (tensor_type)part.type_b, NULL, NULL};
    return part.module >= 0 && part.module < MODEL_MODULES && format_of(out->type_a) != NULL && format_of(out->type_b) != NULL;
}

paw_status adapter_attach(const model *m, const void *data, size_t size, adapter **out, paw_error *err)
{
    packed_head head = {0};
    size_t most = (size_t)m->shape.n_layer * MODEL_MODULES;
    if (size >= sizeof head) {
        memcpy(&head, data, sizeof head);
    }
    if (head.size != size || head.n_parts > most || data_at(head.n_parts) > size) {
        return paw_fail(err, PAW_ERR_FORMAT, "packed adapter", "sizes that do not fit each other");
    }
    adapter_part *parts = calloc((size_t)head.n_parts + 1, sizeof *parts);
    bool sound = parts != NULL;
    for (size_t i = 0; i < head.n_parts && sound; i++) {
        sound = unpack_part((const uint8_t *)data + sizeof head + i * sizeof(packed_part), &parts[i]);
    }
    adapter *a = NULL;
    paw_status status = sound ? new_planned(m, parts, head.n_parts, head.alpha, &a, err)
                              : paw_fail(err, PAW_ERR_FORMAT, "packed adapter", "an unknown layer or format");
    free(parts);
    if (status == PAW_OK && adapter_packed_size(a) != size) {
        status = paw_fail(err, PAW_ERR_FORMAT, "packed adapter", "sizes that do not fit each other");
    }
    if (status != PAW_OK) {
        adapter_free(a);
        return status;
    }
    a->data = (const uint8_t *)data + data_at(head.n_parts);
    point(a);
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
