/* SPDX-License-Identifier: ISC */
#include <gnutls/abstract.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/crypto.h"
#include "base/mem.h"
#include "maccount/oauth.h"

enum { ASSERTION_LIFETIME_S = 3600 };

static void
add_json(struct buf *out, json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT);

	oauth_base64url(out, text, strlen(text));
	free(text);
	json_decref(value);
}

/* RFC 7515: BASE64URL(header).BASE64URL(claims), to be signed. */
static void
add_claims(struct buf *out, const struct oauth *o, const char *email)
{
	const json_int_t now = (json_int_t)time(NULL);
	json_t *claims =
	    json_pack("{s:s, s:s, s:s, s:I, s:I}", "iss", email, "aud", o->token, "scope",
		      o->scope ? o->scope : "", "iat", now, "exp", now + ASSERTION_LIFETIME_S);

	if (o->user)
		json_object_set_new(claims, "sub", json_string(o->user));
	add_json(out, json_pack("{s:s, s:s}", "alg", "RS256", "typ", "JWT"));
	buf_add_char(out, '.');
	add_json(out, claims);
}

static bool
sign(struct buf *jwt, const char *pem, struct err *e)
{
	const gnutls_datum_t key_text = {.data = (unsigned char *)(uintptr_t)pem,
					 .size = (unsigned)strlen(pem)};
	const gnutls_datum_t data = {.data = (unsigned char *)jwt->data,
				     .size = (unsigned)jwt->len};
	gnutls_datum_t signature = {0};
	gnutls_privkey_t key = NULL;
	int result;

	if (!crypto_start(e))
		return false;
	result = gnutls_privkey_init(&key);
	if (result == 0)
		result =
		    gnutls_privkey_import_x509_raw(key, &key_text, GNUTLS_X509_FMT_PEM, NULL, 0);
	if (result == 0)
		result =
		    gnutls_privkey_sign_data2(key, GNUTLS_SIGN_RSA_SHA256, 0, &data, &signature);
	if (result == 0) {
		buf_add_char(jwt, '.');
		oauth_base64url(jwt, signature.data, signature.size);
	}
	gnutls_free(signature.data);
	gnutls_privkey_deinit(key);
	return result == 0 ||
	       err_set(e, ERR_CONFIG, "the private key cannot sign: %s", gnutls_strerror(result));
}

static bool
make_assertion(struct oauth *o, struct buf *jwt, struct err *e)
{
	json_error_t error;
	json_t *key = o->key_file ? json_load_file(o->key_file, 0, &error) : NULL;
	const char *email = json_string_value(json_object_get(key, "client_email")),
		   *pem = json_string_value(json_object_get(key, "private_key"));
	bool ok;

	if (!o->key_file)
		return err_set(e, ERR_CONFIG, "jwt-bearer needs oauth2-key-file");
	ok = (email && pem) || err_set(e, ERR_CONFIG,
				       "not a service account's key: client_email or "
				       "private_key is missing");
	if (ok) {
		add_claims(jwt, o, email);
		ok = sign(jwt, pem, e);
	}
	json_decref(key);
	return ok || err_prefix(e, "%s", o->key_file);
}

bool
oauth_service_token(struct oauth *o, struct held_token *t, struct err *e)
{
	struct buf body = {0}, jwt = {0};
	char error[64];
	bool ok = true;

	if (o->grant == GRANT_JWT) {
		ok = make_assertion(o, &jwt, e);
		oauth_add(&body, "grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
		oauth_add(&body, "assertion", jwt.data);
	} else {
		ok = oauth_need_client(o, e);
		oauth_add(&body, "grant_type", "client_credentials");
		oauth_add(&body, "scope", o->scope);
	}
	ok = ok && oauth_ask_token(o, &body, t, error, e) == OAUTH_DONE;
	buf_wipe(&body);
	buf_wipe(&jwt);
	return ok;
}
