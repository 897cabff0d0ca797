/* hash.c: SHA-256 and BLAKE2b through libsodium. */
#include "base/hash.h"

#include <sodium.h>

_Static_assert(sizeof(crypto_hash_sha256_state) <= sizeof(hash_stream), "the state has its place");

void hash_begin(hash_stream *s)
{
    crypto_hash_sha256_init((crypto_hash_sha256_state *)s);
}

void hash_add(hash_stream *s, const void *data, size_t size)
{
    crypto_hash_sha256_update((crypto_hash_sha256_state *)s, data, size);
}

void hash_end(hash_stream *s, char out[HASH_HEX_SIZE])
{
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_final((crypto_hash_sha256_state *)s, digest);
    sodium_bin2hex(out, HASH_HEX_SIZE, digest, sizeof digest);
}

void hash_sha256_hex(const hash_part *parts, size_t n, char out[HASH_HEX_SIZE])
{
    hash_stream stream;
    hash_begin(&stream);
    for (size_t i = 0; i < n; i++) {
        hash_add(&stream, parts[i].data, parts[i].size);
    }
    hash_end(&stream, out);
}

void hash_blake2b_hex(const hash_part *parts, size_t n, char out[HASH_HEX_SIZE])
{
    crypto_generichash_state state;
    unsigned char digest[32];
    crypto_generichash_init(&state, NULL, 0, sizeof digest);
    for (size_t i = 0; i < n; i++) {
        crypto_generichash_update(&state, parts[i].data, parts[i].size);
    }
    crypto_generichash_final(&state, digest, sizeof digest);
    sodium_bin2hex(out, HASH_HEX_SIZE, digest, sizeof digest);
}

uint64_t hash_fnv(const void *data, size_t size)
{
    const unsigned char *p = data;
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < size; i++) {
        h = (h ^ p[i]) * 0x100000001b3u;
    }
    return h;
}
