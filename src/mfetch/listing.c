/* SPDX-License-Identifier: ISC */
#include "mfetch/listing.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "journal/journal.h"
#include "journal/journal_former.h"
#include "journal/journal_listing.h"
#include "journal/journal_record.h"
#include "mfetch/clock_note.h"
#include "mfetch/retention.h"

enum { WANTED = WANT_SIZES | WANT_UIDS };

/* So long at most a message that came where none is looked for stays unseen. */
enum { WHOLE_EVERY_S = 24 * 60 * 60 };

/* Is what came since all that this run needs to know? */
static bool
bookmark_holds(const struct listing *l)
{
	const int64_t listed = l->bookmark.listed;

	return retention_set_time(l->keeping, listed) && l->keeping->now - listed < WHOLE_EVERY_S &&
	       !retention_is_due(l->keeping, l->bookmark.oldest);
}

bool
listing_prepare(struct listing *l, struct journal *journal, struct retention *keeping,
		bool may_be_short, struct err *e)
{
	l->journal = journal;
	l->keeping = keeping;
	if (may_be_short && bookmark_read(&l->bookmark, journal) && bookmark_holds(l))
		return true;
	bookmark_free(&l->bookmark);
	return journal_read(journal, e);
}

bool
listing_has(const struct listing *l, size_t index, time_t *when)
{
	return journal_has(l->journal, message_list_uid(&l->list, index), l->list.items[index].size,
			   when);
}

/* Either an earlier id is now another message's too, or an old message has moved. */
static bool
is_all_new(const struct listing *l)
{
	for (size_t i = 0; i < l->list.count; i++)
		if (listing_has(l, i, NULL))
			return false;
	return true;
}

/* An index of the list that is made when it is asked for the first time: mostly nothing is. */
struct lookup {
	const struct message_list *list;
	struct message_index index;
	bool is_made;
};

static bool
is_listed(void *ctx, const char *uid)
{
	struct lookup *lookup = ctx;

	if (!lookup->is_made)
		message_index_make(&lookup->index, lookup->list);
	lookup->is_made = true;
	return message_index_find(&lookup->index, uid) != MESSAGE_NONE;
}

/* The known messages are those with these ids. */
static void
set_validity(struct listing *l, const struct mailbox *m)
{
	struct lookup lookup = {.list = &l->list};

	journal_set_validity(l->journal, mailbox_validity(m));
	if (l->is_whole && mailbox_next_uid(m) > 0)
		journal_distrust_from(l->journal, mailbox_next_uid(m), is_listed, &lookup);
	if (lookup.is_made)
		message_index_free(&lookup.index);
}

static bool
list_whole(struct listing *l, struct mailbox *m, struct err *e)
{
	message_list_free(&l->list);
	l->is_whole = true;
	if (!mailbox_list(m, WANTED, &l->list, e))
		return false;
	set_validity(l, m);
	return true;
}

struct listed {
	const struct message_list *list;
	struct message_index index;
};

static bool
find_listed(void *ctx, const char *uid, uint64_t *octets)
{
	const struct listed *listed = ctx;
	const size_t index = message_index_find(&listed->index, uid);

	if (index != MESSAGE_NONE)
		*octets = listed->list->items[index].size;
	return index != MESSAGE_NONE;
}

/* A message that an earlier run deleted is gone now, and its id may be another message's. */
static void
forget_deleted(struct listing *l)
{
	struct listed listed = {.list = &l->list};

	if (!journal_has_deleted(l->journal))
		return;
	message_index_make(&listed.index, &l->list);
	journal_forget_deleted(l->journal, find_listed, &listed);
	message_index_free(&listed.index);
}

static bool
list_as_needed(struct listing *l, struct mailbox *m, struct err *e)
{
	if (!l->bookmark.mark)
		return list_whole(l, m, e);
	if (!mailbox_list_since(m, WANTED, l->bookmark.mark, &l->list, &l->is_whole, e))
		return false;
	if (!l->is_whole && l->list.count == 0)
		return true;
	if (!journal_read(l->journal, e))
		return false;
	set_validity(l, m);
	return l->is_whole || is_all_new(l) || list_whole(l, m, e);
}

/* Known messages that are not listed are finally forgotten. */
static void
note_listed(struct listing *l)
{
	journal_begin_listing(l->journal);
	for (size_t i = 0; i < l->list.count; i++)
		journal_note_listed(l->journal, message_list_uid(&l->list, i),
				    l->list.items[i].size);
	journal_end_listing(l->journal, l->keeping->now);
}

/* Otherwise nothing is old enough: neither to be deleted nor to be forgotten. */
static bool
is_time_known(struct listing *l)
{
	const int64_t newest = journal_newest(l->journal);

	if (retention_set_time(l->keeping, newest) &&
	    !clock_note_agrees(l->journal, l->keeping->now, newest, l->records))
		l->keeping->now = 0;
	return l->keeping->now != 0;
}

bool
listing_make(struct listing *l, struct mailbox *m, struct err *e)
{
	if (!list_as_needed(l, m, e))
		return false;
	if (!l->is_whole)
		return true;
	if (is_time_known(l))
		journal_date(l->journal, l->keeping->now);
	forget_deleted(l);
	note_listed(l);
	return true;
}

/* Has all of the list been delivered, or taken as such? Then *OLDEST is when the first of it was,
 * or what it was before. */
static bool
all_is_seen(const struct listing *l, int64_t *oldest)
{
	time_t when;

	for (size_t i = 0; i < l->list.count; i++) {
		if (!listing_has(l, i, &when))
			return false;
		if (when != 0 && (*oldest == 0 || when < *oldest))
			*oldest = when;
	}
	return true;
}

void
listing_remember(struct listing *l, const struct mailbox *m)
{
	struct bookmark next = {.listed = l->is_whole ? l->keeping->now : l->bookmark.listed,
				.oldest = l->is_whole ? 0 : l->bookmark.oldest};

	next.mark = next.listed != 0 ? mailbox_mark(m, &l->list) : NULL;
	if (next.mark && all_is_seen(l, &next.oldest))
		bookmark_write(&next, l->journal);
	bookmark_free(&next);
}

void
listing_free(struct listing *l)
{
	message_list_free(&l->list);
	bookmark_free(&l->bookmark);
}
