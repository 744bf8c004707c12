/* SPDX-License-Identifier: ISC */
/*
 * submission - letters to their servers, many over one connection.
 *
 * A conversation is kept open for each account and server, and opened again where that is safe: a
 * server may have enough of a connection at any time (421, a limit of messages, a hang-up). Then
 * the letter it broke on goes out once more on a new one, but only if it is certain that it was not
 * accepted: its end never went out, or the answer was 421.
 *
 * The new one is opened at once. If that fails, or the server says 421 there too, it is tried again
 * after pauses (msend/backoff.h), for as long as --timeout, at most a minute, after the run's last
 * success. A server that was never reached in the run, or that refuses the login, is not asked
 * again; if a new connection breaks without a 421, the letter failed. After several letters in a
 * row that failed so, the others fail at once, with the same words.
 *
 * If a server says that there were too many messages, or ends two connections in a row after the
 * same number of them, later connections are ended by us after so many.
 */
#ifndef MAILVERBS_MSEND_SUBMISSION_H
#define MAILVERBS_MSEND_SUBMISSION_H

#include <stdbool.h>
#include <stdint.h>

#include "msend/outcome.h"

struct send_account;
struct err;
struct submission;
struct letter;
struct run;
struct send_options;
struct tally;

/* The data that all connections of a run share. */
struct shared {
	const struct send_options *options; /* never NULL */
	/* NULL: there is none */
	struct rate *rate;
	struct send_journal *journal;
	struct tally *tally;
	/* When a server last answered to a letter of one of the processes that share the work, by
	 * wait_clock(), or 0; NULL: this process does it alone. */
	_Atomic int64_t *answered_at;
};

/* Nothing is connected yet. S outlives it; NULL: nothing is shared. */
struct submission *submission_open(const struct shared *s);
const struct shared *submission_shared(const struct submission *h);

/* The account, its server and its login: letters for which they are the same go over one
 * connection. The caller's to free(). NULL: *e. */
char *submission_place(const struct send_account *a, struct err *e);

/* Says goodbye to all servers. Accepts NULL. */
void submission_close(struct submission *h);

/*
 * The account for a sender (NULL: unknown), as account_resolve() finds it; borrowed until the next
 * call. For the same sender as last time, and where all have one account, it is at hand: reading
 * the configuration costs more than sending a letter. With several processes (--connections), none
 * may ask for a password. NULL: *e.
 */
const struct send_account *submission_account(struct submission *h, struct run *run,
					      const char *sender, struct err *e);

/*
 * Hands in the letter in one transaction. Recipients whom the server takes only in a further
 * transaction are moved after the others and left out of l->envelope.count; those of a part
 * (msend/transactions.h) are then in the next part. The letter goes by the account, which is
 * borrowed for the call only. With LAST its conversation ends with it, QUIT in the same flight. The
 * caller reports the refused recipients (outcome_complain(), queue_add_message()). False: *e; if
 * o->maybe_sent, its words say so. O is {0} before, the caller's to free.
 */
bool submission_send(struct submission *h, const struct send_account *a, struct letter *l,
		     bool last, struct outcome *o, struct err *e);

#endif
