/* SPDX-License-Identifier: ISC */
#include "proto/imap/imap_numbers.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { SIZE_MIN = 1024 };

/* Live slots from 1 up to SLOT, which is in the tree. */
static uint32_t
live_up_to(const struct imap_numbers *n, uint32_t slot)
{
	uint32_t count = 0;

	for (; slot > 0; slot &= slot - 1)
		count += n->tree[slot];
	return count;
}

/* Twice the size, with all new slots live: a node's parent that is new counts the whole old
 * tree. */
static void
grow(struct imap_numbers *n)
{
	const uint32_t size = n->size > 0 ? 2 * n->size : SIZE_MIN;

	n->tree = mem_grow(n->tree, (size_t)size + 1, sizeof *n->tree);
	for (uint32_t i = n->size + 1; i <= size; i++)
		n->tree[i] = i & -i;
	n->tree[size] = size - n->gone;
	n->size = size;
}

uint32_t
imap_numbers_slot(const struct imap_numbers *n, uint32_t number)
{
	uint32_t slot = 0, left = number;

	if (number > n->size - n->gone)
		return number + n->gone < number ? UINT32_MAX : number + n->gone;
	for (uint32_t step = n->size; step > 0; step /= 2)
		if (slot + step <= n->size && n->tree[slot + step] < left) {
			slot += step;
			left -= n->tree[slot];
		}
	return slot + 1;
}

void
imap_numbers_expunge(struct imap_numbers *n, uint32_t number)
{
	const uint32_t slot = imap_numbers_slot(n, number);

	if (number == 0 || slot > IMAP_NUMBERS_MAX)
		return;
	while (slot > n->size)
		grow(n);
	for (uint32_t i = slot; i <= n->size; i += i & -i)
		n->tree[i]--;
	n->gone++;
}

uint32_t
imap_numbers_number(const struct imap_numbers *n, uint32_t slot)
{
	uint32_t before;

	if (slot == 0)
		return 0;
	if (slot > n->size)
		return slot - n->gone;
	before = live_up_to(n, slot - 1);
	return live_up_to(n, slot) > before ? before + 1 : 0;
}

void
imap_numbers_free(struct imap_numbers *n)
{
	free(n->tree);
	*n = (struct imap_numbers){0};
}
