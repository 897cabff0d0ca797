/*
 * choices_points.c: how sure it is that the best candidate is the closed set: a sum of points for signs and words. The points
 * themselves are in choices_weights.c.
 */
#include <string.h>

#include "compiler/choices_rules.h"

typedef struct signs {
    bool *v;
    size_t n;
} signs;

static void put(signs *s, bool sign)
{
    s->v[s->n++] = sign;
}

/* More than n, more than n + 1, ... up to more than m. */
static void put_over(signs *s, size_t value, size_t n, size_t m)
{
    for (size_t k = n; k <= m; k++) {
        put(s, value > k);
    }
}

/* Candidates with nearly as many points that name something else. */
static size_t rivals(const finder *f)
{
    size_t n = 0;
    for (size_t i = 0; i < f->n_seen; i++) {
        n += f->seen[i].points >= 4 && f->seen[i].points + 3 >= f->best.points &&
             !label_set_covers(&f->best.set, &f->seen[i].set);
    }
    return n;
}

/* Answers that the spec speaks of and the set has not. */
static size_t left_over(const finder *f)
{
    size_t n = 0;
    for (size_t i = 0; i < f->m.count; i++) {
        const mention *x = &f->m.at[i];
        bool spoken =
            (x->kind == MENTION_TOLD || x->kind == MENTION_ELSE || x->kind == MENTION_CONDITION) && (x->told || x->strong);
        n += spoken && !label_set_has_any_case(&f->best.set, x->l);
    }
    return n;
}

static void put_candidate(signs *s, const finder *f)
{
    const label_set *set = &f->best.set;
    size_t spaced = 0;
    for (size_t i = 0; i < set->count; i++) {
        spaced += memchr(set->at[i].text, ' ', set->at[i].size) != NULL && !piece_is(&f->p, set->at[i].at, MARK_QUOTE);
    }
    put_over(s, f->best.points > 0 ? (size_t)f->best.points : 0, 1, 12);
    for (int k = 0; k < STYLE_COUNT; k++) {
        put(s, (int)f->best.style == k);
    }
    for (int k = 0; k <= SOURCE_RANGE; k++) {
        put(s, (int)f->best.source == k);
    }
    put(s, set->count == 2);
    put(s, set->count == 3);
    put(s, set->count > 3 && set->count < 7);
    put(s, set->count > 6);
    put_over(s, (size_t)f->added, 0, 2);
    put(s, f->added_usual > 0);
    put(s, f->added_usual > 1);
    put(s, f->best.glossed);
    put(s, f->best.doubtful);
    put_over(s, left_over(f), 0, 1);
    put_over(s, rivals(f), 0, 1);
    put(s, spaced > 0);
    put(s, 2 * spaced > set->count);
    put(s, 2 * finder_mentioned(f, set) >= set->count);
    put(s, f->best.ordered);
}

static void put_marks(signs *s, const pieces *p)
{
    size_t count[MARK_OTHER + 1] = {0}, braces = 0;
    for (size_t i = 0; i < p->count; i++) {
        count[p->at[i].kind]++;
        braces += piece_is(p, i, MARK_OTHER) && strchr("{}", p->text[p->at[i].begin]) != NULL;
    }
    put(s, count[MARK_PLACEHOLDER] > 0);
    put(s, braces > 0);
    put(s, count[MARK_DOTS] > 0);
    put(s, count[MARK_ARROW] > 0);
    put(s, count[MARK_QUOTE] > 0);
    put(s, count[MARK_QUESTION] > 0);
    put(s, p->count < 20);
    put(s, p->count < 35);
}

/* How the labels stand in the sentences, and codes that are none of them. */
static void put_contexts(signs *s, const finder *f)
{
    const pieces *p = &f->p;
    size_t left = 0, articles = 0, conditions = 0, is = 0, and = 0;
    for (size_t i = 0; i < p->count; i++) {
        bool word = piece_is(p, i, MARK_WORD);
        if (!word && !piece_is(p, i, MARK_QUOTE)) {
            continue;
        }
        bool in = label_set_has(&f->best.set, label_of(p, i, i));
        left += !in && word && piece_style(p, i) == STYLE_CODE && p->at[i].end - p->at[i].begin > 1;
        articles += in && i > 0 && piece_in(p, i - 1, " the a an ");
        conditions += in && piece_in(p, i + 1, " if when ");
        is += in && i > 0 && piece_in(p, i - 1, " is are to ");
        and += in && ((i > 0 && piece_in(p, i - 1, " and ")) || piece_in(p, i + 1, " and "));
    }
    put_over(s, f->best.style == STYLE_CODE ? left : 0, 0, 1);
    put(s, f->best.style != STYLE_CODE && left > 1);
    put_over(s, articles, 0, 1);
    put_over(s, conditions, 0, 1);
    put_over(s, is, 0, 1);
    put_over(s, and, 0, 1);
}

/* "print the label" asks for one of a set, "print the bare subject" for text. */
static void put_objects(signs *s, const pieces *p)
{
    bool kind = false, other = false;
    for (size_t i = 0; i + 3 < p->count; i++) {
        bool named = false;
        if (!piece_in(p, i, words_tell) || !piece_in(p, i + 1, " the its just only a an one ")) {
            continue;
        }
        for (size_t k = i + 1; k < i + 5 && !piece_ends(p, k); k++) {
            named |= piece_in(p, k, words_noun);
        }
        kind |= named;
        other |= !named && piece_in(p, i + 1, " the its a an ");
    }
    put(s, kind);
    put(s, other);
}

static bool all_mentioned(const finder *f, bool spoken)
{
    for (size_t i = 0; i < f->best.set.count; i++) {
        bool found = false;
        for (size_t k = 0; k < f->m.count && !found; k++) {
            const mention *x = &f->m.at[k];
            label l = f->best.set.at[i];
            bool kind = !spoken || x->kind == MENTION_CONDITION || x->kind == MENTION_ELSE || x->kind == MENTION_TOLD;
            found = kind && (spoken || x->l.at != l.at) && x->l.size == l.size && memcmp(x->l.text, l.text, l.size) == 0;
        }
        if (!found) {
            return false;
        }
    }
    return true;
}

/* Is the set one of the pairs that answer a question? */
static bool is_pair(const label_set *set)
{
    static const char *const pairs[][2] = {{"yes", "no"}, {"y", "n"},    {"true", "false"},
                                           {"1", "0"},    {"ok", "bad"}, {"same", "different"}};
    for (size_t i = 0; set->count == 2 && i < sizeof pairs / sizeof *pairs; i++) {
        label a = {pairs[i][0], (unsigned)strlen(pairs[i][0]), 0}, b = {pairs[i][1], (unsigned)strlen(pairs[i][1]), 0};
        if (label_set_has_any_case(set, a) && label_set_has_any_case(set, b)) {
            return true;
        }
    }
    return false;
}

/* "Print accept or reject." and nothing else in the sentence. */
static void put_order(signs *s, const finder *f)
{
    const pieces *p = &f->p;
    const candidate *c = &f->best;
    size_t k = c->first, verb = 0;
    bool ends = c->last > 0 &&
                (piece_is(p, c->last + 1, MARK_STOP) || piece_is(p, c->last + 1, MARK_LINE) || c->last + 1 >= p->count);
    bool condition = c->last > 0 && piece_in(p, c->last + 1, " if when for according depending ");
    while (k > 0 && p->at[k - 1].sentence == p->at[c->first].sentence && !piece_in(p, k, words_tell)) {
        k--;
    }
    bool order = c->first > 0 && piece_in(p, k, words_tell);
    bool begins = order && (k == 0 || piece_ends(p, k - 1) || piece_in(p, k - 1, " and then "));
    bool near = order && c->first - k <= 2;
    bool one_of = c->first > 2 && (piece_says(p, c->first - 2, "one of") || piece_says(p, c->first - 3, "one of"));
    size_t lined = 0;
    for (size_t i = 0; i < c->set.count; i++) {
        size_t at = c->set.at[i].at;
        lined += at == 0 || piece_is(p, at - 1, MARK_LINE) || piece_is(p, at - 1, MARK_BULLET);
    }
    put(s, one_of);
    put(s, lined + 1 >= c->set.count && lined > 1);
    put(s, order && begins && ends);
    put(s, order && near && ends);
    put(s, order && condition);
    put(s, c->last > 0 && piece_is(p, c->last + 1, MARK_QUESTION));
    put(s, c->last > 0 && c->last + 1 >= p->count);
    put(s, c->first > 0 && piece_is(p, c->first - 1, MARK_COLON) && ends);
    for (size_t i = 0; i < p->count; i++) {
        verb += piece_in(p, i, " print output return reply respond answer ") && (i == 0 || piece_ends(p, i - 1));
    }
    put_over(s, verb, 0, 2);
}

static void put_set(signs *s, const finder *f)
{
    static const char rewriting[] =
        " extract fix convert rewrite normalise normalize change replace remove write turn list make copy clean put "
        "correct "
        "find pull take get format expand shorten translate strip mask redact parse summarise reformat build fill add ";
    const label_set *set = &f->best.set;
    bool usual = false, snake = false;
    for (size_t i = 0; i < set->count; i++) {
        usual |= piece_in(&f->p, set->at[i].at, words_usual);
        snake |= memchr(set->at[i].text, '_', set->at[i].size) != NULL;
    }
    put(s, all_mentioned(f, false));
    put(s, all_mentioned(f, true));
    put(s, is_pair(set));
    put(s, usual);
    put(s, snake);
    put(s, piece_in(&f->p, 0, rewriting));
    put(s, piece_in(&f->p, 0, " is does do are was did which what who how can should will where "));
    put(s, piece_in(&f->p, 0,
                    " classify decide label rate judge grade tag sort route assign name tell pick choose compare score "
                    "read say check "));
}

static bool holds(const pieces *p, size_t i, const char *what)
{
    size_t size = p->at[i].end - p->at[i].begin, n = strlen(what);
    for (size_t k = 0; k + n <= size; k++) {
        if (memcmp(p->text + p->at[i].begin + k, what, n) == 0) {
            return true;
        }
    }
    return false;
}

/* Letters that stand for something else: "HH:MM", "counter:N", "N = the price". */
static void put_forms(signs *s, const finder *f)
{
    const pieces *p = &f->p;
    bool date = false, number = false, lone = false, odd = false, letters = true;
    for (size_t i = 0; i < f->best.set.count; i++) {
        letters &= f->best.set.at[i].size == 1;
    }
    for (size_t i = 0; i < p->count; i++) {
        if (!piece_is(p, i, MARK_WORD) && !piece_is(p, i, MARK_QUOTE)) {
            continue;
        }
        date |= holds(p, i, "YY") || holds(p, i, "MM:") || holds(p, i, ":MM") || holds(p, i, "DD") || holds(p, i, "HH");
        number |= holds(p, i, ":N") || holds(p, i, ";N") || holds(p, i, "+N") || holds(p, i, "-N") || holds(p, i, "xN");
        lone |= !letters && p->at[i].end - p->at[i].begin == 1 &&
                (p->text[p->at[i].begin] == 'N' || p->text[p->at[i].begin] == 'X');
        bool example =
            i > 0 && (piece_in(p, i - 1, " like e.g answer output ") ||
                      (i > 1 && piece_is(p, i - 1, MARK_COLON) && piece_in(p, i - 2, " example output answer ")));
        odd |= example && (p->at[i].coded || piece_is(p, i, MARK_QUOTE) || piece_is(p, i + 1, MARK_EQUALS)) &&
               !label_set_has(&f->best.set, label_of(p, i, i));
    }
    put(s, date);
    put(s, number);
    put(s, lone);
    put(s, odd);
}

/* "species|count|from|to": a run of fields rather than of answers? */
static void put_tight(signs *s, const finder *f)
{
    const pieces *p = &f->p;
    size_t pipes = 0, slashes = 0, spaced = 0;
    for (size_t i = f->best.first; f->best.last > 0 && i <= f->best.last; i++) {
        bool loose = p->at[i].spaced;
        pipes += piece_is(p, i, MARK_PIPE) && !loose;
        slashes += piece_is(p, i, MARK_SLASH) && !loose;
        spaced += (piece_is(p, i, MARK_PIPE) || piece_is(p, i, MARK_SLASH)) && loose;
    }
    put(s, pipes > 0);
    put(s, slashes > 0);
    put(s, spaced > 0);
}

size_t finder_signs(const finder *f, bool v[SIGNS])
{
    signs s = {v, 0};
    memset(v, 0, SIGNS * sizeof *v);
    put_candidate(&s, f);
    put_marks(&s, &f->p);
    put_contexts(&s, f);
    put_objects(&s, &f->p);
    put_order(&s, f);
    put_set(&s, f);
    put_forms(&s, f);
    put_tight(&s, f);
    return s.n;
}

bool finder_is_label(const finder *f, size_t i)
{
    return i < f->p.count && label_set_has_any_case(&f->best.set, label_of(&f->p, i, i));
}

/* Do the words stand in the spec, other than as labels? */
static bool stands(const finder *f, const char *words)
{
    bool two = strchr(words, ' ') != NULL;
    for (size_t i = pieces_find(&f->p, 0, words); i < f->p.count; i = pieces_find(&f->p, i + 1, words)) {
        if (!finder_is_label(f, i) && !(two && finder_is_label(f, i + 1))) {
            return true;
        }
    }
    return false;
}

int finder_points(const finder *f)
{
    bool v[SIGNS];
    size_t n = finder_signs(f, v);
    int points = base_weight;
    for (size_t i = 0; i < n; i++) {
        points += v[i] ? sign_weights[i] : 0;
    }
    for (size_t i = 0; i < n_word_weights; i++) {
        points += stands(f, word_weights[i].words) ? word_weights[i].weight : 0;
    }
    return points;
}
