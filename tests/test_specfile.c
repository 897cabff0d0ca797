/*
 * test_specfile.c: reading spec files: the three forms, every key, text that stays as it was written, and errors that name
 * the file, the line and the key. Also the reports of `paw test`, which are made from them.
 */
#define _GNU_SOURCE
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/report.h"
#include "cli/show.h"
#include "cli/specfile.h"
#include "cli/yamltree.h"
#include "support/check.h"
#include "support/tiny.h"

#define BODY "Print the first word in capital letters."
#define FRONT(yaml) "---\n" yaml "---\n" BODY "\n"

static specfile parsed(const char *text, const char *path)
{
    specfile s;
    paw_error err;
    check_ok(specfile_parse(text, strlen(text), path, &s, &err), &err);
    return s;
}

#define MD(yaml) parsed(FRONT(yaml), "a.paw.md")

static void rejected(const char *text, const char *path, const char *where, const char *said)
{
    specfile s;
    paw_error err;
    /* Of the exact size, for the address sanitizer. */
    char *exact = malloc(strlen(text) + (text[0] == '\0'));
    memcpy(exact, text, strlen(text));
    check_error(specfile_parse(exact, strlen(text), path, &s, &err), &err, PAW_ERR_FORMAT, where, said);
    assert_null(strchr(err.message, '\n'));
    free(exact);
    specfile_free(&s); /* what failed is empty, and can be freed */
}

#define BAD(yaml, where, said) rejected(FRONT(yaml), "a.paw.md", "a.paw.md: " where, said)

/* ---- forms ---- */

TEST(forms)
{
    specfile s = parsed("---\nname: t\n---\n\n\n" BODY "\n\nMore.\n\n", "dir/a.paw.md");
    assert_string_equal(s.spec, BODY "\n\nMore.");
    assert_string_equal(s.name, "t");
    assert_int_equal(s.spec_line, 6);
    assert_true(s.bar == 1);
    assert_int_equal(s.max_tokens, 0);
    specfile_free(&s);

    s = parsed("\xEF\xBB\xBF---  \r\nmax_tokens: 5\r\n---\r\nOne line.\r\nAnother\rline.\r\n", "a.paw.md");
    assert_string_equal(s.spec, "One line.\nAnother\rline."); /* the same program from a checkout with other line ends */
    assert_int_equal(s.max_tokens, 5);
    specfile_free(&s);

    s = parsed("---\n---\n" BODY, "dir/.hidden/first.second.txt");
    assert_string_equal(s.spec, BODY);
    assert_string_equal(s.name, "first");
    specfile_free(&s);

    s = parsed("--- # a rule, no fence\n" BODY "\r\n\n ", "-");
    assert_string_equal(s.spec, "--- # a rule, no fence\n" BODY);
    assert_string_equal(s.name, "stdin");
    specfile_free(&s);

    s = parsed("---\nspec: |\n  " BODY "\n\n  More.\nbar: 50%\n", "a.YAML");
    assert_string_equal(s.spec, BODY "\n\nMore.");
    assert_int_equal(s.spec_line, 2);
    assert_true(s.bar == 0.5);
    specfile_free(&s);

    s = parsed("spec: " BODY, "dir/b.yml"); /* no line end */
    assert_string_equal(s.spec, BODY);
    specfile_free(&s);
}

TEST(forms_that_are_none)
{
    rejected("", "a.txt", "a.txt: line 1", "empty");
    rejected("", "a.yaml", "a.yaml: line 1", "empty");
    rejected("short", "a.txt", "a.txt: line 1", "5 characters; 10 to 16000");
    rejected("---", "a.md", "a.md: line 1", "has no end");
    rejected("---\nname: x\n--- x\n" BODY, "a.md", "a.md: line 1", "has no end");
    rejected("---\nname: x\n ---\n" BODY, "a.md", "a.md: line 1", "has no end");
    rejected("---\nname: x\n---", "a.md", "a.md: line 4", "the spec is empty: write what is wanted below");
    rejected("---\nname: x\n---\n \n\t\n", "a.md", "a.md: line", "the spec is empty");
    rejected("name: x\n", "a.yaml", "a.yaml: line 1", "as the value of spec");
    rejected("spec: ''\n", "a.yaml", "a.yaml: line 1: spec", "is empty");
    rejected(BODY, "a.yaml", "a.yaml: line 1", "wants keys");
    rejected("- a\n- b\n", "a.yaml", "a.yaml: line 1", "wants keys (\"name: ..\", \"tests: ..\"), not a list");
    rejected("spec: " BODY "\n---\nname: x\n", "a.yaml", "a.yaml: line 2", "second YAML document");
    BAD("spec: Another spec entirely.\n", "line 2: spec", "below the front matter is the spec");
    rejected("---\nname: x\n---\n\nFine.\nNot \xFF UTF-8.\n", "a.md", "a.md: line 6", "not UTF-8");
    rejected("name: caf\xE9\nspec: x\n", "a.yaml", "a.yaml: line 1", "not YAML");
    specfile s;
    paw_error err;
    check_error(specfile_parse("a\nb\0c", 5, "a.txt", &s, &err), &err, PAW_ERR_FORMAT, "a.txt: line 2", "NUL");
    char *big = malloc(17000);
    memset(big, 'x', 16999);
    big[16999] = '\0';
    rejected(big, "a.txt", "a.txt: line 1", "16999 characters");
    big[16000] = '\0';
    s = parsed(big, "a.txt");
    specfile_free(&s);
    free(big);
}

/* ---- text as written ---- */

TEST(scalars_stay_text)
{
    static const char *const wanted[] = {"yes", "1", "2024-01-01", "null", "~", "0x1F", "1_000", "007", "TRUE", "1.50", "", "a: b", "#x", "tab\there", "é☃"};
    specfile s = MD("tests:\n- {input: yes, output: yes}\n- {input: 1, output: 1}\n- {input: d, output: 2024-01-01}\n"
                    "- {input: n, output: null}\n- {input: t, output: ~}\n- {input: h, output: 0x1F}\n- {input: u, output: 1_000}\n"
                    "- {input: z, output: 007}\n- {input: b, output: TRUE}\n- {input: f, output: 1.50}\n- {input: e, output: \"\"}\n"
                    "- {input: c, output: 'a: b'}\n- {input: s, output: '#x'}\n- {input: \"\", output: \"tab\\there\"}\n"
                    "- {input: \" kept \", output: \"\\u00e9\\u2603\"}\n");
    assert_int_equal(s.tests.n, COUNT(wanted));
    for (size_t i = 0; i < COUNT(wanted); i++) {
        assert_string_equal(s.tests.items[i].output, wanted[i]);
        assert_int_equal(s.tests.items[i].line, 3 + (int)i);
        assert_string_equal(s.tests.items[i].file, "a.paw.md");
    }
    assert_string_equal(s.tests.items[0].input, "yes");
    assert_string_equal(s.tests.items[13].input, "");
    assert_string_equal(s.tests.items[14].input, " kept ");
    specfile_free(&s);
}

TEST(blocks)
{
    specfile s = MD("tests:\n- input: |\n    one\n\n      two\n  output: |-\n    A\n    B\n- input: >\n    folded\n    text\n  output: x\n"
                    "- input: |+\n    kept\n\n  output: y\n- input: \"two\\nlines\\n\"\n  output: z\n");
    assert_string_equal(s.tests.items[0].input, "one\n\n  two");
    assert_string_equal(s.tests.items[0].output, "A\nB");
    assert_string_equal(s.tests.items[1].input, "folded text");
    assert_string_equal(s.tests.items[2].input, "kept\n"); /* one line break is left out, the other was asked for */
    assert_string_equal(s.tests.items[3].input, "two\nlines\n");
    specfile_free(&s);
}

/* ---- keys ---- */

TEST(every_key)
{
    specfile s = MD("name: triage of tickets\nchoices: [yes, no, 'on', 1]\nexamples:\n- input: a\n  output: yes\n"
                    "tests:\n- name: first\n  output: no\n  input: b\n- {input: c, output: 1}\nbar: 0.5\ncompiler: c.gguf\nmax_tokens: 12\n"
                    "x-owner: {anyone: [1, 2]}\n");
    static const char *const choices[] = {"yes", "no", "on", "1"};
    assert_string_equal(s.name, "triage of tickets");
    assert_int_equal(s.n_choices, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(s.choices[i], choices[i]);
    }
    assert_int_equal(s.type_line, 3);
    assert_int_equal(s.examples.n, 1);
    assert_string_equal(s.given[0].input, "a");
    assert_string_equal(s.given[0].output, "yes");
    assert_int_equal(s.tests.n, 2);
    assert_string_equal(s.tests.items[0].name, "first");
    assert_string_equal(s.tests.items[0].input, "b");
    assert_null(s.tests.items[1].name);
    assert_true(s.bar == 0.5);
    assert_string_equal(s.compiler, "c.gguf");
    assert_int_equal(s.max_tokens, 12);
    specfile_free(&s);
}

TEST(schema_becomes_json)
{
    specfile s = MD("schema:\n  type: object\n  required: [name, 'yes']\n  additionalProperties: false\n  properties:\n"
                    "    name: {type: string, minLength: 1, maxLength: 4e1, pattern: '^\\d+$', description: Two lines}\n"
                    "    kind: {enum: [yes, No, ~, null, True, 1, -2.5, .5, '1', 2024-01-01, 0x1F, 1_0, +3, 1e, '', \"a\"]}\n    empty:\n");
    json_t *wanted = json_loads("{\"type\": \"object\", \"required\": [\"name\", \"yes\"], \"additionalProperties\": false, \"properties\": {"
                                "\"name\": {\"type\": \"string\", \"minLength\": 1, \"maxLength\": 40.0, \"pattern\": \"^\\\\d+$\","
                                " \"description\": \"Two lines\"}, \"kind\": {\"enum\": [\"yes\", \"No\", null, null, true, 1, -2.5, 0.5, \"1\","
                                " \"2024-01-01\", \"0x1F\", \"1_0\", 3, \"1e\", \"\", \"a\"]}, \"empty\": null}}", 0, NULL);
    assert_non_null(wanted);
    if (!json_equal(s.schema, wanted)) {
        fail_msg("%s", json_dumps(s.schema, 0));
    }
    json_decref(wanted);
    specfile_free(&s);
}

TEST(wrong_keys)
{
    BAD("choises: [a, b]\n", "line 2: choises", "is no key of a spec file; did you mean choices?");
    BAD("\nName: x\n", "line 3: Name", "did you mean name?");
    BAD("max-tokens: 1\n", "line 2: max-tokens", "did you mean max_tokens?");
    BAD("test: []\n", "line 2: test", "did you mean tests?");
    BAD("temperature: 1\n", "line 2: temperature", "there are: name, spec, choices, schema");
    BAD("? [a]\n: b\n", "line 2", "a key must be text, not a list");
    BAD("name: a\nbar: 1\nname: b\n", "line 4: name", "there twice, first in line 2");
    BAD("tests:\n- {input: a, output: b, input: c}\n", "line 3: input", "there twice");
    BAD("tests:\n- {input: a, outptu: b}\n", "line 3: outptu", "is no key of a test; did you mean output?");
    BAD("examples:\n- {input: a, output: b, name: c}\n", "line 3: name", "is no key of an example; there are: input, output");
}

TEST(wrong_values)
{
    BAD("name: [a]\n", "line 2: name", "wants text, not a list");
    BAD("name:\nbar: 1\n", "line 2: name", "has no value");
    BAD("name: \"a\\nb\"\n", "line 2: name", "one line");
    BAD("name: ' '\n", "line 2: name", "is empty");
    BAD("name: \"a\\0b\"\n", "line 2", "NUL");
    BAD("choices: yes, no\n", "line 2: choices", "wants a list, not text");
    BAD("choices: []\n", "line 2: choices", "list is empty");
    BAD("choices:\n", "line 2: choices", "wants a list, not nothing");
    BAD("choices:\n- a\n- b\n- a\n", "line 5: choices", "\"a\" is there twice, first in line 3");
    BAD("choices:\n- a\n-\n", "line 4: choices", "has no value");
    BAD("choices:\n- a\n- ''\n", "line 4: choices", "is empty");
    BAD("choices:\n- a\n- ' b'\n", "line 4: choices", "white space");
    BAD("choices:\n- a\n- {b: c}\n", "line 4: choices", "wants text, not a map");
    BAD("choices: [a, b]\nschema: {type: string}\n", "line 3: schema", "a type already, by choices in line 2");
    BAD("regex: a+\nchoices: [a, b]\n", "line 3: choices", "by regex in line 2");
    BAD("schema: [a]\n", "line 2: schema", "wants a map (a JSON schema), not a list");
    BAD("schema:\n  a: 123456789012345678901\n", "line 3: schema", "too large");
    BAD("schema:\n  a: 1e999\n", "line 3: schema", "too large");
    BAD("regex: ''\n", "line 2: regex", "is empty");
    BAD("grammar_file: gone.gbnf\n", "line 2: grammar_file", "cannot open gone.gbnf: No such file");
    BAD("schema_file: gone.json\n", "line 2: schema_file", "cannot open gone.json");
    BAD("tests_file: gone.jsonl\n", "line 2: tests_file", "cannot open gone.jsonl");
    BAD("bar: 1.5\n", "line 2: bar", "not \"1.5\"");
    BAD("bar: 101%\n", "line 2: bar", "0% to 100%, not \"101%\"");
    BAD("bar: -1\n", "line 2: bar", "not \"-1\"");
    BAD("bar: all\n", "line 2: bar", "not \"all\"");
    BAD("bar: nan\n", "line 2: bar", "not \"nan\"");
    BAD("bar: .\n", "line 2: bar", "not \".\"");
    BAD("max_tokens: 0\n", "line 2: max_tokens", "from 1 to 1048576");
    BAD("max_tokens: many\n", "line 2: max_tokens", "not \"many\"");
    BAD("examples:\n- {input: a, output: ''}\n", "line 3: examples", "cannot be empty");
    BAD("examples:\n- {input: a}\n", "line 3: examples", "no output");
    BAD("tests: a\n", "line 2: tests", "wants a list");
    BAD("tests:\n- a\n", "line 3: tests", "entries of input and output, not text");
    BAD("tests:\n- {output: a}\n", "line 3: tests", "no input");
    BAD("tests:\n- input: a\n  output:\n", "line 4: output", "has no value; write \"\"");
    BAD("tests:\n- input: a\n  output: [b]\n", "line 4: output", "wants text, not a list");
    BAD("tests:\n- input: a\n  output: \"b \"\n", "line 3: tests", "white space, which answers never do");
    BAD("tests:\n- {input: a, output: b}\n- {input: a, output: c}\n", "line 4: tests", "another output in line 3");
    BAD("tests:\n- {input: a, output: biling}\n- {input: b, output: bug}\nchoices: [bug, billing]\n", "line 3: tests",
        "the output \"biling\" is none of the choices; did you mean \"billing\"?");
    BAD("examples:\n- {input: a, output: zzz}\nchoices: [bug, billing]\n", "line 3: examples", "\"zzz\" is none of the choices");
    buffer many = {0};
    buffer_append_text(&many, "---\nexamples:\n");
    for (int i = 0; i < 17; i++) {
        buffer_append_text(&many, "- {input: a, output: b}\n");
    }
    buffer_append_text(&many, "---\n" BODY);
    rejected(many.data, "a.md", "a.md: line 19: examples", "more than 16");
    buffer_free(&many);
}

TEST(yaml_that_is_none)
{
    BAD("name: [a\n", "line", "not YAML: ");
    BAD("name: \"a\n", "line", "not YAML: ");
    BAD("name: a: b\n", "line 2", "not YAML: mapping values are not allowed");
    BAD("bar: 1\n\tname: x\n", "line 3", "not YAML: ");
    BAD("choices: &c [a, b]\nx-more: *c\n", "line 3", "aliases (*name) are not supported");
    BAD("name: *\n", "line 2", "not YAML");
    BAD("name: !!binary aGk=\n", "line 2", "the tag tag:yaml.org,2002:binary is not supported");
    BAD("tests: !things []\n", "line 2", "the tag !things");
    BAD("name: \"\\uD800\"\n", "line 2", "not YAML");
    specfile s = MD("name: !!str 12\nbar: ! \"1\"\n");
    assert_string_equal(s.name, "12");
    specfile_free(&s);
    char deep[600] = "x-deep: ";
    memset(deep + 8, '[', 100);
    memset(deep + 108, ']', 100);
    strcpy(deep + 208, "\nspec: " BODY "\n");
    rejected(deep, "a.yaml", "a.yaml: line 1", "deeper than 64 levels");
}

/* ---- other files ---- */

TEST(files_beside_it)
{
    char *folder = tiny_folder();
    specfile s;
    paw_error err;
    char *path = file_join(folder, "a.paw.md");
#define PUT(name, text) check_put(check_path(folder, name), text, strlen(text))
    PUT("a.paw.md", FRONT("schema_file: s.json\ntests:\n- {input: a, output: b}\ntests_file: t.jsonl\ncompiler: /abs/c.gguf\n"));
    PUT("s.json", "{\"type\": \"string\"}");
    PUT("t.jsonl", "\n{\"input\": \"1\", \"output\": \"2\", \"name\": \"n\", \"other\": [1]}\r\n\n{\"input\": \"3\", \"output\": \"4\"}");
    check_ok(specfile_load(path, &s, &err), &err);
    assert_string_equal(json_string_value(json_object_get(s.schema, "type")), "string");
    assert_int_equal(s.tests.n, 3);
    assert_string_equal(s.tests.items[1].name, "n");
    assert_int_equal(s.tests.items[1].line, 2);
    assert_int_equal(s.tests.items[2].line, 4);
    assert_non_null(strstr(s.tests.items[2].file, "t.jsonl"));
    assert_string_equal(s.compiler, "/abs/c.gguf");
    specfile_free(&s);
    assert_true(specfile_is(path));

#define LOAD_FAILS(where, said) check_error(specfile_load(path, &s, &err), &err, PAW_ERR_FORMAT, where, said)
    PUT("t.jsonl", "{\"input\": \"a\", \"output\": \"c\"}\n");
    LOAD_FAILS("t.jsonl: line 1: tests", "another output in ");
    PUT("t.jsonl", "{\"input\": \"1\"}\n");
    LOAD_FAILS("t.jsonl: line 1", "wants {\"input\": \"..\", \"output\": \"..\"}");
    PUT("t.jsonl", "\n{\"input\": \"1\", \"output\": 2}\n");
    LOAD_FAILS("t.jsonl: line 2", "wants");
    PUT("t.jsonl", "{\"input\": \"1\", \"output\": \"2\", \"name\": 3}\n");
    LOAD_FAILS("t.jsonl: line 1: name", "wants text");
    PUT("t.jsonl", "{\"input\": \"1\", \"output\": \"2\"\n");
    LOAD_FAILS("t.jsonl: line 1", "is not JSON");
    PUT("t.jsonl", "{\"input\": \"1\", \"output\": \" 2\"}\n");
    LOAD_FAILS("t.jsonl: line 1: output", "white space");
    PUT("t.jsonl", "\n \n");
    LOAD_FAILS("a.paw.md: line 5: tests_file", "no test");
    PUT("s.json", "{\"type\":\n\"string\"");
    LOAD_FAILS("s.json: line 2", "is not JSON");
    PUT("s.json", "[]");
    LOAD_FAILS("s.json: line 1", "wants a JSON object");
    PUT("a.paw.md", FRONT("grammar_file: s.json\n"));
    check_ok(specfile_load(path, &s, &err), &err);
    assert_non_null(strstr(s.grammar_path, "/s.json"));
    specfile_free(&s);
    check_error(specfile_load(check_path(folder, "gone"), &s, &err), &err, PAW_ERR_NOT_FOUND, "gone", NULL);
    check_error(specfile_load(folder, &s, &err), &err, PAW_ERR_ARGUMENT, NULL, "not a regular file");

    PUT("plain.txt", "---\nbar: 1\n---\n" BODY);
    assert_true(specfile_is(check_path(folder, "plain.txt")));
    PUT("plain.txt", "{\"spec\": 1}");
    assert_false(specfile_is(check_path(folder, "plain.txt")));
    PUT("plain.txt", "");
    assert_false(specfile_is(check_path(folder, "plain.txt")));
    assert_false(specfile_is(check_path(folder, "gone")));
    free(path);
    tiny_remove(folder);
}

TEST(to_the_compiler)
{
    paw_compile_request request;
    paw_error err;
    specfile s = MD("examples: [{input: a, output: b}]\n");
    check_ok(specfile_apply(&s, &request, &err), &err);
    assert_string_equal(request.spec, BODY);
    assert_int_equal(request.n_examples, 1);
    assert_string_equal(request.examples[0].output, "b");
    specfile_free(&s);
    s = MD("bar: 1\nregex: a+\n");
    check_ok(specfile_apply(&s, &request, &err), &err);
    assert_string_equal(request.format_type, "regex");
    assert_string_equal(request.format_source, "a+");
    specfile_free(&s);
    s = MD("schema: {type: boolean}\n");
    check_ok(specfile_apply(&s, &request, &err), &err);
    check_ok(specfile_apply(&s, &request, &err), &err); /* also twice */
    assert_string_equal(request.format_type, "json_schema");
    assert_string_equal(request.format_source, "{\"type\":\"boolean\"}");
    specfile_free(&s);
    s = MD("choices: [a, b]\n");
    check_ok(specfile_apply(&s, &request, &err), &err);
    assert_null(request.format_type);
    assert_int_equal(request.n_choices, 2);
    assert_string_equal(request.choices[1], "b");
    specfile_free(&s);
}

/* The examples that the repository shows are spec files with tests. */
TEST(shipped_examples)
{
    static const char *const names[] = {"tickets.paw.md", "order.paw.md", "logs.paw.md"};
    for (size_t i = 0; i < COUNT(names); i++) {
        specfile s;
        paw_error err;
        check_ok(specfile_load(check_path(PAW_EXAMPLES_DIR, names[i]), &s, &err), &err);
        assert_true(s.tests.n >= 8);
        specfile_free(&s);
    }
}

/* ---- showing ---- */

TEST(nearest_words)
{
    static const char *const words[] = {"name", "choices", "tests", "tests_file"};
    assert_string_equal(show_nearest("choices", words, 4), "choices");
    assert_string_equal(show_nearest("chocies", words, 4), "choices");
    assert_string_equal(show_nearest("NAME", words, 4), "name");
    assert_string_equal(show_nearest("testfile", words, 4), "tests_file");
    assert_null(show_nearest("x", words, 4));
    assert_null(show_nearest("", words, 4));
    assert_null(show_nearest("nnnn", words, 4));
    char lengthy[200];
    memset(lengthy, 'n', 199);
    lengthy[199] = '\0';
    assert_null(show_nearest(lengthy, words, 4));
}

TEST(short_texts)
{
    char out[12];
    assert_string_equal(show_short("short", out, sizeof out), "short");
    assert_string_equal(show_short("12345678901", out, sizeof out), "12345678901");
    assert_string_equal(show_short("123456789012", out, sizeof out), "12345678...");
    assert_string_equal(show_short("1234567\xE2\x98\x83 89", out, sizeof out), "1234567...");
    assert_string_equal(show_short("a\n\x1b[1m\xC2\x9B", out, sizeof out), "a  [1m  ");
}

static char *block_of(const char *text)
{
    char *out;
    size_t n;
    FILE *f = open_memstream(&out, &n);
    show_block(f, "got", text);
    fclose(f);
    return out;
}

TEST(blocks_on_a_terminal)
{
    char *out = block_of("one\ntwo\x1b[2J");
    assert_string_equal(out, "    got     one\n            two\\x1b[2J\n");
    free(out);
    out = block_of("");
    assert_string_equal(out, "    got     (empty)\n");
    free(out);
    char big[2000];
    memset(big, 'x', 1000);
    big[1000] = '\0';
    out = block_of(big);
    assert_non_null(strstr(out, "[and 200 characters more]"));
    free(out);
    for (int i = 0; i < 40; i += 2) {
        memcpy(big + i, "y\n", 3);
    }
    out = block_of(big);
    assert_non_null(strstr(out, "[and 16 characters more]"));
    free(out);
}

/* ---- reports ---- */

static test_suite suite_of(const char *text, const char *const *answers)
{
    test_suite s = {.path = "a.paw.md", .file = parsed(text, "a.paw.md"), .seconds = 1.5};
    s.n = s.file.tests.n;
    s.outcomes = calloc(s.n, sizeof *s.outcomes);
    for (size_t i = 0; i < s.n; i++) {
        bool right = strcmp(answers[i], s.file.tests.items[i].output) == 0;
        s.outcomes[i] = (test_outcome){strdup(answers[i]), right, true, 12.5};
        s.right += right;
    }
    s.bar = s.file.bar;
    s.passed = (double)s.right >= s.bar * (double)s.n;
    return s;
}

static void free_suite(test_suite *s)
{
    for (size_t i = 0; i < s->n; i++) {
        free(s->outcomes[i].got);
    }
    free(s->outcomes);
    specfile_free(&s->file);
}

TEST(junit)
{
    static const char *const answers[] = {"fine", "<b>&\"\x01\xEF\xBF\xBF", "FINE"};
#define THREE "tests:\n- {input: a, output: fine, name: 'n \"<&>'}\n- {input: \"i\\n<\\t>\", output: x & y}\n- {input: c, output: fine}\n"
    test_suite suites[2] = {suite_of(FRONT(THREE), answers), {.path = "b\xFF.md", .broken = true}};
    buffer out = {0};
    paw_fail(&suites[1].err, PAW_ERR_FORMAT, "b\xFF.md: line 1", "is \"bad\"\xE2\x98");
    report_junit(suites, 2, &out);
    assert_false(out.failed);
    static const char *const there[] = {
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"paw test\" tests=\"4\" failures=\"2\" errors=\"1\" time=\"1.500000\">",
        "<testsuite name=\"a\" file=\"a.paw.md\" tests=\"3\" failures=\"2\" errors=\"0\" skipped=\"0\" time=\"1.500000\">",
        "<testcase name=\"n &quot;&lt;&amp;&gt;\" classname=\"a\" file=\"a.paw.md\" line=\"3\" time=\"0.012500\"/>",
        "name=\"line 4: i &lt; &gt;\"",
        "<failure message=\"wanted &quot;x &amp; y&quot;, got &quot;&lt;b&gt;&amp;&quot; \xEF\xBF\xBD&quot;\" type=\"wrong\">",
        "input:&#10;i&#10;&lt;&#9;&gt;&#10;wanted:&#10;x &amp; y&#10;got:&#10;&lt;b&gt;&amp;&quot;\xEF\xBF\xBD\xEF\xBF\xBD</failure>",
        "they differ in upper and lower case alone",
        "<testsuite name=\"b\xEF\xBF\xBD.md\" file=\"b\xEF\xBF\xBD.md\" tests=\"1\" failures=\"0\" errors=\"1\"",
        "<error message=\"b\xEF\xBF\xBD.md: line 1: is &quot;bad&quot;\xEF\xBF\xBD\xEF\xBF\xBD\" type=\"format\"/>",
    };
    for (size_t i = 0; i < COUNT(there); i++) {
        if (strstr(out.data, there[i]) == NULL) {
            fail_msg("not there: %s\nin: %s", there[i], out.data);
        }
    }
    buffer_free(&out);
    json_t *o = report_json(suites, 2), *files = json_object_get(o, "files");
    assert_true(json_is_false(json_object_get(o, "passed")));
    assert_int_equal(json_array_size(files), 2);
    assert_int_equal(json_array_size(json_object_get(json_array_get(files, 0), "cases")), 3);
    assert_string_equal(json_string_value(json_object_get(json_array_get(files, 1), "file")), "b\xEF\xBF\xBD.md");
    json_decref(o);
    free_suite(&suites[0]);

    /* With the bar reached, nothing in it is a failure. */
    suites[0] = suite_of(FRONT("bar: 33%\n" THREE), answers);
    out = (buffer){0};
    report_junit(suites, 1, &out);
    assert_non_null(strstr(out.data, "failures=\"0\" errors=\"0\" skipped=\"2\""));
    assert_non_null(strstr(out.data, "<skipped message=\"wrong, though the bar is reached: wanted"));
    assert_null(strstr(out.data, "<failure"));
    buffer_free(&out);
    free_suite(&suites[0]);
}

TEST(text_reports)
{
    static const char *const answers[] = {"fine", "", "F I N E"};
    test_suite s = suite_of(FRONT("bar: 33.3%\n" THREE), answers);
    char *out;
    size_t n;
    FILE *f = open_memstream(&out, &n);
    s.file.tests.items[2].output[0] = 'F';
    report_text(&s, f);
    fclose(f);
    assert_string_equal(out, "wrong   a.paw.md:5\n    input   i\n            <\t>\n    wanted  x & y\n    got     (empty)\n"
                             "wrong   a.paw.md:6\n    input   c\n    wanted  Fine\n    got     F I N E\n"
                             "passed  a.paw.md  1 of 3 right (33.33 %, bar 33.3 %)\n");
    free(out);
    free_suite(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms),
        cmocka_unit_test(forms_that_are_none),
        cmocka_unit_test(scalars_stay_text),
        cmocka_unit_test(blocks),
        cmocka_unit_test(every_key),
        cmocka_unit_test(schema_becomes_json),
        cmocka_unit_test(wrong_keys),
        cmocka_unit_test(wrong_values),
        cmocka_unit_test(yaml_that_is_none),
        cmocka_unit_test(files_beside_it),
        cmocka_unit_test(to_the_compiler),
        cmocka_unit_test(shipped_examples),
        cmocka_unit_test(nearest_words),
        cmocka_unit_test(short_texts),
        cmocka_unit_test(blocks_on_a_terminal),
        cmocka_unit_test(junit),
        cmocka_unit_test(text_reports),
    };
    return cmocka_run_group_tests_name("specfile", tests, NULL, NULL);
}
