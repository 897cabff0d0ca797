/*
 * choice_tree.h: answers out of a closed set: each choice's log-probability as an answer, the end token included.
 *
 * The choices' tokens form a tree. Passes over several of its branches at once compute what a choice's sequence would get if
 * it were generated, to the bit. Branches that have fallen behind the best choice are not followed: what probability such a
 * branch has is divided among its choices.
 */
#ifndef PAW_FUNCTION_CHOICE_TREE_H
#define PAW_FUNCTION_CHOICE_TREE_H

#include "function/base.h"

typedef struct choice_node {
    int32_t token;
    int parent, child, next; /* first child, next child of the same parent; -1: none */
    int choice;              /* the choice that ends here (token is the end token), or -1 */
} choice_node;

typedef struct choice_tree {
    choice_node *nodes; /* nodes[0] is the root, where an answer begins */
    int n_nodes;
    char **names; /* [n] */
    int n, longest; /* choices; tokens of the longest path */
} choice_tree;

/* Copies the names. Errors name the choice: empty, standing twice, without tokens, with the tokens of another one. */
paw_status choice_tree_new(const tokenizer *t, const char *const *names, size_t n, choice_tree **out, paw_error *err);
void choice_tree_free(choice_tree *tree);

/*
 * Fills log_prob [tree->n] after `state`, whose last token's logits are `logits`. margin: what is more than
 * so many nats behind the best choice known is given up; with 0 the best choice is right all the same. One that was given up gets
 * an estimate, and known[i] false. The base's lock is held;
 * the base's room for logits (which `logits` may lie in) is used. The state is as before.
 */
paw_status choice_score(paw_base *base, const choice_tree *tree, const model_state *state, const adapter *lora,
                        const float *logits, double margin, double *log_prob, bool *known, int *passes, paw_error *err);

#endif
