/* SPDX-License-Identifier: ISC */
#include "maccount/candidate.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "maccount/https.h"

enum { STATED_LEN_MAX = 150 }; /* the line of a configuration has to hold it, with its source */

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

/* A scope is printable ASCII (RFC 6749 section 3.3); a semicolon would begin a comment. */
static bool
is_scope(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || (unsigned char)*text >= 0x7f ||
		    strchr("\"\\;", *text))
			return false;
	return true;
}

void
candidates_state(struct candidates *c, enum stated_oauth what, const char *value,
		 const char *source)
{
	if (!value || !value[0] || strlen(value) > STATED_LEN_MAX || c->oauth[what] ||
	    !(what == STATED_SCOPE ? is_scope(value) : https_is_url(value) && is_scope(value)))
		return;
	c->oauth[what] = mem_strdup(value);
	if (!c->oauth_source)
		c->oauth_source = mem_strdup(source);
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
		if (c->count < SUM_MAX && !c->is_not_offered[from->items[i].url.protocol] &&
		    !is_known(c, &from->items[i])) {
			c->items = mem_room(c->items, c->count, sizeof *c->items);
			c->items[c->count++] = from->items[i];
			from->items[i] = (struct candidate){0};
		}
		free_one(&from->items[i]);
	}
	if (!c->oauth_source) {
		memcpy(c->oauth, from->oauth, sizeof c->oauth);
		memset(from->oauth, 0, sizeof from->oauth);
		c->oauth_source = from->oauth_source;
		from->oauth_source = NULL;
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
	for (size_t i = 0; i < STATED_COUNT; i++)
		free(c->oauth[i]);
	free(c->oauth_source);
	*c = (struct candidates){0};
}

bool
candidate_is_host(const char *name)
{
	static const char letters[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";

	return name[0] && strlen(name) < sizeof((struct url){0}).host &&
	       strspn(name, letters) == strlen(name);
}

bool
candidate_is_inside(const char *name, const char *domain)
{
	const size_t n = strlen(name), d = strlen(domain);

	return n >= d && text_equal_case(name + n - d, domain) &&
	       (n == d || name[n - d - 1] == '.');
}
