/* SPDX-License-Identifier: ISC */
/*
 * mem - memory allocation that succeeds or ends the process.
 *
 * These never return NULL. When memory runs out they write one line and leave with EX_TEMPFAIL at
 * once: the order of effects makes every moment safe to die at, so no caller carries a path that
 * can't be tested.
 */
#ifndef MAILVERBS_BASE_MEM_H
#define MAILVERBS_BASE_MEM_H

#include <stddef.h>

/* For a large buffer on the stack that is written before it is read: configure's flag
 * -ftrivial-auto-var-init=zero would clear it each time. */
#define MEM_UNINITIALIZED
#ifdef __has_attribute
#if __has_attribute(uninitialized)
#undef MEM_UNINITIALIZED
#define MEM_UNINITIALIZED __attribute__((uninitialized))
#endif
#endif

void *mem_alloc(size_t size); /* zeroed */

/* As realloc(3) to COUNT items of SIZE bytes, whose product may overflow: then memory is
 * exhausted. */
void *mem_grow(void *old, size_t count, size_t size);

char *mem_strdup(const char *s); /* NULL stays NULL */
char *mem_strndup(const char *s, size_t len);
/* Not for secrets: what is short is put together on the stack. */
char *mem_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* OLD, which holds COUNT items of SIZE bytes, with room for one more. Room grows in powers of two,
 * so it is used up exactly when COUNT is one. Only for what grows in no other way; items at the end
 * may be taken away. */
static inline void *
mem_room(void *old, size_t count, size_t size)
{
	return (count & (count - 1)) == 0 ? mem_grow(old, count ? count * 2 : 1, size) : old;
}

/* Ends the process in the same way, when another library has no memory left. */
_Noreturn void mem_exhausted(void);

/* Overwrites SIZE bytes in a way that the compiler keeps. */
void mem_wipe(void *p, size_t size);

/* Wipes a text and frees it; accepts NULL. */
void mem_free_secret(char *text);

#endif
