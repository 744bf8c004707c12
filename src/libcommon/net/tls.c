/* SPDX-License-Identifier: ISC */
#include "net/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/crypto.h"
#include "base/err.h"
#include "base/idna.h"
#include "base/mem.h"
#include "net/certificate.h"
#include "net/tls_error.h"
#include "net/trust.h"

/*
 * GnuTLS's own defaults still allow TLS 1.0, SHA-1 signatures, keys of 1024 bits and an exchange by
 * the certificate's RSA key, without forward secrecy; a distribution's policy may allow more.
 */
static const char own_priority[] =
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-3DES-CBC:-ARCFOUR-128:-MD5:-DHE-DSS:-RSA:"
    "-SIGN-RSA-SHA1:-SIGN-ECDSA-SHA1:-SIGN-DSA-SHA1:-SIGN-DSA-SHA224:-SIGN-DSA-SHA256:"
    "%PROFILE_MEDIUM";

struct tls {
	gnutls_session_t session;
	gnutls_certificate_credentials_t credentials;
	struct tls_transport transport;
	const struct tls_params *params; /* during the handshake */
	struct buf host;                 /* A-labels, no dot at the end; empty: none */
	unsigned char address[sizeof(struct in6_addr)];
	unsigned address_size; /* 0: the host is a name */
	struct err err;        /* what verify() found out */
};

/* The error that verify() found takes precedence over GnuTLS's own. */
static bool
explain(const struct tls *t, int status, struct err *e)
{
	if (t->err.code == ERR_NONE)
		return tls_error_explain(t->session, status, e);
	*e = t->err;
	return false;
}

static ssize_t
push(gnutls_transport_ptr_t ctx, const void *bytes, size_t n)
{
	struct tls *t = ctx;

	t->transport.push(t->transport.ctx, bytes, n);
	return (ssize_t)n;
}

static ssize_t
pull(gnutls_transport_ptr_t ctx, void *bytes, size_t n)
{
	struct tls *t = ctx;
	const ssize_t got = t->transport.pull(t->transport.ctx, bytes, n);

	if (got < 0)
		gnutls_transport_set_errno(t->session, errno);
	return got;
}

/* Deadlines are the transport's: GnuTLS is never to wait by itself, but to ask pull(). */
static int
pull_timeout(gnutls_transport_ptr_t ctx, unsigned ms)
{
	(void)ctx;
	(void)ms;
	return 1;
}

static bool
set_host(struct tls *t, struct err *e)
{
	const struct tls_params *p = t->params;

	if (!p->host && !p->pins) {
		err_set(e, ERR_CONFIG, "no name is known that the certificate must have");
		return err_hint(e, "--tls-host=NAME, or --tls-pin=sha256:BASE64");
	}
	if (!p->host || !idna_to_ascii(p->host, &t->host, e))
		return !p->host;
	if (t->host.len > 1 && t->host.data[t->host.len - 1] == '.')
		t->host.data[--t->host.len] = '\0';
	if (inet_pton(AF_INET, t->host.data, t->address) == 1)
		t->address_size = sizeof(struct in_addr);
	else if (inet_pton(AF_INET6, t->host.data, t->address) == 1)
		t->address_size = sizeof(struct in6_addr);
	return true;
}

static bool
load_trust(struct tls *t, struct err *e)
{
	const char *file = t->params->ca_file;
	int count;

	if (t->params->pins)
		return pins_check(t->params->pins, e);
	if (!file)
		return true; /* the system's, once it is known whom the chain names:
				verify_by_system() */
	count = gnutls_certificate_set_x509_trust_file(t->credentials, file, GNUTLS_X509_FMT_PEM);
	if (count > 0)
		return true;
	if (count == 0)
		return err_set(e, ERR_CONFIG, "%s: no certificate in it", file);
	return tls_error_set(e, ERR_CONFIG, count, "%s", file);
}

static bool
load_own_certificate(struct tls *t, struct err *e)
{
	const char *cert = t->params->cert_file;
	const char *key = t->params->key_file ? t->params->key_file : cert;
	int status;

	if (!cert)
		return true;
	status =
	    gnutls_certificate_set_x509_key_file(t->credentials, cert, key, GNUTLS_X509_FMT_PEM);
	if (status >= 0)
		return true;
	tls_error_set(e, ERR_CONFIG, status, "client certificate %s", cert);
	if (!t->params->key_file)
		err_hint(e, "if its private key is in another file: --tls-key-file=FILE");
	return false;
}

static bool
verify_pin(struct tls *t, const struct chain *c)
{
	struct buf pin = {0};
	bool ok = certificate_pin(c->certificates[0], &pin) && pins_have(t->params->pins, pin.data);

	if (!ok)
		err_set(&t->err, ERR_LOGIN, "the server's key is not the pinned one but %s",
			pin.data ? pin.data : "unreadable");
	buf_free(&pin);
	return ok;
}

static bool
verify_chain(struct tls *t, const struct chain *c)
{
	static const char purpose[] = GNUTLS_KP_TLS_WWW_SERVER;
	const gnutls_vdata_types_t type =
	    t->address_size > 0 ? GNUTLS_DT_IP_ADDRESS : GNUTLS_DT_DNS_HOSTNAME;
	gnutls_typed_vdata_st wanted[] = {
	    {.type = GNUTLS_DT_KEY_PURPOSE_OID, .data = (unsigned char *)purpose, .size = 0},
	    {.type = type, .data = (unsigned char *)t->host.data, .size = (unsigned)t->host.len},
	};
	unsigned status = 0;
	int result;

	if (t->address_size > 0) {
		wanted[1].data = t->address;
		wanted[1].size = t->address_size;
	}
	result = gnutls_certificate_verify_peers(t->session, wanted, 2, &status);
	if (result < 0)
		return explain(t, result, &t->err);
	/* RFC 9525 section 2: GnuTLS falls back to the common name. */
	if (t->address_size == 0 && !certificate_has_dns_name(c->certificates[0]))
		status |= GNUTLS_CERT_UNEXPECTED_OWNER;
	return status == 0 || chain_explain(c, status, t->host.data, &t->err);
}

static bool
load_system_trust(struct tls *t)
{
	if (gnutls_certificate_set_x509_system_trust(t->credentials) > 0)
		return true;
	err_set(&t->err, ERR_LOGIN, "this system has no trusted certificates");
	return err_hint(&t->err, "install ca-certificates, or use --tls-ca-file=FILE");
}

/* With the few anchors that the chain names, and only where that does not do with all there are. */
static bool
verify_by_system(struct tls *t, const struct chain *c)
{
	if (trust_add_issuers(t->credentials, NULL, c) && verify_chain(t, c))
		return true;
	t->err = (struct err){0};
	return load_system_trust(t) && verify_chain(t, c);
}

static bool
verify_peer(struct tls *t, const struct chain *c)
{
	if (t->params->pins)
		return verify_pin(t, c);
	return t->params->ca_file ? verify_chain(t, c) : verify_by_system(t, c);
}

/* Within the handshake, so that an impostor gets neither our certificate nor our first word. */
static int
verify(gnutls_session_t session)
{
	struct tls *t = gnutls_session_get_ptr(session);
	struct chain chain;
	bool ok;

	if (!chain_read(&chain, session))
		ok =
		    err_set(&t->err, ERR_LOGIN, "the server shows no certificate that can be read");
	else
		ok = verify_peer(t, &chain);
	chain_free(&chain);
	return ok ? 0 : GNUTLS_E_CERTIFICATE_ERROR;
}

static bool
set_priority(struct tls *t, struct err *e)
{
	const char *wanted = t->params->priority ? t->params->priority : own_priority;
	const char *bad = wanted;
	const int status = gnutls_priority_set_direct(t->session, wanted, &bad);

	if (status >= 0)
		return true;
	return tls_error_set(e, ERR_CONFIG, status, "TLS priority at '%s'", bad);
}

/* Tickets are for sessions to come, of which there are none. */
static bool
open_session(struct tls *t, struct err *e)
{
	int status = gnutls_init(&t->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_TICKETS);

	if (status < 0)
		return tls_error_set(e, ERR_TEMPORARY, status, "TLS failed");
	gnutls_session_set_ptr(t->session, t);
	gnutls_session_set_verify_function(t->session, verify);
	gnutls_transport_set_ptr(t->session, t);
	gnutls_transport_set_push_function(t->session, push);
	gnutls_transport_set_pull_function(t->session, pull);
	gnutls_transport_set_pull_timeout_function(t->session, pull_timeout);
	if (t->host.len > 0 && t->address_size == 0)
		gnutls_server_name_set(t->session, GNUTLS_NAME_DNS, t->host.data, t->host.len);
	status = gnutls_credentials_set(t->session, GNUTLS_CRD_CERTIFICATE, t->credentials);
	if (status < 0)
		return tls_error_set(e, ERR_TEMPORARY, status, "TLS failed");
	return set_priority(t, e);
}

static bool
shake_hands(struct tls *t, struct err *e)
{
	for (;;) {
		const int status = gnutls_handshake(t->session);

		if (status == GNUTLS_E_SUCCESS)
			return true;
		if (status == GNUTLS_E_AGAIN) {
			if (!t->transport.wait(t->transport.ctx, e))
				return false;
		} else if (gnutls_error_is_fatal(status)) {
			gnutls_alert_send_appropriate(t->session, status);
			return explain(t, status, e);
		}
	}
}

static struct tls *
tls_new(const struct tls_params *p, struct err *e)
{
	struct tls *t;

	if (!crypto_start(e))
		return NULL;
	t = mem_alloc(sizeof *t);
	t->params = p;
	if (gnutls_certificate_allocate_credentials(&t->credentials) < 0)
		tls_error_set(e, ERR_TEMPORARY, GNUTLS_E_MEMORY_ERROR, "TLS failed");
	else if (set_host(t, e) && load_trust(t, e) && load_own_certificate(t, e) &&
		 open_session(t, e))
		return t;
	tls_free(t);
	return NULL;
}

bool
tls_check(const struct tls_params *p, struct err *e)
{
	struct tls *t = tls_new(p, e);

	tls_free(t);
	return t != NULL;
}

struct tls *
tls_start(const struct tls_params *p, const struct tls_transport *transport, struct err *e)
{
	struct tls *t = tls_new(p, e);

	if (!t)
		return NULL;
	t->transport = *transport;
	if (shake_hands(t, e))
		return t;
	tls_free(t);
	return NULL;
}

void
tls_free(struct tls *t)
{
	if (!t)
		return;
	if (t->session)
		gnutls_deinit(t->session);
	if (t->credentials)
		gnutls_certificate_free_credentials(t->credentials);
	buf_free(&t->host);
	free(t);
}

bool
tls_send(struct tls *t, const char *bytes, size_t n, struct err *e)
{
	while (n > 0) {
		const ssize_t sent = gnutls_record_send(t->session, bytes, n);

		if (sent > 0) {
			bytes += sent;
			n -= (size_t)sent;
		} else if (sent != GNUTLS_E_AGAIN && sent != GNUTLS_E_INTERRUPTED) {
			return explain(t, (int)sent, e);
		}
	}
	return true;
}

ssize_t
tls_recv(struct tls *t, char *bytes, size_t n, struct err *e)
{
	for (;;) {
		const ssize_t got = gnutls_record_recv(t->session, bytes, n);

		if (got >= 0)
			return got;
		if (got == GNUTLS_E_AGAIN) {
			if (!t->transport.wait(t->transport.ctx, e))
				return -1;
		} else if (got == GNUTLS_E_REHANDSHAKE) { /* what TLS 1.3 has done away with */
			gnutls_alert_send(t->session, GNUTLS_AL_WARNING, GNUTLS_A_NO_RENEGOTIATION);
		} else if (gnutls_error_is_fatal((int)got)) {
			explain(t, (int)got, e);
			return -1;
		}
	}
}

size_t
tls_pending(struct tls *t)
{
	return gnutls_record_check_pending(t->session);
}

void
tls_bye(struct tls *t)
{
	gnutls_bye(t->session, GNUTLS_SHUT_WR);
}

/*
 * tls-unique can be forged across sessions without the extended master secret (RFC 7627 section 1,
 * the triple handshake).
 */
bool
tls_channel_binding(struct tls *t, const char **type, struct buf *out)
{
	const bool is_1_3 = gnutls_protocol_get_version(t->session) >= GNUTLS_TLS1_3;
	gnutls_datum_t data;

	if (!is_1_3 && !gnutls_session_ext_master_secret_status(t->session))
		return false;
	if (gnutls_session_channel_binding(
		t->session, is_1_3 ? GNUTLS_CB_TLS_EXPORTER : GNUTLS_CB_TLS_UNIQUE, &data) < 0)
		return false;
	*type = is_1_3 ? "tls-exporter" : "tls-unique";
	buf_add(out, data.data, data.size);
	gnutls_free(data.data);
	return true;
}

void
tls_describe(struct tls *t, struct buf *out)
{
	const gnutls_session_t session = t->session;
	const char *group = gnutls_group_get_name(gnutls_group_get(session));
	struct chain chain;

	buf_addf(out, "%s, %s, %s\n",
		 gnutls_protocol_get_name(gnutls_protocol_get_version(session)),
		 group ? group : gnutls_kx_get_name(gnutls_kx_get(session)),
		 gnutls_cipher_get_name(gnutls_cipher_get(session)));
	if (chain_read(&chain, t->session))
		chain_describe(&chain, out);
	chain_free(&chain);
}
