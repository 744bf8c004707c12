/* SPDX-License-Identifier: ISC */
/* OpenBSD, and the systems that have nothing of the kind. */
#ifndef __linux__
#include "app/sandbox.h"

#include <stddef.h>
#include <unistd.h>

#include "base/buf.h"

void
sandbox_begin(struct sandbox *s, bool covers_files)
{
	*s = (struct sandbox){.rules = -1, .covers_files = covers_files};
}

void
sandbox_allow(const struct sandbox *s, const char *path, unsigned access)
{
#ifdef __OpenBSD__
	/* A path that does not exist can be unveiled too, or is passed over. */
	if (s->covers_files && path &&
	    unveil(path, access & SANDBOX_CHANGE  ? "rwc"
			 : access & SANDBOX_WRITE ? "rw"
						  : "r") != 0)
		return;
#else
	(void)s;
	(void)path;
	(void)access;
#endif
}

void
sandbox_allow_open_file(const struct sandbox *s, int fd, unsigned access)
{
	(void)s;
	(void)fd;
	(void)access;
}

void
sandbox_allow_port(const struct sandbox *s, uint16_t port)
{
	(void)s;
	(void)port;
}

void
sandbox_allow_source(const struct sandbox *s)
{
	(void)s;
}

void
sandbox_cancel(struct sandbox *s)
{
	(void)s;
}

void
sandbox_enforce(struct sandbox *s, struct buf *out)
{
	(void)s;
#ifdef __OpenBSD__
	if (pledge("stdio rpath wpath cpath flock inet unix dns tty sendfd recvfd proc", NULL) ==
		0 &&
	    out)
		buf_add_str(out, "files, system calls");
#else
	(void)out;
#endif
}
#else
typedef int sandbox_is_elsewhere; /* ISO C wants something in a file */
#endif
