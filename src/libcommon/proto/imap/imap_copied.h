/* SPDX-License-Identifier: ISC */
/*
 * imap_copied - which messages a COPY has copied: COPYUID (RFC 4315 section 3). No I/O.
 */
#ifndef MAILVERBS_PROTO_IMAP_IMAP_COPIED_H
#define MAILVERBS_PROTO_IMAP_IMAP_COPIED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * STATUS is the answer to UID COPY of UIDS, which ascend: "OK [COPYUID VALIDITY SOURCE TARGET] …".
 * Leaves in UIDS those that SOURCE names, in their order, and returns how many. An answer without
 * COPYUID, or with one of another form, says nothing: all COUNT stay.
 */
size_t imap_copied_keep(const char *status, uint32_t *uids, size_t count);

/* Does STATUS have a COPYUID, of whichever form? */
bool imap_copied_is_told(const char *status);

#endif
