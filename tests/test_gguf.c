/* test_gguf.c: GGUF files: what is written is read back, and what is damaged is one error that names file and field. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gguf/gguf.h"
#include "model/model.h"
#include "support/check.h"
#include "support/tiny.h"
#include "text/tokenizer.h"

/* ---- round trip ---- */

static buffer written(void)
{
    static const char *const words[] = {"one", "", "three \xE2\x82\xAC"};
    static const int32_t numbers[] = {-1, 0, INT32_MAX, INT32_MIN};
    static const float values[64] = {1, -2, 0.5f, 3e38f};
    gguf_writer *w;
    buffer out = {0};
    paw_error err = {0};
    check_ok(gguf_writer_new(&w, &err), &err);
    gguf_put_string(w, "name", "a file");
    gguf_put_string(w, "empty", "");
    gguf_put_u32(w, "u32", 4000000000u);
    gguf_put_f32(w, "f32", -0.25f);
    gguf_put_bool(w, "yes", true);
    gguf_put_bool(w, "no", false);
    gguf_put_strings(w, "words", words, 3);
    gguf_put_strings(w, "no words", words, 0);
    gguf_put_i32s(w, "numbers", numbers, 4);
    uint8_t quantised[68] = {0};
    gguf_put_tensor(w, "matrix", TENSOR_F32, 2, (const uint64_t[]){4, 3}, values);
    gguf_put_tensor(w, "quantised", TENSOR_Q8_0, 2, (const uint64_t[]){32, 2}, quantised);
    gguf_put_tensor(w, "cube", TENSOR_F16, 4, (const uint64_t[]){2, 2, 2, 2}, values);
    gguf_put_tensor(w, "vector", TENSOR_F32, 1, (const uint64_t[]){8}, values);
    check_ok(gguf_writer_finish(w, &out, &err), &err);
    gguf_writer_free(w);
    return out;
}

TEST(round_trip)
{
    buffer bytes = written();
    paw_error err = {0};
    gguf_file *f;
    uint32_t u;
    float x;
    bool yes, no;
    char *text;
    gguf_text view, *words;
    const uint8_t *raw;
    int32_t number;
    size_t n;
    check_ok(gguf_open_memory(bytes.data, bytes.size, "mem", &f, &err), &err);
    assert_string_equal(gguf_name(f), "mem");
    assert_int_equal(gguf_file_size(f), bytes.size);
    assert_ptr_equal(gguf_file_data(f), bytes.data);
    assert_ptr_equal(gguf_header(f, &n), bytes.data);
    assert_in_range(n, bytes.size - 400, bytes.size - 200);
    check_ok(gguf_get_u32(f, "u32", &u, &err), &err);
    assert_int_equal(u, 4000000000u);
    check_ok(gguf_get_f32(f, "f32", &x, &err), &err);
    assert_true(x == -0.25f);
    check_ok(gguf_get_bool(f, "yes", &yes, &err), &err);
    check_ok(gguf_get_bool(f, "no", &no, &err), &err);
    assert_true(yes && !no);
    check_ok(gguf_get_text(f, "name", &view, &err), &err);
    assert_int_equal(view.size, 6);
    check_ok(gguf_get_string(f, "empty", &text, &err), &err);
    assert_string_equal(text, "");
    free(text);
    check_ok(gguf_get_texts(f, "words", &words, &n, &err), &err);
    assert_int_equal(n, 3);
    assert_memory_equal(words[2].data, "three \xE2\x82\xAC", 9);
    assert_int_equal(words[1].size, 0);
    free(words);
    check_ok(gguf_get_texts(f, "no words", &words, &n, &err), &err);
    assert_int_equal(n, 0);
    free(words);
    check_ok(gguf_get_words(f, "numbers", GGUF_I32, &raw, &n, &err), &err);
    assert_int_equal(n, 4);
    memcpy(&number, raw + 12, 4);
    assert_int_equal(number, INT32_MIN);
    assert_int_equal(gguf_tensor_count(f), 4);
    const gguf_tensor *t = gguf_find_tensor(f, "cube");
    assert_non_null(t);
    assert_true(t->n_dims == 4 && t->ne[3] == 2 && t->size == 32 && t->type == TENSOR_F16);
    t = gguf_find_tensor(f, "matrix");
    assert_true(t->n_dims == 2 && t->ne[0] == 4 && t->ne[1] == 3 && t->ne[2] == 1 && t->ne[3] == 1 && t->size == 48);
    memcpy(&x, t->data + 8, 4);
    assert_true(x == 0.5f);
    assert_ptr_equal(gguf_tensor_at(f, 1), gguf_find_tensor(f, "quantised"));
    assert_null(gguf_find_tensor(f, "cub"));
    assert_null(gguf_find_tensor(f, ""));
    gguf_close(f);
    buffer_free(&bytes);
}

TEST(same_calls_same_bytes)
{
    buffer a = written(), b = written();
    assert_int_equal(a.size, b.size);
    assert_memory_equal(a.data, b.data, a.size);
    assert_int_equal(a.size % 32, 0);
    buffer_free(&a);
    buffer_free(&b);
}

TEST(wrong_kinds_and_missing_keys)
{
    buffer bytes = written();
    paw_error err = {0};
    gguf_file *f;
    uint32_t u = 0;
    float x = 0;
    bool b = false;
    char *text;
    gguf_text view, *words;
    const uint8_t *raw;
    size_t n;
    check_ok(gguf_open_memory(bytes.data, bytes.size, "mem", &f, &err), &err);
    check_error(gguf_get_u32(f, "gone", &u, &err), &err, PAW_ERR_FORMAT, "mem: gone", "missing");
    check_error(gguf_get_f32(f, "gone", &x, &err), &err, PAW_ERR_FORMAT, "mem: gone", "missing");
    check_error(gguf_get_texts(f, "gone", &words, &n, &err), &err, PAW_ERR_FORMAT, "mem: gone", "missing");
    check_error(gguf_get_u32(f, "name", &u, &err), &err, PAW_ERR_FORMAT, "mem: name", "type string; an integer");
    check_error(gguf_get_f32(f, "u32", &x, &err), &err, PAW_ERR_FORMAT, "mem: u32", "type u32; f32");
    check_error(gguf_get_bool(f, "u32", &b, &err), &err, PAW_ERR_FORMAT, "mem: u32", "bool is wanted");
    check_error(gguf_get_text(f, "words", &view, &err), &err, PAW_ERR_FORMAT, "mem: words", "type array; a string");
    check_error(gguf_get_string(f, "yes", &text, &err), &err, PAW_ERR_FORMAT, "mem: yes", "type bool; a string");
    check_error(gguf_get_texts(f, "numbers", &words, &n, &err), &err, PAW_ERR_FORMAT, "mem: numbers", "string");
    check_error(gguf_get_texts(f, "name", &words, &n, &err), &err, PAW_ERR_FORMAT, "mem: name", "an array");
    check_error(gguf_get_words(f, "numbers", GGUF_F32, &raw, &n, &err), &err, PAW_ERR_FORMAT, "mem: numbers", "f32");
    check_ok(gguf_get_u32_or(f, "gone", 5, &u, &err), &err);
    check_ok(gguf_get_f32_or(f, "gone", 0.5f, &x, &err), &err);
    check_ok(gguf_get_bool_or(f, "gone", true, &b, &err), &err);
    assert_true(u == 5 && x == 0.5f && b);
    check_error(gguf_get_u32_or(f, "name", 5, &u, &err), &err, PAW_ERR_FORMAT, "mem: name", "integer");
    gguf_close(f);
    buffer_free(&bytes);
}

/* ---- files made by hand ---- */

static void p32(buffer *b, uint32_t v)
{
    buffer_append(b, &v, 4);
}

static void p64(buffer *b, uint64_t v)
{
    buffer_append(b, &v, 8);
}

static void ptext(buffer *b, const char *text)
{
    p64(b, strlen(text));
    buffer_append_text(b, text);
}

static void pkey(buffer *b, const char *key, uint32_t kind)
{
    ptext(b, key);
    p32(b, kind);
}

static void phead(buffer *b, uint32_t version, uint64_t tensors, uint64_t keys)
{
    buffer_append(b, "GGUF", 4);
    p32(b, version);
    p64(b, tensors);
    p64(b, keys);
}

typedef struct shape {
    const char *name;
    uint32_t dims;
    uint64_t ne[4];
    uint32_t type;
    uint64_t offset;
} shape;

static void ptensor(buffer *b, const shape *s)
{
    ptext(b, s->name);
    p32(b, s->dims);
    for (uint32_t i = 0; i < s->dims && i < 4; i++) {
        p64(b, s->ne[i]);
    }
    p32(b, s->type);
    p64(b, s->offset);
}

/* A file with these tensors and 256 bytes of data. */
static buffer with_tensors(const shape *shapes, size_t n)
{
    buffer b = {0};
    phead(&b, 3, n, 0);
    for (size_t i = 0; i < n; i++) {
        ptensor(&b, &shapes[i]);
    }
    buffer_append_zeros(&b, (32 - b.size % 32) % 32 + 256);
    return b;
}

/* Opens a copy of exactly that size, so that the address sanitizer sees each step beyond; takes the bytes. */
static paw_status open_bytes(buffer b, gguf_file **f, char **copy, paw_error *err)
{
    *copy = malloc(b.size > 0 ? b.size : 1);
    assert_non_null(*copy);
    assert_false(b.failed);
    if (b.size > 0) {
        memcpy(*copy, b.data, b.size);
    }
    paw_status status = gguf_open_memory(*copy, b.size, "bad.gguf", f, err);
    buffer_free(&b);
    return status;
}

static void refused(buffer b, paw_status wanted, const char *where, const char *said)
{
    gguf_file *f = NULL;
    char *copy;
    paw_error err = {0};
    paw_status status = open_bytes(b, &f, &copy, &err);
    check_error(status, &err, wanted, "bad.gguf", said);
    check_error(status, &err, wanted, where, said);
    assert_null(f);
    free(copy);
}

static void tensor_refused(shape s, paw_status wanted, const char *said)
{
    refused(with_tensors(&s, 1), wanted, s.name, said);
}

static gguf_file *accepted(buffer b, char **copy)
{
    gguf_file *f = NULL;
    paw_error err = {0};
    check_ok(open_bytes(b, &f, copy, &err), &err);
    return f;
}

TEST(not_gguf)
{
    buffer b = {0};
    refused(b, PAW_ERR_FORMAT, "header", "ends in the middle");
    buffer_append_text(&b, "GGU");
    refused(b, PAW_ERR_FORMAT, "header", "ends in the middle");
    b = (buffer){0};
    buffer_append_text(&b, "PK\003\004 some archive or other file");
    refused(b, PAW_ERR_FORMAT, "header", "not a GGUF file");
    b = (buffer){0};
    buffer_append_text(&b, "FUGG");
    buffer_append_zeros(&b, 60);
    refused(b, PAW_ERR_FORMAT, "header", "not a GGUF file");
}

TEST(versions)
{
    static const uint32_t bad[] = {0, 1, 4, 0x03000000 /* a big-endian file */};
    for (size_t i = 0; i < COUNT(bad); i++) {
        buffer b = {0};
        phead(&b, bad[i], 0, 0);
        refused(b, PAW_ERR_UNSUPPORTED, "bad.gguf", "versions 2 and 3");
    }
    for (uint32_t version = 2; version <= 3; version++) {
        char *copy;
        buffer b = {0};
        phead(&b, version, 0, 0);
        gguf_close(accepted(b, &copy));
        free(copy);
    }
}

TEST(huge_counts)
{
    static const uint64_t counts[] = {100, 1 << 20, UINT64_C(1) << 32, UINT64_C(1) << 61, UINT64_MAX};
    for (size_t i = 0; i < COUNT(counts); i++) {
        buffer b = {0};
        phead(&b, 3, counts[i], 0);
        refused(b, PAW_ERR_FORMAT, "header", "do not fit");
        b = (buffer){0};
        phead(&b, 3, 0, counts[i]);
        refused(b, PAW_ERR_FORMAT, "header", "do not fit");
    }
}

TEST(huge_strings_and_arrays)
{
    static const uint64_t sizes[] = {1000, UINT64_C(1) << 31, UINT64_C(1) << 63, UINT64_MAX, UINT64_MAX - 24};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        buffer b = {0};
        phead(&b, 3, 0, 1); /* a key's length */
        p64(&b, sizes[i]);
        buffer_append_zeros(&b, 100);
        refused(b, PAW_ERR_FORMAT, "metadata key", "ends in the middle");

        b = (buffer){0};
        phead(&b, 3, 0, 1); /* a value's */
        pkey(&b, "text", GGUF_STRING);
        p64(&b, sizes[i]);
        buffer_append_zeros(&b, 100);
        refused(b, PAW_ERR_FORMAT, "text", "ends in the middle");

        for (uint32_t kind = 0; kind <= GGUF_F64; kind++) { /* an array's */
            if (kind == GGUF_ARRAY) {
                continue;
            }
            b = (buffer){0};
            phead(&b, 3, 0, 1);
            pkey(&b, "list", GGUF_ARRAY);
            p32(&b, kind);
            p64(&b, sizes[i]);
            buffer_append_zeros(&b, 100);
            refused(b, PAW_ERR_FORMAT, "list", kind == GGUF_STRING ? "ends in the middle" : "longer than the file");
        }

        b = (buffer){0};
        phead(&b, 3, 1, 0); /* a tensor name's */
        p64(&b, sizes[i]);
        buffer_append_zeros(&b, 100);
        refused(b, PAW_ERR_FORMAT, "tensor name", "ends in the middle");
    }
}

TEST(strange_keys_and_kinds)
{
    char big[300];
    memset(big, 'k', 299);
    big[299] = '\0';
    buffer b = {0};
    phead(&b, 3, 0, 1);
    pkey(&b, "", GGUF_U32);
    p32(&b, 1);
    refused(b, PAW_ERR_FORMAT, "metadata key", "0 bytes");
    b = (buffer){0};
    phead(&b, 3, 0, 1);
    pkey(&b, big, GGUF_U32);
    p32(&b, 1);
    refused(b, PAW_ERR_FORMAT, "metadata key", "299 bytes");
    b = (buffer){0};
    phead(&b, 3, 0, 1);
    pkey(&b, "strange", 13);
    p64(&b, 1);
    refused(b, PAW_ERR_FORMAT, "strange", "value type 13");
    b = (buffer){0};
    phead(&b, 3, 0, 1);
    pkey(&b, "nested", GGUF_ARRAY);
    p32(&b, GGUF_ARRAY);
    p64(&b, 1);
    refused(b, PAW_ERR_FORMAT, "nested", "element type 9");
    b = (buffer){0};
    phead(&b, 3, 0, 1);
    pkey(&b, "odd", GGUF_ARRAY);
    p32(&b, 77);
    p64(&b, 0);
    refused(b, PAW_ERR_FORMAT, "odd", "element type 77");
}

TEST(integers_of_every_kind)
{
    static const struct {
        uint32_t kind;
        int size;
        int64_t value;
        bool fits;
    } cases[] = {
        {GGUF_U8, 1, 200, true},          {GGUF_I8, 1, -1, false},           {GGUF_I8, 1, 100, true},
        {GGUF_U16, 2, 60000, true},       {GGUF_I16, 2, -5, false},          {GGUF_I16, 2, 5, true},
        {GGUF_I32, 4, INT32_MIN, false},  {GGUF_I32, 4, 7, true},            {GGUF_U64, 8, 9, true},
        {GGUF_U64, 8, INT64_C(1) << 32, false}, {GGUF_I64, 8, -1, false},    {GGUF_I64, 8, 4294967295, true},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        buffer b = {0};
        char *copy;
        uint32_t out = 1;
        paw_error err = {0};
        phead(&b, 3, 0, 1);
        pkey(&b, "value", cases[i].kind);
        buffer_append(&b, &cases[i].value, (size_t)cases[i].size);
        gguf_file *f = accepted(b, &copy);
        paw_status status = gguf_get_u32(f, "value", &out, &err);
        if (cases[i].fits) {
            check_ok(status, &err);
            assert_int_equal(out, (uint32_t)cases[i].value);
        } else {
            check_error(status, &err, PAW_ERR_FORMAT, "bad.gguf: value", "out of range");
        }
        gguf_close(f);
        free(copy);
    }
}

TEST(a_string_with_a_nul)
{
    buffer b = {0};
    char *copy, *text = NULL;
    paw_error err = {0};
    phead(&b, 3, 0, 1);
    pkey(&b, "text", GGUF_STRING);
    p64(&b, 3);
    buffer_append(&b, "a\0b", 3);
    gguf_file *f = accepted(b, &copy);
    check_error(gguf_get_string(f, "text", &text, &err), &err, PAW_ERR_FORMAT, "bad.gguf: text", "NUL");
    gguf_close(f);
    free(copy);
}

TEST(shapes_out_of_range)
{
    tensor_refused((shape){"t", 0, {1}, TENSOR_F32, 0}, PAW_ERR_FORMAT, "0 dimensions");
    tensor_refused((shape){"t", 5, {1, 1, 1, 1}, TENSOR_F32, 0}, PAW_ERR_FORMAT, "5 dimensions");
    tensor_refused((shape){"t", UINT32_MAX, {1}, TENSOR_F32, 0}, PAW_ERR_FORMAT, "dimensions");
    tensor_refused((shape){"t", 2, {8, 0}, TENSOR_F32, 0}, PAW_ERR_FORMAT, "dimension of 0");
    tensor_refused((shape){"t", 1, {UINT64_MAX}, TENSOR_F32, 0}, PAW_ERR_FORMAT, "out of range");
    tensor_refused((shape){"t", 2, {UINT64_C(1) << 63, 2}, TENSOR_F32, 0}, PAW_ERR_FORMAT, "out of range");
    tensor_refused((shape){"t", 2, {UINT64_C(1) << 32, UINT64_C(1) << 32}, TENSOR_F32, 0}, PAW_ERR_FORMAT, "out of range");
    tensor_refused((shape){"t", 4, {1 << 16, 1 << 16, 1 << 16, 1 << 16}, TENSOR_F32, 0}, PAW_ERR_FORMAT, "out of range");
    tensor_refused((shape){"t", 4, {1 << 10, 1 << 10, 1 << 10, 1 << 10}, TENSOR_F32, 0}, PAW_ERR_FORMAT, "beyond the end");
    tensor_refused((shape){"t", 2, {31, 2}, TENSOR_Q4_0, 0}, PAW_ERR_FORMAT, "whole number of blocks");
    tensor_refused((shape){"t", 1, {128}, TENSOR_Q6_K, 0}, PAW_ERR_FORMAT, "whole number of blocks");
}

TEST(unknown_block_formats)
{
    static const uint32_t bad[] = {4, 5, 9, 10, 20, 31, 99, UINT32_MAX};
    for (size_t i = 0; i < COUNT(bad); i++) {
        tensor_refused((shape){"odd", 1, {32}, bad[i], 0}, PAW_ERR_UNSUPPORTED, "not supported");
    }
}

TEST(offsets_out_of_range)
{
    char *copy;
    shape fits = {"t", 1, {64}, TENSOR_F32, 0};
    gguf_file *f = accepted(with_tensors(&fits, 1), &copy);
    assert_int_equal(gguf_find_tensor(f, "t")->size, 256);
    gguf_close(f);
    free(copy);
    tensor_refused((shape){"t", 1, {65}, TENSOR_F32, 0}, PAW_ERR_FORMAT, "beyond the end");
    tensor_refused((shape){"t", 1, {64}, TENSOR_F32, 32}, PAW_ERR_FORMAT, "beyond the end");
    tensor_refused((shape){"t", 1, {1}, TENSOR_F32, 256}, PAW_ERR_FORMAT, "beyond the end");
    tensor_refused((shape){"t", 1, {8}, TENSOR_F32, 4}, PAW_ERR_FORMAT, "not aligned");
    tensor_refused((shape){"t", 1, {8}, TENSOR_F32, 31}, PAW_ERR_FORMAT, "not aligned");
    tensor_refused((shape){"t", 1, {8}, TENSOR_F32, UINT64_MAX - 31}, PAW_ERR_FORMAT, "beyond the end");
    tensor_refused((shape){"t", 1, {8}, TENSOR_F32, UINT64_C(1) << 63}, PAW_ERR_FORMAT, "beyond the end");
    tensor_refused((shape){"t", 1, {8}, TENSOR_F32, UINT64_MAX}, PAW_ERR_FORMAT, "not aligned");
}

TEST(tensor_names)
{
    shape twice[3] = {{"a", 1, {8}, TENSOR_F32, 0}, {"b", 1, {8}, TENSOR_F32, 32}, {"a", 1, {8}, TENSOR_F32, 64}};
    refused(with_tensors(twice, 3), PAW_ERR_FORMAT, ": a", "stands twice");
    shape empty = {"", 1, {8}, TENSOR_F32, 0};
    refused(with_tensors(&empty, 1), PAW_ERR_FORMAT, "tensor name", "0 bytes");
    buffer b = {0};
    phead(&b, 3, 1, 0);
    p64(&b, 3);
    buffer_append(&b, "a\0b", 3);
    buffer_append_zeros(&b, 100);
    refused(b, PAW_ERR_FORMAT, "tensor name", "NUL");
}

TEST(alignments)
{
    static const uint32_t bad[] = {0, 3, 48, 1 << 17, UINT32_MAX};
    for (size_t i = 0; i < COUNT(bad); i++) {
        buffer b = {0};
        phead(&b, 3, 0, 1);
        pkey(&b, "general.alignment", GGUF_U32);
        p32(&b, bad[i]);
        refused(b, PAW_ERR_FORMAT, "general.alignment", "power of two");
    }
    buffer b = {0};
    phead(&b, 3, 0, 1);
    pkey(&b, "general.alignment", GGUF_STRING);
    ptext(&b, "32");
    refused(b, PAW_ERR_FORMAT, "general.alignment", "integer");
    b = (buffer){0}; /* 8 holds */
    shape s = {"t", 1, {8}, TENSOR_F32, 8};
    char *copy;
    phead(&b, 3, 1, 1);
    pkey(&b, "general.alignment", GGUF_U32);
    p32(&b, 8);
    ptensor(&b, &s);
    buffer_append_zeros(&b, (8 - b.size % 8) % 8 + 40);
    gguf_close(accepted(b, &copy));
    free(copy);
}

TEST(files_that_are_none)
{
    gguf_file *f = NULL;
    paw_error err = {0};
    char *dir = tiny_folder();
    check_put(check_path(dir, "none"), "", 0);
    check_error(gguf_open(check_path(dir, "gone.gguf"), &f, &err), &err, PAW_ERR_NOT_FOUND, "gone.gguf", "No such file");
    check_error(gguf_open(dir, &f, &err), &err, PAW_ERR_ARGUMENT, dir, "not a regular file");
    check_error(gguf_open(check_path(dir, "none"), &f, &err), &err, PAW_ERR_FORMAT, "none: header", "ends in the middle");
    assert_null(f);
    gguf_close(NULL);
    tiny_remove(dir);
}

/* ---- damage everywhere ---- */

TEST(cut_at_every_byte)
{
    buffer whole = written();
    for (size_t n = 0; n < whole.size; n++) {
        buffer b = {0};
        buffer_append(&b, whole.data, n);
        refused(b, PAW_ERR_FORMAT, NULL, NULL);
    }
    buffer_free(&whole);
}

static void read_all(const gguf_file *f)
{
    volatile unsigned sum = 0;
    for (size_t i = 0; i < gguf_tensor_count(f); i++) {
        const gguf_tensor *t = gguf_tensor_at(f, i);
        sum += t->data[0];
        sum += t->data[t->size - 1];
        assert_ptr_equal(gguf_find_tensor(f, t->name), t);
    }
}

TEST(every_byte_of_a_small_file_changed)
{
    buffer whole = written();
    for (size_t i = 0; i < whole.size; i++) {
        for (int bit = 0; bit < 9; bit++) {
            buffer b = {0};
            gguf_file *f = NULL;
            paw_error err = {0};
            char *copy;
            buffer_append(&b, whole.data, whole.size);
            b.data[i] = (char)(bit < 8 ? b.data[i] ^ 1 << bit : b.data[i] ^ 0xFF);
            if (open_bytes(b, &f, &copy, &err) == PAW_OK) {
                read_all(f);
            } else {
                assert_true(err.status == PAW_ERR_FORMAT || err.status == PAW_ERR_UNSUPPORTED);
                assert_non_null(strstr(err.where, "bad.gguf"));
            }
            gguf_close(f);
            free(copy);
        }
    }
    buffer_free(&whole);
}

/* Each byte before the tensors' data: an error, or a tokenizer that works. */
TEST(every_byte_of_a_model_header_changed)
{
    buffer whole = tiny_model(NULL);
    gguf_file *f;
    size_t header;
    int opened = 0, failed = 0;
    assert_int_equal(gguf_open_memory(whole.data, whole.size, "whole", &f, NULL), PAW_OK);
    gguf_header(f, &header);
    gguf_close(f);
    for (size_t i = 0; i < header; i++) {
        char before = whole.data[i];
        tokenizer *t = NULL;
        f = NULL;
        whole.data[i] = (char)(i % 3 == 0 ? before ^ 0xFF : i % 3 == 1 ? before + 1 : before ^ 0x80);
        if (gguf_open_memory(whole.data, whole.size, "damaged", &f, NULL) == PAW_OK) {
            read_all(f);
            opened++;
            if (tokenizer_new(f, &t, NULL) == PAW_OK) {
                token_list list = {0};
                tokenizer_encode(t, "the <|im_end|> end", 18, true, &list, NULL);
                token_list_free(&list);
            }
        } else {
            failed++;
        }
        tokenizer_free(t);
        gguf_close(f);
        whole.data[i] = before;
    }
    assert_true(opened > 0 && failed > 0);
    buffer_free(&whole);
}

/* The same up to a forward pass, for a sample of the bytes. */
TEST(models_with_a_changed_header)
{
    buffer whole = tiny_model(&(tiny_options){.type = TENSOR_Q8_0, .n_layer = 1, .context = 64});
    char *dir = tiny_folder(), *path = strdup(check_path(dir, "model.gguf"));
    gguf_file *f;
    size_t header;
    int opened = 0, failed = 0;
    assert_int_equal(gguf_open_memory(whole.data, whole.size, "whole", &f, NULL), PAW_OK);
    gguf_header(f, &header);
    gguf_close(f);
    for (size_t i = 0; i < header; i += i < 700 || i > header - 900 ? 3 : 61) {
        model *m = NULL;
        model_options options = {.threads = 1, .cache_dir = "/dev/null/nowhere"};
        paw_error err = {0};
        char before = whole.data[i];
        whole.data[i] = (char)(before ^ (i % 2 ? 0x81 : 0x04));
        check_put(path, whole.data, whole.size);
        whole.data[i] = before;
        if (model_open(path, &options, &m, &err) == PAW_OK) {
            int32_t tokens[3] = {0, 100, 7};
            float logits[512];
            model_state *s;
            model_request r = {.tokens = tokens, .n = 3, .logits = logits};
            assert_true(model_get_shape(m)->n_vocab <= 512);
            assert_int_equal(model_state_new(m, &s, NULL), PAW_OK);
            assert_int_equal(model_forward(m, s, &r, NULL), PAW_OK);
            model_state_free(s);
            opened++;
        } else {
            assert_true(err.status != PAW_OK && err.message[0] != '\0');
            failed++;
        }
        model_close(m);
    }
    assert_true(opened > 0 && failed > 0);
    free(path);
    buffer_free(&whole);
    tiny_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),
        cmocka_unit_test(same_calls_same_bytes),
        cmocka_unit_test(wrong_kinds_and_missing_keys),
        cmocka_unit_test(not_gguf),
        cmocka_unit_test(versions),
        cmocka_unit_test(huge_counts),
        cmocka_unit_test(huge_strings_and_arrays),
        cmocka_unit_test(strange_keys_and_kinds),
        cmocka_unit_test(integers_of_every_kind),
        cmocka_unit_test(a_string_with_a_nul),
        cmocka_unit_test(shapes_out_of_range),
        cmocka_unit_test(unknown_block_formats),
        cmocka_unit_test(offsets_out_of_range),
        cmocka_unit_test(tensor_names),
        cmocka_unit_test(alignments),
        cmocka_unit_test(files_that_are_none),
        cmocka_unit_test(cut_at_every_byte),
        cmocka_unit_test(every_byte_of_a_small_file_changed),
        cmocka_unit_test(every_byte_of_a_model_header_changed),
        cmocka_unit_test(models_with_a_changed_header),
    };
    return cmocka_run_group_tests_name("gguf", tests, NULL, NULL);
}
