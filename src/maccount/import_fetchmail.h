/* SPDX-License-Identifier: ISC */
/*
 * import_fetchmail - the two steps of reading fetchmail's file: import_fetchmail.c makes items of
 * its words, import_fetchmail_items.c an account of the items of one mailbox.
 */
#ifndef MAILVERBS_MACCOUNT_IMPORT_FETCHMAIL_H
#define MAILVERBS_MACCOUNT_IMPORT_FETCHMAIL_H

struct import;
struct import_items;

/* Adds the account of a mailbox on SERVER. LINE: where the file names its user. */
void import_fetchmail_items(struct import *im, const char *server, const struct import_items *items,
			    unsigned line);

#endif
