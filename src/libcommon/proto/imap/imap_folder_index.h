/* SPDX-License-Identifier: ISC */
/* imap_folder_index - finds a folder of a listing by its name on the server, in constant time. */
#ifndef MAILVERBS_PROTO_IMAP_IMAP_FOLDER_INDEX_H
#define MAILVERBS_PROTO_IMAP_IMAP_FOLDER_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "proto/folder.h"

/* {0} is a new one; freed by imap_folder_index_free(). */
struct imap_folder_index {
	uint32_t *slots; /* a folder's place in the list, from 1; 0: empty */
	size_t room;     /* slots, as many as a power of two */
	size_t count;    /* folders of the list that it knows */
};

/*
 * The first folder of L that the server calls WIRE, or NULL. INBOX has its name in any case (RFC
 * 9051 section 5.1). L may have grown since the last call; when it was arranged anew, begin with a
 * new index.
 */
struct folder *imap_folder_index_find(struct imap_folder_index *x, const struct folder_list *l,
				      const char *wire);

void imap_folder_index_free(struct imap_folder_index *x); /* leaves a new one */

#endif
