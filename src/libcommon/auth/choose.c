/* SPDX-License-Identifier: ISC */
#include <stddef.h>
#include <string.h>

#include "auth/mechanism.h"
#include "auth/sasl.h"
#include "auth/secret.h"
#include "base/err.h"
#include "base/text.h"

/* Limits the offered mechanisms in an error; a server can offer as many as its line takes. */
#define OFFERED "%.200s"

static bool
is_named(const struct sasl_params *p)
{
	return p->mechanism != NULL;
}

static bool
has_user(const struct sasl_params *p)
{
	return p->user && *p->user;
}

static bool
hint_at_tls(struct err *e)
{
	return err_hint(e, "use a server URL with TLS");
}

bool
sasl_may_reveal(const struct sasl_params *p, const char *what, struct err *e)
{
	if (p->is_private || (is_named(p) && !p->is_preset))
		return true;
	err_set(e, ERR_LOGIN, "%s without TLS would show the password to everyone on the way",
		what);
	return hint_at_tls(e);
}

/*
 * The rule about secrets in the clear, for one mechanism. The rule is stricter for a token than for
 * a password: tokens were made for TLS (RFC 6750 section 5.3), so no server needs the exception.
 */
static bool
may_use(const struct mechanism *m, const struct sasl_params *p, struct err *e)
{
	if (!(m->traits & REVEALS_SECRET) || p->is_private)
		return true;
	if (m->traits & IS_TOKEN)
		return err_set(e, ERR_LOGIN, "%s is for TLS only (RFC 6750)", m->name);
	return sasl_may_reveal(p, m->name, e);
}

static bool
is_excluded(const struct mechanism *m, const struct sasl_params *p)
{
	return p->excluded && text_has_word(p->excluded, m->name);
}

bool
sasl_is_token(const char *mechanism)
{
	const struct mechanism *m = mechanism_find(mechanism);

	return m && (m->traits & IS_TOKEN);
}

bool
sasl_needs_secret(const char *mechanism)
{
	const struct mechanism *m = mechanism_find(mechanism);

	return m && (m->traits & NEEDS_SECRET);
}

bool
sasl_reveals(const char *mechanism)
{
	const struct mechanism *m = mechanism_find(mechanism);

	return m && (m->traits & REVEALS_SECRET);
}

/* It comes after PLAIN in the table, and would be used for a password. */
bool
sasl_yields_to_plain(const char *mechanism)
{
	const struct mechanism *m = mechanism_find(mechanism);

	return m && m > mechanism_find("PLAIN") &&
	       m->traits == (IS_AUTOMATIC | NEEDS_USER | NEEDS_SECRET);
}

static const char *
choose_named(const struct sasl_params *p, const char *offered, struct err *e)
{
	const struct mechanism *m = mechanism_find(p->mechanism);

	if (!m) {
		err_set(e, ERR_CONFIG, "no such mechanism: %s", p->mechanism);
	} else if (is_excluded(m, p)) {
		err_set(e, ERR_LOGIN, "%s does not work on this server", m->name);
	} else if (!text_has_word(offered, m->name)) {
		err_set(e, ERR_LOGIN, "the server offers " OFFERED ", not %s",
			*offered ? offered : "no mechanism", m->name);
	} else if ((m->traits & NEEDS_BINDING) && !p->binding_type) {
		err_set(e, ERR_LOGIN, "%s needs TLS with channel binding", m->name);
	} else if ((m->traits & NEEDS_USER) && !has_user(p)) {
		err_set(e, ERR_CONFIG, "%s needs a user name", m->name);
	} else if (may_use(m, p, e)) {
		return m->name;
	}
	return NULL;
}

static bool
is_automatic(const struct mechanism *m, const struct sasl_params *p)
{
	if (p->is_doubted && !(m->traits & REVEALS_SECRET))
		return false;
	return (m->traits & IS_AUTOMATIC) && (!(m->traits & NEEDS_BINDING) || p->binding_type) &&
	       (!(m->traits & NEEDS_CERTIFICATE) || p->has_client_cert);
}

/* A certificate without a password is meant to log in by. */
static bool
is_certificate_enough(const struct sasl_params *p, const char *offered)
{
	return p->has_client_cert && (!p->secret || !secret_is_given(p->secret)) &&
	       text_has_word(offered, "EXTERNAL") &&
	       !(p->excluded && text_has_word(p->excluded, "EXTERNAL"));
}

/* Why "auto" found nothing. */
static void
explain(const char *offered, bool is_tls_missing, struct err *e)
{
	if (*offered == '\0') {
		err_set(e, ERR_LOGIN, "the server offers no mechanism to log in by");
	} else if (is_tls_missing) {
		err_set(e, ERR_LOGIN,
			"the server offers only " OFFERED " without TLS, which would show the "
			"password to everyone on the way",
			offered);
		hint_at_tls(e);
	} else {
		err_set(e, ERR_LOGIN, "the server offers only " OFFERED, offered);
		if (text_has_word(offered, "XOAUTH2") || text_has_word(offered, "OAUTHBEARER"))
			err_hint(e, "sign in with maccount login, or give --auth=xoauth2 and a "
				    "--password-command that prints an access token");
	}
}

/* The token that maccount holds is for these mechanisms alone. */
static const char *
choose_for_token(const struct sasl_params *p, const char *offered, struct err *e)
{
	for (const struct mechanism *m = mechanisms; m->name; m++) {
		if (!(m->traits & IS_TOKEN) || !text_has_word(offered, m->name) ||
		    is_excluded(m, p))
			continue;
		if (!has_user(p)) {
			err_set(e, ERR_CONFIG, "no user name to log in with");
			return NULL;
		}
		return may_use(m, p, e) ? m->name : NULL;
	}
	err_set(e, ERR_LOGIN,
		"the server offers " OFFERED ", and nothing that takes an OAuth 2 token",
		*offered ? offered : "no mechanism");
	err_hint(e, "maccount logout %s forgets the token", secret_account(p->secret));
	return NULL;
}

static const char *
choose_strongest(const struct sasl_params *p, const char *offered, struct err *e)
{
	bool is_tls_missing = false;

	if (p->secret && secret_is_token(p->secret))
		return choose_for_token(p, offered, e);
	if (is_certificate_enough(p, offered))
		return "EXTERNAL";
	for (const struct mechanism *m = mechanisms; m->name; m++) {
		if (!is_automatic(m, p) || !text_has_word(offered, m->name) || is_excluded(m, p))
			continue;
		if ((m->traits & NEEDS_USER) && !has_user(p)) {
			err_set(e, ERR_CONFIG, "no user name to log in with");
			return NULL;
		}
		if (may_use(m, p, e))
			return m->name;
		is_tls_missing = true;
	}
	explain(offered, is_tls_missing, e);
	return NULL;
}

const char *
sasl_choose(const struct sasl_params *p, const char *offered, struct err *e)
{
	return is_named(p) ? choose_named(p, offered, e) : choose_strongest(p, offered, e);
}
