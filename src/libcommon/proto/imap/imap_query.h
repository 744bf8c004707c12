/* SPDX-License-Identifier: ISC */
/*
 * imap_query - the query of --search, as a search program of IMAP (RFC 9051 section 6.4.4).
 * No I/O.
 *
 * A query is words with blanks between them, all of which must hold:
 *
 *	from:TEXT to:TEXT cc:TEXT bcc:TEXT  the address or the name contains TEXT, in any case
 *	subject:TEXT message-id:TEXT        that field contains TEXT
 *	body:TEXT text:TEXT                 the body, or the header or the body, contains TEXT
 *	since:DAY before:DAY on:DAY         the day of arrival; since includes DAY, before does not
 *	sent-since:DAY sent-before:DAY sent-on:DAY
 *	                                    the day in the header's Date
 *	larger:SIZE smaller:SIZE            than that many octets: 500k, 10M as for --max-size
 *	seen unseen flagged unflagged answered unanswered deleted undeleted draft undraft
 *
 * DAY is 2026-01-31, today, yesterday, or a time ago, 7d (units as for --keep; a server's finest
 * unit is the day). TEXT and other values end at a blank or a parenthesis, unless in double quotes,
 * in which \" and \\ are " and \. A word with - or `not` before it must not hold. With `or` between
 * words, one of its sides must hold; it binds less than the blank. Parentheses group. Keys and the
 * words or and not may be in any case.
 *
 *	from:alice subject:"monthly report" since:30d -seen
 *	(from:alice or from:bob) larger:1M
 *
 * "NEW" is left out: in IMAP it means the messages since the last session, RFC 9051 dropped it, and
 * mlist's operand `new` means the messages that have not been fetched yet.
 */
#ifndef MAILVERBS_PROTO_IMAP_IMAP_QUERY_H
#define MAILVERBS_PROTO_IMAP_IMAP_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

struct err;

enum { IMAP_QUERY_WORDS_MAX = 256 }; /* servers bound how deep a program nests */

/* A part of a command: text as it is, or the octets of a literal (its {N} is the sender's part). */
struct imap_piece {
	bool is_literal;
	size_t len;
	char *bytes; /* followed by a NUL */
};

/* The search program: the text after "UID SEARCH " (and RETURN, RFC 9051 section 6.4.4). */
struct imap_query {
	struct imap_piece *pieces;
	size_t count;
};

/*
 * Translates QUERY (UTF-8). NOW is the moment from which times are counted, in the local time zone.
 * IS_UTF8: ENABLE has told the server that strings are UTF-8: they are quoted, and CHARSET must not
 * be sent (RFC 6855 section 3). Otherwise, a text that is not ASCII is a literal, and CHARSET UTF-8
 * comes before the program. The function is pure: it reports errors in the query before the
 * connection is made. False: *e is ERR_USAGE, and *s is empty.
 */
bool imap_query_parse(struct imap_query *s, const char *query, time_t now, bool is_utf8,
		      struct err *e);
void imap_query_free(struct imap_query *s); /* leaves an empty one */

#endif
