/* SPDX-License-Identifier: ISC */
#include "msend/log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/text.h"

void
log_add(struct buf *line, const char *name, const char *value)
{
	struct buf shown = {0};

	if (!value)
		return;
	buf_add_str(&shown, "");
	text_printable(&shown, value, strlen(value));
	buf_addf(line, "%s%s=", line->len ? " " : "", name);
	if (shown.len > 0 && !strpbrk(shown.data, " \"=\\"))
		buf_add_str(line, shown.data);
	else
		text_quote(line, shown.data, shown.len);
	buf_free(&shown);
}

/* RFC 3339, in the zone of the place. */
static void
add_time(struct buf *line)
{
	const time_t now = time(NULL);
	char text[sizeof "2026-11-22T01:02:03+0000"];
	struct tm tm;

	localtime_r(&now, &tm);
	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S%z", &tm);
	buf_addf(line, "time=%.22s:%s", text, text + 22);
}

/* Does the file end within a line? One was torn there, when the disk was full. */
static bool
is_torn(const char *path)
{
	char last = '\n';
	struct stat st;
	int fd;

	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0 ||
	    (fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		return false;
	if (pread(fd, &last, 1, st.st_size - 1) != 1)
		last = '\n';
	close(fd);
	return last != '\n';
}

/* As in msmtp, - is standard output, where msend writes nothing else. */
static bool
is_stdout(const char *path)
{
	return strcmp(path, "-") == 0;
}

/* A FIFO that nobody reads, or not fast enough, is not waited for. */
static int
open_log(const char *path)
{
	if (is_stdout(path))
		return dup(STDOUT_FILENO);
	return open(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0600);
}

static bool
write_line(const char *path, const struct buf *line, struct err *e)
{
	const int fd = open_log(path);
	bool ok;

	if (fd < 0)
		return err_set_errno(e, ERR_OUTPUT, "cannot log to %s", path);
	ok = file_write_record(fd, line->data, line->len) ||
	     err_set_errno(e, ERR_IO, "cannot log to %s", path);
	close(fd);
	return ok;
}

bool
log_write(const char *where, const char *program, const struct buf *line, bool is_failure,
	  struct err *e)
{
	struct buf whole = {0};
	bool ok;

	if (strcmp(where, "syslog") == 0) {
		openlog(program, LOG_PID, LOG_MAIL);
		syslog(is_failure ? LOG_ERR : LOG_INFO, "%s", line->data);
		closelog();
		return true;
	}
	if (!is_stdout(where) && is_torn(where))
		buf_add_char(&whole, '\n');
	add_time(&whole);
	buf_addf(&whole, " %s\n", line->data);
	ok = write_line(where, &whole, e);
	buf_free(&whole);
	return ok;
}
