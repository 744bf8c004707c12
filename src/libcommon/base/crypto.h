/* SPDX-License-Identifier: ISC */
/*
 * crypto - GnuTLS is set up when it is first needed.
 *
 * Left alone, the library sets itself up when a program is loaded, which is a sixth of the work of
 * a run that needs no TLS and no digest.
 */
#ifndef MAILVERBS_BASE_CRYPTO_H
#define MAILVERBS_BASE_CRYPTO_H

#include <stdbool.h>

struct err;

/* Comes before any other function of GnuTLS that computes something; after the first call it is
 * cheap. Its memory is kept until the process ends. False: *e is ERR_TEMPORARY. */
bool crypto_start(struct err *e);

#endif
