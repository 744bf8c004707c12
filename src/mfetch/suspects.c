/* SPDX-License-Identifier: ISC */
#include "mfetch/suspects.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "journal/journal.h"
#include "proto/mailbox.h"

enum { LINES_MAX = 1000 };

static char *
path_of(const struct journal *j)
{
	return journal_side_file(j, ".suspects");
}

/* Marks the message that LINE names. A torn line names none. */
static void
take_line(char *line, size_t len, const struct message_list *l, const struct message_index *x,
	  bool *is_suspect)
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
		is_suspect[index] = true;
}

/* True: there are some; IS_SUSPECT has an element for each message of L. */
static bool
read_suspects(const struct journal *j, const struct message_list *l, bool *is_suspect)
{
	char *path = path_of(j), *line = NULL;
	FILE *file = fopen(path, "re");
	struct message_index x;
	size_t size = 0, lines = 0;
	ssize_t len;

	free(path);
	if (!file)
		return false;
	message_index_make(&x, l);
	while (lines++ < LINES_MAX && (len = getline(&line, &size, file)) > 0)
		take_line(line, (size_t)len, l, &x, is_suspect);
	message_index_free(&x);
	free(line);
	fclose(file);
	return true;
}

void
suspects_part(const struct journal *j, const struct message_list *l, struct message_set *set,
	      struct message_set *suspects)
{
	bool *is_suspect = mem_alloc((l->count + 1) * sizeof *is_suspect);
	size_t kept = 0;

	if (read_suspects(j, l, is_suspect)) {
		for (size_t i = 0; i < set->count; i++)
			if (is_suspect[set->index[i]])
				message_set_add(suspects, set->index[i]);
			else
				set->index[kept++] = set->index[i];
		set->count = kept;
	}
	free(is_suspect);
}

static void
write_suspects(const struct journal *j, const struct message_list *l, const bool *is_suspect)
{
	struct buf text = {0};
	char *path = path_of(j);

	for (size_t i = 0; i < l->count; i++) {
		const char *uid = message_list_uid(l, i);

		if (!is_suspect[i] || !uid)
			continue;
		buf_addf(&text, "%" PRIu64 " ", l->items[i].size);
		text_escape(&text, uid);
		buf_add_str(&text, "\n");
	}
	if (text.len > 0)
		file_note(path, text.data, text.len);
	buf_free(&text);
	free(path);
}

void
suspects_add(const struct journal *j, const struct message_list *l, size_t index)
{
	bool *is_suspect = mem_alloc((l->count + 1) * sizeof *is_suspect);

	read_suspects(j, l, is_suspect);
	is_suspect[index] = true;
	write_suspects(j, l, is_suspect);
	free(is_suspect);
}

void
suspects_forget(const struct journal *j)
{
	char *path = path_of(j);

	unlink(path); /* most often there is none */
	free(path);
}
