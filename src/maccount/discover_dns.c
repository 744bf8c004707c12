/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "maccount/discover.h"
#include "maccount/dns.h"

/* TLS from the first byte before STARTTLS (RFC 8314 section 5.1). */
static const struct service {
	const char *label;
	enum protocol protocol;
	enum security security;
} services[] = {
    {"_imaps", PROTOCOL_IMAP, SECURITY_TLS},
    {"_imap", PROTOCOL_IMAP, SECURITY_STARTTLS},
    {"_pop3s", PROTOCOL_POP3, SECURITY_TLS},
    {"_pop3", PROTOCOL_POP3, SECURITY_STARTTLS},
    {"_submissions", PROTOCOL_SMTP, SECURITY_TLS},
    {"_submission", PROTOCOL_SMTP, SECURITY_STARTTLS},
};

enum { SERVICES = sizeof services / sizeof services[0] };

static void
add_record(const struct service *s, const struct dns_question *q, const struct dns_record *r,
	   const char *domain, struct candidates *c)
{
	const bool is_stated = q->is_authentic || candidate_is_inside(r->text, domain);
	struct candidate one = {
	    .url = {.protocol = s->protocol, .security = s->security, .port = r->port},
	    .trust = is_stated ? TRUST_STATED : TRUST_UNSIGNED};

	if (!candidate_is_host(r->text) || r->port == 0)
		return;
	strcpy(one.url.host, r->text);
	one.source =
	    mem_printf("SRV %s%s", q->name,
		       q->is_authentic && !candidate_is_inside(r->text, domain) ? ", signed" : "");
	candidates_add(c, &one);
	free(one.source);
}

/* A single record with the root as its target says that there is no such service (RFC 6186 section
 * 3.4). */
static bool
is_denial(const struct dns_question *q)
{
	return q->count == 1 && q->records[0].text[0] == '\0';
}

/* A protocol is not offered if one of its two records says so, and none names a server. */
static void
note_denials(const struct dns_question *questions, struct candidates *c)
{
	for (size_t i = 0; i < SERVICES; i += 2) {
		const struct dns_question *tls = &questions[i], *starttls = &questions[i + 1];

		c->is_not_offered[services[i].protocol] =
		    (is_denial(tls) && (is_denial(starttls) || starttls->count == 0)) ||
		    (is_denial(starttls) && tls->count == 0);
	}
}

void
discover_srv(const struct discovery *d, struct candidates *c)
{
	struct dns_question questions[SERVICES] = {{0}};
	char *names[SERVICES];

	for (size_t i = 0; i < SERVICES; i++) {
		names[i] = mem_printf("%s._tcp.%s", services[i].label, d->domain);
		questions[i] = (struct dns_question){.name = names[i], .type = DNS_SRV};
	}
	dns_ask(questions, SERVICES, d->deadline);
	for (size_t i = 0; i < SERVICES; i++)
		for (size_t k = 0; k < questions[i].count; k++)
			add_record(&services[i], &questions[i], &questions[i].records[k], d->domain,
				   c);
	note_denials(questions, c);
	dns_free(questions, SERVICES);
	for (size_t i = 0; i < SERVICES; i++)
		free(names[i]);
}

void
discover_guesses(const struct discovery *d, enum protocol protocol, struct candidates *c)
{
	static const struct {
		enum protocol protocol;
		const char *label;
		enum security security;
		uint16_t port;
	} guesses[] = {
	    {PROTOCOL_IMAP, "imap", SECURITY_TLS, 993},
	    {PROTOCOL_IMAP, "mail", SECURITY_TLS, 993},
	    {PROTOCOL_POP3, "pop", SECURITY_TLS, 995},
	    {PROTOCOL_POP3, "mail", SECURITY_TLS, 995},
	    {PROTOCOL_SMTP, "smtp", SECURITY_TLS, 465},
	    {PROTOCOL_SMTP, "mail", SECURITY_TLS, 465},
	    {PROTOCOL_SMTP, "smtp", SECURITY_STARTTLS, 587},
	    {PROTOCOL_SMTP, "mail", SECURITY_STARTTLS, 587},
	};

	for (size_t i = 0; i < sizeof guesses / sizeof guesses[0]; i++) {
		struct candidate one = {.url = {.protocol = guesses[i].protocol,
						.security = guesses[i].security,
						.port = guesses[i].port},
					.source = (char[]){"a guess, verified by its certificate"}};
		const int len = snprintf(one.url.host, sizeof one.url.host, "%s.%s",
					 guesses[i].label, d->domain);

		if (guesses[i].protocol == protocol && len > 0 && len < (int)sizeof one.url.host)
			candidates_add(c, &one);
	}
}
