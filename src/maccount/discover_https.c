/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/trace.h"
#include "maccount/autoconfig.h"
#include "maccount/discover.h"
#include "maccount/dns.h"
#include "maccount/https.h"
#include "maccount/pacc.h"

/* The document at URL. False: there is none, and -v says why. */
static bool
fetch(const struct discovery *d, const char *url, size_t size_max, struct https_answer *a)
{
	const struct https_request r = {
	    .url = url, .ca_file = d->ca_file, .size_max = size_max, .timeout_s = d->timeout_s};
	struct err e = {0};

	if (!https_fetch(&r, a, &e)) {
		trace_note(TRACE_PROTOCOL, "%s", e.text);
		return false;
	}
	if (a->status == 200)
		return true;
	https_free(a);
	return false;
}

static void
read_autoconfig(const struct discovery *d, const char *url, struct candidates *c)
{
	struct https_answer a;
	struct err e = {0};

	if (!fetch(d, url, AUTOCONFIG_MAX, &a))
		return;
	if (!autoconfig_parse(a.body.data, a.body.len, d->address, url, c, &e)) {
		trace_note(TRACE_PROTOCOL, "%s", e.text);
		candidates_free(c); /* half a document is none */
	}
	https_free(&a);
}

/* The address is not sent: a domain that answers differently for each user is rare. */
void
discover_autoconfig(const struct discovery *d, struct candidates *c)
{
	char *url = mem_printf("https://autoconfig.%s/mail/config-v1.1.xml", d->domain);

	read_autoconfig(d, url, c);
	free(url);
}

void
discover_well_known(const struct discovery *d, struct candidates *c)
{
	char *url = mem_printf("https://%s/.well-known/autoconfig/mail/config-v1.1.xml", d->domain);

	read_autoconfig(d, url, c);
	free(url);
}

static bool
has_digest(const struct dns_question *txt, const struct https_answer *a)
{
	for (size_t i = 0; i < txt->count; i++)
		if (pacc_is_digest_of(txt->records[i].text, a->body.data, a->body.len))
			return true;
	return false;
}

static void
read_pacc(const struct discovery *d, const struct dns_question *txt, struct candidates *c)
{
	char *url = mem_printf(
	    "https://ua-auto-config.%s/.well-known/user-agent-configuration.json", d->domain);
	struct https_answer a;
	struct err e = {0};

	if (fetch(d, url, PACC_MAX, &a)) {
		if (!has_digest(txt, &a))
			trace_note(TRACE_PROTOCOL, "%s: its digest is not in DNS", url);
		else if (!pacc_parse(a.body.data, a.body.len, url, c, &e))
			trace_note(TRACE_PROTOCOL, "%s", e.text);
		https_free(&a);
	}
	free(url);
}

/* Without a digest in DNS no document would be taken, so it is not asked for. */
void
discover_pacc(const struct discovery *d, struct candidates *c)
{
	char *name = mem_printf("_ua-auto-config.%s", d->domain);
	struct dns_question txt = {.name = name, .type = DNS_TXT};

	dns_ask(&txt, 1, d->deadline);
	if (txt.count > 0)
		read_pacc(d, &txt, c);
	dns_free(&txt, 1);
	free(name);
}
