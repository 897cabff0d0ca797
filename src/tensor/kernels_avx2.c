/*
 * kernels_avx2.c: integer kernels with AVX2, a row group as two halves of eight lanes.
 *
 * A block of 32 columns goes in passes of 16: the weights of sixteen rows that a pass needs are eight registers, unpacked
 * once and used for all tokens of the call, and four activations are broadcast for all sixteen rows. What a pass leaves of a
 * token waits in `dots` for the next one, and the sums over blocks in `out`: both stay in the first-level cache. The float
 * arithmetic is a loop of its own, because as the tail of a dot product it would fill the processor's queue with waiting.
 *
 * vpmaddubsw adds the products of two unsigned weights with int8 in 16 bits. Sums of such pairs go on in 16 bits as long as
 * they cannot overflow: 8 of 4 bits (8 * 2 * 15 * 127 < 32768), 4 of 5 bits, and 4 of 6 bits where the 32 that was added to
 * each weight is taken off before (8 * 32 * 127). So all integer sums are exact. Weights of 8 bits are multiplied in 16 bits
 * and added in 32.
 */
#include "tensor/kernels.h"
#include "tensor/vec.h"

#define KERNEL_SET_NAME kernels_avx2
#define KERNEL_SET_LABEL "avx2"
#define KERNEL_SET_TILE KERNEL_TILE
extern const kernel_set KERNEL_SET_NAME;

enum { PREFETCH = 2048 }; /* bytes */

/* How a block's value comes from its integer product (matrix.h): with a minimum, scales of scales, a scale only. In Q6_K the
 * scales of scales are in the product. */
typedef enum block_kind { BLOCK_I, BLOCK_K, BLOCK_K6, BLOCK_I8 } block_kind;

/* Sixteen rows. */
typedef struct pair {
    __m256i half[2];
} pair;

typedef struct scales {
    __m256 d[2], m[2]; /* scale and minimum; the latter not in Q6_K and Q8_0 */
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

/*
 * Two orders to the compiler, which else holds more values at a time than there are registers, and then has the weights of
 * a pass wait in memory: to have v computed before what follows, and to load anew, not keep, what was loaded before.
 */
VEC_INLINE void settle(__m256i *v)
{
    __asm__("" : "+x"(*v));
}

VEC_INLINE void forget_loads(void)
{
    __asm__ volatile("" : : : "memory");
}

/* Products of a pass's weights with 16 activations, added to `sum` in 16 bits. */
VEC_INLINE pair multiply(const __m256i *w, const int8_t *q, pair sum)
{
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
        __m256i x = broadcast4(q + 4 * j);
#pragma GCC unroll 2
        for (int h = 0; h < 2; h++) {
            sum.half[h] = _mm256_add_epi16(sum.half[h], _mm256_maddubs_epi16(w[2 * j + h], x));
            settle(&sum.half[h]);
        }
    }
    return sum;
}

/* Puts what a pass left of a token to what the first one did: after the second it is the block's integer product. */
VEC_INLINE void join(pair *dot, pair sum, const int pass, const int bits)
{
#pragma GCC unroll 2
    for (int h = 0; h < 2; h++) {
        __m256i *first = &dot->half[h], x = sum.half[h];
        if (pass == 0) {
            *first = x;
        } else if (bits == 5) {
            *first = _mm256_add_epi32(widen(*first, 1), widen(x, 1));
        } else {
            *first = widen(_mm256_add_epi16(*first, x), 1);
        }
    }
}

/* A pass over n tokens whose activations lie at q, a row of `cols` after the other. */
VEC_INLINE void multiply_tokens(const __m256i *w, const int8_t *q, long cols, int n, pair *dots, const int pass,
                                const int bits)
{
    const __m256i zero = _mm256_setzero_si256();
    for (int t = 0; t < n; t++, q += cols, dots++) {
        join(dots, multiply(w, q, (pair){{zero, zero}}), pass, bits);
    }
}

VEC_INLINE void multiply_pass(const uint8_t *data, const kernel_input *in, const int8_t *q, int n, pair *dots,
                              const int planes, const int bits, const int pass)
{
    __m256i w[8];
    unpack(data, w, pass, bits);
    q += pass * 16;
    multiply_tokens(w, q, in->cols, n, dots, pass, bits);
    if (planes == 2) {
        multiply_tokens(w, q + in->plane, in->cols, n, dots + KERNEL_TILE, pass, bits);
    }
}

/* Integer products of block b with n tokens: dots[plane * KERNEL_TILE + token]. */
VEC_INLINE void multiply_block(const uint8_t *data, const kernel_input *in, int first, int b, int n, pair *dots,
                               const int planes, const int bits)
{
    const int8_t *q = in->q + (long)first * in->cols + b * KERNEL_BLOCK;
    multiply_pass(data, in, q, n, dots, planes, bits, 0);
    multiply_pass(data, in, q, n, dots, planes, bits, 1);
}

/* ---- weights of 6 bits: each pass has scales of its own ---- */

/* Sixteen signed bytes of scales, each twice in 16 bits. */
VEC_INLINE pair load_scales_k6(const uint8_t *p)
{
    __m256i wide = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)p));
    __m256i mixed = _mm256_permute4x64_epi64(wide, 0xD8); /* quarters 0 2 1 3: those of half 0 in the lower places */
    return (pair){{_mm256_unpacklo_epi16(mixed, mixed), _mm256_unpackhi_epi16(mixed, mixed)}};
}

/*
 * One token's products of a pass: scale (value - 32) x. The bias is what the 32 in store are too much: a sum that begins with
 * it has -32 x of the columns to come and (value - 32) x of those that were, and never leaves 16 bits.
 */
VEC_INLINE pair multiply_k6(const __m256i *w, const pair *scale, const int8_t *q, const int16_t *bias)
{
    __m256i start = broadcast4((const int8_t *)bias);
    pair sum = multiply(w, q, (pair){{start, start}});
    return (pair){{_mm256_madd_epi16(sum.half[0], scale->half[0]), _mm256_madd_epi16(sum.half[1], scale->half[1])}};
}

/* Both planes of the token and block at place `at` of the activations. What goes over 32 bits on the way comes back. */
VEC_INLINE pair multiply_planes_k6(const __m256i *w, const pair *scale, const kernel_input *in, long at, const int planes,
                                   const int pass)
{
    const int8_t *q = in->q + at * KERNEL_BLOCK + 16 * pass;
    const int16_t *bias = in->bias + 4 * at + 2 * pass;
    pair sum = multiply_k6(w, scale, q, bias);
    if (planes == 2) {
        pair low = multiply_k6(w, scale, q + in->plane, bias + in->plane / 8);
#pragma GCC unroll 2
        for (int h = 0; h < 2; h++) {
            sum.half[h] = _mm256_add_epi32(_mm256_slli_epi32(sum.half[h], 7), low.half[h]);
        }
    }
    return sum;
}

VEC_INLINE void multiply_pass_k6(const uint8_t *data, const uint8_t *head, const kernel_input *in, long at, int n,
                                 pair *dots, const int planes, const int pass)
{
    const kernel_input from = *in; /* stores might change what `in` points at, for all that the compiler knows */
    __m256i w[8];
    forget_loads();
    pair scale = load_scales_k6(head + 16 * pass);
    unpack(data, w, pass, 6);
    for (int t = 0; t < n; t++, at += from.blocks) {
        if (pass == 0) { /* of the block after the next: n rows are more than the processor follows by itself */
            _mm_prefetch((const char *)from.q + (at + 2) * KERNEL_BLOCK, _MM_HINT_T0);
        }
        pair sum = multiply_planes_k6(w, &scale, &from, at, planes, pass);
#pragma GCC unroll 2
        for (int h = 0; h < 2; h++) {
            dots[t].half[h] = pass == 0 ? sum.half[h] : _mm256_add_epi32(dots[t].half[h], sum.half[h]);
        }
    }
}

/* Block b of n tokens: dots[token] is the sum of scale (value - 32) x. */
VEC_INLINE void multiply_block_k6(const uint8_t *data, const uint8_t *head, const kernel_input *in, int first, int b, int n,
                                  pair *dots, const int planes)
{
    long at = (long)first * in->blocks + b;
    multiply_pass_k6(data, head, in, at, n, dots, planes, 0);
    multiply_pass_k6(data, head, in, at, n, dots, planes, 1);
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
VEC_INLINE void widen_activations(const kernel_input *in, int first, int b, int n, __m256i (*x)[2], pair *dots,
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
        dots[t].half[0] = dots[t].half[1] = _mm256_set1_epi32((isum[0] + isum[1]) * -128);
    }
}

/* Two quads of columns: w[4 j + 2 half + odd]. */
VEC_INLINE void multiply_pass_i8(const uint8_t *data, __m256i (*x)[2], int n, pair *dots, const int pass)
{
    __m256i w[8];
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        __m256i v = load(data + 64 * (2 * pass + i / 2) + 32 * (i % 2));
        w[2 * i] = _mm256_and_si256(v, _mm256_set1_epi16(255));
        w[2 * i + 1] = _mm256_srli_epi16(v, 8);
    }
    for (int t = 0; t < n; t++) {
        pair *sum = &dots[t], products[4];
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

VEC_INLINE void multiply_block_i8(const uint8_t *data, const kernel_input *in, int first, int b, int n, pair *dots,
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

/* One half's integer product; planes lie apart where weights have up to 5 bits. */
VEC_INLINE __m256i whole_dot(const pair *dots, int h, const int planes, const int bits)
{
    __m256i dot = dots[0].half[h];
    return planes == 2 && bits < 6 ? _mm256_add_epi32(_mm256_slli_epi32(dot, 7), dots[KERNEL_TILE].half[h]) : dot;
}

/* Adds a block's values to the sums of n tokens. */
VEC_INLINE void add_block(const pair *dots, const kernel_input *in, int first, int b, int n, const scales *s, float *out,
                          const int planes, const int bits, const block_kind kind)
{
    long blocks = in->blocks, at = first * blocks + b;
    const float *scale = in->scale + at, *sum = in->sum + at;
    for (int t = 0; t < n; t++, dots++, scale += blocks, sum += blocks, out += KERNEL_ROWS) {
        __m256 by = _mm256_set1_ps(*scale);
#pragma GCC unroll 2
        for (int h = 0; h < 2; h++) {
            __m256 value = scaled(whole_dot(dots, h, planes, bits), by, s->d[h]);
            if (kind == BLOCK_I) {
                value = _mm256_add_ps(value, _mm256_mul_ps(s->m[h], _mm256_set1_ps(*sum)));
            } else if (kind == BLOCK_K) {
                value = _mm256_sub_ps(value, _mm256_mul_ps(s->m[h], _mm256_set1_ps(*sum)));
            }
            _mm256_storeu_ps(out + 8 * h, _mm256_add_ps(_mm256_loadu_ps(out + 8 * h), value));
        }
    }
}

/* Eight bytes of scales as floats. */
VEC_INLINE __m256 load_scales(const uint8_t *p)
{
    return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)p)));
}

/* Of the block whose f16 scales lie at `d`, and the bytes of a K format's at `head`. */
VEC_INLINE scales block_scales(const uint8_t *d, const uint8_t *head, const block_kind kind)
{
    scales s;
#pragma GCC unroll 2
    for (int h = 0; h < 2; h++) {
        s.d[h] = load_f16(d + 16 * h);
        s.m[h] = kind == BLOCK_I || kind == BLOCK_K ? load_f16(d + 32 + 16 * h) : s.d[h];
        if (kind == BLOCK_K) {
            s.d[h] = _mm256_mul_ps(s.d[h], load_scales(head + 8 * h));
            s.m[h] = _mm256_mul_ps(s.m[h], load_scales(head + 16 + 8 * h));
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
        } else if (kind != BLOCK_I8) {
            data = group + KERNEL_K_HEAD + b % 8 * 64 * bits;
            group += b % 8 == 7 ? KERNEL_K_BLOCK(bits) : 0;
        } else {
            group += 32;
            bytes += 512;
        }
        pair dots[2 * KERNEL_TILE];
        prefetch(data, bits);
        if (kind == BLOCK_I8 && n == 1) {
            multiply_one_i8(data, in->q + (long)first * in->cols + b * KERNEL_BLOCK, in->plane, dots, planes);
        } else if (kind == BLOCK_I8) {
            multiply_block_i8(data, in, first, b, n, dots, planes);
        } else if (kind == BLOCK_K6) {
            multiply_block_k6(data, head, in, first, b, n, dots, planes);
        } else {
            multiply_block(data, in, first, b, n, dots, planes, bits);
        }
        scales s = block_scales(d, head, kind);
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
DEFINE_ROWS(rows_k6, 6, BLOCK_K6)

#include "tensor/kernels_body.h"
