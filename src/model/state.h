/* state.h: a sequence's beginning and an adapter as blocks of bytes, to be kept, mapped and shared. */
#ifndef PAW_MODEL_STATE_H
#define PAW_MODEL_STATE_H

#include "model/model.h"

/*
 * Names the model file, its weights' layout and the engine's arithmetic: packed positions and packed adapters are good for
 * exactly the model whose identity is the same. 64 hex digits, owned by the model.
 */
const char *model_identity(const model *m);

/* Where something made from the model file may be kept: in the cache, or beside the file. Freed by the caller; NULL: no memory. */
char *model_kept_path(const model *m, const char *ending);

/* Bytes that the first n positions take: whole pages of 16 positions, a multiple of 64 bytes. */
size_t model_state_packed_size(const model *m, int n);

/* Packs positions [0, n), n at most the state's length, into `out`. Places beyond n in the last page are zero. */
void model_state_pack(const model_state *s, int n, void *out);

/*
 * Makes the state begin with n packed positions (n at most the context), which it reads in place: `data`, 64-byte aligned,
 * must stay as it is for as long as the state is used. What the state held is forgotten.
 */
void model_state_attach(model_state *s, const void *data, int n);

/*
 * Makes `s` begin with the first n positions of `from`, which it reads in place: `from` must keep them until `s` is freed
 * or gets another beginning.
 */
void model_state_share(model_state *s, const model_state *from, int n);

/* Bytes that the state itself holds: pages that it has written to and its table. */
size_t model_state_bytes(const model_state *s);

/*
 * An adapter laid out for the kernels as one block of bytes. adapter_attach reads it in place: `data`, 64-byte aligned, must
 * outlive the adapter. Sizes and formats are checked against the model, the values are not.
 */
size_t adapter_packed_size(const adapter *a);
void adapter_pack(const adapter *a, void *out);
paw_status adapter_attach(const model *m, const void *data, size_t size, adapter **out, paw_error *err);

#endif
