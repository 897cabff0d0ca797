/* gradient_floats.c: products of float32 matrices by the kernels of F32 weights; their sums go in ascending order. */
#include <string.h>

#include "model/gradient_internal.h"

enum { BLOCK_ROWS = 64 }; /* rows of a product that one piece of work takes */

typedef struct packing {
    gradient_pass *p;
    const float *from;
    const gguf_tensor *tensor;
    int first, k, m;
    bool transposed;
} packing;

static void pack_groups(void *context, int begin, int end, int thread)
{
    const packing *w = context;
    size_t k = (size_t)w->k, m = (size_t)w->m;
    (void)thread;
    for (size_t g = (size_t)begin; g < (size_t)end; g++) {
        float *to = w->p->strips + g * k * KERNEL_ROWS;
        for (size_t i = 0; i < k; i++, to += KERNEL_ROWS) {
            if (!w->transposed) {
                memcpy(to, w->from + i * m + g * KERNEL_ROWS, KERNEL_ROWS * sizeof *to);
                continue;
            }
            for (size_t j = 0; j < KERNEL_ROWS; j++) {
                to[j] = w->from[(g * KERNEL_ROWS + j) * k + i];
            }
        }
    }
}

void floats_pack(gradient_pass *p, const float *from, int k, int m, bool transposed)
{
    packing w = {p, from, NULL, 0, k, m, transposed};
    thread_pool_run(p->m->pool, m / KERNEL_ROWS, 1, pack_groups, &w);
}

static void pack_rows(void *context, int begin, int end, int thread)
{
    const packing *w = context;
    size_t k = (size_t)w->k, m = (size_t)w->m, size = format_size(w->tensor->type, m);
    float *line = w->p->line + (size_t)thread * m;
    for (size_t i = (size_t)begin; i < (size_t)end; i++) {
        format_dequantise(w->tensor->type, w->tensor->data + ((size_t)w->first + i) * size, line, m);
        for (size_t g = 0; g < m / KERNEL_ROWS; g++) {
            memcpy(w->p->strips + (g * k + i) * KERNEL_ROWS, line + g * KERNEL_ROWS, KERNEL_ROWS * sizeof *line);
        }
    }
}

void floats_pack_tensor(gradient_pass *p, const gguf_tensor *t, int first, int k, int m)
{
    packing w = {p, NULL, t, first, k, m, false};
    thread_pool_run(p->m->pool, k, 16, pack_rows, &w);
}

typedef struct float_product {
    gradient_pass *p;
    matrix strips;
    activations x;
    int n, blocks;
    float *y;
    bool add;
    float factor;
} float_product;

static void multiply_pieces(void *context, int begin, int end, int thread)
{
    const float_product *w = context;
    (void)thread;
    for (int i = begin; i < end; i++) {
        int group = i / w->blocks, first = i % w->blocks * BLOCK_ROWS;
        int n = w->n - first < BLOCK_ROWS ? w->n - first : BLOCK_ROWS;
        matrix_multiply(&w->strips, w->p->m->kernels, &w->x, first, n, group, group + 1,
                        w->y + (size_t)first * (size_t)w->strips.rows, (size_t)w->strips.rows, w->add, w->factor);
    }
}

void floats_multiply(gradient_pass *p, const float *x, int n, int k, int m, float *y, bool add, float factor)
{
    float_product w = {.p = p, .n = n, .blocks = (n + BLOCK_ROWS - 1) / BLOCK_ROWS, .y = y, .add = add, .factor = factor};
    w.strips = (matrix){MATRIX_F32, m, k, m / KERNEL_ROWS, (size_t)k * KERNEL_ROWS * sizeof(float), (const uint8_t *)p->strips};
    w.x.in = (kernel_input){.x = x, .cols = k};
    thread_pool_run(p->m->pool, w.strips.groups * w.blocks, 1, multiply_pieces, &w);
}

typedef struct transposition {
    const float *from;
    float *to;
    int rows, cols;
} transposition;

static void transpose_lines(void *context, int begin, int end, int thread)
{
    const transposition *w = context;
    (void)thread;
    for (int c = begin; c < end; c++) {
        float *to = w->to + (size_t)c * (size_t)w->rows;
        for (int r = 0; r < w->rows; r++) {
            to[r] = w->from[(size_t)r * (size_t)w->cols + (size_t)c];
        }
    }
}

void floats_transpose(gradient_pass *p, const float *from, int rows, int cols, float *to)
{
    transposition w = {from, to, rows, cols};
    thread_pool_run(p->m->pool, cols, 16, transpose_lines, &w);
}
