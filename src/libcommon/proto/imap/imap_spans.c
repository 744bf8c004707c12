/* SPDX-License-Identifier: ISC */
#include "proto/imap/imap_spans.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "proto/mailbox.h"

/* False: it names no message of this folder. */
static bool
clip(const struct message_span *span, uint32_t exists, struct imap_span *out)
{
	out->from = span->from;
	out->to = span->to < exists ? span->to : exists;
	if (span->to == 0)
		return false;
	if (span->is_from_end) {
		out->from = exists - out->to + 1;
		out->to = exists;
	}
	return out->from <= out->to;
}

static int
compare(const void *a, const void *b)
{
	const struct imap_span *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

static void
merge(struct imap_spans *s)
{
	size_t kept = 0;

	if (s->count > 0)
		qsort(s->items, s->count, sizeof *s->items, compare);
	for (size_t i = 0; i < s->count; i++) {
		struct imap_span *last = kept > 0 ? &s->items[kept - 1] : NULL;

		if (!last || s->items[i].from > last->to + 1)
			s->items[kept++] = s->items[i];
		else if (s->items[i].to > last->to)
			last->to = s->items[i].to;
	}
	s->count = kept;
}

void
imap_spans_make(struct imap_spans *s, const struct message_span *spans, size_t n, uint32_t exists)
{
	*s = (struct imap_spans){.items = mem_alloc(n * sizeof *s->items)};
	for (size_t i = 0; i < n; i++)
		if (clip(&spans[i], exists, &s->items[s->count]))
			s->count++;
	merge(s);
	for (size_t i = 0; i < s->count; i++)
		s->messages += s->items[i].to - s->items[i].from + 1;
}

void
imap_spans_free(struct imap_spans *s)
{
	free(s->items);
	*s = (struct imap_spans){0};
}

static int
compare_place(const void *key, const void *item)
{
	const uint32_t number = *(const uint32_t *)key;
	const struct imap_span *span = item;

	return number < span->from ? -1 : number > span->to;
}

bool
imap_spans_have(const struct imap_spans *s, uint32_t number)
{
	return s->count > 0 &&
	       bsearch(&number, s->items, s->count, sizeof *s->items, compare_place) != NULL;
}

void
imap_spans_add(struct buf *out, const struct imap_spans *s)
{
	for (size_t i = 0; i < s->count; i++) {
		buf_addf(out, "%s%" PRIu32, i > 0 ? "," : "", s->items[i].from);
		if (s->items[i].to > s->items[i].from)
			buf_addf(out, ":%" PRIu32, s->items[i].to);
	}
}
