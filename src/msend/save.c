/* SPDX-License-Identifier: ISC */
#include "msend/save.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/tool.h"
#include "base/buf.h"
#include "base/child.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/trace.h"
#include "message/outgoing.h"
#include "message/spool.h"
#include "msend/letter.h"
#include "msend/send_options.h"
#include "net/wait.h"
#include "proto/folder.h"

enum {
	GRACE_MS = 5000,      /* for which a signal waits for the append */
	WORDS_MAX = 16 * 1024 /* of what mmark says, so much is looked at */
};

struct save {
	struct child child;
	char *folder;
	bool is_asked; /* on the command line */
};

static bool
check_server(const struct send_account *a, struct err *e)
{
	if (a->settings.has_imap)
		return true;
	if (a->base.name[0])
		err_set(e, ERR_CONFIG, "--save: no imap server is known for the account '%s'",
			a->base.name);
	else
		err_set(e, ERR_CONFIG, "--save: no imap server is known without an account");
	return err_hint(e, "`imap = URL` in the configuration");
}

bool
save_check(const struct send_account *a, struct err *e)
{
	if (!a->settings.save.is_wanted)
		return true;
	if (!folder_check_special(a->settings.save.folder, ERR_CONFIG, e))
		return err_prefix(e, "--save");
	return !a->settings.save.is_asked || check_server(a, e);
}

bool
save_is_due(const struct letter *l)
{
	for (size_t i = 0; i < l->envelope.count; i++)
		if (l->envelope.recipients[i].is_taken)
			return true;
	return false;
}

/* Reports. */

static void
report(struct run *run, bool is_asked, const struct err *why)
{
	struct err e = *why;

	e.code = ERR_TEMPORARY;
	if (is_asked) {
		run_complain(run, &e);
		return;
	}
	e.hint[0] = '\0';
	run_warn(run, &e);
}

static void
blame(struct err *e, const char *folder)
{
	err_prefix(e, "the message was sent, but saving a copy in %s failed", folder);
}

void
save_skip(struct run *run, const struct send_account *a)
{
	struct err e;

	err_set(&e, ERR_TEMPORARY,
		"no copy was saved, because it is not known whether the message was sent");
	report(run, a->settings.save.is_asked, &e);
}

void
save_set_doubt(struct err *e)
{
	err_set(e, ERR_TEMPORARY,
		"the message was sent, and a run that was ended could not tell whether a copy was "
		"saved");
}

void
save_doubt(struct run *run, const struct send_account *a)
{
	struct err e;

	save_set_doubt(&e);
	report(run, a->settings.save.is_asked, &e);
}

/* The copy. */

struct copying {
	int fd;
	struct err *e;
};

static bool
put(void *ctx, const char *bytes, size_t n)
{
	const struct copying *c = ctx;

	return spool_write(c->fd, bytes, n, c->e);
}

static bool
make_copy(const struct letter *l, int fd, struct err *e)
{
	struct copying c = {.fd = fd, .e = e};

	return outgoing_pour_copy(l->message, put, &c, e) &&
	       (lseek(fd, 0, SEEK_SET) == 0 || err_set_errno(e, ERR_IO, "cannot read the copy"));
}

static bool
start(struct save *s, const struct send_account *a, const struct letter *l, int spool,
      struct err *e)
{
	const int fd = check_server(a, e) ? (spool >= 0 ? spool : spool_open(e)) : -1;
	bool ok;

	if (fd < 0)
		return false;
	s->child.to = fd;
	ok = make_copy(l, fd, e) &&
	     child_start(&s->child, a->save_command, CHILD_STDIN_FILE, CHILD_STDOUT_PIPE, NULL, e);
	if (spool < 0)
		close(fd);
	return ok;
}

int
save_spool(void)
{
	struct err unused; /* start() tries again, and says why it cannot */

	return spool_open(&unused);
}

static void
save_free(struct save *s)
{
	free(s->folder);
	free(s);
}

struct save *
save_begin(struct run *run, const struct send_account *a, const struct letter *l, int spool)
{
	struct save *s = mem_alloc(sizeof *s);
	struct err e = {0};

	s->folder = mem_strdup(a->settings.save.folder);
	s->is_asked = a->settings.save.is_asked;
	if (start(s, a, l, spool, &e))
		return s;
	blame(&e, s->folder);
	report(run, s->is_asked, &e);
	save_free(s);
	return NULL;
}

/* The end. */

/* False: a signal came, and the append has not ended in the time that it leaves. */
static bool
read_words(int fd, struct buf *words)
{
	int64_t deadline = WAIT_FOREVER;
	char bytes[1024];

	for (;;) {
		const enum wait_result result = deadline == WAIT_FOREVER
						    ? wait_fd(fd, POLLIN, deadline)
						    : wait_fd_anyway(fd, POLLIN, deadline);
		ssize_t n;

		if (result == WAIT_STOPPED && deadline == WAIT_FOREVER) {
			deadline = wait_clock() + GRACE_MS;
			continue;
		}
		if (result != WAIT_READY)
			return false;
		n = read(fd, bytes, sizeof bytes);
		if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
			return true;
		if (n > 0 && words->len < WORDS_MAX)
			buf_add(words, bytes, (size_t)n);
	}
}

/* A line of mmark without its name. */
static char *
without_name(const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len);
	const size_t skip = colon ? (size_t)(colon - line) + 1 + (colon[1] == ' ') : 0;

	return mem_strndup(line + skip, skip < len ? len - skip : 0);
}

/* The error is the last line, before the hint, if there is one. A hint about one of mmark's options
 * is of no use to who runs msend. */
static void
take_words(const struct buf *words, char **error, char **hint)
{
	const char *line = words->data;

	*error = *hint = NULL;
	for (size_t len; line && *line; line += len + (line[len] == '\n')) {
		char *text;

		len = strcspn(line, "\n");
		text = without_name(line, len);
		if (strncmp(text, "hint: ", 6) == 0) {
			free(*hint);
			*hint = strstr(text, "--") ? NULL : mem_strdup(text + 6);
			free(text);
		} else {
			free(*error);
			*error = text;
		}
	}
}

static bool
judge(int status, const struct buf *words, struct err *e)
{
	char *error, *hint, text[40];

	if (status == 0)
		return true;
	if (!child_check_run(status, e))
		return err_prefix(e, "mmark");
	take_words(words, &error, &hint);
	if (error && status < 128) /* no signal ended it */
		err_set(e, ERR_TEMPORARY, "%s", error);
	else
		err_set(e, ERR_TEMPORARY, "mmark: %s", child_status_text(status, text));
	if (hint)
		err_hint(e, "%s", hint);
	free(error);
	free(hint);
	return false;
}

static bool
finish(struct save *s, struct err *e)
{
	struct buf words = {0};
	bool ok;

	buf_add_str(&words, "");
	if (read_words(s->child.from, &words)) {
		ok = judge(child_wait(&s->child), &words, e);
	} else {
		child_end(&s->child);
		ok = err_set(e, ERR_TEMPORARY,
			     "mmark was ended while at work, for a signal asked to stop; it may "
			     "have been saved");
	}
	buf_free(&words);
	return ok;
}

void
save_end(struct run *run, struct save *s)
{
	struct err e;

	if (!s)
		return;
	if (finish(s, &e)) {
		trace_note(TRACE_PROTOCOL, "a copy was saved in %s", s->folder);
	} else {
		blame(&e, s->folder);
		report(run, s->is_asked, &e);
	}
	save_free(s);
}
