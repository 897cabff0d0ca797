/*
 * prepared.c: weights laid out for the kernels, kept in a file beside the model (or in a cache) and mapped at later starts.
 *
 * The file: 128 bytes of header (magic, key, size), then the matrices in the order of the sources, each 64-byte aligned. The
 * key is a hash over the model file's size, inode and time of change, samples of all of it, and this layout's version: a
 * model file that was replaced gets a new prepared file.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "model/internal.h"
#include "model/state.h"

enum { LAYOUT_VERSION = 4, HEADER = 128, SAMPLES = 96, SAMPLE_SIZE = 1024 };

typedef struct header {
    char magic[8];
    char key[HASH_HEX_SIZE];
    char padding[7];
    uint64_t size;
} header;

_Static_assert(sizeof(header) <= HEADER, "the header has its place");

static void make_key(const gguf_file *file, char key[HASH_HEX_SIZE])
{
    uint64_t facts[4] = {LAYOUT_VERSION, gguf_file_size(file), (uint64_t)gguf_mtime_ns(file), gguf_inode(file)};
    hash_part parts[1 + SAMPLES] = {{facts, sizeof facts}};
    size_t size = gguf_file_size(file), sample = size < SAMPLE_SIZE ? size : SAMPLE_SIZE;
    for (size_t i = 0; i < SAMPLES; i++) {
        size_t at = (size - sample) / (SAMPLES - 1) * i;
        parts[1 + i] = (hash_part){(const uint8_t *)gguf_file_data(file) + at, sample};
    }
    hash_blake2b_hex(parts, 1 + SAMPLES, key);
}

char *model_kept_path(const model *m, const char *ending)
{
    const char *name = gguf_name(m->file);
    size_t length = strlen(name) + (m->cache_dir != NULL ? strlen(m->cache_dir) : 0) + strlen(ending) + 64;
    char *path = malloc(length);
    if (path == NULL) {
        return NULL;
    }
    if (m->cache_dir == NULL) {
        snprintf(path, length, "%s.%s", name, ending);
    } else {
        snprintf(path, length, "%s/%.32s.%s", m->cache_dir, m->identity, ending);
    }
    return path;
}

static void point(weight_source *sources, size_t n, const uint8_t *data)
{
    for (size_t i = 0; i < n; i++) {
        sources[i].target->data = data;
        data += matrix_size(sources[i].target);
    }
}

/* True when `path` holds this model's weights: then they are mapped. */
static bool map_existing(model *m, const char *path, size_t size)
{
    header h;
    if (file_map_open(path, &m->prepared, NULL) != PAW_OK) {
        return false;
    }
    file_map_huge(&m->prepared);
    if (m->prepared.size == size) {
        memcpy(&h, m->prepared.data, sizeof h);
        if (memcmp(h.magic, "PAWPREP", 8) == 0 && memcmp(h.key, m->identity, HASH_HEX_SIZE) == 0 && h.size == size) {
            return true;
        }
    }
    file_map_close(&m->prepared);
    return false;
}

static paw_status unsound(const model *m, const gguf_tensor *t, paw_error *err)
{
    char where[280];
    snprintf(where, sizeof where, "%s: %s", gguf_name(m->file), t->name);
    return paw_fail(err, PAW_ERR_FORMAT, where, "a value or a block's scale is not a finite number; fetch the file again");
}

typedef struct job {
    const weight_source *source;
    uint8_t *dst;
    bool *sound; /* one flag a thread */
} job;

static void prepare_groups(void *context, int begin, int end, int thread)
{
    const job *j = context;
    const gguf_tensor *t = j->source->tensor;
    if (!matrix_prepare(j->source->target, t->type, t->data, j->dst, begin, end)) {
        j->sound[thread] = false;
    }
}

/* Embeddings that are not also the output matrix are read row by row from the model file: looked over once, here. */
static paw_status check_embedding(const model *m, paw_error *err)
{
    size_t n = (size_t)m->shape.n_embd, row = format_size(m->embedding->type, n);
    float *x = malloc(n * sizeof *x);
    bool sound = true;
    if (x == NULL) {
        return paw_fail_memory(err, n * sizeof *x);
    }
    for (int i = 0; i < m->shape.n_vocab && sound; i++) {
        format_dequantise(m->embedding->type, m->embedding->data + (size_t)i * row, x, n);
        for (size_t j = 0; j < n; j++) {
            sound = sound && isfinite(x[j]);
        }
    }
    free(x);
    return sound ? PAW_OK : unsound(m, m->embedding, err);
}

static paw_status lay_out(model *m, weight_source *sources, size_t n, uint8_t *data, paw_error *err)
{
    bool sound[64];
    memset(sound, true, sizeof sound);
    for (size_t i = 0; i < n; i++) {
        job j = {&sources[i], data, sound};
        thread_pool_run(m->pool, sources[i].target->groups, 8, prepare_groups, &j);
        for (int t = 0; t < thread_pool_size(m->pool); t++) {
            if (!sound[t]) {
                return unsound(m, sources[i].tensor, err);
            }
        }
        data += matrix_size(sources[i].target);
    }
    return sources[n - 1].tensor == m->embedding ? PAW_OK : check_embedding(m, err);
}

/* Keeping the file is a matter of speed only: a read-only place or a full disk is no error. */
static void keep(const model *m, const char *path, size_t size)
{
    uint8_t first[HEADER] = {0};
    header h = {.magic = "PAWPREP", .size = size};
    file_writer writer;
    memcpy(h.key, m->identity, HASH_HEX_SIZE);
    memcpy(first, &h, sizeof h);
    if (m->cache_dir != NULL && file_make_dirs(m->cache_dir, NULL) != PAW_OK) {
        return;
    }
    if (file_writer_open(path, &writer, NULL) != PAW_OK) {
        return;
    }
    if (file_writer_write(&writer, first, HEADER, NULL) != PAW_OK ||
        file_writer_write(&writer, m->memory, size - HEADER, NULL) != PAW_OK ||
        file_writer_commit(&writer, NULL) != PAW_OK) {
        file_writer_abandon(&writer);
    }
}

paw_status prepared_load(model *m, weight_source *sources, size_t n, paw_error *err)
{
    size_t size = HEADER;
    for (size_t i = 0; i < n; i++) {
        size += matrix_size(sources[i].target);
    }
    make_key(m->file, m->identity);
    char *path = model_kept_path(m, "prepared");
    if (path == NULL) {
        return paw_fail_memory(err, 256);
    }
    if (map_existing(m, path, size)) {
        point(sources, n, m->prepared.data + HEADER);
        m->found = true;
        free(path);
        return PAW_OK;
    }
    m->memory = aligned_alloc(64, size - HEADER + 64 - (size - HEADER) % 64);
    paw_status status = m->memory == NULL ? paw_fail_memory(err, size) : lay_out(m, sources, n, m->memory, err);
    if (status == PAW_OK) {
        point(sources, n, m->memory);
        keep(m, path, size);
        if (map_existing(m, path, size)) { /* the same bytes twice in memory otherwise: here and in the page cache */
            point(sources, n, m->prepared.data + HEADER);
            free(m->memory);
            m->memory = NULL;
        }
    }
    free(path);
    return status;
}
