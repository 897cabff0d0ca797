/* tiny.c: random models and compilers for tests. */
#define _GNU_SOURCE
#include "support/tiny.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "support/check.h"

static void *must(void *p)
{
    if (p == NULL) {
        fputs("tiny: out of memory\n", stderr);
        abort();
    }
    return p;
}

static void must_ok(paw_status status, const paw_error *err)
{
    if (status != PAW_OK) {
        fprintf(stderr, "tiny: %s: %s\n", err->where, err->message);
        abort();
    }
}

uint64_t tiny_random(uint64_t *state)
{
    uint64_t z = (*state += 0x9E3779B97F4A7C15u); /* splitmix64 */
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

float tiny_uniform(uint64_t *state, float spread)
{
    return ((float)(tiny_random(state) >> 40) * 0x1p-23f - 1.0f) * spread;
}

/* ---- vocabulary ---- */

/* GPT-2's spelling of bytes as characters: printable ones stand for themselves, the others for U+0100 and on. */
static void spell_byte(int byte, char out[4])
{
    int code = byte, next = 256;
    for (int b = 0; b < 256; b++) {
        bool plain = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
        if (!plain) {
            if (b == byte) {
                code = next;
            }
            next++;
        }
    }
    if (code < 0x80) {
        out[0] = (char)code;
        out[1] = '\0';
    } else {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 63));
        out[2] = '\0';
    }
}

static const char *const specials[] = {"<|endoftext|>", "<|im_start|>", "<|im_end|>"};
enum { N_SPECIAL = 3, N_VOCAB = 256 + N_SPECIAL + 5 };

static void put_vocabulary(gguf_writer *w, const char *leave_out, size_t count)
{
    static const char *const merged[] = {"th", "he", "the", "in", "er"};
    static const char *const merges[] = {"t h", "h e", "th e", "i n", "e r"};
    char bytes[256][4];
    const char *tokens[N_VOCAB];
    int32_t types[N_VOCAB];
    for (int i = 0; i < N_VOCAB; i++) {
        types[i] = i < N_SPECIAL ? 3 : 1;
        if (i < N_SPECIAL) {
            tokens[i] = specials[i];
        } else if (i < N_SPECIAL + 256) {
            spell_byte(i - N_SPECIAL, bytes[i - N_SPECIAL]);
            tokens[i] = bytes[i - N_SPECIAL];
        } else {
            tokens[i] = merged[i - N_SPECIAL - 256];
        }
    }
    gguf_put_string(w, "tokenizer.ggml.model", "gpt2");
    gguf_put_string(w, "tokenizer.ggml.pre", "smollm");
    if (leave_out == NULL || strcmp(leave_out, "tokenizer.ggml.tokens") != 0) {
        gguf_put_strings(w, "tokenizer.ggml.tokens", tokens, count);
    }
    gguf_put_i32s(w, "tokenizer.ggml.token_type", types, count);
    gguf_put_strings(w, "tokenizer.ggml.merges", merges, count == N_VOCAB ? 5 : 4); /* the last makes the last token */
    gguf_put_u32(w, "tokenizer.ggml.eos_token_id", 2);
    gguf_put_u32(w, "tokenizer.ggml.bos_token_id", 1);
}

/* ---- tensors ---- */

static void put_half(uint8_t *p, float value)
{
    uint16_t h = format_f32_to_f16(value);
    memcpy(p, &h, 2);
}

/* The scale and minimum of a block of random bits, so that its values are about as large as `spread`. */
static void put_scales(tensor_type type, uint8_t *block, float spread, uint64_t *random)
{
    float d = spread * (1.0f + tiny_uniform(random, 0.4f));
    switch (type) {
    case TENSOR_Q4_1: put_half(block, d / 7.5f); put_half(block + 2, -d); break;
    case TENSOR_Q5_0: put_half(block, d / 16); break;
    case TENSOR_Q5_1: put_half(block, d / 15.5f); put_half(block + 2, -d); break;
    case TENSOR_Q4_K: put_half(block, d / 7.5f / 63); put_half(block + 2, d / 63); break;
    case TENSOR_Q5_K: put_half(block, d / 15.5f / 63); put_half(block + 2, d / 63); break;
    case TENSOR_Q6_K: put_half(block + 208, d / 32 / 127); break;
    default: break;
    }
}

void tiny_blocks(tensor_type type, size_t n, float spread, uint64_t *random, void *out)
{
    const tensor_format *f = format_of(type);
    uint8_t *p = out;
    if (type == TENSOR_F32 || type == TENSOR_F16 || type == TENSOR_BF16 || type == TENSOR_Q8_0 || type == TENSOR_Q4_0) {
        float values[32];
        size_t step = f->block > 1 ? f->block : 1;
        for (size_t i = 0; i < n; i += step, p += f->block_size) {
            for (size_t j = 0; j < step; j++) {
                values[j] = tiny_uniform(random, spread);
            }
            if (type == TENSOR_BF16) {
                memcpy(p, (const uint8_t *)values + 2, 2);
            } else {
                format_quantise(type, values, p, step);
            }
        }
        return;
    }
    for (size_t i = 0; i < n; i += f->block, p += f->block_size) { /* no quantiser: blocks of any bits */
        for (unsigned j = 0; j < f->block_size; j++) {
            p[j] = (uint8_t)tiny_random(random);
        }
        put_scales(type, p, spread, random);
    }
}

/* Bytes from a block's begin to its scale. */
static size_t scale_place(tensor_type type)
{
    return type == TENSOR_Q6_K ? 208 : 0;
}

typedef struct maker {
    gguf_writer *w;
    const char *leave_out, *spoil_shape, *spoil_scale;
    uint64_t random;
} maker;

static bool is(const char *a, const char *b)
{
    return a != NULL && strcmp(a, b) == 0;
}

static bool has_quantiser(tensor_type type)
{
    return type == TENSOR_F32 || type == TENSOR_F16 || type == TENSOR_Q8_0 || type == TENSOR_Q4_0;
}

/* Random values; those of printable ASCII and merges are larger, so that such tokens are likelier than all else. */
static void put_values(maker *m, const char *name, tensor_type type, size_t n, uint64_t ne0, float spread, float offset,
                       uint8_t *data)
{
    bool per_token = strcmp(name, "token_embd.weight") == 0 || strcmp(name, "output.weight") == 0;
    float *values = must(malloc(n * sizeof *values));
    for (size_t i = 0; i < n; i++) {
        size_t token = i / (size_t)ne0;
        bool likely = (token >= N_SPECIAL + ' ' && token <= N_SPECIAL + '~') || token >= N_SPECIAL + 256;
        values[i] = offset + tiny_uniform(&m->random, spread);
        values[i] *= !per_token || likely ? 1.0f : 0.4f;
    }
    format_quantise(type, values, data, n);
    free(values);
}

static void put_random(maker *m, const char *name, tensor_type type, uint64_t ne0, uint64_t ne1, uint64_t ne2, float spread,
                       float offset)
{
    uint64_t ne[3] = {ne0, ne1, ne2};
    size_t n = (size_t)(ne0 * ne1 * ne2);
    uint8_t *data = must(malloc(format_size(type, n)));
    if (has_quantiser(type)) {
        put_values(m, name, type, n, ne0, spread, offset, data);
    } else {
        tiny_blocks(type, n, spread, &m->random, data);
    }
    if (is(m->spoil_scale, name)) {
        bool wide = type == TENSOR_F32;
        memcpy(data + scale_place(type), wide ? "\0\0\x80\x7F" : type == TENSOR_BF16 ? "\x80\x7F" : "\0\x7C",
               wide ? 4 : 2); /* infinity */
    }
    if (is(m->spoil_shape, name)) {
        ne[1] -= 1;
    }
    if (!is(m->leave_out, name)) {
        gguf_put_tensor(m->w, name, type, ne2 > 1 ? 3 : ne1 > 1 ? 2 : 1, ne, data);
    }
    free(data);
}

static tiny_options with_defaults(const tiny_options *given)
{
    tiny_options o = given != NULL ? *given : (tiny_options){0};
    o.architecture = o.architecture != NULL ? o.architecture : "llama";
    bool gpt2 = is(o.architecture, "gpt2");
    o.n_layer = o.n_layer != 0 ? o.n_layer : 2;
    o.n_embd = o.n_embd != 0 ? o.n_embd : 64;
    o.n_ff = o.n_ff != 0 ? o.n_ff : 96;
    o.n_head = o.n_head != 0 ? o.n_head : 4;
    o.n_kv = o.n_kv != 0 ? o.n_kv : gpt2 ? o.n_head : 2;
    o.context = o.context != 0 ? o.context : 256;
    return o;
}

static void put_u32_key(gguf_writer *w, const tiny_options *o, const char *name, int value)
{
    char key[96];
    snprintf(key, sizeof key, "%s.%s", o->architecture, name);
    if (!is(o->leave_out, key)) {
        gguf_put_u32(w, key, (uint32_t)value);
    }
}

typedef struct module_size {
    const char *stem;
    int rows, cols;
} module_size;

/* The linear layers of a block; the number of them. */
static int module_sizes(const tiny_options *o, module_size out[7])
{
    int kv = o->n_embd / o->n_head * o->n_kv;
    const module_size gpt2[] = {{"attn_qkv", o->n_embd + 2 * kv, o->n_embd},
                                {"attn_output", o->n_embd, o->n_embd},
                                {"ffn_up", o->n_ff, o->n_embd},
                                {"ffn_down", o->n_embd, o->n_ff}};
    const module_size others[7] = {{"attn_q", o->n_embd, o->n_embd}, {"attn_k", kv, o->n_embd},
                                   {"attn_v", kv, o->n_embd},        {"attn_output", o->n_embd, o->n_embd},
                                   {"ffn_gate", o->n_ff, o->n_embd}, {"ffn_up", o->n_ff, o->n_embd},
                                   {"ffn_down", o->n_embd, o->n_ff}};
    if (is(o->architecture, "gpt2")) {
        memcpy(out, gpt2, sizeof gpt2);
        return 4;
    }
    memcpy(out, others, sizeof others);
    return 7;
}

static buffer finish(gguf_writer *w)
{
    buffer out = {0};
    paw_error err;
    must_ok(gguf_writer_finish(w, &out, &err), &err);
    gguf_writer_free(w);
    return out;
}

static gguf_writer *new_writer(void)
{
    gguf_writer *w;
    paw_error err;
    must_ok(gguf_writer_new(&w, &err), &err);
    return w;
}

static void put_keys(gguf_writer *w, const tiny_options *o)
{
    char name[96];
    bool gpt2 = is(o->architecture, "gpt2");
    gguf_put_string(w, "general.architecture", o->architecture);
    put_u32_key(w, o, "block_count", o->n_layer);
    put_u32_key(w, o, "embedding_length", o->n_embd);
    put_u32_key(w, o, "feed_forward_length", o->n_ff);
    put_u32_key(w, o, "attention.head_count", o->n_head);
    put_u32_key(w, o, "attention.head_count_kv", o->n_kv);
    put_u32_key(w, o, "context_length", o->context);
    snprintf(name, sizeof name, "%s.attention.layer_norm_%sepsilon", o->architecture, gpt2 ? "" : "rms_");
    if (!is(o->leave_out, name)) {
        gguf_put_f32(w, name, 1e-5f);
    }
    if (o->rope_scaling != NULL) {
        snprintf(name, sizeof name, "%s.rope.scaling.type", o->architecture);
        gguf_put_string(w, name, o->rope_scaling);
    }
    put_vocabulary(w, o->leave_out, o->tokens != 0 ? (size_t)o->tokens : N_VOCAB);
}

/* A norm's weight, and its bias where the architecture has one. */
static void put_norm(maker *m, const tiny_options *o, const char *prefix, const char *stem, int n)
{
    char name[96];
    snprintf(name, sizeof name, "%s%s.weight", prefix, stem);
    put_random(m, name, TENSOR_F32, (uint64_t)n, 1, 1, 0.2f, 1.0f);
    if (is(o->architecture, "gpt2")) {
        snprintf(name, sizeof name, "%s%s.bias", prefix, stem);
        put_random(m, name, TENSOR_F32, (uint64_t)n, 1, 1, 0.2f, 0);
    }
}

static void put_layer(maker *m, const tiny_options *o, int i)
{
    module_size sizes[7];
    char prefix[32], name[96];
    int count = module_sizes(o, sizes);
    snprintf(prefix, sizeof prefix, "blk.%d.", i);
    put_norm(m, o, prefix, "attn_norm", o->n_embd);
    put_norm(m, o, prefix, "ffn_norm", o->n_embd);
    if (is(o->architecture, "qwen3")) {
        put_norm(m, o, prefix, "attn_q_norm", o->n_embd / o->n_head);
        put_norm(m, o, prefix, "attn_k_norm", o->n_embd / o->n_head);
    }
    for (int j = 0; j < count; j++) {
        snprintf(name, sizeof name, "%s%s.weight", prefix, sizes[j].stem);
        put_random(m, name, o->type, (uint64_t)sizes[j].cols, (uint64_t)sizes[j].rows, 1, 0.2f, 0);
        if (is(o->architecture, "gpt2")) {
            snprintf(name, sizeof name, "%s%s.bias", prefix, sizes[j].stem);
            put_random(m, name, TENSOR_F32, (uint64_t)sizes[j].rows, 1, 1, 0.2f, 0);
        }
    }
}

buffer tiny_model(const tiny_options *given)
{
    tiny_options o = with_defaults(given);
    maker m = {new_writer(), o.leave_out, o.spoil_shape, o.spoil_scale, o.seed + 1};
    put_keys(m.w, &o);
    put_random(&m, "token_embd.weight", o.type, (uint64_t)o.n_embd, N_VOCAB, 1, 1.0f, 0);
    if (is(o.architecture, "gpt2")) {
        put_random(&m, "position_embd.weight", TENSOR_F32, (uint64_t)o.n_embd, (uint64_t)o.context, 1, 0.5f, 0);
    }
    put_norm(&m, &o, "", "output_norm", o.n_embd);
    if (o.untied) {
        put_random(&m, "output.weight", o.type, (uint64_t)o.n_embd, N_VOCAB, 1, 1.0f, 0);
    }
    for (int i = 0; i < o.n_layer; i++) {
        put_layer(&m, &o, i);
    }
    return finish(m.w);
}

buffer tiny_adapter(const tiny_options *given, int rank, tensor_type type)
{
    tiny_options o = with_defaults(given);
    maker m = {new_writer(), o.leave_out, o.spoil_shape, o.spoil_scale, o.seed + 77};
    module_size sizes[7];
    char name[96];
    int count = module_sizes(&o, sizes);
    gguf_put_string(m.w, "general.architecture", o.architecture);
    gguf_put_string(m.w, "general.type", "adapter");
    gguf_put_string(m.w, "adapter.type", "lora");
    gguf_put_f32(m.w, "adapter.lora.alpha", (float)rank);
    for (int i = 0; i < o.n_layer; i++) {
        for (int j = 0; j < count; j++) {
            snprintf(name, sizeof name, "blk.%d.%s.weight.lora_a", i, sizes[j].stem);
            put_random(&m, name, type, (uint64_t)sizes[j].cols, (uint64_t)rank, 1, 0.2f, 0);
            snprintf(name, sizeof name, "blk.%d.%s.weight.lora_b", i, sizes[j].stem);
            put_random(&m, name, type, (uint64_t)rank, (uint64_t)sizes[j].rows, 1, 0.2f, 0);
        }
    }
    return finish(m.w);
}

/* ---- compilers ---- */

enum { PREFIX = 4, RANK = 32, BASES = 3, TRUNK = 48 };

static void key_text(gguf_writer *w, const tiny_compiler_options *o, const char *key, const char *value)
{
    if (!is(o->leave_out, key)) {
        gguf_put_string(w, key, is(o->change_key, key) ? o->text : value);
    }
}

static void key_u32(gguf_writer *w, const tiny_compiler_options *o, const char *key, uint32_t value)
{
    if (!is(o->leave_out, key)) {
        gguf_put_u32(w, key, is(o->change_key, key) ? o->number : value);
    }
}

static void key_f32(gguf_writer *w, const tiny_compiler_options *o, const char *key, float value)
{
    if (is(o->change_key, key)) {
        memcpy(&value, &o->number, 4);
    }
    if (!is(o->leave_out, key)) {
        gguf_put_f32(w, key, value);
    }
}

static void put_compiler_keys(gguf_writer *w, const tiny_compiler_options *o, const tiny_options *base)
{
    const char *modules[7] = {"ffn_down", "ffn_gate", "attn_k", "attn_output", "attn_q", "ffn_up", "attn_v"};
    int32_t map[8];
    for (int i = 0; i < base->n_layer; i++) {
        map[i] = is(o->change_key, "paw-compiler.layer_map") ? (int32_t)o->number : i;
    }
    if (is(o->change_key, "paw-compiler.modules")) {
        modules[3] = o->text;
    }
    key_text(w, o, "general.architecture", "paw-compiler");
    key_u32(w, o, "paw-compiler.format_version", 1);
    key_text(w, o, "paw-compiler.snapshot", "tiny-test");
    key_text(w, o, "paw-compiler.base.runtime_id", "tiny");
    key_text(w, o, "paw-compiler.base.sha256", o->base_sha256);
    key_text(w, o, "paw-compiler.interpreter.runtime_id", "tiny");
    key_text(w, o, "paw-compiler.interpreter.name", "test/tiny");
    key_text(w, o, "paw-compiler.interpreter.architecture", base->architecture);
    key_u32(w, o, "paw-compiler.interpreter.block_count", (uint32_t)base->n_layer);
    key_text(w, o, "paw-compiler.pseudo.strategy", "template");
    key_text(w, o, "paw-compiler.pseudo.template", "Task: {spec}\n{examples}");
    key_text(w, o, "paw-compiler.pseudo.examples_header", "Examples:\n");
    key_text(w, o, "paw-compiler.pseudo.example", "Input: {input}\nOutput: {output}\n");
    key_text(w, o, "paw-compiler.encode.template", "<|im_start|>user\n{pseudo}<|im_end|>\n");
    key_text(w, o, "paw-compiler.prompt.template",
             "<|im_start|>user\n{pseudo}\n[INPUT]\n{INPUT_PLACEHOLDER}\n[END_INPUT]<|im_end|>\n<|im_start|>assistant\n");
    if (o->choices_spec != NULL) {
        key_text(w, o, "paw-compiler.choices.spec", o->choices_spec);
    }
    key_u32(w, o, "paw-compiler.prefix_count", PREFIX);
    if (!is(o->leave_out, "paw-compiler.layer_map")) {
        gguf_put_i32s(w, "paw-compiler.layer_map", map, (size_t)base->n_layer);
    }
    if (!is(o->leave_out, "paw-compiler.final_norm")) {
        gguf_put_bool(w, "paw-compiler.final_norm", true);
    }
    key_f32(w, o, "paw-compiler.pool.rms_eps", 1e-6f);
    key_u32(w, o, "paw-compiler.rank", RANK);
    key_f32(w, o, "paw-compiler.alpha", RANK);
    key_u32(w, o, "paw-compiler.base_count", BASES);
    if (!is(o->leave_out, "paw-compiler.modules")) {
        gguf_put_strings(w, "paw-compiler.modules", modules, 7);
    }
    key_f32(w, o, "paw-compiler.encoder.lora_alpha", 32);
    key_u32(w, o, "paw-compiler.encoder.lora_rank", 32);
}

buffer tiny_compiler(const tiny_compiler_options *o)
{
    tiny_options base = with_defaults(NULL);
    maker m = {new_writer(), o->leave_out, o->spoil_shape, o->spoil_scale, o->seed + 1234};
    module_size sizes[7];
    char name[128];
    uint64_t heads = (uint64_t)base.n_layer * 7 * BASES * 2;
    put_compiler_keys(m.w, o, &base);
    module_sizes(&base, sizes);
    put_random(&m, "prefix_embd.weight", TENSOR_F32, (uint64_t)base.n_embd, PREFIX, 1, 1.0f, 0);
    put_random(&m, "mapper.trunk.weight", TENSOR_F32, (uint64_t)base.n_embd, TRUNK, 1, 0.3f, 0);
    put_random(&m, "mapper.trunk.bias", TENSOR_F32, TRUNK, 1, 1, 0.1f, 0);
    put_random(&m, "mapper.coeff_head.weight", TENSOR_F32, TRUNK, heads, 1, o->spread > 0 ? o->spread : 0.05f, 0);
    put_random(&m, "mapper.coeff_head.bias", TENSOR_F32, heads, 1, 1, 0.3f, 0);
    for (int j = 0; j < 7; j++) {
        snprintf(name, sizeof name, "mapper.%s.a_bases", sizes[j].stem);
        put_random(&m, name, TENSOR_Q8_0, (uint64_t)sizes[j].cols, RANK, BASES, 0.2f, 0);
        snprintf(name, sizeof name, "mapper.%s.b_bases", sizes[j].stem);
        put_random(&m, name, TENSOR_Q8_0, RANK, (uint64_t)sizes[j].rows, BASES, 0.2f, 0);
        for (int i = 0; i < base.n_layer; i++) {
            snprintf(name, sizeof name, "enc.blk.%d.%s.weight.lora_a", i, sizes[j].stem);
            put_random(&m, name, TENSOR_Q4_0, (uint64_t)sizes[j].cols, 32, 1, 0.1f, 0);
            snprintf(name, sizeof name, "enc.blk.%d.%s.weight.lora_b", i, sizes[j].stem);
            put_random(&m, name, TENSOR_Q4_0, 32, (uint64_t)sizes[j].rows, 1, 0.1f, 0);
            snprintf(name, sizeof name, "adapter.blk.%d.%s.weight.lora_a", i, sizes[j].stem);
            put_random(&m, name, TENSOR_Q8_0, (uint64_t)sizes[j].cols, RANK, 1, 0.1f, 0);
            snprintf(name, sizeof name, "adapter.blk.%d.%s.weight.lora_b", i, sizes[j].stem);
            put_random(&m, name, TENSOR_Q8_0, RANK, (uint64_t)sizes[j].rows, 1, 0.1f, 0);
        }
    }
    return finish(m.w);
}

void tiny_patch(buffer *file, const char *key, const void *word)
{
    size_t n = strlen(key);
    char *at = memmem(file->data, file->size, key, n);
    must(at);
    memcpy(at + n + 4, word, 4);
}

/* ---- files ---- */

tiny_files tiny_pair(const tiny_options *base, const tiny_compiler_options *compiler)
{
    tiny_files f = {.folder = tiny_folder()};
    tiny_compiler_options o = compiler != NULL ? *compiler : (tiny_compiler_options){0};
    f.base = must(file_join(f.folder, "base.gguf"));
    f.compiler = must(file_join(f.folder, "compiler.gguf"));
    buffer bytes = tiny_model(base);
    hash_part whole = {bytes.data, bytes.size};
    hash_sha256_hex(&whole, 1, f.sha256);
    tiny_write(f.base, bytes.data, bytes.size);
    buffer_free(&bytes);
    o.base_sha256 = o.base_sha256 != NULL ? o.base_sha256 : f.sha256;
    bytes = tiny_compiler(&o);
    tiny_write(f.compiler, bytes.data, bytes.size);
    buffer_free(&bytes);
    return f;
}

void tiny_pair_free(tiny_files *files)
{
    free(files->base);
    free(files->compiler);
    tiny_remove(files->folder);
}

void tiny_write(const char *path, const void *data, size_t size)
{
    paw_error err;
    must_ok(file_write_atomic(path, data, size, &err), &err);
}

char *tiny_folder(void)
{
    const char *tmp = getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp";
    char *dir = must(file_join(tmp, "paw-test.XXXXXX"));
    return must(mkdtemp(dir));
}

void tiny_remove(char *folder)
{
    DIR *d = opendir(folder);
    for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) {
            char *path = must(file_join(folder, e->d_name));
            if (unlink(path) != 0) {
                tiny_remove(strdup(path)); /* a folder */
            }
            free(path);
        }
    }
    if (d != NULL) {
        closedir(d);
    }
    rmdir(folder);
    free(folder);
}

char *tiny_real_base(void)
{
    const char *given = getenv("PAW_TEST_BASE"), *paw = getenv("PAW_HOME"), *cache = getenv("XDG_CACHE_HOME"),
               *home = getenv("HOME");
    char path[1024];
    if (given != NULL) {
        snprintf(path, sizeof path, "%s", given);
    } else if (paw != NULL) {
        snprintf(path, sizeof path, "%s/models/SmolLM2-135M-Instruct.Q4_1.gguf", paw);
    } else if (cache != NULL) {
        snprintf(path, sizeof path, "%s/paw/models/SmolLM2-135M-Instruct.Q4_1.gguf", cache);
    } else {
        snprintf(path, sizeof path, "%s/.cache/paw/models/SmolLM2-135M-Instruct.Q4_1.gguf", home != NULL ? home : "");
    }
    if (access(path, R_OK) != 0) {
        fprintf(stderr, "the base model is not at %s: fetch it with build/paw pull, or set PAW_TEST_BASE\n", path);
        abort();
    }
    return must(strdup(path));
}

model *tiny_open_model(const char *path, const kernel_set *kernels, int threads)
{
    model *m;
    paw_error err = {0};
    model_options o = {.threads = threads, .cache_dir = "/dev/null/nowhere", .kernels = kernels};
    check_ok(model_open(path, &o, &m, &err), &err);
    return m;
}
