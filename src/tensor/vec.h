/*
 * vec.h: a register of floats, and the arithmetic that is done in it.
 *
 * Each instruction set's kernels_*.c includes this file and compiles it for itself, with WIDTH floats in a register. Every
 * operation is an IEEE one on each lane (products are never fused into sums: -ffp-contract=off), so all of them give the same
 * bits; how many lanes go side by side in the processor is all that differs. Sums across lanes are done in 16 lanes, PARTS
 * registers, whatever the width.
 */
#ifndef PAW_TENSOR_VEC_H
#define PAW_TENSOR_VEC_H

#include <stdint.h>
#include <string.h>

#include "tensor/format.h"

#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#elif defined(VEC_NEON) /* asked for by the file that includes this: the scalar set does without */
#include <arm_neon.h>
#endif

#if defined(__AVX512F__)
#define WIDTH 16
#elif defined(__AVX2__)
#define WIDTH 8
#else
#define WIDTH 4
#endif

enum { LANES = 16, PARTS = LANES / WIDTH };

typedef float vec __attribute__((vector_size(4 * WIDTH)));
typedef int32_t veci __attribute__((vector_size(4 * WIDTH)));
typedef uint16_t vech __attribute__((vector_size(2 * WIDTH)));
typedef int8_t vecc __attribute__((vector_size(WIDTH)));

#define VEC_INLINE static inline __attribute__((always_inline))

VEC_INLINE vec v_load(const float *p)
{
    vec v;
    memcpy(&v, p, sizeof v);
    return v;
}

VEC_INLINE void v_store(float *p, vec v)
{
    memcpy(p, &v, sizeof v);
}

VEC_INLINE vec v_set(float x)
{
    return x - (vec){0};
}

/* a where the mask's lane is -1, b where it is 0 */
VEC_INLINE vec v_select(veci mask, vec a, vec b)
{
    return (vec)(((veci)a & mask) | ((veci)b & ~mask));
}

/* a > b ? a : b, and a < b ? a : b, which is what the processor's own do */
VEC_INLINE vec v_max(vec a, vec b)
{
#if defined(__AVX2__) && !defined(__AVX512F__)
    return (vec)_mm256_max_ps((__m256)a, (__m256)b);
#else
    return v_select(a > b, a, b);
#endif
}

VEC_INLINE vec v_min(vec a, vec b)
{
#if defined(__AVX2__) && !defined(__AVX512F__)
    return (vec)_mm256_min_ps((__m256)a, (__m256)b);
#else
    return v_select(a < b, a, b);
#endif
}

VEC_INLINE veci v_max_int(veci a, veci b)
{
#if defined(__AVX2__) && !defined(__AVX512F__)
    return (veci)_mm256_max_epi32((__m256i)a, (__m256i)b);
#else
    veci more = a > b;
    return (a & more) | (b & ~more);
#endif
}

VEC_INLINE vec v_abs(vec a)
{
    return (vec)((veci)a & 0x7FFFFFFF);
}

VEC_INLINE vec v_load_f16(const uint16_t *p)
{
#if defined(__AVX512F__)
    return (vec)_mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p));
#elif defined(__AVX2__)
    return (vec)_mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p));
#elif defined(VEC_NEON)
    return (vec)vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p)));
#else
    vec v;
    for (int i = 0; i < WIDTH; i++) {
        v[i] = format_f16_to_f32(p[i]);
    }
    return v;
#endif
}

VEC_INLINE vec v_load_bf16(const uint16_t *p)
{
    vech h;
    memcpy(&h, p, sizeof h);
    return (vec)(__builtin_convertvector(h, veci) << 16);
}

VEC_INLINE void v_store_f16(uint16_t *p, vec v)
{
#if defined(__AVX512F__)
    _mm256_storeu_si256((__m256i *)p, _mm512_cvtps_ph((__m512)v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
#elif defined(__AVX2__)
    _mm_storeu_si128((__m128i *)p, _mm256_cvtps_ph((__m256)v, _MM_FROUND_TO_NEAREST_INT));
#elif defined(VEC_NEON)
    vst1_u16(p, vreinterpret_u16_f16(vcvt_f16_f32((float32x4_t)v)));
#else
    for (int i = 0; i < WIDTH; i++) {
        p[i] = format_f32_to_f16(v[i]);
    }
#endif
}

/* Adds 16 lanes in a fixed order: halves onto each other until one is left. */
VEC_INLINE float v_sum(const vec *parts)
{
    float a[LANES];
    memcpy(a, parts, sizeof a);
    for (int n = LANES / 2; n > 0; n /= 2) {
        for (int i = 0; i < n; i++) {
            a[i] = a[i] + a[i + n];
        }
    }
    return a[0];
}

VEC_INLINE float v_max_lane(vec v)
{
    float a[WIDTH];
    v_store(a, v);
    for (int n = WIDTH / 2; n > 0; n /= 2) {
        for (int i = 0; i < n; i++) {
            a[i] = a[i] > a[i + n] ? a[i] : a[i + n];
        }
    }
    return a[0];
}

/* The largest lane as an integer; returned as the float of these bits. */
VEC_INLINE float v_max_bits(veci v)
{
    int32_t a[WIDTH];
    float f;
#if defined(__AVX2__) && !defined(__AVX512F__)
    __m128i x = _mm_max_epi32(_mm256_castsi256_si128((__m256i)v), _mm256_extracti128_si256((__m256i)v, 1));
    x = _mm_max_epi32(x, _mm_unpackhi_epi64(x, x));
    a[0] = _mm_cvtsi128_si32(_mm_max_epi32(x, _mm_shuffle_epi32(x, 1)));
#elif defined(VEC_NEON)
    a[0] = vmaxvq_s32((int32x4_t)v);
#else
    memcpy(a, &v, sizeof a);
    for (int n = WIDTH / 2; n > 0; n /= 2) {
        for (int i = 0; i < n; i++) {
            a[i] = a[i] > a[i + n] ? a[i] : a[i + n];
        }
    }
#endif
    memcpy(&f, a, sizeof f);
    return f;
}

/* The sum of the lanes i with i % 4 < 2, and that of the others. */
VEC_INLINE void v_sum_int(veci v, int32_t out[2])
{
#if defined(__AVX2__) && !defined(__AVX512F__)
    __m128i x = _mm_add_epi32(_mm256_castsi256_si128((__m256i)v), _mm256_extracti128_si256((__m256i)v, 1));
    x = _mm_add_epi32(x, _mm_shuffle_epi32(x, 0xB1));
    out[0] = _mm_cvtsi128_si32(x);
    out[1] = _mm_extract_epi32(x, 2);
#elif defined(VEC_NEON)
    vst1_s32(out, vget_low_s32(vpaddq_s32((int32x4_t)v, (int32x4_t)v)));
#else
    int32_t a[WIDTH];
    memcpy(a, &v, sizeof a);
    for (int n = WIDTH / 2; n >= 4; n /= 2) {
        for (int i = 0; i < n; i++) {
            a[i] += a[i + n];
        }
    }
    out[0] = a[0] + a[1];
    out[1] = a[2] + a[3];
#endif
}

/* Lanes in [-128, 127] as bytes. */
VEC_INLINE void v_store_bytes(int8_t *p, veci v)
{
#if WIDTH == 8
    __m128i words = _mm_packs_epi32(_mm256_castsi256_si128((__m256i)v), _mm256_extracti128_si256((__m256i)v, 1));
    _mm_storel_epi64((__m128i *)(void *)p, _mm_packs_epi16(words, words));
#elif defined(VEC_NEON)
    int16x4_t words = vmovn_s32((int32x4_t)v);
    int8x8_t bytes = vmovn_s16(vcombine_s16(words, words));
    memcpy(p, &bytes, WIDTH);
#else
    vecc c = __builtin_convertvector(v, vecc);
    memcpy(p, &c, sizeof c);
#endif
}

/* To the nearest integer, ties to even; |a| below 2^22. */
VEC_INLINE vec v_round(vec a)
{
    vec magic = v_set(12582912.0f); /* 1.5 * 2^23: adding it leaves no bits for a fraction */
    return (a + magic) - magic;
}

VEC_INLINE veci v_to_int(vec a)
{
    return __builtin_convertvector(a, veci);
}

VEC_INLINE vec v_to_float(veci a)
{
    return __builtin_convertvector(a, vec);
}

/* e^x after Cephes' expf: x = n ln 2 + r, a polynomial in r, and n put into the exponent. About 2 ulp; 0 below -87. */
VEC_INLINE vec v_exp(vec x)
{
    vec floor_x = v_set(-87.0f);
    vec c = v_min(v_max(x, floor_x), v_set(88.0f));
    vec n = v_round(c * v_set(1.44269504088896341f));
    vec r = c - n * v_set(0.693359375f);
    r = r - n * v_set(-2.12194440e-4f);
    vec y = v_set(1.9875691500e-4f);
    y = y * r + v_set(1.3981999507e-3f);
    y = y * r + v_set(8.3334519073e-3f);
    y = y * r + v_set(4.1665795894e-2f);
    y = y * r + v_set(1.6666665459e-1f);
    y = y * r + v_set(5.0000001201e-1f);
    y = y * (r * r) + r + v_set(1.0f);
    veci power = (v_to_int(n) + 127) << 23;
    y = y * (vec)power;
    return (vec)((veci)y & (x >= floor_x));
}

#endif
