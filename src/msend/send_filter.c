/* SPDX-License-Identifier: ISC */
#include "msend/send_filter.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/child.h"
#include "base/err.h"
#include "base/mem.h"
#include "message/eol.h"
#include "message/outgoing.h"
#include "message/source.h"
#include "message/spool.h"

enum {
	GRACE_MS = 5000, /* for which a signal waits for the command */
	BLOCK = 64 * 1024,
	GROWTH = 4,                      /* more than so many times the message, */
	GROWTH_LEAST = 64 * 1024 * 1024, /* and so many octets, is an output without end */
	SIGNALS = 128
};

/* The command's input. */
struct input {
	int fd;
	struct eol_to_lf filter;
	struct err *e;
};

static bool
write_spool(void *ctx, const char *bytes, size_t n)
{
	struct input *in = ctx;

	return spool_write(in->fd, bytes, n, in->e);
}

static bool
put_lines(void *ctx, const char *bytes, size_t n)
{
	struct input *in = ctx;

	return eol_to_lf(&in->filter, bytes, n, write_spool, in);
}

/* -1: *e. */
static int
write_input(struct outgoing *message, struct err *e)
{
	struct input in = {.fd = spool_open(e), .e = e};

	if (in.fd < 0)
		return -1;
	if (outgoing_pour(message, false, put_lines, &in, e) &&
	    eol_to_lf_end(&in.filter, write_spool, &in)) {
		if (lseek(in.fd, 0, SEEK_SET) == 0)
			return in.fd;
		err_set_errno(e, ERR_IO, "the temporary file");
	}
	close(in.fd);
	return -1;
}

static bool
start(const struct send_filter *f, int input, struct child *c, struct err *e)
{
	char *account = mem_printf("ACCOUNT=%s", f->account);
	char *sender = mem_printf("SENDER=%s", f->sender);
	const char *const environment[] = {account, sender, NULL};
	bool ok;

	c->to = input;
	ok = child_start(c, f->command, CHILD_STDIN_FILE, CHILD_STDOUT_PIPE, environment, e);
	free(account);
	free(sender);
	return ok;
}

static bool
read_output(struct child *c, uint64_t most, struct source *out, struct err *e)
{
	char *block = mem_grow(NULL, BLOCK, 1);
	size_t got = 1;
	bool ok = true;

	while (ok && got > 0) {
		ok = spool_read(c->from, block, BLOCK, &got, e) && source_add(out, block, got, e);
		if (ok && source_size(out) > most)
			ok =
			    err_set(e, ERR_MALFORMED, "its output is much larger than the message");
	}
	free(block);
	return ok;
}

static bool
judge(int status, struct err *e)
{
	char words[40];

	if (status == 0)
		return true;
	if (!child_check_run(status, e))
		return false;
	child_status_text(status, words);
	return err_set(e,
		       status == err_exit_status(ERR_TEMPORARY) || status > SIGNALS ? ERR_TEMPORARY
										    : ERR_MALFORMED,
		       "%s; the message is not sent", words);
}

static bool
finish(struct child *c, const struct source *out, struct err *e)
{
	int status;

	if (!child_wait_stoppable(c, GRACE_MS, &status))
		return err_set(e, ERR_TEMPORARY, "interrupted");
	return judge(status, e) &&
	       (source_size(out) > 0 ||
		err_set(e, ERR_MALFORMED, "it wrote nothing; the message is not sent"));
}

static bool
run(const struct send_filter *f, int input, uint64_t size, struct source *out, struct err *e)
{
	const uint64_t most = GROWTH * size > GROWTH_LEAST ? GROWTH * size : GROWTH_LEAST;
	struct child c = {.pid = -1};

	if (!start(f, input, &c, e))
		return false;
	if (read_output(&c, most, out, e))
		return finish(&c, out, e);
	child_end(&c);
	return false;
}

struct source *
send_filter_run(const struct send_filter *f, struct outgoing *message, struct err *e)
{
	const int input = write_input(message, e);
	struct source *out;
	bool ok;

	if (input < 0)
		return NULL;
	out = source_new();
	ok = run(f, input, outgoing_facts(message)->size, out, e);
	close(input);
	if (ok)
		return out;
	source_close(out);
	err_prefix(e, "send-filter '%s'", f->command);
	return NULL;
}
