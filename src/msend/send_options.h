/* SPDX-License-Identifier: ISC */
/*
 * send_options - what the command line asks of msend, read once; and an account with the settings
 * that only msend uses, read once it is resolved.
 */
#ifndef MAILVERBS_MSEND_SEND_OPTIONS_H
#define MAILVERBS_MSEND_SEND_OPTIONS_H

#include <stdbool.h>

#include "config/account.h"
#include "message/outgoing.h"
#include "proto/smtp/smtp.h"

struct err;
struct run;

/* Texts are borrowed from the command line; NULL: not given. */
struct send_options {
	const char *account; /* -a */
	const char *from;
	const char *log;
	bool read_recipients;
	bool ignores_dots; /* -i or -oi */
	bool lists_queue;
	bool flushes;
	/* many messages */
	bool batch, mbox;
	unsigned connections; /* 0: not given */
	bool each, verp;
	const char *rate;
	const char *journal;
	/* the name of the first of the options that say how to send, which the queue does not
	 * take */
	const char *sending_option;
};

struct send_options send_options_read(const struct values *given);

/* The extensions that a message requests, whether part of its recipients is enough, and the command
 * that it goes through before (NULL: none). */
struct wishes {
	struct smtp_parameters parameters;
	bool partial;
	const char *send_filter;
};

/* Borrows from V. */
struct wishes wishes_read(const struct values *v);

/* The sender's copy. */
struct save_settings {
	bool is_wanted; /* a key for all accounts does not hold for those without IMAP */
	bool is_asked;  /* on the command line */
	const char *folder;
};

/* Texts are borrowed from the account; NULL: not set. */
struct send_settings {
	const char *from;
	const char *full_name;
	const char *alias_file;
	const char *log;
	enum from_rewrite rewrite;
	struct wishes wishes;
	struct save_settings save;
	bool queue;
	int64_t queue_lifetime_s;
	unsigned max_recipients; /* 0: no limit */
	bool has_imap;           /* a server for copies is known */
};

struct send_account {
	struct account base;
	struct send_settings settings;
	char *save_command; /* that saves a copy; NULL: none is wanted */
};

/* As account_resolve() for msend; GIVEN need not be the run's command line. Freed by
 * send_account_free() in any case. */
bool send_account_resolve(struct send_account *a, const struct values *given, const char *sender,
			  struct err *e);
/* The same with run_account(). */
bool send_account_of_run(struct send_account *a, struct run *run, const char *sender,
			 struct err *e);
void send_account_free(struct send_account *a);

#endif
