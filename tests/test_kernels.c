/*
 * test_kernels.c: every kernel set equals the scalar one, which is the definition, to the last bit; and the scalar one is
 * right, against double precision.
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

#include "support/tiny.h"
#include "tensor/matrix.h"

enum { ROWS = 53, COLS = 160, TOKENS = 11 };

static const kernel_set *scalar(void)
{
    return kernels_at(kernels_count() - 1);
}

static float *random_floats(size_t n, float spread, uint64_t seed)
{
    float *x = aligned_alloc(64, (n * sizeof *x + 63) / 64 * 64);
    assert_non_null(x);
    for (size_t i = 0; i < n; i++) {
        x[i] = tiny_uniform(&seed, spread);
    }
    return x;
}

/* A prepared matrix of random values, and the same values expanded: raw and values are freed by the caller. */
static matrix random_matrix(tensor_type type, int rows, int cols, uint8_t **data, float **values)
{
    size_t n = (size_t)rows * (size_t)cols;
    uint8_t *raw = malloc(format_size(type, n));
    *values = random_floats(n, 0.5f, (uint64_t)type * 17 + 3);
    if (type == TENSOR_Q4_1) { /* no quantiser: make blocks of any bits with sound scales */
        uint64_t seed = 99;
        for (size_t i = 0; i < format_size(type, n); i++) {
            raw[i] = (uint8_t)tiny_random(&seed);
        }
        for (size_t b = 0; b < n / 32; b++) {
            uint16_t d = format_f32_to_f16(tiny_uniform(&seed, 0.1f)), m = format_f32_to_f16(tiny_uniform(&seed, 0.5f));
            memcpy(raw + b * 20, &d, 2);
            memcpy(raw + b * 20 + 2, &m, 2);
        }
    } else {
        format_quantise(type, *values, raw, n);
    }
    format_dequantise(type, raw, *values, n);
    matrix m = matrix_plan(type, rows, cols);
    *data = aligned_alloc(64, (matrix_size(&m) + 63) / 64 * 64);
    assert_non_null(*data);
    assert_true(matrix_prepare(&m, type, raw, *data, 0, m.groups));
    m.data = *data;
    free(raw);
    return m;
}

static activations make_activations(int planes, const kernel_set *kernels)
{
    activations a;
    assert_int_equal(activations_new(TOKENS, COLS, &a, NULL), PAW_OK);
    activations_set_planes(&a, planes);
    uint64_t seed = 5;
    for (int i = 0; i < TOKENS * COLS; i++) {
        a.x[i] = tiny_uniform(&seed, 3.0f);
    }
    memset(a.x + COLS, 0, 32 * sizeof *a.x); /* a block of zeros */
    activations_quantise(&a, kernels, 0, TOKENS);
    return a;
}

static const tensor_type types[] = {TENSOR_Q4_0, TENSOR_Q4_1, TENSOR_Q8_0, TENSOR_F16, TENSOR_F32};

static void products_are_equal(void **unused)
{
    (void)unused;
    for (size_t k = 0; k < sizeof types / sizeof types[0]; k++) {
        for (int planes = 1; planes <= 2; planes++) {
            uint8_t *data;
            float *values;
            matrix m = random_matrix(types[k], ROWS, COLS, &data, &values);
            float *want = random_floats(TOKENS * ROWS, 1, 8);
            activations a = make_activations(planes, scalar());
            matrix_multiply(&m, scalar(), &a, TOKENS, 0, m.groups, want, ROWS, false, 1);
            for (int s = 0; s < kernels_count(); s++) {
                if (kernels_at(s) == NULL) {
                    continue;
                }
                activations b = make_activations(planes, kernels_at(s));
                float *got = random_floats(TOKENS * ROWS, 1, 9);
                assert_memory_equal(a.q, b.q, (size_t)planes * TOKENS * COLS);
                assert_memory_equal(a.scale, b.scale, TOKENS * COLS / 32 * sizeof(float));
                assert_memory_equal(a.sum, b.sum, TOKENS * COLS / 32 * sizeof(float));
                matrix_multiply(&m, kernels_at(s), &b, TOKENS, 0, m.groups, got, ROWS, false, 1);
                assert_memory_equal(want, got, TOKENS * ROWS * sizeof(float));
                for (int n = 1; n < TOKENS; n++) { /* how many tokens go together changes nothing */
                    memset(got, 0, TOKENS * ROWS * sizeof(float));
                    matrix_multiply(&m, kernels_at(s), &b, n, 0, m.groups, got, ROWS, false, 1);
                    assert_memory_equal(want, got, (size_t)n * ROWS * sizeof(float));
                }
                free(got);
                activations_free(&b);
            }
            activations_free(&a);
            free(want);
            free(values);
            free(data);
        }
    }
}

static double worst_error(tensor_type type, int planes)
{
    uint8_t *data;
    float *values, *y = random_floats(TOKENS * ROWS, 1, 8);
    matrix m = random_matrix(type, ROWS, COLS, &data, &values);
    activations a = make_activations(planes, scalar());
    double worst = 0, scale = 0;
    matrix_multiply(&m, scalar(), &a, TOKENS, 0, m.groups, y, ROWS, false, 1);
    for (int t = 0; t < TOKENS; t++) {
        for (int r = 0; r < ROWS; r++) {
            double sum = 0;
            for (int c = 0; c < COLS; c++) {
                sum += (double)a.x[t * COLS + c] * values[r * COLS + c];
            }
            worst = fmax(worst, fabs(sum - y[t * ROWS + r]));
            scale = fmax(scale, fabs(sum));
        }
    }
    activations_free(&a);
    free(values);
    free(data);
    free(y);
    return worst / scale;
}

static void products_are_right(void **unused)
{
    (void)unused;
    for (size_t k = 0; k < sizeof types / sizeof types[0]; k++) {
        bool quantised = types[k] != TENSOR_F16 && types[k] != TENSOR_F32;
        assert_true(worst_error(types[k], 1) < (quantised ? 1e-2 : 1e-6));
        assert_true(worst_error(types[k], 2) < (quantised ? 1e-4 : 1e-6)); /* 15 bits */
    }
}

static void added_products(void **unused)
{
    (void)unused;
    uint8_t *data;
    float *values, *plain = random_floats(TOKENS * ROWS, 1, 8), *sum = random_floats(TOKENS * ROWS, 1, 21),
                   *before = random_floats(TOKENS * ROWS, 1, 21);
    matrix m = random_matrix(TENSOR_Q8_0, ROWS, COLS, &data, &values);
    activations a = make_activations(1, scalar());
    matrix_multiply(&m, scalar(), &a, TOKENS, 0, m.groups, plain, ROWS, false, 1);
    matrix_multiply(&m, scalar(), &a, TOKENS, 0, m.groups, sum, ROWS, true, 0.25f);
    for (int i = 0; i < TOKENS * ROWS; i++) {
        assert_true(sum[i] == before[i] + 0.25f * plain[i]);
    }
    activations_free(&a);
    free(values);
    free(data);
    free(plain);
    free(sum);
    free(before);
}

static void elementwise_are_equal(void **unused)
{
    (void)unused;
    enum { N = 320 };
    float *x = random_floats(N, 12, 1), *w = random_floats(N, 1, 2), *want = random_floats(3 * N, 1, 3),
          *got = random_floats(3 * N, 1, 4);
    uint16_t half[2][N];
    scalar()->rms_norm(x, w, N, 1e-5f, want);
    scalar()->swiglu(x, w, N, want + N);
    memcpy(want + 2 * N, x, N * sizeof *x);
    scalar()->add(want + 2 * N, w, N);
    scalar()->store_f16(x, N, half[0]);
    for (int i = 0; i < N; i++) {
        double v = x[i] / (1 + exp(-(double)x[i])) * w[i];
        assert_true(fabs(v - want[N + i]) < 2e-6 * (1 + fabs(v)));
        assert_int_equal(half[0][i], format_f32_to_f16(x[i]));
    }
    for (int s = 0; s < kernels_count(); s++) {
        const kernel_set *k = kernels_at(s);
        if (k != NULL) {
            k->rms_norm(x, w, N, 1e-5f, got);
            k->swiglu(x, w, N, got + N);
            memcpy(got + 2 * N, x, N * sizeof *x);
            k->add(got + 2 * N, w, N);
            k->store_f16(x, N, half[1]);
            assert_memory_equal(want, got, 3 * N * sizeof(float));
            assert_memory_equal(half[0], half[1], sizeof half[0]);
        }
    }
    free(x);
    free(w);
    free(want);
    free(got);
}

enum { QUERIES = KERNEL_QUERIES, DIM = 48, MOST = 70 };

/* Attention in double precision over keys and values as they are stored. */
static void attend_reference(const float *q, const uint16_t *k, const uint16_t *v, int n, double *out)
{
    double p[MOST], sum = 0, largest = -1e30;
    for (int i = 0; i < n; i++) {
        p[i] = 0;
        for (int d = 0; d < DIM; d++) {
            p[i] += q[d] * (double)format_f16_to_f32(k[(i / 16) * 16 * DIM + d * 16 + i % 16]);
        }
        p[i] *= 0.25;
        largest = fmax(largest, p[i]);
    }
    for (int i = 0; i < n; i++) {
        p[i] = exp(p[i] - largest);
        sum += p[i];
    }
    for (int d = 0; d < DIM; d++) {
        out[d] = 0;
        for (int i = 0; i < n; i++) {
            out[d] += p[i] / sum * (double)format_f16_to_f32(v[i * DIM + d]);
        }
    }
}

static void attention(void **unused)
{
    (void)unused;
    enum { SPAN = (MOST + 15) / 16 * 16 };
    static uint16_t k[SPAN * DIM], v[SPAN * DIM];
    uint64_t seed = 12;
    float *q = random_floats(QUERIES * DIM, 2, 6), *scratch = random_floats(KERNEL_QUERIES * (DIM + SPAN), 1, 7);
    float want[QUERIES * DIM], got[QUERIES * DIM], *outs[2][QUERIES];
    const float *qs[QUERIES];
    for (int i = 0; i < SPAN * DIM; i++) {
        k[i] = format_f32_to_f16(tiny_uniform(&seed, 2));
        v[i] = format_f32_to_f16(tiny_uniform(&seed, 2));
    }
    for (int n = 1; n + QUERIES <= MOST; n++) {
        int ns[QUERIES];
        for (int i = 0; i < QUERIES; i++) {
            qs[i] = q + i * DIM;
            outs[0][i] = want + i * DIM;
            outs[1][i] = got + i * DIM;
            ns[i] = n + i / 2;
        }
        for (int i = 0; i < QUERIES; i++) { /* one at a time: the definition */
            double right[DIM];
            scalar()->attend(qs + i, outs[0] + i, ns + i, 1, k, v, DIM, 0.25f, scratch);
            attend_reference(qs[i], k, v, ns[i], right);
            for (int d = 0; d < DIM; d++) {
                assert_true(fabs(right[d] - want[i * DIM + d]) < 1e-5);
            }
        }
        for (int s = 0; s < kernels_count(); s++) {
            for (int m = 1; m <= QUERIES && kernels_at(s) != NULL; m++) { /* together in any number: the same bits */
                memset(got, 0, sizeof got);
                kernels_at(s)->attend(qs, outs[1], ns, m, k, v, DIM, 0.25f, scratch);
                assert_memory_equal(want, got, (size_t)m * DIM * sizeof *got);
            }
        }
    }
    free(q);
    free(scratch);
}

static void unsound_scales_are_noticed(void **unused)
{
    (void)unused;
    uint8_t raw[4][18 * 2] = {{0}};
    matrix m = matrix_plan(TENSOR_Q4_0, 4, 64);
    uint8_t *data = aligned_alloc(64, (matrix_size(&m) + 63) / 64 * 64);
    assert_true(matrix_prepare(&m, TENSOR_Q4_0, raw[0], data, 0, 1));
    raw[3][19] = 0x7C; /* the second block of the last row: infinity */
    assert_false(matrix_prepare(&m, TENSOR_Q4_0, raw[0], data, 0, 1));
    raw[3][19] = 0x7E; /* NaN */
    assert_false(matrix_prepare(&m, TENSOR_Q4_0, raw[0], data, 0, 1));
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_are_equal), cmocka_unit_test(products_are_right),
        cmocka_unit_test(added_products),     cmocka_unit_test(elementwise_are_equal),
        cmocka_unit_test(attention),          cmocka_unit_test(unsound_scales_are_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
