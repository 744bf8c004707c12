/* SPDX-License-Identifier: ISC */
/*
 * imap_notify - has the server announce what comes into several folders (RFC 5465, NOTIFY).
 *
 * The selected folder is announced by EXISTS, as in every session, and the others by STATUS, at any
 * time. A server drops what happens in the selected folder from the announcements by STATUS, so a
 * message could come between the last EXISTS of a folder and its end as the selected one: each
 * folder that was left is asked for once by STATUS, before the wait.
 */
#ifndef MAILVERBS_PROTO_IMAP_IMAP_NOTIFY_H
#define MAILVERBS_PROTO_IMAP_IMAP_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/imap/imap_session.h"

struct err;

/* mailbox_announce(). */
bool imap_notify(void *conversation, char *const *folders, size_t count, bool *announces,
		 struct err *e);

/* mailbox_has_news(). */
bool imap_has_news(const void *conversation, const char *folder);

/* For the turn from the session's folder to another one: what is known of the one, and is news of
 * the other. */
void imap_notify_turn(struct imap *c, const char *folder);

/* Asks for the folders that were left. False: *e. */
bool imap_notify_catch_up(struct imap *c, struct err *e);

/* Has any of the folders news? */
bool imap_notify_has_news(const struct imap *c);

void imap_notify_free(struct imap *c); /* for the close */

#endif
