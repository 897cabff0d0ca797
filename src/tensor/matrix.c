/* matrix.c: laying weights out, and multiplying with them. */
#include "tensor/matrix.h"

#include <stdlib.h>
#include <string.h>

static matrix_kind kind_of(tensor_type type)
{
    switch (type) {
    case TENSOR_Q4_0:
    case TENSOR_Q4_1: return MATRIX_I4;
    case TENSOR_Q5_0:
    case TENSOR_Q5_1: return MATRIX_I5;
    case TENSOR_Q8_0: return MATRIX_I8;
    case TENSOR_Q4_K: return MATRIX_K4;
    case TENSOR_Q5_K: return MATRIX_K5;
    case TENSOR_Q6_K: return MATRIX_K6;
    case TENSOR_F16: return MATRIX_F16;
    case TENSOR_BF16: return MATRIX_BF16;
    default: return MATRIX_F32;
    }
}

/* Bits of a value in the packed kinds. */
static int bits_of(matrix_kind kind)
{
    return kind == MATRIX_I4 || kind == MATRIX_K4 ? 4 : kind == MATRIX_I5 || kind == MATRIX_K5 ? 5 : 6;
}

bool matrix_is_quantised(const matrix *m)
{
    return m->kind != MATRIX_NONE && m->kind < MATRIX_F16;
}

static size_t round_up(size_t n, size_t to)
{
    return (n + to - 1) / to * to;
}

matrix matrix_plan(tensor_type type, int rows, int cols)
{
    matrix m = {.kind = kind_of(type), .rows = rows, .cols = cols, .groups = (rows + KERNEL_ROWS - 1) / KERNEL_ROWS};
    size_t blocks = (size_t)cols / KERNEL_BLOCK;
    switch (m.kind) {
    case MATRIX_I4:
    case MATRIX_I5: m.group_size = blocks * (size_t)KERNEL_I_BLOCK(bits_of(m.kind)); break;
    case MATRIX_I8: m.group_size = round_up(blocks * 32, 64) + blocks * 512; break;
    case MATRIX_K4:
    case MATRIX_K5:
    case MATRIX_K6: m.group_size = blocks / 8 * (size_t)KERNEL_K_BLOCK(bits_of(m.kind)); break;
    case MATRIX_F16:
    case MATRIX_BF16: m.group_size = (size_t)cols * KERNEL_ROWS * 2; break;
    default: m.group_size = (size_t)cols * KERNEL_ROWS * 4; break;
    }
    return m;
}

size_t matrix_size(const matrix *m)
{
    return m->group_size * (size_t)m->groups;
}

/* ---- laying out ---- */

static void put16(uint8_t *p, uint16_t h)
{
    memcpy(p, &h, 2);
}

static uint16_t get16(const uint8_t *p)
{
    uint16_t h;
    memcpy(&h, p, 2);
    return h;
}

static bool is_finite(uint16_t h)
{
    return (h & 0x7C00u) != 0x7C00u;
}

/* One row of a group. Q4_0 is Q4_1 with the minimum -8 d: times 8 is exact in f16 up to its range. */
static bool prepare_i4(tensor_type type, const uint8_t *raw, int cols, uint8_t *group, int row)
{
    bool with_min = type == TENSOR_Q4_1, sound = true;
    for (int b = 0; b < cols / KERNEL_BLOCK; b++, group += KERNEL_I_BLOCK(4)) {
        uint16_t d = get16(raw);
        uint16_t m = with_min ? get16(raw + 2) : format_f32_to_f16(-8 * format_f16_to_f32(d));
        const uint8_t *q = raw + (with_min ? 4 : 2);
        put16(group + 2 * row, d);
        put16(group + 32 + 2 * row, m);
        sound = sound && is_finite(d) && is_finite(m);
        for (int j = 0; j < 16; j++) { /* a byte holds values j and j + 16 in both layouts */
            group[64 + (j / 4) * 64 + row * 4 + j % 4] = q[j];
        }
        raw = q + 16;
    }
    return sound;
}

/* 32 values without a sign into a row's places (matrix.h); the group starts out zero. */
static void put_values(const uint8_t *q, int bits, uint8_t *data, int row)
{
    for (int j = 0; j < 32; j++) {
        int quad = j / 4, at = row * 4 + j % 4, high = q[j] >> 4;
        data[quad % 4 * 64 + at] |= (uint8_t)((q[j] & 15) << quad / 4 * 4);
        if (bits == 5) {
            data[256 + at] |= (uint8_t)(high << quad);
        } else if (bits == 6) {
            data[256 + quad / 4 * 64 + at] |= (uint8_t)(high << quad % 4 * 2);
        }
    }
}

/* As Q4_0, so Q5_0 gets the minimum -16 d. */
static bool prepare_i5(tensor_type type, const uint8_t *raw, int cols, uint8_t *group, int row)
{
    bool sound = true;
    for (int b = 0; b < cols / KERNEL_BLOCK; b++, group += KERNEL_I_BLOCK(5), raw += format_of(type)->block_size) {
        format_block block;
        format_unpack(type, raw, &block);
        uint16_t m = type == TENSOR_Q5_1 ? block.m : format_f32_to_f16(-16 * format_f16_to_f32(block.d));
        put16(group + 2 * row, block.d);
        put16(group + 32 + 2 * row, m);
        sound = sound && is_finite(block.d) && is_finite(m);
        put_values(block.q, 5, group + 64, row);
    }
    return sound;
}

static bool prepare_k(tensor_type type, const uint8_t *raw, int cols, uint8_t *group, int row)
{
    int bits = bits_of(kind_of(type));
    bool sound = true;
    for (int s = 0; s < cols / 256; s++, group += KERNEL_K_BLOCK(bits), raw += format_of(type)->block_size) {
        format_block block;
        format_unpack(type, raw, &block);
        put16(group + 2 * row, block.d);
        put16(group + 32 + 2 * row, block.m);
        sound = sound && is_finite(block.d) && is_finite(block.m);
        for (int b = 0; b < 8; b++) {
            uint8_t *head = group + 64 + b * 32;
            head[row] = (uint8_t)block.scale[bits == 6 ? 2 * b : b];
            head[16 + row] = bits == 6 ? (uint8_t)block.scale[2 * b + 1] : block.minimum[b];
            put_values(block.q + b * KERNEL_BLOCK, bits, group + KERNEL_K_HEAD + b * 64 * bits, row);
        }
    }
    return sound;
}

static bool prepare_i8(const uint8_t *raw, int cols, uint8_t *group, int row)
{
    int blocks = cols / KERNEL_BLOCK;
    bool sound = true;
    uint8_t *bytes = group + round_up((size_t)blocks * 32, 64);
    for (int b = 0; b < blocks; b++, raw += 34, bytes += 512) {
        put16(group + b * 32 + 2 * row, get16(raw));
        sound = sound && is_finite(get16(raw));
        for (int j = 0; j < 32; j++) {
            bytes[(j / 4) * 64 + row * 4 + j % 4] = raw[2 + j] ^ 0x80;
        }
    }
    return sound;
}

static bool all_finite(const float *x, int n)
{
    float sum = 0;
    for (int i = 0; i < n; i++) {
        sum += x[i] * 0.0f; /* NaN for an infinity or a NaN, else 0 */
    }
    return sum == 0.0f;
}

static bool prepare_float(tensor_type type, const uint8_t *raw, int cols, uint8_t *group, int row)
{
    enum { CHUNK = 256 };
    float values[CHUNK];
    bool sound = true;
    size_t width = format_of(type)->block_size;
    for (int k = 0; k < cols; k += CHUNK) {
        int n = cols - k < CHUNK ? cols - k : CHUNK;
        const uint8_t *src = raw + format_size(type, (size_t)k);
        format_dequantise(type, src, values, (size_t)n);
        sound = all_finite(values, n) && sound;
        for (int j = 0; j < n; j++) {
            const void *value = width == 2 ? (const void *)(src + 2 * j) : (const void *)&values[j];
            memcpy(group + ((size_t)(k + j) * KERNEL_ROWS + (size_t)row) * width, value, width);
        }
    }
    return sound;
}

bool matrix_prepare(const matrix *m, tensor_type type, const uint8_t *raw, uint8_t *dst, int begin, int end)
{
    bool sound = true;
    size_t row_size = format_size(type, (size_t)m->cols);
    for (int g = begin; g < end; g++) {
        uint8_t *group = dst + (size_t)g * m->group_size;
        memset(group, 0, m->group_size);
        for (int row = 0; row < KERNEL_ROWS && g * KERNEL_ROWS + row < m->rows; row++) {
            const uint8_t *src = raw + (size_t)(g * KERNEL_ROWS + row) * row_size;
            switch (m->kind) {
            case MATRIX_I4: sound = prepare_i4(type, src, m->cols, group, row) && sound; break;
            case MATRIX_I5: sound = prepare_i5(type, src, m->cols, group, row) && sound; break;
            case MATRIX_K4:
            case MATRIX_K5:
            case MATRIX_K6: sound = prepare_k(type, src, m->cols, group, row) && sound; break;
            case MATRIX_I8: sound = prepare_i8(src, m->cols, group, row) && sound; break;
            default: sound = prepare_float(type, src, m->cols, group, row) && sound; break;
            }
        }
    }
    return sound;
}

/* ---- activations ---- */

static void *aligned(size_t size)
{
    return aligned_alloc(64, round_up(size > 0 ? size : 1, 64));
}

paw_status activations_new(int capacity, int cols, activations *out, paw_error *err)
{
    size_t n = (size_t)capacity * (size_t)cols, blocks = n / KERNEL_BLOCK;
    memset(out, 0, sizeof *out);
    out->capacity = capacity;
    out->x = aligned(n * sizeof *out->x);
    out->q = aligned(n * 2);
    out->scale = aligned(blocks * sizeof *out->scale);
    out->sum = aligned(blocks * sizeof *out->sum);
    out->isum = aligned(2 * blocks * sizeof *out->isum);
    out->bias = aligned(8 * blocks * sizeof *out->bias);
    if (out->x == NULL || out->q == NULL || out->scale == NULL || out->sum == NULL || out->isum == NULL ||
        out->bias == NULL) {
        activations_free(out);
        return paw_fail_memory(err, n * 6);
    }
    out->in = (kernel_input){.q = out->q,
                             .scale = out->scale,
                             .sum = out->sum,
                             .isum = out->isum,
                             .bias = out->bias,
                             .x = out->x,
                             .plane = (long)n,
                             .cols = cols,
                             .blocks = cols / KERNEL_BLOCK,
                             .planes = 1};
    return PAW_OK;
}

void activations_free(activations *a)
{
    free(a->x);
    free(a->q);
    free(a->scale);
    free(a->sum);
    free(a->isum);
    free(a->bias);
    memset(a, 0, sizeof *a);
}

void activations_set_planes(activations *a, int planes)
{
    a->in.planes = planes;
}

void activations_quantise(activations *a, const kernel_set *kernels, int begin, int end)
{
    size_t cols = (size_t)a->in.cols, blocks = (size_t)a->in.blocks;
    for (size_t t = (size_t)begin; t < (size_t)end; t++) {
        int8_t *q = a->q + t * cols;
        int16_t *bias = a->bias + t * blocks * 4;
        kernel_output to = {{q, q + a->in.plane},
                            {bias, bias + a->in.plane / 8},
                            a->scale + t * blocks,
                            a->sum + t * blocks,
                            a->isum + t * blocks * 2};
        kernels->quantise(a->x + t * cols, a->in.cols, a->in.planes, &to);
    }
}

/* ---- products ---- */

static void store_row(const float *tile, int rows, float *y, bool add, float factor)
{
    for (int i = 0; i < rows; i++) {
        y[i] = add ? y[i] + factor * tile[i] : tile[i];
    }
}

static void store_tile(const float *tile, int rows, int n, float *y, size_t stride, bool add, float factor)
{
    for (int t = 0; t < n; t++, tile += KERNEL_ROWS, y += stride) {
        if (rows < KERNEL_ROWS) {
            store_row(tile, rows, y, add, factor);
        } else if (add) {
            store_row(tile, KERNEL_ROWS, y, true, factor);
        } else {
            memcpy(y, tile, KERNEL_ROWS * sizeof *y);
        }
    }
}

/* The processor fetches the lines that results will go to while it computes them. */
static void expect_tile(const float *y, int n, size_t stride)
{
    for (int t = 0; t < n; t++) {
        __builtin_prefetch(y + (size_t)t * stride, 1);
    }
}

typedef void rows_kernel(const uint8_t *group, const kernel_input *in, int first, int n, float *out);

static rows_kernel *kernel_of(matrix_kind kind, const kernel_set *kernels)
{
    switch (kind) {
    case MATRIX_I4: return kernels->rows_i4;
    case MATRIX_I5: return kernels->rows_i5;
    case MATRIX_I8: return kernels->rows_i8;
    case MATRIX_K4: return kernels->rows_k4;
    case MATRIX_K5: return kernels->rows_k5;
    case MATRIX_K6: return kernels->rows_k6;
    case MATRIX_F16: return kernels->rows_f16;
    case MATRIX_BF16: return kernels->rows_bf16;
    default: return kernels->rows_f32;
    }
}

void matrix_multiply(const matrix *m, const kernel_set *kernels, const activations *x, int first, int n, int begin, int end,
                     float *y, size_t stride, bool add, float factor)
{
    _Alignas(64) float tile[KERNEL_TILE * KERNEL_ROWS];
    rows_kernel *rows = kernel_of(m->kind, kernels);
    for (int g = begin; g < end; g++) {
        const uint8_t *group = m->data + (size_t)g * m->group_size;
        int count = m->rows - g * KERNEL_ROWS < KERNEL_ROWS ? m->rows - g * KERNEL_ROWS : KERNEL_ROWS;
        for (int t = 0; t < n; t += kernels->tile) {
            int tokens = n - t < kernels->tile ? n - t : kernels->tile;
            float *to = y + (size_t)t * stride + (size_t)g * KERNEL_ROWS;
            expect_tile(to, tokens, stride);
            rows(group, &x->in, first + t, tokens, tile);
            store_tile(tile, count, tokens, to, stride, add, factor);
        }
    }
}
