/* SPDX-License-Identifier: ISC */
/*
 * imap_code - the response code of a status response (RFC 3501 and RFC 9051 section 7.1):
 * "[NAME ARGUMENTS] WORDS". Bytes in, a kind and its value out; no I/O.
 *
 * A new code that the session depends on gets an entry in enum imap_code_kind, a row in the table
 * of imap_code.c, and a row in imap_untagged.c if it changes the session's state. A code that only
 * explains a refusal needs nothing here: see imap_refusal.c.
 */
#ifndef MAILVERBS_PROTO_IMAP_IMAP_CODE_H
#define MAILVERBS_PROTO_IMAP_IMAP_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum imap_code_kind {
	IMAP_CODE_NONE, /* the text has no code */
	IMAP_CODE_OTHER,
	IMAP_CODE_ALERT,
	IMAP_CODE_APPENDUID, /* RFC 4315 section 3: `rest` is the UID */
	IMAP_CODE_CAPABILITY,
	IMAP_CODE_COPYUID,              /* RFC 4315 section 3: `rest` is the sets of UIDs */
	IMAP_CODE_EXPUNGEISSUED,        /* RFC 5530 section 3 */
	IMAP_CODE_MESSAGELIMIT,         /* RFC 9738: `number` is the limit, `rest` the last UID */
	IMAP_CODE_NOTIFICATIONOVERFLOW, /* RFC 5465 section 5.8 */
	IMAP_CODE_PERMANENTFLAGS,       /* `fixed` */
	IMAP_CODE_READ_ONLY,
	IMAP_CODE_UIDNEXT,    /* `number` */
	IMAP_CODE_UIDVALIDITY /* `number`; some servers give more than 32 bits */
};

/* System flags that PERMANENTFLAGS does not list, so that STORE of them does nothing. */
enum imap_code_flag { IMAP_FIXED_DELETED = 1, IMAP_FIXED_SEEN = 2 };

/* All pointers borrow from the text; those to nothing point to "". */
struct imap_code {
	enum imap_code_kind kind;
	const char *name;
	size_t name_len;
	const char *arguments;
	size_t arguments_len;
	const char *rest; /* of the arguments, after the first blank */
	size_t rest_len;
	const char *words; /* the text after the code, or all of a text without one */
	size_t words_len;
	bool has_number; /* the first argument is a number that is valid for this kind */
	uint64_t number;
	unsigned fixed; /* enum imap_code_flag */
};

/* Reads the code of STATUS, "WORD [NAME] WORDS" with its status word (RFC 9051 section 7.1). The
 * texts are borrowed from STATUS. */
void imap_code_in(struct imap_code *code, const char *status);

/* Has the code this name? ASCII case is folded. */
bool imap_code_is(const struct imap_code *code, const char *name);

/* Does a server whose PERMANENTFLAGS has LIST, "(…)", keep FLAG (a system flag or a keyword)? A
 * list that does not mention flags of that sort, NULL or a text of another form says yes. */
bool imap_code_keeps_flag(const char *list, const char *flag);

#endif
