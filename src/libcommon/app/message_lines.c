/* SPDX-License-Identifier: ISC */
#include "app/message_lines.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app/tool.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/screen.h"
#include "base/text.h"
#include "message/encoded_word.h"
#include "message/header.h"
#include "message/receiver.h"
#include "proto/mailbox.h"

enum { HEADER_MAX = 256 * 1024 }; /* of a longer header only this much is looked at */

struct lines {
	struct run *run;
	const struct message_list *list;
	const char *deed;
	struct buf header;
	size_t index;
};

/* The text of a field as people read it; "" if there is none. */
static void
add_field(struct buf *out, const struct buf *header, const char *name)
{
	struct buf unfolded = {0}, decoded = {0};
	struct header_field field;

	buf_add_str(&decoded, "");
	if (header->data && header_find(header->data, header->len, name, &field)) {
		header_unfold(&unfolded, &field);
		if (unfolded.data)
			encoded_word_decode(&decoded, unfolded.data, unfolded.len);
	}
	text_printable(out, decoded.data, decoded.len);
	buf_free(&unfolded);
	buf_free(&decoded);
}

static bool
begin(void *ctx, const struct message_info *info, struct err *e)
{
	struct lines *l = ctx;

	(void)e;
	l->index = info->index;
	buf_clear(&l->header);
	return true;
}

static bool
data(void *ctx, const char *bytes, size_t n, struct err *e)
{
	struct lines *l = ctx;

	(void)e;
	if (l->header.len < HEADER_MAX)
		buf_add(&l->header, bytes, n);
	return true;
}

static bool
end(void *ctx, struct err *e)
{
	const struct lines *l = ctx;
	const char *uid = message_list_uid(l->list, l->index);
	struct buf line = {0};

	(void)e;
	buf_addf(&line, "would %s %" PRIu32 " (uid:", l->deed, l->list->items[l->index].number);
	text_printable(&line, uid ? uid : "", uid ? strlen(uid) : 0);
	buf_add_str(&line, "), from ");
	add_field(&line, &l->header, "From");
	buf_add_str(&line, ": ");
	add_field(&line, &l->header, "Subject");
	buf_add_str(&line, "\n");
	screen_write(stdout, line.data, line.len);
	buf_free(&line);
	return true;
}

static bool
abandon(void *ctx, const struct message_info *info, const struct err *why)
{
	const struct lines *l = ctx;

	(void)info;
	if (why)
		run_complain(l->run, why);
	return why != NULL;
}

bool
message_lines_show(struct run *run, struct mailbox *m, const struct message_list *l,
		   const struct message_set *set, const char *deed, struct err *e)
{
	static const struct receiver receiver = {
	    .begin = begin, .data = data, .end = end, .abandon = abandon};
	struct lines lines = {.run = run, .list = l, .deed = deed};
	const bool ok = mailbox_fetch(m, l, set, PART_FIELDS, &receiver, &lines, e);

	buf_free(&lines.header);
	return ok;
}
