/* SPDX-License-Identifier: ISC */
#include "base/spawner_limits.h"

#include <stddef.h>
#include <string.h>

static const char harmless[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@.,:/+-_=%";

/* An address that --pipe puts in: never an option, or one for a second shell. */
static bool
allows_value(const char *template, const char *line)
{
	size_t len = 0;

	if (spawner_allows(template, line) ||
	    (strncmp(line, "''", 2) == 0 && spawner_allows(template, line + 2)))
		return true;
	if (line[0] == '-')
		return false;
	while (line[len] && strchr(harmless, line[len]))
		if (spawner_allows(template, line + ++len))
			return true;
	return false;
}

bool
spawner_allows(const char *template, const char *line)
{
	for (; *template; template ++, line++) {
		if (template[0] == '%' && template[1] && strchr("FT", template[1]))
			return allows_value(template + 2, line);
		if (template[0] == '%' && template[1] == '%')
			template ++;
		if (*template != *line)
			return false;
	}
	return *line == '\0';
}

/* Anything else, such as PATH or LD_PRELOAD, would be a command of its own. */
bool
spawner_allows_variable(const char *text)
{
	static const char *const names[] = {
	    "ACCOUNT=", "COUNT=", "FOLDER=", "RECIPIENT=", "SENDER=", "SIZE=", "UID="};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strncmp(text, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}
