/* SPDX-License-Identifier: ISC */
/*
 * sasl - which mechanism, and its side of the exchange (RFC 4422). The protocol carries the lines;
 * this module makes them.
 *
 *	mechanism = sasl_choose(…what the server offers…);
 *	sasl = sasl_start(mechanism, …);
 *	while the server sends challenges: sasl_step(sasl, challenge, …)
 *	when it says yes: sasl_finish(sasl)
 *
 * Mechanisms: SCRAM-SHA-256 and SCRAM-SHA-1, both also with channel binding (-PLUS; RFC 5802, 7677,
 * 9266), PLAIN (RFC 4616), LOGIN, CRAM-MD5 (RFC 2195), EXTERNAL (RFC 4422 appendix A), and where
 * named DIGEST-MD5 (RFC 2831), GSSAPI (RFC 4752), OAUTHBEARER (RFC 7628), XOAUTH2.
 */
#ifndef MAILVERBS_AUTH_SASL_H
#define MAILVERBS_AUTH_SASL_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct err;
struct sasl;
struct secret;

struct sasl_params {
	const char *service; /* "smtp", "pop", "imap" */
	const char *host;    /* the server's name, for OAUTHBEARER, DIGEST-MD5 and GSSAPI */
	unsigned port;
	const char *user; /* authentication identity; NULL or "": none known (EXTERNAL, GSSAPI) */
	struct secret *secret; /* not owned; NULL: there can be none */
	const char *mechanism; /* --auth: the word for one ("plain", …); NULL: any */
	bool is_preset;        /* that word is a provider's preset: nobody asked for it here */
	bool is_private;       /* TLS is on, or nobody on a wire reads along: secrets may be sent */
	bool has_client_cert;
	/* For login_run(): names that are not to be chosen again (blank-separated; NULL: none). A
	 * named mechanism is excluded like any other. */
	const char *excluded;
	/* a mechanism failed that may have shown a wrong password: of the others only those that
	 * show the password itself are worth a try */
	bool is_doubted;
	const char *binding_type; /* "tls-exporter" or "tls-unique"; NULL: no channel binding */
	const struct buf *binding;
};

/*
 * The mechanism to use out of OFFERED (SASL names, blank-separated, as in EHLO and CAPA); the text
 * is a constant. "auto" takes the strongest that the credentials allow, of SCRAM-SHA-256-PLUS,
 * SCRAM-SHA-1-PLUS, SCRAM-SHA-256, SCRAM-SHA-1, PLAIN, LOGIN, CRAM-MD5, EXTERNAL; EXTERNAL comes
 * first where there is a client certificate and secret_is_given() says no. The others have to be
 * named.
 *
 * PLAIN and LOGIN are used only when it is private, or by sasl_may_reveal(); tokens only when it is
 * private.
 *
 * NULL: *e is ERR_CONFIG (no such mechanism, no user name) or ERR_LOGIN: the named one is not
 * offered or may not be used, or nothing that is offered can be. After ERR_LOGIN with "auto", a
 * POP3 client can still go on to USER and PASS by sasl_may_reveal().
 */
const char *sasl_choose(const struct sasl_params *p, const char *offered, struct err *e);

/* Does MECHANISM (a name from sasl_choose()) need a password or token? Can whoever reads the
 * exchange log in from then on? Does it come after a plain password in a protocol's own command? */
bool sasl_needs_secret(const char *mechanism);
bool sasl_is_token(const char *mechanism); /* is that an OAuth 2 access token? */
bool sasl_reveals(const char *mechanism);
bool sasl_yields_to_plain(const char *mechanism);

/*
 * May a reusable password be sent by WHAT ("USER and PASS", "LOGIN"), which is not a SASL
 * mechanism? Yes when it is private, or when the user, and not a preset, named the mechanism.
 * False: ERR_LOGIN.
 */
bool sasl_may_reveal(const struct sasl_params *p, const char *what, struct err *e);

/*
 * Fetches the secret where the mechanism (a name from sasl_choose()) needs one. The params, and
 * what they point to, are borrowed until sasl_free(). NULL: *e, as of secret_text() too.
 */
struct sasl *sasl_start(const char *mechanism, const struct sasl_params *p, struct err *e);
void sasl_free(struct sasl *s); /* wipes; accepts NULL */

/*
 * Does the client speak first (RFC 4422 section 5, item 2a)? Then sasl_step(s, NULL, …) makes the
 * initial response. It can go out with the command or, where that would be too long, in answer to
 * the server's first challenge, which has nothing in it.
 */
bool sasl_client_first(const struct sasl *s);

/*
 * Answers a challenge (base64, "" for an empty one, NULL for the initial response). RESPONSE is
 * replaced by the line to send, in base64, without CRLF, perhaps empty. The caller sends it by
 * dialog_ask_secret() and wipes it. False: *e is ERR_PROTOCOL (the challenge makes no sense),
 * ERR_LOGIN (the server proved to be a wrong one, or we have not what it takes) or ERR_CONFIG; the
 * caller cancels the exchange by "*" (RFC 4954 section 4).
 *
 * After the server's OAuth error JSON (RFC 7628 section 3.2.3), or SCRAM's "e=" (RFC 5802 section
 * 7), the response is the one that lets the server send its refusal, and sasl_hint() has what it
 * said.
 */
bool sasl_step(struct sasl *s, const char *challenge, struct buf *response, struct err *e);

/*
 * The server said yes: is the exchange complete on our side too? False (ERR_LOGIN): the server has
 * not proved that it knows the password (SCRAM, DIGEST-MD5, GSSAPI), or skipped the rest.
 */
bool sasl_finish(struct sasl *s, struct err *e);

/* The response, counted from 1, that is the first to depend on the password. */
unsigned sasl_proof_at(const struct sasl *s);

/* Did the server say in the exchange that the user or the password is wrong (SCRAM's "e=")? */
bool sasl_names_password(const struct sasl *s);

/* The server's words in the exchange apart from its final answer, or NULL; borrowed. */
const char *sasl_hint(const struct sasl *s);

/*
 * APOP's digest (RFC 1939 section 7): 32 hex digits and NUL into HEX. TIMESTAMP is the greeting's
 * <…>, with the angle brackets; one that is not a msg-id is ERR_PROTOCOL.
 */
bool sasl_apop(const char *timestamp, struct secret *secret, char hex[static 33], struct err *e);

#endif
