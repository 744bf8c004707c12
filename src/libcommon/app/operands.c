/* SPDX-License-Identifier: ISC */
#include "app/operands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/tool.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "journal/journal_record.h"
#include "proto/mailbox.h"

/* "12-" */
static const uint32_t UNTIL_LAST = UINT32_MAX;

static struct operand *
add(struct operands *operands, enum operand_kind kind, const char *text)
{
	operands->items = mem_room(operands->items, operands->count, sizeof *operands->items);
	operands->items[operands->count] = (struct operand){.kind = kind, .text = mem_strdup(text)};
	return &operands->items[operands->count++];
}

void
operands_add(struct operands *operands, enum operand_kind kind)
{
	add(operands, kind, "");
}

/* 7, 3-9, 12- */
static bool
parse_range(const char *word, uint32_t *from, uint32_t *to)
{
	const char *dash = strchr(word, '-');
	const size_t len = dash ? (size_t)(dash - word) : strlen(word);
	uint64_t first, last;

	if (!text_number_n(word, len, UINT32_MAX - 1, &first) || first == 0)
		return false;
	last = dash ? UNTIL_LAST : first;
	if (dash && dash[1] != '\0' &&
	    (!text_number(dash + 1, UINT32_MAX - 1, &last) || last < first))
		return false;
	*from = (uint32_t)first;
	*to = (uint32_t)last;
	return true;
}

/* "last:20" */
static bool
parse_counted(const char *word, const char *prefix, uint32_t *n)
{
	uint64_t number;

	if (!text_begins(word, prefix) || !text_number(word + strlen(prefix), UINT32_MAX, &number))
		return false;
	*n = (uint32_t)number;
	return true;
}

/* Operands with a prefix, from the command line or standard input. */
static bool
parse_prefixed(struct operands *operands, const char *word)
{
	uint32_t n;

	if (strncmp(word, "uid:", 4) == 0 && word[4] != '\0')
		add(operands, OPERAND_UID, word + 4);
	else if (parse_counted(word, "last:", &n))
		add(operands, OPERAND_LAST, word)->to = n;
	else if (parse_counted(word, "first:", &n))
		add(operands, OPERAND_FIRST, word)->to = n;
	else
		return false;
	return true;
}

bool
operands_hint(struct err *e)
{
	return err_hint(
	    e, "7, 3-9, 12-, last:20, first:5, uid:ID, new, all, or - for ids from standard input");
}

static bool
parse_word(struct operands *operands, const char *word, struct err *e)
{
	uint32_t from, to;

	if (parse_prefixed(operands, word))
		return true;
	if (strcmp(word, "new") == 0 || strcmp(word, "all") == 0) {
		add(operands, word[0] == 'n' ? OPERAND_NEW : OPERAND_ALL, word);
		return true;
	}
	if (parse_range(word, &from, &to)) {
		struct operand *o = add(operands, OPERAND_RANGE, word);

		o->from = from;
		o->to = to;
		return true;
	}
	err_set(e, ERR_USAGE, "'%s' names no messages", word);
	return operands_hint(e);
}

bool
operand_reads_as_id(const char *line)
{
	uint32_t n;

	return strncmp(line, "uid:", 4) != 0 && !parse_counted(line, "last:", &n) &&
	       !parse_counted(line, "first:", &n);
}

/*
 * As mlist writes it without --columns: number, size, date, from, subject. Its number would be taken
 * for the unique id of another message. A line with an id in place of the number looks alike.
 */
static bool
is_usual_row(const char *line)
{
	static const char digits[] = "0123456789";
	const size_t number = strspn(line, digits);
	const char *size = line + number + 1;
	size_t tabs = 0;

	if (number == 0 || line[number] != '\t' || size[strspn(size, digits)] != '\t')
		return false;
	for (; *line; line++)
		tabs += *line == '\t';
	return tabs == 4;
}

static bool
parse_line(struct operands *operands, char *line, size_t len, struct err *e)
{
	if (strlen(line) != len) {
		err_set(e, ERR_USAGE, "standard input: NUL within an operand");
		return err_hint(e, "one operand per line, as from mlist without --null");
	}
	if (is_usual_row(line)) {
		err_set(e, ERR_USAGE,
			"standard input: a line as from mlist without --columns, which begins with "
			"no unique id but a number");
		return err_hint(e,
				"mlist -o uid shows the ids; cut -f1 keeps the first column only");
	}
	line[strcspn(line, "\t\r\n")] = '\0'; /* no id has a CR */
	if (line[0] != '\0' && !parse_prefixed(operands, line))
		add(operands, OPERAND_UID, line);
	return true;
}

static bool
parse_input(struct operands *operands, struct err *e)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	bool ok = true;

	while (ok && (len = getline(&line, &size, stdin)) > 0)
		ok = parse_line(operands, line, (size_t)len, e);
	free(line);
	return ok && (!ferror(stdin) || err_set_errno(e, ERR_IO, "standard input"));
}

bool
operands_parse(struct operands *operands, char **words, size_t count, struct err *e)
{
	*operands = (struct operands){0};
	for (size_t i = 0; i < count; i++)
		if (!(strcmp(words[i], "-") == 0 ? parse_input(operands, e)
						 : parse_word(operands, words[i], e)))
			return false;
	return true;
}

void
operands_free(struct operands *operands)
{
	for (size_t i = 0; i < operands->count; i++)
		free(operands->items[i].text);
	free(operands->items);
	*operands = (struct operands){0};
}

bool
operands_are_all(const struct operands *operands)
{
	for (size_t i = 0; i < operands->count; i++)
		if (operands->items[i].kind != OPERAND_ALL)
			return false;
	return true;
}

bool
operands_want_uids(const struct operands *operands)
{
	for (size_t i = 0; i < operands->count; i++)
		if (operands->items[i].kind == OPERAND_UID ||
		    operands->items[i].kind == OPERAND_NEW)
			return true;
	return false;
}

const char *
operands_of_one_mailbox(const struct operands *operands)
{
	for (size_t i = 0; i < operands->count; i++)
		if (operands->items[i].kind == OPERAND_RANGE ||
		    operands->items[i].kind == OPERAND_UID)
			return operands->items[i].text;
	return NULL;
}

bool
operands_have_new(const struct operands *operands)
{
	for (size_t i = 0; i < operands->count; i++)
		if (operands->items[i].kind == OPERAND_NEW)
			return true;
	return false;
}

bool
operands_want_sizes(const struct operands *operands, enum protocol protocol)
{
	return protocol == PROTOCOL_POP3 && operands_have_new(operands);
}

static bool
to_span(const struct operand *o, struct message_span *span)
{
	*span = (struct message_span){.from = o->kind == OPERAND_RANGE ? o->from : 1,
				      .to = o->to,
				      .is_from_end = o->kind == OPERAND_LAST};
	return o->kind == OPERAND_RANGE || o->kind == OPERAND_FIRST || o->kind == OPERAND_LAST;
}

struct message_span *
operands_spans(const struct operands *operands)
{
	struct message_span *spans =
	    operands->count > 0 ? mem_alloc(operands->count * sizeof *spans) : NULL;

	for (size_t i = 0; i < operands->count; i++)
		if (!to_span(&operands->items[i], &spans[i])) {
			free(spans);
			return NULL;
		}
	return spans;
}

struct marking {
	const struct message_list *list;
	struct journal *journal;
	struct message_index uids;
	bool *chosen;
};

/* The first item whose number is at least NUMBER. */
static size_t
find_number(const struct message_list *l, uint32_t number)
{
	size_t low = 0, high = l->count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (l->items[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Marks the items from FIRST up to, not including, END. False: there are none. */
static bool
mark(struct marking *m, size_t first, size_t end)
{
	for (size_t i = first; i < end; i++)
		m->chosen[i] = true;
	return first < end;
}

/* The id that mlist showed as TEXT: \xHH is a byte. The caller's to free(). */
static char *
undo_printable(const char *text)
{
	char *bytes = mem_strdup(text), *to = bytes;

	for (const char *p = text; *p;) {
		const bool is_escape = strncmp(p, "\\x", 2) == 0;
		const int high = is_escape ? text_hex_digit(p[2]) : -1;
		const int low = high < 0 ? -1 : text_hex_digit(p[3]);

		if (low >= 0 && high + low > 0) {
			*to++ = (char)(high * 16 + low);
			p += 4;
		} else {
			*to++ = *p++;
		}
	}
	*to = '\0';
	return bytes;
}

/* The id as mlist shows it, else as it is. */
static bool
mark_uid(struct marking *m, const char *uid)
{
	char *bytes = undo_printable(uid);
	size_t index = message_index_find(&m->uids, bytes);

	free(bytes);
	if (index == MESSAGE_NONE)
		index = message_index_find(&m->uids, uid);
	return index != MESSAGE_NONE && mark(m, index, index + 1);
}

static bool
mark_new(struct marking *m)
{
	for (size_t i = 0; i < m->list->count; i++)
		if (!journal_has(m->journal, message_list_uid(m->list, i), m->list->items[i].size,
				 NULL))
			m->chosen[i] = true;
	return true; /* it is not an error if nothing is new */
}

/* False: it names no message. */
static bool
apply_one(struct marking *m, const struct operand *o)
{
	const size_t count = m->list->count;

	switch (o->kind) {
	case OPERAND_RANGE:
		return mark(m, find_number(m->list, o->from),
			    o->to == UNTIL_LAST ? count : find_number(m->list, o->to + 1));
	case OPERAND_FIRST:
		mark(m, 0, o->to < count ? o->to : count);
		return true;
	case OPERAND_LAST:
		mark(m, o->to < count ? count - o->to : 0, count);
		return true;
	case OPERAND_UID:
		return mark_uid(m, o->text);
	case OPERAND_NEW:
		return mark_new(m);
	case OPERAND_ALL:
		mark(m, 0, count);
		return true;
	}
	return false;
}

void
operands_apply(struct operands *operands, const struct message_list *l, struct journal *journal,
	       struct message_set *set)
{
	struct marking m = {.list = l, .journal = journal, .chosen = mem_alloc(l->count)};

	if (operands_want_uids(operands))
		message_index_make(&m.uids, l);
	for (size_t i = 0; i < operands->count; i++)
		operands->items[i].is_missing = !apply_one(&m, &operands->items[i]);
	for (size_t i = 0; i < l->count; i++)
		if (m.chosen[i])
			message_set_add(set, i);
	message_index_free(&m.uids);
	free(m.chosen);
}

void
operands_complain(const struct operands *operands, struct run *run)
{
	struct err e;

	for (size_t i = 0; i < operands->count; i++) {
		const struct operand *o = &operands->items[i];

		if (!o->is_missing)
			continue;
		err_set(&e, ERR_NO_INPUT, "%s%s: no such message",
			o->kind == OPERAND_UID ? "uid:" : "", o->text);
		run_complain(run, &e);
	}
}
