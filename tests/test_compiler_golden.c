/*
 * test_compiler_golden.c: the shipped compiler against the trainer's own computation (golden/compiler.gguf, written by
 * training/paw_train/golden.py in float32 from the same file): pseudo-program and tokens the same, pooled state, coefficients
 * and adapter within 1e-3 relative before quantisation.
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

#include "compiler/compiler.h"
#include "support/tiny.h"

static gguf_file *golden;
static paw_base *base;
static paw_compiler *compiler;

#define MUST(call)                                       \
    do {                                                 \
        paw_error e_;                                    \
        paw_error *err = &e_;                            \
        if ((call) != PAW_OK) {                          \
            fail_msg("%s: %s", err->where, err->message); \
        }                                                \
    } while (0)

static int load(void **unused)
{
    (void)unused;
    char *path = tiny_real_base();
    MUST(gguf_open(PAW_GOLDEN_DIR "/compiler.gguf", &golden, err));
    MUST(paw_base_load(path, NULL, &base, err));
    MUST(paw_compiler_load(PAW_GOLDEN_DIR "/../../models/paw-compact.gguf", base, &compiler, err));
    free(path);
    return 0;
}

static int unload(void **unused)
{
    (void)unused;
    paw_compiler_free(compiler);
    paw_base_free(base);
    gguf_close(golden);
    return 0;
}

static const char *name_of(int i, const char *what)
{
    static char name[64];
    snprintf(name, sizeof name, "golden.%d.%s", i, what);
    return name;
}

static const float *tensor_of(int i, const char *what, size_t *n)
{
    const gguf_tensor *t = gguf_find_tensor(golden, name_of(i, what));
    assert_non_null(t);
    assert_int_equal(t->type, TENSOR_F32);
    *n = t->size / sizeof(float);
    return (const float *)(const void *)t->data;
}

/* ||a - b|| / ||b|| */
static double difference(const float *a, const float *b, size_t n)
{
    double d = 0, s = 0;
    for (size_t i = 0; i < n; i++) {
        d += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
        s += (double)b[i] * b[i];
    }
    return sqrt(d / s);
}

static void made_for_this_file(void **unused)
{
    (void)unused;
    char *digest;
    MUST(gguf_get_string(golden, "golden.compiler_sha256", &digest, err));
    assert_string_equal(digest, compiler->fingerprint);
    free(digest);
}

/* The request of golden spec i; texts are freed by free_request. */
static paw_compile_request request_of(int i, paw_example *examples)
{
    char *spec;
    gguf_text *texts = NULL;
    size_t n = 0;
    MUST(gguf_get_string(golden, name_of(i, "spec"), &spec, err));
    if (gguf_has(golden, name_of(i, "examples"))) {
        MUST(gguf_get_texts(golden, name_of(i, "examples"), &texts, &n, err));
    }
    for (size_t k = 0; k < n / 2; k++) {
        examples[k] = (paw_example){strndup(texts[2 * k].data, texts[2 * k].size),
                                    strndup(texts[2 * k + 1].data, texts[2 * k + 1].size)};
    }
    free(texts);
    return (paw_compile_request){spec, examples, n / 2};
}

static void free_request(paw_compile_request *r)
{
    for (size_t i = 0; i < r->n_examples; i++) {
        free((char *)(uintptr_t)r->examples[i].input);
        free((char *)(uintptr_t)r->examples[i].output);
    }
    free((char *)(uintptr_t)r->spec);
}

static void check_tokens(int i, const char *pseudo)
{
    const uint8_t *words;
    size_t n;
    token_list tokens = {0};
    buffer text = {0};
    const char *place = strstr(compiler->encode_template, "{pseudo}");
    MUST(gguf_get_words(golden, name_of(i, "tokens"), GGUF_I32, &words, &n, err));
    buffer_append(&text, compiler->encode_template, (size_t)(place - compiler->encode_template));
    buffer_append_text(&text, pseudo);
    buffer_append_text(&text, place + strlen("{pseudo}"));
    MUST(tokenizer_encode(base->tokenizer, text.data, text.size, true, &tokens, err));
    assert_int_equal(tokens.size, n);
    assert_memory_equal(tokens.data, words, n * 4);
    token_list_free(&tokens);
    buffer_free(&text);
}

/* Every module's weights from our own coefficients, against samples and norms of the trainer's. */
static void check_weights(int i, const float *coefficients)
{
    const model_shape *shape = model_get_shape(base->model);
    uint32_t sample = 0;
    size_t n;
    MUST(gguf_get_u32(golden, "golden.sample", &sample, err));
    for (uint32_t m = 0; m < compiler->n_modules; m++) {
        size_t na = (size_t)compiler->rank * (size_t)model_cols(shape, compiler->modules[m].module);
        size_t nb = (size_t)compiler->rank * (size_t)model_rows(shape, compiler->modules[m].module);
        float *a = malloc(na * compiler->n_layer * sizeof *a), *b = malloc(nb * compiler->n_layer * sizeof *b);
        MUST(compiler_module_weights(compiler, m, coefficients, a, b, err));
        for (uint32_t l = 0; l < compiler->n_layer; l++) {
            for (int side = 0; side < 2; side++) {
                size_t values = side == 0 ? na : nb;
                const float *ours = (side == 0 ? a : b) + values * l;
                const float *want = tensor_of(i, side == 0 ? "a_sample" : "b_sample", &n) + ((size_t)l * compiler->n_modules + m) * sample;
                double norm = tensor_of(i, side == 0 ? "a_norm" : "b_norm", &n)[l * compiler->n_modules + m], squares = 0;
                for (size_t k = 0; k < values; k++) {
                    squares += (double)ours[k] * ours[k];
                }
                assert_true(fabs(sqrt(squares) - norm) <= 1e-3 * norm);
                for (size_t k = 0; k < sample; k++) { /* relative to the matrix's typical value */
                    assert_true(fabs(ours[k * (values / sample)] - want[k]) <= 1e-3 * norm / sqrt((double)values) * 3);
                }
            }
        }
        free(a);
        free(b);
    }
}

static void same_adapter(void **unused)
{
    (void)unused;
    uint32_t count = 0;
    MUST(gguf_get_u32(golden, "golden.count", &count, err));
    assert_true(count >= 3);
    for (int i = 0; i < (int)count; i++) {
        paw_example examples[PAW_EXAMPLES_MAX];
        paw_compile_request request = request_of(i, examples);
        char *pseudo, *want;
        size_t nh, nc;
        const float *h_want = tensor_of(i, "h", &nh), *c_want = tensor_of(i, "coefficients", &nc);
        float *h = malloc(nh * sizeof *h), *c = malloc(nc * sizeof *c);
        assert_int_equal(nc, (size_t)compiler->n_layer * compiler->n_modules * compiler->n_base * 2);
        MUST(compiler_pseudo(compiler, request.spec, &request, &pseudo, err));
        MUST(gguf_get_string(golden, name_of(i, "pseudo"), &want, err));
        assert_string_equal(pseudo, want);
        check_tokens(i, pseudo);
        MUST(compiler_encode(compiler, request.spec, pseudo, h, err));
        MUST(compiler_coefficients(compiler, h, c, err));
        print_message("spec %d: h off by %.1e, coefficients by %.1e\n", i, difference(h, h_want, nh), difference(c, c_want, nc));
        assert_true(difference(h, h_want, nh) < 1e-3);
        assert_true(difference(c, c_want, nc) < 1e-3);
        check_weights(i, c);
        free(pseudo);
        free(want);
        free(h);
        free(c);
        free_request(&request);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(made_for_this_file), cmocka_unit_test(same_adapter)};
    return cmocka_run_group_tests(tests, load, unload);
}
