/* SPDX-License-Identifier: ISC */
#include "message/fingerprint.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/text.h"
#include "message/header.h"

/* The header without its CRs, and without what ends it. */
static void
add_header(struct buf *out, const char *header, size_t n)
{
	const char *const end = header + n;

	buf_reserve(out, n);
	while (header < end) {
		const char *cr = memchr(header, '\r', (size_t)(end - header));
		const char *to = cr ? cr : end;

		buf_add(out, header, (size_t)(to - header));
		header = cr ? cr + 1 : end;
	}
	while (out->len > 0 && out->data[out->len - 1] == '\n')
		out->len--;
}

/* An empty one does not identify a message. */
static bool
has_message_id(const char *header, size_t n)
{
	struct header_field id;
	struct buf text = {0};
	bool has;

	if (!header_find(header, n, "Message-ID", &id))
		return false;
	header_unfold(&text, &id);
	has = text.len > 0;
	buf_free(&text);
	return has;
}

bool
fingerprint_make(fingerprint *f, const char *header, size_t n, bool whole, uint64_t size)
{
	unsigned char digest[DIGEST_SIZE];
	struct buf text = {0};
	size_t len = header_end(header, n);

	(*f)[0] = '\0';
	if (len == 0 && whole)
		len = n;
	if (len == 0 || len > FINGERPRINT_HEADER_MAX || !has_message_id(header, len))
		return false;
	add_header(&text, header, len);
	buf_addf(&text, "\n%" PRIu64, size);
	digest_sha256(text.data, text.len, digest);
	text_hex(*f, digest, FINGERPRINT_LEN / 2);
	buf_free(&text);
	return true;
}
