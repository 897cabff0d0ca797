/* linear.c: the linear layers of a chunk: matrices, adapters beside them, biases. Which thread does what changes nothing. */
#include "model/internal.h"

void step_over_rows(step *s, thread_body body)
{
    if (s->n < 4) {
        body(s, 0, s->n, 0);
    } else {
        thread_pool_run(s->m->pool, s->n, 2, body, s);
    }
}

/* Row groups [begin, end) of all the products, numbered one product after the other. */
static void multiply(void *context, int begin, int end, int thread)
{
    step *s = context;
    (void)thread;
    int i = 0;
    while (begin < end) {
        while (begin >= s->products[i].groups + s->products[i].w->groups) {
            i++;
        }
        const product *p = &s->products[i];
        int first = begin - p->groups, stop = end - p->groups < p->w->groups ? end - p->groups : p->w->groups;
        matrix_multiply(p->w, s->m->kernels, p->x, p->row, p->n, first, stop, p->y, p->stride, p->add, p->factor);
        begin = p->groups + stop;
    }
}

static void run_products(step *s)
{
    if (s->n_products == 0) {
        return;
    }
    const product *last = &s->products[s->n_products - 1];
    int groups = last->groups + last->w->groups, chunk = groups / (thread_pool_size(s->m->pool) * 8);
    thread_pool_run(s->m->pool, groups, chunk < 1 ? 1 : chunk > 16 ? 16 : chunk, multiply, s);
    s->n_products = 0;
}

static void add_product(step *s, product p)
{
    const product *last = s->n_products > 0 ? &s->products[s->n_products - 1] : NULL;
    p.groups = last != NULL ? last->groups + last->w->groups : 0;
    s->products[s->n_products++] = p;
}

static const adapter_pair *pair_of(const step *s, const lora_run *run, model_module module)
{
    const adapter_pair *pair = &run->lora->pairs[s->layer * MODEL_MODULES + module];
    return pair->a.kind != MATRIX_NONE ? pair : NULL;
}

/* A x of a member for every run of rows with an adapter that has something for it. */
static void add_lows(step *s, model_module module, int member, const activations *x)
{
    for (int i = 0; i < s->n_runs; i++) {
        const lora_run *run = &s->runs[i];
        const adapter_pair *pair = run->lora != NULL ? pair_of(s, run, module) : NULL;
        if (pair != NULL) {
            activations *low = (activations *)&run->lora->low[member]; /* scratch that the adapter carries */
            low->in.cols = pair->b.cols;
            low->in.blocks = pair->b.cols / KERNEL_BLOCK;
            low->in.planes = x->in.planes;
            float *y = low->x + (size_t)run->row * (size_t)pair->b.cols;
            add_product(s, (product){&pair->a, x, y, (size_t)pair->b.cols, run->row, run->n, false, 1.0f, 0});
        }
    }
}

static void add_highs(step *s, model_module module, int member, float *y, int width)
{
    for (int i = 0; i < s->n_runs; i++) {
        const lora_run *run = &s->runs[i];
        const adapter_pair *pair = run->lora != NULL ? pair_of(s, run, module) : NULL;
        if (pair != NULL) {
            add_product(s, (product){&pair->b, &run->lora->low[member], y + (size_t)run->row * (size_t)width, (size_t)width,
                                     run->row, run->n, true, pair->factor, 0});
        }
    }
}

static void quantise_lows(void *context, int begin, int end, int thread)
{
    step *s = context;
    (void)thread;
    for (int i = 0; i < s->n_products; i++) {
        const product *p = &s->products[i];
        int first = begin > p->row ? begin : p->row, stop = end < p->row + p->n ? end : p->row + p->n;
        if (first < stop && matrix_is_quantised(p->w)) {
            activations_quantise((activations *)p->x, s->m->kernels, first, stop);
        }
    }
}

static void add_biases(void *context, int begin, int end, int thread)
{
    step *s = context;
    (void)thread;
    for (int i = 0; i < s->n_members; i++) {
        size_t width = (size_t)s->widths[i];
        for (int t = begin; t < end && s->biases[i] != NULL; t++) {
            s->m->kernels->add(s->targets[i] + (size_t)t * width, s->biases[i], (int)width);
        }
    }
}

void step_linear(step *s, const model_module *modules, float *const *y, int count, const activations *x, bool add)
{
    const layer *l = &s->m->layers[s->layer];
    s->n_members = count;
    for (int i = 0; i < count; i++) {
        const matrix *w = &l->w[modules[i]];
        s->biases[i] = l->bias[modules[i]];
        s->targets[i] = y[i];
        s->widths[i] = w->rows;
        add_product(s, (product){w, x, y[i], (size_t)w->rows, 0, s->n, add, 1.0f, 0});
        add_lows(s, modules[i], i, x);
    }
    run_products(s);
    for (int i = 0; i < count; i++) {
        add_highs(s, modules[i], i, y[i], s->widths[i]);
    }
    if (s->n_products > 0) {
        step_over_rows(s, quantise_lows);
        run_products(s);
    }
    if (s->m->shape.traits->biases) {
        step_over_rows(s, add_biases);
    }
}
