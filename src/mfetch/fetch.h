/* SPDX-License-Identifier: ISC */
/*
 * fetch - one account's mailbox, once: list, select, deliver, record, remove; or what --dry-run,
 * --mark-seen and --headers make of that.
 */
#ifndef MAILVERBS_MFETCH_FETCH_H
#define MAILVERBS_MFETCH_FETCH_H

#include <stdbool.h>

struct account;
struct err;
struct fetch_options;
struct run;
struct operands;
struct mailbox_session;

/*
 * The messages of OPERANDS (where the run has no operands, that is what is new) from A's mailbox
 * to the destination of O. False: *e; what went wrong with single messages has been complained of.
 */
bool fetch_once(struct run *run, const struct account *a, const struct fetch_options *o,
		struct operands *operands, struct err *e);

/*
 * As fetch_once(), of what is new, in a session that is kept for the next round where the protocol
 * can wait in it (mailbox_wait()): *KEPT is that of the round before, or closed ({0}), and open
 * after this round only if it was carried out. The caller's to close.
 */
bool fetch_round(struct run *run, const struct account *a, const struct fetch_options *o,
		 struct operands *operands, struct mailbox_session *kept, struct err *e);

#endif
