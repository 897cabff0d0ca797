/* test_formats.c: block formats expand to the bits that the Python package gguf gives (golden/make_formats.py). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "tensor/format.h"

static const tensor_type all[] = {TENSOR_F32,  TENSOR_F16,  TENSOR_BF16, TENSOR_Q4_0, TENSOR_Q4_1, TENSOR_Q5_0,
                                  TENSOR_Q5_1, TENSOR_Q8_0, TENSOR_Q4_K, TENSOR_Q5_K, TENSOR_Q6_K};

TEST(every_format_expands_as_gguf_does)
{
    size_t size, at = 0, count = 0;
    char *file = check_read(PAW_GOLDEN_DIR "/formats.bin", &size);
    while (at + 12 <= size) {
        uint32_t head[3];
        memcpy(head, file + at, sizeof head);
        const tensor_format *f = format_of(head[0]);
        assert_non_null(f);
        assert_true(f->readable);
        assert_int_equal(head[0], all[count++]);
        assert_int_equal(format_size((tensor_type)head[0], head[1]), head[2]);
        assert_true(at + 12 + head[2] + 4 * (size_t)head[1] <= size);
        const char *blocks = file + at + 12, *wanted = blocks + head[2];
        float *got = malloc(head[1] * sizeof *got);
        format_dequantise((tensor_type)head[0], blocks, got, head[1]);
        for (uint32_t i = 0; i < head[1]; i++) {
            if (memcmp(&got[i], wanted + 4 * (size_t)i, 4) != 0) {
                float want;
                memcpy(&want, wanted + 4 * (size_t)i, 4);
                fail_msg("%s, value %u: %.9g, wanted %.9g", f->name, i, (double)got[i], (double)want);
            }
        }
        free(got);
        at += 12 + head[2] + 4 * (size_t)head[1];
    }
    assert_int_equal(at, size);
    assert_int_equal(count, COUNT(all));
    free(file);
}

TEST(unknown_formats_have_no_name)
{
    assert_null(format_of(4));
    assert_null(format_of(10)); /* Q2_K */
    assert_null(format_of(31));
    assert_null(format_of(UINT32_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_format_expands_as_gguf_does),
        cmocka_unit_test(unknown_formats_have_no_name),
    };
    return cmocka_run_group_tests_name("formats", tests, NULL, NULL);
}
