/* SPDX-License-Identifier: ISC */
#include "deliver/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/screen.h"
#include "base/stop.h"
#include "deliver/sink.h"

enum { HOLD_MAX = 1024 * 1024 };

void
writer_start(struct writer *w, int fd, const char *name)
{
	w->fd = fd;
	w->name = name;
	w->written = 0;
	w->is_broken = false;
	w->whole = 0;
	w->is_terminal = false;
	writer_drop(w);
}

void
writer_hold(struct writer *w, const char *spill_path)
{
	w->spill_path = spill_path;
	w->spill = -1;
}

void
writer_free(struct writer *w)
{
	buf_free(&w->block);
	buf_free(&w->unshown);
	if (w->spill_path && w->spill >= 0)
		close(w->spill);
}

/* A write to a pipe waits as long as its reader likes. After a signal only what the pipe has room
 * for goes out (POSIX: PIPE_BUF, where it is writable), and what is left counts as not taken. */
static size_t
may_write(const struct writer *w, size_t n)
{
	struct pollfd pipe = {.fd = w->fd, .events = POLLOUT};

	if (!w->heeds_stop || stop_signal() == 0)
		return n;
	if (poll(&pipe, 1, 0) <= 0)
		return 0;
	return n < _POSIX_PIPE_BUF ? n : _POSIX_PIPE_BUF;
}

/* Somebody else may have made the open file that we share with him non-blocking. */
static void
wait_for_room(const struct writer *w)
{
	struct pollfd fds[] = {{.fd = w->fd, .events = POLLOUT},
			       {.fd = stop_fd(), .events = POLLIN}};

	poll(fds, w->heeds_stop ? 2 : 1, -1);
}

static bool
write_all(const struct writer *w, const char *bytes, size_t n)
{
	while (n > 0) {
		const size_t want = may_write(w, n);
		const ssize_t written = want > 0 ? write(w->fd, bytes, want) : 0;

		if (want == 0) {
			errno = EINTR;
			return false;
		}
		if (written < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			wait_for_room(w);
		else if (written < 0 && errno != EINTR)
			return false;
		bytes += written > 0 ? written : 0;
		n -= written > 0 ? (size_t)written : 0;
	}
	return true;
}

static bool
fails(struct writer *w)
{
	w->is_broken = true;
	w->failure = errno;
	return false;
}

static bool
write_out(struct writer *w, const char *bytes, size_t n)
{
	if (w->is_broken)
		return false;
	if (!write_all(w, bytes, n))
		return fails(w);
	w->written += n;
	return true;
}

static bool
write_block(struct writer *w)
{
	const bool ok = write_out(w, w->block.data, w->block.len);

	buf_clear(&w->block);
	w->whole = 0;
	return ok;
}

/* Its name goes at once: a kill leaves nobody's mail lying about. */
static bool
open_spill(struct writer *w)
{
	w->spill = open(w->spill_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	return w->spill >= 0 && unlink(w->spill_path) == 0;
}

/* The block is full of a message that is not complete: the bytes before the message go out; its own
 * bytes and the N that follow go into the spill. */
static bool
spill(struct writer *w, const char *bytes, size_t n)
{
	if (w->whole > 0 && !write_out(w, w->block.data, w->whole))
		return false;
	if (w->spill < 0 && !open_spill(w))
		return fails(w);
	if (!file_write_all(w->spill, w->block.data + w->whole, w->block.len - w->whole) ||
	    !file_write_all(w->spill, bytes, n))
		return fails(w);
	w->spilled += w->block.len - w->whole + n;
	buf_clear(&w->block);
	w->whole = 0;
	return true;
}

/* Small runs are collected; a large one goes out without a copy. */
static bool
put_exactly(struct writer *w, const char *bytes, size_t n)
{
	if (w->is_broken)
		return false;
	if (w->spill_path && w->block.len - w->whole + n > HOLD_MAX)
		return spill(w, bytes, n);
	if (!w->spill_path && w->block.len + n > WRITER_BLOCK && w->block.len > 0 &&
	    !write_block(w))
		return false;
	if (!w->spill_path && n >= WRITER_BLOCK)
		return write_out(w, bytes, n);
	buf_add(&w->block, bytes, n);
	return true;
}

/* IS_LAST: no byte follows that could complete a character. */
static bool
show(struct writer *w, const char *bytes, size_t n, bool is_last)
{
	struct buf shown = {0};
	size_t used;
	bool ok;

	buf_add(&w->unshown, bytes, n);
	used = screen_add_lines(&shown, w->unshown.data, w->unshown.len, is_last);
	buf_drop(&w->unshown, used);
	ok = put_exactly(w, shown.data, shown.len);
	buf_free(&shown);
	return ok;
}

static bool
put(void *ctx, const char *bytes, size_t n)
{
	struct writer *w = ctx;

	return w->is_terminal ? show(w, bytes, n, false) : put_exactly(w, bytes, n);
}

static bool
result(struct writer *w, bool ok, struct err *e)
{
	if (ok)
		return true;
	if (w->failure == EINTR)
		return err_set(e, ERR_TEMPORARY, "%s: interrupted", w->name);
	errno = w->failure;
	return err_set_errno(e, ERR_IO, "%s", w->name);
}

/* RFC 4155 appendix A: the sender and the time of delivery in UTC, as asctime() writes it. */
static void
put_from_line(struct writer *w, const struct envelope_hint *hint)
{
	const time_t now = time(NULL);
	char date[64], *line;
	struct tm tm;

	gmtime_r(&now, &tm);
	if (!asctime_r(&tm, date))
		strcpy(date, "Thu Jan  1 00:00:00 1970\n");
	line = mem_printf("From %s %s", hint->sender[0] ? hint->sender : "MAILER-DAEMON", date);
	put(w, line, strlen(line)); /* a failure is kept: writer_end() reports it */
	free(line);
}

void
writer_begin(struct writer *w)
{
	w->filter = (struct eol_to_lf){0};
}

void
writer_begin_mbox(struct writer *w, const struct envelope_hint *hint)
{
	w->filter = (struct eol_to_lf){.mbox = true};
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
	return result(
	    w, eol_to_lf_end(&w->filter, put, w) && (!w->is_terminal || show(w, "", 0, true)), e);
}

bool
writer_put(struct writer *w, const char *bytes, size_t n, struct err *e)
{
	return result(w, put_exactly(w, bytes, n), e);
}

bool
writer_flush(struct writer *w, struct err *e)
{
	return result(w, !w->is_broken && (w->block.len == 0 || write_block(w)), e);
}

static bool
empty_spill(struct writer *w)
{
	if (w->spilled == 0)
		return true;
	w->spilled = 0;
	return ftruncate(w->spill, 0) == 0 && lseek(w->spill, 0, SEEK_SET) == 0;
}

static bool
copy_spill(struct writer *w)
{
	char bytes[16 * 1024];
	uint64_t done = 0;

	while (done < w->spilled) {
		const ssize_t got = pread(w->spill, bytes, sizeof bytes, (off_t)done);

		if (got == 0)
			errno = EIO;
		if (got <= 0)
			return fails(w);
		if (!write_out(w, bytes, (size_t)got))
			return false;
		done += (uint64_t)got;
	}
	return empty_spill(w) || fails(w);
}

bool
writer_release(struct writer *w, struct err *e)
{
	bool ok = !w->is_broken && (w->spilled == 0 || copy_spill(w));

	w->whole = w->block.len;
	if (ok && w->block.len >= WRITER_BLOCK)
		ok = write_block(w);
	return result(w, ok, e);
}

void
writer_drop(struct writer *w)
{
	w->block.len = w->whole;
	buf_clear(&w->unshown);
	if (!empty_spill(w))
		fails(w);
}

int
writer_take_file(struct writer *w, struct err *e)
{
	int fd = -1;

	if (!w->is_broken && spill(w, "", 0) && lseek(w->spill, 0, SEEK_SET) == 0) {
		fd = w->spill;
		w->spill = -1;
		w->spilled = 0;
	} else if (!w->is_broken) {
		fails(w);
	}
	return result(w, fd >= 0, e) ? fd : -1;
}
