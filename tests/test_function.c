/* test_function.c: programs loaded and called: the same answer each time, and clear refusals that leave the function usable. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/utf8.h"
#include "function/base.h"
#include "function/bundle.h"
#include "support/check.h"
#include "support/tiny.h"

enum { CONTEXT = 320 };

static tiny_files files;
static char *dir, *program;
static paw_base *base;
static bundle sound; /* of the program */

static paw_base *open_base(const char *path, int threads, int context)
{
    paw_base *out = NULL;
    paw_error err = {0};
    paw_base_options o = {.threads = threads, .context = context, .cache_dir = "/dev/null/nowhere"};
    check_ok(paw_base_load(path, &o, &out, &err), &err);
    return out;
}

static int setup(void **state __attribute__((unused)))
{
    paw_compiler *c;
    paw_error err = {0};
    files = tiny_pair(&(tiny_options){.type = TENSOR_Q8_0, .context = CONTEXT, .untied = true}, NULL);
    dir = tiny_folder();
    program = file_join(dir, "program.paw");
    base = open_base(files.base, 2, 0);
    check_ok(paw_compiler_load(files.compiler, base, &c, &err), &err);
    paw_example e = {"one", "ONE"};
    check_ok(paw_compile(c, &(paw_compile_request){"Print it in capitals.", &e, 1}, program, NULL, &err), &err);
    paw_compiler_free(c);
    check_ok(bundle_read(program, true, &sound, &err), &err);
    return 0;
}

static int teardown(void **state __attribute__((unused)))
{
    bundle_free(&sound);
    paw_base_free(base);
    free(program);
    tiny_remove(dir);
    tiny_pair_free(&files);
    return 0;
}

static paw_function *load(const char *path)
{
    paw_function *f = NULL;
    paw_error err = {0};
    check_ok(paw_function_load(path, base, &f, &err), &err);
    return f;
}

/* The answer to an input; freed by the caller. */
static char *call(paw_function *f, const char *input, int max_tokens)
{
    paw_answer a;
    paw_error err = {0};
    paw_call_options o = {.max_tokens = max_tokens};
    check_ok(paw_function_call(f, input, strlen(input), &o, &a, &err), &err);
    assert_true(a.tokens_generated <= max_tokens || max_tokens == 0);
    assert_true(a.tokens_input > 0);
    assert_true(a.latency_ms >= 0);
    assert_int_equal(utf8_valid_length(a.text, strlen(a.text)), strlen(a.text));
    char *text = strdup(a.text);
    paw_answer_clear(&a);
    assert_null(a.text);
    return text;
}

static void refused_call(paw_function *f, const char *input, size_t length, int max_tokens, paw_status wanted, const char *where,
                         const char *said)
{
    paw_answer a;
    paw_error err = {0};
    paw_call_options o = {.max_tokens = max_tokens};
    check_error(paw_function_call(f, input, length, &o, &a, &err), &err, wanted, where, said);
    assert_null(a.text);
    paw_answer_clear(&a);
}

/* The sound program with some parts exchanged, as another file. */
static void refused_load(bundle b, paw_base *over, paw_status wanted, const char *where, const char *said)
{
    paw_function *f = NULL;
    paw_error err = {0};
    char *path = file_join(dir, "bad.paw");
    check_ok(bundle_write(path, &b, &err), &err);
    check_error(paw_function_load(path, over, &f, &err), &err, wanted, "bad.paw", said);
    check_error(paw_function_load(path, over, &f, &err), &err, wanted, where, said);
    assert_null(f);
    free(path);
}

/* ---- answers ---- */

static const char *const INPUTS[] = {"hello", "", "the thing in the other", "caf\xC3\xA9 \xF0\x9F\x98\x80", "a\nb\tc"};

TEST(the_same_answer_each_time)
{
    paw_function *f = load(program), *g = load(program);
    char *first[COUNT(INPUTS)];
    for (size_t i = 0; i < COUNT(INPUTS); i++) {
        first[i] = call(f, INPUTS[i], 20);
    }
    for (int round = 0; round < 2; round++) {
        for (size_t i = COUNT(INPUTS); i-- > 0;) { /* in another order, and by another function of the same program */
            char *again = call(round ? g : f, INPUTS[i], 20);
            assert_string_equal(again, first[i]);
            free(again);
        }
    }
    assert_string_not_equal(first[0], first[2]); /* a random model, but not one that ignores its input */
    assert_true(strlen(first[0]) > 5);
    for (size_t i = 0; i < COUNT(INPUTS); i++) {
        free(first[i]);
    }
    paw_function_free(f);
    paw_function_free(g);
    paw_function_free(NULL);
}

TEST(the_same_answer_on_any_threads)
{
    paw_function *f = load(program);
    char *wanted = call(f, "hello there", 30);
    for (int threads = 1; threads <= 8; threads += 3) {
        paw_base *other = open_base(files.base, threads, 300);
        paw_function *g;
        paw_error err = {0};
        check_ok(paw_function_load(program, other, &g, &err), &err);
        char *got = call(g, "hello there", 30);
        assert_string_equal(got, wanted);
        free(got);
        paw_function_free(g);
        paw_base_free(other);
    }
    free(wanted);
    paw_function_free(f);
}

/* The whole prompt in one sequence and a greedy loop, written down again. */
TEST(the_answer_is_that_of_a_plain_greedy_loop)
{
    paw_function *f = load(program);
    const char *input = "the other";
    char *got = call(f, input, 12), *at = strstr(sound.prompt_template, BUNDLE_PLACEHOLDER);
    char rest[200];
    token_list tokens = {0};
    gguf_file *file;
    adapter *lora;
    model_state *s;
    buffer text = {0};
    paw_error err = {0};
    float *logits = malloc(264 * sizeof *logits);
    snprintf(rest, sizeof rest, "%s%s", input, at + strlen(BUNDLE_PLACEHOLDER));
    check_ok(tokenizer_encode(base->tokenizer, sound.prompt_template, (size_t)(at - sound.prompt_template), true, &tokens, &err), &err);
    check_ok(tokenizer_encode(base->tokenizer, rest, strlen(rest), true, &tokens, &err), &err);
    check_ok(gguf_open_memory(sound.adapter, sound.adapter_size, "adapter", &file, &err), &err);
    check_ok(adapter_read(base->model, file, &lora, &err), &err);
    check_ok(model_state_new(base->model, &s, &err), &err);
    size_t prompt = tokens.size;
    for (int i = 0; i < 12; i++) {
        model_state_truncate(s, 0);
        model_request r = {.tokens = tokens.data, .n = (int)tokens.size, .lora = lora, .logits = logits};
        check_ok(model_forward(base->model, s, &r, &err), &err);
        int best = 0;
        for (int k = 1; k < 264; k++) {
            best = logits[k] > logits[best] ? k : best;
        }
        if (best == 2) {
            break;
        }
        check_ok(token_list_push(&tokens, best, &err), &err);
    }
    tokenizer_decode(base->tokenizer, tokens.data + prompt, tokens.size - prompt, &text);
    buffer_append(&text, "", 0);
    assert_true(text.size >= 12); /* printable, so nothing was taken off its ends */
    assert_string_equal(got, text.data);
    buffer_free(&text);
    free(logits);
    free(got);
    model_state_free(s);
    adapter_free(lora);
    gguf_close(file);
    token_list_free(&tokens);
    paw_function_free(f);
}

TEST(max_tokens)
{
    paw_function *f = load(program);
    paw_answer one, many;
    paw_error err = {0};
    check_ok(paw_function_call(f, "hello", 5, &(paw_call_options){.max_tokens = 1}, &one, &err), &err);
    assert_true(one.tokens_generated <= 1);
    check_ok(paw_function_call(f, "hello", 5, &(paw_call_options){.max_tokens = 5}, &many, &err), &err);
    assert_true(many.complete || many.tokens_generated == 5);
    assert_true(one.complete == (one.tokens_generated == 0));
    assert_int_equal(one.tokens_input, many.tokens_input);
    paw_answer_clear(&one);
    paw_answer_clear(&many);
    paw_answer_clear(NULL);
    refused_call(f, "hello", 5, -1, PAW_ERR_ARGUMENT, "max_tokens", "-1");
    paw_function_free(f);
}

TEST(answers_end_with_the_context)
{
    paw_function *f = load(program);
    char input[140];
    paw_answer a;
    paw_error err = {0};
    memset(input, 'x', sizeof input);
    check_ok(paw_function_call(f, input, sizeof input, &(paw_call_options){.max_tokens = 100000}, &a, &err), &err);
    assert_true(a.complete || a.tokens_input + a.tokens_generated < CONTEXT);
    paw_answer_clear(&a);
    paw_function_free(f);
}

TEST(an_input_too_long)
{
    paw_function *f = load(program);
    char input[2000];
    char *before = call(f, "hello", 10);
    memset(input, 'x', sizeof input);
    refused_call(f, input, sizeof input, 10, PAW_ERR_CONTEXT, "input", "shorten");
    char *after = call(f, "hello", 10);
    assert_string_equal(before, after);
    free(after);
    size_t fits = 0; /* the longest input that fits, found by halves, and one byte more */
    for (size_t step = 512; step > 0; step /= 2) {
        paw_answer a;
        if (paw_function_call(f, input, fits + step, &(paw_call_options){.max_tokens = 1}, &a, NULL) == PAW_OK) {
            fits += step;
            paw_answer_clear(&a);
        }
    }
    assert_in_range(fits, 20, CONTEXT);
    refused_call(f, input, fits + 1, 1, PAW_ERR_CONTEXT, "input", "at most");
    after = call(f, "hello", 10);
    assert_string_equal(before, after);
    free(before);
    free(after);
    paw_function_free(f);
}

TEST(inputs_that_are_no_text)
{
    paw_function *f = load(program);
    char *before = call(f, "hello", 10);
    refused_call(f, "a\0b", 3, 10, PAW_ERR_ARGUMENT, "input", "NUL");
    refused_call(f, "ab\xFF", 3, 10, PAW_ERR_ARGUMENT, NULL, "not UTF-8");
    refused_call(f, "\xE2\x82", 2, 10, PAW_ERR_ARGUMENT, NULL, "not UTF-8");
    refused_call(NULL, "a", 1, 10, PAW_ERR_ARGUMENT, NULL, "NULL");
    refused_call(f, NULL, 0, 10, PAW_ERR_ARGUMENT, NULL, "NULL");
    assert_int_equal(paw_function_call(f, "a", 1, NULL, NULL, NULL), PAW_ERR_ARGUMENT);
    char *after = call(f, "hello", 10);
    assert_string_equal(before, after);
    free(before);
    free(after);
    paw_function_free(f);
}

/* Calls from several threads, over one base: each gets its own answer. */
typedef struct caller {
    paw_function *f;
    const char *input;
    char *answer;
} caller;

static void *call_often(void *argument)
{
    caller *c = argument;
    for (int i = 0; i < 4; i++) {
        free(c->answer);
        paw_answer a;
        c->answer = paw_function_call(c->f, c->input, strlen(c->input), &(paw_call_options){.max_tokens = 6}, &a, NULL) == PAW_OK
                        ? strdup(a.text)
                        : NULL;
        paw_answer_clear(&a);
    }
    return NULL;
}

TEST(callers_on_many_threads)
{
    paw_function *f = load(program), *g = load(program);
    caller callers[COUNT(INPUTS)];
    pthread_t threads[COUNT(INPUTS)];
    for (size_t i = 0; i < COUNT(INPUTS); i++) {
        callers[i] = (caller){i % 2 ? f : g, INPUTS[i], NULL};
        assert_int_equal(pthread_create(&threads[i], NULL, call_often, &callers[i]), 0);
    }
    for (size_t i = 0; i < COUNT(INPUTS); i++) {
        pthread_join(threads[i], NULL);
        char *alone = call(f, INPUTS[i], 6);
        assert_non_null(callers[i].answer);
        assert_string_equal(callers[i].answer, alone);
        free(alone);
        free(callers[i].answer);
    }
    paw_function_free(f);
    paw_function_free(g);
}

/* ---- without a program ---- */

/* Bundles as the published system lays them out, for its two interpreters' architectures. */
TEST(published_layouts)
{
    static const struct {
        const char *architecture, *meta, *prompt;
    } kinds[] = {
        {"qwen3",
         "{\"version\": 3, \"program_id\": \"0123456789abcdef0123\", \"spec\": \"s\", \"interpreter\": \"Qwen/Qwen3-0.6B\","
         " \"runtime_id\": \"qwen3-0.6b-q6_k\", \"runtime_manifest_version\": 1, \"lora_rank\": 64, \"lora_alpha\": 16.0}",
         "<|im_start|>user\n[PSEUDO_PROGRAM]\nTask: x\n[END_PSEUDO_PROGRAM]\n\n[INPUT]\n{INPUT_PLACEHOLDER}\n[END_INPUT]<|im_end|>\n"
         "<|im_start|>assistant\n<think>\n\n</think>\n\n"},
        {"gpt2",
         "{\"version\": 3, \"program_id\": \"0123456789abcdef0123\", \"interpreter\": \"gpt2\", \"runtime_id\": \"gpt2-q8_0\"}",
         "[PSEUDO_PROGRAM]\nTask: x\n[END_PSEUDO_PROGRAM]\n\n[INPUT]\n{INPUT_PLACEHOLDER}\n[END_INPUT]"},
    };
    for (size_t i = 0; i < COUNT(kinds); i++) {
        tiny_options o = {.architecture = kinds[i].architecture, .type = TENSOR_Q8_0, .context = CONTEXT, .untied = true};
        buffer bytes = tiny_model(&o), lora = tiny_adapter(&o, 64, TENSOR_Q4_0);
        char *model = file_join(dir, "published.gguf"), *path = file_join(dir, "published.paw");
        bundle b = {.meta = (char *)kinds[i].meta, .prompt_template = (char *)kinds[i].prompt, .pseudo_program = "x",
                    .adapter = (uint8_t *)lora.data, .adapter_size = lora.size};
        paw_error err = {0};
        paw_function *f, *bare;
        tiny_write(model, bytes.data, bytes.size);
        check_ok(bundle_write(path, &b, &err), &err);
        paw_base *over = open_base(model, 2, 0);
        check_ok(paw_function_load(path, over, &f, &err), &err);
        check_ok(paw_function_base(NULL, over, &bare, &err), &err);
        char *answer = call(f, "hello", 12), *again = call(f, "hello", 12), *other = call(bare, "hello", 12);
        assert_string_equal(answer, again);
        assert_string_not_equal(answer, other);
        free(answer);
        free(again);
        free(other);
        paw_function_free(f);
        paw_function_free(bare);
        paw_base_free(over);
        free(model);
        free(path);
        buffer_free(&bytes);
        buffer_free(&lora);
    }
}

TEST(the_bare_model)
{
    paw_function *f = NULL, *g = NULL;
    paw_error err = {0};
    check_ok(paw_function_base(NULL, base, &f, &err), &err);
    check_ok(paw_function_base("<|im_start|>user\n{INPUT_PLACEHOLDER}<|im_end|>\n<|im_start|>assistant\n", base, &g, &err), &err);
    char *a = call(f, "hello", 20), *b = call(g, "hello", 20);
    assert_string_equal(a, b);
    free(a);
    free(b);
    paw_function_free(f);
    paw_function_free(g);
    check_error(paw_function_base("no place", base, &f, &err), &err, PAW_ERR_ARGUMENT, "prompt template", "exactly once");
    check_error(paw_function_base("{INPUT_PLACEHOLDER}{INPUT_PLACEHOLDER}", base, &f, &err), &err, PAW_ERR_ARGUMENT,
                "prompt template", "exactly once");
    check_error(paw_function_base(NULL, NULL, &f, &err), &err, PAW_ERR_ARGUMENT, NULL, "NULL");
}

TEST(a_prompted_function)
{
    paw_function *f = NULL;
    paw_error err = {0};
    check_ok(paw_function_prompted("Print it in capitals.", base, &f, &err), &err);
    char *a = call(f, "hello", 8), *b = call(f, "hello", 8);
    assert_string_equal(a, b);
    free(a);
    free(b);
    paw_function_free(f);
    f = NULL;
    check_error(paw_function_prompted("x {INPUT_PLACEHOLDER}", base, &f, &err), &err, PAW_ERR_ARGUMENT, "instructions", "reserved");
    check_error(paw_function_prompted("x \xFF", base, &f, &err), &err, PAW_ERR_ARGUMENT, NULL, "not UTF-8");
    check_error(paw_function_prompted(NULL, base, &f, &err), &err, PAW_ERR_ARGUMENT, NULL, "NULL");
    char big[1000];
    memset(big, 'y', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    check_error(paw_function_prompted(big, base, &f, &err), &err, PAW_ERR_CONTEXT, NULL, "context");
    assert_null(f);
}

/* ---- programs that are refused ---- */

TEST(programs_for_another_base)
{
    paw_error err = {0};
    paw_function *f = NULL;
    bundle b = sound;
    b.meta = "{\"runtime_id\": \"big-one\", \"runtime\": {\"local_sdk\": {\"base_model\": {\"size_bytes\": 12345}}}}";
    refused_load(b, base, PAW_ERR_MISMATCH, "bad.paw", "big-one (12345 bytes)");
    tiny_files wide = tiny_pair(&(tiny_options){.type = TENSOR_Q8_0, .n_embd = 128}, NULL);
    paw_base *other = open_base(wide.base, 1, 0);
    check_error(paw_function_load(program, other, &f, &err), &err, PAW_ERR_MISMATCH, "program.paw: adapter.gguf: blk.", "another base");
    paw_base_free(other);
    tiny_pair_free(&wide);
    tiny_files thin = tiny_pair(&(tiny_options){.n_layer = 1}, NULL);
    other = open_base(thin.base, 1, 0);
    check_error(paw_function_load(program, other, &f, &err), &err, PAW_ERR_MISMATCH, "program.paw: adapter.gguf: blk.1", "1 layers");
    paw_base_free(other);
    tiny_pair_free(&thin);
    assert_null(f);
}

TEST(meta_that_is_no_json)
{
    static char *const bad[] = {"not JSON", "[1, 2]", "\"text\"", "{\"a\": 1,}", "{\"a\": 1} more", "{\"a\": 1, \"a\": 2}"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        bundle b = sound;
        b.meta = bad[i];
        refused_load(b, base, PAW_ERR_FORMAT, "bad.paw", "meta.json");
    }
    static char *const odd[] = {"{}", "{\"runtime\": 7, \"runtime_id\": []}", "{\"runtime\": {\"local_sdk\": {\"base_model\": null}}}"};
    for (size_t i = 0; i < COUNT(odd); i++) { /* says nothing of a base: taken */
        bundle b = sound;
        paw_error err = {0};
        char *path = file_join(dir, "odd.paw");
        b.meta = odd[i];
        check_ok(bundle_write(path, &b, &err), &err);
        paw_function_free(load(path));
        free(path);
    }
}

static void refused_adapter(buffer bytes, paw_status wanted, const char *where, const char *said)
{
    bundle b = sound;
    b.adapter = (uint8_t *)bytes.data;
    b.adapter_size = bytes.size;
    refused_load(b, base, wanted, where, said);
    buffer_free(&bytes);
}

TEST(adapters_that_are_damaged)
{
    static const char A0[] = "blk.0.attn_q.weight.lora_a", B1[] = "blk.1.ffn_up.weight.lora_b";
    refused_adapter(tiny_adapter(&(tiny_options){.leave_out = B1}, 32, TENSOR_Q4_0), PAW_ERR_FORMAT, "blk.1.ffn_up", "missing");
    refused_adapter(tiny_adapter(&(tiny_options){.spoil_scale = A0}, 32, TENSOR_Q4_0), PAW_ERR_FORMAT, A0, "finite");
    refused_adapter(tiny_adapter(NULL, 24, TENSOR_F32), PAW_ERR_UNSUPPORTED, "blk.0.attn_q", "rank 24");
    refused_adapter(tiny_adapter(&(tiny_options){.architecture = "gpt2"}, 32, TENSOR_F32), PAW_ERR_MISMATCH,
                    "adapter.gguf: general.architecture", "gpt2");
    refused_adapter(tiny_model(NULL), PAW_ERR_FORMAT, "adapter.gguf: general.type", "missing");
    buffer junk = {0};
    buffer_append_text(&junk, "this is no adapter");
    refused_adapter(junk, PAW_ERR_FORMAT, "adapter.gguf: header", "not a GGUF file");
    buffer cut = tiny_adapter(NULL, 32, TENSOR_Q4_0);
    cut.size -= 1000;
    refused_adapter(cut, PAW_ERR_FORMAT, "adapter.gguf: blk.", "beyond the end");
}

TEST(prompts_that_do_not_work)
{
    bundle b = sound;
    char big[1000];
    memset(big, 'z', sizeof big);
    memcpy(big + 900, "{INPUT_PLACEHOLDER}", 20);
    b.prompt_template = big;
    refused_load(b, base, PAW_ERR_CONTEXT, "bad.paw", "context");
    b.prompt_template = "no place for an input";
    refused_load(b, base, PAW_ERR_FORMAT, "prompt_template.txt", "exactly once");
    char *path = file_join(dir, "short.paw"); /* the shortest prompt: nothing but the input */
    paw_error err = {0};
    b.prompt_template = "{INPUT_PLACEHOLDER}";
    check_ok(bundle_write(path, &b, &err), &err);
    paw_function *f = load(path);
    refused_call(f, "", 0, 5, PAW_ERR_ARGUMENT, "input", "empty");
    free(call(f, "x", 5));
    paw_function_free(f);
    free(path);
}

TEST(files_that_are_no_programs)
{
    paw_function *f = NULL;
    paw_program_info info;
    paw_error err = {0};
    check_error(paw_function_load(check_path(dir, "gone.paw"), base, &f, &err), &err, PAW_ERR_NOT_FOUND, "gone.paw", NULL);
    check_error(paw_function_load(dir, base, &f, &err), &err, PAW_ERR_ARGUMENT, dir, NULL);
    check_error(paw_function_load(files.base, base, &f, &err), &err, PAW_ERR_FORMAT, files.base, "not a program");
    check_error(paw_function_load(NULL, base, &f, &err), &err, PAW_ERR_ARGUMENT, NULL, "NULL");
    check_error(paw_function_load(program, NULL, &f, &err), &err, PAW_ERR_ARGUMENT, NULL, "NULL");
    check_error(paw_program_read(check_path(dir, "gone.paw"), &info, &err), &err, PAW_ERR_NOT_FOUND, "gone.paw", NULL);
    check_error(paw_program_read(program, NULL, &err), &err, PAW_ERR_ARGUMENT, NULL, "NULL");
    assert_null(info.json);
    assert_null(f);
}

/* ---- base models ---- */

TEST(bases_that_are_refused)
{
    paw_base *b = NULL;
    paw_error err = {0};
    paw_base_options none = {.threads = 1, .cache_dir = "/dev/null/nowhere"};
    buffer bytes = tiny_model(&(tiny_options){.tokens = 263});
    check_put(check_path(dir, "rows.gguf"), bytes.data, bytes.size);
    buffer_free(&bytes);
    check_error(paw_base_load(check_path(dir, "rows.gguf"), &none, &b, &err), &err, PAW_ERR_MISMATCH, "rows.gguf",
                "263 tokens, the embedding matrix 264");
    bytes = tiny_model(&(tiny_options){.leave_out = "tokenizer.ggml.tokens"});
    check_put(check_path(dir, "mute.gguf"), bytes.data, bytes.size);
    buffer_free(&bytes);
    check_error(paw_base_load(check_path(dir, "mute.gguf"), &none, &b, &err), &err, PAW_ERR_FORMAT, "tokenizer.ggml.tokens", "missing");
    check_error(paw_base_load(files.compiler, &none, &b, &err), &err, PAW_ERR_UNSUPPORTED, files.compiler, "paw-compiler");
    check_error(paw_base_load(NULL, &none, &b, &err), &err, PAW_ERR_ARGUMENT, NULL, "NULL");
    check_error(paw_base_load(files.base, &none, NULL, &err), &err, PAW_ERR_ARGUMENT, NULL, "NULL");
    check_error(paw_base_load(files.base, &(paw_base_options){.threads = -1}, &b, &err), &err, PAW_ERR_ARGUMENT, "threads", "-1");
    check_error(paw_base_load(files.base, &(paw_base_options){.context = 9999}, &b, &err), &err, PAW_ERR_ARGUMENT, "context", "9999");
    assert_null(b);
}

TEST(sha256_of_a_base)
{
    const char *hex;
    paw_error err = {0};
    check_ok(paw_base_sha256(base, &hex, &err), &err);
    assert_string_equal(hex, files.sha256);
    check_error(paw_base_sha256(NULL, &hex, &err), &err, PAW_ERR_ARGUMENT, NULL, "NULL");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_answer_each_time),
        cmocka_unit_test(the_same_answer_on_any_threads),
        cmocka_unit_test(the_answer_is_that_of_a_plain_greedy_loop),
        cmocka_unit_test(max_tokens),
        cmocka_unit_test(answers_end_with_the_context),
        cmocka_unit_test(an_input_too_long),
        cmocka_unit_test(inputs_that_are_no_text),
        cmocka_unit_test(callers_on_many_threads),
        cmocka_unit_test(published_layouts),
        cmocka_unit_test(the_bare_model),
        cmocka_unit_test(a_prompted_function),
        cmocka_unit_test(programs_for_another_base),
        cmocka_unit_test(meta_that_is_no_json),
        cmocka_unit_test(adapters_that_are_damaged),
        cmocka_unit_test(prompts_that_do_not_work),
        cmocka_unit_test(files_that_are_no_programs),
        cmocka_unit_test(bases_that_are_refused),
        cmocka_unit_test(sha256_of_a_base),
    };
    return cmocka_run_group_tests_name("function", tests, setup, teardown);
}
