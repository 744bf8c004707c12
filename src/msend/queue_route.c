/* SPDX-License-Identifier: ISC */
#include "msend/queue_route.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "msend/queue_entry.h"
#include "msend/queue_settings.h"
#include "msend/submission.h"

static struct queue_route *
find_place(const struct queue_routes *r, const char *place)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->items[i]->place && strcmp(r->items[i]->place, place) == 0)
			return r->items[i];
	return NULL;
}

static struct queue_route *
make_route(struct queue_routes *all, char *key, const struct values *now,
	   const struct queue_entry *entry)
{
	struct queue_route *r = mem_alloc(sizeof *r);
	struct values given = {0};

	r->key = key;
	r->submission = submission_open(all->shared);
	values_copy(&given, now);
	queue_settings_read_route(entry, &given);
	if (send_account_resolve(&r->account, &given, entry->from, &r->problem) &&
	    (r->place = submission_place(&r->account, &r->problem)))
		r->problem.code = ERR_NONE;
	values_free(&given);
	r->leader = r->place ? find_place(all, r->place) : NULL;
	all->items = mem_room(all->items, all->count, sizeof(struct queue_route *));
	return all->items[all->count++] = r;
}

struct queue_route *
queue_route_find(struct queue_routes *r, const struct values *given,
		 const struct queue_entry *entry)
{
	char *key = queue_settings_route_key(entry);

	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->items[i]->key, key) == 0) {
			free(key);
			return r->items[i];
		}
	return make_route(r, key, given, entry);
}

void
queue_routes_free(struct queue_routes *r)
{
	for (size_t i = 0; i < r->count; i++) {
		submission_close(r->items[i]->submission);
		send_account_free(&r->items[i]->account);
		free(r->items[i]->key);
		free(r->items[i]->place);
		free(r->items[i]);
	}
	free(r->items);
	*r = (struct queue_routes){0};
}
