/* SPDX-License-Identifier: ISC */
#include "app/session.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "auth/secret.h"
#include "base/err.h"
#include "base/text.h"
#include "config/account.h"
#include "config/paths.h"
#include "net/connect.h"
#include "net/stream.h"
#include "net/tls.h"
#include "proto/login.h"

enum { TIMEOUT_S = 60, LANGUAGE_MAX = 36 };

/* The parameters of a conversation, gathered from the account. */
struct plan {
	const struct account *account;
	struct connect_params connect;
	struct tls_params tls;
	struct login login;
	char *netrc;
	char *token_file;
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

static void
plan_connection(struct plan *p, const struct url *url)
{
	const struct account *a = p->account;
	const char *name = account_text(a, SET_TLS_HOST);

	p->connect =
	    (struct connect_params){.host = url->host,
				    .port = url->port,
				    .unix_path = url->path[0] ? url->path : NULL,
				    .tunnel = account_text(a, SET_TUNNEL),
				    .proxy = account_text(a, SET_PROXY),
				    .source_ip = account_text(a, SET_SOURCE_IP),
				    .family = address_family(a),
				    .timeout_s = account_number(a, SET_TIMEOUT, TIMEOUT_S)};
	p->tls = (struct tls_params){.host = name ? name : url->host,
				     .ca_file = account_text(a, SET_TLS_CA_FILE),
				     .pins = account_text(a, SET_TLS_PIN),
				     .cert_file = account_text(a, SET_TLS_CERT_FILE),
				     .key_file = account_text(a, SET_TLS_KEY_FILE),
				     .priority = account_text(a, SET_TLS_PRIORITY)};
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
		if (!text_is_alnum(language[i]) && language[i] != '-')
			return false;
	}
	language[len] = '\0';
	return true;
}

static bool
is_word(const char *value, const char *word)
{
	return value && text_equal_case(value, word);
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
	if (a->name && a->name[0] && (!auth || text_has_word("auto xoauth2 oauthbearer", auth)))
		p->token_file = paths_token(a->name);
	secret.token_file = p->token_file;
	secret.account = a->name;
	secret.config = account_text(a, SET_CONFIG);
	s->secret = secret_new(&secret);
	p->login =
	    (struct login){.starttls = s->url.security == SECURITY_STARTTLS ? &p->tls : NULL,
			   .auth = auth ? auth : "auto",
			   .auth_is_preset = auth && text_starts(origin, strlen(origin), "preset "),
			   .user = session_user(a),
			   .secret = s->secret,
			   .one_at_a_time = is_word(account_text(a, SET_PIPELINING), "no"),
			   .has_client_cert = p->tls.cert_file != NULL,
			   .host = s->url.host,
			   .port = s->url.port,
			   .language = language_of_user(p->language) ? p->language : NULL};
}

/* A provider's note tells what the server's words do not: that it wants another password than the
 * one for the web. */
static void
add_note(const struct account *a, struct err *e)
{
	if (e->code == ERR_LOGIN && account_text(a, SET_NOTE))
		err_hint(e, "%s", account_text(a, SET_NOTE));
}

static bool
carry_out(struct session *s, struct plan *p, session_begin *begin, void *conversation,
	  struct err *e)
{
	s->stream = stream_open(&p->connect, e);
	if (!s->stream)
		return false;
	if (s->url.security == SECURITY_TLS && !stream_start_tls(s->stream, &p->tls, e))
		return false;
	if (begin(conversation, s->stream, &p->login, e))
		return true;
	add_note(p->account, e);
	return false;
}

bool
session_open(struct session *s, const struct account *a, const struct url *url, const char *auth,
	     session_begin *begin, void *conversation, struct err *e)
{
	struct plan plan = {.account = a};
	bool ok;

	*s = (struct session){.url = *url};
	plan_connection(&plan, url);
	plan_login(&plan, s);
	if (auth)
		plan.login.auth = auth;
	ok = carry_out(s, &plan, begin, conversation, e);
	free(plan.netrc);
	free(plan.token_file);
	if (!ok)
		session_close(s);
	return ok;
}

bool
session_check(const struct account *a, const struct url *url, struct err *e)
{
	struct plan plan = {.account = a};

	plan_connection(&plan, url);
	return stream_check(&plan.connect, url->security == SECURITY_NONE ? NULL : &plan.tls, e);
}

void
session_close(struct session *s)
{
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

const char *
session_place(const struct session *s)
{
	return stream_name(s->stream);
}
