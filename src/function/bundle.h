/*
 * bundle.h: the `.paw` file: a ZIP of adapter.gguf, prompt_template.txt, meta.json and (usually) pseudo_program.txt.
 *
 * Written without time stamps and with the members in a fixed order, so that the same program is the same bytes. The
 * published client accepts these members and no other.
 */
#ifndef PAW_FUNCTION_BUNDLE_H
#define PAW_FUNCTION_BUNDLE_H

#include <stdint.h>

#include "base/error.h"

#define BUNDLE_PLACEHOLDER "{INPUT_PLACEHOLDER}"

/* Which file it was, without reading all of it; no padding, for hashing. */
typedef struct bundle_stamp {
    uint64_t device, inode, mtime_ns, file_size, adapter_size, adapter_crc;
} bundle_stamp;

typedef struct bundle {
    char *meta;            /* meta.json */
    char *prompt_template; /* holds the placeholder exactly once */
    char *pseudo_program;  /* NULL: the bundle has none */
    uint8_t *adapter;      /* adapter.gguf; NULL when not asked for */
    size_t adapter_size;
    size_t file_size;      /* of the archive */
    bundle_stamp stamp;
} bundle;

/* Reads and checks the archive; its limits are those of the published client (256 MiB, 256 members, 512 MiB expanded). */
paw_status bundle_read(const char *path, bool with_adapter, bundle *out, paw_error *err);
void bundle_free(bundle *b);

/* Writes the archive atomically; its size goes to b->file_size. */
paw_status bundle_write(const char *path, bundle *b, paw_error *err);

#endif
