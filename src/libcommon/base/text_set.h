/* SPDX-License-Identifier: ISC */
/*
 * text_set - texts, each once, found in constant time however many there are.
 *
 * `struct text_set s = {0};` is an empty one.
 */
#ifndef MAILVERBS_BASE_TEXT_SET_H
#define MAILVERBS_BASE_TEXT_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text_set {
	char **slots; /* as many as a power of two, or NULL; empty ones are NULL */
	size_t room;
	size_t count;
};

/* Adds a copy of TEXT. False: it was in the set already. */
bool text_set_add(struct text_set *s, const char *text);

/* The hash of TEXT, another one in each process: nobody can choose texts that collide. */
uint64_t text_hash(const char *text);

void text_set_free(struct text_set *s); /* leaves an empty one */

#endif
