/* SPDX-License-Identifier: ISC */
#include "msend/queue_access.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text_set.h"
#include "msend/queue_attempt.h"
#include "msend/queue_route.h"

/* The command that the message goes through; NULL: none. */
static const char *
filter_of(const struct queue_entry *entry)
{
	const char *name = setting_row(SET_SEND_FILTER, TOOL_MSEND)->name;

	for (size_t i = 0; i < entry->setting_count; i++)
		if (strcmp(entry->settings[i].name, name) == 0)
			return entry->settings[i].value;
	return NULL;
}

static bool
is_of(const struct queue_route *r, const struct queue_lane *lane)
{
	return !lane || r->lane == lane;
}

static void
add_accounts(struct queue_access *q, const struct queue_routes *routes,
	     const struct queue_lane *lane)
{
	q->accounts = mem_grow(NULL, routes->count + 1, sizeof *q->accounts);
	for (size_t i = 0; i < routes->count; i++)
		if (is_of(routes->items[i], lane) && routes->items[i]->problem.code == ERR_NONE)
			q->accounts[q->group.count++] = &routes->items[i]->account.base;
	q->group.accounts = q->accounts;
}

/* Each once. */
static void
add_commands(struct queue_access *q, const struct queue_lane *lane, const struct queue_waiting *all,
	     size_t count)
{
	struct text_set known = {0};

	for (size_t i = 0; i < count; i++) {
		const char *filter = is_of(all[i].route, lane) ? filter_of(&all[i].entry) : NULL;

		if (!filter || !text_set_add(&known, filter))
			continue;
		q->commands = mem_room(q->commands, q->group.command_count, sizeof *q->commands);
		q->commands[q->group.command_count++] = filter;
	}
	text_set_free(&known);
	q->group.commands = q->commands;
}

void
queue_access_share(struct queue_access *q, const struct queue_routes *routes,
		   const struct queue_lane *lane, const struct queue_waiting *all, size_t count)
{
	add_accounts(q, routes, lane);
	add_commands(q, lane, all, count);
	for (size_t i = 0; i < routes->count; i++) {
		struct access_settings *a = &routes->items[i]->account.base.settings.access;

		a->group = &q->group;
		a->keeps_spool |= q->group.command_count > 0;
	}
}

void
queue_access_free(struct queue_access *q)
{
	free(q->accounts);
	free(q->commands);
	*q = (struct queue_access){0};
}
