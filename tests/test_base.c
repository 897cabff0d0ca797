/* test_base.c: the ground floor: errors, UTF-8, buffers, files, hashes, elementary functions, threads, half floats. */
#define _GNU_SOURCE
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/real.h"
#include "base/threads.h"
#include "base/utf8.h"
#include "support/check.h"
#include "support/tiny.h"
#include "tensor/format.h"

/* ---- errors ---- */

TEST(errors_are_filled)
{
    paw_error err;
    char big[1000];
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    check_error(paw_fail(&err, PAW_ERR_FORMAT, "file: field", "%d is wrong", 7), &err, PAW_ERR_FORMAT, "file: field", "7 is wrong");
    check_error(paw_fail(&err, PAW_ERR_CONTEXT, NULL, "long"), &err, PAW_ERR_CONTEXT, "", "long");
    assert_string_equal(err.where, "");
    assert_int_equal(paw_fail(NULL, PAW_ERR_MEMORY, "a", "b"), PAW_ERR_MEMORY);
    paw_fail(&err, PAW_ERR_IO, big, "%s", big);
    assert_int_equal(strlen(err.message), sizeof err.message - 1);
    assert_int_equal(strlen(err.where), sizeof err.where - 1);
    check_error(paw_fail_errno(&err, 2, "f", "open"), &err, PAW_ERR_NOT_FOUND, "f", "open: No such file");
    check_error(paw_fail_errno(&err, 28, "f", "write"), &err, PAW_ERR_IO, "f", "No space left");
}

TEST(every_status_has_a_name)
{
    for (int i = 0; i <= PAW_ERR_MEMORY; i++) {
        assert_string_not_equal(paw_status_name((paw_status)i), "unknown");
        for (int j = 0; j < i; j++) {
            assert_string_not_equal(paw_status_name((paw_status)i), paw_status_name((paw_status)j));
        }
    }
    assert_string_equal(paw_status_name((paw_status)99), "unknown");
    assert_string_equal(paw_version(), "0.1.0");
}

/* ---- UTF-8 ---- */

static size_t put_character(uint32_t c, char out[4])
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    } else if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 63));
        return 2;
    } else if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 63));
        out[2] = (char)(0x80 | (c & 63));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 63));
    out[2] = (char)(0x80 | (c >> 6 & 63));
    out[3] = (char)(0x80 | (c & 63));
    return 4;
}

TEST(every_code_point_is_valid_but_surrogates)
{
    for (uint32_t c = 0; c < 0x120000; c++) {
        char text[4];
        size_t n = put_character(c, text);
        bool sound = c < 0xD800 || (c > 0xDFFF && c < 0x110000);
        if (utf8_valid_length(text, n) != (sound ? n : 0)) {
            fail_msg("U+%04X", c);
        }
        if (n > 1 && utf8_valid_length(text, n - 1) != 0) {
            fail_msg("half of U+%04X", c);
        }
        if (utf8_count(text, n) != 1) {
            fail_msg("U+%04X is not one character", c);
        }
    }
}

TEST(invalid_utf8_stops_at_the_bad_byte)
{
    static const struct {
        const char *text;
        size_t size, valid;
    } cases[] = {
        {"", 0, 0},
        {"abc", 3, 3},
        {"a\0b", 3, 3},
        {"\x80", 1, 0},             /* a continuation alone */
        {"ab\xBFz", 4, 2},
        {"\xC0\x80", 2, 0},         /* overlong NUL */
        {"\xC1\xBF", 2, 0},
        {"\xC2", 1, 0},             /* cut off */
        {"\xC2\x41", 2, 0},
        {"\xE0\x9F\xBF", 3, 0},     /* overlong */
        {"\xED\xA0\x80", 3, 0},     /* surrogate */
        {"\xEF\xBF\xBF", 3, 3},
        {"\xE2\x82", 2, 0},
        {"\xE2\x82\x41", 3, 0},
        {"\xF0\x8F\xBF\xBF", 4, 0}, /* overlong */
        {"\xF4\x90\x80\x80", 4, 0}, /* above U+10FFFF */
        {"\xF5\x80\x80\x80", 4, 0},
        {"\xF8\x88\x80\x80\x80", 5, 0},
        {"\xFE", 1, 0},
        {"\xFF", 1, 0},
        {"x\xF0\x9F\x98\x80y\xFFz", 8, 6},
        {"\xF0\x9F\x98", 3, 0},
        {"\xF0\x9F\x98\x28", 4, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (utf8_valid_length(cases[i].text, cases[i].size) != cases[i].valid) {
            fail_msg("case %zu: %zu", i, utf8_valid_length(cases[i].text, cases[i].size));
        }
    }
    assert_int_equal(utf8_count("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", 10), 4);
    assert_int_equal(utf8_count("", 0), 0);
}

/* ---- buffer ---- */

TEST(buffer_grows_and_ends_with_nul)
{
    buffer b = {0};
    for (int i = 0; i < 5000; i++) {
        buffer_append(&b, &"0123456789"[i % 10], 1);
        assert_int_equal(b.data[b.size], 0);
    }
    buffer_append_text(&b, "end");
    buffer_append_zeros(&b, 100);
    assert_int_equal(b.size, 5103);
    assert_memory_equal(b.data + 4995, "56789end\0\0", 10);
    assert_int_equal(b.data[b.size], 0);
    char *text = buffer_take(&b);
    assert_null(b.data);
    assert_int_equal(b.size, 0);
    assert_int_equal(strlen(text), 5003);
    free(text);
    char *empty = buffer_take(&b);
    assert_string_equal(empty, "");
    free(empty);
}

TEST(buffer_remembers_a_failure)
{
    buffer b = {0};
    buffer_append_text(&b, "abc");
    buffer_append_zeros(&b, SIZE_MAX - 100);
    assert_true(b.failed);
    buffer_append_text(&b, "more");
    assert_int_equal(b.size, 3);
    assert_null(buffer_take(&b));
    assert_false(b.failed);
    buffer_free(&b);
}

/* ---- files ---- */

/* Small, empty and of no whole number of huge pages: the same bytes, whatever pages the system gives. */
TEST(map_huge)
{
    static const size_t sizes[] = {0, 5, (4 << 20) + 12345};
    paw_error err = {0};
    char *dir = tiny_folder();
    for (size_t i = 0; i < COUNT(sizes); i++) {
        file_map map;
        uint8_t *data = malloc(sizes[i] + 1);
        for (size_t j = 0; j < sizes[i]; j++) {
            data[j] = (uint8_t)(j * 31 + (j >> 12));
        }
        check_put(check_path(dir, "huge"), data, sizes[i]);
        check_ok(file_map_open(check_path(dir, "huge"), &map, &err), &err);
        file_map_huge(&map);
        assert_int_equal(map.size, sizes[i]);
        assert_true(sizes[i] == 0 || memcmp(map.data, data, sizes[i]) == 0);
        file_map_close(&map);
        free(data);
    }
    tiny_remove(dir);
}

TEST(map_and_read)
{
    paw_error err = {0};
    file_map map;
    char *text;
    size_t size;
    char *dir = tiny_folder();
    check_put(check_path(dir, "five"), "hello", 5);
    check_put(check_path(dir, "none"), "", 0);
    check_ok(file_map_open(check_path(dir, "five"), &map, &err), &err);
    assert_int_equal(map.size, 5);
    assert_memory_equal(map.data, "hello", 5);
    assert_true(map.mtime_ns > 0);
    file_map_close(&map);
    assert_null(map.data);
    check_ok(file_map_open(check_path(dir, "none"), &map, &err), &err);
    assert_int_equal(map.size, 0);
    assert_null(map.data);
    file_map_close(&map);
    check_error(file_map_open(check_path(dir, "gone"), &map, &err), &err, PAW_ERR_NOT_FOUND, "/gone", "No such file");
    check_error(file_map_open(dir, &map, &err), &err, PAW_ERR_ARGUMENT, dir, "not a regular file");
    check_error(file_map_open("/dev/null", &map, &err), &err, PAW_ERR_ARGUMENT, "/dev/null", "not a regular file");
    check_ok(file_read_all(check_path(dir, "five"), 5, &text, &size, &err), &err);
    assert_int_equal(size, 5);
    assert_string_equal(text, "hello");
    free(text);
    check_error(file_read_all(check_path(dir, "five"), 4, &text, &size, &err), &err, PAW_ERR_FORMAT, "/five", "at most 4");
    check_ok(file_read_all(check_path(dir, "none"), 0, &text, &size, &err), &err);
    assert_string_equal(text, "");
    free(text);
    check_error(file_read_all(dir, 100, &text, &size, &err), &err, PAW_ERR_ARGUMENT, dir, "not a regular file");
    tiny_remove(dir);
}

TEST(writer_shows_all_or_nothing)
{
    paw_error err = {0};
    file_writer w;
    struct stat st;
    char *dir = tiny_folder();
    char *path = file_join(dir, "out");
    mode_t mask = umask(022);
    check_ok(file_writer_open(path, &w, &err), &err);
    check_ok(file_writer_write(&w, "first ", 6, &err), &err);
    assert_false(check_exists(path));
    check_ok(file_writer_write(&w, "second", 6, &err), &err);
    check_ok(file_writer_commit(&w, &err), &err);
    umask(mask);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0644);
    assert_int_equal(check_entries(dir), 1);

    check_ok(file_writer_open(path, &w, &err), &err);
    check_ok(file_writer_write(&w, "third", 5, &err), &err);
    file_writer_abandon(&w);
    file_writer_abandon(&w); /* again is no harm */
    assert_int_equal(check_entries(dir), 1);
    char *text = check_read(path, NULL);
    assert_string_equal(text, "first second");
    free(text);

    check_ok(file_write_atomic(path, "", 0, &err), &err);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 0);
    assert_int_equal(check_entries(dir), 1);
    free(path);
    tiny_remove(dir);
}

TEST(writer_refuses_what_is_no_file)
{
    paw_error err = {0};
    file_writer w;
    char *dir = tiny_folder();
    check_error(file_writer_open(dir, &w, &err), &err, PAW_ERR_ARGUMENT, dir, "directory");
    check_error(file_writer_open("/dev/null", &w, &err), &err, PAW_ERR_ARGUMENT, "/dev/null", "not a regular file");
    check_error(file_writer_open(check_path(dir, "no/file"), &w, &err), &err, PAW_ERR_NOT_FOUND, "no/file", "cannot create");
    check_put(check_path(dir, "plain"), "x", 1);
    check_error(file_writer_open(check_path(dir, "plain/file"), &w, &err), &err, PAW_ERR_IO, "plain/file", "Not a directory");
    char *path = file_join(dir, "late");
    check_ok(file_writer_open(path, &w, &err), &err);
    assert_int_equal(mkdir(path, 0777), 0); /* came in between */
    check_put(check_path(path, "in it"), "x", 1);
    check_error(file_writer_commit(&w, &err), &err, PAW_ERR_IO, path, "in place");
    file_writer_abandon(&w);
    assert_int_equal(check_entries(dir), 2);
    free(path);
    tiny_remove(dir);
}

static bool write_where_it_is_forbidden(const void *argument)
{
    paw_error err = {0};
    return file_write_atomic(argument, "x", 1, &err) == PAW_ERR_IO && strstr(err.message, "Permission denied") != NULL;
}

static bool write_too_much(const void *argument)
{
    paw_error err = {0};
    static const char zeros[5000];
    return file_write_atomic(argument, zeros, sizeof zeros, &err) == PAW_ERR_IO && strcmp(err.where, argument) == 0;
}

TEST(writer_reports_the_system)
{
    char *dir = tiny_folder();
    char *path = file_join(dir, "out");
    assert_true(check_in_child((child_limits){.most_bytes = 4096}, write_too_much, path));
    assert_int_equal(check_entries(dir), 0);
    assert_int_equal(chmod(dir, 0555), 0);
    assert_true(check_in_child((child_limits){.nobody = true}, write_where_it_is_forbidden, path));
    assert_int_equal(chmod(dir, 0755), 0);
    assert_int_equal(check_entries(dir), 0);
    free(path);
    tiny_remove(dir);
}

TEST(make_dirs)
{
    paw_error err = {0};
    struct stat st;
    char *dir = tiny_folder();
    check_ok(file_make_dirs(check_path(dir, "a/b//c/"), &err), &err);
    assert_int_equal(stat(check_path(dir, "a/b/c"), &st), 0);
    assert_true(S_ISDIR(st.st_mode));
    check_ok(file_make_dirs(check_path(dir, "a/b/c"), &err), &err);
    check_put(check_path(dir, "file"), "", 0);
    check_error(file_make_dirs(check_path(dir, "file/d"), &err), &err, PAW_ERR_IO, "file", "cannot create the directory");
    assert_int_not_equal(file_make_dirs("", &err), PAW_OK);
    check_ok(file_make_dirs("/", &err), &err);
    char *joined = file_join("a/b", "c");
    assert_string_equal(joined, "a/b/c");
    free(joined);
    tiny_remove(dir);
}

/* ---- hashes ---- */

TEST(sha256_vectors)
{
    char hex[HASH_HEX_SIZE];
    hash_part abc[3] = {{"a", 1}, {"", 0}, {"bc", 2}};
    hash_sha256_hex(abc, 3, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    hash_sha256_hex(NULL, 0, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    char *dir = tiny_folder(), *path = file_join(dir, "kept"), again[HASH_HEX_SIZE], identity[HASH_HEX_SIZE], *text;
    size_t size;
    hash_blake2b_hex(abc, 3, identity);
    hash_sha256_hex(abc, 3, hex);
    digest_sha256_kept(path, identity, "abc", 3, again);
    assert_string_equal(again, hex);
    digest_sha256_kept(path, identity, "abd", 3, again);
    assert_string_equal(again, hex); /* it was taken from the file */
    check_ok(file_read_all(path, 1000, &text, &size, NULL), NULL);
    text[100] = 'x';
    check_ok(file_write_atomic(path, text, size, NULL), NULL);
    digest_sha256_kept(path, identity, "abc", 3, again);
    assert_string_equal(again, hex); /* a damaged file is nothing */
    identity[0] = identity[0] == 'a' ? 'b' : 'a';
    digest_sha256_kept(path, identity, "", 0, again);
    assert_string_not_equal(again, hex); /* nor is one for something else */
    digest_sha256_kept(NULL, identity, "abc", 3, again);
    assert_string_equal(again, hex);
    free(text);
    free(path);
    tiny_remove(dir);
    hash_stream stream;
    hash_begin(&stream);
    for (int i = 0; i < 100000; i++) {
        hash_add(&stream, "aaaaaaaaaa", 10);
    }
    hash_end(&stream, hex);
    assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    assert_true(hash_fnv("a", 1) == UINT64_C(0xaf63dc4c8601ec8c));
    assert_true(hash_fnv("", 0) == UINT64_C(0xcbf29ce484222325));
}

/* ---- elementary functions ---- */

static void near(double x, double got, double wanted, double within)
{
    if (!(fabs(got - wanted) <= within)) {
        fail_msg("at %.17g: %.17g, wanted %.17g", x, got, wanted);
    }
}

TEST(log_and_exp_are_those_of_libm)
{
    uint64_t random = 5;
    for (int i = 0; i < 20000; i++) {
        double x = exp((double)tiny_uniform(&random, 600.0f)), y = (double)tiny_uniform(&random, 690.0f);
        near(x, real_log(x), log(x), 1e-13 * fmax(1, fabs(log(x))));
        near(y, real_exp(y), exp(y), 1e-12 * exp(y));
    }
    for (double x = 0.5; x < 2; x += 1e-4) {
        near(x, real_log(x), log(x), 1e-15);
    }
    assert_true(real_log(1) == 0 && real_exp(0) == 1);
    near(10000, real_log(10000), log(10000), 1e-14);
}

TEST(sine_and_cosine_are_those_of_libm)
{
    uint64_t random = 6;
    for (int i = 0; i < 40000; i++) {
        double x = (double)tiny_uniform(&random, i % 2 ? 10.0f : 999999.0f), s, c;
        real_sincos(x, &s, &c);
        near(x, s, sin(x), 1e-12);
        near(x, c, cos(x), 1e-12);
        near(x, s * s + c * c, 1, 1e-14);
    }
    for (int i = 0; i < 4096; i++) { /* positions times frequency 1 */
        double s, c;
        real_sincos(i, &s, &c);
        near(i, s, sin(i), 1e-15 * (1 + i));
        near(i, c, cos(i), 1e-15 * (1 + i));
    }
}

TEST(erf_is_that_of_libm)
{
    for (double x = -8; x <= 8; x += 1e-3) {
        near(x, real_erf(x), erf(x), 1e-12);
    }
    assert_true(real_erf(0) == 0 && real_erf(-7) == -1 && real_erf(30) == 1);
}

/* ---- threads ---- */

typedef struct counting {
    atomic_int seen[2100];
    atomic_int wrong;
    int items, size;
} counting;

static void count(void *context, int begin, int end, int thread)
{
    counting *c = context;
    if (begin < 0 || end > c->items || begin >= end || thread < 0 || thread >= c->size) {
        atomic_fetch_add(&c->wrong, 1);
        return;
    }
    for (int i = begin; i < end; i++) {
        atomic_fetch_add(&c->seen[i], 1);
    }
}

TEST(every_item_runs_once)
{
    static const int threads[] = {1, 2, 3, 8, 64}, items[] = {0, 1, 2, 5, 7, 64, 1000, 2100}, chunks[] = {1, 3, 16, 999, 5000};
    static counting c;
    for (size_t t = 0; t < COUNT(threads); t++) {
        paw_error err = {0};
        thread_pool *pool;
        check_ok(thread_pool_new(threads[t], &pool, &err), &err);
        assert_int_equal(thread_pool_size(pool), threads[t]);
        for (size_t i = 0; i < COUNT(items) * COUNT(chunks); i++) {
            memset(&c, 0, sizeof c);
            c.items = items[i / COUNT(chunks)];
            c.size = threads[t];
            thread_pool_run(pool, c.items, chunks[i % COUNT(chunks)], count, &c);
            assert_int_equal(c.wrong, 0);
            for (int k = 0; k < 2100; k++) {
                if (c.seen[k] != (k < c.items)) {
                    fail_msg("%d threads, %d items, chunk %d: item %d ran %d times", threads[t], c.items,
                             chunks[i % COUNT(chunks)], k, c.seen[k]);
                }
            }
        }
        thread_pool_free(pool);
    }
}

TEST(many_short_loops)
{
    static counting c;
    paw_error err = {0};
    thread_pool *pool;
    check_ok(thread_pool_new(3, &pool, &err), &err);
    memset(&c, 0, sizeof c);
    c.items = 12;
    c.size = 3;
    for (int i = 0; i < 3000; i++) {
        thread_pool_run(pool, 12, 1, count, &c);
    }
    for (int i = 0; i < 12; i++) {
        assert_int_equal(c.seen[i], 3000);
    }
    assert_int_equal(c.wrong, 0);
    thread_pool_free(pool);
    thread_pool_free(NULL);
}

TEST(thread_counts_have_limits)
{
    paw_error err = {0};
    thread_pool *pool;
    check_error(thread_pool_new(65, &pool, &err), &err, PAW_ERR_ARGUMENT, "threads", "65");
    check_error(thread_pool_new(-1, &pool, &err), &err, PAW_ERR_ARGUMENT, "threads", "-1");
    check_ok(thread_pool_new(0, &pool, &err), &err);
    assert_in_range(thread_pool_size(pool), 1, 64);
    thread_pool_free(pool);
}

/* ---- half floats ---- */

TEST(half_floats_come_back)
{
    for (uint32_t h = 0; h < 65536; h++) {
        float f = format_f16_to_f32((uint16_t)h);
        if ((h & 0x7C00) == 0x7C00 && (h & 0x3FF) != 0) {
            assert_true(isnan(f));
            assert_true(isnan(format_f16_to_f32(format_f32_to_f16(f))));
        } else if (format_f32_to_f16(f) != h) {
            fail_msg("%04x becomes %04x", h, format_f32_to_f16(f));
        }
    }
    assert_true(format_f16_to_f32(0x3C00) == 1.0f && format_f16_to_f32(0xC000) == -2.0f);
    assert_true(format_f16_to_f32(0x0001) == 0x1p-24f && format_f16_to_f32(0x7BFF) == 65504.0f);
}

TEST(half_floats_round_to_nearest_even)
{
    for (uint32_t h = 0; h < 0x7BFF; h++) {
        float low = format_f16_to_f32((uint16_t)h), high = format_f16_to_f32((uint16_t)(h + 1)), middle = (low + high) / 2;
        uint16_t even = (uint16_t)(h & 1 ? h + 1 : h);
        if (format_f32_to_f16(middle) != even || format_f32_to_f16(-middle) != (even | 0x8000) ||
            format_f32_to_f16(nextafterf(middle, low)) != h || format_f32_to_f16(nextafterf(middle, high)) != h + 1) {
            fail_msg("between %04x and %04x", h, h + 1);
        }
    }
    assert_int_equal(format_f32_to_f16(65520.0f), 0x7C00);
    assert_int_equal(format_f32_to_f16(nextafterf(65520.0f, 0)), 0x7BFF);
    assert_int_equal(format_f32_to_f16(INFINITY), 0x7C00);
    assert_int_equal(format_f32_to_f16(-1e30f), 0xFC00);
    assert_int_equal(format_f32_to_f16(1e-30f), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_are_filled),
        cmocka_unit_test(every_status_has_a_name),
        cmocka_unit_test(every_code_point_is_valid_but_surrogates),
        cmocka_unit_test(invalid_utf8_stops_at_the_bad_byte),
        cmocka_unit_test(buffer_grows_and_ends_with_nul),
        cmocka_unit_test(buffer_remembers_a_failure),
        cmocka_unit_test(map_and_read),
        cmocka_unit_test(map_huge),
        cmocka_unit_test(writer_shows_all_or_nothing),
        cmocka_unit_test(writer_refuses_what_is_no_file),
        cmocka_unit_test(writer_reports_the_system),
        cmocka_unit_test(make_dirs),
        cmocka_unit_test(sha256_vectors),
        cmocka_unit_test(log_and_exp_are_those_of_libm),
        cmocka_unit_test(sine_and_cosine_are_those_of_libm),
        cmocka_unit_test(erf_is_that_of_libm),
        cmocka_unit_test(every_item_runs_once),
        cmocka_unit_test(many_short_loops),
        cmocka_unit_test(thread_counts_have_limits),
        cmocka_unit_test(half_floats_come_back),
        cmocka_unit_test(half_floats_round_to_nearest_even),
    };
    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
