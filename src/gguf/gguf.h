/*
 * gguf.h: reading and writing GGUF version 3 files (ggml's docs/gguf.md).
 *
 * A file is mapped and never copied; every count, length, offset and shape is checked against the file's size before it
 * is used, so that what is handed out lies inside the map. Little-endian files only.
 */
#ifndef PAW_GGUF_GGUF_H
#define PAW_GGUF_GGUF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "tensor/format.h"

enum { GGUF_MAX_DIMS = 4 };

typedef enum gguf_kind {
    GGUF_U8, GGUF_I8, GGUF_U16, GGUF_I16, GGUF_U32, GGUF_I32, GGUF_F32, GGUF_BOOL, GGUF_STRING, GGUF_ARRAY,
    GGUF_U64, GGUF_I64, GGUF_F64
} gguf_kind;

typedef struct gguf_text {
    const char *data; /* not NUL-terminated */
    size_t size;
} gguf_text;

typedef struct gguf_tensor {
    char *name;
    tensor_type type;
    int n_dims;
    uint64_t ne[GGUF_MAX_DIMS]; /* innermost first; 1 beyond n_dims */
    const uint8_t *data;        /* `size` bytes inside the map */
    size_t size;
} gguf_tensor;

typedef struct gguf_file gguf_file;

/* Maps and checks `path`. */
paw_status gguf_open(const char *path, gguf_file **out, paw_error *err);

/* The same over memory that outlives the file; `name` stands for it in errors. */
paw_status gguf_open_memory(const void *data, size_t size, const char *name, gguf_file **out, paw_error *err);
void gguf_close(gguf_file *file);

const char *gguf_name(const gguf_file *file);

/* The mapped bytes before the tensors' data: all that describes the model. */
const void *gguf_header(const gguf_file *file, size_t *size);
size_t gguf_file_size(const gguf_file *file);
const void *gguf_file_data(const gguf_file *file);
int64_t gguf_mtime_ns(const gguf_file *file);
uint64_t gguf_inode(const gguf_file *file); /* 0 for memory */

/* Metadata. A value of another type, a missing key (where required) or a number out of range is an error that names the key. */
bool gguf_has(const gguf_file *file, const char *key);
paw_status gguf_get_u32(const gguf_file *file, const char *key, uint32_t *out, paw_error *err);
paw_status gguf_get_f32(const gguf_file *file, const char *key, float *out, paw_error *err);
paw_status gguf_get_bool(const gguf_file *file, const char *key, bool *out, paw_error *err);
paw_status gguf_get_text(const gguf_file *file, const char *key, gguf_text *out, paw_error *err);

/* As above, a missing key giving `fallback`. */
paw_status gguf_get_u32_or(const gguf_file *file, const char *key, uint32_t fallback, uint32_t *out, paw_error *err);
paw_status gguf_get_f32_or(const gguf_file *file, const char *key, float fallback, float *out, paw_error *err);
paw_status gguf_get_bool_or(const gguf_file *file, const char *key, bool fallback, bool *out, paw_error *err);

/* A string as a NUL-terminated copy, freed by the caller; a NUL inside is an error. */
paw_status gguf_get_string(const gguf_file *file, const char *key, char **out, paw_error *err);

/* Arrays: strings (a new array of views, freed by the caller), and 4-byte numbers of kind U32, I32 or F32 inside the map
 * (unaligned: read with memcpy). */
paw_status gguf_get_texts(const gguf_file *file, const char *key, gguf_text **out, size_t *n, paw_error *err);
paw_status gguf_get_words(const gguf_file *file, const char *key, gguf_kind kind, const uint8_t **out, size_t *n,
                          paw_error *err);

/* Tensors. */
size_t gguf_tensor_count(const gguf_file *file);
const gguf_tensor *gguf_tensor_at(const gguf_file *file, size_t index);
const gguf_tensor *gguf_find_tensor(const gguf_file *file, const char *name);

/* ---- writing ---- */

typedef struct gguf_writer gguf_writer;

paw_status gguf_writer_new(gguf_writer **out, paw_error *err);
void gguf_writer_free(gguf_writer *writer);
void gguf_put_u32(gguf_writer *writer, const char *key, uint32_t value);
void gguf_put_f32(gguf_writer *writer, const char *key, float value);
void gguf_put_bool(gguf_writer *writer, const char *key, bool value);
void gguf_put_string(gguf_writer *writer, const char *key, const char *value);
void gguf_put_strings(gguf_writer *writer, const char *key, const char *const *values, size_t n);
void gguf_put_i32s(gguf_writer *writer, const char *key, const int32_t *values, size_t n);

/* Adds a tensor whose data is copied; rows are `ne[0]` values. */
void gguf_put_tensor(gguf_writer *writer, const char *name, tensor_type type, int n_dims, const uint64_t *ne,
                     const void *data);

/* Lays the file out in `out`. The same calls give the same bytes. */
paw_status gguf_writer_finish(gguf_writer *writer, buffer *out, paw_error *err);

#endif
