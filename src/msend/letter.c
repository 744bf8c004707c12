/* SPDX-License-Identifier: ISC */
#include "msend/letter.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "config/account.h"
#include "message/address.h"
#include "message/alias.h"
#include "message/envelope.h"
#include "message/source.h"

/* An address as it may stand in -f: bare, or between < and >; "<>" is the null sender. */
static char *
without_angles(const char *text)
{
	const size_t len = strlen(text);

	if (len >= 2 && text[0] == '<' && text[len - 1] == '>')
		return mem_strndup(text + 1, len - 2);
	return mem_strdup(text);
}

/* Who sends, as far as command line and message tell: -f, else the header. NULL: nobody. */
static char *
find_sender(struct letter *l, const char *given)
{
	size_t n;
	const char *header = outgoing_header(l->message, &n);

	return given ? without_angles(given) : envelope_sender(header, n, &l->is_one_of_many);
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

/* Each address once. */
static bool
add_recipient(void *ctx, const struct address *a, struct err *e)
{
	struct letter *l = ctx;
	struct smtp_envelope *v = &l->envelope;
	char *full = with_domain(l, a->addr);

	if (!address_is_valid(full)) {
		err_set(e, ERR_MALFORMED, "'%s' is no mail address", full);
		free(full);
		return false;
	}
	for (size_t i = 0; i < v->count; i++)
		if (address_equal(v->recipients[i].address, full)) {
			free(full);
			return true;
		}
	v->recipients = mem_grow(v->recipients, v->count + 1, sizeof *v->recipients);
	v->recipients[v->count++] = (struct smtp_recipient){.address = full};
	return true;
}

static bool
take_recipient(void *ctx, const struct address *a, struct err *e)
{
	const struct letter *l = ctx;

	return aliases_expand(l->aliases, a->addr, add_recipient, ctx, e);
}

static bool
find_recipients(struct letter *l, char *const *named, size_t count, bool and_header, struct err *e)
{
	size_t n;
	const char *header = outgoing_header(l->message, &n);

	for (size_t i = 0; i < count; i++)
		if (!take_recipient(l, &(struct address){named[i], ""}, e)) {
			e->code = e->code == ERR_MALFORMED ? ERR_USAGE : e->code;
			return false;
		}
	if ((and_header || count == 0) && !envelope_recipients(header, n, take_recipient, l, e))
		return false;
	if (l->envelope.count > 0)
		return true;
	err_set(e, ERR_MALFORMED, "the message has no recipient");
	return err_hint(e, "name some behind the command, or in To, Cc or Bcc");
}

/* The right side of a Message-ID: a name that says nothing of this host. */
static const char *
message_id_domain(const struct letter *l)
{
	const char *domain = l->from ? address_domain(l->from) : NULL;

	return domain ? domain : l->domain ? l->domain : "localhost";
}

static enum outgoing_rewrite
rewrite_of(const struct account *a)
{
	const char *word = account_text(a, SET_REWRITE_FROM);

	return !word || text_equal_case(word, "local") ? REWRITE_LOCAL
	       : text_equal_case(word, "always")       ? REWRITE_ALWAYS
						       : REWRITE_NEVER;
}

/* -f or the account's `from`, else the message's sender, else the account's address, which also
 * stands in for one without a domain (or for any) as it does in From. */
static char *
choose_sender(const struct letter *l, const struct account *a)
{
	const char *from = account_text(a, SET_FROM), *own = account_text(a, SET_ADDRESS);
	const enum outgoing_rewrite rewrite = rewrite_of(a);
	char *sender = from ? without_angles(from) : mem_strdup(l->sender ? l->sender : own);

	if (sender && own &&
	    ((rewrite == REWRITE_ALWAYS && !from) ||
	     (rewrite != REWRITE_NEVER && is_local(sender)))) {
		free(sender);
		return mem_strdup(own);
	}
	return sender;
}

static bool
settle_sender(struct letter *l, const struct account *a, struct err *e)
{
	char *sender;

	if (!account_text(a, SET_FROM) && l->is_one_of_many) {
		err_set(e, ERR_MALFORMED,
			"From has several addresses, and no Sender tells which of them sends");
		return err_hint(e, "add a Sender field, or give --from=ADDRESS");
	}
	sender = choose_sender(l, a);
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
open_aliases(struct letter *l, const struct account *a, struct err *e)
{
	const char *path = account_text(a, SET_ALIAS_FILE);

	l->aliases = path ? aliases_open(path, e) : NULL;
	return !path || l->aliases;
}

static struct smtp_parameters
wishes_of(const struct account *a)
{
	return (struct smtp_parameters){.notify = account_text(a, SET_DSN_NOTIFY),
					.ret = account_text(a, SET_DSN_RETURN),
					.envelope_id = account_text(a, SET_ENVELOPE_ID),
					.require_tls = account_flag(a, SET_REQUIRE_TLS) ? "" : NULL,
					.deliver_by = account_text(a, SET_DELIVER_BY),
					.hold_for = account_text(a, SET_HOLD_FOR),
					.hold_until = account_text(a, SET_HOLD_UNTIL),
					.priority = account_text(a, SET_PRIORITY)};
}

static void
settle_wishes(struct letter *l, const struct account *a)
{
	l->envelope.wishes = wishes_of(a);
	l->envelope.partial = account_flag(a, SET_PARTIAL);
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
	l->sender = find_sender(l, from);
	return true;
}

bool
letter_prepare(struct letter *l, const struct account *a, char *const *recipients, size_t count,
	       bool and_header, struct err *e)
{
	struct outgoing_defaults defaults = {.from = account_text(a, SET_ADDRESS),
					     .full_name = account_text(a, SET_FULL_NAME)};

	l->domain = account_text(a, SET_DOMAIN);
	settle_wishes(l, a);
	if (!settle_sender(l, a, e) || !open_aliases(l, a, e))
		return false;
	if (!defaults.from && l->from[0] != '\0')
		defaults.from = l->from;
	defaults.rewrite =
	    defaults.from && address_domain(defaults.from) ? rewrite_of(a) : REWRITE_NEVER;
	defaults.domain = message_id_domain(l);
	return find_recipients(l, recipients, count, and_header, e) &&
	       outgoing_prepare(l->message, &defaults, e);
}

bool
letter_again(struct letter *l, int fd, const struct account *a, const char *from, struct err *e)
{
	const struct outgoing_defaults nothing = {.rewrite = REWRITE_NEVER, .domain = "localhost"};

	l->envelope.from = l->from = mem_strdup(from);
	settle_wishes(l, a);
	l->source = source_open(fd, e);
	l->message = l->source ? outgoing_open(l->source, e) : NULL;
	return l->message && outgoing_prepare(l->message, &nothing, e);
}

void
letter_add_recipient(struct letter *l, const char *address)
{
	struct smtp_envelope *v = &l->envelope;

	v->recipients = mem_grow(v->recipients, v->count + 1, sizeof *v->recipients);
	v->recipients[v->count++] = (struct smtp_recipient){.address = mem_strdup(address)};
}

void
letter_free(struct letter *l)
{
	for (size_t i = 0; i < l->envelope.count; i++)
		free((char *)(uintptr_t)l->envelope.recipients[i].address);
	free(l->envelope.recipients);
	aliases_free(l->aliases);
	free(l->sender);
	free(l->from);
	outgoing_free(l->message);
	source_close(l->source);
}
