/* SPDX-License-Identifier: ISC */
#include "proto/imap/imap_remove.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "net/dialog.h"
#include "net/stream.h"
#include "proto/imap/imap_code.h"
#include "proto/imap/imap_copied.h"
#include "proto/imap/imap_early.h"
#include "proto/imap/imap_name.h"
#include "proto/imap/imap_talk.h"
#include "proto/imap/imap_target.h"

void
imap_remove(void *conversation, const struct message_list *l, const struct message_set *set)
{
	imap_uids_add(&((struct imap *)conversation)->changes.to_delete, l, set);
}

void
imap_mark_read(void *conversation, const struct message_list *l, const struct message_set *set)
{
	imap_uids_add(&((struct imap *)conversation)->changes.to_read, l, set);
}

/* UID SEARCH DELETED: what somebody else marked. */
struct marked {
	bool is_told; /* the server has said what it found */
	uint32_t foreign;
};

static bool
take_search(void *ctx, struct imap *c, const struct imap_untagged *u)
{
	struct marked *marked = ctx;
	struct imap_token t;
	uint32_t uid;

	if (!text_equal_case(u->keyword, "SEARCH"))
		return false;
	marked->is_told = true;
	while (imap_next(c, &t)) {
		if (t.kind == TOKEN_OPEN) /* (MODSEQ …), RFC 7162 section 3.1.5 */
			return imap_skip_value(c, &t);
		if (!imap_number(&t, &uid))
			return imap_breach(c, "a search result that is not a UID");
		marked->foreign += !imap_uids_have(&c->changes.to_delete, uid);
	}
	return true;
}

static bool
check_nothing_else_is_marked(struct imap *c, struct err *e)
{
	struct marked marked = {0};
	enum imap_status status;
	uint32_t last;

	imap_ask(c, "UID SEARCH DELETED");
	status = imap_await_data(c, take_search, &marked);
	if (!imap_ok(c, status, ERR_UNAVAILABLE, e))
		return false;
	if (imap_was_limited(c, &last))
		return imap_refused(c, ERR_UNAVAILABLE, e);
	if (!marked.is_told)
		return imap_complain(
		    c, ERR_PROTOCOL,
		    "the server agrees to a search and gives no result, so nothing "
		    "is deleted",
		    e);
	if (marked.foreign == 0)
		return true;
	err_set(e, ERR_UNAVAILABLE,
		"%s: %" PRIu32 " other messages are marked as deleted, and the server has no "
		"UIDPLUS to spare them, so nothing is deleted",
		stream_name(c->stream), marked.foreign);
	return err_hint(e, "let the client that marked them expunge them, or take the marks away");
}

/* Asks BEFORE, a set, AFTER for each set of them. Returns how many. ENDS, if it is not NULL, gets
 * an array, the caller's to free(): the index in UIDS after each set. */
static size_t
ask_each_set(struct imap *c, const struct imap_uids *uids, const char *before, const char *after,
	     size_t **ends)
{
	struct buf set = {0};
	size_t commands = 0;

	for (size_t i = 0; i < uids->count; commands++) {
		const size_t left = uids->count - i;

		buf_clear(&set);
		i += imap_set_add(&set, uids->items + i,
				  imap_capabilities_messages(&c->capabilities, left), IMAP_SET_MAX);
		imap_ask(c, "%s %s%s", before, set.data, after);
		if (ends) {
			*ends = mem_room(*ends, commands, sizeof **ends);
			(*ends)[commands] = i;
		}
	}
	buf_free(&set);
	return commands;
}

static size_t
ask_sets(struct imap *c, const struct imap_uids *uids, const char *before, const char *after)
{
	return ask_each_set(c, uids, before, after, NULL);
}

/* The next answer. If the server left a part undone (RFC 9738), it is unknown which part. A refusal
 * takes *OK, and the first one stays in *E. False: the stream failed. */
static bool
read_answer(struct imap *c, bool *ok, struct err *e)
{
	const enum imap_status status = imap_await(c);
	uint32_t last;

	if (status == IMAP_NO || status == IMAP_BAD ||
	    (status == IMAP_OK && imap_was_limited(c, &last))) {
		*ok = *ok && imap_refused(c, ERR_UNAVAILABLE, e);
		return true;
	}
	return imap_ok(c, status, ERR_UNAVAILABLE, e);
}

/* All answers are read, and the first refusal counts. */
static bool
read_answers(struct imap *c, size_t commands, struct err *e)
{
	bool ok = true;

	for (; commands > 0; commands--)
		if (!read_answer(c, &ok, e))
			return false;
	return ok;
}

/* A server with UIDPLUS tells what it copied. One that agrees and does not tell may have copied
 * nothing: messages that are gone, or may not be copied, are no error for some. */
static bool
check_is_told(struct imap *c, struct err *e)
{
	if (!imap_can(c, IMAP_UIDPLUS) || imap_copied_is_told(c->words.data))
		return true;
	return imap_complain(
	    c, ERR_UNAVAILABLE,
	    "the server agreed to a copy without telling what it copied (COPYUID), so "
	    "nothing is deleted",
	    e);
}

/* Reads ASKED answers, and copies UIDS to the folder TO. A server may agree to a copy of less than
 * it was asked for: what is left in UIDS was copied, as far as it tells. REMOVES: the originals are
 * to be deleted. */
static bool
copy_and_count(struct imap *c, struct imap_uids *uids, const char *to, size_t asked, bool removes,
	       struct err *e)
{
	size_t *ends = NULL, kept = 0;
	const size_t commands = ask_each_set(c, uids, "UID COPY", to, &ends);
	struct err unused; /* the first refusal counts */
	bool ok = read_answers(c, asked, e);

	for (size_t i = 0, from = 0; i < commands; from = ends[i++]) {
		size_t n = ends[i] - from;

		if (!read_answer(c, &ok, ok ? e : &unused)) {
			free(ends);
			return false;
		}
		ok = ok && (!removes || check_is_told(c, e));
		n = imap_copied_keep(c->words.data, uids->items + from, n);
		memmove(uids->items + kept, uids->items + from, n * sizeof *uids->items);
		kept += n;
	}
	free(ends);
	uids->count = kept;
	return ok;
}

/* The steps of a commit: ASKED commands are on the way already. IS_LAST: LOGOUT goes out with the
 * last flight. */

static size_t
ask_marks(struct imap *c)
{
	return ask_sets(c, &c->changes.to_delete, "UID STORE", " +FLAGS.SILENT (\\Deleted)");
}

/* A set whose marks were refused is not expunged either: there is nothing marked in it, but what
 * others marked, and that were ours to delete. */
static bool
remove_by_uid(struct imap *c, size_t asked, bool is_last, struct err *e)
{
	asked += ask_marks(c);
	asked += ask_sets(c, &c->changes.to_delete, "UID EXPUNGE", "");
	if (is_last)
		imap_ask(c, "LOGOUT");
	return read_answers(c, asked, e);
}

/* EXPUNGE waits for the marks: without them it would be another client's. */
static bool
remove_all_marked(struct imap *c, size_t asked, bool is_last, struct err *e)
{
	if (!read_answers(c, asked, e) || !check_nothing_else_is_marked(c, e) ||
	    !read_answers(c, ask_marks(c), e))
		return false;
	imap_ask(c, "EXPUNGE");
	if (is_last)
		imap_ask(c, "LOGOUT");
	return read_answers(c, 1, e);
}

static bool
remove_for_good(struct imap *c, size_t asked, bool is_last, struct err *e)
{
	return imap_can(c, IMAP_UIDPLUS) ? remove_by_uid(c, asked, is_last, e)
					 : remove_all_marked(c, asked, is_last, e);
}

/* MOVE is one step for each message (RFC 6851 section 3.3). */
static bool
move(struct imap *c, const char *to_trash, size_t asked, bool is_last, struct err *e)
{
	asked += ask_sets(c, &c->changes.to_delete, "UID MOVE", to_trash);
	if (is_last)
		imap_ask(c, "LOGOUT");
	return read_answers(c, asked, e);
}

/* Nothing is marked before all copies exist. If the connection is lost in between, both messages
 * exist, and the next run makes another copy. */
static bool
copy_and_remove(struct imap *c, const char *to_trash, size_t asked, bool is_last, struct err *e)
{
	if (!imap_can(c, IMAP_UIDPLUS)) {
		if (!read_answers(c, asked, e) || !check_nothing_else_is_marked(c, e))
			return false;
		asked = 0;
	}
	return copy_and_count(c, &c->changes.to_delete, to_trash, asked, true, e) &&
	       (c->changes.to_delete.count == 0 || remove_for_good(c, 0, is_last, e));
}

static bool
move_to_trash(struct imap *c, size_t asked, bool is_last, struct err *e)
{
	struct buf to = {0};
	bool ok;

	buf_add_char(&to, ' ');
	imap_quote(&to, c->changes.trash);
	ok = (imap_can(c, IMAP_MOVE) ? move : copy_and_remove)(c, to.data, asked, is_last, e);
	buf_free(&to);
	return ok;
}

/* EXPUNGE tells of each message that goes (RFC 9051 section 6.4.9), whoever deleted it, and at any
 * time since the list: in the answers to the marks, too. So where there are fewer, some stayed. A
 * server may agree and do nothing: Dovecot does where rights are missing (RFC 4314 section 4). */
static void
count_unconfirmed(struct imap *c, size_t wanted)
{
	const uint32_t gone = imap_gone_since_list(c);

	c->facts.unconfirmed = wanted > gone ? wanted - gone : 0;
}

/* Messages that were read are marked so before they go to the Trash. */
static bool
carry_out_steps(struct imap *c, bool is_last, struct err *e)
{
	const size_t wanted = c->changes.to_delete.count;
	const size_t asked =
	    ask_sets(c, &c->changes.to_read, "UID STORE", " +FLAGS.SILENT (\\Seen)");

	c->facts.unconfirmed = 0;
	if (wanted > 0) {
		if (!(c->changes.to_trash ? move_to_trash : remove_for_good)(c, asked, is_last, e))
			return false;
		count_unconfirmed(c, wanted);
		return true;
	}
	if (is_last)
		imap_ask(c, "LOGOUT");
	/* Nothing of ours depends on LOGOUT's answer, so nobody waits for it. */
	if (asked == 0 && is_last)
		dialog_flush(c->dialog);
	return read_answers(c, asked, e);
}

/* A proxy may answer LOGOUT before the server has answered the rest. */
static bool
carry_out(struct imap *c, bool is_last, struct err *e)
{
	bool ok;

	imap_begin_unordered(c);
	ok = carry_out_steps(c, is_last, e);
	imap_end_unordered(c);
	return ok;
}

bool
imap_settle(void *conversation, struct err *e)
{
	return carry_out(conversation, false, e);
}

bool
imap_commit(void *conversation, struct err *e)
{
	struct imap *c = conversation;
	const bool ok = carry_out(c, !c->stays, e);

	c->changes.to_delete.count = c->changes.to_read.count = 0;
	c->facts.next_uid = 0; /* as long as the session stays, mail comes */
	return ok;
}

/* The other changes that mmark requests: flags and copies at once, a move by the commit. */

static bool
store(struct imap *c, const struct imap_uids *uids, const char *sign, const char *flags,
      struct err *e)
{
	char *after;
	bool ok;

	if (!flags[0])
		return true;
	after = mem_printf(" %sFLAGS.SILENT (%s)", sign, flags);
	ok = read_answers(c, ask_sets(c, uids, "UID STORE", after), e);
	free(after);
	return ok;
}

/* Does the server keep each of FLAGS, separated by blanks? STORE of one that it does not keep may
 * be answered by OK, and does nothing (RFC 9051 section 7.1). */
static bool
check_flags(const struct imap *c, const char *flags, struct err *e)
{
	for (size_t len; *flags; flags += len + (flags[len] == ' ')) {
		char *flag;
		bool ok;

		len = strcspn(flags, " ");
		flag = mem_strndup(flags, len);
		ok =
		    imap_code_keeps_flag(c->folder.permanent, flag) ||
		    err_set(e, ERR_UNAVAILABLE, "%s: the server does not let you change %s in '%s'",
			    stream_name(c->stream), flag, c->folder.name);
		free(flag);
		if (!ok)
			return false;
	}
	return true;
}

/* UIDS is left with those that were copied. */
static bool
copy(struct imap *c, struct imap_uids *uids, const char *wire, struct err *e)
{
	const size_t wanted = uids->count;
	struct buf to = {0};
	bool ok;

	if (!wire)
		return true;
	buf_add_char(&to, ' ');
	imap_quote(&to, wire);
	ok = copy_and_count(c, uids, to.data, 0, false, e);
	buf_free(&to);
	if (!ok || uids->count == wanted)
		return ok;
	return err_set(e, ERR_UNAVAILABLE, "%s: the server copied %zu of %zu messages",
		       stream_name(c->stream), uids->count, wanted);
}

/* The wire name of a folder that messages can go to, in *WIRE, the caller's to free(). */
static bool
find_target(struct imap *c, const char *folder, const struct mailbox_change *change, char **wire,
	    struct err *e)
{
	struct buf name = {0}, own = {0}, quoted = {0};
	bool ok = !folder || imap_target_name(c, &name, folder, change->creates, e);

	if (ok && folder) {
		imap_quote(&quoted, name.data);
		if (imap_name_wire(&own, c->folder.name, c->stage.is_utf8, e) &&
		    strcmp(own.data, name.data) == 0)
			ok = err_set(e, ERR_USAGE, "the messages are in '%s' already", folder);
		else
			ok = (change->only_checks ? imap_check_folder : imap_provide_folder)(
			    c, quoted.data, change->creates, e);
	}
	*wire = folder ? buf_take(&name) : NULL;
	buf_free(&own);
	buf_free(&quoted);
	buf_free(&name);
	return ok;
}

bool
imap_change(void *conversation, const struct message_list *l, const struct message_set *set,
	    const struct mailbox_change *change, struct err *e)
{
	struct imap *c = conversation;
	struct imap_uids uids = {0};
	char *copy_to = NULL, *move_to = NULL;
	bool ok = check_flags(c, change->add, e) && check_flags(c, change->remove, e) &&
		  find_target(c, change->copy_to, change, &copy_to, e) &&
		  find_target(c, change->move_to, change, &move_to, e);

	if (ok && !change->only_checks) {
		imap_uids_add(&uids, l, set);
		ok = store(c, &uids, "+", change->add, e) &&
		     store(c, &uids, "-", change->remove, e) && copy(c, &uids, copy_to, e);
	}
	if (ok && !change->only_checks && move_to) {
		imap_remove(c, l, set);
		c->changes.to_trash = true;
		free(c->changes.trash);
		c->changes.trash = move_to;
		move_to = NULL;
	}
	imap_uids_free(&uids);
	free(copy_to);
	free(move_to);
	return ok;
}
