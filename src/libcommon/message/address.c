/* SPDX-License-Identifier: ISC */
#include "message/address.h"

#include <string.h>

#include "base/buf.h"
#include "base/idna.h"
#include "base/mem.h"
#include "base/text.h"
#include "message/address_char.h"

void
address_add_local(struct buf *addr, const char *local)
{
	const size_t len = address_dot_string_len(local, address_is_atext);

	if (len > 0 && local[len] == '\0')
		buf_add(addr, local, len);
	else
		text_quote(addr, local, strlen(local));
}

/* The length of the quoted-string at S, with its quotes; 0: it does not end. */
static size_t
quoted_string_len(const char *s)
{
	for (size_t len = 1; s[len]; len++) {
		if (s[len] == '"')
			return len + 1;
		if (s[len] == '\\' && s[++len] == '\0')
			break;
	}
	return 0;
}

/* The length of the address literal at S, with its brackets; 0: it is none. */
static size_t
literal_len(const char *s)
{
	size_t len = 1;

	while (address_is_literal_char(s[len]))
		len++;
	return len > 1 && s[len] == ']' ? len + 1 : 0;
}

bool
address_is_valid(const char *addr)
{
	const size_t n = strnlen(addr, ADDRESS_MAX + 1);
	const char *domain;
	size_t len;

	if (n > ADDRESS_MAX || !text_is_clean(addr, n))
		return false;
	len =
	    *addr == '"' ? quoted_string_len(addr) : address_dot_string_len(addr, address_is_atext);
	if (len == 0 || addr[len] == '\0')
		return len > 0;
	domain = addr + len + 1;
	if (addr[len] != '@')
		return false;
	len = *domain == '[' ? literal_len(domain)
			     : address_dot_string_len(domain, address_is_domain_char);
	return len > 0 && domain[len] == '\0';
}

const char *
address_domain(const char *addr)
{
	const char *domain = NULL;
	bool quoted = false;

	for (const char *s = addr; *s; s++) {
		if (quoted && *s == '\\' && s[1])
			s++;
		else if (*s == '"')
			quoted = !quoted;
		else if (*s == '@' && !quoted)
			domain = s + 1;
	}
	return domain && *domain ? domain : NULL;
}

char *
address_key(const char *addr)
{
	const char *domain = address_domain(addr);
	struct buf key = {0};
	size_t local;

	if (!domain)
		return mem_strdup(addr);
	buf_add(&key, addr, (size_t)(domain - addr));
	local = key.len;
	idna_add(&key, domain);
	text_make_lower(key.data + local);
	return buf_take(&key);
}

/* Adds the local part without its quotes. */
static void
add_plain_local(struct buf *out, const char *addr)
{
	const char *domain = address_domain(addr);
	const char *end = domain ? domain - 1 : addr + strlen(addr);
	const bool is_quoted = *addr == '"';

	for (addr += is_quoted, end -= is_quoted; addr < end; addr++) {
		if (is_quoted && *addr == '\\')
			addr++;
		buf_add_char(out, *addr);
	}
}

void
address_add_verp(struct buf *out, const char *sender, const char *recipient)
{
	const char *domain = address_domain(sender), *of = address_domain(recipient);
	struct buf local = {0};

	add_plain_local(&local, sender);
	buf_add_char(&local, '+');
	add_plain_local(&local, recipient);
	if (of)
		buf_addf(&local, "=%s", of);
	address_add_local(out, local.data);
	if (domain)
		buf_addf(out, "@%s", domain);
	buf_free(&local);
}

bool
address_is_ascii(const char *addr)
{
	while (*addr && (unsigned char)*addr < 0x80)
		addr++;
	return *addr == '\0';
}

bool
address_equal(const char *a, const char *b)
{
	const char *const domain_a = address_domain(a);
	const char *const domain_b = address_domain(b);

	if (!domain_a || !domain_b)
		return !domain_a && !domain_b && strcmp(a, b) == 0;
	return text_equal_case(domain_a, domain_b) && domain_a - a == domain_b - b &&
	       memcmp(a, b, (size_t)(domain_a - a)) == 0;
}
