/*
 * choices_text.c: cutting a spec into words and marks. A word may hold what labels hold: "turn_on", "heat.up", "/help", "n/a".
 */
#include "compiler/choices_text.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/choices.h"

typedef struct cutter {
    pieces *p;
    size_t at, size;
    unsigned open[32]; /* indices of brackets not closed yet */
    unsigned depth;
} cutter;

static bool letter(char c)
{
    return isalpha((unsigned char)c) || (unsigned char)c >= 0x80;
}

static bool alnum(char c)
{
    return isdigit((unsigned char)c) || letter(c);
}

static bool begins(const char *text, const char *what)
{
    return strncmp(text, what, strlen(what)) == 0;
}

/* Marks outside ASCII, and those of several characters. */
static const struct {
    const char *text;
    mark kind;
} long_marks[] = {
    {"->", MARK_ARROW}, {"-->", MARK_ARROW}, {"=>", MARK_ARROW}, {"→", MARK_ARROW}, {"⇒", MARK_ARROW},  {"...", MARK_DOTS},
    {"…", MARK_DOTS},   {"–", MARK_DASH},    {"—", MARK_DASH},   {"--", MARK_DASH}, {"•", MARK_BULLET}, {"·", MARK_BULLET},
};

static size_t long_mark(const char *text, mark *kind)
{
    size_t best = 0;
    for (size_t i = 0; i < sizeof long_marks / sizeof *long_marks; i++) {
        size_t n = strlen(long_marks[i].text);
        if (n > best && begins(text, long_marks[i].text)) {
            best = n;
            *kind = long_marks[i].kind;
        }
    }
    return best;
}

static const char *const quotes[][2] = {{"\"", "\""}, {"'", "'"}, {"`", "`"}, {"“", "”"},
                                        {"‘", "’"},   {"„", "“"}, {"«", "»"}};

/* The size of a quotation of at most 60 bytes on one line that begins here, with its marks; 0: none. */
static size_t quotation(const char *text, char before, size_t *mark_size)
{
    for (size_t i = 0; i < sizeof quotes / sizeof *quotes; i++) {
        size_t n = strlen(quotes[i][0]);
        if (!begins(text, quotes[i][0]) || (quotes[i][0][0] == '\'' && alnum(before))) {
            continue;
        }
        for (size_t k = n; text[k] != '\0' && text[k] != '\n' && k <= n + 60; k++) {
            size_t m = strlen(quotes[i][1]);
            if (begins(text + k, quotes[i][1]) && (text[k] != '\'' || !alnum(text[k + 1])) && k > n) {
                *mark_size = n;
                return k + m;
            }
        }
    }
    return 0;
}

/* The size of <name>, {name} or [NAME]; 0: none. */
static size_t placeholder(const char *text)
{
    const char *close = text[0] == '<' ? ">" : text[0] == '{' ? "}" : "";
    if (*close == '\0') {
        return 0;
    }
    size_t n = 1;
    while (n < 40 && (alnum(text[n]) || strchr(" _-/.", text[n]) != NULL) && text[n] != '\0') {
        n++;
    }
    return n > 1 && text[n] == *close && text[1] != ' ' ? n + 1 : 0;
}

static bool at_space(const char *text, size_t at)
{
    return at == 0 || isspace((unsigned char)text[at - 1]) || strchr("(/|,[", text[at - 1]) != NULL;
}

/* Does the sign at `at` belong to a word that begins with it? */
static bool leads_word(const char *t, size_t at)
{
    if (!at_space(t, at)) {
        return false;
    }
    char next = t[at + 1];
    switch (t[at]) {
    case '+':
    case '-': return isdigit((unsigned char)next) || (t[at] == '+' && letter(next));
    case '/': return letter(next) && (at == 0 || isspace((unsigned char)t[at - 1]));
    case '#':
    case '@':
    case '$':
    case '.': return alnum(next) || (t[at] == '$');
    case '%':
    case '&':
    case '<':
    case '>': return t[at] == '&' && next == ' ';
    default: return false;
    }
}

/* Does the sign at `at`, inside a word, go on with it? */
static bool joins_word(const char *t, size_t begin, size_t at)
{
    char before = t[at - 1], next = t[at + 1];
    switch (t[at]) {
    case '_': return true;
    case '-': return alnum(next) && alnum(before);
    case '\'': return letter(next) && alnum(before);
    case '.': return alnum(next) && alnum(before);
    case ':': return alnum(next) && alnum(before);
    case '+': return alnum(before);
    case '%':
    case '$': return true;
    case '/':
        if (t[begin] == '/' && alnum(next)) {
            return true;
        }
        if (isdigit((unsigned char)before) && isdigit((unsigned char)next)) {
            return true;
        }
        if (at >= begin + 2 && at <= begin + 3 && letter(before) && letter(next) && !alnum(t[at + 2])) {
            return true; /* "km/h" */
        }
        return at == begin + 1 && (before == 'n' || before == 'N') && (next == 'a' || next == 'A') && !alnum(t[at + 2]);
    default: return false;
    }
}

static size_t word(const char *t, size_t begin)
{
    size_t at = begin;
    if (!alnum(t[at]) && t[at] != '_') {
        at++; /* the leading sign */
        while (t[begin] == '$' && t[at] == '$') {
            at++;
        }
    }
    while (t[at] != '\0') {
        mark kind;
        if ((unsigned char)t[at] >= 0x80 && (long_mark(t + at, &kind) > 0 || begins(t + at, "”") || begins(t + at, "’ "))) {
            break;
        }
        if (!alnum(t[at]) && !(at > begin && joins_word(t, begin, at))) {
            break;
        }
        at++;
    }
    return at - begin;
}

/* Capitals only, or with a digit, an underscore or a sign: not how prose is written. */
static bool coded(const char *t, size_t size)
{
    bool lower = false, upper = false, odd = false;
    for (size_t i = 0; i < size; i++) {
        lower |= islower((unsigned char)t[i]) || (unsigned char)t[i] >= 0x80;
        upper |= isupper((unsigned char)t[i]);
        odd |= isdigit((unsigned char)t[i]) || t[i] == '_' || (i == 0 && strchr("/#+-$.", t[i]) != NULL);
    }
    odd |= size == 1 && t[0] == '?';
    return odd || (upper && !lower && !(size == 1 && t[0] == 'I'));
}

static paw_status push(cutter *c, mark kind, size_t begin, size_t end, paw_error *err)
{
    pieces *p = c->p;
    if ((p->count & (p->count + 1)) == 0) { /* full at 2^k - 1 pieces: there is room for MARK_END too */
        piece *more = realloc(p->at, (2 * (p->count + 1) + 1) * sizeof *more);
        if (more == NULL) {
            return paw_fail_memory(err, (2 * (p->count + 1) + 1) * sizeof *more);
        }
        p->at = more;
    }
    unsigned index = (unsigned)p->count;
    piece *x = &p->at[p->count++];
    *x = (piece){.begin = (unsigned)begin, .end = (unsigned)end, .kind = (unsigned char)kind};
    x->spaced = begin == 0 || isspace((unsigned char)p->text[begin - 1]);
    x->coded = kind == MARK_WORD && coded(p->text + begin, end - begin);
    if (kind == MARK_CLOSE && c->depth > 0) {
        c->depth--;
        p->at[c->open[c->depth]].match = index;
    }
    x->depth = (unsigned char)c->depth;
    if (kind == MARK_OPEN && c->depth < sizeof c->open / sizeof *c->open) {
        c->open[c->depth++] = index;
    }
    return PAW_OK;
}

static mark short_mark(const char *t, size_t at)
{
    switch (t[at]) {
    case ',': return MARK_COMMA;
    case ';': return MARK_SEMICOLON;
    case '/': return MARK_SLASH;
    case '|': return MARK_PIPE;
    case ':': return MARK_COLON;
    case '=': return MARK_EQUALS;
    case '(':
    case '[': return MARK_OPEN;
    case ')':
    case ']': return MARK_CLOSE;
    case '.':
    case '!': return MARK_STOP;
    case '?': return MARK_QUESTION;
    case '-': return MARK_DASH;
    default: return MARK_OTHER;
    }
}

/* Line breaks and what begins a line: a bullet. */
static paw_status cut_line(cutter *c, paw_error *err)
{
    const char *t = c->p->text;
    size_t begin = c->at;
    while (isspace((unsigned char)t[c->at])) {
        c->at++;
    }
    c->depth = 0; /* a bracket that was never closed ends with its line */
    if (c->p->count > 0) {
        PAW_TRY(push(c, MARK_LINE, begin, c->at, err));
    }
    if ((t[c->at] == '-' || t[c->at] == '*') && t[c->at + 1] == ' ') {
        PAW_TRY(push(c, MARK_BULLET, c->at, c->at + 1, err));
        c->at++;
    }
    return PAW_OK;
}

static paw_status cut_one(cutter *c, paw_error *err)
{
    const char *t = c->p->text;
    size_t at = c->at, n, mark_size = 0;
    mark kind = MARK_OTHER;
    char before = at > 0 ? t[at - 1] : ' ';
    if (t[at] == '*' || (t[at] == '_' && t[at + 1] == '_')) { /* emphasis */
        c->at += 1;
        return PAW_OK;
    }
    if ((n = quotation(t + at, before, &mark_size)) > 0) {
        c->at += n;
        return push(c, MARK_QUOTE, at + mark_size, at + n - (t[at] == '"' || t[at] == '\'' || t[at] == '`' ? 1 : mark_size),
                    err);
    }
    if ((n = placeholder(t + at)) > 0) {
        kind = MARK_PLACEHOLDER;
    } else if ((n = long_mark(t + at, &kind)) > 0) {
    } else if (alnum(t[at]) || t[at] == '_' || leads_word(t, at)) {
        n = word(t, at);
        kind = n > 0 ? MARK_WORD : MARK_OTHER;
        while (n == 0 || ((unsigned char)t[at + n] & 0xC0) == 0x80) { /* a stray closing quotation mark */
            n++;
        }
    } else if (t[at] == '?' && at_space(t, at) && at > 0 && !alnum(t[at + 1]) && t[at + 1] != '?') {
        n = 1;
        kind = MARK_WORD; /* "? if unknown" */
    } else {
        n = 1;
        kind = short_mark(t, at);
    }
    c->at += n;
    return push(c, kind, at, at + n, err);
}

static bool lone(const pieces *p, size_t i, char c)
{
    return p->at[i].kind == MARK_WORD && p->at[i].end - p->at[i].begin == 1 && p->text[p->at[i].begin] == c;
}

/* "A" and "I" are words of prose except where other letters, or marks, show that they are labels. */
static void settle_letters(pieces *p)
{
    unsigned others = 0; /* a bit for each other capital that stands alone */
    for (size_t i = 0; i < p->count; i++) {
        for (char c = 'B'; c <= 'Z'; c++) {
            others |= c != 'I' && lone(p, i, c) ? 1u << (c - 'A') : 0;
        }
    }
    unsigned sentence = 0;
    for (size_t i = 0; i < p->count; i++) {
        p->at[i].sentence = sentence;
        sentence += piece_is(p, i, MARK_STOP) || piece_is(p, i, MARK_LINE) || piece_is(p, i, MARK_QUESTION);
        mark next = (mark)p->at[i + 1].kind;
        bool marked = next == MARK_EQUALS || next == MARK_COLON || next == MARK_OPEN || next == MARK_COMMA ||
                      next == MARK_SLASH || next == MARK_PIPE;
        if (lone(p, i, 'A')) {
            p->at[i].coded = (others & 2) != 0 || (others & (others - 1)) != 0 || marked || next == MARK_STOP;
        } else if (lone(p, i, 'I')) {
            p->at[i].coded = marked || (others & (others - 1)) != 0 || (others != 0 && piece_in(p, i + 1, " if "));
        }
    }
}

paw_status pieces_cut(const char *text, pieces *out, paw_error *err)
{
    *out = (pieces){.text = text};
    cutter c = {.p = out, .size = strlen(text)};
    paw_status status = cut_line(&c, err);
    while (status == PAW_OK && c.at < c.size) {
        if (text[c.at] == '\n') {
            status = cut_line(&c, err);
        } else if (isspace((unsigned char)text[c.at])) {
            c.at++;
        } else {
            status = cut_one(&c, err);
        }
    }
    if (status == PAW_OK) {
        status = push(&c, MARK_END, c.size, c.size, err);
        out->count--;
        settle_letters(out);
    }
    if (status != PAW_OK) {
        pieces_free(out);
    }
    return status;
}

void pieces_free(pieces *p)
{
    free(p->at);
    *p = (pieces){0};
}

bool piece_is(const pieces *p, size_t i, mark kind)
{
    return i < p->count ? p->at[i].kind == (unsigned char)kind : kind == MARK_END;
}

static size_t lowered(const pieces *p, size_t i, char out[40])
{
    size_t n = 0;
    for (size_t k = p->at[i].begin; k < p->at[i].end && n < 38; k++) {
        out[n++] = (char)tolower((unsigned char)p->text[k]);
    }
    out[n] = '\0';
    return n;
}

bool piece_in(const pieces *p, size_t i, const char *list)
{
    char key[42] = " ";
    if (!piece_is(p, i, MARK_WORD)) {
        return false;
    }
    size_t n = lowered(p, i, key + 1);
    key[n + 1] = ' ';
    key[n + 2] = '\0';
    return strstr(list, key) != NULL;
}

bool piece_says(const pieces *p, size_t i, const char *words)
{
    char key[40];
    while (*words != '\0') {
        size_t n = strcspn(words, " ");
        if (!piece_is(p, i, MARK_WORD) || lowered(p, i, key) != n || strncmp(key, words, n) != 0) {
            return false;
        }
        i++;
        words += n + (words[n] == ' ');
    }
    return true;
}

size_t pieces_find(const pieces *p, size_t i, const char *words)
{
    while (i < p->count && !piece_says(p, i, words)) {
        i++;
    }
    return i;
}
