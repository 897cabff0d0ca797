/*
 * kernels.h: the arithmetic of a forward pass, once per instruction set, all equal to the last bit.
 *
 * Integer products inside a block of 32 are exact; each output adds its blocks in ascending order in one float, multiply
 * then add. The scalar set is the definition; test_kernels compares every other one with it, bit for bit.
 */
#ifndef PAW_TENSOR_KERNELS_H
#define PAW_TENSOR_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    KERNEL_ROWS = 16,  /* outputs of a row group, side by side */
    KERNEL_TILE = 16,  /* most tokens of one call, of any set */
    KERNEL_QUERIES = 8, /* most queries of one attention call */
    KERNEL_BLOCK = 32, /* values that share a scale */
    KERNEL_K_HEAD = 320, /* bytes before the values of 256 columns of a row group: f16 d[16], dmin[16], 8 x 32 bytes of scales */
};

/* Bytes of 32 columns of a row group with a scale and a minimum, and of 256 columns with scales of scales (matrix.h). */
#define KERNEL_I_BLOCK(bits) (64 + 64 * (bits))
#define KERNEL_K_BLOCK(bits) (KERNEL_K_HEAD + 8 * 64 * (bits))

/*
 * Activations of n tokens, quantised per block of 32. With one plane x = scale * q; with two, x = scale * (128 q0 + q1),
 * which keeps 15 bits. Shapes: q [planes][n][cols], scale and sum [n][cols / 32], isum [n][cols / 16], bias
 * [planes][n][cols / 16][2].
 */
typedef struct kernel_input {
    const int8_t *q;
    const float *scale;
    const float *sum;    /* scale times the block's integer sum */
    const int32_t *isum; /* the integer sums of the block's halves */
    const int16_t *bias; /* of each half -32 times the sum of its q[j] with j % 4 < 2, and of the others: for 6-bit weights */
    const float *x;      /* [n][cols], the values themselves: for float matrices */
    long plane;          /* bytes from plane 0 of q to plane 1 */
    int cols, blocks, planes;
} kernel_input;

/* Where one token's quantised activations go: the places of a kernel_input's arrays, q and bias once a plane. */
typedef struct kernel_output {
    int8_t *q[2];
    int16_t *bias[2];
    float *scale, *sum;
    int32_t *isum;
} kernel_output;

typedef struct kernel_set {
    const char *name;
    int tile; /* most tokens of one call, at most KERNEL_TILE */

    /* x [cols] of one token; cols is a multiple of 32 */
    void (*quantise)(const float *x, int cols, int planes, const kernel_output *to);

    /* One row group times tokens [first, first + n), n <= tile: out [n][16]. */
    void (*rows_i4)(const uint8_t *group, const kernel_input *in, int first, int n, float *out);
    void (*rows_i5)(const uint8_t *group, const kernel_input *in, int first, int n, float *out);
    void (*rows_i8)(const uint8_t *group, const kernel_input *in, int first, int n, float *out);
    void (*rows_k4)(const uint8_t *group, const kernel_input *in, int first, int n, float *out);
    void (*rows_k5)(const uint8_t *group, const kernel_input *in, int first, int n, float *out);
    void (*rows_k6)(const uint8_t *group, const kernel_input *in, int first, int n, float *out);
    void (*rows_f16)(const uint8_t *group, const kernel_input *in, int first, int n, float *out);
    void (*rows_bf16)(const uint8_t *group, const kernel_input *in, int first, int n, float *out);
    void (*rows_f32)(const uint8_t *group, const kernel_input *in, int first, int n, float *out);

    /* y = x / sqrt(mean(x^2) + eps) * w; n is a multiple of 16, y may be x */
    void (*rms_norm)(const float *x, const float *w, int n, float eps, float *y);
    /* y = (x - mean(x)) / sqrt(variance(x) + eps) * w + b; n is a multiple of 16 */
    void (*layer_norm)(const float *x, const float *w, const float *b, int n, float eps, float *y);
    /* n is a multiple of 16 in these: */
    void (*add)(float *y, const float *x, int n);                        /* y += x */
    void (*swiglu)(const float *gate, const float *up, int n, float *y); /* y = gate / (1 + e^-gate) * up */
    void (*gelu)(const float *x, int n, float *y); /* y = x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) */

    /*
     * Attention of m <= KERNEL_QUERIES queries that share a key-value head; query i sees positions [0, n[i]).
     * q[i] and out[i] are [dim]. pages[j] + head are the keys of positions 16 j .. 16 j + 15, [dim][16] f16, and after them
     * their values, [16][dim] f16. scratch of KERNEL_QUERIES * (dim + largest n rounded up to 16) floats. dim is a multiple
     * of 16.
     */
    void (*attend)(const float *const *q, float *const *out, const int *n, int m, const uint16_t *const *pages, size_t head,
                   int dim, float factor, float *scratch);
    /* Sum of e^(x[i] - largest), any n: of logits, for probabilities. */
    float (*sum_exp)(const float *x, int n, float largest);
    void (*store_f16)(const float *x, int n, uint16_t *y); /* n is a multiple of 16 */
} kernel_set;

/* The sets of this build, the best first: index in [0, kernels_count()); NULL where this processor cannot run one. */
int kernels_count(void);
const kernel_set *kernels_at(int index);

/*
 * The best one, or the one that the environment variable PAW_ISA names (scalar; avx2 and avx512 on x86-64, neon and
 * neon-dot on aarch64), if it can run.
 */
const kernel_set *kernels_best(void);

#endif
