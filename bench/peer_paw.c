/*
 * peer_paw.c: prefill and decode of libpaw, asked over standard input like peer_llama_cpp.py: lines "prefill N" or
 * "decode N M" (N tokens after M); answers tokens per second.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "function/base.h"

static int fail(const paw_error *err)
{
    fprintf(stderr, "%s: %s\n", err->where, err->message);
    return 1;
}

static adapter *read_lora(const model *m, const char *path)
{
    gguf_file *file;
    adapter *a = NULL;
    paw_error err;
    if (gguf_open(path, &file, &err) != PAW_OK || adapter_read(m, file, &a, &err) != PAW_OK) {
        exit(fail(&err));
    }
    gguf_close(file);
    return a;
}

int main(int argc, char **argv)
{
    static int32_t tokens[2048];
    paw_error err;
    model *m;
    model_state *state;
    model_options options = {.threads = argc > 2 ? atoi(argv[2]) : 0};
    if (argc < 2 || model_open(argv[1], &options, &m, &err) != PAW_OK || model_state_new(m, &state, &err) != PAW_OK) {
        return fail(&err);
    }
    adapter *lora = argc > 3 ? read_lora(m, argv[3]) : NULL;
    float *logits = malloc((size_t)model_get_shape(m)->n_vocab * sizeof *logits);
    for (int i = 0; i < 2048; i++) {
        tokens[i] = (int32_t)((long)i * 7919 % 40000 + 3);
    }
    char word[16];
    int n, after;
    while (scanf("%15s %d %d", word, &n, &after) == 3) {
        bool prefill = strcmp(word, "prefill") == 0;
        model_request r = {.tokens = tokens, .n = prefill ? n : after, .lora = lora, .logits = logits};
        model_state_truncate(state, 0);
        double start = base_clock();
        if (model_forward(m, state, &r, &err) != PAW_OK) {
            return fail(&err);
        }
        if (!prefill) {
            start = base_clock();
            r.n = 1;
            for (int i = 0; i < n; i++) {
                r.tokens = tokens + i;
                if (model_forward(m, state, &r, &err) != PAW_OK) {
                    return fail(&err);
                }
            }
        }
        printf("%.3f\n", n / (base_clock() - start));
        fflush(stdout);
    }
    free(logits);
    adapter_free(lora);
    model_state_free(state);
    model_close(m);
    return 0;
}
