/* SPDX-License-Identifier: ISC */
/*
 * queue_settings - the settings that a message takes along into the queue: the extensions that it
 * requests, wherever they were set, and the way to its server if the command line set it. The way
 * set in the configuration is read again when the message is sent.
 */
#ifndef MAILVERBS_MSEND_QUEUE_SETTINGS_H
#define MAILVERBS_MSEND_QUEUE_SETTINGS_H

#include <stdbool.h>

struct account;
struct err;
struct queue_entry;
struct values;

/* Without KEEPS_COPY it is recorded that no copy is to be saved (--save); with IS_FILTERED the
 * filter is not recorded (--send-filter). */
void queue_settings_add(struct queue_entry *q, const struct account *a, bool keeps_copy,
			bool is_filtered);

/* Adds the way, and the account's name, to GIVEN, a command line, where that has none of its own.
 */
void queue_settings_read_route(const struct queue_entry *q, struct values *given);

/* Adds the wishes to WISHES. */
void queue_settings_read_parameters(const struct queue_entry *q, struct values *wishes);

/* Messages with the same key have the same account and the same way to its server. The caller's to
 * free(). */
char *queue_settings_route_key(const struct queue_entry *q);

#endif
