/*
 * threads.h: a pool that runs one parallel loop at a time.
 *
 * Workers spin shortly after a loop (a forward pass is hundreds of loops a few microseconds apart) and sleep after that.
 * Which thread runs which item is not fixed, so an item's result must not depend on it: promise 1 of the architecture.
 */
#ifndef PAW_BASE_THREADS_H
#define PAW_BASE_THREADS_H

#include "base/error.h"

typedef struct thread_pool thread_pool;

/* Runs items [begin, end) as thread `thread` of the pool. */
typedef void (*thread_body)(void *context, int begin, int end, int thread);

/* threads 1 to 64; 0: as many as processors that this process may use (at most 64). */
paw_status thread_pool_new(int threads, thread_pool **out, paw_error *err);
void thread_pool_free(thread_pool *pool);
int thread_pool_size(const thread_pool *pool);

/* Runs `body` over [0, items) in chunks of `chunk` and returns when all are done. Not reentrant: one caller at a time. */
void thread_pool_run(thread_pool *pool, int items, int chunk, thread_body body, void *context);

#endif
