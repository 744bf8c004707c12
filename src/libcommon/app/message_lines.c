/* SPDX-License-Identifier: ISC */
#include "app/message_lines.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app/mailbox_task.h"
#include "base/buf.h"
#include "base/screen.h"
#include "base/text.h"
#include "message/encoded_word.h"
#include "proto/mailbox.h"

struct lines {
	const char *deed;
};

static void
add_field(struct buf *line, const char *header, size_t n, const char *name)
{
	struct buf text = {0};

	encoded_word_decode_field(&text, header, n, name);
	text_printable(line, text.data, text.len);
	buf_free(&text);
}

static void
show_line(void *ctx, const struct message_list *l, size_t index, const char *header, size_t n)
{
	const struct lines *lines = ctx;
	const char *uid = message_list_uid(l, index);
	struct buf line = {0};

	buf_addf(&line, "would %s %" PRIu32 " (uid:", lines->deed, l->items[index].number);
	text_printable(&line, uid ? uid : "", uid ? strlen(uid) : 0);
	buf_add_str(&line, "), from ");
	add_field(&line, header, n, "From");
	buf_add_str(&line, ": ");
	add_field(&line, header, n, "Subject");
	buf_add_str(&line, "\n");
	screen_write(stdout, line.data, line.len);
	buf_free(&line);
}

bool
message_lines_show(struct mailbox_task *t, const char *deed, struct err *e)
{
	struct lines lines = {.deed = deed};

	return mailbox_task_fetch_headers(t, show_line, &lines, e);
}
