/*
 * test_tokenizer.c: the tokenizer against Hugging Face's tokens (golden/tokens.json), its promises,
 * and broken files.
 *
 * PAW_TEST_BASE names SmolLM2-135M-Instruct.Q4_1.gguf; otherwise it is looked for in the cache of
 * models. PAW_TEST_GOLDEN names the folder of golden files; otherwise tests/golden.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/file.h"
#include "support/tiny.h"
#include "text/kept.h"
#include "text/tokenizer.h"

static const char *base_path(void)
{
    static char *path;
    if (path == NULL) {
        path = tiny_real_base();
    }
    return path;
}

/* ---- the model's own vocabulary ---- */

typedef struct loaded {
    gguf_file *file;
    tokenizer *t;
    buffer header; /* behind `file` when the pre-tokenizer was exchanged */
} loaded;

static void fail_with(const paw_error *err, const char *what)
{
    fail_msg("%s: %s: %s", what, err->where, err->message);
}

/* The header of `file` with another value of tokenizer.ggml.pre, and no tensors. */
static void exchange_pre(const gguf_file *file, const char *pre, buffer *out)
{
    size_t size;
    gguf_text old;
    paw_error err;
    const char *header = gguf_header(file, &size);
    uint64_t none = 0, length = strlen(pre);
    assert_int_equal(gguf_get_text(file, "tokenizer.ggml.pre", &old, &err), PAW_OK);
    size_t at = (size_t)(old.data - header);
    buffer_append(out, header, 8); /* magic and version */
    buffer_append(out, &none, 8);
    buffer_append(out, header + 16, at - 8 - 16);
    buffer_append(out, &length, 8);
    buffer_append(out, pre, length);
    buffer_append(out, old.data + old.size, size - at - old.size);
    assert_false(out->failed);
}

static loaded load(const char *pre)
{
    loaded l = {0};
    paw_error err;
    if (gguf_open(base_path(), &l.file, &err) != PAW_OK) {
        fail_with(
            &err,
            "the base model is needed (set PAW_TEST_BASE to SmolLM2-135M-Instruct.Q4_1.gguf)");
    }
    if (strcmp(pre, "smollm") != 0) {
        exchange_pre(l.file, pre, &l.header);
        gguf_close(l.file);
        if (gguf_open_memory(l.header.data, l.header.size, "exchanged", &l.file, &err) != PAW_OK) {
            fail_with(&err, pre);
        }
    }
    if (tokenizer_new(l.file, &l.t, &err) != PAW_OK) {
        fail_with(&err, pre);
    }
    return l;
}

static void unload(loaded *l)
{
    tokenizer_free(l->t);
    gguf_close(l->file);
    buffer_free(&l->header);
}

static token_list encode(const tokenizer *t, const char *text, size_t size, bool special)
{
    token_list list = {0};
    paw_error err;
    if (tokenizer_encode(t, text, size, special, &list, &err) != PAW_OK) {
        fail_with(&err, "encode");
    }
    return list;
}

static void expect_tokens(const tokenizer *t, const char *text, bool special, const int32_t *want,
                          size_t n)
{
    token_list got = encode(t, text, strlen(text), special);
    assert_int_equal(got.size, n);
    if (n > 0) {
        assert_memory_equal(got.data, want, n * sizeof *want);
    }
    token_list_free(&got);
}

static void expect_decoded(const tokenizer *t, const token_list *tokens, const char *want,
                           size_t size)
{
    buffer out = {0};
    tokenizer_decode(t, tokens->data, tokens->size, &out);
    assert_false(out.failed);
    assert_int_equal(out.size, size);
    if (size > 0) {
        assert_memory_equal(out.data, want, size);
    }
    buffer_free(&out);
}

/* ---- golden tokens ---- */

static json_t *golden_cases(json_t **root)
{
    char path[4096];
    json_error_t error;
    const char *folder = getenv("PAW_TEST_GOLDEN");
    snprintf(path, sizeof path, "%s/tokens.json", folder != NULL ? folder : "tests/golden");
    *root = json_load_file(path, JSON_ALLOW_NUL, &error);
    if (*root == NULL) {
        fail_msg("%s, line %d: %s", path, error.line, error.text);
    }
    json_t *cases = json_object_get(*root, "cases");
    assert_int_equal(json_array_size(cases), 1000);
    return cases;
}

static bool equal_tokens(const token_list *got, const json_t *want)
{
    bool equal = got->size == json_array_size(want);
    for (size_t i = 0; equal && i < got->size; i++) {
        equal = got->data[i] == json_integer_value(json_array_get(want, i));
    }
    return equal;
}

/* `column` is that of the pre-tokenizer in a case. */
static void check_golden(const char *pre, size_t column)
{
    json_t *root = NULL, *cases = golden_cases(&root), *c;
    loaded l = load(pre);
    size_t i, wrong = 0;
    json_array_foreach (cases, i, c) {
        const json_t *text = json_array_get(c, 0), *want = json_array_get(c, column);
        if (json_is_null(want)) {
            want = json_array_get(c, 2);
        }
        bool special = json_integer_value(json_array_get(c, 1)) != 0;
        token_list got = encode(l.t, json_string_value(text), json_string_length(text), special);
        if (!equal_tokens(&got, want)) {
            print_error("%s: case %zu has other tokens: %.60s\n", pre, i, json_string_value(text));
            wrong++;
        }
        token_list_free(&got);
    }
    assert_int_equal(wrong, 0);
    unload(&l);
    json_decref(root);
}

static void golden_smollm(void **state)
{
    (void)state;
    check_golden("smollm", 2);
}

static void golden_gpt2(void **state)
{
    (void)state;
    check_golden("gpt-2", 3);
}

static void golden_qwen2(void **state)
{
    (void)state;
    check_golden("qwen2", 4);
}

/* ---- there and back ---- */

/* `text` without the bytes for which the vocabulary has no token. */
static size_t sayable(const tokenizer *t, const char *text, size_t size, char *out)
{
    bool known[256] = {false};
    size_t n = 0;
    for (int32_t i = 0; i < tokenizer_size(t); i++) {
        size_t bytes;
        const char *p = tokenizer_bytes(t, i, &bytes);
        if (bytes == 1) {
            known[(uint8_t)*p] = true;
        }
    }
    for (size_t i = 0; i < size; i++) {
        if (known[(uint8_t)text[i]]) {
            out[n++] = text[i];
        }
    }
    return n;
}

static void round_trip(void **state)
{
    (void)state;
    json_t *root = NULL, *cases = golden_cases(&root), *c;
    loaded l = load("smollm");
    size_t i, whole = 0;
    json_array_foreach (cases, i, c) {
        const char *text = json_string_value(json_array_get(c, 0));
        size_t size = json_string_length(json_array_get(c, 0));
        char *want = malloc(size + 1);
        assert_non_null(want);
        size_t n = sayable(l.t, text, size, want);
        whole += n == size;
        token_list tokens = encode(l.t, text, size, false);
        expect_decoded(l.t, &tokens, want, n);
        token_list_free(&tokens);
        free(want);
    }
    assert_true(whole >
                850); /* the rest has control characters, or far planes: lead bytes F1 and F2 */
    unload(&l);
    json_decref(root);
}

static void appends(void **state)
{
    (void)state;
    loaded l = load("smollm");
    token_list list = {0};
    paw_error err;
    assert_int_equal(token_list_push(&list, 7, &err), PAW_OK);
    assert_int_equal(tokenizer_encode(l.t, " the", 4, false, &list, &err), PAW_OK);
    assert_int_equal(list.size, 2);
    assert_int_equal(list.data[0], 7);
    assert_int_equal(tokenizer_encode(l.t, "", 0, true, &list, &err), PAW_OK);
    assert_int_equal(list.size, 2);
    token_list_free(&list);
    assert_null(list.data);
    unload(&l);
}

static void not_utf8(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *at;
    } cases[] = {{"\x80", "byte 0"},
                 {"ab\xFFz", "byte 2"},
                 {"\xC3", "byte 0"},
                 {"x\xC0\x80", "byte 1"},
                 {"\xED\xA0\x80", "byte 0"},
                 {"\xF4\x90\x80\x80", "byte 0"},
                 {"\xC3\xA9\xE2\x82", "byte 2"},
                 {"<|im_end|>\xF8", "byte 10"}};
    loaded l = load("smollm");
    token_list list = {0};
    paw_error err;
    assert_int_equal(token_list_push(&list, 7, &err), PAW_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(
            tokenizer_encode(l.t, cases[i].text, strlen(cases[i].text), true, &list, &err),
            PAW_ERR_ARGUMENT);
        assert_non_null(strstr(err.message, cases[i].at));
        assert_int_equal(list.size, 1);
    }
    assert_int_equal(tokenizer_encode(l.t, "\x80", 1, true, &list, NULL), PAW_ERR_ARGUMENT);
    token_list_free(&list);
    unload(&l);
}

static void special_tokens(void **state)
{
    (void)state;
    loaded l = load("smollm");
    size_t size;
    assert_int_equal(tokenizer_size(l.t), 49152);
    assert_int_equal(tokenizer_eos(l.t), 2);
    assert_int_equal(tokenizer_find(l.t, "<|im_start|>"), 1);
    assert_int_equal(tokenizer_find(l.t, "<|im_end|>"), 2);
    assert_int_equal(tokenizer_find(l.t, "<|im_end|> "), -1);
    assert_int_equal(tokenizer_find(l.t, "the"), -1);
    assert_int_equal(tokenizer_find(l.t, ""), -1);
    assert_true(tokenizer_is_control(l.t, 2));
    assert_false(tokenizer_is_control(l.t, 19556));
    assert_memory_equal(tokenizer_bytes(l.t, 2, &size), "<|im_end|>", 10);
    assert_int_equal(size, 10);

    expect_tokens(l.t, "<|im_end|><repo_name>", true, (int32_t[]){2, 3}, 2);
    token_list plain = encode(l.t, "<|im_end|>", 10, false);
    assert_true(plain.size > 1);
    for (size_t i = 0; i < plain.size; i++) {
        assert_false(tokenizer_is_control(l.t, plain.data[i]));
    }
    expect_decoded(l.t, &plain, "<|im_end|>", 10);
    token_list_free(&plain);

    token_list control = encode(l.t, "<|im_end|>Hi", 12, true);
    expect_decoded(l.t, &control, "Hi", 2);
    token_list_free(&control);
    token_list strange = {.data = (int32_t[]){-1, 49152, INT32_MAX, INT32_MIN}, .size = 4};
    expect_decoded(l.t, &strange, "", 0);
    unload(&l);
}

/* ---- long texts ---- */

static void check_long(const char *pre, const char *unit, const char *last)
{
    enum { BYTES = 200000 };
    loaded l = load(pre);
    size_t n = strlen(unit), size = 0;
    char *text = malloc(BYTES + 16);
    assert_non_null(text);
    while (size + n <= BYTES) {
        memcpy(text + size, unit, n);
        size += n;
    }
    memcpy(text + size, last, strlen(last));
    size += strlen(last);
    token_list tokens = encode(l.t, text, size, true);
    assert_true(tokens.size > 0 && tokens.size <= size);
    expect_decoded(l.t, &tokens, text, size);
    token_list_free(&tokens);
    free(text);
    unload(&l);
}

static void long_texts(void **state)
{
    (void)state;
    static const char *const pre[] = {"smollm", "gpt-2", "qwen2"};
    for (size_t i = 0; i < 3; i++) {
        check_long(pre[i], "a", "");
        check_long(pre[i], " ", "");
        check_long(pre[i], " ", "x");
        check_long(pre[i], "\n", "x");
        check_long(pre[i], "ab", " ");
        check_long(pre[i], "-", "");
        check_long(pre[i], "7", "");
        check_long(pre[i], "<|im_", "");
        check_long(pre[i], "\xE4\xB8\xAD", "");
    }
}

/* ---- small files made by hand ---- */

typedef struct made {
    const char *model, *pre;
    const char *const *tokens; /* these three end with NULL */
    const char *const *merges;
    const int32_t *types;
    size_t n_types;
    uint32_t eos;
    const char *without; /* a key that is left out */
} made;

static const char *const small_tokens[] = {
    "<|end|>", "a", "b", "c", "Ġ", "ab", "Ġa", "bc", "abc", "<|end|>x", "\xE2\x82\xAC", "é", NULL};
static const int32_t small_types[] = {3, 1, 1, 1, 1, 1, 1, 1, 1, 4, 1, 1};
static const char *const small_merges[] = {"b c", "a b", "Ġ a", "ab c", NULL};
static const made small = {"gpt2", "gpt-2", small_tokens, small_merges, small_types, 12, 0, NULL};

static void put_u32(buffer *b, uint32_t v)
{
    buffer_append(b, &v, 4);
}

static void put_text(buffer *b, const char *s)
{
    uint64_t n = strlen(s);
    buffer_append(b, &n, 8);
    buffer_append(b, s, n);
}

static bool put_key(buffer *b, const made *m, const char *name, uint32_t kind, uint64_t *keys)
{
    char key[64];
    snprintf(key, sizeof key, "tokenizer.ggml.%s", name);
    if (m->without != NULL && strcmp(m->without, name) == 0) {
        return false;
    }
    put_text(b, key);
    put_u32(b, kind);
    ++*keys;
    return true;
}

static void put_texts(buffer *b, const char *const *texts)
{
    uint64_t n = 0;
    while (texts[n] != NULL) {
        n++;
    }
    put_u32(b, GGUF_STRING);
    buffer_append(b, &n, 8);
    for (size_t i = 0; i < n; i++) {
        put_text(b, texts[i]);
    }
}

static void make_file(const made *m, buffer *out)
{
    buffer body = {0};
    uint64_t keys = 0, none = 0, n_types = m->n_types;
    if (put_key(&body, m, "model", GGUF_STRING, &keys)) {
        put_text(&body, m->model);
    }
    if (put_key(&body, m, "pre", GGUF_STRING, &keys)) {
        put_text(&body, m->pre);
    }
    if (put_key(&body, m, "tokens", GGUF_ARRAY, &keys)) {
        put_texts(&body, m->tokens);
    }
    if (put_key(&body, m, "merges", GGUF_ARRAY, &keys)) {
        put_texts(&body, m->merges);
    }
    if (put_key(&body, m, "token_type", GGUF_ARRAY, &keys)) {
        put_u32(&body, GGUF_I32);
        buffer_append(&body, &n_types, 8);
        buffer_append(&body, m->types, m->n_types * 4);
    }
    if (put_key(&body, m, "eos_token_id", GGUF_U32, &keys)) {
        put_u32(&body, m->eos);
    }
    buffer_append(out, "GGUF", 4);
    put_u32(out, 3);
    buffer_append(out, &none, 8);
    buffer_append(out, &keys, 8);
    buffer_append(out, body.data, body.size);
    assert_false(out->failed || body.failed);
    buffer_free(&body);
}

static void small_vocabulary(void **state)
{
    (void)state;
    buffer bytes = {0};
    gguf_file *file;
    tokenizer *t;
    paw_error err;
    size_t size;
    make_file(&small, &bytes);
    assert_int_equal(gguf_open_memory(bytes.data, bytes.size, "small", &file, &err), PAW_OK);
    assert_int_equal(tokenizer_new(file, &t, &err), PAW_OK);
    expect_tokens(t, "abc", false, (int32_t[]){1, 7}, 2); /* "b c" comes before "a b" */
    expect_tokens(t, "ab a", false, (int32_t[]){5, 6}, 2);
    expect_tokens(t, "aXbcYab", false, (int32_t[]){1, 7, 5}, 3); /* X and Y have no token */
    expect_tokens(t, "<|end|>a", true, (int32_t[]){0, 1}, 2);
    expect_tokens(t, "<|end|>xa", true, (int32_t[]){9, 1}, 2); /* the longest */
    expect_tokens(t, "<|end|><|end|>x", true, (int32_t[]){0, 9}, 2);
    expect_tokens(t, "a<|end|", true, (int32_t[]){1}, 1);
    expect_tokens(t, "X", false, NULL, 0);
    assert_int_equal(tokenizer_find(t, "<|end|>x"), 9);
    assert_false(tokenizer_is_control(t, 9));
    token_list all = {.data = (int32_t[]){0, 9, 10, 11}, .size = 4};
    expect_decoded(t, &all, "<|end|>x\xE2\x82\xAC\xE9",
                   12); /* a control token is silent; the euro sign is no byte's name */
    assert_memory_equal(tokenizer_bytes(t, 11, &size), "\xE9", 1);
    assert_int_equal(size, 1);
    tokenizer_free(t);
    gguf_close(file);
    buffer_free(&bytes);
}

static void expect_refused(made m, paw_status status, const char *key, const char *said)
{
    buffer bytes = {0};
    gguf_file *file = NULL;
    tokenizer *t = NULL;
    paw_error err = {0};
    make_file(&m, &bytes);
    assert_int_equal(gguf_open_memory(bytes.data, bytes.size, "made.gguf", &file, &err), PAW_OK);
    assert_int_equal(tokenizer_new(file, &t, &err), status);
    assert_int_equal(err.status, status);
    assert_null(t);
    if (strstr(err.where, "made.gguf") == NULL || strstr(err.where, key) == NULL ||
        strstr(err.message, said) == NULL) {
        fail_msg("expected %s, %s; got %s: %s", key, said, err.where, err.message);
    }
    assert_int_equal(tokenizer_new(file, &t, NULL), status);
    gguf_close(file);
    buffer_free(&bytes);
}

static made with_tokens(const char *const *tokens, const int32_t *types, size_t n_types)
{
    made m = small;
    m.tokens = tokens;
    m.types = types;
    m.n_types = n_types;
    return m;
}

static made with_merges(const char *const *merges)
{
    made m = small;
    m.merges = merges;
    return m;
}

static void missing_keys(void **state)
{
    (void)state;
    static const char *const keys[] = {"model",  "pre",        "tokens",
                                       "merges", "token_type", "eos_token_id"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        made m = small;
        m.without = keys[i];
        expect_refused(m, PAW_ERR_FORMAT, keys[i], "missing");
    }
}

static void unsupported_names(void **state)
{
    (void)state;
    made m = small;
    m.pre = "gpt-4o";
    expect_refused(m, PAW_ERR_UNSUPPORTED, "tokenizer.ggml.pre", "gpt-4o");
    m.pre = "";
    expect_refused(m, PAW_ERR_UNSUPPORTED, "tokenizer.ggml.pre", "\"\"");
    m = small;
    m.model = "llama";
    expect_refused(m, PAW_ERR_UNSUPPORTED, "tokenizer.ggml.model", "llama");
}

static void broken_tokens(void **state)
{
    (void)state;
    expect_refused(with_tokens((const char *[]){NULL}, small_types, 0), PAW_ERR_FORMAT,
                   "ggml.tokens", "0 tokens");
    expect_refused(with_tokens((const char *[]){"a", "b", "a", NULL}, small_types, 3),
                   PAW_ERR_FORMAT, "ggml.tokens", "token 2");
    expect_refused(with_tokens((const char *[]){"a", "", NULL}, small_types, 2), PAW_ERR_FORMAT,
                   "ggml.tokens", "token 1");
    expect_refused(with_tokens((const char *[]){"ab", "bc", NULL}, (int32_t[]){1, 1}, 2),
                   PAW_ERR_FORMAT, "ggml.tokens", "single byte");
    char *big = malloc(70000);
    assert_non_null(big);
    memset(big, 'a', 69999);
    big[69999] = '\0';
    expect_refused(with_tokens((const char *[]){"a", big, NULL}, small_types, 2), PAW_ERR_FORMAT,
                   "ggml.tokens", "69999");
    free(big);
}

static void broken_types(void **state)
{
    (void)state;
    expect_refused(with_tokens(small_tokens, small_types, 11), PAW_ERR_FORMAT, "token_type",
                   "11 entries for 12");
    expect_refused(with_tokens(small_tokens, small_types, 0), PAW_ERR_FORMAT, "token_type",
                   "0 entries for 12");
    int32_t types[12] = {3, 1, 1, 1, 1, 1, 7, 1, 1, 1, 1, 1};
    expect_refused(with_tokens(small_tokens, types, 12), PAW_ERR_FORMAT, "token_type", "type 7");
    types[6] = -1;
    expect_refused(with_tokens(small_tokens, types, 12), PAW_ERR_FORMAT, "token_type", "type -1");
}

static void broken_merges(void **state)
{
    (void)state;
    static const char *const bad[] = {"a",  "",    " ",   "ab",  "a ",   " a",
                                      "  ", "a z", "z a", "a c", "a b c"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        expect_refused(with_merges((const char *[]){"b c", bad[i], NULL}), PAW_ERR_FORMAT,
                       "ggml.merges", "merge 1");
    }
    expect_refused(with_merges((const char *[]){"b c", "a b", "b c", NULL}), PAW_ERR_FORMAT,
                   "ggml.merges", "twice");
    char *big = malloc(140000);
    assert_non_null(big);
    memset(big, 'a', 139999);
    big[139999] = '\0';
    big[70000] = ' ';
    expect_refused(with_merges((const char *[]){"b c", big, NULL}), PAW_ERR_FORMAT, "ggml.merges",
                   "merge 1");
    free(big);
}

static void broken_eos(void **state)
{
    (void)state;
    made m = small;
    m.eos = 12;
    expect_refused(m, PAW_ERR_FORMAT, "eos_token_id", "12");
    m.eos = UINT32_MAX;
    expect_refused(m, PAW_ERR_FORMAT, "eos_token_id", "4294967295");
}

/* Any byte of the small file changed to any of a few values: an error or a tokenizer, never
 * anything else. */
static void damaged_anywhere(void **state)
{
    (void)state;
    static const uint8_t values[] = {0x00, 0x01, 0x20, 0x7F, 0x80, 0xC4, 0xFF};
    buffer bytes = {0};
    make_file(&small, &bytes);
    for (size_t i = 8; i < bytes.size; i++) {
        char before = bytes.data[i];
        for (size_t k = 0; k < sizeof values; k++) {
            gguf_file *file = NULL;
            tokenizer *t = NULL;
            bytes.data[i] = (char)values[k];
            if (gguf_open_memory(bytes.data, bytes.size, "damaged", &file, NULL) == PAW_OK &&
                tokenizer_new(file, &t, NULL) == PAW_OK) {
                token_list list = {0};
                tokenizer_encode(t, "abc <|end|> abc", 15, true, &list, NULL);
                token_list_free(&list);
            }
            tokenizer_free(t);
            gguf_close(file);
        }
        bytes.data[i] = before;
    }
    buffer_free(&bytes);
}

/* What the first opening keeps gives the same tokens at the second; under another key, or damaged, it is read anew. */
static void kept_vocabularies(void **state)
{
    (void)state;
    buffer bytes = {0};
    gguf_file *file;
    char *dir = tiny_folder(), *path = file_join(dir, "small.vocabulary"), *data;
    size_t size;
    make_file(&small, &bytes);
    assert_int_equal(gguf_open_memory(bytes.data, bytes.size, "small", &file, NULL), PAW_OK);
    for (int round = 0; round < 3; round++) {
        tokenizer *t;
        assert_int_equal(tokenizer_new_kept(file, path, round < 2 ? "one" : "two", &t, NULL), PAW_OK);
        expect_tokens(t, "abc", false, (int32_t[]){1, 7}, 2);
        expect_tokens(t, "<|end|>xa", true, (int32_t[]){9, 1}, 2);
        assert_int_equal(tokenizer_find(t, "<|end|>x"), 9);
        tokenizer_free(t);
    }
    assert_int_equal(file_read_all(path, 1 << 20, &data, &size, NULL), PAW_OK);
    int sound = 0;
    for (size_t i = 0; i < size; i += i < 2400 ? 1 : 3) {
        vocabulary v;
        char before = data[i];
        data[i] = (char)(before ^ (i % 2 ? 0x80 : 0x03));
        tiny_write(path, data, size);
        tokenizer *t = NULL;
        if (kept_vocabulary_open(path, "two", &v)) {
            sound++;
            vocabulary_free(&v);
        }
        assert_int_equal(tokenizer_new_kept(file, path, "two", &t, NULL), PAW_OK);
        token_list list = encode(t, "abc <|end|> abc", 15, true); /* other tokens at worst */
        token_list_free(&list);
        tokenizer_free(t);
        data[i] = before;
    }
    assert_true(sound > 0);
    tiny_write(path, data, size - 1);
    vocabulary v;
    assert_false(kept_vocabulary_open(path, "two", &v));
    free(data);
    gguf_close(file);
    buffer_free(&bytes);
    free(path);
    tiny_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_smollm),     cmocka_unit_test(golden_gpt2),
        cmocka_unit_test(golden_qwen2),      cmocka_unit_test(round_trip),
        cmocka_unit_test(appends),           cmocka_unit_test(not_utf8),
        cmocka_unit_test(special_tokens),    cmocka_unit_test(long_texts),
        cmocka_unit_test(small_vocabulary),  cmocka_unit_test(missing_keys),
        cmocka_unit_test(unsupported_names), cmocka_unit_test(broken_tokens),
        cmocka_unit_test(broken_types),      cmocka_unit_test(broken_merges),
        cmocka_unit_test(broken_eos),        cmocka_unit_test(damaged_anywhere),
        cmocka_unit_test(kept_vocabularies),
    };
    return cmocka_run_group_tests_name("tokenizer", tests, NULL, NULL);
}
