/* SPDX-License-Identifier: ISC */
#include "app/mailbox_session.h"

#include <stdlib.h>
#include <string.h>

#include "app/login_delay.h"
#include "app/mailbox_name.h"
#include "app/message_search.h"
#include "app/probe.h"
#include "app/tool.h"
#include "base/err.h"
#include "config/account.h"
#include "proto/imap/imap.h"
#include "proto/login.h"
#include "proto/pop3/pop3.h"

static const char want_imap[] = "--server=imaps://HOST, or `protocol = imap`";

/* Refuses options that POP3 does not support. */
static bool
check_protocol(const struct account *a, const struct url *url, struct err *e)
{
	const struct mailbox_settings *m = &a->settings.mailbox;
	const struct {
		bool is_wanted;
		const char *why;
	} imap_only[] = {
	    {m->lists_folders, "--folders: POP3 has no folders"},
	    {m->to_trash, "--trash: POP3 has no folders, and so no Trash"},
	    {m->marks_read, "--seen: POP3 cannot mark messages as read"},
	};

	if (url->protocol != PROTOCOL_POP3)
		return true;
	for (size_t i = 0; i < sizeof imap_only / sizeof imap_only[0]; i++)
		if (imap_only[i].is_wanted) {
			err_set(e, ERR_CONFIG, "%s", imap_only[i].why);
			return err_hint(e, "%s", want_imap);
		}
	if (m->search && !message_search_check_protocol(url->protocol, e))
		return false;
	if (strcmp(mailbox_folder(a), "INBOX") == 0)
		return true;
	err_set(e, ERR_CONFIG, "'%.*s': POP3 has no folders", (int)strcspn(mailbox_folder(a), "\n"),
		mailbox_folder(a));
	return err_hint(e, "%s", want_imap);
}

/* The context of begin(). */
struct opening {
	struct mailbox_session *session;
	const struct account *account;
	bool may_delete;
	const struct login_probe *probe; /* NULL: it is none */
};

static bool
begin(void *ctx, struct stream *stream, const struct login *login, struct err *e)
{
	struct opening *o = ctx;
	const struct account *a = o->account;
	const struct mailbox_settings *wanted = &a->settings.mailbox;
	const struct imap_params imap = {.folder = mailbox_folder(a),
					 .to_trash = wanted->to_trash && o->may_delete,
					 .compress = wanted->compress};
	struct mailbox *m = &o->session->mailbox;
	struct login l = *login;

	l.probe = o->probe;
	if (o->session->base.url.protocol == PROTOCOL_IMAP)
		return imap_open(m, stream, &l, &imap, e);
	return pop3_open(m, stream, &l, e);
}

static bool
open_with(struct mailbox_session *s, struct opening *o, bool without_login, struct err *e)
{
	const struct account *a = o->account;
	const struct url *url = account_server(a, e);
	const bool logs_in = !without_login && !a->settings.login.is_skipped;
	const struct session_opening opening = {.account = a,
						.url = url,
						.without_login = without_login,
						.begin = begin,
						.conversation = o};

	*s = (struct mailbox_session){0};
	o->session = s;
	if (!url || !check_protocol(a, url, e) || (logs_in && !login_delay_check(a, true, e)) ||
	    !session_open(&s->base, &opening, e))
		return false;
	if (logs_in)
		login_delay_record(a, mailbox_customs(&s->mailbox)->login_delay_s);
	return true;
}

bool
mailbox_session_open(struct mailbox_session *s, const struct account *a, struct err *e)
{
	struct opening o = {.account = a, .may_delete = a->settings.mailbox.may_delete};

	return open_with(s, &o, false, e);
}

bool
mailbox_session_open_to_look(struct mailbox_session *s, const struct account *a, struct err *e)
{
	struct opening o = {.account = a};

	return open_with(s, &o, false, e);
}

bool
mailbox_session_check(const struct account *a, struct err *e)
{
	const struct url *url = account_server(a, e);

	return url && check_protocol(a, url, e) &&
	       (a->settings.login.is_skipped || login_delay_check(a, false, e)) &&
	       session_check(a, url, e);
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
probe_open(void *ctx, const struct account *a, bool without_login, const struct login_probe *probe,
	   struct err *e)
{
	struct opening o = {.account = a, .probe = probe};

	return open_with(ctx, &o, without_login, e);
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
mailbox_session_probe(const struct account *a, probe_show *show, struct err *e)
{
	static const struct probe_protocol protocol = {.open = probe_open, .close = probe_close};
	struct mailbox_session s;

	return probe_run(&protocol, &s, a, show, e);
}
