/* hash.c: SHA-256 through libsodium. */
#include "base/hash.h"

#include <sodium.h>

void hash_sha256_hex(const hash_part *parts, size_t n, char out[HASH_HEX_SIZE])
{
    crypto_hash_sha256_state state;
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_init(&state);
    for (size_t i = 0; i < n; i++) {
        crypto_hash_sha256_update(&state, parts[i].data, parts[i].size);
    }
    crypto_hash_sha256_final(&state, digest);
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
