/*
 * choices_mentions.c: places where a spec speaks of one answer: "print X", "X if ...", "X = ...", "... -> X", "otherwise X".
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/choices_rules.h"

static const char words_condition[] =
    " if when whenever unless where for only otherwise means covers because once stands takes as while after before beats "
    "describes marks wins overrides ";
static const char words_order[] = " print output answer reply return respond say write put give use show ";
static const char words_compare[] = " under over above below up from less more between ";
static const char words_unit[] =
    " kg km cm mm m g euros euro dollars days day hours hour minutes min minute weeks months years year percent "
    "degrees points stars mb gb kb old more less up over above below ml l h c ";
static const char words_else[] = " else otherwise elsewhere rest instead ";
static const char words_default[] =
    " if no none nothing neither unclear unsure not cannot can't anything everything any all missing unknown "
    "else otherwise rest other others without impossible undecided doubt both ";
const char words_usual[] =
    " none unknown unclear other n/a na neither both mixed unsure undecided invalid misc general nothing ? ";
static const char words_never[] =
    " note example examples input output rule rules exception exceptions priority order answer format "
    "important remember reminder label labels code codes categories category options choices "
    "letter letters word words number numbers digit digits name level tag type class value verdict result case "
    "capitals wins one text line sentence message ";

typedef struct gatherer {
    const pieces *p;
    mentions *m;
    size_t room;
    paw_status status;
    paw_error *err;
} gatherer;

/* In "if it is unknown" the word is part of the condition; in "if none fits, it is unknown" it is the answer. */
static bool mark_between(const pieces *p, size_t i)
{
    for (size_t n = 0; n < 14 && i > n; n++) {
        size_t k = i - n - 1;
        if (piece_ends(p, k)) {
            return true;
        }
        if (piece_in(p, k, " if when where unless ")) {
            return false;
        }
    }
    return true;
}

/* Is piece i after a verb that asks for an answer, with nothing but little words between? */
static bool told_before(const pieces *p, size_t i)
{
    for (size_t n = 0; n < 4 && i > n; n++) {
        size_t k = i - n - 1;
        if (piece_in(p, k, words_order)) { /* as a verb: "and answer X", not "the answer X" */
            bool order =
                piece_in(p, k, " print output return reply ") &&
                !(k > 0 &&
                  piece_in(p, k - 1,
                           " a an the its your our my his her their no any some of this each that not never which "));
            return order || k == 0 || piece_ends(p, k - 1) || piece_is(p, k - 1, MARK_OPEN) ||
                   piece_in(p, k - 1,
                            " and or then else otherwise please just only always must should to but also we i you ");
        }
        bool kind = piece_in(p, k, " word code label letter digit tag ");
        if (!kind && !piece_in(p, k, " with only just as it exactly ") &&
            !(piece_in(p, k, " the a ") && piece_in(p, k + 1, " word code label letter digit tag "))) {
            return false;
        }
    }
    return false;
}

static void add(gatherer *g, size_t first, size_t last, mention_kind kind, mark by, bool strong)
{
    if (g->status != PAW_OK ||
        (g->p->at[first].depth > 0 && kind != MENTION_BRACKETED && kind != MENTION_DEFINED && kind != MENTION_RESULT &&
         !(kind == MENTION_GLOSSED && piece_style(g->p, first) == STYLE_NUMBER))) {
        return;
    }
    if (g->m->count == g->room) {
        size_t room = 2 * g->room + 16;
        mention *more = realloc(g->m->at, room * sizeof *more);
        if (more == NULL) {
            g->status = paw_fail_memory(g->err, room * sizeof *more);
            return;
        }
        g->m->at = more;
        g->room = room;
    }
    g->m->at[g->m->count++] = (mention){.l = label_of(g->p, first, last),
                                        .kind = kind,
                                        .by = by,
                                        .style = piece_style(g->p, first),
                                        .strong = strong,
                                        .told = told_before(g->p, first),
                                        .sentence = g->p->at[first].sentence};
}

/* Capitals only, as in "NOT GIVEN", unlike "D1" or "A". */
static bool spelled(const pieces *p, size_t i)
{
    for (size_t k = p->at[i].begin; k < p->at[i].end; k++) {
        if (!isupper((unsigned char)p->text[k]) && p->text[k] != '_') {
            return false;
        }
    }
    return p->at[i].end - p->at[i].begin > 1;
}

/* Pieces of a label that may stand at i; 0: none. */
static size_t label_size(const pieces *p, size_t i)
{
    size_t n = 0;
    if (piece_is(p, i, MARK_QUOTE) ||
        (piece_is(p, i, MARK_DASH) && (piece_ends(p, i + 1) || piece_in(p, i + 1, words_condition)) &&
         p->at[i].end <= p->at[i].begin + 2)) {
        return 1;
    }
    while (n < 4 && piece_is(p, i + n, MARK_WORD) && p->at[i + n].coded &&
           (n == 0 || (spelled(p, i) && spelled(p, i + n)))) {
        n++;
    }
    if (n == 1 && spelled(p, i) && piece_is(p, i + 1, MARK_WORD) && piece_style(p, i + 1) == STYLE_NUMBER &&
        piece_ends(p, i + 2)) {
        return 2; /* "DESK 1" */
    }
    if (n > 0) {
        return n;
    }
    if (piece_in(p, i, " not cannot can't ") && piece_is(p, i + 1, MARK_WORD) && !piece_in(p, i + 1, words_no_label) &&
        (piece_ends(p, i + 2) || piece_in(p, i + 2, words_condition))) {
        return 2;
    }
    if (piece_in(p, i, " no ")) {
        return piece_ends(p, i + 1) || piece_in(p, i + 1, words_condition) ? 1 : 0;
    }
    return piece_is(p, i, MARK_WORD) && !piece_in(p, i, words_no_label) && !piece_in(p, i, " or and not else otherwise ")
               ? 1
               : 0;
}

/* May a part of a sentence begin at i? */
static bool part_begins(const pieces *p, size_t i)
{
    return i == 0 || piece_ends(p, i - 1) || piece_is(p, i - 1, MARK_OPEN) || piece_in(p, i - 1, " or and but then ");
}

/* The words before piece `end` back to where their part begins, at most 5 and fit for a label; 0: none. */
static size_t left_label(const pieces *p, size_t end)
{
    size_t n = 0;
    if (end > 0 && piece_is(p, end - 1, MARK_QUOTE)) {
        return part_begins(p, end - 1) ? 1 : 0;
    }
    while (n < 5 && end > n && piece_is(p, end - n - 1, MARK_WORD)) {
        n++;
        if (part_begins(p, end - n) && (n > 1 || !piece_in(p, end - n, " or and "))) {
            break;
        }
    }
    if (n == 0 || !part_begins(p, end - n) || n > 4) {
        return 0;
    }
    bool lone = n == 1 && p->at[end - 1].end == p->at[end - 1].begin + 1; /* "a = ..., b = ..." */
    for (size_t i = end - n; i < end && !lone; i++) {
        if (!p->at[i].coded &&
            (piece_in(p, i, words_no_label) || piece_in(p, i, words_never) || piece_in(p, i, " no not "))) {
            return 0;
        }
    }
    return n;
}

static size_t right_label(const pieces *p, size_t i)
{
    if (piece_is(p, i, MARK_QUOTE)) {
        return piece_ends(p, i + 1) || piece_in(p, i + 1, " or and but ") ? 1 : 0;
    }
    if (piece_is(p, i, MARK_DASH)) {
        return piece_ends(p, i + 1) ? 1 : 0;
    }
    size_t n = 0;
    if (piece_is(p, i, MARK_WORD) && piece_style(p, i) == STYLE_CODE) {
        return label_size(p, i);
    }
    if (piece_is(p, i, MARK_WORD) && piece_ends(p, i + 1) && !piece_in(p, i, " it this that them the a an ")) {
        return 1;
    }
    while (n < 5 && piece_is(p, i + n, MARK_WORD) && !(n > 0 && piece_in(p, i + n, " or and but ")) &&
           !(n > 0 && piece_in(p, i + n, words_condition))) {
        if (!p->at[i + n].coded && piece_in(p, i + n, words_no_label)) {
            return 0;
        }
        n++;
    }
    bool coded = piece_is(p, i, MARK_WORD) && p->at[i].coded;
    if (n == 0 || n > 4) {
        return coded ? label_size(p, i) : 0;
    }
    if (!piece_ends(p, i + n) && !piece_is(p, i + n, MARK_OPEN) && !piece_in(p, i + n, words_condition) &&
        !piece_in(p, i + n, " or and but ")) {
        return 0;
    }
    return coded && label_size(p, i) < n ? label_size(p, i) : n;
}

static bool definer(const pieces *p, size_t i, mark kind)
{
    if (kind == MARK_WORD) {
        return piece_in(p, i, " means ");
    }
    return piece_is(p, i, kind) && !(kind == MARK_DASH && !p->at[i].spaced);
}

static size_t words_after(const pieces *p, size_t i)
{
    size_t n = 0;
    while (!piece_ends(p, i + n) && n < 30) {
        n++;
    }
    return n;
}

static size_t words_before(const pieces *p, size_t i)
{
    size_t n = 0;
    while (i > n && !piece_ends(p, i - n - 1) && n < 30) {
        n++;
    }
    return n;
}

/* Do the words of pieces first to last also stand elsewhere? */
static bool elsewhere(const pieces *p, size_t first, size_t last)
{
    label l = label_of(p, first, last);
    const char *begin = p->text;
    for (size_t i = 0; i < p->count; i++) {
        if ((i < first || i > last) && strncmp(begin + p->at[i].begin, l.text, l.size) == 0) {
            return true;
        }
    }
    return false;
}

/* Is piece i in a sentence that tells what the input looks like? */
static bool about_input(const pieces *p, size_t i)
{
    while (i > 0 && p->at[i - 1].sentence == p->at[i].sentence) {
        i--;
    }
    return piece_in(p, i, " input inputs given ");
}

/* Labels on either side of a mark; on which, all its uses together tell. */
static void gather_defined(gatherer *g, mark kind)
{
    const pieces *p = g->p;
    size_t left = 0, right = 0, lines = 0, known_left = 0, known_right = 0, coded_left = 0, coded_right = 0, long_left = 0,
           long_right = 0;
    for (size_t i = 1; i < p->count; i++) {
        if (definer(p, i, kind)) {
            size_t l = left_label(p, i), r = right_label(p, i + 1);
            left += l > 0;
            lines += l > 0 && (i == l || piece_is(p, i - l - 1, MARK_LINE) || piece_is(p, i - l - 1, MARK_BULLET));
            right += r > 0;
            coded_left += l > 0 && (p->at[i - l].coded || p->at[i - l].kind == MARK_QUOTE);
            coded_right += r > 0 && (p->at[i + 1].coded || p->at[i + 1].kind == MARK_QUOTE);
            known_left += l > 0 && elsewhere(p, i - l, i - 1);
            known_right += r > 0 && elsewhere(p, i + 1, i + r);
            if (l > 0 || r > 0) {
                long_left += words_before(p, i);
                long_right += words_after(p, i + 1);
            }
        }
    }
    bool short_ones = long_left < 3 * left && long_right < 3 * right && left > 1 && left == right && kind == MARK_EQUALS;
    bool to_right = lines > 1 && lines + 1 >= left && coded_right < 2 && long_left <= long_right ? false
                    : short_ones && known_left == left && known_right == 0                       ? true
                    : coded_left != coded_right                                                  ? coded_right > coded_left
                    : kind == MARK_ARROW                                                         ? true
                    : long_left != long_right                                                    ? long_left > long_right
                                                                                                 : right > left;
    for (size_t i = 1; i < p->count; i++) {
        if (!definer(p, i, kind)) {
            continue;
        }
        size_t l = left_label(p, i), r = right_label(p, i + 1);
        if (kind == MARK_ARROW && piece_is(p, i - 1, MARK_QUOTE)) { /* "an input" -> its answer */
            size_t n = words_after(p, i + 1);
            if (n > 0) {
                add(g, i + 1, i + n, MENTION_EXAMPLE, kind, true);
            }
        } else if (to_right && r > 0 && !piece_in(p, i - 1, words_never) && !(kind == MARK_ARROW && about_input(p, i))) {
            add(g, i + 1, i + r, MENTION_RESULT, kind, true);
        } else if (!to_right && l > 0) {
            add(g, i - l, i - 1, MENTION_DEFINED, kind, true);
        }
    }
}

/* "... none of these: print X": does a word of a default stand before piece i in its sentence? */
static bool default_before(const pieces *p, size_t i)
{
    for (size_t n = 0; n < 14 && i > n; n++) {
        size_t k = i - n - 1;
        if (piece_is(p, k, MARK_STOP) || piece_is(p, k, MARK_LINE) || piece_is(p, k, MARK_SEMICOLON) ||
            piece_is(p, k, MARK_QUESTION)) {
            return false;
        }
        if (!p->at[k].coded && piece_in(p, k, words_default)) {
            return true;
        }
    }
    return false;
}

static bool else_before(const pieces *p, size_t i)
{
    size_t at = i;
    while (i > 0 && (piece_is(p, i - 1, MARK_COLON) || piece_is(p, i - 1, MARK_COMMA) || piece_is(p, i - 1, MARK_ARROW) ||
                     piece_is(p, i - 1, MARK_EQUALS) || piece_in(p, i - 1, words_tell) ||
                     (piece_in(p, i - 1, " is it's ") && (p->at[at].coded || piece_in(p, at, words_usual))) ||
                     piece_in(p, i - 1, " just with ") || piece_is(p, i - 1, MARK_DASH))) {
        i--;
    }
    if (i > 1 && piece_in(p, i - 1, " else ") && piece_in(p, i - 2, " whatever what nothing no anyone who something ")) {
        return false;
    }
    return i > 0 && piece_in(p, i - 1, words_else) && (i < at || !piece_in(p, i - 1, " rest elsewhere instead "));
}

/* Does a sentence, a line or a part after a semicolon begin at i? */
static bool starts(const pieces *p, size_t i)
{
    return i == 0 || piece_is(p, i - 1, MARK_STOP) || piece_is(p, i - 1, MARK_LINE) || piece_is(p, i - 1, MARK_BULLET) ||
           piece_is(p, i - 1, MARK_SEMICOLON) || piece_is(p, i - 1, MARK_QUESTION) ||
           (piece_is(p, i - 1, MARK_COLON) && p->at[i - 1].sentence == 0);
}

/* "nothing of it: X", "no answer -> X", "if unclear, unknown" */
static bool after_default(const pieces *p, size_t i, size_t n, bool coded)
{
    mark by = (mark)p->at[i - 1].kind;
    bool over = i + n >= p->count || piece_is(p, i + n, MARK_STOP) || piece_is(p, i + n, MARK_LINE) ||
                piece_is(p, i + n, MARK_SEMICOLON) || piece_is(p, i + n, MARK_CLOSE);
    bool mark = by == MARK_COLON || by == MARK_ARROW || by == MARK_EQUALS;
    over &= coded || p->at[i - 1].sentence == p->at[i].sentence;
    return default_before(p, i) &&
           ((mark && (over || coded)) || (by == MARK_COMMA && over && (coded || piece_in(p, i, words_usual))));
}

/* "for all else", "if neither": and nothing more */
static bool for_the_rest(const pieces *p, size_t i)
{
    size_t n = 1;
    if (!piece_in(p, i, " for if in ")) {
        return false;
    }
    while (piece_in(
        p, i + n,
        " all everything anything any other others neither none the else rest remaining cases case doubt of it ")) {
        n++;
    }
    return n > 1 && piece_ends(p, skip_gloss(p, i + n)) && !piece_is(p, i + n, MARK_COLON) &&
           !piece_is(p, i + n, MARK_EQUALS);
}

/* "give way", "say something": these verbs ask for an answer only together with a condition. */
static bool vague(const pieces *p, size_t i)
{
    return i > 0 && piece_in(p, i - 1, " give put use say show write ") && piece_ends(p, i + 1) && !default_before(p, i) &&
           !piece_in(p, i, words_usual);
}

/* What stands around a label that may be spoken of at pieces first to last. */
typedef struct place {
    size_t first, last, after; /* after: the piece behind it and its gloss */
    label_style style;
    bool coded, begins, ends, told, condition, compared;
} place;

static bool is_number(const pieces *p, size_t i)
{
    return piece_is(p, i, MARK_WORD) && piece_style(p, i) == STYLE_NUMBER;
}

static place look_around(const pieces *p, size_t i, size_t n)
{
    place x = {.first = i, .last = i + n - 1, .after = skip_gloss(p, i + n), .style = piece_style(p, i)};
    x.coded = x.style != STYLE_PLAIN;
    x.begins = part_begins(p, i);
    x.told = told_before(p, i);
    x.ends = piece_ends(p, i + n) || piece_in(p, i + n, " or and but else ") || piece_is(p, i + n, MARK_OPEN);
    x.compared = piece_in(p, x.after, words_compare);
    x.condition = piece_in(p, x.after, x.coded ? words_condition : " if when unless for otherwise ") ||
                  piece_says(p, x.after, "only if") || (is_number(p, x.after) && piece_in(p, x.after + 1, " to ")) ||
                  (x.compared && (piece_in(p, x.after + 1, " to ") || is_number(p, x.after + 1))) ||
                  (x.told && piece_in(p, x.after, " in outside whatever regardless whichever "));
    return x;
}

/* "print X": with others after it X is one of an enumeration. */
static void add_told(gatherer *g, const place *x)
{
    const pieces *p = g->p;
    size_t next = x->last + 1;
    bool list = (piece_in(p, next, " or and ") && !piece_in(p, next + 1, " the a an its ")) ||
                piece_is(p, next, MARK_COMMA) || piece_is(p, next, MARK_SLASH) || piece_is(p, next, MARK_PIPE);
    if (x->condition) {
        add(g, x->first, x->last, MENTION_CONDITION, MARK_WORD, true);
    } else {
        add(g, x->first, x->last, default_before(p, x->first) && !list ? MENTION_ELSE : MENTION_TOLD,
            list ? MARK_COMMA : MARK_WORD, true);
    }
}

/* "X if ..." at the beginning of a part. */
static void add_condition(gatherer *g, const place *x)
{
    const pieces *p = g->p;
    bool colon = x->first > 0 && piece_is(p, x->first - 1, MARK_COLON);
    bool strong = (starts(p, x->first) && (x->coded || !piece_in(p, x->after, " for otherwise "))) ||
                  (colon && piece_in(p, x->after, " for if when "));
    add(g, x->first, x->last, MENTION_CONDITION, x->compared || colon ? MARK_COMMA : MARK_WORD, strong);
}

/* A code at the beginning of a part, and words of prose or a number behind it. */
static bool glossed(const pieces *p, const place *x)
{
    size_t next = x->last + 1;
    if (!x->begins || !x->coded || piece_is(p, next, MARK_OPEN)) {
        return x->begins && x->coded;
    }
    return x->first > 0 && piece_is(p, next, MARK_WORD) &&
           (!p->at[next].coded || (x->style == STYLE_CODE && piece_style(p, next) == STYLE_NUMBER) ||
            (x->style == STYLE_NUMBER && piece_style(p, next) == STYLE_CODE));
}

static bool bare(const pieces *p, const place *x)
{
    return x->begins && x->ends && x->style == STYLE_CODE && spelled(p, x->first) && x->first > 0 &&
           !piece_is(p, x->first - 1, MARK_EQUALS) && !piece_is(p, x->first - 1, MARK_COLON) &&
           !piece_is(p, x->first - 1, MARK_DASH);
}

/* What else a label at the place may be: defaults and results after "is", "gives" and marks. */
static void add_result(gatherer *g, const place *x)
{
    const pieces *p = g->p;
    size_t i = x->first;
    bool usual = piece_in(p, i, words_usual), whole = x->ends || x->condition;
    if (i == 0) {
        return;
    }
    if (whole && piece_in(p, i - 1, " is are it's that's becomes means always be ")) {
        bool other = default_before(p, i) && mark_between(p, i) && (usual || x->coded);
        add(g, i, x->last, other ? MENTION_ELSE : MENTION_IS, MARK_WORD, usual);
    } else if (usual && x->ends && piece_in(p, i - 1, " give gives get gets ")) {
        add(g, i, x->last, MENTION_ELSE, MARK_WORD, true);
    } else if (x->style == STYLE_CODE && whole && piece_in(p, i - 1, " give gives get gets to at then ")) {
        add(g, i, x->last, MENTION_IS, MARK_WORD, false);
    } else if (bare(p, x)) {
        add(g, i, x->last, MENTION_BARE, MARK_WORD, false);
    } else if (x->ends && after_default(p, i, x->last - i + 1, x->coded)) {
        add(g, i, x->last, MENTION_ELSE, (mark)p->at[i - 1].kind, true);
    }
}

static void gather_spoken(gatherer *g)
{
    const pieces *p = g->p;
    for (size_t i = 0; i < p->count; i++) {
        size_t n = label_size(p, i);
        if (n == 0 || (piece_in(p, i, words_never) && piece_style(p, i) == STYLE_PLAIN)) {
            continue;
        }
        place x = look_around(p, i, n);
        bool whole = x.ends || x.condition;
        bool rest = (piece_in(p, x.after, " otherwise ") && piece_ends(p, x.after + 1)) || for_the_rest(p, x.after);
        if ((else_before(p, i) && whole) || (rest && (x.begins || x.told))) {
            add(g, i, x.last, MENTION_ELSE, MARK_WORD, true);
        } else if (x.told && whole && (x.coded || !vague(p, i))) {
            add_told(g, &x);
        } else if (x.begins && x.condition) {
            add_condition(g, &x);
        } else if (i > 0 && piece_is(p, i - 1, MARK_OPEN) && piece_is(p, i + n, MARK_CLOSE)) {
            add(g, i, x.last, MENTION_BRACKETED, MARK_OPEN, true);
        } else if (glossed(p, &x)) {
            add(g, i, x.last, MENTION_GLOSSED, (mark)p->at[i + n].kind, false);
        } else {
            add_result(g, &x);
        }
    }
}

/* "under 15 knots sail, 15 to 25 reef": parts that begin with a comparison or a number and end with a label. */
static void gather_compared(gatherer *g)
{
    const pieces *p = g->p;
    for (size_t i = 0; i < p->count; i++) {
        bool number = piece_is(p, i, MARK_WORD) && piece_style(p, i) == STYLE_NUMBER &&
                      (piece_in(p, i + 1, " to ") || piece_in(p, i + 1, " and ") ||
                       memchr(p->text + p->at[i].begin + 1, '-', p->at[i].end - p->at[i].begin - 1) != NULL);
        if (!part_begins(p, i) || !(number || piece_in(p, i, words_compare))) {
            continue;
        }
        size_t end = i;
        while (!piece_ends(p, end) && end < i + 12) {
            end++;
        }
        bool quote = end > i && piece_is(p, end - 1, MARK_QUOTE);
        bool word = end > i + 1 && piece_is(p, end - 1, MARK_WORD) && piece_style(p, end - 1) != STYLE_NUMBER &&
                    !piece_in(p, end - 1, words_unit) && !piece_in(p, end - 1, words_no_label);
        bool told = end > i + 2 && piece_in(p, end - 2, " a the an of ");
        if (piece_ends(p, end) && !piece_is(p, end, MARK_COLON) && (quote || word) && !told) {
            add(g, end - 1, end - 1, MENTION_RESULT, MARK_COMMA, true);
        }
    }
}

paw_status mentions_gather(const pieces *p, mentions *out, paw_error *err)
{
    static const mark by[] = {MARK_EQUALS, MARK_COLON, MARK_ARROW, MARK_DASH, MARK_WORD};
    *out = (mentions){0};
    gatherer g = {.p = p, .m = out, .status = PAW_OK, .err = err};
    for (size_t i = 0; i < sizeof by / sizeof *by; i++) {
        gather_defined(&g, by[i]);
    }
    gather_compared(&g);
    gather_spoken(&g);
    if (g.status != PAW_OK) {
        mentions_free(out);
    }
    return g.status;
}

void mentions_free(mentions *m)
{
    free(m->at);
    *m = (mentions){0};
}
