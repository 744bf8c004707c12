/* SPDX-License-Identifier: ISC */
#include "auth/secret_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/netrc.h"
#include "auth/secret_params.h"
#include "base/buf.h"
#include "base/child.h"
#include "base/err.h"
#include "base/file.h"

enum { CHUNK = 4096, NETRC_MAX = 1024 * 1024, REST_MAX = 16 * 1024 * 1024 };

/* Adds what can be read from FD now to TEXT, by read(2): stdio would keep a copy. How much, 0 at
 * the end, -1 with *e on failure and when a signal asks to stop (base/stop.h). */
static ssize_t
read_some(int fd, struct buf *text, struct err *e)
{
	char *to = buf_reserve(text, CHUNK);
	ssize_t n;

	do {
		if (!file_await(fd, e)) /* a command may wait for a person who looks for a key */
			return -1;
		n = read(fd, to, CHUNK);
	} while (n < 0 && errno == EINTR);
	if (n < 0) {
		err_set_errno(e, ERR_IO, "reading failed");
		return -1;
	}
	text->len += (size_t)n;
	text->data[text->len] = '\0';
	return n;
}

static void
cut(struct buf *line, size_t len)
{
	if (len > 0 && line->data[len - 1] == '\r')
		len--;
	line->data[len] = '\0';
	line->len = len;
}

bool
secret_read_line(int fd, struct buf *line, struct err *e)
{
	size_t seen = 0;
	ssize_t n;

	while ((n = read_some(fd, line, e)) > 0) {
		const char *end = memchr(line->data + seen, '\n', line->len - seen);

		if (end) {
			cut(line, (size_t)(end - line->data));
			return true;
		}
		if (line->len > SECRET_LINE_MAX)
			return err_set(e, ERR_CONFIG, "the first line is longer than 64 KiB");
		seen = line->len;
	}
	cut(line, line->len);
	return n == 0;
}

/* Output after the first line is read and dropped: a closed pipe would end the command by SIGPIPE,
 * and `pass show` prints more than the password. */
static bool
read_to_end(int fd, struct err *e)
{
	struct buf rest = {0};
	size_t seen = 0;
	ssize_t n;

	while ((n = read_some(fd, &rest, e)) > 0 && (seen += (size_t)n) <= REST_MAX)
		buf_clear(&rest);
	buf_wipe(&rest);
	return n <= 0
		   ? n == 0
		   : err_set(e, ERR_CONFIG, "the command prints more than %d MiB", REST_MAX >> 20);
}

enum secret_outcome
secret_from_command(const struct secret_params *p, struct buf *text, struct err *e)
{
	struct child child;
	char words[40];
	int status;

	if (!p->command)
		return SECRET_ABSENT;
	if (!child_start(&child, p->command, CHILD_STDIN_EMPTY, CHILD_STDOUT_PIPE, NULL, e))
		return SECRET_FAILED;
	if (!secret_read_line(child.from, text, e) || !read_to_end(child.from, e)) {
		child_end(&child);
		return SECRET_FAILED;
	}
	status = child_wait(&child);
	if (status == 0)
		return SECRET_FOUND;
	err_set(e, ERR_LOGIN, "the command failed: %s", child_status_text(status, words));
	return SECRET_FAILED;
}

/*
 * systemd keeps a service's credentials as files of root, readable by the service through an access
 * control list, which shows up as the group's bit (systemd.exec(5), LoadCredential=).
 */
static bool
is_credential(const char *path, const struct stat *st)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	const size_t len = dir ? strlen(dir) : 0;

	return len > 0 && st->st_uid == 0 && strncmp(path, dir, len) == 0 && path[len] == '/' &&
	       !strchr(path + len + 1, '/');
}

static bool
is_hidden_from_others(int fd, const char *path, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return err_set_errno(e, ERR_IO, "%s", path);
	return file_check_private(path, st.st_mode,
				  is_credential(path, &st) ? S_IRWXO : S_IRWXG | S_IRWXO, e);
}

enum secret_outcome
secret_from_file(const struct secret_params *p, struct buf *text, struct err *e)
{
	bool is_read;
	int fd;

	if (!p->file)
		return SECRET_ABSENT;
	fd = open(p->file, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd < 0) {
		err_set_errno(e, ERR_CONFIG, "%s", p->file);
		return SECRET_FAILED;
	}
	is_read = is_hidden_from_others(fd, p->file, e) && secret_read_line(fd, text, e);
	close(fd);
	return is_read ? SECRET_FOUND : SECRET_FAILED;
}

static enum secret_outcome
look_up(int fd, const char *path, const struct secret_params *p, struct buf *text, struct err *e)
{
	const struct netrc_query query = {
	    .machine = p->machine, .login = p->user, .port = p->port, .protocol = p->protocol};
	struct buf bytes = {0};
	enum netrc_outcome outcome = NETRC_BROKEN;

	if (file_read_all(fd, &bytes, NETRC_MAX, e))
		outcome = netrc_find(bytes.data, bytes.len, &query, text, e);
	else if (e->code == ERR_IO)
		e->code = ERR_CONFIG;
	buf_wipe(&bytes);
	if (outcome == NETRC_BROKEN)
		err_prefix(e, "%s", path);
	/* Only the file that holds a password we use has to be kept from others. */
	if (outcome == NETRC_FOUND && is_hidden_from_others(fd, path, e))
		return SECRET_FOUND;
	return outcome == NETRC_NOTHING ? SECRET_ABSENT : SECRET_FAILED;
}

/* PATH is a .netrc, or a file of that form. */
static enum secret_outcome
from_machines(const char *path, const struct secret_params *p, struct buf *text, struct err *e)
{
	enum secret_outcome outcome;
	int fd;

	if (!path || !p->machine)
		return SECRET_ABSENT;
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd < 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			return SECRET_ABSENT;
		err_set_errno(e, ERR_CONFIG, "%s", path);
		return SECRET_FAILED;
	}
	outcome = look_up(fd, path, p, text, e);
	close(fd);
	return outcome;
}

enum secret_outcome
secret_from_netrc(const struct secret_params *p, struct buf *text, struct err *e)
{
	return from_machines(p->netrc, p, text, e);
}

enum secret_outcome
secret_from_authinfo(const struct secret_params *p, struct buf *text, struct err *e)
{
	return from_machines(p->authinfo, p, text, e);
}
