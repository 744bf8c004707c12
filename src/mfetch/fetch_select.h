/* SPDX-License-Identifier: ISC */
/*
 * fetch_select - which of the selected messages a run of mfetch takes.
 */
#ifndef MAILVERBS_MFETCH_FETCH_SELECT_H
#define MAILVERBS_MFETCH_FETCH_SELECT_H

#include <stdbool.h>
#include <stdint.h>

struct account;
struct err;
struct mailbox;
struct message_list;
struct message_set;
struct run;

/* Those larger than `max-size` leave SET for LARGE. */
void fetch_select_by_size(struct message_set *set, struct message_set *large,
			  const struct message_list *l, const struct account *a);

/*
 * Of SET those stay that the account's `filter` wants (app/filter.h); what it wants deleted goes
 * into DOOMED. No more are asked about than it takes to have LIMIT of them. Without a filter all
 * stay. False: *e, from the session or the filter.
 */
bool select_by_filter(struct message_set *set, struct message_set *to_delete,
		      const struct message_list *l, struct mailbox *m, const struct account *a,
		      uint32_t limit, struct run *run, struct err *e);

/* Of SET the first LIMIT stay. */
void select_by_limit(struct message_set *set, uint32_t limit);

#endif
