#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# A line that ends or falls silent in a session of mfetch: what is not whole is delivered nowhere, what is whole and safe
# is not fetched again, and nothing is deleted that is not safe here.
# shellcheck disable=SC2154  # output, stderr: run

load helper
load replay
load dialog

setup()
{
	replay_setup
	octets=6000000 # one that is far longer than was announced would be a breach
	kib=$(printf 'x%.0s' {1..1024})
}

# play STATUS OPTION...: mfetch on the transcript script
play() { against "$PWD/script" "$1" mfetch "${@:2}"; }

# cut_message END OPTION...: a message that ends in its middle, with the message before it whole
cut_message()
{
	{ hello; lists 2; asks 1 2; gives 1 first; begins 2 'second, torn'; echo "$1"; } >script
	play 75 "${@:2}"
	assert_one_error
}

# second_alone: the list where the first message is gone, and the second is asked for, comes and goes
second_alone()
{
	hello
	asks_list
	if [[ ${MAILVERBS_PROTOCOL-} = imap ]]; then
		selected 1
		echo "S: * 1 FETCH (UID 2 RFC822.SIZE $octets)"
		given
		asks 2
		gives 2 'second, whole' | sed 's/^S: \* 2 /S: * 1 /'
		given
		deletes 2
	else
		printf '%s\n' 'S: +OK' 'S: 1 id-2' 'S: .' 'S: +OK' "S: 1 $octets" 'S: .'
		asks 1
		gives 1 'second, whole'
		given
		deletes 1
	fi
	deleted 1
}

# whole_message OPTION...: the next run deletes the first, and then gets the second, at which a session broke, in a
# session of its own
whole_message()
{
	second_alone >second
	{ hello; echo "! run mv '$PWD/second' '$PWD/script'"; lists 2; deletes 1; deleted 1; } >script
	play 0 "$@"
	[[ ! -e second ]]
}

@test "a message that is cut off is delivered nowhere, and whole by the next run: Maildir" {
	cut_message '! close' --maildir=box
	assert_equal "$(box)" first
	assert_equal "$(find box/tmp -type f)" ''
	whole_message --maildir=box
	assert_equal "$(box)" $'first\nsecond, whole'
}

@test "a message that is cut off is delivered nowhere, and whole by the next run: mbox" {
	cut_message '! close' --mbox=file
	assert_equal "$(grep -cE '^(From |first|second)' file)" 2
	whole_message --mbox=file
	assert_equal "$(grep -vE '^(From |$)' file)" $'first\nsecond, whole'
}

@test "a message that is cut off is delivered nowhere, and whole by the next run: a command" {
	cat >deliver <<-'END'
	#!/bin/sh
	cat >message.$$ && cat message.$$ >>all
	END
	chmod +x deliver
	cut_message '! close' --pipe=./deliver
	assert_equal "$(grep . all)" first
	whole_message --pipe=./deliver
	assert_equal "$(grep . all)" $'first\nsecond, whole'
}

@test "a message that is cut off is not on standard output, and whole in the next run" {
	cut_message '! close'
	refute_regex "$output" 'second'
	assert_regex "$output" 'first'
	{ hello; lists 2; asks 1 2; gives 1 first; gives 2 'second, whole'; given; quits; } >script
	play 0
	assert_regex "$output" 'second, whole'
}

@test "a large message that is cut off leaves nothing on standard output" {
	{ hello; lists 1; asks 1; begins 1 ''; printf '%s\n' "S* 5000 $kib" '! close'; } >script
	play 75
	assert_equal "$output" ''
}

@test "a list that is cut off is no list: 75, nothing is fetched or deleted" {
	{ hello; asks_list; tells_list 2 | head -n -2; echo '! close'; } >script
	play 75 --maildir=box
	assert_equal "$(box)" ''
	play 75 --keep --maildir=box
}

@test "the connection ends at the deletion: 75, and the next run deletes without a second delivery" {
	{ hello; lists 1; asks 1; gives 1 first; given; deletes 1; agrees; echo '! close'; } >script
	play 75 --maildir=box
	assert_one_error
	{ hello; lists 1; deletes 1; deleted 1; } >script
	play 0 --maildir=box
	assert_equal "$(box)" first
}

@test "a message that stops in the middle: 75 after --timeout, delivered nowhere" {
	cut_message '! stall' --timeout=1 --maildir=box
	assert_equal "$(box)" first
	whole_message --maildir=box
	assert_equal "$(box)" $'first\nsecond, whole'
}

@test "a server that says nothing, or stops in the middle of the list: 75 after --timeout" {
	echo '! stall' >script
	play 75 --timeout=1 --maildir=box
	assert_regex "$stderr" 'timed out: no answer within 1 second'
	{ hello; asks_list; tells_list 2 | head -n -2; echo '! stall'; } >script
	play 75 --timeout=1 --maildir=box
	assert_regex "$stderr" 'timed out: no answer within 1 second'
	assert_equal "$(box)" ''
}
