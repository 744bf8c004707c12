/* SPDX-License-Identifier: ISC */
#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

enum { SMALL_MAX = 1024 };

_Noreturn void
mem_exhausted(void)
{
	static const char text[] = "out of memory\n";

	if (write(STDERR_FILENO, text, sizeof text - 1) < 0) {
		/* nothing is left to say it with */
	}
	_exit(EX_TEMPFAIL);
}

/* Up to 2.40, glibc's calloc() passes by the cache from which malloc() takes small blocks, and to
 * which free() gives them. */
static void *
alloc_small(size_t size)
{
	void *p = malloc(size ? size : 1);

	return p ? memset(p, 0, size) : NULL;
}

void *
mem_alloc(size_t size)
{
	void *p = size <= SMALL_MAX ? alloc_small(size) : calloc(1, size);

	if (!p)
		mem_exhausted();
	return p;
}

void *
mem_grow(void *old, size_t count, size_t size)
{
	void *p;

	if (size > 0 && count > SIZE_MAX / size)
		mem_exhausted();
	p = realloc(old, count && size ? count * size : 1);
	if (!p)
		mem_exhausted();
	return p;
}

char *
mem_strdup(const char *s)
{
	return s ? mem_strndup(s, strlen(s)) : NULL;
}

char *
mem_strndup(const char *s, size_t len)
{
	char *copy = mem_grow(NULL, len + 1, 1);

	memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

char *
mem_printf(const char *fmt, ...)
{
	va_list ap;
	char room[256]; /* for most of them */
	char *s;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(room, sizeof room, fmt, ap);
	va_end(ap);
	if (len < 0)
		mem_exhausted();
	if ((size_t)len < sizeof room)
		return mem_strndup(room, (size_t)len);
	s = mem_alloc((size_t)len + 1);
	va_start(ap, fmt);
	vsnprintf(s, (size_t)len + 1, fmt, ap);
	va_end(ap);
	return s;
}

void
mem_wipe(void *p, size_t size)
{
	explicit_bzero(p, size);
}

void
mem_free_secret(char *text)
{
	if (text)
		mem_wipe(text, strlen(text));
	free(text);
}
