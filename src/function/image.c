/*
 * image.c: program images: named, mapped, checked, written beside their place and renamed. The file: a header, the packed
 * adapter, the packed state (model/state.h), each beginning at a multiple of 4096.
 */
#include "function/image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/state.h"

enum { FORMAT_VERSION = 2, ALIGN = 4096 };

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

static void make_key(const paw_base *base, const void *adapter_file, size_t adapter_size, const token_list *tokens,
                     char key[HASH_HEX_SIZE])
{
    uint64_t facts[3] = {FORMAT_VERSION, adapter_size, tokens->size};
    const char *identity = model_identity(base->model), *version = paw_version();
    hash_part parts[5] = {{facts, sizeof facts},
                          {identity, strlen(identity)},
                          {version, strlen(version)},
                          {tokens->data, tokens->size * sizeof *tokens->data},
                          {adapter_file, adapter_size}};
    hash_blake2b_hex(parts, 5, key);
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
    if (is_sound(base, &image->map, key, tokens, with_adapter)) {
        memcpy(&h, image->map.data, sizeof h);
        const uint8_t *packed = image->map.data + ALIGN;
        if (!with_adapter || adapter_attach(base->model, packed, (size_t)h.adapter_size, &image->lora, NULL) == PAW_OK) {
            model_state_attach(image->state, packed + round_up((size_t)h.adapter_size), (int)tokens->size);
            return true;
        }
    }
    file_map_close(&image->map);
    return false;
}

static void keep(const char *dir, const char *path, const char *key, const model *m, const program_image *image)
{
    size_t packed = image->lora != NULL ? adapter_packed_size(image->lora) : 0;
    size_t size = ALIGN + round_up(packed) + model_state_packed_size(m, image->prefix_tokens);
    header h = {.magic = "PAWIMAGE", .tokens = (uint64_t)image->prefix_tokens, .adapter_size = packed, .size = size};
    uint8_t *data = calloc(size, 1);
    if (data != NULL && file_make_dirs(dir, NULL) == PAW_OK) {
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

static paw_status read_adapter(const paw_base *base, const void *data, size_t size, const char *name, adapter **out,
                               paw_error *err)
{
    gguf_file *file;
    PAW_TRY(gguf_open_memory(data, size, name, &file, err));
    paw_status status = adapter_read(base->model, file, out, err);
    gguf_close(file);
    return status;
}

static paw_status compute(paw_base *base, const void *adapter_file, size_t adapter_size, const char *name,
                          const token_list *tokens, program_image *image, paw_error *err)
{
    paw_status status = PAW_OK;
    pthread_mutex_lock(&base->lock);
    if (adapter_file != NULL) {
        status = read_adapter(base, adapter_file, adapter_size, name, &image->lora, err);
    }
    if (status == PAW_OK && tokens->size > 0) {
        model_request r = {.tokens = tokens->data, .n = (int)tokens->size, .lora = image->lora};
        status = model_forward(base->model, image->state, &r, err);
    }
    pthread_mutex_unlock(&base->lock);
    return status;
}

static paw_status load(paw_base *base, const void *adapter_file, size_t adapter_size, const char *name,
                       const token_list *tokens, program_image *image, paw_error *err)
{
    char key[HASH_HEX_SIZE], file_name[HASH_HEX_SIZE + 16];
    PAW_TRY(model_state_new(base->model, &image->state, err));
    image->prefix_tokens = (int)tokens->size;
    if (base->state_dir == NULL || tokens->size > (size_t)model_context(base->model) || (tokens->size == 0 && adapter_file == NULL)) {
        return compute(base, adapter_file, adapter_size, name, tokens, image, err);
    }
    make_key(base, adapter_file, adapter_size, tokens, key);
    snprintf(file_name, sizeof file_name, "%.40s.image", key);
    char *path = file_join(base->state_dir, file_name);
    if (path == NULL) {
        return paw_fail_memory(err, 256);
    }
    paw_status status = PAW_OK;
    if (!take_up(base, path, key, tokens, adapter_file != NULL, image)) {
        status = compute(base, adapter_file, adapter_size, name, tokens, image, err);
        if (status == PAW_OK) {
            keep(base->state_dir, path, key, base->model, image);
        }
    }
    free(path);
    return status;
}

paw_status image_load(paw_base *base, const void *adapter_file, size_t adapter_size, const char *name,
                      const token_list *tokens, program_image *out, paw_error *err)
{
    memset(out, 0, sizeof *out);
    paw_status status = load(base, adapter_file, adapter_size, name, tokens, out, err);
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
