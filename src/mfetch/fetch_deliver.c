/* SPDX-License-Identifier: ISC */
#include "mfetch/fetch_deliver.h"

#include <sys/stat.h>
#include <unistd.h>

#include "app/containment.h"
#include "app/mailbox_session.h"
#include "app/tool.h"
#include "base/err.h"
#include "base/stop.h"
#include "base/trace.h"
#include "deliver/delivery.h"
#include "mfetch/destination.h"
#include "mfetch/fetch_journal.h"
#include "mfetch/fetch_options.h"
#include "mfetch/fetch_state.h"
#include "mfetch/progress.h"
#include "mfetch/suspects.h"

static void
complain(void *ctx, const struct err *why)
{
	run_complain(ctx, why);
}

static void
note_suspect(const struct fetch *f, const struct err *e)
{
	size_t index;

	if (fetch_records(f) && stop_signal() == 0 && delivery_broke_at(f->delivery, &index) &&
	    (e->code == ERR_TEMPORARY || e->code == ERR_PROTOCOL))
		suspects_add(f->journal, &f->listing.list, index);
}

/* A progress line would run into messages on the same terminal, into the conversation, and into
 * other accounts' lines. */
static bool
wants_progress(const struct fetch *f)
{
	struct stat st;

	if (destination_is_stdout(&f->sink) &&
	    (fstat(STDOUT_FILENO, &st) != 0 || !S_ISREG(st.st_mode)))
		return false;
	return run_may_remark(f->run) && !trace_wants(TRACE_PROTOCOL) && !f->options->all_accounts;
}

static void
clear_progress(void *progress)
{
	progress_hide(progress);
}

static bool
pour(struct fetch *f, enum part part, struct err *e)
{
	struct progress progress = {.inner = &delivery_receiver, .inner_ctx = f->delivery};
	bool ok;

	progress_start(&progress, &f->listing.list, &f->wanted, wants_progress(f));
	f->run->progress = &progress;
	f->run->clear_line = clear_progress;
	ok = mailbox_fetch(&f->session->mailbox, &f->listing.list, &f->wanted, part,
			   &progress_receiver, &progress, e);
	progress_hide(&progress);
	f->run->clear_line = NULL;
	f->run->progress = NULL;
	return ok;
}

/* The messages that were delivered need not be fetched again. After a breach of the protocol nobody
 * knows which of them is which. */
bool
fetch_deliver(struct fetch *f, enum part part, struct err *e)
{
	static const char gave_up[] = "the messages in a row that failed for the same reason are "
				      "too many; the others stay on the server";
	struct err settled;
	const bool fetched = pour(f, part, e);

	if (!fetched && part == PART_WHOLE)
		note_suspect(f, e);
	if (!fetched && e->code == ERR_PROTOCOL)
		return false;
	if (!fetched && delivery_gave_up(f->delivery))
		err_set(e, e->code, "%s", gave_up);
	if (delivery_settle(f->delivery, &settled))
		return fetched;
	if (fetched)
		*e = settled;
	return false;
}

bool
fetch_open_delivery(struct fetch *f, struct err *e)
{
	f->delivery = delivery_open(&f->sink, f->journal, complain, f->run, e);
	if (!f->delivery)
		return false;
	containment_complete();
	return true;
}
