/* SPDX-License-Identifier: ISC */
#include "base/digest.h"

#include <stdio.h>
#include <stdlib.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

void
digest_sha256(const void *bytes, size_t n, unsigned char digest[static DIGEST_SIZE])
{
	/* As with memory that has run out: who goes on with half a digest takes one message for
	 * another. */
	if (gnutls_hash_fast(GNUTLS_DIG_SHA256, bytes, n, digest) != 0) {
		fputs("GnuTLS has no SHA-256\n", stderr);
		abort();
	}
}
