/* SPDX-License-Identifier: ISC */
/*
 * uidvalidity - a folder whose UIDVALIDITY is another than it was (RFC 9051 section 2.3.1.1): what
 * was delivered from it is recognised by its fingerprints, and not fetched again.
 */
#ifndef MAILVERBS_MFETCH_UIDVALIDITY_H
#define MAILVERBS_MFETCH_UIDVALIDITY_H

#include <stdbool.h>

struct err;
struct mailbox;
struct message_list;
struct run;
struct journal;

/*
 * If something in JOURNAL is from under another UIDVALIDITY, fetches the headers of those in L that
 * are not known, tells the user at PLACE what came of it, and with RECORD rewrites the journal. No
 * intent may be open then. False: *e, and the journal is as it was.
 */
bool uidvalidity_recognise(struct journal *journal, struct mailbox *m, const struct message_list *l,
			   bool record, const struct run *run, const char *place, struct err *e);

#endif
