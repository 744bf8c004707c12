/* SPDX-License-Identifier: ISC */
#include "mfetch/message_marks.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/text.h"
#include "proto/mailbox.h"

/* Marks the message that LINE names. A torn line names none. */
static void
read_line(char *line, size_t len, const struct message_list *l, const struct message_index *x,
	  bool *marks)
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
		marks[index] = true;
}

bool
message_marks_read(const char *path, size_t lines_max, const struct message_list *l, bool *marks)
{
	FILE *file = fopen(path, "re");
	struct message_index x;
	char *line = NULL;
	size_t size = 0, lines = 0;
	ssize_t len;

	if (!file)
		return false;
	message_index_make(&x, l);
	while (lines++ < lines_max && (len = getline(&line, &size, file)) > 0)
		read_line(line, (size_t)len, l, &x, marks);
	message_index_free(&x);
	free(line);
	fclose(file);
	return true;
}

void
message_marks_add(struct buf *text, const struct message_list *l, const bool *marks)
{
	for (size_t i = 0; i < l->count; i++) {
		const char *uid = message_list_uid(l, i);

		if (!marks[i] || !uid)
			continue;
		buf_addf(text, "%" PRIu64 " ", l->items[i].size);
		text_escape(text, uid);
		buf_add_str(text, "\n");
	}
}

void
message_marks_write(const char *path, const struct message_list *l, const bool *marks)
{
	struct buf text = {0};

	message_marks_add(&text, l, marks);
	if (text.len > 0)
		file_note(path, text.data, text.len);
	buf_free(&text);
}
