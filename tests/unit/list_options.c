/* SPDX-License-Identifier: ISC */
/*
 * list_options - the table of settings as text, for tests/options.
 *
 * A line for each tool and setting: tool (sendmail is msend by that name), name, letters, aliases,
 * argument, places, with TABs between them and "-" for what there is none of; places are separated
 * by commas. `list_options auth` prints the words of --auth instead, one a line.
 */
#include <stdio.h>
#include <string.h>

#include "config/setting.h"

static const struct {
	unsigned id;
	const char *name;
} tools[] = {{TOOL_MSEND, "msend"}, {TOOL_SENDMAIL, "sendmail"}, {TOOL_MFETCH, "mfetch"},
	     {TOOL_MLIST, "mlist"}, {TOOL_MDEL, "mdel"},         {TOOL_MACCOUNT, "maccount"}};

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
print_setting(const char *tool, const struct setting *s)
{
	const char *comma = "";

	printf("%s\t%s\t%s\t%s\t%s\t", tool, or_dash(s->name), or_dash(s->letters),
	       or_dash(s->aliases), or_dash(s->arg));
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
		if (s->places & places[i].place) {
			printf("%s%s", comma, places[i].name);
			comma = ",";
		}
	putchar('\n');
}

static void
print_auth_words(void)
{
	for (const char *p = setting_auth_words; *p; p++)
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
					print_setting(tools[t].name, &settings[i]);
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
