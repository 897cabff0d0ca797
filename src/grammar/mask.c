/*
 * mask.c: grammars and the states of texts: which tokens may come next.
 *
 * The mask of a configuration comes from a walk over the prefix tree of the vocabulary and is kept with it. Near the token
 * limit a token may be allowed by the format and still lead too far from its end: those that lead farthest are listed once, and
 * taken out of the mask one by one.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "grammar/compile.h"
#include "grammar/config.h"

enum { FAR_TOKENS = 4096 /* most in a list */ };

typedef struct far_token {
    int32_t token, distance;
} far_token;

struct config_mask {
    uint64_t *words;
    int32_t farthest; /* distance after the allowed token that leads farthest */
    far_token *far;   /* farthest first; NULL: not known */
    uint32_t n_far;
    int32_t near; /* after all tokens that are not in `far` it is at most this far */
};

enum { WALK_MOST = TREE_MAX_BYTES + 1 };

struct grammar {
    const grammar_vocabulary *v;
    automaton a;
    configs c;
    config *walk[WALK_MOST]; /* configurations from the root of the tree down */
};

struct grammar_state {
    grammar *g;
    config_root root;
};

/* ---- grammars ---- */

paw_status grammar_make(expr_builder *b, const grammar_vocabulary *v, const char *source, grammar **out, paw_error *err)
{
    grammar *g = calloc(1, sizeof *g);
    if (g == NULL) {
        return paw_fail_memory(err, sizeof *g);
    }
    g->v = v;
    paw_status status = automaton_make(b, v, source, &g->a, err);
    if (status == PAW_OK) {
        status = configs_init(&g->c, &g->a, err);
    }
    if (status != PAW_OK) {
        grammar_free(g);
        return status;
    }
    g->c.walk = g->walk;
    *out = g;
    return PAW_OK;
}

void grammar_free(grammar *g)
{
    if (g != NULL) {
        configs_free(&g->c);
        automaton_free(&g->a);
        free(g);
    }
}

int grammar_shortest(const grammar *g)
{
    return g->c.start->distance;
}

void grammar_limit_cache(grammar *g, size_t bytes)
{
    g->c.most_bytes = g->c.limit = bytes;
}

size_t grammar_collections(const grammar *g)
{
    return g->c.collections;
}

/* ---- states ---- */

paw_status grammar_state_new(grammar *g, grammar_state **out, paw_error *err)
{
    grammar_state *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return paw_fail_memory(err, sizeof *s);
    }
    s->g = g;
    s->root.at = g->c.start;
    configs_add_root(&g->c, &s->root);
    *out = s;
    return PAW_OK;
}

void grammar_state_free(grammar_state *s)
{
    if (s != NULL) {
        configs_remove_root(&s->root);
        free(s);
    }
}

void grammar_state_reset(grammar_state *s)
{
    s->root.at = s->g->c.start;
}

void grammar_state_copy(grammar_state *to, const grammar_state *from)
{
    to->root.at = from->root.at;
}

bool grammar_can_end(const grammar_state *s)
{
    return s->root.at->ends;
}

int grammar_state_shortest(const grammar_state *s)
{
    return s->root.at->distance;
}

/* ---- appending ---- */

paw_status grammar_accept_text(grammar_state *s, const char *text, size_t size, bool *fits, paw_error *err)
{
    configs *c = &s->g->c;
    config_root at = {.at = s->root.at};
    paw_status status = PAW_OK;
    configs_add_root(c, &at);
    for (size_t i = 0; i < size && status == PAW_OK && at.at != c->dead; i++) {
        uint8_t class = c->a->class_of[(uint8_t)text[i]];
        if (at.at->next[class] == NULL) {
            status = configs_full(c) ? configs_collect(c, err) : PAW_OK;
            status = status == PAW_OK ? configs_step(c, at.at, class, err) : status;
        }
        at.at = status == PAW_OK ? at.at->next[class] : at.at;
    }
    configs_remove_root(&at);
    *fits = status == PAW_OK && at.at != c->dead;
    s->root.at = *fits ? at.at : s->root.at;
    return status;
}

paw_status grammar_accept(grammar_state *s, int32_t token, paw_error *err)
{
    const grammar_vocabulary *v = s->g->v;
    bool fits = token == v->eos && s->root.at->ends;
    if (token >= 0 && token < v->n_tokens && v->start[token] < v->start[token + 1]) {
        uint32_t from = v->start[token];
        PAW_TRY(grammar_accept_text(s, v->bytes + from, v->start[token + 1] - from, &fits, err));
    }
    return fits ? PAW_OK : paw_fail(err, PAW_ERR_ARGUMENT, "format", "token %d does not fit the format here", token);
}

/* ---- walking ---- */

/* What a walk finds: the mask of tokens after which it is at most `most` far, the farthest of them, and how far it is after each
 * (where `distances` is not NULL: [n_tokens], filled for tokens in the mask). */
typedef struct finding {
    uint64_t *words;
    int32_t most, farthest;
    int32_t *distances;
} finding;

/* Works out where the byte of a node leads from the configuration before it, with room made when there is none. */
static paw_status step_in_walk(grammar *g, int depth, uint8_t class, paw_error *err)
{
    if (configs_full(&g->c)) {
        g->c.n_walk = (size_t)depth + 1;
        paw_status status = configs_collect(&g->c, err);
        g->c.n_walk = 0;
        PAW_TRY(status);
    }
    return configs_step(&g->c, g->walk[depth], class, err);
}

/* From g->walk[0]. */
static paw_status walk(grammar *g, finding *f, paw_error *err)
{
    const tree_node *nodes = g->v->nodes;
    const uint8_t *class_of = g->a.class_of;
    for (uint32_t i = 0; i < g->v->n_nodes;) {
        const tree_node *n = &nodes[i];
        uint8_t class = class_of[n->byte];
        config *to = g->walk[n->depth]->next[class];
        if (to == NULL) {
            PAW_TRY(step_in_walk(g, n->depth, class, err));
            to = g->walk[n->depth]->next[class];
        }
        if (to == g->c.dead) {
            i += n->skip;
            continue;
        }
        g->walk[n->depth + 1] = to;
        if (n->token >= 0 && to->distance <= f->most) {
            f->words[n->token / 64] |= (uint64_t)1 << (n->token % 64);
            f->farthest = to->distance > f->farthest ? to->distance : f->farthest;
            if (f->distances != NULL) {
                f->distances[n->token] = to->distance;
            }
        }
        i++;
    }
    return PAW_OK;
}

/* ---- masks ---- */

/* A walk from the configuration that the state's mask belongs to. *at: that configuration, also if it was made anew meanwhile. */
static paw_status walk_from_state(grammar_state *s, finding *f, config **at, paw_error *err)
{
    grammar *g = s->g;
    config_root root;
    PAW_TRY(configs_like(&g->c, s->root.at, &root.at, err));
    g->walk[0] = root.at;
    configs_add_root(&g->c, &root);
    paw_status status = walk(g, f, err);
    configs_remove_root(&root);
    *at = root.at;
    return status;
}

static paw_status make_mask(grammar_state *s, paw_error *err)
{
    configs *c = &s->g->c;
    config *at = NULL;
    size_t size = grammar_mask_words(s->g->v) * sizeof(uint64_t);
    finding f = {.words = calloc(1, size), .most = NEVER - 1};
    if (f.words == NULL) {
        return paw_fail_memory(err, size);
    }
    paw_status status = walk_from_state(s, &f, &at, err);
    if (status == PAW_OK) {
        config_mask *mask = configs_allocate(c, sizeof *mask + size);
        if (mask != NULL) {
            *mask = (config_mask){.words = (uint64_t *)(mask + 1), .farthest = f.farthest};
            memcpy(mask->words, f.words, size);
            at->mask = mask;
        }
        status = mask != NULL ? PAW_OK : paw_fail_memory(err, size);
    }
    free(f.words);
    return status;
}

/* The mask for any number of tokens. */
static paw_status full_mask(grammar_state *s, config_mask **out, paw_error *err)
{
    config *k;
    PAW_TRY(configs_like(&s->g->c, s->root.at, &k, err));
    if (k->mask == NULL) {
        PAW_TRY(make_mask(s, err));
        PAW_TRY(configs_like(&s->g->c, s->root.at, &k, err));
    }
    *out = k->mask;
    return PAW_OK;
}

/* ---- near the limit ---- */

enum { LEVELS = 1 << 12 /* distances that are told apart; farther ones count as this far */ };

static int level_of(int32_t distance)
{
    return distance < LEVELS - 1 ? distance : LEVELS - 1;
}

/* The level up to which tokens are left out of the list, so that at most FAR_TOKENS are in it. */
static int near_level(const finding *f, int32_t n_tokens)
{
    uint32_t count[LEVELS] = {0}, sum = 0;
    for (int32_t i = 0; i < n_tokens; i++) {
        if (grammar_mask_has(f->words, i)) {
            count[level_of(f->distances[i])]++;
        }
    }
    int level = LEVELS - 1;
    for (; level > 0 && sum + count[level] <= FAR_TOKENS; level--) {
        sum += count[level];
    }
    return level;
}

static int by_distance(const void *a, const void *b)
{
    const far_token *x = a, *y = b;
    return x->distance != y->distance ? (x->distance > y->distance ? -1 : 1) : x->token - y->token;
}

/* Lists the tokens beyond `level` in the cache's memory. */
static paw_status list_far(grammar_state *s, const finding *f, int level, config_mask *mask, paw_error *err)
{
    far_token list[FAR_TOKENS];
    uint32_t n = 0;
    for (int32_t i = 0; i < s->g->v->n_tokens; i++) {
        if (grammar_mask_has(f->words, i) && level_of(f->distances[i]) > level) {
            list[n++] = (far_token){i, f->distances[i]};
        }
    }
    far_token *far = configs_allocate(&s->g->c, (n + 1) * sizeof *far);
    if (far == NULL) {
        return paw_fail_memory(err, n * sizeof *far);
    }
    qsort(list, n, sizeof *list, by_distance);
    memcpy(far, list, n * sizeof *far);
    mask->far = far;
    mask->n_far = n;
    mask->near = level < LEVELS - 1 ? level : mask->farthest;
    return PAW_OK;
}

static paw_status find_far(grammar_state *s, config_mask **mask, paw_error *err)
{
    size_t words = grammar_mask_words(s->g->v);
    int32_t n = s->g->v->n_tokens;
    config *at = NULL;
    finding f = {.words = calloc(words, sizeof *f.words), .most = NEVER - 1, .distances = malloc((size_t)n * sizeof(int32_t))};
    paw_status status = f.words == NULL || f.distances == NULL ? paw_fail_memory(err, (size_t)n * sizeof(int32_t)) : PAW_OK;
    if (status == PAW_OK) {
        status = walk_from_state(s, &f, &at, err);
    }
    if (status == PAW_OK) {
        status = full_mask(s, mask, err); /* again: the walk may have thrown it away */
    }
    if (status == PAW_OK) {
        status = list_far(s, &f, near_level(&f, n), *mask, err);
    }
    free(f.words);
    free(f.distances);
    return status;
}

/* The tokens after which the end is at most `most` tokens away. */
static paw_status limited_mask(grammar_state *s, int32_t most, uint64_t *words, paw_error *err)
{
    size_t n_words = grammar_mask_words(s->g->v);
    config_mask *mask;
    PAW_TRY(full_mask(s, &mask, err));
    if (mask->farthest > most && mask->far == NULL) {
        PAW_TRY(find_far(s, &mask, err));
    }
    if (mask->farthest > most && most < mask->near) {
        config *at = NULL;
        finding f = {.words = words, .most = most};
        memset(words, 0, n_words * sizeof *words);
        return walk_from_state(s, &f, &at, err);
    }
    memcpy(words, mask->words, n_words * sizeof *words);
    for (uint32_t i = 0; mask->farthest > most && i < mask->n_far && mask->far[i].distance > most; i++) {
        words[mask->far[i].token / 64] &= ~((uint64_t)1 << (mask->far[i].token % 64));
    }
    return PAW_OK;
}

paw_status grammar_mask(grammar_state *s, int remaining, uint64_t *mask, paw_error *err)
{
    const grammar_vocabulary *v = s->g->v;
    if (remaining < s->root.at->distance) {
        return paw_fail(err, PAW_ERR_CONTEXT, "format", "%d tokens are too few to finish the text: the shortest way has %d; allow more",
                        remaining, s->root.at->distance);
    }
    if (configs_full(&s->g->c)) {
        PAW_TRY(configs_collect(&s->g->c, err));
    }
    if (remaining > 0) {
        PAW_TRY(limited_mask(s, remaining - 1, mask, err));
    } else {
        memset(mask, 0, grammar_mask_words(v) * sizeof *mask);
    }
    if (s->root.at->ends) {
        mask[v->eos / 64] |= (uint64_t)1 << (v->eos % 64);
    }
    return PAW_OK;
}
