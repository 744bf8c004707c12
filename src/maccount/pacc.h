/* SPDX-License-Identifier: ISC */
/*
 * pacc - a domain's configuration document in JSON (draft-ietf-mailmaint-pacc), and its digest in
 * DNS.
 */
#ifndef MAILVERBS_MACCOUNT_PACC_H
#define MAILVERBS_MACCOUNT_PACC_H

#include <stdbool.h>
#include <stddef.h>

struct candidates;
struct err;

enum { PACC_MAX = 256 * 1024 }; /* octets of a document */

/* Is TXT ("v=UAAC1; a=sha256; d=BASE64") the digest of the document JSON of LEN bytes? */
bool pacc_is_digest_of(const char *txt, const void *json, size_t len);

/* Adds the servers of the document, and the authorization server. False: *e is ERR_PROTOCOL. */
bool pacc_parse(const char *json, size_t len, const char *source, struct candidates *c,
		struct err *e);

#endif
