/* check.c: the helpers of check.h. */
#define _GNU_SOURCE
#include "support/check.h"

#include <dirent.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

void check_ok(paw_status status, const paw_error *err)
{
    if (status != PAW_OK) {
        fail_msg("%s: %s: %s", paw_status_name(status), err->where, err->message);
    }
}

void check_error(paw_status status, const paw_error *err, paw_status wanted, const char *where, const char *said)
{
    if (status != wanted || err->status != wanted || (where != NULL && strstr(err->where, where) == NULL) ||
        (said != NULL && strstr(err->message, said) == NULL) || err->message[0] == '\0') {
        fail_msg("wanted \"%s\" at \"%s\" saying \"%s\"; got \"%s\" (%s) at \"%s\" saying \"%s\"", paw_status_name(wanted),
                 where != NULL ? where : "*", said != NULL ? said : "*", paw_status_name(status),
                 status == PAW_OK ? "-" : paw_status_name(err->status), status == PAW_OK ? "" : err->where,
                 status == PAW_OK ? "" : err->message);
    }
}

const char *check_path(const char *folder, const char *name)
{
    static char places[8][512];
    static unsigned next;
    char *out = places[next++ % 8];
    snprintf(out, sizeof places[0], "%s/%s", folder, name);
    return out;
}

int check_entries(const char *folder)
{
    int n = 0;
    DIR *d = opendir(folder);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    }
    closedir(d);
    return n;
}

bool check_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

char *check_read(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        fail_msg("cannot open %s", path);
    }
    fseek(f, 0, SEEK_END);
    long n = ftell(f);
    rewind(f);
    char *data = malloc((size_t)n + 1);
    assert_non_null(data);
    assert_int_equal(fread(data, 1, (size_t)n, f), n);
    fclose(f);
    data[n] = '\0';
    if (size != NULL) {
        *size = (size_t)n;
    }
    return data;
}

void check_put(const char *path, const void *data, size_t size)
{
    FILE *f = fopen(path, "wb");
    if (f == NULL || (size > 0 && fwrite(data, 1, size, f) != size) || fclose(f) != 0) {
        fail_msg("cannot write %s", path);
    }
}

static void limit(child_limits limits)
{
    if (limits.most_bytes > 0) {
        struct rlimit r = {(rlim_t)limits.most_bytes, (rlim_t)limits.most_bytes};
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &r);
    }
    if (limits.nobody && geteuid() == 0 && (setgroups(0, NULL) != 0 || setgid(65534) != 0 || setuid(65534) != 0)) {
        _exit(3);
    }
}

bool check_emulated(void)
{
    return getenv("PAW_TEST_EMULATED") != NULL;
}

bool check_in_child(child_limits limits, bool (*body)(const void *argument), const void *argument)
{
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        limit(limits);
        _exit(body(argument) ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
