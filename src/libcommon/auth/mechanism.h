/* SPDX-License-Identifier: ISC */
/*
 * mechanism - what we know of each SASL mechanism, in one table; inside auth/ only.
 */
#ifndef MAILVERBS_AUTH_MECHANISM_H
#define MAILVERBS_AUTH_MECHANISM_H

struct buf;
struct token_fields;

enum mechanism_traits {
	IS_AUTOMATIC = 1 << 0,      /* "auto" may take it; the others have to be named */
	NEEDS_USER = 1 << 1,        /* it sends a user name */
	NEEDS_SECRET = 1 << 2,      /* … and a password or token */
	NEEDS_BINDING = 1 << 3,     /* channel binding (RFC 5929, RFC 9266) */
	NEEDS_CERTIFICATE = 1 << 4, /* the client's, in TLS */
	REVEALS_SECRET = 1 << 5,    /* whoever reads the exchange can log in from then on */
	IS_TOKEN = 1 << 6,          /* the secret is an OAuth 2 access token (RFC 6750) */
	SENDS_AUTHZID = 1 << 7,     /* the user is who we want to act as, not who we are */
	CLIENT_FIRST = 1 << 8,      /* RFC 4422 section 5, item 2a */
	PROVES_SERVER = 1 << 9,     /* complete only once the server has shown that it knows us */
	PROVES_LATE = 1 << 10,      /* the first response does not depend on the password */
};

struct mechanism {
	const char *name; /* as registered with IANA; --auth takes it in any case of letters */
	unsigned traits;

	/* For those that libgsasl does not have: the one message, and what is sent after the
	 * server's error message so that it can end the exchange. */
	void (*token_message)(struct buf *out, const struct token_fields *f);
	const char *after_error;
};

/* The strongest first; ended by one without a name. */
extern const struct mechanism mechanisms[];

/* ASCII case is folded. NULL: there is none of that name. */
const struct mechanism *mechanism_find(const char *name);

#endif
