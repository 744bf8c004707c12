/* SPDX-License-Identifier: ISC */
/*
 * fetch - one account's mailbox, once: list, select, deliver, record, remove; or what --dry-run,
 * --mark-seen and --headers make of that.
 */
#ifndef MAILVERBS_MFETCH_FETCH_H
#define MAILVERBS_MFETCH_FETCH_H

#include <stdbool.h>

#include "app/folder_names.h"
#include "app/mailbox_session.h"

struct account;
struct err;
struct fetch_options;
struct run;
struct operands;

/*
 * The messages of OPERANDS (where the run has no operands, that is what is new) from A's mailbox
 * to the destination of O. False: *e; what went wrong with single messages has been complained of.
 */
bool fetch_once(struct run *run, const struct account *a, const struct fetch_options *o,
		struct operands *operands, struct err *e);

/* A watch keeps this between two rounds: nothing ({0}), or a session in which it waits
 * (mailbox_wait()). */
struct fetch_kept {
	struct mailbox_session session;
	struct folder_names folders; /* many, in all of which the server announces new mail */
	bool *missing;               /* those that could not be opened */
};

/* Accepts {0}, and leaves it. */
void fetch_kept_close(struct fetch_kept *kept);

/*
 * As fetch_once(), of what is new, in a session that is kept for the next round where the protocol
 * can wait in it: for one folder, and for many if the server announces what comes into each. *KEPT
 * is that of the round before, and has a session after this round only if it was carried out.
 */
bool fetch_round(struct run *run, const struct account *a, const struct fetch_options *o,
		 struct operands *operands, struct fetch_kept *kept, struct err *e);

#endif
