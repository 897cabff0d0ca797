/*
 * kernels_body.h: the kernels that are the same source for every instruction set. Included once by each kernels_*.c, after
 * vec.h and after its own rows_i4 to rows_k6, with KERNEL_SET_NAME, KERNEL_SET_LABEL and KERNEL_SET_TILE (most tokens of a
 * call) defined.
 */

/*
 * Largest magnitude of a block of 32; NaN if there is one. Compared as integers, which magnitudes' bits are ordered like, NaN
 * above infinity.
 */
VEC_INLINE float block_extreme(const float *x)
{
    veci most = {0};
#pragma GCC unroll 8
    for (int i = 0; i < KERNEL_BLOCK; i += WIDTH) {
        most = v_max_int((veci)v_abs(v_load(x + i)), most);
    }
    return v_max_bits(most);
}

/* The bias of a half-block's integers of one plane, of which `sums` has the sums by columns; returns the sum of all. */
VEC_INLINE int32_t half_sum(veci sums, int16_t *bias)
{
    int32_t pair[2];
    v_sum_int(sums, pair);
    bias[0] = (int16_t)(-32 * pair[0]);
    bias[1] = (int16_t)(-32 * pair[1]);
    return pair[0] + pair[1];
}

/* Half-block `half`, the 16 values at x, times `inverse` as integers. */
VEC_INLINE void quantise_half(const float *x, float inverse, int planes, kernel_output to, int half)
{
    veci sum = {0}, high_sum = {0};
#pragma GCC unroll 4
    for (int i = 0; i < LANES; i += WIDTH) {
        vec v = v_round(v_load(x + i) * v_set(inverse));
        veci value = v_to_int((vec)((veci)v & (v == v))); /* NaN: 0, the scale carries it on */
        if (planes == 2) {
            veci high = (value + 64) >> 7;
            value -= high << 7;
            high_sum += high;
            v_store_bytes(to.q[0] + half * LANES + i, high);
        }
        sum += value;
        v_store_bytes(to.q[planes - 1] + half * LANES + i, value);
    }
    to.isum[half] = half_sum(sum, to.bias[planes - 1] + 2 * half);
    if (planes == 2) {
        to.isum[half] += 128 * half_sum(high_sum, to.bias[0] + 2 * half);
    }
}

static void quantise(const float *x, int cols, int planes, const kernel_output *output)
{
    const kernel_output to = *output;
    float range = planes == 2 ? 127.0f * 128.0f : 127.0f;
    for (int b = 0; b < cols / KERNEL_BLOCK; b++, x += KERNEL_BLOCK) {
        float extreme = block_extreme(x);
        float inverse = extreme > 1e-30f ? range / extreme : 0.0f; /* of less than that it might overflow */
        quantise_half(x, inverse, planes, to, 2 * b);
        quantise_half(x + LANES, inverse, planes, to, 2 * b + 1);
        to.scale[b] = extreme / range;
        to.sum[b] = to.scale[b] * (float)(to.isum[2 * b] + to.isum[2 * b + 1]);
    }
}

/* Tokens x[m][cols] times a row group. */
VEC_INLINE void float_tile(const uint8_t *group, const float *x, int cols, float *out, const tensor_type type, const int m)
{
    vec acc[4][PARTS];
#pragma GCC unroll 4
    for (int t = 0; t < m; t++) {
#pragma GCC unroll 4
        for (int p = 0; p < PARTS; p++) {
            acc[t][p] = v_set(0);
        }
    }
    for (int k = 0; k < cols; k++) {
#pragma GCC unroll 4
        for (int p = 0; p < PARTS; p++) {
            const uint16_t *halves = (const uint16_t *)(const void *)group + k * LANES + p * WIDTH;
            vec w = type == TENSOR_F16    ? v_load_f16(halves)
                    : type == TENSOR_BF16 ? v_load_bf16(halves)
                                          : v_load((const float *)(const void *)group + k * LANES + p * WIDTH);
#pragma GCC unroll 4
            for (int t = 0; t < m; t++) {
                acc[t][p] = acc[t][p] + v_set(x[(long)t * cols + k]) * w;
            }
        }
    }
#pragma GCC unroll 4
    for (int t = 0; t < m; t++) {
#pragma GCC unroll 4
        for (int p = 0; p < PARTS; p++) {
            v_store(out + t * LANES + p * WIDTH, acc[t][p]);
        }
    }
}

VEC_INLINE void rows_float(const uint8_t *group, const kernel_input *in, int first, int n, float *out,
                           const tensor_type type)
{
    const float *x = in->x + (long)first * in->cols;
    int t = 0;
    for (; t + 4 <= n; t += 4) {
        float_tile(group, x + (long)t * in->cols, in->cols, out + t * LANES, type, 4);
    }
    for (; t < n; t++) {
        float_tile(group, x + (long)t * in->cols, in->cols, out + t * LANES, type, 1);
    }
}

static void rows_f16(const uint8_t *group, const kernel_input *in, int first, int n, float *out)
{
    rows_float(group, in, first, n, out, TENSOR_F16);
}

static void rows_bf16(const uint8_t *group, const kernel_input *in, int first, int n, float *out)
{
    rows_float(group, in, first, n, out, TENSOR_BF16);
}

static void rows_f32(const uint8_t *group, const kernel_input *in, int first, int n, float *out)
{
    rows_float(group, in, first, n, out, TENSOR_F32);
}

static void rms_norm(const float *x, const float *w, int n, float eps, float *y)
{
    vec squares[PARTS] = {0};
    for (int i = 0; i < n; i += LANES) {
#pragma GCC unroll 4
        for (int p = 0; p < PARTS; p++) {
            vec v = v_load(x + i + p * WIDTH);
            squares[p] = squares[p] + v * v;
        }
    }
    float factor = 1.0f / __builtin_sqrtf(v_sum(squares) / (float)n + eps);
    for (int i = 0; i < n; i += WIDTH) {
        v_store(y + i, (v_load(x + i) * v_set(factor)) * v_load(w + i));
    }
}

static void layer_norm(const float *x, const float *w, const float *b, int n, float eps, float *y)
{
    vec sum[PARTS] = {0}, squares[PARTS] = {0};
    for (int i = 0; i < n; i += LANES) {
#pragma GCC unroll 4
        for (int p = 0; p < PARTS; p++) {
            sum[p] = sum[p] + v_load(x + i + p * WIDTH);
        }
    }
    vec mean = v_set(v_sum(sum) / (float)n);
    for (int i = 0; i < n; i += LANES) {
#pragma GCC unroll 4
        for (int p = 0; p < PARTS; p++) {
            vec v = v_load(x + i + p * WIDTH) - mean;
            squares[p] = squares[p] + v * v;
        }
    }
    vec factor = v_set(1.0f / __builtin_sqrtf(v_sum(squares) / (float)n + eps));
    for (int i = 0; i < n; i += WIDTH) {
        v_store(y + i, ((v_load(x + i) - mean) * factor) * v_load(w + i) + v_load(b + i));
    }
}

static void add(float *y, const float *x, int n)
{
    for (int i = 0; i < n; i += WIDTH) {
        v_store(y + i, v_load(y + i) + v_load(x + i));
    }
}

static void swiglu(const float *gate, const float *up, int n, float *y)
{
    for (int i = 0; i < n; i += WIDTH) {
        vec g = v_load(gate + i);
        v_store(y + i, g / (v_set(1.0f) + v_exp(-g)) * v_load(up + i));
    }
}

/* (1 + tanh u) / 2 = 1 / (1 + e^-2u) */
static void gelu(const float *x, int n, float *y)
{
    for (int i = 0; i < n; i += WIDTH) {
        vec v = v_load(x + i);
        vec u = v * v_set(0.79788456080286536f) * (v_set(1.0f) + v_set(0.044715f) * v * v);
        v_store(y + i, v / (v_set(1.0f) + v_exp(u * v_set(-2.0f))));
    }
}

/*
 * Scores of m queries in one tile of 16 positions: scores [m][16]. packed is [dim][m]. A lane is a position; `together`
 * registers of them are worked on at a time.
 */
VEC_INLINE void score_tile(const float *packed, const uint16_t *k, int dim, float factor, float *scores, const int m,
                           const int together)
{
    for (int part = 0; part < PARTS; part += together) {
        vec acc[KERNEL_QUERIES][PARTS];
#pragma GCC unroll 8
        for (int i = 0; i < m; i++) {
#pragma GCC unroll 4
            for (int p = 0; p < together; p++) {
                acc[i][p] = v_set(0);
            }
        }
        for (int d = 0; d < dim; d++) {
#pragma GCC unroll 4
            for (int p = 0; p < together; p++) {
                vec key = v_load_f16(k + d * LANES + (part + p) * WIDTH);
#pragma GCC unroll 8
                for (int i = 0; i < m; i++) {
                    acc[i][p] = acc[i][p] + v_set(packed[d * m + i]) * key;
                }
            }
        }
#pragma GCC unroll 8
        for (int i = 0; i < m; i++) {
#pragma GCC unroll 4
            for (int p = 0; p < together; p++) {
                v_store(scores + i * LANES + (part + p) * WIDTH, acc[i][p] * v_set(factor));
            }
        }
    }
}

/* Over positions [0, n): scores [tile][m][16]. */
VEC_INLINE void score(const float *packed, const uint16_t *const *pages, size_t head, int n, int dim, float factor,
                      float *scores, const int m)
{
    enum { SUMS = WIDTH == 4 ? 16 : 8 }; /* registers that sums may have */
    const int together = m * PARTS <= SUMS ? PARTS : m * 2 <= SUMS && PARTS > 1 ? 2 : 1;
    for (int p = 0; p < n; p += LANES, scores += m * LANES) {
        score_tile(packed, *pages++ + head, dim, factor, scores, m, together);
    }
}

/* Turns query i's scores into weights e^(score - largest), 0 beyond n; returns one over their sum. */
VEC_INLINE float soften(float *scores, int n, int stride)
{
    int tiles = (n + LANES - 1) / LANES;
    vec most = v_set(-3.0e38f), sum[PARTS] = {0};
    for (int i = n; i < tiles * LANES; i++) {
        scores[(tiles - 1) * stride + i % LANES] = -3.0e38f;
    }
    for (int t = 0; t < tiles; t++) {
#pragma GCC unroll 4
        for (int p = 0; p < PARTS; p++) {
            most = v_max(v_load(scores + t * stride + p * WIDTH), most); /* passes over NaN */
        }
    }
    vec largest = v_set(v_max_lane(most));
    for (int t = 0; t < tiles; t++) {
#pragma GCC unroll 4
        for (int p = 0; p < PARTS; p++) {
            vec e = v_exp(v_load(scores + t * stride + p * WIDTH) - largest);
            sum[p] = sum[p] + e;
            v_store(scores + t * stride + p * WIDTH, e);
        }
    }
    return 1.0f / v_sum(sum);
}

/* Where the values of a key-value head's positions lie: kernels.h says how. */
typedef struct value_rows {
    const uint16_t *const *pages;
    size_t head;
    int dim;
} value_rows;

enum { STRIP = 4 }; /* most registers of dimensions that are mixed at a time */

/* acc[i] += weight * value for positions [first, n) of one page, of `count` registers of dimensions; a lane is a dimension. */
VEC_INLINE void mix_page(const float *weights, const uint16_t *row, int dim, int first, int n, vec (*acc)[STRIP], const int m,
                         const int count)
{
    row += first * dim;
    for (int p = first; p < n; p++, row += dim) {
        vec value[STRIP];
#pragma GCC unroll 4
        for (int c = 0; c < count; c++) {
            value[c] = v_load_f16(row + c * WIDTH);
        }
#pragma GCC unroll 4
        for (int i = 0; i < m; i++) {
            vec w = v_set(weights[i * LANES + p]);
#pragma GCC unroll 4
            for (int c = 0; c < count; c++) {
                acc[i][c] = acc[i][c] + w * value[c];
            }
        }
    }
}

/* The same over pages, of the dimensions from d on. */
VEC_INLINE void mix(const float *scores, int stride, value_rows v, int d, int first, int n, vec (*acc)[STRIP], const int m,
                    const int count)
{
    for (int p = first; p < n; p = (p / LANES + 1) * LANES) {
        int page = p / LANES, left = n - page * LANES;
        mix_page(scores + page * stride, v.pages[page] + v.head + d, v.dim, p % LANES, left < LANES ? left : LANES, acc, m, count);
    }
}

/* Some dimensions of up to four queries' outputs: together as far as all of them see, then each alone. */
VEC_INLINE void mix_strip(const float *scores, int stride, value_rows v, const int *n, int least, const float *factor,
                          float *const *out, int d, const int m, const int count)
{
    vec acc[4][STRIP];
#pragma GCC unroll 4
    for (int i = 0; i < m; i++) {
#pragma GCC unroll 4
        for (int c = 0; c < count; c++) {
            acc[i][c] = v_set(0);
        }
    }
    mix(scores, stride, v, d, 0, least, acc, m, count);
#pragma GCC unroll 4
    for (int i = 0; i < m; i++) {
        mix(scores + i * LANES, stride, v, d, least, n[i], &acc[i], 1, count);
#pragma GCC unroll 4
        for (int c = 0; c < count; c++) {
            v_store(out[i] + d + c * WIDTH, acc[i][c] * v_set(factor[i]));
        }
    }
}

VEC_INLINE void mix_queries(const float *scores, int stride, value_rows v, const int *n, const float *factor,
                            float *const *out, const int m)
{
    const int strip = WIDTH == 4 || (WIDTH == 8 && m <= 2) ? 4 : 2; /* what the registers hold of m queries */
    int least = n[0], d = 0;
    for (int i = 1; i < m; i++) {
        least = n[i] < least ? n[i] : least;
    }
    for (; d + strip * WIDTH <= v.dim; d += strip * WIDTH) {
        mix_strip(scores, stride, v, n, least, factor, out, d, m, strip);
    }
    if (d < v.dim) { /* 16 dimensions are left of a number that 32 does not divide */
        mix_strip(scores, stride, v, n, least, factor, out, d, m, strip / 2);
    }
}

VEC_INLINE void attend_queries(const float *const *q, float *const *out, const int *n, const uint16_t *const *pages,
                               size_t head, int dim, float factor, float *scratch, const int m)
{
    value_rows values = {pages, head + (size_t)dim * LANES, dim};
    float *packed = scratch, *scores = scratch + dim * KERNEL_QUERIES, inverse[KERNEL_QUERIES];
    int most = 0;
    for (int i = 0; i < m; i++) {
        most = n[i] > most ? n[i] : most;
        for (int d = 0; d < dim; d++) {
            packed[d * m + i] = q[i][d];
        }
    }
    score(packed, pages, head, most, dim, factor, scores, m);
    for (int i = 0; i < m; i++) {
        inverse[i] = soften(scores + i * LANES, n[i], m * LANES);
    }
    const int fours = m / 4 * 4;
    for (int i = 0; i < fours; i += 4) {
        mix_queries(scores + i * LANES, m * LANES, values, n + i, inverse + i, out + i, 4);
    }
    if (fours < m) {
        mix_queries(scores + fours * LANES, m * LANES, values, n + fours, inverse + fours, out + fours, m - fours);
    }
}

static void attend(const float *const *q, float *const *out, const int *n, int m, const uint16_t *const *pages, size_t head,
                   int dim, float factor, float *scratch)
{
    switch (m) {
    case 1: attend_queries(q, out, n, pages, head, dim, factor, scratch, 1); break;
    case 2: attend_queries(q, out, n, pages, head, dim, factor, scratch, 2); break;
    case 3: attend_queries(q, out, n, pages, head, dim, factor, scratch, 3); break;
    case 4: attend_queries(q, out, n, pages, head, dim, factor, scratch, 4); break;
    case 5: attend_queries(q, out, n, pages, head, dim, factor, scratch, 5); break;
    case 6: attend_queries(q, out, n, pages, head, dim, factor, scratch, 6); break;
    case 7: attend_queries(q, out, n, pages, head, dim, factor, scratch, 7); break;
    default: attend_queries(q, out, n, pages, head, dim, factor, scratch, 8); break;
    }
}

static float sum_exp(const float *x, int n, float largest)
{
    vec sum[PARTS] = {0};
    for (int i = 0; i < n; i += LANES) {
        float rest[LANES];
        const float *from = x + i;
        if (n - i < LANES) {
            for (int j = 0; j < LANES; j++) {
                rest[j] = i + j < n ? x[i + j] : -3.0e38f;
            }
            from = rest;
        }
#pragma GCC unroll 4
        for (int p = 0; p < PARTS; p++) {
            sum[p] = sum[p] + v_exp(v_load(from + p * WIDTH) - v_set(largest));
        }
    }
    return v_sum(sum);
}

static void store_f16(const float *x, int n, uint16_t *y)
{
    for (int i = 0; i < n; i += WIDTH) {
        v_store_f16(y + i, v_load(x + i));
    }
}

const kernel_set KERNEL_SET_NAME = {
    .name = KERNEL_SET_LABEL,
    .tile = KERNEL_SET_TILE,
    .quantise = quantise,
    .rows_i4 = rows_i4,
    .rows_i5 = rows_i5,
    .rows_i8 = rows_i8,
    .rows_k4 = rows_k4,
    .rows_k5 = rows_k5,
    .rows_k6 = rows_k6,
    .rows_f16 = rows_f16,
    .rows_bf16 = rows_bf16,
    .rows_f32 = rows_f32,
    .rms_norm = rms_norm,
    .layer_norm = layer_norm,
    .add = add,
    .swiglu = swiglu,
    .gelu = gelu,
    .attend = attend,
    .sum_exp = sum_exp,
    .store_f16 = store_f16,
};
