/* SPDX-License-Identifier: ISC */
/*
 * outcome - what became of a letter, for people and for the log.
 *
 * `struct outcome o = {0};` is that of a letter that no server was asked about.
 */
#ifndef MAILVERBS_MSEND_OUTCOME_H
#define MAILVERBS_MSEND_OUTCOME_H

#include <stdbool.h>

#include "base/err.h"
#include "proto/smtp/smtp.h"

struct letter;
struct run;

struct outcome {
	char *server;            /* that took part, "HOST:PORT"; NULL: it did not come to that */
	struct smtp_reply reply; /* to the message, where it was accepted */
	/* its end went out, and the reply was not seen: nobody may send it again by himself */
	bool maybe_sent;
	enum err_code worst; /* of what was complained of */

	/* Fields of the queue (msend/queue.h). */
	char *queued;     /* its id there, or NULL */
	bool keeps_copy;  /* the sender's copy is saved when it is sent from there */
	bool is_waiting;  /* it is in the queue, for recipients who have not got it yet */
	bool is_again;    /* its end had gone out before, and the reply was not seen */
	bool is_ahead;    /* the end is about to go out; what comes of it has a line of its own */
	struct err delay; /* why it waits */
};

void outcome_free(struct outcome *o); /* leaves {0} */

/*
 * Says who was refused, in their order, for a letter about which FAILURE was the result (NULL: it
 * went to the others). If FAILURE is about a recipient itself, the last refusal stays in it for
 * the caller to say.
 */
void outcome_complain(struct outcome *o, const struct letter *l, struct run *run,
		      struct err *failure);

/*
 * The letter's line in the log at PATH, ACCOUNT's or, without an account (NULL), the command
 * line's. PATH is NULL: there is no log. FAILURE: NULL if it was sent. The letter may have failed
 * at any step: unknown values are left out. A log that cannot be written is a warning.
 */
void outcome_log(const struct outcome *o, const struct letter *l, const char *account,
		 const char *path, const struct run *run, const struct err *failure);

#endif
