/* SPDX-License-Identifier: ISC */
/*
 * Selecting a folder (RFC 9051 sections 6.3.2 and 6.3.3), and what has to be said before.
 */
#include <string.h>

#include "base/err.h"
#include "proto/imap_name.h"
#include "proto/imap_talk.h"

/* Quoted, even where an atom would do: servers that read strictly read this. */
bool
imap_add_folder(struct imap *c, struct buf *out, struct err *e)
{
	struct buf name = {0};
	bool ok = imap_name_read(&name, c->folder, c->is_utf8, e);

	/* A server may have such a name (raw:a\x0ab), but a command's line can't. */
	if (ok && strpbrk(name.data, "\r\n"))
		ok = err_set(e, ERR_NO_INPUT, "the folder '%s' has a line end in its name",
			     c->folder);
	if (ok)
		imap_quote(out, name.data);
	buf_free(&name);
	return ok;
}

/*
 * Commands that go ahead of SELECT in its flight, and whose refusal is no error. NetEase shows no
 * folder to a client without ID, and parses it strictly (2026-11: "Unsafe Login").
 */
static bool
wants_capabilities(const struct imap *c)
{
	return !c->knows_capabilities;
}

static bool
wants_id(const struct imap *c)
{
	return imap_can(c, IMAP_ID);
}

static bool
wants_utf8(const struct imap *c)
{
	return c->is_utf8;
}

static const struct {
	const char *command;
	bool (*is_wanted)(const struct imap *c);
} preludes[] = {
    {"CAPABILITY", wants_capabilities},
    {"ID (\"name\" \"mailverbs\" \"version\" \"" PACKAGE_VERSION "\")", wants_id},
    {"ENABLE UTF8=ACCEPT", wants_utf8},
};

bool
imap_ask_folder(struct imap *c, struct err *e)
{
	struct buf name = {0};

	if (!c->is_authenticated)
		return imap_complain(c, ERR_LOGIN, "the server wants a login", e);
	if (c->is_selected)
		return true;
	c->is_utf8 = imap_can(c, IMAP_UTF8_ONLY);
	if (!imap_add_folder(c, &name, e))
		return false;
	c->preludes = 0;
	for (size_t i = 0; i < sizeof preludes / sizeof preludes[0]; i++)
		if (preludes[i].is_wanted(c)) {
			imap_ask(c, "%s", preludes[i].command);
			c->preludes++;
		}
	imap_ask(c, "%s %s", c->is_read_only ? "EXAMINE" : "SELECT", name.data);
	buf_free(&name);
	return true;
}

void
imap_start_count(struct imap *c)
{
	c->existed = c->exists;
	c->expunged = 0;
}

bool
imap_await_folder(struct imap *c, struct err *e)
{
	enum imap_status status;

	if (c->is_selected)
		return true;
	for (; c->preludes > 0; c->preludes--) {
		status = imap_await(c);
		if (status != IMAP_NO && status != IMAP_REFUSED &&
		    !imap_ok(c, status, ERR_UNAVAILABLE, e))
			return false;
	}
	c->validity = c->uid_next = c->exists = c->expunged = 0;
	status = imap_await(c);
	if (!imap_ok(c, status, ERR_NO_INPUT, e))
		return false;
	if (c->validity == 0)
		return imap_complain(c, ERR_PROTOCOL, "the folder has no UIDVALIDITY", e);
	imap_start_count(c);
	c->is_selected = true;
	return true;
}
