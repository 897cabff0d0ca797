/* base.c: loading a base model. */
#include "function/base.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/digest.h"
#include "base/file.h"
#include "model/state.h"

double base_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static paw_status check_vocabulary(const paw_base *base, paw_error *err)
{
    int tokens = tokenizer_size(base->tokenizer), rows = model_get_shape(base->model)->n_vocab;
    if (tokens != rows) {
        return paw_fail(err, PAW_ERR_MISMATCH, gguf_name(model_get_file(base->model)),
                        "the vocabulary has %d tokens, the embedding matrix %d rows", tokens, rows);
    }
    return PAW_OK;
}

paw_status paw_base_load(const char *path, const paw_base_options *options, paw_base **out, paw_error *err)
{
    model_options mo = {0};
    if (path == NULL || out == NULL) {
        return paw_fail(err, PAW_ERR_ARGUMENT, "paw_base_load", "path and out must not be NULL");
    }
    if (options != NULL) {
        mo = (model_options){.threads = options->threads, .context = options->context, .cache_dir = options->cache_dir};
    }
    paw_base *base = calloc(1, sizeof *base);
    if (base == NULL) {
        return paw_fail_memory(err, sizeof *base);
    }
    pthread_mutex_init(&base->lock, NULL);
    paw_status status = PAW_OK;
    if (options != NULL && options->state_dir != NULL && (base->state_dir = strdup(options->state_dir)) == NULL) {
        status = paw_fail_memory(err, strlen(options->state_dir));
    }
    if (status == PAW_OK) {
        status = model_open(path, &mo, &base->model, err);
    }
    if (status == PAW_OK) {
        char *kept = model_kept_path(base->model, "vocabulary");
        status = tokenizer_new_kept(model_get_file(base->model), kept, model_identity(base->model), &base->tokenizer, err);
        free(kept);
    }
    if (status == PAW_OK) {
        status = check_vocabulary(base, err);
    }
    if (status != PAW_OK) {
        paw_base_free(base);
        return status;
    }
    *out = base;
    return PAW_OK;
}

paw_status base_logits(paw_base *base, int rows, float **out, paw_error *err)
{
    if (rows > base->logits_rows) {
        size_t bytes = (size_t)rows * (size_t)model_get_shape(base->model)->n_vocab * sizeof *base->logits;
        float *grown = malloc(bytes);
        if (grown == NULL) {
            return paw_fail_memory(err, bytes);
        }
        free(base->logits);
        base->logits = grown;
        base->logits_rows = rows;
    }
    *out = base->logits;
    return PAW_OK;
}

paw_status base_grammar_vocabulary(paw_base *base, const grammar_vocabulary **out, paw_error *err)
{
    paw_status status = PAW_OK;
    pthread_mutex_lock(&base->lock);
    if (base->vocabulary == NULL) {
        status = grammar_vocabulary_new(base->tokenizer, &base->vocabulary, err);
    }
    *out = base->vocabulary;
    pthread_mutex_unlock(&base->lock);
    return status;
}

void paw_base_free(paw_base *base)
{
    if (base != NULL) {
        tokenizer_free(base->tokenizer);
        model_close(base->model);
        pthread_mutex_destroy(&base->lock);
        free(base->state_dir);
        free(base->logits);
        grammar_vocabulary_free(base->vocabulary);
        free(base);
    }
}

paw_status paw_base_sha256(paw_base *base, const char **out, paw_error *err)
{
    if (base == NULL || out == NULL) {
        return paw_fail(err, PAW_ERR_ARGUMENT, "paw_base_sha256", "base and out must not be NULL");
    }
    pthread_mutex_lock(&base->lock);
    if (base->sha256[0] == '\0') {
        const gguf_file *file = model_get_file(base->model);
        char *kept = model_kept_path(base->model, "sha256");
        digest_sha256_kept(kept, model_identity(base->model), gguf_file_data(file), gguf_file_size(file), base->sha256);
        free(kept);
    }
    pthread_mutex_unlock(&base->lock);
    *out = base->sha256;
    return PAW_OK;
}
