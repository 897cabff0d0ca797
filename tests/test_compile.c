/* test_compile.c: compiler files and compiling: one answer, the mapper against double precision, and every refusal. */
#define _GNU_SOURCE
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "compiler/compiler.h"
#include "function/bundle.h"
#include "support/check.h"
#include "support/tiny.h"

static tiny_files files;
static char *dir; /* for what is made */
static paw_base *base;
static paw_compiler *compiler;

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
    paw_error err = {0};
    files = tiny_pair(&(tiny_options){.type = TENSOR_Q8_0, .context = 8192}, NULL);
    dir = tiny_folder();
    base = open_base(files.base, 1, 0);
    check_ok(paw_compiler_load(files.compiler, base, &compiler, &err), &err);
    return 0;
}

static int teardown(void **state __attribute__((unused)))
{
    paw_compiler_free(compiler);
    paw_base_free(base);
    paw_compiler_free(NULL);
    paw_base_free(NULL);
    tiny_remove(dir);
    tiny_pair_free(&files);
    return 0;
}

static const char *const SPEC = "Print the first word in capital letters.";
static const paw_example EXAMPLES[] = {{"one two", "ONE"}, {"", "-"}, {"caf\xC3\xA9 au lait", "CAF\xC3\x89"}};

static paw_compile_result compile(paw_compiler *c, const char *spec, size_t n_examples, const char *name)
{
    paw_compile_result result;
    paw_error err = {0};
    paw_compile_request r = {spec, EXAMPLES, n_examples};
    check_ok(paw_compile(c, &r, check_path(dir, name), &result, &err), &err);
    return result;
}

static bool same_files(const char *a, const char *b)
{
    size_t n, m;
    char *x = check_read(check_path(dir, a), &n), *y = check_read(check_path(dir, b), &m);
    bool same = n == m && memcmp(x, y, n) == 0;
    free(x);
    free(y);
    return same;
}

/* ---- one answer ---- */

TEST(same_request_same_bytes)
{
    struct stat st;
    paw_compile_result a = compile(compiler, SPEC, 3, "a.paw"), b = compile(compiler, SPEC, 3, "b.paw");
    assert_string_equal(a.program_id, b.program_id);
    assert_int_equal(strlen(a.program_id), 20);
    assert_int_equal(strspn(a.program_id, "0123456789abcdef"), 20);
    assert_true(same_files("a.paw", "b.paw"));
    assert_int_equal(stat(check_path(dir, "a.paw"), &st), 0);
    assert_int_equal(st.st_size, a.size_bytes);
    double parts = a.seconds_pseudo + a.seconds_encode + a.seconds_map + a.seconds_tune + a.seconds_write;
    assert_true(a.seconds_total > 0 && parts > 0 && parts <= a.seconds_total * 1.001);
}

TEST(same_bytes_with_more_threads_and_context)
{
    paw_error err = {0};
    paw_base *other = open_base(files.base, 3, 1024);
    paw_compiler *c;
    check_ok(paw_compiler_load(files.compiler, other, &c, &err), &err);
    compile(compiler, SPEC, 2, "a.paw");
    compile(c, SPEC, 2, "b.paw");
    assert_true(same_files("a.paw", "b.paw"));
    paw_compiler_free(c);
    paw_base_free(other);
}

/* Adapter and meta.json of a program compiled with one example. */
static bundle compiled_with(const paw_example *example, bool untuned, char id[65])
{
    bundle b;
    paw_error err = {0};
    paw_compile_result result;
    paw_compile_request r = {.spec = SPEC, .examples = example, .n_examples = 1, .untuned = untuned};
    check_ok(paw_compile(compiler, &r, check_path(dir, "t.paw"), &result, &err), &err);
    check_ok(bundle_read(check_path(dir, "t.paw"), true, &b, &err), &err);
    strcpy(id, result.program_id);
    return b;
}

static bool equal_adapters(const bundle *x, const bundle *y)
{
    return x->adapter_size == y->adapter_size && memcmp(x->adapter, y->adapter, x->adapter_size) == 0;
}

TEST(examples_tune_the_adapter)
{
    char tuned_id[65], untuned_id[65], other_id[65];
    paw_example other = {"one two", "TWO"};
    bundle tuned = compiled_with(&EXAMPLES[0], false, tuned_id), untuned = compiled_with(&EXAMPLES[0], true, untuned_id);
    bundle differently = compiled_with(&other, false, other_id);
    assert_string_not_equal(tuned_id, untuned_id);
    assert_string_not_equal(tuned_id, other_id);
    assert_false(equal_adapters(&tuned, &untuned));
    assert_false(equal_adapters(&tuned, &differently));
    assert_string_equal(tuned.pseudo_program, untuned.pseudo_program);
    assert_non_null(strstr(tuned.meta, "\"tuned\": true"));
    assert_non_null(strstr(untuned.meta, "\"tuned\": false"));
    bundle_free(&tuned);
    bundle_free(&untuned);
    bundle_free(&differently);
}

TEST(examples_that_are_too_long_to_learn)
{
    static char words[1300];
    char tuned_id[65], untuned_id[65];
    memset(words, 'q', sizeof words - 1);
    paw_example one = {words, "Q"};
    bundle tuned = compiled_with(&one, false, tuned_id), untuned = compiled_with(&one, true, untuned_id);
    assert_true(equal_adapters(&tuned, &untuned)); /* it is only shown */
    bundle_free(&tuned);
    bundle_free(&untuned);
}

TEST(other_requests_other_ids)
{
    paw_error err = {0};
    tiny_files others = tiny_pair(&(tiny_options){.type = TENSOR_Q8_0, .context = 8192}, &(tiny_compiler_options){.seed = 5});
    paw_compiler *c;
    check_ok(paw_compiler_load(others.compiler, base, &c, &err), &err);
    paw_compile_result r[5] = {compile(compiler, SPEC, 0, "p.paw"), compile(compiler, SPEC, 1, "p.paw"),
                               compile(compiler, SPEC, 2, "p.paw"),
                               compile(compiler, "Print the first word in capital letters", 0, "p.paw"),
                               compile(c, SPEC, 0, "p.paw")};
    for (int i = 0; i < 5; i++) {
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(r[i].program_id, r[k].program_id);
        }
    }
    paw_compiler_free(c);
    tiny_pair_free(&others);
}

TEST(what_is_in_a_program)
{
    bundle b;
    paw_error err = {0};
    paw_compile_result r = compile(compiler, SPEC, 1, "p.paw");
    check_ok(bundle_read(check_path(dir, "p.paw"), true, &b, &err), &err);
    assert_string_equal(b.pseudo_program, "Task: Print the first word in capital letters.\n"
                                          "Examples:\nInput: one two\nOutput: ONE\n");
    assert_non_null(strstr(b.prompt_template, b.pseudo_program));
    char hex[HASH_HEX_SIZE]; /* the id: of fingerprint, spec, pseudo-program and "tuned", with a NUL between them */
    hash_part parts[4] = {{compiler->fingerprint, 65}, {SPEC, strlen(SPEC) + 1}, {b.pseudo_program, strlen(b.pseudo_program)}, {"\0tuned", 6}};
    hash_sha256_hex(parts, 4, hex);
    assert_int_equal(strncmp(hex, r.program_id, 20), 0);
    assert_non_null(strstr(b.prompt_template, "[INPUT]\n{INPUT_PLACEHOLDER}\n[END_INPUT]"));
    json_t *meta = json_loads(b.meta, JSON_REJECT_DUPLICATES, NULL);
    assert_string_equal(json_string_value(json_object_get(meta, "program_id")), r.program_id);
    assert_string_equal(json_string_value(json_object_get(meta, "spec")), SPEC);
    assert_string_equal(json_string_value(json_object_get(meta, "compiler_snapshot")), "tiny-test");
    assert_string_equal(json_string_value(json_object_get(meta, "runtime_id")), "tiny");
    assert_string_equal(json_string_value(json_object_get(meta, "interpreter")), "test/tiny");
    assert_string_equal(json_string_value(json_object_get(meta, "compiler_fingerprint")), compiler->fingerprint);
    assert_int_equal(json_integer_value(json_object_get(meta, "lora_rank")), 32);
    json_decref(meta);
    bundle_free(&b);
}

TEST(braces_in_a_spec_are_text)
{
    char *pseudo;
    paw_error err = {0};
    paw_example one = {"{output} {spec}", "{input} {examples}"};
    paw_compile_request r = {"Keep {examples}, {spec}, {pseudo} and {input} as they are.", &one, 1};
    check_ok(compiler_pseudo(compiler, r.spec, &r, &pseudo, &err), &err);
    assert_string_equal(pseudo, "Task: Keep {examples}, {spec}, {pseudo} and {input} as they are.\n"
                                "Examples:\nInput: {output} {spec}\nOutput: {input} {examples}\n");
    free(pseudo);
}

/* ---- requests that are refused ---- */

static void refused(const paw_compile_request *r, paw_status wanted, const char *where, const char *said)
{
    paw_error err = {0};
    paw_compile_result result;
    const char *path = check_path(dir, "refused.paw");
    int before = check_entries(dir);
    check_error(paw_compile(compiler, r, path, &result, &err), &err, wanted, where, said);
    assert_int_equal(check_entries(dir), before);
}

static char *repeated(const char *unit, size_t characters)
{
    size_t n = strlen(unit);
    char *text = malloc(characters * n + 1);
    assert_non_null(text);
    for (size_t i = 0; i < characters * n; i++) {
        text[i] = unit[i % n];
    }
    text[characters * n] = '\0';
    return text;
}

static void of_length(const char *unit, size_t characters, paw_status wanted)
{
    char *spec = repeated(unit, characters);
    paw_compile_request r = {.spec = spec};
    if (wanted == PAW_OK) {
        compile(compiler, spec, 0, "p.paw");
    } else {
        refused(&r, wanted, "spec", wanted == PAW_ERR_CONTEXT ? "shorten" : "10 to 16000");
    }
    free(spec);
}

TEST(lengths_of_a_spec)
{
    of_length("x", 0, PAW_ERR_ARGUMENT);
    of_length("x", 9, PAW_ERR_ARGUMENT);
    of_length("x", 10, PAW_OK);
    of_length("\xC3\xA9", 9, PAW_ERR_ARGUMENT); /* 18 bytes */
    of_length("\xC3\xA9", 10, PAW_OK);
    of_length("\xF0\x9F\x98\x80", 9, PAW_ERR_ARGUMENT);
    of_length("\xF0\x9F\x98\x80", 10, PAW_OK);
    of_length("x", 16000, PAW_ERR_CONTEXT);
    of_length("\xF0\x9F\x98\x80", 16000, PAW_ERR_CONTEXT);
    of_length("x", 16001, PAW_ERR_ARGUMENT);
    of_length("\xE2\x82\xAC", 16001, PAW_ERR_ARGUMENT);
}

TEST(the_longest_spec_compiles_where_it_fits)
{
    paw_error err = {0};
    paw_base *wide = open_base(files.base, 2, 8192);
    paw_compiler *c;
    char *spec = repeated("the", 5334);
    spec[16000] = '\0';
    check_ok(paw_compiler_load(files.compiler, wide, &c, &err), &err);
    compile(c, spec, 0, "p.paw"); /* the letters of "the" are one token */
    free(spec);
    paw_compiler_free(c);
    paw_base_free(wide);
}

TEST(texts_that_are_not_utf8)
{
    paw_example e = {"in", "out"};
    refused(&(paw_compile_request){.spec = "Not UTF-8: \xFF."}, PAW_ERR_ARGUMENT, "spec", "not UTF-8 (byte 11)");
    refused(&(paw_compile_request){.spec = "cut off here: \xE2\x82"}, PAW_ERR_ARGUMENT, "spec", "byte 14");
    e.input = "\xC0\x80";
    refused(&(paw_compile_request){SPEC, &e, 1}, PAW_ERR_ARGUMENT, "example 1", "not UTF-8");
    e = (paw_example){"in", "x\xED\xA0\x80"};
    refused(&(paw_compile_request){SPEC, &e, 1}, PAW_ERR_ARGUMENT, "example 1", "byte 1");
}

TEST(the_placeholder_is_reserved)
{
    paw_example e[2] = {{"in", "out"}, {"the {INPUT_PLACEHOLDER}", "out"}};
    refused(&(paw_compile_request){.spec = "Say {INPUT_PLACEHOLDER} twice."}, PAW_ERR_ARGUMENT, "spec", "reserved");
    refused(&(paw_compile_request){SPEC, e, 2}, PAW_ERR_ARGUMENT, "example 2", "reserved");
    const char *choices[] = {"a", "{INPUT_PLACEHOLDER}"};
    refused(&(paw_compile_request){.spec = "Say one of them.", .choices = choices, .n_choices = 2}, PAW_ERR_ARGUMENT, "choices", "reserved");
    e[1] = (paw_example){"in", "{INPUT_PLACEHOLDER}"};
    refused(&(paw_compile_request){SPEC, e, 2}, PAW_ERR_ARGUMENT, "example 2", "reserved");
}

TEST(examples_that_are_refused)
{
    paw_example many[17];
    for (int i = 0; i < 17; i++) {
        many[i] = (paw_example){"in", "out"};
    }
    refused(&(paw_compile_request){SPEC, many, 17}, PAW_ERR_ARGUMENT, "examples", "at most 16");
    refused(&(paw_compile_request){SPEC, many, SIZE_MAX}, PAW_ERR_ARGUMENT, "examples", "at most 16");
    refused(&(paw_compile_request){SPEC, NULL, 1}, PAW_ERR_ARGUMENT, NULL, "NULL");
    many[15].output = "";
    refused(&(paw_compile_request){SPEC, many, 16}, PAW_ERR_ARGUMENT, "example 16", "not empty");
    many[15].output = NULL;
    refused(&(paw_compile_request){SPEC, many, 16}, PAW_ERR_ARGUMENT, "example 16", NULL);
    many[15] = (paw_example){NULL, "out"};
    refused(&(paw_compile_request){SPEC, many, 16}, PAW_ERR_ARGUMENT, "example 16", NULL);
    many[15] = (paw_example){"in", "out"};
    paw_error err = {0};
    check_ok(paw_compile(compiler, &(paw_compile_request){SPEC, many, 16}, check_path(dir, "p.paw"), NULL, &err), &err);
    char *big = repeated("x", 9000);
    many[3].input = big;
    refused(&(paw_compile_request){SPEC, many, 16}, PAW_ERR_CONTEXT, "spec", "shorten");
    free(big);
}

TEST(arguments_that_are_null)
{
    paw_error err = {0};
    paw_compile_request r = {.spec = SPEC};
    paw_compiler *c;
    char *text;
    refused(NULL, PAW_ERR_ARGUMENT, NULL, "NULL");
    refused(&(paw_compile_request){0}, PAW_ERR_ARGUMENT, NULL, "NULL");
    check_error(paw_compile(compiler, &r, NULL, NULL, &err), &err, PAW_ERR_ARGUMENT, NULL, "NULL");
    check_error(paw_compile(NULL, &r, "x", NULL, &err), &err, PAW_ERR_ARGUMENT, NULL, "NULL");
    check_error(paw_compiler_load(NULL, base, &c, &err), &err, PAW_ERR_ARGUMENT, NULL, "NULL");
    check_error(paw_compiler_load("x", NULL, &c, &err), &err, PAW_ERR_ARGUMENT, NULL, "NULL");
    check_error(paw_compiler_runtime(NULL, &text, &err), &err, PAW_ERR_ARGUMENT, NULL, "NULL");
    assert_int_equal(paw_compile(compiler, NULL, "x", NULL, NULL), PAW_ERR_ARGUMENT);
}

/* ---- places that cannot be written ---- */

static bool compile_there(const void *path)
{
    paw_error err = {0};
    paw_compile_request r = {.spec = SPEC};
    return paw_compile(compiler, &r, path, NULL, &err) == PAW_ERR_IO && strcmp(err.where, path) == 0;
}

TEST(full_disk_and_unwritable_folder)
{
    paw_error err = {0};
    paw_compile_request r = {.spec = SPEC};
    char *there = tiny_folder(), *path = file_join(there, "p.paw");
    assert_true(check_in_child((child_limits){.most_bytes = 8192}, compile_there, path)); /* one thread: forking is sound */
    assert_int_equal(check_entries(there), 0);
    chmod(there, 0555);
    assert_true(check_in_child((child_limits){.nobody = true}, compile_there, path));
    chmod(there, 0755);
    assert_int_equal(check_entries(there), 0);
    check_error(paw_compile(compiler, &r, there, NULL, &err), &err, PAW_ERR_ARGUMENT, there, "directory");
    check_error(paw_compile(compiler, &r, check_path(there, "no/p.paw"), NULL, &err), &err, PAW_ERR_NOT_FOUND, "no/p.paw", NULL);
    free(path);
    tiny_remove(there);
}

/* ---- compiler files that are refused ---- */

static void load_refused(tiny_compiler_options o, paw_status wanted, const char *where, const char *said)
{
    paw_compiler *c = NULL;
    paw_error err = {0};
    o.base_sha256 = o.base_sha256 != NULL ? o.base_sha256 : files.sha256;
    buffer bytes = tiny_compiler(&o);
    const char *path = check_path(dir, "bad.gguf");
    check_put(path, bytes.data, bytes.size);
    buffer_free(&bytes);
    check_error(paw_compiler_load(path, base, &c, &err), &err, wanted, "bad.gguf", NULL);
    check_error(paw_compiler_load(path, base, &c, &err), &err, wanted, where, said);
    assert_null(c);
}

static void text_refused(const char *key, const char *text, paw_status wanted, const char *said)
{
    load_refused((tiny_compiler_options){.change_key = key, .text = text}, wanted, key, said);
}

static void number_refused(const char *key, uint32_t number, paw_status wanted, const char *said)
{
    load_refused((tiny_compiler_options){.change_key = key, .number = number}, wanted, key, said);
}

#define K(name) "paw-compiler." name

TEST(compilers_of_another_kind)
{
    paw_compiler *c = NULL;
    paw_error err = {0};
    char *text = NULL;
    text_refused("general.architecture", "llama", PAW_ERR_MISMATCH, "\"llama\"");
    number_refused(K("format_version"), 2, PAW_ERR_UNSUPPORTED, "version 1");
    load_refused((tiny_compiler_options){.base_sha256 = "0123456789abcdef"}, PAW_ERR_MISMATCH, K("base.sha256"), "0123456789abcdef");
    check_error(paw_compiler_load(files.base, base, &c, &err), &err, PAW_ERR_MISMATCH, "general.architecture", "\"llama\"");
    check_error(paw_compiler_load(check_path(dir, "gone"), base, &c, &err), &err, PAW_ERR_NOT_FOUND, "gone", NULL);
    check_error(paw_compiler_load(dir, base, &c, &err), &err, PAW_ERR_ARGUMENT, dir, "not a regular file");
    check_error(paw_compiler_runtime(files.base, &text, &err), &err, PAW_ERR_MISMATCH, "general.architecture", "llama");
    assert_null(text);
    check_ok(paw_compiler_runtime(files.compiler, &text, &err), &err);
    assert_string_equal(text, "tiny");
    free(text);
}

TEST(missing_keys)
{
    static const char *const keys[] = {
        "general.architecture", K("format_version"), K("snapshot"), K("base.sha256"), K("interpreter.runtime_id"),
        K("interpreter.name"), K("interpreter.architecture"), K("interpreter.block_count"), K("pseudo.strategy"),
        K("pseudo.template"), K("pseudo.examples_header"), K("pseudo.example"), K("encode.template"), K("prompt.template"),
        K("prefix_count"), K("layer_map"), K("final_norm"), K("pool.rms_eps"), K("rank"), K("alpha"), K("base_count"),
        K("modules"), K("encoder.lora_rank")};
    for (size_t i = 0; i < COUNT(keys); i++) {
        load_refused((tiny_compiler_options){.leave_out = keys[i]}, PAW_ERR_FORMAT, keys[i], "missing");
    }
}

TEST(missing_tensors_and_wrong_shapes)
{
    static const char *const names[] = {"prefix_embd.weight", "mapper.trunk.weight", "mapper.trunk.bias",
                                        "mapper.coeff_head.weight", "mapper.coeff_head.bias", "mapper.attn_q.a_bases",
                                        "mapper.ffn_down.b_bases", "enc.blk.1.attn_q.weight.lora_b"};
    for (size_t i = 0; i < COUNT(names); i++) {
        load_refused((tiny_compiler_options){.leave_out = names[i]}, PAW_ERR_FORMAT, names[i], "missing");
    }
    static const char *const shapes[] = {"prefix_embd.weight", "mapper.coeff_head.weight", "mapper.attn_q.a_bases",
                                         "mapper.ffn_down.b_bases", "enc.blk.1.attn_q.weight.lora_a",
                                         "enc.blk.0.ffn_up.weight.lora_b"};
    for (size_t i = 0; i < COUNT(shapes); i++) {
        load_refused((tiny_compiler_options){.spoil_shape = shapes[i]}, PAW_ERR_MISMATCH, shapes[i], "has shape");
    }
    load_refused((tiny_compiler_options){.spoil_shape = "mapper.trunk.weight"}, PAW_ERR_MISMATCH, "mapper.trunk.bias", "has shape");
}

TEST(keys_out_of_range)
{
    static const char *const numbers[] = {K("prefix_count"), K("rank"), K("interpreter.block_count")};
    for (size_t i = 0; i < COUNT(numbers); i++) {
        number_refused(numbers[i], 0, PAW_ERR_FORMAT, "0 is out of range");
        number_refused(numbers[i], UINT32_MAX, PAW_ERR_FORMAT, "4294967295 is out of range");
    }
    number_refused(K("base_count"), 1025, PAW_ERR_FORMAT, "1025 is out of range");
    number_refused(K("encoder.lora_rank"), 1025, PAW_ERR_FORMAT, "1025 is out of range");
    number_refused(K("rank"), 48, PAW_ERR_FORMAT, "multiple of 32");
    number_refused(K("layer_map"), 2, PAW_ERR_FORMAT, "lacks");
    number_refused(K("layer_map"), (uint32_t)-1, PAW_ERR_FORMAT, "lacks");
    static const float bad[] = {-1, NAN, INFINITY, 1e7f};
    for (size_t i = 0; i < COUNT(bad); i++) {
        uint32_t bits;
        memcpy(&bits, &bad[i], 4);
        number_refused(K("alpha"), bits, PAW_ERR_FORMAT, "out of range");
        number_refused(K("encoder.lora_alpha"), bits, PAW_ERR_FORMAT, "out of range");
        number_refused(K("pool.rms_eps"), bits, PAW_ERR_FORMAT, "out of range");
    }
    text_refused(K("modules"), "attn_x", PAW_ERR_MISMATCH, "lacks");
    text_refused(K("pseudo.strategy"), "oracle", PAW_ERR_UNSUPPORTED, "template");
    load_refused((tiny_compiler_options){.change_key = K("interpreter.architecture"), .text = "gpt2"}, PAW_ERR_MISMATCH,
                 K("interpreter.architecture"), "another interpreter");
    load_refused((tiny_compiler_options){.change_key = K("interpreter.block_count"), .number = 3}, PAW_ERR_MISMATCH,
                 K("interpreter"), "another interpreter");
}

TEST(templates_without_their_places)
{
    text_refused(K("pseudo.template"), "Task: {examples}", PAW_ERR_FORMAT, "{spec} stands in it 0 times");
    text_refused(K("pseudo.template"), "{spec}{examples}{spec}", PAW_ERR_FORMAT, "{spec} stands in it 2 times");
    text_refused(K("pseudo.template"), "{spec}", PAW_ERR_FORMAT, "{examples}");
    text_refused(K("pseudo.example"), "{input}", PAW_ERR_FORMAT, "{output}");
    text_refused(K("encode.template"), "nothing", PAW_ERR_FORMAT, "{pseudo}");
    text_refused(K("encode.template"), "{pseudo}{spec}{spec}", PAW_ERR_FORMAT, "{spec}");
    text_refused(K("prompt.template"), "{pseudo}", PAW_ERR_FORMAT, "{INPUT_PLACEHOLDER}");
    text_refused(K("prompt.template"), "{pseudo}{INPUT_PLACEHOLDER}{INPUT_PLACEHOLDER}", PAW_ERR_FORMAT, "{INPUT_PLACEHOLDER}");
    text_refused(K("prompt.template"), "{INPUT_PLACEHOLDER}", PAW_ERR_FORMAT, "{pseudo}");
    text_refused(K("snapshot"), "not UTF-8 \xFF", PAW_ERR_FORMAT, "not UTF-8");
    text_refused(K("pseudo.template"), "\xC3{spec}{examples}", PAW_ERR_FORMAT, "not UTF-8");
}

TEST(values_that_are_not_finite)
{
    load_refused((tiny_compiler_options){.spoil_scale = "prefix_embd.weight"}, PAW_ERR_FORMAT, "prefix_embd.weight", "finite");
    load_refused((tiny_compiler_options){.spoil_scale = "enc.blk.0.attn_q.weight.lora_a"}, PAW_ERR_FORMAT, NULL, "finite");
    static const char *const names[] = {"mapper.trunk.weight", "mapper.coeff_head.bias", "mapper.attn_k.a_bases",
                                        "adapter.blk.1.ffn_up.weight.lora_b"};
    for (size_t i = 0; i < COUNT(names); i++) { /* seen when it is used; no program is made */
        paw_compiler *c = NULL;
        paw_error err = {0};
        buffer bytes = tiny_compiler(&(tiny_compiler_options){.base_sha256 = files.sha256, .spoil_scale = names[i]});
        check_put(check_path(dir, "bad.gguf"), bytes.data, bytes.size);
        buffer_free(&bytes);
        check_ok(paw_compiler_load(check_path(dir, "bad.gguf"), base, &c, &err), &err);
        paw_compile_request r = {.spec = SPEC};
        check_error(paw_compile(c, &r, check_path(dir, "never.paw"), NULL, &err), &err, PAW_ERR_FORMAT, "bad.gguf", "finite");
        assert_false(check_exists(check_path(dir, "never.paw")));
        paw_compiler_free(c);
    }
}

TEST(compilers_cut_off)
{
    size_t size;
    char *bytes = check_read(files.compiler, &size);
    const char *path = check_path(dir, "cut.gguf");
    for (size_t n = 0; n < size; n += n < 300 ? 7 : n < 9000 ? 101 : 9973) {
        paw_compiler *c = NULL;
        paw_error err = {0};
        check_put(path, bytes, n);
        check_error(paw_compiler_load(path, base, &c, &err), &err, PAW_ERR_FORMAT, "cut.gguf", NULL);
        assert_null(c);
    }
    free(bytes);
}

/* ---- compilers that leave something out ---- */

static paw_compiler *variant(const char *name, tiny_compiler_options o)
{
    paw_compiler *c;
    paw_error err = {0};
    o.base_sha256 = files.sha256;
    buffer bytes = tiny_compiler(&o);
    check_put(check_path(dir, name), bytes.data, bytes.size);
    buffer_free(&bytes);
    check_ok(paw_compiler_load(check_path(dir, name), base, &c, &err), &err);
    return c;
}

static char *adapter_of(const char *name, size_t *size)
{
    bundle b;
    paw_error err = {0};
    check_ok(bundle_read(check_path(dir, name), true, &b, &err), &err);
    char *out = malloc(b.adapter_size);
    memcpy(out, b.adapter, b.adapter_size);
    *size = b.adapter_size;
    bundle_free(&b);
    return out;
}

static bool same_adapters(const char *a, const char *b)
{
    size_t n, m;
    char *x = adapter_of(a, &n), *y = adapter_of(b, &m);
    bool same = n == m && memcmp(x, y, n) == 0;
    free(x);
    free(y);
    return same;
}

TEST(the_spec_changes_the_adapter)
{
    compile(compiler, SPEC, 0, "a.paw");
    compile(compiler, "Say whether the message is angry or calm.", 0, "b.paw");
    assert_false(same_adapters("a.paw", "b.paw"));
}

TEST(without_bases_all_adapters_are_the_static_part)
{
    paw_compiler *c = variant("static.gguf", (tiny_compiler_options){.change_key = K("base_count"), .number = 0});
    compile(c, SPEC, 0, "a.paw");
    compile(c, "Say whether the message is angry or calm.", 0, "b.paw");
    assert_true(same_adapters("a.paw", "b.paw"));
    assert_false(same_files("a.paw", "b.paw"));
    paw_compiler_free(c);
}

TEST(without_an_encoder_adapter)
{
    paw_compiler *c = variant("plain.gguf", (tiny_compiler_options){.change_key = K("encoder.lora_rank"), .number = 0});
    compile(c, SPEC, 0, "a.paw");
    compile(compiler, SPEC, 0, "b.paw");
    assert_false(same_adapters("a.paw", "b.paw"));
    paw_compiler_free(c);
}

/* ---- the steps against double precision ---- */

static double *values_of(const char *name)
{
    const gguf_tensor *t = gguf_find_tensor(compiler->file, name);
    assert_non_null(t);
    size_t n = (size_t)(t->ne[0] * t->ne[1] * t->ne[2]);
    float *x = malloc(n * sizeof *x);
    double *y = malloc(n * sizeof *y);
    format_dequantise(t->type, t->data, x, n);
    for (size_t i = 0; i < n; i++) {
        y[i] = (double)x[i];
    }
    free(x);
    return y;
}

/* Relative error of a vector: the largest difference over the largest value. */
static double error_of(const float *got, const double *wanted, size_t n)
{
    double most = 0, largest = 0;
    for (size_t i = 0; i < n; i++) {
        most = fmax(most, fabs((double)got[i] - wanted[i]));
        largest = fmax(largest, fabs(wanted[i]));
        assert_true(isfinite(got[i]));
    }
    assert_true(largest > 0);
    return most / largest;
}

enum { D = 64, TRUNK = 48, MODULES = 7, LAYERS = 2, BASES = 3, RANK = 32, COEFFICIENTS = LAYERS * MODULES * BASES * 2 };

static void random_state(float h[D])
{
    uint64_t random = 33;
    for (int i = 0; i < D; i++) {
        h[i] = tiny_uniform(&random, 2.0f);
    }
}

TEST(coefficients_are_those_of_the_format)
{
    float h[D], got[COEFFICIENTS];
    double z[TRUNK], wanted[COEFFICIENTS];
    double *w1 = values_of("mapper.trunk.weight"), *b1 = values_of("mapper.trunk.bias"),
           *w2 = values_of("mapper.coeff_head.weight"), *b2 = values_of("mapper.coeff_head.bias");
    paw_error err = {0};
    random_state(h);
    check_ok(compiler_coefficients(compiler, h, got, &err), &err);
    for (int i = 0; i < TRUNK; i++) {
        double s = b1[i];
        for (int j = 0; j < D; j++) {
            s += w1[i * D + j] * (double)h[j];
        }
        z[i] = 0.5 * s * (1 + erf(s / sqrt(2)));
    }
    for (int i = 0; i < COEFFICIENTS; i++) {
        wanted[i] = b2[i];
        for (int j = 0; j < TRUNK; j++) {
            wanted[i] += w2[i * TRUNK + j] * z[j];
        }
    }
    double off = error_of(got, wanted, COEFFICIENTS);
    if (!(off < 1e-5)) {
        fail_msg("relative error %g", off);
    }
    free(w1);
    free(b1);
    free(w2);
    free(b2);
}

static const char *const stems[MODULES] = {"ffn_down", "ffn_gate", "attn_k", "attn_output", "attn_q", "ffn_up", "attn_v"};

/* One layer's matrix: the static part and the weighted bases. */
static double *combined(const float *c, int layer, int module, char part, size_t n)
{
    char name[96];
    snprintf(name, sizeof name, "adapter.blk.%d.%s.weight.lora_%c", layer, stems[module], part);
    double *out = values_of(name);
    snprintf(name, sizeof name, "mapper.%s.%c_bases", stems[module], part);
    double *bases = values_of(name);
    for (int b = 0; b < BASES; b++) {
        double f = (double)c[((layer * MODULES + module) * BASES + b) * 2 + (part == 'b')];
        for (size_t i = 0; i < n; i++) {
            out[i] += f * bases[(size_t)b * n + i];
        }
    }
    free(bases);
    return out;
}

TEST(weights_are_those_of_the_format)
{
    float h[D], c[COEFFICIENTS];
    paw_error err = {0};
    random_state(h);
    check_ok(compiler_coefficients(compiler, h, c, &err), &err);
    for (int m = 0; m < MODULES; m++) {
        const model_shape *shape = model_get_shape(base->model);
        model_module which = (model_module)model_module_find(stems[m]);
        size_t na = RANK * (size_t)model_cols(shape, which), nb = RANK * (size_t)model_rows(shape, which);
        float *a = malloc(LAYERS * na * sizeof *a), *b = malloc(LAYERS * nb * sizeof *b);
        check_ok(compiler_module_weights(compiler, (uint32_t)m, c, a, b, &err), &err);
        for (int l = 0; l < LAYERS; l++) {
            double *wanted_a = combined(c, l, m, 'a', na), *wanted_b = combined(c, l, m, 'b', nb);
            double off = fmax(error_of(a + (size_t)l * na, wanted_a, na), error_of(b + (size_t)l * nb, wanted_b, nb));
            if (!(off < 1e-5)) {
                fail_msg("%s of layer %d: relative error %g", stems[m], l, off);
            }
            free(wanted_a);
            free(wanted_b);
        }
        free(a);
        free(b);
    }
}

TEST(the_adapter_file_holds_the_weights)
{
    float h[D], c[COEFFICIENTS], alpha;
    buffer bytes = {0};
    gguf_file *f;
    adapter *a;
    paw_error err = {0};
    random_state(h);
    check_ok(compiler_coefficients(compiler, h, c, &err), &err);
    lora_weights weights;
    check_ok(compiler_weights(compiler, c, &weights, &err), &err);
    check_ok(compiler_adapter(compiler, &weights, &bytes, &err), &err);
    lora_weights_free(&weights);
    check_ok(gguf_open_memory(bytes.data, bytes.size, "adapter", &f, &err), &err);
    check_ok(gguf_get_f32(f, "adapter.lora.alpha", &alpha, &err), &err);
    assert_true(alpha == RANK);
    assert_int_equal(gguf_tensor_count(f), LAYERS * MODULES * 2);
    for (int m = 0; m < MODULES; m++) {
        const model_shape *shape = model_get_shape(base->model);
        model_module which = (model_module)model_module_find(stems[m]);
        size_t na = RANK * (size_t)model_cols(shape, which), nb = RANK * (size_t)model_rows(shape, which);
        float *wa = malloc(LAYERS * na * sizeof *wa), *wb = malloc(LAYERS * nb * sizeof *wb);
        check_ok(compiler_module_weights(compiler, (uint32_t)m, c, wa, wb, &err), &err);
        for (int k = 0; k < 2 * LAYERS; k++) {
            char name[96];
            snprintf(name, sizeof name, "blk.%d.%s.weight.lora_%c", k / 2, stems[m], "ab"[k % 2]);
            const gguf_tensor *t = gguf_find_tensor(f, name);
            size_t n = k % 2 ? nb : na;
            uint8_t *wanted = malloc(format_size(TENSOR_Q4_0, n));
            format_quantise(TENSOR_Q4_0, (k % 2 ? wb : wa) + (size_t)(k / 2) * n, wanted, n);
            assert_non_null(t);
            assert_int_equal(t->type, TENSOR_Q4_0);
            assert_int_equal(t->size, format_size(TENSOR_Q4_0, n));
            assert_memory_equal(t->data, wanted, t->size);
            free(wanted);
        }
        free(wa);
        free(wb);
    }
    check_ok(adapter_read(base->model, f, &a, &err), &err);
    adapter_free(a);
    gguf_close(f);
    buffer_free(&bytes);
}

TEST(the_encoded_state_is_pooled_as_the_format_says)
{
    enum { P = 4 };
    static const char text[] = "<|im_start|>user\nTask: Print it.\n<|im_end|>\n";
    float h[D], taps[(LAYERS + 1) * P * D];
    double wanted[D] = {0};
    token_list tokens = {0};
    model_state *s;
    paw_error err = {0};
    check_ok(compiler_encode(compiler, "not used by this template", "Task: Print it.\n", h, &err), &err);
    check_ok(tokenizer_encode(base->tokenizer, text, sizeof text - 1, true, &tokens, &err), &err);
    assert_int_equal(tokens.data[0], 1);
    for (int i = 0; i < P; i++) {
        check_ok(token_list_push(&tokens, model_get_shape(base->model)->n_vocab + i, &err), &err);
    }
    check_ok(model_state_new(base->model, &s, &err), &err);
    model_request r = {.tokens = tokens.data, .n = (int)tokens.size, .extra = compiler->prefix, .n_extra = P,
                       .lora = compiler->encoder, .precise = true, .taps = taps, .n_tap = P};
    check_ok(model_forward(base->model, s, &r, &err), &err);
    for (int l = 0; l < LAYERS; l++) {
        int slot = l == LAYERS - 1 ? LAYERS : l; /* the last layer's states are read after the final norm */
        for (int p = 0; p < P; p++) {
            const float *x = taps + (slot * P + p) * D;
            double squares = 0;
            for (int i = 0; i < D; i++) {
                squares += (double)x[i] * (double)x[i];
            }
            for (int i = 0; i < D; i++) {
                wanted[i] += (double)x[i] / sqrt(squares / D + 1e-6) / P / LAYERS;
            }
        }
    }
    double off = error_of(h, wanted, D);
    if (!(off < 1e-5)) {
        fail_msg("relative error %g", off);
    }
    model_state_free(s);
    token_list_free(&tokens);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_request_same_bytes),
        cmocka_unit_test(same_bytes_with_more_threads_and_context),
        cmocka_unit_test(examples_tune_the_adapter),
        cmocka_unit_test(examples_that_are_too_long_to_learn),
        cmocka_unit_test(other_requests_other_ids),
        cmocka_unit_test(what_is_in_a_program),
        cmocka_unit_test(braces_in_a_spec_are_text),
        cmocka_unit_test(lengths_of_a_spec),
        cmocka_unit_test(the_longest_spec_compiles_where_it_fits),
        cmocka_unit_test(texts_that_are_not_utf8),
        cmocka_unit_test(the_placeholder_is_reserved),
        cmocka_unit_test(examples_that_are_refused),
        cmocka_unit_test(arguments_that_are_null),
        cmocka_unit_test(full_disk_and_unwritable_folder),
        cmocka_unit_test(compilers_of_another_kind),
        cmocka_unit_test(missing_keys),
        cmocka_unit_test(missing_tensors_and_wrong_shapes),
        cmocka_unit_test(keys_out_of_range),
        cmocka_unit_test(templates_without_their_places),
        cmocka_unit_test(values_that_are_not_finite),
        cmocka_unit_test(compilers_cut_off),
        cmocka_unit_test(the_spec_changes_the_adapter),
        cmocka_unit_test(without_bases_all_adapters_are_the_static_part),
        cmocka_unit_test(without_an_encoder_adapter),
        cmocka_unit_test(coefficients_are_those_of_the_format),
        cmocka_unit_test(weights_are_those_of_the_format),
        cmocka_unit_test(the_adapter_file_holds_the_weights),
        cmocka_unit_test(the_encoded_state_is_pooled_as_the_format_says),
    };
    return cmocka_run_group_tests_name("compile", tests, setup, teardown);
}
