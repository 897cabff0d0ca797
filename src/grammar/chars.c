/* chars.c: sets of characters, and their characters as bytes. */
#include "grammar/chars.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

/* ---- sets ---- */

void chars_add(chars *set, uint32_t low, uint32_t high)
{
    if (set->size == set->capacity && !set->failed) {
        size_t capacity = set->capacity == 0 ? 8 : 2 * set->capacity;
        char_range *p = realloc(set->ranges, capacity * sizeof *p);
        set->failed = p == NULL;
        if (p != NULL) {
            set->ranges = p;
            set->capacity = capacity;
        }
    }
    if (!set->failed) {
        set->ranges[set->size++] = (char_range){low, high};
    }
}

void chars_add_set(chars *set, const chars *other)
{
    for (size_t i = 0; i < other->size; i++) {
        chars_add(set, other->ranges[i].low, other->ranges[i].high);
    }
    set->failed = set->failed || other->failed;
}

static int by_low(const void *a, const void *b)
{
    uint32_t x = ((const char_range *)a)->low, y = ((const char_range *)b)->low;
    return x < y ? -1 : x > y;
}

/* Appends [low, high] less the surrogates to sorted ranges, joining it to the last one where they touch. */
static void append_range(chars *out, uint32_t low, uint32_t high)
{
    if (low < 0xD800 && high >= 0xD800) {
        append_range(out, low, 0xD7FF);
        low = 0xD800;
    }
    if (low >= 0xD800 && low <= 0xDFFF) {
        low = 0xE000;
    }
    if (low > high || (high >= 0xD800 && high <= 0xDFFF)) {
        return;
    }
    char_range *last = out->size > 0 ? &out->ranges[out->size - 1] : NULL;
    if (last != NULL && low <= last->high + 1) {
        last->high = high > last->high ? high : last->high;
    } else {
        chars_add(out, low, high);
    }
}

void chars_normalise(chars *set)
{
    chars out = {.failed = set->failed};
    if (set->size > 0) {
        qsort(set->ranges, set->size, sizeof *set->ranges, by_low);
    }
    for (size_t i = 0; i < set->size; i++) {
        append_range(&out, set->ranges[i].low, set->ranges[i].high);
    }
    chars_free(set);
    *set = out;
}

void chars_negate(chars *set)
{
    chars out = {.failed = set->failed};
    uint32_t next = 0;
    for (size_t i = 0; i < set->size; i++) {
        if (set->ranges[i].low > next) {
            append_range(&out, next, set->ranges[i].low - 1);
        }
        next = set->ranges[i].high + 1;
    }
    if (next <= CHAR_LAST) {
        append_range(&out, next, CHAR_LAST);
    }
    chars_free(set);
    *set = out;
}

void chars_free(chars *set)
{
    free(set->ranges);
    *set = (chars){0};
}

/* ---- states ---- */

static bool grow(void **data, size_t *capacity, size_t need, size_t size)
{
    size_t wanted = *capacity < 32 ? 32 : *capacity;
    while (wanted < need) {
        wanted *= 2;
    }
    if (wanted != *capacity) {
        void *p = realloc(*data, wanted * size);
        if (p == NULL) {
            return false;
        }
        *data = p;
        *capacity = wanted;
    }
    return true;
}

static uint64_t hash_edges(const byte_edge *edges, size_t n)
{
    uint64_t h = n;
    for (size_t i = 0; i < n; i++) {
        uint64_t word = (uint64_t)(uint32_t)edges[i].to << 16 | (uint64_t)edges[i].high << 8 | edges[i].low;
        h = (h ^ word) * 0x9E3779B97F4A7C15u;
        h ^= h >> 29;
    }
    return h;
}

static bool same_edges(const char_bytes *b, const byte_state *s, const byte_edge *edges, size_t n)
{
    for (size_t i = 0; i < n && s->n == n; i++) {
        const byte_edge *e = &b->edges[s->first + i];
        if (e->low != edges[i].low || e->high != edges[i].high || e->to != edges[i].to) {
            return false;
        }
    }
    return s->n == n;
}

static bool rehash(char_bytes *b)
{
    size_t size = b->slots == NULL ? 64 : 2 * (b->mask + 1);
    uint32_t *slots = calloc(size, sizeof *slots);
    if (slots == NULL) {
        return false;
    }
    for (size_t i = 0; i < b->n_states; i++) {
        size_t at = hash_edges(b->edges + b->states[i].first, b->states[i].n) & (size - 1);
        while (slots[at] != 0) {
            at = (at + 1) & (size - 1);
        }
        slots[at] = (uint32_t)i + 1;
    }
    free(b->slots);
    b->slots = slots;
    b->mask = size - 1;
    return true;
}

static uint8_t pleasant_byte(const byte_edge *e)
{
    return e->low <= 'a' && e->high >= 'a' ? 'a' : e->low <= '0' && e->high >= '0' ? '0' : e->low;
}

static void measure(const char_bytes *b, byte_state *s)
{
    s->distance = UINT16_MAX;
    for (uint32_t i = s->first; i < s->first + s->n; i++) {
        const byte_edge *e = &b->edges[i];
        unsigned d = 1 + (e->to == BYTES_DONE ? 0u : b->states[e->to].distance);
        if (d < s->distance) {
            s->distance = (uint16_t)d;
            s->best = pleasant_byte(e);
        }
    }
}

static int32_t intern(char_bytes *b, const byte_edge *edges, size_t n)
{
    if (b->failed || (2 * (b->n_states + 1) > b->mask && !rehash(b)) ||
        !grow((void **)&b->states, &b->states_capacity, b->n_states + 1, sizeof *b->states) ||
        !grow((void **)&b->edges, &b->edges_capacity, b->n_edges + n, sizeof *b->edges)) {
        b->failed = true;
        return BYTES_DEAD;
    }
    size_t at = hash_edges(edges, n) & b->mask;
    for (; b->slots[at] != 0; at = (at + 1) & b->mask) {
        if (same_edges(b, &b->states[b->slots[at] - 1], edges, n)) {
            return (int32_t)b->slots[at] - 1;
        }
    }
    byte_state *s = &b->states[b->n_states++];
    *s = (byte_state){.first = (uint32_t)b->n_edges, .n = (uint32_t)n};
    memcpy(b->edges + b->n_edges, edges, n * sizeof *edges);
    b->n_edges += n;
    measure(b, s);
    b->slots[at] = (uint32_t)b->n_states;
    return (int32_t)b->n_states - 1;
}

/* A state of edges, fewer than 512, sorted and apart; bytes that may not be used and edges that lead nowhere are left out. */
static int32_t make_state(char_bytes *b, const byte_edge *edges, size_t n)
{
    byte_edge kept[512];
    size_t size = 0;
    for (size_t i = 0; i < n; i++) {
        for (int c = edges[i].low; c <= edges[i].high && edges[i].to != BYTES_DEAD; c++) {
            byte_edge *last = size > 0 ? &kept[size - 1] : NULL;
            if (!b->has[c]) {
                continue;
            }
            if (last != NULL && last->high + 1 == c && last->to == edges[i].to) {
                last->high = (uint8_t)c;
            } else {
                kept[size++] = (byte_edge){(uint8_t)c, (uint8_t)c, edges[i].to};
            }
        }
    }
    return size > 0 ? intern(b, kept, size) : BYTES_DEAD;
}

static int by_edge(const void *a, const void *b)
{
    return ((const byte_edge *)a)->low - ((const byte_edge *)b)->low;
}

int32_t char_bytes_step(const char_bytes *b, int32_t state, uint8_t byte)
{
    const byte_state *s = &b->states[state];
    uint32_t low = s->first, high = s->first + s->n;
    while (low < high) {
        uint32_t mid = (low + high) / 2;
        const byte_edge *e = &b->edges[mid];
        if (byte < e->low) {
            high = mid;
        } else if (byte > e->high) {
            low = mid + 1;
        } else {
            return e->to;
        }
    }
    return BYTES_DEAD;
}

void char_bytes_free(char_bytes *b)
{
    free(b->states);
    free(b->edges);
    free(b->slots);
    *b = (char_bytes){0};
}

/* ---- UTF-8 ---- */

enum { MAX_SEQUENCE = 6 }; /* bytes of one spelling: UTF-8 has up to 4, \u00XX has 6 */

/* One range for each byte: all their combinations are spelt. */
typedef struct sequence {
    uint8_t n;
    uint8_t low[MAX_SEQUENCE], high[MAX_SEQUENCE];
} sequence;

typedef struct sequences {
    sequence *data;
    size_t size, capacity;
    bool failed;
} sequences;

static void push_sequence(sequences *list, const sequence *s)
{
    if (list->failed || !grow((void **)&list->data, &list->capacity, list->size + 1, sizeof *s)) {
        list->failed = true;
        return;
    }
    list->data[list->size++] = *s;
}

static size_t encode(uint32_t c, uint8_t out[4])
{
    if (c < 0x80) {
        out[0] = (uint8_t)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n; i-- > 1; c >>= 6) {
        out[i] = (uint8_t)(0x80 | (c & 0x3F));
    }
    out[0] = (uint8_t)(0xF00 >> n | c);
    return n;
}

/* Cuts [low, high] so that in each piece every byte runs over a range independently of the others. */
static void utf8_ranges(sequences *list, uint32_t low, uint32_t high)
{
    static const uint32_t last_of[] = {0x7F, 0x7FF, 0xFFFF};
    for (int i = 0; i < 3; i++) {
        if (low <= last_of[i] && high > last_of[i]) {
            utf8_ranges(list, low, last_of[i]);
            utf8_ranges(list, last_of[i] + 1, high);
            return;
        }
    }
    for (int i = 1; i < 4 && high >= 0x80; i++) {
        uint32_t m = (1u << 6 * i) - 1;
        if ((low & ~m) != (high & ~m)) {
            if ((low & m) != 0) {
                utf8_ranges(list, low, low | m);
                utf8_ranges(list, (low | m) + 1, high);
                return;
            }
            if ((high & m) != m) {
                utf8_ranges(list, low, (high & ~m) - 1);
                utf8_ranges(list, high & ~m, high);
                return;
            }
        }
    }
    sequence s = {0};
    s.n = (uint8_t)encode(low, s.low);
    encode(high, s.high);
    push_sequence(list, &s);
}

static bool same_range(const sequence *a, const sequence *b, int depth)
{
    return a->low[depth] == b->low[depth] && a->high[depth] == b->high[depth];
}

/* The state before byte `depth` of sequences that agree so far; equal ranges stand together, others are apart. */
static int32_t sequences_state(char_bytes *b, const sequence *s, size_t n, int depth)
{
    byte_edge edges[256];
    size_t n_edges = 0;
    for (size_t from = 0, to; from < n && n_edges < 256; from = to) {
        for (to = from + 1; to < n && same_range(&s[from], &s[to], depth); to++) {
        }
        bool last = depth + 1 >= s[from].n || depth + 1 >= MAX_SEQUENCE;
        int32_t next = last ? BYTES_DONE : sequences_state(b, s + from, to - from, depth + 1);
        edges[n_edges++] = (byte_edge){s[from].low[depth], s[from].high[depth], next};
    }
    qsort(edges, n_edges, sizeof *edges, by_edge);
    return make_state(b, edges, n_edges);
}

/* ---- JSON's spelling ---- */

static bool must_escape(uint32_t c)
{
    return c < 0x20 || c == '"' || c == '\\';
}

static void push_escape(sequences *list, uint32_t c)
{
    static const char codes[] = "\bb\ff\nn\rr\tt\"\"\\\\";
    sequence s = {2, {'\\'}, {'\\'}};
    for (const char *p = codes; *p != '\0'; p += 2) {
        if (c == (uint8_t)p[0]) {
            s.low[1] = s.high[1] = (uint8_t)p[1];
            push_sequence(list, &s);
            return;
        }
    }
    const uint8_t text[6] = {'\\', 'u', '0', '0', (uint8_t)('0' + (c >> 4)), (uint8_t)"0123456789abcdef"[c & 15]};
    s.n = 6;
    memcpy(s.low, text, 6);
    memcpy(s.high, text, 6);
    push_sequence(list, &s);
}

/* \u escapes come last, so that those that begin with the same bytes stand together. */
static void json_sequences(sequences *list, const chars *set)
{
    for (int pass = 0; pass < 3; pass++) {
        for (size_t i = 0; i < set->size; i++) {
            uint32_t low = set->ranges[i].low, high = set->ranges[i].high;
            for (; low <= high && low <= '\\'; low++) {
                bool shortly = low != 0 && strchr("\b\f\n\r\t\"\\", (int)low) != NULL;
                if (pass == 0 && !must_escape(low)) {
                    utf8_ranges(list, low, low);
                } else if (low != 0 && must_escape(low) && pass == (shortly ? 1 : 2)) {
                    push_escape(list, low);
                }
            }
            if (pass == 0 && low <= high) {
                utf8_ranges(list, low, high);
            }
        }
    }
}

static const char hex_digits[] = "0123456789ABCDEFabcdef";

/* Reads hexadecimal digits, of which `special` (a set of digits, may be empty) lead elsewhere. */
static int32_t hex_state(char_bytes *b, const char *special, int32_t there, int32_t otherwise)
{
    byte_edge edges[22];
    for (int i = 0; i < 22; i++) {
        uint8_t c = (uint8_t)hex_digits[i];
        edges[i] = (byte_edge){c, c, strchr(special, c) != NULL ? there : otherwise};
    }
    return make_state(b, edges, 22);
}

static int32_t byte_then(char_bytes *b, uint8_t c, int32_t to)
{
    return make_state(b, &(byte_edge){c, c, to}, 1);
}

/* What stands after \u: four digits that are neither 0000 nor half a pair, or a pair. */
static int32_t unicode_escape(char_bytes *b)
{
    int32_t one = hex_state(b, "", BYTES_DEAD, BYTES_DONE), two = hex_state(b, "", BYTES_DEAD, one);
    int32_t three = hex_state(b, "", BYTES_DEAD, two);
    int32_t low = hex_state(b, "cdefCDEF", two, BYTES_DEAD);
    low = byte_then(b, '\\', byte_then(b, 'u', hex_state(b, "dD", low, BYTES_DEAD)));
    int32_t high = hex_state(b, "", BYTES_DEAD, hex_state(b, "", BYTES_DEAD, low));
    int32_t zeros = hex_state(b, "0", BYTES_DEAD, BYTES_DONE);
    zeros = hex_state(b, "0", hex_state(b, "0", zeros, one), two);
    byte_edge edges[24];
    size_t n = 0;
    for (uint8_t c = '0'; c <= '7'; c++) {
        edges[n++] = (byte_edge){c, c, two};
    }
    for (const char *p = "89ABab"; *p != '\0'; p++) {
        edges[n++] = (byte_edge){(uint8_t)*p, (uint8_t)*p, high};
    }
    int32_t after_d = make_state(b, edges, n);
    for (n = 0; n < 22; n++) {
        uint8_t c = (uint8_t)hex_digits[n];
        edges[n] = (byte_edge){c, c, c == '0' ? zeros : c == 'd' || c == 'D' ? after_d : three};
    }
    return make_state(b, edges, 22);
}

/* Any character of a JSON string, in any spelling. */
static int32_t free_state(char_bytes *b)
{
    sequences list = {0};
    byte_edge edges[260], escape[9];
    size_t n = 0;
    static const char plain[] = "\"/\\bfnrt";
    for (; n < 8; n++) {
        escape[n] = (byte_edge){(uint8_t)plain[n], (uint8_t)plain[n], BYTES_DONE};
    }
    escape[n++] = (byte_edge){'u', 'u', unicode_escape(b)};
    int32_t escaped = make_state(b, escape, n);
    utf8_ranges(&list, 0x80, 0xD7FF);
    utf8_ranges(&list, 0xE000, CHAR_LAST);
    int32_t beyond = list.failed ? BYTES_DEAD : sequences_state(b, list.data, list.size, 0);
    b->failed = b->failed || list.failed;
    free(list.data);
    edges[0] = (byte_edge){0x20, '"' - 1, BYTES_DONE};
    edges[1] = (byte_edge){'"' + 1, '\\' - 1, BYTES_DONE};
    edges[2] = (byte_edge){'\\', '\\', escaped};
    edges[3] = (byte_edge){'\\' + 1, 0x7F, BYTES_DONE};
    n = 4;
    for (uint32_t i = 0; beyond >= 0 && i < b->states[beyond].n; i++) {
        edges[n++] = b->edges[b->states[beyond].first + i];
    }
    return make_state(b, edges, n);
}

int32_t char_bytes_add(char_bytes *b, const chars *set, char_spelling spelling)
{
    if (spelling == CHAR_FREE) {
        return free_state(b);
    }
    sequences list = {0};
    if (spelling == CHAR_JSON) {
        json_sequences(&list, set);
    } else {
        for (size_t i = 0; i < set->size; i++) {
            utf8_ranges(&list, set->ranges[i].low, set->ranges[i].high);
        }
    }
    int32_t state = list.failed ? BYTES_DEAD : sequences_state(b, list.data, list.size, 0);
    b->failed = b->failed || list.failed || set->failed;
    free(list.data);
    return state;
}
