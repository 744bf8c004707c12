/* SPDX-License-Identifier: ISC */
#include "proto/imap/imap_spans.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "proto/mailbox.h"

/* False: it names no message of this folder. */
static bool
clip(const struct message_span *span, uint32_t exists, struct imap_range *out)
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

void
imap_spans_make(struct imap_spans *s, const struct message_span *spans, size_t n, uint32_t exists)
{
	*s = (struct imap_spans){.items = mem_alloc(n * sizeof *s->items)};
	for (size_t i = 0; i < n; i++)
		if (clip(&spans[i], exists, &s->items[s->count]))
			s->count++;
	s->count = imap_ranges_arrange(s->items, s->count);
	for (size_t i = 0; i < s->count; i++)
		s->messages += s->items[i].to - s->items[i].from + 1;
}

void
imap_spans_free(struct imap_spans *s)
{
	free(s->items);
	*s = (struct imap_spans){0};
}

bool
imap_spans_have(const struct imap_spans *s, uint32_t number)
{
	return imap_ranges_have(s->items, s->count, number);
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
