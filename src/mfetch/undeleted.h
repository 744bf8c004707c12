/* SPDX-License-Identifier: ISC */
/*
 * undeleted - servers that accept a deletion and do not carry it out: some providers have a setting
 * for that on their web site, and Yandex's POP3 is known for it.
 *
 * One message that the server said it had deleted is remembered beside the journal. When it is
 * listed by a later session, the user is told, once. It changes nothing: what was delivered is not
 * fetched again, and its deletion is tried again. A failure to record it is not an error.
 */
#ifndef MAILVERBS_MFETCH_UNDELETED_H
#define MAILVERBS_MFETCH_UNDELETED_H

struct message_list;
struct message_set;
struct run;
struct journal;

/* L is the whole list of a new session: does it still have a deleted message? PLACE is for the
 * remark. */
void undeleted_check(const struct journal *journal, const struct message_list *l,
		     const struct run *run, const char *place);

/* The server said that it deleted the messages of SET, which are of the whole list L. */
void undeleted_remember(const struct journal *journal, const struct message_list *l,
			const struct message_set *set);

#endif
