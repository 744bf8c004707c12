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

enum { STATEMENTS_MAX = 512, TYPE_MASK = 0xf };
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

/* The next statement is skipped unless what was loaded is VALUE. */
static void
if_equal(struct program *p, unsigned value)
{
	add(p, BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
}

static void
unless_equal(struct program *p, unsigned value)
{
	add(p, BPF_JMP | BPF_JEQ | BPF_K, value, 1, 0);
}

/* The next LEN statements are for this call. */
static void
if_call(struct program *p, int number, unsigned char len)
{
	load(p, FIELD(nr));
	add(p, BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, len);
}

/* A call of another machine's table would be another one. */
static void
add_machine(struct program *p)
{
	load(p, FIELD(arch));
	unless_equal(p, MACHINE);
	deny(p, EPERM);
	load(p, FIELD(nr));
#ifdef FIRST_FOREIGN
	add(p, BPF_JMP | BPF_JGE | BPF_K, FIRST_FOREIGN, 0, 1);
	deny(p, EPERM);
#endif
}

/* Signals to ourselves are raise(3) and abort(3); number 0 asks whether a process lives. */
static void
add_kill(struct program *p)
{
	const unsigned self = (unsigned)getpid();

	if_call(p, SYS_kill, 7);
	load(p, ARGUMENT(1));
	if_equal(p, 0);
	end(p, SECCOMP_RET_ALLOW);
	load(p, ARGUMENT(0));
	if_equal(p, self);
	end(p, SECCOMP_RET_ALLOW);
	deny(p, EPERM);
	if_call(p, SYS_tgkill, 4);
	load(p, ARGUMENT(0));
	if_equal(p, self);
	end(p, SECCOMP_RET_ALLOW);
	deny(p, EPERM);
}

/* Keys put into the terminal's input would be read by the shell. */
static void
add_ioctl(struct program *p)
{
	if_call(p, SYS_ioctl, 5);
	load(p, ARGUMENT(1));
	if_equal(p, IOCTL_TIOCSTI);
	deny(p, EPERM);
	if_equal(p, IOCTL_TIOCLINUX);
	deny(p, EPERM);
}

static void
skip_if_equal(struct program *p, unsigned value, unsigned char skipped)
{
	add(p, BPF_JMP | BPF_JEQ | BPF_K, value, skipped, 0);
}

/* TCP, UDP, Unix sockets; and Netlink's routes, of which getaddrinfo(3) asks the addresses of this
 * machine. */
static void
add_socket(struct program *p)
{
	if_call(p, SYS_socket, 6);
	load(p, ARGUMENT(0));
	skip_if_equal(p, AF_UNIX, 4);
	skip_if_equal(p, AF_INET, 3);
	skip_if_equal(p, AF_INET6, 2);
	skip_if_equal(p, AF_NETLINK, 1);
	deny(p, EAFNOSUPPORT);
	if_call(p, SYS_socket, 5);
	load(p, ARGUMENT(2));
	skip_if_equal(p, 0, 3);
	skip_if_equal(p, IPPROTO_TCP, 2);
	skip_if_equal(p, IPPROTO_UDP, 1);
	deny(p, EPROTONOSUPPORT);
	if_call(p, SYS_socket, 6);
	load(p, ARGUMENT(1));
	add(p, BPF_ALU | BPF_AND | BPF_K, TYPE_MASK, 0, 0);
	add(p, BPF_JMP | BPF_JEQ | BPF_K, SOCK_RAW, 0, 3);
	load(p, ARGUMENT(2));
	unless_equal(p, 0);
	deny(p, EPROTONOSUPPORT);
}

static int
compare(const void *a, const void *b)
{
	const int *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

/* A search tree: the kernel goes through the filter once for each of its calls when it takes it,
 * and a list of them all would cost more than the rest of the containment. */
static void
add_tree(struct program *p, const int *numbers, size_t count)
{
	const size_t half = count / 2;
	unsigned short jump;

	if (count == 1) {
		if_equal(p, (unsigned)numbers[0]);
		deny(p, EPERM);
		end(p, SECCOMP_RET_ALLOW);
		return;
	}
	jump = p->count;
	add(p, BPF_JMP | BPF_JGE | BPF_K, (unsigned)numbers[half], 0, 0);
	add_tree(p, numbers, half);
	p->statements[jump].jt = (unsigned char)(p->count - jump - 1);
	add_tree(p, numbers + half, count - half);
}

static void
add_denied(struct program *p)
{
	int numbers[sizeof denied / sizeof denied[0]];
	const size_t count = sizeof denied / sizeof denied[0];

	_Static_assert(sizeof denied / sizeof denied[0] < 120, "the jumps have 8 bits");
	memcpy(numbers, denied, sizeof numbers);
	qsort(numbers, count, sizeof numbers[0], compare);
	load(p, FIELD(nr));
	add_tree(p, numbers, count);
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
	add_kill(&p);
	add_ioctl(&p);
	add_socket(&p);
	add_denied(&p);
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
