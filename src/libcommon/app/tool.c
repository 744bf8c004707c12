/* SPDX-License-Identifier: ISC */
#include "app/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "app/table.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/screen.h"
#include "base/stop.h"
#include "base/text.h"
#include "base/trace.h"
#include "config/opt.h"
#include "config/paths.h"

static void
add_line(struct buf *lines, const struct run *run, const char *label, const char *text)
{
	buf_addf(lines, "%s: ", run->program);
	if (run->about && label[0] == '\0') {
		text_printable(lines, run->about, strlen(run->about));
		buf_add_str(lines, ": ");
	}
	buf_add_str(lines, label);
	text_printable(lines, text, strlen(text));
	buf_add_char(lines, '\n');
}

/* Output written so far comes first, and a line is not mixed with those of other processes. */
static void
say(const struct run *run, struct buf *lines)
{
	if (!run->is_repeated || !run->is_repeated(run->repeats, lines->data)) {
		if (run->clear_line)
			run->clear_line(run->progress);
		fflush(stdout);
		screen_write(stderr, lines->data, lines->len);
	}
	buf_free(lines);
}

void
run_warn(const struct run *run, const struct err *e)
{
	struct buf lines = {0};

	add_line(&lines, run, "", e->text);
	if (e->hint[0] != '\0')
		add_line(&lines, run, "hint: ", e->hint);
	say(run, &lines);
}

void
run_remark(const struct run *run, const char *fmt, ...)
{
	struct buf lines = {0};
	char text[512];
	va_list ap;

	if (!run_may_remark(run))
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	add_line(&lines, run, "", text);
	say(run, &lines);
}

void
run_complain(struct run *run, const struct err *e)
{
	run->worst = err_worse(run->worst, e->code);
	run_warn(run, e);
}

bool
run_may_remark(const struct run *run)
{
	return !run->options.quiet;
}

void
run_warn_of_missing_presets(const struct run *run)
{
	char *path = paths_data("providers.ini");
	struct err e = {0};

	if (access(path, F_OK) != 0 && errno == ENOENT) {
		err_set(&e, ERR_CONFIG,
			"%s does not exist, so the servers of mail providers are not known", path);
		err_hint(&e, "install mailverbs again, or set MAILVERBS_DATADIR to the directory "
			     "that has the file");
		run_warn(run, &e);
	}
	free(path);
}

static void
note_missing_presets(struct run *run, const struct account *a)
{
	struct err unused; /* a missing server is an error as soon as one is needed */

	if (a->lacks_presets && !run->has_missed_presets && !account_server(a, &unused)) {
		run_warn_of_missing_presets(run);
		run->has_missed_presets = true;
	}
}

bool
run_account(struct run *run, struct account *a, enum tool_id tool, const char *sender,
	    struct err *e)
{
	if (!account_resolve(a, tool, &run->given, sender, e))
		return false;
	note_missing_presets(run, a);
	return true;
}

bool
run_account_in(struct run *run, struct account *a, enum tool_id tool,
	       const struct config_files *files, struct err *e)
{
	if (!account_resolve_in(a, tool, &run->given, NULL, files, e))
		return false;
	note_missing_presets(run, a);
	return true;
}

static void
add_lines(struct buf *text, const char *value)
{
	for (size_t len; *value; value += len + (value[len] == '\n')) {
		len = strcspn(value, "\n");
		text_printable(text, value, len);
		if (value[len])
			buf_add_str(text, ", ");
	}
}

/* A value for everybody's eyes. */
static void
add_shown(struct buf *text, const struct setting *s, const char *value)
{
	const char *host = strrchr(value, '@'), *user = strstr(value, "://");
	const char *password = user && host && host > user + 3
				   ? memchr(user + 3, ':', (size_t)(host - user) - 3)
				   : NULL;

	if (s->id == SET_PASSWORD) {
		buf_add_str(text, "***");
	} else if (s->id == SET_PROXY && password) {
		text_printable(text, value, (size_t)(password + 1 - value));
		buf_add_str(text, "***");
		text_printable(text, host, strlen(host));
	} else if (s->kind == KIND_LINES) {
		add_lines(text, value);
	} else {
		text_printable(text, value, strlen(value));
	}
}

/* A default that the account's protocol has no use for would only confuse. */
static const char *
default_of(const struct setting *s, const struct url *server)
{
	return s->places & ONLY_IMAP && server->protocol != PROTOCOL_IMAP ? NULL : s->by_default;
}

static void
show_setting(const struct setting *s, const char *value, const char *origin)
{
	struct buf text = {0};

	add_shown(&text, s, value);
	screen_printf("%s = %s\t(%s)\n", s->name, text.data, origin);
	buf_free(&text);
}

static void
show_server(const struct url *server)
{
	char *text = url_text(server);

	screen_printf("server: %s\n", text);
	free(text);
}

void
run_show_settings(const struct run *run, const struct account *a)
{
	struct err unused = {0}; /* if there is no server, the run says so later */
	const struct url *found = account_server(a, &unused);
	const struct url server = found ? *found : (struct url){0};

	screen_printf("account %s\n", a->name && a->name[0] ? a->name : "(none)");
	for (size_t i = 0; i < setting_count; i++) {
		const struct setting *s = &settings[i];
		const struct value *v = &a->values.of[s->id];

		if (!s->name || !(s->tools & run->tool->id) || s->id == SET_DRY_RUN)
			continue;
		if (v->text)
			show_setting(s, v->text, v->origin);
		else if (default_of(s, &server))
			show_setting(s, default_of(s, &server), "default");
	}
	if (found)
		show_server(&server);
}

/*
 * A program started with a closed standard descriptor must not open its mail there. The replacement
 * is opened in the wrong direction, so that reading and writing fail as they would have: mail that
 * went to /dev/null would be deleted on the server.
 */
static void
keep_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			return;
}

/* Passwords do not go into core files, nor to others of the same user who attach. */
static void
hide_memory(void)
{
#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__)
	prctl(PR_SET_DUMPABLE, 0);
#endif
}

enum { HELP_INDENT = 22 }; /* of what the summary says of a command */

/* Line by line; what does not fit goes on below. */
static void
show_lines(const char *text, size_t indent, size_t width)
{
	while (*text) {
		const size_t len = strcspn(text, "\n");
		char *line = mem_strndup(text, len);

		opt_wrap(line, 0, indent, width, stdout);
		free(line);
		text += len + (text[len] == '\n');
	}
}

static void
show_help(const struct run *run)
{
	const size_t width = screen_width(STDOUT_FILENO, TABLE_WIDTH_MAX);
	char *usage = mem_printf("Usage: %s %s", run->program, run->tool->usage);

	show_lines(usage, HELP_INDENT, width);
	show_lines(run->tool->summary, HELP_INDENT, width);
	putchar('\n');
	opt_help(run->tool->id, width, stdout);
	free(usage);
}

static bool
check_probe(const struct run *run, struct err *e)
{
	if (run->options.json && !run->options.probe && run->tool->id != TOOL_MLIST)
		return err_set(e, ERR_USAGE, "--json goes with --probe");
	return !run->options.probe || run->operand_count == 0 ||
	       err_set(e, ERR_USAGE, "--probe takes no operands; unexpected '%s'",
		       run->operands[0]);
}

static enum trace_level
trace_level(const char *verbose)
{
	return !verbose ? TRACE_OFF : verbose[0] == '1' ? TRACE_PROTOCOL : TRACE_TLS;
}

static struct run_options
read_options(const struct values *given)
{
	return (struct run_options){.probe = values_flag(given, SET_PROBE),
				    .json = values_flag(given, SET_JSON),
				    .dry_run = values_flag(given, SET_DRY_RUN),
				    .quiet = values_flag(given, SET_QUIET)};
}

/* The configuration that the environment names, unless the command line does. */
static bool
take_environment(struct values *given, struct err *e)
{
	static const char variable[] = "MAILVERBS_CONFIG";
	const char *file = getenv(variable);

	return !file || !file[0] ||
	       values_set(given, setting_row(SET_CONFIG, TOOL_ALL), file, variable, e);
}

static bool
work(struct run *run, int argc, char **argv, struct err *e)
{
	int first;

	if (!opt_parse(run->tool->id, argc, argv, &run->given, &first, e))
		return err_hint(e,
				run->tool->id == TOOL_SENDMAIL
				    ? "%s takes sendmail's own short options only; see msend(1)"
				    : "%s --help shows the options",
				run->program);
	run->operands = argv + first;
	run->operand_count = (size_t)(argc - first);
	run->options = read_options(&run->given);
	trace_set_level(trace_level(values_text(&run->given, SET_VERBOSE)));
	if (values_flag(&run->given, SET_HELP))
		show_help(run);
	else if (values_flag(&run->given, SET_VERSION))
		printf("%s (mailverbs) %s\n", run->program, PACKAGE_VERSION);
	else
		return take_environment(&run->given, e) && check_probe(run, e) &&
		       run->tool->job(run, e);
	return true;
}

static void
die_of(int number)
{
	signal(number, SIG_DFL);
	raise(number);
}

/*
 * Output that stdio still holds may not fit on the disk. A reader that has seen enough (`| head`)
 * is not an error: we die of SIGPIPE as quietly as other programs.
 */
static bool
close_output(struct err *e)
{
	struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
	const bool was_lost = ferror(stdout); /* by an earlier flush, whose errno is gone */

	errno = 0;
	if (fflush(stdout) == 0 && !was_lost)
		return true;
	if (errno == EPIPE || (poll(&out, 1, 0) > 0 && (out.revents & POLLERR)))
		die_of(SIGPIPE);
	if (errno != 0)
		return err_set_errno(e, ERR_IO, "standard output");
	return err_set(e, ERR_IO, "standard output: what was written to it is lost");
}

/* The signal is raised again so that the shell sees it and ends its loop too. */
static void
die_of_signal(void)
{
	if (stop_signal() != 0)
		die_of(stop_signal());
}

/* The categories that something is shown by: characters, errors, numbers. Each costs a search for
 * its file. */
static void
set_locale(void)
{
	static const int categories[] = {LC_CTYPE, LC_MESSAGES, LC_NUMERIC};

	for (size_t i = 0; i < sizeof categories / sizeof categories[0]; i++)
		setlocale(categories[i], "");
}

const char *
tool_called(int argc, char **argv)
{
	const char *path = argc > 0 ? argv[0] : "", *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	return *name ? name : "mailverbs"; /* whoever starts a program may leave its name out */
}

int
tool_main(const struct tool *tool, int argc, char **argv)
{
	struct run run = {.tool = tool, .program = tool_called(argc, argv)};
	struct err e = {0};

	keep_standard_descriptors();
	hide_memory();
	set_locale();
	stop_install();
	if (!work(&run, argc, argv, &e) && run.dies_of == 0)
		run_complain(&run, &e);
	if (!close_output(&e))
		run_complain(&run, &e);
	values_free(&run.given);
	if (run.dies_of != 0)
		die_of(run.dies_of);
	if (run.worst != ERR_NONE)
		die_of_signal();
	return run.worst == ERR_NONE ? run.status : err_exit_status(run.worst);
}
