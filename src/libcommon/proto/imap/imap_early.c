/* SPDX-License-Identifier: ISC */
#include "proto/imap/imap_early.h"

#include <limits.h>
#include <stdlib.h>

#include "base/mem.h"

/* The answer to a command that is not awaited yet. */
struct imap_early {
	unsigned tag;
	enum imap_status status;
	char *words;
};

void
imap_early_free(struct imap *c)
{
	for (size_t i = 0; i < c->tags.early_count; i++)
		free(c->tags.early[i].words);
	free(c->tags.early);
	c->tags.early = NULL;
	c->tags.early_count = 0;
}

bool
imap_early_take(struct imap *c, enum imap_status *status)
{
	for (size_t i = 0; i < c->tags.early_count; i++) {
		struct imap_early *early = &c->tags.early[i];

		if (early->tag != c->tags.awaited)
			continue;
		*status = early->status;
		buf_clear(&c->words);
		buf_add_str(&c->words, early->words);
		free(early->words);
		*early = c->tags.early[--c->tags.early_count];
		return true;
	}
	return false;
}

static bool
has_early(const struct imap *c, unsigned tag)
{
	for (size_t i = 0; i < c->tags.early_count; i++)
		if (c->tags.early[i].tag == tag)
			return true;
	return false;
}

bool
imap_early_allowed(const struct imap *c, unsigned tag)
{
	return c->tags.awaited >= c->tags.unordered_from && tag <= c->tags.unordered_to &&
	       !has_early(c, tag);
}

void
imap_early_keep(struct imap *c, unsigned tag, enum imap_status status)
{
	c->tags.early = mem_room(c->tags.early, c->tags.early_count, sizeof *c->tags.early);
	c->tags.early[c->tags.early_count++] =
	    (struct imap_early){.tag = tag, .status = status, .words = mem_strdup(c->words.data)};
}

void
imap_begin_unordered(struct imap *c)
{
	c->tags.unordered_from = c->tags.asked + 1;
	c->tags.unordered_to = UINT_MAX;
}

void
imap_end_unordered(struct imap *c)
{
	c->tags.unordered_to = c->tags.asked;
}
