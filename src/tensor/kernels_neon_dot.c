/* kernels_neon_dot.c: integer kernels with NEON's dot product: one instruction adds four products to each of four rows. */
#define VEC_NEON 1
#include "tensor/kernels.h"
#include "tensor/vec.h"

#define KERNEL_SET_NAME kernels_neon_dot
#define KERNEL_SET_LABEL "neon-dot"
#define KERNEL_SET_TILE 8
extern const kernel_set KERNEL_SET_NAME;

VEC_INLINE int32x4_t dot_quads(const int8x16_t *w, const int8_t *q, const int quads, const int bits)
{
    (void)bits; /* sums of 32 bits hold any */
    int32x4_t sum = vdupq_n_s32(0);
#pragma GCC unroll 2
    for (int j = 0; j < quads; j += 4) {
        int8x16_t x = vld1q_s8(q + 4 * j);
        sum = vdotq_laneq_s32(sum, w[j], x, 0);
        sum = vdotq_laneq_s32(sum, w[j + 1], x, 1);
        sum = vdotq_laneq_s32(sum, w[j + 2], x, 2);
        sum = vdotq_laneq_s32(sum, w[j + 3], x, 3);
    }
    return sum;
}

#include "tensor/kernels_neon.h"

#include "tensor/kernels_body.h"
