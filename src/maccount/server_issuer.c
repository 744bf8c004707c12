/* SPDX-License-Identifier: ISC */
#include "maccount/server_issuer.h"

#include <gnutls/gnutls.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/session.h"
#include "auth/token.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "config/account.h"
#include "config/account_url.h"
#include "maccount/greet.h"
#include "maccount/https.h"
#include "net/connect.h"
#include "net/dialog.h"
#include "net/stream.h"
#include "net/tls.h"

/* How a protocol carries the exchange; before an answer come lines that begin with `more`. */
static const struct words {
	const char *command, *challenge, *more;
} words[] = {
    [PROTOCOL_SMTP] = {"AUTH OAUTHBEARER", "334", NULL},
    [PROTOCOL_POP3] = {"AUTH OAUTHBEARER", "+ ", NULL},
    [PROTOCOL_IMAP] = {"a2 AUTHENTICATE OAUTHBEARER", "+", "* "},
};

/* With an empty token Dovecot would refuse the login without naming the server. */
static void
ask_without_token(struct dialog *d, const char *user, const struct url *url)
{
	const struct token_fields fields = {
	    .user = user, .host = url->host, .port = url->port, .token = "none"};
	struct buf message = {0};
	gnutls_datum_t text = {0};

	token_oauthbearer(&message, &fields);
	if (gnutls_base64_encode2(&(gnutls_datum_t){.data = (unsigned char *)message.data,
						    .size = (unsigned)message.len},
				  &text) == GNUTLS_E_SUCCESS)
		dialog_ask(d, "%.*s", (int)text.size, (char *)text.data);
	gnutls_free(text.data);
	buf_free(&message);
}

/* The server's refusal, JSON in base64. NULL: *e. */
static const char *
provoke(struct dialog *d, const char *user, const struct url *url, struct err *e)
{
	const struct words *w = &words[url->protocol];

	if (!greet_introduce(d, url, e))
		return NULL;
	dialog_ask(d, "%s", w->command);
	if (!greet_answer(d, w->challenge, w->more, e))
		return NULL;
	ask_without_token(d, user, url);
	return greet_answer(d, w->challenge, w->more, e);
}

/* The document's URL without the well-known part, which comes after the host (RFC 8414 section 3.1)
 * or, for OpenID, at the end. NULL: there is none. The caller's to free(). */
static char *
issuer_of(const char *url)
{
	static const char *const parts[] = {"/.well-known/openid-configuration",
					    "/.well-known/oauth-authorization-server"};

	for (size_t i = 0; https_is_url(url) && i < sizeof parts / sizeof parts[0]; i++) {
		const char *at = strstr(url, parts[i]), *rest = at ? at + strlen(parts[i]) : NULL;

		if (at && (rest[0] == '\0' || rest[0] == '/'))
			return mem_printf("%.*s%s", (int)(at - url), url, rest);
	}
	return NULL;
}

static void
read_refusal(struct server_issuer *i, const char *base64)
{
	gnutls_datum_t json = {0};
	json_t *root;
	const char *document, *scope;

	base64 += strcspn(base64, " ");
	base64 += strspn(base64, " ");
	if (gnutls_base64_decode2(&(gnutls_datum_t){.data = (unsigned char *)(uintptr_t)base64,
						    .size = (unsigned)strlen(base64)},
				  &json) != GNUTLS_E_SUCCESS)
		return;
	root = json_loadb((char *)json.data, json.size, JSON_REJECT_DUPLICATES, NULL);
	document = json_string_value(json_object_get(root, "openid-configuration"));
	scope = json_string_value(json_object_get(root, "scope"));
	i->issuer = document ? issuer_of(document) : NULL;
	i->scope = mem_strdup(scope);
	json_decref(root);
	gnutls_free(json.data);
}

/* The last response lets the server end the exchange (RFC 7628 section 3.2.3). */
static bool
converse(struct server_issuer *i, struct stream *s, const char *user, const struct url *url,
	 const struct tls_params *tls, struct err *e)
{
	struct dialog *d = greet(s, url, tls, e);
	const char *refusal = d ? provoke(d, user, url, e) : NULL;

	if (refusal) {
		read_refusal(i, refusal);
		dialog_ask(d, "AQ==");
		dialog_await(d);
		dialog_line(d, &(size_t){0});
		greet_leave(d, url, &(struct err){0});
	}
	dialog_free(d);
	return refusal;
}

static bool
find_server(struct url *url, const struct account *a, struct err *e)
{
	return account_url_find(url, &a->values, a->name, TOOL_MFETCH, e) ||
	       account_url_find(url, &a->values, a->name, TOOL_MSEND, &(struct err){0});
}

bool
server_issuer_ask(struct server_issuer *i, const struct account *a, struct err *e)
{
	const char *user = a->settings.login.user ? a->settings.login.user : a->name;
	struct connect_params to;
	struct tls_params tls;
	struct stream *s;
	struct url url;
	bool ok;

	*i = (struct server_issuer){0};
	if (!find_server(&url, a, e))
		return false;
	session_parameters(a, &url, &to, &tls);
	if (url.security == SECURITY_NONE)
		return err_set(e, ERR_CONFIG, "%s has no TLS", url.host);
	s = stream_open(&to, e);
	if (!s)
		return false;
	stream_set_timeout(s, to.timeout_s);
	i->server = mem_strdup(stream_name(s));
	ok = converse(i, s, user, &url, &tls, e);
	stream_close(s);
	return ok &&
	       (i->issuer || err_set(e, ERR_CONFIG, "%s names no authorization server", i->server));
}

void
server_issuer_free(struct server_issuer *i)
{
	free(i->server);
	free(i->issuer);
	free(i->scope);
	*i = (struct server_issuer){0};
}
