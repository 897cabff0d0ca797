/* specfile_keys.h: between specfile.c, which finds the keys in a file, and specfile_keys.c, which knows them. */
#ifndef PAW_CLI_SPECFILE_KEYS_H
#define PAW_CLI_SPECFILE_KEYS_H

#include "cli/specfile.h"
#include "cli/yamltree.h"

enum { SPECFILE_MOST_BYTES = 4 << 20 }; /* of a spec file, and of a schema's */

typedef struct specfile_reader {
    specfile *s;          /* being filled */
    const char *path;     /* for errors: "standard input" for "-" */
    paw_error *err;
    const char *type_key; /* the one of choices, schema .. that is there */
    bool body;            /* the spec is the Markdown body */
} specfile_reader;

/* Reads every key into the spec file, each value checked alone. */
paw_status specfile_read_keys(specfile_reader *r, const yamltree *map);

#endif
