/* SPDX-License-Identifier: ISC */
/*
 * date - the date of a header field (RFC 5322 section 3.3, with the obsolete forms of section 4.3).
 */
#ifndef MAILVERBS_MESSAGE_DATE_H
#define MAILVERBS_MESSAGE_DATE_H

#include <stdbool.h>
#include <stdint.h>

struct buf;

/* A moment and the zone it was told in. */
struct date {
	int64_t time;   /* seconds since 1970 */
	int offset_min; /* east of Greenwich */
};

/* "Jan" to "Dec" (RFC 5322 section 3.3, RFC 9051 section 9), whatever the locale. */
enum { DATE_MONTHS = 12 };
extern const char date_months[DATE_MONTHS][4];

/* False: TEXT (unfolded) is not a valid date. */
bool date_parse(const char *text, struct date *d);

/* Is there this day? MONTH and DAY count from 1. */
bool date_is_day(int year, int month, int day);

/* Gives D the zone that the reader's clock had at that moment (TZ); the moment stays the same. */
void date_localize(struct date *d);

/* Adds "2026-11-21T23:13:00+01:00" (RFC 3339) to OUT. */
void date_format(struct buf *out, const struct date *d);

#endif
