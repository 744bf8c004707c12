#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# msend --batch and --mbox: many messages in one run, each once, whatever a server does in between.
# shellcheck disable=SC2154  # smtp: tests/replay.bash; status, stderr: run

load helper
load replay

setup()
{
	replay_setup
	for n in 1 2 3 4; do
		sed "s/<1@/<$n@/; s/bob@/bob$n@/" letter >"$n.eml"
	done
	hello='S: 220 ready
C: EHLO [127.0.0.1]
S: 250-mx\r\n250-PIPELINING\r\n250 CHUNKING'
	cat >connect <<-END
	#!/bin/sh
	n=\$((\$(wc -l <connections) + 1))
	echo \$n >>connections
	REPLAY_VERDICT=\$PWD/verdict.\$n exec '$abs_top_builddir/tests/replay' script.\$n
	END
	: >connections
	chmod +x connect
}

# asked N...: what the messages are sent with
asked()
{
	local n
	for n; do
		printf 'C: MAIL FROM:<alice@example.org>\nC: RCPT TO:<bob%d@example.org>\nC: BDAT 137 LAST\n' "$n"
		sed 's/^/C: /' "$n.eml"
	done
}

# takes N...: they are sent, and accepted
takes()
{
	local n
	for n; do
		asked "$n"
		printf 'S: 250 Ok\\r\\n250 Ok\\r\\n250 queued as Q%d\n' "$n"
	done
}

# batch STATUS CONNECTIONS [ARGUMENT]...: the servers of script.1, script.2, … one after the other
batch()
{
	local expected=$1 connections=$2 i
	shift 2
	run --separate-stderr msend "${smtp[@]}" --tunnel='exec ./connect' --log=log "$@"
	for ((i = 1; i <= connections; i++)); do
		REPLAY_VERDICT=$PWD/verdict.$i
		assert_verdict
	done
	assert_equal "$(wc -l <connections | tr -d ' ')" "$connections"
	assert_equal "$status" "$expected"
}

# logged: of each line of the log, what it is about, and what became of it
logged()
{
	sed -n 's/.*input=\("[^"]*"\|[^ ]*\).* status=\([a-z]*\) exit=\([0-9]*\).*/\1 \2 \3/p' log | tr -d '"'
}

@test 'many files go over one connection, a flight for each' {
	printf '%s\n' "$hello" "$(takes 1 2 3)" 'C: QUIT' >script.1
	batch 0 1 --batch 1.eml 2.eml 3.eml
	assert_equal "$stderr" ''
	assert_equal "$(flights)" 5
	assert_equal "$(logged)" $'1.eml sent 0\n2.eml sent 0\n3.eml sent 0'
	assert_equal "$(grep -c ' id=Q[123] ' log)" 3
}

@test 'a file that is not there, one that is a directory and a malformed one do not stop the others' {
	: >empty
	printf '%s\n' "$hello" "$(takes 1 2)" 'C: QUIT' >script.1
	batch 65 1 --batch 1.eml missing . empty 2.eml
	assert_equal "$stderr" 'msend: missing: No such file or directory
msend: .: Is a directory
msend: empty: the message is empty'
	assert_equal "$(logged)" $'1.eml sent 0\nmissing failed 66\n. failed 66\nempty failed 65\n2.eml sent 0'
	rm script.1 connections
	: >connections
	batch 66 0 --batch missing
}

@test 'a refused recipient is named with its file, and the others go' {
	printf '%s\n' "$hello" "$(asked 1)" 'S: 250 Ok\r\n550 no such user\r\n503 no recipients' \
		'C: RSET' 'S: 250 Ok' "$(takes 2)" 'C: QUIT' >script.1
	batch 67 1 --batch 1.eml 2.eml
	assert_equal "$stderr" 'msend: 1.eml: tunnel: bob1@example.org: 550 no such user'
	assert_equal "$(logged)" $'1.eml failed 67\n2.eml sent 0'
}

@test 'the exit status is the worst: what is for later counts less than what is for never' {
	printf '%s\n' "$hello" "$(asked 1)" 'S: 250 Ok\r\n250 Ok\r\n451 later' 'C: RSET' 'S: 250 Ok' \
		"$(asked 2)" 'S: 250 Ok\r\n250 Ok\r\n554 spam' 'C: RSET' 'S: 250 Ok' \
		"$(takes 3)" 'C: QUIT' >script.1
	batch 65 1 --batch 1.eml 2.eml 3.eml
	assert_equal "$stderr" $'msend: 1.eml: tunnel: 451 later\nmsend: 2.eml: tunnel: 554 spam'
	assert_equal "$(logged)" $'1.eml failed 75\n2.eml failed 65\n3.eml sent 0'
}

@test '421 after two messages: a new connection, and on with the third' {
	printf '%s\n' "$hello" "$(takes 1 2)" "$(asked 3)" 'S: 421 too many messages' '! close' >script.1
	printf '%s\n' "$hello" "$(takes 3 4)" 'C: QUIT' >script.2
	batch 0 2 --batch {1..4}.eml
	assert_equal "$stderr" ''
	assert_equal "$(logged)" $'1.eml sent 0\n2.eml sent 0\n3.eml sent 0\n4.eml sent 0'
}

@test '421 in reply to the whole message: it was not accepted, and goes again' {
	printf '%s\n' "$hello" "$(takes 1)" "$(asked 2)" 'S: 250 Ok\r\n250 Ok\r\n421 bye' '! close' >script.1
	printf '%s\n' "$hello" "$(takes 2)" 'C: QUIT' >script.2
	batch 0 2 --batch 1.eml 2.eml
	assert_equal "$(logged)" $'1.eml sent 0\n2.eml sent 0'
}

@test 'a server that hangs up between two messages is called again, and nothing is in doubt' {
	printf '%s\n' "$hello" "$(takes 1)" '! close' >script.1
	printf '%s\n' "$hello" "$(takes 2)" 'C: QUIT' >script.2
	mkfifo 2.fifo
	{
		until [[ -e verdict.1 ]]; do sleep 0.01; done
		cat 2.eml >2.fifo
	} 3>&- &
	batch 0 2 --batch 1.eml 2.fifo
	assert_equal "$(logged)" $'1.eml sent 0\n2.fifo sent 0'
}

@test 'hanging up before the end of a message: it goes again' {
	hello=${hello/CHUNKING/SIZE}
	data() { asked "$1" | sed '3s/.*/C: DATA\nS: 250 Ok\\r\\n250 Ok\\r\\n354 go/' | sed "\$${2-s/\$/\\nC: .\\nS: 250 Ok/}"; }
	data 1 | sed '1s/>$/> SIZE=137/' >1.data
	data 2 | sed '1s/>$/> SIZE=137/' >2.data
	printf '%s\n' "$hello" "$(<1.data)" "$(sed '/^C: DATA/,$d' 2.data)" 'C: DATA' '! close' >script.1
	printf '%s\n' "$hello" "$(<2.data)" 'C: QUIT' >script.2
	batch 0 2 --batch 1.eml 2.eml
	assert_equal "$(logged)" $'1.eml sent 0\n2.eml sent 0'
}

@test 'hanging up behind the end of a message: it may have been sent, is not sent again, and the next one goes' {
	printf '%s\n' "$hello" "$(takes 1)" "$(asked 2)" '! close' >script.1
	printf '%s\n' "$hello" "$(takes 3)" 'C: QUIT' >script.2
	batch 75 2 --batch 1.eml 2.eml 3.eml
	assert_equal "$stderr" 'msend: 2.eml: tunnel: the server closed the connection
msend: hint: the message may have been sent: its end went out, the reply was not seen'
	assert_equal "$(logged)" $'1.eml sent 0\n2.eml unknown 75\n3.eml sent 0'
}

@test 'hanging up behind the replies to sender and recipient: it may have been sent' {
	printf '%s\n' "$hello" "$(takes 1)" "$(asked 2)" 'S: 250 Ok\r\n250 Ok' '! close' >script.1
	printf '%s\n' "$hello" "$(takes 3)" 'C: QUIT' >script.2
	batch 75 2 --batch 1.eml 2.eml 3.eml
	assert_equal "$(logged)" $'1.eml sent 0\n2.eml unknown 75\n3.eml sent 0'
}

@test 'a message that brings the server down is tried on one new connection, and the next one goes' {
	printf '%s\n' "$hello" "$(takes 1)" "$(asked 2)" 'S: 421 oops' '! close' >script.1
	printf '%s\n' "$hello" "$(asked 2)" 'S: 421 oops again' '! close' >script.2
	printf '%s\n' "$hello" "$(takes 3)" 'C: QUIT' >script.3
	batch 75 3 --batch 1.eml 2.eml 3.eml
	assert_equal "$stderr" 'msend: 2.eml: tunnel: 421 oops again'
	assert_equal "$(logged)" $'1.eml sent 0\n2.eml failed 75\n3.eml sent 0'
}

@test 'a server that breaks each connection is not called for ever' {
	local i
	for i in {1..9}; do
		printf '%s\n' "$hello" 'C: MAIL FROM:<alice@example.org>' '! interrupt' 'S: 421 down' '! close' >"script.$i"
	done
	run --separate-stderr msend "${smtp[@]}" --tunnel='exec ./connect' --log=log --batch {1,2,3,4}.eml {1,2,3,4}.eml
	assert_equal "$status" 75
	assert_equal "$(wc -l <connections)" 4
	assert_equal "$(grep -c 'status=failed exit=75 error="tunnel: 421 down"' log)" 8
}

@test 'a login that was refused is not tried again' {
	printf '%s\n' "${hello/PIPELINING/AUTH PLAIN}" 'C: AUTH PLAIN AGFsaWNlAHRhbnN0YWFm' 'S: 535 no' 'C: QUIT' >script.1
	batch 77 1 --batch --user=alice --password-command='cat password' 1.eml 2.eml
	assert_equal "$(grep -c 'tunnel: 535 no' <<<"$stderr")" 2
}

# ---- the mbox ----

# mbox LINE...: sent as one, without a server
plan()
{
	printf '%s\n' "$@" | msend "${smtp[@]}" --mbox --dry-run | grep '^envelope to\|^octets'
}

@test 'an mbox: each message to those of its header, quoted From_ lines as they were' {
	{
		printf 'From alice@example.org Sat Nov 21 10:00:00 2026\n'
		cat 1.eml
		printf '>From the first\n>>From quoted\n\nFrom here on it is text\n> From\n\n'
		printf 'From alice@example.org Sat Nov 21 10:00:00 2026\n'
		cat 2.eml
		printf '\n'
	} >box
	printf 'From the first\n>From quoted\n\nFrom here on it is text\n> From\n' >>1.eml
	printf '%s\n' "$hello" "$(takes 1 2 | sed "0,/BDAT 137/s//BDAT $(sed 's/$/\r/' 1.eml | wc -c | tr -d ' ')/")" 'C: QUIT' >script.1
	batch 0 1 --mbox <box
	assert_equal "$(logged)" $'message 1 sent 0\nmessage 2 sent 0'
	rm connections
	: >connections
	batch 0 1 --mbox < <(cat box)
}

@test 'what is wrong with a message of an mbox is said with its number' {
	printf '%s\n' "$hello" "$(takes 1 2)" 'C: QUIT' >script.1
	batch 65 1 --mbox < <(
		printf 'From a\n'
		cat 1.eml
		printf '\nFrom b\nSubject: to nobody\n\nx\n\nFrom c\n'
		cat 2.eml
	)
	assert_equal "${stderr_lines[0]}" 'msend: message 2: the message has no recipient'
}

@test 'what is no mbox is refused; an empty one has nothing to send' {
	run --separate-stderr -65 msend "${smtp[@]}" --mbox <1.eml
	assert_equal "${stderr_lines[0]}" 'msend: message 1: this is no mbox: it does not begin with a From_ line'
	run -0 msend "${smtp[@]}" --mbox </dev/null
	assert_output ''
}

@test 'long lines and line ends of both kinds survive an mbox' {
	local long
	long=$(head -c 200000 /dev/zero | tr '\0' x)
	{
		printf 'From a\r\nTo: bob@example.org\r\n\r\n%s\r\n\r\nFrom %s\r\nTo: x@example.org\r\n\r\ny' "$long" "$long"
	} >box
	# Date, Message-ID and From are added
	run --separate-stderr msend "${smtp[@]}" --mbox --dry-run <box
	assert_equal "$(grep -c '^envelope to: <' <<<"$output")" 1 # such a From_ line is none
}

# ---- usage ----

@test 'what does not go together is said' {
	local arguments
	for arguments in --batch '--batch --mbox' '--mbox bob@example.org' --connections=2 \
		'--batch --connections=65 1.eml'; do
		# shellcheck disable=SC2086  # words are wanted
		run -64 msend "${smtp[@]}" $arguments </dev/null
	done
}
