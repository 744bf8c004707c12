/* SPDX-License-Identifier: ISC */
#include "proto/imap/imap_name.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"

static const char raw_prefix[] = "raw:";
static const char inbox[] = "INBOX";

/* The base64 of modified UTF-7 has a comma where others have a slash, and no padding. */
static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

static bool
is_printable_ascii(char c)
{
	return c >= 0x20 && c < 0x7f;
}

static void
add_utf8(struct buf *out, uint32_t c)
{
	static const unsigned char marks[] = {0, 0, 0xc0, 0xe0, 0xf0};
	const size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	buf_add_char(out, (char)(marks[len] | c >> 6 * (len - 1)));
	for (size_t i = len - 1; i-- > 0;)
		buf_add_char(out, (char)(0x80 | (c >> 6 * i & 0x3f)));
}

/* Bits that are not a whole digit or unit yet. */
struct bits {
	uint32_t value;
	unsigned count;
};

/* Writes 16 bits and all the digits that they complete. */
static void
add_unit(struct buf *out, struct bits *b, uint32_t unit)
{
	b->value = b->value << 16 | unit;
	for (b->count += 16; b->count >= 6; b->count -= 6)
		buf_add_char(out, digits[b->value >> (b->count - 6) & 0x3f]);
	b->value &= (1u << b->count) - 1;
}

/* As UTF-16. */
static void
add_units(struct buf *out, struct bits *b, uint32_t c)
{
	if (c < 0x10000) {
		add_unit(out, b, c);
		return;
	}
	add_unit(out, b, 0xd800 + ((c - 0x10000) >> 10));
	add_unit(out, b, 0xdc00 + ((c - 0x10000) & 0x3ff));
}

/* Writes the characters up to the next of printable ASCII, and returns their bytes. */
static size_t
encode_shifted(struct buf *out, const char *s, size_t n)
{
	struct bits b = {0};
	size_t at = 0;

	buf_add_char(out, '&');
	while (at < n && !is_printable_ascii(s[at])) {
		const size_t len = text_utf8_length(s + at, n - at);

		add_units(out, &b, text_code_point(s + at, len));
		at += len;
	}
	if (b.count > 0)
		buf_add_char(out, digits[b.value << (6 - b.count) & 0x3f]);
	buf_add_char(out, '-');
	return at;
}

/* UTF-8 to modified UTF-7. S is valid. */
static void
encode(struct buf *out, const char *s, size_t n)
{
	buf_add_str(out, "");
	for (size_t i = 0; i < n;) {
		if (!is_printable_ascii(s[i])) {
			i += encode_shifted(out, s + i, n - i);
			continue;
		}
		buf_add_char(out, s[i]);
		if (s[i++] == '&')
			buf_add_char(out, '-');
	}
}

/* One unit of UTF-16; HIGH is the first of a pair, or 0. False: not a valid pair. */
static bool
take_unit(struct buf *out, uint32_t *high, uint32_t unit)
{
	const bool is_low = unit >= 0xdc00 && unit < 0xe000;

	if (is_low != (*high != 0))
		return false;
	if (is_low)
		unit = 0x10000 + ((*high - 0xd800) << 10) + (unit - 0xdc00);
	*high = unit >= 0xd800 && unit < 0xdc00 ? unit : 0;
	if (*high == 0)
		add_utf8(out, unit);
	return true;
}

/* The digits between & and -. */
static bool
decode_shifted(struct buf *out, const char *s, size_t n)
{
	struct bits b = {0};
	uint32_t high = 0;

	for (size_t i = 0; i < n; i++) {
		const char *digit = memchr(digits, s[i], sizeof digits - 1);

		if (!digit)
			return false;
		b.value = b.value << 6 | (uint32_t)(digit - digits);
		b.count += 6;
		if (b.count < 16)
			continue;
		b.count -= 16;
		if (!take_unit(out, &high, b.value >> b.count & 0xffff))
			return false;
	}
	return high == 0;
}

/* Modified UTF-7 to UTF-8, of which some is not in its right form. */
static bool
decode(struct buf *out, const char *wire, size_t n)
{
	const char *const end = wire + n;

	for (const char *p = wire; p < end; p++) {
		const char *minus;

		if (*p != '&') {
			buf_add_char(out, *p);
			continue;
		}
		minus = memchr(p, '-', (size_t)(end - p));
		if (!minus)
			return false;
		if (minus == p + 1)
			buf_add_char(out, '&');
		else if (!decode_shifted(out, p + 1, (size_t)(minus - p - 1)))
			return false;
		p = minus;
	}
	return true;
}

/* One name has many encodings, of which RFC 3501 allows one: that which we would write. */
static bool
decode_exactly(struct buf *out, const char *wire, size_t n)
{
	struct buf again = {0};
	bool ok = decode(out, wire, n);

	for (size_t i = 0, len; ok && i < out->len; i += len) {
		len = text_utf8_length(out->data + i, out->len - i);
		ok = len > 0;
	}
	if (ok) {
		encode(&again, out->data, out->len);
		ok = again.len == n && memcmp(again.data, wire, n) == 0;
	}
	buf_free(&again);
	return ok;
}

static bool
is_raw(const char *name)
{
	return strncmp(name, raw_prefix, strlen(raw_prefix)) == 0;
}

/* Can a person read it, type it, and mean just this? */
static bool
is_plain(const struct buf *name)
{
	struct buf printable = {0};
	bool ok;

	text_printable(&printable, name->data, name->len);
	ok = printable.len == name->len && memcmp(printable.data, name->data, name->len) == 0;
	buf_free(&printable);
	return ok && !strpbrk(name->data, "*%") && !is_raw(name->data);
}

static void
add_raw(struct buf *out, const char *wire, size_t n)
{
	buf_add_str(out, raw_prefix);
	for (size_t i = 0; i < n; i++)
		if (is_printable_ascii(wire[i]) && wire[i] != '\\')
			buf_add_char(out, wire[i]);
		else
			buf_addf(out, "\\x%02x", (unsigned char)wire[i]);
}

void
imap_name_show(struct buf *out, const char *wire, size_t n, bool is_utf8)
{
	struct buf name = {0};
	bool ok = n > 0;

	if (is_utf8)
		buf_add(&name, wire, n);
	else
		ok = ok && decode_exactly(&name, wire, n);
	if (imap_name_is_inbox(wire, n))
		buf_add_str(out, inbox);
	else if (ok && is_plain(&name))
		buf_add(out, name.data, name.len);
	else
		add_raw(out, wire, n);
	buf_free(&name);
}

/* The bytes after "raw:". */
static bool
read_raw(struct buf *out, const char *typed, struct err *e)
{
	for (const char *p = typed; *p; p++) {
		int high, low;

		if (*p != '\\') {
			buf_add_char(out, *p);
			continue;
		}
		high = p[1] == 'x' ? text_hex_digit(p[2]) : -1;
		low = high >= 0 ? text_hex_digit(p[3]) : -1;
		if (low < 0 || (high == 0 && low == 0))
			return err_set(e, ERR_USAGE, "the folder '%s%s': \\ comes only before xHH",
				       raw_prefix, typed);
		buf_add_char(out, (char)(high << 4 | low));
		p += 3;
	}
	return *typed != '\0' || err_set(e, ERR_USAGE, "a folder without a name");
}

static bool
check_typed(const char *typed, struct err *e)
{
	const size_t n = strlen(typed);

	if (n == 0)
		return err_set(e, ERR_USAGE, "a folder without a name");
	for (size_t i = 0, len; i < n; i += len) {
		len = text_utf8_length(typed + i, n - i);
		if (len == 0)
			return err_set(e, ERR_USAGE, "the folder '%s' is not in UTF-8", typed);
		if (len == 1 && !is_printable_ascii(typed[i]))
			return err_set(e, ERR_USAGE, "the folder '%s' has a control character",
				       typed);
	}
	return true;
}

bool
imap_name_is_inbox(const char *name, size_t n)
{
	return text_equal_n(name, n, inbox);
}

const char *
imap_name_key(const char *name)
{
	return imap_name_is_inbox(name, strlen(name)) ? inbox : name;
}

bool
imap_name_read(struct buf *out, const char *typed, bool is_utf8, struct err *e)
{
	const size_t n = strlen(typed);

	if (is_raw(typed))
		return read_raw(out, typed + strlen(raw_prefix), e);
	if (!check_typed(typed, e))
		return false;
	if (imap_name_is_inbox(typed, n))
		buf_add_str(out, inbox);
	else if (is_utf8)
		buf_add(out, typed, n);
	else
		encode(out, typed, n);
	return true;
}

/* Patterns. */

bool
imap_name_is_pattern(const char *typed)
{
	return strpbrk(typed, "*%") && !is_raw(typed);
}

/*
 * reached[i]: the first i characters of the pattern can have taken in what was read of the name. A
 * wildcard may take in nothing.
 */
static void
pass_wildcards(bool *reached, const char *pattern)
{
	for (size_t i = 0; pattern[i]; i++)
		if (reached[i] && (pattern[i] == '*' || pattern[i] == '%'))
			reached[i + 1] = true;
}

/* From the end, so that a state is read before it is written. */
static void
step(bool *reached, const char *pattern, size_t n, char c, char delimiter)
{
	for (size_t i = n + 1; i-- > 0;) {
		const bool stays =
		    i < n && (pattern[i] == '*' || (pattern[i] == '%' && c != delimiter));
		const bool comes = i > 0 && reached[i - 1] && pattern[i - 1] == c;

		reached[i] = (reached[i] && stays) || comes;
	}
	pass_wildcards(reached, pattern);
}

bool
imap_name_matches(const char *pattern, const char *name, char delimiter)
{
	const size_t n = strlen(pattern);
	bool *reached, matches;

	if (!imap_name_is_pattern(pattern))
		return strcmp(pattern, name) == 0 ||
		       (imap_name_is_inbox(pattern, n) && imap_name_is_inbox(name, strlen(name)));
	reached = mem_alloc((n + 1) * sizeof *reached);
	reached[0] = true;
	pass_wildcards(reached, pattern);
	for (const char *p = name; *p; p++)
		step(reached, pattern, n, *p, delimiter);
	matches = reached[n];
	free(reached);
	return matches;
}

/* Strings in commands. */

/* ASTRING-CHAR: not CTL, blank, ( ) { % * " or \; a ] is allowed (RFC 9051 section 9). */
static bool
is_atom(const char *s, size_t n)
{
	if (n == 0 || text_equal_n(s, n, "NIL"))
		return false;
	for (size_t i = 0; i < n; i++)
		if (s[i] <= 0x20 || s[i] >= 0x7f || strchr("(){%*\"\\", s[i]))
			return false;
	return true;
}

static bool
is_quotable(const char *s, size_t n, bool is_utf8)
{
	if (n > IMAP_QUOTED_MAX || memchr(s, '\r', n) || memchr(s, '\n', n))
		return false;
	return is_utf8 ? text_is_utf8(s, n) : !text_has_8bit(s, n);
}

static enum imap_form
form_of(const char *s, size_t n, bool is_utf8)
{
	if (n > 0 && memchr(s, '\0', n))
		return IMAP_UNSENDABLE;
	if (is_atom(s, n) && n <= IMAP_QUOTED_MAX)
		return IMAP_AS_ATOM;
	return n == 0 || is_quotable(s, n, is_utf8) ? IMAP_AS_QUOTED : IMAP_AS_LITERAL;
}

enum imap_form
imap_string_add(struct buf *out, const char *s, size_t n, bool is_utf8)
{
	const enum imap_form form = form_of(s, n, is_utf8);

	if (form == IMAP_AS_ATOM)
		buf_add(out, s, n);
	if (form != IMAP_AS_QUOTED)
		return form;
	text_quote(out, s, n);
	return form;
}

void
imap_quote(struct buf *out, const char *text)
{
	text_quote(out, text, strlen(text));
}

bool
imap_name_wire(struct buf *out, const char *name, bool is_utf8, struct err *e)
{
	if (!imap_name_read(out, name, is_utf8, e))
		return false;
	/* A server may have such a name (raw:a\x0ab), but a command's line cannot. */
	return !strpbrk(out->data, "\r\n") ||
	       err_set(e, ERR_NO_INPUT, "the folder '%s' has a line end in its name", name);
}
