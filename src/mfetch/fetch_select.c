/* SPDX-License-Identifier: ISC */
#include "mfetch/fetch_select.h"

#include <stdint.h>

#include "base/text.h"
#include "config/account.h"
#include "mfetch/filter.h"
#include "proto/mailbox.h"

void
fetch_select_by_size(struct message_set *set, struct message_set *large,
		     const struct message_list *l, const struct account *a)
{
	const char *text = account_text(a, SET_MAX_SIZE);
	size_t kept = 0;
	uint64_t max;

	if (!text || !text_size(text, &max))
		return;
	for (size_t i = 0; i < set->count; i++) {
		if (l->items[set->index[i]].size <= max)
			set->index[kept++] = set->index[i];
		else
			message_set_add(large, set->index[i]);
	}
	set->count = kept;
}

bool
select_by_filter(struct message_set *set, struct message_set *to_delete,
		 const struct message_list *l, struct mailbox *m, const struct account *a,
		 uint32_t limit, struct run *run, struct err *e)
{
	const struct filter filter = {
	    .command = account_text(a, SET_FILTER), .account = a->name, .run = run, .limit = limit};

	return !filter.command || filter_apply(&filter, m, l, set, to_delete, e);
}

void
select_by_limit(struct message_set *set, uint32_t limit)
{
	if (set->count > limit)
		set->count = limit;
}
