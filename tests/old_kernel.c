/* SPDX-License-Identifier: ISC */
/*
 * old_kernel - a library for LD_PRELOAD: Landlock as a kernel has it that knows the version
 * LANDLOCK_ABI; 0: none of it. What that version did not know yet is refused, as it does.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

enum { CREATE_RULESET = 444, ADD_RULE, RESTRICT_SELF };
enum { RULE_PATH = 1, RULE_PORT, VERSION_MAX = 6 };

/* How many bits each version has for files, for the network and for other processes. */
static const struct {
	unsigned files, net, scoped;
	size_t size;
} versions[VERSION_MAX + 1] = {{0, 0, 0, 0},   {13, 0, 0, 8},  {14, 0, 0, 8}, {15, 0, 0, 8},
			       {15, 2, 0, 16}, {16, 2, 0, 16}, {16, 2, 2, 24}};

static unsigned
version(void)
{
	const char *text = getenv("LANDLOCK_ABI");
	const unsigned n = text ? (unsigned)atoi(text) : VERSION_MAX;

	return n < VERSION_MAX ? n : VERSION_MAX;
}

static long
refuse(int error)
{
	errno = error;
	return -1;
}

/* An old kernel takes a longer struct only if it is zero where the kernel knows nothing. */
static int
check_ruleset(const uint64_t *a, size_t size)
{
	for (size_t at = versions[version()].size; at < size; at += sizeof *a)
		if (a[at / sizeof *a])
			return E2BIG;
	return a[0] >> versions[version()].files || (size > 8 && a[1] >> versions[version()].net) ||
		       (size > 16 && a[2] >> versions[version()].scoped)
		   ? EINVAL
		   : 0;
}

static int
check_rule(long type, const uint64_t *rule)
{
	if (type == RULE_PATH)
		return rule[0] >> versions[version()].files ? EINVAL : 0;
	return type > RULE_PORT || !versions[version()].net ? EINVAL : 0;
}

long
syscall(long number, ...)
{
	static long (*real)(long, ...);
	long a[6];
	va_list ap;
	int error = 0;

	va_start(ap, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (!real)
		real = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	if (number < CREATE_RULESET || number > RESTRICT_SELF)
		return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
	if (version() == 0)
		return refuse(ENOSYS);
	if (number == CREATE_RULESET && a[0] == 0)
		return (long)version();
	if (number == CREATE_RULESET)
		error = check_ruleset((const uint64_t *)a[0], (size_t)a[1]);
	else if (number == ADD_RULE)
		error = check_rule(a[1], (const uint64_t *)a[2]);
	return error ? refuse(error) : real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
