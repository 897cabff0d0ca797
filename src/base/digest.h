/*
 * digest.h: SHA-256 of large files, remembered: hashing 100 MB takes longer than all else that a compile does.
 *
 * What is remembered is worth no more than the name it is remembered under: the caller's `identity` must follow from the data.
 */
#ifndef PAW_BASE_DIGEST_H
#define PAW_BASE_DIGEST_H

#include "base/hash.h"

/*
 * SHA-256 of the data as hex. The file at `path` (NULL: none) holds what was found for this identity (64 hex digits), or is written;
 * what cannot be read or written costs time only.
 */
void digest_sha256_kept(const char *path, const char identity[HASH_HEX_SIZE], const void *data, size_t size,
                        char out[HASH_HEX_SIZE]);

#endif
