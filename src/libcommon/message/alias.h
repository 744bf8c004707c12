/* SPDX-License-Identifier: ISC */
/*
 * alias - the addresses of a local name, from a file in the format of /etc/aliases.
 *
 *	root: alice, bob@example.org	local names are looked up again
 *	  , "carol d"@example.org	a line that begins with a blank goes on
 *	# a comment
 *	default: alice			all local names without an entry
 *
 * A name is local without a domain, and at localhost; ASCII case is folded. A name whose entry
 * includes itself, and one after a backslash, is not looked up again. Commands, files and :include:
 * are for a server that delivers: they are an error only when they are needed, since the file may
 * be another program's too.
 */
#ifndef MAILVERBS_MESSAGE_ALIAS_H
#define MAILVERBS_MESSAGE_ALIAS_H

#include <stdbool.h>

#include "message/address_list.h"

struct aliases;
struct err;

/* NULL: *e is ERR_CONFIG with file and line. */
struct aliases *aliases_open(const char *path, struct err *e);
void aliases_free(struct aliases *a);

/*
 * Calls TAKE for each address to which ADDRESS finally expands, or for ADDRESS itself; A may be
 * NULL. An address may come more than once, but what an entry leads to is given only once: the work
 * is linear, however often entries name one another. Another message opens the file anew. False: a
 * loop, or entries nested more than 100 deep, or an invalid entry (ERR_CONFIG with file and line),
 * or TAKE returned false.
 */
bool aliases_expand(const struct aliases *a, const char *address, address_take take, void *ctx,
		    struct err *e);

#endif
