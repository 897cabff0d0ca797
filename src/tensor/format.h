/*
 * format.h: the block formats of tensors: sizes, and conversion to and from float32.
 *
 * Names and layouts are ggml's (ggml-common.h). A row is a whole number of blocks along the innermost dimension.
 */
#ifndef PAW_TENSOR_FORMAT_H
#define PAW_TENSOR_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Values are ggml's type numbers, as GGUF stores them. */
typedef enum tensor_type {
    TENSOR_F32 = 0,
    TENSOR_F16 = 1,
    TENSOR_Q4_0 = 2,
    TENSOR_Q4_1 = 3,
    TENSOR_Q5_0 = 6,
    TENSOR_Q5_1 = 7,
    TENSOR_Q8_0 = 8,
    TENSOR_Q4_K = 12,
    TENSOR_Q5_K = 13,
    TENSOR_Q6_K = 14,
    TENSOR_BF16 = 30
} tensor_type;

typedef struct tensor_format {
    const char *name;
    unsigned block;      /* values in a block */
    unsigned block_size; /* bytes of a block */
    bool readable;       /* format_dequantise knows it */
} tensor_format;

/* NULL for a number that this library has no name for. */
const tensor_format *format_of(uint32_t type);

/* Bytes of `n` values; `n` must be a whole number of blocks. */
size_t format_size(tensor_type type, size_t n);

/*
 * A block of Q5_0, Q5_1 (32 values), Q4_K, Q5_K or Q6_K (256) taken apart: d and m (the minimum, or the minima's scale) as
 * f16, 6-bit scales and minima per 32 values (Q6_K: 8-bit scales per 16), and the values without a sign.
 *   Q5_0  d (q - 16)      Q4_K, Q5_K  d scale q - m minimum
 *   Q5_1  d q + m         Q6_K        d scale (q - 32)
 */
typedef struct format_block {
    uint16_t d, m;
    int8_t scale[16];
    uint8_t minimum[8];
    uint8_t q[256];
} format_block;

void format_unpack(tensor_type type, const void *block, format_block *out);

/* Expands `n` values at `src`. The format must be readable. */
void format_dequantise(tensor_type type, const void *src, float *dst, size_t n);

/* Quantises `n` values as ggml's reference does, to F32, F16, Q8_0 or Q4_0. */
void format_quantise(tensor_type type, const float *src, void *dst, size_t n);

float format_f16_to_f32(uint16_t h);
uint16_t format_f32_to_f16(float f); /* rounds to nearest, ties to even */

#endif
