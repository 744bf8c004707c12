/* SPDX-License-Identifier: ISC */
#include "config/opt.h"

#include <getopt.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "config/suggest.h"
#include "config/values.h"

enum {
	HELP_COLUMN = 30,
	NARROW = 60, /* a screen where the help is below the option */
	NARROW_COLUMN = 8,
	ROW_BASE = 256, /* getopt's value of a long option: this and the row */
};

/* The tables for getopt_long(3), made from the settings. */
struct getopt_tables {
	struct buf letters;
	struct option *options;
	size_t count;
};

/*
 * Programs that run sendmail pass on arguments which they did not choose (PHP's mail() its fifth
 * parameter), so by that name only what sendmail itself has is an option: none that runs a command,
 * writes a file, or chooses a server or a configuration.
 */
static const char sendmail_letters[] = "ABFGLNORUVbdefhimnopqrtv";

static bool
is_allowed(enum tool_id tool, char letter)
{
	return tool != TOOL_SENDMAIL || strchr(sendmail_letters, letter);
}

static bool
is_option(const struct setting *s, enum tool_id tool)
{
	return (s->tools & tool) && (s->places & IN_OPTION);
}

static int
has_arg(const struct setting *s)
{
	if (!setting_takes_value(s))
		return no_argument;
	return setting_value_is_optional(s) ? optional_argument : required_argument;
}

static void
add_long(struct getopt_tables *t, char *name, const struct setting *s)
{
	t->options = mem_grow(t->options, t->count + 2, sizeof *t->options);
	t->options[t->count++] = (struct option){
	    .name = name, .has_arg = has_arg(s), .val = ROW_BASE + (int)(s - settings)};
	t->options[t->count] = (struct option){0};
}

static void
add_letters(struct getopt_tables *t, enum tool_id tool, const struct setting *s)
{
	static const char *const colons[] = {
	    [no_argument] = "", [required_argument] = ":", [optional_argument] = "::"};

	for (const char *p = s->letters ? s->letters : ""; *p; p++) {
		if (!is_allowed(tool, *p))
			continue;
		buf_add_char(&t->letters, *p);
		buf_add_str(&t->letters, colons[has_arg(s)]);
	}
}

static void
add_aliases(struct getopt_tables *t, const struct setting *s)
{
	const char *p = s->aliases ? s->aliases : "";

	while (*p) {
		const size_t len = strcspn(p, " ");

		add_long(t, mem_strndup(p, len), s);
		p += len + strspn(p + len, " ");
	}
}

static void
tables_make(struct getopt_tables *t, enum tool_id tool)
{
	*t = (struct getopt_tables){0};
	t->options = mem_alloc(sizeof *t->options);
	buf_add_str(&t->letters, ":");
	for (size_t i = 0; i < setting_count; i++) {
		const struct setting *s = &settings[i];

		if (!is_option(s, tool))
			continue;
		add_letters(t, tool, s);
		if (tool == TOOL_SENDMAIL)
			continue;
		if (s->name)
			add_long(t, mem_strdup(s->name), s);
		add_aliases(t, s);
	}
}

static void
tables_free(struct getopt_tables *t)
{
	for (size_t i = 0; i < t->count; i++)
		free((char *)(uintptr_t)t->options[i].name);
	free(t->options);
	buf_free(&t->letters);
}

static const struct setting *
find_letter(enum tool_id tool, int letter)
{
	for (size_t i = 0; i < setting_count; i++)
		if (is_option(&settings[i], tool) && settings[i].letters &&
		    strchr(settings[i].letters, letter))
			return &settings[i];
	return NULL;
}

static const struct setting *
find_row(enum tool_id tool, int code)
{
	return code >= ROW_BASE ? &settings[code - ROW_BASE] : find_letter(tool, code);
}

static bool
fail_at(enum tool_id tool, char **argv, int code, struct err *e)
{
	const char *word = argv[optind - 1];

	if (code == ':')
		return err_set(e, ERR_USAGE, "option '%s' needs an argument", word);
	if (optopt != 0 && optopt < ROW_BASE) {
		err_set(e, ERR_USAGE, "unknown option '-%c'", optopt);
		/* sendmail's -n means something else, so it is not taken */
		return optopt == 'n' && tool == TOOL_MSEND
			   ? err_hint(e, "a dry run is --dry-run, or -P")
			   : false;
	}
	if (optopt >= ROW_BASE)
		return err_set(e, ERR_USAGE, "option '%s' takes no argument", word);
	err_set(e, ERR_USAGE, "unknown or ambiguous option '%s'", word);
	suggest_option(e, word, tool);
	return false;
}

/* The option's new value: for most options the last one counts, some add up. */
static char *
next_value(const struct setting *s, const char *before)
{
	if (s->kind == KIND_COUNTED)
		return mem_printf("%c", !before ? '1' : before[0] < '9' ? before[0] + 1 : '9');
	if (s->kind == KIND_LIST && before)
		return mem_printf("%s %s", before, optarg);
	if (s->kind == KIND_LINES && before)
		return mem_printf("%s\n%s", before, optarg);
	return mem_strdup(optarg ? optarg : "yes");
}

static bool
take(struct values *given, const struct setting *s, int code, struct err *e)
{
	struct value *value = &given->of[s->id];
	char *text = next_value(s, value->text);
	bool ok;

	value_clear(value);
	ok = values_set(given, s, text, "command line", e);
	free(text);
	if (ok)
		return true;
	return s->name ? err_prefix(e, "--%s", s->name) : err_prefix(e, "-%c", code);
}

/* getopt(3) takes --password=SECRET as short for --password-command, and the secret would be
 * run. */
static bool
check_not_password(const struct setting *s, char **argv, struct err *e)
{
	const char *word = argv[optind - 1], *before = argv[optind - 2];
	static const char name[] = "--password";
	const size_t len = sizeof name - 1;

	if (s->id != SET_PASSWORD_COMMAND ||
	    (strcmp(before, name) != 0 && (strncmp(word, name, len) != 0 || word[len] != '=')))
		return true;
	err_set(e, ERR_USAGE, "unknown option '%s'", name);
	suggest_option(e, name, TOOL_ALL);
	return false;
}

/* Other users see the command line. */
static bool
check_not_secret(const struct setting *s, struct err *e)
{
	if (!optarg || !setting_is_secret(s, optarg))
		return true;
	err_set(e, ERR_USAGE, "--%s: a password is not accepted on the command line", s->name);
	return err_hint(e, "set %s in a configuration file that only you can read", s->name);
}

static bool
take_found(enum tool_id tool, char **argv, int code, struct values *given, struct err *e)
{
	const struct setting *s = find_row(tool, code);

	return check_not_password(s, argv, e) && check_not_secret(s, e) && take(given, s, code, e);
}

bool
opt_parse(enum tool_id tool, int argc, char **argv, struct values *given, int *first, struct err *e)
{
	struct getopt_tables t;
	bool ok = true;
	int code;

	tables_make(&t, tool);
	opterr = 0;
	optind = 1;
	while (ok && (code = getopt_long(argc, argv, t.letters.data, t.options, NULL)) != -1)
		ok = code == '?' || code == ':' ? fail_at(tool, argv, code, e)
						: take_found(tool, argv, code, given, e);
	*first = optind;
	tables_free(&t);
	return ok;
}

/* In columns, of UTF-8. */
static size_t
width_of(const char *text, size_t len)
{
	size_t width = 0;

	for (size_t i = 0; i < len; i++)
		width += ((unsigned char)text[i] & 0xc0) != 0x80;
	return width;
}

void
opt_wrap(const char *text, size_t column, size_t indent, size_t width, FILE *out)
{
	bool is_first = true;

	while (*text) {
		size_t len = strcspn(text, " ");

		while (text[len] == ' ' &&
		       text[len + 1] == '-') /* no line looks like an option's */
			len += 1 + strcspn(text + len + 1, " ");
		if (!is_first && column + 1 + width_of(text, len) > width) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (!is_first) {
			fputc(' ', out);
			column++;
		}
		fwrite(text, 1, len, out);
		column += width_of(text, len);
		text += len + (text[len] == ' ');
		is_first = false;
	}
	fputc('\n', out);
}

static void
help_row(const struct setting *s, size_t width, FILE *out)
{
	const bool is_narrow = width < NARROW;
	const size_t column = is_narrow ? NARROW_COLUMN : HELP_COLUMN;
	struct buf left = {0};

	if (s->letters)
		buf_addf(&left, "  -%c, ", s->letters[0]);
	else
		buf_add_str(&left, is_narrow ? "  " : "      ");
	buf_addf(&left, "--%s", s->name);
	if (s->arg)
		buf_addf(&left, "%s%s", setting_value_is_optional(s) ? "" : "=", s->arg);
	if (left.len >= column)
		fprintf(out, "%s\n%*s", left.data, (int)column, "");
	else
		fprintf(out, "%-*s", (int)column, left.data);
	opt_wrap(s->help, column, column, width, out);
	buf_free(&left);
}

void
opt_help(enum tool_id tool, size_t width, FILE *out)
{
	for (size_t i = 0; i < setting_count; i++)
		if (is_option(&settings[i], tool) && settings[i].name &&
		    !(settings[i].places & HIDDEN))
			help_row(&settings[i], width, out);
}
