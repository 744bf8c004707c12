/* SPDX-License-Identifier: ISC */
#include "app/probe_json.h"

#include <jansson.h>
#include <string.h>

#include "app/json_line.h"
#include "app/tool.h"

/* An array of the lines; null where there are none. */
static json_t *
lines_of(const struct buf *lines)
{
	json_t *array = lines->len > 0 ? json_array() : json_null();

	for (const char *p = lines->data; p && *p;) {
		const size_t indent = strspn(p, " "), len = strcspn(p + indent, "\n");

		p += indent;
		json_array_append_new(array, json_line_text(p, len));
		p += len + (p[len] == '\n');
	}
	return array;
}

static json_t *
text_of(const char *text)
{
	return text ? json_line_text(text, strlen(text)) : json_null();
}

static void
show_object(const struct probe_report *r)
{
	json_t *object = json_object();

	json_object_set_new(object, "server", text_of(r->server.data));
	json_object_set_new(object, "tls", lines_of(&r->tls));
	json_object_set_new(object, "offers", lines_of(&r->offers));
	json_object_set_new(object, "user", text_of(r->user));
	json_object_set_new(object, "login", text_of(r->user ? r->login : NULL));
	json_object_set_new(object, "offers-after-login", lines_of(&r->offers_after_login));
	json_line_put(object);
}

probe_show *
probe_form(const struct run *run)
{
	return run->options.json ? show_object : NULL;
}
