/* SPDX-License-Identifier: ISC */
/*
 * eol - line ends and dots, as push filters.
 *
 * Each filter is a small state (`{0}` is a new one, but for the options) that is fed a message in
 * pieces of any size. The output goes to a callback in few large pieces: long runs are handed on in
 * place, short ones are gathered up to 16 KiB. At the end of each call everything is out except the
 * few bytes whose meaning the next ones decide. The result does not depend on the size of the
 * pieces.
 *
 * A filter returns false when its callback did. Then the output for the rest of that piece is lost,
 * and so is the message; a *_end() makes the state new again.
 */
#ifndef MAILVERBS_MESSAGE_EOL_H
#define MAILVERBS_MESSAGE_EOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The function that takes a filter's output. False: stop; the function keeps the reason. */
typedef bool (*eol_put)(void *ctx, const char *bytes, size_t n);

/*
 * Any line ends to CRLF, for the wire (RFC 5321 section 2.3.8: no bare CR or LF may reach it). LF,
 * any number of CRs with an LF after them (programs that translate line ends twice write CR CR LF),
 * and each bare CR become one CRLF. A last line without an end gets one. With DOTS, a line that
 * begins with a dot gets a second one (section 4.5.2).
 *
 * For any input, the output holds CR and LF as CRLF only and, with DOTS, no line that is a lone
 * dot: no server, however lenient about line ends, finds the end of data in it. The end-of-data
 * line itself is not this filter's.
 */
struct eol_to_crlf {
	bool dots;     /* option */
	bool in_line;  /* the line has bytes already */
	bool after_cr; /* the last byte was a CR; its CRLF is out, so an LF now adds nothing */
	size_t held;   /* CRs after that one, which an LF would make part of the same line end */
};
bool eol_to_crlf(struct eol_to_crlf *f, const char *bytes, size_t n, eol_put put, void *ctx);
bool eol_to_crlf_end(struct eol_to_crlf *f, eol_put put, void *ctx);

/*
 * Measures the output of eol_to_crlf without making it: a large message is read once before it is
 * sent, for SIZE and for the extensions that it needs. Fed in pieces as the filters are.
 */
struct eol_survey {
	uint64_t octets; /* as CRLF; without DOTS */
	bool has_8bit;
	bool has_nul;
	char last;    /* byte; what the next piece goes on from */
	uint64_t crs; /* how many CRs in a row end there */
};
void eol_survey(struct eol_survey *s, const char *bytes, size_t n);
void eol_survey_end(struct eol_survey *s); /* counts the line end that the last line lacks */

/*
 * CRLF to LF, for local files and pipes. A bare CR and a bare LF stay as they are, and so do all
 * bytes of CR CR LF: without one of its CRs it would read as a plain CRLF, and signatures over the
 * message would fail. No line end is added to the last line.
 *
 * With MBOX, the output is the message as it is in an mbox (mboxrd) after its From_ line: lines
 * that match ^>*From_ (the _ being a blank) get one more >, a last line without an end gets one,
 * and an empty line follows, which separates it from the next message.
 */
struct eol_to_lf {
	bool mbox;      /* option */
	bool held_cr;   /* held back: a CR that may be half of a CRLF */
	bool after_cr;  /* the byte before the next one, or before the CR held back, is a CR */
	bool in_line;   /* mbox: bytes of this line are out or held in `matched` */
	bool settled;   /* mbox: whether this line reads >*From_ is decided */
	size_t matched; /* mbox: held back: how many bytes of "From " follow the >s */
};
bool eol_to_lf(struct eol_to_lf *f, const char *bytes, size_t n, eol_put put, void *ctx);
bool eol_to_lf_end(struct eol_to_lf *f, eol_put put, void *ctx);

/*
 * The multi-line answer of POP3 (RFC 1939 section 3): takes off the dot stuffing and finds the end.
 * Line ends stay as they are.
 *
 * Consumes up to N bytes and says in *USED how many. *DONE: the lone dot and its line end have been
 * consumed; the bytes from *USED on are the next answer's, and the state is new again. There is no
 * *_end(): if the connection ends before *DONE, the message is not complete.
 *
 * A line begins at the start of the answer and after CRLF. After a bare LF a line begins only if
 * the server ends its own lines so (BARE_LF): another server may not stuff a dot after a bare LF,
 * and then the sender of a message could end it early and forge the server's next answers.
 */
enum eol_undot_at {
	EOL_UNDOT_LINE_START,
	EOL_UNDOT_IN_LINE,
	EOL_UNDOT_CR, /* in a line, after a CR */
	EOL_UNDOT_DOT,
	EOL_UNDOT_DOT_CR
};

struct eol_undot {
	bool bare_lf;
	enum eol_undot_at at; /* in EOL_UNDOT_DOT_CR that CR is held back */
};
bool eol_undot(struct eol_undot *f, const char *bytes, size_t n, size_t *used, bool *done,
	       eol_put put, void *ctx);

/* Is there more than blanks and line ends in the N bytes? */
bool eol_has_content(const char *bytes, size_t n);

#endif
