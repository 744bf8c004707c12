/* SPDX-License-Identifier: ISC */
/*
 * Landlock (landlock(7), since Linux 5.13), by its system calls: C libraries have no functions for
 * them, and the kernel's header may be older than the kernel that this runs on.
 */
#ifdef __linux__
#include "app/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "app/syscall_filter.h"
#include "base/buf.h"

/* The numbers are the same on all machines; Alpha's differ, and have a header. */
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

enum { RULE_PATH_BENEATH = 1, RULE_NET_PORT = 2, CREATE_VERSION = 1 };

/* The rights to files, and the ABI that brought them. */
enum {
	FS_EXECUTE = 1 << 0,
	FS_WRITE_FILE = 1 << 1,
	FS_READ_FILE = 1 << 2,
	FS_READ_DIR = 1 << 3,
	FS_REMOVE_DIR = 1 << 4,
	FS_REMOVE_FILE = 1 << 5,
	FS_MAKE_CHAR = 1 << 6,
	FS_MAKE_DIR = 1 << 7,
	FS_MAKE_REG = 1 << 8,
	FS_MAKE_SOCK = 1 << 9,
	FS_MAKE_FIFO = 1 << 10,
	FS_MAKE_BLOCK = 1 << 11,
	FS_MAKE_SYM = 1 << 12,
	FS_REFER = 1 << 13,     /* 2: rename(2) and link(2) to another directory */
	FS_TRUNCATE = 1 << 14,  /* 3 */
	FS_IOCTL_DEV = 1 << 15, /* 5 */
	FS_FIRST = FS_REFER - 1,
	FS_OF_FILES = FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV
};

enum { NET_BIND_TCP = 1, NET_CONNECT_TCP = 2 };
enum { SCOPE_ABSTRACT_UNIX_SOCKET = 1, SCOPE_SIGNAL = 2 };

/* As <linux/landlock.h> has them. */
struct ruleset_attributes {
	uint64_t files;
	uint64_t net;
	uint64_t scoped;
};

struct path_beneath {
	uint64_t allowed;
	int32_t parent_fd;
} __attribute__((packed));

struct net_port {
	uint64_t allowed;
	uint64_t port;
};

/* The rights to files that a kernel of this version knows. */
static uint64_t
files_of(unsigned version)
{
	return FS_FIRST | (version >= 2 ? FS_REFER : 0U) | (version >= 3 ? FS_TRUNCATE : 0U) |
	       (version >= 5 ? FS_IOCTL_DEV : 0U);
}

static size_t
size_of(unsigned version)
{
	return version >= 6   ? sizeof(struct ruleset_attributes)
	       : version >= 4 ? offsetof(struct ruleset_attributes, scoped)
			      : offsetof(struct ruleset_attributes, net);
}

static bool
add_rule(const struct sandbox *s, const struct path_beneath *p)
{
	return syscall(SYS_landlock_add_rule, s->rules, RULE_PATH_BENEATH, p, 0U) == 0;
}

/* Rules that do not speak of renames forbid them to all that are added later. */
static void
allow_moves(const struct sandbox *s)
{
	struct path_beneath p = {.allowed = FS_REFER};

	if (s->rules < 0 || s->version < 2)
		return;
	p.parent_fd = open("/", O_PATH | O_CLOEXEC);
	if (p.parent_fd < 0)
		return;
	add_rule(s, &p);
	close(p.parent_fd);
}

void
sandbox_begin(struct sandbox *s, bool covers_files)
{
	const long version = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, CREATE_VERSION);
	struct ruleset_attributes a = {0};

	*s = (struct sandbox){.rules = -1, .version = version > 0 ? (unsigned)version : 0};
	s->covers_files = covers_files && s->version > 0;
	if (s->covers_files)
		a.files = files_of(s->version);
	else if (s->version >= 2)
		a.files = FS_REFER;
	if (s->version >= 4)
		a.net = NET_BIND_TCP | NET_CONNECT_TCP;
	if (s->version >= 6)
		a.scoped = SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL;
	if (a.files || a.net)
		s->rules = (int)syscall(SYS_landlock_create_ruleset, &a, size_of(s->version), 0U);
	if (!s->covers_files)
		allow_moves(s);
}

static uint64_t
rights(unsigned access)
{
	uint64_t r = 0;

	if (access & SANDBOX_READ)
		r |= FS_READ_FILE | FS_READ_DIR;
	if (access & (SANDBOX_WRITE | SANDBOX_CHANGE))
		r |= FS_READ_FILE | FS_WRITE_FILE | FS_TRUNCATE;
	if (access & SANDBOX_CHANGE)
		r |= FS_READ_DIR | FS_MAKE_REG | FS_MAKE_DIR | FS_REMOVE_FILE | FS_REMOVE_DIR |
		     FS_REFER;
	if (access & SANDBOX_DEVICE)
		r |= FS_IOCTL_DEV;
	return r;
}

/* The kernel refuses a rule that gives a file the rights of a directory: EINVAL. To try it is
 * cheaper than to ask which it is. */
void
sandbox_allow_open_file(const struct sandbox *s, int fd, unsigned access)
{
	struct path_beneath p = {.allowed = rights(access) & files_of(s->version), .parent_fd = fd};

	if (s->rules < 0 || !s->covers_files || add_rule(s, &p) || errno != EINVAL)
		return;
	p.allowed &= FS_OF_FILES;
	if (p.allowed)
		add_rule(s, &p);
}

void
sandbox_allow(const struct sandbox *s, const char *path, unsigned access)
{
	int fd;

	if (s->rules < 0 || !s->covers_files || !path)
		return;
	fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return;
	sandbox_allow_open_file(s, fd, access);
	close(fd);
}

static void
allow_net(const struct sandbox *s, uint64_t what, uint16_t port)
{
	const struct net_port p = {.allowed = what, .port = port};

	if (s->rules >= 0 && s->version >= 4)
		syscall(SYS_landlock_add_rule, s->rules, RULE_NET_PORT, &p, 0U);
}

void
sandbox_allow_port(const struct sandbox *s, uint16_t port)
{
	allow_net(s, NET_CONNECT_TCP, port);
}

/* Port 0: the kernel chooses. */
void
sandbox_allow_source(const struct sandbox *s)
{
	allow_net(s, NET_BIND_TCP, 0);
}

void
sandbox_cancel(struct sandbox *s)
{
	if (s->rules >= 0)
		close(s->rules);
	s->rules = -1;
}

static void
add_word(struct buf *out, const char *word)
{
	if (out->len > 0)
		buf_add_str(out, ", ");
	buf_add_str(out, word);
}

static void
describe(const struct sandbox *s, bool has_rules, bool has_filter, struct buf *out)
{
	if (has_rules && s->covers_files)
		add_word(out, "files");
	if (has_rules && s->version >= 4)
		add_word(out, "TCP ports");
	if (has_rules && s->version >= 6)
		add_word(out, "signals");
	if (has_filter)
		add_word(out, "system calls");
}

void
sandbox_enforce(struct sandbox *s, struct buf *out)
{
	const bool may_restrict = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
	const bool has_rules =
	    may_restrict && s->rules >= 0 && syscall(SYS_landlock_restrict_self, s->rules, 0U) == 0;
	const bool has_filter = may_restrict && syscall_filter_install();

	sandbox_cancel(s);
	if (out)
		describe(s, has_rules, has_filter, out);
}
#else
typedef int sandbox_is_elsewhere; /* ISO C wants something in a file */
#endif
