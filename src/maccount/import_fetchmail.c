/* SPDX-License-Identifier: ISC */
/*
 * The file of fetchmail: words, whose lines and noise (`and`, `with`, `there`, punctuation) do not
 * matter. `poll SERVER` begins a server, `user NAME` one of its mailboxes.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "maccount/import.h"

struct token {
	char *text;
	unsigned line;
	bool is_quoted; /* and so never a keyword */
};

struct reading {
	struct import *im;
	const char *next; /* in the file */
	unsigned line;
	struct token token; /* the present one; without a text: the end */
	struct import_items defaults, server, user;
	char *server_name;
	unsigned server_line, user_line;
	bool in_defaults, has_server, has_user;
};

enum arguments { NO_ARGUMENT, ONE, SOME };

static const struct keyword {
	const char *word;
	const char *key; /* of the item */
	enum arguments arguments;
} keywords[] = {
    {"via", "via", ONE},
    {"proto", "proto", ONE},
    {"protocol", "proto", ONE},
    {"port", "port", ONE},
    {"service", "port", ONE},
    {"timeout", "timeout", ONE},
    {"interval", "interval", ONE},
    {"envelope", "envelope", SOME},
    {"qvirtual", "qvirtual", ONE},
    {"aka", "aka", SOME},
    {"localdomains", "localdomains", SOME},
    {"interface", "interface", ONE},
    {"monitor", "monitor", ONE},
    {"plugin", "plugin", ONE},
    {"plugout", "plugout", ONE},
    {"dns", "dns", NO_ARGUMENT},
    {"checkalias", "checkalias", NO_ARGUMENT},
    {"uidl", "uidl", NO_ARGUMENT},
    {"principal", "principal", ONE},
    {"esmtpname", "esmtpname", ONE},
    {"esmtppassword", "esmtppassword", ONE},
    {"tracepolls", "tracepolls", NO_ARGUMENT},
    {"badheader", "badheader", ONE},
    {"retrieveerror", "retrieveerror", ONE},
    {"auth", "auth", ONE},
    {"authenticate", "auth", ONE},
    {"is", "local", SOME},
    {"to", "local", SOME},
    {"pass", "password", ONE},
    {"password", "password", ONE},
    {"passwordfile", "passwordfile", ONE},
    {"passwordfd", "passwordfd", ONE},
    {"ssl", "ssl", NO_ARGUMENT},
    {"sslproto", "sslproto", ONE},
    {"sslcertck", "sslcertck", NO_ARGUMENT},
    {"sslcertfile", "sslcertfile", ONE},
    {"sslcertpath", "sslcertpath", ONE},
    {"sslfingerprint", "sslfingerprint", ONE},
    {"sslcert", "sslcert", ONE},
    {"sslkey", "sslkey", ONE},
    {"sslcommonname", "sslcommonname", ONE},
    {"folder", "folder", SOME},
    {"folders", "folder", SOME},
    {"smtphost", "smtphost", SOME},
    {"fetchdomains", "fetchdomains", SOME},
    {"smtpaddress", "smtpaddress", ONE},
    {"smtpname", "smtpname", ONE},
    {"antispam", "antispam", SOME},
    {"spamresponse", "antispam", SOME},
    {"mda", "mda", ONE},
    {"bsmtp", "bsmtp", ONE},
    {"lmtp", "lmtp", NO_ARGUMENT},
    {"preconnect", "preconnect", ONE},
    {"postconnect", "postconnect", ONE},
    {"keep", "keep", NO_ARGUMENT},
    {"flush", "flush", NO_ARGUMENT},
    {"limitflush", "limitflush", NO_ARGUMENT},
    {"fetchall", "fetchall", NO_ARGUMENT},
    {"rewrite", "rewrite", NO_ARGUMENT},
    {"stripcr", "stripcr", NO_ARGUMENT},
    {"forcecr", "forcecr", NO_ARGUMENT},
    {"pass8bits", "pass8bits", NO_ARGUMENT},
    {"dropstatus", "dropstatus", NO_ARGUMENT},
    {"dropdelivered", "dropdelivered", NO_ARGUMENT},
    {"mimedecode", "mimedecode", NO_ARGUMENT},
    {"idle", "idle", NO_ARGUMENT},
    {"limit", "limit", ONE},
    {"warnings", "warnings", ONE},
    {"batchlimit", "batchlimit", ONE},
    {"fetchlimit", "fetchlimit", ONE},
    {"fetchsizelimit", "fetchsizelimit", ONE},
    {"fastuidl", "fastuidl", ONE},
    {"expunge", "expunge", ONE},
    {"properties", "properties", ONE},
    {"preauth", "preauth", ONE},
};

static const char noise[] = "and with has wants options option here there";
static const char openers[] = "poll server skip defaults set user username";

/* ---- words ---- */

static void
skip_space(struct reading *r)
{
	for (; *r->next && strchr(" \t\r\n,;:=#", *r->next); r->next++) {
		if (*r->next == '#')
			r->next += strcspn(r->next, "\n");
		if (*r->next == '\0')
			return;
		r->line += *r->next == '\n';
	}
}

/* \n, \t, \0x7f, \101 and the like. */
static char
read_escape(const char **p)
{
	static const char letters[] = "nrtb", bytes[] = "\n\r\t\b";
	const char *found = strchr(letters, **p);
	char *end;
	long value;

	if (**p && found) {
		++*p;
		return bytes[found - letters];
	}
	if (**p < '0' || **p > '9')
		return *(*p)++;
	value = strncmp(*p, "0x", 2) == 0 ? strtol(*p + 2, &end, 16) : strtol(*p, &end, 8);
	*p = end > *p ? end : *p + 1;
	return (char)value;
}

static void
read_quoted(struct reading *r, struct buf *word)
{
	const char quote = *r->next++;

	buf_add_str(word, "");
	while (*r->next && *r->next != quote) {
		r->line += *r->next == '\n';
		if (*r->next == '\\' && r->next[1]) {
			r->next++;
			buf_add_char(word, read_escape(&r->next));
		} else {
			buf_add_char(word, *r->next++);
		}
	}
	if (*r->next)
		r->next++;
	else
		import_skip(r->im, r->line, "the end of the file", "a quote is not closed");
}

static void
advance(struct reading *r)
{
	struct buf word = {0};

	if (r->token.text)
		mem_wipe(r->token.text, strlen(r->token.text));
	free(r->token.text);
	skip_space(r);
	r->token = (struct token){.line = r->line};
	if (*r->next == '\0')
		return;
	if (*r->next == '"' || *r->next == '\'') {
		r->token.is_quoted = true;
		read_quoted(r, &word);
	} else {
		const size_t len = strcspn(r->next, " \t\r\n,;:=");

		buf_add(&word, r->next, len);
		r->next += len;
	}
	r->token.text = buf_take(&word);
}

static bool
is_word(const struct reading *r, const char *words)
{
	return r->token.text && !r->token.is_quoted && text_has_word(words, r->token.text);
}

static const struct keyword *
keyword_of(const struct reading *r)
{
	for (size_t i = 0;
	     r->token.text && !r->token.is_quoted && i < sizeof keywords / sizeof keywords[0]; i++)
		if (text_equal_case(keywords[i].word, r->token.text))
			return &keywords[i];
	return NULL;
}

/* ---- from items to an account ---- */

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

	(void)a;
	if (strstr(item->value, "%p") && !*port) {
		import_skip(im, item->line, item->key, "it has %p, but there is no port");
		return;
	}
	struct buf command = {0};

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
set_server(struct reading *r, struct imported *a, const struct import_items *items)
{
	const struct import_item *item = import_item_find(items, "port");
	uint64_t port = 0;

	if (item && !text_number(item->value, 65535, &port) &&
	    !text_has_word("pop3 pop3s imap imaps", item->value))
		import_skip(r->im, item->line, item->key, "not a number");
	import_set_server(r->im, a, protocol_of(items), security_of(items),
			  import_item_value(items, "via", r->server_name), (unsigned)port, true,
			  import_item_find(items, "sslproto"));
}

/* fetchmail takes what is unread, and marks it as read. */
static void
set_selection(struct reading *r, struct imported *a, const struct import_items *items)
{
	const struct import_item *all = import_item_find(items, "fetchall");
	const bool keeps = import_item_is_on(items, "keep", false);

	if (all && strcmp(all->value, "on") == 0) {
		if (keeps)
			import_skip(r->im, all->line, "fetchall",
				    "with keep, mfetch fetches each message once");
	} else if (protocol_of(items) == PROTOCOL_IMAP) {
		import_set(r->im, a, SET_SEARCH, "unseen", a->line, "fetchall");
		if (keeps)
			import_set(r->im, a, SET_MARK_READ, "yes", a->line, "keep");
	} else if (keeps) {
		imported_note(a, "fetchmail's record is not read: before the first run, "
				 "mfetch --mark-seen passes over the messages on the server");
	}
}

static void
convert(struct reading *r, const struct import_items *items, unsigned line)
{
	static const struct import_rule *const tables[] = {rules, NULL};
	const char *user = import_item_value(items, "remote", NULL);
	char *name = user && !strchr(user, '@') ? mem_printf("%s@%s", user, r->server_name)
						: mem_strdup(user ? user : r->server_name);
	struct imported *a = import_add(r->im, name, line);

	free(name);
	if (protocol_of(items) == PROTOCOL_NONE) {
		import_skip(r->im, line, a->name, "give proto pop3 or proto imap");
		import_drop_last(r->im);
		return;
	}
	set_server(r, a, items);
	import_apply(r->im, a, items, tables);
	set_selection(r, a, items);
	if (text_equal_case(import_item_value(items, "proto", ""), "apop"))
		import_set(r->im, a, SET_AUTH, "apop", line, "proto");
	if (!user)
		import_skip(r->im, line, "user", "it is not given");
	if (!import_item_find(items, "mda") && !imported_has(a, SET_LMTP))
		import_skip(r->im, line, "delivery by the local mail server",
			    "set maildir, mbox, pipe or lmtp");
}

/* ---- from words to items ---- */

static void
end_user(struct reading *r)
{
	struct import_items all = {0};

	if (r->has_user) {
		if (r->server_name)
			import_item_set(&all, "via", r->server_name, r->server_line);
		import_items_copy(&all, &r->server);
		import_items_copy(&all, &r->user);
		convert(r, &all, r->user_line);
	}
	import_items_free(&all);
	import_items_free(&r->user);
	r->has_user = false;
}

static void
end_server(struct reading *r)
{
	if (r->has_server && !r->has_user) {
		r->has_user = true; /* `poll SERVER` alone has one mailbox */
		r->user_line = r->server_line;
	}
	end_user(r);
	import_items_free(&r->server);
	free(r->server_name);
	r->server_name = NULL;
	r->has_server = r->in_defaults = false;
}

static struct import_items *
present(struct reading *r)
{
	return r->in_defaults ? &r->defaults : r->has_user ? &r->user : &r->server;
}

static void
begin_server(struct reading *r)
{
	const bool is_default = is_word(r, "defaults"), is_skipped = is_word(r, "skip");

	end_server(r);
	r->server_line = r->token.line;
	advance(r);
	if (is_default) {
		r->in_defaults = true;
		return;
	}
	if (!r->token.text)
		return;
	if (is_skipped)
		import_skip(r->im, r->server_line, "skip", "mfetch -A serves every account");
	r->server_name = mem_strdup(r->token.text);
	r->has_server = true;
	import_items_copy(&r->server, &r->defaults);
	advance(r);
}

/* `user NAME [there]`, or `user NAME here` */
static void
begin_user(struct reading *r)
{
	char *name;
	unsigned line;

	end_user(r);
	advance(r);
	if (!r->token.text)
		return;
	name = mem_strdup(r->token.text);
	line = r->token.line;
	r->has_user = !r->in_defaults;
	r->user_line = line;
	advance(r);
	import_item_set(present(r), is_word(r, "here") ? "local" : "remote", name, line);
	free(name);
}

/* `set NAME VALUE`: for the daemon as a whole */
static void
skip_global(struct reading *r)
{
	char *what;

	end_server(r);
	advance(r);
	what = mem_printf("set %s", r->token.text ? r->token.text : "");
	import_skip(r->im, r->token.line, what,
		    "it is for the daemon; cron runs mfetch, or --watch stays");
	free(what);
	while (r->token.text && !is_word(r, "poll server skip defaults set"))
		advance(r);
}

/* The words up to the next keyword, one per line. */
static void
take_some(struct reading *r, const struct keyword *k, unsigned line)
{
	struct buf all = {0};
	bool is_remote;

	while (r->token.text && !keyword_of(r) && !is_word(r, openers) && !is_word(r, noise) &&
	       !is_word(r, "no")) {
		buf_addf(&all, "%s%s", all.len > 0 ? "\n" : "", r->token.text);
		advance(r);
	}
	is_remote = strcmp(k->key, "local") == 0 && is_word(r, "there");
	import_item_set(present(r), is_remote ? "remote" : k->key, all.data ? all.data : "", line);
	buf_free(&all);
}

static void
take_keyword(struct reading *r, const struct keyword *k, bool is_off)
{
	const unsigned line = r->token.line;

	advance(r);
	if (k->arguments == NO_ARGUMENT || is_off) {
		import_item_set(present(r), k->key, is_off ? "off" : "on", line);
	} else if (k->arguments == SOME) {
		take_some(r, k, line);
	} else if (r->token.text) {
		const bool is_none = strcmp(k->key, "sslproto") == 0 && !r->token.text[0];

		import_item_set(present(r), k->key, is_none ? "none" : r->token.text, line);
		advance(r);
	}
}

static void
take_option(struct reading *r)
{
	const bool is_off = is_word(r, "no");
	const struct keyword *k;

	if (is_off)
		advance(r);
	k = keyword_of(r);
	if (k && (r->has_server || r->in_defaults)) {
		take_keyword(r, k, is_off);
		return;
	}
	import_skip(r->im, r->token.line, k ? k->word : "a word",
		    k ? "it belongs to no server" : "not understood");
	advance(r);
}

void
import_fetchmail(struct import *im, const char *text)
{
	struct reading r = {.im = im, .next = text, .line = 1};

	advance(&r);
	while (r.token.text) {
		if (is_word(&r, "poll server skip defaults"))
			begin_server(&r);
		else if (is_word(&r, "set"))
			skip_global(&r);
		else if (is_word(&r, "user username"))
			begin_user(&r);
		else if (is_word(&r, noise))
			advance(&r);
		else
			take_option(&r);
	}
	end_server(&r);
	import_items_free(&r.defaults);
}
