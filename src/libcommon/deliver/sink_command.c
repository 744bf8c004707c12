/* SPDX-License-Identifier: ISC */
/*
 * To a command's standard input, one run for each message; exit status 0 is delivered.
 *
 * The command starts when the message is whole, and reads it from a file without a name: it never
 * sees a torn one, even if we are killed meanwhile, and holds no lock of its own while a network is
 * slow.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/child.h"
#include "base/err.h"
#include "base/mem.h"
#include "deliver/sink.h"
#include "deliver/sinks.h"
#include "deliver/writer.h"
#include "journal/journal.h"

enum { GRACE_MS = 5000 }; /* for which a signal waits for the command */

struct command {
	const char *template; /* with %F and %T */
	const char *account;
	char *spill_path;
	char *sender, *recipient; /* of the message being delivered */
	struct child child;
	struct writer writer;
};

static void *
command_open(const struct sink_spec *spec, struct journal *journal, struct err *e)
{
	struct command *c = mem_alloc(sizeof *c);

	(void)e;
	c->template = spec->place;
	c->account = spec->account ? spec->account : "";
	c->spill_path = journal_side_file(journal, ".spool");
	writer_hold(&c->writer, c->spill_path);
	return c;
}

/*
 * The command's words may be read by a second shell (`ssh host …`), and by the user's own quotes:
 * so only characters that mean nothing to any shell are put in, and the others become "_", as in
 * mpop. An address that begins with a dash, which would be an option, is not one (delivery.c).
 */
static void
add_harmless(struct buf *out, const char *address)
{
	static const char harmless[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@.,:/+-_=%";

	for (; *address; address++)
		buf_add_char(out, strchr(harmless, *address) ? *address : '_');
}

/* The quote that is open after C, when OPEN was before it. */
static char
quote_after(char c, char open)
{
	if (c != '\'' && c != '"')
		return open;
	return open == '\0' ? c : open == c ? '\0' : open;
}

/* mpop's %F, the sender, and %T, the recipient; %% is a percent sign. An unknown recipient is an
 * empty word. */
static char *
expand(const char *template, const char *sender, const char *recipient)
{
	struct buf out = {0};
	char open = '\0';

	for (const char *p = template; *p; p++) {
		if (p[0] != '%' || !p[1] || !strchr("FT%", p[1])) {
			open = quote_after(*p, open);
			buf_add_char(&out, *p);
			continue;
		}
		p++;
		if (*p == '%')
			buf_add_char(&out, '%');
		else if (*p == 'T' && !recipient[0])
			buf_add_str(&out, open ? "" : "''");
		else
			add_harmless(&out, *p == 'T'   ? recipient
					   : sender[0] ? sender
						       : "MAILER-DAEMON");
	}
	return buf_take(&out);
}

/* MESSAGE: a file that the command reads. */
static bool
start(struct command *c, int message, struct err *e)
{
	char *line = expand(c->template, c->sender, c->recipient);
	char *sender = mem_printf("SENDER=%s", c->sender);
	char *recipient = mem_printf("RECIPIENT=%s", c->recipient);
	char *account = mem_printf("ACCOUNT=%s", c->account);
	const char *const environment[] = {sender, recipient, account, NULL};
	bool ok;

	c->child.to = message;
	c->child.from = -1;
	ok = child_start(&c->child, line, CHILD_STDIN_FILE, CHILD_STDOUT_OURS, environment, e);
	free(line);
	free(sender);
	free(recipient);
	free(account);
	return ok;
}

static void
forget_envelope(struct command *c)
{
	free(c->sender);
	free(c->recipient);
	c->sender = c->recipient = NULL;
}

static bool
command_begin(void *sink, const char *uid, const struct envelope_hint *hint, struct err *e)
{
	struct command *c = sink;

	(void)uid;
	(void)e;
	forget_envelope(c);
	c->sender = mem_strdup(hint->sender);
	c->recipient = mem_strdup(hint->recipient);
	writer_start(&c->writer, -1, c->template);
	writer_begin(&c->writer);
	return true;
}

static bool
command_data(void *sink, const char *bytes, size_t n, struct err *e)
{
	struct command *c = sink;

	return writer_data(&c->writer, bytes, n, e);
}

static bool
judge(const struct command *c, int status, struct err *e)
{
	char words[40];

	if (status == 0)
		return true;
	if (!child_check_run(status, e))
		return err_prefix(e, "%s", c->template);
	return err_set(e, ERR_TEMPORARY, "%s: %s; the message is left on the server", c->template,
		       child_status_text(status, words));
}

/* A command that hangs is ended, and has not delivered; what it knows of that is its own. */
static bool
await_verdict(struct command *c, struct err *e)
{
	int status;

	if (child_wait_stoppable(&c->child, GRACE_MS, &status))
		return judge(c, status, e);
	return err_set(e, ERR_TEMPORARY, "%s: ended while at work, for a signal asked to stop",
		       c->template);
}

/* A command may well stop reading and still deliver (`head -1 >>subjects`): what counts is its exit
 * status. */
static bool
command_end(void *sink, struct err *e)
{
	struct command *c = sink;
	const int message = writer_end(&c->writer, e) ? writer_take_file(&c->writer, e) : -1;
	bool ok = message >= 0;

	if (ok) {
		ok = start(c, message, e);
		close(message);
	}
	return ok && await_verdict(c, e);
}

static void
command_abandon(void *sink)
{
	struct command *c = sink;

	writer_drop(&c->writer);
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

	forget_envelope(c);
	writer_free(&c->writer);
	free(c->spill_path);
	free(c);
}

const struct sink_type sink_command = {
    .name = "pipe",
    .settles_each = true,
    .failures_max = 5,
    .open = command_open,
    .begin = command_begin,
    .data = command_data,
    .end = command_end,
    .abandon = command_abandon,
    .settle = command_settle,
    .close = command_close,
};
