/* SPDX-License-Identifier: ISC */
#include "config/url.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/text.h"

static const struct scheme {
	const char *name;
	enum protocol protocol;
	enum security security;
	uint16_t port;
} schemes[] = {
    {"smtps", PROTOCOL_SMTP, SECURITY_TLS, 465},
    {"smtp", PROTOCOL_SMTP, SECURITY_STARTTLS, 587},
    {"smtp+insecure", PROTOCOL_SMTP, SECURITY_NONE, 587},
    {"pop3s", PROTOCOL_POP3, SECURITY_TLS, 995},
    {"pop3", PROTOCOL_POP3, SECURITY_STARTTLS, 110},
    {"pop3+insecure", PROTOCOL_POP3, SECURITY_NONE, 110},
    {"imaps", PROTOCOL_IMAP, SECURITY_TLS, 993},
    {"imap", PROTOCOL_IMAP, SECURITY_STARTTLS, 143},
    {"imap+insecure", PROTOCOL_IMAP, SECURITY_NONE, 143},
};

const char *
protocol_name(enum protocol p)
{
	static const char *const names[] = {[PROTOCOL_NONE] = "",
					    [PROTOCOL_SMTP] = "smtp",
					    [PROTOCOL_POP3] = "pop3",
					    [PROTOCOL_IMAP] = "imap"};

	return names[p];
}

static const struct scheme *
scheme_find(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
		if (strlen(schemes[i].name) == len && strncasecmp(schemes[i].name, name, len) == 0)
			return &schemes[i];
	return NULL;
}

/* HOST alone means implicit TLS. */
static const struct scheme *
scheme_default(enum protocol protocol)
{
	for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
		if (schemes[i].protocol == protocol && schemes[i].security == SECURITY_TLS)
			return &schemes[i];
	return &schemes[0];
}

static bool
is_host(const char *host, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)host[i] <= ' ' || host[i] == 0x7f ||
		    strchr("/@?#\"<>\\", host[i]))
			return false;
	return true;
}

/* HOST[:PORT] or [IPv6][:PORT]; what follows the host is left at *REST. */
static bool
parse_host(const char *text, struct url *url, const char **rest)
{
	const bool bracketed = text[0] == '[';
	const char *host = bracketed ? text + 1 : text;
	const size_t len = strcspn(host, bracketed ? "]" : ":/");

	if (len >= sizeof url->host || !is_host(host, len) || (bracketed && host[len] != ']'))
		return false;
	memcpy(url->host, host, len);
	url->host[len] = '\0';
	*rest = host + len + (bracketed ? 1 : 0);
	return true;
}

bool
url_parse(const char *text, enum protocol protocol, struct url *url, struct err *e)
{
	const char *sep = strstr(text, "://");
	const char *authority = sep ? sep + 3 : text;
	const struct scheme *scheme =
	    sep ? scheme_find(text, (size_t)(sep - text)) : scheme_default(protocol);
	const char *rest;
	uint64_t port;
	size_t len;

	if (!scheme)
		return err_set(e, ERR_USAGE,
			       "'%s': the scheme is none of smtps, smtp, pop3s, pop3, imaps, imap "
			       "(or with +insecure)",
			       text);
	if (protocol != PROTOCOL_NONE && scheme->protocol != protocol)
		return err_set(e, ERR_USAGE, "'%s' is no %s server", text, protocol_name(protocol));
	port = scheme->port;
	if (!parse_host(authority, url, &rest) || (!sep && url->host[0] == '\0'))
		return err_set(e, ERR_USAGE, "'%s' is no SCHEME://HOST[:PORT]", text);
	len = strcspn(rest, "/");
	if (rest[0] == ':' && (!text_number_n(rest + 1, len - 1, 65535, &port) || port == 0))
		return err_set(e, ERR_USAGE, "'%s': '%.*s' is no port", text, (int)len - 1,
			       rest + 1);
	if ((rest[0] != ':' && len > 0) || (rest[len] == '/' && rest[len + 1] != '\0'))
		return err_set(e, ERR_USAGE, "'%s' is no SCHEME://HOST[:PORT]", text);
	url->protocol = scheme->protocol;
	url->security = scheme->security;
	url->port = (uint16_t)port;
	return true;
}
