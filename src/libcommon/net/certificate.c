/* SPDX-License-Identifier: ISC */
#include "net/certificate.h"

#include <arpa/inet.h>
#include <gnutls/abstract.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"

#define PIN_PREFIX "sha256:"

enum { NAMES_SHOWN = 4, NAMES_MAX = 1000 };

bool
chain_read(struct chain *c, gnutls_session_t session)
{
	unsigned count = 0;
	const gnutls_datum_t *shown = gnutls_certificate_get_peers(session, &count);

	c->count = 0;
	while (c->count < count && c->count < CHAIN_MAX) {
		gnutls_x509_crt_t *one = &c->certificates[c->count];

		if (gnutls_x509_crt_init(one) < 0)
			return false;
		c->count++;
		if (gnutls_x509_crt_import(*one, &shown[c->count - 1], GNUTLS_X509_FMT_DER) < 0)
			return false;
	}
	return c->count > 0;
}

void
chain_free(struct chain *c)
{
	while (c->count > 0)
		gnutls_x509_crt_deinit(c->certificates[--c->count]);
}

static bool
export_key(gnutls_x509_crt_t certificate, gnutls_datum_t *spki)
{
	gnutls_pubkey_t key;
	bool ok;

	if (gnutls_pubkey_init(&key) < 0)
		return false;
	ok = gnutls_pubkey_import_x509(key, certificate, 0) >= 0 &&
	     gnutls_pubkey_export2(key, GNUTLS_X509_FMT_DER, spki) >= 0;
	gnutls_pubkey_deinit(key);
	return ok;
}

bool
certificate_pin(gnutls_x509_crt_t certificate, struct buf *out)
{
	unsigned char hash[DIGEST_SIZE];
	const gnutls_datum_t hashed = {.data = hash, .size = sizeof hash};
	gnutls_datum_t spki, base64;

	if (!export_key(certificate, &spki))
		return false;
	digest_sha256(spki.data, spki.size, hash);
	gnutls_free(spki.data);
	if (gnutls_base64_encode2(&hashed, &base64) < 0)
		return false;
	buf_add_str(out, PIN_PREFIX);
	buf_add(out, base64.data, base64.size);
	gnutls_free(base64.data);
	return true;
}

bool
certificate_has_dns_name(gnutls_x509_crt_t certificate)
{
	for (unsigned i = 0; i < NAMES_MAX; i++) {
		char name[256];
		size_t size = sizeof name;
		const int type =
		    gnutls_x509_crt_get_subject_alt_name(certificate, i, name, &size, NULL);

		if (type == GNUTLS_SAN_DNSNAME)
			return true;
		if (type == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			return false;
	}
	return false;
}

bool
pins_check(const char *pins, struct err *e)
{
	size_t len;
	const char *bad = text_bad_pin(pins, &len);

	return !bad || err_set(e, ERR_CONFIG, "'%.*s' is not a pin (sha256:BASE64)", (int)len, bad);
}

bool
pins_have(const char *pins, const char *wanted)
{
	for (const char *pin = pins;; pin++) {
		const size_t len = strcspn(pin, ",");

		if (len == strlen(wanted) && memcmp(pin, wanted, len) == 0)
			return true;
		pin += len;
		if (*pin == '\0')
			return false;
	}
}

static void
add_date(struct buf *out, time_t when)
{
	char text[sizeof "2026-11-21"];
	struct tm tm;

	if (gmtime_r(&when, &tm) && strftime(text, sizeof text, "%Y-%m-%d", &tm) > 0)
		buf_add_str(out, text);
}

typedef int get_dn(gnutls_x509_crt_t, gnutls_datum_t *, unsigned);
typedef int get_dn_part(gnutls_x509_crt_t, const char *, unsigned, unsigned, void *, size_t *);

/* "CN=…", or all of the distinguished name where it has none. */
static void
add_name(struct buf *out, gnutls_x509_crt_t c, get_dn_part *part, get_dn *whole)
{
	char cn[256];
	size_t size = sizeof cn;
	gnutls_datum_t dn;

	if (part(c, GNUTLS_OID_X520_COMMON_NAME, 0, 0, cn, &size) >= 0) {
		buf_add_str(out, "CN=");
		text_printable(out, cn, strnlen(cn, size));
	} else if (whole(c, &dn, 0) >= 0) {
		text_printable(out, (const char *)dn.data, dn.size);
		gnutls_free(dn.data);
	}
}

static void
add_subject(struct buf *out, gnutls_x509_crt_t c)
{
	add_name(out, c, gnutls_x509_crt_get_dn_by_oid, gnutls_x509_crt_get_dn3);
}

static void
add_issuer(struct buf *out, gnutls_x509_crt_t c)
{
	add_name(out, c, gnutls_x509_crt_get_issuer_dn_by_oid, gnutls_x509_crt_get_issuer_dn3);
}

/* One subject alternative name; false: it is of a kind that names no server. */
static bool
add_server_name(struct buf *out, int type, const char *name, size_t size)
{
	char address[INET6_ADDRSTRLEN];
	const int family = size == sizeof(struct in_addr) ? AF_INET : AF_INET6;

	if (type == GNUTLS_SAN_DNSNAME) {
		text_printable(out, name, size);
		return true;
	}
	if (size != sizeof(struct in_addr) && size != sizeof(struct in6_addr))
		return false;
	if (type != GNUTLS_SAN_IPADDRESS || !inet_ntop(family, name, address, sizeof address))
		return false;
	buf_add_str(out, address);
	return true;
}

/* "a.example, b.example and 7 more", or the CN where there is none. */
static void
add_server_names(struct buf *out, gnutls_x509_crt_t c)
{
	unsigned shown = 0, more = 0;

	for (unsigned i = 0; i < NAMES_MAX; i++) {
		char name[256];
		size_t size = sizeof name;
		const int type = gnutls_x509_crt_get_subject_alt_name(c, i, name, &size, NULL);
		const size_t before = out->len;

		if (type == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			break;
		if (shown == NAMES_SHOWN) {
			more++;
			continue;
		}
		if (shown > 0)
			buf_add_str(out, ", ");
		if (type >= 0 && add_server_name(out, type, name, size))
			shown++;
		else
			out->len = before;
	}
	if (shown == 0) {
		buf_add_str(out, "no server by name (subjectAltName, RFC 9525), only ");
		add_subject(out, c);
	}
	if (more > 0)
		buf_addf(out, " and %u more", more);
}

static void
say_unknown_issuer(const struct chain *c, const char *host, struct buf *out)
{
	const gnutls_x509_crt_t last = c->certificates[c->count - 1];
	const bool is_alone = c->count == 1 && gnutls_x509_crt_check_issuer(last, last);

	(void)host;
	buf_add_str(out, is_alone ? "it is signed by itself only (" : "the issuer is unknown (");
	add_issuer(out, last);
	buf_add_char(out, ')');
}

static void
say_expired(const struct chain *c, const char *host, struct buf *out)
{
	unsigned i = 0;

	(void)host;
	while (i < c->count - 1 &&
	       gnutls_x509_crt_get_expiration_time(c->certificates[i]) >= time(NULL))
		i++;
	if (i > 0) {
		add_subject(out, c->certificates[i]);
		buf_add_str(out, ", one of its issuers, ");
	}
	buf_add_str(out, "expired on ");
	add_date(out, gnutls_x509_crt_get_expiration_time(c->certificates[i]));
}

static void
say_not_yet(const struct chain *c, const char *host, struct buf *out)
{
	unsigned i = 0;

	(void)host;
	while (i < c->count - 1 &&
	       gnutls_x509_crt_get_activation_time(c->certificates[i]) <= time(NULL))
		i++;
	buf_add_str(out, "not yet valid until ");
	add_date(out, gnutls_x509_crt_get_activation_time(c->certificates[i]));
}

static void
say_wrong_name(const struct chain *c, const char *host, struct buf *out)
{
	buf_add_str(out, "is for ");
	add_server_names(out, c->certificates[0]);
	buf_addf(out, ", not for %s", host);
}

/* The text after "certificate "; `say` adds the details of this chain. */
static const struct reason {
	unsigned flag;
	const char *text;
	void (*say)(const struct chain *, const char *host, struct buf *);
} reasons[] = {
    {GNUTLS_CERT_REVOKED, "revoked", NULL},
    {GNUTLS_CERT_SIGNATURE_FAILURE, "not trusted: its signature is wrong", NULL},
    {GNUTLS_CERT_SIGNER_NOT_FOUND, "not trusted: ", say_unknown_issuer},
    {GNUTLS_CERT_SIGNER_NOT_CA, "not trusted: its issuer is not an authority", NULL},
    {GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE, "not trusted: its issuer may not sign it", NULL},
    {GNUTLS_CERT_INSECURE_ALGORITHM, "not trusted: its key or signature is weak", NULL},
    {GNUTLS_CERT_EXPIRED, "", say_expired},
    {GNUTLS_CERT_NOT_ACTIVATED, "", say_not_yet},
    {GNUTLS_CERT_UNEXPECTED_OWNER, "", say_wrong_name},
    {GNUTLS_CERT_PURPOSE_MISMATCH, "not meant for a server", NULL},
    {GNUTLS_CERT_MISSING_OCSP_STATUS, "comes without the OCSP status that it promises", NULL},
    {GNUTLS_CERT_INVALID_OCSP_STATUS, "comes with a wrong OCSP status", NULL},
};

static void
add_hint(const struct chain *c, unsigned status, struct err *e)
{
	struct buf pin = {0};

	if (!certificate_pin(c->certificates[0], &pin))
		return;
	if (status & GNUTLS_CERT_SIGNER_NOT_FOUND)
		err_hint(e, "if this is the right server: --tls-pin=%s, or --tls-ca-file=FILE",
			 pin.data);
	else if (status & GNUTLS_CERT_UNEXPECTED_OWNER)
		err_hint(e, "if this is the right server: --tls-host=NAME, or --tls-pin=%s",
			 pin.data);
	else if (!(status & GNUTLS_CERT_REVOKED))
		err_hint(e, "if this is the right server: --tls-pin=%s", pin.data);
	buf_free(&pin);
}

bool
chain_explain(const struct chain *c, unsigned status, const char *host, struct err *e)
{
	struct buf text = {0};

	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
		const struct reason *r = &reasons[i];

		if (!(status & r->flag))
			continue;
		if (text.len > 0)
			buf_add_str(&text, "; ");
		buf_add_str(&text, r->text);
		if (r->say)
			r->say(c, host, &text);
	}
	if (text.len == 0)
		buf_addf(&text, "not trusted (GnuTLS status 0x%x)", status);
	err_set(e, ERR_LOGIN, "certificate %s", text.data);
	add_hint(c, status, e);
	buf_free(&text);
	return false;
}

static void
describe_one(gnutls_x509_crt_t c, struct buf *out)
{
	unsigned bits = 0;
	const int key = gnutls_x509_crt_get_pk_algorithm(c, &bits);

	buf_add_str(out, "certificate: ");
	add_subject(out, c);
	buf_add_str(out, ", issued by ");
	add_issuer(out, c);
	buf_add_str(out, ", valid ");
	add_date(out, gnutls_x509_crt_get_activation_time(c));
	buf_add_str(out, " to ");
	add_date(out, gnutls_x509_crt_get_expiration_time(c));
	if (key >= 0)
		buf_addf(out, ", %s %u bits",
			 gnutls_pk_algorithm_get_name((gnutls_pk_algorithm_t)key), bits);
	buf_add_char(out, '\n');
}

void
chain_describe(const struct chain *c, struct buf *out)
{
	for (unsigned i = 0; i < c->count; i++) {
		describe_one(c->certificates[i], out);
		if (i > 0)
			continue;
		buf_add_str(out, "  names: ");
		add_server_names(out, c->certificates[0]);
		buf_add_str(out, "\n  pin: ");
		certificate_pin(c->certificates[0], out);
		buf_add_char(out, '\n');
	}
}
