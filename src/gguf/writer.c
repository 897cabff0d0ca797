/* writer.c: laying out a GGUF version 3 file in memory. */
#include <stdlib.h>
#include <string.h>

#include "gguf/gguf.h"

enum { ALIGNMENT = 32 };

struct gguf_writer {
    buffer entries, tensors, data;
    uint64_t n_entries, n_tensors;
};

paw_status gguf_writer_new(gguf_writer **out, paw_error *err)
{
    *out = calloc(1, sizeof **out);
    return *out != NULL ? PAW_OK : paw_fail_memory(err, sizeof **out);
}

void gguf_writer_free(gguf_writer *writer)
{
    if (writer != NULL) {
        buffer_free(&writer->entries);
        buffer_free(&writer->tensors);
        buffer_free(&writer->data);
        free(writer);
    }
}

static void put_text(buffer *b, const char *text)
{
    uint64_t n = strlen(text);
    buffer_append(b, &n, 8);
    buffer_append(b, text, (size_t)n);
}

static void put_key(gguf_writer *writer, const char *key, gguf_kind kind)
{
    uint32_t k = (uint32_t)kind;
    put_text(&writer->entries, key);
    buffer_append(&writer->entries, &k, 4);
    writer->n_entries++;
}

void gguf_put_u32(gguf_writer *writer, const char *key, uint32_t value)
{
    put_key(writer, key, GGUF_U32);
    buffer_append(&writer->entries, &value, 4);
}

void gguf_put_f32(gguf_writer *writer, const char *key, float value)
{
    put_key(writer, key, GGUF_F32);
    buffer_append(&writer->entries, &value, 4);
}

void gguf_put_string(gguf_writer *writer, const char *key, const char *value)
{
    put_key(writer, key, GGUF_STRING);
    put_text(&writer->entries, value);
}

void gguf_put_bool(gguf_writer *writer, const char *key, bool value)
{
    uint8_t byte = value;
    put_key(writer, key, GGUF_BOOL);
    buffer_append(&writer->entries, &byte, 1);
}

static void put_array(gguf_writer *writer, const char *key, gguf_kind element, uint64_t n)
{
    uint32_t kind = (uint32_t)element;
    put_key(writer, key, GGUF_ARRAY);
    buffer_append(&writer->entries, &kind, 4);
    buffer_append(&writer->entries, &n, 8);
}

void gguf_put_strings(gguf_writer *writer, const char *key, const char *const *values, size_t n)
{
    put_array(writer, key, GGUF_STRING, n);
    for (size_t i = 0; i < n; i++) {
        put_text(&writer->entries, values[i]);
    }
}

void gguf_put_i32s(gguf_writer *writer, const char *key, const int32_t *values, size_t n)
{
    put_array(writer, key, GGUF_I32, n);
    buffer_append(&writer->entries, values, n * sizeof *values);
}

static void pad(buffer *b)
{
    buffer_append_zeros(b, (ALIGNMENT - b->size % ALIGNMENT) % ALIGNMENT);
}

void gguf_put_tensor(gguf_writer *writer, const char *name, tensor_type type, int n_dims, const uint64_t *ne,
                     const void *data)
{
    uint32_t dims = (uint32_t)n_dims, number = (uint32_t)type;
    uint64_t offset = writer->data.size, values = 1;
    put_text(&writer->tensors, name);
    buffer_append(&writer->tensors, &dims, 4);
    for (int i = 0; i < n_dims; i++) {
        buffer_append(&writer->tensors, &ne[i], 8);
        values *= ne[i];
    }
    buffer_append(&writer->tensors, &number, 4);
    buffer_append(&writer->tensors, &offset, 8);
    buffer_append(&writer->data, data, format_size(type, (size_t)values));
    pad(&writer->data);
    writer->n_tensors++;
}

paw_status gguf_writer_finish(gguf_writer *writer, buffer *out, paw_error *err)
{
    uint32_t version = 3;
    buffer_append(out, "GGUF", 4);
    buffer_append(out, &version, 4);
    buffer_append(out, &writer->n_tensors, 8);
    buffer_append(out, &writer->n_entries, 8);
    buffer_append(out, writer->entries.data, writer->entries.size);
    buffer_append(out, writer->tensors.data, writer->tensors.size);
    pad(out);
    buffer_append(out, writer->data.data, writer->data.size);
    if (out->failed || writer->entries.failed || writer->tensors.failed || writer->data.failed) {
        return paw_fail_memory(err, writer->data.size);
    }
    return PAW_OK;
}
