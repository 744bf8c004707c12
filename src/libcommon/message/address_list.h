/* SPDX-License-Identifier: ISC */
/*
 * address_list - the addresses in a header field's body (RFC 5322 section 3.4 with the obsolete
 * forms of section 4.4, and RFC 6532's UTF-8).
 */
#ifndef MAILVERBS_MESSAGE_ADDRESS_LIST_H
#define MAILVERBS_MESSAGE_ADDRESS_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct err;

/*
 * A mailbox as it is needed on the wire. Both are borrowed until the callback returns.
 *
 * `addr` is local-part "@" domain, or a local part alone where the field has no domain, and always
 * one that address_is_valid() accepts. Comments and blanks are gone, a local part is quoted where
 * it must be and nowhere else (RFC 5321 section 4.1.2), a source route is dropped.
 *
 * `name` is the display name without quotes and escapes, encoded words not decoded; empty if the
 * address has none. It may hold control bytes, but no NUL.
 */
struct address {
	const char *addr;
	const char *name;
};

/* Takes one mailbox. False: stop, *e is set. */
typedef bool (*address_take)(void *ctx, const struct address *a, struct err *e);

/*
 * Calls TAKE for each mailbox in the N bytes of BODY, folded or not, in order, groups opened.
 * False: the text is not a valid address list, and *e (ERR_MALFORMED) tells the error and its
 * place; or TAKE returned false, having set *e itself. Addresses taken before remain taken.
 *
 * Taken beyond RFC 5322, as nothing can be misunderstood: commas without an address between them
 * (obsolete syntax); a last group that isn't closed; dots at odd places in a local part (it comes
 * out quoted: "a..b"@example.org); any text as the name before an address in angle brackets
 * ("[ML] Ann <a@b>", "a@b <a@b>"); a semicolon after a whole address. The null address <> names
 * nobody and is passed over. Refused where there is no domain: a quoted "a@b", an encoded word.
 */
bool address_list(const char *body, size_t n, address_take take, void *ctx, struct err *e);

/*
 * Does BODY hold nothing but a name: words, quoted or encoded or not, with <> after them or not, or
 * nothing at all, and no @ even once they are decoded? True: *WORDS is the name as address_list()
 * gives it, the caller's to free(); empty where there is none.
 */
bool address_words(const char *body, size_t n, char **words);

#endif
