/* SPDX-License-Identifier: ISC */
#include "mfetch/fetch_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/mailbox_session.h"
#include "app/tool.h"
#include "base/screen.h"
#include "config/account.h"
#include "journal/journal.h"
#include "journal/journal_peek.h"
#include "mfetch/destination.h"
#include "mfetch/fetch_finish.h"
#include "mfetch/fetch_options.h"
#include "mfetch/fetch_state.h"

void
fetch_remark_on_expiry(const struct fetch *f)
{
	const struct mailbox_customs *customs = mailbox_customs(&f->session->mailbox);
	const uint64_t day = 24 * 60 * 60, stays = customs->expire_days * day;

	if (!customs->has_expire || !f->keeping.keep || f->looks)
		return;
	if (customs->expire_days == 0)
		run_remark(f->run, "%s: the server itself deletes what was fetched (EXPIRE 0)",
			   f->session->base.url.host);
	else if (f->keeping.has_age && stays < f->keeping.age)
		run_remark(f->run,
			   "%s: the server deletes messages after %" PRIu32
			   " days, which is sooner than --keep=%s",
			   f->session->base.url.host, customs->expire_days, f->options->keep);
}

void
fetch_remark_on_clock(const struct fetch *f)
{
	if (f->listing.is_whole && f->keeping.has_age && f->keeping.now == 0)
		run_remark(f->run,
			   "the clock is before this version's date or an earlier run, or jumped "
			   "by more than a year, so nothing is deleted by its age");
}

static void
show_folder(const struct fetch *f)
{
	if (f->folder)
		screen_printf("%s: ", f->folder);
}

void
fetch_show_counts(const struct fetch *f)
{
	const bool has_filter = f->options->filter != NULL;
	const size_t to_delete = fetch_count_to_delete(f);

	show_folder(f);
	printf("would %s %zu of %zu messages%s\n", f->marks ? "record" : "fetch", f->wanted.count,
	       f->listing.list.count, has_filter && !f->marks ? ", if the filter agrees" : "");
	if (to_delete == 0)
		return;
	show_folder(f);
	printf("would %s %zu of %zu messages\n",
	       f->account->settings.mailbox.to_trash ? "move to the Trash" : "delete", to_delete,
	       f->listing.list.count);
}

void
fetch_show_destination(const struct fetch *f)
{
	screen_printf("destination: %s\n",
		      destination_is_stdout(&f->sink) ? "standard output" : f->sink.place);
}

void
fetch_remark_on_rename(const struct fetch *f)
{
	char *other = journal_is_new(f->journal) && run_may_remark(f->run)
			  ? journal_find_renamed(f->journal)
			  : NULL;

	if (other)
		run_remark(
		    f->run,
		    "this destination also has messages from the mailbox '%s', which counts as "
		    "another one than '%s'; if only the server's name has changed, see RENAMED "
		    "SERVERS in mfetch(1)",
		    other, journal_mailbox(f->journal));
	free(other);
}
