/* SPDX-License-Identifier: ISC */
#include "maccount/autoconfig.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "maccount/candidate.h"

enum { DEPTH_MAX = 16, TEXT_MAX = 1024 };

/* The server that is being read. */
struct server {
	enum protocol protocol; /* PROTOCOL_NONE: none, or one that does not matter */
	enum security security;
	bool has_tls;
	char *host, *user;
	uint16_t port;
	bool takes_password, takes_oauth2;
};

struct reading {
	XML_Parser parser;
	const char *address, *source;
	struct candidates *found;
	struct server server;
	bool is_in_oauth2;
	struct buf text; /* of the innermost element */
	unsigned depth;
	const char *refusal; /* why the document is not read */
};

static void
refuse(struct reading *r, const char *why)
{
	r->refusal = why;
	XML_StopParser(r->parser, XML_FALSE);
}

static void
on_doctype(void *ctx, const char *name, const char *system, const char *public, int has_subset)
{
	(void)name, (void)system, (void)public, (void)has_subset;
	refuse(ctx, "it has a DOCTYPE");
}

static const char *
attribute(const char **attributes, const char *name)
{
	for (; attributes[0]; attributes += 2)
		if (strcmp(attributes[0], name) == 0)
			return attributes[1];
	return "";
}

static enum protocol
protocol_of(const char *element, const char *type)
{
	if (strcmp(element, "outgoingServer") == 0)
		return strcmp(type, "smtp") == 0 ? PROTOCOL_SMTP : PROTOCOL_NONE;
	if (strcmp(type, "imap") == 0)
		return PROTOCOL_IMAP;
	return strcmp(type, "pop3") == 0 ? PROTOCOL_POP3 : PROTOCOL_NONE;
}

static bool
is_server(const char *element)
{
	return strcmp(element, "incomingServer") == 0 || strcmp(element, "outgoingServer") == 0;
}

static void
server_clear(struct server *s)
{
	free(s->host);
	free(s->user);
	*s = (struct server){0};
}

static void
on_start(void *ctx, const char *element, const char **attributes)
{
	struct reading *r = ctx;

	buf_clear(&r->text);
	if (++r->depth > DEPTH_MAX) {
		refuse(r, "it is nested too deeply");
		return;
	}
	if (is_server(element)) {
		server_clear(&r->server);
		r->server.protocol = protocol_of(element, attribute(attributes, "type"));
	}
	if (strcmp(element, "oAuth2") == 0)
		r->is_in_oauth2 = true;
}

static void
on_text(void *ctx, const char *bytes, int len)
{
	struct reading *r = ctx;

	if (r->text.len + (size_t)len > TEXT_MAX)
		refuse(r, "a value in it is too long");
	else
		buf_add(&r->text, bytes, (size_t)len);
}

/* With the placeholders filled in; the caller's to free(). */
static char *
filled_in(const char *text, const char *address)
{
	const char *at = strrchr(address, '@');
	const struct {
		const char *name, *value;
		size_t len;
	} known[] = {
	    {"%EMAILADDRESS%", address, strlen(address)},
	    {"%EMAILLOCALPART%", address, (size_t)(at - address)},
	    {"%EMAILDOMAIN%", at + 1, strlen(at + 1)},
	};
	struct buf out = {0};

	buf_add_str(&out, "");
	while (*text) {
		size_t k = 0;

		while (k < 3 && strncmp(text, known[k].name, strlen(known[k].name)) != 0)
			k++;
		if (k == 3) {
			buf_add_char(&out, *text++);
			continue;
		}
		buf_add(&out, known[k].value, known[k].len);
		text += strlen(known[k].name);
	}
	return buf_take(&out);
}

static void
set_security(struct server *s, const char *value)
{
	s->has_tls = strcmp(value, "SSL") == 0 || strcmp(value, "STARTTLS") == 0;
	s->security = strcmp(value, "SSL") == 0 ? SECURITY_TLS : SECURITY_STARTTLS;
}

static void
set_mechanism(struct server *s, const char *value)
{
	if (strcmp(value, "OAuth2") == 0)
		s->takes_oauth2 = true;
	else if (text_has_word("password-cleartext plain password-encrypted secure", value))
		s->takes_password = true;
}

static void
set_value(struct reading *r, const char *element, const char *value)
{
	struct server *s = &r->server;
	uint64_t port;

	if (strcmp(element, "hostname") == 0) {
		free(s->host);
		s->host = filled_in(value, r->address);
	} else if (strcmp(element, "port") == 0) {
		s->port = text_number(value, UINT16_MAX, &port) ? (uint16_t)port : 0;
	} else if (strcmp(element, "socketType") == 0) {
		set_security(s, value);
	} else if (strcmp(element, "username") == 0) {
		free(s->user);
		s->user = filled_in(value, r->address);
	} else if (strcmp(element, "authentication") == 0) {
		set_mechanism(s, value);
	}
}

static bool
is_clean(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f || *text == ';')
			return false;
	return true;
}

static void
add_server(struct reading *r)
{
	struct server *s = &r->server;
	char oauth2[] = "xoauth2";
	struct candidate c = {
	    .url = {.protocol = s->protocol, .security = s->security, .port = s->port},
	    .source = (char *)(uintptr_t)r->source};

	if (s->protocol == PROTOCOL_NONE || !s->has_tls || s->port == 0 || !s->host ||
	    !candidate_is_host(s->host))
		return;
	strcpy(c.url.host, s->host);
	if (s->user && s->user[0] && is_clean(s->user) && strcmp(s->user, r->address) != 0)
		c.user = s->user;
	if (s->takes_oauth2 && !s->takes_password)
		c.auth = oauth2;
	candidates_add(r->found, &c);
}

static void
trim(struct buf *text)
{
	size_t blanks = 0;

	while (text->len > 0 && strchr(" \t\r\n", text->data[text->len - 1]))
		text->data[--text->len] = '\0';
	while (blanks < text->len && strchr(" \t\r\n", text->data[blanks]))
		blanks++;
	buf_drop(text, blanks);
}

/* Thunderbird's issuer is a name in its own list, or an URL. */
static void
set_oauth2(struct reading *r, const char *element)
{
	static const struct {
		const char *element;
		enum stated_oauth what;
	} known[] = {
	    {"issuer", STATED_ISSUER},
	    {"authURL", STATED_AUTHORIZE},
	    {"tokenURL", STATED_TOKEN},
	    {"scope", STATED_SCOPE},
	};

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (strcmp(element, known[i].element) == 0)
			candidates_state(r->found, known[i].what, r->text.data, r->source);
}

static void
on_end(void *ctx, const char *element)
{
	struct reading *r = ctx;

	r->depth--;
	trim(&r->text);
	if (is_server(element)) {
		add_server(r);
		server_clear(&r->server);
	} else if (strcmp(element, "oAuth2") == 0) {
		r->is_in_oauth2 = false;
	} else if (r->is_in_oauth2) {
		set_oauth2(r, element);
	} else if (r->text.len > 0) {
		set_value(r, element, r->text.data);
	}
	buf_clear(&r->text);
}

bool
autoconfig_parse(const char *xml, size_t len, const char *address, const char *source,
		 struct candidates *c, struct err *e)
{
	struct reading r = {
	    .parser = XML_ParserCreate(NULL), .address = address, .source = source, .found = c};
	bool ok;

	XML_SetUserData(r.parser, &r);
	XML_SetStartDoctypeDeclHandler(r.parser, on_doctype);
	XML_SetElementHandler(r.parser, on_start, on_end);
	XML_SetCharacterDataHandler(r.parser, on_text);
	ok = XML_Parse(r.parser, xml, (int)len, XML_TRUE) == XML_STATUS_OK && !r.refusal;
	if (!ok)
		err_set(e, ERR_PROTOCOL, "%s: not read: %s", source,
			r.refusal ? r.refusal : XML_ErrorString(XML_GetErrorCode(r.parser)));
	XML_ParserFree(r.parser);
	server_clear(&r.server);
	buf_free(&r.text);
	return ok;
}
