#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Servers as RFCs show them, and as they are met: each test plays one transcript (tests/transcripts,
# or the few lines that stand in it), to the last byte.
# shellcheck disable=SC2154  # smtp, pop3: tests/replay.bash

load helper
load replay

setup()
{
	replay_setup
	# what a server without quirks says before the first command that matters
	pop3_hello='S: +OK ready
C: CAPA
S: +OK
S: PIPELINING
S: TOP
S: .'
	smtp_hello='S: 220 ready
C: EHLO [127.0.0.1]
S: 250-mx.example.org
S: 250 PIPELINING'
	# the letter, as the wire has it
	wire_letter=$(sed 's/^/C: /' letter)
}

# ---- POP3 ----

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

# ---- what providers do ----

# later: the pause is over that the server wants between two logins
later()
{
	find "$XDG_STATE_HOME" -name .login -delete
}

gmail=(--provider=gmail --server=pop3+insecure://pop.gmail.com --auth=plain --user=alice@gmail.com)

@test "Gmail: a message that could not be delivered is not hidden, for there is no QUIT" {
	local command='cat >message && { [ -e well ] || ! grep -q two message; } && cat message >>taken'
	against pop3-gmail-undelivered 75 mfetch "${gmail[@]}" --pipe="$command"
	# from now on the command takes everything, as the same destination
	later
	touch well
	against pop3-gmail-delivered 0 mfetch "${gmail[@]}" --pipe="$command"
	assert_equal "$(<taken)" $'\none\n\ntwo'
}

@test "Gmail: who looks at a terminal hides nothing" {
	export pop3 gmail
	printf 'exec mfetch %s\n' "$(printf '%q ' "${pop3[@]}" "${gmail[@]}" "$(tunnel_to "$abs_top_srcdir/tests/transcripts/pop3-gmail-look.txt")")" >look
	script -qec 'sh ./look' /dev/null </dev/null >seen
	assert_verdict
	assert_equal "$(tr -d '\r' <seen | tail -n 2 | head -n 1)" one
}

@test "Gmail: what --keep kept is hidden by the server, which is said" {
	against pop3-gmail-keep 0 mfetch "${gmail[@]}" --keep --maildir=box
	assert_equal "$stderr" 'mfetch: pop.gmail.com: the server itself deletes what was fetched (EXPIRE 0)'
	later
	against pop3-gmail-hidden 0 mfetch "${gmail[@]}" --keep --maildir=box
	assert_equal "$(box)" one
}

@test "Gmail: the user recent:NAME; what is listed again is not fetched again" {
	against pop3-gmail-recent 0 mfetch "${gmail[@]}" --user=recent:alice@gmail.com --keep --quiet --maildir=box
	later
	against pop3-gmail-recent-again 0 mfetch "${gmail[@]}" --user=recent:alice@gmail.com --keep --quiet --maildir=box
	assert_equal "$(box)" $'one\ntwo'
}

@test "Gmail: who comes too early waits here, and who was locked out is told to wait" {
	against pop3-gmail-locked 75 mfetch "${gmail[@]}"
	assert_equal "$stderr" 'mfetch: pop.gmail.com:110: -ERR [LOGIN-DELAY] minimum time between logins has not elapsed
mfetch: hint: the server wants a longer pause between two logins'
	against pop3-gmail-keep 0 mfetch "${gmail[@]}" --keep --quiet --maildir=box
	run mfetch "${pop3[@]}" "${gmail[@]}" "$(tunnel_to "$BATS_TEST_TMPDIR/script")" --keep --maildir=box
	assert_failure 75
	assert_output --partial 'wants 300 seconds between two logins, so not before'
}

@test "Gmail: POP that is off, and the wrong kind of password: the server's words and the provider's note" {
	against pop3-gmail-disabled 77 mfetch "${gmail[@]}"
	assert_regex "$stderr" 'not enabled for POP access'
	assert_regex "$stderr" 'hint: it is not about the password'
	against pop3-gmail-password 77 mfetch "${gmail[@]}"
	assert_regex "$stderr" 'Application-specific password required'
	assert_regex "$stderr" 'hint: Log in with an app password'
}

@test "QQ, 163, Yahoo, GMX: where a login fails, what to log in with" {
	against pop3-qq-password 77 mfetch --provider=qq --auth=auto --user=10001@qq.com
	assert_regex "$stderr" 'hint: .*authorization code'
	against pop3-163-password 77 mfetch --provider=163 --auth=auto --user=alice@163.com
	assert_regex "$stderr" 'hint: .*authorization code'
	against pop3-yahoo-password 77 mfetch --provider=yahoo --auth=auto --user=alice@yahoo.com
	assert_regex "$stderr" 'hint: .*app password'
	against pop3-gmx-disabled 77 mfetch --provider=gmx --auth=auto --user=alice@gmx.de
	assert_regex "$stderr" 'hint: Allow POP3 and IMAP'
}

@test "Yandex: a deletion that is not carried out is tried again, said once, and nothing comes twice" {
	against pop3-yandex 0 mfetch --maildir=box
	assert_equal "$output$stderr" ''
	against pop3-yandex-again 0 mfetch --maildir=box
	assert_equal "$stderr" 'mfetch: tunnel: what an earlier run deleted is still there: the server agrees to deletions and carries none out; look for a setting on its web site'
	against pop3-yandex-again 0 mfetch --maildir=box
	assert_equal "$output$stderr" ''
	assert_equal "$(box)" $'one\ntwo'
	against pop3-yandex-gone 0 mfetch --maildir=box
	assert_equal "$output$stderr" ''
	assert_equal "$(box | tail -n 1)" three
}

@test "Yandex: with --quiet it is not said, but to the next who may hear it" {
	against pop3-yandex 0 mfetch --maildir=box --quiet
	against pop3-yandex-again 0 mfetch --maildir=box --quiet
	assert_equal "$output$stderr" ''
	against pop3-yandex-again 0 mfetch --maildir=box
	assert_regex "$stderr" 'what an earlier run deleted is still there'
}

@test "WEB.DE: what it deleted itself, whatever --keep says, is no error" {
	against pop3-webde-keep 0 mfetch --provider=webde --auth=plain --keep --maildir=box
	later
	against pop3-webde-gone 0 mfetch --provider=webde --auth=plain --keep --maildir=box
	assert_equal "$output$stderr" ''
	assert_equal "$(box)" $'one\ntwo'
}

# ---- RFC 6856 ----

@test "RFC 6856: UTF8 and LANG go ahead of the login, in its flight" {
	printf 'gehe\xc3\xafm\n' >password
	LC_ALL=de_AT.UTF-8 against pop3-rfc6856-utf8 0 mfetch --auth=user --user=böb --maildir=box
	assert_equal "$(flights)" 5
	assert_equal "$(grep -h Subject box/new/*)" 'Subject: grün'
}

@test "RFC 6856: without PIPELINING only UTF8 is asked for; a name beyond ASCII that is refused has a hint" {
	printf 'gehe\xc3\xafm\n' >password
	LC_ALL=de_AT.UTF-8 against pop3-rfc6856-utf8-refused 77 mfetch --auth=user --user=böb --maildir=box
	assert_equal "$stderr" 'mfetch: tunnel: -ERR no
mfetch: hint: the server may not know names and passwords beyond ASCII (it does not offer UTF8 USER)'
}

@test "RFC 6856: errors come in the user's language, where it is not English" {
	local locale
	LC_ALL='' LC_MESSAGES='' LANG=de.UTF-8@euro against pop3-rfc6856-language 77 mlist --auth=auto
	assert_equal "$stderr" 'mlist: tunnel: -ERR [AUTH] Das Passwort ist falsch, möchte ich meinen'
	sed '/^C: LANG/d; /Nun auf Deutsch/d' "$abs_top_srcdir/tests/transcripts/pop3-rfc6856-language.txt" >english
	for locale in C C.utf8 POSIX en_GB.UTF-8 x 'de DE' 'de\nSTAT' "$(printf '%040d' 1)"; do
		LC_ALL=$locale against "$PWD/english" 77 mlist --auth=auto
	done
}

# ---- SMTP ----

# account DOMAIN: from now on msend says so in EHLO
account()
{
	printf '[test]\naddress = alice@example.org\ndomain = %s\n' "$1" >config
	smtp+=(--config=config --auth=none)
}

@test "RFC 5321: a transaction with a server without PIPELINING, one command at a time" {
	account bar.com
	sed -i 's/^Subject: .*/Subject: lines/; s/^Hi$/Blah blah blah...\n...etc. etc. etc./' letter
	against smtp-rfc5321 0 msend --from=Smith@bar.com Jones@foo.com Brown@foo.com
	assert_equal "$output$stderr" ''
}

@test "RFC 5321: one recipient of two is refused, nothing is sent, exit status 67" {
	account bar.com
	sed -i '7,$d' letter
	printf 'Hi, 7bit\n' >>letter
	against smtp-rfc5321-aborted 67 msend --from=Smith@bar.com Jones@foo.com Green@foo.com
	assert_equal "$stderr" 'msend: tunnel: Green@foo.com: 550 No such user here
msend: hint: nothing was sent: it goes to all recipients or to none; --partial sends to the others'
}

@test "RFC 2920: the pipelined transaction, in five flights" {
	account dbc.mtview.ca.us
	against smtp-rfc2920 0 msend --from=mrose@dbc.mtview.ca.us ned@innosoft.com dan@innosoft.com kvc@innosoft.com
	assert_equal "$(flights)" 3
}

@test "RFC 2920: all recipients are refused, each is told" {
	account dbc.mtview.ca.us
	against smtp-rfc2920-refused 67 msend --from=mrose@dbc.mtview.ca.us nsb@thumper.bellcore.com galvin@tis.com
	assert_equal "$stderr" 'msend: tunnel: 550 remote mail to <nsb@thumper.bellcore.com> not allowed
msend: tunnel: 550 remote mail to <galvin@tis.com> not allowed'
}

@test "RFC 3030: a message as one chunk, all in one flight, counted to the octet" {
	sed -i 's/^Subject: .*/Subject: dots/; s/^Hi$/.\n.hidden/' letter
	against smtp-rfc3030 0 msend bob@example.org
	assert_equal "$(flights)" 2
}

@test "BDAT to two recipients waits until both are taken" {
	against smtp-bdat-two 0 msend bob@example.org carol@example.org
}

@test "BDAT to two recipients, one refused: the message is not sent" {
	against smtp-bdat-two-refused 67 msend bob@example.org nobody@example.org
	assert_regex "$stderr" '550 5.1.1 no such user'
}

@test "BDAT to one recipient who is refused" {
	against smtp-bdat-one-refused 67 msend nobody@example.org
	assert_equal "$stderr" 'msend: tunnel: 550 5.1.1 <nobody@example.org>: no such user'
}

@test "one recipient is refused when the server waits for the message already: msend hangs up" {
	against smtp-refused-354 67 msend bob@example.org nobody@example.org
	assert_regex "$stderr" '^msend: tunnel: 550 5.1.1 <nobody@example.org>: no such user'
	assert_regex "$stderr" 'hint: nothing was sent'
}

@test "RFC 4954: AUTH PLAIN with an initial response" {
	against smtp-rfc4954-plain 0 msend --user=test --password-command='cat password' bob@example.org
}

@test "RFC 4954: AUTH CRAM-MD5 as RFC 2195 has it; refused, 77" {
	echo tanstaaftanstaaf >password
	against smtp-rfc4954-cram-md5 77 msend --user=tim --password-command='cat password' bob@example.org
	assert_equal "$stderr" 'msend: tunnel: 535 5.7.8 Authentication credentials invalid'
}

@test "AUTH LOGIN; refused in two lines, 77" {
	against smtp-login 77 msend --user=test --password-command='cat password' bob@example.org
	assert_equal "$stderr" 'msend: tunnel: 535 5.7.3 Authentication unsuccessful 5.7.3 really'
}

@test "XOAUTH2 refused: the server's reason is the hint" {
	printf 'stale\n' >password
	against - 77 msend --auth=xoauth2 --user=alice@example.org --password-command='cat password' bob@example.org <<-END
	S: 220 smtp.gmail.com ESMTP
	C: EHLO [127.0.0.1]
	S: 250-smtp.gmail.com at your service
	S: 250 AUTH LOGIN PLAIN XOAUTH2
	C: AUTH XOAUTH2 $(printf 'user=alice@example.org\1auth=Bearer stale\1\1' | base64 -w0)
	S: 334 $(printf '{"status":"400"}' | base64 -w0)
	C:
	S: 535-5.7.8 Username and Password not accepted.
	S: 535 5.7.8 https://support.google.com/mail/?p=BadCredentials
	C: QUIT
	END
	assert_equal "$(tail -n 1 <<<"$stderr")" 'msend: hint: the server adds: {"status":"400"}'
}

@test "XOAUTH2: a token longer than 512 octets goes in a second step" {
	local token
	token=$(printf 'A%.0s' {1..2000})
	printf '%s\n' "$token" >password
	against - 75 msend --auth=xoauth2 --user=alice@example.org --password-command='cat password' bob@example.org <<-END
	S: 220 ready
	C: EHLO [127.0.0.1]
	S: 250-mx
	S: 250 AUTH XOAUTH2
	C: AUTH XOAUTH2
	S: 334
	C: $(printf 'user=alice@example.org\1auth=Bearer %s\1\1' "$token" | base64 -w0)
	S: 454 4.7.0 Temporary authentication failure
	C: QUIT
	END
}

@test "a server that does not know EHLO gets HELO; replies that are a code alone" {
	against smtp-helo 0 msend bob@example.org
}

@test "what a refused EHLO lists is not offered" {
	against smtp-helo-features 0 msend bob@example.org
}

@test "replies of many lines everywhere; the last one is told whole" {
	against smtp-multiline 65 msend bob@example.org
	assert_equal "$stderr" 'msend: tunnel: 552 5.3.4 Message is 5.3.4 too big for 5.3.4 this mailbox'
}

# refuse_smtp STEP CODE STATUS: msend on a server that says CODE at STEP
refuse_smtp()
{
	local step=$1 code=$2 expected=$3 script='' at line
	while read -r at line; do
		[[ $at != "$step" ]] || {
			script+="S: $code 0.0.0 words"$'\n'
			break
		}
		script+="$line"$'\n'
	done <<-END
	greeting S: 220 ready
	- C: EHLO [127.0.0.1]
	ehlo S: 250-mx\r\n250 AUTH PLAIN
	- C: AUTH PLAIN AHRlc3QAdGFuc3RhYWY=
	auth S: 235 welcome
	- C: MAIL FROM:<alice@example.org>
	mail S: 250 Ok
	- C: RCPT TO:<bob@example.org>
	rcpt S: 250 Ok
	- C: DATA
	data S: 354 go
	$(sed 's/^/- C: /' letter)
	- C: .
	end S: 250 Ok
	END
	[[ $step$code != ehlo5* ]] || script+=$'C: HELO [127.0.0.1]\nS: '"$code 0.0.0 words"$'\n'
	[[ $code = 421 ]] && script+=$'! close\n' || script+=$'C: QUIT\n'
	echo "# $step: $code" >&2
	against - "$expected" msend --user=test --password-command='cat password' bob@example.org <<<"$script"
	[[ $step = rcpt && $code != 421 ]] && who='bob@example.org: ' || who=
	assert_equal "$stderr" "msend: tunnel: $who$code 0.0.0 words"
}

@test "4xx is 75 at every command; 5xx is 67 for a recipient, 65 for the message, 77 for the login, else 69" {
	local step
	for step in greeting ehlo auth mail rcpt data end; do
		refuse_smtp $step 450 75
	done
	refuse_smtp greeting 554 69
	refuse_smtp ehlo 550 69
	refuse_smtp auth 535 77
	refuse_smtp mail 553 69
	refuse_smtp rcpt 550 67
	refuse_smtp data 554 69
	refuse_smtp end 554 65
}

@test "--partial: a recipient is refused, and then the message itself: both are said" {
	against - 65 msend --partial bob@example.org carol@example.org <<-END
	S: 220 ready
	C: EHLO [127.0.0.1]
	S: 250-mx\r\n250-PIPELINING\r\n250 CHUNKING
	C: MAIL FROM:<alice@example.org>
	C: RCPT TO:<bob@example.org>
	C: RCPT TO:<carol@example.org>
	S: 250 Ok\r\n550 no such user\r\n250 Ok
	C: BDAT 136 LAST
	$(sed 's/^/C: /' letter)
	C: QUIT
	S: 554 spam\r\n221 bye
	END
	assert_equal "$stderr" $'msend: tunnel: bob@example.org: 550 no such user\nmsend: tunnel: 554 spam'
	against - 69 msend --partial bob@example.org carol@example.org <<-END
	S: 220 ready
	C: EHLO [127.0.0.1]
	S: 250-mx\r\n250 PIPELINING
	C: MAIL FROM:<alice@example.org>
	C: RCPT TO:<bob@example.org>
	C: RCPT TO:<carol@example.org>
	C: DATA
	S: 250 Ok\r\n550 no such user\r\n250 Ok\r\n554 not now
	C: QUIT
	END
	assert_equal "$stderr" $'msend: tunnel: bob@example.org: 550 no such user\nmsend: tunnel: 554 not now'
}

@test "421 at any command, and the server hangs up: its words are told, 75" {
	local step
	for step in greeting ehlo auth mail rcpt data end; do
		refuse_smtp $step 421 75
	done
}

@test "421 to the first of several pipelined commands: its words are told, not the hanging up" {
	against - 75 msend bob@example.org carol@example.org <<-END
	$smtp_hello
	C: MAIL FROM:<alice@example.org>
	C: RCPT TO:<bob@example.org>
	C: RCPT TO:<carol@example.org>
	C: DATA
	S: 421 4.3.2 shutting down
	! close
	END
	assert_equal "$(head -n 1 <<<"$stderr")" 'msend: tunnel: 421 4.3.2 shutting down'
}

@test "MAIL is refused behind more recipients than one window takes: the rest is not asked" {
	local recipients
	mapfile -t recipients < <(printf "recipient-%04d@example.org\n" {1..300})
	against - 69 msend "${recipients[@]}" <<-END
	$smtp_hello
	C: MAIL FROM:<alice@example.org>
	$(printf "C: RCPT TO:<recipient-%04d@example.org>\n" {1..106})
	S: 550 5.7.1 not you
	S* 106 503 5.5.1 no sender
	C: QUIT
	END
	assert_equal "$stderr" 'msend: tunnel: 550 5.7.1 not you'
}

@test "more recipients than one window takes are asked in several flights, none unanswered" {
	local recipients
	mapfile -t recipients < <(printf "recipient-%04d@example.org\n" {1..150})
	against - 0 msend "${recipients[@]}" <<-END
	$smtp_hello
	C: MAIL FROM:<alice@example.org>
	$(printf "C: RCPT TO:<recipient-%04d@example.org>\n" {1..106})
	S* 107 250 Ok
	$(printf "C: RCPT TO:<recipient-%04d@example.org>\n" {107..150})
	C: DATA
	S* 44 250 Ok
	S: 354 go
	$wire_letter
	C: .
	C: QUIT
	S: 250 Ok
	END
}

@test "a message is not accepted by a reply that comes before its end: DATA, with PIPELINING and without, and BDAT" {
	against - 76 msend <<-END
	$smtp_hello
	C: MAIL FROM:<alice@example.org>
	C: RCPT TO:<bob@example.org>
	C: DATA
	S: 250 Ok\r\n250 Ok\r\n354 go\r\n250 queued
	END
	assert_equal "$stderr" 'msend: tunnel: a reply to nothing, before the end of the message'
	against - 76 msend <<-END
	S: 220 ready
	C: EHLO [127.0.0.1]
	S: 250-mx.example.org
	S: 250 CHUNKING
	C: MAIL FROM:<alice@example.org>
	S: 250 Ok
	C: RCPT TO:<bob@example.org>
	S: 250 Ok\r\n250 queued
	END
	against - 76 msend <<-END
	S: 220 ready
	C: EHLO [127.0.0.1]
	S: 250 mx.example.org
	C: MAIL FROM:<alice@example.org>
	S: 250 Ok\r\n250 Ok\r\n354 go\r\n250 queued
	END
	assert_equal "$stderr" 'msend: tunnel: a reply to nothing: 250 Ok'
}

@test "421 to a pipelined recipient" {
	against - 75 msend bob@example.org carol@example.org <<-END
	$smtp_hello
	C: MAIL FROM:<alice@example.org>
	C: RCPT TO:<bob@example.org>
	C: RCPT TO:<carol@example.org>
	C: DATA
	S: 250 Ok
	S: 421 4.3.2 shutting down
	! close
	END
	assert_equal "$(head -n 1 <<<"$stderr")" 'msend: tunnel: 421 4.3.2 shutting down'
}

@test "421 instead of an answer to a chunk: its words are told, and the message was not sent" {
	against - 75 msend bob@example.org <<-END
	S: 220 ready
	C: EHLO [127.0.0.1]
	S: 250-mx
	S: 250-PIPELINING
	S: 250 CHUNKING
	C: MAIL FROM:<alice@example.org>
	C: RCPT TO:<bob@example.org>
	C: BDAT 136 LAST
	$wire_letter
	C: QUIT
	S: 421 4.3.2 shutting down
	! close
	END
	assert_equal "$stderr" 'msend: tunnel: 421 4.3.2 shutting down'
}

@test "421 while the message is being sent" {
	head -c 3000000 /dev/zero | tr '\0' 'x' | fold -w 70 >>letter
	against - 75 msend bob@example.org <<-END
	$smtp_hello
	C: MAIL FROM:<alice@example.org>
	C: RCPT TO:<bob@example.org>
	C: DATA
	S: 250 Ok
	S: 250 Ok
	S: 354 go
	C: From: alice@example.org
	! interrupt
	S: 421 4.3.2 too slow
	! close
	END
	assert_equal "$(head -n 1 <<<"$stderr")" 'msend: tunnel: 421 4.3.2 too slow'
	refute_regex "$stderr" 'may have been sent'
}

@test "the connection ends within the message: it was not sent, and nothing else is said" {
	head -c 3000000 /dev/zero | tr '\0' 'x' | fold -w 70 >>letter
	against - 75 msend bob@example.org <<-END
	$smtp_hello
	C: MAIL FROM:<alice@example.org>
	C: RCPT TO:<bob@example.org>
	C: DATA
	S: 250 Ok
	S: 250 Ok
	S: 354 go
	C: From: alice@example.org
	! interrupt
	! close
	END
	assert_one_error
	refute_regex "$stderr" 'may have been sent'
}

@test "the connection ends behind the message: it may have been sent, and that is said" {
	against - 75 msend bob@example.org <<-END
	$smtp_hello
	C: MAIL FROM:<alice@example.org>
	C: RCPT TO:<bob@example.org>
	C: DATA
	S: 250 Ok
	S: 250 Ok
	S: 354 go
	$wire_letter
	C: .
	C: QUIT
	! close
	END
	assert_one_error
	assert_regex "$stderr" 'hint: the message may have been sent'
}

@test "3xx where 2xx is due, and 2xx where 354 is due, are no consent" {
	against - 76 msend bob@example.org <<-END
	S: 220 ready
	C: EHLO [127.0.0.1]
	S: 250 mx
	C: MAIL FROM:<alice@example.org>
	S: 250 Ok
	C: RCPT TO:<bob@example.org>
	S: 250 Ok
	C: DATA
	S: 250 Ok
	C: QUIT
	END
	against - 76 msend bob@example.org <<-END
	S: 220 ready
	C: EHLO [127.0.0.1]
	S: 250 mx
	C: MAIL FROM:<alice@example.org>
	S: 354 go
	C: QUIT
	END
}

# on_the_wire: sends the letter with DATA, and with BDAT; the file plain has what must come
on_the_wire()
{
	local size first='S: 250 Ok\r\n250 Ok' then=
	size=$(wc -c <plain | tr -d ' ')
	# only a small message goes out before its recipient's reply was seen
	((size > 65536)) || then=$first first=
	sed 's/^\./../' plain >stuffed
	against - 0 msend bob@example.org <<-END
	$smtp_hello
	C: MAIL FROM:<alice@example.org>
	C: RCPT TO:<bob@example.org>
	C: DATA
	S: 250 Ok
	S: 250 Ok
	S: 354 go
	C< stuffed
	C: .
	C: QUIT
	S: 250 Ok
	END
	against - 0 msend bob@example.org <<-END
	S: 220 ready
	C: EHLO [127.0.0.1]
	S: 250-mx
	S: 250-PIPELINING
	S: 250 CHUNKING
	C: MAIL FROM:<alice@example.org>
	C: RCPT TO:<bob@example.org>
	$first
	C: BDAT $size LAST
	C< plain
	C: QUIT
	$then
	S: 250 Ok
	END
}

# wire_of BODY WIRE: a body as it stands in the letter, and as it comes to the server
wire_of()
{
	local header
	header=$(sed '/^$/q' letter)
	printf '%s\n\n' "$header" >letter
	sed 's/$/\r/' letter >plain
	printf '%b' "$1" >>letter
	printf '%b' "$2" >>plain
	echo "# $1" >&2
	on_the_wire
}

@test "bodies on the wire: dots, lone dots, bare CR and LF, no body, no final line end" {
	wire_of '.\n' '.\r\n'
	wire_of '.\r\n.\r\n' '.\r\n.\r\n'
	wire_of 'a\n.\nb\n..\n.c\n' 'a\r\n.\r\nb\r\n..\r\n.c\r\n'
	wire_of 'a\r.\rb' 'a\r\n.\r\nb\r\n'
	wire_of 'a\n.\r\n' 'a\r\n.\r\n'
	wire_of 'a\r\n.\n' 'a\r\n.\r\n'
	wire_of 'a\r\r\nb\n\r' 'a\r\nb\r\n\r\n'
	wire_of '' ''
	wire_of '\n\n' '\r\n\r\n'
	wire_of 'no end' 'no end\r\n'
	wire_of '.' '.\r\n'
	wire_of 'From x\n>From y\n' 'From x\r\n>From y\r\n'
	wire_of 'one \0001\n' 'one \0001\r\n'
}

@test "a large message on the wire, whatever the blocks it is read in" {
	head -c 700000 /dev/urandom | base64 -w 76 | sed '0~50s/^/./; 0~1000s/.*/./' >big
	printf '%s\n\n' "$(sed '/^$/q' letter)" | cat - big >letter.new
	mv letter.new letter
	sed 's/$/\r/' letter >plain
	on_the_wire
}

@test "a line longer than a server's limit goes as it is" {
	wire_of "$(printf 'x%.0s' {1..5000})\\n" "$(printf 'x%.0s' {1..5000})\\r\\n"
}

@test "SIZE: a message over the server's limit is refused before the first byte, 65" {
	against - 65 msend bob@example.org <<-'END'
	S: 220 ready
	C: EHLO [127.0.0.1]
	S: 250-mx
	S: 250 SIZE 135
	C: QUIT
	END
	assert_equal "$stderr" 'msend: tunnel: the message has 136 octets, the server takes at most 135'
}

@test "SIZE: a message at the limit goes, its size named; SIZE 0 and SIZE alone are no limit" {
	local size
	for size in ' 136' ' 0' ''; do
		against - 65 msend bob@example.org <<-END
		S: 220 ready
		C: EHLO [127.0.0.1]
		S: 250-mx
		S: 250 SIZE$size
		C: MAIL FROM:<alice@example.org> SIZE=136
		S: 250 Ok
		C: RCPT TO:<bob@example.org>
		S: 250 Ok
		C: DATA
		S: 354 go
		$wire_letter
		C: .
		S: 554 enough
		C: QUIT
		END
	done
}

@test "8-bit text: encoded for a server without 8BITMIME, as it is and declared with it" {
	printf 'gr\303\274n\n' >>letter
	against - 0 msend bob@example.org <<-END
	S: 220 ready
	C: EHLO [127.0.0.1]
	S: 250-mx
	S: 250-SIZE
	S: 250-PIPELINING
	S: 250 CHUNKING
	C: MAIL FROM:<alice@example.org> SIZE=252
	C: RCPT TO:<bob@example.org>
	C: BDAT 252 LAST
	$(sed '/^C: $/d; /^C: Hi$/d' <<<"$wire_letter")
	C: MIME-Version: 1.0
	C: Content-Type: text/plain; charset=utf-8
	C: Content-Transfer-Encoding: quoted-printable
	C:
	C: Hi
	C: gr=C3=BCn
	C: QUIT
	S: 250 Ok
	S: 250 Ok
	S: 250 Ok
	END
	against - 0 msend bob@example.org <<-END
	S: 220 ready
	C: EHLO [127.0.0.1]
	S: 250-mx
	S: 250-PIPELINING
	S: 250-CHUNKING
	S: 250 8bitmime
	C: MAIL FROM:<alice@example.org> BODY=8BITMIME
	C: RCPT TO:<bob@example.org>
	C: BDAT 143 LAST
	$wire_letter
	C: gr\xc3\xbcn
	C: QUIT
	S: 250 Ok
	S: 250 Ok
	S: 250 Ok
	END
}

@test "a local part beyond ASCII without SMTPUTF8: refused before the first byte, and said why" {
	against - 69 msend 'böb@example.org' <<-'END'
	S: 220 ready
	C: EHLO [127.0.0.1]
	S: 250-mx
	S: 250 8BITMIME
	C: QUIT
	END
	assert_equal "$stderr" 'msend: tunnel: the address böb@example.org needs SMTPUTF8, which the server does not offer'
}

@test "a local part beyond ASCII with SMTPUTF8" {
	against smtp-smtputf8 0 msend 'böb@bücher.example'
}

@test "an internationalised domain goes as its A-label" {
	against smtp-idn 0 msend 'bob@bücher.example'
}

@test "the null sender" {
	against - 67 msend --from='<>' bob@example.org <<-'END'
	S: 220 ready
	C: EHLO [127.0.0.1]
	S: 250 mx
	C: MAIL FROM:<>
	S: 250 Ok
	C: RCPT TO:<bob@example.org>
	S: 550 no
	C: QUIT
	END
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
