/* SPDX-License-Identifier: ISC */
#include "config/setting.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "config/paths.h"
#include "config/setting_mail.h"
#include "config/url.h"

#define MSEND (TOOL_MSEND | TOOL_SENDMAIL)
#define NOT_MSEND TOOL_BOX
#define NOT_SENDMAIL (TOOL_MSEND | TOOL_BOX)

/* In the order in which --help shows them: a tool's own first, then what all share. */
const struct setting settings[] = {
    {SET_FROM, "from", "fr", NULL, KIND_SENDER, IN_BOTH, MSEND, "ADDRESS",
     "envelope sender; <> is the null sender"},
    {SET_READ_RECIPIENTS, "read-recipients", "t", NULL, KIND_FLAG, IN_OPTION, MSEND, NULL,
     "also send to the addresses in To, Cc and Bcc"},
    {SET_FULL_NAME, "full-name", "F", NULL, KIND_TEXT, IN_BOTH, MSEND, "NAME",
     "the name for a From that has to be added"},
    {SET_DOMAIN, "domain", NULL, NULL, KIND_TEXT, IN_CONFIG, MSEND, "NAME",
     "name in EHLO, domain of local addresses"},
    {SET_ALIAS_FILE, "alias-file", NULL, NULL, KIND_PATH, IN_CONFIG, MSEND, "FILE",
     "who local names stand for, as in /etc/aliases"},
    {SET_REWRITE_FROM, "rewrite-from", NULL, NULL, KIND_REWRITE, IN_CONFIG, MSEND, "WHEN",
     "From becomes the account's address: local, always, never"},
    {SET_PARTIAL, "partial", NULL, NULL, KIND_FLAG, IN_BOTH, MSEND, NULL,
     "send to the accepted recipients when others are refused"},

    {SET_DSN_NOTIFY, "dsn-notify", "N", NULL, KIND_NOTIFY, IN_BOTH, MSEND, "WHEN",
     "report: never, or on success,failure,delay"},
    {SET_DSN_RETURN, "dsn-return", "R", NULL, KIND_RETURN, IN_BOTH, MSEND, "PART",
     "what of the message a report shows: full, headers"},
    {SET_ENVELOPE_ID, "envelope-id", "V", NULL, KIND_ENVELOPE_ID, IN_OPTION, MSEND, "ID",
     "what a report calls the message by"},
    {SET_REQUIRE_TLS, "require-tls", NULL, NULL, KIND_FLAG, IN_BOTH, MSEND, NULL,
     "only over TLS, all the way to the recipient"},
    {SET_DELIVER_BY, "deliver-by", NULL, NULL, KIND_DELIVER_BY, IN_OPTION, MSEND,
     "SECONDS[,return|notify]", "return it, or tell, when it takes longer"},
    {SET_HOLD_FOR, "hold-for", NULL, NULL, KIND_SECONDS, IN_OPTION, MSEND, "SECONDS",
     "the server sends it on after this time"},
    {SET_HOLD_UNTIL, "hold-until", NULL, NULL, KIND_DATE, IN_OPTION, MSEND, "DATE",
     "or at this moment: 2026-12-24T18:00"},
    {SET_PRIORITY, "priority", NULL, NULL, KIND_PRIORITY, IN_OPTION, MSEND, "N",
     "of its transfer, -9 to 9"},
    {SET_QUEUE, "queue", NULL, NULL, KIND_FLAG, IN_BOTH, MSEND, NULL,
     "keep what cannot be sent now, and succeed"},
    {SET_QUEUE_LIFETIME, "queue-lifetime", NULL, NULL, KIND_PERIOD, IN_BOTH, MSEND, "AGE",
     "how long it is kept (default 5d)"},
    {SET_FLUSH, "flush", "q", NULL, KIND_FLAG, IN_OPTION, MSEND, NULL, "send what is kept"},
    {SET_LIST_QUEUE, "list-queue", NULL, NULL, KIND_FLAG, IN_OPTION, MSEND, NULL,
     "show what is kept (-bp)"},
    {SET_LOG, "log", "X", "logfile", KIND_PATH, IN_BOTH, MSEND, "FILE",
     "add a line for each message to FILE, or to syslog"},

    {SET_BATCH, "batch", NULL, NULL, KIND_FLAG, IN_OPTION, MSEND, NULL,
     "operands are message files, sent over one connection"},
    {SET_MBOX, "mbox", NULL, NULL, KIND_FLAG, IN_OPTION, MSEND, NULL,
     "standard input is an mbox, sent message by message"},
    {SET_CONNECTIONS, "connections", NULL, NULL, KIND_NUMBER, IN_OPTION, MSEND, "N",
     "share a batch among N connections"},

    {SET_IGNORE_DOTS, NULL, "i", NULL, KIND_FLAG, IN_OPTION, MSEND, NULL,
     "a lone dot does not end the message"},
    {SET_SENDMAIL_OPTIONS, NULL, "o", NULL, KIND_LIST, IN_OPTION, MSEND, "OPTION",
     "i is as -i, others mean nothing here"},
    {SET_SENDMAIL_MODE, NULL, "b", NULL, KIND_SENDMAIL_MODE, IN_OPTION, MSEND, "MODE",
     "m: send a message; p: show what is kept"},
    {SET_SENDMAIL_OTHER, NULL, "mnGU", NULL, KIND_FLAG, IN_OPTION, MSEND, NULL,
     "mean nothing here"},
    {SET_SENDMAIL_OTHER, NULL, "ABLOep", NULL, KIND_IGNORED, IN_OPTION, MSEND, "VALUE",
     "mean nothing here"},
    {SET_SENDMAIL_OTHER, NULL, "h", NULL, KIND_IGNORED, IN_OPTION, TOOL_SENDMAIL, "N",
     "hop count: means nothing here"},
    {SET_SENDMAIL_OTHER, NULL, "d", NULL, KIND_IGNORED, IN_OPTION, TOOL_SENDMAIL,
     "[CATEGORY.LEVEL]", "debugging: means nothing here"},

    {SET_MAILDIR, "maildir", NULL, NULL, KIND_PATH, IN_BOTH, TOOL_MFETCH, "DIR",
     "deliver into a Maildir, created if missing"},
    {SET_MBOX, "mbox", NULL, NULL, KIND_PATH, IN_BOTH, TOOL_MFETCH, "FILE",
     "append to an mbox file"},
    {SET_PIPE, "pipe", NULL, NULL, KIND_ANY, IN_BOTH, TOOL_MFETCH, "COMMAND",
     "one run of COMMAND for each message"},
    {SET_LMTP, "lmtp", NULL, NULL, KIND_LMTP, IN_BOTH, TOOL_MFETCH, "URL",
     "to an LMTP server: lmtp://HOST[:PORT], lmtp+unix:///PATH"},
    {SET_RECIPIENT, "recipient", NULL, NULL, KIND_ADDRESS, IN_BOTH, TOOL_MFETCH, "ADDRESS",
     "with --lmtp: whose mailbox there (default: who runs this)"},
    {SET_RAW, "raw", NULL, NULL, KIND_FLAG, IN_OPTION, TOOL_MFETCH, NULL,
     "to standard output as it is, without mbox lines"},
    {SET_NUL, "null", "0", NULL, KIND_FLAG, IN_OPTION, TOOL_MFETCH, NULL,
     "with --raw: a NUL behind each message"},
    {SET_KEEP, "keep", "k", NULL, KIND_AGE, IN_BOTH, TOOL_MFETCH, "[=AGE]",
     "leave messages on the server; with AGE (10d) delete older ones"},
    {SET_MAX_SIZE, "max-size", NULL, "skipsize", KIND_SIZE, IN_BOTH, TOOL_MFETCH, "SIZE",
     "leave larger ones (500k, 10M) alone"},
    {SET_LIMIT, "limit", NULL, NULL, KIND_NUMBER, IN_BOTH, TOOL_MFETCH, "N",
     "at most N messages in this run"},
    {SET_FILTER, "filter", NULL, NULL, KIND_ANY, IN_BOTH, TOOL_MFETCH, "COMMAND",
     "run on each header first; exit 0 fetch, 1 delete, 2 leave alone"},
    {SET_TRASH, "trash", NULL, NULL, KIND_FLAG, IN_BOTH | ONLY_IMAP, TOOL_MFETCH | TOOL_MDEL, NULL,
     "IMAP: move to the Trash folder what would be deleted"},
    {SET_MARK_READ, "seen", NULL, NULL, KIND_FLAG, IN_BOTH | ONLY_IMAP, TOOL_MFETCH, NULL,
     "IMAP: mark as read what was fetched"},
    {SET_ASSUME_DELIVERED, "mark-seen", NULL, NULL, KIND_FLAG, IN_OPTION, TOOL_MFETCH, NULL,
     "fetch nothing; take all that is there as delivered"},
    {SET_HEADERS, "headers", NULL, NULL, KIND_FLAG, IN_OPTION, TOOL_MFETCH, NULL,
     "only the header of each; record and delete nothing"},
    {SET_WATCH, "watch", NULL, NULL, KIND_FLAG, IN_OPTION, TOOL_MFETCH, NULL,
     "stay, and fetch as mail comes"},
    {SET_INTERVAL, "interval", NULL, NULL, KIND_NUMBER, IN_BOTH, TOOL_MFETCH, "SECONDS",
     "with --watch: look so often (default 60)"},
    {SET_FULL_LISTING, "full-listing", NULL, NULL, KIND_FLAG, IN_BOTH, TOOL_MFETCH, NULL,
     "list all messages in each run, also where only new ones came"},
    {SET_ALL_ACCOUNTS, "all-accounts", "A", NULL, KIND_FLAG, IN_OPTION, TOOL_MFETCH, NULL,
     "every account of the configuration, side by side"},

    {SET_SEARCH, "search", NULL, NULL, KIND_TEXT, IN_OPTION, TOOL_MLIST, "QUERY",
     "only messages that match: from:bob since:7d unseen (IMAP)"},
    {SET_COLUMNS, "columns", "o", NULL, KIND_TEXT, IN_BOTH, TOOL_MLIST, "LIST",
     "number,uid,size,flags,date,from,to,cc,subject,message-id"},
    {SET_FOLDERS, "folders", NULL, NULL, KIND_FLAG, IN_OPTION, TOOL_MLIST, NULL,
     "the IMAP folders instead, and how much is in each"},
    {SET_JSON, "json", NULL, NULL, KIND_FLAG, IN_OPTION, TOOL_MLIST, NULL,
     "one JSON object a line"},
    {SET_COUNT, "count", "c", NULL, KIND_FLAG, IN_OPTION, TOOL_MLIST, NULL,
     "only the number of messages and their octets"},
    {SET_EXIT_STATUS, "exit-status", "e", NULL, KIND_FLAG, IN_OPTION, TOOL_MLIST, NULL,
     "exit with 1 when nothing is listed"},

    {SET_ACCOUNT, "account", "a", NULL, KIND_TEXT, IN_OPTION | IN_GLOBAL, TOOL_ALL, "NAME",
     "section of the configuration, or a mail address"},
    {SET_CONFIG, "config", "C", "file", KIND_PATH, IN_OPTION, TOOL_ALL, "FILE",
     "read FILE instead of the user's configuration"},
    {SET_ADDRESS, "address", NULL, NULL, KIND_ADDRESS, IN_ACCOUNT, TOOL_ALL, "ADDRESS",
     "the account's mail address"},
    {SET_ALIASES, "aliases", NULL, NULL, KIND_TEXT, IN_ACCOUNT, TOOL_ALL, "ADDRESS…",
     "its other addresses"},
    {SET_SERVER, "server", "s", NULL, KIND_URL, IN_OPTION, TOOL_ALL, "URL",
     "SCHEME://HOST[:PORT], or HOST alone for implicit TLS"},
    {SET_HOST, "host", NULL, NULL, KIND_TEXT, IN_OPTION | HIDDEN, TOOL_ALL, "HOST",
     "as --server=HOST"},
    {SET_PORT, "port", NULL, NULL, KIND_PORT, IN_OPTION | HIDDEN, TOOL_ALL, "PORT",
     "the port for --host"},
    {SET_SMTP, "smtp", NULL, NULL, KIND_URL, IN_ACCOUNT | IN_PRESET, TOOL_ALL, "URL",
     "submission server"},
    {SET_POP3, "pop3", NULL, NULL, KIND_URL, IN_ACCOUNT | IN_PRESET, TOOL_ALL, "URL",
     "POP3 server"},
    {SET_IMAP, "imap", NULL, NULL, KIND_URL, IN_ACCOUNT | IN_PRESET, TOOL_ALL, "URL",
     "IMAP server"},
    {SET_PROTOCOL, "protocol", NULL, NULL, KIND_PROTOCOL, IN_CONFIG, TOOL_ALL, "NAME",
     "pop3 or imap, where both are known"},
    {SET_FOLDER, "folder", NULL, NULL, KIND_LINES, IN_BOTH | ONLY_IMAP, TOOL_BOX, "NAME",
     "IMAP folder (default INBOX)"},
    {SET_COMPRESS, "compress", NULL, NULL, KIND_FLAG, IN_BOTH | ONLY_IMAP, TOOL_BOX, NULL,
     "IMAP: compress the conversation where the server can"},
    {SET_PROVIDER, "provider", NULL, NULL, KIND_TEXT, IN_OPTION | IN_ACCOUNT, TOOL_ALL, "NAME",
     "preset of providers.ini; auto: by the address's domain; none"},
    {SET_NOTE, "note", NULL, NULL, KIND_TEXT, IN_PRESET, TOOL_ALL, "TEXT",
     "shown when a login fails"},
    /* For the program that gets the tokens, and for who sets it up: --dry-run shows them. */
    {SET_OAUTH2_AUTHORIZE, "oauth2-authorize", NULL, NULL, KIND_TEXT, IN_PRESET, TOOL_ALL, "URL",
     "where a person allows access (OAuth 2)"},
    {SET_OAUTH2_TOKEN, "oauth2-token", NULL, NULL, KIND_TEXT, IN_PRESET, TOOL_ALL, "URL",
     "where access tokens come from"},
    {SET_OAUTH2_DEVICE, "oauth2-device", NULL, NULL, KIND_TEXT, IN_PRESET, TOOL_ALL, "URL",
     "where a device without a browser asks for access"},
    {SET_OAUTH2_SCOPE, "oauth2-scope", NULL, NULL, KIND_TEXT, IN_PRESET, TOOL_ALL, "WORD…",
     "what access to ask for"},
    {SET_USER, "user", "u", NULL, KIND_TEXT, IN_BOTH, TOOL_ALL, "NAME",
     "login name (default: the account's address)"},
    {SET_AUTH, "auth", NULL, NULL, KIND_AUTH, IN_BOTH | IN_PRESET, TOOL_ALL, "MECHANISM",
     "auto, none, plain, scram-sha-256, …"},
    {SET_PASSWORD_COMMAND, "password-command", NULL, "passwordeval", KIND_ANY, IN_BOTH, TOOL_ALL,
     "COMMAND", "its first output line is the password or token"},
    {SET_PASSWORD_FILE, "password-file", NULL, NULL, KIND_PATH, IN_CONFIG, TOOL_ALL, "FILE",
     "its first line is the password"},
    {SET_PASSWORD, "password", NULL, NULL, KIND_ANY, IN_CONFIG, TOOL_ALL, "TEXT",
     "the password itself"},
    {SET_TLS_CA_FILE, "tls-ca-file", NULL, "tls-trust-file", KIND_PATH, IN_BOTH, TOOL_ALL, "FILE",
     "trust these certificates instead of the system's"},
    {SET_TLS_PIN, "tls-pin", NULL, NULL, KIND_PINS, IN_BOTH, TOOL_ALL, "sha256:BASE64[,…]",
     "accept exactly these public keys"},
    {SET_TLS_CERT_FILE, "tls-cert-file", NULL, NULL, KIND_PATH, IN_BOTH, TOOL_ALL, "FILE",
     "client certificate, or PKCS#11 URI"},
    {SET_TLS_KEY_FILE, "tls-key-file", NULL, NULL, KIND_PATH, IN_BOTH, TOOL_ALL, "FILE",
     "its private key, or PKCS#11 URI"},
    {SET_TLS_HOST, "tls-host", NULL, NULL, KIND_TEXT, IN_BOTH, TOOL_ALL, "NAME",
     "the name expected in the certificate"},
    {SET_TLS_PRIORITY, "tls-priority", NULL, "tls-priorities", KIND_TEXT, IN_BOTH, TOOL_ALL,
     "STRING", "GnuTLS priority string"},
    {SET_TUNNEL, "tunnel", NULL, NULL, KIND_ANY, IN_BOTH, TOOL_ALL, "COMMAND",
     "talk to this command instead of a socket"},
    {SET_PROXY, "proxy", NULL, NULL, KIND_TEXT, IN_BOTH, TOOL_ALL, "URL",
     "socks5://[USER:PASS@]HOST[:PORT]"},
    {SET_IPV4, "ipv4", "4", NULL, KIND_FLAG, IN_OPTION, TOOL_ALL, NULL, "IPv4 only"},
    {SET_IPV6, "ipv6", "6", NULL, KIND_FLAG, IN_OPTION, TOOL_ALL, NULL, "IPv6 only"},
    {SET_SOURCE_IP, "source-ip", NULL, NULL, KIND_IP, IN_BOTH, TOOL_ALL, "ADDRESS",
     "connect from this address"},
    {SET_TIMEOUT, "timeout", NULL, NULL, KIND_SECONDS, IN_BOTH, TOOL_ALL, "SECONDS",
     "longest wait for any one answer (0: for ever)"},
    {SET_LOGIN_DELAY, "login-delay", NULL, NULL, KIND_LOGIN_DELAY, IN_BOTH, TOOL_BOX, "WHAT",
     "too early for the server's LOGIN-DELAY: refuse, wait, ignore"},
    {SET_PROBE, "probe", "S", "serverinfo", KIND_FLAG, IN_OPTION, TOOL_ALL, NULL,
     "show what the server is and whether the login works"},
    {SET_DRY_RUN, "dry-run", "nP", "pretend", KIND_FLAG, IN_OPTION, NOT_MSEND, NULL,
     "show settings and what would be done; change nothing"},
    {SET_DRY_RUN, "dry-run", "P", "pretend", KIND_FLAG, IN_OPTION, MSEND, NULL,
     "show settings and what would be done; change nothing"},
    {SET_VERBOSE, "verbose", "vd", "debug", KIND_COUNTED, IN_OPTION, TOOL_ALL, NULL,
     "show the conversation; twice: TLS details too"},
    {SET_QUIET, "quiet", "q", NULL, KIND_FLAG, IN_OPTION, NOT_MSEND, NULL, "errors only"},
    {SET_QUIET, "quiet", NULL, NULL, KIND_FLAG, IN_OPTION, MSEND, NULL, "errors only"},
    {SET_HELP, "help", "h", NULL, KIND_FLAG, IN_OPTION, NOT_SENDMAIL, NULL, "show this help"},
    {SET_HELP, "help", NULL, NULL, KIND_FLAG, IN_OPTION, TOOL_SENDMAIL, NULL, "show this help"},
    {SET_VERSION, "version", NULL, NULL, KIND_FLAG, IN_OPTION, TOOL_ALL, NULL, "show the version"},
};

const size_t setting_count = sizeof settings / sizeof settings[0];

const char *const setting_auth_words = "auto none plain login user apop cram-md5 digest-md5 "
				       "scram-sha-1 scram-sha-1-plus scram-sha-256 "
				       "scram-sha-256-plus xoauth2 oauthbearer external gssapi";

const struct setting *
setting_find(const char *name, unsigned tools, unsigned places)
{
	for (size_t i = 0; i < setting_count; i++) {
		const struct setting *s = &settings[i];

		if (!s->name || !(s->tools & tools) || !(s->places & places))
			continue;
		if (strcmp(s->name, name) == 0 || (s->aliases && text_has_word(s->aliases, name)))
			return s;
	}
	return NULL;
}

const struct setting *
setting_row(enum setting_id id, unsigned tools)
{
	for (size_t i = 0; i < setting_count; i++)
		if (settings[i].id == id && (settings[i].tools & tools))
			return &settings[i];
	return NULL;
}

bool
setting_takes_value(const struct setting *s)
{
	return s->arg != NULL;
}

bool
setting_value_is_optional(const struct setting *s)
{
	return s->arg && s->arg[0] == '[';
}

static bool
check_flag(const char *text, char **normal, struct err *e)
{
	const bool yes = text_has_word("yes on true 1", text);

	if (!yes && !text_has_word("no off false 0", text))
		return err_set(e, ERR_USAGE, "'%s' is neither yes nor no", text);
	*normal = mem_strdup(yes ? "yes" : "no");
	return true;
}

static bool
check_counted(const char *text, char **normal, struct err *e)
{
	uint64_t n;

	if (!text_number(text, 9, &n))
		return err_set(e, ERR_USAGE, "'%s' is no number", text);
	*normal = mem_strdup(text);
	return true;
}

static bool
check_any(const char *text, char **normal, struct err *e)
{
	if (text[0] == '\0')
		return err_set(e, ERR_USAGE, "the value is empty");
	*normal = mem_strdup(text);
	return true;
}

static bool
check_ignored(const char *text, char **normal, struct err *e)
{
	(void)e;
	*normal = mem_strdup(text);
	return true;
}

static bool
check_text(const char *text, char **normal, struct err *e)
{
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return err_set(e, ERR_USAGE, "there is a control character in it");
	return check_any(text, normal, e);
}

static bool
check_lines(const char *text, char **normal, struct err *e)
{
	for (const char *p = text;;) {
		const size_t len = strcspn(p, "\n");
		char *line = mem_strndup(p, len), *unused = NULL;
		const bool ok = check_text(line, &unused, e);

		free(line);
		free(unused);
		if (!ok)
			return false;
		p += len;
		if (*p++ == '\0')
			break;
	}
	*normal = mem_strdup(text);
	return true;
}

/* Whether it is a mail address is msend's and the server's question; what can never be one ends
 * here. */
static bool
check_address(const char *text, char **normal, struct err *e)
{
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			return err_set(e, ERR_USAGE, "'%s' is no mail address", text);
	return check_text(text, normal, e);
}

static bool
check_sender(const char *text, char **normal, struct err *e)
{
	return check_address(text[0] ? text : "<>", normal, e);
}

/* systemd's place for a service's secrets (systemd.exec(5), LoadCredential=). */
static bool
check_credential(const char *name, char **normal, struct err *e)
{
	const char *directory = getenv("CREDENTIALS_DIRECTORY");

	if (!directory || directory[0] == '\0')
		return err_set(e, ERR_USAGE, "CREDENTIALS_DIRECTORY is not set");
	*normal = mem_printf("%s/%s", directory, name);
	return true;
}

static bool
check_path(const char *text, char **normal, struct err *e)
{
	static const char credentials[] = "$CREDENTIALS_DIRECTORY/";
	const char *home = paths_home_directory();

	if (strncmp(text, credentials, strlen(credentials)) == 0)
		return check_credential(text + strlen(credentials), normal, e);
	if (strncmp(text, "~/", 2) != 0 && strcmp(text, "~") != 0)
		return check_text(text, normal, e);
	if (!home)
		return err_set(e, ERR_USAGE, "'%s': HOME is not set", text);
	*normal = mem_printf("%s%s", home, text + 1);
	return true;
}

static bool
check_seconds(const char *text, char **normal, struct err *e)
{
	uint64_t n;

	if (!text_number(text, 1000000, &n))
		return err_set(e, ERR_USAGE, "'%s' is no number of seconds", text);
	*normal = mem_strdup(text);
	return true;
}

static bool
check_number(const char *text, char **normal, struct err *e)
{
	uint64_t n;

	if (!text_number(text, UINT32_MAX, &n) || n == 0)
		return err_set(e, ERR_USAGE, "'%s' is no number from 1 on", text);
	*normal = mem_strdup(text);
	return true;
}

static bool
check_port(const char *text, char **normal, struct err *e)
{
	uint64_t n;

	if (!text_number(text, 65535, &n) || n == 0)
		return err_set(e, ERR_USAGE, "'%s' is no port", text);
	*normal = mem_strdup(text);
	return true;
}

static bool
check_url(const char *text, char **normal, struct err *e)
{
	struct url url;

	if (!url_parse(text, PROTOCOL_NONE, &url, e))
		return false;
	*normal = mem_strdup(text);
	return true;
}

static bool
check_lmtp(const char *text, char **normal, struct err *e)
{
	struct url url;

	if (!url_parse(text, PROTOCOL_SMTP, &url, e))
		return false;
	if (!url.is_lmtp || (url.host[0] == '\0' && url.path[0] == '\0'))
		return err_set(e, ERR_USAGE, "'%s' is no lmtp://HOST[:PORT] or lmtp+unix:///PATH",
			       text);
	*normal = mem_strdup(text);
	return true;
}

static bool
check_protocol(const char *text, char **normal, struct err *e)
{
	if (!text_has_word("pop3 imap", text))
		return err_set(e, ERR_USAGE, "'%s' is neither pop3 nor imap", text);
	*normal = mem_strdup(text);
	return true;
}

static bool
check_auth(const char *text, char **normal, struct err *e)
{
	if (!text_has_word(setting_auth_words, text))
		return err_set(e, ERR_USAGE, "'%s' is none of %s", text, setting_auth_words);
	*normal = mem_strdup(text);
	return true;
}

bool
setting_parse_age(const char *text, uint64_t *seconds)
{
	return text_age(text, seconds);
}

bool
setting_parse_size(const char *text, uint64_t *octets)
{
	return text_size(text, octets);
}

static bool
check_age(const char *text, char **normal, struct err *e)
{
	uint64_t seconds;
	struct err unused;

	/* Plain digits are days, so 0 and 1 are ages here and no flags. */
	if (setting_parse_age(text, &seconds)) {
		*normal = mem_strdup(text);
		return true;
	}
	if (!check_flag(text, normal, &unused))
		return err_set(e, ERR_USAGE, "'%s' is neither yes nor no nor a time such as 10d",
			       text);
	return true;
}

static bool
check_period(const char *text, char **normal, struct err *e)
{
	uint64_t seconds;

	if (!setting_parse_age(text, &seconds))
		return err_set(e, ERR_USAGE, "'%s' is no time such as 12h or 5d", text);
	*normal = mem_strdup(text);
	return true;
}

/* "no" takes a configured size back; mpop says "off". */
static bool
check_size(const char *text, char **normal, struct err *e)
{
	uint64_t octets;

	if (text_has_word("no off", text))
		*normal = mem_strdup("no");
	else if (setting_parse_size(text, &octets) && octets > 0)
		*normal = mem_strdup(text);
	else
		return err_set(e, ERR_USAGE, "'%s' is no size such as 500k or 10M", text);
	return true;
}

static bool
check_login_delay(const char *text, char **normal, struct err *e)
{
	if (!text_has_word("refuse wait ignore", text))
		return err_set(e, ERR_USAGE, "'%s' is none of refuse, wait, ignore", text);
	*normal = mem_strdup(text);
	return true;
}

static bool
check_ip(const char *text, char **normal, struct err *e)
{
	unsigned char address[sizeof(struct in6_addr)];

	if (inet_pton(AF_INET, text, address) != 1 && inet_pton(AF_INET6, text, address) != 1)
		return err_set(e, ERR_USAGE, "'%s' is no IP address", text);
	*normal = mem_strdup(text);
	return true;
}

static bool
check_pins(const char *text, char **normal, struct err *e)
{
	for (const char *pin = text;; pin++) {
		const size_t len = strcspn(pin, ",");

		if (!text_is_pin(pin, len))
			return err_set(e, ERR_USAGE, "'%.*s' is no pin (sha256:BASE64)", (int)len,
				       pin);
		pin += len;
		if (*pin == '\0')
			break;
	}
	*normal = mem_strdup(text);
	return true;
}

static bool (*const checks[SETTING_KINDS])(const char *, char **, struct err *) = {
    [KIND_FLAG] = check_flag,
    [KIND_COUNTED] = check_counted,
    [KIND_TEXT] = check_text,
    [KIND_ADDRESS] = check_address,
    [KIND_PATH] = check_path,
    [KIND_SECONDS] = check_seconds,
    [KIND_NUMBER] = check_number,
    [KIND_SIZE] = check_size,
    [KIND_PORT] = check_port,
    [KIND_URL] = check_url,
    [KIND_LMTP] = check_lmtp,
    [KIND_PROTOCOL] = check_protocol,
    [KIND_AUTH] = check_auth,
    [KIND_AGE] = check_age,
    [KIND_PERIOD] = check_period,
    [KIND_IP] = check_ip,
    [KIND_LOGIN_DELAY] = check_login_delay,
    [KIND_PINS] = check_pins,
    [KIND_LIST] = check_ignored,
    [KIND_LINES] = check_lines,
    [KIND_IGNORED] = check_ignored,
    [KIND_ANY] = check_any,
    [KIND_SENDER] = check_sender,
    [KIND_SENDMAIL_MODE] = setting_check_sendmail_mode,
    [KIND_REWRITE] = setting_check_rewrite,
    [KIND_NOTIFY] = setting_check_notify,
    [KIND_RETURN] = setting_check_return,
    [KIND_ENVELOPE_ID] = setting_check_envelope_id,
    [KIND_DELIVER_BY] = setting_check_deliver_by,
    [KIND_DATE] = setting_check_date,
    [KIND_PRIORITY] = setting_check_priority,
};

bool
setting_check(const struct setting *s, const char *text, char **normal, struct err *e)
{
	return checks[s->kind](text, normal, e);
}
