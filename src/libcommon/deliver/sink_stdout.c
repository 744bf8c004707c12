/* SPDX-License-Identifier: ISC */
/*
 * To standard output, as mbox or unchanged.
 *
 * A message is safe when it is on disk, for a regular file, or when the reader took it to the last
 * byte, for a pipe or a socket. Nobody waits for that where messages are only shown. Standard
 * output can't be cut back: so a message is written only once it is whole, nothing is intended, and
 * a message that a killed run wrote is written again. On a terminal control characters are escaped.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/stop.h"
#include "deliver/sink.h"
#include "deliver/sinks.h"
#include "deliver/writer.h"
#include "journal/journal.h"

enum { DRAIN_STEP_MAX_MS = 50 };

struct output {
	struct writer writer;
	char *spill_path;
	bool mbox;
	bool nul;
	bool only_shows;
	bool reader_left;
	mode_t type;
	const char *separator; /* what the first message needs before it */
};

/*
 * The separator that an mbox ending at standard output's offset needs before another message: if a
 * killed run or a full disk tore the last one, the next From_ line would otherwise be part of it.
 * Standard output is mostly open for writing only; a file that cannot be read is assumed to be
 * intact.
 */
static const char *
separator_of(const struct stat *st)
{
	const bool appends = (fcntl(STDOUT_FILENO, F_GETFL) & O_APPEND) != 0;
	const off_t end = appends ? st->st_size : lseek(STDOUT_FILENO, 0, SEEK_CUR);
	const int fd = end > 0 ? open("/proc/self/fd/1", O_RDONLY | O_CLOEXEC) : -1;
	char tail[2] = {'\n', '\n'};

	if (fd < 0)
		return "";
	if (pread(fd, tail, sizeof tail, end - 2) != (ssize_t)sizeof tail)
		memcpy(tail, "\n\n", sizeof tail);
	close(fd);
	if (tail[1] != '\n')
		return "\n\n";
	return tail[0] == '\n' ? "" : "\n";
}

static void *
output_open(const struct sink_spec *spec, struct journal *journal, struct err *e)
{
	struct output *o = mem_alloc(sizeof *o);
	struct stat st;

	(void)e;
	o->mbox = spec->kind == SINK_MBOX_STDOUT;
	o->nul = spec->nul;
	o->only_shows = spec->only_shows;
	o->type = fstat(STDOUT_FILENO, &st) == 0 ? st.st_mode & S_IFMT : 0;
	o->separator = o->mbox && o->type == S_IFREG ? separator_of(&st) : "";
	o->spill_path = journal_side_file(journal, ".spool");
	writer_hold(&o->writer, o->spill_path);
	writer_start(&o->writer, STDOUT_FILENO, "standard output");
	o->writer.heeds_stop = true;
	o->writer.is_terminal = isatty(STDOUT_FILENO) == 1;
	return o;
}

static bool
output_begin(void *sink, const char *uid, const struct envelope_hint *hint, struct err *e)
{
	struct output *o = sink;

	(void)uid;
	if (!writer_put(&o->writer, o->separator, strlen(o->separator), e))
		return false;
	if (o->mbox)
		writer_begin_mbox(&o->writer, hint);
	else
		writer_begin(&o->writer);
	return true;
}

static bool
output_data(void *sink, const char *bytes, size_t n, struct err *e)
{
	struct output *o = sink;

	/* The reader would take what follows it for another message. */
	if (o->nul && memchr(bytes, '\0', n))
		return err_set(e, ERR_MALFORMED,
			       "a message that contains NUL cannot be written with --null");
	return writer_data(&o->writer, bytes, n, e);
}

static bool
output_end(void *sink, struct err *e)
{
	struct output *o = sink;

	if (!writer_end(&o->writer, e) || (o->nul && !writer_put(&o->writer, "", 1, e)) ||
	    !writer_release(&o->writer, e))
		return false;
	o->separator = "";
	return true;
}

static void
output_abandon(void *sink)
{
	struct output *o = sink;

	writer_drop(&o->writer);
}

/* Did the reader take it all? Out of a pipe, or (ksh connects commands so) out of a socket. */
static bool
is_drained(const struct output *o)
{
	int left = 0;

	if (o->type == S_IFIFO)
		return ioctl(STDOUT_FILENO, FIONREAD, &left) != 0 || left <= 0;
#ifdef __linux__
	if (o->type == S_IFSOCK)
		return ioctl(STDOUT_FILENO, TIOCOUTQ, &left) != 0 || left <= 0;
#endif
	return true;
}

/*
 * Waits until the reader has taken every byte. There is no event for that, so it is checked at
 * growing intervals; a reader that went away is an event.
 */
static bool
drain(struct output *o, struct err *e)
{
	int step_ms = 1;

	while (!is_drained(o)) {
		struct pollfd fds[] = {{.fd = STDOUT_FILENO}, {.fd = stop_fd(), .events = POLLIN}};

		if (poll(fds, 2, step_ms) > 0) {
			errno = EPIPE;
			o->reader_left = fds[0].revents != 0;
			return o->reader_left ? err_set_errno(e, ERR_IO, "%s", o->writer.name)
					      : err_set(e, ERR_TEMPORARY, "interrupted");
		}
		step_ms = step_ms * 2 < DRAIN_STEP_MAX_MS ? step_ms * 2 : DRAIN_STEP_MAX_MS;
	}
	return true;
}

static bool
output_settle(void *sink, struct err *e)
{
	struct output *o = sink;

	if (!writer_flush(&o->writer, e))
		return false;
	if (o->only_shows)
		return true;
	if (o->type == S_IFREG && fsync(STDOUT_FILENO) != 0)
		return err_set_errno(e, ERR_IO, "%s", o->writer.name);
	return drain(o, e);
}

static bool
output_has_lost_reader(const void *sink)
{
	const struct output *o = sink;

	return o->reader_left || (o->writer.is_broken && o->writer.failure == EPIPE);
}

static void
output_close(void *sink)
{
	struct output *o = sink;

	writer_free(&o->writer);
	free(o->spill_path);
	free(o);
}

const struct sink_type sink_stdout = {
    .name = "stdout",
    .open = output_open,
    .begin = output_begin,
    .data = output_data,
    .end = output_end,
    .abandon = output_abandon,
    .has_lost_reader = output_has_lost_reader,
    .settle = output_settle,
    .close = output_close,
};
