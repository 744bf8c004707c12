/* SPDX-License-Identifier: ISC */
/*
 * sent_copy - when the sender's copy of a letter (msend/save.h) is due: once for a letter, after
 * all its transactions, if a server has accepted it.
 *
 * With a send journal (msend/send_journal.h) it is once in all runs, too, and a run that was killed
 * loses no copy in silence. The order of effects is
 *
 *	copy-due: durable before the end of the message goes out for the first time
 *	copying: durable before the copy is begun
 *	copied: once what became of it was said, or the queue has a part of the letter, and files it
 */
#ifndef MAILVERBS_MSEND_SENT_COPY_H
#define MAILVERBS_MSEND_SENT_COPY_H

#include <stdbool.h>

struct err;
struct letter;
struct outcome;
struct run;
struct send_account;
struct send_journal;

struct sent_copy {
	struct run *run;
	struct send_journal *journal; /* NULL: none is kept */
	const char *key;              /* of the letter, there */
	bool is_wanted;
	bool is_settled; /* it is due, or left to the queue with a part of the letter */
	bool is_due;     /* a server has accepted the letter */
	bool is_unsure;  /* a server may have */
	bool is_queued;  /* the letter, or a part of it, waits in the queue */
	int spool;       /* of save_spool() */
};

/* Takes up what earlier runs left: a copy that was filed, or that nobody knows of, which is
 * reported, is not wanted any more; one that was not begun is due if the letter was sent, WAS_SENT.
 * A dry run only reports. */
void sent_copy_recall(struct sent_copy *c, const struct send_account *a, bool was_sent);

/* Adds the record that a copy is due to those that the caller flushes. False: *e. */
bool sent_copy_note_due(const struct sent_copy *c, struct err *e);

/* After a transaction, before the journal says that its recipients have the message. */
void sent_copy_settle(struct sent_copy *c, const struct letter *part, const struct outcome *o);

/* After all transactions: files the copy if it is due. */
void sent_copy_file(const struct sent_copy *c, const struct send_account *a,
		    const struct letter *l);

#endif
