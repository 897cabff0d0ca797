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

enum { ROWS = 53, TOKENS = 19 };

/* An odd number of blocks where the format allows it. */
static int cols_of(tensor_type type)
{
    return format_of(type)->block == 256 ? 512 : 160;
}

static const kernel_set *scalar(void)
{
    return kernels_at(kernels_count() - 1);
}

#ifdef PAW_TEST_SIMDE
extern const kernel_set kernels_avx512_simde;
static const kernel_set *const extra[] = {&kernels_avx512_simde, NULL};
#else
static const kernel_set *const extra[] = {NULL};
#endif

enum { N_EXTRA = sizeof extra / sizeof extra[0] - 1 };

/* The sets to test: this build's, and AVX-512's in portable C where SIMDe is there; NULL where one cannot run. */
static int sets_count(void)
{
    return kernels_count() + N_EXTRA;
}

static const kernel_set *set_at(int index)
{
    return index < kernels_count() ? kernels_at(index) : extra[index - kernels_count()];
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
static matrix random_matrix(tensor_type type, uint8_t **data, float **values)
{
    int rows = ROWS, cols = cols_of(type);
    size_t n = (size_t)rows * (size_t)cols;
    uint8_t *raw = malloc(format_size(type, n));
    uint64_t seed = (uint64_t)type * 17 + 3;
    *values = random_floats(n, 0.5f, 1);
    tiny_blocks(type, n, 0.5f, &seed, raw);
    format_dequantise(type, raw, *values, n);
    matrix m = matrix_plan(type, rows, cols);
    *data = aligned_alloc(64, (matrix_size(&m) + 63) / 64 * 64);
    assert_non_null(*data);
    assert_true(matrix_prepare(&m, type, raw, *data, 0, m.groups));
    m.data = *data;
    free(raw);
    return m;
}

static activations make_activations(int cols, int planes, const kernel_set *kernels)
{
    activations a;
    assert_int_equal(activations_new(TOKENS, cols, &a, NULL), PAW_OK);
    activations_set_planes(&a, planes);
    uint64_t seed = 5;
    for (int i = 0; i < TOKENS * cols; i++) {
        a.x[i] = tiny_uniform(&seed, 3.0f);
    }
    memset(a.x + cols, 0, 32 * sizeof *a.x); /* a block of zeros */
    activations_quantise(&a, kernels, 0, TOKENS);
    return a;
}

static const tensor_type types[] = {TENSOR_Q4_0, TENSOR_Q4_1, TENSOR_Q5_0, TENSOR_Q5_1, TENSOR_Q8_0, TENSOR_Q4_K,
                                    TENSOR_Q5_K, TENSOR_Q6_K, TENSOR_F16,  TENSOR_BF16, TENSOR_F32};

static void products_are_equal(void **unused)
{
    (void)unused;
    for (size_t k = 0; k < sizeof types / sizeof types[0]; k++) {
        for (int planes = 1; planes <= 2; planes++) {
            uint8_t *data;
            float *values;
            matrix m = random_matrix(types[k], &data, &values);
            float *want = random_floats(TOKENS * ROWS, 1, 8);
            activations a = make_activations(m.cols, planes, scalar());
            matrix_multiply(&m, scalar(), &a, 0, TOKENS, 0, m.groups, want, ROWS, false, 1);
            for (int s = 0; s < sets_count(); s++) {
                if (set_at(s) == NULL) {
                    continue;
                }
                activations b = make_activations(m.cols, planes, set_at(s));
                float *got = random_floats(TOKENS * ROWS, 1, 9);
                size_t blocks = (size_t)(TOKENS * m.cols) / 32;
                assert_memory_equal(a.q, b.q, (size_t)planes * blocks * 32);
                assert_memory_equal(a.scale, b.scale, blocks * sizeof(float));
                assert_memory_equal(a.sum, b.sum, blocks * sizeof(float));
                assert_memory_equal(a.isum, b.isum, 2 * blocks * sizeof(int32_t));
                assert_memory_equal(a.bias, b.bias, (size_t)planes * blocks * 4 * sizeof(int16_t));
                matrix_multiply(&m, set_at(s), &b, 0, TOKENS, 0, m.groups, got, ROWS, false, 1);
                assert_memory_equal(want, got, TOKENS * ROWS * sizeof(float));
                for (int n = 1; n < TOKENS; n++) { /* how many tokens go together changes nothing */
                    memset(got, 0, TOKENS * ROWS * sizeof(float));
                    matrix_multiply(&m, set_at(s), &b, 0, n, 0, m.groups, got, ROWS, false, 1);
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

/* Weights of Q6_K that are all the farthest from zero, with scales that are, and activations of any signs. */
static uint8_t *extreme_k6(int cols)
{
    size_t size = format_size(TENSOR_Q6_K, (size_t)cols), at = 0;
    uint8_t *raw = malloc(size * KERNEL_ROWS);
    assert_non_null(raw);
    for (int row = 0; row < KERNEL_ROWS; row++) {
        for (int b = 0; b < cols / 256; b++, at += 210) {
            memset(raw + at, row % 2 == 0 ? 0 : 255, 192);        /* values 0 or 63, which stand for -32 and 31 */
            memset(raw + at + 192, row % 4 < 2 ? 0x80 : 0x7F, 16); /* scales -128 or 127 */
            memcpy(raw + at + 208, "\x00\x3C", 2);                 /* 1 */
        }
    }
    return raw;
}

/* What the definition says of such a row and activations of magnitude `most`, of signs that repeat every 4 columns. */
static float extreme_sum(int row, int signs, int blocks, int most, float scale)
{
    int64_t n = 0;
    float sum = 0;
    for (int j = 0; j < 32; j++) {
        n += (row % 4 < 2 ? -128 : 127) * (row % 2 == 0 ? -32 : 31) * ((signs >> j % 4 & 1) == 0 ? most : -most);
    }
    assert_true(n == (int32_t)n);
    for (int b = 0; b < blocks; b++) {
        sum += (float)n * scale;
    }
    return sum;
}

static void largest_products_are_exact(void **unused)
{
    (void)unused;
    enum { COLS = 512, MAGNITUDE = 3 };
    uint8_t *raw = extreme_k6(COLS);
    matrix m = matrix_plan(TENSOR_Q6_K, KERNEL_ROWS, COLS);
    uint8_t *data = aligned_alloc(64, (matrix_size(&m) + 63) / 64 * 64);
    assert_true(matrix_prepare(&m, TENSOR_Q6_K, raw, data, 0, 1));
    m.data = data;
    for (int i = 0; i < 2 * sets_count(); i++) {
        const kernel_set *kernels = set_at(i / 2);
        int planes = 1 + i % 2, most = planes == 1 ? 127 : 127 * 128;
        float y[TOKENS * KERNEL_ROWS];
        activations a;
        if (kernels == NULL) {
            continue;
        }
        assert_int_equal(activations_new(TOKENS, COLS, &a, NULL), PAW_OK);
        activations_set_planes(&a, planes);
        for (int k = 0; k < TOKENS * COLS; k++) {
            a.x[k] = (k / COLS >> k % 4 & 1) == 0 ? MAGNITUDE : -MAGNITUDE;
        }
        activations_quantise(&a, kernels, 0, TOKENS);
        matrix_multiply(&m, kernels, &a, 0, TOKENS, 0, 1, y, KERNEL_ROWS, false, 1);
        for (int k = 0; k < TOKENS * KERNEL_ROWS; k++) {
            int t = k / KERNEL_ROWS;
            assert_true(y[k] == extreme_sum(k % KERNEL_ROWS, t, COLS / 32, most, (float)MAGNITUDE / (float)most));
        }
        activations_free(&a);
    }
    free(raw);
    free(data);
}

static double worst_error(tensor_type type, int planes)
{
    uint8_t *data;
    float *values, *y = random_floats(TOKENS * ROWS, 1, 8);
    matrix m = random_matrix(type, &data, &values);
    activations a = make_activations(m.cols, planes, scalar());
    double worst = 0, scale = 0;
    matrix_multiply(&m, scalar(), &a, 0, TOKENS, 0, m.groups, y, ROWS, false, 1);
    for (int t = 0; t < TOKENS; t++) {
        for (int r = 0; r < ROWS; r++) {
            double sum = 0;
            for (int c = 0; c < m.cols; c++) {
                sum += (double)a.x[t * m.cols + c] * values[r * m.cols + c];
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
        matrix m = matrix_plan(types[k], ROWS, cols_of(types[k]));
        bool quantised = matrix_is_quantised(&m);
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
    matrix m = random_matrix(TENSOR_Q8_0, &data, &values);
    activations a = make_activations(m.cols, 1, scalar());
    matrix_multiply(&m, scalar(), &a, 0, TOKENS, 0, m.groups, plain, ROWS, false, 1);
    matrix_multiply(&m, scalar(), &a, 0, TOKENS, 0, m.groups, sum, ROWS, true, 0.25f);
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

enum { N = 320, RESULTS = 6 };

/* Every kernel of single values, [RESULTS][N]. */
static void elementwise(const kernel_set *k, const float *x, const float *w, float *out, uint16_t *half)
{
    k->rms_norm(x, w, N, 1e-5f, out);
    k->swiglu(x, w, N, out + N);
    memcpy(out + 2 * N, x, N * sizeof *x);
    k->add(out + 2 * N, w, N);
    k->layer_norm(x, w, w + 16, N - 16, 1e-5f, out + 3 * N);
    memset(out + 4 * N - 16, 0, 16 * sizeof *out);
    k->gelu(x, N, out + 4 * N);
    memcpy(out + 5 * N, x, N * sizeof *x);
    k->rms_norm(out + 5 * N, w, N, 1e-5f, out + 5 * N); /* in place */
    k->store_f16(x, N, half);
}

static void elementwise_are_right(const float *x, const float *w, const float *got, const uint16_t *half)
{
    double squares = 0, mean = 0, variance = 0;
    for (int i = 0; i < N; i++) {
        squares += (double)x[i] * x[i] / N;
        mean += i < N - 16 ? (double)x[i] / (N - 16) : 0;
    }
    for (int i = 0; i < N - 16; i++) {
        variance += (x[i] - mean) * (x[i] - mean) / (N - 16);
    }
    for (int i = 0; i < N; i++) {
        double v = x[i], u = sqrt(2 / 3.14159265358979323846) * (v + 0.044715 * v * v * v);
        double wanted[RESULTS] = {v / sqrt(squares + 1e-5) * w[i],
                                  v / (1 + exp(-v)) * w[i],
                                  v + w[i],
                                  i < N - 16 ? (v - mean) / sqrt(variance + 1e-5) * w[i] + w[i + 16] : 0,
                                  v / 2 * (1 + tanh(u)),
                                  v / sqrt(squares + 1e-5) * w[i]};
        for (int j = 0; j < RESULTS; j++) {
            assert_true(fabs(wanted[j] - got[j * N + i]) < 2e-6 * (1 + fabs(wanted[j])));
        }
        assert_int_equal(half[i], format_f32_to_f16(x[i]));
    }
}

static void elementwise_are_equal(void **unused)
{
    (void)unused;
    float *x = random_floats(N, 12, 1), *w = random_floats(N, 1, 2), *want = random_floats(RESULTS * N, 1, 3),
          *got = random_floats(RESULTS * N, 1, 4);
    uint16_t half[2][N];
    x[5] = 1000; /* far beyond what e^x can hold */
    x[6] = -1000;
    elementwise(scalar(), x, w, want, half[0]);
    x[5] = x[6] = 1;
    elementwise(scalar(), x, w, got, half[1]);
    elementwise_are_right(x, w, got, half[1]);
    assert_true(want[4 * N + 5] == 1000 && fabsf(want[4 * N + 6]) < 1e-30f);
    x[5] = 1000;
    x[6] = -1000;
    for (int s = 0; s < sets_count(); s++) {
        if (set_at(s) != NULL) {
            elementwise(set_at(s), x, w, got, half[1]);
            assert_memory_equal(want, got, RESULTS * N * sizeof(float));
            assert_memory_equal(half[0], half[1], sizeof half[0]);
        }
    }
    free(x);
    free(w);
    free(want);
    free(got);
}

/* Every half as a float, and floats at, beside and between halves as halves: subnormals, infinities and NaN included. */
static void halves_are_converted_alike(void **unused)
{
    (void)unused;
    static const uint32_t beside[] = {0, 1, 0xFFF, 0x1000, 0x1001, 0x1FFF};
    const float one = 1;
    kernel_input in = {.x = &one, .cols = 1};
    for (int s = 0; s < kernels_count(); s++) {
        for (uint32_t h = 0; h < 65536 && kernels_at(s) != NULL; h += 16) {
            _Alignas(64) uint16_t weights[16];
            float out[16];
            for (uint32_t i = 0; i < 16; i++) {
                weights[i] = (uint16_t)(h + i);
            }
            kernels_at(s)->rows_f16((const uint8_t *)weights, &in, 0, 1, out);
            for (int i = 0; i < 16; i++) {
                float want = 0.0f + one * format_f16_to_f32(weights[i]);
                assert_memory_equal(&want, &out[i], sizeof want);
            }
        }
        for (uint32_t u = 0; u < 1u << 19 && kernels_at(s) != NULL; u += 16) {
            for (size_t b = 0; b < sizeof beside / sizeof beside[0]; b++) {
                float x[16];
                uint16_t got[16];
                for (uint32_t i = 0; i < 16; i++) {
                    uint32_t bits = (u + i) << 13 | beside[b];
                    memcpy(&x[i], &bits, 4);
                }
                kernels_at(s)->store_f16(x, 16, got);
                for (int i = 0; i < 16; i++) {
                    if (got[i] != format_f32_to_f16(x[i])) {
                        fail_msg("%s: %a becomes %04x", kernels_at(s)->name, (double)x[i], got[i]);
                    }
                }
            }
        }
    }
}

/* Blocks without a sound scale: nothing is undefined, and NaN and infinity stay visible in the scale. */
static void odd_activations(void **unused)
{
    (void)unused;
    static const float odd[] = {0.0f, -0.0f, 1e-45f, -1e-40f, 1e-35f, 9e-31f, 2e-30f, 3e38f, -3e38f, INFINITY, -INFINITY, NAN};
    enum { BLOCKS = sizeof odd / sizeof odd[0] };
    for (int planes = 1; planes <= 2; planes++) {
        float x[BLOCKS * 32], scale[2][BLOCKS], sum[2][BLOCKS];
        int8_t q[2][2][BLOCKS * 32];
        int16_t bias[2][2][BLOCKS * 4];
        int32_t isum[2][2 * BLOCKS];
        kernel_output to[2];
        uint64_t seed = 4;
        for (int i = 0; i < BLOCKS * 32; i++) { /* the odd value among smaller ones */
            x[i] = i % 32 == 19 ? odd[i / 32] : tiny_uniform(&seed, isfinite(odd[i / 32]) ? odd[i / 32] : 1.0f);
        }
        memset(q, 0, sizeof q);
        memset(bias, 0, sizeof bias);
        for (int i = 0; i < 2; i++) {
            to[i] = (kernel_output){{q[i][0], q[i][1]}, {bias[i][0], bias[i][1]}, scale[i], sum[i], isum[i]};
        }
        scalar()->quantise(x, BLOCKS * 32, planes, &to[0]);
        for (int b = 0; b < BLOCKS; b++) {
            assert_int_equal(isfinite(odd[b]) != 0, isfinite(scale[0][b]) != 0);
        }
        for (int s = 0; s < kernels_count(); s++) {
            if (kernels_at(s) != NULL) {
                kernels_at(s)->quantise(x, BLOCKS * 32, planes, &to[1]);
                assert_memory_equal(q[0], q[1], sizeof q[0]);
                assert_memory_equal(bias[0], bias[1], sizeof bias[0]);
                assert_memory_equal(scale[0], scale[1], sizeof scale[0]);
                assert_memory_equal(isum[0], isum[1], sizeof isum[0]);
                for (int b = 0; b < BLOCKS; b++) {
                    assert_true(sum[0][b] == sum[1][b] || (isnan(sum[0][b]) && isnan(sum[1][b])));
                }
            }
        }
    }
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
    enum { SPAN = (MOST + 15) / 16 * 16, HEAD = 48 };
    static uint16_t k[SPAN * DIM], v[SPAN * DIM], memory[SPAN / 16][HEAD + 2 * 16 * DIM];
    const uint16_t *pages[SPAN / 16];
    uint64_t seed = 12;
    float *q = random_floats(QUERIES * DIM, 2, 6), *scratch = random_floats(KERNEL_QUERIES * (DIM + SPAN), 1, 7);
    float want[QUERIES * DIM], got[QUERIES * DIM], *outs[2][QUERIES];
    const float *qs[QUERIES];
    for (int i = 0; i < SPAN * DIM; i++) {
        k[i] = format_f32_to_f16(tiny_uniform(&seed, 2));
        v[i] = format_f32_to_f16(tiny_uniform(&seed, 2));
    }
    for (int j = 0; j < SPAN / 16; j++) { /* pages in no order */
        uint16_t *page = memory[SPAN / 16 - 1 - j];
        memcpy(page + HEAD, k + j * 16 * DIM, 16 * DIM * sizeof *k);
        memcpy(page + HEAD + 16 * DIM, v + j * 16 * DIM, 16 * DIM * sizeof *v);
        pages[j] = page;
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
            scalar()->attend(qs + i, outs[0] + i, ns + i, 1, pages, HEAD, DIM, 0.25f, scratch);
            attend_reference(qs[i], k, v, ns[i], right);
            for (int d = 0; d < DIM; d++) {
                assert_true(fabs(right[d] - want[i * DIM + d]) < 1e-5);
            }
        }
        for (int s = 0; s < sets_count(); s++) {
            for (int m = 1; m <= QUERIES && set_at(s) != NULL; m++) { /* together in any number: the same bits */
                memset(got, 0, sizeof got);
                set_at(s)->attend(qs, outs[1], ns, m, pages, HEAD, DIM, 0.25f, scratch);
                assert_memory_equal(want, got, (size_t)m * DIM * sizeof *got);
            }
        }
    }
    free(q);
    free(scratch);
}

/* Where f16 scales stand in a block, -1: nowhere else. */
static const struct {
    tensor_type type;
    int at[2];
} scales[] = {{TENSOR_Q4_0, {0, -1}}, {TENSOR_Q4_1, {0, 2}}, {TENSOR_Q5_0, {0, -1}}, {TENSOR_Q5_1, {0, 2}},
              {TENSOR_Q8_0, {0, -1}}, {TENSOR_Q4_K, {0, 2}}, {TENSOR_Q5_K, {0, 2}},  {TENSOR_Q6_K, {208, -1}},
              {TENSOR_F16, {0, -1}}};

static void unsound_scales_are_noticed(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof scales / sizeof scales[0]; i++) {
        const tensor_format *f = format_of(scales[i].type);
        int cols = f->block == 1 ? 64 : (int)f->block * 2;
        size_t size = format_size(scales[i].type, 4 * (size_t)cols);
        matrix m = matrix_plan(scales[i].type, 4, cols);
        uint8_t *raw = calloc(size, 1), *data = aligned_alloc(64, (matrix_size(&m) + 63) / 64 * 64);
        assert_true(matrix_prepare(&m, scales[i].type, raw, data, 0, 1));
        for (int j = 0; j < 2 && scales[i].at[j] >= 0; j++) {
            uint8_t *high = raw + size - f->block_size + scales[i].at[j] + 1; /* the last block of the last row */
            for (int bits = 0x7C; bits <= 0x7E; bits += 2) {               /* infinity, NaN */
                *high = (uint8_t)bits;
                assert_false(matrix_prepare(&m, scales[i].type, raw, data, 0, 1));
            }
            *high = 0;
        }
        free(raw);
        free(data);
    }
}

/* Prepared matrices stay near the file's size. */
static void sizes(void **unused)
{
    (void)unused;
    for (size_t k = 0; k < sizeof types / sizeof types[0]; k++) {
        matrix m = matrix_plan(types[k], 160, 1024);
        assert_int_equal(m.group_size % 64, 0);
        assert_true((double)matrix_size(&m) < 1.12 * (double)format_size(types[k], 160 * 1024));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_are_equal), cmocka_unit_test(products_are_right),
        cmocka_unit_test(added_products),     cmocka_unit_test(largest_products_are_exact),
        cmocka_unit_test(attention),          cmocka_unit_test(elementwise_are_equal),
        cmocka_unit_test(sizes),              cmocka_unit_test(unsound_scales_are_noticed),
        cmocka_unit_test(odd_activations),    cmocka_unit_test(halves_are_converted_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
