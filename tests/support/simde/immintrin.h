/*
 * immintrin.h: stands in for the compiler's where kernels_avx512.c is built for a test on a processor without AVX-512. The
 * intrinsics are SIMDe's, in portable C, and the few that it lacks are defined here.
 */
#ifndef PAW_TESTS_SIMDE_IMMINTRIN_H
#define PAW_TESTS_SIMDE_IMMINTRIN_H

#define SIMDE_NO_NATIVE
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>
#include <simde/x86/f16c.h>

#include "tensor/format.h"

static inline __m512 paw_cvtepi32_ps(__m512i a)
{
    int32_t from[16];
    float to[16];
    __m512 out;
    memcpy(from, &a, sizeof a);
    for (int i = 0; i < 16; i++) {
        to[i] = (float)from[i];
    }
    memcpy(&out, to, sizeof out);
    return out;
}

static inline __m512i paw_widen(__m128i a, int is_signed)
{
    uint8_t from[16];
    int32_t to[16];
    __m512i out;
    memcpy(from, &a, sizeof a);
    for (int i = 0; i < 16; i++) {
        to[i] = is_signed ? (int8_t)from[i] : from[i];
    }
    memcpy(&out, to, sizeof out);
    return out;
}

static inline __m512 paw_cvtph_ps(__m256i a)
{
    uint16_t from[16];
    float to[16];
    __m512 out;
    memcpy(from, &a, sizeof a);
    for (int i = 0; i < 16; i++) {
        to[i] = format_f16_to_f32(from[i]);
    }
    memcpy(&out, to, sizeof out);
    return out;
}

static inline __m256i paw_cvtps_ph(__m512 a)
{
    float from[16];
    uint16_t to[16];
    __m256i out;
    memcpy(from, &a, sizeof a);
    for (int i = 0; i < 16; i++) {
        to[i] = format_f32_to_f16(from[i]);
    }
    memcpy(&out, to, sizeof out);
    return out;
}

#define _mm512_cvtepi32_ps(a) paw_cvtepi32_ps(a)
#define _mm512_cvtepi8_epi32(a) paw_widen(a, 1)
#define _mm512_cvtepu8_epi32(a) paw_widen(a, 0)
#define _mm512_cvtph_ps(a) paw_cvtph_ps(a)
#define _mm512_cvtps_ph(a, rounding) paw_cvtps_ph(a)

#define always_inline /* vec.h's: one copy of each kernel, with tile and width as variables, compiles in seconds */

#endif
