/* test_bundle.c: `.paw` archives: written whole or not at all, the same bytes each time, and refused when anything is off. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

#include "function/bundle.h"
#include "paw/paw.h"
#include "support/check.h"
#include "support/tiny.h"

#define META "{\"version\": 3}"
#define TEMPLATE "Do it.\n{INPUT_PLACEHOLDER}\nAnswer:"
#define PSEUDO "Task: caf\xC3\xA9"

static uint8_t adapter_bytes[3000];

static bundle sample(void)
{
    uint64_t random = 9;
    for (size_t i = 0; i < sizeof adapter_bytes; i++) {
        adapter_bytes[i] = (uint8_t)tiny_random(&random);
    }
    return (bundle){.meta = META, .prompt_template = TEMPLATE, .pseudo_program = PSEUDO, .adapter = adapter_bytes,
                    .adapter_size = sizeof adapter_bytes};
}

/* A folder with the sample written as program.paw. */
typedef struct place {
    char *dir, *path, *bytes;
    size_t size;
} place;

static place make_place(void)
{
    paw_error err = {0};
    place p = {tiny_folder(), NULL, NULL, 0};
    bundle b = sample();
    p.path = strdup(check_path(p.dir, "program.paw"));
    check_ok(bundle_write(p.path, &b, &err), &err);
    p.bytes = check_read(p.path, &p.size);
    assert_int_equal(b.file_size, p.size);
    return p;
}

static void remove_place(place *p)
{
    free(p->path);
    free(p->bytes);
    tiny_remove(p->dir);
}

static void refused(const char *path, paw_status wanted, const char *where, const char *said)
{
    bundle b;
    paw_error err = {0};
    check_error(bundle_read(path, true, &b, &err), &err, wanted, path, said);
    check_error(bundle_read(path, true, &b, &err), &err, wanted, where, said);
    assert_null(b.meta);
    assert_null(b.adapter);
    bundle_free(&b);
}

TEST(round_trip)
{
    place p = make_place();
    paw_error err = {0};
    bundle b;
    check_ok(bundle_read(p.path, true, &b, &err), &err);
    assert_string_equal(b.meta, META);
    assert_string_equal(b.prompt_template, TEMPLATE);
    assert_string_equal(b.pseudo_program, PSEUDO);
    assert_int_equal(b.adapter_size, sizeof adapter_bytes);
    assert_memory_equal(b.adapter, adapter_bytes, sizeof adapter_bytes);
    assert_int_equal(b.file_size, p.size);
    bundle_free(&b);
    check_ok(bundle_read(p.path, false, &b, &err), &err);
    assert_null(b.adapter);
    assert_int_equal(b.adapter_size, sizeof adapter_bytes);
    bundle_free(&b);
    paw_program_info info;
    check_ok(paw_program_read(p.path, &info, &err), &err);
    assert_string_equal(info.json, META);
    assert_string_equal(info.prompt_template, TEMPLATE);
    assert_string_equal(info.pseudo_program, PSEUDO);
    assert_int_equal(info.size_bytes, p.size);
    assert_int_equal(info.adapter_bytes, sizeof adapter_bytes);
    paw_program_info_clear(&info);
    paw_program_info_clear(NULL);
    remove_place(&p);
}

TEST(no_pseudo_program)
{
    place p = make_place();
    paw_error err = {0};
    bundle b = sample();
    b.pseudo_program = NULL;
    check_ok(bundle_write(p.path, &b, &err), &err);
    check_ok(bundle_read(p.path, true, &b, &err), &err);
    assert_null(b.pseudo_program);
    bundle_free(&b);
    assert_int_equal(check_entries(p.dir), 1);
    remove_place(&p);
}

TEST(same_bytes_twice)
{
    place p = make_place(), q = make_place();
    assert_int_equal(p.size, q.size);
    assert_memory_equal(p.bytes, q.bytes, p.size);
    remove_place(&p);
    remove_place(&q);
}

TEST(members_are_the_published_ones)
{
    static const char *const names[] = {"meta.json", "prompt_template.txt", "pseudo_program.txt", "adapter.gguf"};
    place p = make_place();
    zip_t *z = zip_open(p.path, ZIP_RDONLY | ZIP_CHECKCONS, NULL);
    assert_non_null(z);
    assert_int_equal(zip_get_num_entries(z, 0), 4);
    for (size_t i = 0; i < COUNT(names); i++) {
        zip_stat_t st;
        assert_string_equal(zip_get_name(z, i, 0), names[i]);
        assert_int_equal(zip_stat_index(z, i, 0, &st), 0);
        assert_int_equal(st.comp_method, ZIP_CM_STORE);
    }
    zip_discard(z);
    remove_place(&p);
}

/* ---- archives made by hand ---- */

typedef struct member {
    const char *name;
    const void *data;
    size_t size;
} member;

static void make_zip(const char *path, const member *members, size_t n)
{
    zip_t *z = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, NULL);
    assert_non_null(z);
    for (size_t i = 0; i < n; i++) {
        if (members[i].name != NULL) {
            zip_source_t *s = zip_source_buffer(z, members[i].data, members[i].size, 0);
            assert_true(zip_file_add(z, members[i].name, s, 0) >= 0);
        }
    }
    assert_int_equal(zip_close(z), 0);
}

static const member sound[4] = {{"meta.json", META, sizeof META - 1},
                                {"prompt_template.txt", TEMPLATE, sizeof TEMPLATE - 1},
                                {"pseudo_program.txt", PSEUDO, sizeof PSEUDO - 1},
                                {"adapter.gguf", adapter_bytes, sizeof adapter_bytes}};

/* With member `index` replaced, the archive is refused and names it. */
static void member_refused(size_t index, member m, const char *said)
{
    char *dir = tiny_folder(), *path = strdup(check_path(dir, "p.paw"));
    member members[4];
    memcpy(members, sound, sizeof sound);
    members[index] = m;
    make_zip(path, members, 4);
    refused(path, PAW_ERR_FORMAT, sound[index].name, said);
    free(path);
    tiny_remove(dir);
}

TEST(deflated_members_are_read)
{
    char *dir = tiny_folder(), *path = strdup(check_path(dir, "p.paw"));
    paw_error err = {0};
    bundle b = sample();
    make_zip(path, sound, 4);
    check_ok(bundle_read(path, true, &b, &err), &err);
    assert_memory_equal(b.adapter, adapter_bytes, sizeof adapter_bytes);
    bundle_free(&b);
    free(path);
    tiny_remove(dir);
}

/* One member after another packed in a way that minizip does not read. */
TEST(other_ways_of_packing)
{
    char *dir = tiny_folder(), *path = strdup(check_path(dir, "p.paw"));
    for (zip_uint64_t i = 0; i < 4; i++) {
        make_zip(path, sound, 4);
        zip_t *z = zip_open(path, 0, NULL);
        if (zip_compression_method_supported(ZIP_CM_BZIP2, 1)) {
            assert_int_equal(zip_set_file_compression(z, i, ZIP_CM_BZIP2, 0), 0);
            assert_int_equal(zip_close(z), 0);
            refused(path, PAW_ERR_FORMAT, sound[i].name, "neither stored nor deflated");
            make_zip(path, sound, 4);
            z = zip_open(path, 0, NULL);
        }
        assert_int_equal(zip_file_set_encryption(z, i, ZIP_EM_AES_256, "secret"), 0);
        assert_int_equal(zip_close(z), 0);
        refused(path, PAW_ERR_FORMAT, sound[i].name, "encrypted");
    }
    free(path);
    tiny_remove(dir);
}

TEST(comment_of_the_archive)
{
    char *dir = tiny_folder(), *path = strdup(check_path(dir, "p.paw"));
    paw_error err = {0};
    bundle b;
    make_zip(path, sound, 4);
    zip_t *z = zip_open(path, 0, NULL);
    assert_int_equal(zip_set_archive_comment(z, "made elsewhere", 14), 0);
    assert_int_equal(zip_close(z), 0);
    check_ok(bundle_read(path, true, &b, &err), &err);
    bundle_free(&b);
    FILE *more = fopen(path, "ab"); /* bytes that belong to nothing */
    assert_non_null(more);
    fputs("???", more);
    fclose(more);
    refused(path, PAW_ERR_FORMAT, path, "not a program");
    free(path);
    tiny_remove(dir);
}

TEST(missing_members)
{
    member none = {0};
    member_refused(0, none, "missing");
    member_refused(1, none, "missing");
    member_refused(3, none, "missing");
    char *dir = tiny_folder(), *path = strdup(check_path(dir, "p.paw"));
    bundle b;
    paw_error err = {0};
    make_zip(path, sound, 3); /* without the adapter: also seen when it is not read */
    check_error(bundle_read(path, false, &b, &err), &err, PAW_ERR_FORMAT, "adapter.gguf", "missing");
    free(path);
    tiny_remove(dir);
}

TEST(empty_members)
{
    for (size_t i = 0; i < 4; i++) {
        member_refused(i, (member){sound[i].name, "", 0}, "empty");
    }
}

TEST(placeholder_missing_or_twice)
{
    static const char none[] = "Do it. {INPUT_PLACEHOLDE}", twice[] = "{INPUT_PLACEHOLDER} and {INPUT_PLACEHOLDER}";
    member_refused(1, (member){"prompt_template.txt", none, sizeof none - 1}, "exactly once");
    member_refused(1, (member){"prompt_template.txt", twice, sizeof twice - 1}, "exactly once");
}

TEST(texts_that_are_none)
{
    member_refused(0, (member){"meta.json", "{\"a\": \"\xFF\"}", 10}, "not UTF-8");
    member_refused(0, (member){"meta.json", "{}\0{}", 5}, "not UTF-8");
    member_refused(1, (member){"prompt_template.txt", "\xC3{INPUT_PLACEHOLDER}", 20}, "not UTF-8");
    member_refused(2, (member){"pseudo_program.txt", "abc\xE2\x82", 5}, "not UTF-8");
}

TEST(members_too_large)
{
    size_t size = (1 << 20) + 1;
    char *text = malloc(size);
    assert_non_null(text);
    memset(text, ' ', size);
    member_refused(0, (member){"meta.json", text, size}, "too large");
    member_refused(2, (member){"pseudo_program.txt", text, size}, "too large");
    free(text);
}

TEST(too_many_members)
{
    char *dir = tiny_folder(), *path = strdup(check_path(dir, "p.paw"));
    static member members[257];
    static char names[257][16];
    memcpy(members, sound, sizeof sound);
    for (size_t i = 4; i < 257; i++) {
        snprintf(names[i], sizeof names[i], "more%zu", i);
        members[i] = (member){names[i], "x", 1};
    }
    make_zip(path, members, 256);
    paw_error err = {0};
    bundle b;
    check_ok(bundle_read(path, true, &b, &err), &err);
    bundle_free(&b);
    make_zip(path, members, 257);
    refused(path, PAW_ERR_FORMAT, "p.paw", "257 members");
    free(path);
    tiny_remove(dir);
}

TEST(expands_too_far)
{
    place p = make_place();
    size_t at = p.size;
    uint32_t huge = 0x30000000;
    while (at > 0 && memcmp(p.bytes + at, "PK\001\002", 4) != 0) { /* the last entry of the directory: the adapter */
        at--;
    }
    memcpy(p.bytes + at + 24, &huge, 4);
    check_put(p.path, p.bytes, p.size);
    refused(p.path, PAW_ERR_FORMAT, p.path, "512 MiB");
    huge = 0x1000000; /* within the limits, but not true */
    memcpy(p.bytes + at + 24, &huge, 4);
    check_put(p.path, p.bytes, p.size);
    refused(p.path, PAW_ERR_FORMAT, p.path, NULL);
    remove_place(&p);
}

TEST(archive_too_large)
{
    place p = make_place();
    assert_int_equal(truncate(p.path, (256L << 20) + 1), 0); /* a hole, no data */
    refused(p.path, PAW_ERR_FORMAT, p.path, "256 MiB");
    remove_place(&p);
}

TEST(a_byte_flipped)
{
    static const char *const starts[] = {META, TEMPLATE, PSEUDO, NULL};
    static const size_t sizes[] = {sizeof META - 1, sizeof TEMPLATE - 1, sizeof PSEUDO - 1, sizeof adapter_bytes};
    place p = make_place();
    for (size_t i = 0; i < 4; i++) {
        const void *start = starts[i] != NULL ? (const void *)starts[i] : adapter_bytes;
        char *at = memmem(p.bytes, p.size, start, sizes[i]);
        assert_non_null(at);
        for (size_t k = 0; k < sizes[i]; k += sizes[i] / 3) {
            at[k] ^= 0x01; /* still UTF-8: the checksum has to notice */
            check_put(p.path, p.bytes, p.size);
            refused(p.path, PAW_ERR_FORMAT, sound[i].name, "damaged");
            at[k] ^= 0x01;
        }
    }
    remove_place(&p);
}

TEST(any_byte_changed)
{
    place p = make_place();
    for (size_t i = 0; i < p.size; i += i < 200 || i > p.size - 400 ? 1 : 37) {
        bundle b;
        paw_error err = {0};
        p.bytes[i] ^= 0x41;
        check_put(p.path, p.bytes, p.size);
        if (bundle_read(p.path, true, &b, &err) == PAW_OK) { /* a time stamp or the like: the content is unharmed */
            assert_string_equal(b.meta, META);
            assert_string_equal(b.prompt_template, TEMPLATE);
            assert_memory_equal(b.adapter, adapter_bytes, sizeof adapter_bytes);
        } else {
            assert_non_null(strstr(err.where, p.path));
        }
        bundle_free(&b);
        p.bytes[i] ^= 0x41;
    }
    remove_place(&p);
}

TEST(cut_anywhere)
{
    place p = make_place();
    for (size_t n = 0; n < p.size; n += n < 60 || n > p.size - 100 ? 1 : 13) {
        check_put(p.path, p.bytes, n);
        refused(p.path, PAW_ERR_FORMAT, p.path, NULL);
    }
    remove_place(&p);
}

TEST(not_an_archive)
{
    char *dir = tiny_folder(), *path = strdup(check_path(dir, "p.paw"));
    refused(path, PAW_ERR_NOT_FOUND, path, "No such file");
    refused(dir, PAW_ERR_ARGUMENT, dir, "not a regular file");
    check_put(path, "", 0);
    refused(path, PAW_ERR_FORMAT, path, "not a program");
    check_put(path, "GGUF some other file that is no archive", 39);
    refused(path, PAW_ERR_FORMAT, path, "not a program");
    free(path);
    tiny_remove(dir);
}

/* ---- writing where it cannot be ---- */

static bool write_sample(const void *path)
{
    bundle b = sample();
    paw_error err = {0};
    return bundle_write(path, &b, &err) == PAW_ERR_IO && strcmp(err.where, path) == 0 && err.message[0] != '\0';
}

TEST(full_disk_and_unwritable_folder)
{
    char *dir = tiny_folder(), *path = strdup(check_path(dir, "p.paw"));
    bundle b = sample();
    paw_error err = {0};
    assert_true(check_in_child((child_limits){.most_bytes = 1000}, write_sample, path));
    assert_int_equal(check_entries(dir), 0);
    check_put(path, "old", 3);
    assert_true(check_in_child((child_limits){.most_bytes = 1000}, write_sample, path));
    assert_int_equal(check_entries(dir), 1); /* the old one is as it was */
    char *old = check_read(path, NULL);
    assert_string_equal(old, "old");
    free(old);
    unlink(path);
    chmod(dir, 0555);
    assert_true(check_in_child((child_limits){.nobody = true}, write_sample, path));
    chmod(dir, 0755);
    assert_int_equal(check_entries(dir), 0);
    check_error(bundle_write(dir, &b, &err), &err, PAW_ERR_ARGUMENT, dir, "directory");
    check_error(bundle_write(check_path(dir, "no/p.paw"), &b, &err), &err, PAW_ERR_NOT_FOUND, "no/p.paw", NULL);
    free(path);
    tiny_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),
        cmocka_unit_test(no_pseudo_program),
        cmocka_unit_test(same_bytes_twice),
        cmocka_unit_test(members_are_the_published_ones),
        cmocka_unit_test(deflated_members_are_read),
        cmocka_unit_test(other_ways_of_packing),
        cmocka_unit_test(comment_of_the_archive),
        cmocka_unit_test(missing_members),
        cmocka_unit_test(empty_members),
        cmocka_unit_test(placeholder_missing_or_twice),
        cmocka_unit_test(texts_that_are_none),
        cmocka_unit_test(members_too_large),
        cmocka_unit_test(too_many_members),
        cmocka_unit_test(expands_too_far),
        cmocka_unit_test(archive_too_large),
        cmocka_unit_test(a_byte_flipped),
        cmocka_unit_test(any_byte_changed),
        cmocka_unit_test(cut_anywhere),
        cmocka_unit_test(not_an_archive),
        cmocka_unit_test(full_disk_and_unwritable_folder),
    };
    return cmocka_run_group_tests_name("bundle", tests, NULL, NULL);
}
