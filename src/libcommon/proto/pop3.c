/* SPDX-License-Identifier: ISC */
#include "proto/pop3.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/sasl.h"
#include "auth/secret.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/stop.h"
#include "base/text.h"
#include "base/trace.h"
#include "message/eol.h"
#include "message/receiver.h"
#include "net/dialog.h"
#include "net/stream.h"
#include "proto/login.h"
#include "proto/mailbox.h"

enum {
	COMMAND_MAX = 255, /* RFC 2449 section 4 */
	ASK_AHEAD = 512, /* commands in our queue; how many are on the way is the dialog's affair */
	MESSAGES_MAX = 10000000, /* a server that lists more is playing with our memory */
	CAPABILITIES_MAX = 200,
	SINCE_MAX =
	    100, /* of more new messages the whole list is asked for: it is cheaper a line */
	TOP_MAX = 64 * 1024 * 1024 /* some servers answer TOP with the whole message */
};

/* What CAPA told (RFC 2449 section 6). */
struct features {
	bool known; /* there is a CAPA */
	bool stls;
	bool pipelining;
	bool user;
	bool top;
	bool utf8;      /* RFC 6856 */
	bool utf8_user; /* in USER, PASS and APOP too */
	bool lang;
	char sasl[256];
	struct mailbox_customs customs;
};

/* What STAT told. */
struct stat_answer {
	bool known;
	uint64_t messages;
	uint64_t octets;
};

struct pop3 {
	struct stream *stream;
	struct dialog *dialog;
	struct features features;
	struct buf described;
	struct buf words;  /* the last status line */
	unsigned unheeded; /* answers ahead of the next one that change nothing */
	char *timestamp;   /* the greeting's <…>, for APOP */
	struct stat_answer stat;
	uint32_t *doomed; /* the numbers to delete */
	size_t doomed_count;
};

enum status { STATUS_OK, STATUS_ERR, STATUS_CHALLENGE, STATUS_FAILED };

static enum status
read_any_status(struct pop3 *c)
{
	size_t len;
	char *line;

	dialog_await(c->dialog);
	line = dialog_line(c->dialog, &len);
	if (!line)
		return STATUS_FAILED;
	buf_clear(&c->words);
	buf_add(&c->words, line, len);
	if (text_starts(line, len, "+OK"))
		return STATUS_OK;
	if (text_starts(line, len, "-ERR"))
		return STATUS_ERR;
	if (line[0] == '+')
		return STATUS_CHALLENGE;
	stream_fail(c->stream, ERR_PROTOCOL, "no POP3 answer: %s", line);
	return STATUS_FAILED;
}

/* One status line (RFC 1939 section 3), whole in c->words until the next one. */
static enum status
read_status(struct pop3 *c)
{
	for (; c->unheeded > 0; c->unheeded--)
		if (read_any_status(c) == STATUS_FAILED)
			return STATUS_FAILED;
	return read_any_status(c);
}

/* RFC 2449 section 8, RFC 3206: what the server says of when and why. */
struct response_code {
	const char *word;
	enum err_code means;
	const char *hint; /* NULL where the server's words say it all */
};

/* Of the last answer; NULL: it has none that we know. */
static const struct response_code *
response_code(const struct pop3 *c)
{
	static const struct response_code codes[] = {
	    {"[IN-USE]", ERR_TEMPORARY,
	     "another program has the mailbox open, or one hung up and the server waits for it"},
	    {"[LOGIN-DELAY]", ERR_TEMPORARY, "the server wants a longer pause between two logins"},
	    {"[SYS/TEMP]", ERR_TEMPORARY, NULL},
	    {"[SYS/PERM]", ERR_LOGIN,
	     "it is not about the password: something about the account or the server must be put "
	     "right"},
	    {"[AUTH]", ERR_LOGIN, NULL},
	};
	const char *words = c->words.data + strcspn(c->words.data, " ");

	words += strspn(words, " ");
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
		if (text_starts(words, strlen(words), codes[i].word))
			return &codes[i];
	return NULL;
}

/* The last answer was no +OK: the stream's error, or the server's words. */
static bool
refused(struct pop3 *c, enum err_code otherwise, struct err *e)
{
	const struct response_code *code;

	if (!stream_ok(c->stream, e))
		return false;
	code = response_code(c);
	err_set(e, code ? code->means : otherwise, "%s: %s", stream_name(c->stream), c->words.data);
	return code && code->hint ? err_hint(e, "%s", code->hint) : false;
}

static bool
complain(struct pop3 *c, enum err_code code, const char *what, struct err *e)
{
	return err_set(e, code, "%s: %s", stream_name(c->stream), what);
}

static bool
ok_or_refused(struct pop3 *c, enum err_code otherwise, struct err *e)
{
	return read_status(c) == STATUS_OK || refused(c, otherwise, e);
}

/* The next line of a multi-line answer, the stuffed dot taken off; NULL at its end or when the
 * stream failed. */
static char *
next_line(struct pop3 *c, size_t *len)
{
	char *line = dialog_line(c->dialog, len);

	if (!line || line[0] != '.')
		return line;
	if (*len == 1)
		return NULL;
	(*len)--;
	return line + 1;
}

/* Capabilities. */

/* "600", "600 USER" (RFC 2449 sections 6.5 and 6.7); NEVER is none. */
static bool
parse_period(const char *text, uint32_t *n)
{
	uint64_t number;

	if (!text_number_n(text, strcspn(text, " "), UINT32_MAX, &number))
		return false;
	*n = (uint32_t)number;
	return true;
}

static bool
is_word(const char *line, size_t len, const char *word)
{
	return len == strlen(word) && text_starts(line, len, word);
}

static void
take_capability(struct features *f, const char *line)
{
	const size_t len = strcspn(line, " ");
	const char *rest = line + len + (line[len] ? 1 : 0);
	const struct {
		const char *word;
		bool *flag;
	} flags[] = {{"STLS", &f->stls}, {"PIPELINING", &f->pipelining},
		     {"USER", &f->user}, {"TOP", &f->top},
		     {"UTF8", &f->utf8}, {"LANG", &f->lang}};

	for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
		*flags[i].flag |= is_word(line, len, flags[i].word);
	if (is_word(line, len, "UTF8"))
		f->utf8_user = text_has_word(rest, "USER");
	else if (is_word(line, len, "SASL"))
		snprintf(f->sasl, sizeof f->sasl, "%s", rest);
	else if (is_word(line, len, "LOGIN-DELAY"))
		parse_period(rest, &f->customs.login_delay_s);
	else if (is_word(line, len, "EXPIRE"))
		f->customs.has_expire = parse_period(rest, &f->customs.expire_days);
}

static bool
ask_capabilities(struct pop3 *c, struct err *e)
{
	char *line;
	size_t len, lines = 0;

	c->features = (struct features){0};
	buf_clear(&c->described);
	dialog_ask(c->dialog, "CAPA");
	switch (read_status(c)) {
	case STATUS_OK:
		break;
	case STATUS_ERR:
		return true; /* a server of before 1998 */
	default:
		return refused(c, ERR_PROTOCOL, e);
	}
	c->features.known = true;
	while ((line = next_line(c, &len)) && lines++ < CAPABILITIES_MAX) {
		take_capability(&c->features, line);
		buf_addf(&c->described, "%s\n", line);
	}
	if (line)
		stream_fail(c->stream, ERR_PROTOCOL, "capabilities without end");
	dialog_window(c->dialog, c->features.pipelining ? 0 : 1);
	return stream_ok(c->stream, e);
}

/* Opening. */

static bool
greeting(struct pop3 *c, struct err *e)
{
	const char *from, *to;

	if (!ok_or_refused(c, ERR_UNAVAILABLE, e)) {
		/* Who waits for TLS to begin says nothing. */
		if (e->code == ERR_TEMPORARY && c->words.len == 0 && !stream_is_tls(c->stream) &&
		    stop_signal() == 0)
			err_hint(e, "pop3s:// is for a port that begins with TLS");
		return false;
	}
	from = strchr(c->words.data, '<');
	to = from ? strchr(from, '>') : NULL;
	if (to)
		c->timestamp = mem_strndup(from, (size_t)(to + 1 - from));
	return true;
}

static bool
lacks_stls(struct pop3 *c, struct err *e)
{
	complain(c, ERR_UNAVAILABLE, "the server does not offer STLS", e);
	return err_hint(e, "try pop3s:// (port 995); pop3+insecure:// does without encryption");
}

/* RFC 2595 section 4. */
static bool
start_tls(struct pop3 *c, const struct login *l, struct err *e)
{
	if (c->features.known && !c->features.stls)
		return lacks_stls(c, e);
	dialog_window(c->dialog, 1);
	dialog_ask(c->dialog, "STLS");
	if (!ok_or_refused(c, ERR_UNAVAILABLE, e))
		/* popa3d knows neither CAPA nor STLS, and has no words for it */
		return strcmp(c->words.data, "-ERR") == 0 ? lacks_stls(c, e) : false;
	return stream_start_tls(c->stream, l->starttls, e) && ask_capabilities(c, e);
}

/* RFC 5034 section 4. */
static enum login_answer
auth_answer(void *conversation, const char **challenge, struct err *e)
{
	struct pop3 *c = conversation;

	switch (read_status(c)) {
	case STATUS_OK:
		return LOGIN_ACCEPTED;
	case STATUS_CHALLENGE:
		*challenge = c->words.data + (c->words.len > 1 ? 2 : 1);
		return LOGIN_CHALLENGE;
	case STATUS_ERR:
		refused(c, ERR_LOGIN, e);
		return LOGIN_REFUSED;
	case STATUS_FAILED:
		break;
	}
	stream_ok(c->stream, e);
	return LOGIN_BROKEN;
}

static const struct login_protocol pop3_login = {
    .service = "pop", .command = "AUTH", .line_max = COMMAND_MAX, .answer = auth_answer};

static bool
need_user(struct pop3 *c, const struct login *l, struct err *e)
{
	if (l->user)
		return true;
	complain(c, ERR_CONFIG, "no user is known for the login", e);
	return err_hint(e, "give --user=NAME, or an account");
}

/*
 * RFC 6856: before the login, and ahead of it in the same flight; a refusal changes nothing. UTF8
 * is worth a round trip: without it a server may send other headers than it has. A language is not.
 */
static void
ask_for_words(struct pop3 *c, const struct login *l)
{
	const struct features *f = &c->features;

	if (f->utf8) {
		dialog_ask(c->dialog, "UTF8");
		c->unheeded++;
	}
	if (f->lang && f->pipelining && l->language) {
		dialog_ask(c->dialog, "LANG %s", l->language);
		c->unheeded++;
	}
}

static bool
is_ascii(const char *s)
{
	while (*s && (unsigned char)*s < 0x80)
		s++;
	return *s == '\0';
}

/* RFC 1939 section 7. */
static bool
login_user(struct pop3 *c, const struct login *l, struct err *e)
{
	const char *password;
	bool may_be_odd;

	if (!need_user(c, l, e))
		return false;
	if (!login_may_reveal(c->stream, l, "USER", e))
		return err_prefix(e, "%s", stream_name(c->stream));
	password = secret_text(l->secret, e);
	if (!password)
		return false;
	if (strpbrk(password, "\r\n"))
		return complain(c, ERR_CONFIG, "a password with a line end in it can't go by PASS",
				e);
	dialog_ask(c->dialog, "USER %s", l->user);
	dialog_ask_secret(c->dialog, "PASS ", password);
	may_be_odd = !c->features.utf8_user && !(is_ascii(l->user) && is_ascii(password));
	if (ok_or_refused(c, ERR_LOGIN, e) && ok_or_refused(c, ERR_LOGIN, e))
		return true;
	if (may_be_odd && e->code == ERR_LOGIN)
		err_hint(e, "the server may not know names and passwords beyond ASCII (it does not "
			    "offer UTF8 USER)");
	return false;
}

static bool
login_apop(struct pop3 *c, const struct login *l, struct err *e)
{
	char hex[33];
	char *prefix;

	if (!need_user(c, l, e))
		return false;
	if (!c->timestamp)
		return complain(c, ERR_LOGIN, "the server does not offer APOP", e);
	if (!sasl_apop(c->timestamp, l->secret, hex, e))
		return false;
	prefix = mem_printf("APOP %s ", l->user);
	dialog_ask_secret(c->dialog, prefix, hex);
	free(prefix);
	mem_wipe(hex, sizeof hex);
	return ok_or_refused(c, ERR_LOGIN, e);
}

/*
 * "auto": SASL, then USER, then APOP; the last only over TLS, because its MD5 gives a listener a
 * password to guess at, and only where the server has nothing else.
 */
static bool
login_auto(struct pop3 *c, const struct login *l, struct err *e)
{
	const char *mechanism = login_choose(c->dialog, l, &pop3_login, c->features.sasl, e);

	if (mechanism)
		return login_exchange(c->dialog, l, &pop3_login, c, mechanism, e);
	if (c->features.user || !c->features.known)
		return login_user(c, l, e);
	if (c->timestamp && stream_is_tls(c->stream))
		return login_apop(c, l, e);
	return err_prefix(e, "%s", stream_name(c->stream));
}

static bool
authenticate(struct pop3 *c, const struct login *l, struct err *e)
{
	const char *mechanism;

	if (strcmp(l->auth, "none") == 0)
		return true;
	ask_for_words(c, l);
	if (strcmp(l->auth, "user") == 0)
		return login_user(c, l, e);
	if (strcmp(l->auth, "apop") == 0)
		return login_apop(c, l, e);
	if (strcmp(l->auth, "auto") == 0)
		return login_auto(c, l, e);
	mechanism = login_choose(c->dialog, l, &pop3_login, c->features.sasl, e);
	if (mechanism)
		return login_exchange(c->dialog, l, &pop3_login, c, mechanism, e);
	return err_prefix(e, "%s", stream_name(c->stream));
}

/* Listing. */

/* Behind the digits that begin at P, and their number; NULL: there are none, or too many. Lists
 * have a hundred thousand of them. */
static const char *
parse_digits(const char *p, uint64_t max, uint64_t *number)
{
	const char *const start = p;
	uint64_t n = 0;

	for (; *p >= '0' && *p <= '9'; p++) {
		const unsigned digit = (unsigned)(*p - '0');

		if (n > (max - digit) / 10)
			return NULL;
		n = n * 10 + digit;
	}
	*number = n;
	return p > start ? p : NULL;
}

/* "7 what follows": NULL where it is no such line, else what follows. */
static const char *
parse_numbered(const char *line, uint32_t *number)
{
	uint64_t n;

	line = parse_digits(line, UINT32_MAX, &n);
	if (!line || *line != ' ' || n == 0)
		return NULL;
	*number = (uint32_t)n;
	while (*line == ' ')
		line++;
	return line;
}

static struct message_item *
add_item(struct message_list *l, uint32_t number)
{
	if ((l->count & (l->count - 1)) == 0)
		l->items = mem_grow(l->items, l->count ? l->count * 2 : 1, sizeof *l->items);
	l->items[l->count] = (struct message_item){.number = number};
	return &l->items[l->count++];
}

static bool
take_uid(struct message_list *l, const char *line, size_t len)
{
	uint32_t number;
	const char *uid = parse_numbered(line, &number);
	const size_t uid_len = uid ? (size_t)(line + len - uid) : 0;

	if (uid_len == 0 || uid_len > MAILBOX_UID_MAX)
		return false;
	if (l->count >= MESSAGES_MAX || (l->count > 0 && l->items[l->count - 1].number >= number))
		return false;
	add_item(l, number)->uid = l->uids.len;
	buf_add(&l->uids, uid, uid_len + 1);
	return true;
}

/* Behind a UIDL of the same session, LIST must speak of the same messages. */
static bool
take_size(struct message_list *l, size_t *at, const char *line)
{
	uint32_t number;
	uint64_t octets;
	const char *rest = parse_numbered(line, &number);

	rest = rest ? parse_digits(rest, UINT64_MAX, &octets) : NULL;
	if (!rest || (*rest != '\0' && *rest != ' '))
		return false;
	if (!l->has_uids) {
		if (l->count >= MESSAGES_MAX ||
		    (l->count > 0 && l->items[l->count - 1].number >= number))
			return false;
		add_item(l, number);
	}
	if (*at >= l->count || l->items[*at].number != number)
		return false;
	l->items[(*at)++].size = octets;
	return true;
}

static bool
read_uids(struct pop3 *c, struct message_list *l, struct err *e)
{
	char *line;
	size_t len;

	switch (read_status(c)) {
	case STATUS_OK:
		break;
	case STATUS_ERR:
		/* The server has none (RFC 1939 section 7: UIDL is optional), unless it says when
		 * or why: then what was delivered before would be taken for new. */
		return !response_code(c) || refused(c, ERR_NONE, e);
	default:
		return refused(c, ERR_PROTOCOL, e);
	}
	l->has_uids = true;
	while ((line = next_line(c, &len)))
		if (!take_uid(l, line, len)) {
			stream_fail(c->stream, ERR_PROTOCOL, "no line of UIDL: %s", line);
			break;
		}
	if (!stream_ok(c->stream, e))
		return false;
	message_list_drop_ambiguous(l);
	return true;
}

static bool
read_sizes(struct pop3 *c, struct message_list *l, struct err *e)
{
	char *line;
	size_t len, at = 0;

	if (!ok_or_refused(c, ERR_UNAVAILABLE, e))
		return false;
	l->has_sizes = true;
	while ((line = next_line(c, &len)))
		if (!take_size(l, &at, line)) {
			stream_fail(c->stream, ERR_PROTOCOL, "no line of LIST: %s", line);
			break;
		}
	if (stream_ok(c->stream, e) && at != l->count)
		stream_fail(c->stream, ERR_PROTOCOL, "UIDL and LIST do not agree");
	return stream_ok(c->stream, e);
}

static bool
pop3_list(void *conversation, unsigned want, struct message_list *l, struct err *e)
{
	struct pop3 *c = conversation;
	const bool want_sizes = (want & WANT_SIZES) || !(want & WANT_UIDS);

	if (want & WANT_UIDS)
		dialog_ask(c->dialog, "UIDL");
	if (want_sizes)
		dialog_ask(c->dialog, "LIST");
	if ((want & WANT_UIDS) && !read_uids(c, l, e))
		return false;
	if (!want_sizes && l->has_uids)
		return true;
	if (!want_sizes)
		dialog_ask(c->dialog, "LIST");
	return read_sizes(c, l, e);
}

static bool
read_stat(struct pop3 *c, struct err *e)
{
	struct stat_answer *stat = &c->stat;

	if (!ok_or_refused(c, ERR_UNAVAILABLE, e))
		return false;
	stat->known =
	    sscanf(c->words.data, "%*s %" SCNu64 " %" SCNu64, &stat->messages, &stat->octets) == 2;
	if (stat->known)
		return true;
	return err_set(e, ERR_PROTOCOL, "%s: no answer to STAT: %s", stream_name(c->stream),
		       c->words.data);
}

static bool
pop3_count(void *conversation, uint64_t *messages, uint64_t *octets, struct err *e)
{
	struct pop3 *c = conversation;

	dialog_ask(c->dialog, "STAT");
	if (!read_stat(c, e))
		return false;
	*messages = c->stat.messages;
	*octets = c->stat.octets;
	return true;
}

/*
 * Listing what came since. Numbers count from 1 in each session (RFC 1939 section 4), so as long as
 * the message that was the last one has its number and its octets are the last ones' sum, nothing
 * went from before it and nothing came there; unless as many octets went as came.
 */

struct mark {
	uint64_t messages;
	uint64_t octets;
	const char *uid; /* the last one's; borrowed from the text */
};

/* "MESSAGES OCTETS UID" */
static bool
parse_mark(const char *text, struct mark *mark)
{
	const char *octets = strchr(text, ' '), *uid = octets ? strchr(octets + 1, ' ') : NULL;

	if (!uid)
		return false;
	mark->uid = uid + 1;
	return text_number_n(text, (size_t)(octets - text), MESSAGES_MAX, &mark->messages) &&
	       text_number_n(octets + 1, (size_t)(uid - octets - 1), UINT64_MAX, &mark->octets) &&
	       mark->messages > 0 && mark->uid[0] != '\0';
}

static char *
pop3_mark(const void *conversation, const struct message_list *l)
{
	const struct pop3 *c = conversation;
	const char *uid = l->count > 0 ? message_list_uid(l, l->count - 1) : NULL;
	struct mark mark = {.messages = l->count};

	if (!uid || !l->has_sizes || c->doomed_count > 0)
		return NULL;
	for (size_t i = 0; i < l->count; i++)
		mark.octets += l->items[i].size;
	/* What the server will be asked for again; its sum may be another than ours. */
	if (c->stat.known)
		mark = (struct mark){.messages = c->stat.messages, .octets = c->stat.octets};
	if (l->items[l->count - 1].number != mark.messages)
		return NULL;
	return mem_printf("%" PRIu64 " %" PRIu64 " %s", mark.messages, mark.octets, uid);
}

/* The answer to a command about one message is its line of the list (RFC 1939 sections 5 and 7).
 * NULL: it is none. */
static const char *
read_list_line(struct pop3 *c)
{
	const char *line;

	if (read_status(c) != STATUS_OK)
		return NULL;
	line = c->words.data + strcspn(c->words.data, " ");
	return line + strspn(line, " ");
}

static bool
last_has_its_number(struct pop3 *c, const struct mark *mark)
{
	const char *line = read_list_line(c);
	uint32_t number;
	const char *uid = line ? parse_numbered(line, &number) : NULL;

	return uid && number == mark->messages && strcmp(uid, mark->uid) == 0;
}

/* Without PIPELINING it takes the two round trips of a listing, but when nothing is new. */
static bool
begins_as_known(struct pop3 *c, const struct mark *mark)
{
	const bool both = c->features.pipelining;
	struct err unused;

	dialog_ask(c->dialog, "STAT");
	if (both)
		dialog_ask(c->dialog, "UIDL %" PRIu64, mark->messages);
	c->stat.known = false;
	read_stat(c, &unused);
	if (!both) {
		if (!c->stat.known || c->stat.messages != mark->messages ||
		    c->stat.octets != mark->octets)
			return false;
		dialog_ask(c->dialog, "UIDL %" PRIu64, mark->messages);
	}
	return last_has_its_number(c, mark) && c->stat.known &&
	       c->stat.messages >= mark->messages && c->stat.messages - mark->messages <= SINCE_MAX;
}

static void
ask_behind(struct pop3 *c, const struct mark *mark)
{
	for (uint64_t n = mark->messages + 1; n <= c->stat.messages; n++) {
		dialog_ask(c->dialog, "UIDL %" PRIu64, n);
		dialog_ask(c->dialog, "LIST %" PRIu64, n);
	}
}

/* All answers are read; false: not all are as they should be. */
static bool
read_behind(struct pop3 *c, const struct mark *mark, struct message_list *l)
{
	uint64_t octets = mark->octets;
	size_t at = 0;
	bool ok = true;

	for (uint64_t n = mark->messages + 1; n <= c->stat.messages; n++) {
		const char *line = read_list_line(c);

		ok = ok && line && take_uid(l, line, strlen(line)) &&
		     l->items[at].number == (uint32_t)n;
		line = read_list_line(c);
		ok = ok && line && take_size(l, &at, line);
		octets += ok ? l->items[at - 1].size : 0;
	}
	return ok && octets == c->stat.octets;
}

/* Did the mailbox only grow at its end? Then *L is what came. */
static bool
list_behind(struct pop3 *c, const struct mark *mark, struct message_list *l)
{
	if (!begins_as_known(c, mark))
		return false;
	l->has_uids = l->has_sizes = true;
	ask_behind(c, mark);
	if (!read_behind(c, mark, l))
		return false;
	message_list_drop_ambiguous(l);
	for (size_t i = 0; i < l->count; i++)
		if (!message_list_uid(l, i))
			return false;
	return true;
}

static bool
pop3_list_since(void *conversation, unsigned want, const char *text, struct message_list *l,
		bool *is_whole, struct err *e)
{
	struct pop3 *c = conversation;
	struct mark mark;

	*is_whole = !parse_mark(text, &mark) || !list_behind(c, &mark, l);
	if (!stream_ok(c->stream, e))
		return false;
	if (!*is_whole)
		return true;
	message_list_free(l);
	return pop3_list(c, want, l, e);
}

/* Fetching. */

struct fetch {
	struct pop3 *c;
	enum part part;
	const struct receiver *receiver;
	void *ctx;
	struct message_info info;
	bool is_refused; /* the receiver takes no more of this message: its rest is dropped */
	struct err why;
};

static bool
give(void *ctx, const char *bytes, size_t n)
{
	struct fetch *f = ctx;

	if (!f->is_refused)
		f->is_refused = !f->receiver->data(f->ctx, bytes, n, &f->why);
	return true;
}

/* A fast server never makes us wait, and waiting is where a signal is noticed otherwise. */
static void
notice_signal(struct pop3 *c)
{
	if (stop_signal() != 0)
		stream_fail(c->stream, ERR_TEMPORARY, "interrupted");
}

/* The lines up to the lone dot, into the receiver. False: the stream failed. */
static bool
read_body(struct fetch *f)
{
	struct eol_undot undot = {.bare_lf = stream_line_was_bare(f->c->stream)};
	const char *block;
	size_t n, used;
	uint64_t octets = 0;
	bool done = false;

	while (!done && (block = stream_block(f->c->stream, &n))) {
		eol_undot(&undot, block, n, &used, &done, give, f);
		stream_consume(f->c->stream, used);
		octets += used;
		if (f->part != PART_WHOLE && octets > TOP_MAX)
			stream_fail(f->c->stream, ERR_PROTOCOL, "a header without end");
		if (!done)
			notice_signal(f->c);
	}
	if (done)
		trace_note(TRACE_PROTOCOL, "%" PRIu64 " octets of message %" PRIu32, octets,
			   f->info.number);
	return done;
}

/* True: go on with the next message. */
static bool
give_up(struct fetch *f, struct err *e)
{
	if (f->receiver->abandon(f->ctx, &f->info, &f->why))
		return true;
	*e = f->why;
	return false;
}

/* TOP is optional (RFC 1939 section 7), and not every server that has it lists it: only its refusal
 * tells. It would be the same for each message, so the fetch ends. */
static bool
has_no_top(struct fetch *f, struct err *e)
{
	f->receiver->abandon(f->ctx, &f->info, NULL);
	err_set(e, ERR_UNAVAILABLE, "%s: no header without TOP: %s", stream_name(f->c->stream),
		f->c->words.data);
	return false;
}

static bool
fetch_one(struct fetch *f, struct err *e)
{
	const struct receiver *r = f->receiver;

	switch (read_status(f->c)) {
	case STATUS_OK:
		f->is_refused = !r->begin(f->ctx, &f->info, &f->why);
		if (!read_body(f))
			break;
		if (!f->is_refused && r->end(f->ctx, &f->why))
			return true;
		return give_up(f, e);
	case STATUS_ERR:
		if (f->part != PART_WHOLE && !f->c->features.top)
			return has_no_top(f, e);
		refused(f->c, ERR_NO_INPUT, &f->why);
		return give_up(f, e);
	case STATUS_CHALLENGE:
	case STATUS_FAILED:
		break;
	}
	r->abandon(f->ctx, &f->info, NULL);
	return refused(f->c, ERR_PROTOCOL, e);
}

static void
ask_message(struct pop3 *c, uint32_t number, enum part part)
{
	if (part != PART_WHOLE)
		dialog_ask(c->dialog, "TOP %" PRIu32 " 0", number);
	else
		dialog_ask(c->dialog, "RETR %" PRIu32, number);
}

/* All answers are read: what stands there now shows that they were not the answers to what was
 * asked. */
static bool
check_in_step(struct pop3 *c, struct err *e)
{
	if (!stream_has_input(c->stream))
		return true;
	stream_fail(c->stream, ERR_PROTOCOL, "the server says more than it was asked");
	return stream_ok(c->stream, e);
}

static bool
pop3_fetch(void *conversation, const struct message_list *l, const struct message_set *set,
	   enum part part, const struct receiver *r, void *ctx, struct err *e)
{
	struct pop3 *c = conversation;
	size_t asked = 0;

	for (size_t i = 0; i < set->count; i++) {
		const size_t index = set->index[i];
		struct fetch f = {.c = c,
				  .part = part,
				  .receiver = r,
				  .ctx = ctx,
				  .info = {.index = index,
					   .number = l->items[index].number,
					   .uid = message_list_uid(l, index),
					   .size = l->items[index].size}};

		for (; asked < set->count && asked < i + ASK_AHEAD; asked++)
			ask_message(c, l->items[set->index[asked]].number, part);
		notice_signal(c);
		if (!fetch_one(&f, e))
			return false;
	}
	return check_in_step(c, e);
}

/* Removing: the numbers are kept, and go out with QUIT in one flight. */

static void
pop3_remove(void *conversation, const struct message_list *l, const struct message_set *set)
{
	struct pop3 *c = conversation;

	if (set->count == 0)
		return;
	c->doomed = mem_grow(c->doomed, c->doomed_count + set->count, sizeof *c->doomed);
	for (size_t i = 0; i < set->count; i++)
		c->doomed[c->doomed_count++] = l->items[set->index[i]].number;
}

/* DELE for each, and QUIT behind the last: one flight where the window is open. */
static void
ask_removal(struct pop3 *c, size_t i)
{
	if (i < c->doomed_count)
		dialog_ask(c->dialog, "DELE %" PRIu32, c->doomed[i]);
	else
		dialog_ask(c->dialog, "QUIT");
}

/* All answers are read, the first refusal counts. RFC 1939 section 6: nothing is removed before
 * QUIT. */
static bool
remove_all(struct pop3 *c, struct err *e)
{
	size_t asked = 0;
	bool ok = true;

	for (size_t i = 0; i <= c->doomed_count; i++) {
		for (; asked <= c->doomed_count && asked < i + ASK_AHEAD; asked++)
			ask_removal(c, asked);
		switch (read_status(c)) {
		case STATUS_OK:
			break;
		case STATUS_ERR:
			ok = ok && refused(c, ERR_UNAVAILABLE, e);
			break;
		case STATUS_CHALLENGE:
		case STATUS_FAILED:
			return refused(c, ERR_PROTOCOL, e);
		}
	}
	return ok;
}

static bool
pop3_commit(void *conversation, struct err *e)
{
	struct pop3 *c = conversation;

	if (c->doomed_count > 0)
		return remove_all(c, e);
	/* Nothing of ours depends on the answer, so nobody waits for it. */
	dialog_ask(c->dialog, "QUIT");
	dialog_flush(c->dialog);
	return true;
}

static void
pop3_close(void *conversation)
{
	struct pop3 *c = conversation;

	dialog_free(c->dialog);
	buf_free(&c->described);
	buf_free(&c->words);
	free(c->timestamp);
	free(c->doomed);
	free(c);
}

static const struct buf *
pop3_described(const void *conversation)
{
	return &((const struct pop3 *)conversation)->described;
}

static const struct mailbox_customs *
pop3_customs(const void *conversation)
{
	return &((const struct pop3 *)conversation)->features.customs;
}

static const struct mailbox_protocol pop3_protocol = {
    .list = pop3_list,
    .list_since = pop3_list_since,
    .mark = pop3_mark,
    .count = pop3_count,
    .fetch = pop3_fetch,
    .remove = pop3_remove,
    .commit = pop3_commit,
    .close = pop3_close,
    .described = pop3_described,
    .customs = pop3_customs,
};

bool
pop3_open(struct mailbox *m, struct stream *s, const struct login *l, struct err *e)
{
	struct pop3 *c = mem_alloc(sizeof *c);

	*m = (struct mailbox){.protocol = &pop3_protocol, .conversation = c};
	c->stream = s;
	c->dialog = dialog_new(s);
	if (greeting(c, e) && ask_capabilities(c, e) && (!l->starttls || start_tls(c, l, e)) &&
	    authenticate(c, l, e) && (c->features.known || ask_capabilities(c, e)))
		return true;
	mailbox_close(m);
	return false;
}
