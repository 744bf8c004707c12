/* SPDX-License-Identifier: ISC */
#include "mlist/folder_table.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "app/folder_names.h"
#include "app/json_line.h"
#include "app/mailbox_session.h"
#include "app/table.h"
#include "app/tool.h"
#include "base/buf.h"
#include "base/err.h"
#include "config/account.h"
#include "mlist/mlist_options.h"
#include "proto/folder.h"
#include "proto/imap/imap_name.h"

static const struct table_column columns[] = {{"messages", 8, true, 8},
					      {"unseen", 8, true, 6},
					      {"use", 9, false, 4},
					      {"folder", 0, false, 10}};

enum { COLUMNS = sizeof columns / sizeof columns[0] };

struct shown {
	struct table table;
	const struct table_column *columns[COLUMNS];
	bool json;
	char line_end;
	struct folder_names wanted; /* none: all */
};

/* A folder that cannot be opened holds no mail. */
static bool
is_shown(const struct shown *s, const struct folder *f)
{
	for (size_t i = 0; i < s->wanted.count; i++)
		if (imap_name_matches(s->wanted.names[i], f->name, f->delimiter))
			return !f->is_absent;
	return s->wanted.count == 0 && !f->is_absent;
}

static void
show_row(struct shown *s, const struct folder *f, const char *use)
{
	char messages[32] = "", unseen[32] = "";
	const char *fields[COLUMNS] = {messages, unseen, use, f->name};

	if (f->has_counts) {
		snprintf(messages, sizeof messages, "%" PRIu64, f->messages);
		snprintf(unseen, sizeof unseen, "%" PRIu64, f->unseen);
	}
	table_row(&s->table, fields);
}

static void
add_json_count(struct json_line *l, const char *name, const struct folder *f, uint64_t count)
{
	json_line_key(l, name);
	if (f->has_counts)
		json_line_number(l, count);
	else
		json_line_null(l);
}

static void
show_json(const struct folder *f, const char *use)
{
	struct json_line l;

	json_line_begin(&l);
	json_line_key(&l, "folder");
	json_line_text(&l, f->name, strlen(f->name));
	add_json_count(&l, "messages", f, f->messages);
	add_json_count(&l, "unseen", f, f->unseen);
	json_line_key(&l, "use");
	if (use[0])
		json_line_text(&l, use, strlen(use));
	else
		json_line_null(&l);
	json_line_end(&l);
}

static size_t
show_all(struct shown *s, const struct folder_list *l)
{
	size_t count = 0;

	for (size_t i = 0; i < COLUMNS; i++)
		s->columns[i] = &columns[i];
	if (!s->json)
		table_start(&s->table, s->columns, COLUMNS, s->line_end);
	for (size_t i = 0; i < l->count; i++) {
		struct buf use = {0};

		if (!is_shown(s, &l->items[i]))
			continue;
		folder_add_uses(&use, &l->items[i]);
		if (s->json)
			show_json(&l->items[i], use.data);
		else
			show_row(s, &l->items[i], use.data);
		buf_free(&use);
		count++;
	}
	table_end(&s->table);
	return count;
}

static bool
show(struct run *run, const struct mlist_options *o, struct mailbox_session *session,
     struct shown *s, struct err *e)
{
	struct folder_list l = {0};
	const bool ok = mailbox_folders(&session->mailbox, true, &l, e);

	if (ok && show_all(s, &l) == 0 && o->exit_status)
		run->status = 1;
	folder_list_free(&l);
	return ok && mailbox_commit(&session->mailbox, e);
}

bool
folders_show(struct run *run, const struct account *a, const struct mlist_options *o, struct err *e)
{
	struct shown s = {.json = o->json, .line_end = o->line_end};
	struct mailbox_session session = {0};
	bool ok;

	if (run->operand_count > 0)
		return err_set(e, ERR_USAGE, "--folders shows folders and takes no messages");
	if (run->options.dry_run) {
		run_show_settings(run, a);
		if (!mailbox_session_check(a, e))
			return false;
		puts("would list the folders");
		return true;
	}
	if (o->names_folders)
		folder_names_of(&s.wanted, a);
	ok = mailbox_session_open(&session, a, e) && show(run, o, &session, &s, e);
	if (ok)
		mailbox_session_show_alert(&session, run);
	mailbox_session_close(&session);
	folder_names_free(&s.wanted);
	return ok;
}
