/*
 * test_model.c: models, adapters and the forward pass, on tiny random models: one answer whatever the threads, chunks and
 * kernels; equal to an independent computation in double precision; and errors that name file and field.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "model/internal.h"
#include "model/state.h"
#include "support/check.h"
#include "support/tiny.h"

enum { N_VOCAB = 264, D = 64, FF = 96, HEADS = 4, KV = 2, DIM = 16, LAYERS = 2, MOST = 256 };

static const tensor_type all_types[] = {TENSOR_F32, TENSOR_F16, TENSOR_Q8_0, TENSOR_Q4_0};
static char *dir; /* of this run */

static int make_dir(void **state __attribute__((unused)))
{
    dir = tiny_folder();
    return 0;
}

static int remove_dir(void **state __attribute__((unused)))
{
    tiny_remove(dir);
    return 0;
}

/* ---- opening ---- */

/* Writes the model as `name` and opens it; without a cache unless the options name one. */
static paw_status open_tiny(const char *name, const tiny_options *o, const model_options *options, model **out, paw_error *err)
{
    buffer bytes = tiny_model(o);
    model_options mo = options != NULL ? *options : (model_options){.threads = 1};
    mo.cache_dir = mo.cache_dir != NULL ? mo.cache_dir : "/dev/null/nowhere";
    check_put(check_path(dir, name), bytes.data, bytes.size);
    buffer_free(&bytes);
    *out = NULL;
    return model_open(check_path(dir, name), &mo, out, err);
}

static model *tiny(tensor_type type, const model_options *options)
{
    model *m;
    paw_error err = {0};
    check_ok(open_tiny("model.gguf", &(tiny_options){.type = type}, options, &m, &err), &err);
    return m;
}

static void refused(const tiny_options *o, paw_status wanted, const char *where, const char *said)
{
    model *m;
    paw_error err = {0};
    paw_status status = open_tiny("bad.gguf", o, NULL, &m, &err);
    check_error(status, &err, wanted, "bad.gguf", NULL);
    check_error(status, &err, wanted, where, said);
    assert_null(m);
}

static void adapter_refused(buffer bytes, paw_status wanted, const char *where, const char *said);

/* ---- running ---- */

static void some_tokens(int32_t *tokens, int n, uint64_t seed)
{
    for (int i = 0; i < n; i++) {
        tokens[i] = (int32_t)(tiny_random(&seed) % N_VOCAB);
    }
}

static void feed(model *m, model_state *s, const int32_t *tokens, int n, const adapter *lora, bool precise, float *logits)
{
    paw_error err = {0};
    model_request r = {.tokens = tokens, .n = n, .lora = lora, .precise = precise, .logits = logits};
    check_ok(model_forward(m, s, &r, &err), &err);
}

/* Logits after the tokens, which go in `chunk` at a time. */
static void run(model *m, const int32_t *tokens, int n, int chunk, const adapter *lora, bool precise, float *logits)
{
    paw_error err = {0};
    model_state *s;
    check_ok(model_state_new(m, &s, &err), &err);
    for (int i = 0; i < n; i += chunk) {
        int k = n - i < chunk ? n - i : chunk;
        feed(m, s, tokens + i, k, lora, precise, i + k == n ? logits : NULL);
    }
    assert_int_equal(model_state_length(s), n);
    model_state_free(s);
}

static void same(const float *a, const float *b, const char *what)
{
    if (memcmp(a, b, N_VOCAB * sizeof *a) != 0) {
        fail_msg("other logits: %s", what);
    }
}

static double distance(const float *a, const double *b)
{
    double most = 0;
    for (int i = 0; i < N_VOCAB; i++) {
        most = fmax(most, fabs((double)a[i] - b[i]));
    }
    return most;
}

static adapter *read_adapter(const model *m, buffer bytes)
{
    gguf_file *f;
    adapter *a = NULL;
    paw_error err = {0};
    check_ok(gguf_open_memory(bytes.data, bytes.size, "adapter", &f, &err), &err);
    check_ok(adapter_read(m, f, &a, &err), &err);
    gguf_close(f);
    buffer_free(&bytes);
    return a;
}

/* ---- an independent forward pass: plain loops in double precision; keys and values are kept as halves ---- */

static double *expanded(const gguf_file *f, const char *format, int layer, const char *stem)
{
    char name[96];
    snprintf(name, sizeof name, format, layer, stem);
    const gguf_tensor *t = gguf_find_tensor(f, name);
    assert_non_null(t);
    size_t n = (size_t)(t->ne[0] * t->ne[1]);
    float *x = malloc(n * sizeof *x);
    double *y = malloc(n * sizeof *y);
    format_dequantise(t->type, t->data, x, n);
    for (size_t i = 0; i < n; i++) {
        y[i] = (double)x[i];
    }
    free(x);
    return y;
}

static void times(const double *w, const double *x, int rows, int cols, double factor, double *y)
{
    for (int i = 0; i < rows; i++) {
        double sum = 0;
        for (int j = 0; j < cols; j++) {
            sum += w[i * cols + j] * x[j];
        }
        y[i] += factor * sum;
    }
}

typedef struct reference {
    const gguf_file *model, *adapter; /* adapter NULL: none */
} reference;

/* y [n][rows] += W x, and the adapter's part */
static void apply(const reference *r, int layer, const char *stem, const double *x, int n, int rows, int cols, double *y)
{
    double *w = expanded(r->model, "blk.%d.%s.weight", layer, stem);
    for (int t = 0; t < n; t++) {
        times(w, x + t * cols, rows, cols, 1, y + t * rows);
    }
    free(w);
    if (r->adapter != NULL) {
        char name[96];
        snprintf(name, sizeof name, "blk.%d.%s.weight.lora_a", layer, stem);
        const gguf_tensor *ta = gguf_find_tensor(r->adapter, name);
        int rank = (int)ta->ne[1];
        double *a = expanded(r->adapter, "blk.%d.%s.weight.lora_a", layer, stem);
        double *b = expanded(r->adapter, "blk.%d.%s.weight.lora_b", layer, stem);
        float alpha = 0;
        assert_int_equal(gguf_get_f32(r->adapter, "adapter.lora.alpha", &alpha, NULL), PAW_OK);
        for (int t = 0; t < n; t++) {
            double low[256] = {0};
            times(a, x + t * cols, rank, cols, 1, low);
            times(b, low, rows, rank, (double)alpha / rank, y + t * rows);
        }
        free(a);
        free(b);
    }
}

static void norm(const gguf_file *f, const char *format, int layer, const double *x, int n, double *y)
{
    double *w = expanded(f, format, layer, "");
    for (int t = 0; t < n; t++, x += D, y += D) {
        double squares = 0;
        for (int i = 0; i < D; i++) {
            squares += x[i] * x[i];
        }
        for (int i = 0; i < D; i++) {
            y[i] = x[i] / sqrt(squares / D + (double)1e-5f) * w[i];
        }
    }
    free(w);
}

static void rotate(double *x, int heads, int position)
{
    for (int h = 0; h < heads; h++, x += DIM) {
        for (int i = 0; i < DIM; i += 2) {
            double angle = position * pow(10000.0, -(double)i / DIM), a = x[i], b = x[i + 1];
            x[i] = a * cos(angle) - b * sin(angle);
            x[i + 1] = a * sin(angle) + b * cos(angle);
        }
    }
}

static double half(double x)
{
    return (double)format_f16_to_f32(format_f32_to_f16((float)x));
}

static void attention(double *q, double *k, double *v, int n, double *out)
{
    for (int t = 0; t < n; t++) {
        rotate(q + t * D, HEADS, t);
        rotate(k + t * KV * DIM, KV, t);
        for (int i = 0; i < KV * DIM; i++) {
            k[t * KV * DIM + i] = half(k[t * KV * DIM + i]);
            v[t * KV * DIM + i] = half(v[t * KV * DIM + i]);
        }
    }
    for (int t = 0; t < n; t++) {
        for (int h = 0; h < HEADS; h++) {
            double score[MOST], sum = 0, *y = out + t * D + h * DIM;
            int of = h / (HEADS / KV) * DIM;
            for (int p = 0; p <= t; p++) {
                score[p] = 0;
                for (int i = 0; i < DIM; i++) {
                    score[p] += q[t * D + h * DIM + i] * k[p * KV * DIM + of + i];
                }
                score[p] = exp(score[p] / 4); /* sqrt(DIM); the scores are small */
                sum += score[p];
            }
            for (int i = 0; i < DIM; i++) {
                y[i] = 0;
                for (int p = 0; p <= t; p++) {
                    y[i] += score[p] / sum * v[p * KV * DIM + of + i];
                }
            }
        }
    }
}

/* Logits of the last token; taps (or NULL): [LAYERS + 1][n][D], after each block and after the final norm. */
static void refer(const reference *r, const int32_t *tokens, int n, double *logits, double *taps)
{
    static double x[MOST * D], z[MOST * D], q[MOST * D], k[MOST * KV * DIM], v[MOST * KV * DIM], gate[MOST * FF], up[MOST * FF];
    double *embedding = expanded(r->model, "token_embd.weight%.0d%s", 0, "");
    for (int i = 0; i < n * D; i++) {
        x[i] = embedding[tokens[i / D] * D + i % D];
    }
    for (int l = 0; l < LAYERS; l++) {
        norm(r->model, "blk.%d.attn_norm.weight%s", l, x, n, z);
        memset(q, 0, sizeof q);
        memset(k, 0, sizeof k);
        memset(v, 0, sizeof v);
        apply(r, l, "attn_q", z, n, D, D, q);
        apply(r, l, "attn_k", z, n, KV * DIM, D, k);
        apply(r, l, "attn_v", z, n, KV * DIM, D, v);
        attention(q, k, v, n, z);
        apply(r, l, "attn_output", z, n, D, D, x);
        norm(r->model, "blk.%d.ffn_norm.weight%s", l, x, n, z);
        memset(gate, 0, sizeof gate);
        memset(up, 0, sizeof up);
        apply(r, l, "ffn_gate", z, n, FF, D, gate);
        apply(r, l, "ffn_up", z, n, FF, D, up);
        for (int i = 0; i < n * FF; i++) {
            gate[i] = gate[i] / (1 + exp(-gate[i])) * up[i];
        }
        apply(r, l, "ffn_down", gate, n, D, FF, x);
        if (taps != NULL) {
            memcpy(taps + l * n * D, x, (size_t)(n * D) * sizeof *x);
        }
    }
    norm(r->model, "output_norm.weight%.0d%s", 0, x, n, z);
    if (taps != NULL) {
        memcpy(taps + LAYERS * n * D, z, (size_t)(n * D) * sizeof *z);
    }
    memset(logits, 0, N_VOCAB * sizeof *logits);
    times(embedding, z + (n - 1) * D, N_VOCAB, D, 1, logits);
    free(embedding);
}

TEST(float_weights_agree_with_the_reference)
{
    static const int lengths[] = {1, 2, 17, 130, 200};
    int32_t tokens[MOST];
    float logits[N_VOCAB];
    double wanted[N_VOCAB];
    some_tokens(tokens, MOST, 1);
    for (size_t i = 0; i < 2; i++) {
        model *m = tiny(all_types[i], NULL);
        reference r = {model_get_file(m), NULL};
        for (size_t k = 0; k < COUNT(lengths); k++) {
            refer(&r, tokens, lengths[k], wanted, NULL);
            run(m, tokens, lengths[k], lengths[k], NULL, false, logits);
            double off = distance(logits, wanted);
            if (!(off < 1e-3)) {
                fail_msg("%s, %d tokens: off by %g", format_of(all_types[i])->name, lengths[k], off);
            }
        }
        model_close(m);
    }
}

TEST(precise_mode_is_closer_than_eight_bits)
{
    int32_t tokens[40];
    float logits[N_VOCAB];
    double wanted[N_VOCAB];
    some_tokens(tokens, 40, 2);
    for (size_t i = 2; i < 4; i++) {
        model *m = tiny(all_types[i], NULL);
        reference r = {model_get_file(m), NULL};
        refer(&r, tokens, 40, wanted, NULL);
        run(m, tokens, 40, 40, NULL, false, logits);
        double quick = distance(logits, wanted);
        run(m, tokens, 40, 40, NULL, true, logits);
        double precise = distance(logits, wanted);
        if (!(precise < 5e-3 && quick < 1.0 && precise * 10 < quick)) {
            fail_msg("%s: off by %g with 8 bits, %g when precise", format_of(all_types[i])->name, quick, precise);
        }
        model_close(m);
    }
}

TEST(taps_are_the_residual_stream)
{
    enum { N = 140, TAP = 20 };
    int32_t tokens[N];
    double wanted[N_VOCAB], *all = malloc((LAYERS + 1) * N * D * sizeof *all);
    float taps[(LAYERS + 1) * TAP * D];
    model *m = tiny(TENSOR_F32, NULL);
    model_state *s;
    reference r = {model_get_file(m), NULL};
    paw_error err = {0};
    some_tokens(tokens, N, 3);
    refer(&r, tokens, N, wanted, all);
    check_ok(model_state_new(m, &s, &err), &err);
    model_request q = {.tokens = tokens, .n = N, .taps = taps, .n_tap = TAP}; /* across the border of chunks */
    check_ok(model_forward(m, s, &q, &err), &err);
    for (int l = 0; l <= LAYERS; l++) {
        for (int i = 0; i < TAP * D; i++) {
            double want = all[(l * N + N - TAP) * D + i];
            if (!(fabs((double)taps[l * TAP * D + i] - want) < 1e-3)) {
                fail_msg("slot %d, token %d: %g, wanted %g", l, i / D, (double)taps[l * TAP * D + i], want);
            }
        }
    }
    free(all);
    model_state_free(s);
    model_close(m);
}

TEST(extra_embeddings_stand_for_tokens)
{
    enum { N = 12 };
    int32_t tokens[N], with_extra[N];
    float extra[3 * D], a[N_VOCAB], b[N_VOCAB];
    model *m = tiny(TENSOR_F32, NULL);
    model_state *s;
    paw_error err = {0};
    some_tokens(tokens, N, 4);
    memcpy(with_extra, tokens, sizeof tokens);
    const gguf_tensor *t = gguf_find_tensor(model_get_file(m), "token_embd.weight");
    for (int i = 0; i < 3; i++) {
        memcpy(extra + i * D, t->data + (size_t)tokens[9 + i] * D * 4, D * 4);
        with_extra[9 + i] = N_VOCAB + i;
    }
    run(m, tokens, N, N, NULL, false, a);
    check_ok(model_state_new(m, &s, &err), &err);
    model_request r = {.tokens = with_extra, .n = N, .extra = extra, .n_extra = 3, .logits = b};
    check_ok(model_forward(m, s, &r, &err), &err);
    same(a, b, "extra embeddings");
    model_state_free(s);
    model_close(m);
}

/* ---- one answer ---- */

TEST(any_threads_chunks_and_kernels)
{
    static const int threads[] = {1, 2, 3, 8}, chunks[] = {200, 1, 7, 128, 129};
    int32_t tokens[200];
    float wanted[2][N_VOCAB], logits[N_VOCAB];
    char what[120];
    int sets = 0;
    bool first; /* the best set is not always one that this processor can run */
    some_tokens(tokens, 200, 5);
    for (size_t type = 0; type < COUNT(all_types); type++) {
        tensor_type lora_type = all_types[(type + 3) % COUNT(all_types)];
        first = true;
        for (int k = 0; k < kernels_count(); k++) {
            for (size_t i = 0; kernels_at(k) != NULL && i < COUNT(threads); i++) {
                model *m = tiny(all_types[type], &(model_options){.threads = threads[i], .kernels = kernels_at(k)});
                adapter *lora = read_adapter(m, tiny_adapter(NULL, 32, lora_type));
                sets += type == 0 && i == 0;
                for (int variant = 0; variant < 2; variant++) { /* bare and quick; adapted and precise */
                    for (size_t c = 0; c < COUNT(chunks); c++) {
                        if (i > 1 && c > 0) {
                            continue; /* many threads on few processors take their time over short loops */
                        }
                        if (check_emulated() && (i % 2 == 1 || c % 2 == 1 || c > 2)) {
                            continue;
                        }
                        run(m, tokens, 200, chunks[c], variant ? lora : NULL, variant, logits);
                        if (first && c == 0) {
                            memcpy(wanted[variant], logits, sizeof logits);
                        }
                        snprintf(what, sizeof what, "%s, kernels %s, %d threads, chunks of %d, variant %d",
                                 format_of(all_types[type])->name, kernels_at(k)->name, threads[i], chunks[c], variant);
                        same(wanted[variant], logits, what);
                    }
                }
                first = false;
                adapter_free(lora);
                model_close(m);
            }
        }
    }
    assert_true(sets >= 1);
}

TEST(token_by_token_on_many_threads)
{
    int32_t tokens[6];
    float wanted[N_VOCAB], logits[N_VOCAB];
    some_tokens(tokens, 6, 11);
    for (int threads = 1; threads <= 8; threads += 7) {
        model *m = tiny(TENSOR_Q4_0, &(model_options){.threads = threads});
        adapter *lora = read_adapter(m, tiny_adapter(NULL, 32, TENSOR_Q8_0));
        run(m, tokens, 6, threads == 1 ? 6 : 1, lora, false, threads == 1 ? wanted : logits);
        adapter_free(lora);
        model_close(m);
    }
    same(wanted, logits, "8 threads, token by token");
}

TEST(kernels_by_name)
{
    setenv("PAW_ISA", "scalar", 1);
    assert_string_equal(kernels_best()->name, "scalar");
    setenv("PAW_ISA", "nonsense", 1);
    assert_non_null(kernels_best());
#if defined(__aarch64__)
    setenv("PAW_ISA", "neon", 1); /* every such processor has it */
    assert_string_equal(kernels_best()->name, "neon");
#endif
    unsetenv("PAW_ISA");
    assert_string_equal(kernels_at(kernels_count() - 1)->name, "scalar");
}

enum { BATCH = 32, LONGEST = 150 };

/* Sequences of many lengths, every third with the first adapter, every third with the second. */
static void fill_batch(model_sequence *q, model *m, const int32_t *tokens, adapter *const *lora)
{
    for (int i = 0; i < BATCH; i++) {
        int n = i == 7 ? LONGEST : 1 + i * 7 % 23;
        q[i] = (model_sequence){.tokens = tokens + i, .n = n, .lora = i % 3 < 2 ? lora[i % 3] : NULL, .n_logits = i % 4 > n ? n : i % 4};
        assert_int_equal(model_state_new(m, &q[i].state, NULL), PAW_OK);
    }
}

TEST(batches_change_nothing)
{
    int32_t tokens[BATCH + LONGEST], start[20];
    static float wanted[4 * BATCH][N_VOCAB], got[4 * BATCH][N_VOCAB];
    model_sequence q[BATCH];
    some_tokens(tokens, BATCH + LONGEST, 8);
    some_tokens(start, 20, 9);
    for (int k = 0; k < kernels_count(); k++) {
        if (kernels_at(k) == NULL) {
            continue;
        }
        model *m = tiny(TENSOR_Q4_1, &(model_options){.threads = 1 + k, .kernels = kernels_at(k)});
        adapter *lora[2] = {read_adapter(m, tiny_adapter(NULL, 32, TENSOR_Q4_0)), read_adapter(m, tiny_adapter(NULL, 64, TENSOR_F16))};
        for (int size = 1; size <= BATCH; size += size < 4 ? 1 : 7) {
            int rows = 0;
            paw_error err = {0};
            fill_batch(q, m, tokens, lora);
            for (int i = 0; i < size; i++) { /* one by one, after a beginning of another length */
                feed(m, q[i].state, start, i % 20, q[i].lora, false, NULL);
                model_request r = {.tokens = q[i].tokens, .n = q[i].n, .lora = q[i].lora, .logits = wanted[rows], .n_logits = q[i].n_logits};
                r.logits = q[i].n_logits > 0 ? r.logits : NULL;
                check_ok(model_forward(m, q[i].state, &r, &err), &err);
                rows += q[i].n_logits;
                model_state_truncate(q[i].state, i % 20);
            }
            check_ok(model_forward_batch(m, q, size, got[0], &err), &err);
            assert_memory_equal(wanted, got, (size_t)rows * sizeof wanted[0]);
            for (int i = 0; i < size; i++) {
                assert_int_equal(model_state_length(q[i].state), i % 20 + q[i].n);
            }
            for (int i = 0; i < BATCH; i++) {
                model_state_free(q[i].state);
            }
        }
        adapter_free(lora[0]);
        adapter_free(lora[1]);
        model_close(m);
    }
}

TEST(logits_of_every_token)
{
    enum { N = 140 };
    int32_t tokens[N];
    static float all[N][N_VOCAB];
    float one[N_VOCAB];
    model *m = tiny(TENSOR_Q8_0, NULL);
    model_state *s;
    paw_error err = {0};
    some_tokens(tokens, N, 10);
    assert_int_equal(model_state_new(m, &s, NULL), PAW_OK);
    model_request r = {.tokens = tokens, .n = N, .logits = all[0], .n_logits = N};
    check_ok(model_forward(m, s, &r, &err), &err);
    for (int n = 1; n <= N; n += 9) {
        run(m, tokens, n, n, NULL, false, one);
        same(one, all[n - 1], "one of many");
    }
    model_state_truncate(s, 0);
    r.n_logits = N + 1;
    check_error(model_forward(m, s, &r, &err), &err, PAW_ERR_ARGUMENT, NULL, "logits of 141 tokens");
    assert_int_equal(model_state_length(s), 0);
    model_state_free(s);
    model_close(m);
}

TEST(a_batch_that_does_not_fit)
{
    int32_t tokens[LONGEST];
    model *m = tiny(TENSOR_Q4_0, &(model_options){.threads = 1, .context = 64});
    model_sequence q[2] = {{.tokens = tokens, .n = 3}, {.tokens = tokens, .n = 65}};
    paw_error err = {0};
    some_tokens(tokens, LONGEST, 3);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(model_state_new(m, &q[i].state, NULL), PAW_OK);
    }
    check_error(model_forward_batch(m, q, 2, NULL, &err), &err, PAW_ERR_CONTEXT, NULL, "65 tokens");
    assert_int_equal(model_state_length(q[0].state), 0);
    for (int i = 0; i < 2; i++) {
        model_state_free(q[i].state);
    }
    model_close(m);
}

TEST(packed_adapters)
{
    int32_t tokens[30];
    float wanted[N_VOCAB], logits[N_VOCAB];
    some_tokens(tokens, 30, 4);
    for (size_t type = 0; type < COUNT(all_types); type++) {
        model *m = tiny(TENSOR_Q4_0, NULL);
        adapter *a = read_adapter(m, tiny_adapter(NULL, 32, all_types[type])), *b = NULL;
        size_t size = adapter_packed_size(a);
        uint8_t *packed = aligned_alloc(64, (size + 63) / 64 * 64);
        paw_error err = {0};
        adapter_pack(a, packed);
        run(m, tokens, 30, 30, a, false, wanted);
        adapter_free(a);
        check_ok(adapter_attach(m, packed, size, &b, &err), &err);
        run(m, tokens, 30, 30, b, false, logits);
        same(wanted, logits, "an adapter packed and attached");
        adapter_free(b);
        assert_int_equal(adapter_attach(m, packed, size - 64, &b, &err), PAW_ERR_FORMAT);
        assert_int_equal(adapter_attach(m, packed, 8, &b, &err), PAW_ERR_FORMAT);
        for (size_t i = 8; i < 64; i++) { /* counts, layers, modules, ranks and formats that are others */
            packed[i] ^= 0x41;
            if (adapter_attach(m, packed, size, &b, &err) == PAW_OK) {
                assert_true(i >= 12 && i < 16); /* alpha */
                adapter_free(b);
            }
            packed[i] ^= 0x41;
        }
        free(packed);
        model_close(m);
    }
}

TEST(a_state_taken_back)
{
    int32_t tokens[150];
    float wanted[N_VOCAB], logits[N_VOCAB];
    model *m = tiny(TENSOR_Q4_0, NULL);
    model_state *s;
    some_tokens(tokens, 150, 6);
    run(m, tokens, 150, 150, NULL, false, wanted);
    assert_int_equal(model_state_new(m, &s, NULL), PAW_OK);
    feed(m, s, tokens, 140, NULL, false, NULL);
    feed(m, s, tokens, 100, NULL, false, NULL); /* other tokens than will stand there */
    model_state_truncate(s, 140);
    model_state_truncate(s, 200); /* longer than it is: nothing */
    model_state_truncate(s, -1);
    assert_int_equal(model_state_length(s), 140);
    feed(m, s, tokens + 140, 10, NULL, false, logits);
    same(wanted, logits, "after taking back");
    size_t before = model_state_bytes(s);
    model_state_truncate(s, 140);
    model_state_trim(s);
    assert_true(model_state_bytes(s) < before);
    feed(m, s, tokens + 140, 10, NULL, false, logits);
    same(wanted, logits, "after giving memory back");
    model_state_truncate(s, 0);
    feed(m, s, tokens, 150, NULL, false, logits);
    same(wanted, logits, "after starting again");
    model_state_free(s);
    model_state_free(NULL);
    model_close(m);
}

TEST(requests_that_do_not_fit)
{
    int32_t tokens[MOST + 1];
    float wanted[N_VOCAB], logits[N_VOCAB];
    paw_error err = {0};
    model *m = tiny(TENSOR_Q8_0, NULL);
    model_state *s;
    some_tokens(tokens, MOST + 1, 7);
    assert_int_equal(model_context(m), MOST);
    run(m, tokens, MOST, MOST, NULL, false, wanted);
    assert_int_equal(model_state_new(m, &s, NULL), PAW_OK);
    model_request r = {.tokens = tokens, .n = MOST + 1, .logits = logits};
    check_error(model_forward(m, s, &r, &err), &err, PAW_ERR_CONTEXT, NULL, "context of 256");
    assert_int_equal(model_state_length(s), 0);
    feed(m, s, tokens, 250, NULL, false, NULL);
    r = (model_request){.tokens = tokens, .n = 7, .logits = logits};
    check_error(model_forward(m, s, &r, &err), &err, PAW_ERR_CONTEXT, NULL, "7 tokens after 250");
    assert_int_equal(model_state_length(s), 250);
    int32_t bad[] = {5, -1, N_VOCAB, INT32_MAX, INT32_MIN};
    for (int i = 1; i < 5; i++) {
        r = (model_request){.tokens = (int32_t[]){5, bad[i]}, .n = 2, .logits = logits};
        check_error(model_forward(m, s, &r, &err), &err, PAW_ERR_ARGUMENT, NULL, "vocabulary");
    }
    assert_int_equal(model_state_length(s), 250);
    feed(m, s, tokens + 250, 6, NULL, false, logits);
    same(wanted, logits, "after refused requests");
    model_state_free(s);
    model_close(m);
}

/* ---- model files ---- */

TEST(missing_tensors)
{
    static const char *const names[] = {"token_embd.weight", "output_norm.weight", "blk.0.attn_norm.weight",
                                        "blk.1.ffn_norm.weight", "blk.0.attn_q.weight", "blk.1.attn_k.weight",
                                        "blk.0.attn_v.weight", "blk.1.attn_output.weight", "blk.0.ffn_gate.weight",
                                        "blk.1.ffn_up.weight", "blk.1.ffn_down.weight"};
    for (size_t i = 0; i < COUNT(names); i++) {
        model *m;
        paw_error err = {0};
        paw_status status = open_tiny("bad.gguf", &(tiny_options){.leave_out = names[i]}, NULL, &m, &err);
        check_error(status, &err, PAW_ERR_FORMAT, "bad.gguf", "missing");
        assert_true(strstr(err.where, names[i]) != NULL || strstr(err.message, names[i]) != NULL);
    }
}

TEST(wrong_shapes)
{
    static const char *const names[] = {"blk.0.attn_q.weight", "blk.1.attn_k.weight", "blk.0.attn_v.weight",
                                        "blk.1.attn_output.weight", "blk.0.ffn_gate.weight", "blk.1.ffn_up.weight",
                                        "blk.1.ffn_down.weight"};
    for (size_t i = 0; i < COUNT(names); i++) {
        refused(&(tiny_options){.spoil_shape = names[i]}, PAW_ERR_FORMAT, names[i], "has shape");
    }
}

TEST(missing_hyperparameters)
{
    static const char *const keys[] = {"llama.block_count", "llama.embedding_length", "llama.feed_forward_length",
                                       "llama.attention.head_count", "llama.context_length",
                                       "llama.attention.layer_norm_rms_epsilon"};
    for (size_t i = 0; i < COUNT(keys); i++) {
        refused(&(tiny_options){.leave_out = keys[i]}, PAW_ERR_FORMAT, keys[i], "missing");
    }
}

static void patched(const char *key, const void *word, paw_status wanted, const char *said)
{
    model *m = NULL;
    paw_error err = {0};
    model_options options = {.threads = 1, .cache_dir = "/dev/null/nowhere"};
    buffer bytes = tiny_model(NULL);
    tiny_patch(&bytes, key, word);
    check_put(check_path(dir, "bad.gguf"), bytes.data, bytes.size);
    buffer_free(&bytes);
    check_error(model_open(check_path(dir, "bad.gguf"), &options, &m, &err), &err, wanted, "bad.gguf", said);
    assert_null(m);
}

TEST(hyperparameters_out_of_range)
{
    static const char *const keys[] = {"llama.block_count", "llama.embedding_length", "llama.feed_forward_length",
                                       "llama.attention.head_count", "llama.attention.head_count_kv",
                                       "llama.context_length"};
    for (size_t i = 0; i < COUNT(keys); i++) {
        patched(keys[i], &(uint32_t){0}, PAW_ERR_FORMAT, "0 is out of range");
        patched(keys[i], &(uint32_t){UINT32_MAX}, PAW_ERR_FORMAT, "4294967295 is out of range");
    }
    patched("llama.attention.head_count_kv", &(uint32_t){3}, PAW_ERR_UNSUPPORTED, "head_count_kv");
    patched("llama.attention.head_count_kv", &(uint32_t){5}, PAW_ERR_FORMAT, "out of range");
    patched("llama.embedding_length", &(uint32_t){65}, PAW_ERR_UNSUPPORTED, "embedding_length");
    patched("llama.feed_forward_length", &(uint32_t){100}, PAW_ERR_UNSUPPORTED, "feed_forward_length");
    patched("llama.embedding_length", &(uint32_t){128}, PAW_ERR_FORMAT, "has shape");
    patched("llama.block_count", &(uint32_t){3}, PAW_ERR_FORMAT, "missing");
    static const float bad[] = {0, -1, 1, NAN, INFINITY};
    for (size_t i = 0; i < COUNT(bad); i++) {
        patched("llama.attention.layer_norm_rms_epsilon", &bad[i], PAW_ERR_UNSUPPORTED, "layer_norm_rms_epsilon");
    }
}

TEST(architectures_that_are_not_supported)
{
    refused(&(tiny_options){.architecture = "qwen2"}, PAW_ERR_UNSUPPORTED, "bad.gguf", "\"qwen2\" is not supported");
    refused(&(tiny_options){.architecture = "llama4"}, PAW_ERR_UNSUPPORTED, "bad.gguf", "\"llama4\" is not supported");
    refused(&(tiny_options){.rope_scaling = "yarn"}, PAW_ERR_UNSUPPORTED, "bad.gguf", "yarn");
    model *m;
    paw_error err = {0};
    check_ok(open_tiny("model.gguf", &(tiny_options){.rope_scaling = "none"}, NULL, &m, &err), &err);
    model_close(m);
}

TEST(infinite_scales)
{
    static const tensor_type others[] = {TENSOR_BF16, TENSOR_Q4_1, TENSOR_Q5_0, TENSOR_Q5_1, TENSOR_Q4_K, TENSOR_Q5_K, TENSOR_Q6_K};
    static const char *const names[] = {"token_embd.weight", "blk.0.attn_q.weight", "blk.1.ffn_down.weight"};
    for (size_t i = 0; i < COUNT(names); i++) {
        refused(&(tiny_options){.type = TENSOR_Q8_0, .spoil_scale = names[i]}, PAW_ERR_FORMAT, names[i], "finite");
        refused(&(tiny_options){.type = TENSOR_Q4_0, .spoil_scale = names[i]}, PAW_ERR_FORMAT, names[i], "finite");
        for (size_t k = 0; k < COUNT(others); k++) {
            tiny_options o = {.type = others[k], .n_embd = 256, .n_ff = 256, .untied = k % 2, .spoil_scale = names[i]};
            refused(&o, PAW_ERR_FORMAT, names[i], "finite");
        }
    }
    refused(&(tiny_options){.architecture = "gpt2", .spoil_scale = "position_embd.weight"}, PAW_ERR_FORMAT,
            "position_embd.weight", "finite");
    refused(&(tiny_options){.architecture = "gpt2", .spoil_scale = "blk.1.attn_qkv.bias"}, PAW_ERR_FORMAT,
            "blk.1.attn_qkv.bias", "finite");
    refused(&(tiny_options){.architecture = "qwen3", .spoil_scale = "blk.1.attn_k_norm.weight"}, PAW_ERR_FORMAT,
            "blk.1.attn_k_norm.weight", "finite");
}

TEST(infinite_values_of_float_formats)
{
    static const char *const names[] = {"blk.0.attn_q.weight", "blk.1.ffn_norm.weight", "output_norm.weight"};
    for (size_t i = 0; i < COUNT(names); i++) {
        refused(&(tiny_options){.type = TENSOR_F32, .spoil_scale = names[i]}, PAW_ERR_FORMAT, names[i], "finite");
        refused(&(tiny_options){.type = TENSOR_F16, .spoil_scale = names[i]}, PAW_ERR_FORMAT, names[i], "finite");
    }
    adapter_refused(tiny_adapter(&(tiny_options){.spoil_scale = "blk.0.attn_q.weight.lora_a"}, 16, TENSOR_F32), PAW_ERR_FORMAT,
                    "blk.0.attn_q", "finite");
}

static bool open_what_is_forbidden(const void *path)
{
    model *m = NULL;
    paw_error err = {0};
    return model_open(path, NULL, &m, &err) == PAW_ERR_IO && strstr(err.message, "Permission denied") != NULL &&
           strcmp(err.where, path) == 0;
}

TEST(paths_that_lead_nowhere)
{
    model *m = NULL;
    paw_error err = {0};
    check_error(model_open(check_path(dir, "gone.gguf"), NULL, &m, &err), &err, PAW_ERR_NOT_FOUND, "gone.gguf", "No such file");
    check_error(model_open(dir, NULL, &m, &err), &err, PAW_ERR_ARGUMENT, dir, "not a regular file");
    const char *path = check_path(dir, "secret.gguf");
    check_put(path, "GGUF", 4);
    chmod(dir, 0755);
    chmod(path, 0);
    assert_true(check_in_child((child_limits){.nobody = true}, open_what_is_forbidden, path));
    model_close(NULL);
}

TEST(options_out_of_range)
{
    model *m;
    paw_error err = {0};
    static const int contexts[] = {-1, 1, 63, 257, INT32_MAX};
    for (size_t i = 0; i < COUNT(contexts); i++) {
        model_options o = {.threads = 1, .context = contexts[i]};
        check_error(open_tiny("model.gguf", NULL, &o, &m, &err), &err, PAW_ERR_ARGUMENT, "context", "64 to 256");
    }
    check_error(open_tiny("model.gguf", NULL, &(model_options){.threads = 65}, &m, &err), &err, PAW_ERR_ARGUMENT, "threads", "65");
    check_ok(open_tiny("model.gguf", NULL, &(model_options){.threads = 1, .context = 64}, &m, &err), &err);
    assert_int_equal(model_context(m), 64);
    model_close(m);
}

TEST(shape_of_a_model)
{
    model *m = tiny(TENSOR_Q8_0, NULL);
    const model_shape *s = model_get_shape(m);
    assert_string_equal(s->architecture, "llama");
    assert_true(s->n_layer == LAYERS && s->n_embd == D && s->n_ff == FF && s->n_head == HEADS && s->n_kv == KV &&
                s->n_head_dim == DIM && s->n_rot == DIM && s->n_vocab == N_VOCAB && s->n_ctx_train == MOST);
    for (int i = 0; i < MODEL_MODULES; i++) {
        assert_int_equal(model_module_find(model_module_stem((model_module)i)), i);
    }
    assert_int_equal(model_module_find("attn"), -1);
    assert_int_equal(model_rows(s, MODEL_K), KV * DIM);
    assert_int_equal(model_cols(s, MODEL_DOWN), FF);
    model_close(m);
}

/* ---- prepared files ---- */

typedef struct prepared_place {
    char *model, *cache;
    int32_t tokens[30];
    float wanted[N_VOCAB];
} prepared_place;

static prepared_place make_prepared(void)
{
    prepared_place p;
    model *m;
    paw_error err = {0};
    buffer bytes = tiny_model(&(tiny_options){.type = TENSOR_Q4_0});
    p.cache = file_join(dir, "cache.XXXXXX");
    assert_non_null(mkdtemp(p.cache));
    p.model = file_join(p.cache, "model.gguf");
    check_put(p.model, bytes.data, bytes.size);
    buffer_free(&bytes);
    some_tokens(p.tokens, 30, 8);
    model_options o = {.threads = 1, .cache_dir = "/dev/null/nowhere"};
    check_ok(model_open(p.model, &o, &m, &err), &err);
    run(m, p.tokens, 30, 30, NULL, false, p.wanted);
    model_close(m);
    assert_int_equal(check_entries(p.cache), 1);
    return p;
}

static void free_prepared(prepared_place *p)
{
    free(p->model);
    free(p->cache);
}

/* Opens, compares logits; true: the weights were mapped. */
static bool finds_weights(prepared_place *p, const char *cache)
{
    model *m;
    float logits[N_VOCAB];
    paw_error err = {0};
    model_options o = {.threads = 2, .cache_dir = cache};
    check_ok(model_open(p->model, &o, &m, &err), &err);
    run(m, p->tokens, 30, 30, NULL, false, logits);
    same(p->wanted, logits, "prepared");
    bool found = m->found;
    assert_true((m->prepared.data != NULL) != (m->memory != NULL)); /* never twice in memory */
    model_close(m);
    return found;
}

TEST(second_load_maps)
{
    prepared_place p = make_prepared();
    assert_false(finds_weights(&p, NULL)); /* beside the model */
    assert_int_equal(check_entries(p.cache), 2);
    assert_true(finds_weights(&p, NULL));
    char *elsewhere = file_join(p.cache, "new/folder");
    assert_false(finds_weights(&p, elsewhere));
    assert_int_equal(check_entries(elsewhere), 1);
    assert_true(finds_weights(&p, elsewhere));
    assert_int_equal(check_entries(elsewhere), 1);
    free(elsewhere);
    free_prepared(&p);
}

TEST(bad_prepared_files_are_made_again)
{
    prepared_place p = make_prepared();
    size_t size;
    char name[600];
    assert_false(finds_weights(&p, NULL));
    snprintf(name, sizeof name, "%s.prepared", p.model);
    char *sound = check_read(name, &size), *bad = malloc(size);
    static const size_t cuts[] = {0, 1, 127, 128, 5000};
    for (size_t i = 0; i < COUNT(cuts); i++) {
        check_put(name, sound, cuts[i]);
        assert_false(finds_weights(&p, NULL));
        assert_true(finds_weights(&p, NULL));
    }
    static const size_t places[] = {0, 7, 8, 40, 71, 72, 80, 87}; /* magic, key, size */
    for (size_t i = 0; i < COUNT(places); i++) {
        memcpy(bad, sound, size);
        bad[places[i]] ^= 1;
        check_put(name, bad, size);
        assert_false(finds_weights(&p, NULL));
        assert_true(finds_weights(&p, NULL));
    }
    check_put(name, sound, size - 64); /* too short by a little */
    assert_false(finds_weights(&p, NULL));
    size_t again;
    char *made = check_read(name, &again);
    assert_int_equal(again, size);
    assert_memory_equal(made, sound, size);
    unlink(name);
    assert_int_equal(mkdir(name, 0777), 0); /* a folder in its place: works, unkept */
    assert_false(finds_weights(&p, NULL));
    rmdir(name);
    free(made);
    free(bad);
    free(sound);
    free_prepared(&p);
}

TEST(a_replaced_model_gets_new_weights)
{
    prepared_place p = make_prepared();
    model *m;
    float logits[N_VOCAB];
    assert_false(finds_weights(&p, NULL));
    buffer other = tiny_model(&(tiny_options){.type = TENSOR_Q4_0, .seed = 99}); /* the same header and size */
    check_put(p.model, other.data, other.size);
    struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, {.tv_sec = 1000000000}};
    utimensat(AT_FDCWD, p.model, times, 0);
    assert_int_equal(model_open(p.model, &(model_options){.threads = 1}, &m, NULL), PAW_OK);
    assert_false(m->found);
    run(m, p.tokens, 30, 30, NULL, false, logits);
    assert_true(memcmp(logits, p.wanted, sizeof logits) != 0);
    model_close(m);
    buffer_free(&other);
    free_prepared(&p);
}

static bool opens_unkept(const void *argument)
{
    model *m = NULL;
    model_options o = {.threads = 1};
    bool opened = model_open(argument, &o, &m, NULL) == PAW_OK && m->prepared.data == NULL;
    model_close(m);
    return opened;
}

TEST(weights_that_cannot_be_kept)
{
    prepared_place p = make_prepared();
    chmod(dir, 0755);
    chmod(p.cache, 0555);
    assert_true(check_in_child((child_limits){.nobody = true}, opens_unkept, p.model));
    chmod(p.cache, 0755);
    assert_true(check_in_child((child_limits){.most_bytes = 4096}, opens_unkept, p.model));
    assert_int_equal(check_entries(p.cache), 1);
    assert_false(finds_weights(&p, ""));
    free_prepared(&p);
}

/* ---- adapters ---- */

TEST(adapters_of_every_format_agree_with_the_reference)
{
    static const tensor_type bases[] = {TENSOR_F32, TENSOR_Q4_0};
    int32_t tokens[40];
    float bare[N_VOCAB], logits[N_VOCAB];
    double wanted[N_VOCAB];
    some_tokens(tokens, 40, 9);
    for (size_t k = 0; k < COUNT(bases); k++) {
        model *m = tiny(bases[k], NULL);
        run(m, tokens, 40, 40, NULL, true, bare);
        for (size_t i = 0; i < COUNT(all_types); i++) {
            for (int rank = all_types[i] <= TENSOR_F16 ? 16 : 32; rank <= 64; rank += 32) {
                buffer bytes = tiny_adapter(NULL, rank, all_types[i]);
                gguf_file *f;
                adapter *a;
                paw_error err = {0};
                check_ok(gguf_open_memory(bytes.data, bytes.size, "adapter", &f, &err), &err);
                check_ok(adapter_read(m, f, &a, &err), &err);
                reference r = {model_get_file(m), f};
                refer(&r, tokens, 40, wanted, NULL);
                run(m, tokens, 40, 40, a, true, logits);
                double off = distance(logits, wanted), most = k == 0 && i < 2 ? 2e-3 : 5e-2;
                if (!(off < most) || memcmp(logits, bare, sizeof bare) == 0) {
                    fail_msg("%s adapter of rank %d over %s: off by %g", format_of(all_types[i])->name, rank,
                             format_of(bases[k])->name, off);
                }
                run(m, tokens, 40, 7, a, false, logits); /* quick: near, not equal */
                assert_true(distance(logits, wanted) < 2.0);
                run(m, tokens, 40, 40, NULL, true, logits);
                same(bare, logits, "without the adapter after it");
                adapter_free(a);
                gguf_close(f);
                buffer_free(&bytes);
            }
        }
        model_close(m);
    }
    adapter_free(NULL);
}

static adapter *zeros(const model *m, tensor_type type)
{
    static uint8_t data[64 * 96 * 4];
    enum { MODULES = MODEL_DOWN + 1 };
    adapter_part parts[LAYERS * MODULES];
    adapter *a = NULL;
    paw_error err = {0};
    for (int i = 0; i < LAYERS * MODULES; i++) {
        parts[i] = (adapter_part){i / MODULES, (model_module)(i % MODULES), 32, type, type, data, data};
    }
    check_ok(adapter_build(m, parts, COUNT(parts), 32, &a, &err), &err);
    return a;
}

TEST(an_adapter_of_zeros_changes_nothing)
{
    int32_t tokens[20];
    float bare[N_VOCAB], logits[N_VOCAB];
    model *m = tiny(TENSOR_Q8_0, NULL);
    some_tokens(tokens, 20, 10);
    run(m, tokens, 20, 20, NULL, false, bare);
    for (size_t i = 0; i < COUNT(all_types); i++) {
        adapter *a = zeros(m, all_types[i]);
        run(m, tokens, 20, 20, a, false, logits);
        for (int k = 0; k < N_VOCAB; k++) {
            assert_true(logits[k] == bare[k]);
        }
        adapter_free(a);
    }
    model_close(m);
}

static void adapter_refused(buffer bytes, paw_status wanted, const char *where, const char *said)
{
    model *m = tiny(TENSOR_F32, NULL);
    gguf_file *f;
    adapter *a = NULL;
    paw_error err = {0};
    check_ok(gguf_open_memory(bytes.data, bytes.size, "adapter.gguf", &f, &err), &err);
    check_error(adapter_read(m, f, &a, &err), &err, wanted, where, said);
    assert_null(a);
    gguf_close(f);
    model_close(m);
    buffer_free(&bytes);
}

/* An adapter file of one pair of zeros. */
typedef struct pair {
    const char *name_a, *name_b;
    uint64_t ne_a[2], ne_b[2];
} pair;

static buffer one_pair(pair p)
{
    static const float data[1100 * 64];
    gguf_writer *w;
    buffer out = {0};
    assert_int_equal(gguf_writer_new(&w, NULL), PAW_OK);
    gguf_put_string(w, "general.architecture", "llama");
    gguf_put_string(w, "general.type", "adapter");
    gguf_put_string(w, "adapter.type", "lora");
    gguf_put_f32(w, "adapter.lora.alpha", 16);
    if (p.name_a != NULL) {
        gguf_put_tensor(w, p.name_a, TENSOR_F32, 2, p.ne_a, data);
    }
    if (p.name_b != NULL) {
        gguf_put_tensor(w, p.name_b, TENSOR_F32, 2, p.ne_b, data);
    }
    assert_int_equal(gguf_writer_finish(w, &out, NULL), PAW_OK);
    gguf_writer_free(w);
    return out;
}

#define A0 "blk.0.attn_q.weight.lora_a"
#define B0 "blk.0.attn_q.weight.lora_b"

TEST(adapters_for_another_base)
{
    adapter_refused(tiny_adapter(&(tiny_options){.n_embd = 128}, 16, TENSOR_F32), PAW_ERR_MISMATCH, A0, "another base");
    adapter_refused(tiny_adapter(&(tiny_options){.n_ff = 128}, 16, TENSOR_F32), PAW_ERR_MISMATCH, "ffn_gate", "another base");
    adapter_refused(tiny_adapter(&(tiny_options){.n_layer = 3}, 16, TENSOR_F32), PAW_ERR_MISMATCH, "blk.2.", "2 layers");
    adapter_refused(tiny_adapter(&(tiny_options){.architecture = "qwen3"}, 16, TENSOR_F32), PAW_ERR_MISMATCH,
                    "general.architecture", "qwen3");
    adapter_refused(tiny_adapter(&(tiny_options){.spoil_shape = B0}, 16, TENSOR_F32), PAW_ERR_MISMATCH, B0, "has shape");
    adapter_refused(tiny_adapter(&(tiny_options){.spoil_shape = A0}, 16, TENSOR_F32), PAW_ERR_MISMATCH, B0, "has shape");
}

TEST(adapters_that_lack_something)
{
    adapter_refused(tiny_adapter(&(tiny_options){.leave_out = B0}, 16, TENSOR_F32), PAW_ERR_FORMAT, A0, "lora_b is missing");
    adapter_refused(tiny_adapter(&(tiny_options){.leave_out = A0}, 16, TENSOR_F32), PAW_ERR_FORMAT, "adapter.gguf", "pairs");
    adapter_refused(one_pair((pair){0}), PAW_ERR_FORMAT, "adapter.gguf", "pairs");
    adapter_refused(one_pair((pair){NULL, B0, {0}, {16, 64}}), PAW_ERR_FORMAT, "adapter.gguf", "pairs");
    buffer model_file = tiny_model(NULL); /* a base model is no adapter */
    adapter_refused(model_file, PAW_ERR_FORMAT, "general.type", "missing");
}

TEST(adapters_with_unknown_names)
{
    static const char *const names[] = {"blk.0.attn_x.weight.lora_a", "token_embd.weight.lora_a", "blk.0.attn_q.weight",
                                        "blk.0.attn_q.weight.lora_a.more", "blk..attn_q.weight.lora_a", "x.lora_a",
                                        "blk.0.attn_norm.weight.lora_a"};
    for (size_t i = 0; i < COUNT(names); i++) {
        adapter_refused(one_pair((pair){names[i], B0, {64, 16}, {16, 64}}), PAW_ERR_MISMATCH, names[i], "no linear layer");
    }
    adapter_refused(one_pair((pair){"blk.7.attn_q.weight.lora_a", "blk.7.attn_q.weight.lora_b", {64, 16}, {16, 64}}),
                    PAW_ERR_MISMATCH, "blk.7.", "2 layers");
    adapter_refused(one_pair((pair){"blk.-1.attn_q.weight.lora_a", "blk.-1.attn_q.weight.lora_b", {64, 16}, {16, 64}}),
                    PAW_ERR_MISMATCH, "blk.-1.", NULL);
}

TEST(adapters_of_strange_ranks)
{
    static const uint64_t ranks[] = {1, 8, 15, 24, 1040};
    for (size_t i = 0; i < COUNT(ranks); i++) {
        adapter_refused(one_pair((pair){A0, B0, {64, ranks[i]}, {ranks[i], 64}}), PAW_ERR_UNSUPPORTED, "blk.0.attn_q",
                        "multiples of 16");
    }
    model *m = tiny(TENSOR_F32, NULL);
    adapter_free(read_adapter(m, one_pair((pair){A0, B0, {64, 1024}, {1024, 64}})));
    model_close(m);
}

TEST(adapters_with_bad_values)
{
    static const float bad[] = {0, -1, NAN, INFINITY, 1e7f};
    for (size_t i = 0; i < COUNT(bad); i++) {
        buffer bytes = tiny_adapter(NULL, 16, TENSOR_F32);
        tiny_patch(&bytes, "adapter.lora.alpha", &bad[i]);
        adapter_refused(bytes, PAW_ERR_FORMAT, "adapter.gguf", "adapter.lora.alpha");
    }
    adapter_refused(tiny_adapter(&(tiny_options){.spoil_scale = A0}, 32, TENSOR_Q8_0), PAW_ERR_FORMAT, A0, "finite");
    adapter_refused(tiny_adapter(&(tiny_options){.spoil_scale = B0}, 32, TENSOR_Q4_0), PAW_ERR_FORMAT, B0, "finite");
}

TEST(parts_that_do_not_fit)
{
    static const float data[64 * 96];
    model *m = tiny(TENSOR_F32, NULL);
    adapter *a = NULL;
    paw_error err = {0};
    adapter_part twice[2] = {{0, MODEL_Q, 16, TENSOR_F32, TENSOR_F32, data, data}, {0, MODEL_Q, 16, TENSOR_F32, TENSOR_F32, data, data}};
    check_error(adapter_build(m, twice, 2, 16, &a, &err), &err, PAW_ERR_FORMAT, "blk.0.attn_q", "stands twice");
    adapter_part deep = {2, MODEL_Q, 16, TENSOR_F32, TENSOR_F32, data, data};
    check_error(adapter_build(m, &deep, 1, 16, &a, &err), &err, PAW_ERR_MISMATCH, "blk.2.attn_q", "2 layers");
    adapter_part thin = {0, MODEL_Q, 16, TENSOR_F32, TENSOR_Q4_0, data, data};
    check_error(adapter_build(m, &thin, 1, 16, &a, &err), &err, PAW_ERR_UNSUPPORTED, "blk.0.attn_q", "rank 16");
    adapter_part strange = {0, MODEL_Q, 16, TENSOR_Q6_K, TENSOR_F32, data, data};
    check_error(adapter_build(m, &strange, 1, 16, &a, &err), &err, PAW_ERR_UNSUPPORTED, "blk.0.attn_q", "Q6_K");
    assert_null(a);
    model_close(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(float_weights_agree_with_the_reference),
        cmocka_unit_test(precise_mode_is_closer_than_eight_bits),
        cmocka_unit_test(taps_are_the_residual_stream),
        cmocka_unit_test(extra_embeddings_stand_for_tokens),
        cmocka_unit_test(any_threads_chunks_and_kernels),
        cmocka_unit_test(token_by_token_on_many_threads),
        cmocka_unit_test(kernels_by_name),
        cmocka_unit_test(batches_change_nothing),
        cmocka_unit_test(logits_of_every_token),
        cmocka_unit_test(a_batch_that_does_not_fit),
        cmocka_unit_test(packed_adapters),
        cmocka_unit_test(a_state_taken_back),
        cmocka_unit_test(requests_that_do_not_fit),
        cmocka_unit_test(missing_tensors),
        cmocka_unit_test(wrong_shapes),
        cmocka_unit_test(missing_hyperparameters),
        cmocka_unit_test(hyperparameters_out_of_range),
        cmocka_unit_test(architectures_that_are_not_supported),
        cmocka_unit_test(infinite_scales),
        cmocka_unit_test(infinite_values_of_float_formats),
        cmocka_unit_test(paths_that_lead_nowhere),
        cmocka_unit_test(options_out_of_range),
        cmocka_unit_test(shape_of_a_model),
        cmocka_unit_test(second_load_maps),
        cmocka_unit_test(bad_prepared_files_are_made_again),
        cmocka_unit_test(a_replaced_model_gets_new_weights),
        cmocka_unit_test(weights_that_cannot_be_kept),
        cmocka_unit_test(adapters_of_every_format_agree_with_the_reference),
        cmocka_unit_test(an_adapter_of_zeros_changes_nothing),
        cmocka_unit_test(adapters_for_another_base),
        cmocka_unit_test(adapters_that_lack_something),
        cmocka_unit_test(adapters_with_unknown_names),
        cmocka_unit_test(adapters_of_strange_ranks),
        cmocka_unit_test(adapters_with_bad_values),
        cmocka_unit_test(parts_that_do_not_fit),
    };
    return cmocka_run_group_tests_name("model", tests, make_dir, remove_dir);
}
