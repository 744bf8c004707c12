/* SPDX-License-Identifier: ISC */
/*
 * imap_special - finds folders by their special use (RFC 6154): the Trash, and the folders that
 * messages are saved in.
 */
#ifndef MAILVERBS_PROTO_IMAP_IMAP_SPECIAL_H
#define MAILVERBS_PROTO_IMAP_IMAP_SPECIAL_H

#include <stdbool.h>

#include "proto/imap/imap_session.h"

struct err;

/* Asks which folder is the Trash; reads the answer into c->changes.trash. False: *e; there is
 * none. */
void imap_ask_trash(struct imap *c);
bool imap_await_trash(struct imap *c, struct err *e);

/* Adds to WIRE the name of the folder for a special use, such as "\\Sent"; it may not exist yet if
 * the server marks it, or with CREATES. False: *e, ERR_NO_INPUT if there is none. Sends a LIST; no
 * other answer may be outstanding. */
bool imap_find_special(struct imap *c, const char *attribute, bool creates, struct buf *wire,
		       struct err *e);

#endif
