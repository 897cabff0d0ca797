/* draft.c: see draft.h. The input is followed with a pointer; where the answer departs from it, the edit is remembered. */
#include "function/draft.h"

#include <string.h>

enum {
    FIRST_LIMIT = 4,
    LONGEST_MATCH = 4 /* tokens that are looked up */
};

void drafter_init(drafter *d, const tokenizer *t, draft_memory *memory, const token_list *prefix, const token_list *rest,
                  size_t n_text)
{
    *d = (drafter){.tokenizer = t, .memory = memory, .prefix = prefix, .rest = rest, .n_text = (int)n_text, .n_input = (int)rest->size};
    d->at = n_text > 0 ? 0 : -1;
    d->limit = FIRST_LIMIT;
}

static int32_t input_at(const drafter *d, int i)
{
    return i >= 0 && i < d->n_text ? d->rest->data[i] : -1;
}

/* ---- edits ---- */

/* Appends the token's bytes without white space, all letters small and all quotes alike; false when they do not fit. */
static bool append_solid(const drafter *d, int32_t token, char *out, size_t *n, size_t room)
{
    size_t size;
    const char *bytes = tokenizer_bytes(d->tokenizer, token, &size);
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == ' ' || bytes[i] == '\n' || bytes[i] == '\t') {
            continue;
        }
        if (*n == room) {
            return false;
        }
        char c = bytes[i] == '\'' || bytes[i] == '`' ? '"' : bytes[i];
        out[(*n)++] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
    return true;
}

/* How many of the input's tokens from `at` on have the token's bytes, white space, case and kind of quotes aside; 0: no number of them. */
static int same_text(const drafter *d, int at, int32_t token)
{
    char wanted[64], found[64];
    size_t n = 0, m = 0;
    if (!append_solid(d, token, wanted, &n, sizeof wanted) || n == 0) {
        return 0;
    }
    for (int k = 0; k < DRAFT_NEAR && at + k < d->n_text && m < n; k++) {
        if (!append_solid(d, input_at(d, at + k), found, &m, sizeof found)) {
            return 0;
        }
        if (m == n && memcmp(wanted, found, n) == 0) {
            return k + 1;
        }
    }
    return 0;
}

static bool is_at(const drafter *d, const draft_edit *e, int at)
{
    int n = e->token < 0 ? e->n + 1 : e->n; /* what is left out is known by what follows it */
    return e->n > 0 && at + n <= d->n_text && memcmp(e->from, d->rest->data + at, (size_t)n * sizeof *e->from) == 0;
}

/* Notes that the n input tokens from `at` on (and, when they came to nothing, the next one) gave `token`. */
static void remember(drafter *d, int at, int n, int32_t token)
{
    draft_edit e = {.n = n, .token = token};
    draft_memory *m = d->memory;
    memcpy(e.from, d->rest->data + at, (size_t)(token < 0 ? n + 1 : n) * sizeof *e.from);
    for (int i = 0; i < DRAFT_EDITS; i++) {
        if (is_at(d, &m->edits[i], at) && m->edits[i].n == n) {
            m->edits[i].n = 0; /* the new one says it better */
        }
    }
    m->edits[m->count++ % DRAFT_EDITS] = e;
}

/* The edit of what stands at `at`: of those that fit the longest, of equally long ones the latest. NULL: none. */
static draft_edit *find_edit(const drafter *d, int at)
{
    draft_edit *best = NULL;
    for (unsigned i = 1; i <= DRAFT_EDITS; i++) {
        draft_edit *e = &d->memory->edits[(d->memory->count - i) % DRAFT_EDITS];
        if (is_at(d, e, at) && (best == NULL || e->n > best->n)) {
            best = e;
        }
    }
    return best;
}

/* ---- following the answer ---- */

/* The answer departed from the input at d->at with this token: guesses what that stands for. */
static void depart(drafter *d, int32_t token)
{
    int at = d->at, same = same_text(d, at, token);
    if (same > 0) {
        remember(d, at, same, token);
        d->at = at + same;
        return;
    }
    if (at > 0 && input_at(d, at - 1) == token && d->misses > 1) { /* what seemed replaced had only got something before it */
        return;
    }
    for (int k = 1; k <= DRAFT_NEAR && at + k < d->n_text; k++) {
        if (input_at(d, at + k) == token) {
            remember(d, at, k, -1);
            d->at = at + k + 1;
            return;
        }
    }
    if (at < d->n_text) {
        remember(d, at, 1, token);
        d->at = at + 1;
    }
}

/* How many tokens before place i of `list` equal the latest ones, up to LONGEST_MATCH. */
static int match(const drafter *d, const token_list *list, size_t i)
{
    const token_list *rest = d->rest;
    size_t answer = rest->size - (size_t)d->n_input;
    int k = 0;
    while (k < LONGEST_MATCH && (size_t)k < i && (size_t)k < answer &&
           list->data[i - 1 - (size_t)k] == rest->data[rest->size - 1 - (size_t)k]) {
        k++;
    }
    return k;
}

/* Where in list [begin, end) the answer's latest tokens stand too, at least `least` of them: the place after them; or 0. */
static size_t find(const drafter *d, const token_list *list, size_t begin, size_t end, int least)
{
    size_t best = 0;
    int longest = least - 1;
    for (size_t i = begin + 1; i < end; i++) {
        int k = match(d, list, i);
        if (k > longest) {
            longest = k;
            best = i;
        }
    }
    return best;
}

void drafter_follow(drafter *d)
{
    int32_t token = d->rest->data[d->rest->size - 1];
    bool first = d->rest->size == (size_t)d->n_input + 1;
    if (d->at >= 0 && input_at(d, d->at) == token) {
        d->at++;
        d->misses = 0;
        return;
    }
    d->misses++;
    if (d->at >= 0 && d->misses < 3 && (!first || same_text(d, 0, token) > 0)) {
        depart(d, token);
        return;
    }
    size_t found = find(d, d->rest, 0, (size_t)d->n_text, d->misses < 3 ? 1 : 2);
    d->at = found > 0 ? (int)found : -1;
}

/* ---- proposing ---- */

static void put(drafter *d, int32_t token, int before, int after, draft_edit *edit)
{
    d->tokens[d->n] = token;
    d->before[d->n] = before;
    d->after[d->n] = after;
    d->edit[d->n] = edit;
    d->n++;
}

static void propose_input(drafter *d, int most)
{
    int at = d->at, begin = at;
    draft_edit *last = NULL;
    while (d->n < most && at < d->n_text) {
        draft_edit *e = find_edit(d, at);
        int32_t token = e != NULL ? e->token : input_at(d, at);
        at += e != NULL ? e->n : 1;
        last = e != NULL ? e : last;
        if (token >= 0) {
            put(d, token, begin, at, last);
            begin = at;
            last = NULL;
        }
    }
}

/* What followed the latest two tokens earlier in the answer or in the program's prompt. */
static void propose_repeat(drafter *d, int most)
{
    size_t end = d->rest->size;
    const token_list *list = d->rest;
    size_t i = find(d, list, (size_t)d->n_input, end, 2);
    if (i == 0) {
        list = d->prefix;
        end = list->size;
        i = find(d, list, 0, end, 2);
    }
    for (; i > 0 && i < end && d->n < most; i++) {
        put(d, list->data[i], -1, -1, NULL);
    }
}

void drafter_propose(drafter *d, int most)
{
    most = most < d->limit ? most : d->limit;
    d->n = 0;
    if (d->at >= 0 && d->at < d->n_text) {
        propose_input(d, most);
    } else if (most > 0) {
        propose_repeat(d, most);
    }
    for (int i = 0; i < d->n; i++) {
        if (d->tokens[i] == tokenizer_eos(d->tokenizer)) {
            d->n = i;
        }
    }
}

void drafter_learn(drafter *d, int accepted)
{
    if (accepted > 0) {
        d->misses = 0;
        d->at = d->after[accepted - 1];
    }
    if (accepted < d->n) {
        d->at = d->before[accepted];
        if (d->edit[accepted] != NULL) {
            d->edit[accepted]->n = 0;
        }
    }
    if (d->n > 0) {
        int next = accepted == d->n ? 2 * d->limit + 1 : accepted + 1;
        d->limit = next > DRAFT_MOST ? DRAFT_MOST : next;
    } else if (d->limit < FIRST_LIMIT) {
        d->limit++;
    }
}
