/* SPDX-License-Identifier: ISC */
/*
 * address_char - the characters of addresses; for address and address_list.
 */
#ifndef MAILVERBS_MESSAGE_ADDRESS_CHAR_H
#define MAILVERBS_MESSAGE_ADDRESS_CHAR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/text.h"

/* RFC 5322 section 3.2.3, and the bytes of UTF-8 (RFC 6532 section 3.2). */
static inline bool
address_is_atext(char c)
{
	return (unsigned char)c > ' ' && c != 0x7f && !strchr("()<>[]:;@\\,.\"", c);
}

/* Let-dig and Ldh-str of RFC 5321 section 4.1.2, U-labels of RFC 6531, and the underscore that
 * some hosts have in their names. */
static inline bool
address_is_domain_char(char c)
{
	return text_is_alnum(c) || c == '-' || c == '_' || (unsigned char)c >= 0x80;
}

/* The characters of address literals for IPv4 and IPv6: no other kind is in use. */
static inline bool
address_is_literal_char(char c)
{
	return text_is_alnum(c) || c == '.' || c == ':' || c == '-';
}

/* The length of the atoms at S, of characters for which IS is true, with single dots between them;
 * 0: there is no such text. */
static inline size_t
address_dot_string_len(const char *s, bool (*is)(char))
{
	for (size_t len = 0;; len++) {
		const size_t atom = len;

		while (is(s[len]))
			len++;
		if (len == atom)
			return 0;
		if (s[len] != '.')
			return len;
	}
}

#endif
