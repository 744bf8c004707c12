/* SPDX-License-Identifier: ISC */
/*
 * setting - every option of every tool and every key of the configuration, declared once.
 *
 * One row is one setting as one group of tools knows it. getopt_long, --help, the configuration
 * reader, the completions and the tests of man pages read this table and nothing else. A setting's
 * kind says which text is a valid value; the text is read once, into the typed structs
 * (config/account_settings.h, src/TOOL/TOOL_options.h).
 */
#ifndef MAILVERBS_CONFIG_SETTING_H
#define MAILVERBS_CONFIG_SETTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

/* The tools, as bits of a mask. */
enum tool_id {
	TOOL_MSEND = 1,
	TOOL_MFETCH = 2,
	TOOL_MLIST = 4,
	TOOL_MDEL = 8,
	TOOL_SENDMAIL = 16, /* msend by that name: its command line differs, nothing else */
	TOOL_MACCOUNT = 32, /* it speaks no mail protocol: not one of TOOL_ALL */
	TOOL_MMARK = 64,
	TOOL_BOX = TOOL_MFETCH | TOOL_MLIST | TOOL_MDEL | TOOL_MMARK,
	TOOL_ALL = TOOL_MSEND | TOOL_SENDMAIL | TOOL_BOX
};

enum setting_id {
	/* which account, which server */
	SET_ACCOUNT,
	SET_CONFIG,
	SET_ADDRESS,
	SET_ALIASES,
	SET_SERVER,
	SET_HOST,
	SET_PORT,
	SET_SMTP,
	SET_POP3,
	SET_IMAP,
	SET_PROTOCOL,
	SET_PIPELINING,
	SET_FOLDER,
	SET_COMPRESS,
	SET_PROVIDER,
	SET_NOTE,
	SET_OAUTH2_AUTHORIZE,
	SET_OAUTH2_TOKEN,
	SET_OAUTH2_DEVICE,
	SET_OAUTH2_SCOPE,
	SET_OAUTH2_REVOKE,
	SET_OAUTH2_ISSUER,
	SET_OAUTH2_CLIENT_ID,
	SET_OAUTH2_CLIENT_SECRET_COMMAND,
	SET_OAUTH2_GRANT,
	SET_OAUTH2_KEY_FILE,
	SET_TOKEN_STORE_COMMAND,
	/* login */
	SET_USER,
	SET_AUTH,
	SET_PASSWORD_COMMAND,
	SET_PASSWORD_FILE,
	SET_PASSWORD,
	/* TLS and the way there */
	SET_TLS_CA_FILE,
	SET_TLS_PIN,
	SET_TLS_CERT_FILE,
	SET_TLS_KEY_FILE,
	SET_TLS_HOST,
	SET_TLS_PRIORITY,
	SET_TUNNEL,
	SET_PROXY,
	SET_IPV4,
	SET_IPV6,
	SET_SOURCE_IP,
	SET_TIMEOUT,
	SET_LOGIN_DELAY,
	SET_NO_SANDBOX,
	/* what to do, and what to say */
	SET_PROBE,
	SET_DRY_RUN,
	SET_VERBOSE,
	SET_QUIET,
	SET_HELP,
	SET_VERSION,
	/* msend */
	SET_FROM,
	SET_READ_RECIPIENTS,
	SET_FULL_NAME,
	SET_DOMAIN,
	SET_ALIAS_FILE,
	SET_REWRITE_FROM,
	SET_LOG,
	SET_PARTIAL,
	SET_SAVE,
	SET_SEND_FILTER,
	SET_QUEUE,
	SET_QUEUE_LIFETIME,
	SET_FLUSH,
	SET_LIST_QUEUE,
	SET_DSN_NOTIFY,
	SET_DSN_RETURN,
	SET_ENVELOPE_ID,
	SET_REQUIRE_TLS,
	SET_DELIVER_BY,
	SET_HOLD_FOR,
	SET_HOLD_UNTIL,
	SET_PRIORITY,
	SET_BATCH,
	SET_EACH,
	SET_RATE,
	SET_JOURNAL,
	SET_VERP,
	SET_MAX_RECIPIENTS,
	SET_CONNECTIONS,
	SET_IGNORE_DOTS,
	SET_SENDMAIL_OPTIONS,
	SET_SENDMAIL_MODE,
	SET_SENDMAIL_OTHER, /* accepted, and nothing else */
	/* mfetch */
	SET_RAW,
	SET_NUL,
	SET_MAILDIR,
	SET_MBOX,
	SET_PIPE,
	SET_LMTP,
	SET_RECIPIENT,
	SET_KEEP,
	SET_DELETE,
	SET_MAX_SIZE,
	SET_LIMIT,
	SET_FILTER,
	SET_HOOK,
	SET_ASSUME_DELIVERED,
	SET_HEADERS,
	SET_WATCH,
	SET_INTERVAL,
	SET_FULL_LISTING,
	SET_ALL_ACCOUNTS,
	SET_WAIT,
	SET_MARK_READ,
	SET_TRASH, /* and mdel */
	/* mlist */
	SET_SEARCH,
	SET_COLUMNS,
	SET_JSON,
	SET_COUNT,
	SET_EXIT_STATUS,
	SET_ADD_SEEN, /* mmark */
	SET_REMOVE_SEEN,
	SET_ADD_FLAG,
	SET_REMOVE_FLAG,
	SET_COPY,
	SET_MOVE,
	SET_APPEND,
	SET_CREATE,
	SET_FOLDERS,
	/* maccount */
	SET_DEVICE,
	SET_PASTE,
	SET_FORCE,
	SET_NAME,
	SET_YES,
	SET_FORMAT,
	SET_WRITE,
	SETTING_IDS
};

enum setting_kind {
	KIND_FLAG,    /* yes or no; an option without an argument */
	KIND_COUNTED, /* an option that counts how often it is given */
	KIND_LIST,    /* an option whose words are collected each time it is given */
	KIND_LINES,   /* likewise, one text per line */
	KIND_IGNORED, /* any text; it has no effect */
	KIND_TEXT,    /* one line without control characters, which must not reach the wire */
	KIND_ANY,     /* a command, a password */
	KIND_WORD,    /* one of `words` */
	KIND_NUMBER,  /* from `min` to `max` */
	KIND_ADDRESS,
	KIND_SENDER, /* an address, as in a header; "" is the null sender, as <> is */
	KIND_NAME,   /* one line of text, or none */
	KIND_DOMAIN, /* a host name, or an IP address in brackets; normalised to A-labels */
	KIND_PATH,   /* ~/ is the home directory */
	KIND_SIZE,   /* octets (500k, 10M), or no */
	KIND_URL,
	KIND_LMTP,   /* the URL of an LMTP server */
	KIND_AGE,    /* yes, no, or a time: 10d */
	KIND_SAVE,   /* yes, no, or a folder */
	KIND_PERIOD, /* a time: 12h, 5d */
	KIND_IP,
	KIND_PINS,
	KIND_PROXY,         /* socks5://[USER:PASS@]HOST[:PORT] */
	KIND_NOTIFY,        /* never, or some of success,failure,delay (RFC 3461) */
	KIND_RETURN,        /* full or headers (RFC 3461) */
	KIND_ENVELOPE_ID,   /* printable ASCII (RFC 3461) */
	KIND_DELIVER_BY,    /* SECONDS[,return|notify] (RFC 2852) */
	KIND_DATE,          /* RFC 3339; normalised to UTC */
	KIND_PRIORITY,      /* -9 to 9 (RFC 6710) */
	KIND_RATE,          /* N/s, N/min or N/h; normalised to N/SECONDS */
	KIND_SENDMAIL_MODE, /* the argument of sendmail's -b */
	SETTING_KINDS
};

/* The places where a setting may be given. */
enum setting_place {
	IN_OPTION = 1,  /* on the command line */
	IN_ACCOUNT = 2, /* in an account's section */
	IN_GLOBAL = 4,  /* above the first section */
	IN_PRESET = 8,  /* in providers.ini */
	IN_CONFIG = IN_ACCOUNT | IN_GLOBAL,
	IN_BOTH = IN_OPTION | IN_CONFIG,
	HIDDEN = 16, /* another program's spelling: accepted and in the man page, not in --help */
	ONLY_IMAP = 32,   /* as IN_GLOBAL, it applies to accounts that are served by IMAP */
	PRESET_FIRST = 64 /* a preset's value takes precedence over one IN_GLOBAL */
};

struct setting {
	enum setting_id id;
	/* long option and key; NULL: one of sendmail's letters, which --help does not show */
	const char *name;
	const char *letters; /* short options; --help shows the first */
	const char *aliases; /* other spellings of the name, blank-separated: msmtp's and mpop's */
	enum setting_kind kind;
	uint32_t min, max; /* KIND_NUMBER */
	const char *words; /* KIND_WORD: the possible values, blank-separated */
	unsigned places;   /* bits of enum setting_place */
	unsigned tools;    /* bits of enum tool_id */
	/* what holds if it is set nowhere, for --dry-run; NULL: nothing, or it depends */
	const char *by_default;
	const char *arg; /* the argument in --help; "[=AGE]" is optional; NULL: none */
	/* How completions find values, if the kind and `arg` do not say it: "account", "provider",
	 * "host", "words W...", or "list W..." for words joined by commas. */
	const char *complete;
	const char *help; /* one line, lower case, without a full stop */
};

extern const struct setting settings[];
extern const size_t setting_count;

/* The row called NAME (or an alias of it) that any of TOOLS has and that may be given in one of
 * PLACES; NULL: none. */
const struct setting *setting_find(const char *name, unsigned tools, unsigned places);

/* The row of an id for a tool. */
const struct setting *setting_row(enum setting_id id, unsigned tools);

/* Does the option take an argument? */
bool setting_takes_value(const struct setting *s);
bool setting_value_is_optional(const struct setting *s);

/* Does TEXT, a value of this setting, hold a password? */
bool setting_is_secret(const struct setting *s, const char *text);

/*
 * Is TEXT a good value? True: *NORMAL is its normal form (a flag is "yes" or "no", ~/ is expanded),
 * the caller's to free(). False: *e is ERR_USAGE and says what would be one; without the setting's
 * name.
 */
bool setting_check(const struct setting *s, const char *text, char **normal, struct err *e);

#endif
