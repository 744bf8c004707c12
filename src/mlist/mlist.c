/* SPDX-License-Identifier: ISC */
/*
 * mlist - show what is in a mailbox.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/folder_names.h"
#include "app/json_line.h"
#include "app/mailbox_name.h"
#include "app/mailbox_session.h"
#include "app/message_search.h"
#include "app/operands.h"
#include "app/probe_json.h"
#include "app/table.h"
#include "app/tool.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "config/conflict.h"
#include "journal/journal.h"
#include "journal/journal_former.h"
#include "message/date.h"
#include "message/encoded_word.h"
#include "message/header.h"
#include "message/receiver.h"
#include "mlist/folder_table.h"
#include "mlist/mlist_options.h"

enum { HEADER_MAX = 256 * 1024 }; /* of a longer header only this much is looked at */

enum column_id {
	COLUMN_NUMBER,
	COLUMN_UID,
	COLUMN_SIZE,
	COLUMN_FLAGS,
	COLUMN_DATE,
	COLUMN_FROM,
	COLUMN_TO,
	COLUMN_CC,
	COLUMN_SUBJECT,
	COLUMN_MESSAGE_ID,
	COLUMNS
};

static const struct column {
	struct table_column table; /* its title is the column's name */
	const char *field;         /* of the header; NULL: the list has it */
	unsigned want;             /* what the list must have for it */
} columns[COLUMNS] = {
    [COLUMN_NUMBER] = {{"number", 6, true, 6}, NULL, WANT_SIZES},
    [COLUMN_UID] = {{"uid", 20, false, 8}, NULL, WANT_UIDS},
    [COLUMN_SIZE] = {{"size", 9, true, 6}, NULL, WANT_SIZES},
    [COLUMN_FLAGS] = {{"flags", 16, false, 4}, NULL, WANT_FLAGS},
    [COLUMN_DATE] = {{"date", 16, false, 10}, "Date", 0},
    [COLUMN_FROM] = {{"from", 20, false, 6}, "From", 0},
    [COLUMN_TO] = {{"to", 20, false, 5}, "To", 0},
    [COLUMN_CC] = {{"cc", 20, false, 4}, "Cc", 0},
    [COLUMN_SUBJECT] = {{"subject", 0, false, 8}, "Subject", 0},
    [COLUMN_MESSAGE_ID] = {{"message-id", 30, false, 5}, "Message-ID", 0},
};

static const char default_columns[] = "number,size,date,from,subject";
static const char all_columns[] = "number,uid,size,flags,date,from,to,cc,subject,message-id";

struct listing {
	struct run *run;
	struct account account;
	struct mlist_options options;
	struct operands operands;
	struct journal *journal; /* all messages delivered locally, for "new" */
	struct mailbox_session session;
	struct message_list list;
	struct message_set shown;
	const struct column *chosen[COLUMNS];
	size_t chosen_count;
	const struct table_column *table_columns[COLUMNS];
	struct table table;
	struct buf texts[COLUMNS]; /* of the row that is shown */
	struct buf header;         /* of the message being received */
	size_t current;            /* its index */
	bool has_started;          /* the titles are shown */
	bool is_empty;             /* nothing was shown */
};

static enum column_id
id_of(const struct column *c)
{
	return (enum column_id)(c - columns);
}

static const struct column *
find_column(const char *name, size_t len)
{
	for (size_t i = 0; i < COLUMNS; i++)
		if (strlen(columns[i].table.title) == len &&
		    strncmp(columns[i].table.title, name, len) == 0)
			return &columns[i];
	return NULL;
}

static bool
choose_columns(struct listing *l, struct err *e)
{
	const char *list = l->options.columns;

	if (!list)
		list = l->options.json ? all_columns : default_columns;
	for (size_t len; *list; list += len + (list[len] == ',')) {
		const struct column *c;

		len = strcspn(list, ",");
		c = find_column(list, len);
		if (!c)
			return err_set(e, ERR_USAGE, "--columns: '%.*s' is not one of %s", (int)len,
				       list, all_columns);
		for (size_t i = 0; i < l->chosen_count; i++)
			if (l->chosen[i] == c)
				return err_set(e, ERR_USAGE, "--columns: '%s' is named twice",
					       c->table.title);
		l->table_columns[l->chosen_count] = &c->table;
		l->chosen[l->chosen_count++] = c;
	}
	return true;
}

static unsigned
wanted_of_list(const struct listing *l)
{
	unsigned want = operands_wants_uids(&l->operands) ? WANT_UIDS : 0;

	for (size_t i = 0; i < l->chosen_count; i++)
		want |= l->chosen[i]->want;
	if (operands_wants_sizes(&l->operands, l->session.base.url.protocol))
		want |= WANT_SIZES;
	return want & ~(unsigned)WANT_FLAGS ? want : want | WANT_SIZES;
}

static bool
needs_header(const struct listing *l)
{
	for (size_t i = 0; i < l->chosen_count; i++)
		if (l->chosen[i]->field)
			return true;
	return false;
}

static bool
shows_uids(const struct listing *l)
{
	for (size_t i = 0; i < l->chosen_count; i++)
		if (l->chosen[i]->want == WANT_UIDS)
			return !l->options.count;
	return false;
}

/* The text of a field as people read it; "" where there is none. */
static void
add_decoded(struct buf *out, const struct buf *header, const char *name)
{
	struct header_field field;
	struct buf unfolded = {0};

	buf_add_str(out, "");
	if (!header->data || !header_find(header->data, header->len, name, &field))
		return;
	header_unfold(&unfolded, &field);
	if (unfolded.data)
		encoded_word_decode(out, unfolded.data, unfolded.len);
	buf_free(&unfolded);
}

/* Lines have the date in the reader's time zone. A table shows its first 16 characters: the day and
 * the minute, with a blank for the T. */
static void
add_date(struct buf *out, const struct listing *l)
{
	struct buf sent = {0};
	struct date date;

	add_decoded(&sent, &l->header, "Date");
	if (!date_parse(sent.data, &date)) {
		if (!l->options.json)
			buf_add_str(out, sent.data);
	} else {
		if (!l->options.json)
			date_localize(&date);
		date_format(out, &date);
		if (l->table.is_terminal)
			out->data[10] = ' ';
	}
	buf_add_str(out, "");
	buf_free(&sent);
}

/* Bytes that can't be shown are \xHH, and so is what reads like that: each id has a form of its
 * own, by which mdel and mfetch find it. `mlist -o uid | mdel -` must not take it for more. */
static void
add_uid(struct buf *out, const char *uid)
{
	if (!operands_reads_as_id(uid))
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
add_text(struct buf *out, const struct listing *l, const struct column *c, size_t index)
{
	const struct message_item *item = &l->list.items[index];
	const char *uid = message_list_uid(&l->list, index);
	const char *flags = message_list_flags(&l->list, index);

	switch (id_of(c)) {
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
		add_date(out, l);
		break;
	default:
		add_decoded(out, &l->header, c->field);
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
show_row(struct listing *l, size_t index)
{
	const char *fields[COLUMNS];

	for (size_t i = 0; i < l->chosen_count; i++) {
		buf_clear(&l->texts[i]);
		add_text(&l->texts[i], l, l->chosen[i], index);
		fields[i] = cell(&l->texts[i]);
	}
	table_row(&l->table, fields);
}

/* An array of the words; null where there are none to be had. */
static json_t *
json_flags(const char *flags)
{
	json_t *array = flags ? json_array() : json_null();

	for (size_t len; flags && *flags; flags += len + (flags[len] == ' ')) {
		len = strcspn(flags, " ");
		json_array_append_new(array, json_line_text(flags, len));
	}
	return array;
}

/* The list's numbers are numbers, what is absent is null, a date comes as RFC 3339 and as it was
 * sent. */
static json_t *
json_value(const struct listing *l, const struct column *c, size_t index)
{
	const struct message_item *item = &l->list.items[index];
	struct buf text = {0};
	json_t *value;

	if (id_of(c) == COLUMN_FLAGS)
		return json_flags(message_list_flags(&l->list, index));
	if (id_of(c) == COLUMN_NUMBER)
		return json_integer(item->number);
	if (id_of(c) == COLUMN_SIZE)
		return json_integer((json_int_t)item->size);
	add_text(&text, l, c, index);
	value = text.len > 0 ? json_line_text(text.data, text.len) : json_null();
	buf_free(&text);
	return value;
}

static void
show_json(const struct listing *l, size_t index)
{
	json_t *object = json_object();

	for (size_t i = 0; i < l->chosen_count; i++) {
		const struct column *c = l->chosen[i];

		json_object_set_new(object, c->table.title, json_value(l, c, index));
		if (id_of(c) == COLUMN_DATE) {
			struct buf sent = {0};

			add_decoded(&sent, &l->header, c->field);
			json_object_set_new(object, "date-sent",
					    sent.len ? json_line_text(sent.data, sent.len)
						     : json_null());
			buf_free(&sent);
		}
	}
	json_line_put(object);
}

static void
show(struct listing *l, size_t index)
{
	if (l->options.json)
		show_json(l, index);
	else
		show_row(l, index);
}

/* Headers, received one by one and shown at once. */

static bool
begin(void *ctx, const struct message_info *info, struct err *e)
{
	struct listing *l = ctx;

	(void)e;
	l->current = info->index;
	buf_clear(&l->header);
	return true;
}

static bool
data(void *ctx, const char *bytes, size_t n, struct err *e)
{
	struct listing *l = ctx;

	(void)e;
	if (l->header.len < HEADER_MAX)
		buf_add(&l->header, bytes, n);
	return true;
}

static bool
end(void *ctx, struct err *e)
{
	struct listing *l = ctx;

	(void)e;
	show(l, l->current);
	return true;
}

/* A message that went away meanwhile. */
static bool
abandon(void *ctx, const struct message_info *info, const struct err *why)
{
	struct listing *l = ctx;

	(void)info;
	if (why)
		run_complain(l->run, why);
	return why != NULL;
}

static const struct receiver header_receiver = {
    .begin = begin, .data = data, .end = end, .abandon = abandon};

static bool
show_headers(struct listing *l, struct err *e)
{
	if (mailbox_fetch(&l->session.mailbox, &l->list, &l->shown, PART_FIELDS, &header_receiver,
			  l, e))
		return true;
	if (e->code == ERR_UNAVAILABLE)
		err_hint(e, "--columns=number,uid,size needs no headers");
	return false;
}

static void
start(struct listing *l)
{
	if (!l->options.json && !l->has_started)
		table_start(&l->table, l->table_columns, l->chosen_count, l->options.line_end);
	l->has_started = true;
}

static bool
show_all(struct listing *l, struct err *e)
{
	start(l);
	if (needs_header(l))
		return show_headers(l, e);
	for (size_t i = 0; i < l->shown.count; i++)
		show(l, l->shown.index[i]);
	return true;
}

/* Lists what the operands name, and no more if they count by number or position: a query is asked of
 * the whole mailbox. HEADED: what to do with headers, if they come with the list. */
static bool
list_needed(struct listing *l, unsigned want, message_headed headed, enum mailbox_listed *listed,
	    struct err *e)
{
	struct message_span *spans =
	    l->account.settings.mailbox.search ? NULL : operands_spans(&l->operands);
	struct mailbox *m = &l->session.mailbox;
	bool ok;

	*listed = LISTED_WHOLE;
	ok = spans ? mailbox_list_some(m, want, spans, l->operands.count, &l->list, headed, l,
				       listed, e)
		   : mailbox_list(m, want, &l->list, e);
	free(spans);
	return ok;
}

/* Are the unique ids that the server finds all there is to show? */
static bool
is_answered_by_search(const struct listing *l)
{
	for (size_t i = 0; i < l->operands.count; i++)
		if (l->operands.items[i].kind != OPERAND_ALL)
			return false;
	return l->account.settings.mailbox.search && l->chosen_count == 1 && shows_uids(l);
}

static bool
list_found(struct listing *l, bool *is_listed, struct err *e)
{
	*is_listed = false;
	return !is_answered_by_search(l) ||
	       mailbox_list_found(&l->session.mailbox, l->account.settings.mailbox.search, &l->list,
				  is_listed, e);
}

static bool
list_and_select(struct listing *l, unsigned want, message_headed headed,
		enum mailbox_listed *listed, struct err *e)
{
	bool is_found;

	*listed = LISTED_SOME;
	if (!list_found(l, &is_found, e) || (!is_found && !list_needed(l, want, headed, listed, e)))
		return false;
	journal_set_validity(l->journal, mailbox_validity(&l->session.mailbox));
	operands_apply(&l->operands, &l->list, l->journal, &l->shown);
	return is_found ||
	       message_search_narrow(&l->account, &l->session.mailbox, &l->list, &l->shown, e);
}

/* messages<TAB>octets: STAT knows for all of them, the list for some. */
static bool
show_count(struct listing *l, struct err *e)
{
	uint64_t messages = 0, octets = 0;
	enum mailbox_listed listed;

	if (l->run->operand_count == 0 && !l->account.settings.mailbox.search) {
		if (!mailbox_count(&l->session.mailbox, &messages, &octets, e))
			return false;
	} else {
		if (!list_and_select(l, wanted_of_list(l) | WANT_SIZES, NULL, &listed, e))
			return false;
		messages = l->shown.count;
		for (size_t i = 0; i < l->shown.count; i++)
			octets += l->list.items[l->shown.index[i]].size;
	}
	printf("%" PRIu64 "\t%" PRIu64 "%c", messages, octets, l->options.line_end);
	l->is_empty = messages == 0;
	return true;
}

/* Is each message shown, whatever the list says? Then its header can come with the list. */
static bool
is_all_shown(const struct listing *l)
{
	for (size_t i = 0; i < l->operands.count; i++)
		if (l->operands.items[i].kind != OPERAND_ALL)
			return false;
	return !l->account.settings.mailbox.search;
}

static void
show_headed(void *ctx, const struct message_list *list, size_t index, const char *header, size_t n)
{
	struct listing *l = ctx;

	(void)list;
	start(l);
	buf_clear(&l->header);
	buf_add(&l->header, header, n);
	show(l, index);
}

static bool
show_with_headers(struct listing *l, struct err *e)
{
	if (!mailbox_list_headers(&l->session.mailbox, wanted_of_list(l), &l->list, show_headed, l,
				  e))
		return false;
	start(l);
	l->is_empty = l->list.count == 0;
	return true;
}

static bool
show_messages(struct listing *l, struct err *e)
{
	enum mailbox_listed listed;

	if (needs_header(l) && is_all_shown(l) && mailbox_can_list_headers(&l->session.mailbox))
		return show_with_headers(l, e);
	if (!list_and_select(l, wanted_of_list(l), needs_header(l) ? show_headed : NULL, &listed,
			     e))
		return false;
	l->is_empty = l->shown.count == 0;
	if (listed != LISTED_HEADED)
		return show_all(l, e);
	start(l);
	return true;
}

/* A message that has not been in a SELECTed folder has its UID for this session only, from a server
 * that writes UIDs down there and nowhere else (Courier): the next one might show another message
 * under it, and `mlist -o uid | mdel -` would delete that one. */
static bool
open_session(struct listing *l, struct err *e)
{
	if (!mailbox_session_open(&l->session, &l->account, e))
		return false;
	if (!shows_uids(l))
		mailbox_only_look(&l->session.mailbox);
	return true;
}

/* Nothing is connected for it. */
static bool
show_plan(const struct listing *l, struct err *e)
{
	const struct run *run = l->run;

	if (!mailbox_session_check(&l->account, e))
		return false;
	printf("would %s %s%s\n", l->options.count ? "count" : "list",
	       run->operand_count > 0 ? "the messages named" : "all messages",
	       l->account.settings.mailbox.search ? ", if the server finds them" : "");
	return true;
}

static bool
carry_out(struct listing *l, struct err *e)
{
	struct run *run = l->run;

	if (!open_session(l, e))
		return false;
	if (!(l->options.count ? show_count(l, e) : show_messages(l, e)))
		return false;
	operands_complain(&l->operands, run);
	if (l->is_empty && l->options.exit_status)
		run->status = 1;
	return mailbox_commit(&l->session.mailbox, e);
}

static bool
list(struct listing *l, struct err *e)
{
	struct run *run = l->run;

	if (!choose_columns(l, e) || !message_search_check(&l->account, e) ||
	    !operands_parse(&l->operands, run->operands, run->operand_count, e))
		return false;
	if (run->operand_count == 0)
		operands_add(&l->operands, OPERAND_ALL);
	if (run->options.dry_run)
		run_show_settings(run, &l->account);
	l->journal = mailbox_journals(&l->account, &run->given, e);
	if (!l->journal)
		return false;
	return run->options.dry_run ? show_plan(l, e) : carry_out(l, e);
}

static bool
serve(struct listing *l, struct err *e)
{
	if (l->run->options.probe)
		return mailbox_session_probe(&l->account, probe_form(l->run), e);
	if (!conflict_check_options(&l->run->given, TOOL_MLIST, e))
		return false;
	if (l->options.folders)
		return folders_show(l->run, &l->account, &l->options, e);
	return folders_check_one(&l->account, e) && list(l, e);
}

static bool
job(struct run *run, struct err *e)
{
	struct listing l = {.run = run};
	bool ok = run_account(run, &l.account, TOOL_MLIST, NULL, e);

	l.options = mlist_options_read(run, &l.account);
	ok = ok && serve(&l, e);
	mailbox_session_show_alert(&l.session, run);
	mailbox_session_close(&l.session);
	journal_close(l.journal);
	message_list_free(&l.list);
	message_set_free(&l.shown);
	operands_free(&l.operands);
	account_free(&l.account);
	buf_free(&l.header);
	for (size_t i = 0; i < COLUMNS; i++)
		buf_free(&l.texts[i]);
	return ok;
}

int
main(int argc, char **argv)
{
	static const struct tool mlist = {.id = TOOL_MLIST,
					  .usage = "[OPTION]... [MESSAGE]...",
					  .summary = "Shows what is in a mailbox.",
					  .job = job};

	return tool_main(&mlist, argc, argv);
}
