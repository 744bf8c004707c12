/* SPDX-License-Identifier: ISC */
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/descriptors.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/spawner.h"
#include "base/stop.h"

#define BLANKS " \t"
#define MEANS_SOMETHING "|&;<>()$`\\\"'*?[]#~{}\n" /* to a shell */

extern char **environ;

/* Words that mean something to a shell only, where a command begins with one. */
static const char *const shell_words[] = {
    "!",      ".",      ":",     "case",  "cd",   "command", "eval",  "exec",
    "exit",   "export", "for",   "if",    "read", "set",     "shift", "trap",
    "ulimit", "umask",  "unset", "until", "wait", "while",   "{",
};

/* The two ends of each pipe, ours and the child's; -1 without a pipe. */
struct pipes {
	int to[2];   /* [0] is the child's, [1] is ours */
	int from[2]; /* [0] is ours, [1] is the child's */
};

/* The name after SIGN, `>` or `>>`, and in *FLAGS how to open it. */
static char *
redirected_to(char *sign, int *flags)
{
	const bool appends = sign[1] == '>';
	char *name = sign + 1 + appends;

	*flags = O_WRONLY | O_CREAT | (appends ? O_APPEND : O_TRUNC);
	return name + strspn(name, BLANKS);
}

/* Is what begins with SIGN in COMMAND no more than `>FILE` or `>>FILE`? For its sake there need be
 * no shell, which would cost as much as the command. */
static bool
is_plain_redirection(char *command, char *sign)
{
	int unused;
	const char *name = redirected_to(sign, &unused);
	const size_t len = strcspn(name, BLANKS MEANS_SOMETHING);

	return *sign == '>' && sign > command + strspn(command, BLANKS) &&
	       strchr(BLANKS, sign[-1]) && len > 0 &&
	       name[len + strspn(name + len, BLANKS)] == '\0';
}

/* Cuts it off. NULL: there is none. */
static const char *
cut_redirection(char *command, int *flags)
{
	char *sign = strchr(command, '>'), *name;

	if (!sign)
		return NULL;
	name = redirected_to(sign, flags);
	name[strcspn(name, BLANKS)] = '\0';
	*sign = '\0';
	return name;
}

static bool
needs_shell(char *command)
{
	const char *first = command + strspn(command, BLANKS);
	const size_t len = strcspn(first, BLANKS);
	char *sign = command + strcspn(command, MEANS_SOMETHING);

	if (*sign != '\0' && !is_plain_redirection(command, sign))
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
	return descriptors_lift(low, ends);
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

/* The descriptors and the environment that a command gets. */
struct setup {
	const struct pipes *pipes;
	enum child_stdin in;
	int in_file; /* CHILD_STDIN_FILE */
	enum child_stdout out;
	int out_fd;           /* CHILD_STDOUT_FILE */
	const char *out_file; /* or NULL; opened with out_flags */
	int out_flags;
	char *const *environment;
};

static void
set_descriptors(posix_spawn_file_actions_t *actions, const struct setup *g)
{
	if (g->in == CHILD_STDIN_EMPTY)
		posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	else
		posix_spawn_file_actions_adddup2(
		    actions, g->in == CHILD_STDIN_FILE ? g->in_file : g->pipes->to[0],
		    STDIN_FILENO);
	if (g->out_file)
		posix_spawn_file_actions_addopen(actions, STDOUT_FILENO, g->out_file, g->out_flags,
						 0666);
	else if (g->out == CHILD_STDOUT_NONE)
		posix_spawn_file_actions_addopen(actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	else if (g->out == CHILD_STDOUT_STDERR)
		posix_spawn_file_actions_adddup2(actions, STDERR_FILENO, STDOUT_FILENO);
	else if (g->out == CHILD_STDOUT_PIPE)
		posix_spawn_file_actions_adddup2(actions, g->pipes->from[1], STDOUT_FILENO);
	else if (g->out == CHILD_STDOUT_FILE)
		posix_spawn_file_actions_adddup2(actions, g->out_fd, STDOUT_FILENO);
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
spawn(pid_t *pid, char *const words[], const struct setup *g)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int error;

	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	set_descriptors(&actions, g);
	set_signals(&attributes);
	error = posix_spawnp(pid, words[0], &actions, &attributes, words, g->environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

static int
spawn_shell(pid_t *pid, char *command, struct setup *g)
{
	char shell[] = "sh", option[] = "-c";

	g->out_file = NULL;
	return spawn(pid, (char *[]){shell, option, command, NULL}, g);
}

/* Until a FIFO has a reader nothing would end us but SIGKILL: a shell can wait for that. */
static bool
opens_at_once(const char *name)
{
	struct stat st;

	return strcmp(name, "/dev/null") == 0 || stat(name, &st) != 0 || S_ISREG(st.st_mode);
}

static bool
is_read_by_us(enum child_stdout out)
{
	return out == CHILD_STDOUT_PIPE || out == CHILD_STDOUT_FILE;
}

/* If its output can't be opened a shell has the words for it; and where we read a pipe of it, a
 * shell keeps that open as long as the command runs. */
static int
spawn_plain(pid_t *pid, const char *command, struct setup *g)
{
	char *copy = mem_strdup(command), *again = mem_strdup(command);
	char **words;
	int error = ENOENT;

	g->out_file = cut_redirection(copy, &g->out_flags);
	words = split(copy);
	if (words[0] && (!g->out_file || (!is_read_by_us(g->out) && opens_at_once(g->out_file))))
		error = spawn(pid, words, g);
	if (error != 0 && g->out_file)
		error = spawn_shell(pid, again, g);
	free(words);
	free(again);
	free(copy);
	return error;
}

static int
spawn_command(pid_t *pid, const char *command, const char *const more[], struct setup *g)
{
	char *copy = mem_strdup(command);
	char **environment = merge_environment(more);
	int error;

	g->environment = environment;
	error = needs_shell(copy) ? spawn_shell(pid, copy, g) : spawn_plain(pid, copy, g);
	free(environment);
	free(copy);
	return error;
}

static int
ask_spawner(struct child *c, const char *command, const char *const more[], const struct setup *g)
{
	const struct pipes *p = g->pipes;
	const struct spawner_request r = {
	    .command = command,
	    .environment = more,
	    .in = g->in == CHILD_STDIN_FILE ? g->in_file : p->to[0],
	    .out = g->out == CHILD_STDOUT_FILE ? g->out_fd : p->from[1],
	    .out_kind = is_read_by_us(g->out) ? CHILD_STDOUT_FILE : (int)g->out};

	return spawner_ask(&r, &c->pid, &c->control);
}

/* A lack that may have passed when the command is tried again. */
static enum err_code
code_of(int error)
{
	static const int lacks[] = {EAGAIN, EMFILE, ENFILE, ENOMEM};

	for (size_t i = 0; i < sizeof lacks / sizeof lacks[0]; i++)
		if (error == lacks[i])
			return ERR_TEMPORARY;
	return ERR_CONFIG;
}

bool
child_start(struct child *c, const char *command, enum child_stdin in, enum child_stdout out,
	    const char *const environment[], struct err *e)
{
	struct pipes p;
	struct setup g = {.pipes = &p, .in = in, .in_file = c->to, .out = out, .out_fd = c->from};
	int error;

	*c = (struct child){.pid = -1, .to = -1, .from = -1};
	error = open_pipes(&p, in, out) ? 0 : errno;
	if (error == 0)
		error = spawner_is_on() ? ask_spawner(c, command, environment, &g)
					: spawn_command(&c->pid, command, environment, &g);
	if (error != 0) {
		close_pipes(&p);
		errno = error;
		return err_set_errno(e, code_of(error), "cannot run '%s'", command);
	}
	c->to = p.to[1];
	c->from = p.from[0];
	p.to[1] = p.from[0] = -1;
	close_pipes(&p);
	return true;
}

static int
execute(const struct spawner_request *r, pid_t *pid)
{
	struct child c = {.to = r->in, .from = r->out};
	struct err unused; /* the other side says what the command was; errno says the rest */

	if (r->out_kind < CHILD_STDOUT_OURS || r->out_kind > CHILD_STDOUT_FILE ||
	    r->out_kind == CHILD_STDOUT_PIPE || (r->out_kind == CHILD_STDOUT_FILE) != (r->out >= 0))
		return EINVAL; /* not asked by ask_spawner() */
	errno = EINVAL;
	if (!child_start(&c, r->command, r->in >= 0 ? CHILD_STDIN_FILE : CHILD_STDIN_EMPTY,
			 (enum child_stdout)r->out_kind, r->environment, &unused))
		return errno;
	*pid = c.pid;
	return 0;
}

bool
child_use_spawner(const char *const commands[], size_t count, struct err *e)
{
	return spawner_start(commands, count, execute, e);
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
		pid = c->control ? spawner_wait(c->control, c->pid, &how, options)
				 : waitpid(c->pid, &how, options);
	while (pid < 0 && errno == EINTR && !(heeds_stop && stop_signal() != 0));
	if (pid == 0 || (pid < 0 && errno == EINTR))
		return false;
	if (pid < 0)
		*status = CHILD_STATUS_UNKNOWN; /* something else reaped it */
	else
		*status = WIFSIGNALED(how) ? 128 + WTERMSIG(how) : WEXITSTATUS(how);
	c->pid = -1;
	if (c->control)
		close(c->control);
	c->control = 0;
	return true;
}

static void
send_signal(const struct child *c, int number)
{
	if (c->control)
		spawner_signal(c->control, number);
	else
		kill(c->pid, number);
}

int
child_wait(struct child *c)
{
	int status = CHILD_STATUS_UNKNOWN;

	close_ours(c);
	if (c->pid > 0)
		reap(c, 0, false, &status);
	return status;
}

const char *
child_status_text(int status, char text[static 40])
{
	if (status == CHILD_STATUS_UNKNOWN)
		return strcpy(text, "its exit status was lost");
	snprintf(text, 40, status > 128 ? "ended by signal %d" : "exit status %d",
		 status > 128 ? status - 128 : status);
	return text;
}

bool
child_check_run(int status, struct err *e)
{
	enum { CANNOT_RUN = 126, NOT_FOUND = 127 }; /* XCU section 2.8.2 */

	return (status != CANNOT_RUN && status != NOT_FOUND) ||
	       err_set(e, ERR_CONFIG, "%s (exit status %d)",
		       status == NOT_FOUND ? "not found" : "cannot be run", status);
}

/* POSIX has no waitpid() with a time limit; naps that double find a quick end quickly. */
bool
child_wait_ms(struct child *c, unsigned ms, int *status)
{
	int unused;
	unsigned nap = 1;

	if (!status)
		status = &unused;
	*status = CHILD_STATUS_UNKNOWN;
	close_ours(c);
	if (c->pid <= 0)
		return true;
	for (unsigned slept = 0;; slept += nap, nap = nap < 32 ? nap * 2 : nap) {
		const struct timespec time = {.tv_nsec = (long)nap * 1000000};

		if (reap(c, WNOHANG, false, status))
			return true;
		if (slept >= ms)
			return false;
		nanosleep(&time, NULL);
	}
}

bool
child_wait_stoppable(struct child *c, unsigned grace_ms, int *status)
{
	*status = CHILD_STATUS_UNKNOWN;
	close_ours(c);
	if (c->pid <= 0 || (stop_signal() == 0 && reap(c, 0, true, status)) ||
	    child_wait_ms(c, grace_ms, status))
		return true;
	child_end(c);
	return false;
}

void
child_end_within(struct child *c, unsigned ms)
{
	if (c->pid > 0)
		send_signal(c, SIGTERM);
	if (child_wait_ms(c, ms, NULL))
		return;
	send_signal(c, SIGKILL);
	child_wait(c);
}

void
child_end(struct child *c)
{
	child_end_within(c, 1000);
}
