/* SPDX-License-Identifier: ISC */
/*
 * list_settings - the table of settings as text, from which the completions are made and against
 * which tests/options checks the manual pages.
 *
 * A line for each tool and setting (sendmail is msend by that name): tool, name, letters, aliases,
 * argument, places, values and help, with TABs between them and "-" for an empty one. Places are
 * joined by commas, with "repeated" for an option that can be given several times. The values are "-"
 * (no argument), "text", "file", "dir", "command", "host", "account", "provider", "words W..." or "list
 * W...".
 *
 * `list_settings auth` prints the words of --auth instead, one a line.
 */
#include <stdio.h>
#include <string.h>

#include "config/setting.h"

#define SMTP_SERVERS "smtps:// smtp:// smtp+insecure:// lmtp:// lmtp+unix:///"
#define MAILBOX_SERVERS "imaps:// imap:// imap+insecure:// pop3s:// pop3:// pop3+insecure://"

static const struct {
	unsigned id;
	const char *name;
	const char *servers;
} tools[] = {{TOOL_MSEND, "msend", SMTP_SERVERS},      {TOOL_SENDMAIL, "sendmail", SMTP_SERVERS},
	     {TOOL_MFETCH, "mfetch", MAILBOX_SERVERS}, {TOOL_MLIST, "mlist", MAILBOX_SERVERS},
	     {TOOL_MDEL, "mdel", MAILBOX_SERVERS},     {TOOL_MMARK, "mmark", MAILBOX_SERVERS},
	     {TOOL_MACCOUNT, "maccount", ""}};

static const struct {
	unsigned place;
	const char *name;
} places[] = {{IN_OPTION, "option"},
	      {IN_ACCOUNT, "account"},
	      {IN_GLOBAL, "global"},
	      {IN_PRESET, "preset"},
	      {HIDDEN, "hidden"}};

static const char *
or_dash(const char *text)
{
	return text && text[0] != '\0' ? text : "-";
}

static void
print_places(const struct setting *s)
{
	const char *comma = "";

	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
		if (s->places & places[i].place) {
			printf("%s%s", comma, places[i].name);
			comma = ",";
		}
	if (s->kind == KIND_COUNTED || s->kind == KIND_LIST || s->kind == KIND_LINES)
		printf("%srepeated", comma);
}

/* By the kind, where the row does not say it. */
static void
print_values(const struct setting *s, const char *servers)
{
	if (!s->arg)
		putchar('-');
	else if (s->complete)
		printf("%s", s->complete);
	else if (s->kind == KIND_WORD)
		printf("words %s", s->words);
	else if (s->kind == KIND_URL)
		printf("words %s", servers);
	else if (s->kind == KIND_AGE)
		printf("words 1d 10d 30d 12w yes no");
	else if (s->kind == KIND_PERIOD)
		printf("words 12h 1d 5d 2w");
	else if (s->kind == KIND_PATH)
		printf(strcmp(s->arg, "DIR") == 0 ? "dir" : "file");
	else if (s->kind == KIND_ANY && strcmp(s->arg, "COMMAND") == 0)
		printf("command");
	else
		printf("text");
}

static void
print_setting(const char *tool, const char *servers, const struct setting *s)
{
	printf("%s\t%s\t%s\t%s\t%s\t", tool, or_dash(s->name), or_dash(s->letters),
	       or_dash(s->aliases), or_dash(s->arg));
	print_places(s);
	putchar('\t');
	print_values(s, servers);
	printf("\t%s\n", s->help);
}

static void
print_auth_words(void)
{
	for (const char *p = setting_row(SET_AUTH, TOOL_ALL)->words; *p; p++)
		putchar(*p == ' ' ? '\n' : *p);
	putchar('\n');
}

int
main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "auth") == 0)
		print_auth_words();
	else
		for (size_t t = 0; t < sizeof tools / sizeof tools[0]; t++)
			for (size_t i = 0; i < setting_count; i++)
				if (settings[i].tools & tools[t].id)
					print_setting(tools[t].name, tools[t].servers,
						      &settings[i]);
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
