/* test_choices_shipped.c: the closed sets that the shipped compiler finds in specs, with the real base model. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "compiler/choices_ask.h"
#include "support/check.h"
#include "support/tiny.h"

static paw_compiler *shipped(paw_base **base)
{
    paw_compiler *compiler;
    paw_error err = {0};
    char *model = tiny_real_base();
    check_ok(paw_base_load(model, NULL, base, &err), &err);
    check_ok(paw_compiler_load(PAW_GOLDEN_DIR "/../../models/paw-compact.gguf", *base, &compiler, &err), &err);
    free(model);
    return compiler;
}

TEST(sets_that_rules_do_not_find)
{
    static const struct {
        const char *spec, *set;
    } cases[] = {
        {"which lane at our pool? one length (25 m) over 40 seconds: slow, 25-40: medium, under 25: fast", "slow|medium|fast"},
        {"list | item -> yes if the item is on the list (plural/singular ignored), no if not", "yes|no"},
        {"Garden plot decision. Not from Marlow, or has a plot already: turn down. Else 4+ hours of work a week: give plot. "
         "Else (under 4 or not stated): waiting list.", "turn down|give plot|waiting list"},
        {"Take the e-mail address out of the message, in lower case. If there is none print none.", ""},
        {"Rewrite the sentence in the past tense.", ""},
        {"How many minutes does the call last? Print the number only.", ""},
    };
    paw_base *base;
    paw_compiler *compiler = shipped(&base);
    for (size_t i = 0; i < COUNT(cases); i++) {
        choice_list found;
        paw_error err = {0};
        bool open;
        char line[200] = "";
        check_ok(choices_ask(compiler, cases[i].spec, &found, &open, &err), &err);
        for (size_t k = 0; k < found.count; k++) {
            snprintf(line + strlen(line), sizeof line - strlen(line), "%s%s", k > 0 ? "|" : "", found.labels[k]);
        }
        assert_string_equal(line, cases[i].set);
        assert_int_equal(open, cases[i].set[0] == '\0');
        choices_free(&found);
    }
    paw_compiler_free(compiler);
    paw_base_free(base);
}

TEST(an_example_outside_the_set_opens_it)
{
    paw_base *base;
    paw_compiler *compiler = shipped(&base);
    paw_error err = {0};
    paw_compile_result result;
    char *dir = tiny_folder(), *out = file_join(dir, "p.paw");
    paw_example example = {"the door is stuck", "yes"};
    paw_compile_request r = {.spec = "Is it urgent? Answer yes or no.", .examples = &example, .n_examples = 1};
    check_ok(paw_compile(compiler, &r, out, &result, &err), &err);
    assert_int_equal(result.n_choices, 2);
    example.output = "perhaps";
    check_ok(paw_compile(compiler, &r, out, &result, &err), &err);
    assert_int_equal(result.n_choices, 0);
    paw_compiler_free(compiler);
    paw_base_free(base);
    free(out);
    tiny_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_that_rules_do_not_find),
        cmocka_unit_test(an_example_outside_the_set_opens_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
