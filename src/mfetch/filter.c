/* SPDX-License-Identifier: ISC */
#include "mfetch/filter.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/tool.h"
#include "base/child.h"
#include "base/err.h"
#include "base/mem.h"
#include "deliver/writer.h"
#include "message/receiver.h"
#include "proto/mailbox.h"

enum { FAILURES_MAX = 5 }; /* in a row with the same exit status */

struct judging {
	const struct filter *filter;
	struct message_set kept;
	struct message_set *to_delete;
	/* the message in hand */
	size_t index;
	uint32_t number;
	char uid[64]; /* for people: cut if it is longer */
	int failure;  /* the exit status of the message before, if it was no verdict */
	unsigned failures;
	bool is_running;
	struct child child;
	struct writer writer;
};

static void
keep(struct judging *j)
{
	message_set_add(&j->kept, j->index);
}

static void
doom(struct judging *j)
{
	message_set_add(j->to_delete, j->index);
}

static void
leave_alone(struct judging *j)
{
	(void)j;
}

/* By the exit status. */
static void (*const verdicts[])(struct judging *j) = {keep, doom, leave_alone};

static bool
begin(void *ctx, const struct message_info *info, struct err *e)
{
	struct judging *j = ctx;
	char *account = mem_printf("ACCOUNT=%s", j->filter->account);
	char *uid = mem_printf("UID=%s", info->uid ? info->uid : "");
	char *size = mem_printf("SIZE=%" PRIu64, info->size);
	const char *const environment[] = {account, uid, size, NULL};

	j->index = info->index;
	j->number = info->number;
	snprintf(j->uid, sizeof j->uid, "%s", info->uid ? info->uid : "");
	j->is_running = child_start(&j->child, j->filter->command, CHILD_STDIN_PIPE,
				    CHILD_STDOUT_NONE, environment, e);
	free(account);
	free(uid);
	free(size);
	if (!j->is_running)
		return false;
	j->writer.heeds_stop = true;
	writer_start(&j->writer, j->child.to, j->filter->command);
	writer_begin(&j->writer);
	return true;
}

/* The command may have seen enough before the header's end: what counts is its exit status. */
static bool
unless_broken_pipe(const struct judging *j, bool ok)
{
	return ok || (j->writer.is_broken && j->writer.failure == EPIPE);
}

static bool
data(void *ctx, const char *bytes, size_t n, struct err *e)
{
	struct judging *j = ctx;

	return unless_broken_pipe(j, writer_data(&j->writer, bytes, n, e));
}

static bool
end(void *ctx, struct err *e)
{
	struct judging *j = ctx;
	char words[40];
	size_t status;
	int exit_status;

	if (!unless_broken_pipe(j, writer_end(&j->writer, e) && writer_flush(&j->writer, e)))
		return false;
	j->is_running = false;
	if (!child_wait_stoppable(&j->child, 0, &exit_status))
		return err_set(e, ERR_TEMPORARY, "%s: interrupted", j->filter->command);
	status = (size_t)exit_status;
	if (status < sizeof verdicts / sizeof verdicts[0]) {
		verdicts[status](j);
		j->failures = 0;
		return true;
	}
	if (!child_check_run(exit_status, e))
		return err_prefix(e, "%s", j->filter->command);
	j->failures = j->failure == exit_status ? j->failures + 1 : 1;
	j->failure = exit_status;
	return err_set(e, ERR_TEMPORARY, "filter '%s': %s; message %" PRIu32 "%s%s left alone",
		       j->filter->command, child_status_text(exit_status, words), j->number,
		       j->uid[0] ? " uid:" : "", j->uid);
}

/* An error of one message does not stop the others. */
static bool
abandon(void *ctx, const struct message_info *info, const struct err *why)
{
	struct judging *j = ctx;

	(void)info;
	if (j->is_running)
		child_end(&j->child);
	j->is_running = false;
	if (!why || (why->code != ERR_TEMPORARY && why->code != ERR_NO_INPUT))
		return false;
	run_complain(j->filter->run, why);
	return j->failures < FAILURES_MAX;
}

bool
filter_apply(const struct filter *filter, struct mailbox *m, const struct message_list *l,
	     struct message_set *set, struct message_set *to_delete, struct err *e)
{
	static const struct receiver receiver = {
	    .begin = begin, .data = data, .end = end, .abandon = abandon};
	struct judging j = {.filter = filter, .to_delete = to_delete};
	size_t asked = 0;
	bool ok = true;

	while (ok && asked < set->count && j.kept.count < filter->limit) {
		const size_t room = filter->limit - j.kept.count, left = set->count - asked;
		const struct message_set some = {.index = set->index + asked,
						 .count = left < room ? left : room};

		ok = mailbox_fetch(m, l, &some, PART_HEADER, &receiver, &j, e);
		asked += some.count;
	}
	if (!ok && j.failures >= FAILURES_MAX)
		err_set(e, e->code,
			"the filter failed for %d messages in a row; nothing is fetched",
			FAILURES_MAX);
	writer_free(&j.writer);
	message_set_free(set);
	message_set_sort(&j.kept);
	message_set_sort(to_delete);
	*set = j.kept;
	return ok;
}
