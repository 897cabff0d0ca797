/* fuzz_specfile.c: a spec file in each of its forms; the first byte picks the form. What is read must be whole and freed. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "cli/specfile.h"
#include "cli/yamltree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data + 1;
    specfile s;
    paw_error err = {0};
    if (size == 0) {
        return 0;
    }
    if (specfile_parse(text, size - 1, data[0] % 2 == 0 ? "none/f.paw.md" : "none/f.yaml", &s, &err) == PAW_OK) {
        size_t n = strlen(s.spec);
        if (utf8_valid_length(s.spec, n) != n || s.bar < 0 || s.bar > 1 || s.spec_line < 1) {
            abort();
        }
        for (size_t i = 0; i < s.tests.n; i++) {
            if (s.tests.items[i].input == NULL || s.tests.items[i].output == NULL || s.tests.items[i].line < 1) {
                abort();
            }
        }
        paw_compile_request request;
        specfile_apply(&s, &request, &err);
    } else if (err.message[0] == '\0' || strchr(err.message, '\n') != NULL) {
        abort();
    }
    specfile_free(&s);
    yamltree tree;
    json_t *o;
    if (yamltree_parse(text, size - 1, "f", 1, &tree, &err) == PAW_OK && yamltree_json(&tree, "f", "schema", &o, &err) == PAW_OK) {
        json_decref(o);
    }
    yamltree_free(&tree);
    return 0;
}
