/* SPDX-License-Identifier: ISC */
#include "proto/imap/imap_error.h"

#include <string.h>

#include "base/stop.h"
#include "net/stream.h"
#include "proto/imap/imap_code.h"
#include "proto/imap/imap_refusal.h"

bool
imap_complain(struct imap *c, enum err_code code, const char *what, struct err *e)
{
	return err_set(e, code, "%s: %s", stream_name(c->stream), what);
}

bool
imap_breach(struct imap *c, const char *what)
{
	stream_fail(c->stream, ERR_PROTOCOL, "invalid IMAP: %s", what);
	return false;
}

void
imap_notice_signal(struct imap *c)
{
	if (stop_signal() != 0)
		stream_fail(c->stream, ERR_TEMPORARY, "interrupted");
}

bool
imap_stream_ok(struct imap *c, struct err *e)
{
	if (stream_ok(c->stream, e))
		return true;
	if (c->bye.len > 0 && e->code == ERR_TEMPORARY && stop_signal() == 0)
		imap_refusal_set(e, ERR_TEMPORARY, stream_name(c->stream), c->bye.data);
	return false;
}

/* An alert that is the error itself is not shown beside it. */
static void
drop_alert(struct imap *c)
{
	struct buf *all = &c->alerts.lines;
	struct imap_code code;
	size_t last = all->len;

	imap_code_in(&code, c->words.data);
	if (code.kind != IMAP_CODE_ALERT || last == c->alerts.taken)
		return;
	while (--last > c->alerts.taken && all->data[last - 1] != '\n')
		;
	if (all->len - last - 1 == code.words_len &&
	    memcmp(all->data + last, code.words, code.words_len) == 0) {
		all->len = last;
		all->data[last] = '\0';
	}
}

const char *
imap_refusal_words(struct imap *c)
{
	drop_alert(c);
	return c->words.data;
}

bool
imap_refused(struct imap *c, enum err_code otherwise, struct err *e)
{
	return imap_refusal_set(e, otherwise, stream_name(c->stream), imap_refusal_words(c));
}

bool
imap_ok(struct imap *c, enum imap_status status, enum err_code otherwise, struct err *e)
{
	switch (status) {
	case IMAP_OK:
		return true;
	case IMAP_NO:
	case IMAP_BAD:
		return imap_refused(c, otherwise, e);
	case IMAP_CONTINUE:
		imap_breach(c, "the server waits for more of a command that is complete");
		break;
	case IMAP_FAILED:
		break;
	}
	return imap_stream_ok(c, e);
}
