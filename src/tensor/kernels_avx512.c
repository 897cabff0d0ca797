/*
 * kernels_avx512.c: integer kernels with AVX-512 VNNI. A lane is an output; one vpdpbusd adds four products to each of
 * sixteen outputs, the weights as unsigned bytes and four activations broadcast to all lanes.
 */
#include "tensor/kernels.h"
#include "tensor/vec.h"

#define KERNEL_SET_NAME kernels_avx512
#define KERNEL_SET_LABEL "avx512"
extern const kernel_set KERNEL_SET_NAME;

VEC_INLINE __m512i broadcast4(const int8_t *q)
{
    int32_t four;
    memcpy(&four, q, 4);
    return _mm512_set1_epi32(four);
}

/* Products of 32 unsigned weights a lane, w[8], with a token's block. */
VEC_INLINE __m512i dot32(const __m512i *w, const int8_t *q, __m512i sum)
{
#pragma GCC unroll 8
    for (int j = 0; j < 8; j++) {
        sum = _mm512_dpbusd_epi32(sum, w[j], broadcast4(q + 4 * j));
    }
    return sum;
}

VEC_INLINE __m512i dot_planes(const __m512i *w, const int8_t *q, long plane, const int planes)
{
    __m512i sum = dot32(w, q, _mm512_setzero_si512());
    if (planes == 2) {
        sum = dot32(w, q + plane, _mm512_slli_epi32(sum, 7));
    }
    return sum;
}

VEC_INLINE void i4_tile(const uint8_t *group, const kernel_input *in, int first, float *out, const int n,
                        const int planes)
{
    __m512 acc[KERNEL_TILE];
    const __m512i low = _mm512_set1_epi8(15);
    const int8_t *q = in->q + (long)first * in->cols;
    const float *scale = in->scale + (long)first * in->blocks, *sum = in->sum + (long)first * in->blocks;
#pragma GCC unroll 8
    for (int t = 0; t < n; t++) {
        acc[t] = _mm512_setzero_ps();
    }
    for (int b = 0; b < in->blocks; b++, group += KERNEL_I4_BLOCK) {
        __m512 d = _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)group));
        __m512 m = _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(group + 32)));
        __m512i w[8];
#pragma GCC unroll 4
        for (int j = 0; j < 4; j++) {
            __m512i packed = _mm512_loadu_si512(group + 64 + 64 * j);
            w[j] = _mm512_and_si512(packed, low);
            w[j + 4] = _mm512_and_si512(_mm512_srli_epi16(packed, 4), low);
        }
#pragma GCC unroll 8
        for (int t = 0; t < n; t++) {
            __m512i dot = dot_planes(w, q + (long)t * in->cols + b * KERNEL_BLOCK, in->plane, planes);
            __m512 product = _mm512_mul_ps(
                _mm512_mul_ps(_mm512_cvtepi32_ps(dot), _mm512_set1_ps(scale[(long)t * in->blocks + b])), d);
            __m512 minimum = _mm512_mul_ps(m, _mm512_set1_ps(sum[(long)t * in->blocks + b]));
            acc[t] = _mm512_add_ps(acc[t], _mm512_add_ps(product, minimum));
        }
    }
#pragma GCC unroll 8
    for (int t = 0; t < n; t++) {
        _mm512_storeu_ps(out + t * KERNEL_ROWS, acc[t]);
    }
}

VEC_INLINE void i8_tile(const uint8_t *group, const kernel_input *in, int first, float *out, const int n,
                        const int planes)
{
    __m512 acc[KERNEL_TILE];
    const uint8_t *bytes = group + ((long)in->blocks * 32 + 63) / 64 * 64;
    const int8_t *q = in->q + (long)first * in->cols;
    const float *scale = in->scale + (long)first * in->blocks;
    const int32_t *isum = in->isum + (long)first * in->blocks;
#pragma GCC unroll 8
    for (int t = 0; t < n; t++) {
        acc[t] = _mm512_setzero_ps();
    }
    for (int b = 0; b < in->blocks; b++, group += 32, bytes += 512) {
        __m512 d = _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)group));
        __m512i w[8];
#pragma GCC unroll 8
        for (int j = 0; j < 8; j++) {
            w[j] = _mm512_loadu_si512(bytes + 64 * j);
        }
#pragma GCC unroll 8
        for (int t = 0; t < n; t++) {
            __m512i dot = dot_planes(w, q + (long)t * in->cols + b * KERNEL_BLOCK, in->plane, planes);
            dot = _mm512_sub_epi32(dot, _mm512_set1_epi32(isum[(long)t * in->blocks + b] * 128)); /* the bytes' + 128 */
            __m512 scaled = _mm512_mul_ps(_mm512_cvtepi32_ps(dot), _mm512_set1_ps(scale[(long)t * in->blocks + b]));
            acc[t] = _mm512_add_ps(acc[t], _mm512_mul_ps(scaled, d));
        }
    }
#pragma GCC unroll 8
    for (int t = 0; t < n; t++) {
        _mm512_storeu_ps(out + t * KERNEL_ROWS, acc[t]);
    }
}

#define TILE_SWITCH(tile, planes)                            \
    switch (n) {                                             \
    case 1: tile(group, in, first, out, 1, planes); break;   \
    case 2: tile(group, in, first, out, 2, planes); break;   \
    case 3: tile(group, in, first, out, 3, planes); break;   \
    case 4: tile(group, in, first, out, 4, planes); break;   \
    case 5: tile(group, in, first, out, 5, planes); break;   \
    case 6: tile(group, in, first, out, 6, planes); break;   \
    case 7: tile(group, in, first, out, 7, planes); break;   \
    default: tile(group, in, first, out, 8, planes); break;  \
    }

static void rows_i4(const uint8_t *group, const kernel_input *in, int first, int n, float *out)
{
    if (in->planes == 1) {
        TILE_SWITCH(i4_tile, 1)
    } else {
        TILE_SWITCH(i4_tile, 2)
    }
}

static void rows_i8(const uint8_t *group, const kernel_input *in, int first, int n, float *out)
{
    if (in->planes == 1) {
        TILE_SWITCH(i8_tile, 1)
    } else {
        TILE_SWITCH(i8_tile, 2)
    }
}

#include "tensor/kernels_body.h"
