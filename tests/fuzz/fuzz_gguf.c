/*
 * fuzz_gguf.c: the GGUF reader, and the hyperparameters and tokenizer over what it lets through.
 *
 * As a first input give it any small model or adapter.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gguf/gguf.h"
#include "model/internal.h"
#include "text/tokenizer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned touch(const gguf_file *file)
{
    unsigned sum = 0;
    for (size_t i = 0; i < gguf_tensor_count(file); i++) {
        const gguf_tensor *t = gguf_tensor_at(file, i);
        sum += t->data[0] + t->data[t->size - 1];
        sum += gguf_find_tensor(file, t->name) == t;
    }
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    gguf_file *file = NULL;
    tokenizer *t = NULL;
    paw_error err;
    if (gguf_open_memory(data, size, "fuzz", &file, &err) != PAW_OK) {
        return 0;
    }
    volatile unsigned sum = touch(file);
    (void)sum;
    model_shape shape;
    shape_read(file, &shape, &err);
    if (tokenizer_new(file, &t, &err) == PAW_OK) {
        token_list list = {0};
        tokenizer_encode(t, "the 3 cats <|im_end|>\n", 22, true, &list, NULL);
        token_list_free(&list);
    }
    tokenizer_free(t);
    gguf_close(file);
    return 0;
}
