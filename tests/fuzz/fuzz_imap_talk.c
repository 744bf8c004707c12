/* SPDX-License-Identifier: ISC */
/*
 * All that an IMAP server says in a conversation, from the greeting on: its folders, what is
 * listed, searched, fetched, deleted or moved to the Trash, waited for and listed again, as far as
 * it lets us come. The first byte says what it is asked for. The end of the input is the end of the
 * connection, so nothing waits.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "fuzz_server.h"
#include "fuzz_taken.h"
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

static bool
fetch_all(struct mailbox *m, const struct message_list *l, unsigned what)
{
	struct message_set whole;
	const bool ok = fuzz_fetch(m, l, (enum part)(what % PARTS), &whole);

	if (ok)
		mailbox_remove(m, l, &whole);
	if (ok && (what & TO_TRASH) != 0)
		mailbox_mark_read(m, l, &whole);
	message_set_free(&whole);
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
	s = fuzz_server(data + 1, size - 1);
	if (imap_open(&m, s, &login, &params, &e))
		converse(&m, data[0]);
	mailbox_close(&m);
	stream_close(s);
	return 0;
}
