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
#include "maccount/import_fetchmail.h"

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

/* Words. */

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

	mem_free_secret(r->token.text);
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

/* From words to items. */

static void
end_user(struct reading *r)
{
	struct import_items all = {0};

	if (r->has_user) {
		if (r->server_name)
			import_item_set(&all, "via", r->server_name, r->server_line);
		import_items_copy(&all, &r->server);
		import_items_copy(&all, &r->user);
		import_fetchmail_items(r->im, r->server_name, &all, r->user_line);
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
