/*
 * roofline.c: what this machine could do at best: roofline [THREADS [--json]].
 *
 * Bytes read a second, by the size of what is read again and again (caches, then memory), and multiply-adds a second of int8
 * and of float, from registers alone. Best of several short runs, as other processes can only take away. The int8 loop is the
 * best that the instruction set has for dot products of bytes; the float loops are fused multiply-add, and multiply then add,
 * which is how paw computes. Not part of the library.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <immintrin.h>
#define BEST_VECTORS __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"), noinline))
#define IN_REGISTER(x) __asm__ volatile("" : "+v"(x)) /* computed each time, in a register */
#elif defined(__aarch64__)
#include <arm_neon.h>
#include <asm/hwcap.h>
#include <sys/auxv.h>
#define BEST_VECTORS __attribute__((noinline))
#define IN_REGISTER(x) __asm__ volatile("" : "+w"(x))
#else
#error "no multiply-add loops for this processor"
#endif

enum { MOST_THREADS = 64, RUNS = 40, SUMS = 10, SMALLEST = 64 << 10, LARGEST = 512 << 20 };
#define SHORTEST_S 0.004 /* of one run: shorter than another process's turn on the processor */

/* Does n rounds of something with the bytes given; what it returns only keeps the compiler from leaving it out. */
typedef uint64_t loop(const uint8_t *bytes, size_t size, long n);

typedef uint64_t words __attribute__((vector_size(64)));

BEST_VECTORS static uint64_t read_all(const uint8_t *bytes, size_t size, long n)
{
    const words *p = (const void *)bytes;
    words a = {0}, b = {0}, c = {0}, d = {0};
    for (long k = 0; k < n; k++) {
        for (size_t i = 0; i + 4 <= size / sizeof *p; i += 4) {
            a ^= p[i];
            b ^= p[i + 1];
            c ^= p[i + 2];
            d ^= p[i + 3];
        }
        __asm__ volatile("" ::: "memory"); /* every round reads again */
    }
    a ^= b ^ c ^ d;
    return a[0] ^ a[3] ^ a[7];
}

/* SUMS independent sums, each added to once a round by STEP, which knows sum, x and y. */
#define SUMMING(NAME, TARGET, VECTOR, STEP)                                                         \
    __attribute__((target(TARGET), noinline)) static uint64_t NAME(const uint8_t *bytes, size_t size, long n) \
    {                                                                                               \
        VECTOR sums[SUMS], x, y, product;                                                           \
        uint64_t out = size, part;                                                                  \
        memset(sums, 0, sizeof sums);                                                               \
        memcpy(&x, bytes, sizeof x);                                                                \
        memcpy(&y, bytes, sizeof y);                                                                \
        memcpy(&product, bytes, sizeof product);                                                    \
        for (long k = 0; k < n; k++) {                                                              \
            _Pragma("GCC unroll 10") for (int i = 0; i < SUMS; i++)                                 \
            {                                                                                       \
                VECTOR sum = sums[i];                                                               \
                IN_REGISTER(x); /* so that no product is computed but once */                       \
                STEP;                                                                               \
                IN_REGISTER(sum);                                                                   \
                sums[i] = sum;                                                                      \
            }                                                                                       \
        }                                                                                           \
        IN_REGISTER(product);                                                                       \
        for (int i = 0; i < SUMS; i++) {                                                            \
            memcpy(&part, &sums[i], sizeof part);                                                   \
            out ^= part;                                                                            \
        }                                                                                           \
        return out;                                                                                 \
    }

#if defined(__x86_64__)
SUMMING(int8_vnni, "avx512f,avx512vnni", __m512i, sum = _mm512_dpbusd_epi32(sum, x, y))
SUMMING(int8_avx2, "avx2", __m256i,
        (product = _mm256_maddubs_epi16(x, y), product = _mm256_madd_epi16(product, y), sum = _mm256_add_epi32(sum, product)))
SUMMING(fused_avx512, "avx512f", __m512, sum = _mm512_fmadd_ps(sum, x, y))
SUMMING(fused_avx2, "avx2,fma", __m256, sum = _mm256_fmadd_ps(sum, x, y))
SUMMING(apart_avx512, "avx512f", __m512, (product = _mm512_mul_ps(sum, x), sum = _mm512_add_ps(product, y)))
SUMMING(apart_avx2, "avx2", __m256, (product = _mm256_mul_ps(sum, x), sum = _mm256_add_ps(product, y)))
#else
SUMMING(int8_dot, "arch=armv8.2-a+dotprod", int8x16_t,
        sum = vreinterpretq_s8_s32(vdotq_s32(vreinterpretq_s32_s8(sum), x, y)))
SUMMING(int8_plain, "arch=armv8-a", int8x16_t,
        (product = vreinterpretq_s8_s16(vmlal_high_s8(vmull_s8(vget_low_s8(x), vget_low_s8(y)), x, y)),
         sum = vreinterpretq_s8_s32(vpadalq_s16(vreinterpretq_s32_s8(sum), vreinterpretq_s16_s8(product)))))
SUMMING(fused_neon, "arch=armv8-a", float32x4_t, sum = vfmaq_f32(y, sum, x))
SUMMING(apart_neon, "arch=armv8-a", float32x4_t, (product = vmulq_f32(sum, x), sum = vaddq_f32(product, y)))
#endif

typedef struct sums {
    const char *name;
    loop *run;
    int each; /* multiply-adds of one step */
} sums;

typedef struct machine {
    sums int8, fused, apart;
} machine;

static machine look(void)
{
    machine m;
#if defined(__x86_64__)
    __builtin_cpu_init();
    m = (machine){{"AVX2", int8_avx2, 32}, {"AVX2", fused_avx2, 8}, {"AVX2", apart_avx2, 8}};
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) {
        fprintf(stderr, "roofline: this processor has no AVX2\n");
        exit(1);
    }
    if (__builtin_cpu_supports("avx512f")) {
        m.fused = (sums){"AVX-512", fused_avx512, 16};
        m.apart = (sums){"AVX-512", apart_avx512, 16};
    }
    if (__builtin_cpu_supports("avx512vnni")) {
        m.int8 = (sums){"AVX-512 VNNI", int8_vnni, 64};
    }
#else
    bool dot = (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
    m = (machine){{"NEON", int8_plain, 16}, {"NEON", fused_neon, 4}, {"NEON", apart_neon, 4}};
    if (dot) {
        m.int8 = (sums){"NEON dot product", int8_dot, 16};
    }
#endif
    return m;
}

/* ---- timing ---- */

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

typedef struct crew {
    int threads;
    loop *run;
    uint8_t *bytes; /* of all threads, one share after the other */
    size_t share;
    long rounds;
    pthread_barrier_t barrier;
} crew;

typedef struct member {
    crew *crew;
    int index;
    double start, end;
    uint64_t out;
} member;

static void *work(void *argument)
{
    member *m = argument;
    crew *c = m->crew;
    pthread_barrier_wait(&c->barrier);
    m->start = now();
    m->out = c->run(c->bytes + (size_t)m->index * c->share, c->share, c->rounds);
    m->end = now();
    return NULL;
}

/* Seconds that all threads together take for c->rounds rounds each. */
static double time_once(crew *c)
{
    pthread_t threads[MOST_THREADS];
    member members[MOST_THREADS];
    double start = 0, end = 0;
    pthread_barrier_init(&c->barrier, NULL, (unsigned)c->threads);
    for (int i = 0; i < c->threads; i++) {
        members[i] = (member){.crew = c, .index = i};
        if (pthread_create(&threads[i], NULL, work, &members[i]) != 0) {
            fprintf(stderr, "roofline: cannot start a thread\n");
            exit(1);
        }
    }
    for (int i = 0; i < c->threads; i++) {
        pthread_join(threads[i], NULL);
        start = i == 0 || members[i].start < start ? members[i].start : start;
        end = i == 0 || members[i].end > end ? members[i].end : end;
    }
    pthread_barrier_destroy(&c->barrier);
    return end - start;
}

/* Rounds a second of all threads together, at best. */
static double best_rate(crew *c)
{
    double best = 0, seconds;
    c->rounds = 1;
    for (int slow = 0; slow < 3;) { /* one slow run may be a busy processor's */
        seconds = time_once(c);
        slow = seconds < SHORTEST_S ? 0 : slow + 1;
        c->rounds *= seconds < SHORTEST_S / 8 ? 4 : seconds < SHORTEST_S ? 2 : 1;
    }
    for (int i = 0; i < RUNS; i++) {
        seconds = time_once(c);
        double rate = (double)c->rounds * c->threads / seconds;
        best = rate > best ? rate : best;
    }
    return best;
}

static double rate_of(crew *c, const sums *s)
{
    c->run = s->run;
    c->share = 64;
    return best_rate(c) * SUMS * s->each;
}

static void print_sums(bool json, const char *key, const char *name, const sums *s, double rate)
{
    printf(json ? " \"%s\": {\"instructions\": \"%s\", \"per_s\": %.4g},\n" : "%-26s%-18s%8.1f G multiply-adds/s\n", json ? key : name,
           s->name, json ? rate : rate * 1e-9);
}

static void print_reading(bool json, crew *c)
{
    c->run = read_all;
    printf(json ? " \"read\": [" : "reading, all threads together\n");
    for (size_t size = SMALLEST; size <= LARGEST; size *= 2) {
        c->share = size / (size_t)c->threads / 256 * 256;
        double rate = best_rate(c) * (double)c->share;
        if (json) {
            printf("%s{\"bytes\": %zu, \"bytes_per_s\": %.4g}", size > SMALLEST ? ", " : "", size, rate);
        } else {
            printf("%10.2f MiB%*s%8.1f GB/s\n", (double)size / (1 << 20), 30, "", rate * 1e-9);
        }
    }
    printf(json ? "]\n" : "");
}

int main(int argc, char **argv)
{
    int threads = argc > 1 ? atoi(argv[1]) : (int)sysconf(_SC_NPROCESSORS_ONLN);
    bool json = argc > 2 && strcmp(argv[2], "--json") == 0;
    if (threads < 1 || threads > MOST_THREADS || argc > 3 || (argc == 3 && !json)) {
        fprintf(stderr, "usage: roofline [THREADS [--json]], 1 to %d threads\n", MOST_THREADS);
        return 2;
    }
    machine m = look();
    crew c = {.threads = threads, .bytes = aligned_alloc(4096, LARGEST)};
    if (c.bytes == NULL) {
        fprintf(stderr, "roofline: out of memory\n");
        return 1;
    }
    memset(c.bytes, 0x3f, LARGEST); /* 63 as a byte, 0.75 as a float */
    printf(json ? "{\"threads\": %d,\n" : "%d threads\n", threads);
    print_sums(json, "int8", "int8", &m.int8, rate_of(&c, &m.int8));
    print_sums(json, "float_fused", "float, fused", &m.fused, rate_of(&c, &m.fused));
    print_sums(json, "float", "float, multiply then add", &m.apart, rate_of(&c, &m.apart));
    print_reading(json, &c);
    printf(json ? "}\n" : "");
    free(c.bytes);
    return 0;
}
