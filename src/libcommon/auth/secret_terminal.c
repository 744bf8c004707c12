/* SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "auth/secret.h"
#include "auth/secret_source.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/screen.h"

/*
 * Echo off. The keys that would stop or kill us before it is on again (^Z, ^\) are off too; ^C
 * works, as base/stop.h makes it a reason to give up waiting. TCSAFLUSH: text that was typed, and
 * seen, before the question is not an answer to it.
 */
static bool
hide_typing(int tty, struct termios *before)
{
	struct termios hidden;

	if (tcgetattr(tty, before) != 0)
		return false;
	hidden = *before;
	hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	hidden.c_lflag |= ICANON | ISIG;
	hidden.c_cc[VSUSP] = hidden.c_cc[VQUIT] = _POSIX_VDISABLE;
	return tcsetattr(tty, TCSAFLUSH, &hidden) == 0;
}

/* Also drops what was typed but not read, so that half a password does not end up in the shell. */
static void
show_typing(int tty, const struct termios *before)
{
	tcsetattr(tty, TCSAFLUSH, before);
}

static void
say(int tty, const char *text, size_t len)
{
	while (len > 0) {
		const ssize_t n = write(tty, text, len);

		if (n <= 0)
			return; /* then the question was not seen, but can still be answered */
		text += n;
		len -= (size_t)n;
	}
}

static void
ask(int tty, const struct secret_params *p)
{
	struct buf question = {0};

	if (p->refusal) {
		screen_add_lines(&question, p->refusal, strlen(p->refusal), true);
		buf_add_str(&question, "\n");
	}
	buf_add_str(&question, "Password");
	if (p->user) {
		buf_add_str(&question, " for ");
		screen_add_lines(&question, p->user, strlen(p->user), true);
	}
	if (p->machine) {
		buf_add_str(&question, " at ");
		screen_add_lines(&question, p->machine, strlen(p->machine), true);
	}
	buf_add_str(&question, ": ");
	say(tty, question.data, question.len);
	buf_free(&question);
}

enum secret_outcome
secret_from_terminal(const struct secret_params *p, struct buf *text, struct err *e)
{
	enum secret_outcome outcome = SECRET_ABSENT;
	struct termios before;
	int tty;

	if (!p->may_prompt)
		return SECRET_ABSENT;
	tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (tty < 0)
		return SECRET_ABSENT;
	if (hide_typing(tty, &before)) {
		ask(tty, p);
		outcome = secret_read_line(tty, text, e) ? SECRET_FOUND : SECRET_FAILED;
		show_typing(tty, &before);
		say(tty, "\n", 1);
	}
	close(tty);
	return outcome;
}
