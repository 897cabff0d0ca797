/*
 * kernels_avx2.c: integer kernels with AVX2, a row group as two halves of eight lanes.
 *
 * A block of 32 columns goes in passes of 16: the weights of sixteen rows that a pass needs are eight registers, unpacked
 * once and used for all tokens of the call, and four activations are broadcast for all sixteen rows. What a pass leaves of a
 * token waits in `dots` for the next one, and the sums over blocks in `out`: both stay in the first-level cache. The float
 * arithmetic is a loop of its own, because as the tail of a dot product it would fill the processor's queue with waiting.
 *
 * vpmaddubsw adds the products of two unsigned weights with int8 in 16 bits. Sums of such pairs go on in 16 bits as long as
 * they cannot overflow: 8 of 4 bits (8 * 2 * 15 * 127 < 32768), 4 of 5 bits, 2 of 6 bits. So all integer sums are exact.
 * Weights of 8 bits are multiplied in 16 bits and added in 32.
 */
#include "tensor/kernels.h"
#include "tensor/vec.h"

#define KERNEL_SET_NAME kernels_avx2
#define KERNEL_SET_LABEL "avx2"
#define KERNEL_SET_TILE KERNEL_TILE
extern const kernel_set KERNEL_SET_NAME;

enum { PREFETCH = 2048 }; /* bytes */

/* How a block's value comes from its integer product (matrix.h): with a minimum, scales of scales, a scale only. */
typedef enum block_kind { BLOCK_I, BLOCK_K, BLOCK_I8 } block_kind;

/* Sixteen rows. */
typedef struct pair {
    __m256i half[2];
} pair;

typedef struct scales {
    __m256 d[2], m[2]; /* scale and minimum, or in Q6_K the scales of the block's first and second 16 columns */
} scales;

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

VEC_INLINE __m256i load(const uint8_t *p)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

typedef uint16_t words __attribute__((vector_size(32)));

/* Bits [from, from + count) of each byte moved to bit `to` on, the others 0. */
VEC_INLINE __m256i move_bits(__m256i v, const int from, const int to, const int count)
{
    const __m256i mask = _mm256_set1_epi8((char)(((1 << count) - 1) << to));
    words moved = from <= to ? (words)v << (to - from) : (words)v >> (from - to);
    return _mm256_and_si256((__m256i)moved, mask);
}

/* Weights of a pass: w[2 j + half] is quad j of the pass's 16 columns. */
VEC_INLINE void unpack(const uint8_t *data, __m256i *w, const int pass, const int bits)
{
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++) {
        const int j = i / 2;
        const uint8_t *p = data + i % 2 * 32;
        w[i] = move_bits(load(p + 64 * j), pass * 4, 0, 4);
        if (bits == 5) {
            w[i] = _mm256_or_si256(w[i], move_bits(load(p + 256), pass * 4 + j, 4, 1));
        } else if (bits == 6) {
            w[i] = _mm256_or_si256(w[i], move_bits(load(p + 256 + 64 * pass), 2 * j, 4, 2));
        }
    }
}

VEC_INLINE __m256i widen(__m256i pairs, const int factor)
{
    return _mm256_madd_epi16(pairs, _mm256_set1_epi16((short)factor));
}

/* Products of a pass's weights with 16 activations: sums of 16 bits, of 6-bit values already widened. */
VEC_INLINE pair multiply(const __m256i *w, const int8_t *q, const int bits)
{
    pair sum, run;
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
        __m256i x = broadcast4(q + 4 * j);
#pragma GCC unroll 2
        for (int h = 0; h < 2; h++) {
            __m256i products = _mm256_maddubs_epi16(w[2 * j + h], x);
            run.half[h] = j == 0 || (bits == 6 && j == 2) ? products : _mm256_add_epi16(run.half[h], products);
            if (bits == 6 && j == 1) {
                sum.half[h] = widen(run.half[h], 1);
            } else if (bits == 6 && j == 3) {
                sum.half[h] = _mm256_add_epi32(sum.half[h], widen(run.half[h], 1));
            }
        }
    }
    return bits == 6 ? sum : run;
}

/* Puts what a pass left of a token to what the first one did: then dots[0] is the block's integer product, and of 6-bit
 * values dots[0] and dots[1] are those of its first and second 16 columns. */
VEC_INLINE void join(pair *dots, pair sum, const int pass, const int bits)
{
#pragma GCC unroll 2
    for (int h = 0; h < 2; h++) {
        __m256i *first = &dots[0].half[h], x = sum.half[h];
        if (pass == 0) {
            *first = x;
        } else if (bits == 6) {
            dots[1].half[h] = x;
        } else if (bits == 5) {
            *first = _mm256_add_epi32(widen(*first, 1), widen(x, 1));
        } else {
            *first = widen(_mm256_add_epi16(*first, x), 1);
        }
    }
}

/* A pass over n tokens whose activations lie at q, a row of `cols` after the other. */
VEC_INLINE void multiply_tokens(const __m256i *w, const int8_t *q, long cols, int n, pair (*dots)[2], const int pass,
                                const int bits)
{
    for (int t = 0; t < n; t++, q += cols, dots++) {
        join(*dots, multiply(w, q, bits), pass, bits);
    }
}

VEC_INLINE void multiply_pass(const uint8_t *data, const kernel_input *in, const int8_t *q, int n, pair (*dots)[2],
                              const int planes, const int bits, const int pass)
{
    __m256i w[8];
    unpack(data, w, pass, bits);
    q += pass % 2 * 16;
    multiply_tokens(w, q, in->cols, n, dots, pass, bits);
    if (planes == 2) {
        multiply_tokens(w, q + in->plane, in->cols, n, dots + KERNEL_TILE, pass, bits);
    }
}

/* Integer products of block b with n tokens: dots[plane * KERNEL_TILE + token]. */
VEC_INLINE void multiply_block(const uint8_t *data, const kernel_input *in, int first, int b, int n, pair (*dots)[2],
                               const int planes, const int bits)
{
    const int8_t *q = in->q + (long)first * in->cols + b * KERNEL_BLOCK;
    multiply_pass(data, in, q, n, dots, planes, bits, 0);
    multiply_pass(data, in, q, n, dots, planes, bits, 1);
}

/* ---- weights of 8 bits: their products leave no room in 16 bits, but two planes are no dearer than one ---- */

/* Even bytes as 16-bit numbers, and odd ones. */
VEC_INLINE __m256i even_bytes(__m256i v)
{
    return _mm256_srai_epi16(_mm256_slli_epi16(v, 8), 8);
}

VEC_INLINE __m256i odd_bytes(__m256i v)
{
    return _mm256_srai_epi16(v, 8);
}

/*
 * A block's activations of n tokens in 16 bits, both planes in one: even columns, then odd ones. And their products with
 * what is added to all weights in store, to start from.
 */
VEC_INLINE void widen_activations(const kernel_input *in, int first, int b, int n, __m256i (*x)[2], pair (*dots)[2],
                                  const int planes)
{
    const int8_t *q = in->q + (long)first * in->cols + b * KERNEL_BLOCK;
    const int32_t *isum = in->isum + 2 * ((long)first * in->blocks + b);
    for (int t = 0; t < n; t++, q += in->cols, isum += 2 * in->blocks) {
        __m256i v = load((const uint8_t *)q), even = even_bytes(v), odd = odd_bytes(v);
        if (planes == 2) {
            __m256i low = load((const uint8_t *)q + in->plane);
            even = _mm256_add_epi16(_mm256_slli_epi16(even, 7), even_bytes(low));
            odd = _mm256_add_epi16(_mm256_slli_epi16(odd, 7), odd_bytes(low));
        }
        x[t][0] = even;
        x[t][1] = odd;
        dots[t]->half[0] = dots[t]->half[1] = _mm256_set1_epi32((isum[0] + isum[1]) * -128);
    }
}

/* Two quads of columns: w[4 j + 2 half + odd]. */
VEC_INLINE void multiply_pass_i8(const uint8_t *data, __m256i (*x)[2], int n, pair (*dots)[2], const int pass)
{
    __m256i w[8];
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        __m256i v = load(data + 64 * (2 * pass + i / 2) + 32 * (i % 2));
        w[2 * i] = _mm256_and_si256(v, _mm256_set1_epi16(255));
        w[2 * i + 1] = _mm256_srli_epi16(v, 8);
    }
    for (int t = 0; t < n; t++) {
        pair *sum = dots[t], products[4];
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++) { /* quad i / 2, even or odd */
            __m256i four = broadcast4((const int8_t *)&x[t][i % 2] + 4 * (2 * pass + i / 2));
#pragma GCC unroll 2
            for (int h = 0; h < 2; h++) {
                products[i].half[h] = _mm256_madd_epi16(w[i / 2 * 4 + 2 * h + i % 2], four);
            }
        }
#pragma GCC unroll 2
        for (int h = 0; h < 2; h++) {
            __m256i four = _mm256_add_epi32(_mm256_add_epi32(products[0].half[h], products[1].half[h]),
                                            _mm256_add_epi32(products[2].half[h], products[3].half[h]));
            sum->half[h] = _mm256_add_epi32(sum->half[h], four);
        }
    }
}

VEC_INLINE void multiply_block_i8(const uint8_t *data, const kernel_input *in, int first, int b, int n, pair (*dots)[2],
                                  const int planes)
{
    __m256i x[KERNEL_TILE][2];
    widen_activations(in, first, b, n, x, dots, planes);
    multiply_pass_i8(data, x, n, dots, 0);
    multiply_pass_i8(data, x, n, dots, 1);
    multiply_pass_i8(data, x, n, dots, 2);
    multiply_pass_i8(data, x, n, dots, 3);
}

/* One token: nothing is prepared; magnitudes of weights are multiplied with activations that take their sign. */
VEC_INLINE void multiply_one_i8(const uint8_t *data, const int8_t *q, long plane, pair *dot, const int planes)
{
#pragma GCC unroll 8
    for (int j = 0; j < 8; j++) {
#pragma GCC unroll 2
        for (int h = 0; h < 2; h++) {
            __m256i w = _mm256_xor_si256(load(data + 64 * j + 32 * h), _mm256_set1_epi8((char)0x80));
            __m256i magnitude = _mm256_abs_epi8(w), x = _mm256_sign_epi8(broadcast4(q + 4 * j), w);
            __m256i product = widen(_mm256_maddubs_epi16(magnitude, x), planes == 2 ? 128 : 1);
            if (planes == 2) {
                x = _mm256_sign_epi8(broadcast4(q + plane + 4 * j), w);
                product = _mm256_add_epi32(product, widen(_mm256_maddubs_epi16(magnitude, x), 1));
            }
            dot->half[h] = j == 0 ? product : _mm256_add_epi32(dot->half[h], product);
        }
    }
}

/* ---- from integer products to sums ---- */


VEC_INLINE __m256 load_f16(const uint8_t *p)
{
    return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)p));
}

/* (dot scale) d */
VEC_INLINE __m256 scaled(__m256i dot, __m256 scale, __m256 d)
{
    return _mm256_mul_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(dot), scale), d);
}

/* One half's integer product, of the second 16 columns if `second`; of 6 bits less what is added to the weights in store. */
VEC_INLINE __m256i whole_dot(pair (*dots)[2], const int32_t *isum, int h, const int second, const int planes, const int bits)
{
    __m256i dot = dots[0][second].half[h];
    if (planes == 2 && bits < 8) {
        dot = _mm256_add_epi32(_mm256_slli_epi32(dot, 7), dots[KERNEL_TILE][second].half[h]);
    }
    return bits == 6 ? _mm256_sub_epi32(dot, _mm256_slli_epi32(_mm256_set1_epi32(isum[second]), 5)) : dot;
}

/* Adds a block's values to the sums of n tokens. */
VEC_INLINE void add_block(pair (*dots)[2], const kernel_input *in, int first, int b, int n, const scales *s, float *out,
                          const int planes, const int bits, const block_kind kind)
{
    long blocks = in->blocks, at = first * blocks + b;
    const float *scale = in->scale + at, *sum = in->sum + at;
    const int32_t *isum = in->isum + 2 * at;
    for (int t = 0; t < n; t++, dots++, scale += blocks, sum += blocks, isum += 2 * blocks, out += KERNEL_ROWS) {
        __m256 by = _mm256_set1_ps(*scale);
#pragma GCC unroll 2
        for (int h = 0; h < 2; h++) {
            __m256 value = scaled(whole_dot(dots, isum, h, 0, planes, bits), by, s->d[h]);
            if (bits == 6) {
                value = _mm256_add_ps(value, scaled(whole_dot(dots, isum, h, 1, planes, bits), by, s->m[h]));
            } else if (kind == BLOCK_I) {
                value = _mm256_add_ps(value, _mm256_mul_ps(s->m[h], _mm256_set1_ps(*sum)));
            } else if (kind == BLOCK_K) {
                value = _mm256_sub_ps(value, _mm256_mul_ps(s->m[h], _mm256_set1_ps(*sum)));
            }
            _mm256_storeu_ps(out + 8 * h, _mm256_add_ps(_mm256_loadu_ps(out + 8 * h), value));
        }
    }
}

/* Eight bytes of scales as floats. */
VEC_INLINE __m256 load_scales(const uint8_t *p, const int bits)
{
    __m128i bytes = _mm_loadl_epi64((const __m128i *)(const void *)p);
    return _mm256_cvtepi32_ps(bits == 6 ? _mm256_cvtepi8_epi32(bytes) : _mm256_cvtepu8_epi32(bytes));
}

/* Of the block whose f16 scales lie at `d`, and the bytes of a K format's at `head`. */
VEC_INLINE scales block_scales(const uint8_t *d, const uint8_t *head, const int bits, const block_kind kind)
{
    scales s;
#pragma GCC unroll 2
    for (int h = 0; h < 2; h++) {
        s.d[h] = load_f16(d + 16 * h);
        s.m[h] = kind == BLOCK_I8 || bits == 6 ? s.d[h] : load_f16(d + 32 + 16 * h);
        if (kind == BLOCK_K) {
            s.d[h] = _mm256_mul_ps(s.d[h], load_scales(head + 8 * h, bits));
            s.m[h] = _mm256_mul_ps(s.m[h], load_scales(head + 16 + 8 * h, bits));
        }
    }
    return s;
}

VEC_INLINE void rows(const uint8_t *group, const kernel_input *in, int first, int n, float *out, const int planes,
                     const int bits, const block_kind kind)
{
    const uint8_t *bytes = group + ((long)in->blocks * 32 + 63) / 64 * 64; /* BLOCK_I8 */
    memset(out, 0, (size_t)n * KERNEL_ROWS * sizeof *out);
    for (int b = 0; b < in->blocks; b++) {
        const uint8_t *d = group, *head = group + 64 + b % 8 * 32, *data = bytes;
        if (kind == BLOCK_I) {
            data = group + 64;
            group += KERNEL_I_BLOCK(bits);
        } else if (kind == BLOCK_K) {
            data = group + KERNEL_K_HEAD + b % 8 * 64 * bits;
            group += b % 8 == 7 ? KERNEL_K_BLOCK(bits) : 0;
        } else {
            group += 32;
            bytes += 512;
        }
        pair dots[2 * KERNEL_TILE][2];
        prefetch(data, bits);
        if (kind == BLOCK_I8 && n == 1) {
            multiply_one_i8(data, in->q + (long)first * in->cols + b * KERNEL_BLOCK, in->plane, dots[0], planes);
        } else if (kind == BLOCK_I8) {
            multiply_block_i8(data, in, first, b, n, dots, planes);
        } else {
            multiply_block(data, in, first, b, n, dots, planes, bits);
        }
        scales s = block_scales(d, head, bits, kind);
        add_block(dots, in, first, b, n, &s, out, planes, bits, kind);
    }
}

#define DEFINE_ROWS(name, bits, kind)                                                            \
    static void name(const uint8_t *group, const kernel_input *in, int first, int n, float *out) \
    {                                                                                            \
        if (n == 1 && in->planes == 1) {                                                         \
            rows(group, in, first, 1, out, 1, bits, kind);                                       \
        } else if (n == 1) {                                                                     \
            rows(group, in, first, 1, out, 2, bits, kind);                                       \
        } else if (in->planes == 1) {                                                            \
            rows(group, in, first, n, out, 1, bits, kind);                                       \
        } else {                                                                                 \
            rows(group, in, first, n, out, 2, bits, kind);                                       \
        }                                                                                        \
    }

DEFINE_ROWS(rows_i4, 4, BLOCK_I)
DEFINE_ROWS(rows_i5, 5, BLOCK_I)
DEFINE_ROWS(rows_i8, 8, BLOCK_I8)
DEFINE_ROWS(rows_k4, 4, BLOCK_K)
DEFINE_ROWS(rows_k5, 5, BLOCK_K)
DEFINE_ROWS(rows_k6, 6, BLOCK_K)

#include "tensor/kernels_body.h"
