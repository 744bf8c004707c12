/* SPDX-License-Identifier: ISC */
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/stop.h"

#define BLANKS " \t"

extern char **environ;

/* Words that mean something to a shell only, where a command begins with one. */
static const char *const shell_words[] = {
    "!",      ".",      ":",     "case",  "cd",   "command", "eval",  "exec",
    "exit",   "export", "for",   "if",    "read", "set",     "shift", "trap",
    "ulimit", "umask",  "unset", "until", "wait", "while",   "{",
};

/* The two ends of each pipe, ours and the child's; -1 where there is no pipe. */
struct pipes {
	int to[2];   /* [0] is the child's, [1] is ours */
	int from[2]; /* [0] is ours, [1] is the child's */
};

static bool
needs_shell(const char *command)
{
	const char *first = command + strspn(command, BLANKS);
	const size_t len = strcspn(first, BLANKS);

	if (command[strcspn(command, "|&;<>()$`\\\"'*?[]#~{}\n")] != '\0')
		return true;
	if (memchr(first, '=', len))
		return true; /* NAME=value command */
	for (size_t i = 0; i < sizeof shell_words / sizeof *shell_words; i++)
		if (strlen(shell_words[i]) == len && strncmp(first, shell_words[i], len) == 0)
			return true;
	return false;
}

/* The words of COMMAND, which is cut up; free() the list, ended by NULL. */
static char **
split(char *command)
{
	char **words = mem_grow(NULL, strlen(command) / 2 + 2, sizeof *words);
	char *rest = NULL;
	size_t n = 0;

	for (char *w = strtok_r(command, BLANKS, &rest); w; w = strtok_r(NULL, BLANKS, &rest))
		words[n++] = w;
	words[n] = NULL;
	return words;
}

/* Do A and B, two "NAME=value", have the same name? */
static bool
same_name(const char *a, const char *b)
{
	const size_t len = strcspn(a, "=");

	return strncmp(a, b, len) == 0 && b[len] == '=';
}

/* Ours without what is in MORE, then MORE; free() the list, not the strings. */
static char **
merge_environment(const char *const more[])
{
	size_t ours = 0, added = 0, n = 0;
	char **merged;

	while (environ[ours])
		ours++;
	while (more && more[added])
		added++;
	merged = mem_grow(NULL, ours + added + 1, sizeof *merged);
	for (size_t i = 0; i < ours; i++) {
		bool is_replaced = false;

		for (size_t k = 0; k < added; k++)
			is_replaced = is_replaced || same_name(more[k], environ[i]);
		if (!is_replaced)
			merged[n++] = environ[i];
	}
	for (size_t k = 0; k < added; k++)
		memcpy(&merged[n++], &more[k], sizeof *merged); /* execve(2) takes no const */
	merged[n] = NULL;
	return merged;
}

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* A close-on-exec pipe, clear of 0 to 2: where one of these was closed it would be handed on. */
static bool
open_pipe(int ends[2])
{
	int low[2];

#ifdef __APPLE__
	if (pipe(low) != 0)
		return false;
#else
	if (pipe2(low, O_CLOEXEC) != 0)
		return false;
#endif
	for (int i = 0; i < 2; i++) {
		ends[i] = fcntl(low[i], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		close(low[i]);
	}
	return ends[0] >= 0 && ends[1] >= 0;
}

static bool
open_pipes(struct pipes *p, enum child_stdin in, enum child_stdout out)
{
	*p = (struct pipes){{-1, -1}, {-1, -1}};
	return (in != CHILD_STDIN_PIPE || open_pipe(p->to)) &&
	       (out != CHILD_STDOUT_PIPE || open_pipe(p->from));
}

static void
close_pipes(struct pipes *p)
{
	for (int i = 0; i < 2; i++) {
		close_fd(&p->to[i]);
		close_fd(&p->from[i]);
	}
}

static void
set_descriptors(posix_spawn_file_actions_t *actions, const struct pipes *p, enum child_stdin in,
		enum child_stdout out)
{
	if (in == CHILD_STDIN_EMPTY)
		posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	else
		posix_spawn_file_actions_adddup2(actions, p->to[0], STDIN_FILENO);
	if (out == CHILD_STDOUT_NONE)
		posix_spawn_file_actions_addopen(actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	else if (out == CHILD_STDOUT_PIPE)
		posix_spawn_file_actions_adddup2(actions, p->from[1], STDOUT_FILENO);
}

static void
set_signals(posix_spawnattr_t *attributes)
{
	sigset_t none, to_default;

	sigemptyset(&none);
	sigemptyset(&to_default);
	sigaddset(&to_default, SIGPIPE);
	sigaddset(&to_default, SIGXFSZ);
	posix_spawnattr_setsigmask(attributes, &none);
	posix_spawnattr_setsigdefault(attributes, &to_default);
	posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

/* 0, or what kept it from starting, as errno has it. */
static int
spawn(pid_t *pid, char *const words[], char *const environment[], const struct pipes *p,
      enum child_stdin in, enum child_stdout out)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int error;

	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	set_descriptors(&actions, p, in, out);
	set_signals(&attributes);
	error = posix_spawnp(pid, words[0], &actions, &attributes, words, environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

static int
spawn_command(pid_t *pid, const char *command, const char *const more[], const struct pipes *p,
	      enum child_stdin in, enum child_stdout out)
{
	char shell[] = "sh", option[] = "-c";
	char *copy = mem_strdup(command);
	char **environment = merge_environment(more);
	char **plain = NULL;
	int error;

	if (needs_shell(command)) {
		error = spawn(pid, (char *[]){shell, option, copy, NULL}, environment, p, in, out);
	} else {
		plain = split(copy);
		error = plain[0] ? spawn(pid, plain, environment, p, in, out) : ENOENT;
	}
	free(plain);
	free(environment);
	free(copy);
	return error;
}

bool
child_start(struct child *c, const char *command, enum child_stdin in, enum child_stdout out,
	    const char *const environment[], struct err *e)
{
	struct pipes p;
	int error;

	*c = (struct child){.pid = -1, .to = -1, .from = -1};
	error = open_pipes(&p, in, out) ? 0 : errno;
	if (error == 0)
		error = spawn_command(&c->pid, command, environment, &p, in, out);
	if (error != 0) {
		close_pipes(&p);
		errno = error;
		return err_set_errno(e, ERR_CONFIG, "cannot run '%s'", command);
	}
	c->to = p.to[1];
	c->from = p.from[0];
	p.to[1] = p.from[0] = -1;
	close_pipes(&p);
	return true;
}

static void
close_ours(struct child *c)
{
	close_fd(&c->to);
	close_fd(&c->from);
}

/* Did it end? With WNOHANG the answer comes at once; until a signal asks us to stop, with
 * HEEDS_STOP. */
static bool
reap(struct child *c, int options, bool heeds_stop, int *status)
{
	int how = 0;
	pid_t pid;

	do
		pid = waitpid(c->pid, &how, options);
	while (pid < 0 && errno == EINTR && !(heeds_stop && stop_signal() != 0));
	if (pid == 0 || (pid < 0 && errno == EINTR))
		return false;
	if (pid < 0)
		*status = 127; /* somebody else reaped it */
	else
		*status = WIFSIGNALED(how) ? 128 + WTERMSIG(how) : WEXITSTATUS(how);
	c->pid = -1;
	return true;
}

int
child_wait(struct child *c)
{
	int status = 0;

	close_ours(c);
	if (c->pid > 0)
		reap(c, 0, false, &status);
	return status;
}

/* POSIX has no waitpid() with a time limit; naps that double find a quick end quickly. */
bool
child_wait_ms(struct child *c, unsigned ms, int *status)
{
	int ignored = 0;
	unsigned nap = 1;

	close_ours(c);
	if (c->pid <= 0)
		return true;
	for (unsigned slept = 0;; slept += nap, nap = nap < 32 ? nap * 2 : nap) {
		const struct timespec time = {.tv_nsec = (long)nap * 1000000};

		if (reap(c, WNOHANG, false, status ? status : &ignored))
			return true;
		if (slept >= ms)
			return false;
		nanosleep(&time, NULL);
	}
}

bool
child_wait_stoppable(struct child *c, unsigned grace_ms, int *status)
{
	*status = 0;
	close_ours(c);
	if (c->pid <= 0 || (stop_signal() == 0 && reap(c, 0, true, status)) ||
	    child_wait_ms(c, grace_ms, status))
		return true;
	child_end(c);
	return false;
}

void
child_end(struct child *c)
{
	if (c->pid > 0)
		kill(c->pid, SIGTERM);
	if (child_wait_ms(c, 1000, NULL))
		return;
	kill(c->pid, SIGKILL);
	child_wait(c);
}
