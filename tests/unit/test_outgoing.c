/* SPDX-License-Identifier: ISC */
#include "message/outgoing.h"

#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "message/source.h"
#include "tap.h"

#define REST "From: a@x\r\nDate: d\r\nMessage-ID: <i@x>\r\n"

static int
pipe_of(const char *bytes, size_t n)
{
	int ends[2];

	if (pipe(ends) != 0 || write(ends[1], bytes, n) != (ssize_t)n)
		abort();
	close(ends[1]);
	return ends[0];
}

static bool
add(void *ctx, const char *bytes, size_t n)
{
	buf_add(ctx, bytes, n);
	return true;
}

/* The N bytes as they go out, or "! " and the error. */
static void
make(const char *bytes, size_t n, struct buf *out)
{
	static const struct header_defaults defaults = {.from.address = "a@x", .domain = "x"};
	const int fd = pipe_of(bytes, n);
	struct err e = {0};
	struct source *s = source_open(fd, &e);
	struct outgoing *o = outgoing_open(s, &e);

	buf_add_str(out, "");
	if (!o || !outgoing_prepare(o, &defaults, &e) || !outgoing_pour(o, false, add, out, &e))
		buf_addf(out, "! %d %s", err_exit_status(e.code), e.text);
	else
		ok(outgoing_facts(o)->size == out->len, "so many octets go out as were counted");
	outgoing_free(o);
	source_close(s);
	close(fd);
}

/* The sender's copy of TEXT. */
static void
is_copied(const char *text, const char *want, const char *name)
{
	static const struct header_defaults defaults = {.from.address = "a@x", .domain = "x"};
	const int fd = pipe_of(text, strlen(text));
	struct err e = {0};
	struct source *s = source_open(fd, &e);
	struct outgoing *o = outgoing_open(s, &e);
	struct buf out = {0};

	buf_add_str(&out, "");
	ok(o && outgoing_prepare(o, &defaults, &e) && outgoing_pour_copy(o, add, &out, &e),
	   "%s: it is made", name);
	is_str(out.data, want, name);
	buf_free(&out);
	outgoing_free(o);
	source_close(s);
	close(fd);
}

/* The header of a message as it is was not looked at: nothing is hidden. */
static void
test_copy_as_is(void)
{
	const int fd = pipe_of("Bcc: b@x\n\nx\n", 12);
	struct err e = {0};
	struct source *s = source_open(fd, &e);
	struct outgoing *o = outgoing_open_as_is(s, &e);
	struct buf out = {0};

	ok(o && outgoing_pour_copy(o, add, &out, &e), "a message as it is can be copied");
	buf_add_str(&out, "");
	is_str(out.data, "Bcc: b@x\r\n\r\nx\r\n", "as it is");
	buf_free(&out);
	outgoing_free(o);
	source_close(s);
	close(fd);
}

static void
test_copies(void)
{
	test_copy_as_is();
	is_copied(REST "\n.\nx", REST "\r\n.\r\nx\r\n", "a copy is what is sent, without dots");
	is_copied("Bcc: b@x,\n c@x\n" REST "Bcc : d@x\r\nX: y\n\nx\n",
		  "Bcc: b@x,\r\n c@x\r\n" REST "Bcc : d@x\r\nX: y\r\n\r\nx\r\n",
		  "a copy has each Bcc in its place");
	is_copied("From: a@x\nDate: d\nMessage-ID: <i@x>\nResent-Bcc: b@x",
		  REST "Resent-Bcc: b@x\r\n\r\n", "a copy has a Bcc that ends the message");
	is_copied("From: a@x\rDate: d\rMessage-ID: <i@x>\rBcc: b@x\r\rx",
		  REST "Bcc: b@x\r\n\r\nx\r\n", "a copy has line ends for the wire");
}

static void
becomes(const char *text, const char *want, const char *name)
{
	struct buf out = {0};

	make(text, strlen(text), &out);
	is_str(out.data, want, name);
	buf_free(&out);
}

/* What is added to a message without Date and Message-ID differs each time. */
static void
ends_with(const char *text, const char *want, const char *name)
{
	struct buf out = {0};
	const char *found;

	make(text, strlen(text), &out);
	found = out.len >= strlen(want) ? out.data + out.len - strlen(want) : out.data;
	is_str(found, want, name);
	ok(strncmp(out.data, "From: a@x\r\nDate: ", 17) == 0, "behind a header of its own");
	buf_free(&out);
}

static void
test_repaired(void)
{
	becomes("From: a@x\rDate: d\rMessage-ID: <i@x>\r\rbody: x", REST "\r\nbody: x\r\n",
		"an empty line ends a header with bare CRs");
	becomes(REST "\r\nbody\r\n", REST "\r\nbody\r\n", "what is whole stays as it is");
	becomes("From: a@x\nDate: d\nMessage-ID: <i@x>\n\nbody", REST "\r\nbody\r\n",
		"line ends become CRLF");
	becomes(REST "\r\none\rtwo\r\rx\r\n.\r\n", REST "\r\none\r\ntwo\r\n\r\nx\r\n.\r\n",
		"a bare CR ends a line too");
	becomes("From: a@x\r\r\nDate: d\r\r\nMessage-ID: <i@x>\r\r\nBcc: b@x\r\r\n\r\r\nx\r\r\n",
		REST "\r\nx\r\n", "CR CR LF is one line end");
	becomes("\xef\xbb\xbf" REST "Bcc: b@x\n\nx\n", REST "\r\nx\r\n",
		"a byte order mark is taken off");
	becomes(">From a@x Sat Nov 21 12:00:00 2026\n" REST "Bcc: b@x\n\nx\n", REST "\r\nx\r\n",
		"a quoted From_ line is taken off");
	becomes("From a@x Sat Nov 21 12:00:00 2026\r>From b\r" REST "\rx\r", REST "\r\nx\r\n",
		"several of them, whatever ends their lines");
	becomes("From : b@x\nDate: d\nMessage-ID: <i@x>\n\nx\n",
		"From : b@x\r\nDate: d\r\nMessage-ID: <i@x>\r\n\r\nx\r\n",
		"a From with a blank before the colon is a field");
	becomes("Bcc : c@x\nBCC\t:\n d@x\n" REST "Resent-Bcc: e@x\n\nx\n", REST "\r\nx\r\n",
		"Bcc is known in whatever spelling");
	becomes("From: b@x\nDate: d\nMessage-ID: <i@x>\nFrom:\nSender:  \n\nx\n",
		"From: b@x\r\nDate: d\r\nMessage-ID: <i@x>\r\n\r\nx\r\n",
		"empty fields are left out");
	becomes("From: \nDate: d\nMessage-ID: <i@x>\n\nx\n",
		"Date: d\r\nMessage-ID: <i@x>\r\nFrom: a@x\r\n\r\nx\r\n",
		"an empty From is missing");
	becomes("From: Ann Lee\nDate: d\nMessage-ID: <i@x>\n\nx\n",
		"From: Ann Lee <a@x>\r\nDate: d\r\nMessage-ID: <i@x>\r\n\r\nx\r\n",
		"words in From are kept as the name");
	becomes("From a@x Sat Nov 21 12:00:00 2026\n" REST "\nbody\n", REST "\r\nbody\r\n",
		"the From_ line of an mbox is taken off");
	becomes(REST "hello\n\nNote: x\n", REST "\r\nhello\r\n\r\nNote: x\r\n",
		"a line that is no field begins the body");
	becomes(REST "Bcc: b@x,\n c@x\nX: y\n\n", REST "X: y\r\n\r\n", "Bcc is taken out");
	ends_with("hello\nworld\n", "\r\n\r\nhello\r\nworld\r\n", "a text alone is a body");
	ends_with("From here on:\nworld\n", "\r\n\r\nFrom here on:\r\nworld\r\n",
		  "even one that begins with From");
	ends_with("hello\nNote: b@x\n", "\r\n\r\nhello\r\nNote: b@x\r\n",
		  "or has lines that look like fields");
	ends_with("\nhello\nTo: b@x\n", "\r\n\r\nhello\r\nTo: b@x\r\n",
		  "after an empty line also a To");
	ends_with("\nhello\n", "\r\n\r\nhello\r\n", "an empty header");
}

static void
test_refused(void)
{
	static const char nul[] = REST "\r\na\0b\r\n";
	struct buf out = {0}, line = {0};

	becomes("", "! 65 the message is empty", "nothing");
	becomes("From: a@x\nSubject: x\nFrom: b@x\n\n", "! 65 the message has 2 From fields",
		"two Froms");
	becomes("From: a@x\nSender: x@x\nSender: y@x\n\n", "! 65 the message has 2 Sender fields",
		"two Senders");
	becomes("Subject: x\nhello\nBcc: b@x\n\nbody\n",
		"! 65 'hello' is not a header field, but 'Bcc' follows it",
		"recipients after a line that is no field");
	becomes("hello\nSubject: x\nBcc: b@x\n\nbody\n",
		"! 65 'hello' is not a header field, but 'Bcc' follows it",
		"also where it is the first line");
	becomes("\r\n\nSubject: x\nBcc: b@x\n\nbody\n",
		"! 65 an empty line comes before the header", "an empty line before them");
	make(nul, sizeof nul - 1, &out);
	is_str(out.data, "! 65 the message has a NUL byte, which mail cannot carry", "a NUL");
	buf_free(&out);

	buf_addf(&line, "%sX: %0995d\n\n", REST, 0);
	make(line.data, line.len, &out);
	ok(out.data[0] != '!', "998 bytes are a line of the header");
	buf_clear(&line);
	buf_clear(&out);
	buf_addf(&line, "%sX: %0996d\n\n", REST, 0);
	make(line.data, line.len, &out);
	ok(strncmp(out.data, "! 65 a line of the header, 'X: 0", 32) == 0, "999 are too many");
	buf_free(&line);
	buf_free(&out);
}

/* No empty line within the first 1 MiB: the header was over long before. */
static void
test_long_text(void)
{
	struct buf text = {0}, out = {0};
	char path[] = "/tmp/mailverbs-test.XXXXXX";
	const int fd = mkstemp(path);
	struct err e = {0};
	struct source *s;
	struct outgoing *o;

	for (int i = 0; i < 200000; i++)
		buf_add_str(&text, "no field\n");
	unlink(path);
	if (fd < 0 || write(fd, text.data, text.len) != (ssize_t)text.len || lseek(fd, 0, SEEK_SET))
		abort();
	s = source_open(fd, &e);
	o = outgoing_open(s, &e);
	ok(o, "a long text without a header is no long header");
	outgoing_free(o);
	source_close(s);
	close(fd);
	buf_free(&text);
	buf_free(&out);
}

/* What others have sent is handed on: nothing is added, taken out or refused. */
static void
test_as_is(void)
{
	static const char text[] =
	    "From a b\nBcc: b@x\nFrom: a@x\r\nFrom: b@x\n.\r\n\0\xe4..\nno end";
	static const char want[] =
	    "From a b\r\nBcc: b@x\r\nFrom: a@x\r\nFrom: b@x\r\n..\r\n\0\xe4..\r\n"
	    "no end\r\n";
	struct source *s = source_new();
	struct buf out = {0};
	struct err e = {0};
	struct outgoing *o;

	for (size_t i = 0; i < sizeof text - 1; i++)
		source_add(s, text + i, 1, &e);
	o = outgoing_open_as_is(s, &e);
	ok(o && outgoing_pour(o, true, add, &out, &e), "as it is: goes out");
	is_bytes(out.data, out.len, want, sizeof want - 1, "as it is: but for line ends and dots");
	ok(outgoing_facts(o)->size == out.len - 1 && outgoing_facts(o)->body_has_8bit,
	   "as it is: its facts are known");
	outgoing_free(o);
	source_close(s);
	s = source_new();
	o = outgoing_open_as_is(s, &e);
	ok(o && outgoing_facts(o)->size == 0 && !outgoing_facts(o)->body_has_8bit,
	   "as it is: nothing at all is a message too");
	outgoing_free(o);
	source_close(s);
	buf_free(&out);
}

int
main(void)
{
	test_repaired();
	test_refused();
	test_long_text();
	test_as_is();
	test_copies();
	return tap_done();
}
