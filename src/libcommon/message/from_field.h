/* SPDX-License-Identifier: ISC */
/*
 * from_field - the From field of a message that is sent: added where it is missing, with the
 * account's address where its own has no domain.
 */
#ifndef MAILVERBS_MESSAGE_FROM_FIELD_H
#define MAILVERBS_MESSAGE_FROM_FIELD_H

#include <stdbool.h>

struct buf;
struct err;
struct header_field;

/* When an existing From gets the address of the defaults; its name is kept. */
enum from_rewrite {
	REWRITE_LOCAL, /* if it has no domain */
	REWRITE_ALWAYS,
	REWRITE_NEVER
};

struct from_defaults {
	const char *address;   /* for a From that has to be added; NULL: its absence is an error */
	const char *full_name; /* and its display name, or NULL */
	enum from_rewrite rewrite; /* not without `address` */
};

/* Adds the field to TO as the defaults make it. False: *e. */
bool from_field_add(struct buf *to, const struct from_defaults *d, struct err *e);

/*
 * Copies FIELD to TO: as it came; or with the defaults' address where `rewrite` asks for it, or
 * where FIELD has no address and so counts as missing: words in it are a name. Whether a field that
 * cannot be read is an error was decided when the sender was chosen. False: *e.
 */
bool from_field_copy(struct buf *to, const struct header_field *field,
		     const struct from_defaults *d, struct err *e);

#endif
