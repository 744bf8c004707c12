/* SPDX-License-Identifier: ISC */
#include "proto/imap/imap_code.h"

#include <string.h>

#include "base/text.h"

/* The codes that the session depends on, and the largest number that each may have. */
static const struct {
	const char *name;
	enum imap_code_kind kind;
	uint64_t number_max;
} kinds[] = {
    {"ALERT", IMAP_CODE_ALERT, 0},
    {"APPENDUID", IMAP_CODE_APPENDUID, 0},
    {"CAPABILITY", IMAP_CODE_CAPABILITY, 0},
    {"COPYUID", IMAP_CODE_COPYUID, 0},
    {"EXPUNGEISSUED", IMAP_CODE_EXPUNGEISSUED, 0},
    {"MESSAGELIMIT", IMAP_CODE_MESSAGELIMIT, UINT32_MAX},
    {"NOTIFICATIONOVERFLOW", IMAP_CODE_NOTIFICATIONOVERFLOW, 0},
    {"PERMANENTFLAGS", IMAP_CODE_PERMANENTFLAGS, 0},
    {"READ-ONLY", IMAP_CODE_READ_ONLY, 0},
    {"UIDNEXT", IMAP_CODE_UIDNEXT, UINT32_MAX},
    {"UIDVALIDITY", IMAP_CODE_UIDVALIDITY, UINT64_MAX},
};

/* Is FLAG in a whole list of flags? */
static bool
has_flag(const char *list, size_t len, const char *flag)
{
	const size_t flag_len = strlen(flag);

	for (const char *p = list, *end = list + len; p < end; p++)
		if ((size_t)(end - p) > flag_len && strchr("( ", p[-1]) &&
		    strchr(") ", p[flag_len]) && text_same(p, flag, flag_len))
			return true;
	return false;
}

/* A list of keywords alone, such as go-imap's `(\*)`, describes keywords only: it does not mention
 * flags that every server has. An empty list means that nothing can be changed (RFC 9051 section
 * 7.1). */
static bool
tells_of_system_flags(const char *list, size_t len)
{
	static const char *const flags[] = {"\\Deleted", "\\Seen", "\\Answered", "\\Flagged",
					    "\\Draft"};

	for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
		if (has_flag(list, len, flags[i]))
			return true;
	return strspn(list, " ") + 1 >= len;
}

/* STORE of any other flag may be answered by OK, and does nothing (RFC 9051 section 7.1). Cyrus
 * says READ-WRITE, and this, for a folder where nothing may be deleted (3.6). */
static void
read_permanent_flags(struct imap_code *code)
{
	static const struct {
		const char *flag;
		unsigned fixed;
	} needed[] = {{"\\Deleted", IMAP_FIXED_DELETED}, {"\\Seen", IMAP_FIXED_SEEN}};
	const size_t len = code->arguments_len;

	if (len < 2 || code->arguments[0] != '(' || code->arguments[len - 1] != ')' ||
	    !tells_of_system_flags(code->arguments + 1, len - 1))
		return;
	for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
		if (!has_flag(code->arguments + 1, len - 1, needed[i].flag))
			code->fixed |= needed[i].fixed;
}

static void
read_number(struct imap_code *code, uint64_t max)
{
	const char *blank = code->kind == IMAP_CODE_MESSAGELIMIT
				? memchr(code->arguments, ' ', code->arguments_len)
				: NULL;
	const size_t len = blank ? (size_t)(blank - code->arguments) : code->arguments_len;

	code->has_number = max > 0 && text_number_n(code->arguments, len, max, &code->number);
}

static void
read_kind(struct imap_code *code)
{
	code->kind = IMAP_CODE_OTHER;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (imap_code_is(code, kinds[i].name)) {
			code->kind = kinds[i].kind;
			read_number(code, kinds[i].number_max);
		}
	if (code->kind == IMAP_CODE_PERMANENTFLAGS)
		read_permanent_flags(code);
}

static void
split_arguments(struct imap_code *code, const char *close)
{
	const char *blank;

	code->arguments_len = (size_t)(close - code->arguments);
	blank = memchr(code->arguments, ' ', code->arguments_len);
	if (blank) {
		code->rest = blank + 1;
		code->rest_len = (size_t)(close - code->rest);
	}
}

/* Reads the code of the LEN bytes TEXT, "[NAME] WORDS". */
static void
parse(struct imap_code *code, const char *text, size_t len)
{
	const char *close = len > 0 && text[0] == '[' ? memchr(text, ']', len) : NULL;
	const char *blank = close ? memchr(text, ' ', (size_t)(close - text)) : NULL;
	const char *end = text + len;

	*code = (struct imap_code){
	    .name = "", .arguments = "", .rest = "", .words = text, .words_len = len};
	if (!close)
		return;
	code->name = text + 1;
	code->name_len = (size_t)((blank ? blank : close) - code->name);
	if (blank) {
		code->arguments = blank + 1;
		split_arguments(code, close);
	}
	code->words = close + 1;
	while (code->words < end && *code->words == ' ')
		code->words++;
	code->words_len = (size_t)(end - code->words);
	read_kind(code);
}

void
imap_code_in(struct imap_code *code, const char *status)
{
	status += strcspn(status, " ");
	status += strspn(status, " ");
	parse(code, status, strlen(status));
}

bool
imap_code_is(const struct imap_code *code, const char *name)
{
	return text_equal_n(code->name, code->name_len, name);
}

bool
imap_code_keeps_flag(const char *list, const char *flag)
{
	const size_t len = list ? strlen(list) : 0;

	if (len < 2 || list[0] != '(' || list[len - 1] != ')' || has_flag(list + 1, len - 1, flag))
		return true;
	return flag[0] == '\\' ? !tells_of_system_flags(list + 1, len - 1)
			       : has_flag(list + 1, len - 1, "\\*");
}
