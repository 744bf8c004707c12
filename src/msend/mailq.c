/* SPDX-License-Identifier: ISC */
#include "msend/mailq.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "app/table.h"
#include "app/tool.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "msend/queue.h"
#include "msend/queue_add.h"

enum { ID, AGE, SIZE, FROM, TO, REPLY, COLUMNS };

static const struct table_column columns[COLUMNS] = {
    [ID] = {"Id", 14, false, 14},  [AGE] = {"Age", 4, true, 4},
    [SIZE] = {"Size", 6, true, 4}, [FROM] = {"From", 20, false, 4},
    [TO] = {"To", 20, false, 4},   [REPLY] = {"Last reply", 0, false, 5},
};

/* For a person in the largest unit that it fills, for a program as it is. */
static char *
shown_number(const struct table *t, uint64_t n, const char *units, const unsigned factors[])
{
	size_t i = 0;

	if (!t->is_terminal)
		return mem_printf("%" PRIu64, n);
	while (factors[i] && n >= factors[i])
		n /= factors[i++];
	return units[i] == ' ' ? mem_printf("%" PRIu64, n)
			       : mem_printf("%" PRIu64 "%c", n, units[i]);
}

static char *
shown_age(const struct table *t, const struct queue_entry *q)
{
	const int64_t age = (int64_t)time(NULL) - q->arrived;

	return shown_number(t, age > 0 ? (uint64_t)age : 0, "smhd",
			    (const unsigned[]){60, 60, 24, 0});
}

static char *
shown_size(const struct table *t, const struct queue_entry *q)
{
	return shown_number(t, q->size, " kMG", (const unsigned[]){1024, 1024, 1024, 0});
}

static char *
shown_recipients(const struct queue_entry *q)
{
	struct buf list = {0};

	for (size_t i = 0; i < q->count; i++)
		if (queue_recipient_is_due(&q->recipients[i]))
			buf_addf(&list, "%s%s", list.len ? "," : "", q->recipients[i].address);
	return buf_take(&list);
}

static void
show(struct table *t, const struct queue_entry *q)
{
	char *age = shown_age(t, q), *size = shown_size(t, q), *to = shown_recipients(q);
	char *reply = mem_printf("%s%s", q->maybe_sent ? "(may have been sent) " : "",
				 q->reply ? q->reply : "");

	table_row(t, (const char *[COLUMNS]){[ID] = q->id,
					     [AGE] = age,
					     [SIZE] = size,
					     [FROM] = q->from[0] ? q->from : "<>",
					     [TO] = to,
					     [REPLY] = reply});
	free(age);
	free(size);
	free(to);
	free(reply);
}

static void
show_all(struct run *run, const struct queue *q, const struct queue_list *l)
{
	const struct table_column *shown[COLUMNS];
	struct table table;

	for (size_t i = 0; i < COLUMNS; i++)
		shown[i] = &columns[i];
	table_start(&table, shown, COLUMNS, '\n');
	for (size_t i = 0; i < l->count; i++) {
		struct queue_entry entry;
		struct err e;

		if (queue_read(q, l->ids[i], &entry, &e))
			show(&table, &entry);
		else if (e.code != ERR_NO_INPUT) /* else it was sent just now */
			run_complain(run, &e);
		queue_entry_free(&entry);
	}
	table_end(&table);
}

/* Lists the failed messages, which wait for a person. */
static bool
tell_of_failed(const struct run *run, const struct queue *q, struct err *e)
{
	struct queue_list l;
	const bool ok = queue_list_failed(q, &l, e);

	if (l.count > 0)
		run_remark(run, "%zu that could not be sent: see %s", l.count,
			   queue_failed_directory(q));
	queue_list_free(&l);
	return ok;
}

bool
mailq_show(struct run *run, struct err *e)
{
	struct queue *q = queue_add_open(e);
	struct queue_list l = {0};
	bool ok = q && queue_list(q, &l, e);

	if (ok && l.count > 0)
		show_all(run, q, &l);
	else if (ok && isatty(STDOUT_FILENO) == 1)
		run_remark(run, "the queue is empty");
	ok = ok && tell_of_failed(run, q, e);
	queue_list_free(&l);
	queue_free(q);
	return ok;
}
