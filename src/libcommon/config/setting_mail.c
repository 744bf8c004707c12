/* SPDX-License-Identifier: ISC */
#include "config/setting_mail.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/idna.h"
#include "base/mem.h"
#include "base/text.h"

/* A word of the user's and its form in the protocol. */
struct word {
	const char *word;
	const char *wire;
};

static const char *
to_wire(const struct word *words, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal_case(words[i].word, word))
			return words[i].wire;
	return NULL;
}

/* Labels with one dot between them; an underscore passes, as in an address (RFC 5321 section
 * 4.1.2). */
static bool
is_host_name(const char *name)
{
	const char *p = name;
	size_t len;

	while ((len = strspn(
		    p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")) > 0) {
		if (p[0] == '-' || p[len - 1] == '-' || len > 63)
			return false;
		p += len;
		if (*p == '\0')
			return p - name <= 253;
		if (*p++ != '.')
			return false;
	}
	return false;
}

/* RFC 5321 section 4.1.3. */
static bool
is_address_literal(const char *text)
{
	const size_t inside = text[0] == '[' ? strspn(text + 1, "0123456789abcdefABCDEFIPv.:") : 0;

	return inside > 0 && strcmp(text + 1 + inside, "]") == 0;
}

/* It goes out with EHLO, and after the @ of addresses. */
bool
setting_check_domain(const struct setting *s, const char *text, char **normal, struct err *e)
{
	struct buf wire = {0};
	struct err unused; /* the value is shown instead */

	(void)s;
	buf_add_str(&wire, "");
	if (is_address_literal(text)) {
		buf_add_str(&wire, text);
	} else if (!idna_to_ascii(text, &wire, &unused) || !is_host_name(wire.data)) {
		buf_free(&wire);
		return err_set(e, ERR_USAGE, "'%s' is not a host name or [ADDRESS]", text);
	}
	*normal = buf_take(&wire);
	return true;
}

/* RFC 3461 section 4.1: NEVER must be the only word. */
bool
setting_check_notify(const struct setting *s, const char *text, char **normal, struct err *e)
{
	static const struct word words[] = {
	    {"success", "SUCCESS"}, {"failure", "FAILURE"}, {"delay", "DELAY"}};
	char *copy = mem_strdup(text), *rest = copy;
	const bool never = text_has_word("never off", text);
	struct buf list = {0};
	bool good = text[0] != '\0';

	(void)s;
	for (char *word; good && !never && (word = strsep(&rest, ","));) {
		const char *wire = to_wire(words, sizeof words / sizeof words[0], word);

		good = wire != NULL;
		if (good)
			buf_addf(&list, "%s%s", list.len ? "," : "", wire);
	}
	free(copy);
	if (good)
		*normal = never ? mem_strdup("NEVER") : mem_strdup(list.data);
	buf_free(&list);
	return good || err_set(e, ERR_USAGE,
			       "'%s' is neither never nor a list of success, failure, delay", text);
}

/* RFC 3461 section 4.3, and sendmail's word. */
bool
setting_check_return(const struct setting *s, const char *text, char **normal, struct err *e)
{
	static const struct word words[] = {
	    {"full", "FULL"}, {"headers", "HDRS"}, {"hdrs", "HDRS"}};
	const char *wire = to_wire(words, sizeof words / sizeof words[0], text);

	(void)s;
	if (!wire)
		return err_set(e, ERR_USAGE, "'%s' is neither full nor headers", text);
	*normal = mem_strdup(wire);
	return true;
}

/* RFC 3461 section 4.4. */
bool
setting_check_envelope_id(const struct setting *s, const char *text, char **normal, struct err *e)
{
	const size_t len = strlen(text);
	bool good = len > 0 && len <= 100;

	(void)s;
	for (size_t i = 0; i < len; i++)
		good = good && text[i] >= ' ' && text[i] < 0x7f;
	if (!good)
		return err_set(e, ERR_USAGE, "'%s' is not 1 to 100 characters of printable ASCII",
			       text);
	*normal = mem_strdup(text);
	return true;
}

/* RFC 2852 section 4: nine digits; a message that has to be returned needs a second at least. */
bool
setting_check_deliver_by(const struct setting *s, const char *text, char **normal, struct err *e)
{
	static const struct word modes[] = {{"", "R"}, {",return", "R"}, {",notify", "N"}};
	const size_t digits = strcspn(text, ",");
	const char *mode = to_wire(modes, sizeof modes / sizeof modes[0], text + digits);
	uint64_t seconds;

	(void)s;
	if (!mode || !text_number_n(text, digits, 999999999, &seconds) || seconds == 0)
		return err_set(e, ERR_USAGE, "'%s' is not of the form SECONDS[,return|notify]",
			       text);
	*normal = mem_printf("%.*s;%s", (int)digits, text, mode);
	return true;
}

/* Seconds since 1970 of TM in the zone that ZONE names: Z, +01:00, or here. False: it names none.
 */
static bool
in_zone(struct tm *tm, const char *zone, time_t *time)
{
	struct tm offset = {0};
	const char *end;

	tm->tm_isdst = -1;
	if (zone[0] == '\0') {
		*time = mktime(tm);
		return *time != (time_t)-1;
	}
	end = strptime(zone, "%z", &offset);
	*time = timegm(tm) - offset.tm_gmtoff;
	return end && *end == '\0';
}

/* RFC 3339, with a blank for the T, without seconds or a zone if you like. */
bool
setting_check_date(const struct setting *s, const char *text, char **normal, struct err *e)
{
	struct tm tm = {0};
	const char *rest = strptime(text, "%Y-%m-%d", &tm);
	char utc[sizeof "2026-12-24T18:00:00Z"];
	time_t time;

	(void)s;
	rest = rest && (*rest == 'T' || *rest == ' ') ? strptime(rest + 1, "%H:%M", &tm) : NULL;
	if (rest && *rest == ':')
		rest = strptime(rest + 1, "%S", &tm);
	if (!rest || !in_zone(&tm, rest, &time) || !gmtime_r(&time, &tm) ||
	    strftime(utc, sizeof utc, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return err_set(e, ERR_USAGE, "'%s' is not a date such as 2026-12-24T18:00:00+01:00",
			       text);
	*normal = mem_strdup(utc);
	return true;
}

/* RFC 6710 section 5. */
bool
setting_check_priority(const struct setting *s, const char *text, char **normal, struct err *e)
{
	const char *digit = text + (text[0] == '-' || text[0] == '+');
	uint64_t n;

	(void)s;
	if (!text_number(digit, 9, &n))
		return err_set(e, ERR_USAGE, "'%s' is not a number from -9 to 9", text);
	*normal = mem_printf("%s%u", text[0] == '-' && n > 0 ? "-" : "", (unsigned)n);
	return true;
}

bool
setting_check_rate(const struct setting *s, const char *text, char **normal, struct err *e)
{
	static const struct word units[] = {{"/s", "1"}, {"/min", "60"}, {"/h", "3600"}};
	const size_t digits = strcspn(text, "/");
	const char *seconds = to_wire(units, sizeof units / sizeof units[0], text + digits);
	uint64_t n;

	(void)s;
	if (!seconds || !text_number_n(text, digits, 1000000, &n) || n == 0)
		return err_set(e, ERR_USAGE, "'%s' is not a rate such as 10/s, 100/min or 500/h",
			       text);
	*normal = mem_printf("%u/%s", (unsigned)n, seconds);
	return true;
}

/* sendmail's other modes are not a submission client's. */
bool
setting_check_sendmail_mode(const struct setting *s, const char *text, char **normal, struct err *e)
{
	static const struct word others[] = {{"d", "being a daemon"},
					     {"s", "SMTP on standard input"},
					     {"i", "building an alias database"},
					     {"t", "testing addresses"},
					     {"v", "verifying addresses"}};
	const char *other = to_wire(others, sizeof others / sizeof others[0], text);

	(void)s;
	if (strcmp(text, "m") == 0 || strcmp(text, "p") == 0) {
		*normal = mem_strdup(text);
		return true;
	}
	if (other)
		return err_set(e, ERR_USAGE, "-b%s (%s) is not supported", text, other);
	return err_set(e, ERR_USAGE, "'%s' is not a known mode of sendmail's -b", text);
}
