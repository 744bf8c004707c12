/* SPDX-License-Identifier: ISC */
#include "mfetch/fetch_finish.h"

#include <stdlib.h>

#include "app/mailbox_session.h"
#include "app/tool.h"
#include "base/mem.h"
#include "config/account.h"
#include "deliver/delivery.h"
#include "journal/journal.h"
#include "journal/journal_listing.h"
#include "journal/journal_rewrite.h"
#include "mfetch/fetch_options.h"
#include "mfetch/fetch_state.h"
#include "mfetch/undeleted.h"
#include "mfetch/unread.h"

static bool
is_due(const struct fetch *f, size_t index)
{
	time_t when;

	if (f->keeping.keep && !f->keeping.has_age)
		return false;
	return listing_has(&f->listing, index, &when) && retention_is_due(&f->keeping, when);
}

/* Is INDEX the next of the ascending INDEXES? *NEXT is where they are. */
static bool
is_next(const size_t *indexes, size_t count, size_t *next, size_t index)
{
	const bool is = *next < count && indexes[*next] == index;

	*next += is;
	return is;
}

/* The messages to delete: those safely stored now, by default those that an earlier run delivered,
 * and those that the filter rejected. */
static void
remove_delivered(struct fetch *f)
{
	size_t safe_count, next_safe = 0, next_rejected = 0;
	const size_t *safe = delivery_safe(f->delivery, &safe_count);

	for (size_t i = 0; i < f->listing.list.count; i++) {
		const bool is_safe = is_next(safe, safe_count, &next_safe, i);

		if (is_next(f->rejected.index, f->rejected.count, &next_rejected, i) ||
		    (is_safe && !f->keeping.keep) || ((is_safe || f->by_default) && is_due(f, i)))
			message_set_add(&f->to_delete, i);
	}
	mailbox_remove(&f->session->mailbox, &f->listing.list, &f->to_delete);
}

static bool
goes_at_once(const struct retention *k)
{
	return !k->keep || (k->has_age && k->age == 0);
}

size_t
fetch_count_delivered(const struct fetch *f)
{
	size_t count = 0;

	if (f->delivery && !f->sink.only_shows)
		delivery_safe(f->delivery, &count);
	return count;
}

size_t
fetch_count_to_delete(const struct fetch *f)
{
	size_t count = 0, next_wanted = 0;

	if (f->marks || f->options->headers || f->looks)
		return 0;
	for (size_t i = 0; i < f->listing.list.count; i++) {
		const bool is_wanted = is_next(f->wanted.index, f->wanted.count, &next_wanted, i);

		count +=
		    (is_wanted && goes_at_once(&f->keeping)) || (f->by_default && is_due(f, i));
	}
	return count;
}

/* Was it delivered by an earlier run, which ended before the server had marked it? */
static bool
is_left_unread(const struct fetch *f, const bool *is_unread, size_t index)
{
	time_t when;

	return is_unread[index] && listing_has(&f->listing, index, &when) && when != 0;
}

/* The messages safely stored, except those that are deleted. */
static void
mark_read(struct fetch *f)
{
	bool *is_unread = mem_alloc((f->listing.list.count + 1) * sizeof *is_unread);
	struct message_set read = {0};
	size_t safe_count, next_safe = 0, next_to_delete = 0;
	const size_t *safe = delivery_safe(f->delivery, &safe_count);
	const bool all = f->account->settings.mailbox.to_trash;

	if (f->notes_unread)
		unread_find(f->journal, &f->listing.list, is_unread);
	for (size_t i = 0; i < f->listing.list.count; i++) {
		const bool is_safe = is_next(safe, safe_count, &next_safe, i);
		const bool goes =
		    is_next(f->to_delete.index, f->to_delete.count, &next_to_delete, i);

		if ((is_safe || is_left_unread(f, is_unread, i)) && (all || !goes))
			message_set_add(&read, i);
	}
	mailbox_mark_read(&f->session->mailbox, &f->listing.list, &read);
	message_set_free(&read);
	free(is_unread);
}

bool
fetch_commit(struct fetch *f, struct err *e)
{
	return (f->is_last ? mailbox_commit : mailbox_settle)(&f->session->mailbox, e);
}

/* With EXPIRE 0 the commit deletes all that was fetched (RFC 2449 section 6.7; Gmail): what could
 * not be delivered too, and what was only looked at. Without one it stays, and what is safe here is
 * deleted by the next run. */
static bool
commit_loses(const struct fetch *f)
{
	const struct mailbox_customs *customs = mailbox_customs(&f->session->mailbox);

	return customs->has_expire && customs->expire_days == 0 &&
	       (f->looks || delivery_has_failed(f->delivery));
}

bool
fetch_leave(struct fetch *f, enum part part, struct err *e)
{
	return (part == PART_WHOLE && commit_loses(f)) || fetch_commit(f, e);
}

static bool
record_deleted(struct fetch *f, struct err *e)
{
	for (size_t i = 0; i < f->to_delete.count; i++) {
		const size_t index = f->to_delete.index[i];

		journal_deleted(f->journal, message_list_uid(&f->listing.list, index),
				f->listing.list.items[index].size);
	}
	return journal_write(f->journal, false, e);
}

bool
fetch_finish(struct fetch *f, struct err *e)
{
	if (commit_loses(f))
		return true;
	remove_delivered(f);
	if (f->account->settings.mailbox.marks_read)
		mark_read(f);
	if (!fetch_commit(f, e))
		return false;
	if (f->notes_unread)
		unread_forget(f->journal);
	if (!record_deleted(f, e) || (f->listing.is_whole && !journal_compact(f->journal, e)))
		return false;
	if (f->listing.is_whole)
		undeleted_remember(f->journal, &f->listing.list, &f->to_delete);
	listing_remember(&f->listing, &f->session->mailbox);
	return true;
}
