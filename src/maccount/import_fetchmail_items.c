/* SPDX-License-Identifier: ISC */
#include "maccount/import_fetchmail.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "maccount/import.h"

/* The name on this machine, if it is one that a command can have in it. */
static const char *
local_name(const struct import_items *items)
{
	const char *name = import_item_value(items, "local", NULL);

	for (const char *p = name; p && *p; p++)
		if (!text_is_alnum(*p) && !strchr("._-+@", *p))
			return NULL;
	return name;
}

static void
take_mda(struct import *im, struct imported *a, const struct import_items *items,
	 const struct import_item *item)
{
	const char *name = local_name(items);
	struct buf command = {0};

	buf_add_str(&command, "");
	for (const char *p = item->value; *p; p++) {
		if (p[0] != '%' || (p[1] != 'T' && p[1] != 's')) {
			buf_add_char(&command, *p);
			continue;
		}
		if (!name) {
			import_skip(im, item->line, item->key,
				    "it needs one local user: is NAME here");
			buf_free(&command);
			return;
		}
		buf_add_str(&command, name);
		p++;
	}
	import_set(im, a, SET_PIPE, command.data, item->line, item->key);
	buf_free(&command);
}

static void
take_local(struct import *im, struct imported *a, const struct import_items *items,
	   const struct import_item *item)
{
	(void)a;
	if (!local_name(items))
		import_skip(im, item->line, "is … here",
			    "a mailbox of several recipients; mfetch delivers to one destination");
}

/* HOST/PORT */
static void
take_smtphost(struct import *im, struct imported *a, const struct import_items *items,
	      const struct import_item *item)
{
	const size_t len = strcspn(item->value, "/");
	char *url;

	if (!import_item_is_on(items, "lmtp", false) || strchr(item->value, '\n')) {
		import_skip(im, item->line, item->key, "mfetch delivers by LMTP, to one server");
		return;
	}
	url = mem_printf("lmtp://%.*s:%s", (int)len, item->value,
			 item->value[len] ? item->value + len + 1 : "24");
	import_set(im, a, SET_LMTP, url, item->line, item->key);
	free(url);
	if (local_name(items))
		import_set(im, a, SET_RECIPIENT, local_name(items), item->line, item->key);
}

static void
take_auth(struct import *im, struct imported *a, const struct import_items *items,
	  const struct import_item *item)
{
	(void)items;
	import_set_word(im, a, SET_AUTH, item->value, item->line, item->key);
}

static void
take_keep(struct import *im, struct imported *a, const struct import_items *items,
	  const struct import_item *item)
{
	(void)items;
	import_set(im, a, SET_KEEP, strcmp(item->value, "on") == 0 ? "yes" : "no", item->line,
		   item->key);
}

static void
take_folder(struct import *im, struct imported *a, const struct import_items *items,
	    const struct import_item *item)
{
	(void)items;
	if (strchr(item->value, '\n'))
		import_skip(im, item->line, item->key, "several folders; folder takes one pattern");
	else
		import_set(im, a, SET_FOLDER, item->value, item->line, item->key);
}

/* %h and %p are the server's host and port. */
static void
take_plugin(struct import *im, struct imported *a, const struct import_items *items,
	    const struct import_item *item)
{
	const char *port = import_item_value(items, "port", "");
	struct buf command = {0};

	if (strstr(item->value, "%p") && !*port) {
		import_skip(im, item->line, item->key, "it has %p, but there is no port");
		return;
	}
	for (const char *p = item->value; *p; p++) {
		if (p[0] == '%' && (p[1] == 'h' || p[1] == 'p'))
			buf_add_str(&command,
				    *++p == 'p' ? port : import_item_value(items, "via", ""));
		else
			buf_add_char(&command, *p);
	}
	if (command.len > 0)
		import_set(im, a, SET_TUNNEL, command.data, item->line, item->key);
	buf_free(&command);
}

#define MULTIDROP "it is for mailboxes of several recipients"
#define UNCHANGED "messages are delivered unchanged"
#define LOCAL_SMTP "mail is not delivered by SMTP"

static const struct import_rule rules[] = {
    IMPORT_FINE("via", "*"),
    IMPORT_FINE("proto", "*"),
    IMPORT_FINE("port", "*"),
    IMPORT_FINE("ssl", "*"),
    IMPORT_AS("remote", "", SET_USER),
    IMPORT_BY("local", "", take_local),
    IMPORT_BY("password", "", import_take_password),
    IMPORT_AS("passwordfile", "", SET_PASSWORD_FILE),
    IMPORT_NOT("passwordfd", "", "see password-command"),
    IMPORT_AS("timeout", "", SET_TIMEOUT),
    IMPORT_NOT("interval", "", "cron decides how often mfetch runs"),
    IMPORT_NOT("envelope", "off", MULTIDROP),
    IMPORT_NOT("qvirtual", "off", MULTIDROP),
    IMPORT_NOT("aka", "", MULTIDROP),
    IMPORT_NOT("localdomains", "", MULTIDROP),
    IMPORT_NOT("dns", "off", MULTIDROP),
    IMPORT_NOT("checkalias", "off", MULTIDROP),
    IMPORT_NOT("interface", "", "see source-ip"),
    IMPORT_NOT("monitor", "", "traffic is not watched"),
    IMPORT_BY("plugin", "", take_plugin),
    IMPORT_NOT("plugout", "", LOCAL_SMTP),
    IMPORT_FINE("uidl", "*"),
    IMPORT_NOT("principal", "", "Kerberos principals cannot be chosen"),
    IMPORT_NOT("esmtpname", "", LOCAL_SMTP),
    IMPORT_NOT("esmtppassword", "", LOCAL_SMTP),
    IMPORT_NOT("tracepolls", "off", UNCHANGED),
    IMPORT_NOT("badheader", "accept", "every message is accepted"),
    IMPORT_NOT("retrieveerror", "", "a message that fails is tried again"),
    IMPORT_BY("auth", "any password", take_auth),
    IMPORT_NOT("sslproto", "none auto tls1+ tls1.1+ tls1.2+ tls1.2 tls1.3+ tls1.3",
	       "TLS 1.2 or newer is used; see tls-priority"),
    IMPORT_NOT("sslcertck", "on", "certificates are always checked"),
    IMPORT_AS("sslcertfile", "", SET_TLS_CA_FILE),
    IMPORT_NOT("sslcertpath", "", "tls-ca-file is one file"),
    IMPORT_NOT("sslfingerprint", "",
	       "it is of the certificate; a tls-pin is of its key, and --probe shows that"),
    IMPORT_AS("sslcert", "", SET_TLS_CERT_FILE),
    IMPORT_AS("sslkey", "", SET_TLS_KEY_FILE),
    IMPORT_AS("sslcommonname", "", SET_TLS_HOST),
    IMPORT_BY("folder", "", take_folder),
    IMPORT_BY("smtphost", "", take_smtphost),
    IMPORT_FINE("lmtp", "*"),
    IMPORT_NOT("fetchdomains", "", "ETRN and ODMR are not supported"),
    IMPORT_NOT("smtpaddress", "", LOCAL_SMTP),
    IMPORT_NOT("smtpname", "", LOCAL_SMTP),
    IMPORT_NOT("antispam", "off", LOCAL_SMTP),
    IMPORT_BY("mda", "", take_mda),
    IMPORT_NOT("bsmtp", "", "see mbox and maildir"),
    IMPORT_NOT("preconnect", "", "run it before mfetch; see also tunnel"),
    IMPORT_NOT("postconnect", "", "run it after mfetch; see also hook"),
    IMPORT_BY("keep", "", take_keep),
    IMPORT_NOT("flush", "off", "messages are deleted only after they were fetched"),
    IMPORT_NOT("limitflush", "off", "messages are deleted only after they were fetched"),
    IMPORT_FINE("fetchall", "*"),
    IMPORT_NOT("rewrite", "off", UNCHANGED),
    IMPORT_NOT("stripcr", "", "each destination has its own line ends"),
    IMPORT_NOT("forcecr", "off", "each destination has its own line ends"),
    IMPORT_FINE("pass8bits", "*"),
    IMPORT_NOT("dropstatus", "off", UNCHANGED),
    IMPORT_NOT("dropdelivered", "off", UNCHANGED),
    IMPORT_NOT("mimedecode", "off", UNCHANGED),
    IMPORT_NOT("idle", "off", "see mfetch --watch"),
    IMPORT_AS("limit", "0", SET_MAX_SIZE),
    IMPORT_AS("fetchlimit", "0", SET_LIMIT),
    IMPORT_NOT("warnings", "", "each run reports larger messages"),
    IMPORT_NOT("batchlimit", "0", LOCAL_SMTP),
    IMPORT_FINE("fetchsizelimit", "*"),
    IMPORT_FINE("fastuidl", "*"),
    IMPORT_NOT("expunge", "", "messages are deleted once they are safely stored"),
    IMPORT_NOT("properties", "", "mfetch has no use for it"),
    IMPORT_NOT("preauth", "", "see auth"),
    {.key = NULL},
};

static enum protocol
protocol_of(const struct import_items *items)
{
	const char *word = import_item_value(items, "proto", "auto");

	if (text_has_word("pop3 apop", word))
		return PROTOCOL_POP3;
	return text_equal_case(word, "imap") ? PROTOCOL_IMAP : PROTOCOL_NONE;
}

static enum security
security_of(const struct import_items *items)
{
	if (import_item_is_on(items, "ssl", false) ||
	    text_has_word("pop3s imaps 995 993", import_item_value(items, "port", "-")))
		return SECURITY_TLS;
	return strcmp(import_item_value(items, "sslproto", "auto"), "none") == 0
		   ? SECURITY_NONE
		   : SECURITY_STARTTLS;
}

static void
set_server(struct import *im, struct imported *a, const char *server,
	   const struct import_items *items)
{
	const struct import_item *item = import_item_find(items, "port");
	uint64_t port = 0;

	if (item && !text_number(item->value, 65535, &port) &&
	    !text_has_word("pop3 pop3s imap imaps", item->value))
		import_skip(im, item->line, item->key, "not a number");
	import_set_server(im, a,
			  &(struct import_server){.protocol = protocol_of(items),
						  .security = security_of(items),
						  .host = import_item_value(items, "via", server),
						  .port = (unsigned)port,
						  .has_login = true,
						  .cause = import_item_find(items, "sslproto")});
}

/* fetchmail takes what is unread, and marks it as read. */
static void
set_selection(struct import *im, struct imported *a, const struct import_items *items)
{
	const struct import_item *all = import_item_find(items, "fetchall");
	const bool keeps = import_item_is_on(items, "keep", false);

	if (all && strcmp(all->value, "on") == 0) {
		if (keeps)
			import_skip(im, all->line, "fetchall",
				    "with keep, mfetch fetches each message once");
	} else if (protocol_of(items) == PROTOCOL_IMAP) {
		import_set(im, a, SET_SEARCH, "unseen", a->line, "fetchall");
		if (keeps)
			import_set(im, a, SET_MARK_READ, "yes", a->line, "keep");
	} else if (keeps) {
		imported_note(a, "fetchmail's record is not read: before the first run, "
				 "mfetch --mark-seen passes over the messages on the server");
	}
}

void
import_fetchmail_items(struct import *im, const char *server, const struct import_items *items,
		       unsigned line)
{
	static const struct import_rule *const tables[] = {rules, NULL};
	const char *user = import_item_value(items, "remote", NULL);
	char *name = user && !strchr(user, '@') ? mem_printf("%s@%s", user, server)
						: mem_strdup(user ? user : server);
	struct imported *a = import_add(im, name, line);

	free(name);
	if (protocol_of(items) == PROTOCOL_NONE) {
		import_skip(im, line, a->name, "give proto pop3 or proto imap");
		import_drop_last(im);
		return;
	}
	set_server(im, a, server, items);
	import_apply(im, a, items, tables);
	set_selection(im, a, items);
	if (text_equal_case(import_item_value(items, "proto", ""), "apop"))
		import_set(im, a, SET_AUTH, "apop", line, "proto");
	if (!user)
		import_skip(im, line, "user", "it is not given");
	if (!import_item_find(items, "mda") && !imported_has(a, SET_LMTP))
		import_skip(im, line, "delivery by the local mail server",
			    "set maildir, mbox, pipe or lmtp");
}
