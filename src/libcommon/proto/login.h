/* SPDX-License-Identifier: ISC */
/*
 * login - what a conversation needs to become private and known: STARTTLS and SASL, the same way in
 * every protocol.
 */
#ifndef MAILVERBS_PROTO_LOGIN_H
#define MAILVERBS_PROTO_LOGIN_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct dialog;
struct err;
struct secret;
struct stream;
struct tls_params;

/* For --probe: told before the login what the server offers, a line each, and after the login, if
 * there was one and the server tells it again. S and DESCRIBED are borrowed for the call. */
struct login_probe {
	void (*offers)(void *ctx, struct stream *s, const struct buf *described, bool is_logged_in);
	void *ctx;
};

/* Borrowed strings, which outlive the conversation's opening. */
struct login {
	const struct tls_params *starttls; /* STARTTLS with these before any secret; NULL: TLS is on
					      already, or not wanted */
	bool is_skipped;                   /* no login */
	const char *mechanism;             /* a word of --auth; NULL: the best that works */
	bool mechanism_is_preset;          /* the word is a provider's preset, not the user's own */
	bool one_at_a_time;                /* no pipelining, whatever the server offers */
	const char *user;                  /* NULL: none is known */
	struct secret *secret;
	bool has_client_cert;
	const char *host;
	unsigned port;
	/* in which the user wants to be told what is wrong (RFC 5646); NULL: in the server's */
	const char *language;
	/* NULL: not a probe. A probe asks for the capabilities once more after the login. */
	const struct login_probe *probe;
};

/* The server's answer within an exchange. */
enum login_answer {
	LOGIN_CHALLENGE, /* go on with what *CHALLENGE says */
	LOGIN_ACCEPTED,
	/* Refused; *e has the server's words. */
	LOGIN_REFUSED,   /* for the user or the password, or for now: nothing else is tried */
	LOGIN_DOUBTFUL,  /* for no stated reason: the password, or this mechanism does not work */
	LOGIN_INCAPABLE, /* the server cannot do it: a syntax error, an unknown mechanism */
	LOGIN_BROKEN     /* the stream failed, or the response makes no sense: *e */
};

/* How one protocol carries an exchange. */
struct login_protocol {
	const char *service; /* GSSAPI's and DIGEST-MD5's name of it: "smtp", "pop" */
	size_t line_max;     /* a command line with its initial response must fit, CRLF included */
	/* The command, such as "AUTH", into WORDS (of 32 bytes): one for each call, as IMAP's tags
	 * differ. */
	void (*command)(void *conversation, char *words);
	/* Reads one answer; *CHALLENGE is base64, borrowed until the next read. */
	enum login_answer (*answer)(void *conversation, const char **challenge, struct err *e);
	/* Logs in by the protocol's own command with a password in clear (USER and PASS, LOGIN).
	 * NULL: not on this server. */
	enum login_answer (*plain)(void *conversation, const struct login *l, struct err *e);
	const char *plain_name; /* of that command */
};

/* The result of a login. */
enum login_result {
	LOGIN_DONE,
	LOGIN_FAILED, /* *e; nothing else may be tried */
	/* *e: nothing that the server offers could be used, or what was tried did not work on
	 * this server */
	LOGIN_NONE
};

/* Tells a probe; nothing if L is for no probe. */
void login_tell_offers(const struct login *l, struct stream *s, const struct buf *described,
		       bool is_logged_in);

/* After a greeting that did not come in time: a server that waits for TLS to begin says nothing.
 * SCHEME is that of such a port. */
void login_hint_silence(struct stream *s, const char *scheme, struct err *e);

/* Is a user known, for a login that names him? False: *e (ERR_CONFIG). */
bool login_need_user(struct stream *s, const struct login *l, struct err *e);

/*
 * Logs in by the mechanism that --auth names, or by the best of those OFFERED (auth/sasl.h,
 * sasl_choose()) that works: a mechanism that the server refuses as broken, not for the password,
 * is followed by the next, and the initial response that it does not accept on the command's line
 * by one in a second step. Among them is the protocol's own command, after PLAIN and LOGIN and
 * before CRAM-MD5, if a password may be sent in clear. *e names the server.
 */
enum login_result login_run(struct dialog *d, const struct login *l, const struct login_protocol *p,
			    void *conversation, const char *offered, struct err *e);

/* Puts *** in the place of the secrets that the server repeats in *e (dialog_mask()). */
void login_conceal(const struct dialog *d, struct err *e);

/* The server refused the login (*e is ERR_LOGIN, otherwise nothing happens): adds who wanted in, by
 * which mechanism, and where the password came from. */
void login_tell_who(const struct login *l, const char *mechanism, struct err *e);

/* The server refused the login with *e: is there another password to try, because this one was
 * typed (secret_ask_again())? */
bool login_ask_again(const struct login *l, const struct err *e);

/* May a password that can be used again be sent as things are? False: *e (ERR_LOGIN). */
bool login_may_reveal(struct stream *s, const struct login *l, const char *what, struct err *e);

#endif
