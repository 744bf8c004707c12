/* SPDX-License-Identifier: ISC */
#include "config/url.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"

enum peer { HOST, LMTP_HOST, LMTP_SOCKET };

static const struct scheme {
	const char *name;
	enum protocol protocol;
	enum security security;
	uint16_t port;
	enum peer peer;
} schemes[] = {
    {"smtps", PROTOCOL_SMTP, SECURITY_TLS, 465, HOST},
    {"smtp", PROTOCOL_SMTP, SECURITY_STARTTLS, 587, HOST},
    {"smtp+insecure", PROTOCOL_SMTP, SECURITY_NONE, 587, HOST},
    {"lmtp", PROTOCOL_SMTP, SECURITY_NONE, 24, LMTP_HOST},
    {"lmtp+unix", PROTOCOL_SMTP, SECURITY_NONE, 0, LMTP_SOCKET},
    {"pop3s", PROTOCOL_POP3, SECURITY_TLS, 995, HOST},
    {"pop3", PROTOCOL_POP3, SECURITY_STARTTLS, 110, HOST},
    {"pop3+insecure", PROTOCOL_POP3, SECURITY_NONE, 110, HOST},
    {"imaps", PROTOCOL_IMAP, SECURITY_TLS, 993, HOST},
    {"imap", PROTOCOL_IMAP, SECURITY_STARTTLS, 143, HOST},
    {"imap+insecure", PROTOCOL_IMAP, SECURITY_NONE, 143, HOST},
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
		if (text_equal_n(name, len, schemes[i].name))
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

static bool
parse_path(const char *text, const char *path, struct url *url, struct err *e)
{
	if (path[0] != '/' || strlen(path) >= sizeof url->path)
		return err_set(e, ERR_USAGE, "'%s' has no path of a socket after its //", text);
	strcpy(url->path, path);
	return true;
}

/* HOST[:PORT] to the end of TEXT. */
static bool
parse_authority(const char *text, const char *authority, struct url *url, struct err *e)
{
	const char *rest;
	uint64_t port = url->port;
	size_t len;

	if (!parse_host(authority, url, &rest) || (authority == text && url->host[0] == '\0'))
		return err_set(e, ERR_USAGE, "'%s' is not of the form SCHEME://HOST[:PORT]", text);
	len = strcspn(rest, "/");
	if (rest[0] == ':' && (!text_number_n(rest + 1, len - 1, 65535, &port) || port == 0))
		return err_set(e, ERR_USAGE, "'%.*s': what follows the host is not a valid port",
			       (int)(rest - text), text);
	if ((rest[0] != ':' && len > 0) || (rest[len] == '/' && rest[len + 1] != '\0'))
		return err_set(e, ERR_USAGE, "'%s' is not of the form SCHEME://HOST[:PORT]", text);
	url->port = (uint16_t)port;
	return true;
}

/* After this check, the text that the other errors quote has no password. */
static bool
check_no_login(const char *authority, struct err *e)
{
	if (!strchr(authority, '@'))
		return true;
	err_set(e, ERR_USAGE, "a server URL has no user name or password in it");
	return err_hint(e, "use user and password-command");
}

bool
url_parse(const char *text, enum protocol protocol, struct url *url, struct err *e)
{
	const char *sep = strstr(text, "://");
	const char *authority = sep ? sep + 3 : text;
	const struct scheme *scheme =
	    sep ? scheme_find(text, (size_t)(sep - text)) : scheme_default(protocol);

	if ((!scheme || scheme->peer != LMTP_SOCKET) && !check_no_login(text, e))
		return false;
	if (!scheme)
		return err_set(
		    e, ERR_USAGE,
		    "'%s': the scheme is not one of smtps, smtp, pop3s, pop3, imaps, imap "
		    "(or with +insecure), lmtp, lmtp+unix",
		    text);
	if (protocol != PROTOCOL_NONE && scheme->protocol != protocol)
		return err_set(e, ERR_USAGE, "%s:// is not %s %s server", scheme->name,
			       protocol == PROTOCOL_POP3 ? "a" : "an", protocol_name(protocol));
	*url = (struct url){.protocol = scheme->protocol,
			    .security = scheme->security,
			    .port = scheme->port,
			    .is_lmtp = scheme->peer != HOST};
	return scheme->peer == LMTP_SOCKET ? parse_path(text, authority, url, e)
					   : parse_authority(text, authority, url, e);
}

static enum peer
peer_of(const struct url *url)
{
	if (!url->is_lmtp)
		return HOST;
	return url->path[0] ? LMTP_SOCKET : LMTP_HOST;
}

static const struct scheme *
scheme_of(enum protocol protocol, enum security security, enum peer peer)
{
	for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
		if (schemes[i].protocol == protocol && schemes[i].security == security &&
		    schemes[i].peer == peer)
			return &schemes[i];
	return &schemes[0];
}

static char *
compose(const struct scheme *s, const char *host, unsigned port)
{
	const bool is_ipv6 = strchr(host, ':');
	char suffix[12] = "";

	if (port != 0 && port != s->port)
		snprintf(suffix, sizeof suffix, ":%u", port);
	return mem_printf("%s://%s%s%s%s", s->name, is_ipv6 ? "[" : "", host, is_ipv6 ? "]" : "",
			  suffix);
}

char *
url_text(const struct url *url)
{
	const struct scheme *s = scheme_of(url->protocol, url->security, peer_of(url));

	if (s->peer == LMTP_SOCKET)
		return mem_printf("%s://%s", s->name, url->path);
	return compose(s, url->host, url->port);
}

char *
url_compose(enum protocol protocol, enum security security, const char *host, unsigned port)
{
	return compose(scheme_of(protocol, security, HOST), host, port);
}
