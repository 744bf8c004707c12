/* SPDX-License-Identifier: ISC */
/*
 * The file of getmail, one per mailbox: an INI file with the sections retriever, destination and
 * options. Some values are Python's tuples of words: ("a", "b").
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/program.h"
#include "base/text.h"
#include "maccount/import.h"

static const struct retriever {
	const char *name;
	enum protocol protocol;
	enum security security;
} retrievers[] = {
    {"SimplePOP3Retriever", PROTOCOL_POP3, SECURITY_NONE},
    {"SimplePOP3SSLRetriever", PROTOCOL_POP3, SECURITY_TLS},
    {"BrokenUIDLPOP3Retriever", PROTOCOL_POP3, SECURITY_NONE},
    {"BrokenUIDLPOP3SSLRetriever", PROTOCOL_POP3, SECURITY_TLS},
    {"SimpleIMAPRetriever", PROTOCOL_IMAP, SECURITY_NONE},
    {"SimpleIMAPSSLRetriever", PROTOCOL_IMAP, SECURITY_TLS},
};

static const struct retriever *
retriever_of(const struct import_items *items)
{
	const char *type = import_item_value(items, "retriever.type", "");

	for (size_t i = 0; i < sizeof retrievers / sizeof retrievers[0]; i++)
		if (strcmp(retrievers[i].name, type) == 0)
			return &retrievers[i];
	return NULL;
}

/* The next word of a tuple; the caller's to free(). NULL: the end. */
static char *
tuple_word(const char **p)
{
	struct buf word = {0};
	char quote;

	*p += strspn(*p, " \t\n(,)");
	if (**p == '\0')
		return NULL;
	quote = **p == '"' || **p == '\'' ? *(*p)++ : '\0';
	buf_add_str(&word, "");
	while (**p && (quote ? **p != quote : !strchr(" \t\n,)", **p))) {
		if (quote && **p == '\\' && (*p)[1])
			++*p;
		buf_add_char(&word, *(*p)++);
	}
	if (quote && **p)
		++*p;
	return buf_take(&word);
}

static void
add_words(struct buf *command, const char *tuple)
{
	char *word;

	while ((word = tuple_word(&tuple))) {
		program_add_word(command, word);
		free(word);
	}
}

static bool
is_yes(const char *value)
{
	return text_has_word("true yes on 1", value);
}

static void
take_password_command(struct import *im, struct imported *a, const struct import_items *items,
		      const struct import_item *item)
{
	struct buf command = {0};

	(void)items;
	buf_add_str(&command, "");
	add_words(&command, item->value);
	import_set(im, a, SET_PASSWORD_COMMAND, command.data + strspn(command.data, " "),
		   item->line, item->key);
	buf_free(&command);
}

static void
take_mailboxes(struct import *im, struct imported *a, const struct import_items *items,
	       const struct import_item *item)
{
	const char *p = item->value;
	char *first = tuple_word(&p), *second = first ? tuple_word(&p) : NULL;

	(void)items;
	if (second || !first)
		import_skip(im, item->line, item->key, "several folders; folder takes one pattern");
	else
		import_set(im, a, SET_FOLDER, first, item->line, item->key);
	free(first);
	free(second);
}

static void
take_auth(struct import *im, struct imported *a, const struct import_items *items,
	  const struct import_item *item)
{
	static const struct {
		const char *key, *mechanism;
	} mechanisms[] = {{"retriever.use_apop", "apop"},
			  {"retriever.use_cram_md5", "cram-md5"},
			  {"retriever.use_kerberos", "gssapi"},
			  {"retriever.use_xoauth2", "xoauth2"}};

	(void)items;
	for (size_t i = 0; i < sizeof mechanisms / sizeof mechanisms[0]; i++)
		if (strcmp(mechanisms[i].key, item->key) == 0 && is_yes(item->value))
			import_set(im, a, SET_AUTH, mechanisms[i].mechanism, item->line, item->key);
}

static void
set_command(struct import *im, struct imported *a, const struct import_items *items,
	    const struct import_item *path)
{
	const char *arguments = import_item_value(items, "destination.arguments", "");
	struct buf command = {0};

	buf_add_str(&command, "");
	program_add_word(&command, path->value);
	add_words(&command, arguments);
	if (strstr(arguments, "%("))
		import_skip(im, path->line, "arguments", "words such as %(sender); see %F and %T");
	else
		import_set(im, a, SET_PIPE, command.data + strspn(command.data, " "), path->line,
			   path->key);
	buf_free(&command);
}

/* The meaning of the path depends on the type. */
static void
take_destination(struct import *im, struct imported *a, const struct import_items *items,
		 const struct import_item *item)
{
	const struct import_item *path = import_item_find(items, "destination.path");
	const char *type = item->value;

	if (path && strcmp(type, "Maildir") == 0)
		import_set(im, a, SET_MAILDIR, path->value, path->line, path->key);
	else if (path && strcmp(type, "Mboxrd") == 0)
		import_set(im, a, SET_MBOX, path->value, path->line, path->key);
	else if (path && strcmp(type, "MDA_external") == 0)
		set_command(im, a, items, path);
	else
		import_skip(im, item->line, item->key,
			    "mfetch has one destination: maildir, mbox, pipe or lmtp");
}

static void
take_read_all(struct import *im, struct imported *a, const struct import_items *items,
	      const struct import_item *item)
{
	(void)a;
	if (is_yes(item->value) && !is_yes(import_item_value(items, "options.delete", "no")))
		import_skip(im, item->line, item->key, "mfetch fetches each message once");
}

static void
take_no_peek(struct import *im, struct imported *a, const struct import_items *items,
	     const struct import_item *item)
{
	(void)items;
	import_set(im, a, SET_MARK_READ, "yes", item->line, item->key);
}

#define UNCHANGED "messages are delivered unchanged"

static const struct import_rule rules[] = {
    IMPORT_FINE("retriever.type", "*"),
    IMPORT_FINE("retriever.server", "*"),
    IMPORT_FINE("retriever.port", "*"),
    IMPORT_AS("retriever.username", "", SET_USER),
    IMPORT_BY("retriever.password", "", import_take_password),
    IMPORT_BY("retriever.password_command", "", take_password_command),
    IMPORT_BY("retriever.mailboxes", "", take_mailboxes),
    IMPORT_BY("retriever.use_apop", "", take_auth),
    IMPORT_BY("retriever.use_cram_md5", "", take_auth),
    IMPORT_BY("retriever.use_kerberos", "", take_auth),
    IMPORT_BY("retriever.use_xoauth2", "", take_auth),
    IMPORT_BY("retriever.use_peek", "true yes on 1", take_no_peek),
    IMPORT_AS("retriever.timeout", "", SET_TIMEOUT),
    IMPORT_AS("retriever.keyfile", "", SET_TLS_KEY_FILE),
    IMPORT_AS("retriever.certfile", "", SET_TLS_CERT_FILE),
    IMPORT_AS("retriever.ca_certs", "", SET_TLS_CA_FILE),
    IMPORT_AS("retriever.ssl_cert_hostname", "", SET_TLS_HOST),
    IMPORT_NOT("retriever.ssl_fingerprints", "",
	       "they are of certificates; a tls-pin is of a key, and --probe shows that"),
    IMPORT_NOT("retriever.ssl_version", "", "TLS 1.2 or newer is used; see tls-priority"),
    IMPORT_NOT("retriever.ssl_ciphers", "", "see tls-priority"),
    IMPORT_NOT("retriever.move_on_delete", "", "see trash"),
    IMPORT_NOT("retriever.delete_dup_msgids", "false no off 0",
	       "messages are deleted only after they were fetched"),
    IMPORT_BY("destination.type", "", take_destination),
    IMPORT_FINE("destination.path", "*"),
    IMPORT_FINE("destination.arguments", "*"),
    IMPORT_NOT("destination.unixfrom", "false no off 0", UNCHANGED),
    IMPORT_FINE("options.verbose", "*"),
    IMPORT_BY("options.read_all", "", take_read_all),
    IMPORT_FINE("options.delete", "*"),
    IMPORT_FINE("options.delete_after", "*"),
    IMPORT_NOT("options.delete_bigger_than", "0",
	       "what is kept and deleted does not depend on the size"),
    IMPORT_AS("options.max_message_size", "0", SET_MAX_SIZE),
    IMPORT_AS("options.max_messages_per_session", "0", SET_LIMIT),
    IMPORT_NOT("options.delivered_to", "false no off 0", UNCHANGED),
    IMPORT_NOT("options.received", "false no off 0", UNCHANGED),
    IMPORT_NOT("options.message_log", "false no off 0", "mfetch keeps no log of messages"),
    IMPORT_NOT("options.message_log_syslog", "false no off 0", "mfetch keeps no log of messages"),
    IMPORT_FINE("options.message_log_verbose", "*"),
    {.key = NULL},
};

/* getmail leaves messages on the server unless it is told to delete them, at once or later. */
static void
set_keep(struct import *im, struct imported *a, const struct import_items *items)
{
	const struct import_item *after = import_item_find(items, "options.delete_after");
	char *age;

	if (is_yes(import_item_value(items, "options.delete", "no")))
		return;
	if (!after || strcmp(after->value, "0") == 0) {
		import_set(im, a, SET_KEEP, "yes", a->line, "options.delete");
		imported_note(a, "getmail's record is not read: before the first run, "
				 "mfetch --mark-seen passes over the messages on the server");
		return;
	}
	age = mem_printf("%sd", after->value);
	import_set(im, a, SET_KEEP, age, after->line, after->key);
	free(age);
}

static void
convert(struct import *im, const struct import_items *items)
{
	static const struct import_rule *const tables[] = {rules, NULL};
	const struct retriever *retriever = retriever_of(items);
	const struct import_item *type = import_item_find(items, "retriever.type"),
				 *port_item = import_item_find(items, "retriever.port");
	const char *host = import_item_value(items, "retriever.server", NULL),
		   *user = import_item_value(items, "retriever.username", "getmail");
	struct imported *a;
	uint64_t port = 0;
	char *name;

	if (!retriever || !host) {
		import_skip(im, type ? type->line : 1, "the account",
			    "it needs a server, and a retriever for one POP3 or IMAP mailbox");
		return;
	}
	if (port_item && !text_number(port_item->value, 65535, &port))
		import_skip(im, port_item->line, port_item->key, "not a number");
	name = strchr(user, '@') ? mem_strdup(user) : mem_printf("%s@%s", user, host);
	a = import_add(im, name, type->line);
	free(name);
	import_set_server(im, a,
			  &(struct import_server){.protocol = retriever->protocol,
						  .security = retriever->security,
						  .host = host,
						  .port = (unsigned)port,
						  .has_login = true,
						  .cause = type});
	import_apply(im, a, items, tables);
	set_keep(im, a, items);
}

struct ini_reading {
	struct import *im;
	struct import_items items;
	char *section, *key;
	unsigned line;
};

/* The last value goes on in an indented line. */
static void
continue_value(struct ini_reading *r, const char *more)
{
	struct buf value = {0};

	buf_addf(&value, "%s\n%s", import_item_value(&r->items, r->key, ""), more);
	import_item_set(&r->items, r->key, value.data, r->line);
	buf_wipe(&value);
}

static void
take_line(struct ini_reading *r, char *line)
{
	const bool is_indented = text_is_wsp(line[0]);
	char *text = import_trim(line), *value = text + strcspn(text, "=:");

	if (text[0] == '\0' || text[0] == '#' || text[0] == ';')
		return;
	if (is_indented && r->key) {
		continue_value(r, text);
	} else if (text[0] == '[') {
		free(r->section);
		free(r->key);
		r->key = NULL;
		r->section = mem_strndup(text + 1, strcspn(text + 1, "]"));
	} else if (!*value || !r->section) {
		import_skip(r->im, r->line, "the line", "not understood");
	} else {
		*value++ = '\0';
		free(r->key);
		r->key = mem_printf("%s.%s", r->section, import_trim(text));
		import_item_set(&r->items, r->key, import_trim(value), r->line);
	}
}

void
import_getmail(struct import *im, const char *text)
{
	struct ini_reading r = {.im = im};
	char *line;

	for (r.line = 1; (line = import_line(&text)); r.line++) {
		take_line(&r, line);
		mem_free_secret(line);
	}
	convert(im, &r.items);
	import_items_free(&r.items);
	free(r.section);
	free(r.key);
}
