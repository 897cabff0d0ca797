/* reader.c: parsing a GGUF file in place. Not for: what its keys mean. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "gguf/gguf.h"

enum {
    MAX_ITEMS = 1 << 20,     /* keys, and tensors */
    MAX_NAME = 256,          /* bytes of a key or a tensor name */
    DEFAULT_ALIGNMENT = 32
};

typedef struct entry {
    gguf_text key;
    gguf_kind kind;
    gguf_kind element;    /* of an array */
    uint64_t count;       /* of an array */
    const uint8_t *value; /* of an array: its first element */
} entry;

struct gguf_file {
    char *name;
    file_map map; /* data NULL when over the caller's memory */
    const uint8_t *data;
    size_t size, header_size;
    entry *entries;
    size_t n_entries;
    gguf_tensor *tensors;
    size_t n_tensors;
    uint32_t *table; /* open addressing over tensor names; index + 1, 0 free */
    size_t table_size;
};

typedef struct cursor {
    const gguf_file *file;
    size_t at;
    paw_error *err;
} cursor;

static const size_t kind_size[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
static const char *const kind_name[] = {"u8",   "i8",     "u16",   "i16", "u32", "i32", "f32",
                                        "bool", "string", "array", "u64", "i64", "f64"};

static paw_status fail(const gguf_file *file, paw_error *err, const char *what, const char *format, uint64_t a)
{
    char where[280], message[200];
    snprintf(where, sizeof where, "%s: %s", file->name, what);
    snprintf(message, sizeof message, format, a);
    return paw_fail(err, PAW_ERR_FORMAT, where, "%s", message);
}

static paw_status take(cursor *c, size_t n, const uint8_t **out, const char *what)
{
    if (n > c->file->size - c->at) {
        return fail(c->file, c->err, what, "the file ends in the middle of it (byte %" PRIu64 "); fetch it again",
                    c->file->size);
    }
    *out = c->file->data + c->at;
    c->at += n;
    return PAW_OK;
}

static paw_status take_u32(cursor *c, uint32_t *out, const char *what)
{
    const uint8_t *p = NULL;
    PAW_TRY(take(c, 4, &p, what));
    memcpy(out, p, 4);
    return PAW_OK;
}

static paw_status take_u64(cursor *c, uint64_t *out, const char *what)
{
    const uint8_t *p = NULL;
    PAW_TRY(take(c, 8, &p, what));
    memcpy(out, p, 8);
    return PAW_OK;
}

static paw_status take_text(cursor *c, gguf_text *out, const char *what)
{
    uint64_t n = 0;
    const uint8_t *p = NULL;
    PAW_TRY(take_u64(c, &n, what));
    PAW_TRY(take(c, n > SIZE_MAX ? SIZE_MAX : (size_t)n, &p, what));
    *out = (gguf_text){(const char *)p, (size_t)n};
    return PAW_OK;
}

static paw_status take_array(cursor *c, entry *e, const char *what)
{
    uint32_t element = 0;
    const uint8_t *ignored;
    PAW_TRY(take_u32(c, &element, what));
    PAW_TRY(take_u64(c, &e->count, what));
    if (element > GGUF_F64 || element == GGUF_ARRAY) {
        return fail(c->file, c->err, what, "array of unknown element type %" PRIu64, element);
    }
    e->element = (gguf_kind)element;
    e->value = c->file->data + c->at;
    if (element != GGUF_STRING) {
        if (e->count > (c->file->size - c->at) / kind_size[element]) {
            return fail(c->file, c->err, what, "array of %" PRIu64 " elements is longer than the file", e->count);
        }
        return take(c, (size_t)e->count * kind_size[element], &ignored, what);
    }
    for (uint64_t i = 0; i < e->count; i++) {
        gguf_text text;
        PAW_TRY(take_text(c, &text, what));
    }
    return PAW_OK;
}

static paw_status parse_entry(cursor *c, entry *e)
{
    uint32_t kind = 0;
    PAW_TRY(take_text(c, &e->key, "metadata key"));
    if (e->key.size == 0 || e->key.size >= MAX_NAME) {
        return fail(c->file, c->err, "metadata key", "has %" PRIu64 " bytes; 1 to 255 are possible", e->key.size);
    }
    char what[MAX_NAME];
    snprintf(what, sizeof what, "%.*s", (int)e->key.size, e->key.data);
    PAW_TRY(take_u32(c, &kind, what));
    if (kind > GGUF_F64) {
        return fail(c->file, c->err, what, "unknown value type %" PRIu64, kind);
    }
    e->kind = (gguf_kind)kind;
    if (kind == GGUF_ARRAY) {
        return take_array(c, e, what);
    }
    e->value = c->file->data + c->at;
    if (kind == GGUF_STRING) {
        gguf_text ignored;
        return take_text(c, &ignored, what);
    }
    const uint8_t *ignored;
    return take(c, kind_size[kind], &ignored, what);
}

static paw_status tensor_shape(cursor *c, gguf_tensor *t)
{
    uint32_t dims = 0;
    uint64_t total = 1;
    PAW_TRY(take_u32(c, &dims, t->name));
    if (dims < 1 || dims > GGUF_MAX_DIMS) {
        return fail(c->file, c->err, t->name, "has %" PRIu64 " dimensions; 1 to 4 are possible", dims);
    }
    t->n_dims = (int)dims;
    for (int i = 0; i < GGUF_MAX_DIMS; i++) {
        t->ne[i] = 1;
        if (i < t->n_dims) {
            PAW_TRY(take_u64(c, &t->ne[i], t->name));
        }
        if (t->ne[i] == 0 || t->ne[i] > (UINT64_C(1) << 40) / total) {
            return fail(c->file, c->err, t->name, "a dimension of %" PRIu64 " is out of range", t->ne[i]);
        }
        total *= t->ne[i];
    }
    return PAW_OK;
}

/* The tensor's offset is left in `size` until the data section is known. */
static paw_status parse_tensor(cursor *c, gguf_tensor *t)
{
    gguf_text name;
    uint32_t type = 0;
    uint64_t offset = 0;
    PAW_TRY(take_text(c, &name, "tensor name"));
    if (name.size == 0 || name.size >= MAX_NAME || memchr(name.data, 0, name.size) != NULL) {
        return fail(c->file, c->err, "tensor name", "has %" PRIu64 " bytes or a NUL; 1 to 255 are possible", name.size);
    }
    t->name = strndup(name.data, name.size);
    if (t->name == NULL) {
        return paw_fail_memory(c->err, name.size);
    }
    PAW_TRY(tensor_shape(c, t));
    PAW_TRY(take_u32(c, &type, t->name));
    PAW_TRY(take_u64(c, &offset, t->name));
    const tensor_format *format = format_of(type);
    if (format == NULL) {
        char where[280];
        snprintf(where, sizeof where, "%s: %s", c->file->name, t->name);
        return paw_fail(c->err, PAW_ERR_UNSUPPORTED, where, "block format number %u is not supported", type);
    }
    if (t->ne[0] % format->block != 0) {
        return fail(c->file, c->err, t->name, "rows of %" PRIu64 " values are no whole number of blocks", t->ne[0]);
    }
    t->type = (tensor_type)type;
    t->size = (size_t)offset;
    return PAW_OK;
}

static paw_status place_tensor(const gguf_file *file, gguf_tensor *t, size_t data_start, uint32_t alignment,
                               paw_error *err)
{
    uint64_t offset = t->size, values = t->ne[0] * t->ne[1] * t->ne[2] * t->ne[3];
    size_t size = format_size(t->type, (size_t)values);
    if (offset % alignment != 0) {
        return fail(file, err, t->name, "its offset %" PRIu64 " is not aligned", offset);
    }
    if (data_start > file->size || offset > file->size - data_start || size > file->size - data_start - offset) {
        return fail(file, err, t->name, "its data reaches beyond the end of the file (%" PRIu64 " bytes); fetch it again",
                    file->size);
    }
    t->data = file->data + data_start + offset;
    t->size = size;
    return PAW_OK;
}

static uint32_t *slot_of(const gguf_file *file, const char *name)
{
    size_t mask = file->table_size - 1, i = (size_t)hash_fnv(name, strlen(name)) & mask;
    while (file->table[i] != 0 && strcmp(file->tensors[file->table[i] - 1].name, name) != 0) {
        i = (i + 1) & mask;
    }
    return &file->table[i];
}

static paw_status index_tensors(gguf_file *file, paw_error *err)
{
    file->table_size = 16;
    while (file->table_size < 2 * file->n_tensors) {
        file->table_size *= 2;
    }
    file->table = calloc(file->table_size, sizeof *file->table);
    if (file->table == NULL) {
        return paw_fail_memory(err, file->table_size * sizeof *file->table);
    }
    for (size_t i = 0; i < file->n_tensors; i++) {
        uint32_t *slot = slot_of(file, file->tensors[i].name);
        if (*slot != 0) {
            return fail(file, err, file->tensors[i].name, "the name stands twice (tensor %" PRIu64 ")", i);
        }
        *slot = (uint32_t)i + 1;
    }
    return PAW_OK;
}

static paw_status parse_header(cursor *c, uint64_t *n_tensors, uint64_t *n_entries)
{
    const uint8_t *magic = NULL;
    uint32_t version = 0;
    PAW_TRY(take(c, 4, &magic, "header"));
    if (memcmp(magic, "GGUF", 4) != 0) {
        return fail(c->file, c->err, "header", "not a GGUF file%.0" PRIu64, 0);
    }
    PAW_TRY(take_u32(c, &version, "header"));
    if (version < 2 || version > 3) {
        return paw_fail(c->err, PAW_ERR_UNSUPPORTED, c->file->name, "GGUF version %u; versions 2 and 3 can be read",
                        version);
    }
    PAW_TRY(take_u64(c, n_tensors, "header"));
    PAW_TRY(take_u64(c, n_entries, "header"));
    /* The smallest key takes 13 bytes, the smallest tensor 32: a cheap check before memory is taken. */
    if (*n_tensors > MAX_ITEMS || *n_entries > MAX_ITEMS || *n_tensors * 24 + *n_entries * 13 > c->file->size) {
        return fail(c->file, c->err, "header", "its counts (%" PRIu64 " tensors) do not fit the file", *n_tensors);
    }
    return PAW_OK;
}

static paw_status parse(gguf_file *file, paw_error *err)
{
    cursor c = {file, 0, err};
    uint64_t n_tensors = 0, n_entries = 0;
    uint32_t alignment = DEFAULT_ALIGNMENT;
    PAW_TRY(parse_header(&c, &n_tensors, &n_entries));
    file->entries = calloc((size_t)n_entries + 1, sizeof *file->entries);
    file->tensors = calloc((size_t)n_tensors + 1, sizeof *file->tensors);
    if (file->entries == NULL || file->tensors == NULL) {
        return paw_fail_memory(err, (size_t)(n_entries * sizeof *file->entries + n_tensors * sizeof *file->tensors));
    }
    for (uint64_t i = 0; i < n_entries; i++, file->n_entries++) {
        PAW_TRY(parse_entry(&c, &file->entries[i]));
    }
    PAW_TRY(gguf_get_u32_or(file, "general.alignment", DEFAULT_ALIGNMENT, &alignment, err));
    if (alignment < 1 || alignment > 65536 || (alignment & (alignment - 1)) != 0) {
        return fail(file, err, "general.alignment", "%" PRIu64 " is no power of two up to 65536", alignment);
    }
    for (uint64_t i = 0; i < n_tensors; i++) {
        file->n_tensors++; /* before parsing: a name taken by a failed tensor is freed too */
        PAW_TRY(parse_tensor(&c, &file->tensors[i]));
    }
    file->header_size = c.at;
    size_t data_start = (c.at + alignment - 1) / alignment * alignment;
    for (uint64_t i = 0; i < n_tensors; i++) {
        PAW_TRY(place_tensor(file, &file->tensors[i], data_start, alignment, err));
    }
    return index_tensors(file, err);
}

static paw_status open_common(gguf_file *file, const char *name, gguf_file **out, paw_error *err)
{
    file->name = strdup(name);
    paw_status status = file->name == NULL ? paw_fail_memory(err, strlen(name)) : parse(file, err);
    if (status != PAW_OK) {
        gguf_close(file);
        return status;
    }
    *out = file;
    return PAW_OK;
}

paw_status gguf_open(const char *path, gguf_file **out, paw_error *err)
{
    gguf_file *file = calloc(1, sizeof *file);
    if (file == NULL) {
        return paw_fail_memory(err, sizeof *file);
    }
    paw_status status = file_map_open(path, &file->map, err);
    if (status != PAW_OK) {
        free(file);
        return status;
    }
    file->data = file->map.data;
    file->size = file->map.size;
    return open_common(file, path, out, err);
}

paw_status gguf_open_memory(const void *data, size_t size, const char *name, gguf_file **out, paw_error *err)
{
    gguf_file *file = calloc(1, sizeof *file);
    if (file == NULL) {
        return paw_fail_memory(err, sizeof *file);
    }
    file->data = data;
    file->size = size;
    return open_common(file, name, out, err);
}

void gguf_close(gguf_file *file)
{
    if (file == NULL) {
        return;
    }
    for (size_t i = 0; i < file->n_tensors; i++) {
        free(file->tensors[i].name);
    }
    free(file->tensors);
    free(file->entries);
    free(file->table);
    free(file->name);
    file_map_close(&file->map);
    free(file);
}

const char *gguf_name(const gguf_file *file)
{
    return file->name;
}

const void *gguf_header(const gguf_file *file, size_t *size)
{
    *size = file->header_size;
    return file->data;
}

size_t gguf_file_size(const gguf_file *file)
{
    return file->size;
}

const void *gguf_file_data(const gguf_file *file)
{
    return file->data;
}

int64_t gguf_mtime_ns(const gguf_file *file)
{
    return file->map.mtime_ns;
}

uint64_t gguf_inode(const gguf_file *file)
{
    return file->map.inode;
}

/* ---- metadata ---- */

static const entry *find(const gguf_file *file, const char *key)
{
    size_t n = strlen(key);
    for (size_t i = 0; i < file->n_entries; i++) {
        const entry *e = &file->entries[i];
        if (e->key.size == n && memcmp(e->key.data, key, n) == 0) {
            return e;
        }
    }
    return NULL;
}

bool gguf_has(const gguf_file *file, const char *key)
{
    return find(file, key) != NULL;
}

static paw_status require(const gguf_file *file, const char *key, const entry **out, paw_error *err)
{
    *out = find(file, key);
    return *out != NULL ? PAW_OK : fail(file, err, key, "the metadata key is missing%.0" PRIu64, 0);
}

static paw_status wrong_kind(const gguf_file *file, const char *key, gguf_kind kind, const char *wanted, paw_error *err)
{
    char where[280];
    snprintf(where, sizeof where, "%s: %s", file->name, key);
    return paw_fail(err, PAW_ERR_FORMAT, where, "is of type %s; %s is wanted", kind_name[kind], wanted);
}

/* Any integer that is not negative and fits in 32 bits. */
static paw_status as_u32(const gguf_file *file, const entry *e, const char *key, uint32_t *out, paw_error *err)
{
    uint64_t value = 0;
    switch (e->kind) {
    case GGUF_U8:
    case GGUF_U16:
    case GGUF_U32:
    case GGUF_U64: memcpy(&value, e->value, kind_size[e->kind]); break;
    case GGUF_I8: value = (uint64_t)(int64_t)(int8_t)e->value[0]; break;
    case GGUF_I16: { int16_t v; memcpy(&v, e->value, 2); value = (uint64_t)(int64_t)v; break; }
    case GGUF_I32: { int32_t v; memcpy(&v, e->value, 4); value = (uint64_t)(int64_t)v; break; }
    case GGUF_I64: memcpy(&value, e->value, 8); break;
    default: return wrong_kind(file, key, e->kind, "an integer", err);
    }
    if (value > UINT32_MAX) {
        return fail(file, err, key, "the value %" PRId64 " is out of range", value);
    }
    *out = (uint32_t)value;
    return PAW_OK;
}

paw_status gguf_get_u32(const gguf_file *file, const char *key, uint32_t *out, paw_error *err)
{
    const entry *e;
    PAW_TRY(require(file, key, &e, err));
    return as_u32(file, e, key, out, err);
}

paw_status gguf_get_u32_or(const gguf_file *file, const char *key, uint32_t fallback, uint32_t *out, paw_error *err)
{
    *out = fallback;
    return gguf_has(file, key) ? gguf_get_u32(file, key, out, err) : PAW_OK;
}

paw_status gguf_get_f32(const gguf_file *file, const char *key, float *out, paw_error *err)
{
    const entry *e;
    PAW_TRY(require(file, key, &e, err));
    if (e->kind != GGUF_F32) {
        return wrong_kind(file, key, e->kind, "f32", err);
    }
    memcpy(out, e->value, 4);
    return PAW_OK;
}

paw_status gguf_get_f32_or(const gguf_file *file, const char *key, float fallback, float *out, paw_error *err)
{
    *out = fallback;
    return gguf_has(file, key) ? gguf_get_f32(file, key, out, err) : PAW_OK;
}

paw_status gguf_get_bool(const gguf_file *file, const char *key, bool *out, paw_error *err)
{
    const entry *e;
    PAW_TRY(require(file, key, &e, err));
    if (e->kind != GGUF_BOOL) {
        return wrong_kind(file, key, e->kind, "bool", err);
    }
    *out = e->value[0] != 0;
    return PAW_OK;
}

paw_status gguf_get_bool_or(const gguf_file *file, const char *key, bool fallback, bool *out, paw_error *err)
{
    *out = fallback;
    return gguf_has(file, key) ? gguf_get_bool(file, key, out, err) : PAW_OK;
}

static gguf_text text_at(const uint8_t *p)
{
    uint64_t n = 0;
    memcpy(&n, p, 8);
    return (gguf_text){(const char *)p + 8, (size_t)n};
}

paw_status gguf_get_text(const gguf_file *file, const char *key, gguf_text *out, paw_error *err)
{
    const entry *e;
    PAW_TRY(require(file, key, &e, err));
    if (e->kind != GGUF_STRING) {
        return wrong_kind(file, key, e->kind, "a string", err);
    }
    *out = text_at(e->value);
    return PAW_OK;
}

paw_status gguf_get_string(const gguf_file *file, const char *key, char **out, paw_error *err)
{
    gguf_text text = {0};
    PAW_TRY(gguf_get_text(file, key, &text, err));
    if (memchr(text.data, 0, text.size) != NULL) {
        return fail(file, err, key, "the string has a NUL among its %" PRIu64 " bytes", text.size);
    }
    *out = strndup(text.data, text.size);
    return *out != NULL ? PAW_OK : paw_fail_memory(err, text.size);
}

static paw_status require_array(const gguf_file *file, const char *key, gguf_kind element, const entry **out,
                                paw_error *err)
{
    PAW_TRY(require(file, key, out, err));
    if ((*out)->kind != GGUF_ARRAY) {
        return wrong_kind(file, key, (*out)->kind, "an array", err);
    }
    if ((*out)->element != element) {
        return wrong_kind(file, key, (*out)->element, kind_name[element], err);
    }
    return PAW_OK;
}

paw_status gguf_get_texts(const gguf_file *file, const char *key, gguf_text **out, size_t *n, paw_error *err)
{
    const entry *e;
    PAW_TRY(require_array(file, key, GGUF_STRING, &e, err));
    gguf_text *texts = calloc((size_t)e->count + 1, sizeof *texts);
    if (texts == NULL) {
        return paw_fail_memory(err, (size_t)e->count * sizeof *texts);
    }
    const uint8_t *p = e->value;
    for (uint64_t i = 0; i < e->count; i++) {
        texts[i] = text_at(p);
        p = (const uint8_t *)texts[i].data + texts[i].size;
    }
    *out = texts;
    *n = (size_t)e->count;
    return PAW_OK;
}

paw_status gguf_get_words(const gguf_file *file, const char *key, gguf_kind kind, const uint8_t **out, size_t *n,
                          paw_error *err)
{
    const entry *e;
    PAW_TRY(require_array(file, key, kind, &e, err));
    *out = e->value;
    *n = (size_t)e->count;
    return PAW_OK;
}

/* ---- tensors ---- */

size_t gguf_tensor_count(const gguf_file *file)
{
    return file->n_tensors;
}

const gguf_tensor *gguf_tensor_at(const gguf_file *file, size_t index)
{
    return &file->tensors[index];
}

const gguf_tensor *gguf_find_tensor(const gguf_file *file, const char *name)
{
    uint32_t i = *slot_of(file, name);
    return i != 0 ? &file->tensors[i - 1] : NULL;
}
