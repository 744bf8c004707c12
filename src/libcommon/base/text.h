/* SPDX-License-Identifier: ISC */
/*
 * text - small questions about bytes that mail asks all the time, without a locale.
 */
#ifndef MAILVERBS_BASE_TEXT_H
#define MAILVERBS_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/*
 * Adds N bytes to OUT so that they are safe to show on a terminal or in a log line: control
 * characters (C0, DEL, and C1 in UTF-8), and bytes that are no valid UTF-8, become \xHH. The one
 * function through which text from a server, a header or a file name reaches a person.
 */
void text_printable(struct buf *out, const char *bytes, size_t n);

/* Puts *** in the place of each SECRET in the N bytes, for words of a peer that knows it and may
 * repeat it. One of less than 3 bytes would show by what is hidden, and stays. The result is how
 * many bytes are left. */
size_t text_mask(char *bytes, size_t n, const char *secret);

/* Does text_printable() leave this character, LEN bytes of UTF-8 as text_utf8_length() says,
 * unchanged? */
bool text_is_printable(const char *character, size_t len);

/* Does it leave the N bytes unchanged? */
bool text_is_clean(const char *bytes, size_t n);

/* Adds the N bytes in double quotes, with a backslash before each quote and backslash among them: a
 * quoted string of RFC 5322, of IMAP, and of logfmt. */
void text_quote(struct buf *out, const char *bytes, size_t n);

/* The length of the UTF-8 character at S, where N bytes are available (RFC 3629 section 4); 0: not
 * valid UTF-8. */
size_t text_utf8_length(const char *s, size_t n);

/* Are the N bytes UTF-8? */
bool text_is_utf8(const char *s, size_t n);

/* The code point of the character S of LEN bytes, as text_utf8_length() says (RFC 3629 section
 * 3). */
uint32_t text_code_point(const char *s, size_t len);

/* Reads a decimal number of digits only (no sign, no blank), at most MAX. False: not a valid
 * number. */
bool text_number(const char *s, uint64_t max, uint64_t *number);

/* The same for the first LEN bytes of S. */
bool text_number_n(const char *s, size_t len, uint64_t max, uint64_t *number);

/* "10d" to seconds: s, m, h, d (also without a unit) or w. False: not a valid time. */
bool text_age(const char *text, uint64_t *seconds);

/* "0:43", "2:05:00": seconds for people. */
void text_duration(char *text, size_t size, uint64_t seconds);

/* "500k", "10M", "1G" to octets, of which k has 1024. False: not a valid size. */
bool text_size(const char *text, uint64_t *octets);

/*
 * Protocol words, host names, keys and field names are compared as ASCII whatever the locale says:
 * in tr_TR, tolower('I') is not 'i'. tests/layers keeps strcasecmp(3), tolower(3) and their
 * relatives out of src/.
 */
char text_lower(char c);
void text_make_lower(char *text); /* in place */
bool text_is_alnum(char c);

/* Blank or TAB: what may be between the words of a line (RFC 5234, WSP). */
static inline bool
text_is_wsp(char c)
{
	return c == ' ' || c == '\t';
}

/* Blank, TAB, CR or LF: what may be between the words of a folded field. */
static inline bool
text_is_blank(char c)
{
	return text_is_wsp(c) || c == '\r' || c == '\n';
}

/* Are the first N bytes of A and B equal, ASCII case folded? A NUL in both ends the comparison. */
bool text_same(const char *a, const char *b, size_t n);

/* ASCII case is folded; S need not be NUL-terminated. */
bool text_equal_n(const char *s, size_t len, const char *word);
bool text_starts(const char *s, size_t len, const char *prefix);
bool text_begins(const char *text, const char *prefix); /* TEXT has its NUL */
bool text_equal_case(const char *a, const char *b);

/* Are A and B the same bytes, or both NULL? */
bool text_equal(const char *a, const char *b);

/* Does any of the N bytes have its highest bit set? */
bool text_has_8bit(const char *bytes, size_t n);

/* The first of PINS, separated by commas, that is not "sha256:" and 32 bytes in base64 (RFC 4648
 * section 4), the hash of a public key as users name it; it has *LEN bytes. NULL: all are. */
const char *text_bad_pin(const char *pins, size_t *len);

/* Does TEXT contain WHAT, whatever the case of ASCII letters? */
bool text_contains(const char *text, const char *what);

/* Is WORD one of the blank-separated words of LIST? ASCII case is folded. */
bool text_has_word(const char *list, const char *word);

/* Adds S as one printable word: blanks, controls, 8-bit bytes and % as %HH. For our own files. */
void text_escape(struct buf *out, const char *s);

/* The value of a hexadecimal digit of either case; -1: C is none. */
int text_hex_digit(char c);

/* Writes N bytes as 2 * N lower-case hexadecimal digits, followed by a NUL. */
void text_hex(char *hex, const unsigned char *bytes, size_t n);

/* Takes the escapes of WORD off in place. False: they are none of text_escape()'s. */
bool text_unescape(char *word);

#endif
