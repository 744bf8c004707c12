/* SPDX-License-Identifier: ISC */
/*
 * message_list - the messages of a session as the server lists them, and sets of them.
 */
#ifndef MAILVERBS_PROTO_MESSAGE_LIST_H
#define MAILVERBS_PROTO_MESSAGE_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "message/receiver.h"

#define MESSAGE_NONE SIZE_MAX

/* The messages of a session in the server's order: 24 bytes and the unique id for each. */
struct message_list {
	struct message_item {
		uint32_t number; /* the server's, from 1; numbers may be missing */
		uint32_t flags;  /* offset into `flags`, with WANT_FLAGS */
		uint64_t size;
		size_t uid; /* offset into `uids`, or MESSAGE_NONE */
	} * items;
	size_t count;
	bool has_uids;
	bool has_sizes;
	struct buf uids;  /* NUL-terminated, one after the other */
	struct buf flags; /* likewise */
};

/*
 * Unique id of the item at INDEX; borrowed. NULL where the server has none, and where it gave the
 * same to several messages (RFC 1939 section 7 lets it, for copies; others just do): such an id
 * names nothing.
 */
const char *message_list_uid(const struct message_list *l, size_t index);

/* Its flags in the server's words, blank-separated (`\Seen $Junk`); NULL where they are not known
 * (POP3 has none). Borrowed. */
const char *message_list_flags(const struct message_list *l, size_t index);

/* The item at INDEX for a receiver (message/receiver.h). Borrows from the list. */
struct message_info message_list_info(const struct message_list *l, size_t index);

/* Removes the ids that occur more than once. For the protocols, once the list is complete. */
void message_list_drop_ambiguous(struct message_list *l);
void message_list_free(struct message_list *l);

/* The ids of a list in the order of strcmp(), for many look-ups. Borrows from the list. */
struct message_index {
	struct message_at {
		const char *uid;
		size_t index;
	} * items;
	size_t count;
};

void message_index_make(struct message_index *x, const struct message_list *l);
/* The index of the message with this id; MESSAGE_NONE: it is not in the list. */
size_t message_index_find(const struct message_index *x, const char *uid);

void message_index_free(struct message_index *x);

/* Some of a list's messages: indexes into it, ascending, each once. */
struct message_set {
	size_t *index;
	size_t count;
};

void message_set_add(struct message_set *set, size_t index); /* ascending order is the caller's */

/* Puts them in order, after a fetch that brought them in any. */
void message_set_sort(struct message_set *set);

void message_set_free(struct message_set *set);

#endif
