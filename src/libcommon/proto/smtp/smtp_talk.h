/* SPDX-License-Identifier: ISC */
/*
 * smtp_talk - a conversation with an SMTP or LMTP server: its replies. For proto/smtp alone;
 * others see proto/smtp/smtp.h.
 */
#ifndef MAILVERBS_PROTO_SMTP_SMTP_TALK_H
#define MAILVERBS_PROTO_SMTP_SMTP_TALK_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "proto/smtp/smtp_types.h"

struct dialog;
struct stream;

struct smtp {
	struct stream *stream;
	struct dialog *dialog;
	struct smtp_features features;
	struct buf described; /* what EHLO said */
	struct buf auth;      /* the mechanisms of all its AUTH lines */
	struct buf words;     /* the text of the last reply */
	struct smtp_params params;
	size_t recipients_max; /* that it took in a transaction; 0: not known */
	bool said_quit;
	bool is_cut;     /* the conversation is in a state where only hanging up is right */
	bool is_silent;  /* as smtp_is_idle() saw it; no reply was awaited since */
	bool is_closing; /* the server said 421 (RFC 5321 section 3.8) */
};

/*
 * One reply (RFC 5321 section 4.2), its text whole in c->words until the next one. Its lines go to
 * TAKE one by one, where there is one. False: the stream failed.
 */
bool smtp_await(struct smtp *c, struct smtp_reply *reply,
		void (*take)(struct smtp *c, const char *line));

static inline bool
smtp_is_positive(const struct smtp_reply *r)
{
	return r->code >= 200 && r->code < 300;
}

/* The error that a reply other than 2xx is: 4xx is "later" whatever the command, 5xx is PERMANENT
 * unless it is about the login. */
enum err_code smtp_code_of(const struct smtp_reply *r, enum err_code permanent);

/* The last reply, by smtp_code_of(), or the stream as an error. Always false. */
bool smtp_refused(struct smtp *c, const struct smtp_reply *r, enum err_code permanent,
		  struct err *e);

/* An error of ours at the server's place. Always false. */
bool smtp_complain(struct smtp *c, enum err_code code, const char *what, struct err *e);

#endif
