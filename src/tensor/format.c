/* format.c: block formats to float32 and back. Not for: matrix products, which read their own layout (matrix.h). */
#include "tensor/format.h"

#include <math.h>
#include <string.h>

const tensor_format *format_of(uint32_t type)
{
    static const tensor_format formats[] = {
        [TENSOR_F32] = {"F32", 1, 4, true},      [TENSOR_F16] = {"F16", 1, 2, true},
        [TENSOR_Q4_0] = {"Q4_0", 32, 18, true},  [TENSOR_Q4_1] = {"Q4_1", 32, 20, true},
        [TENSOR_Q5_0] = {"Q5_0", 32, 22, true},  [TENSOR_Q5_1] = {"Q5_1", 32, 24, true},
        [TENSOR_Q8_0] = {"Q8_0", 32, 34, true},  [TENSOR_Q4_K] = {"Q4_K", 256, 144, true},
        [TENSOR_Q5_K] = {"Q5_K", 256, 176, true},  [TENSOR_Q6_K] = {"Q6_K", 256, 210, true},
        [TENSOR_BF16] = {"BF16", 1, 2, true},
    };
    if (type >= sizeof formats / sizeof formats[0] || formats[type].name == NULL) {
        return NULL;
    }
    return &formats[type];
}

size_t format_size(tensor_type type, size_t n)
{
    const tensor_format *f = format_of(type);
    return n / f->block * f->block_size;
}

float format_f16_to_f32(uint16_t h)
{
    uint32_t sign = (uint32_t)(h & 0x8000u) << 16, magnitude = h & 0x7FFFu, bits;
    if (magnitude >= 0x7C00u) {
        bits = sign | 0x7F800000u | (magnitude & 0x3FFu) << 13 | (magnitude > 0x7C00u ? 0x400000u : 0); /* a quiet NaN */
    } else if (magnitude >= 0x400u) {
        bits = sign | ((magnitude << 13) + 0x38000000u);
    } else {
        float f = (float)magnitude * 0x1p-24f; /* subnormal: exact */
        memcpy(&bits, &f, 4);
        bits |= sign;
    }
    float out;
    memcpy(&out, &bits, 4);
    return out;
}

uint16_t format_f32_to_f16(float f)
{
    uint32_t bits;
    memcpy(&bits, &f, 4);
    uint16_t sign = (uint16_t)(bits >> 16 & 0x8000u);
    uint32_t magnitude = bits & 0x7FFFFFFFu;
    if (magnitude > 0x7F800000u) {
        return (uint16_t)(sign | 0x7E00u | (magnitude >> 13 & 0x1FFu)); /* a quiet NaN */
    }
    if (magnitude >= 0x477FF000u) { /* rounds to 65536 or more */
        return sign | 0x7C00u;
    }
    if (magnitude < 0x38800000u) { /* below 2^-14: subnormal, let the float unit round */
        float scaled;
        memcpy(&scaled, &magnitude, 4);
        scaled += 0.5f; /* the unit in the last place of 0.5 is 2^-24 */
        uint32_t r;
        memcpy(&r, &scaled, 4);
        return sign | (uint16_t)(r - 0x3F000000u);
    }
    uint32_t odd = magnitude >> 13 & 1u;
    return sign | (uint16_t)((magnitude + 0xFFFu + odd - 0x38000000u) >> 13);
}

static uint16_t load16(const uint8_t *p)
{
    uint16_t v;
    memcpy(&v, p, 2);
    return v;
}

static uint32_t load32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, 4);
    return v;
}

static void dequantise_half(tensor_type type, const uint8_t *p, float *y, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint16_t h = load16(p + 2 * i);
        if (type == TENSOR_F16) {
            y[i] = format_f16_to_f32(h);
        } else {
            uint32_t bits = (uint32_t)h << 16;
            memcpy(&y[i], &bits, 4);
        }
    }
}

/* Q4_0 {d, 16 bytes}, Q4_1 {d, m, 16 bytes}: value j and j+16 share a byte. */
static void dequantise_q4(bool with_min, const uint8_t *p, float *y, size_t n)
{
    for (size_t b = 0; b < n / 32; b++, y += 32) {
        float d = format_f16_to_f32(load16(p)), m = with_min ? format_f16_to_f32(load16(p + 2)) : 0;
        const uint8_t *q = p + (with_min ? 4 : 2);
        for (int j = 0; j < 16; j++) {
            int lo = q[j] & 15, hi = q[j] >> 4;
            y[j] = with_min ? (float)lo * d + m : (float)(lo - 8) * d;
            y[j + 16] = with_min ? (float)hi * d + m : (float)(hi - 8) * d;
        }
        p = q + 16;
    }
}

/* As Q4, with the fifth bits of the 32 values in one word before the nibbles. */
static void unpack_q5(bool with_min, const uint8_t *p, format_block *out)
{
    out->d = load16(p);
    out->m = with_min ? load16(p + 2) : 0;
    p += with_min ? 4 : 2;
    uint32_t high = load32(p);
    for (int j = 0; j < 16; j++) {
        out->q[j] = (uint8_t)((p[4 + j] & 15) | (high >> j & 1) << 4);
        out->q[j + 16] = (uint8_t)(p[4 + j] >> 4 | (high >> (j + 16) & 1) << 4);
    }
}

/* Eight scales and minima of 6 bits in 12 bytes: the low bits of the last four in bytes 8 to 11, their high bits above the
 * first four. */
static void unpack_k_scales(const uint8_t *p, format_block *out)
{
    for (int i = 0; i < 4; i++) {
        out->scale[i] = (int8_t)(p[i] & 63);
        out->minimum[i] = p[i + 4] & 63;
        out->scale[i + 4] = (int8_t)((p[i + 8] & 15) | (p[i] >> 6) << 4);
        out->minimum[i + 4] = (uint8_t)(p[i + 8] >> 4 | (p[i + 4] >> 6) << 4);
    }
}

/* {d, dmin, 12 bytes of scales, (Q5_K: 32 bytes, bit i of byte j is the fifth of value 32 i + j), nibbles}: 32 bytes hold
 * two blocks of 32, the low nibbles first. */
static void unpack_q45_k(bool five, const uint8_t *p, format_block *out)
{
    const uint8_t *high = p + 16, *q = high + (five ? 32 : 0);
    out->d = load16(p);
    out->m = load16(p + 2);
    unpack_k_scales(p + 4, out);
    for (int j = 0; j < 256; j++) {
        int nibble = q[j / 64 * 32 + j % 32] >> (j % 64 / 32 * 4) & 15;
        out->q[j] = (uint8_t)(nibble | (five ? high[j % 32] >> (j / 32) & 1 : 0) << 4);
    }
}

/* {128 bytes of low nibbles, 64 bytes of pairs of high bits, 16 scales, d}: a half of 128 values has 64 bytes of nibbles,
 * the low ones for its first 64, and 32 bytes of pairs, one for each of its four blocks of 32. */
static void unpack_q6_k(const uint8_t *p, format_block *out)
{
    const uint8_t *high = p + 128;
    for (int j = 0; j < 256; j++) {
        int half = j / 128, in_half = j % 128;
        int nibble = p[half * 64 + in_half % 64] >> (in_half / 64 * 4) & 15;
        out->q[j] = (uint8_t)(nibble | (high[half * 32 + j % 32] >> (in_half / 32 * 2) & 3) << 4);
    }
    memcpy(out->scale, p + 192, 16);
    out->d = load16(p + 208);
    out->m = 0;
}

void format_unpack(tensor_type type, const void *block, format_block *out)
{
    switch (type) {
    case TENSOR_Q5_0:
    case TENSOR_Q5_1: unpack_q5(type == TENSOR_Q5_1, block, out); break;
    case TENSOR_Q4_K:
    case TENSOR_Q5_K: unpack_q45_k(type == TENSOR_Q5_K, block, out); break;
    default: unpack_q6_k(block, out); break;
    }
}

static void dequantise_unpacked(tensor_type type, const uint8_t *p, float *y, size_t n)
{
    const tensor_format *f = format_of(type);
    for (size_t b = 0; b < n / f->block; b++, p += f->block_size, y += f->block) {
        format_block block;
        format_unpack(type, p, &block);
        float d = format_f16_to_f32(block.d), m = format_f16_to_f32(block.m);
        for (unsigned j = 0; j < f->block; j++) {
            int q = block.q[j];
            switch (type) {
            case TENSOR_Q5_0: y[j] = d * (float)(q - 16); break;
            case TENSOR_Q5_1: y[j] = d * (float)q + m; break;
            case TENSOR_Q6_K: y[j] = (d * (float)block.scale[j / 16]) * (float)(q - 32); break;
            default: y[j] = (d * (float)block.scale[j / 32]) * (float)q - m * (float)block.minimum[j / 32]; break;
            }
        }
    }
}

static void dequantise_q8_0(const uint8_t *p, float *y, size_t n)
{
    for (size_t b = 0; b < n / 32; b++, y += 32, p += 34) {
        float d = format_f16_to_f32(load16(p));
        for (int j = 0; j < 32; j++) {
            y[j] = (float)(int8_t)p[2 + j] * d;
        }
    }
}

void format_dequantise(tensor_type type, const void *src, float *dst, size_t n)
{
    switch (type) {
    case TENSOR_F32: memcpy(dst, src, n * 4); break;
    case TENSOR_F16:
    case TENSOR_BF16: dequantise_half(type, src, dst, n); break;
    case TENSOR_Q4_0:
    case TENSOR_Q4_1: dequantise_q4(type == TENSOR_Q4_1, src, dst, n); break;
    case TENSOR_Q8_0: dequantise_q8_0(src, dst, n); break;
    default: dequantise_unpacked(type, src, dst, n); break;
    }
}

static void quantise_q8_0(const float *x, uint8_t *p, size_t n)
{
    for (size_t b = 0; b < n / 32; b++, x += 32, p += 34) {
        float amax = 0;
        for (int j = 0; j < 32; j++) {
            amax = fmaxf(amax, fabsf(x[j]));
        }
        float d = amax / 127, id = d != 0 ? 1 / d : 0;
        uint16_t h = format_f32_to_f16(d);
        memcpy(p, &h, 2);
        for (int j = 0; j < 32; j++) {
            p[2 + j] = (uint8_t)(int8_t)roundf(x[j] * id);
        }
    }
}

static uint8_t nibble(float x)
{
    int v = (int)(x + 8.5f);
    return (uint8_t)(v < 0 ? 0 : v > 15 ? 15 : v);
}

static void quantise_q4_0(const float *x, uint8_t *p, size_t n)
{
    for (size_t b = 0; b < n / 32; b++, x += 32, p += 18) {
        float extreme = 0; /* the value of largest magnitude, with its sign, maps to -8 */
        for (int j = 0; j < 32; j++) {
            if (fabsf(x[j]) > fabsf(extreme)) {
                extreme = x[j];
            }
        }
        float d = extreme / -8, id = d != 0 ? 1 / d : 0;
        uint16_t h = format_f32_to_f16(d);
        memcpy(p, &h, 2);
        for (int j = 0; j < 16; j++) {
            p[2 + j] = (uint8_t)(nibble(x[j] * id) | nibble(x[j + 16] * id) << 4);
        }
    }
}

void format_quantise(tensor_type type, const float *src, void *dst, size_t n)
{
    uint8_t *p = dst;
    switch (type) {
    case TENSOR_F32: memcpy(dst, src, n * 4); break;
    case TENSOR_F16:
        for (size_t i = 0; i < n; i++) {
            uint16_t h = format_f32_to_f16(src[i]);
            memcpy(p + 2 * i, &h, 2);
        }
        break;
    case TENSOR_Q8_0: quantise_q8_0(src, dst, n); break;
    case TENSOR_Q4_0: quantise_q4_0(src, dst, n); break;
    default: break;
    }
}
