/* SPDX-License-Identifier: ISC */
#include "mlist/rows.h"

#include <string.h>

#include "app/json_line.h"
#include "app/operands.h"
#include "base/text.h"
#include "message/date.h"
#include "message/encoded_word.h"
#include "proto/mailbox.h"

/* The message that is shown. */
struct row {
	const struct rows *rows;
	const struct message_list *list;
	size_t index;
	const char *header;
	size_t header_len;
};

static void
add_field(struct buf *out, const struct row *row, enum column_id id)
{
	encoded_word_decode_field(out, row->header, row->header_len, column_of(id)->field);
}

/* Lines have the date in the reader's time zone. A table shows its first 16 characters: the day and
 * the minute, with a blank for the T. */
static void
add_date(struct buf *out, const struct row *row)
{
	struct buf sent = {0};
	struct date date;

	add_field(&sent, row, COLUMN_DATE);
	if (!date_parse(sent.data, &date)) {
		if (!row->rows->is_json)
			buf_add_str(out, sent.data);
	} else {
		if (!row->rows->is_json)
			date_localize(&date);
		date_format(out, &date);
		if (row->rows->table.is_terminal)
			out->data[10] = ' ';
	}
	buf_add_str(out, "");
	buf_free(&sent);
}

/* Bytes that can't be shown are \xHH, and so is text that reads like that: each id has a form of
 * its own, by which mdel and mfetch find it. `mlist -o uid | mdel -` must not take it for more. */
static void
add_uid(struct buf *out, const char *uid)
{
	if (!operand_reads_as_id(uid))
		buf_add_str(out, "uid:");
	while (*uid) {
		const size_t len = strcspn(uid + 1, "\\") + 1;
		const bool is_form = strncmp(uid, "\\x", 2) == 0;

		if (is_form)
			buf_add_str(out, "\\x5c");
		text_printable(out, uid + is_form, len - is_form);
		uid += len;
	}
}

static void
add_text(struct buf *out, const struct row *row, enum column_id id)
{
	const struct message_item *item = &row->list->items[row->index];
	const char *uid = message_list_uid(row->list, row->index);
	const char *flags = message_list_flags(row->list, row->index);

	switch (id) {
	case COLUMN_NUMBER:
		buf_add_number(out, item->number);
		break;
	case COLUMN_UID:
		add_uid(out, uid ? uid : "");
		break;
	case COLUMN_SIZE:
		buf_add_number(out, item->size);
		break;
	case COLUMN_FLAGS:
		buf_add_str(out, flags ? flags : "");
		break;
	case COLUMN_DATE:
		add_date(out, row);
		break;
	default:
		add_field(out, row, id);
	}
}

/* A NUL would end the text before the rest of it. */
static const char *
cell(struct buf *text)
{
	struct buf shown = {0};

	if (!text->data || !memchr(text->data, '\0', text->len))
		return text->data;
	text_printable(&shown, text->data, text->len);
	buf_free(text);
	*text = shown;
	return text->data;
}

static void
show_row(struct rows *r, const struct row *row)
{
	const char *fields[COLUMNS];

	for (size_t i = 0; i < r->columns.count; i++) {
		buf_clear(&r->texts[i]);
		add_text(&r->texts[i], row, r->columns.ids[i]);
		fields[i] = cell(&r->texts[i]);
	}
	table_row(&r->table, fields);
}

/* An array of the words; null if the list has no flags. */
static void
add_json_flags(struct json_line *l, const char *flags)
{
	if (!flags) {
		json_line_null(l);
		return;
	}
	json_line_array(l);
	for (size_t len; *flags; flags += len + (flags[len] == ' ')) {
		len = strcspn(flags, " ");
		json_line_text(l, flags, len);
	}
	json_line_array_end(l);
}

static void
add_json_text(struct json_line *l, struct buf *text)
{
	if (text->len > 0)
		json_line_text(l, text->data, text->len);
	else
		json_line_null(l);
	buf_free(text);
}

/* The list's numbers are numbers, what is absent is null, a date comes as RFC 3339 and as it was
 * sent. */
static void
add_json_value(struct json_line *l, const struct row *row, enum column_id id)
{
	const struct message_item *item = &row->list->items[row->index];
	struct buf text = {0};

	if (id == COLUMN_FLAGS) {
		add_json_flags(l, message_list_flags(row->list, row->index));
	} else if (id == COLUMN_NUMBER) {
		json_line_number(l, item->number);
	} else if (id == COLUMN_SIZE) {
		json_line_number(l, item->size);
	} else {
		add_text(&text, row, id);
		add_json_text(l, &text);
	}
}

static void
show_json(const struct row *row)
{
	const struct columns *columns = &row->rows->columns;
	struct json_line l;

	json_line_begin(&l);
	for (size_t i = 0; i < columns->count; i++) {
		const enum column_id id = columns->ids[i];
		struct buf sent = {0};

		json_line_key(&l, column_of(id)->table.title);
		add_json_value(&l, row, id);
		if (id == COLUMN_DATE) {
			add_field(&sent, row, id);
			json_line_key(&l, "date-sent");
			add_json_text(&l, &sent);
		}
	}
	json_line_end(&l);
}

void
rows_start(struct rows *r)
{
	if (r->has_started)
		return;
	r->has_started = true;
	if (r->is_json)
		return;
	for (size_t i = 0; i < r->columns.count; i++)
		r->titles[i] = &column_of(r->columns.ids[i])->table;
	table_start(&r->table, r->titles, r->columns.count, r->line_end);
}

void
rows_show(struct rows *r, const struct message_list *l, size_t index, const char *header, size_t n)
{
	const struct row row = {
	    .rows = r, .list = l, .index = index, .header = header, .header_len = n};

	if (r->is_json)
		show_json(&row);
	else
		show_row(r, &row);
}

void
rows_free(struct rows *r)
{
	for (size_t i = 0; i < COLUMNS; i++)
		buf_free(&r->texts[i]);
	table_end(&r->table);
}
