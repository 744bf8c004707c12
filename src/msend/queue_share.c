/* SPDX-License-Identifier: ISC */
#include "msend/queue_share.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "base/err.h"
#include "base/mem.h"
#include "msend/queue_attempt.h"
#include "msend/queue_route.h"

/* In memory that the processes share. A route may have a lane of its own. */
struct common {
	_Atomic size_t next_turn;
	struct {
		struct queue_lane lane;
		atomic_bool is_blocked;
	} of_route[];
};

struct queue_share {
	struct queue_waiting *all;
	struct queue_lane **turns;
	size_t turn_count;
	struct common *common;
	size_t size; /* of it, in bytes */
};

static bool
open_common(struct queue_share *s, const struct queue_routes *routes, struct err *e)
{
	void *memory;

	s->size = sizeof *s->common + routes->count * sizeof s->common->of_route[0];
	memory = mmap(NULL, s->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return err_set_errno(e, ERR_TEMPORARY, "no memory to share");
	s->common = memory;
	return true;
}

static void
assign_lanes(struct queue_share *s, const struct queue_routes *routes)
{
	for (size_t i = 0; i < routes->count; i++) {
		struct queue_route *r = routes->items[i];
		struct queue_lane *own = &s->common->of_route[i].lane;

		atomic_init(&own->next, QUEUE_NO_MESSAGE);
		r->is_blocked = &s->common->of_route[i].is_blocked;
		r->lane = r->leader ? r->leader->lane : own;
	}
}

/* Links the messages of each lane, from the youngest to the oldest. */
static void
link_messages(struct queue_share *s, size_t count)
{
	for (size_t i = count; i > 0; i--) {
		struct queue_waiting *w = &s->all[i - 1];

		w->following = atomic_load(&w->route->lane->next);
		atomic_store(&w->route->lane->next, i - 1);
		w->route->lane->count++;
	}
}

/* One turn for each lane, then a second one for each that has two messages and may have two
 * connections, and so on. */
static void
plan_turns(struct queue_share *s, const struct queue_routes *routes, size_t connections)
{
	for (size_t round = 0; round < connections; round++)
		for (size_t i = 0; i < routes->count; i++) {
			struct queue_lane *l = &s->common->of_route[i].lane;

			if (round >= l->count ||
			    (round > 0 && s->turn_count >= QUEUE_PROCESSES_MAX))
				continue;
			l->is_shared = round > 0;
			s->turns = mem_room(s->turns, s->turn_count, sizeof(struct queue_lane *));
			s->turns[s->turn_count++] = l;
		}
}

struct queue_share *
queue_share_open(const struct queue_routes *routes, struct queue_waiting *all, size_t count,
		 size_t connections, struct err *e)
{
	struct queue_share *s = mem_alloc(sizeof *s);

	s->all = all;
	if (!open_common(s, routes, e)) {
		queue_share_close(s);
		return NULL;
	}
	assign_lanes(s, routes);
	link_messages(s, count);
	plan_turns(s, routes, connections);
	return s;
}

void
queue_share_close(struct queue_share *s)
{
	if (!s)
		return;
	if (s->common)
		munmap(s->common, s->size);
	free(s->turns);
	free(s);
}

size_t
queue_share_processes(const struct queue_share *s)
{
	return s->turn_count < QUEUE_PROCESSES_MAX ? s->turn_count : QUEUE_PROCESSES_MAX;
}

bool
queue_share_is_even(const struct queue_share *s)
{
	return s->turn_count <= QUEUE_PROCESSES_MAX;
}

struct queue_lane *
queue_share_take_turn(struct queue_share *s)
{
	const size_t turn = atomic_fetch_add(&s->common->next_turn, 1);

	return turn < s->turn_count ? s->turns[turn] : NULL;
}

struct queue_waiting *
queue_share_take(struct queue_share *s, struct queue_lane *l)
{
	size_t at = atomic_load(&l->next);

	while (at != QUEUE_NO_MESSAGE &&
	       !atomic_compare_exchange_weak(&l->next, &at, s->all[at].following))
		;
	return at != QUEUE_NO_MESSAGE ? &s->all[at] : NULL;
}
