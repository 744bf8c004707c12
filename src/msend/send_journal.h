/* SPDX-License-Identifier: ISC */
/*
 * send_journal - what a batch has sent, so that a later run with the same file goes on where this
 * one stopped (--journal).
 *
 * A record is about one letter (its name and its content) and one recipient. Order of effects:
 *
 *	begin: written and flushed before the end of the message goes out
 *	sent, or refused: once the reply is known
 *
 * A letter that was begun and not settled may have been sent: it is not sent again, but named. The
 * sender's copy (msend/sent_copy.h) has records that name no recipient.
 *
 *	mailverbs send journal 1
 *	begin 0123456789abcdef0123456789abcdef bob@example.org out/1.eml
 *	copy-due 0123456789abcdef0123456789abcdef
 *	sent 0123456789abcdef0123456789abcdef bob@example.org
 *	copying 0123456789abcdef0123456789abcdef
 *	copied 0123456789abcdef0123456789abcdef
 */
#ifndef MAILVERBS_MSEND_SEND_JOURNAL_H
#define MAILVERBS_MSEND_SEND_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct send_journal;
struct source;

enum { SEND_JOURNAL_KEY = 2 * 16 + 1 }; /* a letter's key is text of that size, NUL included */

enum send_state {
	SEND_NEW,
	SEND_BEGUN,
	SEND_SENT,
	/* of the sender's copy, besides SEND_NEW */
	SEND_COPY_DUE,
	SEND_COPYING,
	SEND_COPIED
};

#define SEND_JOURNAL_COPY "" /* the ADDRESS to give for the sender's copy; no recipient has it */

/* Opens PATH, or makes it, for this run and the processes that are forked from it alone. NULL: *e
 * (ERR_TEMPORARY: another run has it; ERR_MALFORMED: not such a journal; ERR_CONFIG: others
 * can write it; ERR_OUTPUT, ERR_IO). */
struct send_journal *send_journal_open(const char *path, struct err *e);
/* The same for a dry run: fails as send_journal_open() would, and changes nothing. A file that does
 * not exist is an empty journal if it could be made. */
struct send_journal *send_journal_peek(const char *path, struct err *e);
void send_journal_close(struct send_journal *j); /* accepts NULL */

/* The key of the letter called NAME. False: *e, its content cannot be read. */
bool send_journal_key(const char *name, struct source *content, char key[static SEND_JOURNAL_KEY],
		      struct err *e);

/* The state of a letter for a recipient, or of its copy. J may be NULL: SEND_NEW. */
enum send_state send_journal_state(const struct send_journal *j, const char *key,
				   const char *address);

/*
 * Adds a record: SEND_BEGUN with the letter's name, SEND_SENT, or SEND_NEW where it was refused, so
 * that a later run tries again; or one of the copy. Records are durable after send_journal_flush().
 * False: *e is ERR_IO.
 */
bool send_journal_add(struct send_journal *j, enum send_state state, const char *key,
		      const char *address, const char *name, struct err *e);
bool send_journal_flush(struct send_journal *j, struct err *e);

const char *send_journal_path(const struct send_journal *j);

#endif
