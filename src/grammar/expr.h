/*
 * expr.h: a format as a tree of expressions over characters, which every source is turned into.
 *
 * An expression is an index into its builder. One that was made is used once, as a child or as a rule's body. A builder
 * remembers in `status` that memory or room ran out; whoever builds may go on and look at the end.
 */
#ifndef PAW_GRAMMAR_EXPR_H
#define PAW_GRAMMAR_EXPR_H

#include "base/error.h"
#include "grammar/chars.h"

typedef int32_t expr;

enum { EXPR_NONE = -1, EXPR_MAX = 1 << 20, EXPR_MAX_DEPTH = 1000, EXPR_MAX_RULES = 1 << 14, EXPR_ENDLESS = -1 };

typedef enum expr_kind {
    EXPR_CHARS,   /* one character of set `set` */
    EXPR_SEQ,     /* the children one after the other; none: the empty text */
    EXPR_ALT,     /* one of the children */
    EXPR_REPEAT,  /* the child `low` to `high` times, a `separator` (if there is one) between */
    EXPR_LENGTH,  /* the child where it has `low` to `high` characters; no rules below it */
    EXPR_MEMBERS, /* the children in order, a `separator` between; a child that is `optional` may be absent */
    EXPR_RULE,    /* the rule `rule` */
    EXPR_ANCHOR   /* of a regular expression while it is read: ^ (`low` 0) or $ (1) */
} expr_kind;

typedef struct expr_node {
    expr_kind kind;
    bool optional;
    expr last, previous; /* the last child; the sibling before */
    union {
        int32_t low;
        int32_t set;
        int32_t rule;
    };
    expr separator;
    int32_t high;  /* EXPR_ENDLESS: no limit */
    int32_t at;    /* place in the source */
} expr_node;

typedef struct expr_set {
    chars chars;
    char_spelling spelling;
} expr_set;

typedef struct expr_rule {
    expr body;
    char *name; /* for errors */
} expr_rule;

typedef struct expr_builder {
    expr_node *nodes;
    size_t n_nodes, nodes_capacity;
    expr_set *sets; /* each once */
    size_t n_sets, sets_capacity;
    uint32_t *set_slots; /* sets by content: index + 1 */
    size_t set_mask;
    expr_rule *rules; /* 0: the format */
    size_t n_rules, rules_capacity;
    char_spelling spelling; /* of characters that are added */
    paw_status status;      /* PAW_OK; PAW_ERR_MEMORY; PAW_ERR_UNSUPPORTED: too large */
} expr_builder;

void expr_builder_free(expr_builder *b);

/* The error that `status` stands for, at `where`. */
paw_status expr_builder_check(const expr_builder *b, const char *where, paw_error *err);

/* One character of a set, which is made normal and freed. An empty set matches nothing. */
expr expr_chars(expr_builder *b, chars *set);
expr expr_char(expr_builder *b, uint32_t c);
expr expr_char_between(expr_builder *b, uint32_t low, uint32_t high);
expr expr_any(expr_builder *b);

/* Valid UTF-8 of `size` bytes, character by character; expr_literal: a NUL-terminated one. */
expr expr_text(expr_builder *b, const char *text, size_t size);
expr expr_literal(expr_builder *b, const char *text);

/* Empty ones, to be filled by expr_add in order. */
expr expr_seq(expr_builder *b);
expr expr_alt(expr_builder *b);
expr expr_members(expr_builder *b, expr separator);
void expr_add(expr_builder *b, expr parent, expr child);
void expr_add_member(expr_builder *b, expr members, expr child, bool optional);

expr expr_repeat(expr_builder *b, expr child, int low, int high);
expr expr_list(expr_builder *b, expr child, expr separator, int low, int high); /* a repetition with separators */
expr expr_optional(expr_builder *b, expr child);
expr expr_length(expr_builder *b, expr child, int low, int high);
expr expr_rule_call(expr_builder *b, int rule);
expr expr_anchor(expr_builder *b, int which, int at);

/* A new rule without a body; its number, or -1. The name is copied. */
int expr_rule_new(expr_builder *b, const char *name);

#endif
