/* SPDX-License-Identifier: ISC */
/*
 * imap_target - a folder that messages go to: its name, and making it.
 */
#ifndef MAILVERBS_PROTO_IMAP_IMAP_TARGET_H
#define MAILVERBS_PROTO_IMAP_IMAP_TARGET_H

#include <stdbool.h>

#include "proto/imap/imap_session.h"

struct buf;
struct err;

/* Adds to OUT the wire name of what a person typed: a folder's name, or a special use such as
 * "\\Sent", whose folder may not exist yet with CREATES. False: *e. */
bool imap_target_name(struct imap *c, struct buf *out, const char *folder, bool creates,
		      struct err *e);

/* Makes sure that the folder of that quoted wire name exists; with CREATES a missing one is made.
 * False: *e, ERR_NO_INPUT if it is missing. */
bool imap_provide_folder(struct imap *c, const char *quoted, bool creates, struct err *e);

/* For --dry-run: the same without making it. */
bool imap_check_folder(struct imap *c, const char *quoted, bool creates, struct err *e);

#endif
