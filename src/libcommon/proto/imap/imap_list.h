/* SPDX-License-Identifier: ISC */
/*
 * imap_list - the answers to LIST (RFC 9051 section 6.3.9), STATUS and NAMESPACE (RFC 2342): which
 * folders there are, with their sizes and attributes.
 */
#ifndef MAILVERBS_PROTO_IMAP_IMAP_LIST_H
#define MAILVERBS_PROTO_IMAP_IMAP_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/folder.h"
#include "proto/imap/imap_folder_index.h"
#include "proto/imap/imap_session.h"

struct err;

enum { IMAP_NAMESPACES_MAX = 100 };

/* A listing of folders. {.c, .list} is a new one; freed by imap_list_free(), except for the
 * list. */
struct imap_folder_listing {
	struct imap *c;
	struct folder_list *list;
	bool wants_counts;
	size_t names_len;
	struct imap_folder_index index; /* by which STATUS finds a folder */
	char *prefixes[IMAP_NAMESPACES_MAX];
	size_t prefix_count;
};

/* Asks for the folders whose names begin with PREFIX, with their uses if the server knows them, and
 * their counts if wanted and imap_list_has_counts(). */
void imap_ask_list(const struct imap_folder_listing *x, const char *prefix);

/* Do the counts come in the answer to LIST (LIST-STATUS, RFC 5819)? */
bool imap_list_has_counts(const struct imap_folder_listing *x);

/* Reads the answer to the next LIST, NAMESPACE or STATUS. */
enum imap_status imap_await_list(struct imap_folder_listing *x);

/* As imap_await_list(), where LIST adds no folder: for STATUS alone. */
enum imap_status imap_await_counts(struct imap_folder_listing *x);

/* Adds the folder's name in untagged STATUS to WIRE, up to the opening parenthesis. False: it is
 * malformed. */
bool imap_list_read_status_name(struct imap *c, struct buf *wire);

void imap_list_free(struct imap_folder_listing *x);

#endif
