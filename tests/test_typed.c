/* test_typed.c: answers out of a closed set: scores are those of the sequences computed one by one, and never anything else. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "function/function.h"
#include "support/check.h"
#include "support/tiny.h"

static tiny_files files;
static char *dir;
static paw_base *base;
static paw_compiler *compiler;

static const char *spec = "Say what kind of message it is.";

static int setup(void **unused)
{
    (void)unused;
    paw_error err = {0};
    files = tiny_pair(&(tiny_options){.type = TENSOR_Q8_0, .context = 400, .untied = true}, NULL);
    dir = tiny_folder();
    check_ok(paw_base_load(files.base, &(paw_base_options){.threads = 2, .cache_dir = dir}, &base, &err), &err);
    check_ok(paw_compiler_load(files.compiler, base, &compiler, &err), &err);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    paw_compiler_free(compiler);
    paw_base_free(base);
    tiny_remove(dir);
    tiny_pair_free(&files);
    return 0;
}

static paw_status compile(const char *const *choices, size_t n, char **path, char id[65], paw_error *err)
{
    paw_compile_request r = {.spec = spec, .open = n == 0, .choices = choices, .n_choices = n};
    paw_compile_result result;
    *path = file_join(dir, "typed.paw");
    paw_status status = paw_compile(compiler, &r, *path, &result, err);
    if (id != NULL) {
        memcpy(id, result.program_id, 65);
    }
    return status;
}

static paw_function *function_of(const char *const *choices, size_t n)
{
    char *path;
    paw_function *f = NULL;
    paw_error err = {0};
    check_ok(compile(choices, n, &path, NULL, &err), &err);
    check_ok(paw_function_load(path, base, &f, &err), &err);
    assert_true(n == 0 || f->type.temperature > 1); /* the compiler's */
    f->type.temperature = 1;
    free(path);
    return f;
}

/* Log-probability of a text and the end token after an input, token by token and in double precision. */
static double score_alone(paw_function *f, const char *input, const char *choice)
{
    int n_vocab = model_get_shape(base->model)->n_vocab, pending;
    float *logits = malloc((size_t)n_vocab * sizeof *logits);
    token_list tokens = {0}, answer = {0};
    char *text = malloc(strlen(input) + strlen(f->suffix) + 1);
    double total = 0;
    sprintf(text, "%s%s", input, f->suffix);
    check_ok(tokenizer_encode(base->tokenizer, text, strlen(text), true, &tokens, NULL), NULL);
    check_ok(tokenizer_encode(base->tokenizer, choice, strlen(choice), false, &answer, NULL), NULL);
    check_ok(token_list_push(&answer, tokenizer_eos(base->tokenizer), NULL), NULL);
    pending = (int)tokens.size;
    const int32_t *next = tokens.data;
    for (size_t k = 0; k < answer.size; k++) {
        model_request r = {.tokens = next, .n = pending, .lora = f->image.lora, .logits = logits};
        double sum = 0;
        check_ok(model_forward(base->model, f->image.state, &r, NULL), NULL);
        for (int i = 0; i < n_vocab; i++) {
            sum += exp((double)logits[i]);
        }
        total += (double)logits[answer.data[k]] - log(sum);
        next = &answer.data[k];
        pending = 1;
    }
    model_state_truncate(f->image.state, f->image.prefix_tokens);
    free(text);
    free(logits);
    token_list_free(&tokens);
    token_list_free(&answer);
    return total;
}

static paw_answer call(paw_function *f, const char *input, const paw_call_options *o)
{
    paw_answer a;
    paw_error err = {0};
    check_ok(paw_function_call(f, input, strlen(input), o, &a, &err), &err);
    return a;
}

static const char *const SOME[] = {"a", "ab", "abc", "the other thing", "the other", "x y z", "no", "not this one, please"};

static void scores_are_those_of_the_sequences(void **unused)
{
    (void)unused;
    static const char *const inputs[] = {"hello", "the", "a longer input with many words in it"};
    paw_function *f = function_of(SOME, COUNT(SOME));
    for (size_t i = 0; i < COUNT(inputs); i++) {
        paw_answer a = call(f, inputs[i], &(paw_call_options){.exact = true});
        double p[COUNT(SOME)], sum = 0, most = -INFINITY;
        int best = 0;
        for (size_t k = 0; k < COUNT(SOME); k++) {
            double score = score_alone(f, inputs[i], SOME[k]);
            best = score > most ? (int)k : best;
            most = score > most ? score : most;
            p[k] = exp(score);
            sum += p[k];
        }
        assert_int_equal(a.n_choices, COUNT(SOME));
        assert_int_equal(a.choice, best);
        assert_string_equal(a.text, SOME[best]);
        for (size_t k = 0; k < COUNT(SOME); k++) {
            assert_string_equal(a.choices[k], SOME[k]);
            assert_true(fabs(a.probabilities[k] - p[k] / sum) < 1e-4 * (p[k] / sum) + 1e-9);
        }
        assert_true(a.probability == a.probabilities[best]);
        paw_answer_clear(&a);
    }
    paw_function_free(f);
}

/* Many choices, many of which are given up: the best one stays the same, and what is said of the others adds up. */
static void giving_up_loses_nothing(void **unused)
{
    (void)unused;
    char names[200][24];
    const char *list[200];
    uint64_t seed = 5;
    for (int i = 0; i < 200; i++) {
        int first = (int)(tiny_random(&seed) % 26), second = (int)(tiny_random(&seed) % 26);
        snprintf(names[i], sizeof names[i], "%c%c_%s_%d", 'a' + first, 'a' + second, i % 3 ? "the" : "kind", i);
        list[i] = names[i];
    }
    paw_function *f = function_of(list, 200);
    paw_answer all = call(f, "hello", &(paw_call_options){.exact = true}), quick = call(f, "hello", NULL), again = call(f, "hello", NULL);
    double sum = 0;
    assert_string_equal(all.text, quick.text);
    for (int i = 0; i < 200; i++) {
        sum += quick.probabilities[i];
        assert_true(quick.probabilities[i] >= 0 && quick.probabilities[i] <= quick.probability); /* estimates where given up */
        assert_true(quick.probabilities[i] == again.probabilities[i]);
    }
    assert_true(fabs(sum - 1) < 1e-9);
    paw_answer_clear(&all);
    paw_answer_clear(&quick);
    paw_answer_clear(&again);
    paw_function_free(f);
}

static void typed_or_free(void **unused)
{
    (void)unused;
    spec = "Print a, ab, abc, the other thing, x y z, no or not this one, please."; /* names them: nothing is added to it */
    paw_function *f = function_of(SOME, COUNT(SOME)), *open = function_of(NULL, 0);
    paw_call_options few = {.max_tokens = 6}, loose = {.max_tokens = 6, .free_running = true};
    paw_answer a = call(f, "hello", &loose), b = call(open, "hello", &few), c = call(f, "hello", &(paw_call_options){.abstain_below = 1});
    assert_string_equal(a.text, b.text); /* the choices change nothing else */
    assert_int_equal(a.n_choices, 0);
    assert_null(a.probabilities);
    assert_true(c.abstained);
    paw_answer_clear(&a);
    paw_answer_clear(&c);
    c = call(f, "hello", &(paw_call_options){.abstain_below = 0});
    assert_false(c.abstained);
    paw_answer_clear(&b);
    paw_answer_clear(&c);
    paw_error err = {0};
    assert_int_equal(paw_function_call(f, "x", 1, &(paw_call_options){.abstain_below = 1.5}, &a, &err), PAW_ERR_ARGUMENT);
    assert_int_equal(paw_function_call(f, "x", 1, &(paw_call_options){.abstain_below = NAN}, &a, &err), PAW_ERR_ARGUMENT);
    paw_function_free(f);
    paw_function_free(open);
}

/* The pseudo-program of a compiled program, to be freed. */
static char *pseudo_of(const char *const *choices, size_t n)
{
    char *path, *pseudo;
    paw_error err = {0};
    paw_program_info info;
    check_ok(compile(choices, n, &path, NULL, &err), &err);
    check_ok(paw_program_read(path, &info, &err), &err);
    pseudo = strdup(info.pseudo_program);
    paw_program_info_clear(&info);
    free(path);
    return pseudo;
}

static void choices_are_shown(void **unused)
{
    (void)unused;
    char names[300][8];
    const char *many[300], *const commas[] = {"kind", "odd, somehow"}, *const named[] = {"kind", "message"};
    spec = "Say what kind of message it is.";
    char *plain = pseudo_of(NULL, 0), *same = pseudo_of(named, 2), *listed = pseudo_of((const char *const[]){"kind", "x"}, 2),
         *lines = pseudo_of(commas, 2);
    assert_string_equal(plain, same); /* a spec that names them is left alone */
    assert_non_null(strstr(listed, "it is.\nAnswer with exactly one of: kind, x\n"));
    assert_non_null(strstr(lines, "it is.\nAnswer with exactly one of:\n- kind\n- odd, somehow\n"));
    for (int i = 0; i < 300; i++) {
        snprintf(names[i], sizeof names[i], "n%d", i);
        many[i] = names[i];
    }
    char *full = pseudo_of(many, 300);
    assert_string_equal(plain, full); /* no room for inputs would be left */
    free(plain);
    free(same);
    free(listed);
    free(lines);
    free(full);
}

static void refused(const char *const *choices, size_t n, const char *where, const char *said)
{
    char *path;
    paw_error err = {0};
    check_error(compile(choices, n, &path, NULL, &err), &err, PAW_ERR_ARGUMENT, where, said);
    free(path);
}

static void choices_that_are_none(void **unused)
{
    (void)unused;
    char *path, one[65], two[65], three[65], again[65];
    paw_error err = {0};
    refused((const char *const[]){"one"}, 1, "choices", "only one choice");
    refused((const char *const[]){"one", ""}, 2, "choices", "choice 2 is empty");
    refused((const char *const[]){"one", "two", "one"}, 3, "choices", "\"one\"");
    refused((const char *const[]){"one", NULL}, 2, "choices", "choice 2 is NULL");
    refused((const char *const[]){"one", "\xFF"}, 2, "choices", "choice 2 is not UTF-8");
    check_ok(compile(SOME, 2, &path, one, &err), &err);
    free(path);
    check_ok(compile(SOME, 3, &path, two, &err), &err);
    free(path);
    check_ok(compile(NULL, 0, &path, three, &err), &err);
    free(path);
    check_ok(compile(SOME, 2, &path, again, &err), &err);
    free(path);
    assert_string_not_equal(one, two);
    assert_string_not_equal(one, three);
    assert_string_equal(one, again);
}

static void type_refused(const char *meta, const char *said)
{
    json_t *root = json_loads(meta, 0, NULL);
    function_type type;
    paw_error err = {0};
    assert_non_null(root);
    paw_status status = function_type_read(base, root, "x.paw", &type, &err);
    check_error(status, &err, status == PAW_ERR_ARGUMENT ? status : PAW_ERR_FORMAT, "x.paw", said);
    assert_null(type.choices);
    json_decref(root);
}

static void types_that_are_none(void **unused)
{
    (void)unused;
    type_refused("{\"choices\": 3}", "no list");
    type_refused("{\"choices\": []}", "no list");
    type_refused("{\"choices\": [\"a\", 1]}", "no list");
    type_refused("{\"choices\": [\"a\", \"a\"]}", "twice");
    type_refused("{\"choices\": [\"a\"]}", "at least 2");
    type_refused("{\"choices\": [\"a\", \"b\"], \"calibration\": {}}", "temperature");
    type_refused("{\"choices\": [\"a\", \"b\"], \"calibration\": {\"temperature\": 0}}", "temperature");
    type_refused("{\"choices\": [\"a\", \"b\"], \"calibration\": {\"temperature\": 1, \"prior\": [1]}}", "prior");
    type_refused("{\"choices\": [\"a\", \"b\"], \"calibration\": {\"temperature\": 1, \"prior\": [1, \"x\"]}}", "numbers");
    type_refused("{\"choices\": [\"a\", \"b\"], \"calibration\": {\"temperature\": 1, \"prior\": [1, 1e9]}}", "numbers");
}

static void calibration_is_used(void **unused)
{
    (void)unused;
    paw_function *f = function_of(SOME, COUNT(SOME));
    paw_answer plain = call(f, "hello", &(paw_call_options){.exact = true});
    f->type.temperature = 4;
    paw_answer soft = call(f, "hello", &(paw_call_options){.exact = true});
    assert_int_equal(plain.choice, soft.choice);
    assert_true(soft.probability < plain.probability);
    f->type.prior = calloc(COUNT(SOME), sizeof *f->type.prior);
    f->type.prior[plain.choice] = 500; /* far more usual than others: no news */
    paw_answer other = call(f, "hello", NULL);
    assert_int_not_equal(other.choice, plain.choice);
    paw_answer_clear(&plain);
    paw_answer_clear(&soft);
    paw_answer_clear(&other);
    paw_function_free(f);
}

/* Forty cases that all want a choice which the function does not give: it learns to, and says so less doubtfully. */
static void cases_calibrate(void **unused)
{
    (void)unused;
    char *path, id[65], input[16][16];
    paw_example cases[40];
    paw_calibration result;
    paw_error err = {0};
    paw_function *f = function_of(SOME, COUNT(SOME));
    paw_answer first = call(f, "input 0", NULL);
    const char *wanted = SOME[(first.choice + 1) % (int)COUNT(SOME)];
    paw_answer_clear(&first);
    paw_function_free(f);
    check_ok(compile(SOME, COUNT(SOME), &path, id, &err), &err);
    for (size_t i = 0; i < COUNT(cases); i++) {
        snprintf(input[i % 16], sizeof input[0], "input %zu", i % 16);
        cases[i] = (paw_example){input[i % 16], wanted};
    }
    check_ok(paw_calibrate(path, base, cases, COUNT(cases), path, &result, &err), &err);
    assert_int_equal(result.cases, COUNT(cases));
    assert_true(result.log_loss_after < result.log_loss_before && result.accuracy_after >= result.accuracy_before);
    check_ok(paw_function_load(path, base, &f, &err), &err);
    int right = 0;
    for (size_t i = 0; i < COUNT(cases); i++) {
        paw_answer a = call(f, cases[i].input, NULL);
        right += strcmp(a.text, wanted) == 0;
        paw_answer_clear(&a);
    }
    assert_int_equal(right, (int)(result.accuracy_after * COUNT(cases) + 0.5)); /* what was written does what was promised */
    paw_function_free(f);
    cases[3].output = "no such choice";
    check_error(paw_calibrate(path, base, cases, COUNT(cases), path, NULL, &err), &err, PAW_ERR_ARGUMENT, "case 4", "none of the choices");
    check_error(paw_calibrate(path, base, cases, 0, path, NULL, &err), &err, PAW_ERR_ARGUMENT, "cases", "0 given");
    free(path);
}

/* The prior that is written is half of the mean log-probability, its mean taken off. */
static void inputs_calibrate(void **unused)
{
    (void)unused;
    static const char *const inputs[] = {"hello", "what is this?", "Dear all,", "7 o'clock", "ok"};
    enum { N = COUNT(inputs), CHOICES = COUNT(SOME) };
    double prior[CHOICES] = {0}, mean = 0;
    int before[N];
    size_t changed, differ = 0;
    char *path, id[65];
    paw_error err = {0};
    paw_function *f = function_of(SOME, CHOICES);
    f->type.temperature = 1;
    for (size_t i = 0; i < N; i++) {
        paw_answer a = call(f, inputs[i], &(paw_call_options){.exact = true});
        before[i] = a.choice;
        for (int c = 0; c < CHOICES; c++) {
            double s = log(a.probabilities[c]);
            prior[c] += 0.5 * (s > -10 ? s : -10) / N;
        }
        paw_answer_clear(&a);
    }
    paw_function_free(f);
    check_ok(compile(SOME, CHOICES, &path, id, &err), &err);
    check_ok(paw_function_load(path, base, &f, &err), &err);
    double temperature = f->type.temperature;
    paw_function_free(f);
    check_ok(paw_calibrate_inputs(path, base, inputs, N, path, &changed, &err), &err);
    check_ok(paw_function_load(path, base, &f, &err), &err);
    assert_true(fabs(f->type.temperature - temperature) < 1e-6);
    for (int c = 0; c < CHOICES; c++) {
        mean += prior[c] / CHOICES;
    }
    for (int c = 0; c < CHOICES; c++) {
        assert_true(fabs(f->type.prior[c] - (prior[c] - mean)) < 1e-6);
    }
    for (size_t i = 0; i < N; i++) {
        paw_answer a = call(f, inputs[i], NULL);
        differ += a.choice != before[i];
        paw_answer_clear(&a);
    }
    assert_int_equal(changed, differ);
    paw_function_free(f);
    check_error(paw_calibrate_inputs(path, base, inputs, 3, path, NULL, &err), &err, PAW_ERR_ARGUMENT, "inputs", "3 given");
    check_error(paw_calibrate_inputs(path, base, (const char *const[]){"a", "b", NULL, "c"}, 4, path, NULL, &err), &err,
                PAW_ERR_ARGUMENT, "input 3", "NULL");
    free(path);
    check_ok(compile(NULL, 0, &path, id, &err), &err);
    check_error(paw_calibrate_inputs(path, base, inputs, N, path, NULL, &err), &err, PAW_ERR_ARGUMENT, path, "are open");
    free(path);
}

static paw_status compile_format(const char *type, const char *source, const char *const *choices, char **path, char id[65], paw_error *err)
{
    paw_compile_request r = {.spec = "Say what kind of message it is.", .choices = choices, .n_choices = choices != NULL ? 2 : 0,
                             .format_type = type, .format_source = source};
    paw_compile_result result;
    *path = file_join(dir, "format.paw");
    paw_status status = paw_compile(compiler, &r, *path, &result, err);
    memcpy(id, result.program_id, 65);
    return status;
}

/* A random model, held to a format: always an answer that fits, whatever the limit, and lookup changes nothing. */
static void formats_are_obeyed(void **unused)
{
    (void)unused;
    static const struct {
        const char *type, *source;
    } formats[] = {{"regex", "[ab]{2,6}(,[ab]{2,6}){0,3}"},
                   {"gbnf", "root ::= \"<\" [a-z]* \">\" root?"},
                   {"json_schema", "{\"type\": \"array\", \"items\": {\"type\": \"integer\", \"minimum\": 0, \"maximum\": 99}, \"maxItems\": 5}"}};
    for (size_t i = 0; i < COUNT(formats); i++) {
        char *path, id[65];
        paw_function *f;
        paw_error err = {0};
        check_ok(compile_format(formats[i].type, formats[i].source, NULL, &path, id, &err), &err);
        check_ok(paw_function_load(path, base, &f, &err), &err);
        int least = grammar_shortest(f->type.format);
        for (int most = least; most < least + 20; most++) {
            paw_answer a = call(f, "hello ab,ab,ab", &(paw_call_options){.max_tokens = most});
            paw_answer b = call(f, "hello ab,ab,ab", &(paw_call_options){.max_tokens = most, .no_lookup = true});
            bool fits;
            assert_string_equal(a.text, b.text);
            assert_true(a.complete);
            assert_true(a.tokens_generated <= most);
            grammar_state_reset(f->type.state);
            check_ok(grammar_accept_text(f->type.state, a.text, strlen(a.text), &fits, &err), &err);
            assert_true(fits && grammar_can_end(f->type.state));
            paw_answer_clear(&a);
            paw_answer_clear(&b);
        }
        if (least > 1) {
            paw_answer a;
            assert_int_equal(paw_function_call(f, "x", 1, &(paw_call_options){.max_tokens = least - 1}, &a, &err), PAW_ERR_CONTEXT);
        }
        paw_answer loose = call(f, "hello", &(paw_call_options){.max_tokens = 8, .free_running = true});
        paw_answer_clear(&loose);
        paw_function_free(f);
        free(path);
    }
}

static void format_refused(const char *type, const char *source, const char *const *choices, const char *where, const char *said)
{
    char *path, id[65];
    paw_error err = {0};
    paw_status status = compile_format(type, source, choices, &path, id, &err);
    assert_int_not_equal(status, PAW_OK);
    check_error(status, &err, status, where, said);
    free(path);
}

static void formats_that_are_none(void **unused)
{
    (void)unused;
    char *path, one[65], two[65];
    paw_error err = {0};
    format_refused("regex", "a[", NULL, "regex", "not closed");
    format_refused("gbnf", "root ::= other", NULL, "line 1", "other");
    format_refused("json_schema", "{\"type\": ", NULL, "schema", "not JSON");
    format_refused("json_schema", "{\"type\": \"array\", \"uniqueItems\": true, \"items\": {\"type\": \"null\"}}", NULL, "", "uniqueItems");
    format_refused("xml", "<a/>", NULL, "format", "xml");
    format_refused("regex", NULL, NULL, "format", "source");
    format_refused("regex", "a", (const char *const[]){"a", "b"}, "format", "no choices");
    check_ok(compile_format("regex", "a+", NULL, &path, one, &err), &err);
    free(path);
    check_ok(compile_format("regex", "b+", NULL, &path, two, &err), &err);
    free(path);
    assert_string_not_equal(one, two);
    type_refused("{\"choices\": [\"a\", \"b\"], \"format\": {}}", "one type");
    type_refused("{\"format\": {\"type\": \"regex\", \"source\": 3}}", "no text");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_those_of_the_sequences),
        cmocka_unit_test(giving_up_loses_nothing),
        cmocka_unit_test(typed_or_free), cmocka_unit_test(choices_are_shown),
        cmocka_unit_test(choices_that_are_none),
        cmocka_unit_test(types_that_are_none),
        cmocka_unit_test(calibration_is_used),
        cmocka_unit_test(cases_calibrate),
        cmocka_unit_test(inputs_calibrate),
        cmocka_unit_test(formats_are_obeyed),
        cmocka_unit_test(formats_that_are_none),
    };
    return cmocka_run_group_tests_name("typed", tests, setup, teardown);
}
