/* SPDX-License-Identifier: ISC */
#include "app/narrow.h"

#include <inttypes.h>
#include <stdint.h>

#include "app/tool.h"
#include "config/account.h"
#include "proto/mailbox.h"

void
narrow_by_size(struct message_set *set, const struct message_list *l, const struct account *a,
	       const struct run *run, const char *host)
{
	const char *text = account_text(a, SET_MAX_SIZE);
	size_t kept = 0;
	uint64_t max;

	if (!text || !setting_parse_size(text, &max))
		return;
	for (size_t i = 0; i < set->count; i++) {
		const struct message_item *item = &l->items[set->index[i]];

		if (item->size <= max)
			set->index[kept++] = set->index[i];
		else
			run_remark(run,
				   "%s: message %" PRIu32 " has %" PRIu64
				   " octets, more than max-size, so it stays there",
				   host, item->number, item->size);
	}
	set->count = kept;
}

void
narrow_by_limit(struct message_set *set, const struct account *a)
{
	const unsigned limit = account_number(a, SET_LIMIT, UINT32_MAX);

	if (set->count > limit)
		set->count = limit;
}
