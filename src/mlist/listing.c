/* SPDX-License-Identifier: ISC */
#include "mlist/listing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/message_search.h"
#include "app/tool.h"
#include "base/err.h"

static const char *
query_of(const struct listing *l)
{
	return l->task.account.settings.mailbox.search;
}

static unsigned
wanted_of_list(const struct listing *l)
{
	const struct mailbox_task *t = &l->task;
	unsigned want = columns_want(&l->rows.columns);

	if (operands_want_uids(&t->operands))
		want |= WANT_UIDS;
	if (operands_want_sizes(&t->operands, t->session.base.url.protocol))
		want |= WANT_SIZES;
	return want & ~(unsigned)WANT_FLAGS ? want : want | WANT_SIZES;
}

static bool
shows_uids(const struct listing *l)
{
	return !l->options.count && columns_have_uid(&l->rows.columns);
}

/* Is each message shown, whatever the list says? Then its header can come with the list. */
static bool
is_all_shown(const struct listing *l)
{
	return operands_are_all(&l->task.operands) && !query_of(l);
}

/* Are the unique ids that the server finds all there is to show? */
static bool
is_answered_by_search(const struct listing *l)
{
	return query_of(l) && operands_are_all(&l->task.operands) && l->rows.columns.count == 1 &&
	       shows_uids(l);
}

/* A message_headed. */
static void
show_headed(void *ctx, const struct message_list *list, size_t index, const char *header, size_t n)
{
	struct listing *l = ctx;

	rows_start(&l->rows);
	rows_show(&l->rows, list, index, header, n);
}

/* Lists what the operands name, and no more if they count by number or position: a query is asked
 * of the whole mailbox. HEADED: what to do with headers, if they come with the list. */
static bool
list_needed(struct listing *l, unsigned want, message_headed headed, enum mailbox_listed *listed,
	    struct err *e)
{
	struct mailbox_task *t = &l->task;
	struct message_span *spans = query_of(l) ? NULL : operands_spans(&t->operands);
	const struct mailbox_some some = {
	    .spans = spans, .count = t->operands.count, .headed = headed, .ctx = l};
	struct mailbox *m = &t->session.mailbox;
	bool ok;

	*listed = LISTED_WHOLE;
	ok = spans ? mailbox_list_some(m, want, &some, &t->list, listed, e)
		   : mailbox_list(m, want, &t->list, e);
	free(spans);
	return ok;
}

static bool
list_found(struct listing *l, bool *is_listed, struct err *e)
{
	struct mailbox_task *t = &l->task;

	*is_listed = false;
	return !is_answered_by_search(l) ||
	       mailbox_list_found(&t->session.mailbox, query_of(l), &t->list, is_listed, e);
}

static bool
list_and_select(struct listing *l, unsigned want, message_headed headed,
		enum mailbox_listed *listed, struct err *e)
{
	struct mailbox_task *t = &l->task;
	bool is_found;

	*listed = LISTED_SOME;
	if (!list_found(l, &is_found, e) || (!is_found && !list_needed(l, want, headed, listed, e)))
		return false;
	mailbox_task_select(t);
	return is_found ||
	       message_search_narrow(&t->account, &t->session.mailbox, &t->list, &t->named, e);
}

static bool
count_named(struct listing *l, uint64_t *messages, uint64_t *octets, struct err *e)
{
	const struct mailbox_task *t = &l->task;
	enum mailbox_listed listed;

	if (!list_and_select(l, wanted_of_list(l) | WANT_SIZES, NULL, &listed, e))
		return false;
	*messages = t->named.count;
	for (size_t i = 0; i < t->named.count; i++)
		*octets += t->list.items[t->named.index[i]].size;
	return true;
}

/* messages<TAB>octets: STAT knows for all of them, the list for some. */
static bool
show_count(struct listing *l, struct err *e)
{
	const bool is_whole = l->task.run->operand_count == 0 && !query_of(l);
	uint64_t messages = 0, octets = 0;

	if (!(is_whole ? mailbox_count(&l->task.session.mailbox, &messages, &octets, e)
		       : count_named(l, &messages, &octets, e)))
		return false;
	printf("%" PRIu64 "\t%" PRIu64 "%c", messages, octets, l->options.line_end);
	l->is_empty = messages == 0;
	return true;
}

static bool
show_with_headers(struct listing *l, struct err *e)
{
	struct mailbox_task *t = &l->task;

	if (!mailbox_list_headers(&t->session.mailbox, wanted_of_list(l), &t->list, show_headed, l,
				  e))
		return false;
	rows_start(&l->rows);
	l->is_empty = t->list.count == 0;
	return true;
}

static bool
show_headers(struct listing *l, struct err *e)
{
	if (mailbox_task_fetch_headers(&l->task, show_headed, l, e))
		return true;
	if (e->code == ERR_UNAVAILABLE)
		err_hint(e, "--columns=number,uid,size needs no headers");
	return false;
}

static bool
show_named(struct listing *l, struct err *e)
{
	const struct mailbox_task *t = &l->task;

	rows_start(&l->rows);
	if (columns_need_header(&l->rows.columns))
		return show_headers(l, e);
	for (size_t i = 0; i < t->named.count; i++)
		rows_show(&l->rows, &t->list, t->named.index[i], NULL, 0);
	return true;
}

static bool
show_messages(struct listing *l, struct err *e)
{
	const bool needs_header = columns_need_header(&l->rows.columns);
	enum mailbox_listed listed;

	if (needs_header && is_all_shown(l) && mailbox_can_list_headers(&l->task.session.mailbox))
		return show_with_headers(l, e);
	if (!list_and_select(l, wanted_of_list(l), needs_header ? show_headed : NULL, &listed, e))
		return false;
	l->is_empty = l->task.named.count == 0;
	if (listed != LISTED_HEADED)
		return show_named(l, e);
	rows_start(&l->rows);
	return true;
}

/* A message that has not been in a SELECTed folder has its UID for this session only, from a server
 * that writes UIDs down only then (Courier): the next session might show another message under it,
 * and `mlist -o uid | mdel -` would delete that one. */
static bool
open_session(struct listing *l, struct err *e)
{
	if (!mailbox_session_open(&l->task.session, &l->task.account, e))
		return false;
	if (!shows_uids(l))
		mailbox_only_look(&l->task.session.mailbox);
	return true;
}

bool
listing_prepare(struct listing *l, struct err *e)
{
	const struct run *run = l->task.run;

	l->rows.is_json = l->options.json;
	l->rows.line_end = l->options.line_end;
	if (!columns_choose(&l->rows.columns, l->options.columns, l->options.json, e) ||
	    !message_search_check(&l->task.account, e) ||
	    !operands_parse(&l->task.operands, run->operands, run->operand_count, e))
		return false;
	if (run->operand_count == 0)
		operands_add(&l->task.operands, OPERAND_ALL);
	return true;
}

bool
listing_carry_out(struct listing *l, struct err *e)
{
	struct run *run = l->task.run;

	if (!open_session(l, e) || !(l->options.count ? show_count(l, e) : show_messages(l, e)))
		return false;
	operands_complain(&l->task.operands, run);
	if (l->is_empty && l->options.exit_status)
		run->status = 1;
	return mailbox_commit(&l->task.session.mailbox, e);
}

void
listing_free(struct listing *l)
{
	mailbox_task_close(&l->task);
	rows_free(&l->rows);
}
