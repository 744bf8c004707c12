/* SPDX-License-Identifier: ISC */
#include "message/date.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

const char date_months[DATE_MONTHS][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/* Days since 1970-01-01 of a day in the Gregorian calendar; March begins the year, so that the leap
 * day ends it. */
static int64_t
days_from_civil(int64_t year, int month, int day)
{
	const int64_t y = month <= 2 ? year - 1 : year;
	const int64_t era = y / 400, year_of_era = y - era * 400;
	const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	const int64_t day_of_era =
	    year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return era * 146097 + day_of_era - 719468;
}

static void
civil_from_days(int64_t days, int64_t *year, int *month, int *day)
{
	const int64_t z = days + 719468, era = z / 146097, day_of_era = z - era * 146097;
	const int64_t year_of_era =
	    (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	const int64_t day_of_year =
	    day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	const int64_t shifted = (5 * day_of_year + 2) / 153;

	*day = (int)(day_of_year - (153 * shifted + 2) / 5 + 1);
	*month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
	*year = year_of_era + era * 400 + (*month <= 2);
}

/* The rest of a date. */
struct cursor {
	const char *at;
};

static void
skip_blanks(struct cursor *c)
{
	c->at += strspn(c->at, " \t\r\n");
}

static size_t
letters(const char *s)
{
	size_t n = 0;

	while ((s[n] >= 'A' && s[n] <= 'Z') || (s[n] >= 'a' && s[n] <= 'z'))
		n++;
	return n;
}

/* Between MIN and MAX digits, and no more, are the number *N. */
static bool
take_number(struct cursor *c, size_t min, size_t max, int *n)
{
	const size_t len = strspn(c->at, "0123456789");

	if (len < min || len > max)
		return false;
	*n = 0;
	for (size_t i = 0; i < len; i++)
		*n = *n * 10 + (c->at[i] - '0');
	c->at += len;
	return true;
}

static bool
take_char(struct cursor *c, char wanted)
{
	if (*c->at != wanted)
		return false;
	c->at++;
	return true;
}

/* "Thu, ", which says nothing that the rest does not say; so it may be any word. */
static void
skip_day_name(struct cursor *c)
{
	skip_blanks(c);
	c->at += letters(c->at);
	take_char(c, '.');
	skip_blanks(c);
	take_char(c, ',');
	skip_blanks(c);
}

/* "Oct", "October", "Sept." */
static bool
take_month(struct cursor *c, int *month)
{
	static const char *const names[] = {"January",   "February", "March",    "April",
					    "May",       "June",     "July",     "August",
					    "September", "October",  "November", "December"};
	const size_t len = letters(c->at);

	for (int i = 0; i < DATE_MONTHS; i++)
		if (len >= 3 && len <= strlen(names[i]) && text_same(names[i], c->at, len)) {
			c->at += len;
			take_char(c, '.');
			*month = i + 1;
			return true;
		}
	return false;
}

/* Section 4.3: two digits and three are of the last century, or of this one. */
static bool
take_year(struct cursor *c, int *year)
{
	const char *const start = c->at;

	if (!take_number(c, 2, 4, year))
		return false;
	if (c->at - start == 2)
		*year += *year < 50 ? 2000 : 1900;
	else if (c->at - start == 3)
		*year += 1900;
	return true;
}

/* Fields may be apart by blanks or, as in Usenet of old, by a hyphen. */
static void
skip_gap(struct cursor *c)
{
	skip_blanks(c);
	take_char(c, '-');
	skip_blanks(c);
}

bool
date_is_day(int year, int month, int day)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	const bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month >= 1 && month <= DATE_MONTHS && day >= 1 &&
	       day <= days[month - 1] + (month == 2 && is_leap);
}

/* Days since 1970-01-01. */
static bool
take_day(struct cursor *c, int64_t *days)
{
	int year, month, day;

	if (!take_number(c, 1, 2, &day))
		return false;
	skip_gap(c);
	if (!take_month(c, &month))
		return false;
	skip_gap(c);
	if (!take_year(c, &year) || !date_is_day(year, month, day))
		return false;
	*days = days_from_civil(year, month, day);
	return true;
}

/* ":MM", with blanks around the colon (obs-hour, obs-minute). */
static bool
take_sixtieth(struct cursor *c, int max, int *n)
{
	const char *const start = c->at;

	skip_blanks(c);
	if (!take_char(c, ':')) {
		c->at = start;
		return false;
	}
	skip_blanks(c);
	if (!take_number(c, 2, 2, n) || *n > max)
		*n = -1;
	return true;
}

/* A fraction of the second is dropped. */
static void
skip_fraction(struct cursor *c)
{
	if ((c->at[0] == '.' || c->at[0] == ',') && c->at[1] >= '0' && c->at[1] <= '9')
		c->at += 1 + strspn(c->at + 1, "0123456789");
}

/* Seconds since midnight. */
static bool
take_time(struct cursor *c, int *seconds)
{
	int hour, minute, second = 0;

	skip_blanks(c);
	if (!take_number(c, 1, 2, &hour) || hour > 23 || !take_sixtieth(c, 59, &minute))
		return false;
	if (take_sixtieth(c, 60, &second) && second >= 0)
		skip_fraction(c);
	*seconds = hour * 3600 + minute * 60 + second;
	return minute >= 0 && second >= 0;
}

/* Names of zones that mean one thing: RFC 822's, and those in wide use that no other zone has.
 * Military letters were defined with the wrong sign (section 4.3), so nobody knows. */
static const struct {
	const char *name;
	int hours;
} zones[] = {
    {"UT", 0},   {"UTC", 0},  {"GMT", 0},  {"Z", 0},     {"EDT", -4},  {"EST", -5},  {"CDT", -5},
    {"CST", -6}, {"MDT", -6}, {"MST", -7}, {"PDT", -7},  {"PST", -8},  {"WET", 0},   {"WEST", 1},
    {"CET", 1},  {"MET", 1},  {"CEST", 2}, {"MEST", 2},  {"EET", 2},   {"EEST", 3},  {"MSK", 3},
    {"HKT", 8},  {"JST", 9},  {"KST", 9},  {"AEST", 10}, {"AEDT", 11}, {"NZST", 12}, {"NZDT", 13},
};

/* "0200", "02:00", "02", "2": minutes. */
static bool
take_offset(struct cursor *c, int *minutes)
{
	enum { HOURS_MAX = 14 };
	const size_t len = strspn(c->at, "0123456789");
	int number, rest = 0;

	if (len == 3 || !take_number(c, 1, 4, &number))
		return false;
	if (len == 4) {
		rest = number % 100;
		number /= 100;
	} else if (take_char(c, ':') && !take_number(c, 2, 2, &rest)) {
		return false;
	}
	*minutes = number * 60 + rest;
	return rest < 60 && *minutes <= HOURS_MAX * 60;
}

static bool
take_zone_name(struct cursor *c, int *minutes)
{
	const size_t len = letters(c->at);

	for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++)
		if (strlen(zones[i].name) == len && text_same(zones[i].name, c->at, len)) {
			c->at += len;
			*minutes = zones[i].hours * 60;
			return true;
		}
	return false;
}

/* After the zone there may be its name, as Go writes it; AM and PM would change the time. */
static bool
ends_with_zone(struct cursor *c)
{
	size_t len;

	skip_blanks(c);
	len = letters(c->at);
	if (len == 2 && (c->at[1] | 0x20) == 'm')
		return false;
	c->at += len;
	skip_blanks(c);
	return *c->at == '\0';
}

/* "+0200", "CEST", "GMT+02:00". */
static bool
take_zone(struct cursor *c, int *minutes)
{
	int offset = 0;
	bool is_west;

	skip_blanks(c);
	*minutes = 0;
	if (letters(c->at) > 0 && !take_zone_name(c, minutes))
		return false;
	is_west = *c->at == '-';
	if (*c->at == '+' || is_west) {
		if (*minutes != 0) /* "CET+1": is the hour in CET or not? */
			return false;
		c->at++;
		if (!take_offset(c, &offset))
			return false;
		*minutes = is_west ? -offset : offset;
	} else if (c->at[-1] < 'A') { /* no name and no offset */
		return false;
	}
	return ends_with_zone(c);
}

/* Comments (section 3.2.2) become blanks. The caller's to free(); NULL: one does not end. */
static char *
without_comments(const char *text)
{
	char *copy = mem_strdup(text);
	unsigned depth = 0;

	for (char *p = copy; *p; p++) {
		const bool is_end = *p == ')' && depth > 0;

		depth += *p == '(';
		if (depth > 0 && *p == '\\' && p[1])
			*p++ = ' ';
		if (depth > 0)
			*p = ' ';
		depth -= is_end;
	}
	if (depth == 0)
		return copy;
	free(copy);
	return NULL;
}

bool
date_parse(const char *text, struct date *d)
{
	char *plain = without_comments(text);
	struct cursor c = {.at = plain};
	int64_t days = 0;
	int seconds = 0, offset = 0;
	bool ok = plain != NULL;

	if (ok)
		skip_day_name(&c);
	ok = ok && take_day(&c, &days) && take_time(&c, &seconds) && take_zone(&c, &offset);
	if (ok) {
		d->offset_min = offset;
		d->time = days * 86400 + seconds - offset * 60;
	}
	free(plain);
	return ok;
}

void
date_localize(struct date *d)
{
	const time_t when = (time_t)d->time;
	struct tm local;

	if (localtime_r(&when, &local))
		d->offset_min = (int)(local.tm_gmtoff / 60);
}

void
date_format(struct buf *out, const struct date *d)
{
	const int64_t local = d->time + d->offset_min * 60;
	const int64_t days = local >= 0 ? local / 86400 : -((86399 - local) / 86400);
	const int second = (int)(local - days * 86400);
	const int offset = abs(d->offset_min);
	int64_t year;
	int month, day;

	civil_from_days(days, &year, &month, &day);
	buf_addf(out, "%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d", (int)year, month, day,
		 second / 3600, second / 60 % 60, second % 60, d->offset_min < 0 ? '-' : '+',
		 offset / 60, offset % 60);
}
