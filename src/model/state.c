/*
 * state.c: the keys and values of a sequence, in pages of 16 positions. A page holds, for each layer and each key-value
 * head, the keys [n_head_dim][16] and then the values [16][n_head_dim], in f16. Pages may belong to somebody else (a mapped
 * file, another state): they are read in place and copied when they are to be written to.
 */
#include "model/state.h"

#include <stdlib.h>
#include <string.h>

#include "model/internal.h"

const char *model_identity(const model *m)
{
    return m->identity;
}

static size_t page_values(const model *m)
{
    const model_shape *s = &m->shape;
    return (size_t)s->n_layer * (size_t)s->n_kv * 2 * STATE_PAGE * (size_t)s->n_head_dim;
}

static int pages_of(int n)
{
    return (n + STATE_PAGE - 1) / STATE_PAGE;
}

paw_status model_state_new(const model *m, model_state **out, paw_error *err)
{
    model_state *s = calloc(1, sizeof *s);
    if (s != NULL) {
        s->model = m;
        s->n_pages = pages_of(m->context);
        s->pages = calloc((size_t)s->n_pages, sizeof *s->pages);
        s->own = calloc((size_t)s->n_pages, sizeof *s->own);
    }
    if (s == NULL || s->pages == NULL || s->own == NULL) {
        model_state_free(s);
        return paw_fail_memory(err, sizeof *s + (size_t)pages_of(m->context) * sizeof *s->pages);
    }
    *out = s;
    return PAW_OK;
}

void model_state_free(model_state *s)
{
    if (s != NULL) {
        for (int i = 0; s->own != NULL && i < s->n_pages; i++) {
            free(s->own[i]);
        }
        free(s->own);
        free(s->pages);
        free(s);
    }
}

int model_state_length(const model_state *s)
{
    return s->length;
}

void model_state_truncate(model_state *s, int length)
{
    if (length >= 0 && length < s->length) {
        s->length = length;
    }
}

void model_state_trim(model_state *s)
{
    for (int i = pages_of(s->length); i < s->n_pages; i++) {
        free(s->own[i]);
        s->own[i] = NULL;
        s->pages[i] = NULL;
    }
}

size_t model_state_bytes(const model_state *s)
{
    size_t pages = 0;
    for (int i = 0; i < s->n_pages; i++) {
        pages += s->own[i] != NULL;
    }
    return sizeof *s + (size_t)s->n_pages * 2 * sizeof *s->pages + pages * page_values(s->model) * sizeof **s->own;
}

paw_status state_make_room(model_state *s, int n, paw_error *err)
{
    size_t bytes = page_values(s->model) * sizeof **s->own;
    for (int i = s->length / STATE_PAGE; i < pages_of(s->length + n); i++) {
        if (s->own[i] == NULL) {
            s->own[i] = aligned_alloc(64, bytes);
            if (s->own[i] == NULL) {
                return paw_fail_memory(err, bytes);
            }
            memset(s->own[i], 0, bytes); /* places beyond the length are read, though nothing comes of them */
        }
        if (s->pages[i] != s->own[i]) {
            if (i * STATE_PAGE < s->length) {
                memcpy(s->own[i], s->pages[i], bytes);
            }
            s->pages[i] = s->own[i];
        }
    }
    return PAW_OK;
}

size_t model_state_packed_size(const model *m, int n)
{
    return (size_t)pages_of(n) * page_values(m) * sizeof(uint16_t);
}

/* Zeroes the places from `used` on in each head of a page. */
static void clear_rest(const model *m, uint16_t *page, int used)
{
    size_t dim = (size_t)m->shape.n_head_dim, heads = (size_t)m->shape.n_layer * (size_t)m->shape.n_kv;
    for (size_t h = 0; h < heads; h++, page += 2 * STATE_PAGE * dim) {
        for (size_t d = 0; d < dim; d++) {
            memset(page + d * STATE_PAGE + used, 0, (size_t)(STATE_PAGE - used) * sizeof *page);
        }
        memset(page + (STATE_PAGE + (size_t)used) * dim, 0, (size_t)(STATE_PAGE - used) * dim * sizeof *page);
    }
}

void model_state_pack(const model_state *s, int n, void *out)
{
    size_t values = page_values(s->model);
    uint16_t *page = out;
    for (int i = 0; i < pages_of(n); i++, page += values) {
        memcpy(page, s->pages[i], values * sizeof *page);
        if ((i + 1) * STATE_PAGE > n) {
            clear_rest(s->model, page, n - i * STATE_PAGE);
        }
    }
}

void model_state_attach(model_state *s, const void *data, int n)
{
    const uint16_t *page = data;
    for (int i = 0; i < pages_of(n); i++, page += page_values(s->model)) {
        s->pages[i] = page;
    }
    s->length = n;
}

void model_state_share(model_state *s, const model_state *from, int n)
{
    memcpy(s->pages, from->pages, (size_t)pages_of(n) * sizeof *s->pages);
    s->length = n;
}
