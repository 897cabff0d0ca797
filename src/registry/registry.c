/* registry.c: where programs and base models lie. Not for: bringing them (pull.c). */
#define _GNU_SOURCE
#include "registry/registry.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"

enum { MIN_ID = 6 };

struct registry {
    char *models, *prepared, *programs, *states;
};

static char *home_dir(void)
{
    const char *paw = getenv("PAW_HOME"), *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (paw != NULL && paw[0] != '\0') {
        return strdup(paw);
    }
    if (cache != NULL && cache[0] == '/') {
        return file_join(cache, "paw");
    }
    return home != NULL && home[0] != '\0' ? file_join(home, ".cache/paw") : NULL;
}

paw_status registry_open(registry **out, paw_error *err)
{
    char *home = home_dir();
    if (home == NULL) {
        return paw_fail(err, PAW_ERR_NOT_FOUND, "PAW_HOME", "neither PAW_HOME, XDG_CACHE_HOME nor HOME is set; set PAW_HOME");
    }
    registry *r = calloc(1, sizeof *r);
    if (r != NULL) {
        r->models = file_join(home, "models");
        r->prepared = file_join(home, "models/prepared");
        r->programs = file_join(home, "programs");
        r->states = file_join(home, "programs/states");
    }
    free(home);
    if (r == NULL || r->models == NULL || r->prepared == NULL || r->programs == NULL || r->states == NULL) {
        registry_close(r);
        return paw_fail_memory(err, 256);
    }
    *out = r;
    return PAW_OK;
}

void registry_close(registry *r)
{
    if (r != NULL) {
        free(r->models);
        free(r->prepared);
        free(r->programs);
        free(r->states);
        free(r);
    }
}

char *registry_model_path(const registry *r, const runtime_info *runtime)
{
    return file_join(r->models, runtime->file);
}

const char *registry_prepared_dir(const registry *r)
{
    return r->prepared;
}

const char *registry_state_dir(const registry *r)
{
    return r->states;
}

paw_status registry_program_path(const registry *r, const char *id, char **out, paw_error *err)
{
    PAW_TRY(file_make_dirs(r->programs, err));
    char name[96];
    snprintf(name, sizeof name, "%s.paw", id);
    *out = file_join(r->programs, name);
    return *out != NULL ? PAW_OK : paw_fail_memory(err, 256);
}

static bool looks_like_id(const char *s)
{
    size_t n = strlen(s);
    for (size_t i = 0; i < n; i++) {
        if (!isdigit((unsigned char)s[i]) && !(s[i] >= 'a' && s[i] <= 'f')) {
            return false;
        }
    }
    return n >= MIN_ID && n <= 64;
}

paw_status registry_find_program(const registry *r, const char *reference, char **out, paw_error *err)
{
    struct stat st;
    int found = 0;
    *out = NULL;
    if (stat(reference, &st) == 0) {
        *out = strdup(reference);
        return *out != NULL ? PAW_OK : paw_fail_memory(err, strlen(reference));
    }
    if (!looks_like_id(reference)) {
        return paw_fail(err, PAW_ERR_NOT_FOUND, reference, "no such file, and not a program id (6 to 64 hex digits)");
    }
    DIR *dir = opendir(r->programs);
    for (struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL;) {
        size_t n = strlen(e->d_name);
        if (n > 4 && strcmp(e->d_name + n - 4, ".paw") == 0 && strncmp(e->d_name, reference, strlen(reference)) == 0) {
            free(*out);
            *out = file_join(r->programs, e->d_name);
            found++;
        }
    }
    if (dir != NULL) {
        closedir(dir);
    }
    if (found == 1 && *out != NULL) {
        return PAW_OK;
    }
    free(*out);
    *out = NULL;
    return found > 1 ? paw_fail(err, PAW_ERR_ARGUMENT, reference, "%d programs begin with this id; give more digits", found)
                     : paw_fail(err, PAW_ERR_NOT_FOUND, reference, "no program with this id in %s", r->programs);
}
