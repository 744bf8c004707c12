/* SPDX-License-Identifier: ISC */
#include "base/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/*
 * A buffer that held a secret must not leave a copy when it grows, so growing never goes through
 * realloc(): the old block is wiped before it is freed.
 */
static void
grow(struct buf *b, size_t cap)
{
	char *data = mem_alloc(cap);

	if (b->data) {
		memcpy(data, b->data, b->len);
		mem_wipe(b->data, b->cap);
		free(b->data);
	}
	b->data = data;
	b->cap = cap;
}

/* Room for N more bytes and a NUL. */
static void
make_room(struct buf *b, size_t n)
{
	size_t cap = b->cap ? b->cap : 64;

	if (n > SIZE_MAX / 2 - b->len - 1)
		mem_grow(NULL, SIZE_MAX, 2); /* does not return */
	while (cap < b->len + n + 1)
		cap *= 2;
	grow(b, cap);
}

char *
buf_reserve(struct buf *b, size_t n)
{
	if (n >= b->cap - b->len)
		make_room(b, n);
	return b->data + b->len;
}

void
buf_add(struct buf *b, const void *bytes, size_t n)
{
	char *to = buf_reserve(b, n);

	if (n > 0)
		memcpy(to, bytes, n);
	b->len += n;
	b->data[b->len] = '\0';
}

void
buf_add_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void
buf_add_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

/* For lists of thousands of numbers, in which printf(3) would be the larger part of the work. */
void
buf_add_number(struct buf *b, uint64_t n)
{
	char digits[20];
	size_t at = sizeof digits;

	do
		digits[--at] = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	buf_add(b, digits + at, sizeof digits - at);
}

/* Put into words once where there is room, and that is nearly always. */
bool
buf_addv(struct buf *b, const char *fmt, va_list ap)
{
	char *to = buf_reserve(b, 0);
	const size_t room = b->cap - b->len;
	va_list again;
	int len;

	va_copy(again, ap);
	len = vsnprintf(to, room, fmt, ap);
	if (len >= 0 && (size_t)len >= room) {
		to = buf_reserve(b, (size_t)len);
		vsnprintf(to, (size_t)len + 1, fmt, again);
	}
	va_end(again);
	b->len += len > 0 ? (size_t)len : 0;
	b->data[b->len] = '\0';
	return len >= 0;
}

void
buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_addv(b, fmt, ap);
	va_end(ap);
}

void
buf_drop(struct buf *b, size_t n)
{
	if (n < b->len)
		memmove(b->data, b->data + n, b->len - n);
	b->len -= n;
	if (b->data)
		b->data[b->len] = '\0';
}

void
buf_clear(struct buf *b)
{
	b->len = 0;
	if (b->data)
		b->data[0] = '\0';
}

char *
buf_take(struct buf *b)
{
	char *data = b->data ? b->data : mem_alloc(1);

	*b = (struct buf){0};
	return data;
}

void
buf_free(struct buf *b)
{
	free(b->data);
	*b = (struct buf){0};
}

void
buf_wipe(struct buf *b)
{
	if (b->data)
		mem_wipe(b->data, b->cap);
	buf_free(b);
}
