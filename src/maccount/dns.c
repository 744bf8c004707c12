/* SPDX-License-Identifier: ISC */
#include "maccount/dns.h"

#include <ares.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/stop.h"
#include "base/text.h"
#include "net/wait.h"

enum {
	UDP_SIZE = 1232,
	AD_BIT = 0x20,
	RECORDS_MAX = 32,
	ADDRESSES_MAX = 8,
	TRY_MS = 1500,
	TRIES = 3,
	HEADER_SIZE = 12,
	CLASS_IN = 1
};

/* A question under way. */
struct pending {
	struct dns_question *question;
	size_t *open; /* how many are */
};

bool
dns_is_overridden(void)
{
	const char *servers = getenv("MAILVERBS_DNS");

	return servers && servers[0];
}

static bool
channel_open(ares_channel *channel)
{
	struct ares_options options = {.flags = ARES_FLAG_EDNS | ARES_FLAG_NOSEARCH,
				       .timeout = TRY_MS,
				       .tries = TRIES,
				       .ednspsz = UDP_SIZE,
				       .lookups = (char[]){"b"}};
	int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_EDNSPSZ;

	if (dns_is_overridden())
		mask |= ARES_OPT_LOOKUPS;
	if (ares_init_options(channel, &options, mask) != ARES_SUCCESS)
		return false;
	if (!dns_is_overridden() ||
	    ares_set_servers_ports_csv(*channel, getenv("MAILVERBS_DNS")) == ARES_SUCCESS)
		return true;
	ares_destroy(*channel);
	return false;
}

static bool
is_loopback(const struct ares_addr_port_node *server)
{
	if (server->family == AF_INET)
		return (ntohl(server->addr.addr4.s_addr) >> 24) == 127;
	return memcmp(&server->addr.addr6, &in6addr_loopback, sizeof in6addr_loopback) == 0;
}

/* Are all servers on this machine? */
static bool
is_resolver_local(ares_channel channel)
{
	struct ares_addr_port_node *servers = NULL;
	bool is_local = ares_get_servers_ports(channel, &servers) == ARES_SUCCESS && servers;

	for (const struct ares_addr_port_node *s = servers; is_local && s; s = s->next)
		is_local = is_loopback(s);
	ares_free_data(servers);
	return is_local;
}

static void
add_record(struct dns_question *q, const struct dns_record *r)
{
	if (q->count == RECORDS_MAX) {
		free(r->text);
		return;
	}
	q->records = mem_room(q->records, q->count, sizeof *q->records);
	q->records[q->count++] = *r;
}

static int
parse_srv(struct dns_question *q, const unsigned char *bytes, int len)
{
	struct ares_srv_reply *list = NULL;
	const int result = ares_parse_srv_reply(bytes, len, &list);

	for (const struct ares_srv_reply *r = list; r; r = r->next)
		add_record(q, &(struct dns_record){.text = mem_strdup(r->host),
						   .priority = r->priority,
						   .weight = r->weight,
						   .port = r->port});
	ares_free_data(list);
	return result;
}

static int
parse_mx(struct dns_question *q, const unsigned char *bytes, int len)
{
	struct ares_mx_reply *list = NULL;
	const int result = ares_parse_mx_reply(bytes, len, &list);

	for (const struct ares_mx_reply *r = list; r; r = r->next)
		add_record(
		    q, &(struct dns_record){.text = mem_strdup(r->host), .priority = r->priority});
	ares_free_data(list);
	return result;
}

/* A record's strings are one text (RFC 7208 section 3.3). */
static int
parse_txt(struct dns_question *q, const unsigned char *bytes, int len)
{
	struct ares_txt_ext *list = NULL;
	const int result = ares_parse_txt_reply_ext(bytes, len, &list);
	struct buf text = {0};

	for (const struct ares_txt_ext *r = list; r; r = r->next) {
		buf_add(&text, r->txt, strnlen((const char *)r->txt, r->length));
		if (r->next && !r->next->record_start)
			continue;
		add_record(q, &(struct dns_record){.text = buf_take(&text)});
	}
	ares_free_data(list);
	return result;
}

static int
compare(const void *a, const void *b)
{
	const struct dns_record *x = a, *y = b;

	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	return x->weight == y->weight ? 0 : x->weight > y->weight ? -1 : 1;
}

static void
parse(struct dns_question *q, const unsigned char *bytes, int len)
{
	const int result = q->type == DNS_SRV  ? parse_srv(q, bytes, len)
			   : q->type == DNS_MX ? parse_mx(q, bytes, len)
					       : parse_txt(q, bytes, len);

	if (result != ARES_SUCCESS && result != ARES_ENODATA)
		return;
	q->status = q->count > 0 ? DNS_FOUND : DNS_NOTHING;
	if (q->count > 0)
		qsort(q->records, q->count, sizeof *q->records, compare);
	for (size_t i = 0; i < q->count; i++) {
		const size_t end = strlen(q->records[i].text);

		if (q->type != DNS_TXT && end > 0 && q->records[i].text[end - 1] == '.')
			q->records[i].text[end - 1] = '\0';
	}
}

static void
on_answer(void *ctx, int status, int timeouts, unsigned char *bytes, int len)
{
	struct pending *p = ctx;

	(void)timeouts;
	(*p->open)--;
	if (status == ARES_ENOTFOUND || status == ARES_ENODATA)
		p->question->status = DNS_NOTHING;
	if (status != ARES_SUCCESS || !bytes || len < HEADER_SIZE)
		return;
	parse(p->question, bytes, len);
	p->question->is_authentic = bytes[3] & AD_BIT;
}

/* With the AD bit set, which asks for the bit in the answer (RFC 6840 section 5.7). */
static void
ask_one(ares_channel channel, struct pending *p)
{
	unsigned char *query = NULL;
	unsigned short id = 0;
	int len = 0;

	if (getrandom(&id, sizeof id, 0) != sizeof id ||
	    ares_create_query(p->question->name, CLASS_IN, (int)p->question->type, id, 1, &query,
			      &len, UDP_SIZE) != ARES_SUCCESS)
		return;
	query[3] |= AD_BIT;
	(*p->open)++;
	ares_send(channel, query, len, on_answer, p);
	ares_free_string(query);
}

/* Lets c-ares work until *OPEN is 0 or the deadline has come. */
static void
work(ares_channel channel, const size_t *open, int64_t deadline)
{
	while (*open > 0 && wait_clock() < deadline && stop_signal() == 0) {
		ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
		const int mask = ares_getsock(channel, sockets, ARES_GETSOCK_MAXNUM);
		struct pollfd fds[ARES_GETSOCK_MAXNUM];
		const int64_t next = wait_clock() + 100;
		nfds_t n = 0;

		for (int i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
			const short events =
			    (short)((ARES_GETSOCK_READABLE(mask, i) ? POLLIN : 0) |
				    (ARES_GETSOCK_WRITABLE(mask, i) ? POLLOUT : 0));

			if (events)
				fds[n++] = (struct pollfd){.fd = sockets[i], .events = events};
		}
		wait_fds(fds, n, next < deadline ? next : deadline);
		for (nfds_t i = 0; i < n; i++)
			ares_process_fd(channel,
					fds[i].revents & ~POLLOUT ? fds[i].fd : ARES_SOCKET_BAD,
					fds[i].revents & POLLOUT ? fds[i].fd : ARES_SOCKET_BAD);
		ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	}
}

void
dns_ask(struct dns_question *questions, size_t n, int64_t deadline)
{
	struct pending *pending = mem_alloc((n + 1) * sizeof *pending);
	ares_channel channel;
	size_t open = 0;

	if (channel_open(&channel)) {
		const bool is_local = is_resolver_local(channel);

		for (size_t i = 0; i < n; i++) {
			pending[i] = (struct pending){.question = &questions[i], .open = &open};
			ask_one(channel, &pending[i]);
		}
		work(channel, &open, deadline);
		ares_destroy(channel);
		for (size_t i = 0; i < n; i++)
			questions[i].is_authentic = questions[i].is_authentic && is_local;
	}
	free(pending);
}

void
dns_free(struct dns_question *questions, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < questions[i].count; k++)
			free(questions[i].records[k].text);
		free(questions[i].records);
		questions[i].records = NULL;
		questions[i].count = 0;
	}
}

/* The addresses as they come in. */
struct lookup {
	struct buf text;
	size_t open;
};

static void
on_addresses(void *ctx, int status, int timeouts, struct ares_addrinfo *result)
{
	struct lookup *l = ctx;
	size_t count = 0;

	(void)timeouts;
	l->open = 0;
	if (status != ARES_SUCCESS)
		return;
	for (const struct ares_addrinfo_node *n = result->nodes; n && count < ADDRESSES_MAX;
	     n = n->ai_next) {
		char text[NI_MAXHOST];

		if (getnameinfo(n->ai_addr, n->ai_addrlen, text, sizeof text, NULL, 0,
				NI_NUMERICHOST) != 0)
			continue;
		buf_addf(&l->text, "%s%s", count++ > 0 ? "," : "", text);
	}
	ares_freeaddrinfo(result);
}

char *
dns_addresses(const char *host, int64_t deadline)
{
	const struct ares_addrinfo_hints hints = {.ai_family = AF_UNSPEC};
	struct lookup l = {.open = 1};
	ares_channel channel;

	if (text_equal_case(host,
			    "localhost")) /* no question for a server (RFC 6761 section 6.3) */
		return mem_strdup("127.0.0.1");
	if (!channel_open(&channel))
		return NULL;
	ares_getaddrinfo(channel, host, NULL, &hints, on_addresses, &l);
	work(channel, &l.open, deadline);
	ares_destroy(channel);
	if (l.text.len > 0)
		return buf_take(&l.text);
	buf_free(&l.text);
	return NULL;
}
