/* SPDX-License-Identifier: ISC */
#include "app/probe_json.h"

#include <string.h>

#include "app/json_line.h"
#include "app/tool.h"

/* An array of the lines; null if there are none. */
static void
add_lines(struct json_line *l, const char *name, const struct buf *lines)
{
	json_line_key(l, name);
	if (lines->len == 0) {
		json_line_null(l);
		return;
	}
	json_line_array(l);
	for (const char *p = lines->data; *p;) {
		const size_t indent = strspn(p, " "), len = strcspn(p + indent, "\n");

		p += indent;
		json_line_text(l, p, len);
		p += len + (p[len] == '\n');
	}
	json_line_array_end(l);
}

static void
add_text(struct json_line *l, const char *name, const char *text)
{
	json_line_key(l, name);
	if (text)
		json_line_text(l, text, strlen(text));
	else
		json_line_null(l);
}

static void
show_object(const struct probe_report *r)
{
	struct json_line l;

	json_line_begin(&l);
	add_text(&l, "server", r->server.data);
	add_lines(&l, "tls", &r->tls);
	add_lines(&l, "offers", &r->offers);
	add_text(&l, "user", r->user);
	add_text(&l, "login", r->user ? r->login : NULL);
	add_lines(&l, "offers-after-login", &r->offers_after_login);
	json_line_end(&l);
}

probe_show *
probe_form(const struct run *run)
{
	return run->options.json ? show_object : NULL;
}
