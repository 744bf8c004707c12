/* SPDX-License-Identifier: ISC */
#include "base/digest.h"

#include <stdio.h>
#include <stdlib.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "base/crypto.h"
#include "base/err.h"
#include "base/mem.h"

struct digest {
	gnutls_hash_hd_t hash;
};

/* As with memory that has run out: a caller that went on with half a digest would take one message
 * for another. */
static _Noreturn void
give_up(const char *why)
{
	fprintf(stderr, "SHA-256: %s\n", why);
	abort();
}

static void
check(int result)
{
	if (result == 0)
		return;
	/* GnuTLS has either code for a state that it cannot allocate. */
	if (result == GNUTLS_E_MEMORY_ERROR || result == GNUTLS_E_HASH_FAILED)
		mem_exhausted();
	give_up(gnutls_strerror(result));
}

static void
start(void)
{
	struct err e;

	if (!crypto_start(&e))
		give_up(e.text);
}

struct digest *
digest_begin(void)
{
	struct digest *d = mem_alloc(sizeof *d);

	start();
	check(gnutls_hash_init(&d->hash, GNUTLS_DIG_SHA256));
	return d;
}

void
digest_add(struct digest *d, const void *bytes, size_t n)
{
	check(gnutls_hash(d->hash, bytes, n));
}

void
digest_end(struct digest *d, unsigned char digest[static DIGEST_SIZE])
{
	gnutls_hash_deinit(d->hash, digest);
	free(d);
}

void
digest_sha256(const void *bytes, size_t n, unsigned char digest[static DIGEST_SIZE])
{
	start();
	check(gnutls_hash_fast(GNUTLS_DIG_SHA256, bytes, n, digest));
}
