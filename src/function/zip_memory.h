/* zip_memory.h: a ZIP archive that minizip writes into memory, so that the file can be written in one go. */
#ifndef PAW_FUNCTION_ZIP_MEMORY_H
#define PAW_FUNCTION_ZIP_MEMORY_H

#include <minizip/zip.h>
#include <stdbool.h>

#include "base/buffer.h"

/* Bytes so far, and the place where the next ones go: minizip comes back to fill in sizes and checksums. */
typedef struct zip_memory {
    buffer bytes;
    size_t at;
} zip_memory;

/* An empty archive, to be ended by zipClose; `memory` starts as {0} and must outlive it. NULL when out of memory. */
zipFile zip_memory_open(zip_memory *memory);

/* Adds a member: stored, not deflated (quantised weights do not compress), dated 1980-01-01, the format's zero. */
bool zip_memory_add(zipFile archive, const char *name, const void *data, size_t size);

#endif
