/* SPDX-License-Identifier: ISC */
/*
 * imap_name - the names of IMAP folders between the wire and a person, and how a string is put into
 * a command. No I/O.
 *
 * The *wire name* is the one in LIST and SELECT: modified UTF-7 (RFC 3501 section 5.1.3), or UTF-8
 * after ENABLE has told the server so (RFC 6855 section 3, RFC 9051 section 5.1). The *shown name*
 * is UTF-8, for --folders and --folder. Each wire name has exactly one shown name, which gives that
 * wire name again when it is typed. So a name is shown as `raw:` and its bytes if it
 *
 *  - is not valid modified UTF-7, or not in its one right form ("A&B", where "A&-B" is meant), or
 *    not valid UTF-8,
 *  - has control characters, which nobody can type,
 *  - has * or %, which would make it a pattern, or begins with "raw:" itself.
 *
 * After `raw:`, backslash and all bytes that are not printable ASCII become \xHH; * and % are
 * themselves.
 */
#ifndef MAILVERBS_PROTO_IMAP_IMAP_NAME_H
#define MAILVERBS_PROTO_IMAP_IMAP_NAME_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct err;

/* Adds the shown name of the N bytes WIRE to OUT; never fails. IS_UTF8: the wire has UTF-8. */
void imap_name_show(struct buf *out, const char *wire, size_t n, bool is_utf8);

/*
 * Adds the wire name of what a person typed to OUT; "inbox" in any case is INBOX. False: *e is
 * ERR_USAGE; it is empty, no UTF-8, or has control characters.
 */
bool imap_name_read(struct buf *out, const char *typed, bool is_utf8, struct err *e);

/* The same for a name that a command will have: ERR_NO_INPUT if it has a line end in it. */
bool imap_name_wire(struct buf *out, const char *name, bool is_utf8, struct err *e);

/* INBOX, whose case does not matter (RFC 9051 section 5.1); that of all other names does. */
bool imap_name_is_inbox(const char *name, size_t n);

/* NAME, or "INBOX" for that one in any case: of one folder it is the same; borrowed. */
const char *imap_name_key(const char *name);

/* Is it a pattern for many folders, with * or %? A `raw:` name never is. */
bool imap_name_is_pattern(const char *typed);

/*
 * Does PATTERN match the shown name NAME? * matches anything, % anything without the hierarchy
 * DELIMITER (RFC 9051 section 6.3.9; '\0': none). A pattern with neither matches only the same
 * name. The time is at most the product of the two lengths.
 */
bool imap_name_matches(const char *pattern, const char *name, char delimiter);

/* The forms of a string in a command (RFC 9051 section 4). */
enum imap_form {
	IMAP_AS_ATOM,
	IMAP_AS_QUOTED,
	/* line ends, 8-bit where it has no other way, or more than IMAP_QUOTED_MAX */
	IMAP_AS_LITERAL,
	IMAP_UNSENDABLE /* a NUL, which no string may have */
};

enum { IMAP_QUOTED_MAX = 1000 }; /* a command line much longer is not taken everywhere (RFC 7162) */

/*
 * Adds the N bytes S to OUT in their simplest form as an astring (RFC 9051 section 4.3), if that is
 * an atom or quoted; else nothing. 8-bit is quoted only if it is UTF-8 and IS_UTF8. NIL is quoted,
 * or it would be no string.
 */
enum imap_form imap_string_add(struct buf *out, const char *s, size_t n, bool is_utf8);

/* Adds TEXT as a quoted string. It holds no CR and no LF. */
void imap_quote(struct buf *out, const char *text);

#endif
