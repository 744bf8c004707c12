/* SPDX-License-Identifier: ISC */
#include "net/trust.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/certificate.h"

/* Debian, Arch, Alpine; Fedora; OpenBSD, macOS; FreeBSD. */
static const char *const bundles[] = {
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
    "/usr/local/share/certs/ca-root-nss.crt",
};

/* A file in memory. */
struct mapped {
	unsigned char *bytes;
	size_t size;
};

static bool
map_file(const char *path, struct mapped *m)
{
	const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	void *bytes = MAP_FAILED;

	if (fd < 0)
		return false;
	if (fstat(fd, &st) == 0 && st.st_size > 0)
		bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (bytes == MAP_FAILED)
		return false;
	*m = (struct mapped){.bytes = bytes, .size = (size_t)st.st_size};
	return true;
}

static bool
map_bundle(const char *bundle, struct mapped *m)
{
	if (bundle)
		return map_file(bundle, m);
	for (size_t i = 0; i < sizeof bundles / sizeof *bundles; i++)
		if (map_file(bundles[i], m))
			return true;
	return false;
}

static bool
contains(const gnutls_datum_t *der, const gnutls_datum_t *name)
{
	return memmem(der->data, der->size, name->data, name->size) != NULL;
}

/*
 * Does the name of an issuer occur in the certificate? It is its subject, or perhaps, which this
 * test does not tell, in another place, which does no harm.
 */
static bool
is_asked_for(const gnutls_datum_t *der, const gnutls_datum_t *issuers, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (contains(der, &issuers[i]))
			return true;
	return false;
}

static bool
add_anchor(gnutls_certificate_credentials_t credentials, const gnutls_datum_t *der)
{
	return gnutls_certificate_set_x509_trust_mem(credentials, der, GNUTLS_X509_FMT_DER) > 0;
}

/* Goes through the bundle, a PEM block after the other. */
static bool
add_from(gnutls_certificate_credentials_t credentials, const struct mapped *m,
	 const gnutls_datum_t *issuers, unsigned count)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----";
	const unsigned char *at = m->bytes, *end = m->bytes + m->size;
	bool added = false;

	while ((at = memmem(at, (size_t)(end - at), begin, sizeof begin - 1))) {
		const gnutls_datum_t pem = {.data = (unsigned char *)(uintptr_t)at,
					    .size = (unsigned)(end - at)};
		gnutls_datum_t der;

		at += sizeof begin - 1;
		if (gnutls_pem_base64_decode2("CERTIFICATE", &pem, &der) < 0)
			continue;
		if (is_asked_for(&der, issuers, count))
			added |= add_anchor(credentials, &der);
		gnutls_free(der.data);
	}
	return added;
}

bool
trust_add_issuers(gnutls_certificate_credentials_t credentials, const char *bundle,
		  const struct chain *c)
{
	gnutls_datum_t issuers[CHAIN_MAX];
	unsigned count = 0;
	struct mapped m;
	bool added = false;

	for (unsigned i = 0; i < c->count; i++)
		if (gnutls_x509_crt_get_raw_issuer_dn(c->certificates[i], &issuers[count]) >= 0)
			count++;
	if (map_bundle(bundle, &m)) {
		added = add_from(credentials, &m, issuers, count);
		munmap(m.bytes, m.size);
	}
	while (count > 0)
		gnutls_free(issuers[--count].data);
	return added;
}
