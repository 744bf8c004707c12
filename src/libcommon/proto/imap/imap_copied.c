/* SPDX-License-Identifier: ISC */
#include "proto/imap/imap_copied.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "proto/imap/imap_code.h"

/* "7", "3:5" or "5:3". */
static bool
read_range(const char *text, size_t len, uint32_t *from, uint32_t *to)
{
	const char *colon = memchr(text, ':', len);
	const size_t first_len = colon ? (size_t)(colon - text) : len;
	uint64_t first, last;

	if (!text_number_n(text, first_len, UINT32_MAX, &first) || first == 0)
		return false;
	last = first;
	if (colon &&
	    (!text_number_n(colon + 1, len - first_len - 1, UINT32_MAX, &last) || last == 0))
		return false;
	*from = (uint32_t)(first < last ? first : last);
	*to = (uint32_t)(first < last ? last : first);
	return true;
}

/* The index of the first UID that is not below LEAST. */
static size_t
first_from(const uint32_t *uids, size_t count, uint32_t least)
{
	size_t low = 0;

	while (count > low) {
		const size_t middle = low + (count - low) / 2;

		if (uids[middle] < least)
			low = middle + 1;
		else
			count = middle;
	}
	return low;
}

/* Marks the UIDs that the set names. False: it is not a set. */
static bool
mark(const char *set, size_t len, const uint32_t *uids, size_t count, bool *is_named)
{
	for (size_t at = 0, n; at <= len; at += n + 1) {
		const char *comma = memchr(set + at, ',', len - at);
		uint32_t from, to;

		n = comma ? (size_t)(comma - set) - at : len - at;
		if (!read_range(set + at, n, &from, &to))
			return false;
		for (size_t i = first_from(uids, count, from); i < count && uids[i] <= to; i++)
			is_named[i] = true;
	}
	return true;
}

size_t
imap_copied_keep(const char *status, uint32_t *uids, size_t count)
{
	struct imap_code code;
	const char *blank;
	bool *is_named;
	size_t kept = 0;

	imap_code_in(&code, status);
	blank = code.kind == IMAP_CODE_COPYUID ? memchr(code.rest, ' ', code.rest_len) : NULL;
	if (!blank)
		return count;
	is_named = mem_alloc(count * sizeof *is_named);
	if (mark(code.rest, (size_t)(blank - code.rest), uids, count, is_named)) {
		for (size_t i = 0; i < count; i++)
			if (is_named[i])
				uids[kept++] = uids[i];
	} else {
		kept = count;
	}
	free(is_named);
	return kept;
}
