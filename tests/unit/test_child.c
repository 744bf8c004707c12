/* SPDX-License-Identifier: ISC */
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/descriptors.h"
#include "base/err.h"
#include "base/spawner.h"
#include "base/spawner_limits.h"
#include "tap.h"

/* All that comes from FD. */
static char *
read_all(int fd)
{
	struct buf b = {0};
	ssize_t n;

	while ((n = read(fd, buf_reserve(&b, 4096), 4096)) > 0)
		b.len += (size_t)n;
	buf_add_str(&b, "");
	return buf_take(&b);
}

/* What COMMAND says on its standard output, and its exit status. */
static char *
output_of(const char *command, const char *const environment[], int *status)
{
	struct child c;
	struct err e = {0};
	char *text;

	if (!child_start(&c, command, CHILD_STDIN_EMPTY, CHILD_STDOUT_PIPE, environment, &e)) {
		diag("%s", e.text);
		return NULL;
	}
	text = read_all(c.from);
	*status = child_wait(&c);
	return text;
}

static void
is_output(const char *command, const char *const environment[], const char *want, const char *name)
{
	int status = -1;
	char *got = output_of(command, environment, &status);

	is_str(got, want, name);
	free(got);
}

static void
is_status(const char *command, int want, const char *name)
{
	struct child c;
	struct err e = {0};
	int status = -1;

	if (child_start(&c, command, CHILD_STDIN_EMPTY, CHILD_STDOUT_OURS, NULL, &e))
		status = child_wait(&c);
	is_number((uint64_t)status, (uint64_t)want, name);
}

static void
test_commands(void)
{
	struct child c;
	struct err e = {0};

	is_output("echo  one\ttwo ", NULL, "one two\n", "plain words are split at blanks");
	is_output("echo 'one  two'", NULL, "one  two\n", "quotes are the shell's business");
	is_output("echo one | tr o 0", NULL, "0ne\n", "a pipe is, too");
	is_output("A=x sh -c 'echo $A'", NULL, "x\n", "so is a variable in front");
	is_output("exec echo one", NULL, "one\n", "so is a builtin");
	is_output("cat", NULL, "", "an empty standard input ends at once");
	is_status("sh -c 'exit 7'", 7, "the exit status is the command's");
	is_status("no-such-program 2>/dev/null; exit $?", 127,
		  "127 from a shell that finds no such program");
	is_status("sh -c 'kill -TERM $$'", 128 + SIGTERM, "128 + N for one that signal N ended");
	ok(!child_start(&c, "no-such-program-at-all x", CHILD_STDIN_EMPTY, CHILD_STDOUT_OURS, NULL,
			&e) &&
	       e.code == ERR_CONFIG,
	   "a program that is not there is an error at once");
	is_str(e.text, "cannot run 'no-such-program-at-all x': No such file or directory",
	       "and the error names it");
	ok(!child_start(&c, "  ", CHILD_STDIN_EMPTY, CHILD_STDOUT_OURS, NULL, &e),
	   "a command of blanks is an error");
}

/* Nobody reads it: we must not wait for that in the middle of a start. */
static void
test_fifo(const char *path)
{
	struct child c;
	struct err e = {0};
	char command[128];

	snprintf(command, sizeof command, "echo one >%s", path);
	ok(mkfifo(path, 0600) == 0 &&
	       child_start(&c, command, CHILD_STDIN_EMPTY, CHILD_STDOUT_OURS, NULL, &e) &&
	       !child_wait_ms(&c, 20, NULL),
	   "a FIFO without a reader keeps the command waiting, not us");
	child_end(&c);
	unlink(path);
}

/* `>FILE` behind plain words needs no shell, and means what it means to a shell. */
static void
test_redirection(void)
{
	char path[] = "/tmp/test_child.XXXXXX", command[128];
	const int fd = mkstemp(path);
	int status = 0;

	is_output("echo one >/dev/null", NULL, "", "the output goes where > says");
	is_output("echo 2 2>/dev/null", NULL, "2\n", "2> is the shell's business");
	is_output("echo one >&1", NULL, "one\n", "so is >&");
	is_output("echo one >/dev/null two; echo three", NULL, "three\n", "so is more behind it");
	snprintf(command, sizeof command, "echo one > %s ", path);
	is_status(command, 0, "> writes a file");
	snprintf(command, sizeof command, "echo two >>%s", path);
	is_status(command, 0, ">> adds to it");
	snprintf(command, sizeof command, "cat %s", path);
	is_output(command, NULL, "one\ntwo\n", "and there it is");
	snprintf(command, sizeof command, "echo three >%s", path);
	is_status(command, 0, "> begins anew");
	snprintf(command, sizeof command, "cat %s", path);
	is_output(command, NULL, "three\n", "and only that is there");
	free(output_of("echo one >/nonexistent/file", NULL, &status));
	ok(status == 1 || status == 2, "where there is no directory a shell says so");
	is_status("no-such-program-at-all >/dev/null", 127, "and where there is no program");
	close(fd);
	unlink(path);
	test_fifo(path);
}

static void
test_environment(void)
{
	static const char *const more[] = {"MAILVERBS_A=new", "MAILVERBS_C=three", NULL};

	setenv("MAILVERBS_A", "old", 1);
	setenv("MAILVERBS_AB", "kept", 1);
	is_output("printenv MAILVERBS_A MAILVERBS_AB MAILVERBS_C", more, "new\nkept\nthree\n",
		  "the environment is ours with some added and replaced");
	is_output("sh -c 'env | grep -c ^MAILVERBS_A='", more, "1\n", "no variable is there twice");
	is_output("printenv MAILVERBS_A", NULL, "old\n", "NULL adds nothing");
}

static void
test_descriptors(void)
{
	const int leak = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 50);
	const int saved = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 60);
	struct child c;
	struct err e;
	char *text;

	if (access("/proc/self/fd", R_OK) == 0) {
		if (!child_start(&c, "sh -c 'ls /proc/$$/fd'", CHILD_STDIN_PIPE, CHILD_STDOUT_PIPE,
				 NULL, &e))
			abort();
		text = read_all(c.from);
		child_wait(&c);
		ok(strstr(text, "\n2\n") && !strstr(text, "\n50\n") && !strstr(text, "\n60\n"),
		   "no descriptor of ours but 0, 1 and 2 reaches the child");
		free(text);
	}
	close(STDIN_FILENO);
	is_output("cat", NULL, "", "it works where our standard input is closed");
	if (!child_start(&c, "cat", CHILD_STDIN_PIPE, CHILD_STDOUT_PIPE, NULL, &e))
		abort();
	ok(write(c.to, "hello", 5) == 5, "what is written to the child…");
	close(c.to);
	c.to = -1;
	text = read_all(c.from);
	is_str(text, "hello", "…comes back from cat, even then");
	free(text);
	child_wait(&c);
	dup2(saved, STDIN_FILENO);
	close(saved);
	close(leak);
}

/* SIGPIPE is ignored in the tools; a child that inherited that would never end. */
static void
test_signals(void)
{
	sigset_t blocked, before;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	is_status("sh -c 'kill -PIPE $$'", 128 + SIGPIPE, "SIGPIPE is at its default in the child");
	if (access("/proc/self/status", R_OK) == 0)
		is_output("grep SigBlk: /proc/self/status", NULL, "SigBlk:\t0000000000000000\n",
			  "no signal is blocked in the child");
	sigprocmask(SIG_SETMASK, &before, NULL);
}

static double
seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Starts a command that says "ready" when its traps are set, and then waits for long. */
static void
start_stubborn(struct child *c, const char *trap)
{
	char command[200], ready[6];
	struct err e;

	snprintf(command, sizeof command, "%s; echo ready; while :; do sleep 0.05; done", trap);
	if (!child_start(c, command, CHILD_STDIN_PIPE, CHILD_STDOUT_PIPE, NULL, &e) ||
	    read(c->from, ready, sizeof ready) != (ssize_t)sizeof ready)
		abort();
}

static void
test_end(void)
{
	struct child c;
	double start;
	int status = -1;

	start_stubborn(&c, "trap 'exit 0' TERM");
	ok(!child_wait_ms(&c, 20, &status), "child_wait_ms() gives up on one that goes on");
	start = seconds_now();
	child_end(&c);
	ok(seconds_now() - start < 0.9 && c.pid < 0, "child_end() ends it by SIGTERM");
	start_stubborn(&c, "trap '' TERM PIPE");
	start = seconds_now();
	child_end(&c);
	ok(seconds_now() - start >= 1.0 && c.pid < 0, "and by SIGKILL after one second");
	start_stubborn(&c, "trap 'exit 3' TERM");
	kill(c.pid, SIGTERM);
	ok(child_wait_ms(&c, 10000, &status) && status == 3, "child_wait_ms() gives the status");
	ok(child_wait_ms(&c, 0, NULL) && child_wait(&c) == CHILD_STATUS_UNKNOWN,
	   "waiting once more is harmless, and no success");
}

static void
test_allowed(void)
{
	static const struct {
		const char *template, *line;
		bool allowed;
	} cases[] = {
	    {"cat >x", "cat >x", true},
	    {"cat >x", "cat >xy", false},
	    {"cat >x", "cat >", false},
	    {"deliver %F -d %T.", "deliver a@b.test -d c+d@e.test.", true},
	    {"deliver %F -d %T.", "deliver a@b.test -d ''.", true},
	    {"deliver %F", "deliver a;b", false},
	    {"deliver %F", "deliver a b", false},
	    {"deliver %F", "deliver -x", false},
	    {"deliver \"%T\"", "deliver \"\"", true},
	    {"date +%%s", "date +%s", true},
	    {"date +%s", "date +%s", true},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		ok(spawner_allows(cases[i].template, cases[i].line) == cases[i].allowed, "%s",
		   cases[i].line);
}

/* The last test: it stays on. */
static void
test_spawner(void)
{
	static const char *const lines[] = {"cat", "exit 3", "exec sleep 10", "printf %F"};
	static const char *const other[] = {"LD_PRELOAD=x", NULL};
	struct child c = {.to = -1};
	struct err e;
	char text[8] = "";

	test_allowed();
	ok(child_use_spawner(lines, 4, &e) && spawner_is_on(), "a spawner");
	ok(child_start(&c, "cat", CHILD_STDIN_PIPE, CHILD_STDOUT_PIPE, NULL, &e), "starts");
	ok(c.control > 0 && write(c.to, "hello", 5) == 5 && close(c.to) == 0, "a command,");
	c.to = -1;
	ok(read(c.from, text, sizeof text) == 5 && strcmp(text, "hello") == 0, "with its pipes;");
	/* A cat that uses splice(2) fails if its reader leaves before the end. */
	ok(read(c.from, text, sizeof text) == 0, "its output ends;");
	ok(child_wait(&c) == 0 && c.control == 0, "its status is 0,");
	child_start(&c, "exit 3", CHILD_STDIN_EMPTY, CHILD_STDOUT_OURS, NULL, &e);
	ok(child_wait(&c) == 3, "or another;");
	child_start(&c, "exec sleep 10", CHILD_STDIN_EMPTY, CHILD_STDOUT_OURS, NULL, &e);
	ok(!child_wait_ms(&c, 5, NULL), "one that goes on");
	child_end(&c);
	ok(c.pid < 0 && c.control == 0, "is ended;");
	ok(!child_start(&c, "true", CHILD_STDIN_EMPTY, CHILD_STDOUT_OURS, NULL, &e) &&
	       strstr(e.text, "cannot run 'true'"),
	   "another command line is refused,");
	ok(!child_start(&c, "cat", CHILD_STDIN_EMPTY, CHILD_STDOUT_OURS, other, &e),
	   "and a variable that is none of ours");
}

/* What child_start() never asks for; the spawner would make pipes that nobody closes. */
static void
test_odd_requests(void)
{
	static const int kinds[] = {-1, CHILD_STDOUT_PIPE, CHILD_STDOUT_FILE, 99};

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		const struct spawner_request r = {
		    .command = "cat", .in = -1, .out = -1, .out_kind = kinds[i]};
		pid_t pid;
		int control;

		ok(spawner_ask(&r, &pid, &control) == EINVAL, "output of kind %d without a file",
		   kinds[i]);
	}
}

/* Four files in a packet, of somebody who did not ask us how many go in. */
static void
test_too_many_files(void)
{
	struct {
		int fds[DESCRIPTORS_MAX];
		int after;
	} got = {.after = -7};
	union {
		char bytes[CMSG_SPACE(4 * sizeof(int))];
		struct cmsghdr align;
	} control = {{0}};
	struct iovec part = {.iov_base = (char[]){"x"}, .iov_len = 1};
	struct msghdr m = {.msg_iov = &part,
			   .msg_iovlen = 1,
			   .msg_control = control.bytes,
			   .msg_controllen = sizeof control.bytes};
	const int fds[4] = {1, 2, 1, 2};
	size_t count;
	char byte;
	int ends[2];

	control.align = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
	control.align.cmsg_len = CMSG_LEN(sizeof fds);
	memcpy(CMSG_DATA(&control.align), fds, sizeof fds);
	ok(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0 && sendmsg(ends[0], &m, 0) == 1,
	   "a packet with four files");
	ok(descriptors_receive(ends[1], &byte, 1, got.fds, &count, 0) == 1 && byte == 'x' &&
	       count == DESCRIPTORS_MAX && got.after == -7,
	   "brings three");
	for (size_t i = 0; i < count; i++)
		close(got.fds[i]);
	close(ends[0]);
	close(ends[1]);
}

/* What is missing now may be there in the next run. */
static void
test_no_descriptors(void)
{
	struct rlimit before, few;
	struct child c;
	struct err e = {0};
	bool started;

	getrlimit(RLIMIT_NOFILE, &before);
	few = before;
	few.rlim_cur = 3;
	setrlimit(RLIMIT_NOFILE, &few);
	started = child_start(&c, "true", CHILD_STDIN_PIPE, CHILD_STDOUT_PIPE, NULL, &e);
	setrlimit(RLIMIT_NOFILE, &before);
	ok(!started && e.code == ERR_TEMPORARY, "no descriptor for a command: later");
	ok(!child_start(&c, "/nowhere/command", CHILD_STDIN_EMPTY, CHILD_STDOUT_NONE, NULL, &e) &&
	       e.code == ERR_CONFIG,
	   "no such command: never");
}

int
main(void)
{
	test_no_descriptors();
	test_commands();
	test_redirection();
	test_environment();
	test_descriptors();
	test_signals();
	test_end();
	test_spawner();
	test_odd_requests();
	test_too_many_files();
	return tap_done();
}
