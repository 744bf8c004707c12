/* SPDX-License-Identifier: ISC */
/*
 * All that a POP3 server says in a conversation, from the greeting on: its capabilities, its lists,
 * what is fetched and deleted, as far as it lets us come. The first byte says what it is asked for. The
 * end of the input is the end of the connection, so nothing waits.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "fuzz.h"
#include "message/receiver.h"
#include "net/stream.h"
#include "proto/login.h"
#include "proto/mailbox.h"
#include "proto/pop3/pop3.h"

/* What the first byte asks for, beside the part that is fetched. */
enum { PARTS = 3, WITH_SIZES = 4, ONE_BY_ONE = 8, SOME = 16 };

/* Each message has one end, and only what began has octets. */
struct taken {
	const struct message_list *list;
	struct message_set whole;
	bool is_begun;
};

static bool
begin(void *ctx, const struct message_info *info, struct err *e)
{
	struct taken *t = ctx;

	(void)e;
	FUZZ_ASSERT(!t->is_begun && info->index < t->list->count);
	t->is_begun = true;
	return true;
}

static bool
data(void *ctx, const char *bytes, size_t n, struct err *e)
{
	const struct taken *t = ctx;

	(void)e;
	FUZZ_ASSERT(t->is_begun && n > 0);
	FUZZ_ASSERT(bytes[0] == bytes[0] && bytes[n - 1] == bytes[n - 1]);
	return true;
}

static bool
end(void *ctx, struct err *e)
{
	struct taken *t = ctx;

	(void)e;
	FUZZ_ASSERT(t->is_begun);
	t->is_begun = false;
	message_set_add(&t->whole, t->whole.count);
	return true;
}

static bool
abandon(void *ctx, const struct message_info *info, const struct err *why)
{
	struct taken *t = ctx;

	FUZZ_ASSERT(info->index < t->list->count);
	t->is_begun = false;
	return why != NULL;
}

static const struct receiver receiver = {begin, data, end, abandon};

static bool
list(struct mailbox *m, unsigned what, struct message_list *l, struct err *e)
{
	static const struct message_span spans[] = {{.from = 2, .to = 3},
						    {.to = 2, .is_from_end = true}};
	const unsigned want = (what & WITH_SIZES) != 0 ? WANT_SIZES | WANT_UIDS : WANT_UIDS;
	enum mailbox_listed listed;

	*l = (struct message_list){0};
	if ((what & SOME) == 0)
		return mailbox_list(m, want, l, e);
	return mailbox_list_some(m, want, spans, 2, l, NULL, NULL, &listed, e);
}

static void
converse(struct mailbox *m, unsigned what)
{
	struct message_list l;
	struct taken t = {.list = &l};
	struct message_set all = {0};
	struct err e;

	if (list(m, what, &l, &e)) {
		for (size_t i = 0; i < l.count; i++) {
			FUZZ_ASSERT(!message_list_uid(&l, i) ||
				    strlen(message_list_uid(&l, i)) <= MAILBOX_UID_MAX);
			message_set_add(&all, i);
		}
		if (mailbox_fetch(m, &l, &all, (enum part)(what % PARTS), &receiver, &t, &e)) {
			FUZZ_ASSERT(!t.is_begun && t.whole.count <= l.count);
			mailbox_remove(m, &l, &t.whole);
			mailbox_commit(m, &e);
		}
	}
	message_set_free(&all);
	message_set_free(&t.whole);
	message_list_free(&l);
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
LLVMFuzzerTestOneInput(const uint8_t *data_of, size_t size)
{
	struct login login = {.is_skipped = true, .host = "fuzz"};
	struct mailbox m = {0};
	struct stream *s;
	struct err e;

	if (size < 2)
		return 0;
	login.one_at_a_time = (data_of[0] & ONE_BY_ONE) != 0;
	s = stream_from_fds(say(data_of + 1, size - 1), open("/dev/null", O_WRONLY), "fuzz", 1);
	if (pop3_open(&m, s, &login, &e))
		converse(&m, data_of[0]);
	mailbox_close(&m);
	stream_close(s);
	return 0;
}
