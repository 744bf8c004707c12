/* SPDX-License-Identifier: ISC */
/*
 * trust - the anchors of the system, as few of them as a chain asks for.
 *
 * Parsing all of a system's hundred and more certificates takes four times the processor time of
 * the rest of a small session. So its bundle is only decoded, and those certificates are taken for
 * anchors whose name a certificate of the server's chain has as its issuer.
 */
#ifndef MAILVERBS_NET_TRUST_H
#define MAILVERBS_NET_TRUST_H

#include <gnutls/gnutls.h>
#include <stdbool.h>

struct chain;

/*
 * Adds the anchors for C of the file BUNDLE (PEM), NULL: of the first system bundle that exists.
 * False: none was found, so only a full load can tell. The added certificates were in the bundle;
 * the chain has still to be verified.
 */
bool trust_add_issuers(gnutls_certificate_credentials_t credentials, const char *bundle,
		       const struct chain *c);

#endif
