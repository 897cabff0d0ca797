/* template.h: filling named places in a text, in one pass: what is filled in is never looked at again. */
#ifndef PAW_COMPILER_TEMPLATE_H
#define PAW_COMPILER_TEMPLATE_H

#include <stddef.h>

#include "base/buffer.h"

typedef struct template_value {
    const char *name; /* with its braces: "{spec}" */
    const char *value;
} template_value;

void template_render(buffer *out, const char *text, const template_value *values, size_t n);

/* How often `name` stands in `text`. */
int template_count(const char *text, const char *name);

#endif
