/* test_image.c: kept program images hold the bits that computing gives, are found by their content alone, and never mislead. */
#define _GNU_SOURCE
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "function/base.h"
#include "model/state.h"
#include "support/check.h"
#include "support/tiny.h"

static tiny_files files;
static char *dir, *states, *program, *other;

static void compile(paw_compiler *c, const char *spec, const char *path)
{
    paw_error err = {0};
    check_ok(paw_compile(c, &(paw_compile_request){.spec = spec}, path, NULL, &err), &err);
}

static paw_base *open_base(const char *state_dir)
{
    paw_base *out = NULL;
    paw_error err = {0};
    paw_base_options o = {.threads = 2, .cache_dir = dir, .state_dir = state_dir};
    check_ok(paw_base_load(files.base, &o, &out, &err), &err);
    return out;
}

static int setup(void **unused)
{
    (void)unused;
    paw_compiler *c;
    paw_error err = {0};
    files = tiny_pair(NULL, NULL);
    dir = tiny_folder();
    states = file_join(dir, "states");
    program = file_join(dir, "a.paw");
    other = file_join(dir, "b.paw");
    paw_base *base = open_base(NULL);
    check_ok(paw_compiler_load(files.compiler, base, &c, &err), &err);
    compile(c, "Print the text in capitals.", program);
    compile(c, "Print the text without vowels.", other);
    paw_compiler_free(c);
    paw_base_free(base);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    free(program);
    free(other);
    free(states);
    tiny_remove(dir);
    tiny_pair_free(&files);
    return 0;
}

/* The answer of a program over a new base; freed by the caller. */
static char *answer(const char *path, const char *state_dir)
{
    paw_base *base = open_base(state_dir);
    paw_function *f;
    paw_answer a;
    paw_error err = {0};
    check_ok(paw_function_load(path, base, &f, &err), &err);
    check_ok(paw_function_call(f, "the other thing", 15, &(paw_call_options){.max_tokens = 24}, &a, &err), &err);
    char *text = strdup(a.text);
    paw_answer_clear(&a);
    paw_function_free(f);
    paw_base_free(base);
    return text;
}

/* How many states are kept; the path of the first one seen goes to *path (freed by the caller) if path is not NULL. */
static int kept(char **path)
{
    int n = 0;
    DIR *d = opendir(states);
    for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
        if (e->d_name[0] != '.') {
            n++;
            if (path != NULL && n == 1) {
                *path = file_join(states, e->d_name);
            }
        }
    }
    if (d != NULL) {
        closedir(d);
    }
    return n;
}

static void clear(void)
{
    char *path = NULL;
    while (kept(&path) > 0) {
        unlink(path);
        free(path);
    }
}

static void same_answer_computed_or_kept(void **unused)
{
    (void)unused;
    char *plain = answer(program, NULL), *first = answer(program, states), *second = answer(program, states);
    assert_int_equal(kept(NULL), 1);
    assert_string_equal(plain, first);
    assert_string_equal(plain, second);
    free(plain);
    free(first);
    free(second);
    clear();
}

static void the_kept_state_is_what_is_used(void **unused)
{
    (void)unused;
    char *path = NULL, *data, *plain = answer(program, states);
    size_t size;
    paw_error err = {0};
    assert_int_equal(kept(&path), 1);
    check_ok(file_read_all(path, 1 << 26, &data, &size, &err), &err);
    for (size_t i = size / 8; i < size; i++) { /* other keys and values under a sound header */
        data[i] = (char)(0x30 + i * 7 % 13);
    }
    tiny_write(path, data, size);
    char *changed = answer(program, states);
    assert_string_not_equal(plain, changed);
    free(plain);
    free(changed);
    free(data);
    free(path);
    clear();
}

static void every_program_has_its_own(void **unused)
{
    (void)unused;
    free(answer(program, states));
    free(answer(other, states));
    assert_int_equal(kept(NULL), 2);
    clear();
}

static void damaged_states_are_computed_anew(void **unused)
{
    (void)unused;
    char *path = NULL, *data, *plain = answer(program, states);
    size_t size, now;
    paw_error err = {0};
    assert_int_equal(kept(&path), 1);
    check_ok(file_read_all(path, 1 << 26, &data, &size, &err), &err);
    for (int way = 0; way < 3; way++) {
        char *copy = malloc(size), *again, *fresh;
        memcpy(copy, data, size);
        copy[way == 1 ? 0 : 20] ^= 1; /* the magic, or the key */
        tiny_write(path, copy, way == 0 ? size - 2 : size);
        again = answer(program, states);
        assert_string_equal(plain, again);
        check_ok(file_read_all(path, 1 << 26, &fresh, &now, &err), &err);
        assert_int_equal(now, size);
        assert_memory_equal(fresh, data, size);
        free(copy);
        free(again);
        free(fresh);
    }
    free(plain);
    free(data);
    free(path);
    clear();
}

static void an_unwritable_place_is_no_error(void **unused)
{
    (void)unused;
    char *plain = answer(program, NULL), *text = answer(program, "/dev/null/nowhere");
    assert_string_equal(plain, text);
    free(plain);
    free(text);
}

enum { N = 40, VOCAB = 4096 };

typedef struct sequences {
    paw_base *base;
    model *m;
    int n_vocab;
    int32_t tokens[N];
    float *x, *y; /* [VOCAB] each */
} sequences;

static sequences start(void)
{
    sequences s = {.base = open_base(NULL), .x = malloc(2 * VOCAB * sizeof(float))};
    s.m = s.base->model;
    s.y = s.x + VOCAB;
    s.n_vocab = model_get_shape(s.m)->n_vocab;
    assert_true(s.n_vocab <= VOCAB);
    for (int i = 0; i < N; i++) {
        s.tokens[i] = 3 + i * 5 % 250;
    }
    return s;
}

static void stop(sequences *s)
{
    free(s->x);
    paw_base_free(s->base);
}

static model_state *new_state(const model *m)
{
    model_state *out = NULL;
    check_ok(model_state_new(m, &out, NULL), NULL);
    return out;
}

static void feed(sequences *s, model_state *state, int first, int n, float *logits)
{
    model_request r = {.tokens = s->tokens + first, .n = n, .logits = logits};
    check_ok(model_forward(s->m, state, &r, NULL), NULL);
}

static void packed_states_are_whole(void **unused)
{
    (void)unused;
    sequences s = start();
    for (int n = 1; n < N - 1; n += 3) { /* across the borders of pages */
        model_state *a = new_state(s.m), *b = new_state(s.m);
        feed(&s, a, 0, N, s.x); /* more than is packed */
        size_t size = model_state_packed_size(s.m, n);
        uint8_t *packed = aligned_alloc(64, size), *copy = malloc(size);
        model_state_pack(a, n, packed);
        memcpy(copy, packed, size);
        for (int again = 0; again < 2; again++) {
            model_state_attach(b, packed, n);
            assert_int_equal(model_state_length(b), n);
            feed(&s, b, n, N - n, s.y);
            assert_memory_equal(s.x, s.y, (size_t)s.n_vocab * sizeof *s.x);
        }
        assert_memory_equal(copy, packed, size); /* only ever read */
        free(packed);
        free(copy);
        model_state_free(a);
        model_state_free(b);
    }
    stop(&s);
}

static void packing_is_the_same_whatever_came_after(void **unused)
{
    (void)unused;
    sequences s = start();
    model_state *a = new_state(s.m), *b = new_state(s.m);
    size_t size = model_state_packed_size(s.m, 21);
    void *packed[2] = {malloc(size), malloc(size)};
    feed(&s, a, 0, 21, NULL);
    feed(&s, b, 0, N, NULL);
    model_state_pack(a, 21, packed[0]);
    model_state_pack(b, 21, packed[1]);
    assert_memory_equal(packed[0], packed[1], size);
    free(packed[0]);
    free(packed[1]);
    model_state_free(a);
    model_state_free(b);
    stop(&s);
}

static void shared_beginnings_do_not_mix(void **unused)
{
    (void)unused;
    sequences s = start();
    for (int n = 5; n < 37; n += 4) {
        model_state *parent = new_state(s.m), *child = new_state(s.m), *grandchild = new_state(s.m);
        int32_t other[2] = {7, 9};
        feed(&s, parent, 0, n, NULL);
        model_state_share(child, parent, n);
        check_ok(model_forward(s.m, child, &(model_request){.tokens = other, .n = 2}, NULL), NULL);
        model_state_share(grandchild, child, n);
        size_t before = model_state_bytes(parent);
        feed(&s, grandchild, n, N - n, s.y);
        assert_int_equal(model_state_bytes(parent), before);
        assert_true(model_state_bytes(grandchild) > model_state_bytes(child) || N - n <= 16);
        feed(&s, parent, n, N - n, s.x);
        assert_memory_equal(s.x, s.y, (size_t)s.n_vocab * sizeof *s.x);
        model_state_free(grandchild);
        model_state_free(child);
        model_state_free(parent);
    }
    stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_answer_computed_or_kept),     cmocka_unit_test(the_kept_state_is_what_is_used),
        cmocka_unit_test(every_program_has_its_own),        cmocka_unit_test(damaged_states_are_computed_anew),
        cmocka_unit_test(an_unwritable_place_is_no_error),  cmocka_unit_test(packed_states_are_whole),
        cmocka_unit_test(packing_is_the_same_whatever_came_after), cmocka_unit_test(shared_beginnings_do_not_mix),
    };
    return cmocka_run_group_tests_name("image", tests, setup, teardown);
}
