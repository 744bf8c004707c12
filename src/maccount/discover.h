/* SPDX-License-Identifier: ISC */
/*
 * discover - which servers has an address?
 *
 * Sources, the best first: a preset by the address's domain; the domain's own statements (SRV
 * records, RFC 6186 and 8314; autoconfig and PACC documents over HTTPS); a preset by the domain's
 * MX; at last usual names, where no source knows a server for a protocol. The sources are asked
 * side by side. Each server found is connected to before it is offered.
 */
#ifndef MAILVERBS_MACCOUNT_DISCOVER_H
#define MAILVERBS_MACCOUNT_DISCOVER_H

#include <stdbool.h>
#include <stdint.h>

#include "maccount/candidate.h"

struct buf;
struct err;
struct run;

/* Borrowed strings. */
struct discovery {
	const char *address;
	const char *domain; /* of the address, in A-labels, lower case */
	const char *ca_file;
	unsigned timeout_s; /* of each question and each check */
	int64_t deadline;   /* of the questions (net/wait.h) */
	bool may_ask;       /* on the terminal */
};

/* Those that a server is looked for, in the order of the lines of a section. */
enum { DISCOVER_PROTOCOLS = 3 };
extern const enum protocol discover_protocols[DISCOVER_PROTOCOLS];

/* The result: the server to use for each protocol, or NULL. They point into `all`. */
struct discovered {
	struct candidates all;
	const struct candidate *chosen[PROTOCOL_IMAP + 1];
};

/* Asks all sources. False: *e is ERR_UNAVAILABLE, nothing was found; ERR_USAGE: it is not a mail
 * address. Freed by discovered_free() in any case. */
bool discover(const struct run *run, const char *address, struct discovered *d, struct err *e);
void discovered_free(struct discovered *d);

/* Adds the section NAME for config.ini with the chosen servers, each line with its source. */
void discovered_section(const struct discovered *d, const char *name, const char *address,
			struct buf *out);

/* Adds a comment for each server that is not used, with the reason. */
void discovered_refused(const struct discovered *d, struct buf *out);

/* The sources; each adds what it finds. */
void discover_preset(const struct discovery *d, struct candidates *c);
void discover_srv(const struct discovery *d, struct candidates *c);
void discover_autoconfig(const struct discovery *d, struct candidates *c);
void discover_well_known(const struct discovery *d, struct candidates *c);
void discover_pacc(const struct discovery *d, struct candidates *c);
void discover_mx(const struct discovery *d, struct candidates *c);

/* Usual names for PROTOCOL's servers; only a connection can tell whether they exist. */
void discover_guesses(const struct discovery *d, enum protocol protocol, struct candidates *c);

/* Does ADDRESS have a local part and a domain? False: *e is ERR_USAGE. */
bool discover_check_address(const char *address, struct err *e);

#endif
