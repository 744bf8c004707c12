/* SPDX-License-Identifier: ISC */
#include "auth/token.h"

#include <stddef.h>

#include "base/buf.h"

/* A saslname of the GS2 header (RFC 5801 section 4): comma and equals sign have a meaning there. */
static void
add_saslname(struct buf *out, const char *name)
{
	for (; *name; name++) {
		if (*name == ',')
			buf_add_str(out, "=2C");
		else if (*name == '=')
			buf_add_str(out, "=3D");
		else
			buf_add_char(out, *name);
	}
}

static void
add_bearer(struct buf *out, const char *token)
{
	buf_add_str(out, "auth=Bearer ");
	buf_add_str(out, token);
	buf_add_str(out, "\001\001");
}

void
token_oauthbearer(struct buf *out, const struct token_fields *f)
{
	buf_add_str(out, "n,a=");
	add_saslname(out, f->user);
	buf_addf(out, ",\001host=%s\001port=%u\001", f->host, f->port);
	add_bearer(out, f->token);
}

void
token_xoauth2(struct buf *out, const struct token_fields *f)
{
	buf_add_str(out, "user=");
	buf_add_str(out, f->user);
	buf_add_char(out, '\001');
	add_bearer(out, f->token);
}

bool
token_is_clean(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return false;
	return true;
}
