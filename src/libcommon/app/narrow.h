/* SPDX-License-Identifier: ISC */
/*
 * narrow - which of the selected messages a run of mfetch takes.
 */
#ifndef MAILVERBS_APP_NARROW_H
#define MAILVERBS_APP_NARROW_H

struct account;
struct message_list;
struct message_set;
struct run;

/* Those larger than `max-size` leave SET; each is remarked on, as HOST's. */
void narrow_by_size(struct message_set *set, const struct message_list *l, const struct account *a,
		    const struct run *run, const char *host);

/* Of SET the first `limit` stay. */
void narrow_by_limit(struct message_set *set, const struct account *a);

#endif
