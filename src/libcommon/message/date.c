/* SPDX-License-Identifier: ISC */
#include "message/date.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

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

static int
month_number(const char *name)
{
	for (int i = 0; i < 12; i++)
		if (text_same(months + 3 * i, name, 3))
			return i + 1;
	return 0;
}

/* Section 4.3: two digits and three are of the last century, or of this one. */
static int
full_year(const char *digits)
{
	const int year = atoi(digits);

	if (strlen(digits) == 2)
		return year < 50 ? 2000 + year : 1900 + year;
	return strlen(digits) == 3 ? 1900 + year : year;
}

/* "+0100", or the few names that RFC 822 had; an unknown one is as good as -0000. */
static int
zone_offset(const char *zone)
{
	static const struct {
		const char *name;
		int hours;
	} zones[] = {{"EDT", -4}, {"EST", -5}, {"CDT", -5}, {"CST", -6},
		     {"MDT", -6}, {"MST", -7}, {"PDT", -7}, {"PST", -8}};
	int hours, minutes;
	char sign[2];

	if (sscanf(zone, "%1[+-]%2d%2d", sign, &hours, &minutes) == 3)
		return (sign[0] == '-' ? -1 : 1) * (hours * 60 + minutes);
	for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++)
		if (text_equal_case(zones[i].name, zone))
			return zones[i].hours * 60;
	return 0;
}

static bool
is_time_of_day(int hour, int minute, int second)
{
	return hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second <= 60;
}

bool
date_parse(const char *text, struct date *d)
{
	const char *comma = strchr(text, ',');
	char month_name[4], year[5], zone[6] = "";
	int day, hour, minute, second = 0, used = 0, month;

	if (comma)
		text = comma + 1;
	if (sscanf(text, " %2d %3[A-Za-z] %4[0-9] %2d:%2d%n", &day, month_name, year, &hour,
		   &minute, &used) != 5)
		return false;
	text += used;
	if (text[0] == ':' && sscanf(text, ":%2d%n", &second, &used) == 1)
		text += used;
	sscanf(text, " %5[-+A-Za-z0-9]", zone);
	month = month_number(month_name);
	if (month == 0 || day < 1 || day > 31 || !is_time_of_day(hour, minute, second))
		return false;
	d->offset_min = zone_offset(zone);
	d->time = days_from_civil(full_year(year), month, day) * 86400 + hour * 3600 + minute * 60 +
		  second - d->offset_min * 60;
	return true;
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
