/* SPDX-License-Identifier: ISC */
#include "app/session.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/containment.h"
#include "auth/secret.h"
#include "base/crypto.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "config/account.h"
#include "config/paths.h"
#include "net/connect.h"
#include "net/stream.h"
#include "net/tls.h"
#include "proto/login.h"

enum { LANGUAGE_MAX = 36 };

/* The password of the account whose session was the first: a contained process cannot read it
 * again. */
static struct secret_kept kept;

/* The parameters of a conversation, gathered from the account. */
struct plan {
	const struct account *account;
	struct connect_params connect;
	struct tls_params tls;
	struct login login;
	char *netrc;
	char *authinfo;
	char *token_file;
	char language[LANGUAGE_MAX];
};

static int
address_family(const struct connection_settings *c)
{
	return c->ipv4_only ? AF_INET : c->ipv6_only ? AF_INET6 : AF_UNSPEC;
}

void
session_parameters(const struct account *a, const struct url *url, struct connect_params *to,
		   struct tls_params *parameters)
{
	const struct connection_settings *c = &a->settings.connection;
	const struct tls_settings *tls = &a->settings.tls;

	*to = (struct connect_params){.host = url->host,
				      .port = url->port,
				      .unix_path = url->path[0] ? url->path : NULL,
				      .tunnel = c->tunnel,
				      .proxy = c->proxy,
				      .source_ip = c->source_ip,
				      .family = address_family(c),
				      .timeout_s = c->timeout_s};
	*parameters = (struct tls_params){.host = tls->host ? tls->host : url->host,
					  .ca_file = tls->ca_file,
					  .pins = tls->pins,
					  .cert_file = tls->cert_file,
					  .key_file = tls->key_file,
					  .priority = tls->priority};
}

/* The locale of messages, as setlocale(3) looks for it; the locale itself need not be installed. */
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

static void
plan_free(struct plan *p)
{
	free(p->netrc);
	free(p->authinfo);
	free(p->token_file);
}

/* The sources of the password. */
static void
plan_secret(struct plan *p, struct session *s)
{
	const struct account *a = p->account;
	const struct login_settings *l = &a->settings.login;

	p->netrc = paths_home(".netrc");
	p->authinfo = paths_home(".authinfo");
	if (a->name && a->name[0] && l->may_use_token)
		p->token_file = paths_token(a->name);
	s->secret = secret_new(
	    &(struct secret_params){.command = l->password_command,
				    .file = l->password_file,
				    .text = l->password,
				    .token_file = p->token_file,
				    .account = a->name,
				    .config = l->config,
				    .netrc = p->netrc,
				    .authinfo = p->authinfo,
				    .machine = s->url.host,
				    .user = l->user,
				    .port = s->url.port,
				    .protocol = protocol_name(s->url.protocol),
				    .may_prompt = !a->is_unattended && isatty(STDERR_FILENO) == 1});
}

static void
plan_login(struct plan *p, struct session *s)
{
	const struct login_settings *l = &p->account->settings.login;

	p->login = (struct login){.starttls = s->url.security == SECURITY_STARTTLS ? &p->tls : NULL,
				  .is_skipped = l->is_skipped,
				  .mechanism = l->mechanism,
				  .mechanism_is_preset = l->is_preset,
				  .user = l->user,
				  .secret = s->secret,
				  .one_at_a_time = p->account->settings.connection.one_at_a_time,
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
	if (e->code == ERR_LOGIN && a->settings.login.note)
		err_hint(e, "%s", a->settings.login.note);
}

/* "--tls-cert-file", or the place in the configuration */
static bool
check_file(const struct account *a, enum setting_id id, struct err *e)
{
	const struct value *v = &a->values.of[id];
	const char *name = setting_row(id, TOOL_ALL)->name;

	if (!v->text || account_file_is_token(v->text) || access(v->text, R_OK) == 0)
		return true;
	err_set_errno(e, ERR_CONFIG, "%s", v->text);
	return value_was_given(v) ? err_prefix(e, "--%s", name)
				  : err_prefix(e, "%s: %s", v->origin, name);
}

/* A key alone would be left out silently. */
static bool
check_key(const struct account *a, struct err *e)
{
	const struct value *key = &a->values.of[SET_TLS_KEY_FILE];

	if (!key->text || a->values.of[SET_TLS_CERT_FILE].text)
		return true;
	err_set(e, ERR_CONFIG, "tls-key-file goes with tls-cert-file");
	return !value_was_given(key) && err_prefix(e, "%s", key->origin);
}

/* A token asks for its PIN each time. */
static bool
is_cheap_to_check(const struct tls_params *t)
{
	return (t->cert_file && !account_file_is_token(t->cert_file)) || t->priority;
}

/* Mistakes in files are found before a server sees a connection. GnuTLS reads the system's, such as
 * its policy, before this process is contained. */
static bool
check_tls(const struct plan *p, const struct url *url, struct err *e)
{
	const struct account *a = p->account;

	if (url->security == SECURITY_NONE)
		return true;
	return crypto_start(e) && check_file(a, SET_TLS_CA_FILE, e) &&
	       check_file(a, SET_TLS_CERT_FILE, e) && check_file(a, SET_TLS_KEY_FILE, e) &&
	       check_key(a, e) &&
	       (!is_cheap_to_check(&p->tls) || stream_check(&p->connect, &p->tls, e));
}

/* The accounts that this process has sessions for, and what becomes of them in the containment. */
struct group {
	struct containment *all; /* this session's first */
	struct plan *plans;
	struct session *sessions;
	size_t count;
};

/* An account of the group that has no server is not connected. */
static void
add_member(struct group *k, const struct account *a)
{
	struct err unused; /* its messages fail with it later */
	const struct url *url = account_server(a, &unused);
	struct session *s = &k->sessions[k->count];
	struct plan *p = &k->plans[k->count];

	if (!url)
		return;
	p->account = a;
	s->url = *url;
	plan_secret(p, s);
	k->all[k->count++] =
	    (struct containment){.account = a, .url = &s->url, .secret = s->secret};
}

static void
gather_group(struct group *k, const struct session *s, const struct account *a)
{
	const struct access_group *g = a->settings.access.group;
	const size_t others = g && !containment_is_in_force() ? g->count : 0;

	k->all = mem_alloc((others + 1) * sizeof *k->all);
	k->plans = mem_alloc((others + 1) * sizeof *k->plans);
	k->sessions = mem_alloc((others + 1) * sizeof *k->sessions);
	k->all[0] = (struct containment){.account = a, .url = &s->url, .secret = s->secret};
	k->count = 1;
	for (size_t i = 0; i < others; i++)
		if (g->accounts[i] != a)
			add_member(k, g->accounts[i]);
}

static void
free_group(struct group *k)
{
	for (size_t i = 1; i < k->count; i++) {
		secret_free(k->sessions[i].secret);
		plan_free(&k->plans[i]);
	}
	free(k->all);
	free(k->plans);
	free(k->sessions);
}

static bool
connect_contained(struct session *s, const struct plan *p, struct err *e)
{
	struct group k = {.count = 0};

	gather_group(&k, s, p->account);
	if (containment_prepare(k.all, k.count) && k.count == 1)
		secret_prepare(s->secret, &kept);
	s->stream = stream_open(&p->connect, e);
	if (s->stream)
		containment_enter(k.all, k.count);
	free_group(&k);
	return s->stream != NULL;
}

static bool
carry_out(struct session *s, struct plan *p, const struct session_opening *o, struct err *e)
{
	if (!check_tls(p, &s->url, e) || !connect_contained(s, p, e))
		return false;
	if (s->url.security == SECURITY_TLS && !stream_start_tls(s->stream, &p->tls, e))
		return false;
	if (o->begin(o->conversation, s->stream, &p->login, e))
		return true;
	add_note(p->account, e);
	return false;
}

bool
session_open(struct session *s, const struct session_opening *o, struct err *e)
{
	struct plan plan = {.account = o->account};
	bool ok;

	*s = (struct session){.url = *o->url};
	session_parameters(o->account, o->url, &plan.connect, &plan.tls);
	plan_secret(&plan, s);
	plan_login(&plan, s);
	plan.login.is_skipped |= o->without_login;
	ok = carry_out(s, &plan, o, e);
	plan_free(&plan);
	if (!ok)
		session_close(s);
	return ok;
}

bool
session_check(const struct account *a, const struct url *url, struct err *e)
{
	struct plan plan = {.account = a};

	session_parameters(a, url, &plan.connect, &plan.tls);
	return check_tls(&plan, url, e) &&
	       stream_check(&plan.connect, url->security == SECURITY_NONE ? NULL : &plan.tls, e);
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
