/*
 * test_logits.c: logits of the real base model against a float32 forward pass of its dequantised weights (golden/logits.json,
 * made by golden/make_logits.py): the mean error no larger than llama.cpp's own on the same prompts, and the same best token
 * wherever the reference leads by more than 1. Without and with a LoRA adapter, unmerged.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "model/model.h"
#include "support/tiny.h"

static json_t *golden;
static model *base;

static int load(void **unused)
{
    (void)unused;
    paw_error err;
    char *path = tiny_real_base();
    golden = json_load_file(PAW_GOLDEN_DIR "/logits.json", 0, NULL);
    assert_non_null(golden);
    if (model_open(path, NULL, &base, &err) != PAW_OK) {
        fail_msg("%s: %s", err.where, err.message);
    }
    free(path);
    return 0;
}

static int unload(void **unused)
{
    (void)unused;
    model_close(base);
    json_decref(golden);
    return 0;
}

/* value(tensor, i) = ((splitmix64(tensor * 2^32 + i) >> 40) / 2^24 - 0.5) * scale */
static float *hashed(uint64_t tensor, size_t n, float scale)
{
    float *out = malloc(n * sizeof *out);
    assert_non_null(out);
    for (size_t i = 0; i < n; i++) {
        uint64_t state = (tensor << 32) + i;
        out[i] = ((float)(tiny_random(&state) >> 40) / 16777216.0f - 0.5f) * scale;
    }
    return out;
}

static adapter *make_adapter(void)
{
    enum { RANK = 16, MODULES = 7, PARTS = 30 * MODULES };
    const model_shape *s = model_get_shape(base);
    float scale = (float)json_number_value(json_object_get(json_object_get(golden, "adapter"), "scale"));
    adapter_part parts[PARTS];
    adapter *a;
    paw_error err;
    assert_true(scale > 0);
    assert_int_equal(s->n_layer * MODULES, PARTS);
    for (int i = 0; i < PARTS; i++) {
        model_module m = (model_module)(i % MODULES);
        size_t na = (size_t)(RANK * model_cols(s, m)), nb = (size_t)(RANK * model_rows(s, m));
        parts[i] = (adapter_part){i / MODULES, m, RANK, TENSOR_F32, TENSOR_F32,
                                  hashed(2 * (uint64_t)i, na, scale), hashed(2 * (uint64_t)i + 1, nb, scale)};
    }
    if (adapter_build(base, parts, PARTS, RANK, &a, &err) != PAW_OK) {
        fail_msg("%s: %s", err.where, err.message);
    }
    for (int i = 0; i < PARTS; i++) {
        free((void *)(uintptr_t)parts[i].a);
        free((void *)(uintptr_t)parts[i].b);
    }
    return a;
}

static int tokens_of(json_t *prompt, int32_t *out, int most)
{
    json_t *list = json_object_get(prompt, "tokens");
    int n = (int)json_array_size(list);
    assert_true(n > 0 && n <= most);
    for (int i = 0; i < n; i++) {
        out[i] = (int32_t)json_integer_value(json_array_get(list, (size_t)i));
    }
    return n;
}

static int best_of(const float *logits, int n)
{
    int best = 0;
    for (int i = 1; i < n; i++) {
        best = logits[i] > logits[best] ? i : best;
    }
    return best;
}

static void compare(const char *key, const adapter *lora, bool precise)
{
    enum { MOST = 512 };
    int32_t tokens[MOST];
    json_t *prompts = json_object_get(golden, "prompts"), *ids = json_object_get(golden, "ids"), *prompt;
    int n_vocab = model_get_shape(base)->n_vocab;
    size_t index, n_ids = json_array_size(ids), wins = 0;
    float *logits = malloc((size_t)n_vocab * sizeof *logits);
    double ours = 0, theirs = 0;
    model_state *state;
    assert_int_equal(json_array_size(prompts), 50);
    assert_true(n_ids >= 1000);
    assert_int_equal(model_state_new(base, &state, NULL), PAW_OK);
    json_array_foreach (prompts, index, prompt) {
        json_t *want = json_object_get(prompt, key), *values = json_object_get(want, "logits");
        model_request r = {.tokens = tokens, .n = tokens_of(prompt, tokens, MOST), .lora = lora, .precise = precise, .logits = logits};
        double error = 0;
        model_state_truncate(state, 0);
        assert_int_equal(model_forward(base, state, &r, NULL), PAW_OK);
        for (size_t i = 0; i < n_ids; i++) {
            error += fabs(json_number_value(json_array_get(values, i)) - logits[json_integer_value(json_array_get(ids, i))]);
        }
        ours += error / (double)n_ids;
        theirs += json_number_value(json_object_get(want, "llama_cpp_mae"));
        wins += error / (double)n_ids <= json_number_value(json_object_get(want, "llama_cpp_mae"));
        if (json_number_value(json_object_get(want, "lead")) > 1.0) {
            int top = (int)json_integer_value(json_array_get(json_array_get(json_object_get(want, "top"), 0), 0));
            assert_int_equal(best_of(logits, n_vocab), top);
        }
    }
    print_message("%s%s: mean absolute error %.4f, llama.cpp %.4f (smaller or equal on %zu of 50 prompts)\n", key,
                  precise ? ", precise" : "", ours / 50, theirs / 50, wins);
    assert_true(ours <= theirs);
    if (precise) {
        assert_true(ours < 0.1 * theirs);
    }
    model_state_free(state);
    free(logits);
}

static void base_model(void **unused)
{
    (void)unused;
    compare("base", NULL, false);
    compare("base", NULL, true);
}

static void with_adapter(void **unused)
{
    (void)unused;
    adapter *a = make_adapter();
    compare("lora", a, false);
    compare("lora", a, true);
    adapter_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(base_model), cmocka_unit_test(with_adapter)};
    return cmocka_run_group_tests(tests, load, unload);
}
