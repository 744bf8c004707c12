/* SPDX-License-Identifier: ISC */
/*
 * author - the mailbox in a From or Sender field, read in one place for all that depends on it: the
 * account, the envelope's sender, and the field as it goes out.
 */
#ifndef MAILVERBS_MESSAGE_AUTHOR_H
#define MAILVERBS_MESSAGE_AUTHOR_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct header_field;

/* `struct author a = {0};` is an empty one. */
struct author {
	size_t count;  /* of mailboxes in the field; 0: it has none, and is as good as missing */
	char *address; /* the first, as address_list() gives it; NULL where there is none */
	/* its display name, or the words that the field has instead of a mailbox; or NULL */
	char *name;
};

/*
 * Reads the field into *A. False: *e (ERR_MALFORMED), there is an address in it, or may be one,
 * that cannot be read. Freed by author_free() in any case.
 */
bool author_read(struct author *a, const struct header_field *field, struct err *e);
void author_free(struct author *a); /* leaves {0} */

#endif
