/* kernels.c: which kernel sets this processor can run. */
#include "tensor/kernels.h"

#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

extern const kernel_set kernels_scalar;
#if defined(__x86_64__)
extern const kernel_set kernels_avx2, kernels_avx512;
#elif defined(__aarch64__)
extern const kernel_set kernels_neon, kernels_neon_dot;
#endif

#if defined(__x86_64__)
/* Half-precision conversions: not among the names that every compiler's __builtin_cpu_supports knows. */
static bool has_f16c(void)
{
    unsigned a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_F16C) != 0;
}
#elif defined(__aarch64__)
static bool has_dot_product(void)
{
#if defined(__linux__)
    return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
#elif defined(__ARM_FEATURE_DOTPROD)
    return true; /* the compiler's target has it */
#else
    return false;
#endif
}
#endif

static bool can_run(const kernel_set *set)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (set == &kernels_avx512) {
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vnni");
    }
    if (set == &kernels_avx2) {
        return __builtin_cpu_supports("avx2") && has_f16c();
    }
#elif defined(__aarch64__)
    if (set == &kernels_neon_dot) {
        return has_dot_product();
    }
    if (set == &kernels_neon) {
        return true;
    }
#endif
    return set == &kernels_scalar;
}

static const kernel_set *const all_sets[] = {
#if defined(__x86_64__)
    &kernels_avx512,
    &kernels_avx2,
#elif defined(__aarch64__)
    &kernels_neon_dot,
    &kernels_neon,
#endif
    &kernels_scalar,
};

enum { N_SETS = sizeof all_sets / sizeof all_sets[0] };

int kernels_count(void)
{
    return N_SETS;
}

const kernel_set *kernels_at(int index)
{
    return can_run(all_sets[index]) ? all_sets[index] : NULL;
}

const kernel_set *kernels_best(void)
{
    const char *forced = getenv("PAW_ISA");
    for (int pass = forced != NULL ? 0 : 1; pass < 2; pass++) {
        for (int i = 0; i < N_SETS; i++) {
            if (can_run(all_sets[i]) && (pass == 1 || strcmp(all_sets[i]->name, forced) == 0)) {
                return all_sets[i];
            }
        }
    }
    return &kernels_scalar;
}
