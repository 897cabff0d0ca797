/* state.h: keys and values of a sequence's beginning as one block of bytes, to be kept and taken up again. */
#ifndef PAW_MODEL_STATE_H
#define PAW_MODEL_STATE_H

#include "model/model.h"

/*
 * Names the model file, its weights' layout and the engine's arithmetic: a packed state is good for exactly the model
 * whose identity is the same. 64 hex digits, owned by the model.
 */
const char *model_identity(const model *m);

/* Bytes that the first n positions take: f16 keys in whole tiles of 16 positions, f16 values. */
size_t model_state_packed_size(const model_state *s, int n);

/* Packs positions [0, n), n at most the state's length, into `out`. */
void model_state_pack(const model_state *s, int n, void *out);

/* Replaces what the state holds by n packed positions (n at most the context). */
void model_state_unpack(model_state *s, int n, const void *data);

#endif
