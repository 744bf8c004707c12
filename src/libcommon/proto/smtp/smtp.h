/* SPDX-License-Identifier: ISC */
/*
 * smtp - one conversation with a submission server (RFC 5321, RFC 6409), or with one that delivers
 * by LMTP (RFC 2033).
 *
 *	smtp_open(): greeting, EHLO, STARTTLS, AUTH
 *	smtp_send(): MAIL, RCPT, DATA or BDAT; as often as there are messages
 *	smtp_close()
 *
 * Every error begins with the server's "HOST:PORT: " and has its own words.
 */
#ifndef MAILVERBS_PROTO_SMTP_SMTP_H
#define MAILVERBS_PROTO_SMTP_SMTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/smtp/smtp_parameters.h"
#include "proto/smtp/smtp_types.h"

struct buf;
struct err;
struct login;
struct outgoing;
struct smtp;
struct stream;

struct smtp_recipient {
	const char *address; /* borrowed */
	struct smtp_reply reply;
	bool is_taken;     /* the server took the message over for him, and said so */
	bool is_postponed; /* the server takes no more recipients in this transaction */
};

struct smtp_envelope {
	const char *from; /* "" is the null sender; borrowed */
	struct smtp_recipient *recipients;
	size_t count;
	struct smtp_parameters wishes;
	bool partial; /* goes to those who are accepted where others are refused */
	bool is_last; /* of the conversation */

	/* If not NULL, called before the end of the message goes out: so its record exists whatever
	 * comes next. False: the end is not sent, and *e is the error. */
	bool (*before_end)(void *ctx, struct err *e);
	void *before_end_ctx;
};

/*
 * Speaks up to the login on a connected stream (with TLS on already where the port wants it), which
 * stays the caller's. NULL: *e.
 */
struct smtp *smtp_open(struct stream *s, const struct login *l, const struct smtp_params *p,
		       struct err *e);

/* QUIT where nobody said it yet, not waiting for the answer (RFC 5321 section 4.1.1.10 asks us to,
 * people do not). Accepts NULL. */
void smtp_close(struct smtp *c);

const struct smtp_features *smtp_features(const struct smtp *c);

/*
 * Hands in one message to all recipients, or to none: if one is refused (with `partial`: if all
 * are), nothing is sent and *e is the first refusal (ERR_RECIPIENT, or ERR_TEMPORARY for a 4xx);
 * each recipient's reply tells the rest. By LMTP each recipient has a reply to the message too,
 * which then replaces the first one. A message that needs an extension that the server does not
 * offer is refused before the first byte (ERR_MALFORMED, ERR_UNAVAILABLE). With `is_last`, QUIT
 * goes out with the message. False with *MAYBE_SENT: the end of the message went out and its reply
 * was not seen. True: the server took it over for all recipients without a refusal among their
 * replies, which is at least one; REPLY is its word. Recipients whom the server did not want in the
 * same transaction (452 after others were accepted) are not refused, but `is_postponed`: the
 * message did not go to them, and QUIT does not go out.
 */
bool smtp_send(struct smtp *c, struct smtp_envelope *envelope, struct outgoing *message,
	       struct smtp_reply *reply, bool *maybe_sent, struct err *e);

/* The most recipients that the server took in a transaction before it wanted no more (RFC 5321
 * section 4.5.3.1.10); 0: it never said so. */
size_t smtp_recipients_max(const struct smtp *c);

/* The refusal of a recipient by SERVER ("HOST:PORT") as smtp_send() puts it: with the address,
 * where the server's words do not have it. */
void smtp_explain(const char *server, const struct smtp_recipient *r, struct err *e);

/* It takes no more messages: QUIT was said, or something broke. */
bool smtp_is_over(const struct smtp *c);

/* The server ended it: said 421, hung up, was silent for too long. */
bool smtp_is_broken(const struct smtp *c);

/* The server said 421: it takes nothing more over this connection, and has not taken what it was
 * said to. */
bool smtp_is_closing(const struct smtp *c);

/* It is not over, and the server has said nothing since, nor hung up. Does not wait. */
bool smtp_is_idle(struct smtp *c);

#endif
