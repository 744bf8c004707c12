/* SPDX-License-Identifier: ISC */
#include "proto/imap/imap_introduction.h"

#include "base/err.h"
#include "proto/imap/imap_talk.h"

/*
 * Commands that precede SELECT in its flight, and whose refusal is not an error. NetEase shows no
 * folder to a client without ID, and parses it strictly (2026-11: "Unsafe Login").
 */
static bool
wants_capabilities(const struct imap *c)
{
	return !c->capabilities.is_known;
}

static bool
wants_id(const struct imap *c)
{
	return imap_can(c, IMAP_ID);
}

static bool
wants_utf8(const struct imap *c)
{
	return c->stage.is_utf8;
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
imap_ask_introduction(struct imap *c, struct err *e)
{
	if (!c->stage.is_authenticated)
		return imap_complain(c, ERR_LOGIN, "the server wants a login", e);
	if (c->stage.is_introduced)
		return true;
	c->stage.is_introduced = true;
	c->stage.is_utf8 = imap_can(c, IMAP_UTF8_ONLY);
	for (size_t i = 0; i < sizeof preludes / sizeof preludes[0]; i++)
		if (preludes[i].is_wanted(c)) {
			imap_ask(c, "%s", preludes[i].command);
			c->stage.preludes++;
		}
	return true;
}

bool
imap_await_introduction(struct imap *c, struct err *e)
{
	for (; c->stage.preludes > 0; c->stage.preludes--) {
		const enum imap_status status = imap_await(c);

		if (status != IMAP_NO && status != IMAP_BAD &&
		    !imap_ok(c, status, ERR_UNAVAILABLE, e))
			return false;
	}
	return true;
}
