/*
 * fuzz_grammar.c: formats from anywhere: the first byte says of which kind, the rest is the source. What is compiled is followed
 * along the mask with few tokens left: the mask is never empty before the end, and the text ends in time.
 *
 * As first inputs: "r" and a regular expression, "g" and a grammar, "s" and a schema.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/utf8.h"
#include "grammar/compile.h"
#include "support/tiny.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_TOKENS = 300 };

static tokenizer *t;
static grammar_vocabulary *v;

static void must(bool what, const char *said)
{
    if (!what) {
        fprintf(stderr, "%s\n", said);
        abort();
    }
}

static void load(void)
{
    static gguf_file *file;
    static buffer bytes;
    if (v == NULL) {
        bytes = tiny_model(NULL);
        must(gguf_open_memory(bytes.data, bytes.size, "tiny", &file, NULL) == PAW_OK && tokenizer_new(file, &t, NULL) == PAW_OK &&
                 grammar_vocabulary_new(t, &v, NULL) == PAW_OK,
             "no vocabulary");
    }
}

static paw_status compile(const char *source, size_t size, char kind, grammar **out, paw_error *err)
{
    if (kind != 's') {
        return kind == 'g' ? grammar_from_gbnf(v, source, size, out, err) : grammar_from_regex(v, source, size, out, err);
    }
    json_t *schema = json_loadb(source, size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    paw_status status = schema == NULL ? PAW_ERR_FORMAT : grammar_from_schema(v, schema, out, err);
    json_decref(schema);
    return status;
}

/* A token of the mask; the end where it may be, now and then. */
static int32_t draw(const uint64_t *mask, uint64_t *random)
{
    int32_t n = tokenizer_size(t), count = 0;
    for (int32_t i = 0; i < n; i++) {
        count += grammar_mask_has(mask, i);
    }
    must(count > 0, "an empty mask");
    int32_t pick = (int32_t)(tiny_random(random) % (uint64_t)count);
    for (int32_t i = 0;; i++) {
        if (grammar_mask_has(mask, i) && pick-- == 0) {
            return i;
        }
    }
}

static void follow(grammar *g, int limit, uint64_t *random)
{
    uint64_t mask[16];
    grammar_state *s;
    buffer text = {0};
    bool unsupported = false;
    paw_error err;
    must(grammar_mask_words(v) <= 16 && grammar_state_new(g, &s, &err) == PAW_OK, "no state");
    for (int left = limit; left > 0 && !unsupported; left--) {
        paw_status status = grammar_mask(s, left, mask, &err);
        unsupported = status == PAW_ERR_UNSUPPORTED; /* too ambiguous */
        must(unsupported || status == PAW_OK, "a mask was refused");
        if (!unsupported) {
            size_t size;
            int32_t token = draw(mask, random);
            must(grammar_accept(s, token, &err) == PAW_OK, "a token of the mask was refused");
            if (token == tokenizer_eos(t)) {
                break;
            }
            const char *bytes = tokenizer_bytes(t, token, &size);
            buffer_append(&text, bytes, size);
        }
    }
    must(unsupported || grammar_can_end(s), "the text does not end in time");
    must(unsupported || utf8_valid_length(text.data != NULL ? text.data : "", text.size) == text.size, "a character was cut");
    grammar_state_free(s);
    buffer_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    grammar *g = NULL;
    paw_error err = {0};
    load();
    if (size < 1) {
        return 0;
    }
    paw_status status = compile((const char *)data + 1, size - 1, (char)data[0], &g, &err);
    must((status == PAW_OK) == (g != NULL), "a failure left something");
    must(status == PAW_OK || status == PAW_ERR_FORMAT || (err.message[0] != '\0' && err.where[0] != '\0'), "an error without words");
    if (status == PAW_OK) {
        uint64_t random = hash_fnv(data, size);
        int shortest = grammar_shortest(g);
        grammar_limit_cache(g, 1 << 18);
        for (int i = 0; i < 3 && shortest < MOST_TOKENS; i++) {
            follow(g, shortest + 5 * i, &random);
        }
        grammar_free(g);
    }
    return 0;
}
