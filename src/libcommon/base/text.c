/* SPDX-License-Identifier: ISC */
#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"

size_t
text_utf8_length(const char *s, size_t n)
{
	static const struct {
		unsigned char first_min, first_max, second_min, second_max;
		unsigned char len;
	} forms[] = {
	    {0x00, 0x7f, 0x00, 0x00, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
	    {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
	    {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
	};
	const unsigned char first = n > 0 ? (unsigned char)*s : 0xff;
	size_t i = 0;

	while (i < sizeof forms / sizeof *forms && first > forms[i].first_max)
		i++;
	if (i == sizeof forms / sizeof *forms || first < forms[i].first_min || forms[i].len > n)
		return 0;
	for (size_t k = 1; k < forms[i].len; k++) {
		const unsigned char c = (unsigned char)s[k];

		if (c < (k == 1 ? forms[i].second_min : 0x80) ||
		    c > (k == 1 ? forms[i].second_max : 0xbf))
			return 0;
	}
	return forms[i].len;
}

bool
text_is_utf8(const char *s, size_t n)
{
	for (size_t at = 0, len; at < n; at += len) {
		len = text_utf8_length(s + at, n - at);
		if (len == 0)
			return false;
	}
	return true;
}

uint32_t
text_code_point(const char *s, size_t len)
{
	static const unsigned char masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t c = (unsigned char)s[0] & masks[len];

	for (size_t i = 1; i < len; i++)
		c = c << 6 | ((unsigned char)s[i] & 0x3f);
	return c;
}

/* U+202A-202E and U+2066-2069 turn the direction of what follows: as good as control characters in
 * one line. */
static bool
is_bidi_control(const unsigned char *s, size_t len)
{
	return len == 3 && s[0] == 0xe2 &&
	       ((s[1] == 0x80 && s[2] >= 0xaa && s[2] <= 0xae) ||
		(s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9));
}

size_t
text_mask(char *bytes, size_t n, const char *secret)
{
	static const char stars[] = {'*', '*', '*'};
	const size_t len = strlen(secret);
	size_t from = 0, to = 0;

	if (len < sizeof stars)
		return n;
	while (from < n) {
		if (n - from >= len && memcmp(bytes + from, secret, len) == 0) {
			memcpy(bytes + to, stars, sizeof stars);
			to += sizeof stars;
			from += len;
		} else {
			bytes[to++] = bytes[from++];
		}
	}
	return to;
}

bool
text_is_printable(const char *character, size_t len)
{
	const unsigned char *s = (const unsigned char *)character;
	const bool is_c0 = len == 1 && (s[0] < 0x20 || s[0] == 0x7f);
	const bool is_c1 = len == 2 && s[0] == 0xc2 && s[1] < 0xa0;

	return len > 0 && !is_c0 && !is_c1 && !is_bidi_control(s, len);
}

/* Adds one character that is not printable ASCII, or one byte; returns its number of bytes. */
static size_t
add_printable(struct buf *out, const unsigned char *s, size_t n)
{
	const size_t len = text_utf8_length((const char *)s, n);

	if (text_is_printable((const char *)s, len)) {
		buf_add(out, s, len);
		return len;
	}
	for (size_t k = 0; k < (len > 0 ? len : 1); k++)
		buf_addf(out, "\\x%02x", s[k]);
	return len > 0 ? len : 1;
}

/* Are the eight bytes at S printable ASCII? One below 0x20 borrows its highest bit, 0x7f carries into
 * it, and one beyond has it. */
static bool
eight_are_plain(const unsigned char *s)
{
	const uint64_t each = 0x0101010101010101;
	uint64_t w;

	memcpy(&w, s, sizeof w);
	return ((w | (w - 0x20 * each) | (w + each)) & 0x80 * each) == 0;
}

/* How many bytes from S on are printable ASCII: as good as all of them, mostly. */
static size_t
plain_length(const unsigned char *s, size_t n)
{
	size_t i = 0;

	while (n - i >= sizeof(uint64_t) && eight_are_plain(s + i))
		i += sizeof(uint64_t);
	while (i < n && s[i] >= 0x20 && s[i] < 0x7f)
		i++;
	return i;
}

void
text_printable(struct buf *out, const char *bytes, size_t n)
{
	const unsigned char *s = (const unsigned char *)bytes;

	for (size_t i = 0; i < n;) {
		const size_t plain = plain_length(s + i, n - i);

		if (plain > 0)
			buf_add(out, s + i, plain);
		i += plain > 0 ? plain : add_printable(out, s + i, n - i);
	}
}

bool
text_is_clean(const char *bytes, size_t n)
{
	for (size_t i = 0, len; i < n; i += len) {
		len = text_utf8_length(bytes + i, n - i);
		if (!text_is_printable(bytes + i, len))
			return false;
	}
	return true;
}

void
text_quote(struct buf *out, const char *bytes, size_t n)
{
	buf_add_char(out, '"');
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] == '"' || bytes[i] == '\\')
			buf_add_char(out, '\\');
		buf_add_char(out, bytes[i]);
	}
	buf_add_char(out, '"');
}

bool
text_number_n(const char *s, size_t len, uint64_t max, uint64_t *number)
{
	const uint64_t most = max / 10;
	uint64_t n = 0;

	if (len == 0)
		return false;
	for (size_t i = 0; i < len; i++) {
		const unsigned digit = (unsigned)(unsigned char)s[i] - '0';

		if (digit > 9 || n > most || (n == most && digit > max % 10))
			return false;
		n = n * 10 + digit;
	}
	*number = n;
	return true;
}

bool
text_number(const char *s, uint64_t max, uint64_t *number)
{
	return text_number_n(s, strlen(s), max, number);
}

char
text_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

void
text_make_lower(char *text)
{
	for (; *text; text++)
		*text = text_lower(*text);
}

bool
text_is_alnum(char c)
{
	const char lower = text_lower(c);

	return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9');
}

static bool
is_same(char a, char b)
{
	return a == b || text_lower(a) == text_lower(b);
}

bool
text_same(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!is_same(a[i], b[i]))
			return false;
		if (a[i] == '\0')
			break;
	}
	return true;
}

bool
text_equal_n(const char *s, size_t len, const char *word)
{
	for (size_t i = 0; i < len; i++)
		if (word[i] == '\0' || !is_same(s[i], word[i]))
			return false;
	return word[len] == '\0';
}

bool
text_starts(const char *s, size_t len, const char *prefix)
{
	const size_t n = strlen(prefix);

	return len >= n && text_same(s, prefix, n);
}

bool
text_begins(const char *text, const char *prefix)
{
	return text_same(text, prefix, strlen(prefix));
}

bool
text_equal_case(const char *a, const char *b)
{
	for (; is_same(*a, *b); a++, b++)
		if (*a == '\0')
			return true;
	return false;
}

bool
text_equal(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

bool
text_has_8bit(const char *bytes, size_t n)
{
	unsigned char all = 0;

	for (size_t i = 0; i < n; i++)
		all |= (unsigned char)bytes[i];
	return all >= 0x80;
}

static bool
is_pin(const char *pin, size_t len)
{
	static const char prefix[] = "sha256:", last[] = "=";
	static const size_t digits = 43;
	static const char base64[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	return len == strlen(prefix) + digits + strlen(last) &&
	       strncmp(pin, prefix, strlen(prefix)) == 0 &&
	       strspn(pin + strlen(prefix), base64) == digits && pin[len - 1] == last[0];
}

const char *
text_bad_pin(const char *pins, size_t *len)
{
	for (const char *pin = pins;; pin += *len + 1) {
		*len = strcspn(pin, ",");
		if (!is_pin(pin, *len))
			return pin;
		if (pin[*len] == '\0')
			return NULL;
	}
}

bool
text_contains(const char *text, const char *what)
{
	const size_t len = strlen(what);

	while (!text_same(text, what, len))
		if (*text++ == '\0')
			return false;
	return true;
}

bool
text_has_word(const char *list, const char *word)
{
	for (const char *p = list; *p;) {
		const size_t skip = strspn(p, " \t\n");
		const size_t len = strcspn(p + skip, " \t\n");

		if (len > 0 && text_equal_n(p + skip, len, word))
			return true;
		p += skip + len;
	}
	return false;
}

/* A number and the unit after it. */
struct unit {
	char letter;
	unsigned factor;
};

/* OTHERWISE is the factor without a unit. */
static bool
parse_with_unit(const char *text, const struct unit *units, size_t count, unsigned otherwise,
		uint64_t *number)
{
	size_t len = strlen(text);
	uint64_t n;

	for (size_t i = 0; len > 0 && i < count; i++)
		if (text[len - 1] == units[i].letter) {
			otherwise = units[i].factor;
			len--;
			break;
		}
	if (!text_number_n(text, len, UINT32_MAX, &n))
		return false;
	*number = n * otherwise;
	return true;
}

bool
text_age(const char *text, uint64_t *seconds)
{
	static const struct unit units[] = {
	    {'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 7 * 86400}};

	return parse_with_unit(text, units, sizeof units / sizeof units[0], 86400, seconds);
}

void
text_duration(char *text, size_t size, uint64_t seconds)
{
	const unsigned minutes = (unsigned)(seconds / 60 % 60), rest = (unsigned)(seconds % 60);

	if (seconds < 3600)
		snprintf(text, size, "%u:%02u", minutes, rest);
	else
		snprintf(text, size, "%" PRIu64 ":%02u:%02u", seconds / 3600, minutes, rest);
}

bool
text_size(const char *text, uint64_t *octets)
{
	static const struct unit units[] = {{'k', 1 << 10}, {'K', 1 << 10}, {'m', 1 << 20},
					    {'M', 1 << 20}, {'g', 1 << 30}, {'G', 1 << 30}};

	return parse_with_unit(text, units, sizeof units / sizeof units[0], 1, octets);
}

void
text_escape(struct buf *out, const char *s)
{
	while (*s) {
		const char *from = s;

		while (*s > ' ' && *s < 0x7f && *s != '%')
			s++;
		buf_add(out, from, (size_t)(s - from));
		if (*s)
			buf_addf(out, "%%%02X", (unsigned)(unsigned char)*s++);
	}
}

int
text_hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, text_lower(c)) : NULL;

	return at ? (int)(at - digits) : -1;
}

void
text_hex(char *hex, const unsigned char *bytes, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		*hex++ = digits[bytes[i] >> 4];
		*hex++ = digits[bytes[i] & 0xf];
	}
	*hex = '\0';
}

/* text_escape() writes capital letters, and one spelling is enough: a word has one escaped form. */
static int
escape_digit(char c)
{
	return c >= 'a' && c <= 'f' ? -1 : text_hex_digit(c);
}

bool
text_unescape(char *word)
{
	char *to = word + strcspn(word, "%"); /* mostly nothing is escaped */

	for (char *p = to; *p; p++) {
		if (*p != '%') {
			*to++ = *p;
			continue;
		}
		const int high = escape_digit(p[1]), low = high < 0 ? -1 : escape_digit(p[2]);

		if (low < 0 || high + low == 0)
			return false;
		*to++ = (char)(high * 16 + low);
		p += 2;
	}
	*to = '\0';
	return true;
}
