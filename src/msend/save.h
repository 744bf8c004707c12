/* SPDX-License-Identifier: ISC */
/*
 * save - the sender's own copy of a sent message, in a folder of the account (--save).
 *
 * mmark appends it by IMAP, in a process of its own, because msend speaks no IMAP. Its input is a
 * file that is complete before it starts: if msend is killed then, the copy is still whole. Nothing
 * that goes wrong here changes what became of the message.
 */
#ifndef MAILVERBS_MSEND_SAVE_H
#define MAILVERBS_MSEND_SAVE_H

#include <stdbool.h>

struct send_account;
struct err;
struct letter;
struct run;
struct save;

/* Before anything is sent. False: *e is ERR_CONFIG; there is no special use like the one that is
 * named, or the command line wants copies, and the account has no IMAP server. */
bool save_check(const struct send_account *a, struct err *e);

/* Did a server accept the letter for anybody? */
bool save_is_due(const struct letter *l);

/*
 * save_begin() starts the append from SPOOL, an empty temporary file that it fills (the caller's to
 * close); save_end() waits for it and accepts NULL. A failure is reported: it counts as
 * ERR_TEMPORARY if the command line asked for the copy, else not at all. NULL: that was done.
 *
 * save_spool() opens that file, before the server is heard (app/containment.h). -1: it cannot be
 * opened, and save_begin() tries again and says why.
 */
int save_spool(void);
struct save *save_begin(struct run *run, const struct send_account *a, const struct letter *l,
			int spool);
void save_end(struct run *run, struct save *s);

/* Reports that there is no copy, because nobody knows whether the message was sent. */
void save_skip(struct run *run, const struct send_account *a);

/* Sets *e, and reports, that a run that was ended could not tell whether there is one. */
void save_set_doubt(struct err *e);
void save_doubt(struct run *run, const struct send_account *a);

#endif
