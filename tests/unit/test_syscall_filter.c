/* SPDX-License-Identifier: ISC */
#include "app/syscall_filter.h"

#include "tap.h"

#if defined(__linux__) && defined(__x86_64__) && !defined(__ILP32__)
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The calls that every kernel of today's systems has. */
enum { NUMBERS = 434, STATEMENTS_MAX = 1024 };

/* The filter as the kernel would get it. */
static struct sock_filter program[STATEMENTS_MAX];
static size_t statements;

/* Instead of the C library's: it takes the filter, and does nothing else. */
long
syscall(long number, ...)
{
	const struct sock_fprog *given;
	va_list ap;

	va_start(ap, number);
	(void)va_arg(ap, int);
	(void)va_arg(ap, unsigned long);
	given = va_arg(ap, const struct sock_fprog *);
	va_end(ap);
	if (number != SYS_seccomp || given->len > STATEMENTS_MAX)
		return -1;
	memcpy(program, given->filter, given->len * sizeof *program);
	statements = given->len;
	return 0;
}

static uint32_t
field(const struct seccomp_data *d, uint32_t offset)
{
	uint32_t value;

	memcpy(&value, (const char *)d + offset, sizeof value);
	return value;
}

/* The statement after this jump. */
static size_t
jump(const struct sock_filter *f, uint32_t a)
{
	const bool is_so = BPF_OP(f->code) == BPF_JEQ   ? a == f->k
			   : BPF_OP(f->code) == BPF_JGE ? a >= f->k
							: a > f->k;

	return is_so ? f->jt : f->jf;
}

/* What the filter says of a call; WAY: counts the statements on the way. */
static uint32_t
judge(const struct seccomp_data *d, size_t *way)
{
	uint32_t a = 0;

	*way = 0;
	for (size_t at = 0; at < statements; at++, ++*way) {
		const struct sock_filter *f = &program[at];

		if (BPF_CLASS(f->code) == BPF_RET)
			return f->k;
		if (BPF_CLASS(f->code) == BPF_LD)
			a = field(d, f->k);
		else if (BPF_CLASS(f->code) == BPF_ALU)
			a &= f->k;
		else
			at += jump(f, a);
	}
	return SECCOMP_RET_KILL_PROCESS; /* it has no end */
}

/* 0: allowed; else the error. */
static int
error_of(int number, uint64_t first, uint64_t second, uint64_t third)
{
	const struct seccomp_data d = {
	    .nr = number, .arch = AUDIT_ARCH_X86_64, .args = {first, second, third}};
	size_t way;
	const uint32_t result = judge(&d, &way);

	return result == SECCOMP_RET_ALLOW ? 0 : (int)(result & SECCOMP_RET_DATA);
}

/* The numbers that are refused whatever the arguments are, " 59 90 …". */
static void
list_denied(char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	for (int i = 0; i < NUMBERS && used < size; i++)
		if (error_of(i, 1, 1, 1) == EPERM && error_of(i, (uint64_t)getpid(), 0, 0) == EPERM)
			used += (size_t)snprintf(out + used, size - used, " %d", i);
}

static void
test_calls(void)
{
	static const char wanted[] =
	    " 59 90 92 94 101 103 129 135 155 161 163 164 165 166 167 168 169 170 171 172 173 175"
	    " 176 179 188 189 197 198 200 227 246 248 249 250 260 268 272 297 298 304 308 310 311"
	    " 312 313 320 321 322 323 424 425 426 427 428 429 430 431 432 433";
	char denied[2048];

	list_denied(denied, sizeof denied);
	if (!ok(strcmp(denied, wanted) == 0, "these calls are denied, and no other"))
		diag("denied:%s", denied);
	ok(error_of(SYS_execve, 0, 0, 0) == EPERM, "so is a program's start");
	ok(error_of(0x40000000 + SYS_read, 0, 0, 0) == EPERM, "so is a call of another table");
}

static void
test_machine(void)
{
	const struct seccomp_data d = {.nr = SYS_read, .arch = AUDIT_ARCH_I386};
	size_t way;

	ok(judge(&d, &way) == (SECCOMP_RET_ERRNO | EPERM), "another machine's call is denied");
}

static void
test_signals(void)
{
	const uint64_t self = (uint64_t)getpid();

	ok(error_of(SYS_kill, self, 9, 0) == 0 && error_of(SYS_tgkill, self, 9, 9) == 0,
	   "a signal to ourselves is allowed");
	ok(error_of(SYS_kill, 1, 0, 0) == 0, "so is asking whether a process lives");
	ok(error_of(SYS_kill, 1, 9, 0) == EPERM && error_of(SYS_tgkill, 1, 0, 9) == EPERM,
	   "a signal to another is not");
}

static void
test_terminal(void)
{
	ok(error_of(SYS_ioctl, 0, 0x5401, 0) == 0, "a terminal's settings are read");
	ok(error_of(SYS_ioctl, 0, 0x5412, 0) == EPERM && error_of(SYS_ioctl, 0, 0x541c, 0) == EPERM,
	   "its input is not written");
}

static void
test_sockets(void)
{
	ok(error_of(SYS_socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP) == 0 &&
	       error_of(SYS_socket, AF_INET6, SOCK_DGRAM, 0) == 0 &&
	       error_of(SYS_socket, AF_UNIX, SOCK_STREAM, 0) == 0 &&
	       error_of(SYS_socket, AF_NETLINK, SOCK_RAW, 0) == 0,
	   "sockets for TCP, names, routes and this machine are allowed");
	ok(error_of(SYS_socket, AF_PACKET, SOCK_DGRAM, 0) == EAFNOSUPPORT, "others are not");
	ok(error_of(SYS_socket, AF_INET, SOCK_STREAM, IPPROTO_SCTP) == EPROTONOSUPPORT,
	   "nor other protocols");
	ok(error_of(SYS_socket, AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_TCP) == EPROTONOSUPPORT &&
	       error_of(SYS_socket, AF_NETLINK, SOCK_RAW, IPPROTO_UDP) == EPROTONOSUPPORT,
	   "nor packets");
}

/* The kernel goes through all calls when it takes the filter. */
static void
test_cost(void)
{
	size_t sum = 0, way;

	for (int i = 0; i < NUMBERS; i++) {
		const struct seccomp_data d = {.nr = i, .arch = AUDIT_ARCH_X86_64};

		judge(&d, &way);
		sum += way;
	}
	if (!ok(sum / NUMBERS <= 12 && statements < 256, "few statements judge a call"))
		diag("%zu on the way, of %zu", sum / NUMBERS, statements);
}

int
main(void)
{
	if (ok(syscall_filter_install(), "there is a filter")) {
		test_calls();
		test_machine();
		test_signals();
		test_terminal();
		test_sockets();
		test_cost();
	}
	return tap_done();
}
#else
int
main(void)
{
	ok(true, "# SKIP the numbers are another machine's");
	return tap_done();
}
#endif
