/* SPDX-License-Identifier: ISC */
#include "net/tls_error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
	int status;
	enum err_code code;
	const char *text;
} failures[] = {
    {GNUTLS_E_PREMATURE_TERMINATION, ERR_TEMPORARY, "the connection was cut"},
    {GNUTLS_E_UNSUPPORTED_VERSION_PACKET, ERR_UNAVAILABLE, "no TLS version in common"},
    {GNUTLS_E_UNKNOWN_CIPHER_SUITE, ERR_UNAVAILABLE, "no TLS cipher in common"},
    {GNUTLS_E_NO_CIPHER_SUITES, ERR_UNAVAILABLE, "no TLS cipher in common"},
    {GNUTLS_E_INSUFFICIENT_SECURITY, ERR_UNAVAILABLE, "the server's TLS is too weak"},
    {GNUTLS_E_DH_PRIME_UNACCEPTABLE, ERR_UNAVAILABLE, "the server's TLS is too weak (DH)"},
    {GNUTLS_E_UNSUPPORTED_SIGNATURE_ALGORITHM, ERR_UNAVAILABLE,
     "no TLS signature algorithm in common"},
    {GNUTLS_E_CONSTRAINT_ERROR, ERR_LOGIN, "the server's certificate chain is too long"},
    {GNUTLS_E_NO_CERTIFICATE_FOUND, ERR_LOGIN, "the server shows no certificate"},
};

/* RFC 8446 section 6.2; alerts not named here are ERR_PROTOCOL. */
static const struct {
	gnutls_alert_description_t alert;
	enum err_code code;
	const char *text; /* NULL: GnuTLS's own */
} alerts[] = {
    {GNUTLS_A_PROTOCOL_VERSION, ERR_UNAVAILABLE, "no TLS version in common"},
    {GNUTLS_A_HANDSHAKE_FAILURE, ERR_UNAVAILABLE, "nothing in common (handshake failure)"},
    {GNUTLS_A_INSUFFICIENT_SECURITY, ERR_UNAVAILABLE, NULL},
    {GNUTLS_A_UNRECOGNIZED_NAME, ERR_UNAVAILABLE, "it does not know this server name"},
    {GNUTLS_A_INTERNAL_ERROR, ERR_TEMPORARY, NULL},
    {GNUTLS_A_USER_CANCELED, ERR_TEMPORARY, NULL},
    {GNUTLS_A_CERTIFICATE_REQUIRED, ERR_LOGIN, "it wants a client certificate"},
    {GNUTLS_A_BAD_CERTIFICATE, ERR_LOGIN, "it does not accept our certificate"},
    {GNUTLS_A_UNSUPPORTED_CERTIFICATE, ERR_LOGIN, "it does not accept our certificate"},
    {GNUTLS_A_CERTIFICATE_REVOKED, ERR_LOGIN, "our certificate is revoked"},
    {GNUTLS_A_CERTIFICATE_EXPIRED, ERR_LOGIN, "our certificate is expired"},
    {GNUTLS_A_CERTIFICATE_UNKNOWN, ERR_LOGIN, "it does not accept our certificate"},
    {GNUTLS_A_UNKNOWN_CA, ERR_LOGIN, "it does not know our certificate's issuer"},
    {GNUTLS_A_ACCESS_DENIED, ERR_LOGIN, NULL},
};

static bool
explain_alert(gnutls_alert_description_t alert, struct err *e)
{
	const char *name = gnutls_alert_get_name(alert);

	for (size_t i = 0; i < sizeof alerts / sizeof *alerts; i++)
		if (alerts[i].alert == alert)
			return err_set(e, alerts[i].code, "the server refused TLS: %s",
				       alerts[i].text ? alerts[i].text : name);
	return err_set(e, ERR_PROTOCOL, "the server refused TLS: %s",
		       name ? name : "unknown alert");
}

/* GnuTLS ends its sentences with a full stop. */
bool
tls_error_set(struct err *e, enum err_code code, int status, const char *fmt, ...)
{
	const char *words = gnutls_strerror(status);
	const size_t len = strlen(words);
	char text[sizeof e->text];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return err_set(e, code, "%s: %.*s", text,
		       (int)(len > 0 && words[len - 1] == '.' ? len - 1 : len), words);
}

bool
tls_error_explain(gnutls_session_t session, int status, struct err *e)
{
	if (status == GNUTLS_E_FATAL_ALERT_RECEIVED)
		return explain_alert(gnutls_alert_get(session), e);
	for (size_t i = 0; i < sizeof failures / sizeof *failures; i++)
		if (failures[i].status == status)
			return err_set(e, failures[i].code, "%s", failures[i].text);
	return tls_error_set(e, ERR_PROTOCOL, status, "TLS failed");
}
