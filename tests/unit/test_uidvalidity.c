/* SPDX-License-Identifier: ISC */
/* Of a server that has numbered its messages anew: a list, and headers as it gives them. */
#include "mfetch/uidvalidity.h"

#include <fcntl.h>
#include <unistd.h>

#include "app/tool.h"
#include "base/err.h"
#include "base/mem.h"
#include "journal/journal.h"
#include "journal/journal_former.h"
#include "journal/journal_record.h"
#include "message/fingerprint.h"
#include "message/receiver.h"
#include "open_journal.h"
#include "proto/mailbox.h"
#include "tap.h"

enum { COUNT = 4 };

static char dir[] = "/tmp/test_uidvalidity.XXXXXX";

/* What the server has. */
struct server {
	const char *header[COUNT]; /* NULL: it refuses that one; "": it does not tell of it */
	bool breaks;               /* behind the last one */
	size_t asked;              /* for so many headers */
};

static const char *const headers[COUNT] = {"Message-ID: <1>\n\n", "Subject: none\n\n",
					   "Message-ID: <3>\r\n\r\n", "Message-ID: <4>\n"};

/* UIDs 11 to 14, of 101 to 104 octets. */
static struct message_list
the_list(void)
{
	struct message_list l = {.has_uids = true, .has_sizes = true};

	l.items = mem_grow(NULL, COUNT, sizeof *l.items);
	for (uint32_t i = 1; i <= COUNT; i++) {
		l.items[l.count++] =
		    (struct message_item){.number = i, .size = 100 + i, .uid = l.uids.len};
		buf_addf(&l.uids, "%" PRIu32, 10 + i);
		buf_add_char(&l.uids, '\0');
	}
	return l;
}

static bool
fetch(void *conversation, const struct message_list *l, const struct message_set *set,
      enum part part, const struct receiver *r, void *ctx, struct err *e)
{
	struct server *server = conversation;
	const struct err refusal = {.code = ERR_UNAVAILABLE};

	for (size_t i = 0; i < set->count; i++) {
		const struct message_item *item = &l->items[set->index[i]];
		const char *header = server->header[set->index[i]];
		const struct message_info info = {.index = set->index[i],
						  .number = item->number,
						  .uid = message_list_uid(l, set->index[i]),
						  .size = item->size};

		server->asked += part == PART_HEADER;
		if (!header && !r->abandon(ctx, &info, &refusal))
			return false;
		if (!header || !header[0])
			continue;
		r->begin(ctx, &info, e);
		for (; *header; header++)
			r->data(ctx, header, 1, e);
		r->end(ctx, e);
	}
	return !server->breaks || err_set(e, ERR_TEMPORARY, "the connection ended");
}

/* Opens the journal of what was delivered under UIDVALIDITY 7, now 8: 1 and 3 with what they are
 * known by, 2 and 4 without. */
static struct journal *
delivered(void)
{
	static int number;
	char *place = mem_printf("maildir %d", ++number);
	struct err e = {0};
	struct journal *s = journal_open(dir, "imap a h INBOX", place, &e);
	fingerprint print;

	free(place);
	journal_set_validity(s, 7);
	for (uint32_t i = 1; i <= COUNT; i++) {
		char uid[16];

		snprintf(uid, sizeof uid, "%" PRIu32, i);
		if (i % 2 == 1 &&
		    fingerprint_make(&print, headers[i - 1], strlen(headers[i - 1]), true, 100 + i))
			journal_set_fingerprint(s, uid, print);
		journal_done(s, uid);
	}
	if (!journal_write(s, true, &e))
		diag("%s", e.text);
	journal_set_validity(s, 8);
	return s;
}

/* The run's remark is on standard error, for one call of uidvalidity_recognise(). */
static bool
recognise(struct journal *s, struct server *server, bool record, char said[static 400])
{
	const struct mailbox_protocol protocol = {.fetch = fetch};
	struct mailbox m = {.protocol = &protocol, .conversation = server};
	struct message_list l = the_list();
	const struct run run = {.program = "mfetch"};
	struct err e = {0};
	int ends[2], standard_error = dup(STDERR_FILENO);
	ssize_t n;
	bool done;

	if (pipe(ends) != 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0)
		abort();
	dup2(ends[1], STDERR_FILENO);
	done = uidvalidity_recognise(s, &m, &l, record, &run, "here", &e);
	dup2(standard_error, STDERR_FILENO);
	n = read(ends[0], said, 399);
	said[n > 0 ? n : 0] = '\0';
	close(ends[0]);
	close(ends[1]);
	close(standard_error);
	message_list_free(&l);
	return done;
}

/* The UIDs that are known. */
static void
knows(struct journal *s, const char *want, const char *name)
{
	struct message_list l = the_list();
	struct buf got = {0};

	buf_add_str(&got, "");
	for (size_t i = 0; i < l.count; i++)
		if (journal_has(s, message_list_uid(&l, i), 0, NULL))
			buf_addf(&got, "%s;", message_list_uid(&l, i));
	is_str(got.data, want, name);
	buf_free(&got);
	message_list_free(&l);
}

static struct server
a_server(void)
{
	struct server server = {0};

	memcpy(server.header, headers, sizeof headers);
	return server;
}

static void
test_recognised(void)
{
	struct server server = a_server();
	struct journal *s = delivered();
	char said[400];

	ok(recognise(s, &server, true, said), "a folder that was numbered anew");
	is_number(server.asked, COUNT, "is asked for the headers of what is not known");
	knows(s, "11;13;", "and what has its fingerprint in the journal is known");
	is_str(said,
	       "mfetch: here: the server has numbered its messages anew (UIDVALIDITY); of 4 "
	       "messages 2 are known by their headers\n",
	       "which is said");
	ok(!journal_has_former(s) || journal_is_written(s), "and written");
	journal_close(s);
}

static void
test_only_once(void)
{
	struct server server = a_server();
	struct journal *s = delivered();
	char said[400];

	journal_set_validity(s, 7);
	ok(recognise(s, &server, true, said) && server.asked == 0 && said[0] == '\0',
	   "where nothing was numbered anew no header is asked for, and nothing said");
	journal_set_validity(s, 8);
	journal_done(s, "12");
	ok(recognise(s, &server, true, said), "what is known under the new number");
	is_number(server.asked, COUNT - 1, "is not asked for");
	knows(s, "11;12;13;", "and stays known");
	journal_close(s);
}

static void
test_without_record(void)
{
	struct server server = a_server();
	struct journal *s = delivered();
	char said[400];

	ok(recognise(s, &server, false, said) && journal_has_former(s),
	   "who only looks changes nothing");
	knows(s, "11;13;", "but knows it");
	journal_close(s);
}

static void
test_missing(void)
{
	struct server server = a_server();
	struct journal *s = delivered();
	char said[400];

	server.header[0] = NULL;
	server.header[2] = "";
	ok(recognise(s, &server, true, said),
	   "headers that are refused or do not come are no error");
	knows(s, "", "but nothing to know a message by");
	ok(strstr(said, "of 4 messages 0 are known") != NULL, "which is said");
	journal_close(s);
}

static void
test_broken(void)
{
	struct server server = a_server();
	struct journal *s = delivered();
	char said[400];

	server.breaks = true;
	ok(!recognise(s, &server, true, said) && said[0] == '\0',
	   "a session that breaks at the headers is an error");
	knows(s, "", "nothing was recognised then");
	ok(journal_has_former(s), "and the journal is as it was");
	server.breaks = false;
	ok(recognise(s, &server, true, said), "so that the next run");
	knows(s, "11;13;", "recognises all");
	journal_close(s);
}

int
main(void)
{
	char *remove;

	if (!mkdtemp(dir))
		return EXIT_FAILURE;
	test_recognised();
	test_only_once();
	test_without_record();
	test_missing();
	test_broken();
	remove = mem_printf("rm -rf %s", dir);
	if (system(remove) != 0)
		diag("%s is left", dir);
	free(remove);
	return tap_done();
}
