/* SPDX-License-Identifier: ISC */
#include "base/text_set.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h> /* getentropy(), but for macOS */
#ifdef __APPLE__
#include <sys/random.h>
#endif

#include "base/mem.h"

enum { ROOM_LEAST = 16 };

/* FNV-1a from a start that nobody outside knows. */
uint64_t
text_hash(const char *text)
{
	static uint64_t start;
	uint64_t h;

	if (start == 0 && getentropy(&start, sizeof start) != 0)
		start = 14695981039346656037u;
	for (h = start; *text; text++)
		h = (h ^ (unsigned char)*text) * 1099511628211u;
	return h ^ (h >> 29);
}

/* The slot of TEXT, or the empty one that it would take. */
static char **
find(const struct text_set *s, const char *text)
{
	size_t at = text_hash(text) & (s->room - 1);

	while (s->slots[at] && strcmp(s->slots[at], text) != 0)
		at = (at + 1) & (s->room - 1);
	return &s->slots[at];
}

static void
grow(struct text_set *s)
{
	struct text_set larger = {.room = s->room ? s->room * 2 : ROOM_LEAST, .count = s->count};

	larger.slots = mem_alloc(larger.room * sizeof *larger.slots);
	for (size_t i = 0; i < s->room; i++)
		if (s->slots[i])
			*find(&larger, s->slots[i]) = s->slots[i];
	free(s->slots);
	*s = larger;
}

bool
text_set_add(struct text_set *s, const char *text)
{
	char **slot;

	if (2 * (s->count + 1) > s->room)
		grow(s);
	slot = find(s, text);
	if (*slot)
		return false;
	*slot = mem_strdup(text);
	s->count++;
	return true;
}

void
text_set_free(struct text_set *s)
{
	for (size_t i = 0; i < s->room; i++)
		free(s->slots[i]);
	free(s->slots);
	*s = (struct text_set){0};
}
