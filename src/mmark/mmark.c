/* SPDX-License-Identifier: ISC */
/*
 * mmark - change messages in an IMAP folder: flags, copies, moves; and append one.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/folder_names.h"
#include "app/mailbox_task.h"
#include "app/message_lines.h"
#include "app/probe_json.h"
#include "app/tool.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/screen.h"
#include "base/text.h"
#include "base/trace.h"
#include "config/conflict.h"
#include "message/date.h"
#include "message/header.h"
#include "message/outgoing.h"
#include "message/source.h"
#include "mmark/mmark_options.h"
#include "proto/folder.h"

struct marking {
	struct mailbox_task task;
	struct mmark_options options;
	struct buf add, remove; /* flags as IMAP has them, separated by blanks */
};

/* Flags. */

/* An atom (RFC 9051 section 9). */
static bool
is_keyword(const char *word, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (word[i] <= ' ' || word[i] >= 0x7f || strchr("(){%*\"\\]", word[i]))
			return false;
	return len > 0;
}

/* The system flag that WORD, with or without its backslash, names. NULL: it names none. */
static const char *
system_flag(const char *word, size_t len)
{
	static const char *const flags[] = {"\\Seen", "\\Answered", "\\Flagged", "\\Draft"};
	const size_t skip = len > 0 && word[0] == '\\';

	for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
		if (strlen(flags[i]) == len + 1 - skip &&
		    text_starts(word + skip, len - skip, flags[i] + 1))
			return flags[i];
	return NULL;
}

/* "seen,flagged" would be a keyword, of all names. */
static bool
lists_system_flags(const char *word, size_t len)
{
	for (size_t at = 0, n; at < len; at += n + 1) {
		const char *comma = memchr(word + at, ',', len - at);

		n = comma ? (size_t)(comma - word) - at : len - at;
		if (n < len && system_flag(word + at, n))
			return true;
	}
	return false;
}

static bool
add_flag(struct buf *flags, const char *word, size_t len, struct err *e)
{
	const char *flag = system_flag(word, len);

	if (text_equal_n(word, len, "deleted")) {
		err_set(e, ERR_USAGE, "mmark does not mark messages as deleted");
		return err_hint(e, "mdel deletes messages");
	}
	if (!flag && !is_keyword(word, len))
		return err_set(e, ERR_USAGE,
			       "'%.*s' is not a valid flag: seen, answered, flagged, draft or a "
			       "keyword",
			       (int)len, word);
	if (!flag && lists_system_flags(word, len))
		return err_set(e, ERR_USAGE,
			       "'%.*s' is more than one flag: give the option once for each",
			       (int)len, word);
	buf_add_str(flags, flags->len ? " " : "");
	flag ? buf_add_str(flags, flag) : buf_add(flags, word, len);
	return true;
}

/* LINES: the values of an option, one a line. */
static bool
add_flags(struct buf *flags, const char *lines, struct err *e)
{
	buf_add_str(flags, "");
	for (size_t len; lines && *lines; lines += len + (lines[len] == '\n')) {
		len = strcspn(lines, "\n");
		if (!add_flag(flags, lines, len, e))
			return false;
	}
	return true;
}

static bool
read_flags(struct marking *m, struct err *e)
{
	return add_flags(&m->add, m->options.add_seen ? "seen" : NULL, e) &&
	       add_flags(&m->add, m->options.add_flags, e) &&
	       add_flags(&m->remove, m->options.remove_seen ? "seen" : NULL, e) &&
	       add_flags(&m->remove, m->options.remove_flags, e);
}

/* Changing messages. */

static bool
list_and_select(struct marking *m, struct err *e)
{
	struct mailbox *mailbox = &m->task.session.mailbox;
	const unsigned right = m->options.move_to ? RIGHT_DELETE : 0;

	if (!mailbox_session_open(&m->task.session, &m->task.account, e) ||
	    !mailbox_list(mailbox, WANT_UIDS, &m->task.list, e) ||
	    !mailbox_check_rights(mailbox, right, e))
		return false;
	mailbox_session_show_alert(&m->task.session, m->task.run);
	mailbox_task_select_to_change(&m->task);
	return true;
}

/* The deed in words, for -v and --dry-run: "mark +\Seen -Junk, move to Archive". */
static void
describe(const struct marking *m, struct buf *text)
{
	const char *folders[] = {m->options.copy_to, m->options.move_to};
	static const char *const verbs[] = {"copy to ", "move to "};

	if (m->add.len > 0 || m->remove.len > 0)
		buf_addf(text, "mark%s%s%s%s", m->add.len ? " +" : "", m->add.data,
			 m->remove.len ? " -" : "", m->remove.data);
	for (size_t i = 0; i < 2; i++)
		if (folders[i])
			buf_addf(text, "%s%s%s", text->len ? ", " : "", verbs[i], folders[i]);
	buf_add_str(text, "");
}

static void
report(const struct marking *m)
{
	struct buf deed = {0};

	describe(m, &deed);
	for (size_t i = 0; i < m->task.named.count; i++) {
		const size_t index = m->task.named.index[i];
		const char *uid = message_list_uid(&m->task.list, index);

		trace_note(TRACE_PROTOCOL, "%" PRIu32 " (uid:%s): %s",
			   m->task.list.items[index].number, uid ? uid : "", deed.data);
	}
	trace_note(TRACE_PROTOCOL, "%zu messages: done", m->task.named.count);
	buf_free(&deed);
}

static bool
change(struct marking *m, struct err *e)
{
	const struct mailbox_change change = {.add = m->add.data,
					      .remove = m->remove.data,
					      .copy_to = m->options.copy_to,
					      .move_to = m->options.move_to,
					      .creates = m->options.creates,
					      .only_checks = m->task.run->options.dry_run};

	return mailbox_change(&m->task.session.mailbox, &m->task.list, &m->task.named, &change, e);
}

static bool
carry_out(struct marking *m, struct err *e)
{
	if (!list_and_select(m, e) || !change(m, e) || !mailbox_commit(&m->task.session.mailbox, e))
		return false;
	operands_complain(&m->task.operands, m->task.run);
	if (m->options.move_to && !mailbox_task_check_gone(&m->task, "move", e))
		return false;
	report(m);
	return true;
}

static bool
show_plan(struct marking *m, struct err *e)
{
	struct buf deed = {0};
	bool ok;

	run_show_settings(m->task.run, &m->task.account);
	fflush(stdout);
	describe(m, &deed);
	ok = list_and_select(m, e) && change(m, e) && message_lines_show(&m->task, deed.data, e);
	buf_free(&deed);
	if (!ok)
		return false;
	fflush(stdout);
	operands_complain(&m->task.operands, m->task.run);
	return mailbox_commit(&m->task.session.mailbox, e);
}

static bool
change_named(struct marking *m, struct err *e)
{
	if (!mailbox_task_open_journal(&m->task, e))
		return false;
	return m->task.run->options.dry_run ? show_plan(m, e) : carry_out(m, e);
}

/* Appending a message. */

static bool
find_date(const struct outgoing *message, struct date *date)
{
	struct header_field field;
	struct buf text = {0};
	size_t n;
	const char *header = outgoing_header(message, &n);
	bool found = header && header_find(header, n, "Date", &field);

	if (found) {
		header_unfold(&text, &field);
		found = text.data && date_parse(text.data, date);
	}
	buf_free(&text);
	return found;
}

/* A literal cannot contain it (RFC 9051 section 9). */
static bool
is_free_of_nul(void *ctx, const char *bytes, size_t n)
{
	(void)ctx;
	return !memchr(bytes, '\0', n);
}

static bool
check_message(struct outgoing *message, struct err *e)
{
	*e = (struct err){0};
	if (outgoing_facts(message)->size == 0)
		return err_set(e, ERR_MALFORMED, "the message is empty");
	if (outgoing_pour(message, false, is_free_of_nul, NULL, e))
		return true;
	return e->code != ERR_NONE
		   ? false
		   : err_set(e, ERR_MALFORMED, "a message that contains NUL cannot be appended");
}

/* A user who does not get to see it must know that a second attempt would be a second copy. */
static bool
print_uid(const struct marking *m, const char *uid, struct err *e)
{
	char *line = mem_printf("%s\n", uid);
	const bool ok = file_write_all(STDOUT_FILENO, line, strlen(line));
	const int error = errno;

	free(line);
	if (ok)
		return true;
	if (error == EPIPE)
		m->task.run->dies_of = SIGPIPE;
	return err_set(e, ERR_IO, "standard output: %s; the message was appended (uid:%s)",
		       strerror(error), uid);
}

static bool
upload(struct marking *m, struct outgoing *message, struct err *e)
{
	struct date date;
	const struct mailbox_append a = {.folder = m->options.append_to,
					 .flags = m->add.data,
					 .creates = m->options.creates,
					 .only_checks = m->task.run->options.dry_run,
					 .message = message,
					 .date = find_date(message, &date) ? &date : NULL};
	struct buf uid = {0};
	bool ok = mailbox_session_open(&m->task.session, &m->task.account, e) &&
		  mailbox_append(&m->task.session.mailbox, &a, &uid, e);

	if (ok && uid.len > 0)
		ok = print_uid(m, uid.data, e);
	else if (ok && !a.only_checks)
		run_remark(m->task.run, "%s: the server does not tell the UID of the message",
			   session_place(&m->task.session.base));
	ok = ok && mailbox_commit(&m->task.session.mailbox, e);
	buf_free(&uid);
	return ok;
}

/* The folder is looked for. */
static bool
show_append(struct marking *m, struct outgoing *message, struct err *e)
{
	run_show_settings(m->task.run, &m->task.account);
	fflush(stdout);
	if (!upload(m, message, e))
		return false;
	screen_printf("would append %" PRIu64 " octets to %s\n", outgoing_facts(message)->size,
		      m->options.append_to);
	return true;
}

static bool
append_input(struct marking *m, struct err *e)
{
	struct source *source = source_open(STDIN_FILENO, e);
	struct outgoing *message = source ? outgoing_open_file(source, e) : NULL;
	bool ok = message && check_message(message, e);

	if (ok)
		ok = m->task.run->options.dry_run ? show_append(m, message, e)
						  : upload(m, message, e);
	outgoing_free(message);
	source_close(source);
	return ok;
}

/* The command line. */

static bool
check_target(const char *folder, struct err *e)
{
	return !folder || folder_check_special(folder, ERR_USAGE, e);
}

/* A flag that is to be set and cleared. */
static bool
check_flags(const struct marking *m, struct err *e)
{
	for (size_t at = 0, len; at < m->add.len; at += len + 1) {
		char *flag;
		bool ok;

		len = strcspn(m->add.data + at, " ");
		flag = mem_strndup(m->add.data + at, len);
		ok = m->remove.len == 0 || !text_has_word(m->remove.data, flag) ||
		     err_set(e, ERR_USAGE, "%s cannot be both set and cleared", flag);
		free(flag);
		if (!ok)
			return false;
	}
	return true;
}

static bool
check_actions(const struct marking *m, struct err *e)
{
	const bool changes =
	    m->add.len > 0 || m->remove.len > 0 || m->options.move_to || m->options.copy_to;

	if (!conflict_check_options(&m->task.run->given, TOOL_MMARK, e) || !check_flags(m, e))
		return false;
	if (m->options.creates && !m->options.append_to && !m->options.move_to &&
	    !m->options.copy_to)
		return err_set(e, ERR_USAGE, "--create goes with --move, --copy or --append");
	if (m->options.append_to && (m->remove.len > 0 || m->options.move_to || m->options.copy_to))
		return err_set(e, ERR_USAGE,
			       "--append can be combined with --seen and --flag only");
	if (m->options.append_to && m->task.run->operand_count > 0)
		return err_set(e, ERR_USAGE,
			       "--append takes the message from standard input, and no operands");
	if (m->options.append_to || changes)
		return check_target(m->options.append_to, e) &&
		       check_target(m->options.copy_to, e) && check_target(m->options.move_to, e);
	err_set(e, ERR_USAGE, "nothing to do");
	return err_hint(e, "give --seen, --unseen, --flag, --unflag, --move, --copy or --append");
}

static bool
check_operands(const struct marking *m, struct err *e)
{
	return m->options.append_to || mailbox_task_check_operands(m->task.run, e);
}

static bool
check_protocol(const struct marking *m, struct err *e)
{
	const struct url *url = account_server(&m->task.account, e);

	if (!url)
		return false;
	if (url->protocol == PROTOCOL_IMAP)
		return true;
	err_set(e, ERR_UNAVAILABLE, "%s: POP3 has neither flags nor folders", url->host);
	return err_hint(e, "--server=imaps://HOST, or `protocol = imap`");
}

static bool
prepare(struct marking *m, struct err *e)
{
	struct run *run = m->task.run;

	if (!run->options.probe &&
	    (!read_flags(m, e) || !check_actions(m, e) || !check_operands(m, e)))
		return false;
	return operands_parse(&m->task.operands, run->operands, run->operand_count, e) &&
	       run_account(run, &m->task.account, TOOL_MMARK, NULL, e) &&
	       folders_check_one(&m->task.account, e) &&
	       (run->options.probe || check_protocol(m, e));
}

static bool
serve(struct marking *m, struct err *e)
{
	if (m->task.run->options.probe)
		return mailbox_session_probe(&m->task.account, probe_form(m->task.run), e);
	return m->options.append_to ? append_input(m, e) : change_named(m, e);
}

static bool
job(struct run *run, struct err *e)
{
	struct marking m = {.task = {.run = run}, .options = mmark_options_read(&run->given)};
	const bool ok = prepare(&m, e) && serve(&m, e);

	mailbox_task_close(&m.task);
	buf_free(&m.add);
	buf_free(&m.remove);
	return ok;
}

int
main(int argc, char **argv)
{
	static const struct tool mmark = {.id = TOOL_MMARK,
					  .usage = "[OPTION]... MESSAGE...",
					  .summary =
					      "Changes flags, copies and moves messages (IMAP).",
					  .job = job};

	return tool_main(&mmark, argc, argv);
}
