/*
 * matrix.h: weight matrices as the kernels want them, and products with them.
 *
 * A matrix [rows][cols] is stored in groups of 16 rows that lie interleaved, so that one load holds the same columns of
 * sixteen outputs. The layout does not depend on the instruction set: a prepared matrix can be kept in a file and mapped.
 *
 *   kind         from             a group
 *   MATRIX_I4    Q4_0, Q4_1       per block of 32 columns: f16 scale[16], f16 minimum[16], values of 4 bits
 *   MATRIX_I5    Q5_0, Q5_1       the same with values of 5 bits
 *   MATRIX_I8    Q8_0             f16 scale[blocks][16], then per block 8 x 64 bytes, value + 128
 *   MATRIX_K4    Q4_K             per 256 columns: f16 d[16], f16 dmin[16], per block of 32 scale[16] and minimum[16] (bytes),
 *                                 then per block values of 4 bits
 *   MATRIX_K5    Q5_K             the same with values of 5 bits
 *   MATRIX_K6    Q6_K             the same with values of 6 bits, + 32; instead of minima there are the (signed) scales of
 *                                 the block's second 16 values, and no dmin
 *   MATRIX_F16   F16              [cols][16]
 *   MATRIX_BF16  BF16             [cols][16]
 *   MATRIX_F32   F32              [cols][16]
 *
 * Values of 4 bits: 4 x 64 bytes; byte r * 4 + j % 4 of j / 4 % 4 holds row r's values j (low half, j < 16) and j + 16.
 * Of 5 bits: then 64 bytes, whose bit j / 4 is value j's fifth. Of 6 bits: then 2 x 64 bytes for j < 16 and the rest, with
 * two bits each from bit 2 (j / 4 % 4) on. So a matrix is about as large as in the model file, Q5_0 by a ninth larger.
 *
 * Rows beyond `rows` in the last group are zero.
 */
#ifndef PAW_TENSOR_MATRIX_H
#define PAW_TENSOR_MATRIX_H

#include <stddef.h>

#include "base/error.h"
#include "tensor/format.h"
#include "tensor/kernels.h"

typedef enum matrix_kind {
    MATRIX_NONE,
    MATRIX_I4,
    MATRIX_I5,
    MATRIX_I8,
    MATRIX_K4,
    MATRIX_K5,
    MATRIX_K6,
    MATRIX_F16,
    MATRIX_BF16,
    MATRIX_F32
} matrix_kind;

typedef struct matrix {
    matrix_kind kind; /* MATRIX_NONE: there is no such matrix */
    int rows, cols;
    int groups;          /* of 16 rows */
    size_t group_size;   /* bytes, a multiple of 64 */
    const uint8_t *data; /* groups * group_size bytes, 64-byte aligned; not owned */
} matrix;

/* Shape and kind of the prepared form; data is left NULL. cols is a multiple of the format's block, and of 16. */
matrix matrix_plan(tensor_type type, int rows, int cols);
bool matrix_is_quantised(const matrix *m); /* multiplies quantised activations; else their float values */
size_t matrix_size(const matrix *m);

/*
 * Lays out groups [begin, end) of the matrix whose rows stand at `raw` in format `type` into dst (the whole matrix's place).
 * False when a scale or a value is infinite or NaN: the file is damaged.
 */
bool matrix_prepare(const matrix *m, tensor_type type, const uint8_t *raw, uint8_t *dst, int begin, int end);

/* Activations of up to `capacity` tokens of `cols` values, quantised (kernels.h says how). */
typedef struct activations {
    kernel_input in;
    float *x; /* [capacity][cols], filled by the owner */
    int8_t *q;
    float *scale, *sum;
    int32_t *isum; /* of half-blocks */
    int16_t *bias; /* of half-blocks, two each */
    int capacity;
} activations;

paw_status activations_new(int capacity, int cols, activations *out, paw_error *err);
void activations_free(activations *a);

/* Quantises tokens [begin, end) of a->x. */
void activations_quantise(activations *a, const kernel_set *kernels, int begin, int end);

/* Uses `planes` planes (1 or 2) from the next quantisation on. */
void activations_set_planes(activations *a, int planes);

/*
 * y[t][row] (+)= factor * (m x[first + t])[row] for n tokens and row groups [begin, end); y has `stride` floats a token.
 * With add false y is overwritten and factor must be 1.
 */
void matrix_multiply(const matrix *m, const kernel_set *kernels, const activations *x, int first, int n, int begin, int end,
                     float *y, size_t stride, bool add, float factor);

#endif
