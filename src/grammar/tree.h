/*
 * tree.h: the ordinary tokens of a vocabulary as a prefix tree of their bytes.
 *
 * The nodes stand in depth-first order, children by byte, the root left out: the subtree of node i is nodes[i] up to
 * nodes[i + skip], so that a walk goes straight through the array and jumps over what it does not want. Tokens with the same
 * bytes are nodes of their own, side by side.
 */
#ifndef PAW_GRAMMAR_TREE_H
#define PAW_GRAMMAR_TREE_H

#include "grammar/grammar.h"

enum { TREE_MAX_BYTES = 255 /* longer tokens are left out */ };

typedef struct tree_node {
    uint32_t skip; /* nodes of the subtree, this one among them */
    int32_t token; /* that ends here, or -1 */
    uint8_t byte, depth; /* depth: bytes before this one */
} tree_node;

struct grammar_vocabulary {
    tree_node *nodes;
    uint32_t n_nodes;
    uint32_t first[257];  /* the nodes of depth 0 by byte: nodes[first[b]] up to nodes[first[b + 1]] begin with b */
    int32_t n_tokens, eos;
    int longest;          /* bytes of the longest token */
    bool has[256];        /* bytes that are tokens by themselves */
    uint32_t *start;      /* [n_tokens + 1]: token i is bytes[start[i]] up to bytes[start[i + 1]]; empty: not ordinary */
    char *bytes;
};

/* Ends of a node's children when a child is looked for: begin with tree_root; tree_child narrows them, or says false. *token is
 * what ends at the child, or -1. */
typedef struct tree_place {
    uint32_t from, to;
    bool root;
} tree_place;

tree_place tree_root(const grammar_vocabulary *v);
bool tree_child(const grammar_vocabulary *v, tree_place *place, uint8_t byte, int32_t *token);

#endif
