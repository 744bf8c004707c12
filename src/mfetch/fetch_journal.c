/* SPDX-License-Identifier: ISC */
#include "mfetch/fetch_journal.h"

#include <stdlib.h>

#include "app/mailbox_name.h"
#include "app/operands.h"
#include "app/tool.h"
#include "base/err.h"
#include "base/trace.h"
#include "config/account.h"
#include "deliver/sink.h"
#include "journal/journal.h"
#include "journal/journal_peek.h"
#include "mfetch/destination.h"
#include "mfetch/fetch_options.h"
#include "mfetch/fetch_report.h"
#include "mfetch/fetch_state.h"
#include "mfetch/unread.h"
#include "net/wait.h"

enum { WAIT_STEP_MS = 250 }; /* between two attempts to lock the mailbox */

bool
fetch_records(const struct fetch *f)
{
	return !destination_is_stdout(&f->sink) || (f->keeping.keep && !f->looks);
}

/* `mfetch new` asks for what --keep has not written yet, although this run records nothing. */
static bool
needs_memory(const struct fetch *f)
{
	return fetch_records(f) || (!f->by_default && operands_have_new(f->operands));
}

/* DESTINATION is NULL if nothing is recorded. */
static bool
find_destination(const struct fetch *f, char **destination, char **former, struct err *e)
{
	*destination = *former = NULL;
	if (!needs_memory(f))
		return true;
	*destination = sink_destination(&f->sink, e);
	*former = *destination ? sink_former_destination(&f->sink, e) : NULL;
	return *former != NULL;
}

/* The records of version 0.1 are taken over, or their messages at least count as known. */
static bool
open_journal(struct fetch *f, const char *directory, const char *mailbox, const char *destination,
	     const struct journal_former *former, struct err *e)
{
	if (f->run->options.dry_run) {
		f->journal = journal_peek(directory, mailbox, destination, e);
		return f->journal && journal_peek_former(f->journal, former, e);
	}
	f->journal = journal_lock(directory, mailbox, destination, e);
	return f->journal && journal_migrate(f->journal, former, e);
}

static bool
lock_journal(struct fetch *f, const char *directory, struct err *e)
{
	char *mailbox = mailbox_name(f->account, f->folder, e);
	char *destination = NULL, *former_destination = NULL;
	struct journal_former former = {0};
	const bool ok =
	    mailbox && find_destination(f, &destination, &former_destination, e) &&
	    mailbox_former(&former, f->account, f->folder, former_destination, &f->run->given, e) &&
	    open_journal(f, directory, mailbox, destination, &former, e);

	mailbox_former_free(&former);
	free(mailbox);
	free(destination);
	free(former_destination);
	return ok;
}

static bool
lock_once(struct fetch *f, struct err *e)
{
	char *directory = mailbox_journal_directory();
	const bool ok =
	    directory
		? lock_journal(f, directory, e)
		: err_set(e, ERR_CONFIG,
			  "HOME is not set, so there is no place to record what was delivered");

	free(directory);
	if (!ok) {
		journal_close(f->journal);
		f->journal = NULL;
	}
	return ok;
}

/* Returns as lock_once() does, but with --wait not before the other run has ended, or a signal. */
static bool
lock_or_wait(struct fetch *f, struct err *e)
{
	bool has_told = false, ok;

	while (!(ok = lock_once(f, e)) && !f->journal && e->code == ERR_TEMPORARY &&
	       f->options->wait) {
		if (!has_told)
			trace_note(TRACE_PROTOCOL, "%s; waiting", e->text);
		has_told = true;
		if (wait_fds(NULL, 0, wait_clock() + WAIT_STEP_MS) == WAIT_STOPPED)
			return err_set(e, ERR_TEMPORARY, "interrupted");
	}
	return ok;
}

/* Another run at work is then only an exit status: cron need not report it. */
bool
fetch_lock_journal(struct fetch *f, struct err *e)
{
	if (lock_or_wait(f, e))
		return true;
	if (e->code != ERR_TEMPORARY || run_may_remark(f->run))
		return false;
	f->run->worst = err_worse(f->run->worst, e->code);
	return true;
}

/* The list of messages since the last run is sufficient if no option asks for more. A message that
 * --search did not find before may be found now. */
static bool
may_list_short(const struct fetch *f)
{
	return f->by_default && !f->marks && !f->looks && !f->run->options.dry_run &&
	       !f->options->headers && !f->options->full_listing &&
	       !f->account->settings.mailbox.search &&
	       !(f->notes_unread && unread_is_noted(f->journal));
}

bool
fetch_load_journal(struct fetch *f, struct err *e)
{
	f->listing.records = fetch_records(f) && !f->run->options.dry_run;
	if (!listing_prepare(&f->listing, f->journal, &f->keeping, may_list_short(f), e))
		return false;
	fetch_remark_on_rename(f);
	return true;
}
