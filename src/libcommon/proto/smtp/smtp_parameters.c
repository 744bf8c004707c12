/* SPDX-License-Identifier: ISC */
#include "proto/smtp/smtp_parameters.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "message/address.h"
#include "proto/smtp/smtp_types.h"

static const struct wish {
	size_t wished;  /* the value in struct smtp_parameters */
	size_t offered; /* the flag in struct smtp_features */
	const char *extension;
	const char *mail; /* the parameter of MAIL; NULL: it is one of RCPT */
	bool is_xtext;
} wishes[] = {
#define WISH(wished, offered) \
	offsetof(struct smtp_parameters, wished), offsetof(struct smtp_features, offered)
    {WISH(notify, dsn), "DSN", NULL, false},
    {WISH(ret, dsn), "DSN", "RET=", false},
    {WISH(envelope_id, dsn), "DSN", "ENVID=", true},
    {WISH(require_tls, requiretls), "REQUIRETLS", "REQUIRETLS", false},
    {WISH(deliver_by, deliverby), "DELIVERBY", "BY=", false},
    {WISH(hold_for, futurerelease), "FUTURERELEASE", "HOLDFOR=", false},
    {WISH(hold_until, futurerelease), "FUTURERELEASE", "HOLDUNTIL=", false},
    {WISH(priority, mt_priority), "MT-PRIORITY", "MT-PRIORITY=", false},
#undef WISH
};

static const char *
wished(const struct smtp_parameters *w, const struct wish *wish)
{
	return *(const char *const *)(const void *)((const char *)w + wish->wished);
}

static bool
is_offered(const struct smtp_features *f, const struct wish *wish)
{
	return *(const bool *)((const char *)f + wish->offered);
}

/* The server may have said how soon, and how late, it can. */
static bool
check_times(const struct smtp_parameters *w, const struct smtp_features *f, struct err *e)
{
	const uint64_t by = w->deliver_by ? strtoull(w->deliver_by, NULL, 10) : UINT64_MAX;
	const uint64_t hold = w->hold_for ? strtoull(w->hold_for, NULL, 10) : 0;

	if (by < f->deliver_by_min)
		return err_set(e, ERR_UNAVAILABLE,
			       "the server needs %" PRIu64 " seconds at least to deliver by",
			       f->deliver_by_min);
	if (f->hold_for_max > 0 && hold > f->hold_for_max)
		return err_set(e, ERR_UNAVAILABLE,
			       "the server holds a message for %" PRIu64 " seconds at most",
			       f->hold_for_max);
	return true;
}

bool
smtp_parameters_check(const struct smtp_parameters *w, const struct smtp_features *f, struct err *e)
{
	for (size_t i = 0; i < sizeof wishes / sizeof wishes[0]; i++)
		if (wished(w, &wishes[i]) && !is_offered(f, &wishes[i]))
			return err_set(e, ERR_UNAVAILABLE,
				       "this needs %s, which the server does not offer",
				       wishes[i].extension);
	return check_times(w, f, e);
}

/* RFC 3461 section 4: bytes that are not printable ASCII, and + and =, become +XX. */
static void
add_xtext(struct buf *out, const char *text)
{
	for (; *text; text++)
		if (*text > ' ' && *text < 0x7f && *text != '+' && *text != '=')
			buf_add_char(out, *text);
		else
			buf_addf(out, "+%02X", (unsigned char)*text);
}

void
smtp_parameters_add_mail(const struct smtp_parameters *w, struct buf *out)
{
	for (size_t i = 0; i < sizeof wishes / sizeof wishes[0]; i++) {
		const char *value = wished(w, &wishes[i]);

		if (!value || !wishes[i].mail)
			continue;
		buf_addf(out, " %s", wishes[i].mail);
		if (wishes[i].is_xtext)
			add_xtext(out, value);
		else
			buf_add_str(out, value);
	}
}

/* The original recipient is what the report will name, whatever the address becomes on its way.
 * RFC 6533's form for an address that is not ASCII is known to few servers. */
void
smtp_parameters_add_rcpt(const struct smtp_parameters *w, const char *address, struct buf *out)
{
	if (!w->notify)
		return;
	buf_addf(out, " NOTIFY=%s", w->notify);
	if (!address_is_ascii(address))
		return;
	buf_add_str(out, " ORCPT=rfc822;");
	add_xtext(out, address);
}
