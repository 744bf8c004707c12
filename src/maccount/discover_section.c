/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "config/url.h"
#include "maccount/discover.h"

enum { LINE_MAX_LEN = 190 }; /* config/ini.h takes 199 bytes */

/* A comment that would make the line too long for the reader of the configuration is left out. */
static void
add_line(struct buf *out, const char *key, const char *value, const char *source)
{
	struct buf line = {0}, comment = {0};

	buf_addf(&line, "%s = ", key);
	text_printable(&line, value, strlen(value));
	buf_add_str(&comment, " ; ");
	text_printable(&comment, source, strlen(source));
	if (line.len + comment.len <= LINE_MAX_LEN)
		buf_add(&line, comment.data, comment.len);
	buf_addf(out, "%s\n", line.data);
	buf_free(&comment);
	buf_free(&line);
}

static void
add_refused(struct buf *out, const struct candidate *c)
{
	char *url = url_text(&c->url);
	char *text = mem_printf("%s (%s): %s", url, c->source, c->why_not.text);

	buf_add_str(out, "; not used: ");
	text_printable(out, text, strlen(text));
	buf_add_char(out, '\n');
	free(text);
	free(url);
}

void
discovered_refused(const struct discovered *d, struct buf *out)
{
	for (size_t i = 0; i < d->all.count; i++) {
		const struct candidate *c = &d->all.items[i];

		if (!c->works && c->source[0] != 'a') /* a wrong guess is not worth a line */
			add_refused(out, c);
	}
}

/* A preset that the address's domain does not lead to is named, because it has more keys. */
static void
add_preset(struct buf *out, const struct candidate *c)
{
	if (c->preset && text_contains(c->source, " by MX "))
		add_line(out, "provider", c->preset, c->source);
}

/* The authorization server, if the source that tells the server tells it too: a preset has these
 * keys itself. */
static void
add_oauth(struct buf *out, const struct candidates *all, const struct candidate *c)
{
	static const char *const keys[STATED_COUNT] = {
	    [STATED_ISSUER] = "oauth2-issuer",
	    [STATED_AUTHORIZE] = "oauth2-authorize",
	    [STATED_TOKEN] = "oauth2-token",
	    [STATED_SCOPE] = "oauth2-scope",
	};

	if (!all->oauth_source || strcmp(all->oauth_source, c->source) != 0)
		return;
	for (size_t i = 0; i < STATED_COUNT; i++)
		if (all->oauth[i])
			add_line(out, keys[i], all->oauth[i], all->oauth_source);
}

void
discovered_section(const struct discovered *d, const char *name, const char *address,
		   struct buf *out)
{
	const struct candidate *best = NULL;

	buf_addf(out, "[%s]\naddress = %s\n", name, address);
	for (size_t i = 0; i < DISCOVER_PROTOCOLS; i++) {
		const struct candidate *c = d->chosen[discover_protocols[i]];
		char *url;

		if (!c)
			continue;
		best = best ? best : c;
		url = url_text(&c->url);
		add_line(out, protocol_name(discover_protocols[i]), url, c->source);
		free(url);
	}
	add_preset(out, best);
	if (best->user)
		add_line(out, "user", best->user, best->source);
	if (best->auth)
		add_line(out, "auth", best->auth, best->source);
	add_oauth(out, &d->all, best);
}
