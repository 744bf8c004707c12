/* SPDX-License-Identifier: ISC */
/*
 * smtp_parameters - what a message asks of its servers beyond being delivered, as parameters of
 * MAIL and RCPT.
 */
#ifndef MAILVERBS_PROTO_SMTP_SMTP_PARAMETERS_H
#define MAILVERBS_PROTO_SMTP_SMTP_PARAMETERS_H

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct err;
struct smtp_features;

/* All borrowed, and as the wire has them but for the xtext. NULL: not wished. */
struct smtp_parameters {
	const char *notify;      /* RFC 3461: NEVER, or of SUCCESS,FAILURE,DELAY */
	const char *ret;         /* RFC 3461: FULL or HDRS */
	const char *envelope_id; /* RFC 3461: any printable ASCII */
	const char *require_tls; /* RFC 8689: "" */
	const char *deliver_by;  /* RFC 2852: seconds;R or seconds;N */
	const char *hold_for;    /* RFC 4865: seconds */
	const char *hold_until;  /* RFC 4865: RFC 3339's date-time */
	const char *priority;    /* RFC 6710: -9 to 9 */
};

/* Does the server offer what is wished? False: *e is ERR_UNAVAILABLE, names the extension, and has
 * no place in front. */
bool smtp_parameters_check(const struct smtp_parameters *w, const struct smtp_features *f,
			   struct err *e);

/* Adds the parameters, each with a blank in front: of MAIL, and of RCPT for ADDRESS. */
void smtp_parameters_add_mail(const struct smtp_parameters *w, struct buf *out);
void smtp_parameters_add_rcpt(const struct smtp_parameters *w, const char *address,
			      struct buf *out);

#endif
