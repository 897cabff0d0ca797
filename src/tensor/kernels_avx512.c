/*
 * kernels_avx512.c: integer kernels with AVX-512 VNNI. A lane is an output; one vpdpbusd adds four products to each of
 * sixteen outputs, the weights as unsigned bytes and four activations broadcast to all lanes.
 */
#include "tensor/kernels.h"
#include "tensor/vec.h"

#define KERNEL_SET_NAME kernels_avx512
#define KERNEL_SET_LABEL "avx512"
#define KERNEL_SET_TILE 8
extern const kernel_set KERNEL_SET_NAME;

enum { PREFETCH = 2048 }; /* bytes */

VEC_INLINE __m512i broadcast4(const int8_t *q)
{
    int32_t four;
    memcpy(&four, q, 4);
    return _mm512_set1_epi32(four);
}

/* Products of 16 or 32 unsigned weights a lane, w[quads], with a token's. */
VEC_INLINE __m512i dot_quads(const __m512i *w, const int8_t *q, __m512i sum, const int quads)
{
#pragma GCC unroll 8
    for (int j = 0; j < quads; j++) {
        sum = _mm512_dpbusd_epi32(sum, w[j], broadcast4(q + 4 * j));
    }
    return sum;
}

VEC_INLINE __m512i dot_planes(const __m512i *w, const int8_t *q, long plane, const int planes, const int quads)
{
    __m512i sum = dot_quads(w, q, _mm512_setzero_si512(), quads);
    if (planes == 2) {
        sum = dot_quads(w, q + plane, _mm512_slli_epi32(sum, 7), quads);
    }
    return sum;
}

typedef uint16_t words __attribute__((vector_size(64)));

/* Bits [from, from + count) of each byte moved to bit 4 on. */
VEC_INLINE __m512i high_bits(__m512i v, const int from, const int count)
{
    const __m512i mask = _mm512_set1_epi8((char)(((1 << count) - 1) << 4));
    words moved = from <= 4 ? (words)v << (4 - from) : (words)v >> (from - 4);
    return _mm512_and_si512((__m512i)moved, mask);
}

/* The 32 values of a block of `bits` bits a lane. */
VEC_INLINE void unpack(const uint8_t *data, __m512i *w, const int bits)
{
    const __m512i low = _mm512_set1_epi8(15);
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
        __m512i packed = _mm512_loadu_si512(data + 64 * j);
        w[j] = _mm512_and_si512(packed, low);
        w[j + 4] = _mm512_and_si512(_mm512_srli_epi16(packed, 4), low);
    }
    if (bits > 4) {
        __m512i high[2] = {_mm512_loadu_si512(data + 256), _mm512_loadu_si512(data + (bits == 6 ? 320 : 256))};
#pragma GCC unroll 8
        for (int j = 0; j < 8; j++) {
            w[j] = _mm512_or_si512(w[j], bits == 5 ? high_bits(high[0], j, 1) : high_bits(high[j / 4], j % 4 * 2, 2));
        }
    }
}

/* The lines of a block some way ahead: the processor's own guesses end at a page's border. */
VEC_INLINE void prefetch(const uint8_t *data, const int lines)
{
#pragma GCC unroll 8
    for (int j = 0; j < lines; j++) {
        _mm_prefetch((const char *)data + PREFETCH + 64 * j, _MM_HINT_T0);
    }
}

VEC_INLINE __m512 load_f16(const uint8_t *p)
{
    return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p));
}

/* One token's block: (dot scale) d. */
VEC_INLINE __m512 scaled_float(__m512 dot, float scale, __m512 d)
{
    return _mm512_mul_ps(_mm512_mul_ps(dot, _mm512_set1_ps(scale)), d);
}

VEC_INLINE __m512 scaled(__m512i dot, float scale, __m512 d)
{
    return scaled_float(_mm512_cvtepi32_ps(dot), scale, d);
}

VEC_INLINE void i_tile(const uint8_t *group, const kernel_input *in, int first, float *out, const int n,
                       const int planes, const int bits)
{
    __m512 acc[KERNEL_SET_TILE];
    const int8_t *q = in->q + (long)first * in->cols;
    const float *scale = in->scale + (long)first * in->blocks, *sum = in->sum + (long)first * in->blocks;
#pragma GCC unroll 8
    for (int t = 0; t < n; t++) {
        acc[t] = _mm512_setzero_ps();
    }
    for (int b = 0; b < in->blocks; b++, group += KERNEL_I_BLOCK(bits)) {
        __m512 d = load_f16(group), m = load_f16(group + 32);
        __m512i w[8];
        prefetch(group, bits + 1);
        unpack(group + 64, w, bits);
#pragma GCC unroll 8
        for (int t = 0; t < n; t++) {
            long at = (long)t * in->blocks + b;
            __m512i dot = dot_planes(w, q + at * KERNEL_BLOCK, in->plane, planes, 8);
            __m512 minimum = _mm512_mul_ps(m, _mm512_set1_ps(sum[at]));
            acc[t] = _mm512_add_ps(acc[t], _mm512_add_ps(scaled(dot, scale[at], d), minimum));
        }
    }
#pragma GCC unroll 8
    for (int t = 0; t < n; t++) {
        _mm512_storeu_ps(out + t * KERNEL_ROWS, acc[t]);
    }
}

/* Sixteen bytes of scales. */
VEC_INLINE __m512i load_scales(const uint8_t *p, const int bits)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)p);
    return bits == 6 ? _mm512_cvtepi8_epi32(bytes) : _mm512_cvtepu8_epi32(bytes);
}

/* A half-block of Q6_K: (value - 32) is multiplied. */
VEC_INLINE __m512i half_k6(const __m512i *w, const int8_t *q, const kernel_input *in, int32_t isum, const int planes)
{
    return _mm512_sub_epi32(dot_planes(w, q, in->plane, planes, 4), _mm512_set1_epi32(32 * isum));
}

/* A block of Q6_K as a float: its halves times their scales. One plane's numbers are below 2^24, exact in floats. */
VEC_INLINE __m512 block_k6(const __m512i *w, const int8_t *q, const kernel_input *in, const int32_t *isum, __m512i scale0,
                           __m512i scale1, const int planes)
{
    __m512i dot0 = half_k6(w, q, in, isum[0], planes), dot1 = half_k6(w + 4, q + 16, in, isum[1], planes);
    if (planes == 1) {
        return _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot1), _mm512_cvtepi32_ps(scale1),
                               _mm512_mul_ps(_mm512_cvtepi32_ps(dot0), _mm512_cvtepi32_ps(scale0)));
    }
    return _mm512_cvtepi32_ps(_mm512_add_epi32(_mm512_mullo_epi32(dot0, scale0), _mm512_mullo_epi32(dot1, scale1)));
}

VEC_INLINE void k_tile(const uint8_t *group, const kernel_input *in, int first, float *out, const int n,
                       const int planes, const int bits)
{
    __m512 acc[KERNEL_SET_TILE];
    const int8_t *q = in->q + (long)first * in->cols;
    const float *scale = in->scale + (long)first * in->blocks, *sum = in->sum + (long)first * in->blocks;
    const int32_t *isum = in->isum + (long)first * in->blocks * 2;
#pragma GCC unroll 8
    for (int t = 0; t < n; t++) {
        acc[t] = _mm512_setzero_ps();
    }
    for (int b = 0; b < in->blocks; b++) {
        const uint8_t *head = group + 64 + b % 8 * 32;
        __m512i scale0 = load_scales(head, bits), scale1 = load_scales(head + 16, bits);
        __m512 d = load_f16(group), minimum = d;
        if (bits != 6) { /* a scale and a minimum */
            d = _mm512_mul_ps(d, _mm512_cvtepi32_ps(scale0));
            minimum = _mm512_mul_ps(load_f16(group + 32), _mm512_cvtepi32_ps(scale1));
        }
        __m512i w[8];
        const uint8_t *data = group + KERNEL_K_HEAD + b % 8 * 64 * bits;
        prefetch(data, bits);
        unpack(data, w, bits);
#pragma GCC unroll 8
        for (int t = 0; t < n; t++) {
            long at = (long)t * in->blocks + b;
            const int8_t *x = q + at * KERNEL_BLOCK;
            __m512 value;
            if (bits == 6) {
                value = scaled_float(block_k6(w, x, in, isum + 2 * at, scale0, scale1, planes), scale[at], d);
            } else {
                value = _mm512_sub_ps(scaled(dot_planes(w, x, in->plane, planes, 8), scale[at], d),
                                      _mm512_mul_ps(minimum, _mm512_set1_ps(sum[at])));
            }
            acc[t] = _mm512_add_ps(acc[t], value);
        }
        group += b % 8 == 7 ? KERNEL_K_BLOCK(bits) : 0;
    }
#pragma GCC unroll 8
    for (int t = 0; t < n; t++) {
        _mm512_storeu_ps(out + t * KERNEL_ROWS, acc[t]);
    }
}

VEC_INLINE void i8_tile(const uint8_t *group, const kernel_input *in, int first, float *out, const int n,
                        const int planes, const int bits)
{
    (void)bits;
    __m512 acc[KERNEL_SET_TILE];
    const uint8_t *bytes = group + ((long)in->blocks * 32 + 63) / 64 * 64;
    const int8_t *q = in->q + (long)first * in->cols;
    const float *scale = in->scale + (long)first * in->blocks;
    const int32_t *isum = in->isum + (long)first * in->blocks * 2;
#pragma GCC unroll 8
    for (int t = 0; t < n; t++) {
        acc[t] = _mm512_setzero_ps();
    }
    for (int b = 0; b < in->blocks; b++, group += 32, bytes += 512) {
        __m512 d = load_f16(group);
        __m512i w[8];
        prefetch(bytes, 8);
#pragma GCC unroll 8
        for (int j = 0; j < 8; j++) {
            w[j] = _mm512_loadu_si512(bytes + 64 * j);
        }
#pragma GCC unroll 8
        for (int t = 0; t < n; t++) {
            long at = (long)t * in->blocks + b;
            __m512i dot = dot_planes(w, q + at * KERNEL_BLOCK, in->plane, planes, 8);
            dot = _mm512_sub_epi32(dot, _mm512_set1_epi32((isum[2 * at] + isum[2 * at + 1]) * 128)); /* the bytes' + 128 */
            acc[t] = _mm512_add_ps(acc[t], scaled(dot, scale[at], d));
        }
    }
#pragma GCC unroll 8
    for (int t = 0; t < n; t++) {
        _mm512_storeu_ps(out + t * KERNEL_ROWS, acc[t]);
    }
}

#define TILE_SWITCH(tile, planes, bits)                           \
    switch (n) {                                                  \
    case 1: tile(group, in, first, out, 1, planes, bits); break;  \
    case 2: tile(group, in, first, out, 2, planes, bits); break;  \
    case 3: tile(group, in, first, out, 3, planes, bits); break;  \
    case 4: tile(group, in, first, out, 4, planes, bits); break;  \
    case 5: tile(group, in, first, out, 5, planes, bits); break;  \
    case 6: tile(group, in, first, out, 6, planes, bits); break;  \
    case 7: tile(group, in, first, out, 7, planes, bits); break;  \
    default: tile(group, in, first, out, 8, planes, bits); break; \
    }

#define DEFINE_ROWS(name, tile, bits)                                                              \
    static void name(const uint8_t *group, const kernel_input *in, int first, int n, float *out)   \
    {                                                                                              \
        if (in->planes == 1) {                                                                     \
            TILE_SWITCH(tile, 1, bits)                                                             \
        } else {                                                                                   \
            TILE_SWITCH(tile, 2, bits)                                                             \
        }                                                                                          \
    }

DEFINE_ROWS(rows_i4, i_tile, 4)
DEFINE_ROWS(rows_i5, i_tile, 5)
DEFINE_ROWS(rows_i8, i8_tile, 8)
DEFINE_ROWS(rows_k4, k_tile, 4)
DEFINE_ROWS(rows_k5, k_tile, 5)
DEFINE_ROWS(rows_k6, k_tile, 6)

#include "tensor/kernels_body.h"
