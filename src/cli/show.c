/* show.c: the functions of show.h. */
#include "cli/show.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "base/utf8.h"

enum { MOST_LINES = 12, MOST_BYTES = 800, LABEL_WIDTH = 8, LONGEST_WORD = 48 };

/* C0 and DEL; C1 controls are two bytes in UTF-8 and start with C2. */
static bool is_control(const char *p)
{
    unsigned char c = (unsigned char)p[0];
    return c < 0x20 || c == 0x7F || (c == 0xC2 && (unsigned char)p[1] >= 0x80 && (unsigned char)p[1] < 0xA0);
}

/* The longest beginning of at most `most` bytes that does not cut a character. */
static size_t cut(const char *text, size_t length, size_t most)
{
    while (most < length && most > 0 && ((unsigned char)text[most] & 0xC0) == 0x80) {
        most--;
    }
    return most < length ? most : length;
}

char *show_short(const char *text, char *out, size_t size)
{
    size_t length = strlen(text), n = length;
    bool whole = length < size;
    if (!whole) {
        n = cut(text, length, size - 4);
    }
    for (size_t i = 0; i < n; i++) {
        bool control = is_control(text + i);
        out[i] = control ? ' ' : text[i];
        if (control && (unsigned char)text[i] == 0xC2 && i + 1 < n) {
            out[++i] = ' ';
        }
    }
    memcpy(out + n, whole ? "" : "...", whole ? 1 : 4);
    return out;
}

/* One line of a block, without its end. */
static void print_line(FILE *f, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!is_control(text + i) || text[i] == '\t') {
            fputc(text[i], f);
        } else {
            fprintf(f, "\\x%02x", (unsigned char)text[i]);
            if ((unsigned char)text[i] == 0xC2 && i + 1 < n) {
                fprintf(f, "\\x%02x", (unsigned char)text[++i]);
            }
        }
    }
}

void show_block(FILE *f, const char *label, const char *text)
{
    size_t length = strlen(text), shown = cut(text, length, MOST_BYTES), at = 0;
    fprintf(f, "    %-*s ", LABEL_WIDTH - 1, label);
    if (length == 0) {
        fputs("(empty)", f);
    }
    for (int line = 0; at < shown && line < MOST_LINES; line++) {
        size_t n = strcspn(text + at, "\n");
        n = n > shown - at ? shown - at : n;
        if (line > 0) {
            fprintf(f, "\n%*s", n > 0 ? 4 + LABEL_WIDTH : 0, "");
        }
        print_line(f, text + at, n);
        at += n;
        at += at < shown && text[at] == '\n';
    }
    if (at < length) {
        fprintf(f, "\n    %*s[and %zu characters more]", LABEL_WIDTH, "", utf8_count(text + at, length - at));
    }
    fputc('\n', f);
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Edit distance without case, two neighbours in the wrong order counting one; words up to LONGEST_WORD bytes. */
static int distance(const char *a, const char *b)
{
    int n = (int)strlen(a), m = (int)strlen(b), rows[3][LONGEST_WORD + 1];
    int *before = rows[0], *last = rows[1], *row = rows[2];
    if (n > LONGEST_WORD || m > LONGEST_WORD) {
        return LONGEST_WORD;
    }
    for (int j = 0; j <= m; j++) {
        last[j] = j;
        before[j] = 0;
    }
    for (int i = 1; i <= n; i++) {
        int x = tolower((unsigned char)a[i - 1]);
        row[0] = i;
        for (int j = 1; j <= m; j++) {
            int y = tolower((unsigned char)b[j - 1]);
            row[j] = least(least(last[j] + 1, row[j - 1] + 1), last[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) && tolower((unsigned char)a[i - 2]) == y) {
                row[j] = least(row[j], before[j - 2] + 1);
            }
        }
        int *spare = before;
        before = last;
        last = row;
        row = spare;
    }
    return last[m];
}

const char *show_nearest(const char *word, const char *const *words, size_t n)
{
    const char *nearest = NULL;
    int best = LONGEST_WORD;
    for (size_t i = 0; i < n; i++) {
        int d = distance(word, words[i]), longer = (int)(strlen(word) > strlen(words[i]) ? strlen(word) : strlen(words[i]));
        if (d < best && d * 3 <= longer) {
            best = d;
            nearest = words[i];
        }
    }
    return nearest;
}
