/* kernels_scalar.c: the definition of the integer kernels, in plain C. Runs on any processor. */
#include "tensor/kernels.h"
#include "tensor/vec.h"

#define KERNEL_SET_NAME kernels_scalar
#define KERNEL_SET_LABEL "scalar"
#define KERNEL_SET_TILE KERNEL_TILE
extern const kernel_set KERNEL_SET_NAME;

static uint16_t half_at(const uint8_t *p)
{
    uint16_t h;
    memcpy(&h, p, 2);
    return h;
}

/* Value j of a row's block of 32, without a sign (matrix.h says where it lies). */
static int value_at(const uint8_t *data, int bits, int row, int j)
{
    int quad = j / 4, at = row * 4 + j % 4, value = data[quad % 4 * 64 + at] >> quad / 4 * 4 & 15;
    if (bits == 5) {
        return value | (data[256 + at] >> quad & 1) << 4;
    }
    return bits == 4 ? value : value | (data[256 + quad / 4 * 64 + at] >> quad % 4 * 2 & 3) << 4;
}

/* Integer product of values [begin, end) of a row's block with a token's, in one plane or two. */
static int32_t dot_values(const uint8_t *data, int bits, int row, const kernel_input *in, const int8_t *q, int begin, int end)
{
    int32_t sum[2] = {0, 0};
    for (int j = begin; j < end; j++) {
        int value = value_at(data, bits, row, j);
        sum[0] += value * q[j];
        sum[1] += in->planes == 2 ? value * q[in->plane + j] : 0;
    }
    return in->planes == 2 ? sum[0] * 128 + sum[1] : sum[0];
}

/* A scale and a minimum per block: value d + m. */
static void rows_i(const uint8_t *group, const kernel_input *in, int first, int n, float *out, int bits)
{
    for (int t = 0; t < n; t++) {
        const int8_t *q = in->q + (long)(first + t) * in->cols;
        const float *scale = in->scale + (long)(first + t) * in->blocks, *sum = in->sum + (long)(first + t) * in->blocks;
        for (int row = 0; row < KERNEL_ROWS; row++) {
            float acc = 0;
            for (int b = 0; b < in->blocks; b++) {
                const uint8_t *block = group + (long)b * KERNEL_I_BLOCK(bits);
                float d = format_f16_to_f32(half_at(block + 2 * row)), m = format_f16_to_f32(half_at(block + 32 + 2 * row));
                int32_t dot = dot_values(block + 64, bits, row, in, q + b * KERNEL_BLOCK, 0, KERNEL_BLOCK);
                float product = ((float)dot * scale[b]) * d, minimum = m * sum[b];
                acc = acc + (product + minimum);
            }
            out[t * KERNEL_ROWS + row] = acc;
        }
    }
}

static void rows_i4(const uint8_t *group, const kernel_input *in, int first, int n, float *out)
{
    rows_i(group, in, first, n, out, 4);
}

static void rows_i5(const uint8_t *group, const kernel_input *in, int first, int n, float *out)
{
    rows_i(group, in, first, n, out, 5);
}

/* One row's block of Q4_K or Q5_K: d scale value - dmin minimum. */
static float block_k45(const uint8_t *group, int bits, int row, const kernel_input *in, int t, int b)
{
    const uint8_t *head = group + 64 + b % 8 * 32;
    long at = (long)t * in->blocks + b;
    float d = format_f16_to_f32(half_at(group + 2 * row)) * (float)head[row];
    float m = format_f16_to_f32(half_at(group + 32 + 2 * row)) * (float)head[16 + row];
    int32_t dot = dot_values(group + KERNEL_K_HEAD + b % 8 * 64 * bits, bits, row, in, in->q + at * KERNEL_BLOCK, 0, KERNEL_BLOCK);
    return ((float)dot * in->scale[at]) * d - m * in->sum[at];
}

/*
 * One row's block of Q6_K: (float)n, n the sum of scale (value - 32) x over both halves, times the token's scale and d. n is
 * an exact int32: |value - 32| <= 32 and |scale| <= 128, so that with one plane (|x| <= 127) |n| <= 2 * 128 * 16 * 32 * 127
 * = 16646144 < 2^24, which a float holds exactly too, and with two (|x| <= 128 * 127) 128 times that, 2130706432 < 2^31.
 */
static float block_k6(const uint8_t *group, int row, const kernel_input *in, int t, int b)
{
    float d = format_f16_to_f32(half_at(group + 2 * row));
    long at = (long)t * in->blocks + b;
    int32_t n = 0;
    for (int half = 0; half < 2; half++) {
        int scale = (int8_t)group[64 + b % 8 * 32 + half * 16 + row];
        int32_t dot = dot_values(group + KERNEL_K_HEAD + b % 8 * 64 * 6, 6, row, in, in->q + at * KERNEL_BLOCK, 16 * half,
                                 16 * half + 16);
        n += scale * (dot - 32 * in->isum[2 * at + half]);
    }
    return ((float)n * in->scale[at]) * d;
}

static void rows_k(const uint8_t *group, const kernel_input *in, int first, int n, float *out, int bits)
{
    for (int t = 0; t < n; t++) {
        for (int row = 0; row < KERNEL_ROWS; row++) {
            float acc = 0;
            for (int b = 0; b < in->blocks; b++) {
                const uint8_t *super = group + (long)(b / 8) * KERNEL_K_BLOCK(bits);
                acc = acc + (bits == 6 ? block_k6(super, row, in, first + t, b) : block_k45(super, bits, row, in, first + t, b));
            }
            out[t * KERNEL_ROWS + row] = acc;
        }
    }
}

static void rows_k4(const uint8_t *group, const kernel_input *in, int first, int n, float *out)
{
    rows_k(group, in, first, n, out, 4);
}

static void rows_k5(const uint8_t *group, const kernel_input *in, int first, int n, float *out)
{
    rows_k(group, in, first, n, out, 5);
}

static void rows_k6(const uint8_t *group, const kernel_input *in, int first, int n, float *out)
{
    rows_k(group, in, first, n, out, 6);
}

/* Value j of a row lies in byte (j / 4) * 64 + row * 4 + j % 4, kept as value + 128. */
static int32_t dot_i8(const uint8_t *bytes, int row, const int8_t *q)
{
    int32_t sum = 0;
    for (int j = 0; j < 32; j++) {
        sum += ((int)bytes[(j / 4) * 64 + row * 4 + j % 4] - 128) * q[j];
    }
    return sum;
}

static void rows_i8(const uint8_t *group, const kernel_input *in, int first, int n, float *out)
{
    const uint8_t *bytes = group + ((long)in->blocks * 32 + 63) / 64 * 64;
    for (int t = 0; t < n; t++) {
        const int8_t *q = in->q + (long)(first + t) * in->cols;
        const float *scale = in->scale + (long)(first + t) * in->blocks;
        for (int row = 0; row < KERNEL_ROWS; row++) {
            float acc = 0;
            for (int b = 0; b < in->blocks; b++) {
                float d = format_f16_to_f32(half_at(group + b * 32 + 2 * row));
                int32_t dot = dot_i8(bytes + (long)b * 512, row, q + b * KERNEL_BLOCK);
                if (in->planes == 2) {
                    dot = dot * 128 + dot_i8(bytes + (long)b * 512, row, q + in->plane + b * KERNEL_BLOCK);
                }
                acc = acc + ((float)dot * scale[b]) * d;
            }
            out[t * KERNEL_ROWS + row] = acc;
        }
    }
}

#include "tensor/kernels_body.h"
