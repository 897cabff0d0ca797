/*
 * file.h: files mapped for reading, read whole, and written so that nobody ever sees half of one.
 */
#ifndef PAW_BASE_FILE_H
#define PAW_BASE_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

typedef struct file_map {
    const uint8_t *data; /* NULL for an empty file */
    size_t size;
    int64_t mtime_ns; /* time of the last change */
    uint64_t inode;
} file_map;

paw_status file_map_open(const char *path, file_map *out, paw_error *err);
void file_map_close(file_map *map);

/*
 * Asks for pages of 2 MiB (Linux, MADV_HUGEPAGE) where the file is read from disk: for files that are read as a whole, before
 * they are touched. 100 MB are then 50 page faults in place of 1,500, and as many fewer entries to take down at the end. What
 * the page cache holds in small pages already stays so.
 */
void file_map_huge(const file_map *map);

/* Whole file as a NUL-terminated buffer of *size bytes, freed by the caller; at most `limit` bytes. */
paw_status file_read_all(const char *path, size_t limit, char **out, size_t *size, paw_error *err);

/*
 * A file on its way: written under a temporary name beside `path`, then synced and renamed over it by commit. abandon
 * (also after a failed commit) removes the temporary file and frees `out`'s parts.
 */
typedef struct file_writer {
    int fd;
    char *path;
    char *temporary;
} file_writer;

paw_status file_writer_open(const char *path, file_writer *out, paw_error *err);
paw_status file_writer_write(file_writer *writer, const void *data, size_t size, paw_error *err);
paw_status file_writer_commit(file_writer *writer, paw_error *err);
void file_writer_abandon(file_writer *writer);

/* One call for a buffer that is already whole. */
paw_status file_write_atomic(const char *path, const void *data, size_t size, paw_error *err);

/* Creates the directory and its parents (mode 0777 less the umask). */
paw_status file_make_dirs(const char *path, paw_error *err);

/* "a/b" from "a" and "b"; freed by the caller; NULL when out of memory. */
char *file_join(const char *dir, const char *name);

#endif
