/* SPDX-License-Identifier: ISC */
#include "mfetch/oversize.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/tool.h"
#include "base/mem.h"
#include "journal/journal.h"
#include "mfetch/message_marks.h"
#include "proto/mailbox.h"

/* By its id, which it has in the next session too. */
static void
tell(const struct run *run, const char *host, const struct message_list *l, size_t index)
{
	const struct message_item *item = &l->items[index];
	const char *uid = message_list_uid(l, index);
	char number[32];

	snprintf(number, sizeof number, "message %" PRIu32, item->number);
	run_remark(run,
		   "%s: %s%s has %" PRIu64 " octets, more than max-size, so it stays on the server",
		   host, uid ? "uid:" : "", uid ? uid : number, item->size);
}

void
oversize_report(const struct journal *journal, const struct message_list *l,
		const struct message_set *large, const struct run *run, const char *host)
{
	char *path = journal ? journal_side_file(journal, ".large") : NULL;
	bool *told, is_news = false;

	if (large->count > 0 && run_may_remark(run)) {
		told = mem_alloc(l->count * sizeof *told);
		if (path)
			message_marks_read(path, SIZE_MAX, l, told);
		for (size_t i = 0; i < large->count; i++) {
			if (told[large->index[i]])
				continue;
			tell(run, host, l, large->index[i]);
			told[large->index[i]] = is_news = true;
		}
		if (path && is_news) /* the user is told again of messages not recorded */
			message_marks_write(path, l, told);
		free(told);
	}
	free(path);
}
