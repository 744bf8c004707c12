/* SPDX-License-Identifier: ISC */
/*
 * idna - host names as they go over the wire (RFC 5890).
 */
#ifndef MAILVERBS_BASE_IDNA_H
#define MAILVERBS_BASE_IDNA_H

#include <stdbool.h>

struct buf;
struct err;

/*
 * Adds NAME (UTF-8) to OUT, its labels beyond ASCII as A-labels; a name in ASCII stays as it is.
 * False: *e is ERR_NO_HOST, it can be no host name; OUT is as before.
 */
bool idna_to_ascii(const char *name, struct buf *out, struct err *e);

/* The same for comparing names: one that can be no host name is added as it is. */
void idna_add(struct buf *out, const char *name);

#endif
