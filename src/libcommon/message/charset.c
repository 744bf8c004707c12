/* SPDX-License-Identifier: ISC */
#include "message/charset.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"

/*
 * Charsets that senders name when they mean a larger one, of which the named one is a part (as the
 * Encoding standard of WHATWG has it), and names that iconv implementations don't know.
 */
static const struct {
	const char *name;
	const char *meant;
} aliases[] = {
    {"us-ascii", "WINDOWS-1252"},
    {"ascii", "WINDOWS-1252"},
    {"iso-8859-1", "WINDOWS-1252"},
    {"iso-8859-9", "WINDOWS-1254"},
    {"iso-8859-8-i", "ISO-8859-8"},
    {"gb2312", "GB18030"},
    {"gbk", "GB18030"},
    {"x-gbk", "GB18030"},
    {"big5", "BIG5-HKSCS"},
    {"ks_c_5601-1987", "CP949"},
    {"euc-kr", "CP949"},
    {"shift_jis", "CP932"},
    {"x-sjis", "CP932"},
    {"unicode-1-1-utf-8", "UTF-8"},
    {"unicode-1-1-utf-7", "UTF-7"},
};

/*
 * Mail uses these. Others are not given to iconv(3): a message must not choose which of the C
 * library's hundreds of converters runs on its bytes (CVE-2024-2961 was in ISO-2022-CN-EXT).
 */
static bool
is_allowed(const char *name)
{
	static const char *const prefixes[] = {"iso-8859-", "iso8859-", "iso_8859-", "windows-12",
					       "cp12",      "koi8-",    "latin"};
	static const char whole[] =
	    "us-ascii ascii ansi_x3.4-1968 utf-8 utf8 utf-7 utf-16 utf-16be utf-16le gb2312 gbk "
	    "gb18030 gb_2312-80 cp936 hz-gb-2312 big5 big5-hkscs cp950 euc-jp euc-kr euc-tw euc-cn "
	    "iso-2022-jp iso-2022-jp-2 iso-2022-kr shift_jis shift-jis sjis windows-31j cp932 "
	    "ks_c_5601-1987 uhc cp949 windows-874 tis-620 cp437 cp850 cp866 macintosh viscii "
	    "tcvn5712-1";

	for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
		if (text_begins(name, prefixes[i]))
			return true;
	return text_has_word(whole, name);
}

static iconv_t
open_charset(const char *name)
{
	iconv_t converter = CHARSET_NONE;

	for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
		if (text_equal_case(name, aliases[i].name))
			converter = iconv_open("UTF-8", aliases[i].meant);
	if (converter != CHARSET_NONE || !is_allowed(name))
		return converter;
	return iconv_open("UTF-8", name);
}

iconv_t
charsets_find(struct charsets *s, const char *name)
{
	struct charset *c = s->known;

	for (; c < s->known + s->count; c++)
		if (text_equal_case(c->name, name))
			return c->converter;
	if (s->count == CHARSETS_MAX)
		return CHARSET_NONE;
	memcpy(c->name, name, strnlen(name, CHARSET_NAME_MAX) + 1);
	c->converter = open_charset(name);
	s->count++;
	return c->converter;
}

void
charsets_close(struct charsets *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->known[i].converter != CHARSET_NONE)
			iconv_close(s->known[i].converter);
	s->count = 0;
}
