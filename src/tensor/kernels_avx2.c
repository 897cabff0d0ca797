/*
 * kernels_avx2.c: integer kernels with AVX2, a row group as two halves of eight lanes. vpmaddubsw adds pairs in 16 bits:
 * nibbles times int8 stay below 2 * 15 * 127, and |weight| <= 128 times int8 below 2 * 128 * 127 < 32768, so nothing
 * saturates and all sums are exact.
 */
#include "tensor/kernels.h"
#include "tensor/vec.h"

#define KERNEL_SET_NAME kernels_avx2
#define KERNEL_SET_LABEL "avx2"
extern const kernel_set KERNEL_SET_NAME;

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

VEC_INLINE __m256i dot_i4(const uint8_t *nibbles, const int8_t *q, __m256i sum)
{
    const __m256i low = _mm256_set1_epi8(15);
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
        __m256i packed = _mm256_loadu_si256((const __m256i *)(nibbles + 64 * j));
        __m256i a = _mm256_and_si256(packed, low), b = _mm256_and_si256(_mm256_srli_epi16(packed, 4), low);
        sum = add_pairs(sum, _mm256_maddubs_epi16(a, broadcast4(q + 4 * j)));
        sum = add_pairs(sum, _mm256_maddubs_epi16(b, broadcast4(q + 16 + 4 * j)));
    }
    return sum;
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

static void rows_i4(const uint8_t *group, const kernel_input *in, int first, int n, float *out)
{
    for (int t = 0; t < n; t++) {
        const int8_t *q = in->q + (long)(first + t) * in->cols;
        const float *scale = in->scale + (long)(first + t) * in->blocks, *sum = in->sum + (long)(first + t) * in->blocks;
        for (int half = 0; half < 2; half++) {
            __m256 acc = _mm256_setzero_ps();
            const uint8_t *block = group;
            for (int b = 0; b < in->blocks; b++, block += KERNEL_I4_BLOCK) {
                const uint8_t *nibbles = block + 64 + 32 * half;
                __m256i dot = dot_i4(nibbles, q + b * KERNEL_BLOCK, _mm256_setzero_si256());
                if (in->planes == 2) {
                    dot = dot_i4(nibbles, q + in->plane + b * KERNEL_BLOCK, _mm256_slli_epi32(dot, 7));
                }
                __m256 scaled = _mm256_mul_ps(_mm256_cvtepi32_ps(dot), _mm256_set1_ps(scale[b]));
                __m256 product = _mm256_mul_ps(scaled, load8_f16(block + 16 * half));
                __m256 minimum = _mm256_mul_ps(load8_f16(block + 32 + 16 * half), _mm256_set1_ps(sum[b]));
                acc = _mm256_add_ps(acc, _mm256_add_ps(product, minimum));
            }
            _mm256_storeu_ps(out + t * KERNEL_ROWS + 8 * half, acc);
        }
    }
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
                __m256i dot = dot_i8(block, q + b * KERNEL_BLOCK, _mm256_setzero_si256());
                if (in->planes == 2) {
                    dot = dot_i8(block, q + in->plane + b * KERNEL_BLOCK, _mm256_slli_epi32(dot, 7));
                }
                __m256 scaled = _mm256_mul_ps(_mm256_cvtepi32_ps(dot), _mm256_set1_ps(scale[b]));
                acc = _mm256_add_ps(acc, _mm256_mul_ps(scaled, load8_f16(group + b * 32 + 16 * half)));
            }
            _mm256_storeu_ps(out + t * KERNEL_ROWS + 8 * half, acc);
        }
    }
}

#include "tensor/kernels_body.h"
