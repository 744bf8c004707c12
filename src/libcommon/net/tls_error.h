/* SPDX-License-Identifier: ISC */
/*
 * tls_error - GnuTLS's status codes and TLS alerts in words.
 */
#ifndef MAILVERBS_NET_TLS_ERROR_H
#define MAILVERBS_NET_TLS_ERROR_H

#include <gnutls/gnutls.h>
#include <stdbool.h>

#include "base/err.h"

/* As err_set(), and ends the text with ": " and what STATUS means. Always false. */
bool tls_error_set(struct err *e, enum err_code code, int status, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Why a session failed with STATUS: code and text. Always false. */
bool tls_error_explain(gnutls_session_t session, int status, struct err *e);

#endif
