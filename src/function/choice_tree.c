/* choice_tree.c: see choice_tree.h. Best-first search over the tree, a batch of branches a pass. */
#include "function/choice_tree.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/real.h"
#include "model/state.h"

enum {
    MOST_ROWS = 24,     /* tokens whose logits one pass gives */
    MOST_BRANCHES = 16, /* sequences of one pass */
    LONGEST_PATH = 256
};

/* ---- the tree ---- */

void choice_tree_free(choice_tree *tree)
{
    if (tree != NULL) {
        for (int i = 0; i < tree->n; i++) {
            free(tree->names[i]);
        }
        free(tree->names);
        free(tree->nodes);
        free(tree);
    }
}

static int find_child(const choice_tree *tree, int parent, int32_t token)
{
    int i = tree->nodes[parent].child;
    while (i >= 0 && tree->nodes[i].token != token) {
        i = tree->nodes[i].next;
    }
    return i;
}

/* The child with this token, made if it is not there; -1: no memory. */
static int add_child(choice_tree *tree, int parent, int32_t token)
{
    int found = find_child(tree, parent, token);
    if (found >= 0) {
        return found;
    }
    choice_node *grown = realloc(tree->nodes, ((size_t)tree->n_nodes + 1) * sizeof *grown);
    if (grown == NULL) {
        return -1;
    }
    tree->nodes = grown;
    grown[tree->n_nodes] = (choice_node){token, parent, -1, grown[parent].child, -1};
    grown[parent].child = tree->n_nodes;
    return tree->n_nodes++;
}

static paw_status fail_choice(paw_error *err, int i, const char *name, const char *what)
{
    char where[96];
    snprintf(where, sizeof where, "choice %d (\"%.60s\")", i + 1, name);
    return paw_fail(err, PAW_ERR_ARGUMENT, where, "%s", what);
}

static paw_status add_choice(choice_tree *tree, const tokenizer *t, int i, const char *name, paw_error *err)
{
    token_list tokens = {0};
    if (name[0] == '\0') {
        return fail_choice(err, i, name, "a choice must not be empty");
    }
    PAW_TRY(tokenizer_encode(t, name, strlen(name), false, &tokens, err));
    size_t n = tokens.size;
    paw_status status = n == 0                ? fail_choice(err, i, name, "the model has no tokens for it")
                        : n >= LONGEST_PATH ? fail_choice(err, i, name, "is longer than 255 tokens")
                                              : token_list_push(&tokens, tokenizer_eos(t), err);
    int node = 0;
    for (size_t k = 0; status == PAW_OK && k < tokens.size; k++) {
        node = add_child(tree, node, tokens.data[k]);
        status = node < 0 ? paw_fail_memory(err, 64) : PAW_OK;
    }
    if (status == PAW_OK && tree->nodes[node].choice >= 0) {
        status = fail_choice(err, i, name, "stands twice, or cannot be told from another one");
    }
    if (status == PAW_OK) {
        tree->nodes[node].choice = i;
        tree->longest = (int)tokens.size > tree->longest ? (int)tokens.size : tree->longest;
        tree->names[i] = strdup(name);
        tree->n = i + 1;
        status = tree->names[i] == NULL ? paw_fail_memory(err, strlen(name)) : PAW_OK;
    }
    token_list_free(&tokens);
    return status;
}

paw_status choice_tree_new(const tokenizer *t, const char *const *names, size_t n, choice_tree **out, paw_error *err)
{
    choice_tree *tree = calloc(1, sizeof *tree);
    if (tree == NULL || (tree->names = calloc(n + 1, sizeof *tree->names)) == NULL ||
        (tree->nodes = malloc(sizeof *tree->nodes)) == NULL) {
        choice_tree_free(tree);
        return paw_fail_memory(err, n * sizeof *tree->names);
    }
    tree->nodes[0] = (choice_node){-1, -1, -1, -1, -1};
    tree->n_nodes = 1;
    paw_status status = n < 2 ? paw_fail(err, PAW_ERR_ARGUMENT, "choices", "%zu given; at least 2 make a set", n) : PAW_OK;
    for (size_t i = 0; status == PAW_OK && i < n; i++) {
        status = add_choice(tree, t, (int)i, names[i], err);
    }
    if (status != PAW_OK) {
        choice_tree_free(tree);
        return status;
    }
    *out = tree;
    return PAW_OK;
}

/* ---- scoring ---- */

/* A branch of a pass: the path from the root to `first`, then on to `last` for as long as there is only one way. */
/* Nats: branches this near to the best one share its pass, since it may yet lose more than they. */
static const double SPECULATE = 2.3;

typedef struct branch {
    int first, last;
    int32_t tokens[LONGEST_PATH];
    int n, rows; /* tokens; those from `first` on, whose logits are wanted */
} branch;

typedef struct scorer {
    paw_base *base;
    const choice_tree *tree;
    const kernel_set *kernels;
    int n_vocab;
    double *score;   /* [n_nodes]: log-probability of the path to the node; NaN: not known yet */
    bool *expanded;  /* [n_nodes]: its children's scores are known */
    double best;     /* of the choices known */
    double margin;
    branch branches[MOST_BRANCHES];
    int n_branches;
    model_state *states[MOST_BRANCHES];
} scorer;

/* Scores of a node's children from the logits that follow it. */
static void expand(scorer *s, int node, const float *logits)
{
    float largest = logits[0];
    for (int i = 1; i < s->n_vocab; i++) {
        largest = logits[i] > largest ? logits[i] : largest;
    }
    double total = s->score[node] - (double)largest - real_log((double)s->kernels->sum_exp(logits, s->n_vocab, largest));
    for (int i = s->tree->nodes[node].child; i >= 0; i = s->tree->nodes[i].next) {
        s->score[i] = total + (double)logits[s->tree->nodes[i].token];
        if (s->tree->nodes[i].choice >= 0 && s->score[i] > s->best) {
            s->best = s->score[i];
        }
    }
    s->expanded[node] = true;
}

static bool is_open(const scorer *s, int node)
{
    return !isnan(s->score[node]) && !s->expanded[node] && s->tree->nodes[node].choice < 0;
}

/* The open node with the best score that is not in the pass yet, or -1. */
static int best_open(const scorer *s, double least)
{
    int best = -1;
    for (int i = 1; i < s->tree->n_nodes; i++) {
        if (is_open(s, i) && s->score[i] >= least && (best < 0 || s->score[i] > s->score[best])) {
            bool taken = false;
            for (int k = 0; k < s->n_branches; k++) {
                taken = taken || s->branches[k].first == i;
            }
            best = taken ? best : i;
        }
    }
    return best;
}

static void fill_branch(const scorer *s, branch *b, int node)
{
    const choice_node *nodes = s->tree->nodes;
    int depth = 0;
    for (int i = node; i > 0; i = nodes[i].parent) {
        depth++;
    }
    b->first = b->last = node;
    b->n = depth;
    b->rows = 1;
    for (int i = node, k = depth - 1; i > 0; i = nodes[i].parent, k--) {
        b->tokens[k] = nodes[i].token;
    }
    for (int next = nodes[node].child; nodes[next].next < 0 && nodes[next].choice < 0 && b->rows < MOST_ROWS;
         next = nodes[next].child) {
        b->tokens[b->n++] = nodes[next].token;
        b->last = next;
        b->rows++;
    }
}

/* Chooses the branches of a pass; the first always fits. Returns the rows it gives. */
static int plan(scorer *s)
{
    int rows = 0, best = (s->n_branches = 0, best_open(s, s->best - s->margin));
    if (best < 0) { /* a path only loses as it goes on: nothing open can still be the answer */
        return 0;
    }
    double top = s->score[best] > s->best ? s->score[best] : s->best;
    double least = top - (s->margin > SPECULATE ? s->margin : SPECULATE);
    least = least > s->best - s->margin ? least : s->best - s->margin;
    while (s->n_branches < MOST_BRANCHES && (best = best_open(s, least)) >= 0) {
        branch *b = &s->branches[s->n_branches];
        fill_branch(s, b, best);
        if (s->n_branches > 0 && rows + b->rows > MOST_ROWS) {
            break;
        }
        rows += b->rows;
        s->n_branches++;
    }
    return rows;
}

static paw_status run_pass(scorer *s, const model_state *state, const adapter *lora, int rows, paw_error *err)
{
    model_sequence sequences[MOST_BRANCHES];
    float *logits;
    PAW_TRY(base_logits(s->base, rows, &logits, err));
    for (int k = 0; k < s->n_branches; k++) {
        branch *b = &s->branches[k];
        if (s->states[k] == NULL) {
            PAW_TRY(model_state_new(s->base->model, &s->states[k], err));
        }
        model_state_share(s->states[k], state, model_state_length(state));
        sequences[k] = (model_sequence){s->states[k], b->tokens, b->n, lora, b->rows};
    }
    PAW_TRY(model_forward_batch(s->base->model, sequences, s->n_branches, logits, err));
    for (int k = 0; k < s->n_branches; k++) {
        const branch *b = &s->branches[k];
        for (int node = b->first, row = 0; row < b->rows; row++) {
            expand(s, node, logits);
            logits += s->n_vocab;
            node = s->tree->nodes[node].child;
        }
    }
    return PAW_OK;
}

/* Choices that end below a node. */
static int choices_below(const choice_tree *tree, int node)
{
    int n = tree->nodes[node].choice >= 0;
    for (int i = tree->nodes[node].child; i >= 0; i = tree->nodes[i].next) {
        n += choices_below(tree, i);
    }
    return n;
}

/* Choices that were given up share the probability of the last node known on their path. */
static void collect(const scorer *s, double *log_prob, bool *known)
{
    const choice_node *nodes = s->tree->nodes;
    for (int i = 1; i < s->tree->n_nodes; i++) {
        if (nodes[i].choice >= 0) {
            int at = i;
            while (isnan(s->score[at])) {
                at = nodes[at].parent;
            }
            log_prob[nodes[i].choice] = at == i ? s->score[i] : s->score[at] - real_log(choices_below(s->tree, at));
            known[nodes[i].choice] = at == i;
        }
    }
}

static paw_status search(scorer *s, const model_state *state, const adapter *lora, const float *logits, int *passes, paw_error *err)
{
    for (int i = 0; i < s->tree->n_nodes; i++) {
        s->score[i] = NAN;
    }
    s->score[0] = 0;
    s->best = -INFINITY;
    expand(s, 0, logits);
    for (int rows; (rows = plan(s)) > 0; ++*passes) {
        PAW_TRY(run_pass(s, state, lora, rows, err));
    }
    return PAW_OK;
}

paw_status choice_score(paw_base *base, const choice_tree *tree, const model_state *state, const adapter *lora,
                        const float *logits, double margin, double *log_prob, bool *known, int *passes, paw_error *err)
{
    if (model_state_length(state) + tree->longest > model_context(base->model)) {
        return paw_fail(err, PAW_ERR_CONTEXT, "input", "with the longest choice it does not fit the context of %d tokens",
                        model_context(base->model));
    }
    scorer *s = calloc(1, sizeof *s);
    size_t n = (size_t)tree->n_nodes;
    if (s == NULL || (s->score = malloc(n * sizeof *s->score)) == NULL || (s->expanded = calloc(n, sizeof *s->expanded)) == NULL) {
        free(s != NULL ? s->score : NULL);
        free(s);
        return paw_fail_memory(err, n * sizeof(double));
    }
    s->base = base;
    s->tree = tree;
    s->kernels = model_kernels(base->model);
    s->n_vocab = model_get_shape(base->model)->n_vocab;
    s->margin = margin;
    paw_status status = search(s, state, lora, logits, passes, err);
    if (status == PAW_OK) {
        collect(s, log_prob, known);
    }
    for (int k = 0; k < MOST_BRANCHES; k++) {
        model_state_free(s->states[k]);
    }
    free(s->score);
    free(s->expanded);
    free(s);
    return status;
}
