/* SPDX-License-Identifier: ISC */
/*
 * imap_query - the query of mlist --search, as a search program of IMAP (RFC 9051 section 6.4.4).
 * No I/O.
 *
 * A query is words with blanks between them, all of which must hold:
 *
 *	from:TEXT to:TEXT cc:TEXT bcc:TEXT	the address or the name has TEXT in it, in any case
 *	subject:TEXT body:TEXT text:TEXT	so has the subject, the body, header or body
 *	message-id:TEXT				so has the Message-ID
 *	since:DAY before:DAY on:DAY		the day of arrival; since takes DAY in, before does
 *not sent-since:DAY sent-before:DAY sent-on:DAY	the day in the header's Date larger:SIZE
 *smaller:SIZE		than that many octets: 500k, 10M as for --max-size seen unseen flagged
 *unflagged answered unanswered deleted undeleted draft undraft
 *
 * DAY is 2026-01-31, today, yesterday, or a time ago, 7d (units as for --keep; a server's finest
 *unit is the day). TEXT and other values end at a blank or a parenthesis, unless in double quotes,
 *where
 * \" and \\ are " and \. A word with - or `not` before it must not hold. `or` between words: what
 * stands on one of its sides must hold; it binds less than the blank. Parentheses group. Keys and
 *the words or and not have any case.
 *
 *	from:alice subject:"monthly report" since:30d -seen
 *	(from:alice or from:bob) larger:1M
 *
 * "NEW" is left out: IMAP means by it what came since the last session, RFC 9051 has it no more,
 *and mlist's operand `new` is what is not fetched yet.
 */
#ifndef MAILVERBS_PROTO_IMAP_IMAP_QUERY_H
#define MAILVERBS_PROTO_IMAP_IMAP_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

struct err;

enum { IMAP_SEARCH_WORDS_MAX = 256 }; /* servers bound how deep a program nests */

/* A part of a command: text as it is, or the octets of a literal (its {N} is the sender's part). */
struct imap_piece {
	bool is_literal;
	size_t len;
	char *bytes; /* NUL behind them */
};

/* What follows "UID SEARCH " (and RETURN, RFC 9051 section 6.4.4). */
struct imap_search {
	struct imap_piece *pieces;
	size_t count;
};

/*
 * Translates QUERY (UTF-8). NOW is the moment from which times are counted, in the local time zone.
 * IS_UTF8: ENABLE has told the server that strings are UTF-8: they are quoted, and CHARSET must not
 * be said (RFC 6855 section 3); else CHARSET UTF-8 stands in front where a text is not ASCII, which
 * then is a literal. Pure: called before the connection is made, it finds what is wrong with the
 * query. False: *e is ERR_USAGE, and *s is empty.
 */
bool imap_search_parse(struct imap_search *s, const char *query, time_t now, bool is_utf8,
		       struct err *e);
void imap_search_free(struct imap_search *s); /* leaves an empty one */

#endif
