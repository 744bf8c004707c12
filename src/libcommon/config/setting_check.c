/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "config/paths.h"
#include "config/setting.h"
#include "config/setting_mail.h"
#include "config/url.h"

/* How a kind of value is checked: by ACCEPTS, and then it is its own normal form; or by NORMALISE,
 * as setting_check() describes. */
struct kind {
	bool (*accepts)(const char *text);
	const char *expected; /* what the text is not: "'x' is not EXPECTED" */
	bool (*normalise)(const struct setting *s, const char *text, char **normal, struct err *e);
};

static bool
is_anything(const char *text)
{
	(void)text;
	return true;
}

static bool
has_control_character(const char *text)
{
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return true;
	return false;
}

static bool
is_digit_count(const char *text)
{
	uint64_t n;

	return text_number(text, 9, &n);
}

static bool
is_age(const char *text)
{
	uint64_t seconds;

	return text_age(text, &seconds);
}

static bool
is_ip(const char *text)
{
	unsigned char address[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
}

static bool
check_flag(const struct setting *s, const char *text, char **normal, struct err *e)
{
	const bool yes = text_has_word("yes on true 1", text);

	(void)s;
	if (!yes && !text_has_word("no off false 0", text))
		return err_set(e, ERR_USAGE, "'%s' is neither yes nor no", text);
	*normal = mem_strdup(yes ? "yes" : "no");
	return true;
}

static bool
check_any(const struct setting *s, const char *text, char **normal, struct err *e)
{
	(void)s;
	if (text[0] == '\0')
		return err_set(e, ERR_USAGE, "the value is empty");
	*normal = mem_strdup(text);
	return true;
}

static bool
check_text(const struct setting *s, const char *text, char **normal, struct err *e)
{
	if (has_control_character(text))
		return err_set(e, ERR_USAGE, "the value contains a control character");
	return check_any(s, text, normal, e);
}

static bool
check_lines(const struct setting *s, const char *text, char **normal, struct err *e)
{
	for (const char *p = text;; p++) {
		const size_t len = strcspn(p, "\n");
		char *line = mem_strndup(p, len), *same = NULL;
		const bool ok = check_text(s, line, &same, e);

		free(line);
		free(same);
		if (!ok)
			return false;
		p += len;
		if (*p == '\0')
			break;
	}
	*normal = mem_strdup(text);
	return true;
}

/* The one of the row's words that TEXT is. */
static bool
check_word(const struct setting *s, const char *text, char **normal, struct err *e)
{
	if (!text_has_word(s->words, text))
		return err_set(e, ERR_USAGE, "'%s' is not one of %s", text, s->words);
	*normal = mem_strdup(text);
	text_make_lower(*normal);
	return true;
}

static bool
check_number(const struct setting *s, const char *text, char **normal, struct err *e)
{
	uint64_t n;

	if (text_number(text, s->max, &n) && n >= s->min) {
		*normal = mem_strdup(text);
		return true;
	}
	if (s->max == UINT32_MAX)
		return err_set(e, ERR_USAGE, "'%s' is not a number of %" PRIu32 " or more", text,
			       s->min);
	return err_set(e, ERR_USAGE, "'%s' is not a number from %" PRIu32 " to %" PRIu32, text,
		       s->min, s->max);
}

/* Only a text that can never be an address ends here; the rest is for msend and the server. */
static bool
check_address(const struct setting *s, const char *text, char **normal, struct err *e)
{
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			return err_set(e, ERR_USAGE, "'%s' is not a mail address", text);
	return check_text(s, text, normal, e);
}

/* A name and angle brackets may be around it, as in a header: msend reads all addresses alike. */
static bool
check_sender(const struct setting *s, const char *text, char **normal, struct err *e)
{
	return check_text(s, text[0] ? text : "<>", normal, e);
}

/* An empty name is none. */
static bool
check_name(const struct setting *s, const char *text, char **normal, struct err *e)
{
	if (text[0])
		return check_text(s, text, normal, e);
	*normal = mem_strdup(text);
	return true;
}

/* systemd's place for a service's secrets (systemd.exec(5), LoadCredential=). */
static bool
check_credential(const char *name, char **normal, struct err *e)
{
	const char *directory = getenv("CREDENTIALS_DIRECTORY");

	if (!directory || directory[0] == '\0')
		return err_set(e, ERR_USAGE, "CREDENTIALS_DIRECTORY is not set");
	*normal = mem_printf("%s/%s", directory, name);
	return true;
}

static bool
check_path(const struct setting *s, const char *text, char **normal, struct err *e)
{
	static const char credentials[] = "$CREDENTIALS_DIRECTORY/";
	const char *home = paths_home_directory();

	if (strncmp(text, credentials, strlen(credentials)) == 0)
		return check_credential(text + strlen(credentials), normal, e);
	if (strncmp(text, "~/", 2) != 0 && strcmp(text, "~") != 0)
		return check_text(s, text, normal, e);
	if (!home)
		return err_set(e, ERR_USAGE, "'%s': HOME is not set", text);
	*normal = mem_printf("%s%s", home, text + 1);
	return true;
}

static bool
check_url(const struct setting *s, const char *text, char **normal, struct err *e)
{
	struct url url;

	(void)s;
	if (!url_parse(text, PROTOCOL_NONE, &url, e))
		return false;
	*normal = mem_strdup(text);
	return true;
}

static bool
check_lmtp(const struct setting *s, const char *text, char **normal, struct err *e)
{
	struct url url;

	(void)s;
	if (!url_parse(text, PROTOCOL_SMTP, &url, e))
		return false;
	if (!url.is_lmtp || (url.host[0] == '\0' && url.path[0] == '\0'))
		return err_set(e, ERR_USAGE,
			       "'%s' is not of the form lmtp://HOST[:PORT] or lmtp+unix:///PATH",
			       text);
	*normal = mem_strdup(text);
	return true;
}

/* Plain digits are days, so 0 and 1 are ages and not flags. */
static bool
check_age(const struct setting *s, const char *text, char **normal, struct err *e)
{
	struct err not_a_flag;

	if (is_age(text)) {
		*normal = mem_strdup(text);
		return true;
	}
	return check_flag(s, text, normal, &not_a_flag) ||
	       err_set(e, ERR_USAGE, "'%s' is neither yes nor no nor a time such as 10d", text);
}

static bool
check_save(const struct setting *s, const char *text, char **normal, struct err *e)
{
	struct err not_a_flag;

	return check_flag(s, text, normal, &not_a_flag) || check_text(s, text, normal, e);
}

/* "no" takes a configured size back; mpop says "off". */
static bool
check_size(const struct setting *s, const char *text, char **normal, struct err *e)
{
	uint64_t octets;

	(void)s;
	if (text_has_word("no off", text))
		*normal = mem_strdup("no");
	else if (text_size(text, &octets) && octets > 0)
		*normal = mem_strdup(text);
	else
		return err_set(e, ERR_USAGE, "'%s' is not a size such as 500k or 10M", text);
	return true;
}

static bool
check_pins(const struct setting *s, const char *text, char **normal, struct err *e)
{
	size_t len;
	const char *bad = text_bad_pin(text, &len);

	(void)s;
	if (bad)
		return err_set(e, ERR_USAGE, "'%.*s' is not a pin (sha256:BASE64)", (int)len, bad);
	*normal = mem_strdup(text);
	return true;
}

/* HOST[:PORT] or [IPv6][:PORT], and perhaps a slash. */
static bool
is_place(const char *text)
{
	const bool in_brackets = text[0] == '[';
	const size_t host = strcspn(text, in_brackets ? "]" : ":/");
	const char *rest = text + host + (in_brackets && text[host] ? 1 : 0);
	uint64_t port;

	if (host == 0 || rest[0] != ':')
		return host > 0 && (rest[0] == '\0' || strcmp(rest, "/") == 0);
	return text_number_n(rest + 1, strcspn(rest + 1, "/"), 65535, &port) && port > 0;
}

/* No error shows any of it: it may hold a password, and a malformed one anywhere. */
static bool
check_proxy(const struct setting *s, const char *text, char **normal, struct err *e)
{
	static const char *const schemes[] = {"socks5://", "socks5h://"};
	const char *at = strrchr(text, '@');

	for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
		const char *login = text + strlen(schemes[i]);

		if (text_begins(text, schemes[i]) && is_place(at ? at + 1 : login))
			return check_text(s, text, normal, e);
	}
	return err_set(e, ERR_USAGE, "not a valid socks5://[USER:PASSWORD@]HOST[:PORT]");
}

static const struct kind kinds[SETTING_KINDS] = {
    [KIND_FLAG] = {.normalise = check_flag},
    [KIND_COUNTED] = {.accepts = is_digit_count, .expected = "a digit"},
    [KIND_LIST] = {.accepts = is_anything},
    [KIND_LINES] = {.normalise = check_lines},
    [KIND_IGNORED] = {.accepts = is_anything},
    [KIND_TEXT] = {.normalise = check_text},
    [KIND_ANY] = {.normalise = check_any},
    [KIND_WORD] = {.normalise = check_word},
    [KIND_NUMBER] = {.normalise = check_number},
    [KIND_ADDRESS] = {.normalise = check_address},
    [KIND_SENDER] = {.normalise = check_sender},
    [KIND_NAME] = {.normalise = check_name},
    [KIND_DOMAIN] = {.normalise = setting_check_domain},
    [KIND_PATH] = {.normalise = check_path},
    [KIND_SIZE] = {.normalise = check_size},
    [KIND_URL] = {.normalise = check_url},
    [KIND_LMTP] = {.normalise = check_lmtp},
    [KIND_AGE] = {.normalise = check_age},
    [KIND_SAVE] = {.normalise = check_save},
    [KIND_PERIOD] = {.accepts = is_age, .expected = "a time such as 12h or 5d"},
    [KIND_IP] = {.accepts = is_ip, .expected = "an IP address"},
    [KIND_PINS] = {.normalise = check_pins},
    [KIND_PROXY] = {.normalise = check_proxy},
    [KIND_NOTIFY] = {.normalise = setting_check_notify},
    [KIND_RETURN] = {.normalise = setting_check_return},
    [KIND_ENVELOPE_ID] = {.normalise = setting_check_envelope_id},
    [KIND_DELIVER_BY] = {.normalise = setting_check_deliver_by},
    [KIND_DATE] = {.normalise = setting_check_date},
    [KIND_PRIORITY] = {.normalise = setting_check_priority},
    [KIND_RATE] = {.normalise = setting_check_rate},
    [KIND_SENDMAIL_MODE] = {.normalise = setting_check_sendmail_mode},
};

bool
setting_check(const struct setting *s, const char *text, char **normal, struct err *e)
{
	const struct kind *kind = &kinds[s->kind];

	if (kind->normalise)
		return kind->normalise(s, text, normal, e);
	if (!kind->accepts(text))
		return err_set(e, ERR_USAGE, "'%s' is not %s", text, kind->expected);
	*normal = mem_strdup(text);
	return true;
}
