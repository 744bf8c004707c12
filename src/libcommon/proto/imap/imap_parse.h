/* SPDX-License-Identifier: ISC */
/*
 * imap_parse - what an IMAP server says, as tokens (RFC 3501 and RFC 9051 section 9). No I/O.
 *
 *	struct imap_parse p = {0};
 *	while bytes come: kind = imap_parse(&p, bytes, n, &used, &token)
 *
 * The tokens do not depend on the size of the pieces, except that a literal's octets come in other
 * pieces. Text, not tokens, follows a status word: the caller, which has just seen that word, says
 * so by imap_parse_text().
 *
 * Lenient where servers are: a line may end in LF alone, blanks may be several, an atom may hold
 * 8-bit bytes. Strict where leniency would let one message's text be taken for the server's words:
 * a string is followed by a blank, a parenthesis or the end of the line; a line ends outside of all
 * lists.
 */
#ifndef MAILVERBS_PROTO_IMAP_IMAP_PARSE_H
#define MAILVERBS_PROTO_IMAP_IMAP_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum {
	IMAP_DEPTH_MAX = 64, /* of lists in lists; BODYSTRUCTURE's are the deepest */
	/* bytes of an atom (a sequence set), a quoted string, a text */
	IMAP_TOKEN_MAX = 1024 * 1024,
	IMAP_TOKENS_MAX = 20 * 1000 * 1000 /* in one response: SEARCH names each message */
};

enum imap_kind {
	TOKEN_MORE, /* the bytes are used up, and no token is complete */
	/* a word: a number, a flag, a tag, NIL, "BODY[HEADER.FIELDS (TO)]", * and + too */
	TOKEN_ATOM,
	TOKEN_QUOTED,  /* without its quotes and backslashes */
	TOKEN_LITERAL, /* `size` octets follow, as TOKEN_OCTETS */
	TOKEN_OCTETS,  /* at least one octet, in place in the input */
	TOKEN_OPEN,    /* ( */
	TOKEN_CLOSE,   /* ) */
	TOKEN_TEXT,    /* the rest of the line, after imap_parse_text() */
	TOKEN_END,     /* the end of the response */
	TOKEN_BAD      /* not valid IMAP: `text` says why, and parsing cannot continue */
};

struct imap_token {
	enum imap_kind kind;
	/* `len` bytes; borrowed from the input or the parser until the next call */
	const char *text;
	size_t len;
	uint64_t size;
};

/* {0} is a new one. */
struct imap_parse {
	int state;
	struct buf held; /* what came before of the token in hand */
	bool is_spent;   /* `held` was handed out */
	bool in_section; /* within the brackets of BODY[…] */
	bool has_digit;
	bool wants_text;
	bool wants_name;
	bool is_fetch; /* the response is a FETCH */
	unsigned depth;
	unsigned tokens;
	uint64_t left; /* octets of a literal; while its size is read, the size */
};

/*
 * Reads on in N bytes and says in *USED how many it took: all of them for TOKEN_MORE, else those up
 * to the token's end. Call again with the rest. *T is set for all kinds but TOKEN_MORE.
 */
enum imap_kind imap_parse(struct imap_parse *p, const char *bytes, size_t n, size_t *used,
			  struct imap_token *t);

/* The next token is the rest of the line, whatever it holds: TOKEN_TEXT, perhaps empty. */
void imap_parse_text(struct imap_parse *p);

/* The next token is a folder's name: a string, or the rest of the line as TOKEN_TEXT, for servers
 * that don't quote blanks and brackets in it. */
void imap_parse_name(struct imap_parse *p);

void imap_parse_free(struct imap_parse *p);

/* Is it this atom? ASCII case is folded. */
bool imap_is(const struct imap_token *t, const char *atom);

/* Is it a number, of 32 bits (number) or 63 (number64)? */
bool imap_number(const struct imap_token *t, uint32_t *n);
bool imap_number64(const struct imap_token *t, uint64_t *n);

#endif
