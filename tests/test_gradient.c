/*
 * test_gradient.c: gradients of LoRA weights are those of PyTorch's autograd (golden/make_gradient.py), the same bits with every
 * kernel set and any number of threads, and a step against them lowers the loss.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "model/gradient.h"
#include "support/check.h"
#include "support/tiny.h"

enum { RANK = 16 };

static const float FACTOR = 0.5f;
static const char folder[] = PAW_GOLDEN_DIR "/architectures";

/* The lesson of make_gradient.py. */
static const int32_t prefix[] = {5, 17, 200, 33, 90, 91, 8, 140};
static const int32_t first[] = {12, 44, 7, 61, 99, 0}, second[] = {71, 3, 150, 151, 152, 0}, third[] = {201, 18, 18, 230, 64, 10, 0};
static const lesson_item items[] = {{first, 6, 2}, {second, 6, 4}, {third, 7, 2}};
static const lesson example = {prefix, COUNT(prefix), items, COUNT(items)};

static model *open_model(const char *name, const kernel_set *kernels, int threads)
{
    return tiny_open_model(check_path(folder, name), kernels, threads);
}

/* The formula of make_gradient.py. */
static void fill(float *to, size_t n, int seed)
{
    for (size_t i = 0; i < n; i++) {
        to[i] = (float)(0.2 * sin(0.37 * (double)i + seed));
    }
}

static lora_weights some_weights(const model *m)
{
    lora_weights w;
    paw_error err = {0};
    int layers = model_get_shape(m)->n_layer;
    check_ok(lora_weights_new(m, RANK, FACTOR, &w, &err), &err);
    for (int module = 0; module < MODEL_MODULES; module++) {
        for (int l = 0; l < layers && w.a[module] != NULL; l++) {
            size_t na = lora_count_a(m, &w, (model_module)module) / (size_t)layers, nb = lora_count_b(m, &w, (model_module)module) / (size_t)layers;
            fill(w.a[module] + (size_t)l * na, na, module + 10 * l);
            fill(w.b[module] + (size_t)l * nb, nb, module + 10 * l + 5);
        }
    }
    return w;
}

static lora_weights zeros(const model *m)
{
    lora_weights w;
    paw_error err = {0};
    check_ok(lora_weights_new(m, RANK, FACTOR, &w, &err), &err);
    return w;
}

static void compare(const json_t *gradients, model_module module, char part, const float *got, size_t n, size_t stride)
{
    char name[64];
    snprintf(name, sizeof name, "%s.%c", model_module_stem(module), part);
    const json_t *wanted = json_object_get(json_object_get(gradients, name), "values");
    double norm = json_number_value(json_object_get(json_object_get(gradients, name), "norm")), squares = 0;
    assert_int_equal(json_array_size(wanted), (n + stride - 1) / stride);
    for (size_t i = 0; i < n; i++) {
        squares += (double)got[i] * (double)got[i];
        if (i % stride == 0) { /* keys and values of the forward pass are halves here */
            double value = json_number_value(json_array_get(wanted, i / stride));
            if (fabs((double)got[i] - value) > 0.004 * norm / sqrt((double)n) * 10) {
                fail_msg("%s[%zu]: %g, wanted %g", name, i, (double)got[i], value);
            }
        }
    }
    assert_true(fabs(sqrt(squares) - norm) < 0.004 * norm);
}

TEST(the_gradient_is_that_of_autograd)
{
    json_error_t error;
    json_t *golden = json_load_file(check_path(folder, "gradient.json"), 0, &error);
    assert_non_null(golden);
    model *m = open_model("llama-f32.gguf", NULL, 1);
    lora_weights w = some_weights(m), g = zeros(m);
    paw_error err = {0};
    double loss = 0;
    check_ok(model_gradient(m, &example, &w, &g, &loss, &err), &err);
    assert_true(fabs(loss - json_number_value(json_object_get(golden, "loss"))) < 0.01);
    size_t stride = (size_t)json_integer_value(json_object_get(golden, "stride"));
    const json_t *gradients = json_object_get(golden, "gradients");
    for (int i = 0; i < MODEL_MODULES; i++) {
        if (w.a[i] != NULL) {
            compare(gradients, (model_module)i, 'a', g.a[i], lora_count_a(m, &g, (model_module)i), stride);
            compare(gradients, (model_module)i, 'b', g.b[i], lora_count_b(m, &g, (model_module)i), stride);
        }
    }
    lora_weights_free(&w);
    lora_weights_free(&g);
    model_close(m);
    json_decref(golden);
}

static bool same(const model *m, const lora_weights *x, const lora_weights *y)
{
    bool equal = true;
    for (int i = 0; i < MODEL_MODULES; i++) {
        if (x->a[i] != NULL) {
            equal = equal && memcmp(x->a[i], y->a[i], lora_count_a(m, x, (model_module)i) * sizeof(float)) == 0 &&
                    memcmp(x->b[i], y->b[i], lora_count_b(m, x, (model_module)i) * sizeof(float)) == 0;
        }
    }
    return equal;
}

static lora_weights gradient_of(const char *name, const kernel_set *kernels, int threads, double *loss)
{
    paw_error err = {0};
    model *m = open_model(name, kernels, threads);
    lora_weights w = some_weights(m), g = zeros(m);
    check_ok(model_gradient(m, &example, &w, &g, loss, &err), &err);
    lora_weights_free(&w);
    model_close(m);
    return g;
}

TEST(all_kernels_and_threads_give_the_same_bits)
{
    static const char *const names[] = {"llama-f32.gguf", "llama-q4_1.gguf", "llama-q6_k.gguf"};
    for (size_t i = 0; i < COUNT(names); i++) {
        double loss, other;
        model *m = open_model(names[i], NULL, 1);
        lora_weights reference = gradient_of(names[i], NULL, 1, &loss);
        for (int k = 0; k < kernels_count(); k++) {
            for (int threads = 1; threads <= 3 && kernels_at(k) != NULL; threads++) {
                lora_weights g = gradient_of(names[i], kernels_at(k), threads, &other);
                assert_true(same(m, &reference, &g));
                assert_true(loss == other);
                lora_weights_free(&g);
            }
        }
        lora_weights_free(&reference);
        model_close(m);
    }
}

TEST(a_step_against_the_gradient_lowers_the_loss)
{
    paw_error err = {0};
    model *m = open_model("llama-q4_1.gguf", NULL, 2);
    lora_weights w = some_weights(m), g = zeros(m);
    double before, after;
    check_ok(model_gradient(m, &example, &w, &g, &before, &err), &err);
    for (int i = 0; i < MODEL_MODULES; i++) {
        for (size_t j = 0; w.a[i] != NULL && j < lora_count_a(m, &w, (model_module)i); j++) {
            w.a[i][j] -= 0.002f * g.a[i][j];
        }
        for (size_t j = 0; w.b[i] != NULL && j < lora_count_b(m, &w, (model_module)i); j++) {
            w.b[i][j] -= 0.002f * g.b[i][j];
        }
    }
    check_ok(model_gradient(m, &example, &w, &g, &after, &err), &err);
    assert_true(after < before - 0.2);
    lora_weights_free(&w);
    lora_weights_free(&g);
    model_close(m);
}

TEST(what_cannot_be_learnt_is_refused)
{
    paw_error err = {0};
    int32_t many[200] = {0}, wrong[] = {1, 9999, 2};
    lesson_item bad[] = {{first, 6, 0}, {first, 6, 6}, {wrong, 3, 1}, {many, 200, 1}};
    model *m = open_model("llama-f32.gguf", NULL, 1);
    lora_weights w = some_weights(m), g = zeros(m);
    for (size_t i = 0; i < COUNT(bad); i++) {
        lesson l = {prefix, COUNT(prefix), &bad[i], 1};
        check_error(model_gradient(m, &l, &w, &g, NULL, &err), &err, i == 3 ? PAW_ERR_CONTEXT : PAW_ERR_ARGUMENT, "examples", NULL);
    }
    lora_weights_free(&w);
    lora_weights_free(&g);
    model_close(m);
    static const char *const others[] = {"qwen3-f32.gguf", "gpt2-f32.gguf"};
    for (size_t i = 0; i < COUNT(others); i++) {
        m = open_model(others[i], NULL, 1);
        w = some_weights(m);
        g = zeros(m);
        assert_false(model_has_gradient(m));
        check_error(model_gradient(m, &example, &w, &g, NULL, &err), &err, PAW_ERR_UNSUPPORTED, NULL, "no gradient");
        lora_weights_free(&w);
        lora_weights_free(&g);
        model_close(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_gradient_is_that_of_autograd),
        cmocka_unit_test(all_kernels_and_threads_give_the_same_bits),
        cmocka_unit_test(a_step_against_the_gradient_lowers_the_loss),
        cmocka_unit_test(what_cannot_be_learnt_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
