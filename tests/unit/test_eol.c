/* SPDX-License-Identifier: ISC */
#include "message/eol.h"

#include "base/buf.h"
#include "eol_reference.h"
#include "tap.h"

#define ROUNDS 20000

/* What is cut where: a piece ends behind each byte whose bit is set; beyond 64 bytes by `seed`. */
struct cuts {
	uint64_t mask;
	uint64_t seed;
};

static const struct cuts whole = {0, 0};
static const struct cuts each_byte = {UINT64_MAX, 0};

/* All filters behind one shape. */
enum filter { TO_CRLF, TO_CRLF_DOTS, TO_LF, TO_LF_MBOX, UNDOT, UNDOT_LF, FILTERS };

static const char *const filter_names[FILTERS] = {
    [TO_CRLF] = "to CRLF", [TO_CRLF_DOTS] = "to CRLF with dots",
    [TO_LF] = "to LF",     [TO_LF_MBOX] = "to mbox",
    [UNDOT] = "undot",     [UNDOT_LF] = "undot from LF"};

union state {
	struct eol_to_crlf to_crlf;
	struct eol_to_lf to_lf;
	struct eol_undot undot;
};

struct result {
	struct buf out;
	size_t used;
	bool done;
};

static bool
put(void *ctx, const char *bytes, size_t n)
{
	buf_add(ctx, bytes, n);
	return true;
}

static void
filter_init(enum filter filter, union state *state)
{
	memset(state, 0, sizeof *state);
	if (filter == TO_LF_MBOX)
		state->to_lf.mbox = true;
	if (filter == TO_CRLF_DOTS)
		state->to_crlf.dots = true;
	state->undot.bare_lf |= filter == UNDOT_LF;
}

static void
filter_piece(enum filter filter, union state *state, const char *in, size_t n, struct result *r)
{
	size_t used = n;

	if (r->done)
		return;
	if (filter >= UNDOT)
		eol_undot(&state->undot, in, n, &used, &r->done, put, &r->out);
	else if (filter == TO_LF || filter == TO_LF_MBOX)
		eol_to_lf(&state->to_lf, in, n, put, &r->out);
	else
		eol_to_crlf(&state->to_crlf, in, n, put, &r->out);
	r->used += used;
}

static void
filter_end(enum filter filter, union state *state, struct result *r)
{
	if (filter == TO_LF || filter == TO_LF_MBOX)
		eol_to_lf_end(&state->to_lf, put, &r->out);
	else if (filter < UNDOT)
		eol_to_crlf_end(&state->to_crlf, put, &r->out);
}

static bool
is_cut(const struct cuts *cuts, size_t i, uint64_t *random)
{
	if (i < 64 && cuts->seed == 0)
		return (cuts->mask >> i & 1) != 0;
	return cuts->seed ? tap_random(random, 7) == 0 : cuts->mask == UINT64_MAX;
}

static struct result
run(enum filter filter, const char *in, size_t n, struct cuts cuts)
{
	struct result r = {0};
	union state state;
	uint64_t random = cuts.seed;
	size_t from = 0;

	filter_init(filter, &state);
	for (size_t i = 0; i < n; i++) {
		if (!is_cut(&cuts, i, &random))
			continue;
		filter_piece(filter, &state, in + from, i + 1 - from, &r);
		from = i + 1;
	}
	filter_piece(filter, &state, in + from, n - from, &r);
	filter_end(filter, &state, &r);
	return r;
}

static struct result
reference(enum filter filter, const char *in, size_t n)
{
	struct result r = {.used = n};

	if (filter >= UNDOT) {
		r.used = reference_undot(&r.out, in, n, filter == UNDOT_LF);
		r.done = r.used > 0;
		r.used = r.done ? r.used : n;
	} else if (filter == TO_LF || filter == TO_LF_MBOX) {
		reference_to_lf(&r.out, in, n, filter == TO_LF_MBOX);
	} else {
		reference_to_crlf(&r.out, in, n, filter == TO_CRLF_DOTS);
	}
	return r;
}

/* Of an answer that does not end, what a filter still holds is not compared: it is no message. */
static bool
agree(enum filter filter, const char *in, size_t n, struct cuts cuts)
{
	struct result got = run(filter, in, n, cuts);
	struct result want = reference(filter, in, n);
	const bool held = filter >= UNDOT && !want.done && n > 0 && in[n - 1] == '\r' &&
			  want.out.len == got.out.len + 1;
	const bool same =
	    got.done == want.done && got.used == want.used &&
	    (got.out.len == want.out.len || held) &&
	    (got.out.len == 0 || memcmp(got.out.data, want.out.data, got.out.len) == 0);

	if (!same) {
		diag("%s, cuts %#" PRIx64 ", seed %" PRIu64 ", done %d, used %zu, wanted %d, %zu",
		     filter_names[filter], cuts.mask, cuts.seed, got.done, got.used, want.done,
		     want.used);
		tap_show("  in", in, n);
		tap_show(" got", got.out.data, got.out.len);
		tap_show("want", want.out.data, want.out.len);
	}
	buf_free(&got.out);
	buf_free(&want.out);
	return same;
}

static void
gives(enum filter filter, const char *in, const char *want, const char *name)
{
	struct result got = run(filter, in, strlen(in), whole);
	struct result bytewise = run(filter, in, strlen(in), each_byte);

	is_bytes(got.out.data, got.out.len, want, strlen(want), name);
	if (!ok(got.out.len == bytewise.out.len &&
		    (got.out.len == 0 || memcmp(got.out.data, bytewise.out.data, got.out.len) == 0),
		"... and the same byte by byte"))
		tap_show("bytewise", bytewise.out.data, bytewise.out.len);
	buf_free(&got.out);
	buf_free(&bytewise.out);
}

static void
test_to_crlf(void)
{
	gives(TO_CRLF, "", "", "nothing stays nothing");
	gives(TO_CRLF, "a\nb\n", "a\r\nb\r\n", "LF becomes CRLF");
	gives(TO_CRLF, "a\r\nb\r\n", "a\r\nb\r\n", "CRLF stays");
	gives(TO_CRLF, "a\rb", "a\r\nb\r\n", "a bare CR becomes CRLF");
	gives(TO_CRLF, "a\r\r\nb", "a\r\nb\r\n", "CR CR LF is one line end");
	gives(TO_CRLF, "a\r\r\r\n\r\r\nb", "a\r\n\r\nb\r\n", "CRs and an LF are one");
	gives(TO_CRLF, "a\r\rb\r\r", "a\r\n\r\nb\r\n\r\n", "CRs without an LF are one each");
	gives(TO_CRLF, "a\n\r\nb\n", "a\r\n\r\nb\r\n", "LF CR LF is two line ends");
	gives(TO_CRLF, "a", "a\r\n", "a last line without an end gets one");
	gives(TO_CRLF, "a\r", "a\r\n", "a last CR is one line end");
	gives(TO_CRLF, ".\n..\n", ".\r\n..\r\n", "dots stay without stuffing");
	gives(TO_CRLF_DOTS, ".", "..\r\n", "a message of one dot does not end itself");
	gives(TO_CRLF_DOTS, "a\r\n.\r\nQUIT\r\n", "a\r\n..\r\nQUIT\r\n",
	      "a lone dot never ends a message");
	gives(TO_CRLF_DOTS, "a\n.\r\nQUIT", "a\r\n..\r\nQUIT\r\n", "LF dot CRLF smuggles nothing");
	gives(TO_CRLF_DOTS, "a\r.\rQUIT", "a\r\n..\r\nQUIT\r\n", "CR dot CR smuggles nothing");
	gives(TO_CRLF_DOTS, "a\r\n.\rQUIT\n.\n", "a\r\n..\r\nQUIT\r\n..\r\n",
	      "CRLF dot CR smuggles nothing");
	gives(TO_CRLF_DOTS, "a.\n.b\n..\n", "a.\r\n..b\r\n...\r\n",
	      "dots are stuffed at the start of a line only");
}

static void
test_to_lf(void)
{
	gives(TO_LF, "a\r\nb\r\n", "a\nb\n", "CRLF becomes LF");
	gives(TO_LF, "a\nb\rc", "a\nb\rc", "a bare LF and a bare CR stay");
	gives(TO_LF, "a\r\r\nb\r", "a\r\r\nb\r", "CR CR LF stays as it is");
	gives(TO_LF, "\r\r\r\n\r\n", "\r\r\r\n\n", "and so do more CRs, but not the next CRLF");
	gives(TO_LF, "From a\r\n", "From a\n", "outside an mbox nothing is quoted");
	gives(TO_LF_MBOX, "", "\n", "an empty message in an mbox is an empty line");
	gives(TO_LF_MBOX, "a\r\n", "a\n\n", "an empty line separates messages of an mbox");
	gives(TO_LF_MBOX, "a", "a\n\n", "a cut last line does not swallow the next message");
	gives(TO_LF_MBOX, ">", ">\n\n", "nor one that is only a >");
	gives(TO_LF_MBOX, "Fro", "Fro\n\n", "nor one that is almost From_");
	gives(TO_LF_MBOX, "From a\r\nb\r\n", ">From a\nb\n\n", "From_ is quoted");
	gives(TO_LF_MBOX, "x\r\n>>From a\r\n", "x\n>>>From a\n\n", "a quoted From_ once more");
	gives(TO_LF_MBOX, "x\nFrom a\n", "x\n>From a\n\n", "From_ is quoted behind a bare LF");
	gives(TO_LF_MBOX, "x\rFrom a\n", "x\rFrom a\n\n", "not behind a bare CR");
	gives(TO_LF_MBOX, "From: a\r\nFrom\r\n> From b\r\n From c\r\n",
	      "From: a\nFrom\n> From b\n From c\n\n", "what only looks like From_ stays");
	gives(TO_LF_MBOX, ">\rFrom a\n>F>From b\n", ">\rFrom a\n>F>From b\n\n",
	      "nothing between the > and From_");
}

static void
test_undot(void)
{
	gives(UNDOT, ".\r\n", "", "a message may be empty");
	gives(UNDOT, "a\r\n.\r\n+OK\r\n", "a\r\n", "a lone dot ends the answer");
	gives(UNDOT_LF, "a\n.\n+OK", "a\n", "from a server that ends its lines by LF too");
	gives(UNDOT, "a\n.\n+OK\r\n.\r\n", "a\n.\n+OK\r\n", "but not behind a bare LF from others");
	gives(UNDOT, "a\n.\r\n+OK\r\n.\r\n", "a\n.\r\n+OK\r\n", "not even before CRLF");
	gives(UNDOT, "..\r\n...\r\n..a\r\n.\r\n", ".\r\n..\r\n.a\r\n", "stuffed dots come off");
	gives(UNDOT, ".a\r\n.\r\n", "a\r\n", "a dot that should have been stuffed comes off");
	gives(UNDOT, "a\r.\r\nb\r\n.\r\n", "a\r.\r\nb\r\n", "a dot behind a bare CR ends nothing");
	gives(UNDOT, "a\r\n.\rb\r\n.\r\n", "a\r\n\rb\r\n", "a dot before a bare CR ends nothing");
	gives(UNDOT, "a\r\n.\r\r\n.\r\n", "a\r\n\r\r\n", "not even before CR CR LF");
}

/* Writes up to MAX bytes of what the filters care about. */
static size_t
random_text(char *text, size_t max, uint64_t *random)
{
	static const char *const words[] = {"\r", "\n", "\r\n", ".", ">", "From ", "F", "a", "\n."};
	const size_t n = 1 + tap_random(random, (uint32_t)max);
	size_t len = 0;

	while (len < n) {
		const char *const word = words[tap_random(random, sizeof words / sizeof *words)];

		if (len + strlen(word) > max)
			break;
		memcpy(text + len, word, strlen(word));
		len += strlen(word);
	}
	return len;
}

/* Each way to cut a short text, and text of random length at random places. */
static void
test_against_reference(enum filter filter)
{
	uint64_t random = 20261121;
	char text[3000];
	bool same = true;

	for (uint64_t round = 0; same && round < ROUNDS; round++) {
		const size_t n = random_text(text, 9, &random);

		for (uint64_t mask = 0; same && mask < UINT64_C(1) << n; mask++)
			same = agree(filter, text, n, (struct cuts){mask, 0});
	}
	ok(same, "%s: short texts cut in every way come out as the reference has them",
	   filter_names[filter]);
	for (uint64_t round = 1; same && round <= ROUNDS; round++) {
		const size_t n = random_text(text, round % 100 ? 80 : sizeof text, &random);

		same = agree(filter, text, n, whole) && agree(filter, text, n, each_byte) &&
		       agree(filter, text, n, (struct cuts){0, round});
	}
	ok(same, "%s: long texts cut at random come out as the reference has them",
	   filter_names[filter]);
}

/* Long lines and short ones in one piece, around the sizes at which output is gathered or not. */
static void
test_sizes(enum filter filter)
{
	static const size_t sizes[] = {1, 4094, 4095, 4096, 4097, 16383, 16384, 16385, 70000};
	struct buf text = {0};
	bool same;

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		memset(buf_reserve(&text, sizes[i]), 'x', sizes[i]);
		text.len += sizes[i];
		buf_add_str(&text, i % 2 ? "\n.\r\nFrom x\n" : "\r\n>From x\ry\r\n.z\r\n");
	}
	for (int i = 0; i < 3000; i++)
		buf_add_str(&text, "a line like others\n");
	same = agree(filter, text.data, text.len, whole) &&
	       agree(filter, text.data, text.len, (struct cuts){0, 77});
	ok(same, "%s: long lines and many lines in one piece", filter_names[filter]);
	buf_free(&text);
}

/* A caller need not know whether it has bytes. */
static void
test_nothing(void)
{
	struct eol_to_crlf to_crlf = {.dots = true};
	struct eol_to_lf to_lf = {.mbox = true};
	struct eol_undot undot = {0};
	struct buf out = {0};
	size_t used;
	bool done;

	ok(eol_to_crlf(&to_crlf, NULL, 0, put, &out) && eol_to_lf(&to_lf, NULL, 0, put, &out) &&
	       eol_undot(&undot, NULL, 0, &used, &done, put, &out) && used == 0 && !done &&
	       out.len == 0,
	   "a piece of no bytes does nothing");
	buf_free(&out);
}

static bool
put_fails(void *ctx, const char *bytes, size_t n)
{
	(void)bytes;
	(void)n;
	++*(int *)ctx;
	return false;
}

static void
test_failing_taker(void)
{
	struct eol_to_crlf to_crlf = {.dots = true};
	struct eol_to_lf to_lf = {.mbox = true};
	struct eol_undot undot = {0};
	static char text[100000];
	size_t used;
	bool done;
	int calls = 0;

	memset(text, '\n', sizeof text);
	ok(!eol_to_crlf(&to_crlf, text, sizeof text, put_fails, &calls) && calls == 1 &&
	       !eol_to_lf(&to_lf, text, sizeof text, put_fails, &calls) && calls == 2 &&
	       !eol_undot(&undot, text, sizeof text, &used, &done, put_fails, &calls) && calls == 3,
	   "a taker that failed is not called again");
	ok(!eol_to_lf_end(&to_lf, put_fails, &calls) && calls == 4,
	   "its failure at the end is told");
	memset(text + 10, 'a', sizeof text - 10);
	calls = 0;
	ok(!eol_to_crlf(&to_crlf, text, sizeof text, put_fails, &calls) && calls == 1,
	   "nor with a long line behind short ones");
}

static void
test_states_are_new_again(void)
{
	struct eol_to_crlf to_crlf = {.dots = true};
	struct eol_to_lf to_lf = {.mbox = true};
	struct eol_undot undot = {0};
	struct buf out = {0};
	size_t used;
	bool done;

	for (size_t i = 0; i < 3; i++) {
		static const char *const messages[] = {".a", ".b\r", "\nc"};

		eol_to_crlf(&to_crlf, messages[i], strlen(messages[i]), put, &out);
		eol_to_crlf_end(&to_crlf, put, &out);
	}
	is_str(out.data, "..a\r\n..b\r\n\r\nc\r\n", "one CRLF filter serves message after message");
	buf_clear(&out);
	for (int i = 0; i < 2; i++) {
		eol_to_lf(&to_lf, "From a", 6, put, &out);
		eol_to_lf_end(&to_lf, put, &out);
	}
	is_str(out.data, ">From a\n\n>From a\n\n", "one LF filter serves message after message");
	buf_clear(&out);
	eol_undot(&undot, "a\r\n.\r\n..b\r\n.\r\n", 15, &used, &done, put, &out);
	ok(done && used == 6, "the bytes behind the lone dot are left to the next answer");
	eol_undot(&undot, "..b\r\n.\r\n", 8, &used, &done, put, &out);
	ok(done && used == 8, "the next answer begins at the start of a line");
	is_str(out.data, "a\r\n.b\r\n", "both come out");
	buf_free(&out);
}

/* What is foretold of a message is what comes of it, however it is cut. */
static bool
survey_agrees(const char *in, size_t n, uint64_t *random)
{
	struct eol_survey got = {0}, want = {0};
	struct buf out = {0};

	for (size_t at = 0, len; at < n; at += len) {
		len = 1 + tap_random(random, tap_random(random, 3) ? 40 : 5000);
		len = len < n - at ? len : n - at;
		eol_survey(&got, in + at, len);
	}
	eol_survey_end(&got);
	reference_to_crlf(&out, in, n, false);
	want.octets = out.len;
	buf_free(&out);
	for (size_t i = 0; i < n; i++) {
		want.has_8bit |= (unsigned char)in[i] >= 0x80;
		want.has_nul |= in[i] == '\0';
	}
	if (got.octets == want.octets && got.has_8bit == want.has_8bit &&
	    got.has_nul == want.has_nul)
		return true;
	diag("%" PRIu64 " octets, wanted %" PRIu64, got.octets, want.octets);
	tap_show("in", in, n);
	return false;
}

static void
test_survey(void)
{
	static const char kinds[][9] = {"\r\na", "\n\nabcde", "\r\na\xe4", "\r\n", "a\nbcdefg"};
	char in[6000];
	uint64_t random = 11;
	bool same = true;

	for (unsigned round = 0; same && round < 3000; round++) {
		const char *kind = kinds[round % 5];
		const size_t n = tap_random(&random, round % 7 ? 200 : sizeof in);

		for (size_t i = 0; i < n; i++)
			in[i] = kind[tap_random(&random, (uint32_t)strlen(kind))];
		if (n > 0 && round % 3 == 0)
			in[tap_random(&random, (uint32_t)n)] = '\0';
		same = survey_agrees(in, n, &random);
	}
	ok(same, "the size of a message is known before it is made, and what is in it");
}

int
main(void)
{
	test_to_crlf();
	test_to_lf();
	test_undot();
	for (enum filter filter = 0; filter < FILTERS; filter++) {
		test_against_reference(filter);
		test_sizes(filter);
	}
	test_survey();
	test_nothing();
	test_failing_taker();
	test_states_are_new_again();
	return tap_done();
}
