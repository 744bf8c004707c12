#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# msend --log: one line for each message, whatever became of it.
# shellcheck shell=bash disable=SC2154 # helper.bash and run set what is used here

load helper

setup()
{
	mailverbs_setup
	sender=$(fresh_user) rcpt=$(fresh_user)
	config_for "$sender" "log = ~/sent.log"
	log=$HOME/sent.log
}

letter()
{
	printf 'From: %s@example.org\nSubject: x\n\nhello\n' "$sender" | msend "$@"
}

@test 'a message that was sent: who, to whom, how large, the reply' {
	letter "$rcpt@example.org"
	run cat "$log"
	assert_equal "${#lines[@]}" 1
	assert_line --regexp "^time=20[-0-9]{8}T[:0-9]{8}\+00:00 account=test server=$SRV_SUBMISSIONS \
from=$sender@example\.org to=$rcpt@example\.org size=[0-9]{3} status=sent exit=0 .*reply=\"250 .*\"$"
	assert_equal "$(stat -c %a "$log")" 600
}

@test "Postfix's name for the message" {
	require_postfix
	letter -s "smtps://$SRV_POSTFIX_SMTPS" "$rcpt@example.org"
	run cat "$log"
	assert_line --regexp ' id=([0-9A-Za-z]+) reply="250 .*queued as [0-9A-Za-z]+"$'
}

@test 'a refused recipient, and one among others with --partial' {
	run -67 letter nosuch1@example.org
	run -67 letter --partial "$rcpt@example.org" nosuch1@example.org
	run cat "$log"
	assert_line --index 0 --regexp ' refused=nosuch1@example.org .*status=failed exit=67 error=".*: 550 .*"$'
	assert_line --index 1 --regexp " to=$rcpt@example.org refused=nosuch1@example.org .*status=sent exit=67 .*reply="
}

@test 'a server that is not there, and a malformed message' {
	run -75 letter -s smtps://127.0.0.1:1 "$rcpt@example.org"
	run -65 msend "$rcpt@example.org" < <(printf 'X: \0\n\n')
	run cat "$log"
	assert_line --index 0 --regexp ' status=failed exit=75 error="127\.0\.0\.1:1: '
	assert_line --index 1 --regexp ' status=failed exit=65 error="the message has a NUL'
}

@test 'a dry run is not logged' {
	letter --dry-run "$rcpt@example.org"
	assert [ ! -e "$log" ]
}

@test 'a log that cannot be written is a warning: the message goes, with exit status 0' {
	run -0 --separate-stderr letter --log=/nonexistent/log "$rcpt@example.org"
	assert_regex "$stderr" '^msend: cannot log to /nonexistent/log: No such file'
	run -0 --separate-stderr letter -X /dev/full "$rcpt@example.org"
	assert_regex "$stderr" '^msend: cannot log to /dev/full: No space left'
	assert_equal "$(mailbox_count "$rcpt")" 2
	assert [ ! -e "$log" ]
}

@test 'a log that nobody reads, or that may not grow, keeps nobody and ends nobody' {
	mkfifo fifo
	run -0 letter --log=fifo "$rcpt@example.org"
	assert_output --regexp '^msend: cannot log to fifo: No such device'
	ulimit_0() { (ulimit -f 0 && letter --log=log.new "$rcpt@example.org"); }
	run -0 ulimit_0
	assert_output 'msend: cannot log to log.new: File too large'
	assert_equal "$(mailbox_count "$rcpt")" 2
}

@test 'the log - is standard output, as in msmtp' {
	run -0 --separate-stderr letter --log=- "$rcpt@example.org"
	assert_output --regexp '^time=.* status=sent .*"$'
	assert_equal "$stderr" ''
	assert [ ! -e ./- ]
	full() { letter --log=- "$rcpt@example.org" >/dev/full; }
	run -0 --separate-stderr full
	assert_equal "$stderr" 'msend: cannot log to -: No space left on device'
}

@test 'behind a line that was torn the next one begins on its own' {
	ulimit_1() { (ulimit -f 1 && letter --log="$log" "$rcpt@example.org"); }
	head -c 1000 /dev/zero | tr '\0' x >"$log"
	echo >>"$log"
	run -0 ulimit_1
	assert_output --partial 'cannot log to'
	assert_equal "$(wc -c <"$log")" 1024
	letter "$rcpt@example.org"
	letter "$rcpt@example.org"
	assert_equal "$(wc -l <"$log")" 4
	run sed -n '3,$p' "$log"
	assert_line --index 0 --regexp '^time=.* status=sent .*"$'
	assert_line --index 1 --regexp '^time=.* status=sent .*"$'
}

@test 'many at a time: as many whole lines' {
	for ((i = 0; i < 20; i++)); do
		letter --logfile="$log" "$rcpt@example.org" 3>&- &
		pids+=($!)
	done
	wait "${pids[@]}" # bats has children of its own
	assert_equal "$(grep -c '^time=.* status=sent exit=0 .*"$' "$log")" 20
	assert_equal "$(wc -l <"$log")" 20
}

@test 'what a server says cannot forge a line' {
	run -65 msend "$rcpt@example.org" < <(printf 'From: a@example.org\nhello\033[2J"=\nTo: b\n\nx\n')
	run cat "$log"
	refute_output --partial $'\033'
}

@test '--log=syslog makes no file' {
	letter --log=syslog "$rcpt@example.org"
	assert [ ! -e syslog ] && assert [ ! -e "$log" ]
}
