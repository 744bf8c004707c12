/* SPDX-License-Identifier: ISC */
#include "maccount/candidate.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

/* More than a person would read, and than we would connect to. */
enum { SUM_MAX = 3 * CANDIDATES_MAX };

static bool
is_same(const struct candidate *a, const struct candidate *b)
{
	return a->url.protocol == b->url.protocol && a->url.port == b->url.port &&
	       a->url.security == b->url.security && text_equal_case(a->url.host, b->url.host);
}

void
candidates_add(struct candidates *c, const struct candidate *one)
{
	struct candidate *copy;

	for (size_t i = 0; i < c->count; i++)
		if (is_same(&c->items[i], one))
			return;
	if (c->count >= CANDIDATES_MAX)
		return;
	c->items = mem_room(c->items, c->count, sizeof *c->items);
	copy = &c->items[c->count++];
	*copy = *one;
	copy->user = mem_strdup(one->user);
	copy->auth = mem_strdup(one->auth);
	copy->source = mem_strdup(one->source);
	copy->preset = mem_strdup(one->preset);
}

static void
free_one(struct candidate *c)
{
	free(c->user);
	free(c->auth);
	free(c->source);
	free(c->preset);
}

/* A server that an unsigned record and a better source name is as good as the better source. */
static bool
is_known(struct candidates *c, const struct candidate *one)
{
	for (size_t i = 0; i < c->count; i++) {
		struct candidate *known = &c->items[i];

		if (!is_same(known, one))
			continue;
		if (known->trust == TRUST_STATED || one->trust == TRUST_UNSIGNED)
			return true;
		known->trust = TRUST_STATED;
		free(known->source);
		known->source = mem_strdup(one->source);
		return true;
	}
	return false;
}

void
candidates_append(struct candidates *c, struct candidates *from)
{
	for (size_t i = 0; i < from->count; i++) {
		if (c->count < SUM_MAX && !is_known(c, &from->items[i])) {
			c->items = mem_room(c->items, c->count, sizeof *c->items);
			c->items[c->count++] = from->items[i];
			from->items[i] = (struct candidate){0};
		}
		free_one(&from->items[i]);
	}
	if (!c->issuer) {
		c->issuer = from->issuer;
		from->issuer = NULL;
	}
	for (size_t p = 0; p <= PROTOCOL_IMAP; p++)
		c->is_not_offered[p] |= from->is_not_offered[p];
	from->count = 0;
	candidates_free(from);
}

void
candidates_free(struct candidates *c)
{
	for (size_t i = 0; i < c->count; i++)
		free_one(&c->items[i]);
	free(c->items);
	free(c->issuer);
	*c = (struct candidates){0};
}

bool
candidate_is_inside(const char *name, const char *domain)
{
	const size_t n = strlen(name), d = strlen(domain);

	return n >= d && text_equal_case(name + n - d, domain) &&
	       (n == d || name[n - d - 1] == '.');
}
