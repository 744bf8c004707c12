/* SPDX-License-Identifier: ISC */
#include "maccount/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/stop.h"
#include "base/text.h"

static FILE *
open_terminal(void)
{
	return isatty(STDERR_FILENO) ? fopen("/dev/tty", "r+e") : NULL;
}

bool
terminal_is_present(void)
{
	FILE *tty = open_terminal();

	return tty && fclose(tty) == 0;
}

static void
show(FILE *tty, const char *text)
{
	struct buf out = {0};

	while (*text) {
		const size_t len = strcspn(text, "\n");

		text_printable(&out, text, len);
		text += len;
		if (*text) {
			buf_add_char(&out, '\n');
			text++;
		}
	}
	fwrite(out.data, 1, out.len, tty);
	fflush(tty);
	buf_free(&out);
}

void
terminal_say(const char *text)
{
	FILE *tty = open_terminal();

	if (!tty)
		return;
	show(tty, text);
	fclose(tty);
}

bool
terminal_ask(const char *question, char *answer, size_t size)
{
	FILE *tty = open_terminal();
	bool ok;

	answer[0] = '\0';
	if (!tty)
		return false;
	show(tty, question);
	ok = fgets(answer, (int)size, tty) && stop_signal() == 0;
	answer[strcspn(answer, "\r\n")] = '\0';
	fclose(tty);
	return ok;
}

bool
terminal_agrees(const char *question)
{
	char *text = mem_printf("%s [y/N] ", question), answer[16];
	const bool agrees =
	    terminal_ask(text, answer, sizeof answer) && (answer[0] == 'y' || answer[0] == 'Y');

	free(text);
	return agrees;
}
