/* SPDX-License-Identifier: ISC */
#include "app/session.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/login_delay.h"
#include "app/tool.h"
#include "auth/secret.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "config/account.h"
#include "config/paths.h"
#include "journal/journal.h"
#include "net/connect.h"
#include "net/stream.h"
#include "net/tls.h"
#include "proto/imap/imap.h"
#include "proto/login.h"
#include "proto/pop3/pop3.h"

enum { TIMEOUT = 60, MESSAGE_TIMEOUT = 600, LANGUAGE_MAX = 36 };

/* All that a conversation is made from, gathered from the account. */
struct plan {
	const struct account *account;
	enum tool_id tool;
	struct connect_params connect;
	struct tls_params tls;
	struct login login;
	struct smtp_params smtp;
	struct imap_params imap;
	char *netrc;
	char language[LANGUAGE_MAX];
};

const char *
session_user(const struct account *a)
{
	const char *user = account_text(a, SET_USER);

	return user ? user : account_text(a, SET_ADDRESS);
}

static int
address_family(const struct account *a)
{
	const bool v4 = account_flag(a, SET_IPV4), v6 = account_flag(a, SET_IPV6);

	return v4 == v6 ? AF_UNSPEC : v4 ? AF_INET : AF_INET6;
}

/* May something be deleted there? */
static bool
may_delete(const struct account *a, enum tool_id tool)
{
	return tool == TOOL_MDEL ||
	       (tool == TOOL_MFETCH && (!account_flag(a, SET_KEEP) || account_text(a, SET_FILTER)));
}

/* As journals call it: INBOX has one name in all spellings (RFC 9051 section 5.1). */
static const char *
journal_folder(const char *folder)
{
	return text_equal_case(folder, "INBOX") ? "INBOX" : folder;
}

/* The account's, where it has one. Who serves several turns to each (mailbox_turn()). */
static const char *
folder_of(const struct account *a)
{
	const char *folder = account_text(a, SET_FOLDER);

	return folder ? journal_folder(folder) : "INBOX";
}

struct smtp_params
session_smtp_params(const struct account *a, const struct url *url)
{
	const char *domain = account_text(a, SET_DOMAIN);
	const unsigned timeout = account_number(a, SET_TIMEOUT, TIMEOUT);

	return (struct smtp_params){.domain = domain ? domain : "[127.0.0.1]",
				    .is_lmtp = url->is_lmtp,
				    .timeout_s = timeout,
				    .message_timeout_s =
					account_text(a, SET_TIMEOUT) ? timeout : MESSAGE_TIMEOUT};
}

static void
plan_connection(struct plan *p, const struct url *url)
{
	const struct account *a = p->account;
	const char *name = account_text(a, SET_TLS_HOST);

	p->connect = (struct connect_params){.host = url->host,
					     .port = url->port,
					     .unix_path = url->path[0] ? url->path : NULL,
					     .tunnel = account_text(a, SET_TUNNEL),
					     .proxy = account_text(a, SET_PROXY),
					     .source_ip = account_text(a, SET_SOURCE_IP),
					     .family = address_family(a),
					     .timeout_s = account_number(a, SET_TIMEOUT, TIMEOUT)};
	p->tls = (struct tls_params){.host = name ? name : url->host,
				     .ca_file = account_text(a, SET_TLS_CA_FILE),
				     .pins = account_text(a, SET_TLS_PIN),
				     .cert_file = account_text(a, SET_TLS_CERT_FILE),
				     .key_file = account_text(a, SET_TLS_KEY_FILE),
				     .priority = account_text(a, SET_TLS_PRIORITY)};
	p->smtp = session_smtp_params(a, url);
	p->imap =
	    (struct imap_params){.folder = folder_of(a),
				 .to_trash = account_flag(a, SET_TRASH) && may_delete(a, p->tool),
				 .compress = account_flag(a, SET_COMPRESS)};
}

/* Of messages, as setlocale(3) looks for it; the locale itself need not be installed. */
static const char *
locale_name(void)
{
	static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		const char *value = getenv(names[i]);

		if (value && value[0])
			return value;
	}
	return "C";
}

/* "de_AT.UTF-8" is de-AT (RFC 5646). False: there is none to ask for, English being what servers
 * speak. */
static bool
language_of_user(char language[LANGUAGE_MAX])
{
	const char *locale = locale_name();
	const size_t len = strcspn(locale, ".@");

	if (len < 2 || len >= LANGUAGE_MAX || text_starts(locale, len, "en") ||
	    text_starts(locale, len, "POSIX"))
		return false;
	for (size_t i = 0; i < len; i++) {
		language[i] = locale[i] == '_' ? '-' : locale[i];
		if (!isalnum((unsigned char)language[i]) && language[i] != '-')
			return false;
	}
	language[len] = '\0';
	return true;
}

static void
plan_login(struct plan *p, struct session *s)
{
	const struct account *a = p->account;
	const char *auth = account_text(a, SET_AUTH), *origin = a->values.of[SET_AUTH].origin;
	struct secret_params secret = {.command = account_text(a, SET_PASSWORD_COMMAND),
				       .file = account_text(a, SET_PASSWORD_FILE),
				       .text = account_text(a, SET_PASSWORD),
				       .machine = s->url.host,
				       .user = session_user(a),
				       .may_prompt =
					   !a->is_unattended && isatty(STDERR_FILENO) == 1};

	p->netrc = paths_home(".netrc");
	secret.netrc = p->netrc;
	s->secret = secret_new(&secret);
	p->login =
	    (struct login){.starttls = s->url.security == SECURITY_STARTTLS ? &p->tls : NULL,
			   .auth = auth ? auth : "auto",
			   .auth_is_preset = auth && text_starts(origin, strlen(origin), "preset "),
			   .user = session_user(a),
			   .secret = s->secret,
			   .has_client_cert = p->tls.cert_file != NULL,
			   .host = s->url.host,
			   .port = s->url.port,
			   .language = language_of_user(p->language) ? p->language : NULL};
}

static const char want_imap[] = "--server=imaps://HOST, or `protocol = imap`";

/* What POP3 has not. */
static bool
check_protocol(const struct account *a, const struct url *url, struct err *e)
{
	static const struct {
		enum setting_id option;
		const char *why;
	} imap_only[] = {
	    {SET_FOLDERS, "--folders: POP3 knows no folders"},
	    {SET_TRASH, "--trash: POP3 knows no folders, and so no Trash"},
	    {SET_MARK_READ, "--seen: POP3 cannot mark messages as read"},
	};

	if (url->protocol != PROTOCOL_POP3)
		return true;
	for (size_t i = 0; i < sizeof imap_only / sizeof imap_only[0]; i++)
		if (account_flag(a, imap_only[i].option)) {
			err_set(e, ERR_CONFIG, "%s", imap_only[i].why);
			return err_hint(e, "%s", want_imap);
		}
	if (strcmp(folder_of(a), "INBOX") == 0)
		return true;
	err_set(e, ERR_CONFIG, "'%s': POP3 knows no folders", folder_of(a));
	return err_hint(e, "%s", want_imap);
}

static bool
converse(struct session *s, const struct plan *p, struct err *e)
{
	if (p->tool == TOOL_MSEND) {
		s->smtp = smtp_open(s->stream, &p->login, &p->smtp, e);
		return s->smtp != NULL;
	}
	if (s->url.protocol == PROTOCOL_IMAP)
		return imap_open(&s->mailbox, s->stream, &p->login, &p->imap, e);
	return pop3_open(&s->mailbox, s->stream, &p->login, e);
}

/* A provider's note tells what the server's words do not: that it wants another password than the
 * one for the web. */
static void
add_note(const struct account *a, struct err *e)
{
	if (e->code == ERR_LOGIN && account_text(a, SET_NOTE))
		err_hint(e, "%s", account_text(a, SET_NOTE));
}

/* Into a mailbox, where a server may want a pause between two logins. */
static bool
logs_in(const struct plan *p)
{
	return (p->tool & TOOL_BOX) && strcmp(p->login.auth, "none") != 0;
}

static bool
carry_out(struct session *s, struct plan *p, struct err *e)
{
	s->stream = stream_open(&p->connect, e);
	if (!s->stream)
		return false;
	if (s->url.security == SECURITY_TLS && !stream_start_tls(s->stream, &p->tls, e))
		return false;
	if (!converse(s, p, e)) {
		add_note(p->account, e);
		return false;
	}
	if (logs_in(p))
		login_delay_record(p->account, p->tool,
				   mailbox_customs(&s->mailbox)->login_delay_s);
	return true;
}

static bool
open_with(struct session *s, const struct account *a, enum tool_id tool, const char *auth,
	  struct err *e)
{
	struct plan plan = {.account = a, .tool = tool};
	bool ok;

	*s = (struct session){0};
	if (!account_server(a, tool, &s->url, e) || !check_protocol(a, &s->url, e))
		return false;
	plan_connection(&plan, &s->url);
	plan_login(&plan, s);
	if (auth)
		plan.login.auth = auth;
	ok = (!logs_in(&plan) || login_delay_check(a, tool, e)) && carry_out(s, &plan, e);
	free(plan.netrc);
	if (!ok)
		session_close(s);
	return ok;
}

bool
session_open(struct session *s, const struct account *a, enum tool_id tool, struct err *e)
{
	return open_with(s, a, tool, NULL, e);
}

void
session_close(struct session *s)
{
	smtp_close(s->smtp);
	mailbox_close(&s->mailbox);
	stream_close(s->stream);
	secret_free(s->secret);
	*s = (struct session){0};
}

void
session_forget_secret(struct session *s)
{
	secret_free(s->secret);
	s->secret = NULL;
}

void
session_show_alert(struct session *s, const struct run *run)
{
	char *alerts = s->mailbox.protocol ? mailbox_alert(&s->mailbox) : NULL, *rest, *line;

	for (rest = alerts; rest && (line = strtok_r(rest, "\n", &rest));)
		run_remark(run, "%s: %s", session_place(s), line);
	free(alerts);
}

const char *
session_place(const struct session *s)
{
	return stream_name(s->stream);
}

char *
session_mailbox_name(const struct account *a, enum tool_id tool, const char *folder, struct err *e)
{
	const char *user = session_user(a);
	struct url url;

	if (!account_server(a, tool, &url, e))
		return NULL;
	return mem_printf("%s %s %s %s", protocol_name(url.protocol), user ? user : "", url.host,
			  url.protocol == PROTOCOL_IMAP
			      ? (folder ? journal_folder(folder) : folder_of(a))
			      : "INBOX");
}

struct journal *
session_seen_anywhere(const struct account *a, enum tool_id tool, struct err *e)
{
	char *directory = paths_state("seen");
	char *mailbox = session_mailbox_name(a, tool, NULL, e);
	struct journal *journal = NULL;

	/* Without a home nothing can have been recorded. */
	if (mailbox)
		journal = journal_open_all(directory ? directory : "/nonexistent", mailbox, e);
	free(directory);
	free(mailbox);
	return journal;
}

static void
show_lines(const char *title, const struct buf *lines)
{
	struct buf out = {0};

	for (const char *p = lines->data; p && *p;) {
		const size_t len = strcspn(p, "\n");

		buf_addf(&out, "%s: ", title);
		text_printable(&out, p, len);
		buf_add_char(&out, '\n');
		p += len + (p[len] == '\n');
	}
	if (out.len > 0)
		fwrite(out.data, 1, out.len, stdout);
	buf_free(&out);
}

static const struct buf *
described(const struct session *s)
{
	return s->smtp ? smtp_described(s->smtp) : mailbox_described(&s->mailbox);
}

static void
show_server(struct session *s)
{
	struct buf tls = {0};

	printf("server: %s\n", stream_name(s->stream));
	if (stream_is_tls(s->stream))
		stream_describe_tls(s->stream, &tls);
	else
		buf_add_str(&tls, "none\n");
	show_lines("tls", &tls);
	show_lines("offers", described(s));
	buf_free(&tls);
	fflush(stdout);
}

/* First without a login, so that what the server offers is shown even where the login does not
 * work. */
bool
session_probe(const struct account *a, enum tool_id tool, struct err *e)
{
	const char *auth = account_text(a, SET_AUTH);
	struct session s;
	bool tells_more;

	if (!open_with(&s, a, tool, "none", e))
		return false;
	show_server(&s);
	tells_more = described(&s)->len == 0; /* some tell it only to those who are logged in */
	session_close(&s);
	if (!session_user(a) || (auth && text_equal_case(auth, "none")))
		return true;
	if (!open_with(&s, a, tool, NULL, e))
		return false;
	printf("login: %s: works\n", session_user(a));
	if (tells_more)
		show_lines("offers", described(&s));
	session_close(&s);
	return true;
}
