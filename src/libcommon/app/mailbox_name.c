/* SPDX-License-Identifier: ISC */
#include "app/mailbox_name.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/idna.h"
#include "base/mem.h"
#include "base/text.h"
#include "config/account.h"
#include "config/account_names.h"
#include "config/paths.h"
#include "journal/journal.h"
#include "journal/journal_peek.h"

char *
mailbox_journal_directory(void)
{
	return paths_state("journal");
}

/* As journals call it: INBOX has one name in all spellings (RFC 9051 section 5.1). */
static const char *
journal_folder(const char *folder)
{
	return text_equal_case(folder, "INBOX") ? "INBOX" : folder;
}

const char *
mailbox_folder(const struct account *a)
{
	const char *folder = a->settings.mailbox.folders;

	return folder ? journal_folder(folder) : "INBOX";
}

static const char *
folder_of(const struct account *a, const struct url *url, const char *folder)
{
	if (url->protocol != PROTOCOL_IMAP)
		return "INBOX";
	return folder ? journal_folder(folder) : mailbox_folder(a);
}

/* A literal address in its shortest form. False: it is none. */
static bool
add_address(struct buf *out, const char *host)
{
	unsigned char address[sizeof(struct in6_addr)];
	char text[INET6_ADDRSTRLEN];

	if (inet_pton(AF_INET, host, address) == 1)
		buf_add_str(out, inet_ntop(AF_INET, address, text, sizeof text));
	else if (inet_pton(AF_INET6, host, address) == 1)
		buf_addf(out, "[%s]", inet_ntop(AF_INET6, address, text, sizeof text));
	else
		return false;
	return true;
}

/* The caller's to free(). NULL: *e is ERR_NO_HOST. */
static char *
canonical_host(const char *host, struct err *e)
{
	struct buf name = {0};

	buf_add_str(&name, "");
	if (!add_address(&name, host) && !idna_to_ascii(host, &name, e)) {
		buf_free(&name);
		return NULL;
	}
	if (name.len > 1 && name.data[name.len - 1] == '.')
		name.len--;
	buf_add_str(&name, "");
	text_make_lower(name.data);
	return buf_take(&name);
}

/* POP3 and IMAP have a port for TLS and one for STARTTLS: both are the same server. */
static bool
is_standard_port(const struct url *url)
{
	return url->protocol == PROTOCOL_POP3 ? url->port == 110 || url->port == 995
					      : url->port == 143 || url->port == 993;
}

/* Does HOST, which is canonical, mean the same in every network? Not a literal address, and not a
 * name that only one network knows. */
static bool
is_global(const char *host)
{
	static const char *const local[] = {".localhost", ".local",  ".internal", ".lan",
					    ".home.arpa", ".intern", ".test"};
	const size_t len = strlen(host);

	if (!strchr(host, '.') || host[0] == '[' || strchr("0123456789", host[len - 1]))
		return false;
	for (size_t i = 0; i < sizeof local / sizeof local[0]; i++)
		if (len > strlen(local[i]) && strcmp(host + len - strlen(local[i]), local[i]) == 0)
			return false;
	return true;
}

/* HOST and PORT of a proxy's URL, without the secrets in it. */
static void
add_proxy(struct buf *out, const char *proxy)
{
	const char *scheme_end = strstr(proxy, "://");
	const char *at = strrchr(proxy, '@');
	char *place = mem_strdup(at ? at + 1 : scheme_end ? scheme_end + 3 : proxy);

	text_make_lower(place);
	buf_addf(out, ";proxy=%s", place);
	free(place);
}

/* The caller's to free(). NULL: *e. */
static char *
server_of(const struct account *a, const struct url *url, struct err *e)
{
	const char *tunnel = a->settings.connection.tunnel;
	const char *proxy = a->settings.connection.proxy;
	char *host = canonical_host(url->host, e);
	struct buf server = {0};

	if (!host)
		return NULL;
	buf_add_str(&server, host);
	if (tunnel)
		buf_addf(&server, ";tunnel=%s", tunnel);
	else if (!is_standard_port(url))
		buf_addf(&server, ":%u", url->port);
	if (!tunnel && proxy && !is_global(host))
		add_proxy(&server, proxy);
	buf_add_str(&server, "");
	free(host);
	return buf_take(&server);
}

char *
mailbox_name(const struct account *a, const char *folder, struct err *e)
{
	const char *user = a->settings.login.user;
	const struct url *url = account_server(a, e);
	struct buf name = {0};
	char *server;

	if (!url || !(server = server_of(a, url, e)))
		return NULL;
	buf_addf(&name, "%s ", protocol_name(url->protocol));
	text_escape(&name, user ? user : "");
	buf_add_char(&name, ' ');
	text_escape(&name, server);
	buf_add_char(&name, ' ');
	text_escape(&name, folder_of(a, url, folder));
	buf_add_str(&name, "");
	free(server);
	return buf_take(&name);
}

/* Version 0.1 took the host as it was written, and knew no port, tunnel or proxy. */
static char *
former_name(const struct account *a, const char *folder, bool lower_case, struct err *e)
{
	const char *user = a->settings.login.user;
	const struct url *url = account_server(a, e);
	char *name, *host;

	if (!url)
		return NULL;
	host = mem_strdup(url->host);
	if (lower_case)
		text_make_lower(host);
	name = mem_printf("%s %s %s %s", protocol_name(url->protocol), user ? user : "", host,
			  folder_of(a, url, folder));
	free(host);
	return name;
}

/* Does the account NAME have another mailbox of the same former name? One that cannot be resolved
 * has none. */
static bool
shares_name(const char *name, const char *former, const char *mailbox, const struct account *a,
	    const char *folder)
{
	struct values values = {0};
	struct account other;
	struct err unused; /* an account that cannot be resolved has no mailbox */
	bool shares = false;

	if (a->settings.login.config)
		values_replace(&values, SET_CONFIG, a->settings.login.config, "command line");
	values_replace(&values, SET_ACCOUNT, name, "");
	if (account_resolve(&other, a->tool, &values, NULL, &unused)) {
		char *its_former = former_name(&other, folder, true, &unused);
		char *its_name = its_former ? mailbox_name(&other, folder, &unused) : NULL;

		shares = its_name && text_equal_case(its_former, former) &&
			 strcmp(its_name, mailbox) != 0;
		free(its_former);
		free(its_name);
	}
	account_free(&other);
	values_free(&values);
	return shares;
}

/* A comma or a blank of the user or the folder: then another mailbox may have had the same
 * directory. */
static bool
is_ambiguous(const char *former)
{
	size_t blanks = 0;

	for (const char *p = former; *p; p++)
		blanks += *p == ' ';
	return blanks > 3 || strchr(former, ',');
}

static bool
is_doubtful(const char *former, const struct account *a, const char *folder,
	    const struct values *given)
{
	struct account_names names;
	struct err unused; /* resolved before: the caller has the names already */
	char *mailbox = mailbox_name(a, folder, &unused);
	bool doubtful = is_ambiguous(former);

	if (account_names(&names, given, &unused))
		for (size_t i = 0; mailbox && i < names.count && !doubtful; i++)
			doubtful = shares_name(names.names[i], former, mailbox, a, folder);
	account_names_free(&names);
	free(mailbox);
	return doubtful;
}

static bool
has_records(const char *directory)
{
	struct stat st;

	return directory && stat(directory, &st) == 0;
}

bool
mailbox_former(struct journal_former *f, const struct account *a, const char *folder,
	       const char *destination, const struct values *given, struct err *e)
{
	*f = (struct journal_former){.directory = paths_state("seen"), .destination = destination};
	if (!has_records(f->directory))
		return true;
	f->mailboxes[0] = former_name(a, folder, false, e);
	f->mailboxes[1] = f->mailboxes[0] ? former_name(a, folder, true, e) : NULL;
	if (!f->mailboxes[1])
		return false;
	f->is_doubtful = is_doubtful(f->mailboxes[1], a, folder, given);
	return true;
}

void
mailbox_former_free(struct journal_former *f)
{
	free(f->directory);
	free(f->mailboxes[0]);
	free(f->mailboxes[1]);
	*f = (struct journal_former){0};
}

struct journal *
mailbox_journals(const struct account *a, const struct values *given, struct err *e)
{
	char *directory = mailbox_journal_directory();
	char *mailbox = mailbox_name(a, NULL, e);
	struct journal_former former = {0};
	struct journal *journal = NULL;

	/* Without a home nothing can have been recorded. */
	if (mailbox)
		journal = journal_open_all(directory ? directory : "/nonexistent", mailbox, e);
	if (journal && !(mailbox_former(&former, a, NULL, NULL, given, e) &&
			 journal_peek_former(journal, &former, e))) {
		journal_close(journal);
		journal = NULL;
	}
	mailbox_former_free(&former);
	free(directory);
	free(mailbox);
	return journal;
}
