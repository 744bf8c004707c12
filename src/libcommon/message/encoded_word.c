/* SPDX-License-Identifier: ISC */
#include "message/encoded_word.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "message/charset.h"
#include "message/header.h"

/* More than any converter needs at once. */
#define ROOM_MIN 64

/* The one charset and encoding that we write. A line that has such words has at most 76 characters
 * (RFC 2047 section 2), with a field's name before them. */
#define WORD_BEGIN "=?UTF-8?Q?"
#define WORD_END "?="
#define WORD_MAX 64

/* U+FFFD, the replacement character. */
static const char replacement[] = "\xef\xbf\xbd";

/* The parts of an encoded word in the text: borrowed. */
struct word {
	const char *charset; /* to the next '?' or, before a language, '*' */
	char encoding;
	const char *encoded;
	const char *encoded_end;
	const char *end;
};

struct decoder {
	struct buf *out;
	/* The words decoded last, as bytes in their charset. They are converted only when no more
	 * of that charset follow, since a character may be cut between two words. */
	struct buf run;
	char charset[CHARSET_NAME_MAX + 1];
	iconv_t converter;        /* of the run, borrowed; CHARSET_NONE: there was no word yet */
	struct buf word;          /* the one just decoded, which may or may not join them */
	struct charsets charsets; /* of the text so far */
};

static bool
is_all_blank(const char *from, const char *to)
{
	while (from < to && text_is_blank(*from))
		from++;
	return from == to;
}

/* Not '/', because iconv takes options after it. */
static bool
is_charset_char(char c)
{
	return text_is_alnum(c) || (c != '\0' && strchr("-_.:+", c));
}

static const char *
find(const char *at, const char *end, char c)
{
	const char *found = at < end ? memchr(at, c, (size_t)(end - at)) : NULL;

	return found ? found : end;
}

/* Reads "=?CHARSET*LANGUAGE?ENCODING?ENCODED?=" at its "=?", looking at the marks only. */
static bool
read_word(const char *at, const char *end, struct word *w)
{
	const char *const mark = find(at + 2, end, '?');

	if (end - mark < 3 || mark[2] != '?')
		return false;
	*w = (struct word){.charset = at + 2, .encoding = mark[1], .encoded = mark + 3};
	w->encoded_end = find(w->encoded, end, '?');
	if (end - w->encoded_end < 2 || w->encoded_end[1] != '=')
		return false;
	w->end = w->encoded_end + 2;
	return true;
}

/* False: the name must not be given to iconv. */
static bool
read_charset(const struct word *w, char *name)
{
	size_t len = 0;

	while (len < CHARSET_NAME_MAX && is_charset_char(w->charset[len]))
		len++;
	memcpy(name, w->charset, len);
	name[len] = '\0';
	return len > 0 && (w->charset[len] == '?' || w->charset[len] == '*');
}

/* RFC 2047 section 4.2. Blanks, which have no place in it, are common and clear enough. */
static bool
decode_q(struct buf *out, const char *at, const char *end)
{
	for (; at < end; at++) {
		if (*at != '=') {
			buf_add_char(out, *at == '_' ? ' ' : *at);
			continue;
		}
		if (end - at < 3 || text_hex_digit(at[1]) < 0 || text_hex_digit(at[2]) < 0)
			return false;
		buf_add_char(out, (char)(text_hex_digit(at[1]) << 4 | text_hex_digit(at[2])));
		at += 2;
	}
	return true;
}

/* RFC 4648 section 4. The padding may be missing: its length tells nothing new. */
static bool
decode_b(struct buf *out, const char *at, const char *end)
{
	static const char alphabet[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned bits = 0;
	unsigned n_bits = 0;

	while (end > at && end[-1] == '=')
		end--;
	for (; at < end; at++) {
		const char *const digit = *at ? strchr(alphabet, *at) : NULL;

		if (!digit)
			return false;
		bits = (bits << 6 | (unsigned)(digit - alphabet)) & 0xfff;
		n_bits += 6;
		if (n_bits >= 8) {
			n_bits -= 8;
			buf_add_char(out, (char)(bits >> n_bits & 0xff));
		}
	}
	return n_bits < 6; /* six bits alone are no byte: something was cut */
}

static const struct {
	char name;
	bool (*decode)(struct buf *out, const char *at, const char *end);
} encodings[] = {{'Q', decode_q}, {'q', decode_q}, {'B', decode_b}, {'b', decode_b}};

static bool
decode(struct buf *out, const struct word *w)
{
	for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++)
		if (w->encoding == encodings[i].name)
			return encodings[i].decode(out, w->encoded, w->encoded_end);
	return false;
}

/* iconv lets numbers beyond Unicode pass between UTF-8 and UTF-8: its output is looked at again. */
static void
add_characters(struct buf *out, const char *at, const char *end)
{
	while (at < end) {
		const size_t len = text_utf8_length(at, (size_t)(end - at));

		if (len > 0)
			buf_add(out, at, len);
		else
			buf_add_str(out, replacement);
		at += len > 0 ? len : 1;
	}
}

static void
convert(iconv_t converter, struct buf *out, const char *bytes, size_t n)
{
	char *in = (char *)(uintptr_t)bytes; /* its type only: iconv does not write there */
	struct buf text = {0};

	for (bool last = false; !last;) {
		size_t room = 2 * n + ROOM_MIN;
		char *to = buf_reserve(&text, room);
		size_t bad = 0;

		/* At last without input: some charsets wait for a combining character. */
		last = n == 0;
		if (iconv(converter, last ? NULL : &in, &n, &to, &room) == (size_t)-1)
			bad = errno == E2BIG ? 0 : errno == EINVAL ? n : 1;
		text.len = (size_t)(to - text.data);
		if (bad > 0 && !last) {
			buf_add_str(&text, replacement);
			in += bad;
			n -= bad;
		}
	}
	add_characters(out, text.data, text.data + text.len);
	buf_free(&text);
}

static void
end_run(struct decoder *d)
{
	if (d->converter == CHARSET_NONE)
		return;
	convert(d->converter, d->out, d->run.data, d->run.len);
	d->converter = CHARSET_NONE;
	buf_clear(&d->run);
}

static void
add_plain(struct decoder *d, const char *from, const char *to)
{
	iconv_t converter;

	if (text_is_utf8(from, (size_t)(to - from))) {
		buf_add(d->out, from, (size_t)(to - from));
		return;
	}
	converter = charsets_find(&d->charsets, "iso-8859-1");
	if (converter == CHARSET_NONE)
		add_characters(d->out, from, to);
	else
		convert(converter, d->out, from, (size_t)(to - from));
}

/* Takes the word at AT; PLAIN is the text between it and the last one. False: not an encoded
 * word. */
static bool
take_word(struct decoder *d, const char *plain, const char *at, const struct word *w)
{
	const bool neighbours = d->converter != CHARSET_NONE && is_all_blank(plain, at);
	char charset[sizeof d->charset];
	iconv_t converter;

	buf_clear(&d->word);
	buf_add(&d->word, "", 0);
	if (!read_charset(w, charset) || !decode(&d->word, w))
		return false;
	if (!neighbours || !text_equal_case(charset, d->charset)) {
		converter = charsets_find(&d->charsets, charset);
		if (converter == CHARSET_NONE)
			return false;
		end_run(d);
		if (!neighbours)
			add_plain(d, plain, at);
		d->converter = converter;
		memcpy(d->charset, charset, sizeof charset);
	}
	buf_add(&d->run, d->word.data, d->word.len);
	return true;
}

void
encoded_word_decode(struct buf *out, const char *text, size_t n)
{
	struct decoder d = {.out = out, .converter = CHARSET_NONE};
	const char *const end = n > 0 ? text + n : text;
	const char *plain = text; /* what follows the last word */
	struct word w;

	for (const char *at = text; at < end;) {
		at = memmem(at, (size_t)(end - at), "=?", 2);
		if (!at)
			break;
		if (read_word(at, end, &w) && take_word(&d, plain, at, &w))
			plain = at = w.end;
		else
			at += 2;
	}
	end_run(&d);
	add_plain(&d, plain, end);
	charsets_close(&d.charsets);
	buf_free(&d.run);
	buf_free(&d.word);
}

/* The characters that need no encoding in a phrase; a blank is encoded as _. */
static bool
is_plain_in_phrase(char c)
{
	return text_is_alnum(c) || (c != '\0' && strchr("!*+-/", c));
}

/* One character, which no two words may share. */
static void
add_q_encoded(struct buf *out, const char *character, size_t n)
{
	if (n == 1 && is_plain_in_phrase(*character))
		buf_add(out, character, 1);
	else if (n == 1 && *character == ' ')
		buf_add_char(out, '_');
	else
		for (size_t i = 0; i < n; i++)
			buf_addf(out, "=%02X", (unsigned char)character[i]);
}

void
encoded_word_encode(struct buf *out, const char *text)
{
	const size_t room = WORD_MAX - strlen(WORD_BEGIN WORD_END);
	size_t used = 0;

	buf_add_str(out, WORD_BEGIN);
	while (*text) {
		struct buf character = {0};
		size_t n = 1;

		while (((unsigned char)text[n] & 0xc0) == 0x80)
			n++;
		add_q_encoded(&character, text, n);
		if (used + character.len > room) {
			buf_add_str(out, WORD_END "\n " WORD_BEGIN);
			used = 0;
		}
		buf_add(out, character.data, character.len);
		used += character.len;
		text += n;
		buf_free(&character);
	}
	buf_add_str(out, WORD_END);
}

void
encoded_word_decode_field(struct buf *out, const char *header, size_t n, const char *name)
{
	struct header_field field;
	struct buf unfolded = {0};

	buf_add_str(out, "");
	if (!header || !header_find(header, n, name, &field))
		return;
	header_unfold(&unfolded, &field);
	if (unfolded.data)
		encoded_word_decode(out, unfolded.data, unfolded.len);
	buf_free(&unfolded);
}
