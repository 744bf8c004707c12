/* SPDX-License-Identifier: ISC */
#include "auth/netrc.h"

#include "base/buf.h"
#include "base/err.h"
#include "tap.h"

#define HOST "mail.example.org"

static const struct {
	const char *name;
	const char *machine;
	const char *login;
	const char *file;
	const char *password; /* NULL: nothing found, or the error below */
	const char *error;
} cases[] = {
    {"an entry on one line", HOST, "alice", "machine " HOST " login alice password tanstaaf\n",
     "tanstaaf", NULL},
    {"an entry over many lines", HOST, "alice",
     "machine\n\t" HOST "\n\tlogin\n\talice\n\n\tpassword\n\ttanstaaf", "tanstaaf", NULL},
    {"CRLF line ends", HOST, "alice", "machine " HOST "\r\nlogin alice\r\npassword tanstaaf\r\n",
     "tanstaaf", NULL},
    {"an empty file", HOST, "alice", "", NULL, NULL},
    {"blank lines only", HOST, "alice", " \n\t\r\n", NULL, NULL},
    {"another machine", HOST, "alice", "machine example.org login alice password no\n", NULL, NULL},
    {"the machine's case does not matter", HOST, "alice",
     "machine MAIL.Example.ORG login alice password yes\n", "yes", NULL},
    {"a machine that only begins the same", HOST, "alice",
     "machine mail.example.org.evil.test login alice password no\n", NULL, NULL},
    {"another login", HOST, "alice", "machine " HOST " login bob password no\n", NULL, NULL},
    {"the login's case matters", HOST, "alice", "machine " HOST " login Alice password no\n", NULL,
     NULL},
    {"the second entry of the machine has our login", HOST, "alice",
     "machine " HOST " login bob password no\nmachine " HOST " login alice password yes\n", "yes",
     NULL},
    {"the password before the login", HOST, "alice",
     "machine " HOST " password no login bob machine " HOST " password yes login alice", "yes",
     NULL},
    {"an entry without a login is for all", HOST, "alice", "machine " HOST " password yes\n", "yes",
     NULL},
    {"no login asked for: the first entry", HOST, NULL,
     "machine " HOST " login bob password first\nmachine " HOST " login alice password no\n",
     "first", NULL},
    {"an entry without a password is passed over", HOST, "alice",
     "machine " HOST " login alice\nmachine " HOST " login alice password yes\n", "yes", NULL},
    {"default", HOST, "alice", "machine x password no\ndefault login alice password yes\n", "yes",
     NULL},
    {"default with another login", HOST, "alice", "default login anonymous password no\n", NULL,
     NULL},
    {"an entry before default", HOST, "alice",
     "machine " HOST " login alice password yes\ndefault password no\n", "yes", NULL},
    {"default before an entry: the file's order counts", HOST, "alice",
     "default password yes\nmachine " HOST " login alice password no\n", "yes", NULL},
    {"the last of two passwords in one entry", HOST, "alice",
     "machine " HOST " password no password yes\n", "yes", NULL},
    {"account is skipped with its value", HOST, "alice",
     "machine " HOST " account login login alice password yes\n", "yes", NULL},
    {"the port's number", HOST, "alice",
     "machine " HOST " login alice port 465 password no\n"
     "machine " HOST " login alice password yes port 993\n",
     "yes", NULL},
    {"the port's name", HOST, "alice",
     "machine " HOST " login alice port smtps password no\n"
     "machine " HOST " port pop3 login alice password no\n"
     "machine " HOST " port IMAP login alice password yes\n",
     "yes", NULL},
    {"an entry without a port is for all", HOST, "alice",
     "machine " HOST " port ftp password no\nmachine " HOST " password yes\n", "yes", NULL},
    {"a number that is too large, or has a blank", HOST, "alice",
     "machine " HOST " port 66529 password no machine " HOST " port \" 993\" password no\n", NULL,
     NULL},
    {"no value behind port", HOST, "alice", "machine " HOST " password yes port", "yes", NULL},
    {"keywords in capitals", HOST, "alice", "MACHINE " HOST " LOGIN alice PASSWORD yes\n", "yes",
     NULL},
    {"values that are keywords", "machine", "login",
     "machine machine login login password password", "password", NULL},
    {"a quoted password", HOST, "alice", "machine " HOST " login alice password \"two words\"\n",
     "two words", NULL},
    {"escapes in quotes", HOST, "alice",
     "machine " HOST " login alice password \"q\\\" b\\\\ n\\n r\\r t\\t x\\x\"\n",
     "q\" b\\ n\n r\r t\t xx", NULL},
    {"a quoted login", HOST, "al ice", "machine " HOST " login \"al ice\" password yes\n", "yes",
     NULL},
    {"a quoted empty password", HOST, "alice", "machine " HOST " login alice password \"\"\n", "",
     NULL},
    {"a quoted machine is not a keyword's end", HOST, "alice",
     "machine \"\" password no machine " HOST " password yes\n", "yes", NULL},
    {"a quote inside a word is a quote", HOST, "alice",
     "machine " HOST " login alice password a\"b\"\\n\n", "a\"b\"\\n", NULL},
    {"UTF-8", HOST, "alice", "machine " HOST " login alice password p\xc3\xa4ss\n", "p\xc3\xa4ss",
     NULL},
    {"comments", HOST, "alice",
     "# machine " HOST " login alice password no\n"
     "machine " HOST " # password no\n#\n# two\n  login alice password yes # login bob\n",
     "yes", NULL},
    {"a password that begins with #", HOST, "alice", "machine " HOST " password #yes\n", "#yes",
     NULL},
    {"a comment without a line end", HOST, "alice", "machine " HOST " password yes #", "yes", NULL},
    {"a macro is skipped up to the empty line", HOST, "alice",
     "machine x macdef init\nmachine " HOST " login alice password no\n\n"
     "machine " HOST " login alice password yes\n",
     "yes", NULL},
    {"a macro with CRLF", HOST, "alice",
     "macdef init\r\ndefault password no\r\n\r\nmachine " HOST " password yes\r\n", "yes", NULL},
    {"an empty macro", HOST, "alice", "macdef init\n\nmachine " HOST " password yes\n", "yes",
     NULL},
    {"a macro that never ends", HOST, "alice", "macdef init\ndefault password no\n", NULL, NULL},
    {"macdef as last word", HOST, "alice", "macdef", NULL, NULL},
    {"no value behind machine", HOST, "alice", "machine", NULL, NULL},
    {"no value behind password", HOST, "alice", "machine " HOST " password", NULL, NULL},
    {"no value behind login", HOST, "alice", "machine " HOST " password yes login", "yes", NULL},
    {"a quote that is never closed", HOST, "alice",
     "\nmachine " HOST " login alice\npassword \"tanstaaf\nlogin x\"\n", NULL,
     "line 3: a quote is never closed"},
    {"a quote at the file's end", HOST, "alice", "machine " HOST " password \"tanstaaf", NULL,
     "line 1: a quote is never closed"},
    {"a backslash at the line's end does not join two lines", HOST, "alice",
     "machine " HOST " password \"tanstaaf\\\nb\"\n", NULL, "line 1: a quote is never closed"},
    {"a quoted empty word in front", HOST, "alice", "\"\" machine " HOST " password yes\n", "yes",
     NULL},
    {"a backslash at the file's end", HOST, "alice", "machine " HOST " password \"tanstaaf\\", NULL,
     "line 1: a quote is never closed"},
    {"a password with a blank and no quotes", HOST, "alice",
     "machine x password a b\nmacdef m\n\n# c\nmachine " HOST " password tanstaaf tanstaaf\n", NULL,
     "line 5: unknown keyword (a value with blanks needs double quotes)"},
    {"a stray word in an entry that is not ours", HOST, "alice",
     "machine x password a b\nmachine " HOST " password yes\n", "yes", NULL},
    {"what is wrong behind our entry does not matter", HOST, "alice",
     "machine " HOST " password yes\nmachine x password \"\n", "yes", NULL},
};

static void
check(size_t i)
{
	const struct netrc_query query = {
	    .machine = cases[i].machine, .login = cases[i].login, .port = 993, .protocol = "imap"};
	const enum netrc_outcome want = cases[i].password ? NETRC_FOUND
					: cases[i].error  ? NETRC_BROKEN
							  : NETRC_NOTHING;
	struct buf password = {0};
	struct err e = {0};
	const size_t len = strlen(cases[i].file);
	/* Exactly as long as the file, without a NUL: a sanitizer sees a step too far. */
	char *file = malloc(len ? len : 1);
	enum netrc_outcome got;

	if (!file)
		abort();
	memcpy(file, cases[i].file, len);
	got = netrc_find(len ? file : NULL, len, &query, &password, &e);
	ok(got == want, "%s: the outcome", cases[i].name);
	if (cases[i].password)
		is_bytes(password.data, password.len, cases[i].password, strlen(cases[i].password),
			 cases[i].name);
	if (cases[i].error) {
		is_str(e.text, cases[i].error, cases[i].name);
		ok(e.code == ERR_CONFIG && !strstr(e.text, "tanstaaf"),
		   "%s: an error of the configuration, without the password", cases[i].name);
	}
	if (want == NETRC_NOTHING)
		ok(password.len == 0, "%s: no password is left over", cases[i].name);
	buf_wipe(&password);
	free(file);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		check(i);
	return tap_done();
}
