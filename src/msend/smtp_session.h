/* SPDX-License-Identifier: ISC */
/*
 * smtp_session - from an account to a conversation with its submission server, logged in.
 */
#ifndef MAILVERBS_MSEND_SMTP_SESSION_H
#define MAILVERBS_MSEND_SMTP_SESSION_H

#include <stdbool.h>

#include "app/probe.h"
#include "app/session.h"
#include "proto/smtp/smtp.h"

struct account;
struct err;

struct smtp_session {
	struct session base;
	struct smtp *smtp;
};

/* A must outlive the session. False: *e; nothing is open. */
bool smtp_session_open(struct smtp_session *s, const struct account *a, struct err *e);

/* For --dry-run: finds the mistakes that smtp_session_open() finds before it connects. False:
 * *e. */
bool smtp_session_check(const struct account *a, struct err *e);

/* Says QUIT unless that was done. Accepts a closed session. */
void smtp_session_close(struct smtp_session *s);

/* --probe: see app/probe.h. */
bool smtp_session_probe(const struct account *a, probe_show *show, struct err *e);

#endif
