/* SPDX-License-Identifier: ISC */
/*
 * suspects - messages at which the server hung up, stalled or broke the protocol. They are fetched
 * last the next time, in a session of their own, so that they keep no others from being fetched and
 * deleted. They are recorded beside the journal (journal_side_file(), ".suspects"), a line "OCTETS
 * UID" for each. If this file is lost, they are only tried in their order.
 */
#ifndef MAILVERBS_MFETCH_SUSPECTS_H
#define MAILVERBS_MFETCH_SUSPECTS_H

#include <stdbool.h>
#include <stddef.h>

struct journal;
struct message_list;
struct message_set;

/* Moves those messages of SET that are suspects to the empty SUSPECTS. Both belong to L. */
void suspects_part(const struct journal *j, const struct message_list *l, struct message_set *set,
		   struct message_set *suspects);

/* The session broke at the message INDEX of L: adds it. A message without an id is not known again.
 */
void suspects_add(const struct journal *j, const struct message_list *l, size_t index);

/* The session got past all of them. */
void suspects_forget(const struct journal *j);

#endif
