/* SPDX-License-Identifier: ISC */
#include "mfetch/fetch_select.h"

#include <stdint.h>

#include "proto/mailbox.h"

void
fetch_select_by_size(struct message_set *set, struct message_set *large,
		     const struct message_list *l, uint64_t max)
{
	size_t kept = 0;

	for (size_t i = 0; i < set->count; i++) {
		if (l->items[set->index[i]].size <= max)
			set->index[kept++] = set->index[i];
		else
			message_set_add(large, set->index[i]);
	}
	set->count = kept;
}

void
fetch_select_by_limit(struct message_set *set, uint32_t limit)
{
	if (set->count > limit)
		set->count = limit;
}
