/* hash.h: SHA-256 and BLAKE2b as lower-case hex, and a quick 64-bit hash for tables. */
#ifndef PAW_BASE_HASH_H
#define PAW_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

enum { HASH_HEX_SIZE = 65 }; /* 64 digits and the NUL */

typedef struct hash_part {
    const void *data;
    size_t size;
} hash_part;

/* SHA-256 over the parts, one after the other. */
void hash_sha256_hex(const hash_part *parts, size_t n, char out[HASH_HEX_SIZE]);

/* SHA-256 of what comes in pieces; begin, add any number of times, end. */
typedef struct hash_stream {
    _Alignas(16) unsigned char state[128];
} hash_stream;

void hash_begin(hash_stream *s);
void hash_add(hash_stream *s, const void *data, size_t size);
void hash_end(hash_stream *s, char out[HASH_HEX_SIZE]);

/* BLAKE2b (256 bits) over the parts: several times as fast, for keys of caches. */
void hash_blake2b_hex(const hash_part *parts, size_t n, char out[HASH_HEX_SIZE]);

/* FNV-1a; for hash tables only. */
uint64_t hash_fnv(const void *data, size_t size);

#endif
