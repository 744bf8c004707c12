/* SPDX-License-Identifier: ISC */
#include "auth/sasl.h"

#include <dlfcn.h>
#include <gsasl.h>

#include "auth/secret.h"
#include "base/buf.h"
#include "base/err.h"
#include "freed.h"
#include "tap.h"

const char *__lsan_default_suppressions(void);

#define HOST "mail.example.org"
#define LENGTH(array) (sizeof(array) / sizeof *(array))

static char binding_bytes[] = "binding\0data";
static const struct buf binding = {.data = binding_bytes, .len = 12};

/*
 * The RFCs' examples have nonces in them. libgsasl makes its own by gsasl_nonce() and
 * gsasl_base64_to(), which are ours in this program: while `fixed_nonce` is set, the bytes that the
 * first one gives are a mark by which the second one knows what it is to return. A libgsasl that
 * was linked with -Bsymbolic-functions (Ubuntu's) calls its own, so that it does not set
 * `nonce_replaced`.
 */
static const char *fixed_nonce;
static bool nonce_replaced;

int
gsasl_nonce(char *data, size_t len)
{
	if (!fixed_nonce)
		return gsasl_random(data, len);
	nonce_replaced = true;
	memset(data, 0xee, len);
	return GSASL_OK;
}

int
gsasl_base64_to(const char *in, size_t in_len, char **out, size_t *out_len)
{
	static int (*real)(const char *, size_t, char **, size_t *);
	static const char mark[] = "\xee\xee\xee\xee\xee\xee\xee\xee";

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "gsasl_base64_to");
	if (!fixed_nonce || in_len < 8 || memcmp(in, mark, 8) != 0)
		return real(in, in_len, out, out_len);
	*out = strdup(fixed_nonce);
	if (out_len)
		*out_len = strlen(fixed_nonce);
	return GSASL_OK;
}

/* What libkrb5 leaks is not ours to mend; LeakSanitizer asks here. */
const char *
__lsan_default_suppressions(void)
{
	return "leak:libgssapi_krb5\n";
}

static char *
to_base64(const char *bytes, size_t len)
{
	char *text = NULL;

	if (gsasl_base64_to(bytes, len, &text, NULL) != GSASL_OK)
		abort();
	return text;
}

static bool
has(const struct err *e, const char *part)
{
	const bool found = strstr(e->text, part) || strstr(e->hint, part);

	if (!found)
		diag("code %d: %s [%s]", e->code, e->text, e->hint);
	return found;
}

/*
 * What is chosen.
 */
enum { PRIVATE = 1, BINDING = 2, CERT = 4, NO_USER = 8, NO_SECRET = 16, PROMPT = 32, PRESET = 64 };

#define ALL                                                                                \
	"PLAIN LOGIN CRAM-MD5 DIGEST-MD5 NTLM SCRAM-SHA-1 SCRAM-SHA-256 SCRAM-SHA-1-PLUS " \
	"SCRAM-SHA-256-PLUS XOAUTH2 OAUTHBEARER EXTERNAL GSSAPI ANONYMOUS"

static const struct choice {
	const char *word;
	unsigned flags;
	const char *offered;
	const char *want; /* NULL: the error's code and a part of its text or hint */
	enum err_code code;
	const char *part;
} choices[] = {
    {NULL, PRIVATE | BINDING, ALL, "SCRAM-SHA-256-PLUS", 0, NULL},
    {NULL, PRIVATE | BINDING, "SCRAM-SHA-256 SCRAM-SHA-1-PLUS PLAIN", "SCRAM-SHA-1-PLUS", 0, NULL},
    {NULL, PRIVATE, ALL, "SCRAM-SHA-256", 0, NULL},
    {NULL, PRIVATE | BINDING, "PLAIN SCRAM-SHA-256", "SCRAM-SHA-256", 0, NULL},
    {NULL, PRIVATE, "SCRAM-SHA-1 SCRAM-SHA-256-PLUS PLAIN", "SCRAM-SHA-1", 0, NULL},
    {NULL, PRIVATE, "CRAM-MD5 LOGIN PLAIN", "PLAIN", 0, NULL},
    {NULL, PRIVATE, "CRAM-MD5 LOGIN XOAUTH2", "LOGIN", 0, NULL},
    {NULL, PRIVATE, "CRAM-MD5 NTLM", "CRAM-MD5", 0, NULL},
    {NULL, PRIVATE, "plain login", "PLAIN", 0, NULL},
    {NULL, PRIVATE, "PLAIN", "PLAIN", 0, NULL},

    {NULL, 0, ALL, "SCRAM-SHA-256", 0, NULL},
    {NULL, 0, "PLAIN LOGIN SCRAM-SHA-1", "SCRAM-SHA-1", 0, NULL},
    {NULL, 0, "PLAIN LOGIN CRAM-MD5", "CRAM-MD5", 0, NULL},
    {NULL, 0, "PLAIN LOGIN", NULL, ERR_LOGIN, "offers only PLAIN LOGIN without TLS"},
    {NULL, 0, "LOGIN XOAUTH2", NULL, ERR_LOGIN, "URL with TLS"},
    {NULL, PRESET, "PLAIN", NULL, ERR_LOGIN, "without TLS"},

    {NULL, PRIVATE, "", NULL, ERR_LOGIN, "no mechanism"},
    {NULL, 0, "", NULL, ERR_LOGIN, "no mechanism"},
    {NULL, PRIVATE, "NTLM", NULL, ERR_LOGIN, "NTLM"},
    {NULL, PRIVATE, "XOAUTH2 OAUTHBEARER", NULL, ERR_LOGIN, "--auth=xoauth2"},
    {NULL, PRIVATE, "DIGEST-MD5 GSSAPI ANONYMOUS", NULL, ERR_LOGIN, "DIGEST-MD5 GSSAPI"},
    {NULL, PRIVATE, "PLAINX XPLAIN", NULL, ERR_LOGIN, "PLAINX"},
    {NULL, PRIVATE, "SCRAM-SHA-256-PLUS", NULL, ERR_LOGIN, "SCRAM"},
    {NULL, PRIVATE | NO_USER, "PLAIN", NULL, ERR_CONFIG, "user name"},

    {NULL, PRIVATE | CERT | NO_SECRET, ALL, "EXTERNAL", 0, NULL},
    {NULL, PRIVATE | CERT | NO_SECRET | NO_USER, ALL, "EXTERNAL", 0, NULL},
    {NULL, PRIVATE | CERT | NO_SECRET | PROMPT, ALL, "EXTERNAL", 0, NULL},
    {NULL, PRIVATE | CERT, ALL, "SCRAM-SHA-256", 0, NULL},
    {NULL, PRIVATE | CERT, "EXTERNAL GSSAPI", "EXTERNAL", 0, NULL},
    {NULL, PRIVATE | NO_SECRET, ALL, "SCRAM-SHA-256", 0, NULL},
    {NULL, PRIVATE | CERT | NO_SECRET, "PLAIN", "PLAIN", 0, NULL},
    {NULL, PRIVATE, "EXTERNAL", NULL, ERR_LOGIN, "EXTERNAL"},

    {"plain", PRIVATE, ALL, "PLAIN", 0, NULL},
    {"plain", 0, ALL, "PLAIN", 0, NULL},
    {"plain", PRESET, ALL, NULL, ERR_LOGIN, "PLAIN without TLS"},
    {"plain", PRESET | PRIVATE, ALL, "PLAIN", 0, NULL},
    {"Login", 0, "LOGIN", "LOGIN", 0, NULL},
    {"scram-sha-1", PRIVATE | BINDING, ALL, "SCRAM-SHA-1", 0, NULL},
    {"scram-sha-256", PRESET, ALL, "SCRAM-SHA-256", 0, NULL},
    {"scram-sha-256-plus", PRIVATE | BINDING, ALL, "SCRAM-SHA-256-PLUS", 0, NULL},
    {"scram-sha-256-plus", PRIVATE, ALL, NULL, ERR_LOGIN, "channel binding"},
    {"scram-sha-256-plus", PRIVATE | BINDING, "SCRAM-SHA-256", NULL, ERR_LOGIN,
     "the server offers SCRAM-SHA-256, not SCRAM-SHA-256-PLUS"},
    {"cram-md5", 0, ALL, "CRAM-MD5", 0, NULL},
    {"digest-md5", 0, ALL, "DIGEST-MD5", 0, NULL},
    {"external", PRIVATE | NO_USER | NO_SECRET, ALL, "EXTERNAL", 0, NULL},
    {"gssapi", NO_USER | NO_SECRET, ALL, "GSSAPI", 0, NULL},
    {"xoauth2", PRIVATE, ALL, "XOAUTH2", 0, NULL},
    {"xoauth2", 0, ALL, NULL, ERR_LOGIN, "TLS only"},
    {"oauthbearer", PRIVATE | PRESET, ALL, "OAUTHBEARER", 0, NULL},
    {"oauthbearer", 0, ALL, NULL, ERR_LOGIN, "TLS only"},
    {"plain", PRIVATE | NO_USER, ALL, NULL, ERR_CONFIG, "user name"},
    {"plain", PRIVATE, "LOGIN", NULL, ERR_LOGIN, "the server offers LOGIN, not PLAIN"},
    {"plain", PRIVATE, "", NULL, ERR_LOGIN, "no mechanism"},
    {"ntlm", PRIVATE, ALL, NULL, ERR_CONFIG, "no such mechanism: ntlm"},
    {"", PRIVATE, ALL, NULL, ERR_CONFIG, "no such mechanism"},
};

static void
test_choice(void)
{
	for (size_t i = 0; i < LENGTH(choices); i++) {
		const struct choice *c = &choices[i];
		const struct secret_params sp = {
		    .text = c->flags & NO_SECRET ? NULL : "x",
		    .may_prompt = c->flags & PROMPT,
		};
		struct secret *secret = secret_new(&sp);
		const struct sasl_params p = {
		    .user = c->flags & NO_USER ? "" : "alice",
		    .secret = secret,
		    .mechanism = c->word,
		    .is_preset = c->flags & PRESET,
		    .is_private = c->flags & PRIVATE,
		    .has_client_cert = c->flags & CERT,
		    .binding_type = c->flags & BINDING ? "tls-exporter" : NULL,
		    .binding = c->flags & BINDING ? &binding : NULL,
		};
		char name[300];
		struct err e = {0};
		const char *got = sasl_choose(&p, c->offered, &e);

		snprintf(name, sizeof name, "choose: %s, %s%s%s, of \"%.60s\"",
			 c->word ? c->word : "(none)", c->flags & PRIVATE ? "TLS" : "no TLS",
			 c->flags & PRESET ? ", preset" : "",
			 c->flags & NO_SECRET ? ", no secret" : "", c->offered);
		is_str(got, c->want, name);
		if (!c->want)
			ok(e.code == c->code && has(&e, c->part), "%s: says %s", name, c->part);
		secret_free(secret);
	}
}

static void
test_long_offer(void)
{
	const struct sasl_params p = {.user = "alice", .is_private = true};
	char offered[4000];
	struct err e = {0};

	memset(offered, 'X', sizeof offered - 1);
	offered[sizeof offered - 1] = '\0';
	ok(!sasl_choose(&p, offered, &e) && e.code == ERR_LOGIN && strlen(e.text) < 300,
	   "choose: a long offer does not fill the error");
}

static void
test_may_reveal(void)
{
	static const struct {
		struct sasl_params p;
		bool want;
	} cases[] = {
	    {{.is_private = true}, true},
	    {{.mechanism = NULL}, false},
	    {{.mechanism = "user"}, true},
	    {{.mechanism = "user", .is_preset = true}, false},
	    {{.mechanism = "user", .is_preset = true, .is_private = true}, true},
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct err e = {0};

		ok(sasl_may_reveal(&cases[i].p, "USER and PASS", &e) == cases[i].want,
		   "USER and PASS: --auth=%s%s, %s",
		   cases[i].p.mechanism ? cases[i].p.mechanism : "auto",
		   cases[i].p.is_preset ? " (preset)" : "",
		   cases[i].p.is_private ? "TLS" : "no TLS");
		ok(cases[i].want || (e.code == ERR_LOGIN && has(&e, "USER and PASS without TLS")),
		   "USER and PASS: the refusal says so");
	}
}

/*
 * Exchanges whose every byte is known. "S: " and "C: " in clear, "S64: " and "C64: " as on the
 * wire; the empty initial challenge of a mechanism in which the client is first is not in them.
 */
#define SHA1_FIRST "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096"
#define SHA256_NONCE "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
#define SHA256_FIRST "r=" SHA256_NONCE ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"

enum outcome { DONE, UNFINISHED, FAILS };

static const struct script {
	const char *name;
	const char *mechanism;
	const char *user;
	const char *secret;
	const char *nonce;
	const char *binding_type;
	const char *lines[8];
	enum outcome outcome;
	enum err_code code;
	const char *part; /* of the error */
	const char *hint; /* what sasl_hint() has */
	bool is_in_clear;
} scripts[] = {
    {.name = "RFC 5802 section 5",
     .mechanism = "SCRAM-SHA-1",
     .user = "user",
     .secret = "pencil",
     .nonce = "fyko+d2lbbFgONRv9qkxdawL",
     .lines = {"C: n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL", "S: " SHA1_FIRST,
	       "C: c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,"
	       "p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
	       "S: v=rmF9pqV8S7suAoZWja4dJRkFsKQ=", "C: "}},
    {.name = "RFC 7677 section 3",
     .mechanism = "SCRAM-SHA-256",
     .user = "user",
     .secret = "pencil",
     .nonce = "rOprNGfwEbeRWgbNEkqO",
     .lines = {"C: n,,n=user,r=rOprNGfwEbeRWgbNEkqO", "S: " SHA256_FIRST,
	       "C: c=biws,r=" SHA256_NONCE ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
	       "S: v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", "C: "}},
    {.name = "SCRAM-SHA-256 with a binding at hand but not offered: the flag is n",
     .mechanism = "SCRAM-SHA-256",
     .user = "user",
     .secret = "pencil",
     .nonce = "rOprNGfwEbeRWgbNEkqO",
     .binding_type = "tls-exporter",
     .lines = {"C: n,,n=user,r=rOprNGfwEbeRWgbNEkqO", "S: " SHA256_FIRST,
	       "C: c=biws,r=" SHA256_NONCE ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
	       "S: v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", "C: "}},
    {.name = "SCRAM-SHA-256-PLUS with tls-exporter",
     .mechanism = "SCRAM-SHA-256-PLUS",
     .user = "user",
     .secret = "pencil",
     .nonce = "rOprNGfwEbeRWgbNEkqO",
     .binding_type = "tls-exporter",
     .lines = {"C: p=tls-exporter,,n=user,r=rOprNGfwEbeRWgbNEkqO", "S: " SHA256_FIRST,
	       "C: c=cD10bHMtZXhwb3J0ZXIsLGJpbmRpbmcAZGF0YQ==,r=" SHA256_NONCE
	       ",p=boS6qsf11GyrhqW07UcI83/bY+9mFLCuCMteHeFqg/w=",
	       "S: v=7Ql2AS4j7bHgXc+qQUfYpq1PUQKyWkNIZRZ3/2j9pMg=", "C: "}},
    {.name = "SCRAM-SHA-1-PLUS with tls-unique",
     .mechanism = "SCRAM-SHA-1-PLUS",
     .user = "user",
     .secret = "pencil",
     .nonce = "fyko+d2lbbFgONRv9qkxdawL",
     .binding_type = "tls-unique",
     .lines = {"C: p=tls-unique,,n=user,r=fyko+d2lbbFgONRv9qkxdawL", "S: " SHA1_FIRST,
	       "C: c=cD10bHMtdW5pcXVlLCxiaW5kaW5nAGRhdGE=,"
	       "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=Qc3IHn46prwLfv49+4R12joOQQo=",
	       "S: v=aKQK9zQMLhL0wqJX6ZivEY2fRJo=", "C: "}},
    {.name = "SCRAM: a yes without the server's signature",
     .mechanism = "SCRAM-SHA-1",
     .user = "user",
     .secret = "pencil",
     .nonce = "fyko+d2lbbFgONRv9qkxdawL",
     .lines = {"C: n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL", "S: " SHA1_FIRST,
	       "C: c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,"
	       "p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts="},
     .outcome = UNFINISHED,
     .code = ERR_LOGIN,
     .part = "did not prove"},
    {.name = "SCRAM: a yes to the first message",
     .mechanism = "SCRAM-SHA-1",
     .user = "user",
     .secret = "pencil",
     .nonce = "x",
     .lines = {"C: n,,n=user,r=x"},
     .outcome = UNFINISHED,
     .code = ERR_LOGIN,
     .part = "did not prove"},
    {.name = "SCRAM: a wrong signature",
     .mechanism = "SCRAM-SHA-1",
     .user = "user",
     .secret = "pencil",
     .nonce = "fyko+d2lbbFgONRv9qkxdawL",
     .lines = {"C: n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL", "S: " SHA1_FIRST,
	       "C: c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,"
	       "p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
	       "S: v=smF9pqV8S7suAoZWja4dJRkFsKQ="},
     .outcome = FAILS,
     .code = ERR_LOGIN,
     .part = "did not prove"},
    {.name = "SCRAM: the server's e=",
     .mechanism = "SCRAM-SHA-1",
     .user = "user",
     .secret = "pencil",
     .nonce = "fyko+d2lbbFgONRv9qkxdawL",
     .lines = {"C: n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL", "S: " SHA1_FIRST,
	       "C: c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,"
	       "p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
	       "S: e=invalid-proof", "C: "},
     .hint = "invalid-proof",
     .outcome = UNFINISHED,
     .code = ERR_LOGIN,
     .part = "did not prove"},
    {.name = "SCRAM: another nonce than ours",
     .mechanism = "SCRAM-SHA-1",
     .user = "user",
     .secret = "pencil",
     .nonce = "abcdef",
     .lines = {"C: n,,n=user,r=abcdef", "S: r=abcdeX123,s=QSXCR+Q6sek8bf92,i=4096"},
     .outcome = FAILS,
     .code = ERR_LOGIN,
     .part = "did not prove"},
    {.name = "SCRAM: more rounds than we want to hash",
     .mechanism = "SCRAM-SHA-256",
     .user = "user",
     .secret = "pencil",
     .nonce = "abc",
     .lines = {"C: n,,n=user,r=abc", "S: r=abcdef,s=QSXCR+Q6sek8bf92,i=10000001"},
     .outcome = FAILS,
     .code = ERR_LOGIN,
     .part = "hashed 10000001 times, which is too often"},
    {.name = "SCRAM: rounds beyond 32 bits",
     .mechanism = "SCRAM-SHA-1",
     .user = "user",
     .secret = "pencil",
     .nonce = "abc",
     .lines = {"C: n,,n=user,r=abc", "S: r=abcdef,s=QSXCR+Q6sek8bf92,i=4294967297"},
     .outcome = FAILS,
     .code = ERR_LOGIN,
     .part = "which is too often"},
    {.name = "SCRAM: a single round, where somebody may read along",
     .mechanism = "SCRAM-SHA-1",
     .user = "user",
     .secret = "pencil",
     .nonce = "abc",
     .is_in_clear = true,
     .lines = {"C: n,,n=user,r=abc", "S: r=abcdef,s=QSXCR+Q6sek8bf92,i=1"},
     .outcome = FAILS,
     .code = ERR_LOGIN,
     .part = "too seldom"},
    {.name = "SCRAM: 4096 rounds, where somebody may read along",
     .mechanism = "SCRAM-SHA-1",
     .user = "user",
     .secret = "pencil",
     .nonce = "fyko+d2lbbFgONRv9qkxdawL",
     .is_in_clear = true,
     .lines = {"C: n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL", "S: " SHA1_FIRST,
	       "C: c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,"
	       "p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
	       "S: v=rmF9pqV8S7suAoZWja4dJRkFsKQ=", "C: "}},
    {.name = "SCRAM: nonsense",
     .mechanism = "SCRAM-SHA-1",
     .user = "user",
     .secret = "pencil",
     .nonce = "abc",
     .lines = {"C: n,,n=user,r=abc", "S: hello"},
     .outcome = FAILS,
     .code = ERR_PROTOCOL,
     .part = "makes no sense"},
    {.name = "SCRAM: a salt that is no base64",
     .mechanism = "SCRAM-SHA-1",
     .user = "user",
     .secret = "pencil",
     .nonce = "abc",
     .lines = {"C: n,,n=user,r=abc", "S: r=abcdef,s=!!!!,i=4096"},
     .outcome = FAILS,
     .code = ERR_PROTOCOL,
     .part = "SCRAM-SHA-1: "},
    {.name = "SCRAM: a user name with a comma and an equals sign",
     .mechanism = "SCRAM-SHA-1",
     .user = "a,b=c",
     .secret = "pencil",
     .nonce = "x",
     .lines = {"C: n,,n=a=2Cb=3Dc,r=x"},
     .outcome = UNFINISHED,
     .code = ERR_LOGIN,
     .part = "did not prove"},
    {.name = "SCRAM: SASLprep makes one of the ligature (RFC 4013)",
     .mechanism = "SCRAM-SHA-1",
     .user = "I\xc2\xadX\xef\xac\x81",
     .secret = "pencil",
     .nonce = "x",
     .lines = {"C: n,,n=IXfi,r=x"},
     .outcome = UNFINISHED,
     .code = ERR_LOGIN,
     .part = "did not prove"},
    {.name = "SCRAM: a user name that is not UTF-8",
     .mechanism = "SCRAM-SHA-1",
     .user = "J\xfcrgen",
     .secret = "pencil",
     .nonce = "x",
     .lines = {"C: "},
     .outcome = FAILS,
     .code = ERR_LOGIN,
     .part = "UTF-8"},

    {.name = "RFC 4616 section 4",
     .mechanism = "PLAIN",
     .user = "tim",
     .secret = "tanstaaftanstaaf",
     .lines = {"C64: AHRpbQB0YW5zdGFhZnRhbnN0YWFm"}},
    {.name = "PLAIN in UTF-8",
     .mechanism = "PLAIN",
     .user = "j\xc3\xbcrgen",
     .secret = "p\xc3\xa4ss",
     .lines = {"C64: AGrDvHJnZW4AcMOkc3M="}},
    {.name = "PLAIN: a challenge too many",
     .mechanism = "PLAIN",
     .user = "tim",
     .secret = "x",
     .lines = {"C64: AHRpbQB4", "S: "},
     .outcome = FAILS,
     .code = ERR_PROTOCOL,
     .part = "a challenge too many"},
    {.name = "LOGIN",
     .mechanism = "LOGIN",
     .user = "tim",
     .secret = "tanstaaf",
     .lines = {"S64: VXNlcm5hbWU6", "C64: dGlt", "S64: UGFzc3dvcmQ6", "C64: dGFuc3RhYWY="}},
    {.name = "LOGIN with empty challenges",
     .mechanism = "LOGIN",
     .user = "tim",
     .secret = "tanstaaf",
     .lines = {"S: ", "C: tim", "S: ", "C: tanstaaf"}},
    {.name = "LOGIN: a yes to the user name",
     .mechanism = "LOGIN",
     .user = "tim",
     .secret = "tanstaaf",
     .lines = {"S: User", "C: tim"},
     .outcome = UNFINISHED,
     .code = ERR_LOGIN,
     .part = "before it was complete"},
    {.name = "RFC 2195 section 2",
     .mechanism = "CRAM-MD5",
     .user = "tim",
     .secret = "tanstaaftanstaaf",
     .lines = {"S64: PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+",
	       "C64: dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw"}},
    {.name = "CRAM-MD5: a challenge that is no base64",
     .mechanism = "CRAM-MD5",
     .user = "tim",
     .secret = "x",
     .lines = {"S64: <1896.697170952@postoffice>"},
     .outcome = FAILS,
     .code = ERR_PROTOCOL,
     .part = "not base64"},
    {.name = "RFC 4422 appendix A: the user is who we want to act as",
     .mechanism = "EXTERNAL",
     .user = "fred@example.com",
     .lines = {"C: fred@example.com"}},
    {.name = "EXTERNAL without a user: who the certificate says",
     .mechanism = "EXTERNAL",
     .lines = {"C: "}},
    {.name = "EXTERNAL with an empty user", .mechanism = "EXTERNAL", .user = "", .lines = {"C: "}},

    {.name = "RFC 7628 section 4.1",
     .mechanism = "OAUTHBEARER",
     .user = "user@example.com",
     .secret = "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==",
     .lines = {"C64: bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9bWFpbC5leGFtcGxlLm9yZwFwb3J0PTE0MwFhdXRoPU"
	       "JlYXJlciB2RjlkZnQ0cW1UYzJOdmIzUmxja0JoYkhSaGRtbHpkR0V1WTI5dENnPT0BAQ=="}},
    {.name = "RFC 7628 section 4.3: the error",
     .mechanism = "OAUTHBEARER",
     .user = "a,b=c",
     .secret = "t",
     .lines = {"C: n,a=a=2Cb=3Dc,\001host=" HOST "\001port=143\001auth=Bearer t\001\001",
	       "S64: eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIiwic2NvcGUiOiJleGFtcGxlX3Njb3BlIn0=",
	       "C64: AQ=="},
     .outcome = UNFINISHED,
     .code = ERR_LOGIN,
     .part = "before it was complete",
     .hint = "{\"status\":\"invalid_token\",\"scope\":\"example_scope\"}"},
    {.name = "Google's example",
     .mechanism = "XOAUTH2",
     .user = "someuser@example.com",
     .secret = "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg",
     .lines = {"C64: dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52Yj"
	       "NSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ=="}},
    {.name = "Google's example of an error",
     .mechanism = "XOAUTH2",
     .user = "u",
     .secret = "t",
     .lines = {"C: user=u\001auth=Bearer t\001\001",
	       "S64: eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIG1hYyIsInNjb3BlIjoiaHR0cHM6Ly9tYW"
	       "lsLmdvb2dsZS5jb20vIn0K",
	       "C64: "},
     .outcome = UNFINISHED,
     .code = ERR_LOGIN,
     .part = "before it was complete",
     .hint = "{\"status\":\"401\",\"schemes\":\"bearer "
	     "mac\",\"scope\":\"https://mail.google.com/\"}\n"},
    {.name = "XOAUTH2: a second error",
     .mechanism = "XOAUTH2",
     .user = "u",
     .secret = "t",
     .lines = {"C: user=u\001auth=Bearer t\001\001", "S: {}", "C: ", "S: {}"},
     .outcome = FAILS,
     .code = ERR_PROTOCOL,
     .part = "a challenge too many",
     .hint = "{}"},
    {.name = "XOAUTH2: an error that is no base64",
     .mechanism = "XOAUTH2",
     .user = "u",
     .secret = "t",
     .lines = {"C: user=u\001auth=Bearer t\001\001", "S64: {}"},
     .outcome = FAILS,
     .code = ERR_PROTOCOL,
     .part = "not base64"},
};

/* The base64 of a script's line; free() it. */
static char *
on_wire(const char *line)
{
	const char *text = strstr(line, ": ") + 2;

	return strncmp(line + 1, "64", 2) == 0 ? strdup(text) : to_base64(text, strlen(text));
}

/* Plays the lines; false: a step failed. */
static bool
play(const struct script *t, struct sasl *s, struct err *e)
{
	struct buf response = {0};
	char *challenge = NULL;
	bool is_fine = true;

	for (size_t i = 0; is_fine && i < LENGTH(t->lines) && t->lines[i]; i++) {
		char *line = on_wire(t->lines[i]);

		if (t->lines[i][0] == 'S') {
			free(challenge);
			challenge = line;
			if (i + 1 < LENGTH(t->lines) && t->lines[i + 1])
				continue;
			is_fine = sasl_step(s, challenge, &response, e);
			break;
		}
		is_fine = sasl_step(s, challenge, &response, e);
		if (is_fine)
			is_str(response.data, line, t->name);
		free(line);
	}
	free(challenge);
	buf_wipe(&response);
	return is_fine;
}

static void
test_script(const struct script *t)
{
	const struct secret_params sp = {.text = t->secret};
	struct secret *secret = secret_new(&sp);
	const struct sasl_params p = {
	    .service = "imap",
	    .host = HOST,
	    .port = 143,
	    .user = t->user,
	    .secret = secret,
	    .is_private = !t->is_in_clear,
	    .binding_type = t->binding_type,
	    .binding = t->binding_type ? &binding : NULL,
	};
	struct err e = {0};
	enum outcome outcome = FAILS;
	struct sasl *s;

	fixed_nonce = t->nonce;
	nonce_replaced = false;
	s = sasl_start(t->mechanism, &p, &e);
	fixed_nonce = NULL;
	if (s && t->nonce && !nonce_replaced) {
		diag("%s: left out, this libgsasl makes its nonces itself", t->name);
		sasl_free(s);
		secret_free(secret);
		return;
	}
	if (!ok(s, "%s: started", t->name)) {
		secret_free(secret);
		return;
	}
	ok(sasl_client_first(s) == (t->lines[0][0] == 'C'), "%s: who is first", t->name);
	if (play(t, s, &e))
		outcome = sasl_finish(s, &e) ? DONE : UNFINISHED;
	is_number(outcome, t->outcome, t->name);
	if (t->outcome != DONE)
		ok(e.code == t->code && has(&e, t->part), "%s: says %s", t->name, t->part);
	is_str(sasl_hint(s), t->hint, t->name);
	sasl_free(s);
	secret_free(secret);
}

/*
 * Against libgsasl's own server.
 */
static const struct meeting {
	const char *mechanism;
	const char *binding_type; /* of both sides */
	const char *password;     /* ours; the server's is "tanstaaf" */
	const char *user;         /* ours; the server knows "alice" */
	bool is_other_session;    /* the server's end of TLS is another one than ours */
	bool want;
} meetings[] = {
    {"PLAIN", NULL, "tanstaaf", "alice", false, true},
    {"PLAIN", NULL, "wrong", "alice", false, false},
    {"LOGIN", NULL, "tanstaaf", "alice", false, true},
    {"LOGIN", NULL, "wrong", "alice", false, false},
    {"CRAM-MD5", NULL, "tanstaaf", "alice", false, true},
    {"CRAM-MD5", NULL, "wrong", "alice", false, false},
    {"DIGEST-MD5", NULL, "tanstaaf", "alice", false, true},
    {"DIGEST-MD5", NULL, "wrong", "alice", false, false},
    {"SCRAM-SHA-1", NULL, "tanstaaf", "alice", false, true},
    {"SCRAM-SHA-1", NULL, "wrong", "alice", false, false},
    {"SCRAM-SHA-1", "tls-exporter", "tanstaaf", "alice", false, true},
    {"SCRAM-SHA-256", NULL, "tanstaaf", "alice", false, true},
    {"SCRAM-SHA-256", NULL, "wrong", "alice", false, false},
    {"SCRAM-SHA-256", NULL, "tanstaaf", "bob", false, false},
    {"SCRAM-SHA-256", "tls-exporter", "tanstaaf", "alice", false, true},
    {"SCRAM-SHA-256", "tls-unique", "tanstaaf", "alice", false, true},
    {"SCRAM-SHA-1-PLUS", "tls-exporter", "tanstaaf", "alice", false, true},
    {"SCRAM-SHA-1-PLUS", "tls-unique", "tanstaaf", "alice", false, true},
    {"SCRAM-SHA-1-PLUS", "tls-unique", "tanstaaf", "alice", true, false},
    {"SCRAM-SHA-256-PLUS", "tls-exporter", "tanstaaf", "alice", false, true},
    {"SCRAM-SHA-256-PLUS", "tls-exporter", "wrong", "alice", false, false},
    {"SCRAM-SHA-256-PLUS", "tls-exporter", "tanstaaf", "alice", true, false},
    {"SCRAM-SHA-256-PLUS", "tls-unique", "tanstaaf", "alice", false, true},
    {"SCRAM-SHA-256-PLUS", "tls-unique", "tanstaaf", "alice", true, false},
    {"EXTERNAL", NULL, NULL, "alice", false, true},
    {"EXTERNAL", NULL, NULL, "bob", false, false},
};

/* What a property has at the server; NULL: nothing. */
static const char *
server_property(Gsasl_session *session, const struct meeting *m, Gsasl_property property)
{
	const char *user = gsasl_property_fast(session, GSASL_AUTHID);
	const char *type = property == GSASL_CB_TLS_EXPORTER ? "tls-exporter" : "tls-unique";

	switch (property) {
	case GSASL_PASSWORD:
		return user && strcmp(user, "alice") == 0 ? "tanstaaf" : NULL;
	case GSASL_CB_TLS_EXPORTER:
	case GSASL_CB_TLS_UNIQUE:
		if (!m->binding_type || strcmp(type, m->binding_type) != 0)
			return NULL;
		return m->is_other_session ? "AAAA" : "YmluZGluZwBkYXRh";
	case GSASL_REALM:
	case GSASL_HOSTNAME:
		return HOST;
	default:
		return NULL;
	}
}

static bool
is_equal(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

static int
on_server_property(Gsasl *library, Gsasl_session *session, Gsasl_property property)
{
	const char *value = server_property(session, gsasl_callback_hook_get(library), property);

	/* LOGIN and PLAIN fall back to comparing the GSASL_PASSWORD. */
	if (property == GSASL_VALIDATE_EXTERNAL)
		return is_equal(gsasl_property_fast(session, GSASL_AUTHZID), "alice")
			   ? GSASL_OK
			   : GSASL_AUTHENTICATION_ERROR;
	return value ? gsasl_property_set(session, property, value) : GSASL_NO_CALLBACK;
}

/* Carries lines to and fro. True: the server said yes, and our side agreed. */
static bool
carry(struct sasl *s, Gsasl_session *server, struct err *e)
{
	struct buf response = {0};
	char *challenge = NULL;
	bool is_fine = true;
	int result = GSASL_NEEDS_MORE;

	if (sasl_client_first(s))
		is_fine = sasl_step(s, NULL, &response, e);
	else
		buf_add_str(&response, "");
	while (is_fine && result == GSASL_NEEDS_MORE) {
		result = gsasl_step64(server, response.data, &challenge);
		is_fine = result == GSASL_NEEDS_MORE || result == GSASL_OK;
		/* What the server says with its yes goes out as a last challenge. */
		if (is_fine && (result == GSASL_NEEDS_MORE || *challenge))
			is_fine = sasl_step(s, challenge, &response, e);
		gsasl_free(challenge);
		challenge = NULL;
	}
	buf_wipe(&response);
	return is_fine && sasl_finish(s, e);
}

static void
test_meeting(const struct meeting *m)
{
	const struct secret_params sp = {.text = m->password};
	struct secret *secret = secret_new(&sp);
	const struct sasl_params p = {
	    .service = "imap",
	    .host = HOST,
	    .port = 993,
	    .user = m->user,
	    .secret = secret,
	    .mechanism = m->mechanism,
	    .is_private = true,
	    .binding_type = m->binding_type,
	    .binding = m->binding_type ? &binding : NULL,
	};
	struct err e = {0};
	Gsasl *library = NULL;
	Gsasl_session *server = NULL;
	struct sasl *s = sasl_start(m->mechanism, &p, &e);

	if (gsasl_init(&library) != GSASL_OK)
		abort();
	gsasl_callback_set(library, on_server_property);
	gsasl_callback_hook_set(library, (void *)(uintptr_t)m);
	if (!s || gsasl_server_start(library, m->mechanism, &server) != GSASL_OK)
		ok(false, "%s: started", m->mechanism);
	else
		ok(carry(s, server, &e) == m->want, "%s%s%s with libgsasl's server: %s%s%s",
		   m->mechanism, m->binding_type ? " and " : "",
		   m->binding_type ? m->binding_type : "", m->user,
		   is_equal(m->password, "wrong") ? ", wrong password" : "",
		   m->is_other_session ? ", somebody between us" : "");
	if (server)
		gsasl_finish(server);
	gsasl_done(library);
	sasl_free(s);
	secret_free(secret);
}

/*
 * What goes wrong before a byte is sent, and for ever.
 */
static void
test_start(void)
{
	static const struct {
		const char *name;
		const char *mechanism;
		const char *user;
		const char *secret;
		enum err_code code;
		const char *part;
	} cases[] = {
	    {"an unknown mechanism", "NTLM", "u", "tanstaaf", ERR_BUG, "NTLM"},
	    {"no secret", "PLAIN", "u", NULL, ERR_LOGIN, "no password for"},
	    {"a user name that would end its field", "XOAUTH2", "u\001auth=x", "tanstaaf",
	     ERR_CONFIG, "user name"},
	    {"a token that would end its field", "OAUTHBEARER", "u", "tanstaaf\001x", ERR_CONFIG,
	     "token"},
	    {"a token with DEL", "XOAUTH2", "u", "tanstaaf\177", ERR_CONFIG, "token"},
	};
	const struct sasl_params none = {.user = "u"};
	struct err e = {0};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		const struct secret_params sp = {.text = cases[i].secret};
		struct secret *secret = secret_new(&sp);
		const struct sasl_params p = {
		    .user = cases[i].user, .secret = secret, .host = HOST};

		ok(!sasl_start(cases[i].mechanism, &p, &e) && e.code == cases[i].code &&
		       has(&e, cases[i].part) && !strstr(e.text, "tanstaaf"),
		   "start: %s", cases[i].name);
		secret_free(secret);
	}
	ok(!sasl_start("PLAIN", &none, &e) && e.code == ERR_LOGIN, "start: no secret at all");
	sasl_free(NULL);
}

static void
test_endless(void)
{
	const struct secret_params sp = {.text = "x"};
	struct secret *secret = secret_new(&sp);
	const struct sasl_params p = {.user = "u", .secret = secret};
	struct buf response = {0};
	struct err e = {0};
	struct sasl *s = sasl_start("CRAM-MD5", &p, &e);
	int steps = 0;

	while (s && steps < 1000 && sasl_step(s, "", &response, &e))
		steps++;
	ok(steps < 100 && e.code == ERR_PROTOCOL, "empty challenges for ever: not for ever (%d)",
	   steps);
	buf_wipe(&response);
	sasl_free(s);
	secret_free(secret);
}

static void
test_odd_first_challenge(void)
{
	const struct secret_params sp = {.text = "tanstaaftanstaaf"};
	struct secret *secret = secret_new(&sp);
	const struct sasl_params p = {.user = "tim", .secret = secret};
	struct buf response = {0};
	struct err e = {0};
	struct sasl *s = sasl_start("PLAIN", &p, &e);

	ok(s && sasl_step(s, "Go on, please", &response, &e),
	   "PLAIN: words in the first challenge");
	is_str(response.data, "AHRpbQB0YW5zdGFhZnRhbnN0YWFm", "PLAIN: are passed over");
	buf_wipe(&response);
	sasl_free(s);
	secret_free(secret);
}

/* There is no ticket here, and perhaps no Kerberos library: one line, not a crash. */
static void
test_gssapi(void)
{
	const struct sasl_params p = {.service = "imap", .host = HOST};
	struct buf response = {0};
	struct err e = {0};
	struct sasl *s = sasl_start("GSSAPI", &p, &e);

	ok(!(s && sasl_step(s, NULL, &response, &e)), "GSSAPI without a ticket fails");
	ok((e.code == ERR_LOGIN || e.code == ERR_UNAVAILABLE) && !strchr(e.text, '\n'),
	   "GSSAPI without a ticket: %s", e.text);
	buf_wipe(&response);
	sasl_free(s);
}

static void
test_apop(void)
{
	static const struct {
		const char *timestamp;
		const char *want; /* NULL: ERR_PROTOCOL */
	} cases[] = {
	    {"<1896.697170952@dbc.mtview.ca.us>", "c4c9334bac560ecc979e58001b3e22fb"},
	    {"1896.697170952@dbc.mtview.ca.us", NULL},
	    {"<1896.697170952@dbc.mtview.ca.us", NULL},
	    {"<1896.697170952>", NULL},
	    {"<1896.697170952@dbc.mtview.ca.us> x", NULL},
	    {"<1896.<697170952@dbc.mtview.ca.us>", NULL},
	    {"<1896.697 170952@dbc.mtview.ca.us>", NULL},
	    {"<1896.697\xc3\xa4@dbc.mtview.ca.us>", NULL},
	    {"<1896.697\001@dbc.mtview.ca.us>", NULL},
	    {"<1896.697\177@dbc.mtview.ca.us>", NULL},
	    {"<", NULL},
	    {"", NULL},
	};
	const struct secret_params sp = {.text = "tanstaaf"};
	const struct secret_params none = {.text = NULL};
	struct secret *secret = secret_new(&sp);
	struct err e = {0};
	char hex[33];

	for (size_t i = 0; i < LENGTH(cases); i++) {
		const bool done = sasl_apop(cases[i].timestamp, secret, hex, &e);

		if (cases[i].want)
			is_str(done ? hex : e.text, cases[i].want, "APOP: RFC 1939 section 7");
		else
			ok(!done && e.code == ERR_PROTOCOL, "APOP: no timestamp: %s",
			   cases[i].timestamp);
	}
	secret_free(secret);
	secret = secret_new(&none);
	ok(!sasl_apop(cases[0].timestamp, secret, hex, &e) && e.code == ERR_LOGIN,
	   "APOP: no password");
	secret_free(secret);
}

/* Whatever had the secret in it, in clear or in base64, is overwritten before it is freed. */
static void
test_wiping(void)
{
	static const struct {
		const char *mechanism;
		const char *needle; /* of "tanstaaf-needle!" */
	} cases[] = {
	    {"PLAIN", "tanstaaf-needle"},       {"PLAIN", "RhbnN0YWFmLW5lZWRsZS"},
	    {"LOGIN", "tanstaaf-needle"},       {"LOGIN", "dGFuc3RhYWYtbmVlZGxlI"},
	    {"XOAUTH2", "tanstaaf-needle"},     {"XOAUTH2", "0YW5zdGFhZi1uZWVkbGU"},
	    {"OAUTHBEARER", "tanstaaf-needle"}, {"OAUTHBEARER", "RhbnN0YWFmLW5lZWRsZS"},
	};
	const struct secret_params sp = {.text = "tanstaaf-needle!"};
	char hex[33];

	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct secret *secret = secret_new(&sp);
		const struct sasl_params p = {.user = "us", .secret = secret, .host = HOST};
		struct buf response = {0};
		struct err e = {0};
		struct sasl *s;
		bool is_seen = false;

		freed_watch(cases[i].needle);
		s = sasl_start(cases[i].mechanism, &p, &e);
		for (int step = 0; step < 2 && s && sasl_step(s, "", &response, &e); step++)
			is_seen |= strstr(response.data, cases[i].needle) != NULL;
		sasl_apop("<a@b>", secret, hex, &e);
		buf_wipe(&response);
		sasl_free(s);
		secret_free(secret);
		is_number(freed_watch(NULL), 0, cases[i].mechanism);
		ok(is_seen || strchr(cases[i].needle, '-'), "%s: it would have been found",
		   cases[i].mechanism);
	}
}

int
main(void)
{
	test_choice();
	test_long_offer();
	test_may_reveal();
	for (size_t i = 0; i < LENGTH(scripts); i++)
		test_script(&scripts[i]);
	for (size_t i = 0; i < LENGTH(meetings); i++)
		test_meeting(&meetings[i]);
	test_start();
	test_endless();
	test_odd_first_challenge();
	test_gssapi();
	test_apop();
	test_wiping();
	return tap_done();
}
