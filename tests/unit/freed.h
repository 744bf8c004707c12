/* SPDX-License-Identifier: ISC */
/*
 * freed - does memory go back to the allocator with a secret in it? Included once by a test
 * program, whose free() it becomes; under AddressSanitizer, and without glibc, it sees nothing.
 */
#ifndef MAILVERBS_UNIT_FREED_H
#define MAILVERBS_UNIT_FREED_H

#include <stdlib.h>
#include <string.h>

#if defined __has_feature
#if __has_feature(address_sanitizer)
#define FREED_IS_BLIND 1
#endif
#endif
#if defined __SANITIZE_ADDRESS__ || !defined __GLIBC__
#define FREED_IS_BLIND 1
#endif

static const char *freed_needle; /* NULL: do not look */
static unsigned freed_with_needle;

#ifndef FREED_IS_BLIND
#include <malloc.h>

extern void __libc_free(void *p);

void
free(void *p)
{
	if (p && freed_needle &&
	    memmem(p, malloc_usable_size(p), freed_needle, strlen(freed_needle)))
		freed_with_needle++;
	__libc_free(p);
}
#endif

/* Looks for NEEDLE from now on; NULL ends it. Returns how many blocks had the last one in them. */
static unsigned
freed_watch(const char *needle)
{
	const unsigned found = freed_with_needle;

	freed_needle = needle;
	freed_with_needle = 0;
	return found;
}

#endif
