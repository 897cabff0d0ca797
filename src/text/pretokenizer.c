/* pretokenizer.c: the regular expressions and their matching. Not for: special tokens. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "text/pretokenizer.h"

#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

/*
 * The classes are spelled out so that they do not depend on the PCRE2 at hand, and are those of
 * Hugging Face's tokenizers. White space is Unicode's property White_Space: PCRE2's \s has U+180E
 * too. Letters (of Unicode 16) and numbers (of Unicode 17) add to PCRE2's what came after Unicode
 * 14, the version of PCRE2 10.40 to 10.42. Quantifiers after which nothing can fail are possessive
 * (++): the same matches, without a way back to remember.
 */
#define SPACES \
    "\\x{09}-\\x{0D}\\x{20}\\x{85}\\x{A0}\\x{1680}\\x{2000}-\\x{200A}\\x{2028}\\x{2029}\\x{202F}" \
    "\\x{205F}\\x{3000}"
#define LETTERS \
    "\\p{L}" \
    "\\x{1C89}-\\x{1C8A}\\x{A7CB}-\\x{A7CD}\\x{A7DA}-\\x{A7DC}\\x{105C0}-\\x{105F3}" \
    "\\x{10D4A}-\\x{10D65}\\x{10D6F}-\\x{10D85}\\x{10EC2}-\\x{10EC4}\\x{1123F}-\\x{11240}" \
    "\\x{11380}-\\x{11389}\\x{1138B}\\x{1138E}\\x{11390}-\\x{113B5}\\x{113B7}\\x{113D1}" \
    "\\x{113D3}\\x{11BC0}-\\x{11BE0}\\x{11F02}\\x{11F04}-\\x{11F10}\\x{11F12}-\\x{11F33}" \
    "\\x{1342F}\\x{13441}-\\x{13446}\\x{13460}-\\x{143FA}\\x{16100}-\\x{1611D}" \
    "\\x{16D40}-\\x{16D6C}\\x{18CFF}\\x{1B132}\\x{1B155}\\x{1DF25}-\\x{1DF2A}" \
    "\\x{1E030}-\\x{1E06D}\\x{1E4D0}-\\x{1E4EB}\\x{1E5D0}-\\x{1E5ED}\\x{1E5F0}\\x{2B739}" \
    "\\x{2EBF0}-\\x{2EE5D}\\x{31350}-\\x{323AF}"
#define NUMBERS \
    "\\p{N}" \
    "\\x{10D40}-\\x{10D49}\\x{116D0}-\\x{116E3}\\x{11BF0}-\\x{11BF9}\\x{11DE0}-\\x{11DE9}" \
    "\\x{11F50}-\\x{11F59}\\x{16130}-\\x{16139}\\x{16D70}-\\x{16D79}\\x{16FF4}-\\x{16FF6}" \
    "\\x{1CCF0}-\\x{1CCF9}\\x{1D2C0}-\\x{1D2D3}\\x{1E4F0}-\\x{1E4F9}\\x{1E5F1}-\\x{1E5FA}"
#define SPACE "[" SPACES "]"
#define LETTER "[" LETTERS "]"
#define NUMBER "[" NUMBERS "]"
#define SYMBOL "[^" SPACES LETTERS NUMBERS "]"
#define ENDINGS "'s|'t|'re|'ve|'m|'ll|'d"

static const struct {
    const char *name, *pattern;
} patterns[] = {
    /*
     * Every number character is cut out alone, and GPT-2's expression runs over each piece between.
     * As one expression: a number is one character, and white space may reach up to a number as it
     * may up to the end of the text.
     */
    {"smollm", ENDINGS "| ?" LETTER "++|" NUMBER "| ?" SYMBOL "++|" SPACE "+(?![^" SPACES NUMBERS
                       "])|" SPACE "+"},
    {"gpt-2", ENDINGS "| ?" LETTER "++| ?" NUMBER "++| ?" SYMBOL "++|" SPACE "+(?![^" SPACES
                      "])|" SPACE "+"},
    /* Qwen's own tokenizer turns the text into Unicode's form NFC first; llama.cpp does not. */
    {"qwen2", "(?i:" ENDINGS ")|[^\\r\\n" LETTERS NUMBERS "]?" LETTER "++|" NUMBER "| ?" SYMBOL
              "++[\\r\\n]*|" SPACE "*[\\r\\n]+|" SPACE "+(?![^" SPACES "])|" SPACE "+"},
};

struct pretokenizer {
    pcre2_code *code;
};

struct pretokenizer_state {
    pcre2_match_data *match;
};

static const char *pattern_of(gguf_text name)
{
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        if (strlen(patterns[i].name) == name.size &&
            memcmp(patterns[i].name, name.data, name.size) == 0) {
            return patterns[i].pattern;
        }
    }
    return NULL;
}

paw_status pretokenizer_new(gguf_text name, const char *where, pretokenizer **out, paw_error *err)
{
    const char *pattern = pattern_of(name);
    if (pattern == NULL) {
        int shown = name.size < 64 ? (int)name.size : 64;
        return paw_fail(err, PAW_ERR_UNSUPPORTED, where,
                        "the pre-tokenizer \"%.*s\" is not supported (smollm, gpt-2 and qwen2 are)",
                        shown, name.data);
    }
    pretokenizer *p = malloc(sizeof *p);
    if (p == NULL) {
        return paw_fail_memory(err, sizeof *p);
    }
    int number = 0;
    PCRE2_SIZE at = 0;
    p->code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
                            PCRE2_UTF | PCRE2_UCP | PCRE2_ANCHORED | PCRE2_NO_UTF_CHECK, &number,
                            &at, NULL);
    if (p->code == NULL) {
        free(p);
        return paw_fail(err, PAW_ERR_MEMORY, where,
                        "PCRE2 could not compile the pre-tokenizer (error %d)", number);
    }
    pcre2_jit_compile(
        p->code,
        PCRE2_JIT_COMPLETE); /* where it cannot, pcre2_match interprets: slower, the same words */
    *out = p;
    return PAW_OK;
}

void pretokenizer_free(pretokenizer *p)
{
    if (p != NULL) {
        pcre2_code_free(p->code);
        free(p);
    }
}

paw_status pretokenizer_state_new(const pretokenizer *p, pretokenizer_state **out, paw_error *err)
{
    pretokenizer_state *state = malloc(sizeof *state);
    if (state == NULL) {
        return paw_fail_memory(err, sizeof *state);
    }
    state->match = pcre2_match_data_create_from_pattern(p->code, NULL);
    if (state->match == NULL) {
        free(state);
        return paw_fail_memory(err, 0);
    }
    *out = state;
    return PAW_OK;
}

void pretokenizer_state_free(pretokenizer_state *state)
{
    if (state != NULL) {
        pcre2_match_data_free(state->match);
        free(state);
    }
}

paw_status pretokenizer_word(const pretokenizer *p, pretokenizer_state *state, const char *text,
                             size_t size, size_t *word, paw_error *err)
{
    int n = pcre2_match(p->code, (PCRE2_SPTR)text, size, 0, PCRE2_NO_UTF_CHECK, state->match, NULL);
    if (n < 0) {
        /* The expressions match at every character: what is left is a limit of PCRE2's, reached by
         * millions of spaces. */
        return paw_fail(err, n == PCRE2_ERROR_NOMEMORY ? PAW_ERR_MEMORY : PAW_ERR_ARGUMENT, NULL,
                        "the text cannot be split into words (PCRE2 error %d, %zu bytes left)", n,
                        size);
    }
    *word = pcre2_get_ovector_pointer(state->match)[1];
    return PAW_OK;
}
