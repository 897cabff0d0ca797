/*
 * kernels_neon.c: integer kernels with the NEON that every aarch64 processor has. Products are added up in 16 bits as far as that
 * is exact: weights of up to 5 bits over a block of 32 (8 * 31 * 127 < 32768), of 6 bits over half of one (4 * 63 * 127), 8 bits
 * over two quads (2 * 128 * 127).
 */
#define VEC_NEON 1
#include "tensor/kernels.h"
#include "tensor/vec.h"

#define KERNEL_SET_NAME kernels_neon
#define KERNEL_SET_LABEL "neon"
#define KERNEL_SET_TILE 8
extern const kernel_set KERNEL_SET_NAME;

/* Column quad j of 16 activations for each of 4 rows. */
VEC_INLINE int8x16_t broadcast4(int8x16_t q, const int j)
{
    int32x4_t quads = vreinterpretq_s32_s8(q);
    switch (j) {
    case 0: return vreinterpretq_s8_s32(vdupq_laneq_s32(quads, 0));
    case 1: return vreinterpretq_s8_s32(vdupq_laneq_s32(quads, 1));
    case 2: return vreinterpretq_s8_s32(vdupq_laneq_s32(quads, 2));
    default: return vreinterpretq_s8_s32(vdupq_laneq_s32(quads, 3));
    }
}

VEC_INLINE int32x4_t dot_quads(const int8x16_t *w, const int8_t *q, const int quads, const int bits)
{
    const int exact = bits == 8 ? 2 : bits == 6 ? 4 : 8; /* quads that 16 bits hold */
    const int8x16_t x[2] = {vld1q_s8(q), vld1q_s8(q + (quads == 8 ? 16 : 0))};
    int32x4_t upper = vdupq_n_s32(0), lower = upper; /* rows 0 and 1, rows 2 and 3: two sums each */
    int16x8_t a = vdupq_n_s16(0), b = a;
#pragma GCC unroll 8
    for (int j = 0; j < quads; j++) {
        int8x16_t four = broadcast4(x[j / 4], j % 4);
        a = vmlal_s8(a, vget_low_s8(w[j]), vget_low_s8(four));
        b = vmlal_high_s8(b, w[j], four);
        if ((j + 1) % exact == 0) {
            upper = vpadalq_s16(upper, a);
            lower = vpadalq_s16(lower, b);
            a = b = vdupq_n_s16(0);
        }
    }
    return vpaddq_s32(upper, lower);
}

#include "tensor/kernels_neon.h"

#include "tensor/kernels_body.h"
