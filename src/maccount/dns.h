/* SPDX-License-Identifier: ISC */
/*
 * dns - questions to the resolver, by c-ares: several at once, with a deadline of ours.
 *
 * The servers are those of /etc/resolv.conf, or of MAILVERBS_DNS (ADDRESS[:PORT][,…]) where that is
 * set. Each call has a channel of its own, so threads may ask side by side.
 */
#ifndef MAILVERBS_MACCOUNT_DNS_H
#define MAILVERBS_MACCOUNT_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum dns_type { DNS_MX = 15, DNS_TXT = 16, DNS_SRV = 33 };

enum dns_status {
	DNS_FAILED,  /* no answer, or none that makes sense */
	DNS_NOTHING, /* the name, or a record of this type, does not exist */
	DNS_FOUND
};

struct dns_record {
	char *text; /* MX, SRV: the host, without the final dot ("": the root); TXT: the text */
	unsigned priority;
	unsigned weight;
	uint16_t port;
};

struct dns_question {
	const char *name; /* in A-labels */
	enum dns_type type;
	/* The answer; freed by dns_free(). */
	enum dns_status status;
	/*
	 * The AD bit (RFC 4035 section 3.2.3) of a resolver on the loopback interface: it has
	 * checked the signatures. Others could say so, and nobody would know who changed the answer
	 * on its way.
	 */
	bool is_authentic;
	struct dns_record *records; /* by priority, then by weight, the heaviest first */
	size_t count;
};

/* Asks N questions at once. DEADLINE as in net/wait.h. */
void dns_ask(struct dns_question *questions, size_t n, int64_t deadline);
void dns_free(struct dns_question *questions, size_t n);

/* The addresses of HOST, IPv6 and IPv4, as text separated by commas, at most 8; the caller's to
 * free(). NULL: there are none, or no answer came. /etc/hosts is read too, unless MAILVERBS_DNS is
 * set. */
char *dns_addresses(const char *host, int64_t deadline);

/* Is MAILVERBS_DNS set? */
bool dns_is_overridden(void);

#endif
