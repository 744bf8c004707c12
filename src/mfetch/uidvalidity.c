/* SPDX-License-Identifier: ISC */
#include "mfetch/uidvalidity.h"

#include <stdlib.h>

#include "app/tool.h"
#include "base/buf.h"
#include "base/mem.h"
#include "journal/journal_former.h"
#include "journal/journal_record.h"
#include "message/fingerprint.h"
#include "message/receiver.h"
#include "proto/mailbox.h"

struct look {
	const struct message_list *list;
	struct buf header; /* of the message that comes */
	struct message_info info;
	fingerprint *prints; /* of those that came and have one */
	struct newcomer *newcomers;
	size_t count;
};

static bool
look_begin(void *ctx, const struct message_info *info, struct err *e)
{
	struct look *x = ctx;

	(void)e;
	x->info = *info;
	buf_clear(&x->header);
	return true;
}

static bool
look_data(void *ctx, const char *bytes, size_t n, struct err *e)
{
	struct look *x = ctx;

	(void)e;
	if (x->header.len <= FINGERPRINT_HEADER_MAX) /* a longer one has none */
		buf_add(&x->header, bytes, n);
	return true;
}

static bool
look_end(void *ctx, struct err *e)
{
	struct look *x = ctx;
	fingerprint *print = &x->prints[x->count];

	(void)e;
	if (x->header.len > 0 &&
	    fingerprint_make(print, x->header.data, x->header.len, true, x->info.size)) {
		x->newcomers[x->count] = (struct newcomer){
		    .uid = message_list_uid(x->list, x->info.index), .print = *print};
		x->count++;
	}
	return true;
}

/* It is not recognised, so it is fetched. */
static bool
look_abandon(void *ctx, const struct message_info *info, const struct err *why)
{
	(void)ctx;
	(void)info;
	return why != NULL;
}

static const struct receiver look_receiver = {
    .begin = look_begin, .data = look_data, .end = look_end, .abandon = look_abandon};

static void
find_unknown(struct journal *journal, const struct message_list *l, struct message_set *unknown)
{
	for (size_t i = 0; i < l->count; i++) {
		const char *uid = message_list_uid(l, i);

		if (uid && !journal_has(journal, uid, l->items[i].size, NULL))
			message_set_add(unknown, i);
	}
}

static bool
look_at(struct journal *journal, struct mailbox *m, const struct message_list *l,
	const struct message_set *unknown, size_t *recognised, struct err *e)
{
	struct look x = {.list = l};
	bool ok;

	x.prints = mem_alloc(unknown->count * sizeof *x.prints);
	x.newcomers = mem_alloc(unknown->count * sizeof *x.newcomers);
	ok =
	    unknown->count == 0 || mailbox_fetch(m, l, unknown, PART_HEADER, &look_receiver, &x, e);
	*recognised = ok ? journal_recognise(journal, x.newcomers, x.count) : 0;
	buf_free(&x.header);
	free(x.prints);
	free(x.newcomers);
	return ok;
}

bool
uidvalidity_recognise(struct journal *journal, struct mailbox *m, const struct message_list *l,
		      bool record, const struct run *run, const char *place, struct err *e)
{
	struct message_set unknown = {0};
	size_t recognised;
	bool ok;

	if (!journal_has_former(journal))
		return true;
	find_unknown(journal, l, &unknown);
	ok = look_at(journal, m, l, &unknown, &recognised, e) &&
	     (!record || journal_drop_former(journal, e));
	if (ok)
		run_remark(run,
			   "%s: the server has numbered its messages anew (UIDVALIDITY); of %zu "
			   "messages %zu are known by their headers",
			   place, l->count, recognised);
	message_set_free(&unknown);
	return ok;
}
