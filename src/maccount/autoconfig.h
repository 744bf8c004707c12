/* SPDX-License-Identifier: ISC */
/*
 * autoconfig - Thunderbird's description of a domain's servers (draft-ietf-mailmaint-autoconfig).
 */
#ifndef MAILVERBS_MACCOUNT_AUTOCONFIG_H
#define MAILVERBS_MACCOUNT_AUTOCONFIG_H

#include <stdbool.h>
#include <stddef.h>

struct candidates;
struct err;

enum { AUTOCONFIG_MAX = 256 * 1024 }; /* octets of a document */

/*
 * Adds the servers of the document XML, LEN bytes, in its order: those with TLS; and the
 * authorization server. ADDRESS fills in
 * its placeholders, SOURCE is where it comes from. A document with a DOCTYPE is not read: so there
 * are no entities. False: *e is ERR_PROTOCOL.
 */
bool autoconfig_parse(const char *xml, size_t len, const char *address, const char *source,
		      struct candidates *c, struct err *e);

#endif
