/* load.c: opening a compiler file and checking it against its base. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/utf8.h"
#include "compiler/compiler.h"
#include "compiler/template.h"
#include "function/bundle.h"
#include "model/state.h"

#define KEY(name) "paw-compiler." name

/* Fits the validation specs of the compiler of 2026-11-28, whose file says nothing of it (docs/typed-functions.md). */
static const float CHOICE_TEMPERATURE = 3.5f;

static paw_status fail_key(const paw_compiler *c, paw_error *err, paw_status status, const char *key, const char *what)
{
    char where[280];
    snprintf(where, sizeof where, "%s: %s", gguf_name(c->file), key);
    return paw_fail(err, status, where, "%s", what);
}

static paw_status read_u32(paw_compiler *c, const char *key, uint32_t low, uint32_t high, uint32_t *out, paw_error *err)
{
    PAW_TRY(gguf_get_u32(c->file, key, out, err));
    if (*out < low || *out > high) {
        char what[96];
        snprintf(what, sizeof what, "%" PRIu32 " is out of range (%" PRIu32 " to %" PRIu32 ")", *out, low, high);
        return fail_key(c, err, PAW_ERR_FORMAT, key, what);
    }
    return PAW_OK;
}

static paw_status read_strings(paw_compiler *c, paw_error *err)
{
    const struct {
        const char *key;
        char **out;
    } strings[] = {
        {KEY("snapshot"), &c->snapshot},
        {KEY("interpreter.runtime_id"), &c->runtime_id},
        {KEY("interpreter.name"), &c->interpreter},
        {KEY("interpreter.architecture"), &c->architecture},
        {KEY("pseudo.strategy"), &c->strategy},
        {KEY("pseudo.template"), &c->pseudo_template},
        {KEY("pseudo.examples_header"), &c->examples_header},
        {KEY("pseudo.example"), &c->example_template},
        {KEY("encode.template"), &c->encode_template},
        {KEY("prompt.template"), &c->prompt_template},
    };
    for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++) {
        PAW_TRY(gguf_get_string(c->file, strings[i].key, strings[i].out, err));
        size_t size = strlen(*strings[i].out);
        if (utf8_valid_length(*strings[i].out, size) != size) {
            return fail_key(c, err, PAW_ERR_FORMAT, strings[i].key, "the text is not UTF-8");
        }
    }
    if (strcmp(c->strategy, "template") != 0) {
        return fail_key(c, err, PAW_ERR_UNSUPPORTED, KEY("pseudo.strategy"), "only \"template\" is supported");
    }
    return PAW_OK;
}

static paw_status check_places(paw_compiler *c, paw_error *err)
{
    const struct {
        const char *key, *text, *place;
        int least;
    } places[] = {
        {KEY("pseudo.template"), c->pseudo_template, "{spec}", 1},
        {KEY("pseudo.template"), c->pseudo_template, "{examples}", 1},
        {KEY("pseudo.example"), c->example_template, "{input}", 1},
        {KEY("pseudo.example"), c->example_template, "{output}", 1},
        {KEY("encode.template"), c->encode_template, "{pseudo}", 1},
        {KEY("encode.template"), c->encode_template, "{spec}", 0},
        {KEY("prompt.template"), c->prompt_template, "{pseudo}", 1},
        {KEY("prompt.template"), c->prompt_template, BUNDLE_PLACEHOLDER, 1},
    };
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        int n = template_count(places[i].text, places[i].place);
        if (n < places[i].least || n > 1) {
            char what[96];
            snprintf(what, sizeof what, "%s stands in it %d times; once is wanted", places[i].place, n);
            return fail_key(c, err, PAW_ERR_FORMAT, places[i].key, what);
        }
    }
    return PAW_OK;
}

/* Before all else: a later version may lack keys that this one wants. */
static paw_status check_version(paw_compiler *c, paw_error *err)
{
    uint32_t version;
    PAW_TRY(gguf_get_u32(c->file, KEY("format_version"), &version, err));
    return version == 1 ? PAW_OK
                        : fail_key(c, err, PAW_ERR_UNSUPPORTED, KEY("format_version"),
                                   "only version 1 is supported: update paw");
}

static paw_status read_numbers(paw_compiler *c, paw_error *err)
{
    const model_shape *shape = model_get_shape(c->base->model);
    PAW_TRY(read_u32(c, KEY("interpreter.block_count"), 1, 512, &c->n_layer, err));
    PAW_TRY(read_u32(c, KEY("prefix_count"), 1, 256, &c->n_prefix, err));
    PAW_TRY(read_u32(c, KEY("rank"), 32, 256, &c->rank, err));
    PAW_TRY(read_u32(c, KEY("base_count"), 0, 1024, &c->n_base, err));
    PAW_TRY(read_u32(c, KEY("encoder.lora_rank"), 0, 1024, &c->encoder_rank, err));
    PAW_TRY(gguf_get_f32(c->file, KEY("alpha"), &c->alpha, err));
    PAW_TRY(gguf_get_f32(c->file, KEY("pool.rms_eps"), &c->rms_eps, err));
    if (gguf_has(c->file, KEY("choices.spec"))) {
        PAW_TRY(gguf_get_string(c->file, KEY("choices.spec"), &c->choices_spec, err));
    }
    PAW_TRY(gguf_get_f32_or(c->file, KEY("choice_temperature"), CHOICE_TEMPERATURE, &c->choice_temperature, err));
    if (!(c->choice_temperature >= 0.01f && c->choice_temperature <= 100)) {
        return fail_key(c, err, PAW_ERR_FORMAT, KEY("choice_temperature"), "is out of range");
    }
    PAW_TRY(gguf_get_bool(c->file, KEY("final_norm"), &c->final_norm, err));
    PAW_TRY(gguf_get_f32_or(c->file, KEY("encoder.lora_alpha"), (float)c->encoder_rank, &c->encoder_alpha, err));
    if (c->rank % 32 != 0) {
        return fail_key(c, err, PAW_ERR_FORMAT, KEY("rank"), "must be a multiple of 32");
    }
    if (!(c->alpha > 0 && c->alpha < 1e6f)) { /* what an adapter's reader takes */
        return fail_key(c, err, PAW_ERR_FORMAT, KEY("alpha"), "is out of range (above 0, below 1e6)");
    }
    if (!(c->encoder_alpha >= 0 && c->encoder_alpha < 1e6f)) {
        return fail_key(c, err, PAW_ERR_FORMAT, KEY("encoder.lora_alpha"), "is out of range (0 to below 1e6)");
    }
    if (!(c->rms_eps >= 0 && c->rms_eps < 1)) {
        return fail_key(c, err, PAW_ERR_FORMAT, KEY("pool.rms_eps"), "is out of range (0 to below 1)");
    }
    if (strcmp(c->architecture, shape->architecture) != 0 || (int)c->n_layer != shape->n_layer) {
        return fail_key(c, err, PAW_ERR_MISMATCH, KEY("interpreter.architecture"),
                        "the compiler makes programs for another interpreter than this base model");
    }
    return PAW_OK;
}

static paw_status read_layer_map(paw_compiler *c, paw_error *err)
{
    const uint8_t *words;
    size_t n;
    PAW_TRY(gguf_get_words(c->file, KEY("layer_map"), GGUF_I32, &words, &n, err));
    if (n != c->n_layer) {
        return fail_key(c, err, PAW_ERR_FORMAT, KEY("layer_map"), "must have one entry for each interpreter layer");
    }
    c->layer_map = malloc(n * sizeof *c->layer_map);
    if (c->layer_map == NULL) {
        return paw_fail_memory(err, n * sizeof *c->layer_map);
    }
    memcpy(c->layer_map, words, n * sizeof *c->layer_map);
    for (size_t i = 0; i < n; i++) {
        if (c->layer_map[i] < 0 || c->layer_map[i] >= model_get_shape(c->base->model)->n_layer) {
            return fail_key(c, err, PAW_ERR_FORMAT, KEY("layer_map"), "names a layer that the base model lacks");
        }
    }
    return PAW_OK;
}

/* ---- tensors ---- */

static paw_status find(const paw_compiler *c, const char *name, uint64_t ne0, uint64_t ne1, uint64_t ne2,
                       const gguf_tensor **out, paw_error *err)
{
    const gguf_tensor *t = gguf_find_tensor(c->file, name);
    if (t == NULL) {
        return fail_key(c, err, PAW_ERR_FORMAT, name, "the tensor is missing");
    }
    if (t->ne[0] != ne0 || t->ne[1] != ne1 || t->ne[2] != ne2 || t->ne[3] != 1) {
        char what[160];
        snprintf(what, sizeof what, "has shape [%" PRIu64 ", %" PRIu64 ", %" PRIu64 "], wanted is [%" PRIu64 ", %" PRIu64 ", %" PRIu64 "]",
                 t->ne[2], t->ne[1], t->ne[0], ne2, ne1, ne0);
        return fail_key(c, err, PAW_ERR_MISMATCH, name, what);
    }
    if (!format_of(t->type)->readable) {
        return fail_key(c, err, PAW_ERR_UNSUPPORTED, name, "its block format is not supported");
    }
    *out = t;
    return PAW_OK;
}

static paw_status expand(const paw_compiler *c, const char *name, uint64_t ne0, uint64_t ne1, float **out, paw_error *err)
{
    const gguf_tensor *t;
    PAW_TRY(find(c, name, ne0, ne1, 1, &t, err));
    size_t n = (size_t)(ne0 * ne1);
    *out = malloc(n * sizeof **out);
    if (*out == NULL) {
        return paw_fail_memory(err, n * sizeof **out);
    }
    format_dequantise(t->type, t->data, *out, n);
    for (size_t i = 0; i < n; i++) {
        if (!isfinite((*out)[i])) {
            return fail_key(c, err, PAW_ERR_FORMAT, name, "holds a value that is not finite");
        }
    }
    return PAW_OK;
}

static paw_status read_module(paw_compiler *c, compiler_module *m, gguf_text stem, paw_error *err)
{
    const model_shape *shape = model_get_shape(c->base->model);
    char text[64], name[128];
    snprintf(text, sizeof text, "%.*s", stem.size > 60 ? 60 : (int)stem.size, stem.data);
    int module = model_module_find(text);
    if (module < 0 || !model_has(shape, (model_module)module)) {
        return fail_key(c, err, PAW_ERR_MISMATCH, KEY("modules"), "names a linear layer that the base model lacks");
    }
    m->module = (model_module)module;
    if (c->n_base == 0) {
        return PAW_OK;
    }
    snprintf(name, sizeof name, "mapper.%s.a_bases", text);
    PAW_TRY(find(c, name, (uint64_t)model_cols(shape, m->module), c->rank, c->n_base, &m->a_bases, err));
    snprintf(name, sizeof name, "mapper.%s.b_bases", text);
    return find(c, name, c->rank, (uint64_t)model_rows(shape, m->module), c->n_base, &m->b_bases, err);
}

static paw_status read_modules(paw_compiler *c, paw_error *err)
{
    gguf_text *stems;
    size_t n;
    PAW_TRY(gguf_get_texts(c->file, KEY("modules"), &stems, &n, err));
    paw_status status = PAW_OK;
    if (n < 1 || n > COMPILER_MAX_MODULES) {
        status = fail_key(c, err, PAW_ERR_FORMAT, KEY("modules"), "must name 1 to 16 linear layers");
    }
    for (size_t i = 0; i < n && status == PAW_OK; i++) {
        status = read_module(c, &c->modules[i], stems[i], err);
        c->n_modules++;
    }
    free(stems);
    return status;
}

static paw_status read_mapper(paw_compiler *c, paw_error *err)
{
    uint64_t d = (uint64_t)model_get_shape(c->base->model)->n_embd;
    const gguf_tensor *trunk = gguf_find_tensor(c->file, "mapper.trunk.weight"), *t;
    if (c->n_base == 0) {
        return PAW_OK; /* one adapter for every spec: the static part alone */
    }
    if (trunk == NULL || trunk->ne[1] > 65536) {
        return fail_key(c, err, PAW_ERR_FORMAT, "mapper.trunk.weight", "the tensor is missing or too large");
    }
    c->trunk_width = (uint32_t)trunk->ne[1];
    uint64_t n = (uint64_t)c->n_layer * c->n_modules * c->n_base * 2;
    PAW_TRY(find(c, "mapper.trunk.weight", d, c->trunk_width, 1, &t, err));
    PAW_TRY(find(c, "mapper.trunk.bias", c->trunk_width, 1, 1, &t, err));
    PAW_TRY(find(c, "mapper.coeff_head.weight", c->trunk_width, n, 1, &t, err));
    PAW_TRY(find(c, "mapper.coeff_head.bias", n, 1, 1, &t, err));
    if (gguf_find_tensor(c->file, "mapper.layer_weight") != NULL) {
        return expand(c, "mapper.layer_weight", c->n_layer, 1, &c->layer_weight, err);
    }
    c->layer_weight = malloc(c->n_layer * sizeof *c->layer_weight);
    if (c->layer_weight == NULL) {
        return paw_fail_memory(err, c->n_layer * sizeof *c->layer_weight);
    }
    for (uint32_t i = 0; i < c->n_layer; i++) {
        c->layer_weight[i] = 1.0f / (float)c->n_layer;
    }
    return PAW_OK;
}

static paw_status encoder_parts(paw_compiler *c, adapter_part *parts, size_t *n, paw_error *err)
{
    const model_shape *shape = model_get_shape(c->base->model);
    *n = 0;
    for (int i = 0; i < shape->n_layer; i++) {
        for (int j = 0; j < MODEL_MODULES; j++) {
            char name[128];
            const gguf_tensor *a, *b;
            model_module module = (model_module)j;
            if (!model_has(shape, module)) {
                continue;
            }
            snprintf(name, sizeof name, "enc.blk.%d.%s.weight.lora_a", i, model_module_stem(module));
            if (gguf_find_tensor(c->file, name) == NULL) {
                continue;
            }
            PAW_TRY(find(c, name, (uint64_t)model_cols(shape, module), c->encoder_rank, 1, &a, err));
            name[strlen(name) - 1] = 'b';
            PAW_TRY(find(c, name, c->encoder_rank, (uint64_t)model_rows(shape, module), 1, &b, err));
            parts[(*n)++] = (adapter_part){i, module, (int)c->encoder_rank, a->type, b->type, a->data, b->data};
        }
    }
    return PAW_OK;
}

static paw_status read_encoder(paw_compiler *c, paw_error *err)
{
    const model_shape *shape = model_get_shape(c->base->model);
    size_t n = 0;
    PAW_TRY(expand(c, "prefix_embd.weight", (uint64_t)shape->n_embd, c->n_prefix, &c->prefix, err));
    if (c->encoder_rank == 0) {
        return PAW_OK;
    }
    adapter_part *parts = calloc((size_t)shape->n_layer * MODEL_MODULES, sizeof *parts);
    if (parts == NULL) {
        return paw_fail_memory(err, (size_t)shape->n_layer * MODEL_MODULES * sizeof *parts);
    }
    paw_status status = encoder_parts(c, parts, &n, err);
    if (status == PAW_OK) {
        status = adapter_build(c->base->model, parts, n, c->encoder_alpha, &c->encoder, err);
    }
    free(parts);
    return status;
}

/* The compiler was trained with one base file; another, of the same shape, would give programs that quietly fail. */
static paw_status check_base(paw_compiler *c, paw_error *err)
{
    char *wanted;
    const char *have;
    PAW_TRY(gguf_get_string(c->file, KEY("base.sha256"), &wanted, err));
    paw_status status = paw_base_sha256(c->base, &have, err);
    if (status == PAW_OK && strcmp(wanted, have) != 0) {
        char what[240];
        snprintf(what, sizeof what, "the compiler wants the base model with SHA-256 %.16s..., %.80s has %.16s...", wanted,
                 gguf_name(model_get_file(c->base->model)), have);
        status = fail_key(c, err, PAW_ERR_MISMATCH, KEY("base.sha256"), what);
    }
    free(wanted);
    return status;
}

static paw_status check_architecture(paw_compiler *c, paw_error *err)
{
    gguf_text text;
    PAW_TRY(gguf_get_text(c->file, "general.architecture", &text, err));
    if (text.size != 12 || memcmp(text.data, "paw-compiler", 12) != 0) {
        char what[120];
        snprintf(what, sizeof what, "is \"%.*s\"; a compiler file has \"paw-compiler\"", text.size > 60 ? 60 : (int)text.size,
                 text.data);
        return fail_key(c, err, PAW_ERR_MISMATCH, "general.architecture", what);
    }
    return PAW_OK;
}

/* Remembered beside what is kept of the base, under a quicker hash of the whole file. */
static void make_fingerprint(paw_compiler *c)
{
    char identity[HASH_HEX_SIZE], *kept = model_kept_path(c->base->model, "compiler.sha256");
    hash_part whole = {gguf_file_data(c->file), gguf_file_size(c->file)};
    hash_blake2b_hex(&whole, 1, identity);
    digest_sha256_kept(kept, identity, whole.data, whole.size, c->fingerprint);
    free(kept);
}

static paw_status load(paw_compiler *c, const char *path, paw_error *err)
{
    PAW_TRY(gguf_open(path, &c->file, err));
    PAW_TRY(check_architecture(c, err));
    PAW_TRY(check_version(c, err));
    PAW_TRY(check_base(c, err));
    PAW_TRY(read_strings(c, err));
    PAW_TRY(check_places(c, err));
    PAW_TRY(read_numbers(c, err));
    PAW_TRY(read_layer_map(c, err));
    PAW_TRY(read_modules(c, err));
    PAW_TRY(read_mapper(c, err));
    make_fingerprint(c);
    return c->n_base > 0 ? paw_fail_in(err, read_encoder(c, err), path) : PAW_OK;
}

paw_status paw_compiler_load(const char *path, paw_base *base, paw_compiler **out, paw_error *err)
{
    if (path == NULL || base == NULL || out == NULL) {
        return paw_fail(err, PAW_ERR_ARGUMENT, "paw_compiler_load", "path, base and out must not be NULL");
    }
    paw_compiler *c = calloc(1, sizeof *c);
    if (c == NULL) {
        return paw_fail_memory(err, sizeof *c);
    }
    c->base = base;
    pthread_mutex_init(&c->reader_lock, NULL);
    paw_status status = load(c, path, err);
    if (status != PAW_OK) {
        paw_compiler_free(c);
        return status;
    }
    *out = c;
    return PAW_OK;
}

paw_status paw_compiler_runtime(const char *path, char **out, paw_error *err)
{
    paw_compiler c = {0};
    if (path == NULL || out == NULL) {
        return paw_fail(err, PAW_ERR_ARGUMENT, "paw_compiler_runtime", "path and out must not be NULL");
    }
    PAW_TRY(gguf_open(path, &c.file, err));
    paw_status status = check_architecture(&c, err);
    if (status == PAW_OK) {
        status = gguf_get_string(c.file, KEY("base.runtime_id"), out, err);
    }
    gguf_close(c.file);
    return status;
}

void paw_compiler_free(paw_compiler *c)
{
    if (c == NULL) {
        return;
    }
    char *strings[] = {c->snapshot,        c->runtime_id,      c->interpreter,      c->architecture,    c->strategy,
                       c->pseudo_template, c->examples_header, c->example_template, c->encode_template, c->prompt_template};
    for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++) {
        free(strings[i]);
    }
    paw_function_free(c->reader);
    pthread_mutex_destroy(&c->reader_lock);
    free(c->choices_spec);
    free(c->layer_map);
    free(c->layer_weight);
    free(c->prefix);
    adapter_free(c->encoder);
    gguf_close(c->file);
    free(c);
}
