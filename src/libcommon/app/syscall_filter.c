/* SPDX-License-Identifier: ISC */
#ifdef __linux__
#include "app/syscall_filter.h"

#if defined(HAVE_LINUX_SECCOMP_H) && defined(HAVE_LINUX_FILTER_H) && defined(HAVE_LINUX_AUDIT_H)
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__) && !defined(__ILP32__)
#define MACHINE AUDIT_ARCH_X86_64
#define FIRST_FOREIGN 0x40000000 /* x32's numbers */
#elif defined(__aarch64__) && !defined(__ILP32__)
#define MACHINE AUDIT_ARCH_AARCH64
#elif defined(__i386__)
#define MACHINE AUDIT_ARCH_I386
#elif defined(__arm__) && defined(__ARM_EABI__)
#define MACHINE AUDIT_ARCH_ARM
#elif defined(__riscv) && __riscv_xlen == 64
#define MACHINE AUDIT_ARCH_RISCV64
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define MACHINE AUDIT_ARCH_PPC64LE
#elif defined(__loongarch64)
#define MACHINE AUDIT_ARCH_LOONGARCH64
#endif
#endif

#ifdef MACHINE /* all of them little-endian, which ARGUMENT() relies on */
#define ARGUMENT(n) offsetof(struct seccomp_data, args[n])
#define FIELD(name) offsetof(struct seccomp_data, name)
#ifndef SECCOMP_FILTER_FLAG_SPEC_ALLOW
#define SECCOMP_FILTER_FLAG_SPEC_ALLOW (1UL << 2)
#endif

/* A jump reaches 255 statements, of which two numbers stand for the ends, see add_ends(). */
enum { STATEMENTS_MAX = 254, TO_DENIAL = 254, TO_ALLOWANCE = 255 };
enum { TYPE_MASK = 0xf };
enum { IOCTL_TIOCSTI = 0x5412, IOCTL_TIOCLINUX = 0x541c };

static const int denied[] = {
    /* other processes */
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_kcmp,
    SYS_tkill,
    SYS_rt_sigqueueinfo,
    SYS_rt_tgsigqueueinfo,
#ifdef SYS_pidfd_send_signal
    SYS_pidfd_send_signal,
#endif
#ifdef SYS_pidfd_getfd
    SYS_pidfd_getfd,
#endif
#ifdef SYS_process_madvise
    SYS_process_madvise,
#endif
    /* other programs */
    SYS_execve,
    SYS_execveat,
    SYS_personality,
    /* keys */
    SYS_keyctl,
    SYS_add_key,
    SYS_request_key,
    /* what Landlock leaves of files */
    SYS_fchmodat,
    SYS_fchownat,
    SYS_setxattr,
    SYS_lsetxattr,
    SYS_removexattr,
    SYS_lremovexattr,
#ifdef SYS_chmod
    SYS_chmod,
    SYS_chown,
    SYS_lchown,
#endif
#ifdef SYS_fchmodat2
    SYS_fchmodat2,
#endif
#ifdef SYS_open_by_handle_at
    SYS_open_by_handle_at,
#endif
    /* file systems, name spaces */
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_unshare,
    SYS_setns,
    SYS_swapon,
    SYS_swapoff,
    SYS_quotactl,
    SYS_acct,
#ifdef SYS_move_mount
    SYS_move_mount,
    SYS_open_tree,
    SYS_fsopen,
    SYS_fsconfig,
    SYS_fsmount,
    SYS_fspick,
#endif
#ifdef SYS_mount_setattr
    SYS_mount_setattr,
#endif
    /* the kernel's inside */
    SYS_bpf,
    SYS_perf_event_open,
    SYS_init_module,
    SYS_delete_module,
#ifdef SYS_finit_module
    SYS_finit_module,
#endif
#ifdef SYS_kexec_load
    SYS_kexec_load,
#endif
#ifdef SYS_kexec_file_load
    SYS_kexec_file_load,
#endif
#ifdef SYS_userfaultfd
    SYS_userfaultfd,
#endif
#ifdef SYS_io_uring_setup
    SYS_io_uring_setup, /* what it does passes by this filter */
    SYS_io_uring_enter,
    SYS_io_uring_register,
#endif
    SYS_reboot,
    SYS_syslog,
    SYS_sethostname,
    SYS_setdomainname,
    SYS_clock_settime,
    SYS_settimeofday,
#ifdef SYS_iopl
    SYS_iopl,
    SYS_ioperm,
#endif
};

struct program {
	struct sock_filter statements[STATEMENTS_MAX];
	unsigned short count;
};

static void
add(struct program *p, unsigned code, unsigned value, unsigned char yes, unsigned char no)
{
	p->statements[p->count++] =
	    (struct sock_filter){.code = (unsigned short)code, .jt = yes, .jf = no, .k = value};
}

static void
load(struct program *p, size_t offset)
{
	add(p, BPF_LD | BPF_W | BPF_ABS, (unsigned)offset, 0, 0);
}

static void
end(struct program *p, unsigned result)
{
	add(p, BPF_RET | BPF_K, result, 0, 0);
}

static void
deny(struct program *p, int error)
{
	end(p, SECCOMP_RET_ERRNO | (unsigned)error);
}

static void
jump(struct program *p, unsigned how, int value, unsigned char yes, unsigned char no)
{
	add(p, BPF_JMP | how | BPF_K, (unsigned)value, yes, no);
}

/* A call of another machine's table would be another one. The call's number stays loaded. */
static void
add_machine(struct program *p)
{
	load(p, FIELD(arch));
	jump(p, BPF_JEQ, (int)MACHINE, 0, TO_DENIAL);
	load(p, FIELD(nr));
#ifdef FIRST_FOREIGN
	jump(p, BPF_JGE, FIRST_FOREIGN, TO_DENIAL, 0);
#endif
}

/* The statements that judge a call by its arguments. */

/* Signals to ourselves are raise(3) and abort(3). */
static void
judge_tgkill(struct program *p)
{
	load(p, ARGUMENT(0));
	jump(p, BPF_JEQ, getpid(), TO_ALLOWANCE, TO_DENIAL);
}

/* Number 0 asks whether a process lives. */
static void
judge_kill(struct program *p)
{
	load(p, ARGUMENT(1));
	jump(p, BPF_JEQ, 0, TO_ALLOWANCE, 0);
	judge_tgkill(p);
}

/* Keys put into the terminal's input would be read by the shell. */
static void
judge_ioctl(struct program *p)
{
	load(p, ARGUMENT(1));
	jump(p, BPF_JEQ, IOCTL_TIOCSTI, TO_DENIAL, 0);
	jump(p, BPF_JEQ, IOCTL_TIOCLINUX, TO_DENIAL, TO_ALLOWANCE);
}

/* TCP, UDP, Unix sockets; and Netlink's routes, of which getaddrinfo(3) asks the addresses of this
 * machine. */
static void
judge_socket(struct program *p)
{
	load(p, ARGUMENT(0));
	jump(p, BPF_JEQ, AF_UNIX, 4, 0);
	jump(p, BPF_JEQ, AF_INET, 3, 0);
	jump(p, BPF_JEQ, AF_INET6, 2, 0);
	jump(p, BPF_JEQ, AF_NETLINK, 1, 0);
	deny(p, EAFNOSUPPORT);
	load(p, ARGUMENT(2));
	jump(p, BPF_JEQ, 0, 3, 0);
	jump(p, BPF_JEQ, IPPROTO_TCP, 2, 0);
	jump(p, BPF_JEQ, IPPROTO_UDP, 1, 0);
	deny(p, EPROTONOSUPPORT);
	load(p, ARGUMENT(1));
	add(p, BPF_ALU | BPF_AND | BPF_K, TYPE_MASK, 0, 0);
	jump(p, BPF_JEQ, SOCK_RAW, 0, TO_ALLOWANCE);
	load(p, ARGUMENT(2));
	jump(p, BPF_JEQ, 0, TO_ALLOWANCE, 0);
	deny(p, EPROTONOSUPPORT);
}

/* The calls by these numbers are judged so. All others are allowed. */
struct range {
	int first, last;
	void (*judge)(struct program *); /* NULL: they are denied */
};

static const struct range examined[] = {
    {SYS_kill, SYS_kill, judge_kill},
    {SYS_tgkill, SYS_tgkill, judge_tgkill},
    {SYS_ioctl, SYS_ioctl, judge_ioctl},
    {SYS_socket, SYS_socket, judge_socket},
};

enum {
	JUDGING = 30, /* their statements, about */
	DENIED = sizeof denied / sizeof denied[0],
	RANGES_MAX = DENIED + sizeof examined / sizeof examined[0]
};

static int
compare(const void *a, const void *b)
{
	const struct range *left = a, *right = b;

	return (left->first > right->first) - (left->first < right->first);
}

/* Neighbours that are judged alike become one. */
static size_t
join(struct range *r, size_t count)
{
	size_t n = 0;

	for (size_t i = 1; i < count; i++)
		if (r[i].judge == r[n].judge && r[i].first == r[n].last + 1)
			r[n].last = r[i].last;
		else
			r[++n] = r[i];
	return n + 1;
}

/* In order. */
static size_t
gather(struct range *r)
{
	for (size_t i = 0; i < DENIED; i++)
		r[i] = (struct range){denied[i], denied[i], NULL};
	memcpy(r + DENIED, examined, sizeof examined);
	qsort(r, RANGES_MAX, sizeof *r, compare);
	return join(r, RANGES_MAX);
}

static void
add_range(struct program *p, const struct range *r)
{
	const unsigned char yes = r->judge ? 0 : TO_DENIAL;

	if (r->first == r->last) {
		jump(p, BPF_JEQ, r->first, yes, TO_ALLOWANCE);
	} else {
		jump(p, BPF_JGE, r->first, 0, TO_ALLOWANCE);
		jump(p, BPF_JGT, r->last, TO_ALLOWANCE, yes);
	}
	if (r->judge)
		r->judge(p);
}

/* A search tree: the kernel goes through the filter once for each of its calls when it takes it,
 * so that each statement on the way costs it hundreds. */
static void
add_tree(struct program *p, const struct range *r, size_t count)
{
	const size_t half = count / 2;
	const unsigned short middle = p->count;

	if (count == 1) {
		add_range(p, r);
		return;
	}
	jump(p, BPF_JGE, r[half].first, 0, 0);
	add_tree(p, r, half);
	p->statements[middle].jt = (unsigned char)(p->count - middle - 1);
	add_tree(p, r + half, count - half);
}

static unsigned char
distance(unsigned char to, unsigned from, unsigned denial)
{
	return (unsigned char)(to == TO_DENIAL      ? denial - from - 1
			       : to == TO_ALLOWANCE ? denial - from
						    : to);
}

/* One for all, as the kernel compiles each statement, several times over. */
static void
add_ends(struct program *p)
{
	const unsigned short denial = p->count;

	deny(p, EPERM);
	end(p, SECCOMP_RET_ALLOW);
	for (unsigned i = 0; i < denial; i++) {
		struct sock_filter *f = &p->statements[i];

		if (BPF_CLASS(f->code) != BPF_JMP)
			continue;
		f->jt = distance(f->jt, i, denial);
		f->jf = distance(f->jf, i, denial);
	}
}

static void
add_calls(struct program *p)
{
	struct range ranges[RANGES_MAX];

	_Static_assert(RANGES_MAX * 2 + JUDGING + 8 < STATEMENTS_MAX, "jumps have 8 bits");
	add_tree(p, ranges, gather(ranges));
	add_ends(p);
}

/* Without SPEC_ALLOW older kernels slow a filtered process down as a precaution against Spectre. */
static bool
install(const struct program *p)
{
	struct sock_fprog program = {.len = p->count,
				     .filter = (struct sock_filter *)(uintptr_t)p->statements};

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW,
		       &program) == 0 ||
	       syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0UL, &program) == 0;
}

bool
syscall_filter_install(void)
{
	struct program p = {.count = 0};

	add_machine(&p);
	add_calls(&p);
	return install(&p);
}
#else
bool
syscall_filter_install(void)
{
	return false;
}
#endif
#else
typedef int syscall_filter_is_elsewhere; /* ISO C wants something in a file */
#endif
