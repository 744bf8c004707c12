/* SPDX-License-Identifier: ISC */
/*
 * send_filter - the user's command through which each message goes before it is sent
 * (--send-filter): a signature, encryption, a footer.
 *
 * The command reads the message, with LF line ends, as it would be sent, and writes what is sent
 * instead. Its input is a file that is complete before it starts, so it may read and write in any
 * order, or not read at all.
 */
#ifndef MAILVERBS_MSEND_SEND_FILTER_H
#define MAILVERBS_MSEND_SEND_FILTER_H

struct err;
struct outgoing;
struct source;

struct send_filter {
	const char *command;
	const char *account; /* ACCOUNT in its environment */
	const char *sender;  /* SENDER: the envelope's */
};

/*
 * The message as the command writes it; the caller's to source_close(). NULL: *e (ERR_TEMPORARY:
 * exit status 75, a signal ended it, or we are to stop; ERR_CONFIG: it cannot be run;
 * ERR_MALFORMED: any other exit status, no output, or output without end; ERR_IO).
 */
struct source *send_filter_run(const struct send_filter *f, struct outgoing *message,
			       struct err *e);

#endif
