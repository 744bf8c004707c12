/* SPDX-License-Identifier: ISC */
/*
 * imap_uids - messages named by UID, and sets of them as a command has them (RFC 9051 section 9,
 * sequence-set). No I/O.
 */
#ifndef MAILVERBS_PROTO_IMAP_IMAP_UIDS_H
#define MAILVERBS_PROTO_IMAP_IMAP_UIDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct message_list;
struct message_set;

enum {
	/* bytes of a sequence set: RFC 2683 section 3.2.1.5 wants lines of 1,000 at most, old
	 * servers have buffers for no more */
	IMAP_SET_MAX = 900,
	IMAP_SET_MESSAGES = 500 /* named by one command: one refusal is not about all of them */
};

/* {0} is an empty one; ascending. Freed by imap_uids_free(). */
struct imap_uids {
	uint32_t *items;
	size_t count;
};

/* The UID of a list's message; 0: it has none that names it. */
uint32_t imap_uid(const struct message_list *l, size_t index);

/* Adds those of SET's messages, except messages without one. */
void imap_uids_add(struct imap_uids *uids, const struct message_list *l,
		   const struct message_set *set);

bool imap_uids_have(const struct imap_uids *uids, uint32_t uid);

void imap_uids_free(struct imap_uids *uids); /* leaves an empty one */

struct imap_range {
	uint32_t from, to; /* from <= to */
};

/* Puts N ranges in order, so that none overlaps another or goes on where it ends; returns how many
 * are left. */
size_t imap_ranges_arrange(struct imap_range *ranges, size_t n);

/* Is NUMBER in one of the N ranges, which are arranged? */
bool imap_ranges_have(const struct imap_range *ranges, size_t n, uint32_t number);

/* Reads one range of a sequence set that ends at END, "7", "3:5" or "5:3", from *AT on, and puts
 * *AT after the comma that follows it, or after END. 0 is read as any number. False: it is not a
 * range. */
bool imap_set_next(const char **at, const char *end, struct imap_range *range);

/*
 * Adds to OUT the sequence set for UIDS, which ascend, from the first on, neighbours as one range.
 * It ends with the last of COUNT, or when it has more than LEN_MAX bytes. Returns how many of them
 * it names.
 */
size_t imap_set_add(struct buf *out, const uint32_t *uids, size_t count, size_t len_max);

#endif
