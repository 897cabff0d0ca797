/*
 * kernels_neon.h: the integer kernels of NEON, but for the products themselves: those come from the file that includes this
 * (kernels_neon.c, kernels_neon_dot.c) as
 *
 *   int32x4_t dot_quads(const int8x16_t *w, const int8_t *q, const int quads, const int bits);
 *
 * the sums of products of 4 rows (w[j]: their values of columns [4j, 4j + 4), of `bits` bits) with `quads` (4 or 8) times 4
 * activations.
 *
 * A row group is four parts of 4 rows, one register of sums each. Many tokens go through a part at a time, so that the
 * weights' registers are filled once for all of them; one or two go through all four, so that memory is read in order.
 */
#ifndef PAW_TENSOR_KERNELS_NEON_H
#define PAW_TENSOR_KERNELS_NEON_H

enum {
    PREFETCH = 2048, /* bytes */
    FEW = 2          /* tokens that go through all parts together */
};

VEC_INLINE int32x4_t dot_planes(const int8x16_t *w, const int8_t *q, long plane, const int planes, const int quads,
                                 const int bits)
{
    int32x4_t sum = dot_quads(w, q, quads, bits);
    return planes == 2 ? vaddq_s32(vshlq_n_s32(sum, 7), dot_quads(w, q + plane, quads, bits)) : sum;
}

/* Bits [from, from + count) of each byte moved to bit 4 on. */
VEC_INLINE uint8x16_t high_bits(uint8x16_t v, const int from, const int count)
{
    uint8x16_t moved = from <= 4 ? v << (4 - from) : v >> (from - 4);
    return vandq_u8(moved, vdupq_n_u8((uint8_t)(((1 << count) - 1) << 4)));
}

/* The 32 values of a block of `bits` bits in 4 rows; data points at their bytes of the first 64. */
VEC_INLINE void unpack(const uint8_t *data, int8x16_t *w, const int bits)
{
    uint8x16_t high[2] = {vdupq_n_u8(0), vdupq_n_u8(0)};
    if (bits > 4) {
        high[0] = vld1q_u8(data + 256);
        high[1] = bits == 6 ? vld1q_u8(data + 320) : high[0];
    }
#pragma GCC unroll 8
    for (int j = 0; j < 8; j++) {
        uint8x16_t packed = vld1q_u8(data + 64 * (j % 4));
        uint8x16_t value = j < 4 ? vandq_u8(packed, vdupq_n_u8(15)) : vshrq_n_u8(packed, 4);
        if (bits > 4) {
            value = vorrq_u8(value, bits == 5 ? high_bits(high[0], j, 1) : high_bits(high[j / 4], j % 4 * 2, 2));
        }
        w[j] = vreinterpretq_s8_u8(value);
    }
}

/* The lines of a block some way ahead. */
VEC_INLINE void prefetch(const uint8_t *data, const int lines)
{
#pragma GCC unroll 8
    for (int j = 0; j < lines; j++) {
        __builtin_prefetch(data + PREFETCH + 64 * j);
    }
}

VEC_INLINE float32x4_t load4_f16(const uint8_t *p)
{
    return vcvt_f32_f16(vreinterpret_f16_u8(vld1_u8(p)));
}

/* Four bytes of scales. */
VEC_INLINE int32x4_t load_scales(const uint8_t *p, const int bits)
{
    uint32_t four;
    memcpy(&four, p, 4);
    uint8x8_t bytes = vreinterpret_u8_u32(vdup_n_u32(four));
    if (bits == 6) {
        return vmovl_s16(vget_low_s16(vmovl_s8(vreinterpret_s8_u8(bytes))));
    }
    return vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(vmovl_u8(bytes))));
}

/* (dot scale) d */
VEC_INLINE float32x4_t scaled(int32x4_t dot, float scale, float32x4_t d)
{
    return vmulq_f32(vmulq_n_f32(vcvtq_f32_s32(dot), scale), d);
}

/* A row group, and the tokens of a call from the first on. */
typedef struct tile {
    const uint8_t *group;
    const int8_t *q;
    const float *scale, *sum;
    const int32_t *isum;
    long plane;
    int blocks;
} tile;

VEC_INLINE tile tile_of(const uint8_t *group, const kernel_input *in, int first)
{
    long at = (long)first * in->blocks;
    return (tile){group, in->q + at * KERNEL_BLOCK, in->scale + at, in->sum + at, in->isum + 2 * at, in->plane, in->blocks};
}

/* acc[t] += block b of tokens [0, n) times part p of the rows. */
VEC_INLINE void block_i(const tile *s, int b, int p, float32x4_t *acc, const int n, const int planes, const int bits)
{
    const uint8_t *block = s->group + (long)b * KERNEL_I_BLOCK(bits);
    float32x4_t d = load4_f16(block + 8 * p), m = load4_f16(block + 32 + 8 * p);
    int8x16_t w[8];
    prefetch(block, p == 0 ? bits + 1 : 0);
    unpack(block + 64 + 16 * p, w, bits);
#pragma GCC unroll 8
    for (int t = 0; t < n; t++) {
        long at = (long)t * s->blocks + b;
        int32x4_t dot = dot_planes(w, s->q + at * KERNEL_BLOCK, s->plane, planes, 8, bits);
        acc[t] = vaddq_f32(acc[t], vaddq_f32(scaled(dot, s->scale[at], d), vmulq_n_f32(m, s->sum[at])));
    }
}

VEC_INLINE void block_i8(const tile *s, int b, int p, float32x4_t *acc, const int n, const int planes)
{
    const uint8_t *bytes = s->group + ((long)s->blocks * 32 + 63) / 64 * 64 + (long)b * 512;
    float32x4_t d = load4_f16(s->group + b * 32 + 8 * p);
    int8x16_t w[8];
    prefetch(bytes, p == 0 ? 8 : 0);
#pragma GCC unroll 8
    for (int j = 0; j < 8; j++) {
        w[j] = vreinterpretq_s8_u8(veorq_u8(vld1q_u8(bytes + 64 * j + 16 * p), vdupq_n_u8(0x80))); /* kept as value + 128 */
    }
#pragma GCC unroll 8
    for (int t = 0; t < n; t++) {
        long at = (long)t * s->blocks + b;
        int32x4_t dot = dot_planes(w, s->q + at * KERNEL_BLOCK, s->plane, planes, 8, 8);
        acc[t] = vaddq_f32(acc[t], scaled(dot, s->scale[at], d));
    }
}

/* A half-block of Q6_K: (value - 32) is multiplied. */
VEC_INLINE int32x4_t half_k6(const int8x16_t *w, const int8_t *q, const tile *s, long half, const int planes)
{
    return vsubq_s32(dot_planes(w, q, s->plane, planes, 4, 6), vdupq_n_s32(32 * s->isum[half]));
}

/* Block `at` of Q6_K: its halves times their scales. */
VEC_INLINE int32x4_t block_k6(const int8x16_t *w, const tile *s, long at, int32x4_t scale0, int32x4_t scale1, const int planes)
{
    const int8_t *q = s->q + at * KERNEL_BLOCK;
    int32x4_t first = vmulq_s32(half_k6(w, q, s, 2 * at, planes), scale0);
    return vmlaq_s32(first, half_k6(w + 4, q + 16, s, 2 * at + 1, planes), scale1);
}

VEC_INLINE void block_k(const tile *s, int b, int p, float32x4_t *acc, const int n, const int planes, const int bits)
{
    const uint8_t *group = s->group + (long)(b / 8) * KERNEL_K_BLOCK(bits), *head = group + 64 + b % 8 * 32 + 4 * p;
    const uint8_t *data = group + KERNEL_K_HEAD + b % 8 * 64 * bits;
    int32x4_t scale0 = load_scales(head, bits), scale1 = load_scales(head + 16, bits);
    float32x4_t d = load4_f16(group + 8 * p), minimum = d;
    int8x16_t w[8];
    if (bits != 6) { /* a scale and a minimum */
        d = vmulq_f32(d, vcvtq_f32_s32(scale0));
        minimum = vmulq_f32(load4_f16(group + 32 + 8 * p), vcvtq_f32_s32(scale1));
    }
    prefetch(data, p == 0 ? bits : 0);
    unpack(data + 16 * p, w, bits);
#pragma GCC unroll 8
    for (int t = 0; t < n; t++) {
        long at = (long)t * s->blocks + b;
        float32x4_t value;
        if (bits == 6) {
            value = scaled(block_k6(w, s, at, scale0, scale1, planes), s->scale[at], d);
        } else {
            value = vsubq_f32(scaled(dot_planes(w, s->q + at * KERNEL_BLOCK, s->plane, planes, 8, bits), s->scale[at], d),
                              vmulq_n_f32(minimum, s->sum[at]));
        }
        acc[t] = vaddq_f32(acc[t], value);
    }
}

enum family { FAMILY_I, FAMILY_I8, FAMILY_K };

/* One row group times tokens [first, first + n), `together` parts at a time. */
VEC_INLINE void rows(const uint8_t *group, const kernel_input *in, int first, float *out, const int n, const int planes,
                     const int bits, const enum family family)
{
    const int together = n <= FEW ? PARTS : 1;
    tile s = tile_of(group, in, first);
    for (int part = 0; part < PARTS; part += together) {
        float32x4_t acc[PARTS][KERNEL_SET_TILE];
#pragma GCC unroll 4
        for (int p = 0; p < together; p++) {
#pragma GCC unroll 8
            for (int t = 0; t < n; t++) {
                acc[p][t] = vdupq_n_f32(0);
            }
        }
        for (int b = 0; b < s.blocks; b++) {
#pragma GCC unroll 4
            for (int p = 0; p < together; p++) {
                switch (family) {
                case FAMILY_I: block_i(&s, b, part + p, acc[p], n, planes, bits); break;
                case FAMILY_I8: block_i8(&s, b, part + p, acc[p], n, planes); break;
                default: block_k(&s, b, part + p, acc[p], n, planes, bits); break;
                }
            }
        }
#pragma GCC unroll 4
        for (int p = 0; p < together; p++) {
#pragma GCC unroll 8
            for (int t = 0; t < n; t++) {
                vst1q_f32(out + t * KERNEL_ROWS + 4 * (part + p), acc[p][t]);
            }
        }
    }
}

#define TILE_SWITCH(planes, bits, family)                                   \
    switch (n) {                                                            \
    case 1: rows(group, in, first, out, 1, planes, bits, family); break;    \
    case 2: rows(group, in, first, out, 2, planes, bits, family); break;    \
    case 3: rows(group, in, first, out, 3, planes, bits, family); break;    \
    case 4: rows(group, in, first, out, 4, planes, bits, family); break;    \
    case 5: rows(group, in, first, out, 5, planes, bits, family); break;    \
    case 6: rows(group, in, first, out, 6, planes, bits, family); break;    \
    case 7: rows(group, in, first, out, 7, planes, bits, family); break;    \
    default: rows(group, in, first, out, 8, planes, bits, family); break;   \
    }

#define DEFINE_ROWS(name, bits, family)                                                            \
    static void name(const uint8_t *group, const kernel_input *in, int first, int n, float *out)   \
    {                                                                                              \
        if (in->planes == 1) {                                                                     \
            TILE_SWITCH(1, bits, family)                                                           \
        } else {                                                                                   \
            TILE_SWITCH(2, bits, family)                                                           \
        }                                                                                          \
    }

DEFINE_ROWS(rows_i4, 4, FAMILY_I)
DEFINE_ROWS(rows_i5, 5, FAMILY_I)
DEFINE_ROWS(rows_i8, 8, FAMILY_I8)
DEFINE_ROWS(rows_k4, 4, FAMILY_K)
DEFINE_ROWS(rows_k5, 5, FAMILY_K)
DEFINE_ROWS(rows_k6, 6, FAMILY_K)

#endif
