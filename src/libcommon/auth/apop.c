/* SPDX-License-Identifier: ISC */
#include <gnutls/crypto.h>
#include <string.h>

#include "auth/sasl.h"
#include "auth/secret.h"
#include "base/buf.h"
#include "base/crypto.h"
#include "base/err.h"
#include "base/text.h"

enum { MD5_SIZE = 16 };

/*
 * Is it a msg-id of printable ASCII? A server in the middle can learn the password's first letters
 * by timestamps that make MD5 collide, which takes bytes that no honest one has (CVE-2007-1558).
 */
static bool
is_timestamp(const char *s)
{
	size_t inside;

	for (const char *c = s; *c; c++)
		if (*c <= ' ' || *c > '~')
			return false;
	if (s[0] != '<')
		return false;
	inside = strcspn(s + 1, "<>");
	return memchr(s + 1, '@', inside) && strcmp(s + 1 + inside, ">") == 0;
}

bool
sasl_apop(const char *timestamp, struct secret *secret, char hex[static 33], struct err *e)
{
	unsigned char digest[MD5_SIZE];
	struct buf input = {0};
	const char *text;
	int rc;

	if (!is_timestamp(timestamp))
		return err_set(e, ERR_PROTOCOL, "the greeting has no valid APOP timestamp");
	text = secret_text(secret, e);
	if (!text || !crypto_start(e))
		return false;
	buf_add_str(&input, timestamp);
	buf_add_str(&input, text);
	rc = gnutls_hash_fast(GNUTLS_DIG_MD5, input.data, input.len, digest);
	buf_wipe(&input);
	if (rc != 0)
		return err_set(e, ERR_UNAVAILABLE, "APOP: MD5 is not available: %s",
			       gnutls_strerror(rc));
	text_hex(hex, digest, MD5_SIZE);
	return true;
}
