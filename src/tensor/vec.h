/*
 * vec.h: sixteen float lanes, and the arithmetic that is done in them.
 *
 * Each instruction set's kernels.*.c includes this file and compiles it for itself. Every operation is an IEEE one on each
 * lane (products are never fused into sums: -ffp-contract=off), so all of them give the same bits; how many lanes go side
 * by side in the processor is all that differs.
 */
#ifndef PAW_TENSOR_VEC_H
#define PAW_TENSOR_VEC_H

#include <stdint.h>
#include <string.h>

#include "tensor/format.h"

#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#endif
#if defined(VEC_NEON) /* the file that includes this asks for it: every aarch64 compiler has it on, the scalar set does without */
#include <arm_neon.h>
#endif

enum { LANES = 16 };

typedef float v16 __attribute__((vector_size(64)));
typedef int32_t v16i __attribute__((vector_size(64)));
typedef uint16_t v16h __attribute__((vector_size(32)));
typedef int8_t v16c __attribute__((vector_size(16)));

#define VEC_INLINE static inline __attribute__((always_inline))

VEC_INLINE v16 v_load(const float *p)
{
    v16 v;
    memcpy(&v, p, sizeof v);
    return v;
}

VEC_INLINE void v_store(float *p, v16 v)
{
    memcpy(p, &v, sizeof v);
}

VEC_INLINE v16 v_set(float x)
{
    return (v16){x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x};
}

/* a where the mask's lane is -1, b where it is 0 */
VEC_INLINE v16 v_select(v16i mask, v16 a, v16 b)
{
    return (v16)(((v16i)a & mask) | ((v16i)b & ~mask));
}

VEC_INLINE v16 v_max(v16 a, v16 b)
{
    return v_select(a > b, a, b);
}

VEC_INLINE v16 v_min(v16 a, v16 b)
{
    return v_select(a < b, a, b);
}

VEC_INLINE v16 v_abs(v16 a)
{
    return (v16)((v16i)a & 0x7FFFFFFF);
}

VEC_INLINE v16 v_load_f16(const uint16_t *p)
{
#if defined(__AVX512F__)
    return (v16)_mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p));
#elif defined(__F16C__)
    v16 v;
    __m256 lo = _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p));
    __m256 hi = _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(p + 8)));
    memcpy(&v, &lo, 32);
    memcpy((char *)&v + 32, &hi, 32);
    return v;
#elif defined(VEC_NEON)
    float32x4_t parts[4];
    for (int i = 0; i < 4; i++) {
        parts[i] = vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p + 4 * i)));
    }
    v16 v;
    memcpy(&v, parts, sizeof v);
    return v;
#else
    v16 v;
    for (int i = 0; i < LANES; i++) {
        v[i] = format_f16_to_f32(p[i]);
    }
    return v;
#endif
}

VEC_INLINE v16 v_load_bf16(const uint16_t *p)
{
    v16h h;
    memcpy(&h, p, sizeof h);
    return (v16)(__builtin_convertvector(h, v16i) << 16);
}

VEC_INLINE void v_store_f16(uint16_t *p, v16 v)
{
#if defined(__AVX512F__)
    _mm256_storeu_si256((__m256i *)p, _mm512_cvtps_ph((__m512)v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
#elif defined(VEC_NEON)
    float32x4_t parts[4];
    memcpy(parts, &v, sizeof v);
    for (int i = 0; i < 4; i++) {
        vst1_u16(p + 4 * i, vreinterpret_u16_f16(vcvt_f16_f32(parts[i])));
    }
#else
    for (int i = 0; i < LANES; i++) {
        p[i] = format_f32_to_f16(v[i]);
    }
#endif
}

/* Adds the lanes in a fixed order: halves onto each other until one is left. */
VEC_INLINE float v_sum(v16 v)
{
    float a[LANES];
    v_store(a, v);
    for (int n = LANES / 2; n > 0; n /= 2) {
        for (int i = 0; i < n; i++) {
            a[i] = a[i] + a[i + n];
        }
    }
    return a[0];
}

VEC_INLINE float v_max_lane(v16 v)
{
    float a[LANES];
    v_store(a, v);
    for (int n = LANES / 2; n > 0; n /= 2) {
        for (int i = 0; i < n; i++) {
            a[i] = a[i] > a[i + n] ? a[i] : a[i + n];
        }
    }
    return a[0];
}

VEC_INLINE int32_t v_sum_int(v16i v)
{
    int32_t a[LANES], sum = 0;
    memcpy(a, &v, sizeof a);
    for (int i = 0; i < LANES; i++) {
        sum += a[i];
    }
    return sum;
}

/* Lanes in [-128, 127] as bytes. */
VEC_INLINE void v_store_bytes(int8_t *p, v16i v)
{
    v16c c = __builtin_convertvector(v, v16c);
    memcpy(p, &c, sizeof c);
}

/* To the nearest integer, ties to even; |a| below 2^22. */
VEC_INLINE v16 v_round(v16 a)
{
    v16 magic = v_set(12582912.0f); /* 1.5 * 2^23: adding it leaves no bits for a fraction */
    return (a + magic) - magic;
}

VEC_INLINE v16i v_to_int(v16 a)
{
    return __builtin_convertvector(a, v16i);
}

VEC_INLINE v16 v_to_float(v16i a)
{
    return __builtin_convertvector(a, v16);
}

/* e^x after Cephes' expf: x = n ln 2 + r, a polynomial in r, and n put into the exponent. About 2 ulp; 0 below -87. */
VEC_INLINE v16 v_exp(v16 x)
{
    v16 floor_x = v_set(-87.0f);
    v16 c = v_min(v_max(x, floor_x), v_set(88.0f));
    v16 n = v_round(c * v_set(1.44269504088896341f));
    v16 r = c - n * v_set(0.693359375f);
    r = r - n * v_set(-2.12194440e-4f);
    v16 y = v_set(1.9875691500e-4f);
    y = y * r + v_set(1.3981999507e-3f);
    y = y * r + v_set(8.3334519073e-3f);
    y = y * r + v_set(4.1665795894e-2f);
    y = y * r + v_set(1.6666665459e-1f);
    y = y * r + v_set(5.0000001201e-1f);
    y = y * (r * r) + r + v_set(1.0f);
    v16i power = (v_to_int(n) + 127) << 23;
    y = y * (v16)power;
    return (v16)((v16i)y & (x >= floor_x));
}

#endif
