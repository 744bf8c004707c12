/* SPDX-License-Identifier: ISC */
/*
 * pop3_talk - a conversation with a POP3 server: its status lines, and the lines after them. For
 * proto/pop3 alone; others see proto/pop3/pop3.h and proto/mailbox.h.
 *
 *	dialog_ask(c->dialog, "UIDL");
 *	pop3_ok(c, ERR_UNAVAILABLE, e)      or pop3_await(), where a refusal means something
 *	while ((line = pop3_line(c, &len))) …
 */
#ifndef MAILVERBS_PROTO_POP3_POP3_TALK_H
#define MAILVERBS_PROTO_POP3_POP3_TALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "proto/mailbox.h"

struct dialog;
struct login;
struct stream;

enum {
	/* commands in our queue; how many are on the way is the dialog's affair */
	POP3_ASK_AHEAD = 512
};

/* The answer to CAPA (RFC 2449 section 6). */
struct pop3_features {
	bool known; /* there is a CAPA */
	bool stls;
	bool pipelining;
	bool user;
	bool top;
	bool utf8;      /* RFC 6856 */
	bool utf8_user; /* in USER, PASS and APOP too */
	bool lang;
	char sasl[256];
	struct mailbox_facts facts; /* the customs alone */
};

/* The answer to STAT. */
struct pop3_stat {
	bool known;
	uint64_t messages;
	uint64_t octets;
};

struct pop3 {
	struct stream *stream;
	struct dialog *dialog;
	struct pop3_features features;
	struct buf described;
	struct buf words;         /* the last status line */
	unsigned ignored_answers; /* answers ahead of the next one that change nothing */
	char *timestamp;          /* the greeting's <…>, for APOP */
	struct pop3_stat stat;
	bool lists_one_by_many; /* a list command about one message is answered in several lines */
	uint32_t *to_delete;    /* the numbers to delete */
	size_t delete_count;
	bool has_retrieved; /* whole messages were asked for */
	bool has_quit;
};

enum pop3_status { POP3_OK, POP3_ERR, POP3_CHALLENGE, POP3_FAILED };

/* One status line (RFC 1939 section 3), whole in c->words until the next one. */
enum pop3_status pop3_await(struct pop3 *c);

/* The same where only +OK will do. False: *e, as pop3_refused() has it. */
bool pop3_ok(struct pop3 *c, enum err_code otherwise, struct err *e);

/* The last answer was no +OK: *e is the stream's error, or the server's words; OTHERWISE where no
 * response code says better. Always false. */
bool pop3_refused(struct pop3 *c, enum err_code otherwise, struct err *e);

/* Does the last answer say when to come back or why it is a refusal, by a response code that we
 * know or, without one, in words (proto/refusal.h)? */
bool pop3_says_why(const struct pop3 *c);

/* Gets back into step after an answer that had more lines than it should have, while UNREAD more
 * answers are on their way: asks NOOP and skips everything up to its answer. False: the stream
 * failed. */
bool pop3_resync(struct pop3 *c, size_t unread);

/* An error of ours at the server's place. Always false. */
bool pop3_complain(struct pop3 *c, enum err_code code, const char *what, struct err *e);

/* The next line of a multi-line answer, the stuffed dot taken off; NULL at its end or when the
 * stream failed. */
char *pop3_line(struct pop3 *c, size_t *len);

/* proto/pop3/pop3_login.c: from the greeting to the transaction state. */
bool pop3_log_in(struct pop3 *c, const struct login *l, struct err *e);

/* The rest are what proto/mailbox.h says. */

/* proto/pop3/pop3_list.c */
bool pop3_list(void *conversation, unsigned want, struct message_list *l, struct err *e);
bool pop3_list_since(void *conversation, unsigned want, const char *mark, struct message_list *l,
		     bool *is_whole, struct err *e);
char *pop3_mark(const void *conversation, const struct message_list *l);
bool pop3_count(void *conversation, uint64_t *messages, uint64_t *octets, struct err *e);

/* proto/pop3/pop3_fetch.c */
bool pop3_fetch(void *conversation, const struct message_list *l, const struct message_set *set,
		enum part part, const struct receiver *r, void *ctx, struct err *e);

#endif
