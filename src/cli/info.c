/* info.c: `paw info`. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/info_gguf.h"
#include "cli/show.h"

static const char HELP[] =
    "usage: paw info [FILE|ID] [OPTIONS]\n"
    "\n"
    "Shows what is in a program, or in a GGUF file (compiler, base model, adapter); without one, the\n"
    "base models known and where they lie.\n"
    "\n"
    "  --program FILE|ID  the same as FILE|ID\n"
    "  --json             print the program's meta.json with sizes, prompt template and pseudo-program\n"
    "                     (of a GGUF file: name, kind, sizes, block formats)\n";

static void print_field(json_t *meta, const char *key, const char *label)
{
    json_t *value = json_object_get(meta, key);
    if (json_is_string(value)) {
        printf("%-16s %s\n", label, json_string_value(value));
    } else if (json_is_number(value)) {
        printf("%-16s %g\n", label, json_number_value(value));
    }
}

/* What its answers may be, where that is not open. */
static void print_type(json_t *meta)
{
    const char *from = json_string_value(json_object_get(meta, "choices_from"));
    const char *format = json_string_value(json_object_get(json_object_get(meta, "format"), "type"));
    json_t *choices = json_object_get(meta, "choices"), *one;
    char line[80];
    size_t i;
    if (format != NULL) {
        printf("%-16s as its %s says\n", "answers", show_short(format, line, sizeof line));
    }
    if (!json_is_array(choices)) {
        return;
    }
    printf("%-16s", "answers");
    json_array_foreach (choices, i, one) {
        const char *name = json_string_value(one); /* of a file that nothing has looked over: no text, maybe */
        printf("%s%s", i > 0 ? " | " : " ", name != NULL ? show_short(name, line, sizeof line) : "?");
    }
    puts(from != NULL && strcmp(from, "spec") == 0 ? "   (found in the spec)" : "");
}

static void print_program(const char *path, const paw_program_info *info, json_t *meta)
{
    printf("%-16s %s\n", "file", path);
    print_field(meta, "program_id", "program id");
    print_field(meta, "spec", "spec");
    print_field(meta, "interpreter", "interpreter");
    print_field(meta, "runtime_id", "runtime");
    print_field(meta, "compiler_snapshot", "compiler");
    print_field(meta, "lora_rank", "adapter rank");
    print_type(meta);
    if (json_is_true(json_object_get(meta, "tuned"))) {
        printf("%-16s on its examples\n", "tuned");
    }
    printf("%-16s %zu bytes, adapter %zu\n", "size", info->size_bytes, info->adapter_bytes);
    if (info->pseudo_program != NULL) {
        printf("\n%s\n", info->pseudo_program);
    }
}

static paw_status show_program(const registry *r, const char *reference, bool json, paw_error *err)
{
    char *path;
    paw_program_info info;
    PAW_TRY(registry_find_program(r, reference, &path, err));
    if (info_is_gguf(path)) {
        paw_status shown = info_gguf(path, json, err);
        free(path);
        return shown;
    }
    paw_status status = paw_program_read(path, &info, err);
    if (status == PAW_OK) {
        json_error_t error;
        json_t *meta = json_loads(info.json, 0, &error);
        if (!json_is_object(meta)) {
            status = paw_fail(err, PAW_ERR_FORMAT, path, "meta.json is not a JSON object: %s", error.text);
        } else if (json) {
            json_object_set_new(meta, "path", json_string(path));
            json_object_set_new(meta, "size_bytes", json_integer((json_int_t)info.size_bytes));
            json_object_set_new(meta, "adapter_bytes", json_integer((json_int_t)info.adapter_bytes));
            json_object_set_new(meta, "prompt_template", json_string(info.prompt_template));
            if (info.pseudo_program != NULL) {
                json_object_set_new(meta, "pseudo_program", json_string(info.pseudo_program));
            }
            json_dumpf(meta, stdout, JSON_INDENT(2));
            putchar('\n');
        } else {
            print_program(path, &info, meta);
        }
        json_decref(meta);
        paw_program_info_clear(&info);
    }
    free(path);
    return status;
}

static void show_models(const registry *r, bool json)
{
    json_t *list = json_array();
    for (const runtime_info *m = runtime_all(); m->id != NULL; m++) {
        char *path = registry_model_path(r, m);
        bool there = path != NULL && access(path, R_OK) == 0;
        if (json) {
            json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:b}", "runtime_id", m->id, "interpreter", m->interpreter,
                                                  "path", path != NULL ? path : "", "present", (int)there));
        } else {
            printf("%-22s %-40s %s\n", m->id, m->interpreter, there ? path : "(not fetched; paw pull)");
        }
        free(path);
    }
    if (json) {
        json_dumpf(list, stdout, JSON_INDENT(2));
        putchar('\n');
    }
    json_decref(list);
}

int cmd_info(int argc, char **argv)
{
    const char *program = NULL, *word = NULL;
    bool json = false;
    const cli_option options[] = {{"--program", CLI_TEXT, &program}, {"--json", CLI_FLAG, &json}};
    int n;
    int status = cli_parse(argc, argv, HELP, options, 2, &word, 1, &n);
    if (status != -1) {
        return status;
    }
    paw_error err;
    registry *r;
    if (registry_open(&r, &err) != PAW_OK) {
        return cli_fail(&err);
    }
    paw_status outcome = PAW_OK;
    if (program == NULL && n == 0) {
        show_models(r, json);
    } else {
        outcome = show_program(r, program != NULL ? program : word, json, &err);
    }
    registry_close(r);
    return outcome == PAW_OK ? CLI_OK : cli_fail(&err);
}
