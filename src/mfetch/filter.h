/* SPDX-License-Identifier: ISC */
/*
 * filter - the user's command that judges each message by its header, before it is fetched.
 *
 * The header comes on the command's standard input, with LF line ends and followed by the empty
 * line; ACCOUNT, UID and SIZE are in its environment, its output is dropped. Its exit status is the
 * verdict, as in mpop: 0 fetch, 1 delete on the server, 2 leave alone. Any other is reported as
 * temporary, and the message is left alone.
 */
#ifndef MAILVERBS_MFETCH_FILTER_H
#define MAILVERBS_MFETCH_FILTER_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct mailbox;
struct message_list;
struct message_set;
struct run;

struct filter {
	const char *command;
	const char *account; /* its name */
	struct run *run;     /* for complaints */
	size_t limit;        /* no more are asked about than it takes to find so many to fetch */
};

/*
 * Runs the command on the messages of SET in their order. Those to fetch stay in SET, those to
 * delete go into TO_DELETE. False: *e, the session broke or the command can't be run.
 */
bool filter_apply(const struct filter *filter, struct mailbox *m, const struct message_list *l,
		  struct message_set *set, struct message_set *to_delete, struct err *e);

#endif
