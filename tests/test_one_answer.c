/*
 * test_one_answer.c: one answer everywhere. Tiny random models of every architecture and block format, with an adapter, give the
 * very logits that golden/one_answer.txt holds as hashes, on every machine and with every kernel set.
 *
 * The file was written with the scalar kernels on x86-64 (PAW_ISA=scalar test_one_answer write > golden/one_answer.txt); a change
 * to the arithmetic means writing it again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "model/model.h"
#include "support/check.h"
#include "support/tiny.h"

enum { N_VOCAB = 264, PROMPT = 21, MORE = 3, RANK = 32 };

static const char *const architectures[] = {"llama", "qwen3", "gpt2"};
static const tensor_type types[] = {TENSOR_F32,  TENSOR_F16,  TENSOR_BF16, TENSOR_Q4_0, TENSOR_Q4_1, TENSOR_Q5_0,
                                    TENSOR_Q5_1, TENSOR_Q8_0, TENSOR_Q4_K, TENSOR_Q5_K, TENSOR_Q6_K};
static const tensor_type adapter_types[] = {TENSOR_F32, TENSOR_F16, TENSOR_Q8_0, TENSOR_Q4_0};
enum { CASES = COUNT(architectures) * COUNT(types), LINE = 256 };

typedef struct tiny_case {
    char name[32], file_hash[HASH_HEX_SIZE];
    char *folder;
    tiny_options options;
    tensor_type adapter_type;
} tiny_case;

/* Model and adapter number i in a folder of their own. */
static tiny_case make_case(size_t i)
{
    tiny_case c = {.options = {.architecture = architectures[i / COUNT(types)], .type = types[i % COUNT(types)], .seed = i},
                   .adapter_type = adapter_types[i % COUNT(adapter_types)],
                   .folder = tiny_folder()};
    if (format_of(c.options.type)->block == 256) {
        c.options.n_embd = c.options.n_ff = 256;
    }
    buffer model = tiny_model(&c.options), adapter = tiny_adapter(&c.options, RANK, c.adapter_type);
    hash_part parts[2] = {{model.data, model.size}, {adapter.data, adapter.size}};
    hash_blake2b_hex(parts, 2, c.file_hash);
    snprintf(c.name, sizeof c.name, "%s-%s", c.options.architecture, format_of(c.options.type)->name);
    check_put(check_path(c.folder, "model.gguf"), model.data, model.size);
    check_put(check_path(c.folder, "adapter.gguf"), adapter.data, adapter.size);
    buffer_free(&model);
    buffer_free(&adapter);
    return c;
}

static void drop_case(tiny_case *c)
{
    tiny_remove(c->folder);
}

/* Hash of the logits after a prompt and after each of a few more tokens. */
static void logits_hash(model *m, const adapter *lora, bool precise, char out[HASH_HEX_SIZE])
{
    float logits[MORE + 1][N_VOCAB];
    int32_t tokens[PROMPT + MORE];
    uint64_t seed = 77;
    model_state *s;
    paw_error err = {0};
    for (int i = 0; i < PROMPT + MORE; i++) {
        tokens[i] = (int32_t)(tiny_random(&seed) % N_VOCAB);
    }
    check_ok(model_state_new(m, &s, &err), &err);
    for (int i = 0; i <= MORE; i++) {
        model_request r = {.tokens = i == 0 ? tokens : tokens + PROMPT + i - 1, .n = i == 0 ? PROMPT : 1, .lora = lora,
                           .precise = precise, .logits = logits[i]};
        check_ok(model_forward(m, s, &r, &err), &err);
    }
    model_state_free(s);
    hash_blake2b_hex(&(hash_part){logits, sizeof logits}, 1, out);
}

/* "name hash-of-files hash hash-with-15-bits" with these kernels. */
static void describe(const tiny_case *c, const kernel_set *kernels, char line[LINE])
{
    char quick[HASH_HEX_SIZE], precise[HASH_HEX_SIZE];
    model_options o = {.threads = 2, .cache_dir = "/dev/null/nowhere", .kernels = kernels};
    paw_error err = {0};
    model *m;
    gguf_file *f;
    adapter *lora;
    check_ok(model_open(check_path(c->folder, "model.gguf"), &o, &m, &err), &err);
    check_ok(gguf_open(check_path(c->folder, "adapter.gguf"), &f, &err), &err);
    check_ok(adapter_read(m, f, &lora, &err), &err);
    logits_hash(m, lora, false, quick);
    logits_hash(m, lora, true, precise);
    adapter_free(lora);
    gguf_close(f);
    model_close(m);
    snprintf(line, LINE, "%s %.16s %.32s %.32s", c->name, c->file_hash, quick, precise);
}

TEST(logits_are_those_of_every_machine)
{
    size_t size;
    char *golden = check_read(check_path(PAW_GOLDEN_DIR, "one_answer.txt"), &size), *next = golden, line[LINE];
    for (size_t i = 0; i < CASES; i++) {
        tiny_case c = make_case(i);
        char *wanted = next, *end = strchr(next, '\n');
        assert_non_null(end);
        *end = '\0';
        next = end + 1;
        for (int k = 0; k < kernels_count(); k++) {
            if (kernels_at(k) != NULL) {
                describe(&c, kernels_at(k), line);
                if (strcmp(line, wanted) != 0) {
                    fail_msg("kernels %s: other logits than on other machines:\n%s\n%s, wanted", kernels_at(k)->name, line, wanted);
                }
            }
        }
        drop_case(&c);
    }
    assert_int_equal(*next, '\0');
    free(golden);
}

static void write_golden(void)
{
    for (size_t i = 0; i < CASES; i++) {
        char line[LINE];
        tiny_case c = make_case(i);
        describe(&c, kernels_best(), line);
        puts(line);
        drop_case(&c);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(logits_are_those_of_every_machine)};
    if (argc > 1 && strcmp(argv[1], "write") == 0) {
        write_golden();
        return 0;
    }
    return cmocka_run_group_tests_name("one answer", tests, NULL, NULL);
}
