/* SPDX-License-Identifier: ISC */
#include "net/idna.h"

#include <gnutls/gnutls.h>
#include <string.h>

#include "base/buf.h"
#include "base/crypto.h"
#include "base/err.h"
#include "net/tls_error.h"

static bool
is_ascii(const char *s)
{
	while (*s && !(*s & 0x80))
		s++;
	return *s == '\0';
}

bool
idna_to_ascii(const char *name, struct buf *out, struct err *e)
{
	gnutls_datum_t mapped;
	int status;

	if (is_ascii(name)) {
		buf_add_str(out, name);
		return true;
	}
	if (!crypto_start(e))
		return false;
	status = gnutls_idna_map(name, (unsigned)strlen(name), &mapped, 0);
	if (status != GNUTLS_E_SUCCESS)
		return tls_error_set(e, ERR_NO_HOST, status, "'%s' is not a host name", name);
	buf_add(out, mapped.data, mapped.size);
	gnutls_free(mapped.data);
	return true;
}
