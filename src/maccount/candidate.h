/* SPDX-License-Identifier: ISC */
/*
 * candidate - a server that may be the one for an address, and how we know of it.
 */
#ifndef MAILVERBS_MACCOUNT_CANDIDATE_H
#define MAILVERBS_MACCOUNT_CANDIDATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "config/url.h"

enum { CANDIDATES_MAX = 24 }; /* of one source */

/* The keys that a source may have for the authorization server: oauth2-issuer, oauth2-authorize,
 * oauth2-token, oauth2-scope. */
enum stated_oauth { STATED_ISSUER, STATED_AUTHORIZE, STATED_TOKEN, STATED_SCOPE, STATED_COUNT };

/* Why a server may be believed to be the domain's. */
enum trust {
	TRUST_STATED, /* by a preset, by the domain over HTTPS, by signed DNS, or it is in the domain */
	TRUST_UNSIGNED /* it is outside the domain, and only unsigned DNS names it */
};

struct candidate {
	struct url url;
	char *user;   /* the login name where the source tells another than the address; or NULL */
	char *auth;   /* the mechanism where the source tells that only OAuth 2 will do; or NULL */
	char *source; /* "SRV _imaps._tcp.example.org" */
	char *preset; /* the preset that it is of; or NULL */
	enum trust trust;
	/* By candidates_check(): */
	bool works;
	struct err why_not;
};

struct candidates {
	struct candidate *items;
	size_t count;
	char *oauth[STATED_COUNT]; /* of the first source that tells it; else all NULL */
	char *oauth_source;
	bool is_not_offered[PROTOCOL_IMAP + 1]; /* the domain says that it has no such service */
};

/* Adds a copy; one too many, or a second one for the same server, is dropped. */
void candidates_add(struct candidates *c, const struct candidate *one);

/* Notes a copy of VALUE, unless that has been told before, or it is not clean: an https:// URL, or
 * a scope. VALUE may be NULL. */
void candidates_state(struct candidates *c, enum stated_oauth what, const char *value,
		      const char *source);

/* Appends all of FROM but what C has or says not to be offered, and leaves FROM empty. */
void candidates_append(struct candidates *c, struct candidates *from);
void candidates_free(struct candidates *c);

/*
 * Connects to each, all at once: TLS with a valid certificate for its name, and a greeting. Sets
 * `works` and `why_not`. CA_FILE may be NULL.
 */
void candidates_check(struct candidates *c, const char *ca_file, unsigned timeout_s);

/* Is NAME a host's, in A-labels, and not too long for an URL? */
bool candidate_is_host(const char *name);

/* Is NAME the domain DOMAIN or inside it? */
bool candidate_is_inside(const char *name, const char *domain);

#endif
