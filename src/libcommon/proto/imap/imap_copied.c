/* SPDX-License-Identifier: ISC */
#include "proto/imap/imap_copied.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "proto/imap/imap_code.h"
#include "proto/imap/imap_uids.h"

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

/* Marks the UIDs that the set from SET to END names. False: it is not a set. */
static bool
mark(const char *set, const char *end, const uint32_t *uids, size_t count, bool *is_named)
{
	while (set <= end) {
		struct imap_range r;

		if (!imap_set_next(&set, end, &r) || r.from == 0)
			return false;
		for (size_t i = first_from(uids, count, r.from); i < count && uids[i] <= r.to; i++)
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
	if (mark(code.rest, blank, uids, count, is_named)) {
		for (size_t i = 0; i < count; i++)
			if (is_named[i])
				uids[kept++] = uids[i];
	} else {
		kept = count;
	}
	free(is_named);
	return kept;
}

bool
imap_copied_is_told(const char *status)
{
	struct imap_code code;

	imap_code_in(&code, status);
	return code.kind == IMAP_CODE_COPYUID;
}
