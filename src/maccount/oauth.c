/* SPDX-License-Identifier: ISC */
#include "maccount/oauth.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "app/tool.h"
#include "auth/secret.h"
#include "base/crypto.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "config/account.h"
#include "maccount/https.h"
#include "maccount/server_issuer.h"
#include "maccount/terminal.h"

enum { METADATA_MAX = 128 * 1024, TIMEOUT = 30 };

static void
wipe(char **text)
{
	mem_free_secret(*text);
	*text = NULL;
}

void
oauth_free(struct oauth *o)
{
	char **texts[] = {&o->authorize, &o->token,        &o->device,   &o->revoke,
			  &o->issuer,    &o->registration, &o->scope,    &o->client,
			  &o->secret,    &o->user,         &o->key_file, &o->ca_file};

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		wipe(texts[i]);
}

void
oauth_base64url(struct buf *out, const void *bytes, size_t n)
{
	const gnutls_datum_t data = {.data = (unsigned char *)(uintptr_t)bytes,
				     .size = (unsigned)n};
	gnutls_datum_t text = {0};

	if (gnutls_base64_encode2(&data, &text) != GNUTLS_E_SUCCESS)
		return;
	for (unsigned i = 0; i < text.size && text.data[i] != '='; i++)
		buf_add_char(out, text.data[i] == '+'   ? '-'
				  : text.data[i] == '/' ? '_'
							: (char)text.data[i]);
	gnutls_memset(text.data, 0, text.size);
	gnutls_free(text.data);
}

char *
oauth_random(size_t n)
{
	unsigned char bytes[64];
	struct buf text = {0};
	struct err unused; /* whatever it is, there are no random bytes */

	if (n > sizeof bytes || !crypto_start(&unused) || gnutls_rnd(GNUTLS_RND_KEY, bytes, n) != 0)
		abort(); /* no secret without random bytes */
	oauth_base64url(&text, bytes, n);
	mem_wipe(bytes, sizeof bytes);
	return buf_take(&text);
}

void
oauth_add(struct buf *body, const char *name, const char *value)
{
	if (!value)
		return;
	if (body->len > 0)
		buf_add_char(body, '&');
	buf_addf(body, "%s=", name);
	for (; *value; value++) {
		const unsigned char c = (unsigned char)*value;

		if (text_is_alnum(*value) || strchr("-._~", c))
			buf_add_char(body, *value);
		else
			buf_addf(body, "%%%02X", c);
	}
}

/* The well-known path goes between host and path (RFC 8414 section 3.1), but for OpenID it goes
 * after the path. */
static char *
metadata_url(const char *issuer, bool is_openid)
{
	const char *host = strstr(issuer, "://"), *path;
	size_t len = strlen(issuer);

	while (len > 0 && issuer[len - 1] == '/')
		len--;
	path = host ? strchr(host + 3, '/') : NULL;
	if (is_openid)
		return mem_printf("%.*s/.well-known/openid-configuration", (int)len, issuer);
	if (!path || (size_t)(path - issuer) >= len)
		return mem_printf("%.*s/.well-known/oauth-authorization-server", (int)len, issuer);
	return mem_printf("%.*s/.well-known/oauth-authorization-server%.*s", (int)(path - issuer),
			  issuer, (int)(len - (size_t)(path - issuer)), path);
}

static void
take(char **to, const json_t *metadata, const char *name)
{
	const char *text = json_string_value(json_object_get(metadata, name));

	if (!*to && text && https_is_url(text))
		*to = mem_strdup(text);
}

/* A final slash does not matter (OpenID Connect Discovery section 4). */
static bool
is_same_issuer(const char *a, const char *b)
{
	size_t m = strlen(a), n = strlen(b);

	m -= m > 0 && a[m - 1] == '/';
	n -= n > 0 && b[n - 1] == '/';
	return m == n && strncmp(a, b, n) == 0;
}

static bool
read_metadata(struct oauth *o, const struct https_answer *a, struct err *e)
{
	json_t *root = json_loadb(a->body.data ? a->body.data : "", a->body.len, 0, NULL);
	const char *issuer = json_string_value(json_object_get(root, "issuer"));
	const bool ok = issuer && is_same_issuer(issuer, o->issuer);

	if (ok) {
		free(o->issuer);
		o->issuer = mem_strdup(issuer); /* as `iss` will be written */
		take(&o->authorize, root, "authorization_endpoint");
		take(&o->token, root, "token_endpoint");
		take(&o->device, root, "device_authorization_endpoint");
		take(&o->revoke, root, "revocation_endpoint");
		take(&o->registration, root, "registration_endpoint");
		o->has_iss = json_is_true(
		    json_object_get(root, "authorization_response_iss_parameter_supported"));
	}
	json_decref(root);
	return ok || err_set(e, ERR_PROTOCOL, "%s: its metadata are of another issuer, or none",
			     o->issuer);
}

static bool
fetch_metadata(struct oauth *o, struct err *e)
{
	bool ok = false;

	for (int i = 0; i < 2 && !ok; i++) {
		char *url = metadata_url(o->issuer, i == 1);
		const struct https_request r = {.url = url,
						.ca_file = o->ca_file,
						.size_max = METADATA_MAX,
						.timeout_s = o->timeout_s};
		struct https_answer a;

		ok = https_fetch(&r, &a, e);
		free(url);
		if (!ok)
			return false;
		ok = a.status == 200 && read_metadata(o, &a, e);
		if (a.status != 200)
			err_set(e, ERR_UNAVAILABLE, "%s: no metadata (status %ld)", o->issuer,
				a.status);
		https_free(&a);
	}
	return ok;
}

static bool
run_secret_command(struct oauth *o, const char *command, struct err *e)
{
	const struct secret_params p = {.command = command};
	struct secret *s;
	const char *text;

	if (!command)
		return true;
	s = secret_new(&p);
	text = secret_text(s, e);
	o->secret = mem_strdup(text);
	secret_free(s);
	return text || err_prefix(e, "oauth2-client-secret-command");
}

static bool
check_urls(const struct oauth *o, struct err *e)
{
	const char *const urls[] = {o->authorize, o->token, o->device, o->revoke, o->issuer};

	for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++)
		if (urls[i] && !https_is_url(urls[i]))
			return err_set(e, ERR_CONFIG, "'%s' is not a valid https:// URL", urls[i]);
	return true;
}

/* A person has agreed to this issuer only. Its pages must not lead to another server, where the
 * code that comes back would open more than this mailbox. */
static bool
check_endpoints(const struct oauth *o, struct err *e)
{
	const char *const urls[] = {o->authorize, o->token, o->device, o->revoke, o->registration};

	for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
		if (!urls[i] || https_is_same_server(urls[i], o->issuer))
			continue;
		err_set(e, ERR_CONFIG, "%s uses another server: %.200s", o->issuer, urls[i]);
		return err_hint(e, "if you trust it, set oauth2-issuer = %s", o->issuer);
	}
	return true;
}

static bool
agree(const struct server_issuer *i, struct err *e)
{
	char *question =
	    mem_printf("%s names %s for signing in. Sign in there?", i->server, i->issuer);
	const bool is_agreed = terminal_is_present() && terminal_agrees(question);

	free(question);
	if (is_agreed)
		return true;
	err_set(e, ERR_CONFIG, "%s names %s for signing in, but the account does not", i->server,
		i->issuer);
	return err_hint(e, "if you trust it, set oauth2-issuer = %s", i->issuer);
}

static bool
ask_mail_server(struct oauth *o, const struct account *a, struct err *e)
{
	struct server_issuer i;
	bool ok = server_issuer_ask(&i, a, e);

	if (!ok && e->code == ERR_CONFIG)
		err_hint(e, "set oauth2-issuer, or oauth2-authorize and oauth2-token");
	ok = ok && agree(&i, e);
	if (ok) {
		o->issuer = mem_strdup(i.issuer);
		if (!o->scope)
			o->scope = mem_strdup(i.scope);
		ok = fetch_metadata(o, e) && check_endpoints(o, e);
	}
	server_issuer_free(&i);
	return ok;
}

static void
take_held(struct oauth *o, const struct held_token *held)
{
	if (!o->token && !o->issuer && held)
		o->token = mem_strdup(held->server);
}

bool
oauth_open(struct oauth *o, const struct run *run, const struct account *a,
	   const struct held_token *held, struct err *e)
{
	const struct oauth_settings s = oauth_settings_read(&run->given, &a->values);
	bool ok = true;

	*o = (struct oauth){.authorize = mem_strdup(s.authorize),
			    .token = mem_strdup(s.token),
			    .device = mem_strdup(s.device),
			    .revoke = mem_strdup(s.revoke),
			    .issuer = mem_strdup(s.issuer),
			    .scope = mem_strdup(s.scope),
			    .client = mem_strdup(s.client),
			    .user = mem_strdup(a->settings.login.user),
			    .key_file = mem_strdup(s.key_file),
			    .ca_file = mem_strdup(s.ca_file),
			    .grant = s.grant,
			    .timeout_s = s.timeout_s};
	https_start();
	if (!check_urls(o, e) || !run_secret_command(o, s.secret_command, e))
		return false;
	take_held(o, held);
	if (!o->issuer && !o->token && !held)
		ok = ask_mail_server(o, a, e);
	else if (o->issuer && (!o->token || !o->client))
		ok = fetch_metadata(o, e) || o->token;
	if (!ok || o->token)
		return ok;
	err_set(e, ERR_CONFIG, "no authorization server is known for %s", a->name);
	return err_hint(e, "set oauth2-issuer, or oauth2-authorize and oauth2-token");
}

static char *
registration(const struct oauth *o)
{
	json_t *root =
	    json_pack("{s:s, s:[s], s:s, s:[s,s,s], s:[s]}", "client_name", "maccount (mailverbs)",
		      "redirect_uris", "http://127.0.0.1/", "token_endpoint_auth_method", "none",
		      "grant_types", "authorization_code", "refresh_token",
		      "urn:ietf:params:oauth:grant-type:device_code", "response_types", "code");
	char *text, *copy;

	if (o->scope)
		json_object_set_new(root, "scope", json_string(o->scope));
	text = json_dumps(root, JSON_COMPACT);
	copy = mem_strdup(text);
	free(text);
	json_decref(root);
	return copy;
}

static bool
register_client(struct oauth *o, struct err *e)
{
	char *body = registration(o);
	const struct https_request r = {.url = o->registration,
					.ca_file = o->ca_file,
					.type = "application/json",
					.body = body,
					.size_max = METADATA_MAX,
					.timeout_s = o->timeout_s};
	struct https_answer a;
	const bool ok = https_fetch(&r, &a, e);
	json_t *root = ok && a.body.data ? json_loadb(a.body.data, a.body.len, 0, NULL) : NULL;

	free(body);
	o->client = mem_strdup(json_string_value(json_object_get(root, "client_id")));
	o->secret = mem_strdup(json_string_value(json_object_get(root, "client_secret")));
	json_decref(root);
	if (ok && !o->client)
		err_set(e, ERR_UNAVAILABLE, "%s: it registers no client (status %ld)",
			o->registration, a.status);
	if (ok)
		https_free(&a);
	return o->client;
}

bool
oauth_need_client(struct oauth *o, struct err *e)
{
	if (o->client)
		return true;
	if (o->registration)
		return register_client(o, e);
	err_set(e, ERR_CONFIG, "no client id is configured for %s", o->token);
	return err_hint(e, "set oauth2-client-id; mailverbs(7) says where to get one");
}
