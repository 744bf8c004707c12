/* SPDX-License-Identifier: ISC */
/*
 * fetch_select - which of the selected messages a run of mfetch takes.
 */
#ifndef MAILVERBS_MFETCH_FETCH_SELECT_H
#define MAILVERBS_MFETCH_FETCH_SELECT_H

#include <stdint.h>

struct message_list;
struct message_set;

/* Those of more than MAX octets leave SET for LARGE. */
void fetch_select_by_size(struct message_set *set, struct message_set *large,
			  const struct message_list *l, uint64_t max);

/* The first LIMIT of SET stay. */
void fetch_select_by_limit(struct message_set *set, uint32_t limit);

#endif
