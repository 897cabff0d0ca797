/* threads.c: the pool. A loop is published by raising `epoch`; workers claim chunks from `next` and count down `busy`. */
#define _GNU_SOURCE
#include "base/threads.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

/* A pause takes up to 140 cycles: 1,000 of them bridge the gap between two loops of a forward pass and no more, so that a
 * processor which others want is soon given up. */
enum { MAX_THREADS = 64, SPINS = 1000 };

struct thread_pool {
    int size;
    int started;
    pthread_t thread[MAX_THREADS];
    struct worker {
        thread_pool *pool;
        int index;
    } worker[MAX_THREADS];

    thread_body body;
    void *context;
    int items, chunk;
    _Alignas(64) atomic_int next;
    _Alignas(64) atomic_int busy;
    _Alignas(64) atomic_uint epoch;
    atomic_int sleepers;
    atomic_bool stop;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
};

static inline void relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static void work(thread_pool *pool, int thread)
{
    for (;;) {
        int begin = atomic_fetch_add_explicit(&pool->next, pool->chunk, memory_order_relaxed);
        if (begin >= pool->items) {
            return;
        }
        int end = begin + pool->chunk < pool->items ? begin + pool->chunk : pool->items;
        pool->body(pool->context, begin, end, thread);
    }
}

static unsigned wait_for_epoch(thread_pool *pool, unsigned seen)
{
    for (int spin = 0; spin < SPINS; spin++) {
        unsigned now = atomic_load_explicit(&pool->epoch, memory_order_acquire);
        if (now != seen) {
            return now;
        }
        relax();
    }
    pthread_mutex_lock(&pool->mutex);
    atomic_fetch_add(&pool->sleepers, 1);
    while (atomic_load(&pool->epoch) == seen) {
        pthread_cond_wait(&pool->wake, &pool->mutex);
    }
    atomic_fetch_sub(&pool->sleepers, 1);
    pthread_mutex_unlock(&pool->mutex);
    return atomic_load(&pool->epoch);
}

static void *worker_main(void *argument)
{
    struct worker *self = argument;
    thread_pool *pool = self->pool;
    unsigned seen = 0;
    for (;;) {
        seen = wait_for_epoch(pool, seen);
        if (atomic_load(&pool->stop)) {
            return NULL;
        }
        work(pool, self->index);
        atomic_fetch_sub_explicit(&pool->busy, 1, memory_order_release);
    }
}

static void publish(thread_pool *pool)
{
    atomic_fetch_add(&pool->epoch, 1);
    if (atomic_load(&pool->sleepers) > 0) {
        pthread_mutex_lock(&pool->mutex);
        pthread_cond_broadcast(&pool->wake);
        pthread_mutex_unlock(&pool->mutex);
    }
}

static int processors(void)
{
    cpu_set_t set;
    int n = 1;
    if (sched_getaffinity(0, sizeof set, &set) == 0) {
        n = CPU_COUNT(&set);
    }
    return n < 1 ? 1 : n > MAX_THREADS ? MAX_THREADS : n;
}

paw_status thread_pool_new(int threads, thread_pool **out, paw_error *err)
{
    if (threads < 0 || threads > MAX_THREADS) {
        return paw_fail(err, PAW_ERR_ARGUMENT, "threads", "%d threads asked for; 1 to %d are possible (0: all)",
                        threads, MAX_THREADS);
    }
    thread_pool *pool = aligned_alloc(64, (sizeof *pool + 63) / 64 * 64);
    if (pool == NULL) {
        return paw_fail_memory(err, sizeof *pool);
    }
    *pool = (thread_pool){.size = threads == 0 ? processors() : threads};
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->wake, NULL);
    for (int i = 1; i < pool->size; i++) {
        pool->worker[i] = (struct worker){pool, i};
        if (pthread_create(&pool->thread[i], NULL, worker_main, &pool->worker[i]) != 0) {
            break; /* fewer threads only mean less speed */
        }
        pool->started++;
    }
    pool->size = pool->started + 1;
    *out = pool;
    return PAW_OK;
}

void thread_pool_free(thread_pool *pool)
{
    if (pool == NULL) {
        return;
    }
    atomic_store(&pool->stop, true);
    publish(pool);
    for (int i = 1; i <= pool->started; i++) {
        pthread_join(pool->thread[i], NULL);
    }
    pthread_mutex_destroy(&pool->mutex);
    pthread_cond_destroy(&pool->wake);
    free(pool);
}

int thread_pool_size(const thread_pool *pool)
{
    return pool->size;
}

void thread_pool_run(thread_pool *pool, int items, int chunk, thread_body body, void *context)
{
    if (items <= 0) {
        return;
    }
    if (pool->size == 1 || items <= chunk) {
        body(context, 0, items, 0);
        return;
    }
    pool->body = body;
    pool->context = context;
    pool->items = items;
    pool->chunk = chunk;
    atomic_store_explicit(&pool->next, 0, memory_order_relaxed);
    atomic_store_explicit(&pool->busy, pool->started, memory_order_relaxed);
    publish(pool);
    work(pool, 0);
    for (int spin = 0; atomic_load_explicit(&pool->busy, memory_order_acquire) > 0; spin++) {
        if (spin < SPINS) {
            relax();
        } else {
            sched_yield(); /* a worker lost its processor: let it have this one */
        }
    }
}
