/*
 * choices_rules.h: what the rules that look for a closed set hand to one another. A label here is a piece of the spec's text.
 */
#ifndef PAW_COMPILER_CHOICES_RULES_H
#define PAW_COMPILER_CHOICES_RULES_H

#include "compiler/choices.h"
#include "compiler/choices_text.h"

typedef struct label {
    const char *text; /* not terminated */
    unsigned size;
    unsigned at; /* piece where it stands */
} label;

typedef struct label_set {
    label at[CHOICES_MAX];
    size_t count;
    bool overflow;
} label_set;

/* Adds the label unless an equal one is there; false when it was. */
bool label_set_add(label_set *set, label l);
bool label_set_has(const label_set *set, label l);
label label_of(const pieces *p, size_t first, size_t last); /* pieces first to last */

/* ---- enumerations: "a, b or c" (choices_lists.c) ---- */

typedef struct enumeration {
    label_set set;
    size_t first, last; /* its pieces */
    mark separator;
    bool or_before_last, glossed, coded;
    bool doubtful; /* the first or the last item may have more or fewer words */
} enumeration;

/* Where the search goes on, and up to where each depth of brackets is done; zeros at first. */
typedef struct enumeration_search {
    size_t next, done[4];
} enumeration_search;

/* The next enumeration; false: there is none. */
bool enumeration_next(const pieces *p, enumeration_search *search, enumeration *out);

/* ---- single mentions of an answer: "print X", "X if ...", "X = ...", "... -> X" (choices_mentions.c) ---- */

typedef enum label_style {
    STYLE_PLAIN,
    STYLE_CODE, /* capitals, underscores, signs */
    STYLE_NUMBER,
    STYLE_QUOTED,
    STYLE_COUNT
} label_style;

typedef enum mention_kind {
    MENTION_DEFINED,   /* X = gloss, X: gloss, X (gloss) in a row of such */
    MENTION_RESULT,    /* gloss = X, gloss -> X, gloss: X */
    MENTION_GLOSSED,   /* a coded X at the beginning of a part, its meaning without any mark after it */
    MENTION_CONDITION, /* X if ... */
    MENTION_TOLD,      /* print X */
    MENTION_ELSE,      /* otherwise X */
    MENTION_IS,        /* ... is X */
    MENTION_BRACKETED, /* gloss (X) */
    MENTION_BARE,      /* a coded X that is a whole part of a sentence */
    MENTION_EXAMPLE    /* "some input" -> X, Output: X */
} mention_kind;

typedef struct mention {
    label l;
    mention_kind kind;
    mark by; /* DEFINED, RESULT: the mark */
    label_style style;
    bool told;   /* a verb that asks for an answer stands before it */
    bool strong; /* nothing else is likely to be meant */
    unsigned sentence;
} mention;

typedef struct mentions {
    mention *at;
    size_t count;
} mentions;

paw_status mentions_gather(const pieces *p, mentions *out, paw_error *err);
void mentions_free(mentions *m);

/* ---- candidates for the set (choices_sets.c), what stands apart from them (choices_defaults.c), points (choices_points.c) ---- */

typedef enum set_source {
    SOURCE_ORDER,    /* an enumeration after an order to answer */
    SOURCE_QUESTION, /* after a question, an arrow, or a colon that ends an order or a question */
    SOURCE_START,    /* that begins the spec, or stands after a short title */
    SOURCE_LOOSE,    /* any other */
    SOURCE_DEFINED,  /* labels with meanings, as the mentions of these names */
    SOURCE_RESULT,
    SOURCE_GLOSSED,
    SOURCE_BRACKETED,
    SOURCE_TOLD, /* "print X if ..., Y if ..." */
    SOURCE_RANGE /* "from 1 to 5" */
} set_source;

typedef struct candidate {
    label_set set;
    int points;
    label_style style; /* of most of its labels */
    set_source source;
    bool ordered;           /* an order to answer stands before it */
    bool glossed, doubtful; /* of an enumeration */
    size_t first, last;     /* of an enumeration: its pieces; both 0: none */
} candidate;

enum { FINDER_SEEN = 24 };

typedef struct finder {
    pieces p;
    mentions m;
    candidate best;
    int added, added_usual; /* labels that stood apart; of these, usual defaults */
    bool unsure;            /* two readings, and nothing tells which */
    candidate seen[FINDER_SEEN];
    size_t n_seen;
    enumeration run; /* room for the one looked at */
    label_set trial;
    char numbers[101][4]; /* texts of labels made from a range */
} finder;

/* Fills best and seen; best.set.count is 0 where the spec has no candidate. */
void finder_look(finder *f);

/* Adds to best what stands apart from it: defaults, codes that are spoken of as answers. */
void finder_complete(finder *f);

/* Points for the best candidate being the closed set: closed where they are above 0 (choices_points.c). */
int finder_points(const finder *f);

/*
 * What the points are a sum of: signs, each 0 or 1, and words that stand in the spec. The points of each are in
 * choices_weights.c, which training/corpus/choices_fit.py writes.
 */
enum { SIGNS = 96 };
typedef struct word_weight {
    const char *words; /* one or two, lower case */
    int weight;
} word_weight;

extern const int sign_weights[SIGNS];
extern const word_weight word_weights[];
extern const size_t n_word_weights;
extern const int base_weight;
bool finder_is_label(const finder *f, size_t i); /* is piece i a label, whatever the case? */
size_t finder_signs(const finder *f, bool v[SIGNS]);

/* choices_find, but with the best candidate whatever its points, shown to `view` first: for fitting the points. */
typedef void (*choices_view)(const finder *f, void *context);
paw_status choices_read(const char *spec, choice_list *out, choices_view view, void *context, paw_error *err);

bool label_set_has_any_case(const label_set *set, label l);
bool label_set_covers(const label_set *set, const label_set *part); /* whatever the case */
size_t finder_mentioned(const finder *f, const label_set *set);     /* labels that are mentioned apart from the set, too */

/* ---- words that several use ---- */

extern const char words_noun[]; /* what labels are called */

extern const char words_tell[];     /* verbs that ask for an answer */
extern const char words_usual[];    /* labels that are usual for what fits no other */
extern const char words_no_label[]; /* words that are no label by themselves, nor begin one */

size_t skip_gloss(const pieces *p, size_t i); /* i, or the piece after the brackets that open at i */
label_style piece_style(const pieces *p, size_t i);

bool piece_ends(const pieces *p, size_t i); /* a mark that ends a part of a sentence, or the end */

#endif
