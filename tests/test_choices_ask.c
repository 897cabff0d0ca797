/* test_choices_ask.c: closed sets as the compiler's model reads them: the program of that task, kept and made anew. */
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_task_is_compiled_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
