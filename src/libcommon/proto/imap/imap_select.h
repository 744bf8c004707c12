/* SPDX-License-Identifier: ISC */
/*
 * imap_select - the folder of a session: selecting it (RFC 9051 sections 6.3.2 and 6.3.3), the
 * rights in it, turning to another one.
 */
#ifndef MAILVERBS_PROTO_IMAP_IMAP_SELECT_H
#define MAILVERBS_PROTO_IMAP_IMAP_SELECT_H

#include <stdbool.h>

#include "proto/imap/imap_session.h"

struct buf;
struct err;

/* imap_ask_folder() asks for the folder unless it is selected already, so that the commands that
 * follow go out in one flight with it; imap_await_folder() reads the answers. False: *e. */
bool imap_ask_folder(struct imap *c, struct err *e);
bool imap_await_folder(struct imap *c, struct err *e);

/* mailbox_check_rights(). */
bool imap_check_rights(const void *conversation, unsigned rights, struct err *e);

/* Turns to another folder (mailbox_turn()). */
bool imap_turn(void *conversation, const char *folder);

/* Adds the folder's name as it goes over the wire, quoted. False: *e, it is not a folder's name. */
bool imap_add_folder(struct imap *c, struct buf *out, struct err *e);

/* The list shows the folder as it is now: from here on it is counted what comes and goes. */
void imap_start_count(struct imap *c);

#endif
