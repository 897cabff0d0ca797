/*
 * number.c: integers and decimal numbers between two limits, as expressions over their digits.
 *
 * A range is cut where the number of digits or a leading digit changes, so that each piece is a digit range after a fixed
 * beginning. Exponents are written only where there are no limits.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grammar/compile.h"

enum { MAX_DIGITS = 18, MAX_FRACTION = 15 };

static const uint64_t whole_most = 999999999999999999u;

/* ---- decimals ---- */

/* From digits without a point, of which the point stands after the first `point` (may be negative, or beyond them). */
static bool place_point(const char *digits, int point, decimal *out)
{
    int n = (int)strlen(digits), length = 0;
    out->whole = 0;
    for (int i = 0; i < point; i++) {
        if (out->whole > whole_most / 10) {
            return false;
        }
        out->whole = 10 * out->whole + (i < n ? (uint64_t)(digits[i] - '0') : 0);
    }
    for (int i = point; i < n; i++) {
        if (length >= (int)sizeof out->fraction - 1) {
            return false;
        }
        out->fraction[length++] = i < 0 ? '0' : digits[i];
    }
    while (length > 0 && out->fraction[length - 1] == '0') {
        length--;
    }
    out->fraction[length] = '\0';
    return true;
}

void number_spell(double value, bool exponent, char out[NUMBER_SPELT])
{
    int precision = 15;
    do {
        snprintf(out, NUMBER_SPELT, exponent ? "%.*e" : "%.*g", exponent ? precision - 1 : precision, value);
    } while (strtod(out, NULL) != value && precision++ < 17);
}

static bool read_real(double value, decimal *out)
{
    char text[NUMBER_SPELT], digits[24];
    int n = 0;
    if (!isfinite(value)) {
        return false;
    }
    number_spell(fabs(value), true, text);
    const char *p = text;
    for (; *p != 'e'; p++) {
        if (*p >= '0' && *p <= '9') {
            digits[n++] = *p;
        }
    }
    digits[n] = '\0';
    out->negative = value < 0;
    return place_point(digits, atoi(p + 1) + 1, out);
}

bool decimal_read(const json_t *number, decimal *out)
{
    *out = (decimal){0};
    if (json_is_real(number)) {
        return read_real(json_real_value(number), out);
    }
    json_int_t value = json_integer_value(number);
    out->negative = value < 0;
    out->whole = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    return out->whole <= whole_most;
}

static bool is_zero(const decimal *d)
{
    return d->whole == 0 && d->fraction[0] == '\0';
}

/* Of magnitudes. */
static int compare(const decimal *a, const decimal *b)
{
    if (a->whole != b->whole) {
        return a->whole < b->whole ? -1 : 1;
    }
    return strcmp(a->fraction, b->fraction); /* digits without zeros at the end stand in order */
}

/* ---- digits ---- */

static expr digits(expr_builder *b, int low, int high)
{
    return expr_repeat(b, expr_char_between(b, '0', '9'), low, high);
}

/* A digit above (up) or below another. */
static expr beyond(expr_builder *b, char digit, bool up)
{
    return up ? expr_char_between(b, (uint8_t)digit + 1u, '9') : expr_char_between(b, '0', (uint8_t)digit - 1u);
}

static bool all_are(const char *text, char c)
{
    return strspn(text, (char[]){c, '\0'}) == strlen(text);
}

/* As many digits as `from`, not below it (or, with `up` false, not above it). */
static expr same_length(expr_builder *b, const char *from, bool up)
{
    int rest = (int)strlen(from) - 1;
    char edge = up ? '9' : '0';
    if (all_are(from, up ? '0' : '9')) {
        return digits(b, rest + 1, rest + 1);
    }
    expr alt = expr_alt(b), equal = expr_seq(b);
    expr_add(b, equal, expr_char(b, (uint8_t)from[0]));
    expr_add(b, equal, same_length(b, from + 1, up));
    expr_add(b, alt, equal);
    if (from[0] != edge) {
        expr other = expr_seq(b);
        expr_add(b, other, beyond(b, from[0], up));
        expr_add(b, other, digits(b, rest, rest));
        expr_add(b, alt, other);
    }
    return alt;
}

/* Digits from `low` to `high`, which are equally long. */
static expr between(expr_builder *b, const char *low, const char *high)
{
    expr seq = expr_seq(b);
    if (low[0] == '\0') {
        return seq;
    }
    if (all_are(low + 1, '0') && all_are(high + 1, '9')) {
        expr_add(b, seq, expr_char_between(b, (uint8_t)low[0], (uint8_t)high[0]));
        expr_add(b, seq, same_length(b, low + 1, true));
        return seq;
    }
    if (low[0] == high[0]) {
        expr_add(b, seq, expr_char(b, (uint8_t)low[0]));
        expr_add(b, seq, between(b, low + 1, high + 1));
        return seq;
    }
    int rest = (int)strlen(low) - 1;
    expr alt = expr_alt(b), first = expr_seq(b), last = expr_seq(b);
    expr_add(b, first, expr_char(b, (uint8_t)low[0]));
    expr_add(b, first, same_length(b, low + 1, true));
    expr_add(b, alt, first);
    if (low[0] + 1 < high[0]) {
        expr_add(b, seq, expr_char_between(b, (uint32_t)low[0] + 1, (uint32_t)high[0] - 1));
        expr_add(b, seq, digits(b, rest, rest));
        expr_add(b, alt, seq);
    }
    expr_add(b, last, expr_char(b, (uint8_t)high[0]));
    expr_add(b, last, same_length(b, high + 1, false));
    expr_add(b, alt, last);
    return alt;
}

/* Whole numbers without zeros in front. Needs low <= high <= whole_most. */
static expr whole_between(expr_builder *b, uint64_t low, uint64_t high)
{
    char l[24], h[24];
    expr alt = expr_alt(b);
    uint64_t power = 10;
    int whole_from = 0, whole_to = 0; /* lengths of which all numbers are in the range */
    for (int n = 1; n <= MAX_DIGITS; n++, power *= 10) {
        uint64_t least = n == 1 ? 0 : power / 10, most = power - 1;
        if (n > 1 && low <= least && high >= most) {
            whole_from = whole_from == 0 ? n : whole_from;
            whole_to = n;
        } else if (low <= most && high >= least) {
            snprintf(l, sizeof l, "%llu", (unsigned long long)(low > least ? low : least));
            snprintf(h, sizeof h, "%llu", (unsigned long long)(high < most ? high : most));
            expr_add(b, alt, between(b, l, h));
        }
    }
    if (whole_from > 0) {
        expr seq = expr_seq(b);
        expr_add(b, seq, expr_char_between(b, '1', '9'));
        expr_add(b, seq, digits(b, whole_from - 1, whole_to - 1));
        expr_add(b, alt, seq);
    }
    return alt;
}

/* ---- integers ---- */

/* The least (side 0) or greatest integer within a limit; `otherwise` without one. */
static int64_t integer_limit(const number_limit *limit, int side, int64_t otherwise)
{
    if (!limit->set) {
        return otherwise;
    }
    const decimal *d = &limit->value;
    int64_t value = d->negative ? -(int64_t)d->whole : (int64_t)d->whole;
    bool whole = d->fraction[0] == '\0';
    if (side == 0) {
        value += whole ? limit->exclusive : !d->negative; /* up to the next one */
    } else {
        value -= whole ? limit->exclusive : d->negative;
    }
    return value;
}

expr number_integer(expr_builder *b, const number_limit *low, const number_limit *high, bool *empty)
{
    expr alt = expr_alt(b);
    int64_t l = integer_limit(low, 0, -(int64_t)whole_most), h = integer_limit(high, 1, (int64_t)whole_most);
    l = l < -(int64_t)whole_most ? -(int64_t)whole_most : l;
    h = h > (int64_t)whole_most ? (int64_t)whole_most : h;
    *empty = l > h;
    if (h >= 0 && !*empty) {
        expr_add(b, alt, whole_between(b, l > 0 ? (uint64_t)l : 0, (uint64_t)h));
    }
    if (l < 0 && !*empty) {
        expr seq = expr_seq(b);
        expr_add(b, seq, expr_char(b, '-'));
        expr_add(b, seq, whole_between(b, h < 0 ? (uint64_t)-h : 1, (uint64_t)-l));
        expr_add(b, alt, seq);
    }
    return alt;
}

/* ---- numbers ---- */

/* Digits after the point that are not below (up) or not above `limit`, which are the digits of a limit from here on; `strict`:
 * nor equal to it; `some`: at least one. Whoever calls bounds their number. */
static expr fraction_rest(expr_builder *b, const char *limit, bool up, bool strict, bool some)
{
    expr alt = expr_alt(b);
    if (limit[0] == '\0') {
        if (up && !strict) {
            expr_add(b, alt, digits(b, some, EXPR_ENDLESS));
        } else if (up) { /* more than nothing: a digit that is not 0 */
            expr seq = expr_seq(b);
            expr_add(b, seq, expr_repeat(b, expr_char(b, '0'), 0, EXPR_ENDLESS));
            expr_add(b, seq, expr_char_between(b, '1', '9'));
            expr_add(b, seq, digits(b, 0, EXPR_ENDLESS));
            expr_add(b, alt, seq);
        } else if (!strict) {
            expr_add(b, alt, expr_repeat(b, expr_char(b, '0'), some, EXPR_ENDLESS));
        }
        return alt;
    }
    if (!up && !some) {
        expr_add(b, alt, expr_seq(b)); /* what is left of the limit is above zero */
    }
    expr equal = expr_seq(b);
    expr_add(b, equal, expr_char(b, (uint8_t)limit[0]));
    expr_add(b, equal, fraction_rest(b, limit + 1, up, strict, false));
    expr_add(b, alt, equal);
    if (limit[0] != (up ? '9' : '0')) {
        expr seq = expr_seq(b);
        expr_add(b, seq, beyond(b, limit[0], up));
        expr_add(b, seq, digits(b, 0, EXPR_ENDLESS));
        expr_add(b, alt, seq);
    }
    return alt;
}

/* A point and digits, at most `places`, or nothing if that is `optional`. */
static expr after_point(expr_builder *b, expr rest, int places, bool optional)
{
    expr seq = expr_seq(b);
    expr_add(b, seq, expr_char(b, '.'));
    expr_add(b, seq, expr_length(b, rest, 1, places));
    return optional ? expr_optional(b, seq) : seq;
}

static expr fraction(expr_builder *b, const char *limit, bool up, bool strict, int places)
{
    bool optional = up ? limit[0] == '\0' && !strict : limit[0] != '\0' || !strict;
    return after_point(b, fraction_rest(b, limit, up, strict, true), places, optional);
}

/* Digits after the point between two limits, with the same whole part before both. */
static expr fraction_between(expr_builder *b, const char *low, bool low_strict, const char *high, bool high_strict, bool some)
{
    if (low[0] == '\0' && !low_strict) {
        return fraction_rest(b, high, false, high_strict, some);
    }
    expr alt = expr_alt(b), first = expr_seq(b);
    if (low[0] == '\0' && high[0] == '\0') {
        return alt; /* both are the limit, which is not allowed */
    }
    char l = low[0] != '\0' ? low[0] : '0', h = high[0] != '\0' ? high[0] : '0';
    const char *low_rest = low[0] != '\0' ? low + 1 : low, *high_rest = high[0] != '\0' ? high + 1 : high;
    expr_add(b, first, expr_char(b, (uint8_t)l));
    if (l == h) {
        expr_add(b, first, fraction_between(b, low_rest, low_strict, high_rest, high_strict, false));
        expr_add(b, alt, first);
        return alt;
    }
    expr_add(b, first, fraction_rest(b, low_rest, true, low_strict, false));
    expr_add(b, alt, first);
    if (l + 1 < h) {
        expr middle = expr_seq(b);
        expr_add(b, middle, expr_char_between(b, (uint32_t)l + 1, (uint32_t)h - 1));
        expr_add(b, middle, digits(b, 0, EXPR_ENDLESS));
        expr_add(b, alt, middle);
    }
    expr last = expr_seq(b);
    expr_add(b, last, expr_char(b, (uint8_t)h));
    expr_add(b, last, fraction_rest(b, high_rest, false, high_strict, false));
    expr_add(b, alt, last);
    return alt;
}

static void add_pair(expr_builder *b, expr alt, expr whole, expr rest)
{
    expr seq = expr_seq(b);
    expr_add(b, seq, whole);
    expr_add(b, seq, rest);
    expr_add(b, alt, seq);
}

/* Digits after the point that are allowed beside a limit. Where the limit itself is not allowed, so few that none of the numbers
 * is read as the limit: a double tells 15 digits apart. */
static int places_beside(const number_limit *limit)
{
    int places = MAX_FRACTION, whole = 0, fraction = (int)strlen(limit->value.fraction);
    for (uint64_t w = limit->value.whole; w > 0; w /= 10) {
        whole++;
    }
    if (limit->set && limit->exclusive) {
        places -= whole;
    }
    return !limit->set ? MAX_FRACTION : places > fraction ? places : fraction > 0 ? fraction : 1;
}

/* Magnitudes between two limits, the lower of which is set; without a higher one, up to the most digits. */
static expr magnitudes(expr_builder *b, const number_limit *low, const number_limit *high, bool *empty)
{
    decimal most = {.whole = whole_most, .fraction = "9"};
    const decimal *l = &low->value, *h = high->set ? &high->value : &most;
    bool low_strict = low->exclusive, high_strict = high->set && high->exclusive;
    expr alt = expr_alt(b);
    int order = compare(l, h), low_places = places_beside(low), high_places = places_beside(high);
    *empty = order > 0 || (order == 0 && (low_strict || high_strict));
    if (*empty) {
        return alt;
    }
    if (l->whole == h->whole) {
        expr rest = fraction_between(b, l->fraction, low_strict, h->fraction, high_strict, true);
        int places = low_places < high_places ? low_places : high_places;
        int longest = (int)(strlen(l->fraction) > strlen(h->fraction) ? strlen(l->fraction) : strlen(h->fraction));
        rest = after_point(b, rest, places > longest ? places : longest, l->fraction[0] == '\0' && !low_strict);
        add_pair(b, alt, whole_between(b, l->whole, l->whole), rest);
        return alt;
    }
    add_pair(b, alt, whole_between(b, l->whole, l->whole), fraction(b, l->fraction, true, low_strict, low_places));
    if (l->whole + 1 < h->whole) {
        expr rest = after_point(b, digits(b, 1, EXPR_ENDLESS), low_places < high_places ? low_places : high_places, true);
        add_pair(b, alt, whole_between(b, l->whole + 1, h->whole - 1), rest);
    }
    if (h->fraction[0] != '\0' || !high_strict) {
        add_pair(b, alt, whole_between(b, h->whole, h->whole), fraction(b, h->fraction, false, high_strict, high_places));
    }
    return alt;
}

static expr any_number(expr_builder *b)
{
    expr seq = expr_seq(b), exponent = expr_seq(b), sign = expr_alt(b), e = expr_alt(b);
    expr_add(b, seq, expr_optional(b, expr_char(b, '-')));
    expr_add(b, seq, whole_between(b, 0, whole_most));
    expr_add(b, seq, after_point(b, digits(b, 1, EXPR_ENDLESS), MAX_FRACTION, true));
    expr_add(b, e, expr_char(b, 'e'));
    expr_add(b, e, expr_char(b, 'E'));
    expr_add(b, sign, expr_char(b, '+'));
    expr_add(b, sign, expr_char(b, '-'));
    expr_add(b, exponent, e);
    expr_add(b, exponent, expr_optional(b, sign));
    expr_add(b, exponent, digits(b, 1, 2));
    expr_add(b, seq, expr_optional(b, exponent));
    return seq;
}

expr number_real(expr_builder *b, const number_limit *low, const number_limit *high, bool *empty)
{
    static const number_limit zero = {.set = true}, above_zero = {.set = true, .exclusive = true}, none = {0};
    bool no_positive = true, no_negative = true;
    *empty = false;
    if (!low->set && !high->set) {
        return any_number(b);
    }
    expr alt = expr_alt(b);
    bool low_negative = !low->set || low->value.negative, high_negative = high->set && high->value.negative;
    if (!high_negative) {
        expr_add(b, alt, magnitudes(b, low_negative ? &zero : low, high, &no_positive));
    }
    if (low_negative && !(low->set && is_zero(&low->value))) {
        expr seq = expr_seq(b);
        expr_add(b, seq, expr_char(b, '-'));
        expr_add(b, seq, magnitudes(b, high_negative ? high : &above_zero, low->set ? low : &none, &no_negative));
        expr_add(b, alt, seq);
    }
    *empty = no_positive && no_negative;
    return alt;
}
