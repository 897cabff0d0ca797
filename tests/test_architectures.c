/*
 * test_architectures.c: tiny models of every architecture and block format say what a computation that is not ours says
 * (golden/make_architectures.py), with and without an adapter, and the same bits with every kernel set.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/file.h"
#include "model/model.h"
#include "support/check.h"
#include "support/tiny.h"

enum { N_VOCAB = 264, MOST = 64 };

static const char folder[] = PAW_GOLDEN_DIR "/architectures";

static json_t *golden(void)
{
    json_error_t err;
    json_t *all = json_load_file(check_path(folder, "architectures.json"), 0, &err);
    if (all == NULL) {
        fail_msg("architectures.json: %s", err.text);
    }
    return all;
}

static model *open_model(const char *name, const kernel_set *kernels, int threads)
{
    return tiny_open_model(check_path(folder, name), kernels, threads);
}

static adapter *open_adapter(const model *m, const char *name)
{
    gguf_file *f;
    adapter *a = NULL;
    paw_error err = {0};
    if (name != NULL) {
        check_ok(gguf_open(check_path(folder, name), &f, &err), &err);
        check_ok(adapter_read(m, f, &a, &err), &err);
        gguf_close(f);
    }
    return a;
}

/* Logits after the prompt, whose tokens go in `chunk` at a time. */
static void run(model *m, const adapter *lora, json_t *prompt, int chunk, bool precise, float *logits)
{
    int32_t tokens[MOST];
    int n = (int)json_array_size(prompt);
    model_state *s;
    paw_error err = {0};
    for (int i = 0; i < n; i++) {
        tokens[i] = (int32_t)json_integer_value(json_array_get(prompt, (size_t)i));
    }
    check_ok(model_state_new(m, &s, &err), &err);
    for (int i = 0; i < n; i += chunk) {
        int k = n - i < chunk ? n - i : chunk;
        model_request r = {.tokens = tokens + i, .n = k, .lora = lora, .precise = precise, .logits = logits};
        check_ok(model_forward(m, s, &r, &err), &err);
    }
    model_state_free(s);
}

typedef struct off {
    double sum, most;
    size_t n;
} off;

/* Adds a prompt's absolute errors. */
static void compare(const float *logits, json_t *ids, json_t *wanted, off *o)
{
    size_t i;
    json_t *id;
    assert_int_equal(json_array_size(wanted), json_array_size(ids));
    json_array_foreach (ids, i, id) {
        double error = fabs((double)logits[json_integer_value(id)] - json_number_value(json_array_get(wanted, i)));
        assert_true(error < 1e6); /* no NaN */
        o->sum += error;
        o->most = fmax(o->most, error);
        o->n++;
    }
}

/*
 * F32: every logit within 1e-3. Others, whose activations are quantised: the mean error is no larger than llama.cpp's, give
 * or take a fifth; with 15 bits every logit is within 1e-2.
 */
static void agrees(json_t *all, json_t *one)
{
    const char *name = json_string_value(json_object_get(one, "model"));
    const char *lora_name = json_string_value(json_object_get(one, "adapter"));
    double theirs = json_number_value(json_object_get(one, "llama_cpp_mae"));
    json_t *prompts = json_object_get(all, "prompts"), *ids = json_object_get(all, "ids");
    model *m = open_model(name, NULL, 2);
    adapter *lora = open_adapter(m, lora_name);
    off quick = {0}, precise = {0};
    for (size_t i = 0; i < json_array_size(prompts); i++) {
        float logits[N_VOCAB];
        json_t *wanted = json_array_get(json_object_get(one, "logits"), i);
        run(m, lora, json_array_get(prompts, i), MOST, false, logits);
        compare(logits, ids, wanted, &quick);
        run(m, lora, json_array_get(prompts, i), MOST, true, logits);
        compare(logits, ids, wanted, &precise);
    }
    double mean = quick.sum / (double)quick.n;
    print_message("%-16s %-18s off by %.5f on average (llama.cpp %.5f), %.5f at most; %.5f with 15 bits\n", name,
                  lora_name != NULL ? lora_name : "", mean, theirs, quick.most, precise.most);
    assert_true(mean <= theirs * 1.2 + 1e-3);
    assert_true(precise.most < 1e-2);
    assert_true(strstr(name, "-f32") == NULL || quick.most < 1e-3);
    adapter_free(lora);
    model_close(m);
}

TEST(every_model_agrees_with_the_reference)
{
    json_t *all = golden(), *one;
    size_t i;
    json_array_foreach (json_object_get(all, "cases"), i, one) {
        agrees(all, one);
    }
    assert_int_equal(i, 17);
    json_decref(all);
}

static void same_everywhere(json_t *one, json_t *prompt)
{
    static const int chunks[] = {MOST, 1, 7};
    const char *name = json_string_value(json_object_get(one, "model"));
    float wanted[2][N_VOCAB], logits[N_VOCAB];
    bool first = true;
    for (int k = 0; k < kernels_count(); k++) {
        for (int threads = 1; threads <= 3 && kernels_at(k) != NULL; threads += 2) {
            model *m = open_model(name, kernels_at(k), threads);
            adapter *lora = open_adapter(m, json_string_value(json_object_get(one, "adapter")));
            for (size_t c = 0; c < 2 * COUNT(chunks); c++) {
                bool precise = c % 2 == 1;
                run(m, lora, prompt, chunks[c / 2], precise, first && c < 2 ? wanted[precise] : logits);
                if (!(first && c < 2) && memcmp(wanted[precise], logits, sizeof logits) != 0) {
                    fail_msg("%s: other logits with kernels %s, %d threads, chunks of %d", name, kernels_at(k)->name, threads,
                             chunks[c / 2]);
                }
            }
            first = false;
            adapter_free(lora);
            model_close(m);
        }
    }
}

TEST(every_model_gives_one_answer)
{
    json_t *all = golden(), *one;
    size_t i;
    json_array_foreach (json_object_get(all, "cases"), i, one) {
        same_everywhere(one, json_array_get(json_object_get(all, "prompts"), 11));
    }
    json_decref(all);
}

/* ---- shapes ---- */

TEST(modules_of_an_architecture)
{
    model *llama = open_model("llama-q4_0.gguf", NULL, 1), *gpt2 = open_model("gpt2-f32.gguf", NULL, 1),
          *qwen3 = open_model("qwen3-f32.gguf", NULL, 1);
    const model_shape *s = model_get_shape(gpt2);
    assert_true(model_has(s, MODEL_QKV) && model_has(s, MODEL_O) && model_has(s, MODEL_UP) && model_has(s, MODEL_DOWN));
    assert_false(model_has(s, MODEL_Q) || model_has(s, MODEL_K) || model_has(s, MODEL_V) || model_has(s, MODEL_GATE));
    assert_int_equal(model_rows(s, MODEL_QKV), 96);
    assert_int_equal(model_cols(s, MODEL_QKV), 32);
    assert_int_equal(s->n_rot, 0);
    assert_false(model_has(model_get_shape(llama), MODEL_QKV));
    s = model_get_shape(qwen3);
    assert_true(model_has(s, MODEL_GATE) && !model_has(s, MODEL_QKV));
    assert_int_equal(model_rows(s, MODEL_Q), 64); /* larger than the hidden size */
    assert_int_equal(model_cols(s, MODEL_O), 64);
    assert_string_equal(s->architecture, "qwen3");
    model_close(llama);
    model_close(gpt2);
    model_close(qwen3);
}

TEST(adapters_of_another_architecture)
{
    static const float zeros[96 * 32];
    model *gpt2 = open_model("gpt2-f32.gguf", NULL, 1);
    gguf_file *f;
    adapter *a = NULL;
    paw_error err = {0};
    check_ok(gguf_open(check_path(folder, "qwen3-adapter.gguf"), &f, &err), &err);
    check_error(adapter_read(gpt2, f, &a, &err), &err, PAW_ERR_MISMATCH, "qwen3-adapter.gguf", "\"gpt2\" is wanted");
    gguf_close(f);
    adapter_part part = {0, MODEL_Q, 16, TENSOR_F32, TENSOR_F32, zeros, zeros};
    check_error(adapter_build(gpt2, &part, 1, 16, &a, &err), &err, PAW_ERR_MISMATCH, "blk.0.attn_q", "gpt2");
    assert_null(a);
    model_close(gpt2);
}

/* ---- damaged models ---- */

static void refused(const char *name, const char *from, const char *to, paw_status wanted, const char *where, const char *said)
{
    size_t size;
    paw_error err = {0};
    model *m = NULL;
    model_options o = {.threads = 1, .cache_dir = "/dev/null/nowhere"};
    char *bytes = check_read(check_path(folder, name), &size), *place = tiny_folder(), *path = file_join(place, name);
    size_t length = strlen(from), count = 0;
    assert_int_equal(length, strlen(to));
    for (size_t i = 0; i + length <= size; i++) {
        if (memcmp(bytes + i, from, length) == 0) {
            memcpy(bytes + i, to, length);
            count++;
        }
    }
    assert_true(count > 0);
    check_put(path, bytes, size);
    check_error(model_open(path, &o, &m, &err), &err, wanted, where, said);
    assert_null(m);
    free(bytes);
    free(path);
    tiny_remove(place);
}

TEST(what_an_architecture_needs_is_missed)
{
    static const char *const gpt2[][2] = {
        {"position_embd.weight", "position_embd.weighs"}, {"output_norm.bias", "output_norm.bits"},
        {"blk.1.attn_qkv.weight", "blk.1.attn_qkv.weighs"}, {"blk.1.attn_qkv.bias", "blk.1.attn_qkv.bits"},
        {"blk.0.ffn_norm.bias", "blk.0.ffn_norm.bits"}, {"blk.0.ffn_up.bias", "blk.0.ffn_up.bits"}};
    static const char *const qwen3[][2] = {{"blk.0.attn_q_norm.weight", "blk.0.attn_q_norm.weighs"},
                                           {"blk.1.attn_k_norm.weight", "blk.1.attn_k_norm.weighs"}};
    for (size_t i = 0; i < COUNT(gpt2); i++) {
        refused("gpt2-f32.gguf", gpt2[i][0], gpt2[i][1], PAW_ERR_FORMAT, gpt2[i][0], "missing");
    }
    for (size_t i = 0; i < COUNT(qwen3); i++) {
        refused("qwen3-f32.gguf", qwen3[i][0], qwen3[i][1], PAW_ERR_FORMAT, qwen3[i][0], "missing");
    }
    refused("gpt2-f32.gguf", "attention.layer_norm_epsilon", "attention.layer_norm_epsilom", PAW_ERR_FORMAT,
            "gpt2.attention.layer_norm_epsilon", "missing");
}

/* A tensor that would have to be computed with, and is not: here a norm under the name of a bias. */
TEST(what_an_architecture_does_not_know)
{
    refused("qwen3-f32.gguf", "blk.1.attn_norm.weight", "blk.1.attn_output.bias", PAW_ERR_UNSUPPORTED, "blk.1.attn_output.bias",
            "architecture qwen3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_model_agrees_with_the_reference), cmocka_unit_test(every_model_gives_one_answer),
        cmocka_unit_test(modules_of_an_architecture),            cmocka_unit_test(adapters_of_another_architecture),
        cmocka_unit_test(what_an_architecture_needs_is_missed),  cmocka_unit_test(what_an_architecture_does_not_know),
    };
    return cmocka_run_group_tests_name("architectures", tests, NULL, NULL);
}
