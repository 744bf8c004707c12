/* SPDX-License-Identifier: ISC */
#include "msend/batch.h"

#include <errno.h>
#include <fcntl.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "app/tool.h"
#include "app/workers.h"
#include "base/descriptors.h"
#include "base/err.h"
#include "base/stop.h"
#include "base/text_set.h"
#include "message/mbox.h"
#include "msend/letter.h"
#include "msend/name_list.h"
#include "msend/opener.h"
#include "msend/send_journal.h"
#include "msend/send_options.h"
#include "msend/submission.h"
#include "msend/tally.h"
#include "net/wait.h"

enum {
	CONNECTIONS_MAX = 64,
	DEALT_BYTES = 8 * 1024, /* what may wait for a free process: some names, each with a file */
	TAKE_WAIT_S = 1,
	BATCHES_MAX = 64 /* of one user, at a time */
};

enum { TAKES, DEALS }; /* the ends of `table` */

struct batch {
	struct run *run;
	batch_send *send;
	const struct shared *shared;
	bool sends_once;        /* there is a journal */
	struct text_set seen;   /* then: the names that were used */
	struct mbox *mbox;      /* or NULL: the operands */
	struct name_list names; /* of the operand "-" */
	struct opener *opener;  /* that has these four; NULL: this process has */
	size_t count;           /* of the operands that were used, or the messages of the mbox */
	int table[2];
};

bool
batch_is_wanted(const struct send_options *o)
{
	return o->batch || o->mbox || o->connections > 0;
}

size_t
batch_size(const struct run *run, const struct send_options *o)
{
	if (!o->batch)
		return 0;
	for (size_t i = 0; i < run->operand_count; i++)
		if (strcmp(run->operands[i], "-") == 0)
			return 0;
	return run->operand_count;
}

/* The sources of the messages. */

static int
open_file(const char *path, struct err *e)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		close(fd);
		errno = EISDIR;
	} else if (fd >= 0) {
		return fd;
	}
	err_set(e, ERR_NO_INPUT, "%s", strerror(errno));
	return -1;
}

static bool
interrupted(const struct item *item, struct err *e)
{
	return err_set(e, ERR_TEMPORARY, "interrupted: %s was not sent, nor what follows it",
		       item->name);
}

static void
not_tried(const struct batch *b, const struct item *item, const struct err *e)
{
	struct run *run = b->run;

	tally_count(b->shared->tally, tally_kind_of(e));
	run->about = item->name;
	run_complain(run, e);
	outcome_log(&(struct outcome){0}, &(struct letter){0}, NULL, b->shared->options->log, run,
		    e);
	run->about = NULL;
}

/* The next file's name, borrowed: an operand, or, where that is "-", a line of standard input. */
static bool
next_name(struct batch *b, const char **name, struct err *e)
{
	const struct run *run = b->run;

	while (b->count < run->operand_count) {
		*name = run->operands[b->count];
		if (strcmp(*name, "-") != 0) {
			b->count++;
			return true;
		}
		if (name_list_next(&b->names, name, e))
			return true;
		if (e->code != ERR_NONE)
			return err_prefix(e, "standard input");
		b->count++;
	}
	return false;
}

static enum opened
next_file(struct batch *b, struct item *item, struct err *e)
{
	const char *path;

	while (next_name(b, &path, e)) {
		if (b->sends_once && !text_set_add(&b->seen, path))
			continue; /* it may be in another process's hands, and is sent once */
		snprintf(item->name, sizeof item->name, "%s", path);
		item->fd = open_file(path, e);
		return item->fd >= 0 ? OPENED_FILE : OPENED_NONE;
	}
	return OPENED_END;
}

static enum opened
next_of_mbox(struct batch *b, struct item *item, struct err *e)
{
	item->fd = mbox_next(b->mbox, e);
	snprintf(item->name, sizeof item->name, "message %zu", ++b->count);
	if (item->fd >= 0)
		return OPENED_FILE;
	if (mbox_goes_on(b->mbox))
		return OPENED_NONE;
	if (e->code != ERR_NONE)
		err_prefix(e, "%s", item->name);
	return OPENED_END;
}

static enum opened
open_next(void *ctx, struct item *item, struct err *e)
{
	struct batch *b = ctx;

	*e = (struct err){0};
	return b->mbox ? next_of_mbox(b, item, e) : next_file(b, item, e);
}

/* False: there are no more, or, with *e set, no more can be had. */
static bool
next_item(struct batch *b, struct item *item, struct err *e)
{
	enum opened result;

	while ((result = b->opener ? opener_ask(b->opener, item, e) : open_next(b, item, e)) !=
	       OPENED_END) {
		if (stop_signal() != 0) {
			if (result == OPENED_FILE)
				close(item->fd);
			return interrupted(item, e);
		}
		if (result == OPENED_FILE)
			return true;
		not_tried(b, item, e);
	}
	return false;
}

/* A message begun after a signal would be cut off at once, and its state would be unknown. */
static void
serve(struct batch *b, struct submission *h, struct item *item)
{
	struct err e;

	b->run->about = item->name;
	if (stop_signal() != 0) {
		err_set(&e, ERR_TEMPORARY, "interrupted: it was not sent");
		not_tried(b, item, &e);
	} else if (!b->send(b->run, h, item->fd, &e)) {
		run_complain(b->run, &e);
	}
	b->run->about = NULL;
	close(item->fd);
}

/* A lock that it kept would outlast us. */
static void
begin_opener(void *ctx)
{
	const struct batch *b = ctx;

	send_journal_close(b->shared->journal);
}

/* The kernel lets a user's processes together have as many files in sockets as one of them may have
 * open; others may be sending too. */
static unsigned
files_ahead(void)
{
	struct rlimit limit;
	rlim_t share;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return 1;
	share = limit.rlim_cur / BATCHES_MAX;
	if (share < 1)
		return 1;
	return share < OPENER_AHEAD_MAX ? (unsigned)share : OPENER_AHEAD_MAX;
}

/* A message of an mbox is a temporary file, and one that waits takes room. */
static bool
start_opener(struct batch *b, struct err *e)
{
	const unsigned ahead = b->mbox ? 1 : files_ahead();

	b->opener = opener_start(ahead, begin_opener, open_next, b, e);
	return b->opener != NULL;
}

static bool
send_all(struct batch *b, struct err *e)
{
	struct submission *h;
	struct item item;

	if (!b->run->options.dry_run && !start_opener(b, e))
		return false;
	h = submission_open(b->shared);
	while (next_item(b, &item, e))
		serve(b, h, &item);
	submission_close(h);
	opener_end(b->opener);
	return e->code == ERR_NONE;
}

/*
 * Several processes: the parent opens the messages and puts them into a socket, of which each
 * packet is one message: its name, and the descriptor (SCM_RIGHTS). A free process takes the next
 * one; two processes cannot take the same one, and when the parent is gone the socket is soon
 * empty.
 */

static bool
deal(const struct batch *b, struct item *item, struct err *e)
{
	while (descriptors_send(b->table[DEALS], item->name, strlen(item->name), &item->fd, 1) <
	       0) {
		if (errno != EAGAIN && errno != EINTR && errno != ETOOMANYREFS)
			return err_set(e, ERR_BUG,
				       "%s and what follows was not sent: nobody is "
				       "left to do it",
				       item->name);
		if (wait_fd(b->table[DEALS], POLLOUT, WAIT_FOREVER) == WAIT_STOPPED)
			return interrupted(item, e);
	}
	return true;
}

/*
 * Waits in recvmsg(2), which wakes one process for each message; poll(2) would wake all that wait.
 * A signal that comes just before it is seen after TAKE_WAIT_S.
 */
static ssize_t
take_packet(int socket, struct item *item, int fds[DESCRIPTORS_MAX], size_t *count)
{
	ssize_t len;

	do
		len = descriptors_receive(socket, item->name, sizeof item->name - 1, fds, count,
					  stop_signal() == 0 ? 0 : MSG_DONTWAIT);
	while (len < 0 && (errno == EAGAIN || errno == EINTR) && stop_signal() == 0);
	return len;
}

/* False: there are no more, or a signal came and nothing lies there. */
static bool
take(const struct batch *b, struct item *item)
{
	int fds[DESCRIPTORS_MAX];
	size_t count;
	const ssize_t len = take_packet(b->table[TAKES], item, fds, &count);

	if (len <= 0 || count == 0)
		return false;
	item->name[len] = '\0';
	item->fd = fds[0];
	return true;
}

static bool
deal_all(void *ctx, struct err *e)
{
	struct batch *b = ctx;
	struct item item;
	bool ok = true;

	close(b->table[TAKES]);
	while (ok && next_item(b, &item, e)) {
		ok = deal(b, &item, e);
		close(item.fd);
	}
	close(b->table[DEALS]);
	return e->code == ERR_NONE;
}

static bool
serve_all(struct run *run, const char *name, void *ctx, struct err *e)
{
	struct batch *b = ctx;
	struct submission *h = submission_open(b->shared);
	struct item item;

	(void)run;
	(void)name;
	(void)e;
	close(b->table[DEALS]);
	while (take(b, &item))
		serve(b, h, &item);
	submission_close(h);
	return true;
}

static bool
lay_table(struct batch *b, struct err *e)
{
	const struct timeval wait = {.tv_sec = TAKE_WAIT_S};
	const int bytes = DEALT_BYTES;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, b->table) != 0)
		return err_set_errno(e, ERR_TEMPORARY, "no socket to share the messages");
	for (int i = 0; i < 2; i++)
		fcntl(b->table[i], F_SETFD, FD_CLOEXEC);
	fcntl(b->table[DEALS], F_SETFL, O_NONBLOCK);
	setsockopt(b->table[DEALS], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
	setsockopt(b->table[TAKES], SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
	return true;
}

static bool
share(struct batch *b, size_t connections, struct err *e)
{
	const struct workers workers = {.run = b->run,
					.kind = "connection",
					.count = connections,
					.side_by_side = true,
					.job = serve_all,
					.meanwhile = deal_all,
					.ctx = b};

	return lay_table(b, e) && workers_run(&workers, e);
}

static bool
check(const struct run *run, const struct send_options *o, struct err *e)
{
	if (o->batch && o->mbox)
		return err_set(e, ERR_USAGE, "--batch and --mbox exclude each other");
	if (!o->batch && !o->mbox)
		return err_set(e, ERR_USAGE, "--connections is for --batch or --mbox");
	if (o->batch && run->operand_count == 0)
		return err_set(e, ERR_USAGE, "--batch needs the files of the messages");
	if (o->mbox && run->operand_count > 0)
		return err_set(e, ERR_USAGE,
			       "--mbox takes the recipients from each header, not '%s'",
			       run->operands[0]);
	if (o->connections > CONNECTIONS_MAX)
		return err_set(e, ERR_USAGE, "at most %d connections", CONNECTIONS_MAX);
	return true;
}

/* Each letter takes and leaves the same buffers, which would be given back to the system and
 * fetched anew each time. */
static void
keep_memory(void)
{
#ifdef __GLIBC__
	mallopt(M_TRIM_THRESHOLD, 4 * 1024 * 1024);
#endif
}

bool
batch_run(struct run *run, batch_send *send, const struct shared *shared, struct err *e)
{
	const struct send_options *o = shared->options;
	struct batch b = {
	    .run = run, .send = send, .shared = shared, .sends_once = shared->journal != NULL};
	bool ok;

	if (!check(run, o, e))
		return false;
	keep_memory();
	if (o->mbox)
		b.mbox = mbox_open(STDIN_FILENO);
	ok = o->connections <= 1 || run->options.dry_run ? send_all(&b, e)
							 : share(&b, o->connections, e);
	mbox_close(b.mbox);
	name_list_free(&b.names);
	text_set_free(&b.seen);
	return ok;
}
