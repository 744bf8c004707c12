/* SPDX-License-Identifier: ISC */
#include "proto/message_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

const char *
message_list_uid(const struct message_list *l, size_t index)
{
	if (!l->has_uids || l->items[index].uid == MESSAGE_NONE)
		return NULL;
	return l->uids.data + l->items[index].uid;
}

const char *
message_list_flags(const struct message_list *l, size_t index)
{
	return l->flags.len > 0 ? l->flags.data + l->items[index].flags : NULL;
}

struct message_info
message_list_info(const struct message_list *l, size_t index)
{
	return (struct message_info){.index = index,
				     .number = l->items[index].number,
				     .uid = message_list_uid(l, index),
				     .size = l->items[index].size};
}

static int
compare_uids(const void *a, const void *b)
{
	return strcmp(((const struct message_at *)a)->uid, ((const struct message_at *)b)->uid);
}

void
message_index_make(struct message_index *x, const struct message_list *l)
{
	bool is_sorted = true; /* as they come from most servers */

	*x = (struct message_index){.items = mem_alloc(l->count * sizeof *x->items)};
	for (size_t i = 0; i < l->count; i++) {
		const char *uid = message_list_uid(l, i);

		if (!uid)
			continue;
		is_sorted =
		    is_sorted && (x->count == 0 || strcmp(x->items[x->count - 1].uid, uid) < 0);
		x->items[x->count++] = (struct message_at){uid, i};
	}
	if (!is_sorted)
		qsort(x->items, x->count, sizeof *x->items, compare_uids);
}

size_t
message_index_find(const struct message_index *x, const char *uid)
{
	const struct message_at key = {.uid = uid};
	const struct message_at *found =
	    x->count > 0 ? bsearch(&key, x->items, x->count, sizeof key, compare_uids) : NULL;

	return found ? found->index : MESSAGE_NONE;
}

void
message_index_free(struct message_index *x)
{
	free(x->items);
	*x = (struct message_index){0};
}

/* Most servers give ids that ascend: then one look at each is enough. */
static bool
is_ascending(const struct message_list *l)
{
	const char *last = NULL;

	for (size_t i = 0; i < l->count; i++) {
		const char *uid = message_list_uid(l, i);

		if (uid && last && strcmp(last, uid) >= 0)
			return false;
		last = uid ? uid : last;
	}
	return true;
}

void
message_list_drop_ambiguous(struct message_list *l)
{
	struct message_index x;

	if (is_ascending(l))
		return;
	message_index_make(&x, l);
	for (size_t i = 1; i < x.count; i++)
		if (strcmp(x.items[i - 1].uid, x.items[i].uid) == 0)
			l->items[x.items[i - 1].index].uid = l->items[x.items[i].index].uid =
			    MESSAGE_NONE;
	message_index_free(&x);
}

void
message_list_free(struct message_list *l)
{
	free(l->items);
	buf_free(&l->uids);
	buf_free(&l->flags);
	*l = (struct message_list){0};
}

void
message_set_add(struct message_set *set, size_t index)
{
	set->index = mem_room(set->index, set->count, sizeof *set->index);
	set->index[set->count++] = index;
}

static int
compare_indexes(const void *a, const void *b)
{
	const size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return x < y ? -1 : x > y;
}

void
message_set_sort(struct message_set *set)
{
	if (set->count > 0)
		qsort(set->index, set->count, sizeof *set->index, compare_indexes);
}

void
message_set_free(struct message_set *set)
{
	free(set->index);
	*set = (struct message_set){0};
}
