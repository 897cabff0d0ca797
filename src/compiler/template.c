/* template.c: filling prompt forms. */
#include "compiler/template.h"

#include <string.h>

void template_render(buffer *out, const char *text, const template_value *values, size_t n)
{
    while (*text != '\0') {
        size_t i = n;
        if (*text == '{') {
            for (i = 0; i < n && strncmp(text, values[i].name, strlen(values[i].name)) != 0; i++) {
            }
        }
        if (i < n) {
            buffer_append_text(out, values[i].value);
            text += strlen(values[i].name);
        } else {
            buffer_append(out, text, 1);
            text++;
        }
    }
}

int template_count(const char *text, const char *name)
{
    int count = 0;
    for (const char *p = text; (p = strstr(p, name)) != NULL; p += strlen(name)) {
        count++;
    }
    return count;
}
