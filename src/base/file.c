/* file.c: file mapping and atomic writing. Not for: what is in the files. */
#define _GNU_SOURCE
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HUGE_PAGE = 2 << 20 };

static paw_status open_regular(const char *path, int *fd_out, struct stat *st, paw_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return paw_fail_errno(err, errno, path, "cannot open the file");
    }
    if (fstat(fd, st) != 0) {
        int saved = errno;
        close(fd);
        return paw_fail_errno(err, saved, path, "cannot read the file's size");
    }
    if (!S_ISREG(st->st_mode)) {
        close(fd);
        return paw_fail(err, PAW_ERR_ARGUMENT, path, "not a regular file");
    }
    *fd_out = fd;
    return PAW_OK;
}

paw_status file_map_open(const char *path, file_map *out, paw_error *err)
{
    struct stat st;
    int fd = -1;
    memset(out, 0, sizeof *out);
    PAW_TRY(open_regular(path, &fd, &st, err));
    out->size = (size_t)st.st_size;
    out->mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
    out->inode = (uint64_t)st.st_ino;
    if (out->size > 0) {
        void *p = mmap(NULL, out->size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (p == MAP_FAILED) {
            int saved = errno;
            close(fd);
            memset(out, 0, sizeof *out);
            return paw_fail_errno(err, saved, path, "cannot map the file");
        }
        out->data = p;
    }
    close(fd);
    return PAW_OK;
}

void file_map_huge(const file_map *map)
{
#ifdef MADV_HUGEPAGE
    if (map->size >= HUGE_PAGE) {
        madvise((void *)(uintptr_t)map->data, map->size, MADV_HUGEPAGE); /* a hint: no page is only a slower one */
    }
#else
    (void)map;
#endif
}

void file_map_close(file_map *map)
{
    if (map->data != NULL) {
        munmap((void *)(uintptr_t)map->data, map->size);
    }
    memset(map, 0, sizeof *map);
}

paw_status file_read_all(const char *path, size_t limit, char **out, size_t *size, paw_error *err)
{
    struct stat st;
    int fd = -1;
    PAW_TRY(open_regular(path, &fd, &st, err));
    if ((uint64_t)st.st_size > limit) {
        close(fd);
        return paw_fail(err, PAW_ERR_FORMAT, path, "the file has %lld bytes; at most %zu are read here",
                        (long long)st.st_size, limit);
    }
    size_t want = (size_t)st.st_size, have = 0;
    char *buffer = malloc(want + 1);
    if (buffer == NULL) {
        close(fd);
        return paw_fail_memory(err, want + 1);
    }
    while (have < want) {
        ssize_t n = read(fd, buffer + have, want - have);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            int saved = n == 0 ? EIO : errno;
            free(buffer);
            close(fd);
            return paw_fail_errno(err, saved, path, "cannot read the file");
        }
        have += (size_t)n;
    }
    close(fd);
    buffer[want] = '\0';
    *out = buffer;
    *size = want;
    return PAW_OK;
}

paw_status file_writer_open(const char *path, file_writer *out, paw_error *err)
{
    struct stat st;
    memset(out, 0, sizeof *out);
    out->fd = -1;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) { /* /dev/null would be replaced by the rename */
        return paw_fail(err, PAW_ERR_ARGUMENT, path, "%s; name a file",
                        S_ISDIR(st.st_mode) ? "is a directory" : "not a regular file");
    }
    size_t length = strlen(path) + 16;
    out->path = strdup(path);
    out->temporary = malloc(length);
    if (out->path == NULL || out->temporary == NULL) {
        file_writer_abandon(out);
        return paw_fail_memory(err, length);
    }
    snprintf(out->temporary, length, "%s.XXXXXX", path);
    out->fd = mkostemp(out->temporary, O_CLOEXEC);
    if (out->fd < 0) {
        int saved = errno;
        free(out->temporary);
        out->temporary = NULL;
        file_writer_abandon(out);
        return paw_fail_errno(err, saved, path, "cannot create the file");
    }
    mode_t mask = umask(0);
    umask(mask);
    fchmod(out->fd, 0666 & ~mask);
    return PAW_OK;
}

paw_status file_writer_write(file_writer *writer, const void *data, size_t size, paw_error *err)
{
    const char *p = data;
    while (size > 0) {
        ssize_t n = write(writer->fd, p, size);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return paw_fail_errno(err, errno, writer->path, "cannot write the file");
        }
        p += n;
        size -= (size_t)n;
    }
    return PAW_OK;
}

static void sync_parent(const char *path)
{
    char *copy = strdup(path);
    if (copy == NULL) {
        return;
    }
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd); /* best effort: some file systems refuse; the rename itself is already atomic */
        close(fd);
    }
    free(copy);
}

paw_status file_writer_commit(file_writer *writer, paw_error *err)
{
    if (fsync(writer->fd) != 0) {
        return paw_fail_errno(err, errno, writer->path, "cannot sync the file");
    }
    int fd = writer->fd;
    writer->fd = -1;
    if (close(fd) != 0) {
        return paw_fail_errno(err, errno, writer->path, "cannot close the file");
    }
    if (rename(writer->temporary, writer->path) != 0) {
        return paw_fail_errno(err, errno, writer->path, "cannot put the file in place");
    }
    free(writer->temporary);
    writer->temporary = NULL;
    sync_parent(writer->path);
    free(writer->path);
    writer->path = NULL;
    return PAW_OK;
}

void file_writer_abandon(file_writer *writer)
{
    if (writer->fd >= 0) {
        close(writer->fd);
    }
    if (writer->temporary != NULL) {
        unlink(writer->temporary);
    }
    free(writer->temporary);
    free(writer->path);
    memset(writer, 0, sizeof *writer);
    writer->fd = -1;
}

paw_status file_write_atomic(const char *path, const void *data, size_t size, paw_error *err)
{
    file_writer writer;
    PAW_TRY(file_writer_open(path, &writer, err));
    paw_status status = file_writer_write(&writer, data, size, err);
    if (status == PAW_OK) {
        status = file_writer_commit(&writer, err);
    }
    if (status != PAW_OK) {
        file_writer_abandon(&writer);
    }
    return status;
}

paw_status file_make_dirs(const char *path, paw_error *err)
{
    char *copy = strdup(path);
    if (copy == NULL) {
        return paw_fail_memory(err, strlen(path));
    }
    for (char *p = copy[0] == '/' ? copy + 1 : copy;; p++) {
        if (*p != '/' && *p != '\0') {
            continue;
        }
        char saved = *p;
        *p = '\0';
        if (mkdir(copy, 0777) != 0 && errno != EEXIST) {
            paw_status status = paw_fail_errno(err, errno, copy, "cannot create the directory");
            free(copy);
            return status;
        }
        if (saved == '\0') {
            break;
        }
        *p = saved;
    }
    free(copy);
    return PAW_OK;
}

char *file_join(const char *dir, const char *name)
{
    size_t n = strlen(dir), m = strlen(name);
    char *out = malloc(n + m + 2);
    if (out != NULL) {
        memcpy(out, dir, n);
        out[n] = '/';
        memcpy(out + n + 1, name, m + 1);
    }
    return out;
}
