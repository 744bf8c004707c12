/* SPDX-License-Identifier: ISC */
#include "msend/letter.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/idna.h"
#include "base/mem.h"
#include "base/text.h"
#include "message/address.h"
#include "message/address_list.h"
#include "message/alias.h"
#include "message/envelope.h"
#include "message/source.h"
#include "msend/send_filter.h"
#include "msend/send_options.h"

static bool
keep_only(void *ctx, const struct address *a, struct err *e)
{
	char **only = ctx;

	if (*only)
		return err_set(e, ERR_MALFORMED, "one address is needed, not several");
	*only = mem_strdup(a->addr);
	return true;
}

/* The sender as -f and the key give it: an address as in a header; nothing, or <>, is the null
 * sender. False: *e is of CODE. */
static bool
read_sender(const char *text, enum err_code code, char **sender, struct err *e)
{
	char *words = NULL;
	bool ok;

	*sender = NULL;
	ok = address_list(text, strlen(text), keep_only, sender, e);
	if (ok && !*sender && address_words(text, strlen(text), &words) && words[0] == '\0')
		*sender = mem_strdup("");
	free(words);
	if (*sender && ok)
		return true;
	free(*sender);
	*sender = NULL;
	return err_set(e, code, "--from: '%s' is not a valid address", text);
}

/* The sender according to the command line (-f), else to the message's header. NULL: neither names
 * one. */
static bool
find_sender(struct letter *l, const char *given, struct err *e)
{
	size_t n;
	const char *header = outgoing_header(l->message, &n);

	if (given)
		return read_sender(given, ERR_USAGE, &l->sender, e);
	if (envelope_sender(header, n, &l->sender, &l->is_one_of_many, e))
		return true;
	return err_hint(e, "correct the field, or give --from=ADDRESS");
}

static bool
is_local(const char *address)
{
	return address[0] != '\0' && !address_domain(address);
}

static char *
with_domain(const struct letter *l, const char *address)
{
	if (!is_local(address) || !l->domain)
		return mem_strdup(address);
	return mem_printf("%s@%s", address, l->domain);
}

static bool
is_new(struct letter *l, const char *address)
{
	char *key = address_key(address);
	const bool result = text_set_add(&l->known, key);

	free(key);
	return result;
}

/* Takes ADDRESS over. */
static void
append_recipient(struct smtp_envelope *v, char *address)
{
	v->recipients = mem_room(v->recipients, v->count, sizeof *v->recipients);
	v->recipients[v->count++] = (struct smtp_recipient){.address = address};
}

/* Each address once. */
static bool
add_recipient(void *ctx, const struct address *a, struct err *e)
{
	struct letter *l = ctx;
	char *full = with_domain(l, a->addr);

	if (!address_is_valid(full)) {
		err_set(e, ERR_MALFORMED, "'%s' is not a valid address", full);
		free(full);
		return false;
	}
	if (is_new(l, full))
		append_recipient(&l->envelope, full);
	else
		free(full);
	return true;
}

static bool
take_recipient(void *ctx, const struct address *a, struct err *e)
{
	const struct letter *l = ctx;

	return aliases_expand(l->aliases, a->addr, add_recipient, ctx, e);
}

struct operand {
	struct letter *letter;
	bool has_address;
};

static bool
take_of_operand(void *ctx, const struct address *a, struct err *e)
{
	struct operand *o = ctx;

	o->has_address = true;
	return take_recipient(o->letter, a, e);
}

/* Line ends around it are a shell's or a form's; within it, another address may have been put
 * in. */
static bool
has_control(const char *text)
{
	const size_t len = strlen(text);
	size_t end = len;

	while (end > 0 && strchr(" \t\r\n", text[end - 1]))
		end--;
	for (size_t i = strspn(text, " \t\r\n"); i < end; i++)
		if (((unsigned char)text[i] < ' ' && text[i] != '\t') || text[i] == '\x7f')
			return true;
	return false;
}

/* An operand is read as a header's list is, so that what is right in one place is so in the
 * other. */
static bool
take_operand(struct letter *l, const char *text, struct err *e)
{
	struct operand o = {.letter = l};

	if (has_control(text))
		return err_set(e, ERR_USAGE, "'%s' is not a valid address: control character",
			       text);
	if (!address_list(text, strlen(text), take_of_operand, &o, e)) {
		if (e->code != ERR_MALFORMED)
			return false;
		err_prefix(e, "'%s' is not a valid address", text);
		e->code = ERR_USAGE;
		return false;
	}
	return o.has_address ||
	       err_set(e, ERR_USAGE, "'%s' is not a valid address: it names nobody", text);
}

static bool
find_recipients(struct letter *l, char *const *named, size_t count, bool and_header, struct err *e)
{
	size_t n;
	const char *header = outgoing_header(l->message, &n);

	for (size_t i = 0; i < count; i++)
		if (!take_operand(l, named[i], e))
			return false;
	if ((and_header || count == 0) && !envelope_recipients(header, n, take_recipient, l, e))
		return false;
	if (l->envelope.count > 0)
		return true;
	err_set(e, ERR_MALFORMED, "the message has no recipient");
	return err_hint(e, "name some after the command, or in To, Cc or Bcc");
}

/* The right side of a Message-ID: a name that says nothing of this host. */
static const char *
message_id_domain(const struct letter *l)
{
	const char *domain = l->from ? address_domain(l->from) : NULL;

	return domain ? domain : l->domain ? l->domain : "localhost";
}

/* -f, else the account's `from`. NULL: neither is given. False: *e. */
static bool
given_sender(const struct send_account *a, char **sender, struct err *e)
{
	const char *from = a->settings.from;

	*sender = NULL;
	return !from || read_sender(from, ERR_CONFIG, sender, e);
}

/* GIVEN, else the message's sender, else the account's address, which also replaces one without a
 * domain (or any) as it does in From. */
static char *
choose_sender(const struct letter *l, const struct send_account *a, const char *given)
{
	const char *own = a->base.settings.address;
	const char *sender = given ? given : l->sender ? l->sender : own;
	const enum from_rewrite rewrite = a->settings.rewrite;

	if (sender && own &&
	    ((rewrite == REWRITE_ALWAYS && !given) ||
	     (rewrite != REWRITE_NEVER && is_local(sender))))
		return mem_strdup(own);
	return mem_strdup(sender);
}

static bool
settle_sender(struct letter *l, const struct send_account *a, struct err *e)
{
	char *given, *sender;

	if (!given_sender(a, &given, e))
		return false;
	if (!given && l->is_one_of_many) {
		err_set(e, ERR_MALFORMED,
			"From has several addresses, and no Sender tells which of them sends");
		return err_hint(e, "add a Sender field, or give --from=ADDRESS");
	}
	sender = choose_sender(l, a, given);
	free(given);
	if (!sender) {
		err_set(e, ERR_MALFORMED,
			"the message has no From, and nothing else tells the sender");
		return err_hint(e, "give --from=ADDRESS, or an account with an address");
	}
	l->envelope.from = l->from = with_domain(l, sender);
	free(sender);
	return true;
}

static bool
open_aliases(struct letter *l, const struct send_account *a, struct err *e)
{
	const char *path = a->settings.alias_file;

	l->aliases = path ? aliases_open(path, e) : NULL;
	return !path || l->aliases;
}

static void
settle_wishes(struct letter *l, const struct wishes *w)
{
	l->envelope.wishes = w->parameters;
	l->envelope.partial = w->partial;
}

bool
letter_read(struct letter *l, int fd, bool dot_ends, const char *from, struct err *e)
{
	l->source = dot_ends ? source_open_to_dot(fd, e) : source_open(fd, e);
	if (!l->source)
		return false;
	l->message = outgoing_open(l->source, e);
	if (!l->message)
		return false;
	return find_sender(l, from, e);
}

/* A name of ours in a field is written as it goes over the wire: not every server and reader can do
 * more (RFC 6531). False: *e. */
static bool
to_wire(const char *domain, char **wire, struct err *e)
{
	struct buf out = {0};

	buf_add_str(&out, "");
	if (!idna_to_ascii(domain, &out, e)) {
		buf_free(&out);
		return false;
	}
	*wire = buf_take(&out);
	return true;
}

/* The address likewise, if that is enough: a local part beyond ASCII needs SMTPUTF8 anyway. */
static bool
address_to_wire(const char *address, char **wire, struct err *e)
{
	const char *domain = address_domain(address);
	char *ascii;

	if (!domain || address_is_ascii(address)) {
		*wire = mem_strdup(address);
		return true;
	}
	if (!to_wire(domain, &ascii, e))
		return false;
	*wire = mem_printf("%.*s%s", (int)(domain - address), address, ascii);
	free(ascii);
	return true;
}

static bool
put_in_order(struct letter *l, const struct send_account *a, struct err *e)
{
	const char *from = a->base.settings.address;
	struct header_defaults defaults = {.from.full_name = a->settings.full_name};
	char *address = NULL, *domain = NULL;
	bool ok;

	if (!from && l->from[0] != '\0')
		from = l->from;
	ok = (!from || address_to_wire(from, &address, e)) &&
	     to_wire(message_id_domain(l), &domain, e);
	defaults.from.address = address;
	defaults.domain = domain;
	defaults.from.rewrite =
	    address && address_domain(address) ? a->settings.rewrite : REWRITE_NEVER;
	ok = ok && outgoing_prepare(l->message, &defaults, e);
	free(address);
	free(domain);
	return ok;
}

bool
letter_prepare(struct letter *l, const struct send_account *a, char *const *recipients,
	       size_t count, bool and_header, struct err *e)
{

	l->domain = a->base.settings.connection.domain;
	settle_wishes(l, &a->settings.wishes);
	if (!settle_sender(l, a, e) || !open_aliases(l, a, e))
		return false;
	return find_recipients(l, recipients, count, and_header, e) && put_in_order(l, a, e);
}

/* For one that was in order before. */
static bool
leave_as_is(struct letter *l, struct err *e)
{
	const struct header_defaults nothing = {.from.rewrite = REWRITE_NEVER,
						.domain = "localhost"};

	return outgoing_prepare(l->message, &nothing, e);
}

/* Makes the message anew from what the filter wrote, and puts its header in order as A wants it;
 * NULL: it is in order. */
static bool
filter(struct letter *l, const char *command, const char *account, const struct send_account *a,
       struct err *e)
{
	const struct send_filter f = {
	    .command = command, .account = account ? account : "", .sender = l->from};
	struct outgoing *before = l->message;
	bool ok;

	if (!command)
		return true;
	l->filtered = send_filter_run(&f, before, e);
	if (!l->filtered)
		return false;
	l->message = outgoing_open(l->filtered, e);
	ok = l->message && (a ? put_in_order(l, a, e) : leave_as_is(l, e));
	if (!ok)
		err_prefix(e, "the output of send-filter '%s'", command);
	if (l->message)
		outgoing_inherit_bcc(l->message, before);
	outgoing_free(before);
	return ok;
}

bool
letter_filter(struct letter *l, const struct send_account *a, struct err *e)
{
	if (filter(l, a->settings.wishes.send_filter, a->base.name, a, e))
		return true;
	if (e->code != ERR_TEMPORARY || !a->settings.queue)
		return false;
	l->unfiltered = *e;
	return true;
}

bool
letter_again(struct letter *l, int fd, const struct wishes *w, const char *account,
	     const char *from, struct err *e)
{
	l->envelope.from = l->from = mem_strdup(from);
	settle_wishes(l, w);
	l->source = source_open(fd, e);
	l->message = l->source ? outgoing_open(l->source, e) : NULL;
	return l->message && leave_as_is(l, e) && filter(l, w->send_filter, account, NULL, e);
}

void
letter_add_recipient(struct letter *l, const char *address)
{
	append_recipient(&l->envelope, mem_strdup(address));
}

struct source *
letter_source(const struct letter *l)
{
	return l->source;
}

void
letter_keep_recipients(struct letter *l, bool (*keep)(void *ctx, const char *address), void *ctx)
{
	struct smtp_envelope *v = &l->envelope;
	size_t kept = 0;

	for (size_t i = 0; i < v->count; i++)
		if (keep(ctx, v->recipients[i].address))
			v->recipients[kept++] = v->recipients[i];
		else
			free((char *)(uintptr_t)v->recipients[i].address);
	v->count = kept;
}

void
letter_free(struct letter *l)
{
	for (size_t i = 0; i < l->envelope.count; i++)
		free((char *)(uintptr_t)l->envelope.recipients[i].address);
	free(l->envelope.recipients);
	text_set_free(&l->known);
	aliases_free(l->aliases);
	free(l->sender);
	free(l->from);
	outgoing_free(l->message);
	source_close(l->filtered);
	source_close(l->source);
}
