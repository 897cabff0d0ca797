/* kernels_scalar.c: the definition of the integer kernels, in plain C. Runs on any processor. */
#include "tensor/kernels.h"
#include "tensor/vec.h"

#define KERNEL_SET_NAME kernels_scalar
#define KERNEL_SET_LABEL "scalar"
extern const kernel_set KERNEL_SET_NAME;

static uint16_t half_at(const uint8_t *p)
{
    uint16_t h;
    memcpy(&h, p, 2);
    return h;
}

/* Integer product of one row's block of nibbles with a token's block: value j of a row lies in byte (j / 4 % 4) * 64 +
 * row * 4 + j % 4, low half for j < 16. */
static int32_t dot_i4(const uint8_t *nibbles, int row, const int8_t *q)
{
    int32_t sum = 0;
    for (int j = 0; j < 16; j++) {
        uint8_t byte = nibbles[(j / 4) * 64 + row * 4 + j % 4];
        sum += (byte & 15) * q[j] + (byte >> 4) * q[j + 16];
    }
    return sum;
}

static void rows_i4(const uint8_t *group, const kernel_input *in, int first, int n, float *out)
{
    for (int t = 0; t < n; t++) {
        const int8_t *q = in->q + (long)(first + t) * in->cols;
        const float *scale = in->scale + (long)(first + t) * in->blocks, *sum = in->sum + (long)(first + t) * in->blocks;
        for (int row = 0; row < KERNEL_ROWS; row++) {
            float acc = 0;
            for (int b = 0; b < in->blocks; b++) {
                const uint8_t *block = group + (long)b * KERNEL_I4_BLOCK;
                float d = format_f16_to_f32(half_at(block + 2 * row)), m = format_f16_to_f32(half_at(block + 32 + 2 * row));
                int32_t dot = dot_i4(block + 64, row, q + b * KERNEL_BLOCK);
                if (in->planes == 2) {
                    dot = dot * 128 + dot_i4(block + 64, row, q + in->plane + b * KERNEL_BLOCK);
                }
                float product = ((float)dot * scale[b]) * d, minimum = m * sum[b];
                acc = acc + (product + minimum);
            }
            out[t * KERNEL_ROWS + row] = acc;
        }
    }
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
