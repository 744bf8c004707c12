/* SPDX-License-Identifier: ISC */
#include "proto/imap/imap_folder_index.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text_set.h"
#include "proto/imap/imap_name.h"

enum { ROOM_LEAST = 64 };

/* The slot of the folder KEY, or the empty one that it would take. */
static uint32_t *
find(const struct imap_folder_index *x, const struct folder_list *l, const char *wanted)
{
	size_t at = text_hash(wanted) & (x->room - 1);

	while (x->slots[at] && strcmp(imap_name_key(l->items[x->slots[at] - 1].wire), wanted) != 0)
		at = (at + 1) & (x->room - 1);
	return &x->slots[at];
}

static void
grow(struct imap_folder_index *x)
{
	free(x->slots);
	x->room = x->room ? x->room * 2 : ROOM_LEAST;
	x->slots = mem_alloc(x->room * sizeof *x->slots);
	x->count = 0;
}

/* Adds the folders that came since. */
static void
catch_up(struct imap_folder_index *x, const struct folder_list *l)
{
	while (x->room < 2 * (l->count + 1))
		grow(x);
	for (; x->count < l->count; x->count++) {
		uint32_t *slot = find(x, l, imap_name_key(l->items[x->count].wire));

		if (*slot == 0)
			*slot = (uint32_t)x->count + 1;
	}
}

struct folder *
imap_folder_index_find(struct imap_folder_index *x, const struct folder_list *l, const char *wire)
{
	uint32_t slot;

	catch_up(x, l);
	slot = *find(x, l, imap_name_key(wire));
	return slot ? &l->items[slot - 1] : NULL;
}

void
imap_folder_index_free(struct imap_folder_index *x)
{
	free(x->slots);
	*x = (struct imap_folder_index){0};
}
