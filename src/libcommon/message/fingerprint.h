/* SPDX-License-Identifier: ISC */
/*
 * fingerprint - what tells a message from all others without its body: its header and its size.
 */
#ifndef MAILVERBS_MESSAGE_FINGERPRINT_H
#define MAILVERBS_MESSAGE_FINGERPRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	FINGERPRINT_LEN = 32, /* hexadecimal digits: the first half of a SHA-256 */
	FINGERPRINT_HEADER_MAX = 64 * 1024
};

typedef char fingerprint[FINGERPRINT_LEN + 1]; /* NUL-terminated */

/*
 * The fingerprint of a message that begins with the N bytes at HEADER (which may include its empty
 * line and bytes after it) and has SIZE octets according to the server. CRs do not count, nor does
 * the empty line: servers end a header in more than one way. WHOLE: nothing follows these N bytes.
 *
 * False: the message has none, and *F is empty. The end of the header is not among the bytes, or is
 * after FINGERPRINT_HEADER_MAX; or there is no Message-ID (RFC 5322 section 3.6.4) that would make
 * the header unique.
 */
bool fingerprint_make(fingerprint *f, const char *header, size_t n, bool whole, uint64_t size);

#endif
