/* SPDX-License-Identifier: ISC */
#include "mfetch/oversize.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/tool.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "journal/journal.h"
#include "proto/mailbox.h"

/* LINE is one of the file's. A torn one is nobody's. */
static void
take_line(char *line, size_t len, const struct message_list *l, const struct message_index *x,
	  bool *told)
{
	char *uid = strchr(line, ' ');
	uint64_t octets;
	size_t index;

	if (!uid || line[len - 1] != '\n')
		return;
	line[len - 1] = *uid++ = '\0';
	if (!text_number(line, UINT64_MAX, &octets) || !text_unescape(uid))
		return;
	index = message_index_find(x, uid);
	if (index != MESSAGE_NONE && l->items[index].size == octets)
		told[index] = true;
}

static void
read_told(const char *path, const struct message_list *l, bool *told)
{
	FILE *file = fopen(path, "re");
	struct message_index x;
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	if (!file)
		return;
	message_index_make(&x, l);
	while ((len = getline(&line, &size, file)) > 0)
		take_line(line, (size_t)len, l, &x, told);
	message_index_free(&x);
	free(line);
	fclose(file);
}

/* The user is told again of messages that are not recorded. */
static void
write_told(const char *path, const struct message_list *l, const bool *told)
{
	struct buf text = {0};

	for (size_t i = 0; i < l->count; i++) {
		const char *uid = message_list_uid(l, i);

		if (!told[i] || !uid)
			continue;
		buf_addf(&text, "%" PRIu64 " ", l->items[i].size);
		text_escape(&text, uid);
		buf_add_str(&text, "\n");
	}
	file_note(path, text.data, text.len);
	buf_free(&text);
}

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
			read_told(path, l, told);
		for (size_t i = 0; i < large->count; i++) {
			if (told[large->index[i]])
				continue;
			tell(run, host, l, large->index[i]);
			told[large->index[i]] = is_news = true;
		}
		if (path && is_news)
			write_told(path, l, told);
		free(told);
	}
	free(path);
}
