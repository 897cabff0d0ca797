/*
 * fuzz_tokens.c: any text to tokens and back. With the tiny vocabulary every byte has a token, so what is valid UTF-8 must
 * come back as it was.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "support/tiny.h"
#include "text/tokenizer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static tokenizer *vocabulary(void)
{
    static tokenizer *t;
    static gguf_file *file;
    static buffer bytes;
    if (t == NULL) {
        bytes = tiny_model(NULL);
        if (gguf_open_memory(bytes.data, bytes.size, "tiny", &file, NULL) != PAW_OK ||
            tokenizer_new(file, &t, NULL) != PAW_OK) {
            abort();
        }
    }
    return t;
}

static void must(bool what, const char *said)
{
    if (!what) {
        fprintf(stderr, "%s\n", said);
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const tokenizer *t = vocabulary();
    const char *text = (const char *)data;
    token_list tokens = {0};
    buffer back = {0};
    bool valid = utf8_valid_length(text, size) == size;
    must((tokenizer_encode(t, text, size, false, &tokens, NULL) == PAW_OK) == valid, "refused what is UTF-8, or took what is not");
    if (valid) {
        tokenizer_decode(t, tokens.data, tokens.size, &back);
        must(back.size == size && (size == 0 || memcmp(back.data, text, size) == 0), "another text came back");
        tokens.size = 0;
        must(tokenizer_encode(t, text, size, true, &tokens, NULL) == PAW_OK, "special tokens");
    }
    token_list_free(&tokens);
    buffer_free(&back);
    return 0;
}
