/* SPDX-License-Identifier: ISC */
/* A conversation and the turns in it: one, one of each folder, or round after round. */
#include "mfetch/fetch.h"

#include <stdlib.h>

#include "app/folder_names.h"
#include "app/mailbox_name.h"
#include "app/mailbox_session.h"
#include "app/operands.h"
#include "app/tool.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/stop.h"
#include "config/account.h"
#include "mfetch/destination.h"
#include "mfetch/fetch_finish.h"
#include "mfetch/fetch_options.h"
#include "mfetch/fetch_state.h"
#include "mfetch/fetch_turn.h"
#include "mfetch/hook.h"

/* The result of one folder's turn. */
struct tally {
	size_t delivered;
	size_t left; /* for a turn of their own */
	bool is_missing;
};

struct round {
	struct run *run;
	const struct account *account;
	const struct fetch_options *options;
	struct operands *operands;
	struct mailbox_session *session;
	const struct fetch_kept
	    *kept;       /* of a watch that knows what has news; NULL: all are fetched */
	bool stays;      /* the session is for the next round too */
	bool has_worked; /* a folder could be fetched */
	uint32_t limit;
	struct tally *tallies; /* one for each folder; NULL: none was opened */
};

enum turn {
	TURN_MORE,    /* another folder's follows in this session */
	TURN_LAST,    /* of the session */
	TURN_SUSPECTS /* for the messages that the folder's turn before left; the last, too */
};

static bool
fetch_one(struct round *r, const char *folder, enum turn turn, struct tally *t, struct err *e)
{
	struct fetch f = {.run = r->run,
			  .account = r->account,
			  .options = r->options,
			  .operands = r->operands,
			  .session = r->session,
			  .limit = &r->limit,
			  .folder = folder,
			  .is_last = turn != TURN_MORE,
			  .only_suspects = turn == TURN_SUSPECTS,
			  .by_default = r->run->operand_count == 0};
	const bool ok = fetch_turn(&f, e);

	t->left = f.left_suspects;
	t->delivered += fetch_count_delivered(&f);
	r->has_worked = r->has_worked || ok;
	/* A missing folder leaves the session as it was. If another run holds the mailbox, it has
	 * to be looked at again soon. */
	r->stays = r->stays && f.journal && (ok || e->code == ERR_NO_INPUT);
	fetch_free(&f);
	return ok;
}

/* Numbers and ids belong to one folder. */
static bool
check_operands(const struct fetch_options *o, const struct operands *operands, struct err *e)
{
	const char *one = operands_of_one_mailbox(operands);

	if (one)
		return err_set(e, ERR_USAGE, "'%s' means a message of one folder, so name one",
			       one);
	if (o->raw && !o->nul)
		return err_set(e, ERR_USAGE,
			       "many folders: --raw takes one message, or goes with "
			       "--null");
	return true;
}

/* A missing folder is tried in each round, so that it is reported once (mfetch/repeats.h). */
static bool
is_due(const struct round *r, const struct folder_names *n, size_t i)
{
	return !r->kept || r->kept->missing[i] ||
	       mailbox_has_news(&r->session->mailbox, n->names[i]);
}

/* A failure in one folder is reported, and the next one follows, unless the session itself is
 * broken. */
static bool
fetch_each(struct round *r, const struct folder_names *n, struct err *e)
{
	bool ok = true;

	for (size_t i = 0; i < n->count; i++) {
		const bool is_last = i + 1 == n->count;
		struct tally *t = &r->tallies[i];

		if (!is_due(r, n, i))
			continue;
		if (!ok)
			run_complain(r->run, e);
		ok = fetch_one(r, n->names[i], is_last && !r->stays ? TURN_LAST : TURN_MORE, t, e);
		t->is_missing = !ok && e->code == ERR_NO_INPUT;
		if (r->run->dies_of != 0)
			return false;
		if (!ok && !mailbox_turn(&r->session->mailbox, n->names[i])) {
			r->stays = false;
			return false;
		}
	}
	return ok;
}

/* A missing folder does not end the watch of the others, whichever it is. */
static bool
may_miss(const struct round *r, const struct err *e)
{
	return r->options->watch && r->has_worked && e->code == ERR_NO_INPUT;
}

/* The messages left for a turn of their own: each folder's in a session of their own, which they
 * may well break. OK and *E are how the turns before went. */
static bool
fetch_suspects(struct round *r, const struct folder_names *n, bool ok, struct err *e)
{
	for (size_t i = 0; i < n->count; i++) {
		if (r->tallies[i].left == 0 || r->run->dies_of != 0 || stop_signal() != 0)
			continue;
		if (!ok)
			run_complain(r->run, e);
		r->stays = false;
		mailbox_session_show_alert(r->session, r->run);
		mailbox_session_close(r->session);
		if (!fetch_open(r->session, r->account, r->options, false, e))
			return false;
		ok = fetch_one(r, n->names[i], TURN_SUSPECTS, &r->tallies[i], e);
	}
	return ok;
}

static bool
fetch_many(struct round *r, const struct folder_names *n, struct err *e)
{
	bool ok;

	r->tallies = mem_alloc(n->count * sizeof *r->tallies);
	ok = fetch_each(r, n, e);
	if (!ok && may_miss(r, e)) {
		run_complain(r->run, e);
		ok = true;
	}
	return fetch_suspects(r, n, ok, e);
}

/* One session for all of them: a login that fails is not tried again for each. */
static bool
open_for_many(struct round *r, struct folder_names *n, struct err *e)
{
	struct sink_spec sink;

	if (r->run->options.dry_run)
		run_show_settings(r->run, r->account);
	if (!destination_choose(&sink, r->options, r->account->name, e) ||
	    !fetch_open(r->session, r->account, r->options,
			destination_only_looks(&sink, r->options), e) ||
	    !folder_names_expand(n, &r->session->mailbox, r->account->settings.mailbox.to_trash, e))
		return false;
	mailbox_session_show_alert(r->session, r->run);
	return true;
}

static bool
fetch_folder(struct round *r, struct err *e)
{
	r->tallies = mem_alloc(sizeof *r->tallies);
	if (!fetch_one(r, NULL, TURN_LAST, r->tallies, e))
		return false;
	if (r->tallies->left == 0)
		return true;
	mailbox_session_show_alert(r->session, r->run);
	mailbox_session_close(r->session);
	return fetch_one(r, NULL, TURN_SUSPECTS, r->tallies, e);
}

/* After the session, so that a slow hook keeps no server waiting. */
static void
run_hooks(const struct round *r, const struct folder_names *n)
{
	for (size_t i = 0; r->tallies && i < n->count; i++)
		hook_run(r->run, r->options->hook, r->account->name, n->names[i],
			 r->tallies[i].delivered);
}

bool
fetch_once(struct run *run, const struct account *a, const struct fetch_options *o,
	   struct operands *operands, struct err *e)
{
	struct mailbox_session session = {0};
	struct round r = {.run = run,
			  .account = a,
			  .options = o,
			  .operands = operands,
			  .session = &session,
			  .limit = o->limit};
	struct folder_names names;
	bool ok;

	folder_names_of(&names, a);
	if (!folder_names_are_many(&names))
		ok = fetch_folder(&r, e);
	else
		ok = check_operands(o, operands, e) && open_for_many(&r, &names, e) &&
		     fetch_many(&r, &names, e);
	mailbox_session_show_alert(&session, run);
	mailbox_session_close(&session);
	run_hooks(&r, &names);
	free(r.tallies);
	folder_names_free(&names);
	return ok;
}

void
fetch_kept_close(struct fetch_kept *kept)
{
	mailbox_session_close(&kept->session);
	folder_names_free(&kept->folders);
	free(kept->missing);
	*kept = (struct fetch_kept){0};
}

/* A session that can tell of each folder is kept. */
static bool
open_to_watch(struct round *r, struct fetch_kept *kept, struct err *e)
{
	struct mailbox *m = &kept->session.mailbox;

	folder_names_of(&kept->folders, r->account);
	if (!open_for_many(r, &kept->folders, e) ||
	    !mailbox_announce(m, kept->folders.names, kept->folders.count, &r->stays, e))
		return false;
	r->stays = r->stays && mailbox_stay(m);
	if (r->stays)
		session_forget_secret(&kept->session.base);
	return true;
}

static bool
has_news(const struct fetch_kept *kept)
{
	for (size_t i = 0; i < kept->folders.count; i++)
		if (mailbox_has_news(&kept->session.mailbox, kept->folders.names[i]))
			return true;
	return false;
}

/* The session of the round before, or a new one. The folders that a pattern means now are found by
 * a new session. */
static bool
resume(struct round *r, struct fetch_kept *kept, bool has_pattern, struct err *e)
{
	const bool is_open = kept->session.base.stream != NULL;

	r->stays = true;
	if (is_open && has_news(kept)) {
		r->kept = kept;
		r->has_worked = true; /* the others did */
	} else if (!is_open || has_pattern) {
		fetch_kept_close(kept);
		return open_to_watch(r, kept, e);
	}
	return true;
}

static void
note_missing(const struct round *r, struct fetch_kept *kept)
{
	if (!kept->missing)
		kept->missing = mem_alloc(kept->folders.count * sizeof *kept->missing);
	for (size_t i = 0; i < kept->folders.count; i++)
		kept->missing[i] = r->tallies[i].is_missing;
}

static bool
watch_many(struct round *r, struct fetch_kept *kept, bool has_pattern, struct err *e)
{
	const bool ok = resume(r, kept, has_pattern, e) && fetch_many(r, &kept->folders, e);
	const bool stays = ok && r->stays;

	if (stays)
		note_missing(r, kept);
	mailbox_session_show_alert(&kept->session, r->run);
	if (!stays)
		mailbox_session_close(&kept->session);
	run_hooks(r, &kept->folders);
	if (!stays)
		fetch_kept_close(kept);
	free(r->tallies);
	return ok;
}

static bool
watch_one(struct round *r, struct fetch_kept *kept, struct err *e)
{
	struct fetch f = {.run = r->run,
			  .account = r->account,
			  .options = r->options,
			  .operands = r->operands,
			  .session = &kept->session,
			  .stays = true,
			  .limit = &r->limit,
			  .is_last = true,
			  .by_default = true};
	const bool ok = fetch_turn(&f, e);
	/* Without a journal, because another run holds the mailbox, nothing was listed, and a wait
	 * would not know what is new. */
	const bool stays = ok && f.stays && f.journal;
	const size_t delivered = fetch_count_delivered(&f);

	fetch_free(&f);
	mailbox_session_show_alert(&kept->session, r->run);
	if (!stays)
		fetch_kept_close(kept);
	hook_run(r->run, r->options->hook, r->account->name, mailbox_folder(r->account), delivered);
	return ok;
}

bool
fetch_round(struct run *run, const struct account *a, const struct fetch_options *o,
	    struct operands *operands, struct fetch_kept *kept, struct err *e)
{
	struct round r = {.run = run,
			  .account = a,
			  .options = o,
			  .operands = operands,
			  .session = &kept->session,
			  .limit = o->limit};
	struct folder_names names;
	bool ok;

	folder_names_of(&names, a);
	ok = folder_names_are_many(&names)
		 ? watch_many(&r, kept, folder_names_have_pattern(&names), e)
		 : watch_one(&r, kept, e);
	folder_names_free(&names);
	return ok;
}
