/* SPDX-License-Identifier: ISC */
/*
 * oversize - messages that stay on the server for their size (max-size): the user is told of each
 * once.
 *
 * A file beside the journal records the messages of which the user has been told, a line `OCTETS
 * UID` for each. It is never flushed: if it is lost, the user is told again.
 */
#ifndef MAILVERBS_MFETCH_OVERSIZE_H
#define MAILVERBS_MFETCH_OVERSIZE_H

#include <stdbool.h>

struct message_list;
struct message_set;
struct run;
struct journal;

/*
 * Tells the user of the messages in LARGE, as HOST's, except those that an earlier run told of, and
 * records them. Messages without an id, and all messages with JOURNAL NULL, are told of each time.
 * With --quiet nothing is told or recorded. Messages that L does not list are forgotten: they are
 * gone, or (in a list of new messages) were delivered.
 */
void oversize_report(const struct journal *journal, const struct message_list *l,
		     const struct message_set *large, const struct run *run, const char *host);

#endif
