/* SPDX-License-Identifier: ISC */
#include "message/content_type.h"

#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "message/header.h"

/* Blanks, and comments with comments in them (RFC 5322 section 3.2.2). */
static const char *
skip_blanks(const char *p)
{
	unsigned depth = 0;

	for (; *p; p++) {
		if (*p == '(')
			depth++;
		else if (*p == ')' && depth > 0)
			depth--;
		else if (*p == '\\' && depth > 0 && p[1])
			p++;
		else if (depth == 0 && *p != ' ' && *p != '\t')
			break;
	}
	return p;
}

static bool
is_token_char(char c)
{
	return c > ' ' && c < 0x7f && !strchr("()<>@,;:\\\"/[]?=", c);
}

/* A token in lower case, as much of it as has room. */
static const char *
read_token(const char *p, char *word, size_t room)
{
	size_t len = 0;

	for (; *p && is_token_char(*p); p++)
		if (len + 1 < room)
			word[len++] = text_lower(*p);
	word[len] = '\0';
	return p;
}

/* A parameter's value: quoted, or (as some programs write it) anything up to a semicolon or a
 * blank. One that is too long is "". */
static const char *
read_value(const char *p, char *value, size_t room)
{
	const bool is_quoted = *p == '"';
	size_t len = 0;

	for (p += is_quoted; *p && (is_quoted ? *p != '"' : !strchr("; \t", *p)); p++) {
		p += is_quoted && *p == '\\' && p[1];
		if (len < room)
			value[len++] = *p;
	}
	value[len < room ? len : 0] = '\0';
	return is_quoted && *p == '"' ? p + 1 : p;
}

static void
read_parameters(const char *p, struct content_type *c)
{
	char name[CONTENT_WORD_MAX], value[CONTENT_BOUNDARY_MAX + 1];

	while (*(p = skip_blanks(p + strcspn(p, ";"))) == ';') {
		p = skip_blanks(read_token(skip_blanks(p + 1), name, sizeof name));
		if (*p != '=')
			continue;
		p = read_value(skip_blanks(p + 1), value, sizeof value);
		if (strcmp(name, "boundary") == 0 && c->boundary[0] == '\0')
			memcpy(c->boundary, value, strlen(value) + 1);
	}
}

/* RFC 2046 section 5.1.1: a boundary does not end with a blank; nor does a line that is compared
 * with it. */
static void
trim(char *boundary)
{
	size_t len = strlen(boundary);

	while (len > 0 && text_is_wsp(boundary[len - 1]))
		boundary[--len] = '\0';
}

static void
read_type(const char *text, struct content_type *c)
{
	const char *p = skip_blanks(read_token(skip_blanks(text), c->type, sizeof c->type));

	c->is_given = true;
	if (*p == '/')
		p = read_token(skip_blanks(p + 1), c->subtype, sizeof c->subtype);
	if (c->subtype[0] == '\0')
		c->type[0] = '\0';
	read_parameters(p, c);
	trim(c->boundary);
}

static void
read_encoding(const char *text, struct content_type *c)
{
	read_token(skip_blanks(text), c->encoding, sizeof c->encoding);
	if (c->encoding[0] == '\0' && *skip_blanks(text))
		memcpy(c->encoding, "?", 2);
}

void
content_type_read(const char *block, size_t n, struct content_type *c)
{
	struct header_field field;
	struct buf text = {0};

	*c = (struct content_type){0};
	for (size_t at = 0; header_next(block, n, &at, &field);) {
		buf_clear(&text);
		header_unfold(&text, &field);
		if (header_is(&field, "Content-Type") && !c->is_given)
			read_type(text.data, c);
		else if (header_is(&field, "Content-Transfer-Encoding") && !c->encoding[0])
			read_encoding(text.data, c);
		else if (header_is(&field, "MIME-Version"))
			c->has_version = true;
	}
	buf_free(&text);
}

bool
content_type_is(const struct content_type *c, const char *type, const char *subtype)
{
	return strcmp(c->type, type) == 0 && strcmp(c->subtype, subtype) == 0;
}

bool
content_type_is_identity(const struct content_type *c)
{
	static const char *const names[] = {"", "7bit", "8bit", "binary"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(c->encoding, names[i]) == 0)
			return true;
	return false;
}
