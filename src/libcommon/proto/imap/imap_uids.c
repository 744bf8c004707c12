/* SPDX-License-Identifier: ISC */
#include "proto/imap/imap_uids.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "proto/mailbox.h"

uint32_t
imap_uid(const struct message_list *l, size_t index)
{
	const char *uid = message_list_uid(l, index);
	uint64_t n;

	return uid && text_number(uid, UINT32_MAX, &n) ? (uint32_t)n : 0;
}

static int
compare_uids(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

void
imap_uids_add(struct imap_uids *uids, const struct message_list *l, const struct message_set *set)
{
	if (set->count == 0)
		return;
	uids->items = mem_grow(uids->items, uids->count + set->count, sizeof *uids->items);
	for (size_t i = 0; i < set->count; i++) {
		const uint32_t uid = imap_uid(l, set->index[i]);

		if (uid > 0)
			uids->items[uids->count++] = uid;
	}
	if (uids->count > 0)
		qsort(uids->items, uids->count, sizeof *uids->items, compare_uids);
}

bool
imap_uids_have(const struct imap_uids *uids, uint32_t uid)
{
	return uids->count > 0 && bsearch(&uid, uids->items, uids->count, sizeof uid, compare_uids);
}

void
imap_uids_free(struct imap_uids *uids)
{
	free(uids->items);
	*uids = (struct imap_uids){0};
}

static int
compare_ranges(const void *a, const void *b)
{
	const struct imap_range *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

size_t
imap_ranges_arrange(struct imap_range *ranges, size_t n)
{
	size_t kept = 0;

	if (n > 0)
		qsort(ranges, n, sizeof *ranges, compare_ranges);
	for (size_t i = 0; i < n; i++) {
		struct imap_range *last = kept > 0 ? &ranges[kept - 1] : NULL;

		if (!last || ranges[i].from > (uint64_t)last->to + 1)
			ranges[kept++] = ranges[i];
		else if (ranges[i].to > last->to)
			last->to = ranges[i].to;
	}
	return kept;
}

/* For bsearch(): is the number before, in or after the range? */
static int
compare_place(const void *key, const void *range)
{
	const uint32_t number = *(const uint32_t *)key;
	const struct imap_range *r = range;

	return number < r->from ? -1 : number > r->to;
}

bool
imap_ranges_have(const struct imap_range *ranges, size_t n, uint32_t number)
{
	return n > 0 && bsearch(&number, ranges, n, sizeof *ranges, compare_place);
}

bool
imap_set_next(const char **at, const char *end, struct imap_range *range)
{
	const char *const start = *at, *comma = memchr(start, ',', (size_t)(end - start)), *colon;
	uint64_t first, last;

	comma = comma ? comma : end;
	colon = memchr(start, ':', (size_t)(comma - start));
	if (!text_number_n(start, (size_t)((colon ? colon : comma) - start), UINT32_MAX, &first))
		return false;
	last = first;
	if (colon && !text_number_n(colon + 1, (size_t)(comma - colon - 1), UINT32_MAX, &last))
		return false;
	range->from = (uint32_t)(first < last ? first : last);
	range->to = (uint32_t)(first < last ? last : first);
	*at = comma + 1;
	return true;
}

size_t
imap_set_add(struct buf *out, const uint32_t *uids, size_t count, size_t len_max)
{
	const size_t start = out->len;
	size_t i = 0;

	while (i < count && out->len - start <= len_max) {
		const size_t first = i;

		while (i + 1 < count && uids[i + 1] == uids[i] + 1)
			i++;
		buf_addf(out, "%s%" PRIu32, first > 0 ? "," : "", uids[first]);
		if (i > first)
			buf_addf(out, ":%" PRIu32, uids[i]);
		i++;
	}
	return i;
}
