/*
 * kernels_avx2.c: integer kernels with AVX2, a row group as two halves of eight lanes. vpmaddubsw adds pairs in 16 bits:
 * values of up to 6 bits times int8 stay below 2 * 63 * 127, and |weight| <= 128 times int8 below 2 * 128 * 127 < 32768, so nothing
 * saturates and all sums are exact.
 */
#include "tensor/kernels.h"
#include "tensor/vec.h"

#define KERNEL_SET_NAME kernels_avx2
#define KERNEL_SET_LABEL "avx2"
extern const kernel_set KERNEL_SET_NAME;

enum { PREFETCH = 2048 }; /* bytes */

/* The lines of a block some way ahead: the processor's own guesses end at a page's border. */
VEC_INLINE void prefetch(const uint8_t *data, const int lines)
{
#pragma GCC unroll 8
    for (int j = 0; j < lines; j++) {
        _mm_prefetch((const char *)data + PREFETCH + 64 * j, _MM_HINT_T0);
    }
}

VEC_INLINE __m256i broadcast4(const int8_t *q)
{
    int32_t four;
    memcpy(&four, q, 4);
    return _mm256_set1_epi32(four);
}

VEC_INLINE __m256i add_pairs(__m256i sum, __m256i pairs)
{
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

typedef uint16_t words __attribute__((vector_size(32)));

/* Bits [from, from + count) of each byte moved to bit 4 on. */
VEC_INLINE __m256i high_bits(__m256i v, const int from, const int count)
{
    const __m256i mask = _mm256_set1_epi8((char)(((1 << count) - 1) << 4));
    words moved = from <= 4 ? (words)v << (4 - from) : (words)v >> (from - 4);
    return _mm256_and_si256((__m256i)moved, mask);
}

/* The 32 values of a block of `bits` bits in eight lanes of a row group; data points at the lanes' half of 64 bytes. */
VEC_INLINE void unpack(const uint8_t *data, __m256i *w, const int bits)
{
    const __m256i low = _mm256_set1_epi8(15);
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
        __m256i packed = _mm256_loadu_si256((const __m256i *)(data + 64 * j));
        w[j] = _mm256_and_si256(packed, low);
        w[j + 4] = _mm256_and_si256(_mm256_srli_epi16(packed, 4), low);
    }
    if (bits > 4) {
        __m256i high[2] = {_mm256_loadu_si256((const __m256i *)(data + 256)),
                           _mm256_loadu_si256((const __m256i *)(data + (bits == 6 ? 320 : 256)))};
#pragma GCC unroll 8
        for (int j = 0; j < 8; j++) {
            w[j] = _mm256_or_si256(w[j], bits == 5 ? high_bits(high[0], j, 1) : high_bits(high[j / 4], j % 4 * 2, 2));
        }
    }
}

VEC_INLINE __m256i dot_quads(const __m256i *w, const int8_t *q, __m256i sum, const int quads)
{
#pragma GCC unroll 8
    for (int j = 0; j < quads; j++) {
        sum = add_pairs(sum, _mm256_maddubs_epi16(w[j], broadcast4(q + 4 * j)));
    }
    return sum;
}

/* Products of 16 or 32 values a lane with a token's, in one plane or two. */
VEC_INLINE __m256i dot_planes(const __m256i *w, const int8_t *q, const kernel_input *in, const int quads)
{
    __m256i sum = dot_quads(w, q, _mm256_setzero_si256(), quads);
    return in->planes == 2 ? dot_quads(w, q + in->plane, _mm256_slli_epi32(sum, 7), quads) : sum;
}

VEC_INLINE __m256i dot_i8(const uint8_t *bytes, const int8_t *q, __m256i sum)
{
    const __m256i flip = _mm256_set1_epi8((char)0x80);
#pragma GCC unroll 8
    for (int j = 0; j < 8; j++) {
        __m256i w = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)(bytes + 64 * j)), flip);
        __m256i x = _mm256_sign_epi8(broadcast4(q + 4 * j), w);
        sum = add_pairs(sum, _mm256_maddubs_epi16(_mm256_abs_epi8(w), x));
    }
    return sum;
}

VEC_INLINE __m256 load8_f16(const uint8_t *p)
{
    return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p));
}

/* (dot scale) d */
VEC_INLINE __m256 scaled(__m256i dot, float scale, __m256 d)
{
    return _mm256_mul_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(dot), _mm256_set1_ps(scale)), d);
}

VEC_INLINE void rows_i(const uint8_t *group, const kernel_input *in, int first, int n, float *out, const int bits)
{
    for (int t = 0; t < n; t++) {
        const int8_t *q = in->q + (long)(first + t) * in->cols;
        const float *scale = in->scale + (long)(first + t) * in->blocks, *sum = in->sum + (long)(first + t) * in->blocks;
        for (int half = 0; half < 2; half++) {
            __m256 acc = _mm256_setzero_ps();
            const uint8_t *block = group + 16 * half;
            for (int b = 0; b < in->blocks; b++, block += KERNEL_I_BLOCK(bits)) {
                __m256i w[8];
                prefetch(block, half == 0 ? bits + 1 : 0);
                unpack(block + 64 + 16 * half, w, bits);
                __m256 product = scaled(dot_planes(w, q + b * KERNEL_BLOCK, in, 8), scale[b], load8_f16(block));
                __m256 minimum = _mm256_mul_ps(load8_f16(block + 32), _mm256_set1_ps(sum[b]));
                acc = _mm256_add_ps(acc, _mm256_add_ps(product, minimum));
            }
            _mm256_storeu_ps(out + t * KERNEL_ROWS + 8 * half, acc);
        }
    }
}

static void rows_i4(const uint8_t *group, const kernel_input *in, int first, int n, float *out)
{
    rows_i(group, in, first, n, out, 4);
}

static void rows_i5(const uint8_t *group, const kernel_input *in, int first, int n, float *out)
{
    rows_i(group, in, first, n, out, 5);
}

/* Eight bytes of scales as floats. */
VEC_INLINE __m256 load_scales(const uint8_t *p, const int bits)
{
    __m128i bytes = _mm_loadl_epi64((const __m128i *)(const void *)p);
    return _mm256_cvtepi32_ps(bits == 6 ? _mm256_cvtepi8_epi32(bytes) : _mm256_cvtepu8_epi32(bytes));
}

/* A block of 32 of 256: Q4_K and Q5_K have a minimum, Q6_K a scale per half and values + 32. */
VEC_INLINE __m256 block_k(const uint8_t *group, const kernel_input *in, int t, int b, int half, const int bits)
{
    long at = (long)t * in->blocks + b;
    const int8_t *q = in->q + at * KERNEL_BLOCK;
    const uint8_t *head = group + 64 + b % 8 * 32 + 8 * half;
    __m256 d = load8_f16(group + 16 * half), first = _mm256_mul_ps(d, load_scales(head, bits));
    const uint8_t *data = group + KERNEL_K_HEAD + b % 8 * 64 * bits + 32 * half;
    __m256i w[8];
    prefetch(data, half == 0 ? bits : 0);
    unpack(data, w, bits);
    if (bits == 6) {
        const int32_t *isum = in->isum + 2 * at;
        __m256i low = _mm256_sub_epi32(dot_planes(w, q, in, 4), _mm256_set1_epi32(32 * isum[0]));
        __m256i high = _mm256_sub_epi32(dot_planes(w + 4, q + 16, in, 4), _mm256_set1_epi32(32 * isum[1]));
        __m256 second = _mm256_mul_ps(d, load_scales(head + 16, bits));
        return _mm256_add_ps(scaled(low, in->scale[at], first), scaled(high, in->scale[at], second));
    }
    __m256 minimum = _mm256_mul_ps(load8_f16(group + 32 + 16 * half), load_scales(head + 16, bits));
    return _mm256_sub_ps(scaled(dot_planes(w, q, in, 8), in->scale[at], first),
                         _mm256_mul_ps(minimum, _mm256_set1_ps(in->sum[at])));
}

VEC_INLINE void rows_k(const uint8_t *group, const kernel_input *in, int first, int n, float *out, const int bits)
{
    for (int t = 0; t < n; t++) {
        for (int half = 0; half < 2; half++) {
            __m256 acc = _mm256_setzero_ps();
            for (int b = 0; b < in->blocks; b++) {
                acc = _mm256_add_ps(acc, block_k(group + (long)(b / 8) * KERNEL_K_BLOCK(bits), in, first + t, b, half, bits));
            }
            _mm256_storeu_ps(out + t * KERNEL_ROWS + 8 * half, acc);
        }
    }
}

static void rows_k4(const uint8_t *group, const kernel_input *in, int first, int n, float *out)
{
    rows_k(group, in, first, n, out, 4);
}

static void rows_k5(const uint8_t *group, const kernel_input *in, int first, int n, float *out)
{
    rows_k(group, in, first, n, out, 5);
}

static void rows_k6(const uint8_t *group, const kernel_input *in, int first, int n, float *out)
{
    rows_k(group, in, first, n, out, 6);
}

static void rows_i8(const uint8_t *group, const kernel_input *in, int first, int n, float *out)
{
    const uint8_t *bytes = group + ((long)in->blocks * 32 + 63) / 64 * 64;
    for (int t = 0; t < n; t++) {
        const int8_t *q = in->q + (long)(first + t) * in->cols;
        const float *scale = in->scale + (long)(first + t) * in->blocks;
        for (int half = 0; half < 2; half++) {
            __m256 acc = _mm256_setzero_ps();
            for (int b = 0; b < in->blocks; b++) {
                const uint8_t *block = bytes + (long)b * 512 + 32 * half;
                prefetch(block, half == 0 ? 8 : 0);
                __m256i dot = dot_i8(block, q + b * KERNEL_BLOCK, _mm256_setzero_si256());
                if (in->planes == 2) {
                    dot = dot_i8(block, q + in->plane + b * KERNEL_BLOCK, _mm256_slli_epi32(dot, 7));
                }
                acc = _mm256_add_ps(acc, scaled(dot, scale[b], load8_f16(group + b * 32 + 16 * half)));
            }
            _mm256_storeu_ps(out + t * KERNEL_ROWS + 8 * half, acc);
        }
    }
}

#include "tensor/kernels_body.h"
