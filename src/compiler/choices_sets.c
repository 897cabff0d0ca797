/*
 * choices_sets.c: candidates for the closed set: enumerations, labels with their meanings, labels told one after the other, and
 * ranges. Every candidate gets points for what around it asks for an answer.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "compiler/choices_rules.h"

const char words_noun[] =
    " label labels category categories class classes code codes options option choices choice values value "
    "answers names name kinds kind types type tags tag list words word intents intent topics queues queue "
    "letters letter digits digit numbers verdicts verdict actions action desks desk ";
static const char words_filler[] =
    " only just exactly one of the either a an single following these those with as in its by out from "
    "always simply in lower upper case lowercase capitals most fitting best right it this them ";

static const char words_sort[] =
    " name rate judge grade score sort decide tell identify determine pick choose find call assign route put file map "
    "give ";
static const char words_question[] = " which what how who is does did do are was will can where whose in ";

/* "Name the gesture described:", "Tone of the mail:": points for what a colon before an enumeration ends. */
static int points_colon(const pieces *p, size_t colon)
{
    size_t n = 0;
    bool verb = false;
    while (colon > n && p->at[colon - n - 1].sentence == p->at[colon].sentence && n < 30) {
        n++;
        verb |=
            piece_in(p, colon - n, words_tell) || piece_in(p, colon - n, words_sort) || piece_in(p, colon - n, words_noun);
    }
    verb |= n > 0 && piece_in(p, colon - n, words_question);
    return verb ? 4 : n <= 6 ? 3 : 0;
}

/* Does the mark at piece k stand between one of several labels and its meaning? */
static bool explains(const finder *f, size_t k)
{
    size_t same = 0;
    bool here = false;
    for (size_t i = 0; i < f->m.count; i++) {
        const mention *x = &f->m.at[i];
        if (x->kind == MENTION_DEFINED && x->by == (mark)f->p.at[k].kind) {
            same++;
            here |= x->l.text + x->l.size <= f->p.text + f->p.at[k].begin &&
                    x->l.text + x->l.size + 1 >= f->p.text + f->p.at[k].begin;
        }
    }
    return here && same > 2;
}

/* What stands before an enumeration: points for what asks for an answer. */
static int points_lead(const finder *f, size_t first)
{
    const pieces *p = &f->p;
    bool noun = false, one_of = false;
    bool as = first > 0 && piece_in(p, first - 1, " as into ");
    for (size_t k = first; k > 0 && as && p->at[k - 1].sentence == p->at[first].sentence; k--) {
        if (piece_in(p, k - 1, " classify label tag sort categorise categorize mark rate grade class split group ")) {
            return 5;
        }
    }
    for (size_t n = 1; n < 7 && first > n && p->at[first - n].sentence == p->at[first].sentence; n++) {
        if ((piece_is(p, first - n, MARK_COLON) || piece_is(p, first - n, MARK_EQUALS)) && explains(f, first - n)) {
            return -4; /* in the meaning of a label */
        }
    }
    if (first == 0) {
        return 3;
    }
    for (size_t n = 0; n < 12 && first > n; n++) {
        size_t k = first - n - 1;
        if (piece_in(p, k, words_tell)) {
            return 5;
        }
        if (n == 0 && (piece_is(p, k, MARK_QUESTION) || piece_is(p, k, MARK_ARROW))) {
            return 4;
        }
        if (n == 0 && (piece_is(p, k, MARK_EQUALS) || piece_in(p, k, " ignore like e.g or and ") ||
                       piece_says(p, k - (k > 0), "such as"))) {
            return -4;
        }
        if (n == 0 && explains(f, k)) {
            return -4;
        }
        one_of |= piece_in(p, k, " one ") && piece_in(p, k + 1, " of ");
        if (one_of && piece_in(p, k, " is are ")) {
            return k > 0 && piece_in(p, k - 1, " output answer result reply it label ") ? 5 : 0;
        }
        if (piece_is(p, k, MARK_COLON)) {
            int points = points_colon(p, k);
            return one_of ? 5 : points;
        } else if (piece_in(p, k, words_noun)) {
            noun = true;
        } else if (!piece_is(p, k, MARK_OPEN) && !piece_is(p, k, MARK_DASH) && !piece_in(p, k, words_filler)) {
            break;
        }
    }
    return one_of ? 5 : noun ? 2 : piece_in(p, first - 1, " either whether as into between ") ? 3 : 0;
}

size_t finder_mentioned(const finder *f, const label_set *set)
{
    size_t n = 0;
    for (size_t i = 0; i < set->count; i++) {
        bool found = false;
        for (size_t k = 0; k < f->m.count && !found; k++) {
            label l = f->m.at[k].l;
            found = l.at != set->at[i].at && l.size == set->at[i].size && memcmp(l.text, set->at[i].text, l.size) == 0;
        }
        n += found;
    }
    return n;
}

/* Points for an enumeration, by what is around it. */
static int points_run(const finder *f)
{
    const enumeration *r = &f->run;
    const pieces *p = &f->p;
    int points = points_lead(f, r->first);
    size_t seen = finder_mentioned(f, &r->set);
    points += 2 * seen >= r->set.count && seen > 0 ? 3 : seen > 0 ? 1 : 0;
    if (piece_is(p, r->last + 1, MARK_QUESTION)) {
        points += 4;
    }
    if (r->last + 1 >= p->count) {
        points += 2;
    }
    points += r->coded;
    points += r->separator == MARK_SLASH || r->separator == MARK_PIPE;
    points += r->or_before_last;
    points -=
        piece_is(p, r->last + 1, MARK_ARROW) || piece_is(p, r->last + 1, MARK_EQUALS) ? 6 : 0; /* what a label stands for */
    points -= piece_is(p, r->last + 1, MARK_COLON) ? 3 : 0;
    points -= piece_style(p, r->first) == STYLE_NUMBER && piece_is(p, r->last + 1, MARK_WORD) ? 4 : 0; /* "1 or 2 days" */
    points -= r->set.count == 2 && piece_in(p, r->set.at[1].at - 1, " and ") ? 4 : 0;
    points += r->glossed ? 2 : 0;
    points += (r->set.count > 3) + (r->set.count > 5);
    if (p->at[r->first].depth > 0 && !(r->coded && r->set.count > 7)) {
        points -= 3;
    }
    return points;
}

bool label_set_has_any_case(const label_set *set, label l)
{
    for (size_t i = 0; i < set->count; i++) {
        if (set->at[i].size == l.size && strncasecmp(set->at[i].text, l.text, l.size) == 0) {
            return true;
        }
    }
    return false;
}

bool label_set_covers(const label_set *set, const label_set *part)
{
    for (size_t i = 0; i < part->count; i++) {
        if (!label_set_has_any_case(set, part->at[i])) {
            return false;
        }
    }
    return part->count > 0;
}

/* Keeps the candidate where it is better than the best so far: after an order to answer, wider, or with more points. */
static void take(finder *f, const label_set *set, int points, label_style style, bool ordered, set_source source)
{
    if (set->count < 2 || set->overflow || points < 1) {
        return;
    }
    candidate now = {.points = points, .style = style, .source = source, .ordered = ordered};
    if (f->n_seen < FINDER_SEEN) {
        f->seen[f->n_seen] = now;
        f->seen[f->n_seen++].set = *set;
    }
    candidate *best = &f->best;
    bool over = label_set_covers(set, &best->set), under = label_set_covers(&best->set, set);
    if (best->ordered && !ordered && !over) {
        return;
    }
    if (ordered && !best->ordered && !under) {
        best->points = 0;
        best->ordered = true;
    }
    bool wider = over && points + 4 >= best->points, narrower = under && best->points + 3 >= points;
    if (best->points == 0 || (wider && !narrower) || (points > best->points && !narrower)) {
        best->points = points > best->points ? points : best->points;
        best->set = *set;
        best->style = style;
        best->source = source;
        bool run = source <= SOURCE_LOOSE;
        best->first = run ? f->run.first : 0;
        best->last = run ? f->run.last : 0;
        best->glossed = run && f->run.glossed;
        best->doubtful = run && f->run.doubtful;
    }
}

/* "singular (sg) or plural (pl)": the labels are those in brackets, where each is shorter than what it is for. */
static bool all_glosses_single(finder *f, int lead)
{
    const pieces *p = &f->p;
    size_t n = 0, shorter = 0, coded = 0;
    for (size_t i = f->run.first; i <= f->run.last && i < p->count; i++) {
        if (piece_is(p, i, MARK_OPEN) && piece_is(p, i + 1, MARK_WORD) && i > 0) {
            size_t dot = piece_is(p, i + 2, MARK_STOP);
            n += piece_is(p, i + 2 + dot, MARK_CLOSE);
            coded += p->at[i + 1].coded;
            shorter += piece_is(p, i + 2, MARK_CLOSE) &&
                       p->at[i + 1].end - p->at[i + 1].begin < p->at[i - 1].end - p->at[i - 1].begin;
        }
    }
    if (coded == 0 && (lead >= 4 || f->run.coded) && shorter < n) {
        return false; /* "P1 (urgent), P2 (later)" */
    }
    f->unsure |= n == f->run.set.count && shorter < n;
    return n == f->run.set.count;
}

static void look_at_runs(finder *f)
{
    enumeration_search search = {0};
    while (enumeration_next(&f->p, &search, &f->run)) {
        int lead = points_lead(f, f->run.first);
        if (all_glosses_single(f, lead)) {
            continue;
        }
        take(f, &f->run.set, points_run(f), piece_style(&f->p, f->run.set.at[0].at), lead >= 5,
             lead >= 5   ? SOURCE_ORDER
             : lead == 4 ? SOURCE_QUESTION
             : lead == 3 ? SOURCE_START
                         : SOURCE_LOOSE);
    }
}

static bool says_cue(const pieces *p)
{
    static const char *const cues[] = {
        "one word", "the letter", "the code",    "the label", "the category", "the digit", "single word",
        "one code", "one letter", "letter only", "code only", "one label",    "which",     "the tag",
        "code",     "codes",      "label",       "category",  "the word",     "the type",  "kind",
        "classify", "grade",      "verdict",     "whether",   "letter"};
    for (size_t i = 0; i < sizeof cues / sizeof *cues; i++) {
        if (pieces_find(p, 0, cues[i]) < p->count) {
            return true;
        }
    }
    for (size_t i = 0; i < p->count; i++) {
        if (piece_is(p, i, MARK_QUESTION)) {
            return true;
        }
    }
    return false;
}

/* Labels that the spec explains one after the other with one mark; glosses without a mark only where all are of one style. */
static void look_at_defined(finder *f, mention_kind kind, mark by, int style, bool cue)
{
    size_t coded = 0, numbers = 0;
    f->trial.count = 0;
    f->trial.overflow = false;
    for (size_t i = 0; i < f->m.count; i++) {
        const mention *x = &f->m.at[i];
        if (x->kind == kind && x->by == by && (style < 0 || (int)x->style == style)) {
            if (label_set_add(&f->trial, x->l)) {
                coded += x->style == STYLE_CODE || x->style == STYLE_NUMBER;
                numbers += x->style == STYLE_NUMBER;
            }
        }
    }
    bool codes = 2 * coded >= f->trial.count;
    int points = (codes ? 3 : 2) + (f->trial.count > 2) + (cue ? 2 : 0);
    points += f->trial.count > 5;
    if (kind == MENTION_GLOSSED && by == MARK_WORD) {
        points -= f->trial.count < 3 ? 9 : style == STYLE_NUMBER;
    }
    if (kind == MENTION_DEFINED && by == MARK_COLON && f->trial.count == 2 && !codes) {
        points -= 2; /* more often headings */
    }
    if (kind == MENTION_BRACKETED && !cue) {
        points = 0;
    }
    set_source source = kind == MENTION_DEFINED   ? SOURCE_DEFINED
                        : kind == MENTION_RESULT  ? SOURCE_RESULT
                        : kind == MENTION_GLOSSED ? SOURCE_GLOSSED
                                                  : SOURCE_BRACKETED;
    take(f, &f->trial, points,
         2 * numbers > f->trial.count ? STYLE_NUMBER
         : codes                      ? STYLE_CODE
                                      : STYLE_PLAIN,
         false, source);
}

/* Labels told one after the other: "print X if ..., Y if ..., otherwise Z". */
static void look_at_told(finder *f, label_style style, bool cue)
{
    unsigned sentence = (unsigned)-1;
    int told = 0, strong = 0, verbs = 0;
    f->trial.count = 0;
    f->trial.overflow = false;
    for (size_t i = 0; i < f->m.count; i++) {
        const mention *x = &f->m.at[i];
        bool spoken =
            x->kind == MENTION_CONDITION || (x->kind == MENTION_TOLD && x->by != MARK_COMMA) || x->kind == MENTION_ELSE;
        if (spoken && x->style == style && (x->strong || x->sentence == sentence || style == STYLE_CODE)) {
            bool added = !label_set_has_any_case(&f->trial, x->l) && label_set_add(&f->trial, x->l);
            told += added && x->kind != MENTION_CONDITION;
            strong += added && x->strong;
            verbs += added && x->told;
            sentence = x->sentence;
        }
    }
    int points = f->trial.count < 2 ? 0
                                    : 2 + (strong > 0) + (strong > 1) + (told > 0) + (verbs > 0) + (verbs > 1) +
                                          (style == STYLE_CODE) + cue;
    take(f, &f->trial, points, style, verbs > 0 && told + verbs > 1, SOURCE_TOLD);
}

/* The whole number that piece i is, at most 100; -1: none. */
static int small_number(const pieces *p, size_t i)
{
    size_t n = piece_is(p, i, MARK_WORD) ? p->at[i].end - p->at[i].begin : 0;
    int value = 0;
    for (size_t k = 0; k < n; k++) {
        char c = p->text[p->at[i].begin + k];
        if (c < '0' || c > '9' || n > 3) {
            return -1;
        }
        value = 10 * value + (c - '0');
    }
    return n > 0 && value <= 100 ? value : -1;
}

/* "a score from 1 to 5", "1-5": both ends are given, and the words say that it is the answer's scale. */
static void look_at_ranges(finder *f)
{
    static const char words_scale[] =
        " rate score scale rating grade stars star points point mark marks risk level urgency ";
    const pieces *p = &f->p;
    for (size_t i = 0; i < p->count; i++) {
        int low = small_number(p, i), high = small_number(p, i + 2), value = 0, used = 0;
        bool dash = piece_is(p, i, MARK_WORD) && sscanf(p->text + p->at[i].begin, "%3d-%3d%n", &low, &high, &used) == 2 &&
                    (unsigned)used == p->at[i].end - p->at[i].begin;
        if ((!dash && !piece_in(p, i + 1, " to ")) || low < 0 || low > 1 || high <= low || high - low > 20) {
            continue;
        }
        bool scale = false, told = false;
        for (size_t k = i; k > 0 && p->at[k - 1].sentence == p->at[i].sentence; k--) {
            scale |= piece_in(p, k - 1, words_scale);
            told |= piece_in(p, k - 1, words_tell);
        }
        f->trial.count = 0;
        f->trial.overflow = false;
        for (value = low; value <= high; value++) {
            snprintf(f->numbers[value], sizeof f->numbers[value], "%d", value);
            label_set_add(&f->trial, (label){f->numbers[value], (unsigned)strlen(f->numbers[value]), (unsigned)i});
        }
        if (scale) {
            take(f, &f->trial, told ? 6 : 5, STYLE_NUMBER, true, SOURCE_RANGE);
        }
    }
}

static void look_at_mentions(finder *f)
{
    static const mark by[] = {MARK_EQUALS, MARK_COLON, MARK_ARROW, MARK_DASH, MARK_WORD, MARK_COMMA};
    bool cue = says_cue(&f->p);
    for (size_t i = 0; i < sizeof by / sizeof *by; i++) {
        look_at_defined(f, MENTION_DEFINED, by[i], -1, cue);
        look_at_defined(f, MENTION_RESULT, by[i], -1, cue);
    }
    for (int style = 0; style < STYLE_COUNT; style++) {
        look_at_defined(f, MENTION_GLOSSED, MARK_WORD, style, cue);
        look_at_defined(f, MENTION_GLOSSED, MARK_OPEN, style, cue);
        look_at_defined(f, MENTION_BRACKETED, MARK_OPEN, style, cue);
        look_at_told(f, (label_style)style, cue);
    }
}

void finder_look(finder *f)
{
    look_at_runs(f);
    look_at_mentions(f);
    look_at_ranges(f);
}
