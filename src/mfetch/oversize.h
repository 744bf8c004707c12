/* SPDX-License-Identifier: ISC */
/*
 * oversize - messages that stay on the server for their size (max-size): the user is told of each
 * once.
 *
 * Who has been told of which stands in a file beside the journal, a line `OCTETS UID` for each. It
 * is never flushed: who loses it tells again.
 */
#ifndef MAILVERBS_MFETCH_OVERSIZE_H
#define MAILVERBS_MFETCH_OVERSIZE_H

#include <stdbool.h>

struct message_list;
struct message_set;
struct run;
struct journal;

/*
 * Tells of those in LARGE, as HOST's, but for those that a run before told of; and remembers them.
 * What has no id, or with SEEN NULL, is told of each time. With --quiet nothing is told, nor
 * remembered. What L does not show is forgotten: it is gone, or (in a list of what came since) it
 * was delivered.
 */
void oversize_report(const struct journal *journal, const struct message_list *l,
		     const struct message_set *large, const struct run *run, const char *host);

#endif
