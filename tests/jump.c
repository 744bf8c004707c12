/* SPDX-License-Identifier: ISC */
/*
 * jump - a library for LD_PRELOAD: the parser of what a server sends is in a stranger's hand. When
 * the program reads from its TLS session for the first time, or the JUMP_AT-th, or the first time
 * that the file JUMP_AFTER exists, he tries what JUMP says, one attempt a line "KIND ARGUMENT", and
 * writes to the file descriptor JUMP_FD of each "KIND: done" or the error. Then the program goes
 * on.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static int
try_read(const char *path)
{
	const int fd = open(path, O_RDONLY);

	return fd < 0 ? -1 : close(fd);
}

static int
try_write(const char *path)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);

	return fd < 0 ? -1 : close(fd);
}

static int
try_list(const char *path)
{
	const int fd = open(path, O_RDONLY | O_DIRECTORY);

	return fd < 0 ? -1 : close(fd);
}

static int
try_unlink(const char *path)
{
	return unlink(path);
}

static int
try_chmod(const char *path)
{
	return chmod(path, 0777);
}

static int
try_exec(const char *path)
{
	const pid_t pid = vfork();
	int how;

	if (pid == 0) {
		execl(path, path, (char *)0);
		_exit(errno);
	}
	if (pid < 0 || waitpid(pid, &how, 0) < 0)
		return -1;
	errno = WEXITSTATUS(how);
	return errno ? -1 : 0;
}

static int
try_signal(const char *pid)
{
	return kill((pid_t)atoi(pid), SIGCONT);
}

static int
try_trace(const char *pid)
{
	return (int)ptrace(PTRACE_SEIZE, (pid_t)atoi(pid), (void *)0, (void *)0);
}

static int
try_memory(const char *pid)
{
	char byte;
	struct iovec ours = {&byte, 1}, theirs = {&byte, 1};

	return process_vm_readv((pid_t)atoi(pid), &ours, 1, &theirs, 1, 0) < 0 && errno != EFAULT
		   ? -1
		   : 0;
}

static int
try_connect(const char *port)
{
	const struct sockaddr_in a = {.sin_family = AF_INET,
				      .sin_port = htons((unsigned short)atoi(port)),
				      .sin_addr = {htonl(INADDR_LOOPBACK)}};

	return connect(socket(AF_INET, SOCK_STREAM, 0), (const struct sockaddr *)&a, sizeof a);
}

static int
try_bind(const char *unused)
{
	const struct sockaddr_in a = {.sin_family = AF_INET};

	(void)unused;
	return bind(socket(AF_INET, SOCK_STREAM, 0), (const struct sockaddr *)&a, sizeof a);
}

static int
try_packet(const char *unused)
{
	(void)unused;
	return socket(AF_PACKET, SOCK_DGRAM, 0) < 0 ? -1 : 0;
}

static int
try_keys(const char *unused)
{
	(void)unused;
	return syscall(SYS_keyctl, 0, -3, 0) < 0 ? -1 : 0;
}

/* What he could read of the program's memory: open from the start, for he has more ways to it than
 * these files, which a user cannot open for a process without core files. */
static int memory = -1;
static FILE *maps;
static char piece[64 * 1024];

static void
open_memory(void)
{
	const int before = prctl(PR_GET_DUMPABLE);

	prctl(PR_SET_DUMPABLE, 1);
	memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	maps = fopen("/proc/self/maps", "re");
	prctl(PR_SET_DUMPABLE, before);
}

/* A child's memory is another one than its parent's. */
__attribute__((constructor)) static void
begin(void)
{
	open_memory();
	pthread_atfork(NULL, NULL, open_memory);
}

/* WANTED is said in hexadecimal, each byte inverted, so that this library does not hold it. */
static int
is_at(const char *bytes, const char *wanted)
{
	static const char digits[] = "0123456789abcdef";

	for (; wanted[0]; wanted += 2, bytes++) {
		const unsigned char c = (unsigned char)~*bytes;

		if (digits[c >> 4] != wanted[0] || digits[c & 15] != wanted[1])
			return 0;
	}
	return 1;
}

static int
is_in(unsigned long from, unsigned long to, const char *wanted)
{
	const size_t len = strlen(wanted) / 2;
	ssize_t n;

	for (; from < to; from += sizeof piece - len) {
		const size_t n_max = to - from < sizeof piece ? to - from : sizeof piece;

		n = pread(memory, piece, n_max, (off_t)from);
		for (ssize_t i = 0; i + (ssize_t)len <= n; i++)
			if (from + (size_t)i - (unsigned long)piece >= sizeof piece &&
			    is_at(piece + i, wanted))
				return 1;
	}
	return 0;
}

static int
try_find(const char *wanted)
{
	unsigned long from, to;
	char line[1024];
	int found = 0;

	rewind(maps);
	while (!found && fgets(line, sizeof line, maps))
		found = sscanf(line, "%lx-%lx rw", &from, &to) == 2 && strstr(line, " rw") &&
			is_in(from, to, wanted);
	errno = ENOENT;
	return found ? 0 : -1;
}

static const struct {
	const char *kind;
	int (*attempt)(const char *);
} attempts[] = {{"read", try_read},       {"write", try_write}, {"list", try_list},
		{"unlink", try_unlink},   {"chmod", try_chmod}, {"exec", try_exec},
		{"signal", try_signal},   {"trace", try_trace}, {"memory", try_memory},
		{"connect", try_connect}, {"bind", try_bind},   {"packet", try_packet},
		{"keys", try_keys},       {"find", try_find}};

static void
try(const char *kind, const char *argument)
{
	for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++)
		if (strcmp(attempts[i].kind, kind) == 0) {
			const int result = attempts[i].attempt(argument);

			dprintf(atoi(getenv("JUMP_FD")), "%s %s: %s\n", kind, argument,
				result < 0 ? strerror(errno) : "done");
		}
}

static void
jump(void)
{
	char *lines = strdup(getenv("JUMP")), *rest = lines, *line;

	while ((line = strsep(&rest, "\n"))) {
		char *argument = strchr(line, ' ');

		if (argument)
			*argument++ = '\0';
		try(line, argument ? argument : "");
	}
	free(lines);
}

ssize_t gnutls_record_recv(void *session, void *bytes, size_t n);

ssize_t
gnutls_record_recv(void *session, void *bytes, size_t n)
{
	static int calls;
	const char *at = getenv("JUMP_AT"), *after = getenv("JUMP_AFTER");
	ssize_t (*real)(void *, void *, size_t) =
	    (ssize_t(*)(void *, void *, size_t))dlsym(RTLD_NEXT, "gnutls_record_recv");

	if (after && access(after, F_OK) != 0)
		calls = -2;
	if (++calls == (at ? atoi(at) : after ? 0 : 1) && getenv("JUMP"))
		jump();
	return real(session, bytes, n);
}
