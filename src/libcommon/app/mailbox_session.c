/* SPDX-License-Identifier: ISC */
#include "app/mailbox_session.h"

#include <stdlib.h>
#include <string.h>

#include "app/login_delay.h"
#include "app/mailbox_name.h"
#include "app/probe.h"
#include "app/tool.h"
#include "base/err.h"
#include "base/text.h"
#include "config/account.h"
#include "proto/imap/imap.h"
#include "proto/login.h"
#include "proto/pop3/pop3.h"

static const char want_imap[] = "--server=imaps://HOST, or `protocol = imap`";

static bool
is_set(const struct account *a, enum setting_id id)
{
	const char *text = account_text(a, id);

	return text && strcmp(text, "no") != 0;
}

/* Refuses options that POP3 does not support. */
static bool
check_protocol(const struct account *a, const struct url *url, struct err *e)
{
	static const struct {
		enum setting_id option;
		const char *why;
	} imap_only[] = {
	    {SET_FOLDERS, "--folders: POP3 has no folders"},
	    {SET_TRASH, "--trash: POP3 has no folders, and so no Trash"},
	    {SET_MARK_READ, "--seen: POP3 cannot mark messages as read"},
	    {SET_SEARCH, "--search: POP3 cannot search"},
	};

	if (url->protocol != PROTOCOL_POP3)
		return true;
	for (size_t i = 0; i < sizeof imap_only / sizeof imap_only[0]; i++)
		if (is_set(a, imap_only[i].option)) {
			err_set(e, ERR_CONFIG, "%s", imap_only[i].why);
			return err_hint(e, "%s", want_imap);
		}
	if (strcmp(mailbox_folder(a), "INBOX") == 0)
		return true;
	err_set(e, ERR_CONFIG, "'%s': POP3 has no folders", mailbox_folder(a));
	return err_hint(e, "%s", want_imap);
}

/* Can this run delete messages on the server? */
static bool
may_delete(const struct account *a, enum tool_id tool)
{
	return tool == TOOL_MDEL ||
	       (tool == TOOL_MFETCH && (!account_flag(a, SET_KEEP) || account_text(a, SET_FILTER)));
}

/* The context of begin(). */
struct opening {
	struct mailbox_session *session;
	const struct account *account;
	enum tool_id tool;
	bool may_delete;
	const struct login_probe *probe; /* NULL: it is none */
};

static bool
begin(void *ctx, struct stream *stream, const struct login *login, struct err *e)
{
	struct opening *o = ctx;
	const struct account *a = o->account;
	const struct imap_params imap = {.folder = mailbox_folder(a),
					 .to_trash = account_flag(a, SET_TRASH) && o->may_delete,
					 .compress = account_flag(a, SET_COMPRESS)};
	struct mailbox *m = &o->session->mailbox;
	struct login l = *login;

	l.probe = o->probe;
	if (o->session->base.url.protocol == PROTOCOL_IMAP)
		return imap_open(m, stream, &l, &imap, e);
	return pop3_open(m, stream, &l, e);
}

static bool
logs_in(const struct account *a, const char *auth)
{
	const char *word = auth ? auth : account_text(a, SET_AUTH);

	return !word || !text_equal_case(word, "none");
}

static bool
open_with(struct mailbox_session *s, struct opening *o, const char *auth, struct err *e)
{
	const struct account *a = o->account;
	struct url url;

	*s = (struct mailbox_session){0};
	o->session = s;
	if (!account_server(a, o->tool, &url, e) || !check_protocol(a, &url, e) ||
	    (logs_in(a, auth) && !login_delay_check(a, o->tool, true, e)) ||
	    !session_open(&s->base, a, &url, auth, begin, o, e))
		return false;
	if (logs_in(a, auth))
		login_delay_record(a, o->tool, mailbox_customs(&s->mailbox)->login_delay_s);
	return true;
}

bool
mailbox_session_open(struct mailbox_session *s, const struct account *a, enum tool_id tool,
		     struct err *e)
{
	struct opening o = {.account = a, .tool = tool, .may_delete = may_delete(a, tool)};

	return open_with(s, &o, NULL, e);
}

bool
mailbox_session_open_to_look(struct mailbox_session *s, const struct account *a, enum tool_id tool,
			     struct err *e)
{
	struct opening o = {.account = a, .tool = tool};

	return open_with(s, &o, NULL, e);
}

bool
mailbox_session_check(const struct account *a, enum tool_id tool, struct err *e)
{
	struct url url;

	return account_server(a, tool, &url, e) && check_protocol(a, &url, e) &&
	       (!logs_in(a, NULL) || login_delay_check(a, tool, false, e)) &&
	       session_check(a, &url, e);
}

void
mailbox_session_close(struct mailbox_session *s)
{
	mailbox_close(&s->mailbox);
	session_close(&s->base);
	*s = (struct mailbox_session){0};
}

void
mailbox_session_show_alert(struct mailbox_session *s, const struct run *run)
{
	char *alerts = s->mailbox.protocol ? mailbox_alert(&s->mailbox) : NULL, *rest, *line;

	for (rest = alerts; rest && (line = strtok_r(rest, "\n", &rest));)
		run_remark(run, "%s: %s", session_place(&s->base), line);
	free(alerts);
}

static bool
probe_open(void *ctx, const struct account *a, enum tool_id tool, const char *auth,
	   const struct login_probe *probe, struct err *e)
{
	struct opening o = {.account = a, .tool = tool, .probe = probe};

	return open_with(ctx, &o, auth, e);
}

/* Nothing was marked, so that the commit says no more than goodbye. */
static void
probe_close(void *ctx)
{
	struct mailbox_session *s = ctx;
	struct err unused; /* the probe has its answer */

	mailbox_commit(&s->mailbox, &unused);
	mailbox_session_close(s);
}

bool
mailbox_session_probe(const struct account *a, enum tool_id tool, probe_show *show, struct err *e)
{
	static const struct probe_protocol protocol = {.open = probe_open, .close = probe_close};
	struct mailbox_session s;

	return probe_run(&protocol, &s, a, tool, show, e);
}
