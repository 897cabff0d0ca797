/* test_draft.c: what lookup decoding proposes for a given input and answer, and that it changes no answer. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "function/draft.h"
#include "function/function.h"
#include "support/check.h"
#include "support/tiny.h"

static tiny_files files;
static char *dir, *program;
static paw_base *base;

static int setup(void **unused)
{
    (void)unused;
    paw_compiler *c;
    paw_error err = {0};
    files = tiny_pair(&(tiny_options){.type = TENSOR_Q8_0, .context = 400, .untied = true}, NULL);
    dir = tiny_folder();
    program = file_join(dir, "program.paw");
    check_ok(paw_base_load(files.base, &(paw_base_options){.threads = 2, .cache_dir = dir}, &base, &err), &err);
    check_ok(paw_compiler_load(files.compiler, base, &c, &err), &err);
    paw_example e = {"one two three", "ONE TWO THREE"};
    check_ok(paw_compile(c, &(paw_compile_request){"Print it in capitals.", &e, 1}, program, NULL, &err), &err);
    paw_compiler_free(c);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    paw_base_free(base);
    free(program);
    tiny_remove(dir);
    tiny_pair_free(&files);
    return 0;
}

static token_list tokens_of(const char *text)
{
    token_list list = {0};
    check_ok(tokenizer_encode(base->tokenizer, text, strlen(text), false, &list, NULL), NULL);
    return list;
}

typedef struct tally {
    int tokens, passes;
} tally;

/* Plays a call whose greedy answer is `output`, as generate.c does; every token must come out, in its order. */
static tally play(draft_memory *memory, const char *prompt, const char *input, const char *output)
{
    drafter d;
    token_list prefix = tokens_of(prompt), rest = tokens_of(input), answer = tokens_of(output);
    size_t text = rest.size, n = 0;
    tally t = {(int)answer.size, 0};
    check_ok(token_list_push(&rest, tokenizer_eos(base->tokenizer), NULL), NULL); /* the prompt's end */
    drafter_init(&d, base->tokenizer, memory, &prefix, &rest, text);
    while (n < answer.size) {
        check_ok(token_list_push(&rest, answer.data[n++], NULL), NULL);
        drafter_follow(&d);
        int room = (int)(answer.size - n), accepted = 0;
        drafter_propose(&d, room);
        assert_in_range(d.n, 0, room);
        assert_in_range(d.n, 0, DRAFT_MOST);
        while (accepted < d.n && d.tokens[accepted] == answer.data[n]) {
            check_ok(token_list_push(&rest, answer.data[n++], NULL), NULL);
            accepted++;
        }
        drafter_learn(&d, accepted);
        t.passes++;
    }
    token_list_free(&prefix);
    token_list_free(&rest);
    token_list_free(&answer);
    return t;
}

static void copies_go_fast(void **unused)
{
    (void)unused;
    draft_memory memory = {0};
    const char *text = "a line of some eighty letters that is said again, to the letter, from its beginning on";
    tally t = play(&memory, "", text, text);
    assert_true(t.passes * 5 < t.tokens);
    t = play(&memory, "", text, text + 30); /* a part of it */
    assert_true(t.passes * 4 < t.tokens);
    t = play(&memory, text, "0123456789", text); /* out of the prompt */
    assert_true(t.passes * 4 < t.tokens);
}

static void edits_are_learnt(void **unused)
{
    (void)unused;
    draft_memory memory = {0};
    const char *first = "{'a': 'one', 'b': 'two', 'c': 'three'}", *fixed = "{\"a\":\"one\",\"b\":\"two\",\"c\":\"three\"}";
    const char *second = "{'key': 'value', 'more': 'words', 'x': 'y'}", *other = "{\"key\":\"value\",\"more\":\"words\",\"x\":\"y\"}";
    tally t = play(&memory, "", first, fixed), again = play(&memory, "", second, other);
    assert_true(t.passes * 3 < t.tokens * 2);
    assert_true(again.passes * 4 < again.tokens); /* with what the first call showed */
    t = play(&memory, "", "no quotes here, nothing like it", "no quotes here, nothing like it"); /* does not mislead for long */
    assert_true(t.passes * 2 < t.tokens);
}

static void left_out_and_put_in(void **unused)
{
    (void)unused;
    draft_memory memory = {0};
    tally t = play(&memory, "", "drop -- the -- dashes -- of -- this -- line", "drop the dashes of this line");
    assert_true(t.passes < t.tokens);
    t = play(&memory, "", "put commas between these words please now", "put, commas, between, these, words, please, now");
    assert_true(t.passes < t.tokens);
}

static void nothing_to_go_by(void **unused)
{
    (void)unused;
    draft_memory memory = {0};
    tally t = play(&memory, "", "", "xyz");
    assert_int_equal(t.passes, 3);
    t = play(&memory, "", "the message", "ZKW"); /* nothing like the input: nothing is proposed after the first tokens */
    assert_true(t.passes <= t.tokens);
}

/* Random texts of few letters, so that everything repeats: proposals are always within bounds and answers always whole. */
static void any_text(void **unused)
{
    (void)unused;
    draft_memory memory = {0};
    uint64_t seed = 3;
    char text[3][61];
    for (int round = 0; round < 3000; round++) {
        for (int k = 0; k < 3; k++) {
            size_t n = tiny_random(&seed) % 60 + (k == 2);
            for (size_t i = 0; i < n; i++) {
                text[k][i] = "ab '\"x,{"[tiny_random(&seed) % (round % 3 == 0 ? 2 : 8)];
            }
            text[k][n] = '\0';
        }
        play(&memory, text[0], text[1], text[2]);
    }
}

static void answers_are_the_same(void **unused)
{
    (void)unused;
    static const char *const inputs[] = {"hello hello hello hello", "one two three one two three", "", "abcabcabcabcabcabc",
                                         "the thing in the other", "<|im_end|> <|im_start|>", "aaaaaaaaaaaaaaaaaaaaaaaa"};
    paw_function *f;
    paw_error err = {0};
    int tokens = 0, passes = 0;
    check_ok(paw_function_load(program, base, &f, &err), &err);
    for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++) {
        for (int most = 1; most < 90; most += most < 20 ? 1 : 23) {
            paw_answer a, b;
            paw_call_options o = {.max_tokens = most}, plain = {.max_tokens = most, .no_lookup = true};
            check_ok(paw_function_call(f, inputs[i], strlen(inputs[i]), &o, &a, &err), &err);
            check_ok(paw_function_call(f, inputs[i], strlen(inputs[i]), &plain, &b, &err), &err);
            assert_string_equal(a.text, b.text);
            assert_int_equal(a.tokens_generated, b.tokens_generated);
            assert_int_equal(a.complete, b.complete);
            assert_true(a.passes <= b.passes);
            tokens += b.passes;
            passes += a.passes;
            paw_answer_clear(&a);
            paw_answer_clear(&b);
        }
    }
    assert_true(passes < tokens); /* something was looked up with success */
    paw_function_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_go_fast),   cmocka_unit_test(edits_are_learnt), cmocka_unit_test(left_out_and_put_in),
        cmocka_unit_test(nothing_to_go_by), cmocka_unit_test(any_text),         cmocka_unit_test(answers_are_the_same),
    };
    return cmocka_run_group_tests_name("draft", tests, setup, teardown);
}
