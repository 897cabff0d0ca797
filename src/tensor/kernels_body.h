/*
 * kernels_body.h: the kernels that are the same source for every instruction set. Included once by each kernels_*.c, after
 * vec.h and after its own rows_i4 and rows_i8, with KERNEL_SET_NAME and KERNEL_SET_LABEL defined.
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
        float inverse = extreme > 0 ? range / extreme : 0.0f;
        int32_t total = 0;
        for (int half = 0; half < 2; half++) {
            v16i q = v_to_int(v_round(v_load(x + half * LANES) * v_set(inverse)));
            v16i high = planes == 2 ? (q + 64) >> 7 : q;
            v16i low = q - (high << 7);
            for (int i = 0; i < LANES; i++) {
                q0[half * LANES + i] = (int8_t)high[i];
                total += q[i];
            }
            if (planes == 2) {
                for (int i = 0; i < LANES; i++) {
                    q1[half * LANES + i] = (int8_t)low[i];
                }
            }
        }
        q1 = planes == 2 ? q1 + KERNEL_BLOCK : q1;
        scale[b] = extreme / range;
        isum[b] = total;
        sum[b] = scale[b] * (float)total;
    }
}

VEC_INLINE void rows_float(const uint8_t *group, const kernel_input *in, int first, int n, float *out, bool half)
{
    v16 acc[KERNEL_TILE];
    for (int t = 0; t < n; t++) {
        acc[t] = v_set(0);
    }
    const float *x = in->x + (long)first * in->cols;
    for (int k = 0; k < in->cols; k++) {
        v16 w = half ? v_load_f16((const uint16_t *)(const void *)group + k * LANES)
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
    rows_float(group, in, first, n, out, true);
}

static void rows_f32(const uint8_t *group, const kernel_input *in, int first, int n, float *out)
{
    rows_float(group, in, first, n, out, false);
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

/* Scores of one query over all positions, the ones beyond n at minus infinity; returns the largest. */
VEC_INLINE float score(const float *q, const uint16_t *k, int n, int dim, float factor, float *scores)
{
    v16 largest = v_set(-3.0e38f);
    for (int p = 0; p < n; p += LANES, k += (long)dim * LANES) {
        v16 acc = v_set(0);
        for (int d = 0; d < dim; d++) {
            acc = acc + v_set(q[d]) * v_load_f16(k + d * LANES);
        }
        acc = acc * v_set(factor);
        if (n - p < LANES) {
            for (int i = n - p; i < LANES; i++) {
                acc[i] = -3.0e38f;
            }
        }
        largest = v_max(largest, acc);
        v_store(scores + p, acc);
    }
    return v_max_lane(largest);
}

VEC_INLINE void mix(const float *scores, const uint16_t *v, int n, int dim, float factor, float *out)
{
    for (int d = 0; d < dim; d += LANES) {
        v16 acc = v_set(0);
        for (int p = 0; p < n; p++) {
            acc = acc + v_set(scores[p]) * v_load_f16(v + (long)p * dim + d);
        }
        v_store(out + d, acc * v_set(factor));
    }
}

static void attend(const float *q, int heads, const uint16_t *k, const uint16_t *v, int n, int dim, float factor,
                   float *scores, float *out)
{
    for (int h = 0; h < heads; h++, q += dim, out += dim) {
        v16 largest = v_set(score(q, k, n, dim, factor, scores)), sum = v_set(0);
        for (int p = 0; p < n; p += LANES) {
            v16 e = v_exp(v_load(scores + p) - largest);
            sum = sum + e;
            v_store(scores + p, e);
        }
        mix(scores, v, n, dim, 1.0f / v_sum(sum), out);
    }
}

static void store_f16(const float *x, int n, uint16_t *y)
{
    for (int i = 0; i < n; i += LANES) {
        v_store_f16(y + i, v_load(x + i));
    }
}

const kernel_set KERNEL_SET_NAME = {
    .name = KERNEL_SET_LABEL,
    .quantise = quantise,
    .rows_i4 = rows_i4,
    .rows_i8 = rows_i8,
    .rows_f16 = rows_f16,
    .rows_f32 = rows_f32,
    .rms_norm = rms_norm,
    .add = add,
    .swiglu = swiglu,
    .attend = attend,
    .store_f16 = store_f16,
};
