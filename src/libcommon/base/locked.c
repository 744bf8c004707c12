/* SPDX-License-Identifier: ISC */
#include "base/locked.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"

/* The texts are in slots of one size; one that is longer takes several in a row. */
enum { SLOT = 128, SLOTS = 64 };

static char *slots;     /* NULL: not mapped yet */
static pid_t locked_by; /* a child has none of the locks of its parent */
static bool is_taken[SLOTS];

/* Neither is promised: RLIMIT_MEMLOCK may be zero, and MADV_DONTDUMP is Linux's. */
static void
protect(void)
{
	locked_by = getpid();
	(void)mlock(slots, (size_t)SLOT * SLOTS);
#ifdef MADV_DONTDUMP
	(void)madvise(slots, (size_t)SLOT * SLOTS, MADV_DONTDUMP);
#endif
}

static bool
map(void)
{
	void *pages;

	if (slots && locked_by != getpid())
		protect();
	if (slots)
		return true;
	pages = mmap(NULL, (size_t)SLOT * SLOTS, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pages == MAP_FAILED)
		return false;
	slots = pages;
	protect();
	return true;
}

static size_t
slots_for(size_t size)
{
	return (size + SLOT - 1) / SLOT;
}

/* Are COUNT slots from FIRST on free? */
static bool
are_free(size_t first, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_taken[first + i])
			return false;
	return true;
}

/* Room for SIZE bytes; NULL: there is none. */
static char *
take_slots(size_t size)
{
	const size_t count = slots_for(size);

	for (size_t first = 0; first + count <= SLOTS && map(); first++)
		if (are_free(first, count)) {
			memset(is_taken + first, true, count);
			return slots + first * SLOT;
		}
	return NULL;
}

char *
locked_text(const char *text)
{
	size_t size;
	char *copy;

	if (!text)
		return NULL;
	size = strlen(text) + 1;
	copy = take_slots(size);
	if (!copy)
		copy = mem_alloc(size);
	memcpy(copy, text, size);
	return copy;
}

char *
locked_take(char *text)
{
	char *copy = locked_text(text);

	mem_free_secret(text);
	return copy;
}

void
locked_free(char *text)
{
	const uintptr_t at = (uintptr_t)text, first = (uintptr_t)slots;
	size_t size;

	if (!text)
		return;
	size = strlen(text) + 1;
	mem_wipe(text, size);
	if (slots && at >= first && at < first + (uintptr_t)SLOT * SLOTS)
		memset(is_taken + (at - first) / SLOT, false, slots_for(size));
	else
		free(text);
}
