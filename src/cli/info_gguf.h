/* info_gguf.h: what `paw info` shows of a GGUF file. */
#ifndef PAW_CLI_INFO_GGUF_H
#define PAW_CLI_INFO_GGUF_H

#include "cli/cli.h"

/* Whether the file begins as GGUF files do. */
bool info_is_gguf(const char *path);

/* Prints name, kind, size and block formats of a compiler, a base model or an adapter. */
paw_status info_gguf(const char *path, bool json, paw_error *err);

#endif
