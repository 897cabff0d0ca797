/* state.c: packing keys and values. Per layer: each head's keys, then each head's values. */
#include "model/state.h"

#include <string.h>

#include "model/internal.h"

const char *model_identity(const model *m)
{
    return m->identity;
}

static size_t key_values(const model_state *s, int n)
{
    return ((size_t)n + LANES_OF_KEYS - 1) / LANES_OF_KEYS * LANES_OF_KEYS * (size_t)s->model->shape.n_head_dim;
}

size_t model_state_packed_size(const model_state *s, int n)
{
    const model_shape *shape = &s->model->shape;
    size_t head = key_values(s, n) + (size_t)n * (size_t)shape->n_head_dim;
    return head * (size_t)shape->n_kv * (size_t)shape->n_layer * sizeof *s->data;
}

/* Walks over all runs of values: packs them, or unpacks them when `out` is NULL. */
static void walk(const model_state *s, uint16_t *data, int n, uint8_t *out, const uint8_t *in)
{
    const model_shape *shape = &s->model->shape;
    size_t keys = key_values(s, n) * sizeof *data, values = (size_t)n * (size_t)shape->n_head_dim * sizeof *data, at = 0;
    for (int l = 0; l < shape->n_layer; l++) {
        for (int h = 0; h < 2 * shape->n_kv; h++) {
            bool key = h < shape->n_kv;
            size_t size = key ? keys : values;
            uint16_t *p = data + (size_t)l * s->layer_size +
                          (key ? (size_t)h * s->k_head
                               : (size_t)shape->n_kv * s->k_head + (size_t)(h - shape->n_kv) * s->v_head);
            if (out != NULL) {
                memcpy(out + at, p, size);
            } else {
                memcpy(p, in + at, size);
            }
            at += size;
        }
    }
}

void model_state_pack(const model_state *s, int n, void *out)
{
    walk(s, s->data, n, out, NULL);
}

void model_state_unpack(model_state *s, int n, const void *data)
{
    walk(s, s->data, n, NULL, data);
    s->length = n;
}
