/* SPDX-License-Identifier: ISC */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "maccount/candidate.h"
#include "maccount/dns.h"
#include "maccount/greet.h"
#include "maccount/ports.h"
#include "net/connect.h"
#include "net/dialog.h"
#include "net/stream.h"
#include "net/tls.h"
#include "net/wait.h"

/* The input of a thread. */
struct check {
	struct candidate *candidate;
	const char *ca_file;
	unsigned timeout_s;
	pthread_t thread;
	bool is_running;
};

static bool
converse(struct stream *s, const struct candidate *c, const struct tls_params *tls, struct err *e)
{
	struct dialog *d = greet(s, &c->url, tls, e);
	const bool ok = d && greet_leave(d, &c->url, e);

	dialog_free(d);
	return ok;
}

static bool
try_address(const struct check *k, const char *address, struct err *e)
{
	const struct candidate *c = k->candidate;
	const struct connect_params to = {.host = address,
					  .port = ports_of(c->url.port),
					  .family = AF_UNSPEC,
					  .timeout_s = k->timeout_s};
	const struct tls_params tls = {.host = c->url.host, .ca_file = k->ca_file};
	struct stream *s = stream_open(&to, e);
	bool ok;

	if (!s)
		return false;
	stream_set_timeout(s, k->timeout_s);
	ok = converse(s, c, &tls, e);
	stream_close(s);
	return ok;
}

/* Tests say which resolver to ask; then the first address that can be reached decides. */
static void
try_addresses(struct check *k)
{
	struct candidate *c = k->candidate;
	char *addresses = dns_addresses(c->url.host, wait_deadline(k->timeout_s)),
	     *rest = addresses;

	if (!addresses)
		err_set(&c->why_not, ERR_NO_HOST, "%s: no such host", c->url.host);
	for (char *one; rest && (one = strtok_r(rest, ",", &rest));) {
		c->works = try_address(k, one, &c->why_not);
		if (c->works || c->why_not.code != ERR_TEMPORARY)
			break;
	}
	free(addresses);
}

static void *
check(void *ctx)
{
	struct check *k = ctx;
	struct candidate *c = k->candidate;

	if (dns_is_overridden())
		try_addresses(k);
	else
		c->works = try_address(k, c->url.host, &c->why_not);
	return NULL;
}

void
candidates_check(struct candidates *c, const char *ca_file, unsigned timeout_s)
{
	struct check *checks = mem_alloc((c->count + 1) * sizeof *checks);

	for (size_t i = 0; i < c->count; i++) {
		checks[i] = (struct check){
		    .candidate = &c->items[i], .ca_file = ca_file, .timeout_s = timeout_s};
		checks[i].is_running =
		    pthread_create(&checks[i].thread, NULL, check, &checks[i]) == 0;
		if (!checks[i].is_running)
			check(&checks[i]);
	}
	for (size_t i = 0; i < c->count; i++)
		if (checks[i].is_running)
			pthread_join(checks[i].thread, NULL);
	free(checks);
}
