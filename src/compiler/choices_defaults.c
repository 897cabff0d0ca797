/*
 * choices_defaults.c: labels that stand apart from the rest of the set: a default ("none if ..."), an exception, a further code.
 */
#include <string.h>

#include "compiler/choices_rules.h"

/* Does a label of the set stand in the same sentence? */
static bool beside(const finder *f, const mention *x)
{
    for (size_t i = 0; i < f->best.set.count; i++) {
        if (f->p.at[f->best.set.at[i].at].sentence == x->sentence && f->best.set.at[i].at != x->l.at) {
            return true;
        }
    }
    return false;
}

static bool is_spoken(const mention *x)
{
    return x->kind == MENTION_ELSE || (x->kind == MENTION_TOLD && x->by != MARK_COMMA) || x->kind == MENTION_CONDITION;
}

/* Is it written as the labels of the set are, or told so plainly that another style does not matter ("EXW, FCA or none")? */
static bool style_fits(const finder *f, const mention *x, bool usual)
{
    bool fits = x->style == f->best.style;
    fits |= x->style != STYLE_NUMBER && (x->told || (x->kind == MENTION_ELSE && (usual || x->style != STYLE_PLAIN)));
    fits |= x->style == STYLE_NUMBER && x->told && x->kind != MENTION_TOLD;
    fits &= x->style != STYLE_PLAIN || x->kind != MENTION_CONDITION || x->by != MARK_COMMA;
    return fits || (x->told && x->kind == MENTION_ELSE);
}

/* Codes are no words of prose, so that less has to speak for them. */
static bool is_code_of_set(const finder *f, const mention *x)
{
    const candidate *best = &f->best;
    bool coded = f->p.at[x->l.at].coded && f->p.at[best->set.at[0].at].coded && x->style == best->style;
    bool under = memchr(x->l.text, '_', x->l.size) != NULL;
    if ((x->kind == MENTION_CONDITION && coded) ||
        (best->style == STYLE_PLAIN && x->style == STYLE_PLAIN && x->kind == MENTION_IS && under)) {
        return true;
    }
    if (best->style != STYLE_CODE) {
        return false;
    }
    if (x->kind == MENTION_BARE) {
        return (best->source == SOURCE_DEFINED || best->source == SOURCE_GLOSSED) && beside(f, x);
    }
    return x->style == STYLE_CODE &&
           (is_spoken(x) || x->kind == MENTION_IS || (x->kind == MENTION_RESULT && x->by != MARK_EQUALS));
}

/* Adds what stands apart from the main set: a default, and with codes every other code that is spoken of as an answer. */
static void add_apart(finder *f)
{
    for (size_t i = 0; i < f->m.count; i++) {
        const mention *x = &f->m.at[i];
        bool usual = piece_in(&f->p, x->l.at, words_usual);
        bool belongs = (is_spoken(x) && x->strong && style_fits(f, x, usual)) || is_code_of_set(f, x);
        if (belongs && !label_set_has_any_case(&f->best.set, x->l) && label_set_add(&f->best.set, x->l)) {
            f->added += !usual;
            f->added_usual += usual;
        }
    }
}

/* What is told, or explained in a row of codes, belongs to a set that holds one of it. */
static void add_row(finder *f)
{
    for (size_t i = 0; i < f->n_seen; i++) {
        const label_set *row = &f->seen[i].set;
        bool shares = false;
        for (size_t k = 0; k < row->count; k++) {
            shares |= label_set_has(&f->best.set, row->at[k]);
        }
        bool told =
            f->best.ordered && f->seen[i].ordered && f->seen[i].source == SOURCE_TOLD && f->seen[i].style == f->best.style;
        for (size_t k = 0; k < row->count && shares && told; k++) {
            if (!label_set_has_any_case(&f->best.set, row->at[k])) {
                f->added += label_set_add(&f->best.set, row->at[k]);
            }
        }
        if (shares && f->seen[i].source == SOURCE_GLOSSED && f->best.style == STYLE_CODE && row->count > 2 &&
            piece_style(&f->p, row->at[0].at) == STYLE_CODE) {
            for (size_t k = 0; k < row->count; k++) {
                label_set_add(&f->best.set, row->at[k]);
            }
        }
    }
}

/* "print its number, or 0 if ...": a zero that belongs to a set of numbers. */
static void add_zero(finder *f)
{
    for (size_t i = 1; f->best.style == STYLE_NUMBER && i < f->p.count; i++) {
        label zero = label_of(&f->p, i, i);
        if (zero.size == 1 && *zero.text == '0' && piece_is(&f->p, i, MARK_WORD) &&
            (piece_in(&f->p, i - 1, " or ") || piece_is(&f->p, i - 1, MARK_COLON) || piece_is(&f->p, i - 1, MARK_EQUALS) ||
             piece_in(&f->p, i + 1, " if when "))) {
            label_set_add(&f->best.set, zero);
        }
    }
}

void finder_complete(finder *f)
{
    add_apart(f);
    add_zero(f);
    add_row(f);
}
