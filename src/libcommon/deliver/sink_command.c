/* SPDX-License-Identifier: ISC */
/*
 * To a command's standard input, one run for each message; exit status 0 is delivered.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/child.h"
#include "base/err.h"
#include "base/mem.h"
#include "deliver/sink.h"
#include "deliver/sinks.h"
#include "deliver/writer.h"

struct command {
	const char *template; /* with %F and %T */
	const char *account;
	bool is_running;
	struct child child;
	struct writer writer;
};

static void *
command_open(const struct sink_spec *spec, struct seen *seen, struct err *e)
{
	struct command *c = mem_alloc(sizeof *c);

	(void)seen;
	(void)e;
	c->template = spec->place;
	c->account = spec->account;
	return c;
}

/* As one word of the shell, whatever a header brought. */
static void
add_quoted(struct buf *out, const char *text)
{
	buf_add_char(out, '\'');
	for (; *text; text++) {
		if (*text == '\'')
			buf_add_str(out, "'\\''");
		else
			buf_add_char(out, *text);
	}
	buf_add_char(out, '\'');
}

/* mpop's %F, the sender, and %T, the recipient; %% is a percent sign. */
static char *
expand(const char *template, const struct envelope_hint *hint)
{
	struct buf out = {0};

	for (const char *p = template; *p; p++) {
		if (p[0] != '%' || !p[1] || !strchr("FT%", p[1])) {
			buf_add_char(&out, *p);
			continue;
		}
		p++;
		if (*p == '%')
			buf_add_char(&out, '%');
		else
			add_quoted(&out, *p == 'F' ? hint->sender : hint->recipient);
	}
	return buf_take(&out);
}

static bool
start(struct command *c, const struct envelope_hint *hint, struct err *e)
{
	char *line = expand(c->template, hint);
	char *sender = mem_printf("SENDER=%s", hint->sender);
	char *recipient = mem_printf("RECIPIENT=%s", hint->recipient);
	char *account = mem_printf("ACCOUNT=%s", c->account);
	const char *const environment[] = {sender, recipient, account, NULL};

	c->is_running =
	    child_start(&c->child, line, CHILD_STDIN_PIPE, CHILD_STDOUT_OURS, environment, e);
	free(line);
	free(sender);
	free(recipient);
	free(account);
	return c->is_running;
}

static bool
command_begin(void *sink, const char *uid, const struct envelope_hint *hint, struct err *e)
{
	struct command *c = sink;

	(void)uid;
	if (!start(c, hint, e))
		return false;
	writer_start(&c->writer, c->child.to, c->template);
	writer_begin(&c->writer, false, hint);
	return true;
}

/* A command may well stop reading and still deliver (`head -1 >>subjects`): what counts is its exit
 * status. */
static bool
unless_broken_pipe(struct command *c, bool ok)
{
	return ok || (c->writer.is_broken && c->writer.failure == EPIPE);
}

static bool
command_data(void *sink, const char *bytes, size_t n, struct err *e)
{
	struct command *c = sink;

	return unless_broken_pipe(c, writer_data(&c->writer, bytes, n, e));
}

static bool
command_end(void *sink, struct err *e)
{
	struct command *c = sink;
	int status;

	if (!unless_broken_pipe(c, writer_end(&c->writer, e) && writer_flush(&c->writer, e)))
		return false;
	c->is_running = false;
	status = child_wait(&c->child);
	if (status == 0)
		return true;
	if (status == 127)
		return err_set(e, ERR_CONFIG, "%s: not found (exit status 127)", c->template);
	return err_set(e, ERR_TEMPORARY, "%s: exit status %d, so the message stays on the server",
		       c->template, status);
}

/* A torn message must not look like a whole one: the command is ended before its input is. */
static void
command_abandon(void *sink)
{
	struct command *c = sink;

	if (c->is_running)
		child_end(&c->child);
	c->is_running = false;
}

static bool
command_settle(void *sink, struct err *e)
{
	(void)sink;
	(void)e;
	return true;
}

static void
command_close(void *sink)
{
	struct command *c = sink;

	command_abandon(c);
	writer_free(&c->writer);
	free(c);
}

const struct sink_type sink_command = {
    .name = "pipe",
    .settles_each = true,
    .open = command_open,
    .begin = command_begin,
    .data = command_data,
    .end = command_end,
    .abandon = command_abandon,
    .settle = command_settle,
    .close = command_close,
};
