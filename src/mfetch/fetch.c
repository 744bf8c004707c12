/* SPDX-License-Identifier: ISC */
#include "mfetch/fetch_turn.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/mailbox_name.h"
#include "app/mailbox_session.h"
#include "app/message_search.h"
#include "app/select.h"
#include "app/tool.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/screen.h"
#include "base/stop.h"
#include "base/trace.h"
#include "config/paths.h"
#include "deliver/delivery.h"
#include "deliver/sink.h"
#include "journal/journal.h"
#include "journal/journal_peek.h"
#include "journal/journal_record.h"
#include "mfetch/destination.h"
#include "mfetch/fetch_options.h"
#include "mfetch/fetch_select.h"
#include "mfetch/filter.h"
#include "mfetch/listing.h"
#include "mfetch/lmtp.h"
#include "mfetch/oversize.h"
#include "mfetch/progress.h"
#include "mfetch/retention.h"
#include "mfetch/suspects.h"
#include "mfetch/uidvalidity.h"
#include "mfetch/undeleted.h"
#include "net/wait.h"

enum { WAIT_STEP_MS = 250 }; /* between two attempts to lock the mailbox */

/* For standard output only runs with --keep are recorded: --delete writes everything, and deletes
 * what was taken. */
static bool
has_memory(const struct fetch *f)
{
	return !destination_is_stdout(&f->sink) || (f->keeping.keep && !f->looks);
}

/* `mfetch new` asks for what --keep has not written yet, although this run records nothing. */
static bool
needs_memory(const struct fetch *f)
{
	return has_memory(f) || (!f->by_default && selection_has_new(f->selection));
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
lock_seen(struct fetch *f, struct err *e)
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

static void
complain(void *ctx, const struct err *why)
{
	run_complain(ctx, why);
}

/* Is there nothing to tell what is new by, or to record, but the server's ids? */
static bool
needs_ids(const struct fetch *f)
{
	return f->marks || (f->by_default && f->keeping.keep && !f->looks);
}

static bool
list(struct fetch *f, struct err *e)
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

static void
complain_of_ambiguous(struct fetch *f, size_t count)
{
	struct err e;

	err_set(&e, ERR_UNAVAILABLE,
		"%s: %zu messages have a unique id that another has too, so %s",
		f->session->base.url.host, count,
		f->marks ? "nothing is recorded of them" : "they stay there");
	if (!f->marks)
		err_hint(&e, "name them by number, or fetch without --keep");
	run_complain(f->run, &e);
}

/* A message whose id is another's too can't be recorded: with --keep it would come again in every
 * run. */
static void
leave_ambiguous(struct fetch *f)
{
	const size_t count = f->wanted.count;
	size_t kept = 0;

	if (!needs_ids(f))
		return;
	for (size_t i = 0; i < count; i++)
		if (message_list_uid(&f->listing.list, f->wanted.index[i]))
			f->wanted.index[kept++] = f->wanted.index[i];
	f->wanted.count = kept;
	if (kept < count)
		complain_of_ambiguous(f, count - kept);
}

/* --search comes last but before everything that reports or remembers a message: for this run the
 * others are not there. */
static bool
select_wanted(struct fetch *f, struct err *e)
{
	selection_apply(f->selection, &f->listing.list, f->journal, &f->wanted);
	leave_ambiguous(f);
	return message_search_narrow(f->account, &f->session->mailbox, &f->listing.list, &f->wanted,
				     e);
}

/*
 * Messages at which a session broke before are for a turn of their own, once the others have been
 * stored and deleted on the server. If there is nothing else to do, this is that turn.
 */
static void
leave_suspects(struct fetch *f)
{
	struct message_set suspects = {0};

	if (!has_memory(f))
		return;
	suspects_part(f->journal, &f->listing.list, &f->wanted, &suspects);
	if (f->only_suspects || (f->wanted.count == 0 && fetch_count_doomed(f) == 0)) {
		message_set_free(&f->wanted);
		f->wanted = suspects;
		f->only_suspects = true;
		return;
	}
	f->left_suspects = suspects.count;
	message_set_free(&suspects);
}

static void
note_suspect(const struct fetch *f, const struct err *e)
{
	size_t index;

	if (has_memory(f) && stop_signal() == 0 && delivery_broke_at(f->delivery, &index) &&
	    (e->code == ERR_TEMPORARY || e->code == ERR_PROTOCOL))
		suspects_add(f->journal, &f->listing.list, index);
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

/* The part of the selection that this run takes, after the filter's verdicts or without asking
 * it. */
static bool
narrow(struct fetch *f, bool ask_filter, struct err *e)
{
	leave_large(f, ask_filter && has_memory(f));
	if (ask_filter && !select_by_filter(f, e))
		return false;
	select_by_limit(&f->wanted, *f->limit);
	*f->limit -= (uint32_t)f->wanted.count;
	return check_raw(f, e);
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

/*
 * Whole messages of a group under way are delivered too where the session broke: they need not come
 * again. But not after a breach of the protocol: then nobody knows which of them is which.
 */
static bool
deliver(struct fetch *f, enum part part, struct err *e)
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
fetch_open(struct mailbox_session *s, const struct account *a, const struct fetch_options *o,
	   bool only_looks, struct err *e)
{
	const bool deletes = !only_looks && !o->headers;

	if (!(deletes ? mailbox_session_open : mailbox_session_open_to_look)(s, a, e))
		return false;
	if (only_looks || o->dry_run || o->headers)
		mailbox_only_look(&s->mailbox);
	return true;
}

static bool
connect(struct fetch *f, struct err *e)
{
	if (f->session->base.stream)
		return true;
	if (!fetch_open(f->session, f->account, f->options, f->looks, e))
		return false;
	f->stays = f->stays && mailbox_stay(&f->session->mailbox);
	if (f->stays)
		session_forget_secret(&f->session->base);
	return true;
}

static bool
open_and_list(struct fetch *f, struct err *e)
{
	if (!f->folder && !connect(f, e))
		return false;
	if (f->folder && !mailbox_turn(&f->session->mailbox, f->folder))
		return err_set(e, ERR_TEMPORARY, "%s: the conversation has ended",
			       session_place(&f->session->base));
	if (!list(f, e))
		return false;
	if (!f->folder)
		mailbox_session_show_alert(f->session, f->run);
	return true;
}

/* Before anything is selected: it may find that a run which was killed had delivered more than its
 * record says. */
static bool
open_delivery(struct fetch *f, struct err *e)
{
	f->delivery = delivery_open(&f->sink, f->journal, complain, f->run, e);
	return f->delivery != NULL;
}

/* A short list is one under the UIDVALIDITY of the run before. */
static bool
recognise_renumbered(struct fetch *f, bool record, struct err *e)
{
	return !f->listing.is_whole ||
	       uidvalidity_recognise(f->journal, &f->session->mailbox, &f->listing.list, record,
				     f->run, session_place(&f->session->base), e);
}

/* The server deletes what we promise to keep there. */
static void
remark_on_expiry(const struct fetch *f)
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

static void
remark_on_clock(const struct fetch *f)
{
	if (f->listing.is_whole && f->keeping.has_age && f->keeping.now == 0)
		run_remark(f->run,
			   "the clock is before this version's date or an earlier run, or jumped "
			   "by more than a year, so nothing is deleted by its age");
}

/* Messages that cannot be deleted or marked on the server are reported before anything is
 * fetched. */
static bool
check_rights(const struct fetch *f, struct err *e)
{
	const bool deletes = !f->keeping.keep || f->keeping.has_age || f->options->filter != NULL;
	const unsigned rights = (deletes ? RIGHT_DELETE : 0) |
				(f->account->settings.mailbox.marks_read ? RIGHT_MARK_READ : 0);

	if (f->looks || mailbox_check_rights(&f->session->mailbox, rights, e))
		return true;
	return err_hint(
	    e, "--keep fetches, and without --filter and --seen leaves all there as it is");
}

static bool
fetch(struct fetch *f, struct err *e)
{
	if (!open_and_list(f, e) || !check_rights(f, e) || !open_delivery(f, e) ||
	    !recognise_renumbered(f, true, e))
		return false;
	remark_on_expiry(f);
	remark_on_clock(f);
	if (f->listing.is_whole)
		undeleted_check(f->journal, &f->listing.list, f->run,
				session_place(&f->session->base));
	if (!select_wanted(f, e))
		return false;
	leave_suspects(f);
	if (!narrow(f, true, e) || !deliver(f, PART_WHOLE, e))
		return false;
	if (f->only_suspects && has_memory(f))
		suspects_forget(f->journal);
	if (!fetch_finish(f, e))
		return false;
	selection_complain(f->selection, f->run);
	return true;
}

/* Shows messages, or their headers, as if nothing had been delivered: nothing is recorded, deleted
 * or marked. A filter chooses, and deletes nothing. */
static bool
show(struct fetch *f, enum part part, struct err *e)
{
	if (!open_and_list(f, e) || !open_delivery(f, e) || !select_wanted(f, e))
		return false;
	if (!narrow(f, part == PART_WHOLE, e))
		return false;
	journal_stop_recording(f->journal);
	if (!deliver(f, part, e) || !fetch_leave(f, part, e))
		return false;
	selection_complain(f->selection, f->run);
	return true;
}

static bool
look(struct fetch *f, struct err *e)
{
	return show(f, PART_WHOLE, e);
}

static bool
fetch_headers(struct fetch *f, struct err *e)
{
	return show(f, PART_HEADER, e);
}

/* --mark-seen. Nothing is stored locally, so nothing is deleted on the server: neither now nor
 * later. */
static bool
mark_seen(struct fetch *f, struct err *e)
{
	if (!open_and_list(f, e) || !select_wanted(f, e))
		return false;
	for (size_t i = 0; i < f->wanted.count; i++)
		journal_mark(f->journal, message_list_uid(&f->listing.list, f->wanted.index[i]),
			     f->listing.list.items[f->wanted.index[i]].size);
	if (!journal_write(f->journal, true, e) || !fetch_commit(f, e))
		return false;
	selection_complain(f->selection, f->run);
	return true;
}

static void
show_folder(const struct fetch *f)
{
	if (f->folder)
		screen_printf("%s: ", f->folder);
}

static void
show_counts(const struct fetch *f)
{
	const bool has_filter = f->options->filter != NULL;
	const size_t to_delete = fetch_count_doomed(f);

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

static void
show_destination(const struct fetch *f)
{
	screen_printf("destination: %s\n",
		      destination_is_stdout(&f->sink) ? "standard output" : f->sink.place);
}

static bool
show_plan(struct fetch *f, struct err *e)
{
	if (!f->folder) {
		run_show_settings(f->run, f->account);
		show_destination(f);
	}
	fflush(stdout);
	if (!open_and_list(f, e) || !recognise_renumbered(f, false, e) || !select_wanted(f, e))
		return false;
	if (!f->marks && (!sink_check(&f->sink, e) || !narrow(f, false, e)))
		return false;
	show_counts(f);
	fflush(stdout);
	selection_complain(f->selection, f->run);
	return fetch_commit(f, e);
}

static bool
check_memory(const struct fetch *f, struct err *e)
{
	if (!f->marks || has_memory(f))
		return true;
	err_set(e, ERR_USAGE,
		"--mark-seen: what goes to standard output is recorded only with --keep");
	return err_hint(e, "name the destination: --maildir, --mbox, --pipe, --lmtp, or --keep");
}

/* Options that need a run that does more than look. A look in each round of a watch would show
 * everything again. */
static bool
check_look(const struct fetch *f, struct err *e)
{
	const struct fetch_options *o = f->options;
	const char *effect = o->watch         ? "watch"
			     : o->gives_trash ? "trash"
			     : o->gives_seen  ? "seen"
					      : NULL;

	if (!f->looks || !effect)
		return true;
	err_set(e, ERR_USAGE, "--%s: to standard output messages are only shown", effect);
	return err_hint(e, "add --keep or --delete, or name a destination");
}

static bool
choose_destination(struct fetch *f, struct err *e)
{
	if (!destination_choose(&f->sink, f->options, f->account->name, e))
		return false;
	if (f->sink.kind != SINK_LMTP)
		return true;
	f->lmtp = lmtp_server_new(f->account, f->options, e);
	if (!f->lmtp)
		return false;
	f->sink.place = lmtp_server_place(f->lmtp);
	f->sink.next_hop = lmtp_server_next_hop(f->lmtp);
	return true;
}

static bool
prepare(struct fetch *f, struct err *e)
{
	f->marks = f->options->mark_seen;
	if (!choose_destination(f, e))
		return false;
	f->looks = destination_only_looks(&f->sink, f->options);
	f->sink.only_shows = f->looks || f->options->headers;
	if (!f->options->deletes)
		f->keeping = f->options->keeping;
	f->keeping.keep |= f->looks;
	return check_memory(f, e) && check_look(f, e);
}

void
fetch_free(struct fetch *f)
{
	delivery_close(f->delivery);
	lmtp_server_free(f->lmtp);
	journal_close(f->journal);
	listing_free(&f->listing);
	message_set_free(&f->wanted);
	message_set_free(&f->rejected);
	message_set_free(&f->to_delete);
}

/* The list of messages since the last run is sufficient if no option asks for more. A message that
 * --search did not find before may be found now. */
static bool
may_list_short(const struct fetch *f)
{
	return f->by_default && !f->marks && !f->looks && !f->run->options.dry_run &&
	       !f->options->headers && !f->options->full_listing &&
	       !f->account->settings.mailbox.search;
}

/* Returns as lock_seen() does, but with --wait not before the other run has ended, or a signal. */
static bool
lock_or_wait(struct fetch *f, struct err *e)
{
	bool has_told = false, ok;

	while (!(ok = lock_seen(f, e)) && !f->journal && e->code == ERR_TEMPORARY &&
	       f->options->wait) {
		if (!has_told)
			trace_note(TRACE_PROTOCOL, "%s; waiting", e->text);
		has_told = true;
		if (wait_fds(NULL, 0, wait_clock() + WAIT_STEP_MS) == WAIT_STOPPED)
			return err_set(e, ERR_TEMPORARY, "interrupted");
	}
	return ok;
}

/* With --quiet another run at work is only an exit status: cron need not report it. */
static bool
lock_mailbox(struct fetch *f, struct err *e)
{
	if (lock_or_wait(f, e))
		return true;
	if (e->code != ERR_TEMPORARY || run_may_remark(f->run))
		return false;
	f->run->worst = err_worse(f->run->worst, e->code);
	return true;
}

static bool
carry_out(struct fetch *f, struct err *e)
{
	if (f->run->options.dry_run)
		return show_plan(f, e);
	if (f->marks)
		return mark_seen(f, e);
	if (f->options->headers)
		return fetch_headers(f, e);
	return f->looks ? look(f, e) : fetch(f, e);
}

/* The same user's folder on another server: all of it may be the same mailbox under a new name. */
static void
remark_on_rename(const struct fetch *f)
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

/* Loads the earlier deliveries as far as they are needed. */
static bool
recall(struct fetch *f, struct err *e)
{
	f->listing.records = has_memory(f) && !f->run->options.dry_run;
	if (!listing_prepare(&f->listing, f->journal, &f->keeping, may_list_short(f), e))
		return false;
	remark_on_rename(f);
	return true;
}

/* A reader that has seen enough (`| head`) is not an error: we die of SIGPIPE as quietly as other
 * programs. With --delete the user must know that messages were left on the server. */
static void
note_lost_reader(const struct fetch *f)
{
	if (f->delivery && delivery_has_lost_reader(f->delivery) && !f->options->deletes)
		f->run->dies_of = SIGPIPE;
}

bool
fetch_turn(struct fetch *f, struct err *e)
{
	if (!prepare(f, e) || !lock_mailbox(f, e))
		return false;
	if (!f->journal || (recall(f, e) && carry_out(f, e)))
		return true;
	note_lost_reader(f);
	return false;
}
