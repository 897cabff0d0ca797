/* test_choices_ask.c: closed sets as the compiler's model reads them: the program of that task kept and made anew, and what it finds. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "compiler/choices_ask.h"
#include "support/check.h"
#include "support/tiny.h"

/* The path of the kept program in the folder, to be freed; NULL: there is none. */
static char *kept_in(const char *dir)
{
    DIR *d = opendir(dir);
    char *path = NULL;
    for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
        if (strncmp(e->d_name, "choices-", 8) == 0) {
            assert_null(path); /* only one */
            path = file_join(dir, e->d_name);
        }
    }
    if (d != NULL) {
        closedir(d);
    }
    return path;
}

/* Compiles over a base that keeps its states in `dir` (or nowhere); the program's id. */
static void compile(const tiny_files *files, const char *dir, const char *cache, const char *spec, char id[65])
{
    paw_base *base;
    paw_compiler *compiler;
    paw_error err = {0};
    paw_compile_result result;
    char *out = file_join(cache, "out.paw");
    check_ok(paw_base_load(files->base, &(paw_base_options){.threads = 1, .cache_dir = cache, .state_dir = dir}, &base, &err), &err);
    check_ok(paw_compiler_load(files->compiler, base, &compiler, &err), &err);
    check_ok(paw_compile(compiler, &(paw_compile_request){.spec = spec}, out, &result, &err), &err);
    strcpy(id, result.program_id);
    assert_non_null(compiler->reader);
    paw_compiler_free(compiler);
    paw_base_free(base);
    free(out);
}

TEST(the_task_is_compiled_once)
{
    tiny_files files = tiny_pair(NULL, &(tiny_compiler_options){.choices_spec = "List the answers, one a line."});
    char *cache = tiny_folder(), *dir = file_join(cache, "states"), first[65], again[65], *text;
    const char *spec = "Answer with yes or no, nothing else.";
    size_t size;
    compile(&files, dir, cache, spec, first);
    char *kept = kept_in(dir);
    assert_non_null(kept);
    compile(&files, dir, cache, spec, again);
    assert_string_equal(first, again);
    tiny_write(kept, "not a program", 13); /* a damaged one is made anew */
    compile(&files, dir, cache, spec, again);
    assert_string_equal(first, again);
    check_ok(file_read_all(kept, 1 << 24, &text, &size, NULL), NULL);
    assert_true(size > 1000 && memcmp(text, "PK", 2) == 0);
    compile(&files, NULL, cache, spec, again); /* a base that keeps nothing */
    assert_string_equal(first, again);
    tiny_write(dir = (free(dir), file_join(cache, "file")), "x", 1);
    compile(&files, dir, cache, spec, again); /* a folder that is none */
    assert_string_equal(first, again);
    free(text);
    free(kept);
    free(dir);
    tiny_remove(cache);
    tiny_pair_free(&files);
}

/* ---- what the shipped compiler finds ---- */

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
        cmocka_unit_test(the_task_is_compiled_once),
        cmocka_unit_test(sets_that_rules_do_not_find),
        cmocka_unit_test(an_example_outside_the_set_opens_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
