/* SPDX-License-Identifier: ISC */
#include "deliver/writer.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "base/file.h"
#include "deliver/sink.h"

void
writer_start(struct writer *w, int fd, const char *name)
{
	buf_clear(&w->block);
	w->fd = fd;
	w->name = name;
	w->written = 0;
	w->is_broken = false;
}

void
writer_free(struct writer *w)
{
	buf_free(&w->block);
}

static bool
write_out(struct writer *w, const char *bytes, size_t n)
{
	if (w->is_broken)
		return false;
	if (!file_write_all(w->fd, bytes, n)) {
		w->is_broken = true;
		w->failure = errno;
		return false;
	}
	w->written += n;
	return true;
}

static bool
write_block(struct writer *w)
{
	const bool ok = write_out(w, w->block.data, w->block.len);

	buf_clear(&w->block);
	return ok;
}

/* Small runs are collected; a large one goes out from where it stands. */
static bool
put(void *ctx, const char *bytes, size_t n)
{
	struct writer *w = ctx;

	if (w->block.len + n > WRITER_BLOCK && w->block.len > 0 && !write_block(w))
		return false;
	if (n >= WRITER_BLOCK)
		return write_out(w, bytes, n);
	buf_add(&w->block, bytes, n);
	return true;
}

static bool
result(struct writer *w, bool ok, struct err *e)
{
	if (ok)
		return true;
	errno = w->failure;
	return err_set_errno(e, ERR_IO, "%s", w->name);
}

/* RFC 4155 appendix A: the sender and the time of delivery in UTC, as asctime() writes it. */
static void
put_from_line(struct writer *w, const struct envelope_hint *hint)
{
	const time_t now = time(NULL);
	char date[64];
	struct tm tm;

	gmtime_r(&now, &tm);
	if (!asctime_r(&tm, date))
		strcpy(date, "Thu Jan  1 00:00:00 1970\n");
	buf_addf(&w->block, "From %s %s", hint->sender[0] ? hint->sender : "MAILER-DAEMON", date);
}

void
writer_begin(struct writer *w, bool mbox, const struct envelope_hint *hint)
{
	w->filter = (struct eol_to_lf){.mbox = mbox};
	if (mbox)
		put_from_line(w, hint);
}

bool
writer_data(struct writer *w, const char *bytes, size_t n, struct err *e)
{
	return result(w, eol_to_lf(&w->filter, bytes, n, put, w), e);
}

bool
writer_end(struct writer *w, struct err *e)
{
	return result(w, eol_to_lf_end(&w->filter, put, w), e);
}

bool
writer_put(struct writer *w, const char *bytes, size_t n, struct err *e)
{
	return result(w, put(w, bytes, n), e);
}

bool
writer_flush(struct writer *w, struct err *e)
{
	return result(w, w->block.len == 0 || write_block(w), e);
}
