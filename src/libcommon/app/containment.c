/* SPDX-License-Identifier: ISC */
#include "app/containment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/mailbox_name.h"
#include "app/sandbox.h"
#include "auth/secret.h"
#include "base/buf.h"
#include "base/child.h"
#include "base/directory.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/trace.h"
#include "config/account.h"
#include "config/paths.h"
#include "config/url.h"
#include "message/spool.h"
#include "net/socks.h"

enum { PORT_DNS = 53, RENEWALS = 2 };

/* The state of this process, which the kernel lets nobody take back. */
static bool is_prepared, is_in_force;

/* The rules for a Maildir that is missing: they come in force when it has been made. */
static struct {
	struct sandbox sandbox;
	char *maildir; /* NULL: nothing is */
} later;

/* Each path costs some microseconds at every start. Where a link leads counts, not where it is; and
 * no rule is about a daemon's socket, by which it also hands over its files. */

/* On most systems these are links into /usr. */
static const char *const libraries[] = {"/lib", "/lib32", "/lib64"};

/*
 * Files that libraries read late: modules for names and character sets, the system's certificates,
 * time zones; the configuration of names, which may be a link to a file of a daemon.
 */
static const char *const system_files[] = {
    "/nix/store",
    "/gnu/store",
    "/home/linuxbrew/.linuxbrew",
    "/run/current-system",
    "/run/NetworkManager",
    "/run/connman",
    "/run/resolvconf",
    "/run/systemd/resolve",
    "/var/lib/ca-certificates",
    "/var/lib/sss",
    "/etc/hosts",
    "/etc/localtime",
    "/etc/resolv.conf",
    "/dev/urandom",
    "/proc/sys",
    "/sys/devices/system/cpu",
};

/* In /etc everybody else may read only what is no secret; root gets these. */
static const char *const files_for_root[] = {
    "/etc/ca-certificates", "/etc/crypto-policies", "/etc/gai.conf",      "/etc/gnutls",
    "/etc/host.conf",       "/etc/ld.so.cache",     "/etc/nsswitch.conf", "/etc/passwd",
    "/etc/pkcs11",          "/etc/pki/ca-trust",    "/etc/pki/tls",       "/etc/ssl/cert.pem",
    "/etc/ssl/certs",
};

/* Variables that name more of these. */
static const char *const variables[] = {"GCONV_PATH", "GNUTLS_SYSTEM_PRIORITY_FILE", "LOCPATH",
					"TZDIR"};

/* A sanitizer looks for leaks with what is given up here. */
static bool
is_wanted(const struct containment *c)
{
	const unsigned tools = TOOL_BOX | TOOL_MSEND;

#if defined(__SANITIZE_ADDRESS__)
	return false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
	return false;
#endif
#endif
	return (c->account->tool & tools) && !c->account->settings.access.is_unlimited;
}

static bool
are_wanted(const struct containment *all, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!is_wanted(&all[i]))
			return false;
	return true;
}

/* The command lines. */

struct command_lines {
	char **lines;
	size_t count;
};

static void
add_command(struct command_lines *l, const char *line)
{
	if (!line)
		return;
	l->lines = mem_room(l->lines, l->count, sizeof *l->lines);
	l->lines[l->count++] = mem_strdup(line);
}

/* Those of an account, and those that renew its token. */
static void
add_commands(struct command_lines *l, const struct containment *c)
{
	const struct access_settings *a = &c->account->settings.access;

	for (size_t i = 0; i < ACCESS_COMMANDS; i++)
		add_command(l, a->commands[i]);
	for (size_t i = 0; i < RENEWALS && secret_is_token(c->secret); i++) {
		char *renewal = secret_renewal(c->secret, i == 1);

		add_command(l, renewal);
		free(renewal);
	}
	for (size_t i = 0; a->group && i < a->group->command_count; i++)
		add_command(l, a->group->commands[i]);
}

static void
free_commands(struct command_lines *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->lines[i]);
	free(l->lines);
}

/* Without a spawner nothing is given up, see containment_enter(). */
static bool
start_spawner(const struct command_lines *l)
{
	const char *const *lines = (const char *const *)(uintptr_t)l->lines;
	struct err unused; /* the commands are started by this process then, as without it */

	return l->count == 0 || child_use_spawner(lines, l->count, &unused);
}

bool
containment_prepare(const struct containment all[], size_t count)
{
	struct command_lines l = {.count = 0};

	if (is_prepared || !are_wanted(all, count))
		return is_prepared;
	for (size_t i = 0; i < count; i++)
		add_commands(&l, &all[i]);
	is_prepared = start_spawner(&l);
	free_commands(&l);
	return is_prepared;
}

/* The files. */

static void
allow_all(const struct sandbox *s, const char *const paths[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		sandbox_allow(s, paths[i], SANDBOX_READ);
}

static bool
leads_into_usr(const char *path)
{
	char to[sizeof "usr/"];
	const ssize_t n = readlink(path, to, sizeof to);

	return n == sizeof to && memcmp(to, "usr/", sizeof to - 1) == 0;
}

static void
allow_libraries(const struct sandbox *s)
{
	sandbox_allow(s, "/usr", SANDBOX_READ);
	for (size_t i = 0; i < sizeof libraries / sizeof libraries[0]; i++)
		if (!leads_into_usr(libraries[i]))
			sandbox_allow(s, libraries[i], SANDBOX_READ);
}

static void
allow_system(const struct sandbox *s)
{
	allow_libraries(s);
	allow_all(s, system_files, sizeof system_files / sizeof system_files[0]);
	if (geteuid() != 0)
		sandbox_allow(s, "/etc", SANDBOX_READ);
	else
		allow_all(s, files_for_root, sizeof files_for_root / sizeof files_for_root[0]);
	for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
		sandbox_allow(s, getenv(variables[i]), SANDBOX_READ);
	sandbox_allow(s, "/dev/null", SANDBOX_WRITE);
	sandbox_allow(s, "/dev/tty", SANDBOX_WRITE | SANDBOX_DEVICE);
}

/* The account's own files: it has read them already, or will when it connects again. */
static void
allow_account(const struct sandbox *s, const struct account_settings *a,
	      const struct secret *secret)
{
	const char *const paths[] = {a->tls.ca_file, a->tls.cert_file, a->tls.key_file,
				     a->login.password_file, secret_token_file(secret)};

	allow_all(s, paths, sizeof paths / sizeof paths[0]);
}

static bool
is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* The records, which a rule can allow only if their directory exists. LOGIN-DELAY of POP3 is
 * recorded by each tool. */
static bool
allow_records(const struct sandbox *s, const struct containment *c)
{
	char *path = mailbox_journal_directory();
	struct err unused; /* whoever writes there says why it cannot */
	const bool may_write =
	    (c->url->protocol == PROTOCOL_POP3 || c->account->tool == TOOL_MFETCH) &&
	    !c->account->settings.access.changes_nothing;
	const bool ok =
	    !path || is_directory(path) || !may_write || file_make_directory(path, &unused);

	sandbox_allow(s, path, SANDBOX_CHANGE);
	free(path);
	return ok;
}

/* The files of a delivery. False: it cannot be named. */

/* Is the user's home in DIRECTORY, or that itself? Then nearly all that he has would be allowed. */
static bool
holds_home(const char *directory)
{
	const char *home = paths_home_directory();
	char *inner = home ? file_real_path(home) : NULL, *outer = file_real_path(directory);
	const size_t len = strlen(outer);
	const bool holds = inner && strncmp(inner, outer, len) == 0 &&
			   (inner[len] == '/' || inner[len] == '\0' || len == 1);

	free(inner);
	free(outer);
	return holds;
}

static bool
ends_at_first(void *ctx, const char *name)
{
	(void)name;
	*(bool *)ctx = false;
	return false;
}

/* Is it a directory in which a Maildir is to be made? */
static bool
is_empty_directory(const char *path)
{
	bool is_empty = true;

	return directory_each(path, ends_at_first, &is_empty) && is_empty;
}

static bool
is_missing(const char *path)
{
	struct stat st;

	return stat(path, &st) != 0 && errno == ENOENT;
}

static bool
allow_directory(const struct sandbox *s, const char *path)
{
	if (!is_directory(path) || holds_home(path))
		return false;
	sandbox_allow(s, path, SANDBOX_CHANGE);
	return true;
}

/* The rename from tmp to new needs version 2. A part may be a link to another file system. */
static bool
allow_parts(const struct sandbox *s, const char *path)
{
	static const char *const parts[] = {"tmp", "new", "cur"};
	bool ok = true;

	for (size_t i = 0; ok && i < sizeof parts / sizeof parts[0]; i++) {
		char *part = mem_printf("%s/%s", path, parts[i]);

		ok = allow_directory(s, part);
		free(part);
	}
	return ok;
}

/* In the directory of PATH. */
static bool
allow_beside(const struct sandbox *s, const char *path)
{
	char *directory = file_directory(path);
	const bool ok = allow_directory(s, directory);

	free(directory);
	return ok;
}

/* Landlock has versions, and speaks only of what exists; unveil(2) does not mind. */
static bool
allow_later(const struct sandbox *s, const char *path)
{
	if (s->version == 0)
		sandbox_allow(s, path, SANDBOX_CHANGE);
	else if (later.maildir)
		return allow_beside(s, path);
	else
		later.maildir = mem_strdup(path);
	return true;
}

/* Nothing in a Maildir but its three parts is touched: so it may hold the user's home. For one that
 * is missing there can be no rule, and it is not made before the login has succeeded: see
 * containment_complete(). */
static bool
allow_maildir(const struct sandbox *s, const char *path)
{
	if (s->version == 1)
		return false;
	if (is_missing(path))
		return allow_later(s, path);
	return is_empty_directory(path) ? allow_directory(s, path) : allow_parts(s, path);
}

/* Its lock is made beside it. */
static bool
allow_mbox(const struct sandbox *s, const char *path)
{
	const bool ok = allow_beside(s, path);

	if (ok)
		sandbox_allow(s, path, SANDBOX_WRITE);
	return ok;
}

/* The records of version 0.1 are taken over; all accounts are looked at for that. */
static void
allow_former_records(const struct sandbox *s, const char *config)
{
	char *former = paths_state("seen");
	char *ours[] = {paths_config("config.ini"), paths_config("config.d"),
			paths_system_config("config.ini"), paths_config("providers.ini"),
			paths_data("providers.ini")};
	const bool has_records = former && is_directory(former);

	if (has_records) {
		sandbox_allow(s, former, SANDBOX_CHANGE);
		sandbox_allow(s, config, SANDBOX_READ);
	}
	for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
		if (has_records)
			sandbox_allow(s, ours[i], SANDBOX_READ);
		free(ours[i]);
	}
	free(former);
}

/* Messages are kept in files without a name. */
static void
allow_spool(const struct sandbox *s)
{
	sandbox_allow(s, spool_directory(), SANDBOX_CHANGE);
}

/* The end of a file on standard output is read again. */
static bool
allow_delivery(const struct sandbox *s, const struct access_settings *a, const char *config)
{
	if ((a->maildir && !allow_maildir(s, a->maildir)) || (a->mbox && !allow_mbox(s, a->mbox)))
		return false;
	sandbox_allow_open_file(s, STDOUT_FILENO, SANDBOX_READ);
	allow_former_records(s, config);
	return true;
}

/* The files of a sending. */

/* A file that does not exist is made, for no rule can be about it otherwise. With --probe nothing
 * is logged. */
static void
allow_log(const struct sandbox *s, const struct access_settings *a)
{
	int fd;

	if (!a->log || strcmp(a->log, "syslog") == 0 || strcmp(a->log, "-") == 0 || a->is_reported)
		return;
	fd = open(a->log, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
	sandbox_allow(s, a->log, SANDBOX_WRITE);
}

/* Messages that fail are moved into a directory of the queue, which needs version 2. */
static bool
allow_queue(const struct sandbox *s)
{
	char *path = paths_state("queue");
	struct err unused; /* whoever writes there says why it cannot */
	const bool ok = s->version != 1 && (!path || file_make_directory(path, &unused));

	sandbox_allow(s, path, SANDBOX_CHANGE);
	free(path);
	return ok;
}

static bool
allow_sending(const struct sandbox *s, const struct access_settings *a)
{
	allow_log(s, a);
	sandbox_allow(s, a->alias_file, SANDBOX_READ);
	return !a->uses_queue || allow_queue(s);
}

/* A process with several accounts cannot remember all that these say. */
static void
allow_machine_files(const struct sandbox *s, const struct secret *secret)
{
	const char *files[SECRET_MACHINE_FILES];

	secret_machine_files(secret, files);
	allow_all(s, files, SECRET_MACHINE_FILES);
}

/* False: they cannot be named, so that files have to stay as they are. */
static bool
allow_files(const struct sandbox *s, const struct containment *c)
{
	const struct account_settings *a = &c->account->settings;

	allow_account(s, a, c->secret);
	if (a->access.keeps_spool)
		allow_spool(s);
	if (c->account->tool == TOOL_MSEND)
		return allow_sending(s, &a->access);
	return (c->account->tool != TOOL_MFETCH ||
		allow_delivery(s, &a->access, a->login.config)) &&
	       allow_records(s, c);
}

static bool
allow_all_files(const struct sandbox *s, const struct containment all[], size_t count)
{
	allow_system(s);
	if (count > 1)
		allow_machine_files(s, all[0].secret);
	for (size_t i = 0; i < count; i++)
		if (!allow_files(s, &all[i]))
			return false;
	return true;
}

static void
allow_proxy(const struct sandbox *s, const char *text)
{
	struct err unused; /* it was connected by it */
	struct socks_proxy proxy;

	if (socks_parse(text, &proxy, &unused))
		sandbox_allow_port(s, proxy.port);
	socks_free(&proxy);
}

static void
allow_network(const struct sandbox *s, const struct containment *c)
{
	const struct account_settings *a = &c->account->settings;

	sandbox_allow_port(s, c->url->port);
	if (a->access.lmtp_port)
		sandbox_allow_port(s, a->access.lmtp_port);
	if (a->connection.source_ip)
		sandbox_allow_source(s);
	if (a->connection.proxy)
		allow_proxy(s, a->connection.proxy);
}

bool
containment_is_in_force(void)
{
	return is_in_force;
}

static void
report(const struct account *a, const struct buf *what)
{
	if (a->settings.access.is_reported)
		trace_note(TRACE_PROTOCOL, "contained: %s", what->len > 0 ? what->data : "nothing");
}

static void
allow_all_networks(const struct sandbox *s, const struct containment all[], size_t count)
{
	sandbox_allow_port(s, PORT_DNS);
	for (size_t i = 0; i < count; i++)
		allow_network(s, &all[i]);
}

static void
drop_later(void)
{
	free(later.maildir);
	later.maildir = NULL;
}

/* False: the files cannot all be named, so no rule is about files. */
static bool
begin(struct sandbox *s, const struct containment all[], size_t count)
{
	bool ok;

	sandbox_begin(s, true);
	ok = allow_all_files(s, all, count);
	if (!ok) {
		sandbox_cancel(s);
		sandbox_begin(s, false);
	}
	allow_all_networks(s, all, count);
	return ok;
}

void
containment_enter(const struct containment all[], size_t count)
{
	struct buf what = {0};
	struct sandbox s;

	if (is_in_force)
		return;
	if (is_prepared) {
		if (!begin(&s, all, count)) {
			drop_later();
		} else if (later.maildir) { /* until it is made, its directory may be changed */
			later.sandbox = s;
			begin(&s, all, count);
		}
		sandbox_enforce(&s, &what);
		is_in_force = true;
	}
	report(all[0].account, &what);
	buf_free(&what);
}

void
containment_complete(void)
{
	if (!later.maildir)
		return;
	if (allow_parts(&later.sandbox, later.maildir))
		sandbox_enforce(&later.sandbox, NULL);
	else
		sandbox_cancel(&later.sandbox);
	drop_later();
}
