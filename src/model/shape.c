/* shape.c: hyperparameters, read from the model file's metadata and checked. */
#include <stdio.h>
#include <string.h>

#include "model/internal.h"

static const char *const stems[MODEL_MODULES] = {"attn_q",   "attn_k", "attn_v",   "attn_output",
                                                 "ffn_gate", "ffn_up", "ffn_down", "attn_qkv"};

enum {
    SPLIT_QKV = 1 << MODEL_Q | 1 << MODEL_K | 1 << MODEL_V,
    GATED = 1 << MODEL_GATE | 1 << MODEL_UP | 1 << MODEL_DOWN,
    PLAIN = 1 << MODEL_UP | 1 << MODEL_DOWN
};

static const model_traits architectures[] = {
    {.name = "llama", .modules = SPLIT_QKV | 1 << MODEL_O | GATED},
    {.name = "qwen3", .modules = SPLIT_QKV | 1 << MODEL_O | GATED, .head_norm = true, .split_pairs = true},
    {.name = "gpt2",
     .modules = 1 << MODEL_QKV | 1 << MODEL_O | PLAIN,
     .layer_norm = true,
     .biases = true,
     .learned_positions = true},
};

bool model_has(const model_shape *s, model_module module)
{
    return (s->traits->modules & 1u << module) != 0;
}

const char *model_module_stem(model_module module)
{
    return stems[module];
}

int model_module_find(const char *stem)
{
    for (int i = 0; i < MODEL_MODULES; i++) {
        if (strcmp(stems[i], stem) == 0) {
            return i;
        }
    }
    return -1;
}

int model_rows(const model_shape *s, model_module module)
{
    switch (module) {
    case MODEL_Q: return s->n_head * s->n_head_dim;
    case MODEL_K:
    case MODEL_V: return s->n_kv * s->n_head_dim;
    case MODEL_QKV: return (s->n_head + 2 * s->n_kv) * s->n_head_dim;
    case MODEL_GATE:
    case MODEL_UP: return s->n_ff;
    default: return s->n_embd;
    }
}

int model_cols(const model_shape *s, model_module module)
{
    return module == MODEL_O ? s->n_head * s->n_head_dim : module == MODEL_DOWN ? s->n_ff : s->n_embd;
}

typedef struct reader {
    const gguf_file *file;
    const char *architecture;
    paw_error *err;
} reader;

static paw_status get(const reader *r, const char *name, uint32_t fallback, int limit, int *out)
{
    char key[96];
    uint32_t value = 0;
    snprintf(key, sizeof key, "%s.%s", r->architecture, name);
    PAW_TRY(fallback != 0 ? gguf_get_u32_or(r->file, key, fallback, &value, r->err)
                          : gguf_get_u32(r->file, key, &value, r->err));
    if (value < 1 || value > (uint32_t)limit) {
        char where[280];
        snprintf(where, sizeof where, "%s: %s", gguf_name(r->file), key);
        return paw_fail(r->err, PAW_ERR_FORMAT, where, "%u is out of range (1 to %d)", value, limit);
    }
    *out = (int)value;
    return PAW_OK;
}

static paw_status check(const gguf_file *file, const model_shape *s, paw_error *err)
{
    const char *problem = NULL;
    if (s->n_head % s->n_kv != 0) {
        problem = "attention.head_count is no multiple of attention.head_count_kv";
    } else if (s->n_embd % 32 != 0 || s->n_ff % 32 != 0 || s->n_head_dim % 16 != 0 || s->n_head * s->n_head_dim % 32 != 0) {
        problem = "sizes must be multiples of 32 (embedding_length, feed_forward_length) and 16 (head size)";
    } else if (!s->traits->learned_positions && s->n_rot != s->n_head_dim) {
        problem = "rope.dimension_count differs from the head size";
    } else if (!(s->norm_eps > 0 && s->norm_eps < 1)) {
        problem = s->traits->layer_norm ? "attention.layer_norm_epsilon is out of range"
                                        : "attention.layer_norm_rms_epsilon is out of range";
    } else if (!(s->rope_base > 1 && s->rope_base < 1e12f)) {
        problem = "rope.freq_base is out of range";
    }
    return problem == NULL ? PAW_OK : paw_fail(err, PAW_ERR_UNSUPPORTED, gguf_name(file), "%s", problem);
}

/* RoPE with a scaling other than none would be computed wrong without a word: refuse it. */
static paw_status check_rope_scaling(const reader *r)
{
    char key[96];
    gguf_text text;
    snprintf(key, sizeof key, "%s.rope.scaling.type", r->architecture);
    if (gguf_find_tensor(r->file, "rope_freqs.weight") != NULL) {
        return paw_fail(r->err, PAW_ERR_UNSUPPORTED, gguf_name(r->file), "RoPE scaling by rope_freqs.weight is not supported");
    }
    if (!gguf_has(r->file, key)) {
        return PAW_OK;
    }
    PAW_TRY(gguf_get_text(r->file, key, &text, r->err));
    if (text.size == 4 && memcmp(text.data, "none", 4) == 0) {
        return PAW_OK;
    }
    return paw_fail(r->err, PAW_ERR_UNSUPPORTED, gguf_name(r->file), "RoPE scaling \"%.*s\" is not supported", (int)text.size,
                    text.data);
}

static paw_status find_architecture(const gguf_file *file, model_shape *s, paw_error *err)
{
    gguf_text name;
    PAW_TRY(gguf_get_text(file, "general.architecture", &name, err));
    for (size_t i = 0; i < sizeof architectures / sizeof architectures[0]; i++) {
        const char *known = architectures[i].name;
        if (name.size == strlen(known) && memcmp(name.data, known, name.size) == 0) {
            s->traits = &architectures[i];
            s->architecture = known;
            return PAW_OK;
        }
    }
    return paw_fail(err, PAW_ERR_UNSUPPORTED, gguf_name(file),
                    "architecture \"%.*s\" is not supported (only: llama, qwen3, gpt2)", name.size > 60 ? 60 : (int)name.size,
                    name.data);
}

static paw_status read_heads(const reader *r, model_shape *s)
{
    int value_length;
    PAW_TRY(get(r, "attention.head_count", 0, 1 << 10, &s->n_head));
    PAW_TRY(get(r, "attention.head_count_kv", (uint32_t)s->n_head, s->n_head, &s->n_kv));
    uint32_t usual = s->n_embd >= s->n_head ? (uint32_t)(s->n_embd / s->n_head) : 1;
    PAW_TRY(get(r, "attention.key_length", usual, 1 << 10, &s->n_head_dim));
    PAW_TRY(get(r, "attention.value_length", (uint32_t)s->n_head_dim, 1 << 10, &value_length));
    if (value_length != s->n_head_dim) {
        return paw_fail(r->err, PAW_ERR_UNSUPPORTED, gguf_name(r->file),
                        "attention.value_length %d differs from the head size %d", value_length, s->n_head_dim);
    }
    return PAW_OK;
}

static paw_status read_rope(const reader *r, model_shape *s)
{
    char key[96];
    s->rope_base = 10000.0f;
    if (s->traits->learned_positions) {
        return PAW_OK;
    }
    PAW_TRY(get(r, "rope.dimension_count", (uint32_t)s->n_head_dim, 1 << 10, &s->n_rot));
    snprintf(key, sizeof key, "%s.rope.freq_base", r->architecture);
    PAW_TRY(gguf_get_f32_or(r->file, key, 10000.0f, &s->rope_base, r->err));
    return check_rope_scaling(r);
}

paw_status shape_read(const gguf_file *file, model_shape *s, paw_error *err)
{
    char key[96];
    memset(s, 0, sizeof *s);
    PAW_TRY(find_architecture(file, s, err));
    reader r = {file, s->architecture, err};
    PAW_TRY(get(&r, "block_count", 0, MODEL_MAX_LAYERS, &s->n_layer));
    PAW_TRY(get(&r, "embedding_length", 0, 1 << 16, &s->n_embd));
    PAW_TRY(get(&r, "feed_forward_length", 0, 1 << 18, &s->n_ff));
    PAW_TRY(read_heads(&r, s));
    PAW_TRY(get(&r, "context_length", 0, 1 << 24, &s->n_ctx_train));
    PAW_TRY(read_rope(&r, s));
    snprintf(key, sizeof key, "%s.attention.layer_norm_%sepsilon", s->architecture, s->traits->layer_norm ? "" : "rms_");
    PAW_TRY(gguf_get_f32(file, key, &s->norm_eps, err));
    return check(file, s, err);
}
