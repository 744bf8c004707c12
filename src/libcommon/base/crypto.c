/* SPDX-License-Identifier: ISC */
#include "base/crypto.h"

#include <gnutls/gnutls.h>

#include "base/err.h"
#include "base/mem.h"

/* The library asks the program for this function, and then leaves the start to it. */
GNUTLS_SKIP_GLOBAL_INIT

bool
crypto_start(struct err *e)
{
	const int status = gnutls_global_init();

	if (status == GNUTLS_E_MEMORY_ERROR)
		mem_exhausted();
	return status >= 0 || err_set(e, ERR_TEMPORARY, "GnuTLS: %s", gnutls_strerror(status));
}
