/* SPDX-License-Identifier: ISC */
/*
 * address - one address as SMTP has it: what is valid, and its parts. The addresses in a header are
 * read by address_list.
 */
#ifndef MAILVERBS_MESSAGE_ADDRESS_H
#define MAILVERBS_MESSAGE_ADDRESS_H

#include <stdbool.h>

struct buf;

/* The longest ADDR: a path has 256 octets with its angle brackets (RFC 5321 section 4.5.3.1.3). */
#define ADDRESS_MAX 254

/*
 * May ADDR be used between < and > in MAIL and RCPT (RFC 5321 section 4.1.2, RFC 6531)? Nothing
 * that text_printable() would escape, no blank or angle bracket outside quotes, domains of atoms
 * (an underscore passes) or [IPv4] or [IPv6:...], at most ADDRESS_MAX octets. A local part without
 * a domain passes: "postmaster", "root".
 *
 * The limit of 64 octets for a local part (section 4.5.3.1.1) is not enforced: section 4.5.3.1 asks
 * not to impose it where it can be helped, and VERP and SRS senders are longer. The server decides.
 */
bool address_is_valid(const char *addr);

/* The domain of ADDR (after the last @ outside quotes), or NULL if it has none. */
const char *address_domain(const char *addr);

/* ADDR with its domain as it goes over the wire, in lower case, for comparing mailboxes: a domain is
 * the same in any case and either spelling, and a local part is not. The caller's to free(). */
char *address_key(const char *addr);

/* Adds the local part LOCAL, without its quotes, and quotes it if it must be and not otherwise. */
void address_add_local(struct buf *out, const char *local);

/*
 * Adds the sender's address with the recipient's in it, by which a report tells whom it is about
 * (VERP): alice@a.example and bob@b.example make alice+bob=b.example@a.example.
 */
void address_add_verp(struct buf *out, const char *sender, const char *recipient);

bool address_is_ascii(const char *addr);

/*
 * The same mailbox, as far as that can be known from outside: domains compare without ASCII case,
 * local parts with. Both are in the form that address_list() gives.
 */
bool address_equal(const char *a, const char *b);

#endif
