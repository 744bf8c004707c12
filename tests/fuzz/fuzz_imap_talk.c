/* SPDX-License-Identifier: ISC */
/*
 * All that an IMAP server says in a conversation, from the greeting on: its folders, what is
 * listed, searched, fetched, deleted or moved to the Trash, waited for and listed again, as far as
 * it lets us come. The first byte says what it is asked for. The end of the input is the end of the
 * connection, so nothing waits.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "fuzz.h"
#include "message/receiver.h"
#include "net/stream.h"
#include "proto/folder.h"
#include "proto/imap/imap.h"
#include "proto/login.h"
#include "proto/mailbox.h"

/* What the first byte asks for, beside the part that is fetched. */
enum {
	PARTS = 3,
	STAYS = 4,
	WITH_SIZES = 8,
	SEARCHES = 16,
	WITH_FOLDERS = 32,
	TO_TRASH = 64,
	LISTS_HEADERS = 128
};

/* Each message has one end, and only what began has octets. */
struct taken {
	const struct message_list *list;
	struct message_set whole;
	const struct message_info *in_hand;
	bool *has_ended;
};

static bool
begin(void *ctx, const struct message_info *info, struct err *e)
{
	struct taken *t = ctx;

	(void)e;
	FUZZ_ASSERT(!t->in_hand && info->index < t->list->count);
	FUZZ_ASSERT(!t->has_ended[info->index]);
	t->in_hand = info;
	return true;
}

static bool
data(void *ctx, const char *bytes, size_t n, struct err *e)
{
	const struct taken *t = ctx;

	(void)e;
	FUZZ_ASSERT(t->in_hand && n > 0);
	FUZZ_ASSERT(bytes[0] == bytes[0] && bytes[n - 1] == bytes[n - 1]);
	return true;
}

static bool
end(void *ctx, struct err *e)
{
	struct taken *t = ctx;

	(void)e;
	FUZZ_ASSERT(t->in_hand);
	t->has_ended[t->in_hand->index] = true;
	message_set_add(&t->whole, t->in_hand->index);
	t->in_hand = NULL;
	return true;
}

static bool
abandon(void *ctx, const struct message_info *info, const struct err *why)
{
	struct taken *t = ctx;

	FUZZ_ASSERT(info->index < t->list->count);
	t->in_hand = NULL;
	return why != NULL;
}

static const struct receiver receiver = {begin, data, end, abandon};

static bool
fetch_all(struct mailbox *m, const struct message_list *l, unsigned what)
{
	struct taken t = {.list = l, .has_ended = calloc(l->count + 1, 1)};
	struct message_set all = {0};
	struct err e;
	bool ok;

	FUZZ_ASSERT(t.has_ended);
	for (size_t i = 0; i < l->count; i++)
		message_set_add(&all, i);
	ok = mailbox_fetch(m, l, &all, (enum part)(what % PARTS), &receiver, &t, &e);
	FUZZ_ASSERT(!t.in_hand);
	message_set_sort(&t.whole);
	if (ok)
		mailbox_remove(m, l, &t.whole);
	if (ok && (what & TO_TRASH) != 0)
		mailbox_mark_read(m, l, &t.whole);
	message_set_free(&all);
	message_set_free(&t.whole);
	free(t.has_ended);
	return ok;
}

static bool
list_folders(struct mailbox *m)
{
	struct folder_list folders;
	struct err e;
	const bool ok = mailbox_folders(m, true, &folders, &e);

	for (size_t i = 0; i < folders.count; i++)
		FUZZ_ASSERT(folders.items[i].name && folders.items[i].wire);
	folder_list_free(&folders);
	return ok && mailbox_turn(m, "INBOX");
}

static void
see_header(void *ctx, const struct message_list *l, size_t index, const char *header, size_t n)
{
	(void)ctx;
	FUZZ_ASSERT(index + 1 == l->count && strlen(header) <= n);
}

static bool
list_all(struct mailbox *m, unsigned what, struct message_list *l)
{
	const unsigned want = (what & WITH_SIZES) != 0 ? WANT_SIZES : WANT_UIDS;
	struct err e;

	*l = (struct message_list){0};
	if ((what & WITH_FOLDERS) != 0 && !list_folders(m))
		return false;
	if ((what & LISTS_HEADERS) != 0)
		return mailbox_list_headers(m, want | WANT_FLAGS, l, see_header, NULL, &e);
	return mailbox_list(m, want, l, &e);
}

static void
converse(struct mailbox *m, unsigned what)
{
	struct message_list list, since;
	struct message_set found = {0};
	struct err e;
	bool is_whole;
	char *mark = NULL;

	if ((what & STAYS) != 0)
		mailbox_stay(m);
	if (list_all(m, what, &list) &&
	    ((what & SEARCHES) == 0 ||
	     mailbox_find(m, &list, "subject:\303\244 seen", &found, &e)) &&
	    fetch_all(m, &list, what) && mailbox_commit(m, &e) && (what & STAYS) != 0 &&
	    mailbox_wait(m, 1, 1, &e) && (mark = mailbox_mark(m, &list))) {
		mailbox_list_since(m, WANT_UIDS, mark, &since, &is_whole, &e);
		message_list_free(&since);
	}
	free(mark);
	free(mailbox_alert(m));
	message_set_free(&found);
	message_list_free(&list);
}

/* A server that has said all of it, and hung up. */
static int
say(const uint8_t *bytes, size_t n)
{
	int ends[2];

	FUZZ_ASSERT(pipe(ends) == 0);
	fcntl(ends[1], F_SETFL, O_NONBLOCK);
	FUZZ_ASSERT(write(ends[1], bytes, n) > 0); /* what is more than a pipe holds was not said */
	close(ends[1]);
	return ends[0];
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct login login = {.is_skipped = true, .host = "fuzz"};
	const struct imap_params params = {.folder = "INBOX",
					   .to_trash = size > 0 && (data[0] & TO_TRASH) != 0};
	struct mailbox m = {0};
	struct stream *s;
	struct err e;

	if (size < 2)
		return 0;
	s = stream_from_fds(say(data + 1, size - 1), open("/dev/null", O_WRONLY), "fuzz", 1);
	if (imap_open(&m, s, &login, &params, &e))
		converse(&m, data[0]);
	mailbox_close(&m);
	stream_close(s);
	return 0;
}
