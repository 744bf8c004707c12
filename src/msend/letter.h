/* SPDX-License-Identifier: ISC */
/*
 * letter - a message with its envelope, put together from the message, the command line and the
 * account.
 *
 *	letter_read(): the message, and who sends it, which chooses the account
 *	letter_prepare(): sender and recipients, aliases looked up; the header put in order
 *
 * `struct letter l = {0};` is none yet; letter_free() takes any.
 */
#ifndef MAILVERBS_MSEND_LETTER_H
#define MAILVERBS_MSEND_LETTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/text_set.h"
#include "message/outgoing.h"
#include "proto/smtp/smtp.h"

struct send_account;
struct aliases;
struct source;
struct wishes;

struct letter {
	struct outgoing *message;
	char *sender;                  /* as command line and message tell it, or NULL */
	char *from;                    /* the envelope's, NULL before letter_prepare() */
	struct smtp_envelope envelope; /* its strings are the letter's and the account's */
	struct err unfiltered; /* why the account's filter is to be run later; or ERR_NONE */

	/* The module's own. */
	struct source *source;
	struct aliases *aliases; /* or NULL */
	const char *domain;      /* of addresses that have none; NULL: they go as they are */
	bool is_part;            /* one of several transactions */
	bool may_shrink;         /* recipients may be left for another transaction */
	bool is_one_of_many;     /* senders in From, without a Sender */
	struct source *filtered; /* by the account's filter, or NULL */
	struct text_set known;   /* the recipients, to have each once */
};

/* Reads the message from FD, with DOT_ENDS to a lone dot. FROM is the sender that was given, or
 * NULL. False: *e (ERR_USAGE: FROM is not an address; ERR_MALFORMED, also where the field that
 * decides who sends cannot be read). */
bool letter_read(struct letter *l, int fd, bool dot_ends, const char *from, struct err *e);

/* Each of RECIPIENTS is a list of addresses as in a header. Without them, and with AND_HEADER, the
 * message's header names them. False: *e. */
bool letter_prepare(struct letter *l, const struct send_account *a, char *const *recipients,
		    size_t count, bool and_header, struct err *e);

/*
 * A letter that was prepared before, as it came out then (outgoing_pour() without dots, or
 * outgoing_pour_copy()): nothing is added, and only Bcc is taken away. With a filter among its
 * wishes it was not sent through that yet, and is now; ACCOUNT is a name for the filter. FROM is
 * its sender; the texts of W outlive it. Its recipients follow. False: *e.
 */
bool letter_again(struct letter *l, int fd, const struct wishes *w, const char *account,
		  const char *from, struct err *e);
void letter_add_recipient(struct letter *l, const char *address);

/*
 * Sends the prepared message through the account's filter (--send-filter), if it has one: what
 * comes out is the message. False: *e; with ERR_TEMPORARY and `queue` it is true, and l->unfiltered
 * says why the message can only go into the queue, as it is.
 */
bool letter_filter(struct letter *l, const struct send_account *a, struct err *e);

/* The message as it was read; borrowed. */
struct source *letter_source(const struct letter *l);

/* Leaves in the envelope those recipients of whom KEEP is true, in their order. */
void letter_keep_recipients(struct letter *l, bool (*keep)(void *ctx, const char *address),
			    void *ctx);

void letter_free(struct letter *l);

#endif
