/* SPDX-License-Identifier: ISC */
#include "journal/journal_former.h"

#include <stdlib.h>

#include "base/mem.h"
#include "journal/journal.h"
#include "journal/journal_index.h"
#include "journal/journal_rewrite.h"
#include "journal/journal_state.h"

void
journal_set_validity(struct journal *s, uint64_t validity)
{
	journal_index_set_validity(&s->known, validity);
}

void
journal_distrust_from(struct journal *s, uint32_t next,
		      bool (*is_listed)(void *ctx, const char *uid), void *ctx)
{
	journal_stale_distrust_from(&s->known, next, is_listed, ctx);
}

bool
journal_has_former(const struct journal *s)
{
	for (size_t i = 0; i < s->known.count; i++)
		if (journal_stale_is(&s->known, &s->known.entries[i]))
			return true;
	return false;
}

size_t
journal_recognise(struct journal *s, const struct newcomer *newcomers, size_t count)
{
	return journal_stale_recognise(&s->known, newcomers, count);
}

bool
journal_drop_former(struct journal *s, struct err *e)
{
	bool *kept, ok;

	if (!s->path)
		return true;
	kept = mem_alloc(s->known.count * sizeof *kept);
	for (size_t i = 0; i < s->known.count; i++)
		kept[i] = journal_index_is_seen(&s->known.entries[i]) &&
			  !journal_stale_is(&s->known, &s->known.entries[i]);
	ok = journal_write(s, false, e) && journal_rewrite(s, kept, e);
	for (size_t i = 0; i < s->known.count && ok; i++)
		if (!kept[i])
			journal_index_forget(&s->known.entries[i]);
	free(kept);
	return ok;
}
