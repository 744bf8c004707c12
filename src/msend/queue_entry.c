/* SPDX-License-Identifier: ISC */
#include "msend/queue_entry.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

#define HEAD "mailverbs queue 1"

void
queue_entry_free(struct queue_entry *q)
{
	for (size_t i = 0; i < q->count; i++) {
		free(q->recipients[i].address);
		free(q->recipients[i].refusal);
	}
	for (size_t i = 0; i < q->setting_count; i++) {
		free(q->settings[i].name);
		free(q->settings[i].value);
	}
	free(q->recipients);
	free(q->settings);
	free(q->id);
	free(q->account);
	free(q->from);
	free(q->reply);
	*q = (struct queue_entry){0};
}

void
queue_entry_add_recipient(struct queue_entry *q, const char *address, const char *refusal)
{
	q->recipients = mem_room(q->recipients, q->count, sizeof *q->recipients);
	q->recipients[q->count++] = (struct queue_recipient){.address = mem_strdup(address),
							     .refusal = mem_strdup(refusal)};
}

void
queue_entry_add_setting(struct queue_entry *q, const char *name, const char *value)
{
	q->settings = mem_room(q->settings, q->setting_count, sizeof *q->settings);
	q->settings[q->setting_count++] =
	    (struct queue_setting){.name = mem_strdup(name), .value = mem_strdup(value)};
}

void
queue_entry_tried(struct queue_entry *q, const char *reply)
{
	char *copy = mem_strdup(reply);

	free(q->reply);
	q->reply = copy;
	q->tried = (int64_t)time(NULL);
	q->attempts++;
}

bool
queue_recipient_is_due(const struct queue_recipient *r)
{
	return !r->has_it && !r->refusal;
}

size_t
queue_entry_count_due(const struct queue_entry *q)
{
	size_t due = 0;

	for (size_t i = 0; i < q->count; i++)
		due += queue_recipient_is_due(&q->recipients[i]);
	return due;
}

bool
queue_entry_is_done(const struct queue_entry *q)
{
	for (size_t i = 0; i < q->count; i++)
		if (!q->recipients[i].has_it)
			return false;
	return true;
}

/* WORDS end with a NULL. */
static void
add_line(struct buf *text, const char *key, const char *const words[])
{
	buf_add_str(text, key);
	for (; *words; words++) {
		buf_add_char(text, ' ');
		text_escape(text, *words);
	}
	buf_add_char(text, '\n');
}

static const char *
or_empty(const char *s)
{
	return s ? s : "";
}

void
queue_entry_write(const struct queue_entry *q, struct buf *text)
{
	buf_addf(text, HEAD "\ntime %" PRId64 "\nsize %" PRIu64 "\n", q->arrived, q->size);
	add_line(text, "account", (const char *[]){or_empty(q->account), NULL});
	add_line(text, "from", (const char *[]){or_empty(q->from), NULL});
	for (size_t i = 0; i < q->setting_count; i++)
		add_line(text, "set",
			 (const char *[]){q->settings[i].name, q->settings[i].value, NULL});
	if (q->attempts > 0)
		buf_addf(text, "tried %u %" PRId64 "\n", q->attempts, q->tried);
	if (q->late != 0)
		buf_addf(text, "late %" PRId64 "\n", q->late);
	if (q->reply)
		add_line(text, "reply", (const char *[]){q->reply, NULL});
	if (q->maybe_sent)
		buf_add_str(text, "maybe-sent\n");
	if (q->copy != QUEUE_COPY_NONE)
		buf_addf(text, "%s\n", q->copy == QUEUE_COPYING ? "copying" : "copied");
	for (size_t i = 0; i < q->count; i++) {
		const struct queue_recipient *r = &q->recipients[i];

		/* without a refusal there is a NULL, which ends the line */
		if (!r->has_it)
			add_line(text, r->refusal ? "refused" : "to",
				 (const char *[]){r->address, r->refusal, NULL});
	}
}

/* The lines. WORDS are as many as the key wants. */

static bool
take_time(struct queue_entry *q, char *words[])
{
	uint64_t n;
	const bool ok = text_number(words[0], INT64_MAX, &n);

	q->arrived = ok ? (int64_t)n : 0;
	return ok;
}

static bool
take_size(struct queue_entry *q, char *words[])
{
	return text_number(words[0], UINT64_MAX, &q->size);
}

/* A fact of which there is one. */
static bool
take_word(char **fact, const char *word)
{
	if (*fact)
		return false;
	*fact = mem_strdup(word);
	return true;
}

static bool
take_account(struct queue_entry *q, char *words[])
{
	return take_word(&q->account, words[0]);
}

static bool
take_from(struct queue_entry *q, char *words[])
{
	return take_word(&q->from, words[0]);
}

static bool
take_reply(struct queue_entry *q, char *words[])
{
	return take_word(&q->reply, words[0]);
}

static bool
take_set(struct queue_entry *q, char *words[])
{
	queue_entry_add_setting(q, words[0], words[1]);
	return true;
}

static bool
take_tried(struct queue_entry *q, char *words[])
{
	uint64_t attempts, when;

	if (!text_number(words[0], UINT32_MAX, &attempts) ||
	    !text_number(words[1], INT64_MAX, &when))
		return false;
	q->attempts = (unsigned)attempts;
	q->tried = (int64_t)when;
	return true;
}

static bool
take_late(struct queue_entry *q, char *words[])
{
	uint64_t n;
	const bool ok = text_number(words[0], INT64_MAX, &n);

	q->late = ok ? (int64_t)n : 0;
	return ok;
}

static bool
take_maybe_sent(struct queue_entry *q, char *words[])
{
	(void)words;
	return q->maybe_sent = true;
}

static bool
take_copying(struct queue_entry *q, char *words[])
{
	(void)words;
	q->copy = QUEUE_COPYING;
	return true;
}

static bool
take_copied(struct queue_entry *q, char *words[])
{
	(void)words;
	q->copy = QUEUE_COPIED;
	return true;
}

static bool
take_to(struct queue_entry *q, char *words[])
{
	queue_entry_add_recipient(q, words[0], NULL);
	return true;
}

static bool
take_refused(struct queue_entry *q, char *words[])
{
	queue_entry_add_recipient(q, words[0], words[1]);
	return true;
}

enum { WORDS_MAX = 2 };

static const struct {
	const char *key;
	size_t words;
	bool (*take)(struct queue_entry *q, char *words[]);
} keys[] = {
    {"time", 1, take_time},       {"size", 1, take_size},
    {"account", 1, take_account}, {"from", 1, take_from},
    {"set", 2, take_set},         {"tried", 2, take_tried},
    {"reply", 1, take_reply},     {"maybe-sent", 0, take_maybe_sent},
    {"to", 1, take_to},           {"refused", 2, take_refused},
    {"late", 1, take_late},       {"copying", 0, take_copying},
    {"copied", 0, take_copied},
};

static bool
take_line(struct queue_entry *q, char *line)
{
	char *key = strsep(&line, " "), *words[WORDS_MAX];
	size_t count = 0;

	while (line && count < WORDS_MAX)
		if (!text_unescape(words[count++] = strsep(&line, " ")))
			return false;
	for (size_t i = 0; !line && i < sizeof keys / sizeof keys[0]; i++)
		if (strcmp(keys[i].key, key) == 0)
			return keys[i].words == count && keys[i].take(q, words);
	return false;
}

bool
queue_entry_read(struct queue_entry *q, char *text, size_t *line)
{
	char *rest = text, *next;
	bool ok = true;

	/* what is cut short does not end in a line end */
	for (*line = 0; ok && (next = strsep(&rest, "\n")) && rest; ++*line)
		ok = *line == 0 ? strcmp(next, HEAD) == 0 : take_line(q, next);
	return ok && *line > 0 && next && *next == '\0' && q->account && q->from &&
	       (q->count > 0 || q->copy == QUEUE_COPYING);
}
