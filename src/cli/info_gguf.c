/* info_gguf.c: `paw info` of a GGUF file: a compiler, a base model or an adapter. */
#include "cli/info_gguf.h"

#include <stdlib.h>
#include <string.h>

#include "cli/show.h"
#include "gguf/gguf.h"

/* Texts and numbers worth a line, of a compiler and of a model. */
static const struct {
    const char *key, *name, *label;
    bool number;
} FIELDS[] = {
    {"general.architecture", "architecture", "architecture", false},
    {"general.name", "name", "name", false},
    {"general.license", "license", "license", false},
    {"adapter.type", "adapter_type", "adapter", false},
    {"paw-compiler.snapshot", "snapshot", "snapshot", false},
    {"paw-compiler.base.runtime_id", "base_runtime_id", "compiles with", false},
    {"paw-compiler.base.sha256", "base_sha256", "whose SHA-256 is", false},
    {"paw-compiler.interpreter.runtime_id", "runtime_id", "programs run on", false},
    {"paw-compiler.rank", "lora_rank", "adapter rank", true},
};

bool info_is_gguf(const char *path)
{
    char magic[4] = {0};
    FILE *f = fopen(path, "rb");
    bool is = f != NULL && fread(magic, 1, sizeof magic, f) == sizeof magic && memcmp(magic, "GGUF", sizeof magic) == 0;
    if (f != NULL) {
        fclose(f);
    }
    return is;
}

static void add_fields(json_t *o, const gguf_file *file)
{
    for (size_t i = 0; i < sizeof FIELDS / sizeof *FIELDS; i++) {
        uint32_t number;
        gguf_text text;
        if (FIELDS[i].number && gguf_get_u32(file, FIELDS[i].key, &number, NULL) == PAW_OK) {
            json_object_set_new(o, FIELDS[i].name, json_integer(number));
        } else if (!FIELDS[i].number && gguf_get_text(file, FIELDS[i].key, &text, NULL) == PAW_OK) {
            json_object_set_new(o, FIELDS[i].name, json_stringn(text.data, text.size));
        }
    }
}

/* {"Q4_1": 210, ..}: how many tensors have which block format. */
static json_t *count_formats(const gguf_file *file)
{
    json_t *counts = json_object();
    for (size_t i = 0; i < gguf_tensor_count(file); i++) {
        const char *name = format_of((uint32_t)gguf_tensor_at(file, i)->type)->name;
        json_object_set_new(counts, name, json_integer(json_integer_value(json_object_get(counts, name)) + 1));
    }
    return counts;
}

static void print(const char *path, const json_t *o)
{
    printf("%-16s %s\n", "file", path);
    for (size_t i = 0; i < sizeof FIELDS / sizeof *FIELDS; i++) {
        json_t *value = json_object_get(o, FIELDS[i].name);
        char line[200];
        if (json_is_string(value)) {
            printf("%-16s %s\n", FIELDS[i].label, show_short(json_string_value(value), line, sizeof line));
        } else if (value != NULL) {
            printf("%-16s %lld\n", FIELDS[i].label, (long long)json_integer_value(value));
        }
    }
    printf("%-16s %lld bytes, %lld tensors:", "size", (long long)json_integer_value(json_object_get(o, "size_bytes")),
           (long long)json_integer_value(json_object_get(o, "tensors")));
    const char *name, *before = " ";
    json_t *count;
    json_object_foreach (json_object_get(o, "formats"), name, count) {
        printf("%s%lld %s", before, (long long)json_integer_value(count), name);
        before = ", ";
    }
    putchar('\n');
}

paw_status info_gguf(const char *path, bool json, paw_error *err)
{
    gguf_file *file;
    PAW_TRY(gguf_open(path, &file, err));
    json_t *o = json_pack("{s:s}", "path", path);
    add_fields(o, file);
    json_object_set_new(o, "size_bytes", json_integer((json_int_t)gguf_file_size(file)));
    json_object_set_new(o, "tensors", json_integer((json_int_t)gguf_tensor_count(file)));
    json_object_set_new(o, "formats", count_formats(file));
    gguf_close(file);
    if (json) {
        json_dumpf(o, stdout, JSON_INDENT(2));
        putchar('\n');
    } else {
        print(path, o);
    }
    json_decref(o);
    return PAW_OK;
}
