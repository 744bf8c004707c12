/* SPDX-License-Identifier: ISC */
/*
 * unread - messages that --seen has yet to mark as read: a file beside the journal that names them
 * before they are fetched, until the server has marked them. Without it a run that ends after a
 * delivery would leave them unread for ever: the next one does not fetch them again.
 */
#ifndef MAILVERBS_MFETCH_UNREAD_H
#define MAILVERBS_MFETCH_UNREAD_H

#include <stdbool.h>

struct err;
struct journal;
struct message_list;
struct message_set;

/* Did an earlier run leave some? */
bool unread_is_noted(const struct journal *journal);

/* Adds SET, messages of L, durably. L is a whole list if unread_is_noted(). False: *e is ERR_OUTPUT
 * or ERR_IO. */
bool unread_note(const struct journal *journal, const struct message_list *l,
		 const struct message_set *set, struct err *e);

/* Sets the elements of IS_UNREAD, one for each message of L, that are named. Whether they were
 * delivered is the caller's to find out. */
void unread_find(const struct journal *journal, const struct message_list *l, bool *is_unread);

void unread_forget(const struct journal *journal);

#endif
