/* SPDX-License-Identifier: ISC */
#include "config/account_url.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "config/paths.h"
#include "config/url.h"
#include "config/values.h"

/* They write an IPv6 address without brackets. */
static char *
in_brackets(const char *host)
{
	const char *colon = strchr(host, ':');
	const bool is_ipv6 =
	    host[0] != '[' && !strstr(host, "://") && colon && strchr(colon + 1, ':');

	return mem_printf("%s%s%s", is_ipv6 ? "[" : "", host, is_ipv6 ? "]" : "");
}

/* msmtp's and mpop's way of naming a server. */
static bool
server_from_host(const struct values *v, enum protocol protocol, struct url *url, struct err *e)
{
	char *host = in_brackets(values_text(v, SET_HOST));
	const bool ok = url_parse(host, protocol, url, e);

	free(host);
	if (!ok)
		return false;
	url->port = (uint16_t)values_number(v, SET_PORT, url->port);
	return true;
}

static enum setting_id
server_key(const struct values *v, enum tool_id tool)
{
	const char *protocol = values_text(v, SET_PROTOCOL);

	if (tool == TOOL_MSEND)
		return SET_SMTP;
	if (protocol)
		return strcmp(protocol, "imap") == 0 ? SET_IMAP : SET_POP3;
	if (values_text(v, SET_IMAP))
		return SET_IMAP;
	/* --host is mpop's spelling, and mpop fetches by POP3. */
	return values_text(v, SET_POP3) || values_text(v, SET_HOST) ? SET_POP3 : SET_IMAP;
}

/* The scheme of a server's URL decides; without one the key does. */
static enum protocol
protocol_of(const char *text, enum setting_id key)
{
	if (key == SET_SMTP)
		return PROTOCOL_SMTP;
	if (text && strstr(text, "://"))
		return text_same(text, "pop3", 4) ? PROTOCOL_POP3 : PROTOCOL_IMAP;
	return key == SET_IMAP ? PROTOCOL_IMAP : PROTOCOL_POP3;
}

/* Was the account named by a mail address that no section has? */
static bool
is_bare_address(const struct values *v, const char *name)
{
	const struct value *address = &v->of[SET_ADDRESS];

	return address->text && name && strcmp(address->text, name) == 0 &&
	       strcmp(address->origin, "command line") == 0;
}

static bool
fail_for_address(const struct values *v, const char *name, struct err *e)
{
	char *config = values_text(v, SET_CONFIG) ? mem_strdup(values_text(v, SET_CONFIG))
						  : paths_config("config.ini");
	char *presets = paths_data("providers.ini");

	err_set(e, ERR_CONFIG, "no mail server is known for %s (looked in: %s, %s)", name,
		config ? config : "config.ini", presets);
	free(config);
	free(presets);
	return err_hint(e, "maccount add %s", name);
}

/* The key's kind was checked; its scheme may still be another protocol's. */
static bool
parse_key(const struct values *v, enum setting_id key, enum protocol protocol, struct url *url,
	  struct err *e)
{
	return url_parse(values_text(v, key), protocol, url, e) ||
	       err_prefix(e, "%s: %s", v->of[key].origin, protocol_name(protocol));
}

static bool
parse_server(const struct values *v, const char *name, enum tool_id tool, struct url *url,
	     struct err *e)
{
	const enum setting_id key = server_key(v, tool);
	const enum protocol protocol = protocol_of(NULL, key);
	const char *server = values_text(v, SET_SERVER);

	if (server)
		return url_parse(server, protocol_of(server, key), url, e) ||
		       err_prefix(e, "--server");
	if (values_text(v, SET_HOST))
		return server_from_host(v, protocol, url, e);
	if (values_text(v, key))
		return parse_key(v, key, protocol, url, e);
	if (is_bare_address(v, name))
		return fail_for_address(v, name, e);
	err_set(e, ERR_CONFIG, "no %s server is known for the account '%s'",
		protocol_name(protocol), name);
	return err_hint(
	    e, "give --server=URL, or `%s = URL`%s in the configuration", protocol_name(protocol),
	    protocol == PROTOCOL_IMAP && !values_text(v, SET_PROTOCOL) ? " or `pop3 = URL`" : "");
}

static bool
check_host(const struct url *url, const struct values *v, struct err *e)
{
	if (url->host[0] || url->path[0] || values_text(v, SET_TUNNEL))
		return true;
	err_set(e, ERR_CONFIG, "the server's URL names no host");
	return err_hint(e, "only a tunnel does without");
}

bool
account_url_find(struct url *url, const struct values *v, const char *name, enum tool_id tool,
		 struct err *e)
{
	if (parse_server(v, name, tool, url, e))
		return check_host(url, v, e);
	url->protocol = PROTOCOL_NONE;
	return false;
}
