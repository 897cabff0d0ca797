/*
 * test_grammar.c: formats as automata: what regular expressions and grammars accept, masks against their definition, texts made at
 * random at every token limit, and bad sources. JSON Schemas: test_grammar_schema.c.
 *
 * PCRE2 is the independent reader of regular expressions.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "grammar/compile.h"
#include "support/tiny.h"
#include "support/walk.h"

/* ---- PCRE2 ---- */

static pcre2_code *reference(const char *pattern)
{
    int code;
    PCRE2_SIZE at;
    pcre2_code *re = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
                                   PCRE2_UTF | PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_DOLLAR_ENDONLY | PCRE2_ALT_BSUX, &code, &at, NULL);
    if (re == NULL) {
        fail_msg("PCRE2 refuses %s at %zu", pattern, at);
    }
    return re;
}

static bool reference_matches(const pcre2_code *re, const char *text, size_t size)
{
    pcre2_match_data *data = pcre2_match_data_create_from_pattern(re, NULL);
    assert_non_null(data);
    int n = pcre2_match(re, (PCRE2_SPTR)text, size, 0, 0, data, NULL);
    pcre2_match_data_free(data);
    return n > 0;
}

/* ---- regular expressions: texts ---- */

static const struct regex_case {
    const char *pattern;
    const char *yes[6], *no[6];
} regex_cases[] = {
    {"abc", {"abc"}, {"", "ab", "abcd", "xabc"}},
    {"", {""}, {"a", " "}},
    {"a|bc|", {"a", "bc", ""}, {"b", "abc"}},
    {"(ab)*c", {"c", "abc", "ababc"}, {"ab", "abab", "bc"}},
    {"(?:x+y?)+", {"x", "xxy", "xyxxy"}, {"", "y", "xyy"}},
    {"(?<name>q)(?P<other>r)", {"qr"}, {"q", "r"}},
    {"a{3}", {"aaa"}, {"aa", "aaaa"}},
    {"a{2,}b", {"aab", "aaaaab"}, {"ab", "b"}},
    {"a{0,2}", {"", "a", "aa"}, {"aaa"}},
    {"(a{1,2}b){2,3}", {"abab", "aabab", "abaabab"}, {"ab", "abababab", "aaabab"}},
    {"a{", {"a{"}, {"a", "a{{"}},
    {"\\{\"k\": \\d+}", {"{\"k\": 12}"}, {"{\"k\": }", "\"k\": 1"}},
    {"{x}", {"{x}"}, {"x"}},
    {"[a-c]+", {"abcabc"}, {"abd", ""}},
    {"[^a-c]", {"d", "\n", "\xC3\xA9", "\xF0\x9F\x98\x80"}, {"a", "", "dd"}},
    {"[]x]", {NULL}, {NULL}}, /* an empty class here: see the errors */
    {"[\\]x-]+", {"]-x"}, {"y"}},
    {"[a\\-z]", {"-", "a", "z"}, {"b"}},
    {"[\\d_]+", {"0_9"}, {"a", ""}},
    {"[^\\d\\s]", {"a", "_"}, {"1", " "}},
    {"\\d{2}-\\D", {"12-x", "00--"}, {"1-x", "12-3"}},
    {"\\w+\\W", {"ab_9-", "a\xC3\xA9"}, {"a", "-"}},
    {"\\s\\S", {" a", "\tb", "\n\xC2\xA0"}, {"a ", "  "}},
    {".", {"a", " ", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"}, {"", "\n", "ab", "\xC3"}},
    {"\xC3\xA9+", {"\xC3\xA9", "\xC3\xA9\xC3\xA9"}, {"e", "\xC3", "\xC3\xA9\xA9"}},
    {"[\xC3\xA0-\xC3\xBF]", {"\xC3\xA9"}, {"e", "\xC4\x80"}},
    {"\\u00e9\\x41\\x{20ac}", {"\xC3\xA9" "A\xE2\x82\xAC"}, {"eA"}},
    {"\\t\\n\\r\\f\\v\\.\\*\\\\\\/", {"\t\n\r\f\v.*\\/"}, {"tnrfv"}},
    {"^a$", {"a"}, {"^a$", ""}},
    {"^(?:a|b)$", {"a", "b"}, {"ab"}},
    {"^a|b$", {"a", "b"}, {"ab"}},
    {"(^a)(b$)", {"ab"}, {"a"}},
    {"a*?b+?", {"b", "aab", "abb"}, {"a"}},
    {"(a*)*b", {"b", "aab"}, {"a"}},
    {"(a|a)*", {"", "aaa"}, {"b"}},
    {"((|x)y?)*z", {"z", "xz", "yxz"}, {"x"}},
    {"(?:(?:a?){3}){2}", {"", "aaaaaa"}, {"aaaaaaa"}},
    {"[\\x00-\\x{10FFFF}]", {"a", "\xF4\x8F\xBF\xBF", "\xED\x9F\xBF", "\xEE\x80\x80"}, {"", "\xED\xA0\x80", "\xF4\x90\x80\x80"}},
};

TEST(regex_texts)
{
    for (size_t i = 0; i < COUNT(regex_cases); i++) {
        const struct regex_case *c = &regex_cases[i];
        if (c->yes[0] == NULL) {
            continue;
        }
        grammar *g = walk_grammar(walk_tiny(), WALK_REGEX, c->pattern);
        for (size_t k = 0; k < COUNT(c->yes) && c->yes[k] != NULL; k++) {
            if (!walk_matches(g, c->yes[k], strlen(c->yes[k]))) {
                fail_msg("%s refuses %s", c->pattern, c->yes[k]);
            }
        }
        for (size_t k = 0; k < COUNT(c->no) && c->no[k] != NULL; k++) {
            if (walk_matches(g, c->no[k], strlen(c->no[k]))) {
                fail_msg("%s accepts %s", c->pattern, c->no[k]);
            }
        }
        grammar_free(g);
    }
}

/* Any text of a few characters: accepted exactly when PCRE2 matches it. (`.` is left out: line ends differ.) */
TEST(regex_as_pcre)
{
    static const char *const patterns[] = {
        "a*b", "(a|ab)(c|bcd)*", "[^a]b?|aa", "(a+|b)*c{2}", "\\w\\d?", "(?:a|b|\\s){1,3}d*", "^(?:ab?)+$", "(a{2}|b{3}){0,2}",
        "[a-b\xC3\xA9]*", "\\D\\S", "(a?b?c?d?)+", "(((a|b)c)*d)?", "[^\\w]+|a", "(?:ab|a)(?:bc|c)?", "\\W{2}|[^b-d]{3}",
    };
    static const char *const characters[] = {"a", "b", "c", "d", "1", " ", "\xC3\xA9", "\xE2\x82\xAC", "-"};
    uint64_t random = 5;
    for (size_t i = 0; i < COUNT(patterns); i++) {
        grammar *g = walk_grammar(walk_tiny(), WALK_REGEX, patterns[i]);
        pcre2_code *re = reference(patterns[i]);
        int matched = 0;
        for (int n = 0; n < 3000; n++) {
            char text[64] = "";
            for (uint64_t k = tiny_random(&random) % 7; k > 0; k--) {
                uint64_t r = tiny_random(&random);
                strcat(text, characters[r % (r % 3 != 0 ? 4 : COUNT(characters))]);
            }
            bool wanted = reference_matches(re, text, strlen(text));
            if (walk_matches(g, text, strlen(text)) != wanted) {
                fail_msg("%s %s \"%s\"", patterns[i], wanted ? "refuses" : "accepts", text);
            }
            matched += wanted;
        }
        assert_true(matched > 0);
        pcre2_code_free(re);
        grammar_free(g);
    }
}

/* ---- masks ---- */

/* Follows a random text and compares each mask with the slow one, at a few limits. */
static void compare_masks(const walk_vocabulary *w, walk_source kind, const char *source, int steps, uint64_t *random)
{
    paw_error err;
    grammar_state *s;
    size_t words = grammar_mask_words(w->v);
    uint64_t *fast = malloc(words * sizeof *fast), *slow = malloc(words * sizeof *slow);
    grammar *g = walk_grammar(w, kind, source);
    check_ok(grammar_state_new(g, &s, &err), &err);
    for (int i = 0; i < steps; i++) {
        int shortest = grammar_state_shortest(s);
        int limits[] = {shortest, shortest + 1, shortest + (int)(tiny_random(random) % 8), 1000};
        for (size_t k = 0; k < COUNT(limits); k++) {
            check_ok(grammar_mask(s, limits[k], fast, &err), &err);
            walk_slow_mask(w, g, s, limits[k], slow);
            for (int32_t token = 0; token < tokenizer_size(w->t); token++) {
                if (grammar_mask_has(fast, token) != grammar_mask_has(slow, token)) {
                    fail_msg("%s: step %d, limit %d: token %d is %s", source, i, limits[k], token,
                             grammar_mask_has(fast, token) ? "allowed" : "missing");
                }
            }
        }
        uint64_t count = 0, pick;
        for (int32_t token = 0; token < tokenizer_size(w->t); token++) {
            count += grammar_mask_has(fast, token) && token != tokenizer_eos(w->t);
        }
        if (count == 0) {
            grammar_state_reset(s);
            continue;
        }
        pick = tiny_random(random) % count;
        for (int32_t token = 0;; token++) {
            if (grammar_mask_has(fast, token) && token != tokenizer_eos(w->t) && pick-- == 0) {
                check_ok(grammar_accept(s, token, &err), &err);
                break;
            }
        }
    }
    grammar_state_free(s);
    grammar_free(g);
    free(fast);
    free(slow);
}

static const struct mask_case {
    walk_source kind;
    const char *source;
} mask_cases[] = {
    {WALK_REGEX, "[a-z]{3,200}"}, /* repetitions that are alike */
    {WALK_REGEX, "(?:[a-z]{1,90}, ){0,150}\\d{5,7}"},
    {WALK_REGEX, "(?:the|in|er|inther)*(?:the end|stop)"},
    {WALK_REGEX, ".{2,9}\xE2\x82\xAC"},
    {WALK_GBNF, "root ::= \"(\" root* \")\" | [0-9]+ | \"the\" ws root\nws ::= ([ \\t\\n] ws)?"},
    {WALK_GBNF, "root ::= item{1,150}\nitem ::= \"<\" [a-z]{0,150} root? \">\""},
    {WALK_SCHEMA, "{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\",\"maxLength\":120},\"tags\":{\"type\":\"array\","
                  "\"items\":{\"enum\":[\"the\",\"there\",3,null]},\"maxItems\":200},\"next\":{\"$ref\":\"#\"}},\"required\":[\"tags\"]}"},
    {WALK_SCHEMA, "{\"type\":\"string\",\"pattern\":\"^[a-f]+(-[0-9]+)*$\",\"minLength\":5,\"maxLength\":150}"},
};

TEST(masks_of_bytes)
{
    uint64_t random = 3;
    for (size_t i = 0; i < COUNT(mask_cases); i++) {
        compare_masks(walk_tiny(), mask_cases[i].kind, mask_cases[i].source, 300, &random);
    }
}

TEST(masks_of_tokens)
{
    uint64_t random = 4;
    for (size_t i = 0; i < COUNT(mask_cases); i++) {
        compare_masks(walk_real(), mask_cases[i].kind, mask_cases[i].source, 8, &random);
    }
}

/* With room for nothing all is thrown away again and again, also in the middle of a walk, and the masks stay the same. */
TEST(little_memory)
{
    const walk_vocabulary *w = walk_real();
    static const char source[] = "root ::= \"{\" pair (\", \" pair){0,40} \"}\"\npair ::= [a-z]{1,30} \"=\" (root | [a-z ]*)";
    grammar *large = walk_grammar(w, WALK_GBNF, source), *small = walk_grammar(w, WALK_GBNF, source);
    uint64_t random = 1, again = 1;
    buffer a = {0}, b = {0};
    for (int i = 0; i < 12; i++) {
        grammar_limit_cache(small, 1);
        walk_text(w, large, 40, &random, &a);
        walk_text(w, small, 40, &again, &b);
        assert_string_equal(a.data, b.data);
    }
    assert_int_equal(grammar_collections(large), 0);
    assert_true(grammar_collections(small) > 12);
    buffer_free(&a);
    buffer_free(&b);
    grammar_free(large);
    grammar_free(small);
}

/* ---- texts at random ---- */

static void random_regex(const walk_vocabulary *w, const char *pattern, int rounds, uint64_t *random)
{
    grammar *g = walk_grammar(w, WALK_REGEX, pattern);
    pcre2_code *re = reference(pattern);
    buffer text = {0};
    for (int i = 0; i < rounds; i++) {
        int limit = grammar_shortest(g) + (i < rounds - 2 ? i : 50);
        walk_text(w, g, limit, random, &text);
        assert_int_equal(utf8_valid_length(text.data, text.size), text.size);
        if (!reference_matches(re, text.data, text.size)) {
            fail_msg("%s does not match \"%s\" (limit %d)", pattern, text.data, limit);
        }
    }
    buffer_free(&text);
    pcre2_code_free(re);
    grammar_free(g);
}

TEST(regex_at_every_limit)
{
    static const char *const patterns[] = {
        "a*b", "\\d{4}-\\d{2}-\\d{2}", "(?:yes|no|maybe), because .{5,40}", ".*", "[^\\x00-\\x7F]+", ".{3,7}\\.", "(?:[A-Z][a-z]+ ){2,}x",
        "\\+?\\d{1,3}[ -](?:\\d{2,4}[ -]?){2,4}", "(?:<b>[^<>]*</b>|<i>[^<>]*</i>)+", "[\xC3\xA0-\xC3\xBF\xE2\x82\xAC]{2,}!", "\\S+(?:\\s\\S+){1,9}",
        "(?:a|(?:b|(?:c|d)e)f)*g", "international(?:ization|isation)|x{0,100}yyyyyyyyyyyyyyyyyyyyyyyyyyyyyy",
    };
    uint64_t random = 7;
    for (size_t i = 0; i < COUNT(patterns); i++) {
        random_regex(walk_tiny(), patterns[i], 30, &random);
        random_regex(walk_real(), patterns[i], 14, &random);
    }
}

/* A text of one character that takes three tokens needs three. */
TEST(shortest)
{
    static const struct {
        const char *pattern;
        int tiny, real; /* tokens */
    } cases[] = {
        {"a*", 0, 0}, {"the", 1, 1}, {"hethe", 2, 2}, {"x{30}", 30, 8}, {"\xF0\x9F\x98\x80", 4, 3}, {"(?:inininin|[0-9]{9})", 4, 4},
        {"hello world", 10, 3}, {"[0-9]{3}", 3, 3},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        grammar *g = walk_grammar(walk_tiny(), WALK_REGEX, cases[i].pattern);
        assert_int_equal(grammar_shortest(g), cases[i].tiny);
        grammar_free(g);
        g = walk_grammar(walk_real(), WALK_REGEX, cases[i].pattern);
        if (grammar_shortest(g) > cases[i].real) {
            fail_msg("%s: %d tokens", cases[i].pattern, grammar_shortest(g));
        }
        grammar_free(g);
    }
}

TEST(too_few_tokens)
{
    grammar *g = walk_grammar(walk_real(), WALK_REGEX, "[0-9]{3}");
    grammar_state *s;
    paw_error err;
    uint64_t *mask = malloc(grammar_mask_words(walk_real()->v) * sizeof *mask);
    check_ok(grammar_state_new(g, &s, &err), &err);
    check_error(grammar_mask(s, 2, mask, &err), &err, PAW_ERR_CONTEXT, "format", "the shortest way has 3");
    check_error(grammar_mask(s, 0, mask, &err), &err, PAW_ERR_CONTEXT, "format", "0 tokens");
    check_ok(grammar_mask(s, 3, mask, &err), &err);
    grammar_state_free(s);
    grammar_free(g);
    free(mask);
}

/* ---- characters ---- */

/* After each token the text is valid but for a character that is not whole yet, and it may end exactly where none is. */
TEST(characters_are_whole)
{
    const walk_vocabulary *w = walk_tiny();
    grammar *g = walk_grammar(w, WALK_REGEX, "[^\\x00-\\x7F]*");
    uint64_t random = 11, *mask = malloc(grammar_mask_words(w->v) * sizeof *mask);
    paw_error err;
    grammar_state *s;
    check_ok(grammar_state_new(g, &s, &err), &err);
    for (int round = 0; round < 200; round++) {
        char text[64];
        size_t size = 0;
        grammar_state_reset(s);
        for (int left = 24; left > 0; left--) {
            int32_t token;
            check_ok(grammar_mask(s, left, mask, &err), &err);
            do {
                token = (int32_t)(tiny_random(&random) % (uint64_t)tokenizer_size(w->t));
            } while (!grammar_mask_has(mask, token));
            if (token == tokenizer_eos(w->t)) {
                break;
            }
            size_t n;
            const char *bytes = tokenizer_bytes(w->t, token, &n);
            memcpy(text + size, bytes, n);
            size += n;
            check_ok(grammar_accept(s, token, &err), &err);
            size_t valid = utf8_valid_length(text, size);
            assert_true(size - valid < 4);
            assert_int_equal(grammar_can_end(s), valid == size);
        }
        assert_true(grammar_can_end(s));
        assert_int_equal(utf8_valid_length(text, size), size);
    }
    grammar_state_free(s);
    grammar_free(g);
    free(mask);
}

/* The real vocabulary has no token for the byte 04: the character can never come, and a format of it alone is refused. */
TEST(bytes_without_token)
{
    grammar *g = walk_grammar(walk_real(), WALK_REGEX, "[\\x03-\\x05]");
    assert_true(walk_matches(g, "\x03", 1));
    assert_false(walk_matches(g, "\x04", 1));
    grammar_free(g);
    walk_refused(WALK_REGEX, "a\\x04", PAW_ERR_ARGUMENT, "regex", "matches nothing");
}

/* ---- states ---- */

TEST(states)
{
    const walk_vocabulary *w = walk_tiny();
    grammar *g = walk_grammar(w, WALK_REGEX, "(the|in)+x?");
    grammar_state *a, *b;
    paw_error err;
    bool fits;
    check_ok(grammar_state_new(g, &a, &err), &err);
    check_ok(grammar_state_new(g, &b, &err), &err);
    assert_false(grammar_can_end(a));
    check_ok(grammar_accept_text(a, "thein", 5, &fits, &err), &err);
    assert_true(fits && grammar_can_end(a) && !grammar_can_end(b));
    grammar_state_copy(b, a);
    check_ok(grammar_accept_text(b, "x", 1, &fits, &err), &err);
    assert_true(fits && grammar_can_end(b));
    check_ok(grammar_accept_text(b, "t", 1, &fits, &err), &err);
    assert_false(fits); /* and b is where it was */
    assert_true(grammar_can_end(b));
    check_ok(grammar_accept_text(a, "th", 2, &fits, &err), &err);
    assert_true(fits && !grammar_can_end(a));
    check_error(grammar_accept(a, tokenizer_eos(w->t), &err), &err, PAW_ERR_ARGUMENT, "format", "does not fit");
    check_error(grammar_accept(a, -1, &err), &err, PAW_ERR_ARGUMENT, "format", "does not fit");
    check_error(grammar_accept(a, tokenizer_size(w->t), &err), &err, PAW_ERR_ARGUMENT, "format", "does not fit");
    check_error(grammar_accept(a, tokenizer_find(w->t, "<|im_start|>"), &err), &err, PAW_ERR_ARGUMENT, "format", "does not fit");
    check_ok(grammar_accept(b, tokenizer_eos(w->t), &err), &err);
    grammar_state_reset(a);
    assert_int_equal(grammar_state_shortest(a), grammar_shortest(g));
    grammar_state_free(a);
    grammar_state_free(b);
    grammar_state_free(NULL);
    grammar_free(g);
    grammar_free(NULL);
    grammar_vocabulary_free(NULL);
}

/* The name of a special token may be text, but never the token. */
TEST(special_tokens)
{
    const walk_vocabulary *w = walk_real();
    grammar *g = walk_grammar(w, WALK_REGEX, "<\\|im_end\\|>|.*");
    uint64_t *mask = malloc(grammar_mask_words(w->v) * sizeof *mask);
    paw_error err;
    grammar_state *s;
    check_ok(grammar_state_new(g, &s, &err), &err);
    check_ok(grammar_mask(s, 100, mask, &err), &err);
    for (int32_t i = 0; i < tokenizer_size(w->t); i++) {
        if (tokenizer_is_control(w->t, i)) {
            assert_int_equal(grammar_mask_has(mask, i), i == tokenizer_eos(w->t));
        }
    }
    assert_true(walk_matches(g, "<|im_end|>", 10));
    grammar_state_free(s);
    grammar_free(g);
    free(mask);
}

/* ---- bad regular expressions ---- */

TEST(regex_errors)
{
    static const struct {
        const char *pattern;
        paw_status status;
        const char *where, *said;
    } cases[] = {
        {"a(b", PAW_ERR_ARGUMENT, "character 2", "not closed"},
        {"ab)", PAW_ERR_ARGUMENT, "character 3", "closes nothing"},
        {"\xC3\xA9[a", PAW_ERR_ARGUMENT, "character 2", "not closed"},
        {"[]", PAW_ERR_ARGUMENT, "character 1", "matches nothing"},
        {"x[^\\x00-\\x{10FFFF}]", PAW_ERR_ARGUMENT, "character 2", "matches nothing"},
        {"[z-a]", PAW_ERR_ARGUMENT, "character 2", "ends before it begins"},
        {"[a-\\d]", PAW_ERR_ARGUMENT, "character 2", "range"},
        {"[\\d-z]", PAW_ERR_ARGUMENT, "character 4", "range"},
        {"[[:alpha:]]", PAW_ERR_UNSUPPORTED, "character 2", "named classes"},
        {"*a", PAW_ERR_ARGUMENT, "character 1", "nothing to repeat"},
        {"a|+", PAW_ERR_ARGUMENT, "character 3", "nothing to repeat"},
        {"a**", PAW_ERR_ARGUMENT, "character 1", "repetition of a repetition"},
        {"a*+", PAW_ERR_UNSUPPORTED, "character 3", "possessive"},
        {"a{3,2}", PAW_ERR_ARGUMENT, "character 2", "above the most"},
        {"a{,2}", PAW_ERR_UNSUPPORTED, "character 2", "{0,n}"},
        {"a{1000001}", PAW_ERR_UNSUPPORTED, "character 3", "repetitions"},
        {"(?:(?:a{1000}){1000}){1000}", PAW_ERR_UNSUPPORTED, "regex", "too large"},
        {"(?=a)b", PAW_ERR_UNSUPPORTED, "character 1", "look-around"},
        {"a(?<!b)", PAW_ERR_UNSUPPORTED, "character 2", "look-around"},
        {"(?i)a", PAW_ERR_UNSUPPORTED, "character 1", "flags"},
        {"(?>a)", PAW_ERR_UNSUPPORTED, "character 1", "atomic"},
        {"(?<n>a", PAW_ERR_ARGUMENT, "character 1", "not closed"},
        {"(?<a", PAW_ERR_ARGUMENT, "character 1", "name"},
        {"(a)\\1", PAW_ERR_UNSUPPORTED, "character 4", "back-references"},
        {"(?P=a)", PAW_ERR_UNSUPPORTED, "character 1", "back-references"},
        {"\\bword", PAW_ERR_UNSUPPORTED, "character 1", "word boundaries"},
        {"\\pL", PAW_ERR_UNSUPPORTED, "character 1", "properties"},
        {"\\qa", PAW_ERR_UNSUPPORTED, "character 1", "escape"},
        {"\\012", PAW_ERR_UNSUPPORTED, "character 1", "octal"},
        {"ab\\", PAW_ERR_ARGUMENT, "character 3", "at the end"},
        {"\\u12", PAW_ERR_ARGUMENT, "character 5", "digits"},
        {"\\x{110000}", PAW_ERR_ARGUMENT, "character 1", "no such character"},
        {"\\ud800", PAW_ERR_ARGUMENT, "character 1", "no such character"},
        {"a^b", PAW_ERR_UNSUPPORTED, "character 2", "anchor"},
        {"(?:a$)*b", PAW_ERR_UNSUPPORTED, "character 5", "anchor"},
        {"^*", PAW_ERR_ARGUMENT, "character 1", "anchor"},
        {"a\xFF", PAW_ERR_ARGUMENT, "regex", "byte 1"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        walk_refused(WALK_REGEX, cases[i].pattern, cases[i].status, cases[i].where, cases[i].said);
    }
    buffer deep = {0};
    for (int i = 0; i < 5000; i++) {
        buffer_append_text(&deep, "(");
    }
    walk_refused(WALK_REGEX, deep.data, PAW_ERR_UNSUPPORTED, "character 101", "groups");
    buffer_free(&deep);
    buffer_append_zeros(&deep, GRAMMAR_MAX_SOURCE + 1);
    memset(deep.data, 'a', deep.size);
    walk_refused(WALK_REGEX, deep.data, PAW_ERR_UNSUPPORTED, "regex", "1048577 bytes");
    buffer_free(&deep);
}

/* Patterns that make a backtracking or an eager automaton explode: they are compiled, followed and masked in no time. */
TEST(hostile_patterns)
{
    static const char *const patterns[] = {
        "(a*)*b", "(a|aa)*b", "(?:a?){200}a{200}", "(?:.*a){20}", ".*a.{200}b", "(?:(?:a*)*)*x", "(x+x+)+y", "(?:a|b|ab)*(?:c|bc){50}",
        "(?:[a-z]*[0-9]*){100}", "(?:|a|b){1000}",
    };
    uint64_t random = 9;
    buffer text = {0};
    for (size_t i = 0; i < COUNT(patterns); i++) {
        grammar *g = walk_grammar(walk_real(), WALK_REGEX, patterns[i]);
        grammar_limit_cache(g, 4 << 20);
        walk_text(walk_real(), g, grammar_shortest(g) + 30, &random, &text);
        char many[2000];
        memset(many, 'a', sizeof many);
        walk_matches(g, many, sizeof many);
        grammar_free(g);
    }
    buffer_free(&text);
}

/* 125,000 places at once are refused when they come up. */
TEST(too_ambiguous)
{
    grammar *g = walk_grammar(walk_tiny(), WALK_REGEX, "(?:(?:a{0,50}){0,50}){0,50}");
    char many[200];
    grammar_state *s;
    paw_error err;
    bool fits = true;
    memset(many, 'a', sizeof many);
    check_ok(grammar_state_new(g, &s, &err), &err);
    check_error(grammar_accept_text(s, many, sizeof many, &fits, &err), &err, PAW_ERR_UNSUPPORTED, "format", "too ambiguous");
    assert_false(fits);
    assert_int_equal(grammar_state_shortest(s), 0);
    grammar_state_free(s);
    grammar_free(g);
}

/* ---- GBNF ---- */

static const char json_gbnf[] = "# JSON, as llama.cpp's example writes it\n"
                                "root   ::= object\n"
                                "value  ::= object | array | string | number | (\"true\" | \"false\" | \"null\") ws\n\n"
                                "object ::=\n"
                                "  \"{\" ws (\n"
                                "            string \":\" ws value\n"
                                "    (\",\" ws string \":\" ws value)*\n"
                                "  )? \"}\" ws\n\n"
                                "array  ::=\n"
                                "  \"[\" ws (\n"
                                "            value\n"
                                "    (\",\" ws value)*\n"
                                "  )? \"]\" ws\n\n"
                                "string ::=\n"
                                "  \"\\\"\" (\n"
                                "    [^\"\\\\\\x7F\\x00-\\x1F] |\n"
                                "    \"\\\\\" ([\"\\\\bfnrt] | \"u\" [0-9a-fA-F]{4}) # escapes\n"
                                "  )* \"\\\"\" ws\n\n"
                                "number ::= (\"-\"? ([0-9] | [1-9] [0-9]{0,15})) (\".\" [0-9]+)? ([eE] [-+]? [0-9] [1-9]{0,15})? ws\n\n"
                                "ws ::= | \" \" | \"\\n\" [ \\t]{0,20}\n";

static const struct gbnf_case {
    const char *source;
    const char *yes[6], *no[6];
} gbnf_cases[] = {
    {"root ::= \"a\"", {"a"}, {"", "aa"}},
    {"root::=\"a\"b\nb ::= [0-9]+ # digits\n\n", {"a1", "a42"}, {"a"}},
    {"# first\nroot ::= x | \"no\"\n  | \"never\"\nx ::= \"yes\"", {"yes", "no", "never"}, {"", "x"}},
    {"root ::= (\"a\"\n  | \"b\"\n)+", {"a", "abba"}, {""}},
    {"root ::= \"(\" root \")\" | \"\"", {"", "()", "((()))"}, {"(", "(()"}},
    {"root ::= e\ne ::= t (\"+\" t)*\nt ::= f (\"*\" f)*\nf ::= [0-9] | \"(\" e \")\"", {"1", "1+2*3", "(1+(2))*3"}, {"1+", "()", "(1"}},
    {"root ::= \"a\" root \"b\" | \"a\" root \"c\" | \"\"", {"", "ab", "aabc", "aaaccb"}, {"a", "abb"}},
    {"root ::= [^a-z\\n]{2}", {"A1", "\xC3\xA9!"}, {"a1", "1", "1\n"}},
    {"root ::= \"\\x41\\u00e9\\U0001F600\\t\\\"\"", {"A\xC3\xA9\xF0\x9F\x98\x80\t\""}, {"A"}},
    {"root ::= . \"x\"{2,3} \"y\"{2,} \"z\"{1}", {"\nxxyyz", "axxxyyyz"}, {"xxyyz", "axyyz"}},
    {"root ::= a a a\na ::= b b\nb ::= \"\" | \"x\"", {"", "x", "xxxxxx"}, {"xxxxxxx"}},
    {"root ::= many \".\"\nmany ::= (item many)?\nitem ::= [a-c] tail\ntail ::= \"1\"?", {".", "a.", "a1bc1."}, {"1.", "a11."}},
    {"root ::= opt mid end\nopt ::= \"a\"?\nmid ::= opt \"b\"?\nend ::= mid \"c\"", {"c", "ac", "aac", "abc", "abbc", "ababc"}, {"ab", "aaaac"}},
    {"root ::= (x)* \"e\"\nx ::= \"a\" | y\ny ::= \"b\"?", {"e", "abbae"}, {"ea"}},
};

TEST(gbnf_texts)
{
    for (size_t i = 0; i < COUNT(gbnf_cases); i++) {
        const struct gbnf_case *c = &gbnf_cases[i];
        grammar *g = walk_grammar(walk_tiny(), WALK_GBNF, c->source);
        for (size_t k = 0; k < COUNT(c->yes) && c->yes[k] != NULL; k++) {
            if (!walk_matches(g, c->yes[k], strlen(c->yes[k]))) {
                fail_msg("%s refuses \"%s\"", c->source, c->yes[k]);
            }
        }
        for (size_t k = 0; k < COUNT(c->no) && c->no[k] != NULL; k++) {
            if (walk_matches(g, c->no[k], strlen(c->no[k]))) {
                fail_msg("%s accepts \"%s\"", c->source, c->no[k]);
            }
        }
        grammar_free(g);
    }
}

/* Texts of a JSON grammar are JSON for Jansson, at every limit. */
TEST(gbnf_at_every_limit)
{
    const walk_vocabulary *both[] = {walk_tiny(), walk_real()};
    uint64_t random = 13;
    buffer text = {0};
    for (size_t i = 0; i < 2; i++) {
        grammar *g = walk_grammar(both[i], WALK_GBNF, json_gbnf);
        assert_true(grammar_shortest(g) <= 2);
        for (int limit = grammar_shortest(g); limit < 60; limit++) {
            json_error_t error;
            walk_text(both[i], g, limit, &random, &text);
            json_t *value = json_loadb(text.data, text.size, JSON_ALLOW_NUL, &error);
            if (value == NULL && strstr(error.text, "\\u") == NULL && strstr(error.text, "real number overflow") == NULL &&
                strstr(error.text, "too big") == NULL) { /* halves of pairs and huge numbers are in that grammar */
                fail_msg("\"%s\": %s", text.data, error.text);
            }
            json_decref(value);
        }
        grammar_free(g);
    }
    buffer_free(&text);
}

/* Right recursion goes on without end and leaves nothing behind; deep nesting comes back out. */
TEST(deep_recursion)
{
    paw_error err;
    grammar_state *s;
    bool fits = true;
    grammar *g = walk_grammar(walk_tiny(), WALK_GBNF, "root ::= \"a\" root | \"b\" | \"(\" root \")\" root");
    grammar_limit_cache(g, 1 << 20);
    check_ok(grammar_state_new(g, &s, &err), &err);
    for (int i = 0; i < 20000 && fits; i++) {
        check_ok(grammar_accept_text(s, "aa(", 3, &fits, &err), &err);
    }
    assert_true(fits);
    check_ok(grammar_accept_text(s, "b", 1, &fits, &err), &err);
    for (int i = 0; i < 20000 && fits; i++) {
        assert_false(grammar_can_end(s));
        check_ok(grammar_accept_text(s, ")b", 2, &fits, &err), &err);
    }
    assert_true(fits && grammar_can_end(s));
    grammar_state_free(s);
    grammar_free(g);
    g = walk_grammar(walk_tiny(), WALK_GBNF, "root ::= item root | \"b\"\nitem ::= [a-z] ws\nws ::= (\" \" ws)?");
    grammar_limit_cache(g, 1 << 18);
    check_ok(grammar_state_new(g, &s, &err), &err);
    for (int i = 0; i < 20000; i++) {
        check_ok(grammar_accept_text(s, "a a   ", 6, &fits, &err), &err);
        assert_true(fits);
    }
    assert_int_equal(grammar_collections(g), 0);
    grammar_state_free(s);
    grammar_free(g);
}

/* Every way to read the text is kept without their number growing: here there are 2^n. */
TEST(ambiguous)
{
    paw_error err;
    grammar_state *s;
    bool fits;
    static const char *const sources[] = {
        "root ::= \"a\" root \"b\" | \"a\" root \"b\" | \"a\" root \"bb\" | \"\"",
        "root ::= x root | y root | \"\"\nx ::= \"a\" x | \"a\"\ny ::= \"a\"+ | \"b\"",
        "root ::= (a b? | a c)* [bc]*\na ::= \"a\" a \"b\" | \"a\" a \"c\" | \"\"\nb ::= \"b\"*\nc ::= \"c\"*",
    };
    for (size_t i = 0; i < COUNT(sources); i++) {
        grammar *g = walk_grammar(walk_tiny(), WALK_GBNF, sources[i]);
        check_ok(grammar_state_new(g, &s, &err), &err);
        for (int k = 0; k < 200; k++) {
            check_ok(grammar_accept_text(s, "a", 1, &fits, &err), &err);
            assert_true(fits);
        }
        for (int k = 0; k < 200; k++) {
            check_ok(grammar_accept_text(s, "b", 1, &fits, &err), &err);
            assert_true(fits);
        }
        assert_true(grammar_can_end(s));
        grammar_state_free(s);
        grammar_free(g);
    }
}

TEST(gbnf_errors)
{
    static const struct {
        const char *source;
        paw_status status;
        const char *where, *said;
    } cases[] = {
        {"", PAW_ERR_ARGUMENT, "line 1", "root is not defined"},
        {"a ::= \"x\"\n", PAW_ERR_ARGUMENT, "line 2", "root is not defined"},
        {"root ::= a\nb ::= \"x\"", PAW_ERR_ARGUMENT, "line 1", "the rule a is not defined"},
        {"root ::= \"x\"\n\nroot ::= \"y\"", PAW_ERR_ARGUMENT, "line 3", "defined twice"},
        {"root ::= \"x\"\nb \"y\"", PAW_ERR_ARGUMENT, "line 2", "::="},
        {"root ::= \"x\" )", PAW_ERR_ARGUMENT, "line 1", "does not belong"},
        {"root ::= \"x\"\n* y", PAW_ERR_ARGUMENT, "line 2", "begins with its name"},
        {"root ::= (\"x\"\n\n", PAW_ERR_ARGUMENT, "line 1", "( is not closed"},
        {"root ::= \"x", PAW_ERR_ARGUMENT, "line 1", "\" is not closed"},
        {"root ::= [a", PAW_ERR_ARGUMENT, "line 1", "[ is not closed"},
        {"root ::= []", PAW_ERR_ARGUMENT, "line 1", "empty class"},
        {"root ::= [b-a]", PAW_ERR_ARGUMENT, "line 1", "range"},
        {"root ::= \"\\q\"", PAW_ERR_ARGUMENT, "line 1", "escape"},
        {"root ::= \"\\x4\"", PAW_ERR_ARGUMENT, "line 1", "digits"},
        {"root ::= \"\\ud800\"", PAW_ERR_ARGUMENT, "line 1", "character"},
        {"root ::= \"x\"{,3}", PAW_ERR_ARGUMENT, "line 1", "{m}"},
        {"root ::= \"x\"{3,2}", PAW_ERR_ARGUMENT, "line 1", "above"},
        {"root ::= \"x\"{9999999}", PAW_ERR_UNSUPPORTED, "line 1", "repetitions"},
        {"root ::= ((\"x\"{1000}){1000}){1000}", PAW_ERR_UNSUPPORTED, "grammar", "too large"},
        {"root ::= root \"x\" | \"y\"", PAW_ERR_UNSUPPORTED, "grammar", "the rule root (line 1) begins with itself"},
        {"root ::= \"x\" a\na ::= b \"y\" | \"z\"\nb ::= c? a", PAW_ERR_UNSUPPORTED, "grammar", "begins with itself"},
        {"root ::= e\ne ::= n e \"x\" | \"y\"\nn ::= \"\"", PAW_ERR_UNSUPPORTED, "grammar", "the rule e (line 2) begins with itself"},
        {"root ::= \"x\" root", PAW_ERR_ARGUMENT, "grammar", "the rule root (line 1) never ends"},
        {"root ::= \"k\" | a\na ::= \"x\" b\nb ::= \"y\" a \"z\"", PAW_ERR_ARGUMENT, "grammar", "never ends"},
        {"root ::= \"k\" | a\na ::= \"x\" b\nb ::= \"\\x04\"", PAW_ERR_ARGUMENT, "grammar", "the rule b (line 3) matches nothing"},
        {"root ::= \"\xFF\"", PAW_ERR_ARGUMENT, "grammar", "byte 10"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *source = cases[i].source;
        if (strstr(source, "c? a") != NULL) {
            source = "root ::= \"x\" a\na ::= b \"y\" | \"z\"\nb ::= c? a\nc ::= \"c\"";
        }
        walk_refused(WALK_GBNF, source, cases[i].status, cases[i].where, cases[i].said);
    }
    buffer many = {0};
    buffer_append_text(&many, "root ::= ");
    for (int i = 0; i < 3000; i++) {
        buffer_append_text(&many, "(");
    }
    walk_refused(WALK_GBNF, many.data, PAW_ERR_UNSUPPORTED, "line 1", "parentheses");
    buffer_free(&many);
    buffer_append_text(&many, "root ::= \"x\"\n");
    for (int i = 0; i < 20000; i++) {
        char rule[64];
        snprintf(rule, sizeof rule, "r%d ::= \"x\"\n", i);
        buffer_append_text(&many, rule);
    }
    walk_refused(WALK_GBNF, many.data, PAW_ERR_UNSUPPORTED, "grammar", "16384 rules");
    buffer_free(&many);
}

/* A chain of rules each of which stands twice in the one before: 2^40 tokens at least. */
TEST(shortest_too_long)
{
    buffer source = {0};
    buffer_append_text(&source, "root ::= r0 r0\n");
    for (int i = 0; i < 40; i++) {
        char rule[64];
        snprintf(rule, sizeof rule, "r%d ::= r%d r%d\n", i, i + 1, i + 1);
        buffer_append_text(&source, rule);
    }
    buffer_append_text(&source, "r40 ::= \"x\"\n");
    walk_refused(WALK_GBNF, source.data, PAW_ERR_ARGUMENT, "grammar", NULL);
    buffer_free(&source);
}

static int done(void **state)
{
    (void)state;
    walk_free();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(regex_texts),          cmocka_unit_test(regex_as_pcre),       cmocka_unit_test(masks_of_bytes),
        cmocka_unit_test(masks_of_tokens),      cmocka_unit_test(little_memory),       cmocka_unit_test(regex_at_every_limit),
        cmocka_unit_test(shortest),             cmocka_unit_test(too_few_tokens),      cmocka_unit_test(characters_are_whole),
        cmocka_unit_test(bytes_without_token),  cmocka_unit_test(states),              cmocka_unit_test(special_tokens),
        cmocka_unit_test(regex_errors),         cmocka_unit_test(hostile_patterns),    cmocka_unit_test(too_ambiguous), cmocka_unit_test(gbnf_texts),
        cmocka_unit_test(gbnf_at_every_limit),  cmocka_unit_test(deep_recursion),      cmocka_unit_test(ambiguous),
        cmocka_unit_test(gbnf_errors),          cmocka_unit_test(shortest_too_long),
    };
    return cmocka_run_group_tests_name("grammar", tests, NULL, done);
}
