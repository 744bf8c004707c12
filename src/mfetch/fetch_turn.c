/* SPDX-License-Identifier: ISC */
#include "mfetch/fetch_turn.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "app/mailbox_session.h"
#include "app/operands.h"
#include "app/tool.h"
#include "base/err.h"
#include "deliver/delivery.h"
#include "deliver/sink.h"
#include "journal/journal.h"
#include "journal/journal_record.h"
#include "mfetch/destination.h"
#include "mfetch/fetch_choice.h"
#include "mfetch/fetch_deliver.h"
#include "mfetch/fetch_finish.h"
#include "mfetch/fetch_journal.h"
#include "mfetch/fetch_options.h"
#include "mfetch/fetch_report.h"
#include "mfetch/fetch_state.h"
#include "mfetch/filter.h"
#include "mfetch/listing.h"
#include "mfetch/lmtp.h"
#include "mfetch/suspects.h"
#include "mfetch/uidvalidity.h"
#include "mfetch/undeleted.h"
#include "mfetch/unread.h"

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
	if (!fetch_list(f, e))
		return false;
	if (!f->folder)
		mailbox_session_show_alert(f->session, f->run);
	return true;
}

/* A short list is one under the UIDVALIDITY of the run before. */
static bool
recognise_renumbered(struct fetch *f, bool record, struct err *e)
{
	return !f->listing.is_whole ||
	       uidvalidity_recognise(f->journal, &f->session->mailbox, &f->listing.list, record,
				     f->run, session_place(&f->session->base), e);
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

/* Before the first of them is delivered: whenever this run ends, the next one marks them. */
static bool
note_unread(const struct fetch *f, struct err *e)
{
	return !f->notes_unread || f->wanted.count == 0 ||
	       unread_note(f->journal, &f->listing.list, &f->wanted, e);
}

static bool
fetch(struct fetch *f, struct err *e)
{
	if (!open_and_list(f, e) || !check_rights(f, e) || !fetch_open_delivery(f, e) ||
	    !recognise_renumbered(f, true, e))
		return false;
	fetch_remark_on_expiry(f);
	fetch_remark_on_clock(f);
	if (f->listing.is_whole)
		undeleted_check(f->journal, &f->listing.list, f->run,
				session_place(&f->session->base));
	if (!fetch_choose(f, e))
		return false;
	fetch_leave_suspects(f);
	if (!fetch_narrow(f, true, e) || !note_unread(f, e) || !fetch_deliver(f, PART_WHOLE, e))
		return false;
	if (f->only_suspects && fetch_records(f))
		suspects_forget(f->journal);
	if (!fetch_finish(f, e))
		return false;
	operands_complain(f->operands, f->run);
	return true;
}

/* Shows messages, or their headers, as if nothing had been delivered: nothing is recorded, deleted
 * or marked. A filter chooses, and deletes nothing. */
static bool
show(struct fetch *f, enum part part, struct err *e)
{
	if (!open_and_list(f, e) || !fetch_open_delivery(f, e) || !fetch_choose(f, e))
		return false;
	if (!fetch_narrow(f, part == PART_WHOLE, e))
		return false;
	journal_stop_recording(f->journal);
	if (!fetch_deliver(f, part, e) || !fetch_leave(f, part, e))
		return false;
	operands_complain(f->operands, f->run);
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
	if (!open_and_list(f, e) || !fetch_choose(f, e))
		return false;
	for (size_t i = 0; i < f->wanted.count; i++)
		journal_mark(f->journal, message_list_uid(&f->listing.list, f->wanted.index[i]),
			     f->listing.list.items[f->wanted.index[i]].size);
	if (!journal_write(f->journal, true, e) || !fetch_commit(f, e))
		return false;
	operands_complain(f->operands, f->run);
	return true;
}

static bool
show_plan(struct fetch *f, struct err *e)
{
	if (!f->folder) {
		run_show_settings(f->run, f->account);
		fetch_show_destination(f);
	}
	fflush(stdout);
	if (!open_and_list(f, e) || !recognise_renumbered(f, false, e) || !fetch_choose(f, e))
		return false;
	if (!f->marks && (!sink_check(&f->sink, e) || !fetch_narrow(f, false, e)))
		return false;
	fetch_show_counts(f);
	fflush(stdout);
	operands_complain(f->operands, f->run);
	return fetch_commit(f, e);
}

static bool
check_memory(const struct fetch *f, struct err *e)
{
	if (!f->marks || fetch_records(f))
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
	f->notes_unread = f->account->settings.mailbox.marks_read && fetch_records(f);
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
	if (!prepare(f, e) || !fetch_lock_journal(f, e))
		return false;
	if (!f->journal || (fetch_load_journal(f, e) && carry_out(f, e)))
		return true;
	note_lost_reader(f);
	return false;
}
