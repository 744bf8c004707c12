/* SPDX-License-Identifier: ISC */
#include "base/idna.h"

#include <gnutls/gnutls.h>
#include <string.h>

#include "base/buf.h"
#include "base/crypto.h"
#include "base/err.h"
#include "base/text.h"

/* GnuTLS ends its sentences with a full stop. */
static bool
not_a_name(const char *name, const char *why, struct err *e)
{
	const size_t len = strlen(why);

	return err_set(e, ERR_NO_HOST, "'%s' is not a host name: %.*s", name,
		       (int)(len > 0 && why[len - 1] == '.' ? len - 1 : len), why);
}

bool
idna_to_ascii(const char *name, struct buf *out, struct err *e)
{
	gnutls_datum_t mapped;
	int status;

	if (!text_has_8bit(name, strlen(name))) {
		buf_add_str(out, name);
		return true;
	}
	if (!crypto_start(e))
		return false;
	status = gnutls_idna_map(name, (unsigned)strlen(name), &mapped, 0);
	if (status != GNUTLS_E_SUCCESS)
		return not_a_name(name, gnutls_strerror(status), e);
	buf_add(out, mapped.data, mapped.size);
	gnutls_free(mapped.data);
	return true;
}

void
idna_add(struct buf *out, const char *name)
{
	struct err unused; /* see idna.h */

	if (!idna_to_ascii(name, out, &unused))
		buf_add_str(out, name);
}
