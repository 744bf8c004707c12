#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Who gets it and from whom: what msend makes of a header, and of one that is not as it should be.
# shellcheck shell=bash disable=SC2154 # helper.bash and run set what is used here

load helper

setup()
{
	mailverbs_setup
	sender=$(fresh_user) rcpt=$(fresh_user) other=$(fresh_user)
	config_for "$sender"
}

# send [OPTION]...: a message from standard input, in which S, R and O are the users' addresses
send()
{
	sed "s/@S@/$sender@example.org/; s/@R@/$rcpt@example.org/; s/@O@/$other@example.org/" | msend "$@"
}

# refused TEXT [OPTION]...: with 65 and a line that says so, and nobody gets it
refused()
{
	local text=$1
	shift
	run -65 --separate-stderr send "$@"
	assert_regex "${stderr_lines[0]}" "^msend: $text"
	assert_equal "$(mailbox_count "$rcpt")$(mailbox_count "$other")" 00
}

@test 'the newest Resent- block alone says who gets it and who sends it' {
	send <<-END
	Resent-From: @S@
	Resent-To: @R@
	Resent-Date: Sat, 21 Nov 2026 12:00:00 +0000
	Received: from somewhere
	Resent-From: other@example.net
	Resent-To: @O@
	From: first@example.net
	To: @O@
	Bcc: @O@
	Subject: passed on

	Read this.
	END
	run cat "$(mailbox_files "$rcpt")"
	assert_line "Return-Path: <$sender@example.org>"
	assert_line "Resent-To: $other@example.org"
	assert_line 'From: first@example.net'
	refute_line --regexp '^Bcc'
	assert_equal "$(mailbox_count "$other")" 0
}

@test 'with recipients on the command line a Resent- block adds none' {
	send "$rcpt@example.org" <<-END
	Resent-From: @S@
	Resent-To: @O@
	From: first@example.net

	Read this.
	END
	assert_equal "$(mailbox_count "$rcpt")$(mailbox_count "$other")" 10
}

@test 'no recipient at all is refused, with a hint' {
	refused 'the message has no recipient' <<-END
	From: @S@
	Subject: nobody
	END
	assert_regex "${stderr_lines[1]}" 'hint: name some'
}

@test 'two From fields are refused, even with --from' {
	refused 'the message has 2 From fields' -f "$sender@example.org" <<-END
	From: @S@
	From: boss@example.org
	To: @R@
	END
}

@test 'several authors and no Sender: refused, unless --from tells who sends' {
	printf 'From: @S@, boss@example.org\nTo: @R@\n\n' >letter
	refused 'From has several addresses' <letter
	send --from="$sender@example.org" <letter
	assert_equal "$(mailbox_count "$rcpt")" 1
}

@test 'a NUL, a line of 999 bytes in the header, an empty message: refused' {
	refused 'the message has a NUL byte' < <(printf 'From: @S@\nTo: @R@\n\na\0b\n')
	refused 'a line of the header' < <(printf 'To: @R@\nSubject: %0990d\n\n' 0)
	refused 'the message is empty' "$rcpt@example.org" </dev/null
}

@test 'recipients behind a line that is no field: refused' {
	refused "'hello' stands within the header" < <(printf 'To: @R@\nhello\nBcc: @O@\n\nbody\n')
}

@test 'a text alone gets a header' {
	echo 'It works.' | send "$rcpt@example.org"
	run cat "$(mailbox_files "$rcpt")"
	assert_line "From: $sender@example.org"
	assert_line --regexp '^Date: .'
	assert_line --regexp '^Message-ID: <.+>'
	assert_equal "${lines[-1]}" 'It works.'
}

@test 'the From_ line of an mbox does not go out' {
	printf 'From a@example.net Sat Nov 21 12:00:00 2026\nFrom: @S@\nTo: @R@\nSubject: mbox\n\nhi\n' | send
	run cat "$(mailbox_files "$rcpt")"
	assert_line 'Subject: mbox'
	refute_line --partial '12:00:00 2026'
}

@test 'a bare CR ends a line' {
	printf 'From: @S@\nTo: @R@\nSubject: cr\n\none\rtwo\n' | send
	run cat "$(mailbox_files "$rcpt")"
	assert_line 'one'
	assert_line 'two'
}
