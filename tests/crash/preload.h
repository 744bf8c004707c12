/* SPDX-License-Identifier: ISC */
/*
 * preload.h - for the libraries of this directory that LD_PRELOAD puts before libc.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/types.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

typedef int open_function(const char *path, int flags, ...);

/* The file's own open(): NAME is "open" or "open64", REAL libc's function of that name. */
static int open_any(const char *name, open_function *real, const char *path, int flags,
		    mode_t mode);

#define OPEN(name)                                                       \
	int name(const char *path, int flags, ...)                       \
	{                                                                \
		mode_t mode = 0;                                         \
		va_list ap;                                              \
                                                                         \
		va_start(ap, flags);                                     \
		if (flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE) \
			mode = va_arg(ap, mode_t);                       \
		va_end(ap);                                              \
		return open_any(#name, REAL(name), path, flags, mode);   \
	}

OPEN(open)
OPEN(open64)
