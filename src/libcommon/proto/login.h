/* SPDX-License-Identifier: ISC */
/*
 * login - what a conversation needs to become private and known: STARTTLS and SASL, the same way in
 * every protocol.
 */
#ifndef MAILVERBS_PROTO_LOGIN_H
#define MAILVERBS_PROTO_LOGIN_H

#include <stdbool.h>
#include <stddef.h>

struct dialog;
struct err;
struct secret;
struct stream;
struct tls_params;

/* Borrowed strings, which outlive the conversation's opening. */
struct login {
	const struct tls_params *starttls; /* STARTTLS with these before any secret; NULL: TLS is on
					      already, or not wanted */
	const char *auth;                  /* a word of --auth; "none": no login */
	bool auth_is_preset;               /* the word is a provider's preset, not the user's own */
	const char *user;                  /* NULL: none is known */
	struct secret *secret;
	bool has_client_cert;
	const char *host;
	unsigned port;
	const char *language; /* in which the user wants to be told what is wrong (RFC 5646); NULL:
				 in the server's */
};

/* The server's answer within an exchange. */
enum login_answer {
	LOGIN_CHALLENGE, /* go on with what *CHALLENGE says */
	LOGIN_ACCEPTED,
	LOGIN_REFUSED, /* *e says so in the server's words */
	LOGIN_BROKEN   /* the stream failed, or the answer is none: *e */
};

/* How one protocol carries an exchange. */
struct login_protocol {
	const char *service; /* GSSAPI's and DIGEST-MD5's name of it: "smtp", "pop" */
	const char *command; /* "AUTH" */
	size_t line_max;     /* a command line with its initial response must fit, CRLF included */
	/* Reads one answer; *CHALLENGE is base64, borrowed until the next read. */
	enum login_answer (*answer)(void *conversation, const char **challenge, struct err *e);
};

/* Behind a greeting that did not come: who waits for TLS to begin says nothing. SCHEME is that of
 * such a port. */
void login_hint_silence(struct stream *s, const char *scheme, struct err *e);

/* Is a user known, for a login that names him? False: *e (ERR_CONFIG). */
bool login_need_user(struct stream *s, const struct login *l, struct err *e);

/*
 * The mechanism to use of those OFFERED (auth/sasl.h, sasl_choose()), or NULL and *e: ERR_LOGIN.
 * PROTOCOL and CONVERSATION as below.
 */
const char *login_choose(struct dialog *d, const struct login *l, const struct login_protocol *p,
			 const char *offered, struct err *e);

/* Goes through the exchange of MECHANISM. False: *e, ERR_LOGIN where the server or our own rules
 * refused. */
bool login_exchange(struct dialog *d, const struct login *l, const struct login_protocol *p,
		    void *conversation, const char *mechanism, struct err *e);

/* May a password that can be used again be sent as things are? False: *e (ERR_LOGIN). */
bool login_may_reveal(struct stream *s, const struct login *l, const char *what, struct err *e);

#endif
