/* SPDX-License-Identifier: ISC */
#include "maccount/discover.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/tool.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/idna.h"
#include "base/mem.h"
#include "base/text.h"
#include "config/config_files.h"
#include "config/setting.h"
#include "config/url.h"
#include "maccount/command.h"
#include "maccount/https.h"
#include "maccount/maccount_options.h"
#include "maccount/terminal.h"
#include "net/wait.h"

enum { TIMEOUT = 5 };

/* The best first: that is the order in which they are believed. */
static void (*const sources[])(const struct discovery *, struct candidates *) = {
    discover_preset,     discover_srv,  discover_autoconfig,
    discover_well_known, discover_pacc, discover_mx,
};

enum { SOURCES = sizeof sources / sizeof sources[0] };

const enum protocol discover_protocols[DISCOVER_PROTOCOLS] = {PROTOCOL_IMAP, PROTOCOL_POP3,
							      PROTOCOL_SMTP};

/* One source at work. */
struct asking {
	const struct discovery *discovery;
	void (*source)(const struct discovery *, struct candidates *);
	struct candidates found;
	pthread_t thread;
	bool is_running;
};

static void *
ask(void *ctx)
{
	struct asking *a = ctx;

	a->source(a->discovery, &a->found);
	return NULL;
}

static void
ask_sources(const struct discovery *d, struct candidates *all)
{
	struct asking asking[SOURCES];

	for (size_t i = 0; i < SOURCES; i++) {
		asking[i] = (struct asking){.discovery = d, .source = sources[i]};
		asking[i].is_running =
		    pthread_create(&asking[i].thread, NULL, ask, &asking[i]) == 0;
		if (!asking[i].is_running)
			ask(&asking[i]);
	}
	for (size_t i = 0; i < SOURCES; i++) {
		if (asking[i].is_running)
			pthread_join(asking[i].thread, NULL);
		candidates_append(all, &asking[i].found);
	}
}

static bool
is_usable(const struct candidate *c)
{
	return c->works && c->trust == TRUST_STATED;
}

static bool
ask_terminal(const struct candidate *c, const char *domain)
{
	char *url = url_text(&c->url),
	     *question = mem_printf("%s (%s) is outside %s, and its DNS is not signed. Use it?",
				    url, c->source, domain);
	const bool yes = terminal_agrees(question);

	free(question);
	free(url);
	return yes;
}

static struct candidate *
first(struct candidates *all, enum protocol p, bool (*is_good)(const struct candidate *))
{
	for (size_t i = 0; i < all->count; i++)
		if (all->items[i].url.protocol == p && is_good(&all->items[i]))
			return &all->items[i];
	return NULL;
}

static bool
is_doubtful(const struct candidate *c)
{
	return c->works && c->trust == TRUST_UNSIGNED;
}

/* A server outside the domain that only unsigned DNS names needs a person's word. */
static void
confirm(struct candidates *all, enum protocol p, const struct discovery *d)
{
	struct candidate *c;

	while (!first(all, p, is_usable) && (c = first(all, p, is_doubtful))) {
		if (d->may_ask && ask_terminal(c, d->domain)) {
			c->trust = TRUST_STATED;
			continue;
		}
		c->works = false;
		err_set(&c->why_not, ERR_LOGIN, "it is outside %s, and only unsigned DNS names it",
			d->domain);
	}
}

static void
guess(const struct discovery *d, struct discovered *found)
{
	struct candidates guesses = {0};

	for (size_t i = 0; i < DISCOVER_PROTOCOLS; i++)
		if (!first(&found->all, discover_protocols[i], is_usable) &&
		    !found->all.is_not_offered[discover_protocols[i]])
			discover_guesses(d, discover_protocols[i], &guesses);
	candidates_check(&guesses, d->ca_file, d->timeout_s);
	candidates_append(&found->all, &guesses);
}

static void
choose(struct discovered *found)
{
	for (size_t i = 0; i < DISCOVER_PROTOCOLS; i++)
		found->chosen[discover_protocols[i]] =
		    first(&found->all, discover_protocols[i], is_usable);
}

/* Which refusal tells a person most? */
static const struct candidate *
telling(const struct candidates *all)
{
	for (size_t i = 0; i < all->count; i++)
		if (!all->items[i].works && all->items[i].why_not.code == ERR_LOGIN)
			return &all->items[i];
	return all->count > 0 && !all->items[0].works ? &all->items[0] : NULL;
}

static bool
is_passing(enum err_code code)
{
	return code == ERR_TEMPORARY || code == ERR_NO_HOST;
}

static bool
fail(const struct discovered *found, const char *address, struct err *e)
{
	const struct candidate *c = telling(&found->all);

	/* a server that certainly exists */
	if (c && c->preset && is_passing(c->why_not.code))
		return err_set(e, ERR_TEMPORARY, "%s, the server for %s (%s), was not reached: %s",
			       c->url.host, address, c->source, c->why_not.text);
	err_set(
	    e, ERR_UNAVAILABLE,
	    "no mail server was found for %s (looked in: presets, SRV, autoconfig, PACC, MX, usual "
	    "names)",
	    address);
	if (c && c->trust == TRUST_UNSIGNED)
		return err_hint(e, "%s (%s): %.300s; run this on a terminal to decide", c->url.host,
				c->source, c->why_not.text);
	return err_hint(e, "ask the provider for the servers and write them into config.ini; see "
			   "mailverbs.ini(5)");
}

bool
discover_check_address(const char *address, struct err *e)
{
	const char *at = strrchr(address, '@');

	return (at && at != address && at[1] != '\0') ||
	       err_set(e, ERR_USAGE, "'%s' is not a mail address", address);
}

static bool
find_domain(const char *address, struct buf *domain, struct err *e)
{
	const char *at = strrchr(address, '@');

	if (!discover_check_address(address, e))
		return false;
	for (const char *p = address; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f || strchr(";%[]/", *p))
			return err_set(e, ERR_USAGE, "'%s' is not a mail address", address);
	if (!idna_to_ascii(at + 1, domain, e)) {
		e->code = ERR_USAGE;
		return err_prefix(e, "%s", address);
	}
	text_make_lower(domain->data);
	return true;
}

/* The tls-ca-file for all accounts, which the mail tools will use; the caller's to free(). NULL:
 * none. */
static char *
usual_ca_file(const char *config)
{
	const struct setting *s = setting_row(SET_TLS_CA_FILE, TOOL_MACCOUNT);
	struct config_files files;
	struct err unused; /* a mistake in the configuration does not matter here */
	const char *text = NULL;
	char *path = NULL;

	if (config_files_load(&files, config, &unused))
		text = config_files_key(&files, "", s->name);
	if (text)
		setting_check(s, text, &path, &unused);
	config_files_free(&files);
	return path;
}

bool
discover(const struct run *run, const char *address, struct discovered *found, struct err *e)
{
	const struct maccount_options o = maccount_options_read(&run->given);
	struct discovery d = {.address = address,
			      .ca_file = o.ca_file,
			      .timeout_s = o.timeout_s > 0 ? o.timeout_s : TIMEOUT,
			      .may_ask = !o.yes};
	struct buf domain = {0};
	char *ca_file = NULL;

	*found = (struct discovered){0};
	if (!find_domain(address, &domain, e)) {
		buf_free(&domain);
		return false;
	}
	run_warn_of_missing_presets(run);
	if (!d.ca_file)
		d.ca_file = ca_file = usual_ca_file(o.config);
	d.domain = domain.data;
	d.deadline = wait_deadline(d.timeout_s);
	https_start();
	ask_sources(&d, &found->all);
	candidates_check(&found->all, d.ca_file, d.timeout_s);
	guess(&d, found);
	for (size_t i = 0; i < DISCOVER_PROTOCOLS; i++)
		confirm(&found->all, discover_protocols[i], &d);
	choose(found);
	free(ca_file);
	buf_free(&domain);
	if (found->chosen[PROTOCOL_IMAP] || found->chosen[PROTOCOL_POP3] ||
	    found->chosen[PROTOCOL_SMTP])
		return true;
	return fail(found, address, e);
}

void
discovered_free(struct discovered *d)
{
	candidates_free(&d->all);
	*d = (struct discovered){0};
}

bool
command_discover(struct run *run, struct err *e)
{
	const char *address = run->operands[0];
	struct discovered found;
	struct buf section = {0};
	const bool ok = discover(run, address, &found, e);

	if (ok) {
		discovered_section(&found, address, address, &section);
		discovered_refused(&found, &section);
		fputs(section.data, stdout);
	}
	buf_free(&section);
	discovered_free(&found);
	return ok;
}
