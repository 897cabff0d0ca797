/*
 * test_peer.c: the shipped compiler's programs give the same answers here as on llama.cpp (golden/answers.json, made by
 * golden/make_answers.py): on all inputs where llama.cpp's choices were clear, and on all but a few of the others.
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
#include "paw/paw.h"
#include "support/tiny.h"

static void must(paw_status status, const paw_error *err)
{
    if (status != PAW_OK) {
        fail_msg("%s: %s", err->where, err->message);
    }
}

static const char *text_of(json_t *row, const char *key)
{
    return json_string_value(json_object_get(row, key));
}

static void same_answers(void **unused)
{
    (void)unused;
    paw_error err;
    paw_base *base;
    paw_compiler *compiler;
    paw_function *f = NULL;
    char *model = tiny_real_base(), *folder = tiny_folder(), *program = file_join(folder, "p.paw");
    const char *spec = "";
    json_t *rows = json_load_file(PAW_GOLDEN_DIR "/answers.json", 0, NULL), *row;
    size_t i, same = 0, clear = 0;
    assert_int_equal(json_array_size(rows), 50);
    must(paw_base_load(model, NULL, &base, &err), &err);
    must(paw_compiler_load(PAW_GOLDEN_DIR "/../../models/paw-compact.gguf", base, &compiler, &err), &err);
    json_array_foreach (rows, i, row) {
        paw_answer answer;
        if (strcmp(spec, text_of(row, "spec")) != 0) {
            spec = text_of(row, "spec");
            paw_function_free(f);
            must(paw_compile(compiler, &(paw_compile_request){.spec = spec}, program, NULL, &err), &err);
            must(paw_function_load(program, base, &f, &err), &err);
        }
        must(paw_function_call(f, text_of(row, "input"), strlen(text_of(row, "input")), NULL, &answer, &err), &err);
        bool equal = strcmp(answer.text, text_of(row, "answer")) == 0;
        if (json_number_value(json_object_get(row, "least_lead")) > 0.5) {
            clear++;
            if (!equal) {
                fail_msg("\"%s\": \"%s\" here, \"%s\" on llama.cpp", text_of(row, "input"), answer.text, text_of(row, "answer"));
            }
        }
        same += equal;
        paw_answer_clear(&answer);
    }
    print_message("%zu of 50 answers the same; llama.cpp's choice was clear in %zu\n", same, clear);
    assert_true(clear >= 35);
    assert_true(same >= 46);
    paw_function_free(f);
    paw_compiler_free(compiler);
    paw_base_free(base);
    json_decref(rows);
    free(program);
    free(model);
    tiny_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(same_answers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
