#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# POP3 servers as RFCs show them, and as they are met: each test plays one transcript (tests/transcripts,
# or the few lines that stand in it), to the last byte.
# shellcheck disable=SC2154  # smtp, pop3: tests/replay.bash

load helper
load replay
load transcripts

@test "RFC 1939: APOP, LIST, RETR, DELE, one command at a time, with a server that has nothing else" {
	against pop3-rfc1939 0 mfetch --user=mrose --auth=apop --maildir=box
	assert_equal "$(box)" $'The first.\nThe second.'
	assert_equal "$output$stderr" ''
}

@test "RFC 2449: what CAPA offers is used, pipelined; CRAM-MD5 as RFC 2195 has it" {
	echo tanstaaftanstaaf >password
	against pop3-rfc2449 0 mfetch --user=tim --auth=auto --server=pop3+insecure://mail.example.org --maildir=box
	assert_equal "$(box)" $'The first.\nThe second.'
}

@test "RFC 5034: AUTH PLAIN with an initial response" {
	against pop3-rfc5034-plain 0 mfetch --user=test --auth=auto --maildir=box
	assert_equal "$output$stderr" ''
}

@test "RFC 5034: a refused AUTH is told in the server's words, exit status 77" {
	against pop3-rfc5034-refused 77 mfetch --user=test --auth=plain
	assert_equal "$stderr" 'mfetch: tunnel: -ERR [AUTH] PLAIN authentication failed'
}

@test "a server that tells its capabilities only after the login" {
	against pop3-capa-after-login 0 mfetch --auth=auto --maildir=box
	assert_equal "$(box)" $'one\ntwo'
}

@test "without PIPELINING every command waits for its answer" {
	against pop3-no-pipelining 0 mfetch --auth=auto --maildir=box
	assert_equal "$(box)" $'one\ntwo'
}

@test "without UIDL messages are fetched and deleted" {
	against pop3-no-uidl 0 mfetch --maildir=box
	assert_equal "$(box)" one
}

@test "without UIDL --keep fetches nothing and says why" {
	against pop3-no-uidl-keep 69 mfetch --keep --maildir=box
	assert_regex "$stderr" 'no unique ids'
	assert_equal "$(box)" ''
}

@test "without TOP mlist says so once, and what shows without it" {
	against pop3-no-top 69 mlist
	assert_one_error
	assert_regex "$stderr" 'no header without TOP: -ERR unknown command'
	assert_regex "$stderr" 'hint: .*--columns=number,uid,size'
}

@test "TOP is used where the server has it and does not list it" {
	against pop3-top-unlisted 0 mlist --columns=number,subject
	assert_equal "$output" $'1\tfound'
}

@test "messages that share a unique id are all fetched and all deleted" {
	against pop3-uidl-repeats 0 mfetch --maildir=box
	assert_equal "$(box)" $'one\ntwo\nthree'
}

@test "after an interrupted run messages that share a unique id are not taken for fetched ones" {
	against - 75 mfetch --maildir=box <<-END
	$pop3_hello
	C: UIDL
	C: LIST
	S: +OK\r\n1 same\r\n2 same\r\n.
	S: +OK\r\n1 9\r\n2 9\r\n.
	C: RETR 1
	C: RETR 2
	C: NOOP
	S: +OK\r\n\r\none\r\n.
	! close
	END
	against - 0 mfetch --maildir=box <<-END
	$pop3_hello
	C: UIDL
	C: LIST
	S: +OK\r\n1 same\r\n2 same\r\n.
	S: +OK\r\n1 9\r\n2 9\r\n.
	C: RETR 1
	C: RETR 2
	C: NOOP
	S: +OK\r\n\r\none\r\n.
	S: +OK\r\n\r\ntwo\r\n.
	S: +OK
	C: DELE 1
	C: DELE 2
	C: QUIT
	S* 3 +OK
	END
	assert_equal "$(box | sort -u)" $'one\ntwo'
}

@test "a message that gets the id of a fetched one is not deleted unfetched" {
	against - 0 mfetch --keep --maildir=box <<-END
	$pop3_hello
	C: UIDL
	C: LIST
	S: +OK\r\n1 same\r\n.
	S: +OK\r\n1 9\r\n.
	C: RETR 1
	C: NOOP
	S: +OK\r\n\r\none\r\n.
	S: +OK
	C: QUIT
	END
	against - 0 mfetch --maildir=box <<-END
	$pop3_hello
	C: UIDL
	C: LIST
	S: +OK\r\n1 same\r\n2 same\r\n.
	S: +OK\r\n1 9\r\n2 9\r\n.
	C: RETR 1
	C: RETR 2
	C: NOOP
	S: +OK\r\n\r\none\r\n.
	S: +OK\r\n\r\ntwo\r\n.
	S: +OK
	C: DELE 1
	C: DELE 2
	C: QUIT
	S* 3 +OK
	END
	assert_equal "$(box | sort -u)" $'one\ntwo'
}

@test 'POP3: tabs in a list are blanks, and a text of blanks alone is not a message' {
	against - 66 mfetch --keep --maildir=box <<-END
	S: +OK ready
	C: CAPA
	S: +OK\r\nPIPELINING\r\n.
	C: UIDL
	C: LIST
	S: +OK\r\n1\ta\r\n2 b\r\n3 c\r\n.
	S: +OK\r\n1\t9 x\r\n2 \t9\r\n3 900\r\n.
	C: RETR 1
	C: RETR 2
	C: RETR 3
	C: NOOP
	S: +OK\r\nS: 1\r\n.\r\n+OK\r\nS: 2\r\n.
	S: +OK\r\n \r\n\t\r\n.\r\n+OK
	C: QUIT
	S: +OK
	END
	assert_equal "$(cat box/new/* | sort)" $'S: 1\nS: 2'
	assert_regex "$stderr" 'message 3: the server sent nothing of it'
}

@test 'mlist shows what a header has after a NUL' {
	against - 0 mlist --columns=number,from,subject <<-END
	S: +OK ready
	C: CAPA
	S: +OK\r\nPIPELINING\r\nTOP\r\n.
	C: LIST
	S: +OK\r\n1 90\r\n.
	C: TOP 1 0
	S: +OK\r\nFrom: =?utf-8?q?Alice=00Eve?= <eve@example.org>\r\nSubject: one\x00two\r\n\r\n.
	C: QUIT
	END
	assert_output $'1\tAlice\\x00Eve <eve@example.org>\tone\\x00two'
}

@test "with --keep messages that share a unique id stay, which is said; the others come" {
	against pop3-uidl-repeats-keep 69 mfetch --keep --maildir=box
	assert_equal "$(box)" two
	assert_one_error
	assert_regex "$stderr" '2 messages \(the first is number 1\) have no unique id of their own'
}

@test "unique ids that RFC 1939 forbids: long ones, blanks, slashes, 8-bit; fetched once with --keep" {
	against pop3-uidl-odd 0 mfetch --keep --maildir=box
	assert_equal "$(box)" "$(printf 'message %d\n' 1 2 3 4 5)"
	against pop3-uidl-odd-again 0 mfetch --keep --maildir=box
	against pop3-uidl-odd-whole 0 mfetch --keep --full-listing --maildir=box
	assert_equal "$(box)" "$(printf 'message %d\n' 1 2 3 4 5 6)"
	assert_equal "$(find . -name passwd)" ''
}

@test "to standard output with --delete it is all or nothing: a run that fails has taken nothing away" {
	# 300 messages are two groups, of which the first was read to the end; no answer shows that the 299th is whole
	{
		printf '%s\n' "$pop3_hello"
		cat <<-'END'
		C: UIDL
		C: LIST
		S: +OK
		S* 300 \i id\i
		S: .
		S: +OK
		S* 300 \i 9
		S: .
		C* 300 RETR \i
		C: NOOP
		END
	} >list
	(cat list && printf 'S* 299 +OK\\r\\n\\r\\nmessage \\i\\r\\n.\n! close\n') >breaks
	(cat list && printf '%s\n' 'S* 300 +OK\r\n\r\nmessage \i\r\n.' 'S: +OK' 'C* 300 DELE \i' 'C: QUIT' 'S* 301 +OK') >goes_on
	against "$PWD/breaks" 75 mfetch --delete
	assert_equal "$(grep -c ^message <<<"$output")" 298
	against "$PWD/goes_on" 0 mfetch --delete
	assert_equal "$(grep ^message <<<"$output")" "$(seq -f 'message %g' 300)"
}

@test "a unique id with blanks in it names its message" {
	against - 0 mdel 'uid:a  b' <<-END
	$pop3_hello
	C: UIDL
	S: +OK\r\n1 a\r\n2 a  b\r\n.
	C: DELE 2
	C: QUIT
	S: +OK\r\n+OK
	END
}

@test "mlist -o uid | mdel - finds ids that are not UTF-8, and tells what only looks like one of them" {
	{
		printf '%s\n' "$pop3_hello"
		cat <<-'END'
		C: UIDL
		S: +OK
		S: 1 \xe4\xf6\xfc
		S: 2 \\xe4\\xf6\\xfc
		S: 3 \\
		S: 4 a\\\xff\x01\\x4
		S: 5 \\x5cxe4
		S: 6 \xc2\x9b
		S: 7 aa
		S: .
		END
	} >list
	{
		cat list
		echo 'C: QUIT'
	} >all
	against "$PWD/all" 0 mlist -o uid
	assert_equal "$output" '\xe4\xf6\xfc
\x5cxe4\x5cxf6\x5cxfc
\
a\\xff\x01\x5cx4
\x5cx5cxe4
\xc2\x9b
aa'
	assert_harmless "$output"
	echo "$output" >ids
	for number in 1 2 3 4 5 6; do
		{
			cat list
			printf 'C: DELE %d\nC: QUIT\nS: +OK\\r\\n+OK\n' "$number"
		} >one
		sed -n "${number}s/\$/\tfrom whom/p" ids | mdel "${pop3[@]}" "$(tunnel_to "$PWD/one")" -
		assert_verdict
	done
	against "$PWD/all" 0 mlist --json -o uid # what is no text is text there all the same
	assert_equal "$(sed 's/^{"uid":"//; s/"}$//; s/\\\\/\\/g' <<<"$output")" "$(<ids)"
}

@test "an id that reads like an operand (last:5, uid:b, all, -, 3-9) names its message alone through the pipe" {
	local ids=(last:5 first:2 uid:b all new - 3-9 b) id
	{
		printf '%s\n' "$pop3_hello"
		printf 'C: UIDL\nS: +OK\n'
		for id in "${!ids[@]}"; do
			echo "S: $((id + 1)) ${ids[id]}"
		done
		echo 'S: .'
	} >list
	{
		cat list
		echo 'C: QUIT'
	} >all
	against "$PWD/all" 0 mlist -o uid
	assert_equal "$output" $'uid:last:5\nuid:first:2\nuid:uid:b\nall\nnew\n-\n3-9\nb'
	echo "$output" >shown
	for id in "${!ids[@]}"; do
		{
			cat list
			printf 'C: DELE %d\nC: QUIT\nS: +OK\\r\\n+OK\n' "$((id + 1))"
		} >one
		sed -n "$((id + 1))p" shown | mdel "${pop3[@]}" "$(tunnel_to "$PWD/one")" -
		assert_verdict
	done
	against "$PWD/all" 0 mlist --json -o uid
	assert_equal "$(head -n 1 <<<"$output")" '{"uid":"uid:last:5"}'
}

@test "an id of another program's, which shows it as it is, names its message too" {
	against - 0 mdel 'uid:a\xzz\x41' <<-END
	$pop3_hello
	C: UIDL
	S: +OK\r\n1 a\\\\xzz\\\\x41\r\n.
	C: DELE 1
	C: QUIT
	S: +OK\r\n+OK
	END
}

@test "an id that two messages share names neither" {
	against - 66 mdel uid:same <<-END
	$pop3_hello
	C: UIDL
	S: +OK\r\n1 same\r\n2 same\r\n.
	C: QUIT
	END
	assert_equal "$stderr" 'mdel: uid:same: no such message'
}

@test "sizes in LIST that are wrong change nothing" {
	against pop3-sizes-wrong 0 mfetch --maildir=box
	assert_equal "$(box)" "$(printf 'message %d\n' 1 2 3)"
}

@test "a message that vanished is told, the others are fetched and deleted" {
	against pop3-vanished 66 mfetch --maildir=box
	assert_equal "$(box)" $'one\nthree'
	assert_equal "$stderr" 'mfetch: tunnel: -ERR message 2 was expunged'
}

@test "dots are unstuffed" {
	against pop3-dots 0 mfetch --raw --delete
	assert_equal "$output" $'Subject: dots\n\n.\n..\n.hidden\nin . the . middle\n. \nend.'
}

@test "a server that ends lines with LF alone" {
	against pop3-lf-only 0 mfetch --raw --delete
	assert_equal "$output" $'Subject: lf\n\nno end'
}

@test "messages without a last line end, without anything, without a body" {
	against pop3-no-final-crlf 66 mfetch --maildir=box
	assert_regex "$stderr" 'message 2: the server sent nothing of it'
	find box/new -type f | sort | xargs cat >all
	printf 'Subject: one\n\nno end\nSubject: three\n' | assert_same_file - all
	assert_equal "$(find box/new -type f | wc -l)" 2
}

@test "XOAUTH2: a token that fits goes with the command" {
	printf 'stale\n' >password
	against - 0 mdel --auth=xoauth2 --user=alice@example.org 1 <<-END
	S: +OK ready
	C: CAPA
	S: +OK\r\nSASL XOAUTH2\r\n.
	C: AUTH XOAUTH2 $(printf 'user=alice@example.org\1auth=Bearer stale\1\1' | base64 -w0)
	S: +OK
	C: LIST
	S: +OK\r\n1 9\r\n.
	C: DELE 1
	S: +OK
	C: QUIT
	S: +OK
	END
}

@test "Outlook: a token longer than a line waits for the server's +, as Microsoft's POP3 wants it" {
	printf 'A%.0s' {1..2000} >password
	against pop3-outlook-xoauth2 0 mfetch --provider=outlook --auth=xoauth2 --user=alice@outlook.com --maildir=box
	assert_equal "$(box)" one
}

# The command line with an initial response has at most 255 octets in POP3 (RFC 2449 section 4), 512
# in SMTP (RFC 4954 section 4), with CRLF: tokens at both sides of the limit, so that one octet counts.
@test "an initial response that fits its line to the last octet" {
	# "AUTH XOAUTH2 " and CRLF leave 240 of 255: base64 of 180; "user=a", "auth=Bearer ", 3 x ^A
	printf '%0159d\n' 0 >password
	against - 75 mdel --auth=xoauth2 --user=a 1 <<-END
	S: +OK ready
	C: CAPA
	S: +OK\r\nSASL XOAUTH2\r\n.
	C: AUTH XOAUTH2 $(printf 'user=a\1auth=Bearer %0159d\1\1' 0 | base64 -w0)
	S: -ERR [SYS/TEMP] enough
	END
	printf '%0160d\n' 0 >password
	against - 75 mdel --auth=xoauth2 --user=a 1 <<-END
	S: +OK ready
	C: CAPA
	S: +OK\r\nSASL XOAUTH2\r\n.
	C: AUTH XOAUTH2
	S: -ERR [SYS/TEMP] enough
	END
}

@test "XOAUTH2 refused: the empty answer is given, and the server's reason is the hint" {
	printf 'stale\n' >password
	against pop3-xoauth2-refused 77 mlist --auth=xoauth2 --user=alice@example.org
	assert_equal "$stderr" 'mlist: tunnel: -ERR [AUTH] Username and Password not accepted
mlist: hint: the server adds: {"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}'
}

# refuse STEP WORDS STATUS: mfetch (of message 1) on a server that says WORDS at STEP; $hint may stand
# behind them
refuse()
{
	local step=$1 words=$2 expected=$3 script='' at line
	while read -r at line; do
		[[ $at != "$step" ]] || {
			script+="S: $words"$'\n'
			break
		}
		script+="$line"$'\n'
	done <<-'END'
	greeting S: +OK
	- C: CAPA
	- S: +OK\r\nUSER\r\nUIDL\r\n.
	- C: USER alice
	user S: +OK
	- C: PASS tanstaaf
	pass S: +OK
	- C: UIDL
	- S: +OK\r\n1 one\r\n.
	- C: LIST
	list S: +OK\r\n1 9\r\n.
	- C: RETR 1
	retr S: +OK\r\n\r\none\r\n.
	- C: NOOP
	- S: +OK
	- C: DELE 1
	dele S: +OK
	- C: QUIT
	quit S: +OK
	END
	[[ $step != dele ]] || script+=$'C: QUIT\nS: +OK\n'
	[[ $step != retr ]] || script+=$'C: NOOP\nS: +OK\nC: QUIT\n'
	rm -rf box "$XDG_STATE_HOME"
	echo "# $step: $words" >&2
	against - "$expected" mfetch --auth=user --maildir=box <<<"$script"
	assert_one_error
	assert_equal "$stderr" "mfetch: tunnel: $words${hint:+$'\n'mfetch: hint: $hint}"
}

@test "-ERR at each step is told in the server's words, with the exit status that fits the step" {
	refuse greeting '-ERR no service' 69
	refuse user '-ERR who?' 77
	refuse pass '-ERR wrong' 77
	refuse list '-ERR mailbox is broken' 69
	refuse retr '-ERR gone' 66
	refuse dele '-ERR not yours' 69
	refuse quit '-ERR some deleted messages not removed' 69
}

@test "response codes say whether to try again (75) or not (77), at every step" {
	local step
	for step in greeting user pass list retr dele quit; do
		refuse $step '-ERR [SYS/TEMP] disk is full' 75
	done
	hint='another program has the mailbox open, or one hung up and the server waits for it'
	refuse pass '-ERR [IN-USE] another client has it' 75
	refuse pass '-ERR [in-use] in lower case' 75
	hint='the server wants a longer pause between two logins'
	refuse pass '-ERR [LOGIN-DELAY] wait a minute' 75
	hint=
	refuse pass '-ERR [AUTH] wrong' 77
	hint='it is not about the password: something about the account or the server must be put right'
	refuse pass '-ERR [SYS/PERM] closed for ever' 77
	refuse greeting '-ERR [SYS/PERM] closed for ever' 77
}

@test "a UIDL that fails for a while is not a server without UIDL" {
	against - 75 mfetch --maildir=box <<-END
	$pop3_hello
	C: UIDL
	C: LIST
	S: -ERR [SYS/TEMP] index is being rebuilt
	S: +OK\r\n1 9\r\n.
	END
	assert_equal "$(box)" ''
}

@test "what was refused at DELE or QUIT is deleted by the next run, and not delivered again" {
	refuse quit '-ERR some deleted messages not removed' 69
	against - 0 mfetch --maildir=box <<-END
	$pop3_hello
	C: UIDL
	C: LIST
	S: +OK\r\n1 one\r\n2 two\r\n.
	S: +OK\r\n1 9\r\n2 9\r\n.
	C: RETR 2
	C: NOOP
	S: +OK\r\n\r\ntwo\r\n.
	S: +OK
	C: DELE 1
	C: DELE 2
	C: QUIT
	S* 3 +OK
	END
	assert_equal "$(box)" $'one\ntwo'
}

# lists N TEXT: the mailbox has one message, called N, and it is fetched and deleted.
lists()
{
	against - 0 mfetch --maildir=box <<-END
	$pop3_hello
	C: UIDL
	C: LIST
	S: +OK\r\n1 $1\r\n.
	S: +OK\r\n1 $((${#2} + 4))\r\n.
	C: RETR 1
	C: NOOP
	S: +OK\r\n\r\n$2\r\n.
	S: +OK
	C: DELE 1
	C: QUIT
	S* 2 +OK
	END
}

@test "an id that the server gives to another message, when the first is deleted, is new" {
	lists 1 one
	lists 1 three # as soon as that: told by its length
	against - 0 mfetch --maildir=box <<-END
	$pop3_hello
	C: UIDL
	C: LIST
	S: +OK\r\n.
	S: +OK\r\n.
	C: QUIT
	END
	lists 1 seven # or, once it was seen to be gone, by nothing else
	assert_equal "$(box)" $'one\nthree\nseven'
	grep -q '^/ 1$' "$XDG_STATE_HOME"/mailverbs/journal/*/maildir*
}

@test "the place in an error is the server's name and port" {
	against - 69 mlist --server=pop3+insecure://127.0.0.1:1110 <<-END
	S: -ERR closed
	END
	assert_equal "$stderr" 'mlist: 127.0.0.1:1110: -ERR closed'
}

# ---- the scripted server itself ----

@test "replay sees a wrong byte, a byte too many, too few, and a client that does not wait" {
	local script
	for script in 'S: +OK\nC: CAPB' 'S: +OK\nC: CAP' 'S: +OK' 'C: CAPA' 'S: +OK\nC: CAPA\nC: QUIT' \
	    'S: +OK\nC~ CAP[B-Z]' 'S: +OK\n! quiet 1000' 'S: +OK\nC: CAPA\n! quiet 1\n! bug'; do
		printf '%b\n' "$script" >script
		rm -f verdict
		run mlist "${pop3[@]}" "$(tunnel_to "$PWD/script")" --timeout=2
		run assert_verdict
		assert_failure
		echo "$output"
	done
}

@test "replay sees commands that come ahead of an answer, and a flight in two pieces" {
	printf 'C: A\nS: +OK\nC: B\n' >script
	printf 'A\r\nB\r\n' | run "$abs_top_builddir/tests/replay" script
	run assert_verdict
	assert_failure

	printf 'C: A\nC: B\n' >script
	rm -f verdict flights
	{
		printf 'A\r\n'
		until [[ -s flights ]]; do sleep 0.01; done
		printf 'B\r\n'
	} | "$abs_top_builddir/tests/replay" script || true
	assert_regex "$(<verdict)" 'in 2 pieces'
	printf 'A\r\nB\r\n' >flight # a pipe may get it line by line
	"$abs_top_builddir/tests/replay" script <flight
	assert_equal "$(<verdict)" ok
}
