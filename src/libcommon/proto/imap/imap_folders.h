/* SPDX-License-Identifier: ISC */
/*
 * imap_folders - lists the folders and their sizes (in the same answers if the server has
 * LIST-STATUS, RFC 5819, else by STATUS).
 *
 * LIST "" "*" shows the personal folders, and on most servers all folders. Other namespaces that
 * NAMESPACE (RFC 2342) names are listed separately if none of their folders were in the list.
 */
#ifndef MAILVERBS_PROTO_IMAP_IMAP_FOLDERS_H
#define MAILVERBS_PROTO_IMAP_IMAP_FOLDERS_H

#include <stdbool.h>

struct err;
struct folder_list;

/* mailbox_folders(). */
bool imap_folders(void *conversation, bool with_counts, struct folder_list *l, struct err *e);

#endif
