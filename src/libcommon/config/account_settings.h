/* SPDX-License-Identifier: ISC */
/*
 * account_settings - the settings of an account that several tools use, typed.
 *
 * account_resolve() fills them, once; nothing else looks up text by name. A setting of only one
 * tool is in that tool's own struct (mfetch/fetch_options.h and others). Strings are borrowed from
 * the account; NULL: not set.
 */
#ifndef MAILVERBS_CONFIG_ACCOUNT_SETTINGS_H
#define MAILVERBS_CONFIG_ACCOUNT_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/setting.h"
#include "config/url.h"

struct values;

/* The way to the server. */
struct connection_settings {
	const char *tunnel;
	const char *proxy;
	const char *source_ip;
	bool ipv4_only, ipv6_only;  /* at most one of them */
	unsigned timeout_s;         /* 0: no limit */
	unsigned message_timeout_s; /* for the answer to a whole message; 0: no limit */
	bool one_at_a_time;         /* no pipelining */
	const char *domain;         /* msend: in EHLO, and of addresses that have none */
};

/* TLS, where the server's URL wants it. */
struct tls_settings {
	const char *host; /* the name that is expected, if it is not the server's */
	const char *ca_file;
	const char *pins;
	const char *cert_file, *key_file;
	const char *priority;
};

/* The login. */
struct login_settings {
	const char *user;      /* else the account's address */
	bool is_skipped;       /* auth = none */
	const char *mechanism; /* a word of `auth`; NULL: the best that works */
	bool is_preset;        /* the word is a provider's preset, not the user's own */
	bool may_use_token;    /* that maccount holds */
	const char *password_command, *password_file, *password;
	const char *config; /* --config, for maccount */
	const char *note;   /* a provider's, for a login that fails */
};

/* If LOGIN-DELAY forbids a login that early (RFC 2449 section 6.5). */
enum login_delay { LOGIN_DELAY_REFUSE, LOGIN_DELAY_WAIT, LOGIN_DELAY_IGNORE };

/* The mailbox, for mfetch, mlist, mdel and mmark. */
struct mailbox_settings {
	const char *folders; /* one a line */
	bool compress;
	bool to_trash;      /* messages are moved to the Trash, not deleted */
	bool marks_read;    /* fetched messages */
	bool lists_folders; /* mlist --folders */
	bool may_delete;    /* this run can delete messages on the server */
	const char *search;
	/* "FILE:LINE" of a query from the configuration; NULL: it is from the command line */
	const char *search_origin;
	enum login_delay login_delay;
};

enum { ACCESS_COMMANDS = 5 };

struct account;

/* The accounts that one process sends for (msend --flush), and commands of its messages.
 * Borrowed. */
struct access_group {
	const struct account *const *accounts;
	size_t count;
	const char *const *commands;
	size_t command_count;
};

/* The things that a run touches on this machine once it talks to the server (app/containment.h). */
struct access_settings {
	bool is_unlimited;    /* no-sandbox, or a library needs files that nobody can name */
	bool changes_nothing; /* --dry-run */
	bool is_reported;     /* --probe: with -v, what is in force is said */
	const char *commands[ACCESS_COMMANDS]; /* NULL: none */
	const char *maildir, *mbox;            /* mfetch delivers there */
	uint16_t lmtp_port;                    /* 0: none */
	bool keeps_spool;                      /* messages are put into temporary files */
	/* of msend, which fills them in (msend/send_options.h) */
	const char *log;        /* NULL: none */
	const char *alias_file; /* NULL: none that is read again */
	bool uses_queue;
	const struct access_group *group; /* NULL: this account is the only one */
};

struct account_settings {
	const char *address; /* the account's */
	struct access_settings access;
	struct connection_settings connection;
	struct tls_settings tls;
	struct login_settings login;
	struct mailbox_settings mailbox;
};

/* The settings in V for a run of TOOL; borrows from V. */
struct account_settings account_settings_read(const struct values *v, enum tool_id tool);

/* Is a certificate or key not a file, but in a token (a URI of PKCS#11, RFC 7512)? FILE may be
 * NULL. */
bool account_file_is_token(const char *file);

/* The server that --lmtp in V names, for delivery (RFC 2033). is_lmtp is false if it names none. */
struct url account_lmtp(const struct values *v);

#endif
