/* SPDX-License-Identifier: ISC */
/*
 * digest - SHA-256, by GnuTLS.
 */
#ifndef MAILVERBS_BASE_DIGEST_H
#define MAILVERBS_BASE_DIGEST_H

#include <stddef.h>

enum { DIGEST_SIZE = 32 }; /* octets */

/* The SHA-256 (FIPS 180-4) of N bytes. */
void digest_sha256(const void *bytes, size_t n, unsigned char digest[static DIGEST_SIZE]);

/* The same for bytes that come in pieces. digest_end() frees D. */
struct digest;
struct digest *digest_begin(void);
void digest_add(struct digest *d, const void *bytes, size_t n);
void digest_end(struct digest *d, unsigned char digest[static DIGEST_SIZE]);

#endif
