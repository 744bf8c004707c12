/* SPDX-License-Identifier: ISC */
#include "mfetch/fetch_choice.h"

#include <inttypes.h>

#include "app/mailbox_session.h"
#include "app/message_search.h"
#include "app/operands.h"
#include "app/tool.h"
#include "base/err.h"
#include "config/account.h"
#include "deliver/sink.h"
#include "mfetch/fetch_finish.h"
#include "mfetch/fetch_journal.h"
#include "mfetch/fetch_options.h"
#include "mfetch/fetch_select.h"
#include "mfetch/fetch_state.h"
#include "mfetch/filter.h"
#include "mfetch/oversize.h"
#include "mfetch/suspects.h"

/* Is there nothing to tell what is new by, or to record, but the server's ids? */
static bool
needs_ids(const struct fetch *f)
{
	return f->marks || (f->by_default && f->keeping.keep && !f->looks);
}

bool
fetch_list(struct fetch *f, struct err *e)
{
	if (!listing_make(&f->listing, &f->session->mailbox, e))
		return false;
	if (f->listing.list.has_uids || f->listing.list.count == 0 || !needs_ids(f))
		return true;
	err_set(e, ERR_UNAVAILABLE, "%s: the server gives its messages no unique ids, so %s",
		f->session->base.url.host,
		f->marks ? "nothing can be recorded" : "--keep can't know what is new");
	return f->marks ? false : err_hint(e, "name the messages, or fetch without --keep");
}

/* POP3 servers may give several messages one id, or have none. An IMAP server must not: these are
 * odd messages. */
static void
complain_of_nameless(struct fetch *f, size_t count, uint32_t first)
{
	const bool is_imap = f->session->base.url.protocol == PROTOCOL_IMAP;
	const char *host = f->session->base.url.host;
	const enum err_code code = is_imap ? ERR_NO_INPUT : ERR_UNAVAILABLE;
	const char *what = f->marks ? "not recorded" : "left on the server";
	struct err e;

	if (count == 1)
		err_set(&e, code, "%s: message %" PRIu32 " has no unique id of its own: %s", host,
			first, what);
	else
		err_set(&e, code,
			"%s: %zu messages (the first is number %" PRIu32
			") have no unique id of their own: %s",
			host, count, first, what);
	if (!f->marks)
		err_hint(&e, "name them by number, or fetch without --keep");
	run_complain(f->run, &e);
}

/* A message that has no id of its own cannot be recorded: with --keep it would come again in every
 * run. */
static void
leave_nameless(struct fetch *f)
{
	const size_t count = f->wanted.count;
	size_t kept = 0;
	uint32_t first = 0;

	if (!needs_ids(f))
		return;
	for (size_t i = 0; i < count; i++)
		if (message_list_uid(&f->listing.list, f->wanted.index[i]))
			f->wanted.index[kept++] = f->wanted.index[i];
		else if (first == 0)
			first = f->listing.list.items[f->wanted.index[i]].number;
	f->wanted.count = kept;
	if (kept < count)
		complain_of_nameless(f, count - kept, first);
}

/* --search comes last, but before everything that reports or remembers a message: this run ignores
 * the others. */
bool
fetch_choose(struct fetch *f, struct err *e)
{
	operands_apply(f->operands, &f->listing.list, f->journal, &f->wanted);
	leave_nameless(f);
	return message_search_narrow(f->account, &f->session->mailbox, &f->listing.list, &f->wanted,
				     e);
}

void
fetch_leave_suspects(struct fetch *f)
{
	struct message_set suspects = {0};

	if (!fetch_records(f))
		return;
	suspects_part(f->journal, &f->listing.list, &f->wanted, &suspects);
	if (f->only_suspects || (f->wanted.count == 0 && fetch_count_to_delete(f) == 0)) {
		message_set_free(&f->wanted);
		f->wanted = suspects;
		f->only_suspects = true;
		return;
	}
	f->left_suspects = suspects.count;
	message_set_free(&suspects);
}

/* --raw alone writes one message: where would the next one begin? */
static bool
check_raw(const struct fetch *f, struct err *e)
{
	if (f->sink.kind != SINK_RAW_STDOUT || f->sink.nul || f->wanted.count <= 1)
		return true;
	return err_set(e, ERR_USAGE, "%zu messages: --raw takes one, or goes with --null",
		       f->wanted.count);
}

static void
leave_large(struct fetch *f, bool remember)
{
	struct message_set large = {0};

	fetch_select_by_size(&f->wanted, &large, &f->listing.list, f->options->max_size);
	oversize_report(remember ? f->journal : NULL, &f->listing.list, &large, f->run,
			f->session->base.url.host);
	message_set_free(&large);
}

/* The messages that the filter rejects are to be deleted. No more are asked about than it takes to
 * have as many as this run may fetch. */
static bool
select_by_filter(struct fetch *f, struct err *e)
{
	const struct filter filter = {.command = f->options->filter,
				      .account = f->account->name,
				      .run = f->run,
				      .limit = *f->limit};

	return !filter.command || filter_apply(&filter, &f->session->mailbox, &f->listing.list,
					       &f->wanted, &f->rejected, e);
}

bool
fetch_narrow(struct fetch *f, bool ask_filter, struct err *e)
{
	leave_large(f, ask_filter && fetch_records(f));
	if (ask_filter && !select_by_filter(f, e))
		return false;
	fetch_select_by_limit(&f->wanted, *f->limit);
	*f->limit -= (uint32_t)f->wanted.count;
	return check_raw(f, e);
}
