/* check.h: what the tests share beside cmocka: errors checked whole, children with less rights or less disk, plain files. */
#ifndef PAW_TESTS_CHECK_H
#define PAW_TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"

#define TEST(name) static void name(void **state __attribute__((unused)))
#define COUNT(array) (sizeof(array) / sizeof *(array))

/* The call succeeded; otherwise its error is shown. */
void check_ok(paw_status status, const paw_error *err);

/* The call failed with `wanted`, `err` says the same, and its where and message hold these texts (NULL: any). */
void check_error(paw_status status, const paw_error *err, paw_status wanted, const char *where, const char *said);

/* "folder/name" in one of a few turning static places, good for a handful of uses. */
const char *check_path(const char *folder, const char *name);

/* Files, folders and links in a folder. */
int check_entries(const char *folder);
bool check_exists(const char *path);

/* Reads a file whole (NUL-terminated), or fails the test; freed by the caller. */
char *check_read(const char *path, size_t *size);

/* Writes without syncing: for many small files. */
void check_put(const char *path, const void *data, size_t size);

/* The tests run under emulation ($PAW_TEST_EMULATED), where everything takes twenty times as long. */
bool check_emulated(void);

typedef struct child_limits {
    long most_bytes; /* of a file, as on a full disk; 0: no limit */
    bool nobody;     /* give root's rights away, so that a folder's mode counts */
} child_limits;

/* Runs body in a child process; true is the answer of a child that thinks all went as it should. */
bool check_in_child(child_limits limits, bool (*body)(const void *argument), const void *argument);

#endif
