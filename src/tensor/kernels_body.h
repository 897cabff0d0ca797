/*
 * kernels_body.h: the kernels that are the same source for every instruction set. Included once by each kernels_*.c, after
 * vec.h and after its own rows_i4 to rows_k6, with KERNEL_SET_NAME, KERNEL_SET_LABEL and KERNEL_SET_TILE (most tokens of a call) defined.
 */

/* Largest magnitude of a block of 32. */
VEC_INLINE float block_extreme(const float *x)
{
    return v_max_lane(v_max(v_abs(v_load(x)), v_abs(v_load(x + LANES))));
}

static void quantise(const float *x, int cols, int planes, int8_t *q0, int8_t *q1, float *scale, float *sum,
                     int32_t *isum)
{
    float range = planes == 2 ? 127.0f * 128.0f : 127.0f;
    for (int b = 0; b < cols / KERNEL_BLOCK; b++, x += KERNEL_BLOCK, q0 += KERNEL_BLOCK) {
        float extreme = block_extreme(x);
        v16 inverse = v_set(extreme > 0 ? range / extreme : 0.0f);
        v16i first = v_to_int(v_round(v_load(x) * inverse)), second = v_to_int(v_round(v_load(x + LANES) * inverse));
        if (planes == 2) {
            v16i high = (first + 64) >> 7, high2 = (second + 64) >> 7;
            v_store_bytes(q0, high);
            v_store_bytes(q0 + LANES, high2);
            v_store_bytes(q1, first - (high << 7));
            v_store_bytes(q1 + LANES, second - (high2 << 7));
            q1 += KERNEL_BLOCK;
        } else {
            v_store_bytes(q0, first);
            v_store_bytes(q0 + LANES, second);
        }
        scale[b] = extreme / range;
        isum[2 * b] = v_sum_int(first);
        isum[2 * b + 1] = v_sum_int(second);
        sum[b] = scale[b] * (float)(isum[2 * b] + isum[2 * b + 1]);
    }
}

VEC_INLINE void rows_float(const uint8_t *group, const kernel_input *in, int first, int n, float *out,
                           const tensor_type type)
{
    v16 acc[KERNEL_TILE];
    for (int t = 0; t < n; t++) {
        acc[t] = v_set(0);
    }
    const float *x = in->x + (long)first * in->cols;
    for (int k = 0; k < in->cols; k++) {
        const uint16_t *halves = (const uint16_t *)(const void *)group + k * LANES;
        v16 w = type == TENSOR_F16    ? v_load_f16(halves)
                : type == TENSOR_BF16 ? v_load_bf16(halves)
                                      : v_load((const float *)(const void *)group + k * LANES);
        for (int t = 0; t < n; t++) {
            acc[t] = acc[t] + v_set(x[(long)t * in->cols + k]) * w;
        }
    }
    for (int t = 0; t < n; t++) {
        v_store(out + t * LANES, acc[t]);
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
    v16 squares = v_set(0);
    for (int i = 0; i < n; i += LANES) {
        v16 v = v_load(x + i);
        squares = squares + v * v;
    }
    float factor = 1.0f / __builtin_sqrtf(v_sum(squares) / (float)n + eps);
    for (int i = 0; i < n; i += LANES) {
        v_store(y + i, (v_load(x + i) * v_set(factor)) * v_load(w + i));
    }
}

static void layer_norm(const float *x, const float *w, const float *b, int n, float eps, float *y)
{
    v16 sum = v_set(0), squares = v_set(0);
    for (int i = 0; i < n; i += LANES) {
        sum = sum + v_load(x + i);
    }
    v16 mean = v_set(v_sum(sum) / (float)n);
    for (int i = 0; i < n; i += LANES) {
        v16 v = v_load(x + i) - mean;
        squares = squares + v * v;
    }
    v16 factor = v_set(1.0f / __builtin_sqrtf(v_sum(squares) / (float)n + eps));
    for (int i = 0; i < n; i += LANES) {
        v_store(y + i, ((v_load(x + i) - mean) * factor) * v_load(w + i) + v_load(b + i));
    }
}

static void add(float *y, const float *x, int n)
{
    for (int i = 0; i < n; i += LANES) {
        v_store(y + i, v_load(y + i) + v_load(x + i));
    }
}

static void swiglu(const float *gate, const float *up, int n, float *y)
{
    for (int i = 0; i < n; i += LANES) {
        v16 g = v_load(gate + i);
        v_store(y + i, g / (v_set(1.0f) + v_exp(-g)) * v_load(up + i));
    }
}

/* (1 + tanh u) / 2 = 1 / (1 + e^-2u) */
static void gelu(const float *x, int n, float *y)
{
    for (int i = 0; i < n; i += LANES) {
        v16 v = v_load(x + i);
        v16 u = v * v_set(0.79788456080286536f) * (v_set(1.0f) + v_set(0.044715f) * v * v);
        v_store(y + i, v / (v_set(1.0f) + v_exp(u * v_set(-2.0f))));
    }
}

/*
 * Scores of m queries over positions [0, n) in tiles of 16: scores [tile][m][16]. packed is [dim][m]. A lane is a position.
 */
VEC_INLINE void score(const float *packed, const uint16_t *const *pages, size_t head, int n, int dim, float factor,
                      float *scores, const int m)
{
    for (int p = 0; p < n; p += LANES, scores += m * LANES) {
        const uint16_t *k = *pages++ + head;
        v16 acc[KERNEL_QUERIES];
#pragma GCC unroll 8
        for (int i = 0; i < m; i++) {
            acc[i] = v_set(0);
        }
        for (int d = 0; d < dim; d++) {
            v16 key = v_load_f16(k + d * LANES);
#pragma GCC unroll 8
            for (int i = 0; i < m; i++) {
                acc[i] = acc[i] + v_set(packed[d * m + i]) * key;
            }
        }
#pragma GCC unroll 8
        for (int i = 0; i < m; i++) {
            v_store(scores + i * LANES, acc[i] * v_set(factor));
        }
    }
}

/* Turns query i's scores into weights e^(score - largest), 0 beyond n; returns one over their sum. */
VEC_INLINE float soften(float *scores, int n, int stride)
{
    int tiles = (n + LANES - 1) / LANES;
    v16 largest = v_set(-3.0e38f), sum = v_set(0);
    for (int i = n; i < tiles * LANES; i++) {
        scores[(tiles - 1) * stride + i % LANES] = -3.0e38f;
    }
    for (int t = 0; t < tiles; t++) {
        largest = v_max(largest, v_load(scores + t * stride));
    }
    largest = v_set(v_max_lane(largest));
    for (int t = 0; t < tiles; t++) {
        v16 e = v_exp(v_load(scores + t * stride) - largest);
        sum = sum + e;
        v_store(scores + t * stride, e);
    }
    return 1.0f / v_sum(sum);
}

/* acc[i] += weight * value for positions [first, n), of two tiles of 16 dimensions (or one); a lane is a dimension. */
VEC_INLINE void mix(const float *scores, int stride, const uint16_t *const *pages, size_t head, int first, int n, int dim,
                    v16 (*acc)[2], const int m, const int wide)
{
    for (int p = first; p < n; p++) {
        const uint16_t *row = pages[p / LANES] + head + p % LANES * dim;
        const float *weights = scores + (p / LANES) * stride + p % LANES;
        v16 a = v_load_f16(row), b = wide ? v_load_f16(row + LANES) : v_set(0);
#pragma GCC unroll 4
        for (int i = 0; i < m; i++) {
            v16 w = v_set(weights[i * LANES]);
            acc[i][0] = acc[i][0] + w * a;
            if (wide) {
                acc[i][1] = acc[i][1] + w * b;
            }
        }
    }
}

/* Output of up to four queries: together as far as all of them see, then each alone. */
VEC_INLINE void mix_four(const float *scores, int stride, const uint16_t *const *pages, size_t head, const int *n, int dim,
                         const float *factor, float *const *out, const int m)
{
    int least = n[0];
    for (int i = 1; i < m; i++) {
        least = n[i] < least ? n[i] : least;
    }
    for (int d = 0; d < dim; d += 2 * LANES) {
        bool wide = d + LANES < dim;
        v16 acc[4][2];
        for (int i = 0; i < m; i++) {
            acc[i][0] = acc[i][1] = v_set(0);
        }
        if (wide) {
            mix(scores, stride, pages, head + (size_t)d, 0, least, dim, acc, m, 1);
        } else {
            mix(scores, stride, pages, head + (size_t)d, 0, least, dim, acc, m, 0);
        }
        for (int i = 0; i < m; i++) {
            if (wide) {
                mix(scores + i * LANES, stride, pages, head + (size_t)d, least, n[i], dim, &acc[i], 1, 1);
                v_store(out[i] + d + LANES, acc[i][1] * v_set(factor[i]));
            } else {
                mix(scores + i * LANES, stride, pages, head + (size_t)d, least, n[i], dim, &acc[i], 1, 0);
            }
            v_store(out[i] + d, acc[i][0] * v_set(factor[i]));
        }
    }
}

VEC_INLINE void attend_queries(const float *const *q, float *const *out, const int *n, const uint16_t *const *pages,
                               size_t head, int dim, float factor, float *scratch, const int m)
{
    size_t values = head + (size_t)dim * LANES;
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
    int i = 0;
    for (; i + 4 <= m; i += 4) {
        mix_four(scores + i * LANES, m * LANES, pages, values, n + i, dim, inverse + i, out + i, 4);
    }
    for (; i < m; i++) {
        mix_four(scores + i * LANES, m * LANES, pages, values, n + i, dim, inverse + i, out + i, 1);
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
    v16 sum = v_set(0), rest = v_set(-3.0e38f);
    int whole = n / LANES * LANES;
    for (int i = 0; i < whole; i += LANES) {
        sum = sum + v_exp(v_load(x + i) - v_set(largest));
    }
    memcpy(&rest, x + whole, (size_t)(n - whole) * sizeof *x);
    return v_sum(sum + v_exp(rest - v_set(largest)));
}

static void store_f16(const float *x, int n, uint16_t *y)
{
    for (int i = 0; i < n; i += LANES) {
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
