/* walk.c: the helpers of walk.h. */
#include "support/walk.h"

#include <stdlib.h>
#include <string.h>

#include "support/tiny.h"

static walk_vocabulary real, tiny;

static void finish(walk_vocabulary *w)
{
    paw_error err;
    check_ok(tokenizer_new(w->file, &w->t, &err), &err);
    check_ok(grammar_vocabulary_new(w->t, &w->v, &err), &err);
}

const walk_vocabulary *walk_real(void)
{
    if (real.v == NULL) {
        paw_error err;
        char *path = tiny_real_base();
        check_ok(gguf_open(path, &real.file, &err), &err);
        free(path);
        finish(&real);
    }
    return &real;
}

const walk_vocabulary *walk_tiny(void)
{
    if (tiny.v == NULL) {
        paw_error err;
        tiny.bytes = tiny_model(NULL);
        check_ok(gguf_open_memory(tiny.bytes.data, tiny.bytes.size, "tiny", &tiny.file, &err), &err);
        finish(&tiny);
    }
    return &tiny;
}

static void unload(walk_vocabulary *w)
{
    grammar_vocabulary_free(w->v);
    tokenizer_free(w->t);
    gguf_close(w->file);
    buffer_free(&w->bytes);
    *w = (walk_vocabulary){0};
}

void walk_free(void)
{
    unload(&real);
    unload(&tiny);
}

paw_status walk_compile(const walk_vocabulary *w, walk_source kind, const char *source, grammar **out, paw_error *err)
{
    *out = NULL;
    if (kind == WALK_REGEX) {
        return grammar_from_regex(w->v, source, strlen(source), out, err);
    } else if (kind == WALK_GBNF) {
        return grammar_from_gbnf(w->v, source, strlen(source), out, err);
    }
    json_error_t error;
    json_t *schema = json_loads(source, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    if (schema == NULL) {
        fail_msg("%s: %s", source, error.text);
    }
    paw_status status = grammar_from_schema(w->v, schema, out, err);
    json_decref(schema);
    return status;
}

grammar *walk_grammar(const walk_vocabulary *w, walk_source kind, const char *source)
{
    grammar *g;
    paw_error err;
    paw_status status = walk_compile(w, kind, source, &g, &err);
    if (status != PAW_OK) {
        fail_msg("%s: %s: %s", source, err.where, err.message);
    }
    return g;
}

void walk_refused(walk_source kind, const char *source, paw_status status, const char *where, const char *said)
{
    grammar *g;
    paw_error err;
    paw_status got = walk_compile(walk_real(), kind, source, &g, &err);
    if (got == PAW_OK) {
        fail_msg("accepted: %s", source);
    }
    check_error(got, &err, status, where, said);
    assert_null(g);
}

bool walk_matches(grammar *g, const char *text, size_t size)
{
    grammar_state *s;
    paw_error err;
    bool fits = false;
    check_ok(grammar_state_new(g, &s, &err), &err);
    check_ok(grammar_accept_text(s, text, size, &fits, &err), &err);
    fits = fits && grammar_can_end(s);
    grammar_state_free(s);
    return fits;
}

/* A token of the mask; the end token in half of the cases where it is there. */
static int32_t draw(const walk_vocabulary *w, const uint64_t *mask, uint64_t *random)
{
    int32_t n = tokenizer_size(w->t), eos = tokenizer_eos(w->t);
    uint64_t count = 0;
    for (int32_t i = 0; i < n; i++) {
        if (grammar_mask_has(mask, i)) {
            assert_true(tokenizer_is_ordinary(w->t, i) || i == eos);
            count++;
        }
    }
    if (grammar_mask_has(mask, eos) && (count == 1 || tiny_random(random) % 2 == 0)) {
        return eos;
    }
    assert_true(count > 0);
    uint64_t pick = tiny_random(random) % count;
    for (int32_t i = 0;; i++) {
        if (grammar_mask_has(mask, i) && pick-- == 0) {
            return i;
        }
    }
}

void walk_text(const walk_vocabulary *w, grammar *g, int limit, uint64_t *random, buffer *out)
{
    grammar_state *s;
    paw_error err;
    uint64_t *mask = malloc(grammar_mask_words(w->v) * sizeof *mask);
    assert_non_null(mask);
    check_ok(grammar_state_new(g, &s, &err), &err);
    buffer_free(out);
    buffer_append(out, "", 0);
    for (int left = limit; left > 0; left--) {
        size_t size;
        check_ok(grammar_mask(s, left, mask, &err), &err);
        assert_int_equal(grammar_mask_has(mask, tokenizer_eos(w->t)), grammar_can_end(s));
        int32_t token = draw(w, mask, random);
        check_ok(grammar_accept(s, token, &err), &err);
        if (token == tokenizer_eos(w->t)) {
            break;
        }
        const char *bytes = tokenizer_bytes(w->t, token, &size);
        buffer_append(out, bytes, size);
    }
    if (!grammar_can_end(s)) {
        fail_msg("cut off after %d tokens: %s", limit, out->data);
    }
    assert_false(out->failed);
    grammar_state_free(s);
    free(mask);
}

void walk_slow_mask(const walk_vocabulary *w, grammar *g, const grammar_state *s, int remaining, uint64_t *mask)
{
    grammar_state *next;
    paw_error err;
    check_ok(grammar_state_new(g, &next, &err), &err);
    memset(mask, 0, grammar_mask_words(w->v) * sizeof *mask);
    for (int32_t i = 0; i < tokenizer_size(w->t); i++) {
        bool fits = false;
        grammar_state_copy(next, s);
        if (i == tokenizer_eos(w->t)) {
            fits = grammar_can_end(s);
        } else if (tokenizer_is_ordinary(w->t, i)) {
            size_t size;
            const char *bytes = tokenizer_bytes(w->t, i, &size);
            check_ok(grammar_accept_text(next, bytes, size, &fits, &err), &err);
            fits = fits && grammar_state_shortest(next) <= remaining - 1;
        }
        mask[i / 64] |= (uint64_t)fits << (i % 64);
    }
    grammar_state_free(next);
}
