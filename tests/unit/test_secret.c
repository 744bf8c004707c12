/* SPDX-License-Identifier: ISC */
#include "auth/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/stop.h"
#include "config/ini.h"
#include "config/values.h"
#include "freed.h"
#include "tap.h"

#define HOST "mail.example.org"
#define NETRC "machine " HOST " login alice password from-netrc\n"

static char dir[] = "/tmp/test_secret.XXXXXX"; /* the current directory: file names are relative */

static void
write_file(const char *path, mode_t mode, const char *content, size_t len)
{
	int fd;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd < 0 || write(fd, content, len) != (ssize_t)len || fchmod(fd, mode) != 0)
		abort();
	close(fd);
}

static void
write_text(const char *path, mode_t mode, const char *text)
{
	write_file(path, mode, text, strlen(text));
}

/* Fetches by P and compares: WANT, or for NULL the error's CODE and a part of its text and hint. */
static void
check(const char *name, const struct secret_params *p, const char *want, enum err_code code,
      const char *part)
{
	struct secret *s = secret_new(p);
	struct err e = {0};
	const char *got = secret_text(s, &e);
	char said[sizeof e.text + sizeof e.hint + 2];

	if (want) {
		is_str(got, want, name);
		ok(secret_text(s, &e) == got, "%s: fetched once", name);
	} else {
		snprintf(said, sizeof said, "%s\n%s", e.text, e.hint);
		ok(!got && e.code == code, "%s: no secret, but an error", name);
		if (!ok(strstr(said, part), "%s: which says why", name))
			diag("%s", said);
		ok(!strstr(said, "tanstaaf"), "%s: but not the secret", name);
	}
	secret_free(s);
}

static void
test_order(void)
{
	struct secret_params p = {
	    .command = "echo from-command",
	    .file = "file",
	    .text = "from-text",
	    .netrc = "netrc",
	    .machine = HOST,
	    .user = "alice",
	};

	write_text("file", 0600, "from-file\n");
	write_text("netrc", 0600, NETRC);
	check("the command comes first", &p, "from-command", 0, NULL);
	p.command = NULL;
	check("then the file", &p, "from-file", 0, NULL);
	p.file = NULL;
	check("then the configuration's password", &p, "from-text", 0, NULL);
	p.text = NULL;
	check("then .netrc", &p, "from-netrc", 0, NULL);
	write_text("authinfo", 0600,
		   "machine " HOST " login alice password from-authinfo\n"
		   "machine " HOST " login carol password from-authinfo\n");
	p.authinfo = "authinfo";
	check("before .authinfo", &p, "from-netrc", 0, NULL);
	p.user = "carol";
	check("then .authinfo, for those whom .netrc does not know", &p, "from-authinfo", 0, NULL);
	chmod("authinfo", 0640);
	check("an .authinfo that others may read", &p, NULL, ERR_CONFIG, "chmod 600 authinfo");
	p.user = "bob";
	check("nothing is there: the ways to give one", &p, NULL, ERR_LOGIN, "password-command");
	check("nothing is there: whose it would be", &p, NULL, ERR_LOGIN, "bob at " HOST);
	p.netrc = "missing";
	check("a missing .netrc is no error of its own", &p, NULL, ERR_LOGIN,
	      "no password for bob");
	p.file = "missing";
	p.text = "from-text";
	check("a source that fails is not passed over", &p, NULL, ERR_CONFIG, "missing");
}

static void
test_commands(void)
{
	static const struct {
		const char *name;
		const char *command;
		const char *want;
		enum err_code code;
		const char *part;
	} cases[] = {
	    {"words without a shell", "printf tanstaaf", "tanstaaf", 0, NULL},
	    {"the first line only", "printf 'one\\ntwo\\n'", "one", 0, NULL},
	    {"a CR before the line end is not part of it", "printf 'one\\r\\n'", "one", 0, NULL},
	    {"blanks are part of it", "printf ' a b \\n'", " a b ", 0, NULL},
	    {"its standard input is empty", "cat; echo behind", "behind", 0, NULL},
	    {"it may print a lot behind the first line", "echo one; seq 1 50000", "one", 0, NULL},
	    {"the line end comes later than the line", "printf one; sleep 0.05; printf '\\ntwo\\n'",
	     "one", 0, NULL},
	    {"its exit status counts", "echo tanstaaf; exit 3", NULL, ERR_LOGIN,
	     "password-command: the command failed: exit status 3"},
	    {"it was killed", "echo tanstaaf; kill -9 $$", NULL, ERR_LOGIN, "signal 9"},
	    {"it printed nothing", "true", NULL, ERR_LOGIN,
	     "password-command: the password is empty"},
	    {"it printed an empty line", "printf '\\ntanstaaf\\n'", NULL, ERR_LOGIN, "empty"},
	    {"it printed a NUL", "printf 'tanstaaf\\0x\\n'", NULL, ERR_LOGIN, "NUL"},
	    {"it does not exist", "/nonexistent/command", NULL, ERR_CONFIG, "/nonexistent/command"},
	    {"64 KiB without a line end", "head -c 70000 /dev/zero | tr '\\0' x", NULL, ERR_CONFIG,
	     "64 KiB"},
	    {"a line that never ends", "cat /dev/zero", NULL, ERR_CONFIG, "64 KiB"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct secret_params p = {.command = cases[i].command};

		check(cases[i].name, &p, cases[i].want, cases[i].code, cases[i].part);
	}
}

/* A token can be long; it arrives in pieces. */
static void
test_long_line(void)
{
	const struct secret_params p = {
	    .command = "printf '%060000d' 7; sleep 0.05; printf 'x%03000d\\nbehind\\n' 8"};
	struct secret *s = secret_new(&p);
	struct err e = {0};
	const char *text = secret_text(s, &e);

	ok(text && strlen(text) == 63001 && text[60000] == 'x', "a line of 63,001 bytes in pieces");
	secret_free(s);
}

static void
test_files(void)
{
	static const struct {
		const char *name;
		mode_t mode;
		const char *content;
		const char *want;
		enum err_code code;
		const char *part;
	} cases[] = {
	    {"a file of mode 600", 0600, "one\ntwo\n", "one", 0, NULL},
	    {"a file of mode 400", 0400, "one\n", "one", 0, NULL},
	    {"a file without a line end", 0600, "one", "one", 0, NULL},
	    {"a file with CRLF", 0600, "one\r\n", "one", 0, NULL},
	    {"a CR inside the line stays", 0600, "o\rne\n", "o\rne", 0, NULL},
	    {"a file that its group may read", 0640, "tanstaaf\n", NULL, ERR_CONFIG,
	     "chmod 600 file"},
	    {"a file that all may read", 0604, "tanstaaf\n", NULL, ERR_CONFIG, "mode 604"},
	    {"a file that the group may write", 0620, "tanstaaf\n", NULL, ERR_CONFIG, "mode 620"},
	    {"an empty file", 0600, "", NULL, ERR_LOGIN, "password-file: the password is empty"},
	    {"an empty first line", 0600, "\ntanstaaf\n", NULL, ERR_LOGIN, "empty"},
	};
	const struct secret_params p = {.file = "file"};
	const struct secret_params directory = {.file = dir};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		write_text("file", cases[i].mode, cases[i].content);
		check(cases[i].name, &p, cases[i].want, cases[i].code, cases[i].part);
	}
	write_file("file", 0600, "tans\0taaf", 9);
	check("a file with a NUL in its line", &p, NULL, ERR_LOGIN, "NUL");
	unlink("file");
	check("a missing file", &p, NULL, ERR_CONFIG, "password-file: file: No such file");
	check("a directory", &directory, NULL, ERR_IO, "password-file");
}

/* systemd's files are root's, with the group's bit standing for an access control list. */
static void
test_credentials(void)
{
	static const struct {
		const char *name;
		const char *path;
		mode_t mode;
		const char *want;
	} cases[] = {
	    {"a credential of mode 400", "cred/mail", 0400, "tanstaaf"},
	    {"a credential of mode 440", "cred/mail", 0440, "tanstaaf"},
	    {"a credential that all may read", "cred/mail", 0444, NULL},
	    {"a file below the credentials' directory", "cred/sub/mail", 0440, NULL},
	    {"a file beside the credentials' directory", "cred2", 0440, NULL},
	};

	if (geteuid() != 0) {
		diag("credentials are files of root: not tested");
		return;
	}
	mkdir("cred", 0700);
	mkdir("cred/sub", 0700);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct secret_params p = {.file = cases[i].path};

		write_text(cases[i].path, cases[i].mode, "tanstaaf\n");
		setenv("CREDENTIALS_DIRECTORY", "cred", 1);
		check(cases[i].name, &p, cases[i].want, ERR_CONFIG, "chmod 600");
		if (cases[i].mode == 0440) {
			unsetenv("CREDENTIALS_DIRECTORY");
			check("the same outside of a service", &p, NULL, ERR_CONFIG, "chmod 600");
		}
		if (cases[i].mode == 0440 && cases[i].want) {
			setenv("CREDENTIALS_DIRECTORY", "cred", 1);
			if (chown(cases[i].path, 65534, 0) != 0)
				abort();
			check("the same, but not root's", &p, NULL, ERR_CONFIG, "chmod 600");
		}
		unlink(cases[i].path);
	}
	unsetenv("CREDENTIALS_DIRECTORY");
	rmdir("cred/sub");
	rmdir("cred");
}

static void
test_netrc(void)
{
	struct secret_params p = {.netrc = "netrc", .machine = HOST, .user = "alice"};

	write_text("netrc", 0644, "machine " HOST " login alice password tanstaaf\n");
	check("a .netrc that others may read", &p, NULL, ERR_CONFIG, "chmod 600 netrc");
	p.user = "bob";
	check("it is no matter where it has nothing for us", &p, NULL, ERR_LOGIN,
	      "no password for");
	write_text("netrc", 0600, "machine " HOST " login bob password tanstaaf x\n");
	check("a broken .netrc: file and line", &p, NULL, ERR_CONFIG, "netrc: netrc: line 1: ");
	p.machine = NULL;
	check("without a host nothing is looked up", &p, NULL, ERR_LOGIN, "no password for bob");
}

static void
test_is_given(void)
{
	static const struct {
		const char *name;
		struct secret_params p;
		bool want;
	} cases[] = {
	    {"nothing", {.user = "alice", .machine = HOST}, false},
	    {"a prompt does not count", {.may_prompt = true}, false},
	    {"a command", {.command = "touch ran"}, true},
	    {"a file, there or not", {.file = "missing"}, true},
	    {"a text", {.text = "x"}, true},
	    {"an entry in .netrc", {.netrc = "netrc", .machine = HOST, .user = "alice"}, true},
	    {"none for this login", {.netrc = "netrc", .machine = HOST, .user = "bob"}, false},
	    {"none for this host", {.netrc = "netrc", .machine = "x", .user = "alice"}, false},
	    {"no .netrc", {.netrc = "missing", .machine = HOST, .user = "alice"}, false},
	};

	write_text("netrc", 0600, NETRC);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct secret *s = secret_new(&cases[i].p);

		ok(secret_is_given(s) == cases[i].want, "is one given? %s", cases[i].name);
		secret_free(s);
	}
	ok(access("ran", F_OK) != 0, "is one given? No command was run to know");
	secret_free(NULL);
}

/* Whatever the source, no block is freed with the secret in it. */
static void
test_wiping(void)
{
	/* Without its first letters, which the end of a string or a next word may overwrite. */
	static const char needle[] = "staaf-needle";
	static const struct secret_params cases[] = {
	    {.command = "cat file"},
	    {.command = "cat file; exit 1"},
	    {.command = "echo one; sleep 0.05; cat file"},
	    {.file = "file"},
	    {.text = needle},
	    {.netrc = "netrc", .machine = HOST, .user = "alice"},
	    {.netrc = "netrc", .machine = HOST, .user = "bob"},
	};
	struct err e;

	write_text("file", 0600, "tanstaaf-needle\nmore tanstaaf-needle\n");
	write_text("netrc", 0600, "machine " HOST " login alice password tanstaaf-needle\n");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct secret *s = secret_new(&cases[i]);

		freed_watch(needle);
		secret_is_given(s);
		secret_text(s, &e);
		secret_free(s);
		is_number(freed_watch(NULL), 0, "freed memory has no secret in it");
	}
}

/* Nor is one with a password of the configuration, whosever it is. */
static void
test_wiped_configuration(void)
{
	static const char needle[] = "staaf-needle";
	static const char text[] =
	    "[a]\npassword = tanstaaf-needle\n[b]\npassword = one\n tanstaaf-needle\n"
	    "[c]\nuser = x\npassword = tanstaaf-needle\n";
	struct values v = {0};
	struct ini ini;
	struct err e = {0};

	write_text("file", 0600, text);
	freed_watch(needle);
	ok(ini_load("file", false, &ini, &e), "a configuration with passwords is read: %s", e.text);
	is_str(ini_find(&ini, "b", "password")->value, "one tanstaaf-needle", "as they are");
	ok(values_set(&v, setting_row(SET_PASSWORD, TOOL_ALL), "tanstaaf-needle", "file:1", &e),
	   "one is used");
	values_free(&v);
	ini_free(&ini);
	is_number(freed_watch(NULL), 0, "freed memory has none of them in it");
}

/* The other end of a terminal, and what the child on it made of the secret. */
struct terminal {
	int master;
	int report; /* the secret, or "ERROR status text" */
	pid_t child;
};

static _Noreturn void
run_on_terminal(const char *slave, int report, const struct secret_params *p)
{
	struct secret *s = secret_new(p);
	struct buf out = {0};
	struct err e = {0};
	const char *text;
	bool is_sent;

	setsid();
	if (slave) {
		const int fd = open(slave, O_RDWR | O_NOCTTY);

		if (fd < 0 || ioctl(fd, TIOCSCTTY, 0) != 0)
			_exit(1);
	}
	stop_install();
	text = secret_text(s, &e);
	if (text)
		buf_add_str(&out, text);
	else
		buf_addf(&out, "ERROR %d %s", err_exit_status(e.code), e.text);
	is_sent = write(report, out.data, out.len) == (ssize_t)out.len;
	buf_free(&out);
	secret_free(s);
	_exit(is_sent ? 0 : 1);
}

static struct terminal
start_terminal(bool has_terminal, const struct secret_params *p)
{
	struct terminal t;
	int report[2];

	t.master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (t.master < 0 || grantpt(t.master) != 0 || unlockpt(t.master) != 0 || pipe(report) != 0)
		abort();
	fflush(stdout);
	t.child = fork();
	if (t.child == 0)
		run_on_terminal(has_terminal ? ptsname(t.master) : NULL, report[1], p);
	close(report[1]);
	t.report = report[0];
	return t;
}

/* Reads from the terminal until the text ends with END. */
static void
read_until(int fd, struct buf *shown, const char *end)
{
	const size_t len = strlen(end);
	char c;

	while (shown->len < len || memcmp(shown->data + shown->len - len, end, len) != 0) {
		if (read(fd, &c, 1) != 1)
			return;
		buf_add_char(shown, c);
	}
}

static bool
has_echo(int master)
{
	struct termios mode;

	return tcgetattr(master, &mode) == 0 && (mode.c_lflag & ECHO);
}

/* Waits for QUESTION, types KEYS, and compares what the child made of it. */
static void
check_prompt(const char *name, const struct secret_params *p, const char *question,
	     const char *keys, const char *want)
{
	struct terminal t = start_terminal(true, p);
	struct buf shown = {0};
	char report[600] = "";
	int status;

	read_until(t.master, &shown, question);
	is_str(shown.data, question, name);
	ok(!has_echo(t.master), "%s: echo is off", name);
	if (write(t.master, keys, strlen(keys)) != (ssize_t)strlen(keys))
		abort();
	if (read(t.report, report, sizeof report - 1) < 0)
		abort();
	is_str(report, want, name);
	waitpid(t.child, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s: it was not killed", name);
	ok(has_echo(t.master), "%s: echo is on again", name);
	read_until(t.master, &shown, "\r\n");
	ok(strlen(shown.data) == strlen(question) + 2,
	   "%s: nothing of what was typed could be seen", name);
	buf_free(&shown);
	close(t.report);
	close(t.master);
}

static void
check_silent(const char *name, bool has_terminal, const struct secret_params *p)
{
	struct terminal t = start_terminal(has_terminal, p);
	char report[600] = "";

	if (read(t.report, report, sizeof report - 1) < 0)
		abort();
	is_str(report, "ERROR 77 no password for alice at " HOST, name);
	waitpid(t.child, NULL, 0);
	close(t.report);
	close(t.master);
}

static void
test_prompt(void)
{
	const struct secret_params p = {.may_prompt = true, .machine = HOST, .user = "alice"};
	const struct secret_params odd = {.may_prompt = true, .machine = "h\033[2J", .user = NULL};
	const struct secret_params quiet = {.may_prompt = false, .machine = HOST, .user = "alice"};
	static const char question[] = "Password for alice at " HOST ": ";

	check_prompt("a prompt", &p, question, "two words\n", "two words");
	check_prompt("a prompt, backspace", &p, question, "tam\177nstaaf\n", "tanstaaf");
	check_prompt("a prompt, ^Z and ^\\", &p, question, "a\032b\034c\n", "a\032b\034c");
	check_prompt("a prompt, ^C", &p, question, "tanst\003",
		     "ERROR 75 password prompt: interrupted");
	check_prompt("a prompt, an empty line", &p, question, "\n",
		     "ERROR 77 password prompt: the password is empty");
	check_prompt("a prompt, end of file", &p, question, "\004",
		     "ERROR 77 password prompt: the password is empty");
	check_prompt("a prompt for odd names", &odd, "Password at h\\x1b[2J: ", "x\n", "x");

	check_silent("no terminal, no prompt", false, &p);
	check_silent("a terminal, but nothing may be asked", true, &quiet);
}

/* A signal ends the wait for a command, and the command. */
static void
test_stop(void)
{
	const struct secret_params p = {.command = "echo $$ > pid; exec sleep 30"};
	struct terminal t = start_terminal(false, &p);
	char report[600] = "", pid[20] = "";
	ssize_t n = 0;
	int fd;

	for (int i = 0; i < 500 && n <= 1; i++) {
		usleep(10000);
		fd = open("pid", O_RDONLY);
		if (fd < 0)
			continue;
		n = read(fd, pid, sizeof pid - 1);
		close(fd);
	}
	kill(t.child, SIGTERM);
	if (read(t.report, report, sizeof report - 1) < 0)
		abort();
	is_str(report, "ERROR 75 password-command: interrupted", "SIGTERM while the command runs");
	waitpid(t.child, NULL, 0);
	ok(kill((pid_t)atoi(pid), 0) != 0 && errno == ESRCH, "it ends the command too");
	unlink("pid");
	close(t.report);
	close(t.master);
}

int
main(void)
{
	if (!mkdtemp(dir) || chdir(dir) != 0)
		abort();
	alarm(120); /* a prompt that should not be there would wait for ever */
	test_order();
	test_commands();
	test_long_line();
	test_files();
	test_credentials();
	test_netrc();
	test_is_given();
	test_wiping();
	test_wiped_configuration();
	test_prompt();
	test_stop();
	unlink("file");
	unlink("netrc");
	unlink("authinfo");
	if (chdir("/") != 0 || rmdir(dir) != 0)
		diag("%s stays", dir);
	return tap_done();
}
