/*
 * peer_paw.c: prefill and decode of libpaw: peer_paw MODEL [THREADS [ADAPTER|-]], asked over standard input as peer.py says.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "function/base.h"
#include "paw/paw.h"

enum { MOST_TOKENS = 2048, SOME_LOGITS = 64 };

typedef struct engine {
    model *model;
    model_state *state;
    adapter *lora; /* or NULL */
    float *logits; /* [n_vocab] */
    int32_t tokens[MOST_TOKENS];
} engine;

static int fail(const paw_error *err)
{
    fprintf(stderr, "peer_paw: %s: %s\n", err->where, err->message);
    return 1;
}

static paw_status open_engine(engine *e, int argc, char **argv, paw_error *err)
{
    model_options options = {.threads = argc > 2 ? atoi(argv[2]) : 0};
    gguf_file *file;
    PAW_TRY(model_open(argv[1], &options, &e->model, err));
    PAW_TRY(model_state_new(e->model, &e->state, err));
    if (argc > 3 && strcmp(argv[3], "-") != 0) {
        PAW_TRY(gguf_open(argv[3], &file, err));
        paw_status status = adapter_read(e->model, file, &e->lora, err);
        gguf_close(file);
        PAW_TRY(status);
    }
    e->logits = malloc((size_t)model_get_shape(e->model)->n_vocab * sizeof *e->logits);
    for (int i = 0; i < MOST_TOKENS; i++) {
        e->tokens[i] = (int32_t)((long)i * 7919 % 40000 + 3);
    }
    return e->logits != NULL ? PAW_OK : paw_fail(err, PAW_ERR_MEMORY, "logits", "out of memory");
}

/* Brings the sequence to n tokens, of which those that are there are kept. */
static paw_status bring(engine *e, int n, paw_error *err)
{
    int length = model_state_length(e->state);
    if (length > n) {
        model_state_truncate(e->state, n);
    } else if (length < n) {
        model_request r = {.tokens = e->tokens + length, .n = n - length, .lora = e->lora, .logits = e->logits};
        PAW_TRY(model_forward(e->model, e->state, &r, err));
    }
    return PAW_OK;
}

/* Seconds of processor time, of all threads. */
static double cpu_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void print_logits(const engine *e)
{
    int n_vocab = model_get_shape(e->model)->n_vocab;
    for (int i = 0; i < SOME_LOGITS; i++) {
        printf("%s%.5f", i == 0 ? "[" : ", ", (double)e->logits[(long)i * n_vocab / SOME_LOGITS]);
    }
    printf("]\n");
}

static paw_status answer(engine *e, const char *kind, int n, int after, paw_error *err)
{
    bool decode = strcmp(kind, "decode") == 0;
    PAW_TRY(bring(e, decode ? after : 0, err));
    double start = base_clock(), start_cpu = cpu_clock();
    for (int i = 1; decode && i <= n; i++) {
        PAW_TRY(bring(e, after + i, err));
    }
    if (!decode) {
        PAW_TRY(bring(e, n, err));
    }
    double seconds = base_clock() - start, cpu = cpu_clock() - start_cpu;
    if (strcmp(kind, "logits") == 0) {
        print_logits(e);
    } else {
        printf("[%.3f, %.3f]\n", n / seconds, n / cpu);
    }
    fflush(stdout);
    return PAW_OK;
}

int main(int argc, char **argv)
{
    static engine e;
    paw_error err;
    char line[80], kind[16];
    if (argc < 2) {
        fprintf(stderr, "usage: peer_paw MODEL [THREADS [ADAPTER|-]]\n");
        return 2;
    }
    paw_status status = open_engine(&e, argc, argv, &err);
    if (status == PAW_OK) {
        printf("{\"engine\": \"paw\", \"version\": \"%s\", \"options\": {}}\n", paw_version());
        fflush(stdout);
    }
    while (status == PAW_OK && fgets(line, sizeof line, stdin) != NULL) {
        int n = 0, after = 0, parts = sscanf(line, "%15s %d %d", kind, &n, &after);
        if (parts < 2 || n < 1 || after < 0 || n > MOST_TOKENS - after) {
            fprintf(stderr, "peer_paw: no request: %s", line);
            return 2;
        }
        status = answer(&e, kind, n, after, &err);
    }
    free(e.logits);
    adapter_free(e.lora);
    model_state_free(e.state);
    model_close(e.model);
    return status == PAW_OK ? 0 : fail(&err);
}
