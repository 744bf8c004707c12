/* SPDX-License-Identifier: ISC */
#include "maccount/https.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/stop.h"
#include "base/text.h"
#include "base/trace.h"
#include "maccount/dns.h"
#include "maccount/ports.h"
#include "net/wait.h"

enum { REDIRECTS_MAX = 3, HOST_MAX = 256, HTTPS_PORT = 443 };

/* One exchange. */
struct exchange {
	const struct https_request *request;
	struct https_answer *answer;
	CURL *curl;
	struct curl_slist *connect_to, *resolve, *headers;
	char host[HOST_MAX];
	char *location; /* where a redirect leads, absolute; NULL: none */
	int64_t grace;  /* after a signal, when the answer is no longer waited for; 0: none came */
	bool is_too_large;
};

void
https_start(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

static char *
part_of(const char *url, CURLUPart part, unsigned flags)
{
	CURLU *parsed = curl_url();
	char *text = NULL, *copy = NULL;

	if (parsed && curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    curl_url_get(parsed, part, &text, flags) == CURLUE_OK)
		copy = mem_strdup(text);
	curl_free(text);
	curl_url_cleanup(parsed);
	return copy;
}

bool
https_is_url(const char *url)
{
	char *host = part_of(url, CURLUPART_HOST, 0), *user = part_of(url, CURLUPART_USER, 0),
	     *fragment = part_of(url, CURLUPART_FRAGMENT, 0);
	const bool is = text_begins(url, "https://") && host && host[0] && !user && !fragment;

	free(host);
	free(user);
	free(fragment);
	return is;
}

static size_t
on_body(char *bytes, size_t size, size_t n, void *ctx)
{
	struct exchange *x = ctx;

	if (x->answer->body.len + size * n > x->request->size_max) {
		x->is_too_large = true;
		return 0;
	}
	buf_add(&x->answer->body, bytes, size * n);
	return size * n;
}

static size_t
on_header(char *line, size_t size, size_t n, void *ctx)
{
	struct exchange *x = ctx;
	char date[64];

	if (text_starts(line, size * n, "date:")) {
		snprintf(date, sizeof date, "%.*s", (int)(size * n) - 5, line + 5);
		x->answer->date = (int64_t)curl_getdate(date, NULL);
	}
	return size * n;
}

/* Called by libcurl now and then; returns 0 to go on. After a signal a request that went out is not
 * ended at once: the server may have carried it out already, and only its answer tells. */
static int
on_progress(void *ctx, curl_off_t all_down, curl_off_t down, curl_off_t all_up, curl_off_t up)
{
	struct exchange *x = ctx;

	(void)all_down, (void)down, (void)all_up;
	if (stop_signal() == 0)
		return 0;
	if (x->grace == 0)
		x->grace = wait_deadline(x->request->grace_s);
	return x->request->grace_s == 0 || up == 0 || wait_clock() >= x->grace;
}

/* Names are resolved by c-ares only where tests say which server to ask: libcurl's own way knows of
 * proxies, /etc/hosts and whatever else the system has. */
static bool
set_route(struct exchange *x, unsigned port)
{
	const unsigned to = ports_of((uint16_t)port);
	char *addresses, *line;

	if (to != port) {
		line = mem_printf("%s:%u:%s:%u", x->host, port, x->host, to);
		x->connect_to = curl_slist_append(NULL, line);
		curl_easy_setopt(x->curl, CURLOPT_CONNECT_TO, x->connect_to);
		free(line);
	}
	if (!dns_is_overridden())
		return true;
	addresses = dns_addresses(x->host, wait_deadline(x->request->timeout_s));
	if (!addresses)
		return false;
	line = mem_printf("%s:%u:%s", x->host, to, addresses);
	x->resolve = curl_slist_append(NULL, line);
	curl_easy_setopt(x->curl, CURLOPT_RESOLVE, x->resolve);
	free(addresses);
	free(line);
	return true;
}

static void
set_body(struct exchange *x)
{
	const struct https_request *r = x->request;
	char *type;

	x->headers = curl_slist_append(NULL, "Accept: application/json, text/xml, */*;q=0.1");
	if (r->body) {
		type = mem_printf("Content-Type: %s", r->type);
		x->headers = curl_slist_append(x->headers, type);
		free(type);
		curl_easy_setopt(x->curl, CURLOPT_POSTFIELDS, r->body);
	}
	curl_easy_setopt(x->curl, CURLOPT_HTTPHEADER, x->headers);
}

static void
set_options(struct exchange *x, const char *url)
{
	CURL *c = x->curl;

	curl_easy_setopt(c, CURLOPT_URL, url);
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "https");
#else
	curl_easy_setopt(c, CURLOPT_PROTOCOLS, (long)CURLPROTO_HTTPS);
#endif
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)x->request->timeout_s);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "maccount (mailverbs) " PACKAGE_VERSION);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, x);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, x);
	curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(c, CURLOPT_XFERINFODATA, x);
	if (x->request->ca_file) { /* else libcurl would trust the system's directory as well */
		curl_easy_setopt(c, CURLOPT_CAINFO, x->request->ca_file);
		curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
	}
	set_body(x);
}

static enum err_code
code_of(CURLcode result)
{
	static const struct {
		CURLcode result;
		enum err_code code;
	} codes[] = {
	    {CURLE_PEER_FAILED_VERIFICATION, ERR_LOGIN}, {CURLE_SSL_CACERT_BADFILE, ERR_CONFIG},
	    {CURLE_COULDNT_RESOLVE_HOST, ERR_NO_HOST},   {CURLE_UNSUPPORTED_PROTOCOL, ERR_CONFIG},
	    {CURLE_URL_MALFORMAT, ERR_CONFIG},           {CURLE_WEIRD_SERVER_REPLY, ERR_PROTOCOL},
	};

	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
		if (codes[i].result == result)
			return codes[i].code;
	return ERR_TEMPORARY;
}

static bool
explain(const struct exchange *x, CURLcode result, const char *words, struct err *e)
{
	if (x->is_too_large)
		return err_set(e, ERR_PROTOCOL, "%s: the answer is larger than %zu KiB", x->host,
			       x->request->size_max / 1024);
	if (stop_signal() != 0)
		return err_set(e, ERR_TEMPORARY, "%s: interrupted", x->host);
	return err_set(e, code_of(result), "%s: %s", x->host,
		       words[0] ? words : curl_easy_strerror(result));
}

static void
read_answer(struct exchange *x)
{
	char *location = NULL;
	curl_off_t after = 0;

	curl_easy_getinfo(x->curl, CURLINFO_RESPONSE_CODE, &x->answer->status);
	curl_easy_getinfo(x->curl, CURLINFO_REDIRECT_URL, &location);
	curl_easy_getinfo(x->curl, CURLINFO_RETRY_AFTER, &after);
	x->location = mem_strdup(location);
	x->answer->retry_after_s = after > 0 && after < 3600 ? (unsigned)after : 0;
	if (x->answer->date < 0)
		x->answer->date = 0;
	trace_note(TRACE_PROTOCOL, "https://%s: status %ld, %zu octets", x->host, x->answer->status,
		   x->answer->body.len);
}

/* X must be ended, whatever the result. */
static bool
perform(struct exchange *x, const char *url, struct err *e)
{
	char words[CURL_ERROR_SIZE] = "";
	char *host = part_of(url, CURLUPART_HOST, 0),
	     *port = part_of(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
	CURLcode result;
	bool has_route;

	snprintf(x->host, sizeof x->host, "%s", host);
	set_options(x, url);
	has_route = set_route(x, (unsigned)strtoul(port, NULL, 10));
	free(host);
	free(port);
	if (!has_route)
		return err_set(e, ERR_NO_HOST, "%s: no such host", x->host);
	curl_easy_setopt(x->curl, CURLOPT_ERRORBUFFER, words);
	result = curl_easy_perform(x->curl);
	if (result != CURLE_OK)
		return explain(x, result, words, e);
	read_answer(x);
	return true;
}

static void
end(struct exchange *x)
{
	curl_easy_cleanup(x->curl);
	curl_slist_free_all(x->connect_to);
	curl_slist_free_all(x->resolve);
	curl_slist_free_all(x->headers);
}

bool
https_is_same_server(const char *a, const char *b)
{
	bool same = true;

	for (int i = 0; i < 2; i++) {
		const CURLUPart part = i == 0 ? CURLUPART_HOST : CURLUPART_PORT;
		char *x = part_of(a, part, CURLU_DEFAULT_PORT),
		     *y = part_of(b, part, CURLU_DEFAULT_PORT);

		same = same && x && y && text_equal_case(x, y);
		free(x);
		free(y);
	}
	return same;
}

static bool
may_follow(const struct https_request *r, const char *location, unsigned count, struct err *e)
{
	if (!r->body && count < REDIRECTS_MAX && https_is_url(location) &&
	    https_is_same_server(r->url, location))
		return true;
	return err_set(e, ERR_PROTOCOL, "%s: redirects to %.200s, which is not followed", r->url,
		       location);
}

static bool
fetch_one(const struct https_request *r, const char *url, struct https_answer *a, char **location,
	  struct err *e)
{
	struct exchange x = {.request = r, .answer = a, .curl = curl_easy_init()};
	bool ok;

	*location = NULL;
	if (!x.curl)
		return err_set(e, ERR_TEMPORARY, "libcurl does not start");
	ok = perform(&x, url, e);
	if (ok)
		*location = x.location;
	end(&x);
	return ok;
}

bool
https_fetch(const struct https_request *r, struct https_answer *a, struct err *e)
{
	char *url = mem_strdup(r->url), *location = NULL;
	bool ok =
	    https_is_url(url) || err_set(e, ERR_CONFIG, "'%s' is not a valid https:// URL", r->url);

	*a = (struct https_answer){0};
	for (unsigned count = 0; ok; count++) {
		ok = fetch_one(r, url, a, &location, e);
		if (!ok || !location)
			break;
		ok = may_follow(r, location, count, e);
		if (ok)
			https_free(a);
		free(url);
		url = location;
		location = NULL;
	}
	free(url);
	free(location);
	if (!ok)
		https_free(a);
	return ok;
}

void
https_free(struct https_answer *a)
{
	buf_wipe(&a->body);
	*a = (struct https_answer){0};
}
