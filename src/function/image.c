/*
 * image.c: program images: named, mapped, checked, written beside their place and renamed. The file: a header, the packed
 * adapter, the packed state (model/state.h), each beginning at a multiple of 4096.
 */
#include "function/image.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/state.h"

enum { FORMAT_VERSION = 4, ALIGN = 4096 }; /* a change to the arithmetic is a new version too */
static const uint64_t IMAGES_MOST = UINT64_C(1) << 30; /* bytes of a folder of images */

typedef struct header {
    char magic[8];
    char key[HASH_HEX_SIZE];
    char padding[7];
    uint64_t tokens, adapter_size, size; /* positions; bytes of the packed adapter (0: none) and of the whole file */
} header;

static size_t round_up(size_t n)
{
    return (n + ALIGN - 1) / ALIGN * ALIGN;
}

static void make_key(const paw_base *base, const bundle *program, const token_list *tokens, char key[HASH_HEX_SIZE])
{
    uint64_t facts[2] = {FORMAT_VERSION, tokens->size};
    const char *identity = model_identity(base->model), *version = paw_version();
    hash_part parts[6] = {{facts, sizeof facts},
                          {identity, strlen(identity)},
                          {version, strlen(version)},
                          {tokens->data, tokens->size * sizeof *tokens->data}};
    if (program != NULL) {
        parts[4] = (hash_part){&program->stamp, sizeof program->stamp};
        parts[5] = (hash_part){program->meta, strlen(program->meta)};
    }
    hash_blake2b_hex(parts, program != NULL ? 6 : 4, key);
}

/* Whether the mapped file is the image with this key, whole and of the sizes that the model gives. */
static bool is_sound(const paw_base *base, const file_map *map, const char *key, const token_list *tokens, bool with_adapter)
{
    header h;
    if (map->size < ALIGN) {
        return false;
    }
    memcpy(&h, map->data, sizeof h);
    if (memcmp(h.magic, "PAWIMAGE", 8) != 0 || memcmp(h.key, key, HASH_HEX_SIZE) != 0 || h.size != map->size ||
        h.tokens != tokens->size || (h.adapter_size > 0) != with_adapter || h.adapter_size > h.size) {
        return false;
    }
    return h.size == ALIGN + round_up(h.adapter_size) + model_state_packed_size(base->model, (int)tokens->size);
}

/* True when `path` holds the image: then it is mapped. */
static bool take_up(const paw_base *base, const char *path, const char *key, const token_list *tokens, bool with_adapter,
                    program_image *image)
{
    header h;
    if (file_map_open(path, &image->map, NULL) != PAW_OK) {
        return false;
    }
    file_map_huge(&image->map);
    if (is_sound(base, &image->map, key, tokens, with_adapter)) {
        memcpy(&h, image->map.data, sizeof h);
        const uint8_t *packed = image->map.data + ALIGN;
        if (!with_adapter || adapter_attach(base->model, packed, (size_t)h.adapter_size, &image->lora, NULL) == PAW_OK) {
            model_state_attach(image->state, packed + round_up((size_t)h.adapter_size), (int)tokens->size);
            (void)utimensat(AT_FDCWD, path, NULL, 0); /* used now: the last to go */
            return true;
        }
    }
    file_map_close(&image->map);
    return false;
}

/* ---- room for it ---- */

typedef struct kept_file {
    char *path;
    int64_t mtime_ns;
    uint64_t size;
} kept_file;

static int by_age(const void *a, const void *b)
{
    const kept_file *x = a, *y = b;
    return x->mtime_ns < y->mtime_ns ? -1 : x->mtime_ns > y->mtime_ns;
}

/* Appends the file to the list if it is an image; false when out of memory. */
static bool add_file(const char *dir, const char *name, kept_file **files, size_t *n)
{
    struct stat st;
    size_t length = strlen(name);
    if (length < 7 || strcmp(name + length - 6, ".image") != 0) {
        return true;
    }
    char *path = file_join(dir, name);
    kept_file *grown = path != NULL ? realloc(*files, (*n + 1) * sizeof *grown) : NULL;
    if (grown == NULL || stat(path, &st) != 0) {
        free(path);
        *files = grown != NULL ? grown : *files;
        return grown != NULL;
    }
    *files = grown;
    grown[(*n)++] = (kept_file){path, (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec, (uint64_t)st.st_size};
    return true;
}

/* Removes the images used longest ago until `size` more bytes fit. A program that has one mapped keeps what it has. */
static void make_room(const char *dir, uint64_t size)
{
    kept_file *files = NULL;
    size_t n = 0;
    uint64_t total = size;
    DIR *d = opendir(dir);
    bool sound = d != NULL;
    for (struct dirent *e; sound && (e = readdir(d)) != NULL;) {
        sound = add_file(dir, e->d_name, &files, &n);
    }
    if (d != NULL) {
        closedir(d);
    }
    for (size_t i = 0; i < n; i++) {
        total += files[i].size;
    }
    if (n > 0) {
        qsort(files, n, sizeof *files, by_age);
    }
    for (size_t i = 0; i < n; i++) {
        if (total > IMAGES_MOST && unlink(files[i].path) == 0) {
            total -= files[i].size;
        }
        free(files[i].path);
    }
    free(files);
}

/* ---- making one ---- */

static void keep(const char *dir, const char *path, const char *key, const model *m, const program_image *image)
{
    size_t packed = image->lora != NULL ? adapter_packed_size(image->lora) : 0;
    size_t size = ALIGN + round_up(packed) + model_state_packed_size(m, image->prefix_tokens);
    header h = {.magic = "PAWIMAGE", .tokens = (uint64_t)image->prefix_tokens, .adapter_size = packed, .size = size};
    uint8_t *data = calloc(size, 1);
    if (data != NULL && file_make_dirs(dir, NULL) == PAW_OK) {
        make_room(dir, size);
        memcpy(h.key, key, HASH_HEX_SIZE);
        memcpy(data, &h, sizeof h);
        if (image->lora != NULL) {
            adapter_pack(image->lora, data + ALIGN);
        }
        model_state_pack(image->state, image->prefix_tokens, data + ALIGN + round_up(packed));
        (void)file_write_atomic(path, data, size, NULL);
    }
    free(data);
}

static paw_status read_adapter(const paw_base *base, const bundle *b, const char *path, adapter **out, paw_error *err)
{
    gguf_file *file;
    char name[280];
    snprintf(name, sizeof name, "%s: adapter.gguf", path);
    PAW_TRY(gguf_open_memory(b->adapter, b->adapter_size, name, &file, err));
    paw_status status = adapter_read(base->model, file, out, err);
    gguf_close(file);
    return status;
}

static paw_status compute(paw_base *base, const char *path, const token_list *tokens, program_image *image, paw_error *err)
{
    bundle whole = {0};
    if (path != NULL) {
        PAW_TRY(bundle_read(path, true, &whole, err));
    }
    pthread_mutex_lock(&base->lock);
    paw_status status = path != NULL ? read_adapter(base, &whole, path, &image->lora, err) : PAW_OK;
    if (status == PAW_OK && tokens->size > 0) {
        model_request r = {.tokens = tokens->data, .n = (int)tokens->size, .lora = image->lora};
        status = model_forward(base->model, image->state, &r, err);
    }
    pthread_mutex_unlock(&base->lock);
    bundle_free(&whole);
    return status;
}

static paw_status load(paw_base *base, const char *program_path, const bundle *program, const token_list *tokens,
                       program_image *image, paw_error *err)
{
    char key[HASH_HEX_SIZE], file_name[HASH_HEX_SIZE + 16];
    PAW_TRY(model_state_new(base->model, &image->state, err));
    image->prefix_tokens = (int)tokens->size;
    if (base->state_dir == NULL || tokens->size > (size_t)model_context(base->model) || (tokens->size == 0 && program == NULL)) {
        return compute(base, program_path, tokens, image, err);
    }
    make_key(base, program, tokens, key);
    snprintf(file_name, sizeof file_name, "%.40s.image", key);
    char *path = file_join(base->state_dir, file_name);
    if (path == NULL) {
        return paw_fail_memory(err, 256);
    }
    paw_status status = PAW_OK;
    if (!take_up(base, path, key, tokens, program != NULL, image)) {
        status = compute(base, program_path, tokens, image, err);
        if (status == PAW_OK) {
            keep(base->state_dir, path, key, base->model, image);
        }
    }
    free(path);
    return status;
}

paw_status image_load(paw_base *base, const char *path, const bundle *program, const token_list *tokens, program_image *out,
                      paw_error *err)
{
    memset(out, 0, sizeof *out);
    paw_status status = load(base, path, program, tokens, out, err);
    if (status != PAW_OK) {
        image_free(out);
    }
    return status;
}

void image_free(program_image *image)
{
    adapter_free(image->lora);
    model_state_free(image->state);
    file_map_close(&image->map);
    memset(image, 0, sizeof *image);
}
