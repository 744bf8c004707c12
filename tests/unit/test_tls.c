/* SPDX-License-Identifier: ISC */
/*
 * Against a GnuTLS server in a thread, at the other end of a SOCK_SEQPACKET pair: each packet is
 * one write(2) of ours. The certificates are made here, for the occasion.
 */
#include "net/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509-ext.h>
#include <gnutls/x509.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/crypto.h"
#include "base/err.h"
#include "base/mem.h"
#include "net/certificate.h"
#include "net/stream.h"
#include "tap.h"

#define NAME "mail.example.org:465"
#define HOST "mail.example.org"
#define TLS_1_2 "NORMAL:-VERS-ALL:+VERS-TLS1.2"

enum { ISSUERS = 40 };
enum { DAY = 24 * 60 * 60, BULK = 100 * 1024 * 1024, BLOCK = 64 * 1024 };

struct identity {
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t certificate;
};

/* What to put into a certificate. */
struct request {
	const char *cn;
	const char *dns[8];
	const char *ip;
	bool has_odd_ip; /* an iPAddress of five octets */
	const char *purpose;
	long from_days, to_days;       /* from now; both 0: valid */
	const struct identity *issuer; /* NULL: itself */
	bool is_ca;
	const char *permitted; /* an authority for names in this domain alone */
	bool must_staple;
	bool is_rsa;
};

static char directory[] = "/tmp/test_tls.XXXXXX";
static struct identity authority, other_authority;
static char ca_file[64], own_cert[64], own_key[64];

static void
set_permitted(gnutls_x509_crt_t certificate, const char *domain)
{
	const gnutls_datum_t name = {(unsigned char *)domain, (unsigned)strlen(domain)};
	gnutls_x509_name_constraints_t constraints;

	gnutls_x509_name_constraints_init(&constraints);
	gnutls_x509_name_constraints_add_permitted(constraints, GNUTLS_SAN_DNSNAME, &name);
	gnutls_x509_crt_set_name_constraints(certificate, constraints, 1);
	gnutls_x509_name_constraints_deinit(constraints);
}

/* RFC 7633: the status_request extension of TLS is a promise. */
static void
set_must_staple(gnutls_x509_crt_t certificate)
{
	gnutls_x509_tlsfeatures_t features;

	gnutls_x509_tlsfeatures_init(&features);
	gnutls_x509_tlsfeatures_add(features, 5);
	gnutls_x509_crt_set_tlsfeatures(certificate, features);
	gnutls_x509_tlsfeatures_deinit(features);
}

/* GnuTLS knows the names in a certificate, by which it sorts a chain, only if it has read it. */
static void
read_again(gnutls_x509_crt_t *certificate)
{
	gnutls_datum_t der;

	gnutls_x509_crt_export2(*certificate, GNUTLS_X509_FMT_DER, &der);
	gnutls_x509_crt_deinit(*certificate);
	gnutls_x509_crt_init(certificate);
	gnutls_x509_crt_import(*certificate, &der, GNUTLS_X509_FMT_DER);
	gnutls_free(der.data);
}

static struct identity
make_identity(const struct request *r)
{
	static unsigned char serial;
	struct identity i;
	const struct identity *issuer = r->issuer ? r->issuer : &i;
	const bool is_valid = r->from_days == 0 && r->to_days == 0;
	unsigned char address[4];

	gnutls_x509_privkey_init(&i.key);
	gnutls_x509_privkey_generate(
	    i.key, r->is_rsa ? GNUTLS_PK_RSA : GNUTLS_PK_ECDSA,
	    r->is_rsa ? 2048 : GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
	gnutls_x509_crt_init(&i.certificate);
	gnutls_x509_crt_set_version(i.certificate, 3);
	serial++;
	gnutls_x509_crt_set_serial(i.certificate, &serial, 1);
	gnutls_x509_crt_set_key(i.certificate, i.key);
	gnutls_x509_crt_set_dn_by_oid(i.certificate, GNUTLS_OID_X520_COMMON_NAME, 0, r->cn,
				      (unsigned)strlen(r->cn));
	for (size_t k = 0; k < 8 && r->dns[k]; k++)
		gnutls_x509_crt_set_subject_alt_name(i.certificate, GNUTLS_SAN_DNSNAME, r->dns[k],
						     (unsigned)strlen(r->dns[k]),
						     GNUTLS_FSAN_APPEND);
	if (r->ip && inet_pton(AF_INET, r->ip, address) == 1)
		gnutls_x509_crt_set_subject_alt_name(i.certificate, GNUTLS_SAN_IPADDRESS, address,
						     sizeof address, GNUTLS_FSAN_APPEND);
	if (r->has_odd_ip)
		gnutls_x509_crt_set_subject_alt_name(i.certificate, GNUTLS_SAN_IPADDRESS,
						     "\xc0\0\2\1\7", 5, GNUTLS_FSAN_APPEND);
	if (r->purpose)
		gnutls_x509_crt_set_key_purpose_oid(i.certificate, r->purpose, 0);
	gnutls_x509_crt_set_activation_time(i.certificate,
					    time(NULL) + (is_valid ? -1 : r->from_days) * DAY);
	gnutls_x509_crt_set_expiration_time(i.certificate,
					    time(NULL) + (is_valid ? 30 : r->to_days) * DAY);
	gnutls_x509_crt_set_ca_status(i.certificate, r->is_ca);
	if (r->is_ca)
		gnutls_x509_crt_set_key_usage(i.certificate, GNUTLS_KEY_KEY_CERT_SIGN);
	if (r->permitted)
		set_permitted(i.certificate, r->permitted);
	if (r->must_staple)
		set_must_staple(i.certificate);
	if (gnutls_x509_crt_sign2(i.certificate, issuer->certificate, issuer->key,
				  GNUTLS_DIG_SHA256, 0) < 0)
		abort();
	read_again(&i.certificate);
	return i;
}

static void
free_identity(struct identity *i)
{
	gnutls_x509_crt_deinit(i->certificate);
	gnutls_x509_privkey_deinit(i->key);
}

static void
write_pem(char *path, size_t size, const char *name, const gnutls_datum_t *pem)
{
	FILE *f;

	snprintf(path, size, "%s/%s", directory, name);
	f = fopen(path, "w");
	if (!f || fwrite(pem->data, 1, pem->size, f) != pem->size || fclose(f) != 0)
		abort();
}

static void
make_files(void)
{
	const struct request own = {
	    .cn = "alice", .issuer = &authority, .purpose = GNUTLS_KP_TLS_WWW_CLIENT};
	struct identity i;
	gnutls_datum_t pem;

	authority = make_identity(&(struct request){.cn = "Test CA", .is_ca = true});
	other_authority = make_identity(&(struct request){.cn = "Other CA", .is_ca = true});
	i = make_identity(&own);
	gnutls_x509_crt_export2(authority.certificate, GNUTLS_X509_FMT_PEM, &pem);
	write_pem(ca_file, sizeof ca_file, "ca.pem", &pem);
	gnutls_free(pem.data);
	gnutls_x509_crt_export2(i.certificate, GNUTLS_X509_FMT_PEM, &pem);
	write_pem(own_cert, sizeof own_cert, "cert.pem", &pem);
	gnutls_free(pem.data);
	gnutls_x509_privkey_export2(i.key, GNUTLS_X509_FMT_PEM, &pem);
	write_pem(own_key, sizeof own_key, "key.pem", &pem);
	gnutls_free(pem.data);
	free_identity(&i);
}

static void
remove_files(void)
{
	unlink(ca_file);
	unlink(own_cert);
	unlink(own_key);
	rmdir(directory);
	free_identity(&authority);
	free_identity(&other_authority);
}

/* The server: one connection, one thing that it does with it. */
struct server {
	int fd, our_fd;
	pthread_t thread;
	struct identity identity;
	const struct identity *issuers[ISSUERS]; /* that it shows, too */
	const char *priority;
	bool wants_certificate;
	void (*serve)(struct server *);
	gnutls_session_t session;
	int handshake_status;
	bool got_certificate;
	unsigned packets; /* received so far */
	char packet[BLOCK * 2];
	size_t at, end;
	char line[256]; /* what was received */
	bool is_right;
	bool is_corked;
	struct buf corked;
};

static ssize_t
server_pull(gnutls_transport_ptr_t ctx, void *bytes, size_t n)
{
	struct server *v = ctx;
	size_t take;

	if (v->at == v->end) {
		const ssize_t got = recv(v->fd, v->packet, sizeof v->packet, 0);

		if (got <= 0)
			return got;
		v->packets++;
		v->at = 0;
		v->end = (size_t)got;
	}
	take = n < v->end - v->at ? n : v->end - v->at;
	memcpy(bytes, v->packet + v->at, take);
	v->at += take;
	return (ssize_t)take;
}

/* Into one packet while it is corked. */
static ssize_t
server_push(gnutls_transport_ptr_t ctx, const void *bytes, size_t n)
{
	struct server *v = ctx;

	if (!v->is_corked)
		return send(v->fd, bytes, n, MSG_NOSIGNAL);
	buf_add(&v->corked, bytes, n);
	return (ssize_t)n;
}

static int
server_wait(gnutls_transport_ptr_t ctx, unsigned ms)
{
	(void)ctx;
	(void)ms;
	return 1;
}

static void
server_say(struct server *v, const char *text)
{
	gnutls_record_send(v->session, text, strlen(text));
}

static void
server_hear(struct server *v)
{
	ssize_t n;

	do
		n = gnutls_record_recv(v->session, v->line, sizeof v->line - 1);
	while (n < 0 && !gnutls_error_is_fatal((int)n));
	v->line[n > 0 ? n : 0] = '\0';
}

static void *
run_server(void *arg)
{
	struct server *v = arg;
	gnutls_certificate_credentials_t credentials;
	gnutls_x509_crt_t shown[ISSUERS + 1] = {v->identity.certificate};
	int count = 1;

	while (count <= ISSUERS && v->issuers[count - 1]) {
		shown[count] = v->issuers[count - 1]->certificate;
		count++;
	}
	gnutls_certificate_allocate_credentials(&credentials);
	if (gnutls_certificate_set_x509_key(credentials, shown, count, v->identity.key) < 0)
		abort();
	gnutls_certificate_set_x509_trust(credentials, &authority.certificate, 1);
	gnutls_init(&v->session, GNUTLS_SERVER);
	if (gnutls_priority_set_direct(v->session, v->priority ? v->priority : "NORMAL", NULL) != 0)
		abort();
	gnutls_credentials_set(v->session, GNUTLS_CRD_CERTIFICATE, credentials);
	if (v->wants_certificate)
		gnutls_certificate_server_set_request(v->session, GNUTLS_CERT_REQUIRE);
	gnutls_transport_set_ptr(v->session, v);
	gnutls_transport_set_pull_function(v->session, server_pull);
	gnutls_transport_set_push_function(v->session, server_push);
	gnutls_transport_set_pull_timeout_function(v->session, server_wait);
	do
		v->handshake_status = gnutls_handshake(v->session);
	while (v->handshake_status < 0 && !gnutls_error_is_fatal(v->handshake_status));
	if (v->handshake_status < 0)
		gnutls_alert_send_appropriate(v->session, v->handshake_status);
	else
		v->got_certificate = gnutls_certificate_get_peers(v->session, &(unsigned){0});
	if (v->handshake_status >= 0 && v->serve)
		v->serve(v);
	gnutls_deinit(v->session);
	gnutls_certificate_free_credentials(credentials);
	shutdown(v->fd, SHUT_RDWR);
	return NULL;
}

static void
start_server(struct server *v, const struct request *r)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0)
		abort();
	v->fd = ends[1];
	v->our_fd = ends[0];
	v->identity = make_identity(r);
	pthread_create(&v->thread, NULL, run_server, v);
}

static void
end_server(struct server *v)
{
	pthread_join(v->thread, NULL);
	close(v->fd);
	free_identity(&v->identity);
}

static struct request
good(void)
{
	return (struct request){.cn = "ignored",
				.dns = {HOST, "*.example.net"},
				.purpose = GNUTLS_KP_TLS_WWW_SERVER,
				.issuer = &authority};
}

static struct tls_params
trusting(void)
{
	return (struct tls_params){.host = HOST, .ca_file = ca_file};
}

static void
serve_answer(struct server *v)
{
	server_hear(v);
	server_say(v, "250 ok\r\n");
	server_hear(v);
}

/* A stream to V as it should be, with TLS on; NAME is what the test is about. */
static struct stream *
secured(struct server *v, unsigned timeout_s, const char *name)
{
	const struct request r = good();
	const struct tls_params p = trusting();
	struct stream *s;
	struct err e = {0};

	start_server(v, &r);
	s = stream_from_fds(v->our_fd, v->our_fd, NAME, timeout_s);
	ok(stream_start_tls(s, &p, &e), "%s", name);
	return s;
}

/* Does the handshake with V, whose certificate is R, come out as WANT (an error's text, NULL:
 * well)? */
static void
is_handshake_with(struct server *v, const char *name, const struct request *r,
		  const struct tls_params *p, enum err_code code, const char *want)
{
	struct stream *s;
	struct err e = {0}, kept = {0};
	bool done;

	v->serve = serve_answer;
	start_server(v, r);
	s = stream_from_fds(v->our_fd, v->our_fd, NAME, 10);
	done = stream_start_tls(s, p, &e);
	if (want) {
		ok(!done && e.code == code, "%s: refused (%d)", name, e.code);
		is_str(e.text, want, name);
		ok(!stream_ok(s, &kept) && strcmp(kept.text, e.text) == 0, "%s: kept", name);
		diag("hint: %s", e.hint);
	} else {
		if (!ok(done, "%s: accepted", name))
			diag("%s", e.text);
		stream_write(s, "EHLO me\r\n", 9);
		is_str(stream_line(s, &(size_t){0}), "250 ok", name);
	}
	stream_close(s);
	end_server(v);
}

static void
is_handshake(const char *name, const struct request *r, const struct tls_params *p,
	     enum err_code code, const char *want)
{
	struct server *v = mem_alloc(sizeof *v);

	is_handshake_with(v, name, r, p, code, want);
	free(v);
}

/* The day that lies DAYS from now. */
static const char *
date(long days)
{
	static char text[11];
	const time_t when = time(NULL) + days * DAY;
	struct tm tm;

	strftime(text, sizeof text, "%Y-%m-%d", gmtime_r(&when, &tm));
	return text;
}

static void
test_names(void)
{
	struct request r = good();
	struct tls_params p = trusting();

	is_handshake("the right name", &r, &p, ERR_NONE, NULL);
	p.host = HOST ".";
	is_handshake("the right name with a dot", &r, &p, ERR_NONE, NULL);
	p.host = "pop.example.net";
	is_handshake("a wildcard", &r, &p, ERR_NONE, NULL);
	p.host = "a.pop.example.net";
	is_handshake("a wildcard stands for one label", &r, &p, ERR_LOGIN,
		     NAME ": certificate is for mail.example.org, *.example.net, not for "
			  "a.pop.example.net");
	p.host = "evil.example";
	r.dns[2] = "a.example";
	r.dns[3] = "b.example";
	r.dns[4] = "c.example";
	r.dns[5] = "d.example";
	is_handshake("a wrong name", &r, &p, ERR_LOGIN,
		     NAME ": certificate is for mail.example.org, *.example.net, a.example, "
			  "b.example and 2 more, not for evil.example");
	r = good();
	r.ip = "192.0.2.1";
	p.host = "192.0.2.1";
	is_handshake("an address", &r, &p, ERR_NONE, NULL);
	p.host = "192.0.2.2";
	is_handshake("a wrong address", &r, &p, ERR_LOGIN,
		     NAME ": certificate is for mail.example.org, *.example.net, 192.0.2.1, not "
			  "for 192.0.2.2");
	r = good();
	r.dns[0] = "192.0.2.1";
	p.host = "192.0.2.1";
	is_handshake("an address as a DNS name", &r, &p, ERR_LOGIN,
		     NAME ": certificate is for 192.0.2.1, *.example.net, not for 192.0.2.1");
	r = good();
	r.dns[0] = "xn--bcher-kva.example";
	p.host = "b\xc3\xbc"
		 "cher.example";
	is_handshake("a name beyond ASCII", &r, &p, ERR_NONE, NULL);
}

/* RFC 9525 section 2. */
static void
test_common_name(void)
{
	const struct tls_params p = trusting();
	struct request r = good();

	r.cn = HOST;
	memset(r.dns, 0, sizeof r.dns);
	is_handshake("a server named only in CN", &r, &p, ERR_LOGIN,
		     NAME ": certificate is for no server by name (subjectAltName, RFC 9525), only "
			  "CN=mail.example.org, not for mail.example.org");
	r.cn = "x\ntls: forged";
	r.has_odd_ip = true;
	is_handshake("control characters in a name, and an address of five octets", &r, &p,
		     ERR_LOGIN,
		     NAME ": certificate is for no server by name (subjectAltName, RFC 9525), only "
			  "CN=x\\x0atls: forged, not for mail.example.org");
}

static void
test_trust(void)
{
	const struct tls_params p = trusting();
	struct request r = good();
	char want[200];

	r.issuer = &other_authority;
	is_handshake("an unknown issuer", &r, &p, ERR_LOGIN,
		     NAME ": certificate not trusted: the issuer is unknown (CN=Other CA)");
	r.issuer = NULL;
	is_handshake("no issuer", &r, &p, ERR_LOGIN,
		     NAME ": certificate not trusted: it is signed by itself only (CN=ignored)");
	r = good();
	r.from_days = -10;
	r.to_days = -3;
	snprintf(want, sizeof want, NAME ": certificate expired on %s", date(-3));
	is_handshake("an expired certificate", &r, &p, ERR_LOGIN, want);
	r.from_days = 3;
	r.to_days = 10;
	snprintf(want, sizeof want, NAME ": certificate not yet valid until %s", date(3));
	is_handshake("a certificate of tomorrow", &r, &p, ERR_LOGIN, want);
	r = good();
	r.purpose = GNUTLS_KP_TLS_WWW_CLIENT;
	is_handshake("a client's certificate", &r, &p, ERR_LOGIN,
		     NAME ": certificate not meant for a server");
	r = good();
	r.purpose = NULL;
	is_handshake("a certificate for any purpose", &r, &p, ERR_NONE, NULL);
	r.issuer = &other_authority;
	r.dns[0] = "a.example";
	r.dns[1] = NULL;
	is_handshake("several faults", &r, &p, ERR_LOGIN,
		     NAME ": certificate not trusted: the issuer is unknown (CN=Other CA); is for "
			  "a.example, not for mail.example.org");
	r = good();
	is_handshake("the system's trust", &r, &(struct tls_params){.host = HOST}, ERR_LOGIN,
		     NAME ": certificate not trusted: the issuer is unknown (CN=Test CA)");
}

/* What an authority may not sign, and what a certificate promises. */
static void
test_limits_of_trust(void)
{
	struct identity limited = make_identity(&(struct request){
	    .cn = "Limited CA", .issuer = &authority, .is_ca = true, .permitted = "example.net"});
	struct identity server = make_identity(&(struct request){.cn = "x", .issuer = &authority});
	struct server *v = mem_alloc(sizeof *v);
	const struct tls_params p = trusting();
	struct request r = good();

	r.issuer = v->issuers[0] = &limited;
	is_handshake_with(v, "a name beyond its issuer's constraints", &r, &p, ERR_LOGIN,
			  NAME ": certificate not trusted: its issuer may not sign it");
	r.dns[0] = "mail.example.net";
	*v = (struct server){.issuers = {&limited}};
	is_handshake_with(v, "a name within them", &r,
			  &(struct tls_params){.host = "mail.example.net", .ca_file = ca_file},
			  ERR_NONE, NULL);
	r = good();
	r.issuer = &server;
	*v = (struct server){.issuers = {&server}};
	is_handshake_with(v, "a certificate signed by a server's", &r, &p, ERR_LOGIN,
			  NAME ": certificate not trusted: its issuer is not an authority");
	r = good();
	r.must_staple = true;
	is_handshake("a certificate that promises an OCSP status, and has none", &r, &p, ERR_LOGIN,
		     NAME ": certificate comes without the OCSP status that it promises");
	free(v);
	free_identity(&server);
	free_identity(&limited);
}

static void
test_long_chain(void)
{
	struct identity chain[ISSUERS];
	struct server *v = mem_alloc(sizeof *v);
	const struct tls_params p = trusting();
	struct request r = good();

	for (size_t i = 0; i < ISSUERS; i++)
		chain[i] = make_identity(&(struct request){
		    .cn = "CA", .issuer = i == 0 ? &authority : &chain[i - 1], .is_ca = true});
	r.issuer = &chain[ISSUERS - 1];
	for (size_t i = 0; i < ISSUERS; i++)
		v->issuers[i] = &chain[ISSUERS - 1 - i];
	is_handshake_with(v, "a chain of forty authorities", &r, &p, ERR_LOGIN,
			  NAME ": the server's certificate chain is too long");
	for (size_t i = 0; i < ISSUERS; i++)
		free_identity(&chain[i]);
	free(v);
}

/* Without forward secrecy whoever takes the server's key later reads what was said now. */
static void
test_static_rsa(void)
{
	struct server *v = mem_alloc(sizeof *v);
	const struct tls_params p = trusting();
	struct request r = good();

	r.is_rsa = true;
	v->priority = TLS_1_2 ":-KX-ALL:+RSA";
	is_handshake_with(v, "TLS 1.2 without forward secrecy", &r, &p, ERR_UNAVAILABLE,
			  NAME ": the server refused TLS: nothing in common (handshake failure)");
	*v = (struct server){.priority = TLS_1_2 ":-KX-ALL:+ECDHE-RSA"};
	is_handshake_with(v, "TLS 1.2 with it", &r, &p, ERR_NONE, NULL);
	free(v);
}

/* A handshake whose server's key is known, by a list of pins with that key in it or not. */
static void
is_pinned(const char *name, const char *fmt, bool is_right)
{
	const struct request r = {.cn = "x", .dns = {"x.example"}, .from_days = -9, .to_days = -1};
	struct server *v = mem_alloc(sizeof *v);
	struct tls_params p = {.host = HOST};
	struct stream *s;
	struct err e = {0};
	struct buf pin = {0};
	char pins[256];

	v->serve = serve_answer;
	start_server(v, &r);
	certificate_pin(v->identity.certificate, &pin);
	snprintf(pins, sizeof pins, fmt, pin.data); /* NOLINT: the format is the test's */
	p.pins = pins;
	s = stream_from_fds(v->our_fd, v->our_fd, NAME, 10);
	ok(stream_start_tls(s, &p, &e) == is_right, "%s", name);
	if (!is_right) {
		ok(e.code == ERR_LOGIN && strstr(e.text, pin.data), "%s: it says which was seen",
		   name);
		diag("%s", e.text);
	}
	stream_close(s);
	end_server(v);
	buf_free(&pin);
	free(v);
}

#define OTHER_PIN "sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static void
test_pins(void)
{
	struct tls_params p = {.host = HOST};
	const struct request r = good();

	is_pinned("a pin replaces issuer, name and date", "%s", true);
	is_pinned("a second pin counts", OTHER_PIN ",%s", true);
	is_pinned("a first one too", "%s," OTHER_PIN, true);
	is_pinned("another pin doesn't", OTHER_PIN "%.0s", false);
	p.pins = "sha256:AAAA";
	is_handshake("a short pin", &r, &p, ERR_CONFIG,
		     NAME ": 'sha256:AAAA' is not a pin (sha256:BASE64)");
	p.pins = OTHER_PIN ",";
	is_handshake("an empty pin", &r, &p, ERR_CONFIG, NAME ": '' is not a pin (sha256:BASE64)");
}

/* The system's configuration may forbid old versions to all programs: a server has none either
 * then. */
static bool
is_possible(const char *priority)
{
	gnutls_priority_t p;

	if (gnutls_priority_init(&p, priority, NULL) != 0)
		return false;
	gnutls_priority_deinit(p);
	return true;
}

static void
test_old_version(void)
{
	struct server v = {.priority = "NORMAL:-VERS-ALL:+VERS-TLS1.1:%COMPAT"};
	const struct request r = good();
	struct tls_params p = trusting();
	struct stream *s;
	struct err e = {0};

	if (!is_possible(v.priority)) {
		diag("TLS 1.1: left out, this system forbids it");
		return;
	}
	start_server(&v, &r);
	s = stream_from_fds(v.our_fd, v.our_fd, NAME, 10);
	ok(!stream_start_tls(s, &p, &e) && e.code == ERR_UNAVAILABLE, "TLS 1.1 alone is refused");
	is_str(e.text, NAME ": no TLS version in common", "it says why");
	stream_close(s);
	end_server(&v);
}

static void
test_bad_parameters(void)
{
	const struct request r = good();
	struct tls_params p = trusting();
	char want[200];

	p.priority = "NORMAL:-NO-SUCH-THING";
	is_handshake("a bad priority", &r, &p, ERR_CONFIG,
		     NAME ": TLS priority at '-NO-SUCH-THING': The request is invalid");
	p = trusting();
	p.ca_file = "/nonexistent";
	is_handshake("no CA file", &r, &p, ERR_CONFIG,
		     NAME ": /nonexistent: Error while reading file");
	p = trusting();
	p.cert_file = own_key;
	snprintf(want, sizeof want, NAME ": client certificate %s: Base64 decoding error", own_key);
	is_handshake("a key for a certificate", &r, &p, ERR_CONFIG, want);
	p = (struct tls_params){.ca_file = ca_file};
	is_handshake("no name to verify", &r, &p, ERR_CONFIG,
		     NAME ": no name is known that the certificate must have");
}

static void
test_one_flight(void)
{
	struct server v = {.serve = serve_answer};
	struct stream *s;
	struct buf text = {0}, binding = {0};
	const char *type = NULL;

	s = secured(&v, 10, "TLS 1.3");
	ok(stream_is_tls(s), "the stream knows");
	stream_write(s, "EHLO", 4);
	stream_write(s, " me\r\n", 5);
	is_str(stream_line(s, &(size_t){0}), "250 ok", "an answer");
	stream_describe_tls(s, &text);
	ok(strstr(text.data, "TLS1.3, ") && strstr(text.data, "issued by CN=Test CA") &&
	       strstr(text.data, "names: mail.example.org, *.example.net\n  pin: sha256:"),
	   "the session can be described");
	diag("%s", text.data);
	ok(stream_channel_binding(s, &type, &binding) && strcmp(type, "tls-exporter") == 0 &&
	       binding.len == 32,
	   "the channel binding is tls-exporter");
	stream_close(s);
	end_server(&v);
	is_str(v.line, "", "close_notify is the last thing the server gets");
	is_number(v.packets, 3,
		  "three writes: ClientHello, Finished with the first command, close_notify");
	buf_free(&text);
	buf_free(&binding);
}

static void
test_mark(void)
{
	struct server v = {.serve = serve_answer};
	const struct request r = good();
	const struct tls_params p = trusting();
	struct stream *s;
	struct err e = {0};

	start_server(&v, &r);
	s = stream_from_fds(v.our_fd, v.our_fd, NAME, 10);
	stream_start_tls(s, &p, &e);
	stream_write(s, "EHLO me\r\n", 9);
	stream_mark(s);
	ok(!stream_mark_is_out(s), "what is marked and waits in its record is not out");
	ok(stream_flush(s) && stream_mark_is_out(s), "once that went out it is");
	shutdown(v.our_fd, SHUT_WR);
	stream_write(s, "QUIT\r\n", 6);
	ok(!stream_flush(s) && stream_mark_is_out(s), "and stays so when a later write fails");
	stream_mark(s);
	ok(!stream_mark_is_out(s), "what is marked behind a failed write never is");
	stream_close(s);
	end_server(&v);
}

/* What is heard is said again: a raw stream of the client's is one of the server's. */
static void
serve_echo(struct server *v)
{
	const ssize_t n = gnutls_record_recv(v->session, v->line, sizeof v->line);

	v->is_right = n > 0 && gnutls_record_check_pending(v->session) == 0;
	gnutls_record_send(v->session, v->line, (size_t)n);
	server_hear(v);
}

static void
test_deflate(void)
{
	struct server v = {.serve = serve_echo};
	const struct request r = good();
	const struct tls_params p = trusting();
	struct stream *s;
	struct err e = {0};

	start_server(&v, &r);
	s = stream_from_fds(v.our_fd, v.our_fd, NAME, 10);
	ok(stream_start_tls(s, &p, &e) && stream_start_deflate(s, &e), "compression in TLS: %s",
	   e.text);
	stream_write(s, "a1 NOOP\r\n", 9);
	stream_write(s, "a2 NOOP\r\n", 9);
	is_str(stream_line(s, &(size_t){0}), "a1 NOOP", "goes out");
	is_str(stream_line(s, &(size_t){0}), "a2 NOOP", "and comes in");
	stream_close(s);
	end_server(&v);
	ok(v.is_right, "a flight is one record");
	is_number(v.packets, 3, "and one write, with Finished");
}

static void
serve_renegotiation(struct server *v)
{
	server_hear(v);
	gnutls_rehandshake(v->session);
	server_say(v, "250 ok\r\n");
	v->handshake_status = (int)gnutls_record_recv(v->session, v->line, 1);
}

static void
test_1_2(void)
{
	struct server v = {.serve = serve_renegotiation, .priority = TLS_1_2};
	struct stream *s;
	struct buf binding = {0};
	const char *type = NULL;

	s = secured(&v, 10, "TLS 1.2");
	ok(stream_channel_binding(s, &type, &binding) && strcmp(type, "tls-unique") == 0,
	   "the channel binding is tls-unique");
	stream_write(s, "EHLO me\r\n", 9);
	is_str(stream_line(s, &(size_t){0}), "250 ok", "a renegotiation doesn't stop us");
	stream_flush(s);
	stream_close(s);
	end_server(&v);
	is_number((uint64_t)-v.handshake_status, (uint64_t)-GNUTLS_E_WARNING_ALERT_RECEIVED,
		  "but is refused");
	buf_free(&binding);
}

/* A record of TLS's own and the answer come together, as from servers that send tickets. */
static void
serve_key_update(struct server *v)
{
	server_hear(v);
	v->is_corked = true;
	gnutls_session_key_update(v->session, 0);
	server_say(v, "250 ok\r\n");
	v->is_corked = false;
	if (send(v->fd, v->corked.data, v->corked.len, MSG_NOSIGNAL) < 0)
		abort();
	buf_free(&v->corked);
	server_hear(v);
}

static void
test_record_of_its_own(void)
{
	struct server v = {.serve = serve_key_update};
	struct stream *s;

	s = secured(&v, 2, "TLS 1.3 that changes its keys");
	stream_write(s, "EHLO me\r\n", 9);
	is_str(stream_line(s, &(size_t){0}), "250 ok",
	       "an answer behind a record of TLS's own is not waited for");
	stream_close(s);
	end_server(&v);
}

static void
serve_torn(struct server *v)
{
	server_say(v, "250 torn\r\nhal");
}

static void
serve_bye(struct server *v)
{
	server_say(v, "250 whole\r\nhal");
	gnutls_bye(v->session, GNUTLS_SHUT_WR);
}

static void
serve_bye_later(struct server *v)
{
	server_say(v, "250 ok\r\n");
	server_hear(v);
	gnutls_bye(v->session, GNUTLS_SHUT_WR);
}

static void
test_idle(void)
{
	struct server v = {.serve = serve_bye_later};
	struct pollfd bye = {.events = POLLIN};
	struct stream *s;

	s = secured(&v, 10, "TLS 1.3 with nothing to say");
	bye.fd = v.our_fd;
	is_str(stream_line(s, &(size_t){0}), "250 ok", "but for an answer");
	ok(stream_is_idle(s), "is idle, for its tickets are no words");
	stream_write(s, "QUIT\r\n", 6);
	stream_flush(s);
	ok(poll(&bye, 1, 10000) == 1 && !stream_is_idle(s), "and is not when the peer says bye");
	stream_close(s);
	end_server(&v);
}

/* Records with nothing but padding in them, PAUSE_US apart, until the client has gone. */
static void
say_nothing(struct server *v, long pause_us)
{
	while (gnutls_record_send2(v->session, "", 0, 1, 0) >= 0)
		nanosleep(&(struct timespec){.tv_nsec = pause_us * 1000}, NULL);
}

static void
serve_flood(struct server *v)
{
	say_nothing(v, 0);
}

static void
serve_trickle(struct server *v)
{
	say_nothing(v, 500);
}

static void
test_barren_records(void)
{
	struct server flood = {.serve = serve_flood}, trickle = {.serve = serve_trickle};
	struct stream *s;
	struct err e = {0};

	s = secured(&flood, 60, "TLS records without data");
	ok(!stream_line(s, &(size_t){0}) && !stream_ok(s, &e) && e.code == ERR_PROTOCOL,
	   "do not keep us busy for ever");
	is_str(e.text, NAME ": TLS records without data", "which is said");
	stream_close(s);
	end_server(&flood);

	s = secured(&trickle, 1, "TLS records without data, now and then");
	e = (struct err){0};
	ok(!stream_line(s, &(size_t){0}) && !stream_ok(s, &e) && e.code == ERR_TEMPORARY,
	   "are silence");
	is_str(e.text, NAME ": timed out: no answer within 1 second", "which ends");
	stream_close(s);
	end_server(&trickle);
}

static void
is_end(const char *name, void (*serve)(struct server *), const char *line, const char *want)
{
	struct server v = {.serve = serve};
	struct stream *s;
	struct err e = {0};
	size_t len;

	s = secured(&v, 10, name);
	is_str(stream_line(s, &len), line, name);
	ok(!stream_line(s, &len) && !stream_ok(s, &e) && e.code == ERR_TEMPORARY,
	   "%s: half a line is none", name);
	is_str(e.text, want, name);
	stream_close(s);
	end_server(&v);
}

static void
test_client_certificate(void)
{
	const struct request r = good();
	struct tls_params p = trusting();
	struct err e = {0};

	for (int is_given = 0; is_given < 2; is_given++) {
		struct server v = {.serve = serve_answer, .wants_certificate = true};
		struct stream *s;
		const char *line;

		p.cert_file = is_given ? own_cert : NULL;
		p.key_file = is_given ? own_key : NULL;
		start_server(&v, &r);
		s = stream_from_fds(v.our_fd, v.our_fd, NAME, 10);
		ok(stream_start_tls(s, &p, &e), "TLS 1.3 itself doesn't tell");
		stream_write(s, "EHLO me\r\n", 9);
		line = stream_line(s, &(size_t){0});
		if (is_given) {
			is_str(line, "250 ok", "a client certificate is shown");
		} else {
			ok(!line && !stream_ok(s, &e) && e.code == ERR_LOGIN,
			   "without it: refused");
			diag("%s", e.text);
		}
		stream_close(s);
		end_server(&v);
		ok(v.got_certificate == is_given, "the server has seen it");
	}
}

/* A server that says TEXT in the clear, or nothing, and then waits for our end. */
static void
is_no_tls(const char *name, const char *text, unsigned timeout_s, enum err_code code,
	  const char *want, const char *hint)
{
	int ends[2];
	struct stream *s;
	struct err e = {0};
	const struct tls_params p = trusting();

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0 ||
	    write(ends[1], text, strlen(text)) < 0)
		abort();
	s = stream_from_fds(ends[0], ends[0], NAME, timeout_s);
	ok(!stream_start_tls(s, &p, &e) && e.code == code, "%s", name);
	is_str(e.text, want, name);
	is_str(e.hint, hint, name);
	stream_close(s);
	close(ends[1]);
}

/* A ServerHello of 127 KiB, a byte a record: 60 KiB/s, or as many as are read. */
struct torn {
	int fd;
	long pause_ms;
};

static void *
say_torn(void *arg)
{
	static const char head[] = {22, 3, 3, 0, 4, 2, 1, (char)0xfc, 0},
			  next[] = {22, 3, 3, 0, 1, 0};
	const struct torn *t = arg;
	char many[200 * sizeof next];
	ssize_t n = send(t->fd, head, sizeof head, MSG_NOSIGNAL);

	for (size_t i = 0; i < 200; i++)
		memcpy(many + i * sizeof next, next, sizeof next);
	while (n > 0) {
		n = send(t->fd, many, sizeof many, MSG_NOSIGNAL);
		nanosleep(&(struct timespec){.tv_nsec = t->pause_ms * 1000000}, NULL);
	}
	return NULL;
}

static void
is_no_handshake(const char *name, long pause_ms, unsigned timeout_s, const char *want)
{
	struct torn torn = {.pause_ms = pause_ms};
	const struct tls_params p = trusting();
	struct err e = {0};
	struct stream *s;
	pthread_t thread;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
		abort();
	torn.fd = ends[1];
	pthread_create(&thread, NULL, say_torn, &torn);
	s = stream_from_fds(ends[0], ends[0], NAME, timeout_s);
	ok(!stream_start_tls(s, &p, &e), "%s", name);
	is_str(e.text, want, name);
	stream_close(s);
	pthread_join(thread, NULL);
	close(ends[1]);
}

static void
test_no_handshake(void)
{
	is_no_handshake("a handshake in records of one byte", 0, 30,
			NAME ": a TLS handshake without end");
	is_no_handshake("the same at leisure", 20, 1,
			NAME ": timed out: no answer within 1 second");
}

static void
test_no_tls(void)
{
	static const char want[] = NAME ": the server does not speak TLS on this port";

	is_no_tls("an SMTP greeting", "220 hello\r\n", 5, ERR_PROTOCOL, want,
		  "smtp:// is for a port that begins in plaintext (STARTTLS)");
	is_no_tls("a POP3 greeting", "+OK hello\r\n", 5, ERR_PROTOCOL, want,
		  "pop3:// is for a port that begins in plaintext (STARTTLS)");
	is_no_tls("an IMAP greeting", "* OK hello\r\n", 5, ERR_PROTOCOL, want,
		  "imap:// is for a port that begins in plaintext (STARTTLS)");
	is_no_tls("something else", "HTTP/1.0 400\r\n", 5, ERR_PROTOCOL, want, "");
	is_no_tls("silence", "", 1, ERR_TEMPORARY, NAME ": timed out: no answer within 1 second",
		  "");
}

/* Bytes that show if one is missing: the position in the stream, in eights. */
static void
fill(char *block, size_t n, uint64_t at)
{
	for (size_t i = 0; i + 8 <= n; i += 8) {
		const uint64_t here = at + i;

		memcpy(block + i, &here, 8);
	}
}

static char server_block[BLOCK], server_want[BLOCK];

static void
serve_receive(struct server *v)
{
	size_t total = 0;

	v->is_right = true;
	while (total < BULK) {
		size_t n = 0;

		while (n < BLOCK) {
			const ssize_t got =
			    gnutls_record_recv(v->session, server_block + n, BLOCK - n);

			if (got <= 0 && got != GNUTLS_E_AGAIN) {
				v->is_right = false;
				return;
			}
			n += got > 0 ? (size_t)got : 0;
		}
		fill(server_want, BLOCK, total);
		v->is_right = v->is_right && memcmp(server_want, server_block, BLOCK) == 0;
		total += BLOCK;
	}
	server_say(v, "250 ok\r\n");
	server_hear(v);
}

static void
serve_send(struct server *v)
{
	server_hear(v);
	for (size_t total = 0; total < BULK; total += BLOCK) {
		fill(server_block, BLOCK, total);
		for (size_t n = 0; n < BLOCK;) {
			const ssize_t sent =
			    gnutls_record_send(v->session, server_block + n, BLOCK - n);

			if (sent <= 0)
				return;
			n += (size_t)sent;
		}
	}
	server_hear(v);
}

static void
test_bulk_send(void)
{
	static char block[BLOCK];
	struct server v = {.serve = serve_receive};
	struct stream *s;

	s = secured(&v, 30, "100 MiB to send");
	for (size_t total = 0; total < BULK; total += BLOCK) {
		const size_t odd = total / BLOCK % 1000 * 8; /* so that records are cut anywhere */

		fill(block, BLOCK, total);
		stream_write(s, block, odd);
		stream_write(s, block + odd, BLOCK - odd);
	}
	is_str(stream_line(s, &(size_t){0}), "250 ok", "they are sent");
	stream_close(s);
	end_server(&v);
	ok(v.is_right, "every byte arrived in its place");
}

static void
test_bulk_receive(void)
{
	static char want[BLOCK];
	struct server v = {.serve = serve_send};
	struct stream *s;
	bool is_right = true;
	size_t total = 0, n;
	const char *block;

	s = secured(&v, 30, "100 MiB to receive");
	stream_write(s, "RETR 1\r\n", 8);
	while (total < BULK && (block = stream_block(s, &n))) {
		n &= ~(size_t)7;
		fill(want, n, total);
		is_right = is_right && n > 0 && memcmp(want, block, n) == 0;
		total += n;
		stream_consume(s, n);
	}
	ok(is_right && total == BULK, "every byte arrives in its place");
	stream_close(s);
	end_server(&v);
}

int
main(void)
{
	struct err e;

	signal(SIGPIPE, SIG_IGN);
	if (!crypto_start(&e) || !mkdtemp(directory))
		abort();
	make_files();
	test_names();
	test_common_name();
	test_trust();
	test_limits_of_trust();
	test_long_chain();
	test_static_rsa();
	test_pins();
	test_old_version();
	test_bad_parameters();
	test_one_flight();
	test_mark();
	test_deflate();
	test_1_2();
	test_record_of_its_own();
	is_end("without close_notify", serve_torn, "250 torn", NAME ": the connection was cut");
	is_end("with close_notify", serve_bye, "250 whole",
	       NAME ": the server closed the connection");
	test_idle();
	test_barren_records();
	test_client_certificate();
	test_no_tls();
	test_no_handshake();
	test_bulk_send();
	test_bulk_receive();
	remove_files();
	return tap_done();
}
