/*
 * choices_lists.c: enumerations in a spec: where one begins, which words each item has, and where it ends.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/choices_rules.h"

const char words_tell[] =
    " print output answer reply return respond say write give choose pick select label tag mark emit state "
    "classify display report produce use enter type ";

const char words_no_label[] =
    " the a an it its you your that which this these those is are was were be been if when while whenever unless whether "
    "for to of "
    "in on at by with from into as than per about after before during print output answer reply return respond say write "
    "choose pick select label tag mark emit classify only just exactly either one's they he she we i who what how where "
    "why "
    "do does did has have had can could may must should would will shall because so then but also even more e.g i.e eg ie "
    "etc "
    "using based depending according ignore judge decide determine treat don't doesn't isn't aren't it's "
    "that's there there's here's each every any such counts means their his her our my anything everything whatever "
    "whoever something anyone someone "
    "else otherwise ";

/* Words inside an item of several words that no label has. */
static const char words_not_inside[] =
    " is are was were if when whenever unless whether it you your that which this these print output "
    "answer reply return respond say write give choose counts means because it's don't or else otherwise ";

bool piece_ends(const pieces *p, size_t i)
{
    return i >= p->count || (!piece_is(p, i, MARK_WORD) && !piece_is(p, i, MARK_QUOTE) && !piece_is(p, i, MARK_OPEN) &&
                             !piece_is(p, i, MARK_PLACEHOLDER) && !piece_is(p, i, MARK_OTHER));
}

label label_of(const pieces *p, size_t first, size_t last)
{
    unsigned begin = p->at[first].begin;
    return (label){p->text + begin, p->at[last].end - begin, (unsigned)first};
}

static bool same(label a, label b)
{
    return a.size == b.size && memcmp(a.text, b.text, a.size) == 0;
}

bool label_set_has(const label_set *set, label l)
{
    for (size_t i = 0; i < set->count; i++) {
        if (same(set->at[i], l)) {
            return true;
        }
    }
    return false;
}

bool label_set_add(label_set *set, label l)
{
    if (label_set_has(set, l)) {
        return false;
    }
    if (set->count == CHOICES_MAX || l.size > CHOICES_MAX_BYTES) {
        set->overflow = true;
        return false;
    }
    set->at[set->count++] = l;
    return true;
}

/* The separator at piece i: its size in pieces ("," and ", or" and a line break with a bullet), 0: none. */
static size_t separator(const pieces *p, size_t i, mark *kind, bool *or_word)
{
    size_t n = 0;
    *or_word = false;
    if (piece_is(p, i, MARK_COMMA) || piece_is(p, i, MARK_SEMICOLON) || piece_is(p, i, MARK_SLASH) ||
        piece_is(p, i, MARK_PIPE)) {
        *kind = (mark)p->at[i].kind;
        n = 1;
        if (piece_is(p, i + n, MARK_LINE)) {
            n++;
        }
    } else if (piece_is(p, i, MARK_LINE)) {
        *kind = MARK_LINE;
        n = 1;
    }
    if (n > 0 && piece_is(p, i + n, MARK_BULLET)) {
        n++;
    }
    if (n < 3 && piece_in(p, i + n, " or and ")) {
        *or_word = true;
        *kind = n == 0 ? MARK_WORD : *kind;
        n++;
    }
    return n;
}

size_t skip_gloss(const pieces *p, size_t i)
{
    return piece_is(p, i, MARK_OPEN) && p->at[i].match > i ? p->at[i].match + 1u : i;
}

static bool between(const pieces *p, size_t i)
{
    return piece_is(p, i, MARK_COMMA) || piece_is(p, i, MARK_OPEN) || piece_is(p, i, MARK_SLASH) ||
           piece_is(p, i, MARK_PIPE) || piece_in(p, i, " or ");
}

static bool capital(const pieces *p, size_t i)
{
    return isupper((unsigned char)p->text[p->at[i].begin]);
}

/* May pieces first to last be one label? */
static bool item_words(const pieces *p, size_t first, size_t last)
{
    if (last - first + 1 > 5) {
        return false;
    }
    if (piece_is(p, first, MARK_QUOTE)) {
        return first == last;
    }
    bool title = capital(p, first);
    if (first == last && piece_is(p, first, MARK_WORD) && first > 0 && between(p, first - 1) &&
        (between(p, last + 1) || piece_is(p, last + 1, MARK_QUESTION) || piece_is(p, last + 1, MARK_STOP) ||
         last + 1 == p->count)) {
        return true; /* "de, fr, it, pt" */
    }
    if (last > first && (piece_in(p, first, " either namely ") || piece_says(p, first, "one of"))) {
        return false;
    }
    if (last > first && piece_in(p, first, " under over above below up from less more between fewer ")) {
        return false;
    }
    bool code = piece_style(p, first) == STYLE_CODE;
    for (size_t i = first; i <= last; i++) {
        if (!piece_is(p, i, MARK_WORD)) {
            return false;
        }
        bool special = p->at[i].coded || (title && capital(p, i));
        if (code && !special) {
            return false; /* "DQL reads data" explains DQL */
        }
        if (!special && piece_in(p, i, i == first ? words_no_label : words_not_inside)) {
            return false;
        }
    }
    return !piece_in(p, last, " the a an of to in for with and or ") || p->at[last].coded;
}

static size_t words_to_end(const pieces *p, size_t i)
{
    size_t n = 0;
    while (piece_is(p, i + n, MARK_WORD) && !piece_in(p, i + n, " or and ")) {
        n++;
    }
    return n;
}

/* The pieces of an item of a kind known to be coded: codes in a row. */
static size_t coded_words(const pieces *p, size_t i)
{
    size_t n = 0;
    while (n < 4 && piece_is(p, i + n, MARK_WORD) && p->at[i + n].coded) {
        n++;
    }
    return n;
}

/* A verb that asks for an answer, where a sentence or a part of one begins. */
static bool imperative(const pieces *p, size_t i)
{
    return piece_in(p, i, words_tell) && (i == 0 || (piece_ends(p, i - 1) && !piece_is(p, i - 1, MARK_COLON)) ||
                                          piece_in(p, i - 1, " and or then else please just "));
}

/* Words before piece `end`, back to what cannot be in a label. */
static size_t words_back(const pieces *p, size_t end, size_t from)
{
    size_t n = 0;
    while (end > from + n && n < 6 && piece_is(p, end - n - 1, MARK_WORD) &&
           p->at[end - n - 1].depth == p->at[end - 1].depth &&
           (p->at[end - n - 1].coded || !piece_in(p, end - n - 1, words_no_label)) &&
           !piece_in(p, end - n - 1, " or and either ") && !(n > 0 && imperative(p, end - n - 1))) {
        n++;
    }
    return n;
}

/* Where the first item of an enumeration begins whose first separator is at `end`; end: nowhere. */
static size_t first_item(const pieces *p, size_t end, size_t from)
{
    size_t close = end;
    if (end > from && piece_is(p, end - 1, MARK_CLOSE)) { /* "a (gloss), b": back over the gloss */
        for (close = end - 1; close > from && !(piece_is(p, close, MARK_OPEN) && p->at[close].match == end - 1); close--) {
        }
    }
    if (close == from || close == 0) {
        return end;
    }
    if (piece_is(p, close - 1, MARK_QUOTE)) {
        return close - 1;
    }
    size_t n = words_back(p, close, from);
    if (n == 0) {
        bool alone = close >= 2 && piece_is(p, close - 1, MARK_WORD) &&
                     (piece_in(p, close - 2, words_tell) || piece_is(p, close - 2, MARK_COLON) ||
                      piece_is(p, close - 2, MARK_ARROW) || piece_is(p, close - 2, MARK_QUESTION));
        return alone && between(p, close) ? close - 1 : end;
    }
    size_t whole = close - n; /* "of: Heart and Circulation, ..." */
    if (n <= 2 && whole > from + 2 && piece_in(p, whole - 1, " and ") && piece_is(p, whole - 2, MARK_WORD) &&
        piece_ends(p, whole - 3) && !piece_is(p, whole - 3, MARK_COMMA)) {
        return whole - 2;
    }
    if (p->at[close - 1].coded) {
        size_t k = 1;
        while (k < n && p->at[close - 1 - k].coded) {
            k++;
        }
        return close - k;
    }
    return close - n;
}

/* How many pieces the item at i has. After it comes a separator, or it is the last. `most`: words of the longest item so far. */
static size_t item_size(const pieces *p, size_t i, size_t most, size_t count, bool after_or, bool code)
{
    mark kind;
    bool or_word;
    if (piece_is(p, i, MARK_QUOTE)) {
        return 1;
    }
    if (code && (piece_is(p, i, MARK_WORD) && p->at[i].coded)) {
        return coded_words(p, i);
    }
    size_t n = words_to_end(p, i);
    if (piece_in(p, i + n, " and ") && !after_or && n > 0 && n < 4) { /* "Hansel and Gretel, ..." */
        size_t more = words_to_end(p, i + n + 1), next = i + n + 2 + more, then = words_to_end(p, next);
        if (more > 0 && piece_is(p, next - 1, MARK_COMMA) && item_words(p, i, next - 2) && then > 0 && then < 4 &&
            (separator(p, next + then, &kind, &or_word) > 0 || piece_ends(p, next + then)) &&
            item_words(p, next, next + then - 1)) {
            return n + 1 + more;
        }
    }
    size_t after = skip_gloss(p, i + n);
    bool closed = piece_ends(p, after) && !piece_is(p, after, MARK_EQUALS) && !piece_is(p, after, MARK_ARROW);
    if (separator(p, after, &kind, &or_word) > 0 && !after_or) {
        return n;
    }
    if (n > 1 &&
        (!closed || (most == 1 && (count < 3 || n > 2)) || n > most + 1)) { /* prose goes on behind the last item */
        return piece_in(p, i, " not no ") && n > 1 ? 2 : most < n ? most : n;
    }
    return n;
}

/* Shortens the first item where it ran back into prose: to as many words as the longest of the others. */
static size_t trim_first(const pieces *p, size_t first, size_t last, size_t most)
{
    size_t n = last - first + 1;
    bool clear = first == 0 || piece_ends(p, first - 1) || piece_is(p, first - 1, MARK_OPEN) ||
                 piece_in(p, first - 1, words_tell) || piece_in(p, first - 1, " of with either as ");
    if (last - first == 2 && piece_in(p, first + 1, " and ") && clear) {
        return first;
    }
    if (n <= most || (clear && n <= 2 && n <= most + 1) || piece_is(p, first, MARK_QUOTE)) {
        return first;
    }
    if (piece_in(p, last - 1, " not no ")) {
        return last - 1;
    }
    return last + 1 - (most > 0 ? most : 1);
}

/* Numbers before the items are labels where they have the same length or go up by one, and amounts where they do not. */
static bool counted(const enumeration *e)
{
    size_t length = strspn(e->set.at[0].text, "+-.0123456789");
    bool same_length = true, up = true;
    for (size_t i = 1; i < e->set.count; i++) {
        same_length &= strspn(e->set.at[i].text, "+-.0123456789") == length;
        up &= atoi(e->set.at[i].text) == atoi(e->set.at[i - 1].text) + 1;
    }
    return same_length || up;
}

/* "1 explosives, 2 gases" and "spring 1, summer 2" are labels with their meanings; false: which part is the label stays open. */
static bool reduce(const pieces *p, enumeration *e)
{
    size_t head = 0, tail = 0, ranges = 0, n = e->set.count;
    for (size_t i = 0; i < n; i++) {
        size_t first = e->set.at[i].at, last = first;
        while (p->at[last].end < p->at[first].begin + e->set.at[i].size) {
            last++;
        }
        bool more = last > first && !(piece_style(p, first) == STYLE_CODE && piece_style(p, last) == STYLE_CODE);
        label_style h = piece_style(p, first), t = piece_style(p, last);
        ranges += last == first + 1 && h == STYLE_NUMBER &&
                  memchr(e->set.at[i].text + 1, '-', p->at[first].end - p->at[first].begin - 1) != NULL;
        head += more && (h == STYLE_NUMBER || h == STYLE_CODE);
        tail += more && (t == STYLE_NUMBER || t == STYLE_CODE);
    }
    if (head < n && tail < n) {
        return n < 3 || (head < 2 && tail < 2);
    }
    if (head == n && tail == n && ranges < n) {
        return false;
    }
    if (head == n && !counted(e)) {
        return false;
    }
    label_set whole = e->set;
    bool second = ranges == n || tail == n; /* "90-100 A, 75-89 B" */
    e->set.count = 0;
    for (size_t i = 0; i < n; i++) {
        size_t at = whole.at[i].at;
        while (second && p->at[at].end < p->at[whole.at[i].at].begin + whole.at[i].size) {
            at++;
        }
        label_set_add(&e->set, label_of(p, at, at));
    }
    e->coded = e->glossed = true;
    return e->set.count == n;
}

/* The items after the first one, while they are read. */
typedef struct items {
    size_t begin[CHOICES_MAX], end[CHOICES_MAX]; /* first and last piece */
    size_t count, most;                          /* most words of one */
    size_t after;                                /* the piece behind them */
    mark kind;
    bool last; /* one was marked as the last */
} items;

/* Reads the items behind the first separator, at `sep`. */
static void read_items(const pieces *p, size_t sep, unsigned depth, items *it, enumeration *out)
{
    mark next_kind;
    bool or_word = false;
    it->after = sep;
    while (!it->last && it->count < CHOICES_MAX - 1) {
        size_t n = separator(p, it->after, &next_kind, &or_word), at = it->after + n;
        bool more = or_word && it->kind == MARK_WORD && next_kind == MARK_COMMA; /* "A or B, or none" */
        if (n == 0 || (it->count > 0 && it->kind != next_kind && !(or_word && next_kind == MARK_WORD) && !more)) {
            break;
        }
        it->kind = it->count == 0 ? next_kind : it->kind;
        it->last = more || (or_word && it->kind != MARK_LINE && (next_kind != MARK_WORD || it->kind != MARK_WORD));
        size_t size = item_size(p, at, it->most, it->count + 1, it->last || it->kind == MARK_WORD, out->coded);
        if (size == 0 || at + size > p->count || p->at[at].depth != depth || !item_words(p, at, at + size - 1)) {
            break;
        }
        it->begin[it->count] = at;
        it->end[it->count++] = at + size - 1;
        it->most = size > it->most ? size : it->most;
        it->after = skip_gloss(p, at + size);
        out->or_before_last |= or_word;
        out->glossed |= it->after > at + size;
    }
    if (it->count > 0 && !it->last && (it->kind == MARK_SEMICOLON || it->kind == MARK_LINE) &&
        piece_is(p, it->after, MARK_COMMA)) {
        it->count--; /* "... -> Jan; knee, hip -> ...": another list begins there */
    }
}

/* May the last item have had other words than were taken? */
static bool last_doubtful(const pieces *p, const items *it, bool coded)
{
    size_t begin = it->begin[it->count - 1], end = it->end[it->count - 1], usual = 1;
    size_t tail = piece_is(p, end, MARK_WORD) && !coded ? words_to_end(p, begin) : 1;
    for (size_t k = 0; k + 1 < it->count; k++) {
        usual = it->end[k] - it->begin[k] + 1 > usual ? it->end[k] - it->begin[k] + 1 : usual;
    }
    return tail > usual && (end - begin + 1 > usual || piece_ends(p, begin + tail));
}

/* Does an order, a question or a mark stand right before a first item of one word, so that any word may be meant? */
static bool after_order(const pieces *p, size_t first, size_t last)
{
    return first == last && piece_is(p, first, MARK_WORD) && first > 0 &&
           (piece_in(p, first - 1, words_tell) || piece_is(p, first - 1, MARK_COLON) ||
            piece_is(p, first - 1, MARK_ARROW) || piece_is(p, first - 1, MARK_QUESTION));
}

/*
 * Fills the set. The first item is left out where the others show that it is none ("which is kinder, A or B", "one word, x, y
 * or z"), and loses words that are not its own ("written Basic, Plus or Premium").
 */
static void fill_set(const pieces *p, size_t first, size_t first_last, const items *it, enumeration *out)
{
    size_t capitals = 0, next = it->begin[0];
    for (size_t k = 0; k < it->count; k++) {
        capitals += capital(p, it->begin[k]);
    }
    bool named = capitals == it->count && it->count > 1;
    while (named && first < first_last && !capital(p, first) && !p->at[first].coded) {
        first++;
    }
    bool word = piece_is(p, first, MARK_WORD);
    bool code = it->count > 1 && piece_style(p, first) == STYLE_PLAIN && piece_style(p, next) == STYLE_CODE &&
                capital(p, next) && piece_style(p, it->begin[1]) == STYLE_CODE && capital(p, it->begin[1]);
    bool note = it->count > 1 && word && piece_in(p, first, " one single ") && piece_in(p, first_last, words_noun);
    if (code || note || (named && word && !capital(p, first) && !p->at[first].coded)) {
        out->first = next;
        out->coded = p->at[next].coded;
    } else {
        out->first = first;
        label_set_add(&out->set, label_of(p, first, first_last));
    }
    for (size_t k = 0; k < it->count; k++) {
        label_set_add(&out->set, label_of(p, it->begin[k], it->end[k]));
    }
}

/* Reads the enumeration whose first separator is at `sep`; nothing before piece `from` belongs to it. */
static bool try_at(const pieces *p, size_t sep, size_t from, enumeration *out)
{
    items it = {.kind = MARK_END};
    size_t first = first_item(p, sep, from), gloss = first;
    if (first == sep || (piece_in(p, sep, " and ") && piece_is(p, sep + 2, MARK_COMMA))) {
        return false;
    }
    while (gloss < sep && !piece_is(p, gloss, MARK_OPEN)) {
        gloss++;
    }
    size_t first_last = gloss - 1, untrimmed = first;
    *out = (enumeration){.first = first, .glossed = gloss < sep};
    out->coded = piece_is(p, first_last, MARK_WORD) && p->at[first_last].coded;
    read_items(p, sep, p->at[first].depth, &it, out);
    bool line_start = first == 0 || piece_is(p, first - 1, MARK_LINE) || piece_is(p, first - 1, MARK_BULLET) ||
                      piece_is(p, first - 1, MARK_COLON);
    if (it.count == 0 || (it.kind == MARK_LINE && !line_start)) {
        return false;
    }
    first = trim_first(p, first, first_last, it.most);
    if (!after_order(p, first, first_last) && !item_words(p, first, first_last)) {
        return false;
    }
    out->separator = it.kind;
    out->last = it.after - 1;
    out->doubtful = first != untrimmed || first_last - first + 1 > it.most || last_doubtful(p, &it, out->coded);
    fill_set(p, first, first_last, &it, out);
    return out->set.count > 1 && reduce(p, out);
}

bool enumeration_next(const pieces *p, enumeration_search *search, enumeration *out)
{
    mark kind;
    bool or_word;
    for (size_t i = search->next > 0 ? search->next : 1; i < p->count; i++) {
        unsigned depth = p->at[i].depth;
        if (depth < 4 && i > search->done[depth] && separator(p, i, &kind, &or_word) > 0 &&
            try_at(p, i, search->done[depth], out)) {
            search->done[depth] = out->last;
            search->next = i + 1;
            return true;
        }
    }
    return false;
}

label_style piece_style(const pieces *p, size_t i)
{
    if (piece_is(p, i, MARK_QUOTE) || piece_is(p, i, MARK_DASH)) {
        return STYLE_QUOTED;
    }
    bool number = true, digit = false, lower = false, upper = false;
    for (size_t k = p->at[i].begin; k < p->at[i].end; k++) {
        char c = p->text[k];
        number &= isdigit((unsigned char)c) || strchr("+-.%,:/", c) != NULL;
        digit |= isdigit((unsigned char)c) != 0;
        lower |= islower((unsigned char)c) != 0;
        upper |= isupper((unsigned char)c) != 0;
    }
    bool sign = ispunct((unsigned char)p->text[p->at[i].begin]) != 0;
    return number && digit ? STYLE_NUMBER : p->at[i].coded && (upper || sign || !lower) ? STYLE_CODE : STYLE_PLAIN;
}
