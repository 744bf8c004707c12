/* SPDX-License-Identifier: ISC */
/*
 * To a server that takes messages over, by LMTP.
 *
 * A message is handed in when it is whole: so its size is known in advance, a line that is cut
 * leaves no torn one there, and none of the two servers waits for the other.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "deliver/next_hop.h"
#include "deliver/sink.h"
#include "deliver/sinks.h"
#include "message/source.h"

struct lmtp {
	const struct next_hop *next_hop;
	char *sender; /* of the message being delivered */
	struct source *message;
	bool is_closed;
};

static void *
lmtp_open(const struct sink_spec *spec, struct journal *journal, struct err *e)
{
	struct lmtp *l = mem_alloc(sizeof *l);

	(void)journal;
	(void)e;
	l->next_hop = spec->next_hop;
	return l;
}

static void
lmtp_abandon(void *sink)
{
	struct lmtp *l = sink;

	source_close(l->message);
	free(l->sender);
	l->message = NULL;
	l->sender = NULL;
}

static bool
lmtp_begin(void *sink, const char *uid, const struct envelope_hint *hint, struct err *e)
{
	struct lmtp *l = sink;

	(void)uid;
	(void)e;
	lmtp_abandon(l);
	l->sender = mem_strdup(hint->sender);
	l->message = source_new();
	return true;
}

static bool
lmtp_data(void *sink, const char *bytes, size_t n, struct err *e)
{
	struct lmtp *l = sink;

	return source_add(l->message, bytes, n, e);
}

static bool
lmtp_end(void *sink, struct err *e)
{
	struct lmtp *l = sink;
	const struct next_hop *h = l->next_hop;
	const enum next_hop_answer answer = h->give(h->ctx, l->sender, l->message, e);

	l->is_closed = answer == NEXT_HOP_CLOSED;
	lmtp_abandon(l);
	return answer == NEXT_HOP_TAKEN;
}

static bool
lmtp_is_closed(const void *sink)
{
	const struct lmtp *l = sink;

	return l->is_closed;
}

static bool
lmtp_settle(void *sink, struct err *e)
{
	(void)sink;
	(void)e;
	return true;
}

static void
lmtp_close(void *sink)
{
	lmtp_abandon(sink);
	free(sink);
}

const struct sink_type sink_lmtp = {
    .name = "lmtp",
    .settles_each = true,
    .open = lmtp_open,
    .begin = lmtp_begin,
    .data = lmtp_data,
    .end = lmtp_end,
    .abandon = lmtp_abandon,
    .is_closed = lmtp_is_closed,
    .settle = lmtp_settle,
    .close = lmtp_close,
};
