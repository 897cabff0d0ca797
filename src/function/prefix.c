/* prefix.c: prefix states: named, mapped, checked, written beside their place and renamed. */
#include "function/prefix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "model/state.h"

enum { FORMAT_VERSION = 1 };

typedef struct header {
    char magic[8];
    char key[HASH_HEX_SIZE];
    char padding[7];
    uint64_t tokens, size; /* positions; bytes of the whole file */
} header;

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

static bool take_up(const char *path, const char *key, int n, model_state *state)
{
    file_map map;
    header h;
    size_t size = sizeof h + model_state_packed_size(state, n);
    bool sound = false;
    if (file_map_open(path, &map, NULL) != PAW_OK) {
        return false;
    }
    if (map.size == size) {
        memcpy(&h, map.data, sizeof h);
        sound = memcmp(h.magic, "PAWPFIX", 8) == 0 && memcmp(h.key, key, HASH_HEX_SIZE) == 0 && h.tokens == (uint64_t)n &&
                h.size == size;
    }
    if (sound) {
        model_state_unpack(state, n, map.data + sizeof h);
    }
    file_map_close(&map);
    return sound;
}

static void keep(const char *dir, const char *path, const char *key, int n, const model_state *state)
{
    size_t size = sizeof(header) + model_state_packed_size(state, n);
    header h = {.magic = "PAWPFIX", .tokens = (uint64_t)n, .size = size};
    uint8_t *data = malloc(size);
    if (data != NULL && file_make_dirs(dir, NULL) == PAW_OK) {
        memcpy(h.key, key, HASH_HEX_SIZE);
        memcpy(data, &h, sizeof h);
        model_state_pack(state, n, data + sizeof h);
        (void)file_write_atomic(path, data, size, NULL);
    }
    free(data);
}

static paw_status compute(paw_base *base, const adapter *lora, const token_list *tokens, model_state *state, paw_error *err)
{
    model_request r = {.tokens = tokens->data, .n = (int)tokens->size, .lora = lora};
    pthread_mutex_lock(&base->lock);
    paw_status status = model_forward(base->model, state, &r, err);
    pthread_mutex_unlock(&base->lock);
    return status;
}

paw_status prefix_fill(paw_base *base, const adapter *lora, const void *adapter_file, size_t adapter_size,
                       const token_list *tokens, model_state *state, paw_error *err)
{
    char key[HASH_HEX_SIZE], name[HASH_HEX_SIZE + 16];
    if (tokens->size == 0) {
        return PAW_OK;
    }
    if (base->state_dir == NULL || tokens->size > (size_t)model_context(base->model)) {
        return compute(base, lora, tokens, state, err);
    }
    make_key(base, adapter_file, adapter_size, tokens, key);
    snprintf(name, sizeof name, "%.40s.prefix", key);
    char *path = file_join(base->state_dir, name);
    if (path == NULL) {
        return paw_fail_memory(err, 256);
    }
    paw_status status = PAW_OK;
    if (!take_up(path, key, (int)tokens->size, state)) {
        status = compute(base, lora, tokens, state, err);
        if (status == PAW_OK) {
            keep(base->state_dir, path, key, (int)tokens->size, state);
        }
    }
    free(path);
    return status;
}
