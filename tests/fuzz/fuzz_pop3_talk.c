/* SPDX-License-Identifier: ISC */
/*
 * All that a POP3 server says in a conversation, from the greeting on: its capabilities, its lists,
 * what is fetched and deleted, as far as it lets us come. The first byte says what it is asked for.
 * The end of the input is the end of the connection, so nothing waits.
 */
#include <string.h>

#include "base/err.h"
#include "fuzz_server.h"
#include "fuzz_taken.h"
#include "net/stream.h"
#include "proto/login.h"
#include "proto/mailbox.h"
#include "proto/pop3/pop3.h"

/* What the first byte asks for, beside the part that is fetched. */
enum { PARTS = 3, WITH_SIZES = 4, ONE_BY_ONE = 8, SOME = 16 };

static bool
list(struct mailbox *m, unsigned what, struct message_list *l, struct err *e)
{
	static const struct message_span spans[] = {{.from = 2, .to = 3},
						    {.to = 2, .is_from_end = true}};
	const struct mailbox_some some = {.spans = spans, .count = 2};
	const unsigned want = (what & WITH_SIZES) != 0 ? WANT_SIZES | WANT_UIDS : WANT_UIDS;
	enum mailbox_listed listed;

	*l = (struct message_list){0};
	if ((what & SOME) == 0)
		return mailbox_list(m, want, l, e);
	return mailbox_list_some(m, want, &some, l, &listed, e);
}

static void
converse(struct mailbox *m, unsigned what)
{
	struct message_list l;
	struct message_set whole = {0};
	struct err e;

	if (list(m, what, &l, &e)) {
		for (size_t i = 0; i < l.count; i++)
			FUZZ_ASSERT(!message_list_uid(&l, i) ||
				    strlen(message_list_uid(&l, i)) <= MAILBOX_UID_MAX);
		if (fuzz_fetch(m, &l, (enum part)(what % PARTS), &whole)) {
			mailbox_remove(m, &l, &whole);
			mailbox_commit(m, &e);
		}
	}
	message_set_free(&whole);
	message_list_free(&l);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct login login = {.is_skipped = true, .host = "fuzz"};
	struct mailbox m = {0};
	struct stream *s;
	struct err e;

	if (size < 2)
		return 0;
	login.one_at_a_time = (data[0] & ONE_BY_ONE) != 0;
	s = fuzz_server(data + 1, size - 1);
	if (pop3_open(&m, s, &login, &e))
		converse(&m, data[0]);
	mailbox_close(&m);
	stream_close(s);
	return 0;
}
