/*
 * yamltree.h: a YAML text as a tree that remembers its lines.
 *
 * Scalars stay the text that was written: `yes`, `1`, `2024-01-01` and `null` are those letters, quoted or not. Only
 * yamltree_json gives plain scalars a type, by the core schema of YAML 1.2. One document; aliases (*name) and tags other
 * than !!str are errors. Not for: knowing which keys a spec file has.
 */
#ifndef PAW_CLI_YAMLTREE_H
#define PAW_CLI_YAMLTREE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

typedef enum yamltree_kind { YAMLTREE_TEXT, YAMLTREE_LIST, YAMLTREE_MAP } yamltree_kind;

typedef struct yamltree {
    yamltree_kind kind;
    int line;               /* where it begins, from 1 */
    bool plain;             /* a scalar that is neither quoted nor a block: its type may be read from its letters */
    char *text;             /* of a scalar; UTF-8 without NUL; a block's last line break is left out */
    size_t n;               /* items of a list, pairs of a map */
    struct yamltree *items; /* a map's are key, value, key, value ..; keys are scalars, each there once */
} yamltree;

/*
 * Parses `size` bytes of UTF-8. `path` and `first_line` (of the text in its file, from 1) are for errors. No document at all
 * gives an empty map. Free with yamltree_free, which accepts a zeroed tree.
 */
paw_status yamltree_parse(const char *text, size_t size, const char *path, int first_line, yamltree *out, paw_error *err);
void yamltree_free(yamltree *tree);

/* "null", "text", "a list" or "a map". */
const char *yamltree_kind_name(const yamltree *node);

/* As JSON: plain scalars are null, true, false and numbers where they look like it, everything else a string. */
paw_status yamltree_json(const yamltree *node, const char *path, const char *key, json_t **out, paw_error *err);

/* paw_fail with PAW_ERR_FORMAT and "path: line N: key" (without key when it is NULL). */
paw_status yamltree_fail(paw_error *err, const char *path, int line, const char *key, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

#endif
