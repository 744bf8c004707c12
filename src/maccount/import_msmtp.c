/* SPDX-License-Identifier: ISC */
/*
 * The files of msmtp and mpop: a command and its argument on each line; `account NAME : BASE, …`
 * begins an account with what its bases have, `defaults` what all later accounts begin with.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "maccount/import.h"

struct old_account {
	char *name;
	unsigned line;
	struct import_items items;
	const char *only_base; /* `account NAME : BASE` and no line of its own; borrowed */
};

struct reading {
	struct import *im;
	struct old_account *accounts;
	size_t count;
	struct import_items defaults;
	bool in_defaults;
};

static bool
has_login(const struct import_items *items, bool is_default)
{
	const struct import_item *auth = import_item_find(items, "auth");

	return auth ? strcmp(auth->value, "off") != 0 : is_default;
}

static unsigned
port_of(struct import *im, const struct import_items *items, unsigned otherwise)
{
	const struct import_item *item = import_item_find(items, "port");
	uint64_t port = otherwise;

	if (item && !text_number(item->value, 65535, &port)) {
		import_skip(im, item->line, "port", "not a number");
		port = otherwise;
	}
	return (unsigned)port;
}

static enum security
security_of(const struct import_items *items)
{
	if (!import_item_is_on(items, "tls", false))
		return SECURITY_NONE;
	return import_item_is_on(items, "tls_starttls", true) ? SECURITY_STARTTLS : SECURITY_TLS;
}

static void
take_auth(struct import *im, struct imported *a, const struct import_items *items,
	  const struct import_item *item)
{
	const char *word = strcmp(item->value, "off") == 0 ? "none" : item->value;

	(void)items;
	if (!text_equal_case(word, "on"))
		import_set_word(im, a, SET_AUTH, word, item->line, item->key);
}

static void
take_timeout(struct import *im, struct imported *a, const struct import_items *items,
	     const struct import_item *item)
{
	(void)items;
	import_set(im, a, SET_TIMEOUT, strcmp(item->value, "off") == 0 ? "0" : item->value,
		   item->line, item->key);
}

static void
take_proxy(struct import *im, struct imported *a, const struct import_items *items,
	   const struct import_item *item)
{
	const char *port = import_item_value(items, "proxy_port", NULL);
	char *url = mem_printf("socks5://%s%s%s", item->value, port ? ":" : "", port ? port : "");

	import_set(im, a, SET_PROXY, url, item->line, item->key);
	free(url);
}

/* A pattern of addresses can only be one of ours if it is a whole domain. */
static void
take_from(struct import *im, struct imported *a, const struct import_items *items,
	  const struct import_item *item)
{
	(void)items;
	if (strpbrk(item->value, "%?[") || strchr(item->value + 1, '*'))
		import_skip(im, item->line, item->key, "it is a pattern; give the address");
	else
		import_set(im, a, item->value[0] == '*' ? SET_ALIASES : SET_ADDRESS, item->value,
			   item->line, item->key);
}

static void
take_set_from(struct import *im, struct imported *a, const struct import_items *items,
	      const struct import_item *item)
{
	(void)items;
	import_set(im, a, SET_REWRITE_FROM, strcmp(item->value, "on") == 0 ? "always" : "never",
		   item->line, item->key);
}

static void
take_return(struct import *im, struct imported *a, const struct import_items *items,
	    const struct import_item *item)
{
	(void)items;
	import_set(im, a, SET_DSN_RETURN,
		   strcmp(item->value, "hdrs") == 0 ? "headers" : item->value, item->line,
		   item->key);
}

static void
take_log(struct import *im, struct imported *a, const struct import_items *items,
	 const struct import_item *item)
{
	(void)items;
	if (strcmp(item->value, "-") == 0)
		import_skip(im, item->line, item->key, "the log has to be a file; see msend -v");
	else
		import_set(im, a, SET_LOG, item->value, item->line, item->key);
}

static void
take_syslog(struct import *im, struct imported *a, const struct import_items *items,
	    const struct import_item *item)
{
	if (import_item_find(items, "logfile"))
		import_skip(im, item->line, item->key, "there is a logfile; msend has one log");
	else if (strcmp(item->value, "on") != 0 && strcmp(item->value, "LOG_MAIL") != 0)
		import_skip(im, item->line, item->key, "msend logs to the facility LOG_MAIL only");
	else
		import_set(im, a, SET_LOG, "syslog", item->line, item->key);
}

static void
take_maildomain(struct import *im, struct imported *a, const struct import_items *items,
		const struct import_item *item)
{
	if (import_item_find(items, "domain"))
		import_skip(im, item->line, item->key, "there is a domain; msend has one");
	else
		import_set(im, a, SET_DOMAIN, item->value, item->line, item->key);
}

static void
take_pipelining(struct import *im, struct imported *a, const struct import_items *items,
		const struct import_item *item)
{
	(void)items;
	import_set(im, a, SET_PIPELINING, strcmp(item->value, "off") == 0 ? "no" : "auto",
		   item->line, item->key);
}

static void
take_keep(struct import *im, struct imported *a, const struct import_items *items,
	  const struct import_item *item)
{
	(void)items;
	import_set(im, a, SET_KEEP, strcmp(item->value, "off") == 0 ? "no" : "yes", item->line,
		   item->key);
}

static char *
without_quotes(char *s)
{
	const size_t len = strlen(s);

	if (len < 2 || s[0] != '"' || s[len - 1] != '"')
		return s;
	s[len - 1] = '\0';
	return s + 1;
}

/* delivery METHOD ARGUMENT */
static void
take_delivery(struct import *im, struct imported *a, const struct import_items *items,
	      const struct import_item *item)
{
	static const struct {
		const char *word;
		enum setting_id id;
	} methods[] = {{"mda", SET_PIPE}, {"maildir", SET_MAILDIR}, {"mbox", SET_MBOX}};
	char *copy = mem_strdup(item->value);
	const size_t len = strcspn(copy, " \t");
	bool is_known = false;

	(void)items;
	for (size_t i = 0; i < sizeof methods / sizeof methods[0] && copy[len]; i++)
		if (text_equal_n(copy, len, methods[i].word)) {
			is_known = true;
			import_set(im, a, methods[i].id, without_quotes(import_trim(copy + len)),
				   item->line, item->key);
		}
	if (!is_known)
		import_skip(im, item->line, item->key, "mfetch has maildir, mbox, pipe and lmtp");
	free(copy);
}

#define NO_INSECURE "certificates are always checked; see tls-ca-file and tls-pin"

static const struct import_rule common_rules[] = {
    IMPORT_FINE("host", "*"),
    IMPORT_FINE("port", "*"),
    IMPORT_FINE("tls", "*"),
    IMPORT_FINE("tls_starttls", "*"),
    IMPORT_FINE("proxy_port", "*"),
    IMPORT_BY("proxy_host", "", take_proxy),
    IMPORT_AS("source_ip", "", SET_SOURCE_IP),
    IMPORT_BY("timeout", "", take_timeout),
    IMPORT_BY("auth", "", take_auth),
    IMPORT_AS("user", "", SET_USER),
    IMPORT_BY("password", "", import_take_password),
    IMPORT_AS("passwordeval", "", SET_PASSWORD_COMMAND),
    IMPORT_NOT("ntlmdomain", "", "NTLM is not supported"),
    IMPORT_AS("tls_trust_file", "system", SET_TLS_CA_FILE),
    IMPORT_NOT("tls_crl_file", "", "revocation lists are not read"),
    IMPORT_NOT("tls_fingerprint", "",
	       "it is of the certificate; a tls-pin is of its key, and --probe shows that"),
    IMPORT_AS("tls_key_file", "", SET_TLS_KEY_FILE),
    IMPORT_AS("tls_cert_file", "", SET_TLS_CERT_FILE),
    IMPORT_NOT("tls_certcheck", "on", NO_INSECURE),
    IMPORT_NOT("tls_nocertcheck", "", NO_INSECURE),
    IMPORT_AS("tls_priorities", "", SET_TLS_PRIORITY),
    IMPORT_AS("tls_host_override", "", SET_TLS_HOST),
    IMPORT_NOT("tls_min_dh_prime_bits", "", "see tls-priority"),
    {.key = NULL},
};

static const struct import_rule msmtp_rules[] = {
    IMPORT_FINE("protocol", "*"),
    IMPORT_FINE("socket", "*"),
    IMPORT_BY("from", "", take_from),
    IMPORT_NOT("allow_from_override", "on", "a sender that is given counts"),
    IMPORT_NOT("auto_from", "off", "give the address"),
    IMPORT_AS("domain", "", SET_DOMAIN),
    IMPORT_BY("maildomain", "", take_maildomain),
    IMPORT_BY("set_from_header", "auto", take_set_from),
    IMPORT_NOT("add_missing_from_header", "on", "a missing From is added"),
    IMPORT_NOT("set_date_header", "auto on", "a missing Date is added"),
    IMPORT_NOT("add_missing_date_header", "on", "a missing Date is added"),
    IMPORT_NOT("set_msgid_header", "auto on", "a missing Message-ID is added"),
    IMPORT_NOT("remove_bcc_headers", "on", "Bcc is always removed"),
    IMPORT_NOT("undisclosed_recipients", "off", "To and Cc are not changed"),
    IMPORT_AS("dsn_notify", "off", SET_DSN_NOTIFY),
    IMPORT_BY("dsn_return", "off", take_return),
    IMPORT_BY("logfile", "", take_log),
    IMPORT_NOT("logfile_time_format", "", "the log has times in RFC 3339"),
    IMPORT_BY("syslog", "off", take_syslog),
    IMPORT_AS("aliases", "", SET_ALIAS_FILE),
    {.key = NULL},
};

static const struct import_rule mpop_rules[] = {
    IMPORT_BY("pipelining", "", take_pipelining),
    IMPORT_NOT("received_header", "off", "messages are delivered unchanged"),
    IMPORT_BY("delivery", "", take_delivery),
    IMPORT_FINE("uidls_file", "*"),
    IMPORT_NOT("only_new", "on", "mfetch fetches the new ones; see its operand all"),
    IMPORT_BY("keep", "", take_keep),
    IMPORT_NOT("killsize", "off", "messages are deleted only after they were fetched; see filter"),
    IMPORT_AS("skipsize", "off", SET_MAX_SIZE),
    IMPORT_AS("filter", "", SET_FILTER),
    {.key = NULL},
};

static void
set_lmtp_socket(struct import *im, struct imported *a, const struct import_item *socket)
{
	char *url = mem_printf("lmtp+unix://%s", socket->value);

	import_set(im, a, SET_SMTP, url, socket->line, socket->key);
	free(url);
}

static bool
set_smtp_server(struct import *im, struct imported *a, const struct import_items *items)
{
	const struct import_item *socket = import_item_find(items, "socket");
	const char *host = import_item_value(items, "host", NULL);
	const bool is_lmtp = text_equal_case(import_item_value(items, "protocol", "smtp"), "lmtp");
	const enum security security = security_of(items);

	if (socket && is_lmtp) {
		set_lmtp_socket(im, a, socket);
		return true;
	}
	if (!host)
		return false;
	if (socket)
		import_skip(im, socket->line, "socket", "a Unix socket is for LMTP only");
	if (is_lmtp) {
		char *url = mem_printf("lmtp://%s:%u", host, port_of(im, items, 24));

		import_set(im, a, SET_SMTP, url, a->line, "host");
		free(url);
	} else {
		const unsigned usual = security == SECURITY_TLS ? 465 : 25;

		import_set_server(im, a,
				  &(struct import_server){.protocol = PROTOCOL_SMTP,
							  .security = security,
							  .host = host,
							  .port = port_of(im, items, usual),
							  .has_login = has_login(items, false),
							  .cause = import_item_find(items, "tls")});
	}
	return true;
}

static void
convert_smtp(struct import *im, struct imported *a, const struct import_items *items)
{
	static const struct import_rule *const tables[] = {common_rules, msmtp_rules, NULL};

	if (!set_smtp_server(im, a, items)) {
		import_skip(im, a->line, a->name, "the account has no host");
		import_drop_last(im);
		return;
	}
	import_apply(im, a, items, tables);
	if (!import_item_find(items, "auth"))
		import_set(im, a, SET_AUTH, "none", a->line, "auth");
}

static void
convert_pop3(struct import *im, struct imported *a, const struct import_items *items)
{
	static const struct import_rule *const tables[] = {common_rules, mpop_rules, NULL};
	const char *host = import_item_value(items, "host", NULL);

	if (!host) {
		import_skip(im, a->line, a->name, "the account has no host");
		import_drop_last(im);
		return;
	}
	import_set_server(im, a,
			  &(struct import_server){.protocol = PROTOCOL_POP3,
						  .security = security_of(items),
						  .host = host,
						  .port = port_of(im, items, 0),
						  .has_login = has_login(items, true),
						  .cause = import_item_find(items, "tls")});
	import_apply(im, a, items, tables);
	if (import_item_is_on(items, "keep", false))
		imported_note(a, "mpop's record is not read: before the first run, "
				 "mfetch --mark-seen passes over the messages on the server");
}

static struct old_account *
find(struct reading *r, const char *name)
{
	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->accounts[i].name, name) == 0)
			return &r->accounts[i];
	return NULL;
}

/* `NAME : BASE, BASE` */
static void
begin_account(struct reading *r, char *text, unsigned line)
{
	char *bases = strchr(text, ':'), *save = NULL;
	struct old_account a = {.line = line};
	size_t base_count = 0;

	if (bases)
		*bases++ = '\0';
	a.name = mem_strdup(import_trim(text));
	import_items_copy(&a.items, &r->defaults);
	for (char *base = bases ? strtok_r(bases, ",", &save) : NULL; base;
	     base = strtok_r(NULL, ",", &save)) {
		const struct old_account *found = find(r, import_trim(base));

		if (!found) {
			import_skip(r->im, line, import_trim(base),
				    "there is no such account above");
			continue;
		}
		import_items_copy(&a.items, &found->items);
		a.only_base = base_count++ == 0 ? found->name : NULL;
	}
	r->accounts = mem_room(r->accounts, r->count, sizeof *r->accounts);
	r->accounts[r->count++] = a;
	r->in_defaults = false;
}

static void
take_command(struct reading *r, const char *key, const char *value, unsigned line)
{
	if (r->in_defaults) {
		import_item_set(&r->defaults, key, value, line);
	} else if (r->count == 0) {
		import_skip(r->im, line, key, "it belongs to no account");
	} else {
		r->accounts[r->count - 1].only_base = NULL;
		import_item_set(&r->accounts[r->count - 1].items, key, value, line);
	}
}

/* Without an argument these are on; other keys are unset. */
static bool
is_switch(const char *key)
{
	return text_has_word("auth tls tls_starttls tls_certcheck tls_nocertcheck keep only_new "
			     "received_header pipelining syslog auto_from allow_from_override "
			     "set_from_header set_date_header set_msgid_header remove_bcc_headers "
			     "undisclosed_recipients add_missing_from_header "
			     "add_missing_date_header",
			     key);
}

static void
take_line(struct reading *r, char *line, unsigned number)
{
	char *key = import_trim(line), *value = key + strcspn(key, " \t");

	if (key[0] == '\0' || key[0] == '#')
		return;
	if (*value)
		*value++ = '\0';
	value = without_quotes(import_trim(value));
	if (strcmp(key, "account") == 0) {
		begin_account(r, value, number);
	} else if (strcmp(key, "defaults") == 0) {
		import_items_free(&r->defaults);
		r->in_defaults = true;
	} else if (strcmp(key, "eval") == 0) {
		import_skip(r->im, number, key, "run the command, and put its output here");
	} else {
		take_command(r, key, *value || !is_switch(key) ? value : "on", number);
	}
}

/* `account default : NAME` alone is our key `account`. */
static bool
is_only_default(struct import *im, const struct old_account *a)
{
	if (strcmp(a->name, "default") != 0)
		return false;
	free(im->default_name);
	im->default_name = mem_strdup(a->only_base ? a->only_base : a->name);
	return a->only_base != NULL;
}

static void
read_file(struct import *im, const char *text,
	  void (*convert)(struct import *, struct imported *, const struct import_items *))
{
	struct reading r = {.im = im};
	char *line;

	for (unsigned number = 1; (line = import_line(&text)); number++) {
		take_line(&r, line, number);
		mem_free_secret(line);
	}
	for (size_t i = 0; i < r.count; i++) {
		struct old_account *a = &r.accounts[i];

		if (!is_only_default(im, a))
			convert(im, import_add(im, a->name, a->line), &a->items);
	}
	for (size_t i = 0; i < r.count; i++) {
		import_items_free(&r.accounts[i].items);
		free(r.accounts[i].name);
	}
	free(r.accounts);
	import_items_free(&r.defaults);
}

void
import_msmtp(struct import *im, const char *text)
{
	read_file(im, text, convert_smtp);
}

void
import_mpop(struct import *im, const char *text)
{
	read_file(im, text, convert_pop3);
}
