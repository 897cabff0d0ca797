/* fuzz_bundle.c: reading a `.paw` file; the bytes go through a file in memory, since minizip opens paths. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "function/bundle.h"
#include "gguf/gguf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    bundle b;
    int fd = memfd_create("fuzz.paw", 0);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size) {
        abort();
    }
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (bundle_read(path, true, &b, NULL) == PAW_OK) {
        gguf_file *file;
        if (gguf_open_memory(b.adapter, b.adapter_size, "adapter", &file, NULL) == PAW_OK) {
            gguf_close(file);
        }
        bundle_free(&b);
    }
    if (bundle_read(path, false, &b, NULL) == PAW_OK) {
        bundle_free(&b);
    }
    close(fd);
    return 0;
}
